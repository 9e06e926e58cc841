#!/bin/sh
# papermill 2.7.0 does not see a parameter that is annotated with `|`, says that it is unknown, and sets it all the same.
#
# `rate: float | str = 0.5` in the cell that is tagged "parameters" is missing from what `inspect_notebook`
# lists, for the pattern that finds annotations has no `|`. When it is given, a warning says "Passed unknown parameter:
# rate", as of a misspelt name, but the value arrives. `rate: "float, str" = 0.5`, which Python takes as well, is listed,
# and no warning comes.
#
# Why a good guess is wrong: from the warning a user concludes that the value was not used, and a tool that checks names
# by `inspect_notebook` refuses a good one. `rate: float = 0.5` and `rate: list[float] = 0.5` are listed, so that annotations
# seem to be no matter.
#
# Seen with Python 3.11, papermill 2.7.0, ipykernel 7.4.0:
#   rate: float = 0.5           listed: yes   warned: no    arrived: 'high'
#   rate: list[float] = 0.5     listed: yes   warned: no    arrived: 'high'
#   rate: float | str = 0.5     listed: no    warned: yes   arrived: 'high'
#   rate: "float, str" = 0.5    listed: yes   warned: no    arrived: 'high'
#
# What this project does about it: `annotated` (notebook 60) reads annotations with a comma as well as those with `|`,
# and the experiments have the comma. Which parameters there are is read from the notebook's own cell
# (`notebook_defaults`), and `run_parameters` asks in the kernel which have arrived; papermill's warning decides
# nothing.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check papermill==2.7.0 ipykernel==7.4.0 nbformat==5.11.1
PATH="$folder/venv/bin:$PATH" "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import logging
import sys

import nbformat
import papermill

folder = sys.argv[1]
said = []


class Kept(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())


logging.getLogger("papermill").addHandler(Kept())
print(f"papermill {papermill.__version__}")
seen = []
for annotation in ("float", "list[float]", "float | str", '"float, str"'):
    cell = nbformat.v4.new_code_cell(f"rate: {annotation} = 0.5")
    cell.metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell("print(repr(rate))")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, f"{folder}/in.ipynb")
    listed = "rate" in papermill.inspect_notebook(f"{folder}/in.ipynb")
    said.clear()
    made = papermill.execute_notebook(f"{folder}/in.ipynb", f"{folder}/out.ipynb", {"rate": "high"}, progress_bar=False)
    warned = any("unknown parameter: rate" in line for line in said)
    arrived = made.cells[-1].outputs[0].text.strip()
    seen.append((listed, warned, arrived))
    print(f"{f'rate: {annotation} = 0.5':27} listed: {'yes' if listed else 'no':5} warned: {'yes' if warned else 'no':5} arrived: {arrived}")
sys.exit(seen != [(True, False, "'high'"), (True, False, "'high'"), (False, True, "'high'"), (True, False, "'high'")])
PYTHON
