"""What is public, given a value of a wrong kind, takes it or raises a `ValueError` that names the parameter: `pytest tools`.

`python tools/test_first_mistakes.py [NAME …]` tries all values for all parameters, which takes minutes."""

import contextlib
import inspect
import io
import json
import math
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import gmmxlnet_nb as G
from gmmxlnet_nb.config import GMMXLNetConfig

ROOT = Path(__file__).resolve().parent.parent
FIELDS = (
    "output_dir num_experts memory_slots init_strategies progressive_segments routing_mode memory_type routing_temperature "
    "max_n_segs bptt_segments recompute memory_init load_balance_weight seed max_steps report_to optim num_memory_experts "
    "memory_num_tokens expert_init_strategies memory_options read_layer mem_len pooling_method routing_top_k expert_dropout "
    "gate_bias null_expert read_norm routing_noise write_routing"
).split()
FUNCTIONS = ("total", "length")  # Parameters that are functions, which may be any
TAKES: dict[str, list[str]] = {  # Of those that take what others describe: some of it
    **dict.fromkeys(("TrainingConfig", "GMMTrainingConfig", "gmm_small_config", "gmm_large_config"), FIELDS),
    "GMMXLNetConfig": [name for name in GMMXLNetConfig.__annotations__ if name != "model_type"],
}
OTHERWISE = {  # Parameters that are refused in another way
    ("select_documents", "index"),  # with an `IndexError`, as a sequence does
    ("config_from_dict", "values"),  # the field in them is named
    ("load_manifest", "path"),  # it is called the manifest
}  # fmt: skip


class Made:
    """Small things to go on from, made once."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.folder = tempfile.mkdtemp()
        self.documents = G.retention_documents(4, num_segments=2, seed=0)
        self.texts = [f"{d.text} {d.question}" for d in self.documents]
        self.tokenizer, self.base = G.load_base(None, self.texts, hidden_dim=16, num_layers=1, mem_token_count=2)
        self.ids = G.configure_memory_tokens(self.tokenizer, 2)
        self.layout = G.SegmentLayout(64, 0, *map(tuple, self.ids.values()))
        self.dataset = G.DocumentDataset.build(self.documents, self.tokenizer, self.layout)
        self.model = self.new_model()
        self.batch = G.DocumentCollator()(list(self.dataset))
        with torch.no_grad():
            out = self.model(**self.batch)
        self.logits = {"start_logits": out.start_logits, "end_logits": out.end_logits, "answer_mask": self.batch["answer_mask"]}
        self.spans = G.best_spans(**self.logits)
        self.predictions = G.decode_predictions(self.dataset, self.spans, math.inf)
        self.scored = {
            "documents": self.documents, "predictions": {p.id: p.text for p in self.predictions},
            "null_scores": {p.id: p.null_score - p.score for p in self.predictions},
        }  # fmt: skip
        small = {"num_experts": 2, "memory_slots": 2, "init_strategies": "orthogonal", "use_cpu": True, "report_to": "none"}
        self.args = G.GMMTrainingConfig(output_dir=f"{self.folder}/run", disable_tqdm=True, save_strategy="no", **small)
        self.run = G.RunConfig(G.DocumentConfig(num_segments=2, num_train=4, num_eval=4), self.args)
        question = {"id": "1", "question": "Who?", "answers": [{"text": "Jill", "answer_start": 0}]}
        squad = {"data": [{"title": "a", "paragraphs": [{"context": "Jill went up.", "qas": [question]}]}]}
        self.squad = str(Path(self.folder, "train.json"))
        Path(self.squad).write_text(json.dumps(squad), encoding="utf-8")
        self.trace = G.GMMAnalyzer(self.model).track_routing(self.dataset)

    def new_model(self) -> Any:
        """A model, which a trainer may keep."""
        model = G.GMMXLNetForQA(self.base, num_experts=2, memory_slots=2)
        model.set_memory_tokens(**self.ids)
        return model.eval()


@cache
def made() -> Made:
    """The same for all tests."""
    with contextlib.redirect_stdout(io.StringIO()):
        return Made()


def right_arguments() -> dict[str, dict[str, Any]]:
    """What each can be called with."""
    m, routes, expert = made(), torch.full((2, 2), 0.5), {"hidden_dim": 8, "num_experts": 2}
    return {
        "AggregatedMemoryReader": expert, "MemoryGatingNetwork": expert, "ExpertUpdater": expert,
        "GatedMemoryMixture": {**expert, "memory_slots": 2}, "routing_entropy": {"probs": routes},
        "load_balance_loss": {"probs": routes}, "Answer": {"text": "a", "start": 0},
        "Document": {"id": "a", "text": "b c", "question": "q"}, "DocumentCollator": {},
        "load_squad": {"data_path": m.squad}, "read_squad": {"path": m.squad}, "stream_squad": {"data_path": m.squad},
        "load_articles": {"data_path": m.squad}, "long_documents": {"documents": G.load_squad(m.squad)},
        "configure_memory_tokens": {"tokenizer": m.tokenizer, "memory_num_tokens": 2}, "SegmentLayout": {"segment_length": 32},
        "train_tokenizer": {"texts": m.texts},
        "build_features": {"documents": m.documents, "tokenizer": m.tokenizer, "layout": m.layout},
        "DocumentDataset": {"documents": m.documents, "features": m.dataset.features},
        "StreamedDocuments": {"documents": m.documents, "tokenizer": m.tokenizer, "layout": m.layout},
        "retention_documents": {"num_documents": 2, "num_segments": 2}, "task_defaults": {"params": {"task": "retention"}},
        "task_documents": {"task": "retention", "num_train": 2, "num_eval": 2, "num_segments": 2},
        "TokenMemory": {"memory_slots": 2, "hidden_dim": 8}, "memory_floats": {"memory": m.model.memory},
        "SegmentRecurrence": {"num_layers": 1, "mem_len": 2, "hidden_dim": 8},
        "DifferentiableMemory": {"memory_slots": 4, "hidden_dim": 8, "tokens": 2},
        "select_documents": {"state": torch.zeros(3, 2), "index": 1}, "GMMXLNetConfig": {},
        "GMMXLNetForQA": {"base_model": m.base}, "MemXLNetForQA": {"base_model": m.base},
        "answer_stream": {"model": m.model, "chunks": [m.batch]}, "best_spans": m.logits, "n_best_spans": m.logits,
        "chance_level": {"documents": m.documents}, "evaluate_squad_v2": m.scored, "find_best_threshold": m.scored,
        "tune_null_threshold": m.scored, "decode_predictions": {"dataset": m.dataset, "spans": m.spans},
        "write_predictions": {"folder": f"{m.folder}/said", "predictions": m.predictions},
        "config_from_dict": {"values": {"output_dir": "x"}}, "gmm_small_config": {}, "gmm_large_config": {},
        "TrainingConfig": {"use_cpu": True}, "GMMTrainingConfig": {"use_cpu": True}, "DocumentConfig": {},
        "RunConfig": {"documents": m.run.documents, "training": m.args},
        "GMMTrainer": {"model": m.model, "args": m.args, "train_dataset": m.dataset, "eval_dataset": m.dataset},
        "last_checkpoint": {"output_dir": m.folder}, "GMMAnalyzer": {"model": m.model},
        "RoutingTrace": {"ids": m.trace.ids, "write": m.trace.write, "read": m.trace.read},
        "load_manifest": {"path": ROOT / "experiments/manifest.toml"}, "begin_run": {"config": m.run},
        "load_base": {"base_model": None, "texts": m.texts, "hidden_dim": 16, "num_layers": 1},
        "make_trainer": {"config": m.run}, "hold_run": {"folder": f"{m.folder}/held"},
    }  # fmt: skip


def wrong_values() -> list[Any]:
    """Values that somebody may give in place of others: of another kind, another number, a list for one, one for a list."""
    m = made()
    numbers: list[Any] = [3, -1, 0, 2.5, math.nan, True, np.int64(2), np.float32(0.5)]
    arrays: list[Any] = [np.arange(3), torch.zeros(3), torch.tensor(1)]
    plain: list[Any] = [None, "x/y/z", "", "2", b"x", [], ["x"], [1, 2], (), {"a": 1}, {1, 2}, Path("no/pe"), object(), int, len]
    objects: list[Any] = [m.documents[0], m.documents, m.dataset, m.model, m.tokenizer, m.base, m.layout, m.run, m.args]
    return [*numbers, *arrays, *plain, *objects]


def parameters() -> list[tuple[str, str]]:
    """Each of those that can be called, with each of its parameters."""
    found = []
    for name in right_arguments():
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        signature = inspect.signature(getattr(G, name)).parameters.values()
        own = [p.name for p in signature if p.kind in by_name and p.name != "self"]
        found += [(name, parameter) for parameter in TAKES.get(name, own)]
    return [pair for pair in found if pair not in OTHERWISE]


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """In a folder of its own, without a network, and without words."""
    constants, quiet = "huggingface_hub.constants.HF_HUB_OFFLINE", io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        offline = patch(constants, True), patch("datasets.config.HF_HUB_OFFLINE", True)
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), offline[0], offline[1]:
            yield


def complaint(name: str, parameter: str, value: Any) -> str:
    """What is wrong with how a value is refused; empty if it is taken, or refused by name."""
    if parameter in FUNCTIONS and callable(value):
        return ""
    arguments: dict[str, Any] = {**right_arguments()[name], parameter: value}
    if name == "GMMTrainer" and parameter != "model":
        arguments["model"] = made().new_model()
    call: Callable[..., Any] = getattr(G, name)
    try:
        with undisturbed():
            found = call(**arguments)
            if name == "hold_run":
                with found:
                    pass
    except ValueError as error:
        return "" if parameter.removesuffix("s") in str(error) else f"ValueError without the name: {error!s:.200}"
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.200}"
    return ""


def test_right_arguments() -> None:
    """What is tried with one wrong value at a time works with right ones."""
    for name, arguments in right_arguments().items():
        if arguments:
            parameter, value = next(iter(arguments.items()))
            assert not complaint(name, parameter, value), name


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_wrong_values(data: st.DataObject) -> None:
    """Any wrong value for any parameter."""
    name, parameter = data.draw(st.sampled_from(parameters()))
    value = data.draw(st.sampled_from(wrong_values()))
    assert not complaint(name, parameter, value), f"{name}({parameter}={value!r:.80})"


@pytest.mark.parametrize("size", ["num_experts", "num_memory_experts", "memory_num_tokens"])
def test_the_name_that_was_given(size: str) -> None:
    """A field with several names is called what it was called."""
    for wrong in (0, "8", 2.0):
        with pytest.raises(ValueError, match=f"^{size} must be"):
            G.GMMTrainingConfig(**{size: wrong})


if __name__ == "__main__":
    for name, parameter in parameters():
        if not sys.argv[1:] or name in sys.argv[1:]:
            for value in wrong_values():
                if said := complaint(name, parameter, value):
                    print(f"{name}({parameter}={value!r:.60}): {said}".replace("\n", " "), flush=True)
