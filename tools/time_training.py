"""Time a training step of `GMMTrainer` with nothing switched on, beside Hugging Face's XLNet: `python tools/time_training.py`.

The trainer is given documents, a size of batch and `bf16`, and no more. In turns with its steps, in the same process, run
a step of Hugging Face's compiled XLNet without a trainer, as experiments/benchmark.ipynb has it, and the same recorded as a
CUDA graph. The last line printed is JSON: the median ms of a step of each, lowest and highest turn, and how often faster.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback, XLNetConfig, XLNetForQuestionAnsweringSimple, set_seed

from gmmxlnet_nb.benchmark import memory_model, random_documents, training_step
from gmmxlnet_nb.data import FEATURE_TYPES, DocumentDataset, table_types
from gmmxlnet_nb.documents import Answer, Document
from gmmxlnet_nb.segments import SegmentLayout
from gmmxlnet_nb.train import GMMTrainer
from gmmxlnet_nb.training_args import GMMTrainingConfig, TrainingConfig

STEPS = 20  # of a turn, which begins with an idle GPU


def features(rows: dict[str, torch.Tensor]) -> DocumentDataset:
    """Random documents of one segment as a data set."""
    count, _, length = rows["input_ids"].shape
    columns = {name: rows[name].tolist() for name in ("input_ids", "token_type_ids")}
    columns |= {name: rows[name][..., None].tolist() for name in ("start_positions", "end_positions")}
    spans = {"starts": [[[0] * length]] * count, "ends": [[[1] * (length - 1) + [0]]] * count, "asked": [[True]] * count}
    make: Any = Dataset.from_dict
    table: Any = make({"id": [str(i) for i in range(count)], **columns, **spans}, features=table_types(FEATURE_TYPES))
    documents = [Document(str(i), "Lisa was in Rome.", "Who was in Rome?", (Answer("Lisa", 0),)) for i in range(count)]
    return DocumentDataset(documents, table, layout=SegmentLayout(length, 0))


def theirs(config: XLNetConfig, batch: dict[str, torch.Tensor], capture: bool) -> Callable[[], Any]:
    """A step of Hugging Face's compiled XLNet, recorded as a CUDA graph or not."""
    set_seed(0)
    model = XLNetForQuestionAnsweringSimple(config)
    torch.nn.Module.to(model, "cuda")
    model.compile(dynamic=False)
    return training_step(model, {name: x[:, 0] for name, x in batch.items()}, capture)


class Turns(TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Times the trainer's steps, and in turns with them others'."""

    def __init__(self, others: dict[str, Callable[[], Any]], warmup: int) -> None:
        self.others, self.warmup = others, warmup
        self.turns: dict[str, list[float]] = {name: [] for name in ("GMMTrainer", *others)}
        self.steps, self.began = 0, 0.0

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        """Every some steps, the others' turn."""
        self.steps += 1
        if self.steps < self.warmup or (self.steps - self.warmup) % STEPS:
            return
        torch.cuda.synchronize()
        if self.steps > self.warmup:
            self.turns["GMMTrainer"].append(1000 * (time.perf_counter() - self.began) / STEPS)
        for name, step in self.others.items():
            step()
            torch.cuda.synchronize()
            began = time.perf_counter()
            for _ in range(STEPS):
                step()
            torch.cuda.synchronize()
            self.turns[name].append(1000 * (time.perf_counter() - began) / STEPS)
        self.began = time.perf_counter()


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Time a training step of GMMTrainer beside Hugging Face's.")
    sizes = {"batch": 16, "length": 512, "layers": 12, "hidden": 768, "turns": 7, "warmup": 8}
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--memory", default="none", help="the memory of the model that GMMTrainer trains")
    parser.add_argument("--alone", action="store_true", help="without Hugging Face's")
    asked = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("this needs a GPU")
    heads, slots = asked.hidden // 64, 16
    config = XLNetConfig(d_model=asked.hidden, n_layer=asked.layers, n_head=heads, d_inner=4 * asked.hidden, use_mems_eval=False)
    set_seed(0)
    data = features(random_documents(asked.batch * 64, 1, asked.length, slots))
    batch = random_documents(asked.batch, 1, asked.length, slots, device="cuda")
    others: dict[str, Callable[[], Any]] = {}
    failed: dict[str, str] = {}
    print(time.strftime("%X"), "ready", flush=True)
    for name, capture in {} if asked.alone else {"HF compiled": False, "HF graphs": True}.items():
        try:
            others[name] = theirs(config, batch, capture)
            for _ in range(3):
                others[name]()
        except Exception as error:
            others.pop(name, None)
            failed[name] = str(error).strip().partition("\n")[0][:200]
    print(time.strftime("%X"), "compiled", failed, flush=True)
    kind = GMMTrainingConfig if asked.memory == "gmm" else TrainingConfig
    experts = {"num_experts": 4, "memory_slots": slots, "mem_token_count": slots} if asked.memory == "gmm" else {}
    fields = {"num_experts": 4, "init_strategies": "learned"} if experts else {}
    model = memory_model(config, slots, memory_type=asked.memory, **fields)
    turns = Turns(others, asked.warmup)
    with tempfile.TemporaryDirectory() as folder:
        given: dict[str, Any] = {"output_dir": folder, "bf16": True, "per_device_train_batch_size": asked.batch}
        quiet: dict[str, Any] = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no"}
        given |= {"memory_type": asked.memory, "max_steps": asked.warmup + STEPS * asked.turns, **experts}
        trainer = GMMTrainer(model, kind(**given, **quiet), data, callbacks=[turns])
        trainer.train()
    first = round(trainer.steps.capture.seconds, 2)
    found: dict[str, Any] = {"ms": {name: round(statistics.median(x), 2) for name, x in turns.turns.items()}}
    found["low_high"] = {name: [round(min(x), 2), round(max(x), 2)] for name, x in turns.turns.items()}
    found["faster"] = {name: round(found["ms"][name] / found["ms"]["GMMTrainer"], 2) for name in others}
    found |= {"first_step_seconds": first, "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2), "failed": failed}
    print(json.dumps(found | {"memory": asked.memory, "device": torch.cuda.get_device_name(), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
