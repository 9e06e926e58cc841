"""The planned contrasts: which memories are compared, and what tells them apart. All statistics of pairs of seeds are here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from evidence import LEARNED, NEEDED, SCORE, Evidence

from gmmxlnet_nb.contrasts import holm, resampled_means, sign_flip_test

LEVEL = 0.05  # Of a family: how likely it is to decide one of its contrasts where nothing differs
COVERAGE = 0.95  # Of intervals
DRAWS = 10_000  # Of seeds, with replacement


# --- statistics ---


@cache
def resampled(values: tuple[float, ...]) -> tuple[float, float]:
    """The percentiles of the mean that `interval` gives."""
    found = np.asarray(values, dtype=float)
    if len(found) < 2 or not np.isfinite(found).all():
        raise ValueError(f"at least 2 finite numbers are needed, got {list(values)}")
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(resampled_means(found, DRAWS, seed=0), (tail, 1 - tail))
    return float(low), float(high)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The bootstrap's percentile interval of a mean over seeds."""
    return resampled(tuple(values))


def least_p(count: int) -> float:
    """What `sign_flip_test` gives where all of some differences have one sign: it cannot give less."""
    return 2 / 2**count


def adjust(p_values: Sequence[float]) -> list[float]:
    """p-values of one family, adjusted by Holm's method, in their order."""
    return [*holm({str(place): p for place, p in enumerate(p_values)}).values()]


# --- what is compared ---


@dataclass(frozen=True)
class Contrast:
    """One run's score less another one's, seed by seed, at one length of documents."""

    one: str  # A run
    other: str  # Another
    length: int | None = None  # Of the documents asked about, in segments; None for the most that both were asked about
    score: str | None = None  # A metric, before its `/length`; None for `SCORE`, which all are compared by


# Declared before the runs that decide them. What stands in one family is adjusted together; a test that is looked for
# after the numbers were seen does not belong here.
PLANNED: dict[str, tuple[Contrast, ...]] = {
    "attribution": (
        Contrast("retention-gmm4-top1", "retention-gmm4"),  # hard writes or soft ones
        Contrast("retention-gmm4-top1-read", "retention-gmm4-read"),
        Contrast("retention-gmm4-null", "retention-gmm4-top1"),  # with or without a route that writes nothing
        Contrast("retention-gmm4-null-read", "retention-gmm4-top1-read"),
        Contrast("retention-gmm4-read", "retention-gmm4"),  # reads by the question, or as written
        Contrast("retention-gmm4-top1-read", "retention-gmm4-top1"),
        Contrast("retention-gmm4-null-read", "retention-gmm4-null"),
    ),
    "experts and the strongest flat memory": (
        Contrast("retention-gmm4-null-read", "retention-skip4"),
        Contrast("retention-gmm4-null-read", "retention-token4-closed"),
        Contrast("retention-gmm4-null-read", "retention-token16"),  # as many slots
        Contrast("retention-skip4", "retention-token4"),
        Contrast("retention-token4-closed", "retention-token4"),
        Contrast("retention-gmm4-top1-read", "retention-token4"),
    ),
    "update": (
        Contrast("update-gmm4-null-read", "update-skip4", 32),
        Contrast("update-skip4", "update-token4", 32),
        Contrast("update-gmm2-null-read", "update-skip16", 32),
    ),
    "confirmed": (Contrast("confirmed-gmm2-null-read", "confirmed-skip16", 2048),),  # with seeds that no choice was made by
    "improved": (
        Contrast("improved-gmm4-null-read", "improved-skip16", 2048),
        Contrast("improved-update-gmm4-null-read", "improved-update-skip16", 32),
    ),
}
# What each is called where the table of contrasts is explained
FAMILIES = {
    "attribution": "the parts of routing",
    "experts and the strongest flat memory": "experts and flat memory",
    "update": "the update task",
    "confirmed": "new seeds",
    "improved": "gates that begin open",
}


COMPARED = tuple(dict.fromkeys(run for contrasts in PLANNED.values() for c in contrasts for run in (c.one, c.other)))
if unneeded := sorted(set(COMPARED) - set(NEEDED)):
    raise ValueError(f"PLANNED in paper/contrasts.py must have runs of NEEDED in paper/evidence.py, got {', '.join(unneeded)}")
TESTED = tuple(run for run in LEARNED if run in COMPARED)  # Retention runs that a contrast is about
SCREENED = tuple(run for run in LEARNED if run not in COMPARED)  # Those with fewer seeds, of which nothing is tested


class Paired(NamedTuple):
    """Differences over seeds."""

    mean: float
    low: float  # Of the interval
    high: float
    p: float
    seeds: int
    length: int  # Of the documents asked about, in segments


def is_made(e: Evidence, contrast: Contrast) -> bool:
    """Whether both runs of a contrast are there."""
    return len(e.there((contrast.one, contrast.other))) == 2


def families(e: Evidence) -> dict[str, list[Contrast]]:
    """The planned contrasts whose runs are there, by family; a family without one is left out."""
    found = {family: [c for c in contrasts if is_made(e, c)] for family, contrasts in PLANNED.items()}
    return {family: contrasts for family, contrasts in found.items() if contrasts}


def length_of(e: Evidence, contrast: Contrast) -> int:
    """The length of the documents asked about."""
    if contrast.length is not None:
        return contrast.length
    return max(int(n) for n in e.param((contrast.one, contrast.other), "eval_segments"))


def differences(e: Evidence, contrast: Contrast) -> list[float]:
    """Of each seed, in order; a `ValueError` if the runs do not have the same seeds."""
    metric = f"{contrast.score or SCORE}/{length_of(e, contrast)}"
    found: list[dict[int, float]] = []
    for run in (contrast.one, contrast.other):
        seeds = [record["seed"] for record in e.records[run]]
        found.append(dict(zip(seeds, e.values(run, metric), strict=True)))
    one, other = found
    if one.keys() != other.keys():
        raise ValueError(
            f"{contrast.one} and {contrast.other} must have the same seeds to be compared in pairs, "
            f"got {sorted(one)} and {sorted(other)}"
        )
    return [one[seed] - other[seed] for seed in sorted(one)]


def paired(e: Evidence, contrast: Contrast) -> Paired:
    """What came of a contrast."""
    values = differences(e, contrast)
    low, high = interval(values)
    return Paired(math.fsum(values) / len(values), low, high, sign_flip_test(values), len(values), length_of(e, contrast))


def adjusted(e: Evidence, contrast: Contrast) -> float:
    """The p-value of a contrast within its family; a `ValueError` for one that is not planned once.

    A contrast whose runs are not made yet counts in its family, as one that decides nothing.
    """
    found = [contrasts for contrasts in PLANNED.values() for other in contrasts if other == contrast]
    if len(found) != 1:
        raise ValueError(f"{contrast} must be planned once in paper/contrasts.py, it is {len(found)} times")
    [family] = found
    p_values = adjust([sign_flip_test(differences(e, other)) if is_made(e, other) else 1.0 for other in family])
    return p_values[family.index(contrast)]


def verdict(e: Evidence, contrast: Contrast) -> int:
    """The sign of a planned contrast that is decided at the level of its family; 0 for one that is not."""
    mean = paired(e, contrast).mean
    return (mean > 0) - (mean < 0) if adjusted(e, contrast) <= LEVEL else 0


def planned(one: str, other: str) -> Contrast:
    """The contrast of two runs; a `ValueError` if it is not planned, or is in two ways."""
    found = [c for contrasts in PLANNED.values() for c in contrasts if (c.one, c.other) == (one, other)]
    if len(found) != 1:
        raise ValueError(f"{one} less {other} must be planned once in paper/contrasts.py, it is {len(found)} times")
    return found[0]
