"""What answering questions of long texts takes: time and memory of `DocumentQA`, each beside what it is compared with.

    python tools/time_document_qa.py all --out runs/document_qa.json
    python tools/time_document_qa.py rate --layers 12 --hidden 768        one part, of a model of another size

Parts: `ways` (200 random texts, each asked in all ways), `contract` (100 random documents in pieces, saved and resumed,
alone, batched, with gradients), `memory` (peak memory of a short text and of a long one, with spaces and without), `ask`
(ten questions of a text that was read once, against one full pass), `many` (100 questions of one long text) and `rate`
(tokens a second against the plain loop over Hugging Face's XLNet with its mems). Models have random weights: what they
answer says nothing, how long it takes does. Times are ratios of medians in one run on one machine.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import XLNetConfig, XLNetForQuestionAnsweringSimple
from transformers.utils.logging import disable_progress_bar

from gmmxlnet_nb import MemXLNetForQA, configure_memory_tokens
from gmmxlnet_nb.baselines import map_state
from gmmxlnet_nb.document_qa import DocumentQA
from gmmxlnet_nb.generated import retention_documents
from gmmxlnet_nb.segments import train_tokenizer

WORDS = sorted({word for document in retention_documents(50, seed=1) for word in document.text.split()})
QUESTION = "Where was Ada the baker born?"


def words(count: int, seed: int = 0) -> Iterator[str]:
    """So many words, each a piece of one text."""
    rng = random.Random(seed)
    return (f"{rng.choice(WORDS)} " for _ in range(count))


def make_qa(hidden: int = 32, layers: int = 2, segment_length: int = 64, kind: str = "gmm", **reading: Any) -> DocumentQA:
    """A model with random weights, and its tokenizer."""
    torch.manual_seed(0)
    tokenizer = train_tokenizer([*WORDS, QUESTION])
    ids = configure_memory_tokens(tokenizer, 4)
    heads = max(1, hidden // 64)
    config = XLNetConfig(
        vocab_size=len(tokenizer), d_model=hidden, n_layer=layers, n_head=heads, d_inner=4 * hidden, dropout=0.0,
    )  # fmt: skip
    model = MemXLNetForQA.from_base(config, memory_type=kind, **({"memory_slots": 4} if kind != "none" else {}))
    if hidden < 100:  # answers that differ from segment to segment
        for weight in model.parameters():
            if weight.dim() > 1:
                torch.nn.init.normal_(weight, std=0.3)
    model.set_memory_tokens(**ids)
    fields = {"segment_length": segment_length, "null_threshold": 1e4, "max_answer_length": 8, **reading}
    return DocumentQA(model.eval(), tokenizer, **fields)


def differences(a: Any, b: Any) -> tuple[int, float]:
    """How many answers are others, and how far probabilities are apart."""
    pairs = list(zip(a, b, strict=True))
    places = sum((x["answer"], x["start"], x["end"]) != (y["answer"], y["start"], y["end"]) for x, y in pairs)
    return places, max(abs(x[name] - y[name]) for x, y in pairs for name in ("score", "null_probability"))


def ways(args: argparse.Namespace) -> dict[str, Any]:
    """200 random texts and questions: one pass, streamed, batched, from a file, through the shell."""
    qa, rng, wrong, apart, misplaced = make_qa(), random.Random(0), 0, 0.0, 0
    with tempfile.TemporaryDirectory() as home:
        qa.model.config.update({"segment_length": 64, "null_threshold": 1e4, "max_answer_length": 8, "question_shown": "all"})
        qa.model.save_pretrained(f"{home}/model")
        qa.tokenizer.save_pretrained(f"{home}/model")
        asked: list[tuple[str, str, list[dict[str, Any]]]] = []
        for number in range(args.count):
            text = "".join(words(rng.randrange(5, 400), number)).strip()
            question = " ".join(rng.sample(QUESTION.split(), rng.randrange(1, 6)))
            path = Path(home, f"{number}.txt")
            path.write_text(text, "utf-8")
            pieces = (text[i : i + 11] for i in range(0, len(text), 11))
            whole = qa(question, text, 3)
            misplaced += sum(text[answer["start"] : answer["end"]] != answer["answer"] for answer in whole)
            asked.append((question, str(path), whole))
            for other in (qa(question, pieces, 3), qa(question, path, 3), qa([question, QUESTION], text, 3)[0]):
                more, far = differences(whole, other)
                wrong, apart = wrong + more, max(apart, far)
        for question, file, whole in asked[:: max(1, args.count // args.shell)] if args.shell else []:
            command = [sys.executable, "-c", "from gmmxlnet_nb.command import main; main()", "answer", f"{home}/model", file]
            options = ["-q", question, "--n-best", "3", "--json"]
            done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
            more, far = differences(whole, json.loads(done.stdout)["questions"][0]["answers"])
            wrong, apart = wrong + more, max(apart, far)
    return {"texts": args.count, "other_answers": wrong, "largest_difference": apart, "misplaced": misplaced}


def contract(args: argparse.Namespace) -> dict[str, Any]:
    """100 random documents read whole, in pieces, saved and resumed, alone, batched, with gradients through a state."""
    torch.manual_seed(0)
    rng, worst = random.Random(0), 0.0
    kinds: dict[str, dict[str, Any]] = {"gmm": {"memory_slots": 2}, "token": {"memory_slots": 2}, "mems": {"mem_len": 8}}
    config = XLNetConfig(vocab_size=90, d_model=32, n_layer=2, n_head=2, d_inner=64, dropout=0.0)
    for _ in range(args.documents):
        kind = rng.choice(list(kinds))
        model = MemXLNetForQA.from_base(config, memory_type=kind, **kinds[kind]).eval()
        if model.memory.tokens:
            model.set_memory_tokens([80, 81], [82, 83])
        b, s, n = rng.randrange(1, 4), rng.randrange(2, 7), rng.randrange(4, 12)
        ids = torch.randint(10, 80, (b, s, n))
        m = model.memory.tokens
        read, write = (torch.arange(80, 80 + m), torch.arange(82, 82 + m))
        ids = torch.cat([read.expand(b, s, m), ids, write.expand(b, s, m), torch.full((b, s, 1), 3)], dim=-1)
        types = torch.zeros_like(ids)
        batch = {"input_ids": ids, "token_type_ids": types}
        worst = max(worst, contract_difference(model, batch, rng.randrange(1, s)))
    return {"documents": args.documents, "largest_difference": worst}


def contract_difference(model: Any, batch: dict[str, Tensor], cut: int) -> float:
    """How far logits and gradients are apart when a document is read in two halves, resumed from a file, or alone."""

    def read(rows: slice, segments: slice, state: Any = None) -> Any:
        return model(**{name: x[rows, segments] for name, x in batch.items()}, memory_state=state)

    every = slice(None)
    whole = read(every, every)
    first = read(every, slice(0, cut))
    with tempfile.TemporaryFile() as file:
        torch.save(map_state(Tensor.detach, first.new_memory_state), file)
        file.seek(0)
        resumed = read(every, slice(cut, None), torch.load(file))
    second = read(every, slice(cut, None), first.new_memory_state)
    alone = [read(slice(i, i + 1), every).start_logits for i in range(len(batch["input_ids"]))]
    weights = list(model.transformer.parameters())
    pairs = [
        (whole.start_logits, torch.cat([first.start_logits, second.start_logits], dim=1)),
        (second.start_logits, resumed.start_logits), (whole.start_logits, torch.cat(alone)),
    ]  # fmt: skip
    one = torch.autograd.grad(whole.start_logits[:, -1].sum(), weights, retain_graph=True, allow_unused=True)
    two = torch.autograd.grad(second.start_logits[:, -1].sum(), weights, allow_unused=True)
    pairs += [(a, b) for a, b in zip(one, two, strict=True) if a is not None and b is not None]
    return max(float(((a - b).abs() / (1 + b.abs())).max().detach()) for a, b in pairs)


def peak_of(length: int, spaces: bool, args: argparse.Namespace) -> tuple[float, float]:
    """Peak memory in MiB and seconds of answering a question of a text that nobody holds, in a process of its own."""
    command = [sys.executable, __file__, "peak", "--length", str(length), "--segment-length", str(args.segment_length)]
    done = subprocess.run([*command, *(["--spaces"] if spaces else [])], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["mib"], found["seconds"]


def peak(args: argparse.Namespace) -> dict[str, Any]:
    """One text in this process."""
    qa, began = make_qa(segment_length=args.segment_length), time.perf_counter()
    block = "".join(words(1000)) if args.spaces else "".join(words(1000)).replace(" ", "").replace("\n", "")
    size = len(qa.tokenizer(block)["input_ids"]) if args.spaces else len(block)
    answer = qa(QUESTION, (block for _ in range(max(1, args.length // size))))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"mib": mib, "seconds": time.perf_counter() - began, "segments": answer["segments_read"]}


def memory(args: argparse.Namespace) -> dict[str, Any]:
    """Peak memory of a short text and of a long one: tokens with spaces, characters without."""
    short, _ = peak_of(10_000, True, args)
    long, seconds = peak_of(args.tokens, True, args)
    endless, more = peak_of(args.characters, False, args)
    return {
        "tokens": args.tokens, "characters_without_space": args.characters, "mib_10000_tokens": short, "mib": long,
        "ratio": long / short, "seconds": seconds, "mib_without_space": endless, "ratio_without_space": endless / short,
        "seconds_without_space": more,
    }  # fmt: skip


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what comes out."""
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found


def text_of(qa: DocumentQA, tokens: int) -> str:
    """A text of about so many tokens."""
    piece = "".join(words(1000))
    return "".join(words(1000 * tokens // len(qa.tokenizer(piece)["input_ids"])))


def ask(args: argparse.Namespace) -> dict[str, Any]:
    """Ten questions of a text that was read once, each in 8 segments, against one full pass."""
    qa = make_qa(args.hidden, args.layers, args.segment_length, question_shown="all")
    text, questions = text_of(qa, args.tokens // 10), [f"{QUESTION} {word}" for word in WORDS[:10]]
    times: dict[str, list[float]] = {"full_pass": [], "read": [], "read_and_ten_asks": []}
    for _ in range(args.turns):
        full, whole = timed(lambda: qa(questions[0], text))
        began = time.perf_counter()
        reading = qa.read(text)
        times["read"].append(time.perf_counter() - began)
        answers = [reading.ask(question) for question in questions]
        times["read_and_ten_asks"].append(time.perf_counter() - began)
        times["full_pass"].append(full)
    ratios = [a / b for a, b in zip(times["read_and_ten_asks"], times["full_pass"], strict=True)]
    pairs = zip(questions[:3], answers[:3], strict=True)
    agree = sum(qa(question, text)["answer"] == answer["answer"] for question, answer in pairs)
    return {
        "tokens": args.tokens // 10, **{name: statistics.median(found) for name, found in times.items()},
        "ratio": statistics.median(ratios), "ratios": ratios,
        "same_as_full_pass_of_3": agree, "segments": whole["segments_read"],
    }  # fmt: skip


def many(args: argparse.Namespace) -> dict[str, Any]:
    """100 questions of one long text, against one full pass."""
    qa = make_qa(args.hidden, args.layers, args.segment_length, question_shown="all")
    text, questions = text_of(qa, args.tokens), [f"{QUESTION} {word}" for word in WORDS[:100]]
    full, _ = timed(lambda: qa(questions[0], text))
    together, _ = timed(lambda: qa.read(text).ask(questions))
    sizes = {"tokens": args.tokens, "questions": len(questions)}
    return {**sizes, "full_pass": full, "read_and_asks": together, "ratio": together / full}


def plain_loop(model: Any, qa: DocumentQA, text: str, question: str) -> int:
    """Hugging Face's XLNet with mems, a segment after the other: what one would write without this project."""
    [ids] = [qa.tokenizer(question, add_special_tokens=False)["input_ids"]]
    mems, read, best = None, 0, -1e9
    for window in qa.windows_of([text], len(ids)):
        tokens = window.tokens.ids
        row = [*tokens, qa.tokenizer.sep_token_id, *ids, qa.tokenizer.sep_token_id, qa.tokenizer.cls_token_id]
        types = [0] * (len(tokens) + 1) + [1] * (len(ids) + 1) + [2]
        inputs = {"input_ids": torch.tensor([row]), "token_type_ids": torch.tensor([types])}
        out = model.transformer(**inputs, mems=mems, use_mems=True)
        mems = out.mems
        starts, ends = model.qa_outputs(out.last_hidden_state)[0].unbind(-1)
        best = max(best, float((starts[:, None] + ends[None])[: len(tokens), : len(tokens)].triu().tril(30).max()))
        read += len(tokens)
    return read


@torch.no_grad()
def rate(args: argparse.Namespace) -> dict[str, Any]:
    """Tokens a second of `DocumentQA` on two threads, against the plain loop over Hugging Face's XLNet with mems."""
    torch.set_num_threads(2)
    qa = make_qa(args.hidden, args.layers, args.segment_length, "gmm")
    config = XLNetConfig(**{**qa.model.config.to_dict(), "model_type": "xlnet", "mem_len": args.segment_length})
    plain = XLNetForQuestionAnsweringSimple._from_config(config, attn_implementation="eager").eval()
    text = text_of(qa, args.rate_tokens)
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    tokens = plain_loop(plain, qa, text, QUESTION)
    for _ in range(args.turns):
        times["plain"].append(timed(lambda: plain_loop(plain, qa, text, QUESTION))[0])
        times["ours"].append(timed(lambda: qa(QUESTION, text))[0])
    found = {f"{name}_tokens_a_second": tokens / statistics.median(seconds) for name, seconds in times.items()}
    ratios = [a / b for a, b in zip(times["plain"], times["ours"], strict=True)]
    sizes = {"layers": args.layers, "hidden": args.hidden, "tokens": tokens}
    return {**found, "ratio": statistics.median(ratios), "ratios": ratios, **sizes}


PARTS = {"ways": ways, "contract": contract, "memory": memory, "ask": ask, "many": many, "rate": rate, "peak": peak}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("part", choices=["all", *PARTS], help="what to measure")
    parser.add_argument("--count", type=int, default=200, help="texts of ways")
    parser.add_argument("--shell", type=int, default=5, help="of these, how many through the shell too")
    parser.add_argument("--documents", type=int, default=100, help="of contract")
    parser.add_argument("--tokens", type=int, default=1_000_000, help="of long texts")
    parser.add_argument("--characters", type=int, default=10**7, help="of the text without a space")
    parser.add_argument("--hidden", type=int, default=64, help="d of ask, many and rate")
    parser.add_argument("--layers", type=int, default=2, help="of ask, many and rate")
    parser.add_argument("--segment-length", type=int, default=384)
    parser.add_argument("--rate-tokens", type=int, default=6000)
    parser.add_argument("--turns", type=int, default=5, help="of rate and ask")
    parser.add_argument("--length", type=int, default=10_000, help="of peak")
    parser.add_argument("--spaces", action="store_true", help="of peak")
    parser.add_argument("--out", type=Path, help="a JSON file for what was found")
    args = parser.parse_args()
    disable_progress_bar()
    found = {}
    for name in [name for name in PARTS if name != "peak"] if args.part == "all" else [args.part]:
        found[name] = PARTS[name](args)
        print(json.dumps(found[name] if args.part == "peak" else {name: found[name]}), flush=True)
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
