"""Runs that are killed and go on, and disks that are full: parts of `make trial`.

What is tried runs in a process that is forked from one which has imported everything. There an audit hook counts the steps that
change files: opening for writing, folders, renaming, removing, and the beginning and end of what PyTorch and safetensors write.
At one of them the process is killed, or its disk is full from then on. A file that was being written is cut off as well, as any
prefix of it may have been written by then. A full disk is what the process is told: `ENOSPC` for every new file, or a limit to
the size of files (`RLIMIT_FSIZE`), which every library meets where it writes. Nothing else on the machine is touched.
"""

import contextlib
import errno
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
    "os.link",
    "os.symlink",
    "shutil.rmtree",
}
SECONDS = 300.0  # For one process
TIMES = (
    "_runtime",
    "_per_second",
    "tokens_per_second",
    "products",
    "floor_share",
    "seconds",
    "duration",
)  # Differ from run to run
OWN = ("times", "digest", "commit", "started", "resume", "at", "spent", "resumed")
Act = Callable[["Watch", str, str], None]


def preload() -> None:
    """Import what takes seconds, so that each process need not."""
    import datasets
    import torch
    from transformers.utils import logging

    for name in ("launch", "pretrain", "analyze", "evaluate"):
        import_module(f"gmmxlnet_nb.{name}")
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    warnings.filterwarnings("ignore")


class Watch:
    """Counts the steps that change what is in a folder, and acts at each."""

    def __init__(self, folder: Path, act: Act) -> None:
        self.folder, self.act = str(folder), act
        self.count, self.open = 0, ""  # The file that is being written, if the last step has opened one

    def step(self, event: str, path: str) -> None:
        """One more."""
        if path.startswith(self.folder):
            self.count += 1
            self.act(self, event, path)
            self.open = path if event in ("open", "written") else ""

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """What Python says that it is about to do."""
        if event != "open" and event not in CHANGES:
            return
        path, flags = arguments[0], arguments[2] if event == "open" else WRITING
        if isinstance(path, str | os.PathLike) and isinstance(flags, int) and flags & WRITING:
            self.step(event if not flags & os.O_APPEND else "append", os.path.abspath(path))

    def wrapped(self, write: Callable[..., Any], place: int) -> Callable[..., Any]:
        """A function that writes a file without Python's knowing."""

        def writing(*arguments: Any, **options: Any) -> Any:
            path = arguments[place] if len(arguments) > place else options.get("filename", "")
            there = os.path.abspath(path) if isinstance(path, str | os.PathLike) else ""
            self.step("open", there)
            done = write(*arguments, **options)
            self.step("written", there)
            return done

        return writing

    def begin(self) -> None:
        """Watch this process to its end."""
        import safetensors.torch
        import torch

        torch.save = self.wrapped(torch.save, 1)
        safetensors.torch.serialize_file = self.wrapped(safetensors.torch.serialize_file, 1)
        sys.addaudithook(self.hook)


class Ended(NamedTuple):
    """How a process ended."""

    code: int  # Minus a signal's number for one that was killed
    said: str  # On standard error
    steps: int
    seconds: float


def nothing(watch: Watch, event: str, path: str) -> None:
    """Let it pass."""


def killed_at(n: int, draw: random.Random) -> Act:
    """Die at the n-th step; what was being written is cut off."""
    share = draw.random()

    def act(watch: Watch, event: str, path: str) -> None:
        if watch.count == n:
            if watch.open and os.path.isfile(watch.open) and draw.random() < 0.7:
                os.truncate(watch.open, int(share * os.path.getsize(watch.open)))
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def full_at(n: int, most: int | None) -> Act:
    """From the n-th step on there is no room: for new files, or, where a number of bytes is given, in files longer than that."""

    def act(watch: Watch, event: str, path: str) -> None:
        if watch.count == n:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most or 0, resource.RLIM_INFINITY))
        if watch.count >= n and most is None and event in ("open", "os.mkdir") and not os.path.exists(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    return act


def in_child(work: Callable[[], Any], folder: Path, act: Act, watch: bool, report: Path) -> int:
    """Run something in this process, which was forked for it, and leave what it said and how many steps it took."""
    os.setsid()
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    said, code = io.StringIO(), 0
    seen = Watch(folder, act)
    if watch:
        seen.begin()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            work()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException as error:
            code = 1
            said.write(f"Traceback: {type(error).__name__}: {error}\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    report.write_text(json.dumps([said.getvalue(), seen.count]))
    return code


def forked(
    work: Callable[[], Any], folder: Path, act: Act = nothing, kill_after: float = SECONDS, watch: bool = True
) -> Ended:
    """Run something in a process of its own, which is killed after a while."""
    with tempfile.TemporaryDirectory(prefix="ended-") as other:
        report = Path(other, "report.json")
        began, child = time.perf_counter(), os.fork()
        if not child:
            code = 70
            try:
                code = in_child(work, folder, act, watch, report)
            finally:
                os._exit(code)
        while not (found := os.waitpid(child, os.WNOHANG))[0]:
            if time.perf_counter() - began > kill_after:
                os.kill(child, signal.SIGKILL)  # it is a child that has not been waited for: its number is its own
                found = os.waitpid(child, 0)
                break
            time.sleep(0.005)
        status = os.waitstatus_to_exitcode(found[1])
        said, steps = json.loads(report.read_text()) if report.exists() else ("", 0)
        return Ended(status, said, steps, time.perf_counter() - began)


def timeless(value: Any) -> Any:
    """JSON without what differs from run to run: times, and whether a run went on."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if not k.endswith(TIMES) and k not in OWN}
    return [timeless(x) for x in value] if isinstance(value, list) else value


def results(folder: Path) -> dict[str, str]:
    """What a run has left: the digest of each file, of JSON without times; without what only its own process reads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        own = path.name in ("training_args.bin", "digests.json") or path.name.startswith("rng_state")
        if not path.is_file() or own or path.suffix == ".part":
            continue
        content = path.read_bytes()
        with contextlib.suppress(ValueError):  # half of one, which will be told of as another
            content = json.dumps(timeless(json.loads(content)), sort_keys=True).encode()
        found[name] = sha256(content).hexdigest()
    return found


def differences(wanted: dict[str, str], found: dict[str, str]) -> str:
    """Which files are others, missing, or too many; an old checkpoint that was being removed may be there in part."""
    there = {path for name in wanted for path in (name, *map(str, Path(name).parents))}
    names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    what = []
    for name in names:
        old = [str(path) for path in Path(name).parents if path.name.startswith("checkpoint-")]
        if name in wanted or not old or old[0] in there:
            kind = "is missing" if name not in found else "is another" if name in wanted else "is too many"
            what.append(f"{name} {kind}")
    return "; ".join(what[:5]) + (f" and {len(what) - 5} more" if len(what) > 5 else "")


# Killed and gone on


TRAIN: dict[str, Any] = {
    "documents": {"num_segments": 3, "num_train": 24, "num_eval": 8, "eval_segments": [2], "side_file": True,
                  "interventions": ["capture"], "cache_dir": "features"},
    "model": {"hidden_dim": 32},
    "memory": {"num_experts": 2, "mem_token_count": 2, "entropy_regularization_weight": 0.1, "expert_dropout": 0.1},
    "training": {"max_steps": 7, "short_steps": 3, "batch_size": 8, "learning_rate": 0.01, "save_strategy": "steps",
                 "save_steps": 1, "logging_steps": 1, "report_to": "none", "disable_tqdm": True, "use_cpu": True,
                 "output_dir": "run"},
}  # fmt: skip
PRETRAIN = (
    "vocab_size=80 num_layers=2 hidden_dim=32 num_heads=2 segment_length=32 batch_size=8 max_steps=7 num_eval=16 eval_steps=3 "
    "logging_steps=2 save_steps=2 held_out=0.1 dropout=0.1 use_cpu=true output_dir=run"
).split()


def command(*arguments: str) -> Callable[[], None]:
    """`gmmxlnet` in this process."""

    def act() -> None:
        from gmmxlnet_nb.command import main

        main(arguments)

    return act


class Run(NamedTuple):
    """A run that can be killed, and go on."""

    name: str
    prepare: Callable[[Path], None]
    arguments: tuple[str, ...]  # Of `gmmxlnet`

    def attempt(self, folder: Path, act: Act = nothing, limit: float = SECONDS, watch: bool = True) -> Ended:
        """Go on as a user would: with --resume where it has begun, and without if there is nothing yet to go on from."""
        if (folder / "run").exists():
            ended = forked(command(*self.arguments, "--resume"), folder, act, limit, watch)
            if ended.code != 2 or "resume must be False" not in ended.said:
                return ended
        return forked(command(*self.arguments), folder, act, limit, watch)

    def whole(self, folder: Path) -> tuple[Ended, dict[str, str]]:
        """What it leaves when nobody disturbs it, and what that takes; a `RuntimeError` if it cannot be run at all."""
        folder.mkdir()
        self.prepare(folder)
        if (ended := self.attempt(folder)).code:
            raise RuntimeError(f"{self.name} cannot be run: {ended.said[-500:]}")
        return ended, results(folder / "run")


def write_run(folder: Path) -> None:
    """A run's file."""
    (folder / "run.json").write_text(json.dumps(TRAIN))


def pretrain_text(folder: Path) -> None:
    """Texts to learn from."""
    draw, words = (
        random.Random(0),
        "Jack Jill went up down the a hill pail water crown fell broke came tumbling after".split(),
    )
    lines = [{"text": " ".join(draw.choice(words) for _ in range(120))} for _ in range(60)]
    (folder / "texts.jsonl").write_text("\n".join(map(json.dumps, lines)))


RUNS = (
    Run("train", write_run, ("train", "run.json")),
    Run("pretrain", pretrain_text, ("pretrain", "texts.jsonl", *PRETRAIN)),
)


def killed_runs(rounds: int, seed: int, place: Path) -> Iterator[tuple[str, str]]:
    """Each run killed one to three times, at a step or at a time, and gone on with."""
    preload()
    for run in RUNS:
        draw = random.Random(f"{seed} {run.name}")
        usual, wanted = run.whole(place / f"{run.name}-whole")
        for number in range(rounds):
            folder, moments = place / f"{run.name}-{number}", list[str]()
            folder.mkdir()
            run.prepare(folder)
            last = None
            for _ in range(draw.choice([1, 1, 2, 3])):
                n, after, at_step = draw.randint(1, usual.steps), draw.uniform(0, usual.seconds), draw.random() < 0.75
                act, limit = (killed_at(n, draw), SECONDS) if at_step else (nothing, after)
                last = run.attempt(folder, act, limit, at_step)
                moments.append(f"at step {n}" if at_step else f"after {after:.2f} s")
                if last.code != -signal.SIGKILL:  # it has ended before
                    break
            last = run.attempt(folder) if last is None or last.code == -signal.SIGKILL else last
            wrong = (
                f"it ended with {last.code}: {last.said[-400:]}"
                if last.code
                else differences(wanted, results(folder / "run"))
            )
            yield f"{run.name} killed {' and '.join(moments)}", wrong
            shutil.rmtree(folder)


MANIFEST = """
[[run]]
id = "tiny"
notebook = "train.ipynb"
tier = "smoke"
seeds = [0, 1]
parameters = { num_segments = 3, max_steps = 8, short_steps = 4, num_train = 64, num_eval = 16, batch_size = 8, hidden_dim = 32, \
save_steps = 1, num_experts = 2 }
"""


def sweep(project: Path, kill_after: float | None = None) -> subprocess.CompletedProcess[str]:
    """`gmmxlnet runs run`, as it stands in a shell; killed after a while."""
    start = [sys.executable, "-c", "from gmmxlnet_nb.command import main; main()", "runs", "run", "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(project), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        start, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said = process.communicate(timeout=kill_after or SECONDS)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[0]
    return subprocess.CompletedProcess(start, process.returncode, said)


def left_running(project: Path, patience: float = 20.0) -> list[int]:
    """Processes of a project that have not ended with their sweep."""
    import psutil

    def found() -> Iterator[int]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()) == project:
                    yield process.pid

    deadline = time.monotonic() + patience
    while (pids := list(found())) and time.monotonic() < deadline:
        time.sleep(0.1)
    return pids


def sweep_results(project: Path) -> dict[str, str]:
    """Records and what runs have left."""
    found = {
        f"runs/{k}": v for k, v in results(project / "runs").items() if not k.endswith((".lock", ".log", "out.ipynb"))
    }
    return {name: digest for name, digest in found.items() if "/checkpoint-" not in name}


def killed_sweeps(rounds: int, seed: int, place: Path) -> Iterator[tuple[str, str]]:
    """A manifest's runs, killed and gone on with."""
    from mutants import copy_repository

    project, draw = place / "project", random.Random(f"{seed} sweep")
    project.mkdir()
    copy_repository(ROOT, project)
    (project / "experiments" / "manifest.toml").write_text(MANIFEST)
    began = time.perf_counter()
    if (done := sweep(project)).returncode:
        raise RuntimeError(f"runs cannot be run: {done.stdout[-500:]}")
    seconds, wanted = time.perf_counter() - began, sweep_results(project)
    if not {"runs/records/tiny-0.json", "runs/records/tiny-1.json"} <= wanted.keys():
        raise RuntimeError(f"runs must have left two records, got {sorted(wanted)[:20]}")
    for _ in range(rounds):
        shutil.rmtree(project / "runs")
        moments = [draw.uniform(0.1, 0.95) * seconds for _ in range(draw.choice([1, 2]))]
        found = []
        for after in moments:
            sweep(project, after)
            found += [f"process {pid} ran on" for pid in left_running(project)]
        done = sweep(project)
        found += [f"it ended with {done.returncode}: {done.stdout[-400:]}"] if done.returncode else []
        found += filter(None, [differences(wanted, sweep_results(project))])
        yield f"runs killed after {' and '.join(f'{after:.1f} s' for after in moments)}", "; ".join(found)


# Full disks


class Target(NamedTuple):
    """Something that is written over something of before."""

    name: str
    before: Callable[[Path], Any]  # Makes what was there
    write: Callable[[Path], Any]  # Writes over it
    look: Callable[[Path], Any]  # What is there, as whoever loads it finds it; raises for what is damaged


def said_badly(ended: Ended) -> str:
    """Why an error is not one clear line; empty if it is."""
    lines = [line for line in ended.said.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("gmmxlnet")]
    if ended.code != 2 or len(told) != 1 or lines[-1] != told[0] or "Traceback" in ended.said:
        return f"it ended with {ended.code}: {' / '.join(lines)[-300:] or 'no word'}"
    reasons = ("No space left on device", "File too large", "could not be saved", "cannot be written", "can be written")
    return "" if any(reason in told[0] for reason in reasons) else f"it does not say why: {told[0][:300]}"


def files_in(folder: Path) -> set[str]:
    """The files of a folder, by name."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def full_disk_faults(target: Target, folder: Path, act: Act) -> list[str]:
    """What a full disk breaks: something of before that is not there any more, or whole; litter; no clear word."""
    target.before(folder)
    old, files = target.look(folder), files_in(folder)

    def write() -> None:
        from gmmxlnet_nb.core import mistakes

        with mistakes("gmmxlnet", resumes=False):
            target.write(folder)

    ended = forked(write, folder, act)
    found, left = [said_badly(ended)] if ended.code else [], files_in(folder)
    try:
        seen = target.look(folder)
    except Exception as error:
        found.append(f"what is there cannot be read: {type(error).__name__}: {error}")
        seen = None
    if (again := forked(write, folder)).code:
        return [*found, f"with room again it ended with {again.code}: {again.said[-300:]}"]
    new = target.look(folder)
    if seen not in ((old, new) if ended.code else (new,)) and seen is not None:
        found.append("what is there is neither what was nor what was to be")
    litter = sorted(left - files - files_in(folder))
    return [text for text in (*found, *[f"{', '.join(litter[:3])} is left over"] * bool(litter)) if text]


def moments(steps: int, most: int, draw: random.Random) -> list[tuple[str, Act]]:
    """When a disk may be full, and how: at each step, or at some of them; of new files, or of so many bytes."""
    chosen = range(1, steps + 1) if steps <= most else sorted(draw.sample(range(1, steps + 1), most))
    found = []
    for n in chosen:
        sizes = (None, draw.choice([0, 1, 100, 3000]), draw.randrange(100_000))
        found += [
            (f"step {n}, {'no new file' if size is None else f'{size} bytes'}", full_at(n, size)) for size in sizes
        ]
    return found


def digest_of(model: Any) -> str:
    """A model's weights and what it says of itself."""
    weights = {name: x.tolist() for name, x in model.state_dict().items()}
    told = {name: value for name, value in model.config.to_dict().items() if name != "_name_or_path"}
    return sha256(json.dumps([weights, told], sort_keys=True, default=str).encode()).hexdigest()


def targets(checkpoint: Path) -> list[Target]:
    """All that is written, of a small trained model."""
    import torch

    from gmmxlnet_nb.analysis import GMMAnalyzer
    from gmmxlnet_nb.analyze import analysis_data, analyze_experts, load_checkpoint, write_analysis
    from gmmxlnet_nb.answers import Candidate, Prediction, write_predictions
    from gmmxlnet_nb.calibration import store_reading
    from gmmxlnet_nb.core import read_json
    from gmmxlnet_nb.data import build_features, read_features
    from gmmxlnet_nb.document_qa import DocumentQA
    from gmmxlnet_nb.model import MemXLNetForQA
    from gmmxlnet_nb.records import write_record
    from gmmxlnet_nb.segments import SegmentLayout
    from gmmxlnet_nb.tasks import generated_documents

    model, tokenizer = load_checkpoint("checkpoint", str(checkpoint))
    qa, other = DocumentQA.from_pretrained(checkpoint), MemXLNetForQA.from_pretrained(checkpoint)
    with torch.no_grad():
        other.qa_outputs.bias.add_(1)
    documents = [generated_documents("retention", 6, 3, seed) for seed in (1, 2)]
    layout = SegmentLayout(128, 0)
    analyses = []
    for count in (8, 10):
        with contextlib.redirect_stderr(io.StringIO()):  # what it says of the data
            data = analysis_data(model, tokenizer, "kinds", count, 3)
        analyses.append(analyze_experts(GMMAnalyzer(model, tokenizer), data, permutations=19))
    readings = [qa.read(" ".join(d.text for d in some)) for some in documents]

    def said(text: str) -> tuple[list[Any], dict[str, Any]]:
        found = [Prediction(f"q{i}", f"{text} {i}", i, 0.5, 0.1) for i in range(50)]
        return found, {p.id: [Candidate(p.text, p.start, p.score, 0.5)] for p in found}

    def features(folder: Path) -> list[tuple[str, bool]]:
        return [
            (path.name, read_features(path) is not None) for path in sorted((folder / "cache").glob("features-*.arrow"))
        ]

    def copied(folder: Path) -> None:
        shutil.copytree(checkpoint, folder / "m")

    def built(folder: Path, some: int) -> None:
        build_features(documents[some], tokenizer, layout, False, cache_dir=folder / "cache")

    def recorded(folder: Path, some: int) -> None:
        write_record(folder / "metrics.json", {"a": some}, {"exact": float(some)}, 5, 0.0)

    def loaded(folder: Path) -> str:
        return digest_of(MemXLNetForQA.from_pretrained(folder / "m"))

    return [
        Target("checkpoint", copied, lambda f: other.save_pretrained(f / "m"), loaded),
        Target("settings", copied, lambda f: store_reading(f / "m", {"null_threshold": 1.5}), loaded),
        Target("record", lambda f: recorded(f, 0), lambda f: recorded(f, 1), lambda f: read_json(f / "metrics.json")),
        Target("features", lambda f: built(f, 0), lambda f: built(f, 1), features),
        Target("report", lambda f: write_analysis(f, analyses[0], ("png",)), lambda f: write_analysis(f, analyses[1], ("png",)),
               results),
        Target("reading", lambda f: readings[0].save(f / "r"), lambda f: readings[1].save(f / "r"),
               lambda f: qa.load(f / "r").text),
        Target("answers", lambda f: write_predictions(f, *said("old")), lambda f: write_predictions(f, *said("new")),
               lambda f: {path.name: json.loads(path.read_text()) for path in f.glob("*.json")}),
    ]  # fmt: skip


def full_disks(most: int, seed: int, place: Path) -> Iterator[tuple[str, str]]:
    """Each target and each run, with a disk that is full from a step on."""
    preload()
    draw = random.Random(f"{seed} disk")
    for run in RUNS:
        usual, wanted = run.whole(place / f"{run.name}-whole")
        for what, act in draw.sample(moments(usual.steps, usual.steps, draw), min(most, 3 * usual.steps)):
            folder = place / "full"
            folder.mkdir()
            run.prepare(folder)
            ended = run.attempt(folder, act)
            found = [said_badly(ended)] if ended.code else []
            last = run.attempt(folder) if ended.code else ended
            found += [f"with room again it ended with {last.code}: {last.said[-300:]}"] if last.code else []
            found += [] if last.code else [differences(wanted, results(folder / "run"))]
            yield f"{run.name}, {what}", "; ".join(filter(None, found))
            shutil.rmtree(folder)
    for target in targets(place / "train-whole" / "run" / "checkpoint"):
        folder = place / "full"
        folder.mkdir()
        target.before(folder)
        steps = forked(lambda f=folder, t=target: t.write(f), folder).steps  # type: ignore[misc]
        shutil.rmtree(folder)
        for what, act in moments(steps, most, draw):
            folder.mkdir()
            yield f"{target.name}, {what}", "; ".join(full_disk_faults(target, folder, act))
            shutil.rmtree(folder)
