"""Open every page of the site in Chromium, wide and narrow, light and dark, and fail on what a reader would see go wrong.

`python docs/look.py [PAGE…]`, which `make look` runs: the pages of _site, all by default, with axe-core's rules besides.
`python docs/look.py --serve` looks at the page of `gmmxlnet serve` instead: with the model of runs/train, or a tiny one
without training. Pictures go to _proc/look.
"""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from messages import GAP, messages
from reference import PACKAGE, package_modules

try:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
except ModuleNotFoundError as error:
    sys.exit(f"look: {error}; `make look` makes the environment that has it and runs this in it")

ROOT = Path(__file__).resolve().parent.parent
SITE, PICTURES = ROOT / "_site", ROOT / "_proc" / "look"
CHECKPOINT = ROOT / "runs" / "train" / "checkpoint"
SIZES = {1280: 900, 390: 844}  # width and height in pixels
SCHEMES = ("light", "dark")
SOUGHT, FOUND = "ExpertUpdater", "api/updates.html#gmmxlnet_nb.updates.ExpertUpdater"
WORDS = ("Gaussian", "RMT", "forget gate")  # What people search for who know the field's words and not ours
TRAPS = ("keep_accents", "patefield", "TRITON_INTERPRET", "nbdev_clean", "end_top_index")  # What known traps are about
AXE = ROOT / "_proc" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
TALLEST_PAGE = 12_000  # pixels, at the larger width
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

# Text that hardly differs from what is behind it: WCAG's contrast of 4.5, or 3 for large letters
CONTRAST = """() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join('');
    if (!text || !e.checkVisibility() || e.matches('script, style, :disabled, option')) continue;
    let up = e;
    while (up.parentElement && numbers(getComputedStyle(up).backgroundColor)[3] === 0) up = up.parentElement;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const [a, b] = [style.color, getComputedStyle(up).backgroundColor].map(c => light(numbers(c))).sort((x, y) => y - x);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5, ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.push(`"${text.slice(0, 40)}" has a contrast of ${ratio.toFixed(1)}`);
  }
  return found.slice(0, 3);
}"""
SERIOUS = """async () => {
  const found = await axe.run({exclude: ['iframe']}, {resultTypes: ['violations'], iframes: false, preload: false});
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => `${v.id}: ${v.help} (${v.nodes.length}): ${v.nodes.slice(0, 2).map(n => n.target.join(' ')).join(', ')}`);
}"""
# All pages that the site's search finds for some words, as a reader would see them
FINDS = """queries => queries.map(query => {
  const [, ...parsed] = Search._parseQuery(query);
  return Search._performSearch(query, ...parsed).reverse().map(found => `${found[0]}.html${found[2] || ''}`);
})"""
NAMELESS = """() => [...document.querySelectorAll('input, textarea, select, button')]
  .filter(e => e.checkVisibility() && !e.labels?.length && !e.textContent.trim() && !e.ariaLabel).map(e => e.outerHTML)"""
IN_SIGHT = """() => {
  const box = document.querySelector('mark.current').getBoundingClientRect();
  const text = document.querySelector('#text').getBoundingClientRect();
  return box.top >= Math.max(0, text.top) - 1 && box.bottom <= Math.min(innerHeight, text.bottom) + 1;
}"""


def chromium() -> str:
    """Where Chromium is; a `ValueError` if it is not."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise ValueError("Chromium is missing: apt-get install chromium")
    return found


class Look:
    """A browser's view of the site, or of a server's page."""

    def __init__(self, browser: Browser, width: int, scheme: Any = "light", server: str = "") -> None:
        viewport: Any = {"width": width, "height": SIZES[width]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, offline=not server)
        self.width, self.page, self.noted, self.scheme, self.server = width, context.new_page(), list[str](), scheme, server
        if AXE.exists():
            self.page.add_init_script(path=AXE)
        self.page.on("console", self.console)
        self.page.on("pageerror", lambda error: self.noted.append(f"script error: {error}"))
        self.page.on("request", self.request)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type == "error":
            self.noted.append(f"console: {message.text}")

    def request(self, request: Request) -> None:
        """Note what comes from somewhere else."""
        own = bool(self.server) and request.url.startswith(f"{self.server}/")
        if not own and not request.url.startswith(("file:", "data:", "blob:")):
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
        height = page.evaluate("() => document.documentElement.scrollHeight")
        if self.width == max(SIZES) and height > TALLEST_PAGE:
            yield f"is {height:,} pixels tall, {TALLEST_PAGE:,} at most"
        yield from (f"overflow: {x}" for x in page.evaluate(OVERFLOW))
        yield from (f"accessibility: {x}" for x in page.evaluate(SERIOUS))
        yield from (f"equation that is not drawn: {x}" for x in page.evaluate(UNDRAWN))
        yield from (f"picture that is not shown: {x}" for x in page.evaluate(BROKEN))
        self.photograph(self.picture(name))
        yield from self.noted

    def photograph(self, path: Path) -> None:
        """Leave a picture of the whole page."""
        height = min(TALLEST, self.page.evaluate("() => document.documentElement.scrollHeight"))
        self.page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": self.width, "height": height})

    def picture(self, name: str) -> Path:
        """The file of a page's picture."""
        return PICTURES / f"{name.removesuffix('.html').replace('/', '-')}-{self.width}-{self.scheme}.png"

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
        yield from self.lost_words()
        yield from self.noted

    def lost_words(self) -> Iterator[str]:
        """What the search does not find: public names, messages as people paste them, and the field's words."""
        modules = package_modules(ROOT / PACKAGE)
        wanted = {name: f"#{m.name}.{name}" for m in modules.values() for name in m.public}
        said = (m.text for module in modules.values() for m in messages(module))
        told = {text: "/messages-" for text in said if len({*re.findall(r"[a-z]{4,}", text)} - {"must"}) > 2}
        words = {**dict.fromkeys(WORDS, ".html"), **dict.fromkeys(TRAPS, "traps/")}
        queries = {**words, **wanted, **{text.replace(GAP, "17"): page for text, page in told.items()}}
        for query, found in zip(queries, self.page.evaluate(FINDS, list(queries)), strict=True):
            if not any(queries[query] in page for page in found[:40]):
                yield f"the search does not find {query!r}"


class LookAtServer(Look):
    """A browser's view of the page of `gmmxlnet serve`."""

    def __init__(self, browser: Browser, width: int, scheme: Any, server: str) -> None:
        super().__init__(browser, width, scheme, server)
        self.page.goto(server, wait_until="load")
        self.page.wait_for_function("() => document.querySelector('#count').options.length > 1")

    def state(self, name: str) -> Iterator[str]:
        """What is wrong with the page as it is; leaves its picture."""
        for what, script in (("overflow", OVERFLOW), ("contrast", CONTRAST), ("no label", NAMELESS)):
            yield from (f"{name}: {what}: {x}" for x in self.page.evaluate(script))
        self.photograph(PICTURES / f"serve-{name}-{self.width}-{self.scheme}.png")
        yield from (f"{name}: {x}" for x in self.noted)
        self.noted.clear()

    def texts(self, selector: str) -> list[str]:
        """What these elements say."""
        return list(self.page.eval_on_selector_all(selector, "found => found.map(e => e.textContent)"))

    def read(self, text: str) -> None:
        """Send a file that holds scripts, then paste a text."""
        markup = b"<p>From a file &amp; back<script>document.title = 'ran'</script><img src=x onerror=alert(1)>"
        self.page.set_input_files("#file", {"name": "a.html", "mimeType": "text/html", "buffer": markup})
        self.page.wait_for_selector("#view:not([hidden])")
        if (shown := self.texts("#text")[0].strip()) != "From a file & back":
            self.noted.append(f"the file is shown as {shown!r}")
        self.page.click("#another")
        self.page.fill("#paste", text)
        self.page.click("#source button")
        self.page.wait_for_selector("#view:not([hidden])")
        if self.texts("#text") != [text]:
            self.noted.append("the text is not shown as it is")

    def ask(self, question: str) -> None:
        """Ask, and look at each answer in the text."""
        self.page.fill("#question", question)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#answers li", timeout=120_000)
        answers, marks = self.texts("#answers button strong"), self.texts("mark")
        if not answers or sorted(answers) != sorted(marks):
            self.noted.append(f"marks {marks} for answers {answers}")
        for i, answer in enumerate(answers):
            self.page.locator("#answers button").nth(i).press("Enter")
            if self.texts("mark.current") != [answer] or not self.page.evaluate(IN_SIGHT):
                self.noted.append(f"answer {answer!r} cannot be seen in the text")

    def ask_kept(self) -> None:
        """Ask again what was kept from reading, if the model can."""
        if self.page.is_visible("[name=way][value=kept]"):
            self.page.check("[name=way][value=kept]")
            self.page.fill("#segments", "2")
            with self.page.expect_response("**/ask") as answer:
                self.page.click("#send")
            read = [each["segments_read"] for each in answer.value.json().get("answers", [])]
            if set(read) != {2}:
                self.noted.append(f"asked to look at 2 segments, it looks at {read}: {answer.value.json()}")
            else:
                self.page.wait_for_selector("#answers li")

    def fail(self) -> None:
        """Ask what cannot be asked."""
        self.page.fill("#question", "Where " * 300)
        self.page.click("#send")
        self.page.wait_for_function("() => document.querySelector('#error').textContent")
        if not self.texts("#error")[0].startswith("question must have at most "):
            self.noted.append(f"an error is shown as {self.texts('#error')[0]!r}")
        if self.texts("#answers li, mark"):
            self.noted.append("answers to an earlier question stay")
        self.noted = [each for each in self.noted if "status of 400" not in each]  # which is what was to happen

    def all_faults(self, text: str, question: str) -> Iterator[str]:
        """What is wrong on the way from the empty page to answers and an error."""
        yield from self.state("start")
        self.read(text)
        yield from self.state("read")
        self.ask(question)
        yield from self.state("answers")
        self.ask_kept()
        self.fail()
        yield from self.state("error")


def tiny_checkpoint(folder: Path) -> Path:
    """Save a model with random weights that answers something."""
    import torch

    from gmmxlnet_nb.generated import retention_documents
    from gmmxlnet_nb.launch import load_base
    from gmmxlnet_nb.model import MemXLNetForQA
    from gmmxlnet_nb.segments import configure_memory_tokens

    words = [word for one in retention_documents(20, num_segments=12, seed=0) for word in (one.text, one.question)]
    tokenizer, base = load_base(None, words, hidden_dim=32, num_layers=1, mem_token_count=2)
    tokens = configure_memory_tokens(tokenizer, 2)
    torch.manual_seed(0)
    sizes = {"mem_token_count": 2, "memory_slots": 2, "num_experts": 4}
    model = MemXLNetForQA.from_base(base, memory_type="gmm", **sizes)
    for weight in model.parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.3)
    model.set_memory_tokens(**tokens)
    reads = {"segment_length": 96, "stride": 4, "max_answer_length": 8, "null_threshold": 1e4, "question_shown": "all"}
    for name, value in reads.items():
        setattr(model.config, name, value)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@contextmanager
def served(model: Path) -> Iterator[str]:
    """Run `gmmxlnet serve` meanwhile; gives its address."""
    program = [sys.executable, "-c", "from gmmxlnet_nb.command import main; main()"]  # the gmmxlnet of this Python
    command = [*program, "serve", str(model), "--port", "0", "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            if found is None:
                raise ValueError("the server does not start")
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def look_at_server() -> int:
    """Look at the page of `gmmxlnet serve`; says how many faults there are."""
    from gmmxlnet_nb.generated import retention_documents

    PICTURES.mkdir(parents=True, exist_ok=True)
    document, faults = retention_documents(1, num_segments=12, seed=0)[0], 0
    text = f"An e-mail 😀 with <b>markup</b>, {'long' * 40}\n{document.text}"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        model = CHECKPOINT if CHECKPOINT.is_dir() else tiny_checkpoint(Path(folder, "tiny"))
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with served(model) as address:
            for width in SIZES:
                for scheme in SCHEMES:
                    view = LookAtServer(browser, width, scheme, address)
                    for fault in view.all_faults(text, document.question):
                        faults += 1
                        print(f"gmmxlnet serve at {width}, {scheme}: {fault}")
        browser.close()
    print(f"gmmxlnet serve at {len(SIZES)} widths, light and dark: {faults} faults")
    return faults


def look(names: list[str]) -> int:
    """Look at pages; says how many faults there are."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    faults = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for width, scheme in product(SIZES, SCHEMES):
            view = Look(browser, width, scheme)
            for name, found in [*((name, view.faults(name)) for name in names), ("search", view.search())]:
                for fault in found:
                    faults += 1
                    print(f"{name} at {width}, {scheme}: {fault}", flush=True)
        browser.close()
    where = PICTURES.relative_to(ROOT)
    print(f"{len(names)} pages at {len(SIZES)} widths, light and dark, {faults} faults; pictures are in {where}")
    return faults


def main() -> None:
    """Look at the pages that are named, or at all; or at the server's."""
    if sys.argv[1:] == ["--serve"]:
        sys.exit(bool(look_at_server()))
    there = sorted(str(p.relative_to(SITE)) for p in SITE.rglob("*.html") if "_static" not in p.parts)
    if not there:
        raise ValueError("there is no site to look at: make docs")
    if not AXE.exists():
        raise ValueError(f"{AXE.relative_to(ROOT)} is missing: make look installs it")
    asked = sys.argv[1:] or there
    if unknown := [name for name in asked if name not in there]:
        raise ValueError(f"_site has no page {unknown[0]!r}; it has {', '.join(there)}")
    sys.exit(bool(look(asked)))


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"look: {error}")
