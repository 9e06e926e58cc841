"""Open every page of the site in Chromium, wide and narrow, and fail on what a reader would see go wrong.

`python docs/look.py [PAGE…]`, which `make look` runs: the pages of _site, all by default; pictures go to _proc/look.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

try:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
except ModuleNotFoundError as error:
    sys.exit(f"look: {error}; `make look` makes the environment that has it and runs this in it")

ROOT = Path(__file__).resolve().parent.parent
SITE, PICTURES = ROOT / "_site", ROOT / "_proc" / "look"
SIZES = {1280: 900, 390: 844}  # width and height in pixels
SOUGHT, FOUND = "ExpertUpdater", "api/updates.html#gmmxlnet_nb.updates.ExpertUpdater"
TALLEST = 16000  # pixels: Chromium draws no taller picture

# Elements that stick out of the page, less those in a box that scrolls
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth, found = [];
  const whole = document.documentElement.scrollWidth;
  if (whole > width) found.push(`the page is ${whole} wide`);
  for (const e of document.querySelectorAll('main *')) {
    const box = e.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || box.right <= width + 1) continue;
    // the box that cuts it off, if there is one: readers must be able to scroll it
    let up = e.parentElement;
    const passes = b => getComputedStyle(b).overflowX === 'visible' || b.getBoundingClientRect().right > width + 1;
    while (up && passes(up)) up = up.parentElement;
    const root = !up || up === document.documentElement;
    if (!root && ['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) continue;
    const style = getComputedStyle(e);
    if (style.position === 'fixed' || style.visibility === 'hidden' || e.closest('mjx-assistive-mml, dialog')) continue;
    found.push(`<${e.tagName.toLowerCase()} class="${e.className}"> ends at ${Math.round(box.right)}`);
  }
  return found.slice(0, 3);
}"""
UNDRAWN = """() => [...document.querySelectorAll('.math')]
  .filter(e => !e.querySelector('mjx-container') || e.querySelector('mjx-merror, [data-mjx-error]'))
  .map(e => e.textContent.trim().slice(0, 60))"""
BROKEN = "() => [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src)"
SEARCH_BOXES = """() => [...document.querySelectorAll('.search-button-field, input[type=search]')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().width > 0).length"""


def chromium() -> str:
    """Where Chromium is; a `ValueError` if it is not."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise ValueError("Chromium is missing: apt-get install chromium")
    return found


class Look:
    """A browser's view of the site."""

    def __init__(self, browser: Browser, width: int) -> None:
        context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, offline=True)
        self.width, self.page, self.noted = width, context.new_page(), list[str]()
        self.page.on("console", self.console)
        self.page.on("pageerror", lambda error: self.noted.append(f"script error: {error}"))
        self.page.on("request", self.request)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type == "error":
            self.noted.append(f"console: {message.text}")

    def request(self, request: Request) -> None:
        """Note what does not come from a file."""
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.noted.append(f"asks for {request.url}")

    def open(self, address: str) -> Page:
        """Open a page and wait until its equations are drawn."""
        self.noted.clear()
        self.page.goto(f"{SITE.as_uri()}/{address}", wait_until="load")
        self.page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
        return self.page

    def faults(self, name: str) -> Iterator[str]:
        """What is wrong with a page; leaves its picture."""
        page = self.open(name)
        yield from (f"overflow: {x}" for x in page.evaluate(OVERFLOW))
        yield from (f"equation that is not drawn: {x}" for x in page.evaluate(UNDRAWN))
        yield from (f"picture that is not shown: {x}" for x in page.evaluate(BROKEN))
        height = min(TALLEST, page.evaluate("() => document.documentElement.scrollHeight"))
        page.screenshot(
            path=self.picture(name), full_page=True, clip={"x": 0, "y": 0, "width": self.width, "height": height}
        )
        yield from self.noted

    def picture(self, name: str) -> Path:
        """The file of a page's picture."""
        return PICTURES / f"{name.removesuffix('.html').replace('/', '-')}-{self.width}.png"

    def search(self) -> Iterator[str]:
        """Search as a reader does, from the home page; says what goes wrong."""
        page = self.open("index.html")
        if self.width > 1000 and (boxes := page.evaluate(SEARCH_BOXES)) != 1:
            yield f"the home page has {boxes} search boxes"
        page.keyboard.press("Control+k")  # opens the search wherever the box is
        page.keyboard.type(SOUGHT)
        page.keyboard.press("Enter")
        try:
            page.wait_for_selector("#search-results li a", timeout=20_000)
        except Exception:  # playwright's own kind of timeout
            yield f"the search finds nothing for {SOUGHT}"
        found = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.href)")
        if not any(str(link).endswith(FOUND) for link in found):
            yield f"the search for {SOUGHT} does not find {FOUND}"
        page.wait_for_timeout(500)  # results come one by one
        yield from (f"overflow: {x}" for x in page.evaluate(OVERFLOW))
        page.screenshot(path=self.picture("search-results"))
        yield from self.noted


def look(names: list[str]) -> int:
    """Look at pages; says how many faults there are."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    faults = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for width in SIZES:
            view = Look(browser, width)
            for name, found in [*((name, view.faults(name)) for name in names), ("search", view.search())]:
                for fault in found:
                    faults += 1
                    print(f"{name} at {width}: {fault}")
        browser.close()
    print(f"{len(names)} pages at {len(SIZES)} widths, {faults} faults; pictures are in {PICTURES.relative_to(ROOT)}")
    return faults


def main() -> None:
    """Look at the pages that are named, or at all."""
    there = sorted(str(p.relative_to(SITE)) for p in SITE.rglob("*.html") if "_static" not in p.parts)
    if not there:
        raise ValueError("there is no site to look at: make docs")
    asked = sys.argv[1:] or there
    if unknown := [name for name in asked if name not in there]:
        raise ValueError(f"_site has no page {unknown[0]!r}; it has {', '.join(there)}")
    sys.exit(bool(look(asked)))


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"look: {error}")
