"""Make the site: `python docs/make_site.py`, which `make docs` runs; it ends with 1 and a reason if anything is wrong.

Pages are made in _proc/site, from notebooks as they are saved, from the source of the package, and from the smoke runs
of the experiments. Sphinx makes HTML of them, the check looks it through, and only then it replaces _site.
"""

import ast
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

try:
    from check_site import Expected, check
    from pages import after_title, contents, module_of, page, read_notebook, title, write_notebook
    from reference import PACKAGE, Module, Page, code, package_classes, package_modules, prose

    from gmmxlnet_nb.runs import Job, chosen, load_manifest, record_status, run_chosen
except ModuleNotFoundError as error:
    sys.exit(f"make_site: {error}; `make docs` makes the environment that has it and runs this in it")

ROOT = Path(__file__).resolve().parent.parent
PAGES, HTML, SITE = ROOT / "_proc" / "site", ROOT / "_proc" / "html", ROOT / "_site"
MANIFEST = ROOT / "experiments" / "manifest.toml"
SMOKE_RUNS = {"train": "smoke-gmm4", "benchmark": "smoke-benchmark"}  # the runs that show the experiments
PAPER = ROOT / "_paper" / "paper.pdf"
HOME = "index.ipynb"


def titles(folder: Path) -> dict[str, str]:
    """The chapters: each notebook's title by its stem."""
    found = {p.stem: title(p, read_notebook(p)) for p in sorted(folder.glob("*.ipynb")) if p.name != HOME}
    if not found:
        raise ValueError(f"{folder} has no notebooks")
    return found


def chapters(modules: dict[str, Module]) -> dict[str, tuple[str, str]]:
    """Write a page for each notebook of nbs/; gives the notebook and title that belong to each module."""
    explained = {}
    for stem, name in titles(ROOT / "nbs").items():
        path = ROOT / "nbs" / f"{stem}.ipynb"
        nb = read_notebook(path)
        exports = module_of(nb)
        if exports is not None and exports not in modules:
            raise ValueError(f"{path} exports {PACKAGE}.{exports}, which does not exist: make export")
        nb = page(path, nb, modules[exports] if exports else None)
        if exports:
            explained[exports] = (path.name, name)
            after_title(nb, f"Reference: [{code(f'{PACKAGE}.{exports}')}](api/{exports}.md)")
        write_notebook(nb, PAGES / path.name)
    if lost := set(modules) - set(explained):
        raise ValueError(f"no notebook of nbs/ exports {', '.join(sorted(lost))}")
    return explained


def guides() -> dict[str, str]:
    """Write a page for each guide of nbs/guides; gives their titles."""
    found = titles(ROOT / "nbs" / "guides")
    for stem in found:
        path = ROOT / "nbs" / "guides" / f"{stem}.ipynb"
        write_notebook(page(path, read_notebook(path)), PAGES / "guides" / path.name)
    return {f"guides/{stem}": name for stem, name in found.items()}


def top_level(package: Path) -> dict[str, list[str]]:
    """The names that `from gmmxlnet_nb import …` gives, by module."""
    for node in ast.parse(package.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PUBLIC":
            return {module: names.split() for module, names in ast.literal_eval(node.value).items()}
    raise ValueError(f"{package} must have the table _PUBLIC")


def reference(modules: dict[str, Module], explained: dict[str, tuple[str, str]]) -> None:
    """Write the pages of the API reference."""
    folder = PAGES / "api"
    folder.mkdir(parents=True)
    classes = package_classes(modules.values())
    for name, module in modules.items():
        (folder / f"{name}.md").write_text(Page(module, explained[name], classes).write(), encoding="utf-8")
    order = sorted(modules, key=lambda name: explained[name][0])
    short = top_level(ROOT / PACKAGE / "__init__.py")
    lines = [
        "# API reference", "",
        f"Every public name of {code(PACKAGE)}: its signature, its parameters with types, defaults, meaning and "
        "shapes, and a way to the notebook that makes and tests it.", "",
        f"The names in the second column can be imported from {code(PACKAGE)} itself. "
        "The {ref}`index <genindex>` has all.", "",
        "| module | at the top level |", "|---|---|",
    ]  # fmt: skip
    for name in order:
        links = ", ".join(f"{{py:obj}}`{n} <{PACKAGE}.{name}.{n}>`" for n in short.get(name, []))
        lines.append(f"| [{code(name)}]({name}.md): {prose(modules[name].summary)} | {links} |")
    lines += ["", contents("Modules", {name: name for name in order}), ""]
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")


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
        write_notebook(nb, PAGES / "experiments" / f"{name}.ipynb")
    return found


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


def home(parts: dict[str, dict[str, str]]) -> None:
    """Write the home page with the navigation."""
    path = ROOT / "nbs" / HOME
    nb = read_notebook(path)
    title(path, nb)
    nb = page(path, nb)
    ways = {"Install": "#install", "Quick start": "#in-python", "Main experiment": "#the-main-experiment",
            "Notebooks": "#the-notebooks", "API reference": "api/index.md"}  # fmt: skip
    if parts["Results"]:
        ways["Results"] = f"{next(iter(parts['Results']))}.md"
    after_title(nb, " · ".join(f"[{name}]({way})" for name, way in ways.items()))
    nb.cells[-1].source += "".join(f"\n\n{contents(name, entries)}" for name, entries in parts.items() if entries)
    write_notebook(nb, PAGES / HOME)


def make_pages() -> Expected:
    """Write all pages anew; gives what the site must have."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    modules = package_modules(ROOT / PACKAGE)
    explained = chapters(modules)
    reference(modules, explained)
    found = results()
    tried = experiments(found)
    numbered = {stem: f"{stem.split('_')[0]} {name}" for stem, name in titles(ROOT / "nbs").items()}
    home({
        "Guides": guides(),
        "Notebooks": numbered,
        "Experiments": {f"experiments/{name}": "" for name in tried},
        "Results": {**({found.removesuffix(".md"): ""} if found else {}), **paper()},
        "Reference": {"api/index": ""},
    })  # fmt: skip
    sources = [p for p in PAGES.rglob("*") if p.suffix in (".md", ".ipynb")]
    pages = [str(p.relative_to(PAGES).with_suffix(".html")) for p in sources]
    objects = {f"api/{n}.html": [f"{m.name}.{x}" for x in m.public] for n, m in modules.items()}
    return Expected([*pages, "search.html", "genindex.html"], objects, "ExpertUpdater", str(ROOT))


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
