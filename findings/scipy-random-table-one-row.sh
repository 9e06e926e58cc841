#!/bin/sh
# SciPy 1.17.1: scipy.stats.random_table draws wrong tables where there is one row or one column and the method is "patefield".
#
# Random tables with given margins are what a permutation test of two labels draws from: kinds of content against experts,
# shuffled many times at once. If one label is the same everywhere, its margin has one entry, and the only possible table is
# the other margin. The method "boyett" gives that. "patefield", which the default takes for large counts, fills all of a
# table but its last row and column step by step and takes those as what is left; with one row the last cell comes out as
# a number that has nothing to do with the margins, negative ones included, and nothing is raised.
#
# Why a good guess is wrong: the margins are valid (random_table checks them), the two methods are documented as drawing from
# one distribution, and a router that writes everything to one expert is common early in training.
#
# Seen: 0 of 20 tables with row sums [400] and column sums [150, 250] have these margins by "patefield" and by the default,
# 20 of 20 by "boyett"; with two rows 20 of 20 by all three.
#
# What this project does about it: `random_tables` (notebook 89) leaves out rows and columns without counts, and asks
# SciPy only where at least two of each are left. Otherwise the only possible table is the one that it was given, and
# it takes that.
#
# Exits with 0 if this is still so, else with 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import scipy
from scipy.stats import random_table

print(f"scipy {scipy.__version__}")


def right(rows, columns, method):
    "How many of 20 tables have the margins that were asked for"
    tables = random_table(rows, columns).rvs(20, method=method, random_state=0)
    return int(((tables.sum(2) == rows).all(1) & (tables.sum(1) == columns).all(1)).sum())


found = {}
for rows, columns in (([400], [150, 250]), ([150, 250], [400]), ([100, 300], [150, 250])):
    counts = {method or "default": right(rows, columns, method) for method in ("boyett", "patefield", None)}
    found[len(rows), len(columns)] = counts
    print(f"rows {rows}, columns {columns}: {counts} of 20 tables are right")
one = [found[1, 2], found[2, 1]]
still = all(counts["boyett"] == 20 and counts["patefield"] == counts["default"] == 0 for counts in one)
sys.exit(not (still and set(found[2, 2].values()) == {20}))
PYTHON
