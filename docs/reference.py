"""What the modules of the package offer, read from their source, and the pages of the API reference made from it.

Nothing is imported: Triton kernels, custom operators and dataclasses read alike, and types stay as they are written.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

PACKAGE = "gmmxlnet_nb"
DECORATORS = {
    "contextmanager": "A context manager.",
    "triton.jit": "A Triton kernel, or a part of one.",
    "library.triton_op": "An operator that PyTorch's compiler knows.",
    "torch.no_grad": "Keeps no gradients.",
}
LONGEST = 60  # characters of a value or default that is shown
Function = ast.FunctionDef | ast.AsyncFunctionDef


def code(text: str) -> str:
    """Markdown for code."""
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def prose(text: str) -> str:
    """Markdown for a docstring or comment: code between backticks is code, all else is text to the letter."""
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(p if i % 2 else re.sub(r"([\\<\[\]*_$#{}~|])", r"\\\1", p) for i, p in enumerate(parts))


def type_code(annotation: ast.expr | None) -> str:
    """Markdown for a type; the parts of a union stand apart, so that each can be a link."""
    if annotation is None:
        return ""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return f"{type_code(annotation.left)} or {type_code(annotation.right)}"
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return code(annotation.value)
    return code(ast.unparse(annotation))


@dataclass(frozen=True)
class Parameter:
    """A parameter, a field or what is returned."""

    name: str
    type: str = ""  # Markdown
    default: str = ""  # source
    meaning: str = ""  # from the comment beside it

    def cells(self) -> list[str]:
        """A row of a table."""
        return [code(self.name), self.type, code(self.default) if self.default else "", prose(self.meaning)]


@dataclass(frozen=True)
class Module:
    """A module's source."""

    path: Path

    @property
    def name(self) -> str:
        """With the package's."""
        return f"{PACKAGE}.{self.path.stem}"

    @cached_property
    def text(self) -> str:
        """As it stands in the file."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @property
    def summary(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def comments(self) -> dict[int, str]:
        """What is said on each line, without what is meant for tools."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        said = {t.start[0]: t.string.lstrip("#").strip() for t in tokens if t.type == tokenize.COMMENT}
        tools = re.compile(r"^(type: ignore(\[.*?\])?|fmt: \w+|noqa\S*)(\s*#\s*)?")
        return {line: tools.sub("", text) for line, text in said.items()}

    @cached_property
    def public(self) -> list[str]:
        """The names in `__all__`, in its order."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return [str(name) for name in ast.literal_eval(node.value)]
        raise ValueError(f"{self.path} must have an __all__: make export")

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """The statement that defines each public name; a `ValueError` for a name without one."""
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            inside = node.body if isinstance(node, ast.Try | ast.If | ast.With) else [node]
            found.update((name, n) for n in inside for name in defined(n) if name in self.public)
        if missing := [name for name in self.public if name not in found]:
            raise ValueError(f"{self.path} defines no {', '.join(missing)}, which its __all__ names: make export")
        return {name: found[name] for name in self.public}

    def beside(self, line: int, alone: bool = True) -> str:
        """The comment on a line, if what it ends in stands there alone."""
        return self.comments.get(line, "") if alone else ""

    def above(self, line: int) -> str:
        """The comment lines right above a line."""
        lines, said = self.text.splitlines(), list[str]()
        while line > 1 and lines[line - 2].startswith("#") and not lines[line - 2].startswith("# %%"):
            line -= 1
            said.insert(0, self.comments[line])
        return " ".join(said)


def defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def value_of(name: str, node: ast.Assign | ast.AnnAssign) -> ast.expr:
    """What a statement assigns to a name."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return next(v for t, v in zip(target.elts, node.value.elts, strict=True) if ast.unparse(t) == name)
    return node.value or ast.Constant(...)


def arguments(function: Function, method: bool) -> list[tuple[ast.arg, ast.expr | None, str]]:
    """Each argument with its default and its stars."""
    a = function.args
    plain = a.posonlyargs + a.args
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(a.defaults)) + list(a.defaults)
    found = [(arg, default, "") for arg, default in zip(plain, defaults, strict=True)][int(method) :]
    found += [(a.vararg, None, "*")] if a.vararg else []
    found += [(arg, default, "") for arg, default in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    return found + ([(a.kwarg, None, "**")] if a.kwarg else [])


def parameters(module: Module, function: Function, method: bool) -> list[Parameter]:
    """A function's parameters with the comments beside them."""
    found = arguments(function, method)
    lines = [arg.lineno for arg, _, _ in found] + [function.lineno]
    return [
        Parameter(
            stars + arg.arg,
            type_code(arg.annotation),
            ast.unparse(default) if default else "",
            module.beside((default or arg).end_lineno or 0, lines.count(arg.lineno) == 1),
        )
        for arg, default, stars in found
    ]


def signature(function: Function, method: bool) -> str:
    """A function's arguments and defaults, in brackets."""
    found = arguments(function, method)
    parts = [s + arg.arg + (f"={ast.unparse(d) if len(ast.unparse(d)) <= LONGEST else '...'}" if d else "")
             for arg, d, s in found]  # fmt: skip
    if function.args.kwonlyargs and not function.args.vararg:
        parts.insert(next(i for i, (arg, _, _) in enumerate(found) if arg in function.args.kwonlyargs), "*")
    return f"({', '.join(parts)})"


def returned(module: Module, function: Function) -> Parameter | None:
    """What a function returns; None for nothing."""
    if function.returns is None or ast.unparse(function.returns) == "None":
        return None
    line = function.returns.end_lineno or 0
    alone = line > function.lineno or not function.args.args
    return Parameter("returns", type_code(function.returns), meaning=module.beside(line, alone))


def decorated(node: Function | ast.ClassDef) -> list[str]:
    """The names of the decorators."""
    return [ast.unparse(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]


def class_fields(module: Module, node: ast.ClassDef) -> list[Parameter]:
    """A class's annotated attributes, with the comment beside them or their `help`."""
    found = []
    for n in node.body:
        if not isinstance(n, ast.AnnAssign) or not isinstance(n.target, ast.Name) or n.target.id.startswith("_"):
            continue
        default, meaning = n.value, module.beside(n.end_lineno or 0)
        if isinstance(n.value, ast.Call) and ast.unparse(n.value.func) == "field":
            given = {k.arg: k.value for k in n.value.keywords}
            made = given.get("default_factory")
            default = given.get("default") or (ast.Call(made, [], []) if made else None)
            if "metadata" in given:
                meaning = ast.literal_eval(given["metadata"]).get("help", meaning)
        shown = ast.unparse(default) if default is not None else ""
        found.append(Parameter(n.target.id, type_code(n.annotation), shown, meaning))
    return found


class Example(NamedTuple):
    """Code that uses a name, and what it prints."""

    source: str
    shown: str


def fenced(language: str, text: str) -> list[str]:
    """A block of code, as lines of Markdown; fewer backticks than an entry has, more than the code."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return [f"{ticks}{language}", *text.splitlines(), ticks, ""]


@dataclass
class Page:
    """The page of one module."""

    module: Module
    chapter: tuple[str, str]  # The notebook that the module is made from, and its title
    package: dict[str, tuple[Module, ast.ClassDef]]  # Every class of the package
    examples: Mapping[str, Example] = field(default_factory=dict)  # Of names, from the notebook
    lines: list[str] = field(default_factory=list)

    def write(self) -> str:
        """The page, as Markdown."""
        notebook, title = self.chapter
        self.lines = [
            f"# {code(self.module.name)}", "", prose(self.module.summary), "",
            f"Explained and tested in [{title}](../{notebook}).", "",
            f"```{{py:module}} {self.module.name}", "```", "", f"```{{py:currentmodule}} {self.module.name}", "```", "",
        ]  # fmt: skip
        constants = [n for n, node in self.module.definitions.items() if isinstance(node, ast.Assign | ast.AnnAssign)]
        for name in [*(n for n in self.module.definitions if n not in constants), *constants]:
            node = self.module.definitions[name]
            if isinstance(node, ast.ClassDef):
                self.add_class(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.add_function("function", node, name)
            else:
                self.add_value(name, node)
        return "\n".join(self.lines) + "\n"

    def open(self, kind: str, head: str, options: Iterable[str] = (), depth: int = 0) -> None:
        """Begin an entry; methods are nested in their class."""
        self.lines += [f"{'`' * (6 - depth)}{{py:{kind}}} {head}", *options, ""]

    def close(self, depth: int = 0, name: str | None = None) -> None:
        """End an entry with an example, if the chapter has one, and the way back there."""
        if name is not None and name in self.examples:
            source, shown = self.examples[name]
            self.lines += ["**Example**", "", *fenced("python", source), *(fenced("text", shown) if shown else [])]
        if name is not None:
            number = self.chapter[0].partition("_")[0]
            link = f"Defined in notebook {{ref}}`{number} {self.chapter[1]} <{label(self.module, name)}>`."
            self.lines += ["::::{container} explained", link, "::::", ""]
        self.lines += ["`" * (6 - depth), ""]

    def table(self, rows: list[Parameter], what: str) -> None:
        """A table of parameters, without the columns that are empty."""
        table = [[what, "type", "default", "meaning"], ["---"] * 4, *(row.cells() for row in rows)]
        kept = [i for i in range(4) if any(cells[i] for cells in table[2:])]
        for cells in table if rows else []:
            # a line through the middle of code would end its cell
            self.lines.append("| " + " | ".join(re.sub(r"(?<!\\)\|", r"\|", cells[i]) for i in kept) + " |")
        self.lines.append("")

    def result(self, node: Function) -> None:
        """What a function gives back."""
        if (result := returned(self.module, node)) is not None:
            meaning = f": {prose(result.meaning)}" if result.meaning else ""
            self.lines += [f"**Returns** {result.type}{meaning}", ""]

    def docstring(self, node: Function | ast.ClassDef) -> None:
        """What it does."""
        notes = [DECORATORS[d] for d in decorated(node) if d in DECORATORS]
        self.lines += [" ".join([prose(ast.get_docstring(node) or ""), *notes]).strip(), ""]

    def add_function(self, kind: str, node: Function, name: str, depth: int = 0) -> None:
        """A function or a method."""
        marks = decorated(node)
        if "property" in marks:
            self.open("property", name, depth=depth)
            self.docstring(node)
            self.result(node)
            return self.close(depth)
        method = kind == "method" and "staticmethod" not in marks
        options = [f":{mark}:" for mark in ("classmethod", "staticmethod") if mark in marks]
        self.open(kind, name + signature(node, method), options, depth)
        self.docstring(node)
        self.table(parameters(self.module, node, method), "parameter")
        self.result(node)
        return self.close(depth, name if depth == 0 else None)

    def add_value(self, name: str, node: ast.stmt) -> None:
        """A constant."""
        assert isinstance(node, ast.Assign | ast.AnnAssign)
        value = ast.unparse(value_of(name, node))
        short = 0 < len(value) <= LONGEST
        self.open("data", name, [f":value: {json.dumps(value, ensure_ascii=False)}"] if short else ())
        meaning = self.module.beside(node.end_lineno or 0) or self.module.above(node.lineno)
        self.lines += [prose(meaning), ""]
        self.close(name=name)

    def bases(self, node: ast.ClassDef) -> Iterator[tuple[Module, ast.ClassDef]]:
        """The classes of the package that a class inherits from, nearest first."""
        for base in node.bases:
            name = ast.unparse(base).split("[")[0].split(".")[-1]
            if name in self.package:
                yield self.package[name]
                yield from self.bases(self.package[name][1])

    def add_class(self, node: ast.ClassDef) -> None:
        """A class with its methods."""
        bases = [ast.unparse(b) for b in node.bases]
        fields = class_fields(self.module, node)
        makers = [(m, n) for m, c in [(self.module, node), *self.bases(node)]
                  for n in c.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]  # fmt: skip
        own = bool(makers) and makers[0][1] in node.body
        record = "NamedTuple" in bases or "dataclass" in decorated(node) or "__post_init__" in members(node)
        head = ""
        if makers and not record:
            head = signature(makers[0][1], True)
        elif record and set(bases) <= {"NamedTuple"}:
            head = "(" + ", ".join(f.name + (f"={f.default}" if f.default else "") for f in fields) + ")"
        elif record:
            head = "(**fields)"  # with those of the base
        self.open("class", node.name + head)
        self.docstring(node)
        if bases:
            self.lines += [f"Bases: {', '.join(code(b) for b in bases)}", ""]
        if own:
            self.table(parameters(self.module, makers[0][1], True), "parameter")
        self.table(fields, "field" if record else "attribute")
        for n in node.body:
            if isinstance(n, ast.FunctionDef) and is_public(n.name):
                self.add_function("method", n, n.name, 1)
            elif isinstance(n, ast.Assign) and (same := re.fullmatch(r"staticmethod\((\w+)\)", ast.unparse(n.value))):
                self.open("method", ast.unparse(n.targets[0]), [":staticmethod:"], 1)
                self.lines += [f"The same as {code(same[1])}.", ""]
                self.close(1)
        self.inherited(node)
        self.close(name=node.name)

    def inherited(self, node: ast.ClassDef) -> None:
        """What comes from the package's other classes."""
        seen = set(members(node))
        for _, base in self.bases(node):
            names = [n for n in members(base) if is_public(n) and n not in seen]
            seen.update(names)
            if names:
                listed = ", ".join(code(f"{base.name}.{n}") for n in names)
                self.lines += [f"From {code(base.name)}: {listed}", ""]


def is_public(name: str) -> bool:
    """Whether a method is part of what a class offers."""
    return not name.startswith("_") or name == "__call__"


def members(node: ast.ClassDef) -> list[str]:
    """The names of a class's methods and fields."""
    return [name for n in node.body for name in defined(n)]


def label(module: Module, name: str) -> str:
    """The anchor in a chapter at which a name is defined."""
    return f"nb-{module.path.stem}-{name}" + ("-constant" if name.isupper() else "")  # labels know no upper case


def package_modules(folder: Path) -> dict[str, Module]:
    """All modules that a notebook exports, by name."""
    return {p.stem: Module(p) for p in sorted(folder.glob("*.py")) if not p.stem.startswith("_")}


def package_classes(modules: Iterable[Module]) -> dict[str, tuple[Module, ast.ClassDef]]:
    """Every public class of the package by its name."""
    return {name: (module, node) for module in modules for name, node in module.definitions.items()
            if isinstance(node, ast.ClassDef)}  # fmt: skip


def targets(modules: Iterable[Module]) -> dict[str, list[str]]:
    """Every name that prose may mean, `Class.method` among them, with the full names of the objects it may be."""
    found: dict[str, list[str]] = {}
    for module in modules:
        for name, node in module.definitions.items():
            found.setdefault(name, []).append(f"{module.name}.{name}")
            if isinstance(node, ast.ClassDef):
                methods = [n.name for n in node.body if isinstance(n, ast.FunctionDef) and is_public(n.name)]
                for method in methods:
                    found.setdefault(f"{name}.{method}", []).append(f"{module.name}.{name}.{method}")
    return found
