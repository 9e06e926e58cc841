"""Folders and files as a stranger may make them, each opened in a process of its own, and what came of it.

`python tools/hostile.py 200` makes 200 variants, opens each, and prints one line of JSON for it. A variant is a whole
folder of one of seven kinds with one change. All that they could do is harmless: a pickle would make an empty file.
"""

import argparse
import contextlib
import io
import json
import os
import pickle
import random
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
XLNET: dict[str, Any] = {"vocab_size": 400, "d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32}
SECONDS, MEGABYTES = 2.0, 500.0  # What a refusal may take
EXECUTED = "executed"  # The file that a pickle would make, beside the folders
STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
    "socket.getaddrinfo",
)
Change = Callable[[Path], None]


@dataclass(frozen=True)
class Variant:
    """One change of one folder."""

    kind: str  # A name of `opened`
    what: str  # In words
    change: Change  # Of a copy of the folder


@dataclass
class Outcome:
    """What came of opening it."""

    kind: str
    what: str
    error: str = ""  # Its class; empty if there was none
    message: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0  # More than before
    did: str = ""  # Anything else than reading: a program, a connection, a file that is there afterwards

    def faults(self) -> list[str]:
        """What must not be: an error that is no refusal, too much of anything, or a trace."""
        found = (
            []
            if self.error in ("ValueError", "OSError", "FileNotFoundError", "IsADirectoryError")
            else [f"{self.error or 'no error'}: {self.message}"]
        )
        found += [f"{self.seconds:.1f} s"] * (self.seconds > SECONDS) + [f"{self.megabytes:.0f} MB"] * (
            self.megabytes > MEGABYTES
        )
        return found + [self.did] * bool(self.did)


class Evil:
    """What a pickle may do; here, make an empty file."""

    def __reduce__(self) -> Any:
        """Called when it is pickled: what to do when it is unpickled."""
        return Path.touch, (Path(tempfile.gettempdir(), EXECUTED),)


def nested(depth: int, value: str = "1") -> str:
    """JSON objects in one another."""
    return '{"a": ' * depth + value + "}" * depth


def write(name: str, content: str | bytes) -> Change:
    """Other content of a file."""

    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def rewrite(name: str, how: Callable[[bytes], bytes]) -> Change:
    """The content of a file changed."""
    return lambda folder: write(name, how((folder / name).read_bytes()))(folder)


def cut(share: float) -> Callable[[bytes], bytes]:
    """The beginning only."""
    return lambda content: content[: int(share * len(content))]


def flip(share: float, bit: int) -> Callable[[bytes], bytes]:
    """One bit turned over."""

    def change(content: bytes) -> bytes:
        at = int(share * len(content))
        return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]

    return change


def fields(name: str, change: Callable[[dict[str, Any]], Any]) -> Change:
    """Fields of a JSON file changed; without a checksum, as somebody who means it would do it."""

    def how(content: bytes) -> bytes:
        found = json.loads(content)
        found.pop("checksum", None)
        change(found)
        return json.dumps(found).encode()

    return rewrite(name, how)


def one_after_other(*changes: Change) -> Change:
    """Several changes."""

    def change(folder: Path) -> None:
        for each in changes:
            each(folder)

    return change


def in_place(name: str, make: Callable[[Path], Any]) -> Change:
    """Something else where a file was."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return change


def make_socket(path: Path) -> None:
    """A socket's place in the file system."""
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as place:  # a name may not be long
        place.bind(path.name)


def make_large(path: Path) -> None:
    """A gigabyte of nothing."""
    path.touch()
    os.truncate(path, 1 << 30)


def no_files(name: str) -> Iterator[tuple[str, Change]]:
    """What else may stand in a file's place."""
    makers: dict[str, Callable[[Path], Any]] = {
        "a pipe": os.mkfifo,
        "a folder": Path.mkdir,
        "a socket": make_socket,
        "nothing": lambda path: None,
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to nothing": lambda path: path.symlink_to("nowhere"),
        "a link to a folder": lambda path: path.symlink_to(path.parent, target_is_directory=True),
    }
    for what, make in makers.items():
        yield f"{name} is {what}", in_place(name, make)


def no_json(name: str) -> Iterator[tuple[str, Change]]:
    """Content that is no JSON, or not of the kind that it must be."""
    contents: dict[str, str | bytes] = {
        "empty": "",
        "not JSON": "{not",
        "a list": "[1]",
        "a number": "5",
        "null": "null",
        "not UTF-8": b'{"a": "\xff"}',
        "zeros": bytes(100),
        "50,000 objects deep": nested(50_000),
        "50,000 lists deep": "[" * 50_000,
        "900 objects deep": nested(900),
        "a number of 5,000 digits": '{"data": ' + "9" * 5000 + "}",
        "a pickle": pickle.dumps(Evil()),
    }
    for what, content in contents.items():
        yield f"{name} is {what}", write(name, content)


CONFIGURED: list[dict[str, Any]] = [  # What a config.json may say, each of it too much
    {"vocab_size": 3_000_000},
    {"vocab_size": 4000},
    {"n_layer": 10**6},
    {"n_layer": 10**18, "read_layer": -1},
    {"n_layer": 1000},
    {"n_layer": -1},
    {"d_model": 10**9},
    {"d_inner": 4096},
    {"d_inner": 1e18},
    {"n_head": 10**6},
    {"d_head": 10**6},
    {"num_labels": 10**9},
    {"mem_len": 10**12},
    {"vocab_size": float("nan")},
    {"vocab_size": True},
    {"vocab_size": "400"},
    {"vocab_size": [400]},
    {"n_layer": None},
    {"dropout": float("nan")},
    {"dropout": 10**400},
    {"layer_norm_eps": -1},
    {"initializer_range": float("inf")},
    {"ff_activation": "os.system"},
    {"dtype": "compile"},
    {"attn_implementation": "someone/kernel"},
    {"_attn_implementation": "kernels-community/flash-attn"},
    {"_attn_implementation": {"": "a/b:c"}},
    {"auto_map": {"AutoConfig": "evil.Config", "AutoModelForQuestionAnswering": "evil.Model"}},
    {"trust_remote_code": True},
    {"custom_pipelines": {"question-answering": {"impl": "evil.Pipeline"}}},
    {"transformers_weights": "../evil.safetensors"},
    {"quantization_config": {"load_in_8bit": True}},
    {"model_type": "bert"},
    {"model_type": ["xlnet"]},
    {"d_model": {"a": {"a": {}}}},
]
REMEMBERED: list[dict[str, Any]] = [  # The same of a memory
    {"memory_slots": 10**12},
    {"memory_slots": 4000},
    {"memory_slots": -1},
    {"mem_token_count": 10**9},
    {"num_experts": 10**9},
    {"num_experts": 3},
    {"memory_type": "os"},
    {"memory_type": ["gmm"]},
    {"routing_temperature": 0},
    {"routing_temperature": float("nan")},
    {"read_layer": 10**18},
    {"mem_read_ids": [10**9, 1]},
    {"mem_read_ids": "ab"},
    {"init_strategies": ["no"] * 4},
    {"left_out_experts": [10**18]},
    {"left_out_experts": [[]]},
    {"memory_type": "differentiable", "num_memory_heads": 4000},
    {"architectures": [{"a": 1}], "memory_type": None},
]


def header(content: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Weights whose header says something else."""
    size = int(struct.unpack("<Q", content[:8])[0])
    found = json.loads(content[8 : 8 + size])
    change(found)
    text = json.dumps(found).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + size :]


def first(change: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Change what a header says of one weight."""

    def how(found: dict[str, Any]) -> None:
        name = sorted(name for name in found if name != "__metadata__")[0]
        found[name] |= change

    return how


def spread(value: float) -> Callable[[bytes], bytes]:
    """The last bytes of the weights are this number."""
    return lambda content: content[:-64] + struct.pack("<f", value) * 16


def damaged_weights(name: str) -> Iterator[tuple[str, Change]]:
    """Weights that are none."""
    headers: dict[str, dict[str, Any]] = {
        "that overlaps": {"data_offsets": [0, 64]},
        "beyond the end": {"data_offsets": [10**15, 10**15 + 64]},
        "backwards": {"data_offsets": [64, 0]},
        "of negative size": {"shape": [-4, 4]},
        "of huge size": {"shape": [10**15, 10**15]},
        "of no type": {"dtype": "OBJECT"},
        "of text": {"shape": "a"},
        "of many sizes": {"shape": [1] * 10**5},
    }
    for what, change in headers.items():
        yield f"{name} has a weight {what}", rewrite(name, partial(header, change=first(change)))
    for what, number in {"NaN": float("nan"), "infinity": float("inf")}.items():
        yield f"{name} has {what} in it", rewrite(name, spread(number))
    contents = {
        "a header of a terabyte": struct.pack("<Q", 10**12) + b"{}",
        "a header of 2^64 bytes": b"\xff" * 8 + b"{}",
        "no header": b"",
        "a header that is no JSON": struct.pack("<Q", 4) + b"{no}",
        "a deep header": struct.pack("<Q", 10**5) + b"[" * 10**5,
        "zeros": bytes(1000),
        "a pickle": pickle.dumps(Evil()),
    }
    for what, content in contents.items():
        yield f"{name} is {what}", write(name, content)


def checkpoint_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A model with a memory."""
    both = partial(one_after_other, fields(CONFIG, lambda found: None))  # without its checksum
    for name in (CONFIG, WEIGHTS):
        yield from no_files(name)
    yield from no_json(CONFIG)
    yield f"{CONFIG} is a gigabyte", in_place(CONFIG, make_large)
    yield f"{WEIGHTS} is a gigabyte of zeros", both(in_place(WEIGHTS, make_large))
    yield from ((what, both(change)) for what, change in damaged_weights(WEIGHTS))
    for changes in [*CONFIGURED, *REMEMBERED]:
        yield f"{CONFIG} says {changes!r:.60}", fields(CONFIG, partial(dict.update, **changes))

    def linked(folder: Path) -> None:
        (folder.parent / "elsewhere").mkdir()
        (folder.parent / "elsewhere" / "letter").touch()
        (folder / f".saving-{json.loads((folder / CONFIG).read_text())['checksum']}").symlink_to(
            folder.parent / "elsewhere"
        )
        (folder / WEIGHTS).unlink()

    yield "the rest of a save is a link to another folder", linked
    yield (
        "weights are a pickle",
        one_after_other(pickled("pytorch_model.bin"), lambda folder: (folder / WEIGHTS).unlink()),
    )
    while True:
        name, share, bit = draw.choice([CONFIG, WEIGHTS]), draw.random(), draw.randrange(8)
        yield f"{name} is cut after {share:.1%}", rewrite(name, cut(share))
        yield f"{name} has a bit turned over at {share:.1%}", rewrite(name, flip(share, bit))


def pickled(name: str) -> Change:
    """A pickle that would make a file, as PyTorch writes it."""

    def change(folder: Path) -> None:
        import torch

        torch.save({"transformer.mask_emb": Evil()}, folder / name)

    return change


def shard(name: str) -> Change:
    """An index that names one file."""
    return fields(INDEX, lambda found: found.update(weight_map=dict.fromkeys(found["weight_map"], name)))


def sharded_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A plain XLNet in two files, with an index."""
    yield from no_json(INDEX)
    yield from no_files(INDEX)

    def moved(folder: Path, name: str) -> None:
        os.rename(folder / shards(folder)[0], folder.parent / "a.safetensors")
        shard(name)(folder)

    def linked(folder: Path) -> None:
        name = shards(folder)[0]
        moved(folder, name)
        (folder / name).symlink_to(folder.parent / "a.safetensors")

    def many(found: dict[str, Any]) -> None:
        found["weight_map"] = {f"a{i}": f"a{i}.safetensors" for i in range(10**5)}

    yield "a shard is in the folder above", partial(moved, name="../a.safetensors")
    for name in (
        "/etc/hostname",
        "..",
        ".",
        "",
        "a/../b.safetensors",
        "evil.bin",
        "evil.safetensors",
        "\x00.safetensors",
        "..\\a.safetensors",
    ):
        yield f"{INDEX} names {name!r}", one_after_other(pickled("evil.bin"), shard(name))
    yield "a shard is a link to elsewhere", linked
    yield "a shard is a pickle", lambda folder: pickled(shards(folder)[0])(folder)
    yield "a shard is a pipe", lambda folder: in_place(shards(folder)[0], os.mkfifo)(folder)
    maps: tuple[Any, ...] = (None, [], {"a": 1}, {"a": None}, {}, "a")
    for value in maps:
        yield f"weight_map is {value!r}", fields(INDEX, partial(dict.update, weight_map=value))
    yield "there is no metadata", fields(INDEX, lambda found: found.pop("metadata"))
    yield f"{INDEX} names 100,000 files", fields(INDEX, many)
    for changes in CONFIGURED[::3]:
        yield f"{CONFIG} says {changes!r:.60}", fields(CONFIG, partial(dict.update, **changes))
    while True:
        share = draw.random()
        yield f"{INDEX} is cut after {share:.1%}", rewrite(INDEX, cut(share))
        yield f"a shard is cut after {share:.1%}", lambda folder, s=share: rewrite(shards(folder)[0], cut(s))(folder)  # type: ignore[misc]


def shards(folder: Path) -> list[str]:
    """The weights' files."""
    return sorted(path.name for path in folder.glob("*-of-*.safetensors"))


def older_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A checkpoint of an older layout, with a tokenizer."""
    state, layout, tokens = "gmm_state.pt", "gmm_config.json", "tokenizer.json"
    for name in (state, layout, "tokenizer_config.json"):
        yield from (
            (what, change)
            for what, change in no_files(name)
            if (name, what) != ("tokenizer_config.json", f"{name} is nothing")
        )
    yield from no_json(layout)
    yield from no_json("tokenizer_config.json")
    yield from no_json(tokens)
    yield f"{state} is a pickle", pickled(state)
    yield f"{state} is a bare pickle", write(state, pickle.dumps(Evil()))
    yield f"{state} is empty", write(state, "")
    yield (
        "the XLNet is a pickle",
        one_after_other(pickled("pytorch_model.bin"), lambda folder: (folder / WEIGHTS).unlink()),
    )
    choosing: tuple[dict[str, Any], ...] = (
        {"auto_map": {"AutoTokenizer": ["evil.Tokenizer", None]}},
        {"vocab_file": "/etc/hostname"},
        {"tokenizer_file": "../a"},
    )
    for values in choosing:
        yield (
            f"tokenizer_config.json says {values!r:.60}",
            fields("tokenizer_config.json", partial(dict.update, **values)),
        )
    for changes in CONFIGURED[1::3]:
        yield f"{CONFIG} says {changes!r:.60}", fields(CONFIG, partial(dict.update, **changes))
    described: tuple[dict[str, Any], ...] = (
        {"num_experts": 10**9},
        {"memory_slots": 10**12},
        {"routing_temperature": float("nan")},
        {"version": [[]]},
        {"hidden_dim": 10**400},
    )
    for values in described:
        yield f"{layout} says {values!r:.60}", fields(layout, partial(dict.update, **values))
    while True:
        name, share = draw.choice([state, layout, WEIGHTS]), draw.random()
        yield f"{name} is cut after {share:.1%}", rewrite(name, cut(share))


def squad_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A folder with train.json in SQuAD's format."""
    name = "train.json"
    yield from no_files(name)
    yield from no_json(name)
    wrong: dict[tuple[Any, ...], tuple[Any, ...]] = {  # Where → what must not be there
        ("paragraphs",): (None, 5, {}, "a", [5], [{}], [[]]),
        ("title",): (5, [1], {"a": 1}, "\ud800", True),
        ("paragraphs", 0, "context"): (None, 5, [], {"a": {}}, "\ud800", ""),
        ("paragraphs", 0, "qas"): (None, 5, {}, "a", [5], [None], [[]]),
        ("paragraphs", 0, "qas", 0, "id"): (None, 1.5, [], {"a": 1}, True, "\ud800", "q1"),
        ("paragraphs", 0, "qas", 0, "question"): (None, 5, [], "\ud800", True),
        ("paragraphs", 0, "qas", 0, "answers"): (None, 5, {}, "Jill", [5], [[]], [{"text": "Jill"}], []),
        ("paragraphs", 0, "qas", 0, "is_impossible"): (5, "no", [], True, {}),
        ("paragraphs", 0, "qas", 0, "answers", 0, "text"): (None, 5, [], "", "\ud800", "Jack"),
        ("paragraphs", 0, "qas", 0, "answers", 0, "answer_start"): (None, -9, 1.5, 10**30, "9", True, [9], 10),
    }

    def put(found: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
        part: Any = found["data"][0]
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value

    for path, values in wrong.items():
        for value in values:
            yield f"{'.'.join(map(str, path))} is {value!r:.30}", fields(name, partial(put, path=path, value=value))
    while True:
        share = draw.random()
        yield f"{name} is cut after {share:.1%}", rewrite(name, cut(share))


def row_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A folder with train.jsonl, one row a line."""
    name = "train.jsonl"
    yield from no_files(name)
    yield from no_json(name)
    while True:
        share = 0.05 + 0.9 * draw.random()
        yield f"{name} is cut after {share:.1%}", rewrite(name, lambda content, s=share: cut(s)(content) + b"{")  # type: ignore[misc]


def table_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A folder with train.parquet."""
    name = "train.parquet"
    yield from no_files(name)
    yield from no_json(name)
    while True:
        share = draw.random()
        yield f"{name} is cut after {share:.1%}", rewrite(name, cut(share))


def run_variants(draw: random.Random) -> Iterator[tuple[str, Change]]:
    """A configuration of a training."""
    name = "training.json"
    yield from no_files(name)
    yield from no_json(name)
    for values in (
        {"learning_rate": float("nan")},
        {"seed": 10**400},
        {"class": "os.system"},
        {"output_dir": {"a": 1}},
        {"num_experts": 10**9},
    ):
        yield f"{name} says {values!r:.60}", fields(name, partial(dict.update, **values))
    while True:
        share = draw.random()
        yield f"{name} is cut after {share:.1%}", rewrite(name, cut(share))


MAKERS: dict[str, Callable[[random.Random], Iterator[tuple[str, Change]]]] = {
    "checkpoint": checkpoint_variants,
    "sharded": sharded_variants,
    "older": older_variants,
    "squad": squad_variants,
    "rows": row_variants,
    "table": table_variants,
    "run": run_variants,
}
SHARES = {
    "checkpoint": 0.4,
    "sharded": 0.18,
    "older": 0.17,
    "squad": 0.13,
    "rows": 0.04,
    "table": 0.04,
    "run": 0.04,
}  # Of all variants


def variants(count: int, seed: int = 0) -> list[Variant]:
    """That many variants, other ones for another seed."""
    draw, found = random.Random(seed), list[Variant]()
    for kind, make in MAKERS.items():
        most = round(count * SHARES[kind]) if kind != "run" else count - len(found)
        stream = make(draw)
        pool = [next(stream) for _ in range(160)]
        found += [Variant(kind, *pool[i]) for i in sorted(draw.sample(range(len(pool)), most))]
    return found


def make_folders(root: Path) -> dict[str, Path]:
    """A whole folder of each kind."""
    import torch
    from datasets import Dataset
    from transformers import XLNetConfig, XLNetForQuestionAnsweringSimple

    from gmmxlnet_nb.model import GMMXLNetForQA
    from gmmxlnet_nb.segments import configure_memory_tokens, train_tokenizer
    from gmmxlnet_nb.training_args import GMMTrainingConfig

    torch.manual_seed(0)
    folders = {kind: root / kind for kind in MAKERS}
    for folder in folders.values():
        folder.mkdir()
    base = XLNetForQuestionAnsweringSimple(XLNetConfig(**XLNET))
    GMMXLNetForQA(base, num_experts=4, memory_slots=2).save_pretrained(folders["checkpoint"])
    base.save_pretrained(folders["sharded"], max_shard_size="20KB")
    base.save_pretrained(folders["older"])
    tokenizer = train_tokenizer(["Jack and Jill went up the hill to fetch a pail of water."], 300)
    configure_memory_tokens(tokenizer, 2)
    tokenizer.save_pretrained(folders["older"])
    linears = {
        f"{kind}_networks.{j}.{name}": torch.zeros(size)
        for kind in ("gate", "update")
        for j in range(2)
        for name, size in {"weight": (16, 32), "bias": (16,)}.items()
    }
    state = {
        "memory_mixture": {f"_expert_params.{j}": torch.randn(2, 16) for j in range(2)},
        "gating_network": {"routing_projection.weight": torch.zeros(2, 16), "routing_projection.bias": torch.zeros(2)},
        "expert_updater": linears,
    }
    torch.save(state, folders["older"] / "gmm_state.pt")
    about = {"version": "1.0", "num_experts": 2, "memory_slots": 2, "hidden_dim": 16, "routing_mode": "write-based"}
    (folders["older"] / "gmm_config.json").write_text(json.dumps(about))
    text = "Jack and Jill went up the hill."
    answers = [{"text": "Jill", "answer_start": 9}]
    qas = [{"id": f"q{i}", "question": "Who went up?", "answers": answers, "is_impossible": False} for i in range(20)]
    squad = {"data": [{"title": "Rhymes", "paragraphs": [{"context": text, "qas": qas}]}]}
    (folders["squad"] / "train.json").write_text(json.dumps(squad))
    rows = [
        {"id": q["id"], "context": text, "question": "Who?", "answers": {"text": ["Jill"], "answer_start": [9]}}
        for q in qas
    ]
    (folders["rows"] / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    Dataset.from_list(rows).to_parquet(folders["table"] / "train.parquet")
    GMMTrainingConfig(output_dir="x", report_to="none", use_cpu=True).to_json(folders["run"] / "training.json")
    return folders


def opened(kind: str, folder: Path) -> Any:
    """What a user does with such a folder."""
    from gmmxlnet_nb.convert import convert_checkpoint
    from gmmxlnet_nb.documents import load_squad, stream_squad
    from gmmxlnet_nb.model import MemXLNetForQA
    from gmmxlnet_nb.training_args import GMMTrainingConfig

    if kind in ("checkpoint", "sharded"):
        return MemXLNetForQA.from_pretrained(folder)
    if kind == "older":
        return convert_checkpoint(folder, folder.parent / "converted")
    if kind == "run":
        return GMMTrainingConfig.from_json(folder / "training.json")
    if kind in ("rows", "table"):
        return list(stream_squad(str(folder)))
    try:  # both ways to read are to say no
        list(stream_squad(str(folder)))
    except (ValueError, OSError):
        return load_squad(str(folder))
    return None


def traces(place: Path) -> dict[str, tuple[int, int, int]]:
    """All that is in a folder, and when it was changed."""
    found = {path: path.lstat() for path in sorted(place.rglob("*"))}
    return {
        str(path.relative_to(place)): (s.st_mode, s.st_size if not path.is_dir() else 0, s.st_mtime_ns)
        for path, s in found.items()
    }


def watch(outcome: Outcome) -> None:
    """Note programs, connections and imports of files that opening should not need."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STARTS:
            outcome.did = outcome.did or f"{event} {arguments!r:.80}"

    sys.addaudithook(hook)


def open_variant(variant: Variant, folder: Path, place: Path) -> Outcome:
    """Open a variant, in this process, and say what came of it."""
    outcome, before = Outcome(variant.kind, variant.what), traces(place)
    watch(outcome)
    at_first, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            opened(variant.kind, folder)
    except BaseException as error:
        outcome.error, outcome.message = type(error).__name__, str(error)[:300]
    outcome.seconds = time.perf_counter() - began
    outcome.megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - at_first) / 1024
    after = traces(place)
    left = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    left = [
        path for path in left if not (path in before and path in after and Path(place, path).is_dir())
    ]  # the time of a lock
    if left and not outcome.did:
        outcome.did = f"changed {sorted(left)!r:.120}"
    return outcome


def judge(variant: Variant, whole: Path, limit: int = 20) -> Outcome:
    """Open a variant in a process that is forked from this one, which has imported everything; a limit ends it."""
    with tempfile.TemporaryDirectory(prefix="variant-") as place:
        folder = Path(place, "folder")
        shutil.copytree(whole, folder)
        variant.change(folder)
        read, write_end = os.pipe()
        child = os.fork()
        if not child:
            tempfile.tempdir = place
            signal.alarm(limit)
            sys.stderr = io.StringIO()
            size = 0
            with open("/proc/self/statm", encoding="ascii") as file:
                size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            resource.setrlimit(resource.RLIMIT_AS, (size + (3 << 30), size + (3 << 30)))
            os.write(write_end, json.dumps(asdict(open_variant(variant, folder, Path(place)))).encode())
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read, "rb") as pipe:
            said = pipe.read()
        os.waitpid(child, 0)
        return (
            Outcome(**json.loads(said)) if said else Outcome(variant.kind, variant.what, "Killed", f"after {limit} s")
        )


def main() -> None:
    """Open variants, and print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="how many variants")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    asked = parser.parse_args()
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory(prefix="hostile-") as root:
        tempfile.tempdir = root  # for the pickles, too
        folders = make_folders(Path(root))
        for kind, folder in folders.items():  # what is not changed can be opened; all that is loaded late is loaded
            with contextlib.redirect_stdout(io.StringIO()):
                opened(kind, folder)
        for variant in variants(asked.count, asked.seed):
            outcome = judge(variant, folders[variant.kind])
            if (marker := Path(root, EXECUTED)).exists():
                outcome.did = "ran a pickle"
                marker.unlink()
            print(json.dumps({**asdict(outcome), "faults": outcome.faults()}), flush=True)


if __name__ == "__main__":
    main()
