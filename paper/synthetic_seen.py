"""Made-up records of what experts hold, as `synthetic` has them."""

import random
from typing import Any

ANALYSIS: dict[str, Any] = {
    "base_model": "runs/train/checkpoint",
    "task": "kinds",
    "task_options": {},
    "num_segments": 6,
    "num_documents": 512,
    "batch_size": 128,
    "permutations": 10000,
    "seed": 0,
    "output_dir": "runs/analysis",
}

MANIFEST = """
[shared.seen]
notebook = "analysis.ipynb"
tier = "full"

[[run]]
id = "seen-retention-gmm4-null-read"
like = "seen"
seeds = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]

[run.parameters]
base_model = "run:improved-gmm4-null-read@seed"
task = "retention"
task_options = { fact_segment = "random" }
num_segments = 16

[[run]]
id = "seen-kinds-gmm4-null-read"
like = "seen"
seeds = [0, 1, 2]
parameters = { base_model = "run:kinds-gmm4-null-read@seed", task = "kinds" }
"""
CHANGES = ("reset", "frozen", "swapped")
CURVES = ("answer", "answer, nothing written since", "probe", "probe, untrained memory", "probe, shuffled values")
KINDS = ("place", "job", "object", "number")


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows as a record has them; what a row lacks is None."""
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def causal(accuracy: float, rng: random.Random) -> dict[str, list[Any]]:
    """What answers lose by change, kind and expert, as a table of causes has it."""
    rows = []
    for change in CHANGES:
        for kind in (*KINDS, "all"):
            own = [rng.uniform(-0.3, 0.0) for _ in range(4)]
            for expert, difference in enumerate([*own, sum(own) / 4]):
                row = {"change": change, "kind": kind, "expert": expert, "documents": 512, "accuracy": accuracy}
                row |= {"difference": difference, "low": difference - 0.04, "high": difference + 0.04}
                beside = {"p_value": 0.001, "beside": difference, "beside_low": difference, "beside_high": difference}
                rows.append({**row, **beside} if expert < 4 else {**row, "expert": "random"})
    return columns(rows)


def analysed(params: dict[str, Any], rng: random.Random) -> tuple[dict[str, float], dict[str, Any]]:
    """Metrics and series as analysis.ipynb writes them."""
    found, untrained = rng.uniform(0.3, 0.5), rng.uniform(0.05, 0.2)
    metrics = {"mutual_information": found, "mutual_information_chance": 0.01, "p_value": 0.0001, "cramers_v": 0.4}
    metrics |= {"mutual_information_untrained": untrained, "p_value_untrained": rng.choice([0.001, 0.2])}
    metrics |= {"experts_used": float(rng.randrange(2, 5)), "kinds": 4.0, "segments": 512.0}
    metrics |= {"routing_entropy": rng.uniform(0.2, 0.9)}
    metrics |= {"accuracy": 0.9, "capture": 0.95, "retention": 0.93}
    rows = [
        {"distance": distance, "curve": name, "share": share, "low": share - 0.05, "high": share + 0.04}
        for distance in range(1, params["num_segments"])
        for name, share in ((name, 0.9 - 0.15 * i - 0.01 * distance + rng.uniform(0, 0.02)) for i, name in enumerate(CURVES))
    ]
    written = [{"kind": kind, "expert": j, "segments": rng.randrange(90)} for kind in KINDS for j in range(4)]
    return metrics, {"causal": causal(0.9, rng), "retention": columns(rows), "kinds": columns(written)}
