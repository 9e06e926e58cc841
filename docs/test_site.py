"""What the helpers of the site must do, and above all what they must refuse: pytest docs."""

import base64
import json
import os
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import drawings
import extras
import finish
import make_site
import messages
import nbformat
import numpy as np
import pages
import pytest
import traps
import wings
from check_site import Expected, check
from lexers import NotebookLexer
from links import is_name, meant
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pygments.token import Token
from reference import Example, Module, Page, package_classes, prose, targets

GOOD = """<html><head><title>t</title><link rel="stylesheet" href="s.css"><script src="a.js"></script></head><body>
<article>
<h1 id="top">T</h1><p>Text, <code>$HOME</code> and <a href="b.html#there">b</a>, <a href="https://arxiv.org">out</a></p>
<span class="math">\\(\\mathrm{x}\\)</span><pre># | no directive</pre><img src="i.png"></article></body></html>"""
EXPECTED = Expected(["a.html", "b.html"], {"b.html": ["there"]}, "ExpertUpdater", "/home/somebody")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site without faults."""
    files = {"a.html": GOOD, "b.html": '<title>b</title><p id="there">b</p>', "s.css": "p {background: url(i.png)}",
             "a.js": "", "i.png": "", "searchindex.js": "{expertupdater: 1}"}  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_good_site(site: Path) -> None:
    assert check(site, EXPECTED) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("b.html#there", "c.html", "a.html: a c.html leads to no file"),
        ("b.html#there", "b.html#here", "a b.html#here leads to no anchor"),
        ("b.html#there", "#nowhere", "a #nowhere leads to no anchor"),
        ("b.html#there", "../../x.html", "leaves the site"),
        ("i.png", "j.png", "img j.png leads to no file"),
        ("i.png", "https://example.org/i.png", "img loads https://example.org/i.png from elsewhere"),
        ("a.js", "//cdn.example.org/a.js", "script loads //cdn.example.org/a.js from elsewhere"),
        ("s.css", "http://example.org/s.css", "link loads http://example.org/s.css from elsewhere"),
        ("<p>", '<p style="background: url(http://example.org/x)">', "style loads http://example.org/x from elsewhere"),
        ("<p>", "<style>@import 'https://example.org/x.css'</style><p>", "style loads https://example.org/x.css"),
        ("# | no", "#| export", "shows the directive '#| export"),
        ("Text,", "#| hide", "shows the directive '#| hide"),
        ("Text,", "so $$x$$ is", "shows LaTeX that is not drawn: 'so $$x$$ is"),
        ("Text,", r"a \mathrm{x}", "shows LaTeX that is not drawn"),
        ("Text,", r"a \(x\)", "shows LaTeX that is not drawn"),
        ('<h1 id="top">T</h1>', "/home/somebody/x", "shows /home/somebody, a path of this machine"),
        ("Text,", "x" * 1_000_001, "has 1,000,"),
        ("Text,", f"<img src='data:image/png;base64,{'x' * 1_000_001}'>", None),  # a picture may be large
        ("<title>t</title>", "<!-- -->", None),  # the heading is left
    ],
)
def test_faults(site: Path, old: str, new: str, fault: str | None) -> None:
    assert old in GOOD
    (site / "a.html").write_text(GOOD.replace(old, new), encoding="utf-8")
    found = check(site, EXPECTED)
    assert any(fault in line for line in found) if fault else found == []


def test_what_is_missing(site: Path) -> None:
    (site / "s.css").write_text("@font-face {src: url(https://example.org/f.woff2)} p {background: url('no.png')}")
    (site / "searchindex.js").write_text("{}")
    (site / "b.html").write_text("<title>b</title>")
    found = check(site, Expected([*EXPECTED.pages, "c.html"], EXPECTED.objects, EXPECTED.findable))
    for line in (
        "c.html: this page is missing",
        "b.html: there is not documented",
        "searchindex.js: the search cannot find ExpertUpdater",
        "s.css: loads https://example.org/f.woff2 from elsewhere",
        "s.css: no.png leads to no file",
        "a.html: a b.html#there leads to no anchor",
    ):
        assert line in found
    assert "there are no pages" in check(site / "nothing", Expected())[-1]


def notebook(*cells: Any) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_markdown_cell("# Title\n\n> Summary"), *cells])


MODULE = '''"""A module."""
# %% auto 0
__all__ = ['LIMIT', 'Pair', 'Options', 'double', 'Machine']

# %% ../nbs/00_m.ipynb #c1
# As far as it goes
LIMIT = 3

def double(
    value: int | None,  # What to double, `LIMIT` at most
    *rest: str,
    twice: bool = False,  # type: ignore[x]  # Whether to do it | again
) -> int:  # (b, m, d)
    "Twice the value; `<cls>` and <cls>."
    return 2 * value

class Pair(NamedTuple):
    "Two."
    left: int  # First
    right: int = 0

@dataclass
class Options(Base):
    "Many."
    depth: int = field(default=2, metadata={"help": "How deep"})

class Machine:
    "Works."
    def __init__(
        self,
        size: int,  # Of it
    ) -> None:
        self.size = size
    def run(self, speed: float = 1.0) -> None:
        "Go."
    def _inner(self) -> None:
        "No."
    @property
    def power(self) -> int:
        "How strong."
    same = staticmethod(double)
'''


@pytest.fixture
def module(tmp_path: Path) -> Module:
    path = tmp_path / "m.py"
    path.write_text(MODULE, encoding="utf-8")
    return Module(path)


def test_reference(module: Module) -> None:
    examples = {"double": Example("double(2)", "4")}
    text = Page(module, ("00_m.ipynb", "Chapter"), package_classes([module]), examples).write()
    for part in (
        '{py:data} LIMIT\n:value: "3"\n\nAs far as it goes',
        "{py:function} double(value, *rest, twice=False)",
        "| `value` | `int` or `None` |  | What to double, `LIMIT` at most |",
        r"| `twice` | `bool` | `False` | Whether to do it \| again |",
        "**Returns** `int`: (b, m, d)",
        r"Twice the value; `<cls>` and \<cls\>.".replace(r"\>", ">"),
        "{py:class} Pair(left, right=0)",
        "| `left` | `int` |  | First |",
        "{py:class} Options(**fields)",
        "| `depth` | `int` | `2` | How deep |",
        "{py:class} Machine(size)",
        "| `size` | `int` | Of it |",
        "{py:method} run(speed=1.0)",
        "{py:property} power",
        "{py:method} same\n:staticmethod:\n\nThe same as `double`.",
        "Defined in notebook {ref}`00 Chapter <nb-m-LIMIT-constant>`",
        "**Example**\n\n```python\ndouble(2)\n```\n\n```text\n4\n```",
    ):
        assert part in text, part
    assert text.index("{py:class} Machine") < text.index("{py:data} LIMIT")  # constants come last
    assert "_inner" not in text
    assert targets([module])["Machine.run"] == ["gmmxlnet_nb.m.Machine.run"]
    assert prose("a_b *c* $d$ <e> `f_*`") == r"a\_b \*c\* \$d\$ \<e> `f_*`"


@pytest.mark.parametrize(("old", "new", "message"), [
    ("__all__", "names", "m.py must have an __all__: make export"),
    ("'double',", "'double', 'lost',", "m.py defines no lost, which its __all__ names"),
])  # fmt: skip
def test_reference_refuses(module: Module, old: str, new: str, message: str) -> None:
    module.path.write_text(MODULE.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        dict(module.definitions)


def test_names() -> None:
    two = ["gmmxlnet_nb.a.scrambled", "gmmxlnet_nb.b.scrambled"]
    known = {"Document": ["gmmxlnet_nb.data.Document"], "scrambled": two}
    assert meant("Document", known, "model") == "gmmxlnet_nb.data.Document"
    assert meant("scrambled()", known, "b") == "gmmxlnet_nb.b.scrambled"
    assert meant("scrambled()", known, "c") is None and meant("Nothing", known, "a") is None
    assert all(map(is_name, ("ExpertUpdater", "f1_score", "main()")))
    assert not any(map(is_name, ("main", "run", "k", "__")))


def test_page(module: Module) -> None:
    bar = '<div><progress value="4"></progress> 4/4</div>'
    table = "<table><tr><td>1</td></tr></table>"
    outputs = [
        new_output("stream", name="stdout", text="shown"),
        new_output("stream", name="stderr", text="warning"),
        new_output("display_data", {"text/html": bar}),
        new_output("display_data", {"text/html": bar + table}),
    ]
    nb = notebook(
        new_code_cell("#| default_exp m"),
        new_code_cell("#| hide\nsecret"),
        new_code_cell("#| export\ndef double(): pass"),
        new_code_cell("#| exporti\ninner = 1"),
        new_code_cell("#| gpu\nx = 1"),
        new_code_cell("y = 1", outputs=outputs),
    )
    assert pages.module_of(nb) == "m"
    made = pages.page(Path("00_m.ipynb"), nb, module)
    text = "\n".join(cell.source for cell in made.cells)
    assert "secret" not in text and "#|" not in text
    assert "(nb-m-double)=" in text and "{py:obj}`double <gmmxlnet_nb.m.double>`" in text
    assert "Needs a GPU" in text
    tags = [c.metadata.tags for c in made.cells if c.cell_type == "code"]
    assert tags == [["exported"], ["exported", "hide-input"], [], []]
    assert [c.metadata.mystnb for c in made.cells if c.cell_type == "code"][1]["code_prompt_show"] == "Internal: inner"
    assert [o.get("text", "") or o.data["text/html"] for o in made.cells[-1].outputs] == ["shown", table]
    pages.after_title(made, "Below")
    assert made.cells[0].source == "# Title\n\n> Summary\n\nBelow\n\n"


LONG = "\n".join(f"y{i} = 1" for i in range(pages.LONG_CODE + 1))
ASSERTS = "\n".join(["assert f(1)"] * (pages.LONG_EXAMPLE + 1))


@pytest.mark.parametrize(("source", "shown", "title"), [
    ("import os\nfrom pathlib import Path", "", "Imports"),
    ("#| export\nimport os", "", "Imports"),
    ("#| export\nimport os\nif TYPE_CHECKING:\n    import torch", "", "Imports"),
    ("if x:\n    import torch", "", ""),
    ("#| exporti\ndef double(x):\n    'Twice `x`. More.'", "", "Internal: double · Twice x"),
    ("#| export\ndef double(x): pass", "", ""),
    (f"#| export\n{LONG}", "", f"{pages.LONG_CODE + 1} lines: y0, y1, y2"),
    ("assert half(2) == 1", "", "Test of half"),
    ("test_eq(other(2), 1)", "", "Test"),
    ("print(half(2))", "1.0", ""),
    ("assert half(2); half(3)", "1.5", ""),
    (ASSERTS, "1", "Example with tests"),
    (LONG, "1", f"{pages.LONG_CODE + 1} lines: y0, y1, y2"),
    ("x = self.half  # no test", "", ""),
    ("%matplotlib inline\nimport os", "", "Imports"),
])  # fmt: skip
def test_folding(module: Module, source: str, shown: str, title: str) -> None:
    before = new_code_cell("#| export\ndef half(x): return x / 2")
    outputs = [new_output("stream", name="stdout", text=shown)] if shown else []
    made = pages.page(Path("00_m.ipynb"), notebook(before, new_code_cell(source, outputs=outputs)), module)
    last = made.cells[-1]
    assert last.metadata.mystnb.get("code_prompt_show", "") == title
    assert ("hide-input" in last.metadata.tags) == bool(title) and bool(last.outputs) == bool(shown)


def test_a_cell_shows_few_logs() -> None:
    log = new_output("display_data", {"text/html": "<div><progress></progress></div><table><tr><td>1</td></tr></table>"})
    frame = new_output("display_data", {"text/html": "<table><tr><td>2</td></tr></table>"})
    kept = pages.told([nbformat.from_dict(dict(one)) for one in (log, frame, log, log, frame)])
    assert ["2</td>" in output.data["text/html"] for output in kept] == [False, True, False, True]
    asked = "<table><tr><th>Validation Loss</th></tr><tr><td>3</td></tr></table>"  # after training, without a bar
    others = [nbformat.from_dict(dict(new_output("display_data", {"text/html": asked}))) for _ in range(9)]
    assert len(pages.told([nbformat.from_dict(dict(log)), *others, nbformat.from_dict(dict(frame))])) == pages.LOGS + 1


def test_finish() -> None:
    html = (
        '<button class="btn search-button-field" aria-label="Search">Search</button><button aria-label="Menu"></button>'
        '<li><a class="reference internal" href="x.html">A <code>b</code></a><details><summary><span></span></summary></details>'
        '<summary aria-label="Toggle hidden content">'
    )
    assert finish.named_search(html).count("aria-label") == html.count("aria-label") - 1
    named = finish.named_folds(html)
    assert '<summary aria-label="Pages of A b"><span>' in named and "Toggle" not in named
    parameters = "".join(f'<dd><em class="sig-param">{name}</em></dd>\n' for name in "ab")
    mended = finish.signature_lines(f"<dt><dl>\n{parameters}</dl></dt><dl><dt>t</dt><dd>d</dd></dl>")
    assert mended.count("<dd>") == 1 and mended.count('<span class="sig-line">') == 2
    assert mended.endswith("<dl><dt>t</dt><dd>d</dd></dl>")


def test_prompts_are_short() -> None:
    assert pages.shortened("a" * 200) == "a" * (pages.PROMPT - 1) + "…" and pages.shortened("a") == "a"


def test_tall_pages_become_several(tmp_path: Path) -> None:
    long = [new_markdown_cell(f"## Part {i}\n\n" + "word " * 2000) for i in range(20)]
    made = pages.page(Path("00_m.ipynb"), notebook(*long))
    found = pages.parts(made)
    assert [cell for part in found for cell in part.cells] == made.cells and len(found) > 1
    assert all(sum(map(pages.height, part.cells)) < 1.3 * pages.TALL for part in found)
    assert all(part.cells[0].source.startswith("## ") for part in found[1:])
    pages.write_parts(made, tmp_path / "00_m.ipynb", "Title")
    names = sorted(path.stem for path in tmp_path.iterdir())
    assert names == ["00_m", *(f"00_m-{i}" for i in range(2, len(found) + 1))]
    first, second = (pages.read_notebook(tmp_path / f"{name}.ipynb") for name in names[:2])
    assert "Title, continued <00_m-2>" in first.cells[-1].source
    assert pages.title(tmp_path / "00_m-2.ipynb", second) == "Title, continued"
    deep = [new_markdown_cell("## Section"), *(new_markdown_cell(f"### Part {i}\n\n" + "word " * 2000) for i in range(10))]
    pages.write_parts(pages.page(Path("00_m.ipynb"), notebook(*deep)), tmp_path / "00_m.ipynb", "Title")
    assert "## Section, continued" in pages.read_notebook(tmp_path / "00_m-2.ipynb").cells[0].source
    assert len(pages.parts(pages.page(Path("00_m.ipynb"), notebook(long[0])))) == 1
    plain = [new_markdown_cell("word " * 2000) for _ in range(20)]
    assert len(pages.parts(pages.page(Path("00_m.ipynb"), notebook(*plain)))) > 1  # cut at prose without headings
    code = [new_code_cell("\n".join(["x = 1"] * 30)) for _ in range(60)]
    assert len(pages.parts(pages.page(Path("00_m.ipynb"), notebook(*code)))) == 1  # it has no place to be cut at


def test_examples() -> None:
    def cell(source: str, text: str = "", image: bool = False) -> nbformat.NotebookNode:
        outputs = [new_output("stream", name="stdout", text=text)] if text else []
        outputs += [new_output("display_data", {"image/png": "", "text/plain": "<Figure>"})] if image else []
        return new_code_cell(source, outputs=outputs)

    nb = notebook(
        cell("#| export\ndef half(x): pass"), cell("x = half(2)"), cell("half(4)  # longer", "2.0\n"),
        cell("assert third(3) == 1"), cell("fourth(1)", image=True), cell("self.fifth(1)", "1"), cell("half(\n" * 3, "1"),
        cell("\n".join(["half(1)"] * 40), "1"),
    )  # fmt: skip
    assert pages.examples(nb, ["half", "third", "fourth", "fifth"]) == {
        "half": ("half(4)  # longer", "2.0"), "fourth": ("fourth(1)", "")
    }  # fmt: skip


SAYS = '''"""A module."""
__all__ = ['halve']
def halve(x):
    if x: raise ValueError(f"x must be even, got {x!r}")
    require(x, "x must" + f" be one of {x}" if x else "y must be whole")
    raise KeyError(x)
class Inner:
    def go(self): warnings.warn(f"{self} is much too slow"); raise ValueError("no")
'''


def test_messages(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(SAYS, encoding="utf-8")
    found = [(m.text, m.where) for m in messages.messages(Module(path))]
    assert sorted(found) == [
        ("x must be even, got …", "halve"), ("x must be one of …", "halve"), ("y must be whole", "halve"),
        ("… is much too slow", "Inner"),
    ]  # fmt: skip
    text = messages.messages_page("Wing", [Module(path)], {"m": ("00_m.ipynb", "Chapter")})
    assert "## [00 Chapter](../00_m.ipynb)" in text and "- `… is much too slow` — `Inner`" in text
    assert "- `x must be even, got …` — {py:obj}`halve <gmmxlnet_nb.m.halve>`" in text


TRAP = """#!/bin/sh
# scipy 1.2: draws <none> of `rows`.
#
# It draws
# none.
#
# Again.
#
# Why a good guess is wrong: it
# is not.
#
# Seen with Python 3.11:
#   one  `` 1
#   two     2
#
# What this project does about it: `draw` (notebook 01) asks twice; notebook 40 does not.
#
# Exits with 0 if this is still so, else with 1.
set -eu
# no header
"""
CHAPTERS = {"01_experts": "Experts", "40_answers": "Answers", "40_choices": "Choices"}


def test_traps(tmp_path: Path) -> None:
    (tmp_path / "scipy-rows.sh").write_text(TRAP)
    (tmp_path / "xlnet-a.sh").write_text(TRAP.replace("scipy 1.2: draws <none> of `rows`", "XLNet 1: b"))
    assert traps.trap_pages(tmp_path, tmp_path / "traps", CHAPTERS) == {"traps/index": "Known traps"}
    index = (tmp_path / "traps" / "index.md").read_text()
    one = "## [Statistics](statistics.ipynb)\n\n- [scipy 1.2: draws \\<none> of `rows`](#trap-scipy-rows)\n"
    assert "- [XLNet 1: b](#trap-xlnet-a)\n" in index and one in index and "Statistics <statistics>" in index
    nb = pages.read_notebook(tmp_path / "traps" / "statistics.ipynb")
    assert pages.title(tmp_path, nb) == "Known traps: Statistics"
    _, told, script = nb.cells
    assert told.source.startswith("(trap-scipy-rows)=\n## scipy 1.2: draws \\<none> of `rows`\n\nIt draws none.\n\nAgain.\n")
    assert "**Why a good guess is wrong.** It is not." in told.source and "no header" not in told.source
    assert "**Seen** with Python 3.11:\n\n```text\none  `` 1\ntwo     2\n```\n" in told.source
    does = "`draw` ([notebook 01](../01_experts.ipynb)) asks twice; notebook 40 does not."
    assert told.source.endswith(f"**What this project does about it.** {does}") and "Exits" not in told.source
    assert script.source == TRAP.rstrip("\n") and "hide-input" in script.metadata.tags
    (tmp_path / "odd.sh").write_text(TRAP)
    with pytest.raises(ValueError, match=r"docs/traps.py must have a group for findings/odd.sh"):
        traps.trap_pages(tmp_path, tmp_path / "traps", CHAPTERS)
    with pytest.raises(ValueError, match="has no scripts"):
        traps.trap_pages(tmp_path / "nothing", tmp_path / "traps", CHAPTERS)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("What this project does about it:", "What is done:", "begins with 'What this project does about it:'"),
    ("Seen with", "Found with", "must have one paragraph in its header that begins with 'Seen'"),
    ("Why a good", "Why a", "begins with 'Why a good guess is wrong:'"),
    ("# Exits with 0", "# It ends with 0", "begins with 'Exits with 0 if this is still so, else with 1.'"),
    ("# Again.", "# Seen before.", "must have one paragraph in its header that begins with 'Seen'"),
    ("It draws\n# none.\n#\n# Again.\n#\n# ", "", "must tell in its header what surprises, then in this order"),
    ("#\n# Exits", "#\n# More.\n#\n# Exits", "must tell in its header what surprises, then in this order"),
    ("#!/bin/sh", "#!/bin/bash", "must begin with #!/bin/sh and a line of comment"),
    ("scipy 1.2", "scipy", "package, version and what surprises"),
    ("notebook 01", "notebook 02", "names notebook 02, which does not exist"),
])  # fmt: skip
def test_traps_refuse(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TRAP
    (tmp_path / "scipy-rows.sh").write_text(TRAP.replace(old, new))
    with pytest.raises(ValueError, match=rf"scipy-rows.sh .*{message}"):
        traps.trap_pages(tmp_path, tmp_path / "traps", CHAPTERS)


def test_scripts_are_found_and_lead_to_the_page() -> None:
    """Each script can be run, is listed in a group, and the guide to mistakes leads to them."""
    scripts = sorted((make_site.ROOT / "findings").glob("*.sh"))
    found = traps.grouped(map(traps.read_finding, scripts))
    assert sum(map(len, found.values())) == len(scripts) and all(os.access(script, os.X_OK) for script in scripts)
    guide = pages.read_notebook(make_site.ROOT / "nbs" / "guides" / "12_troubleshooting.ipynb")
    assert any(make_site.FINDINGS in cell.source for cell in guide.cells)


def test_results_are_split(tmp_path: Path) -> None:
    tables = "\n\n".join(f"**Table {i}.** Words\n\n| a |" for i in range(1, 7))
    text = f"# Results\n\n## Figures\n\nF\n\n## Tables\n\n{tables}\n\n## Where each figure comes from\n\n- run\n"
    (tmp_path / "results.md").write_text(text)
    make_site.split_results(tmp_path)
    made = {path.stem: path.read_text() for path in tmp_path.iterdir()}
    assert sorted(made) == ["more-tables", "origins", "results", "tables"]
    assert "Table 1." in made["tables"] and "Table 4." in made["more-tables"] and "- run" in made["origins"]
    assert all(sum(f"Table {i}." in text for text in made.values()) == 1 for i in range(1, 7))


def test_the_stepper_shows_what_the_update_does() -> None:
    told = extras.seen()
    assert not {"output_dir", "cache_dir", "data_path"} & set(told["about"]["params"])  # folders of some machine
    assert len(told["steps"]) == len(told["document"]["segments"]) > 1
    for step, later in pairwise([*told["steps"], None]):
        before, gate, candidate, after = (np.array(step[name]) for name in ("before", "gate", "candidate", "after"))
        amount = np.array(step["write"])[:, None, None] * gate
        assert np.allclose(amount * candidate + (1 - amount) * before, after, atol=0.02)  # they are rounded
        assert (after[np.array(step["write"]) == 0] == before[np.array(step["write"]) == 0]).all()
        assert later is None or later["before"] == step["after"]
        assert np.isclose(sum(step["read"]), 1, atol=1e-3) and sum(step["write"]) <= 1.001
    for page in (extras.stepper(), extras.document()):
        assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
        assert told["document"]["question"] in page and "DATA" not in page


SETTINGS = {"doc_host": "https://a.org/", "doc_baseurl": "/x", "user": "u", "repo": "r", "branch": "b"}


def test_extras(tmp_path: Path) -> None:
    assert extras.base_address({}) == "" and extras.base_address({"doc_host": "https://a.org"}) == "https://a.org/"
    base = extras.base_address(SETTINGS)
    assert base == "https://a.org/x/" and extras.colab(SETTINGS, "nbs/a.ipynb").endswith("github/u/r/blob/b/nbs/a.ipynb")
    text = extras.llms("Name", "About", {"Part": [("One", "one.html", "Says."), ("Two", "two.html", "")]})
    assert text == "# Name\n\n> About\n\n## Part\n\n- [One](one.html): Says.\n- [Two](two.html)\n"
    places = ElementTree.fromstring(extras.sitemap(base, ["b&.html", "a.html"])).findall("{*}url/{*}loc")
    assert [place.text for place in places] == ["https://a.org/x/a.html", "https://a.org/x/b&.html"]
    assert 'og:title" content="&lt;T&gt;"' in extras.social_tags(base, "<T>", "About", "a.html")
    extras.draw_card(tmp_path / "card.png", "Name", "About")
    assert (tmp_path / "card.png").read_bytes()[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")


def test_with_an_address(monkeypatch: pytest.MonkeyPatch, module: Module) -> None:
    assert "Colab" not in make_site.whereabouts("nbs/00_m.ipynb", module)
    monkeypatch.setattr(make_site, "settings", lambda: SETTINGS)
    assert make_site.whereabouts("nbs/00_m.ipynb", module).count("](") == 2
    assert make_site.whereabouts("nbs/00_m.ipynb", None).count("](") == 1


def test_citation() -> None:
    """What CITATION.cff says is what settings.ini says."""
    told, cited = make_site.settings(), (make_site.ROOT / "CITATION.cff").read_text("utf-8")
    for name in ("version", "author"):
        assert told[name] in cited


def test_wings() -> None:
    chapters = sorted(path.stem for path in (make_site.ROOT / "nbs").glob("*.ipynb") if path.stem != "index")
    assert sorted(stem for found in wings.resolved(chapters).values() for stem in found) == chapters
    with pytest.raises(ValueError, match="it lacks new_chapter"):
        wings.resolved([*chapters, "new_chapter"])
    with pytest.raises(ValueError, match="the wing memory has 01, which is no notebook that is left"):
        wings.resolved(chapters[2:])


def test_drawings(tmp_path: Path) -> None:
    for name, draw in drawings.DRAWINGS.items():
        made = draw()
        assert (drawings.IMAGES / f"{name}.svg").read_text("utf-8") == made, "python docs/drawings.py writes them anew"
        assert "prefers-color-scheme" in made and "prefers-color-scheme" not in draw("light") + draw("dark")
        assert drawings.DARK["ink"] not in draw("light") and ElementTree.fromstring(made).find("{*}title") is not None
    with pytest.raises(ValueError, match="must have two records of improved-gmm4-null-read at least, has 0"):
        drawings.length(folder=tmp_path)


def test_drawn_length_is_that_of_the_records() -> None:
    best = drawings.length_scores()["improved-gmm4-null-read"]
    runs = [json.loads(path.read_text("utf-8")) for path in drawings.RECORDS.glob("improved-gmm4-null-read-[0-9]*.json")]
    assert best[-1][0] == pytest.approx(sum(run["metrics"]["choice_exact/2048"] for run in runs) / len(runs))


@pytest.mark.parametrize(("cells", "message"), [
    ([new_markdown_cell("text")], r"x.ipynb must begin with its only title, '# …', got 0 titles"),
    ([], "must begin with its only title"),
    ([new_markdown_cell("# A"), new_markdown_cell("# B")], r"got 2 titles: \['A', 'B'\]"),
    ([new_code_cell("x"), new_markdown_cell("# A")], r"got 1 titles: \['A'\]"),
])  # fmt: skip
def test_title_refuses(cells: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pages.title(Path("x.ipynb"), new_notebook(cells=cells))


def test_title() -> None:
    nb = new_notebook(cells=[new_markdown_cell("# A `b`\n\n```sh\n# a comment\n```"), new_code_cell("# no title")])
    assert pages.title(Path("x.ipynb"), nb) == "A `b`"


@pytest.mark.parametrize("source", ["#| echo: false\nx", "#| exprot\nx", "x = 1\n#| hdie"])
def test_unknown_directive(source: str) -> None:
    with pytest.raises(ValueError, match=r"x.ipynb, cell .*: directive '(echo:|exprot|hdie)' must be one of "):
        pages.page(Path("x.ipynb"), notebook(new_code_cell(source)))


@pytest.mark.parametrize("source", [
    "```{note}\nx\n```", "::: {.callout-note}\nx\n:::", "see {ref}`x`", "{{< include x >}}", "see @fig-one",
    "(here)=\n\n# x", "[x](y){.button}", "## x {#sec-x}", "a <b>word</b>", "text\n## x", "text\n- item",
    "text\n1. item", "text\n| a |\n|---|",
])  # fmt: skip
def test_dialect_refuses(source: str) -> None:
    with pytest.raises(ValueError, match="only one of MyST and Quarto reads "):
        pages.page(Path("x.ipynb"), notebook(new_markdown_cell(source)))


@pytest.mark.parametrize("source", [
    "`<cls>` and ``{x}` ``", "```sh\na <b> {ref}`x`\n## x\n```", "    <sep> indented",
    "$a < b > c$ and $$\\mathrm{<cls>}$$",
    "- a\n- b\n  more\n- c", "text\n\n1. a\n2. b", "text\n\n| a |\n|---|\n| b |", "mail <https://example.org>",
])  # fmt: skip
def test_dialect_takes(source: str) -> None:
    pages.page(Path("x.ipynb"), notebook(new_markdown_cell(source)))


def test_no_notebook(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("{}")
    with pytest.raises(ValueError, match=r"x.ipynb is no notebook: "):
        pages.read_notebook(tmp_path / "x.ipynb")
    with pytest.raises(ValueError, match="has no notebooks"):
        make_site.titles(tmp_path / "empty")


@pytest.mark.parametrize(("script", "message"), [
    ("raise SystemExit(3)", "must write results.md, and ended with 3"),
    ("", "must write results.md, and ended with 0"),
])  # fmt: skip
def test_results_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str) -> None:
    monkeypatch.setattr(make_site, "ROOT", tmp_path)
    monkeypatch.setattr(make_site, "PAGES", tmp_path / "pages")
    assert make_site.results() is None  # no paper, no page
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "build.py").write_text(script)
    with pytest.raises(ValueError, match=message):
        make_site.results()


def test_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_site, "ROOT", tmp_path)
    monkeypatch.setattr(make_site, "PAGES", tmp_path / "pages")
    (tmp_path / "paper").mkdir()
    script = "import sys, pathlib\npathlib.Path(sys.argv[2], 'results.md').write_text(f'# {sys.argv[1]}')"
    (tmp_path / "paper" / "build.py").write_text(script)
    assert make_site.results() == "results/results.md"
    assert (tmp_path / "pages" / "results" / "results.md").read_text() == "# site"


@pytest.mark.parametrize(("changed", "status", "why"), [
    ("", 0, ""),
    ("", 1, "records that it needs are missing or others are stale than when it was built"),
    ("experiments/records/a-0.json", 0, "it is older than `experiments/records/a-0.json`"),
    ("experiments/manifest.toml", 0, "it is older than `experiments/manifest.toml`"),
    ("paper/paper.tex", 0, "it is older than `paper/paper.tex`"),
    ("_paper/paper.pdf", 0, "it was not built"),
])  # fmt: skip
def test_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, status: int, why: str) -> None:
    places = {"ROOT": "", "PAGES": "pages", "PAPER": "_paper/paper.pdf", "MANIFEST": "experiments/manifest.toml"}
    for name, place in places.items():
        monkeypatch.setattr(make_site, name, tmp_path / place)
    assert make_site.paper() == {}  # no source, no page
    for name in ("paper/build.py", "paper/paper.tex", "experiments/records/a-0.json", "experiments/manifest.toml",
                 "_paper/paper.pdf", "pages/index.md"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"import sys\nraise SystemExit({status} if sys.argv[1:] == ['check', '--built'] else 0)")
        os.utime(path, (1000, 1001 if name == "_paper/paper.pdf" else 1000))
    if changed == "_paper/paper.pdf":
        (tmp_path / changed).unlink()
    elif changed:
        os.utime(tmp_path / changed, (1002, 1002))
    assert make_site.paper() == {"paper": ""}
    said = (tmp_path / "pages" / "paper.md").read_text()
    assert why in said and ("not on this site" in said) == bool(why)
    assert (tmp_path / "pages" / "gmm-xlnet.pdf").exists() == (not why)


def test_smoke_run_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match=r"must name runs of the manifest, got 'smoke-gmm5': did you mean 'smoke-"):
        make_site.smoke_runs(["smoke-gmm5"])


def test_top_level(tmp_path: Path) -> None:
    path = tmp_path / "__init__.py"
    path.write_text("_PUBLIC = {'m': 'a b'}")
    assert make_site.top_level(path) == {"m": ["a", "b"]}
    path.write_text("")
    with pytest.raises(ValueError, match="must have the table _PUBLIC"):
        make_site.top_level(path)


def test_a_figure_counts_as_tall_as_it_is_shown() -> None:
    """A page is cut by what its figures take, which are made narrower where they are wider than the text."""
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 2 * pages.TEXT_WIDTH, 1000)).decode()
    assert pages.figure_height({"image/png": png}) == 520
    assert pages.figure_height({"image/svg+xml": "<svg/>"}) == 320


def test_commands_of_several_lines() -> None:
    """Nothing of them is an error to the lexer, and what follows is Python again."""
    code = "!gmmxlnet inspect town \\\n    --examples 1 | tail -n 2\nx = 1\n!ls\n"
    found = list(NotebookLexer().get_tokens(code))
    assert Token.Error not in {kind for kind, _ in found}
    assert (Token.Operator, "!") in found and (Token.Name, "x") in found
    assert "".join(text for _, text in found) == code
