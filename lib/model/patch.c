/*
 * Interventions on the head that a pass is at: the standing ones first, then those given.
 */
#include <induct/model/patch.h>

#include <assert.h>
#include <string.h>

#include "model/work.h"

/* ---- Which ---------------------------------------------------------------------------------- */

enum {
    PATTERNS = 1U << IND_PATCH_PATTERN | 1U << IND_PATCH_DONOR /* what replaces a pattern */
};

/* The next patch on this head whose kind is in the set `kinds` (bits 1 << kind), from number *next
 * of all interventions on; NULL when there is none left. */
static const struct ind_patch *next_patch(const struct ind_patching *at, unsigned kinds, int *next)
{
    const int standing = at->standing ? at->standing->patch_count : 0;
    while (*next < standing + at->count) {
        const int number = (*next)++;
        const struct ind_patch *patch =
            number < standing ? &at->standing->patches[number] : &at->patches[number - standing];
        if (1U << patch->kind & kinds && patch->layer == at->layer && patch->head == at->head)
            return patch;
    }
    return NULL;
}

bool ind_patching_takes_z(const struct ind_patching *at)
{
    int next = 0;
    return next_patch(at, 1U << IND_PATCH_Z, &next) != NULL;
}

bool ind_patching_takes_pattern(const struct ind_patching *at)
{
    int next = 0;
    return next_patch(at, PATTERNS, &next) != NULL;
}

bool ind_patching_none(const struct ind_patching *at)
{
    int next = 0;
    return next_patch(at, ~0U, &next) == NULL;
}

float ind_patching_kept(const struct ind_patching *at)
{
    const struct ind_patch *patch;
    float kept = 1.0F;
    for (int next = 0; (patch = next_patch(at, PATTERNS, &next));)
        kept *= patch->keep;
    return kept;
}

bool ind_standing_silences(const struct ind_regime *standing, int layer, int head)
{
    const struct ind_patching at = {.standing = standing, .layer = layer, .head = head};
    const struct ind_patch *patch;
    for (int next = 0; (patch = next_patch(&at, 1U << IND_PATCH_Z, &next));)
        if (!patch->value)
            return true;
    return false;
}

/* ---- What they do --------------------------------------------------------------------------- */

static size_t row_stride(const struct ind_patch *patch, int columns)
{
    return patch->row_stride ? patch->row_stride : (size_t)columns;
}

static const float *patch_value(const struct ind_patch *patch, int sequence)
{
    return patch->value ? patch->value + (size_t)sequence * patch->batch_stride : NULL;
}

void ind_patching_scores(const struct ind_patching *at, int length, float *scores, size_t stride)
{
    const struct ind_patch *patch;
    for (int next = 0; (patch = next_patch(at, 1U << IND_PATCH_SCORES_ADD, &next));) {
        assert(patch->value);
        const float *value = patch_value(patch, at->sequence);
        for (int i = 0; i < length; i++) {
            const float *row = value + (size_t)i * row_stride(patch, length);
            for (int j = 0; j <= i; j++)
                scores[i * stride + j] += row[j];
        }
    }
}

/* out [count] := value, zeros for NULL */
static void replace_row(const float *value, int count, float *out)
{
    if (value)
        memcpy(out, value, (size_t)count * sizeof *out);
    else
        memset(out, 0, (size_t)count * sizeof *out);
}

static void blend_row(const float *value, float keep, int count, float *out)
{
    for (int j = 0; j < count; j++)
        out[j] = keep * out[j] + (value ? (1.0F - keep) * value[j] : 0.0F);
}

/* A donor's pattern is [length, length] like this one. */
static const float *pattern_value(const struct ind_patching *at, const struct ind_patch *patch,
                                  const struct ind_cache *cache)
{
    if (patch->kind == IND_PATCH_PATTERN)
        return patch_value(patch, at->sequence);
    assert(patch->donor >= 0 && patch->donor < cache->config.donors);
    const struct ind_cache *donors = cache->work->lent ? cache->work->lent : cache->work->donors;
    const struct ind_cache *donor = &donors[patch->donor];
    return ind_head_view(donor, at->layer, at->sequence, at->head).pattern;
}

void ind_patching_pattern(const struct ind_patching *at, const struct ind_cache *cache,
                          float *pattern)
{
    const int length = cache->length;
    const struct ind_patch *patch;
    for (int next = 0; (patch = next_patch(at, PATTERNS, &next));) {
        const float *value = pattern_value(at, patch, cache);
        const size_t stride =
            patch->kind == IND_PATCH_PATTERN ? row_stride(patch, length) : (size_t)length;
        for (int i = 0; i < length; i++) {
            const float *row = value ? value + (size_t)i * stride : NULL;
            if (patch->keep == 0.0F)
                replace_row(row, i + 1, pattern + (size_t)i * length);
            else
                blend_row(row, patch->keep, i + 1, pattern + (size_t)i * length);
        }
    }
}

void ind_patching_z(const struct ind_patching *at, int length, int d_head, float *z, size_t stride)
{
    const struct ind_patch *patch;
    for (int next = 0; (patch = next_patch(at, 1U << IND_PATCH_Z, &next));) {
        const float *value = patch_value(patch, at->sequence);
        for (int i = 0; i < length; i++)
            replace_row(value ? value + (size_t)i * row_stride(patch, d_head) : NULL, d_head,
                        z + i * stride);
    }
}
