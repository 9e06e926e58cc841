"""Every number of the text: what is computed from records, and the macros that say it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contrasts import (
    COMPARED,
    COVERAGE,
    FAMILIES,
    LEVEL,
    PLANNED,
    SCREENED,
    TESTED,
    Contrast,
    adjusted,
    families,
    interval,
    least_p,
    paired,
    planned,
    verdict,
)
from evidence import (
    BENCHMARK,
    CPU,
    LEARNED,
    LONG,
    MEMORY,
    NEEDED,
    RETENTION,
    ROUTED,
    SCORE,
    SQUAD,
    STACKED,
    UPDATE,
    USUAL,
    WIDE,
    Evidence,
    Sample,
)

from gmmxlnet_nb.shortcuts import shortcut_scores

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
OURS = ("sdpa", "triton", "compiled", "captured")
PARTS = ("training", "inference")


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


def at(e: Evidence, runs: Sequence[str], length: int, score: str = SCORE) -> str:
    """The metric of a score at a number of segments, which is that of training or a further one."""
    return score if length == e.param(runs, "num_segments") else f"{score}/{length}"


def asked_lengths(e: Evidence, runs: Sequence[str]) -> list[int]:
    """All lengths at which runs were evaluated: that of training, and further ones."""
    return sorted({*e.lengths(runs), int(e.param(runs, "num_segments"))})


def longest(e: Evidence) -> int:
    """The most segments that were evaluated."""
    return e.lengths()[-1]


def at_longest(e: Evidence) -> str:
    """The metric of the compared score at the longest length."""
    return at(e, LEARNED, longest(e))


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


def place(e: Evidence) -> str:
    """Where the fact stands; a `ValueError` for runs of another task than the text is about."""
    told = e.param(LEARNED, "task_options")
    if told != {"fact_segment": "random"}:
        raise ValueError(f"task_options of the retention runs must put the one fact at a random place, got {told!r}")
    return "drawn at random"


def updates(e: Evidence) -> list[int]:
    """How often a value is overwritten, at least and at most; a `ValueError` for runs of another task."""
    told = e.param(UPDATE, "task_options")
    if told.keys() != {"num_updates"}:
        raise ValueError(f"task_options of the update runs must say num_updates and nothing else, got {told!r}")
    return [int(n) for n in told["num_updates"]]


def shortcut(runs: Sequence[str], rule: str) -> Value:
    """What a rule scores that knows less than the task takes, in percent."""

    def value(e: Evidence) -> str:
        task, lengths = e.param(runs, "task"), asked_lengths(e, runs)
        return number(100 * shortcut_scores(task, lengths, e.param(runs, "task_options"))[rule])

    return value


# --- what is said of scores ---


def leaders(e: Evidence, runs: Sequence[str], name: str) -> list[str]:
    """The runs with the highest mean, as it is written."""
    most = number(max(e.metric(run, name).mean for run in runs))
    return [run for run in runs if number(e.metric(run, name).mean) == most]


def at_update(e: Evidence) -> str:
    """The metric of the compared score at the length at which the contrasts of update are."""
    return at(e, UPDATE, update_length())


def best(runs: Sequence[str], name: Callable[[Evidence], str] = at_longest) -> Value:
    """Which memories have the highest mean of a metric, by default of the score at the longest length."""
    return lambda e: "; ".join(e.label(run) for run in leaders(e, e.there(runs), name(e)))


def best_score(runs: Sequence[str], name: Callable[[Evidence], str] = at_longest) -> Value:
    """The highest mean of a metric, by default of the score at the longest length."""
    return lambda e: number(max(e.metric(run, name(e)).mean for run in e.there(runs)))


def halfway(e: Evidence) -> float:
    """Half of the way from a random choice to all, in percent: above it, the text says that a fact is kept."""
    return (100 + e.metric(LEARNED[0], "chance").mean) / 2


def keeps(e: Evidence, run: str) -> bool:
    """Whether a memory keeps the fact at the longest length: whether the interval of its mean lies above `halfway`."""
    return interval(e.values(run, at_longest(e)))[0] > halfway(e)


def kept_by(run: str) -> Value:
    """With how many seeds a memory keeps the fact at the longest length, of how many."""

    def value(e: Evidence) -> str:
        scores = e.values(run, at_longest(e))
        return f"{sum(score > halfway(e) for score in scores) or 'none'} of {len(scores)}"

    return value


def keepers(e: Evidence) -> list[str]:
    """The memories that keep the fact, the one with the fewest parameters first."""
    found = [run for run in LEARNED if keeps(e, run)]
    return sorted(found, key=lambda run: e.metric(run, "memory_parameters").mean)


def keepers_said(e: Evidence) -> str:
    """How many memories keep the fact, and which of them has the fewest parameters."""
    found = keepers(e)
    if not found:
        return f"none keeps the fact at {number(longest(e), 0)} segments"
    begins = f"{len(found)} keep{'s' * (len(found) == 1)} the fact at {number(longest(e), 0)} segments"
    return f"{begins}: {e.label(found[0])}" if len(found) == 1 else (
        f"{begins}, of which the one with the fewest parameters of its own is: {e.label(found[0])}"
    )


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


def told_apart(sign: int, points: str, rest: str) -> str:
    """What the text may say of two memories, behind their names: how much they differ, or that it is not known that they do."""
    if not sign:
        return f"do not differ measurably: {points} {rest}"
    return f"differ by {points}, in favour of the {'former' if sign > 0 else 'latter'} {rest}"


def differ(one: str, other: str) -> Value:
    """A planned contrast, behind the names of two memories."""

    def value(e: Evidence) -> str:
        mean, rest = gap(one, other)(e).split(" points ")
        return told_apart(verdict(e, planned(one, other)), f"{mean} points", rest)

    return value


def decided_of(e: Evidence, contrasts: Sequence[Contrast]) -> str:
    """How many contrasts are decided at the level of their family, of how many."""
    found = sum(verdict(e, contrast) != 0 for contrast in contrasts)
    return f"{found or 'none'} of {len(contrasts)}"


def decided(e: Evidence) -> str:
    """The same of all planned contrasts."""
    return decided_of(e, [contrast for contrasts in families(e).values() for contrast in contrasts])


def largest_part(e: Evidence) -> str:
    """The largest decided contrast of what the parts of routing do, in words."""
    found = [contrast for contrast in PLANNED["attribution"] if verdict(e, contrast)]
    if not found:
        return "none makes a decided difference"
    most = max(found, key=lambda contrast: abs(paired(e, contrast).mean))
    return (
        f"the largest decided difference is that of ({e.label(most.one)}) less ({e.label(most.other)}), "
        f"{signed(paired(e, most).mean)} points"
    )


# What explains what is kept, by two signs: of experts with a null route less flat memory with a hard gate, and of this less
# flat memory with elementwise gates; 0 where it is not decided.
EXPLAINED = {
    (0, 1): "As far as these runs can tell, a hard gate alone explains what the experts keep: flat memory with one has no "
    "measurable disadvantage",
    (-1, 1): "A hard decision not to write does more for flat memory than for experts, which cost something beside it",
    (1, 1): "A hard gate helps flat memory, and explains a part of what experts keep; they keep more than it explains",
    (1, 0): "A hard gate is not shown to help flat memory, and experts with a null route keep more: the gate alone does not "
    "explain what they keep",
    (1, -1): "A hard gate hurts flat memory, and experts with a null route keep more: the gate alone does not explain what "
    "they keep",
    (0, 0): "Neither the hard gate nor the experts are shown to be what matters",
    (0, -1): "A hard gate hurts flat memory, and experts with a null route are not shown to be better",
    (-1, 0): "Experts with a null route keep less than flat memory with a hard gate, whose own advantage over elementwise "
    "gates is not shown",
    (-1, -1): "Experts with a null route keep less than flat memory with a hard gate, and this less than elementwise gates",
}


def explained(e: Evidence) -> str:
    """What the gate and the experts explain, by the decided contrasts."""
    gate = verdict(e, planned("retention-skip4", "retention-token4"))
    return EXPLAINED[verdict(e, planned("retention-gmm4-null-read", "retention-skip4")), gate]


def seeds_compared(e: Evidence) -> int:
    """The fewest seeds of a planned contrast."""
    return min(len(e.about(run)) for run in e.there(COMPARED))


# --- routes ---


def null_share(e: Evidence, run: str) -> Sample:
    """The share of segments before the question that are written to no expert, at the trained length."""
    found = []
    for record in e.series(run, "routing"):
        before = record["write"][:-1]
        found.append(1 - sum(map(sum, before)) / len(before))
    return Sample.of(found)


def most_used(e: Evidence, run: str) -> Sample:
    """The share of what is written before the question that the most used expert takes; 1 / k if nothing is."""
    found = []
    for record in e.series(run, "routing"):
        taken = [sum(shares) for shares in zip(*record["write"][:-1], strict=True)]
        found.append(max(taken) / sum(taken) if sum(taken) else 1 / len(taken))
    return Sample.of(found)


def only_fact(e: Evidence) -> str:
    """The share of segments before the question that are written to nothing if the fact's alone is written, in percent."""
    before = e.param(LEARNED, "num_segments") - 1
    return number(100 * (before - 1) / before)


def percent(share: Callable[[Evidence, str], Sample], run: str) -> Value:
    """A share over the seeds of a run, in percent."""

    def value(e: Evidence) -> str:
        found = share(e, run)
        return spread(Sample(100 * found.mean, 100 * found.sd, found.n))

    return value


# --- other numbers ---


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


def rival(e: Evidence, part: str) -> str:
    """The candidate of others that took the least time."""
    return min((name for name in encoders(e) if name not in OURS), key=lambda name: timed(e, f"{part}/{name}/ms"))


def rival_said(part: str) -> Value:
    """How many times as fast ours is as the fastest candidate of others, and which that is."""
    return lambda e: f"{speed_up(part, rival(e, part))(e)} times as fast as {ENCODERS[rival(e, part)]}"


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


def encoders(e: Evidence) -> dict[str, str]:
    """The candidates that the record has, and what they are called in the paper."""
    there = names_in(e, PARTS[0])
    return {name: label for name, label in ENCODERS.items() if name in there}


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


def score(name: str, run: str, what: str) -> Macro:
    """The compared score of a run at the longest length, over the seeds."""
    return Macro(name, (run,), lambda e: spread(e.metric(run, at_longest(e))), what)


def words(name: str, one: str, other: str, what: str) -> Macro:
    """What may be said of a planned contrast, in words: it differs or not, by how much, how certain."""
    return Macro(name, (one, other), differ(one, other), what)


def retention_macros() -> list[Macro]:
    """Those of the sweep."""
    soft, top, null = (f"retention-gmm4{rule}" for rule in ("", "-top1", "-null"))
    soft_read, top_read, null_read = (f"{run}-read" for run in (soft, top, null))
    few, closed, hard, many = (f"retention-{name}" for name in ("token4", "token4-closed", "skip4", "token16"))
    hard_update, flat_update, null_update = UPDATE[:3]
    routed_update, plain_update = UPDATE[2:4], (*UPDATE[:2], *UPDATE[4:])
    screened_routed = tuple(run for run in SCREENED if run in ROUTED)
    screened_other = tuple(run for run in SCREENED if run not in ROUTED)
    routed = tuple(run for run in TESTED if run in ROUTED)
    attribution = PLANNED["attribution"]
    return [
        Macro("Place", LEARNED, place, "where the fact stands"),
        Macro("LearnedRuns", LEARNED, lambda e: str(len(LEARNED)), "memories trained on retention"),
        Macro("TestedRuns", TESTED, lambda e: str(len(TESTED)), "of these, memories that a contrast is about"),
        Macro("ScreenedRuns", SCREENED, lambda e: str(len(SCREENED)), "of these, memories with fewer seeds"),
        Macro("SeedsScreened", SCREENED, lambda e: e.seeds(SCREENED), "their seeds"),
        Macro("EvalDocuments", LEARNED, lambda e: evaluated(e, LEARNED), "documents asked about at the trained length"),
        setting("LengthDocuments", LEARNED, "num_length_eval", "documents asked about at each further length"),
        Macro("Lengths", LEARNED, lambda e: listed([number(n, 0) for n in e.lengths()], ""), "further lengths, segments"),
        Macro("Longest", LEARNED, lambda e: number(longest(e), 0), "longest evaluated length, segments"),
        Macro("Chance", LEARNED, lambda e: extremes(e, LEARNED, "chance"), "expected score of a random choice, %"),
        Macro("Choices", LEARNED, lambda e: number(100 / e.metric(LEARNED[0], "chance").mean, 0), "choices offered"),
        Macro("KeepsFirst", LEARNED, shortcut(LEARNED, "latch"), "score of a rule that keeps the first value, %"),
        Macro("KeepsNewest", LEARNED, shortcut(LEARNED, "newest"), "score of a rule that keeps the newest value, %"),
        setting("Trained", LEARNED, "num_segments", "most segments of a training document"),
        setting("Layers", LEARNED, "num_layers", "layers of the encoder"),
        setting("Width", LEARNED, "hidden_dim", "width d of the encoder"),
        setting("ExpertSlots", ROUTED, "memory_slots", "slots m of an expert"),
        setting("ManySlotsFlat", ("retention-token16",), "memory_slots", "slots of the larger flat memory"),
        setting("ClosedBias", (closed,), "gate_bias", "bias of gates that begin closed"),
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
        Macro("Together", STACKED, together, "most runs that were trained as one"),
        Macro("ClearedRange", LEARNED, lambda e: extremes(e, LEARNED, f"{SCORE}_memory_cleared"),
              "the memory cleared before every segment, over all memories"),
        Macro("NoMemoryTrained", ("retention-none",), lambda e: spread(e.metric("retention-none", SCORE)),
              "without a memory, trained length"),
        Macro("TestedTrained", TESTED, lambda e: extremes(e, TESTED, SCORE), "tested memories, trained length"),
        score("SoftLongest", soft, "4 experts, soft writes, longest length"),
        score("SoftReadLongest", soft_read, "the same, read by question"),
        score("TopLongest", top, "4 experts, top-1 writes, longest length"),
        score("TopReadLongest", top_read, "the same, read by question"),
        score("NullLongest", null, "4 experts, top-1 writes with a null route, longest length"),
        score("NullReadLongest", null_read, "the same, read by question"),
        score("FewLongest", few, "flat memory of as many slots as one expert, longest length"),
        score("ClosedLongest", closed, "the same with gates that begin closed"),
        score("HardLongest", hard, "the same with one hard gate"),
        score("ManyLongest", many, "flat memory of as many slots as 4 experts, longest length"),
        Macro("BestRouted", routed, best(routed), "tested experts with the highest mean, longest length"),
        Macro("BestRoutedScore", routed, best_score(routed), "its score"),
        Macro("BestFlat", RETENTION["flat"], best(RETENTION["flat"]), "tested flat memory with the highest mean, longest length"),
        Macro("BestFlatScore", RETENTION["flat"], best_score(RETENTION["flat"]), "its score"),
        Macro("BestScreened", SCREENED, best(SCREENED), "memory with fewer seeds and the highest mean, longest length"),
        Macro("BestScreenedScore", SCREENED, best_score(SCREENED), "its score"),
        Macro("ScreenedRouted", screened_routed, best(screened_routed), "the same of experts"),
        Macro("ScreenedRoutedScore", screened_routed, best_score(screened_routed), "its score"),
        Macro("ScreenedOther", screened_other, best(screened_other), "the same of memories without experts"),
        Macro("ScreenedOtherScore", screened_other, best_score(screened_other), "its score"),
        Macro("ScreenedRange", SCREENED, lambda e: extremes(e, SCREENED, at_longest(e)), "theirs, all of them"),
        Macro("HalfWay", LEARNED, lambda e: number(halfway(e)), "score above which a fact is said to be kept, %"),
        Macro("KeepersSaid", LEARNED, keepers_said, "memories that keep the fact, and the smallest of them"),
        Macro("HardKept", (hard,), kept_by(hard), "seeds of flat memory with a hard gate that keep the fact"),
        Macro("NullReadKept", (null_read,), kept_by(null_read), "the same of experts with a null route, read by question"),
        Macro("Explained", COMPARED, explained, "what gate and experts explain"),
        Macro("LargestPart", COMPARED, largest_part, "the largest decided contrast of the parts of routing"),
        Macro("AttributionDecided", COMPARED, lambda e: decided_of(e, attribution), "decided contrasts of the parts of routing"),
        words("TopSoftSaid", top, soft, "top-1 writes less soft ones"),
        words("TopSoftReadSaid", top_read, soft_read, "the same, read by question"),
        words("NullTopSaid", null, top, "with a null route less without"),
        words("NullTopReadSaid", null_read, top_read, "the same, read by question"),
        words("SoftReadSaid", soft_read, soft, "reads by the question less as written, soft writes"),
        words("TopReadSaid", top_read, top, "the same, top-1 writes"),
        words("NullReadSaid", null_read, null, "the same, with a null route"),
        words("NullHardSaid", null_read, hard, "experts with a null route less flat memory with a hard gate"),
        words("NullClosedSaid", null_read, closed, "the same less flat memory with gates that begin closed"),
        words("NullManySaid", null_read, many, "the same less flat memory of as many slots"),
        words("HardFewSaid", hard, few, "flat memory, a hard gate less elementwise ones"),
        words("ClosedFewSaid", closed, few, "flat memory, gates that begin closed less half open ones"),
        words("TopReadFewSaid", top_read, few, "experts with top-1 writes, read by question, less flat memory"),
        Macro("Decided", COMPARED, decided, "planned contrasts whose adjusted p-value is at most the level"),
        Macro("SeedsCompared", COMPARED, lambda e: str(seeds_compared(e)), "seeds of a planned contrast"),
        Macro("LeastP", COMPARED, lambda e: p_value(least_p(seeds_compared(e))), "the least p-value of so many seeds"),
        Macro("Families", COMPARED, lambda e: "; ".join(FAMILIES[family] for family in families(e)), "what families are about"),
        Macro("Level", COMPARED, lambda e: number(100 * LEVEL, 0), "level of a family, %"),
        Macro("Coverage", COMPARED, lambda e: number(100 * COVERAGE, 0), "coverage of intervals, %"),
        Macro("NullShare", (null,), percent(null_share, null), "segments written to nothing, reads as written, %"),
        Macro("NullReadShare", (null_read,), percent(null_share, null_read), "the same, read by question"),
        Macro("OnlyFactShare", LEARNED, only_fact, "the same if the fact's segment alone is written, %"),
        Macro("UpdateLeast", UPDATE, lambda e: str(updates(e)[0]), "times that a value is overwritten at least"),
        Macro("UpdateMost", UPDATE, lambda e: str(updates(e)[1]), "times that a value is overwritten at most"),
        Macro("UpdateTrainedRange", UPDATE, lambda e: spanned(e.param(UPDATE, "train_segments")), "segments of its documents"),
        Macro("UpdateLength", UPDATE, lambda e: number(update_length(), 0), "segments at which its contrasts are"),
        Macro("UpdateKeepsFirst", UPDATE, shortcut(UPDATE, "latch"), "score of a rule that keeps the first value, %"),
        Macro("UpdateKeepsAll", UPDATE, shortcut(UPDATE, "bag"), "score of a rule that keeps all values and no order, %"),
        Macro("UpdateRouted", routed_update, best(routed_update, at_update), "update: experts with the highest mean"),
        Macro("UpdateRoutedScore", routed_update, best_score(routed_update, at_update), "its score"),
        Macro("UpdateFlat", plain_update, best(plain_update, at_update), "update: flat memory with the highest mean"),
        Macro("UpdateFlatScore", plain_update, best_score(plain_update, at_update), "its score"),
        words("UpdateNullHardSaid", null_update, hard_update, "update: experts less flat memory with a hard gate"),
        words("UpdateHardFewSaid", hard_update, flat_update, "update: a hard gate less elementwise ones"),
    ]  # fmt: skip


def update_length() -> int:
    """The length of documents, in segments, at which the contrasts of update are; a `ValueError` if there are several."""
    found = {contrast.length for contrast in PLANNED["update"]}
    if len(found) != 1 or None in found:
        raise ValueError(f"the contrasts of update must be planned at one length, got {found}")
    return int(found.pop() or 0)


def macros() -> list[Macro]:
    """All macros of the text; each must be used."""
    return [
        *retention_macros(),
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
        Macro("TrainRival", BENCHMARK, rival_said("training"), "against the fastest of others, and which that is"),
        Macro("InferRival", BENCHMARK, rival_said("inference"), "the same in inference"),
        Macro("TrainFloor", BENCHMARK, lambda e: number(timed(e, f"training/{FASTEST}/ms") / floor(e, "training"), 1),
              "fastest training step as a multiple of the floor"),
        Macro("InferFloor", BENCHMARK, lambda e: number(timed(e, f"inference/{FASTEST}/ms") / floor(e, "inference"), 1),
              "fastest inference as a multiple of the floor"),
        Macro("EightTrain", BENCHMARK, cost_ratio("training", "k = 8", "ms"), "8 experts, training, time to none"),
        Macro("EightFlat", BENCHMARK, lambda e: number(timed(e, "memory_training/k = 8/ms")
              / timed(e, "memory_training/flat/ms"), 3), "the same to flat memory"),
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


def together(e: Evidence) -> str:
    """The most runs that were trained as one; 1 where a record does not say so."""
    return str(max(record["times"].get("stacked", 1) for run in e.there(STACKED) for record in e.about(run)))


def evaluated(e: Evidence, runs: Sequence[str]) -> str:
    """How many documents were asked about."""
    found = set()
    for run in runs:
        for record in e.about(run):
            if "n_eval" not in record:
                raise e.lacks(run, record, "field", "n_eval")
            found.add(int(record["n_eval"]))
    return "–".join(number(n, 0) for n in sorted({min(found), max(found)}))
