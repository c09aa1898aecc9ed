/*
 * induct-eval: accuracy and loss by period at every checkpoint.
 *
 * One row a checkpoint and period. Sequences and resampling are the same for every checkpoint, so
 * curves over epochs are paired.
 */
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/eval/summary.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

/* The default profile, as far as the model's context lets it go. */
enum { PERIOD_LO = 5, PERIOD_HI = 40 };

struct settings {
    struct ind_ints periods;
    bool periods_set;
    int sequences, resamples;
    bool repeats;
};

/* What all workers share; read-only during the walk. */
struct evaluation {
    const struct settings *settings;
    struct ind_eval_data *data;     /* [periods.count] */
    struct ind_bootstrap bootstrap; /* unless resamples is 0 */
};

/* One thread's own. */
struct worker {
    struct ind_evaluator evaluator;
    struct ind_eval_count *counts; /* [sequences] */
    struct ind_resampled resampled;
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},
    {"period", IND_COLUMN_INT, 0},
    {"accuracy", IND_COLUMN_REAL, 0},
    {"accuracy_lo", IND_COLUMN_REAL, 0},
    {"accuracy_hi", IND_COLUMN_REAL, 0},
    {"loss", IND_COLUMN_REAL, 0},
    {"predictions", IND_COLUMN_INT, 0},
    /* with --repeats */
    {"accuracy_repeated", IND_COLUMN_REAL, 0},
    {"accuracy_repeated_lo", IND_COLUMN_REAL, 0},
    {"accuracy_repeated_hi", IND_COLUMN_REAL, 0},
    {"accuracy_unique", IND_COLUMN_REAL, 0},
    {"accuracy_unique_lo", IND_COLUMN_REAL, 0},
    {"accuracy_unique_hi", IND_COLUMN_REAL, 0},
    {"repeated_share", IND_COLUMN_REAL, 0},
};
enum { ALL_COLUMNS = sizeof columns / sizeof columns[0], PLAIN_COLUMNS = 7 };

/* ---- One checkpoint ------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct evaluation *evaluation = context;
    const struct settings *s = evaluation->settings;
    const struct ind_config *config = &series->layout.config;
    if (ind_evaluator_init(&worker->evaluator, config, config->context - 1, err) ||
        ind_alloc_into(&worker->counts, (size_t)s->sequences, sizeof *worker->counts, err))
        return IND_FAILED;
    return s->resamples == 0 ? IND_OK
                             : ind_resampled_init(&worker->resampled, &evaluation->bootstrap,
                                                  IND_SUMMARY_COLUMNS, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_evaluator_release(&worker->evaluator);
    ind_resampled_release(&worker->resampled);
    free(worker->counts);
}

static void put_interval(struct ind_rows *rows, struct ind_estimate estimate)
{
    ind_rows_real(rows, estimate.value);
    ind_rows_real(rows, estimate.lo);
    ind_rows_real(rows, estimate.hi);
}

static void put_row(struct ind_rows *rows, long epoch, int period,
                    const struct ind_accuracy *accuracy, bool repeats)
{
    ind_rows_int(rows, epoch);
    ind_rows_int(rows, period);
    put_interval(rows, accuracy->accuracy);
    ind_rows_real(rows, accuracy->loss.value);
    ind_rows_int(rows, accuracy->predictions);
    if (!repeats)
        return;
    put_interval(rows, accuracy->repeated);
    put_interval(rows, accuracy->unique);
    ind_rows_real(rows, accuracy->repeated_share.value);
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct evaluation *evaluation = context;
    const struct settings *s = evaluation->settings;
    for (int p = 0; p < s->periods.count; p++) {
        struct ind_accuracy accuracy;
        ind_evaluate(&worker->evaluator, visit->params, &evaluation->data[p], NULL, 0,
                     worker->counts);
        ind_accuracy_summarise(worker->counts, s->sequences,
                               s->resamples == 0 ? NULL : &worker->resampled, &accuracy);
        put_row(visit->rows, visit->epoch, s->periods.items[p], &accuracy, s->repeats);
    }
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------ */

/* The profile of a model whose context holds less than the default's longest period. */
static int default_periods(struct ind_ints *periods, int longest, struct ind_error *err)
{
    const int hi = longest < PERIOD_HI ? longest : PERIOD_HI;
    const int lo = hi < PERIOD_LO ? 1 : PERIOD_LO;
    if (ind_alloc_into(&periods->items, (size_t)(hi - lo + 1), sizeof *periods->items, err))
        return IND_FAILED;
    while (periods->count <= hi - lo) {
        periods->items[periods->count] = lo + periods->count;
        periods->count++;
    }
    return IND_OK;
}

static int choose_periods(struct settings *settings, const struct ind_config *config,
                          struct ind_error *err)
{
    const int longest = config->context - 2;
    if (config->vocab < 2)
        return ind_fail(err, "a vocabulary of %d leaves no token to draw", config->vocab);
    if (longest < 1)
        return ind_fail(err, "a context of %d leaves nothing to predict", config->context);
    if (!settings->periods_set)
        return default_periods(&settings->periods, longest, err);
    for (int p = 0; p < settings->periods.count; p++) {
        if (settings->periods.items[p] > longest)
            return ind_fail(err,
                            "--periods: %d leaves nothing to predict in a context of %d (1 to %d)",
                            settings->periods.items[p], config->context, longest);
    }
    return IND_OK;
}

static int make_data(struct evaluation *evaluation, const struct ind_config *config, uint64_t seed,
                     struct ind_error *err)
{
    const struct settings *s = evaluation->settings;
    if (ind_alloc_into(&evaluation->data, (size_t)s->periods.count, sizeof *evaluation->data, err))
        return IND_FAILED;
    for (int p = 0; p < s->periods.count; p++) {
        if (ind_eval_data_init(&evaluation->data[p], config->vocab, config->context, seed,
                               s->periods.items[p], s->sequences, err) != IND_OK)
            return IND_FAILED;
    }
    return s->resamples == 0 ? IND_OK
                             : ind_bootstrap_init(&evaluation->bootstrap, s->sequences,
                                                  s->resamples, seed, 0, 0, err);
}

static void evaluation_release(struct evaluation *evaluation)
{
    for (int p = 0; p < evaluation->settings->periods.count && evaluation->data != NULL; p++)
        ind_eval_data_release(&evaluation->data[p]);
    free(evaluation->data);
    ind_bootstrap_release(&evaluation->bootstrap);
}

static int evaluate_series(struct ind_tool *tool, struct settings *settings,
                           const struct ind_series *series)
{
    const struct ind_config *config = &series->layout.config;
    struct evaluation evaluation = {.settings = settings};
    struct ind_table table;
    if (choose_periods(settings, config, &tool->error) != IND_OK)
        return ind_error_context(&tool->error, "%s", series->path);
    int status = make_data(&evaluation, config, tool->seed, &tool->error);
    if (status == IND_OK)
        status =
            ind_tool_table(tool, &table, columns, settings->repeats ? ALL_COLUMNS : PLAIN_COLUMNS);
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &evaluation,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    if (status == IND_OK)
        status = ind_walk_run(tool, series, &walk, &table);
    evaluation_release(&evaluation);
    return status;
}

static int run(struct ind_tool *tool, struct settings *settings)
{
    struct ind_series series;
    if (ind_tool_series(tool, &series) != IND_OK)
        return IND_FAILED;
    const int status = evaluate_series(tool, settings, &series);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.sequences = 256, .resamples = 1000};
    const struct ind_option options[] = {
        {IND_OPTION("periods", struct settings, periods), .key = 'p', .arg = "LIST",
         .help = "periods, as 5,10,20:29,30:40:5 (default 5:40)", .minimum = 1, .maximum = 65536},
        {IND_OPTION("sequences", struct settings, sequences), .key = 'n', .arg = "N",
         .help = "sequences behind each figure (default 256)", .minimum = 1, .maximum = 1e5},
        {IND_OPTION("resamples", struct settings, resamples), .arg = "N",
         .help = "bootstrap resamples (default 1000; 0 = no intervals)", .minimum = 0,
         .maximum = 1e4},
        {IND_OPTION("repeats", struct settings, repeats),
         .help = "split accuracy by whether the current token occurs more than once in its period"},
        {0}};
    const struct ind_about about = {
        .name = "induct-eval",
        .summary = "accuracy and loss by period at every checkpoint of a run",
        .details =
            "Columns: epoch period accuracy accuracy_lo accuracy_hi loss predictions\n"
            "\n"
            "A sequence of period p is p tokens drawn uniformly from all but token 0 and\n"
            "repeated until the context is full. With T = context - 1 inputs:\n"
            "\n"
            "  accuracy     share of predictions at inputs i = p..T-1 (counted from 0) whose\n"
            "               largest logit is the next token: where an earlier copy of the\n"
            "               current token exists and shows what comes next\n"
            "  loss         mean cross-entropy of the same predictions, in nats\n"
            "  predictions  how many there are: sequences * (T - p)\n"
            "  _lo, _hi     95 % interval: percentile bootstrap over sequences, since\n"
            "               predictions within one are not independent\n"
            "\n"
            "Trained periods give induction accuracy, others out-of-distribution accuracy;\n"
            "the longest period with a prediction is context - 2.\n"
            "\n"
            "--repeats adds accuracy_repeated (and _lo, _hi) where the current token occurs\n"
            "more than once in its period, so that one token of context does not tell what\n"
            "comes next, accuracy_unique (and _lo, _hi) where it does not, and\n"
            "repeated_share, the share of predictions of the first kind; by chance it is\n"
            "1 - (1 - 1/(vocab-1))^(p-1).\n"
            "\n"
            "Sequences depend on --seed and period only: the same for every checkpoint and\n"
            "run, so that curves are paired.",
        .examples = "induct-eval runs/2L-varied-seed0\n"
                    "induct-eval --periods 10,15,25,35,40 --epochs ::1000\n"
                    "induct-eval --epochs last --repeats --format csv -o last.csv",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.periods_set = ind_tool_given(&tool, "periods");
    const int status = run(&tool, &s);
    ind_ints_release(&s.periods);
    return ind_tool_finish(&tool, status);
}
