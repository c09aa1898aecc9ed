/*
 * The table of ablations. Every set of heads is ablated in every mode that a row needs; `mediated`
 * compares two such arms, the others compare theirs with the clean run.
 */
#include "parts.h"

#include <stdlib.h>

#include <induct/base/memory.h>

enum { CLEAN = -1 };

struct set {
    const struct ind_head *heads;
    int count;
    char *name;
};

/* What the arms are; read-only during the walk. Owner. */
struct plan {
    struct ablating ablating;
    struct ind_words modes; /* of --mode */
    struct set *sets;
    int set_count;
    struct ind_ablation *arms; /* [sets, modes that rows need] */
    int arm_count;
    int place[MODES]; /* of a mode among a set's arms */
    int width;        /* arms a set */
};

/* One thread's own. */
struct worker {
    struct ind_ablator ablator;
    struct ind_arms arms;
    struct ind_eval_count *counts;  /* [arm_count, sequences] */
    struct ind_contrasted *results; /* [periods, sets, modes] */
};

struct row {
    long epoch;
    const char *heads, *mode;
    int period;
    struct ind_contrasted both;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, heads, "ablated together: L0H2, L0H1+L1H0"),
    IND_FIELD(struct row, mode, "how"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_CONTRASTED_FIELDS(struct row, both, "ablated"),
    {0}};

/* ---- One checkpoint ------------------------------------------------------------------------- */

static size_t results_of(const struct plan *plan)
{
    return (size_t)plan->set_count * (size_t)plan->modes.count;
}

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct plan *plan = study->shared;
    const struct ind_config *config = study->config;
    const size_t sequences = (size_t)study->sample.sequences;
    unsigned needs = 0;
    for (int a = 0; a < plan->arm_count; a++)
        needs |= ind_ablation_mode_needs(plan->arms[a].mode);
    if (ind_ablator_init(&worker->ablator, config, config->context - 1, needs, err) ||
        ind_arms_init(&worker->arms, &study->sample, config, err) ||
        ind_alloc_into(&worker->counts, (size_t)plan->arm_count, sequences * sizeof *worker->counts,
                       err) ||
        ind_alloc_into(&worker->results, (size_t)study->sample.count,
                       results_of(plan) * sizeof *worker->results, err))
        return IND_FAILED;
    worker->ablator.references = IND_ABLATION_REFERENCES;
    return IND_OK;
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_ablator_release(&worker->ablator);
    ind_arms_release(&worker->arms);
    free(worker->counts);
    free(worker->results);
}

static const struct ind_eval_count *counts_of(const struct worker *worker, const struct plan *plan,
                                              int set, int mode)
{
    if (mode == CLEAN)
        return worker->arms.clean;
    const size_t arm = (size_t)set * plan->width + plan->place[mode];
    return worker->counts + arm * (size_t)worker->arms.sequences;
}

static void compare(struct worker *worker, const struct plan *plan, int set, int mode,
                    struct ind_contrasted *out)
{
    const bool mediated = mode == MEDIATED;
    ind_arms_compare(&worker->arms,
                     counts_of(worker, plan, set, mediated ? IND_ABLATION_ZERO : mode),
                     counts_of(worker, plan, set, mediated ? IND_ABLATION_FROZEN : CLEAN), out);
}

/* Sets first..last-1 at one period. */
static void ablate_period(struct worker *worker, const struct ind_study *study,
                          const struct ind_params *params, int period, int first, int last)
{
    const struct plan *plan = study->shared;
    const struct ablating *ablating = &plan->ablating;
    struct ind_contrasted *out = worker->results + (size_t)period * results_of(plan);
    ind_ablate(&worker->ablator, params, &study->sample.data[period],
               ablating_reference(ablating, period), plan->arms + (size_t)first * plan->width,
               (last - first) * plan->width, worker->arms.clean,
               worker->counts + (size_t)first * plan->width * worker->arms.sequences);
    for (int set = first; set < last; set++) {
        for (int m = 0; m < plan->modes.count; m++)
            compare(worker, plan, set, plan->modes.items[m],
                    &out[(size_t)set * (size_t)plan->modes.count + (size_t)m]);
    }
}

static void put_set(const struct worker *worker, const struct ind_study *study, int set,
                    const struct ind_visit *at)
{
    const struct plan *plan = study->shared;
    for (int m = 0; m < plan->modes.count; m++) {
        const size_t r = (size_t)set * (size_t)plan->modes.count + (size_t)m;
        for (int p = 0; p < study->sample.count; p++)
            ind_put(at, &(struct row){.epoch = at->epoch,
                                      .heads = plan->sets[set].name,
                                      .mode = ablating_modes[plan->modes.items[m]],
                                      .period = study->sample.data[p].period,
                                      .both = worker->results[(size_t)p * results_of(plan) + r]});
    }
}

/* Sets share the clean run, so they are ablated together, but where there are threads to spare. */
static int parts(const struct ind_study *study)
{
    const struct plan *plan = study->shared;
    return ind_parts_spare(study, plan->set_count);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    const struct plan *plan = study->shared;
    const int count = parts(study), sets = plan->set_count;
    const int first = at->part * sets / count, last = (at->part + 1) * sets / count;
    for (int p = 0; p < study->sample.count; p++)
        ablate_period(memory, study, at->params, p, first, last);
    for (int set = first; set < last; set++)
        put_set(memory, study, set, at);
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------ */

static int make_sets(struct plan *plan, const struct ind_study *study, struct ind_error *err)
{
    const struct ind_heads *heads = &study->heads;
    const bool each = ((const struct settings *)study->settings)->each;
    const int count = each ? heads->count : 1;
    if (ind_alloc_into(&plan->sets, (size_t)count, sizeof *plan->sets, err))
        return IND_FAILED;
    for (plan->set_count = 0; plan->set_count < count; plan->set_count++) {
        struct set *set = &plan->sets[plan->set_count];
        set->heads = heads->items + plan->set_count;
        set->count = each ? 1 : heads->count;
        set->name = ablating_set_name(set->heads, set->count);
        if (set->name == NULL)
            return ind_fail(err, "out of memory");
    }
    return IND_OK;
}

/* Which of the library's modes the rows need, and where among a set's arms each stands. */
static int place_modes(struct plan *plan)
{
    bool needed[MODES] = {false};
    for (int m = 0; m < plan->modes.count; m++)
        needed[plan->modes.items[m]] = true;
    if (needed[MEDIATED])
        needed[IND_ABLATION_ZERO] = needed[IND_ABLATION_FROZEN] = true;
    int width = 0;
    for (int mode = 0; mode < MEDIATED; mode++)
        plan->place[mode] = needed[mode] ? width++ : CLEAN;
    return width;
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct plan *plan = memory;
    plan->modes = ((const struct settings *)study->settings)->modes;
    if (ablating_init(&plan->ablating, study, err) || make_sets(plan, study, err))
        return IND_FAILED;
    plan->width = place_modes(plan);
    plan->arm_count = plan->set_count * plan->width;
    if (ind_alloc_into(&plan->arms, (size_t)plan->arm_count, sizeof *plan->arms, err))
        return IND_FAILED;
    for (int set = 0; set < plan->set_count; set++) {
        for (int mode = 0; mode < MEDIATED; mode++) {
            if (plan->place[mode] != CLEAN)
                plan->arms[set * plan->width + plan->place[mode]] = (struct ind_ablation){
                    plan->sets[set].heads, plan->sets[set].count, (enum ind_ablation_mode)mode};
        }
    }
    return IND_OK;
}

static void release(void *memory)
{
    struct plan *plan = memory;
    for (int set = 0; set < plan->set_count; set++)
        free(plan->sets[set].name);
    free(plan->sets);
    free(plan->arms);
    ablating_release(&plan->ablating);
}

const struct ind_analysis ablation_of_sets = {
    .fields = fields,
    .takes = {.heads = IND_HEADS_ALL,
              .heads_are = "ablated together (default: all, each alone)",
              .periods = IND_PERIODS_TRAINED,
              .sequences = true,
              .resamples = true},
    IND_SHARED(struct plan, prepare, release),
    .parts = parts,
    .visit = visit,
    IND_WORKER(struct worker, start, end)};
