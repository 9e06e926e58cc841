"""Try to break it once more, in one command that is too long for CI: `make trial`.

    python tools/trial.py                                        all parts, with a table at the end
    python tools/trial.py --parts segments disk --seed 7         some of them, with other random choices
    python tools/trial.py --mutants 20 --workers 1               fewer mutants, which take most of the time

| part     | what is tried | what must hold |
|----------|---------------|----------------|
| hostile  | folders and files as a stranger may make them (`tools/hostile.py`) | each is refused in time, nothing of it is run |
| mutants  | small changes of the package (`tools/mutants.py`) | notebooks notice nine of ten |
| segments | texts, questions, layouts (`tools/trial_segments.py`) | the contract of segments, written anew |
| resume   | trainings, pre-trainings and sweeps that are killed (`tools/trial_faults.py`) | what goes on ends as if undisturbed |
| disk     | disks that are full while something is saved | what was there stays whole, and one line says why |

A part falls short if too little held, if nothing was tried, or if it broke itself; then the exit code is 1. What was found is in
`runs/trial/summary.json` and `summary.md`, after each part anew.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "runs" / "trial"
SEED = 1  # Another one than that of `make mutants`, of notebook 53 and of the notebooks' own random tests
SHOWN = 20  # Of what did not hold, in the summary


@dataclass(frozen=True)
class Asked:
    """How much is tried."""

    seed: int = SEED
    workers: int = 2  # Processes that run mutants
    hostile: int = 200
    mutants: int = 60
    cases: int = 5000  # Of the contract of segments
    rounds: int = 12  # Of each run that is killed; a quarter of them for sweeps, which are slow
    points: int = 12  # Moments at which the disk is full, of each thing that is saved
    out: Path = OUT


Case = tuple[str, str]  # What was tried, and what was wrong; nothing if it held


@dataclass
class Result:
    """What came of a part."""

    part: str
    share: float  # Of what was tried that must hold
    tried: int = 0
    held: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    broken: str = ""  # Why the part could not be ended

    @property
    def short(self) -> bool:
        """Whether it falls short."""
        return bool(self.broken) or not self.tried or self.held < self.share * self.tried


def said_by(tool: str, *arguments: str) -> Iterator[str]:
    """The lines that a tool of this folder prints; a `RuntimeError` if it ends with anything but 0 or 1."""
    start = [sys.executable, str(ROOT / "tools" / tool), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+") as wrong:
        with subprocess.Popen(
            start, stdout=subprocess.PIPE, stderr=wrong, text=True, env=environment, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            yield from process.stdout
        wrong.seek(0)
        if process.returncode not in (0, 1):
            raise RuntimeError(f"{tool} ended with {process.returncode}: {wrong.read()[-500:]}")


def hostile(asked: Asked) -> Iterator[Case]:
    """Files of strangers."""
    for line in said_by("hostile.py", str(asked.hostile), "--seed", str(asked.seed)):
        outcome = json.loads(line)
        yield f"{outcome['kind']}: {outcome['what']}", "; ".join(outcome["faults"])


def mutants(asked: Asked) -> Iterator[Case]:
    """Changes of the package; what a line says that begins with another word is no mutant's end."""
    out = asked.out / "mutants"
    options = {"--seed": asked.seed, "--count": asked.mutants, "--workers": asked.workers, "--out": out}
    for line in said_by("mutants.py", *(str(x) for pair in options.items() for x in pair)):
        status, _, rest = line.strip().partition(" ")
        if status in ("caught", "survived"):  # the list of survivors at the end says `survived:`
            yield rest.partition(": ")[2], "no notebook noticed" if status == "survived" else ""


def segments(asked: Asked) -> Iterator[Case]:
    """The contract of segments."""
    from trial_segments import cases

    yield from cases(asked.cases, asked.seed)


def resume(asked: Asked) -> Iterator[Case]:
    """What is killed goes on."""
    from trial_faults import killed_runs, killed_sweeps

    with scratch() as place:
        yield from killed_runs(asked.rounds, asked.seed, place)
        yield from killed_sweeps(max(1, asked.rounds // 4), asked.seed, place)


def disk(asked: Asked) -> Iterator[Case]:
    """Full disks."""
    from trial_faults import full_disks

    with scratch() as place:
        yield from full_disks(asked.points, asked.seed, place)


PARTS: dict[str, tuple[Callable[[Asked], Iterator[Case]], float]] = {  # With the share that must hold
    "hostile": (hostile, 1.0), "segments": (segments, 1.0), "resume": (resume, 1.0), "disk": (disk, 1.0),
    "mutants": (mutants, 0.9),
}  # fmt: skip


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes in the end."""
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        yield Path(folder).resolve()


def run_part(name: str, cases: Iterable[Case], share: float) -> Result:
    """Try all cases of a part, and say when it begins and ends."""
    print(f"{name} begins", flush=True)
    result, began = Result(name, share), time.perf_counter()
    try:
        for what, wrong in cases:
            result.tried += 1
            result.held += not wrong
            result.faults += [f"{what}: {wrong}"] if wrong else []
    except Exception as error:
        result.broken = f"{type(error).__name__}: {error}"
    result.seconds = round(time.perf_counter() - began, 1)
    told = f", and broke: {result.broken:.300}" if result.broken else ""
    print(f"{name} ends after {result.seconds} s: {result.held} of {result.tried} held{told}", flush=True)
    return result


def table(results: Iterable[Result]) -> str:
    """Parts, and how much of them held."""
    rows = [("part", "tried", "held", "time in s", ""), ("---", "---:", "---:", "---:", "---")]
    rows += [(r.part, str(r.tried), str(r.held), f"{r.seconds:.1f}", "falls short" if r.short else "") for r in results]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def write_summary(results: list[Result], asked: Asked) -> None:
    """Write what was found so far, each file whole or not at all."""
    from gmmxlnet_nb.core import whole_file, write_json

    how = {name: value for name, value in asdict(asked).items() if name != "out"}
    write_json(asked.out / "summary.json", {"asked": how, "parts": [{**asdict(r), "short": r.short} for r in results]})
    lines = [f"Seed {asked.seed}.\n", table(results)]
    for result in results:
        faults = [f"- {text}" for text in [*filter(None, [result.broken]), *result.faults[:SHOWN]]]
        lines += [f"\n## {result.part}: what did not hold\n", *faults] if faults else []
    with whole_file(asked.out / "summary.md") as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_parts(names: Iterable[str], asked: Asked) -> list[Result]:
    """Run parts one after the other."""
    results: list[Result] = []
    for name in names:
        cases, share = PARTS[name]
        results.append(run_part(name, cases(asked), share))
        write_summary(results, asked)
    return results


def main(arguments: list[str] | None = None) -> int:
    """Try what is asked for; 1 if a part falls short."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n\n")[0])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), help="which; all by default")
    parser.add_argument("--seed", type=int, default=SEED, help=f"settles all choices; {SEED} by default")
    parser.add_argument("--workers", type=int, default=2, help="processes that run mutants")
    parser.add_argument("--count", type=int, help="of mutants and hostile files; 60 and 200 by default")
    parser.add_argument("--mutants", type=int, help="of mutants alone")
    given = parser.parse_args(arguments)
    asked_for = {"hostile": given.count, "mutants": given.count if given.mutants is None else given.mutants}
    counts = {name: count for name, count in asked_for.items() if count is not None}
    asked = Asked(given.seed, given.workers, **counts, out=OUT)
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    results = run_parts(given.parts, asked)
    print(table(results))
    return int(any(result.short for result in results))


if __name__ == "__main__":
    sys.exit(main())
