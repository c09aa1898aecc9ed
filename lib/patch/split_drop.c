/*
 * Accuracy without a term: the term's negative is a patch on the scores, layer after layer.
 */
#include <induct/patch/split.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

enum { PATCHES_PER_HEAD = 8 };

int ind_split_drop_init(struct ind_split_drop *drop, const struct ind_config *config, int batch,
                        int length, struct ind_error *err)
{
    *drop = (struct ind_split_drop){.patch_room =
                                        (config->layers * PATCHES_PER_HEAD + 1) * config->heads};
    if (ind_splitter_init(&drop->splitter, config, batch, length, err))
        return IND_FAILED;
    const size_t heads = (size_t)config->heads;
    const size_t matrix = (size_t)length * ind_splitter_stride(&drop->splitter);
    if (ind_alloc_into(&drop->values, heads * (size_t)batch, matrix * sizeof(float), err) ||
        ind_alloc_into(&drop->term, matrix, sizeof(float), err) ||
        ind_alloc_into(&drop->terms, heads * (size_t)config->layers, sizeof *drop->terms, err) ||
        ind_alloc_into(&drop->patches, (size_t)drop->patch_room, sizeof *drop->patches, err)) {
        ind_split_drop_release(drop);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_split_drop_release(struct ind_split_drop *drop)
{
    ind_splitter_release(&drop->splitter);
    free(drop->values);
    free(drop->term);
    free(drop->terms);
    free(drop->patches);
    *drop = (struct ind_split_drop){0};
}

/* out = the negative sum of the terms, of one head on one sequence. */
static void negative_sum(struct ind_split_drop *drop, unsigned terms, int head, int sequence,
                         float *out)
{
    struct ind_splitter *splitter = &drop->splitter;
    const float factor = -(float)(1.0 / ind_config_scale(&splitter->config));
    const size_t stride = ind_splitter_stride(splitter);
    bool first = true;
    for (int term = 0; term < IND_SPLIT_TERMS; term++) {
        if ((terms & 1U << term) == 0)
            continue;
        ind_splitter_term(splitter, term, head, sequence, factor, first ? out : drop->term);
        for (int i = 0; !first && i < splitter->length; i++) {
            for (size_t j = (size_t)i * stride; j <= (size_t)i * stride + (size_t)i; j++)
                out[j] += drop->term[j];
        }
        first = false;
    }
}

/* The patch of the n-th head of this layer. */
static struct ind_patch head_patch(struct ind_split_drop *drop, unsigned terms,
                                   struct ind_head head, int n, int batch)
{
    const size_t stride = ind_splitter_stride(&drop->splitter);
    const size_t matrix = (size_t)drop->splitter.length * stride;
    float *values = drop->values + (size_t)n * (size_t)drop->splitter.batch * matrix;
    for (int b = 0; b < batch; b++)
        negative_sum(drop, terms, head.head, b, values + (size_t)b * matrix);
    return (struct ind_patch){.kind = IND_PATCH_SCORES_ADD,
                              .layer = head.layer,
                              .head = head.head,
                              .value = values,
                              .batch_stride = matrix,
                              .row_stride = stride};
}

void ind_split_drop_each(struct ind_split_drop *drop, const struct ind_params *params,
                         const struct ind_heads *heads, const unsigned *terms,
                         const struct ind_patch *patches, int patch_count, struct ind_cache *cache)
{
    assert(patch_count <= drop->patch_room - cache->config.heads);
    ind_splitter_start(&drop->splitter, params, cache);
    if (patch_count > 0)
        memcpy(drop->patches, patches, (size_t)patch_count * sizeof *patches);
    for (int i = 0; i < heads->count;) {
        const int layer = heads->items[i].layer;
        int count = 0;
        ind_splitter_reach(&drop->splitter, params, cache, layer);
        for (; i < heads->count && heads->items[i].layer == layer; i++) {
            if (terms[i] != 0) {
                drop->patches[patch_count + count] =
                    head_patch(drop, terms[i], heads->items[i], count, cache->batch);
                count++;
            }
        }
        ind_forward_layers(params, layer, drop->patches, patch_count + count, cache);
    }
}

void ind_split_drop_run(struct ind_split_drop *drop, const struct ind_params *params,
                        const struct ind_heads *heads, unsigned terms, struct ind_cache *cache)
{
    for (int i = 0; i < heads->count; i++)
        drop->terms[i] = terms;
    ind_split_drop_each(drop, params, heads, drop->terms, NULL, 0, cache);
}
