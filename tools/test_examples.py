"""Files in `examples` are what the repository makes, the README asks them what can be answered, and guides say what they show."""

import json
from pathlib import Path

from gmmxlnet_nb import EVALUATION_SEED, retention_documents

ROOT = Path(__file__).resolve().parent.parent


def test_town() -> None:
    """The text that the README's first question is about is one of those that runs are asked about, and never learn from."""
    [document] = retention_documents(1, num_segments=6, seed=EVALUATION_SEED)
    assert (ROOT / "examples" / "town.txt").read_text("utf-8") == f"{document.text}\n"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert document.question in readme and document.answers[0].text in readme


def test_guides_say_whose_outputs_they_show() -> None:
    """Who runs on a small model says so at the top, and what differs with a real one."""
    small = []
    for path in sorted(ROOT.glob("nbs/guides/*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        if any(sign in code for sign in ("town_model=True", "xlnet_folder", "load_base(", "gmmxlnet pretrain")):
            small.append(path.stem[:2])
            first = "".join(cells[0]["source"])
            assert "small model that is made on the spot" in first and "real " in first, path.name
    assert {"01", "02", "05", "06", "07", "09", "12"} <= set(small)
