#!/bin/sh
# tokenizers 0.23.3 gives the pieces of a Unigram model other ids in each training on the same text, in one process and on one thread.
#
# XLNet, ALBERT and T5 have Unigram tokenizers, and `UnigramTrainer` takes no seed. Pieces whose scores are equal come
# in an order that differs from one training to the next, and a piece's id is its place in that order. Pieces and scores are the same
# in what is trained here.
#
# Why a good guess is wrong: a tokenizer that is trained again from the same text by the same version looks as good as a saved one,
# and has the same pieces with the same scores. But a model that was trained with the first one reads other pieces with the second, and
# nothing says so; nor can a cache of token ids be known by the digest of its text. Of the same text, `BpeTrainer` gives the same
# ids each time. So keep the tokenizer's file with the model, or learn the pieces by BPE and score them afterwards.
#
# Seen with Python 3.11, tokenizers 0.23.3, 8 trainings of each on two sentences:
#   Unigram  same pieces: True   same scores: True   same ids: False
#   BPE      same pieces: True   same scores: none   same ids: True
#
# What this project does about it: `train_tokenizer` (notebook 11) learns pieces by BPE, scores them by their counts
# in the text, and sorts them by score and name, so that the same text gives the same ids. Features are cached under a
# digest of the whole tokenizer, and a checkpoint has its tokenizer's file beside it.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tokenizers==0.23.3
RAYON_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PYTHON'
import json
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

TEXT = ["an owl in the old oak saw a vixen dig", "the vixen saw an owl fly over six foggy jade hills"] * 50


def train(model, trainer):
    "Pieces with their ids, and, of a Unigram model, with their scores"
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(TEXT, trainer)
    known = json.loads(tokenizer.to_str())["model"]["vocab"]
    return tokenizer.get_vocab(), dict(known) if isinstance(known, list) else None


told = {"vocab_size": 60, "special_tokens": ["<unk>"], "show_progress": False}
made = {
    "Unigram": [train(models.Unigram(), trainers.UnigramTrainer(unk_token="<unk>", **told)) for _ in range(8)],
    "BPE": [train(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(**told)) for _ in range(8)],
}
same = {}
for kind, ((ids, scores), *others) in made.items():
    pieces = all(more.keys() == ids.keys() for more, _ in others)
    scored = "none" if scores is None else all(more == scores for _, more in others)
    same[kind] = (pieces, scored, all(more == ids for more, _ in others))
    print(f"{kind:8} same pieces: {pieces!s:6} same scores: {scored!s:6} same ids: {same[kind][2]}")
sys.exit(same != {"Unigram": (True, True, False), "BPE": (True, "none", True)})
PYTHON
