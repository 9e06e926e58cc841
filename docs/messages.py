"""What the package says when something is wrong: each message, from the source, with who says it."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reference import Module, code

SAID = ("require", "warnings.warn", "logger.warning")  # Functions that are given a message
GAP = "…"  # For what a message is filled with


class Message(NamedTuple):
    """One message and where it comes from."""

    text: str
    module: Module
    where: str  # The function or class at the module's level


def readings(node: ast.expr) -> list[str]:
    """The texts that an expression may be, with gaps for values."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else [GAP]
    if isinstance(node, ast.JoinedStr):
        return ["".join(readings(part)[0] if isinstance(part, ast.Constant) else GAP for part in node.values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [left + right for left in readings(node.left) for right in readings(node.right)]
    if isinstance(node, ast.IfExp):
        return readings(node.body) + readings(node.orelse)
    return [GAP]


def given(node: ast.AST) -> ast.expr | None:
    """The message that a statement or call is given."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
        return node.exc.args[0]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in SAID and node.args:
        return node.args[-1] if ast.unparse(node.func) == "require" else node.args[0]
    return None


def messages(module: Module) -> Iterator[Message]:
    """All messages of a module that have words of their own."""
    for top in module.tree.body:
        if not isinstance(top, ast.FunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(top):
            if (words := given(node)) is None:
                continue
            for text in readings(words):
                told = " ".join(text.split())
                if len(re.findall(r"[A-Za-z]{2,}", told)) >= 3:
                    yield Message(told, module, top.name)


def messages_page(title: str, modules: Sequence[Module], explained: Mapping[str, tuple[str, str]]) -> str:
    """A page of messages, as Markdown: each with the function that says it and the notebook that has it."""
    lines = [f"# Messages: {title}", "", f"What is said when something is wrong, with {GAP} for values, and by whom.", ""]
    for module in modules:
        notebook, name = explained[module.path.stem]
        found = sorted({(m.text, m.where) for m in messages(module)}, key=lambda m: m[0].lower())
        if not found:
            continue
        lines += [f"## [{notebook.partition('_')[0]} {name}](../{notebook})", ""]
        for text, where in found:
            by = f"{{py:obj}}`{where} <{module.name}.{where}>`" if where in module.public else code(where)
            lines += [f"- {code(text)} — {by}"]
        lines.append("")
    return "\n".join(lines)
