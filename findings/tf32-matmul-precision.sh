#!/bin/sh
# transformers 5.23.0 with torch 2.13.0: after tf32=True, asking PyTorch how it multiplies raises an error.
#
# PyTorch has two ways to say how float32 is multiplied: torch.set_float32_matmul_precision and allow_tf32, and since 2.9
# fp32_precision. TrainingArguments(tf32=True) calls transformers' enable_tf32, which uses the newer one. From then on
# torch.get_float32_matmul_precision() and reading torch.backends.cuda.matmul.allow_tf32 raise a RuntimeError, for the rest
# of the process, although nobody has mixed the two: one library has set, another one asks. It needs no GPU to be seen.
# torch.backends.cuda.matmul.fp32_precision can be read after either way of setting.
#
# Why a good guess is wrong: a getter looks harmless. Code that keys a cache by the precision, or saves it to put it back,
# works until somebody trains with tf32=True before.
#
# Seen with Python 3.11, torch 2.13.0 for CPU:
#   as it comes             highest   none
#   after enable_tf32       RuntimeError   tf32
#   after the older setter  high   tf32
#
# What this project does about it: `product_precision` (notebook 24), by which captured steps are kept apart, and
# `float32_products` (notebook 75) read and set `fp32_precision` where PyTorch has it, and nothing else.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.23.0 torch==2.13.0
cat > "$folder/ask.py" <<'PYTHON'
import sys
import warnings

import torch
from transformers.utils.import_utils import enable_tf32

warnings.simplefilter("ignore")
if sys.argv[1] == "transformers":
    enable_tf32(True)
if sys.argv[1] == "older":
    torch.set_float32_matmul_precision("high")
try:
    answer = torch.get_float32_matmul_precision()
except RuntimeError as error:
    answer = type(error).__name__
print(answer, torch.backends.cuda.matmul.fp32_precision)
PYTHON
found=$(for how in nothing transformers older; do "$folder/venv/bin/python" "$folder/ask.py" "$how"; done)
echo "$found"
[ "$found" = "highest none
RuntimeError tf32
high tf32" ]
