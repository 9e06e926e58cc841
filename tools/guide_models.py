"""What the guides in nbs/guides run on: a folder of their own, commands within the process, and tiny models.

The guides are executed in CI, where there is neither a network nor a GPU nor time. A hidden cell at the top of each calls
`workplace`, after which its files have short names, `!gmmxlnet …` runs in the notebook's process, without the seconds that
it takes to import torch again, and the name of a model on the hub means a local folder of the same layout.
"""

import atexit
import contextlib
import hashlib
import inspect
import io
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 88  # of a terminal, which wraps what is longer
MADE = ROOT / "_proc" / "guides"  # models that several guides share; git ignores it
NAMES = "Ada Ben Cleo Dan Eva Finn Gina Hugo".split()
CITIES = "Oslo Rome Bern Kyiv Lima Cairo Delhi Paris".split()
TOWN = """Ada lives in Oslo. Ben lives in Rome.
Cleo lives in Bern. Dan lives in Kyiv.
Eva lives in Lima. Finn lives in Cairo.
Gina lives in Delhi. Hugo lives in Paris.
"""  # what guides ask their model about
NORTH = "Gina lives in Paris. Hugo lives in Delhi.\n"  # a text that says otherwise


def paragraph_about(rng: random.Random, who: Sequence[str], where: Sequence[str], other: str) -> dict[str, Any]:
    """A paragraph in SQuAD's form that says where people live, with a question about one of them, or about somebody `other`."""
    context = " ".join(f"{name} lives in {city}." for name, city in zip(who, where, strict=True))
    asked = len(who) if rng.random() < 0.25 else rng.randrange(len(who))
    answers = [] if asked == len(who) else [{"text": where[asked], "answer_start": context.index(where[asked])}]
    question = {"id": f"{rng.getrandbits(60):015x}", "question": f"Where does {[*who, other][asked]} live?"}
    return {"context": context, "qas": [{**question, "is_impossible": not answers, "answers": answers}]}


def town(rng: random.Random, people: int = 2) -> dict[str, Any]:
    """One such paragraph."""
    *who, other = rng.sample(NAMES, people + 1)
    return paragraph_about(rng, who, rng.sample(CITIES, people), other)


def write_town(folder: str | Path, num_train: int = 4800, num_dev: int = 120) -> Path:
    """A data set in SQuAD's form: train.json and dev.json about who lives where, a quarter of it unanswerable.

    An article has three paragraphs about two people each, all of them different.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng, learned = random.Random(0), set[str]()
    for name, count in {"train": num_train, "dev": num_dev}.items():
        data: list[dict[str, Any]] = []
        while len(data) < count // 3:
            *who, other = rng.sample(NAMES, 7)
            where = rng.sample(CITIES, 6)
            paragraphs = [paragraph_about(rng, who[i : i + 2], where[i : i + 2], other) for i in (0, 2, 4)]
            contexts = {paragraph["context"] for paragraph in paragraphs}
            if name == "train":
                learned |= contexts
            elif learned & contexts:  # a run refuses to be asked what it has learned from
                continue
            data.append({"title": f"{name} {len(data)}", "paragraphs": paragraphs})
        (folder / f"{name}.json").write_text(json.dumps({"version": "v2.0", "data": data}), encoding="utf-8")
    return folder


def town_config(data_path: str, output_dir: str) -> dict[str, Any]:
    """The run that learns where people live, in seconds on a CPU."""
    return {
        "documents": {"task": "squad", "data_path": data_path, "num_segments": 3, "num_train": 4800, "num_eval": 120,
                      "segment_length": 32, "stride": 0},
        "model": {"hidden_dim": 64, "num_layers": 2},
        "memory": {"num_experts": 2, "memory_slots": 2, "mem_token_count": 2, "routing_top_k": 1, "null_expert": True,
                   "routing_mode": "read-based", "read_norm": True, "gate_bias": 2.0},
        "training": {"output_dir": output_dir, "max_steps": 1500, "batch_size": 32, "eval_batch_size": 64,
                     "learning_rate": 2e-3, "lr_scheduler_type": "constant_with_warmup", "warmup_steps": 20,
                     "adam_beta2": 0.98, "stop_at_exact": 98, "validation_steps": 50, "num_validation": 64,
                     "logging_steps": 50, "save_strategy": "no", "use_cpu": True, "disable_tqdm": True, "report_to": "none"},
    }  # fmt: skip


def quiet() -> None:
    """Neither progress bars nor notes of the libraries, which differ from machine to machine."""
    import datasets
    from transformers.utils import logging

    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()


def knows_town(checkpoint: str | Path) -> bool:
    """Whether a model finds where all of `TOWN` live, while it reads and after; of two texts the right one; and who is in none.

    Training differs from one kind of processor to another, so that no seed gives such a model everywhere.
    """
    from gmmxlnet_nb import DocumentQA

    def homes(text: str) -> dict[str, str]:
        return {f"Where does {who} live?": city for who, city in re.findall(r"(\w+) lives in (\w+)", text)}

    qa, south = DocumentQA.from_pretrained(checkpoint), TOWN[: TOWN.index("Gina")]
    asked, both = list(homes(TOWN)), homes(south) | homes(NORTH)
    found = [*qa(asked, TOWN), *qa.read(TOWN).ask(asked), *qa(list(both), {"north": NORTH, "south": south})]
    found.append(qa("Where does Gina live?", south))
    return [answer["answer"] for answer in found] == [*homes(TOWN).values(), *homes(TOWN).values(), *both.values(), ""]


def town_run() -> Path:
    """The folder of a run of `town_config`, trained once for all guides and anew when what it is made of has changed."""
    from filelock import FileLock

    import gmmxlnet_nb
    from gmmxlnet_nb.calibration import store_reading
    from gmmxlnet_nb.launch import main

    package = sorted(Path(str(gmmxlnet_nb.__file__)).parent.glob("*.py"))
    sources = [inspect.getsource(part) for part in (paragraph_about, write_town, town_config, knows_town, town_run)]
    sources += [path.read_text("utf-8") for path in package]
    folder = MADE / hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]
    MADE.mkdir(parents=True, exist_ok=True)
    with FileLock(MADE / "lock"):
        if not (folder / "run" / "metrics.json").exists():
            for old in MADE.glob("?" * 16):
                shutil.rmtree(old)
            with tempfile.TemporaryDirectory(dir=MADE) as part, contextlib.chdir(part):
                write_town("town")
                Path("run.json").write_text(json.dumps(town_config("town", "run")), encoding="utf-8")
                for seed in range(10):  # a small model may learn nothing
                    shutil.rmtree("run", ignore_errors=True)
                    with contextlib.redirect_stdout(io.StringIO()):
                        main(["run.json", f"seed={seed}"])
                    store_reading("run/checkpoint", {"segment_separator": "\n"})  # longer texts have a line for each paragraph
                    metrics = json.loads(Path("run", "metrics.json").read_text("utf-8"))["metrics"]
                    if metrics["exact"] >= 85 and knows_town("run/checkpoint"):
                        break
                else:
                    raise RuntimeError("none of ten small models learned what the guides ask")
                shutil.copytree(part, folder)
    return folder


def xlnet_folder(folder: str | Path, texts: Sequence[str] = ()) -> Path:
    """A folder as `xlnet-base-cased` is on the hub, narrow and with random weights: a tokenizer and an XLNet without a memory."""
    import torch
    from transformers import XLNetConfig, XLNetLMHeadModel

    from gmmxlnet_nb import train_tokenizer

    tokenizer = train_tokenizer(texts or [json.dumps(town(random.Random(i), 4)) for i in range(50)], 1000)
    torch.manual_seed(0)
    config = XLNetConfig(vocab_size=len(tokenizer), d_model=32, n_layer=2, n_head=2, d_inner=64)
    XLNetLMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Path(folder)


def without_noise(said: str) -> str:
    """What is left of stderr without progress bars and the libraries' warnings: a command's own lines."""
    lines = (line for line in said.split("\n") if "\r" not in line and "%|" not in line)
    return "\n".join(line for line in lines if not re.search(r"Warning: |^  warnings?\.warn|^\[rank|^W\d{4} ", line))


def shell_output(command: str, said: str = "") -> str:
    """What a shell prints for a command that is given `said` to read; `torchrun` is that of this Python."""
    torchrun = f"{shlex.quote(sys.executable)} -m torch.distributed.run"
    command = re.sub(r"^torchrun\b", lambda _: torchrun, command)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(["bash", "-c", command], input=said, capture_output=True, text=True, env=environment)
    return f"{done.stdout}{without_noise(done.stderr)}"


def gmmxlnet_output(arguments: Sequence[str]) -> str:
    """What `gmmxlnet` prints, to stdout and then to stderr, in this process."""
    from gmmxlnet_nb.command import main

    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error), contextlib.suppress(SystemExit):
        main(arguments)
    return f"{out.getvalue()}{without_noise(error.getvalue())}"


def command_line(command: str) -> None:
    """Run what stands behind a `!`: `gmmxlnet` in this process, all else in a shell; what they print goes to the notebook."""
    first, *rest = re.split(r" (?=\| )", command, maxsplit=1)
    words = shlex.split(first, comments=True)
    said = gmmxlnet_output(words[1:]) if words[0] == "gmmxlnet" else shell_output(command)
    if words[0] == "gmmxlnet" and rest:
        said = shell_output(f"cat {rest[0]}", said)
    lines = said.replace(f"{os.getcwd()}/", "").strip("\n").split("\n")
    print(*(textwrap.fill(line, WIDTH) if len(line) > WIDTH else line for line in lines), sep="\n")


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Without a network: a name on the hub that is not here is not looked for."""
    with patch("huggingface_hub.constants.HF_HUB_OFFLINE", True), patch("datasets.config.HF_HUB_OFFLINE", True):
        yield


@contextlib.contextmanager
def local_hub() -> Iterator[Any]:
    """A hub on this machine, with an account named `user`, in the place of Hugging Face's."""
    import fake_hub

    with tempfile.TemporaryDirectory() as root, fake_hub.FakeHub(root, token="hf_test") as hub, contextlib.ExitStack() as stack:
        resolve = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        there = {"ENDPOINT": hub.url, "HUGGINGFACE_CO_URL_TEMPLATE": resolve, "HF_HUB_CACHE": f"{root}/cache"}
        for name, value in (there | {"HF_HUB_OFFLINE": False, "HF_HUB_DISABLE_XET": True}).items():
            stack.enter_context(patch(f"huggingface_hub.constants.{name}", value))
        stack.enter_context(patch.dict(os.environ, {"HF_TOKEN": "hf_test"}))
        yield hub


def workplace(shell: Any = None, town_model: bool = False) -> Path:
    """Go to a new folder, which is gone at the end, and let `shell` run commands there.

    With `town_model` it has `town`, questions about who lives where, and `runs/town`, a model that has learned to answer them.
    """
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    quiet()
    if town_model:
        made = town_run()
        shutil.copytree(made / "town", folder / "town")
        shutil.copytree(made / "run", folder / "runs" / "town")
    os.chdir(folder)
    if shell is not None:
        shell.system = command_line
    return folder
