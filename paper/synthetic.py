"""A small repository with made-up records of every run that the paper needs, for tests. Its numbers mean nothing."""

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import synthetic_books
import synthetic_seen

from gmmxlnet_nb.closure import used_code
from gmmxlnet_nb.core import write_json
from gmmxlnet_nb.records import SCHEMA, Job, with_digest
from gmmxlnet_nb.runs import load_manifest

DEFAULTS: dict[str, dict[str, Any]] = {
    "train.ipynb": {
        "memory_type": "gmm",
        "memory_slots": 4,
        "mem_token_count": None,
        "num_experts": 4,
        "mem_len": 64,
        "routing_mode": "write-based",
        "routing_temperature": 1.0,
        "final_routing_temperature": None,
        "routing_noise": 0.0,
        "pooling_method": "mean",
        "expert_dropout": 0.0,
        "routing_top_k": None,
        "null_expert": False,
        "write_routing": "learned",
        "gate_bias": 0.0,
        "read_layer": 0,
        "read_norm": False,
        "use_global_softmax": True,
        "memory_update": "gated",
        "load_balance_weight": 0.01,
        "task": "retention",
        "task_options": {},
        "data_path": None,
        "base_model": None,
        "base_reader": "auto",
        "hidden_dim": 64,
        "num_layers": 2,
        "num_segments": 6,
        "train_segments": [],
        "segment_length": 64,
        "stride": 0,
        "num_train": 8192,
        "num_eval": 512,
        "num_length_eval": None,
        "interventions": [],
        "readers": [],
        "batch_size": 64,
        "max_steps": 2000,
        "short_steps": 600,
        "learning_rate": 5e-4,
        "eval_segments": [],
        "seed": 0,
        "output_dir": "runs/train",
    },
    "pretrain.ipynb": synthetic_books.PRETRAIN,
    "analysis.ipynb": synthetic_seen.ANALYSIS,
    "benchmark.ipynb": {
        "hidden_dim": 768,
        "num_layers": 12,
        "num_heads": 12,
        "batch_size": 16,
        "segment_length": 512,
        "segments": 2,
        "memory_slots": 16,
        "long_tokens": 131072,
        "windows": 8192,
        "rounds": 15,
        "seed": 0,
        "output_dir": "runs/benchmark",
    },
}
FEW, MANY = range(3), range(10)  # Seeds of runs that are looked at, and of those that are tested
NEW, LATER = range(10, 20), range(20, 30)  # Seeds that nothing was chosen by
READ, HARD = {"routing_mode": "read-based"}, {"memory_type": "token", "memory_update": "skip"}
TOP1: dict[str, Any] = {"routing_top_k": 1}
NULL = {**TOP1, "null_expert": True}
FLAT = {"memory_type": "token"}
SMALL: dict[str, dict[str, Any]] = {  # What retention chose
    "gmm2-null-read": {**NULL, **READ, "num_experts": 2},
    "skip16": {**HARD, "memory_slots": 16, "segment_length": 96},
}
FOUR_NULL = {**NULL, **READ}
OPENED: dict[str, dict[str, Any]] = {  # What the best of each kind is told
    "gmm4-null-read": {**FOUR_NULL, "read_norm": True, "gate_bias": 2},
    "skip16": {**SMALL["skip16"], "read_norm": True, "gate_bias": 2},
}
UNBALANCED = {**OPENED, "gmm4-null-read": {**OPENED["gmm4-null-read"], "load_balance_weight": 0.0}}
DIFFERENTIABLE = {"memory_type": "differentiable", "memory_slots": 16, "mem_token_count": 4}
RATES = {"rate0.00025": {"learning_rate": 2.5e-4}, "rate0.001": {"learning_rate": 1e-3}}
RATES_AND_LONG: dict[str, dict[str, Any]] = {**RATES, "long": {"max_steps": 5000}}
EIGHT = {"memory_slots": 8, "segment_length": 96}
BALANCED: dict[str, dict[str, Any]] = {  # What else can be set of experts
    "balance0.0": {"load_balance_weight": 0.0},
    "balance0.1": {"load_balance_weight": 0.1},
    "noise": {"load_balance_weight": 0.0, "routing_noise": 1.0},
    "temperature0.5": {"routing_temperature": 0.5},
    "temperature2.0": {"routing_temperature": 2.0},
    "cooled": {"final_routing_temperature": 0.2},
    "closed": {"gate_bias": -2},
    "read-layer1": {"read_layer": 1, "read_norm": True},
    "max": {"pooling_method": "max"},
    "attention": {"pooling_method": "attention"},
    "dropout": {"expert_dropout": 0.1},
    "short200": {"short_steps": 200},
    "short1000": {"short_steps": 1000},
}
TUNED: dict[str, tuple[range, dict[str, Any]]] = {
    **{f"tuned4-{name}": (range(5), {**TOP1, **READ, **told}) for name, told in BALANCED.items()},
    "tuned-token8": (FEW, {**FLAT, **EIGHT}),
    "tuned-token4-bias-1": (FEW, {**FLAT, "gate_bias": -1}),
    "tuned-token4-bias-3": (FEW, {**FLAT, "gate_bias": -3}),
    **{f"tuned-token4-{name}": (FEW, {**FLAT, **told}) for name, told in RATES_AND_LONG.items()},
    "tuned-skip8": (FEW, {**HARD, **EIGHT}),
    **{f"tuned-skip4-{name}": (FEW, {**HARD, **told}) for name, told in RATES_AND_LONG.items()},
    **{f"tuned-skip16-{name}": (FEW, {**SMALL["skip16"], **told}) for name, told in RATES.items()},
    **{f"tuned-differentiable-{name}": (FEW, {**DIFFERENTIABLE, **told}) for name, told in RATES_AND_LONG.items()},
}
LONGER: dict[str, Any] = {"max_steps": 4000, "short_steps": 1500}
CHANGED = ["capture", "gates*0.1", "mean-read-route"]
DECOYS: dict[str, Any] = {"task_options": {"fact_segment": "random", "decoys": 1}, "segment_length": 96}
SHOWN = {"task_options": {"fact_segment": "random", "decoys": 1, "sentences": 1, "question_shown": "everywhere"}}
FLAT16 = {**FLAT, "memory_slots": 16}
# Of each run of the sweep, its seeds and what it is told
SWEEP: dict[str, tuple[range, dict[str, Any]]] = {
    "retention-gmm4": (MANY, {}),
    "retention-gmm4-read": (MANY, READ),
    "retention-gmm4-top1": (MANY, TOP1),
    "retention-gmm4-top1-read": (MANY, {**TOP1, **READ}),
    "retention-gmm4-null": (MANY, NULL),
    "retention-gmm4-null-read": (MANY, {**NULL, **READ}),
    "retention-token4": (MANY, FLAT),
    "retention-token4-closed": (MANY, {**FLAT, "gate_bias": -2}),
    "retention-skip4": (MANY, HARD),
    "retention-token16": (MANY, {**FLAT, "memory_slots": 16, "segment_length": 96}),
    "retention-gmm4-constant": (FEW, {"routing_mode": "constant"}),
    "retention-gmm4-top1-constant": (FEW, {**TOP1, "routing_mode": "constant"}),
    "retention-gmm4-null-constant": (FEW, {**NULL, "routing_mode": "constant"}),
    "retention-gmm2": (FEW, {"num_experts": 2}),
    "retention-gmm8": (FEW, {"num_experts": 8}),
    "retention-gmm2-null-read": (FEW, {**NULL, **READ, "num_experts": 2}),
    "retention-gmm8-null-read": (FEW, {**NULL, **READ, "num_experts": 8}),
    "retention-gmm4-closed": (FEW, {"gate_bias": -2}),
    "retention-gmm4-round-robin": (FEW, {**READ, "write_routing": "round-robin"}),
    "retention-gmm4-random": (FEW, {**READ, "write_routing": "random"}),
    "retention-replace4": (FEW, {**FLAT, "memory_update": "replace"}),
    "retention-skip16": (FEW, {**HARD, "memory_slots": 16, "segment_length": 96}),
    "retention-differentiable": (FEW, DIFFERENTIABLE),
    "retention-mems8": (FEW, {"memory_type": "mems", "mem_len": 8}),
    "retention-none": (FEW, {"memory_type": "none"}),
    **TUNED,
    **{f"confirmed-{name}": (NEW, told) for name, told in SMALL.items()},
    **{f"million-{name}": (NEW, told) for name, told in SMALL.items()},
    **{f"improved-{name}": (LATER, {**told, **LONGER}) for name, told in OPENED.items()},
    **{f"improved-million-{name}": (LATER, {**told, **LONGER}) for name, told in OPENED.items()},
    "ten-million-gmm4-null-read": (LATER[:1], {**OPENED["gmm4-null-read"], **LONGER}),
    **{f"improved-update-{name}": (LATER, {**told, **LONGER}) for name, told in UNBALANCED.items()},
    "update-skip4": (MANY, HARD),
    "update-token4": (MANY, FLAT),
    "update-gmm4-null-read": (MANY, FOUR_NULL),
    **{f"update-{name}": (MANY, told) for name, told in SMALL.items()},
    "mechanism-gmm4": (range(5), {"interventions": CHANGED}),
    "mechanism-gmm4-top1-read": (range(5), {**TOP1, **READ, "interventions": [*CHANGED, "random-expert"]}),
    "mechanism-gmm4-null-read": (range(5), {**FOUR_NULL, "interventions": [*CHANGED, "random-expert"]}),
    "mechanism-token4": (range(5), {**FLAT, "interventions": CHANGED[:2]}),
    "mechanism-skip4": (range(5), {**HARD, "interventions": CHANGED[:1]}),
    "decoys-gmm4-null-read": (FEW, {**FOUR_NULL, **DECOYS}),
    "decoys-skip4": (FEW, {**HARD, **DECOYS}),
    "decoys-shown-skip4": (FEW, {**HARD, **DECOYS, **SHOWN, "hidden_dim": 128, "max_steps": 9000}),
    "recall-gmm4-null-read": (FEW, FOUR_NULL),
    "recall-token16": (FEW, FLAT16),
    "kinds-gmm4-null-read": (FEW, OPENED["gmm4-null-read"]),
    "kinds-token16": (FEW, FLAT16),
    "babi-gmm4-null-read": (FEW, FOUR_NULL),
    "babi-token16": (FEW, FLAT16),
}
TASKS: dict[str, dict[str, Any]] = {
    "retention": {
        "task_options": {"fact_segment": "random"},
        "train_segments": [2, 3, 4, 5, 6],
        "eval_segments": [3, 16, 64, 256, 2048],
        "num_length_eval": 128,
    },
    "update": {
        "task": "update",
        "task_options": {"num_updates": [0, 3]},
        "train_segments": [5, 6],
        "eval_segments": [8, 16, 32, 256],
        "num_length_eval": 128,
    },
}
TASKS |= {name: {**TASKS["retention"], "eval_segments": [16, 64, 256, 2048]} for name in ("tuned", "tuned4")}
TASKS |= {
    "improved": {**TASKS["retention"], "eval_segments": [16, 256, 2048]},
    "improved-million": {**TASKS["retention"], "eval_segments": [44000], "num_length_eval": 8},
    "improved-update": TASKS["update"],
    "ten-million": {**TASKS["retention"], "eval_segments": [440000], "num_length_eval": 2},
    "confirmed": {**TASKS["retention"], "eval_segments": [16, 256, 2048]},
    "million": {**TASKS["retention"], "eval_segments": [44000], "num_length_eval": 8},
    "mechanism": {**TASKS["retention"], "eval_segments": [16, 64], "num_length_eval": None},
}
BINDING = {"train_segments": [3, 4, 5, 6], "eval_segments": [16, 64], "num_length_eval": 128, "max_steps": 3000}
TASKS |= {
    "decoys": BINDING,
    "recall": {**BINDING, "task": "recall", "task_options": {"questions": 4}},
    "kinds": {**BINDING, "task": "kinds"},
    "babi": {**BINDING, "task": "babi"},
}



def toml(value: Any) -> str:
    """A value as a manifest has it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)


def sweep() -> str:
    """The sweep's part of the manifest."""
    runs = []
    for run, (seeds, given) in SWEEP.items():
        task = max((name for name in TASKS if run.startswith(f"{name}-")), key=len)
        told = {**TASKS[task], **given}
        told = {name: value for name, value in told.items() if value is not None}  # which are the defaults
        runs.append(f'[[run]]\nid = "{run}"\nlike = "sweep"\nseeds = {list(seeds)}\nparameters = {toml(told)}\n')
    return "\n".join(runs)


MANIFEST = f"""
[shared.sweep]
notebook = "train.ipynb"
tier = "full"

{sweep()}
{synthetic_seen.MANIFEST}
{synthetic_books.MANIFEST}
[shared.squad]
notebook = "train.ipynb"
tier = "full"
seeds = [0, 1, 2, 3, 4]
parameters = {{ task = "squad", segment_length = 256, stride = 64, batch_size = 16, max_steps = 300, short_steps = 100 }}

[[run]]
id = "squad-gmm4"
like = "squad"

[[run]]
id = "squad-token{{memory_slots}}"
like = "squad"
parameters.memory_type = "token"
vary.memory_slots = [4, 16]

[[run]]
id = "squad-none"
like = "squad"
parameters.memory_type = "none"

[shared.benchmark]
notebook = "benchmark.ipynb"
tier = "full"
seeds = [0]
alone = true

[[run]]
id = "benchmark-encoder"
like = "benchmark"

[[run]]
id = "benchmark-memory"
like = "benchmark"

[[run]]
id = "benchmark-long"
like = "benchmark"

[[run]]
id = "benchmark-cpu"
like = "benchmark"
"""


def write_notebook(path: Path) -> None:
    """A notebook with a parameters cell and nothing else."""
    source = "# Defaults\n" + "".join(f"{name} = {value!r}\n" for name, value in DEFAULTS[path.name].items())
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}, "outputs": []}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def routes(rng: random.Random, params: dict[str, Any]) -> list[list[float]]:
    """Shares of k experts for each of six segments; they add up to less than 1 with a null route."""
    found, sharp = [], 0.5 if params["routing_top_k"] is None else 2.5
    for _ in range(6):
        weights = [math.exp(rng.gauss(0, sharp)) for _ in range(params["num_experts"])]
        written = rng.uniform(0.15, 0.3) if params["null_expert"] else 1.0
        found.append([written * weight / sum(weights) for weight in weights])
    return found


def distance(params: dict[str, Any]) -> float:
    """How many segments a made-up memory bridges."""
    kind, update = params["memory_type"], params["memory_update"]
    if kind == "none":
        return 0.1
    if kind != "gmm":
        return {"skip": 4000.0, "replace": 8.0}.get(update, 30.0 if params["gate_bias"] else 15.0)
    by_rule = 3000.0 if params["null_expert"] else 20.0 if params["routing_top_k"] is None else 100.0
    return by_rule * (1.0 if params["routing_mode"] == "write-based" else 2.0) / (1 + (params["write_routing"] != "learned") * 9)


def examined(interventions: Sequence[str], n: int, value: float, rng: random.Random) -> dict[str, float]:
    """Metrics as an examination leaves them at a length at which the model scores a value."""
    found: dict[str, float] = {}
    for name in interventions:
        if name == "capture":
            written = min(100.0, 97 + rng.gauss(0, 1))
            both = max(0.0, min(value, written) - abs(rng.gauss(0, 1)))
            found |= {f"choice_capture/{n}": written, f"choice_product/{n}": both, f"choice_retention/{n}": 100 * both / written}
            continue
        change = rng.gauss(-10, 8)
        place, ends = f"@{name}/{n}", {"": change, "_low": change - 3, "_high": change + 3}
        found |= {f"choice_exact{place}": value + change}
        found |= {f"choice_exact_change{end}{place}": number for end, number in ends.items()}
    return found


def learned(job: Job, params: dict[str, Any], rng: random.Random) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and series as train.ipynb writes them."""
    kind, slots, k = params["memory_type"], params["memory_slots"], params["num_experts"]
    squad = params["task"] == "squad"
    floats = {"gmm": k * slots * 64 + k, "token": slots * 64, "differentiable": slots * 64 + 68, "none": 0}
    floats["mems"] = params["mem_len"] * 128
    base = {"squad": 50.0, "recall": 25.0, "babi": 100 / 6}.get(params["task"], 12.5)
    metrics: dict[str, float] = {"chance": base, "eval_loss": rng.random(), "train_loss": rng.random()}
    metrics |= {"parameters": 250_000 + 3 * floats[kind] + 64 * rng.randrange(2), "memory_parameters": 8 * floats[kind]}
    if params["memory_update"] == "skip":
        metrics["memory_parameters"] -= 512
    metrics |= {
        "memory_floats": floats[kind],
        "exact_memory_cleared": base + rng.gauss(0, 1),
        "f1_memory_cleared": base,
    }
    series: dict[str, Any] = {}
    if squad:
        for name in ("exact", "f1", "NoAns_exact", "NoAns_f1"):
            metrics[name] = base + rng.gauss(0, 2)
        found, series["paragraphs"] = synthetic_books.by_paragraph(params, {"": base}, rng)
        metrics |= found
    else:
        reach = distance(params)
        for n in (params["num_segments"], *params["eval_segments"]):
            value = min(100.0, base + (98 - base) * math.exp(-((n / reach) ** 2)) + rng.gauss(0, 1.5))
            at = "" if n == params["num_segments"] else f"/{n}"
            metrics |= {f"exact{at}": value - 3, f"f1{at}": value - 2, f"choice_exact{at}": value}
            metrics |= {f"choice_stale{at}": (100 - value) / 4} if params["task"] == "update" else {}
            metrics |= examined(params["interventions"], n, value, rng)
        metrics["choice_exact_memory_cleared"] = base + rng.gauss(0, 1)
    steps = list(range(100, params["max_steps"] + 1, 100))
    rate = rng.uniform(200, 500)
    loss = [2.1 * math.exp(-step / rate) + 0.05 * rng.random() for step in steps]
    stages = ["short" if step <= params["short_steps"] else "long" for step in steps]
    series["training"] = {"step": steps, "answer_loss": loss, "stage": stages}
    if kind == "gmm":
        series["routing"] = {"write": routes(rng, params), "read": routes(rng, {**params, "null_expert": False})}
    return metrics, series


MEMORIES = ("off", "off, without memory tokens", "flat", "flat, as many floats", "k = 2", "k = 4", "k = 8")
# How the metrics begin that a part of the benchmark has.
PARTS = {
    "encoder": ("default_", "training/", "inference/"),
    "memory": ("memory_", "small/", "slots/", "segment_length/"),
    "long": ("long/", "length/"),
    "cpu": ("training/", "inference/"),
}


def timed(which: str) -> dict[str, float]:
    """Metrics as benchmark.ipynb writes them for a part."""
    found: dict[str, float] = {"matrix_tflops": 700.0, "copy_gbps": 3900.0}
    forms = ("eager", "compiled", "captured")
    contenders = (*(f"HF {form}" for form in forms), *(f"RMT {form}" for form in forms), "sdpa", "triton", "compiled", "captured")

    def note(name: str, ms: float, gib: float | None = 4.0) -> None:
        found.update({f"{name}/ms": ms, f"{name}/low": 0.98 * ms, f"{name}/high": 1.05 * ms})
        if gib is not None:
            found[f"{name}/peak_gib"] = gib

    for part, scale in (("training", 66.0), ("inference", 20.0)):
        for i, name in enumerate(contenders):
            note(f"{part}/{name}", scale / (1 + 0.6 * i), 8.5 / (1 + 0.2 * i))
        for i, name in enumerate(("Hugging Face", "ours, no memory", "ours, experts", "Hugging Face, compiled")):
            note(f"default_{part}/{name}", scale / (1 + 0.4 * i), 8.5)
        found |= {f"{part}/floor/arithmetic_ms": scale / 10, f"{part}/floor/bytes_ms": scale / 20}
        for i, name in enumerate(MEMORIES):
            note(f"memory_{part}/{name}", scale / 2 * (1 + 0.012 * i), 4.0 + 0.05 * i)
    for name, values in (("slots", (4, 16, 64)), ("segment_length", (128, 512, 1024))):
        for i, value in enumerate(values):
            note(f"{name}/{value}", 30.0 + 5 * i, 4.0 + i)
    for name, ms in (("plain", 20.0), ("compiled", 12.0), ("captured", 5.0)):
        note(f"small/{name}", ms)
    for name, rate in (("documents", 2.4e6), ("segments", 2.5e6), ("ModernBERT captured", 1.2e6)):
        note(f"long/{name}", 3.0)
        found[f"long/{name}/tokens_per_second"] = rate
    for count in (10, 100, 1000, 10000):
        ms = 3.0 + 0.01 * math.log10(count)
        found |= {f"length/{count}/{name}": value for name, value in (("ms", ms), ("low", 0.99 * ms), ("high", 1.02 * ms))}
        found[f"length/{count}/peak"] = 2.0 * 2**30
    rates = ("matrix_tflops", "copy_gbps")
    return {name: value for name, value in found.items() if name.startswith((*rates, *PARTS[which]))}


def record(job: Job) -> dict[str, Any]:
    """A whole, fresh record."""
    params = {**DEFAULTS[job.notebook.name], **job.given}
    rng = random.Random(job.name)
    part = job.id.removeprefix("benchmark-")
    code = used_code(job.notebook, job.root)
    if job.notebook.name == "pretrain.ipynb":
        metrics, series = synthetic_books.read(params, rng)
    elif job.notebook.name == "analysis.ipynb":
        metrics, series = synthetic_seen.analysed(params, rng)
    elif params.get("base_reader") is True or params.get("task") == "spans":
        metrics, series = synthetic_books.real(params, rng)
    elif job.id.startswith("cloze-"):
        metrics, series = synthetic_books.asked(params, rng)
    else:
        metrics, series = (timed(part), {}) if part != job.id else learned(job, params, rng)
    base = {} if job.base is None else {"base": {"run": job.base.name, "given": job.base.given, "weights": "0" * 64}}
    return with_digest(
        {
            **base,
            "schema": SCHEMA,
            "id": job.id,
            "seed": job.seed,
            "tier": job.tier,
            "notebook": job.notebook.name,
            "notebook_code": code.notebook,
            "given": job.given,
            "params": params,
            "metrics": metrics,
            "series": series,
            "n_eval": 512,
            "data": "0123456789abcdef" if job.notebook.name == "pretrain.ipynb" else None,
            "commit": "0" * 40,
            "definitions": code.definitions,
            "versions": {},
            "device": "cpu (made up)" if part == "cpu" else "made up",
            "times": {"wall_s": 60.0, "started": "2001-01-01T00:00:00+00:00", "stacked": 10 if job.id in SWEEP else 1},
        }
    )


def make_project(root: Path, without: Sequence[str] = ()) -> Path:
    """Write the repository, without the records of some runs; its manifest."""
    manifest = root / "experiments" / "manifest.toml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(MANIFEST, encoding="utf-8")
    for name in DEFAULTS:
        write_notebook(manifest.with_name(name))
    for job in (job for job in load_manifest(manifest) if job.id not in without):
        write_json(job.record, record(job))
    return manifest
