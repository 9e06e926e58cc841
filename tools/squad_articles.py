"""Cut the articles that the `squad-*` runs read out of SQuAD 2.0's development set.

    python tools/squad_articles.py dev-v2.0.json            # from https://rajpurkar.github.io/SQuAD-explorer

writes data/squad_v2/train.json and data/squad_v2/dev.json (not in git; SQuAD is CC BY-SA 4.0). A run's record has a digest of
what it read, so that another choice of articles shows.
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


def main() -> None:
    """Write both files, or say what is wrong with the source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="dev-v2.0.json")
    parser.add_argument("--folder", type=Path, default=Path("data/squad_v2"), help="where to, by default data/squad_v2")
    asked = parser.parse_args()
    try:
        parts = cut(json.loads(asked.source.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        print(f"squad_articles.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    for name, part in parts.items():
        print(write_json(asked.folder / f"{name}.json", part))


if __name__ == "__main__":
    main()
