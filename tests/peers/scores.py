#!/usr/bin/env python3
"""The numbers of induct-score, computed again in float64 from their definitions alone.

    INDUCT_BIN=build/bin python3 tests/peers/scores.py RUN [--epoch N] [--period 24] [-n 16]

Every score of attention and of value-weighted attention, copy index, lags, offsets and participation ratio, from
lib/DEFINITIONS.md, section 5, for models without LayerNorm, biases and rotary positions. Prints the largest
relative difference of each column; exit 1 where one exceeds its bound. Needs numpy and safetensors.
"""
import argparse
import sys
import tempfile

import numpy as np
from strategy import compare, export, run, softmax, table


def heads_of(w, tokens):
    """Of every head its attention [n, T, T], that weighted by values, and its output [n, T, d]."""
    T = tokens.shape[1]
    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"][:T]
    mask, layer, found = np.tril(np.ones((T, T), bool)), 0, {}
    while f"blocks.{layer}.attn.W_Q" in w:
        q, k, v, o = (w[f"blocks.{layer}.attn.W_{m}"] for m in "QKVO")
        out = np.zeros_like(x)
        for h in range(q.shape[0]):
            scores = (x @ q[h]) @ np.swapaxes(x @ k[h], -1, -2) / np.sqrt(q.shape[2])
            a = softmax(np.where(mask, scores, -np.inf))
            brings = a * np.linalg.norm(x @ v[h] @ o[h], axis=-1)[:, None, :]
            written = a @ (x @ v[h]) @ o[h]
            found[f"L{layer}H{h}"] = a, brings / brings.sum(-1, keepdims=True), written
            out += written
        x = x + out
        layer += 1
    return found


def diagonal(a, offset, first, last):
    rows = np.arange(first, min(last, a.shape[1] - 1) + 1)
    return a[:, rows, rows - offset].mean()


def copies(a, tokens, n):
    """Rows whose strongest key follows an earlier occurrence of the row's token."""
    right = [tokens[s, j - 1] == tokens[s, i] if j else False
             for s in range(len(a)) for i in range(n, a.shape[1]) for j in [int(np.argmax(a[s, i, : i + 1]))]]
    return np.mean(right)


def prefix_match(a, n):
    T = a.shape[1]
    return sum(a[:, i, i - c * n + 1].mean() for i in range(n, T) for c in range(1, T) if i - c * n + 1 >= 1) / (T - n)


def entropy(a):
    T = a.shape[1]
    return np.mean([-(np.where(a[:, i, : i + 1] > 0, a[:, i, : i + 1] * np.log(np.maximum(a[:, i, : i + 1], 1e-300)), 0)
                      .sum(-1)) / np.log(i + 1) for i in range(1, T)])


def participation(written, n):
    rows = written[:, n:].reshape(-1, written.shape[-1])
    l = np.linalg.eigvalsh(np.cov(rows.T, bias=True))
    return l.sum() ** 2 / (l ** 2).sum()


def scores_of(a, written, tokens, n):
    T = a.shape[1]
    return {"prev_token": diagonal(a, 1, 1, T), "self": diagonal(a, 0, 1, T), "duplicate": diagonal(a, n, n, T),
            "induction": diagonal(a, n - 1, n, 2 * n - 1), "prefix_match": prefix_match(a, n), "entropy": entropy(a),
            "first": a[:, 1:, 0].mean(), "fixed_offset_5": diagonal(a, 5, 5, T), "copy_index": copies(a, tokens, n),
            "anti_induction": diagonal(a, n + 1, n + 1, 2 * n - 1), "lag_1": diagonal(a, n - 1, n, T),
            "lag_2": diagonal(a, 2 * n - 1, 2 * n, T), "participation": participation(written, n)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--epoch", default=None)
    parser.add_argument("--period", type=int, default=24)
    parser.add_argument("-n", type=int, default=16)
    a = parser.parse_args()
    epoch = a.epoch or table(run("induct-eval", a.run, "--epochs", "last", "-n", "2", "--periods", "10", "-q"))[0]["epoch"]
    with tempfile.TemporaryDirectory() as folder:
        w, tokens = export(folder, a.run, epoch, a.period, a.n)
    tokens = tokens[:, :-1]
    found, worst = heads_of(w, tokens), {}
    for weighted in (0, 1):
        rows = table(run("induct-score", a.run, "--epochs", str(epoch), "--period", str(a.period), "-n", str(a.n), "-q",
                         "--score", "all,fixed_offset(5),lag(1:2)", *["--value-weighted"] * weighted))
        for row in rows:
            head = found[row["head"]]
            for name, value in scores_of(head[weighted], head[2], tokens, a.period).items():
                compare(name + weighted * " weighted", float(row[name]), value, 1e-5, worst)
    failed = False
    for name, (difference, bound) in worst.items():
        failed |= not difference <= bound
        print(f"{name:24} {difference:.1e}  (at most {bound:.0e})")
    sys.exit(failed)


if __name__ == "__main__":
    main()
