"""Tests of what experts hold: words and tables by hand, what may be missing, what is refused, and what a stale record marks."""

import inspect
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import build
import pytest
from build import Refused
from contrasts import interval
from evidence import SEEN, Evidence
from seen import (
    CHANGES,
    CURVES,
    EFFECTS,
    TOGETHER,
    VERDICTS,
    Lost,
    asked,
    beyond_chance,
    combined,
    curves,
    decided,
    interval_said,
    kept_data,
    kept_said,
    learned,
    learned_adjusted,
    loss,
    loss_adjusted,
    lost,
    lost_of,
    most_said,
    over_seeds,
    random_said,
    seen_body,
    small,
    specialised,
)
from synthetic_seen import ANALYSIS, analysed
from test_build import change, make_stale, stale_cells, stale_values
from tex import Stale

from gmmxlnet_nb.analyze import MEASURED
from gmmxlnet_nb.causal import ALL
from gmmxlnet_nb.causal import CHANGES as CAUSES
from gmmxlnet_nb.probes import retention_curves
from gmmxlnet_nb.specialisation import fisher_combined

RETAINED, KINDS = SEEN
PLACES = {"Retention": RETAINED, "Kinds": KINDS}


@pytest.fixture(scope="module")
def evidence(original: Path) -> Evidence:
    """Of made-up records."""
    return build.content(original).evidence


def having(e: Evidence, run: str, **metrics: Sequence[float | None]) -> Evidence:
    """The same evidence with other metrics of a run, one a seed, the first again where there are fewer; without one for None."""
    records = []
    for i, record in enumerate(e.records[run]):
        new: Mapping[str, float | None] = {name: values[i % len(values)] for name, values in metrics.items()}
        told = {**record["metrics"], **new}
        records.append({**record, "metrics": {name: x for name, x in told.items() if x is not None}})
    return replace(e, records={**e.records, run: records})


def with_series(e: Evidence, run: str, name: str, *tables: Sequence[Mapping[str, Any]]) -> Evidence:
    """The same evidence with other rows of a series, a table a seed, the first again where there are fewer."""
    records = []
    for i, record in enumerate(e.records[run]):
        rows = tables[i % len(tables)]
        table = {column: [row[column] for row in rows] for column in rows[0]}
        records.append({**record, "series": {**record["series"], name: table}})
    return replace(e, records={**e.records, run: records})


def effect(expert: int | str, difference: float, p: float | None = 0.01, **told: Any) -> dict[str, Any]:
    """A row of a table of causes."""
    ends = {"low": difference - 0.05, "high": difference + 0.05}
    return {"change": "reset", "kind": "all", "expert": expert, "difference": difference, **ends, "p_value": p, **told}


def each_change(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The same for all changes."""
    return [{**row, "change": name} for name in CHANGES for row in rows]


# --- the records ---


def test_made_up_records_are_as_the_notebook_writes_them() -> None:
    """Metrics, changes and curves have the names that an analysis gives them."""
    metrics, series = analysed(ANALYSIS, random.Random(0))
    ends = {"accuracy", "capture", "retention", "mutual_information_untrained", "p_value_untrained"}
    assert metrics.keys() <= MEASURED.keys() | ends and series.keys() <= {"causal", "probes", "retention", "kinds"}
    assert set(series["causal"]["change"]) == CHANGES.keys() == set(CAUSES)
    assert TOGETHER == ALL and all(f'"{name}"' in inspect.getsource(retention_curves) for name in CURVES)
    assert {*CURVES} <= {*series["retention"]["curve"]} and series["causal"]["p_value"][4] is None


def test_runs_are_those_of_the_manifest() -> None:
    """The repository's own runs take the model of the same seed, of memories that the paper has."""
    jobs = [job for job in build.needed_jobs(build.MANIFEST)[0] if job.id in SEEN]
    assert [sum(job.id == run for job in jobs) for run in SEEN] == [10, 10]
    bases = {job.id: {other.base.id for other in jobs if other.id == job.id and other.base} for job in jobs}
    assert bases == {RETAINED: {"improved-gmm4-null-read"}, KINDS: {"kinds-gmm4-null-read"}}
    assert all(job.base and job.base.seed == job.seed and job.notebook.name == "analysis.ipynb" for job in jobs)
    assert {job.id: job.given["task"] for job in jobs} == {RETAINED: "retention", KINDS: "kinds"}


# --- whether kinds and experts go together ---


def test_information_by_hand(evidence: Evidence) -> None:
    """Differences are paired by seed, both runs are one family, and p-values of seeds are combined by Fisher's method."""
    e = having(evidence, RETAINED, mutual_information=[0.5, 0.7], mutual_information_untrained=[0.4, 0.4], p_value=[0.01])
    found = learned(e, RETAINED)
    low, high = interval([0.1, 0.3] * 5)
    assert [*found] == pytest.approx([0.2, low, high, 2 / 2**10, 10])
    assert learned_adjusted(e, RETAINED) == 4 / 2**10  # the smaller one of two
    e = having(e, KINDS, mutual_information=[0.2, 0.3, 0.4], mutual_information_untrained=[0.1], p_value=[0.2, 0.04, 0.05])
    assert (learned(e, KINDS).p, learned_adjusted(e, KINDS)) == (0.25, 0.25)
    assert beyond_chance(KINDS)(e) == "1 of 3" and combined(e, KINDS) == fisher_combined([0.2, 0.04, 0.05])
    e = having(e, KINDS, p_value=[0.9])
    assert beyond_chance(KINDS)(e) == "none of 3"
    header, rows = seen_body(e)
    row = rows[0] or ()
    assert len(row) == len(header) and row[:2] == ("retention, 16 segments", "0.600 ± 0.105")
    assert row[4:10] == ("+0.200", f"{low:.3f} to {high:.3f}", "0.00195", "0.00391", "10 of 10", "< 0.0001")
    assert [small(p) for p in (9e-5, 1e-4, 0.0321)] == ["< 0.0001", "0.0001", "0.0321"]


@pytest.mark.parametrize(("own", "p", "case"), [
    (0.5, 0.001, (1, True)), (0.5, 0.9, (1, False)), (None, 0.001, (0, True)), (None, 0.9, (0, False)),
    (0.1, 0.001, (-1, True)), (0.1, 0.9, (-1, False)),
])  # fmt: skip
def test_words_of_specialisation(evidence: Evidence, own: float | None, p: float, case: tuple[int, bool]) -> None:
    """To specialise is to tell more of kinds than untrained memories do and than chance does; each other case has its words."""
    values = [0.2, 0.4] if own is None else [own]  # untrained ones have 0.3
    e = having(evidence, RETAINED, mutual_information=values, mutual_information_untrained=[0.3], p_value=[p])
    said, difference = specialised(RETAINED)(e), {1: "+0.200", 0: "0.000", -1: "−0.200"}[case[0]]
    assert said.startswith(f"{VERDICTS[case]} ({difference} nats, ") and not said.endswith("decide it)")
    assert (VERDICTS[case].split()[1] == "specialise") == (case == (1, True))
    assert len({*VERDICTS.values()}) == len(VERDICTS) == 6


def test_few_seeds_decide_nothing(evidence: Evidence) -> None:
    """Three seeds that agree are not said to show anything."""
    e = having(evidence, KINDS, mutual_information=[0.9], mutual_information_untrained=[0.1], p_value=[0.001])
    assert specialised(KINDS)(e) == (
        f"{VERDICTS[0, True]} (+0.800 nats, 0.800 to 0.800; $p$ = 0.25, adjusted 0.25; 3 seeds cannot decide it)"
    )
    assert random_said(KINDS)(e).endswith("; 3 seeds cannot decide it")


def test_what_has_no_meaning_is_missing(evidence: Evidence) -> None:
    """Seeds that lack a metric are left out of it and counted; where none has it, the first record is refused."""
    e = having(evidence, KINDS, mutual_information=[0.0, 0.3, 0.5], mutual_information_untrained=[None, 0.1, 0.2])
    e = having(e, KINDS, p_value_untrained=[None, 0.01, 0.5])
    row = seen_body(e)[1][1] or ()
    assert row[3] == "0.150 ± 0.071 (2 of 3)" and row[1] == "0.267 ± 0.252" and row[4] == "+0.250"
    assert learned(e, KINDS).seeds == 2 and beyond_chance(KINDS, "_untrained")(e) == "1 of 2"
    alone = having(e, KINDS, mutual_information_untrained=[None, None, 0.2])
    assert (seen_body(alone)[1][1] or ())[3:7] == ("0.200 (1 of 3)", "+0.300", "–", "1")
    nobody = having(e, KINDS, mutual_information_untrained=[None])
    with pytest.raises(ValueError, match=f"the record of {KINDS}-0 must have the metric 'mutual_information_untrained'"):
        learned(nobody, KINDS)
    apart = having(e, KINDS, mutual_information=[0.1, None, None], mutual_information_untrained=[None, 0.1, 0.1])
    with pytest.raises(ValueError, match=f"{KINDS} must have a seed with both mutual_information and mutual_information_untr"):
        learned(apart, KINDS)
    one = having(evidence, RETAINED, mutual_information=[0.0], mutual_information_untrained=[0.0], p_value=[1.0])
    assert specialised(RETAINED)(one).startswith(f"{VERDICTS[0, False]} (0.000 nats, 0.000 to 0.000; $p$ = 1, adjusted 1)")


# --- what answers lose ---


def test_losses_of_a_seed_by_hand() -> None:
    """The expert that costs most counts where its interval and its p-value, adjusted over the experts, are beyond zero."""
    rows = [effect(0, -0.1, 0.5), effect(1, -0.3, 0.02), effect(2, 0.1, 0.5), effect("random", -0.1, None)]
    assert lost_of(rows) == Lost(30, False, 10, True)  # three times 0.02 is above the level
    rows[1] = effect(1, -0.3, 0.016)
    assert lost_of(rows) == Lost(30, True, 10, True)
    rows[1] = effect(1, -0.3, 0.016, high=0.0)
    assert lost_of(rows) == Lost(30, False, 10, True)
    assert lost_of([effect(0, 0.1), effect("random", 0.02, None)]) == Lost(-10, False, -2, False)
    for wrong in (rows[:3], rows[3:], [*rows, rows[3]], [effect(0, float("nan")), rows[3]], [effect(0, 0, None), rows[3]]):
        with pytest.raises(ValueError, match="numbers of each expert and of one random one"):
            lost_of(wrong)


def test_losses_over_seeds(evidence: Evidence) -> None:
    """All kinds together; means over seeds, an interval over seeds, and the seeds that are beyond zero."""
    other = effect(0, -0.9, kind="place")
    one = each_change(effect(0, -0.4), effect(1, 0.0, 1.0), effect("random", -0.2, None), other)
    two = each_change(effect(0, 0.0, 1.0), effect(1, -0.02, 0.9), effect("random", -0.01, None), other)
    e = with_series(evidence, RETAINED, "causal", one, two)
    assert lost(e, RETAINED, "frozen")[:2] == [Lost(40, True, 20, True), Lost(2, False, 1, False)]
    found = loss(e, RETAINED, "swapped", "most")
    assert found.mean == pytest.approx(21) and (found.low, found.high) == interval([40.0, 2.0] * 5)
    body = next(table for table in build.all_tables() if table.name == "causal").body(e)
    rows = [row for row in body[1] if row]
    ends = interval_said(loss(e, RETAINED, "reset", "random"))
    assert rows[0] == ("retention, 16 segments", "put back", "21.0", interval_said(found), "5 of 10", "10.5", ends, "5 of 10",
                       "0.00195", "0.0117")  # fmt: skip
    assert [row[1] for row in rows] == [*CHANGES.values()] * 2 and rows[1][0] == "" and rows[3][0] == "kinds, 6 segments"
    assert {len(row) for row in rows} == {len(body[0])} and loss_adjusted(e, RETAINED, "reset") == 6 * 2 / 2**10
    assert most_said(RETAINED)(e).startswith("21.0 points when it is put back (5 of 10 seeds), 21.0 points when it is ")


def test_words_of_a_random_expert(evidence: Evidence) -> None:
    """They follow the sign that is decided, change by change."""
    rows = []
    for change_name, difference in zip(CHANGES, (-0.1, 0.1, 0.0), strict=True):
        rows += [effect(0, difference, change=change_name), effect("random", difference, None, change=change_name)]
    e = with_series(evidence, RETAINED, "causal", rows)
    assert random_said(RETAINED)(e) == (
        f"{EFFECTS[1]} when it is put back (−10.0 points); {EFFECTS[-1]} when it is not written after the fact (+10.0 points); "
        f"{EFFECTS[0]} when it is exchanged (0.0 points)"
    )
    found = over_seeds([1.0, 2.0])
    assert [decided(found, p) for p in (0.05, 0.06)] == [1, 0] and decided(over_seeds([-1.0]), 0.01) == -1
    assert interval_said(over_seeds([1.0])) == "–"


# --- what is kept ---


def test_curves(evidence: Evidence) -> None:
    """Means over seeds at the distances that all have; the lowest and the highest seed beside them."""
    shares = {1: (0.9, 0.7), 2: (0.5, 0.3), 3: (0.4, None)}
    tables = [
        [{"distance": d, "curve": name, "share": both[i]} for name in CURVES for d, both in shares.items() if both[i] is not None]
        for i in (0, 1)
    ]
    e = with_series(evidence, RETAINED, "retention", *tables)
    assert curves(e, RETAINED)["probe"] == {1: [90.0, 70.0] * 5, 2: [50.0, 30.0] * 5}
    line = kept_data(e)[asked(e, RETAINED)]["answer"]
    assert line == [[1.0, 2.0], [pytest.approx(80), pytest.approx(40)], [70.0, 30.0], [90.0, 50.0]]
    assert kept_said(RETAINED)(e) == "2 segments after the fact, " + ", ".join(
        f"40.0% {words}" for words in [*CURVES.values()][:-1]
    ) + f" and 40.0% {[*CURVES.values()][-1]}"
    build.style()
    drawing = next(figure for figure in build.FIGURES if figure.name == "seen").draw(kept_data(e))
    try:
        [legend] = drawing.legends
        assert [text.get_text() for text in legend.get_texts()] == [*CURVES] and len(drawing.axes) == 2
        drawing.draw_without_rendering()
        assert not [1 for ax in drawing.axes if legend.get_window_extent().overlaps(ax.get_tightbbox())]  # type: ignore[arg-type]
    finally:
        build.plt.close(drawing)
    apart = [[{"distance": d, "curve": name, "share": 0.5} for name in CURVES] for d in (1, 2)]
    with pytest.raises(ValueError, match=f"the seeds of {RETAINED} must share a distance of the curve 'answer'"):
        curves(with_series(evidence, RETAINED, "retention", *apart), RETAINED)
    uneven = [{"distance": i, "curve": name, "share": 0.5} for i, name in enumerate(CURVES)]
    with pytest.raises(ValueError, match=f"the curves of {KINDS} must share a distance"):
        kept_said(KINDS)(with_series(evidence, KINDS, "retention", uneven))


# --- records that are wrong, and that are stale ---


def without(name: str, column: str | None = None) -> Any:
    """Takes a series, or a column of one, from a record."""
    return lambda record: (record["series"][name] if column else record["series"]).pop(column or name)


@pytest.mark.parametrize(("how", "said"), [
    (without("causal"), "the record of {0} must have the series 'causal'"),
    (without("causal", "high"), "the record of {0} must have the series of causal 'high'"),
    (without("retention"), "the record of {0} must have the series 'retention'"),
    (lambda r: r["series"]["retention"].update(curve=["other"] * len(r["series"]["retention"]["share"])),
     "the record of {0} must have the curve of retention 'answer'"),
    (lambda r: r["series"]["causal"].update(change=["muted"] * len(r["series"]["causal"]["kind"])),
     "the series 'causal' of {0} must have for 'reset' and kind 'all' numbers of each expert and of one random one, got 0"),
    (lambda r: r["metrics"].update(p_value=0.0), "the metric 'p_value' of {0} must be above 0 and at most 1, got 0"),
    (lambda r: r["metrics"].update(p_value=1.5), "the metric 'p_value' of {0} must be above 0 and at most 1, got 1.5"),
    (lambda r: r["params"].update(permutations=99), "parameter 'permutations' must be the same in all runs"),
])  # fmt: skip
def test_wrong_records_are_refused(manifest: Path, how: Any, said: str) -> None:
    """By the name of the record."""
    name = f"{RETAINED}-23"
    change(manifest, name, how)
    with pytest.raises(Refused) as error:
        build.content(manifest)
    assert said.format(name) in error.value.wrong[0]


@pytest.mark.parametrize("name", list(PLACES))
def test_what_a_stale_record_marks(manifest: Path, name: str) -> None:
    """The numbers, cells and the figure of its run, what is adjusted together with it, and nothing else."""
    run, row = PLACES[name], [*PLACES].index(name)
    make_stale(manifest, f"{run}-{(20, 0)[row]}")
    found = build.content(manifest)
    both = {f"Seen{other}{what}" for other in PLACES for what in ("Said", "Random")}
    own = {f"Seen{name}{what}" for what in ("Segments", "Seeds", "Chance", "Untrained", "Most", "Kept")}
    marked = {value for value in stale_values(found) if value.startswith("Seen")}
    assert marked == both | own | {"SeenDocuments", "SeenPermutations"}
    assert stale_cells(found, "seen") == {(row, j) for j in range(1, 12)} | {(1 - row, 7)}
    mine = range(4 * row, 4 * row + 3)
    adjusted = {(i, 9) for i in (0, 1, 2, 4, 5, 6)}
    assert stale_cells(found, "causal") == {(i, j) for i in mine for j in range(2, 10)} | adjusted
    assert [figure for figure, sources in found.sources.items() if sources & found.evidence.stale] == ["seen"]


@pytest.mark.parametrize("run", SEEN)
def test_whatever_changes_is_marked(evidence: Evidence, run: str) -> None:
    """Other metrics and series of a run change nothing that is not marked when it is stale."""
    old = replace(evidence, stale={(run, record["seed"]) for record in evidence.records[run]})
    metrics = {name: [0.5 * x] for name, x in evidence.records[run][0]["metrics"].items()}
    new = having(evidence, run, **metrics)
    for name, column in (("causal", "difference"), ("retention", "share")):
        tables = [record["series"][name] for record in evidence.records[run]]
        rows = [[dict(zip(t, row, strict=True)) for row in zip(*t.values(), strict=True)] for t in tables]
        new = with_series(new, run, name, *([{**row, column: 0.6 * row[column]} for row in each] for each in rows))
    differ = [macro for macro in build.all_macros() if macro.value(new) != macro.value(evidence)]
    assert {macro.name[:4] for macro in differ} == {"Seen"} and len(differ) >= 4
    assert all(isinstance(old.marked(macro.value), Stale) for macro in differ)
    for table in (table for table in build.all_tables() if table.name in ("seen", "causal")):
        for one, two, cells in zip(*(table.body(e)[1] for e in (evidence, new, old)), strict=True):
            for before, after, cell in zip(one or (), two or (), cells or (), strict=True):
                assert before == after or isinstance(cell, Stale), before
