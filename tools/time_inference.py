"""What a GPU reads a second: `DocumentQA` with nothing switched on, beside Hugging Face's XLNet reading the same tokens.

    python tools/time_inference.py                                  16 documents of 8 segments of 512 tokens, bfloat16
    python tools/time_inference.py --device cpu --layers 1 --hidden 64 --segments 2 --length 96 --turns 1     to try it

One JSON line. `whole` goes from texts to answers, `read` from tokenized windows to answers, `model` is the model alone,
its tokens on the device already. Hugging Face's model has no memory; it is timed eager, by `torch.compile`, and with the
compiled step in a CUDA graph, and its `whole` tokenizes all documents at once, in parallel. Contenders take turns;
numbers are thousands of tokens a second, from medians; `ms` are the shortest and the longest turn. `first steps` are the
first four readings of one segment by a fresh model: as it is, recorded, and replayed.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import XLNetConfig, XLNetForQuestionAnsweringSimple

from gmmxlnet_nb import MemXLNetForQA, configure_memory_tokens
from gmmxlnet_nb.answers import RunningSpans, answering
from gmmxlnet_nb.asking import Part, pack_segments, question_ids, segment_inputs
from gmmxlnet_nb.cuda import CapturedStep
from gmmxlnet_nb.document_qa import DocumentQA
from gmmxlnet_nb.generated import retention_documents
from gmmxlnet_nb.replay import replaying
from gmmxlnet_nb.segments import train_tokenizer

WORDS = sorted({word for document in retention_documents(50, seed=1) for word in document.text.split()})


def text_of(tokenizer: Any, tokens: int, seed: int) -> str:
    """A text of so many tokens, or some too few for a word."""
    rng, sizes = random.Random(seed), {word: len(tokenizer(word, add_special_tokens=False)["input_ids"]) for word in WORDS}
    kept: list[str] = []
    while tokens >= sizes[word := rng.choice(WORDS)]:
        kept.append(word)
        tokens -= sizes[word]
    return " ".join(kept)


class Setting:
    """Models, texts and questions."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(0)
        self.args, self.device = args, torch.device(args.device)
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        self.tokenizer = train_tokenizer(WORDS)
        self.ids = configure_memory_tokens(self.tokenizer, args.slots)
        self.config = XLNetConfig(
            vocab_size=len(self.tokenizer), d_model=args.hidden, n_layer=args.layers, n_head=max(1, args.hidden // 64),
            d_inner=4 * args.hidden,
        )  # fmt: skip
        rng = random.Random(1)
        self.question = text_of(self.tokenizer, min(62, args.length // 4 - 2), 99)  # segments are full with it
        [asked], _ = question_ids(self.question, self.tokenizer)
        room = args.length - 2 * args.slots - 3 - max(len(asked), min(64, args.length // 4))
        self.texts = [text_of(self.tokenizer, args.segments * room, rng.randrange(10**6)) for _ in range(args.documents)]

    def qa(self, kind: str, **options: Any) -> DocumentQA:
        """A model with random weights."""
        sizes = {"memory_slots": self.args.slots} if kind != "none" else {}
        model = MemXLNetForQA.from_base(self.config, memory_type=kind, **sizes).to(self.device, self.dtype).eval()
        if model.memory.tokens:
            model.set_memory_tokens(**self.ids)
        fields = {"segment_length": self.args.length, "stride": 0, "null_threshold": 1e4, "question_shown": "all"}
        return DocumentQA(model, self.tokenizer, **fields, **options)

    def theirs(self, compiled: bool) -> Any:
        """Hugging Face's."""
        model: Any = XLNetForQuestionAnsweringSimple(self.config)
        model.to(self.device, self.dtype).eval()
        if compiled:
            model.compile(dynamic=False)
        return model


def packed_windows(setting: Setting, qa: DocumentQA) -> tuple[list[list[Any]], list[Tensor]]:
    """Every text's windows, and segments as the model gets them: (4, b, 1, l) each."""
    [asked], _ = question_ids(setting.question, setting.tokenizer)
    windows = [list(qa.windows_of([text], len(asked))) for text in setting.texts]
    least = min(map(len, windows))
    lines = [[[Part(each[at], True)] for each in windows] for at in range(least)]
    return windows, [pack_segments(line, [asked] * len(line), setting.tokenizer, qa.reader.layout) for line in lines]


def their_answers(setting: Setting, qa: DocumentQA, step: Callable[[dict[str, Tensor]], Any]) -> int:
    """From texts to answers with a model that has no memory: tokenized in parallel, cut, read and searched. Gives tokens."""
    [asked], _ = question_ids(setting.question, setting.tokenizer)
    encoded = setting.tokenizer.backend_tokenizer.encode_batch(setting.texts, add_special_tokens=False)
    room, end = qa.reader.room(len(asked)), [setting.tokenizer.sep_token_id, *asked]
    end += [setting.tokenizer.sep_token_id, setting.tokenizer.cls_token_id]
    count = min(len(each.ids) for each in encoded) // room
    ids = torch.tensor([[[*each.ids[i * room : (i + 1) * room], *end] for each in encoded] for i in range(count)])
    types = torch.tensor([0] * (room + 1) + [1] * (len(asked) + 1) + [2]).expand_as(ids).contiguous()
    answers = torch.arange(ids.shape[-1]) < room
    places = [x.pin_memory().to(setting.device, non_blocking=True) if setting.device.type == "cuda" else x for x in (ids, types)]
    allowed, running = answers.to(setting.device).expand(ids.shape[1], 1, -1), RunningSpans(20)
    for at in range(count):
        out = step({"input_ids": places[0][at], "token_type_ids": places[1][at]})
        running.update(out[0][:, None], out[1][:, None], allowed)
    found = []
    for each, (_, _, segment, first, last) in zip(encoded, running.spans()[:, 0].tolist(), strict=True):
        a, b = (int(segment) * room + ids.shape[-1] + int(x) for x in (first, last))
        found.append((each.offsets[a][0], each.offsets[b][1]))
    assert len(found) == len(setting.texts)
    return ids.numel()


class Contenders:
    """What is timed, by name: a call, and how many tokens it reads."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.steps, self.once = setting, dict[str, tuple[Callable[[], Any], int]](), dict[str, Any]()
        self.windows, packed = packed_windows(setting, setting.qa("gmm"))
        self.there = [{name: x[:, 0] for name, x in segment_inputs(each.to(setting.device)).items()} for each in packed]
        full = [each for each in self.there if bool(each["attention_mask"].all())]
        # without a mask, which would cost Hugging Face's model time
        self.rows = [{name: each[name] for name in ("input_ids", "token_type_ids")} for each in full]
        for name in ("eager", "compiled", "graph"):
            self.add_theirs(name)
        for kind in setting.args.kinds:
            for name, options in {"": {}, " uncaptured": {"capture_steps": False}}.items():
                self.add_ours(kind, name, options)
            if setting.device.type == "cuda" and setting.args.compile:
                self.add_ours(kind, " compiled", {}, compiled=True)

    def add_theirs(self, name: str) -> None:
        """Hugging Face's XLNet."""
        say(f"hf {name}")
        setting, model = self.setting, self.setting.theirs(compiled=name != "eager" and self.setting.args.compile)

        def call(inputs: dict[str, Tensor]) -> Any:
            with torch.no_grad():
                out = model(**inputs)
            return out.start_logits, out.end_logits

        step = CapturedStep(call, self.rows[0]) if name == "graph" and setting.device.type == "cuda" else call
        reader, count = setting.qa("none"), sum(row["input_ids"].numel() for row in self.rows)
        self.steps[f"hf {name} model"] = (lambda: [step(row) for row in self.rows]), count
        self.steps[f"hf {name} whole"] = (lambda: their_answers(setting, reader, step)), their_answers(setting, reader, step)

    def add_ours(self, kind: str, name: str, options: dict[str, Any], compiled: bool = False) -> None:
        """A model with a memory, which goes from segment to segment."""
        say(f"{kind}{name}")
        setting, capture = self.setting, options.get("capture_steps", "auto")
        qa, texts = setting.qa(kind, **options), {str(i): text for i, text in enumerate(setting.texts)}
        if compiled:
            qa.model.compile(regions=True)
        first = [timed(setting.device, lambda: read_model(qa.model, self.there[:1], capture)) for _ in range(4)]
        self.once[f"{kind}{name} first steps, seconds"] = [round(x, 4) for x in first]
        read_model(qa.model, self.there, capture)
        ready = ReadyQA(qa, self.windows)
        [asked], _ = question_ids(setting.question, setting.tokenizer)
        extra = len(asked) + 3 + 2 * len(qa.reader.layout.mem_read_ids)
        count = sum(len(window.tokens.ids) + extra for each in self.windows for window in each)
        self.steps[f"{kind}{name} whole"] = (lambda: qa(setting.question, texts)), count
        self.steps[f"{kind}{name} read"] = (lambda: ready(setting.question, texts)), count
        most = sum(int(each["attention_mask"].sum()) for each in self.there)
        self.steps[f"{kind}{name} model"] = (lambda: read_model(qa.model, self.there, capture)), most
        if not compiled and setting.args.one_text:
            one = " ".join(setting.texts)
            self.steps[f"{kind}{name} one text"] = (lambda: qa(setting.question, one)), count


def say(what: str) -> None:
    """How far it is."""
    print(time.strftime("%X"), what, file=sys.stderr, flush=True)


def timed(device: torch.device, step: Callable[[], Any]) -> float:
    """Seconds."""
    wait = torch.cuda.synchronize if device.type == "cuda" else int
    wait()
    began = time.perf_counter()
    step()
    wait()
    return time.perf_counter() - began


class ReadyQA(DocumentQA):
    """One whose windows are there already."""

    def __init__(self, qa: DocumentQA, windows: list[Any]) -> None:
        self.__dict__.update(vars(qa))
        self.ready = windows

    def _windows(self, sources: Any, question: int, bar: Any) -> Any:
        return [iter(windows) for windows in self.ready]


def read_model(model: Any, there: Sequence[dict[str, Tensor]], capture: Any) -> Any:
    """Segments one after the other, the memory from each to the next."""
    state = None
    with answering(model), replaying(model, capture):
        for inputs in there:
            out = model(**inputs, memory_state=state)
            state = out.new_memory_state
    return out.start_logits


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--kinds", nargs="+", default=["gmm", "none"], help="memories")
    for name, value, what in [
        ("layers", 12, "of XLNet"), ("hidden", 768, "d"), ("slots", 16, "memory tokens of each kind"), ("turns", 7, "of each"),
        ("documents", 16, "side by side"), ("segments", 8, "of each document"), ("length", 512, "tokens of a segment"),
    ]:  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=value, help=what)
    parser.add_argument("--one-text", action="store_true", help="time one text of all, too, which no other is read beside")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="leave Hugging Face's model as it is")
    args = parser.parse_args()
    setting = Setting(args)
    both = Contenders(setting)
    times: dict[str, list[float]] = {name: [] for name in both.steps}
    for turn in range(args.turns + 2):
        say(f"turn {turn + 1} of {args.turns + 2}")
        for name, (step, _) in both.steps.items():
            seconds = timed(setting.device, step)
            if turn > 1:  # compiled and recorded by now
                times[name].append(seconds)
    rates = {name: round(both.steps[name][1] / statistics.median(found) / 1000, 1) for name, found in times.items()}
    apart = {name: [round(1000 * x, 2) for x in (min(found), max(found))] for name, found in times.items()}
    base = {True: rates["hf compiled whole"], False: rates["hf compiled model"]}
    ratios = {name: round(rate / base[name.endswith("whole")], 2) for name, rate in rates.items()}
    sizes = {name: getattr(args, name) for name in ("layers", "hidden", "documents", "segments", "length")}
    where = torch.cuda.get_device_name() if setting.device.type == "cuda" else "cpu"
    found = {**sizes, "device": where, "k_tokens_a_second": rates, "against_hf_compiled": ratios, "ms": apart, **both.once}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
