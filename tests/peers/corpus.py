#!/usr/bin/env python3
"""The golden corpus: one small file of each kind that people exchange, and what it is.

    python3 tests/peers/corpus.py tests/golden/corpus

Needs PyTorch, safetensors and numpy, none of which induct uses. Writes the files and cases.tsv, a line
for each case: name, arguments of induct-import, what must come out ("same MODEL EPOCHS", the weights of
models/MODEL.safetensors at those epochs, or "refused WORDS", words of the message). tests/cli/corpus.sh
holds induct to it without Python. Weights are multiples of 1/64, so that every type holds them exactly.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import pickle
import shutil
import sys
import zipfile

import numpy as np
import safetensors.torch
import torch

SIZE = dict(n_layers=2, n_heads=2, d_model=4, d_head=2, d_vocab=5, n_ctx=6)
CASES = []


def weights(seed=0, bias=False, norm=False, positions=True, heads=2):
    generator = torch.Generator().manual_seed(seed)

    def numbers(*shape):
        return torch.randint(-96, 97, shape, generator=generator) / 64

    d, dh, v, t = SIZE["d_model"], SIZE["d_head"], SIZE["d_vocab"], SIZE["n_ctx"]
    w = {"embed.W_E": numbers(v, d)}
    if positions:
        w["pos_embed.W_pos"] = numbers(t, d)
    for layer in range(SIZE["n_layers"]):
        p = f"blocks.{layer}."
        if norm:
            w[p + "ln1.w"], w[p + "ln1.b"] = 1 + numbers(d), numbers(d)
        for name in "QKV":
            w[p + f"attn.W_{name}"] = numbers(heads, d, dh)
        w[p + "attn.W_O"] = numbers(heads, dh, d)
        if bias:
            for name in "QKV":
                w[p + f"attn.b_{name}"] = numbers(heads, dh)
            w[p + "attn.b_O"] = numbers(d)
    if norm:
        w["ln_final.w"], w["ln_final.b"] = 1 + numbers(d), numbers(d)
    w["unembed.W_U"] = numbers(d, v)
    if bias:
        w["unembed.b_U"] = numbers(v)
    return w


PLAIN, BIASED, NORMED = weights(0), weights(1, bias=True), weights(2, norm=True, bias=True)
BARE = weights(3, positions=False)
MODELS = {"plain": PLAIN, "biased": BIASED, "normed": NORMED, "bare": BARE}


def case(name, arguments, result):
    CASES.append((name, arguments, result))


def put(name, value, **how):
    os.path.dirname(name) and os.makedirs(os.path.dirname(name), exist_ok=True)
    torch.save(value, name, **how)


def put_tensors(name, tensors, metadata=None):
    os.path.dirname(name) and os.makedirs(os.path.dirname(name), exist_ok=True)
    safetensors.torch.save_file({k: v.contiguous().clone() for k, v in tensors.items()}, name,
                                metadata)


def put_json(name, value):
    with open(name, "w") as file:
        json.dump(value, file)


def good(name, value, model="plain", epoch=10, arguments=""):
    """A .pt that must load."""
    put(f"{name}_{epoch}.pt", value)
    case(name, f"{name}_{epoch}.pt {arguments}", f"same {model} {epoch}")


def bad(name, value, words, arguments=""):
    put(f"{name}_10.pt", value)
    case(name, f"{name}_10.pt {arguments}", "refused " + words)


def linear(w):
    """[heads, in, out] as torch.nn.Linear's [heads * out, in]."""
    return w.permute(0, 2, 1).reshape(-1, w.shape[1]).contiguous()


# ---- Pickles --------------------------------------------------------------------------------------

class Box:
    pass


class Boom:
    def __reduce__(self):
        return os.system, ("touch EXECUTED",)


class OwnTensor(torch.nn.Parameter):
    pass


def pickles():
    attributes = {k: torch.nn.Parameter(v.clone()) for k, v in PLAIN.items()}
    for parameter in attributes.values():
        parameter._no_weight_decay = True
    expanded = {**PLAIN, "blocks.0.attn.b_O": torch.zeros(1).expand(4)}
    turned = {k: v.transpose(-1, -2).contiguous().transpose(-1, -2) for k, v in PLAIN.items()}
    box = Box()
    box.path = pathlib.PurePosixPath("a/b")
    good("bare_dict", PLAIN)
    good("attributes", attributes)
    good("expanded", expanded)
    good("turned", turned)
    good("half", {k: v.half() for k, v in PLAIN.items()})
    good("brain", {k: v.bfloat16() for k, v in PLAIN.items()})
    good("double", {k: v.double() for k, v in PLAIN.items()})
    good("numpy_scalar", {"model": PLAIN, "loss": np.float64(1.5), "losses": np.arange(3.0)})
    good("generators", {"model": PLAIN, "np": np.random.default_rng(0).bit_generator.state})
    good("object_beside", {"model": PLAIN, "hparams": box, "path": pathlib.PurePosixPath("x")})
    good("code_beside", {"model": PLAIN, "x": Boom()})
    good("float8_beside", {"model": PLAIN, "scale": torch.zeros(3).to(torch.float8_e4m3fn)})
    good("complex_beside", {"model": PLAIN, "freqs": torch.ones(2, dtype=torch.complex64)})
    good("wrapped", {"module._orig_mod." + k.replace("attn.", "_checkpoint_wrapped_module.attn."): v
                     for k, v in PLAIN.items()})
    good("lightning", {"state_dict": {"model." + k: v for k, v in PLAIN.items()}, "global_step": 10,
                       "epoch": 1, "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2)}}}]})
    put("old_protocol_10.pt", PLAIN, pickle_protocol=4)
    case("old_protocol", "old_protocol_10.pt", "same plain 10")
    bad("float8", {k: v.to(torch.float8_e4m3fn) for k, v in PLAIN.items()}, "embed.W_E: it depends on")
    bad("own_tensor", {k: torch.zeros(1) if "b_" in k else v for k, v in
                       {**PLAIN, "embed.W_E": PLAIN["embed.W_E"].to_sparse()}.items()},
        "embed.W_E: it depends on torch._utils._rebuild_sparse_tensor")
    bad("whole_module", Box(), "an object of __main__.Box, no state dict")
    bad("integers", {k: v.long() for k, v in PLAIN.items()}, "holds I64, no weights")
    with zipfile.ZipFile("bare_dict_10.pt") as archive, \
            zipfile.ZipFile("deflated_10.pt", "w", zipfile.ZIP_DEFLATED) as out:
        for name in archive.namelist():
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), archive.read(name),
                         zipfile.ZIP_DEFLATED)
    case("deflated", "deflated_10.pt", "same plain 10")
    torch.serialization.set_crc32_options(False)
    put("no_crc_10.pt", PLAIN)
    torch.serialization.set_crc32_options(True)
    case("no_crc", "no_crc_10.pt", "same plain 10")


# ---- Which of several -----------------------------------------------------------------------------

def several():
    two = {"model": PLAIN, "ema": weights(7)}
    bad("two_dicts", two, "it holds 2 state dicts, under model., ema.: --prefix says which")
    case("two_chosen", "two_dicts_10.pt --prefix model", "same plain 10")
    beside = {**{"model." + k: v for k, v in PLAIN.items()}, "head.weight": torch.ones(2)}
    bad("beside", beside, "other tensor (head.weight)")
    case("beside_chosen", "beside_10.pt --prefix model.", "same plain 10")
    put("list.pt", {"checkpoint_epochs": [0, 50], "checkpoints": [PLAIN, PLAIN]})
    case("list", "list.pt", "same plain 0,50")
    put("keyed.pt", {0: PLAIN, 700: PLAIN})
    case("keyed", "keyed.pt", "same plain 0,700")
    put("own_steps.pt", [{"step": 3, "model": PLAIN}, {"step": 4, "model": PLAIN}])
    case("own_steps", "own_steps.pt", "same plain 3,4")
    bad("nameless_list", [PLAIN, PLAIN], "nothing says of which epochs")
    zero = {k: torch.zeros_like(v) if ".b_" in k else v for k, v in BIASED.items()}
    put("step_0.pt", zero)
    put("step_1.pt", BIASED)
    case("biases_begin_at_zero", "step_0.pt step_1.pt", "epochs 0,1")


# ---- Configuration --------------------------------------------------------------------------------

def configurations():
    lens = {**SIZE, "attn_only": True, "normalization_type": None,
            "positional_embedding_type": "standard"}
    switches = dict(use_local_attn=True, scale_attn_by_inverse_layer_idx=True,
                    attention_dir="bidirectional", attn_scores_soft_cap=0.5, clip_qkv=0.3,
                    rotary_scaling_factor=8.0, use_qk_norm=True, final_rms=True,
                    n_key_value_heads=1, normalization_type="RMSPre", d_vocab_out=4,
                    positional_embedding_type="alibi", attn_only=False, rms_norm_eps=1e-5,
                    sliding_window=4, output_logits_soft_cap=30.0, use_attention_sinks=True)
    for key, value in switches.items():
        name = f"switch_{key}"
        put_tensors(f"{name}_10.safetensors", PLAIN, {"config": json.dumps({**lens, key: value})})
        case(name, f"{name}_10.safetensors", f"refused {key}")
    put_tensors("others_10.safetensors", {**{"model." + k: v for k, v in PLAIN.items()}, "scale":
                torch.zeros(3).to(torch.float8_e4m3fn), "ids": torch.zeros(3, dtype=torch.uint16)})
    case("others_beside", "others_10.safetensors --prefix model", "same plain 10")
    put_tensors("float8_10.safetensors", {**PLAIN, "embed.W_E": PLAIN["embed.W_E"].to(torch.float8_e4m3fn)})
    case("float8_weight", "float8_10.safetensors", "refused tensor embed.W_E holds F8_E4M3, no weights")
    put_tensors("meta_10.safetensors", PLAIN, {"config": json.dumps(lens)})
    case("meta", "meta_10.safetensors", "same plain 10")
    put_tensors("meta_word_10.safetensors", PLAIN, {"config": "gpt2-small"})
    case("meta_word", "meta_word_10.safetensors", "same plain 10")
    put_tensors("neel_10.safetensors", PLAIN)
    put_json("neel_10.json", {**SIZE, "normalization": "LNPre", "shortformer_pos": True,
                              "attn_only": True, "final_rms": False, "act_fn": "relu"})
    case("neel", "neel_10.safetensors", "says shortformer positions, LNPre")
    put_json("hf.json", dict(n_layer=2, n_head=2, n_embd=4, vocab_size=5, n_positions=6,
                             scale_attn_by_inverse_layer_idx=True))
    case("hf", "meta_word_10.safetensors --config hf.json", "refused scores scaled by layer")
    put_json("strange.json", {"learning_rate": 1e-3, "colour": "blue"})
    case("strange", "meta_word_10.safetensors --config strange.json", "refused none of its keys is known")
    put_json("wandb.json", {k: {"desc": None, "value": v} for k, v in lens.items()})
    case("wandb", "meta_word_10.safetensors --config wandb.json", "same plain 10")
    good("args_inside", {"model": PLAIN, "model_args": dict(n_layer=2, n_head=2, n_embd=4)})
    case("heads_contradicted", "args_inside_10.pt --heads 4", "refused --heads 4 contradicts")
    bad("switch_inside", {"model": PLAIN, "config": {**lens, "use_local_attn": True}}, "use_local_attn")


# ---- Buffers --------------------------------------------------------------------------------------

def rotary_tables(width, adjacent, base=10000.0):
    pairs = torch.arange(width) // 2 if adjacent else torch.arange(width) % (width // 2)
    angles = torch.arange(SIZE["n_ctx"])[:, None] / base ** (pairs[None] / (width // 2))
    return {f"blocks.{layer}.attn.rotary_{which}": getattr(angles.float(), which)()
            for layer in range(2) for which in ("sin", "cos")}


def buffers():
    causal = torch.ones(6, 6).tril()
    window = causal * torch.ones(6, 6).triu(-2)
    put("mask_10.pt", {**PLAIN, "blocks.0.attn.mask": causal.bool(),
                       "blocks.0.attn.IGNORE": torch.tensor(-1e5)})
    case("mask", "mask_10.pt", "same plain 10")
    bad("mask_window", {**PLAIN, "blocks.0.attn.mask": window.bool()}, "is no causal mask")
    bad("mask_full", {**PLAIN, "blocks.1.attn.mask": torch.ones(6, 6)}, "is no causal mask")
    bad("ignore_zero", {**PLAIN, "blocks.0.attn.IGNORE": torch.tensor(0.0)}, "not far below 0")
    bare = weights(3, positions=False, heads=2)
    put("rotary_10.pt", {**bare, **rotary_tables(2, False)})
    case("rotary", "rotary_10.pt", "says context 6, rotary positions")
    case("rotary_contradicted", "rotary_10.pt --positions none --context 6", "refused contradicts")
    bad("rotary_scaled", {**bare, **{k: v * 1.5 for k, v in rotary_tables(2, False).items()}},
        "are not those of plain rotary positions")
    rms = {k: v for k, v in NORMED.items() if k not in ("blocks.0.ln1.b", "blocks.1.ln1.b", "ln_final.b")}
    bad("rms", rms, "RMSNorm")
    case("rms_said", "rms_10.pt --norm LN", "says LN, biases")
    good("normed", NORMED, "normed")


# ---- Epochs ---------------------------------------------------------------------------------------

def epochs():
    names = {"step1000.pt": 1000, "epoch=3-step=1000.ckpt": 1000, "epoch=03-val_loss=0.25.ckpt": 3,
             "epoch_1000_loss_0.123.pt": 1000, "checkpoint_1000.pth.tar": 1000, "model_1e5.pt": 100000,
             "step_10k.pt": 10000, "model_epoch_10_seed_3.pt": 10, "iter_0002000/mp_rank_00/m.pt": 2000,
             "checkpoint-77/model.safetensors": 77, "tokens_022000000000.pth": 22000000000,
             "last-v1.ckpt": 0, "lr0.001.pt": 0, "2L_4H.pt": 0, "toy_v2.pt": 0, "1000/model.pt": 1000,
             "epoch=1-step=5-v2.ckpt": 5}
    for name, epoch in names.items():
        if name.endswith(".safetensors"):
            put_tensors("e/" + name, PLAIN)
        else:
            put("e/" + name, PLAIN)
        case("name_" + name.replace("/", "_"), "e/" + name, f"same plain {epoch}")
    case("folder", "e/checkpoint-77", "same plain 77")
    put("e/2024-05-12.pt", PLAIN)
    case("name_date", "e/2024-05-12.pt", "refused does not say which number is the epoch")
    for key in ("iter_num", "global_step", "step", "epoch"):
        put(f"in_{key}.pt", {"model": PLAIN, key: 5000})
        case("in_" + key, f"in_{key}.pt", "same plain 5000")
    put("in_numpy.pt", {"model": PLAIN, "step": np.int64(123)})
    case("in_numpy", "in_numpy.pt", "same plain 123")
    case("mixed_units", "e/step1000.pt in_epoch.pt", "refused counts")


# ---- Layouts --------------------------------------------------------------------------------------

def nano(w, conv=False):
    turn = (lambda m: m.T.contiguous()) if conv else (lambda m: m)
    out = {"transformer.wte.weight": w["embed.W_E"], "transformer.wpe.weight": w["pos_embed.W_pos"]}
    for layer in range(2):
        p, q = f"blocks.{layer}.", f"transformer.h.{layer}."
        out[q + "ln_1.weight"], out[q + "ln_1.bias"] = w[p + "ln1.w"], w[p + "ln1.b"]
        out[q + "attn.c_attn.weight"] = turn(torch.cat([linear(w[p + f"attn.W_{n}"]) for n in "QKV"]))
        out[q + "attn.c_attn.bias"] = torch.cat([w[p + f"attn.b_{n}"].reshape(-1) for n in "QKV"])
        out[q + "attn.c_proj.weight"] = turn(w[p + "attn.W_O"].reshape(4, 4).T.contiguous())
        out[q + "attn.c_proj.bias"] = w[p + "attn.b_O"]
        out[q + "attn.bias"] = torch.ones(6, 6).tril()[None, None]
    out["transformer.ln_f.weight"], out["transformer.ln_f.bias"] = w["ln_final.w"], w["ln_final.b"]
    out["lm_head.weight"] = w["unembed.W_U"].T.contiguous()
    return out


def bridge(w):
    out = {"embed.weight": w["embed.W_E"], "pos_embed.weight": w["pos_embed.W_pos"],
           "unembed.weight": w["unembed.W_U"].T.contiguous(), "unembed.bias": w["unembed.b_U"],
           "ln_final.weight": w["ln_final.w"], "ln_final.bias": w["ln_final.b"]}
    for layer in range(2):
        p = f"blocks.{layer}."
        out[p + "ln1.weight"], out[p + "ln1.bias"] = w[p + "ln1.w"], w[p + "ln1.b"]
        for n in "QKV":
            out[p + f"attn.{n.lower()}.weight"] = linear(w[p + f"attn.W_{n}"])
            out[p + f"attn.{n.lower()}.bias"] = w[p + f"attn.b_{n}"].reshape(-1)
        out[p + "attn.o.weight"] = w[p + "attn.W_O"].reshape(4, 4).T.contiguous()
        out[p + "attn.o.bias"] = w[p + "attn.b_O"]
    return out


def layouts():
    unbiased = {**NORMED, "unembed.b_U": torch.zeros(5)}
    MODELS["lm"] = unbiased
    put("nano.pt", {"model": {"_orig_mod." + k: v for k, v in nano(NORMED).items()}, "iter_num": 9,
                    "model_args": dict(n_layer=2, n_head=2, n_embd=4, block_size=6, bias=True)})
    case("nanogpt", "nano.pt --mapping MAPPINGS/nanogpt.json", "same lm 9")
    conv = nano(NORMED, conv=True)
    for layer in range(2):
        q = f"transformer.h.{layer}."
        conv.update({q + "ln_2.weight": torch.ones(4), q + "ln_2.bias": torch.zeros(4),
                     q + "mlp.c_fc.weight": torch.ones(4, 8), q + "mlp.c_proj.weight": torch.zeros(8, 4),
                     q + "mlp.c_proj.bias": torch.zeros(4)})
    put_tensors("hf/checkpoint-30/model.safetensors", conv)
    put_json("hf/checkpoint-30/config.json", dict(model_type="gpt2", n_layer=2, n_head=2, n_embd=4,
                                                  vocab_size=5, n_positions=6))
    case("gpt2", "hf/checkpoint-30 --mapping MAPPINGS/gpt2.json", "same lm 30")
    conv["transformer.h.1.mlp.c_proj.bias"] = torch.ones(4)
    put_tensors("mlp_10.safetensors", conv)
    case("gpt2_mlp", "mlp_10.safetensors --mapping MAPPINGS/gpt2.json --heads 2",
         "refused is none that an attention-only model has")
    names = sorted(conv)
    conv["transformer.h.1.mlp.c_proj.bias"] = torch.zeros(4)
    half = len(names) // 2
    parts = {"model-00001-of-00002.safetensors": names[:half], "model-00002-of-00002.safetensors": names[half:]}
    for file, some in parts.items():
        put_tensors("parts/" + file, {name: conv[name] for name in some})
    put_json("parts/model.safetensors.index.json",
             {"weight_map": {name: file for file, some in parts.items() for name in some}})
    case("parts_folder", "parts --epoch 4 --mapping MAPPINGS/gpt2.json --heads 2", "same lm 4")
    case("part", "parts/model-00001-of-00002.safetensors --epoch 4 --mapping MAPPINGS/gpt2.json --heads 2",
         "same lm 4")
    put("bridge_10.pt", bridge(NORMED))
    case("tl4", "bridge_10.pt --heads 2", "same normed 10")
    single = {"tok.weight": PLAIN["embed.W_E"], "pe": PLAIN["pos_embed.W_pos"][:, None],
              "head.weight": PLAIN["unembed.W_U"].T.contiguous()}
    tensors = {"embed.W_E": "tok.weight", "pos_embed.W_pos": "pe",
               "unembed.W_U": {"from": "head.weight", "transpose": True},
               "blocks.{L}.attn.W_O": {"from": "l.{L}.o", "transpose": True}}
    for n in "QKV":
        tensors[f"blocks.{{L}}.attn.W_{n}"] = {"from": f"l.{{L}}.{{H}}.{n}", "transpose": True}
    for layer in range(2):
        single[f"l.{layer}.o"] = PLAIN[f"blocks.{layer}.attn.W_O"].reshape(4, 4).T.contiguous()
        for head in range(2):
            for n in "QKV":
                single[f"l.{layer}.{head}.{n}"] = PLAIN[f"blocks.{layer}.attn.W_{n}"][head].T.contiguous()
    put("single_10.pt", single)
    put_json("single.json", {"name": "a tensor a head", "tensors": tensors})
    case("single_heads", "single_10.pt --mapping single.json", "same plain 10")
    tensors["blocks.{L}.attn.W_Q"] = {"from": "l.{L}.{H}.Qu", "transpose": True}
    put_json("typo.json", {"tensors": tensors})
    case("typo", "single_10.pt --mapping typo.json", "refused has no tensor l.0.0.Qu")
    np.savez("arrays_10.npz", **{k: v.numpy() for k, v in PLAIN.items()})
    case("npz", "arrays_10.npz", "same plain 10")
    np.savez_compressed("packed_10.npz", **{k: v.numpy() for k, v in PLAIN.items()})
    case("npz_compressed", "packed_10.npz", "same plain 10")
    study = {"token_embedding.weight": PLAIN["embed.W_E"], "position_embedding": PLAIN["pos_embed.W_pos"],
             "unembed.weight": PLAIN["unembed.W_U"].T.contiguous()}
    for layer in range(2):
        q = f"attention_blocks.{layer}."
        study[q + "W_qkv.weight"] = torch.cat([linear(PLAIN[f"blocks.{layer}.attn.W_{n}"]) for n in "QKV"])
        study[q + "W_o.weight"] = PLAIN[f"blocks.{layer}.attn.W_O"].reshape(4, 4).T.contiguous()
    bad("study", study, "how many heads share its 4 columns")
    case("study_heads", "study_10.pt --heads 2", "same plain 10")


# ---- No models ------------------------------------------------------------------------------------

def others():
    with open("bare_dict_10.pt", "rb") as file:
        whole = file.read()
    with open("meta_10.safetensors", "rb") as file:
        tensors = file.read()
    files = {
        "lfs.safetensors": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n", "git-LFS pointer"),
        "page.pt": (b"<!DOCTYPE html>\n<html><body>Not Found</body></html>\n", "a web page"),
        "entry.safetensors": (b"Entry not found", "error message of a server"),
        "empty.pt": (b"", "it has no bytes"),
        "packed.pt": (gzip.compress(whole, mtime=0)[:64], "compressed with gzip"),
        "llama.gguf": (b"GGUF\x03\0\0\0" + b"\0" * 24, "a GGUF file"),
        "cut.pt": (whole[:len(whole) // 2], "cut off"),
        "cut.safetensors": (tensors[:-100], "cut off"),
        "keras.h5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 24, "an HDF5 file"),
        "graph.onnx": (b"\x08\x07\x12\x07pytorch\x1a\x052.0.0" + b"\0" * 24, "an ONNX model"),
        "zeros.pt": (b"\0" * 64, "zero bytes where a model begins"),
        "log.pt": (b"epoch 1 loss 2.0\n", "plain text"),
        "objects.pkl": (pickle.dumps({"a": 1}), "a bare pickle"),
        "flax.msgpack": (b"\x81\xa6params\x81\xa5embed\xc7\x10\x01" + b"\0" * 16, "a msgpack file"),
    }
    for name, (content, words) in files.items():
        with open(name, "wb") as file:
            file.write(content)
        case("kind_" + name, name, "refused " + words)
    np.save("one.npy", np.zeros(3))
    case("kind_npy", "one.npy", "refused one numpy array")
    put_json("lone.json", {"weight_map": {"a": "model-00001-of-00002.safetensors"}})
    case("kind_index", "lone.json", "refused which it names, is not there")
    with zipfile.ZipFile("script.pt", "w") as out:
        for name in ("s/data.pkl", "s/constants.pkl", "s/code/x.py"):
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), b"\x80\x02}.")
    case("kind_script", "script.pt", "refused a TorchScript archive")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    for part in (pickles, several, configurations, buffers, epochs, layouts, others):
        part()
    for name, tensors in MODELS.items():
        put_tensors(f"models/{name}.safetensors", tensors)
    with open("cases.tsv", "w") as file:
        file.write(f"# made by tests/peers/corpus.py, PyTorch {torch.__version__}\n")
        for row in CASES:
            file.write("\t".join(part.strip() for part in row) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
