"""Build the paper from the records of runs: `python paper/build.py build | check | pdf | site FOLDER | draw FIGURE FILE`."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from draft import about_figure, banner, by_run, command, counted, pending_box, pending_tex, preamble
from evidence import NEEDED, OPTIONAL, Evidence, Name, groups_of, needed_jobs, read_evidence
from figures import FIGURES, Figure, style
from folds import folds_macros
from further import further_macros
from reading import reading_macros
from results import Macro, macros
from seen import seen_macros
from tables import TABLES, commands_table
from tex import (
    NOTEBOOK,
    SIGN,
    Body,
    Stale,
    Table,
    citation_problems,
    comment,
    fill,
    fill_tex,
    made_problems,
    text_problems,
    to_tex,
)
from tuned import tuned_macros

from gmmxlnet_nb.core import whole_file

PAPER = Path(__file__).resolve().parent
MANIFEST = PAPER.parent / "experiments" / "manifest.toml"
OUT = PAPER.parent / "_paper"
PASSES = 3  # Of latexmk at most
KINDS = (".pdf", ".png", ".svg")  # Of files that a figure is drawn into
DPI = 200  # Of those that have dots
UNMADE = "left out until one of its runs is made"  # What a file says of a table or figure that is not there
APOSTROPHE = "'"  # For a mark that would end what stands as code
TEX_PACKAGES = "texlive-latex-base texlive-latex-recommended texlive-fonts-recommended latexmk"


class Refused(Exception):
    """What is wrong, a line each, and what else is to know."""

    def __init__(self, wrong: Sequence[str], notes: Sequence[str] = ()) -> None:
        super().__init__("\n".join(wrong))
        self.wrong, self.notes = list(wrong), list(notes)


def all_tables() -> list[Table]:
    """The tables, the one that says how to make the results again included."""
    made = [(f"fig:{figure.name}", figure.runs) for figure in FIGURES if figure.runs]
    made += [(f"tab:{table.name}", table.runs) for table in TABLES if table.runs != NEEDED]
    return [*TABLES, commands_table(made)]


def all_macros() -> list[Macro]:
    """The macros of the text."""
    return [*macros(), *tuned_macros(), *further_macros(), *reading_macros(), *folds_macros(), *seen_macros()]


def is_there(item: Macro | Table | Figure, evidence: Evidence) -> bool:
    """Whether something can be made: whether any of its runs is there, if it is made from runs."""
    return not item.runs or bool(evidence.there(item.runs))


@dataclass(frozen=True)
class Content:
    """All that comes from records."""

    evidence: Evidence
    values: dict[str, str]  # Of the macros, in plain text
    bodies: dict[str, Body]  # Of the tables
    data: dict[str, Any]  # Of the figures
    sources: dict[str, set[Name]]  # Of the figures, the records that they are drawn from

    def names(self) -> dict[str, str]:
        """What stands for the holes of captions on a page without TeX: values, and tables and figures by number."""
        tables = {f"tab:{name}": f"Table {i}" for i, name in enumerate(self.bodies, 1)}
        values = {name: fill(value, {}) for name, value in self.values.items()}
        return values | tables | {f"fig:{name}": f"Figure {i}" for i, name in enumerate(self.data, 1)}


def content(manifest: Path) -> Content:
    """Everything from records; `Refused` with all that is wrong with those that it needs."""
    jobs, wrong = needed_jobs(manifest)
    evidence, lacking = read_evidence(jobs)
    if wrong or lacking:
        raise Refused([*wrong, *lacking], evidence.notes)
    try:
        values = {macro.name: evidence.marked(macro.value) for macro in all_macros() if is_there(macro, evidence)}
        bodies = {table.name: table.body(evidence) for table in all_tables() if is_there(table, evidence)}
        traced = {figure.name: evidence.traced(figure.data) for figure in FIGURES if is_there(figure, evidence)}
    except ValueError as error:
        raise Refused([f"record: {error}"], evidence.notes) from None
    data = {name: made for name, (made, _) in traced.items()}
    return Content(evidence, values, bodies, data, {name: sources for name, (_, sources) in traced.items()})


def generated() -> list[str]:
    """What the text takes from the build."""
    return ["macros", *(f"fig-{figure.name}" for figure in FIGURES), *(f"tab-{table.name}" for table in all_tables())]


def sources(folder: Path) -> dict[str, str]:
    """The text, by file."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tex"))}
    if "paper.tex" not in found:
        raise Refused([f"text: there must be a paper.tex in {folder}"])
    return found


def check(folder: Path = PAPER, manifest: Path = MANIFEST, release: bool = False) -> Content:
    """All that the paper needs; `Refused` with all that is wrong with its text and its records.

    Before a release, stale records are wrong too.
    """
    text, names = sources(folder), [macro.name for macro in all_macros()]
    captions = {f"fig-{figure.name}": figure.caption for figure in FIGURES}
    captions |= {f"tab-{table.name}": table.caption for table in all_tables()}
    wrong = [f"twice: macro \\{name} is declared twice" for name in sorted({n for n in names if names.count(n) > 1})]
    own = {file.removesuffix(".tex") for file in text} - {"paper"}
    wrong += text_problems(text, names, {*generated(), *own}, captions)
    shown = [(f"fig:{figure.name}", figure) for figure in FIGURES] + [(f"tab:{table.name}", table) for table in all_tables()]
    waits = {macro.name: groups_of(macro.runs) for macro in all_macros()} | {name: groups_of(item.runs) for name, item in shown}
    wrong += made_problems(text, {name: (item.caption, groups_of(item.runs)) for name, item in shown}, waits, OPTIONAL)
    bibliography = folder / "references.bib"
    wrong += citation_problems(text, bibliography.read_text(encoding="utf-8") if bibliography.exists() else "")
    wrong += [
        f"undefined: {file} names the notebook nbs/{a}_{b}.ipynb, which does not exist"
        for file, each in text.items()
        for a, b in NOTEBOOK.findall(each)
        if not (PAPER.parent / "nbs" / f"{a}_{b}.ipynb").exists()
    ]
    try:
        found = content(manifest)
    except Refused as error:
        late = error.notes if release else []
        raise Refused([*wrong, *error.wrong, *late], [] if release else error.notes) from None
    if release:
        wrong += found.evidence.notes
    if wrong:
        raise Refused(wrong, [] if release else found.evidence.notes)
    return found


def provenance(evidence: Evidence, runs: Sequence[str]) -> list[str]:
    """Where something comes from, a line a run."""
    lines = []
    for run in evidence.there(runs):
        records = evidence.records[run]
        seeds = " ".join(str(record["seed"]) for record in records)
        commits, devices = ({str(record[name]) for record in records} for name in ("commit", "device"))
        digests = " ".join(record["digest"] for record in records)
        old = " ".join(str(seed) for seed in by_run(evidence.stale, evidence).get(run, ()))
        lines.append(
            f"{run}: seeds {seeds}; commit {', '.join(sorted(commits))}; {', '.join(sorted(devices))}; records {digests}"
            + (f"; stale: seeds {old}" if old else "")
        )
    return lines


def with_provenance(text: str, evidence: Evidence, runs: Sequence[str]) -> str:
    """A file of TeX that says first where it comes from."""
    head = ["made from records by paper/build.py: do not edit", *provenance(evidence, runs)]
    return "".join(map(comment, head)) + text + "\n"


def macro_lines(macro: Macro, value: str, evidence: Evidence) -> str:
    """A macro, what it is, and where it comes from."""
    there = evidence.there(macro.runs)
    records = [record for run in there for record in evidence.records[run]]
    runs = ", ".join(there) if len(there) < 6 else f"{len(there)} runs, {there[0]} and so on"
    old = "; stale" if isinstance(value, Stale) else ""
    head = comment(f"{macro.what} [{runs}; {len(records)} records{old}]")
    return f"{head}\\newcommand{{\\{macro.name}}}{{{to_tex(value)}}}\n"


def macros_tex(found: Content) -> str:
    """The file of the macros; of a draft also what marks it as one, and what is said of runs that are not made yet."""
    lines = "".join(macro_lines(m, found.values[m.name], found.evidence) for m in all_macros() if m.name in found.values)
    return with_provenance(preamble(found.evidence) + pending_tex(found.evidence) + lines, found.evidence, NEEDED)


def write_whole(folder: Path, files: dict[str, str]) -> None:
    """Write texts, each whole or not at all."""
    for name, text in files.items():
        with whole_file(folder / name) as part:
            part.write_text(text, encoding="utf-8")


def draw(figure: Figure, found: Content, path: Path) -> None:
    """Draw a figure into a file, the same bytes every time, that says where it comes from."""
    style()
    drawing = figure.draw(found.data[figure.name])
    origin = "; ".join(provenance(found.evidence, figure.runs))
    kind = path.suffix[1:]
    about = {"pdf": {"CreationDate": None, "Subject": origin}, "svg": {"Date": None, "Description": origin}}
    try:
        drawing.savefig(path, metadata=about.get(kind), dpi=DPI)
    finally:
        plt.close(drawing)


def draw_one(name: str, path: Path, manifest: Path = MANIFEST) -> Path:
    """Draw a figure alone; one that is drawn from no record needs none.

    `Refused` for a kind of file that is not drawn, and for a figure that is left out.
    """
    if path.suffix not in KINDS:
        raise Refused([f"draw: the file must end in {', '.join(KINDS)}, got {path.name}"])
    figure = next(figure for figure in FIGURES if figure.name == name)
    found = content(manifest) if figure.runs else Content(Evidence({}), {}, {}, {name: None}, {name: set()})
    if name not in found.data:
        groups = ", ".join(sorted(groups_of(figure.runs)))
        raise Refused([f"draw: the figure {name} is left out until the runs of a group are made: {groups}"])
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(figure, found, path)
    return path


def figure_tex(figure: Figure, found: Content) -> str:
    """The float."""
    note = to_tex(about_figure(found.sources[figure.name], found.evidence))
    return "\n".join(
        [
            r"\begin{figure}[tbp]",
            rf"\centering\includegraphics{{fig-{figure.name}.pdf}}",
            rf"\caption{{{fill_tex(figure.caption)}{note}}}\label{{fig:{figure.name}}}",
            r"\end{figure}",
        ]
    )


def build(out: Path = OUT, folder: Path = PAPER, manifest: Path = MANIFEST) -> Content:
    """Write macros, tables and figures."""
    found = check(folder, manifest)
    out.mkdir(parents=True, exist_ok=True)
    files = {"macros.tex": macros_tex(found)} | {f"{name}.tex": comment(UNMADE) for name in generated() if name != "macros"}
    files |= {
        f"tab-{t.name}.tex": with_provenance(t.tex(found.bodies[t.name]), found.evidence, t.runs)
        for t in all_tables() if t.name in found.bodies
    }  # fmt: skip
    drawn = [figure for figure in FIGURES if figure.name in found.data]
    files |= {f"fig-{f.name}.tex": with_provenance(figure_tex(f, found), found.evidence, f.runs) for f in drawn}
    with tempfile.TemporaryDirectory(dir=out) as part:  # an interrupted build leaves the files of the one before
        for figure in drawn:
            draw(figure, found, Path(part) / f"fig-{figure.name}.pdf")
        for path in Path(part).iterdir():
            os.replace(path, out / path.name)
    write_whole(out, files)
    return found


def log_problems(log: str) -> list[str]:
    """What TeX complains of and does not stop for: lines too wide, references without a target."""
    wide = [f"wide: {m[0]}" for m in re.finditer(r"Overfull \\hbox \(([\d.]+)pt[^\n]*", log) if float(m[1]) > 1]
    return wide + re.findall(r"(?:LaTeX|Package natbib) Warning: (?:Reference|Citation|Label)[^\n]*", log)


def pdf(out: Path = OUT, folder: Path = PAPER) -> Path:
    """Set the paper; `Refused` without TeX, without a build, and with what TeX complains of."""
    missing = [tool for tool in ("latexmk", "pdflatex", "bibtex") if not shutil.which(tool)]
    if missing:
        how = f"make paper-tools, which is apt-get install --no-install-recommends {TEX_PACKAGES}"
        names = ", ".join(missing)
        raise Refused([f"TeX: {names} must be installed to set the paper; on Debian and Ubuntu: {how}"])
    absent = [name for name in generated() if not (out / f"{name}.tex").exists()]
    if absent:
        raise Refused([f"text: {', '.join(absent)} must be built before the paper is set: python paper/build.py build"])
    newest = re.search(
        r"\\newcommand\{\\Newest\}\{(?:\\stale\{)?([\d-]+)\}", (out / "macros.tex").read_text(encoding="utf-8")
    )
    day = f"{newest[1]}T00:00:00Z" if newest else "1970-01-01T00:00:00Z"
    places = dict.fromkeys(("TEXINPUTS", "BIBINPUTS"), f"{folder}:{out}:")
    epoch = {"SOURCE_DATE_EPOCH": str(int(datetime.fromisoformat(day).timestamp())), "FORCE_SOURCE_DATE": "1"}
    epoch["max_print_line"] = "10000"  # of the log, whose lines TeX else breaks in the middle of words
    command = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "-silent",
               "-latexoption=-no-shell-escape", f"-outdir={out}", "-cd-", str(folder / "paper.tex")]  # fmt: skip
    log, again = out / "paper.log", list[str]()
    for _ in range(PASSES):
        done = subprocess.run(
            [*command, *again], cwd=out, env={**os.environ, **places, **epoch}, capture_output=True, text=True
        )
        text = log.read_text(encoding="latin-1") if log.exists() else done.stdout + done.stderr
        if done.returncode or "Rerun to get cross-references right" not in text:
            break
        again = ["-g"]  # latexmk tells by the time of files whether something has changed, to the second
    if done.returncode:
        errors = re.findall(r"^(?:[^\n:]*:\d+: |! )[^\n]*", text, flags=re.MULTILINE) or [done.stderr.strip()[-500:]]
        raise Refused([f"TeX: {errors[0]} (see {log})"])
    if wrong := log_problems(text):
        raise Refused(wrong)
    return out / "paper.pdf"


def page(found: Content) -> str:
    """The results as Markdown that MyST and Quarto read alike, but for the box that says when they are a draft."""
    names = found.names()
    lines = [
        "# Results",
        "",
        "All numbers, figures and tables of the paper, made from the records in `experiments/records` by "
        "`python paper/build.py site`. None is typed by hand.",
        "",
        *banner(found.evidence),
        *pending_box(found.evidence),
        "## Figures",
    ]
    drawn = [figure for figure in FIGURES if figure.name in found.data]
    for figure in drawn:
        title = names[f"fig:{figure.name}"]
        note = about_figure(found.sources[figure.name], found.evidence)
        caption = fill(figure.caption, names) + note
        lines += ["", f"![{caption.partition('. ')[0]}](fig-{figure.name}.svg)", "", f"**{title}.** {caption}"]
    lines += ["", "## Tables"]
    for table in (table for table in all_tables() if table.name in found.bodies):
        lines += ["", table.markdown(found.bodies[table.name], names)]
    lines += ["", "## Where each figure comes from", ""]
    for figure in (figure for figure in drawn if figure.runs):
        runs = ", ".join(f"`{run}`" for run in found.evidence.there(figure.runs))
        seeds = found.evidence.seeds(figure.runs)
        sign = SIGN * bool(found.sources[figure.name] & found.evidence.stale)
        lines.append(f"- {names[f'fig:{figure.name}']}{sign}: {runs}; {seeds} seed{'' if seeds == '1' else 's'} a run")
    return "\n".join(lines) + "\n"


def records_lacking(manifest: Path) -> list[str]:
    """What is wrong with the records that the paper needs, a line each; that some are stale is not."""
    jobs, wrong = needed_jobs(manifest)
    return [*wrong, *read_evidence(jobs)[1]]


def page_of_lacking(lacking: Sequence[str]) -> str:
    """What stands on the page of results before all runs are made."""
    lines = [
        "# Results",
        "",
        "Results are shown when the record of every run that they are compared with is there and as its run wrote it. "
        "These are not, and each line ends with the command that makes them:",
        "",
        *(f"- `{line.replace('`', APOSTROPHE)}`" for line in lacking),
    ]
    return "\n".join(lines) + "\n"


def site(target: Path, folder: Path = PAPER, manifest: Path = MANIFEST) -> Path:
    """Write results.md and its figures into a folder; while records are missing, a page that names them."""
    target.mkdir(parents=True, exist_ok=True)
    if lacking := records_lacking(manifest):
        write_whole(target, {"results.md": page_of_lacking(lacking)})
        return target / "results.md"
    found = check(folder, manifest)
    for figure in (figure for figure in FIGURES if figure.name in found.data):
        draw(figure, found, target / f"fig-{figure.name}.svg")
    write_whole(target, {"results.md": page(found)})
    return target / "results.md"


def is_built(found: Content, out: Path) -> bool:
    """Whether a folder has the macros of these records, each fresh or stale as it is now."""
    made = out / "macros.tex"
    return made.exists() and made.read_text(encoding="utf-8") == macros_tex(found)


DECLARED = "the text and its contrasts are declared; the paper is built when the runs above are made"


def only_missing(error: Refused) -> bool:
    """Whether all that is wrong is that runs have not been made yet."""
    return all(line.startswith("missing: ") for line in error.wrong)


def summary(found: Content) -> str:
    """What the paper has, and what it stands on."""
    count, stale = sum(map(len, found.evidence.records.values())), len(found.evidence.stale)
    text = f"{len(found.values)} macros, {len(found.bodies)} tables and {len(found.data)} figures, {count - stale} fresh records"
    text += f" and {stale} stale: the paper is a draft; {command(found.evidence)}" if stale else ""
    return text + (f"\nnot made yet, and left out: {', '.join(found.evidence.pending)}" if found.evidence.pending else "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Ends with 1 if something is missing or wrong, and says what to do."""
    parser = argparse.ArgumentParser(prog="paper/build.py", description="Build the paper from the records of runs.")
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help="another manifest of runs")
    parser.add_argument("--out", type=Path, default=OUT, help="another folder for what is built")
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="name what is missing or typed by hand, and what is stale")
    checking.add_argument("--release", action="store_true", help="fail for stale records too")
    checking.add_argument("--allow-missing", action="store_true", help="note runs without a record instead of failing for them")
    checking.add_argument("--built", action="store_true", help="fail if what was built is of other records or states")
    commands.add_parser("build", help="write macros, tables and figures")
    commands.add_parser("pdf", help="set the paper from what was built")
    commands.add_parser("site", help="write results.md and its figures").add_argument("folder", type=Path)
    drawing = commands.add_parser("draw", help="draw one figure into a file: FILE.pdf, FILE.png or FILE.svg")
    drawing.add_argument("figure", choices=[figure.name for figure in FIGURES])
    drawing.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "check":
            try:
                found = check(manifest=asked.manifest, release=asked.release)
            except Refused as error:
                if asked.release or asked.built or not asked.allow_missing or not only_missing(error):
                    raise
                print("\n".join([*error.notes, *error.wrong, DECLARED]))
                return
            print("\n".join([*found.evidence.notes, summary(found)]))
            if asked.built and not is_built(found, asked.out):
                raise Refused(["built: what was built is not of the records as they are now: make paper"])
        elif asked.command == "build":
            found = build(asked.out, manifest=asked.manifest)
            if found.evidence.stale:
                print(f"a draft: {counted(found.evidence)} records are stale; python paper/build.py check lists them")
        elif asked.command == "pdf":
            print(pdf(asked.out))
        elif asked.command == "draw":
            print(draw_one(asked.figure, asked.file, asked.manifest))
        else:
            print(site(asked.folder, manifest=asked.manifest))
    except (Refused, ValueError) as error:
        print("".join(f"{note}\n" for note in getattr(error, "notes", ())), end="")
        print(error, file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
