/* What all tables of induct-edges begin with: reference sequences, and the effects of all edges. */
#include "parts.h"

#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/patch/ablate.h>

int edges_prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct edges_shared *shared = memory;
    const struct ind_config *c = study->config;
    const struct ind_sample *sample = &study->sample;
    shared->sequences = sample->sequences;
    if (((const struct settings *)study->settings)->mode == IND_EDGE_MEAN &&
        shared->sequences < IND_ABLATION_REFERENCES)
        shared->sequences = IND_ABLATION_REFERENCES;
    const size_t tokens = (size_t)shared->sequences * (size_t)c->context;
    if (ind_layout_init(&shared->layout, c, err) || ind_edges_init(&shared->edges, c, err) ||
        ind_alloc_into(&shared->reference, (size_t)sample->count, sizeof *shared->reference, err))
        return IND_FAILED;
    for (; shared->count < sample->count; shared->count++) {
        int32_t **reference = &shared->reference[shared->count];
        if (ind_alloc_into(reference, tokens, sizeof **reference, err))
            return IND_FAILED;
        ind_ablation_reference(c->vocab, c->context, study->tool->seed,
                               sample->data[shared->count].period, shared->sequences, *reference);
    }
    return IND_OK;
}

void edges_release(void *memory)
{
    struct edges_shared *shared = memory;
    for (int p = 0; p < shared->count; p++)
        free(shared->reference[p]);
    free(shared->reference);
    ind_edges_release(&shared->edges);
    ind_layout_release(&shared->layout);
}

int edges_start(struct edges_worker *worker, const struct ind_study *study, int columns,
                struct ind_error *err)
{
    const struct edges_shared *shared = study->shared;
    const size_t sequences = (size_t)study->sample.sequences;
    if (ind_edge_patcher_init(&worker->patcher, &shared->layout, study->config->context - 1, err) ||
        ind_alloc_into(&worker->clean, sequences, sizeof *worker->clean, err) ||
        ind_alloc_into(&worker->sums, sequences * (size_t)shared->edges.count, sizeof *worker->sums,
                       err))
        return IND_FAILED;
    worker->patcher.references = shared->sequences;
    return study->sample.resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &study->sample.bootstrap, columns, err);
}

void edges_end(struct edges_worker *worker)
{
    ind_edge_patcher_release(&worker->patcher);
    ind_resampled_release(&worker->resampled);
    free(worker->clean);
    free(worker->sums);
}

struct ind_edge_task edges_task(const struct ind_study *study, const struct ind_visit *at)
{
    const struct edges_shared *shared = study->shared;
    const struct settings *settings = study->settings;
    return (struct ind_edge_task){.params = at->params,
                                  .edges = &shared->edges,
                                  .data = at->data,
                                  .mode = (enum ind_edge_mode)settings->mode,
                                  .reference = shared->reference[at->data - study->sample.data],
                                  .steps = settings->steps};
}

int edges_measure(struct edges_worker *worker, const struct ind_study *study,
                  const struct ind_visit *at, struct ind_error *err)
{
    const struct ind_edge_task task = edges_task(study, at);
    return ind_patch_edges(&worker->patcher, &task, worker->clean, worker->sums, err);
}

struct edges_mean edges_mean_of(const struct edges_worker *worker, int edge, int sequences)
{
    const struct ind_edge_sum *sums = worker->sums + (size_t)edge * sequences;
    struct edges_mean mean = {0};
    for (int s = 0; s < sequences; s++) {
        const struct ind_eval_count *is = &sums[s].count, *was = &worker->clean[s].count;
        mean.effect += sums[s].metric;
        mean.attribution += sums[s].attribution;
        mean.integrated += sums[s].integrated;
        mean.loss_delta += is->loss - was->loss;
        mean.accuracy_delta += is->correct - was->correct;
        mean.predictions += was->predictions;
    }
    const double n = (double)mean.predictions;
    mean.effect /= n;
    mean.attribution /= n;
    mean.integrated /= n;
    mean.loss_delta /= n;
    mean.accuracy_delta /= n;
    return mean;
}
