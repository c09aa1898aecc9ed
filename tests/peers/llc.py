#!/usr/bin/env python3
"""induct-llc beside devinterp 2 on one checkpoint: the same data, the same dynamics, other random numbers.

    INDUCT_BIN=build/bin python3 tests/peers/llc.py RUN --trained 20:29 [--epoch N] [--head L1H0] [--chains 4]
                                                        [--steps 200] [--step-size 1e-5] [--gamma 10000]

Weights and sequences come from induct-export; the model is written here in PyTorch, for runs without LayerNorm,
biases and rotary positions. devinterp's llc_mean averages over all steps, burn-in included, so that what is
compared is its own trace: n beta (mean after burn-in - init_loss) of every chain. Its losses are not paired with
the centre's; sequences differ from chain to chain as they do here. Prints both means with the standard deviation
of their chains; exit 1 where the difference is more than three of its standard errors. With devinterp 2.0.1, on a
2L-varied run (seed 0, epoch 20,000, --chains 10 --burn-in 40 --steps 60): all weights .4603 and .4650, L1H0 .0350
and .0342, -0.3 and +0.1 standard errors apart.
Needs torch, numpy, safetensors, devinterp 2 (and what that needs: datasets, transformers, xarray, zarr).
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
from datasets import Dataset
from devinterp.slt.llc import compute_llc
from devinterp.slt.sampling import sample
from safetensors.numpy import load_file

BIN = os.environ.get("INDUCT_BIN", "build/bin")


def run(program, *arguments):
    return subprocess.run([f"{BIN}/{program}", *arguments], check=True, capture_output=True, text=True).stdout


def table(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


def export(model_run, epoch, periods, sequences):
    """The weights, and sequence s as evaluation sequence s // len(periods) of periods[s % len(periods)]."""
    each, rows = -(-sequences // len(periods)), {}
    with tempfile.TemporaryDirectory() as folder:
        for period in periods:
            name = os.path.join(folder, "x")
            run("induct-export", model_run, "--epoch", str(epoch), "--cache", "--period", str(period),
                "--sequences", str(each), "-q", "-o", name)
            inputs = load_file(name + "-cache.safetensors")["tokens"].astype(np.int64)
            # the batch holds the inputs; the last target is a period back
            rows[period] = np.concatenate([inputs, inputs[:, -period:][:, :1]], axis=1)
        weights = {k: torch.tensor(v) for k, v in load_file(name + ".safetensors").items() if v.dtype == np.float32}
    return weights, np.stack([rows[periods[s % len(periods)]][s // len(periods)] for s in range(sequences)])


class Model(torch.nn.Module):
    def __init__(self, weights, learned):
        super().__init__()
        self.layers = sum(k.endswith("attn.W_Q") for k in weights)
        self.names = {}
        for key, value in weights.items():
            if not re.search(r"W_(E|pos|Q|K|V|O|U)$", key):
                continue
            name = self.names[key] = key.replace(".", "_")
            if key.endswith("W_pos") and not learned:
                self.register_buffer(name, value)
            else:
                self.register_parameter(name, torch.nn.Parameter(value.clone()))

    def get(self, key):
        return getattr(self, self.names[key])

    def forward(self, tokens):
        T = tokens.shape[1]
        x = self.get("embed.W_E")[tokens] + self.get("pos_embed.W_pos")[:T]
        future = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)
        for layer in range(self.layers):
            q, k, v, o = (self.get(f"blocks.{layer}.attn.W_{m}") for m in "QKVO")
            q, k, v = (torch.einsum("btd,hdk->bhtk", x, m) for m in (q, k, v))
            scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
            x = x + torch.einsum("bhtk,hkd->btd", scores.softmax(-1) @ v, o)
        return x @ self.get("unembed.W_U")


def masks_of(model, head):
    """All weights, or a mask of one head's."""
    if head == "all":
        return None
    layer, number = map(int, re.fullmatch(r"L(\d+)H(\d+)", head).groups())
    masks = {}
    for m in "QKVO":
        key = f"blocks.{layer}.attn.W_{m}"
        masks[model.names[key]] = torch.zeros_like(model.get(key))
        masks[model.names[key]][number] = 1
    return masks


def theirs(model, data, head, a):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = sample(model, data, {}, lr=a.step_size, n_beta=a.nbeta, localization=a.gamma,
                         param_masks=masks_of(model, head), num_chains=a.chains, num_draws=a.steps,
                         num_burnin_steps=a.burn_in, batch_size=a.batch, num_init_loss_batches=len(data) // a.batch,
                         match_sampling_input_ids_across_chains=False, device="cpu", output_path=folder + "/x.zarr")
        result = compute_llc(samples)
        trace = result.loss_trace.values[:, a.burn_in:]
        return a.nbeta * (trace.mean(1) - float(result.init_loss)), float(result.init_loss)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--trained", required=True)
    parser.add_argument("--epoch", default=None)
    parser.add_argument("--head", default="L1H0")
    parser.add_argument("--learned", action="store_true", help="positions are trained")
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--burn-in", type=int, default=100)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("-n", type=int, default=1024)
    parser.add_argument("--step-size", type=float, default=1e-5)
    parser.add_argument("--gamma", type=float, default=10000)
    a = parser.parse_args()
    a.nbeta = a.batch / np.log(a.batch)
    lo, hi = map(int, a.trained.split(":"))
    periods = list(range(lo, hi + 1))
    epoch = a.epoch or table(run("induct-eval", a.run, "--epochs", "last", "-n", "2", "--periods", "10", "-q"))[0]["epoch"]
    ours = table(run("induct-llc", a.run, "--epochs", str(epoch), "--heads", a.head, "-n", str(a.n),
                     "--periods", f"{lo}:{hi}", "--batch", str(a.batch), "--chains", str(a.chains),
                     "--burn-in", str(a.burn_in), "--steps", str(a.steps), "--step-size", str(a.step_size),
                     "--gamma", str(a.gamma), "-q"))
    weights, tokens = export(a.run, epoch, periods, a.n)
    model = Model(weights, a.learned)
    data = Dataset.from_dict({"input_ids": tokens.tolist()}).with_format("torch")
    failed = False
    for row in ours:
        chains, loss = theirs(model, data, row["head"], a)
        error = float(np.hypot(chains.std(ddof=1), float(row["sd"])) / a.chains ** 0.5)
        difference = float(row["llc"]) - chains.mean()
        failed |= not abs(difference) <= 3 * error or not abs(float(row["loss"]) - loss) <= 1e-5 * loss
        print(f"{row['head']:6} induct {float(row['llc']):.4f} (sd {float(row['sd']):.4f})  "
              f"devinterp {chains.mean():.4f} (sd {chains.std(ddof=1):.4f})  "
              f"{difference:+.4f}, {difference / error:+.1f} standard errors; "
              f"loss {float(row['loss']):.6f}, {loss:.6f}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
