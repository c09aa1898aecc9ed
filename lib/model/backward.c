#include <induct/model/backward.h>
#include <induct/model/reader.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>
#include <induct/math/sums.h>

#include "model/work.h"

/* ---- Scratch -------------------------------------------------------------------------------- */

/* Rows of logits that are made at once: about 1 MB, but of a large vocabulary so many that reading
 * all of W_U for them, three times, is little beside the products. */
static int logits_rows(int rows, int vocab)
{
    int count = (1 << 18) / vocab;
    if (count < 256 && vocab > 2048)
        count = 256;
    return count < rows ? count : rows;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void cut_all(struct ind_backward_work *work, const struct ind_cache *cache,
                    struct ind_arena *arena)
{
    const struct ind_config *c = &cache->config;
    size_t rows = (size_t)cache->batch * cache->length, d = (size_t)c->d_model;
    size_t width = (size_t)c->heads * c->d_head, vocab = (size_t)c->vocab;
    work->logits_rows = logits_rows(cache->batch * cache->length, c->vocab);
    work->dresidual = ind_arena_cut(arena, rows, d, 1);
    work->dnormed = ind_arena_cut(arena, rows, d, 1);
    work->dz = ind_arena_cut(arena, rows, width, 1);
    work->dqkv = ind_arena_cut(arena, rows, width, 3);
    work->dscores = cache->work->scores; /* which are not wanted any more when these are made */
    work->dweights = ind_arena_cut(arena, d, width, 3);
    work->logits = ind_arena_cut(arena, (size_t)work->logits_rows, vocab, 1);
    work->pattern = cache->work->patterns; /* as little wanted, where patterns are not kept */
    if (!work->pattern)
        work->pattern = ind_arena_cut(arena, (size_t)cache->length, (size_t)cache->length, 1);
    work->pairs = ind_arena_cut(arena, (size_t)cache->length, (size_t)c->d_head, 6);
    if (!c->position_part)
        return;
    work->dposition = ind_arena_cut(arena, rows, d, 1);
    work->dposition_z = ind_arena_cut(arena, rows, width, 1);
    work->dposition_qkv = ind_arena_cut(arena, rows, width, 3);
}

int ind_backward_init(struct ind_backward *backward, const struct ind_cache *cache,
                      struct ind_error *err)
{
    backward->work = NULL;
    const struct ind_config *c = &cache->config;
    size_t sums =
        larger(larger(2 * (size_t)c->d_model, (size_t)cache->qkv_stride), (size_t)c->vocab);
    struct ind_arena arena = {0};
    if (ind_alloc_into(&backward->work, 1, sizeof *backward->work, err))
        return IND_FAILED;
    cut_all(backward->work, cache, &arena);
    if (ind_arena_allocate(&arena, err)) {
        ind_backward_release(backward);
        return IND_FAILED;
    }
    backward->work->buffers = arena.base;
    cut_all(backward->work, cache, &arena);
    struct ind_backward_work *work = backward->work;
    size_t block = (size_t)work->logits_rows;
    if (ind_alloc_into(&work->sums, sums, sizeof *work->sums, err) ||
        ind_alloc_into(&work->targets, block, sizeof *work->targets, err) ||
        ind_alloc_into(&work->losses, block, sizeof *work->losses, err) ||
        ind_alloc_into(&work->correct, block, sizeof *work->correct, err)) {
        ind_backward_release(backward);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_backward_release(struct ind_backward *backward)
{
    if (backward->work) {
        free(backward->work->buffers);
        free(backward->work->sums);
        free(backward->work->targets);
        free(backward->work->losses);
        free(backward->work->correct);
    }
    free(backward->work);
    backward->work = NULL;
}

/* ---- Gradients by activations --------------------------------------------------------------- */

static void cut_activations(struct ind_activation_gradient *gradient, const struct ind_cache *cache,
                            struct ind_arena *arena)
{
    const struct ind_config *c = &cache->config;
    const size_t rows = (size_t)cache->batch * cache->length;
    const size_t width = (size_t)c->heads * c->d_head;
    for (int l = 0; l <= c->layers; l++)
        gradient->residual[l] = ind_arena_cut(arena, rows, (size_t)c->d_model, 1);
    for (int l = 0; l < c->layers; l++) {
        struct ind_layer_activation_gradient *layer = &gradient->layers[l];
        layer->q = ind_arena_cut(arena, rows, width, 3);
        layer->z = ind_arena_cut(arena, rows, width, 1);
        if (!arena->base)
            continue;
        layer->k = layer->q + width;
        layer->v = layer->k + width;
    }
}

int ind_activation_gradient_init(struct ind_activation_gradient *gradient,
                                 const struct ind_cache *cache, struct ind_error *err)
{
    const size_t layers = (size_t)cache->config.layers;
    struct ind_arena arena = {0};
    *gradient = (struct ind_activation_gradient){0};
    if (ind_alloc_into(&gradient->residual, layers + 1, sizeof *gradient->residual, err) ||
        ind_alloc_into(&gradient->layers, layers, sizeof *gradient->layers, err)) {
        ind_activation_gradient_release(gradient);
        return IND_FAILED;
    }
    cut_activations(gradient, cache, &arena);
    if (ind_arena_allocate(&arena, err)) {
        ind_activation_gradient_release(gradient);
        return IND_FAILED;
    }
    gradient->buffer = arena.base;
    cut_activations(gradient, cache, &arena);
    return IND_OK;
}

void ind_activation_gradient_release(struct ind_activation_gradient *gradient)
{
    free(gradient->residual);
    free(gradient->layers);
    free(gradient->buffer);
    *gradient = (struct ind_activation_gradient){0};
}

/* ---- The pass ------------------------------------------------------------------------------- */

/* What every step of the pass reads and writes. */
struct pass {
    const struct ind_params *params;
    struct ind_patching patching;
    const struct ind_cache *cache;
    struct ind_backward_work *work;
    struct ind_activation_gradient *activations; /* or NULL */
    struct ind_params *gradient;
    int rows, d, width; /* width = heads * d_head */
    int first_layer;
};

static void column_sums_add(const struct pass *p, const float *matrix, int columns, size_t stride,
                            float *out)
{
    ind_column_sums_add(matrix, p->rows, columns, stride, p->work->sums, out);
}

/* W_O and b_O; dz = dresidual W_O^T. */
static void output_backward(const struct pass *p, int layer)
{
    struct ind_layer_params *gradient = &p->gradient->layers[layer];
    const float *dresidual = p->work->dresidual;
    ind_product(true, false, p->width, p->d, p->rows, p->cache->layers[layer].z, p->width,
                dresidual, p->d, gradient->W_O, gradient->W_O, p->d);
    if (gradient->b_O)
        column_sums_add(p, dresidual, p->d, (size_t)p->d, gradient->b_O);
    ind_product(false, true, p->rows, p->width, p->d, dresidual, p->d, p->params->layers[layer].W_O,
                p->d, NULL, p->work->dz, p->width);
}

/* table [context, d] += dx [rows, d] by position, in row order */
static void positions_add(const struct pass *p, const float *dx, float *table)
{
    size_t count = (size_t)p->cache->length * p->d;
    for (int b = 0; b < p->cache->batch; b++)
        ind_add(count, dx + b * count, table + (size_t)ind_start_of(p->cache, b) * p->d);
}

/* Shortformer: q and k read normed + W_pos, v reads normed. Sets dx to the gradient of the input
   that they share, and adds the table's. */
static void shortformer_backward(const struct pass *p, int layer, float *dx)
{
    struct ind_backward_work *work = p->work;
    const struct ind_cache *cache = p->cache;
    int ld = cache->qkv_stride, d = p->d, width = p->width;
    const float *packed = ind_qkv_weights(cache, layer), *normed = cache->layers[layer].normed;
    float *input = cache->work->qk_input;
    for (int b = 0; b < cache->batch; b++) {
        const float *table = p->params->W_pos + (size_t)ind_start_of(cache, b) * d;
        size_t count = (size_t)cache->length * d;
        for (size_t e = 0; e < count; e++)
            input[b * count + e] = normed[b * count + e] + table[e];
    }
    ind_product(true, false, d, 2 * width, p->rows, input, d, work->dqkv, ld, NULL, work->dweights,
                ld);
    ind_product(true, false, d, width, p->rows, normed, d, work->dqkv + 2 * width, ld, NULL,
                work->dweights + 2 * width, ld);
    ind_product(false, true, p->rows, d, 2 * width, work->dqkv, ld, packed, ld, NULL, dx, d);
    positions_add(p, dx, p->gradient->W_pos);
    ind_product(false, true, p->rows, d, width, work->dqkv + 2 * width, ld, packed + 2 * width, ld,
                dx, dx, d);
}

/* dweights from dqkv, and dx = start (NULL: zeros) + the gradient of the projection's input. */
static void plain_backward(const struct pass *p, int layer, const float *start, float *dx)
{
    struct ind_backward_work *work = p->work;
    int ld = p->cache->qkv_stride, d = p->d;
    ind_product(true, false, d, ld, p->rows, p->cache->layers[layer].normed, d, work->dqkv, ld,
                NULL, work->dweights, ld);
    ind_product(false, true, p->rows, d, ld, work->dqkv, ld, ind_qkv_weights(p->cache, layer), ld,
                start, dx, d);
}

/* The same in layer 0 by token, and on to the embedding. */
static void lookup_backward(const struct pass *p)
{
    ind_lookup_backward(p->cache->work->lookup, p->cache, ind_qkv_weights(p->cache, 0),
                        p->work->dqkv, p->work->dresidual, p->work->dweights, p->gradient);
}

static void norm_backward(const struct pass *p, int layer)
{
    struct ind_layer_params *gradient = &p->gradient->layers[layer];
    ind_norm_backward(p->cache->residual[layer], p->cache->layers[layer].norm_scale,
                      p->params->layers[layer].ln1_w, p->work->dnormed, p->rows, p->d,
                      p->work->dresidual, gradient->ln1_w, gradient->ln1_b, p->work->sums);
}

/* From dqkv to the gradients of W_Q W_K W_V b_Q b_K b_V and, added to dresidual, of the layer's
   input (in layer 0 by token: straight to the embedding). */
static void projection_backward(const struct pass *p, int layer)
{
    const struct ind_config *c = &p->cache->config;
    struct ind_layer_params *gradient = &p->gradient->layers[layer];
    struct ind_backward_work *work = p->work;
    size_t stride = (size_t)p->cache->qkv_stride, width = (size_t)p->width;
    if (c->positions == IND_POSITIONS_ROTARY)
        ind_rotary_apply(p->cache, 2 * c->heads, -1.0F, work->dqkv);
    if (c->bias) {
        column_sums_add(p, work->dqkv, p->width, stride, gradient->b_Q);
        column_sums_add(p, work->dqkv + width, p->width, stride, gradient->b_K);
        column_sums_add(p, work->dqkv + 2 * width, p->width, stride, gradient->b_V);
    }
    if (layer == 0 && p->cache->work->lookup)
        lookup_backward(p);
    else if (c->positions == IND_POSITIONS_SHORTFORMER)
        shortformer_backward(p, layer, work->dnormed);
    else if (c->norm != IND_NORM_NONE)
        plain_backward(p, layer, NULL, work->dnormed);
    else
        plain_backward(p, layer, work->dresidual, work->dresidual);
    ind_unpack_qkv_add(c, work->dweights, gradient);
    if (c->norm != IND_NORM_NONE)
        norm_backward(p, layer);
    else if (c->positions == IND_POSITIONS_SHORTFORMER)
        ind_add((size_t)p->rows * p->d, work->dnormed, work->dresidual);
}

/* W_E row by row in the order of the batch, and a trained position table. */
static void embed_backward(const struct pass *p, const int32_t *tokens, int token_stride)
{
    const struct ind_cache *cache = p->cache;
    const float *dx = p->work->dresidual;
    for (int b = 0; b < cache->batch; b++) {
        for (int i = 0; i < cache->length; i++, dx += p->d) {
            int32_t token = tokens[(size_t)b * token_stride + i];
            ind_add((size_t)p->d, dx, p->gradient->W_E + (size_t)token * p->d);
        }
    }
    if (cache->config.positions == IND_POSITIONS_LEARNED)
        positions_add(p, p->work->dresidual, p->gradient->W_pos);
}

/* From the gradient of final_normed to that of the last residual, dresidual. Without LayerNorm the
 * two are one, and it is there already. */
static void final_norm_backward(const struct pass *p)
{
    struct ind_backward_work *work = p->work;
    const struct ind_cache *cache = p->cache;
    if (cache->config.norm == IND_NORM_NONE)
        return;
    memset(work->dresidual, 0, (size_t)p->rows * p->d * sizeof *work->dresidual);
    ind_norm_backward(cache->residual[cache->config.layers], cache->final_scale,
                      p->params->ln_final_w, work->dnormed, p->rows, p->d, work->dresidual,
                      p->gradient->ln_final_w, p->gradient->ln_final_b, work->sums);
}

/* Where the gradient of final_normed goes. */
static float *dfinal_of(const struct pass *p)
{
    return p->cache->config.norm == IND_NORM_NONE ? p->work->dresidual : p->work->dnormed;
}

static void keep(const float *from, size_t count, float *to)
{
    memcpy(to, from, count * sizeof *to);
}

/* After the projection's backward pass: dqkv is by what the projection gave, dz still by this
 * layer's z. */
static void keep_layer(const struct pass *p, int layer)
{
    struct ind_activation_gradient *kept = p->activations;
    const size_t rows = (size_t)p->rows;
    if (!kept)
        return;
    keep(p->work->dz, rows * p->width, kept->layers[layer].z);
    keep(p->work->dqkv, rows * p->cache->qkv_stride, kept->layers[layer].q);
    keep(p->work->dresidual, rows * p->d, kept->residual[layer]);
}

static void layer_backward(const struct pass *p, int layer)
{
    const bool positions = ind_position_part_on(p->params, p->cache);
    output_backward(p, layer);
    if (positions)
        ind_position_part_output_backward(p->params, layer, p->cache, p->work, p->gradient);
    struct ind_patching patching = p->patching;
    patching.smear = p->params->layers[layer].smear;
    ind_attention_backward(p->cache, layer, &patching, p->work, p->gradient->layers[layer].smear);
    projection_backward(p, layer);
    if (positions)
        ind_position_part_project_backward(layer, p->cache, p->work, p->gradient);
    keep_layer(p, layer);
}

/* All of it, from the gradient of final_normed in its place. */
static void pass_backward(const struct pass *p, const int32_t *tokens, int token_stride)
{
    const struct ind_config *c = &p->cache->config;
    final_norm_backward(p);
    if (p->activations)
        keep(p->work->dresidual, (size_t)p->rows * p->d, p->activations->residual[c->layers]);
    for (int layer = c->layers - 1; layer >= p->first_layer; layer--)
        layer_backward(p, layer);
    if (p->first_layer > 0)
        return;
    if (!p->cache->work->lookup)
        embed_backward(p, tokens, token_stride);
    if (ind_position_part_on(p->params, p->cache) && c->positions == IND_POSITIONS_LEARNED)
        ind_position_part_embed_backward(p->cache, p->work, p->gradient);
}

static struct pass begin(struct ind_backward *backward, const struct ind_backward_task *task,
                         struct ind_params *gradient)
{
    const struct ind_config *c = &task->cache->config;
    assert(!task->activations || !task->cache->work->lookup);
    return (struct pass){.params = task->params,
                         .patching = {.standing = task->params->standing,
                                      .patches = task->patches,
                                      .count = task->patch_count},
                         .cache = task->cache,
                         .work = backward->work,
                         .activations = task->activations,
                         .gradient = gradient,
                         .first_layer = task->first_layer,
                         .rows = task->cache->batch * task->cache->length,
                         .d = c->d_model,
                         .width = c->heads * c->d_head};
}

void ind_backward_run(struct ind_backward *backward, const struct ind_backward_task *task,
                      const struct ind_objective *objective, struct ind_params *gradient,
                      struct ind_loss *loss)
{
    const struct pass pass = begin(backward, task, gradient);
    assert(objective->token_stride > task->cache->length);
    *loss = (struct ind_loss){0};
    ind_unembed_backward(task, objective, backward->work, gradient, dfinal_of(&pass), loss);
    pass_backward(&pass, objective->tokens, objective->token_stride);
}

void ind_backward_from(struct ind_backward *backward, const struct ind_backward_task *task,
                       const int32_t *tokens, int token_stride, const float *dfinal,
                       struct ind_params *gradient)
{
    const struct pass pass = begin(backward, task, gradient);
    memcpy(dfinal_of(&pass), dfinal, (size_t)pass.rows * pass.d * sizeof *dfinal);
    pass_backward(&pass, tokens, token_stride);
}

void ind_backward_reader(struct ind_backward *backward, const struct ind_backward_task *task,
                         struct ind_head head, enum ind_reader_part part, float *out)
{
    const struct ind_config *c = &task->cache->config;
    const struct ind_layer_params *w = &task->params->layers[head.layer];
    const struct ind_layer_activation_gradient *g = &task->activations->layers[head.layer];
    const struct ind_layer_cache *l = &task->cache->layers[head.layer];
    const float *const W[] = {w->W_Q, w->W_K, w->W_V}, *const by[] = {g->q, g->k, g->v};
    const int rows = task->cache->batch * task->cache->length, d = c->d_model, k = c->d_head;
    const bool norm = c->norm != IND_NORM_NONE;
    float *direct = norm ? backward->work->dnormed : out;
    ind_product(false, true, rows, d, k, by[part] + (size_t)head.head * k, task->cache->qkv_stride,
                W[part] + (size_t)head.head * d * k, k, norm ? NULL : out, direct, d);
    if (norm)
        ind_norm_backward(task->cache->residual[head.layer], l->norm_scale, w->ln1_w, direct, rows,
                          d, out, NULL, NULL, backward->work->sums);
}
