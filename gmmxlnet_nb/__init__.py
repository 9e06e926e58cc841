"""XLNet with a memory of k experts: the public names, imported when they are first used."""

__version__ = "0.1.0"

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
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
    "baselines": "DifferentiableMemory Memory SegmentRecurrence TokenMemory memory_floats",
    "model": "GMMXLNetConfig GMMXLNetForQA GMMXLNetOutput MEMORIES MemXLNetForQA MemoryState",
    "checkpoints": "convert_checkpoint model_card save_sparse",
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


class _AfterAutoClasses(MetaPathFinder):
    """Lets transformers' Auto classes know the model once they are imported: it is far too slow to import before."""

    module = "transformers.models.auto.modeling_auto"

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the Auto classes' module where it is, and have it import the model afterwards."""
        if name != self.module:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                import_module(f"{__name__}.model")

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


if _AfterAutoClasses.module in sys.modules:
    import_module(f"{__name__}.model")
else:
    sys.meta_path.insert(0, _AfterAutoClasses())
