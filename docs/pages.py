"""Turn notebooks into pages: hidden cells and directives go, exported cells get a link to the API reference."""

import ast
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbdev.process import extract_directives
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from reference import Module, defined, label

HIDDEN = {"hide", "default_exp", "include:"}  # cells that no reader sees, as in nbdev
EXPORTED = {"export", "exports", "exporti"}
FLAGS = {"gpu": "Needs a GPU", "slow": "Takes long"}  # `tst_flags` in settings.ini: such cells run on request
ALT = "Figure drawn by the code above"
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


def exported_names(source: str, module: Module) -> list[str]:
    """The public names that a cell defines."""
    found = [name for node in ast.parse(source).body for name in defined(node)]
    return [name for name in dict.fromkeys(found) if name in module.public]


def announcement(names: list[str], module: Module, internal: bool) -> NotebookNode:
    """The line above an exported cell: anchors, and links to the API reference."""
    anchors = [f"({label(module, name)})=" for name in names]
    links = ", ".join(f"{{py:obj}}`{name} <{module.name}.{name}>`" for name in names)
    text = f"Exported: {links}" if links else f"{'Internal' if internal else 'Exported'} to `{module.name}`"
    return new_markdown_cell("\n".join([*anchors, "::::{container} exported", text, "::::"]))


def page(path: Path, nb: NotebookNode, module: Module | None = None) -> NotebookNode:
    """A notebook as a page, with its saved outputs; a `ValueError` names the notebook and what is wrong with it."""
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            found = directives(path, cell)
            if found & HIDDEN or not cell.source.strip():
                continue
            tags = [tag for tag in cell.metadata.get("tags", []) if tag in ("parameters", "injected-parameters", "scroll-output")]
            if found & EXPORTED and module is not None:
                tags.append("exported")
                cells.append(announcement(exported_names(cell.source, module), module, "exporti" in found))
            cell.metadata = {"tags": tags, "mystnb": {"image": {"alt": ALT}}}
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr" and without_progress(o)]
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


def after_title(nb: NotebookNode, text: str) -> None:
    """Put a paragraph under the title and the quotation that sums the notebook up."""
    cell = nb.cells[0]
    head = re.match(r"# .+\n(\s*(>.*\n?)+)?", cell.source + "\n")
    assert head is not None  # title() has seen to it
    cell.source = f"{head[0].rstrip()}\n\n{text}\n\n{cell.source[head.end() :].lstrip()}"


def contents(caption: str, entries: Mapping[str, str]) -> str:
    """A part of the site's navigation: pages and their titles; those without a title have their own."""
    lines = [f"{text} <{name}>" if text else name for name, text in entries.items()]
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```"])


def write_notebook(nb: NotebookNode, path: Path) -> None:
    """Save a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
