"""The package's layout: what a module may import and how much it may hold, read from its source: `pytest tools`."""

import ast
import functools
import graphlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gmmxlnet_nb"
MOST_LINES, MOST_PUBLIC, MOST_AT_TOP = 700, 200, 80
ABOVE_ALL = ["__init__", "__main__"]  # These may import each module, and no module may import them.
NAMED_LATER = [*ABOVE_ALL, "core"]  # These may import what cannot be read: public names, and names that have moved
GENERATED = "_modidx"  # nbdev's index


class Import(NamedTuple):
    """An import of one module of the package by another."""

    module: str
    line: int
    target: str | None  # None where only running it would tell
    statement: str

    def __str__(self) -> str:
        """Where it is, and how it reads."""
        return f"{self.module}.py:{self.line}: {self.statement}"


parse = functools.cache(ast.parse)


def trees(folder: Path) -> dict[str, ast.Module]:
    """The syntax tree of each module, by the name that follows the package's."""
    paths = {".".join(path.relative_to(folder).with_suffix("").parts): path for path in sorted(folder.rglob("*.py"))}
    return {name: parse(path.read_text("utf-8")) for name, path in paths.items() if name != GENERATED}


def levels() -> list[str]:
    """The modules from the lowest to the highest: each may import those before it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(settings["tool"]["layout"]["levels"]).split()


def inside(name: str, package: str) -> str | None:
    """Which module of the package the absolute `name` is, or None if it is of another package."""
    first, _, rest = name.partition(".")
    return (rest or "__init__") if first == package else None


def from_targets(node: ast.ImportFrom, package: str, modules: set[str]) -> set[str]:
    """The modules of the package that a `from … import …` imports."""
    base = ".".join(filter(None, [package, node.module])) if node.level else node.module or ""
    target = inside(base, package)
    if target != "__init__":
        return {target} if target else set()
    return {alias.name if alias.name in modules else "__init__" for alias in node.names}


def called_target(node: ast.Call, package: str) -> set[str | None]:
    """The module of the package that a call of `import_module` imports; None where that cannot be read."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in ("import_module", "__import__") or not node.args:
        return set()
    asked = node.args[0]
    parts = asked.values if isinstance(asked, ast.JoinedStr) else [asked]
    text = ""
    for part in parts:
        if isinstance(part, ast.FormattedValue) and ast.unparse(part.value) in ("__name__", "__package__", "PACKAGE"):
            text += package
        elif isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            return {None}
    target = inside(package + text if text.startswith(".") else text, package)
    return {target} if target else set()


def imports(folder: Path) -> list[Import]:
    """All imports between modules: at the top, in functions, for type checkers only, and by `import_module`."""
    found, package, sources = [], folder.name, trees(folder)
    for module, tree in sources.items():
        for node in ast.walk(tree):
            targets: set[str | None] = set()
            if isinstance(node, ast.Import):
                targets.update(target for alias in node.names if (target := inside(alias.name, package)))
            elif isinstance(node, ast.ImportFrom):
                targets.update(from_targets(node, package, set(sources)))
            elif isinstance(node, ast.Call):
                targets = called_target(node, package)
            for target in sorted(targets, key=str):
                found.append(Import(module, node.lineno, target, ast.unparse(node)))  # type: ignore[attr-defined]
    return found


def upward_imports(folder: Path, order: list[str]) -> list[str]:
    """Imports of modules that do not stand on a lower level, and those that cannot be read."""
    level = {name: i for i, name in enumerate(order + ABOVE_ALL)}
    faults = []
    for each in imports(folder):
        if each.target is None:
            if each.module not in NAMED_LATER:
                faults.append(f"{each}: which module that is cannot be read")
        elif level.get(each.target, len(level)) >= level.get(each.module, -1):
            faults.append(f"{each}: {each.target} is not on a lower level than {each.module}")
    return faults


def cycle(folder: Path) -> list[str]:
    """The imports of one cycle, if there is any."""
    graph: dict[str, set[str]] = {}
    found = [each for each in imports(folder) if each.target]
    for each in found:
        graph.setdefault(each.module, set()).add(str(each.target))
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        steps = set(zip(error.args[1][1:], error.args[1], strict=False))  # each is imported by the one after it
        return [str(each) for each in found if (each.module, each.target) in steps]
    return []


def wrong_levels(folder: Path, order: list[str]) -> list[str]:
    """Modules without a level, levels without a module, and levels given twice."""
    modules = trees(folder).keys() - set(ABOVE_ALL)
    faults = [f"{name}.py has no level in pyproject.toml" for name in sorted(modules - set(order))]
    faults += [f"level {name} has no module" for name in order if name not in modules]
    return faults + [f"level {name} is listed twice" for name in sorted(set(order)) if order.count(name) > 1]


def long_modules(folder: Path) -> list[str]:
    """Modules of more lines than allowed."""
    lines = {name: len((folder / f"{name.replace('.', '/')}.py").read_text("utf-8").splitlines()) for name in trees(folder)}
    return [f"{name}.py has {count} lines, more than {MOST_LINES}" for name, count in lines.items() if count > MOST_LINES]


def assigned(tree: ast.Module, name: str) -> ast.expr | None:
    """What a module assigns to `name`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and name in {ast.unparse(target) for target in node.targets}:
            return node.value
    return None


def imported_names(tree: ast.Module, package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each name that a module takes from another one of the package, with that module and the name there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            place = node.module if node.level else inside(node.module or "", package)
            for alias in node.names if place and place != "__init__" else []:
                yield alias.asname or alias.name, (place, alias.name)  # type: ignore[misc]


def public_names(folder: Path) -> set[tuple[str, str]]:
    """The names in `__all__` of all modules below the top, each with the module that defines it."""
    sources = trees(folder)
    taken = {module: dict(imported_names(tree, folder.name)) for module, tree in sources.items()}
    public = set()
    for module in sources.keys() - set(ABOVE_ALL):
        listed = assigned(sources[module], "__all__")
        for name in ast.literal_eval(listed) if listed else []:
            owner = module, name
            while owner[1] in taken.get(owner[0], {}):
                owner = taken[owner[0]][owner[1]]
            public.add(owner)
    return public


def top_names(folder: Path) -> list[tuple[str, str]]:
    """The names in the table at the package's top level, each with the module that it is said to be in."""
    table = assigned(trees(folder)["__init__"], "_PUBLIC")
    if table is None:
        raise ValueError(f"{folder / '__init__.py'} has no table _PUBLIC")
    lists = ast.literal_eval(table).items()
    return [(module, name) for module, names in lists for name in (names.split() if isinstance(names, str) else names)]


def bound(tree: ast.Module, package: str) -> set[str]:
    """The names that a module binds, without those that its `__getattr__` finds."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return names | dict(imported_names(tree, package)).keys()


def missing_names(folder: Path) -> list[str]:
    """Names that are not where the top level's table or an import says, and those that are in the table twice."""
    sources, table = trees(folder), top_names(folder)
    there = {module: bound(tree, folder.name) for module, tree in sources.items()}
    asked = [("__init__", place, name) for place, name in table]
    for module, tree in sources.items():
        asked += [(module, *found) for _, found in imported_names(tree, folder.name) if found[1] != "*"]
    faults = [f"{by}.py: {name} is not in {place}" for by, place, name in asked if name not in there.get(place, ())]
    names = [name for _, name in table]
    return faults + [f"__init__.py: {name} is listed twice" for name in sorted(set(names)) if names.count(name) > 1]


# The package itself


def none(faults: list[str]) -> None:
    """Fail with all `faults`."""
    assert not faults, "\n" + "\n".join(faults)


def test_no_module_imports_a_higher_one() -> None:
    none(upward_imports(PACKAGE, levels()))


def test_no_imports_go_in_a_circle() -> None:
    none(cycle(PACKAGE))


def test_each_module_has_a_level() -> None:
    none(wrong_levels(PACKAGE, levels()))


def test_no_module_is_too_long() -> None:
    none(long_modules(PACKAGE))


def test_public_names_are_few() -> None:
    assert 0 < len(public_names(PACKAGE)) <= MOST_PUBLIC
    assert 0 < len(top_names(PACKAGE)) <= MOST_AT_TOP


def test_names_are_where_the_top_level_and_imports_say() -> None:
    none(missing_names(PACKAGE))


# The checks, on packages made up for them


def package(folder: Path, **modules: str) -> Path:
    """A package named `made` of these modules."""
    made = folder / "made"
    made.mkdir()
    for name, source in modules.items():
        (made / f"{name}.py").write_text(source, encoding="utf-8")
    return made


def test_imports_of_lower_modules_are_fine(tmp_path: Path) -> None:
    made = package(
        tmp_path, __init__="from importlib import import_module\ndef f(x): return import_module(f'{__name__}.{x}')",
        __main__="from .high import main", low="import os.path\nfrom collections import abc",
        high="from . import low\nfrom .low import *\nfrom importlib import import_module\nimport_module('torch')",
    )  # fmt: skip
    order = ["low", "high"]
    assert upward_imports(made, order) == cycle(made) == wrong_levels(made, order) == long_modules(made) == []
    assert [(each.module, each.target) for each in imports(made)] == [
        ("__init__", None), ("__main__", "high"), ("high", "low"), ("high", "low")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("from .high import x", 1),
        ("from . import high", 1),
        ("from made.high import x", 1),
        ("from made import high", 1),
        ("import os, made.high as h", 1),
        ("def f():\n    from .high import x", 2),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .high import x", 3),
        ("class A:\n    try:\n        import made.high\n    except ImportError:\n        pass", 3),
        ("from importlib import import_module\nx = import_module('made.high')", 2),
        ("import importlib\nx = importlib.import_module(f'{__package__}.high')", 2),
        ("import importlib\nx = importlib.import_module('.high', __package__)", 2),
        ("x = __import__('made.high')", 1),
    ],
)
def test_an_upward_import_is_found_in_each_form(tmp_path: Path, statement: str, line: int) -> None:
    made = package(tmp_path, __init__="", low=statement, high="")
    (fault,) = upward_imports(made, ["low", "high"])
    assert fault.startswith(f"low.py:{line}: ") and fault.endswith("high is not on a lower level than low")
    assert ast.unparse(ast.parse(statement)).splitlines()[-1].strip() in fault or "high" in fault.split(": ")[1]
    assert upward_imports(made, ["high", "low"]) == []


def test_other_imports_that_are_refused(tmp_path: Path) -> None:
    source = "import made\nfrom . import name\nfrom .low import x\nfrom .gone import x\nfrom importlib import import_module as _"
    made = package(tmp_path, __init__="", low=source + "\nimport importlib\nimportlib.import_module(f'made.{_}')")
    assert upward_imports(made, ["low"]) == [
        "low.py:1: import made: __init__ is not on a lower level than low",
        "low.py:2: from . import name: __init__ is not on a lower level than low",
        "low.py:3: from .low import x: low is not on a lower level than low",
        "low.py:4: from .gone import x: gone is not on a lower level than low",
        "low.py:7: importlib.import_module(f'made.{_}'): which module that is cannot be read",
    ]


def test_core_finds_names_that_have_moved(tmp_path: Path) -> None:
    source = "from importlib import import_module\ndef find(name): return import_module(name)"
    made = package(tmp_path, __init__="", core=source, low=source)
    assert upward_imports(made, ["core", "low"]) == ["low.py:2: import_module(name): which module that is cannot be read"]


def test_a_cycle_is_named_by_its_imports(tmp_path: Path) -> None:
    made = package(
        tmp_path, __init__="", a="def f():\n    from .b import x", b="\nfrom made.c import x", c="from . import a",
        d="from .a import f",
    )  # fmt: skip
    assert cycle(made) == ["a.py:2: from .b import x", "b.py:2: from made.c import x", "c.py:1: from . import a"]
    assert len(upward_imports(made, ["a", "b", "c", "d"])) == 2


def test_levels_are_those_of_the_modules(tmp_path: Path) -> None:
    made = package(tmp_path, __init__="", a="", b="", _modidx="")
    (made / "below").mkdir()
    (made / "below" / "c.py").touch()
    assert wrong_levels(made, ["a", "gone", "a"]) == [
        "b.py has no level in pyproject.toml", "below.c.py has no level in pyproject.toml", "level gone has no module",
        "level a is listed twice",
    ]  # fmt: skip


def test_a_module_of_701_lines_is_too_long(tmp_path: Path) -> None:
    made = package(tmp_path, __init__="", a="x = 1\n" * 700, b="x = 1\n" * 701)
    assert long_modules(made) == ["b.py has 701 lines, more than 700"]


def test_public_names_count_where_they_are_defined(tmp_path: Path) -> None:
    made = package(
        tmp_path, __init__="__all__ = sorted('xyz')", a="__all__ = ['x', 'f']\nx = 1\ndef f(): pass",
        b="from .a import x, f as g\n__all__ = ['x', 'g', 'h']\nh = 2", c="from .b import g as k\n__all__ = ['k', 'x']\nx = 3",
    )  # fmt: skip
    assert public_names(made) == {("a", "x"), ("a", "f"), ("b", "h"), ("c", "x")}


def test_the_table_at_the_top_is_checked(tmp_path: Path) -> None:
    table = "_PUBLIC = {'a': 'x f ' 'A', 'b': ['f', 'gone'], 'gone': 'y'}"
    made = package(tmp_path, __init__=table, a="x: int = 1\nclass A: pass\ndef f(): y = 1", b="from .a import f")
    assert missing_names(made) == [
        "__init__.py: gone is not in b", "__init__.py: y is not in gone", "__init__.py: f is listed twice"
    ]  # fmt: skip
    (made / "__init__.py").write_text("_PUBLIC = {}")
    (made / "c.py").write_text("def f(): from made.a import moved, x")
    assert missing_names(made) == ["c.py: moved is not in a"]
    (made / "__init__.py").write_text("")
    with pytest.raises(ValueError, match="no table _PUBLIC"):
        missing_names(made)
