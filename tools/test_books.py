"""Books out of a clone of a collection: pytest tools/test_books.py."""

import hashlib
import lzma
import re
import subprocess
import sys
from pathlib import Path

import pytest
from books import ENGLISH_SHARE, LEAST_CHARACTERS, books_of, plain_text, split_header, whole_authors

from gmmxlnet_nb.cloze import read_books

TOOL = Path(__file__).resolve().parent / "books.py"
HEAD = "# Title: A\n\n## Author: B\n\n## Year: {}\n\n-------\n\n"
ENGLISH = "It was the house that stood in the valley, and he was in it. " * 800
GERMAN = "Es war einmal ein König, der hatte eine Tochter, und die war so schön. " * 800


def commit(clone: Path, **texts: str) -> str:
    """Write files, `author__title`, and commit them."""
    for name, text in texts.items():
        path = clone / (name.replace("__", "/").replace("_", " ") + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    told = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*told, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(clone), *command], check=True)
    found = subprocess.run(["git", "-C", str(clone), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return found.stdout.strip()


@pytest.fixture()
def clone(tmp_path: Path) -> tuple[Path, str]:
    """A made-up collection of five books that count, of three authors, and its commit."""
    folder = tmp_path / "clone"
    folder.mkdir()
    names = "Ann_Lee__One Ann_Lee__Two Bo__One Bo__Two Cid__One".split()
    good = {name: f"{HEAD.format(1905)}## {name.split('__')[1]}\n\n{ENGLISH}" for name in names}
    new = HEAD.format(1930) + ENGLISH
    bad = {"README": ENGLISH, "Cid__Short": "It was.", "Cid__Fremd": GERMAN, "Cid__deep__In": ENGLISH, "Cid__New": new}
    kept = commit(folder, **good, **bad)
    commit(folder, Dot__Later=ENGLISH)
    return folder, kept


def run(*told: object) -> subprocess.CompletedProcess[str]:
    """Run the tool."""
    return subprocess.run([sys.executable, str(TOOL), *map(str, told)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("---\ntitle: A\n---\n\n# One #\nHe was\r\nin it.\n\n\n\nShe", "One\n\nHe was in it.\n\nShe"),
        ("a *b c* d, _e_! **f** ***g*** snake_case 2 * 3 * 4 _what_ , h", "a b c d, e! f g snake_case 2 * 3 * 4 what , h"),
        ("> said\n> he\n\n* * *\n\n---\n\nthen", "said he\n\nthen"),
        ("See [here](http://a.b) ![pic](c.png) it[^1].<br/>Now <!-- not\n\nthis -->5 < 6 > 3", "See here it. Now 5 < 6 > 3"),
        ("3\\. \\*so\\*", "3. *so*"),
        ("Q &amp; A", "Q & A"),
        ("", ""),
    ],
)  # fmt: skip
def test_marks_are_taken_out(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


def test_the_header_is_taken_off() -> None:
    assert split_header(HEAD.format(1905) + "It was.") == (1905, "It was.")
    assert split_header(HEAD.format("c. 1905").replace("\n", "\r\n") + "It was.") == (1905, "It was.")
    assert split_header(HEAD.format("19 BC") + "x") == (-19, "x") and split_header(HEAD.format("unknown") + "x") == (None, "x")
    assert split_header("# Title of it\n") == (None, "# Title of it\n")


def test_books_are_those_of_the_commit(clone: tuple[Path, str]) -> None:
    books = list(books_of(*clone))
    assert [book[:2] for book in books] == [("Ann Lee", "One"), ("Ann Lee", "Two"), ("Bo", "One"), ("Bo", "Two"), ("Cid", "One")]
    assert books[0].text == f"One\n\n{ENGLISH.strip()}"
    assert all(len(book.text) >= LEAST_CHARACTERS for book in books) and 0 < ENGLISH_SHARE < 1


def test_books_may_be_left_out(clone: tuple[Path, str], tmp_path: Path) -> None:
    books = list(books_of(*clone, ["Bo/One.md", "Cid/One.md"]))
    assert books == [book for book in books_of(*clone) if book[:2] not in (("Bo", "One"), ("Cid", "One"))]
    done = run(*clone, "--without", "Bo/One.md", "--without", "Cid/One.md", "--folder", tmp_path)
    assert done.returncode == 0 and sum(int(n) for n in re.findall(r": (\d+) books", done.stdout)) == len(books)
    done = run(*clone, "--without", "Bo/None.md", "--folder", tmp_path)
    assert (done.returncode, done.stderr) == (2, "books.py: without must be paths of the commit, got Bo/None.md\n")


def test_train_may_be_smaller(clone: tuple[Path, str], tmp_path: Path) -> None:
    books = list(books_of(*clone))
    sizes = [sum(len(book.text) for book in books if book.author == author) for author in sorted({book.author for book in books})]
    found = [whole_authors(books, most) for most in (sum(sizes), sum(sizes) - 1, max(sizes))]
    assert found[0] == books and all(0 < len(part) < len(books) for part in found[1:])
    for part in found:
        assert part == [book for book in books if book.author in {kept.author for kept in part}]
    with pytest.raises(ValueError, match=r"characters must have room for the books of an author, .* got 10"):
        whole_authors(books, 10)
    dev = [run(*clone, *told, "--folder", tmp_path).stdout.splitlines()[1] for told in ((), ("--characters", max(sizes)))]
    assert dev[0] == dev[1]


def test_files_have_whole_authors_and_their_digests_are_printed(clone: tuple[Path, str], tmp_path: Path) -> None:
    done = [run(*clone, "--folder", tmp_path / name) for name in ("a", "b")]
    assert [one.returncode for one in done] == [0, 0], done[0].stderr
    assert done[0].stdout == done[1].stdout
    found = {name: list(read_books(tmp_path / "a" / f"{name}.jsonl.xz")) for name in ("train", "dev")}
    authors = {name: {book.author for book in books} for name, books in found.items()}
    assert not authors["train"] & authors["dev"] and len(authors["dev"]) == 1
    assert sorted(found["train"] + found["dev"]) == list(books_of(*clone))
    for line, name in zip(done[0].stdout.splitlines(), found, strict=True):
        content = lzma.decompress((tmp_path / "a" / f"{name}.jsonl.xz").read_bytes())
        assert line.startswith(f"{hashlib.sha256(content).hexdigest()}  {name}: {len(found[name])} books, ")
        assert (tmp_path / "a" / f"{name}.jsonl.xz").read_bytes() == (tmp_path / "b" / f"{name}.jsonl.xz").read_bytes()


def test_what_is_no_clone_or_commit_is_said(clone: tuple[Path, str], tmp_path: Path) -> None:
    for told, message in [
        ((clone[0], "main"), "books.py: commit must be 40 hexadecimal digits, got 'main'"),
        ((clone[0], "0" * 40), "books.py: clone must have the commit, got "),
        ((tmp_path / "none", clone[1]), "books.py: clone must have the commit, got "),
    ]:
        done = run(*told, "--folder", tmp_path / "out")
        assert done.returncode == 2 and done.stderr.startswith(message) and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
