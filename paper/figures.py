"""The paper's figures, in one style; they are drawn from records only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from architecture import draw_architecture
from contrasts import interval
from evidence import ENCODER, LEARNED, LONG, MEMORY, RETENTION, ROUTED, TOP, Evidence
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import NullLocator
from results import (
    MEMORIES,
    PARTS,
    SCORES,
    at,
    at_longest,
    counts,
    encoders,
    experts,
    floor,
    memories,
    same_expert,
    timed,
)

WIDTH = 6.3  # Inches: that of the paper's text
GROUPS = {
    "soft": "experts, soft routes",
    "top": "experts, top-1 routes",
    "asked": "experts, top-1, read by question",
    "flat": "flat memory",
    "others": "others",
}
READ = {"top": "read as written", "asked": "read by question"}
PALETTE = "colorblind"
INK = "0.25"  # Of lines that are no data
Rows = dict[str, list[Any]]  # Columns, as seaborn takes them


def style() -> None:
    """Letters as in the paper, thin lines, nothing that changes from one build to the next."""
    matplotlib.use("Agg")
    letters = {"font.family": "STIXGeneral", "mathtext.fontset": "stix", "font.size": 9, "axes.titlesize": 9}
    small = {
        f"{what}.fontsize" if what == "legend" else f"{what}.labelsize": 8 for what in ("legend", "xtick", "ytick")
    }
    lines = {"lines.linewidth": 1.2, "lines.markersize": 4.5, "axes.linewidth": 0.6, "axes.labelsize": 9}
    ticks = {f"{axis}tick.major.{what}": n for axis in "xy" for what, n in (("width", 0.6), ("size", 3))}
    files = {"pdf.fonttype": 42, "svg.hashsalt": "gmmxlnet", "figure.constrained_layout.use": True}
    rc = letters | small | lines | ticks | files | {"legend.edgecolor": "none", "legend.framealpha": 0.85}
    sns.set_theme(context="paper", style="ticks", palette=PALETTE, rc=rc)


def add(rows: Rows, **values: Any) -> None:
    """Add a row to columns."""
    for name, value in values.items():
        rows.setdefault(name, []).append(value)


def panels_for(groups: int) -> tuple[Drawing, list[Axes]]:
    """A figure with a panel for each group of memories, and the panels."""
    figure, axes = plt.subplots(-(-groups // 2), 2, figsize=(WIDTH, 2.1 * -(-groups // 2)), sharex=True, sharey=True)
    for ax in axes.flat[groups:]:
        ax.remove()
    return figure, list(axes.flat[:groups])


def outer_labels(axes: list[Axes], x: str, y: str) -> None:
    """Name the axes of panels, two in a row, at the left and at the bottom."""
    for i, ax in enumerate(axes):
        last = i + 2 >= len(axes)
        ax.set(xlabel=x if last else "", ylabel=y if i % 2 == 0 else "")
        ax.tick_params(labelbottom=last)


# --- exact match by length ---


def colors(e: Evidence) -> dict[str, dict[str, Any]]:
    """A colour a memory, by group: the same for experts and a flat memory with as many slots in all."""
    palette = sns.color_palette(PALETTE)
    sizes = {run: e.param([run], "memory_slots") * experts(e, run) for run in ROUTED}
    sizes |= {run: e.param([run], "memory_slots") for run in RETENTION["flat"]}
    order = sorted(set(sizes.values()), reverse=True)
    chosen = {run: palette[order.index(size)] for run, size in sizes.items()}
    others = [palette[i] for i in (4, 5, 9, 7)]  # that look different from each other
    chosen |= dict(zip(RETENTION["others"], others, strict=True))
    return {group: {e.label(run, short=True): chosen[run] for run in runs} for group, runs in RETENTION.items()}


Line = tuple[list[float], list[float], list[float], list[float]]  # x, y, and from where to where y reaches


def length_data(e: Evidence) -> dict[str, Any]:
    """The compared score of every run at each length: its mean over seeds, and the interval of that."""
    panels: dict[str, dict[str, Line]] = {}
    for group, runs in RETENTION.items():
        panels[group] = {}
        for run in runs:
            scores = [e.values(run, at(n, e.score())) for n in e.lengths()]
            low, high = zip(*map(interval, scores), strict=True)
            means = [sum(values) / len(values) for values in scores]
            panels[group][e.label(run, short=True)] = (list(map(float, e.lengths())), means, list(low), list(high))
    known = e.score() == "choice_exact"
    nothing = e.metric(LEARNED[0], "chance") if known else e.metric("retention-none", at_longest(e))
    return {
        "panels": panels,
        "colors": colors(e),
        "trained": e.param(LEARNED, "num_segments"),
        "nothing": (nothing.mean, "chance" if known else "no memory"),
        "lengths": e.lengths(),
        "score": SCORES[e.score()],
    }


MARKERS = ("o", "s", "D", "^", "v")


def band(ax: Axes, line: Line, color: Any, label: str, **how: Any) -> None:
    """A line, and how far it reaches."""
    x, y, low, high = line
    ax.fill_between(x, low, high, color=color, alpha=0.18, lw=0)
    ax.plot(x, y, color=color, label=label, **how)


def draw_length(data: dict[str, Any]) -> Drawing:
    """A panel a group of memories."""
    figure, axes = panels_for(len(data["panels"]))
    nothing, name = data["nothing"]
    for ax, (group, found) in zip(axes, data["panels"].items(), strict=True):
        ax.axhline(nothing, color=INK, ls=(0, (4, 3)), lw=0.8)
        ax.axvline(data["trained"], color=INK, ls=":", lw=0.8)
        for (label, line), marker in zip(found.items(), MARKERS, strict=False):
            band(ax, line, data["colors"][group][label], label, marker=marker, mec="white", mew=0.5)
        ax.set(title=GROUPS[group], xscale="log", xticks=data["lengths"], ylim=(0, 103))
        ax.set_xticklabels([str(n) for n in data["lengths"]])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.legend(title=None, loc="best", handlelength=1.6)
    first = axes[0]
    first.text(data["trained"] * 1.03, nothing + 3, "trained", color=INK, fontsize=8)
    first.text(data["lengths"][0] * 0.97, nothing + 1.5, name, color=INK, fontsize=8)
    outer_labels(axes, "segments of a document (logarithmic)", f"{data['score']}, %")
    sns.despine(figure)
    return figure


# --- learning curves ---


def learning_data(e: Evidence) -> dict[str, Any]:
    """The answer's loss of every run and step, from the lowest seed to the highest, and where long documents begin."""
    panels: dict[str, dict[str, Line]] = {}
    for group, runs in RETENTION.items():
        panels[group] = {}
        for run in runs:
            found: dict[int, list[float]] = {}
            for series in e.series(run, "training"):
                for step, loss in zip(series["step"], series["answer_loss"], strict=True):
                    found.setdefault(step, []).append(loss)
            losses = [found[step] for step in sorted(found)]
            means = [sum(values) / len(values) for values in losses]
            line = list(map(float, sorted(found))), means, list(map(min, losses)), list(map(max, losses))
            panels[group][e.label(run, short=True)] = line
    return {"panels": panels, "colors": colors(e), "short": e.param(LEARNED, "short_steps")}


def draw_learning(data: dict[str, Any]) -> Drawing:
    """A panel a group of memories."""
    figure, axes = panels_for(len(data["panels"]))
    for ax, (group, found) in zip(axes, data["panels"].items(), strict=True):
        ax.axvline(data["short"], color=INK, ls=":", lw=0.8)
        for (label, line), style in zip(found.items(), ("-", "--", "-.", (0, (1, 1))), strict=False):
            band(ax, line, data["colors"][group][label], label, ls=style)
        ax.set(title=GROUPS[group], ylim=(0, None))
        if len(axes) % 2 and ax is axes[-1]:  # there is room beside it
            ax.legend(handlelength=2.4, loc="center left", bbox_to_anchor=(1.05, 0.5)).set_in_layout(False)
        else:
            ax.legend(handlelength=2.4, loc="best")
    outer_labels(axes, "training step", "loss of the answer")
    sns.despine(figure)
    return figure


# --- routes ---


def routes_data(e: Evidence) -> dict[str, dict[str, list[tuple[Line, Line]]]]:
    """By k and by how it is read: the share of documents that write to their first segment's expert, least and most."""
    panels: dict[str, dict[str, Any]] = {}
    for group in ("top", "asked"):
        for run in RETENTION[group]:
            bounds = [
                [same_expert(record["write"][0], later) for later in record["write"][1:]] for record in e.series(run, "routing")
            ]
            sides = []
            for side in (0, 1):
                shares = [[100 * pair[side] for pair in segment] for segment in zip(*bounds, strict=True)]
                means = [sum(values) / len(values) for values in shares]
                x = [float(n) for n in range(2, len(shares) + 2)]
                sides.append((x, means, list(map(min, shares)), list(map(max, shares))))
            panels.setdefault(f"$k = {experts(e, run)}$", {})[group] = sides
    return panels


def draw_routes(data: dict[str, dict[str, list[Line]]]) -> Drawing:
    """A panel a number of experts."""
    figure, axes = plt.subplots(1, len(data), figsize=(WIDTH, 2.3), sharey=True, squeeze=False)
    palette = sns.color_palette(PALETTE)
    for ax, (k, groups) in zip(axes.flat, data.items(), strict=True):
        ax.axhline(100 / int(k.strip("$ k=")), color=INK, ls=":", lw=0.8)
        for i, (group, (least, most)) in enumerate(groups.items()):
            x, _, low, _ = least
            ax.fill_between(x, low, most[3], color=palette[i], alpha=0.15, lw=0)
            how = {"color": palette[i], "marker": MARKERS[i], "mec": "white", "mew": 0.5}
            ax.plot(x, most[1], ls="-", label=f"{READ[group]}, at most", **how)
            ax.plot(x, least[1], ls=(0, (3, 2)), label=f"{READ[group]}, at least", **how)
        ax.set(title=k, xlabel="segment", xticks=x, ylim=(-3, 103))
        ax.set_xticklabels([str(int(n)) for n in x])
    axes[0, 0].set_ylabel("documents that write to their\nfirst segment's expert, %")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, handlelength=2.6)
    sns.despine(figure)
    return figure


# --- cost ---


def bars(ax: Axes, names: Iterable[str], values: list[tuple[float, float, float]], color: Any) -> None:
    """Horizontal bars with the range that was measured, and their value beside them."""
    names = list(names)
    middle = [m for m, _, _ in values]
    ax.barh(names, middle, color=color, height=0.65)
    ax.errorbar(
        middle, names, xerr=[[m - low for m, low, _ in values], [high - m for m, _, high in values]],
        fmt="none", ecolor=INK, elinewidth=0.8, capsize=2,
    )  # fmt: skip
    most = max(high for _, _, high in values)
    for place, (value, _, high) in enumerate(values):
        ax.text(high + most * 0.02, place, f"{value:.1f}", va="center", fontsize=8)
    ax.set_xlim(0, most * 1.16)
    ax.invert_yaxis()


def encoder_data(e: Evidence) -> dict[str, Any]:
    """Times of each contender, and the floor."""
    fields = ("ms", "low", "high")
    return {
        part: {
            "times": {label: tuple(timed(e, f"{part}/{name}/{f}") for f in fields) for name, label in encoders(e).items()},
            "floor": floor(e, part),
        }
        for part in PARTS
    }


def draw_encoder(data: dict[str, Any]) -> Drawing:
    """A panel for training, one for inference."""
    figure, axes = plt.subplots(1, len(data), figsize=(WIDTH, 2.3), sharey=True)
    palette = sns.color_palette(PALETTE)
    for ax, (part, found) in zip(axes, data.items(), strict=True):
        own = [palette[0] if name.startswith("ours") else "0.7" for name in found["times"]]
        bars(ax, found["times"], list(found["times"].values()), own)
        ax.axvline(found["floor"], color=palette[3], ls=(0, (4, 3)), lw=1.2)
        ax.text(found["floor"], -0.62, f"floor {found['floor']:.1f}", color=palette[3], fontsize=8, ha="left")
        ax.set(xlabel="milliseconds a step")
        ax.set_title(part, pad=10)
    axes[1].invert_yaxis()  # shared, and turned by both
    sns.despine(figure)
    return figure


def memory_data(e: Evidence) -> dict[str, Rows]:
    """Time, with its range, and space of each memory as multiples of those of none."""
    time: Rows = {}
    space: Rows = {}
    for part in PARTS:
        off = timed(e, f"memory_{part}/off/ms")
        for name in memories(e):
            low, ms, high = (timed(e, f"memory_{part}/{name}/{f}") / off for f in ("low", "ms", "high"))
            add(time, part=part, memory=name, value=ms, low=ms - low, high=high - ms)
            ratio = timed(e, f"memory_{part}/{name}/peak_gib") / timed(e, f"memory_{part}/off/peak_gib")
            add(space, part=part, memory=name, value=ratio)
    return {"time": time, "space": space}


def draw_memory(data: dict[str, Rows]) -> Drawing:
    """A panel for time, one for space."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.2), sharex=True)
    order = list(dict.fromkeys(data["time"]["memory"]))
    for ax, (what, rows) in zip(axes, data.items(), strict=True):
        ax.axhline(1, color=INK, ls=(0, (4, 3)), lw=0.8)
        for i, part in enumerate(PARTS):
            keep = [j for j, p in enumerate(rows["part"]) if p == part]
            x = [order.index(rows["memory"][j]) + (i - 0.5) * 0.18 for j in keep]
            y = [rows["value"][j] for j in keep]
            error = [[rows[side][j] for j in keep] for side in ("low", "high")] if "low" in rows else None
            ax.errorbar(x, y, yerr=error, fmt="os"[i], capsize=2, elinewidth=0.8, label=part)
        labels = [MEMORIES.get(n, f"${n}$").replace(", ", ",\n") for n in order]
        ax.set_xticks(range(len(order)), labels, fontsize=7)
        ax.set(ylabel=f"{what}, multiple of none", xlabel="memory")
        ax.margins(y=0.2)
    axes[0].legend(loc="best", handletextpad=0.2)
    sns.despine(figure)
    return figure


# --- other sizes ---


def scaling_data(e: Evidence) -> dict[str, Rows]:
    """Time, with its range, and peak memory of a training step by k, by m and by l."""
    numbers = [int(name.removeprefix("k = ")) for name in memories(e) if name.startswith("k = ")]
    panels = {"experts $k$": [(n, f"memory_training/k = {n}") for n in numbers]}
    for label, part in (("slots of an expert $m$", "slots"), ("tokens of a segment $l$", "segment_length")):
        panels[label] = [(n, f"{part}/{n}") for n in counts(e, part)]
    found: dict[str, Rows] = {}
    for label, points in panels.items():
        rows: Rows = {}
        for size, name in points:
            ms, low, high, gib = (timed(e, f"{name}/{field}") for field in ("ms", "low", "high", "peak_gib"))
            add(rows, size=size, ms=ms, low=ms - low, high=high - ms, gib=gib)
        found[label] = rows
    return found


def draw_scaling(data: dict[str, Rows]) -> Drawing:
    """Time above, memory below; a column for each size."""
    figure, axes = plt.subplots(2, len(data), figsize=(WIDTH, 3.2), sharex="col", sharey="row")
    for column, (label, rows) in zip(axes.T, data.items(), strict=True):
        error = [rows["low"], rows["high"]]
        column[0].errorbar(rows["size"], rows["ms"], yerr=error, fmt="o-", capsize=2, elinewidth=0.8)
        column[1].plot(rows["size"], rows["gib"], "s-")
        for ax, values in zip(column, (rows["ms"], rows["gib"]), strict=True):
            ax.set_xscale("log", base=2)
            ax.set_xticks(rows["size"], [str(n) for n in rows["size"]])
            ax.xaxis.set_minor_locator(NullLocator())
            for x, y in zip(rows["size"], values, strict=True):
                ax.annotate(f"{y:.1f}", (x, y), textcoords="offset points", xytext=(0, 5), ha="center", fontsize=8)
        column[1].set_xlabel(label)
        first, last = min(rows["size"]), max(rows["size"])
        room = (last / first) ** 0.15  # for the numbers at both ends
        column[1].set_xlim(first / room, last * room)
    for ax, label in zip(axes[:, 0], ("milliseconds a step", "peak memory, GiB"), strict=True):
        most = max(max(rows["ms" if ax is axes[0, 0] else "gib"]) for rows in data.values())
        ax.set(ylabel=label, ylim=(0, most * 1.25))
    sns.despine(figure)
    return figure


# --- long documents ---


def long_data(e: Evidence) -> dict[str, Any]:
    """Time and peak memory by document length."""
    found = {name: [timed(e, f"length/{n}/{name}") for n in counts(e)] for name in ("ms", "low", "high", "peak")}
    gib = [value / 2**30 for value in found.pop("peak")]
    return {"segments": counts(e), **found, "gib": gib}


def draw_long(data: dict[str, Any]) -> Drawing:
    """A panel for time, one for memory."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.2))
    for ax, (field, label) in zip(axes, (("ms", "milliseconds a segment"), ("gib", "peak memory, GiB")), strict=True):
        sns.lineplot(x=data["segments"], y=data[field], marker="o", ax=ax)
        ax.set(
            xscale="log", xlabel="segments of a document (logarithmic)", ylabel=label, ylim=(0, max(data[field]) * 1.25)
        )
        if field == "ms":
            ax.fill_between(data["segments"], data["low"], data["high"], alpha=0.2, lw=0)
        for x, y in zip(data["segments"], data[field], strict=True):
            ax.annotate(f"{y:.2f}", (x, y), textcoords="offset points", xytext=(0, 5), ha="center", fontsize=8)
        ax.set_xlim(data["segments"][0] / 1.6, data["segments"][-1] * 1.6)
    sns.despine(figure)
    return figure


# --- all of them ---


@dataclass(frozen=True)
class Figure:
    """A figure for the paper and for the site."""

    name: str  # Of its file, and of its label
    caption: str  # With macros as `{Name}`
    runs: tuple[str, ...]  # That it is drawn from; none for a drawing of the method
    data: Callable[[Evidence], Any]  # What is drawn
    draw: Callable[[Any], Drawing]


FIGURES = (
    Figure(
        "architecture",
        "One segment. The memory from before it, $k$ experts of $m$ slots, is averaged under a read route $r$, that of the "
        "last write or one that the question decides, and stands at the [MEM_READ] tokens where they enter the encoder. The "
        "answer head reads the text's hidden states; those of the [MEM_WRITE] tokens, $H$, go to the router, which "
        "decides with $p_j$ how much of the segment expert $j$ takes through its gate $g_j$, and to each gate (not drawn). With "
        "top-1 routes one expert is written (thick) and the others keep their content. Dashed, an option: a route to nothing.",
        (),
        lambda _: None,
        draw_architecture,
    ),
    Figure(
        "length",
        "Retention by the length of the document: {Score}, after training on documents of {TrainedRange} segments (dotted: "
        "the longest). Lines: mean over {Seeds} seeds; bands: {Coverage}% bootstrap interval of that mean, over seeds. "
        "Dashed: {Reference}. $k$: experts of {ExpertSlots} slots; $m$: slots of a flat memory. Of the same colour: "
        "memories with as many slots in all.",
        LEARNED,
        length_data,
        draw_length,
    ),
    Figure(
        "learning",
        "Loss of the answer during training. Lines: mean over {Seeds} seeds; bands: from the lowest seed to the highest. "
        "Dotted: where the shortest documents give way to all lengths.",
        LEARNED,
        learning_data,
        draw_learning,
    ),
    Figure(
        "routes",
        "How often a later segment is written to the expert that took the first segment of the same document, in top-1 "
        "memories. Each expert's share of the documents is known, not which documents these are: the share lies between the "
        "two lines, which are means over {Seeds} seeds; bands: from the least of the lowest seed to the most of the highest. "
        "Dotted: $1/k$.",
        TOP,
        routes_data,
        draw_routes,
    ),
    Figure(
        "encoder",
        "What one segment costs, without a memory but for the recurrent memory on BERT: bars are medians of "
        "{BenchRounds} turns, whiskers the range between the outer deciles. Floor: the larger of the step's arithmetic "
        "and of its bytes at the machine's measured rates. One run on one {Device}.",
        ENCODER,
        encoder_data,
        draw_encoder,
    ),
    Figure(
        "memory",
        "What a memory costs, as a multiple of the same documents without one (dashed): medians of {BenchRounds} turns, "
        "whiskers the range between the outer deciles; peak memory is one measurement. One run on one {Device}.",
        MEMORY,
        memory_data,
        draw_memory,
    ),
    Figure(
        "scaling",
        "A training step with experts by their number, their slots and the length of a segment; where one varies the "
        "others are those of $k = 4$ experts of {BenchSlots} slots and segments of {BenchTokens} tokens, and batches "
        "have as many tokens in all. Medians of {BenchRounds} turns, whiskers the range between the outer deciles; peak "
        "memory is one measurement. One run on one {Device}.",
        MEMORY,
        scaling_data,
        draw_scaling,
    ),
    Figure(
        "long",
        "Time a segment and peak memory by the length of the document, which is read alone. Times are medians of up to "
        "five readings, the longest document's of one, the band from the fastest to the slowest; peak memory is one measurement. "
        "One run on one {Device}.",
        LONG,
        long_data,
        draw_long,
    ),
)
