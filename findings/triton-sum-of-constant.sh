#!/bin/sh
# Triton 3.6.0 cannot compile a kernel that counts by a sum of ones, divides by the count, and keeps it, too.
#
# That is what torch.compile writes for x.sum() / torch.ones_like(x).sum() where a backward pass needs the count. It ends in
# "RuntimeError: PassManager::run failed" after "operand #1 does not dominate this use" once there are as many numbers as the
# block has threads (32 a warp); with fewer numbers, or more warps, it compiles, and so it does where the count is not kept.
# In Triton 3.7.1 all of these compile. No GPU is needed to see it: the target is named.
#
# Why a good guess is wrong: PyTorch 2.11, which brings Triton 3.6.0, compiles a weighted mean for small batches and fails for
# one of 64, in the same function; the message names a pass of the compiler, and no line of the caller.
#
# Seen with Python 3.11, target CUDA 9.0 (numbers that are summed, warps):
#   triton 3.6.0   16 × 1 compiled   64 × 2 RuntimeError   64 × 4 compiled   256 × 4 RuntimeError
#   triton 3.7.1   16 × 1 compiled   64 × 2 compiled       64 × 4 compiled   256 × 4 compiled
#
# What this project does about it: the loss of a batch, which is compiled, takes the mean where all documents weigh 1
# (`span_loss`, notebook 32), and a test on the GPU compiles it for 64 documents.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/kernel.py" <<'PYTHON'
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@triton.jit
def average(out, count, x, N: tl.constexpr):
    "The mean of N numbers, and how many there are, counted by a sum of ones"
    total = tl.sum(tl.load(x + tl.arange(0, N)[None, :]), 1)[:, None]
    ones = tl.sum(tl.full([1, N], 1.0, tl.float32), 1)[:, None]
    kept = tl.maximum(ones, tl.full([1, 1], 1.0, tl.float32))
    mean = total / kept
    tl.store(count + tl.full([1, 1], 0, tl.int32), kept)
    tl.store(out + tl.full([1, 1], 0, tl.int32), mean)


def outcome(n, warps):
    "Whether the kernel compiles for n numbers and so many warps"
    types = {"out": "*fp32", "count": "*fp32", "x": "*fp32", "N": "constexpr"}
    source = ASTSource(fn=average, signature=types, constexprs={"N": n})
    try:
        triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": warps})
    except RuntimeError as error:
        assert "PassManager" in str(error), error
        return "RuntimeError"
    return "compiled"


found = [outcome(n, warps) for n, warps in ((16, 1), (64, 2), (64, 4), (256, 4))]
print("triton", triton.__version__, *found)
broken = triton.__version__ == "3.6.0"
assert found == ["compiled", "RuntimeError" if broken else "compiled", "compiled", "RuntimeError" if broken else "compiled"]
PYTHON
for version in 3.6.0 3.7.1; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "triton==$version"
  TRITON_CACHE_DIR="$folder/cache-$version" "$folder/$version/bin/python" "$folder/kernel.py" 2>/dev/null
done
