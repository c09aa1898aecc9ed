#!/usr/bin/env python3
"""Training the study's two-layer model in PyTorch and JAX, each as its users would run it at its
best, against induct; in turn, one process at a time (turns.py).

Called by tests/bench/run.sh. Every way of train_torch.py and train_jax.py is tried on one thread and
on all; the fastest of each kind is then measured in turn with induct. Compilation is not counted; it
stands apart. The loss after --loss-epochs is held against that of induct's seeds: a peer that trains
something else is a failure. Last, throughput: models trained an hour when many seeds are wanted,
one thread a model two at a time, or eight seeds at once by vmap.
"""
import argparse
import concurrent.futures
import itertools
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from turns import Peer

SEEDS = 8
EPOCHS_OF_A_RUN = 60000     # preset 2L-varied-60k
TORCH = {
    "eager": [dict(attention=a, adam=b) for a, b in itertools.product(("fused", "matmul"), ("fused", "foreach"))],
    "compiled": [dict(attention=a) for a in ("fused", "matmul")],
    "whole": [dict(attention=a) for a in ("fused", "matmul")],
    "vmap": [dict(attention="matmul")],
    "vmap-whole": [dict(attention="matmul")],
}


class Induct:
    """turns.Peer's form for induct-bench, which is a process anew in every turn."""

    kind, compiling = "induct", 0.0

    def __init__(self, bench, threads):
        self.bench, self.threads, self.turns = bench, threads, []

    def turn(self, seconds):
        text = subprocess.run([self.bench, "turn", "2", str(self.threads), str(seconds)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        self.turns.append(dict(zip(("median", "fastest", "processor"), map(float, text.split()))))
        return self.turns[-1]

    def name(self):
        return f"induct, {self.threads} thread{'s' * (self.threads > 1)}"

    def fastest(self, key="fastest"):
        return min(turn[key] for turn in self.turns)


def chosen(label, python, script, ways, threads, options):
    """The fastest way of this kind, by trial; the others are ended."""
    best = None
    for count, (kind, forms) in itertools.product(threads, ways.items()):
        for form in forms:
            peer = Peer(python, script, kind, count, **form)
            if not peer.works:
                print(f"  {label}, {peer.name()}: not measured, it failed", flush=True)
                continue
            for _ in range(3):
                peer.turn(options.seconds / 2)
            print(f"  {label}, {peer.name()}: {peer.fastest():.2f} ms an epoch (of processor time "
                  f"{peer.fastest('processor'):.2f}), ready after {peer.compiling:.0f} s", flush=True)
            if best is None or peer.fastest(options.by) < best.fastest(options.by):
                best, peer = peer, best
            if peer:
                peer.end()
    if best:
        best.label, best.turns = label, []
    return best


def our_losses(options, folder):
    """Of each seed, the mean over the last 100 epochs."""
    losses = []
    for seed in range(SEEDS):
        run = pathlib.Path(folder) / str(seed)
        subprocess.run([f"{options.bin}/induct-train", "-q", "--preset", "2L-varied", "--seed", str(seed), "--epochs",
                        str(options.loss_epochs - 1), "--log-every", "1", "--checkpoint-every", "0", "--ood", "none",
                        "-o", run], check=True)
        rows = [line.split("\t") for line in (run / "metrics.tsv").read_text().splitlines() if line[0] != "#"]
        column = rows[0].index("loss")
        losses.append(statistics.fmean(float(row[column]) for row in rows[-100:]))
    return losses


def hold_losses(options, peers):
    with tempfile.TemporaryDirectory() as folder:
        ours = our_losses(options, folder)
    mean, spread = statistics.fmean(ours), statistics.stdev(ours)
    print(f"\n  loss, mean of the last 100 of {options.loss_epochs} epochs: induct {mean:.4f}, standard deviation "
          f"{spread:.4f} over {SEEDS} seeds", flush=True)
    within = True
    for peer in peers:
        losses = peer.train(options.loss_epochs)
        off = max(abs(loss - mean) for loss in losses)
        # eight draws, and the deviation itself known from eight
        good = off < 5 * spread
        within = within and good
        print(f"  {peer.label}: {' '.join(f'{loss:.4f}' for loss in losses)}: "
              f"{'within the spread of the seeds' if good else 'NOT the loss of the same training'}", flush=True)
    return within


def compare(peers, ours, options):
    for _ in range(options.rounds):
        for arm in [*ours, *peers]:
            arm.turn(options.seconds)
    print("\n  ms an epoch of a model:              fastest   median  processor   induct is faster (fastest, "
          "median, of processor time)")
    best = min(ours, key=lambda arm: arm.fastest())
    least = min(ours, key=lambda arm: arm.fastest("processor"))
    for arm in [*ours, *peers]:
        medians = [turn["median"] for turn in arm.turns]
        ratio = statistics.median(a / min(arm.turns[r]["median"] for arm in ours) for r, a in enumerate(medians))
        versus = "" if arm in ours else (f"   {arm.fastest() / best.fastest():.2f} x, {ratio:.2f} x, "
                                         f"{arm.fastest('processor') / least.fastest('processor'):.2f} x   [{arm.name()}]")
        name = arm.name() if arm in ours else arm.label
        print(f"  {name:34s} {arm.fastest():9.2f} {statistics.median(medians):8.2f} {arm.fastest('processor'):10.2f}"
              f"{versus}", flush=True)


def at_once(arms, seconds):
    """Their turns at the same time: the mean of their medians."""
    with concurrent.futures.ThreadPoolExecutor(len(arms)) as pool:
        return statistics.fmean(turn["median"] for turn in pool.map(lambda arm: arm.turn(seconds), arms))


def per_processor(arms):
    """Throughput where the clock says nothing: each processor trains without a pause."""
    print(f"\n  runs of {EPOCHS_OF_A_RUN} epochs an hour on two processors, by processor time, the steps alone:")
    for arm in arms:
        rate = 2 * 3.6e6 / EPOCHS_OF_A_RUN / arm.fastest("processor")
        versus = arms[0].fastest("processor") / arm.fastest("processor")
        print(f"  {getattr(arm, 'label', arm.name()):44s} {rate:7.2f}" +
              ("" if arm is arms[0] else f"   induct's are {1 / versus:.2f} times as many"), flush=True)


def throughput(crowds, options):
    """Runs an hour of crowds of arms that train at the same time."""
    took = {name: [] for name in crowds}
    for _ in range(options.rounds):
        for name, arms in crowds.items():
            took[name].append(at_once(arms, options.seconds) / len(arms))
    print(f"\n  runs of {EPOCHS_OF_A_RUN} epochs an hour, the steps alone:")
    ours = next(iter(took.values()))
    for name, milliseconds in took.items():
        ratio = statistics.median(a / b for a, b in zip(milliseconds, ours))
        print(f"  {name:44s} {3.6e6 / EPOCHS_OF_A_RUN / statistics.median(milliseconds):7.2f} (best "
              f"{3.6e6 / EPOCHS_OF_A_RUN / min(milliseconds):.2f})" +
              ("" if milliseconds is ours else f"   induct's are {ratio:.2f} times as many"), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True, help="path of induct-bench")
    parser.add_argument("--bin", required=True, help="folder of induct's programs")
    parser.add_argument("--torch", nargs="*", default=[], metavar="PYTHON", help="interpreters that have PyTorch")
    parser.add_argument("--jax", nargs="*", default=[], metavar="PYTHON", help="interpreters that have JAX")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="a turn")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, len(os.sched_getaffinity(0))}))
    parser.add_argument("--by", choices=("fastest", "processor"), default="fastest", help="what decides: the clock, or, "
                        "on a machine that others use, processor time, with --threads 1")
    parser.add_argument("--loss-epochs", type=int, default=400)
    options = parser.parse_args()

    def version(python, module):
        return subprocess.run([python, "-c", f"import {module}; print({module}.__version__)"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    single, many, crowds = [], [], {}
    for python in options.torch:
        name = f"PyTorch {version(python, 'torch')}"
        for kind in ("eager", "compiled"):
            ways = {k: TORCH[k] for k in ((kind, "whole") if kind == "compiled" else (kind,))}
            single.append(chosen(f"{name} {kind}", python, "train_torch.py", ways, options.threads, options))
        ways = {k: TORCH[k] for k in ("vmap", "vmap-whole")}
        many.append(chosen(f"{name} vmap, 8 seeds", python, "train_torch.py", ways, options.threads, options))
        if single[-1] and options.by == "fastest":
            pair = [Peer(python, "train_torch.py", single[-1].kind, 1, **single[-1].options) for _ in range(2)]
            crowds[f"{name} compiled, 2 at a time"] = pair
    for python in options.jax:
        name = f"JAX {version(python, 'jax')}"
        single.append(chosen(f"{name} scan", python, "train_jax.py", {"scan": [{}]}, options.threads, options))
        many.append(chosen(f"{name} vmap, 8 seeds", python, "train_jax.py", {"vmap": [{}]}, options.threads, options))
        if options.by == "fastest":
            crowds[f"{name} scan, 2 at a time"] = [Peer(python, "train_jax.py", "scan", 1) for _ in range(2)]
    single, many = [p for p in single if p], [p for p in many if p]

    ours = [Induct(options.bench, t) for t in options.threads]
    compare([*single, *many], ours, options)
    if options.by == "processor":
        per_processor([ours[0], *single, *many])
    else:
        pair = [Induct(options.bench, 1) for _ in range(2)]
        throughput({"induct, 2 at a time": pair, **crowds, **{arm.label: [arm] for arm in many}}, options)
    within = hold_losses(options, [*single, *many])
    for arm in [*single, *many, *itertools.chain(*crowds.values())]:
        arm.end()
    return 0 if within else 1


sys.exit(main())
