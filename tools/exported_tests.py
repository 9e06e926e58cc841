"""Run one notebook's tests on the exported module: `python tools/exported_tests.py nbs/03_updates.ipynb`.

nbdev_test runs the code as it stands in the notebook. That shows neither that the export is complete, nor that the
module does without the notebook's globals, and it measures no coverage of the package. Here each exported cell is
replaced by importing from the module the names that the cell binds; all other cells run as they do in nbdev_test.
"""

import contextlib
import dis
import importlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from execnb.shell import CaptureShell
from nbdev.config import get_config
from nbdev.process import NBProcessor

from gmmxlnet_nb.attention import interpret_triton


def bound_names(source: str) -> set[str]:
    """The names that `source` leaves bound when it runs at module level."""
    ops = list(dis.get_instructions(compile(source, "<cell>", "exec")))
    stored, deleted = ({i.argval for i in ops if i.opname == op} for op in ("STORE_NAME", "DELETE_NAME"))
    return stored - deleted


def run(notebook: Path) -> None:
    """Run the cells of `notebook`; the first one that fails raises."""
    nb = NBProcessor(notebook).nb
    skipped = set(get_config().tst_flags.split())
    name = next(c.directives_["default_exp"][0] for c in nb.cells if "default_exp" in c.directives_)
    interpret_triton()  # before the module is imported that needs it
    module = importlib.import_module(f"{get_config().lib_name}.{name}")
    shell = CaptureShell(notebook)
    at = 0

    def replace(cell: Any) -> bool:
        """Whether `cell` is done with and must not run."""
        nonlocal at
        at = cell.idx_
        directives = cell.directives_
        if cell.cell_type != "code" or skipped & directives.keys() or directives.get("eval:") == ["false"]:
            return True
        if exported := bool(directives.keys() & {"export", "exports", "exporti"}):
            shell.user_ns.update({name: getattr(module, name) for name in bound_names(cell.source)})
        return exported

    try:
        with contextlib.chdir(notebook.parent):
            shell.run_all(nb, exc_stop=True, preproc=replace)
    except Exception as error:
        error.add_note(f"In cell {at + 1} of {notebook.name}:\n{nb.cells[at].source}")
        raise


if __name__ == "__main__":
    os.environ["IN_TEST"] = "1"  # turns a notebook's own call of nbdev_export into a no-op
    path = Path(sys.argv[1]).resolve()
    start = time.perf_counter()
    run(path)
    print(f"{path.name}: passed on the exported module, {time.perf_counter() - start:.0f} s")
