/* What induct-llc says on stderr: the cost beforehand, and what is wrong with chains. */
#include <math.h>
#include <stdio.h>

#include <induct/tool/progress.h>

#include "parts.h"

/* ---- Cost ------------------------------------------------------------------------------------ */

enum { STEPS_MEASURED = 3, TIMES_MEASURED = 3 };

/* Seconds of a step of one chain on so many sequences, the mean of a few. */
static int measure_steps(const struct llc_shared *shared, const struct ind_study *study,
                         const struct ind_params *params, int sequences, int steps, double *seconds,
                         struct ind_error *err)
{
    struct ind_llc llc;
    struct ind_llc_data some = shared->data;
    struct ind_llc_settings settings = shared->settings;
    double excess[STEPS_MEASURED], loss;
    some.sequences = settings.batch = sequences;
    settings.chains = 1;
    settings.burn_in = 0;
    settings.steps = steps;
    if (ind_llc_init(&llc, &study->series->layout, &some, &settings, 1, err))
        return IND_FAILED;
    const double start = ind_seconds();
    ind_llc_run(&llc, params, shared->free, 1, excess, &loss);
    *seconds = (ind_seconds() - start) / (steps + 1); /* the centre is about one more */
    ind_llc_release(&llc);
    return IND_OK;
}

/* The least of a few: on a busy machine a single one may wait for a processor far longer than it
 * takes. */
static int measure_least(const struct llc_shared *shared, const struct ind_study *study,
                         const struct ind_params *params, int sequences, int steps, double *seconds,
                         struct ind_error *err)
{
    double once = 0;
    *seconds = (double)INFINITY;
    for (int i = 0; i < TIMES_MEASURED; i++) {
        if (measure_steps(shared, study, params, sequences, steps, &once, err))
            return IND_FAILED;
        *seconds = fmin(*seconds, once);
    }
    return IND_OK;
}

/* Of a large model by a single sequence: what tells the cost must not cost much. */
static int measure_step(const struct llc_shared *shared, const struct ind_study *study,
                        const struct ind_params *params, double *seconds, struct ind_error *err)
{
    static const double enough = 0.1;
    const int batch = shared->settings.batch;
    if (measure_least(shared, study, params, 1, 1, seconds, err))
        return IND_FAILED;
    *seconds *= batch;
    return *seconds > enough
               ? IND_OK
               : measure_least(shared, study, params, batch, STEPS_MEASURED, seconds, err);
}

static void write_time(double seconds, char *text, size_t room)
{
    if (seconds < 99.5)
        snprintf(text, room, "%.0f s", ceil(seconds));
    else if (seconds < 99.5 * 60)
        snprintf(text, room, "%.0f min", seconds / 60);
    else
        snprintf(text, room, "%.1f h", seconds / 3600);
}

/* Seconds of a step, on weights that are anyone's: they do not bear on it. */
static int time_step(const struct llc_shared *shared, const struct ind_study *study,
                     double *seconds, struct ind_error *err)
{
    struct ind_params params;
    if (ind_params_init(&params, &study->series->layout, err))
        return IND_FAILED;
    ind_params_randomise(&params, 0);
    const int status = measure_step(shared, study, &params, seconds, err);
    ind_params_release(&params);
    return status;
}

int llc_say_cost(const struct llc_shared *shared, const struct ind_study *study,
                 struct ind_error *err)
{
    const struct ind_llc_settings *s = &shared->settings;
    const double threads = study->tool->threads, centre = (double)shared->data.sequences / s->batch;
    const double chains = (double)shared->count * s->chains, each = (double)(s->burn_in + s->steps);
    const double rounds = ceil(chains / threads) * each; /* of a checkpoint, on all threads */
    char time[32], heads[32] = "";
    double step = 0;
    if (study->tool->quiet)
        return IND_OK;
    if (time_step(shared, study, &step, err))
        return IND_FAILED;
    write_time(study->count * (rounds + centre / threads) * step, time, sizeof time);
    if (shared->count > 1)
        snprintf(heads, sizeof heads, " and %d head%s", shared->count - 1,
                 shared->count == 2 ? "" : "s");
    ind_tool_warn(study->tool,
                  "checkpoints %d, of all weights%s; chains %d of %ld + %ld steps: %.0f gradients "
                  "of %d sequences, about %s%s",
                  study->count, heads, s->chains, s->burn_in, s->steps,
                  study->count * ind_llc_gradients(s, shared->count), s->batch, time,
                  ind_tool_given(study->tool, "continue") ? ", less what is there" : "");
    return IND_OK;
}

/* ---- Warnings -------------------------------------------------------------------------------- */

enum { WARNINGS_MOST = 20 };

static bool has_diverged(const struct ind_study *study, const struct ind_llc_summary *summary)
{
    (void)study;
    return summary->diverged > 0;
}

/* By more than the chains leave open. */
static bool is_negative(const struct ind_study *study, const struct ind_llc_summary *summary)
{
    (void)study;
    return isnan(summary->llc.hi) ? summary->llc.value < 0 : summary->llc.hi < 0;
}

/* By what a model that knows everything differs from one that knows nothing. */
static bool has_left(const struct ind_study *study, const struct ind_llc_summary *summary)
{
    return summary->excess > log(study->config->vocab - 1);
}

static const struct {
    bool (*is)(const struct ind_study *, const struct ind_llc_summary *);
    const char *means;
} troubles[] = {
    {has_diverged, "a chain is no longer finite, the coefficient nan: a smaller --step-size?"},
    {is_negative, "draws have less loss than the centre, which is no minimum then: the coefficient "
                  "is negative"},
    {has_left, "the draws are worse than the centre by more than knowing nothing costs, which is "
               "not local: a larger --gamma, a smaller --step-size?"}};

void llc_warn(const struct ind_study *study, const struct ind_visit *at,
              const struct ind_llc_summary *summaries)
{
    struct llc_shared *shared = study->shared;
    for (size_t t = 0; t < sizeof troubles / sizeof *troubles; t++) {
        const char *first = NULL;
        char more[32] = "";
        int count = 0;
        for (int p = 0; p < shared->count; p++) {
            if (!troubles[t].is(study, &summaries[p]))
                continue;
            first = first != NULL ? first : shared->parts[p].name;
            count++;
        }
        if (count > 1)
            snprintf(more, sizeof more, " and %d more", count - 1);
        const int before = count > 0 ? atomic_fetch_add(&shared->warnings, 1) : WARNINGS_MOST + 1;
        if (before < WARNINGS_MOST)
            ind_tool_warn(study->tool, "epoch %ld, %s%s: %s", at->epoch, first, more,
                          troubles[t].means);
        else if (before == WARNINGS_MOST)
            ind_tool_warn(study->tool, "... and more");
    }
}
