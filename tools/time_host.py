"""What a step costs the host, beside how long it takes: `python tools/time_host.py`.

Each candidate lives in a process of its own, so that all compile at the same time; then they take turns, one at a time,
while the others wait. Printed is a table and, last, one line of JSON: the median time of a step, the time until its call
returned, what it started on the device, and how long the device worked. `regions N` is `model.compile(regions=N)`: graphs of
N layers, and `whole` is `model.compile()`.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

CANDIDATES = ("HF eager", "HF compiled", "eager", "regions 1", "regions 4", "regions 12")
KINDS = ("training", "inference")


def build(name: str, kind: str, sizes: dict[str, int]) -> Callable[[], Any]:
    """A candidate's step."""
    import torch
    from transformers import XLNetConfig, XLNetForQuestionAnsweringSimple, set_seed

    from gmmxlnet_nb.benchmark import inference_step, memory_model, random_documents, training_step

    set_seed(0)
    gpu = torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    width = sizes["hidden"]
    wide = {"d_model": width, "n_layer": sizes["layers"], "n_head": sizes["heads"], "d_inner": 4 * width}
    config = XLNetConfig(use_mems_eval=False, **wide)
    batch = random_documents(sizes["batch"], 1, sizes["length"], vocab_size=config.vocab_size, device=device)
    if name.startswith("HF"):
        model: Any = XLNetForQuestionAnsweringSimple(config)
        batch = {field: value[:, 0] for field, value in batch.items()}
    else:
        model = memory_model(config, memory_type="none")
    model = model.to(torch.bfloat16 if gpu and kind == "inference" else torch.float32).to(device)
    if name == "HF compiled":
        model.compile(dynamic=False)
    elif name == "whole":
        model.compile()
    elif name.startswith("regions"):
        model.compile(regions=int(name.split()[1]))
    return {"training": training_step, "inference": inference_step}[kind](model, batch)


def serve(name: str, kind: str, sizes: dict[str, int]) -> None:
    """A candidate's process: it answers each line that it reads with one of JSON."""
    import torch

    from gmmxlnet_nb.benchmark import timed

    torch._dynamo.config.recompile_limit = 100
    device = "cuda" if torch.cuda.is_available() else "cpu"
    answers = sys.stdout
    sys.stdout = sys.stderr
    begin = time.perf_counter()
    step = build(name, kind, sizes)
    step()
    first = time.perf_counter() - begin
    for _ in range(4):
        step()

    def turn() -> list[float]:
        step()  # the clocks rose for another process
        return [timed(step, device) for _ in range(3)]

    answer_lines({"first": lambda: first, "turn": turn, "cost": lambda: where(step, device)}, answers)


def answer_lines(
    questions: dict[str, Callable[[], Any]],  # By name
    answers: Any,  # A file
) -> None:
    """Answer each line of the standard input."""
    for line in sys.stdin:
        print(json.dumps(questions[line.strip()]()), file=answers, flush=True)


def where(step: Callable[[], Any], device: str) -> dict[str, Any]:
    """How long the device worked in a step, and what took the host's time."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    sync = torch.cuda.synchronize if device == "cuda" else lambda: None
    times = []
    for _ in range(7):
        sync()
        begin = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - begin))
    sync()
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device == "cuda" else [])]
    with profile(activities=activities) as seen:
        step()
        sync()
    events = seen.key_averages()
    top = sorted(events, key=lambda event: -event.self_cpu_time_total)[:25]
    kernels = [event for event in events if event.device_type != torch.autograd.DeviceType.CPU]
    busy = sum(event.self_device_time_total for event in kernels) / 1000
    starts = r"cu(da)?(Launch|GraphLaunch|Memcpy|Memset)" if device == "cuda" else r"aten::"
    launches = sum(event.count for event in events if re.match(starts, event.key))
    costly = [(event.key[:60], event.count, round(event.self_cpu_time_total)) for event in top]
    return {"launches": launches, "host_ms": statistics.median(times), "device_ms": busy, "top": costly}


class Candidate:
    """A process of a script, asked line by line."""

    def __init__(self, script: str, *args: str) -> None:
        command = [sys.executable, script, "--serve", *args]
        threads = {"TORCHINDUCTOR_COMPILE_THREADS": "2", "OMP_NUM_THREADS": "2"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=os.environ | threads, **pipes)

    def ask(self, line: str) -> Any:
        """Its answer; None from one that has failed."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            print(line, file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            return None

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def measure(running: dict[str, Candidate], turns: int) -> dict[str, dict[str, Any]]:
    """All candidates of a kind, by name."""
    found = {name: {"first_s": first} for name, candidate in running.items() if (first := candidate.ask("first")) is not None}
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(turns):
        for name in found:
            times[name] += running[name].ask("turn") or []
    for name, row in found.items():
        row |= running[name].ask("cost") or {}
        low, high = (sorted(times[name])[round(q * (len(times[name]) - 1))] for q in (0.1, 0.9))
        row |= {"ms": statistics.median(times[name]), "low": low, "high": high}
    return found


def main() -> None:
    """What the command line asks for."""
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description="What a step costs the host.")
    sizes = {"batch": 16, "length": 512, "layers": 12, "hidden": 768, "heads": 12}
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--candidates", nargs="+", choices=[*CANDIDATES, "whole"], default=list(CANDIDATES))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--top", help="a candidate whose costs are listed")
    asked = parser.parse_args()
    sizes = {name: getattr(asked, name) for name in sizes}
    running = start(asked.candidates, asked.kinds, sizes)
    results = {kind: measure(candidates, asked.turns) for kind, candidates in running.items()}
    for candidates in running.values():
        for candidate in candidates.values():
            candidate.end()
    show(results, asked.top)


def start(names: list[str], kinds: list[str], sizes: dict[str, int]) -> dict[str, dict[str, Candidate]]:
    """Processes by kind and name, all of which have run their first steps."""
    running = {kind: {name: Candidate(__file__, name, kind, json.dumps(sizes)) for name in names} for kind in kinds}
    for candidates in running.values():
        for candidate in candidates.values():
            candidate.ask("first")
    return running


def show(results: dict[str, dict[str, dict[str, Any]]], costly: str | None) -> None:
    """The table, and the line of JSON."""
    for kind, rows in results.items():
        print(f"\n{kind:12}{'ms':>9}{'low':>9}{'high':>9}{'host ms':>9}{'launches':>9}{'device':>9}{'first s':>9}")
        for name, row in rows.items():
            columns = ("ms", "low", "high", "host_ms", "launches", "device_ms", "first_s")
            print(f"{name:12}" + "".join(f"{row.get(column, float('nan')):9.1f}" for column in columns))
            top = row.pop("top", [])
            if name == costly:
                print("\n".join(f"    {key:60}{count:6}{us:9}" for key, count, us in top))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
