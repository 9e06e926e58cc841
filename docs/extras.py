"""Files beside the pages: llms.txt, the gallery's interactive pages, and a sitemap and a social card where `doc_host` is set."""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from drawings import LENGTHS, LIGHT, LINES, length_scores, line_words

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
CARD = "_static/social.png"


def base_address(settings: Mapping[str, str]) -> str:
    """Where the site is to be found, with a slash at its end; nothing if `doc_host` is not set."""
    host = settings.get("doc_host", "").rstrip("/")
    path = settings.get("doc_baseurl", "").strip("/")
    return f"{host}/{path}/".replace("//", "/").replace(":/", "://") if host else ""


def colab(settings: Mapping[str, str], path: str) -> str:
    """A notebook's address on Colab."""
    return f"https://colab.research.google.com/github/{settings['user']}/{settings['repo']}/blob/{settings['branch']}/{path}"


def llms(name: str, about: str, parts: Mapping[str, Sequence[tuple[str, str, str]]], base: str = "") -> str:
    """llms.txt: what this is, and its pages with a sentence each, as `(title, page, sentence)`."""
    lines = [f"# {name}", "", f"> {about}", ""]
    for part, pages in parts.items():
        lines += [f"## {part}", ""]
        lines += [f"- [{title}]({base}{page})" + (f": {said}" if said else "") for title, page, said in pages]
        lines.append("")
    return "\n".join(lines)


def sitemap(base: str, pages: Sequence[str]) -> str:
    """sitemap.xml."""
    places = "".join(f"<url><loc>{escape(base + page)}</loc></url>\n" for page in sorted(pages))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'


def social_tags(base: str, title: str, about: str, page: str) -> str:
    """What others show of a link to a page."""
    told = {"title": title, "description": about, "type": "website", "url": base + page, "image": base + CARD}
    tags = [f'<meta property="og:{name}" content="{escape(value)}">' for name, value in told.items()]
    return "\n".join([*tags, '<meta name="twitter:card" content="summary_large_image">'])


def draw_card(path: Path, name: str, about: str) -> None:
    """The social card: 1200 by 630 pixels, with what the records say of the best memory and of flat memory."""
    import matplotlib.pyplot as plt

    fig = plt.figure(figsize=(12, 6.3), dpi=100, facecolor=LIGHT["page"])
    fig.text(0.06, 0.84, name, fontsize=44, weight="bold", color=LIGHT["ink"])
    fig.text(0.06, 0.75, about, fontsize=17, color=LIGHT["soft"])
    ax = fig.add_axes((0.09, 0.13, 0.86, 0.52))
    scores = length_scores()
    for run in ("improved-gmm4-null-read", "retention-token4"):
        ax.plot(LENGTHS, [m for m, _ in scores[run]], "o-", color=LIGHT[LINES[run][1]], lw=4, ms=9, label=line_words(run))
    ax.set(xscale="log", xticks=LENGTHS, ylim=(0, 105), ylabel="right answers, %", xlabel="segments of a document")
    ax.set_xticklabels([f"{n:,}" for n in LENGTHS])
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=15, loc="center right")
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, metadata={"Software": None})
    plt.close(fig)


def seen() -> dict[str, Any]:
    """What docs/trained.py has kept of a trained model."""
    found: dict[str, Any] = json.loads((EXAMPLES / "seen.json").read_text(encoding="utf-8"))
    return found


def stepper() -> str:
    """The page that steps through the updates of one document."""
    kept = {name: seen()[name] for name in ("about", "document", "steps")}
    data = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    template = (Path(__file__).parent / "stepper.html").read_text(encoding="utf-8")
    return re.sub(r"\bDATA\b", lambda _: data, template, count=1)


def document() -> str:
    """The interactive page of the same document, as `gmmxlnet analyze` makes it."""
    import numpy as np

    from gmmxlnet_nb.pages import document_page
    from gmmxlnet_nb.traces import read_trace

    found = seen()
    told = found["document"]
    answers, evidence = ([(n, start, end) for n, start, end in told[name]] for name in ("answers", "evidence"))
    before, after = (np.array([step[name] for step in found["steps"]]) for name in ("before", "after"))
    change = np.linalg.norm(after - before, axis=(2, 3))
    trace = read_trace(EXAMPLES / "routing.json")
    return document_page(told["segments"], trace, told["id"], told["question"], answers, evidence, change)


FRAME = """```{{raw}} html
<p><a href="{name}.html">Open it on a page of its own</a></p>
<iframe class="page" src="{name}.html" title="{title}"></iframe>
```
"""
PAGES = f"""# Pages to step through

> One document as a trained model reads it: each update of its memory, and where each segment is written.

Both pages are one file each, ask for nothing, and are computed from the same small model and the same document, which it has
never seen. `python docs/trained.py` computes what they show; `examples/seen.json` keeps it.

## One update after another

{FRAME.format(name="stepper", title="A stepper of the updates of one document")}
## Where a document is written

`gmmxlnet analyze MODEL FILE --question "…" --out FOLDER` writes such a page for your own model and text; in Python it is
`document_page`.

{FRAME.format(name="document", title="One document, coloured by where each segment was written")}"""


def write_extras(folder: Path, pages: Path) -> None:
    """Write the interactive pages into a folder that is copied to the site, and the page that shows them."""
    (folder / "gallery").mkdir(parents=True, exist_ok=True)
    for name, draw in {"stepper": stepper, "document": document}.items():
        (folder / "gallery" / f"{name}.html").write_text(draw(), encoding="utf-8")
    (pages / "gallery").mkdir(parents=True, exist_ok=True)
    (pages / "gallery" / "pages.md").write_text(PAGES, encoding="utf-8")
