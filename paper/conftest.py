"""Projects with made-up records, in temporary folders, for all tests."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import build
import pytest
from evidence import OPTIONAL
from synthetic import make_project


@pytest.fixture(scope="session", autouse=True)
def unsynced() -> Iterator[None]:
    """Thousands of records are written, none of which need outlive a power failure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a whole project, not to be changed."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a project before any run is made that the paper can do without, not to be changed."""
    return make_project(tmp_path_factory.mktemp("before"), without=[run for runs in OPTIONAL.values() for run in runs])


@pytest.fixture(scope="session")
def built(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what was built from it, not to be changed."""
    folder = tmp_path_factory.mktemp("built")
    build.build(folder, manifest=original)
    return folder


@pytest.fixture
def manifest(original: Path, tmp_path: Path) -> Path:
    """The manifest of a copy."""
    shutil.copytree(original.parent.parent, tmp_path / "project")
    return tmp_path / "project" / "experiments" / "manifest.toml"


@pytest.fixture
def undrawn(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are copied and not drawn, where a test is about what stands beside them."""

    def copy(figure: build.Figure, _: Any, path: Path) -> None:
        shutil.copy(built / f"fig-{figure.name}.pdf", path)

    monkeypatch.setattr(build, "draw", copy)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A copy of the paper's sources."""
    folder = tmp_path / "text"
    folder.mkdir()
    for name in ("paper.tex", "references.bib"):
        shutil.copy(build.PAPER / name, folder)
    return folder
