#!/bin/sh
# transformers 5.23.0: in batches for permutation language modelling no token to predict ever sees another one.
#
# XLNet predicts tokens in a random order, each from the context and from those that were predicted before it. That
# needs the true tokens in the input and a perm_mask that hides from each target what comes later.
# DataCollatorForPermutationLanguageModeling makes such a perm_mask, and also writes <mask> over all targets in
# input_ids. What a later target is then allowed to see of an earlier one is <mask>: all targets are predicted from the
# context alone, as in BERT, and the order changes nothing but which masks are seen. The original code keeps the true
# tokens in the stream that others look at.
#
# Why a good guess is wrong: the class is the one for this objective, and its perm_mask is a permutation's. That tokens
# must not see themselves speaks for a mask, but the query stream, which the prediction is made of, never has its own
# token.
#
# Seen with Python 3.11, torch 2.13.0 and a small XLNet with new weights; change of the logits of later targets when an
# earlier target's token is another one:
#   targets              5, <mask> at all of them: True, 4 may look at the changed one
#   collator's input     0.000
#   true tokens          0.955
#
# What this project does about it: Pre-training uses no collator of transformers': `draw_permutation` and
# `encode_two_streams` (notebook 58) keep the true tokens, and a test there shows that a target's logits move with an
# earlier target and not with a later one or with itself.
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
from transformers import DataCollatorForPermutationLanguageModeling, XLNetConfig, XLNetLMHeadModel, XLNetTokenizer

special = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]
tokenizer = XLNetTokenizer(vocab=[(piece, 0.0) for piece in special] + [(f"▁w{i}", -1.0) for i in range(31)], unk_id=0)
collator = DataCollatorForPermutationLanguageModeling(tokenizer)
torch.manual_seed(0)
sizes = {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64, "initializer_range": 0.3}
model = XLNetLMHeadModel(XLNetConfig(vocab_size=40, **sizes)).eval()
ids = torch.arange(9, 39)


def batch(ids):
    "What the collator makes of a row, with the same draws each time"
    torch.manual_seed(0)
    return collator([{"input_ids": ids}])


first = batch(ids)
targets = (first["labels"][0] >= 0).nonzero()[:, 0]
allowed = first["perm_mask"][0, targets][:, targets] == 0  # which target may look at which
earlier = targets[allowed.sum(0).argmax()]  # the one that most may look at
later = targets[allowed[:, allowed.sum(0).argmax()]]
changed = ids.clone()
changed[earlier] = 39
second = batch(changed)


def logits(made, true=None):
    "Predictions, with the collator's input or with the true tokens in it"
    with torch.no_grad():
        given = {name: made[name] for name in ("perm_mask", "target_mapping")}
        return model(made["input_ids"] if true is None else true[None], **given).logits[0, later]


masked = bool((first["input_ids"][0, targets] == tokenizer.mask_token_id).all())
same = all(torch.equal(first[name], second[name]) for name in ("input_ids", "perm_mask", "target_mapping"))
kept = (logits(first) - logits(second)).abs().max().item()
own = (logits(first, ids) - logits(second, changed)).abs().max().item()
print(f"transformers {transformers.__version__}, torch {torch.__version__}")
print(f"targets              {len(targets)}, <mask> at all of them: {masked}, {len(later)} may look at the changed one")
print(f"collator's input     {kept:.3f}")
print(f"true tokens          {own:.3f}")
sys.exit(not (masked and same and len(later) and kept == 0.0 and own > 1e-3))
PYTHON
