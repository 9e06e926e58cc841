"""What must not pass when notebooks are tested on the exported code: `pytest tools`."""

import os
import subprocess
import sys
from pathlib import Path

import exported_tests
import nbdev.test
import nbformat
import pytest
from nbdev.config import get_config
from nbformat.v4 import new_code_cell, new_notebook

EXPORT = "#| export\n"
BASE = "def base(): return 1"
MARK = "# %% ../nbs/00_m.ipynb #"
MISSING = "missing"


def project(folder: Path, monkeypatch: pytest.MonkeyPatch, cells: list[str], module: str | None = None) -> Path:
    """A project with one notebook of a module `m`, exported from its cells or else with the text `module`."""
    (folder / "settings.ini").write_text("[DEFAULT]\nlib_name = made\nlib_path = made\nnbs_path = nbs\ntst_flags = slow\n")
    (folder / ".coveragerc").write_text("[run]\nsource = made\n")
    for name in ("made", "nbs"):
        (folder / name).mkdir()
    (folder / "made" / "__init__.py").touch()
    notebook = new_notebook(cells=[new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(["#| default_exp m", *cells])])
    path = folder / "nbs" / "00_m.ipynb"
    nbformat.write(notebook, path)
    if module is None:
        exported = [cell for cell in notebook.cells if EXPORT in cell.source]
        module = "\n\n".join(MARK + f"{cell.id}\n{cell.source.removeprefix(EXPORT)}" for cell in exported)
    if module != MISSING:
        (folder / "made" / "m.py").write_text(module.replace("from made.", "from ."))
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(exported_tests, "ROOT", folder)
    monkeypatch.setattr(exported_tests, "PRELOADED", ["matplotlib.pyplot"])
    monkeypatch.setattr(nbdev.test, "CaptureShell", exported_tests.ExportedShell)
    for name in [name for name in list(sys.modules) if name.split(".")[0] == "made"]:
        monkeypatch.delitem(sys.modules, name)
    get_config.cache_clear()
    return path


def passed(path: Path) -> bool:
    """Whether a notebook passes."""
    ((ok, _),) = exported_tests.in_processes(nbdev.test.test_nb, [path], n_workers=2, skip_flags=["slow"])
    return ok


@pytest.mark.parametrize(
    "cells",
    [
        [EXPORT + BASE, "assert base() == 1"],
        [EXPORT + "from os import path", EXPORT + BASE + "\n\nclass A: pass", "import pickle; pickle.loads(pickle.dumps(A()))"],
        [EXPORT + BASE, "from made.m import base as whole; assert whole is not base", "#| slow\n1 / 0", "#| eval: false\n1 / 0"],
        ["base = 2", EXPORT + BASE, "assert base() == 1\nassert base.__code__.co_filename.endswith('made/m.py')"],
    ],
)
def test_what_passes(cells: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert passed(project(tmp_path, monkeypatch, cells))
    assert list(tmp_path.glob(".coverage.*"))


@pytest.mark.parametrize(
    ("cells", "module", "said"),
    [
        ([EXPORT + BASE, "assert base() == 2"], None, "The cell:\nassert base() == 2"),
        ([EXPORT + "1 / 0"], None, "The cell:\n1 / 0"),
        ([EXPORT + "def f(): return base()", "f()", EXPORT + BASE], None, "name 'base' is not defined"),
        (["import math", EXPORT + "def f(): return math.pi", "f()"], None, "name 'math' is not defined"),
        (["base = 1", EXPORT + "def f(): return base", "f()"], None, "name 'base' is not defined"),
        ([EXPORT + BASE], MISSING, "No such file"),
        ([EXPORT + BASE], MARK + "c1\ndef base(): return 2", "not what its notebook exports: run make export. ['c1']"),
        ([EXPORT + BASE], BASE, "not what its notebook exports"),
        ([EXPORT + BASE], f"{MARK}c1\n{BASE}\n{MARK}c9\n", "['c9']"),
        (["import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], None, "The process of 00_m.ipynb ended with -9"),
        (["import os; os._exit(0)"], None, "The process of 00_m.ipynb ended with 0 and no result"),
        (["import sys; sys.exit(0)"], None, "SystemExit"),
    ],
)
def test_what_fails(
    cells: list[str], module: str | None, said: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert not passed(project(tmp_path, monkeypatch, cells, module))
    assert said in capfd.readouterr().err


def test_no_notebook_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, monkeypatch, [EXPORT + BASE])
    tool = [sys.executable, str(Path(exported_tests.__file__)), "--path", "nbs/none*.ipynb"]
    done = subprocess.run(tool, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1 and "No notebook was tested" in done.stderr
