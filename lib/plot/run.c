#include <induct/plot/plot.h>

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>

enum { MOST_SUBSET_HEADS = 12, MOST_EDGE_HEADS = 32 };

/* ---- What a run has -------------------------------------------------------------------------- */

static unsigned of_model(const struct ind_config *config)
{
    unsigned has = 0;
    if (config->layers > 1)
        has |= IND_NEEDS_LAYERS;
    if (ind_config_is_linear(config))
        has |= IND_NEEDS_LINEAR;
    if (ind_config_is_linear(config) && ind_config_adds_positions(config) && !config->smear)
        has |= IND_NEEDS_SPLIT;
    if (config->layers * config->heads <= MOST_SUBSET_HEADS)
        has |= IND_NEEDS_FEW;
    if (config->layers * config->heads <= MOST_EDGE_HEADS)
        has |= IND_NEEDS_EDGES;
    if (config->context >= 4 && config->vocab >= 2)
        has |= IND_NEEDS_REPEAT;
    return has;
}

/* Is a term of the scores ever left out? */
static bool forbids(const struct ind_recipe *recipe)
{
    for (int i = 0; i < recipe->intervention_count; i++)
        if (recipe->interventions[i].kind == IND_INTERVENE_FORBID)
            return true;
    return false;
}

static bool measures_other_periods(const struct ind_sheet *log)
{
    for (int c = 0; c < log->column_count; c++) {
        if (strncmp(log->columns[c], "ood_", 4) == 0)
            return true;
    }
    return false;
}

/* A log without a row is none. */
static int read_log(struct ind_plot_run *run, struct ind_error *err)
{
    struct ind_sheet *log = &run->sheets[0];
    char *path = ind_plot_table_path(run, "metrics");
    if (!path)
        return ind_fail(err, "out of memory");
    enum ind_file_kind kind;
    int status = ind_file_look(path, &kind, err);
    if (status == IND_OK && kind != IND_FILE_NONE)
        status = ind_sheet_read(log, path, IND_TORN_LEFT_OUT, err);
    free(path);
    if (status == IND_OK && log->row_count > 0)
        run->has |= IND_NEEDS_LOG | (measures_other_periods(log) ? IND_NEEDS_OOD : 0U);
    return status;
}

const char *ind_plot_lacks(const struct ind_plot_run *run, unsigned needs)
{
    static const struct {
        unsigned need;
        const char *words;
    } reasons[] = {{IND_NEEDS_LOG, "no metrics.tsv"},
                   {IND_NEEDS_OOD, "no accuracy outside the trained periods was logged"},
                   {IND_NEEDS_LAYERS, "one layer"},
                   {IND_NEEDS_SERIES, "one checkpoint"},
                   {IND_NEEDS_SPLIT, "scores cannot be split into content and position"},
                   {IND_NEEDS_LINEAR, "with LayerNorm the logits are no sum over paths"},
                   {IND_NEEDS_FEW, "more than 12 heads have too many subsets"},
                   {IND_NEEDS_TRAINED, "the trained periods are not known"},
                   {IND_NEEDS_REPEAT, "nothing repeats in so short a context"},
                   {IND_NEEDS_EDGES, "edges are drawn of 32 heads at most, none of them trained "
                                     "without a term of its scores"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if ((needs & reasons[i].need) && !(run->has & reasons[i].need))
            return reasons[i].words;
    }
    return NULL;
}

int ind_plot_most(const struct ind_plot_run *run, const struct ind_plot_table *table)
{
    if (!table->work || run->choices.work <= 0)
        return INT_MAX;
    const double most = floor(run->choices.work / table->work(run));
    if (most >= INT_MAX)
        return INT_MAX;
    return most < 1 && strcmp(table->name, "scores") == 0 ? 1 : (int)most;
}

bool ind_plot_has_table(const struct ind_plot_run *run, const struct ind_plot_table *table)
{
    return !ind_plot_lacks(run, table->needs) && ind_plot_most(run, table) > 0;
}

/* ---- Opening --------------------------------------------------------------------------------- */

int ind_plot_run_init(struct ind_plot_run *run, const struct ind_series *series, const char *folder,
                      const struct ind_plot_choices *choices, struct ind_error *err)
{
    *run = (struct ind_plot_run){.series = series,
                                 .choices = *choices,
                                 .name = ind_path_name(series->path),
                                 .folder = strdup(folder),
                                 .has = of_model(&series->layout.config)};
    int status = run->name && run->folder ? read_log(run, err) : ind_fail(err, "out of memory");
    if (ind_recipe_trained_known(&series->recipe))
        run->has |= IND_NEEDS_TRAINED;
    if (series->count > 1)
        run->has |= IND_NEEDS_SERIES;
    if (forbids(&series->recipe))
        run->has &= ~(unsigned)IND_NEEDS_EDGES;
    if (status != IND_OK)
        ind_plot_run_release(run);
    return status;
}

void ind_plot_run_release(struct ind_plot_run *run)
{
    for (int i = 0; i < IND_PLOT_TABLES_MAX; i++)
        ind_sheet_release(&run->sheets[i]);
    ind_roles_release(&run->roles);
    free(run->name);
    free(run->folder);
    *run = (struct ind_plot_run){0};
}

/* ---- Tables and other files ------------------------------------------------------------------ */

char *ind_plot_file(const char *path)
{
    return ind_text("%s%s", *path && strchr("<|$-+@~'\"`", *path) ? "./" : "", path);
}

char *ind_plot_table_path(const struct ind_plot_run *run, const char *name)
{
    if (strcmp(name, "metrics") == 0)
        return ind_text("%s/metrics.tsv", run->series->path);
    return ind_text("%s/tables/%s.tsv", run->folder, name);
}

int ind_plot_sheet(struct ind_plot_run *run, const char *name, const struct ind_sheet **sheet,
                   struct ind_error *err)
{
    char *path = ind_plot_table_path(run, name);
    if (!path)
        return ind_fail(err, "out of memory");
    int place = 0, status = IND_OK;
    while (run->sheets[place].name && strcmp(run->sheets[place].name, path) != 0)
        place++;
    *sheet = &run->sheets[place];
    if (!run->sheets[place].name)
        status = place + 1 < IND_PLOT_TABLES_MAX
                     ? ind_sheet_read(&run->sheets[place], path, IND_TORN_FAILS, err)
                     : ind_fail(err, "%s: more than %d tables", path, IND_PLOT_TABLES_MAX);
    if (status == IND_OK && (*sheet)->row_count == 0)
        status = ind_fail(err, "%s: no rows", path);
    free(path);
    return status;
}

int ind_plot_run_roles(struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *scores;
    if (ind_plot_sheet(run, "scores", &scores, err) != IND_OK ||
        ind_roles_add_scores(&run->roles, scores, err) != IND_OK)
        return IND_FAILED;
    return run->has & IND_NEEDS_OOD ? ind_roles_add_accuracy(&run->roles, &run->sheets[0], err)
                                    : IND_OK;
}

long ind_plot_change(const struct ind_plot_run *run)
{
    const struct ind_standing *first = ind_roles_first(&run->roles, IND_ROLE_INDUCTION);
    return first && first->holds ? first->half_epoch : -1;
}
