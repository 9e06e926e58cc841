"""Run one experiment small, and check that it ran with the parameters it was given.

`python tools/smoke.py experiments/train.ipynb` takes the parameters from the table [train] of experiments/smoke.toml.
Every experiment has a parameter `output_dir`, a folder, and leaves metrics.json there, with the parameters that its kernel
saw as `params`.
"""

import json
import shutil
import sys
import tomllib
from pathlib import Path

import nbformat
import papermill


def smoke(notebook: Path) -> None:
    """Run `notebook`; raise when it fails, or when it ran with other parameters than those given."""
    # papermill puts parameters above the defaults when nothing is tagged, so that they change nothing.
    cells = nbformat.read(notebook, as_version=4).cells
    if not any("parameters" in cell.metadata.get("tags", []) for cell in cells):
        raise ValueError(f"{notebook} has no cell tagged `parameters`")

    output_dir = Path("runs/smoke") / notebook.stem
    shutil.rmtree(output_dir, ignore_errors=True)
    output_dir.mkdir(parents=True)
    given = tomllib.loads(notebook.with_name("smoke.toml").read_text(encoding="utf-8"))[notebook.stem]
    given["output_dir"] = str(output_dir)
    papermill.execute_notebook(notebook, output_dir / "out.ipynb", given, kernel_name="python3", language="python")

    seen = json.loads((output_dir / "metrics.json").read_text(encoding="utf-8"))["params"]
    wrong = [f"{k}: given {v!r}, seen {seen.get(k)!r}" for k, v in given.items() if seen.get(k) != v]
    if wrong:
        raise ValueError(f"{notebook} ran with other parameters than those given: " + "; ".join(wrong))


if __name__ == "__main__":
    smoke(Path(sys.argv[1]))
