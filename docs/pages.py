"""Turn notebooks into pages: hidden cells and directives go, exported cells get a link to the API reference."""

import ast
import base64
import re
import struct
from collections.abc import Mapping
from itertools import accumulate, pairwise
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbdev.process import extract_directives
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from reference import Example, Module, defined, label

HIDDEN = {"hide", "default_exp", "include:"}  # cells that no reader sees, as in nbdev
EXPORTED = {"export", "exports", "exporti"}
FLAGS = {"gpu": "Needs a GPU", "slow": "Takes long"}  # `tst_flags` in settings.ini: such cells run on request
LOGS = 2  # tables of a trainer that a cell shows: each evaluation prints one
TALL = 10_500  # pixels, as estimated: a taller chapter becomes several pages
TEXT_WIDTH = 760  # pixels of a wide page
ALT = "Figure drawn by the code above"
LONG_EXAMPLE = 24  # lines: a longer example that tests as well is folded, and what it shows stays
LONG_CODE = 40  # lines: longer code is folded under its name, its docstring and the link to its reference
LONGEST_EXAMPLE = 16  # lines of an example in the reference, and of what it prints
PROMPT = 104  # characters of the line that a folded cell leaves
# What only one of MyST and Quarto reads, or reads otherwise: notebooks do without
DIALECTS = {
    r"^ {0,3}(`{3,}|~{3,}) *\{[^}]*\}": "a directive or an executable block",
    r"^ {0,3}:{3,}": "a box of colons",
    r"\{[a-z:-]+\}`": "a role of MyST",
    r"\{\{<.*>\}\}": "a shortcode of Quarto",
    r"(?<![\w`])@(fig|tbl|sec|eq|lst)-\w+": "a reference of Quarto",
    r"^\([\w-]+\)= *$": "a target of MyST",
    r"[\])]\{[.#][^}]*\}|^#+ .*\{[.#][^}]*\}": "an attribute",
    r"</?[A-Za-z][\w-]*(\s[^>\n]*)?/?>": "HTML",
    r"(?<=\S)\n#{1,6} ": "a heading without a blank line before it",
}
LIST = r"^ {0,3}([-*+]|\d+[.)]) "


def without_blocks(source: str) -> str:
    """Markdown without its blocks of code."""
    source = re.sub(r"^( {0,3})(`{3,}|~{3,})(?! *\{).*?^ {0,3}\2 *$", "", source, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^(?: {4}|\t).*$", "", source, flags=re.MULTILINE)


def title(path: Path, nb: NotebookNode) -> str:
    """A notebook's title; a `ValueError` unless it has exactly one, at its top."""
    text = [without_blocks(cell.source) for cell in nb.cells if cell.cell_type == "markdown"]
    found = [line for source in text for line in re.findall(r"^# +(.+?) *$", source, re.MULTILINE)]
    if len(found) != 1 or not nb.cells or not nb.cells[0].source.startswith("# "):
        raise ValueError(f"{path} must begin with its only title, '# …', got {len(found)} titles: {found}")
    return found[0]


def read_notebook(path: Path) -> NotebookNode:
    """A notebook; a `ValueError` that names it if it is none."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever nbformat trips over
        raise ValueError(f"{path} is no notebook: {error}") from error


def module_of(nb: NotebookNode) -> str | None:
    """The module that a notebook exports; None for none."""
    found = [re.search(r"^#\|\s*default_exp\s+(\S+)", cell.source, re.MULTILINE) for cell in nb.cells]
    return next((m[1] for m in found if m), None)


def plain(source: str) -> str:
    """Markdown without its code and equations."""
    source = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "equation", without_blocks(source), flags=re.DOTALL)
    # a role is known by the braces before the code
    return re.sub(r"(?<![}`])(`{1,2})(?!`).+?(?<!`)\1(?!`)", "code", source, flags=re.DOTALL)


def check_dialect(path: Path, cell: NotebookNode) -> None:
    """A `ValueError` for Markdown that MyST and Quarto do not both read alike."""
    text = plain(cell.source)
    found = [(re.search(pattern, text, re.MULTILINE), what) for pattern, what in DIALECTS.items()]
    wrong = [f"{what}: {m[0].strip()!r}" for m, what in found if m]
    lines = text.splitlines()
    for before, line in pairwise(lines):
        starts = re.match(LIST, line) and before.strip() and not re.match(rf"{LIST}|^\s", before)
        if starts or (line.startswith("|") and before.strip() and not before.startswith("|")):
            wrong.append(f"a list or table without a blank line before it: {line!r}")
    if wrong:
        raise ValueError(f"{path}, cell {cell.get('id')}: only one of MyST and Quarto reads {wrong[0]}")


def directives(path: Path, cell: NotebookNode) -> set[str]:
    """A cell's directives, which are taken out of it; a `ValueError` for one that these pages do not know."""
    found = set(extract_directives(cell))
    left = re.findall(r"^#\|.*", cell.source, re.MULTILINE)  # Quarto's, which nbdev leaves, and stray ones
    cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.MULTILINE)
    found |= {line.removeprefix("#|").strip().split()[0] for line in left}
    if unknown := found - HIDDEN - EXPORTED - set(FLAGS):
        allowed = ", ".join(sorted(HIDDEN | EXPORTED | set(FLAGS)))
        raise ValueError(f"{path}, cell {cell.get('id')}: directive {min(unknown)!r} must be one of {allowed}")
    return found


def without_progress(output: NotebookNode) -> bool:
    """Take a progress bar out of an output; whether something is left."""
    html = output.get("data", {}).get("text/html", "")
    if "<progress" not in html:
        return True
    soup = BeautifulSoup(html, "html.parser")
    for bar in soup.find_all("progress"):
        (bar.parent or bar).decompose()
    output.data["text/html"] = str(soup).strip()
    return soup.find("td") is not None  # a table of losses may stand under the bar


def told(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """What a cell shows of its outputs: no warnings, no progress bars, and of a trainer's many tables the first ones."""
    found, logs = [], 0
    for output in outputs:
        html = output.get("data", {}).get("text/html", "")
        is_log = "<progress" in html or "<th>Validation Loss</th>" in html  # an evaluation after training has no bar above it
        logs += is_log
        if output.get("name") != "stderr" and without_progress(output) and not (is_log and logs > LOGS):
            found.append(output)
    return found


def exported_names(source: str, module: Module) -> list[str]:
    """The public names that a cell defines."""
    found = [name for node in ast.parse(source).body for name in defined(node)]
    return [name for name in dict.fromkeys(found) if name in module.public]


def printed(cell: NotebookNode) -> str:
    """The text that a cell shows, if it shows nothing else."""
    found = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.get("name") == "stderr":
            continue
        if any(kind in data for kind in ("image/png", "text/html", "text/markdown")):
            return ""
        found.append(output.get("text", "") or data.get("text/plain", ""))
    return "\n".join(text.rstrip() for text in found).strip("\n")


def examples(nb: NotebookNode, names: list[str]) -> dict[str, Example]:
    """For each name the shortest cell that uses it and shows something, or else only uses it, without testing."""
    found: dict[str, tuple[tuple[bool, bool, int], Example]] = {}
    for cell in nb.cells:
        if cell.cell_type != "code" or re.search(r"^#\|", cell.source, re.MULTILINE) or not parsed(cell.source):
            continue
        lines, shown = cell.source.count("\n") + 1, printed(cell)
        if lines > LONGEST_EXAMPLE or (tests(cell.source) and not shown) or shown.count("\n") >= LONGEST_EXAMPLE:
            continue
        for name in names:
            if re.search(rf"(?<![\w.]){name}(?!\w)", cell.source):
                rank = (tests(cell.source), not shown, lines)
                if name not in found or rank < found[name][0]:
                    found[name] = (rank, Example(cell.source, shown))
    return {name: example for name, (_, example) in found.items()}


def announcement(names: list[str], module: Module, internal: bool) -> NotebookNode:
    """The line above an exported cell: anchors, and links to the API reference."""
    anchors = [f"({label(module, name)})=" for name in names]
    links = ", ".join(f"{{py:obj}}`{name} <{module.name}.{name}>`" for name in names)
    text = f"Exported: {links}" if links else f"{'Internal' if internal else 'Exported'} to `{module.name}`"
    return new_markdown_cell("\n".join([*anchors, "::::{container} exported", text, "::::"]))


def parsed(source: str) -> list[ast.stmt]:
    """The statements of a cell; none for one that is not Python alone."""
    try:
        return ast.parse(re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)).body
    except SyntaxError:
        return []


def names_in(source: str) -> list[str]:
    """The names that a cell defines, in its order."""
    return list(dict.fromkeys(name for node in parsed(source) for name in defined(node)))


def tests(source: str) -> bool:
    """Whether a cell asserts something."""
    return any(isinstance(node, ast.Assert) for top in parsed(source) for node in ast.walk(top)) or bool(
        re.search(r"\b(test_\w+|assert_\w+)\(", source)
    )


def first_sentence(source: str) -> str:
    """What the first docstring of a cell says first, without marks."""
    said = [ast.get_docstring(n) for n in parsed(source) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    text = " ".join(next((each for each in said if each), "").replace("`", "").split())
    return re.split(r"(?<=[.;]) |;", text)[0].rstrip(".;")


def shortened(text: str) -> str:
    """A prompt that fits on a line of a wide page."""
    return text if len(text) <= PROMPT else f"{text[: PROMPT - 1].rstrip()}…"


def imports(node: ast.stmt) -> bool:
    """Whether a statement only imports, if only where types are checked."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test) and all(map(imports, node.body))
    return isinstance(node, ast.Import | ast.ImportFrom)


def prompt(cell: NotebookNode, found: set[str], known: list[str]) -> str:
    """What a cell is called once it is folded; nothing for one that stays open."""
    body, lines = parsed(cell.source), cell.source.count("\n") + 1
    if body and all(map(imports, body)):
        return "Imports"
    said = f" · {text}" if (text := first_sentence(cell.source)) else ""
    if "parameters" in cell.metadata.get("tags", []):
        return f"{lines} lines of parameters" if lines > LONG_CODE else ""
    if "exporti" in found:
        return shortened(f"Internal: {', '.join(names_in(cell.source)[:3])}{said}")
    if lines > LONG_CODE:
        return shortened(f"{lines} lines: {', '.join(names_in(cell.source)[:3]) or 'an example'}{said}")
    if found & EXPORTED or not tests(cell.source) or (cell.outputs and lines <= LONG_EXAMPLE):
        return ""
    about = [name for name in known if re.search(rf"(?<![\w.]){name}(?!\w)", cell.source)]
    kind = "Example with tests" if cell.outputs else "Test"
    return shortened(f"{kind} of {', '.join(about[-3:])}" if about else kind)


def fold(cell: NotebookNode, title: str) -> None:
    """Fold what a cell says under a title; what it shows stays, but for what a test prints to nobody."""
    cell.metadata.tags.append("hide-input")
    cell.metadata.mystnb |= {"code_prompt_show": title, "code_prompt_hide": title}


def page(path: Path, nb: NotebookNode, module: Module | None = None) -> NotebookNode:
    """A notebook as a page, with its saved outputs; a `ValueError` names the notebook and what is wrong with it."""
    cells: list[NotebookNode] = []
    known: list[str] = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            found = directives(path, cell)
            if found & HIDDEN or not cell.source.strip():
                continue
            tags = [tag for tag in cell.metadata.get("tags", []) if tag in ("parameters", "injected-parameters", "scroll-output")]
            cell.outputs = told(cell.outputs)
            folded = prompt(cell, found, known)
            if found & EXPORTED and module is not None:
                tags.append("exported")
                known += names_in(cell.source)
                public = exported_names(cell.source, module)
                if public or not folded:
                    cells.append(announcement(public, module, "exporti" in found))
            cell.metadata = NotebookNode({"tags": tags, "mystnb": {"image": {"alt": ALT}}})
            if folded:
                fold(cell, folded)
            cells += [new_markdown_cell(f"::::{{container}} exported\n{FLAGS[f]}\n::::") for f in FLAGS if f in found]
            cells.append(cell)
        elif cell.cell_type == "markdown":
            check_dialect(path, cell)
            cell.metadata = {}
            cells.append(cell)
    kernel = {"display_name": "python3", "language": "python", "name": "python3"}
    nb.metadata = {"kernelspec": kernel, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nb.cells = cells
    return nb


def figure_height(data: Mapping[str, str]) -> int:
    """About how many pixels of a wide page a figure takes: it is made narrower where it is wider than the text."""
    if "image/png" not in data:
        return 320
    wide, tall = struct.unpack(">II", base64.b64decode(data["image/png"])[16:24])
    return round(tall * min(1, TEXT_WIDTH / wide)) + 20


def height(cell: NotebookNode) -> int:
    """About how many pixels of a wide page a cell takes."""
    lines = cell.source.splitlines()
    if cell.cell_type != "code":
        return 20 + sum(64 if line.startswith("#") else 27 * (1 + len(line) // 105) for line in lines)
    shown = 0
    for output in cell.outputs:
        data = output.get("data", {})
        tall = any(kind.startswith("image/") for kind in data)
        text = output.get("text", "") or data.get("text/plain", "")
        shown += figure_height(data) if tall else 300 if "text/html" in data else 44 + min(430, 16 * text.count("\n"))
    return shown + (34 if "hide-input" in cell.metadata.tags else 44 + 16 * len(lines))


def breaks(nb: NotebookNode, starts: list[int], count: int) -> list[int]:
    """The cells at which a page in so many parts is best cut: at headings, or at other prose where no heading is near."""
    share = starts[-1] / count
    markdown = [i for i, cell in enumerate(nb.cells) if i and cell.cell_type == "markdown"]
    prose = [i for i in markdown if not nb.cells[i].source.startswith(("(", ":"))]  # not what stands above exported code
    found: set[int] = set()
    for n in range(1, count):
        for places in ([i for i in prose if nb.cells[i].source.startswith("##")], prose):
            nearest = min(places, key=lambda i: abs(starts[i] - n * share), default=None)
            if nearest is not None and abs(starts[nearest] - n * share) < share / 4:
                found.add(nearest)
                break
    return sorted(found)


def parts(nb: NotebookNode) -> list[NotebookNode]:
    """A page in one part, or in several if it is tall."""
    starts = [0, *accumulate(height(cell) for cell in nb.cells)]  # the last one is where the page ends
    cuts = [0, *breaks(nb, starts, -(-starts[-1] // TALL)), len(nb.cells)]
    return [NotebookNode({**nb, "cells": nb.cells[a:b]}) for a, b in pairwise(cuts)]


def write_parts(nb: NotebookNode, path: Path, title: str) -> None:
    """Save a page, in several files if it is tall; the first leads to the others."""
    first, *rest = parts(nb)
    names = {f"{path.stem}-{i}": f"{title}, continued" for i, _ in enumerate(rest, 2)}
    before = list(first.cells)
    for name, part in zip(names, rest, strict=True):
        head = new_markdown_cell(f"# {title}, continued\n\nThis page goes on from [{title}]({path.name}).")
        section = [found for cell in before for found in re.findall(r"^## (.+)$", cell.source, re.MULTILINE)]
        if section and not part.cells[0].source.startswith("## "):
            head.source += f"\n\n## {section[-1]}, continued"
        before += part.cells
        part.cells = [head, *part.cells]
        write_notebook(part, path.with_name(f"{name}.ipynb"))
    if names:
        first.cells.append(new_markdown_cell(contents("", names)))
    write_notebook(first, path)


def after_title(nb: NotebookNode, text: str) -> None:
    """Put a paragraph under the title and the quotation that sums the notebook up."""
    cell = nb.cells[0]
    head = re.match(r"# .+\n(\s*(>.*\n?)+)?", cell.source + "\n")
    assert head is not None  # title() has seen to it
    cell.source = f"{head[0].rstrip()}\n\n{text}\n\n{cell.source[head.end() :].lstrip()}"


def summary(nb: NotebookNode) -> str:
    """The quotation under a notebook's title."""
    found = re.match(r"# .+\n\s*((?:>.*\n?)+)", nb.cells[0].source + "\n")
    return " ".join(line.lstrip("> ").strip() for line in found[1].splitlines()) if found else ""


def contents(caption: str, entries: Mapping[str, str]) -> str:
    """A part of the site's navigation: pages and their titles; those without a title have their own."""
    lines = [f"{text} <{name}>" if text else name for name, text in entries.items()]
    return "\n".join(["```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), "", *lines, "```"])


def write_notebook(nb: NotebookNode, path: Path) -> None:
    """Save a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
