#!/usr/bin/env python3
"""Analyses of a published toy model's size in TransformerLens against induct: two layers of width
512, eight heads, a vocabulary of 50,000 and a context of 1,024; in turn, one process at a time.

Called by tests/bench/run.sh. Scores, accuracy and loss, and the ablation of every head alone, over the
same sequences, a sequence a forward pass (logits of one are 200 MB). Times are of a checkpoint, reading
included; starting Python and TransformerLens is not counted, starting induct is. The numbers are
compared, and a difference is a failure.
"""
import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

PERIOD = 25
SIZE = ["--layers", "2", "--d-model", "512", "--heads", "8", "--d-head", "64", "--vocab", "50000", "--context", "1024"]
COUNTS = {"score": 4, "eval": 4, "ablate": 2}       # sequences
TOLERANCE = 1e-4


# ---- A turn of TransformerLens, in a process of its own ----------------------------------------------


def turn(options):
    import torch
    from importlib.metadata import version
    from bench_tl import load, model_of, scores

    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    tokens = torch.tensor(json.loads(sys.stdin.read()))
    model = model_of(options.checkpoint)

    def predictions(hooks):
        """Accuracy and loss at inputs i >= period."""
        right, loss = [], []
        for sequence in tokens:
            logits = model.run_with_hooks(sequence[None, :-1], fwd_hooks=hooks)[0, PERIOD:]
            targets = sequence[PERIOD + 1:]
            right.append((logits.argmax(-1) == targets).float().mean().item())
            loss.append(torch.nn.functional.cross_entropy(logits, targets).item())
        return [statistics.fmean(right), statistics.fmean(loss)]

    def score():
        found = [scores(model, sequence[None, :-1]) for sequence in tokens]
        return {name: [statistics.fmean(one[name][h] for one in found) for h in range(len(found[0][name]))]
                for name in found[0]}

    def without(layer, head):
        def zero(z, hook):
            z[:, :, head] = 0.0
            return z
        return predictions([(f"blocks.{layer}.attn.hook_z", zero)])

    def ablate():
        found = {"none": predictions([])}
        for layer in range(model.cfg.n_layers):
            for head in range(model.cfg.n_heads):
                found[f"L{layer}H{head}"] = without(layer, head)
        return found

    def used():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    began, worked = time.perf_counter(), used()
    load(model, options.checkpoint)
    found = {"score": score, "eval": lambda: predictions([]), "ablate": ablate}[options.turn]()
    print(json.dumps({"wall": time.perf_counter() - began, "processor": used() - worked, "found": found,
                      "version": version("transformer_lens")}))


# ---- The comparison ----------------------------------------------------------------------------------


def table_of(path):
    lines = [line.rstrip("\n").split("\t") for line in open(path) if line[0] != "#"]
    return [dict(zip(lines[0], values)) for values in lines[1:]]


def ours(what, options, folder):
    path = pathlib.Path(folder) / f"{what}.tsv"
    period = ["--period", str(PERIOD)] if what == "score" else ["--periods", str(PERIOD), "--resamples", "0"]
    command = [f"{options.bin}/induct-{what}", "-q", "-o", path, "--epochs", "last", "-n", str(COUNTS[what]), *period,
               options.run]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall": wall, "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "rows": table_of(path)}


def theirs(what, options, checkpoint, threads):
    text = subprocess.run([options.bench, "tokens", options.run, str(PERIOD), str(COUNTS[what])], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    tokens = json.dumps([[int(t) for t in line.split()] for line in text.splitlines()])
    made = subprocess.run([sys.executable, __file__, "--turn", what, "--threads", str(threads), "--checkpoint",
                           checkpoint], input=tokens, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True)
    return json.loads(made.stdout)


def differences(what, found, rows):
    for row in rows:
        if what == "score":
            layer, head = map(int, row["head"][1:].split("H"))
            yield from (abs(found[name][layer * 8 + head] - float(row[name])) for name in found if name in row)
        else:
            of = {"": found} if what == "eval" else {"": found["none"], "_ablated": found[row["heads"]]}
            for suffix, (accuracy, loss) in of.items():
                yield abs(accuracy - float(row["accuracy" + suffix]))
                yield abs(loss - float(row["loss" + suffix])) / loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", help="path of induct-bench")
    parser.add_argument("--bin", help="folder of induct's programs")
    parser.add_argument("--run", help="a run of that size (default: one step of one, trained here)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--turn", choices=COUNTS, help=argparse.SUPPRESS)
    parser.add_argument("--checkpoint", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.turn:
        options.threads = options.threads[0]
        turn(options)
        return 0

    equal = True
    with tempfile.TemporaryDirectory() as folder:
        if not options.run:
            options.run = f"{folder}/run"
            subprocess.run([f"{options.bin}/induct-train", "-q", *SIZE, "--batch", "4", "--epochs", "1", "--ood", "none",
                            "--checkpoint-every", "1", "-o", options.run], check=True)
        checkpoint = str(sorted(pathlib.Path(options.run).glob("epoch-*.safetensors"))[-1])
        for what, count in COUNTS.items():
            mine, peer, worst = [], [], 0.0
            for _ in range(options.rounds):
                mine.append(ours(what, options, folder))
                turns = [theirs(what, options, checkpoint, threads) for threads in options.threads]
                peer.append(min(turns, key=lambda one: one["wall"]))
                least = min(one["processor"] for one in turns)
                peer[-1]["least"] = least
                found = list(differences(what, peer[-1]["found"], mine[-1]["rows"]))
                worst = max(worst, *found)
            wall = [statistics.median(one["wall"] for one in made) for made in (mine, peer)]
            work = min(one["processor"] for one in mine), min(one["least"] for one in peer)
            same = worst <= TOLERANCE
            equal = equal and same
            print(f"  {what:8s} {count} sequences: TransformerLens {peer[0]['version']} {wall[1]:7.2f} s, induct "
                  f"{wall[0]:6.2f} s: {wall[1] / wall[0]:5.1f} x; of processor time {work[1]:.2f} and {work[0]:.2f} s: "
                  f"{work[1] / work[0]:.1f} x;  {len(found)} numbers {'equal' if same else 'DIFFER'}, largest difference "
                  f"{worst:.1e}", flush=True)
    return 0 if equal else 1


sys.exit(main())
