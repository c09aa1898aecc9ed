/* Sequences of a task, batch by batch, and what a batch begins with. */
#include "patch/edge_work.h"

#include <induct/math/sums.h>
#include <induct/model/pass.h>
#include <induct/patch/means.h>

/* ---- Once a model ---------------------------------------------------------------------------- */

static void take_mean_U(struct ind_edge_patcher *p, const struct ind_params *params)
{
    const struct ind_config *c = &p->arm.config;
    for (int e = 0; e < c->d_model; e++) {
        p->mean_U[e] = 0.0;
        for (int v = 0; v < c->vocab; v++)
            p->mean_U[e] += (double)params->W_U[(size_t)e * c->vocab + v] / c->vocab;
    }
}

/* Over the reference sequences. */
static void take_means(struct ind_edge_patcher *p, const struct ind_edge_task *task)
{
    const struct ind_config *c = &p->arm.config;
    const int context = task->data->context;
    const int references = p->references > 0 ? p->references : task->data->sequences;
    ind_mean_z(&p->other, p->evaluator.batch, task->params, task->reference, context, references,
               c->layers - 1, p->sums, p->means);
    for (int e = 0; e < p->arm.length * c->d_model; e++) {
        double sum = 0.0;
        for (int s = 0; s < references; s++) {
            const int32_t token = task->reference[(size_t)s * context + e / c->d_model];
            sum += (double)task->params->W_E[(size_t)token * c->d_model + e % c->d_model];
        }
        p->token_mean[e] = (float)(sum / references);
    }
}

/* ---- Once a batch ---------------------------------------------------------------------------- */

/* Row r of dfinal := W_U[:, c] - mean column, 0 where the row does not count. */
static void aim(const struct ind_edge_batch *b)
{
    const struct ind_config *c = &b->p->arm.config;
    const int T = b->p->arm.length;
    for (int r = 0; r < b->rows; r++) {
        const int i = r % T, target = b->tokens[(r / T) * b->task->data->context + i + 1];
        float *out = b->p->dfinal + (size_t)r * c->d_model;
        for (int e = 0; e < c->d_model; e++)
            out[e] = i < b->task->data->period
                         ? 0.0F
                         : (float)((double)b->task->params->W_U[(size_t)e * c->vocab + target] -
                                   b->p->mean_U[e]);
    }
}

void ind_edge_begin(const struct ind_edge_batch *b)
{
    struct ind_edge_patcher *p = b->p;
    struct ind_cache *clean = &p->evaluator.cache;
    clean->batch = p->changed.batch = p->arm.batch = p->other.batch = b->count;
    ind_forward(b->task->params, b->tokens, b->task->data->context, NULL, 0, clean);
    ind_edge_run_other(b);
    aim(b);
}

double ind_edge_metric(const struct ind_edge_batch *b, const struct ind_cache *cache, int s)
{
    const size_t d = (size_t)cache->config.d_model, T = (size_t)cache->length;
    const size_t from = ((size_t)s * T + (size_t)b->task->data->period) * d;
    return ind_inner((T - (size_t)b->task->data->period) * d, b->p->dfinal + from,
                     cache->final_normed + from);
}

/* ---- All of them ----------------------------------------------------------------------------- */

int ind_edge_batches(struct ind_edge_patcher *p, const struct ind_edge_task *task,
                     ind_edge_each *each, void *context, struct ind_error *err)
{
    if (task->params->standing && task->params->standing->without_pp)
        return ind_fail(err, "scores without their position-position term (--forbid pp): edges are "
                             "not defined there, for a changed input has no position part");
    take_mean_U(p, task->params);
    if (task->mode == IND_EDGE_MEAN)
        take_means(p, task);
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, p->evaluator.batch, task->data->sequences)) {
        const size_t at = (size_t)pass.first * task->data->context;
        const struct ind_edge_batch b = {.p = p,
                                         .task = task,
                                         .tokens = task->data->tokens + at,
                                         .reference = task->reference ? task->reference + at : NULL,
                                         .first = pass.first,
                                         .count = pass.count,
                                         .rows = pass.count * p->arm.length};
        each(&b, context);
    }
    return IND_OK;
}
