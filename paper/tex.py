"""The paper's text: how values and captions are written in TeX and Markdown, and what may not be typed by hand."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

# Names with a digit that are no results, each with what it is.
NAMES = {
    "SQuAD 2.0": "a data set",
    "FlashAttention-2": "a kernel",
    "top-1": "the name of a way to route",
    "Top-1": "the same",
    "bfloat16": "a type of numbers",
    "LM2": "a model",
    "5-gram": "a model of counts",
    "BM25": "a way to search",
    "F1": "a score",
}
GIVEN = re.compile(r"(?<!\\)%\s*given:(.*)")  # At a line's end: why its digits are no result
NOTEBOOK = re.compile(r"\\nb\{(\d\d)\}\{([a-z_]+)\}")  # The paper's own command for a notebook, by number and name
# Commands whose argument is an address, a length or a key, and no text; the second group counts their arguments.
KEYS = {
    **dict.fromkeys("label ref eqref pageref cite citep citet citealp input includegraphics".split(), 1),
    **dict.fromkeys("documentclass usepackage bibliography bibliographystyle hypersetup captionsetup".split(), 1),
    **dict.fromkeys("vspace hspace begin end href".split(), 1),
    "setlength": 2,
}
PLACES = "url path nolinkurl".split()  # Their argument must look like a place: a letter, and a slash or a dot
DISPLAYS = "equation equation* align align* gather gather*".split()
# Commands of LaTeX that begin with a capital, as those of the records do.
CAPITALS = set(
    "LaTeX TeX Big Bigl Bigr Bigg Large LARGE Huge Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega Pr".split()
)
WORDS = "two three four five six seven eight nine ten eleven twelve twenty fifty hundred thousand".split()
UNITS = "seeds runs percent per\\scent points times milliseconds seconds hours segments documents tokens steps".split()
IN_WORDS = re.compile(rf"\b(?:{'|'.join(WORDS)})[\s~-]+(?:{'|'.join(UNITS)})\b", re.IGNORECASE)


class Stale(str):
    """A text that comes from a stale record, and is marked wherever it is shown."""


SIGN = "†"  # Of what comes from a stale record
STALE_CELLS = f" {SIGN} Made by older code."  # What a caption adds to a table that has some


def parts(text: str) -> list[tuple[bool, str]]:
    """Text and the formulas in it: whether each part is a formula, and its content."""
    return [(i % 2 == 1, part) for i, part in enumerate(re.split(r"(?<!\\)\$", text))]


COMMANDS = {"times"}  # Those that formulas of values, cells and captions have
UNSAFE = re.compile(r"[\\${}`<>]")  # What TeX or Markdown would take for more than text


def is_text(text: str) -> bool:
    """Whether a string from outside is one line of plain text, which no escaping is needed for to be safe."""
    return text.isprintable() and not UNSAFE.search(text)


def comment(text: str) -> str:
    """A line of TeX that says nothing: in one line, whatever is in it."""
    return "% " + "".join(c if c.isprintable() else " " for c in text) + "\n"


def to_tex(text: str) -> str:
    """Plain text with `$formulas$` as TeX; a `ValueError` for a formula with another command than `COMMANDS`."""
    special = {"±": r"$\pm$", "–": "--", "×": r"$\times$", "−": r"$-$", "≥": r"$\geq$", "\\": r"\textbackslash{}"}
    special[SIGN] = r"\stalesign{}"
    special |= {c: "\\" + c for c in "%&#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    found = []
    for formula, part in parts(text):
        if formula and (set(re.findall(r"\\([A-Za-z]+|.|$)", part, re.DOTALL)) - COMMANDS or "^^" in part):
            raise ValueError(f"formulas must have no command but {', '.join(sorted(COMMANDS))}, got {part!r:.80}")
        words = part if formula else "".join(special.get(c, c) for c in part)
        if not formula:
            words = words.replace(r" $\pm$ ", r"~$\pm$~")
            words = re.sub("`([^`]*)`", lambda code: rf"\texttt{{{code[1].replace('--', '-{}-')}}}", words)
        found.append(f"${words}$" if formula else words)
    return rf"\stale{{{''.join(found)}}}" if isinstance(text, Stale) else "".join(found)


# In captions and cells: the macro `{Name}`, and the table or figure `{tab:name}`
HOLE = re.compile(r"\{([A-Z][A-Za-z]+|(?:tab|fig):[a-z]+)\}")


def fill(text: str, names: Mapping[str, str]) -> str:
    """A caption or a cell with the values of macros, and the numbers of tables and figures."""
    return HOLE.sub(lambda hole: names[hole[1]], text) + SIGN * isinstance(text, Stale)


def fill_tex(text: str) -> str:
    """The same in TeX, which knows the values and the numbers."""

    def named(name: str) -> str:
        kind, _, label = name.partition(":")
        return f"{'Table' if kind == 'tab' else 'Figure'}~\\ref{{{name}}}" if label else f"\\{name}{{}}"

    filled = "".join(named(part) if i % 2 else to_tex(part) for i, part in enumerate(HOLE.split(text)))
    return rf"\stale{{{filled}}}" if isinstance(text, Stale) else filled


Row = tuple[str, ...]
Body = tuple[Row, Sequence[Row | None]]  # The header, and rows; None for a line between groups


def has_stale(body: Body) -> bool:
    """Whether a cell of a table comes from a stale record."""
    return any(isinstance(cell, Stale) for row in body[1] for cell in row or ())


@dataclass(frozen=True)
class Table:
    """A table for the paper and for the site."""

    name: str  # Of its file, and of its label
    caption: str  # With macros as `{Name}`
    runs: tuple[str, ...]  # That it is made from
    align: str  # As in tabular
    body: Callable[[Any], Body]  # From records
    small: str = r"\small"
    place: str = "tbp"
    long: bool = False  # Whether it may go on on further pages, and so is no float

    def tex(self, body: Body) -> str:
        """The float, or what stands where the text has it."""

        def line(row: Row) -> str:
            return " & ".join(fill_tex(cell) for cell in row) + r" \\"

        header, rows = body
        caption, small = fill_tex(self.caption), self.small
        if has_stale(body):
            caption, small = caption + to_tex(STALE_CELLS), small + r"\stalecells"
        lines = [r"\midrule" if row is None else line(row) for row in rows]
        if self.long:
            return "\n".join(
                [
                    rf"{{{small}\begin{{longtable}}{{@{{}}{self.align}@{{}}}}",
                    rf"\caption{{{caption}}}\label{{tab:{self.name}}}\\",
                    *(r"\toprule", line(header), r"\midrule", r"\endfirsthead"),
                    *(r"\toprule", line(header), r"\midrule", r"\endhead"),
                    *(r"\bottomrule", r"\endlastfoot", *lines, r"\end{longtable}}"),
                ]
            )
        return "\n".join(
            [
                rf"\begin{{table}}[{self.place}]",
                rf"\centering\caption{{{caption}}}\label{{tab:{self.name}}}",
                rf"{small}\begin{{tabular}}{{@{{}}{self.align}@{{}}}}",
                *(r"\toprule", line(header), r"\midrule"),
                *lines,
                *(r"\bottomrule", r"\end{tabular}", r"\end{table}"),
            ]
        )

    def markdown(self, body: Body, names: Mapping[str, str]) -> str:
        """The table and its caption."""

        def line(row: Row) -> str:
            return "| " + " | ".join(fill(cell, names).replace("|", r"\|") for cell in row) + " |"

        sides = re.findall("[lrcp]", re.sub(r"\{[^}]*\}", "", self.align))
        rule = tuple("---:" if side == "r" else "---" for side in sides)
        header, rows = body
        rule = rule[: len(header)]  # columns may be left out
        title = f"**{names[f'tab:{self.name}']}.** {fill(self.caption, names)}{STALE_CELLS * has_stale(body)}"
        return "\n".join([title, "", line(header), line(rule), *(line(row) for row in rows if row is not None)])


def blank(text: str) -> str:
    """Nothing, in as many lines."""
    return "\n" * text.count("\n")


def closing(text: str, start: int) -> int:
    """Where the argument ends whose brace opens at `start`."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] in "{}" and text[i - 1] != "\\":
            depth += 1 if text[i] == "{" else -1
            if not depth:
                return i + 1
    return len(text)


def without_arguments(text: str, command: str, count: int, place: bool = False) -> str:
    """A text without the arguments of a command that are no text."""
    found: list[str] = []
    at = 0
    for match in re.finditer(rf"\\{command}(?![A-Za-z])\*?\s*(?:\[[^\]]*\])*", text):
        end = match.end()
        if match.start() < at:
            continue
        for _ in range(count):
            if end < len(text) and text[end] == "{":
                end = closing(text, end)
        argument = text[match.end() : end]
        if command == "begin" and argument == "{tabular}" and text[end : end + 1] == "{":
            end = closing(text, end)
        if place and not (re.search("[A-Za-z]", argument) and re.search("[/.]", argument)):
            continue
        found += [text[at : match.start()], blank(text[match.start() : end])]
        at = end
    return "".join([*found, text[at:]])


def without_definitions(formula: str, display: bool) -> str:
    """A formula without the digits that define something: indices, exponents, k, 0 and 1, in displays one digit."""
    plain = r"(?<![\d.,])[0-9](?![\d]|[.,]\d)" if display else r"(?<![\d.,])[01](?![\d]|[.,]\d)"
    formula = re.sub(r"\bk\s*=\s*[1248](?![\d.,])", "", formula)  # there are no other numbers of experts
    formula = re.sub(r"[_^](?:\d(?![\d.])|\{[^{}.]*\})", "", formula)
    return re.sub(plain, "", formula)


def typed_numbers(text: str) -> list[tuple[int, str]]:
    """What looks like a result typed by hand: the number of its line, and what stands there."""
    found = []
    lines = text.split("\n")
    for i, line in enumerate(lines):
        given = GIVEN.search(line)
        if given and len(given[1].split()) < 2:
            found.append((i + 1, "'% given:' without a reason"))
        lines[i] = "" if given else re.sub(r"(?<!\\)%.*", "", line)
    text = "\n".join(lines)
    for name in NAMES:
        text = text.replace(name, "")

    def formula(display: bool) -> Callable[[re.Match[str]], str]:
        return lambda match: without_definitions(match[0], display)

    for environment in DISPLAYS:
        named = re.escape(environment)
        text = re.sub(rf"\\begin\{{{named}\}}.*?\\end\{{{named}\}}", formula(True), text, flags=re.DOTALL)
    text = re.sub(r"\\\[(?!\d).*?\\\]", formula(True), text, flags=re.DOTALL)
    text = re.sub(r"(?<!\\)\$.*?(?<!\\)\$", formula(False), text, flags=re.DOTALL)
    text = re.sub(r"\\\\\[[^\]]*\]", "", text)  # the height of a line
    text = NOTEBOOK.sub("", text)
    for command, count in KEYS.items():
        text = without_arguments(text, command, count)
    for command in PLACES:
        text = without_arguments(text, command, 1, place=True)
    for i, line in enumerate(text.split("\n")):
        found += [(i + 1, match[0]) for match in re.finditer(r"[^\s{}$]*\d[^\s{}$]*", line)]
        found += [(i + 1, match[0]) for match in IN_WORDS.finditer(line)]
    return sorted(found)


def plain(text: str) -> str:
    """A text without its comments."""
    return re.sub(r"(?<!\\)%.*", "", text)


def macros_used(text: str) -> set[str]:
    """The macros of records that a text uses: all commands that begin with a capital but LaTeX's own."""
    return set(re.findall(r"\\([A-Z][A-Za-z]*)", plain(text))) - CAPITALS


def text_problems(
    sources: Mapping[str, str], declared: Iterable[str], generated: Iterable[str], captions: Mapping[str, str]
) -> list[str]:
    """What is wrong with the sources (file → text) and captions, given the macros and generated files that there are."""
    declared, generated = list(declared), set(generated)
    wrong = []
    for file, text in sources.items():
        for number, what in typed_numbers(text):
            wrong.append(
                f"typed: {file}:{number}: {what!r} is typed by hand: use a macro of the records, "
                "or end the line with '% given: why it is no result'"
            )
        for number, line in enumerate(text.split("\n"), 1):
            for name in re.findall(r"\\([A-Z][A-Za-z]*)(?=\s)", plain(line)):
                if name not in CAPITALS:
                    wrong.append(f"space: {file}:{number}: write \\{name}{{}}: TeX drops the space after \\{name}")
    wrong += [
        f"typed: the caption of {name}: {what!r} is typed by hand: use a macro, as {{Name}}"
        for name, caption in captions.items()
        for _, what in typed_numbers(caption)
    ]
    everything = "\n".join([*sources.values(), *map(fill_tex, captions.values())])
    used = macros_used(everything)
    wrong += [f"undefined: no macro \\{name} comes from records: add it to paper/results.py" for name in
              sorted(used - set(declared))]  # fmt: skip
    wrong += [f"unused: the text uses \\{name} nowhere: remove it from paper/results.py" for name in declared
              if name not in used]  # fmt: skip
    taken = {*re.findall(r"\\input\{([^}]*)\}", plain("\n".join(sources.values())))}
    wrong += [f"unused: the text takes no \\input{{{name}}}" for name in sorted(generated - taken)]
    wrong += [f"undefined: no \\input{{{name}}} is made" for name in sorted(taken - generated)]
    return wrong


# What is said when a group's runs are made, or until then, stands behind the group.
WHEN = re.compile(r"\\(whenmade|untilmade)\{([a-z]*)\}(?=\{)")


def without_made(text: str, groups: AbstractSet[str]) -> str:
    """A text without what is only said when some groups of runs are made."""
    found, at = list[str](), 0
    for match in WHEN.finditer(text):
        if match.start() >= at and match[1] == "whenmade" and match[2] in groups:
            end = closing(text, match.end())
            found += [text[at : match.start()], blank(text[match.start() : end])]
            at = end
    return "".join([*found, text[at:]])


def made_problems(
    sources: Mapping[str, str],
    captions: Mapping[str, tuple[str, AbstractSet[str]]],
    waits: Mapping[str, AbstractSet[str]],
    groups: Iterable[str],
) -> list[str]:
    """What a text says without the runs that it comes from.

    `waits` says of macros, and of tables and figures by their labels, which groups of runs they wait for, any of which will do;
    `captions` has each caption with the groups that its own table or figure waits for.
    """
    known, wrong = set(groups), []
    for file, text in sources.items():
        text = plain(text)
        wrong += [
            f"undefined: {file} says \\{command}{{{group}}}: the group must be one of {', '.join(sorted(known))}"
            for command, group in WHEN.findall(text) if group not in known
        ]  # fmt: skip
        for name, of in waits.items():
            used = rf"\\(?:page)?ref\{{{re.escape(name)}\}}" if ":" in name else rf"\\{name}(?![A-Za-z])"
            if of and re.search(used, without_made(text, of)):
                within = f"within \\whenmade{{{' or '.join(sorted(of))}}}{{…}}"
                wrong.append(f"early: {file} must use {name} {within}, as its runs may not be made yet")
    for name, (caption, own) in captions.items():
        for hole in HOLE.findall(caption):
            if waits.get(hole) and not (own and own <= waits[hole]):
                wrong.append(f"early: the caption of {name} must do without {{{hole}}}, whose runs may not be made yet")
    return wrong


def citation_problems(sources: Mapping[str, str], bibliography: str) -> list[str]:
    """Works that are cited and not listed, or listed and not cited."""
    keys = re.findall(r"^@\w+\{([^,\s]+),", bibliography, flags=re.MULTILINE)
    cites = re.findall(r"\\cite\w*\*?(?:\[[^\]]*\])*\{([^}]*)\}", plain("\n".join(sources.values())))
    cited = {key.strip() for group in cites for key in group.split(",")}
    return [
        *(f"undefined: {key!r} is cited and not in references.bib" for key in sorted(cited - set(keys))),
        *(f"unused: {key!r} of references.bib is not cited" for key in keys if key not in cited),
    ]
