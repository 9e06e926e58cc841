"""Weak scaling of captured training: `torchrun --nproc_per_node 2 tools/ddp_capture.py`.

Each GPU trains on as many documents as one alone, with steps captured and not. The last line printed is JSON: the median ms
of a step on one GPU and on all, how many times the documents of one GPU all of them read in the same time, whether all
processes end with the same weights, and how far captured ones are from those of PyTorch's DistributedDataParallel.
"""

import argparse
import gc
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from transformers import XLNetConfig, set_seed

sys.path.insert(0, str(Path(__file__).parent))
from time_training import STEPS, Turns, features

from gmmxlnet_nb.benchmark import memory_model, random_documents
from gmmxlnet_nb.train import GMMTrainer
from gmmxlnet_nb.training_args import TrainingConfig


def trained(asked: argparse.Namespace, capture: bool) -> tuple[dict[str, Any], torch.Tensor]:
    """Time a training; its weights."""
    heads, slots, warmup = asked.hidden // 64, 16, 8
    config = XLNetConfig(d_model=asked.hidden, n_layer=asked.layers, n_head=heads, d_inner=4 * asked.hidden, use_mems_eval=False)
    set_seed(0)
    data = features(random_documents(asked.batch * 128, 1, asked.length, slots))
    model = memory_model(config, slots, memory_type="none")
    turns = Turns({}, warmup)
    with tempfile.TemporaryDirectory() as folder:
        given: dict[str, Any] = {"output_dir": folder, "bf16": True, "per_device_train_batch_size": asked.batch}
        given |= {"max_steps": warmup + STEPS * asked.turns, "report_to": "none", "disable_tqdm": True, "save_strategy": "no"}
        given |= {"memory_type": "none", "capture_steps": capture, "compile_layers": True, "ddp_timeout": 100}
        trainer = GMMTrainer(model, TrainingConfig(**given), data, callbacks=[turns])
        trainer.train()
    found: dict[str, Any] = {"ms": round(statistics.median(turns.turns["GMMTrainer"]), 2)}
    found |= {"recordings": trainer.steps.capture.recordings, "model": type(trainer.model_wrapped).__name__}
    found["seconds"] = round(trainer.steps.capture.seconds, 1)
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    return found, weights


def alone(asked: argparse.Namespace) -> dict[str, Any]:
    """The same on one GPU, in a process of its own."""
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "GROUP_RANK", "ROLE_RANK")
    env = {name: x for name, x in os.environ.items() if name not in names and not name.startswith("TORCHELASTIC")}
    sizes = [f"--{name}={getattr(asked, name)}" for name in ("batch", "length", "layers", "hidden", "turns")]
    env |= {"CUDA_VISIBLE_DEVICES": "0"}
    done = subprocess.run([sys.executable, __file__, *sizes], env=env, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr[-500:]}
    found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Weak scaling of captured training.")
    for name, value in {"batch": 16, "length": 512, "layers": 12, "hidden": 768, "turns": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    rank, count = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    found: dict[str, Any] = {}
    weights: dict[str, torch.Tensor] = {}
    for name, capture in {"captured": True, "uncaptured": False}.items():
        began = time.perf_counter()
        try:
            found[name], weights[name] = trained(asked, capture)
            if count > 1:
                digests: list[Any] = [None] * count
                dist.all_gather_object(digests, hashlib.sha256(weights[name].cpu().numpy().tobytes()).hexdigest())
                found[name]["same_weights"] = len(set(digests)) == 1
        except Exception as error:
            found[name] = {"failed": f"{type(error).__name__}: {str(error)[:300]}"}
        found[name]["whole"] = round(time.perf_counter() - began, 1)
        gc.collect()
        torch.cuda.empty_cache()
    if len(weights) == 2:
        found["captured"]["farthest_weight"] = float((weights["captured"] - weights["uncaptured"]).abs().max())
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()
    if rank:
        return
    if count > 1:
        one = alone(asked)
        for name in ("captured", "uncaptured"):
            if "ms" in found[name] and "ms" in one.get(name, {}):
                found[name] |= {"ms_alone": one[name]["ms"], "scaling": round(count * one[name]["ms"] / found[name]["ms"], 3)}
        found |= {"failed_alone": one["failed"]} if "failed" in one else {}
    print(json.dumps(found | {"gpus": count, "device": torch.cuda.get_device_name(), "torch": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()
