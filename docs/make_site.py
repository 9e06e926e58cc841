"""Make the site: `python docs/make_site.py`, which `make docs` runs; it ends with 1 and a reason if anything is wrong.

Pages are made in _proc/site, from notebooks as they are saved, from the source of the package, and from the smoke runs
of the experiments. Sphinx makes HTML of them, the check looks it through, and only then it replaces _site.
"""

import ast
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from configparser import ConfigParser
from pathlib import Path

try:
    from check_site import Expected, check
    from drawings import DRAWINGS, LINES, RECORDS
    from extras import CARD, base_address, colab, draw_card, llms, sitemap, write_extras
    from finish import finish
    from messages import messages_page
    from nbformat.v4 import new_markdown_cell
    from pages import (
        after_title,
        contents,
        examples,
        module_of,
        page,
        read_notebook,
        summary,
        title,
        write_notebook,
        write_parts,
    )
    from reference import PACKAGE, Example, Module, Page, code, package_classes, package_modules, prose
    from traps import trap_pages
    from wings import WINGS, resolved

    from gmmxlnet_nb.runs import Job, chosen, load_manifest, record_status, run_chosen
except ModuleNotFoundError as error:
    sys.exit(f"make_site: {error}; `make docs` makes the environment that has it and runs this in it")

ROOT = Path(__file__).resolve().parent.parent
PAGES, HTML, EXTRA, SITE = ROOT / "_proc" / "site", ROOT / "_proc" / "html", ROOT / "_proc" / "extra", ROOT / "_site"
MANIFEST = ROOT / "experiments" / "manifest.toml"
SMOKE_RUNS = {"train": "smoke-gmm4", "benchmark": "smoke-benchmark"}  # the runs that show the experiments
PAPER = ROOT / "_paper" / "paper.pdf"
HOME = "index.ipynb"
FINDINGS = "](../../findings)"  # A guide's link to the scripts, on the site to the page that is made of them


def titles(folder: Path) -> dict[str, str]:
    """The chapters: each notebook's title by its stem."""
    found = {p.stem: title(p, read_notebook(p)) for p in sorted(folder.glob("*.ipynb")) if p.name != HOME}
    if not found:
        raise ValueError(f"{folder} has no notebooks")
    return found


def settings() -> dict[str, str]:
    """What settings.ini says."""
    found = ConfigParser()
    found.read(ROOT / "settings.ini", encoding="utf-8")
    return dict(found["DEFAULT"])


def whereabouts(path: str, module: Module | None) -> str:
    """The line under a chapter's title: its notebook, its reference, and Colab where the site has an address."""
    told = [f"Notebook: `{path}`"]
    if module is not None and module.public:
        told.append(f"Reference: [{code(module.name)}](api/{module.path.stem}.md)")
    if base_address(settings()):
        told.append(f"[Open in Colab]({colab(settings(), path)})")
    return " · ".join(told)


Explained = dict[str, tuple[str, str]]  # By module: its notebook, and that one's title


def chapters(modules: dict[str, Module]) -> tuple[Explained, dict[str, dict[str, Example]]]:
    """Write a page for each notebook of nbs/; gives the notebook and title that belong to each module, and its examples."""
    explained: Explained = {}
    shown: dict[str, dict[str, Example]] = {}
    for stem, name in titles(ROOT / "nbs").items():
        path = ROOT / "nbs" / f"{stem}.ipynb"
        nb = read_notebook(path)
        exports = module_of(nb)
        if exports is not None and exports not in modules:
            raise ValueError(f"{path} exports {PACKAGE}.{exports}, which does not exist: make export")
        if exports:
            shown[exports] = examples(nb, modules[exports].public)
        nb = page(path, nb, modules[exports] if exports else None)
        if exports:
            explained[exports] = (path.name, name)
        after_title(nb, whereabouts(f"nbs/{path.name}", modules[exports] if exports else None))
        write_parts(nb, PAGES / path.name, name)
    if lost := set(modules) - set(explained):
        raise ValueError(f"no notebook of nbs/ exports {', '.join(sorted(lost))}")
    return explained, shown


def wing_pages() -> dict[str, str]:
    """Write a page for each wing, with what its chapters are about; gives their titles."""
    folder, chapters = PAGES / "chapters", resolved(titles(ROOT / "nbs"))
    folder.mkdir(parents=True)
    for each in WINGS:
        lines = [f"# {each.title}", "", each.about, ""]
        entries = {}
        for stem in chapters[each.name]:
            path = ROOT / "nbs" / f"{stem}.ipynb"
            nb = read_notebook(path)
            number, name = stem.partition("_")[0], title(path, nb)
            entries[f"../{stem}"] = f"{number} {name}"
            lines += [f"[{number} {name}](../{stem}.ipynb)", f": {summary(nb)}", ""]
        (folder / f"{each.name}.md").write_text("\n".join([*lines, contents("", entries), ""]), encoding="utf-8")
    return {f"chapters/{each.name}": each.title for each in WINGS}


def others(folder: str) -> dict[str, str]:
    """Write the pages of notebooks that export nothing: guides, the gallery; gives their titles."""
    found = {}
    for path in sorted((ROOT / "nbs" / folder).glob("*.ipynb")):
        nb = read_notebook(path)
        found[f"{folder}/{path.stem}"] = title(path, nb)
        nb = page(path, nb)
        for cell in nb.cells:
            cell.source = cell.source.replace(FINDINGS, "](../traps/index.md)")
        write_parts(nb, PAGES / folder / path.name, found[f"{folder}/{path.stem}"])
    return found


def top_level(package: Path) -> dict[str, list[str]]:
    """The names that `from gmmxlnet_nb import …` gives, by module."""
    for node in ast.parse(package.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PUBLIC":
            return {module: names.split() for module, names in ast.literal_eval(node.value).items()}
    raise ValueError(f"{package} must have the table _PUBLIC")


def reference(modules: dict[str, Module], explained: Explained, shown: dict[str, dict[str, Example]]) -> None:
    """Write the pages of the API reference."""
    folder = PAGES / "api"
    folder.mkdir(parents=True)
    classes = package_classes(modules.values())
    order = sorted((name for name in modules if modules[name].public), key=lambda name: explained[name][0])
    for name in order:
        text = Page(modules[name], explained[name], classes, shown[name]).write()
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    short = top_level(ROOT / PACKAGE / "__init__.py")
    lines = [
        "# API reference", "",
        f"Every public name of {code(PACKAGE)}: its signature, its parameters with types, defaults, meaning and "
        "shapes, an example where its notebook has a short one, and a way to that notebook.", "",
        f"The names in the second column can be imported from {code(PACKAGE)} itself. "
        "The {ref}`index <genindex>` has all; [Messages](messages.md) has what is said when something is wrong.", "",
        "| module | at the top level |", "|---|---|",
    ]  # fmt: skip
    for name in order:
        links = ", ".join(f"{{py:obj}}`{n} <{PACKAGE}.{name}.{n}>`" for n in short.get(name, []))
        lines.append(f"| [{code(name)}]({name}.md): {prose(modules[name].summary)} | {links} |")
    rest = ", ".join(f"[{code(name)}](../{explained[name][0]})" for name in sorted(set(modules) - set(order)))
    lines += ["", f"Modules with no public names, by their notebooks: {rest}.", ""]
    lines += [contents("Modules", {name: name for name in order}), ""]
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")


def message_pages(modules: dict[str, Module], explained: Explained) -> None:
    """Write what the package says when something is wrong, a page for each wing."""
    wings = resolved(titles(ROOT / "nbs"))
    by_stem = {Path(notebook).stem: modules[name] for name, (notebook, _) in explained.items()}
    lines = ["# Messages", "", "What the package says when something is wrong, by wing. Search finds them, values and all.", ""]
    for each in WINGS:
        found = [by_stem[stem] for stem in wings[each.name] if stem in by_stem]
        (PAGES / "api" / f"messages-{each.name}.md").write_text(messages_page(each.title, found, explained), encoding="utf-8")
        lines.append(f"- [{each.title}](messages-{each.name}.md)")
    entries = {f"messages-{each.name}": each.title for each in WINGS}
    (PAGES / "api" / "messages.md").write_text("\n".join([*lines, "", contents("", entries), ""]), encoding="utf-8")


def smoke_runs(ids: Sequence[str]) -> list[Job]:
    """Runs whose executed notebooks are there and up to date: run if need be."""
    everything = load_manifest(MANIFEST)
    jobs = [chosen(everything, [id], "smoke", [0])[0] for id in ids]
    todo = [job for job in jobs if record_status(job).state != "fresh" or not job.scratch("/out.ipynb").exists()]
    if todo and run_chosen(todo, MANIFEST, None, force=True):
        raise ValueError("an experiment failed, so that its page cannot be made: see above")
    return jobs


def experiments(results: str | None) -> dict[str, str]:
    """Write a page for each experiment, from a tiny run of it; gives their titles."""
    found = {}
    for name, job in zip(SMOKE_RUNS, smoke_runs(list(SMOKE_RUNS.values())), strict=True):
        path = job.scratch("/out.ipynb")
        nb = read_notebook(path)
        found[name] = title(path, nb)
        kept = f"in the [results](../{results})" if results else "in `experiments/records`"
        note = (
            f"This is `{job.name}`, a run of seconds that shows what `experiments/{name}.ipynb` does. Its numbers say "
            f"nothing about the method: results come from the records of full runs, {kept}."
        )
        nb = page(path, nb)
        after_title(nb, f":::{{admonition}} A tiny run\n:class: warning\n\n{note}\n:::")
        write_parts(nb, PAGES / "experiments" / f"{name}.ipynb", found[name])
    return found


def split_results(folder: Path) -> None:
    """Put the tables of results, and where everything comes from, on pages of their own."""
    text = (folder / "results.md").read_text(encoding="utf-8")
    head, _, rest = text.partition("\n## Tables\n")
    tables, _, origins = rest.partition("\n## Where each figure comes from\n")
    blocks = re.split(r"\n(?=\*\*Table \d+\.\*\*)", tables)
    lead, blocks = blocks[0].strip(), [block.strip() for block in blocks[1:]]
    if not blocks:
        return
    half = next(i for i in range(len(blocks)) if sum(map(len, blocks[: i + 1])) * 2 >= sum(map(len, blocks[:-2])))
    pages = {"tables": ("Tables", blocks[: half + 1]), "more-tables": ("More tables", blocks[half + 1 : -2]),
             "origins": ("Where results come from", [*blocks[-2:], "## Figures", origins.strip()])}  # fmt: skip
    for name, (title, found) in pages.items():
        (folder / f"{name}.md").write_text("\n\n".join([f"# {title}", lead, *found, ""]), encoding="utf-8")
    entries = dict.fromkeys(pages, "")
    told = ", ".join(f"[{title}]({name}.md)" for name, (title, _) in pages.items())
    text = f"{head}\n\n## Tables\n\n{told}\n\n{contents('', entries)}\n"
    (folder / "results.md").write_text(text, encoding="utf-8")


def results() -> str | None:
    """Write the page of results and its figures, where there is a paper to take them from; gives the page."""
    builder, folder = ROOT / "paper" / "build.py", PAGES / "results"
    if not builder.exists():
        return None
    folder.mkdir(parents=True)
    done = subprocess.run([sys.executable, str(builder), "site", str(folder)], cwd=ROOT)
    if done.returncode or not (folder / "results.md").exists():
        ended = f"and ended with {done.returncode}: see above"
        raise ValueError(f"paper/build.py site FOLDER must write results.md, {ended}")
    split_results(folder)
    return "results/results.md"


def paper_lacks() -> str:
    """Why the paper that was built is not that of the records and the text as they are now; nothing if it is.

    Stale records do not keep it from the site: it calls itself a draft then, and must have been built as one.
    """
    if not PAPER.exists():
        return "it was not built"
    folders = {"paper": (".tex", ".bib", ".py"), "experiments/records": (".json",)}
    sources = [p for name, kinds in folders.items() for p in (ROOT / name).glob("*") if p.suffix in kinds]
    newer = [p for p in [*sources, MANIFEST] if p.exists() and p.stat().st_mtime >= PAPER.stat().st_mtime]
    if newer:
        return f"it is older than {', '.join(f'`{p.relative_to(ROOT)}`' for p in sorted(newer)[:3])}"
    check = [sys.executable, str(ROOT / "paper" / "build.py"), "check", "--built"]
    if subprocess.run(check, cwd=ROOT, capture_output=True).returncode:
        return (
            "records that it needs are missing or others are stale than when it was built, or its text is not in order, "
            "as `python paper/build.py check --built` says"
        )
    return ""


def paper() -> dict[str, str]:
    """Write the page that leads to the paper, or says why it is not there; gives its title."""
    if not (ROOT / "paper" / "build.py").exists():
        return {}
    text = "[The paper](gmm-xlnet.pdf) (PDF)"
    if why := paper_lacks():
        text = f"The paper is not on this site: {why}. `rm -r _paper; make paper` builds it anew when all records are there."
    else:
        shutil.copyfile(PAPER, PAGES / "gmm-xlnet.pdf")
    (PAGES / "paper.md").write_text(f"# Paper\n\n{text}\n", encoding="utf-8")
    return {"paper": ""}


def drawn(source: str) -> str:
    """Markdown whose drawings are shown as the page is, light or dark; writes their files."""

    def both(found: re.Match[str]) -> str:
        name, folder = found[2], PAGES / "images"
        folder.mkdir(exist_ok=True)
        blocks = []
        for scheme in ("light", "dark"):
            (folder / f"{name}-{scheme}.svg").write_text(DRAWINGS[name](scheme), encoding="utf-8")
            options = f":class: only-{scheme} drawing\n:alt: {found[1]}"
            blocks.append(f"```{{image}} images/{name}-{scheme}.svg\n{options}\n```")
        return "\n\n".join(blocks)

    return re.sub(r"!\[([^\]]*)\]\(images/(\w+)\.svg\)", both, source)


def staleness() -> str:
    """How many of the records behind the home page's figure are of other code than today's."""
    names = [f"{name}-[0-9]*.json" for name in LINES]
    ids = sorted({path.stem.rpartition("-")[0] for name in names for path in RECORDS.glob(name)})
    states = [record_status(job).state for job in chosen(load_manifest(MANIFEST), ids, "full", None)]
    stale = sum(state != "fresh" for state in states)
    told = f"{stale} of the {len(states)} records of this figure were made by older code than today's"
    return f"*{told}.*" if stale else f"*All {len(states)} records of this figure are of today's code.*"


def home(parts: dict[str, dict[str, str]]) -> None:
    """Write the home page with the navigation, and the manual: what the same notebook says after its first cell."""
    path = ROOT / "nbs" / HOME
    nb = read_notebook(path)
    name = title(path, nb)
    nb = page(path, nb)
    for cell in nb.cells:
        cell.source = cell.source.replace("](../CONTRIBUTING.md)", "](contributing.md)")
    rest = nb.copy()
    manual = new_markdown_cell(f"# Manual\n\n> What {name} can be told, from the command line and in Python.")
    nb.cells, rest.cells = nb.cells[:1], [manual, *nb.cells[1:]]
    ways = {"Install": "#install", "Train": "#train-the-memory-that-works-best", "Ask": "#ask-a-question-about-a-file",
            "Manual": "manual.ipynb", "The memory, chapter by chapter": "chapters/memory.md", "API": "api/index.md"}  # fmt: skip
    if parts["Results"]:
        ways["Results"] = f"{next(iter(parts['Results']))}.md"
    nb.cells[0].source = drawn(nb.cells[0].source).replace("\n## Install\n", f"\n{staleness()}\n\n## Install\n", 1)
    after_title(nb, " · ".join(f"[{name}]({way})" for name, way in ways.items()))
    nb.cells[-1].source += "".join(f"\n\n{contents(name, entries)}" for name, entries in parts.items() if entries)
    write_notebook(nb, PAGES / HOME)
    write_notebook(rest, PAGES / "manual.ipynb")


def project_pages() -> dict[str, str]:
    """Write the changelog, in two parts, and the guide for contributors as pages; gives their titles."""
    told = {name: (ROOT / f"{name.upper()}.md").read_text(encoding="utf-8") for name in ("contributing", "changelog")}
    changed, _, added = told["changelog"].partition("\n### Added\n")
    if added:
        told["changelog"] = f"{changed}\n[What was added](changelog-added.md)\n"
        told["changelog-added"] = f"# What was added\n\n{added.lstrip()}"
    for name, text in told.items():
        (PAGES / f"{name}.md").write_text(text, encoding="utf-8")
    return dict.fromkeys(told, "")


def beside(parts: dict[str, dict[str, str]], pages: list[str]) -> None:
    """Write llms.txt, and a sitemap and a social card where the site has an address."""
    told, base = settings(), base_address(settings())
    sections: dict[str, list[tuple[str, str, str]]] = {"Start": [("Home", "index.html", ""), ("Manual", "manual.html", "")]}
    for each in WINGS:
        chapters = [(stem, read_notebook(ROOT / "nbs" / f"{stem}.ipynb")) for stem in resolved(titles(ROOT / "nbs"))[each.name]]
        sections[each.title] = [(title(Path(stem), nb), f"{stem}.html", summary(nb)) for stem, nb in chapters]
    for name in ("Guides", "Gallery"):
        sections |= {name: [(words or page, f"{page}.html", "") for page, words in parts[name].items()]} if parts[name] else {}
    sections["Reference"] = [
        ("API reference", "api/index.html", "every public name"),
        ("Messages", "api/messages.html", ""),
        ("Known traps", "traps/index.html", "where libraries do something else than one would think"),
    ]
    (EXTRA / "llms.txt").write_text(llms("GMM-XLNet", told["description"], sections, base), encoding="utf-8")
    if base:
        (EXTRA / "sitemap.xml").write_text(sitemap(base, pages), encoding="utf-8")
        draw_card(EXTRA / CARD, "GMM-XLNet", told["description"])


def make_pages() -> Expected:
    """Write all pages anew; gives what the site must have."""
    for folder in (PAGES, EXTRA):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    write_extras(EXTRA, PAGES)
    modules = package_modules(ROOT / PACKAGE)
    explained, shown = chapters(modules)
    reference(modules, explained, shown)
    message_pages(modules, explained)
    found = results()
    tried = experiments(found)
    traps = trap_pages(ROOT / "findings", PAGES / "traps", titles(ROOT / "nbs"))
    parts = {
        "Start": {"manual": ""},
        "Guides": others("guides"),
        "Gallery": {**others("gallery"), "gallery/pages": "Pages to step through"},
        "Chapters": wing_pages(),
        "Experiments": {f"experiments/{name}": "" for name in tried},
        "Results": {**({found.removesuffix(".md"): ""} if found else {}), **paper()},
        "Reference": {"api/index": "", "api/messages": "", **traps},
        "Project": project_pages(),
    }
    home(parts)
    sources = [p for p in PAGES.rglob("*") if p.suffix in (".md", ".ipynb")]
    pages = [str(p.relative_to(PAGES).with_suffix(".html")) for p in sources]
    beside(parts, [*pages, "gallery/stepper.html", "gallery/document.html"])
    objects = {f"api/{n}.html": [f"{m.name}.{x}" for x in m.public] for n, m in modules.items() if m.public}
    extra = ["search.html", "genindex.html", "gallery/stepper.html", "gallery/document.html"]
    return Expected([*pages, *extra], objects, "ExpertUpdater", str(ROOT))


def run_sphinx() -> None:
    """Make HTML of the pages; any warning is an error."""
    shutil.rmtree(HTML, ignore_errors=True)
    options = ["-W", "-n", "--keep-going", "-q", "-E", "-j", "2", "-b", "html"]
    folders = ["-c", str(ROOT / "docs"), "-d", str(ROOT / "_proc" / "doctrees"), str(PAGES), str(HTML)]
    if subprocess.run([sys.executable, "-m", "sphinx", *options, *folders]).returncode:
        where = "line 40017 of a notebook is about line 17 of its 4th cell that is shown"
        raise ValueError(f"Sphinx found the above; pages are in _proc/site, made from nbs/ and gmmxlnet_nb/; {where}")


def main() -> None:
    """Make the pages, the HTML, and the check."""
    start = time.perf_counter()
    expected = make_pages()
    run_sphinx()
    finish(HTML)
    if faults := check(HTML, expected):
        raise ValueError("\n".join([*faults, f"{len(faults)} faults; the pages are in {HTML.relative_to(ROOT)}"]))
    shutil.rmtree(SITE, ignore_errors=True)
    HTML.rename(SITE)
    print(f"{len(expected.pages)} pages in {time.perf_counter() - start:.0f} s: open {SITE.name}/index.html")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"make_site: {error}")
