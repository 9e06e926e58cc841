"""What is said of real questions about articles: memories and readers of windows, fold by fold, and without any real question."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from contrasts import interval, least_p
from evidence import BY_WINDOW, FOLDED, READERS, REAL, SPANS, ZERO, Evidence, Sample
from further import labelled
from results import Macro, Value, listed, number, p_value, setting, signed, spread
from tex import Body

from gmmxlnet_nb.listed_answers import SQUAD_OPTIONS

ROUTED, FLAT, NONE = READERS
F1, EXACT = "HasAns_f1", "HasAns_exact"  # Of the questions that have an answer: the others are right where nothing is answered
PLACES = {"list": "question and list at the end", "passage": "question everywhere"}  # Where the answer is
WINDOWS = {"windows": "all windows", "bm25-1": "BM25, 1 window"}  # Readers of windows, by the names that records have
TRAINED = FOLDED[ROUTED, "list"]  # Runs that have the settings of all


class Asked(NamedTuple):
    """What is asked real questions: one run a fold, and what its metrics end with."""

    runs: tuple[str, ...]
    reader: str = ""  # One of `WINDOWS`; nothing for a model that reads whole documents

    def values(self, e: Evidence, metric: str) -> list[float]:
        """A metric of each fold; a `ValueError` for a run with several seeds, as those are no folds."""
        found = [e.values(run, f"{metric}_{self.reader}" if self.reader else metric) for run in self.runs]
        if many := [run for run, values in zip(self.runs, found, strict=True) if len(values) > 1]:
            raise ValueError(f"{many[0]} must have one seed, as each run is a fold, got {len(found[self.runs.index(many[0])])}")
        return [value for [value] in found]


def memory(who: str, where: str) -> Asked:
    """A memory, or none, that reads whole documents."""
    return Asked(FOLDED[who, where])


WHOLE = Asked(FOLDED[NONE, "passage"], "windows")  # Trained on whole documents, and read window by window
BY_WINDOWS = Asked(BY_WINDOW, "windows")  # Trained that way, too
SEARCHED = Asked(BY_WINDOW, "bm25-1")


# --- differences, fold by fold ---


class OverFolds(NamedTuple):
    """A difference of two scores over folds."""

    mean: float  # Points
    low: float  # Of the interval
    high: float
    ahead: int  # Folds in which the first has more
    folds: int


def over_folds(e: Evidence, one: Asked, other: Asked, metric: str = F1) -> OverFolds:
    """One less another, fold by fold; a `ValueError` if they are not of as many folds."""
    found = one.values(e, metric), other.values(e, metric)
    if len(found[0]) != len(found[1]):
        raise ValueError(f"{one.runs[0]} and {other.runs[0]} must be of the same folds to be compared")
    differences = [a - b for a, b in zip(*found, strict=True)]
    low, high = interval(differences)
    return OverFolds(math.fsum(differences) / len(differences), low, high, sum(d > 0 for d in differences), len(differences))


def side(found: OverFolds) -> int:
    """On which side of zero an interval is; 0 if zero is in it."""
    return (found.low > 0) - (found.high < 0)


SIDES = {1: "all of it above zero", -1: "all of it below zero", 0: "with zero in it"}


def interval_said(found: OverFolds) -> str:
    """The ends of an interval."""
    return f"{number(found.low)} to {number(found.high)}"


def less(one: Asked, other: Asked) -> Value:
    """A difference in words."""

    def value(e: Evidence) -> str:
        found = over_folds(e, one, other)
        rest = f"{SIDES[side(found)]}; ahead in {found.ahead or 'none'} of {found.folds} folds"
        return f"{signed(found.mean)} points ({interval_said(found)}, {rest})"

    return value


WHO = {ROUTED: "the experts", FLAT: "the flat memory"}


def above(e: Evidence, where: str) -> str:
    """Which of two memories have an interval above that of no memory, where an answer is in one place."""
    signs = {who: side(over_folds(e, memory(name, where), memory(NONE, where))) for name, who in WHO.items()}
    higher, lower = ([who for who, sign in signs.items() if sign == one] for one in (1, -1))
    return f"above zero for {listed(higher, 'neither')}" + (f" and below for {listed(lower, '')}" if lower else "")


# --- the table ---


def folds_body(e: Evidence) -> Body:
    """F1 and exact match of memories by where the answer is, and of readers of windows."""
    rows: list[tuple[str, ...] | None] = []

    def over(asked: Asked, metric: str) -> Value:
        return lambda e: spread(Sample.of(asked.values(e, metric)))

    def mean(asked: Asked | None, metric: str) -> Value:
        return lambda e: number(Sample.of(asked.values(e, metric)).mean) if asked else "–"

    def cells(asked: Asked, base: Asked | None, zero: Asked | None) -> tuple[Value, ...]:
        def compared(say: Any) -> Value:
            return lambda e: say(over_folds(e, asked, base)) if base else "–"

        differences = (lambda f: signed(f.mean), interval_said, lambda f: f"{f.ahead} of {f.folds}")
        scores = (over(asked, F1), over(asked, EXACT))
        return (*scores, *map(compared, differences), mean(zero, F1), mean(zero, EXACT))

    def row(label: str, *about: Any) -> None:
        rows.append((label, *map(e.marked, cells(*about))))

    for where, place in PLACES.items():
        for who in READERS:
            base = None if who == NONE else memory(NONE, where)
            row(f"{e.label(FOLDED[who, where][0])}; {place}", memory(who, where), base, Asked(ZERO[who, where]))
        rows.append(None)
    base = memory(NONE, "passage")
    for reader, label in WINDOWS.items():
        row(f"{label}, trained on documents", Asked(WHOLE.runs, reader), base, Asked(ZERO[NONE, "passage"], reader))
    for reader, label in WINDOWS.items():
        row(f"{label}, trained window by window", Asked(BY_WINDOW, reader), base, None)
    return ("memory or reader", "F1", "exact", "less no memory", "interval", "ahead", "no real question, F1", "exact"), rows


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


def choices(e: Evidence) -> str:
    """Of a list, at most."""
    return str({**SQUAD_OPTIONS, **e.param(TRAINED, "task_options")}["num_choices"])


def score(name: str, asked: Asked, what: str) -> Macro:
    """F1, mean and standard deviation over folds."""
    return Macro(name, asked.runs, lambda e: spread(Sample.of(asked.values(e, F1))), f"F1 over folds: {what}")


def mean_of(asked: Asked) -> Value:
    """The mean F1 alone."""
    return lambda e: number(Sample.of(asked.values(e, F1)).mean)


def difference(name: str, one: Asked, other: Asked, what: str) -> Macro:
    """F1 of one less that of another."""
    return Macro(name, tuple(dict.fromkeys(one.runs + other.runs)), less(one, other), what)


def place_macros(name: str, where: str) -> list[Macro]:
    """Those of answers in one place, with names that begin alike."""
    base, found = memory(NONE, where), list[Macro]()
    for who, called in ((ROUTED, "Routed"), (FLAT, "Flat"), (NONE, "None")):
        found.append(score(f"{name}{called}", memory(who, where), f"{who}, {where}"))
        found.append(Macro(f"{name}{called}Zero", ZERO[who, where], mean_of(Asked(ZERO[who, where])), "F1 over halves"))
        if who != NONE:
            found.append(difference(f"{name}{called}Less", memory(who, where), base, f"{who} less no memory, {where}"))
    runs = tuple(run for who in READERS for run in FOLDED[who, where])
    return [*found, Macro(f"{name}Above", runs, lambda e: above(e, where), "memories whose intervals are apart from zero")]


def folds_macros() -> list[Macro]:
    """All of them."""
    spans, whole = tuple(run for runs in SPANS.values() for run in runs), FOLDED[ROUTED, "passage"]
    routed, flat = memory(ROUTED, "passage"), memory(FLAT, "passage")
    return [
        Macro("FoldsCount", TRAINED, lambda _: number(len(TRAINED), 0), "folds"),
        Macro("FoldsHalves", REAL, lambda _: number(len(ZERO[ROUTED, "list"]), 0), "halves"),
        Macro("FoldsLeastP", TRAINED, lambda _: p_value(least_p(len(TRAINED))), "the least p-value of so many signs"),
        Macro("FoldsChoices", TRAINED, choices, "choices of a list at most"),
        Macro("FoldsListed", TRAINED, questions(TRAINED), "questions at the end, with a list"),
        Macro("FoldsQuestions", whole, questions(whole), "questions everywhere"),
        setting("FoldsSteps", TRAINED, "max_steps", "training steps on real questions"),
        setting("FoldsSpanSteps", spans, "max_steps", "steps on spans of books"),
        Macro("FoldsRouted", TRAINED, labelled(TRAINED[0]), "experts that were asked"),
        Macro("FoldsFlat", FOLDED[FLAT, "list"], labelled(FOLDED[FLAT, "list"][0]), "flat memory that was asked"),
        score("FoldsWindowsScore", BY_WINDOWS, "the reader of all windows"),
        score("FoldsSearchedScore", SEARCHED, "the same reader with the window that BM25 finds"),
        difference("FoldsRoutedWindows", routed, BY_WINDOWS, "experts less the reader of all windows"),
        difference("FoldsFlatWindows", flat, BY_WINDOWS, "flat memory less the reader of all windows"),
        *place_macros("FoldsList", "list"),
        *place_macros("FoldsPassage", "passage"),
    ]  # fmt: skip
