/* One sequence taken apart: scores by term and by source, logits by component. */
#include "lab/work.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/eval/attribution.h>

/* ---- Terms ----------------------------------------------------------------------------------- */

/* Packed, with zeros above the diagonal. */
static void pack_term(const float *term, size_t stride, int length, float *out)
{
    for (int i = 0; i < length; i++, out += length, term += stride) {
        memcpy(out, term, (size_t)(i + 1) * sizeof *out);
        memset(out + i + 1, 0, (size_t)(length - i - 1) * sizeof *out);
    }
}

int ind_lab_split(struct ind_lab *lab, int layer, int head, float *out)
{
    const struct ind_config *c = &lab->layout.config;
    const struct ind_cache *cache = &lab->one.cache;
    if (!ind_lab_has_row(lab, 0) || !ind_lab_has_head(lab, layer, head) ||
        ind_split_check(c, &lab->error))
        return IND_FAILED;
    struct ind_splitter splitter;
    float *term;
    if (ind_splitter_init(&splitter, c, 1, cache->length, &lab->error))
        return IND_FAILED;
    const size_t stride = ind_splitter_stride(&splitter);
    int status = ind_alloc_into(&term, (size_t)cache->length, stride * sizeof *term, &lab->error);
    if (status == IND_OK) {
        splitter.replaced = lab->replaced;
        ind_splitter_start(&splitter, lab->run_params, cache);
        ind_splitter_reach(&splitter, lab->run_params, cache, layer);
        for (int t = 0; t < IND_SPLIT_TERMS; t++) {
            ind_splitter_term(&splitter, t, head, 0, (float)(1.0 / ind_config_scale(c)), term);
            pack_term(term, stride, cache->length,
                      out + (size_t)t * (size_t)cache->length * (size_t)cache->length);
        }
        free(term);
    }
    ind_splitter_release(&splitter);
    return status;
}

/* ---- Sources --------------------------------------------------------------------------------- */

int ind_lab_source_count(const struct ind_lab *lab, int layer)
{
    return ind_split_source_count(&lab->layout.config, layer);
}

const char *ind_lab_source_name(struct ind_lab *lab, int layer, int source)
{
    const struct ind_config *c = &lab->layout.config;
    if (source < 0 || source >= ind_split_source_count(c, layer))
        return "";
    return ind_split_source_name(c, layer, source, lab->name);
}

static double dot(const float *a, const float *b, int count)
{
    double sum = 0.0;
    for (int e = 0; e < count; e++)
        sum += (double)a[e] * (double)b[e];
    return sum;
}

/* out [sources, sources, row + 1] from queries and keys by source. */
static void multiply(const struct ind_split_sources *sources, int count, int row, float *out)
{
    const int k = sources->config.d_head;
    const size_t block = (size_t)sources->length * (size_t)k;
    const double scale = ind_config_scale(&sources->config);
    for (int a = 0; a < count; a++) {
        const float *query = sources->q + (size_t)a * block + (size_t)row * (size_t)k;
        for (int b = 0; b < count; b++) {
            const float *keys = sources->k + (size_t)b * block;
            for (int j = 0; j <= row; j++)
                *out++ = (float)(dot(query, keys + (size_t)j * (size_t)k, k) / scale);
        }
    }
}

int ind_lab_sources(struct ind_lab *lab, int layer, int head, int row, float *out)
{
    const struct ind_config *c = &lab->layout.config;
    if (!ind_lab_has_row(lab, row) || !ind_lab_has_head(lab, layer, head) ||
        ind_split_check(c, &lab->error))
        return IND_FAILED;
    struct ind_head item = {layer, head};
    const struct ind_heads heads = {&item, 1};
    struct ind_split_sources sources;
    if (ind_split_sources_init(&sources, c, &heads, lab->one.cache.length, 1, &lab->error))
        return IND_FAILED;
    ind_split_sources_read(&sources, lab->run_params, lab->tokens, &lab->one.cache, 0, 0);
    multiply(&sources, ind_split_source_count(c, layer), row, out);
    ind_split_sources_release(&sources);
    return IND_OK;
}

/* ---- Components ------------------------------------------------------------------------------ */

int ind_lab_component_count(const struct ind_lab *lab)
{
    return ind_attribution_count(&lab->layout.config);
}

const char *ind_lab_component_name(struct ind_lab *lab, int component)
{
    const struct ind_config *c = &lab->layout.config;
    if (component < 0 || component >= ind_attribution_count(c))
        return "";
    return ind_attribution_name(c, component, lab->name);
}

/* At a token, from a row of the last run. */
static int aim(struct ind_lab *lab, struct ind_attribution *attribution, int row, int token)
{
    const int32_t wanted = token;
    if (!ind_lab_has_row(lab, row) || !ind_lab_has_tokens(lab, &wanted, 1) ||
        ind_attribution_init(attribution, &lab->layout.config, &lab->error))
        return IND_FAILED;
    ind_attribution_start(attribution, lab->run_params);
    ind_attribution_aim(attribution, lab->run_params, &lab->one.cache, row, wanted);
    return IND_OK;
}

int ind_lab_attribution(struct ind_lab *lab, int row, int token, double *out)
{
    struct ind_attribution attribution;
    if (aim(lab, &attribution, row, token))
        return IND_FAILED;
    ind_attribution_components(&attribution, lab->run_params, &lab->one.cache, row,
                               lab->tokens[row], out);
    ind_attribution_release(&attribution);
    return IND_OK;
}

int ind_lab_writes(struct ind_lab *lab, int layer, int head, int row, int token, double *out)
{
    struct ind_attribution attribution;
    if (!ind_lab_has_head(lab, layer, head) || aim(lab, &attribution, row, token))
        return IND_FAILED;
    ind_attribution_by_source(&attribution, lab->run_params, &lab->one.cache, row,
                              (struct ind_head){layer, head}, out);
    ind_attribution_release(&attribution);
    return IND_OK;
}
