#!/usr/bin/env python3
"""How the cost of a step grows with sizes, in PyTorch beside induct: called by tests/bench/growth.sh.

    growth.py TABLE OUT

TABLE is induct-bench's (`growth`). OUT is the same with a column more, pytorch_milliseconds: the median
of PyTorch's eager step at each point (bench_scale.py), on as many threads, each point in a process of
its own; the median over --rounds of them. With --processor its mean processor time.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys

BASE = {"d_model": 64, "vocab": 256, "context": 80, "batch": 32, "layers": 2}
HEADS = 4


def milliseconds(row, seconds, processor):
    size = dict(BASE)
    if row["axis"] in size:
        size[row["axis"]] = int(row["value"])
    command = [sys.executable, pathlib.Path(__file__).with_name("bench_scale.py"), "--turn", "eager", "--sizes",
               ",".join(map(str, [*size.values(), HEADS])), "--threads", row["threads"], "--seconds", str(seconds)]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return float(text.split()[4 if processor else 2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="a point")
    parser.add_argument("--processor", action="store_true")
    options = parser.parse_args()
    lines = [line.split("\t") for line in pathlib.Path(options.table).read_text().splitlines()]
    rows = [dict(zip(lines[0], values)) for values in lines[1:]]
    took = [[] for _ in rows]
    for _ in range(options.rounds):
        for row, times in zip(rows, took):
            times.append(milliseconds(row, options.seconds, options.processor))
    with open(options.out, "w") as out:
        print(*lines[0], "pytorch_milliseconds", sep="\t", file=out)
        for values, times in zip(lines[1:], took):
            print(*values, f"{statistics.median(times):.4f}", sep="\t", file=out)


main()
