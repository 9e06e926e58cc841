"""What the gallery shows of a trained model: `python docs/trained.py CHECKPOINT REPORT` writes two files of `examples`.

CHECKPOINT is what a run of experiments/train.ipynb leaves; REPORT the folder of `gmmxlnet analyze CHECKPOINT retention`.
`routing.json` is a trace as `gmmxlnet analyze` writes it; `seen.json` has one document step by step, states of experts, and
the report's tables.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gmmxlnet_nb.analysis import GMMAnalyzer
from gmmxlnet_nb.analyze import analysis_data, document_parts, one_document
from gmmxlnet_nb.data import DocumentCollator, DocumentDataset
from gmmxlnet_nb.document_qa import load_checkpoint
from gmmxlnet_nb.traces import RoutingTrace, write_trace
from gmmxlnet_nb.updates import gates_and_candidates

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
DOCUMENTS, WITH_STATES = 64, 8
DIGITS = 2  # Of what is drawn as colours
CHANGE = "reset"  # Of the report's matrices the one that is kept


def rounded(values: Any, digits: int = DIGITS) -> Any:
    """Numbers as nested lists, short enough for a file that people look into."""
    return np.asarray(values, dtype=float).round(digits).tolist()


def steps(model: Any, dataset: DocumentDataset) -> list[dict[str, Any]]:
    """What each segment of the first document reads and changes: routes, states before, gates and candidates."""
    found: list[dict[str, Any]] = []
    updater, update = model.memory.updater, model.memory.updater.update

    def noted(states: torch.Tensor, proposal: torch.Tensor, probs: torch.Tensor) -> torch.Tensor:
        gates, candidates = gates_and_candidates(states, proposal, updater.weight, updater.bias)
        after = update(states, proposal, probs)
        parts = {"before": states, "gate": gates, "candidate": candidates, "after": after}
        found.append({"write": rounded(probs[0], 4), **{name: rounded(each[0]) for name, each in parts.items()}})
        return after

    updater.update = noted
    try:
        with torch.no_grad():
            info = model.eval()(**DocumentCollator()([dataset[0]]), return_routing_info=True).routing_info
    finally:
        del updater.update
    for i, step in enumerate(found):
        step["read"] = rounded(info["read_probs"][0, i], 4)
    return found


def matrix(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The matrix of one change in the report: kinds by experts, differences with their intervals."""
    rows = [row for row in rows if row["change"] == CHANGE]
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    columns = list(dict.fromkeys(row["expert"] for row in rows))
    place = {(row["kind"], row["expert"]): row for row in rows}
    names = ("difference", "low", "high")
    values = {name: [[place[kind, column][name] for column in columns] for kind in kinds] for name in names}
    return {"change": CHANGE, "kinds": kinds, "columns": list(map(str, columns)), **values}


def short_trace(trace: RoutingTrace, count: int) -> RoutingTrace:
    """The first documents of a trace, with numbers of four digits."""
    cut = {name: getattr(trace, name)[:count] for name in ("write", "read", "null", "gates", "kinds", "asked", "facts")}
    short = {name: x.astype(float).round(4).astype(x.dtype) if x.dtype.kind == "f" else x for name, x in cut.items()}
    types = trace.question_types[:count]
    return RoutingTrace(trace.ids[:count], **short, kind_names=trace.kind_names, question_types=types, model=trace.model)


def seen(checkpoint: Path, report: Path) -> tuple[RoutingTrace, dict[str, Any]]:
    """The trace and what else there is."""
    model, tokenizer = load_checkpoint("checkpoint", checkpoint, "cpu")
    dataset = analysis_data(model, tokenizer, "retention", DOCUMENTS)
    assert isinstance(dataset, DocumentDataset)
    trace, states = GMMAnalyzer(model, tokenizer).track_with_states(dataset)
    run = json.loads((checkpoint.parent / "metrics.json").read_text(encoding="utf-8"))
    told = json.loads((report / "report.json").read_text(encoding="utf-8"))
    scores = {name: run["metrics"][name] for name in ("choice_exact", "choice_exact_memory_cleared", "chance", "parameters")}
    curves = {name: rounded([row["share"] for row in told["retention"]["value"] if row["curve"] == name], 4)
              for name in dict.fromkeys(row["curve"] for row in told["retention"]["value"])}  # fmt: skip
    one = one_document(trace, 0, trace.write.shape[1])
    parts = document_parts(dataset)
    changes = np.linalg.norm(states, axis=-1)
    params = {name: value for name, value in run["params"].items() if name not in ("output_dir", "cache_dir", "data_path")}
    about = {"params": params, "scores": scores, "versions": run["versions"], "norms": rounded(changes.mean((0, 2)), 3)}
    return short_trace(trace, DOCUMENTS), {
        "about": about, "document": {"id": one.ids[0], **parts}, "steps": steps(model, dataset),
        "states": rounded(states[:WITH_STATES]), "causal": matrix(told["causal"]["value"]), "curves": curves,
        "training": run["series"]["training"], "validation": run["series"]["validation"],
    }  # fmt: skip


def main() -> None:
    """Write both files."""
    if len(sys.argv) != 3:
        raise ValueError("usage: python docs/trained.py CHECKPOINT REPORT")
    trace, found = seen(Path(sys.argv[1]), Path(sys.argv[2]))
    write_trace(trace, EXAMPLES / "routing.json")
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    (EXAMPLES / "seen.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"trained: {error}")
