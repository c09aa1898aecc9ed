/*
 * Interventions carried out: patterns are fetched from passes without any, then one pass with all
 * patches, and, where terms are taken away, the layers from there on again.
 */
#include "lab/work.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/patch/means.h>

/* ---- Owner ----------------------------------------------------------------------------------- */

void ind_lab_stage_release(struct ind_lab_stage *stage)
{
    ind_cache_release(&stage->cache);
    ind_cache_release(&stage->source);
    ind_split_drop_release(&stage->drop);
    free(stage->patterns);
    free(stage->patches);
    free(stage->dropped.items);
    free(stage->terms);
    *stage = (struct ind_lab_stage){0};
}

int ind_lab_stage_prepare(struct ind_lab *lab, struct ind_lab_stage *stage, int batch, int length,
                          unsigned keep)
{
    const struct ind_config *c = &lab->layout.config;
    const size_t heads = (size_t)c->layers * (size_t)c->heads;
    if (stage->batch == batch && stage->cache.length == length) {
        stage->cache.batch = batch;
        return IND_OK;
    }
    ind_lab_stage_release(stage);
    if (ind_cache_init(&stage->cache, c, batch, length, keep, &lab->error) ||
        ind_alloc_into(&stage->patches, 2 * heads, sizeof *stage->patches, &lab->error) ||
        ind_alloc_into(&stage->dropped.items, heads, sizeof *stage->dropped.items, &lab->error) ||
        ind_alloc_into(&stage->terms, heads, sizeof *stage->terms, &lab->error)) {
        ind_lab_stage_release(stage);
        return IND_FAILED;
    }
    stage->batch = batch;
    return IND_OK;
}

static size_t square(const struct ind_lab_stage *stage)
{
    return (size_t)stage->cache.length * (size_t)stage->cache.length;
}

/* ---- Patterns that are put in place ---------------------------------------------------------- */

/* 1/(i+1) for j <= i, or all on the row before. */
static void fill_pattern(int source, int length, float *out)
{
    memset(out, 0, (size_t)length * (size_t)length * sizeof *out);
    for (int i = 0; i < length; i++) {
        float *row = out + (size_t)i * (size_t)length;
        if (source == IND_LAB_PREVIOUS)
            row[i > 0 ? i - 1 : 0] = 1.0F;
        for (int j = 0; j <= i && source == IND_LAB_UNIFORM; j++)
            row[j] = 1.0F / (float)(i + 1);
    }
}

/* One head's patterns out of the source's pass. */
static void copy_patterns(const struct ind_lab_stage *stage, int layer, int head, float *out)
{
    const struct ind_cache *source = &stage->source;
    const size_t size = square(stage), heads = (size_t)source->config.heads;
    for (int b = 0; b < source->batch; b++, out += size)
        memcpy(out, source->layers[layer].pattern + ((size_t)b * heads + (size_t)head) * size,
               size * sizeof *out);
}

/* What the pass of one batch is made of. */
struct pass {
    struct ind_lab *lab;
    struct ind_lab_stage *stage;
    int set;
    const struct ind_params *params;
    const int32_t *tokens;
    int token_stride;
    int patches;
};

static int run_source(const struct pass *pass, int source)
{
    struct ind_lab_stage *stage = pass->stage;
    if (stage->source.layers == NULL &&
        ind_cache_init(&stage->source, &stage->cache.config, stage->batch, stage->cache.length, 0,
                       &pass->lab->error))
        return IND_FAILED;
    stage->source.batch = stage->cache.batch;
    ind_forward(source == IND_LAB_OWN ? pass->params : &pass->lab->sets[source], pass->tokens,
                pass->token_stride, NULL, 0, &stage->source);
    return IND_OK;
}

static int make_room(const struct pass *pass)
{
    struct ind_lab_stage *stage = pass->stage;
    const struct ind_config *c = &stage->cache.config;
    size_t wanted = 0;
    for (int h = 0; h < c->layers * c->heads; h++)
        wanted += pass->lab->heads[h].pattern != IND_LAB_AS_IT_IS;
    if (wanted <= stage->pattern_room)
        return IND_OK;
    free(stage->patterns);
    stage->patterns = NULL;
    stage->pattern_room = 0;
    if (ind_alloc_into(&stage->patterns, wanted * (size_t)stage->batch,
                       square(stage) * sizeof(float), &pass->lab->error))
        return IND_FAILED;
    stage->pattern_room = wanted;
    return IND_OK;
}

static void add_pattern(struct pass *pass, int index, size_t slot)
{
    struct ind_lab_stage *stage = pass->stage;
    const int heads = stage->cache.config.heads, source = pass->lab->heads[index].pattern;
    const bool fetched = source >= 0 || source == IND_LAB_OWN;
    float *place = stage->patterns + slot * (size_t)stage->batch * square(stage);
    if (fetched)
        copy_patterns(stage, index / heads, index % heads, place);
    else
        fill_pattern(source, stage->cache.length, place);
    stage->patches[pass->patches++] =
        (struct ind_patch){.kind = IND_PATCH_PATTERN,
                           .layer = index / heads,
                           .head = index % heads,
                           .value = place,
                           .batch_stride = fetched ? square(stage) : 0};
}

/* Heads of one source after another: each source is run once. */
static int add_patterns(struct pass *pass)
{
    const struct ind_config *c = &pass->stage->cache.config;
    size_t slot = 0;
    if (make_room(pass))
        return IND_FAILED;
    for (int source = IND_LAB_PREVIOUS; source < IND_LAB_SETS; source++) {
        bool ran = source < IND_LAB_OWN;
        for (int h = 0; h < c->layers * c->heads; h++) {
            if (pass->lab->heads[h].pattern != source)
                continue;
            if (!ran && run_source(pass, source))
                return IND_FAILED;
            ran = true;
            add_pattern(pass, h, slot++);
        }
    }
    return IND_OK;
}

/* ---- Values that are put in place ------------------------------------------------------------ */

/* Means of all layers over the reference, unless they are there. */
static int find_means(const struct pass *pass)
{
    struct ind_lab *lab = pass->lab;
    const struct ind_config *c = &lab->layout.config;
    const size_t width = (size_t)c->heads * (size_t)c->d_head;
    const size_t count = (size_t)c->layers * (size_t)c->context * width;
    if (lab->means_of == pass->set)
        return IND_OK;
    if (lab->means == NULL &&
        (ind_alloc_into(&lab->means, count, sizeof *lab->means, &lab->error) ||
         ind_alloc_into(&lab->sums, count, sizeof *lab->sums, &lab->error)))
        return IND_FAILED;
    struct ind_cache cache;
    if (ind_cache_init(&cache, c, 1, c->context, 0, &lab->error))
        return IND_FAILED;
    ind_mean_z(&cache, 1, pass->params, lab->reference, c->context, lab->reference_count,
               c->layers - 1, lab->sums, lab->means);
    ind_cache_release(&cache);
    lab->means_of = pass->set;
    return IND_OK;
}

static int add_values(struct pass *pass)
{
    const struct ind_config *c = &pass->stage->cache.config;
    const size_t width = (size_t)c->heads * (size_t)c->d_head;
    for (int h = 0; h < c->layers * c->heads; h++) {
        const struct ind_lab_head *asked = &pass->lab->heads[h];
        if (asked->z == IND_LAB_Z_AS_IT_IS)
            continue;
        struct ind_patch patch = {.kind = IND_PATCH_Z, .layer = h / c->heads, .head = h % c->heads};
        if (asked->z == IND_LAB_Z_MEAN) {
            if (find_means(pass))
                return IND_FAILED;
            patch.value = pass->lab->means + (size_t)patch.layer * (size_t)c->context * width +
                          (size_t)patch.head * (size_t)c->d_head;
            patch.row_stride = width;
        }
        pass->stage->patches[pass->patches++] = patch;
    }
    return IND_OK;
}

/* ---- Terms that are taken away --------------------------------------------------------------- */

static int drop_terms(const struct pass *pass)
{
    struct ind_lab_stage *stage = pass->stage;
    const struct ind_config *c = &stage->cache.config;
    struct ind_heads *dropped = &stage->dropped;
    dropped->count = 0;
    for (int h = 0; h < c->layers * c->heads; h++) {
        if (pass->lab->heads[h].terms == 0)
            continue;
        stage->terms[dropped->count] = pass->lab->heads[h].terms;
        dropped->items[dropped->count++] = (struct ind_head){h / c->heads, h % c->heads};
    }
    if (dropped->count == 0)
        return IND_OK;
    if (stage->drop.values == NULL &&
        ind_split_drop_init(&stage->drop, c, stage->batch, stage->cache.length, &pass->lab->error))
        return IND_FAILED;
    stage->drop.splitter.replaced = pass->lab->replaced;
    ind_split_drop_each(&stage->drop, pass->params, dropped, stage->terms, stage->patches,
                        pass->patches, &stage->cache);
    return IND_OK;
}

int ind_lab_stage_run(struct ind_lab *lab, struct ind_lab_stage *stage, int set,
                      const struct ind_params *params, const int32_t *tokens, int token_stride)
{
    struct pass pass = {.lab = lab,
                        .stage = stage,
                        .set = set,
                        .params = params,
                        .tokens = tokens,
                        .token_stride = token_stride};
    if (add_patterns(&pass) || add_values(&pass))
        return IND_FAILED;
    ind_forward(params, tokens, token_stride, stage->patches, pass.patches, &stage->cache);
    return drop_terms(&pass);
}
