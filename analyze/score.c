/*
 * induct-score: every head score of every checkpoint.
 *
 * One row a checkpoint and head; one column a score, and beside it, where asked for, its interval
 * over sequences and its value under uniform causal attention. The sequences are the same for every
 * checkpoint, so curves over epochs are paired.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/data/bootstrap.h>
#include <induct/data/task.h>
#include <induct/model/heads.h>
#include <induct/score/score.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

enum { RESAMPLES = 1000 };

struct settings {
    const char *scores, *heads;
    int period, sequences;
    int compat; /* enum ind_score_compat */
    bool baseline, intervals, list;
};

/* What all workers share; read-only during the walk. */
struct scoring {
    struct settings settings;
    struct ind_score_choices choices;
    struct ind_heads heads;
    int32_t *tokens;                /* [sequences, context] */
    double *baselines;              /* [choices] */
    struct ind_bootstrap bootstrap; /* with --intervals */
    struct ind_column *columns;
    char **names; /* [column_count] of the columns, owned */
    int column_count;
};

/* One thread's own. */
struct worker {
    struct ind_scorer scorer;
    double *values;                 /* [layers * heads, choices] */
    double *each;                   /* [sequences, layers * heads, choices], with --intervals */
    struct ind_resampled resampled; /* the same, and a last column of ones */
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

static size_t cells_of(const struct ind_config *config, const struct scoring *scoring)
{
    return (size_t)config->layers * (size_t)config->heads * (size_t)scoring->choices.count;
}

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    struct scoring *scoring = context;
    const struct settings *s = &scoring->settings;
    const struct ind_config *config = &series->layout.config;
    size_t cells = cells_of(config, scoring);
    if (ind_scorer_init(&worker->scorer, config, scoring->tokens, s->sequences, s->period,
                        (enum ind_score_compat)s->compat, err) ||
        ind_alloc_into(&worker->values, cells, sizeof(double), err))
        return IND_FAILED;
    if (s->intervals &&
        (ind_alloc_into(&worker->each, cells * (size_t)s->sequences, sizeof(double), err) ||
         ind_resampled_init(&worker->resampled, &scoring->bootstrap, (int)cells + 1, err)))
        return IND_FAILED;
    return IND_OK;
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_scorer_release(&worker->scorer);
    ind_resampled_release(&worker->resampled);
    free(worker->values);
    free(worker->each);
}

/* Means as ratios of sums over sequences to their number, the last column. */
static void resample(struct worker *worker, const struct ind_params *params,
                     const struct scoring *scoring)
{
    size_t cells = cells_of(&params->layout->config, scoring);
    ind_scorer_run_each(&worker->scorer, params, &scoring->choices, worker->each);
    for (int sequence = 0; sequence < scoring->settings.sequences; sequence++) {
        double *row = worker->resampled.values + (size_t)sequence * (cells + 1);
        memcpy(row, worker->each + (size_t)sequence * cells, cells * sizeof *row);
        row[cells] = 1.0;
    }
    ind_resampled_run(&worker->resampled);
}

static void put_score(const struct worker *worker, const struct scoring *scoring, size_t cell,
                      size_t cells, double baseline, struct ind_rows *rows)
{
    if (!scoring->settings.intervals) {
        ind_rows_real(rows, worker->values[cell]);
    } else if (isnan(worker->each[cell])) { /* it rests on no row, in every sequence */
        for (int i = 0; i < 3; i++)
            ind_rows_real(rows, (double)NAN);
    } else {
        struct ind_estimate e = ind_resampled_ratio(&worker->resampled, (int)cell, (int)cells);
        ind_rows_real(rows, e.value);
        ind_rows_real(rows, e.lo);
        ind_rows_real(rows, e.hi);
    }
    if (scoring->settings.baseline)
        ind_rows_real(rows, baseline);
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct scoring *scoring = context;
    const struct ind_config *config = &visit->params->layout->config;
    size_t cells = cells_of(config, scoring), count = (size_t)scoring->choices.count;
    if (scoring->settings.intervals)
        resample(worker, visit->params, scoring);
    else
        ind_scorer_run(&worker->scorer, visit->params, &scoring->choices, worker->values);
    for (int h = 0; h < scoring->heads.count; h++) {
        struct ind_head head = scoring->heads.items[h];
        size_t first = (size_t)(head.layer * config->heads + head.head) * count;
        char name[16];
        ind_rows_int(visit->rows, visit->epoch);
        ind_rows_text(visit->rows, ind_head_name(head, name));
        for (size_t c = 0; c < count; c++)
            put_score(worker, scoring, first + c, cells, scoring->baselines[c], visit->rows);
    }
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static int add_column(struct scoring *scoring, const char *name, const char *suffix,
                      enum ind_column_type type, struct ind_error *err)
{
    char *text = ind_text("%s%s", name, suffix);
    if (!text)
        return ind_fail(err, "out of memory");
    scoring->names[scoring->column_count] = text;
    scoring->columns[scoring->column_count++] = (struct ind_column){text, type, 0};
    return IND_OK;
}

static int make_columns(struct scoring *scoring, struct ind_error *err)
{
    size_t most = 2 + 4 * (size_t)scoring->choices.count;
    if (ind_alloc_into(&scoring->columns, most, sizeof *scoring->columns, err) ||
        ind_alloc_into(&scoring->names, most, sizeof *scoring->names, err) ||
        add_column(scoring, "epoch", "", IND_COLUMN_INT, err) ||
        add_column(scoring, "head", "", IND_COLUMN_TEXT, err))
        return IND_FAILED;
    for (int c = 0; c < scoring->choices.count; c++) {
        const char *name = scoring->choices.items[c].column;
        if (add_column(scoring, name, "", IND_COLUMN_REAL, err) ||
            (scoring->settings.intervals &&
             (add_column(scoring, name, "_lo", IND_COLUMN_REAL, err) ||
              add_column(scoring, name, "_hi", IND_COLUMN_REAL, err))) ||
            (scoring->settings.baseline &&
             add_column(scoring, name, "_uniform", IND_COLUMN_REAL, err)))
            return IND_FAILED;
    }
    return IND_OK;
}

static int make_data(struct scoring *scoring, const struct ind_config *config, uint64_t seed,
                     struct ind_error *err)
{
    const struct settings *s = &scoring->settings;
    size_t count = (size_t)s->sequences * (size_t)config->context;
    if (config->vocab < 2)
        return ind_fail(err, "a vocabulary of %d leaves no token to draw", config->vocab);
    if (ind_alloc_into(&scoring->tokens, count, sizeof *scoring->tokens, err) ||
        ind_alloc_into(&scoring->baselines, (size_t)scoring->choices.count, sizeof(double), err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, seed, s->period, 0, s->sequences,
                  scoring->tokens);
    for (int c = 0; c < scoring->choices.count && s->baseline; c++)
        scoring->baselines[c] = ind_score_baseline(&scoring->choices.items[c], config->context - 1,
                                                   s->period, (enum ind_score_compat)s->compat);
    return s->intervals ? ind_bootstrap_init(&scoring->bootstrap, s->sequences, RESAMPLES, seed,
                                             (uint32_t)s->period, 0, err)
                        : IND_OK;
}

static void scoring_release(struct scoring *scoring)
{
    for (int i = 0; i < scoring->column_count; i++)
        free(scoring->names[i]);
    free(scoring->names);
    free(scoring->columns);
    free(scoring->tokens);
    free(scoring->baselines);
    ind_bootstrap_release(&scoring->bootstrap);
    ind_heads_release(&scoring->heads);
    ind_score_choices_release(&scoring->choices);
}

static int score_series(struct ind_tool *tool, struct scoring *scoring,
                        const struct ind_series *series)
{
    const struct settings *s = &scoring->settings;
    const struct ind_config *config = &series->layout.config;
    struct ind_table table;
    if (ind_heads_select(&scoring->heads, config, s->heads, &tool->error) ||
        make_data(scoring, config, tool->seed, &tool->error) ||
        make_columns(scoring, &tool->error) ||
        ind_tool_table(tool, &table, scoring->columns, scoring->column_count))
        return IND_FAILED;
    if (s->period >= config->context - 1)
        ind_tool_warn(tool, "nothing repeats: the period %d fills all %d input positions",
                      s->period, config->context - 1);
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = scoring,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    return ind_walk_run(tool, series, &walk, &table);
}

static int run(struct ind_tool *tool, const struct settings *settings)
{
    struct scoring scoring = {.settings = *settings};
    struct ind_series series;
    if (ind_score_choices_init(&scoring.choices, settings->scores, &tool->error))
        return IND_FAILED;
    int status = ind_tool_series(tool, &series);
    if (status == IND_OK) {
        status = score_series(tool, &scoring, &series);
        ind_series_close(&series);
    }
    scoring_release(&scoring);
    return status;
}

/* ---- --list ---------------------------------------------------------------------------------- */

/* Chance of a score without argument, in the study's context of 80. */
static void put_listed(struct ind_rows *rows, const struct ind_score *score,
                       const struct settings *settings)
{
    const struct ind_score_choice choice = {.score = score, .argument = 1};
    int length = ind_config_default().context - 1;
    char *name = ind_text("%s%s", score->name, score->takes_argument ? "(o)" : "");
    ind_rows_text(rows, name ? name : score->name);
    free(name);
    ind_rows_text(rows, score->optional ? "no" : "yes");
    ind_rows_real(rows, score->takes_argument
                            ? (double)NAN
                            : ind_score_baseline(&choice, length, settings->period,
                                                 (enum ind_score_compat)settings->compat));
    ind_rows_text(rows, score->formula);
    ind_rows_text(rows, score->description);
}

static int list(struct ind_tool *tool, const struct settings *settings)
{
    static const struct ind_column columns[] = {{"score", IND_COLUMN_TEXT, 0},
                                                {"default", IND_COLUMN_TEXT, 0},
                                                {"uniform", IND_COLUMN_REAL, 4},
                                                {"formula", IND_COLUMN_TEXT, 0},
                                                {"description", IND_COLUMN_TEXT, 0}};
    struct ind_table table;
    struct ind_rows rows = {0};
    const struct ind_score **scores = ind_score_sorted();
    if (!scores)
        return ind_fail(&tool->error, "out of memory");
    for (int i = 0; scores[i]; i++)
        put_listed(&rows, scores[i], settings);
    free(scores);
    int status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_table_write(&table, &rows, &tool->error);
    ind_rows_release(&rows);
    return status;
}

int main(int argc, char **argv)
{
    static const char *const compats[] = {"none", "tl-demo", "tl-detect", NULL};
    struct settings s = {.heads = "*", .period = 25, .sequences = 64};
    const struct ind_option options[] = {
        {IND_OPTION("score", struct settings, scores), .arg = "LIST",
         .help =
             "scores, comma-separated: names of --list, all, fixed_offset(3), fixed_offset(0:40) "
             "(default: those that --list marks)"},
        {IND_OPTION("heads", struct settings, heads), .arg = "HEADS",
         .help = "heads, comma-separated: L0H2, L1H* (quote it: an unquoted * is the shell's); "
                 "default all"},
        {IND_OPTION("period", struct settings, period), .arg = "N",
         .help = "period of the sequences (default 25)", .minimum = 1, .maximum = 65536},
        {IND_OPTION("sequences", struct settings, sequences), .arg = "N",
         .help = "sequences a figure rests on (default 64)", .minimum = 1, .maximum = 1e6},
        {IND_OPTION("intervals", struct settings, intervals),
         .help = "NAME_lo and NAME_hi beside each score: 95 % bootstrap interval over sequences"},
        {IND_OPTION("baseline", struct settings, baseline),
         .help = "NAME_uniform beside each score: its value under uniform attention"},
        {IND_OPTION("compat", struct settings, compat), .arg = "WAY",
         .help =
             "none (default), tl-demo: induction as TransformerLens's demos average it, row n-1 "
             "included; tl-detect: prev_token, duplicate and induction as its detect_head measures "
             "them",
         .choices = compats},
        {IND_OPTION("list", struct settings, list),
         .help = "list all scores with formula, meaning and chance level, and stop"},
        {0}};
    const struct ind_about about = {
        .name = "induct-score",
        .summary = "attention scores of every head at every checkpoint of a run",
        .details = "Columns: epoch head, and one a score. Scores are means over sequences of a\n"
                   "random, repeated period of n tokens without a first special token; A is a\n"
                   "head's attention, rows i = 0..T-1 are destinations, columns sources:\n"
                   "\n"
                   "  prev_token    mean of A[i,i-1], i >= 1\n"
                   "  self          mean of A[i,i], i >= 1\n"
                   "  duplicate     mean of A[i,i-n], i >= n\n"
                   "  induction     mean of A[i,i-n+1] over the second copy, i = n..2n-1\n"
                   "  prefix_match  mean over i >= n of the sum of A[i,i-kn+1], k >= 1: any copy\n"
                   "  entropy       mean of H(A[i,:]) / ln(i+1), i >= 1; 1 = spread evenly\n"
                   "  first         mean of A[i,0], i >= 1\n"
                   "\n"
                   "and, where named with --score, fixed_offset(o), mean of A[i,i-o], and\n"
                   "positional_prev_token, prev_token of softmax(pos QK pos^T / scale), which is\n"
                   "what positions alone would do. A score that rests on no row is nan.\n"
                   "\n"
                   "The sequences depend on --seed and --period only: the same for every\n"
                   "checkpoint and run.",
        .examples = "induct-score runs/2L-varied-seed0\n"
                    "induct-score --heads 'L1H*' --score induction --intervals --epochs ::1000\n"
                    "induct-score --score 'fixed_offset(0:40)' --epochs last --baseline\n"
                    "induct-score --list",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true,
        .no_run = "list"};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);

    return ind_tool_finish(&tool, s.list ? list(&tool, &s) : run(&tool, &s));
}
