"""Tests of what looks at pages in a browser, where there is one: `pytest docs`."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
pytest.importorskip("playwright")
if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
    pytest.skip("Chromium is missing", allow_module_level=True)

import look
from playwright.sync_api import sync_playwright

PAGE = """<!doctype html><title>made up</title><style>body { margin: 0; background: #fff; color: #000 }</style>
<main><div id="wide" style="%s">Words</div><label>Name <input></label><button>Go</button></main>"""


@pytest.fixture
def view() -> Iterator[look.Look]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=look.chromium(), args=["--no-sandbox"])
        yield look.Look(browser, 390)
        browser.close()


def found(view: look.Look, page: str) -> list[list[str]]:
    """What overflows, is hard to read, and has no name."""
    view.page.set_content(page)
    return [view.page.evaluate(script) for script in (look.OVERFLOW, look.CONTRAST, look.NAMELESS)]


@pytest.mark.parametrize(
    ("style", "faults"),
    [
        ("", [0, 0, 0]),
        ("width: 500px", [2, 0, 0]),
        ("color: #aaa", [0, 1, 0]),
        ("color: #888; font-size: 30px", [0, 0, 0]),
        ("background: #333", [0, 1, 0]),
        ("color: #aaa; display: none", [0, 0, 0]),
    ],
)
def test_styles(view: look.Look, style: str, faults: list[int]) -> None:
    assert list(map(len, found(view, PAGE % style))) == faults


def test_fields_need_names(view: look.Look) -> None:
    bare = PAGE.replace("<label>Name <input></label><button>Go</button>", '<input class="bare"><button></button>')
    assert found(view, bare)[2] == ['<input class="bare">', "<button></button>"]


def test_requests_are_noted(view: look.Look) -> None:
    view.noted.clear()
    view.page.set_content("<script>console.error('wrong'); fetch('http://example.org/x').catch(() => 0); undefined.x</script>")
    view.page.wait_for_timeout(200)
    for word in ("console: wrong", "asks for http://example.org/x", "script error: "):
        assert any(note.startswith(word) for note in view.noted), view.noted


@pytest.mark.skipif(not look.AXE.exists(), reason="make look installs axe-core")
def test_accessibility(view: look.Look) -> None:
    page = '<!doctype html><html lang="en"><title>t</title><main><h1>T</h1><img src="data:," %s></main></html>'
    found = []
    for words in ("", 'alt="A figure"'):
        view.page.set_content(page % words)
        view.page.add_script_tag(path=look.AXE)
        found.append(view.page.evaluate(look.SERIOUS))
    assert len(found[0]) == 1 and found[0][0].startswith("image-alt") and found[1] == []


def test_the_page_of_serve(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(look, "PICTURES", tmp_path)
    monkeypatch.setattr(look, "CHECKPOINT", tmp_path / "none")
    assert look.look_at_server() == 0, capsys.readouterr().out
    assert len(list(tmp_path.glob("serve-*.png"))) == 16
