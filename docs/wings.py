"""The wings of the site: which chapters belong together, and in which order they are read."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Wing:
    """Chapters about one thing."""

    name: str  # Of its page's file
    title: str
    about: str  # A sentence for its page
    chapters: tuple[str, ...]  # Numbers of notebooks, or their stems where a number is not enough


def wing(name: str, title: str, about: str, chapters: str) -> Wing:
    """A wing, its chapters as one string."""
    return Wing(name, title, about, tuple(chapters.split()))


WINGS = (
    wing("memory", "The memory", "Start here: experts, the router, gated updates, reading, and the model that is made of them.",
         "01 02 03 04 33 05 30 31 34 32"),
    wing("training", "Training", "What a training step reads and learns by, and what a run can be told.",
         "06 41 45 42 49 35 37 54"),
    wing("answers", "Answers", "From logits to answers with their places, how sure they are, and what they rest on.",
         "40_answers 43 44 46 48 40_choices 18 47 84"),
    wing("documents", "Documents and segments", "From files to documents, and from documents to segments of tokens.",
         "10 11 12 13 19 17 16 15 09 08 26"),
    wing("tasks", "Tasks", "Documents that need a memory, generated or made from real texts, and rules that score without one.",
         "14 27 28 29 38 76 71 72 74 81 83"),
    wing("analysis", "Seeing the experts", "Where segments are written, what each expert holds, and whether it matters.",
         "07 86 96 87 88 89 36 93 94 90 95 91 92 97 39"),
    wing("encoder", "The encoder", "XLNet's layers over Hugging Face's weights, and what makes them fast.",
         "22 20 21 25 23 24 98"),
    wing("pretraining", "Pre-training", "An XLNet, with a memory if you like, from a folder of text.",
         "75 78 73 79 58 80 82 77 85"),
    wing("checkpoints", "Checkpoints", "Saving, loading, sharing, older layouts, and files from strangers.", "50 52 51 53"),
    wing("runs", "Runs and commands", "The command line, runs with their records, and the benchmark.",
         "64 68 66 67 65 62 61 60 70 57 55 56 59 63 99 69 00"),
)  # fmt: skip


def resolved(stems: Iterable[str]) -> dict[str, list[str]]:
    """The notebooks of each wing; a `ValueError` for a notebook in no wing or in two, or one that is missing."""
    left, found = list(stems), dict[str, list[str]]()
    for each in WINGS:
        for chapter in each.chapters:
            meant = [stem for stem in left if stem == chapter or stem.partition("_")[0] == chapter]
            if len(meant) != 1:
                is_what = meant or "no notebook that is left"
                raise ValueError(f"docs/wings.py: the wing {each.name} has {chapter}, which is {is_what}")
            left.remove(meant[0])
            found.setdefault(each.name, []).append(meant[0])
    if left:
        raise ValueError(f"docs/wings.py must have each notebook in one wing, it lacks {', '.join(left)}")
    return found
