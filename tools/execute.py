"""Run notebooks where they are and keep what they show: python tools/execute.py [nbs/06_train.ipynb …], by default all."""

import re
import sys
from configparser import ConfigParser
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from gmmxlnet_nb.core import whole_file

ROOT = Path(__file__).resolve().parent.parent
SKIP = "skip-execution"  # nbclient's tag for a cell that is left as it is


def flags() -> set[str]:
    """The directives of cells that need more than any machine has, such as `#| gpu`."""
    settings = ConfigParser(delimiters=["="], interpolation=None)
    settings.read(ROOT / "settings.ini")
    return set(settings["DEFAULT"]["tst_flags"].split())


def flagged(source: str) -> bool:
    """Whether a cell is run only where its flag is asked for."""
    return bool(flags() & set(re.findall(r"^#\|\s*(\w+)\s*$", source, re.MULTILINE)))


def execute(path: Path) -> None:
    """Run a notebook's cells in their order, and write it with what they gave, whole or not at all."""
    notebook = nbformat.read(path, as_version=4)
    left = [cell for cell in notebook.cells if cell.cell_type == "code" and flagged(cell.source)]
    for cell in left:
        cell.metadata.tags = [*cell.metadata.get("tags", []), SKIP]
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", coalesce_streams=True, resources={"metadata": {"path": path.parent}}
    ).execute()
    for cell in left:
        cell.metadata.tags.remove(SKIP)
        if not cell.metadata.tags:
            del cell.metadata["tags"]
    with whole_file(path) as part:
        nbformat.write(notebook, part)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(map(str, [*ROOT.glob("nbs/[0-9]*.ipynb"), *ROOT.glob("nbs/guides/*.ipynb")])):
        print(name, flush=True)
        execute(Path(name).resolve())
