/* induct-import: models trained elsewhere become a run that every program takes. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/run/checkpoint.h>
#include <induct/recipe/config_file.h>
#include <induct/exchange/import.h>
#include <induct/tool/stop.h>
#include <induct/tool/tool.h>

static const struct ind_about ABOUT = {
    .name = "induct-import",
    .summary = "make a run of models trained elsewhere",
    .details =
        "Reads PyTorch state dicts (.pt, .pth: nothing in them is executed) and safetensors\n"
        "files; each FILE becomes one checkpoint of the run, at the epoch that its name ends\n"
        "in (model_20000.pt), that its metadata holds, or that --epoch gives.\n"
        "\n"
        "The layouts of the study and of TransformerLens are recognised by their tensors'\n"
        "names; for others --mapping says which tensor becomes which (an example for nanoGPT\n"
        "is installed in share/induct/mappings). The model is described by what names and\n"
        "shapes make certain, by a TransformerLens configuration beside the first file\n"
        "(NAME.json or config.json), and by the options below, which win.\n"
        "\n"
        "Float32, float16, bfloat16 and float64 are read; a run holds float32. RUN appears\n"
        "whole or not at all.",
    .examples = "induct-import 2L_varied_model_20000.pt 2L_varied_model_60000.pt -o study\n"
                "induct-import attn-only-2l.safetensors --config attn-only-2l.json -o toy\n"
                "induct-import ckpt.pt --mapping nanogpt.json --heads 6 --epoch 5000 -o mine",
    .operand = IND_OPERAND_FILES,
};

struct settings {
    const char *out;
    struct ind_import_options import;
    struct ind_ints epochs;
    int positions, norm; /* words of the options, -1 = not given */
};

/* The run while it is made, under another name. */
struct target {
    char *folder;
    struct ind_layout layout;
    struct ind_params params;
    long *epochs;
    int count;
};

static int check_output(const char *out, struct ind_error *err)
{
    struct stat st;
    if (lstat(out, &st) != 0)
        return IND_OK;
    if (S_ISDIR(st.st_mode) && ind_series_is_run(out))
        return ind_fail(err, "%s already holds a run: choose another name", out);
    DIR *folder = S_ISDIR(st.st_mode) ? opendir(out) : NULL;
    int entries = 0;
    while (folder && readdir(folder))
        entries++;
    if (folder)
        closedir(folder);
    return entries == 2 ? IND_OK : ind_fail(err, "%s already exists", out);
}

/* Beside OUT, so that renaming it works. */
static char *temporary_beside(const char *out)
{
    size_t length = strlen(out);
    while (length > 1 && out[length - 1] == '/')
        length--;
    return ind_text("%.*s.%ld.tmp", (int)length, out, (long)getpid());
}

static int target_start(struct target *target, const struct ind_config *config,
                        struct ind_error *err)
{
    if (ind_layout_init(&target->layout, config, err) != IND_OK ||
        ind_params_init(&target->params, &target->layout, err) != IND_OK)
        return IND_FAILED;
    return ind_folder_make(target->folder, err);
}

/* Removes the folder as far as it is still there. */
static void target_release(struct target *target)
{
    DIR *folder = target->folder ? opendir(target->folder) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder) {
        closedir(folder);
        rmdir(target->folder);
    }
    ind_params_release(&target->params);
    ind_layout_release(&target->layout);
    free(target->folder);
    free(target->epochs);
}

static int find_epoch(struct ind_tool *tool, const struct settings *s,
                      const struct ind_import *from, int index, long *epoch, struct ind_error *err)
{
    *epoch = s->epochs.count ? s->epochs.items[index] : from->epoch;
    if (*epoch >= 0)
        return IND_OK;
    if (tool->operand_count > 1)
        return ind_fail(err,
                        "%s: neither its name nor its metadata says which epoch it is: "
                        "--epoch LIST names one a file",
                        tool->operands[index]);
    ind_tool_warn(tool, "%s says no epoch: taken as 0", tool->operands[index]);
    *epoch = 0;
    return IND_OK;
}

static int add_epoch(struct target *target, long epoch, const char *path, struct ind_error *err)
{
    for (int i = 0; i < target->count; i++)
        if (target->epochs[i] == epoch)
            return ind_fail(err, "%s: a second checkpoint of epoch %ld", path, epoch);
    target->epochs[target->count++] = epoch;
    return IND_OK;
}

static int add_model(struct ind_tool *tool, const struct settings *s, struct target *target,
                     struct ind_import *from, int index)
{
    const char *path = tool->operands[index];
    struct ind_error *err = &tool->error;
    long epoch;
    if (index == 0 && target_start(target, &from->config, err) != IND_OK)
        return IND_FAILED;
    if (!ind_import_same_model(&from->config, &target->layout.config))
        return ind_fail(err, "%s: not the same kind of model as %s", path, tool->operands[0]);
    if (find_epoch(tool, s, from, index, &epoch, err) != IND_OK ||
        add_epoch(target, epoch, path, err) != IND_OK ||
        ind_import_read(from, &target->params, err) != IND_OK)
        return IND_FAILED;
    if (index == 0)
        ind_tool_warn(tool, "%s", from->summary);
    return ind_checkpoint_write(target->folder, &target->params, epoch, false, err);
}

static int finish(struct target *target, const char *out, struct ind_error *err)
{
    struct ind_recipe recipe = ind_recipe_default();
    recipe.model = target->layout.config;
    recipe.periods_unknown = true;
    if (ind_run_config_write(target->folder, &recipe, true, false, err) != IND_OK)
        return IND_FAILED;
    if (rename(target->folder, out) != 0)
        return ind_fail_errno(err, "%s: cannot rename into place", out);
    return IND_OK;
}

static int import_all(struct ind_tool *tool, const struct settings *s, struct target *target)
{
    struct ind_error *err = &tool->error;
    target->folder = temporary_beside(s->out);
    target->epochs = calloc((size_t)tool->operand_count, sizeof *target->epochs);
    if (!target->folder || !target->epochs)
        return ind_fail(err, "out of memory");
    for (int i = 0; i < tool->operand_count; i++) {
        struct ind_import from;
        if (ind_stop_signal())
            return ind_fail(err, "interrupted");
        if (ind_import_open(&from, tool->operands[i], &s->import, err) != IND_OK)
            return IND_FAILED;
        int status = add_model(tool, s, target, &from, i);
        ind_import_close(&from);
        if (status != IND_OK)
            return status;
    }
    return finish(target, s->out, err);
}

static int run(struct ind_tool *tool, const struct settings *s)
{
    struct ind_error *err = &tool->error;
    if (!s->out)
        return ind_fail(err, "no run to make: -o RUN names it");
    if (s->epochs.count && s->epochs.count != tool->operand_count)
        return ind_fail(err, "--epoch names %d epochs for %d files", s->epochs.count,
                        tool->operand_count);
    if (check_output(s->out, err) != IND_OK)
        return IND_FAILED;
    struct target target = {0};
    int status = import_all(tool, s, &target);
    target_release(&target);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.positions = -1, .norm = -1};
    static const char *const positions[] = {"sinusoidal", "learned",     "none",
                                            "rotary",     "shortformer", NULL};
    static const char *const norms[] = {"none", "LN", "LNPre", NULL};
    const struct ind_option options[] = {
        {IND_OPTION("output", struct settings, out), .key = 'o', .arg = "RUN",
         .help = "the run to make"},
        {IND_OPTION("epoch", struct settings, epochs), .arg = "LIST",
         .help = "epoch of each FILE, in their order"},
        {IND_OPTION("mapping", struct settings, import.mapping), .arg = "FILE",
         .help = "JSON: which of their tensors becomes which of ours"},
        {IND_OPTION("config", struct settings, import.config), .arg = "FILE",
         .help = "TransformerLens configuration as JSON"},
        {IND_OPTION("heads", struct settings, import.heads), .arg = "N",
         .help = "attention heads a layer", .minimum = 1, .maximum = 1024},
        {IND_OPTION("context", struct settings, import.context), .arg = "N",
         .help = "longest input, where no position table says it", .minimum = 1, .maximum = 65536},
        {IND_OPTION("positions", struct settings, positions), .arg = "KIND",
         .help = "sinusoidal, learned, none, rotary or shortformer", .choices = positions},
        {IND_OPTION("norm", struct settings, norm), .arg = "KIND",
         .help = "none, LN, or LNPre (folded LayerNorm: centred and scaled only)",
         .choices = norms},
        {IND_OPTION("attn-scale", struct settings, import.attn_scale), .arg = "X",
         .help = "divisor of attention scores (default sqrt(d_head))", .minimum = 1e-6,
         .maximum = 1e6},
        {0},
    };
    struct ind_tool tool;
    ind_tool_start(&tool, &ABOUT, options, &s, argc, argv);

    s.import.positions = s.positions >= 0 ? positions[s.positions] : NULL;
    s.import.norm = s.norm >= 0 ? norms[s.norm] : NULL;
    int status = run(&tool, &s);
    ind_ints_release(&s.epochs);
    return ind_tool_finish(&tool, status);
}
