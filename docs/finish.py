"""Mend in the pages that Sphinx and its theme make what keeps people with a screen reader from them."""

import re
from pathlib import Path


def named_folds(html: str) -> str:
    """Folds are called what they say, and those of the sidebar after their page."""
    html = html.replace('<summary aria-label="Toggle hidden content">', "<summary>")

    def named(found: re.Match[str]) -> str:
        name = " ".join(re.sub(r"<[^>]+>", "", found[2]).split())
        return f'{found[1]}{found[2]}</a>{found[3]}<summary aria-label="Pages of {name}"'

    return re.sub(r'(<a class="(?:current )?reference internal" href="[^"]*">)([^\n]*?)</a>(<details[^>]*>)<summary', named, html)


def named_search(html: str) -> str:
    """The button's name is what can be read on it."""

    def button(found: re.Match[str]) -> str:
        return found[0].replace(' aria-label="Search"', "") if "search-button-field" in found[0] else found[0]

    return re.sub(r"<button\b[^>]*>", button, html)


def signature_lines(html: str) -> str:
    """The lines of a long signature, which Sphinx makes a list of definitions without terms."""

    def lines(found: re.Match[str]) -> str:
        parts = re.sub(r"<dd>(.*?)</dd>", r'<span class="sig-line">\1</span>', found[1], flags=re.DOTALL)
        return f'<span class="sig-lines">{parts}</span>'

    return re.sub(r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', lines, html, flags=re.DOTALL)


def finish(site: Path) -> None:
    """Mend all pages of a site."""
    for path in site.rglob("*.html"):
        if "_static" not in path.parts:
            html = path.read_text(encoding="utf-8")
            path.write_text(signature_lines(named_search(named_folds(html))), encoding="utf-8")
