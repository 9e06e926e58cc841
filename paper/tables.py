"""The tables of the paper."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from contrasts import COMPARED, Contrast, Paired, adjusted, families, interval, paired, planned
from evidence import (
    BETTER,
    BINDING,
    BOUND,
    CLOZED,
    CONFIRMED,
    CPU,
    ENCODER,
    IMPROVED,
    LEARNED,
    MASKED,
    MECHANISM,
    MEMORY,
    MILLION,
    NEEDED,
    NULL,
    PRETRAIN,
    REAL,
    RETENTION,
    RETUNED,
    SCORE,
    SEEN,
    STACKED,
    TOP,
    UPDATE,
    WINDOWS,
    Evidence,
    Sample,
)
from folds import CONTRASTED, folds_body, paragraphs_body
from further import (
    FLOORS,
    OUTDATED,
    REACHED,
    TASKS,
    accuracy,
    change,
    change_interval,
    change_label,
    changes,
    floors,
    improved_score,
    kept_share,
    outdated,
    reached,
    score_of,
    share,
)
from reading import books_body, cloze_body, pretrain_body
from results import (
    CARD_COLUMNS,
    ENCODERS,
    MEMORIES,
    ON_CPU,
    PARTS,
    Value,
    asked_lengths,
    at,
    at_longest,
    chance,
    cost_ratio,
    device,
    encoders,
    first_name,
    floor,
    listed,
    longest,
    memories,
    most_used,
    names_in,
    null_share,
    number,
    on_cpu,
    p_value,
    percent,
    shortcut,
    signed,
    size,
    spread,
    timed,
    update_length,
)
from seen import causal_body, seen_body
from tex import Body, Stale, Table
from tuned import tuned_body


def scored(run: str, name: str) -> Value:
    """A metric over the seeds."""
    return lambda e: spread(e.metric(run, name))


def reach(run: str, name: str) -> Value:
    """The interval of a metric's mean."""
    return lambda e: "{} to {}".format(*map(number, interval(e.values(run, name))))


def seed_count(run: str) -> Value:
    """How many seeds a run has."""
    return lambda e: str(len(e.about(run)))


def retention_body(e: Evidence) -> Body:
    """Scores of all memories on retention."""
    trained, last = e.param(LEARNED, "num_segments"), at_longest(e)
    rows: list[tuple[str, ...] | None] = []
    for group in RETENTION.values():
        for run in group:
            sizes = [seed_count(run), size(run, "memory_floats"), size(run, "memory_parameters")]
            scores = [scored(run, "exact"), scored(run, SCORE), scored(run, last), reach(run, last)]
            cells = [*sizes, *scores, scored(run, f"{SCORE}_memory_cleared")]
            rows.append((e.label(run), *map(e.marked, cells)))
        rows.append(None)
    rows.append(("random choice", *4 * ("",), *2 * (e.marked(chance(LEARNED[0])),), "", e.marked(chance(LEARNED[0]))))
    columns = [f"EM, {trained}", f"choices, {trained}", number(longest(e), 0), "interval", "cleared"]
    return ("memory", "seeds", "floats", "param.", *columns), tuple(rows)


def update_body(e: Evidence) -> Body:
    """Scores on update by the length of documents, and those of rules that know less than it takes."""
    lengths = asked_lengths(e, UPDATE)
    rows: list[tuple[str, ...] | None] = []
    for run in e.there(UPDATE):
        names = [*(at(e, UPDATE, n) for n in lengths), f"{SCORE}_memory_cleared", OUTDATED.format(update_length())]
        rows.append((e.label(run), *(e.marked(scored(run, name)) for name in names)))
    rows.append(None)
    rules = {"random choice": chance(UPDATE[0])}
    known = {"latch": "keeps the first value", "bag": "keeps all values, no order", "newest": "keeps the newest value"}
    rules |= {label: shortcut(UPDATE, rule) for rule, label in known.items()}
    rows += [(label, *len(lengths) * (e.marked(rule),), "", "") for label, rule in rules.items()]
    return ("memory or rule", *(str(n) for n in lengths), "cleared", f"outdated, {update_length()}"), tuple(rows)


def confirmed_body(e: Evidence) -> Body:
    """Scores with new seeds, and of these at a million tokens, and how many seeds reach what is counted."""
    lengths = {run: e.lengths((run,)) for run in e.there(CONFIRMED + MILLION)}
    heads = [number(n, 0) for n in dict.fromkeys(n for found in lengths.values() for n in found)]
    ends = [number(n, 0) for n in dict.fromkeys(found[-1] for found in lengths.values())]
    rows = []
    for runs in zip(CONFIRMED, MILLION, strict=True):
        both = e.there(runs)
        scores = [scored(run, at(e, (run,), n)) for run in both for n in lengths[run]]
        cells = [seed_count(both[0]), *scores, *map(reached, both)]
        rows.append((e.label(both[0]), *map(e.marked, cells)))
    return ("memory", "seeds", *heads, *(f"≥ {REACHED:.0f} at {n}" for n in ends)), tuple(rows)


def improved_body(e: Evidence) -> Body:
    """Scores of the improved memories on all tasks, and how many seeds reach what is counted; dashes for runs left out."""
    kept, far, updated = IMPROVED.values()
    near, last = e.lengths(kept) if e.there(kept) else [], e.lengths(far)[-1]

    def at_length(n: int) -> Callable[[Evidence, str], str]:
        return lambda e, run: at(e, (run,), n)

    def row(one: str, distant: str, changing: str) -> tuple[str, ...]:
        told, end = improved_score("update"), at_length(last)
        cells = [(one, score_of(one, at_length(n))) for n in near] + [(distant, score_of(distant, end))]
        cells += [(one, reached(one))] * bool(near) + [(distant, reached(distant))]
        cells += [(changing, way(changing, told)) for way in (score_of, reached)] + [(changing, score_of(changing, outdated))]
        label = e.label(e.there((one, distant, changing))[0])
        return label, *(e.marked(value) if e.there((run,)) else "–" for run, value in cells)

    heads = [*(number(n, 0) for n in (*near, last)), *(f"≥ {REACHED:.0f} at {number(n, 0)}" for n in (*near[-1:], last))]
    update = (f"update, {planned(*updated).length}", f"≥ {REACHED:.0f}", "outdated")
    return ("memory", *heads, *update), [row(*runs) for runs in zip(kept, far, updated, strict=True) if e.there(runs)]


def mechanism_body(e: Evidence) -> Body:
    """The score of each memory as it is, and what each intervention changes, by length."""
    lengths, rows = e.lengths(MECHANISM), list[tuple[str, ...] | None]()
    for run in MECHANISM:
        rows += [None] * bool(rows)
        scores = [cell for n in lengths for cell in (e.marked(scored(run, at(e, (run,), n))), "")]
        rows.append((e.label(run), "as it is", *scores))
        for name in changes(e, run):
            cells = [cell for n in lengths for cell in (change(run, name, n), change_interval(run, name, n))]
            rows.append(("", change_label(name), *map(e.marked, cells)))
    return ("memory", "changed", *(cell for n in lengths for cell in (number(n, 0), "interval"))), tuple(rows)


def seeds_spread(values: Callable[[Evidence], list[float]]) -> Value:
    """Numbers of one run, over its seeds."""
    return lambda e: spread(Sample.of(values(e)))


def capture_body(e: Evidence) -> Body:
    """Facts written, facts kept, their product, and what is answered, by length."""

    def kept(run: str, length: int) -> Value:
        return lambda e: "–" if (found := kept_share(e, run, length)) is None else number(found)

    def cells(run: str, n: int) -> list[Value]:
        written, product = (seeds_spread(lambda e, what=what: share(e, run, what, n)) for what in ("capture", "product"))  # type: ignore[misc]
        return [written, kept(run, n), product, seeds_spread(lambda e: accuracy(e, run, n))]

    lengths = e.lengths(MECHANISM)
    rows = [(e.label(run), *(e.marked(cell) for n in lengths for cell in cells(run, n))) for run in MECHANISM]
    heads = (f"{what}, {n}" if what == "written" else what for n in lengths for what in ("written", "kept", "product", "right"))
    return ("memory", *heads), tuple(rows)


def binding_body(e: Evidence) -> Body:
    """Scores by length on tasks that need binding, and those of rules that know less than they take."""
    lengths, rows = asked_lengths(e, BOUND), list[tuple[str, ...] | None]()

    def floor_at(group: str, length: int, rule: str) -> Value:
        return lambda e: number(floors(e, group, length)[rule])

    for group, runs in BINDING.items():
        rows += [None] * bool(rows)
        for run in runs:
            names = [*(at(e, (run,), n) for n in lengths), f"{SCORE}_memory_cleared"]
            seen = TASKS[group] if run == runs[0] else ""
            rows.append((seen, e.label(run), *(e.marked(scored(run, name)) for name in names)))
        rows.append(("", "random choice", *len(lengths) * (e.marked(chance(runs[0])),), ""))
        for rule in floors(e, group, lengths[0]):
            rows.append(("", FLOORS[rule], *(e.marked(floor_at(group, n, rule)) for n in lengths), ""))
    return ("task", "memory or rule", *(number(n, 0) for n in lengths), "cleared"), tuple(rows)


def contrast_cells(contrast: Contrast) -> list[Value]:
    """What a contrast's row says behind its memories; each is computed anew, so that each is marked for itself."""
    from_pair: tuple[Callable[[Paired], str], ...] = (
        lambda found: number(found.length, 0),
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
    for contrasts in families(e).values():
        rows += [None] * bool(rows)
        for contrast in contrasts:
            labels = e.label(contrast.one), e.label(contrast.other)
            rows.append((*labels, *map(e.marked, contrast_cells(contrast))))
    return ("memory", "less", "segments", "difference", "interval", "$p$", "adjusted"), tuple(rows)


def routing_body(e: Evidence) -> Body:
    """How much is written to nothing, and how much of the rest one expert takes."""
    rows = []
    for run in TOP:
        nothing = e.marked(percent(null_share, run)) if run in NULL else "–"
        rows.append((e.label(run), nothing, e.marked(percent(most_used, run))))
    return ("memory", "to nothing", "most used expert"), tuple(rows)


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
    """What `gmmxlnet runs run` takes for runs: a pattern for those that begin alike, if no other run of the paper does."""
    found: list[str] = []
    for run in runs:
        if any(fnmatchcase(run, pattern) for pattern in found):
            continue
        begins = [run[: match.end()] for match in re.finditer(r"-|(?<=[a-z])(?=\d)", run)]
        alike = {begin: {other for other in NEEDED if other.startswith(begin)} for begin in begins}
        wide = [begin for begin, others in alike.items() if len(others) > 1 and others <= set(runs)]
        found.append(f"{wide[0]}*" if wide else run)
    return found


def command(runs: Sequence[str], again: bool = True) -> str:
    """What makes the records of runs, again or for the first time."""
    quoted = [f'"{pattern}"' if "*" in pattern else pattern for pattern in patterns(runs)]
    stacked = " --stack 10 --jobs 8" * (set(runs) <= {*STACKED})
    return " ".join(["gmmxlnet runs run", *quoted, f"--tier full{' --force' * again}{stacked}"])


TABLES = (
    Table(
        "retention",
        "Retention, in percent: exact match (EM) and accuracy over the choices at {Trained} segments, the most in training, and "
        "accuracy over the choices at {Longest}. Mean ± standard deviation over the seeds; interval: {Coverage}% bootstrap of "
        "the mean before it, over the seeds. {EvalDocuments} documents at {Trained} segments, {LengthDocuments} at {Longest}. "
        "Cleared: over the choices at {Trained} segments, the memory reset before every segment. Floats: numbers in one "
        "document's memory. Param.: parameters of the memory.",
        LEARNED,
        "lrrrrrrrr",
        retention_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
    ),
    Table(
        "contrast",
        "Planned contrasts in accuracy over the choices: mean difference (points) of the first memory less the second, seed by "
        "seed, at a document length in segments. Interval: {Coverage}% percentile bootstrap over the {SeedsCompared} seeds. "
        "$p$: exact two-sided sign-flip test, which gives no less than {LeastP} with so many seeds. Adjusted: by Holm's method "
        "within a family. Lines divide families: {Families}.",
        COMPARED,
        r">{\raggedright\arraybackslash}p{0.3\linewidth}>{\raggedright\arraybackslash}p{0.25\linewidth}rrrrr",
        contrast_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
    ),
    Table(
        "routing",
        "Writes to one expert at most, at {Trained} segments, in percent: how many of the segments before the question are "
        "written to nothing, and how much of what is written goes to the expert that takes most. If the fact's segment "
        "alone is written, {OnlyFactShare}% go to nothing. Mean ± standard deviation over the seeds. –: without a null route.",
        TOP,
        "lrr",
        routing_body,
        r"\footnotesize",
    ),
    Table(
        "tuned",
        "Retention with one setting changed at a time, or two that go together: accuracy over the choices in percent, by "
        "segments of a document, mean ± standard deviation over the seeds. As it is: the memory of {tab:retention}, with the "
        "same seeds. Difference: points by which the changed memory is above it at {TunedLength} segments, seed by seed, and the "
        "{Coverage}% percentile bootstrap of its mean. With so few seeds an interval is narrower than its name says, and nothing "
        "is tested.",
        RETUNED,
        "llrrrrr",
        tuned_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "update",
        "Update, accuracy over the choices in percent, by segments of a document: mean ± standard deviation over "
        "{SeedsCompared} seeds. Cleared: at the trained length, the memory reset before every segment. Outdated: at "
        "{UpdateLength} segments, how many choices were right before they were overwritten. Below: what rules score that know "
        "less than the task takes, or just enough.",
        UPDATE,
        "lrrrrrrr",
        update_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "confirmed",
        "Retention with new seeds, that nothing was chosen by: accuracy over the choices in percent, by segments of a "
        "document, mean ± standard deviation over seeds; and how many seeds have at least {Reached}%.",
        CONFIRMED + MILLION,
        "lrrrrrrr",
        confirmed_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "improved",
        "Memories whose gates begin open (bias {ImprovedBias}), trained for {ImprovedSteps} steps with {ImprovedSeeds} seeds "
        "that nothing was chosen by: accuracy over the choices in percent, on retention by segments of a document and on update, "
        "mean ± standard deviation over seeds; how many seeds have at least {Reached}%; and how often a value is chosen on "
        "update that was true earlier.",
        BETTER,
        r">{\raggedright\arraybackslash}p{0.2\linewidth}rrrrrrrrr",
        improved_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
    ),
    Table(
        "mechanism",
        "Trained memories that are changed while they are asked, by segments of a document. As it is: accuracy over the "
        "choices in percent. Below: the points by which it changes when gates are multiplied by a number, when all reads take "
        "the mean read route of their segment, and when an expert drawn for each document is put back to its initial state "
        "before the last read. Mean ± standard deviation over {MechanismSeeds} seeds. Interval: for each seed, the "
        "{Coverage}% bootstrap (BCa) of the mean difference over the same {MechanismDocuments} documents; its ends are "
        "averaged over the seeds. It says how far documents may mislead about one model, and nothing of how seeds differ.",
        MECHANISM,
        "llrrrr",
        mechanism_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "capture",
        "Facts written and kept, in percent of {MechanismDocuments} documents, by segments of a document. Written: the choice "
        "is right if nothing is written after the fact's segment. Kept: of these, over all seeds, those whose choice is right "
        "at the end as well. Product: of both, which is the share of documents that both hold for. Right: accuracy over the "
        "choices, as measured; what it has above the product was right at the end, and not right after its fact. Mean ± "
        "standard deviation over {MechanismSeeds} seeds.",
        MECHANISM,
        "lrrrrrrrr",
        capture_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
    ),
    Table(
        "binding",
        "Which of several values: accuracy over the choices in percent, by segments of a document, mean ± standard deviation "
        "over {BindingSeeds} seeds. Cleared: at the trained length, the memory reset before every segment. Below each task: a "
        "random choice, and what rules score that know the values and not whose they are, or one fact and what it is about; of "
        "`where`, the best of three rules that know no person, and the first room of the person, both in the very documents "
        "that were asked about.",
        BOUND,
        r">{\raggedright\arraybackslash}p{0.13\linewidth}>{\raggedright\arraybackslash}p{0.42\linewidth}rrrr",
        binding_body,
        r"\footnotesize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "seen",
        "What routes tell of kinds of facts, of {SeenDocuments} documents: mutual information (nats) of the kind that a segment "
        "states and the expert, or nothing, that it is written to most. By chance: its mean when kinds are shuffled within "
        "positions. Untrained: the same encoder with one new memory. Mean ± standard deviation over the seeds; a number in "
        "brackets: of how many it is known. Difference: trained less untrained, seed by seed, with the {Coverage}% percentile "
        "bootstrap of its mean; $p$: exact two-sided sign-flip test, adjusted by Holm's method over both rows. Below the level: "
        "seeds whose own $p$, of {SeenPermutations} permutations, is; combined: of all seeds, by Fisher's method, which takes "
        "seeds for independent, though all read the same documents. Experts: that are written to. Entropy: of routes, nats.",
        SEEN,
        r">{\raggedright\arraybackslash}p{0.085\linewidth}rrrrrrrrrrr",
        seen_body,
        r"\scriptsize\setlength{\tabcolsep}{2pt}",
    ),
    Table(
        "causal",
        "Points of accuracy over the choices that are lost when an expert is changed, of {SeenDocuments} documents: put back to "
        "its initial state before the question, not written after the fact, or exchanged with that of another document. Most: "
        "the expert that costs a seed most, which is large by selection alone; random: the mean over experts. Mean over the "
        "seeds; interval: {Coverage}% percentile bootstrap of it, over seeds. Beyond: seeds whose own interval over documents "
        "does not reach zero; for the expert that costs most, its exact $p$, adjusted by Holm's method over the experts, has to "
        "be below the level, too. $p$: sign-flip test of random losses, adjusted over all rows.",
        SEEN,
        "llrrrrrrrr",
        causal_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
    ),
    Table(
        "pretrain",
        "What held-out books cost. Nats a token: the loss of tokens that are predicted in an order that is drawn, from what "
        "stands on both sides. Bits a character: of all tokens, from left to right. Masked: percent of spans that are "
        "restored whole, and of their tokens, from what is in no span; in order: from the tokens before in the same span as "
        "well, which a BERT cannot use. The same spans in the same windows for both. –: not asked.",
        PRETRAIN + MASKED,
        "lrrrrrr",
        pretrain_body,
        r"\footnotesize",
    ),
    Table(
        "cloze",
        "Questions about held-out books, by how many segments back the answer was last said: accuracy over {ClozeChoices} "
        "choices in percent, mean ± standard deviation over the seeds. Cleared: at the farthest distance, the memory reset "
        "before every segment. From scratch: the encoder has read nothing before. Windows: one reader that has the question "
        "beside each window of the text, or beside those that BM25 finds. Below: rules that do not read the question, and take "
        "the choice that was said most often, last, or not for longest.",
        CLOZED + WINDOWS,
        r">{\raggedright\arraybackslash}p{0.42\linewidth}rrrrr",
        cloze_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "books",
        "Differences (points) where the answer was last said {ClozeFarthest} segments back, over the questions of {ClozeBooks} "
        "held-out books and {ClozeSeeds} seeds. Interval: {Coverage}% percentile bootstrap over books, {ClozeDraws} draws with "
        "replacement. $p$: of the same draws, two-sided, not below {ClozeLeastP}; adjusted by Holm's method within a family "
        "(between lines). Ahead: seeds in which the first has more right. The better rule: the better of most frequent and most "
        "recent. –: not planned, and not tested.",
        CLOZED + WINDOWS,
        r">{\raggedright\arraybackslash}p{0.3\linewidth}>{\raggedright\arraybackslash}p{0.2\linewidth}rrrrr",
        books_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
    ),
    Table(
        "folds",
        "Real questions about articles that were not learned from, of those that have an answer: F1 and exact match in percent, "
        "mean ± standard deviation over {FoldsCount} folds. No real question: means over {FoldsHalves} halves of the articles, "
        "asked of what has learned from books alone. Windows: an encoder without a memory that reads windows one by one, all of "
        "them or the one that BM25 finds, trained on whole documents or window by window. –: not made.",
        REAL,
        r">{\raggedright\arraybackslash}p{0.45\linewidth}rrrr",
        folds_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
    ),
    Table(
        "paragraphs",
        "Differences in F1 (points) of the questions of all {FoldsCount} folds that have an answer: {FoldsListAnswered} about "
        "{FoldsListParagraphs} paragraphs with the question and a list at the end, {FoldsPassageAnswered} about "
        "{FoldsPassageParagraphs} with the question everywhere. Intervals: {Coverage}% percentile bootstrap over paragraphs, and "
        "over the {FoldsArticles} articles, {FoldsDraws} draws with replacement. $p$: of the draws of paragraphs, two-sided, "
        "not below {FoldsLeastP}; adjusted by Holm's method over all that are tested. Ahead: folds in which the first has a "
        "higher F1. Readers of windows as in {tab:folds}. –: not planned, and not tested.",
        CONTRASTED,
        r">{\raggedright\arraybackslash}p{0.29\linewidth}>{\raggedright\arraybackslash}p{0.13\linewidth}rrrrrr",
        paragraphs_body,
        r"\scriptsize\setlength{\tabcolsep}{3pt}",
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
        "l"
        r">{\raggedright\arraybackslash}p{0.14\linewidth}"
        "l"
        r">{\raggedright\arraybackslash}p{0.13\linewidth}>{\raggedright\arraybackslash}p{0.27\linewidth}",
        provenance_body,
        r"\scriptsize\setlength{\tabcolsep}{4pt}",
        long=True,
    ),
)


def commands_table(shown: Sequence[tuple[str, tuple[str, ...]]]) -> Table:
    """How each figure and table, of a label and made from runs, is made again."""

    def body(e: Evidence) -> Body:
        grouped: dict[tuple[str, ...], list[str]] = {}
        for label, runs in shown:
            grouped.setdefault(e.there(runs), []).append(f"{{{label}}}")
        return ("result", "command"), tuple((", ".join(labels), f"`{command(runs)}`") for runs, labels in grouped.items() if runs)

    return Table(
        "commands",
        "What makes the records of each result again, from the root of the repository; `make paper` then makes the paper.",
        NEEDED,
        r"p{0.37\linewidth}p{0.6\linewidth}",
        body,
        r"\footnotesize",
        "htbp",
    )
