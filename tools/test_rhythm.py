"""Notebooks keep their rhythm: what is exported is short, and followed by an example, a figure or a test."""

import ast
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, median

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

from pages import tests as asserts  # noqa: E402

NBS = ROOT / "nbs"
LEAST, LEAST_ON_AVERAGE, LONGEST = 0.5, 0.7, 4  # Share of exports that are followed; cells in a row that are not
WIDEST, TALLEST = 120, 20  # Characters and lines of a cell that is neither exported nor a test
USUAL, MOST = 12, 60  # Lines of an exported cell with its docstring: the median, imports apart; the most, classes apart


def only_imports(source: str) -> bool:
    """Whether a cell has imports and nothing else, also under `if TYPE_CHECKING`."""
    lines = [node for node in ast.parse(source).body if not isinstance(node, ast.If)]
    lines += [each for node in ast.parse(source).body if isinstance(node, ast.If) for each in node.body]
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in lines)


def rhythm(cells: Iterable[str]) -> tuple[float, int] | None:
    """The share of exports that another cell follows, and the most in a row without one; None without exports."""
    followed, pending = list[bool](), False
    for source in cells:
        exports = source.startswith(("#| export", "#|export"))
        if exports and only_imports(source):
            continue
        if pending:
            followed.append(not exports)
        pending = exports
    if pending:
        followed.append(False)
    if not followed:
        return None
    alone = "".join(" " if each else "x" for each in followed).split()
    return mean(followed), max(map(len, alone), default=0)


def exported_lines(source: str) -> int:
    """Lines of a cell that is exported, without its directive and empty ones; 0 for others."""
    return sum(bool(line.strip()) for line in source.splitlines()[1:]) if source.startswith(("#| export", "#|export")) else 0


def example(source: str) -> bool:
    """Whether a cell is there to be read: nothing of it is exported, hidden or asserted."""
    return not re.match(r"#\| *(export|default_exp|include|hide)", source) and not asserts(source)


def code_cells(path: Path) -> list[str]:
    """The code of a notebook, cell by cell."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


FOUND = {path.stem: found for path in sorted(NBS.glob("*.ipynb")) if (found := rhythm(code_cells(path)))}


@pytest.mark.parametrize("name", FOUND)
def test_exports_are_followed_by_an_example(name: str) -> None:
    """Half of them at least, and never five in a row without."""
    share, longest = FOUND[name]
    assert share >= LEAST, f"{name}: {share:.0%} of its exports are followed by an example, a figure or a test"
    assert longest <= LONGEST, f"{name}: {longest} exports in a row are followed by no example, figure or test"


def test_most_exports_are_followed_by_an_example() -> None:
    """The mean over notebooks."""
    assert mean(share for share, _ in FOUND.values()) >= LEAST_ON_AVERAGE


def test_rhythm_by_hand() -> None:
    """Imports do not count, and the last export has nothing behind it."""
    export, example, imports = "#| export\ndef f(): ...", "f()", "#| export\nimport os\nif 1:\n    import re"
    assert rhythm([imports, export, example]) == (1, 0)
    assert rhythm([export, imports, example]) == (1, 0)
    assert rhythm([example, export, export, example, export]) == (1 / 3, 1)
    assert rhythm([export, export, export, example]) == (1 / 3, 2)
    assert rhythm([imports, example]) is None


def test_exports_are_short() -> None:
    """One definition each, mostly; classes may have 150 lines."""
    cells = [source for path in NBS.glob("*.ipynb") for source in code_cells(path) if exported_lines(source)]
    assert median(exported_lines(source) for source in cells if not only_imports(source)) <= USUAL
    long = [source for source in cells if exported_lines(source) > (150 if "\nclass " in source else MOST)]
    assert not long, long[0]
    assert exported_lines("#| export\na = 1\n\n\nb = 2") == 2 and exported_lines("a = 1\nb = 2") == 0


def test_examples_are_short() -> None:
    """Those of guides, too."""
    found = [source for path in [*NBS.glob("*.ipynb"), *NBS.glob("guides/*.ipynb")] for source in code_cells(path)]
    lines = [source.splitlines() for source in found if example(source)]
    long = ["\n".join(each) for each in lines if len(each) > TALLEST or max(map(len, each), default=0) > WIDEST]
    assert not long, long[0]
    assert example("a = 1") and example("#| gpu\na = 1") and example("print('assert')")
    others = "#| export\na = 1", "test_eq(a, 1)", "if a:\n    assert a", "if a: assert a", "assert_close(a, a)"
    assert not any(map(example, others))
