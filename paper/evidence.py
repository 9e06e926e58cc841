"""What the paper stands on: the runs that it needs, their records, and statistics over their seeds."""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gmmxlnet_nb.runs import Job, check_names, load_manifest, problems

# The one place that says which runs the paper needs. Each has a place in a figure's panels and in the tables.
RETENTION: dict[str, tuple[str, ...]] = {
    "soft": ("retention-gmm2", "retention-gmm4", "retention-gmm8"),
    "top": ("retention-gmm2-top1", "retention-gmm4-top1", "retention-gmm8-top1"),
    "asked": ("retention-gmm2-top1-read", "retention-gmm4-top1-read", "retention-gmm8-top1-read"),
    "flat": ("retention-token4", "retention-token8", "retention-token16", "retention-token32"),
    "others": ("retention-differentiable", "retention-mems8", "retention-mems64", "retention-none"),
}
LEARNED = tuple(run for group in RETENTION.values() for run in group)
WIDE = ("retention-token32",)  # Whose memory tokens need longer segments
USUAL = tuple(run for run in LEARNED if run not in WIDE)
WRITTEN = RETENTION["soft"] + RETENTION["top"]  # A read takes the route of the write before it
ROUTED = WRITTEN + RETENTION["asked"]
SQUAD = ("squad-gmm4", "squad-token4", "squad-token16", "squad-none")
# The parts of one benchmark: on a GPU, of the encoder, of memories, of long documents; and the encoder on a CPU.
ENCODER, MEMORY, LONG, CPU = ("benchmark-encoder",), ("benchmark-memory",), ("benchmark-long",), ("benchmark-cpu",)
BENCHMARK = ENCODER + MEMORY + LONG
NEEDED = LEARNED + SQUAD + BENCHMARK + CPU


class Sample(NamedTuple):
    """A number over seeds."""

    mean: float
    sd: float  # Of the sample; NaN with one seed
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        """The statistics of one value a seed."""
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else math.nan, len(values))


def compare(one: Sample, other: Sample) -> str:
    """Whether a mean is above or below another one by more than the larger standard deviation of the two."""
    if min(one.n, other.n) < 2:
        raise ValueError(f"a comparison needs at least 2 seeds, got {one.n} and {other.n}")
    gap = one.mean - other.mean
    if abs(gap) <= max(one.sd, other.sd):
        return "within one standard deviation of"
    return "above" if gap > 0 else "below"


@dataclass(frozen=True)
class Evidence:
    """The records of the runs, by the run's id, one a seed."""

    records: Mapping[str, Sequence[Mapping[str, Any]]]

    def values(self, run: str, name: str) -> list[float]:
        """One metric of each seed; a `ValueError` if a record does not have it."""
        for record in self.records[run]:
            if name not in record["metrics"]:
                raise ValueError(
                    f"the record of {run}-{record['seed']} must have the metric {name!r}, it has "
                    f"{', '.join(record['metrics'])}: has {record['notebook']} changed what it writes?"
                )
        return [float(record["metrics"][name]) for record in self.records[run]]

    def metric(self, run: str, name: str) -> Sample:
        """One metric over the seeds."""
        return Sample.of(self.values(run, name))

    def one(self, run: str, name: str) -> float:
        """A metric that all seeds agree on, such as a size."""
        found = set(self.values(run, name))
        if len(found) > 1:
            raise ValueError(f"metric {name!r} of run {run} must be the same for all seeds, got {sorted(found)}")
        return found.pop()

    def param(self, runs: Iterable[str], name: str) -> Any:
        """A parameter that all of the runs have in common; a `ValueError` if they differ."""
        runs = tuple(runs)
        seen: list[tuple[str, Any]] = []
        for run in runs:
            for record in self.records[run]:
                if name not in record["params"]:
                    raise ValueError(f"the record of {run}-{record['seed']} must have the parameter {name!r}")
                seen.append((run, record["params"][name]))
        first = seen[0][1]
        other = next(((run, value) for run, value in seen if value != first), None)
        if other:
            raise ValueError(
                f"parameter {name!r} must be the same in all runs that the paper compares, "
                f"got {first!r} in {seen[0][0]} and {other[1]!r} in {other[0]}"
            )
        return first

    def series(self, run: str, name: str) -> list[dict[str, Any]]:
        """One series of each seed; a `ValueError` if a record does not have it."""
        for record in self.records[run]:
            if name not in record.get("series", {}):
                raise ValueError(f"the record of {run}-{record['seed']} must have the series {name!r}")
        return [record["series"][name] for record in self.records[run]]

    def seeds(self, runs: Iterable[str]) -> str:
        """How many seeds a run has: one number, or from the least to the most."""
        counts = {len(self.records[run]) for run in runs}
        return "–".join(str(count) for count in sorted({min(counts), max(counts)}))

    def lengths(self) -> list[int]:
        """The document lengths, in segments, at which all retention runs were evaluated, the longest last."""
        return sorted(int(n) for n in self.param(LEARNED, "eval_segments"))

    def label(self, run: str, short: bool = False) -> str:
        """What a run's memory is called; short where it stands among its like."""
        params = self.records[run][0]["params"]
        kind, slots = params["memory_type"], params["memory_slots"]
        top = "" if params.get("routing_top_k") is None or short else f", top {params['routing_top_k']}"
        if params.get("routing_mode") == "read-based" and not short:
            top += ", read by question"
        names = {
            "gmm": ("experts, ", f"$k = {params['num_experts']}${top}"),
            "token": ("flat, ", f"$m = {slots}$"),
            "differentiable": ("differentiable" + (", " if not short else ""), f"$m = {slots}$" if not short else ""),
            "mems": ("recurrence, ", f"{params['mem_len']} tokens"),
            "none": ("no memory", ""),
        }
        if kind not in names:
            raise ValueError(f"memory_type of {run} must be one of {', '.join(names)}, got {kind!r}")
        before, own = names[kind]
        return own if short and kind in ("gmm", "token") else before + own


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


def read_evidence(jobs: Sequence[Job]) -> tuple[Evidence, list[str]]:
    """The records of jobs, and what is wrong with them: a line each, with the command that repeats the run."""
    wrong = problems(jobs)
    records: dict[str, list[dict[str, Any]]] = {}
    if not wrong:
        for job in jobs:
            records.setdefault(job.id, []).append(json.loads(job.record.read_text(encoding="utf-8")))
        wrong = [line for runs in (LEARNED, SQUAD) for line in other_data(records, runs)]
    return Evidence(records), wrong


def other_data(records: Mapping[str, Sequence[Mapping[str, Any]]], runs: Sequence[str]) -> list[str]:
    """Records that were made from other documents than those of the same seed that they are compared with."""
    first: dict[int, tuple[str, Any]] = {}
    wrong = []
    for run in runs:
        for record in records.get(run, ()):
            name, digest = first.setdefault(record["seed"], (run, record["data"]))
            if record["data"] != digest:
                again = f"gmmxlnet-runs run {run} --seeds {record['seed']} --force"
                wrong.append(f"data: {run}, seed {record['seed']}, read other documents than {name}; {again}")
    return wrong
