"""`tools/compile_kernels.py` compiles for a GPU that is not there, and what it finds is what a fast kernel has."""

import re
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).with_name("compile_kernels.py")


def test_forward_keeps_its_registers() -> None:
    """No form of the forward kernel spills on an H100 or H200, or makes products wait for one another."""
    done = subprocess.run([sys.executable, TOOL, "--only", "forward"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("forward")]
    assert len(lines) == 4
    for line in lines:
        registers, spilled = re.findall(r"(\d+) registers +(\d+) spilled", line)[0]
        assert 100 < int(registers) <= 255 and spilled == "0" and "serial" not in line, line
