/* induct-export: a checkpoint, and what it computes, for other programs. */
#include <induct/exchange/export.h>
#include <induct/tool/tool.h>

#include "export/export.h"

static int choose(const struct ind_series *series, const struct export_settings *s, int *index,
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

/* TransformerLens's versions agree on rotary positions in adjacent pairs alone. */
static int export_checkpoint(struct ind_tool *tool, const struct export_settings *s,
                             const struct ind_series *series, struct ind_params *weights)
{
    struct ind_error *err = &tool->error;
    struct ind_layout layout;
    struct ind_params adjacent;
    int index;
    if (series->layout.config.smear)
        return ind_fail(err, "%s: no other program knows its smeared keys", series->path);
    if (choose(series, s, &index, err) != IND_OK ||
        ind_series_read(series, index, weights, err) != IND_OK ||
        ind_export_adjacent(weights, &layout, &adjacent, err) != IND_OK)
        return IND_FAILED;
    adjacent.standing = weights->standing;
    if (weights->standing)
        ind_tool_warn(tool,
                      "%s: what is exported does not carry the interventions that this model was "
                      "trained under (--cache is run with them)",
                      series->path);
    bool turn = series->recipe.model.positions == IND_POSITIONS_ROTARY;
    int status = export_files(tool, s, &series->recipe, turn ? &adjacent : weights,
                              series->epochs[index], err);
    ind_params_release(&adjacent);
    ind_layout_release(&layout);
    return status;
}

static int run(struct ind_tool *tool, const struct export_settings *s)
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
    struct export_settings s = {.sequences = 4};
    struct ind_tool tool;
    ind_tool_start(&tool, &EXPORT_ABOUT, EXPORT_OPTIONS, &s, argc, argv);
    s.epoch_set = ind_tool_given(&tool, "epoch");
    return ind_tool_finish(&tool, run(&tool, &s));
}
