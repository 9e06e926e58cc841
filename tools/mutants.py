"""Mutation testing: change one small thing in an exported module, and see whether a notebook's tests notice.

    python tools/mutants.py --seed 0 --count 60 --workers 2      (make mutants)
    python tools/mutants.py --module losses router               all chosen mutants are of these modules
    python tools/mutants.py --count 0 --only "b <= last" --list  all whose text has this (a pattern), listed and not run

The tests are cells of notebooks, and the notebook of a module defines the module's code itself, cell by cell. mutmut and
cosmic-ray change `.py` files and run a command: the tests of the module's own notebook would run on its unchanged cells.
Hence this small tool, which makes each change twice, in the module and in the cell that the module comes from.

A mutant is one edit of the text of an exported cell: a comparison's boundary, an operator, a constant, a `not` or a
`clamp` that goes, an operand or a condition that is dropped, swapped arguments, a check that is deleted, an argument that
comes back unchanged. Left alone are docstrings, messages, annotations, decorators, `zip`'s `strict`, logging, names that
only messages use, and what a figure merely looks like: widths of lines, sizes of letters. Modules without mutants:
kernels and fused (Triton, which needs a GPU), and `__init__`, `__main__` and `_modidx`, which no notebook exports or which
are generated.

It is tested in a scratch copy of the repository, never in the repository: by the module's own notebook, then by those that
name the module in their code, the nearest level first (`[tool.layout]`), until one fails or takes more than `--limit`
seconds. A notebook that fails without any mutant, too, counts for nothing. Cells flagged `slow` or `gpu` are left out.

The choice is at random over modules, one after the other, and settled by the seed: each mutant has a rank of its own, so
that it stays chosen when other lines change. `tools/mutants_equivalent.toml` lists mutants that no test can notice, each
with the reason; they are counted apart. Results: `runs/mutants/summary.json` and `summary.md`; the exit code is 1 below 90%.
"""

import argparse
import ast
import contextlib
import hashlib
import importlib
import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.toml")
LEFT_OUT = {"kernels", "fused"}  # Triton's code runs on a GPU only
TARGET = 0.9
EXPORTS = re.compile(r"#\|\s*(export|exports|exporti)\s*$", re.MULTILINE)
MEMORY = 20 << 30  # Bytes of addresses: a mutant that loops must not take the machine's memory
# What takes seconds to import in most notebooks; not the package, which is the mutant's.
PRELOADED = "torch torch._dynamo transformers datasets accelerate matplotlib.pyplot nbdev.test execnb.shell".split()

BOUNDARIES = {ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">")}
EQUALITIES = {
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {**BOUNDARIES, **EQUALITIES}
OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"),
}  # fmt: skip
REMOVABLE = {"clamp", "clamp_min", "clamp_max", "masked_fill", "detach", "nan_to_num"}
OTHER_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min", "amin": "amax", "amax": "amin"}
LOGGING = {"print", "warn", "debug", "info", "warning", "error", "exception"}
LOOKS = set("alpha fontsize framealpha handlelength labelpad labelsize linewidth linewidths ls lw markersize ms pad size".split())
CHECKS = ("check_", "require")


class Edit(NamedTuple):
    """A change of a text: the bytes from `start` to `end` become `new`."""

    kind: str
    function: str
    start: int
    end: int
    new: str


def called(node: ast.AST) -> str:
    """The last name of what a call calls, or nothing."""
    func = node.func if isinstance(node, ast.Call) else None
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def outside(node: ast.AST) -> Iterator[ast.AST | None]:
    """The parts of a node that are no behaviour: messages, annotations, logging, looks."""
    match node:
        case ast.Raise():
            yield from (node.exc, node.cause)
        case ast.JoinedStr():
            yield node
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (*node.decorator_list, node.returns)
        case ast.ClassDef():
            yield from node.decorator_list
        case ast.arg() | ast.AnnAssign():
            yield node.annotation
        case ast.keyword(arg=name) if name == "strict" or name in LOOKS:
            yield node
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield node
        case ast.Call() if called(node) in LOGGING:
            yield node
        case ast.Call() if called(node) in ("require", "isinstance", "issubclass"):
            yield from node.args[1:]
        case ast.Call(args=[first, *_]) if called(node) in ("cast", "TypeVar"):
            yield first


def exempt_nodes(tree: ast.AST) -> set[int]:
    """The ids of nodes that are not to change."""
    exempt: set[int] = set()

    def leave(part: ast.AST | None) -> None:
        exempt.update(id(inner) for inner in ast.walk(part)) if part is not None else None

    for node in ast.walk(tree):
        for part in outside(node):
            leave(part)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]:
        for _ in range(2):  # a message's part may have parts of its own
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
            used = {node.id for node in names if id(node) not in exempt}
            said = {node.id for node in names if id(node) in exempt} - used
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and {getattr(target, "id", "") for target in node.targets} <= said:
                    leave(node)
    return exempt


class Cell:
    """An exported cell's source, and its edits."""

    def __init__(self, source: str) -> None:
        self.text = source.encode()
        self.tree = ast.parse(source)
        self.lines = [0]
        for line in self.text.split(b"\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node is, in bytes."""
        return self.lines[node.lineno - 1] + node.col_offset, self.lines[node.end_lineno - 1] + node.end_col_offset

    def part(self, node: ast.AST) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.text[start:end].decode()

    def edits(self) -> Iterator[Edit]:
        """All edits of the cell: each leaves it Python, no two give the same, and none gives what it was."""
        seen = {ast.dump(self.tree)}
        for edit in self.below(self.tree, "", exempt_nodes(self.tree)):
            with contextlib.suppress(SyntaxError):
                after = ast.dump(ast.parse(self.text[: edit.start] + edit.new.encode() + self.text[edit.end :]))
                if after not in seen:
                    seen.add(after)
                    yield edit

    def below(self, parent: ast.AST, function: str, exempt: set[int]) -> Iterator[Edit]:
        """The edits of what `parent` holds."""
        for node in ast.iter_child_nodes(parent):
            if id(node) in exempt:
                continue
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            name = ".".join(filter(None, [function, node.name])) if named else function  # type: ignore[attr-defined]
            for kind, start, end, new in self.of(node, exempt):
                yield Edit(kind, name, start, end, new)
            yield from self.below(node, name, exempt)

    def replace(self, kind: str, node: ast.AST, new: ast.AST | str) -> tuple[str, int, int, str]:
        """`node`, become the text of `new`, in brackets where a part of it comes to stand alone."""
        if isinstance(new, ast.AST):
            plain = isinstance(new, ast.Name | ast.Attribute | ast.Call | ast.Constant | ast.Subscript)
            new = self.part(new) if plain else f"({self.part(new)})"
        return kind, *self.span(node), new

    def between(self, left: ast.AST, right: ast.AST, old: str, new: str) -> tuple[int, int, str]:
        """Where the operator `old` stands between two nodes, and what it becomes."""
        start, end = self.span(left)[1], self.span(right)[0]
        found = re.search(re.escape(old).replace(r"\ ", r"\s+"), self.text[start:end].decode())
        assert found is not None
        return start + found.start(), start + found.end(), new

    def of(self, node: ast.AST, exempt: set[int]) -> Iterator[tuple[str, int, int, str]]:
        """The edits of one node: their kind, and the bytes that become another text."""
        match node:
            case ast.Compare():
                sides = [node.left, *node.comparators]
                for op, (left, right) in zip(node.ops, pairwise(sides), strict=True):
                    yield "comparison", *self.between(left, right, *COMPARISONS[type(op)])
            case ast.BinOp(left=left, right=right, op=op) if type(op) in OPERATORS:
                of_lists = ast.List | ast.ListComp | ast.Dict | ast.JoinedStr
                texts = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (left, right))
                if not texts and not any(isinstance(side, of_lists) for side in (left, right)):
                    yield "operator", *self.between(left, right, *OPERATORS[type(op)])
                if isinstance(op, ast.BitAnd | ast.BitOr | ast.Mult):  # a mask or a weight that counts for nothing
                    yield from (self.replace("dropped operand", node, side) for side in (left, right))
            case ast.BoolOp(values=values):
                old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
                for i, (left, right) in enumerate(pairwise(values)):
                    yield "operator", *self.between(left, right, old, new)
                    yield "dropped operand", self.span(left)[0], self.span(right)[0], ""
                    if i == len(values) - 2:
                        yield "dropped operand", self.span(left)[1], self.span(right)[1], ""
            case ast.UnaryOp(operand=operand, op=ast.Not() | ast.Invert() | ast.USub()):
                yield self.replace("removed not" if not isinstance(node.op, ast.USub) else "operator", node, operand)
            case ast.Constant(value=bool()):
                yield self.replace("constant", node, str(not node.value))
            case ast.Constant(value=int() | float() as value):
                yield from (self.replace("constant", node, repr(other)) for other in (value + 1, value - 1))
            case ast.If(test=test) | ast.While(test=test) if not isinstance(test, ast.Constant):
                outcomes = ("True", "False") if isinstance(node, ast.If) else ("False",)
                yield from (self.replace("dropped condition", test, outcome) for outcome in outcomes)
            case ast.IfExp(body=body, orelse=orelse):
                yield from (self.replace("dropped condition", node, side) for side in (body, orelse))
            case ast.comprehension(ifs=ifs):
                yield from (self.replace("dropped condition", test, "True") for test in ifs)
            case ast.FunctionDef(args=ast.arguments(args=arguments), body=[*_, ast.Return(value=ast.expr() as value)]):
                names = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
                if names and id(value) not in exempt:
                    yield self.replace("argument returned", value, names[0])
            case ast.Expr(value=ast.Call() as call) if called(call).startswith(CHECKS):
                yield self.replace("deleted check", node, "pass")
            case ast.Call():
                yield from self.of_call(node)

    def of_call(self, node: ast.Call) -> Iterator[tuple[str, int, int, str]]:
        """The edits of a call."""
        func, name, args = node.func, called(node), node.args
        if isinstance(func, ast.Attribute) and name in REMOVABLE:
            yield self.replace("removed call", node, func.value)
        if name in OTHER_CALLS:
            end = self.span(func)[1]
            yield "other call", end - len(name), end, OTHER_CALLS[name]
        if isinstance(func, ast.Name) and name in ("min", "max") and len(args) == 2:
            yield from (self.replace("removed call", node, arg) for arg in args if not isinstance(arg, ast.Starred))
        pair: Sequence[ast.expr] = args[1:] if name == "where" and len(args) == 3 else ()
        if name in ("cat", "stack", "concat", "vstack", "hstack") and args and isinstance(args[0], ast.List | ast.Tuple):
            pair = args[0].elts[:2]
        if len(pair) == 2 and not any(isinstance(part, ast.Starred) for part in pair):
            (start, middle), (then, end) = self.span(pair[0]), self.span(pair[1])
            new = self.text[then:end] + self.text[middle:then] + self.text[start:middle]
            yield "swapped arguments", start, end, new.decode()


@dataclass(frozen=True)
class Mutant:
    """One edit of an exported cell: where, and its lines before and after."""

    module: str
    notebook: str
    cell: str
    function: str
    kind: str
    line: int  # In the module's file; 1 is the first
    before: str
    after: str
    nth: int  # Of those that read the same
    start: int  # Bytes in the cell's source
    end: int
    new: str

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What names a mutant while other lines change."""
        return self.module, self.function, self.before, self.after, self.nth

    def __str__(self) -> str:
        """Where it is, and what it changes."""
        nth = f" ({self.nth + 1})" if self.nth else ""
        return f"{self.module}.{self.function or '…'}:{self.line}: {self.before} → {self.after}{nth}"

    def rank(self, seed: int) -> str:
        """Its place in the choice."""
        return hashlib.sha256(repr((seed, *self.key)).encode()).hexdigest()


def read_cells(notebook: Path) -> list[dict[str, Any]]:
    """A notebook's code cells, each with its source as one text."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == "code"]


def module_of(notebook: Path) -> str | None:
    """The module that a notebook exports."""
    found = [re.search(r"^#\|\s*default_exp\s+(\S+)", cell["source"], re.MULTILINE) for cell in read_cells(notebook)]
    return next((mark[1] for mark in found if mark), None)


def directives(source: str) -> int:
    """How many lines at the head of a cell the export leaves out."""
    lines = source.split("\n")
    return next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#|")), len(lines))


def first_line(module: str, notebook: str, cell: str) -> int:
    """Where a cell begins in its module's text; 0 is the first line."""
    return module.split("\n").index(f"# %% ../nbs/{notebook} #{cell}") + 1


def lines_changed(source: str, mutant: Mutant) -> tuple[int, int, list[str]]:
    """The first and the last line of a cell that a mutant changes, and what they become."""
    text = source.encode()
    first, last = text[: mutant.start].count(b"\n"), text[: mutant.end].count(b"\n")
    changed = (text[: mutant.start] + mutant.new.encode() + text[mutant.end :]).decode().split("\n")
    return first, last, changed[first : len(changed) - (source.count("\n") - last)]


def one_line(lines: Iterable[str]) -> str:
    """Lines as one, without their comments where they are several."""
    lines = list(lines)
    lines = [re.sub(r"\s+# .*", "", line) for line in lines] if len(lines) > 1 else lines
    return " ".join(" ".join(lines).split())


def find_mutants(root: Path, notebook: Path) -> list[Mutant]:
    """All mutants of the module that a notebook exports, in the order of its cells."""
    module = module_of(notebook)
    if module is None or module in LEFT_OUT:
        return []
    text = (root / "gmmxlnet_nb" / f"{module}.py").read_text("utf-8")
    found: list[Mutant] = []
    for cell in read_cells(notebook):
        source = cell["source"]
        if not EXPORTS.search(source):
            continue
        begin = first_line(text, notebook.name, cell["id"]) - directives(source)
        for kind, function, start, end, new in Cell(source).edits():
            mutant = Mutant(module, notebook.name, cell["id"], function, kind, 0, "", "", 0, start, end, new)
            first, last, after = lines_changed(source, mutant)
            before, line = one_line(source.split("\n")[first : last + 1]), begin + first + 1
            nth = sum(m.key[:4] == (module, function, before, one_line(after)) for m in found)
            place = (module, notebook.name, cell["id"], function, kind, line, before, one_line(after), nth)
            found.append(Mutant(*place, start, end, new))
    return found


def notebooks(root: Path) -> list[Path]:
    """The notebooks with tests."""
    return sorted((root / "nbs").glob("*.ipynb"))


def choose(mutants: Iterable[Mutant], seed: int, count: int | None) -> list[Mutant]:
    """Mutants at random, one of each module after the other."""
    by_module: dict[str, list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda mutant: mutant.rank(seed)):
        by_module.setdefault(mutant.module, []).append(mutant)
    rounds = [(i, rank, mutant) for rank, some in enumerate(by_module.values()) for i, mutant in enumerate(some)]
    return [mutant for _, _, mutant in sorted(rounds, key=lambda place: place[:2])][:count]


def levels(root: Path) -> list[str]:
    """The modules from the lowest to the highest."""
    return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["layout"]["levels"]).split()


def notebooks_for(root: Path, module: str, nbs: Sequence[Path]) -> list[Path]:
    """The notebooks that test a module: its own, then those whose code names it, the nearest level first."""
    order = levels(root)
    named = re.compile(rf"gmmxlnet_nb(\.|\s+import\s+(.*\W)?){module}\b")

    def distance(path: Path) -> tuple[int, str]:
        other = module_of(path)
        level = order.index(other) if other in order else len(order)
        return abs(level - order.index(module)), path.name

    own = [path for path in nbs if module_of(path) == module]
    others = [path for path in nbs if path not in own and any(named.search(cell["source"]) for cell in read_cells(path))]
    return own + sorted(others, key=distance)


def edited(source: str, mutant: Mutant) -> str:
    """A cell's source with the mutant in it."""
    text = source.encode()
    return (text[: mutant.start] + mutant.new.encode() + text[mutant.end :]).decode()


@contextlib.contextmanager
def in_place(root: Path, mutant: Mutant) -> Iterator[None]:
    """Put a mutant into a scratch copy, into the module and the notebook's cell, and take it out again."""
    if root.resolve() == ROOT:
        raise ValueError("root must be a scratch copy, got the repository")
    notebook, module = root / "nbs" / mutant.notebook, root / "gmmxlnet_nb" / f"{mutant.module}.py"
    was = {path: path.read_bytes() for path in (notebook, module)}
    book = json.loads(was[notebook])
    cell = next(cell for cell in book["cells"] if cell.get("id") == mutant.cell)
    source = "".join(cell["source"])
    cell["source"] = edited(source, mutant)
    lines = was[module].decode().split("\n")
    first, last, after = lines_changed(source, mutant)
    begin = first_line(was[module].decode(), mutant.notebook, mutant.cell) - directives(source)
    here = slice(begin + first, begin + last + 1)
    if lines[here] != source.split("\n")[first : last + 1]:
        raise ValueError(f"{module.name} is not what {mutant.notebook} exports: run make export")
    lines[here] = after
    try:
        notebook.write_text(json.dumps(book), "utf-8")
        module.write_text("\n".join(lines), "utf-8")
        yield
    finally:
        for path, content in was.items():
            path.write_bytes(content)


def copy_repository(root: Path, to: Path) -> None:
    """Copy what git tracks or would, as it is now, and give it a history of one commit."""
    git = ["git", "-C", str(root)]
    listed = subprocess.run([*git, "ls-files", "-zco", "--exclude-standard"], check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
    who = ["-c", "user.name=mutants", "-c", "user.email=mutants@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "A scratch copy"]):
        subprocess.run(["git", "-C", str(to), *command], check=True, capture_output=True)


def run_notebook(root: Path, notebook: Path, log: Path) -> None:
    """Run a notebook's tests in this process, which ends with 0 if they pass."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job ignores
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout = sys.stderr = log.open("w")
    os.dup2(sys.stdout.fileno(), 1)
    os.dup2(sys.stdout.fileno(), 2)
    os.chdir(root)
    sys.path.insert(0, str(root))
    os.environ.update(PYTHONPATH=str(root), PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True  # a mutant of the same second and size would be taken for what was compiled before it
    from nbdev.config import get_config
    from nbdev.test import test_nb

    for name in [name for name in sys.modules if name.partition(".")[0] == "gmmxlnet_nb"]:
        del sys.modules[name]  # what was forked may have imported another copy
    get_config.cache_clear()
    passed, _ = test_nb(notebook, skip_flags=str(get_config().tst_flags).split())
    sys.stdout.flush()
    os._exit(0 if passed else 1)


def outcome_of(root: Path, notebook: Path, limit: float) -> str:
    """Nothing if a notebook passes, else why it did not."""
    log = root.parent / f"{root.name}.log"
    process = multiprocessing.get_context("fork").Process(target=run_notebook, args=(root, notebook, log))
    process.start()
    assert process.pid is not None
    process.join(limit)
    over = process.is_alive()
    with contextlib.suppress(ProcessLookupError, PermissionError):  # what it started goes with it
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    if over:
        return f"it took more than {limit:g} s"
    if process.exitcode == 0:
        return ""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception|Exit|Interrupt|Warning)\b", line)]
    return re.sub(r"\x1b\[[\d;]*m", "", errors[-1])[:300] if errors else f"it ended with {process.exitcode}"


@dataclass
class Outcome:
    """What became of a mutant."""

    status: str  # caught, survived or equivalent
    caught_by: str = ""  # A notebook
    reason: str = ""  # How it failed, or why the mutant is equivalent
    seconds: float = 0.0
    ran: tuple[str, ...] = ()  # The notebooks that were run


class Worker:
    """A scratch copy, and what runs mutants in it."""

    def __init__(self, root: Path, limit: float, baseline: Path) -> None:
        self.root, self.limit, self.baseline = root, limit, baseline
        self.nbs = notebooks(root)

    def passes_unchanged(self, notebook: Path) -> bool:
        """Whether a notebook passes without a mutant; asked once for all workers."""
        known = self.baseline / notebook.stem
        if not known.exists():
            known.write_text(outcome_of(self.root, notebook, self.limit))
        return not known.read_text()

    def test(self, mutant: Mutant) -> Outcome:
        """Run the notebooks that test a mutant until one fails that passes without it."""
        began, ran = time.monotonic(), []
        for notebook in notebooks_for(self.root, mutant.module, self.nbs):
            ran.append(notebook.name)
            with in_place(self.root, mutant):
                why = outcome_of(self.root, notebook, self.limit)
            if why and self.passes_unchanged(notebook):
                return Outcome("caught", notebook.name, why, time.monotonic() - began, tuple(ran))
        return Outcome("survived", seconds=time.monotonic() - began, ran=tuple(ran))


workers: list[Worker] = []  # The one of this process


def start_worker(folder: Path, limit: float) -> None:
    """Copy the repository for this process."""
    root = Path(tempfile.mkdtemp(prefix="copy", dir=folder))
    copy_repository(ROOT, root)
    (folder / "baseline").mkdir(exist_ok=True)
    workers.append(Worker(root, limit, folder / "baseline"))


def run_mutant(mutant: Mutant) -> Outcome:
    """What becomes of a mutant, in this process's copy."""
    return workers[0].test(mutant)


def equivalents(path: Path = EQUIVALENT) -> dict[tuple[str, str, str, str, int], str]:
    """The mutants that no test can notice, and why."""
    listed = tomllib.loads(path.read_text("utf-8")).get("equivalent", []) if path.exists() else []
    return {(e["module"], e["function"], e["before"], e["after"], e.get("nth", 0)): e["reason"] for e in listed}


def summary(results: dict[Mutant, Outcome], chosen: Sequence[Mutant], seed: int) -> str:
    """A table of what became of each mutant."""
    count = Counter(outcome.status for outcome in results.values())
    run = count["caught"] + count["survived"]
    share = f"{count['caught'] / run:.0%}" if run else "none"
    lines = [
        f"Seed {seed}: {len(chosen)} mutants chosen, {run} run, {count['caught']} caught ({share}), {count['survived']} "
        f"survived, {count['equivalent']} equivalent, {len(chosen) - len(results)} not run.\n",
        "| mutant | kind | line | before | after | result |",
        "|---|---|---|---|---|---|",
    ]
    for mutant in chosen:
        outcome = results.get(mutant, Outcome("not run"))
        told = {"caught": f"caught by {outcome.caught_by}: {outcome.reason}", "equivalent": f"equivalent: {outcome.reason}"}
        row = (f"{mutant.module}.{mutant.function}", mutant.kind, str(mutant.line), f"`{mutant.before}`", f"`{mutant.after}`")
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in (*row, told.get(outcome.status, outcome.status))) + " |")
    return "\n".join(lines) + "\n"


def write_summary(results: dict[Mutant, Outcome], chosen: Sequence[Mutant], seed: int, out: Path) -> None:
    """Write the results so far."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [asdict(mutant) | asdict(results.get(mutant, Outcome("not run"))) for mutant in chosen]
    (out / "summary.json").write_text(json.dumps({"seed": seed, "mutants": rows}, indent=1, ensure_ascii=False) + "\n")
    (out / "summary.md").write_text(summary(results, chosen, seed))


def run_all(chosen: Sequence[Mutant], n_workers: int, limit: float, seed: int, out: Path) -> dict[Mutant, Outcome]:
    """Run mutants in processes of their own, and write the results as they come."""
    same = equivalents()
    results = {mutant: Outcome("equivalent", reason=same[mutant.key]) for mutant in chosen if mutant.key in same}
    os.environ.update(OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1", IN_TEST="1")
    sys.dont_write_bytecode = True
    for name in PRELOADED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        start = partial(start_worker, Path(folder), limit)
        with ProcessPoolExecutor(n_workers, multiprocessing.get_context("fork"), start) as pool:
            futures = {pool.submit(run_mutant, mutant): mutant for mutant in chosen if mutant not in results}
            for future in as_completed(futures):
                mutant = futures[future]
                outcome = results[mutant] = future.result()
                print(f"{outcome.status} {outcome.caught_by} ({outcome.seconds:.0f} s): {mutant}", flush=True)
                write_summary(results, chosen, seed, out)
    write_summary(results, chosen, seed, out)
    return results


def main() -> int:
    """Choose mutants and run them."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="settles the choice")
    parser.add_argument("--count", type=int, default=60, help="how many to choose; 0 for all")
    parser.add_argument("--module", nargs="*", default=[], help="choose among these modules only")
    parser.add_argument("--only", default="", help="of the chosen ones, those in whose text this pattern is found")
    parser.add_argument("--workers", type=int, default=2, help="processes, each with a scratch copy")
    parser.add_argument("--limit", type=float, default=300, help="seconds for one notebook")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "mutants", help="the folder of the results")
    parser.add_argument("--list", action="store_true", help="list the chosen mutants and stop")
    args = parser.parse_args()
    nbs = notebooks(ROOT)
    if unknown := set(args.module) - {module_of(path) for path in nbs}:
        parser.error(f"--module must be modules with a notebook, got {' '.join(sorted(unknown))}")
    wanted = [path for path in nbs if not args.module or module_of(path) in args.module]
    mutants = [mutant for path in wanted for mutant in find_mutants(ROOT, path)]
    chosen = [mutant for mutant in choose(mutants, args.seed, args.count or None) if re.search(args.only, str(mutant))]
    if args.list:
        print(*chosen, f"{len(chosen)} of {len(mutants)} mutants", sep="\n")
        return 0
    results = run_all(chosen, args.workers, args.limit, args.seed, args.out)
    survivors = [f"survived: {mutant}" for mutant in chosen if results[mutant].status == "survived"]
    print(summary(results, chosen, args.seed).split("\n")[0], *survivors, sep="\n")
    counted = [outcome.status for outcome in results.values() if outcome.status != "equivalent"]
    return int(counted.count("caught") < TARGET * len(counted))


if __name__ == "__main__":
    sys.exit(main())
