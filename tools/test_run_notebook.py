"""Tests of what is said while a notebook trains: `pytest tools`."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import pytest
from papermill.exceptions import PapermillExecutionError
from run_notebook import SHOWN, Progress, last_row, progress_line, run, shortened, spoken
from transformers.utils.notebook import NotebookProgressBar, NotebookTrainingTracker

TRAIN = """
import warnings

warnings.simplefilter("ignore")
from transformers.utils.notebook import NotebookTrainingTracker
bar = NotebookTrainingTracker(8, ["Step", "Training Loss"])
bar.update(1, comment="Epoch 0/1")
bar.write_line({"Step": 1, "Training Loss": 2.5})
bar.update(2, comment="Epoch 0/1", force_update=True)
print("done")
"""


def drawn(bar: Any) -> str:
    """What a bar of transformers shows."""
    with patch("transformers.utils.notebook.disp"):
        bar.display()
    return str(bar.html_code)


def tracker(steps: int = 1500) -> Any:
    """A bar of training."""
    bar = NotebookTrainingTracker(steps, ["Step", "Training Loss"])
    with patch("transformers.utils.notebook.disp"):
        bar.update(1, comment="Epoch 0/1")
        bar.start_time -= 60.0
        bar.update(121, comment="Epoch 0.1/1", force_update=True)
    return bar


def test_a_bar_becomes_a_line() -> None:
    """Step, loss, and what is left: of the very bars that training shows."""
    bar = tracker()
    assert progress_line(drawn(bar)) == "step 121 of 1500, at most about 11 min left"
    with patch("transformers.utils.notebook.disp"):
        for step, loss in ((100, 2.31), (120, 1.7)):
            bar.write_line({"Step": step, "Training Loss": loss})
    assert progress_line(drawn(bar)) == "step 121 of 1500, loss 1.700000, at most about 11 min left"
    assert last_row(drawn(bar)) == {"Step": "120", "Training Loss": "1.700000"}
    with patch("transformers.utils.notebook.disp"):  # a validation in between
        bar.add_child(16).update(3)
    assert progress_line(drawn(bar)).startswith("step 121 of 1500, loss 1.7")
    asked = NotebookProgressBar(16)
    with patch("transformers.utils.notebook.disp"):
        asked.update(3)
    assert progress_line(drawn(asked)) == "asking: batch 3 of 16"
    for other in ("", "<div>a table [3]</div>", "<b>3/16</b>"):
        assert progress_line(other) == ""


def test_times_in_words() -> None:
    """Minutes are enough."""
    found = [spoken(clock) for clock in ("00:07", "01:20", "59:40", "2:00:00", "1:30:10")]
    assert found == ["1 min", "1 min", "1 h 0 min", "2 h 0 min", "1 h 30 min"]


def test_lines_come_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """One each 15 s, however often the bar is drawn; other messages are none."""
    html = drawn(tracker())
    message = {"msg_type": "update_display_data", "content": {"data": {"text/html": html}}}
    for every, count in ((15.0, 1), (0.0, 3)):
        progress = Progress(every)
        for _ in range(3):
            progress.note(message)
        progress.note({"msg_type": "stream", "content": {"name": "stdout", "text": html}})
        progress.note({"msg_type": "display_data", "content": {"data": {"text/plain": "step 1"}}})
        said = capsys.readouterr().err.splitlines()
        assert len(said) == count and all("step 121 of 1500" in line for line in said)


def test_a_notebook_is_run_as_papermill_does(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Progress goes to stderr and not into the notebook, which is the same as papermill's; a kernel has nothing to warn of."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TRAIN)])
    nbformat.write(notebook, tmp_path / "in.ipynb")
    with pytest.raises(SystemExit) as ended:
        run([str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), "-k", "python3", "-l", "python", "--log-output"], 0)
    assert not ended.value.code
    said = capfd.readouterr().err
    assert "step 2 of 8, loss 2.5" in said and "\r" not in said and "WARNING" not in said
    outputs = nbformat.read(tmp_path / "out.ipynb", 4).cells[-1].outputs
    assert [one.output_type for one in outputs] == ["display_data", "stream"] and outputs[1].text == "done\n"


def test_what_cells_show_is_cut() -> None:
    """A record has hundreds of lines, and a figure is only named."""
    assert shortened("<Figure size 640x480 with 1 Axes>") == "" and shortened("{'exact': 96.3}") == "{'exact': 96.3}"
    text = "\n".join(map(str, range(SHOWN + 30)))
    assert shortened(text).splitlines()[SHOWN - 1 :] == [str(SHOWN - 1), "… 30 more lines in the notebook that is written"]


def refused(capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    """What is said of arguments that cannot be: one line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        run([str(one) for one in arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_parameters_that_are_none_are_named_before_a_kernel_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the one that was meant."""
    train = Path(__file__).resolve().parent.parent / "experiments" / "train.ipynb"
    for name, hint in (("num_expert", "did you mean 'num_experts'?"), ("zzz", "it must be one of memory_type, memory_slots, ")):
        said = refused(capsys, train, tmp_path / "out.ipynb", "-p", name, "4")
        assert said.startswith(f"parameter {name!r} does not exist: {hint}")
    yaml = {"num_expert: 4": "did you mean 'num_experts'?", "4": "-y must have names and values", "a: [": "-y must be YAML"}
    for text, hint in yaml.items():
        assert hint in refused(capsys, train, tmp_path / "out.ipynb", "-y", text)
    assert not list(tmp_path.iterdir())


def test_a_value_that_is_refused_leaves_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else, unless there was something; errors of another kind keep their traceback."""
    cells = [nbformat.v4.new_code_cell("size = 2", metadata={"tags": ["parameters"]})]
    cells.append(nbformat.v4.new_code_cell("if size < 1: raise ValueError(f'size must be > 0, got {size}')\nif size > 9: 1 / 0"))
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "in.ipynb")
    how = ("-k", "python3", "-l", "python", "--log-output")
    out = tmp_path / "run" / "out.ipynb"
    given = (tmp_path / "in.ipynb", out, *how, "-p", "size")
    assert refused(capsys, *given, 0) == "size must be > 0, got 0" and not out.parent.exists()
    out.parent.mkdir()
    (out.parent / "run.json").touch()
    assert refused(capsys, *given, 0) == f"size must be > 0, got 0 (see {out})" and out.exists()
    (tmp_path / "file").touch()
    nowhere = tmp_path / "file" / "run" / "out.ipynb"
    assert refused(capsys, given[0], nowhere, *how).startswith(f"{nowhere} cannot be written: [Errno 20] Not a directory")
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        run([str(one) for one in (*given, 10)])
