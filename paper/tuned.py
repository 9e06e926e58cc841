"""What single settings change: memories of retention with one setting changed at a time, beside the same memory as it is."""

from collections.abc import Callable, Mapping
from typing import Any

from contrasts import interval, least_p
from evidence import RETUNED, TUNED, Evidence, Record, Sample
from results import Macro, Value, at, keeps, listed, number, signed, spread
from tex import Body

BASES = {run: base for base, runs in TUNED.items() for run in runs}
SHORT = 16  # Segments: the other length that is shown
# The settings that may be changed, and how a value is told.
SETTINGS: dict[str, Callable[[Any], str]] = {
    "memory_slots": "$m = {}$".format,
    "segment_length": "{} tokens a segment".format,
    "gate_bias": "gate bias ${:g}$".format,
    "learning_rate": "learning rate {:g}".format,
    "max_steps": "{:,} steps".format,
    "short_steps": "{:,} steps on short documents".format,
    "load_balance_weight": "load-balance weight {:g}".format,
    "routing_noise": "routing noise {:g}".format,
    "routing_temperature": "temperature {:g}".format,
    "final_routing_temperature": "temperature falling to {:g}".format,
    "read_layer": lambda layer: f"read at layer {layer + 1}",  # which parameters count from zero
    "read_norm": lambda normed: "a layer norm" if normed else "no layer norm",
    "pooling_method": "{} pooling".format,
    "expert_dropout": "expert dropout {:g}".format,
}
ASIDE = ("seed", "output_dir", "eval_segments")  # What says nothing of a memory


def settings(e: Evidence, run: str) -> Mapping[str, Any]:
    """The parameters of a run; a `ValueError` if a record does not have one of `SETTINGS`."""
    found = e.deciding([((run, record["seed"]), record) for record in e.records[run]])
    record: Record = found[0][1]
    for name in SETTINGS:
        if name not in record["params"]:
            raise e.lacks(run, record, "parameter", name)
    params: Mapping[str, Any] = record["params"]
    return params


def changed(e: Evidence, run: str) -> str:
    """What a run sets otherwise than the memory as it is; a `ValueError` if that is nothing, or none of `SETTINGS`."""
    own, usual = settings(e, run), settings(e, BASES[run])
    found = {name for name in own.keys() & usual.keys() if own[name] != usual[name]} - {*ASIDE}
    if not found or found - SETTINGS.keys():
        raise ValueError(
            f"{run} must differ from {BASES[run]} in some of {', '.join(SETTINGS)} and in nothing else, "
            f"it differs in {listed(sorted(found), 'nothing')}"
        )
    return " with ".join(say(own[name]) for name, say in SETTINGS.items() if name in found)


def usual_scores(e: Evidence, run: str, length: int) -> list[float]:
    """What the memory as it is scores with the seeds of a run; a `ValueError` if these are not its first ones."""
    base, seeds = BASES[run], [record["seed"] for record in e.records[run]]
    first = [record["seed"] for record in e.records[base]][: len(seeds)]
    if seeds != first:
        raise ValueError(f"{run} must have the first seeds of {base} to be compared in pairs, got {seeds} and {first}")
    return [float(score) for score in e.results(base, "metrics", at(e, (base,), length), len(seeds))]


def scores(e: Evidence, run: str, length: int) -> list[float]:
    """What a run scores, seed by seed."""
    return e.values(run, at(e, (run,), length))


def longest(e: Evidence) -> int:
    """The length at which differences are told, in segments."""
    return e.lengths(RETUNED)[-1]


def differences(e: Evidence, run: str) -> list[float]:
    """By how much a run is above the memory as it is at the longest length, seed by seed."""
    n = longest(e)
    return [one - other for one, other in zip(scores(e, run, n), usual_scores(e, run, n), strict=True)]


def mean_difference(e: Evidence, run: str) -> float:
    """Their mean."""
    return Sample.of(differences(e, run)).mean


def side(e: Evidence, run: str) -> int:
    """On which side of zero the interval of the mean is: 1 above, -1 below, 0 on both."""
    low, high = interval(differences(e, run))
    return (low > 0) - (high < 0)


# --- table and text ---


def cells(run: str) -> list[Value]:
    """What the row of a run says behind its seeds."""
    return [
        lambda e: spread(Sample.of(scores(e, run, SHORT))),
        lambda e: spread(Sample.of(scores(e, run, longest(e)))),
        lambda e: signed(mean_difference(e, run)),
        lambda e: "{} to {}".format(*map(number, interval(differences(e, run)))),
    ]


def usual_cells(run: str) -> list[Value]:
    """The same of the memory as it is, with the seeds of a run."""
    return [
        lambda e: spread(Sample.of(usual_scores(e, run, SHORT))),
        lambda e: spread(Sample.of(usual_scores(e, run, longest(e)))),
    ]


def tuned_body(e: Evidence) -> Body:
    """By memory: scores as it is, and with each change."""

    def seeds(run: str) -> Value:
        return lambda e: str(len(e.about(run)))

    rows: list[tuple[str, ...] | None] = []
    for base, runs in TUNED.items():
        rows += [None] * bool(rows)
        rows.append((e.label(base), "as it is", *map(e.marked, [seeds(runs[0]), *usual_cells(runs[0])]), "", ""))
        rows += [("", changed(e, run), *map(e.marked, [seeds(run), *cells(run)])) for run in runs]
    return ("memory", "changed", "seeds", str(SHORT), number(longest(e), 0), "difference", "interval"), tuple(rows)


def on_side(e: Evidence, sign: int) -> str:
    """Which changes have an interval on one side of zero, memory by memory."""
    said = []
    for base, runs in TUNED.items():
        if names := [changed(e, run) for run in runs if side(e, run) == sign]:
            said.append(f"({e.label(base)}) with {listed(names, '')}")
    return "; ".join(said)


def counted(count: int) -> str:
    """How many changes have an interval somewhere."""
    return f"{count or 'none'} {'has' if count < 2 else 'have'} an interval"


def above(e: Evidence) -> str:
    """How many changes have an interval above zero, with how many of these the memory keeps the fact, and which they are."""
    found = [run for run in RETUNED if side(e, run) > 0]
    kept = sum(keeps(e, run) for run in found)
    rest = f", with {kept or 'none'} of which the memory keeps the fact: {on_side(e, 1)}"
    return f"{counted(len(found))} above zero{rest if found else ''}"


def below(e: Evidence) -> str:
    """How many changes have an interval below zero, and which."""
    count = sum(side(e, run) < 0 for run in RETUNED)
    return f"{counted(count)} below zero{f': {on_side(e, -1)}' if count else ''}"


def highest(e: Evidence) -> list[str]:
    """The changes with the highest mean, as it is written, at the longest length."""
    means = {run: number(Sample.of(scores(e, run, longest(e))).mean) for run in RETUNED}
    most = max(means.values(), key=float)
    return [run for run, mean in means.items() if mean == most]


def best(e: Evidence) -> str:
    """Which they are."""
    return "; ".join(f"({e.label(BASES[run])}) with {changed(e, run)}" for run in highest(e))


def best_score(e: Evidence) -> str:
    """Their mean."""
    return number(Sample.of(scores(e, highest(e)[0], longest(e))).mean)


def difference_range(e: Evidence) -> str:
    """From the least mean difference to the most."""
    found = [mean_difference(e, run) for run in RETUNED]
    return f"{signed(min(found))} to {signed(max(found))}"


def one_sign(e: Evidence) -> str:
    """How often the differences of all seeds have one sign where nothing differs."""
    counts = sorted({len(e.about(run)) for run in RETUNED})
    return listed([f"{number(100 * least_p(n), 0)}% with {n} seeds" for n in counts], "")


def tuned_macros() -> list[Macro]:
    """Those of single settings."""
    return [
        Macro("TunedRuns", RETUNED, lambda _: str(len(RETUNED)), "changes of single settings"),
        Macro("TunedBases", RETUNED, lambda _: str(len(TUNED)), "memories whose settings were changed"),
        Macro("TunedSeeds", RETUNED, lambda e: e.seeds(RETUNED), "seeds of each change"),
        Macro("TunedLength", RETUNED, lambda e: number(longest(e), 0), "segments at which differences are told"),
        Macro("TunedRange", RETUNED, difference_range, "differences from the memories as they are, points"),
        Macro("TunedAbove", RETUNED, above, "changes with an interval above zero"),
        Macro("TunedBelow", RETUNED, below, "changes with an interval below zero"),
        Macro("TunedBest", RETUNED, best, "changed memories with the highest mean"),
        Macro("TunedBestScore", RETUNED, best_score, "their mean"),
        Macro("TunedOneSign", RETUNED, one_sign, "how often all differences have one sign by chance"),
    ]
