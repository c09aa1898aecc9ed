/* induct-export: a checkpoint, and what it computes, for other programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/run/checkpoint.h>
#include <induct/exchange/export.h>
#include <induct/tool/tool.h>

static const struct ind_about ABOUT = {
    .name = "induct-export",
    .summary = "write a checkpoint, or its activations, for other programs",
    .details =
        "Writes one checkpoint as NAME.safetensors and the TransformerLens configuration\n"
        "NAME.json, which load as\n"
        "\n"
        "  model = HookedTransformer(json.load(open('NAME.json')))\n"
        "  model.load_state_dict(safetensors.torch.load_file('NAME.safetensors'))\n"
        "\n"
        "with TransformerLens 2 and 3 (tried: 2.18, 3.9; version 4 replaces HookedTransformer).\n"
        "A model without biases gets biases of zero, one without positions a table of zeros;\n"
        "sinusoidal positions are a table like any other there. --layout study names and turns\n"
        "the tensors as the study's checkpoints do. --npz writes NAME.npz instead, which\n"
        "numpy.load reads.\n"
        "\n"
        "--cache writes NAME-cache as well: tokens of evaluation sequences, logits and every\n"
        "activation under TransformerLens's hook names.\n"
        "\n"
        "The names of the files written go to stdout.",
    .examples = "induct-export runs/2L-varied-seed1 -o final\n"
                "induct-export study --epoch 20000 --npz --cache --period 25 -o early\n"
                "induct-export runs/2L-varied-seed1 --layout study -o theirs",
    .operand = IND_OPERAND_RUN,
};

enum layout { LAYOUT_LENS, LAYOUT_STUDY };

struct settings {
    const char *out;
    long epoch;
    bool epoch_set;
    int layout;
    bool npz, cache;
    int period, sequences;
};

static int choose(const struct ind_series *series, const struct settings *s, int *index,
                  struct ind_error *err)
{
    *index = series->count - 1;
    if (!s->epoch_set)
        return IND_OK;
    *index = ind_series_find(series, s->epoch);
    if (*index < 0)
        return ind_fail(err, "%s: no checkpoint of epoch %ld (there are %d, from %ld to %ld)",
                        series->path, s->epoch, series->count, series->epochs[0],
                        series->epochs[series->count - 1]);
    return IND_OK;
}

/* --output, without a suffix that names a format; else RUN-EPOCH in the current folder. */
static char *base_name(const struct ind_tool *tool, const struct settings *s, long epoch)
{
    static const char *const suffixes[] = {".safetensors", ".npz", ".json"};
    if (s->out) {
        size_t length = strlen(s->out);
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
            size_t tail = strlen(suffixes[i]);
            if (length > tail && strcmp(s->out + length - tail, suffixes[i]) == 0)
                return ind_text("%.*s", (int)(length - tail), s->out);
        }
        return strdup(s->out);
    }
    size_t end = strlen(tool->run), start;
    while (end > 1 && tool->run[end - 1] == '/')
        end--;
    for (start = end; start > 0 && tool->run[start - 1] != '/'; start--)
        ;
    const char *name = tool->run + start;
    bool nameless = end == start || strncmp(name, ".", end - start) == 0 ||
                    strncmp(name, "..", end - start) == 0;
    return nameless ? ind_text("run-%ld", epoch)
                    : ind_text("%.*s-%ld", (int)(end - start), name, epoch);
}

static int announce(const char *path, struct ind_error *err)
{
    return printf("%s\n", path) > 0 ? IND_OK : ind_fail_errno(err, "cannot write");
}

/* BASE + TAIL as the kind of file asked for. */
static int write_list(const struct settings *s, const char *base, const char *tail,
                      const struct ind_export *list, const struct ind_st_pair *metadata, int count,
                      struct ind_error *err)
{
    char *path = ind_text("%s%s.%s", base, tail, s->npz ? "npz" : "safetensors");
    if (!path)
        return ind_fail(err, "out of memory");
    int status =
        s->npz ? ind_npz_write(path, list, metadata, count, err)
               : ind_safetensors_write(path, list->items, list->count, metadata, count, false, err);
    if (status == IND_OK)
        status = announce(path, err);
    free(path);
    return status;
}

static int write_config(const struct ind_config *config, const char *base, struct ind_error *err)
{
    char *path = ind_text("%s.json", base), *text = ind_export_lens_config(config);
    char *line = path && text ? ind_text("%s\n", text) : NULL;
    int status = line ? ind_file_write(path, line, strlen(line), false, err)
                      : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = announce(path, err);
    free(line);
    free(text);
    free(path);
    return status;
}

static int export_weights(const struct settings *s, const struct ind_params *weights, long epoch,
                          const char *base, struct ind_error *err)
{
    struct ind_export list = {0};
    char number[24];
    char *config = ind_checkpoint_config_text(&weights->layout->config);
    snprintf(number, sizeof number, "%ld", epoch);
    const struct ind_st_pair metadata[] = {{"epoch", number}, {"config", config}};
    int status = config ? IND_OK : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = s->layout == LAYOUT_STUDY ? ind_export_study(&list, weights, err)
                                           : ind_export_lens(&list, weights, err);
    if (status == IND_OK)
        status = write_list(s, base, "", &list, metadata, 2, err);
    ind_export_release(&list);
    free(config);
    if (status == IND_OK && s->layout == LAYOUT_LENS)
        status = write_config(&weights->layout->config, base, err);
    return status;
}

/* One batch of evaluation sequences through the model; inputs are all tokens but the last. */
static int run_batch(const struct ind_tool *tool, const struct settings *s,
                     const struct ind_params *weights, struct ind_cache *cache, int32_t **tokens,
                     struct ind_error *err)
{
    const struct ind_config *c = &weights->layout->config;
    if (c->context < 2 || c->vocab < 2)
        return ind_fail(err, "a context of %d and a vocabulary of %d hold no repeated sequence",
                        c->context, c->vocab);
    if (ind_cache_init(cache, c, s->sequences, c->context - 1, IND_KEEP_SCORES, err) != IND_OK ||
        ind_alloc_into(tokens, (size_t)s->sequences * (size_t)c->context, sizeof **tokens, err))
        return IND_FAILED;
    ind_task_eval(c->vocab, c->context, tool->seed, s->period, 0, s->sequences, *tokens);
    ind_forward(weights, *tokens, c->context, NULL, 0, cache);
    return IND_OK;
}

static int export_cache(const struct ind_tool *tool, const struct settings *s,
                        const struct ind_params *weights, const char *base, struct ind_error *err)
{
    struct ind_cache cache = {0};
    struct ind_export list = {0};
    int32_t *tokens = NULL;
    int status = run_batch(tool, s, weights, &cache, &tokens, err);
    if (status == IND_OK)
        status = ind_export_activations(&list, weights, &cache, tokens, cache.config.context, err);
    if (status == IND_OK)
        status = write_list(s, base, "-cache", &list, NULL, 0, err);
    ind_export_release(&list);
    ind_cache_release(&cache);
    free(tokens);
    return status;
}

static int export_checkpoint(struct ind_tool *tool, const struct settings *s,
                             const struct ind_series *series, struct ind_params *weights)
{
    struct ind_error *err = &tool->error;
    int index;
    if (choose(series, s, &index, err) != IND_OK ||
        ind_series_read(series, index, weights, err) != IND_OK)
        return IND_FAILED;
    long epoch = series->epochs[index];
    char *base = base_name(tool, s, epoch);
    if (!base)
        return ind_fail(err, "out of memory");
    int status = export_weights(s, weights, epoch, base, err);
    if (status == IND_OK && s->cache)
        status = export_cache(tool, s, weights, base, err);
    free(base);
    return status;
}

static int run(struct ind_tool *tool, const struct settings *s)
{
    struct ind_series series;
    struct ind_params weights;
    if (ind_tool_series(tool, &series) != IND_OK)
        return IND_FAILED;
    int status = ind_params_init(&weights, &series.layout, &tool->error);
    if (status == IND_OK) {
        status = export_checkpoint(tool, s, &series, &weights);
        ind_params_release(&weights);
    }
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    static const char *const layouts[] = {"lens", "study", NULL};
    struct settings s = {.period = 25, .sequences = 4};
    const struct ind_option options[] = {
        {IND_OPTION("output", struct settings, out), .key = 'o', .arg = "NAME",
         .help = "files to write: NAME.safetensors, ... (default: RUN-EPOCH)"},
        {IND_OPTION("epoch", struct settings, epoch), .arg = "N",
         .help = "which checkpoint (default: the last)", .minimum = 0, .maximum = 2e9},
        {IND_OPTION("layout", struct settings, layout), .arg = "LAYOUT",
         .help = "lens (TransformerLens, default) or study", .choices = layouts},
        {IND_OPTION("npz", struct settings, npz), .help = "write .npz instead of .safetensors"},
        {IND_OPTION("cache", struct settings, cache),
         .help = "write the activations of one batch too"},
        {IND_OPTION("period", struct settings, period), .arg = "P",
         .help = "of --cache: period of the sequences (default 25)", .minimum = 1,
         .maximum = 65536},
        {IND_OPTION("sequences", struct settings, sequences), .arg = "N",
         .help = "of --cache: sequences in the batch (default 4)", .minimum = 1, .maximum = 4096},
        {0},
    };
    struct ind_tool tool;
    ind_tool_start(&tool, &ABOUT, options, &s, argc, argv);
    s.epoch_set = ind_tool_given(&tool, "epoch");
    return ind_tool_finish(&tool, run(&tool, &s));
}
