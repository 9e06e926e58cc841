"""Tests of the paper's build, on made-up records in a temporary folder: each thing that `check` refuses, refused."""

import json
import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import build
import matplotlib.pyplot as plt
import pytest
from architecture import draw_architecture
from build import Refused
from contrasts import (
    COMPARED,
    LEVEL,
    PLANNED,
    adjust,
    adjusted,
    differences,
    interval,
    least_p,
    paired,
    planned,
    verdict,
)
from evidence import (
    BENCHMARK,
    BETTER,
    CONFIRMED,
    CPU,
    LEARNED,
    NEEDED,
    OPTIONAL,
    REAL,
    RETENTION,
    ROUTED,
    SQUAD,
    UPDATE,
    Evidence,
    Sample,
    needed_jobs,
)
from results import EXPLAINED, explained, leaders, most_used, null_share, number, p_value, spread
from synthetic import record
from tables import command, patterns, short_commit
from tex import (
    Stale,
    citation_problems,
    comment,
    fill,
    fill_tex,
    macros_used,
    text_problems,
    to_tex,
    typed_numbers,
)

from gmmxlnet_nb.contrasts import sign_flip_test
from gmmxlnet_nb.core import write_json
from gmmxlnet_nb.records import SCHEMA, with_digest

Change = Callable[[dict[str, Any]], Any]


def record_file(manifest: Path, name: str) -> Path:
    """The record of a run and seed."""
    return manifest.parent / "records" / f"{name}.json"


def change(manifest: Path, name: str, how: Change, seal: bool = True) -> None:
    """Change a record, as if a run had written it so."""
    path = record_file(manifest, name)
    content = json.loads(path.read_text(encoding="utf-8"))
    how(content)
    write_json(path, with_digest(content) if seal else content)


def change_back(manifest: Path, name: str) -> None:
    """A fresh record again."""
    job = next(job for job in needed_jobs(manifest)[0] if job.name == name)
    write_json(job.record, record(job))


def make_stale(manifest: Path, *names: str) -> None:
    """Change records as if the manifest had given another parameter then."""
    for name in names:
        change(manifest, name, lambda r: r["given"].update(earlier=1))


def stale_values(found: build.Content) -> set[str]:
    """The macros that are marked."""
    return {name for name, value in found.values.items() if isinstance(value, Stale)}


def stale_cells(found: build.Content, table: str) -> set[tuple[int, int]]:
    """The cells of a table that are marked, by row and column."""
    rows = found.bodies[table][1]
    return {(i, j) for i, row in enumerate(rows) for j, cell in enumerate(row or ()) if isinstance(cell, Stale)}


def refused(folder: Path, manifest: Path) -> str:
    """What is wrong."""
    with pytest.raises(Refused) as error:
        build.check(folder, manifest)
    return str(error.value)


def test_whole(original: Path) -> None:
    """The paper's own text needs no more and no less than there is."""
    found = build.check(manifest=original)
    assert set(found.values) == {macro.name for macro in build.all_macros()}
    assert set(found.evidence.records) == set(NEEDED)


def test_numbers_are_those_of_the_records(original: Path) -> None:
    """A macro is the mean and the sample standard deviation over the seeds."""
    values = [
        json.loads(record_file(original, f"retention-gmm4-{seed}").read_text(encoding="utf-8"))["metrics"]["choice_exact/2048"]
        for seed in range(10)
    ]
    expected = f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}"
    assert build.content(original).values["SoftLongest"] == expected


def test_build(original: Path, built: Path, tmp_path: Path) -> None:
    """All files, with their provenance, and the same bytes again."""
    found = build.build(tmp_path, manifest=original)
    made = sorted(path.name for path in built.iterdir())
    assert made == sorted(
        [f"{name}.tex" for name in build.generated()] + [f"fig-{figure.name}.pdf" for figure in build.FIGURES]
    )
    for name in made:
        assert (built / name).read_bytes() == (tmp_path / name).read_bytes(), name
    digest = found.evidence.records["retention-none"][0]["digest"]
    assert f"% retention-none: seeds 0 1 2; commit {'0' * 40}; made up; records {digest}" in (
        (built / "tab-retention.tex").read_text(encoding="utf-8")
    )


def test_site(original: Path, tmp_path: Path) -> None:
    """A page with all figures and tables and without holes."""
    page = build.site(tmp_path / "site", manifest=original).read_text(encoding="utf-8")
    drawn = {path.name for path in (tmp_path / "site").iterdir()}
    assert drawn == {"results.md", *(f"fig-{figure.name}.svg" for figure in build.FIGURES)}
    assert set(re.findall(r"\]\((.*?\.svg)\)", page)) == drawn - {"results.md"}
    assert not re.search(r"\\[A-Z]|\{[A-Z]|\{(tab|fig):", page)
    assert page.count("**Table ") == len(build.all_tables())
    assert build.content(original).values["SeedsCompared"] + " seeds" in page


def test_a_figure_alone(original: Path, tmp_path: Path) -> None:
    """In each kind of file, the same bytes again; the architecture needs no record, and its file says nothing of one."""
    for kind, begins in (("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<?xml")):
        first, second = tmp_path / f"a/x.{kind}", tmp_path / f"b.{kind}"
        build.main(["--manifest", str(tmp_path / "none.toml"), "draw", "architecture", str(first)])
        build.main(["--manifest", str(tmp_path / "none.toml"), "draw", "architecture", str(second)])
        assert first.read_bytes().startswith(begins) and first.read_bytes() == second.read_bytes()
    build.main(["--manifest", str(original), "draw", "long", str(tmp_path / "long.png")])
    assert (tmp_path / "long.png").stat().st_size > 9999
    with pytest.raises(Refused, match=r"must end in \.pdf, \.png, \.svg, got x\.jpg"):
        build.draw_one("long", tmp_path / "x.jpg", original)
    assert [figure.name for figure in build.FIGURES if not figure.runs] == ["architecture"]


def test_nothing_of_the_architecture_overlaps() -> None:
    """Its labels are apart from each other and within the drawing."""
    build.style()
    drawing = draw_architecture()
    try:
        drawing.draw_without_rendering()
        boxes = [text.get_window_extent() for text in drawing.axes[0].texts]
        width, height = drawing.canvas.get_width_height()
    finally:
        plt.close(drawing)
    assert len(boxes) > 30
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    assert not [1 for i, one in enumerate(boxes) for other in boxes[:i] if one.overlaps(other)]


def test_an_interrupted_build_leaves_the_last(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is half written."""

    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    out.mkdir()
    (out / "macros.tex").write_text("old", encoding="utf-8")
    monkeypatch.setattr(build, "draw", broken)
    with pytest.raises(KeyboardInterrupt):
        build.build(out, manifest=original)
    assert [path.name for path in out.iterdir()] == ["macros.tex"]
    assert (out / "macros.tex").read_text(encoding="utf-8") == "old"


def test_missing_is_allowed(manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was not made is a note where that is asked for, before a release; anything else stays wrong."""
    jobs = {job.name: job for job in needed_jobs(manifest)[0]}
    jobs["retention-none-0"].record.unlink()
    asked = ["--manifest", str(manifest), "check"]
    build.main([*asked, "--allow-missing"])
    said = capsys.readouterr().out
    assert "missing: retention-none, seeds 0: there is no record" in said and said.strip().endswith(build.DECLARED)
    for options in ([], ["--allow-missing", "--release"], ["--allow-missing", "--built"]):
        with pytest.raises(SystemExit, match="1"):
            build.main([*asked, *options])
    edited = jobs["retention-none-1"].record
    edited.write_text(edited.read_text().replace('"seed": 1', '"seed": 2'))
    with pytest.raises(SystemExit, match="1"):
        build.main([*asked, "--allow-missing"])
    assert "edited: retention-none" in capsys.readouterr().err


def test_missing(text: Path, manifest: Path) -> None:
    """A missing record is named with the command that makes it, once for all its seeds."""
    for name in ("squad-none-1", "squad-none-3", "retention-mems8-0"):
        record_file(manifest, name).unlink()
    assert refused(text, manifest).split("\n") == [
        "missing: retention-mems8, seeds 0: there is no record; gmmxlnet runs run retention-mems8 --seeds 0",
        "missing: squad-none, seeds 1 3: there is no record; gmmxlnet runs run squad-none --seeds 1 3",
    ]


def test_stale(text: Path, manifest: Path) -> None:
    """A record is stale when its notebook's code changed, and not for a comment; it is refused for a release only."""
    notebook = manifest.with_name("benchmark.ipynb")
    old = notebook.read_text(encoding="utf-8")
    notebook.write_text(old.replace("# Defaults\\n", "# Defaults\\n# more words\\n"), encoding="utf-8")
    assert build.check(text, manifest, release=True).evidence.notes == []
    notebook.write_text(old.replace("# Defaults\\n", "# Defaults\\nmore = 1\\n"), encoding="utf-8")
    evidence = build.check(text, manifest).evidence
    runs = {line.split()[1]: line for line in evidence.notes}
    assert list(runs) == [f"{run}," for run in BENCHMARK + CPU]
    for run in BENCHMARK + CPU:
        assert re.fullmatch(f"stale: {run}, seeds 0: .*; gmmxlnet runs run {run} --seeds 0", runs[f"{run},"])
    assert evidence.stale == {(run, 0) for run in BENCHMARK + CPU}
    with pytest.raises(Refused) as error:
        build.check(text, manifest, release=True)
    assert error.value.wrong == evidence.notes
    assert error.value.notes == []


def test_stale_beside_what_is_wrong(text: Path, manifest: Path) -> None:
    """What is refused is named; what is stale is noted, and refused with it before a release."""
    make_stale(manifest, "squad-none-2", "squad-none-3")
    record_file(manifest, "squad-none-1").unlink()
    change(manifest, "squad-gmm4-1", lambda r: r["metrics"].update(exact=100.0), seal=False)
    change(manifest, "squad-token4-1", lambda r: r.update(tier="smoke"))
    for release in (False, True):
        with pytest.raises(Refused) as error:
            build.check(text, manifest, release)
        wrong, notes = error.value.wrong, error.value.notes
        late = wrong[3:] if release else notes
        assert [line.split(":")[0] for line in wrong[:3]] == ["edited", "smoke", "missing"]
        assert len(late) == 1 and late[0].startswith("stale: squad-none, seeds 2 3: ")
        assert len(wrong + notes) == 4
    typed = text / "paper.tex"
    typed.write_text(typed.read_text(encoding="utf-8") + "% end\nIt is 77.\n", encoding="utf-8")
    for name in ("squad-none-1", "squad-gmm4-1", "squad-token4-1"):
        change_back(manifest, name)
    with pytest.raises(Refused) as error:
        build.check(text, manifest)
    assert len(error.value.wrong) == 1 and error.value.wrong[0].startswith("typed: ")
    assert error.value.notes == late


def test_edited(text: Path, manifest: Path) -> None:
    """A number changed by hand in a record."""
    change(manifest, "retention-gmm8-2", lambda r: r["metrics"].update(exact=100.0), seal=False)
    assert refused(text, manifest).startswith("edited: retention-gmm8, seeds 2: it is not as a run wrote it")


def test_smoke(text: Path, manifest: Path) -> None:
    """A smoke record in the folder of results, and a run that the manifest calls smoke."""
    change(manifest, "retention-gmm2-2", lambda r: r.update(tier="smoke"))
    assert refused(text, manifest).startswith("smoke: retention-gmm2, seeds 2: it is from a smoke run")
    toml = manifest.read_text(encoding="utf-8")
    manifest.write_text(toml.replace('benchmark.ipynb"\ntier = "full"', 'benchmark.ipynb"\ntier = "smoke"'), "utf-8")
    assert "smoke: run benchmark-encoder must be of tier full" in refused(text, manifest)


def test_unknown_run(text: Path, manifest: Path) -> None:
    """A run that the paper needs and the manifest does not have."""
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"squad-none"', '"squad-non"'), "utf-8")
    assert refused(text, manifest) == (
        "unknown: paper/evidence.py: run 'squad-none' does not exist: did you mean 'squad-non'?"
    )
    jobs, wrong = needed_jobs(manifest, ("benchmark-long",))
    assert [job.name for job in jobs] == ["benchmark-long-0"]
    assert not wrong


def test_what_a_record_must_have(text: Path, manifest: Path) -> None:
    """A metric or a series that is not there, a parameter that differs, another task than the text is about."""
    change(manifest, "retention-none-1", lambda r: r["metrics"].pop("choice_exact/2048"))
    assert "record: the record of retention-none-1 must have the metric 'choice_exact/2048'" in refused(text, manifest)
    change_back(manifest, "retention-none-1")
    change(manifest, "retention-gmm4-top1-1", lambda r: r["series"].pop("routing"))
    assert "the record of retention-gmm4-top1-1 must have the series 'routing'" in refused(text, manifest)
    change(manifest, "retention-gmm4-1", lambda r: r["params"].update(batch_size=65))
    assert "parameter 'batch_size' must be the same in all runs" in refused(text, manifest)
    for name in ("retention-gmm4-1", "retention-gmm4-top1-1"):
        change_back(manifest, name)
    for run, told, said in (
        ("retention", {"fact_segment": "random", "decoys": 3}, "must put the one fact at a random place, got {'fact_segment'"),
        ("update", {"num_updates": [0, 3], "decoys": 3}, "must say num_updates and nothing else, got {'num_updates'"),
    ):
        names = [job.name for job in needed_jobs(manifest)[0] if job.id.startswith(run)]
        for name in names:
            change(manifest, name, lambda r, told=told: r["params"].update(task_options=told))  # type: ignore[misc]
        assert f"record: task_options of the {run} runs {said}" in refused(text, manifest)
        for name in names:
            change_back(manifest, name)


def test_what_is_compared_is_alike(text: Path, manifest: Path) -> None:
    """Records of other documents, and a benchmark of the CPU that ran on a GPU."""
    change(manifest, "benchmark-cpu-0", lambda r: r.update(device="NVIDIA made up"))
    assert "record: the runs benchmark-cpu must be of a CPU, got NVIDIA made up" in refused(text, manifest)
    change(manifest, "squad-token4-3", lambda r: r.update(data="other"))
    assert refused(text, manifest) == (
        "data: squad-token4, seed 3, read other documents than squad-gmm4; "
        "gmmxlnet runs run squad-token4 --seeds 3 --force"
    )


HOSTILE = (r"$\input{/etc/hostname}$", "two\nlines", "\\write18{ls}", "{Seeds}", "a `b`", "<b>", "\x1b[2J", "\u2028", "^^5c\\x")


@pytest.mark.parametrize("text_in_it", HOSTILE)
def test_a_record_cannot_write_tex(text: Path, manifest: Path, text_in_it: str) -> None:
    """A string of a record that is more than a line of text is refused, and shown so that it does nothing."""
    name = "retention-gmm4-1"
    changes: dict[str, Change] = {
        "device": lambda r: r.update(device=text_in_it),
        "commit": lambda r: r.update(commit=text_in_it),
        "params.num_experts": lambda r: r["params"].update(num_experts=text_in_it),
        "series.more.0.words": lambda r: r["series"].update(more=[{"words": text_in_it}]),
        "the names of metrics": lambda r: r["metrics"].update({text_in_it: 1.0}),
    }
    for place, how in changes.items():
        change(manifest, name, how)
        said = refused(text, manifest)
        assert f"the record of {name} must have one line of plain text in {place}, got {text_in_it!r}" in said
        assert text_in_it in said or all(line.isprintable() for line in said.split("\n"))
        change_back(manifest, name)
    make_stale(manifest, name)
    change(manifest, name, lambda r: r["given"].update({text_in_it: 1}))
    assert all(line.isprintable() for line in refused(text, manifest).split("\n"))
    page = build.site(manifest.parent / "site", manifest=manifest).read_text(encoding="utf-8")
    assert [line[:3] + line[-1] for line in page.split("\n")[4:-1]] == ["- ``"] and page.count("`") == 2


def test_metrics_are_numbers(text: Path, manifest: Path) -> None:
    """A metric that is text, or larger than any number."""
    for value, shown in (("12.0", "'12.0'"), (True, "True"), (None, "None"), (10**400, "1000")):
        change(manifest, "squad-none-1", lambda r, x=value: r["metrics"].update(exact=x))  # type: ignore[misc]
        said = refused(text, manifest)
        assert f"the record of squad-none-1 must have a finite number as metric 'exact', got {shown}" in said


def test_what_reaches_tex_is_text() -> None:
    """What `to_tex` leaves as it is are formulas without commands; a comment is one line."""
    assert to_tex(r"a^b_c\input{x}#%&~") == r"a\textasciicircum{}b\_c\textbackslash{}input\{x\}\#\%\&\textasciitilde{}"
    assert to_tex(r"$2 \times 10^{3}$") == r"$2 \times 10^{3}$"
    for formula in (r"$\input{x}$", r"$\times\write18{x}$", "$^^5cinput x$", r"$\%$", r"a $k$ $x\$ b"):
        with pytest.raises(ValueError, match="formulas must have no command but times"):
            to_tex(formula)
    assert comment("a\nb\r\u2028c\\input{x}") == "% a b  c\\input{x}\n"


def scoring(manifest: Path, run: str, score: float, length: str = "/2048") -> None:
    """Give all seeds of a run one score over the choices."""
    for job in needed_jobs(manifest)[0]:
        if job.id == run:
            change(manifest, job.name, lambda r: r["metrics"].update({f"choice_exact{length}": score}))


def test_words_follow_the_numbers(text: Path, manifest: Path) -> None:
    """Where the records say the opposite, so does the text."""
    run, other = "retention-gmm4-null", "retention-gmm4-top1"
    before = build.check(text, manifest).values
    assert re.fullmatch(r"differ by \+[\d.]+ points, in favour of the former \(.*adjusted 0.0137\)", before["NullTopSaid"])
    assert before["TopSoftSaid"].startswith("do not differ measurably: ")
    assert before["AttributionDecided"] == "3 of 7" and "+76.4 points" in before["LargestPart"]
    scoring(manifest, run, 0.0)
    after = build.check(text, manifest).values
    assert after["NullTopSaid"].startswith("differ by −") and ", in favour of the latter (" in after["NullTopSaid"]
    scoring(manifest, other, 0.0)
    found = build.content(manifest)
    assert found.values["NullTopSaid"] == "do not differ measurably: 0.0 points (0.0 to 0.0; $p$ = 1, adjusted 1)"
    cells = {row[:2]: row[2:] for row in found.bodies["contrast"][1] if row}
    hard = "experts, $k = 4$, top 1"
    assert (cells[hard, "experts, $k = 4$"][0], len(cells)) == ("2,048", 15)  # those of update are called as others
    for name in LEARNED:
        scoring(manifest, name, 12.5)
    flat = build.check(text, manifest).values
    assert flat["LargestPart"] == "none makes a decided difference" and flat["AttributionDecided"] == "none of 7"
    assert flat["KeepersSaid"] == "none keeps the fact at 2,048 segments"
    assert flat["BestFlat"].count("; ") == 3 and flat["BestFlatScore"] == "12.5"
    assert (flat["HardKept"], before["HardKept"]) == ("none of 10", "10 of 10")
    scoring(manifest, "retention-gmm2", 60.0)
    assert build.content(manifest).values["KeepersSaid"] == "1 keeps the fact at 2,048 segments: experts, $k = 2$"
    scoring(manifest, "retention-skip4", 60.0)
    assert build.content(manifest).values["KeepersSaid"] == (
        "2 keep the fact at 2,048 segments, of which the one with the fewest parameters of its own is: flat, $m = 4$, hard gate"
    )


def test_silent_models_are_counted(text: Path, manifest: Path) -> None:
    """The experiment that says nothing says so of as many models as answer nothing."""
    assert build.check(text, manifest).values["SquadSilent"] == "none"
    for name in SQUAD:
        for seed in range(5):
            change(manifest, f"{name}-{seed}", lambda r: r["metrics"].update(HasAns_exact=0.0, NoAns_exact=100.0))
    assert build.content(manifest).values["SquadSilent"] == "all"
    change(manifest, "squad-none-0", lambda r: r["metrics"].update(HasAns_exact=0.1))
    assert build.content(manifest).values["SquadSilent"] == "19"


def with_scores(e: Evidence, scores: dict[str, float]) -> Evidence:
    """The same evidence with one score for all seeds of some runs, at the longest length."""
    records = {
        run: [{**record, "metrics": {**record["metrics"], "choice_exact/2048": scores[run]}} for record in e.records[run]]
        for run in scores
    }
    return replace(e, records={**e.records, **records})


@pytest.mark.parametrize(("experts", "gate"), list(EXPLAINED))
def test_what_is_explained(original: Path, experts: int, gate: int) -> None:
    """Each case of what experts have more than a hard gate, and this more than elementwise ones, has its words."""
    scores = {"retention-gmm4-null-read": 50.0 + 10 * experts, "retention-skip4": 50.0, "retention-token4": 50.0 - 10 * gate}
    e = with_scores(build.content(original).evidence, scores)
    assert explained(e) == EXPLAINED[experts, gate]
    assert verdict(e, planned("retention-gmm4-null-read", "retention-skip4")) == experts
    assert verdict(e, planned("retention-skip4", "retention-token4")) == gate


def test_what_is_written_alike_is_the_best(original: Path) -> None:
    """Of means that differ in no digit that is written, all are the highest."""
    e = with_scores(build.content(original).evidence, dict.fromkeys(LEARNED, 10.0))
    e = with_scores(e, {"retention-token4": 99.96, "retention-skip4": 100.0, "retention-token16": 99.9})
    assert leaders(e, RETENTION["flat"], "choice_exact/2048") == ["retention-token4", "retention-skip4"]


def test_manifest_has_what_is_planned() -> None:
    """Of the repository's own manifest: all runs are there, those of a contrast with the same ten seeds."""
    jobs, wrong = needed_jobs(build.MANIFEST)
    seeds = {run: [job.seed for job in jobs if job.id == run] for run in NEEDED}
    assert wrong == []
    for contrasts in PLANNED.values():
        for contrast in contrasts:
            first = 10 if contrast.one in CONFIRMED else 20 if contrast.one in BETTER else 0
            assert seeds[contrast.one] == seeds[contrast.other] == list(range(first, first + 10))
    assert sum(len(seeds[run]) for run in LEARNED + UPDATE) == 195
    counts = [sum(len(seeds[run]) for run in runs) for runs in OPTIONAL.values()]
    assert counts == [110, 20, 20, 50, 10, 1, 20, 25, 34, 20, 1, 1, 45, 53]
    for name, length in (("retention-none", 2048), ("update-token4", 32)):
        assert length in next(job for job in jobs if job.id == name).parameters["eval_segments"]


def test_legends_are_apart(original: Path) -> None:
    """Below their panels, within the drawing, and over no name of an axis."""
    data = build.content(original).data
    for figure in build.FIGURES:
        if figure.name not in ("length", "screened"):
            continue
        build.style()
        drawing = figure.draw(data[figure.name])
        try:
            drawing.draw_without_rendering()
            axes = drawing.axes
            panels = [ax.get_window_extent() for ax in axes] + [ax.xaxis.label.get_window_extent() for ax in axes]
            legends = [legend.get_window_extent() for ax in axes if (legend := ax.get_legend())]
            width, height = drawing.canvas.get_width_height()
        finally:
            plt.close(drawing)
        assert len(legends) == (2 if figure.name == "length" else 3)
        assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in legends)
        assert not [1 for box in legends for other in panels if box.overlaps(other)]
        assert not [1 for i, box in enumerate(legends) for other in legends[:i] if box.overlaps(other)]


# --- contrasts ---


def test_sign_flips_by_hand() -> None:
    """Of the 8 ways to sign 1, 2 and 3, two reach a sum of 6; all reach one of 0, that of 1, 2 and −3."""
    assert sign_flip_test([1, 2, 3]) == 2 / 8 == least_p(3)
    assert sign_flip_test([1, 2, -3]) == 1
    assert sign_flip_test([-1, -2, -3]) == sign_flip_test([1, 2, 3])
    assert sign_flip_test([3, -1]) == 1  # |3 − 1| = 2 ≤ |±3 ± 1|
    assert sign_flip_test([4, 2, -1]) == 4 / 8  # a sum of 5: ±(4 + 2 + 1) and ±(4 + 2 − 1)
    assert sign_flip_test([0.1, 0.2, 0.3]) == 2 / 8 and sign_flip_test([0.1, 0.2, -0.3]) == 1  # sums that rounding tells apart
    assert sign_flip_test([0, 0]) == 1
    assert (sign_flip_test([1] * 5), sign_flip_test([2.5] * 10)) == (0.0625, 2 / 1024)
    for wrong in ([], [1, float("nan")], [float("inf")], [1] * 21):
        with pytest.raises(ValueError, match="differences must be finite numbers, one for each of 1 … 20 seeds"):
            sign_flip_test(wrong)


def test_intervals_by_hand() -> None:
    """Of one value many times it is the value; of 0 and 1, whose mean is 0, ½ or 1 in ¼, ½ and ¼ of draws, all of it."""
    assert interval([3, 3, 3]) == (3, 3)
    assert interval([0, 1]) == (0, 1)
    low, high = interval([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    assert abs((low + high) / 2 - 4.5) < 0.1
    assert abs((high - low) - 2 * 1.96 * statistics.pstdev(range(10)) / 10**0.5) < 0.2  # nearly normal
    assert interval((1.0, 2.5)) == interval([1.0, 2.5])
    with pytest.raises(ValueError, match="at least 2 finite numbers"):
        interval([1])


def test_holm_by_hand() -> None:
    """The least of three counts three times, the next one twice; none is below one before it, or above 1."""
    assert adjust([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06]
    assert adjust([0.5, 0.02, 0.4]) == [0.8, 0.06, 0.8]
    assert adjust([0.02, 0.02]) == [0.04, 0.04]
    assert adjust([0.2]) == [0.2]
    for wrong in ([], [0.1, float("nan")]):
        with pytest.raises(ValueError, match="p_values"):
            adjust(wrong)
    assert [p_value(p) for p in (0.0625, 2 / 1024, 1.0, 0.4375, 2 / 2**20)] == [
        "0.0625", "0.00195", "1", "0.438", "0.000002",
    ]  # fmt: skip


def test_planned_contrasts(original: Path) -> None:
    """Each is planned once, and ten seeds of one sign decide it; they are paired by seed."""
    everything = [contrast for contrasts in PLANNED.values() for contrast in contrasts]
    assert len(set(everything)) == len(everything)
    assert all(least_p(10) * len(contrasts) <= LEVEL for contrasts in PLANNED.values())
    evidence = build.content(original).evidence
    contrast = planned("retention-gmm4-top1", "retention-gmm4")
    at_32 = [c for c in PLANNED["update"] if c.length == 32]
    assert [paired(evidence, c).length for c in (contrast, *at_32)] == [2048, 32, 32, 32]
    values = differences(evidence, contrast)
    assert [found.mean for found in (paired(evidence, contrast),)] == [pytest.approx(statistics.mean(values))]
    turned = {**evidence.records, contrast.one: evidence.records[contrast.one][::-1]}
    assert differences(replace(evidence, records=turned), contrast) == values
    short = {**evidence.records, contrast.one: evidence.records[contrast.one][1:]}
    with pytest.raises(ValueError, match=r"must have the same seeds .* got \[1, 2, .*\] and \[0, 1, 2, .*\]"):
        differences(replace(evidence, records=short), contrast)
    with pytest.raises(ValueError, match=r"must be planned once in paper/contrasts\.py, it is 0 times"):
        planned("retention-none", "retention-gmm4")
    with pytest.raises(ValueError, match=r"must be planned once in paper/contrasts\.py, it is 0 times"):
        adjusted(evidence, replace(contrast, length=16))
    family = next(contrasts for contrasts in PLANNED.values() if contrast in contrasts)
    p_values = [sign_flip_test(differences(evidence, other)) for other in family]
    assert [adjusted(evidence, other) for other in family] == adjust(p_values)


def test_labels_say_what_is_special(original: Path) -> None:
    """How it writes, reads and gates, where that is not what is usual; less of it among its like."""
    evidence = build.content(original).evidence
    for run, said in (
        ("retention-gmm4", "experts, $k = 4$"),
        ("retention-gmm4-null-read", "experts, $k = 4$, top 1, null route, read by question"),
        ("retention-gmm4-top1-constant", "experts, $k = 4$, top 1, constant read"),
        ("retention-gmm4-closed", "experts, $k = 4$, gate bias $-2$"),
        ("retention-gmm4-round-robin", "experts, $k = 4$, round-robin writes, read by question"),
        ("retention-token16", "flat, $m = 16$"),
        ("retention-token4-closed", "flat, $m = 4$, gate bias $-2$"),
        ("retention-skip4", "flat, $m = 4$, hard gate"),
        ("retention-replace4", "flat, $m = 4$, no gate"),
        ("retention-mems8", "recurrence, 8 tokens"),
        ("retention-none", "no memory"),
    ):
        assert evidence.label(run) == said
    assert evidence.label("retention-gmm4-null-read", without=("kind", "size", "write")) == "read by question"
    assert evidence.label("retention-gmm4-null", without=("kind", "size", "write")) == ""
    assert len({evidence.label(run) for run in LEARNED}) == len(LEARNED)
    records = [{**r, "params": {**r["params"], "read_norm": True}} for r in evidence.records["retention-skip4"]]
    said = replace(evidence, records={**evidence.records, "retention-skip4": records}).label("retention-skip4")
    assert said == "flat, $m = 4$, read through a layer norm, hard gate"


def test_shares_by_hand(original: Path) -> None:
    """Of two segments before the question, 0.3 and 0.5 are written to the experts, 0.6 of that to the first one."""
    evidence, run = build.content(original).evidence, "retention-gmm4-null"
    for routes, nothing, most in (
        ([[0.3, 0.0], [0.18, 0.32], [1.0, 0.0]], 0.6, 0.6),
        ([[0.0, 0.0], [0.0, 0.0], [0.5, 0.5]], 1.0, 0.5),
        ([[0.0, 1.0], [0.25, 0.75], [1.0, 0.0]], 0.0, 0.875),
    ):
        records = [{**r, "series": {**r["series"], "routing": {"write": routes}}} for r in evidence.records[run]]
        e = replace(evidence, records={**evidence.records, run: records})
        assert null_share(e, run).mean == pytest.approx(nothing) and most_used(e, run).mean == pytest.approx(most)


def test_how_numbers_are_written() -> None:
    """Thousands, signs, one seed."""
    assert [number(1234567, 0), number(-0.04), number(-1.25)] == ["1,234,567", "0.0", "−1.2"]
    assert spread(Sample(12.34, 0.56, 5)) == "12.3 ± 0.6"
    assert spread(Sample.of([12.34])) == "12.3"
    assert [short_commit(c) for c in ("0123456789", "0123456789+", None)] == ["0123456", "0123456+", "unknown"]
    assert fill_tex("{Seeds} in {tab:contrast}") == r"\Seeds{} in Table~\ref{tab:contrast}"
    assert to_tex("50% of $k = 2$ & `run --force`, 1 ± 2") == r"50\% of $k = 2$ \& \texttt{run -{}-force}, 1~$\pm$~2"


@pytest.mark.parametrize(
    "line",
    [
        r"Exact match is 93.2\%.",
        r"Exact match is $93.2$ points.",
        r"It is $9$ points better.",
        r"\[ \mathrm{EM} = 93.2 \]",
        r"\begin{equation} x = 12 \end{equation}",
        r"\newcommand{\best}{93.2}",
        r"\path{93.2}",
        r"\emph{4}",
        "two more points, over three seeds",
        "five~seeds",
        r"\begin{tabular}{rr} 4 & 5 \\ \end{tabular}",
        "See 7. % given:",
        r"\% 8",
        "$k = 93$ and $k=1.2$",
    ],
)
def test_typed(line: str) -> None:
    """Results typed by hand."""
    assert typed_numbers("text\n" + line)[0][0] == 2


@pytest.mark.parametrize(
    "line",
    [
        r"Exact match is \SoftLongest{} \citep[see][]{bulatov2022rmt}.",
        r"\label{fig:x2} \ref{fig:x2} \includegraphics[width=0.5\textwidth]{a1.pdf}",
        r"With $k=4$, $p_1 + p^{2}$, $(1-p)$ and $[0, 1]$",
        r"\begin{equation} c_2 = \frac{1}{2} \sum_{j=1}^{k} 4 x \end{equation}",
        r"SQuAD 2.0 and FlashAttention-2, \nb{04}{read}, \path{nbs/04_read.ipynb}, \url{https://example.org/1}",
        r"\begin{tabular}{@{}p{0.3\linewidth}r@{}} a & b \\[2pt] \end{tabular}\vspace{3pt}",
        "documents of 2 segments % given: how the task is defined",
        "% 93.2 in a comment",
    ],
)
def test_not_typed(line: str) -> None:
    """Digits that are no results."""
    assert typed_numbers(line) == []


def test_macros_of_a_text(text: Path, original: Path) -> None:
    """Undefined, unused, and with a space that TeX would drop."""
    assert macros_used(r"\Foo{} \LaTeX \Big( % \Bar") == {"Foo"}
    assert text_problems({"a.tex": r"\Foo{} \input{x}"}, ["Foo"], ["x"], {}) == []
    paper = text / "paper.tex"
    whole = paper.read_text(encoding="utf-8")
    paper.write_text(whole.replace(r"\Gbps{}", r"\Gbbs{}"), encoding="utf-8")
    wrong = refused(text, original)
    assert "undefined: no macro \\Gbbs comes from records" in wrong
    assert "unused: the text uses \\Gbps nowhere" in wrong
    paper.write_text(whole.replace(r"\Gbps{}", r"\Gbps"), encoding="utf-8")
    assert re.fullmatch(r"space: paper\.tex:\d+: write \\Gbps\{\}: .*", refused(text, original))
    paper.write_text(whole.replace(r"\input{tab-contrast}", r"\input{tab-other} Its best is 77."), encoding="utf-8")
    wrong = refused(text, original)
    assert "unused: the text takes no \\input{tab-contrast}" in wrong
    assert "undefined: no \\input{tab-other} is made" in wrong
    assert re.search(r"typed: paper\.tex:\d+: '77\.' is typed by hand", wrong)
    paper.write_text(whole.replace(r"\nb{04}{read}", r"\nb{04}{reed}"), encoding="utf-8")
    assert "names the notebook nbs/04_reed.ipynb, which does not exist" in refused(text, original)
    assert text_problems({}, [], [], {"fig-x": "over 5 seeds"})[0].startswith("typed: the caption of fig-x: '5'")


def test_citations() -> None:
    """What is cited is listed, and the other way round."""
    wrong = citation_problems({"a.tex": r"\citep[p.~x]{one,two} \citet{three}"}, "@misc{one,\n}\n@misc{four,\n}")
    assert [w.split(" of")[0].split(" is")[0] for w in wrong] == [
        "undefined: 'three'",
        "undefined: 'two'",
        "unused: 'four'",
    ]


def test_commands() -> None:
    """Each result's command stands for its runs and no others."""
    assert command(SQUAD) == 'gmmxlnet runs run squad-gmm4 "squad-token*" squad-none --tier full --force'
    assert command(REAL + SQUAD) == 'gmmxlnet runs run "spans-*" "squad-*" --tier full --force'
    stacked = "--tier full --force --stack 10 --jobs 8"
    assert command(ROUTED) == f'gmmxlnet runs run "retention-gmm*" {stacked}'
    assert command(LEARNED[:1]) == f"gmmxlnet runs run retention-gmm4 {stacked}"
    assert command(UPDATE) == f'gmmxlnet runs run "update-*" {stacked}'
    assert patterns(LEARNED) == ["retention-*"] and patterns(BENCHMARK) == list(BENCHMARK)
    assert patterns(RETENTION["flat"][2:]) == list(RETENTION["flat"][2:])


def test_what_tex_complains_of() -> None:
    """Lines that are too wide, and references without a target."""
    log = "Overfull \\hbox (0.5pt too wide) in x\nOverfull \\hbox (12.5pt too wide) in paragraph at lines 3--4\n"
    log += "LaTeX Warning: Reference `fig:x' on page 1 undefined on input line 7.\n"
    assert [line[:20] for line in build.log_problems(log)] == ["wide: Overfull \\hbox", "LaTeX Warning: Refer"]


def test_without_tex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install, and before that what to build."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=r"latexmk, pdflatex, bibtex must be installed .* apt-get install .*latexmk"):
        build.pdf(tmp_path)
    assert f"TEX := {build.TEX_PACKAGES}\n" in (build.PAPER.parent / "Makefile").read_text(encoding="utf-8")
    for tool in ("latexmk", "pdflatex", "bibtex"):
        (tmp_path / tool).write_text("#!/bin/sh\n", encoding="utf-8")
        os.chmod(tmp_path / tool, 0o755)
    with pytest.raises(Refused, match=r"macros, .* must be built before the paper is set"):
        build.pdf(tmp_path)


@pytest.mark.skipif(not shutil.which("latexmk"), reason="TeX is not installed: make paper-tools")
def test_pdf(built: Path, tmp_path: Path, text: Path) -> None:
    """The paper sets without a complaint, the same bytes again; a mistake is named."""
    out = tmp_path / "out"
    shutil.copytree(built, out)
    first = build.pdf(out).read_bytes()
    assert first.startswith(b"%PDF")
    for path in out.glob("paper.*"):
        path.unlink()
    assert build.pdf(out).read_bytes() == first
    paper = text / "paper.tex"
    paper.write_text(paper.read_text(encoding="utf-8").replace(r"\maketitle", r"\maketitel"), encoding="utf-8")
    with pytest.raises(Refused, match="Undefined control sequence"):
        build.pdf(out, text)


def test_what_has_to_be_set_again(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where latexmk stops before all labels are right, it is run once more, whatever the times of files."""
    out, calls = tmp_path / "out", list[list[str]]()
    shutil.copytree(built, out)

    def latexmk(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        warning = "LaTeX Warning: Label(s) may have changed. Rerun to get cross-references right.\n"
        (out / "paper.log").write_text(warning if len(calls) < needed else "", encoding="utf-8")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(shutil, "which", lambda tool: tool)
    monkeypatch.setattr(build.subprocess, "run", latexmk)
    needed = 2
    assert build.pdf(out) == out / "paper.pdf" and ["-g" in call for call in calls] == [False, True]
    calls.clear()
    needed = 9
    with pytest.raises(Refused, match="Label"):
        build.pdf(out)
    assert len(calls) == build.PASSES


def test_command_line(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is fine and what is not, in words and as exit status."""
    build.main(["--manifest", str(manifest), "check"])
    assert capsys.readouterr().out.endswith("595 fresh records\n")
    record_file(manifest, "benchmark-long-0").unlink()
    for asked in (["check"], ["build"]):
        with pytest.raises(SystemExit) as end:
            build.main(["--manifest", str(manifest), "--out", str(tmp_path / "out"), *asked])
        assert end.value.code == 1
        assert "gmmxlnet runs run benchmark-long --seeds 0" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    build.main(
        ["--manifest", str(manifest), "site", str(tmp_path / "site")]
    )  # says what is missing, and shows no result
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["results.md"]
    page = (tmp_path / "site" / "results.md").read_text(encoding="utf-8")
    assert (
        "- `missing: benchmark-long, seeds 0: there is no record; gmmxlnet runs run benchmark-long --seeds 0`" in page
    )
    with pytest.raises(SystemExit) as end:
        build.main(["--manifest", str(tmp_path / "none.toml"), "check"])
    assert end.value.code == 1
    assert "manifest must be a file" in capsys.readouterr().err


# --- drafts ---

ALL = {"Runs", "Hours", "Newest"}  # Macros that every record has a part in
RETENTION_SETTINGS = set(
    "Batch Chance ClearedRange EvalDocuments KeepersSaid KeepsFirst KeepsNewest Layers LearningRate LengthDocuments Lengths "
    "Longest OnlyFactShare Place SegmentTokens ShortSteps Steps Together TrainDocuments Trained TrainedRange Width".split()
)
TESTED_TOO = set("Decided LeastP SeedsCompared".split())  # Those that every run of a contrast has a part in


@pytest.mark.parametrize(
    ("name", "macros", "cells", "figures"),
    [
        (
            "benchmark-cpu-0",
            "CpuDevice CpuTokens CpuTrain CpuInfer",
            {"cpu": {(i, j) for i in range(3) for j in (1, 2, 3, 4)}},
            "",
        ),
        (
            "retention-none-1",
            "NoMemoryTrained BestScreened BestScreenedScore ScreenedOther ScreenedOtherScore ScreenedRange SeedsScreened",
            {"retention": {(30, j) for j in range(1, 9)}},
            "screened",
        ),
        (
            "retention-gmm4-1",  # the first run, which says what a random choice scores
            "Balance ExpertSlots Temperature SoftLongest TestedTrained BestRouted BestRoutedScore Choices HalfWay HardKept "
            "NullReadKept AttributionDecided LargestPart TopSoftSaid TopSoftReadSaid NullTopSaid NullTopReadSaid SoftReadSaid "
            "TopReadSaid NullReadSaid TunedAbove",
            {  # its contrasts are marked, and what is adjusted together with them
                "retention": {(0, j) for j in range(1, 9)} | {(32, j) for j in (5, 6, 8)},
                "contrast": {(i, j) for i in (0, 4) for j in range(2, 6)} | {(i, 6) for i in range(7)},
            },
            "length learning",
        ),
        (
            "update-token4-3",
            "Together UpdateHardFewSaid UpdateNullHardSaid SmallestSaid UpdateKeepsAll UpdateKeepsFirst UpdateLeast UpdateMost "
            "UpdateTrainedRange UpdateFlat UpdateFlatScore",
            {
                "contrast": {(16, j) for j in range(2, 6)} | {(15, 6), (16, 6), (17, 6)},
                "update": {(1, j) for j in range(1, 8)} | {(i, j) for i in (7, 8, 9) for j in range(1, 6)},
            },
            "",
        ),
        ("retention-gmm4-top1-read-0", None, None, "length learning"),
        (
            "squad-token4-4",
            "SquadAnswered SquadExact SquadRuns SquadSeeds SquadSilent SquadSteps SquadTrivial",
            {},
            "",
        ),
        ("benchmark-memory-0", None, {"memory": {(i, j) for i in range(7) for j in range(1, 7)}}, "memory scaling"),
        ("benchmark-long-0", None, {}, "long"),
    ],
)  # fmt: skip
def test_marks(
    manifest: Path, name: str, macros: str | None, cells: dict[str, set[tuple[int, int]]] | None, figures: str
) -> None:
    """A stale record of one seed marks what it has a part in, and nothing else."""
    make_stale(manifest, name)
    found = build.content(manifest)
    run, _, seed = name.rpartition("-")
    if macros is not None:
        also = (RETENTION_SETTINGS if run in LEARNED else set()) | (TESTED_TOO if run in COMPARED else set())
        assert stale_values(found) == {*ALL, *also, *macros.split()}
    if cells is not None:
        row = NEEDED.index(run)
        expected = {**cells, "provenance": {(row, j) for j in (1, 2, 3, 4)}}
        assert {table: where for table in found.bodies if (where := stale_cells(found, table))} == expected
    drawn = {figure for figure, sources in found.sources.items() if sources & found.evidence.stale}
    assert drawn == set(figures.split())
    assert found.evidence.stale == {(run, int(seed))}


@pytest.mark.parametrize(
    "run",
    [
        "retention-gmm4", "retention-token4", "update-skip4", "squad-gmm4", "benchmark-encoder", "benchmark-long",
        "confirmed-skip16", "million-gmm2-null-read", "improved-update-skip16",
        "update-skip16", "mechanism-token4", "decoys-skip4", "babi-token16", "kinds-token16",
        "tuned4-max", "tuned-skip16-rate0.001", "improved-million-skip16", "retention-differentiable",
        "pretrain-small", "cloze-none", "cloze-gmm4-null-read", "cloze-scratch-skip16",
        "pretrain-small-masked", "cloze-windows", "squad-fold2-none-passage", "squad-zero1-gmm4-list", "squad-fold3-windows",
    ],
)
def test_what_a_record_changes_is_marked(original: Path, run: str) -> None:
    """Whatever other results of a run change, in the text, in tables and in figures, is marked when it is stale."""
    evidence = build.content(original).evidence
    old = replace(evidence, stale={(run, record["seed"]) for record in evidence.records[run]})
    other = [
        {**record, "metrics": {n: 1.7 * v + 3 * i for i, (n, v) in enumerate(record["metrics"].items())}}
        for record in evidence.records[run]
    ]
    size = {n: v for n, v in evidence.records[run][0]["metrics"].items() if n.startswith("memory_")}
    other = [{**record, "metrics": {**record["metrics"], **(size if run in LEARNED else {})}} for record in other]
    new = replace(evidence, records={**evidence.records, run: other})
    for macro in build.all_macros():
        assert macro.value(new) == macro.value(evidence) or isinstance(old.marked(macro.value), Stale), macro.name
    for table in build.all_tables():
        rows = (table.body(e)[1] for e in (evidence, new, old))
        for one, two, marked in zip(*rows, strict=True):
            for before, after, cell in zip(one or (), two or (), marked or (), strict=True):
                assert before == after or isinstance(cell, Stale), (table.name, before)
    for figure in build.FIGURES:
        assert figure.data(new) == figure.data(evidence) or old.traced(figure.data)[1] & old.stale, figure.name


@pytest.mark.usefixtures("undrawn")
def test_nothing_stale_nothing_marked(original: Path, built: Path, tmp_path: Path) -> None:
    """No mark, no note and no command of a draft where all records are fresh."""
    page = build.site(tmp_path, manifest=original).read_text(encoding="utf-8")
    for text in [page, *(path.read_text(encoding="utf-8") for path in built.glob("*.tex"))]:
        assert not re.search(r"stale|draft|†|older code", text, re.IGNORECASE)
    assert stale_values(build.content(original)) == set()


@pytest.mark.usefixtures("undrawn")
def test_draft(manifest: Path, tmp_path: Path) -> None:
    """What is built of a partly stale project says so, in TeX and on the page of results."""
    make_stale(manifest, "retention-none-0", "retention-none-2", *(f"retention-skip16-{seed}" for seed in range(3)))
    build.build(tmp_path / "out", manifest=manifest)
    files = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.tex")}
    assert r"{Draft.}} 5 of 595 records" in files["macros"]
    assert r"\texttt{gmmxlnet runs run retention-skip16 retention-none -{}-tier full}" in files["macros"]
    assert r"\texttt{retention-none}~(seeds~0~2)" in files["macros"]
    value = r"; stale\]\n\\newcommand\{\\NoMemoryTrained\}\{\\stale\{[\d.]+~\$\\pm\$~[\d.]+\}\}"
    assert re.search(value, files["macros"]) and r"\newcommand{\FewLongest}{\stale" not in files["macros"]
    table = files["tab-retention"]
    assert "; stale: seeds 0 2\n" in table
    stale, fresh = (next(line for line in table.split("\n") if line.startswith(n)) for n in ("no memory", "flat"))
    assert stale.count(r"\stale{") == 8 and r"\stale{" not in fresh
    assert r"\stalesign{} Made by older code.}" in table and r"\stalecells\begin{tabular}" in table
    assert r"\stale" not in files["tab-routing"] + files["tab-commands"] + files["fig-encoder"] + files["fig-length"]
    assert r"\stalesign{} Made by older code: 5 of its 36 records.}" in files["fig-screened"]
    page = build.site(tmp_path / "site", manifest=manifest).read_text(encoding="utf-8")
    assert ":::{admonition} Draft\n:class: warning\n\n5 of 595 records" in page
    assert "```sh\ngmmxlnet runs run retention-skip16 retention-none --tier full\n```" in page
    assert "`retention-skip16` (seeds 0 1 2), `retention-none` (seeds 0 2).\n:::\n" in page
    assert re.search(r"\| no memory \| 3† \| 0† \| 0† \|( [\d.]+ ± [\d.]+† \|){3} [\d.]+ to [\d.]+† \|", page)
    assert re.search(r"\| flat, \$m = 4\$ \| 10 \| 256 \| [\d,]+ \| [\d.]+ ± [\d.]+ \|", page)
    assert "Made by older code: 5 of its 36 records." in page and "- Figure 3†: " in page and "- Figure 2: " in page
    assert "- Figure 1: " not in page  # which is drawn from no record


@pytest.mark.usefixtures("undrawn")
def test_all_stale(manifest: Path, tmp_path: Path) -> None:
    """Records of an older form that lack what they said of themselves: all is marked that comes from records."""

    def older(content: dict[str, Any]) -> None:
        content["schema"] = SCHEMA - 1
        for name in ("commit", "definitions", "notebook_code", "data"):
            content.pop(name, None)

    for job in needed_jobs(manifest)[0]:
        change(manifest, job.name, older)
    found = build.build(tmp_path, manifest=manifest)
    assert stale_values(found) == set(found.values) - set(  # which come from no record
        "LearnedRuns TestedRuns ScreenedRuns UpdateLength Level Coverage Families Reached ConfirmedLength ImprovedLength "
        "ImprovedUpdateLength Close GatesScale ClozeDraws ClozeLeastP ClozeSearched FoldsCount FoldsHalves FoldsSignsP "
        "FoldsPlanned FoldsDraws FoldsLeastP MechanismRuns TunedRuns TunedBases".split()
    )
    assert found.names()["SeedsScreened"] == "3†"
    text = (tmp_path / "macros.tex").read_text(encoding="utf-8")
    parts = ("retention tuned4 tuned confirmed million improved", "update mechanism decoys recall kinds babi")
    last = "seen pretrain cloze spans squad benchmark"
    first, then, last = (" ".join(f'"{family}-*"' for family in part.split()) for part in (*parts, last))
    assert f"gmmxlnet runs run {first} ten-million-gmm4-null-read {then} {last} -{{}}-tier full" in text
    assert "595 of 595 records" in text
    assert "% squad-none: seeds 0 1 2 3 4; commit None; made up; records " in text
    assert "Made by older code.}" in (tmp_path / "fig-learning.tex").read_text(encoding="utf-8")
    change(manifest, "benchmark-long-0", lambda r: r.pop("device"))
    with pytest.raises(Refused, match="must be of one device, got made up, unknown"):
        build.content(manifest)
    change(manifest, "benchmark-long-0", lambda r: r.update(device="made up"))
    change(manifest, "retention-none-1", lambda r: r["metrics"].pop("choice_exact/2048"))
    with pytest.raises(Refused) as error:
        build.content(manifest)
    assert error.value.wrong == [
        "record: the record of retention-none-1 must have the metric 'choice_exact/2048': it is of an older form; "
        "gmmxlnet runs run retention-none --seeds 1"
    ]


@pytest.mark.parametrize(
    ("field", "what"),
    [("params", "parameter 'memory_type'"), ("series", "series 'routing'"), ("n_eval", "field 'n_eval'")],
)
def test_what_an_older_record_lacks(manifest: Path, field: str, what: str) -> None:
    """It is named with the command; a record of today's form is said to be of older code."""
    make_stale(manifest, "retention-gmm4-top1-0")
    change(manifest, "retention-gmm4-top1-0", lambda r: r.pop(field))
    with pytest.raises(Refused, match=r"made by older code; gmmxlnet runs run retention-gmm4-top1 --seeds 0"):
        build.content(manifest)
    change(manifest, "retention-gmm4-top1-0", lambda r: r.update(schema=SCHEMA - 1))
    with pytest.raises(Refused, match=r"must have the .*: it is of an older form; gmmxlnet runs run .* --seeds 0"):
        build.content(manifest)


def test_fresh_records_decide(manifest: Path) -> None:
    """A stale record that says otherwise than fresh ones does not stop the paper; a fresh one does."""
    names = ("squad-token4-3", "benchmark-long-0", "retention-gmm2-0")
    change(manifest, names[0], lambda r: r.update(data="other"))
    change(manifest, names[1], lambda r: r.update(device="another"))
    change(manifest, names[2], lambda r: (r["params"].update(max_steps=7), r["metrics"].update(memory_floats=7)))
    make_stale(manifest, *names)
    found = build.content(manifest)
    assert found.values["Device"] == "made up" and found.values["Steps"] == "2,000"
    assert {"Device", "Steps", "SoftLongest"} & stale_values(found) == {"Device", "Steps"}
    sizes = {row[0]: row[2] for row in found.bodies["retention"][1] if row}
    assert sizes["experts, $k = 2$"] == "514"
    note = "data: squad-token4, seed 3, read other documents than squad-gmm4; gmmxlnet runs run squad-token4 --seeds 3 --force"
    assert note in found.evidence.notes
    with pytest.raises(Refused, match="data: squad-token4, seed 3"):
        build.check(manifest=manifest, release=True)
    for name in names:
        change(manifest, name, lambda r: r["given"].pop("earlier"))
    with pytest.raises(Refused, match="data: squad-token4, seed 3"):
        build.content(manifest)
    change(manifest, names[0], lambda r: r.update(data=None))
    with pytest.raises(Refused, match=r"record: (parameter 'max_steps'|metric 'memory_floats'|the runs benchmark)"):
        build.content(manifest)


def test_every_card_is_shown(manifest: Path) -> None:
    """Records of other cards have a row each, marked if stale; one that lacks a form has a dash, and a bad one is named."""
    path = record_file(manifest, "benchmark-encoder-0")
    whole = json.loads(path.read_text("utf-8"))
    metrics = {name: value for name, value in whole["metrics"].items() if "HF captured" not in name}
    beside = path.with_name("benchmark-encoder-0@card-b.json")
    for schema, sign in ((whole["schema"], ""), (3, "†")):
        other = with_digest({**whole, "device": "Card B", "metrics": metrics, "schema": schema})
        beside.write_text(json.dumps(other), "utf-8")
        found = build.content(manifest)
        first, second, *others = found.bodies["cards"][1]
        assert first is not None and second is not None and len(others) == 2
        assert [fill(cell, {}) for cell in second[:4]] == [
            f"Card B{sign}", "training", f"{metrics['training/HF compiled/ms']:.2f}{sign}", f"–{sign}",
        ]  # fmt: skip
        assert (first[0], len(first), "–" in first) == ("made up", 6, False)
    beside.write_text(json.dumps(with_digest({**whole, "device": "$Card$"})), "utf-8")
    with pytest.raises(Refused, match=r"one line of plain text in device, got '\$Card\$'"):
        build.content(manifest)
    beside.write_text("[]", "utf-8")
    assert len(build.content(manifest).bodies["cards"][1]) == 2


def test_older_benchmarks_can_be_shown(manifest: Path) -> None:
    """A record from before candidates had three forms and nothing was switched on has what it has."""

    def older(record: dict[str, Any]) -> None:
        gone = ("default_", "HF captured", "RMT captured", "RMT eager", "ModernBERT captured")
        kept = {n: v for n, v in record["metrics"].items() if not any(name in n for name in gone)}
        kept |= {n.replace("RMT compiled", "RMT, BERT"): v for n, v in kept.items() if "RMT compiled" in n}
        kept |= {n.replace(" captured", ""): v for n, v in record["metrics"].items() if "ModernBERT" in n}
        record["metrics"] = {n: v for n, v in kept.items() if "RMT compiled" not in n}

    for part in ("encoder", "long", "cpu"):
        change(manifest, f"benchmark-{part}-0", older)
    found = build.content(manifest)
    rows = [row[0] for row in found.bodies["encoder"][1] if row]
    assert "recurrent memory on BERT" in rows and "Hugging Face, captured" not in rows
    assert found.values["BestForm"] == "compiled" and found.bodies["defaults"][1] == (("not in these records", *4 * ("–",)),)


@pytest.mark.usefixtures("undrawn")
def test_draft_on_the_command_line(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stale records are listed, and end with 1 for a release or where what was built is of another state."""

    def asked(*words: str) -> tuple[int, str, str]:
        try:
            build.main(["--manifest", str(manifest), "--out", str(tmp_path / "out"), *words])
            status = 0
        except SystemExit as end:
            status = int(str(end.code))
        return status, *capsys.readouterr()

    assert asked("build") == (0, "", "")
    assert asked("check", "--built")[0] == 0
    assert asked("check", "--release")[0] == 0
    make_stale(manifest, "squad-none-2")
    again = "gmmxlnet runs run squad-none"
    status, out, err = asked("check")
    assert (status, err) == (0, "") and out.startswith("stale: squad-none, seeds 2: ")
    assert out.endswith(f"594 fresh records and 1 stale: the paper is a draft; {again} --tier full\n")
    status, out, err = asked("check", "--release")
    assert (status, out) == (1, "") and err.endswith(f"; {again} --seeds 2\n")
    assert asked("check", "--built")[0::2] == (
        1,
        "built: what was built is not of the records as they are now: make paper\n",
    )
    assert asked("build") == (0, "a draft: 1 of 595 records are stale; python paper/build.py check lists them\n", "")
    assert asked("check", "--built")[0] == 0
    record_file(manifest, "squad-none-1").unlink()
    status, out, err = asked("check")
    assert status == 1 and out.startswith("stale: squad-none") and err.startswith("missing: squad-none")
    change_back(manifest, "squad-none-1")
    change_back(manifest, "squad-none-2")
    assert asked("build") == (0, "", "")
    assert "stale" not in (tmp_path / "out" / "macros.tex").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize(("given", "strict"), [((), False), (("RELEASE=1",), True), (("RELEASE=0",), False)])
def test_release_of_make(given: tuple[str, ...], strict: bool) -> None:
    """`make paper-check RELEASE=1` is the strict check, and so is `make records RELEASE=1`."""
    # Under a make of its own (CI), make also names the folder it enters, whatever that is called.
    command = ["make", "-n", "--no-print-directory", "-o", ".venv/.installed", *given, "paper-check", "records"]
    done = subprocess.run(command, cwd=build.PAPER.parent, capture_output=True, text=True, check=True)
    paper, records = (line.strip() for line in done.stdout.splitlines() if " check" in line)
    assert paper.endswith("paper/build.py check" + (" --release" if strict else " --allow-missing"))
    assert records.endswith("--present" + " --allow-stale" * (not strict))


@pytest.mark.skipif(not shutil.which("latexmk"), reason="TeX is not installed: make paper-tools")
@pytest.mark.usefixtures("undrawn")
def test_pdf_of_a_draft(manifest: Path, tmp_path: Path) -> None:
    """A draft sets without a complaint: no mark is too wide, in a formula or in a caption."""
    make_stale(manifest, *(job.name for job in needed_jobs(manifest)[0] if job.seed < 2))
    build.build(tmp_path, manifest=manifest)
    assert build.pdf(tmp_path).read_bytes().startswith(b"%PDF")

