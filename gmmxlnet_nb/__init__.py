"""XLNet with a memory of k experts: the public names, imported when they are first used."""

__version__ = "0.2.0.dev0"

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

if sys.platform == "win32":  # its files cannot be replaced while they are open, nor processes be forked
    raise ImportError("gmmxlnet_nb runs on Linux. On Windows use it in WSL; on macOS nothing is tested")

_PUBLIC = {
    "core": "hold_run",
    "experts": "GatedMemoryMixture",
    "router": "load_balance_loss MemoryGatingNetwork routing_entropy",
    "updates": "ExpertUpdater",
    "read": "AggregatedMemoryReader",
    "documents": "Answer Article Document load_squad read_squad stream_squad",
    "articles": "load_articles long_documents",
    "formats": "load_documents",
    "segments": "configure_memory_tokens SegmentLayout stream_segments train_tokenizer",
    "data": "build_features DocumentCollator DocumentDataset",
    "streams": "StreamedDocuments",
    "generated": "retention_documents",
    "tasks": "EVALUATION_SEED task_defaults task_documents TaskDocuments",
    "baselines": "DifferentiableMemory Memory memory_floats SegmentRecurrence select_documents TokenMemory",
    "gmm": "MemoryState",
    "config": "GMMXLNetConfig MEMORIES",
    "checkpoints": "model_card save_sparse",
    "forward": "GMMXLNetOutput",
    "model": "GMMXLNetForQA MemXLNetForQA",
    "convert": "convert_checkpoint",
    "answers": (
        "answer_stream best_spans chance_level decode_predictions evaluate_squad_v2 find_best_threshold "
        "n_best_spans Prediction tune_null_threshold write_predictions"
    ),
    "document_qa": "DocumentQA",
    "training_args": (
        "config_from_dict gmm_balanced_config gmm_large_config gmm_small_config GMMTrainingConfig "
        "TrainingConfig"
    ),
    "run_config": "DocumentConfig RunConfig",
    "train": "GMMTrainer last_checkpoint",
    "traces": "RoutingTrace",
    "figures": "plot_routing_heatmap",
    "analysis": "GMMAnalyzer intervene",
    "memory_views": "MemoryVisualizer",
    "analyze": "generate_all_visualizations",
    "records": "record_status run_parameters write_record",
    "runs": "load_manifest",
    "launch": "begin_run load_base make_trainer write_answers",
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


_MODEL_TYPE, _AUTO = "gmm-xlnet", "transformers.models.auto.configuration_auto"


class _Configurations(dict[str, Any]):
    """What transformers' Auto classes are told beside what they know; the model is imported when it is asked for."""

    def __contains__(self, key: object) -> bool:
        """Whether there is a configuration for a `model_type`."""
        return key == _MODEL_TYPE or super().__contains__(key)

    def __missing__(self, key: str) -> Any:
        """Import the model, which registers itself here."""
        if key != _MODEL_TYPE:
            raise KeyError(key)
        import_module(f"{__name__}.model")
        return super().__getitem__(key)


def _introduce(module: ModuleType) -> None:
    """Let the Auto classes know the model."""
    module.CONFIG_MAPPING._extra_content = _Configurations(module.CONFIG_MAPPING._extra_content)


class _AfterAuto(MetaPathFinder):
    """Introduces the model once transformers' Auto classes are there: importing them now would take seconds."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find their module where it is."""
        spec = PathFinder.find_spec(name, path, target) if name == _AUTO else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_introduce(module: ModuleType) -> None:
                execute(module)
                _introduce(module)

            spec.loader.exec_module = execute_and_introduce  # type: ignore[method-assign]
        return spec


if _AUTO in sys.modules:
    _introduce(sys.modules[_AUTO])
else:
    sys.meta_path.insert(0, _AfterAuto())

if "torch" in sys.modules:  # then `torch.load` takes memory states; without it, importing this would take seconds
    import_module(f"{__name__}.gmm")
