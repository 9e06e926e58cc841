"""Every block of code in the README and in the guides' prose runs, or is run elsewhere in CI: `pytest tools`.

Commands are those of `sh` blocks, and of indented ones in the guides. What takes long is made small: runs are of a few
steps, folders and names stand for the small ones that the guides use. A command of a kind that is not known here fails.
"""

import contextlib
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import guide_models
import nbformat
import pytest

from gmmxlnet_nb.calibration import store_reading
from gmmxlnet_nb.records import notebook_defaults
from gmmxlnet_nb.runs import chosen, load_manifest

ROOT = guide_models.ROOT
README = (ROOT / "README.md").read_text("utf-8")
GUIDES = sorted((ROOT / "nbs" / "guides").glob("*.ipynb"))
NAMES = {  # What stands for something of the user's
    "MODEL": "runs/train/checkpoint", "FILE": "examples/town.txt", "DATA": "town/dev.json", "user/town": "runs/train/checkpoint",
    "retention": "town/dev.json", "…": "Where does Ada live?",
}  # fmt: skip
TINY_TEXT = "vocab_size=200 hidden_dim=32 num_layers=1 num_heads=2 segment_length=48 batch_size=4 num_eval=8"
SHELL = ("source", "python3", "pip", "hf", "rm", "cd", "git")  # Of other programs


def blocks(text: str, kinds: str) -> list[str]:
    """The fenced blocks of Markdown whose language is one of `kinds`."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for kind, block in found if kind in kinds.split()]


def commands(text: str) -> list[str]:
    """The commands of Markdown: those in blocks, and, where a paragraph of code begins with a program, that."""
    indented = re.findall(r"^ {4}((?:gmmxlnet|make|papermill|torchrun) .*(?:\\\n.*)*)", text, re.MULTILINE)
    lines = "\n".join([*blocks(text, "sh"), *indented]).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def prose(path: Path) -> str:
    """A notebook's Markdown."""
    return "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")


ALL = {command: None for text in [README, *map(prose, GUIDES)] for command in commands(text)}


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a model in runs/train and in runs/keeps, questions, a text, a run and books."""
    with contextlib.chdir(ROOT):
        folder = guide_models.workplace(town_model=True)
        for name in ("train", "keeps"):
            shutil.copytree("runs/town", f"runs/{name}")
        store_reading("runs/keeps/checkpoint", {"segment_length": 96})  # room for the documents of `retention`
        shutil.copytree(ROOT / "examples", "examples")
        Path("books").mkdir()
        for i in range(4):
            Path("books", f"{i}.txt").write_text(Path("town/dev.json").read_text("utf-8")[i * 2000 : i * 2000 + 4000], "utf-8")
        training = {"output_dir": "runs/squad", "max_steps": 2, "save_steps": 1, "use_cpu": True, "disable_tqdm": True}
        run: dict[str, Any] = {"documents": {"num_segments": 2, "num_train": 8, "num_eval": 4}, "model": {"hidden_dim": 16}}
        run |= {"memory": {"num_experts": 2, "memory_slots": 2}, "training": training}
        Path("run.json").write_text(json.dumps(run), "utf-8")
        Path("squad.json").write_text(json.dumps({**run, "training": {**training, "output_dir": "runs/articles"}}), "utf-8")
        with guide_models.offline():
            yield folder


def gmmxlnet(words: list[str]) -> None:
    """Run one command of the package in a small form, which must not fail."""
    words = [NAMES.get(word, word) for word in words]
    kind = words[0]
    if kind == "serve":  # which does not end by itself: nbs/65_serve.ipynb runs it
        words = ["serve", "--help"]
    if kind == "runs":  # the sweeps need a GPU: the runs that they name must be there, and smoke runs are run in CI
        names = [word for word in words[2:] if not word.startswith("-") and not word.isdigit()]
        assert words[1] in ("list", "run", "status", "check")
        assert chosen(load_manifest(ROOT / "experiments" / "manifest.toml"), names)
        return
    if kind == "pretrain":
        words = [*words, *TINY_TEXT.split(), "held_out=0.25", "use_cpu=true", "bf16=false", "save_steps=1", "max_steps=2"]
    if kind == "train" and "--resume" in words:  # of a run that was begun
        guide_models.gmmxlnet_output(["train", words[1], f"output_dir=runs/begun-{words[1]}"])
        words += [f"output_dir=runs/begun-{words[1]}", "max_steps=3"]
    said = guide_models.gmmxlnet_output(words)
    mistake = re.search(r"^gmmxlnet \w+: (?!tokens are)|^usage: (?!gmmxlnet serve)", said, re.MULTILINE)
    assert not mistake, f"{shlex.join(words)}: {said}"


@pytest.mark.parametrize("command", ALL)
def test_command(command: str, place: Path) -> None:
    """A command of the README or of a guide."""
    program, *words = shlex.split(command, comments=True)
    if program == "make":
        targets = [word for word in words if "=" not in word]
        dry = ["make", "-n", "-o", ".venv/.installed", *targets, "OUT=runs/none"]
        subprocess.run(dry, cwd=ROOT, check=True, capture_output=True)
    elif program == "papermill":  # CI runs both notebooks: what they are told must be parameters of theirs
        told = [words[i + 1] for i, word in enumerate(words) if word == "-p"]
        told += [words[i + 1].split(":")[0] for i, word in enumerate(words) if word == "-y"]
        assert set(told) <= set(notebook_defaults(ROOT / words[0])), command
    elif program == "torchrun":  # the guide runs it, by two processes
        cells = nbformat.read(GUIDES[1], as_version=4).cells
        assert any("torchrun" in cell.source and cell.cell_type == "code" for cell in cells)
    elif program == "gmmxlnet":
        gmmxlnet(words)
    else:
        assert program in SHELL, f"{command}: {program} is of no kind that is known here"


def test_json(tmp_path: Path) -> None:
    """JSON is a run, or questions in SQuAD's layout."""
    from gmmxlnet_nb import RunConfig, load_squad

    found = [json.loads(block) for text in [README, *map(prose, GUIDES)] for block in blocks(text, "json")]
    runs = [values for values in found if "data" not in values]
    questions = [values for values in found if "data" in values]
    for values in runs:
        values["training"] |= {"use_cpu": True, "bf16": False}
        assert RunConfig.from_dict(values).to_dict()
    for i, values in enumerate(questions):
        path = tmp_path / f"{i}.json"
        path.write_text(json.dumps(values), "utf-8")
        documents = load_squad(path)
        assert {bool(document.answers) for document in documents} == {True, False}
    assert runs and questions


def test_python(place: Path) -> None:
    """Python that is no cell of a notebook, which would be run there."""
    for text in [README, *map(prose, GUIDES)]:
        for block in blocks(text, "py"):
            if "GMMAnalyzer(model" in block:
                block = f"{ANALYSED}\n{block}"
            exec(compile(block, "README", "exec"), {})


ANALYSED = """
from gmmxlnet_nb import GMMXLNetForQA, configure_memory_tokens, load_base
from gmmxlnet_nb.generated import kinds_documents
documents = kinds_documents(16, 3)
tokenizer, base = load_base(None, [d.text + d.question for d in documents], hidden_dim=32, mem_token_count=2)
model = GMMXLNetForQA(base, num_experts=2, memory_slots=2)
model.set_memory_tokens(**configure_memory_tokens(tokenizer, 2))
model.config.segment_length, model.config.stride, model.config.question_shown = 96, 0, "last"
"""
