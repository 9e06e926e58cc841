#!/bin/sh
# PEFT 0.21.2: a model wrapped for TaskType.QUESTION_ANS never sees token_type_ids.
#
# PeftModelForQuestionAnswering.forward has an argument token_type_ids, as the models that it wraps have, and does not
# hand it on when it calls the model (only to prompt tuning's own code). So BERT, XLNet and the like take every token for
# one of segment 0: they are no longer told the question from the text. The answer logits change, without a warning, in
# training and in inference. The same model with the same adapter and without a task type gets the ids.
#
# Why a good guess is wrong: the argument is in the signature, the task type is the one that the documentation names for
# such models, and before training an adapter changes nothing: wrapped and bare model should agree to the last bit.
#
# Seen with Python 3.11, torch 2.13.0, transformers 5.23.0 and a small BERT with new weights; largest change of a start
# logit that token_type_ids make:
#   bare model              0.22
#   task_type None          0.22
#   TaskType.QUESTION_ANS   0.00
#
# What this project does about it: `check_adapters` (notebook 42) refuses to train a PEFT model whose configuration
# has a task type, and says why. A model that is called without segment ids warns (`MISSING_SEGMENT_IDS`, notebook
# 34).
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check peft==0.21.2 transformers==5.23.0 torch==2.13.0 accelerate==1.15.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import peft
import torch
import transformers
from peft import LoraConfig, TaskType, get_peft_model
from transformers import BertConfig, BertForQuestionAnswering


def bare():
    "A small BERT, always the same, in which the segment's embedding is not negligible"
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return BertForQuestionAnswering(BertConfig(vocab_size=50, initializer_range=0.1, **sizes)).eval()


def wrapped(task):
    "The same with an adapter that changes nothing yet"
    return get_peft_model(bare(), LoraConfig(task_type=task, target_modules=["query", "value"])).eval()


def change(model):
    "What the segment ids of a question and a text change in the logits"
    ids = torch.arange(1, 21)[None]
    types = (torch.arange(20) >= 8).long()[None]
    with torch.no_grad():
        told, not_told = (model(input_ids=ids, token_type_ids=x).start_logits for x in (types, torch.zeros_like(types)))
    return (told - not_told).abs().max().item()


print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
found = {"bare model": change(bare()), "task_type None": change(wrapped(None))}
found["TaskType.QUESTION_ANS"] = change(wrapped(TaskType.QUESTION_ANS))
for name, value in found.items():
    print(f"{name:22}  {value:.2f}")
own, plain, task = found.values()
sys.exit(not (own > 0.05 and plain == own and task == 0.0))
PYTHON
