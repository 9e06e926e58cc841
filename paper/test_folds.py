"""Tests of what is said of real questions: differences over folds by hand, what words follow, and what the runs must share."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import build
import pytest
from build import Refused
from contrasts import interval
from evidence import (
    ANSWER_IN,
    BY_WINDOW,
    FOLDED,
    PRETRAIN,
    READERS,
    REAL,
    SPANS,
    ZERO,
    Evidence,
    asked_alike,
    needed_jobs,
)
from folds import (
    BY_WINDOWS,
    EXACT,
    F1,
    FLAT,
    NONE,
    ROUTED,
    SEARCHED,
    WHOLE,
    WINDOWS,
    Asked,
    OverFolds,
    above,
    folds_body,
    less,
    memory,
    over_folds,
    side,
)
from test_build import change

from gmmxlnet_nb.listed_answers import SQUAD_OPTIONS
from gmmxlnet_nb.window_readers import parse_readers


@pytest.fixture(scope="session")
def evidence(original: Path) -> Evidence:
    """Made-up records of every run."""
    return build.content(original).evidence


def scoring(e: Evidence, asked: Asked, *scores: float) -> Evidence:
    """The same evidence where something has other F1 in each fold."""
    records, name = dict(e.records), f"{F1}_{asked.reader}" if asked.reader else F1
    for run, score in zip(asked.runs, scores, strict=True):
        records[run] = [{**record, "metrics": {**record["metrics"], name: score}} for record in records[run]]
    return replace(e, records=records)


def both(e: Evidence, where: str, one: Sequence[float], other: Sequence[float]) -> Evidence:
    """The same evidence where a memory has these scores and no memory has others."""
    return scoring(scoring(e, memory(ROUTED, where), *one), memory(NONE, where), *other)


def test_differences_by_hand(evidence: Evidence) -> None:
    """One difference a fold: their mean, a bootstrap over them, and how many are above zero."""
    e = both(evidence, "list", (30, 40, 50, 60, 70), (20, 41, 45, 60, 60))
    found = over_folds(e, memory(ROUTED, "list"), memory(NONE, "list"))
    assert found == OverFolds(4.8, *interval([10, -1, 5, 0, 10]), 3, 5)
    less_many = Asked(FOLDED[NONE, "list"][:4])
    with pytest.raises(ValueError, match="must be of the same folds to be compared"):
        over_folds(e, memory(ROUTED, "list"), less_many)
    run = FOLDED[ROUTED, "list"][1]
    twice = replace(e, records={**e.records, run: 2 * [*e.records[run]]})
    with pytest.raises(ValueError, match=f"{run} must have one seed, as each run is a fold, got 2"):
        over_folds(twice, memory(ROUTED, "list"), memory(NONE, "list"))


def test_words_follow_the_folds(evidence: Evidence) -> None:
    """An interval is above zero, below it, or holds it; each memory has its own."""
    one, other = memory(ROUTED, "list"), memory(NONE, "list")
    for scores, words in (
        ((31, 32, 33, 34, 35), "+3.0 points (1.8 to 4.2, all of it above zero; ahead in 5 of 5 folds)"),
        ((29, 28, 27, 26, 25), "−3.0 points (−4.2 to −1.8, all of it below zero; ahead in none of 5 folds)"),
        ((30, 30, 30, 30, 30), "0.0 points (0.0 to 0.0, with zero in it; ahead in none of 5 folds)"),
    ):
        assert less(one, other)(both(evidence, "list", scores, 5 * [30])) == words
    e = scoring(both(evidence, "list", 5 * [40], 5 * [30]), memory(FLAT, "list"), *5 * [20])
    assert above(e, "list") == "above zero for the experts and below for the flat memory"
    assert above(scoring(e, memory(FLAT, "list"), *5 * [31]), "list") == "above zero for the experts and the flat memory"
    assert above(both(e, "list", 5 * [30], 5 * [20]), "list") == "above zero for the experts"
    e = scoring(both(e, "list", 5 * [30], 5 * [30]), memory(FLAT, "list"), *5 * [30])
    assert above(e, "list") == "above zero for neither"
    assert side(OverFolds(1, 0, 2, 3, 5)) == 0


def test_readers_of_windows_are_apart(evidence: Evidence) -> None:
    """Each has a metric of its own, in runs of its own or in those of no memory."""
    e = scoring(scoring(evidence, BY_WINDOWS, *5 * [50]), SEARCHED, *5 * [20])
    assert (BY_WINDOWS.values(e, F1), SEARCHED.values(e, F1)) == (5 * [50], 5 * [20])
    assert WHOLE.values(e, F1) == WHOLE.values(evidence, F1) != Asked(WHOLE.runs).values(e, F1)
    [*names] = (asked.name for asked in parse_readers([*WINDOWS]))
    assert names == [*WINDOWS]


def test_the_table_of_folds(evidence: Evidence) -> None:
    """Memories by where the answer is, each less no memory in the same place; readers less no memory that sees the question."""
    e = scoring(both(evidence, "passage", (30, 32, 34, 36, 38), 5 * [30]), WHOLE, *5 * [35])
    for half, run in enumerate(ZERO[ROUTED, "passage"]):
        e = scoring(e, Asked((run,)), 10 + half)
    header, rows = folds_body(e)
    assert [row is None for row in rows] == [i in (3, 7) for i in range(12)]
    assert {len(row) for row in rows if row} == {len(header)}
    assert rows[4] is not None and rows[4][0].endswith("gate bias $2$; question everywhere")
    assert rows[4][1] == "34.0 ± 3.2" and rows[4][3:7] == ("+4.0", "1.6 to 6.4", "4 of 5", "10.5")
    assert [row[3:6] for row in (rows[2], rows[6]) if row] == 2 * [("–", "–", "–")]
    assert [row[0] for row in rows[8:] if row] == [
        f"{label}, trained {how}" for how in ("on documents", "window by window") for label in WINDOWS.values()
    ]
    assert rows[8] is not None and rows[8][3:6] == ("+5.0", "5.0 to 5.0", "5 of 5")
    assert [row[6:] == ("–", "–") for row in rows[8:] if row] == [False, False, True, True]


def test_macros_of_folds(evidence: Evidence) -> None:
    """What is counted, and settings that all share."""
    values = {macro.name: macro.value(evidence) for macro in build.folds_macros()}
    assert (values["FoldsCount"], values["FoldsHalves"], values["FoldsLeastP"]) == ("5", "2", "0.0625")
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
