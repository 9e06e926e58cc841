"""Run a notebook as papermill does, and say every 15 s how far its training is: tools/run_notebook.py IN OUT [-p NAME VALUE …].

While a cell runs, papermill shows nothing of a progress bar: a bar is drawn anew in its place, and is no output of the cell until
it ends. Its messages pass through here, though, and each 15 s one of them becomes a line on stderr, which a log file can hold.
"""

import re
import sys
import time
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from unittest.mock import patch

from papermill.cli import papermill
from papermill.clientwrap import PapermillNotebookClient

EVERY = 15.0  # Seconds from one line to the next
BAR = re.compile(r"\[\s*(\d+)/(\d+)(?: (\d+(?::\d+)+))?(?: < (\d+(?::\d+)+))?[^\]]*\]")  # Step, steps, time passed and left


def spoken(clock: str) -> str:
    """A time such as 01:30 or 2:00:00 in words."""
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def last_row(html: str) -> dict[str, str]:
    """The last row of the table under a bar, by its columns; nothing if there is no row yet."""
    heads = re.findall(r"<th\b[^>]*>(.*?)</th>", html, re.DOTALL)
    rows = [re.findall(r"<td\b[^>]*>(.*?)</td>", row, re.DOTALL) for row in html.split("<tr")]
    rows = [[unescape(cell).strip() for cell in row] for row in rows if len(row) == len(heads) and row]
    return dict(zip(heads, rows[-1], strict=True)) if rows else {}


def progress_line(html: str) -> str:
    """What a progress bar of transformers says, in a line; empty for all else."""
    found = BAR.search(html)
    if found is None:
        return ""
    step, steps, _, left = found.groups()
    if "Epoch" not in found[0]:  # of questions, not of training
        return f"asking: batch {step} of {steps}"
    row = last_row(html)
    loss = next((row[name] for name in ("Training Loss", "Validation Loss") if name in row and row[name] != "No log"), "")
    said = f"step {step} of {steps}" + (f", loss {loss}" if loss else "")
    return said + (f", at most about {spoken(left)} left" if left else "")


class Progress:
    """Prints a line now and then."""

    def __init__(self, every: float = EVERY) -> None:
        self.every, self.last = every, -float("inf")

    def note(self, message: Mapping[str, Any]) -> None:
        """Look at a kernel's message."""
        if message.get("msg_type") not in ("display_data", "update_display_data"):
            return
        line = progress_line(message["content"]["data"].get("text/html", ""))
        if line and time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def run(arguments: Sequence[str], every: float = EVERY) -> None:
    """Do what the command papermill does with these arguments."""
    progress = Progress(every)

    class Client(PapermillNotebookClient):
        """Passes on what it hears."""

        def process_message(self, *args: Any, **kwargs: Any) -> Any:
            progress.note(args[0] if args else kwargs["msg"])
            return super().process_message(*args, **kwargs)

    with patch("papermill.engines.PapermillNotebookClient", Client):
        papermill(list(arguments), prog_name="papermill")


if __name__ == "__main__":
    run(sys.argv[1:])
