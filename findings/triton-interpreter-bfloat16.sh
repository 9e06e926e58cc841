#!/bin/sh
# Triton 3.7.1: its interpreter computes with the bits of bfloat16 numbers as if they were whole numbers.
#
# With TRITON_INTERPRET=1 kernels run on a CPU, for tests. NumPy has no bfloat16, so the interpreter keeps such numbers
# as the 16-bit whole numbers of the same bits, and calculates with these: 1 + 1 adds 0x3f80 twice and gives 0x7f00, a
# number near 1.7e38; 1 × 1 keeps the last 16 bits of a product and gives 2. A sum over a row is as wrong. The
# documentation names operations on bfloat16 as a limit of the interpreter; the interpreter itself raises nothing and
# gives no warning. A conversion from float32 to bfloat16 cuts off what PyTorch rounds.
#
# Why a good guess is wrong: loading, storing and converting bfloat16 work, and float16 is right throughout. A right
# kernel fails its test here as a wrong one does, with numbers that look like an overflow.
#
# Seen with Python 3.11, torch 2.13.0 for CPU; results of a kernel, and those of PyTorch:
#   float16   sum       2 3.5 1 3.5                              2 3.5 1 3.5
#   float16   product   1 3 -2 1.5                               1 3 -2 1.5
#   float16   total     7.5                                      7.5
#   float16   third     0.3333 0.5 0.6665 1                      0.3333 0.5 0.6665 1
#   bfloat16  sum       1.701e+38 nan -inf 2.552e+38             2 3.5 1 3.5
#   bfloat16  product   2 0 0 -2                                 1 3 -2 1.5
#   bfloat16  total     -inf                                     7.5
#   bfloat16  third     0.332 0.5 0.6641 1                       0.334 0.5 0.668 1
#
# What this project does about it: The kernels of notebook 25 convert what they load to float32 before they compute, and
# are tested by the interpreter in bfloat16 too, with an allowance for what is cut off. The attention of notebook 21
# multiplies in bfloat16: its tests in half precision are for a GPU only, by the flag `gpu`.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check triton==3.7.1 torch==2.13.0 numpy==2.4.6
cat >"$folder/kernels.py" <<'PYTHON'
import sys

import torch
import triton
import triton.language as tl


@triton.jit
def calculate(x, y, added, multiplied, summed, converted, n: tl.constexpr):
    at = tl.arange(0, n)
    a, b = tl.load(x + at), tl.load(y + at)
    tl.store(added + at, a + b)
    tl.store(multiplied + at, a * b)
    tl.store(summed, tl.sum(a))
    tl.store(converted + at, (a.to(tl.float32) / 3.0).to(a.dtype))


def results(dtype):
    "What the kernel makes of two rows of numbers, and what PyTorch does"
    x, y = torch.tensor([1.0, 1.5, 2.0, 3.0], dtype=dtype), torch.tensor([1.0, 2.0, -1.0, 0.5], dtype=dtype)
    out = [torch.empty(size, dtype=dtype) for size in (4, 4, 1, 4)]
    calculate[(1,)](x, y, *out, 4)
    return dict(zip(("sum", "product", "total", "third"), zip(out, (x + y, x * y, x.sum()[None], x / 3.0))))


print(f"triton {triton.__version__}, torch {torch.__version__}")
same = {}
for dtype in (torch.float16, torch.bfloat16):
    for name, (found, right) in results(dtype).items():
        same[dtype, name] = torch.equal(found, right)
        told = " ".join(f"{x:.4g}" for x in found.tolist()), " ".join(f"{x:.4g}" for x in right.tolist())
        print(f"{str(dtype).removeprefix('torch.'):9} {name:8}  {told[0]:40} {told[1]}")
wrong = {name: not same[torch.bfloat16, name] for name in ("sum", "product", "total", "third")}
one = torch.tensor([1.0], dtype=torch.bfloat16).view(torch.int16).item()
twice = torch.tensor([2 * one], dtype=torch.int16).view(torch.bfloat16).item()
sys.exit(not (all(wrong.values()) and all(v for k, v in same.items() if k[0] == torch.float16)
              and results(torch.bfloat16)["sum"][0][0].item() == twice))
PYTHON
TRITON_INTERPRET=1 "$folder/venv/bin/python" "$folder/kernels.py"
