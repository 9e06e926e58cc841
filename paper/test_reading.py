"""Tests of what is said of books: tests over books by hand, whom they compare, and what follows from the records."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import build
import pytest
from build import Refused
from clusters import LEAST_P, drawn_again
from contrasts import LEVEL, adjust
from evidence import CLOZE, CLOZED, MASKED, PRETRAIN, WINDOWS, Evidence, needed_jobs
from reading import (
    ALL,
    DESCRIBED,
    FLAT,
    NONE,
    OTHERS,
    PLANNED,
    READERS,
    READS,
    RIVALS,
    ROUTED,
    RULE,
    RULES,
    SCRATCH_FLAT,
    SEARCHED,
    Contrast,
    adjusted,
    ahead,
    better_rule,
    bits_said,
    by_book,
    cloze_data,
    decided,
    described,
    distances,
    headline,
    masked_said,
    named,
    over_books,
    pretrain_body,
    pretrain_data,
    restored_said,
    said,
    source,
    spans_said,
    speed_said,
    verdict,
    written,
)
from synthetic_books import questions
from test_build import change
from tex import Stale

from gmmxlnet_nb.cloze import CLOZE_RULES
from gmmxlnet_nb.cloze_task import CLOZE_OPTIONS, book_counts, distance_scores
from gmmxlnet_nb.pretrain_config import OF_SPANS
from gmmxlnet_nb.tasks import task_documents


@pytest.fixture(scope="session")
def evidence(original: Path) -> Evidence:
    """Made-up records of every run."""
    return build.content(original).evidence


Books = Mapping[int, Mapping[str, float]]  # By number, what is counted of each
USUAL = {"segments": 17, "distance": "5-16", "documents": 10, **dict.fromkeys(RULES, 0.0)}


def counted(e: Evidence, run: str, books: Books, *more: Books) -> Evidence:
    """The same evidence where a run has other counts at the farthest distance: of the first seeds `more`, of others `books`."""
    new = []
    for i, record in enumerate(e.records[run]):
        rows: list[dict[str, Any]] = [{**USUAL, "book": n, **counts} for n, counts in (*more, *5 * [books])[i].items()]
        other = ({"segments": 9, "choice_exact": 7}, {"distance": "1", "choice_exact": 8})  # which are not asked for
        rows += [{**rows[0], **one} for one in other]
        series = {name: [row[name] for row in rows] for name in rows[0]}
        new.append({**record, "series": {**record["series"], "books": series}})
    return replace(e, records={**e.records, run: new})


def right(*counts: float, **more: float) -> dict[int, dict[str, float]]:
    """How much is right of each book, and what else is said of all of them."""
    return {book: {"choice_exact": count, **more} for book, count in enumerate(counts)}


def contender(e: Evidence, run: str, *counts: float) -> Evidence:
    """The same evidence where a run, no memory and windows were asked about some books, of which the last two have half right."""
    half = {f"choice_exact_{name}": 5.0 for name in READS}
    e = counted(counted(e, run, right(*counts)), NONE, right(*len(counts) * [5]))
    return counted(e, WINDOWS[0], dict.fromkeys(range(len(counts)), half))


# --- what is counted ---


def test_counts_of_the_farthest_alone(evidence: Evidence) -> None:
    """Of documents of the trained length, at the farthest distance; added up over the seeds."""
    e = counted(evidence, ROUTED, right(8, 6), right(2, 4))
    first, others = {0: (10, 2), 1: (10, 4)}, {0: (10, 8), 1: (10, 6)}
    assert by_book(e, ROUTED, "choice_exact") == {0: first, 1: others, 2: others, 3: others, 4: others}
    e = counted(e, NONE, right(3, 5))
    found = over_books(e, Contrast(ROUTED, NONE))
    assert found == drawn_again((50, 50), (34, 28), (15, 25)) and found.difference == 22
    assert ahead(e, Contrast(ROUTED, NONE)) == (4, 5)
    assert ahead(counted(e, ROUTED, right(4, 4)), Contrast(ROUTED, NONE)) == (0, 5)  # as many are not more
    with pytest.raises(ValueError, match="the record of cloze-none-0 must have the series of books 'best'"):
        by_book(evidence, NONE, "best")


def test_pairs_are_of_the_same_questions(evidence: Evidence) -> None:
    """Other seeds, other books or other numbers of questions are refused."""
    e = contender(evidence, FLAT, 6, 7)
    assert over_books(e, Contrast(FLAT, NONE)).difference == 15
    fewer = replace(e, records={**e.records, NONE: e.records[NONE][1:]})
    for other in (counted(e, NONE, right(5, 5, 5)), counted(e, NONE, right(5, 5, documents=9)), fewer):
        with pytest.raises(ValueError, match=f"{FLAT} and {NONE} must have the same seeds and questions to be compared in pairs"):
            over_books(other, Contrast(FLAT, NONE))


def test_made_up_counts_are_those_of_the_scores(evidence: Evidence) -> None:
    """What is right of the books together is the score, and a rule has the same in all records."""
    assert distances(evidence) == ["1", "2-4", "5-16"] and written("5-16") == "5–16"
    for run, metric in map(source, (*CLOZED, *READS)):
        for name in (metric, *RULES):
            for score, books in zip(evidence.values(run, f"{name}@5-16"), by_book(evidence, run, name).values(), strict=True):
                total = sum(count for count, _ in books.values())
                assert score == pytest.approx(100 * math.fsum(x for _, x in books.values()) / total)
                assert name not in RULES or score == evidence.values(NONE, f"{name}@5-16")[0]
    assert sum(n for (at, _), n in questions().items() if at == "5-16") == evidence.values(NONE, "documents@5-16")[0]


def test_made_up_names_are_those_of_runs() -> None:
    """What a run leaves in a record of books has the names that are looked for."""
    options = {"num_choices": 4, "words_per_segment": 40}
    made = task_documents("cloze", "made-up", num_segments=6, num_train=6, num_eval=12, task_options=options).evaluation
    outcomes = {name: [1] * len(made) for name in ("exact", "choice_exact")}
    [row, *_] = book_counts(made, [(1, 1), (2, 4)], outcomes)
    assert {"distance", "book", "documents", "exact", "choice_exact", *RULES} == row.keys() and RULES.keys() == CLOZE_RULES.keys()
    names = distance_scores(made, [(1, 1), (2, 4)], outcomes)
    assert {f"{name}@2-4" for name in ("documents", "choice_exact", *RULES)} <= names.keys()
    assert {"num_choices", "words_per_segment"} <= CLOZE_OPTIONS.keys()


def test_a_reader_of_windows_is_another_side(evidence: Evidence) -> None:
    """Each of the readers of one run has a score and counts of its own, of the same questions as memories."""
    e = counted(evidence, FLAT, right(6, 7))
    books = {book: {"choice_exact_windows": 8, "choice_exact_bm25-4": 2, "choice_exact": 9} for book in range(2)}
    e = counted(e, WINDOWS[0], books)
    assert over_books(e, Contrast(FLAT, ALL)).difference == -15 and over_books(e, Contrast(FLAT, SEARCHED)).difference == 45
    assert ahead(e, Contrast(FLAT, ALL)) == (0, 5) and source(FLAT) == (FLAT, "choice_exact")
    with pytest.raises(ValueError, match=f"{FLAT} and {ALL} must have the same seeds and questions to be compared in pairs"):
        over_books(counted(e, WINDOWS[0], {**books, 2: books[0]}), Contrast(FLAT, ALL))
    found = cloze_data(evidence)["readers"]
    scores = evidence.values(WINDOWS[0], "choice_exact_bm25-4@2-4")
    assert [*found] == ["windows, no memory", "BM25, 4 windows"]
    assert [line[1] for line in found["BM25, 4 windows"]] == [pytest.approx(sum(scores) / 5), min(scores), max(scores)]


def test_questions_are_the_same_where_windows_are_read() -> None:
    """A list of choices in the last segment, or in the question: the ids, books and distances of documents stay."""
    sizes: dict[str, Any] = {"num_segments": 17, "num_train": 6, "num_eval": 60}
    told: dict[str, Any] = {"num_choices": 4, "words_per_segment": 40}
    shown = {"question_shown": "everywhere", "answer_in": "passage"}
    one, other = (
        task_documents("cloze", "made-up", **sizes, task_options={**told, **more}).evaluation for more in ({}, shown)
    )
    assert [document.id for document in one] == [document.id for document in other] and len(one) == 60
    counts = [book_counts(made, [(1, 1), (2, 4), (5, 16)], {}) for made in (one, other)]
    assert counts[0] == counts[1]


# --- what follows ---


def test_what_is_planned(evidence: Evidence) -> None:
    """Each once, with runs of the paper; p-values of a family are adjusted together, and one that is not planned is refused."""
    everything = [*(c for contrasts in PLANNED.values() for c in contrasts), *DESCRIBED]
    assert len(set(everything)) == len(everything)
    assert {c.one for c in everything} | {c.other for c in everything} == {*CLOZED, RULE, *READS}
    e = counted(contender(evidence, ROUTED, 9, 9, 9), FLAT, right(9, 9, 3))
    family = PLANNED["memory"]
    p_values = [over_books(e, contrast).p for contrast in family]
    assert p_values[0] == LEAST_P < LEVEL < p_values[1] < 1
    assert [adjusted(e, contrast) for contrast in family] == adjust(p_values) == [2 * LEAST_P, p_values[1]]
    assert [verdict(e, contrast) for contrast in family] == [1, 0]
    with pytest.raises(ValueError, match=r"must be planned in paper/reading\.py, it is not"):
        adjusted(e, DESCRIBED[0])


def test_manifest_has_what_is_planned() -> None:
    """Of the repository's own manifest: five seeds a run; all ask alike, but for the memory and what the encoder has read."""
    jobs = needed_jobs(build.MANIFEST)[0]
    assert [job.seed for job in jobs if job.id == PRETRAIN[0]] == [0]
    memory = {"memory_type", "memory_slots", "memory_update", "mem_len", "mem_token_count", "num_experts", "gate_bias", "seed"}
    memory |= {"routing_mode", "routing_top_k", "null_expert", "read_norm", "read_gain", "base_model", "output_dir"}
    told = [{name: x for name, x in job.given.items() if name not in memory} for job in jobs if job.id in CLOZED]
    assert len(told) == 5 * len(CLOZED) and all(one == told[0] for one in told)
    for group, base in (("read", "run:pretrain-small"), ("scratch", "run:pretrain-none")):
        found = [job.given for job in jobs if job.id in CLOZE[group]]
        assert {one["base_model"] for one in found} == {base} and found[0].keys() - memory == told[0].keys()
    differs = {"segment_length", "stride", "task_options", "readers", "use_global_softmax"}  # which decide no question
    for job in (job for job in jobs if job.id in WINDOWS):
        assert {name: x for name, x in job.given.items() if name not in memory | differs} == {
            name: x for name, x in told[0].items() if name not in differs
        }
        asked = {**job.given["task_options"]}
        assert (asked.pop("question_shown"), asked.pop("answer_in")) == ("everywhere", "passage")
        assert asked == told[0]["task_options"] and set(READS) < {*job.given["readers"]}
        assert job.given["base_model"] == "run:pretrain-small" and job.given["memory_type"] == "none"
    assert len([job for job in jobs if job.id in WINDOWS]) == 5
    assert {job.id: job.given["memory_type"] for job in jobs if job.id.endswith("none") and job.id in CLOZED} == {
        "cloze-none": "none", "cloze-scratch-none": "none",
    }  # fmt: skip


def test_the_better_rule(evidence: Evidence) -> None:
    """The one with more right at the farthest distance, which memories have to beat; of two alike the first."""
    for frequent, recent, better in ((2.5, 1, "frequent"), (1, 2.5, "recent"), (2, 2, "frequent")):
        e = counted(evidence, ROUTED, right(6, 6, frequent=frequent, recent=recent, oldest=9, chance=1))
        assert better_rule(e, ROUTED) == better
        assert over_books(e, Contrast(ROUTED, RULE)).difference == 60 - 10 * max(frequent, recent)
        assert ahead(e, Contrast(ROUTED, RULE)) == (5, 5)
    assert RULES[better_rule(evidence)] == "most frequent" and set(RIVALS) < RULES.keys()


def test_words_follow_the_books(evidence: Evidence) -> None:
    """A decided difference has its side, another one is not measurable; the headline says which memories are above what."""
    contrast = Contrast(ROUTED, NONE)
    above = said(contrast)(counted(contender(evidence, ROUTED, 7, 8), FLAT, right(5, 5)))
    assert above.startswith("differ by +25.0 points, in favour of the former (20.0 to 30.0; $p$ = 0.0002, adjusted ")
    assert above.endswith("; the former is ahead with 5 of 5 seeds)")
    e = counted(contender(evidence, ROUTED, 2, 3), FLAT, right(5, 5))
    assert said(contrast)(e) == (
        "differ by −25.0 points, in favour of the latter (−30.0 to −20.0; $p$ = 0.0002, adjusted 0.0004; the former is ahead "
        "with none of 5 seeds)"
    )
    assert said(Contrast(FLAT, NONE))(e) == (
        "do not differ measurably: 0.0 points (0.0 to 0.0; $p$ = 1, adjusted 1; the former is ahead with none of 5 seeds)"
    )
    assert decided(e, "memory") == "neither is above and the experts below"
    for routed, flat, words in (
        (9, 9, "both are above"),
        (9, 5, "of the two only the experts are above"),
        (5, 9, "of the two only the flat memory is above"),
        (5, 5, "neither is above"),
        (1, 1, "both are below"),
        (9, 1, "of the two only the experts are above and the flat memory below"),
    ):
        e = counted(contender(evidence, ROUTED, routed, routed), FLAT, right(flat, flat))
        assert decided(e, "memory") == words
        assert headline(e).startswith(f"in tests over 2 books, {words} the encoder without a memory, ")
        assert headline(e).endswith(f" the better of two rules, and {words} a reader of all windows")
    for (first, second), told in (
        ((right(9, 9), right(1, 1)), "above zero for (flat, $m = 16$), and below for (differentiable, $m = 64$)"),
        ((right(5, 6), right(4, 6)), "above zero for none, and below for none"),
    ):
        e = contender(evidence, OTHERS[2], 5, 6)
        assert described(counted(counted(e, OTHERS[0], first), OTHERS[1], second)) == told


def test_tables_of_books(original: Path, evidence: Evidence) -> None:
    """Rows of memories, of those from scratch, of rules and of questions; contrasts by family, and others without a test."""
    bodies = build.content(original).bodies
    header, rows = bodies["cloze"]
    assert header == ("memory, reader or rule", "seeds", "1", "2–4", "5–16", "cleared, 5–16")
    assert [row is None for row in rows] == [i in (6, 9, 12, 17) for i in range(19)]
    assert [row[0] for row in rows[:9] if row] == [named(evidence, run) for run in CLOZED]
    assert rows[8] == ("no memory, from scratch", "5", *(rows[8] or ())[2:]) and "from scratch" not in str(rows[:6])
    assert [row[:2] for row in rows[10:12] if row] == [("windows, no memory", "5"), ("BM25, 4 windows", "5")]
    assert [row[0] for row in rows[13:] if row] == [*RULES.values(), "questions"] and rows[-1] is not None
    assert rows[-1][4] == str(sum(n for (at, _), n in questions().items() if at == "5-16"))
    header, rows = bodies["books"]
    assert header[2:] == ("difference", "interval", "$p$", "adjusted", "ahead")
    assert [row[1] if row else None for row in rows] == [
        *2 * ["no memory"], None, *2 * ["the better rule"], None, *2 * ["windows, no memory"], None, "no memory, from scratch",
        None, *3 * ["no memory"], *2 * ["BM25, 4 windows"], named(evidence, SCRATCH_FLAT), "no memory, from scratch",
    ]  # fmt: skip
    assert [row[4:6] == ("–", "–") for row in rows if row] == 7 * [False] + 7 * [True]


def test_what_counts_change_is_marked(evidence: Evidence) -> None:
    """Whatever other counts of a run change in the text, in tables and in figures is marked when its records are stale."""
    for run in (ROUTED, NONE, SCRATCH_FLAT, OTHERS[1], *WINDOWS):
        old = replace(evidence, stale={(run, seed) for seed in range(5)})
        books = evidence.records[run][0]["series"]["books"]
        counts = [name for name in books if name.startswith("choice_exact") or name in RULES]
        other = {**books, **{name: [0.5 * x for x in books[name]] for name in counts}}
        changed = [{**record, "series": {**record["series"], "books": other}} for record in evidence.records[run]]
        new = replace(evidence, records={**evidence.records, run: changed})
        differ = set()
        for macro in build.reading_macros():
            if macro.value(new) != macro.value(evidence):
                differ.add(macro.name)
                assert isinstance(old.marked(macro.value), Stale), macro.name
        assert differ or run == OTHERS[1]
        table = next(table for table in build.all_tables() if table.name == "books")
        for one, two, cells in zip(*(table.body(e)[1] for e in (evidence, new, old)), strict=True):
            for before, after, cell in zip(one or (), two or (), cells or (), strict=True):
                assert before == after or isinstance(cell, Stale), before


# --- the encoder ---


def with_bits(e: Evidence, **bits: float | None) -> Evidence:
    """The same evidence with other metrics of the encoder; None takes one away."""
    [record] = e.records[PRETRAIN[0]]
    metrics = {name: value for name, value in {**record["metrics"], **bits}.items() if value is not None}
    return replace(e, records={**e.records, PRETRAIN[0]: [{**record, "metrics": metrics}]})


def test_the_encoder_beside_counts(evidence: Evidence) -> None:
    """Words follow the bits as they are written; a record without them has what it has."""
    name, five, single = "bits_per_character", "bits_per_character_5-gram", "bits_per_character_unigram"
    for own, words in ((1.2, "1.200 bits, fewer than"), (1.9, "1.900 bits, more than"), (1.6821, "1.682 bits, as many as")):
        told = bits_said(with_bits(evidence, **{name: own, five: 1.682}))
        assert told.startswith(f"Read from left to right, a character costs it {words} interpolated Kneser–Ney 5-grams")
    header, rows = pretrain_body(evidence)
    assert header[1:3] == ("nats a token", "bits a character") and [row[0] for row in rows if row] == [r.label for r in READERS]
    assert rows[3] is not None and rows[3][1:] == ("–", "1.682", *4 * ("–",))
    assert [row[3:] for row in rows[:2] if row] == [("20.0", "32.0", "25.0", "40.0"), ("18.0", "30.0", "–", "–")]
    without = with_bits(evidence, **{name: None, five: None, single: None})
    assert bits_said(without).startswith("The record does not say")
    assert [row[2] for row in pretrain_body(without)[1] if row] == ["–", "–", "–"]


def test_spans_that_are_restored(evidence: Evidence) -> None:
    """Which of two encoders restores more follows the numbers as they are written; a record without them has what it has."""
    for spans, words in ((17.5, "more than"), (18.04, "as many as"), (18.06, "fewer than")):
        told = masked_said(with_bits(evidence, masked_spans=spans))
        assert told == f"Of the same spans it restores 18.0% whole, {words} the XLNet with {spans:.1f}%"
    less = with_bits(evidence, masked_spans=None)
    assert masked_said(less) == "The records do not say which of the two restores more spans"
    assert restored_said(less).startswith("The record does not say how much")
    alone = replace(evidence, records={run: records for run, records in evidence.records.items() if run != PRETRAIN[0]})
    assert masked_said(alone) == masked_said(less) and [row[0] for row in pretrain_body(alone)[1] if row] == [READERS[1].label]
    both = restored_said(evidence)
    assert both.endswith("; 25.0% and 40.0% where it has the tokens before in the same span as well")
    assert restored_said(with_bits(evidence, ordered_spans=None)) == both.partition(";")[0]


def test_what_the_encoder_learned_beside(evidence: Evidence) -> None:
    """Nothing, or spans as the record has them; the paper tells of a flat memory and of a list."""

    def told(**params: Any) -> str:
        (record,) = evidence.about(PRETRAIN[0])
        changed = {**record, "params": {**record["params"], **params}}
        return spans_said(replace(evidence, records={**evidence.records, PRETRAIN[0]: [changed]}))

    assert told(span_weight=0.0) == ""
    said = told(span_weight=1.0, span_passages=16, num_segments=5, memory_slots=12)
    assert "16 passages a step, of 4 segments of at most 512 tokens, are read into a flat memory of 12 slots" in said
    assert "at most 192 tokens" in told(span_weight=1.0, span_segment_length=192)
    with pytest.raises(ValueError, match="memory_type of pretrain-small must be 'token', of which the paper tells, got 'gmm'"):
        told(span_weight=1.0, memory_type="gmm")


def test_how_fast_books_were_read(evidence: Evidence) -> None:
    """As far as the record says it."""
    told = speed_said(evidence)
    assert told == "at 1,200,000 tokens a second; the products of a step alone would take 45% of that time"
    assert speed_said(with_bits(evidence, floor_share=None)) == "at 1,200,000 tokens a second"
    assert speed_said(with_bits(evidence, tokens_per_second=None)) == "at a speed that the record does not say"


def test_both_encoders_read_the_same(manifest: Path) -> None:
    """One of other texts is refused; of the repository's own manifest, the two runs differ in what they learn alone."""
    first, second = (next(job for job in needed_jobs(build.MANIFEST)[0] if job.id == run) for run, in (PRETRAIN, MASKED))
    weights = {"permutation_weight": 0.0, "masked_weight": 1.0}
    beside = {"span_weight", "saved_dtype", *OF_SPANS}  # What the paper tells of the XLNet alone
    apart = {name: x for name, x in second.given.items() if first.given.get(name) != x and name != "output_dir"}
    assert apart == weights and first.given.keys() - beside < second.given.keys() and first.seed == second.seed
    change(manifest, f"{MASKED[0]}-0", lambda r: r.update(data="other"))
    with pytest.raises(Refused, match=f"data: {MASKED[0]}, seed 0, read other documents than {PRETRAIN[0]}"):
        build.content(manifest)


def test_what_the_figure_of_the_encoder_shows(evidence: Evidence) -> None:
    """Bits a character are drawn as nats a token, where there are any."""
    found = pretrain_data(evidence)
    assert len(found["tokens"]) == len(found["loss"]) == 20 and found["last"] == pytest.approx(1.35 * math.log(2) * 4)
    assert [*found["levels"].values()] == pytest.approx([6.6, 1.682 * math.log(2) * 4])
    bare = {"bits_per_character": None, "bits_per_character_5-gram": None}
    plain = pretrain_data(with_bits(evidence, **bare))
    assert (plain["last"], [*plain["levels"]]) == (None, ["frequencies of tokens"])
    build.style()
    figure = next(figure for figure in build.FIGURES if figure.name == "pretrain")
    for data, names in ((found, 4), (plain, 2)):
        drawing = figure.draw(data)
        legend: Any = drawing.axes[0].get_legend()
        assert len(legend.get_texts()) == names
        build.plt.close(drawing)


def test_what_the_figure_of_books_shows(evidence: Evidence) -> None:
    """The mean, the lowest and the highest seed; each memory and rule once in the legend, below the panels, and no two alike."""
    found = cloze_data(evidence)
    scores = evidence.values(ROUTED, "choice_exact@5-16")
    mean, low, high = found["panels"]["read"]["experts, $k = 4$, gate bias $2$"]
    assert (low[2], high[2]) == (min(scores), max(scores)) and mean[2] == pytest.approx(sum(scores) / 5)
    assert set(found["panels"]["scratch"]) < set(found["panels"]["read"]) and len(found["panels"]["read"]) == 6
    build.style()
    drawing = next(figure for figure in build.FIGURES if figure.name == "cloze").draw(found)
    try:
        drawing.draw_without_rendering()
        [legend] = drawing.legends
        assert [text.get_text() for text in legend.get_texts()] == [*found["panels"]["read"], *READS.values(), *RULES.values()]
        box, (width, _) = legend.get_window_extent(), drawing.canvas.get_width_height()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width
        panels: list[Any] = [ax.get_tightbbox() for ax in drawing.axes]
        assert not [1 for panel in panels if box.overlaps(panel)]
        lines: list[Any] = drawing.axes[0].containers
        colours = [line.lines[0].get_color() for line in lines]
        assert len({*map(tuple, colours)}) == 8 and len(drawing.axes[1].containers) == 2
        assert [line.lines[0].get_linestyle() for line in lines] == 6 * ["-"] + 2 * ["--"]
    finally:
        build.plt.close(drawing)


def test_what_books_must_have(manifest: Path) -> None:
    """Records of other questions, or without books, are refused with the run that has them."""
    change(manifest, "cloze-mems-3", lambda r: r.update(data="other"))
    with pytest.raises(Refused, match="data: cloze-mems, seed 3, read other documents than cloze-gmm4-null-read"):
        build.content(manifest)
    change(manifest, "cloze-mems-3", lambda r: r.update(data=None, series={}))
    with pytest.raises(Refused, match="record: the record of cloze-mems-3 must have the series 'books'"):
        build.content(manifest)
