"""One concept, one word: what a thing is called in signatures, configurations, runs and the notebook: `pytest tools`."""

import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import gmmxlnet_nb
from gmmxlnet_nb.config import GMMXLNetConfig
from gmmxlnet_nb.records import notebook_defaults
from gmmxlnet_nb.run_config import GROUP_OF, GROUPS
from gmmxlnet_nb.training_args import OTHER_NAMES, GMMTrainingConfig, TrainingConfig

ROOT = Path(__file__).resolve().parent.parent
OTHER_WORDS = {  # What a concept is called, and what it must not be called besides
    "num_experts": "num_memory_experts n_experts expert_count experts_count number_of_experts",
    "memory_slots": "num_slots n_slots slot_count slots_per_expert num_memory_slots",
    "mem_token_count": "memory_num_tokens num_memory_tokens memory_tokens_count mem_tokens_count n_memory_tokens",
    "routing_top_k": "top_experts num_routed_experts experts_per_segment",
    "routing_mode": "gmm_routing_mode read_mode",
    "segment_length": "max_length seg_len segment_size max_seq_length max_seq_len block_size tokens_per_segment",
    "stride": "doc_stride overlap segment_overlap",
    "init_strategies": "expert_init_strategies init_strategy initial_strategies",
    "max_answer_length": "max_answer_len max_answer_tokens answer_length",
    "num_segments": "n_segments segment_count segments_count",
    "hidden_dim": "hidden_width d_hidden",
    "require_answer": "must_fit",
    "null_threshold": "no_answer_threshold threshold_null",
}
ALLOWED = {  # Names that the seeds of the project fix, and another concept
    ("segments.configure_memory_tokens", "memory_num_tokens"),
    ("model.GMMXLNetForQA", "num_memory_experts"),
    ("model.GMMXLNetForQA", "gmm_routing_mode"),
    ("articles.long_documents", "max_length"),  # of a joined document, in words
    ("segments.stream_segments", "block_size"),  # of a file, in characters
}


def public() -> Iterator[tuple[str, object]]:
    """Each public name of each module, as module.name, with what it is."""
    for path in sorted((ROOT / "gmmxlnet_nb").glob("[!_]*.py")):
        if path.stem in ("kernels", "fused"):  # which Triton alone can import
            continue
        module = importlib.import_module(f"gmmxlnet_nb.{path.stem}")
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if getattr(thing, "__module__", module.__name__) == module.__name__:
                yield f"{path.stem}.{name}", thing


def parameters(thing: object) -> set[str]:
    """The parameters of a function, or of a class's constructor and public methods of its own."""
    own = [f for name, f in vars(thing).items() if not name.startswith("_")] if inspect.isclass(thing) else []
    found: set[str] = set()
    for one in [thing, *own]:
        if callable(one):
            try:
                found |= set(inspect.signature(one).parameters)
            except (ValueError, TypeError):  # of what is written in C
                continue
    return found


WORD_OF = {other: word for word, others in OTHER_WORDS.items() for other in others.split()}


def test_signatures() -> None:
    """No public function, class or method calls a concept by another word."""
    found = {(where, name) for where, thing in public() for name in parameters(thing) if name in WORD_OF}
    assert found - ALLOWED == set(), {f"{where}: {name} is {WORD_OF[name]}" for where, name in found - ALLOWED}
    assert found >= ALLOWED, "what is allowed is still there"


def test_fields() -> None:
    """No field of a model's, a training's or a run's configuration, nor a parameter of the notebook, does."""
    kinds = (TrainingConfig, GMMTrainingConfig)
    fields = {f"{kind.__name__}.{f.name}": f.name for kind in kinds for f in dataclasses.fields(kind)}
    fields |= {f"GMMXLNetConfig.{name}": name for name in GMMXLNetConfig.__annotations__}
    fields |= {f"{group}.{name}": name for group, names in GROUPS.items() for name in names}
    fields |= {f"train.ipynb: {name}": name for name in notebook_defaults(ROOT / "experiments/train.ipynb")}
    assert {where: WORD_OF[name] for where, name in fields.items() if name in WORD_OF} == {}


def test_same_words() -> None:
    """The notebook's parameters are fields of a run, and a memory's fields are those of the model's configuration."""
    assert set(notebook_defaults(ROOT / "experiments/train.ipynb")) <= set(GROUP_OF)
    of_training_alone = {"load_balance_weight", "entropy_regularization_weight", "diversity_weight"}
    of_training_alone |= {"final_routing_temperature", "use_gmm_memory"}
    assert set(GROUPS["memory"]) - of_training_alone <= {*GMMXLNetConfig.__annotations__, "mem_len"}
    assert set(OTHER_NAMES) <= set(WORD_OF)
    assert all(OTHER_NAMES[name] == WORD_OF[name] for name in OTHER_NAMES)


def test_top_level() -> None:
    """A public name is defined in one module alone."""
    where: dict[str, set[str]] = {}
    for name, _ in public():
        module, _, short = name.partition(".")
        where.setdefault(short, set()).add(module)
    assert {name: modules for name, modules in where.items() if len(modules) > 1} == {}
    assert set(gmmxlnet_nb.__all__) <= set(where)


@pytest.mark.parametrize("word", sorted(OTHER_WORDS))
def test_table(word: str) -> None:
    """Each word of the table is in use: what nothing is called is no word of this project."""
    names = {name for _, thing in public() for name in parameters(thing)} | set(GROUP_OF)
    assert word in names
