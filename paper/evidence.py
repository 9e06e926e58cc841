"""What the paper stands on: the runs that it needs, their records, and statistics over their seeds."""

import json
import math
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tex import Stale, is_text

from gmmxlnet_nb.core import check_names
from gmmxlnet_nb.records import SCHEMA, Job, RecordStatus, card_records, record_status, status_of
from gmmxlnet_nb.runs import load_manifest

# The one place that says which runs the paper needs. Each has a place in a figure's panels and in the tables.
RETENTION: dict[str, tuple[str, ...]] = {
    "soft": ("retention-gmm4", "retention-gmm4-read", "retention-gmm4-constant"),
    "top": ("retention-gmm4-top1", "retention-gmm4-top1-read", "retention-gmm4-top1-constant"),
    "null": ("retention-gmm4-null", "retention-gmm4-null-read", "retention-gmm4-null-constant"),
    "flat": ("retention-token4", "retention-token4-closed", "retention-skip4", "retention-token16"),
    "sizes": ("retention-gmm2", "retention-gmm8", "retention-gmm2-null-read", "retention-gmm8-null-read"),
    "rules": ("retention-gmm4-closed", "retention-gmm4-round-robin", "retention-gmm4-random"),
    "others": (
        "retention-replace4", "retention-skip16", "retention-differentiable", "retention-mems8", "retention-none",
    ),
}  # fmt: skip
LEARNED = tuple(run for group in RETENTION.values() for run in group)
WIDE = ("retention-token16", "retention-skip16")  # Whose memory tokens need longer segments
USUAL = tuple(run for run in LEARNED if run not in WIDE)
ROUTED = tuple(run for group in ("soft", "top", "null", "sizes", "rules") for run in RETENTION[group])
# By memory of retention, with one setting changed at a time, or two that go together: three seeds or five, nothing is tested.
TUNED: dict[str, tuple[str, ...]] = {
    "retention-gmm4-top1-read": tuple(f"tuned4-{name}" for name in (
        "balance0.0", "balance0.1", "noise", "temperature0.5", "temperature2.0", "cooled", "closed", "read-layer1", "max",
        "attention", "dropout", "short200", "short1000",
    )),
    "retention-token4": (
        "tuned-token8",
        *(f"tuned-token4-{name}" for name in ("bias-1", "bias-3", "rate0.00025", "rate0.001", "long")),
    ),
    "retention-skip4": ("tuned-skip8", *(f"tuned-skip4-{name}" for name in ("rate0.00025", "rate0.001", "long"))),
    "retention-skip16": ("tuned-skip16-rate0.00025", "tuned-skip16-rate0.001"),
    "retention-differentiable": tuple(f"tuned-differentiable-{name}" for name in ("rate0.00025", "rate0.001", "long")),
}  # fmt: skip
RETUNED = tuple(run for group in TUNED.values() for run in group)
NULL = (*RETENTION["null"], *RETENTION["sizes"][2:])  # A segment is written to one expert, or to none
TOP = RETENTION["top"] + NULL  # A segment is written to one expert at most
SMALLEST = ("update-gmm2-null-read", "update-skip16")  # On update, the memories of `CONFIRMED`
UPDATE = ("update-skip4", "update-token4", "update-gmm4-null-read", *SMALLEST)
# The memories that were chosen by retention, experts first, with other seeds: at its lengths, and once more at a very long one.
CONFIRMED = ("confirmed-gmm2-null-read", "confirmed-skip16")
MILLION = ("million-gmm2-null-read", "million-skip16")
# The best of each kind, experts first, with gates that begin open, twice the steps and other seeds again, by task.
IMPROVED: dict[str, tuple[str, str]] = {
    "retention": ("improved-gmm4-null-read", "improved-skip16"),
    "million": ("improved-million-gmm4-null-read", "improved-million-skip16"),
    "update": ("improved-update-gmm4-null-read", "improved-update-skip16"),
}
BETTER = tuple(run for runs in IMPROVED.values() for run in runs)
FARTHER = IMPROVED["million"][1:]  # Of these, what the paper has apart from the others
LONGEST = ("ten-million-gmm4-null-read",)  # The first of them once more, with one seed
MECHANISM = tuple(f"mechanism-{name}" for name in ("gmm4", "gmm4-top1-read", "gmm4-null-read", "token4", "skip4"))
BINDING: dict[str, tuple[str, ...]] = {
    "decoys": ("decoys-gmm4-null-read", "decoys-skip4"),
    "shown": ("decoys-shown-skip4",),
    "recall": ("recall-gmm4-null-read", "recall-token16"),
    "kinds": ("kinds-gmm4-null-read", "kinds-token16"),
    "babi": ("babi-gmm4-null-read", "babi-token16"),
}
BOUND = tuple(run for group in BINDING.values() for run in group)
SEEN = ("seen-retention-gmm4-null-read", "seen-kinds-gmm4-null-read")  # What the experts of two of those runs hold
# An encoder that has read books; and readers of other books, that start from it or from one that has read nothing. Of each kind,
# the last one has no memory.
PRETRAIN = ("pretrain-small",)
MASKED = ("pretrain-small-masked",)  # A masked language model of the same budget
CLOZE: dict[str, tuple[str, ...]] = {
    "read": (
        "cloze-gmm4-null-read", "cloze-skip16", "cloze-token16", "cloze-differentiable", "cloze-mems", "cloze-none",
    ),
    "scratch": ("cloze-scratch-skip16", "cloze-scratch-none"),
}  # fmt: skip
CLOZED = tuple(run for group in CLOZE.values() for run in group)
WINDOWS = ("cloze-windows",)  # The same questions beside each window of the text, which a memory does not have
# Real questions about articles: by memory, experts first and none last, and by where the answer is, one run a fold; and a reader
# of windows. Before that, each has learned from spans of books; those of halves have learned from no real question.
READERS, ANSWER_IN = ("gmm4", "skip16", "none"), ("list", "passage")
SPANS = {(who, where): (f"spans-{who}-{where}",) for where in ANSWER_IN for who in READERS}
FOLDED = {(who, where): tuple(f"squad-fold{n}-{who}-{where}" for n in range(1, 6)) for who, where in SPANS}
ZERO = {(who, where): tuple(f"squad-zero{n}-{who}-{where}" for n in (1, 2)) for who, where in SPANS}
BY_WINDOW = tuple(f"squad-fold{n}-windows" for n in range(1, 6))
REAL = (*(run for runs in (SPANS, FOLDED, ZERO) for its in runs.values() for run in its), *BY_WINDOW)
SQUAD = ("squad-gmm4", "squad-token4", "squad-token16", "squad-none")
# The parts of one benchmark: on a GPU, of the encoder, of memories, of long documents; and the encoder on a CPU.
ENCODER, MEMORY, LONG, CPU = ("benchmark-encoder",), ("benchmark-memory",), ("benchmark-long",), ("benchmark-cpu",)
BENCHMARK = ENCODER + MEMORY + LONG
NEEDED = (
    *LEARNED, *RETUNED, *CONFIRMED, *MILLION, *BETTER, *LONGEST, *UPDATE, *MECHANISM, *BOUND, *SEEN, *PRETRAIN, *MASKED,
    *CLOZED, *WINDOWS, *REAL, *SQUAD, *BENCHMARK, *CPU,
)  # fmt: skip
STACKED = LEARNED + RETUNED + CONFIRMED + MILLION + BETTER + UPDATE + MECHANISM + BOUND  # Trained up to ten at a time
# Those that the paper can do without until all of a group are made: it leaves out what is made of them alone, and says so.
OPTIONAL: dict[str, tuple[str, ...]] = {
    "tuned": RETUNED, "confirmed": CONFIRMED, "million": MILLION,
    "improved": tuple(run for run in BETTER if run not in FARTHER), "farther": FARTHER, "longest": LONGEST,
    "smallest": SMALLEST, "mechanism": MECHANISM, "binding": BOUND, "seen": SEEN, "pretrain": PRETRAIN,
    "masked": MASKED, "cloze": CLOZED + WINDOWS, "folds": REAL,
}  # fmt: skip
SCORE = "choice_exact"  # The metric that memories are compared by: accuracy over the choices


class Sample(NamedTuple):
    """A number over seeds."""

    mean: float
    sd: float  # Of the sample; NaN with one seed
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        """The statistics of one value a seed."""
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else math.nan, len(values))


def groups_of(runs: Iterable[str]) -> set[str]:
    """The groups of `OPTIONAL` that what is made of some runs waits for: any one will do; none if a run is always there."""
    found = {next((group for group, its in OPTIONAL.items() if run in its), "") for run in runs}
    return set() if "" in found else found


# What a label says of parameters. Nothing stands for what is usual.
READS = {"write-based": "", "read-based": "read by question", "constant": "constant read"}
GATES = {"gated": "", "skip": "hard gate", "replace": "no gate", "none": "never written"}

Name = tuple[str, int]  # Of a record: its run and its seed
Record = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Reads:
    """The records that something was computed from."""

    results: set[Name] = field(default_factory=set)  # Whose metrics or series were read
    settings: set[Name] = field(default_factory=set)  # Of which anything else was

    def sources(self) -> set[Name]:
        """What a number comes from: beside results, settings only say which of them to take."""
        return self.results or self.settings


@dataclass(frozen=True)
class Evidence:
    """The records of the runs, by the run's id, one a seed."""

    records: Mapping[str, Sequence[Record]]
    stale: AbstractSet[Name] = frozenset()  # Records that were made by older code
    notes: Sequence[str] = ()  # What to know of them, a line each, with the command that makes them again
    pending: Mapping[str, Sequence[Job]] = field(default_factory=dict)  # Groups that are left out, and what each lacks
    cards: Mapping[str, Sequence[tuple[Record, bool]]] = field(default_factory=dict)  # On other cards; whether stale
    reads: Reads = field(default_factory=Reads)

    def traced(self, make: Callable[["Evidence"], T]) -> tuple[T, set[Name]]:
        """What is made from records, and the records that it comes from."""
        watched = replace(self, reads=Reads())
        made = make(watched)
        return made, watched.reads.sources()

    def marked(self, make: Callable[["Evidence"], str]) -> str:
        """A text; a `Stale` one if a stale record is among those that it comes from."""
        text, sources = self.traced(make)
        return Stale(text) if sources & self.stale else text

    def there(self, runs: Iterable[str]) -> tuple[str, ...]:
        """Those of some runs that are not left out until they are made."""
        return tuple(run for run in runs if run in self.records)

    def about(self, run: str, count: int | None = None) -> Sequence[Record]:
        """The records of a run, or the first ones, for what they say beside results."""
        self.reads.settings.update((run, record["seed"]) for record in self.records[run][:count])
        return self.records[run][:count]

    def results(self, run: str, kind: str, name: str, count: int | None = None) -> list[Any]:
        """A metric or a series of each seed, or of the first ones; a `ValueError` if a record does not have it."""
        for record in self.records[run]:
            if name not in record[kind]:
                raise self.lacks(run, record, "metric" if kind == "metrics" else kind, name)
        records = self.records[run][:count]
        self.reads.results.update((run, record["seed"]) for record in records)
        return [record[kind][name] for record in records]

    def lacks(self, run: str, record: Record, kind: str, name: str) -> ValueError:
        """What to say of a record that lacks something."""
        text = f"the record of {run}-{record['seed']} must have the {kind} {name!r}"
        if (run, record["seed"]) in self.stale:
            why = "it was made by older code" if record["schema"] == SCHEMA else "it is of an older form"
            return ValueError(f"{text}: {why}; gmmxlnet runs run {run} --seeds {record['seed']}")
        if kind != "metric":
            return ValueError(text)
        return ValueError(
            f"{text}, it has {', '.join(record['metrics'])}: has {record['notebook']} changed what it writes?"
        )

    def deciding(self, found: Sequence[tuple[Name, T]]) -> list[tuple[Name, T]]:
        """Of what records say alike, what fresh ones say if there are any: stale ones may differ from them."""
        return [each for each in found if each[0] not in self.stale] or list(found)

    def values(self, run: str, name: str) -> list[float]:
        """One metric of each seed; a `ValueError` if a record does not have it."""
        return [float(value) for value in self.results(run, "metrics", name)]

    def known(self, run: str, name: str) -> dict[int, float]:
        """One metric of those seeds that have it, where it may have no meaning; a `ValueError` if none has it."""
        records = self.records[run]
        found = {record["seed"]: float(record["metrics"][name]) for record in records if name in record["metrics"]}
        if not found:
            raise self.lacks(run, records[0], "metric", name)
        self.reads.results.update((run, record["seed"]) for record in records)
        return found

    def metric(self, run: str, name: str) -> Sample:
        """One metric over the seeds."""
        return Sample.of(self.values(run, name))

    def one(self, run: str, name: str) -> float:
        """A metric that all seeds agree on, such as a size."""
        names = [(run, record["seed"]) for record in self.records[run]]
        found = {value for _, value in self.deciding(list(zip(names, self.values(run, name), strict=True)))}
        if len(found) > 1:
            raise ValueError(f"metric {name!r} of run {run} must be the same for all seeds, got {sorted(found)}")
        return found.pop()

    def param(self, runs: Iterable[str], name: str) -> Any:
        """A parameter that all of the runs, as far as they are there, have in common; a `ValueError` if they differ."""
        seen: list[tuple[Name, Any]] = []
        for run in self.there(runs):
            for record in self.about(run):
                if name not in record["params"]:
                    raise self.lacks(run, record, "parameter", name)
                seen.append(((run, record["seed"]), record["params"][name]))
        (one, first), *others = self.deciding(seen)
        other = next(((run, value) for (run, _), value in others if value != first), None)
        if other:
            raise ValueError(
                f"parameter {name!r} must be the same in all runs that the paper compares, "
                f"got {first!r} in {one[0]} and {other[1]!r} in {other[0]}"
            )
        return first

    def series(self, run: str, name: str, count: int | None = None) -> list[dict[str, Any]]:
        """One series of each seed, or of the first ones; a `ValueError` if a record does not have it."""
        return self.results(run, "series", name, count)

    def names(self, run: str) -> list[str]:
        """Of a run's metrics."""
        return list(self.records[run][0]["metrics"])

    def seeds(self, runs: Iterable[str]) -> str:
        """How many seeds runs have, as far as they are there: one number, or from the least to the most."""
        counts = {len(self.about(run)) for run in self.there(runs)}
        return "–".join(str(count) for count in sorted({min(counts), max(counts)}))

    def lengths(self, runs: Sequence[str] = LEARNED) -> list[int]:
        """The further lengths of documents, in segments, that all of some runs were asked about, the longest last."""
        return sorted(int(n) for n in self.param(runs, "eval_segments"))

    def aspects(self, run: str) -> dict[str, str]:
        """What a run's memory is, aspect by aspect; an aspect that is the usual one is empty."""
        records = [((run, record["seed"]), record) for record in self.records[run]]
        record = self.deciding(records)[0][1]
        params = record["params"]
        for name in ("memory_type", "memory_slots", "num_experts", "mem_len"):
            if name not in params:
                raise self.lacks(run, record, "parameter", name)
        kind, slots, bias = params["memory_type"], f"$m = {params['memory_slots']}$", params.get("gate_bias") or 0
        top, rule = params.get("routing_top_k"), params.get("write_routing") or "learned"
        written = f"{rule} writes" if rule != "learned" else "" if top is None else f"top {top}"
        gate = [GATES[params.get("memory_update") or "gated"] * (kind == "token"), f"gate bias ${bias:g}$" * bool(bias)]
        norm = "read through a layer norm" * bool(params.get("read_norm"))
        names = {
            "gmm": {
                "kind": "experts",
                "size": f"$k = {params['num_experts']}$",
                "write": ", ".join(filter(None, [written, "null route" * bool(params.get("null_expert"))])),
                "read": ", ".join(filter(None, [READS[params.get("routing_mode") or "write-based"], norm])),
                "gate": gate[1],
            },
            "token": {"kind": "flat", "size": slots, "read": norm, "gate": ", ".join(filter(None, gate))},
            "differentiable": {"kind": "differentiable", "size": slots, "read": norm},
            "mems": {"kind": "recurrence", "size": f"{params['mem_len']} tokens"},
            "none": {"kind": "no memory"},
        }
        if kind not in names:
            raise ValueError(f"memory_type of {run} must be one of {', '.join(names)}, got {kind!r}")
        return names[kind]

    def label(self, run: str, without: Sequence[str] = ()) -> str:
        """What a run's memory is called, without some aspects where it stands among its like."""
        return ", ".join(text for aspect, text in self.aspects(run).items() if text and aspect not in without)


def needed_jobs(manifest: str | Path, needed: Sequence[str] = NEEDED) -> tuple[list[Job], list[str]]:
    """The jobs of the runs that the paper needs, and what is wrong with the list of them, a line each."""
    everything = load_manifest(manifest)
    known, wrong = {job.id: job.tier for job in everything}, []
    for run in needed:
        try:
            check_names("paper/evidence.py: run", [run], known)
        except ValueError as error:
            wrong.append(f"unknown: {error}")
    smoke = [run for run in needed if known.get(run, "full") != "full"]
    wrong += [f"smoke: run {run} must be of tier full in {manifest}: smoke runs are no results" for run in smoke]
    return [job for job in everything if job.id in needed and job.tier == "full"], wrong


# What a record of an older form may lack: what it says of itself, and what a result would be looked for in.
ABSENT: Record = {"schema": 0, "params": {}, "metrics": {}, "series": {}, "data": None}
UNKNOWN: Record = {"commit": None, "device": "unknown", "digest": "unknown"}


def texts(content: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All strings in a record, names included, and where they stand."""
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, dict | list):
        for name, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield f"the names of {place or 'its fields'}", str(name)
            yield from texts(value, f"{place}.{name}".lstrip("."))


def unfit(job: Job, record: Record) -> list[str]:
    """What of a record must not come near TeX, in words: text that is more than text, and metrics that are no numbers."""
    wrong = [f"one line of plain text in {place}, got {text!r:.80}" for place, text in texts(record) if not is_text(text)]
    metrics = record["metrics"].items() if isinstance(record["metrics"], dict) else [("all", record["metrics"])]
    for name, value in metrics:
        if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:
            wrong.append(f"a finite number as metric {name!r:.40}, got {value!r:.40}")
    again = f"gmmxlnet runs run {job.id} --seeds {job.seed} --force"
    return [f"text: the record of {job.name} must have {wrong[0]}; {again}"] if wrong else []


def read_record(job: Job, path: Path | None = None) -> Record:
    """The record of a job, which is there, or the one in another file."""
    record = json.loads((path or job.record).read_text(encoding="utf-8"))
    return {**ABSENT, **UNKNOWN, "times": {}, **record, "seed": job.seed, "notebook": job.notebook.name}


def other_cards(job: Job) -> list[tuple[Record, bool]]:
    """The records of a job on other cards than the last one, and whether each is stale."""
    found = [read_record(job, path) for path in card_records(job).values() if path != job.record]
    return [(record, status_of(job, record).state != "fresh") for record in found]


def lines(verdicts: Sequence[tuple[Job, RecordStatus]]) -> list[str]:
    """Verdicts in words, a line for the seeds of a run that have the same, with the command that repeats them."""
    found: dict[tuple[str, RecordStatus], list[str]] = {}
    for job, verdict in verdicts:
        found.setdefault((job.id, verdict), []).append(str(job.seed))
    return [
        f"{state}: {run}, seeds {' '.join(seeds)}: {why}; gmmxlnet runs run {run} --seeds {' '.join(seeds)}"
        for (run, (state, why)), seeds in found.items()
    ]


def left_out(verdicts: Iterable[tuple[Job, RecordStatus]]) -> dict[str, list[Job]]:
    """The groups of `OPTIONAL` that a record is missing of, and what each lacks."""
    found: dict[str, list[Job]] = {}
    for job, verdict in verdicts:
        for group in groups_of([job.id]) if verdict.state == "missing" else ():
            found.setdefault(group, []).append(job)
    return found


def read_evidence(jobs: Sequence[Job]) -> tuple[Evidence, list[str]]:
    """The records of jobs, and what is wrong with them: a line each, with the command that repeats the run.

    A stale record is not wrong: it is evidence that is marked, with a note. Nor is a missing one of a group of `OPTIONAL`,
    which is left out as a whole then, with a note. No other state but fresh will do.
    """
    verdicts = [(job, record_status(job)) for job in jobs]
    pending = left_out(verdicts)
    out = {run for group in pending for run in OPTIONAL[group]}
    unmade = [(job, verdict) for job, verdict in verdicts if verdict.state == "missing" and job.id in out]
    old = [(job, verdict) for job, verdict in verdicts if verdict.state == "stale" and job.id not in out]
    bad = [each for each in verdicts if each[1].state not in ("fresh", "stale") and each not in unmade]
    wrong, notes = lines(bad), lines(old) + lines(unmade)
    stale, jobs = frozenset((job.id, job.seed) for job, _ in old), [job for job in jobs if job.id not in out]
    records: dict[str, list[Record]] = {}
    cards: dict[str, list[tuple[Record, bool]]] = {}
    if not wrong:
        for job in jobs:
            record = read_record(job)
            wrong += unfit(job, record)
            records.setdefault(job.id, []).append(record)
            cards[job.id] = [*cards.get(job.id, []), *(other_cards(job) if job.alone else [])]
            wrong += [line for other, _ in cards[job.id] for line in unfit(job, other)]
        alone = (LEARNED, UPDATE, SQUAD, PRETRAIN + MASKED, CLOZED, CONFIRMED, MILLION, MECHANISM, *asked_alike())
        for runs in (*alone, *IMPROVED.values(), *BINDING.values(), *((base, *changed) for base, changed in TUNED.items())):
            differing = other_data(records, runs, stale)
            wrong += differing
            notes += [line for line in other_data(records, runs) if line not in differing]
    return Evidence(records, stale, notes, pending, cards), wrong


def asked_alike() -> list[tuple[str, ...]]:
    """Runs that read the same articles: of each fold or half, by where the answer is."""
    found = []
    for kind in (FOLDED, ZERO):
        for where in ANSWER_IN:
            its = [runs for (_, place), runs in kind.items() if place == where]
            its += [BY_WINDOW] if kind is FOLDED and where == "passage" else []
            found += list(zip(*its, strict=True))
    return found


def other_data(
    records: Mapping[str, Sequence[Record]], runs: Sequence[str], apart: AbstractSet[Name] = frozenset()
) -> list[str]:
    """Records, some apart, that were made from other documents than those of the same seed that they are compared with."""
    first: dict[int, tuple[str, Any]] = {}
    wrong = []
    for run in runs:
        for record in records.get(run, ()):
            if (run, record["seed"]) in apart:
                continue
            name, digest = first.setdefault(record["seed"], (run, record["data"]))
            if record["data"] != digest:
                again = f"gmmxlnet runs run {run} --seeds {record['seed']} --force"
                wrong.append(f"data: {run}, seed {record['seed']}, read other documents than {name}; {again}")
    return wrong
