"""Run a notebook as papermill does, and say every 15 s how far its training is: tools/run_notebook.py IN OUT [-p NAME VALUE …].

While a cell runs, papermill shows nothing of a progress bar: a bar is drawn anew in its place, and is no output of the cell until
it ends. Its messages pass through here, though, and each 15 s one of them becomes a line on stderr, which a log file can hold.

A parameter that the notebook does not have is refused before it begins, and of a value that it refuses only the message is said,
in one line; of any other error, the traceback. What cells show is cut to a few lines: the notebook that is written has all of it.
"""

import re
import sys
import time
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import yaml
from papermill import inspect_notebook
from papermill.cli import papermill
from papermill.clientwrap import PapermillNotebookClient
from papermill.exceptions import PapermillExecutionError

from gmmxlnet_nb.core import check_names

EVERY = 15.0  # Seconds from one line to the next
SHOWN = 12  # Lines of what a cell shows
REFUSED = "ValueError"  # What a value that cannot be is refused by
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


def shortened(text: str) -> str:
    """The first lines of what a cell shows; nothing of an object that is only named, such as a figure."""
    lines = text.splitlines()
    if text.startswith("<") and len(lines) == 1:
        return ""
    more = len(lines) - SHOWN
    return text if more <= 0 else "\n".join([*lines[:SHOWN], f"… {more} more lines in the notebook that is written"])


def given_names(options: Mapping[str, Any]) -> list[str]:
    """The parameters that papermill's options name; a `ValueError` for -y without names and values."""
    names = [name for name, _ in (*options["parameters"], *options["parameters_raw"])]
    for text in options["parameters_yaml"]:
        try:
            values = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"-y must be YAML such as 'name: value', got {text!r}: {str(error).splitlines()[0]}") from error
        if not isinstance(values, dict):
            raise ValueError(f"-y must have names and values such as 'name: value', got {text!r}")
        names += map(str, values)
    return names


def take_back(output: Path) -> str:
    """Remove what a run has left that was refused at its beginning; where there is more than its notebook, say where that is."""
    if [path.name for path in output.parent.iterdir()] != [output.name]:
        return f" (see {output})"
    output.unlink()
    output.parent.rmdir()
    return ""


def refuse(message: str) -> NoReturn:
    """End with a line, as commands do whose arguments cannot be."""
    print(message, file=sys.stderr)
    sys.exit(2)


def run(arguments: Sequence[str], every: float = EVERY) -> None:
    """Do what the command papermill does with these arguments; exits with 2 for a value that is refused."""
    progress = Progress(every)

    class Client(PapermillNotebookClient):
        """Passes on what it hears, but for what a kernel warns of itself: that it talks to this process unencrypted."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{"extra_arguments": ["--log-level=ERROR"], **kwargs})

        def process_message(self, *args: Any, **kwargs: Any) -> Any:
            progress.note(args[0] if args else kwargs["msg"])
            return super().process_message(*args, **kwargs)

        def log_output_message(self, output: Any) -> None:
            if "data" not in output:
                super().log_output_message(output)
            elif self.log_output and (text := shortened("".join(output.data.get("text/plain", "")))):
                self.log.info(text)

    try:
        given = papermill.make_context("papermill", list(arguments)).params
        if known := list(inspect_notebook(given["notebook_path"])):
            check_names("parameter", given_names(given), known)
        Path(given["output_path"]).parent.mkdir(parents=True, exist_ok=True)
        with patch("papermill.engines.PapermillNotebookClient", Client):
            papermill(list(arguments), prog_name="papermill")
    except PapermillExecutionError as error:
        if error.ename != REFUSED:
            raise
        refuse(error.evalue + take_back(Path(given["output_path"])))
    except OSError as error:
        refuse(f"{given['output_path']} cannot be written: {error}")
    except ValueError as error:
        refuse(str(error))


if __name__ == "__main__":
    run(sys.argv[1:])
