"""What is said of books: an encoder that has read some, memories that are asked about others, and tests over those books."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from clusters import (
    EXPERTS,
    FLAT_MEMORY,
    LEAST_P,
    OverClusters,
    decided_said,
    difference_said,
    drawn_again,
    interval_said,
    sign_decided,
)
from contrasts import DRAWS, adjust
from evidence import CLOZE, CLOZED, MASKED, PRETRAIN, SCORE, WINDOWS, Evidence
from further import labelled
from results import Macro, Value, extremes, leaders, listed, number, p_value, setting, signed, spread
from tex import Body

from gmmxlnet_nb.cloze_task import CLOZE_OPTIONS

# --- what was asked, and how far back ---

NONE, SCRATCH_NONE = CLOZE["read"][-1], CLOZE["scratch"][-1]
ROUTED, FLAT, *OTHERS = CLOZE["read"][:-1]
SCRATCH_FLAT = CLOZE["scratch"][0]
# Rules that do not read the question, by the names that records have, and what tables call them
RULES = {"chance": "random choice", "frequent": "most frequent", "recent": "most recent", "oldest": "oldest"}
RIVALS = ("frequent", "recent")  # The better of these is what a memory has to beat
RULE = "rule"  # Stands for it where a contrast has a run
# Readers of windows, by the names that records have, which stand for them where a contrast has a run; and what tables call them
READS = {"windows": "windows, no memory", "bm25-4": "BM25, 4 windows"}
ALL, SEARCHED = READS


def distances(e: Evidence) -> list[str]:
    """How far back answers were said, as records name it, the nearest first."""
    e.about(NONE)
    begins = "documents@"
    found = {name.removeprefix(begins) for name in e.names(NONE) if name.startswith(begins) and "/" not in name}
    return sorted(found, key=lambda name: int(name.partition("-")[0]))


def farthest(e: Evidence) -> str:
    """The distance at which memories are compared."""
    return distances(e)[-1]


def written(distance: str) -> str:
    """How a distance is written."""
    return distance.replace("-", "–")


def named(e: Evidence, run: str) -> str:
    """What a run's memory is called, and whether its encoder had read nothing."""
    read = e.param((run,), "base_model") == f"run:{PRETRAIN[0]}"
    return e.label(run) + ("" if read else ", from scratch")


def source(name: str) -> tuple[str, str]:
    """Of a run or of a reader of windows: the run whose records have its score, and the metric that it is compared by."""
    return (WINDOWS[0], f"{SCORE}_{name}") if name in READS else (name, SCORE)


def called(e: Evidence, name: str) -> str:
    """What tables call a side of a contrast."""
    return {RULE: "the better rule", **READS}.get(name) or named(e, name)


def far_score(name: str) -> Value:
    """The score at the farthest distance of a run or of a reader of windows, over the seeds."""
    run, metric = source(name)
    return lambda e: spread(e.metric(run, f"{metric}@{farthest(e)}"))


def rule_score(rule: str, distance: str) -> Value:
    """What a rule scores on the questions of a distance, which are the same for all runs; or how many `documents` there are."""
    return lambda e: number(e.metric(NONE, f"{rule}@{distance}").mean, 0 if rule == "documents" else 1)


# --- what is right of each book ---


Counts = dict[int, dict[int, tuple[int, float]]]  # Seed → book → questions, and how many of them are right


def by_book(e: Evidence, run: str, what: str) -> Counts:
    """Of each seed and book: how many questions there are at the farthest distance, and how many of them are right."""
    found: Counts = {}
    segments, far = e.param((run,), "num_segments"), farthest(e)
    for record, books in zip(e.about(run), e.series(run, "books"), strict=True):
        for name in ("segments", "distance", "book", "documents", what):
            if name not in books:
                raise e.lacks(run, record, "series of books", name)
        rows = zip(*(books[name] for name in ("segments", "distance", "book", "documents", what)), strict=True)
        found[record["seed"]] = {book: (count, right) for n, at, book, count, right in rows if (n, at) == (segments, far)}
    return found


def books_of(counts: Counts) -> list[int]:
    """Their numbers."""
    return sorted({book for books in counts.values() for book in books})


def better_rule(e: Evidence, run: str = NONE) -> str:
    """Which of `RIVALS` has more of a run's farthest questions right; the first where they have as many."""
    right = {
        rule: math.fsum(x for books in by_book(e, run, rule).values() for _, x in books.values()) for rule in RIVALS
    }
    return max(RIVALS, key=lambda rule: round(right[rule], 3))


# --- what is compared ---


@dataclass(frozen=True)
class Contrast:
    """One run's share of right answers at the farthest distance less another's, or less that of a rule or a reader of windows."""

    one: str  # A run
    other: str  # Another, `RULE`, or one of `READS`


# Declared before the runs that decide them; what stands in one family is adjusted together.
PLANNED: dict[str, tuple[Contrast, ...]] = {
    "memory": (Contrast(ROUTED, NONE), Contrast(FLAT, NONE)),
    "rule": (Contrast(ROUTED, RULE), Contrast(FLAT, RULE)),
    "windows": (Contrast(ROUTED, ALL), Contrast(FLAT, ALL)),
    "scratch": (Contrast(SCRATCH_FLAT, SCRATCH_NONE),),
}
# What is described and not tested: other memories, windows that are searched for, and what it is worth to have read
DESCRIBED = (
    *(Contrast(run, NONE) for run in OTHERS), *(Contrast(run, SEARCHED) for run in (ROUTED, FLAT)),
    Contrast(FLAT, SCRATCH_FLAT), Contrast(NONE, SCRATCH_NONE),
)  # fmt: skip


def sides(e: Evidence, contrast: Contrast) -> tuple[Counts, Counts]:
    """What is right of each seed and book, of both; a `ValueError` if these are not of the same seeds and questions."""
    one = by_book(e, contrast.one, SCORE)
    if contrast.other == RULE:
        return one, by_book(e, contrast.one, better_rule(e, contrast.one))
    other = by_book(e, *source(contrast.other))
    asked = [{seed: {book: n for book, (n, _) in books.items()} for seed, books in side.items()} for side in (one, other)]
    if asked[0] != asked[1]:
        raise ValueError(f"{contrast.one} and {contrast.other} must have the same seeds and questions to be compared in pairs")
    return one, other


def over_books(e: Evidence, contrast: Contrast) -> OverClusters:
    """What came of a contrast: questions and right answers of a book are added up over the seeds."""
    both = sides(e, contrast)
    books = books_of(both[0])

    def total(side: Counts, place: int) -> tuple[float, ...]:
        return tuple(math.fsum(found.get(book, (0, 0.0))[place] for found in side.values()) for book in books)

    return drawn_again(total(both[0], 0), *(total(side, 1) for side in both))


def ahead(e: Evidence, contrast: Contrast) -> tuple[int, int]:
    """With how many seeds the first one has more right, of how many."""
    one, other = ({seed: math.fsum(x for _, x in books.values()) for seed, books in side.items()} for side in sides(e, contrast))
    return sum(one[seed] > other[seed] for seed in one), len(one)


def adjusted(e: Evidence, contrast: Contrast) -> float:
    """The p-value of a contrast within its family; a `ValueError` for one that is not planned."""
    family = next((contrasts for contrasts in PLANNED.values() if contrast in contrasts), None)
    if family is None:
        raise ValueError(f"{contrast} must be planned in paper/reading.py, it is not")
    return adjust([over_books(e, other).p for other in family])[family.index(contrast)]


def verdict(e: Evidence, contrast: Contrast) -> int:
    """The sign of a planned contrast that is decided at the level of its family; 0 for one that is not."""
    return sign_decided(over_books(e, contrast), adjusted(e, contrast))


# --- in words ---


def said(contrast: Contrast) -> Value:
    """What the text may say of a planned contrast, behind the names of what is compared."""

    def value(e: Evidence) -> str:
        found, (more, seeds) = over_books(e, contrast), ahead(e, contrast)
        return difference_said(found, adjusted(e, contrast), interval_said(found), f"with {more or 'none'} of {seeds} seeds")

    return value


WHO = {ROUTED: EXPERTS, FLAT: FLAT_MEMORY}


def decided(e: Evidence, family: str) -> str:
    """Which of the two memories are above what a family compares them with."""
    return decided_said({WHO[contrast.one]: verdict(e, contrast) for contrast in PLANNED[family]})


def headline(e: Evidence) -> str:
    """What the tests over books decide."""
    books = over_books(e, PLANNED["memory"][0]).clusters
    return (
        f"in tests over {books} books, {decided(e, 'memory')} the encoder without a memory, "
        f"{decided(e, 'rule')} the better of two rules, and {decided(e, 'windows')} a reader of all windows"
    )


def described(e: Evidence) -> str:
    """Which of the other memories have an interval over books on one side of zero."""
    found = {run: over_books(e, Contrast(run, NONE)) for run in OTHERS}
    above = [f"({e.label(run)})" for run, one in found.items() if one.low > 0]
    below = [f"({e.label(run)})" for run, one in found.items() if one.high < 0]
    return f"above zero for {listed(above, 'none')}, and below for {listed(below, 'none')}"


def worth(contrast: Contrast) -> Value:
    """A difference that is described."""

    def value(e: Evidence) -> str:
        found = over_books(e, contrast)
        return f"{signed(found.difference)} points ({interval_said(found)})"

    return value


def best(e: Evidence) -> str:
    """The memory, of all that start from the encoder that has read, with the highest mean at the farthest distance."""
    return "; ".join(e.label(run) for run in leaders(e, CLOZE["read"][:-1], f"{SCORE}@{farthest(e)}"))


def best_score(e: Evidence) -> str:
    """Its mean."""
    return number(max(e.metric(run, f"{SCORE}@{farthest(e)}").mean for run in CLOZE["read"][:-1]))


def option(name: str) -> Value:
    """What the task was told, or what it does untold."""
    return lambda e: str({**CLOZE_OPTIONS, **e.param(CLOZED, "task_options")}[name])


# --- tables ---


def cloze_body(e: Evidence) -> Body:
    """Scores by how far back the answer was last said, of memories, of readers of windows and of rules."""
    asked, rows = distances(e), list[tuple[str, ...] | None]()

    def scored(run: str, name: str) -> Value:
        return lambda e: spread(e.metric(run, name))

    def seeds(run: str) -> Value:
        return lambda e: str(len(e.about(run)))

    for runs in CLOZE.values():
        for run in runs:
            names = [*(f"{SCORE}@{at}" for at in asked), f"{SCORE}_memory_cleared@{asked[-1]}"]
            rows.append((named(e, run), *map(e.marked, [seeds(run), *(scored(run, name) for name in names)])))
        rows.append(None)
    for name, label in READS.items():
        run, metric = source(name)
        rows.append((label, *map(e.marked, [seeds(run), *(scored(run, f"{metric}@{at}") for at in asked)]), ""))
    rows.append(None)
    rows += [(label, "", *(e.marked(rule_score(rule, at)) for at in asked), "") for rule, label in RULES.items()]
    rows += [None, ("questions", "", *(e.marked(rule_score("documents", at)) for at in asked), "")]
    return ("memory, reader or rule", "seeds", *map(written, asked), f"cleared, {written(asked[-1])}"), tuple(rows)


def books_body(e: Evidence) -> Body:
    """What the contrasts came to, those that are planned by family, and below them what is described."""
    rows: list[tuple[str, ...] | None] = []

    def cells(contrast: Contrast, tested: bool) -> tuple[Value, ...]:
        return (
            lambda e: signed(over_books(e, contrast).difference),
            lambda e: interval_said(over_books(e, contrast)),
            lambda e: p_value(over_books(e, contrast).p) if tested else "–",
            lambda e: p_value(adjusted(e, contrast)) if tested else "–",
            lambda e: "{} of {}".format(*ahead(e, contrast)),
        )

    for family, contrasts in {**PLANNED, "": DESCRIBED}.items():
        rows += [None] * bool(rows)
        for contrast in contrasts:
            rows.append((called(e, contrast.one), called(e, contrast.other), *map(e.marked, cells(contrast, bool(family)))))
    return ("memory", "less", "difference", "interval", "$p$", "adjusted", "ahead"), tuple(rows)


# --- the encoder ---


class Reader(NamedTuple):
    """A row of the table of language models."""

    run: str  # Whose record has its scores
    label: str
    loss: str | None = None  # The metric: nats a token that is predicted
    bits: str | None = None  # The metric: bits a character
    masked: str | None = None  # How metrics begin of what is restored in spans from what is in none, percent
    ordered: str | None = None  # The same from the tokens before in the same span, too

    def metrics(self) -> tuple[str | None, ...]:
        """Of a row, in the order of its columns."""
        restored = (begins and f"{begins}_{what}" for begins in (self.masked, self.ordered) for what in ("spans", "tokens"))
        return (self.loss, self.bits, *restored)


READERS = (
    Reader(PRETRAIN[0], "XLNet", "held_out_loss", "bits_per_character", "masked", "ordered"),
    Reader(MASKED[0], "BERT, of the same budget", masked="masked"),
    Reader(PRETRAIN[0], "frequencies of tokens", "unigram_loss", "bits_per_character_unigram"),
    Reader(PRETRAIN[0], "5-grams, Kneser–Ney", None, "bits_per_character_5-gram"),
)
XLNET, BERT, UNIGRAM, FIVE = READERS


def scores(e: Evidence, reader: Reader) -> tuple[float | None, ...]:
    """Of a row, as far as its record is there and has them: loss, bits, and spans and tokens that are restored."""
    told = e.names(reader.run) if e.there((reader.run,)) else []
    return tuple(e.one(reader.run, name) if name in told else None for name in (name or "" for name in reader.metrics()))


def pretrain_body(e: Evidence) -> Body:
    """What held-out books cost each language model; a row of which nothing is known is left out."""

    def cell(reader: Reader, place: int) -> Value:
        return lambda e: "–" if (found := scores(e, reader)[place]) is None else number(found, 3 if place < 2 else 1)

    header = ("", "nats a token", "bits a character", "masked spans", "tokens", "in order, spans", "tokens")
    known = [reader for reader in READERS if any(value is not None for value in scores(e, reader))]
    return header, [
        (reader.label, *(e.marked(cell(reader, place)) for place in range(len(header) - 1))) for reader in known
    ]


# Of an encoder and 5-grams, by which of them needs fewer bits
FEWER = {1: "fewer than", -1: "more than", 0: "as many as"}


def bits_said(e: Evidence) -> str:
    """Whether the encoder needs fewer bits a character than counts do."""
    own, single, five = (scores(e, reader)[1] for reader in (XLNET, UNIGRAM, FIVE))
    if own is None or single is None or five is None:
        return "The record does not say how many bits a character that makes"
    told = [number(bits, 3) for bits in (own, single, five)]
    sign = (float(told[2]) > float(told[0])) - (float(told[2]) < float(told[0]))
    return (
        f"Read from left to right, a character costs it {told[0]} bits, {FEWER[sign]} interpolated Kneser–Ney 5-grams of the "
        f"same tokens, with {told[2]}; the frequencies of single tokens need {told[1]}"
    )


def restored_said(e: Evidence) -> str:
    """What the encoder restores of spans that are not shown."""
    spans, tokens, ordered, rest = scores(e, XLNET)[2:]
    if spans is None or tokens is None:
        return "The record does not say how much it restores of spans that are not shown"
    both = f"{number(spans)}% whole and {number(tokens)}% of their tokens"
    said = f"Of spans that are not shown it restores {both}, from what is in none"
    if ordered is None or rest is None:
        return said
    return f"{said}; {number(ordered)}% and {number(rest)}% where it has the tokens before in the same span as well"


def spans_said(e: Evidence) -> str:
    """What the encoder learned beside language modelling; nothing where it was that alone."""
    if not e.param(PRETRAIN, "span_weight"):
        return ""
    told = {name: e.param(PRETRAIN, name) for name in ("span_passages", "span_questions", "num_segments", "memory_slots")}
    length = e.param(PRETRAIN, "span_segment_length") or e.param(PRETRAIN, "segment_length")
    for name, one in (("memory_type", "token"), ("answer_in", "list")):
        if (got := e.param(PRETRAIN, name)) != one:
            raise ValueError(f"{name} of {PRETRAIN[0]} must be {one!r}, of which the paper tells, got {got!r}")
    passages, asked, segments, slots = told.values()
    return (
        rf" In the same steps it learned to select recurring spans \citep{{ram2021}}: {passages} passages a step, of "
        f"{segments - 1} segments of at most {length} tokens, are read into a flat memory of {slots} slots and followed by "
        f"{asked} questions each, which of the listed spans a gap had."
    )


AHEAD = {1: "more than the XLNet", -1: "fewer than the XLNet", 0: "as many as the XLNet"}


def masked_said(e: Evidence) -> str:
    """Which of two encoders restores more of the same spans, as the numbers are written."""
    (own, _), (other, _) = (scores(e, reader)[2:4] for reader in (BERT, XLNET))
    if own is None or other is None:
        return "The records do not say which of the two restores more spans"
    one, two = float(number(own)), float(number(other))
    return f"Of the same spans it restores {number(own)}% whole, {AHEAD[(one > two) - (one < two)]} with {number(other)}%"


def speed_said(e: Evidence) -> str:
    """How fast the encoder read, and what share of the time the products of a step need at least."""
    told = e.names(PRETRAIN[0])
    if "tokens_per_second" not in told:
        return "at a speed that the record does not say"
    speed = f"at {number(e.one(PRETRAIN[0], 'tokens_per_second'), 0)} tokens a second"
    if "floor_share" not in told:
        return speed
    return f"{speed}; the products of a step alone would take {number(100 * e.one(PRETRAIN[0], 'floor_share'), 0)}% of that time"


def millions(name: str, run: str = PRETRAIN[0]) -> Value:
    """A metric of an encoder's record, in millions."""
    return lambda e: number(e.one(run, name) / 1e6)


def digest(e: Evidence) -> str:
    """What the texts are known by."""
    return listed(sorted({str(record["data"]) for record in e.about(PRETRAIN[0])}), "unknown")


def pretrain_data(e: Evidence) -> dict[str, Any]:
    """The held-out loss over the tokens read, and what counts need, in nats a token."""
    [series] = e.series(PRETRAIN[0], "held_out")
    own, unigram, five = scores(e, XLNET)[1], scores(e, UNIGRAM)[0], scores(e, FIVE)[1]
    a_token = math.log(2) * e.one(PRETRAIN[0], "characters_per_token")  # nats for a bit a character
    levels = {"frequencies of tokens": unigram, "5-grams, from left to right": None if five is None else five * a_token}
    return {
        "tokens": [float(n) for n in series["tokens"]],
        "loss": list(series["held_out_loss"]),
        "last": None if own is None else own * a_token,
        "levels": {label: level for label, level in levels.items() if level is not None},
    }


# --- what the figure of scores shows ---

SHORT = ("write", "read")  # What its labels leave out


def cloze_data(e: Evidence) -> dict[str, Any]:
    """Scores by distance: of each run and reader of windows the mean, the lowest and the highest seed; and of each rule."""
    asked = distances(e)

    def line(name: str) -> list[Sequence[float]]:
        run, metric = source(name)
        found = [e.values(run, f"{metric}@{at}") for at in asked]
        return [[math.fsum(values) / len(values) for values in found], [*map(min, found)], [*map(max, found)]]

    panels = {group: {e.label(run, without=SHORT): line(run) for run in runs} for group, runs in CLOZE.items()}
    rules = {label: [e.metric(NONE, f"{rule}@{at}").mean for at in asked] for rule, label in RULES.items()}
    readers = {label: line(name) for name, label in READS.items()}
    return {"distances": [written(at) for at in asked], "panels": panels, "readers": readers, "rules": rules}


# --- macros ---


def pretrain_macros() -> list[Macro]:
    """Those of the encoder."""
    run = PRETRAIN[0]
    return [
        setting("PretrainLayers", PRETRAIN, "num_layers", "layers of the encoder that reads books"),
        setting("PretrainWidth", PRETRAIN, "hidden_dim", "its width"),
        Macro("PretrainSize", PRETRAIN, millions("parameters"), "its parameters, millions"),
        setting("PretrainVocabulary", PRETRAIN, "vocab_size", "pieces of its tokenizer"),
        setting("PretrainWindow", PRETRAIN, "segment_length", "tokens of a window"),
        setting("PretrainBatch", PRETRAIN, "batch_size", "windows in a step"),
        setting("PretrainSteps", PRETRAIN, "max_steps", "steps"),
        Macro("PretrainShare", PRETRAIN, lambda e: number(100 * e.param(PRETRAIN, "predicted_share"), 0), "tokens predicted, %"),
        Macro("PretrainRead", PRETRAIN, millions("tokens"), "tokens read, millions"),
        Macro("PretrainText", PRETRAIN, millions("train_tokens"), "tokens of the books, millions"),
        Macro("PretrainTimes", PRETRAIN, lambda e: number(e.one(run, "epochs")), "how often the books were read"),
        Macro("PretrainHeld", PRETRAIN, millions("held_out_tokens"), "held-out tokens, millions"),
        Macro("PretrainLoss", PRETRAIN, lambda e: number(e.one(run, "held_out_loss"), 3), "held-out loss, nats a token"),
        Macro("PretrainCounts", PRETRAIN, lambda e: number(e.one(run, "unigram_loss"), 3), "the same of frequencies"),
        Macro("PretrainBits", PRETRAIN, bits_said, "bits a character beside counts"),
        Macro("PretrainSpeed", PRETRAIN, speed_said, "how fast it read"),
        Macro("PretrainRestored", PRETRAIN, restored_said, "what it restores of spans that are not shown"),
        Macro("PretrainSpans", PRETRAIN, spans_said, "what it learned beside"),
        Macro("PretrainDigest", PRETRAIN, digest, "digest of the texts"),
        Macro("MaskedSize", MASKED, millions("parameters", MASKED[0]), "parameters of a BERT of the same budget, millions"),
        Macro("MaskedTokens", MASKED, lambda e: number(e.one(MASKED[0], "masked_tokens")), "tokens in spans that it restores, %"),
        Macro("MaskedSaid", MASKED, masked_said, "spans that it restores, beside the XLNet"),
    ]  # fmt: skip


def cloze_macros() -> list[Macro]:
    """Those of questions about books."""
    memory, rule, windows, [scratch] = PLANNED.values()
    routed, flat, none, both = (ROUTED,), (FLAT,), (NONE,), (ROUTED, FLAT)
    return [
        Macro("ClozeSegments", CLOZED, lambda e: str(e.param(CLOZED, "num_segments") - 1), "segments before the choices"),
        Macro("ClozeWords", CLOZED, option("words_per_segment"), "words of a segment at most"),
        Macro("ClozeChoices", CLOZED, option("num_choices"), "choices of a question"),
        Macro("ClozeDistances", CLOZED, lambda e: listed([*map(written, distances(e))], ""), "distances, segments"),
        Macro("ClozeFarthest", CLOZED, lambda e: written(farthest(e)), "the farthest, at which memories are compared"),
        Macro("ClozeQuestions", none, lambda e: rule_score("documents", farthest(e))(e), "questions there"),
        Macro("ClozeBooks", none, lambda e: str(len(books_of(by_book(e, NONE, SCORE)))), "their books"),
        setting("ClozeTrain", CLOZED, "num_train", "questions to learn from at most"),
        setting("ClozeSteps", CLOZED, "max_steps", "training steps"),
        setting("ClozeShortSteps", CLOZED, "short_steps", "of these, on short documents"),
        setting("ClozeRate", CLOZED, "learning_rate", "learning rate"),
        Macro("ClozeSeeds", CLOZED, lambda e: e.seeds(CLOZED), "seeds of each run"),
        Macro("ClozeDraws", CLOZED, lambda _: number(DRAWS, 0), "draws of books"),
        Macro("ClozeLeastP", CLOZED, lambda _: p_value(LEAST_P), "the least p-value of so many draws"),
        Macro("ClozeRouted", routed, labelled(ROUTED), "experts of the planned contrasts"),
        Macro("ClozeRoutedScore", routed, far_score(ROUTED), "their score"),
        Macro("ClozeFlat", flat, labelled(FLAT), "flat memory of the planned contrasts"),
        Macro("ClozeFlatScore", flat, far_score(FLAT), "its score"),
        Macro("ClozeNoneScore", none, far_score(NONE), "score of the same encoder without a memory"),
        Macro("ClozeRule", none, lambda e: RULES[better_rule(e)], "the better of two rules"),
        Macro("ClozeRuleScore", none, lambda e: rule_score(better_rule(e), farthest(e))(e), "its score"),
        Macro("ClozeOldestScore", none, lambda e: rule_score("oldest", farthest(e))(e), "score of the rule of the oldest"),
        Macro("ClozeClearedRange", CLOZED, lambda e: extremes(e, CLOZED, f"{SCORE}_memory_cleared@{farthest(e)}"),
              "scores with the memory cleared"),
        Macro("ClozeRoutedSaid", (*both, NONE), said(memory[0]), "experts less no memory"),
        Macro("ClozeFlatSaid", (*both, NONE), said(memory[1]), "flat memory less no memory"),
        Macro("ClozeRoutedRuleSaid", both, said(rule[0]), "experts less the better rule"),
        Macro("ClozeFlatRuleSaid", both, said(rule[1]), "flat memory less the better rule"),
        setting("ClozeWindowTokens", WINDOWS, "segment_length", "tokens of a window at most"),
        Macro("ClozeSearched", WINDOWS, lambda _: SEARCHED.partition("-")[2], "windows of a document that are searched for"),
        Macro("ClozeWindowsScore", WINDOWS, far_score(ALL), "score of the reader of all windows"),
        Macro("ClozeSearchedScore", WINDOWS, far_score(SEARCHED), "its score where windows are searched for"),
        Macro("ClozeRoutedWindowsSaid", (ROUTED, *WINDOWS), said(windows[0]), "experts less the reader of all windows"),
        Macro("ClozeFlatWindowsSaid", (FLAT, *WINDOWS), said(windows[1]), "flat memory less the reader of all windows"),
        Macro("ClozeRoutedSearched", (ROUTED, *WINDOWS), worth(Contrast(ROUTED, SEARCHED)), "experts less windows searched for"),
        Macro("ClozeFlatSearched", (FLAT, *WINDOWS), worth(Contrast(FLAT, SEARCHED)), "flat memory less the same"),
        Macro("ClozeScratchScore", (SCRATCH_FLAT,), far_score(SCRATCH_FLAT), "flat memory from scratch"),
        Macro("ClozeScratchNoneScore", (SCRATCH_NONE,), far_score(SCRATCH_NONE), "no memory from scratch"),
        Macro("ClozeScratchSaid", CLOZE["scratch"], said(scratch), "from scratch: flat memory less no memory"),
        Macro("ClozeReadFlat", (FLAT, SCRATCH_FLAT), worth(Contrast(FLAT, SCRATCH_FLAT)), "what it is worth to have read"),
        Macro("ClozeReadNone", (NONE, SCRATCH_NONE), worth(Contrast(NONE, SCRATCH_NONE)), "the same without a memory"),
        Macro("ClozeOthers", (*OTHERS, NONE), described, "other memories whose intervals are apart from zero"),
        Macro("ClozeBest", CLOZE["read"][:-1], best, "the memory with the highest mean"),
        Macro("ClozeBestScore", CLOZE["read"][:-1], best_score, "its mean"),
        Macro("ClozeHeadline", (*both, NONE, *WINDOWS), headline, "what the tests over books decide"),
    ]  # fmt: skip


def reading_macros() -> list[Macro]:
    """All of them."""
    return [*pretrain_macros(), *cloze_macros()]
