#include "export.h"

static const char *const LAYOUTS[] = {"lens", "study", NULL};

const struct ind_about EXPORT_ABOUT = {
    .name = "induct-export",
    .summary = "write a checkpoint, or its activations, for other programs",
    .details =
        "Writes one checkpoint as NAME.safetensors and its TransformerLens configuration\n"
        "as NAME.json. With\n"
        "\n"
        "  from json import load; from safetensors.torch import load_file\n"
        "  cfg, W = load(open('NAME.json')), load_file('NAME.safetensors')\n"
        "  W = {k: v for k, v in W.items() if not k.endswith(('mask', '_sin', '_cos'))}\n"
        "\n"
        "it loads in TransformerLens 2 and 3 (tried: 2.18, 3.9) as\n"
        "\n"
        "  model = HookedTransformer(cfg); model.load_state_dict(W, strict=False)\n"
        "\n"
        "and in version 4 (tried: 4.3) as\n"
        "\n"
        "  from transformer_lens.conversion_utils import convert_tl_checkpoint\n"
        "  model = TransformerBridge.boot_native(cfg)\n"
        "  model.load_state_dict(convert_tl_checkpoint(W, model.cfg), strict=True)\n"
        "\n"
        "Version 3 takes the file as it is, too: load_state_dict(load_file(...)). Version 4\n"
        "has no shortformer positions and no scores divided by 1. What is left out above\n"
        "are buffers, which every version makes by itself.\n"
        "\n"
        "A model without biases gets biases of zero, one without positions a table of zeros;\n"
        "sinusoidal positions are a table like any other there. Rotary positions by halves\n"
        "are written in adjacent pairs, which changes the order of a head's columns and no\n"
        "score: all versions compute those alike. --layout study names and turns the tensors\n"
        "as the study's checkpoints do. --npz writes NAME.npz instead, which numpy.load reads.\n"
        "\n"
        "--cache writes NAME-cache as well: tokens of evaluation sequences, logits and every\n"
        "activation under TransformerLens's hook names, of the model as it is written.\n"
        "\n"
        "The names of the files written go to stdout.",
    .examples = "induct-export runs/2L-varied-seed1 -o final\n"
                "induct-export study --epoch 20000 --npz --cache --period 25 -o early\n"
                "induct-export runs/2L-varied-seed1 --layout study -o theirs",
    .operand = IND_OPERAND_RUN,
};

#define OPTION(name, member) IND_OPTION(name, struct export_settings, member)

const struct ind_option EXPORT_OPTIONS[] = {
    {OPTION("output", out), .key = 'o', .arg = "NAME",
     .help = "files to write: NAME.safetensors, ... (default: RUN-EPOCH)"},
    {OPTION("epoch", epoch), .arg = "N", .help = "which checkpoint (default: the last)",
     .minimum = 0, .maximum = (double)IND_CHECKPOINT_EPOCH_MAX},
    {OPTION("layout", layout), .arg = "LAYOUT", .help = "lens (TransformerLens, default) or study",
     .choices = LAYOUTS},
    {OPTION("npz", npz), .help = "write .npz instead of .safetensors"},
    {OPTION("cache", cache), .help = "write the activations of one batch too"},
    {OPTION("period", period), .arg = "P",
     .help =
         "of --cache: period of the sequences (default: the middle of the trained ones, 25 where "
         "nobody knows them)",
     .minimum = 1, .maximum = 65536},
    {OPTION("sequences", sequences), .arg = "N",
     .help = "of --cache: sequences in the batch (default 4)", .minimum = 1, .maximum = 4096},
    {0},
};
