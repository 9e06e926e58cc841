"""XLNet with a memory of k experts: the public names, imported when they are first used."""

__version__ = "0.1.0"

from importlib import import_module
from typing import Any

_PUBLIC = {
    "data": (
        "Answer Document DocumentCollator DocumentDataset SegmentLayout TaskDocuments build_features "
        "configure_memory_tokens load_squad long_documents read_squad retention_documents task_defaults task_documents "
        "train_tokenizer"
    ),
    "experts": "GatedMemoryMixture",
    "router": "MemoryGatingNetwork load_balance_loss routing_entropy",
    "updates": "ExpertUpdater",
    "read": "AggregatedMemoryReader",
    "model": "GMMXLNetConfig GMMXLNetForQA GMMXLNetOutput MemoryState",
    "train": (
        "GMMTrainer GMMTrainingConfig Prediction TrainingConfig best_spans chance_level decode_predictions "
        "evaluate_squad_v2 load_base"
    ),
    "analysis": "GMMAnalyzer RoutingTrace plot_routing",
    "runs": "run_parameters write_record",
}
_MODULE = {name: module for module, names in _PUBLIC.items() for name in names.split()}
__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    """Import the module that a public name lives in."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
