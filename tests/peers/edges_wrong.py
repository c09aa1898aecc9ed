#!/usr/bin/env python3
"""The numbers of induct-edges, computed again in float64 from their definitions alone.

    INDUCT_BIN=build/bin python3 tests/peers/edges.py RUN [--epoch N] [--period 24] [--mode corrupt] [-n 16]

Weights come from induct-export, sequences from a Philox generator written here, every reader of every edge from
a sum over its sources (lib/DEFINITIONS.md, section 10). Gradients are derivatives along the imaginary axis: exact,
and nobody's backward pass. For models without LayerNorm, biases and rotary positions. Needs numpy and safetensors.

Effects, attributions, changes of the loss and their errors are differences of logits, which the program has in
float32 and which may cancel to anything. What they differ by from these here is given relative to the mean size of
a prediction's largest logit, once the half unit of the last of six printed digits is taken off, and may be 5e-7, four
float32 roundings. All else is compared relative to its own size. Prints the largest difference of each column; exit 1
where one exceeds its bound.
"""
import argparse
import os
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file
from strategy import compare, run, table

FIRST_REFERENCE, REFERENCES = 1 << 24, 1023
STREAM_EVAL, STREAM_CONTROL = 4, 7
STEPS, RANDOM = 5, 10
TINY = 1e-30
PRINTED, ROUNDED = 5e-6, 5e-7


class Random:
    """Philox 4x32-10 addressed by (seed, stream, major, minor)."""

    def __init__(self, seed, stream, major, minor):
        self.key, self.counter, self.index = (seed & 0xFFFFFFFF, seed >> 32), (stream, major, minor), 0

    def word(self):
        c = [*self.counter, self.index // 4]
        k = list(self.key)
        for _ in range(10):
            a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        self.index += 1
        return c[(self.index - 1) % 4]

    def below(self, bound):
        while True:
            product = self.word() * bound
            if product & 0xFFFFFFFF >= (1 << 32) % bound:
                return product >> 32


def sequences(V, context, period, first, count):
    made = []
    for s in range(first, first + count):
        random = Random(0, STREAM_EVAL, period, s)
        drawn = [1 + random.below(V - 1) for _ in range(min(period, context))]
        made.append([drawn[i % period] for i in range(context)])
    return np.array(made)


class Model:
    def __init__(self, w):
        self.w, self.layers = w, 0
        while f"blocks.{self.layers}.attn.W_Q" in w:
            self.layers += 1
        self.heads, self.d, self.k = w["blocks.0.attn.W_Q"].shape
        self.T = w["pos_embed.W_pos"].shape[0] - 1
        self.mask = np.tril(np.ones((self.T, self.T), bool))
        names = ["token", "position"] + [f"L{l}H{h}" for l in range(self.layers) for h in range(self.heads)]
        readers = [(l, f"L{l}H{h}.{p}") for l in range(self.layers) for h in range(self.heads) for p in "QKV"]
        self.edges = [(s, r) for s in names for l, r in readers + [(self.layers, "logits")]
                      if s[0] != "L" or int(s[1:s.index("H")]) < l]

    def embedded(self, tokens):
        token = self.w["embed.W_E"][tokens]
        return {"token": token, "position": np.broadcast_to(self.w["pos_embed.W_pos"][: self.T], token.shape)}

    def run(self, sources, read, layer=0):
        """All sources and the final stream; `read(reader, sources)` is what a reader reads."""
        sources = dict(sources)
        for l in range(layer, self.layers):
            said = {}
            for h in range(self.heads):
                q, k, v = (read(f"L{l}H{h}.{p}", sources) @ self.w[f"blocks.{l}.attn.W_{p}"][h] for p in "QKV")
                s = np.where(self.mask, q @ np.swapaxes(k, -1, -2) / np.sqrt(self.k), -np.inf)
                e = np.exp(s - s.real.max(-1, keepdims=True))
                said[f"L{l}H{h}"] = e / e.sum(-1, keepdims=True) @ v @ self.w[f"blocks.{l}.attn.W_O"][h]
            sources.update(said)
        return sources, read("logits", sources)


def plain(reader, sources):
    return sum(sources.values())


class Metric:
    def __init__(self, model, tokens, period):
        self.W_U, self.period, self.targets = model.w["unembed.W_U"], period, tokens[:, period + 1:]
        self.direction = (self.W_U - self.W_U.mean(1, keepdims=True)).T[self.targets]

    def mean(self, final):
        return (final[:, self.period:] * self.direction).sum(-1).mean()

    def scale(self, final):
        """What the metric and the loss are differences of."""
        return np.abs(final[:, self.period:] @ self.W_U).max(-1).mean()

    def others(self, final):
        """Loss and accuracy."""
        z = final[:, self.period:] @ self.W_U
        z = z - z.max(-1, keepdims=True)
        right = np.take_along_axis(z, self.targets[..., None], -1)[..., 0]
        return (np.log(np.exp(z).sum(-1)) - right).mean(), (z.argmax(-1) == self.targets).mean()


def layer_of(model, reader):
    return model.layers if reader == "logits" else int(reader[1:reader.index("H")])


def before(model, sources, layer):
    return {s: v for s, v in sources.items() if s[0] != "L" or int(s[1:s.index("H")]) < layer}


def patched(model, clean, edge, value):
    source, reader = edge
    layer = layer_of(model, reader)
    read = lambda r, sources: plain(r, {**sources, source: value} if r == reader else sources)
    return model.run(before(model, clean, layer), read, layer)[1]


def slope(model, metric, clean, edge, difference):
    """The derivative of the metric as the reader's input moves along the difference."""
    value = clean[edge[0]] + TINY * 1j * difference
    return metric.mean(patched(model, clean, edge, value)).imag / TINY


def circuit(model, clean, other, kept):
    read = lambda r, sources: sum(v if (s, r) in kept else other[s] for s, v in sources.items())
    return model.run({s: clean[s] for s in ("token", "position")}, read)[1]


def sizes(count):
    n, made = 1, []
    while n < count:
        made.append(n)
        n *= 2
    return made + [count]


def shuffled(edges, number):
    random, order = Random(0, STREAM_CONTROL, number, 14), list(edges)
    for i in range(len(order) - 1, 0, -1):
        j = random.below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


class Checked:
    def __init__(self, a):
        self.a, self.worst = a, {}
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "x")
            run("induct-export", a.run, "--epoch", a.epoch, "-q", "-o", name)
            w = {k: v.astype(np.float64) for k, v in load_file(name + ".safetensors").items() if v.dtype == np.float32}
        self.model = Model(w)
        V, context = w["embed.W_E"].shape[0], w["pos_embed.W_pos"].shape[0]
        tokens = sequences(V, context, a.period, 0, a.n)
        self.metric = Metric(self.model, tokens, a.period)
        self.clean, self.final = self.model.run(self.model.embedded(tokens[:, :-1]), plain)
        self.other = self.run_other(V, context)
        self.able = [e for e in self.model.edges if a.mode == "zero" or e[0] != "position"]

    def run_other(self, V, context):
        if self.a.mode == "zero":
            return {s: np.zeros_like(v) for s, v in self.clean.items()}
        count = self.a.n if self.a.mode == "corrupt" else REFERENCES
        reference = sequences(V, context, self.a.period, FIRST_REFERENCE, count)
        other, _ = self.model.run(self.model.embedded(reference[:, :-1]), plain)
        if self.a.mode == "corrupt":
            return other
        return {s: np.broadcast_to(v.mean(0), self.clean[s].shape) for s, v in other.items()}

    def rows(self, *options):
        return table(run("induct-edges", self.a.run, "--epochs", self.a.epoch, "--period", str(self.a.period), "-n",
                         str(self.a.n), "--mode", self.a.mode, "--resamples", "0", "-q", *options))

    def compare(self, name, row, value):
        compare(name, float(row[name.split(" ")[-1]]), value, 1e-5, self.worst)

    def compare_difference(self, name, row, value):
        apart = max(abs(float(row[name]) - value) - PRINTED * abs(value), 0) / self.metric.scale(self.final)
        self.worst[name] = max(self.worst.get(name, (0, 0))[0], apart), ROUNDED

    def between(self, n):
        share = (n + 0.5) / STEPS
        embedded = {s: self.clean[s] + share * (self.other[s] - self.clean[s]) for s in ("token", "position")}
        return self.model.run(embedded, plain)[0]

    def effects(self):
        m, (loss, accuracy) = self.metric.mean(self.final), self.metric.others(self.final)
        path = [self.between(n) for n in range(STEPS)]
        self.effect, self.attribution, self.integrated = {}, {}, {}
        for row in self.rows():
            edge = row["source"], row["reader"]
            difference = self.other[edge[0]] - self.clean[edge[0]]
            final = patched(self.model, self.clean, edge, self.other[edge[0]])
            self.effect[edge] = self.metric.mean(final) - m
            self.attribution[edge] = slope(self.model, self.metric, self.clean, edge, difference)
            self.integrated[edge] = np.mean([slope(self.model, self.metric, p, edge, difference) for p in path])
            changed = self.metric.others(final)
            for name, value in (("effect", self.effect[edge]), ("loss_delta", changed[0] - loss),
                                ("attribution", self.attribution[edge]),
                                ("error", self.attribution[edge] - self.effect[edge]),
                                ("attribution_ig", self.integrated[edge]),
                                ("error_ig", self.integrated[edge] - self.effect[edge])):
                self.compare_difference(name, row, value)
            self.compare("accuracy_delta", row, changed[1] - accuracy)
        assert set(self.effect) == set(self.model.edges)

    def agreement(self):
        row, = self.rows("--agreement")
        effect = np.array([self.effect[e] for e in self.able])
        self.compare("agreement effect", row, np.abs(effect).mean())
        for way, suffix in ((self.attribution, ""), (self.integrated, "_ig")):
            value = np.array([way[e] for e in self.able])
            self.compare("agreement error" + suffix, row, np.abs(value - effect).sum() / np.abs(effect).sum())
            self.compare("agreement correlation" + suffix, row, np.corrcoef(value, effect)[0, 1])

    def share(self, kept):
        m = self.metric.mean(circuit(self.model, self.clean, self.other, set(kept)))
        return (m - self.cut) / (self.metric.mean(self.final) - self.cut)

    def faithfulness(self):
        self.cut = self.metric.mean(circuit(self.model, self.clean, self.other, set()))
        orders = [shuffled(self.able, number) for number in range(RANDOM)]
        at_random = {n: [self.share(order[:n]) for order in orders] for n in sizes(len(self.able))}
        ways = {"effect": self.effect, "attribution": self.attribution, "attribution_ig": self.integrated}
        for row in self.rows("--faithfulness"):
            way, n = ways[row["chosen_by"]], int(row["kept"])
            strongest = sorted(self.able, key=lambda e: -abs(way[e]))[:n]
            for name, value in (("faithfulness", self.share(strongest)), ("random", np.mean(at_random[n])),
                                ("random_lo", np.quantile(at_random[n], 0.025)),
                                ("random_hi", np.quantile(at_random[n], 0.975)),
                                ("clean", self.metric.mean(self.final)), ("cut", self.cut)):
                self.compare("faithfulness " + name, row, value)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--epoch", default=None)
    parser.add_argument("--period", type=int, default=24)
    parser.add_argument("--mode", default="corrupt", choices=["corrupt", "zero", "mean"])
    parser.add_argument("-n", type=int, default=16)
    a = parser.parse_args()
    a.epoch = a.epoch or table(run("induct-eval", a.run, "--epochs", "last", "-n", "2", "--periods", str(a.period), "-q"))[0]["epoch"]
    checked = Checked(a)
    checked.effects()
    checked.agreement()
    checked.faithfulness()
    failed = False
    for name, (difference, bound) in checked.worst.items():
        failed |= not difference <= bound
        print(f"{name:30} {difference:.1e}  (at most {bound:.0e})")
    sys.exit(failed)


if __name__ == "__main__":
    main()
