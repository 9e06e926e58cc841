"""Made-up records of an encoder that reads books and of memories that are asked about others, as `synthetic` has them."""

import math
import random
from typing import Any

PRETRAIN: dict[str, Any] = {
    "data_path": "generated",
    "held_out": 0.02,
    "vocab_size": 16000,
    "num_layers": 6,
    "hidden_dim": 384,
    "segment_length": 512,
    "batch_size": 64,
    "predicted_share": 1 / 6,
    "permutation_weight": 1.0,
    "masked_weight": 0.0,
    "max_steps": 10000,
    "learning_rate": 5e-4,
    "span_weight": 0.0,
    "memory_type": "token",
    "memory_slots": 16,
    "num_segments": 4,
    "span_segment_length": None,
    "span_passages": 8,
    "span_questions": 4,
    "answer_in": "list",
    "seed": 0,
    "output_dir": "runs/pretrain",
}
RULES = {"chance": (10.0, 10.0, 10.0), "frequent": (38.0, 36.0, 13.0), "recent": (57.0, 16.0, 1.0), "oldest": (0.0, 0.0, 11.0)}
DISTANCES = ("1", "2-4", "5-16")
BOOKS = 11
# What a made-up memory has right at each distance, from an encoder that has read
LEVELS = {"none": 25.0, "mems": 30.0, "differentiable": 35.0, "token": 45.0, "gmm": 60.0}
READERS = {"windows": 70.0, "bm25-1": 20.0, "bm25-4": 40.0}  # And what a reader of windows has right

MANIFEST = """
[[run]]
id = "pretrain-small"
notebook = "pretrain.ipynb"
tier = "full"
seeds = [0]
parameters = { data_path = "data/books/train.jsonl.xz", held_out = "data/books/dev.jsonl.xz", max_steps = 11000 }

[[run]]
id = "pretrain-small-masked"
notebook = "pretrain.ipynb"
tier = "full"
seeds = [0]

[run.parameters]
data_path = "data/books/train.jsonl.xz"
held_out = "data/books/dev.jsonl.xz"
permutation_weight = 0.0
masked_weight = 1.0
max_steps = 11000

[[run]]
id = "pretrain-none"
notebook = "pretrain.ipynb"
tier = "full"
seeds = [0]
parameters = { data_path = "data/books/train.jsonl.xz", held_out = "data/books/dev.jsonl.xz", max_steps = 1 }

[shared.cloze]
notebook = "train.ipynb"
tier = "full"
seeds = [0, 1, 2, 3, 4]

[shared.cloze.parameters]
task = "cloze"
data_path = "data/books"
base_model = "run:pretrain-small"
num_segments = 17
task_options = { words_per_segment = 80 }
segment_length = 192
max_steps = 1500
short_steps = 500
learning_rate = 2e-4

[[run]]
id = "cloze-none"
like = "cloze"
parameters = { memory_type = "none" }

[[run]]
id = "cloze-token16"
like = "cloze"
parameters = { memory_type = "token", memory_slots = 16 }

[[run]]
id = "cloze-skip16"
like = "cloze"
parameters = { memory_type = "token", memory_update = "skip", memory_slots = 16, gate_bias = 2 }

[[run]]
id = "cloze-differentiable"
like = "cloze"
parameters = { memory_type = "differentiable", memory_slots = 64 }

[[run]]
id = "cloze-mems"
like = "cloze"
parameters = { memory_type = "mems", mem_len = 64 }

[[run]]
id = "cloze-gmm4-null-read"
like = "cloze"

[run.parameters]
memory_slots = 16
routing_top_k = 1
null_expert = true
routing_mode = "read-based"
read_norm = true
gate_bias = 2

[[run]]
id = "cloze-windows"
like = "cloze"

[run.parameters]
memory_type = "none"
use_global_softmax = false
segment_length = 256
stride = 16
task_options = { words_per_segment = 80, question_shown = "everywhere", answer_in = "passage" }
readers = ["windows", "bm25-1", "bm25-4"]

[[run]]
id = "cloze-scratch-none"
like = "cloze"
parameters = { memory_type = "none", base_model = "run:pretrain-none" }

[[run]]
id = "cloze-scratch-skip16"
like = "cloze"

[run.parameters]
base_model = "run:pretrain-none"
memory_type = "token"
memory_update = "skip"
memory_slots = 16
gate_bias = 2
"""

# Real questions: what runs of folds and of halves, and of spans before them, are told
MEMORIES = {
    "none": 'memory_type = "none"',
    "skip16": 'memory_type = "token", memory_update = "skip", memory_slots = 16, gate_bias = 2',
    "gmm4": 'memory_slots = 16, routing_top_k = 1, null_expert = true, routing_mode = "read-based", gate_bias = 2',
}
SHARED = """
[shared.{name}]
notebook = "train.ipynb"
tier = "full"
seeds = [0]
parameters = {{ segment_length = 256, {told} }}
"""
RUN = """
[[run]]
id = "{id}"
like = "{like}"
parameters = {{ {told} }}
"""


def real_manifest() -> str:
    """The part of a manifest with real questions."""
    squad = 'task = "squad", base_reader = true, learning_rate = 2e-4'
    shared = {"spans": 'task = "spans", base_model = "run:pretrain-small", max_steps = 600, short_steps = 200'}
    shared |= {"folds": f"{squad}, max_steps = 600, short_steps = 200", "zero": f"{squad}, max_steps = 1, short_steps = 0"}
    found = [SHARED.format(name=name, told=told) for name, told in shared.items()]
    reads = 'readers = ["windows", "bm25-1"]'
    for where in ("list", "passage"):
        for who, memory in MEMORIES.items():
            told = f'{memory}, task_options = {{ answer_in = "{where}" }}'
            found.append(RUN.format(id=f"spans-{who}-{where}", like="spans", told=told))
            told += f', base_model = "run:spans-{who}-{where}"' + f", {reads}" * ((who, where) == ("none", "passage"))
            for like, kind, count in (("folds", "fold", 5), ("zero", "zero", 2)):
                found += [
                    RUN.format(id=f"squad-{kind}{n}-{who}-{where}", like=like, told=f'{told}, data_path = "data/{kind}s/{n}"')
                    for n in range(1, count + 1)
                ]
    told = f'{MEMORIES["none"]}, base_model = "run:spans-none-passage", use_global_softmax = false, {reads}'
    return "".join([*found, *(
        RUN.format(id=f"squad-fold{n}-windows", like="folds", told=f'{told}, data_path = "data/folds/{n}"') for n in range(1, 6)
    )])  # fmt: skip


MANIFEST += real_manifest()


def questions() -> dict[tuple[str, int], int]:
    """How many there are at each distance in each book, the same for all runs."""
    rng = random.Random("questions")
    return {(at, book): rng.randrange(10, 40) for at in DISTANCES for book in range(BOOKS)}


def right(count: int, percent: float, rng: random.Random) -> float:
    """How many of some questions are right."""
    return float(sum(rng.random() < percent / 100 for _ in range(count)))


def level(params: dict[str, Any], place: int) -> float:
    """What a made-up memory has right at a distance, in percent."""
    scratch = 15.0 * params["base_model"].endswith("none")
    return LEVELS[params["memory_type"]] + 20 * (2 - place) / 2 - scratch + 5 * (params["memory_update"] == "skip")


def asked(params: dict[str, Any], rng: random.Random) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and series as train.ipynb writes them for questions about books."""
    rows: list[dict[str, Any]] = []
    metrics = {"chance": 10.0, "exact": 20.0, "eval_loss": rng.random(), "train_loss": rng.random()}
    metrics |= {"parameters": 12e6, "memory_parameters": 1e5, "memory_floats": 24576.0}
    for place, at in enumerate(DISTANCES):
        fixed, found = random.Random(at), list[dict[str, Any]]()
        for book, count in ((book, n) for (where, book), n in questions().items() if where == at):
            row = {"segments": params["num_segments"], "distance": at, "book": book, "documents": count}
            row |= {rule: round(right(count, percents[place], fixed), 6) for rule, percents in RULES.items()}
            levels = {f"_{name}": READERS[name] for name in params["readers"]} or {"": level(params, place)}
            scored = {end: right(count, each + 4 * math.sin(book), rng) for end, each in levels.items()}
            row |= {"exact": float(int(0.9 * max(scored.values())))}
            row |= {f"exact{end}": float(int(0.9 * each)) for end, each in scored.items()}
            found.append(row | {f"choice_exact{end}": each for end, each in scored.items()})
        total = sum(row["documents"] for row in found)
        for name in (name for name in found[0] if name not in ("segments", "distance", "book", "documents")):
            metrics[f"{name}@{at}"] = 100 * sum(row[name] for row in found) / total
        metrics |= {f"documents@{at}": float(total)}
        metrics |= {} if params["readers"] else {f"choice_exact_memory_cleared@{at}": 10 + rng.gauss(0, 2)}
        rows += found
    return metrics, {"books": {name: [row[name] for row in rows] for name in rows[0]}}


def read(params: dict[str, Any], rng: random.Random) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and series as pretrain.ipynb writes them."""
    a_step = params["batch_size"] * params["segment_length"]
    steps = [n * params["max_steps"] // 20 for n in range(1, 21)]
    losses = [6.5 - 0.9 * math.log(1 + 4 * n) + 0.02 * rng.random() for n in range(1, 21)]
    metrics = {"train_loss": losses[-1], "steps": params["max_steps"], "tokens": a_step * params["max_steps"]}
    metrics |= {"held_out_loss": losses[-1], "unigram_loss": 6.6, "train_tokens": 24_000_000, "held_out_tokens": 1_400_000}
    metrics |= {"epochs": metrics["tokens"] / 24e6, "characters_per_token": 4.0, "parameters": 17_000_000}
    metrics |= {"masked_spans": 18.0, "masked_tokens": 30.0, "tokens_per_second": 1.2e6, "floor_share": 0.45}
    if params["permutation_weight"]:
        metrics |= {"masked_spans": 20.0, "masked_tokens": 32.0, "ordered_spans": 25.0, "ordered_tokens": 40.0}
        metrics |= {"bits_per_character": 1.35, "bits_per_character_unigram": 2.379, "bits_per_character_5-gram": 1.682}
    told = {"step": steps, "tokens": [a_step * n for n in steps], "held_out_loss": losses}
    return metrics, {"held_out": told}


def answered(data_path: str | None) -> dict[tuple[int, int], int]:
    """How many questions about each paragraph of each article have an answer, the same for all runs that read these."""
    rng, articles = random.Random(f"paragraphs of {data_path}"), 2 if str(data_path).endswith(("4", "5")) else 3
    return {(article, n): rng.randrange(1, 9) for article in range(articles) for n in range(rng.randrange(15, 30))}


def by_paragraph(
    params: dict[str, Any], levels: dict[str, float], rng: random.Random
) -> tuple[dict[str, float], dict[str, list[Any]]]:
    """Metrics and their series of questions that have an answer: about so much F1 for each end of the names, in percent."""
    rows = list[dict[str, Any]]()
    for (article, paragraph), count in answered(params["data_path"]).items():
        row = {"segments": params["num_segments"], "article": article, "paragraph": paragraph, "questions": count}
        for end, level in levels.items():
            exact = right(count, level - 5 + 4 * math.sin(article + paragraph), rng)
            row |= {f"HasAns_exact{end}": exact, f"HasAns_f1{end}": round(exact + (count - exact) * rng.uniform(0, 0.15), 6)}
        rows.append(row)
    series = {name: [row[name] for row in rows] for name in rows[0]}
    total = sum(series["questions"])
    return {name: 100 * math.fsum(values) / total for name, values in series.items() if name.startswith("HasAns")}, series


def real(params: dict[str, Any], rng: random.Random) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and series as train.ipynb writes them for real questions, or metrics alone for recurring spans."""
    level = 0.5 * LEVELS[params["memory_type"]] + 10 * (params["memory_update"] == "skip") + 5 * (params["max_steps"] > 1)
    levels = {end: level + READERS.get(end[1:], 0) / 2 for end in ("", *(f"_{name}" for name in params["readers"]))}
    metrics, series = by_paragraph(params, levels, rng)
    for end in levels:
        metrics |= {f"NoAns_{name}{end}": 50.0 for name in ("f1", "exact")}
        metrics |= {f"{name}{end}": metrics[f"HasAns_{name}{end}"] for name in ("f1", "exact")}
    metrics |= {"chance": 50.0, "parameters": 12e6, "memory_parameters": 1e5, "memory_floats": 24576.0, "eval_loss": rng.random()}
    return metrics, {"paragraphs": series} if params["task"] == "squad" else {}
