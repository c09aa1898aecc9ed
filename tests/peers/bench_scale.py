#!/usr/bin/env python3
"""Training in PyTorch against induct at sizes beyond the study's, in turn, each in a process of its
own, so that neither's threads spin while the other is measured.

Called by tests/bench/run.sh. The model is torch_model.py with fused attention, AdamW fused; eager,
and with --compile through torch.compile as well. What is compared is the fastest step of each turn,
by the clock and in processor time: on a machine that others use, the second says more.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

SIZES = ("64,256,1024,8", "64,256,2048,8", "256,1000,512,16", "512,1000,512,4", "512,10000,256,8",
         "512,50000,512,4")


def turn(size, threads, seconds, compiled):
    import math
    import torch

    from torch_model import Model

    width, vocab, context, batch, layers, heads = size
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = Model(vocab, width, heads, context, layers, fused=True)
    for p in model.parameters():
        torch.nn.init.normal_(p, std=1 / math.sqrt(width))
    loss_of = torch.compile(model, dynamic=False) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), fused=True)

    def step():
        tokens = torch.randint(1, vocab, (batch, 25)).repeat(1, -(-context // 25))[:, :context].contiguous()
        loss = loss_of(tokens)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def used():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    step()
    step()
    walls, works = [], []
    began = time.perf_counter()
    while len(walls) < 2 or time.perf_counter() - began < seconds:
        before, worked = time.perf_counter(), used()
        step()
        walls.append(time.perf_counter() - before)
        works.append(used() - worked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{1e3 * min(walls):.3f}\t{1e3 * min(works):.3f}\t{1e3 * statistics.median(walls):.3f}\t{peak:.1f}\t"
          f"{1e3 * statistics.fmean(works):.3f}")


def output(command):
    return [float(x) for x in subprocess.run(command, check=True, stdout=subprocess.PIPE,
                                             stderr=subprocess.DEVNULL).stdout.split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", help="path of induct-bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="a turn")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="d_model,vocab,context,batch[,layers,heads]")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--turn", choices=("eager", "compiled"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.turn:
        size = [int(n) for n in options.sizes[0].split(",")]
        turn(size if len(size) == 6 else [*size, 2, 4 if size[0] < 256 else 8], options.threads, options.seconds,
             options.turn == "compiled")
        return

    import torch
    kinds = ("eager", "compiled") if options.compile else ("eager",)
    print(f"  PyTorch {torch.__version__} against induct, 2 layers, {options.threads} threads; ms an epoch,\n"
          "  fastest, and in brackets of processor time; GFLOP/s and peak MiB of induct\n", flush=True)
    for size in options.sizes:
        ours, theirs = [], {kind: [] for kind in kinds}
        for _ in range(options.rounds):
            ours.append(output([options.bench, "size", *size.split(","), str(options.threads), str(options.seconds)]))
            for kind in kinds:
                theirs[kind].append(output([sys.executable, __file__, "--turn", kind, "--sizes", size,
                                            "--threads", str(options.threads), "--seconds", str(options.seconds)]))
        best, work = min(o[0] for o in ours), min(o[1] for o in ours)
        line = f"  {size:18s} {best:8.1f} ({work:.1f}) {ours[0][2] / best * 1e3:5.0f} {max(o[3] for o in ours):6.0f}"
        for kind in kinds:
            fastest, worked = min(t[0] for t in theirs[kind]), min(t[1] for t in theirs[kind])
            median = statistics.median(t[0] / o[0] for t, o in zip(theirs[kind], ours))
            line += (f"   {kind} {fastest:8.1f} ({worked:.1f}): {fastest / best:.2f} x, median {median:.2f} x,"
                     f" of processor time {worked / work:.2f} x")
        print(line, flush=True)


main()
