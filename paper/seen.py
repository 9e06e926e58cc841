"""What experts hold: which kinds of facts are written to which, what answers lose without one, and what is kept how long."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from contrasts import LEVEL, adjust, interval, least_p
from evidence import SEEN, Evidence, Record, Sample
from results import Macro, Value, evaluated, listed, number, p_value, setting, signed, spread
from tex import Body

from gmmxlnet_nb.contrasts import sign_flip_test
from gmmxlnet_nb.specialisation import fisher_combined

NATS = 3  # Digits of information
NONE = "–"  # What a table has where nothing is known


def asked(e: Evidence, run: str) -> str:
    """What a model was asked about."""
    return f"{e.param((run,), 'task')}, {e.param((run,), 'num_segments')} segments"


# --- over seeds ---


class OverSeeds(NamedTuple):
    """Differences over seeds, or losses."""

    mean: float
    low: float  # Of the interval; NaN with one seed
    high: float
    p: float  # That the mean is zero
    seeds: int


def over_seeds(values: Sequence[float]) -> OverSeeds:
    """Of one value a seed."""
    low, high = interval(values) if len(values) > 1 else (math.nan, math.nan)
    return OverSeeds(math.fsum(values) / len(values), low, high, sign_flip_test(values), len(values))


def decided(found: OverSeeds, adjusted: float) -> int:
    """The sign of a mean that is decided at the level of its family; 0 for one that is not."""
    return (found.mean > 0) - (found.mean < 0) if adjusted <= LEVEL else 0


def too_few(found: OverSeeds) -> str:
    """What is added where no difference of so many seeds could be decided."""
    return f"; {found.seeds} seeds cannot decide it" if least_p(found.seeds) > LEVEL else ""


def interval_said(found: OverSeeds, digits: int = 1) -> str:
    """The ends of an interval, if there is one."""
    return NONE if math.isnan(found.low) else f"{number(found.low, digits)} to {number(found.high, digits)}"


# --- whether kinds and experts go together ---

TRAINED, UNTRAINED = "", "_untrained"  # What the names of metrics end with
INFORMATION, P = "mutual_information", "p_value"


def of_all(values: Sequence[float], of: int, digits: int = NATS) -> str:
    """Mean and standard deviation over the seeds of which a number is known, and how many these are if not all."""
    return spread(Sample.of(values), digits) + (f" ({len(values)} of {of})" if len(values) < of else "")


def information(run: str, name: str = INFORMATION, digits: int = NATS) -> Value:
    """A metric over those seeds that have it."""
    return lambda e: of_all([*e.known(run, name).values()], len(e.about(run)), digits)


def p_values(e: Evidence, run: str, which: str = TRAINED) -> dict[int, float]:
    """Of the permutations, by seed; a `ValueError` for what is none."""
    found = e.known(run, P + which)
    for seed, p in found.items():
        if not 0 < p <= 1:
            raise ValueError(f"the metric {P + which!r} of {run}-{seed} must be above 0 and at most 1, got {p:g}")
    return found


def beyond_chance(run: str, which: str = TRAINED) -> Value:
    """With how many seeds kinds and experts go together more than by chance, of how many."""

    def value(e: Evidence) -> str:
        found = p_values(e, run, which).values()
        return f"{sum(p < LEVEL for p in found) or 'none'} of {len(found)}"

    return value


def combined(e: Evidence, run: str) -> float:
    """The p-value of all seeds."""
    return float(fisher_combined(p_values(e, run)))


def small(p: float) -> str:
    """A p-value that may be very small."""
    return "< 0.0001" if p < 1e-4 else p_value(p)


def learned(e: Evidence, run: str) -> OverSeeds:
    """Information in trained memories less that in untrained ones, over the seeds of which both are known."""
    one, other = (e.known(run, INFORMATION + which) for which in (TRAINED, UNTRAINED))
    values = [one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())]
    if not values:
        raise ValueError(f"{run} must have a seed with both {INFORMATION} and {INFORMATION}{UNTRAINED}, it has none")
    return over_seeds(values)


def learned_adjusted(e: Evidence, run: str) -> float:
    """Its p-value; both runs are one family."""
    return adjust([learned(e, other).p for other in SEEN])[SEEN.index(run)]


# By whether trained memories have more information than untrained ones (1) or less (-1), and whether it is beyond chance
VERDICTS = {
    (1, True): "experts specialise",
    (1, False): "experts are not said to specialise: they tell more of kinds than untrained ones do, but no more than chance",
    (0, True): "experts are not shown to specialise: they tell kinds apart beyond chance, not measurably better than untrained",
    (0, False): "experts are not shown to specialise: they tell kinds apart no more than chance does",
    (-1, True): "experts do not specialise: they tell kinds apart beyond chance, but less than untrained ones do",
    (-1, False): "experts do not specialise: they tell kinds apart less than untrained ones do, and no more than chance",
}


def specialised(run: str) -> Value:
    """Whether experts specialise, and the numbers that say it."""

    def value(e: Evidence) -> str:
        found, p = learned(e, run), learned_adjusted(e, run)
        verdict = VERDICTS[decided(found, p), combined(e, run) < LEVEL]
        test = f"{interval_said(found, NATS)}; $p$ = {p_value(found.p)}, adjusted {p_value(p)}"
        return f"{verdict} ({signed_nats(found.mean)} nats, {test}{too_few(found)})"

    return value


def signed_nats(value: float) -> str:
    """A difference in information, with its sign."""
    text = number(value, NATS)
    return text if text.startswith("−") or not float(text) else f"+{text}"


def seen_body(e: Evidence) -> Body:
    """What routes tell of kinds, of the models of each run."""
    header = (
        "task", "trained", "by chance", "untrained", "difference", "interval", "$p$", "adjusted",
        f"below {LEVEL:g}", "combined", "experts", "entropy",
    )  # fmt: skip

    def cells(run: str) -> tuple[Value, ...]:
        return (
            information(run), information(run, f"{INFORMATION}_chance"), information(run, INFORMATION + UNTRAINED),
            lambda e: signed_nats(learned(e, run).mean),
            lambda e: interval_said(learned(e, run), NATS),
            lambda e: p_value(learned(e, run).p),
            lambda e: p_value(learned_adjusted(e, run)),
            beyond_chance(run),
            lambda e: small(combined(e, run)),
            information(run, "experts_used", 1), information(run, "routing_entropy", 2),
        )  # fmt: skip

    return header, tuple((asked(e, run), *map(e.marked, cells(run))) for run in SEEN)


# --- what answers lose without an expert ---

# Of a record, and what is done to an expert in words
CHANGES = {"reset": "put back", "frozen": "not written after the fact", "swapped": "exchanged"}
TOGETHER, RANDOM = "all", "random"  # All kinds of facts; and an expert that is drawn
CAUSAL = ("change", "kind", "expert", "difference", "low", "high", "p_value")  # Columns


class Lost(NamedTuple):
    """What answers of one seed lose with a change of an expert, in points."""

    most: float  # By the expert that costs most
    most_beyond: bool  # Whether that is beyond zero, with adjusted p-values of as many experts as there are
    random: float  # By one that is drawn
    random_beyond: bool


def rows_of(e: Evidence, run: str, name: str, columns: Sequence[str]) -> list[tuple[Record, list[dict[str, Any]]]]:
    """Each record with the rows of a series; a `ValueError` if a record lacks it, or a column."""
    found = []
    for record, series in zip(e.about(run), e.series(run, name), strict=True):
        for column in columns:
            if column not in series:
                raise e.lacks(run, record, f"series of {name}", column)
        rows = zip(*(series[column] for column in columns), strict=True)
        found.append((record, [dict(zip(columns, row, strict=True)) for row in rows]))
    return found


def lost_of(rows: Sequence[dict[str, Any]]) -> Lost:
    """Of one change's rows: one of each expert and one of a random one; a `ValueError` for others."""
    experts, drawn = ([row for row in rows if (row["expert"] == RANDOM) is one] for one in (False, True))
    numbers = [row[name] for row in rows for name in ("difference", "low", "high")] + [row["p_value"] for row in experts]
    if not experts or len(drawn) != 1 or not all(isinstance(x, int | float) and math.isfinite(x) for x in numbers):
        raise ValueError(f"numbers of each expert and of one random one, got {len(experts)} experts and {len(drawn)} random")
    worst = min(experts, key=lambda row: row["difference"])
    p = adjust([row["p_value"] for row in experts])[experts.index(worst)]
    return Lost(
        -100 * worst["difference"], worst["high"] < 0 and p <= LEVEL, -100 * drawn[0]["difference"], drawn[0]["high"] < 0
    )


def lost(e: Evidence, run: str, change: str) -> list[Lost]:
    """Of each seed, over all kinds of facts together."""
    found = []
    for record, rows in rows_of(e, run, "causal", CAUSAL):
        try:
            found.append(lost_of([row for row in rows if (row["change"], row["kind"]) == (change, TOGETHER)]))
        except ValueError as error:
            where = f"the series 'causal' of {run}-{record['seed']} must have for {change!r} and kind {TOGETHER!r}"
            raise ValueError(f"{where} {error}") from None
    return found


def loss(e: Evidence, run: str, change: str, of: str) -> OverSeeds:
    """Points that are lost by the expert that costs `most`, or by a `random` one, over seeds."""
    return over_seeds([getattr(found, of) for found in lost(e, run, change)])


def loss_adjusted(e: Evidence, run: str, change: str) -> float:
    """The p-value of what a random expert costs; all changes of both runs are one family."""
    family = [(other, each) for other in SEEN for each in CHANGES]
    return adjust([loss(e, *one, RANDOM).p for one in family])[family.index((run, change))]


def beyond_zero(e: Evidence, run: str, change: str, of: str) -> str:
    """With how many seeds a loss is beyond zero, of how many."""
    found = [getattr(one, f"{of}_beyond") for one in lost(e, run, change)]
    return f"{sum(found) or 'none'} of {len(found)}"


def causal_body(e: Evidence) -> Body:
    """What answers lose, by run and change."""
    header = ("task", "an expert", "most", "interval", "beyond", "random", "interval", "beyond", "$p$", "adjusted")
    rows: list[tuple[str, ...] | None] = []

    def lost_by(run: str, change: str, of: str) -> tuple[Value, ...]:
        return (
            lambda e: number(loss(e, run, change, of).mean),
            lambda e: interval_said(loss(e, run, change, of)),
            lambda e: beyond_zero(e, run, change, of),
        )

    def cells(run: str, change: str) -> tuple[Value, ...]:
        return (
            *lost_by(run, change, "most"),
            *lost_by(run, change, RANDOM),
            lambda e: p_value(loss(e, run, change, RANDOM).p),
            lambda e: p_value(loss_adjusted(e, run, change)),
        )

    for run in SEEN:
        rows += [None] * bool(rows)
        for change, label in CHANGES.items():
            first = asked(e, run) if change == next(iter(CHANGES)) else ""
            rows.append((first, label, *map(e.marked, cells(run, change))))
    return header, tuple(rows)


# What answers do, by the sign of what a random expert costs them
EFFECTS = {1: "fewer answers are right", -1: "more answers are right", 0: "nothing changes measurably"}


def random_said(run: str) -> Value:
    """What a random expert costs, by change."""

    def value(e: Evidence) -> str:
        said, few = dict[int, list[str]](), ""
        for change, label in CHANGES.items():
            found = loss(e, run, change, RANDOM)
            sign, few = decided(found, loss_adjusted(e, run, change)), too_few(found)
            said.setdefault(sign, []).append(f"{label} ({signed(-found.mean)} points)")
        return "; ".join(f"{EFFECTS[sign]} when it is {listed(said[sign], '')}" for sign in EFFECTS if sign in said) + few

    return value


def most_said(run: str) -> Value:
    """What the expert costs that costs most, by change, and with how many seeds that is beyond zero."""

    def value(e: Evidence) -> str:
        return listed([
            f"{number(loss(e, run, change, 'most').mean)} points when it is {label} ({beyond_zero(e, run, change, 'most')} seeds)"
            for change, label in CHANGES.items()
        ], "")  # fmt: skip

    return value


# --- what is kept ---

# Curves of a record that are shown, and what is said of them
CURVES = {
    "answer": "of answers are right",
    "answer, nothing written since": "if nothing is written since the fact",
    "probe": "of facts are read from the memory by a probe",
    "probe, untrained memory": "by one of an untrained memory",
}
Curve = dict[int, list[float]]  # Segments since the fact → percent of each seed


def curves(e: Evidence, run: str) -> dict[str, Curve]:
    """Each of `CURVES` at the distances that all seeds have; a `ValueError` for a curve without one."""
    told = rows_of(e, run, "retention", ("distance", "curve", "share"))
    found: dict[str, Curve] = {}
    for name in CURVES:
        each = [{int(row["distance"]): 100 * row["share"] for row in rows if row["curve"] == name} for _, rows in told]
        for (record, _), points in zip(told, each, strict=True):
            if not points:
                raise e.lacks(run, record, "curve of retention", name)
        shared = sorted(set.intersection(*map(set, each)))
        if not shared:
            raise ValueError(f"the seeds of {run} must share a distance of the curve {name!r}, they have none in common")
        found[name] = {distance: [points[distance] for points in each] for distance in shared}
    return found


def kept_data(e: Evidence) -> dict[str, dict[str, list[list[float]]]]:
    """Of each run and curve: distances, the mean, the lowest and the highest seed."""

    def line(points: Curve) -> list[list[float]]:
        values = list(points.values())
        means = [math.fsum(each) / len(each) for each in values]
        return [[float(distance) for distance in points], means, [*map(min, values)], [*map(max, values)]]

    return {asked(e, run): {name: line(points) for name, points in curves(e, run).items()} for run in SEEN}


def kept_said(run: str) -> Value:
    """What the curves are at the farthest distance that all of them have."""

    def value(e: Evidence) -> str:
        found = curves(e, run)
        shared = set.intersection(*map(set, found.values()))
        if not shared:
            raise ValueError(f"the curves of {run} must share a distance, they have none in common")
        at = max(shared)
        said = [f"{number(Sample.of(points[at]).mean)}% {CURVES[name]}" for name, points in found.items()]
        return f"{at} segments after the fact, {listed(said, '')}"

    return value


# --- macros ---


def run_macros(name: str, run: str) -> list[Macro]:
    """Those of the models of one run."""
    own, what = (run,), f"what experts hold, {name.lower()}"
    return [
        setting(f"Seen{name}Segments", own, "num_segments", f"{what}: segments of documents"),
        Macro(f"Seen{name}Seeds", own, lambda e: e.seeds(own), f"{what}: seeds"),
        Macro(f"Seen{name}Said", SEEN, specialised(run), f"{what}: whether experts specialise"),
        Macro(f"Seen{name}Chance", own, beyond_chance(run), f"{what}: seeds beyond chance"),
        Macro(f"Seen{name}Untrained", own, beyond_chance(run, UNTRAINED), f"{what}: seeds beyond chance, untrained"),
        Macro(f"Seen{name}Most", own, most_said(run), f"{what}: losses by the expert that costs most"),
        Macro(f"Seen{name}Random", SEEN, random_said(run), f"{what}: losses by a random expert"),
        Macro(f"Seen{name}Kept", own, kept_said(run), f"{what}: curves at the farthest distance"),
    ]


def seen_macros() -> list[Macro]:
    """All of them."""
    return [
        Macro("SeenDocuments", SEEN, lambda e: evaluated(e, SEEN), "what experts hold: documents"),
        setting("SeenPermutations", SEEN, "permutations", "permutations of kinds"),
        *(macro for name, run in zip(("Retention", "Kinds"), SEEN, strict=True) for macro in run_macros(name, run)),
    ]
