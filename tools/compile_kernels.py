"""What Triton's compiler makes of the kernels for a GPU that need not be there: `python tools/compile_kernels.py --target 90`.

For each kernel and form: registers of a thread, bytes that spill out of them, shared memory of a program, and whether tensor
cores' products wait for one another ("serial") because too few registers are left. A kernel that spills or is serial is slow.
"""

import argparse
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

os.environ.pop("TRITON_INTERPRET", None)

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

TENSORS = {
    "*i32": "QT KT VISIBLE_TO PLAIN SEED OFFSETS",
    "*fp32": "WB RB SB SEG LSE SUMS DR",
    "*bf16": "Q K V R OUT DO DS PD DQ DK DV X Y WEIGHT BIAS",
}
SIZE, TILE, DROPOUT = 64, 64, 0.1


class Built(NamedTuple):
    """What became of a kernel."""

    name: str
    registers: int  # Of a thread
    spilled: int  # Bytes
    shared: int  # Bytes of a program
    serial: bool  # Whether products of tensor cores wait for one another

    def __str__(self) -> str:
        serial = "serial" if self.serial else ""
        return f"{self.name:32}{self.registers:4} registers {self.spilled:5} spilled {self.shared:7} shared  {serial}"


def source_of(kernel: Any, constants: dict[str, Any]) -> Any:
    """A kernel with the types of its arguments, where all addresses and sizes are multiples of 16, as PyTorch's are."""
    kinds = {name: kind for kind, names in TENSORS.items() for name in names.split()}
    types, fixed, multiples = dict[str, str](), dict[tuple[int], Any](), dict[tuple[int], Any]()
    for i, name in enumerate(kernel.arg_names):
        if name in constants:
            types[name], fixed[i,] = "constexpr", constants[name]
            continue
        types[name] = kinds.get(name, "fp32" if name == "eps" else "i32")
        if name in kinds or name[0] == "s" or name in ("L", "NK", "S", "T", "count"):
            multiples[i,] = [["tt.divisibility", 16]]
    return ASTSource(kernel, types, fixed, multiples)


def build(name: str, kernel: Any, constants: dict[str, Any], settings: dict[str, int], target: int) -> Built:
    """Compile a kernel down to the GPU's instructions."""
    options = {"num_warps": TILE // 16} | settings
    made = triton.compile(source_of(kernel, constants), target=GPUTarget("cuda", target, 32), options=options)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.ptx").write_text(made.asm["ptx"])
        arch = f"sm_{target}a" if target == 90 else f"sm_{target}"
        command = [triton.knobs.nvidia.ptxas.path, "-v", f"--gpu-name={arch}", "kernel.ptx", "-o", "kernel.cubin"]
        if "maxnreg" in settings:
            command.append(f"--maxrregcount={settings['maxnreg']}")
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stderr
    registers, spilled = (int(re.findall(found, said)[-1]) for found in (r"Used (\d+) registers", r"(\d+) bytes spill stores"))
    return Built(name, registers, spilled, made.metadata.shared, "serialized" in said)


def forms(only: str = "") -> Iterator[tuple[str, Any, dict[str, Any], dict[str, int]]]:
    """Kernels with their constants: documents padded or packed, with and without dropout. Those of a name alone, if given."""
    from gmmxlnet_nb import fused, kernels

    for name, settings in kernels.LAUNCH.items():
        kernel = getattr(kernels, f"{name}_kernel")
        for packed in (False, True) if name.startswith(only) else ():
            for share in (0.0, DROPOUT) if name in ("forward", "weights") else (0.0,):
                constants = {"scale": SIZE**-0.5, "packed": packed, "precision": "tf32", "D": SIZE, "M": TILE}
                constants |= kernels.dropout_constants(share) | ({} if packed else {"OFFSETS": None})
                words = [name, *["packed"] * packed, *["dropout"] * bool(share)]
                yield " ".join(words), kernel, constants, settings
    if not only:
        yield "sum_norm", fused.sum_norm_kernel, {"D": 768, "N": 1024, "R": 4}, {}
        yield "gelu", fused.gelu_kernel, {"N": 2048}, {}


def all_built(target: int, only: str = "") -> Iterator[Built]:
    """Compile kernels, one after the other."""
    gpu = SimpleNamespace(get_current_target=lambda: GPUTarget("cuda", target, 32))  # Triton would ask a driver
    triton.runtime.driver.set_active(gpu)
    for name, kernel, constants, settings in forms(only):
        known = {key: value for key, value in constants.items() if key in kernel.arg_names}
        yield build(name, kernel, known, settings, target)


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="What Triton's compiler makes of the kernels for a GPU.")
    parser.add_argument("--target", type=int, default=90, help="compute capability: 80 for an A100, 90 for an H100 or H200")
    parser.add_argument("--only", default="", help="one of the kernels of attention, by its name")
    asked = parser.parse_args()
    print(f"Triton {triton.__version__}, compute capability {asked.target}, bfloat16, heads of {SIZE}, tiles of {TILE}")
    for found in all_built(asked.target, asked.only):
        print(found, flush=True)


if __name__ == "__main__":
    main()
