"""What a paper says of itself while some of its records are stale, or some runs are not made yet: which, and how to mend it."""

from collections.abc import Iterable, Mapping, Sequence

from evidence import NEEDED, OPTIONAL, Evidence, Name
from tables import command as command_of
from tex import SIGN, to_tex

# What the groups of runs are about that the paper does without until they are made.
ABOUT = {
    "smallest": "update with the two memories that retention chose",
    "tuned": "retention with one setting changed at a time",
    "confirmed": "retention with new seeds",
    "million": "retention at a million tokens",
    "improved": "memories whose gates begin open, trained longer",
    "farther": "flat memory whose gates begin open, at a million tokens",
    "longest": "a memory whose gates begin open, at ten million tokens",
    "mechanism": "memories that are changed while they are asked",
    "binding": "tasks that state several values and ask for one of them",
    "seen": "what the experts of trained memories hold",
    "pretrain": "an encoder that reads books",
    "masked": "a BERT of the same budget",
    "cloze": "questions about books by authors who were held out",
    "folds": "real questions about articles, in folds",
}

# What marks a number, how it is written, and how it takes no room in a table's cell. All of it works in formulas too.
MARKS = r"""\usepackage{xcolor}
\definecolor{stale}{rgb}{0.70,0.27,0.05}
\DeclareRobustCommand{\stalesign}{\textcolor{stale}{\ensuremath{^{\dagger}}}}
\DeclareRobustCommand{\stale}[1]{\textcolor{stale}{#1}\stalesign}
\newcommand{\stalecells}{\let\stalebeside\stalesign\renewcommand{\stalesign}{\rlap{\stalebeside}}}
"""


def by_run(names: Iterable[Name], e: Evidence) -> dict[str, list[int]]:
    """The seeds of each run, in the order of the evidence."""
    chosen = set(names)
    found = {run: [record["seed"] for record in e.records[run] if (run, record["seed"]) in chosen] for run in e.records}
    return {run: seeds for run, seeds in found.items() if seeds}


def patterns(e: Evidence) -> list[str]:
    """What `gmmxlnet runs run` takes for the stale runs: a family's pattern where all runs of a family are stale."""
    stale, found = by_run(e.stale, e), dict[str, None]()
    for run in stale:
        family = run.partition("-")[0] + "-"
        like = [other for other in dict.fromkeys((*NEEDED, *e.records)) if other.startswith(family)]  # also what is left out
        found[f'"{family}*"' if len(like) > 1 and set(like) <= stale.keys() else run] = None
    return list(found)


def command(e: Evidence) -> str:
    """What makes the stale records again; those that are fresh it leaves as they are."""
    return " ".join(["gmmxlnet runs run", *patterns(e), "--tier full"])


def counted(e: Evidence) -> str:
    """How many records are stale, of all."""
    return f"{len(e.stale)} of {sum(map(len, e.records.values()))}"


def about_figure(sources: set[Name], e: Evidence) -> str:
    """What to add to the caption of a figure that is drawn from stale records; nothing for a fresh one."""
    stale = sources & e.stale
    count = f": {len(stale)} of its {len(sources)} records" if len(stale) < len(sources) else ""
    return f" {SIGN} Made by older code{count}." if stale else ""


def phrases(seeds: Mapping[str, Sequence[int]]) -> list[str]:
    """Runs with their seeds, a phrase each."""
    return [f"`{run}` (seed{'s' * (len(its) > 1)} {' '.join(map(str, its))})" for run, its in seeds.items()]


def listed(e: Evidence) -> list[str]:
    """The stale records, a phrase a run."""
    return phrases(by_run(e.stale, e))


def preamble(e: Evidence) -> str:
    """The commands that mark a draft, its first page and its last one; nothing if no record is stale."""
    if not e.stale:
        return ""
    count = counted(e)
    runs = ",\n".join(to_tex(phrase).replace(" ", "~") for phrase in listed(e))
    note = (
        rf"\textbf{{\textcolor{{stale}}{{Draft.}}}} {count} records that this paper stands on are stale: made by older "
        r"code or with other parameters. What comes from them is marked \stale{like this}; "
        r"Appendix~\ref{sec:stale} lists them."
    )
    text = (
        rf"These records are stale ({count}): they were made by older code, or with other parameters, than those of the "
        "sources of this paper. From the root of the repository, this makes them again:"
    )
    lines = [
        "% what marks a draft, as stale records make it",
        MARKS.rstrip(),
        rf"\newcommand{{\draftnote}}{{\begin{{center}}\fbox{{\parbox{{0.9\linewidth}}{{\small {note}}}}}\end{{center}}}}",
        r"\newcommand{\stalerecords}{\section{Stale records}\label{sec:stale}",
        text,
        rf"\begin{{quote}}\raggedright\small{to_tex(f'`{command(e)}`')}\end{{quote}}",
        r"\noindent \texttt{make paper} then makes the paper. The records, by run:",
        rf"\begin{{quote}}\raggedright\small {runs}\end{{quote}}}}",
    ]
    return "\n".join(lines) + "\n"


def banner(e: Evidence) -> list[str]:
    """The same for a page; no line if no record is stale."""
    if not e.stale:
        return []
    return [
        ":::{admonition} Draft",
        ":class: warning",
        "",
        f"{counted(e)} records that these results stand on are stale: made by older code or with other "
        f"parameters. What comes from them is marked {SIGN}. From the root of the repository, this makes them again:",
        "",
        "```sh",
        command(e),
        "```",
        "",
        f"The records, by run: {', '.join(listed(e))}.",
        ":::",
        "",
    ]


# --- what is not made yet ---


def unmade(e: Evidence) -> list[str]:
    """What the groups are about that are left out."""
    return [ABOUT[group] for group in OPTIONAL if group in e.pending]


def unmade_runs(e: Evidence) -> dict[str, list[int]]:
    """The seeds that are missing, by run."""
    found: dict[str, list[int]] = {}
    for group in (group for group in OPTIONAL if group in e.pending):
        for job in e.pending[group]:
            found.setdefault(job.id, []).append(job.seed)
    return found


def unmade_listed(e: Evidence) -> list[str]:
    """The runs that are missing, a phrase each."""
    return phrases(unmade_runs(e))


LEFT_OUT = "are declared and not made yet, and all that would come from them is left out"


def pending_tex(e: Evidence) -> str:
    r"""Which groups are there, for `\whenmade` and `\untilmade`; and, of those that are not, a note and a section."""
    lines = [
        "% what is said when the runs of a group are made, and until then",
        r"\newcommand{\whenmade}[2]{\ifcsname made:#1\endcsname#2\fi}",
        r"\newcommand{\untilmade}[2]{\ifcsname made:#1\endcsname\else#2\fi}",
        *(rf"\expandafter\def\csname made:{group}\endcsname{{}}" for group in OPTIONAL if group not in e.pending),
    ]
    if e.pending:
        which = f"Runs on {'; on '.join(unmade(e))}: these {LEFT_OUT}."
        note = rf"\textbf{{Not made yet.}} {which} Appendix~\ref{{sec:pending}} lists them."
        runs = ",\n".join(to_tex(phrase).replace(" ", "~") for phrase in unmade_listed(e))
        lines += [
            rf"\newcommand{{\pendingnote}}{{\begin{{center}}\fbox{{\parbox{{0.9\linewidth}}{{\small {note}}}}}\end{{center}}}}",
            r"\newcommand{\pendingruns}{\section{Runs that are not made yet}\label{sec:pending}",
            f"These runs {LEFT_OUT}. Planned contrasts of them count in their families, as ones that decide nothing. "
            "From the root of the repository, this makes them:",
            rf"\begin{{quote}}\raggedright\small{to_tex(f'`{command_of(tuple(unmade_runs(e)), again=False)}`')}\end{{quote}}",
            r"\noindent \texttt{make paper} then makes the paper with them. What is missing, by run:",
            rf"\begin{{quote}}\raggedright\small {runs}\end{{quote}}}}",
        ]
    return "\n".join(lines) + "\n"


def pending_box(e: Evidence) -> list[str]:
    """The same for a page; no line if nothing is left out."""
    if not e.pending:
        return []
    return [
        ":::{admonition} Not made yet",
        ":class: note",
        "",
        f"Runs on {'; on '.join(unmade(e))}: these {LEFT_OUT}. From the root of the repository, this makes them:",
        "",
        "```sh",
        command_of(tuple(unmade_runs(e)), again=False),
        "```",
        "",
        f"What is missing, by run: {', '.join(unmade_listed(e))}.",
        ":::",
        "",
    ]
