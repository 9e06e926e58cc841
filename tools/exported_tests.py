"""Run the notebooks' tests on the exported code and measure its coverage: `python tools/exported_tests.py --timing`.

This is `nbdev_test`, with its options and reports, except for three things. Each exported cell runs from the package's
file, in a module of its own that grows with the notebook: so the tests also show that the export is complete, that the
code does without the notebook's other names, and that nothing uses a name before its cell. Each notebook has a process
of its own, forked once the large libraries are imported. And coverage is measured in each of these processes.
"""

import ast
import contextlib
import dis
import gc
import importlib
import multiprocessing
import re
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType
from typing import Any

import nbdev.test
from coverage import Coverage
from execnb.shell import CaptureShell
from nbdev.config import get_config

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = {"export", "exports", "exporti"}
# What takes seconds to import in most notebooks. Neither the package nor transformers may be among them: each notebook
# imports these anew, as the package is to work in whichever order they come.
PRELOADED = ["torch", "torch._dynamo", "datasets", "accelerate", "matplotlib.pyplot", "scipy.optimize", "scipy.stats"]

Result = tuple[bool, float]  # Whether a notebook passed, and its seconds


def bound_names(code: Any) -> set[str]:
    """The names that compiled `code` leaves bound when it runs at module level."""
    ops = list(dis.get_instructions(code))
    stored, deleted = ({i.argval for i in ops if i.opname == op} for op in ("STORE_NAME", "DELETE_NAME"))
    return stored - deleted


def comparable(statements: Sequence[ast.stmt], package: str) -> list[str]:
    """The syntax trees of `statements`, with imports from the package as in a notebook."""
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            node.module, node.level = f"{package}.{node.module}" if node.module else package, 0
    return [ast.dump(statement) for statement in statements]


def cell_statements(source: str) -> dict[str, list[ast.stmt]]:
    """The statements of an exported module by the id of their cell; those above the first cell have the id ""."""
    starts = [(0, "")]
    for number, line in enumerate(source.splitlines(), 1):
        if mark := re.fullmatch(r"# %% \S+\.ipynb #(\S+)", line):
            starts.append((number, mark[1]))
    cells: dict[str, list[ast.stmt]] = {cell: [] for _, cell in starts}
    for statement in ast.parse(source).body:
        cells[max(start for start in starts if start[0] < statement.lineno)[1]].append(statement)
    return cells


class GrowingModule:
    """An exported module that runs cell by cell, beside the whole one that the package's other modules import."""

    def __init__(self, package: str, name: str, exported: dict[str, str]) -> None:
        """Take the code of module `name`, which must be that of the `exported` cells (their sources by their ids)."""
        self.path = Path(str(importlib.import_module(package).__file__)).parent / f"{name}.py"
        self.cells = cell_statements(self.path.read_text())
        self.module = ModuleType(f"{package}.growing_{name}")  # errors are told by where they are raised
        self.module.__dict__.update(__file__=str(self.path), __package__=package)
        sys.modules[self.module.__name__] = self.module  # where pickle looks for its classes
        self.check(package, exported)
        self.run("")

    def check(self, package: str, exported: dict[str, str]) -> None:
        """Raise `ValueError` if the module holds other code than the notebook."""
        found = cell_statements(self.path.read_text())  # anew, as these are changed
        differing = found.keys() ^ exported.keys() ^ {""}
        for cell in found.keys() & exported.keys():
            if comparable(found[cell], package) != comparable(ast.parse(exported[cell]).body, package):
                differing.add(cell)
        if differing:
            raise ValueError(f"{self.path.name} is not what its notebook exports: run make export. {sorted(differing)}")

    def run(self, cell: str) -> dict[str, Any]:
        """Run the code of `cell`; the names that it binds, and their values."""
        tree = ast.Module(body=self.cells[cell], type_ignores=[])
        code = compile(tree, str(self.path), "exec", dont_inherit=True)
        exec(code, self.module.__dict__)
        return {name: self.module.__dict__[name] for name in bound_names(code) if name in self.module.__dict__}


class ExportedShell(CaptureShell):
    """Runs a notebook's cells, and the exported ones from the package's file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.growing: GrowingModule | None = None
        self.source, self._cell_idx = "", 0

    def run_all(self, nb: Any, **kwargs: Any) -> None:
        """Run all cells; one that fails raises, and so does a module that is missing or not that of the notebook."""
        exported = {cell.id: cell.source for cell in nb.cells if cell.directives_.keys() & EXPORTS}
        names = [cell.directives_["default_exp"][0] for cell in nb.cells if "default_exp" in cell.directives_]
        try:
            if exported or names:
                self.growing = GrowingModule(get_config().lib_name, names[0].replace(".", "/"), exported)
            super().run_all(nb, **kwargs)
        except Exception as error:
            self.exc = error
            raise

    def cell(self, cell: Any, **kwargs: Any) -> None:
        """Run one cell."""
        self.source = cell.source
        if cell.cell_type == "code" and cell.directives_.keys() & EXPORTS:
            cell.source = f"get_ipython().run_exported({cell.id!r})"
        super().cell(cell, **kwargs)

    def run_exported(self, cell: str) -> None:
        """Run an exported cell in its module, and let the notebook have what it binds."""
        assert self.growing is not None
        self.user_ns.update(self.growing.run(cell))

    def prettytb(self, fname: Path | None = None) -> str:
        """What failed: the notebook, the cell's number, the traceback and the cell's source."""
        return f"{super().prettytb(fname)}\nThe cell:\n{self.source}\n"


def measured(result: Connection, test: Callable[..., Result], path: Path, kwargs: dict[str, Any]) -> None:
    """Test one notebook, measure coverage, and send the result."""
    with contextlib.chdir(ROOT):  # the settings' paths are relative
        coverage = Coverage(data_suffix=True)
        coverage.start()
    outcome = test(path, **kwargs)
    coverage.stop()
    coverage.save()
    result.send(outcome)


def in_processes(
    test: Callable[..., Result], paths: Sequence[Path], n_workers: int, pause: float = 0, **kwargs: Any
) -> list[Result]:
    """Test each notebook in a process of its own, large ones first; one whose process dies has failed."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # what is imported stays: notebooks need not look through it when they collect garbage
    context = multiprocessing.get_context("fork")
    waiting = sorted(paths, key=lambda path: path.stat().st_size)
    running: dict[Path, tuple[Any, Connection]] = {}
    results: dict[Path, Result] = {}
    while waiting or running:
        while waiting and len(running) < max(n_workers, 1):
            path, (receiver, sender) = waiting.pop(), context.Pipe(duplex=False)
            process = context.Process(target=measured, args=(sender, test, path, kwargs))
            process.start()
            sender.close()
            running[path] = process, receiver
        # What a notebook leaves running may hold its pipes open: hence the timeout.
        wait([process.sentinel for process, _ in running.values()], timeout=0.5)
        for path in [path for path, (process, _) in running.items() if not process.is_alive()]:
            results[path] = outcome_of(path, *running.pop(path))
    return [results[path] for path in paths]


def outcome_of(path: Path, process: Any, receiver: Connection) -> Result:
    """The result that a process sent before it ended well, or else a failure."""
    with contextlib.suppress(EOFError):
        if receiver.poll() and process.exitcode == 0:
            return receiver.recv()
    print(f"The process of {path.name} ended with {process.exitcode} and no result", file=sys.stderr)
    return False, 0.0


tested: list[Path] = []


def parallel(test: Callable[..., Result], paths: Sequence[Path], **kwargs: Any) -> list[Result]:
    """Take the place of nbdev's pool of processes."""
    tested.extend(paths)
    return in_processes(test, paths, **kwargs)


if __name__ == "__main__":
    nbdev.test.parallel, nbdev.test.CaptureShell = parallel, ExportedShell
    nbdev.test.nbdev_test()  # reads the command line only when it is called from here
    if not tested:
        sys.exit("No notebook was tested")
