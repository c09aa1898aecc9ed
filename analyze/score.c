/* induct-score: every head score of every checkpoint. One row a checkpoint and head; one column a
   score, with its interval over sequences and its value under uniform attention where asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/score/together.h>
#include <induct/tool/analysis.h>

#include "score/parts.h"

enum { RESAMPLES = 1000 };

/* What all workers share; read-only during the walk. */
struct scoring {
    struct ind_score_choices choices;
    int width;                      /* columns a score */
    double *baselines;              /* [choices] */
    struct ind_bootstrap bootstrap; /* with --intervals */
};

/* One thread's own. */
struct worker {
    struct ind_scorer scorer;
    struct ind_scorers scorers;     /* of threads that have no checkpoint of their own */
    double *values;                 /* [layers * heads, choices] */
    double *each;                   /* [sequences, layers * heads, choices], with --intervals */
    struct ind_resampled resampled; /* the same, and a last column of ones */
    double *row;                    /* [choices, width] */
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

struct row {
    long epoch;
    struct ind_head head;
    const double *score;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head, "L0H2"),
    IND_FIELD(struct row, score,
              "one column a score, called like it; with --intervals NAME_lo and NAME_hi after it, "
              "with --baseline NAME_uniform"),
    {0}};

/* "induction", "induction_lo", "induction_hi", "induction_uniform", then the next score. */
static bool name_column(const void *context, const struct ind_field *field, int j,
                        char name[IND_COLUMN_NAME])
{
    const struct ind_study *study = context;
    const struct settings *s = study->settings;
    const struct scoring *scoring = study->shared;
    const char *const suffixes[] = {"", s->intervals ? "_lo" : "_uniform", "_hi", "_uniform"};
    (void)field;
    if (j >= scoring->choices.count * scoring->width)
        return false;
    snprintf(name, IND_COLUMN_NAME, "%s%s", scoring->choices.items[j / scoring->width].column,
             suffixes[j % scoring->width]);
    return true;
}

static size_t cells_of(const struct ind_study *study)
{
    const struct scoring *scoring = study->shared;
    return (size_t)(study->config->layers * study->config->heads) * (size_t)scoring->choices.count;
}

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct scoring *scoring = study->shared;
    const struct settings *s = study->settings;
    const struct ind_eval_data *data = study->sample.data;
    const size_t cells = cells_of(study);
    if (ind_scorer_init(&worker->scorer, study->config, data->tokens, data->sequences, data->period,
                        (enum ind_score_compat)s->compat, err) ||
        ind_scorers_init(&worker->scorers, ind_threads_spare(study), &worker->scorer,
                         &scoring->choices, err) ||
        ind_alloc_into(&worker->values, cells, sizeof(double), err) ||
        ind_alloc_into(&worker->row, (size_t)(scoring->choices.count * scoring->width),
                       sizeof(double), err))
        return IND_FAILED;
    worker->scorer.value_weighted = s->value_weighted;
    if (!s->intervals)
        return IND_OK;
    if (ind_alloc_into(&worker->each, cells * (size_t)data->sequences, sizeof(double), err))
        return IND_FAILED;
    return ind_resampled_init(&worker->resampled, &scoring->bootstrap, (int)cells + 1, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_scorers_release(&worker->scorers);
    ind_scorer_release(&worker->scorer);
    ind_resampled_release(&worker->resampled);
    free(worker->values);
    free(worker->each);
    free(worker->row);
}

/* Means are ratios of sums over sequences to their number, the last column. */
static void resample(struct worker *worker, const struct ind_study *study,
                     const struct ind_params *params)
{
    const struct scoring *scoring = study->shared;
    const size_t cells = cells_of(study);
    ind_scorers_run_each(&worker->scorers, params, &scoring->choices, worker->each);
    for (int sequence = 0; sequence < study->sample.sequences; sequence++) {
        double *row = worker->resampled.values + (size_t)sequence * (cells + 1);
        memcpy(row, worker->each + (size_t)sequence * cells, cells * sizeof *row);
        row[cells] = 1.0;
    }
    ind_resampled_run(&worker->resampled);
}

static void fill_score(const struct worker *worker, const struct ind_study *study, size_t first,
                       int c, double *out)
{
    const size_t cell = first + (size_t)c;
    const struct settings *s = study->settings;
    const struct scoring *scoring = study->shared;
    const bool whole = scoring->choices.items[c].score->of_output; /* of all sequences at once */
    struct ind_estimate e = {(double)NAN, (double)NAN, (double)NAN};
    if (!s->intervals || whole)
        e.value = s->intervals ? worker->each[cell] : worker->values[cell];
    else if (!isnan(worker->each[cell])) /* else it rests on no row, in every sequence */
        e = ind_resampled_ratio(&worker->resampled, (int)cell, (int)cells_of(study));
    memcpy(out, (double[]){e.value, e.lo, e.hi}, (s->intervals ? 3 : 1) * sizeof *out);
    if (s->baseline)
        out[scoring->width - 1] = scoring->baselines[c];
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct scoring *scoring = study->shared;
    const int count = scoring->choices.count;
    if (((const struct settings *)study->settings)->intervals)
        resample(worker, study, at->params);
    else
        ind_scorers_run(&worker->scorers, at->params, &scoring->choices, worker->values);
    for (int h = 0; h < study->heads.count; h++) {
        const struct ind_head head = study->heads.items[h];
        const size_t first =
            (size_t)(head.layer * study->config->heads + head.head) * (size_t)count;
        for (int c = 0; c < count; c++)
            fill_score(worker, study, first, c, worker->row + (size_t)c * (size_t)scoring->width);
        ind_put(at, &(struct row){at->epoch, head, worker->row});
    }
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct scoring *scoring = memory;
    const struct settings *s = study->settings;
    const struct ind_eval_data *data = study->sample.data;
    scoring->width = 1 + 2 * s->intervals + s->baseline;
    if (ind_score_choices_init(&scoring->choices, s->scores, err) ||
        ind_alloc_into(&scoring->baselines, (size_t)scoring->choices.count, sizeof(double), err))
        return IND_FAILED;
    for (int c = 0; c < scoring->choices.count && s->baseline; c++)
        if (ind_score_baseline(&scoring->choices.items[c], data->context - 1, data->period,
                               study->config->vocab, s->compat, &scoring->baselines[c], err))
            return IND_FAILED;
    return s->intervals ? ind_sample_resamples(&scoring->bootstrap, data->sequences, RESAMPLES,
                                               study->tool->seed, (uint32_t)data->period, err)
                        : IND_OK;
}

static void release(void *memory)
{
    struct scoring *scoring = memory;
    free(scoring->baselines);
    ind_bootstrap_release(&scoring->bootstrap);
    ind_score_choices_release(&scoring->choices);
}

/* ---- The program ----------------------------------------------------------------------------- */

static const struct ind_analysis scores = {
    .fields = fields,
    .details = "Scores are means over sequences of a random, repeated period of n tokens, with\n"
               "no special token first; A is a head's attention, rows i = 0..T-1 are\n"
               "destinations, columns sources:\n\n"
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
               "what positions alone would do (biases take no part). participation is of all\n"
               "sequences together: no interval. A score that rests on no row is nan.\n"
               "\n"
               "--compat tl-demo averages rows n-1..2n-1 alone, as the demos do on sequences\n"
               "of 2n tokens: cut the pattern that induct-export --cache wrote at 2n rows to\n"
               "compare. Sequences depend on --seed and --period only, not on the checkpoint.",
    .takes = {.heads = IND_HEADS_ALL, .periods = IND_PERIOD, .sequences = true},
    .family = name_column,
    IND_SHARED(struct scoring, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

static const char *const compats[] = {"none", "tl-demo", "tl-detect", NULL};

static const struct ind_option options[] = {
    {IND_OPTION("score", struct settings, scores), .arg = "LIST",
     .help = "scores, comma-separated: names of --list, all, fixed_offset(3), fixed_offset(0:40) "
             "(default: those that --list marks)"},
    {IND_OPTION("intervals", struct settings, intervals),
     .help = "NAME_lo and NAME_hi beside each score: 95 % bootstrap interval over sequences"},
    {IND_OPTION("baseline", struct settings, baseline),
     .help = "NAME_uniform beside each score: its value under uniform attention"},
    {IND_OPTION("compat", struct settings, compat), .arg = "WAY",
     .help = "none (default), tl-demo: induction as TransformerLens's demos average it, row n-1 "
             "included; tl-detect: prev_token, duplicate and induction as its detect_head has them",
     .choices = compats},
    {IND_OPTION("value-weighted", struct settings, value_weighted),
     .help = "of attention weighted by |v W_O|, the size of what it brings"},
    {IND_OPTION("list", struct settings, list),
     .help = "list all scores with formula, meaning and chance level, and stop"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-score",
              .summary = "attention scores of every head at every checkpoint of a run",
              .examples =
                  "induct-score --heads 'L1H*' --score induction --intervals --epochs ::1000\n"
                  "induct-score --score 'fixed_offset(0:40)' --epochs last --baseline\n"
                  "induct-score --list"},
    .options = options,
    .analyses = {&scores, &listed_scores}};

int main(int argc, char **argv)
{
    struct settings s = {0};
    return ind_program_run(&program, &s, argc, argv);
}
