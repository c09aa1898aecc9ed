/*
 * The expansion: the clean run's patterns applied to parts of the residual stream instead of to all
 * of it. All paths through k heads are built layer by layer (k in the last layer from k - 1 before
 * it), so deep models are no harder; single heads and pairs are built one by one.
 */
#include <induct/patch/paths.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>
#include <induct/math/product.h>
#include <induct/math/sums.h>

#include "patch/work.h"

/* ---- Owner ---------------------------------------------------------------------------------- */

static int allocate(struct ind_expander *e, const struct ind_config *c, int length,
                    struct ind_error *err)
{
    if (ind_ablator_init(&e->ablator, c, length, IND_ABLATOR_FREEZES, err))
        return IND_FAILED;
    const size_t rows = (size_t)e->ablator.evaluator.batch * (size_t)length;
    const size_t wide = (size_t)c->d_model * sizeof(float);
    const size_t narrow = (size_t)c->d_head * sizeof(float);
    const size_t vocab = (size_t)c->vocab, orders = (size_t)c->layers + 1;
    if (ind_alloc_into(&e->order, orders, sizeof *e->order, err) ||
        ind_alloc_into(&e->sum, rows, wide, err) || ind_alloc_into(&e->bias, rows, wide, err) ||
        ind_alloc_into(&e->head, rows, wide, err) ||
        ind_alloc_into(&e->virtual_head, rows, wide, err) ||
        ind_alloc_into(&e->v, rows, narrow, err) || ind_alloc_into(&e->z, rows, narrow, err) ||
        ind_alloc_into(&e->W_U, vocab, wide, err) ||
        ind_alloc_into(&e->mean_U, (size_t)c->d_model, sizeof(double), err) ||
        ind_alloc_into(&e->row_sum, (size_t)c->d_model, sizeof(double), err) ||
        ind_alloc_into(&e->logits, (size_t)e->ablator.evaluator.logits_rows, vocab * sizeof(float),
                       err))
        return IND_FAILED;
    for (size_t k = 0; k < orders; k++) {
        if (ind_alloc_into(&e->order[k], rows, wide, err))
            return IND_FAILED;
    }
    return IND_OK;
}

int ind_expander_init(struct ind_expander *expander, const struct ind_config *config, int length,
                      struct ind_error *err)
{
    *expander = (struct ind_expander){0};
    assert(ind_config_is_linear(config));
    if (allocate(expander, config, length, err) == IND_OK)
        return IND_OK;
    ind_expander_release(expander);
    return IND_FAILED;
}

void ind_expander_release(struct ind_expander *e)
{
    for (int k = 0; e->order != NULL && k <= e->ablator.arm.config.layers; k++)
        free(e->order[k]);
    ind_ablator_release(&e->ablator);
    free(e->order);
    free(e->sum);
    free(e->bias);
    free(e->head);
    free(e->virtual_head);
    free(e->v);
    free(e->z);
    free(e->W_U);
    free(e->mean_U);
    free(e->row_sum);
    free(e->logits);
    *e = (struct ind_expander){0};
}

/* ---- What is measured of a part of the residual stream -------------------------------------- */

/* One batch on its way. */
struct batch {
    struct ind_expander *e;
    const struct ind_params *params;
    const struct ind_paths *paths;
    const struct ind_eval_data *data;
    struct ind_pass pass; /* its sequences */
    int path;             /* the next path to be recorded */
    struct ind_expansion *out;
    double largest, difference; /* of all logits so far */
};

static size_t floats_of(const struct ind_expander *e)
{
    const struct ind_cache *clean = &e->ablator.evaluator.cache;
    return (size_t)clean->batch * (size_t)clean->length * (size_t)clean->config.d_model;
}

static const int32_t *targets_of(const struct batch *at, int b)
{
    return at->data->tokens + (size_t)(at->pass.first + b) * at->data->context + 1;
}

/* Sums of what a part of the residual gives to the right logit and to the mean one, which is that
   of the sum of its rows. */
static struct ind_path_logit measure(const struct batch *at, const float *part)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const size_t d = (size_t)clean->config.d_model;
    double *rows = at->e->row_sum;
    struct ind_path_logit sum = {0.0, 0.0};
    memset(rows, 0, d * sizeof *rows);
    for (int b = 0; b < clean->batch; b++) {
        const int32_t *targets = targets_of(at, b);
        for (int i = at->data->period; i < clean->length; i++) {
            const float *row = part + ((size_t)b * clean->length + i) * d;
            sum.correct += ind_inner(d, row, at->e->W_U + (size_t)targets[i] * d);
            for (size_t c = 0; c < d; c++)
                rows[c] += (double)row[c];
        }
    }
    sum.mean = ind_inner_rows(1, d, rows, 0, at->e->mean_U, 0);
    return sum;
}

/* The next path of the list is `part`. */
static void record(struct batch *at, enum ind_path_kind kind, const float *part)
{
    const struct ind_path_logit sum = measure(at, part);
    struct ind_path_logit *path = &at->out->paths[at->path];
    assert(at->paths->items[at->path].kind == kind);
    path->correct += sum.correct;
    path->mean += sum.mean;
    at->path++;
    if (kind == IND_PATH_PART)
        return;
    for (size_t e = 0; e < floats_of(at->e); e++)
        at->e->sum[e] += part[e];
}

/* ---- Parts ---------------------------------------------------------------------------------- */

/* out [rows, d_model] (+)= A_h in OV_h of one head, with the clean run's pattern. */
static void move(const struct batch *at, int layer, int head, const float *in, bool add, float *out)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const struct ind_config *c = &clean->config;
    const struct ind_layer_params *weights = &at->params->layers[layer];
    const int rows = clean->batch * clean->length, T = clean->length, d = c->d_model, k = c->d_head;
    const size_t matrix = (size_t)head * d * k, map = (size_t)T * T;
    const float *patterns = clean->layers[layer].pattern + (size_t)head * map;
    if (ind_standing_silences(at->params->standing, layer, head)) {
        memset(out, 0, add ? 0 : (size_t)rows * d * sizeof *out);
        return;
    }
    ind_product(false, false, rows, k, d, in, d, weights->W_V + matrix, k, NULL, at->e->v, k);
    for (int b = 0; b < clean->batch; b++)
        ind_causal_mix(T, k, patterns + (size_t)b * c->heads * map, (size_t)T,
                       at->e->v + (size_t)b * T * k, (size_t)k, at->e->z + (size_t)b * T * k,
                       (size_t)k);
    ind_product(false, false, rows, d, k, at->e->z, k, weights->W_O + matrix, d, add ? out : NULL,
                out, d);
}

/* Token and position, of which the direct path consists. */
static void record_direct(struct batch *at)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const size_t d = (size_t)clean->config.d_model;
    float *part = at->e->head;
    record(at, IND_PATH_DIRECT, clean->residual[0]);
    if (!ind_config_adds_positions(&clean->config))
        return;
    for (int row = 0; row < clean->batch * clean->length; row++) {
        const int b = row / clean->length, i = row % clean->length;
        const int32_t token = targets_of(at, b)[i - 1];
        memcpy(part + row * d, at->params->W_E + (size_t)token * d, d * sizeof *part);
    }
    record(at, IND_PATH_PART, part);
    for (int b = 0; b < clean->batch; b++)
        memcpy(part + (size_t)b * clean->length * d, at->params->W_pos,
               (size_t)clean->length * d * sizeof *part);
    record(at, IND_PATH_PART, part);
}

static void record_heads(struct batch *at)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const struct ind_config *c = &clean->config;
    const int all = c->layers * c->heads;
    for (int h = 0; h < all; h++) {
        move(at, h / c->heads, h % c->heads, clean->residual[0], false, at->e->head);
        record(at, IND_PATH_HEAD, at->e->head);
    }
    for (int g = 0; g < all - c->heads; g++) {
        move(at, g / c->heads, g % c->heads, clean->residual[0], false, at->e->head);
        for (int h = (g / c->heads + 1) * c->heads; h < all; h++) {
            move(at, h / c->heads, h % c->heads, at->e->head, false, at->e->virtual_head);
            record(at, IND_PATH_VIRTUAL, at->e->virtual_head);
        }
    }
}

/* order[k] = all paths through k heads: after a layer, those before it and those through k - 1
 * heads before it and one in it. From the largest k down, as each reads what was before the
 * layer. */
static void build_orders(const struct batch *at)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const int layers = clean->config.layers;
    const size_t size = floats_of(at->e) * sizeof(float);
    float **order = at->e->order;
    memcpy(order[0], clean->residual[0], size);
    for (int k = 1; k <= layers; k++)
        memset(order[k], 0, size);
    for (int layer = 0; layer < layers; layer++) {
        for (int k = layer + 1; k >= 1; k--) {
            for (int head = 0; head < clean->config.heads; head++)
                move(at, layer, head, order[k - 1], true, order[k]);
        }
    }
}

/* What biases alone give: a pass from an empty residual stream. Every position holds the same, so
 * that every pattern moves it alike: its rows sum to one. */
static void build_bias(const struct batch *at)
{
    struct ind_cache *arm = &at->e->ablator.arm;
    const size_t size = floats_of(at->e) * sizeof(float);
    if (!arm->config.bias) {
        memset(at->e->bias, 0, size);
        return;
    }
    ind_cache_enter(arm, &at->e->ablator.evaluator.cache, 0);
    memset(arm->residual[0], 0, size);
    ind_forward_layers(at->params, 0, NULL, 0, arm);
    memcpy(at->e->bias, arm->residual[arm->config.layers], size);
}

/* b_U's part of the bias path, for one batch. */
static void add_output_bias(struct batch *at, struct ind_path_logit *path)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const float *b_U = at->params->b_U;
    double mean = 0.0;
    for (int t = 0; t < clean->config.vocab; t++)
        mean += (double)b_U[t] / clean->config.vocab;
    for (int b = 0; b < clean->batch; b++) {
        for (int i = at->data->period; i < clean->length; i++) {
            path->correct += (double)b_U[targets_of(at, b)[i]];
            path->mean += mean;
        }
    }
}

/* ---- Against the model ---------------------------------------------------------------------- */

/* Rows first..first+count-1 of sequence b: logits of the model and of the arm, the sum of all
   paths. */
static void compare_rows(struct batch *at, int b, int first, int count)
{
    struct ind_evaluator *evaluator = &at->e->ablator.evaluator;
    const int vocab = evaluator->cache.config.vocab, row = b * evaluator->cache.length + first;
    const float *model = evaluator->logits, *sum = at->e->logits;
    ind_logits(at->params, &evaluator->cache, row, count, evaluator->logits);
    ind_logits(at->params, &at->e->ablator.arm, row, count, at->e->logits);
    for (int r = 0; r < count; r++, model += vocab, sum += vocab) {
        double total = 0.0;
        for (int t = 0; t < vocab; t++) {
            total += (double)model[t];
            const double size = fabs((double)model[t]);
            const double apart = fabs((double)model[t] - (double)sum[t]);
            at->largest = size > at->largest ? size : at->largest;
            at->difference = apart > at->difference ? apart : at->difference;
        }
        at->out->model.correct += (double)model[targets_of(at, b)[first + r]];
        at->out->model.mean += total / vocab;
    }
}

static void compare_with_model(struct batch *at)
{
    const struct ind_cache *clean = &at->e->ablator.evaluator.cache;
    const int block = at->e->ablator.evaluator.logits_rows;
    memcpy(at->e->ablator.arm.residual[clean->config.layers], at->e->sum,
           floats_of(at->e) * sizeof(float));
    for (int b = 0; b < clean->batch; b++) {
        for (int i = at->data->period; i < clean->length; i += block) {
            const int left = clean->length - i;
            compare_rows(at, b, i, left < block ? left : block);
        }
    }
}

/* Counts of bias + order[0] + .. + order[k], for every k. */
static void count_orders(struct batch *at)
{
    struct ind_ablator *ablator = &at->e->ablator;
    const int layers = ablator->arm.config.layers;
    float *partial = ablator->arm.residual[layers];
    memcpy(partial, at->e->bias, floats_of(at->e) * sizeof(float));
    for (int k = 0; k <= layers; k++) {
        for (size_t e = 0; e < floats_of(at->e); e++)
            partial[e] += at->e->order[k][e];
        ind_evaluate_cache(&ablator->evaluator, at->params, &ablator->arm, at->data, at->pass.first,
                           at->out->orders + (size_t)k * at->data->sequences + at->pass.first);
    }
}

/* ---- The whole ------------------------------------------------------------------------------ */

static void expand_batch(struct batch *at)
{
    const int layers = at->e->ablator.arm.config.layers;
    ind_ablator_begin(&at->e->ablator, at->params, at->data, &at->pass, NULL, 0);
    memset(at->e->sum, 0, floats_of(at->e) * sizeof(float));
    at->path = 0;
    record_direct(at);
    record_heads(at);
    build_orders(at);
    for (int k = 3; k <= layers; k++)
        record(at, IND_PATH_HIGHER, at->e->order[k]);
    build_bias(at);
    if (at->params->layout->config.bias) {
        record(at, IND_PATH_BIAS, at->e->bias);
        add_output_bias(at, &at->out->paths[at->path - 1]);
    }
    assert(at->path == at->paths->count);
    compare_with_model(at);
    count_orders(at);
}

static void take_unembedding(struct ind_expander *e, const struct ind_params *params)
{
    const size_t d = (size_t)params->layout->config.d_model;
    const size_t vocab = (size_t)params->layout->config.vocab;
    for (size_t c = 0; c < d; c++) {
        double sum = 0.0;
        for (size_t t = 0; t < vocab; t++) {
            e->W_U[t * d + c] = params->W_U[c * vocab + t];
            sum += (double)params->W_U[c * vocab + t];
        }
        e->mean_U[c] = sum / (double)vocab;
    }
}

void ind_expand(struct ind_expander *expander, const struct ind_params *params,
                const struct ind_paths *paths, const struct ind_eval_data *data,
                struct ind_expansion *out)
{
    struct batch at = {.e = expander, .params = params, .paths = paths, .data = data, .out = out};
    const double predictions =
        (double)data->sequences * ind_eval_predictions(data->context, data->period);
    memset(out->paths, 0, (size_t)paths->count * sizeof *out->paths);
    out->model = (struct ind_path_logit){0.0, 0.0};
    take_unembedding(expander, params);
    while (ind_pass_next(&at.pass, expander->ablator.evaluator.batch, data->sequences))
        expand_batch(&at);
    for (int p = 0; p < paths->count; p++) {
        out->paths[p].correct /= predictions;
        out->paths[p].mean /= predictions;
    }
    out->model.correct /= predictions;
    out->model.mean /= predictions;
    out->remainder = at.largest > 0.0 ? at.difference / at.largest : at.difference;
}
