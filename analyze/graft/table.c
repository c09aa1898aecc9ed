/*
 * The table of grafts.
 *
 * Two walks: the first reads the donors, once, in parallel; the second visits the targets, each of
 * which takes every donor's graft in turn. One row a target, donor, graft (or control) and period.
 */
#include <stdlib.h>

#include <induct/base/memory.h>

#include "parts.h"

/* What all threads share. Read-only, except that each visit fills its own places of rescue. */
struct grafting {
    struct variants variants;
    struct donors donors;
    struct ind_series other; /* of --from-run */
    double *rescue;          /* [variants, periods, donors, targets] */
};

/* One thread's own. */
struct worker {
    struct ind_arms arms;
    struct ind_params grafted;
    struct ind_eval_count *clean; /* [periods, sequences] */
};

struct row {
    long epoch_from, epoch_into;
    const char *what, *kind;
    int period;
    struct ind_contrasted both;
    double accuracy_from, loss_from;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch_from, "of the donor"),
    IND_FIELD(struct row, epoch_into, "of the target"),
    IND_FIELD(struct row, what, "L0H2, L0H2:qk, L0, W_E ..., joined by + where grafted together"),
    IND_FIELD(struct row, kind,
              "graft: what was asked for; placebo: another head of the layer; random: W_Q, W_K, "
              "W_V, W_O normal, scaled so that QK and OV have the Frobenius norms of the donor's "
              "head (a function of --seed)"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD_AS("accuracy", struct row, both.changed.accuracy.value,
                 "as in induct-eval, of the target with the graft"),
    IND_FIELD_AS("accuracy_into", struct row, both.clean.accuracy.value, "of the target as it is"),
    IND_FIELD_AS("rescue", struct row, both.difference.accuracy,
                 "accuracy - accuracy_into, with its 95 % interval (paired bootstrap over "
                 "sequences): of accuracy_from - accuracy_into, what the graft brings along"),
    IND_FIELD(struct row, accuracy_from, "of the donor as it is"),
    IND_FIELD_AS("loss", struct row, both.changed.loss.value, "nats a prediction, grafted"),
    IND_FIELD_AS("loss_into", struct row, both.clean.loss.value, "of the target"),
    IND_FIELD(struct row, loss_from, "of the donor"),
    IND_FIELD_AS("predictions", struct row, both.clean.predictions, "how many there are"),
    {0}};

/* ---- One target ------------------------------------------------------------------------------ */

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    if (ind_arms_init(&worker->arms, &study->sample, study->config, err) ||
        ind_params_init(&worker->grafted, &study->series->layout, err))
        return IND_FAILED;
    return ind_alloc_into(&worker->clean, (size_t)study->sample.count,
                          (size_t)study->sample.sequences * sizeof *worker->clean, err);
}

static void end(void *memory)
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

static void graft(const struct ind_study *study, const struct variant *variant, int donor,
                  const struct ind_params *target, struct ind_params *grafted)
{
    const struct grafting *grafting = study->shared;
    const struct ind_params *from = &grafting->donors.params[donor];
    ind_params_copy(grafted, target);
    if (variant->kind == VARIANT_RANDOM)
        ind_graft_random(grafted, from, variant->pieces[0], study->tool->seed, variant->draw);
    else
        ind_graft_apply(grafted, from, variant->pieces, variant->count);
}

/* Where the rescue of this target is kept. */
static double *rescue_at(const struct ind_study *study, int variant, int period, int donor,
                         int target)
{
    const struct grafting *grafting = study->shared;
    const size_t row = ((size_t)variant * (size_t)study->sample.count + (size_t)period) *
                           (size_t)grafting->donors.count +
                       (size_t)donor;
    return &grafting->rescue[row * (size_t)study->count + (size_t)target];
}

static void visit_graft(struct worker *worker, const struct ind_study *study,
                        const struct ind_visit *at, int donor, int variant, int target)
{
    const struct grafting *grafting = study->shared;
    const struct variant *v = &grafting->variants.items[variant];
    graft(study, v, donor, at->params, &worker->grafted);
    for (int p = 0; p < study->sample.count; p++) {
        const size_t from = (size_t)donor * (size_t)study->sample.count + (size_t)p;
        struct row row = {.epoch_from = grafting->donors.epochs[donor],
                          .epoch_into = at->epoch,
                          .what = v->name,
                          .kind = variant_kind_name(v->kind),
                          .period = study->sample.data[p].period,
                          .accuracy_from = grafting->donors.accuracy[from],
                          .loss_from = grafting->donors.loss[from]};
        ind_evaluate(&worker->arms.evaluator, &worker->grafted, &study->sample.data[p], NULL, 0,
                     worker->arms.changed);
        ind_arms_compare(&worker->arms, worker->arms.changed, clean_counts(worker, p), &row.both);
        *rescue_at(study, variant, p, donor, target) = row.both.difference.accuracy.value;
        ind_put(at, &row);
    }
}

/* Donors, where there are threads to spare. */
static int parts(const struct ind_study *study)
{
    const struct grafting *grafting = study->shared;
    return ind_parts_spare(study, grafting->donors.count);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct grafting *grafting = study->shared;
    const int count = parts(study), donors = grafting->donors.count;
    int target = 0;
    while (study->indices[target] != at->index)
        target++;
    for (int p = 0; p < study->sample.count; p++)
        ind_evaluate(&worker->arms.evaluator, at->params, &study->sample.data[p], NULL, 0,
                     clean_counts(worker, p));
    for (int d = at->part * donors / count; d < (at->part + 1) * donors / count; d++) {
        for (int v = 0; v < grafting->variants.count; v++)
            visit_graft(worker, study, at, d, v, target);
    }
    return IND_OK;
}

/* ---- Before and after the walk --------------------------------------------------------------- */

static int load_donors(struct grafting *grafting, const struct ind_study *study,
                       struct ind_error *err)
{
    const struct settings *s = study->settings;
    const struct ind_series *from = study->series;
    if (s->from_run != NULL) {
        if (ind_series_open(&grafting->other, s->from_run, err))
            return IND_FAILED;
        from = &grafting->other;
    }
    if (ind_graft_check(&from->layout, &study->series->layout, err))
        return ind_error_context(err, "%s", from->path);
    return donors_load(&grafting->donors, study, from, s->from);
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct grafting *grafting = memory;
    if (variants_init(&grafting->variants, study, err) || load_donors(grafting, study, err))
        return IND_FAILED;
    const size_t cells = (size_t)grafting->variants.count * (size_t)study->sample.count *
                         (size_t)grafting->donors.count;
    return ind_alloc_into(&grafting->rescue, cells, (size_t)study->count * sizeof(double), err);
}

static void release(void *memory)
{
    struct grafting *grafting = memory;
    variants_release(&grafting->variants);
    donors_release(&grafting->donors);
    ind_series_close(&grafting->other);
    free(grafting->rescue);
}

static int finish(struct ind_study *study, struct ind_error *err)
{
    const struct grafting *grafting = study->shared;
    const struct settings *s = study->settings;
    const struct map map = {.study = study,
                            .variants = &grafting->variants,
                            .donors = &grafting->donors,
                            .rescue = grafting->rescue};
    return s->map == NULL ? IND_OK : map_write(&map, s->map, err);
}

const struct ind_analysis grafts = {
    .fields = fields,
    .details = "Ranges of --from and --into give a matrix. Grafting everything (--layer 0,1\n"
               "--embedding --positions --unembed) gives the donor, bit for bit.",
    .takes = {.heads = IND_HEADS_NAMED,
              .heads_are = "what is grafted",
              .periods = IND_PERIODS_MEASURED,
              .sequences = true,
              .resamples = true},
    .key = "epoch_into",
    .noun = "targets",
    .parts = parts,
    IND_SHARED(struct grafting, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end),
    .finish = finish};
