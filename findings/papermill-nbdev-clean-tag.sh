#!/bin/sh
# nbdev 2.4.14 with papermill 2.7.0: nbdev_clean takes the tag "parameters" away, and given values lose against defaults.
#
# papermill writes what it is given into a cell below the one that is tagged "parameters". nbdev_clean, which projects
# run before each commit, drops the metadata of cells unless settings.ini lists the key in allowed_cell_metadata_keys,
# and tags are metadata. In a notebook without the tag papermill puts its cell at the top, above the defaults, which
# then overwrite it: a run that is asked for seed 7 is run with seed 0.
#
# Why a good guess is wrong: the notebook that comes out shows the cell with seed = 7, and the run does not fail.
# papermill says in a log that there is no such cell and that the name is unknown, which it also says of names that do
# arrive; nbdev_clean says nothing.
#
# Seen with Python 3.11 and ipykernel 7.4.0; seed = 0 in the notebook, 7 given:
#   not cleaned            tags ['parameters'], seed 7
#   cleaned                tags [], seed 0
#   cleaned, tags allowed  tags ['parameters'], seed 7
#
# What this project does about it: `settings.ini` allows `tags`. `notebook_defaults` (notebook 60) refuses a notebook
# without one tagged cell, and each run asks its kernel which values it has and fails where they are not those given
# (`run_parameters`).
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nbdev==2.4.14 execnb==0.1.18 fastcore==1.14.5 ghapi==1.1.1 fastgit==0.0.6 papermill==2.7.0 ipykernel==7.4.0 nbformat==5.11.1
PATH="$folder/venv/bin:$PATH" "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import logging
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import papermill

logging.getLogger("papermill").setLevel(logging.ERROR)
print(f"nbdev {version('nbdev')}, papermill {papermill.__version__}")
seen = []
for name, settings in {"not cleaned": None, "cleaned": "", "cleaned, tags allowed": "allowed_cell_metadata_keys = tags\n"}.items():
    place = Path(sys.argv[1], name.replace(" ", "-"))
    place.mkdir()
    cell = nbformat.v4.new_code_cell("seed = 0", metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell("print(seed)")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, place / "run.ipynb")
    if settings is not None:
        (place / "settings.ini").write_text(f"[DEFAULT]\nlib_name = lib\nuser = user\nnbs_path = .\n{settings}")
        subprocess.run(["nbdev_clean", "--fname", "run.ipynb"], cwd=place, check=True)
    tags = nbformat.read(place / "run.ipynb", 4).cells[0].metadata.get("tags", [])
    made = papermill.execute_notebook(place / "run.ipynb", place / "out.ipynb", {"seed": 7}, progress_bar=False)
    seen.append((tags, made.cells[-1].outputs[0].text.strip()))
    print(f"{name:22} tags {tags}, seed {seen[-1][1]}")
sys.exit(seen != [(["parameters"], "7"), ([], "0"), (["parameters"], "7")])
PYTHON
