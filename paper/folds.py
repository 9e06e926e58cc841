"""What is said of real questions about articles: memories and readers of windows, tests over paragraphs, and no real question."""

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

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
from contrasts import DRAWS, adjust, least_p
from evidence import ANSWER_IN, BY_WINDOW, FOLDED, READERS, REAL, SPANS, ZERO, Evidence, Sample
from further import labelled
from results import Macro, Value, number, p_value, setting, signed, spread
from tex import Body

from gmmxlnet_nb.listed_answers import SQUAD_OPTIONS

ROUTED, FLAT, NONE = READERS
F1, EXACT = "HasAns_f1", "HasAns_exact"  # Of the questions that have an answer: the others are right where nothing is answered
PLACES = {"list": "question and list at the end", "passage": "question everywhere"}  # Where the answer is
WINDOWS = {"windows": "all windows", "bm25-1": "BM25, 1 window"}  # Readers of windows, by the names that records have
TRAINED = FOLDED[ROUTED, "list"]  # Runs that have the settings of all

T = TypeVar("T")


class Asked(NamedTuple):
    """What is asked real questions: one run a fold, and what its metrics end with."""

    runs: tuple[str, ...]
    reader: str = ""  # One of `WINDOWS`; nothing for a model that reads whole documents

    def named(self, metric: str) -> str:
        """What records call a metric of it."""
        return f"{metric}_{self.reader}" if self.reader else metric

    def one_each(self, found: Sequence[Sequence[T]]) -> list[T]:
        """What the one seed of each fold has; a `ValueError` for a run with several seeds, as those are no folds."""
        if many := [(run, its) for run, its in zip(self.runs, found, strict=True) if len(its) > 1]:
            raise ValueError(f"{many[0][0]} must have one seed, as each run is a fold, got {len(many[0][1])}")
        return [value for [value] in found]

    def values(self, e: Evidence, metric: str) -> list[float]:
        """A metric of each fold."""
        return self.one_each([e.values(run, self.named(metric)) for run in self.runs])


def memory(who: str, where: str) -> Asked:
    """A memory, or none, that reads whole documents."""
    return Asked(FOLDED[who, where])


WHOLE = Asked(FOLDED[NONE, "passage"], "windows")  # Trained on whole documents, and read window by window
BY_WINDOWS = Asked(BY_WINDOW, "windows")  # Trained that way, too
SEARCHED = Asked(BY_WINDOW, "bm25-1")


# --- what is right of each paragraph ---


# (article, paragraph) → how many questions have an answer, and their F1, from 0 to 1 each, added up
Paragraphs = dict[tuple[int, int], tuple[int, float]]


def by_paragraph(e: Evidence, asked: Asked) -> list[Paragraphs]:
    """What is right of each fold's paragraphs; a `ValueError` for a record that does not say it."""
    names = ("segments", "article", "paragraph", "questions", asked.named(F1))
    series = asked.one_each([e.series(run, "paragraphs") for run in asked.runs])
    found = []
    for run, told in zip(asked.runs, series, strict=True):
        [record] = e.about(run)
        for name in names:
            if name not in told:
                raise e.lacks(run, record, "series of paragraphs", name)
        segments, rows = e.param((run,), "num_segments"), zip(*(told[name] for name in names), strict=True)
        found.append({(article, paragraph): (count, right) for n, article, paragraph, count, right in rows if n == segments})
    return found


# --- what is compared ---


class Contrast(NamedTuple):
    """F1 of one less that of another, over the questions of all folds that have an answer."""

    one: Asked
    other: Asked


# One family, adjusted together, declared before the runs that decide it: what a memory adds to an encoder without one, by where
# the answer is, and whether it is above a reader that has the question beside each window.
PLANNED = (
    *(Contrast(memory(who, where), memory(NONE, where)) for where in ANSWER_IN for who in (ROUTED, FLAT)),
    *(Contrast(memory(who, "passage"), BY_WINDOWS) for who in (ROUTED, FLAT)),
)
CONTRASTED = tuple(dict.fromkeys(run for contrast in PLANNED for asked in contrast for run in asked.runs))
# What is described and not tested: readers of windows, however they were trained, less an encoder that reads whole documents
DESCRIBED = tuple(
    Contrast(Asked(runs, reader), memory(NONE, "passage")) for runs in (WHOLE.runs, BY_WINDOW) for reader in WINDOWS
)


def sides(e: Evidence, contrast: Contrast) -> list[tuple[Paragraphs, Paragraphs]]:
    """What is right by both, fold by fold; a `ValueError` if these are not of the same folds, paragraphs and questions."""
    one, other = contrast
    if len(one.runs) != len(other.runs):
        raise ValueError(f"{one.runs[0]} and {other.runs[0]} must be of the same folds to be compared")
    both = list(zip(by_paragraph(e, one), by_paragraph(e, other), strict=True))
    for n, found in enumerate(both):
        asked = [{place: count for place, (count, _) in side.items()} for side in found]
        if asked[0] != asked[1]:
            runs = f"{one.runs[n]} and {other.runs[n]}"
            raise ValueError(f"{runs} must have the same paragraphs and questions to be compared in pairs")
    return both


PARAGRAPH, ARTICLE = 3, 2  # How many parts of (fold, article, paragraph) say what is drawn


def over(e: Evidence, contrast: Contrast, parts: int) -> OverClusters:
    """What came of a contrast, if paragraphs are drawn anew, or articles, each with all its questions."""
    cells: dict[tuple[int, ...], list[tuple[int, float, float]]] = {}
    for fold, (one, other) in enumerate(sides(e, contrast)):
        for place, (count, right) in sorted(one.items()):
            cells.setdefault((fold, *place)[:parts], []).append((count, right, other[place][1]))

    def total(column: int) -> tuple[float, ...]:
        return tuple(math.fsum(row[column] for row in rows) for rows in cells.values())

    return drawn_again(total(0), total(1), total(2))


def over_paragraphs(e: Evidence, contrast: Contrast) -> OverClusters:
    """What came of a contrast, tested over paragraphs."""
    return over(e, contrast, PARAGRAPH)


def over_articles(e: Evidence, contrast: Contrast) -> OverClusters:
    """The same difference over articles, for its interval: paragraphs of one article may hang together."""
    return over(e, contrast, ARTICLE)


def ahead(e: Evidence, contrast: Contrast) -> tuple[int, int]:
    """In how many folds the first one has a higher F1, of how many."""
    pairs = list(zip(*(asked.values(e, F1) for asked in contrast), strict=True))
    return sum(one > other for one, other in pairs), len(pairs)


def adjusted(e: Evidence, contrast: Contrast) -> float:
    """The p-value of a contrast within the family; a `ValueError` for one that is not planned."""
    if contrast not in PLANNED:
        raise ValueError(f"{contrast} must be planned in paper/folds.py, it is not")
    return adjust([over_paragraphs(e, other).p for other in PLANNED])[PLANNED.index(contrast)]


def verdict(e: Evidence, contrast: Contrast) -> int:
    """The sign of a planned contrast that is decided at the level of the family; 0 for one that is not."""
    return sign_decided(over_paragraphs(e, contrast), adjusted(e, contrast))


# --- in words ---


def said(contrast: Contrast) -> Value:
    """What the text may say of a planned contrast, behind the names of what is compared."""

    def value(e: Evidence) -> str:
        found, (more, folds) = over_paragraphs(e, contrast), ahead(e, contrast)
        intervals = f"{interval_said(found)}, over articles {interval_said(over_articles(e, contrast))}"
        return difference_said(found, adjusted(e, contrast), intervals, f"in {more or 'none'} of {folds} folds")

    return value


WHO = {ROUTED: EXPERTS, FLAT: FLAT_MEMORY}


def decided(e: Evidence, where: str) -> str:
    """Which of the two memories are above no memory, where an answer is in one place."""
    return decided_said({called: verdict(e, Contrast(memory(who, where), memory(NONE, where))) for who, called in WHO.items()})


def decided_of_all(e: Evidence) -> str:
    """How many of the planned contrasts are decided, and for how many of these it would be open if articles were drawn."""
    found = [contrast for contrast in PLANNED if verdict(e, contrast)]
    begins = f"{len(found) or 'none'} of the {len(PLANNED)} planned contrasts {'are' if len(found) > 1 else 'is'} decided"
    if not found:
        return begins
    held = sum(wide.low <= 0 <= wide.high for wide in (over_articles(e, contrast) for contrast in found))
    return f"{begins}, and the interval over articles has zero in it for {held or 'none'} of these"


# --- tables ---


def reader_label(asked: Asked) -> str:
    """What tables call a reader of windows."""
    return f"{WINDOWS[asked.reader]}, trained {'window by window' if asked.runs == BY_WINDOW else 'on documents'}"


def memory_label(e: Evidence, who: str, where: str) -> str:
    """What they call a memory, and where the answer is."""
    return f"{e.label(FOLDED[who, where][0])}; {PLACES[where]}"


def folds_body(e: Evidence) -> Body:
    """F1 and exact match of memories by where the answer is, and of readers of windows."""
    rows: list[tuple[str, ...] | None] = []

    def over_folds(asked: Asked, metric: str) -> Value:
        return lambda e: spread(Sample.of(asked.values(e, metric)))

    def mean(asked: Asked | None, metric: str) -> Value:
        return lambda e: number(Sample.of(asked.values(e, metric)).mean) if asked else "–"

    def row(label: str, asked: Asked, zero: Asked | None) -> None:
        cells = (over_folds(asked, F1), over_folds(asked, EXACT), mean(zero, F1), mean(zero, EXACT))
        rows.append((label, *map(e.marked, cells)))

    for where in PLACES:
        for who in READERS:
            row(memory_label(e, who, where), memory(who, where), Asked(ZERO[who, where]))
        rows.append(None)
    for one, _ in DESCRIBED:
        row(reader_label(one), one, Asked(ZERO[NONE, "passage"], one.reader) if one.runs == WHOLE.runs else None)
    return ("memory or reader", "F1", "exact", "no real question, F1", "exact"), rows


def paragraphs_body(e: Evidence) -> Body:
    """What the contrasts came to, those that are planned by what they are about, and below them what is described."""
    rows: list[tuple[str, ...] | None] = []
    names = {memory(who, where): memory_label(e, who, where) for who, where in FOLDED}
    names |= {one: reader_label(one) for one, _ in DESCRIBED}

    def cells(contrast: Contrast, tested: bool) -> tuple[Value, ...]:
        return (
            lambda e: signed(over_paragraphs(e, contrast).difference),
            lambda e: interval_said(over_paragraphs(e, contrast)),
            lambda e: interval_said(over_articles(e, contrast)),
            lambda e: p_value(over_paragraphs(e, contrast).p) if tested else "–",
            lambda e: p_value(adjusted(e, contrast)) if tested else "–",
            lambda e: "{} of {}".format(*ahead(e, contrast)),
        )

    last = PLANNED[0].other
    for contrast in PLANNED + DESCRIBED:
        rows += [None] * (contrast.other != last)
        other = names[contrast.other].partition(";")[0]  # the answer is where it is for the first one
        rows.append((names[contrast.one], other, *map(e.marked, cells(contrast, contrast in PLANNED))))
        last = contrast.other
    return ("memory or reader", "less", "difference", "over paragraphs", "over articles", "$p$", "adjusted", "ahead"), rows


# --- macros ---


def questions(runs: Sequence[str]) -> Value:
    """How many questions were asked in all folds, those without an answer included."""

    def value(e: Evidence) -> str:
        counts = []
        for run in runs:
            [record, *_] = e.about(run)
            if "n_eval" not in record:
                raise e.lacks(run, record, "field", "n_eval")
            counts.append(int(record["n_eval"]))
        return number(sum(counts), 0)

    return value


def drawn_from(e: Evidence, where: str, parts: int) -> str:
    """How many paragraphs or articles are drawn from, where an answer is in one place."""
    return number(over(e, Contrast(memory(ROUTED, where), memory(NONE, where)), parts).clusters, 0)


def answered(where: str) -> Value:
    """How many questions have an answer, in all folds, where it is in one place."""
    return lambda e: number(sum(n for fold in by_paragraph(e, memory(ROUTED, where)) for n, _ in fold.values()), 0)


def choices(e: Evidence) -> str:
    """Of a list, at most."""
    return str({**SQUAD_OPTIONS, **e.param(TRAINED, "task_options")}["num_choices"])


def score(name: str, asked: Asked, what: str) -> Macro:
    """F1, mean and standard deviation over folds."""
    return Macro(name, asked.runs, lambda e: spread(Sample.of(asked.values(e, F1))), f"F1 over folds: {what}")


def mean_of(asked: Asked) -> Value:
    """The mean F1 alone."""
    return lambda e: number(Sample.of(asked.values(e, F1)).mean)


def place_macros(name: str, where: str) -> list[Macro]:
    """Those of answers in one place, with names that begin alike."""
    found, contrasts = list[Macro](), [contrast for contrast in PLANNED if contrast.other == memory(NONE, where)]
    runs = FOLDED[ROUTED, where] + FOLDED[NONE, where]
    for who, called in ((ROUTED, "Routed"), (FLAT, "Flat"), (NONE, "None")):
        found.append(score(f"{name}{called}", memory(who, where), f"{who}, {where}"))
        found.append(Macro(f"{name}{called}Zero", ZERO[who, where], mean_of(Asked(ZERO[who, where])), "F1 over halves"))
    for contrast, called in zip(contrasts, ("Routed", "Flat"), strict=True):
        found.append(Macro(f"{name}{called}Said", CONTRASTED, said(contrast), f"{called} less no memory, {where}"))
    return [
        *found,
        Macro(f"{name}Decided", CONTRASTED, lambda e: decided(e, where), "which memories are above no memory"),
        Macro(f"{name}Paragraphs", runs, lambda e: drawn_from(e, where, PARAGRAPH), f"paragraphs that are drawn, {where}"),
        Macro(f"{name}Answered", FOLDED[ROUTED, where], answered(where), f"questions that have an answer, {where}"),
    ]


def folds_macros() -> list[Macro]:
    """All of them."""
    spans, whole = tuple(run for runs in SPANS.values() for run in runs), FOLDED[ROUTED, "passage"]
    windows = [contrast for contrast in PLANNED if contrast.other == BY_WINDOWS]
    return [
        Macro("FoldsCount", TRAINED, lambda _: number(len(TRAINED), 0), "folds"),
        Macro("FoldsHalves", REAL, lambda _: number(len(ZERO[ROUTED, "list"]), 0), "halves"),
        Macro("FoldsSignsP", TRAINED, lambda _: p_value(least_p(len(TRAINED))), "the least p-value of so many signs"),
        Macro("FoldsPlanned", CONTRASTED, lambda _: number(len(PLANNED), 0), "planned contrasts"),
        Macro("FoldsArticles", CONTRASTED, lambda e: drawn_from(e, "list", ARTICLE), "articles that are drawn"),
        Macro("FoldsDraws", CONTRASTED, lambda _: number(DRAWS, 0), "draws of paragraphs, and of articles"),
        Macro("FoldsLeastP", CONTRASTED, lambda _: p_value(LEAST_P), "the least p-value of so many draws"),
        Macro("FoldsChoices", TRAINED, choices, "choices of a list at most"),
        Macro("FoldsListed", TRAINED, questions(TRAINED), "questions at the end, with a list"),
        Macro("FoldsQuestions", whole, questions(whole), "questions everywhere"),
        setting("FoldsSteps", TRAINED, "max_steps", "training steps on real questions"),
        setting("FoldsSpanSteps", spans, "max_steps", "steps on spans of books"),
        Macro("FoldsRouted", TRAINED, labelled(TRAINED[0]), "experts that were asked"),
        Macro("FoldsFlat", FOLDED[FLAT, "list"], labelled(FOLDED[FLAT, "list"][0]), "flat memory that was asked"),
        score("FoldsWindowsScore", BY_WINDOWS, "the reader of all windows"),
        score("FoldsSearchedScore", SEARCHED, "the same reader with the window that BM25 finds"),
        Macro("FoldsRoutedWindowsSaid", CONTRASTED, said(windows[0]), "experts less the reader of all windows"),
        Macro("FoldsFlatWindowsSaid", CONTRASTED, said(windows[1]), "flat memory less the reader of all windows"),
        Macro("FoldsDecided", CONTRASTED, decided_of_all, "how many of the planned contrasts are decided"),
        *place_macros("FoldsList", "list"),
        *place_macros("FoldsPassage", "passage"),
    ]  # fmt: skip
