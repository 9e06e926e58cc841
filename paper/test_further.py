"""Tests of what the paper can do without until it is made: groups of runs, there and not there, and what is said of them."""

import inspect
import random
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import build
import numpy as np
import pytest
from build import Refused
from contrasts import COVERAGE, FAMILIES, PLANNED, adjust, adjusted, differences, families, planned
from draft import ABOUT
from evidence import (
    BETTER,
    BINDING,
    BOUND,
    CLOZE,
    CLOZED,
    CONFIRMED,
    FARTHER,
    IMPROVED,
    MASKED,
    MECHANISM,
    MILLION,
    NEEDED,
    OPTIONAL,
    PRETRAIN,
    REAL,
    SEEN,
    SMALLEST,
    UPDATE,
    WINDOWS,
    Evidence,
    groups_of,
    needed_jobs,
)
from further import APART, apart, effects, floors, is_above, kept_share, margin, reached
from synthetic import examined
from test_build import change, make_stale, record_file, refused, scoring
from tex import comment, macros_used, made_problems, without_made

from gmmxlnet_nb.contrasts import paired_bootstrap, sign_flip_test
from gmmxlnet_nb.examination import capture_metrics, capture_rows, change_row, row_metrics

SCORES = ("choice_exact", "choice_exact/16", "choice_exact/64")  # Of the tasks that need binding

# --- runs that are not made yet ---


def remove(manifest: Path, *runs: str) -> None:
    """Take away all records of some runs."""
    for job in needed_jobs(manifest)[0]:
        if job.id in runs:
            job.record.unlink()


def items_of(group: str) -> dict[str, set[str]]:
    """The macros, tables and figures that wait for one group and no other."""
    kinds: dict[str, Any] = {"values": build.all_macros(), "bodies": build.all_tables(), "data": build.FIGURES}
    return {kind: {item.name for item in items if groups_of(item.runs) == {group}} for kind, items in kinds.items()}


def test_groups_are_described() -> None:
    """Each group and each family has its words, and its runs are of no other group; all of them are needed."""
    assert ABOUT.keys() == OPTIONAL.keys() and FAMILIES.keys() == PLANNED.keys()
    runs = [run for group in OPTIONAL.values() for run in group]
    assert len(set(runs)) == len(runs) and set(runs) <= set(NEEDED)
    assert groups_of(CONFIRMED + MILLION) == {"confirmed", "million"} and groups_of(UPDATE) == groups_of(()) == set()
    assert inspect.signature(paired_bootstrap).parameters["confidence"].default == COVERAGE


# What is said otherwise without a group that it has a part in
OTHERWISE = {"smallest": {"UpdateNullHardSaid", "UpdateHardFewSaid"}, "pretrain": {"MaskedSaid"}}


@pytest.mark.parametrize("group", list(OPTIONAL))
def test_a_group_is_left_out(manifest: Path, group: str, original: Path) -> None:
    """Without its runs a group has no macro, table or figure, and nothing of others changes but what it has a part in."""
    whole, missing = build.content(original), OPTIONAL[group]
    remove(manifest, *missing)
    found = build.check(manifest=manifest)
    for kind, names in items_of(group).items():
        assert getattr(whole, kind).keys() - getattr(found, kind).keys() == names, kind
    assert {kind: len(names) for kind, names in items_of(group).items()}["values"] >= 2
    notes = [line.split(",")[0] for line in found.evidence.notes]
    begun = (*CLOZE["read"], *WINDOWS, *REAL)  # with that encoder
    stale = [f"stale: {run}" for run in begun if groups_of(missing) == {"pretrain"}]
    seen = {"improved": (SEEN[0], 10), "binding": (SEEN[1], 3)}  # each seed with a model of its own
    stale += [f"stale: {run}" for other, (run, seeds) in seen.items() if groups_of(missing) == {other} for _ in range(seeds)]
    assert sorted(notes) == sorted(stale + [f"missing: {run}" for run in missing])
    assert list(found.evidence.pending) == [group]
    shared = set("Decided Families Runs Hours Together UpdateRouted UpdateRoutedScore UpdateFlat UpdateFlatScore".split())
    differ = {name for name, value in found.values.items() if value != whole.values[name]}
    assert differ <= shared | OTHERWISE.get(group, set())
    text = build.macros_tex(found)
    assert rf"made:{group}\endcsname{{}}" not in text and text.count(r"\expandafter\def\csname made:") == len(OPTIONAL) - 1
    assert "Not made yet." in text and ABOUT[group] in text and rf"\texttt{{{missing[0]}}}" in text
    assert "Not made yet" not in build.macros_tex(whole)


@pytest.mark.usefixtures("undrawn")
def test_before_all_of_them(before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The paper is built, the check passes and names what is missing; a release is refused."""
    out = tmp_path / "out"
    asked = ["--manifest", str(before), "--out", str(out)]
    build.main([*asked, "build"])
    assert (out / "tab-binding.tex").read_text("utf-8") == comment(build.UNMADE) == (out / "fig-binding.tex").read_text("utf-8")
    assert not (out / "fig-binding.pdf").exists()
    names = " ".join((out / "tab-provenance.tex").read_text("utf-8") + (out / "tab-commands.tex").read_text("utf-8"))
    assert not [run for runs in OPTIONAL.values() for run in runs if " ".join(run) in names]
    capsys.readouterr()
    build.main([*asked, "check", "--built"])
    said = capsys.readouterr().out
    assert said.count("missing: ") == sum(map(len, OPTIONAL.values()))
    assert f"199 fresh records\nnot made yet, and left out: {', '.join(OPTIONAL)}\n" in said
    with pytest.raises(SystemExit, match="1"):
        build.main([*asked, "check", "--release"])
    assert capsys.readouterr().err.count("missing: ") == sum(map(len, OPTIONAL.values()))
    page = build.site(tmp_path / "site", manifest=before).read_text("utf-8")
    assert ":::{admonition} Not made yet\n:class: note\n" in page and "`squad-fold5-windows` (seed 0).\n:::" in page
    command = '"tuned*" "confirmed-*" "million-*" "improved-*" ten-million-gmm4-null-read update-gmm2-null-read update-skip16'
    assert f"```sh\ngmmxlnet runs run {command}" in page
    assert "--force" not in page.split("## Figures")[0]
    assert page.count("**Table ") == len(build.all_tables()) - 13 and page.count("**Figure ") == len(build.FIGURES) - 4
    assert f"**Table {len(build.all_tables()) - 13}." in page


def test_a_figure_that_is_left_out(before: Path, tmp_path: Path) -> None:
    """It cannot be drawn alone; others can."""
    with pytest.raises(Refused, match="the figure binding is left out until the runs of a group are made: binding"):
        build.draw_one("binding", tmp_path / "a.png", before)
    assert build.draw_one("learning", tmp_path / "a.png", before).exists()


ASKED = "sec:books tab:cloze tab:books fig:cloze"  # What questions about books have
HELD = "sec:seen tab:seen tab:causal fig:seen"  # And what experts hold


@pytest.mark.skipif(not shutil.which("latexmk"), reason="TeX is not installed: make paper-tools")
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("missing", "there"),
    [
        ([run for runs in OPTIONAL.values() for run in runs], ""),
        (
            (*CONFIRMED, *BETTER, *MECHANISM, *PRETRAIN, *MASKED),
            f"sec:binding tab:binding fig:binding tab:confirmed tab:tuned {ASKED} sec:articles tab:folds tab:paragraphs {HELD}",
        ),
        (
            (*FARTHER, *CLOZED, *WINDOWS),
            "sec:confirmed sec:improved sec:mechanism sec:binding tab:confirmed tab:improved tab:mechanism tab:capture "
            f"tab:binding fig:binding tab:tuned sec:books tab:pretrain fig:pretrain sec:articles tab:folds tab:paragraphs {HELD}",
        ),
    ],
)
def test_pdf_before_them(manifest: Path, tmp_path: Path, missing: Sequence[str], there: str) -> None:
    """The paper sets without a complaint and without their sections, and with some of them."""
    remove(manifest, *missing)
    build.build(tmp_path, manifest=manifest)
    assert build.pdf(tmp_path).read_bytes().startswith(b"%PDF")
    labels = set(re.findall(r"newlabel\{((?:sec|tab|fig):[a-z]+)\}", (tmp_path / "paper.aux").read_text("latin-1")))
    further = {"sec:improved", "tab:improved", "tab:tuned"}
    further |= {"sec:confirmed", "sec:mechanism", "sec:binding", "tab:confirmed", "tab:mechanism", "tab:capture", "tab:binding"}
    further |= {"fig:binding", "tab:pretrain", "fig:pretrain", "sec:articles", "tab:folds", "tab:paragraphs", *ASKED.split()}
    further |= {*HELD.split()}
    assert labels & further == {*there.split()} and "sec:pending" in labels and "sec:cost" in labels


def test_part_of_a_group(manifest: Path, text: Path) -> None:
    """A group that lacks one record is left out as a whole; one that was edited is refused there, too."""
    record_file(manifest, "mechanism-skip4-3").unlink()
    found = build.check(text, manifest)
    assert not found.evidence.there(MECHANISM) and "tab-mechanism" not in found.bodies
    assert found.evidence.notes == [
        "missing: mechanism-skip4, seeds 3: there is no record; gmmxlnet runs run mechanism-skip4 --seeds 3"
    ]
    assert r"\texttt{mechanism-skip4}~(seed~3)" in build.macros_tex(found)
    make_stale(manifest, "mechanism-gmm4-0")
    assert build.content(manifest).evidence.stale == set()
    change(manifest, "mechanism-gmm4-1", lambda r: r["metrics"].update(exact=100.0), seal=False)
    assert refused(text, manifest).startswith("edited: mechanism-gmm4, seeds 1: ")
    remove(manifest, "mechanism-gmm4", "retention-none")
    said = refused(text, manifest)
    assert said.startswith("missing: retention-none, seeds 0 1 2: ") and "mechanism" not in said


def test_what_waits_stands_apart(text: Path, original: Path) -> None:
    """What comes from runs that may not be made yet is said within their group's braces, and of groups that there are."""
    said = r"a \whenmade{one}{b \Be{} \whenmade{two}{c \{ \Ce{}}} \untilmade{one}{d} e"
    assert without_made(said, {"one"}) == r"a  \untilmade{one}{d} e"
    assert without_made(said, {"two"}) == r"a \whenmade{one}{b \Be{} } \untilmade{one}{d} e"
    waits = {"An": set[str](), "Be": {"one"}, "Ce": {"one", "two"}, "tab:x": {"one"}}
    groups = ["one", "two"]
    assert made_problems({"a.tex": said + r" \An{}"}, {}, waits, groups) == []
    assert made_problems({"a.tex": "% \\Be{}\n"}, {}, waits, groups) == []
    [wrong] = made_problems({"a.tex": r"\whenmade{two}{\Be{}}"}, {}, waits, groups)
    assert wrong.startswith(r"early: a.tex must use Be within \whenmade{one}{…}")
    assert "tab:x" in made_problems({"a.tex": r"Table~\ref{tab:x}"}, {}, waits, groups)[0]
    [wrong] = made_problems({"a.tex": r"\untilmade{three}{a}"}, {}, waits, groups)
    assert wrong.startswith(r"undefined: a.tex says \untilmade{three}")
    for caption, own, count in (("{Be}", {"one"}, 0), ("{Ce}", {"one"}, 0), ("{Be}", {"one", "two"}, 1), ("{Be}", set[str](), 1)):
        assert len(made_problems({}, {"tab:y": (caption, own)}, waits, groups)) == count
    paper = text / "paper.tex"
    paper.write_text(paper.read_text("utf-8").replace(r"\section{Conclusion}", r"\section{Conclusion}\PredictionGap{}"), "utf-8")
    assert refused(text, original).startswith(r"early: paper.tex must use PredictionGap within \whenmade{mechanism}{…}")


def test_made_up_names_are_those_of_runs() -> None:
    """What an examination leaves in a record has the names that are looked for."""
    right = np.array([True, False, True, True])
    results = {"ids": list("abcd"), "exact": right, "choice": right, "fact_segment": np.array([1, 1, 2, 2])}
    captured = capture_metrics(capture_rows(16, results, results, np.full(4, 16)))
    changed = row_metrics(change_row("gates*0.1", 16, results, results))
    made = examined(["capture", "gates*0.1"], 16, 50.0, random.Random(0))
    assert made.keys() <= captured.keys() | changed.keys() and len(made) == 7


# --- what is said of them ---


@pytest.mark.parametrize(
    ("begins", "ends"), [(r"\begin{abstract}", r"\end{abstract}"), (r"\section{Conclusion}", r"\section{")]
)
def test_every_headline_has_its_baseline(begins: str, ends: str) -> None:
    """Where a number of experts, or of our encoder, is said in short, so is that of the strongest other one."""
    text = (build.PAPER / "paper.tex").read_text("utf-8")
    used = macros_used(text.partition(begins)[2].partition(ends)[0])
    pairs = {"BestRouted": "BestFlat", "ScreenedRouted": "ScreenedOther"}
    pairs |= {"ConfirmedRouted": "ConfirmedFlat", "UpdateRouted": "UpdateFlat"}
    for kind in ("Score", "Reached"):
        for where in ("", "Million"):
            assert (f"Improved{where}Routed{kind}" in used) == (f"Improved{where}Flat{kind}" in used)
    for one, other in pairs.items():
        assert ({one, f"{one}Score"} <= used) == ({other, f"{other}Score"} <= used)
    assert "BestRouted" in used
    for kind in ("Score", "Reached"):
        assert (f"MillionRouted{kind}" in used) == (f"MillionFlat{kind}" in used)
    assert {"EightTrain", "EightFlat", "TrainRival"} <= used
    assert {f"Cloze{who}Score" for who in ("Routed", "Flat", "None", "Rule", "Windows")} <= used


def with_metrics(e: Evidence, run: str, *metrics: dict[str, float]) -> Evidence:
    """The same evidence with other metrics of a run, seed by seed, the last ones for all others too."""
    count = len(metrics)
    new = [{**r, "metrics": {**r["metrics"], **metrics[min(i, count - 1)]}} for i, r in enumerate(e.records[run])]
    return replace(e, records={**e.records, run: new})


def macro(name: str, e: Evidence) -> str:
    """The value of one macro."""
    return next(macro for macro in build.all_macros() if macro.name == name).value(e)


def test_contrasts_that_are_not_made_count(original: Path, before: Path) -> None:
    """A contrast without its runs is in its family as one that decides nothing, and is not counted as planned and open."""
    whole, early = (build.content(path).evidence for path in (original, before))
    contrast = planned("update-skip4", "update-token4")
    p_values = [sign_flip_test(differences(early, c)) for c in PLANNED["update"][:2]]
    assert adjusted(early, contrast) == adjust([*p_values, 1.0])[1] == 3 * p_values[1]
    assert [len(families(e)["update"]) for e in (whole, early)] == [3, 2]
    assert ["confirmed" in families(e) for e in (whole, early)] == [True, False]
    assert [macro("Decided", e).split()[-1] for e in (whole, early)] == ["19", "15"]
    assert macro("Families", whole) == macro("Families", early) + "; new seeds; gates that begin open"


def test_new_seeds(manifest: Path) -> None:
    """How many seeds reach what is counted, and what their contrast says, follow the records."""
    for seed, score in zip(range(10, 20), (95.0, 94.9, 100.0, *[0.0] * 7), strict=True):
        change(manifest, f"confirmed-skip16-{seed}", lambda r, x=score: r["metrics"].update({"choice_exact/2048": x}))  # type: ignore[misc]
    scoring(manifest, CONFIRMED[0], 97.0)
    scoring(manifest, MILLION[0], 87.5, "/44000")
    scoring(manifest, MILLION[1], 100.0, "/44000")
    found = build.content(manifest)
    values = found.values
    assert (values["ConfirmedRoutedReached"], values["ConfirmedFlatReached"]) == ("10 of 10", "2 of 10")
    assert (values["MillionRoutedReached"], values["MillionFlatReached"]) == ("none of 10", "10 of 10")
    assert (values["MillionLength"], values["MillionDocuments"], values["MillionNeeded"]) == ("44,000", "8", "8 of 8")
    assert values["ConfirmedRoutedScore"] == "97.0 ± 0.0"
    assert values["ConfirmedSaid"].startswith("differ by +68.0 points, in favour of the former")
    header, rows = found.bodies["confirmed"]
    assert header == ("memory", "seeds", "16", "256", "2,048", "44,000", "≥ 95 at 2,048", "≥ 95 at 44,000")
    assert rows[0] is not None and rows[0][4:] == ("97.0 ± 0.0", "87.5 ± 0.0", "10 of 10", "none of 10")
    scoring(manifest, CONFIRMED[0], 29.0)
    assert build.content(manifest).values["ConfirmedSaid"].startswith("do not differ measurably: ")
    remove(manifest, *MILLION)
    header, rows = build.content(manifest).bodies["confirmed"]
    assert header == ("memory", "seeds", "16", "256", "2,048", "≥ 95 at 2,048") and {len(row or ()) for row in rows} == {6}
    assert reached(CONFIRMED[1])(build.content(manifest).evidence) == "2 of 10"


def test_gates_that_begin_open(manifest: Path) -> None:
    """Scores, seeds that reach what is counted, contrasts and table follow the records of each task."""
    given = {"retention": ("/2048", 96.0, 99.0), "million": ("/44000", 50.0, 100.0), "update": ("/32", 95.0, 90.0)}
    for task, (place, *scores) in given.items():
        for run, score in zip(IMPROVED[task], scores, strict=True):
            scoring(manifest, run, score, place)
    found = build.content(manifest)
    values = found.values
    assert (values["ImprovedBias"], values["ImprovedSteps"], values["ImprovedShort"]) == ("2", "4,000", "1,500")
    for task, ends in (("", ("96.0", "99.0")), ("Million", ("50.0", "100.0")), ("Update", ("95.0", "90.0"))):
        for who, end in zip(("Routed", "Flat"), ends, strict=True):
            assert values[f"Improved{task}{who}Score"] == f"{end} ± 0.0"
            assert values[f"Improved{task}{who}Reached"] == ("10 of 10" if float(end) >= 95 else "none of 10")
    assert values["ImprovedSaid"].startswith("differ by −3.0 points, in favour of the latter")
    assert values["ImprovedUpdateSaid"].startswith("differ by +5.0 points, in favour of the former")
    assert values["ImprovedRouted"].endswith("read through a layer norm, gate bias $2$")
    header, rows = found.bodies["improved"]
    assert header[3:] == ("2,048", "44,000", "≥ 95 at 2,048", "≥ 95 at 44,000", "update, 32", "≥ 95", "outdated")
    cells = ("99.0 ± 0.0", "100.0 ± 0.0", "10 of 10", "10 of 10", "90.0 ± 0.0", "none of 10")
    assert rows[1] is not None and rows[1][3:9] == cells


def test_flat_memory_at_a_million_tokens_is_apart(manifest: Path) -> None:
    """Without it the table has dashes and the text no number of it; with it alone, the table has what there is."""
    [left] = [row for row in build.content(manifest).bodies["improved"][1][1:] if row]
    remove(manifest, *FARTHER)
    found = build.content(manifest)
    rows = found.bodies["improved"][1]
    assert rows[1] == (*left[:4], "–", left[5], "–", *left[7:]) and rows[0] is not None and "–" not in rows[0]
    assert "ImprovedMillionFlatScore" not in found.values and found.values["ImprovedNeeded"] == "8 of 8"
    assert "flat memory whose gates begin open, at a million tokens" in build.macros_tex(found)
    command = f"gmmxlnet runs run {FARTHER[0]} -{{}}-tier full -{{}}-stack 10"
    assert command in build.macros_tex(found)


def test_ten_million_tokens(manifest: Path) -> None:
    """What the text says of it is that run's own."""
    change(manifest, "ten-million-gmm4-null-read-20", lambda r: r["metrics"].update({"choice_exact/440000": 50.0}))
    values = build.content(manifest).values
    names = ("TenMillionSegments", "TenMillionDocuments", "TenMillionScore")
    assert [values[name] for name in names] == ["440,000", "2", "50"]


def test_flat_memory_at_a_million_tokens_alone(manifest: Path) -> None:
    """The table has what there is of it."""
    whole = build.content(manifest).bodies["improved"][1][1] or ()
    remove(manifest, *OPTIONAL["improved"])
    header, rows = build.content(manifest).bodies["improved"]
    assert header == ("memory", "44,000", "≥ 95 at 44,000", "update, 32", "≥ 95", "outdated")
    assert rows == [(whole[0], whole[4], whole[6], "–", "–", "–")]


def test_changes_are_counted(original: Path) -> None:
    """A model counts as changed where its interval over documents does not hold zero; means of ends are shown."""
    e = build.content(original).evidence
    for run in MECHANISM:
        for n in (16, 64):
            ends = {f"choice_exact_change{end}@gates*0.1/{n}": x for end, x in (("", -4.0), ("_low", -9.0), ("_high", 0.0))}
            e = with_metrics(e, run, ends)
    nobody = "none of 20 lower and none higher"
    assert effects("gates*0.1")(e) == f"at 16 segments, {nobody}; at 64 segments, {nobody}"
    lower = {"choice_exact_change@gates*0.1/16": -5.0, "choice_exact_change_low@gates*0.1/16": -7.0}
    higher = {"choice_exact_change_low@gates*0.1/16": 1.0, "choice_exact_change_high@gates*0.1/16": 2.0}
    usual = {"choice_exact_change_low@gates*0.1/16": -9.0, "choice_exact_change_high@gates*0.1/16": 0.0}
    e = with_metrics(e, "mechanism-token4", {**lower, "choice_exact_change_high@gates*0.1/16": -3.0}, higher, usual)
    assert macro("GatesSaid", e).startswith("at 16 segments, 1 of 20 lower and 1 higher; ")
    table = next(table for table in build.all_tables() if table.name == "mechanism")
    rows = [row for row in table.body(e)[1] if row]
    assert [row[1] for row in rows[:3]] == ["as it is", "gates × 0.1", "mean read route"] and len(rows) == 14
    assert rows[1][2:4] == ("−4.0 ± 0.0", "−9.0 to 0.0")
    assert [row[:2] for row in rows[-1:]] == [("flat, $m = 4$, hard gate", "as it is")]


def test_written_and_kept(original: Path) -> None:
    """The product is that of the shares, over all seeds; its gap, and what memories differ in, follow the records."""
    e = build.content(original).evidence
    for run in MECHANISM:
        for n in (16, 64):
            shares = {f"choice_capture/{n}": 90.0, f"choice_product/{n}": 72.0, f"choice_exact/{n}": 73.0}
            e = with_metrics(e, run, shares)
    assert kept_share(e, MECHANISM[0], 16) == pytest.approx(80)
    names = ("PredictionGap", "PredictionGapModel", "PredictedSaid", "WrittenRange", "KeptRange", "WrittenOrKept")
    assert [macro(name, e) for name in names] == ["1.0", "1.0", "all 10", "90.0", "80.0", APART[0]]
    one = {"choice_capture/64": 90.0, "choice_product/64": 36.0, "choice_exact/64": 37.0}
    kept = with_metrics(e, MECHANISM[3], {**one, "choice_exact/64": 62.0}, one)
    assert [macro(name, kept) for name in names] == ["6.0", "26.0", "9 of 10", "90.0", "40.0 to 80.0", APART[1]]
    written = with_metrics(e, MECHANISM[3], {"choice_capture/64": 10.0, "choice_product/64": 8.0, "choice_exact/64": 12.0})
    assert (macro("WrittenRange", written), apart(written)) == ("10.0 to 90.0", APART[-1])
    nothing = with_metrics(e, MECHANISM[3], {"choice_capture/64": 0.0, "choice_product/64": 0.0})
    table = next(table for table in build.all_tables() if table.name == "capture")
    assert kept_share(nothing, MECHANISM[3], 64) is None and macro("KeptRange", nothing) == "80.0"
    assert [row[6] for row in table.body(nothing)[1] if row] == ["80.0", "80.0", "80.0", "–", "80.0"]
    assert table.body(e)[1][0] == ("experts, $k = 4$", *2 * ("90.0 ± 0.0", "80.0", "72.0 ± 0.0", "73.0 ± 0.0"))


def test_floors_by_hand(original: Path) -> None:
    """One of two values, and then one of the seven that are left; of four values, and then of three; babi's are counted."""
    e = build.content(original).evidence
    assert floors(e, "decoys", 16) == {"values": 50.0, "fact": pytest.approx(100 * (1 / 2 + 1 / 2 / 7))}
    assert floors(e, "shown", 16) == {"values": 50.0}
    first = 1 / 4 + 3 / 4 / 8  # Of four kinds, the one that comes first is asked for, or one of eight choices is guessed
    assert floors(e, "kinds", 16) == {"fact": pytest.approx(100 * first)}
    assert floors(e, "recall", 64) == {"values": pytest.approx(25), "fact": pytest.approx(50)}
    for n in (6, 16, 64):  # exactly, a fifth of all facts in a sixth of all rooms, and so on: near 40 for both rules
        found = floors(e, "babi", n)
        assert 33 < found["fact"] < 47 and 33 < found["values"] < 49
    assert margin(e, "decoys", 16, 50.0) == pytest.approx(1.96 * 50 / 128**0.5)
    assert margin(e, "decoys", 6, 50.0) == pytest.approx(1.96 * 50 / 512**0.5)


def test_above_a_floor(original: Path) -> None:
    """A memory is above a rule if all of its interval is, by more than chance; the words follow, and so do the limits."""
    e = build.content(original).evidence
    for run in BOUND:
        e = with_metrics(e, run, dict.fromkeys(SCORES, 12.5))
    assert macro("BindingSaid", e) == "none of 7 at 6 segments and none of 7 at 64 segments"
    assert macro("BindingFactSaid", e) == "none of 6 at 6 segments and none of 6 at 64 segments"
    hard = "(flat, $m = 4$, hard gate)"
    assert macro("ShownSaid", e) == f"{hard} at no length"
    run, most = "decoys-skip4", {"choice_exact/16": 60.0, "choice_exact/64": 58.0}
    found = with_metrics(e, run, most)
    assert [is_above(found, "decoys", run, n, "values") for n in (6, 16, 64)] == [False, True, False]
    assert macro("DecoysSaid", found).endswith(f", {hard} at 16 segments")
    spread_out = with_metrics(e, run, {"choice_exact/16": 51.0}, {"choice_exact/16": 99.0})
    assert not is_above(spread_out, "decoys", run, 16, "values")
    all_right = dict.fromkeys(SCORES, 99.0)
    found = with_metrics(found, run, all_right)
    assert macro("DecoysSaid", found).endswith(f", {hard} at 6, 16 and 64 segments")
    assert macro("BindingSaid", found) == "1 of 7 at 6 segments and 1 of 7 at 64 segments"
    table = next(table for table in build.all_tables() if table.name == "binding")
    rows = [row for row in table.body(found)[1] if row]
    assert rows[1] == ("", "flat, $m = 4$, hard gate", *3 * ("99.0 ± 0.0",), rows[1][5])
    assert [row[0] for row in rows if row[0]] == ["decoys", "decoys, question shown", "recall", "kinds", "where"]
    assert ("", "knows one fact only", *3 * ("57.1",), "") in rows and len(rows) == 9 + 5 + 8


def test_one_fact_of_each_kind(original: Path) -> None:
    """It is told apart from tasks of entities: scores by length, above a random choice and above one known fact."""
    e = build.content(original).evidence
    routed, flat = BINDING["kinds"]
    e = with_metrics(e, routed, dict(zip(SCORES, (40.0, 30.0, 12.5), strict=True)))
    e = with_metrics(e, flat, dict(zip(SCORES, (12.5, 50.0, 17.0), strict=True)))
    assert macro("KindsRoutedScores", e) == "40.0 ± 0.0, 30.0 ± 0.0 and 12.5 ± 0.0" and macro("KindsLengths", e) == "6, 16 and 64"
    names = f"({e.label(routed)})", f"({e.label(flat)})"
    assert macro("KindsSaid", e) == f"{names[0]} at 6 and 16 segments, {names[1]} at 16 segments"
    assert macro("KindsFactSaid", e) == f"{names[0]} at 6 segments, {names[1]} at 16 segments"
    for name in ("BindingSaid", "BindingFactSaid"):
        assert macro(name, with_metrics(e, flat, dict.fromkeys(SCORES, 100.0))) == macro(name, e)


def test_update_of_the_smallest(manifest: Path) -> None:
    """Their rows, their contrast, and the best of update follow their records."""
    for run in SMALLEST:
        scoring(manifest, run, 99.0, "/32")
    scoring(manifest, "update-gmm4-null-read", 50.0, "/32")
    found = build.content(manifest)
    assert found.values["SmallestSaid"] == "do not differ measurably: 0.0 points (0.0 to 0.0; $p$ = 1, adjusted 1)"
    assert (found.values["UpdateRoutedScore"], found.values["UpdateRouted"]) == ("99.0", found.values["SmallestRouted"])
    assert len(found.bodies["update"][1]) == 10
    remove(manifest, *SMALLEST)
    found = build.content(manifest)
    assert found.values["UpdateRoutedScore"] == "50.0" and len(found.bodies["update"][1]) == 8
