"""The sdist and the wheel that is built from it, installed outside the repository: python -m pytest tools/test_packages.py."""

import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
NAMES = """
import gmmxlnet_nb
where = gmmxlnet_nb.__file__
found = [getattr(gmmxlnet_nb, name) for name in gmmxlnet_nb.__all__]
assert where.startswith({place!r}), where
"""
COMMAND = """import sys
from importlib import import_module
sys.argv = sys.argv[2:]
import_module({module!r}).{function}()"""


def run(*command: str, cwd: Path, place: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python; with `place`, the package is that which is installed there."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    env = {name: value for name, value in env.items() if name != "PYTHONPATH"} | ({"PYTHONPATH": str(place)} if place else {})
    return subprocess.run([sys.executable, "-W", "ignore", *command], capture_output=True, text=True, cwd=cwd, env=env)


def built(hook: str, source: Path, target: Path) -> Path:
    """What a build backend makes, without a network: the same that pip and build call."""
    done = run("-c", BUILD, hook, str(target), cwd=source)
    assert done.returncode == 0, done.stderr[-3000:]
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel is installed that was built from the sdist, of what git has here."""
    base = tmp_path_factory.mktemp("packages")
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():  # deleted, but not yet in git
            (base / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (base / "source" / name).write_bytes((ROOT / name).read_bytes())
    sdist = built("build_sdist", base / "source", base)
    with tarfile.open(sdist) as archive:
        archive.extractall(base / "unpacked", filter="data")
    (unpacked,) = (base / "unpacked").iterdir()
    wheel = built("build_wheel", unpacked, base)
    target = base / "installed"
    done = run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel), cwd=base)
    assert done.returncode == 0, done.stderr[-3000:]
    return target


def distribution(place: Path) -> Distribution:
    """What is noted about the installed package."""
    (info,) = place.glob("*.dist-info")
    return PathDistribution(info)


def test_modules_names_and_readme(place: Path, tmp_path: Path) -> None:
    """Every public name, and the examples of the README, as they stand there, from another folder."""
    modules = [sorted(path.name for path in (root / "gmmxlnet_nb").glob("*.py")) for root in (ROOT, place)]
    assert modules[0] == modules[1]
    assert (place / "gmmxlnet_nb" / "py.typed").is_file()
    readme = distribution(place).metadata.get_payload()  # type: ignore[attr-defined]
    examples = re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert len(examples) == 6
    script = tmp_path / "examples.py"
    script.write_text("\n".join([NAMES.format(place=str(place)), *examples]), encoding="utf-8")
    done = run(str(script), cwd=tmp_path, place=place)
    assert done.returncode == 0, done.stderr[-3000:]
    said = re.search(r"loss: [\d.]+", readme)
    assert said and said[0] in done.stdout  # it is seeded, and so the same as the README says
    assert [path.name for path in tmp_path.iterdir()] == ["examples.py"]  # nothing is left behind


def test_commands(place: Path, tmp_path: Path) -> None:
    """Every console command; what needs the repository says so."""
    commands = {e.name: (e.module, e.attr) for e in distribution(place).entry_points if e.group == "console_scripts"}
    assert sorted(commands) == ["gmmxlnet", "gmmxlnet-runs", "gmmxlnet-train"]
    for name, given, code, words in (
        ("gmmxlnet", ["--help"], 0, "usage: gmmxlnet"),
        ("gmmxlnet-train", ["none.json"], 2, "gmmxlnet-train: CONFIG must be a file that can be read, got 'none.json'"),
        ("gmmxlnet-runs", ["list"], 2, "experiments/manifest.toml: go to the repository's root, or give --manifest"),
    ):
        module, function = commands[name]
        script = COMMAND.format(module=module, function=function)
        done = run("-c", script, "-", name, *given, cwd=tmp_path, place=place)
        assert done.returncode == code and words in done.stdout + done.stderr, done
        assert code == 0 or done.stderr.count("\n") == 1


def test_requirements(place: Path) -> None:
    """The extras, and that all that is imported is asked for."""
    about = distribution(place)
    assert sorted(about.metadata.get_all("Provides-Extra") or []) == ["analysis", "dev", "pdf", "serve"]
    wanted: dict[str, set[str]] = {}  # by extra, "" for what is always installed
    for line in about.requires or []:
        extra = re.search(r'extra == "(\w+)"', line)
        wanted.setdefault(extra[1] if extra else "", set()).add(re.split(r"[^\w-]", line)[0])
    assert wanted["pdf"] == {"pypdf"} and wanted["serve"] == {"starlette", "uvicorn"}
    assert wanted["analysis"] == {"scikit-learn"}
    extras = wanted["pdf"] | wanted["serve"] | wanted["analysis"]
    assert wanted["dev"] >= extras
    needed = wanted[""] | extras
    text = "\n".join(path.read_text(encoding="utf-8") for path in (place / "gmmxlnet_nb").glob("*.py"))
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)) - set(sys.stdlib_module_names) - {"gmmxlnet_nb"}
    names = {"zmq": "pyzmq", "sklearn": "scikit-learn"}
    names |= {"pyarrow": "datasets", "huggingface_hub": "transformers"}  # they come with these
    missing = {names.get(name, name) for name in imported} - needed - {"triton"}
    assert not missing


def test_a_system_that_is_not_supported() -> None:
    """Windows is told at once, and what to do there."""
    done = run("-c", "import sys; sys.platform = 'win32'; import gmmxlnet_nb", cwd=ROOT)
    assert done.returncode == 1 and "ImportError: gmmxlnet_nb runs on Linux. On Windows use it in WSL" in done.stderr, done.stderr
