"""The paper's figures, in one style; they are drawn from records only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from evidence import ENCODER, LEARNED, LONG, MEMORY, RETENTION, ROUTED, Evidence
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import NullLocator
from results import MEMORIES, PARTS, at, counts, encoders, experts, floor, memories, timed

WIDTH = 6.3  # Inches: that of the paper's text
GROUPS = {
    "soft": "experts, soft routes",
    "top": "experts, top-1 routes",
    "asked": "experts, top-1, read by question",
    "flat": "flat memory",
    "others": "others",
}
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


def length_data(e: Evidence) -> dict[str, Any]:
    """EM of every run, seed and length."""
    panels = {}
    for group, runs in RETENTION.items():
        rows: Rows = {}
        for run in runs:
            for length in e.lengths():
                for value in e.values(run, at(length)):
                    add(rows, memory=e.label(run, short=True), segments=length, exact=value)
        panels[group] = rows
    chance = e.metric(LEARNED[0], "chance").mean
    return {
        "panels": panels,
        "colors": colors(e),
        "trained": e.param(LEARNED, "num_segments"),
        "chance": chance,
        "lengths": e.lengths(),
    }


def draw_length(data: dict[str, Any]) -> Drawing:
    """A panel a group of memories."""
    figure, axes = panels_for(len(data["panels"]))
    for ax, (group, rows) in zip(axes, data["panels"].items(), strict=True):
        ax.axhline(data["chance"], color=INK, ls=(0, (4, 3)), lw=0.8)
        ax.axvline(data["trained"], color=INK, ls=":", lw=0.8)
        shapes = ["o", "s", "D", "^"][: len(data["colors"][group])]
        sns.lineplot(
            data=rows, x="segments", y="exact", hue="memory", style="memory", palette=data["colors"][group],
            markers=shapes, dashes=False, errorbar="sd", err_kws={"alpha": 0.15, "lw": 0}, ax=ax,
        )  # fmt: skip
        ax.set(title=GROUPS[group], xscale="log", xticks=data["lengths"], ylim=(0, 103))
        ax.set_xticklabels([str(n) for n in data["lengths"]])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.legend(title=None, loc="best", handlelength=1.6)
    first = axes[0]
    first.text(data["trained"] * 1.03, 3, "trained", color=INK, fontsize=8)
    first.text(data["lengths"][0] * 0.97, data["chance"] + 1.5, "chance", color=INK, fontsize=8)
    outer_labels(axes, "segments of a document (logarithmic)", "exact match, %")
    sns.despine(figure)
    return figure


# --- learning curves ---


def learning_data(e: Evidence) -> dict[str, Any]:
    """The answer's loss of every run, seed and step, and the step where long documents begin."""
    panels: dict[str, Rows] = {}
    for group, runs in RETENTION.items():
        rows: Rows = {}
        for run in runs:
            for series in e.series(run, "training"):
                for step, loss in zip(series["step"], series["answer_loss"], strict=True):
                    add(rows, memory=e.label(run, short=True), step=step, loss=loss)
        panels[group] = rows
    return {"panels": panels, "colors": colors(e), "short": e.param(LEARNED, "short_steps")}


def draw_learning(data: dict[str, Any]) -> Drawing:
    """A panel a group of memories."""
    figure, axes = panels_for(len(data["panels"]))
    for ax, (group, rows) in zip(axes, data["panels"].items(), strict=True):
        ax.axvline(data["short"], color=INK, ls=":", lw=0.8)
        sns.lineplot(
            data=rows, x="step", y="loss", hue="memory", palette=data["colors"][group],
            errorbar="sd", err_kws={"alpha": 0.15, "lw": 0}, ax=ax,
        )  # fmt: skip
        ax.set(title=GROUPS[group], ylim=(0, None))
        ax.legend(title=None, loc="best", handlelength=1.6)
    outer_labels(axes, "training step", "loss of the answer")
    sns.despine(figure)
    return figure


# --- routes ---


def routes_data(e: Evidence) -> list[tuple[str, str, str, list[list[float]]]]:
    """Mean routes of one seed: how, what, k, and shares by expert and segment."""
    found = []
    for group, how in (("soft", "soft"), ("top", "top-1"), ("asked", "question")):
        for what in ("write", "read"):
            for run in RETENTION[group]:
                shares = e.series(run, "routing", 1)[0][what]
                found.append(
                    (how, what, f"$k = {experts(e, run)}$", [list(column) for column in zip(*shares, strict=True)])
                )
    return found


def draw_routes(data: list[tuple[str, str, str, list[list[float]]]]) -> Drawing:
    """Rows for how and what, columns for k."""
    columns = len(RETENTION["soft"])
    figure, axes = plt.subplots(
        len(data) // columns, columns, figsize=(WIDTH, 6.6), sharex=True, squeeze=False,
        gridspec_kw={"height_ratios": [1] * (len(data) // columns)},
    )  # fmt: skip
    for i, (ax, (how, what, k, shares)) in enumerate(zip(axes.flat, data, strict=True)):
        # as seaborn's heatmap, which draws the whole figure once more for each panel
        ax.pcolormesh(shares, vmin=0, vmax=1, cmap="viridis", linewidth=0.4, edgecolor="white")
        ax.set_ylim(len(shares), 0)
        for axis, count in ((ax.xaxis, len(shares[0])), (ax.yaxis, len(shares))):
            axis.set_ticks([n + 0.5 for n in range(count)], [str(n + 1) for n in range(count)])
        ax.tick_params(length=0)
        ax.tick_params(axis="y", rotation=0, labelsize=7 if len(shares) > 4 else 8)
        ax.set(title=k if i < columns else "", ylabel=f"{how} {what}\nexpert" if i % columns == 0 else "")
        ax.set(xlabel="segment" if i >= len(data) - columns else "")
    bar = figure.colorbar(axes[0, 0].collections[0], ax=axes, shrink=0.5, aspect=25, pad=0.02)
    bar.set_label("mean share")
    bar.outline.set_visible(False)
    sns.despine(figure, left=True, bottom=True)
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
    runs: tuple[str, ...]  # That it is drawn from
    data: Callable[[Evidence], Any]  # What is drawn
    draw: Callable[[Any], Drawing]


OVER_SEEDS = "Lines: mean over {Seeds} seeds; bands: ± one standard deviation. "
FIGURES = (
    Figure(
        "length",
        "Exact match on retention by the length of the document, after training on documents of {TrainedRange} segments "
        "(dotted: the longest). "
        + OVER_SEEDS
        + "Dashed: chance. $k$: experts of {ExpertSlots} slots; $m$: slots of a flat memory. Of the same colour: "
        "memories with as many slots in all.",
        LEARNED,
        length_data,
        draw_length,
    ),
    Figure(
        "learning",
        "Loss of the answer during training. " + OVER_SEEDS + "Dotted: where the shortest documents give way to all "
        "lengths.",
        LEARNED,
        learning_data,
        draw_learning,
    ),
    Figure(
        "routes",
        "Mean routes over evaluation documents, by segment and expert, of seed {RoutingSeed}. Experts are "
        "exchangeable, so that a mean over seeds would say nothing; {tab:routing} has what can be compared over seeds.",
        ROUTED,
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
        "five readings, the longest document's of one, the band from the fastest to the slowest; one run on one {Device}.",
        LONG,
        long_data,
        draw_long,
    ),
)
