#include "import.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/recipe/recipe.h>

const struct ind_about IMPORT_ABOUT = {
    .name = "induct-import",
    .summary = "make a run of models trained elsewhere",
    .details =
        "Reads PyTorch files (.pt, .pth, .bin, .ckpt: nothing in them is executed),\n"
        "safetensors and numpy's .npz. Each FILE is a checkpoint of the run: a file, one\n"
        "in parts (any part, or its index.json), or a folder with either, as Hugging\n"
        "Face's trainer, DeepSpeed and Megatron leave them. A file that holds a list or a\n"
        "dict of state dicts by epoch is a series by itself; of several state dicts in\n"
        "one --prefix chooses.\n"
        "\n"
        "The epoch of each is, in this order: --epoch's; the number behind \"step\",\n"
        "\"iter\", \"checkpoint\", \"epoch\" or \"tokens\" in its name or a folder's; what the\n"
        "file holds (global_step, iter_num, step, epoch, ...); the one other number in\n"
        "its name. Where several compete it is refused. --dry-run prints which it is.\n"
        "\n"
        "The layouts of the study and of TransformerLens (2, 3, and 4's own models) are\n"
        "recognised by their tensors' names; for others --mapping says which tensor\n"
        "becomes which (share/induct/mappings has nanoGPT's, GPT-2's, GPT-NeoX's and\n"
        "torch.nn.MultiheadAttention's). The model is described by what names, shapes\n"
        "and values make certain, by a configuration beside the file (NAME.json, else\n"
        "config.json) or in it, in the words of TransformerLens, Hugging Face or\n"
        "nanoGPT, and by the options below. The first configuration serves the files\n"
        "without one. What says that the model computes something else than induct\n"
        "does is refused by name; what nothing tells is named in a line.\n"
        "\n"
        "Float32, float16, bfloat16 and float64 are read; a run holds float32. RUN\n"
        "appears whole or not at all. What it was trained on is unknown unless --trained\n"
        "says it or induct-export wrote the file.",
    .examples = "induct-import 2L_varied_model_20000.pt 2L_varied_model_60000.pt -o study\n"
                "induct-import attn-only-2l.safetensors --config attn-only-2l.json -o toy\n"
                "induct-import ckpt.pt --mapping nanogpt.json -o mine\n"
                "induct-import checkpoint-*/ --mapping gpt2.json --dry-run",
    .operand = IND_OPERAND_FILES,
};

static const char *const POSITIONS[] = {"sinusoidal", "learned",     "none",
                                        "rotary",     "shortformer", NULL};
static const char *const NORMS[] = {"none", "LN", "LNPre", NULL};

#define OPTION(name, member) IND_OPTION(name, struct import_settings, member)

const struct ind_option IMPORT_OPTIONS[] = {
    {OPTION("output", out), .key = 'o', .arg = "RUN", .help = "the run to make"},
    {OPTION("dry-run", dry), .help = "print which epoch each file is, and make nothing"},
    {OPTION("epoch", epochs_text), .arg = "LIST", .help = "epoch of each model, in their order"},
    {OPTION("trained", trained_text), .arg = "LO:HI",
     .help = "periods that it was trained on, where the file does not say"},
    {OPTION("prefix", import.prefix), .arg = "NAME",
     .help = "what the names of the model's tensors begin with"},
    {OPTION("mapping", import.mapping), .arg = "FILE",
     .help = "JSON: which of their tensors becomes which of ours"},
    {OPTION("config", import.config), .arg = "FILE", .help = "the model's configuration as JSON"},
    {OPTION("heads", import.heads), .arg = "N", .help = "attention heads a layer", .minimum = 1,
     .maximum = 1024},
    {OPTION("context", import.context), .arg = "N",
     .help = "longest input, where no position table says it", .minimum = 1, .maximum = 65536},
    {OPTION("positions", position), .arg = "KIND",
     .help = "sinusoidal, learned, none, rotary or shortformer", .choices = POSITIONS},
    {OPTION("norm", norm), .arg = "KIND",
     .help = "none, LN, or LNPre (folded LayerNorm: centred and scaled only)", .choices = NORMS},
    {OPTION("attn-scale", import.attn_scale), .arg = "X",
     .help = "divisor of attention scores (default sqrt(d_head))", .minimum = 1e-6, .maximum = 1e6},
    {0},
};

/* Up to 12 digits of *text, moved past them; -1 if there are none. */
static long take_number(const char **text)
{
    size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 12)
        return -1;
    long number = strtol(*text, NULL, 10);
    *text += digits;
    return number;
}

static int read_epochs(struct import_settings *s, struct ind_error *err)
{
    size_t room = 0;
    for (const char *at = s->epochs_text; at;) {
        long epoch = take_number(&at);
        if (epoch < 0 || (*at && *at != ','))
            return ind_fail(err, "--epoch: '%s' is no list of epochs (0 to %ld)", s->epochs_text,
                            IND_CHECKPOINT_EPOCH_MAX);
        if (ind_grow(&s->epochs, &room, (size_t)s->import.epoch_count + 1, sizeof *s->epochs, err))
            return IND_FAILED;
        s->epochs[s->import.epoch_count++] = epoch;
        at = *at ? at + 1 : NULL;
    }
    s->import.epochs = s->epochs;
    return IND_OK;
}

/* "20:29", or "20" for one period. */
static int read_trained(struct import_settings *s, struct ind_error *err)
{
    const char *at = s->trained_text;
    if (!at)
        return IND_OK;
    long lo = take_number(&at), hi = lo;
    if (*at == ':') {
        at++;
        hi = take_number(&at);
    }
    if (lo < 1 || hi < lo || hi > 65536 || *at)
        return ind_fail(err, "--trained: '%s' is no range of periods LO:HI", s->trained_text);
    s->trained_lo = (int)lo;
    s->trained_hi = (int)hi;
    return IND_OK;
}

int import_settle(struct import_settings *s, struct ind_error *err)
{
    s->import.positions = s->position >= 0 ? POSITIONS[s->position] : NULL;
    s->import.norm = s->norm >= 0 ? NORMS[s->norm] : NULL;
    return read_epochs(s, err) == IND_OK ? read_trained(s, err) : IND_FAILED;
}
