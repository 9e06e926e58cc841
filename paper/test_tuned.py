"""Tests of what is said of single settings: which are changed, by how much the score differs, and what follows from it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import build
import pytest
from contrasts import interval
from evidence import RETUNED, TUNED, Evidence, needed_jobs
from results import number
from tables import command
from tex import Stale, Table
from tuned import (
    BASES,
    SETTINGS,
    above,
    below,
    best,
    best_score,
    changed,
    difference_range,
    differences,
    one_sign,
    side,
)

EXPERTS, FLAT = "retention-gmm4-top1-read", "retention-token4"
LAST = "choice_exact/2048"


@pytest.fixture(scope="session")
def evidence(original: Path) -> Evidence:
    """Made-up records of every run."""
    return build.content(original).evidence


def given(e: Evidence, run: str, **params: Any) -> Evidence:
    """The same evidence with other parameters of a run; None takes one away."""
    told = [{**r["params"], **params} for r in e.records[run]]
    told = [{name: value for name, value in each.items() if value is not None or name not in params} for each in told]
    return replace(e, records={**e.records, run: [{**r, "params": p} for r, p in zip(e.records[run], told, strict=True)]})


def scoring(e: Evidence, run: str, *scores: float) -> Evidence:
    """The same evidence with other scores of a run at the longest length, seed by seed, the last one for all others too."""
    last = len(scores) - 1
    new = [{**r, "metrics": {**r["metrics"], LAST: scores[min(i, last)]}} for i, r in enumerate(e.records[run])]
    return replace(e, records={**e.records, run: new})


def level(e: Evidence, score: float = 50.0) -> Evidence:
    """The same evidence where all memories that are changed, and all changes, have one score."""
    for run in (*TUNED, *RETUNED):
        e = scoring(e, run, score)
    return e


# --- what is changed ---


def test_what_is_changed(evidence: Evidence) -> None:
    """It is read from parameters and not from names."""
    for run, said in (
        ("tuned4-balance0.0", "load-balance weight 0"),
        ("tuned4-noise", "load-balance weight 0 with routing noise 1"),
        ("tuned4-cooled", "temperature falling to 0.2"),
        ("tuned4-closed", "gate bias $-2$"),
        ("tuned4-read-layer1", "read at layer 2 with a layer norm"),
        ("tuned4-max", "max pooling"),
        ("tuned4-short1000", "1,000 steps on short documents"),
        ("tuned-token8", "$m = 8$ with 96 tokens a segment"),
        ("tuned-skip4-rate0.00025", "learning rate 0.00025"),
        ("tuned-differentiable-long", "5,000 steps"),
    ):
        assert changed(evidence, run) == said
    assert changed(given(evidence, "tuned4-max", pooling_method="mean", read_norm=True), "tuned4-max") == "a layer norm"
    for base, runs in TUNED.items():
        assert len({changed(evidence, run) for run in runs}) == len(runs), base


def test_nothing_else_is_changed(evidence: Evidence) -> None:
    """A run that differs from its memory in nothing, or in a parameter that no words stand for, is refused."""
    run = "tuned4-max"
    with pytest.raises(ValueError, match=f"{run} must differ from {EXPERTS} in some of memory_slots, .*, it differs in nothing"):
        changed(given(evidence, run, pooling_method="mean"), run)
    with pytest.raises(ValueError, match="and in nothing else, it differs in num_layers and pooling_method"):
        changed(given(evidence, run, num_layers=3), run)
    for other in (run, EXPERTS):
        with pytest.raises(ValueError, match=f"the record of {other}-0 must have the parameter 'expert_dropout'"):
            changed(given(evidence, other, expert_dropout=None), run)


def test_manifest_changes_a_setting_or_two() -> None:
    """Of the repository's own manifest: what each run changes has words, and its seeds are its memory's first ones."""
    jobs = {run: [job for job in needed_jobs(build.MANIFEST)[0] if job.id == run] for run in (*TUNED, *RETUNED)}
    for run, base in BASES.items():
        own, usual = ({**job.parameters} for job in (jobs[run][0], jobs[base][0]))
        found = {name for name in {*own, *usual} if own.get(name) != usual.get(name)} - {"seed", "output_dir", "eval_segments"}
        assert found and len(found) <= 2 and found <= SETTINGS.keys(), run
        seeds = [job.seed for job in jobs[run]]
        assert seeds == [job.seed for job in jobs[base]][: len(seeds)] and len(seeds) == (5 if base == EXPERTS else 3)
        assert own["eval_segments"][0] == 16 and own["eval_segments"][-1] == usual["eval_segments"][-1] == 2048


# --- what comes of it ---


def test_differences_by_hand(evidence: Evidence) -> None:
    """Seed by seed, from the same seeds of the memory as it is; other seeds are refused."""
    run = "tuned-token4-bias-1"
    e = scoring(scoring(level(evidence), FLAT, 10, 20, 30, 99), run, 11, 23, 35)
    assert differences(e, run) == [1, 3, 5] and side(e, run) == 1
    assert side(scoring(e, run, 9, 19, 29), run) == -1 and side(scoring(e, run, 9, 21, 30), run) == 0
    header, rows = next(table for table in build.all_tables() if table.name == "tuned").body(e)
    assert header == ("memory", "changed", "seeds", "16", "2,048", "difference", "interval")
    place, usual = next((i, row) for i, row in enumerate(rows) if row and row[0] == "flat, $m = 4$")
    assert rows[place - 1] is None and usual[1:3] == ("as it is", "3") and usual[4:] == ("20.0 ± 10.0", "", "")
    row = next(row for row in rows if row and row[1] == "gate bias $-1$")
    assert row[2] == "3" and row[4:] == ("23.0 ± 12.0", "+3.0", "{} to {}".format(*map(number, interval([1, 3, 5]))))
    assert len([row for row in rows if row]) == len(RETUNED) + len(TUNED) and rows.count(None) == len(TUNED) - 1
    turned = replace(e, records={**e.records, run: e.records[run][1:]})
    with pytest.raises(ValueError, match=rf"{run} must have the first seeds of {FLAT} to be compared in pairs, got \[1, 2\]"):
        differences(turned, run)


def test_words_follow_the_differences(evidence: Evidence) -> None:
    """Which changes have an interval on one side of zero, what they come to, and the range of differences."""
    e = level(evidence)
    assert (above(e), below(e)) == ("none has an interval above zero", "none has an interval below zero")
    assert difference_range(e) == "0.0 to 0.0" and one_sign(e) == "25% with 3 seeds and 6% with 5 seeds"
    e = scoring(e, "tuned-token4-long", 51.0)
    assert above(e) == (
        "1 has an interval above zero, with none of which the memory keeps the fact: (flat, $m = 4$) with 5,000 steps"
    )
    assert (best(e), best_score(e)) == ("(flat, $m = 4$) with 5,000 steps", "51.0")
    e = scoring(scoring(scoring(e, "tuned-token8", 90.0), "tuned4-max", 40.0), "tuned4-dropout", 49.0)
    said = "2 have an interval above zero, with 1 of which the memory keeps the fact: (flat, $m = 4$) with "
    assert above(e) == f"{said}$m = 8$ with 96 tokens a segment and 5,000 steps"
    assert below(e) == (
        "2 have an interval below zero: (experts, $k = 4$, top 1, read by question) with max pooling and expert dropout 0.1"
    )
    assert difference_range(e) == "−10.0 to +40.0"
    e = scoring(e, "tuned-skip16-rate0.001", 1.0)
    assert below(e).endswith("; (flat, $m = 16$, hard gate) with learning rate 0.001") and below(e).startswith("3 have")


def test_only_the_seeds_that_are_compared_mark(evidence: Evidence) -> None:
    """A stale record of the memory as it is marks its changes where its seed is theirs."""
    table = next(table for table in build.all_tables() if table.name == "tuned")
    for seed, count in ((2, 2 + 2 * len(TUNED[FLAT])), (7, 0)):  # its scores, and each change's difference and interval
        body = table.body(replace(evidence, stale={(FLAT, seed)}))
        assert sum(isinstance(cell, Stale) for row in body[1] for cell in row or ()) == count


def test_commands_of_changes() -> None:
    """One pattern stands for all of them."""
    assert command(RETUNED, again=False) == 'gmmxlnet runs run "tuned*" --tier full --stack 10 --jobs 8'


def test_a_table_that_goes_on() -> None:
    """It is no float, has its header on each page, and its letters end with it."""
    table = Table("x", "All.", (), "lr", lambda _: ((), ()), r"\scriptsize", long=True)
    text = table.tex((("a", "b"), [("c", "1"), None, ("d", "2")]))
    assert text.startswith(r"{\scriptsize\begin{longtable}{@{}lr@{}}") and text.endswith(r"\end{longtable}}")
    assert text.count(r"a & b \\") == 2 and "{table}" not in text
    assert text.index(r"\endlastfoot") < text.index("c & 1") < text.index("d & 2") and r"\label{tab:x}\\" in text
