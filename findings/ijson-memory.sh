#!/bin/sh
# ijson 3.6.0 keeps all of a file with long strings in memory, where its backend is "python".
#
# ijson reads a file piece by piece to hold little of it. Its backend "python" (the default where yajl2_c cannot be
# imported) drops a piece only if it ends between two tokens. A piece that ends inside a string or a number is kept, and
# the next is appended to it; if that ends inside a string too, it is kept as well. With strings longer than the
# 64 KiB that are read at once nearly every piece ends so: memory grows with the file, to twice its size in plain ASCII.
# The strings that are given out are right. The backend "yajl2_c" holds about the longest string and the piece being read.
#
# Why a good guess is wrong: constant memory is what the library is for, short records keep to it, and it gives no sign
# when it stops to do so.
#
# Seen with Python 3.11, ijson 3.6.0, strings of 100 kB each (the most that Python's allocator held meanwhile):
#   yajl2_c    2.5 MB:  0.3 MB    20.0 MB:  0.3 MB
#   python     2.5 MB:  5.4 MB    20.0 MB: 40.3 MB
#
# What this project does about it: `JsonReader` (notebook 08) takes a file's values one after another with the decoder
# of Python's own json and drops each once it is taken, so it holds about the longest value; one of more than 134
# million characters (`RECORD_BYTES`) is refused. ijson is not used.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ijson==3.6.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import tracemalloc

import ijson

path, size = f"{sys.argv[1]}/long.json", 100_000


def peak(backend, count):
    "The most memory held, in MB, while `count` long strings are read one by one and forgotten"
    with open(path, "w") as file:
        file.write('{"data": [')
        for i in range(count):
            file.write((", " if i else "") + '"' + "a" * size + '"')
        file.write("]}")
    with open(path, "rb") as file:
        tracemalloc.start()
        read = sum(string == "a" * size for string in ijson.get_backend(backend).items(file, "data.item"))
        most = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    assert read == count
    return most


print(f"ijson {ijson.__version__}")
held = {}
for backend in ("yajl2_c", "python"):
    held[backend] = [peak(backend, count) for count in (25, 200)]
    print(f"{backend:8}  2.5 MB: {held[backend][0]:4.1f} MB    20.0 MB: {held[backend][1]:4.1f} MB")
flat = held["yajl2_c"][1] < 1.5 * held["yajl2_c"][0]
grows = held["python"][1] > 20
sys.exit(not (flat and grows))
PYTHON
