"""What the text says of runs that it can do without until they are made: those of `OPTIONAL` in `evidence.py`."""

import json
import math
from collections.abc import Callable, Sequence
from functools import cache

from contrasts import interval, planned
from evidence import (
    BETTER,
    BINDING,
    BOUND,
    CONFIRMED,
    IMPROVED,
    LONGEST,
    MECHANISM,
    MILLION,
    SCORE,
    SMALLEST,
    Evidence,
    Sample,
)
from results import Macro, Value, asked_lengths, at, extremes, listed, number, setting, spanned, spread, words

from gmmxlnet_nb.babi import shortcut_answers
from gmmxlnet_nb.shortcuts import shortcut_scores
from gmmxlnet_nb.tasks import EVALUATION_SEED, generated_documents

# --- new seeds, and a million tokens ---

OUTDATED = "choice_stale/{}"  # The metric: which share of choices was true earlier
REACHED = 95.0  # Percent: how many seeds have so much is counted


def last_score(e: Evidence, run: str) -> str:
    """The metric of the compared score at the longest length that a run was asked about."""
    return at(e, (run,), e.lengths((run,))[-1])


def reached(run: str, name: Callable[[Evidence, str], str] = last_score) -> Value:
    """With how many seeds a run has at least `REACHED`, of how many."""

    def value(e: Evidence) -> str:
        scores = e.values(run, name(e, run))
        return f"{sum(score >= REACHED for score in scores) or 'none'} of {len(scores)}"

    return value


def right_needed(e: Evidence, runs: Sequence[str] = MILLION) -> str:
    """How many documents of a very long length have to be right for `REACHED`, of how many."""
    count = int(e.param(runs, "num_length_eval"))
    return f"{math.ceil(count * REACHED / 100)} of {count}"


def labelled(run: str) -> Value:
    """What a run's memory is called."""

    def value(e: Evidence) -> str:
        e.about(run)
        return e.label(run)

    return value


def confirmed_macros() -> list[Macro]:
    """Those of the two memories that retention chose: with new seeds, at a million tokens, and on update."""
    pairs = {"Confirmed": CONFIRMED, "Million": MILLION}
    found = [
        Macro("SmallestRouted", SMALLEST[:1], labelled(SMALLEST[0]), "update: experts that retention chose"),
        Macro("SmallestFlat", SMALLEST[1:], labelled(SMALLEST[1]), "update: flat memory that retention chose"),
        words("SmallestSaid", *SMALLEST, "update: the former less the latter"),
        Macro("Reached", CONFIRMED + MILLION + BETTER, lambda _: number(REACHED, 0), "score that seeds are counted by, %"),
        Macro("ConfirmedSeeds", CONFIRMED, lambda e: e.seeds(CONFIRMED), "new seeds of each memory"),
        Macro("ConfirmedLength", CONFIRMED, lambda _: number(planned(*CONFIRMED).length or 0, 0), "length of their contrast"),
        words("ConfirmedSaid", *CONFIRMED, "new seeds: experts less flat memory with a hard gate"),
        Macro("MillionSeeds", MILLION, lambda e: e.seeds(MILLION), "seeds at a million tokens"),
        Macro("MillionLength", MILLION, lambda e: number(e.lengths(MILLION)[-1], 0), "segments of a million tokens"),
        setting("MillionDocuments", MILLION, "num_length_eval", "documents of that length"),
        Macro("MillionNeeded", MILLION, right_needed, "of these, how many make that score"),
    ]
    for name, runs in pairs.items():
        for who, run in zip(("Routed", "Flat"), runs, strict=True):
            longest = "longest length" if name == "Confirmed" else "a million tokens"
            found += [
                Macro(f"{name}{who}", (run,), labelled(run), f"a memory at {longest}, new seeds"),
                Macro(f"{name}{who}Score", (run,), score_of(run, last_score), "its score"),
                Macro(f"{name}{who}Reached", (run,), reached(run), "seeds that reach the score that is counted"),
            ]
    return found


def improved_score(task: str) -> Callable[[Evidence, str], str]:
    """The metric that a task's improved runs are compared by: at the length of their contrast, or the longest."""

    def name(e: Evidence, run: str) -> str:
        length = e.lengths((run,))[-1] if task == "million" else planned(*IMPROVED[task]).length or 0
        return at(e, (run,), length)

    return name


def score_of(run: str, name: Callable[[Evidence, str], str]) -> Value:
    """One score of a run, over its seeds."""
    return lambda e: spread(e.metric(run, name(e, run)))


def outdated(e: Evidence, run: str) -> str:
    """The metric of what an improved run chooses that was true earlier, at the length of the contrast."""
    return OUTDATED.format(planned(*IMPROVED["update"]).length)


def improved_macros() -> list[Macro]:
    """Those of the best memory of each kind with gates that begin open, trained longer, on each task."""
    kept, far, updated = IMPROVED.values()
    found = [
        setting("ImprovedSteps", BETTER, "max_steps", "steps of the improved runs"),
        setting("ImprovedShort", BETTER, "short_steps", "of these, on the shortest documents"),
        Macro("ImprovedBias", BETTER, lambda e: f"{e.param(BETTER, 'gate_bias'):g}", "their gates' bias at the start"),
        Macro("ImprovedSeeds", BETTER, lambda e: e.seeds(BETTER), "seeds of each of them"),
        Macro("ImprovedLength", kept, lambda _: number(planned(*kept).length or 0, 0), "length of their contrast, retention"),
        Macro("ImprovedUpdateLength", updated, lambda _: number(planned(*updated).length or 0, 0), "the same, update"),
        Macro("ImprovedFarthest", far, lambda e: number(e.lengths(far)[-1], 0), "segments of their longest documents"),
        Macro("ImprovedNeeded", far, lambda e: right_needed(e, far), "of these, how many make the score that is counted"),
        setting("ImprovedUpdateBalance", updated[:1], "load_balance_weight", "update: weight on the load-balance loss"),
        words("ImprovedSaid", *kept, "retention: improved experts less improved flat memory"),
        words("ImprovedUpdateSaid", *updated, "update: the same"),
    ]
    for task, name in (("retention", ""), ("million", "Million"), ("update", "Update")):
        score = improved_score(task)
        for who, run in zip(("Routed", "Flat"), IMPROVED[task], strict=True):
            begin = f"Improved{name}{who}"
            found += [
                Macro(f"{begin}Score", (run,), score_of(run, score), f"{task}: score"),
                Macro(f"{begin}Reached", (run,), reached(run, score), f"{task}: seeds that reach the score that is counted"),
            ]
    for who, one, changing in zip(("Routed", "Flat"), kept, updated, strict=True):
        found += [
            Macro(f"Improved{who}", (one,), labelled(one), "an improved memory"),
            Macro(f"ImprovedUpdate{who}Outdated", (changing,), score_of(changing, outdated), "update: outdated choices, %"),
        ]
    return found


def longest_macros() -> list[Macro]:
    """Those of the one run at ten million tokens."""
    [run] = LONGEST
    return [
        Macro("TenMillionSegments", LONGEST, lambda e: number(e.lengths(LONGEST)[-1], 0), "segments of its documents"),
        Macro("TenMillionDocuments", LONGEST, lambda e: number(e.param(LONGEST, "num_length_eval"), 0), "how many it has"),
        Macro("TenMillionScore", LONGEST, lambda e: number(e.metric(run, last_score(e, run)).mean, 0), "its score on them"),
    ]


# --- what trained memories do where they are changed ---

OF_FACTS = ("capture", "freeze-after-fact")  # Interventions that ask what is written and kept
CHANGES = {"mean-read-route": "mean read route", "random-expert": "random expert reset"}  # What the others are called
WEAK = "gates*0.1"  # The one that the text speaks of
CLOSE = 3.0  # Points: what differs by no more is called predicted
SHARES = SCORE.removesuffix("exact")  # What the names of shares of facts begin with that go with the compared score


def changes(e: Evidence, run: str) -> list[str]:
    """What was done to a run's models, by the names that records have, but for what asks for facts."""
    return [name for name in e.param((run,), "interventions") if name not in OF_FACTS]


def change_label(name: str) -> str:
    """What an intervention is called."""
    kind, _, factor = name.partition("*")
    return f"gates × {factor}" if factor else CHANGES.get(kind, kind.replace("-", " "))


def change(run: str, name: str, length: int) -> Value:
    """How much an intervention changes the score, over the seeds, with a sign."""

    def value(e: Evidence) -> str:
        found = spread(e.metric(run, f"{SCORE}_change@{name}/{length}"))
        return found if found.startswith(("−", "0.0")) else f"+{found}"

    return value


def change_ends(e: Evidence, run: str, name: str, length: int) -> list[tuple[float, float]]:
    """The ends of each seed's interval over documents."""
    low, high = (e.values(run, f"{SCORE}_change_{end}@{name}/{length}") for end in ("low", "high"))
    return list(zip(low, high, strict=True))


def change_interval(run: str, name: str, length: int) -> Value:
    """The mean, over seeds, of the ends of the interval over documents."""

    def value(e: Evidence) -> str:
        ends = [Sample.of(values).mean for values in zip(*change_ends(e, run, name, length), strict=True)]
        return "{} to {}".format(*map(number, ends))

    return value


def effects(name: str) -> Value:
    """Of how many models an intervention lowers or raises the score by an interval that does not hold zero."""

    def value(e: Evidence) -> str:
        said = []
        for length in e.lengths(MECHANISM):
            ends = [pair for run in MECHANISM if name in changes(e, run) for pair in change_ends(e, run, name, length)]
            lower, higher = sum(high < 0 for _, high in ends), sum(low > 0 for low, _ in ends)
            said.append(f"at {number(length, 0)} segments, {lower or 'none'} of {len(ends)} lower and {higher or 'none'} higher")
        return "; ".join(said)

    return value


def share(e: Evidence, run: str, what: str, length: int) -> list[float]:
    """Of each seed, in percent: the facts that are written (`capture`), or written and answered at the end (`product`)."""
    return e.values(run, f"{SHARES}{what}/{length}")


def kept_share(e: Evidence, run: str, length: int) -> float | None:
    """Of the facts that are written, how many are kept, over all seeds, in percent; None where none is written."""
    written, both = (math.fsum(share(e, run, what, length)) for what in ("capture", "product"))
    return 100 * both / written if written else None


def accuracy(e: Evidence, run: str, length: int) -> list[float]:
    """The compared score of each seed."""
    return e.values(run, at(e, (run,), length))


def prediction_gaps(e: Evidence) -> dict[tuple[str, int], list[float]]:
    """By memory and length: how much of each seed's measured share the product does not predict."""
    return {
        (run, n): [right - both for right, both in zip(accuracy(e, run, n), share(e, run, "product", n), strict=True)]
        for run in MECHANISM
        for n in e.lengths(MECHANISM)
    }


def largest_gap(e: Evidence) -> str:
    """The largest mean of them."""
    return number(max(abs(math.fsum(found) / len(found)) for found in prediction_gaps(e).values()))


def largest_model_gap(e: Evidence) -> str:
    """The largest of one model."""
    return number(max(abs(gap) for found in prediction_gaps(e).values() for gap in found))


def predicted(e: Evidence) -> str:
    """For how many memories and lengths the product is close to the measured share."""
    found = [abs(math.fsum(gaps) / len(gaps)) <= CLOSE for gaps in prediction_gaps(e).values()]
    return f"all {len(found)}" if all(found) else f"{sum(found) or 'none'} of {len(found)}"


def shares_at_longest(e: Evidence) -> tuple[list[float], list[float]]:
    """At the longest length, of each memory: the share of facts that are written, and that of these that are kept."""
    n = e.lengths(MECHANISM)[-1]
    written = [Sample.of(share(e, run, "capture", n)).mean for run in MECHANISM]
    return written, [found for run in MECHANISM if (found := kept_share(e, run, n)) is not None]


def ranged(values: Sequence[float]) -> str:
    """From the least to the most."""
    ends = [number(end) for end in (min(values), max(values))] if values else ["–"]
    return ends[0] if ends[0] == ends[-1] else f"{ends[0]} to {ends[1]}"


# What tells memories apart, by whether the shares kept (1) or those written (-1) are further apart.
APART = {
    1: "Memories differ more in what they keep than in what they write",
    -1: "Memories differ more in what they write than in what they keep",
    0: "Memories differ as much in what they write as in what they keep",
}


def apart(e: Evidence) -> str:
    """What tells memories apart."""
    written, kept = (float(number(max(values) - min(values))) if values else 0.0 for values in shares_at_longest(e))
    return APART[(kept > written) - (kept < written)]


def mechanism_macros() -> list[Macro]:
    """Those of changed memories."""
    return [
        Macro("MechanismRuns", MECHANISM, lambda e: str(len(e.there(MECHANISM))), "memories that were changed"),
        Macro("MechanismSeeds", MECHANISM, lambda e: e.seeds(MECHANISM), "seeds of each"),
        Macro("MechanismDocuments", MECHANISM, lambda e: number(documents(e, MECHANISM, e.lengths(MECHANISM)[-1]), 0),
              "documents of each length"),
        Macro("MechanismLongest", MECHANISM, lambda e: number(e.lengths(MECHANISM)[-1], 0), "longest length, segments"),
        Macro("GatesSaid", MECHANISM, effects(WEAK), "models whose score weak gates change"),
        Macro("GatesScale", MECHANISM, lambda _: WEAK.partition("*")[2], "what gates are multiplied by"),
        Macro("ReadRouteSaid", MECHANISM, effects("mean-read-route"), "models whose score the mean read route changes"),
        Macro("RandomExpertSaid", MECHANISM, effects("random-expert"), "models whose score a random expert's reset changes"),
        Macro("WrittenRange", MECHANISM, lambda e: ranged(shares_at_longest(e)[0]), "facts written at the longest length, %"),
        Macro("KeptRange", MECHANISM, lambda e: ranged(shares_at_longest(e)[1]), "the same of facts kept, of those written, %"),
        Macro("WrittenOrKept", MECHANISM, apart, "what tells memories apart"),
        Macro("PredictedSaid", MECHANISM, predicted, "memories and lengths of which the product is close to the measured share"),
        Macro("Close", MECHANISM, lambda _: number(CLOSE, 0), "what is called close, points"),
        Macro("PredictionGap", MECHANISM, largest_gap, "largest difference of measured share and product, means"),
        Macro("PredictionGapModel", MECHANISM, largest_model_gap, "the same of one model"),
    ]  # fmt: skip


# --- which of several values belongs to which entity, or is of which kind ---

# What the text calls the tasks
TASKS = {"decoys": "decoys", "shown": "decoys, question shown", "recall": "recall", "kinds": "kinds", "babi": "where"}
ENTITIES = tuple(group for group in BINDING if group != "kinds")  # Where entities have to be told apart
NO_OWNER = ("any named place", "most recent place", "most frequent place")  # Rules of babi that know no person
FIRST_PLACE = "first place of the first holder"  # And one that knows whose room it is, and not that it changes
# Rules by what they know, and what tables call them
FLOORS = {"values": "knows the values only", "fact": "knows one fact only"}
ERROR = 1.96  # Standard errors within which 95% of normal numbers are


def documents(e: Evidence, runs: Sequence[str], length: int) -> int:
    """How many documents of a length were asked about."""
    trained = length == e.param(runs, "num_segments")
    return int((None if trained else e.param(runs, "num_length_eval")) or e.param(runs, "num_eval"))


@cache
def babi_scores(count: int, length: int, options: str) -> dict[str, float]:
    """What rules score on the very documents that were asked about, in percent."""
    found = generated_documents("babi", count, length, EVALUATION_SEED, json.loads(options))
    said = [(shortcut_answers(document), document.answers[0].text) for document in found]
    return {rule: 100 * sum(answers[rule] == right for answers, right in said) / count for rule in said[0][0]}


def floors(e: Evidence, group: str, length: int) -> dict[str, float]:
    """What rules of `FLOORS` score in a group's documents of a length, in percent."""
    runs = BINDING[group]
    task, options = e.param(runs, "task"), e.param(runs, "task_options")
    if task == "babi":
        scores = babi_scores(documents(e, runs, length), length, json.dumps(options))
        return {"values": max(scores[rule] for rule in NO_OWNER), "fact": scores[FIRST_PLACE]}
    scores = shortcut_scores(task, length, options)
    found = {"values": 100 * scores["bag"], "fact": 100 * scores["one_fact"]}
    # Where all segments show the question, one fact, the asked one, is all that has to be kept; and where no two values are of
    # one kind, the values alone are the answer
    without = {"fact"} if options.get("question_shown", "last") != "last" else {"values"} if scores["bag"] == 1 else set()
    return {rule: score for rule, score in found.items() if rule not in without}


def margin(e: Evidence, group: str, length: int, floor: float) -> float:
    """Points by which a rule's score may be exceeded by chance, with as many documents as were asked about."""
    return ERROR * math.sqrt(floor * (100 - floor) / documents(e, BINDING[group], length))


def is_above(e: Evidence, group: str, run: str, length: int, rule: str) -> bool:
    """Whether a memory is above a rule: its interval over seeds is, by more than chance gives the rule itself.

    A rule of `FLOORS`, or a random `choice`.
    """
    floor = e.metric(run, "chance").mean if rule == "choice" else floors(e, group, length)[rule]
    return interval(accuracy(e, run, length))[0] > floor + margin(e, group, length, floor)


def above_said(group: str, rule: str = "values") -> Value:
    """At which lengths each memory is above a rule, by default the one that knows the values only."""

    def value(e: Evidence) -> str:
        said = []
        for run in BINDING[group]:
            lengths = [number(n, 0) for n in asked_lengths(e, BINDING[group]) if is_above(e, group, run, n, rule)]
            said.append(f"({e.label(run)}) at {listed(lengths, 'no length')}{' segments' * bool(lengths)}")
        return ", ".join(said)

    return value


def above_in_all(rule: str) -> Value:
    """How many memories, over the tasks of entities, are above a rule at the trained length and at the longest."""

    def value(e: Evidence) -> str:
        lengths, said = asked_lengths(e, BOUND), []
        trained = int(e.param(BOUND, "num_segments"))
        for n in (trained, lengths[-1]):
            found = [
                is_above(e, group, run, n, rule)
                for group in ENTITIES if rule in floors(e, group, n) for run in BINDING[group]
            ]  # fmt: skip
            said.append(f"{sum(found) or 'none'} of {len(found)} at {number(n, 0)} segments")
        return " and ".join(said)

    return value


def floor_range(group: str, rule: str) -> Value:
    """What a rule scores, over the lengths."""
    return lambda e: ranged([floors(e, group, n)[rule] for n in asked_lengths(e, BINDING[group])])


def by_length(run: str) -> Value:
    """A run's score at each length, the shortest first."""
    return lambda e: listed([spread(e.metric(run, at(e, (run,), n))) for n in asked_lengths(e, (run,))], "")


def kinds_macros() -> list[Macro]:
    """Those of the task with one fact of each kind."""
    kinds = BINDING["kinds"]
    return [
        Macro("KindsChance", kinds, lambda e: extremes(e, kinds, "chance"), "kinds: a random choice, %"),
        Macro("KindsFact", kinds, floor_range("kinds", "fact"), "kinds: what one known fact is worth, %"),
        Macro("KindsLengths", kinds, lambda e: listed([str(n) for n in asked_lengths(e, kinds)], ""), "kinds: lengths, segments"),
        Macro("KindsRouted", kinds[:1], labelled(kinds[0]), "kinds: experts"),
        Macro("KindsRoutedScores", kinds[:1], by_length(kinds[0]), "their score at each length"),
        Macro("KindsSeeds", kinds[:1], lambda e: e.seeds(kinds[:1]), "their seeds"),
        Macro("KindsBias", kinds[:1], lambda e: f"{e.param(kinds[:1], 'gate_bias'):g}", "where their gates begin"),
        Macro("KindsFlat", kinds[1:], labelled(kinds[1]), "kinds: flat memory"),
        Macro("KindsFlatScores", kinds[1:], by_length(kinds[1]), "its score at each length"),
        Macro("KindsSaid", kinds, above_said("kinds", "choice"), "kinds: memories above a random choice"),
        Macro("KindsFactSaid", kinds, above_said("kinds", "fact"), "kinds: memories above what one known fact is worth"),
    ]


def binding_macros() -> list[Macro]:
    """Those of tasks that need binding."""
    usual = tuple(run for group, runs in BINDING.items() if group != "shown" for run in runs)
    decoys, shown, recall, babi = (BINDING[group] for group in ENTITIES)
    return [
        *kinds_macros(),
        Macro("BindingSeeds", BOUND, lambda e: e.seeds(BOUND), "seeds of each memory, binding"),
        Macro("BindingRange", BOUND, lambda e: spanned(e.param(BOUND, "train_segments")), "segments of its training documents"),
        setting("BindingSteps", usual, "max_steps", "training steps"),
        setting("ShownSteps", shown, "max_steps", "the same where the question is shown"),
        setting("RecallTrain", recall, "num_train", "recall: training documents at most"),
        setting("RecallBatch", recall, "batch_size", "recall: documents of a batch"),
        setting("ShownTrain", shown, "num_train", "training documents where the question is shown"),
        setting("ShownRate", shown, "learning_rate", "learning rate there"),
        setting("ShownWidth", shown, "hidden_dim", "width of the encoder there"),
        Macro("Decoys", decoys, lambda e: str(e.param(decoys, "task_options")["decoys"]), "facts about others in a document"),
        Macro("DecoysFloor", decoys, floor_range("decoys", "values"), "decoys: what the values alone are worth, %"),
        Macro("DecoysFact", decoys, floor_range("decoys", "fact"), "decoys: what one known fact is worth, %"),
        Macro("DecoysSaid", decoys, above_said("decoys"), "decoys: memories above what the values alone are worth"),
        Macro("ShownSaid", shown, above_said("shown"), "the same where the question is shown"),
        Macro("RecallFacts", recall, lambda e: str(e.param(recall, "task_options")["questions"]), "questions about one text"),
        Macro("RecallChance", recall, lambda e: extremes(e, recall, "chance"), "recall: a random choice, %"),
        Macro("RecallFact", recall, floor_range("recall", "fact"), "recall: what one known fact is worth, %"),
        Macro("RecallSaid", recall, above_said("recall"), "recall: memories above what the values alone are worth"),
        Macro("BabiChance", babi, lambda e: extremes(e, babi, "chance"), "babi: a random choice, %"),
        Macro("BabiFloor", babi, floor_range("babi", "values"), "babi: the best rule that knows no person, %"),
        Macro("BabiFact", babi, floor_range("babi", "fact"), "babi: the person's first room, %"),
        Macro("BabiSaid", babi, above_said("babi"), "babi: memories above what the values alone are worth"),
        Macro("BindingSaid", BOUND, above_in_all("values"), "memories above what the values alone are worth, all tasks"),
        Macro("BindingFactSaid", BOUND, above_in_all("fact"), "the same of one known fact"),
    ]  # fmt: skip


def further_macros() -> list[Macro]:
    """All of them."""
    return [*confirmed_macros(), *improved_macros(), *longest_macros(), *mechanism_macros(), *binding_macros()]
