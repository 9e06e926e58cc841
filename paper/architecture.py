"""The figure of the architecture: one segment on its way through the encoder, the memory before it and after it.

It comes from no record, and needs nothing of the paper: `draw_architecture().savefig("architecture.png", dpi=200)`.
"""

from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

SIZE = (6.3, 3.25)  # Inches: the paper's text is as wide
UNITS = 20  # Of the drawing's coordinates to an inch
EXPERTS, SLOTS = 4, 3  # As drawn
# Light enough for black letters, apart in grey as well, and told apart by their hatches besides.
READ, WRITE, TEXT, MEMORY, PART = "#9cc7e8", "#f2c58c", "#ffffff", "#cfe3d4", "#ececec"
INK, FAINT = "#222222", "#777777"
LETTERS: dict[str, Any] = {"fontsize": 8, "color": INK, "ha": "center", "va": "center"}


def box(ax: Axes, x: float, y: float, width: float, height: float, label: str = "", fill: str = PART, **how: Any) -> None:
    """A box with rounded corners and its label."""
    shape = FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=1", fc=fill, ec=INK, lw=0.8, **how)
    ax.add_patch(shape)
    ax.text(x + width / 2, y + height / 2, label, **LETTERS)


def arrow(ax: Axes, *points: tuple[float, float], **how: Any) -> None:
    """A line through points that ends in a head."""
    style: dict[str, Any] = {"color": INK, "lw": 0.9, "ls": "-", **how}
    for (x, y), (to_x, to_y) in pairwise(points[:-1]):
        ax.plot([x, to_x], [y, to_y], solid_capstyle="round", **style)
    ends: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 7, "shrinkA": 0, "shrinkB": 0}
    ax.add_patch(FancyArrowPatch(posA=points[-2], posB=points[-1], **ends, **style))


def tokens(ax: Axes, x: float, y: float, count: int, fill: str, hatch: str = "") -> None:
    """A row of tokens."""
    for i in range(count):
        ax.add_patch(Rectangle((x + 4 * i, y), 4, 6, fc=fill, ec=INK, lw=0.6, hatch=hatch))


def expert(ax: Axes, x: float, y: float, name: str, chosen: bool) -> None:
    """An expert's slots; a thick edge for the one that is written."""
    for i in range(SLOTS):
        ax.add_patch(Rectangle((x + 4 * i, y), 4, 4.6, fc=MEMORY, ec=INK, lw=0.5))
    ax.add_patch(Rectangle((x, y), 4 * SLOTS, 4.6, fc="none", ec=INK, lw=1.8 if chosen else 0.8))
    ax.text(x + 2 * SLOTS, y + 2.2, name, **LETTERS)


def memory(ax: Axes, x: float, tops: list[float], title: str, chosen: int | None = None) -> None:
    """All experts, one below the other."""
    names = [*(f"$M_{j + 1}$" for j in range(EXPERTS - 1)), "$M_k$"]
    for j, (y, name) in enumerate(zip(tops, names, strict=True)):
        expert(ax, x, y, name, j == chosen)
    ax.text(x + 2 * SLOTS, tops[0] + 7.6, title, **LETTERS)


def encoder(ax: Axes) -> None:
    """The document, a segment's tokens, the encoder and the answer head, from below."""
    for i, name in enumerate(("1", "$\\dots$", "$t$", "$\\dots$", "$s$")):
        here = name == "$t$"
        box(ax, 34 + 9 * i, 1, 8, 4.6, name, "#dddddd" if here else TEXT)
    ax.text(79.5, 3.3, "segments", **{**LETTERS, "ha": "left"})
    arrow(ax, (56, 5.6), (56, 12.8))
    tokens(ax, 32, 13, SLOTS, READ)
    tokens(ax, 46, 13, 5, TEXT)
    tokens(ax, 68, 13, SLOTS, WRITE, "////")
    tokens(ax, 82, 13, 3, TEXT)
    for x, text in ((38, "[MEM_READ]"), (56, "text"), (74, "[MEM_WRITE]"), (88, "question")):
        ax.text(x, 21.3, text, **{**LETTERS, "fontsize": 7})
    for x in (38, 56, 74, 88):
        arrow(ax, (x, 23.2), (x, 27))
    box(ax, 31, 27, 64, 10, "XLNet encoder")
    arrow(ax, (56, 37), (56, 44))
    box(ax, 43, 44, 26, 7.5, "answer head")
    arrow(ax, (56, 51.5), (56, 56))
    ax.text(56, 58.5, "start, end, no answer", **LETTERS)


def read(ax: Axes, tops: list[float]) -> None:
    """From the memory before, through a route, to the tokens that read."""
    for y in tops:
        ax.plot([17, 21.5], [y + 2.3] * 2, color=INK, lw=0.9)
    arrow(ax, (21.5, tops[0] + 2.3), (21.5, 18.6))
    ax.add_patch(Circle((21.5, 16), 2.6, fc="white", ec=INK, lw=0.8))
    ax.text(21.5, 15.8, r"$\Sigma$", **LETTERS)
    arrow(ax, (24.1, 16), (31.8, 16))
    ax.text(27.6, 18.2, "$c$", **LETTERS)
    box(ax, 14, 1, 15, 5.6, "read route $r$", TEXT)
    arrow(ax, (21.5, 6.6), (21.5, 13.3))
    arrow(ax, (88, 12.8), (88, 9.4), (31.5, 9.4), (31.5, 3.8), (29.2, 3.8), color=FAINT, lw=0.7)
    arrow(ax, (2, 3.8), (13.8, 3.8), color=FAINT, lw=0.7)
    ax.text(7.5, 5.9, "last $p$", **{**LETTERS, "fontsize": 7})


def write(ax: Axes, tops: list[float]) -> None:
    """From the tokens that write through the router and the gates to the memory after."""
    arrow(ax, (74, 37), (74, 55.5), (95.8, 55.5))
    ax.text(76.5, 40.5, "$H$", **LETTERS)
    box(ax, 96, 52, 14, 7.5, "router")
    x = 101.5
    ax.plot([x, x], [52, tops[-1] + 2.3], color=INK, lw=0.9)
    for j, y in enumerate(tops):
        name = "k" if j == EXPERTS - 1 else str(j + 1)
        arrow(ax, (x, y + 2.3), (105.4, y + 2.3))
        ax.add_patch(Circle((107.6, y + 2.3), 2.2, fc=WRITE, ec=INK, lw=0.8))
        ax.text(107.6, y + 2.2, rf"$g_{name}$", **{**LETTERS, "fontsize": 7})
        arrow(ax, (109.8, y + 2.3), (112.9, y + 2.3))
        ax.text(x - 0.9, y + 4, f"$p_{name}$", **{**LETTERS, "ha": "right"})
    dashed = {"ls": (0, (3, 2))}
    arrow(ax, (x, tops[-1] + 2.3), (x, 4.3), (105.4, 4.3), **dashed)
    ax.text(x - 0.9, 6, "$p_0$", **{**LETTERS, "ha": "right"})
    box(ax, 105.6, 1, 19.4, 6.6, "null: no write", TEXT, linestyle=dashed["ls"])


def draw_architecture(_: Any = None) -> Figure:
    """The whole figure."""
    figure = plt.figure(figsize=SIZE, layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, SIZE[0] * UNITS), ylim=(0, SIZE[1] * UNITS), aspect="equal")
    ax.axis("off")
    tops = [41 - 7.2 * j for j in range(EXPERTS)]
    memory(ax, 5, tops, "memory before")
    ax.text(11, tops[0] + 16, "from segment $t - 1$", **{**LETTERS, "color": FAINT, "fontsize": 7})
    arrow(ax, (11, tops[0] + 14), (11, tops[0] + 10), color=FAINT)
    encoder(ax)
    read(ax, tops)
    write(ax, tops)
    memory(ax, 113, tops, "memory after", 1)
    ax.text(119, tops[0] + 16, "to segment $t + 1$", **{**LETTERS, "color": FAINT, "fontsize": 7})
    arrow(ax, (119, tops[0] + 10), (119, tops[0] + 14), color=FAINT)
    return figure
