"""Do records keep digests of all the code that runs, and do they survive moves? On this very package.

`gmmxlnet_nb.closure` finds the definitions that a notebook uses by reading sources, so it cannot see names that are put
together at run time. Here runs are watched: each function of the package that they call must belong to a definition that
was found. Then the sources of a copy of the repository are edited, and the records of all its jobs are judged.
"""

import ast
import inspect
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from gmmxlnet_nb.closure import (
    BOOKKEEPING,
    PACKAGE,
    Module,
    Statement,
    closure,
    code_cells,
    is_dunder,
    notebook_source,
    read_module,
    read_sources,
    used_code,
)
from gmmxlnet_nb.core import write_json
from gmmxlnet_nb.records import SCHEMA, Job, RecordStatus, job_record, record_status
from gmmxlnet_nb.runs import load_manifest

ROOT = Path(__file__).resolve().parent.parent
RUNS: dict[str, dict[str, Any]] = {  # smoke runs of the manifest, and what makes them smaller still
    "smoke-gmm2": {"max_steps": 4, "short_steps": 2, "num_train": 16, "num_eval": 8},
    "smoke-differentiable": {"max_steps": 4, "short_steps": 2, "num_train": 16, "num_eval": 8},
    "smoke-benchmark": {"parts": ["segment", "small", "long", "length"], "rounds": 1, "segment_counts": [2]},
}


# --- what runs ---


def in_package(code: CodeType) -> bool:
    """Whether code is the package's."""
    return Path(code.co_filename).parent == ROOT / PACKAGE


def on_behalf_of_bookkeeping(frame: FrameType | None) -> bool:
    """Whether a function runs because a module asked for it on which no result depends, to write a record say."""
    files = {ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in BOOKKEEPING}
    while frame is not None:
        if Path(frame.f_code.co_filename) in files:
            return True
        frame = frame.f_back
    return False


def watch(cells: list[str]) -> list[tuple[str, int]]:
    """Run a notebook's cells; file and first line of each function of the package that they call."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code not in called and not (in_package(frame.f_code) and on_behalf_of_bookkeeping(frame)):
            called.add(frame.f_code)

    namespace: dict[str, Any] = {"__name__": "__main__", "In": cells, "display": print}
    threading.settrace(note)
    sys.settrace(note)
    for cell in cells:
        exec(compile(cell, "<cell>", "exec"), namespace)
    sys.settrace(None)
    functions = [code for code in called if code.co_flags & inspect.CO_OPTIMIZED]  # not modules and bodies of classes
    return sorted((Path(code.co_filename).stem, code.co_firstlineno) for code in functions if in_package(code))


def modules_of(root: Path) -> dict[str, Module]:
    """The modules of a repository."""
    return {name: read_module(name, package, source) for name, package, source in read_sources(root)}


def first_line(node: ast.AST) -> int:
    """Where a statement begins, with its decorators."""
    return min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))


def makers_of_dunders(root: Path) -> set[str]:
    """What is called only to bind a name of Python's, as `__getattr__` of a module: such names never count."""
    found = set()
    for _, _, source in read_sources(root):
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and all(isinstance(x, ast.Name) and is_dunder(x.id) for x in node.targets):
                found |= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    return found


def cells_of(job: Job, parameters: dict[str, Any]) -> list[str]:
    """The cells of a job's notebook with parameters below its defaults, as papermill puts them."""
    cells = code_cells(job.notebook)
    at = 1 + next(i for i, (_, tags) in enumerate(cells) if "parameters" in tags)
    given = "# Parameters\n" + "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    sources = [source for source, _ in cells]
    return [*sources[:at], given, *sources[at:]]


def test_whatever_is_called_is_in_the_closure(tmp_path: Path) -> None:
    jobs = {job.id: job for job in load_manifest(ROOT / "experiments" / "manifest.toml") if job.id in RUNS}
    cells = {run: cells_of(job, job.given | RUNS[run]) for run, job in jobs.items()}
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, __file__]  # one process for all: importing takes most of the time
    watched = subprocess.run(
        command, input=json.dumps(cells), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert not watched.returncode, watched.stderr
    modules = modules_of(ROOT)
    for run, called in json.loads((tmp_path / "called.json").read_text(encoding="utf-8")).items():
        source = notebook_source(jobs[run].notebook)
        code = Statement(read_module(run, "", source)._replace(bound={}), ast.parse(source), ())
        used = closure(modules, code)
        spans = [(s.module.name, first_line(s.node), getattr(s.node, "end_lineno", 0)) for s in used]
        missed = set()
        for stem, line in called:
            name = PACKAGE if stem == "__init__" else f"{PACKAGE}.{stem}"
            if name not in BOOKKEEPING and not any(n == name and a <= line <= z for n, a, z in spans):
                missed.add([s.labels for s in modules[name].statements if first_line(s.node) <= line][-1])
        print(f"{run}: {len(called)} functions were called, {len(used)} definitions are in the closure")
        assert len(called) > 100 and not {labels for labels in missed if not makers_of_dunders(ROOT) & {*labels}}


# --- what makes records stale ---


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and the experiments, with a record of every job."""
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "experiments").mkdir()
    for path in (*ROOT.glob("experiments/*.ipynb"), ROOT / "experiments" / "manifest.toml"):
        shutil.copy(path, tmp_path / "experiments")
    for job in jobs_of(tmp_path):
        if job.base is not None:  # whose weights a record tells
            job.base.weights.parent.mkdir(parents=True, exist_ok=True)
            job.base.weights.touch()
        seen = {"schema": SCHEMA, "params": job.given, "seed": job.seed, "metrics": {}, "imported": [PACKAGE], "times": {}}
        write_json(job.record, job_record(job, seen, {}))
    return tmp_path


def jobs_of(root: Path) -> list[Job]:
    """All jobs of a repository."""
    return load_manifest(root / "experiments" / "manifest.toml")


def stale(root: Path) -> dict[str, set[str]]:
    """Why records are not fresh, by notebook; those of all jobs with a notebook are in the same state."""
    found: dict[str, set[RecordStatus]] = {}
    for job in jobs_of(root):
        state, why = record_status(job)
        if job.base is None or not why.startswith(f"the record of {job.base.name},"):  # that one says why
            found.setdefault(job.notebook.name, set()).add(RecordStatus(state, why))
    return {name: {why for _, why in verdicts} for name, verdicts in found.items() if verdicts != {RecordStatus("fresh")}}


def where(root: Path, name: str) -> tuple[Path, Statement]:
    """The file and the statement that define a name, which must be the only one."""
    (statement,) = [s for m in modules_of(root).values() if m.name not in BOOKKEEPING for s in m.bound.get(name, ())]
    return root / f"{statement.module.name.replace('.', '/')}.py", statement


def imports(uses: Iterable[tuple[str, str]]) -> str:
    """Statements that import names, each from where it is."""
    lines = []
    for name, target in sorted(uses):
        parent, _, last = target.rpartition(".")
        lines.append(f"from {parent} import {last} as {name}" if parent else f"import {target} as {name}")
    return "\n".join(lines) + "\n"


def move(root: Path, name: str, to: str) -> None:
    """Cut a definition out of its module, put it into another one, and mend the imports of both and of all others."""
    path, statement = where(root, name)
    old, new = statement.module.name, f"{PACKAGE}.{to}"
    assert old != new
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    first, last = first_line(statement.node) - 1, getattr(statement.node, "end_lineno", 0)
    text = "".join(lines[first:last])
    mine = {(n, source) for n, source, _ in statement.uses if n != name}
    path.write_text("".join(lines[:first] + lines[last:]) + imports([(name, f"{new}.{name}")]), encoding="utf-8")
    target = root / PACKAGE / f"{to}.py"
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    target.write_text(imports(mine) + before + "\n" + text, encoding="utf-8")
    for other in (root / PACKAGE).glob("*.py"):
        source = other.read_text(encoding="utf-8")
        for node in [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom)]:
            absolute = node.module if not node.level else f"{PACKAGE}.{node.module}"
            taken = [part for part in node.names if part.name == name and absolute == old]
            if taken:
                rest = [part for part in node.names if part not in taken]
                groups = [(old, rest), *([(new, taken)] if other != target else [])]
                both = [ast.unparse(ast.ImportFrom(module, names, 0)) for module, names in groups if names]
                source = source.replace(ast.get_source_segment(source, node) or "", "; ".join(both) or "pass")
        other.write_text(source, encoding="utf-8")


def test_a_move_makes_no_record_stale(copy: Path) -> None:
    rooms = {name: where(copy, name)[0].stem for name in ("load_balance_loss", "GMMTrainer")}
    for name, to in (
        ("load_balance_loss", rooms["GMMTrainer"]),  # a function, into another module
        ("GatedUpdate", "somewhere"),  # a class, into a new one
        ("MEMORIES", "somewhere"),  # a table
        ("MEMORIES", rooms["load_balance_loss"]),
    ):
        move(copy, name, to)
        assert where(copy, name)[0].stem == to
        assert stale(copy) == {}, name


def edit(root: Path, name: str, how: Callable[[list[str], int], None]) -> None:
    """Edit the lines of the file that defines a name, from the first line of its definition's body on."""
    path, statement = where(root, name)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    how(lines, statement.node.body[-1].lineno - 1)  # type: ignore[attr-defined]
    path.write_text("".join(lines), encoding="utf-8")


def add(text: str) -> Callable[[list[str], int], None]:
    """Put a line above another one, with its indentation."""
    return lambda lines, at: lines.insert(at, lines[at][: len(lines[at]) - len(lines[at].lstrip())] + text + "\n")


def drop(lines: list[str], at: int) -> None:
    """Take out the line above another one."""
    del lines[at - 1]


def test_an_edit_makes_exactly_its_users_stale(copy: Path) -> None:
    notebooks = tuple(sorted(path.name for path in copy.glob("experiments/*.ipynb")))
    assert {"analysis.ipynb", "benchmark.ipynb", "pretrain.ipynb", "train.ipynb"} <= set(notebooks)
    used = {name: used_code(copy / "experiments" / name, copy).definitions for name in notebooks}
    functions = {
        label: statement.module.name
        for module in modules_of(copy).values()
        if module.name not in BOOKKEEPING
        for label, [statement, *others] in module.bound.items()
        if isinstance(statement.node, ast.FunctionDef) and not others
    }
    count = Counter(label for module in modules_of(copy).values() if module.name not in BOOKKEEPING for label in module.bound)
    once, jobs = [label for label in functions if count[label] == 1], jobs_of(copy)
    for users in ((), *((name,) for name in notebooks), notebooks):
        name = next(f for f in once if all((f in used[notebook]) == (notebook in users) for notebook in used))
        edit(copy, name, add("# prose"))
        assert stale(copy) == {}
        edit(copy, name, add("0"))
        place = functions[name].rpartition(".")[2]
        # Where each run of a notebook starts from one of `users`, its records say that of those.
        own = {job.notebook.name for job in jobs if job.base is None or job.base.notebook.name not in users}
        assert stale(copy) == {notebook: {f"changed: {name} ({place})"} for notebook in users if notebook in own}
        edit(copy, name, drop)
        assert stale(copy) == {}


def test_judging_all_records_takes_little_beside_reading_them(copy: Path) -> None:
    jobs = [job for job in jobs_of(copy) if job.tier == "full"]
    program = (
        "import json, time; from gmmxlnet_nb.runs import record_status, load_manifest\n"
        "jobs = [job for job in load_manifest() if job.tier == 'full']; clock = time.process_time; start = clock()\n"
        "for job in jobs: json.loads(job.record.read_text())\n"
        "middle = clock(); assert {record_status(job).state for job in jobs} == {'fresh'}\n"
        "print(middle - start, clock() - middle)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run([sys.executable, "-c", program], cwd=copy, env=environment, capture_output=True, text=True)
    assert not said.returncode, said.stderr
    read, judged = map(float, said.stdout.split())
    print(f"{len(jobs)} records: {read:.2f} s of processor time to read, {judged:.2f} s to judge")
    assert judged < 60 * read  # 20 times as long; to look up all code for each record would take hundreds


if __name__ == "__main__":
    found = {run: watch(cells) for run, cells in json.load(sys.stdin).items()}
    Path("called.json").write_text(json.dumps(found), encoding="utf-8")
