/* Runs of a model some of whose edges are cut: layer by layer, each reader from its own input. */
#include <induct/patch/edge_circuits.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/sums.h>
#include <induct/model/reader.h>

#include "patch/edge_work.h"

/* ---- Owner ----------------------------------------------------------------------------------- */

int ind_edge_circuits_init(struct ind_edge_circuits *circuits, struct ind_edge_patcher *patcher,
                           const struct ind_edges *edges, struct ind_error *err)
{
    const size_t rows = (size_t)patcher->evaluator.batch * patcher->arm.length;
    const size_t stream = rows * edges->config.d_model * sizeof(float);
    *circuits = (struct ind_edge_circuits){.patcher = patcher};
    if (ind_alloc_into(&circuits->said, (size_t)edges->sources, stream, err) == IND_OK &&
        ind_alloc_into(&circuits->heard, (size_t)edges->sources, sizeof(bool), err) == IND_OK)
        return IND_OK;
    ind_edge_circuits_release(circuits);
    return IND_FAILED;
}

void ind_edge_circuits_release(struct ind_edge_circuits *circuits)
{
    free(circuits->said);
    free(circuits->heard);
    *circuits = (struct ind_edge_circuits){0};
}

/* ---- One set on one batch -------------------------------------------------------------------- */

struct run {
    struct ind_edge_circuits *circuits;
    const struct ind_edge_batch *b;
    const bool *kept; /* [edges] */
};

static size_t size_of(const struct ind_edge_batch *b)
{
    return (size_t)b->rows * b->p->arm.config.d_model;
}

static bool reads(const struct run *run, struct ind_head head)
{
    const struct ind_config *c = &run->b->p->arm.config;
    return head.layer == c->layers ||
           run->circuits->heard[ind_edge_first_head(c) + head.layer * c->heads + head.head];
}

/* Which sources say anything to the logits, by kept edges: from the last one back. */
static void listen(const struct run *run)
{
    const struct ind_edges *edges = run->b->task->edges;
    memset(run->circuits->heard, 0, (size_t)edges->sources * sizeof(bool));
    for (int n = edges->count - 1; n >= 0; n--)
        if (run->kept[n] && reads(run, edges->items[n].head))
            run->circuits->heard[edges->items[n].source] = true;
}

/* The arm's stream before a layer, as a reader reads it. */
static void make_input(const struct run *run, const struct ind_edge *reader)
{
    const struct ind_edge_batch *b = run->b;
    const struct ind_edges *edges = b->task->edges;
    const int layer = reader->head.layer, wanted = ind_edge_reader(&edges->config, reader);
    float *input = b->p->arm.residual[layer];
    memcpy(input, b->p->other.residual[layer], size_of(b) * sizeof *input);
    for (int n = 0; n < edges->count; n++)
        if (run->kept[n] && ind_edge_reader(&edges->config, &edges->items[n]) == wanted)
            ind_add(size_of(b), run->circuits->said + (size_t)edges->items[n].source * size_of(b),
                    input);
}

/* What a source says in the arm, less what it says in the other run. */
static void say(const struct run *run, int source)
{
    float *said = run->circuits->said + (size_t)source * size_of(run->b);
    if (!run->circuits->heard[source])
        return;
    ind_edge_take_source(run->b, source, &run->b->p->arm, said);
    for (size_t e = 0; e < size_of(run->b); e++)
        said[e] = -said[e];
}

static void run_head(const struct run *run, struct ind_head head)
{
    const struct ind_edge_batch *b = run->b;
    struct ind_cache *arm = &b->p->arm;
    if (!reads(run, head))
        return;
    for (int part = IND_EDGE_Q; part < IND_EDGE_LOGITS; part++) {
        make_input(run, &(struct ind_edge){.head = head, .at = (enum ind_edge_part)part});
        ind_forward_project_part(b->task->params, head, (enum ind_reader_part)part, arm);
    }
    ind_forward_head(b->task->params, head, arm);
}

/* To the arm's final_normed. */
static void run_set(const struct run *run)
{
    const struct ind_edge_batch *b = run->b;
    struct ind_cache *arm = &b->p->arm;
    const struct ind_config *c = &arm->config;
    const int embedded = ind_edge_first_head(c);
    listen(run);
    ind_cache_enter(arm, &b->p->evaluator.cache, 0); /* and the patterns of donors */
    for (int source = 0; source < embedded; source++)
        say(run, source);
    for (int h = 0; h < c->layers * c->heads; h++) {
        run_head(run, (struct ind_head){h / c->heads, h % c->heads});
        say(run, embedded + h);
    }
    make_input(run, &(struct ind_edge){.head = {c->layers, 0}, .at = IND_EDGE_LOGITS});
    ind_forward_layers(b->task->params, c->layers, NULL, 0, arm);
}

/* ---- The whole ------------------------------------------------------------------------------- */

struct request {
    struct ind_edge_circuits *circuits;
    const bool *kept;
    int sets;
    double *metrics;
};

static void run_batch(const struct ind_edge_batch *b, void *context)
{
    const struct request *request = context;
    const struct ind_edge_task *task = b->task;
    ind_edge_begin(b);
    for (int set = 0; set < request->sets; set++) {
        const struct run run = {request->circuits, b,
                                request->kept + (size_t)set * task->edges->count};
        double *metrics = request->metrics + (size_t)set * task->data->sequences + b->first;
        run_set(&run);
        for (int s = 0; s < b->count; s++)
            metrics[s] = ind_edge_metric(b, &b->p->arm, s);
    }
}

int ind_run_circuits(struct ind_edge_circuits *circuits, const struct ind_edge_task *task,
                     const bool *kept, int sets, double *metrics, struct ind_error *err)
{
    struct request request = {circuits, kept, sets, metrics};
    return ind_edge_batches(circuits->patcher, task, run_batch, &request, err);
}
