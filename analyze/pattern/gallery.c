/*
 * Patterns at every checkpoint. Two figures: every head of one checkpoint in a grid, or one head at
 * every checkpoint as a film strip. Both are a walk over the chosen checkpoints that leaves one
 * matrix a panel behind, drawn when all are there; the numbers go out with the walk.
 */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/score/pattern.h>
#include <induct/tool/figure.h>

/* More panels than this fit no picture. */
enum { MOST_PANELS = 4000 };

bool pattern_is_drawn(const struct settings *s)
{
    return s->output || !s->values;
}

/* ---- One checkpoint -------------------------------------------------------------------------- */

/* One thread's own. */
struct worker {
    struct ind_pattern_mean mean;
    double *values; /* [heads, length, length], where no picture keeps them */
};

struct row {
    long epoch;
    struct ind_head head;
    int query, key;
    double value;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head, "L0H2"),
    IND_FIELD(struct row, query, "position, from 0"),
    IND_FIELD(struct row, key, "position, at most the query's"),
    IND_FIELD(struct row, value, "attention, with --values"),
    {0}};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct gallery *gallery = study->shared;
    const size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    if (!gallery->values &&
        ind_alloc_into(&worker->values, (size_t)study->heads.count, matrix * sizeof(double), err))
        return IND_FAILED;
    if (ind_pattern_mean_init(&worker->mean, study->config, gallery->tokens, gallery->sequences,
                              gallery->stride, gallery->length, err))
        return IND_FAILED;
    worker->mean.value_weighted = ((const struct settings *)study->settings)->value_weighted;
    return IND_OK;
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_pattern_mean_release(&worker->mean);
    free(worker->values);
}

/* Where the picture keeps the values of the checkpoint with this index in the series. */
static double *kept_values(const struct ind_study *study, int index)
{
    const struct gallery *gallery = study->shared;
    const size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    size_t checkpoint = 0;
    while (study->indices[checkpoint] != index)
        checkpoint++;
    return gallery->values + checkpoint * (size_t)study->heads.count * matrix;
}

/* A row has no value where it cannot look. */
static void empty_upper_triangle(double *values, int heads, int length)
{
    for (int h = 0; h < heads; h++)
        for (int i = 0; i < length; i++)
            for (int j = 0; j < length; j++, values++)
                if (j > i)
                    *values = (double)NAN;
}

static void put_values(const struct ind_study *study, const double *values,
                       const struct ind_visit *at)
{
    const int length = ((const struct gallery *)study->shared)->length;
    for (int h = 0; h < study->heads.count; h++)
        for (int i = 0; i < length; i++, values += length)
            for (int j = 0; j <= i; j++)
                ind_put(at, &(struct row){at->epoch, study->heads.items[h], i, j, values[j]});
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct gallery *gallery = study->shared;
    const struct settings *s = study->settings;
    double *values = gallery->values ? kept_values(study, at->index) : worker->values;
    ind_pattern_mean_run(&worker->mean, at->params, &study->heads, values);
    empty_upper_triangle(values, study->heads.count, gallery->length);
    if (s->values)
        put_values(study, values, at);
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static int own_tokens(struct gallery *gallery, const struct ind_study *study, struct ind_error *err)
{
    const struct ind_ints *given = &((const struct settings *)study->settings)->tokens;
    const struct ind_config *config = study->config;
    if (given->count > config->context)
        return ind_fail(err, "--tokens: %d tokens, but the model's context is %d", given->count,
                        config->context);
    for (int i = 0; i < given->count; i++)
        if (given->items[i] < 0 || given->items[i] >= config->vocab)
            return ind_fail(err, "--tokens: %d is no token: the model has 0 to %d", given->items[i],
                            config->vocab - 1);
    gallery->sequences = 1;
    gallery->length = gallery->stride = given->count;
    if (ind_alloc_into(&gallery->tokens, (size_t)given->count, sizeof(int32_t), err))
        return IND_FAILED;
    for (int i = 0; i < given->count; i++)
        gallery->tokens[i] = given->items[i];
    return IND_OK;
}

/* One sequence, or as many as there are. */
static int drawn_tokens(struct gallery *gallery, const struct ind_study *study,
                        struct ind_error *err)
{
    const struct settings *s = study->settings;
    const struct ind_config *config = study->config;
    gallery->period = study->sample.data->period;
    gallery->sequences = s->mean ? study->sample.sequences : 1;
    gallery->stride = config->context;
    gallery->length = config->context - 1;
    if (ind_alloc_into(&gallery->tokens, (size_t)gallery->sequences,
                       (size_t)config->context * sizeof(int32_t), err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, study->tool->seed, gallery->period,
                  s->mean ? 0 : s->index, gallery->sequences, gallery->tokens);
    return IND_OK;
}

static int check_film(const struct ind_study *study, struct ind_error *err)
{
    const struct settings *s = study->settings;
    const int heads = study->heads.count;
    if (s->film && heads != 1)
        return ind_fail(err, "--film shows one head, --heads names %d: say --heads L0H0", heads);
    if (!s->film && !ind_figure_is_series(s->output) && study->count != 1)
        return ind_fail(err,
                        "%d checkpoints are chosen and a grid shows one: --epochs last, --film, or "
                        "-o film-{epoch}.png",
                        study->count);
    return IND_OK;
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct gallery *gallery = memory;
    const size_t panels = (size_t)study->count * (size_t)study->heads.count;
    if (check_film(study, err) || (study->sample.count == 0 ? own_tokens(gallery, study, err)
                                                            : drawn_tokens(gallery, study, err)))
        return IND_FAILED;
    if (!pattern_is_drawn(study->settings))
        return IND_OK;
    if (panels > MOST_PANELS)
        return ind_fail(err, "%zu panels fit no picture: choose fewer, as --epochs ::1000", panels);
    const size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    return ind_alloc_into(&gallery->values, panels, matrix * sizeof(double), err);
}

static void release(void *memory)
{
    struct gallery *gallery = memory;
    free(gallery->values);
    free(gallery->tokens);
}

static int finish(struct ind_study *study, struct ind_error *err)
{
    return pattern_is_drawn(study->settings) ? figure_draw(study, err) : IND_OK;
}

static bool prints(const void *settings)
{
    return ((const struct settings *)settings)->values;
}

const struct ind_analysis pattern_of_repeats = {.fields = fields,
                                                .takes = {.heads = IND_HEADS_ALL,
                                                          .periods = IND_PERIOD,
                                                          .sequences = true,
                                                          .sequences_are = "of --mean"},
                                                IND_SHARED(struct gallery, prepare, release),
                                                .prints = prints,
                                                .visit = visit,
                                                IND_WORKER(struct worker, start, end),
                                                .finish = finish};

const struct ind_analysis pattern_of_tokens = {.option = "tokens",
                                               .takes = {.heads = IND_HEADS_ALL},
                                               .fields = fields,
                                               IND_SHARED(struct gallery, prepare, release),
                                               .prints = prints,
                                               .visit = visit,
                                               IND_WORKER(struct worker, start, end),
                                               .finish = finish};
