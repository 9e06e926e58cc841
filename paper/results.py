"""Every number of the paper: the macros of the text, and the tables."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from contrasts import COMPARED, COVERAGE, LEVEL, PLANNED, Contrast, Paired, adjusted, least_p, paired, planned
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
    TOP,
    USUAL,
    WIDE,
    WRITTEN,
    Evidence,
    Sample,
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


def at(length: int, score: str = "exact") -> str:
    """The metric of a score at a number of segments."""
    return f"{score}/{length}"


def longest(e: Evidence) -> int:
    """The most segments that were evaluated."""
    return e.lengths()[-1]


def at_longest(e: Evidence) -> str:
    """The metric of the compared score at the longest length."""
    return at(longest(e), e.score())


SCORES = {"exact": "exact match", "choice_exact": "accuracy over the choices"}


def spanned(values: Sequence[int]) -> str:
    """From the least to the most."""
    return f"{min(values)} to {max(values)}"


def experts(e: Evidence, run: str) -> int:
    """k of a run."""
    return int(e.param([run], "num_experts"))


def extremes(e: Evidence, runs: Sequence[str], name: str) -> str:
    """The range of the means."""
    means = [number(e.metric(run, name).mean) for run in sorted(runs, key=lambda run: e.metric(run, name).mean)]
    return means[0] if means[0] == means[-1] else f"{means[0]} to {means[-1]}"


def at_trained(e: Evidence) -> str:
    """The metric of the compared score at the trained length."""
    return e.score()


REFERENCES = {"exact": "the run without a memory", "choice_exact": "a random choice"}


def choice_note(e: Evidence) -> str:
    """What the text compares."""
    if e.score() == "choice_exact":
        return "It is what the text compares."
    return (
        "The records behind this text are older than it; here the text compares exact match, and the run without a "
        "memory says what a model scores that knows nothing."
    )


def best(e: Evidence, runs: Sequence[str], name: str) -> str:
    """The run with the highest mean."""
    return max(runs, key=lambda run: e.metric(run, name).mean)


def first_share(e: Evidence, run: str) -> Sample:
    """The largest mean share of the first segments' writes that one expert takes."""
    return Sample.of([max(record["write"][0]) for record in e.series(run, "routing")])


def same_expert(first: Sequence[float], later: Sequence[float]) -> tuple[float, float]:
    """In how many documents two segments are written to the same expert: at least, and at most.

    Each is written to one expert only, and the shares of documents that each expert takes are known, not which documents.
    """
    pairs = list(zip(first, later, strict=True))
    return sum(max(0.0, a + b - 1) for a, b in pairs), sum(min(a, b) for a, b in pairs)


def overwritten(e: Evidence, run: str) -> tuple[Sample, Sample]:
    """The same for the first segment and those between it and the last one, on average over these."""
    bounds = []
    for record in e.series(run, "routing"):
        first, *between = record["write"][:-1]
        found = [same_expert(first, later) for later in between] or [(math.nan, math.nan)]
        bounds.append([sum(side) / len(found) for side in zip(*found, strict=True)])
    low, high = zip(*bounds, strict=True)
    return Sample.of(low), Sample.of(high)


def fewest_overwritten(e: Evidence, run: str) -> Sample:
    """In how many documents a later segment is written to the first one's expert, at least."""
    return overwritten(e, run)[0]


def most_overwritten(e: Evidence, run: str) -> Sample:
    """The same, at most."""
    return overwritten(e, run)[1]


def percent(share: Callable[[Evidence, str], Sample], run: str) -> Value:
    """A share over the seeds of a run, in percent."""

    def value(e: Evidence) -> str:
        found = share(e, run)
        return spread(Sample(100 * found.mean, 100 * found.sd, found.n))

    return value


def p_value(p: float) -> str:
    """A p-value, to three digits."""
    return f"{float(f'{p:.3g}'):f}".rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """A difference, with its sign."""
    return "+" * (value >= 0.05) + number(value)


def gap(one: str, other: str) -> Value:
    """A planned contrast in words: how large, how certain."""

    def value(e: Evidence) -> str:
        contrast = planned(one, other)
        found = paired(e, contrast)
        test = f"$p$ = {p_value(found.p)}, adjusted {p_value(adjusted(e, contrast))}"
        return f"{signed(found.mean)} points ({number(found.low)} to {number(found.high)}; {test})"

    return value


def decided(e: Evidence) -> str:
    """How many planned contrasts are decided at the level of their family."""
    found = [adjusted(e, contrast) <= LEVEL for contrasts in PLANNED.values() for contrast in contrasts]
    return f"{sum(found) or 'none'} of {len(found)}"


def seeds_compared(e: Evidence) -> int:
    """The fewest seeds of a planned contrast."""
    return min(len(e.about(run)) for run in COMPARED)


def silent(e: Evidence) -> str:
    """How many models on articles answer no question at all."""
    answers = [pair for run in SQUAD for pair in zip(e.values(run, "HasAns_exact"), e.values(run, "NoAns_exact"), strict=True)]
    count = answers.count((0, 100))
    return "all" if count == len(answers) else str(count or "none")


def chance(run: str) -> Value:
    """The score of chance."""
    return lambda e: number(e.metric(run, "chance").mean)


def size(run: str, name: str) -> Value:
    """A size that all seeds agree on."""
    return lambda e: number(e.one(run, name), 0)


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
    four, top, flat, few = "retention-gmm4", "retention-gmm4-top1", "retention-token16", "retention-token4"
    asked, addressed = "retention-gmm4-top1-read", "retention-differentiable"
    return [
        Macro("Seeds", LEARNED, lambda e: e.seeds(LEARNED), "seeds of each retention run"),
        Macro("EvalDocuments", LEARNED, lambda e: evaluated(e, LEARNED), "retention documents asked about"),
        Macro("Lengths", LEARNED, lambda e: listed([str(n) for n in e.lengths()], ""), "evaluated lengths, segments"),
        Macro("Longest", LEARNED, lambda e: str(longest(e)), "longest evaluated length, segments"),
        Macro("Chance", LEARNED, lambda e: extremes(e, LEARNED, "chance"), "expected score of a random choice, %"),
        Macro("Choices", LEARNED, lambda e: number(100 / e.metric(LEARNED[0], "chance").mean, 0), "choices offered"),
        Macro("Score", LEARNED, lambda e: SCORES[e.score()], "the score that memories are compared by"),
        Macro("ChoiceNote", LEARNED, choice_note, "whether the records have the score over the choices"),
        Macro("Reference", LEARNED, lambda e: REFERENCES[e.score()], "what a score is compared with that knows nothing"),
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
        setting("Balance", ROUTED, "load_balance_weight", "weight of the load-balance loss"),
        setting("Temperature", ROUTED, "routing_temperature", "temperature of the routes"),
        Macro("TrainedRange", LEARNED, lambda e: spanned(e.param(LEARNED, "train_segments")),
              "segments of training documents"),
        setting("RoutingMode", WRITTEN, "routing_mode", "which route a read takes"),
        score("SoftTrained", four, at_trained, "4 experts, soft routes, trained length"),
        score("SoftLongest", four, at_longest, "the same at the longest length"),
        score("TopTrained", top, at_trained, "4 experts, top-1 routes, trained length"),
        score("TopLongest", top, at_longest, "the same at the longest length"),
        score("AskedTrained", asked, at_trained, "4 experts, top-1 writes, reads by the question, trained length"),
        score("AskedLongest", asked, at_longest, "the same at the longest length"),
        score("FlatTrained", flat, at_trained, "flat memory of as many slots, trained length"),
        score("FlatLongest", flat, at_longest, "the same at the longest length"),
        score("FewTrained", few, at_trained, "flat memory of as many slots as one expert has, trained length"),
        score("FewLongest", few, at_longest, "the same at the longest length"),
        score("AddressedLongest", addressed, at_longest, "memory addressed by content, longest length"),
        Macro("FlatWorst", (flat,), lambda e: number(min(e.values(flat, at_trained(e)))),
              "flat memory of as many slots as 4 experts, trained length, worst seed"),
        Macro("ClearedRange", LEARNED, lambda e: extremes(e, LEARNED, f"{e.score()}_memory_cleared"),
              "the memory cleared before every segment, over all memories"),
        score("NoMemoryTrained", "retention-none", at_trained, "without a memory"),
        Macro("LearnedRuns", LEARNED, lambda e: str(len(LEARNED)), "memories compared on retention"),
        Macro("BestLongest", LEARNED, lambda e: e.label(best(e, LEARNED, at_longest(e))), "highest mean, longest length"),
        Macro("BestLongestScore", LEARNED, lambda e: spread(e.metric(best(e, LEARNED, at_longest(e)), at_longest(e))),
              "its score"),
        Macro("AskedFlatGap", COMPARED, gap(asked, flat), "experts read by question less flat memory of as many slots"),
        Macro("AskedFewGap", COMPARED, gap(asked, few), "the same less flat memory of as many slots as one expert"),
        Macro("AskedAddressedGap", COMPARED, gap(asked, addressed), "the same less memory addressed by content"),
        Macro("TopSoftGap", COMPARED, gap(top, four), "top-1 routes less soft ones"),
        Macro("AskedTopGap", COMPARED, gap(asked, top), "reads by the question less reads as written"),
        Macro("Decided", COMPARED, decided, "planned contrasts whose adjusted p-value is at most the level"),
        Macro("SeedsCompared", COMPARED, lambda e: str(seeds_compared(e)), "seeds of a planned contrast"),
        Macro("LeastP", COMPARED, lambda e: p_value(least_p(seeds_compared(e))), "the least p-value of so many seeds"),
        Macro("Level", COMPARED, lambda e: number(100 * LEVEL, 0), "level of a family, %"),
        Macro("Coverage", COMPARED, lambda e: number(100 * COVERAGE, 0), "coverage of intervals, %"),
        Macro("FirstShare", (asked,), percent(first_share, asked),
              "of first segments, written to one expert of 4 at most, reads by the question"),
        Macro("AskedOverwritten", (asked,), percent(most_overwritten, asked),
              "of later segments, written to the first one's expert at most, 4 experts, reads by the question"),
        Macro("TopOverwritten", (top,), percent(fewest_overwritten, top),
              "of later segments, written to the first one's expert at least, 4 experts, top-1 routes"),
        Macro("SquadSeeds", SQUAD, lambda e: e.seeds(SQUAD), "seeds of each run on articles"),
        Macro("SquadRuns", SQUAD, lambda e: str(sum(len(e.about(run)) for run in SQUAD)), "models trained on articles"),
        setting("SquadSteps", SQUAD, "max_steps", "training steps on articles"),
        Macro("SquadSilent", SQUAD, silent, "of these, models that answer no question"),
        Macro("SquadTrivial", SQUAD, lambda e: extremes(e, SQUAD, "chance"), "score of never answering"),
        Macro("SquadExact", SQUAD, lambda e: extremes(e, SQUAD, "exact"), "exact match on articles"),
        Macro("SquadAnswered", SQUAD, lambda e: extremes(e, SQUAD, "HasAns_exact"), "the same of questions with an answer"),
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


def scored(run: str, name: str) -> Value:
    """A metric over the seeds; a dash where it is over the choices and a record is older than that."""

    def value(e: Evidence) -> str:
        return "–" if name.startswith("choice_") and e.older_than(run, name) else spread(e.metric(run, name))

    return value


def retention_body(e: Evidence) -> Body:
    """Scores of all memories on retention."""
    trained, last = str(e.param(LEARNED, "num_segments")), str(longest(e))
    names = [name for score in SCORES for name in (score, at(longest(e), score), f"{score}_memory_cleared")]
    rows: list[tuple[str, ...] | None] = []
    for group in RETENTION.values():
        for run in group:
            sizes = [size(run, "memory_floats"), size(run, "memory_parameters")]
            rows.append((e.label(run), *map(e.marked, (*sizes, *(scored(run, name) for name in names)))))
        rows.append(None)
    rows.append(("random choice", *5 * ("",), *3 * (e.marked(chance(LEARNED[0])),)))
    columns = [f"{short}, {what}" for short in ("EM", "choices") for what in (trained, last, "cleared")]
    return ("memory", "floats", "param.", *columns), tuple(rows)


def contrast_cells(contrast: Contrast) -> list[Value]:
    """What a contrast's row says behind its memories; each is computed anew, so that each is marked for itself."""
    from_pair: tuple[Callable[[Paired], str], ...] = (
        lambda found: str(found.length),
        lambda found: signed(found.mean),
        lambda found: f"{number(found.low)} to {number(found.high)}",
        lambda found: p_value(found.p),
    )

    def cell(way: Callable[[Paired], str]) -> Value:
        return lambda e: way(paired(e, contrast))

    return [*map(cell, from_pair), lambda e: p_value(adjusted(e, contrast))]


def contrast_body(e: Evidence) -> Body:
    """The planned contrasts, family by family."""
    rows: list[tuple[str, ...] | None] = []
    for contrasts in PLANNED.values():
        rows += [None] * bool(rows)
        for contrast in contrasts:
            labels = e.label(contrast.one), e.label(contrast.other)
            rows.append((*labels, *map(e.marked, contrast_cells(contrast))))
    return ("memory", "less", "segments", "difference", "interval", "$p$", "adjusted"), tuple(rows)


def routing_body(e: Evidence) -> Body:
    """Whether later segments are written to the expert of the first one."""
    rows = []
    for run in TOP:
        values = (percent(first_share, run), percent(fewest_overwritten, run), percent(most_overwritten, run))
        rows.append((e.label(run), *map(e.marked, values)))
    return ("memory", "first segments, one expert", "later ones to its expert, at least", "at most"), tuple(rows)


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


def patterns(runs: Sequence[str]) -> list[str]:
    """What `gmmxlnet-runs run` takes for runs: a pattern for those that begin alike, if no other run of the paper does."""
    found: list[str] = []
    for run in runs:
        if any(fnmatchcase(run, pattern) for pattern in found):
            continue
        begins = [run[: match.end()] for match in re.finditer(r"-|(?<=[a-z])(?=\d)", run)]
        alike = {begin: {other for other in NEEDED if other.startswith(begin)} for begin in begins}
        wide = [begin for begin, others in alike.items() if len(others) > 1 and others <= set(runs)]
        found.append(f"{wide[0]}*" if wide else run)
    return found


def command(runs: Sequence[str]) -> str:
    """What makes the records of runs again."""
    quoted = [f'"{pattern}"' if "*" in pattern else pattern for pattern in patterns(runs)]
    return " ".join(["gmmxlnet-runs run", *quoted, "--tier full --force"])


TABLES = (
    Table(
        "retention",
        "Retention, in percent, by segments of a document ({Trained} in training): exact match (EM), and accuracy over the "
        "choices alone. Mean ± standard deviation over {Seeds} seeds, {EvalDocuments} evaluation documents. Cleared: "
        "at {Trained} segments, the memory reset before every segment. Floats: numbers in one document's memory. Param.: "
        "parameters of the memory. A model that knows nothing scores as a random choice over the choices alone, and less in "
        "exact match, as the run without a memory does. –: the record is older than the score.",
        LEARNED,
        "lrrrrrrrr",
        retention_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "contrast",
        "Planned contrasts in {Score}: mean difference (points) of the first memory less the second, seed by seed, "
        "at a document length in segments. Interval: {Coverage}% percentile bootstrap over the {SeedsCompared} seeds. $p$: exact "
        "two-sided sign-flip test, which gives no less than {LeastP} with so many seeds. Adjusted: by Holm's method within a "
        "family; lines divide families.",
        COMPARED,
        "llrrrrr",
        contrast_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "routing",
        "Writes to one expert only, at {Trained} segments, in percent: the largest share of documents' first segments that "
        "one expert takes; and of the segments between the first and the last, the share that goes to the expert that took "
        "the first segment of the same document. Records hold each expert's share of the documents, not which "
        "documents these are, so that the latter is known to lie between the two numbers. Mean ± standard deviation "
        "over {Seeds} seeds.",
        TOP,
        "lrrr",
        routing_body,
        r"\footnotesize",
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
