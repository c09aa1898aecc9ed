#include <induct/model/forward.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>

#include "model/work.h"

static void cut_layer(struct ind_cache *cache, struct ind_layer_cache *layer,
                      struct ind_arena *arena, unsigned keep)
{
    const struct ind_config *c = &cache->config;
    size_t rows = (size_t)cache->batch * cache->length;
    size_t width = (size_t)c->heads * c->d_head;
    size_t maps = (size_t)cache->batch * c->heads; /* patterns */
    size_t square = (size_t)cache->length * cache->length;
    bool normed = c->norm != IND_NORM_NONE;

    layer->q = ind_arena_cut(arena, rows, width, 3);
    if (arena->base) {
        layer->k = layer->q + width;
        layer->v = layer->k + width;
    }
    if (keep & IND_LAYER_PATTERNS)
        layer->pattern = cache->work->patterns;
    else if (!(keep & IND_NO_PATTERNS))
        layer->pattern = ind_arena_cut(arena, maps, square, 1);
    layer->scores = keep & IND_KEEP_SCORES ? ind_arena_cut(arena, maps, square, 1) : NULL;
    if (keep & IND_KEEP_ENTROPIES) /* a double is two floats */
        layer->entropies = (double *)ind_arena_cut(arena, maps, (size_t)cache->length, 2);
    layer->z = ind_arena_cut(arena, rows, width, 1);
    if (c->position_part) {
        layer->position_q = ind_arena_cut(arena, rows, width, 3);
        layer->position_k = arena->base ? layer->position_q + width : NULL;
        layer->position_v = arena->base ? layer->position_q + 2 * width : NULL;
        layer->position_z = ind_arena_cut(arena, rows, width, 1);
    }
    layer->normed = normed ? ind_arena_cut(arena, rows, c->d_model, 1) : NULL;
    layer->norm_scale = normed ? ind_arena_cut(arena, rows, 1, 1) : NULL;
}

/* Patterns that layers share: of all heads, or of the one that is being looked at. */
static void cut_patterns(struct ind_cache *cache, struct ind_arena *arena, unsigned keep)
{
    const size_t square = (size_t)cache->length * cache->length;
    if (keep & IND_LAYER_PATTERNS)
        cache->work->patterns =
            ind_arena_cut(arena, (size_t)cache->batch, (size_t)cache->config.heads, square);
    else if (keep & IND_NO_PATTERNS)
        cache->work->patterns = ind_arena_cut(arena, square, 1, 1);
}

static void cut_work(struct ind_cache *cache, struct ind_arena *arena)
{
    const struct ind_config *c = &cache->config;
    struct ind_cache_work *work = cache->work;
    size_t rows = (size_t)cache->batch * cache->length;
    work->qkv_weights =
        ind_arena_cut(arena, (size_t)c->layers, (size_t)c->d_model, (size_t)cache->qkv_stride);
    work->scores_stride = ind_causal_stride((size_t)cache->length);
    work->scores = ind_arena_cut(arena, (size_t)cache->length, work->scores_stride, 1);
    work->keys =
        ind_arena_cut(arena, (size_t)c->d_head, work->scores_stride, c->position_part ? 2 : 1);
    if (c->smear)
        work->smeared = ind_arena_cut(arena, 2, (size_t)cache->length, (size_t)c->d_head);
    if (c->position_part)
        work->term = ind_arena_cut(arena, (size_t)cache->length, work->scores_stride, 1);
    if (c->positions == IND_POSITIONS_SHORTFORMER)
        work->qk_input = ind_arena_cut(arena, rows, (size_t)c->d_model, 1);
    if (c->positions == IND_POSITIONS_ROTARY)
        work->rotary =
            ind_arena_cut(arena, (size_t)cache->length, (size_t)ind_config_rotary_dim(c), 1);
}

static void cut_all(struct ind_cache *cache, struct ind_arena *arena, unsigned keep)
{
    const struct ind_config *c = &cache->config;
    size_t rows = (size_t)cache->batch * cache->length;
    for (int l = 0; l <= c->layers; l++)
        cache->residual[l] = ind_arena_cut(arena, rows, (size_t)c->d_model, 1);
    for (int l = 0; l < c->layers && c->position_part; l++)
        cache->position[l] = ind_arena_cut(arena, rows, (size_t)c->d_model, 1);
    cut_patterns(cache, arena, keep);
    for (int l = 0; l < c->layers; l++)
        cut_layer(cache, &cache->layers[l], arena, keep);
    if (c->norm != IND_NORM_NONE) {
        cache->final_normed = ind_arena_cut(arena, rows, (size_t)c->d_model, 1);
        cache->final_scale = ind_arena_cut(arena, rows, 1, 1);
    }
    cut_work(cache, arena);
}

/* Without LayerNorm attention reads the residual stream itself. */
static void alias_normed(struct ind_cache *cache)
{
    if (cache->config.norm != IND_NORM_NONE)
        return;
    for (int l = 0; l < cache->config.layers; l++)
        cache->layers[l].normed = cache->residual[l];
    cache->final_normed = cache->residual[cache->config.layers];
}

static int check_shape(const struct ind_cache *cache, struct ind_error *err)
{
    const struct ind_config *c = &cache->config;
    if (cache->batch < 1)
        return ind_fail(err, "batch is %d: it must be at least 1", cache->batch);
    if (cache->length < 1 || cache->length > c->context)
        return ind_fail(err, "length is %d: it must be 1 to context = %d", cache->length,
                        c->context);
    if (cache->batch > INT_MAX / cache->length)
        return ind_fail(err, "batch is %d: too large for sequences of length %d", cache->batch,
                        cache->length);
    return IND_OK;
}

/* A cache for each donor; a donor has neither standing interventions nor donors of its own. */
static int init_donors(struct ind_cache *cache, unsigned keep, struct ind_error *err)
{
    struct ind_config config = cache->config;
    const int count = config.donors;
    config.position_part = false;
    config.donors = 0;
    if (count == 0)
        return IND_OK;
    if (ind_alloc_into(&cache->work->donors, (size_t)count, sizeof *cache->work->donors, err))
        return IND_FAILED;
    for (int n = 0; n < count; n++) {
        if (ind_cache_init(&cache->work->donors[n], &config, cache->batch, cache->length, keep,
                           err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int allocate(struct ind_cache *cache, unsigned keep, struct ind_error *err)
{
    size_t layers = (size_t)cache->config.layers;
    if (ind_alloc_into(&cache->residual, layers + 1, sizeof *cache->residual, err) ||
        ind_alloc_into(&cache->layers, layers, sizeof *cache->layers, err) ||
        (cache->config.position_part &&
         ind_alloc_into(&cache->position, layers, sizeof *cache->position, err)) ||
        ind_alloc_into(&cache->work, 1, sizeof *cache->work, err))
        return IND_FAILED;
    struct ind_arena arena = {0};
    cut_all(cache, &arena, keep);
    if (ind_arena_allocate(&arena, err))
        return IND_FAILED;
    cache->work->activations = arena.base;
    cut_all(cache, &arena, keep);
    alias_normed(cache);
    if (cache->work->rotary)
        ind_rotary_table(&cache->config, cache->length, cache->work->rotary);
    if (keep & IND_BY_TOKEN && ind_lookup_possible(&cache->config) &&
        ind_lookup_init(&cache->work->lookup, cache, err))
        return IND_FAILED;
    return init_donors(cache, keep & IND_BY_TOKEN, err);
}

int ind_cache_init(struct ind_cache *cache, const struct ind_config *config, int batch, int length,
                   unsigned keep, struct ind_error *err)
{
    *cache = (struct ind_cache){.config = *config, .batch = batch, .length = length};
    if (ind_config_check(config, err) || check_shape(cache, err))
        return IND_FAILED;
    cache->qkv_stride = 3 * config->heads * config->d_head;
    if (allocate(cache, keep, err)) {
        ind_cache_release(cache);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_cache_release(struct ind_cache *cache)
{
    if (cache->work) {
        ind_lookup_release(cache->work->lookup);
        for (int n = 0; n < cache->config.donors && cache->work->donors; n++)
            ind_cache_release(&cache->work->donors[n]);
        free(cache->work->donors);
        free(cache->work->activations);
    }
    free(cache->work);
    free(cache->layers);
    free(cache->residual);
    free(cache->position);
    *cache = (struct ind_cache){0};
}

struct ind_head_view ind_head_view(const struct ind_cache *cache, int layer, int sequence, int head)
{
    const struct ind_config *c = &cache->config;
    const struct ind_layer_cache *l = &cache->layers[layer];
    size_t row = (size_t)sequence * cache->length;
    size_t column = (size_t)head * c->d_head;
    size_t qkv = row * cache->qkv_stride + column;
    size_t map = ((size_t)sequence * c->heads + head) * cache->length * cache->length;
    const bool parts = c->position_part;
    return (struct ind_head_view){
        .position_q = parts ? l->position_q + qkv : NULL,
        .position_k = parts ? l->position_k + qkv : NULL,
        .position_v = parts ? l->position_v + qkv : NULL,
        .position_z = parts ? l->position_z + row * c->heads * c->d_head + column : NULL,
        .q = l->q + qkv,
        .k = l->k + qkv,
        .v = l->v + qkv,
        .z = l->z + row * c->heads * c->d_head + column,
        .scores = l->scores ? l->scores + map : NULL,
        .entropies = l->entropies ? l->entropies + map / cache->length : NULL,
        .pattern = l->pattern ? l->pattern + map : cache->work->patterns,
    };
}

void ind_cache_enter(struct ind_cache *to, const struct ind_cache *from, int layer)
{
    const struct ind_config *c = &from->config;
    const size_t rows = (size_t)from->batch * from->length;
    const size_t stream = rows * c->d_model * sizeof(float);
    const size_t wide = rows * c->heads * c->d_head * sizeof(float);
    memcpy(to->residual[layer], from->residual[layer], stream);
    to->work->lent = from->work->lent ? from->work->lent : from->work->donors;
    if (layer == c->layers)
        return;
    memcpy(to->layers[layer].z, from->layers[layer].z, wide);
    if (!c->position_part)
        return;
    memcpy(to->position[layer], from->position[layer], stream);
    memcpy(to->layers[layer].position_z, from->layers[layer].position_z, wide);
}
