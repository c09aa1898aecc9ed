#!/usr/bin/env python3
"""Analyses of a series in TransformerLens against induct: the same checkpoints, in turn.

Called by tests/bench/run.sh. Scores, composition and spectra are computed the way TransformerLens's
users do, a checkpoint at a time: load_state_dict, then run_with_cache with a filter for the patterns,
all_composition_scores, and the singular values of FactoredMatrix. The numbers are compared with
induct's tables, and a difference is a failure; times are those of a checkpoint, reading included.
"""
import argparse
import csv
import math
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

# transformer_lens.py beside this file is not the package
sys.path[:] = [path for path in sys.path if pathlib.Path(path).resolve() != pathlib.Path(__file__).resolve().parent]
warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
from importlib.metadata import version  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
NATIVE = version("transformer_lens").startswith("4.")   # HookedTransformer is gone: models of its own are "native" ones
if NATIVE:
    from transformer_lens import TransformerBridge  # noqa: E402
    from transformer_lens.conversion_utils import convert_tl_checkpoint  # noqa: E402
else:
    from transformer_lens import HookedTransformer  # noqa: E402

PERIOD, SEQUENCES = 25, 64
TOLERANCE = 1e-4


def processor_seconds(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def model_of(path):
    """A model of TransformerLens of the checkpoint's shapes: attention only, no LayerNorm, no biases."""
    state = load_file(path)
    heads, width, d_head = state["blocks.0.attn.W_Q"].shape
    config = dict(
        n_layers=sum(name.endswith("W_Q") for name in state), d_model=width, d_head=d_head, n_heads=heads,
        n_ctx=state["pos_embed.W_pos"].shape[0], d_vocab=state["embed.W_E"].shape[0], attn_only=True,
        normalization_type=None, positional_embedding_type="standard", device="cpu")
    model = TransformerBridge.boot_native(config) if NATIVE else HookedTransformer(config)
    # those that TransformerLens has and a model without biases does not
    with torch.no_grad():
        for name, value in model.named_parameters():
            if ".b_" in name or name.endswith(".bias"):
                value.zero_()
    return model


def load(model, path):
    weights = load_file(path)
    model.load_state_dict(convert_tl_checkpoint(weights, model.cfg) if NATIVE else weights, strict=False)


def scores(model, tokens):
    """[layers * heads] of each score, by the names of induct-score's columns."""
    _, cache = model.run_with_cache(tokens, return_type=None,
                                    names_filter=lambda name: name.endswith("hook_pattern"))
    found = {}
    for layer in range(model.cfg.n_layers):
        for name, values in layer_scores(cache["pattern", layer]).items():
            found.setdefault(name, []).extend(values.tolist())
    return found


def layer_scores(pattern):
    length = pattern.shape[-1]

    def offset(o, first, last):
        return pattern.diagonal(-o, -2, -1)[..., first - o:last + 1 - o].mean(dim=(0, -1))

    copied = sum(pattern.diagonal(-o, -2, -1)[..., max(1, PERIOD - o):].sum(-1)
                 for o in range(PERIOD - 1, length, PERIOD))
    choices = torch.arange(1, length + 1, dtype=torch.float64).log()[1:]
    entropy = torch.special.entr(pattern).sum(-1)[..., 1:]
    return {
        "prev_token": offset(1, 1, length - 1),
        "self": offset(0, 1, length - 1),
        "duplicate": offset(PERIOD, PERIOD, length - 1),
        "induction": offset(PERIOD - 1, PERIOD, 2 * PERIOD - 1),
        "prefix_match": (copied / (length - PERIOD)).mean(0),
        "entropy": (entropy / choices).mean(dim=(0, -1)),
        "first": pattern[:, :, 1:, 0].mean(dim=(0, -1)),
    }


def composition(model, _):
    return {kind.lower(): model.all_composition_scores(kind) for kind in "QKV"}


def spectra(model, _):
    return {"qk": model.QK.S, "ov": model.OV.S}


# ---- induct's tables -------------------------------------------------------------------------------


def table_of(path):
    with open(path) as file:
        return list(csv.DictReader((line for line in file if line[0] != "#"), delimiter="\t"))


def head_index(name, heads):
    layer, head = name[1:].split("H")
    return int(layer) * heads + int(head)


def differences(kind, found, rows, model):
    """Absolute, of every number of this checkpoint that both have."""
    heads, d_head = model.cfg.n_heads, model.cfg.d_head
    for row in rows:
        if kind == "scores":
            head = head_index(row["head"], heads)
            yield from (abs(found[name][head] - float(row[name])) for name in found if name in row)
        elif kind == "composition":
            writer, reader = (divmod(head_index(row[n], heads), heads) for n in ("writer", "reader"))
            yield abs(found[row["kind"]][(*writer, *reader)].item() - float(row["score"]))
        else:
            layer, head = divmod(head_index(row["head"], heads), heads)
            ours = [float(row[f"s_{i + 1}"]) for i in range(d_head)]
            theirs = found[row["matrix"]][layer, head][:d_head].tolist()
            yield from (abs(a - b) / ours[0] for a, b in zip(theirs, ours))


# ---- Turns -----------------------------------------------------------------------------------------


class Analysis:
    def __init__(self, kind, function, program, arguments):
        self.kind, self.function, self.program, self.arguments = kind, function, program, arguments
        self.ours, self.theirs = [], []             # seconds a checkpoint, a round
        self.our_work, self.their_work = [], []     # of processor time
        self.worst, self.compared = 0.0, 0

    def run_ours(self, options, count, folder):
        path = pathlib.Path(folder) / f"{self.program}.tsv"
        command = [f"{options.bin}/{self.program}", "-q", "-o", path, *self.arguments, options.run]
        began, worked = time.perf_counter(), processor_seconds(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True)
        self.ours.append((time.perf_counter() - began) / count)
        self.our_work.append((processor_seconds(resource.RUSAGE_CHILDREN) - worked) / count)
        return table_of(path)

    def run_theirs(self, model, paths, tokens):
        began, worked = time.perf_counter(), processor_seconds(resource.RUSAGE_SELF)
        found = []
        with torch.inference_mode():
            for path in paths:
                load(model, path)
                found.append(self.function(model, tokens))
        self.their_work.append((processor_seconds(resource.RUSAGE_SELF) - worked) / len(paths))
        return (time.perf_counter() - began) / len(paths), found

    def turn(self, options, model, checkpoints, paths, tokens, folder):
        rows = self.run_ours(options, len(checkpoints), folder)
        took = {}
        for threads in options.threads:
            torch.set_num_threads(threads)
            took[threads], found = self.run_theirs(model, paths, tokens)
        self.theirs.append(min(took.values()))
        for path, values in zip(paths, found):
            epoch = path.name[6:14].lstrip("0") or "0"
            for difference in differences(self.kind, values, (r for r in rows if r["epoch"] == epoch), model):
                self.worst = difference if math.isnan(difference) else max(self.worst, difference)
                self.compared += 1

    def equal(self):
        return self.compared > 0 and self.worst <= TOLERANCE

    def print(self):
        ratio = statistics.median(a / b for a, b in zip(self.theirs, self.ours))
        ours, theirs = min(self.our_work), min(self.their_work)
        print(f"  {self.kind:12s} {1e3 * statistics.median(self.theirs):10.2f} ms a checkpoint, {self.program} "
              f"{1e3 * statistics.median(self.ours):8.3f} ms: {ratio:7.1f} x; of processor time {1e3 * theirs:.2f} and "
              f"{1e3 * ours:.3f} ms: {theirs / ours:.1f} x;  {self.compared} numbers "
              f"{'equal' if self.equal() else 'DIFFER'}, largest difference {self.worst:.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True, help="path of induct-bench")
    parser.add_argument("--bin", required=True, help="folder of induct's programs")
    parser.add_argument("--run", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkpoints", type=int, default=8, help="of TransformerLens, a turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()

    print(f"  TransformerLens {version('transformer_lens')}, PyTorch {torch.__version__}: the faster of "
          f"{' and '.join(map(str, options.threads))} threads; induct: a whole series, start to end")
    checkpoints = sorted(pathlib.Path(options.run).glob("epoch-*.safetensors"))
    paths = checkpoints[:: max(1, len(checkpoints) // options.checkpoints)]
    model = model_of(paths[0])
    command = [options.bench, "tokens", options.run, str(PERIOD), str(SEQUENCES)]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    tokens = torch.tensor([[int(t) for t in line.split()][:-1] for line in text.splitlines()])

    analyses = [
        Analysis("scores", scores, "induct-score", ["--period", str(PERIOD), "--sequences", str(SEQUENCES)]),
        Analysis("composition", composition, "induct-compose", ["--sequences", "0"]),
        Analysis("spectra", spectra, "induct-svd", []),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for analysis in analyses:
                analysis.turn(options, model, checkpoints, paths, tokens, folder)
    for analysis in analyses:
        analysis.print()
    return 0 if all(analysis.equal() for analysis in analyses) else 1


if __name__ == "__main__":
    sys.exit(main())
