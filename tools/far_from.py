#!/usr/bin/env python3
"""Prints the rows of JSONL files whose prompt shares at most a part of its words with any prompt of another file.

far_from.py SET.jsonl data/training/*.jsonl > far.jsonl

Training on what is left, and measuring on SET, tells what the figures owe to prompts that were written with
SET in mind. --most is the largest Jaccard index of the words that is kept; nine tenths of the training prompts that
were written without knowledge of the development set stay within 0.25.
"""

import argparse
import json
import re
import sys


def words(prompt):
    return frozenset(re.findall(r"[a-z0-9_]+", prompt.lower()))


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [(line.rstrip("\n"), words(json.loads(line)["prompt"])) for line in lines if line.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--most", type=float, default=0.25)
    options = parser.parse_args()
    others = [theirs for _, theirs in rows(options.set)]
    kept = total = 0
    for path in options.files:
        for line, own in rows(path):
            total += 1
            near = max((len(own & theirs) / max(1, len(own | theirs)) for theirs in others), default=0)
            if near <= options.most:
                kept += 1
                print(line)
    print(f"{kept} of {total} rows kept", file=sys.stderr)


if __name__ == "__main__":
    main()
