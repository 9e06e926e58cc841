#!/bin/sh
# transformers 5.23.0: XLNetForQuestionAnswering lists the ends of its beam by rank, not by start, and its log_probs are probabilities.
#
# The beam head proposes start_n_top starts, and for each of them end_n_top ends; end_top_index and end_top_log_probs
# have start_n_top * end_n_top columns. In the original code, and in post-processing written after it, the columns
# belong to the first start, then to the second: end j of start i is column i * end_n_top + j. Here it is column j *
# start_n_top + i. Read in the usual way, most ends are paired with starts that they were not computed for. What is
# called start_top_log_probs and end_top_log_probs comes from a softmax and is never negative, so that adding up a
# start's and an end's, as one does with logarithms, ranks spans otherwise.
#
# Why a good guess is wrong: the documentation gives the shape and not the order, start comes first in the shape as it
# is written there, and with start_n_top = end_n_top = 5, the defaults, both readings fit. The best end of the best
# start is column 0 in either.
#
# Seen with Python 3.11, torch 2.13.0 and a small XLNet with new weights; 2 starts with 3 ends each, ends computed anew
# for each start:
#   computed anew       [6, 9, 7] [8, 6, 10]
#   column 3 i + j      [6, 8, 9] [6, 7, 10]
#   column 2 j + i      [6, 9, 7] [8, 6, 10]
#   log_probs            0.12 to 0.36
#
# What this project does about it: Nothing here has a beam head. `n_best_spans` (notebook 40) scores all spans up to the
# longest answer from one start and one end logit of each token, and sums of logits are compared before any softmax.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.23.0 torch==2.13.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import transformers
from transformers import XLNetConfig, XLNetForQuestionAnswering

STARTS, ENDS = 2, 3
torch.manual_seed(0)
sizes = {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64, "initializer_range": 0.5}
config = XLNetConfig(vocab_size=40, start_n_top=STARTS, end_n_top=ENDS, **sizes)
model, ids = XLNetForQuestionAnswering(config).eval(), torch.arange(10, 22)[None]
with torch.no_grad():
    out, hidden = model(ids), model.transformer(ids).last_hidden_state
    anew = []
    for start in out.start_top_index[0]:
        logits = model.end_logits(hidden, start_states=hidden[:, start, None].expand_as(hidden))
        anew.append(logits[0].topk(ENDS).indices.tolist())
columns = out.end_top_index[0].tolist()
by_start = [columns[i * ENDS : (i + 1) * ENDS] for i in range(STARTS)]
by_rank = [columns[i::STARTS] for i in range(STARTS)]
chances = torch.cat([out.start_top_log_probs, out.end_top_log_probs], dim=1)

print(f"transformers {transformers.__version__}, torch {torch.__version__}")
print("computed anew      ", *anew)
print("column 3 i + j     ", *by_start)
print("column 2 j + i     ", *by_rank)
print(f"log_probs            {chances.min():.2f} to {chances.max():.2f}")
sys.exit(not (by_rank == anew != by_start and 0 <= chances.min() and chances.max() <= 1))
PYTHON
