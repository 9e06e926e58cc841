"""What the first reading of a segment takes of GPU memory, and what later ones take: `python tools/peak_memory.py 512 480`.

A compiled model without a memory, in bfloat16, reads documents of each length. The first reading compiles: beside its own
buffers there are then a copy of what a kernel overwrites, a buffer as large as the GPU's cache with which kernels are timed,
and, in a process that has multiplied nothing yet, the workspace of cuBLAS. `TORCHINDUCTOR_CACHE_DIR` says where compiled code
is kept: in a folder that has it, nothing is timed. The largest blocks at the peak are listed, each with the code that asked.
"""

import argparse
import gc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import XLNetConfig

from gmmxlnet_nb.benchmark import memory_model, random_documents

MIB = 2**20


def at_peak(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of allocations and releases in their order, what was there when most was."""
    live: dict[int, dict[str, Any]] = {}
    now, most, found = 0, 0, list[dict[str, Any]]()
    for event in events:
        if event["action"] == "alloc":
            live[event["addr"]] = event
            now += event["size"]
            if now > most:
                most, found = now, list(live.values())
        elif event["action"] == "free_completed" and event["addr"] in live:
            now -= live.pop(event["addr"])["size"]
    return found


def asked_by(event: dict[str, Any]) -> str:
    """The code that asked for a block, from the inside."""
    frames = [frame for frame in event.get("frames", []) if "/torch/_tensor" not in frame["filename"]]
    return " < ".join(f"{Path(frame['filename']).name}:{frame['line']} {frame['name']}" for frame in frames[:3])


def events() -> list[dict[str, Any]]:
    """All that the allocator has noted."""
    return [event for trace in torch.cuda.memory._snapshot()["device_traces"] for event in trace]


@torch.no_grad()
def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("lengths", type=int, nargs="+", help="tokens of a segment, one after the other")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--batch", type=int, default=16)
    asked = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("this needs a GPU")
    torch.cuda.memory._record_memory_history(max_entries=200_000, stacks="python")
    config = XLNetConfig(d_model=768, n_layer=asked.layers, n_head=12, d_inner=3072, use_mems_eval=False)
    for length in asked.lengths:
        model: Any = memory_model(config, memory_type="none")
        model.to(torch.bfloat16).to("cuda").eval().compile(regions=True)
        batch = random_documents(asked.batch, 1, length, 0, device="cuda")
        inputs = {name: x for name, x in batch.items() if not name.endswith("_positions")}
        for turn in ("first", "second", "third"):
            before, noted = torch.cuda.memory_allocated(), len(events())
            torch.cuda.reset_peak_memory_stats()
            model(**inputs)
            torch.cuda.synchronize()
            print(f"{length} tokens, {turn} reading: {(torch.cuda.max_memory_allocated() - before) / MIB:.1f} MiB")
            for event in sorted(at_peak(events()[noted:]), key=lambda event: -event["size"])[: 6 if turn == "first" else 2]:
                print(f"    {event['size'] / MIB:6.1f} {asked_by(event)}")
        del model, batch, inputs
        gc.collect()


if __name__ == "__main__":
    main()
