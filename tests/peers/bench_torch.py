#!/usr/bin/env python3
"""Training in PyTorch against induct: same model, data, optimizer, thread counts; in turn.

Called by tests/bench/run.sh. The model is written the way PyTorch's users write one that should be
fast: q, k and v in one product, heads batched, the fused attention where it is faster, AdamW in its
fastest form, nothing read back from a step. Which attention and which AdamW is decided by trial, for
every thread count, before the comparison; the trials are printed. What induct does besides (counting
right predictions, refusing a loss that is not finite) is not asked of PyTorch.
"""
import argparse
import inspect
import itertools
import math
import random
import statistics
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

VOCAB, WIDTH, HEADS, D_HEAD, CONTEXT, BATCH = 256, 64, 4, 16, 80, 32
PERIODS = (20, 29)


def sinusoids():
    angle = torch.arange(CONTEXT).unsqueeze(1) / 10000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
    return torch.stack((angle.sin(), angle.cos()), dim=2).reshape(CONTEXT, WIDTH)


class Attention(nn.Module):
    def __init__(self, fused):
        super().__init__()
        self.fused = fused
        self.qkv = nn.Linear(WIDTH, 3 * HEADS * D_HEAD, bias=False)
        self.out = nn.Linear(HEADS * D_HEAD, WIDTH, bias=False)
        mask = torch.full((CONTEXT - 1, CONTEXT - 1), -math.inf).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, D_HEAD).permute(2, 0, 3, 1, 4)
        if self.fused:
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-2, -1) * D_HEAD**-0.5 + self.mask
            z = scores.softmax(dim=-1) @ v
        return self.out(z.transpose(1, 2).reshape(batch, length, HEADS * D_HEAD))


class Model(nn.Module):
    def __init__(self, layers, fused):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, WIDTH)
        self.register_buffer("pos", sinusoids()[: CONTEXT - 1])
        self.layers = nn.ModuleList([Attention(fused) for _ in range(layers)])
        self.unembed = nn.Linear(WIDTH, VOCAB, bias=False)

    def forward(self, tokens):
        x = self.embed(tokens[:, :-1]) + self.pos
        for layer in self.layers:
            x = x + layer(x)
        return F.cross_entropy(self.unembed(x).view(-1, VOCAB), tokens[:, 1:].reshape(-1))


def batch():
    period = random.randint(*PERIODS)
    copies = -(-CONTEXT // period)
    # of one layout whatever the period, which compiled code would else be made for one by one
    return torch.randint(1, VOCAB, (BATCH, period)).repeat(1, copies)[:, :CONTEXT].contiguous()


class Arm:
    """A way to train, on a number of threads."""

    def __init__(self, threads, layers, fused, adam, compiled):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.threads = threads
        self.name = "compiled" if compiled else "eager"
        self.how = ("fused attention" if fused else "matmul + softmax") + ", AdamW " + adam
        model = Model(layers, fused)
        self.loss = torch.compile(model, dynamic=False) if compiled else model
        options = {"lr": 1e-3, "betas": (0.9, 0.98), "eps": 1e-8, "weight_decay": 0.01}
        if adam in ("fused", "foreach"):
            options[adam] = True
        elif "foreach" in inspect.signature(torch.optim.AdamW).parameters:
            options["foreach"] = False
        self.optimizer = torch.optim.AdamW(model.parameters(), **options)
        self.update = torch.compile(self.optimizer.step) if adam == "compiled" else self.optimizer.step
        for _ in range(5):
            self.step()

    def step(self):
        loss = self.loss(batch())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.update()

    def turn(self, seconds):
        """Median milliseconds of a step."""
        torch.set_num_threads(self.threads)
        times = []
        began = before = time.perf_counter()
        while len(times) < 5 or before - began < seconds:
            self.step()
            now = time.perf_counter()
            times.append(now - before)
            before = now
        return 1e3 * statistics.median(times)


def attempt(*arguments):
    """The arm, or None where this PyTorch has no such thing."""
    try:
        return Arm(*arguments)
    except Exception:
        return None


def fastest(threads, layers, compiled, adams, seconds):
    fused = [False, True] if hasattr(F, "scaled_dot_product_attention") else [False]
    arms = [attempt(threads, layers, f, a, compiled) for f, a in itertools.product(fused, adams)]
    arms = [arm for arm in arms if arm]
    if not arms:
        return None
    trials = [[arm.turn(seconds) for arm in arms] for _ in range(3)]
    took = [min(trial[i] for trial in trials) for i in range(len(arms))]
    best = min(range(len(arms)), key=lambda i: took[i])
    said = "; ".join(f"{arm.how} {ms:.1f}" for arm, ms in zip(arms, took))
    print(f"  trials of {arms[0].name}, {threads} threads, ms: {said}", flush=True)
    return arms[best]


def induct(bench, layers, threads, seconds):
    command = [bench, "turn", str(layers), str(threads), str(seconds)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    cuts = statistics.quantiles(values, n=4, method="inclusive")
    return cuts[0], cuts[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True, help="path of induct-bench")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="a turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()

    version = torch.__version__
    print(f"  PyTorch {version} (Python {sys.version.split()[0]}), {options.layers}L, against induct")
    arms = [fastest(t, options.layers, False, ["fused", "foreach", "plain"], 0.3) for t in options.threads]
    if options.no_compile or not hasattr(torch, "compile"):
        print("  compiled: not measured" + ("" if options.no_compile else f", {version} has no torch.compile"))
    else:
        for t in options.threads:
            arms.append(fastest(t, options.layers, True, ["fused", "compiled"], 0.3))
            if not arms[-1]:
                print(f"  compiled, {t} threads: not measured, torch.compile failed")
    arms = [arm for arm in arms if arm]

    ours = {t: [] for t in options.threads}
    theirs = [[] for _ in arms]
    for _ in range(options.rounds):
        for t in options.threads:
            ours[t].append(induct(options.bench, options.layers, t, options.seconds))
        for arm, took in zip(arms, theirs):
            took.append(arm.turn(options.seconds))

    def line(name, took, more):
        lo, hi = quartiles(took)
        print(f"  {name:34s} {statistics.median(took):8.2f} ms an epoch ({lo:.2f} - {hi:.2f}){more}")

    for t in options.threads:
        line(f"induct, {t} thread" + "s" * (t > 1), ours[t], "")
    best_ours = [min(ours[t][r] for t in options.threads) for r in range(options.rounds)]
    for arm, took in zip(arms, theirs):
        same = statistics.median(a / b for a, b in zip(took, ours[arm.threads]))
        best = statistics.median(a / b for a, b in zip(took, best_ours))
        name = f"{arm.name}, {arm.threads} thread" + "s" * (arm.threads > 1)
        line(name, took, f"  {same:.2f} x induct's on as many, {best:.2f} x its best  [{arm.how}]")
    for name in dict.fromkeys(arm.name for arm in arms):
        mine = [took for arm, took in zip(arms, theirs) if arm.name == name]
        ratios = [min(took[r] for took in mine) / best_ours[r] for r in range(options.rounds)]
        print(f"  PyTorch {version} {name}, its best setting against induct's best: "
              f"{statistics.median(ratios):.2f} x")


main()
