"""Differences over questions that hang together, as those about one book do: clusters of them drawn anew, and words for them."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from contrasts import COVERAGE, DRAWS, LEVEL
from results import listed, number, p_value, signed, told_apart

LEAST_P = 2 / (1 + DRAWS)  # What no p-value of so many draws is below


class OverClusters(NamedTuple):
    """The difference of two scores, and how it comes out with other clusters of questions."""

    difference: float  # Points
    low: float  # Of the interval
    high: float
    p: float
    clusters: int


@cache
def drawn_again(questions: tuple[float, ...], one: tuple[float, ...], other: tuple[float, ...]) -> OverClusters:
    """One's right answers less another's, of all questions, with an interval and a p-value from clusters drawn with replacement.

    The p-value is twice the share of draws whose difference is zero or on its other side, with one draw more that is.
    """
    counts, points = np.asarray(questions, float), 100 * (np.asarray(one, float) - np.asarray(other, float))
    if len(counts) < 2 or not (counts > 0).all():
        raise ValueError(f"questions must be of at least 2 clusters, some of each, got {questions}")
    rows = np.random.default_rng(0).integers(len(counts), size=(DRAWS, len(counts)))
    drawn = (points[rows].sum(1) / counts[rows].sum(1)).round(9)  # what rounding leaves of zero is zero
    found = round(float(points.sum() / counts.sum()), 9)
    beyond = int((drawn * np.sign(found) <= 0).sum())  # all of them where there is no difference
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail)).tolist()
    return OverClusters(found, low, high, min(1.0, 2 * (1 + beyond) / (1 + DRAWS)), len(counts))


def sign_decided(found: OverClusters, adjusted: float) -> int:
    """The sign of a difference that is decided at the level of its family; 0 for one that is not."""
    return (found.difference > 0) - (found.difference < 0) if adjusted <= LEVEL else 0


# --- in words ---


def interval_said(found: OverClusters) -> str:
    """The ends of an interval."""
    return f"{number(found.low)} to {number(found.high)}"


def difference_said(found: OverClusters, adjusted: float, intervals: str, ahead: str) -> str:
    """What the text may say of a planned contrast, behind the names of what is compared."""
    test = f"$p$ = {p_value(found.p)}, adjusted {p_value(adjusted)}"
    rest = f"({intervals}; {test}; the former is ahead {ahead})"
    return told_apart(sign_decided(found, adjusted), f"{signed(found.difference)} points", rest)


EXPERTS, FLAT_MEMORY = "the experts", "the flat memory"  # The two memories that contrasts are planned of


def decided_said(verdicts: Mapping[str, int]) -> str:
    """Which of these two are above what both are compared with, by the signs that are decided."""
    above, below = ([who for who, sign in verdicts.items() if sign == one] for one in (1, -1))
    if len(below) == len(verdicts):
        return "both are below"
    said = {0: "neither is", 1: f"of the two only {''.join(above)} {'are' if above == [EXPERTS] else 'is'}", 2: "both are"}
    return f"{said[len(above)]} above" + (f" and {listed(below, '')} below" if below else "")
