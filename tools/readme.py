"""Write README.md from nbs/index.ipynb, without the Quarto that nbdev_readme needs."""

import os
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter
from nbdev.process import extract_directives
from traitlets.config import Config

SOURCE = Path("nbs/index.ipynb")
HIDDEN = {"hide", "include:", "default_exp", "export", "exporti"}  # as in nbdev, with `#| include: false` for any value


def root_links(markdown: str) -> str:
    """Make links that are relative to the notebook relative to the root, where README.md stands."""

    def rebase(link: re.Match[str]) -> str:
        return f"]({os.path.normpath(SOURCE.parent / link[1])}"

    return re.sub(r"\]\((?![a-z]+:|[#/])([^)#\s]+)", rebase, markdown)


def is_text(output: nbformat.NotebookNode) -> bool:
    """Whether an output belongs into a text for readers: no figure, nothing from stderr."""
    return output.get("name") != "stderr" and not any(kind.startswith("image/") for kind in output.get("data", {}))


def prepare(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out front matter, hidden cells, `#|` lines, figures and warnings."""
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = root_links(cell.source)
        elif cell.cell_type == "raw" or HIDDEN & extract_directives(cell).keys():
            continue
        else:
            # extract_directives leaves Quarto's, such as `#| eval: false`
            cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.MULTILINE)
            cell.outputs = [o for o in cell.outputs if is_text(o)]
        cells.append(cell)
    nb.cells = cells
    nb.metadata.language_info = {"name": "python"}  # nbdev_clean takes it out; it names the language of the code blocks
    return nb


def readme() -> str:
    """README.md's text."""
    exporter = MarkdownExporter(Config(NbConvertBase={"display_data_priority": ["text/markdown", "text/plain"]}))
    body, _ = exporter.from_notebook_node(prepare(nbformat.read(SOURCE, as_version=4)))
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in body.splitlines()))
    return f"<!-- Made from {SOURCE} by `make readme`: edit the notebook. -->\n\n{body.strip()}\n"


if __name__ == "__main__":
    Path("README.md").write_text(readme(), encoding="utf-8")
