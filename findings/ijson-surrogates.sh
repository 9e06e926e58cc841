#!/bin/sh
# ijson 3.6.0 reads other characters than the file holds, or the right ones, depending on which of its backends is there.
#
# A text cut inside an emoji ends in half of a surrogate pair. JSON's grammar allows that (`"\ud83d"`; RFC 8259, section
# 8.2, calls what readers make of it unpredictable), and Python's json writes and reads it unchanged, so that a program
# can find and refuse it. ijson's backend "python" does the same. Its backend "yajl2_c", the default where a wheel is
# installed, makes a new character of the half and whatever `\u` escape follows, which is swallowed: a cut followed by
# an ellipsis, `"\ud83d\u2026"`, becomes a bird, `"\ud83dA"` with A written as `\u0041` becomes an eye. Without an
# escape behind it the half becomes "?". No error and no warning.
#
# Why a good guess is wrong: one expects what json.loads gives, or an error, or U+FFFD; backends of one library are
# expected to differ in speed.
#
# Seen with Python 3.11, ijson 3.6.0 (wheel for Linux):
#   json.loads           ['nice \ud83d\u2026', '\ud83dA', 'nice \ud83d.']
#   ijson, python        ['nice \ud83d\u2026', '\ud83dA', 'nice \ud83d.']
#   ijson, yajl2_c       ['nice \U0001f426', '\U0001f441', 'nice ?.']
#
# What this project does about it: `JsonReader` (notebook 08) gives the values that `json.loads` gives, and `is_text`
# (notebook 10) finds half of a pair, so that such a record is refused by name. ijson is not used.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ijson==3.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import json
import sys

import ijson

text = r'{"data": ["nice \ud83d\u2026", "\ud83d\u0041", "nice \ud83d."]}'
seen = {"json.loads": json.loads(text)["data"]}
for backend in ("python", "yajl2_c"):
    seen[f"ijson, {backend}"] = list(ijson.get_backend(backend).items(io.BytesIO(text.encode()), "data.item"))
print(f"ijson {ijson.__version__}, default backend {ijson.backend}")
for reader, strings in seen.items():
    print(f"{reader:20}", ascii(strings))
kept = ["nice \ud83d\u2026", "\ud83dA", "nice \ud83d."]
changed = ["nice \U0001f426", "\U0001f441", "nice ?."]
sys.exit(list(seen.values()) != [kept, kept, changed])
PYTHON
