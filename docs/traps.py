"""Known traps: a page for each group of findings/*.sh, made from the scripts' headers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pages import contents, fold, write_notebook
from reference import prose

SHEBANG = "#!/bin/sh"
EXITS = "Exits with 0 if this is still so, else with 1."
LEADS = ("Why a good guess is wrong: ", "Seen", "What this project does about it: ", EXITS)  # Of the last paragraphs


@dataclass(frozen=True)
class Group:
    """Scripts about one thing."""

    name: str  # Of its page's file
    title: str
    starts: tuple[str, ...]  # What the scripts' names begin with


GROUPS = (
    Group("xlnet", "XLNet in transformers", ("xlnet-",)),
    Group("tokenizers", "Tokenizers", ("tokenizers-", "unigram-")),
    Group("torch", "PyTorch, Triton and PEFT", ("tf32-", "triton-", "peft-")),
    Group("papermill", "papermill and nbdev", ("papermill-",)),
    Group("files", "JSON files", ("ijson-",)),
    Group("statistics", "Statistics", ("scipy-",)),
)


@dataclass(frozen=True)
class Finding:
    """What the header of a script says."""

    name: str  # Of its file, without .sh
    title: str
    about: tuple[str, ...]  # Paragraphs: what surprises
    guess: str  # Why a good guess is wrong
    seen: str  # On which versions, and how
    output: str  # What the script prints, or nothing
    does: str  # What this project does about it
    script: str  # All of it


def header(script: str) -> list[str]:
    """The paragraphs of the comment at a script's top, lines and all."""
    lines = script.removeprefix(f"{SHEBANG}\n").splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[:count])
    return [part.strip("\n") for part in re.split(r"\n\s*\n", text)]


def read_finding(path: Path) -> Finding:
    """A script's header; a `ValueError` that names the file and the paragraph that is missing or not in its place."""
    script = path.read_text(encoding="utf-8")
    first, *paragraphs = header(script)
    if not script.startswith(f"{SHEBANG}\n# ") or "\n" in first or not re.search(r"\d.*\.$", first):
        raise ValueError(f"{path} must begin with {SHEBANG} and a line of comment: package, version and what surprises")
    for lead in LEADS:
        if sum(part.startswith(lead) for part in paragraphs) != 1:
            raise ValueError(f"{path} must have one paragraph in its header that begins with {lead.strip()!r}")
    told = [part for part in paragraphs if not part.startswith(LEADS)]
    if [*told, *(part for lead in LEADS for part in paragraphs if part.startswith(lead))] != paragraphs or not told:
        order = ", ".join(repr(lead.strip()) for lead in LEADS)
        raise ValueError(f"{path} must tell in its header what surprises, then in this order {order}")
    guess, seen, does, _ = paragraphs[len(told) :]
    words = [line for line in seen.splitlines() if not line.startswith("  ")]
    output = [line.removeprefix("  ") for line in seen.splitlines() if line.startswith("  ")]
    parts = (guess.removeprefix(LEADS[0]), " ".join(words), "\n".join(output), does.removeprefix(LEADS[2]))
    return Finding(path.stem, first.removesuffix("."), tuple(told), *parts, script)


def grouped(findings: Iterable[Finding]) -> dict[Group, list[Finding]]:
    """The findings of each group; a `ValueError` for one that is in none."""
    found: dict[Group, list[Finding]] = {}
    for finding in findings:
        meant = [group for group in GROUPS if finding.name.startswith(group.starts)]
        if len(meant) != 1:
            raise ValueError(f"docs/traps.py must have a group for findings/{finding.name}.sh")
        found.setdefault(meant[0], []).append(finding)
    return {group: found[group] for group in GROUPS if group in found}


def capital(text: str) -> str:
    """A sentence of its own."""
    return text[:1].upper() + text[1:]


def with_chapters(text: str, chapters: Mapping[str, str], path: str) -> str:
    """A paragraph as Markdown, with links to the notebooks that it names by number; a `ValueError` for one that is none."""

    def link(found: re.Match[str]) -> str:
        stems = [stem for stem in chapters if stem.partition("_")[0] == found[1]]
        if not stems:
            raise ValueError(f"{path} names notebook {found[1]}, which does not exist")
        return f"[notebook {found[1]}](../{stems[0]}.ipynb)" if len(stems) == 1 else found[0]

    return re.sub(r"\bnotebook (\d\d)\b", link, prose(text))


def section(finding: Finding, chapters: Mapping[str, str]) -> list[NotebookNode]:
    """A finding as cells: what surprises, what was seen, what is done, and the script."""
    path = f"findings/{finding.name}.sh"
    lines = [f"(trap-{finding.name})=", f"## {prose(finding.title)}", ""]
    for paragraph in finding.about:
        lines += [prose(paragraph), ""]
    lines += [f"**Why a good guess is wrong.** {capital(prose(finding.guess))}", ""]
    lines.append(prose(finding.seen).replace("Seen", "**Seen**", 1))
    if finding.output:
        fence = "`" * max(3, *(1 + len(run) for run in re.findall("`+", finding.output + "`")))
        lines += ["", f"{fence}text", finding.output, fence]
    lines += ["", f"**What this project does about it.** {capital(with_chapters(finding.does, chapters, path))}"]
    cell = new_code_cell(finding.script.rstrip("\n"))
    cell.metadata = NotebookNode({"tags": [], "mystnb": {}})
    fold(cell, f"The script: {path}")
    return [new_markdown_cell("\n".join(lines)), cell]


def trap_pages(scripts: Path, folder: Path, chapters: Mapping[str, str]) -> dict[str, str]:
    """Write the pages of known traps; gives the page that leads to them and its title. A `ValueError` names a bad script."""
    paths = sorted(scripts.glob("*.sh"))
    if not paths:
        raise ValueError(f"{scripts} has no scripts")
    found = grouped(map(read_finding, paths))
    lines = [
        "# Known traps", "",
        "> Where the libraries beneath do something else than one would think, and say nothing.", "",
        "Each was met while this package was made. Each has a script in `findings/` that installs pinned public packages in a "
        "folder of its own, runs them without this package on valid input, and fails if what is told here has "
        "changed: `sh findings/NAME.sh`. Titles name the versions.", "",
    ]  # fmt: skip
    for group, findings in found.items():
        lines += [f"## [{group.title}]({group.name}.ipynb)", ""]
        lines += [f"- [{prose(finding.title)}](#trap-{finding.name})" for finding in findings] + [""]
        head = new_markdown_cell(f"# Known traps: {group.title}")
        nb = new_notebook(cells=[head, *(cell for finding in findings for cell in section(finding, chapters))])
        nb.metadata = NotebookNode({"language_info": {"name": "bash", "pygments_lexer": "bash"}})
        write_notebook(nb, folder / f"{group.name}.ipynb")
    lines += [contents("", {group.name: group.title for group in found}), ""]
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")
    return {f"{folder.name}/index": "Known traps"}
