#!/usr/bin/env python3
"""The table of src/finger/decision.cpp from scores of different fingers.

usage: calibrate.py SCORES.txt [SCORES.txt ...]
Lines A B SCORE as `qorgan lab score` writes them; what stands before the first underscore of a name is the finger, and
only comparisons of different fingers count. Prints the share of comparisons that reach 0, 1, ... 32 rows: as counted
where at least 50 comparisons did; above, falling by a constant factor from row to row, that of the mean excess over the
last counted number of rows.
"""
import collections
import sys

ROWS = 32
COUNTED_MIN = 50


def main(paths):
    if not paths:
        sys.exit(__doc__)
    counts = collections.Counter()
    for path in paths:
        with open(path) as lines:
            for line in lines:
                a, b, score = line.split()
                if a.split("_")[0] != b.split("_")[0]:
                    counts[int(score)] += 1
    total = sum(counts.values())
    at_least = [sum(n for score, n in counts.items() if score >= rows) for rows in range(ROWS + 1)]
    last = max(rows for rows in range(ROWS + 1) if at_least[rows] >= COUNTED_MIN)
    excess = sum((score - last) * n for score, n in counts.items() if score >= last) / at_least[last]
    factor = excess / (1 + excess)
    tail = [at_least[rows] / total if rows <= last else at_least[last] / total * factor ** (rows - last)
            for rows in range(ROWS + 1)]
    print(f"// {total} comparisons, counted up to {last} rows, then by a factor of {factor:.3f} each")
    print(",\n".join("    " + ", ".join(f"{value:.3e}" for value in tail[i:i + 8]) for i in range(0, ROWS + 1, 8)) + ",")


main(sys.argv[1:])
