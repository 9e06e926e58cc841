"""Turn a clone of a public collection of books into two files to read for pre-training and for cloze questions.

    git clone https://github.com/mlschmitt/classic-books-markdown
    python tools/books.py classic-books-markdown COMMIT

writes data/books/train.jsonl.xz and data/books/dev.jsonl.xz (not in git), a book a line with author, title and text, and prints
the sha256 of their content. The books are those that the commit has as AUTHOR/TITLE.md, of a length, in English and of 1929 or
before; the authors of dev have no book in train. The same commit gives the same books. The runs here were made with

    python tools/books.py classic-books-markdown 944882722e9a96fa6cf2739dc2ea757e101f412f --characters 90000000 \\
        --without "Samuel Richardson/Clarissa.md" --without "Various/King James Bible.md"

The year is that of the original: a translation may be newer, and whether a book may be copied depends on the country.
"""

import argparse
import hashlib
import html
import json
import lzma
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path, PurePosixPath

from gmmxlnet_nb.cloze import Book, author_key, common_share, split_authors
from gmmxlnet_nb.core import whole_file

LEAST_CHARACTERS = 40_000
ENGLISH_SHARE = 0.2  # Of the words, that are among the commonest English ones
DEV_SHARE = 0.05  # Of the authors
LATEST_YEAR = 1929
HEADER = re.compile(r"\A\s*# *Title:.*\n\s*#+ *Author:.*\n\s*#+ *Year:(.*)\n(?:\s*-{3,}[ \t]*\n)?\s*")
MARKS = [  # What Markdown and HTML add to a text, and what is left of it
    (r"\A\s*---\n.*?\n---[ \t]*(?:\n|\Z)", ""),  # front matter
    (r"<!--.*?-->", ""),
    (r"</?[A-Za-z][^<>]*>", " "),
    (r"!\[[^\]]*\]\([^)]*\)", ""),  # pictures
    (r"\[\^[^\]\s]+\]:?", ""),  # notes
    (r"\[([^\]]*)\]\([^)]*\)", r"\1"),  # links
    (r"(?m)^[ \t]*(?:[-*_][ \t]*){3,}$", ""),  # rules
    (r"(?m)^[ \t]*(?:>[ \t]?)+", ""),  # quotations
    (r"(?m)^[ \t]*#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", r"\n\1\n"),  # headings
    (r"(?<![\w\\])([*_]{1,3})(?=\S)([^*_]*[^*_\\])\1(?!\w)", r"\2"),  # stress
    (r"\\([\\`*_{}\[\]()#+.!>~|-])", r"\1"),  # what was escaped
]


def plain_text(
    markdown: str,  # A book as the collection has it
) -> str:  # Paragraphs of one line, with an empty line between them
    """A book without its marks."""
    text = markdown.replace("\r\n", "\n")
    for pattern, left in MARKS:
        text = re.sub(pattern, left, text, flags=re.DOTALL if pattern.startswith((r"\A", "<!--")) else 0)
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
    return html.unescape("\n\n".join(filter(None, paragraphs)))


def split_header(
    markdown: str,  # A book as the collection has it
) -> tuple[int | None, str]:  # Its year, below 0 for BC, or None where none is given; and what follows title, author and year
    """Take off what the collection says of a book."""
    found = HEADER.match(markdown.replace("\r\n", "\n"))
    if not found:
        return None, markdown
    year = re.search(r"\d+", found[1])
    number = int(year[0]) * (-1 if "BC" in found[1] else 1) if year else None
    return number, markdown.replace("\r\n", "\n")[found.end() :]


def git(
    clone: Path,  # Of a repository
    *command: str,  # For git
) -> bytes:  # What it says
    """Ask git; a `ValueError` with its complaint."""
    done = subprocess.run(["git", "-C", str(clone), *command], capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"clone must have the commit, got {clone}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def books_of(
    clone: Path,  # Of the collection
    commit: str,  # Which of its states
    without: Sequence[str] = (),  # Paths that are left out
) -> Iterator[Book]:  # In the order of their paths
    """The books that a commit has, of a length and in English; a `ValueError` for one left out that it has not."""
    listed = [path for path in git(clone, "ls-tree", "-r", "-z", "--name-only", commit).decode().split("\0") if path]
    if unknown := sorted(set(without) - set(listed)):
        raise ValueError(f"without must be paths of the commit, got {', '.join(unknown)}")
    for path in sorted(map(PurePosixPath, set(listed) - set(without))):
        if len(path.parts) == 2 and path.suffix == ".md":
            year, body = split_header(git(clone, "cat-file", "blob", f"{commit}:{path}").decode("utf-8-sig"))
            text = plain_text(body)
            if (year or 0) <= LATEST_YEAR and len(text) >= LEAST_CHARACTERS and common_share(text) >= ENGLISH_SHARE:
                yield Book(path.parts[0].strip(), path.stem.strip(), text)


def whole_authors(
    books: Sequence[Book],  # Of any number of authors
    most: int,  # Characters
) -> list[Book]:  # In their order
    """The books of the first authors, by a hash of their names, that have so many characters; a `ValueError` for none."""
    sizes = dict[str, int]()
    for book in books:
        sizes[author_key(book.author)] = sizes.get(author_key(book.author), 0) + len(book.text)
    ranked = sorted(sizes, key=lambda author: hashlib.sha256(author.encode()).digest())
    totals = accumulate(sizes[author] for author in ranked)
    kept = {author for author, total in zip(ranked, totals, strict=True) if total <= most}
    if not kept:
        raise ValueError(f"characters must have room for the books of an author, {sizes[ranked[0]]:,} of the first, got {most:,}")
    return [book for book in books if author_key(book.author) in kept]


def write_books(
    path: Path,  # Ends in .jsonl.xz
    books: Sequence[Book],  # In their order
) -> str:  # sha256 of the lines, before they are compressed
    """Write books, whole or not at all."""
    lines = "".join(json.dumps(book._asdict(), ensure_ascii=False) + "\n" for book in books).encode()
    with whole_file(path) as part:
        part.write_bytes(lzma.compress(lines))
    return hashlib.sha256(lines).hexdigest()


def main() -> None:
    """Write both files, or say what is wrong with the clone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path, help="a clone of the collection")
    parser.add_argument("commit", help="which of its states, by its 40 digits")
    parser.add_argument("--folder", type=Path, default=Path("data/books"), help="where to, by default data/books")
    told = "a book to leave out, as AUTHOR/TITLE.md: of a clone that lacks it, which then makes what a whole one does"
    parser.add_argument("--without", metavar="PATH", action="append", default=[], help=told)
    told = "how many characters train may have: of its authors as many as have so many, whole ones; all by default"
    parser.add_argument("--characters", metavar="N", type=int, help=told)
    asked = parser.parse_args()
    try:
        if not re.fullmatch(r"[0-9a-f]{40}", asked.commit):
            raise ValueError(f"commit must be 40 hexadecimal digits, got {asked.commit!r:.80}")
        train, dev = split_authors(books_of(asked.clone, asked.commit, asked.without), DEV_SHARE)
        parts = (train if asked.characters is None else whole_authors(train, asked.characters)), dev
        asked.folder.mkdir(parents=True, exist_ok=True)
        for name, books in zip(("train", "dev"), parts, strict=True):
            digest = write_books(asked.folder / f"{name}.jsonl.xz", books)
            authors, characters = len({book.author for book in books}), sum(len(book.text) for book in books)
            print(f"{digest}  {name}: {len(books)} books, {authors} authors, {characters:,} characters")
    except (OSError, ValueError) as error:
        print(f"books.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
