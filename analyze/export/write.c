#include "export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/printable.h>
#include <induct/data/task.h>
#include <induct/exchange/export.h>
#include <induct/run/checkpoint.h>
#include <induct/run/series.h>

/* --output, without a suffix that names a format; else RUN-EPOCH in the current folder. */
static char *base_name(const struct ind_tool *tool, const struct export_settings *s, long epoch)
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

/* The name as it is, for a script; but a terminal is spared what it would take for more than
 * text. */
static int announce(char *path, struct ind_error *err)
{
    const char *shown = isatty(STDOUT_FILENO) ? ind_make_printable(path) : path;
    return printf("%s\n", shown) > 0 ? IND_OK : ind_fail_errno(err, "cannot write");
}

/* BASE + TAIL as the kind of file asked for. */
static int write_list(const struct export_settings *s, const char *base, const char *tail,
                      const struct ind_export *list, const struct ind_st_pair *metadata, int count,
                      struct ind_error *err)
{
    char *path = ind_text("%s%s.%s", base, tail, s->npz ? "npz" : "safetensors");
    if (!path)
        return ind_fail(err, "out of memory");
    int status = ind_run_guard(path, err);
    if (status == IND_OK)
        status = s->npz ? ind_npz_write(path, list, metadata, count, err)
                        : ind_safetensors_write(path, list->items, list->count, metadata, count,
                                                false, err);
    if (status == IND_OK)
        status = announce(path, err);
    free(path);
    return status;
}

static int write_config(const struct ind_config *config, const char *base, struct ind_error *err)
{
    char *path = ind_text("%s.json", base), *text = ind_export_lens_config(config);
    char *line = path && text ? ind_text("%s\n", text) : NULL;
    int status = line ? ind_run_guard(path, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_file_write(path, line, strlen(line), false, err);
    if (status == IND_OK)
        status = announce(path, err);
    free(line);
    free(text);
    free(path);
    return status;
}

static int gather_weights(const struct export_settings *s, const struct ind_params *weights,
                          struct ind_export *list, struct ind_error *err)
{
    return s->layout == EXPORT_STUDY ? ind_export_study(list, weights, err)
                                     : ind_export_lens(list, weights, err);
}

/* With what induct-import reads back: epoch, configuration and the trained periods, if known. */
static int export_weights(const struct export_settings *s, const struct ind_recipe *recipe,
                          const struct ind_params *weights, long epoch, const char *base,
                          struct ind_error *err)
{
    struct ind_export list = {0};
    char number[24], periods[32];
    char *config = ind_checkpoint_config_text(&weights->layout->config);
    snprintf(number, sizeof number, "%ld", epoch);
    snprintf(periods, sizeof periods, "%d:%d", recipe->period_lo, recipe->period_hi);
    const struct ind_st_pair metadata[] = {
        {"epoch", number}, {"config", config}, {"trained_periods", periods}};
    int count = ind_recipe_trained_known(recipe) ? 3 : 2;
    int status = config ? gather_weights(s, weights, &list, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = write_list(s, base, "", &list, metadata, count, err);
    ind_export_release(&list);
    free(config);
    return status == IND_OK ? write_config(&weights->layout->config, base, err) : IND_FAILED;
}

/* Which period --cache takes if none was given. */
static int default_period(const struct ind_tool *tool, const struct ind_recipe *recipe)
{
    const int period = ind_recipe_middle_period(recipe);
    if (!ind_recipe_trained_known(recipe))
        ind_tool_warn(tool,
                      "trained periods unknown: --cache takes sequences of period %d (--period)",
                      period);
    return period;
}

/* One batch of evaluation sequences through the model; inputs are all tokens but the last. */
static int run_batch(const struct ind_tool *tool, const struct export_settings *s,
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

static int export_cache(const struct ind_tool *tool, const struct export_settings *s,
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

int export_files(const struct ind_tool *tool, const struct export_settings *given,
                 const struct ind_recipe *recipe, const struct ind_params *weights, long epoch,
                 struct ind_error *err)
{
    struct export_settings s = *given;
    if (s.cache && !s.period)
        s.period = default_period(tool, recipe);
    char *base = base_name(tool, &s, epoch);
    if (!base)
        return ind_fail(err, "out of memory");
    int status = export_weights(&s, recipe, weights, epoch, base, err);
    if (status == IND_OK && s.cache)
        status = export_cache(tool, &s, weights, base, err);
    free(base);
    return status;
}
