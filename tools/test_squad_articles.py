"""Tests of `squad_articles.py`."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import squad_articles
from squad_articles import ARTICLES, cut, folds, questions

TITLES = [title for titles in ARTICLES.values() for title in titles]


def content() -> dict[str, Any]:
    """A file with all articles, of 1, 2, 3 … questions, and one more."""
    counts = {title: i for i, title in enumerate([*TITLES, "Oxygen"], 1)}
    data = [{"title": t, "paragraphs": [{"context": "", "qas": [{}] * n}]} for t, n in counts.items()]
    return {"version": "v2.0", "data": data}


def test_both_files() -> None:
    """Each has its articles, in the order told, and nothing else."""
    parts = cut(content())
    assert {name: [a["title"] for a in part["data"]] for name, part in parts.items()} == ARTICLES
    few = content()
    del few["data"][3]
    with pytest.raises(ValueError, match=r"must have the articles .* without: Steam_engine"):
        cut(few)


def test_folds() -> None:
    """Each article is asked about once, and learned from in all other folds; folds have about as many questions."""
    made = folds(content(), 5)
    asked = [[a["title"] for a in fold["dev"]["data"]] for fold in made]
    assert sorted(title for fold in asked for title in fold) == sorted(TITLES)
    for fold, mine in zip(made, asked, strict=True):
        assert sorted([*mine, *(a["title"] for a in fold["train"]["data"])]) == sorted(TITLES)
    sizes = [sum(map(questions, fold["dev"]["data"])) for fold in made]
    assert sum(sizes) == 91 and max(sizes) - min(sizes) <= 3
    assert folds(content(), 5) == made
    for wrong in (1, 14):
        with pytest.raises(ValueError, match=f"folds must be 2 … 13, of which each has an article, got {wrong}"):
            folds(content(), wrong)


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that it wrote are a source of folds; what is wrong with a source is said in one line."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "dev-v2.0.json"
    source.write_text(json.dumps(content()), "utf-8")

    def run(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["squad_articles.py", *arguments])
        squad_articles.main()

    run(str(source))
    cut_out = [str(tmp_path / "data" / "squad_v2" / f"{name}.json") for name in ARTICLES]
    run(*cut_out, "--folds", "5")
    written = [json.loads((tmp_path / f"data/squad_folds/{i}/dev.json").read_text("utf-8")) for i in range(1, 6)]
    assert written == [fold["dev"] for fold in folds(content(), 5)]
    source.write_text("[]", "utf-8")
    with pytest.raises(SystemExit, match="2"):
        run(str(source))
    assert capsys.readouterr().err.startswith("squad_articles.py: source must be SQuAD's JSON with `data`")
