"""The paper's figures, in one style; they are drawn from records only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from architecture import draw_architecture
from contrasts import interval
from evidence import (
    BINDING,
    BOUND,
    CLOZED,
    ENCODER,
    LEARNED,
    LONG,
    MEMORY,
    PRETRAIN,
    RETENTION,
    SEEN,
    WINDOWS,
    Evidence,
)
from further import TASKS
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import NullLocator
from matplotlib.transforms import ScaledTranslation
from reading import cloze_data, pretrain_data
from results import MEMORIES, PARTS, asked_lengths, at, counts, encoders, floor, memories, timed
from seen import kept_data

WIDTH = 6.3  # Inches: that of the paper's text
# Of each group of memories: what its panel is called, and which aspects of a label it leaves out, as all of it share them.
GROUPS = {
    "soft": ("experts, soft writes", ("kind", "size", "write")),
    "top": ("experts, top-1 writes", ("kind", "size", "write")),
    "null": ("experts, top-1 writes, null route", ("kind", "size", "write")),
    "flat": ("flat memory", ("kind",)),
    "sizes": ("other numbers of experts", ("kind",)),
    "rules": ("$k = 4$, other gates and writes", ("kind", "size")),
    "others": ("other memories", ()),
}
MAIN = ("soft", "top", "null", "flat")  # Groups of memories that contrasts are about
MORE = ("sizes", "rules", "others")  # And of those with fewer seeds
USUAL_READ = "read as written"  # Where a label says nothing
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


def panels_for(groups: int, columns: int = 2, height: float = 2.0, share: bool = True) -> tuple[Drawing, list[Axes]]:
    """A figure with a panel for each group of memories, and the panels, which share their x axis or not."""
    rows, size = -(-groups // columns), (WIDTH, height * -(-groups // columns))
    figure, axes = plt.subplots(rows, columns, figsize=size, sharex=share, sharey=True, squeeze=False)
    for ax in axes.flat[groups:]:
        ax.remove()
    return figure, list(axes.flat[:groups])


def outer_labels(axes: list[Axes], x: str, y: str, columns: int = 2) -> None:
    """Name the axes of panels at the left and at the bottom."""
    for i, ax in enumerate(axes):
        last = i + columns >= len(axes)
        ax.set(xlabel=x if last else "", ylabel=y if i % columns == 0 else "")
        ax.tick_params(labelbottom=last)


# --- scores by length ---

# Lines of a panel: each differs from the others in its colour's lightness, in its marker and in how it is drawn.
SHADES = (0, 1, 2, 4, 7)  # Of the palette
MARKERS = ("o", "s", "D", "^", "v")
DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (6, 2)))


def ways(i: int) -> dict[str, Any]:
    """How the line of a number is drawn."""
    return {"color": sns.color_palette(PALETTE)[SHADES[i]], "ls": DASHES[i]}


def name_in(e: Evidence, group: str, run: str) -> str:
    """What a run is called in the panel of its group."""
    return e.label(run, without=GROUPS[group][1]) or USUAL_READ


Line = tuple[list[float], list[float], list[float], list[float]]  # x, y, and from where to where y reaches


def score_line(e: Evidence, run: str) -> Line:
    """The score of a run at each length: its mean over seeds, and the interval of that."""
    lengths = asked_lengths(e, LEARNED)
    scores = [e.values(run, at(e, LEARNED, n)) for n in lengths]
    low, high = zip(*map(interval, scores), strict=True)
    return list(map(float, lengths)), [sum(values) / len(values) for values in scores], list(low), list(high)


def length_data(groups: tuple[str, ...]) -> Callable[[Evidence], dict[str, Any]]:
    """What the figure of some groups shows."""

    def data(e: Evidence) -> dict[str, Any]:
        panels = {g: {name_in(e, g, run): score_line(e, run) for run in RETENTION[g]} for g in groups}
        chance = e.metric(RETENTION[groups[0]][0], "chance").mean
        return {"panels": panels, "trained": e.param(LEARNED, "num_segments"), "chance": chance}

    return data


def draw_scores(ax: Axes, lines: dict[str, Line], trained: float, chance: float) -> None:
    """Scores by length, with whiskers beside each other."""
    ax.axhline(chance, color=INK, ls=(0, (4, 3)), lw=0.8)
    ax.axvline(trained, color=INK, ls=":", lw=0.8)
    lengths = next(iter(lines.values()))[0]
    for i, (label, (x, y, low, high)) in enumerate(lines.items()):
        apart = 1.1 ** (i - (len(lines) - 1) / 2)  # so that whiskers can be told apart
        error = [[m - a for m, a in zip(y, low, strict=True)], [b - m for m, b in zip(y, high, strict=True)]]
        ax.errorbar([n * apart for n in x], y, yerr=error, label=label, marker=MARKERS[i], mec="white", mew=0.4,
                    elinewidth=0.7, capsize=1.5, **ways(i))  # fmt: skip
    ax.set(xscale="log", xticks=lengths, ylim=(0, 104))
    ax.set_xticklabels([f"{n:,.0f}" for n in lengths])
    ax.xaxis.set_minor_locator(NullLocator())


def broken(label: str, most: int) -> str:
    """A label in lines of about so many letters, broken behind commas."""
    lines = [""]
    for part in label.split(", "):
        if lines[-1] and len(lines[-1]) + len(part) > most:
            lines[-1] += ","
            lines.append(part)
        else:
            lines[-1] += f", {part}" if lines[-1] else part
    return "\n".join(lines)


BELOW = 0.4  # Inches from a panel to its legend: room for what its axis is called


def draw_length(columns: int, height: float, letters: int) -> Callable[[dict[str, Any]], Drawing]:
    """How a figure is drawn, by its panels in a row, their height and the letters in a row of a legend."""

    def draw(data: dict[str, Any]) -> Drawing:
        panels = {
            group: {broken(label, letters): line for label, line in lines.items()}
            for group, lines in data["panels"].items()
        }
        explaining = {tuple(lines): group for group, lines in panels.items()}  # the last of those with the same lines
        figure, axes = panels_for(len(panels), columns, height)
        for ax, (group, lines) in zip(axes, panels.items(), strict=True):
            draw_scores(ax, lines, data["trained"], data["chance"])
            ax.set(title=GROUPS[group][0])
            if explaining[tuple(lines)] == group:
                under = ax.transAxes + ScaledTranslation(0, -BELOW, figure.dpi_scale_trans)
                place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.45, 0), "bbox_transform": under}
                ax.legend(**place, ncols=4 - columns, handlelength=2.6, fontsize=7.5)
        outer_labels(axes, "segments of a document" + " (logarithmic)" * (columns == 2), "accuracy over\nthe choices, %", columns)
        sns.despine(figure)
        return figure

    return draw


# --- learning curves ---


def loss_line(e: Evidence, run: str) -> Line:
    """The loss of a run by step: the mean over seeds, the lowest and the highest."""
    found: dict[int, list[float]] = {}
    for series in e.series(run, "training"):
        for step, loss in zip(series["step"], series["answer_loss"], strict=True):
            found.setdefault(step, []).append(loss)
    losses = [found[step] for step in sorted(found)]
    means = [sum(values) / len(values) for values in losses]
    return list(map(float, sorted(found))), means, list(map(min, losses)), list(map(max, losses))


def learning_data(e: Evidence) -> dict[str, Any]:
    """The loss of the main runs by step, and where long documents begin."""
    panels = {GROUPS[group][0]: {name_in(e, group, run): loss_line(e, run) for run in RETENTION[group]} for group in MAIN}
    return {"panels": panels, "short": dict.fromkeys(panels, e.param(LEARNED, "short_steps"))}


def binding_data(e: Evidence) -> dict[str, Any]:
    """The same of the runs on tasks that need binding."""
    panels = {TASKS[group]: {e.label(run): loss_line(e, run) for run in runs} for group, runs in BINDING.items()}
    return {"panels": panels, "short": {TASKS[group]: e.param(runs, "short_steps") for group, runs in BINDING.items()}}


def draw_losses(share: bool) -> Callable[[dict[str, Any]], Drawing]:
    """How curves are drawn, a panel a group of memories, which share their steps or not."""

    def draw(data: dict[str, Any]) -> Drawing:
        figure, axes = panels_for(len(data["panels"]), share=share)
        for ax, (title, found) in zip(axes, data["panels"].items(), strict=True):
            ax.axvline(data["short"][title], color=INK, ls=":", lw=0.8)
            for i, (label, (x, y, low, high)) in enumerate(found.items()):
                ax.fill_between(x, low, high, color=ways(i)["color"], alpha=0.15, lw=0)
                ax.plot(x, y, label=label if share else broken(label, 24), **ways(i))
            ax.set(title=title, ylim=(0, None))
            ax.legend(handlelength=2.6, loc="upper right" if share else "best")
        outer_labels(axes, "training step", "loss of the answer")
        for ax in axes if not share else ():
            ax.tick_params(labelbottom=True)
        sns.despine(figure)
        return figure

    return draw


# --- books ---

READ = {"read": "from an encoder that has read", "scratch": "from scratch"}  # What panels are called
# One memory more than a panel has elsewhere, and two readers of windows, none of them grey
COLOURS, SIGNS = (*SHADES[:-1], 5, 3, 6, 9), (*MARKERS, "P", "X", "*")
GREYS = ("0.75", "0.6", "0.45", "0.3")
RULE_DASHES: tuple[Any, ...] = ((0, (1, 1.5)), (0, (4, 3)), (0, (6, 1.5)), (0, (4, 1.5, 1, 1.5)))


def draw_cloze(data: dict[str, Any]) -> Drawing:
    """Scores by distance, a panel for what has read books and one for others; a memory or a rule is drawn alike in both."""
    figure, axes = plt.subplots(1, len(data["panels"]), figsize=(WIDTH, 3.5), sharey=True)
    panels = {group: lines | (data["readers"] if group == "read" else {}) for group, lines in data["panels"].items()}
    labels = list(dict.fromkeys(label for lines in panels.values() for label in lines))
    places, palette = range(len(data["distances"])), sns.color_palette(PALETTE)
    drawn: dict[str, Any] = {}
    for ax, (group, lines) in zip(axes, panels.items(), strict=True):
        for (rule, values), grey, dashes in zip(data["rules"].items(), GREYS, RULE_DASHES, strict=True):
            [drawn[rule]] = ax.plot(places, values, color=grey, ls=dashes, lw=1)
        for label, (mean, low, high) in lines.items():
            i = labels.index(label)
            error = [[m - a for m, a in zip(mean, low, strict=True)], [b - m for m, b in zip(mean, high, strict=True)]]
            beside = [place + 0.04 * (i - (len(labels) - 1) / 2) for place in places]
            drawn[label] = ax.errorbar(
                beside, mean, yerr=error, color=palette[COLOURS[i]], marker=SIGNS[i], mec="white", mew=0.4, elinewidth=0.7,
                capsize=1.5, ls="--" if label in data["readers"] else "-",
            )  # fmt: skip
        ax.set(title=READ[group], ylim=(0, 100), xlabel="segments back to the answer")
        ax.set_xticks(places, data["distances"])
    axes[0].set_ylabel("accuracy over\nthe choices, %")
    names = [*labels, *data["rules"]]
    figure.legend([drawn[name] for name in names], names, loc="outside lower center", ncols=3, handlelength=2.6, fontsize=7.5)
    sns.despine(figure)
    return figure


def draw_kept(data: dict[str, dict[str, list[list[float]]]]) -> Drawing:
    """What is kept by segments since the fact, a panel for each run; the lowest and the highest seed as whiskers."""
    figure, axes = plt.subplots(1, len(data), figsize=(WIDTH, 2.6), sharey=True)
    for ax, (title, lines) in zip(axes, data.items(), strict=True):
        for i, (label, (apart, mean, low, high)) in enumerate(lines.items()):
            error = [[m - a for m, a in zip(mean, low, strict=True)], [b - m for m, b in zip(mean, high, strict=True)]]
            beside = [x + 0.06 * (i - (len(lines) - 1) / 2) for x in apart]
            ax.errorbar(beside, mean, yerr=error, label=label, marker=MARKERS[i], elinewidth=0.7, capsize=1.5, **ways(i))
        ax.set(title=title, ylim=(0, 100), xlabel="segments since the fact")
    axes[0].set_ylabel("of facts, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, handlelength=2.6, fontsize=7.5)
    sns.despine(figure)
    return figure


def draw_pretrain(data: dict[str, Any]) -> Drawing:
    """The held-out loss over tokens, with levels of what counts; and where the encoder reads from left to right in the end."""
    figure, ax = plt.subplots(figsize=(0.62 * WIDTH, 2.2))
    read = [n / 1e6 for n in data["tokens"]]
    ax.plot(read, data["loss"], label="XLNet, in any order", **ways(0))
    if data["last"] is not None:
        ax.plot(read[-1:], [data["last"]], ls="", marker="D", color=ways(0)["color"], label="XLNet, from left to right")
    for (label, level), dashes in zip(data["levels"].items(), ((0, (1, 1.5)), (0, (4, 3))), strict=False):
        ax.axhline(level, color=INK, ls=dashes, lw=0.9, label=label)
    ax.set(xlabel="tokens read, millions", ylabel="nats a held-out token", ylim=(0, None))
    ax.legend(loc="best", handlelength=2.6, fontsize=7.5)
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
        "Retention by the length of the document: accuracy over the choices, after training on documents of {TrainedRange} "
        "segments (dotted: the longest). Lines: mean over {SeedsCompared} seeds, of constant reads over {SeedsScreened}; "
        "whiskers, drawn side by side: {Coverage}% bootstrap interval of that mean, over seeds. Dashed: a random choice. Left, "
        "below: the lines of all panels of experts, $k = 4$ of {ExpertSlots} slots each; right: $m$ is a flat memory's slots.",
        tuple(run for group in MAIN for run in RETENTION[group]),
        length_data(MAIN),
        draw_length(2, 2.2, 99),
    ),
    Figure(
        "screened",
        "The same as {fig:length} for memories with {SeedsScreened} seeds each, which nothing is tested of: an interval from so "
        "few seeds is narrower than its name says.",
        tuple(run for group in MORE for run in RETENTION[group]),
        length_data(MORE),
        draw_length(3, 3.1, 28),
    ),
    Figure(
        "learning",
        "Loss of the answer during training. Lines: mean over seeds; bands: from the lowest seed to the highest. "
        "Dotted: where the shortest documents give way to all lengths.",
        tuple(run for group in MAIN for run in RETENTION[group]),
        learning_data,
        draw_losses(share=True),
    ),
    Figure(
        "binding",
        "Loss of the answer during training on the tasks of {tab:binding}. Lines: mean over {BindingSeeds} seeds; bands: from "
        "the lowest seed to the highest. Dotted: where the shortest documents give way to all lengths.",
        BOUND,
        binding_data,
        draw_losses(share=False),
    ),
    Figure(
        "seen",
        "What is left of facts, by segments between a fact and the question: choices that are right, those that are if nothing "
        "is written since the fact, and facts that linear probes tell from the memory, and from a new one with the same "
        "encoder. Lines: mean over {SeenRetentionSeeds} seeds (left) and {SeenKindsSeeds} (right); whiskers, drawn side by side: "
        "from the lowest seed to the highest.",
        SEEN,
        kept_data,
        draw_kept,
    ),
    Figure(
        "pretrain",
        "Loss on held-out books over the tokens read: of tokens that are predicted in an order that is drawn, from what stands "
        "on both sides (line), beside what their frequencies alone cost (dotted). Where the record has bits a character from "
        "left to right, these are shown as well, for the characters of a mean token: of Kneser–Ney 5-grams (dashed), and of the "
        "encoder in the end (diamond).",
        PRETRAIN,
        pretrain_data,
        draw_pretrain,
    ),
    Figure(
        "cloze",
        "Questions about held-out books, by how many segments back the answer was last said. Lines: mean over {ClozeSeeds} "
        "seeds; whiskers, drawn side by side: from the lowest seed to the highest. Dashed: readers that have the question beside "
        "each window of the text, or beside those that are searched for. Grey: rules that do not read the question. Gates of the "
        "first two memories begin open.",
        CLOZED + WINDOWS,
        cloze_data,
        draw_cloze,
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
