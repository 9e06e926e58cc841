"""The drawings of the home page and the README, each one SVG that is light or dark as its page is.

`python docs/drawings.py` writes them into nbs/images; the second one is drawn from the records of runs.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from html import escape
from math import log2
from pathlib import Path
from statistics import mean, stdev
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMAGES, RECORDS = ROOT / "nbs" / "images", ROOT / "experiments" / "records"

# Colours by their part: on light pages, and on dark ones
NAMES = "ink soft line page part read write memory one two three four five".split()
LIGHT = dict(
    zip(
        NAMES,
        (
            "#1f2328 #59636e #59636e #ffffff #eef1f4 #bcdcf5 #f8d6a0 #cdebd5 #0b62a8 #a64b00 #00694b #8a3b6e #59636e"
        ).split(),
        strict=True,
    )
)
DARK = dict(
    zip(
        NAMES,
        (
            "#f0f3f6 #b7bdc8 #b7bdc8 #14181d #262c33 #1d4e78 #79500f #1f5f3d #6cb6ff #f0a35e #56d39c #e39ac6 #b7bdc8"
        ).split(),
        strict=True,
    )
)
SHEET = """text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 15px; fill: var(--ink);
  text-anchor: middle; }
.soft { fill: var(--soft); font-size: 14px; } .left { text-anchor: start; }
.right { text-anchor: end; } .step { font-weight: 600; }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; } .bold { stroke: var(--ink); stroke-width: 3; }
.dashed { stroke-dasharray: 5 4; } .box { stroke: var(--line); stroke-width: 1.2; } .grid { stroke: var(--part); }
.slot { opacity: 0.25; } .tip { fill: var(--line); }"""


def palette(colours: Mapping[str, str]) -> str:
    """Colours as a style sheet names them."""
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in colours.items()) + " }"


def svg(width: int, height: int, title: str, parts: Sequence[str], scheme: str = "") -> str:
    """A drawing; as the reader's system is, light or dark, or as `scheme` says."""
    light, dark = palette(LIGHT), palette(DARK)
    chosen = {"": f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}", "light": light, "dark": dark}[scheme]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
    marker = f'<defs>{tip}<path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
    return "\n".join(
        [head, f"<title>{escape(title)}</title>", f"<style>{chosen}\n{SHEET}</style>", marker, *parts, "</svg>", ""]
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Words, centred at a point unless their kind says otherwise."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def box(
    x: float, y: float, width: float, height: float, fill: str = "page", words: str = "", round: float = 5
) -> list[str]:
    """A box with words in its middle."""
    rect = f'<rect class="box" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round:g}" fill="var(--{fill})"/>'
    return [rect, *([text(x + width / 2, y + height / 2 + 5, words)] if words else [])]


def path(*points: tuple[float, float], kind: str = "", tip: bool = True) -> str:
    """A line through points, with an arrow's head at its end."""
    way = " L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="line {kind}" d="M{way}"{" marker-end=" + chr(34) + "url(#tip)" + chr(34) if tip else ""}/>'


def row(x: float, y: float, count: int, fill: str) -> list[str]:
    """Tokens side by side."""
    return [part for i in range(count) for part in box(x + 18 * i, y, 18, 28, fill, round=0)]


ROWS = (118, 158, 198, 238)  # Of the experts, from the top
TOKENS = ((172, 3, "read", "read"), (236, 5, "page", "text"), (336, 3, "write", "write"), (400, 3, "page", "question"))
OVERVIEW = (
    "One segment on its way: it reads a mixture of the experts' memory before the encoder runs, answers, and is written "
    "by a router to one expert or to none; the memory goes on to the next segment."
)


def experts(x: float, title: str, chosen: int | None = None) -> list[str]:
    """The experts of a memory, each with its slots."""
    parts = [text(8, 104, title, "left") if chosen is None else text(618, 104, title, "right")]
    for j, y in enumerate(ROWS):
        parts += box(x, y, 72, 30, "memory", round=0)
        parts += [f'<path class="line slot" d="M{x + 24 * i} {y} V{y + 30}"/>' for i in (1, 2)]
        frame = "line bold" if j == chosen else "line"
        parts += [f'<rect class="{frame}" x="{x:g}" y="{y}" width="72" height="30"/>']
        parts += [text(x + 36, y + 20, ("expert 1", "expert 2", "…", "expert k")[j])]
    return parts


def overview(scheme: str = "") -> str:
    """What one segment does: it reads, answers and writes."""
    names = ("1", "2", "…", "t", "…", "s")
    parts = [text(12, 40, "segments", "left soft")]
    for i, name in enumerate(names):
        parts += box(90 + 75 * i, 20, 68, 30, "part" if name == "t" else "page", name)
    parts += [path((349, 50), (349, 114))]
    for x, count, fill, words in TOKENS:
        parts += [
            *row(x, 118, count, fill),
            text(x + 9 * count, 163, words, "soft"),
            path((x + 9 * count, 169), (x + 9 * count, 186)),
        ]
    parts += [*box(168, 189, 290, 42, "part", "XLNet encoder"), path((262, 231), (262, 274))]
    parts += [
        *box(198, 277, 130, 34, "part", "answer head"),
        text(263, 331, "start, end, or no answer", "soft"),
        text(250, 258, "2 answer", "step right"),
    ]
    parts += [*experts(14, "memory before"), *experts(540, "memory after", 1)]
    # reading: a mixture of all experts in the place of the tokens that read
    for y in ROWS:
        parts.append(path((86, y + 15), (108, y + 15), tip=False))
    parts += [
        path((108, 253), (108, 132), tip=False),
        path((108, 132), (122, 132), tip=False),
        path((144, 132), (169, 132)),
    ]
    parts += [
        '<circle class="box" cx="133" cy="132" r="11" fill="var(--page)"/>',
        text(133, 137, "Σ"),
        text(142, 164, "1 read", "step"),
    ]
    # writing: the router sends the segment to one expert, through its gate, or to none
    parts += [
        path((354, 231), (354, 254), (430, 254), (430, 274)),
        *box(385, 277, 90, 34, "part", "router"),
        text(438, 258, "3 write", "step left"),
    ]
    parts += [path((475, 294), (508, 294), (508, ROWS[0] + 15), tip=False)]
    for j, y in enumerate(ROWS):
        parts += [path((508, y + 15), (538, y + 15), kind="bold" if j == 1 else "", tip=j != 1)]
        parts += [f'<circle class="box" cx="520" cy="{y + 15}" r="6" fill="var(--write)"/>']
    parts += [path((430, 311), (430, 338), kind="dashed"), text(430, 356, "or write nothing", "soft")]
    parts += [
        path((576, 268), (576, 380), (50, 380), (50, 272), kind="dashed"),
        text(313, 398, "on to the next segment", "soft"),
    ]
    return svg(626, 408, OVERVIEW, parts, scheme)


# The lines of the second drawing: the first words of their records' names, what they are called, their colour
LINES = {
    "improved-gmm4-null-read": ("{num_experts} experts, one or none written, open gates", "one"),
    "improved-skip16": ("flat memory, a hard, open gate", "two"),
    "retention-gmm4-top1-read": ("{num_experts} experts, one is written", "three"),
    "retention-gmm4": ("{num_experts} experts, all are written softly", "four"),
    "retention-token4": ("flat memory", "five"),
}
LENGTHS = (6, 16, 256, 2048)
DASHES = ("", "9 4", "2 3", "9 3 2 3", "5 5")


def runs_of(name: str, folder: Path = RECORDS) -> list[dict[str, Any]]:
    """A run's records, one for each seed; a `ValueError` for fewer than two."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob(f"{name}-[0-9]*.json"))]
    found = [record for record in found if record["tier"] == "full"]
    if len(found) < 2:
        raise ValueError(f"{folder} must have two records of {name} at least, has {len(found)}")
    return found


def line_words(name: str, folder: Path = RECORDS) -> str:
    """What a line is called: the memory, its size, and how long it was trained."""
    params = runs_of(name, folder)[0]["params"]
    experts = params["num_experts"] if params["memory_type"] == "gmm" else 1
    size = f"{experts} × {params['memory_slots']}" if experts > 1 else f"{params['memory_slots']}"
    return f"{LINES[name][0].format(**params)}; {size} slots, {params['max_steps']:,} steps"


def score_at(metrics: Mapping[str, float], length: int) -> float:
    """The share of right choices at a length, in percent; that of training has no length in its name."""
    return metrics["choice_exact" if length == LENGTHS[0] else f"choice_exact/{length}"]


def length_scores(folder: Path = RECORDS) -> dict[str, list[tuple[float, float]]]:
    """Mean and standard deviation over seeds at each length."""
    found = {}
    for name in LINES:
        scores = [[score_at(run["metrics"], length) for run in runs_of(name, folder)] for length in LENGTHS]
        found[name] = [(mean(each), stdev(each)) for each in scores]
    return found


def length_title(scores: Mapping[str, Sequence[tuple[float, float]]], chance: float, folder: Path) -> str:
    """The drawing in words, for those who do not see it."""
    said = {
        line_words(name, folder): [f"{line[i][0]:.0f}% at {LENGTHS[i]:,} segments" for i in (0, -1)]
        for name, line in scores.items()
    }
    told = [f"{name}: {' and '.join(both)}" for name, both in said.items()]
    return f"Right answers by the length of a document. {'; '.join(told)}; a random choice: {chance:g}%."


def length(scheme: str = "", folder: Path = RECORDS) -> str:
    """How often the choice is right, by the length of the document: means over seeds, whiskers of a standard deviation."""
    scores, chance = length_scores(folder), runs_of(next(iter(LINES)), folder)[0]["metrics"]["chance"]
    left, right, top, bottom = 56, 610, 26, 262
    across = [left + 30 + (right - left - 60) * log2(n / LENGTHS[0]) / log2(LENGTHS[-1] / LENGTHS[0]) for n in LENGTHS]

    def at(value: float) -> float:
        return bottom - (bottom - top) * min(max(value, 0), 100) / 100

    parts = [text(8, 14, "right answers among 8 choices, %", "left soft")]
    for value in (0, 25, 50, 75, 100):
        parts += [
            f'<path class="line grid" d="M{left} {at(value):g} L{right} {at(value):g}"/>',
            text(left - 8, at(value) + 5, f"{value}", "right soft"),
        ]
    parts += [
        path((left, at(chance)), (right, at(chance)), kind="dashed", tip=False),
        text(right, at(chance) + 17, "a random choice", "right soft"),
    ]
    for x, n in zip(across, LENGTHS, strict=True):
        parts.append(text(x, bottom + 22, f"{n:,}", "soft"))
    parts.append(text((left + right) / 2, bottom + 44, "segments of a document (training saw 2 to 6)", "soft"))
    for i, (name, line) in enumerate(scores.items()):
        words, colour = line_words(name, folder), LINES[name][1]
        shift = 5 * (i - 2)  # so that whiskers can be told apart
        places = [(x + shift, at(m)) for x, (m, _) in zip(across, line, strict=True)]
        stroke = f'stroke="var(--{colour})" stroke-width="{3 if i == 0 else 2}" fill="none"'
        way = " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{way}" {stroke} stroke-dasharray="{DASHES[i]}"/>')
        for (x, y), (m, s) in zip(places, line, strict=True):
            whisker = f"M{x:.1f} {at(m - s):.1f} L{x:.1f} {at(m + s):.1f}"
            parts.append(f'<path d="{whisker}" stroke="var(--{colour})" stroke-width="1"/>')
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{4.5 if i == 0 else 3.5}" fill="var(--{colour})"/>')
        y = bottom + 72 + 22 * i
        parts.append(f'<path d="M{left} {y - 5} L{left + 44} {y - 5}" {stroke} stroke-dasharray="{DASHES[i]}"/>')
        parts.append(text(left + 54, y, words, "left"))
    return svg(626, bottom + 72 + 22 * len(scores), length_title(scores, chance, folder), parts, scheme)


DRAWINGS = {"overview": overview, "length": length}


def main() -> None:
    """Write the drawings."""
    IMAGES.mkdir(exist_ok=True)
    for name, draw in DRAWINGS.items():
        (IMAGES / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"drawings: {error}")
