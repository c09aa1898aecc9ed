/*
 * induct-graft: weights of one checkpoint put into another, and what that rescues.
 *
 * Two walks: the first reads the donors, once, in parallel; the second visits the targets, each of
 * which takes every donor's graft in turn. One row a target, donor, graft (or control) and period.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "graft/parts.h"

/* The walk's context. Read-only, except that each visit fills its own target's column of rescue. */
struct grafting {
    struct settings *settings;
    uint64_t seed;
    struct variants variants;
    struct ind_contrast contrast;
    struct donors donors;
    int *indices; /* [targets] in the series */
    long *epochs; /* [targets] */
    int targets;
    double *rescue; /* [variants, periods, donors, targets] */
};

/* One thread's own. */
struct worker {
    struct ind_arms arms;
    struct ind_params grafted;
    struct ind_eval_count *clean; /* [periods, sequences] */
};

static const struct ind_column columns[] = {
    {"epoch_from", IND_COLUMN_INT, 0},     {"epoch_into", IND_COLUMN_INT, 0},
    {"what", IND_COLUMN_TEXT, 0},          {"kind", IND_COLUMN_TEXT, 0},
    {"period", IND_COLUMN_INT, 0},         {"accuracy", IND_COLUMN_REAL, 0},
    {"accuracy_into", IND_COLUMN_REAL, 0}, {"rescue", IND_COLUMN_REAL, 0},
    {"rescue_lo", IND_COLUMN_REAL, 0},     {"rescue_hi", IND_COLUMN_REAL, 0},
    {"accuracy_from", IND_COLUMN_REAL, 0}, {"loss", IND_COLUMN_REAL, 0},
    {"loss_into", IND_COLUMN_REAL, 0},     {"loss_from", IND_COLUMN_REAL, 0},
    {"predictions", IND_COLUMN_INT, 0},
};

/* ---- One target ------------------------------------------------------------------------------ */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct grafting *grafting = context;
    const struct ind_contrast_choices *choices = grafting->contrast.choices;
    if (ind_contrast_arms(&worker->arms, &grafting->contrast, &series->layout.config, err) ||
        ind_params_init(&worker->grafted, &series->layout, err))
        return IND_FAILED;
    return ind_alloc_into(&worker->clean, (size_t)choices->periods.count,
                          (size_t)choices->sequences * sizeof *worker->clean, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_arms_release(&worker->arms);
    ind_params_release(&worker->grafted);
    free(worker->clean);
}

static struct ind_eval_count *clean_counts(const struct worker *worker, int period)
{
    return worker->clean + (size_t)period * (size_t)worker->arms.sequences;
}

static void graft(const struct grafting *grafting, const struct variant *variant, int donor,
                  const struct ind_params *target, struct ind_params *grafted)
{
    const struct ind_params *from = &grafting->donors.params[donor];
    ind_params_copy(grafted, target);
    if (variant->kind == VARIANT_RANDOM)
        ind_graft_random(grafted, from, variant->pieces[0], grafting->seed, variant->draw);
    else
        ind_graft_apply(grafted, from, variant->pieces, variant->count);
}

/* Where the rescue of this target is kept. */
static double *rescue_at(const struct grafting *grafting, int variant, int period, int donor,
                         int target)
{
    const size_t periods = (size_t)grafting->contrast.choices->periods.count;
    const size_t row =
        ((size_t)variant * periods + (size_t)period) * (size_t)grafting->donors.count +
        (size_t)donor;
    return &grafting->rescue[row * (size_t)grafting->targets + (size_t)target];
}

static void put_row(const struct grafting *grafting, const struct variant *variant, int donor,
                    int period, long epoch, const struct ind_contrasted *both,
                    struct ind_rows *rows)
{
    const struct ind_ints *periods = &grafting->contrast.choices->periods;
    const size_t at = (size_t)donor * (size_t)periods->count + (size_t)period;
    ind_rows_int(rows, grafting->donors.epochs[donor]);
    ind_rows_int(rows, epoch);
    ind_rows_text(rows, variant->name);
    ind_rows_text(rows, variant_kind_name(variant->kind));
    ind_rows_int(rows, periods->items[period]);
    ind_rows_real(rows, both->changed.accuracy.value);
    ind_rows_real(rows, both->clean.accuracy.value);
    ind_rows_real(rows, both->difference.accuracy.value);
    ind_rows_real(rows, both->difference.accuracy.lo);
    ind_rows_real(rows, both->difference.accuracy.hi);
    ind_rows_real(rows, grafting->donors.accuracy[at]);
    ind_rows_real(rows, both->changed.loss.value);
    ind_rows_real(rows, both->clean.loss.value);
    ind_rows_real(rows, grafting->donors.loss[at]);
    ind_rows_int(rows, both->clean.predictions);
}

static void visit_graft(struct worker *worker, const struct grafting *grafting,
                        const struct ind_visit *visit, int donor, int variant, int target)
{
    const struct variant *v = &grafting->variants.items[variant];
    graft(grafting, v, donor, visit->params, &worker->grafted);
    for (int p = 0; p < grafting->contrast.choices->periods.count; p++) {
        struct ind_contrasted both;
        ind_evaluate(&worker->arms.evaluator, &worker->grafted, &grafting->contrast.data[p], NULL,
                     0, worker->arms.changed);
        ind_arms_compare(&worker->arms, worker->arms.changed, clean_counts(worker, p), &both);
        *rescue_at(grafting, variant, p, donor, target) = both.difference.accuracy.value;
        put_row(grafting, v, donor, p, visit->epoch, &both, visit->rows);
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct grafting *grafting = context;
    int target = 0;
    while (grafting->indices[target] != visit->index)
        target++;
    for (int p = 0; p < grafting->contrast.choices->periods.count; p++)
        ind_evaluate(&worker->arms.evaluator, visit->params, &grafting->contrast.data[p], NULL, 0,
                     clean_counts(worker, p));
    for (int d = 0; d < grafting->donors.count; d++) {
        for (int v = 0; v < grafting->variants.count; v++)
            visit_graft(worker, grafting, visit, d, v, target);
    }
    return IND_OK;
}

/* ---- Before and after the walk --------------------------------------------------------------- */

static int load_donors(struct grafting *grafting, struct ind_tool *tool,
                       const struct ind_series *series, const struct ind_series *target)
{
    tool->epochs = (struct ind_epochs){.text = grafting->settings->from, .option = "--from"};
    if (ind_graft_check(&series->layout, &target->layout, &tool->error))
        return ind_error_context(&tool->error, "%s", series->path);
    return donors_load(&grafting->donors, tool, series, &grafting->contrast);
}

static int choose_targets(struct grafting *grafting, struct ind_tool *tool,
                          const struct ind_series *series)
{
    tool->epochs = (struct ind_epochs){.text = grafting->settings->into, .option = "--into"};
    if (ind_walk_select(tool, series, &grafting->indices, &grafting->targets, &tool->error))
        return IND_FAILED;
    const size_t targets = (size_t)grafting->targets, donors = (size_t)grafting->donors.count;
    const size_t variants = (size_t)grafting->variants.count;
    const size_t cells = variants * (size_t)grafting->contrast.choices->periods.count * donors;
    if (ind_alloc_into(&grafting->epochs, targets, sizeof *grafting->epochs, &tool->error) ||
        ind_alloc_into(&grafting->rescue, cells, targets * sizeof *grafting->rescue, &tool->error))
        return IND_FAILED;
    for (size_t t = 0; t < targets; t++)
        grafting->epochs[t] = series->epochs[grafting->indices[t]];
    return IND_OK;
}

static int draw(const struct grafting *grafting, struct ind_tool *tool)
{
    const struct map map = {.variants = &grafting->variants,
                            .periods = &grafting->contrast.choices->periods,
                            .from = grafting->donors.epochs,
                            .into = grafting->epochs,
                            .from_count = grafting->donors.count,
                            .into_count = grafting->targets,
                            .rescue = grafting->rescue};
    if (grafting->settings->map == NULL)
        return IND_OK;
    return map_write(&map, grafting->settings->map, tool, &tool->error);
}

static int graft_series(struct grafting *grafting, struct ind_tool *tool,
                        const struct ind_series *series, const struct ind_series *donors)
{
    struct ind_table table;
    const struct ind_walk walk = {.noun = "targets",
                                  .context = grafting,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    if (variants_init(&grafting->variants, grafting->settings, &series->layout.config,
                      &tool->error) ||
        ind_contrast_init(&grafting->contrast, &grafting->settings->choices, &series->recipe,
                          tool->seed, &tool->error) ||
        load_donors(grafting, tool, donors, series) || choose_targets(grafting, tool, series) ||
        ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns) ||
        ind_walk_run(tool, series, &walk, &table))
        return IND_FAILED;
    return draw(grafting, tool);
}

static void grafting_release(struct grafting *grafting)
{
    variants_release(&grafting->variants);
    ind_contrast_release(&grafting->contrast);
    donors_release(&grafting->donors);
    free(grafting->indices);
    free(grafting->epochs);
    free(grafting->rescue);
}

static void check_usage(const struct ind_tool *tool, const struct settings *s)
{
    if (s->from == NULL)
        ind_tool_usage(tool, "--from: the epochs of the donors, as 20000 or 2000:24000:2000");
    if (s->heads == NULL && s->layers.count == 0 && !s->embedding && !s->positions && !s->unembed)
        ind_tool_usage(tool, "nothing to graft: say --head, --layer, --embedding, --positions or "
                             "--unembed");
    if (s->heads == NULL && (s->part_set || s->each || s->placebo))
        ind_tool_usage(tool, "--part, --each and --placebo go with --head");
    if (s->random_set && !s->placebo)
        ind_tool_usage(tool, "--random goes with --placebo");
}

static int run(struct ind_tool *tool, struct settings *s)
{
    struct grafting grafting = {.settings = s, .seed = tool->seed};
    struct ind_series series, other;
    check_usage(tool, s);
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    int status = IND_OK;
    if (s->from_run != NULL)
        status = ind_series_open(&other, s->from_run, &tool->error);
    if (status == IND_OK) {
        status = graft_series(&grafting, tool, &series, s->from_run != NULL ? &other : &series);
        grafting_release(&grafting);
        if (s->from_run != NULL)
            ind_series_close(&other);
    }
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    static const char *const parts[] = {"all", "qk", "ov", NULL};
    struct settings s = {
        .into = "last", .random = 1, .choices = {.sequences = 64, .resamples = 1000}};
    const struct ind_option options[] = {
        {.help = "What is grafted, all of it together:"},
        {IND_OPTION("head", struct settings, heads), .arg = "HEADS",
         .help = "heads, as L0H2 or 'L0H*' (quote it: an unquoted * is the shell's)"},
        {IND_OPTION("heads", struct settings, heads), .arg = "HEADS"},
        {IND_OPTION("part", struct settings, part), .arg = "PART",
         .help = "of a head: all (default), qk (W_Q, W_K) or ov (W_V, W_O)", .choices = parts},
        {IND_OPTION("layer", struct settings, layers), .arg = "LIST", .help = "whole layers",
         .minimum = 0, .maximum = 255},
        {IND_OPTION("embedding", struct settings, embedding), .help = "W_E"},
        {IND_OPTION("positions", struct settings, positions), .help = "W_pos"},
        {IND_OPTION("unembed", struct settings, unembed),
         .help = "W_U, with its bias and the final norm"},
        {IND_OPTION("each", struct settings, each), .help = "every head alone, one after another"},
        {IND_OPTION("placebo", struct settings, placebo),
         .help = "beside one head: every other head of its layer, and a random one of the donor's "
                 "norms"},
        {IND_OPTION("random", struct settings, random), .arg = "N",
         .help = "with --placebo: random heads (default 1)", .minimum = 0, .maximum = 1000},
        {.help = "Where from and where to:"},
        {IND_OPTION("from", struct settings, from), .arg = "EPOCHS",
         .help = "donors, as 20000, 2000:24000:2000 or last"},
        {IND_OPTION("into", struct settings, into), .arg = "EPOCHS",
         .help = "targets (default: last)"},
        {IND_OPTION("from-run", struct settings, from_run), .arg = "OTHER",
         .help = "donors of another run of the same shape"},
        {.help = "What is measured:"},
        {IND_OPTION("periods", struct settings, choices.periods), .key = 'p', .arg = "LIST",
         .help =
             "periods (default: the trained ones' first, middle and last, and those that the run "
             "measured outside them)",
         .minimum = 1, .maximum = 65536},
        {IND_OPTION("sequences", struct settings, choices.sequences), .key = 'n', .arg = "N",
         .help = "sequences behind each figure (default 64)", .minimum = 1, .maximum = 1e5},
        {IND_OPTION("resamples", struct settings, choices.resamples), .arg = "N",
         .help = "bootstrap resamples (default 1000; 0 = no intervals)", .minimum = 0,
         .maximum = 1e4},
        {IND_OPTION("map", struct settings, map), .arg = "FILE.png",
         .help = "a heat map of the rescue as well: donors by targets"},
        {0}};
    const struct ind_about about = {
        .name = "induct-graft",
        .summary = "weights of one checkpoint put into another, and what that rescues",
        .details = "Columns: epoch_from epoch_into what kind period accuracy accuracy_into rescue\n"
                   "rescue_lo rescue_hi accuracy_from loss loss_into loss_from predictions\n"
                   "\n"
                   "  what      L0H2, L0H2:qk, L0, W_E ..., joined by + where grafted together\n"
                   "  kind      graft: what was asked for; placebo: another head of the layer;\n"
                   "            random: W_Q, W_K, W_V, W_O normal, scaled so that QK and OV have\n"
                   "            the Frobenius norms of the donor's head (a function of --seed)\n"
                   "  accuracy  as in induct-eval, of the target with the graft; _into, _from: of\n"
                   "            target and donor as they are\n"
                   "  rescue    accuracy - accuracy_into, with a 95 % interval (paired bootstrap\n"
                   "            over sequences): of accuracy_from - accuracy_into, what the graft\n"
                   "            brings along\n"
                   "\n"
                   "Ranges of --from and --into give a matrix. Grafting everything (--layer 0,1\n"
                   "--embedding --positions --unembed) gives the donor, bit for bit.",
        .examples =
            "induct-graft runs/2L-varied-60k-seed0 --head L0H2 --from 20000 --into 60000\n"
            "induct-graft --head L0H2 --part qk --placebo --from 20000 --periods 10,25,35,40\n"
            "induct-graft --head L0H2 --from 5000:60000:5000 --into 5000:60000:5000 \\\n"
            "    --periods 25,35 --map rescue.png -o rescue.tsv",
        .operand = IND_OPERAND_RUN,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.part_set = ind_tool_given(&tool, "part");
    s.random_set = ind_tool_given(&tool, "random");
    s.choices.periods_set = ind_tool_given(&tool, "periods");
    const int status = run(&tool, &s);
    ind_ints_release(&s.layers);
    ind_ints_release(&s.choices.periods);
    return ind_tool_finish(&tool, status);
}
