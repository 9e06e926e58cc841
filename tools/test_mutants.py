"""What the tool for mutation testing changes, chooses and notices: `pytest tools`."""

import json
import subprocess
from pathlib import Path

import execnb.shell  # noqa: F401  # what each process would import anew
import mutants
import nbdev.test  # noqa: F401
import nbformat
import pytest
from mutants import Cell, Mutant, Worker, choose, find_mutants, in_place, notebooks, notebooks_for
from nbformat.v4 import new_code_cell, new_notebook

SOURCE = '''
def share(scores, mask, most: int | None = 9):
    "The share, of 5."
    got = tuple(scores) if scores else 0
    if not scores or len(scores) > 3:
        raise ValueError(f"scores must be up to {most + 1}, got {got}" + str(4 * 2))
    check_mask(mask)
    kept = torch.where(mask & real, scores.clamp(min=1), 0.5)
    return kept if most is None else max(kept, most)
'''


def changed(source: str) -> dict[str, list[str]]:
    """The lines that mutants of `source` change, as they become, by kind."""
    found: dict[str, list[str]] = {}
    for edit in Cell(source).edits():
        text = source.encode()
        after = (text[: edit.start] + edit.new.encode() + text[edit.end :]).decode().split("\n")
        number = text[: edit.start].count(b"\n")
        found.setdefault(edit.kind, []).append(after[number].strip())
    return found


def test_each_kind_of_edit_and_what_is_left_alone() -> None:
    assert {kind: sorted(lines) for kind, lines in changed(SOURCE).items()} == {
        "argument returned": ["return scores"],
        "comparison": ["if not scores or len(scores) >= 3:", "return kept if most is not None else max(kept, most)"],
        "constant": sorted(
            [f"def share(scores, mask, most: int | None = {n}):" for n in (8, 10)]
            + [f"if not scores or len(scores) > {n}:" for n in (2, 4)]
            + [f"kept = torch.where(mask & real, scores.clamp(min={n}), 0.5)" for n in (0, 2)]
            + [f"kept = torch.where(mask & real, scores.clamp(min=1), {n})" for n in (-0.5, 1.5)]
        ),
        "deleted check": ["pass"],
        "dropped condition": ["if False:", "if True:", "return kept", "return max(kept, most)"],
        "dropped operand": [
            "if len(scores) > 3:", "if not scores:", "kept = torch.where(mask, scores.clamp(min=1), 0.5)",
            "kept = torch.where(real, scores.clamp(min=1), 0.5)",
        ],
        "operator": ["if not scores and len(scores) > 3:", "kept = torch.where(mask | real, scores.clamp(min=1), 0.5)"],
        "other call": ["return kept if most is None else min(kept, most)"],
        "removed call": [
            "kept = torch.where(mask & real, scores, 0.5)", "return kept if most is None else kept",
            "return kept if most is None else most",
        ],
        "removed not": ["if scores or len(scores) > 3:"],
        "swapped arguments": ["kept = torch.where(mask & real, 0.5, scores.clamp(min=1))"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "kind", "after"),
    [
        ("x = [a for a, b in s if first <= a and b < last]", "comparison", "x = [a for a, b in s if first <= a and b <= last]"),
        ("x = [a for a in s if a]", "dropped condition", "x = [a for a in s if True]"),
        ("x = 'ähm', ~m & y", "removed not", "x = 'ähm', m & y"),  # columns are bytes
        ("x = a + b - c", "operator", "x = a + b + c"),
        ("x = a * (b + c)", "dropped operand", "x = (b + c)"),
        ("x = cat([a, b], dim=-1)", "swapped arguments", "x = cat([b, a], dim=-1)"),
        ("x = y.detach() + 1", "removed call", "x = y + 1"),
        ("x = f(keepdim=True)", "constant", "x = f(keepdim=False)"),
        ("require(x > 0, 'x must be 1 or 2')", "comparison", "require(x >= 0, 'x must be 1 or 2')"),
        ("x = a  not   in b", "comparison", "x = a  in b"),
    ],
)
def test_an_edit(source: str, kind: str, after: str) -> None:
    assert after in changed(source)[kind]


@pytest.mark.parametrize(
    "source",
    [
        "'1 < 2'", "x: Literal[1, 2]", "print(1 < 2)", "log.warning(f'{1 + 2}')", "@dataclass(frozen=True)\nclass A: ...",
        "zip(a, b, strict=True)", "x = require(y, f'{1 + 2}' + str(3))", "x = isinstance(a, int | str)", "x = 'a' + b",
        "if TYPE_CHECKING:\n    x = 1", "ax.plot(a, lw=2)", "x = cast(int | None, y)",
    ],
)  # fmt: skip
def test_what_is_no_behaviour_is_left_alone(source: str) -> None:
    assert not changed(source)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A package of two modules with notebooks, and a third notebook."""
    cells = {
        "00_low": [
            "#| default_exp low", "#| export\n\ndef low(x):\n    'At least 1.'\n    return max(x, 1)",
            "#| exporti\nLEFT = 3\n\n\ndef unused(x):\n    return x + 1", "assert low(0) == 1",
        ],
        "01_high": [
            "#| default_exp high", "#| export\nfrom gmmxlnet_nb.low import low",
            "#| exporti\ndef high(x):\n    return low(x) < 9",
            "from gmmxlnet_nb.low import LEFT\nassert high(5) and not high(9) and low(5) == 5 and LEFT == 3",
        ],
        "02_last": ["1 / 0", "import gmmxlnet_nb.low"],
    }  # fmt: skip
    levels = '[tool.layout]\nlevels = "low high"\n'
    settings = "[DEFAULT]\nlib_name = gmmxlnet_nb\nlib_path = gmmxlnet_nb\nnbs_path = nbs\ntst_flags = slow\n"
    made = tmp_path / "made"
    for name in ("gmmxlnet_nb", "nbs"):
        (made / name).mkdir(parents=True)
    (made / "pyproject.toml").write_text(levels)
    (made / "settings.ini").write_text(settings)
    (made / "gmmxlnet_nb" / "__init__.py").touch()
    for name, sources in cells.items():
        book = new_notebook(cells=[new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)])
        nbformat.write(book, made / "nbs" / f"{name}.ipynb")
        parts = [
            f"\n# %% ../nbs/{name}.ipynb #c{i}\n{source.split(chr(10), 1)[1].strip()}\n".replace("from gmmxlnet_nb.", "from .")
            for i, source in enumerate(sources)
            if "export" in source
        ]
        if parts:
            (made / "gmmxlnet_nb" / f"{name[3:]}.py").write_text("".join(parts))
    return made


def all_mutants(root: Path) -> list[Mutant]:
    """All mutants of all modules."""
    return [mutant for path in notebooks(root) for mutant in find_mutants(root, path)]


def test_a_mutant_is_put_into_module_and_notebook_and_taken_out_again(root: Path) -> None:
    (mutant,) = [m for m in find_mutants(root, root / "nbs" / "00_low.ipynb") if (m.function, m.after) == ("low", "return x")]
    module, notebook = root / "gmmxlnet_nb" / "low.py", root / "nbs" / "00_low.ipynb"
    assert module.read_text().split("\n")[mutant.line - 1] == "    return max(x, 1)"
    was = module.read_bytes(), notebook.read_bytes()
    with in_place(root, mutant):
        assert module.read_text() == was[0].decode().replace("max(x, 1)", "x")
        sources = ["".join(cell["source"]) for cell in json.loads(notebook.read_text())["cells"]]
        assert sources[1] == "#| export\n\ndef low(x):\n    'At least 1.'\n    return x"
    assert (module.read_bytes(), notebook.read_bytes()) == was
    module.write_text(was[0].decode().replace("max(x, 1)", "max(x,  1)"))
    with pytest.raises(ValueError, match=r"low\.py is not what 00_low\.ipynb exports"), in_place(root, mutant):
        pass
    with pytest.raises(ValueError, match="root must be a scratch copy"), in_place(mutants.ROOT, mutant):
        pass


def test_the_choice_is_settled_by_the_seed_and_spread_over_modules(root: Path) -> None:
    found = all_mutants(root)
    assert choose(found, 0, 6) == choose(found[::-1], 0, 6) and choose(found, 0, None) != choose(found, 1, None)
    assert {mutant.module for mutant in choose(found, 0, 2)} == {"low", "high"}
    gone = choose(found, 0, 6)[-1]
    assert choose([m for m in found if m != gone], 0, 5) == choose(found, 0, 5)  # others stay chosen
    assert len({mutant.key for mutant in found}) == len(found)


def test_the_tests_of_a_module(root: Path) -> None:
    of_low, of_high = ([path.stem for path in notebooks_for(root, name, notebooks(root))] for name in ("low", "high"))
    assert of_low == ["00_low", "01_high", "02_last"]
    assert of_high == ["01_high"]


def test_caught_by_its_own_notebook_by_another_or_not_at_all(root: Path, tmp_path: Path) -> None:
    (tmp_path / "baseline").mkdir()
    worker = Worker(root, 60, tmp_path / "baseline")
    found = {(mutant.before, mutant.after): mutant for mutant in all_mutants(root)}
    for before, after, status, caught_by in (
        ("return max(x, 1)", "return x", "caught", "00_low.ipynb"),
        ("return max(x, 1)", "return 1", "caught", "01_high.ipynb"),
        ("LEFT = 3", "LEFT = 4", "caught", "01_high.ipynb"),
        ("return x + 1", "return x - 1", "survived", ""),  # 02_last fails without it, too
        ("return low(x) < 9", "return low(x) <= 9", "caught", "01_high.ipynb"),
    ):
        outcome = worker.test(found[before, after])
        assert (outcome.status, outcome.caught_by) == (status, caught_by), (before, outcome)
        assert status != "caught" or outcome.reason == "AssertionError"


def test_a_scratch_copy_has_what_git_would_track(tmp_path: Path) -> None:
    root, to = tmp_path / "here", tmp_path / "there"
    root.mkdir()
    to.mkdir()
    for name, text in ((".gitignore", "left\n"), ("taken", "1"), ("left", "2")):
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    mutants.copy_repository(root, to)
    assert sorted(path.name for path in to.iterdir()) == [".git", ".gitignore", "taken"]


def test_listed_equivalents_are_mutants_with_reasons() -> None:
    listed = mutants.equivalents()
    modules = {key[0] for key in listed}
    paths = [path for path in notebooks(mutants.ROOT) if mutants.module_of(path) in modules]
    keys = {mutant.key for path in paths for mutant in find_mutants(mutants.ROOT, path)}
    assert not [key for key in listed if key not in keys]
    assert all(reason.strip() for reason in listed.values())
