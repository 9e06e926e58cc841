"""Every number of the paper: the macros of the text, and the tables."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from evidence import (
    BENCHMARK,
    CPU,
    ENCODER,
    LEARNED,
    LONG,
    MEMORY,
    NEEDED,
    RETENTION,
    ROUTED,
    SQUAD,
    USUAL,
    WIDE,
    WRITTEN,
    Evidence,
    Sample,
    compare,
)
from tex import Body, Stale, Table

Value = Callable[[Evidence], str]

# What the contenders of the benchmark are called in the paper, in the order in which they are shown.
ENCODERS = {
    "HF eager": "Hugging Face, eager",
    "HF compiled": "Hugging Face, compiled",
    "HF captured": "Hugging Face, captured",
    "RMT eager": "recurrent memory on BERT",
    "RMT compiled": "recurrent memory, compiled",
    "RMT captured": "recurrent memory, captured",
    "RMT, BERT": "recurrent memory on BERT",  # In older records: compiled on a GPU, and not on a CPU
    "sdpa": "ours, fused attention",
    "triton": "ours, Triton kernels",
    "compiled": "ours, compiled",
    "captured": "ours, captured",
}
# What runs on a CPU, and what cards are compared by; of two names the first that a record has.
ON_CPU = (("HF eager",), ("sdpa",), ("RMT eager", "RMT, BERT"))
CARD_COLUMNS = ("HF compiled", "HF captured", "compiled", "captured")
# And the memories.
MEMORIES = {
    "off": "none",
    "off, without memory tokens": "none, no tokens",
    "flat": "flat",
    "flat, as many floats": "flat, $km$ slots",
}
FASTEST = "captured"
PARTS = ("training", "inference")
NUMBERS = {2: "Two", 4: "Four", 8: "Eight", 16: "Sixteen", 32: "ThirtyTwo"}


@dataclass(frozen=True)
class Macro:
    """A number, or what is said of numbers, in the text."""

    name: str  # In TeX: letters only, the first one large
    runs: tuple[str, ...]  # That it is computed from
    value: Value
    what: str  # In words


# --- how numbers are written ---


def number(value: float, digits: int = 1) -> str:
    """A number with thousands set apart; a minus sign, no negative zero."""
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if not float(text.replace(",", "")) else text.replace("-", "−")


def spread(sample: Sample, digits: int = 1) -> str:
    """Mean and standard deviation; the mean alone of one seed."""
    mean = number(sample.mean, digits)
    return mean if math.isnan(sample.sd) else f"{mean} ± {number(sample.sd, digits)}"


def listed(names: Sequence[str], nothing: str) -> str:
    """Names as a phrase."""
    if not names:
        return nothing
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# --- what is computed ---


def at(length: int) -> str:
    """The metric of exact match at a number of segments."""
    return f"exact/{length}"


def longest(e: Evidence) -> int:
    """The most segments that were evaluated."""
    return e.lengths()[-1]


def at_longest(e: Evidence) -> str:
    """The metric of exact match at the longest length."""
    return at(longest(e))


def spanned(values: Sequence[int]) -> str:
    """From the least to the most."""
    return f"{min(values)} to {max(values)}"


def experts(e: Evidence, run: str) -> int:
    """k of a run."""
    return int(e.param([run], "num_experts"))


def flat_like(e: Evidence, run: str) -> str:
    """The run of flat memory with as many slots as a run's experts have together."""
    slots = experts(e, run) * int(e.param([run], "memory_slots"))
    for other in RETENTION["flat"]:
        if int(e.param([other], "memory_slots")) == slots:
            return other
    raise ValueError(f"a flat memory with {slots} slots must be among the runs, to be compared with {run}")


def difference(one: str, other: str, name: str) -> Value:
    """How far apart two means are, and whether that is more than the seeds' spread."""

    def value(e: Evidence) -> str:
        samples = e.metric(one, name), e.metric(other, name)
        gap = samples[0].mean - samples[1].mean
        word = {"above": "above", "below": "below"}.get(compare(*samples), "within")
        return f"{'+' if gap > 0 else ''}{number(gap)} ({word})"

    return value


def those(e: Evidence, group: str, other: Callable[[str], str], length: int, word: str) -> str:
    """The numbers of experts for which a group's memory is above or below another one."""
    runs = [
        run for run in RETENTION[group] if compare(e.metric(run, at(length)), e.metric(other(run), at(length))) == word
    ]
    return listed([f"$k = {experts(e, run)}$" for run in runs], "no $k$")


def soft_like(run: str) -> str:
    """The soft routes of as many experts."""
    return run.removesuffix("-top1")


def top_like(run: str) -> str:
    """Top-1 routes of as many experts, read as they were written."""
    return run.removesuffix("-read")


def extremes(e: Evidence, runs: Sequence[str], name: str) -> str:
    """The range of the means."""
    means = [number(e.metric(run, name).mean) for run in sorted(runs, key=lambda run: e.metric(run, name).mean)]
    return means[0] if means[0] == means[-1] else f"{means[0]} to {means[-1]}"


def best(e: Evidence, runs: Sequence[str], name: str) -> str:
    """The run with the highest mean."""
    return max(runs, key=lambda run: e.metric(run, name).mean)


def against_chance(e: Evidence, run: str, name: str) -> str:
    """A score beside chance."""
    return compare(e.metric(run, name), e.metric(run, "chance"))


def beside_chance(e: Evidence, runs: Sequence[str], name: str) -> str:
    """How many of the runs are above chance, within a standard deviation of it, and below."""
    words = [against_chance(e, run, name) for run in runs]
    counts = {word: words.count(word) for word in ("above", "within one standard deviation of", "below")}
    return listed([f"{count} {word} chance" for word, count in counts.items() if count], "none")


def first_expert(record_routing: dict[str, list[list[float]]]) -> int:
    """The expert that takes most of the first segment."""
    shares = record_routing["write"][0]
    return shares.index(max(shares))


def routing(e: Evidence, run: str) -> tuple[Sample, Sample, Sample]:
    """Of the expert that takes most of the first segment: its share of it, of the segments between, of the last read."""
    found = []
    for record in e.series(run, "routing"):
        expert, write, read = first_expert(record), record["write"], record["read"]
        between = [shares[expert] for shares in write[1:-1]] or [math.nan]
        found.append((write[0][expert], sum(between) / len(between), read[-1][expert]))
    first, later, last = zip(*found, strict=True)
    return Sample.of(first), Sample.of(later), Sample.of(last)


def shares(run: str, which: int) -> Value:
    """One of the three shares of routing."""
    return lambda e: spread(routing(e, run)[which], 2)


def mean(run: str, name: str) -> Value:
    """A metric over the seeds."""
    return lambda e: spread(e.metric(run, name))


def chance(run: str) -> Value:
    """The score of chance."""
    return lambda e: number(e.metric(run, "chance").mean)


def even(run: str) -> Value:
    """The share that each expert has of an even route."""
    return lambda e: number(1 / experts(e, run), 3)


def size(run: str, name: str) -> Value:
    """A size that all seeds agree on."""
    return lambda e: number(e.one(run, name), 0)


def parameters(run: str) -> Value:
    """Of a whole model: the mean over seeds, because a vocabulary is that of a seed's documents."""
    return lambda e: number(e.metric(run, "parameters").mean, 0)


def floor(e: Evidence, part: str) -> float:
    """Milliseconds that a step takes at least."""
    return max(timed(e, f"{part}/floor/{kind}_ms") for kind in ("arithmetic", "bytes"))


def timed(e: Evidence, name: str) -> float:
    """One number of the benchmark, from the part that has it."""
    has = [run for run in BENCHMARK if name in e.names(run)]
    return e.one(has[0] if has else BENCHMARK[0], name)


def cost_ratio(part: str, memory: str, field: str) -> Value:
    """A memory's time or space as a multiple of what no memory takes."""
    return lambda e: number(timed(e, f"memory_{part}/{memory}/{field}") / timed(e, f"memory_{part}/off/{field}"), 3)


def speed_up(part: str, slow: str) -> Value:
    """How many times as fast the fastest form is as another one."""
    return lambda e: number(timed(e, f"{part}/{slow}/ms") / timed(e, f"{part}/{FASTEST}/ms"), 2)


def fastest_of(e: Evidence, part: str, who: str) -> str:
    """The form of a candidate that took the least time."""
    found = [name for name in names_in(e, part) if name.startswith(f"{who} ")]
    return min(found, key=lambda name: timed(e, f"{part}/{name}/ms"))


def speed_up_of_best(part: str) -> Value:
    """How many times as fast ours is as Hugging Face's code in its fastest form."""
    return lambda e: speed_up(part, fastest_of(e, part, "HF"))(e)


def first_name(e: Evidence, runs: tuple[str, ...], part: str, names: Sequence[str]) -> str:
    """The first of some names that a record has; the last one if it has none, so that this is said of it."""
    return next((name for name in names if any(f"{part}/{name}/ms" in e.names(run) for run in runs)), names[-1])


def modern(e: Evidence) -> str:
    """ModernBERT in its fastest form, as the record calls it."""
    return first_name(e, LONG, "long", ("ModernBERT captured", "ModernBERT compiled", "ModernBERT"))


def on_cpu(part: str, name: str = "sdpa") -> Value:
    """How many times as fast as Hugging Face's eager code something, ours by default, is on a CPU."""
    return lambda e: number(e.one(CPU[0], f"{part}/HF eager/ms") / e.one(CPU[0], f"{part}/{name}/ms"), 2)


def device(runs: tuple[str, ...]) -> Value:
    """What all of the runs computed on; a `ValueError` if they differ, or if a CPU was asked for and it is none."""

    def value(e: Evidence) -> str:
        devices = [((run, record["seed"]), str(record["device"])) for run in runs for record in e.about(run)]
        found = {name for _, name in e.deciding(devices)}
        if len(found) > 1:
            raise ValueError(f"the runs {', '.join(runs)} must be of one device, got {', '.join(sorted(found))}")
        if (runs == CPU) != (asked := next(iter(found)).startswith("cpu")):
            raise ValueError(f"the runs {', '.join(runs)} must be of a {'GPU' if asked else 'CPU'}, got {found.pop()}")
        return found.pop()

    return value


def memories(e: Evidence) -> list[str]:
    """The memories that the benchmark compares, from none to the most experts, as it names them."""
    return names_in(e, "memory_training")


def names_in(e: Evidence, part: str) -> list[str]:
    """The names that stand between a part of the benchmark's metrics and their fields, in order."""
    found = {run: [name.split("/")[1] for name in e.names(run) if name.startswith(f"{part}/")] for run in BENCHMARK}
    for run in (run for run, names in found.items() if names):
        e.about(run)
    return list(dict.fromkeys(name for names in found.values() for name in names))


def counts(e: Evidence, part: str = "length") -> list[int]:
    """The sizes whose cost a part of the benchmark measured: of `length`, a document's segments."""
    found = sorted(int(name) for name in names_in(e, part))
    if not found:
        raise ValueError(f"the record of the benchmark must have metrics {part}/…/ms, it has none")
    return found


def growth(e: Evidence, field: str) -> str:
    """The largest value over all document lengths as a multiple of the smallest."""
    values = [timed(e, f"length/{count}/{field}") for count in counts(e)]
    return number(max(values) / min(values), 3)


def last_to_first(part: str) -> Value:
    """The time at the largest size as a multiple of that at the smallest."""

    def value(e: Evidence) -> str:
        sizes = counts(e, part)
        return number(timed(e, f"{part}/{sizes[-1]}/ms") / timed(e, f"{part}/{sizes[0]}/ms"), 2)

    return value


# --- macros ---


def setting(name: str, runs: tuple[str, ...], param: str, what: str) -> Macro:
    """A parameter that runs have in common."""

    def value(e: Evidence) -> str:
        found = e.param(runs, param)
        if isinstance(found, list):
            return ", ".join(map(str, found))
        if isinstance(found, int) and not isinstance(found, bool):
            return number(found, 0)
        if isinstance(found, float) and 0 < abs(found) < 0.001:
            mantissa, exponent = f"{found:e}".split("e")
            return rf"${float(mantissa):g} \times 10^{{{int(exponent)}}}$"
        return str(found)

    return Macro(name, runs, value, what)


def score(name: str, run: str, metric: str | Callable[[Evidence], str], what: str) -> Macro:
    """A metric over the seeds."""
    return Macro(name, (run,), lambda e: spread(e.metric(run, metric if isinstance(metric, str) else metric(e))), what)


def macros() -> list[Macro]:
    """All macros of the text; each must be used."""
    four, top, flat = "retention-gmm4", "retention-gmm4-top1", "retention-token16"
    asked = "retention-gmm4-top1-read"
    found = [
        Macro("Seeds", LEARNED, lambda e: e.seeds(LEARNED), "seeds of each retention run"),
        Macro("SquadSeeds", SQUAD, lambda e: e.seeds(SQUAD), "seeds of each SQuAD run"),
        Macro("EvalDocuments", LEARNED, lambda e: evaluated(e, LEARNED), "retention documents asked about"),
        Macro("SquadEvalDocuments", SQUAD, lambda e: evaluated(e, SQUAD), "articles' questions asked"),
        Macro("Lengths", LEARNED, lambda e: listed([str(n) for n in e.lengths()], ""), "evaluated lengths, segments"),
        Macro("Longest", LEARNED, lambda e: str(longest(e)), "longest evaluated length, segments"),
        Macro("Chance", LEARNED, lambda e: extremes(e, LEARNED, "chance"), "expected EM of a random choice, %"),
        Macro("Choices", LEARNED, lambda e: number(100 / e.metric(LEARNED[0], "chance").mean, 0), "choices offered"),
        setting("Trained", LEARNED, "num_segments", "segments of a training document"),
        setting("Layers", LEARNED, "num_layers", "layers of the encoder"),
        setting("Width", LEARNED, "hidden_dim", "width d of the encoder"),
        setting("ExpertSlots", ROUTED, "memory_slots", "slots m of an expert"),
        setting("SegmentTokens", USUAL, "segment_length", "tokens of a segment at most"),
        setting("WideSegmentTokens", WIDE, "segment_length", "tokens of a segment at most, with the most slots"),
        setting("TrainDocuments", LEARNED, "num_train", "training documents at most"),
        setting("Batch", LEARNED, "batch_size", "documents of a batch"),
        setting("Steps", LEARNED, "max_steps", "training steps"),
        setting("ShortSteps", LEARNED, "short_steps", "of these on short documents"),
        setting("LearningRate", LEARNED, "learning_rate", "learning rate"),
        setting("Balance", ROUTED + SQUAD[:1], "load_balance_weight", "weight of the load-balance loss"),
        setting("Temperature", ROUTED + SQUAD[:1], "routing_temperature", "temperature of the routes"),
        Macro("TrainedRange", LEARNED, lambda e: spanned(e.param(LEARNED, "train_segments")),
              "segments of training documents"),
        setting("RoutingMode", WRITTEN + SQUAD[:1], "routing_mode", "which route a read takes"),
        setting("SquadLayers", SQUAD, "num_layers", "layers of the encoder on articles"),
        setting("SquadWidth", SQUAD, "hidden_dim", "width d of the encoder on articles"),
        setting("SquadLearningRate", SQUAD, "learning_rate", "learning rate on articles"),
        setting("SquadSegments", SQUAD, "num_segments", "segments of an article, about"),
        setting("SquadSegmentTokens", SQUAD, "segment_length", "tokens of a segment at most"),
        setting("SquadStride", SQUAD, "stride", "tokens that neighbouring segments share"),
        setting("SquadTrainDocuments", SQUAD, "num_train", "training documents at most"),
        setting("SquadBatch", SQUAD, "batch_size", "documents of a batch"),
        setting("SquadSteps", SQUAD, "max_steps", "training steps"),
        setting("SquadShortSteps", SQUAD, "short_steps", "of these on single paragraphs"),
        score("SoftTrained", four, "exact", "EM with 4 experts, soft routes, trained length"),
        score("SoftLongest", four, at_longest, "the same at the longest length"),
        score("TopTrained", top, "exact", "EM with 4 experts, top-1 routes, trained length"),
        score("TopLongest", top, at_longest, "the same at the longest length"),
        score("AskedTrained", asked, "exact", "EM with 4 experts, top-1 writes, reads by the question, trained length"),
        score("AskedLongest", asked, at_longest, "the same at the longest length"),
        score("FlatTrained", flat, "exact", "EM with flat memory of as many slots, trained length"),
        score("FlatLongest", flat, at_longest, "the same at the longest length"),
        Macro("SoftLongestBesideChance", (four,), lambda e: against_chance(e, four, at_longest(e)), "against chance"),
        Macro("TopLongestBesideSoft", (top, four), lambda e: compare(e.metric(top, at_longest(e)), e.metric(four, at_longest(e))),
              "top-1 against soft routes, 4 experts, longest length"),
        Macro("ClearedRange", LEARNED, lambda e: extremes(e, LEARNED, "exact_memory_cleared"),
              "EM with the memory cleared before every segment, over all memories"),
        Macro("ClearedBesideChance", LEARNED, lambda e: beside_chance(e, LEARNED, "exact_memory_cleared"),
              "the same against chance"),
        score("NoMemoryTrained", "retention-none", "exact", "EM without a memory"),
        Macro("LearnedRuns", LEARNED, lambda e: str(len(LEARNED)), "memories compared on retention"),
        Macro("BestTrained", LEARNED, lambda e: e.label(best(e, LEARNED, "exact")), "highest mean EM, trained length"),
        Macro("BestTrainedScore", LEARNED, lambda e: spread(e.metric(best(e, LEARNED, "exact"), "exact")), "its EM"),
        Macro("BestLongest", LEARNED, lambda e: e.label(best(e, LEARNED, at_longest(e))), "highest mean EM, longest length"),
        Macro("BestLongestScore", LEARNED, lambda e: spread(e.metric(best(e, LEARNED, at_longest(e)), at_longest(e))), "its EM"),
    ]  # fmt: skip
    for word in ("above", "below"):
        for name, group, like in (
            ("SoftFlat", "soft", None), ("TopFlat", "top", None), ("AskedFlat", "asked", None), ("TopSoft", "top", soft_like),
            ("AskedTop", "asked", top_like),
        ):  # fmt: skip
            found.append(against(name, group, like, word))
    for name, run in (("Soft", four), ("Top", top), ("Asked", asked)):
        found.append(Macro(f"{name}Later", (run,), shares(run, 1),
                           "share of later segments that the first segment's expert takes, 4 experts"))  # fmt: skip
    found += [
        Macro("RoutingSeed", ROUTED, lambda e: str(e.about(ROUTED[0], 1)[0]["seed"]), "seed whose routes are drawn"),
        Macro("SquadTrivial", SQUAD, lambda e: extremes(e, SQUAD, "chance"), "EM and F1 of never answering"),
        score("SquadSoft", "squad-gmm4", "exact", "EM on articles with 4 experts"),
        score("SquadFlat", "squad-token16", "exact", "EM on articles with flat memory of as many slots"),
        score("SquadNone", "squad-none", "exact", "EM on articles without a memory"),
        Macro("SquadBesideTrivial", SQUAD, lambda e: beside_chance(e, SQUAD, "exact").replace("chance", "it"),
              "EM on articles beside never answering"),
        Macro("SquadBesideFlat", SQUAD, lambda e: compare(e.metric("squad-gmm4", "exact"),
              e.metric("squad-token16", "exact")), "experts beside flat memory on articles"),
        Macro("SquadBesideNone", SQUAD, lambda e: compare(e.metric("squad-gmm4", "exact"),
              e.metric("squad-none", "exact")), "experts beside no memory on articles"),
        Macro("SquadCleared", SQUAD[:1], lambda e: compare(e.metric("squad-gmm4", "exact"),
              e.metric("squad-gmm4", "exact_memory_cleared")), "experts beside the same with the memory cleared"),
        Macro("Device", BENCHMARK, device(BENCHMARK), "device of the benchmark"),
        Macro("CpuDevice", CPU, device(CPU), "device of its part on a CPU"),
        setting("CpuTokens", CPU, "segment_length", "tokens of a segment there"),
        Macro("CpuTrain", CPU, on_cpu("training"), "training step there against HF eager"),
        Macro("CpuInfer", CPU, on_cpu("inference"), "inference there against HF eager"),
        setting("BenchLayers", BENCHMARK, "num_layers", "layers"),
        setting("BenchWidth", BENCHMARK, "hidden_dim", "width"),
        setting("BenchHeads", BENCHMARK, "num_heads", "heads"),
        setting("BenchBatch", BENCHMARK, "batch_size", "documents side by side"),
        setting("BenchTokens", BENCHMARK, "segment_length", "tokens of a segment"),
        setting("BenchSlots", BENCHMARK, "memory_slots", "slots of an expert"),
        setting("BenchSegments", MEMORY, "segments", "segments of a document where memories are compared"),
        setting("BenchRounds", BENCHMARK, "rounds", "turns of each contender"),
        setting("LongTokens", BENCHMARK, "long_tokens", "tokens of text of a long document"),
        setting("Windows", BENCHMARK, "windows", "tokens of a window of ModernBERT"),
        Macro("Tflops", BENCHMARK, lambda e: number(timed(e, "matrix_tflops"), 0), "rate of large products, TFLOP/s"),
        Macro("Gbps", BENCHMARK, lambda e: number(timed(e, "copy_gbps"), 0), "rate of copying, GB/s"),
        Macro("TrainSpeedUp", BENCHMARK, speed_up("training", "HF eager"), "training step against HF eager"),
        Macro("InferSpeedUp", BENCHMARK, speed_up("inference", "HF eager"), "inference against HF eager"),
        Macro("TrainSpeedUpCompiled", BENCHMARK, speed_up("training", "HF compiled"), "against HF compiled"),
        Macro("InferSpeedUpCompiled", BENCHMARK, speed_up("inference", "HF compiled"), "against HF compiled"),
        Macro("TrainSpeedUpBest", BENCHMARK, speed_up_of_best("training"), "against HF in its fastest form"),
        Macro("InferSpeedUpBest", BENCHMARK, speed_up_of_best("inference"), "against HF in its fastest form"),
        Macro("BestForm", BENCHMARK, lambda e: fastest_of(e, "training", "HF").split()[1], "HF's fastest form in training"),
        Macro("TrainFloor", BENCHMARK, lambda e: number(timed(e, f"training/{FASTEST}/ms") / floor(e, "training"), 1),
              "fastest training step as a multiple of the floor"),
        Macro("InferFloor", BENCHMARK, lambda e: number(timed(e, f"inference/{FASTEST}/ms") / floor(e, "inference"), 1),
              "fastest inference as a multiple of the floor"),
        Macro("EightTrain", BENCHMARK, cost_ratio("training", "k = 8", "ms"), "8 experts, training, time to none"),
        Macro("EightTrainText", BENCHMARK, lambda e: number(timed(e, "memory_training/k = 8/ms")
              / timed(e, "memory_training/off, without memory tokens/ms"), 3), "the same to none without memory tokens"),
        Macro("TrainCompiled", BENCHMARK, lambda e: number(timed(e, "training/HF compiled/ms")
              / timed(e, "training/compiled/ms"), 2), "compiled training step against HF compiled"),
        Macro("InferCompiled", BENCHMARK, lambda e: number(timed(e, "inference/HF compiled/ms")
              / timed(e, "inference/compiled/ms"), 2), "compiled inference against HF compiled"),
        Macro("EightInfer", BENCHMARK, cost_ratio("inference", "k = 8", "ms"), "8 experts, inference, time to none"),
        Macro("EightTrainSpace", BENCHMARK, cost_ratio("training", "k = 8", "peak_gib"), "8 experts, memory to none"),
        Macro("EightInferSpace", BENCHMARK, cost_ratio("inference", "k = 8", "peak_gib"), "8 experts, memory to none"),
        Macro("FewSlots", BENCHMARK, lambda e: str(counts(e, "slots")[0]), "fewest slots timed"),
        Macro("ManySlots", BENCHMARK, lambda e: str(counts(e, "slots")[-1]), "most slots timed"),
        Macro("SlotsTime", BENCHMARK, last_to_first("slots"), "training step with the most slots to the fewest"),
        Macro("ShortSegment", BENCHMARK, lambda e: number(counts(e, "segment_length")[0], 0), "shortest segment timed"),
        Macro("LongSegment", BENCHMARK, lambda e: number(counts(e, "segment_length")[-1], 0), "longest segment timed"),
        Macro("SegmentTime", BENCHMARK, last_to_first("segment_length"), "training step with the longest to the shortest"),
        Macro("SmallRate", BENCHMARK, lambda e: number(1000 / timed(e, "small/captured/ms"), 0),
              "steps a second of a small model, captured"),
        Macro("SmallPlainRate", BENCHMARK, lambda e: number(1000 / timed(e, "small/plain/ms"), 0), "the same, plain"),
        Macro("LongRate", BENCHMARK, lambda e: number(timed(e, "long/documents/tokens_per_second"), 0),
              "tokens a second over long documents"),
        Macro("ModernRate", BENCHMARK, lambda e: number(timed(e, f"long/{modern(e)}/tokens_per_second"), 0),
              "the same of ModernBERT in windows"),
        Macro("LongRatio", BENCHMARK, lambda e: number(timed(e, "long/documents/tokens_per_second")
              / timed(e, f"long/{modern(e)}/tokens_per_second"), 2), "their ratio"),
        Macro("Shortest", BENCHMARK, lambda e: number(counts(e)[0], 0), "shortest document timed, segments"),
        Macro("Farthest", BENCHMARK, lambda e: number(counts(e)[-1], 0), "longest document timed, segments"),
        Macro("TimeGrowth", BENCHMARK, lambda e: growth(e, "ms"), "largest time a segment to the smallest"),
        Macro("SpaceGrowth", BENCHMARK, lambda e: growth(e, "peak"), "largest peak of memory to the smallest"),
        Macro("Runs", NEEDED, lambda e: str(sum(len(e.about(run)) for run in e.records)), "records that the paper stands on"),
        Macro("Hours", NEEDED, lambda e: number(seconds_in_all(e) / 3600), "hours that the runs took, one after another"),
        Macro("Newest", NEEDED, lambda e: max(record["times"].get("started", "")[:10] for run in e.records
              for record in e.about(run)), "day of the newest record"),
    ]  # fmt: skip
    return found


def against(name: str, group: str, like: Callable[[str], str] | None, word: str) -> Macro:
    """For which k a group is above or below the flat memory of its size, or another group, at the longest length."""
    other = "flat" if like is None else "soft" if like is soft_like else "top"
    runs = RETENTION[group] + RETENTION[other]

    def value(e: Evidence) -> str:
        return those(e, group, like or (lambda run: flat_like(e, run)), longest(e), word)

    return Macro(f"{name}{word.capitalize()}", runs, value, f"the k that are {word} at the longest length")


def seconds_in_all(e: Evidence) -> float:
    """How long the runs took, one after another."""
    found = []
    for run in e.records:
        for record in e.about(run):
            if "wall_s" not in record["times"]:
                raise e.lacks(run, record, "time", "wall_s")
            found.append(record["times"]["wall_s"])
    return sum(found)


def evaluated(e: Evidence, runs: Sequence[str]) -> str:
    """How many documents were asked about."""
    found = set()
    for run in runs:
        for record in e.about(run):
            if "n_eval" not in record:
                raise e.lacks(run, record, "field", "n_eval")
            found.add(int(record["n_eval"]))
    return "–".join(number(n, 0) for n in sorted({min(found), max(found)}))


# --- tables ---


def retention_body(e: Evidence) -> Body:
    """Scores of all memories on retention."""
    trained, last = str(e.param(LEARNED, "num_segments")), str(longest(e))
    rows: list[tuple[str, ...] | None] = []
    for group in RETENTION.values():
        for run in group:
            sizes = [size(run, "memory_floats"), size(run, "memory_parameters"), parameters(run)]
            scores = [mean(run, name) for name in ("exact", at(longest(e)), "exact_memory_cleared")]
            rows.append((e.label(run), *map(e.marked, (*sizes, *scores))))
        rows.append(None)
    drawn = e.marked(chance(LEARNED[0]))
    rows.append(("chance", "", "", "", drawn, drawn, drawn))
    header = ("memory", "floats", "memory param.", "all param.", f"{trained} segments", f"{last} segments", "cleared")
    return header, tuple(rows)


def contrast_body(e: Evidence) -> Body:
    """Experts against flat memory of their size, and the two ways to route against each other."""
    trained, last = int(e.param(LEARNED, "num_segments")), longest(e)
    rows = []
    groups = ("soft", "top", "asked")
    for runs in zip(*(RETENTION[group] for group in groups), strict=True):
        flat = flat_like(e, runs[0])
        cells = (e.marked(difference(run, flat, at(n))) for run in runs for n in (trained, last))
        rows.append((f"${experts(e, runs[0])}$", *cells))
    return ("$k$", *(f"{w}, {n}" for w in ("soft", "top-1", "by question") for n in (trained, last))), tuple(rows)


def routing_body(e: Evidence) -> Body:
    """Where the first segment's expert is written and read afterwards."""
    rows = []
    for run in ROUTED:
        rows.append((e.label(run), *map(e.marked, (even(run), *(shares(run, which) for which in range(3))))))
    header = ("memory", "even", "first write", "later writes", "last read")
    return header, tuple(rows)


def squad_body(e: Evidence) -> Body:
    """Scores on articles."""
    names = ("exact", "f1", "HasAns_exact", "HasAns_f1", "NoAns_exact", "exact_memory_cleared", "f1_memory_cleared")
    rows: list[tuple[str, ...] | None] = [
        (e.label(run), *(e.marked(mean(run, name)) for name in names)) for run in SQUAD
    ]
    trivial = e.marked(chance(SQUAD[0]))
    never, always = number(0), number(100)  # of documents with an answer, and without one, by definition
    rows += [None, ("never answering", trivial, trivial, never, never, always, trivial, trivial)]
    header = ("memory", "EM", "F1", "HasAns EM", "HasAns F1", "NoAns", "EM cleared", "F1 cleared")
    return header, tuple(rows)


def step(name: str) -> Value:
    """A time and its spread."""

    def value(e: Evidence) -> str:
        ms, low, high = (timed(e, f"{name}/{field}") for field in ("ms", "low", "high"))
        return f"{number(ms, 2)} ({number(low, 2)}–{number(high, 2)})"

    return value


def faster(part: str, name: str) -> Value:
    """How many times as fast as Hugging Face's eager code something is."""
    return lambda e: number(timed(e, f"{part}/HF eager/ms") / timed(e, f"{part}/{name}/ms"), 2)


def peak(part: str, name: str) -> Value:
    """The peak of GPU memory."""
    return lambda e: number(timed(e, f"{part}/{name}/peak_gib"), 2)


def lowest(part: str) -> Value:
    """The floor."""
    return lambda e: number(floor(e, part), 2)


def encoders(e: Evidence) -> dict[str, str]:
    """The candidates that the record has, and what they are called in the paper."""
    there = names_in(e, PARTS[0])
    return {name: label for name, label in ENCODERS.items() if name in there}


def defaults_body(e: Evidence) -> Body:
    """What a user gets with nothing switched on; a row of dashes where a record is older than the question."""
    rows: list[tuple[str, ...] | None] = []
    for name in names_in(e, "default_training"):
        row = [name]
        for part in PARTS:
            ratio = cost_against(f"default_{part}", "Hugging Face", name)
            row += map(e.marked, (step(f"default_{part}/{name}"), ratio))
        rows.append(tuple(row))
    return ("", "training, ms", "×", "reading, ms", "×"), tuple(rows or [("not in these records", *4 * ("–",))])


def cost_against(part: str, slow: str, name: str) -> Value:
    """How many times as fast as another one something is."""
    return lambda e: number(timed(e, f"{part}/{slow}/ms") / timed(e, f"{part}/{name}/ms"), 2)


def cards_body(e: Evidence) -> Body:
    """The same steps on each card, the last one first."""
    [run], rows = ENCODER, list[tuple[str, ...]]()

    def cell(name: str) -> Value:
        return lambda e: number(timed(e, name), 2) if name in e.names(run) else "–"

    for part in PARTS:
        names = [f"{part}/{name}/ms" for name in CARD_COLUMNS]
        rows.append((e.marked(device(ENCODER)), part, *(e.marked(cell(name)) for name in names)))
        for record, stale in e.cards.get(run, ()):
            mark, metrics = Stale if stale else str, record["metrics"]
            cells = (number(metrics[name], 2) if name in metrics else "–" for name in names)
            rows.append((mark(record["device"]), part, *map(mark, cells)))
    return ("card", "", *(ENCODERS[name] for name in CARD_COLUMNS)), tuple(rows)


def encoder_body(e: Evidence) -> Body:
    """The cost of one segment, by who computes it."""
    rows: list[tuple[str, ...] | None] = []
    for name, label in encoders(e).items():
        row = [label]
        for part in PARTS:
            row += map(e.marked, (step(f"{part}/{name}"), faster(part, name), peak(part, name)))
        rows.append(tuple(row))
    rows += [None, ("floor", *(cell for part in PARTS for cell in (e.marked(lowest(part)), "", "")))]
    header = ("", "training, ms", "×", "GiB", "inference, ms", "×", "GiB")
    return header, tuple(rows)


def memory_body(e: Evidence) -> Body:
    """The cost of memories."""
    rows = []
    for name in memories(e):
        row = [MEMORIES.get(name, f"${name}$")]
        for part in PARTS:
            ratios = [cost_ratio(part, name, field) for field in ("ms", "peak_gib")]
            row += map(e.marked, (step(f"memory_{part}/{name}"), *ratios))
        rows.append(tuple(row))
    header = ("memory", "training, ms", "time", "space", "inference, ms", "time", "space")
    return header, tuple(rows)


def seconds(name: str) -> Value:
    """A time on a CPU and its spread."""

    def value(e: Evidence) -> str:
        middle, low, high = (number(e.one(CPU[0], f"{name}/{field}") / 1000, 2) for field in ("ms", "low", "high"))
        return f"{middle} ({low}–{high})"

    return value


def cpu_body(e: Evidence) -> Body:
    """The cost of one segment on a CPU."""
    rows = []
    for names in ON_CPU:
        name = first_name(e, CPU, "training", names)
        row = [ENCODERS[name]]
        for part in PARTS:
            row += map(e.marked, (seconds(f"{part}/{name}"), on_cpu(part, name)))
        rows.append(tuple(row))
    return ("", "training, s", "×", "inference, s", "×"), tuple(rows)


def short_commit(commit: str | None) -> str:
    """The beginning of a commit, and a plus where the code differed from it."""
    return "unknown" if commit is None else commit[:7] + "+" * commit.endswith("+")


def provenance_body(e: Evidence) -> Body:
    """Every record that the paper stands on."""
    rows: list[tuple[str, ...] | None] = []
    for run, records in e.records.items():
        seeds = " ".join(str(record["seed"]) for record in records)
        commits = listed(list(dict.fromkeys(short_commit(record["commit"]) for record in records)), "–")
        devices = listed(list(dict.fromkeys(str(record["device"]) for record in records)), "–")
        digests = " ".join(record["digest"][:6] for record in records)
        mark = Stale if any((run, record["seed"]) in e.stale for record in records) else str
        rows.append((run, *map(mark, (seeds, commits, devices, digests))))
    header = ("run", "seeds", "commit", "device", "digests")
    return header, tuple(rows)


# What a result is made from, as `gmmxlnet-runs run` takes it.
PATTERNS = {
    LEARNED: ("retention-*",),
    ROUTED: ("retention-gmm*",),
    (*ROUTED, *RETENTION["flat"]): ("retention-gmm*", "retention-token*"),
    SQUAD: ("squad-*",),
    BENCHMARK: BENCHMARK,
}


def command(runs: tuple[str, ...]) -> str:
    """What makes the records of runs again; a `ValueError` where a pattern fits other runs or leaves some out."""
    patterns = PATTERNS.get(runs, runs)
    fits = {run for run in NEEDED if any(fnmatchcase(run, pattern) for pattern in patterns)}
    if fits != set(runs):
        raise ValueError(f"the patterns {', '.join(patterns)} must stand for {', '.join(runs)}, got {', '.join(fits)}")
    quoted = [f'"{pattern}"' if "*" in pattern else pattern for pattern in patterns]
    return " ".join(["gmmxlnet-runs run", *quoted, "--tier full --force"])


TABLES = (
    Table(
        "retention",
        "Exact match (percent) on retention, documents of {Trained} segments in training: mean ± standard deviation "
        "over {Seeds} seeds, {EvalDocuments} evaluation documents. Floats: numbers in one document's memory. All param.: the "
        "mean over seeds, each with the vocabulary of its documents. Cleared: "
        "at {Trained} segments, the memory reset before every segment. Chance: a choice drawn at random.",
        LEARNED,
        "lrrrrrr",
        retention_body,
        r"\footnotesize",
    ),
    Table(
        "contrast",
        "Differences of mean exact match (points): experts less flat memory with as many slots, by routes and by "
        "document length in segments. By question: top-1 writes, and reads that the question routes. In parentheses: "
        "whether the difference is larger than the larger of the two standard deviations over {Seeds} seeds.",
        (*ROUTED, *RETENTION["flat"]),
        "lrrrrrr",
        contrast_body,
        r"\footnotesize",
    ),
    Table(
        "routing",
        "Of the expert that takes most of the first segment, where the fact is: its share of that segment's write, "
        "its mean share of the writes of the segments between the first and the last, and its share of the last "
        "segment's read. Mean ± standard deviation over {Seeds} seeds of the mean routes over evaluation documents. "
        "Even: the share of an even route.",
        ROUTED,
        "lrrrr",
        routing_body,
    ),
    Table(
        "squad",
        "Scores (percent) on long documents made of SQuAD 2.0 articles, a small model from scratch: mean ± standard "
        "deviation over {SquadSeeds} seeds, {SquadEvalDocuments} questions. HasAns and NoAns: questions with and "
        "without an answer. Cleared: the memory reset before every segment.",
        SQUAD,
        "lrrrrrrr",
        squad_body,
        r"\footnotesize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "encoder",
        "One segment of {BenchTokens} tokens, {BenchBatch} side by side, {BenchLayers} layers of width {BenchWidth}, "
        "without a memory (the recurrent memory on BERT has one), on one {Device}: median milliseconds and the "
        "range between the outer deciles of {BenchRounds} turns, how many times as fast as Hugging Face's eager code, "
        "and peak GiB of GPU memory.",
        ENCODER,
        "lrrrrrr",
        encoder_body,
        r"\footnotesize",
    ),
    Table(
        "defaults",
        "What a user gets with nothing switched on but bfloat16, on one {Device}: a step of a trainer, batches included, "
        "and a question asked of {BenchBatch} texts, tokenizing included, each of {BenchTokens} tokens: "
        "median milliseconds and the range between the outer deciles, and how many times as fast as Hugging Face's code.",
        ENCODER,
        "lrrrr",
        defaults_body,
        r"\footnotesize",
    ),
    Table(
        "cards",
        "The steps of {tab:encoder} on every card that the benchmark has run on: median milliseconds, each in a run of "
        "its own.",
        ENCODER,
        "llrrrr",
        cards_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "memory",
        "Documents of {BenchSegments} segments with no memory, with flat memory of {BenchSlots} slots and with $k$ "
        "experts of as many slots each, on one {Device}: median milliseconds and the range between the outer deciles of "
        "{BenchRounds} turns; time and peak GPU memory as multiples of those without a memory, whose memory tokens are "
        "read as text. No tokens: segments of the text alone. Flat, $km$ slots: as many slots as $k = 4$ experts have.",
        MEMORY,
        "lrrrrrr",
        memory_body,
        r"\footnotesize",
    ),
    Table(
        "cpu",
        "One segment of {CpuTokens} tokens on a CPU, {CpuDevice}, in single precision, otherwise as {tab:encoder}: median "
        "seconds and the range between the outer deciles, and how many times as fast as Hugging Face's eager code.",
        CPU,
        "lrrrr",
        cpu_body,
        r"\footnotesize",
    ),
    Table(
        "provenance",
        "The records that all numbers come from: run, seeds, commit of the sources (+: with changes), device, and how "
        "each record's digest begins.",
        NEEDED,
        "lllll",
        provenance_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
        "htbp",
    ),
)


def commands_table(shown: Sequence[tuple[str, tuple[str, ...]]]) -> Table:
    """How each figure and table, of a label and made from runs, is made again."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for label, runs in shown:
        grouped.setdefault(runs, []).append(f"{{{label}}}")
    rows = tuple((", ".join(labels), f"`{command(runs)}`") for runs, labels in grouped.items())
    return Table(
        "commands",
        "What makes the records of each result again, from the root of the repository; `make paper` then makes the paper.",
        NEEDED,
        r"p{0.37\linewidth}p{0.6\linewidth}",
        lambda _: (("result", "command"), rows),
        r"\footnotesize",
        "htbp",
    )
