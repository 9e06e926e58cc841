"""Time versions of the kernels against one another on a GPU: `python tools/time_kernels.py HEAD~1 new.py`.

A version is a file, or a commit whose `gmmxlnet_nb/kernels.py` is meant. All take turns on the same tensors: a layer's
attention forward and backward, of XLNet's base size by default. Each must give what the first one gives. The fused steps of
notebook 25 are timed, too, against PyTorch's.
"""

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from gmmxlnet_nb.attention import VISIBLE_TO_ALL
from gmmxlnet_nb.fused import gelu_, sum_norm


def load(version: str, number: int, folder: str) -> ModuleType:
    """The kernels of a version, with operators of their own names."""
    if Path(version).is_file():
        source = Path(version).read_text()
    else:
        show = ["git", "show", f"{version}:gmmxlnet_nb/kernels.py"]
        source = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    name = f"kernels_{number}"
    path = Path(folder, f"{name}.py")
    source = source.replace("from .backbone", "from .attention")  # where older versions found what they share with it
    path.write_text(source.replace("from .", "from gmmxlnet_nb.").replace("gmmxlnet_nb::", f"{name}::"))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)  # Triton visibility functions up there
    spec.loader.exec_module(module)
    return module


def example(b: int, length: int, heads: int, size: int) -> tuple[list[Any], list[Tensor]]:
    """Arguments of `attend`, and those of them that have gradients."""
    draw: dict[str, Any] = {"device": "cuda", "dtype": torch.bfloat16, "requires_grad": True}
    rows = [torch.randn(b, length, heads, size, **draw) for _ in range(3)]
    relative = torch.randn(heads, 2 * length, size, **draw)
    u, v, w = (torch.randn(heads, size, device="cuda", requires_grad=True) for _ in range(3))
    segments = torch.randn(2, heads, size, device="cuda", requires_grad=True)
    ids = torch.zeros(b, length, dtype=torch.int32, device="cuda")
    types, own = ids.clone(), ids + VISIBLE_TO_ALL
    types[:, length // 2 :] = 1
    return [*rows, relative, (u, v, w), segments, types, types, own], [*rows, relative, u, v, w, segments]


def passes(module: ModuleType, args: list[Any], leaves: list[Tensor], grad: Tensor, dropout: float) -> list[Tensor]:
    """Output and gradients."""
    out = module.attend(*args, dropout=dropout)
    return [out, *torch.autograd.grad(out, leaves, grad)]


def graph_time(step: Callable[[], Any]) -> float:
    """Milliseconds of a hundred steps in a graph."""
    step()
    graph, times = torch.cuda.CUDAGraph(), []
    with torch.cuda.graph(graph):
        for _ in range(100):
            step()
    for _ in range(9):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def fused_ratios() -> dict[str, float]:
    """How many times faster the fused steps between a layer's products are, in bfloat16."""
    x, y = (torch.randn(8192, 768, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    weight, bias = torch.ones_like(x[0]), torch.zeros_like(x[0])
    inner = torch.randn(8192, 3072, device="cuda", dtype=torch.bfloat16)
    steps = {
        "sum and norm": (lambda: F.layer_norm(x + y, (768,), weight, bias), lambda: sum_norm(x, y, weight, bias, 1e-5)),
        "GELU": (lambda: F.gelu(inner), lambda: gelu_(inner)),
    }
    return {name: round(graph_time(plain) / graph_time(fused), 2) for name, (plain, fused) in steps.items()}


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Time versions of the kernels against one another on a GPU.")
    parser.add_argument("versions", nargs="+", help="files or commits")
    for name, value in {"batch": 16, "length": 512, "heads": 12, "size": 64, "turns": 30}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.1)
    asked = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("this needs a GPU")
    torch.manual_seed(0)
    args, leaves = example(asked.batch, asked.length, asked.heads, asked.size)
    grad = torch.randn_like(args[0])
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        modules = {version: load(version, i, folder) for i, version in enumerate(asked.versions)}
        wanted: list[Tensor] | None = None
        for version, module in modules.items():  # compiles the kernels, too
            exact = passes(module, args, leaves, grad, 0.0)
            passes(module, args, leaves, grad, asked.dropout)
            wanted = exact if wanted is None else wanted
            off = max(((x - y).abs().max() / y.abs().max()).item() for x, y in zip(exact, wanted, strict=True))
            print(f"{version}: off by {off:.1e} of the largest number")
            if off > 2e-2:
                raise SystemExit(f"{version} does not give what {asked.versions[0]} gives")
        for _ in range(asked.turns):
            for version, module in modules.items():
                with profile(activities=[ProfilerActivity.CUDA]) as seen:
                    passes(module, args, leaves, grad, asked.dropout)
                    torch.cuda.synchronize()
                for event in seen.key_averages():
                    if event.key.endswith("_kernel") and "::" not in event.key:
                        times[version, event.key].append(event.device_time_total)
    print(f"\nmicroseconds, medians of {asked.turns} turns, {torch.cuda.get_device_name()}")
    print(f"against PyTorch's steps: {fused_ratios()}")
    for version in asked.versions:
        medians = {kernel: statistics.median(found) for (of, kernel), found in times.items() if of == version}
        each = ", ".join(f"{kernel.removesuffix('_kernel')} {time:.1f}" for kernel, time in medians.items())
        print(f"{version}: {sum(medians.values()):.1f} in all: {each}")


if __name__ == "__main__":
    main()
