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
    struct ablating *ablating;
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

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},           {"heads", IND_COLUMN_TEXT, 0},
    {"mode", IND_COLUMN_TEXT, 0},           {"period", IND_COLUMN_INT, 0},
    {"accuracy", IND_COLUMN_REAL, 0},       {"accuracy_ablated", IND_COLUMN_REAL, 0},
    {"accuracy_delta", IND_COLUMN_REAL, 0}, {"delta_lo", IND_COLUMN_REAL, 0},
    {"delta_hi", IND_COLUMN_REAL, 0},       {"loss", IND_COLUMN_REAL, 0},
    {"loss_ablated", IND_COLUMN_REAL, 0},   {"loss_delta", IND_COLUMN_REAL, 0},
    {"predictions", IND_COLUMN_INT, 0},
};

/* ---- One checkpoint ------------------------------------------------------------------------- */

static size_t results_of(const struct plan *plan)
{
    return (size_t)plan->set_count * (size_t)plan->ablating->mode_count;
}

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct plan *plan = context;
    const struct ablating *ablating = plan->ablating;
    const struct ind_contrast_choices *choices = ablating->contrast.choices;
    const struct ind_config *config = &series->layout.config;
    const size_t sequences = (size_t)choices->sequences;
    if (ind_ablator_init(&worker->ablator, config, config->context - 1, ablating->reference != NULL,
                         err) ||
        ind_contrast_arms(&worker->arms, &ablating->contrast, config, err) ||
        ind_alloc_into(&worker->counts, (size_t)plan->arm_count, sequences * sizeof *worker->counts,
                       err) ||
        ind_alloc_into(&worker->results, (size_t)choices->periods.count,
                       results_of(plan) * sizeof *worker->results, err))
        return IND_FAILED;
    return IND_OK;
}

static void worker_release(void *memory)
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

static void ablate_period(struct worker *worker, const struct plan *plan,
                          const struct ind_params *params, int period)
{
    const struct ablating *ablating = plan->ablating;
    struct ind_contrasted *out = worker->results + (size_t)period * results_of(plan);
    ind_ablate(&worker->ablator, params, &ablating->contrast.data[period],
               ablating_reference(ablating, period), plan->arms, plan->arm_count,
               worker->arms.clean, worker->counts);
    for (int set = 0; set < plan->set_count; set++) {
        for (int m = 0; m < ablating->mode_count; m++)
            compare(worker, plan, set, ablating->modes[m], out++);
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct plan *plan = context;
    const struct ablating *ablating = plan->ablating;
    const struct ind_ints *periods = &ablating->contrast.choices->periods;
    for (int p = 0; p < periods->count; p++)
        ablate_period(worker, plan, visit->params, p);
    for (size_t r = 0; r < results_of(plan); r++) {
        const struct set *set = &plan->sets[r / (size_t)ablating->mode_count];
        const int mode = ablating->modes[r % (size_t)ablating->mode_count];
        for (int p = 0; p < periods->count; p++) {
            ind_rows_int(visit->rows, visit->epoch);
            ind_rows_text(visit->rows, set->name);
            ind_rows_text(visit->rows, ablating_mode_name(mode));
            ind_rows_int(visit->rows, periods->items[p]);
            ind_contrasted_put(&worker->results[(size_t)p * results_of(plan) + r], visit->rows);
        }
    }
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------ */

static int make_sets(struct plan *plan, struct ind_error *err)
{
    const struct ind_heads *heads = &plan->ablating->heads;
    const bool each = plan->ablating->settings->each;
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
    for (int m = 0; m < plan->ablating->mode_count; m++)
        needed[plan->ablating->modes[m]] = true;
    if (needed[MEDIATED])
        needed[IND_ABLATION_ZERO] = needed[IND_ABLATION_FROZEN] = true;
    int width = 0;
    for (int mode = 0; mode < MEDIATED; mode++)
        plan->place[mode] = needed[mode] ? width++ : CLEAN;
    return width;
}

static int make_plan(struct plan *plan, struct ind_error *err)
{
    if (make_sets(plan, err))
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

static void plan_release(struct plan *plan)
{
    for (int set = 0; set < plan->set_count; set++)
        free(plan->sets[set].name);
    free(plan->sets);
    free(plan->arms);
}

int sets_run(struct ind_tool *tool, const struct ind_series *series, struct ablating *ablating)
{
    struct plan plan = {.ablating = ablating};
    struct ind_table table;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &plan,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    int status = make_plan(&plan, &tool->error);
    if (status == IND_OK)
        status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_walk_run(tool, series, &walk, &table);
    plan_release(&plan);
    return status;
}
