"""Seconds from the shell to the first answer, beside those of importing PyTorch: `python tools/time_start.py MODEL`.

Both run in processes of their own, in turn, so that what else the machine does disturbs both alike; the medians, and what an
answer takes beyond PyTorch, are printed as one line of JSON. MODEL is what `gmmxlnet answer` takes. The first round only
fills the disk's cache, and writes Python's compiled files where there are none.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOWN = Path(__file__).parents[1] / "examples/town.txt"
COMMAND = "from gmmxlnet_nb.command import main; main()"


def seconds(arguments: list[str], ends_with: tuple[int, ...] = (0,)) -> float:
    """How long a Python process takes; a `RuntimeError` if it ends otherwise."""
    cached = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=cached, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode not in ends_with:
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr[-500:]}")
    return took


def main() -> None:
    """Time both, and the other things that a shell asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a checkpoint's folder")
    parser.add_argument("--file", default=str(TOWN), help="the text that is asked about")
    parser.add_argument("--question", default="Who is the mayor of Penrith?")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    answer = ["-c", COMMAND, "answer", options.model, options.file, "-q", options.question, "--device", "cpu"]
    timed = {
        "torch": (["-c", "import torch"], (0,)),
        "answer": (answer, (0, 1)),  # 1 if nothing has an answer
        "help": (["-c", COMMAND, "--help"], (0,)),
        "answer_help": (["-c", COMMAND, "answer", "--help"], (0,)),
    }
    rounds = [{name: seconds(*what) for name, what in timed.items()} for _ in range(options.rounds + 1)][1:]
    found = {name: statistics.median(each[name] for each in rounds) for name in timed}
    beyond = [each["answer"] - each["torch"] for each in rounds]
    found |= {"beyond_torch": statistics.median(beyond), "beyond_torch_least": min(beyond), "beyond_torch_most": max(beyond)}
    print(json.dumps({name: round(value, 2) for name, value in found.items()}))


if __name__ == "__main__":
    main()
