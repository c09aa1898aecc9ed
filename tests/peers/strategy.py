#!/usr/bin/env python3
"""The numbers of induct-strategy and induct-lens, computed again in float64 from their definitions alone.

    INDUCT_BIN=build/bin python3 tests/peers/strategy.py RUN --trained 20:29 [--epoch N] [--periods 25,40] [-n 32]

Weights and evaluation tokens come from induct-export; the forward pass, margins, predictors, mixture, logit
lens and attributions are written here from lib/DEFINITIONS.md, section 9, for models without LayerNorm, biases
and rotary positions. Prints the largest relative difference of each column; exit 1 where one exceeds its bound.
Needs numpy and safetensors.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

BIN = os.environ.get("INDUCT_BIN", "build/bin")
SMOOTHING = 1e-3
PREDICTORS = ["uniform", "unigram", "bigram", "offset", "content", "content2"]


def run(program, *arguments):
    return subprocess.run([f"{BIN}/{program}", *arguments], check=True, capture_output=True, text=True).stdout


def table(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


def export(folder, model_run, epoch, period, sequences):
    name = os.path.join(folder, "x")
    run("induct-export", model_run, "--epoch", str(epoch), "--cache", "--period", str(period),
        "--sequences", str(sequences), "-q", "-o", name)
    weights = {k: v.astype(np.float64) for k, v in load_file(name + ".safetensors").items() if v.dtype == np.float32}
    tokens = load_file(name + "-cache.safetensors")["tokens"].astype(np.int64)
    # the batch holds the inputs; the last target is a period back
    return weights, np.concatenate([tokens, tokens[:, -period:][:, :1]], axis=1)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def forward(w, tokens):
    """The residual streams [layer][batch, T, d] and each component's part of the last one."""
    T = tokens.shape[1]
    token = w["embed.W_E"][tokens]
    position = np.broadcast_to(w["pos_embed.W_pos"][:T], token.shape)
    x = token + position
    streams, parts = [x], {"token": token, "position": position}
    layer = 0
    while f"blocks.{layer}.attn.W_Q" in w:
        q, k, v, o = (w[f"blocks.{layer}.attn.W_{m}"] for m in "QKVO")
        out = np.zeros_like(x)
        for h in range(q.shape[0]):
            scores = (x @ q[h]) @ np.swapaxes(x @ k[h], -1, -2) / np.sqrt(q.shape[2])
            scores = np.where(np.tril(np.ones((T, T), bool)), scores, -np.inf)
            parts[f"L{layer}H{h}"] = softmax(scores) @ (x @ v[h]) @ o[h]
            out += parts[f"L{layer}H{h}"]
        x = x + out
        streams.append(x)
        layer += 1
    return streams, parts


def predictors(x, i, trained, V):
    words, even = V - 1, 1.0 / (V - 1)
    q = np.full((len(PREDICTORS), V), even)
    q[1] = (np.bincount(x[: i + 1], minlength=V) + 1.0) / (i + 1 + words)
    after = [x[j + 1] for j in range(i) if x[j] == x[i]]
    pair = [x[j + 1] for j in range(1, i) if x[j] == x[i] and x[j - 1] == x[i - 1]]
    offsets = [x[i - n + 1] for n in trained if i - n + 1 >= 0]
    q[2] = (np.bincount(after, minlength=V) + 1.0) / (words + len(after))
    for a, found in ((3, offsets), (4, after), (5, pair)):
        if found:
            q[a] = np.bincount(found, minlength=V) / len(found)
    return ((1 - SMOOTHING) * q + SMOOTHING * even)[:, 1:], set(offsets)


def strategies(logits, tokens, period, trained, V):
    T = logits.shape[1]
    p_all, q_all, margins, pseudo = [], [], [], []
    for s in range(len(tokens)):
        x = tokens[s]
        for i in range(period, T):
            q, candidates = predictors(x, i, trained, V)
            row = logits[s, i]
            p_all.append(softmax(row[1:]))
            q_all.append(q)
            candidates -= {x[i + 1]}
            if candidates:
                margins.append(row[x[i + 1]] - max(row[o] for o in candidates))
                pseudo.append((1 + int(np.argmax(row[1:]))) in candidates)
    p, q = np.array(p_all), np.array(q_all)
    entropy = (p * np.log(p)).sum(-1).mean()
    result = {f"kl_{name}": entropy - (p * np.log(q[:, a])).sum(-1).mean() for a, name in enumerate(PREDICTORS)}
    w = np.full(len(PREDICTORS), 1 / len(PREDICTORS))
    for _ in range(4000):  # expectation maximisation: slow and sure
        mixed = np.einsum("a,nav->nv", w, q)
        w = w * np.einsum("nav,nv->a", q, p / mixed) / len(p)
    result["kl_mixture"] = entropy - (p * np.log(np.einsum("a,nav->nv", w, q))).sum(-1).mean()
    result["margin"], result["pseudo_offset"] = np.mean(margins), np.mean(pseudo)
    return result


def compare(name, ours, theirs, bound, worst):
    difference = abs(ours - theirs) / max(abs(theirs), 1e-1)
    worst[name] = max(worst.get(name, (0, 0))[0], difference), bound


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--trained", required=True)
    parser.add_argument("--epoch", default=None)
    parser.add_argument("--periods", default="25,40")
    parser.add_argument("-n", type=int, default=32)
    a = parser.parse_args()
    lo, hi = map(int, a.trained.split(":"))
    epoch = a.epoch or table(run("induct-eval", a.run, "--epochs", "last", "-n", "2", "--periods", "10", "-q"))[0]["epoch"]
    shared = ["--epochs", str(epoch), "-n", str(a.n), "-q", "--periods"]
    worst = {}
    for period in map(int, a.periods.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            w, tokens = export(folder, a.run, epoch, period, a.n)
        V = w["embed.W_E"].shape[0]
        streams, parts = forward(w, tokens[:, :-1])
        logits = streams[-1] @ w["unembed.W_U"]
        row = table(run("induct-strategy", a.run, "--trained", a.trained, *shared, str(period)))[0]
        for name, value in strategies(logits, tokens, period, range(lo, hi + 1), V).items():
            compare(name, float(row[name]), value, 1e-5, worst)
        targets = tokens[:, period + 1:]
        for row in table(run("induct-lens", a.run, *shared, str(period))):
            z = (streams[int(row["layer"])] @ w["unembed.W_U"])[:, period:]
            loss = -np.log(np.take_along_axis(softmax(z), targets[..., None], -1)).mean()
            compare("lens loss", float(row["loss"]), loss, 1e-5, worst)
            compare("lens accuracy", float(row["accuracy"]), (z.argmax(-1) == targets).mean(), 1e-5, worst)
        centred = w["unembed.W_U"] - w["unembed.W_U"].mean(1, keepdims=True)
        direction = centred.T[targets]
        for row in table(run("induct-lens", a.run, "--attribution", *shared, str(period))):
            part = streams[-1] if row["component"] == "model" else parts[row["component"]]
            value = (part[:, period:] * direction).sum(-1).mean()
            compare("attribution", float(row["logit"]), value, 1e-5, worst)
    failed = False
    for name, (difference, bound) in worst.items():
        failed |= not difference <= bound
        print(f"{name:16} {difference:.1e}  (at most {bound:.0e})")
    sys.exit(failed)


if __name__ == "__main__":
    main()
