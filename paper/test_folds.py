"""Tests of what is said of real questions: differences by hand, over paragraphs and articles, words, and what runs must share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import build
import numpy as np
import pytest
from build import Refused
from clusters import LEAST_P, drawn_again
from contrasts import adjust
from evidence import (
    ANSWER_IN,
    BY_WINDOW,
    FOLDED,
    PRETRAIN,
    READERS,
    REAL,
    SPANS,
    SQUAD,
    ZERO,
    Evidence,
    asked_alike,
    needed_jobs,
)
from folds import (
    BY_WINDOWS,
    CONTRASTED,
    DESCRIBED,
    EXACT,
    F1,
    FLAT,
    NONE,
    PLANNED,
    ROUTED,
    SEARCHED,
    WHOLE,
    WINDOWS,
    Asked,
    Contrast,
    adjusted,
    ahead,
    by_paragraph,
    decided,
    decided_of_all,
    folds_body,
    memory,
    over_articles,
    over_paragraphs,
    paragraphs_body,
    said,
    sides,
    verdict,
)
from synthetic_books import answered
from test_build import change
from tex import Stale

from gmmxlnet_nb.examination import COUNTED, counts_by_paragraph
from gmmxlnet_nb.listed_answers import SQUAD_OPTIONS
from gmmxlnet_nb.window_readers import parse_readers


@pytest.fixture(scope="session")
def evidence(original: Path) -> Evidence:
    """Made-up records of every run."""
    return build.content(original).evidence


Fold = Mapping[tuple[int, int], tuple[int, float]]  # (article, paragraph) → questions, and how much is right


def with_series(e: Evidence, run: str, series: Mapping[str, Sequence[Any]], **metrics: float) -> Evidence:
    """The same evidence where the one record of a run has other counts, and some other metrics."""
    [record] = e.records[run]
    new = {**record, "series": {**record["series"], "paragraphs": series}, "metrics": {**record["metrics"], **metrics}}
    return replace(e, records={**e.records, run: [new]})


def counted(e: Evidence, asked: Asked, *folds: Fold) -> Evidence:
    """The same evidence where something is asked about other paragraphs; about these in documents of another length, too."""
    for run, fold in zip(asked.runs, folds, strict=True):
        rows = [(n, *place, *found) for place, found in fold.items() for n in (6, 9)]
        rows = [(n, article, paragraph, count, right if n == 6 else 0.1) for n, article, paragraph, count, right in rows]
        names = ("segments", "article", "paragraph", "questions", asked.named(F1))
        score = 100 * sum(right for _, right in fold.values()) / sum(count for count, _ in fold.values())
        series = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        e = with_series(e, run, series, **{asked.named(F1): score})
    return e


def scoring(e: Evidence, asked: Asked, *scores: float) -> Evidence:
    """The same evidence where something has another F1 in each fold, and the same in all of its paragraphs."""
    for run, score in zip(asked.runs, scores, strict=True):
        series, name = e.records[run][0]["series"]["paragraphs"], asked.named(F1)
        e = with_series(e, run, {**series, name: [count * score / 100 for count in series["questions"]]}, **{name: score})
    return e


def both(e: Evidence, where: str, one: Sequence[float], other: Sequence[float]) -> Evidence:
    """The same evidence where experts have these scores and no memory has others."""
    return scoring(scoring(e, memory(ROUTED, where), *one), memory(NONE, where), *other)


LISTED, SEEN = (Contrast(memory(ROUTED, where), memory(NONE, where)) for where in ANSWER_IN)  # Experts less no memory
EMPTY: Fold = {(0, 0): (4, 1.0)}  # A paragraph about which both know as much


# --- differences ---


def test_differences_by_hand(evidence: Evidence) -> None:
    """Paragraphs of all folds are drawn, or articles, each with all its questions; folds count by their questions."""
    folds = ({(0, 0): (2, 2.0), (0, 1): (6, 3.0), (1, 0): (8, 2.0)}, {(0, 0): (4, 3.0)}, *3 * [EMPTY])
    others = ({(0, 0): (2, 1.0), (0, 1): (6, 3.5), (1, 0): (8, 1.0)}, {(0, 0): (4, 3.5)}, *3 * [EMPTY])
    e = counted(counted(evidence, LISTED.one, *folds), LISTED.other, *others)
    assert by_paragraph(e, LISTED.one) == list(folds) and sides(e, LISTED) == list(zip(folds, others, strict=True))
    found = over_paragraphs(e, LISTED)
    assert found == drawn_again((2, 6, 8, 4, 4, 4, 4), (2, 3, 2, 3, 1, 1, 1), (1, 3.5, 1, 3.5, 1, 1, 1))
    assert (found.difference, found.clusters) == (100 * (1 - 0.5 + 1 - 0.5) / 32, 7) and LEAST_P < found.p < 1
    wide = over_articles(e, LISTED)
    assert wide == drawn_again((8, 8, 4, 4, 4, 4), (5, 2, 3, 1, 1, 1), (4.5, 1, 3.5, 1, 1, 1))
    assert (wide.difference, wide.clusters) == (found.difference, 6)
    assert ahead(e, LISTED) == (1, 5)  # the others are behind, or alike
    means = [100 * (7 - 5.5) / 16, 100 * -0.5 / 4, 0, 0, 0]  # each fold counts as much in these
    assert sum(means) / 5 != pytest.approx(found.difference)
    turned = counted(evidence, LISTED.one, *(dict(reversed([*fold.items()])) for fold in folds))
    turned = counted(turned, LISTED.other, *others)
    assert over_paragraphs(turned, LISTED) == found  # in whatever order records have them


def test_articles_that_hang_together(evidence: Evidence) -> None:
    """Where paragraphs of one article are alike, the interval over articles is wider than the other one; else it is not."""
    alike = [{(0, n): (5, 4.0) for n in range(20)}, *4 * [{(0, n): (5, 2.0) for n in range(20)}]]
    mixed = [{(0, n): (5, 4.0 if n < 4 else 2.0) for n in range(20)} for _ in range(5)]
    e = counted(evidence, LISTED.other, *5 * [{(0, n): (5, 2.0) for n in range(20)}])
    for folds, wider in ((alike, True), (mixed, False)):
        near, far = (over(counted(e, LISTED.one, *folds), LISTED) for over in (over_paragraphs, over_articles))
        assert near.difference == far.difference == 8 and near.p == LEAST_P and (near.clusters, far.clusters) == (100, 5)
        assert (far.high - far.low > 2 * (near.high - near.low)) == wider and (far.low == 0) == wider


def test_pairs_are_of_the_same_questions(evidence: Evidence) -> None:
    """Other paragraphs, other numbers of questions, other folds or several seeds are refused, and named."""
    one, other = (asked.runs for asked in LISTED)
    fold: Fold = {(0, 0): (4, 2.0), (0, 1): (3, 2.0)}
    e = counted(counted(evidence, LISTED.one, *5 * [fold]), LISTED.other, *5 * [fold])
    less: Fold = {(0, 0): (4, 2.0)}
    for wrong in (less, {**fold, (0, 1): (4, 2.0)}, {**fold, (1, 0): (1, 0.0)}, {**less, (1, 1): (3, 2.0)}):
        misfit = counted(e, LISTED.other, *3 * [fold], wrong, fold)
        with pytest.raises(ValueError, match=f"^{one[3]} and {other[3]} must have the same paragraphs and questions"):
            over_paragraphs(misfit, LISTED)
    with pytest.raises(ValueError, match=f"{one[0]} and {other[0]} must be of the same folds to be compared"):
        over_paragraphs(e, Contrast(LISTED.one, Asked(other[:4])))
    twice = replace(e, records={**e.records, one[1]: 2 * [*e.records[one[1]]]})
    for asked_twice in (over_paragraphs, ahead):
        with pytest.raises(ValueError, match=f"{one[1]} must have one seed, as each run is a fold, got 2"):
            asked_twice(twice, LISTED)


def test_what_counts_must_have(evidence: Evidence, manifest: Path) -> None:
    """A record without counts, or without those of a reader, is refused with the run that has it."""
    series = evidence.records[BY_WINDOW[2]][0]["series"]["paragraphs"]
    less = {name: values for name, values in series.items() if name != f"{F1}_bm25-1"}
    e = with_series(evidence, BY_WINDOW[2], less)
    assert over_paragraphs(e, PLANNED[4]) == over_paragraphs(evidence, PLANNED[4])
    with pytest.raises(ValueError, match=f"the record of {BY_WINDOW[2]}-0 must have the series of paragraphs '{F1}_bm25-1'"):
        over_paragraphs(e, Contrast(SEARCHED, memory(NONE, "passage")))
    old = replace(e, stale={(BY_WINDOW[2], 0)})
    with pytest.raises(ValueError, match=f"it was made by older code; gmmxlnet runs run {BY_WINDOW[2]} --seeds 0"):
        over_paragraphs(old, Contrast(SEARCHED, memory(NONE, "passage")))
    change(manifest, f"{FOLDED[FLAT, 'list'][1]}-0", lambda r: r.update(series={}))
    with pytest.raises(Refused, match=f"the record of {FOLDED[FLAT, 'list'][1]}-0 must have the series 'paragraphs'"):
        build.content(manifest)


# --- made-up records ---


def test_made_up_counts_are_those_of_the_scores(evidence: Evidence) -> None:
    """What is right of all paragraphs is the score, up to rounding; runs that are asked alike have the same questions."""
    runs = [run for run in (*REAL, *SQUAD) if not run.startswith("spans-")]
    for run in runs:
        for record in evidence.records[run]:
            series, total = record["series"]["paragraphs"], sum(record["series"]["paragraphs"]["questions"])
            names = [name for name in series if name.startswith("HasAns")]
            assert {F1, EXACT} <= {*names} == {name for name in record["metrics"] if name.startswith("HasAns")}
            for name in names:
                assert record["metrics"][name] == pytest.approx(100 * sum(series[name]) / total, abs=1e-4)
            assert total <= record["n_eval"] and all(n > 0 for n in series["questions"])
            assert {*series["segments"]} == {record["params"]["num_segments"]}
    for its in asked_alike():
        found = [evidence.records[run][0]["series"]["paragraphs"] for run in its]
        assert all(one[name] == found[0][name] for one in found for name in ("article", "paragraph", "questions"))


def test_made_up_names_are_those_of_runs() -> None:
    """What a run leaves in a record has the names that are looked for."""
    documents = [SimpleNamespace(id=str(n), answers=n % 2 * ["an answer"]) for n in range(4)]
    results = {name: np.asarray([0.0, 1.0, 0.0, 0.5]) for name in ("exact", "f1")}
    places = {str(n): (0, 7) for n in range(4)}
    dataset: Any = SimpleNamespace(documents=documents)
    rows = [counts_by_paragraph(results, dataset, places, f"_{reader}" if reader else "") for reader in ("", *WINDOWS)]
    assert [[*row] for (row,) in rows] == [
        ["article", "paragraph", "questions", asked.named(EXACT), asked.named(F1)] for asked in (Asked(()), WHOLE, SEARCHED)
    ]
    assert rows[0] == [{"article": 0, "paragraph": 7, "questions": 2, EXACT: 1.5, F1: 1.5}] and COUNTED["squad"] == "paragraphs"


# --- what follows ---


def test_what_is_planned(evidence: Evidence) -> None:
    """Each once; both memories less none in both places and less a reader; all p-values are adjusted together."""
    assert len({*PLANNED, *DESCRIBED}) == len(PLANNED) + len(DESCRIBED) == 10 and LISTED in PLANNED and SEEN in PLANNED
    assert {contrast.one for contrast in PLANNED} == {memory(who, where) for who in (ROUTED, FLAT) for where in ANSWER_IN}
    assert [contrast.other for contrast in PLANNED] == [
        *2 * [memory(NONE, "list")], *2 * [memory(NONE, "passage")], *2 * [BY_WINDOWS],
    ]  # fmt: skip
    assert {run for contrast in PLANNED + DESCRIBED for asked in contrast for run in asked.runs} == {*CONTRASTED}
    e = both(evidence, "passage", (31, 30, 29, 30.5, 30), 5 * [30])
    p_values = [over_paragraphs(e, contrast).p for contrast in PLANNED]
    assert [adjusted(e, contrast) for contrast in PLANNED] == adjust(p_values) and p_values[0] == LEAST_P
    assert verdict(e, LISTED) == 1 and verdict(e, SEEN) == 0 and over_paragraphs(e, SEEN).p > 0.05
    assert adjusted(e, LISTED) == pytest.approx(len(PLANNED) * LEAST_P)
    with pytest.raises(ValueError, match=r"must be planned in paper/folds\.py, it is not"):
        adjusted(e, DESCRIBED[0])


def test_words_follow_the_paragraphs(evidence: Evidence) -> None:
    """A decided difference has its side, another one is not measurable; each memory has its own."""
    for scores, words in (
        (5 * [33], "differ by +3.0 points, in favour of the former (3.0 to 3.0, over articles 3.0 to 3.0; $p$ = 0.0002, adjusted "
                   "0.0012; the former is ahead in 5 of 5 folds)"),
        (5 * [27], "differ by −3.0 points, in favour of the latter (−3.0 to −3.0, over articles −3.0 to −3.0; $p$ = 0.0002, "
                   "adjusted 0.0012; the former is ahead in none of 5 folds)"),
        (5 * [30], "do not differ measurably: 0.0 points (0.0 to 0.0, over articles 0.0 to 0.0; $p$ = 1, adjusted 1; the former "
                   "is ahead in none of 5 folds)"),
    ):  # fmt: skip
        assert said(LISTED)(both(evidence, "list", scores, 5 * [30])) == words
    for routed, flat, words in (
        (40, 20, "of the two only the experts are above and the flat memory below"),
        (40, 31, "both are above"),
        (30, 31, "of the two only the flat memory is above"),
        (30, 30, "neither is above"),
        (20, 20, "both are below"),
    ):
        e = scoring(both(evidence, "list", 5 * [routed], 5 * [30]), memory(FLAT, "list"), *5 * [flat])
        assert decided(e, "list") == words and decided(e, "passage") == decided(evidence, "passage")


def test_how_many_are_decided(evidence: Evidence) -> None:
    """Of all that are planned; and of these, for how many another draw of articles might have none."""
    e = evidence
    for who in (ROUTED, FLAT, NONE):
        for where in ANSWER_IN:
            e = scoring(e, memory(who, where), *5 * [30])
    e = scoring(e, BY_WINDOWS, *5 * [30])
    assert decided_of_all(e) == "none of the 6 planned contrasts is decided"
    e = scoring(e, memory(ROUTED, "list"), *5 * [33])
    begins = "of the 6 planned contrasts"
    assert decided_of_all(e) == f"1 {begins} is decided, and the interval over articles has zero in it for none of these"
    series = e.records[FOLDED[FLAT, "list"][0]][0]["series"]["paragraphs"]
    articles = zip(series["questions"], series["article"], strict=True)
    first = [count * (0.9 if article == 0 else 0.3) for count, article in articles]  # one of them alone is better known
    e = with_series(e, FOLDED[FLAT, "list"][0], {**series, F1: first})
    assert decided_of_all(e) == f"2 {begins} are decided, and the interval over articles has zero in it for 1 of these"


def test_readers_of_windows_are_apart(evidence: Evidence) -> None:
    """Each has a metric of its own, in runs of its own or in those of no memory."""
    e = scoring(scoring(evidence, BY_WINDOWS, *5 * [50]), SEARCHED, *5 * [20])
    assert (BY_WINDOWS.values(e, F1), SEARCHED.values(e, F1)) == (5 * [50], 5 * [20])
    assert WHOLE.values(e, F1) == WHOLE.values(evidence, F1) != Asked(WHOLE.runs).values(e, F1)
    [*names] = (asked.name for asked in parse_readers([*WINDOWS]))
    assert names == [*WINDOWS]


def test_the_table_of_folds(evidence: Evidence) -> None:
    """Memories by where the answer is, and readers of windows by how they were trained; both without a real question, too."""
    e = both(evidence, "passage", (30, 32, 34, 36, 38), 5 * [30])
    for half, run in enumerate(ZERO[ROUTED, "passage"]):
        e = scoring(e, Asked((run,)), 10 + half)
    header, rows = folds_body(e)
    assert [row is None for row in rows] == [i in (3, 7) for i in range(12)]
    assert {len(row) for row in rows if row} == {len(header)}
    assert rows[4] is not None and rows[4][0].endswith("gate bias $2$; question everywhere")
    assert (rows[4][1], rows[4][3]) == ("34.0 ± 3.2", "10.5")
    assert [row[0] for row in rows[8:] if row] == [
        f"{label}, trained {how}" for how in ("on documents", "window by window") for label in WINDOWS.values()
    ]
    assert [row[3:] == ("–", "–") for row in rows[8:] if row] == [False, False, True, True]


def test_the_table_of_paragraphs(evidence: Evidence) -> None:
    """What is planned by what it is less, with tests; readers of windows less no memory that sees the question, without."""
    e = both(evidence, "passage", (30, 32, 34, 36, 38), 5 * [30])
    e = scoring(scoring(e, WHOLE, *5 * [35]), BY_WINDOWS, *5 * [34])
    header, rows = paragraphs_body(e)
    assert [row is None for row in rows] == [i in (2, 5, 8) for i in range(13)]
    assert {len(row) for row in rows if row} == {len(header)}
    none, windows = "no memory", "all windows, trained window by window"
    assert [row[1] for row in rows if row] == [*4 * [none], *2 * [windows], *4 * [none]]
    found, wide = over_paragraphs(e, SEEN), over_articles(e, SEEN)
    assert rows[3] is not None and rows[3][0].endswith("gate bias $2$; question everywhere")
    assert rows[3][2:] == (
        f"+{found.difference:.1f}", f"{found.low:.1f} to {found.high:.1f}", f"{wide.low:.1f} to {wide.high:.1f}",
        "0.0002", "0.0012", "4 of 5",
    )  # fmt: skip
    assert rows[6] is not None and rows[6][7] == "2 of 5"
    assert rows[9] == ("all windows, trained on documents", "no memory", "+5.0", "5.0 to 5.0", "5.0 to 5.0", "–", "–", "5 of 5")
    assert [row[5:7] == ("–", "–") for row in rows if row] == 6 * [False] + 4 * [True]


def test_what_counts_change_is_marked(evidence: Evidence) -> None:
    """Whatever other counts of a run change in the text and in tables is marked when its record is stale."""
    for run in (FOLDED[ROUTED, "list"][0], FOLDED[NONE, "passage"][3], BY_WINDOW[1]):
        old = replace(evidence, stale={(run, 0)})
        series = evidence.records[run][0]["series"]["paragraphs"]
        new = with_series(evidence, run, {**series, **{name: [0.9 * x for x in series[name]] for name in series if F1 in name}})
        differ = [macro for macro in build.folds_macros() if macro.value(new) != macro.value(evidence)]
        assert differ and all(isinstance(old.marked(macro.value), Stale) for macro in differ)
        table = next(table for table in build.all_tables() if table.name == "paragraphs")
        for one, two, cells in zip(*(table.body(e)[1] for e in (evidence, new, old)), strict=True):
            for before, after, cell in zip(one or (), two or (), cells or (), strict=True):
                assert before == after or isinstance(cell, Stale), before


def test_macros_of_folds(evidence: Evidence) -> None:
    """What is counted, and settings that all share."""
    values = {macro.name: macro.value(evidence) for macro in build.folds_macros()}
    assert (values["FoldsCount"], values["FoldsHalves"], values["FoldsSignsP"]) == ("5", "2", "0.0625")
    assert (values["FoldsPlanned"], values["FoldsDraws"], values["FoldsLeastP"]) == ("6", "10,000", "0.0002")
    counts = [answered(f"data/folds/{n}") for n in range(1, 6)]
    assert values["FoldsListParagraphs"] == values["FoldsPassageParagraphs"] == str(sum(map(len, counts)))
    assert values["FoldsListAnswered"] == values["FoldsPassageAnswered"] == f"{sum(n for its in counts for n in its.values()):,}"
    assert values["FoldsArticles"] == "13"
    assert values["FoldsQuestions"] == values["FoldsListed"] == f"{5 * 512:,}"
    assert values["FoldsChoices"] == str(SQUAD_OPTIONS["num_choices"])
    run = FOLDED[ROUTED, "list"][2]
    other = [{name: x for name, x in record.items() if name != "n_eval"} for record in evidence.records[run]]
    lacking = replace(evidence, records={**evidence.records, run: other})
    with pytest.raises(ValueError, match=f"the record of {run}-0 must have the field 'n_eval'"):
        next(macro for macro in build.folds_macros() if macro.name == "FoldsListed").value(lacking)


def test_manifest_has_folds() -> None:
    """Of the repository's own manifest: one seed each, a folder a fold, that all of one fold share; and what each starts from."""
    jobs = {job.id: job for job in needed_jobs(build.MANIFEST)[0] if job.id in REAL}
    assert jobs.keys() == {*REAL} and {job.seed for job in jobs.values()} == {0} and len(REAL) == len(set(REAL)) == 53
    folders = [{jobs[run].given["data_path"] for run in runs} for runs in asked_alike()]
    assert all(len(found) == 1 for found in folders) and len(set.union(*folders)) == 5 + 2
    assert [len(runs) for runs in asked_alike()] == 5 * [3] + 5 * [4] + 2 * 2 * [3]
    for (who, where), runs in FOLDED.items():
        for run in (*runs, *ZERO[who, where], *SPANS[who, where]):
            assert jobs[run].given["task_options"]["answer_in"] == where and where in ANSWER_IN and who in READERS
        bases = {jobs[run].given["base_model"] for run in (*runs, *ZERO[who, where])}
        assert bases == {f"run:{SPANS[who, where][0]}"} and jobs[SPANS[who, where][0]].given["base_model"] == f"run:{PRETRAIN[0]}"
    read = {run: jobs[run].given["readers"] for run in (*BY_WINDOW, *FOLDED[NONE, "passage"], *ZERO[NONE, "passage"])}
    assert all([*WINDOWS] == readers for readers in read.values())
    assert not any(jobs[run].given["use_global_softmax"] for run in BY_WINDOW)


def test_folds_are_of_the_same_articles(manifest: Path) -> None:
    """A run of other articles than those of its fold is refused; so is one whose record lacks what is asked of it."""
    change(manifest, "squad-fold3-windows-0", lambda r: r.update(data="other"))
    with pytest.raises(Refused, match="data: squad-fold3-windows, seed 0, read other documents than squad-fold3-gmm4-passage"):
        build.content(manifest)
    change(manifest, "squad-fold3-windows-0", lambda r: r.update(data=None))
    change(manifest, "squad-fold2-skip16-list-0", lambda r: r["metrics"].pop(EXACT))
    with pytest.raises(Refused, match=f"the record of squad-fold2-skip16-list-0 must have the metric '{EXACT}'"):
        build.content(manifest)
