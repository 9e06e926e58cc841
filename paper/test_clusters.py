"""Tests of differences over clusters of questions: draws by hand and one by one, what an interval covers, and words."""

import random

import numpy as np
import pytest
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
from contrasts import DRAWS, LEVEL


def test_clusters_drawn_by_hand() -> None:
    """Of two clusters, both, the one or the other are drawn, in half, a quarter and a quarter of the draws."""
    found = drawn_again((10, 30), (9, 12), (4, 12))  # 50 points of the one, none of the other
    assert (found.difference, found.low, found.high, found.clusters) == (12.5, 0, 50, 2)
    assert abs(found.p - 2 * 1 / 4) < 0.02  # the one without a difference alone
    assert drawn_again((10, 30), (4, 12), (9, 12)) == (-12.5, -50, 0, found.p, 2)  # the other way round
    assert drawn_again((10, 30), (9, 13), (4, 12)).p == LEAST_P  # ahead in each
    assert drawn_again((10, 30), (9, 12), (9, 12)) == (0, 0, 0, 1, 2)
    lost = drawn_again((10, 10), (6, 4), (5, 5))  # as much is won as lost
    assert (lost.difference, lost.p) == (0, 1) and (lost.low, lost.high) == (-10, 10)
    near = drawn_again((10, 30), (0.1 + 0.2, 1), (0.3, 1))  # what rounding tells apart
    assert (near.difference, near.p) == (0, 1)
    for wrong in ((10,), (10, 0)):
        with pytest.raises(ValueError, match="questions must be of at least 2 clusters, some of each"):
            drawn_again(wrong, (1.0,) * len(wrong), (0.0,) * len(wrong))


def test_clusters_drawn_one_by_one() -> None:
    """What is drawn at once is what a loop gives; clusters count by their questions and not alike."""
    rng = random.Random(0)
    counts, one, other = ([rng.randrange(low, high) for _ in range(7)] for low, high in ((20, 60), (5, 20), (3, 20)))
    found = drawn_again(tuple(counts), tuple(one), tuple(other))
    draws, differences = np.random.default_rng(0), []
    for drawn in draws.integers(7, size=(DRAWS, 7)).tolist():
        points = sum(one[c] for c in drawn) - sum(other[c] for c in drawn)
        differences.append(100 * points / sum(counts[c] for c in drawn))
    beyond = sum(d * np.sign(found.difference) <= 1e-9 for d in differences)
    assert found.p == min(1, 2 * (1 + beyond) / (1 + DRAWS)) and LEAST_P < found.p < 1
    assert [found.low, found.high] == pytest.approx(np.quantile(differences, (0.025, 0.975)).tolist())
    assert found.difference == pytest.approx(100 * (sum(one) - sum(other)) / sum(counts))


def test_an_interval_covers_about_as_often_as_it_says() -> None:
    """With many clusters; with as few as there are, less often."""
    rng, covered = random.Random(1), dict[int, float]()
    for count in (8, 60):
        hits = 0
        for _ in range(100):
            won = tuple(20 + rng.gauss(3, 3) for _ in range(count))
            found = drawn_again((40.0,) * count, won, (20.0,) * count)
            hits += found.low <= 7.5 <= found.high  # 3 of 40
        covered[count] = hits / 100
    assert 0.75 <= covered[8] <= 0.97 and 0.88 <= covered[60] <= 1


def test_words_follow_what_is_decided() -> None:
    """A difference that is decided has its side; of two memories it is said which are above, and which below."""
    found = OverClusters(2.5, 1, 4, 0.01, 9)
    assert interval_said(found) == "1.0 to 4.0"
    assert [sign_decided(found, p) for p in (0.01, LEVEL, 0.051)] == [1, 1, 0]
    assert sign_decided(found._replace(difference=-2.5), 0.01) == -1 and sign_decided(found._replace(difference=0), 0.01) == 0
    assert difference_said(found, 0.02, "1 to 4", "in 3 of 5 folds") == (
        "differ by +2.5 points, in favour of the former (1 to 4; $p$ = 0.01, adjusted 0.02; the former is ahead in 3 of 5 folds)"
    )
    below = found._replace(difference=-2.5)
    assert difference_said(below, 0.02, "", "").startswith("differ by −2.5 points, in favour of the latter")
    assert difference_said(found, 0.2, "", "").startswith("do not differ measurably: +2.5 points")
    for routed, flat, words in (
        (1, 1, "both are above"),
        (1, 0, "of the two only the experts are above"),
        (0, 1, "of the two only the flat memory is above"),
        (0, 0, "neither is above"),
        (0, -1, "neither is above and the flat memory below"),
        (-1, 1, "of the two only the flat memory is above and the experts below"),
        (-1, -1, "both are below"),
    ):
        assert decided_said({EXPERTS: routed, FLAT_MEMORY: flat}) == words
