"""Cut the articles that the `squad-*` runs read out of SQuAD 2.0's development set.

    python tools/squad_articles.py dev-v2.0.json            # from https://rajpurkar.github.io/SQuAD-explorer
    python tools/squad_articles.py dev-v2.0.json --folds 5

The first writes data/squad_v2/train.json and data/squad_v2/dev.json, the second data/squad_folds/1 to 5 with two such files each,
in which each article is asked about in one fold and learned from in all others (not in git; SQuAD is CC BY-SA 4.0). A record
has a digest of what it read, so that another choice of articles shows. Two files that the first has written will do as a source.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gmmxlnet_nb.core import write_json

ARTICLES = {
    "train": (
        "Normans Computational_complexity_theory Huguenot Steam_engine European_Union_law Packet_switching "
        "Yuan_dynasty Islamism Warsaw Force"
    ).split(),
    "dev": "1973_oil_crisis Harvard_University Scottish_Parliament".split(),
}


def cut(content: Any) -> dict[str, dict[str, Any]]:
    """The two files' contents; a `ValueError` if an article is missing."""
    try:
        found = {article["title"]: article for article in content["data"]}
    except (LookupError, TypeError) as error:
        raise ValueError(f"source must be SQuAD's JSON with `data` and titles, got {error!r}") from None
    if missing := [title for titles in ARTICLES.values() for title in titles if title not in found]:
        raise ValueError(f"source must have the articles of SQuAD 2.0's development set, without: {', '.join(missing)}")
    return {
        name: {"version": content.get("version"), "data": [found[title] for title in titles]}
        for name, titles in ARTICLES.items()
    }


def questions(article: dict[str, Any]) -> int:
    """How many an article has."""
    return sum(len(paragraph["qas"]) for paragraph in article["paragraphs"])


def folds(content: Any, count: int) -> list[dict[str, dict[str, Any]]]:
    """Two files' contents for each fold: the longest first, each article goes to the fold that has fewest questions so far."""
    parts = cut(content)
    articles = sorted((a for part in parts.values() for a in part["data"]), key=lambda a: (-questions(a), a["title"]))
    if not 2 <= count <= len(articles):
        raise ValueError(f"folds must be 2 … {len(articles)}, of which each has an article, got {count}")
    asked: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    for article in articles:
        min(asked, key=lambda fold: sum(map(questions, fold))).append(article)
    whole = {"version": content.get("version")}
    return [
        {"train": {**whole, "data": [a for a in articles if a not in mine]}, "dev": {**whole, "data": mine}} for mine in asked
    ]


def read(sources: list[Path]) -> Any:
    """All articles of some files in SQuAD's form; an `OSError` or a `ValueError` for what is none."""
    contents = [json.loads(source.read_text(encoding="utf-8")) for source in sources]
    try:
        return {**contents[0], "data": [article for content in contents for article in content["data"]]}
    except (LookupError, TypeError) as error:
        raise ValueError(f"source must be SQuAD's JSON with `data`, got {error!r}") from None


def main() -> None:
    """Write the files, or say what is wrong with the source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, nargs="+", help="dev-v2.0.json, or files cut out of it")
    parser.add_argument("--folds", type=int, help="so many folders, in each of which other articles are asked about")
    parser.add_argument("--folder", type=Path, help="where to, by default data/squad_v2 or data/squad_folds")
    asked = parser.parse_args()
    try:
        content = read(asked.source)
        made = {"": cut(content)} if asked.folds is None else {str(i): f for i, f in enumerate(folds(content, asked.folds), 1)}
    except (OSError, ValueError) as error:
        print(f"squad_articles.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    folder = asked.folder or Path("data", "squad_v2" if asked.folds is None else "squad_folds")
    for inner, parts in made.items():
        for name, part in parts.items():
            print(write_json(folder / inner / f"{name}.json", part))


if __name__ == "__main__":
    main()
