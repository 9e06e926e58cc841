"""Does `make trial` see what is broken? Faults are planted, and each has to make its part fall short: `pytest tools`."""

import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trial
import trial_faults
import trial_segments
from trial_faults import Target, forked, full_at, full_disk_faults, killed_at, moments

import gmmxlnet_nb.segments as package
from gmmxlnet_nb.core import read_json, whole_file


def test_what_falls_short(capsys: pytest.CaptureFixture[str]) -> None:
    held, wrong = ("a", ""), ("b", "it is lost")
    assert not trial.run_part("p", [held] * 9 + [wrong], 0.9).short
    result = trial.run_part("p", [held, wrong], 1.0)
    assert (result.tried, result.held, result.faults, result.short) == (2, 1, ["b: it is lost"], True)
    assert trial.run_part("p", [], 1.0).short  # nothing was tried

    def breaks() -> Iterator[trial.Case]:
        yield held
        raise RuntimeError("no more")

    broken = trial.run_part("p", breaks(), 0.1)
    assert broken.short and (broken.tried, broken.broken) == (1, "RuntimeError: no more")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "p begins" and lines[-1].endswith("1 of 1 held, and broke: RuntimeError: no more")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = list[trial.Asked]()

    def part(wrong: str) -> Any:
        return lambda given: asked.append(given) or iter([("x", ""), ("y", wrong)])  # type: ignore[func-returns-value]

    monkeypatch.setattr(trial, "PARTS", {"good": (part(""), 1.0), "bad": (part("| lost"), 1.0)})
    monkeypatch.setattr(trial, "OUT", tmp_path)
    for names, code in ((["good"], 0), (["bad"], 1), (["good", "bad"], 1)):
        assert trial.main(["--parts", *names, "--seed", "7", "--workers", "1", "--count", "3"]) == code
        summary = read_json(tmp_path / "summary.json")
        assert [(part["part"], part["tried"], part["held"]) for part in summary["parts"]] == [
            (name, 2, 2 if name == "good" else 1) for name in names
        ]
    assert {(a.seed, a.workers, a.mutants, a.hostile) for a in asked} == {(7, 1, 3, 3)}
    told = capsys.readouterr().out
    assert "| bad | 2 | 1 |" in told and "- y: | lost" in (tmp_path / "summary.md").read_text()
    assert sorted(os.listdir(tmp_path)) == ["summary.json", "summary.md"]
    with pytest.raises(SystemExit):
        trial.main(["--parts", "other"])


def test_lines_of_the_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "hostile.py": [json.dumps({"kind": "squad", "what": "cut", "faults": faults}) for faults in ([], ["no error"])],
        "mutants.py": ["caught 02_router.ipynb (3 s): a.b:1: x → y", "survived  (9 s): c.d:2: x → y", "Seed 1: 2 mutants",
                       "survived: c.d:2: x → y"],
    }  # fmt: skip
    monkeypatch.setattr(trial, "said_by", lambda tool, *arguments: iter(said[tool]))
    assert list(trial.hostile(trial.Asked())) == [("squad: cut", ""), ("squad: cut", "no error")]
    found = list(trial.mutants(trial.Asked()))
    assert found == [("a.b:1: x → y", ""), ("c.d:2: x → y", "no notebook noticed")]


def test_a_tool_that_fails() -> None:
    with pytest.raises(RuntimeError, match=r"hostile\.py ended with 2"):
        list(trial.said_by("hostile.py", "many"))


def wrong_cases(count: int = 60) -> list[str]:
    """What the contract of segments finds wrong."""
    return [wrong for _, wrong in trial_segments.cases(count, 0) if wrong]


def test_segments_hold() -> None:
    assert wrong_cases() == []


@pytest.mark.parametrize("fault", ["windows", "memory", "answers", "characters", "question"])
def test_a_planted_fault_of_segments(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = package.one_segment

    def planted(token_range: Any, *rest: Any) -> dict[str, Any]:
        segment = usual(token_range, *rest)
        if fault == "memory":
            segment["input_ids"] = segment["input_ids"][1:] + segment["input_ids"][:1]
        elif fault == "answers":
            segment["end_positions"] = [b + 1 for b in segment["end_positions"]]
        elif fault == "characters":
            segment["ends"] = [b + (b > 3) for b in segment["ends"]]
        else:
            segment["asked"] = not segment["asked"]
        return segment

    def windows(self: Any, first: int, last: int, room: int) -> list[tuple[int, int]]:
        return [(at, min(at + room, last)) for at in range(first, max(last, first + 1), room)]  # without a stride

    if fault == "windows":
        monkeypatch.setattr(package.SegmentLayout, "windows", windows)
    else:
        monkeypatch.setattr(package, "one_segment", planted)
    assert len(wrong_cases()) > 3


def test_a_process_that_is_killed(tmp_path: Path) -> None:
    def work() -> None:
        for name in "abc":
            (tmp_path / name).write_text("12345678" * 1000)

    assert forked(work, tmp_path)[::2] == (0, 3)
    for path in tmp_path.iterdir():
        path.unlink()
    cut = {size(killed_at(2, random.Random(seed)), work, tmp_path) for seed in range(8)}
    assert max(cut) == 8000 and len(cut) > 2 and not (tmp_path / "b").exists()
    assert forked(lambda: signal.pause(), tmp_path, kill_after=0.2).code == -signal.SIGKILL


def size(act: trial_faults.Act, work: Any, folder: Path) -> int:
    """What the first file has when its process was killed before the second."""
    assert forked(work, folder, act).code == -signal.SIGKILL
    return (folder / "a").stat().st_size


def written_over(folder: Path) -> None:
    """As one must not write."""
    (folder / "a").write_text("new " * 1000)


def written_whole(folder: Path) -> None:
    """As the package writes."""
    with whole_file(folder / "a") as part:
        part.write_text("new " * 1000)


def test_a_full_disk(tmp_path: Path) -> None:
    def faults(write: Any) -> list[str]:
        target = Target("a", lambda f: (f / "a").write_text("old"), write, lambda f: (f / "a").read_text())
        steps, found = 5, []
        for i, (_, act) in enumerate(moments(steps, steps, random.Random(0))):
            (folder := tmp_path / f"{write.__name__}{i}").mkdir()
            found += full_disk_faults(target, folder, act)
        return found

    assert faults(written_whole) == []
    assert "what is there is neither what was nor what was to be" in faults(written_over)


def test_words_of_a_full_disk(tmp_path: Path) -> None:
    ended = forked(lambda: (tmp_path / "a").write_text("a"), tmp_path, full_at(1, None))
    assert ended.code == 1 and "No space left on device" in ended.said
    assert trial_faults.said_badly(ended).startswith("it ended with 1: Traceback: OSError")
    assert trial_faults.said_badly(ended._replace(code=2, said="gmmxlnet train: what?\n")) == (
        "it does not say why: gmmxlnet train: what?"
    )
    assert not trial_faults.said_badly(ended._replace(code=2, said="gmmxlnet train: x could not be saved\n"))


def test_what_differs(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(
        json.dumps({"exact": 1, "times": {"wall_s": 3}, "log": [{"train_runtime": 2}]})
    )
    one = trial_faults.results(tmp_path)
    (tmp_path / "metrics.json").write_text(
        json.dumps({"exact": 1, "times": {"wall_s": 4}, "log": [{"train_runtime": 3}]})
    )
    assert not trial_faults.differences(one, trial_faults.results(tmp_path))
    (tmp_path / "metrics.json").write_text(json.dumps({"exact": 2}))
    (tmp_path / "left.txt").touch()
    assert trial_faults.differences(one, trial_faults.results(tmp_path)) == (
        "left.txt is too many; metrics.json is another"
    )
