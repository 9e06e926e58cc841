"""The files in `examples` are what the repository makes, and the README asks about them what can be answered."""

from pathlib import Path

from gmmxlnet_nb import EVALUATION_SEED, retention_documents

ROOT = Path(__file__).resolve().parent.parent


def test_town() -> None:
    """The text that the README's first question is about is one of those that runs are asked about, and never learn from."""
    [document] = retention_documents(1, num_segments=6, seed=EVALUATION_SEED)
    assert (ROOT / "examples" / "town.txt").read_text("utf-8") == f"{document.text}\n"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert document.question in readme and document.answers[0].text in readme
