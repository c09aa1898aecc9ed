#!/usr/bin/env python3
"""induct against TransformerLens: the same weights and tokens through both.

Needs PyTorch, TransformerLens 2, 3 or 4 and safetensors, none of which induct itself uses, and
INDUCT_BIN, the folder of induct's programs:

    pip install torch transformer_lens safetensors
    INDUCT_BIN=build/bin python3 tests/peers/transformer_lens.py [--golden tests/golden/transformer_lens]

For each kind of model: random weights in TransformerLens -> state dict and configuration ->
induct-import -> induct-export --cache -> every activation compared with run_with_cache() (version 4,
whose hooks are others: the logits), and the exported weights loaded back as induct-export --help says,
which must be bit for bit those that went in (rotary positions by halves: in adjacent pairs). Prints
the largest error of each quantity, relative to its largest absolute value, and exits with 1 if the
logits' is above 1e-5 or another's above 2e-5 (TransformerLens computes rotary angles in float32, which
at position 255 is off by that much). --golden writes small models with TransformerLens's activations,
which tests/exchange/test_transformer_lens.c holds induct to without Python.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings

sys.path.pop(0)  # this file has the package's name
warnings.filterwarnings("ignore")
import numpy as np
import safetensors.torch
import torch
try:
    from importlib.metadata import version
    VERSION = version("transformer_lens")
except ImportError:
    VERSION = "unknown"
NATIVE = VERSION.startswith("4.")  # HookedTransformer is gone: models of its own are "native" ones
if NATIVE:
    from transformer_lens import TransformerBridge
    from transformer_lens.conversion_utils import convert_tl_checkpoint
else:
    from transformer_lens import HookedTransformer

LOGITS_LIMIT, LIMIT = 1e-5, 2e-5

KINDS = {
    "plain": dict(),
    "bias": dict(bias=True),
    "layernorm": dict(normalization_type="LN", bias=True, norm_weights=True),
    "folded": dict(normalization_type="LNPre", bias=True),
    "shortformer": dict(positional_embedding_type="shortformer", normalization_type="LN", bias=True,
                        norm_weights=True),
    "rotary": dict(positional_embedding_type="rotary", rotary_dim=16, normalization_type="LN"),
    "rotary-adjacent": dict(positional_embedding_type="rotary", rotary_dim=8,
                            rotary_adjacent_pairs=True, bias=True),
    "scale": dict(attn_scale=2.5, d_head=12, n_heads=3),
}

SMALL = dict(n_layers=2, d_model=64, n_ctx=80, d_head=16, n_heads=4, d_vocab=256)
TINY = dict(n_layers=2, d_model=8, n_ctx=9, d_head=4, n_heads=2, d_vocab=7)
TOY = dict(n_layers=2, d_model=512, n_ctx=256, d_head=64, n_heads=8, d_vocab=5000)


def options_of(size, kind):
    """The configuration, and whether biases and LayerNorm's weights are random."""
    options = {**size, **kind}
    if size is TINY:
        options.update(d_model=TINY["d_model"], d_head=TINY["d_head"], n_heads=TINY["n_heads"])
        if "rotary_dim" in kind:
            options["rotary_dim"] = 4 if kind["rotary_dim"] == 16 else 2
    if size is TOY and "rotary_dim" in kind:
        options["rotary_dim"] = 64 if kind["rotary_dim"] == 16 else 32
    bias = options.pop("bias", False)
    norm_weights = options.pop("norm_weights", False)
    options.setdefault("normalization_type", None)
    return options, bias, norm_weights


def make_model(size, kind, seed):
    """A TransformerLens model with random weights everywhere, biases and LayerNorm included."""
    options, bias, norm_weights = options_of(size, kind)
    torch.manual_seed(seed)
    if NATIVE:
        model = TransformerBridge.boot_native(dict(attn_only=True, device="cpu", **options))
    else:
        model = HookedTransformer(dict(attn_only=True, device="cpu", seed=seed, init_weights=True,
                                       **options))
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            last = name.split(".")[-1]
            if ".ln1." in name or name.startswith("ln_final."):
                noise = 0.3 * torch.randn_like(weight) if norm_weights else 0
                weight.copy_(noise + (1 if last in ("w", "weight") else 0))
            elif last.startswith("b_") or last == "bias":
                weight.copy_(0.3 * torch.randn_like(weight) if bias else torch.zeros_like(weight))
            elif "W_" not in last and last != "weight":
                continue  # a buffer
            elif "embed." in name and not name.startswith("unembed"):
                weight.copy_(torch.randn_like(weight))
            else:
                fan_in = weight.shape[-1] if NATIVE else weight.shape[-2]
                weight.copy_(torch.randn_like(weight) / fan_in ** 0.5)
    return model.eval()


def save(model, base):
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    safetensors.torch.save_file(state, base + ".safetensors")
    with open(base + ".json", "w") as file:
        json.dump(model.cfg.to_dict(), file, default=str, indent=1)


def induct(program, *arguments):
    path = os.path.join(os.environ["INDUCT_BIN"], "induct-" + program)
    subprocess.run([path, "--quiet", *arguments], check=True, stdout=subprocess.DEVNULL)


def activations(model, tokens):
    logits, cache = model.run_with_cache(tokens)
    found = {name: tensor for name, tensor in cache.items()
             if not name.startswith("unembed.") and not name.endswith(".hook_in")}
    if VERSION.startswith("2."):  # there it is after weight and bias, in 3 (and induct) before
        found = {name: tensor for name, tensor in found.items()
                 if not name.endswith(".hook_normalized")}
    found["logits"] = logits
    return found


def relative_error(ours, theirs):
    ours, theirs = np.asarray(ours, np.float64), theirs.double().numpy()
    hidden = np.isneginf(theirs)
    if ours.shape != theirs.shape or (hidden != np.isneginf(ours)).any():
        return np.inf
    largest = np.abs(theirs[~hidden]).max()
    return np.abs(ours[~hidden] - theirs[~hidden]).max() / max(largest, 1e-30)


def compositions(model, run):
    """Largest relative error of induct-compose's scores against all_composition_scores()."""
    path = os.path.join(os.environ["INDUCT_BIN"], "induct-compose")
    text = subprocess.run([path, "--quiet", run], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    column = {name: index for index, name in enumerate(rows[0])}
    theirs = {kind: model.all_composition_scores(kind.upper()) for kind in "qkv"}
    worst = 0
    for row in rows[1:]:
        (l1, h1), (l2, h2) = (map(int, row[column[which]][1:].split("H"))
                              for which in ("writer", "reader"))
        score = theirs[row[column["kind"]]][l1, h1, l2, h2].item()
        worst = max(worst, abs(float(row[column["score"]]) - score) / score)
    return worst


def adjacent(tensor, width):
    """Columns of rotary positions by halves in adjacent pairs: 0, h, 1, h + 1, ..."""
    order = torch.arange(tensor.shape[-1])
    order[:width] = torch.stack([torch.arange(width // 2), torch.arange(width // 2, width)], 1).flatten()
    return tensor[..., order]


def turned(name, tensor, cfg):
    """What induct writes for a tensor or an activation of queries and keys."""
    halves = cfg.positional_embedding_type == "rotary" and not cfg.rotary_adjacent_pairs
    last = name.split(".")[-1]
    turns = last in ("W_Q", "W_K", "b_Q", "b_K", "hook_q", "hook_k", "hook_rot_q", "hook_rot_k")
    return adjacent(tensor, cfg.rotary_dim) if halves and turns and not NATIVE else tensor


def load_back(base):
    """As induct-export --help says."""
    with open(base + ".json") as file:
        cfg = json.load(file)
    weights = {k: v for k, v in safetensors.torch.load_file(base + ".safetensors").items()
               if not k.endswith(("mask", "_sin", "_cos"))}
    if NATIVE:
        model = TransformerBridge.boot_native(cfg)
        model.load_state_dict(convert_tl_checkpoint(weights, model.cfg), strict=True)
        return model
    model = HookedTransformer(cfg)
    missing = model.load_state_dict(weights, strict=False)
    assert not missing.unexpected_keys, missing
    assert all(k.endswith(("mask", "_sin", "_cos")) for k in missing.missing_keys), missing
    if VERSION.startswith("3."):  # takes the file as it is, too
        model.load_state_dict(safetensors.torch.load_file(base + ".safetensors"), strict=True)
    return model


def compare(name, model, folder, worst):
    """Both programs over one model; returns whether everything agreed."""
    base = os.path.join(folder, name)
    save(model, base)
    induct("import", base + ".safetensors", "--epoch", "0", "-o", base + "-run")
    induct("export", base + "-run", "--npz", "--cache", "--period", "5", "--sequences", "3",
           "-o", base + "-out")
    induct("export", base + "-run", "-o", base + "-back")
    ours = np.load(base + "-out-cache.npz")
    tokens = torch.tensor(ours["tokens"])
    theirs = {"logits": model(tokens)} if NATIVE else activations(model, tokens)
    errors = {}
    for hook, tensor in theirs.items():
        quantity = hook.split(".", 2)[-1] if hook.startswith("blocks.") else hook
        tensor = turned(hook, tensor, model.cfg)
        error = relative_error(ours[hook], tensor) if hook in ours else np.inf
        errors[quantity] = max(errors.get(quantity, 0), error)
        worst[quantity] = max(worst.get(quantity, 0), error)
    if model.cfg.normalization_type is None and not NATIVE:
        errors["composition"] = compositions(model, base + "-run")
        worst["composition"] = max(worst.get("composition", 0), errors["composition"])
    again = load_back(base + "-back")
    before, after = dict(model.named_parameters()), dict(again.named_parameters())
    same = before.keys() == after.keys() and all(
        torch.equal(turned(key, before[key], model.cfg), after[key]) for key in before)
    logits = relative_error(again(tokens).detach().numpy(), theirs["logits"])
    quantity, error = max(errors.items(), key=lambda item: item[1])
    print(f"{name:24s} worst {error:.1e} ({quantity}), logits {errors['logits']:.1e}, "
          f"of the model loaded back {logits:.1e}, its weights {'the same' if same else 'DIFFER'}")
    return error <= LIMIT and max(errors["logits"], logits) <= LOGITS_LIMIT and same


def write_golden(folder):
    os.makedirs(folder, exist_ok=True)
    generator = torch.Generator().manual_seed(5)
    for seed, (name, kind) in enumerate(KINDS.items()):
        model = make_model(TINY, kind, seed)
        save(model, os.path.join(folder, name))
        tokens = torch.randint(0, TINY["d_vocab"], (2, 6), generator=generator)
        with torch.no_grad():
            found = activations(model, tokens)
        found = {hook: tensor.contiguous().clone() for hook, tensor in found.items()}
        found["tokens"] = tokens
        versions = {"made_by": f"tests/peers/transformer_lens.py, TransformerLens {VERSION}, "
                               f"PyTorch {torch.__version__}"}
        safetensors.torch.save_file(found, os.path.join(folder, name + ".cache"), versions)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--golden", metavar="FOLDER", help="write golden files, compare nothing")
    options = parser.parse_args()
    print(f"TransformerLens {VERSION}, PyTorch {torch.__version__}")
    if options.golden:
        write_golden(options.golden)
        return 0
    worst, good = {}, True
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        for size_name, size in (("small", SMALL), ("toy", TOY)):
            for seed, (name, kind) in enumerate(KINDS.items()):
                if (size is TOY and name == "scale") or (NATIVE and name == "shortformer"):
                    continue  # version 4 has none
                model = make_model(size, kind, seed)
                good = compare(f"{size_name}-{name}", model, folder, worst) and good
    print("\nmaximum error relative to the quantity's largest absolute value")
    for quantity, error in sorted(worst.items()):
        print(f"  {quantity:24s} {error:.1e}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
