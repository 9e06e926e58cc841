"""Documents of different lengths, packed without padding, against padding them: `python tools/time_ragged.py`.

Lengths are uniform between two bounds. Every batch is a recorded step of its own (a CUDA graph on a GPU), and candidates take
turns over all batches, each in a process of its own. Printed are tokens a second, padding not counted, and, last, one line of
JSON.
"""

import argparse
import json
import statistics
import sys
import time
from typing import Any

import torch
from time_host import Candidate, answer_lines
from torch import Tensor
from transformers import XLNetConfig, set_seed

from gmmxlnet_nb.attention import packed_tokens
from gmmxlnet_nb.benchmark import inference_step, memory_model, random_documents, timed, training_step

CANDIDATES = ("padded", "packed", "padded compiled", "packed compiled")
KINDS = ("training", "inference")


def ragged(sizes: dict[str, int], vocabulary: int, number: int) -> dict[str, Tensor]:
    """A batch of documents of one segment, of lengths between `shortest` and `length`; the text is cut."""
    set_seed(number)
    batch = random_documents(sizes["batch"], 1, length := sizes["length"], sizes["slots"], vocab_size=vocabulary)
    counts = torch.randint(sizes["shortest"], length + 1, (sizes["batch"], 1))
    place, begin = torch.arange(length), length - counts[..., None]
    read = (place - begin).clamp(0, length - 1)  # memory tokens to read come first
    ids = torch.where(place < begin + sizes["slots"], batch["input_ids"].gather(2, read), batch["input_ids"])
    real, where = place >= begin, begin[..., 0] + sizes["slots"]  # the answer is the first word
    padded = {"input_ids": (ids, 5), "token_type_ids": (batch["token_type_ids"], 3)}
    found = {name: torch.where(real, x, padding) for name, (x, padding) in padded.items()}
    return found | {"attention_mask": real.long(), "start_positions": where, "end_positions": where}


class Packed(torch.nn.Module):
    """A model that is called with a fixed number of rows."""

    def __init__(self, model: Any, rows: Any) -> None:
        super().__init__()
        self.model, self.rows = model, rows

    def forward(self, **batch: Tensor) -> Any:
        """The model's output."""
        return self.model(**batch, packed_tokens=self.rows)


def serve(name: str, kind: str, sizes: dict[str, int]) -> None:
    """A candidate's process."""
    answers, sys.stdout, begin = sys.stdout, sys.stderr, time.perf_counter()
    torch._dynamo.config.recompile_limit = 100
    gpu = torch.cuda.is_available()
    device, width = torch.device("cuda" if gpu else "cpu"), sizes["hidden"]
    wide: dict[str, Any] = {"d_model": width, "n_layer": sizes["layers"], "n_head": sizes["heads"], "d_inner": 4 * width}
    config = XLNetConfig(use_mems_eval=False, **wide)
    set_seed(0)
    model = memory_model(config, sizes["slots"], memory_type="gmm", num_experts=4)
    torch.nn.Module.to(model, device, torch.bfloat16 if gpu and kind == "inference" else torch.float32)
    if not gpu:
        model.set_attn_implementation("triton")
    if "compiled" in name:
        model.compile(regions=True)
    host = [ragged(sizes, config.vocab_size, number) for number in range(1 if "compiled" in name else sizes["batches"])]
    rows = [packed_tokens(batch["attention_mask"]) for batch in host]
    batches = [{field: x.to(device) for field, x in batch.items()} for batch in host]
    make = {"training": training_step, "inference": inference_step}[kind]
    called = [Packed(model, each if name.startswith("packed") else None) for each in rows]
    steps = [make(one, batch, gpu) for one, batch in zip(called, batches, strict=True)]
    first = time.perf_counter() - begin
    real = [int(batch["attention_mask"].sum()) for batch in host]

    def turn() -> list[float]:
        steps[0]()
        return [timed(step, device) for step in steps]

    def off() -> float:
        """How far packed logits are from padded ones, as a share of the largest."""
        fields = {field: x for field, x in batches[0].items() if not field.endswith("positions")}
        model.eval()
        with torch.no_grad():
            padded, packed = (model(**fields, packed_tokens=each).start_logits.float() for each in (None, rows[0]))
        model.train(kind == "training")
        kept = fields["attention_mask"].bool()
        return float((padded - packed)[kept].abs().max() / padded[kept].abs().max())

    facts = {"first_s": first, "real": real, "rows": [each[0] for each in rows]}
    answer_lines({"first": lambda: facts, "turn": turn, "off": off}, answers)


def start(names: list[str], kinds: list[str], sizes: dict[str, int]) -> dict[tuple[str, str], tuple[Candidate, Any]]:
    """Processes that have recorded their steps, and their facts."""
    pairs = [(kind, name) for kind in kinds for name in names]
    running = {pair: Candidate(__file__, pair[1], pair[0], json.dumps(sizes)) for pair in pairs}
    facts = {pair: candidate.ask("first") for pair, candidate in running.items()}
    return {pair: (candidate, facts[pair]) for pair, candidate in running.items() if facts[pair] is not None}


def measure(running: dict[tuple[str, str], tuple[Candidate, Any]], turns: int) -> dict[str, Any]:
    """Tokens of text a second, by kind and name: of each batch the median over turns, then all batches together."""
    times: dict[tuple[str, str], list[list[float]]] = {pair: [] for pair in running}
    for _ in range(turns):
        for pair, (candidate, _) in running.items():
            times[pair].append(candidate.ask("turn") or [])
    results = {}
    for pair, (candidate, facts) in running.items():
        ms = [statistics.median(each) for each in zip(*times[pair], strict=True)]
        speed = 1000 * sum(facts["real"][: len(ms)]) / sum(ms)
        results["/".join(pair)] = {"tokens_per_second": speed, "ms": ms, **facts}
        if pair[1] == "packed":
            results["/".join(pair)]["off"] = candidate.ask("off")
    return results


def show(results: dict[str, Any]) -> None:
    """The table, and the line of JSON."""
    for name, row in results.items():
        ms = ", ".join(f"{each:.2f}" for each in row["ms"])
        print(f"{name:28}{row['tokens_per_second']:12.0f} tokens/s   ms {ms}   off {row.get('off', float('nan')):.1e}")
    for name, row in results.items():
        if name.endswith(("packed compiled", "packed")):
            times = row["tokens_per_second"] / results[name.replace("packed", "padded")]["tokens_per_second"]
            print(f"{name}: {times:.2f} times padding; {row['real']} tokens in {row['rows']} rows")
    print(json.dumps(results))


def main() -> None:
    """What the command line asks for."""
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description="Documents of different lengths, packed against padded.")
    sizes = {"batch": 16, "shortest": 64, "length": 512, "layers": 12, "hidden": 768, "heads": 12, "slots": 16, "batches": 4}
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--candidates", nargs="+", choices=CANDIDATES, default=list(CANDIDATES))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    asked = parser.parse_args()
    running = start(asked.candidates, asked.kinds, {name: getattr(asked, name) for name in sizes})
    show(measure(running, asked.turns))
    for candidate, _ in running.values():
        candidate.end()


if __name__ == "__main__":
    main()
