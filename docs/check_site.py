"""Look a built site through for what readers would stumble over: `python docs/check_site.py _site`."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

LOADED = dict.fromkeys(("script", "img", "iframe", "source", "audio", "video", "embed", "input"), "src")
LOADED["object"] = "data"
NO_LOAD = {"canonical", "author", "license", "help", "search", "next", "prev", "index"}  # `link`s that load nothing
CODE = ["pre", "code", "script", "style", "textarea"]
# A dollar or a command outside of what MathJax draws; \( and \[ are what Sphinx writes inside it
LATEX = re.compile(r"\$|\\[A-Za-z]{2,}|\\[()\[\]]")
LARGEST = 1_000_000  # bytes of a page without its pictures
DIRECTIVE = re.compile(r"^\s*#\|.*", re.MULTILINE)


@dataclass(frozen=True)
class Expected:
    """What a site must have, and must not."""

    pages: list[str] = field(default_factory=list)  # Files
    objects: dict[str, list[str]] = field(default_factory=dict)  # Of each page: the ids of what it documents
    findable: str = ""  # A name that the search index must know
    private: str = ""  # Text that no page may show: a path of the machine that built it


@dataclass(frozen=True)
class HtmlPage:
    """One page."""

    path: Path

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Its elements."""
        return BeautifulSoup(self.path.read_text(encoding="utf-8"), "html.parser")

    @cached_property
    def ids(self) -> set[str]:
        """Its anchors."""
        return {str(tag[name]) for tag in self.soup.find_all(True) for name in ("id", "name") if tag.has_attr(name)}

    @cached_property
    def article(self) -> Tag:
        """What was written, without navigation."""
        found = self.soup.find("article") or self.soup.find("main") or self.soup
        assert isinstance(found, Tag)
        return found


def is_external(address: str) -> bool:
    """Whether an address leaves the site."""
    return bool(urlsplit(address).netloc) or urlsplit(address).scheme in ("http", "https", "ftp")


def addresses(tag: Tag) -> list[str]:
    """What an element loads."""
    found = [str(tag.get(LOADED.get(tag.name, ""), ""))]
    found += [part.split()[0] for part in str(tag.get("srcset", "")).split(",") if part.strip()]
    if tag.name == "link" and not NO_LOAD & set(tag.get_attribute_list("rel")):
        found.append(str(tag.get("href", "")))
    if tag.name in ("use", "image"):  # of SVG
        found.append(str(tag.get("href") or tag.get("xlink:href") or ""))
    return [address for address in found if address]


def css_addresses(text: str) -> list[str]:
    """What a style sheet loads."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
    return [a or b for a, b in found]


class Check:
    """Goes through a site and notes faults."""

    def __init__(self, site: Path) -> None:
        self.site = site.resolve()
        self.pages = {p: HtmlPage(p) for p in sorted(self.site.rglob("*.html")) if "_static" not in p.parts}

    def target(self, page: HtmlPage, address: str) -> str | None:
        """What is wrong with an address in the site; None for nothing."""
        parts = urlsplit(address)
        path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if not path.is_relative_to(self.site):
            return "leaves the site"
        if not path.is_file():
            return "leads to no file"
        anchor = unquote(parts.fragment)
        if anchor and path in self.pages and anchor not in self.pages[path].ids:
            return "leads to no anchor"
        return None

    def links(self, page: HtmlPage) -> Iterator[str]:
        """Links and files that are not there, and files from elsewhere."""
        loaded = [(address, tag.name) for tag in page.soup.find_all(True) for address in addresses(tag)]
        styles = [str(tag.string or "") for tag in page.soup.find_all("style")]
        styles += [str(tag["style"]) for tag in page.soup.find_all(style=True)]
        loaded += [(address, "style") for text in styles for address in css_addresses(text)]
        for address, kind in loaded:
            if is_external(address):
                yield f"{kind} loads {address} from elsewhere"
        linked = [(str(tag["href"]), "a") for tag in page.soup.find_all("a", href=True)]
        for address, kind in [*loaded, *linked]:
            if not is_external(address) and urlsplit(address).scheme not in ("mailto", "data", "javascript"):
                fault = self.target(page, address)
                if fault and address != "#":
                    yield f"{kind} {address} {fault}"

    def text(self, page: HtmlPage) -> Iterator[str]:
        """Directives and LaTeX that a reader would see."""
        for block in page.article.find_all("pre"):
            for line in DIRECTIVE.findall(block.get_text()):
                yield f"shows the directive {line.strip()!r}"
        for string in page.article.find_all(string=True):
            around = list(string.parents)
            inside = {p.name for p in around} | {name for p in around for name in p.get_attribute_list("class")}
            if inside & {*CODE, "math"} or type(string).__name__ != "NavigableString":
                continue
            if (found := LATEX.search(string)) is not None:
                near = string[max(0, found.start() - 20) : found.end() + 30].strip()
                yield f"shows LaTeX that is not drawn: {near!r}"
            for line in DIRECTIVE.findall(string):
                yield f"shows the directive {line.strip()!r}"

    def styles(self) -> Iterator[str]:
        """Style sheets that load from elsewhere, or what is not there."""
        for path in sorted(self.site.rglob("*.css")):
            for address in css_addresses(path.read_text(encoding="utf-8")):
                where = path.relative_to(self.site)
                if is_external(address):
                    yield f"{where}: loads {address} from elsewhere"
                elif address.startswith(("data:", "#")):
                    continue
                elif not (path.parent / urlsplit(address).path).is_file():
                    yield f"{where}: {address} leads to no file"

    def whole(self, expected: Expected) -> Iterator[str]:
        """What the site lacks."""
        names = {str(p.relative_to(self.site)): page for p, page in self.pages.items()}
        for name in expected.pages:
            if name not in names:
                yield f"{name}: this page is missing"
        for name, ids in expected.objects.items():
            for id in ids:
                if name in names and id not in names[name].ids:
                    yield f"{name}: {id} is not documented"
        index = self.site / "searchindex.js"
        known = index.read_text(encoding="utf-8").lower() if index.is_file() else ""
        if expected.findable.lower() not in known:
            yield f"searchindex.js: the search cannot find {expected.findable}"
        if not self.pages:
            yield f"{self.site}: there are no pages"

    def faults(self, expected: Expected) -> list[str]:
        """Everything that is wrong, a line each."""
        found = [*self.whole(expected), *self.styles()]
        for path, page in self.pages.items():
            where = path.relative_to(self.site)
            if page.soup.find(["h1", "title"]) is None:
                found.append(f"{where}: has no title")
            size = len(re.sub(r"data:image/[^\"')]*", "", path.read_text(encoding="utf-8")).encode())
            if size > LARGEST:
                found.append(f"{where}: has {size:,} bytes without pictures, {LARGEST:,} at most")
            if expected.private and expected.private in path.read_text(encoding="utf-8"):
                found.append(f"{where}: shows {expected.private}, a path of this machine")
            found += [f"{where}: {fault}" for fault in dict.fromkeys([*self.links(page), *self.text(page)])]
        return found


def check(site: Path, expected: Expected) -> list[str]:
    """All faults of a site, a line each."""
    return Check(site).faults(expected)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python docs/check_site.py FOLDER, the folder of a site")
    lines = check(Path(sys.argv[1]), Expected())
    print("\n".join(lines) or "no faults")
    sys.exit(bool(lines))
