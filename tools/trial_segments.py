"""The contract of segments, written anew, against many texts, questions and layouts: part of `make trial`.

Nothing here asks the package what is right. A text's visible characters are counted with `unicodedata`, windows are laid out
by hand, and each segment is put together from what the README of the layout says:

    [MEM_READ]×m  text  [MEM_WRITE]×m  <sep>  question  <sep>  <cls>
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # Letters with nothing to see
WORDS = "Jack and Jill went up the hill to fetch a pail of water café 1999–2001 don't U.S. owl £50 20° yes".split()
STRANGE = [
    *"Jiae .▁´`'\"¨½ﬁⅧ…ﷺ℃ßİ日本שלםعربي가£°。「」_%$«», \n",
    *"\u0301\u0651\u0e4c\u1100\u1161\u200b\u200d\u202e\ufeff\ufe0f\xad\x00\x1c\x85\xa0\u3000\t\r\u3164\u2800",
    *(
        "\r\n",
        "👨\u200d👩\u200d👧",
        "👍🏽",
        "🇫🇷",
        "e\u0301",
        "<sep>",
        "<cls>",
        "<unk>",
        "[MEM_READ_0]",
        "[MEM_WRITE_1]",
        "''",
        "``",
    ),
]
LETTERS = ["▁", *"abcdefghijklmnopqrstuvwxyz0123456789.,()£°\"'`"]
COLUMNS = ("input_ids", "token_type_ids", "starts", "ends", "asked", "start_positions", "end_positions")


@dataclass(frozen=True)
class Drawn:
    """What a case is about."""

    text: str
    question: str
    breaks: tuple[int, ...]
    question_start: int
    answers: tuple[tuple[int, int], ...]  # First and last character (exclusive)
    length: int  # Of a segment, in tokens
    stride: int
    slots: int  # m
    pieces: tuple[int, ...]  # Sizes, over and over, in which the text is streamed
    block: int  # Characters at once
    chunk: int  # Segments at once


def blank(character: str) -> bool:
    """Whether there is nothing to see of a character."""
    return unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf") or character in FILLERS


def drawn_text(draw: random.Random) -> str:
    """A text: words, signs of all scripts, any characters, one long word, or nothing at all."""
    kind, size = draw.randrange(8), draw.choice([0, 1, 3, 10, 30, 80])
    if kind < 3:
        return " ".join(draw.choice(WORDS) for _ in range(size))
    if kind < 5:
        return "".join(draw.choice([*STRANGE, *WORDS]) for _ in range(size))
    if kind == 5:
        ranges = [(0, 0x250), (0, 0xD800), (0xE000, 0x110000)]
        return "".join(chr(draw.randrange(*draw.choice(ranges))) for _ in range(size))
    if kind == 6:
        return "".join(draw.choice("Jackwent日") for _ in range(4 * size))
    return "".join(
        draw.choice([f"{draw.choice(WORDS)}{draw.choice(STRANGE)}", f"{draw.choice(WORDS)} "]) for _ in range(size)
    )


def drawn_case(draw: random.Random) -> Drawn:
    """Everything about a case."""
    text = drawn_text(draw)
    places = (
        sorted(draw.sample(range(1, len(text)), min(draw.choice([0, 0, 0, 1, 2, 5]), len(text) - 1)))
        if len(text) > 1
        else []
    )
    spans = []
    for _ in range(draw.choice([0, 1, 1, 2, 4])):
        first = draw.randrange(len(text) + 1)
        last = min(len(text), first + draw.choice([1, 2, 5, 20, 100]))
        if any(not blank(c) for c in text[first:last]) and text[first:last].strip():
            spans.append((first, last))
    stride = draw.choice([0, 0, 1, 2, 5, 12])
    return Drawn(
        text, drawn_text(draw)[:40], tuple(places), draw.choice([0, 0, *places]), tuple(spans),
        draw.choice([8, 12, 16, 24, 40, 64, 200]), stride, draw.choice([0, 1, 2, 4]),
        tuple(draw.randrange(1, 30) for _ in range(draw.randrange(1, 4))), draw.choice([1, 3, 10, 64, 1000]),
        draw.randrange(1, 5),
    )  # fmt: skip


def tokenizers() -> list[Any]:
    """One that was trained on words, one that knows signs, and one with the steps of the released XLNet."""
    from transformers import XLNetTokenizer

    from gmmxlnet_nb.segments import configure_memory_tokens, train_tokenizer

    special = "<unk> <s> </s> <cls> <sep> <pad> <mask> <eod> <eop>".split()
    released = XLNetTokenizer(
        vocab=[(token, 0.0) for token in special] + [(letter, -3.0) for letter in LETTERS], unk_id=0
    )
    signs = "He paid £50 for 20° to Jack's ``yes'' and ''no``, (1999–2001); 東京。「日本」 café ab"
    found = [train_tokenizer([" ".join(WORDS)] * 3, 300), train_tokenizer([signs] * 3, 400), released]
    for one in found:
        configure_memory_tokens(one, 4)
    return found


def token_faults(text: str, starts: Sequence[int], ends: Sequence[int]) -> list[str]:
    """What is wrong with where a text's tokens are: each visible character is in one, and they stand in its order."""
    found = []
    if list(starts) != sorted(starts) or list(ends) != sorted(ends):
        found.append("tokens are not in the order of the text")
    if any(not 0 <= a <= b <= len(text) for a, b in zip(starts, ends, strict=True)):
        return [*found, "tokens are not in the text"]
    covered = [False] * len(text)
    for a, b in zip(starts, ends, strict=True):
        covered[a:b] = [True] * (b - a)
    lost = [i for i, c in enumerate(text) if not covered[i] and not blank(c)]
    found += [f"character {i} {text[i]!r} is in no token" for i in lost[:1]]
    edges = [text[a:b] for a, b in zip(starts, ends, strict=True) if a < b and blank(text[a]) and blank(text[b - 1])]
    return found + [f"token {edge!r} has nothing to see at its edges" for edge in edges[:1]]


Range = tuple[int, int, bool]  # First token, last token (exclusive), whether the question is shown


def windows_by_hand(parts: Sequence[Range], room: int, wide: int, stride: int) -> list[Range]:
    """Each part from its beginning, in full windows that share `stride` tokens, until all of it is in one."""
    found = list[Range]()
    for first, last, asked in parts:
        size, at = room if asked else wide, first
        found.append((at, min(at + size, last), asked))
        while at + size < last:
            at += size - stride
            found.append((at, min(at + size, last), asked))
    return found


def token_place(starts: Sequence[int], character: int) -> int:
    """The first token that begins at a character or behind it."""
    return next((i for i, a in enumerate(starts) if a >= character), len(starts))


class Contract:
    """Judges one case after the other."""

    def __init__(self) -> None:
        self.tokenizers = tokenizers()

    def faults(self, case: Drawn, number: int) -> list[str]:
        """What of the contract a case breaks."""
        from gmmxlnet_nb.documents import Answer, Document
        from gmmxlnet_nb.segments import DoesNotFit, SegmentLayout, document_feature, tokenize_text

        tokenizer = self.tokenizers[number % len(self.tokenizers)]
        names = [[f"[MEM_{kind}_{i}]" for i in range(case.slots)] for kind in ("READ", "WRITE")]
        read, write = map(tokenizer.convert_tokens_to_ids, names)
        layout = SegmentLayout(case.length, case.stride, tuple(read), tuple(write))
        answers = tuple(Answer(case.text[a:b], a) for a, b in case.answers)
        document = Document(f"d{number}", case.text, case.question, answers, "", case.breaks, case.question_start)
        tokens, question = tokenize_text(tokenizer, case.text), tokenize_text(tokenizer, case.question).ids
        found = token_faults(case.text, tokens.starts, tokens.ends)
        control = {*read, *write, tokenizer.sep_token_id, tokenizer.cls_token_id}
        found += ["a token of the text is a control token"] * bool(control & {*tokens.ids, *question})
        needed = 2 * case.slots + 3 + len(question) + case.stride + 1
        try:
            feature = document_feature(document, tokenizer, layout, require_answer=False)
        except DoesNotFit as error:
            if case.length >= needed or error.setting != "segment_length" or error.needed != needed:
                return [
                    *found,
                    f"{error} ({error.setting} {error.needed}) where {needed} tokens are needed and {case.length} there",
                ]
            layout = replace(layout, segment_length=needed)  # what it asks for is enough
            feature = document_feature(document, tokenizer, layout, require_answer=False)
        else:
            found += [f"{needed} tokens are needed, and {case.length} were enough"] * (case.length < needed)
        ranges = ranges_by_hand(case, tokens, len(question), layout)
        found += feature_faults(feature, ranges, tokens, question, tokenizer, layout)
        found += answer_faults(document, feature, ranges, tokens, tokenizer, layout)
        return found + stream_faults(
            case, tokenizer, layout, replace(document, answers=(), breaks=(), question_start=0)
        )


def ranges_by_hand(case: Drawn, tokens: Any, question: int, layout: Any) -> list[tuple[int, int, bool]]:
    """First token, last token (exclusive) and whether the question is shown, of each segment."""
    room = layout.segment_length - 2 * case.slots - 3
    cuts = [0, *(token_place(tokens.starts, at) for at in case.breaks), len(tokens.ids)]
    shown = token_place(tokens.starts, case.question_start)
    parts = [(a, b, a >= shown) for a, b in pairwise(cuts)]
    return windows_by_hand(parts, room - question, room, layout.stride)


def feature_faults(
    feature: Any, ranges: Sequence[Range], tokens: Any, question: list[int], tokenizer: Any, layout: Any
) -> list[str]:
    """What is wrong with the segments of a document."""
    read, write, found = list(layout.mem_read_ids), list(layout.mem_write_ids), list[str]()
    if {len(feature[name]) for name in COLUMNS} != {len(ranges)}:
        return [f"{len(feature['asked'])} segments, of which {len(ranges)} are needed"]
    times = Counter[int]()
    for row, (first, last, asked) in enumerate(ranges):
        ids, types, starts, ends = (list(feature[name][row]) for name in COLUMNS[:4])
        said, before = question if asked else [], len(read)
        whole = [*read, *tokens.ids[first:last], *write, tokenizer.sep_token_id, *said, tokenizer.sep_token_id]
        after = len(whole) + 1 - before - (last - first)
        checks = {
            "is longer than it may be": len(ids) <= layout.segment_length,
            "is not memory, text, memory, question": ids == [*whole, tokenizer.cls_token_id],
            "has other segment ids": types == [0] * (len(whole) - len(said) - 1) + [1] * (len(said) + 1) + [2],
            "has other first characters": starts == [-1] * before + list(tokens.starts[first:last]) + [-1] * after,
            "has other last characters": ends == [-1] * before + list(tokens.ends[first:last]) + [-1] * after,
            "shows the question where it must not, or does not": feature["asked"][row] == asked,
        }
        found += [f"segment {row} {what}" for what, holds in checks.items() if not holds]
        times.update(range(first, first + sum(a >= 0 for a in starts)))
    wanted = Counter(i for a, b, _ in ranges for i in range(a, b))
    wrong = [i for i in range(len(tokens.ids)) if times[i] != wanted[i] or not times[i]]
    return found + [f"token {wrong[0]} is in {times[wrong[0]]} segments, not {wanted[wrong[0]]}" for _ in wrong[:1]]


def answer_faults(
    document: Any, feature: Any, ranges: Sequence[Range], tokens: Any, tokenizer: Any, layout: Any
) -> list[str]:
    """What is wrong with where answers are: in each segment that shows the question and has all of their tokens, nowhere else."""
    from gmmxlnet_nb.segments import DoesNotFit, document_feature

    found, before, spans = list[str](), len(layout.mem_read_ids), set[tuple[int, int]]()
    for answer in document.answers:
        first, last = answer.start, answer.start + len(answer.text)
        touched = [
            i
            for i, (a, b) in enumerate(zip(tokens.starts, tokens.ends, strict=True))
            if a < b and a < last and b > first
        ]
        if not touched:
            return [f"answer {answer.text!r} at {first} touches no token"]
        spans.add((touched[0], touched[-1]))
        seen = [i for i in range(first, last) if not blank(document.text[i])]
        start, end = tokens.starts[touched[0]], tokens.ends[touched[-1]]
        if start > seen[0] or end <= seen[-1]:
            found.append(f"answer {answer.text!r} at {first} came back as {document.text[start:end]!r}")
    whole = False
    for row, (first, last, asked) in enumerate(ranges):
        gold = sorted((a - first + before, b - first + before) for a, b in spans if asked and first <= a and b < last)
        said = sorted(zip(feature["start_positions"][row], feature["end_positions"][row], strict=True))
        found += [f"segment {row} has answers at {said}, not {gold}"] * (said != gold)
        whole = whole or bool(gold)
    if spans and not whole:
        try:
            document_feature(document, tokenizer, layout)
            found.append("an answer that is in no segment whole is no error")
        except DoesNotFit as error:
            if error.setting == "stride":  # with what it asks for, it fits
                document_feature(
                    document,
                    tokenizer,
                    replace(layout, stride=error.needed, segment_length=layout.segment_length + error.needed),
                )
    return found


def stream_faults(case: Drawn, tokenizer: Any, layout: Any, document: Any) -> list[str]:
    """Whether a text that is read in pieces has the segments of the whole one."""
    from gmmxlnet_nb.segments import document_feature, stream_segments

    pieces, at = list[str](), 0
    while at < len(case.text):
        pieces.append(case.text[at : at + case.pieces[len(pieces) % len(case.pieces)]])
        at += len(pieces[-1])
    chunks = list(
        stream_segments(iter(pieces or [""]), case.question, tokenizer, layout, case.chunk, document.id, case.block)
    )
    joined = {name: [x for chunk in chunks for x in chunk[name]] for name in COLUMNS}
    whole = document_feature(document, tokenizer, layout)
    found = [f"read in pieces, {name} are others" for name in COLUMNS if joined[name] != [*whole[name]]]
    uneven = any(len(chunk["asked"]) != case.chunk for chunk in chunks[:-1])
    return found + ["a chunk has another number of segments"] * uneven


def batch_faults(cases: Sequence[Drawn], tokenizer: Any) -> list[str]:
    """Whether documents that are built together have the segments that each has alone."""
    from gmmxlnet_nb.data import DocumentDataset
    from gmmxlnet_nb.documents import Document
    from gmmxlnet_nb.segments import SegmentLayout, document_feature

    layout = SegmentLayout(400, cases[0].stride, (), ())
    documents = [Document(f"d{i}", c.text, c.question, (), "", c.breaks, c.question_start) for i, c in enumerate(cases)]
    built = DocumentDataset.build(documents, tokenizer, layout)
    found = []
    for i, document in enumerate(documents):
        alone, row = document_feature(document, tokenizer, layout), built[i]
        names = [name for name in COLUMNS if [*map(plain, row[name])] != [*map(plain, alone[name])]]
        found += [f"document {i} built with others has other {name}" for name in names[:1]]
    return found


def plain(value: Any) -> Any:
    """Lists and numbers of Python's own."""
    return [plain(x) for x in value] if hasattr(value, "__len__") else int(value)


def cases(count: int, seed: int, together: int = 20) -> Iterator[tuple[str, str]]:
    """What was tried, and what was wrong; nothing where all of the contract held."""
    contract, draw, some = Contract(), random.Random(seed), list[Drawn]()
    for number in range(count):
        case = drawn_case(draw)
        some.append(case)
        try:
            found = contract.faults(case, number)
            if len(some) == together:
                found += batch_faults(some, contract.tokenizers[number // together % 3])
        except Exception as error:  # which is one as well
            found = [f"{type(error).__name__}: {error}"]
        some = [] if len(some) == together else some
        yield f"case {number} of seed {seed}: {case!r:.400}", "; ".join(found)
