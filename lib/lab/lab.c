/* A lab and its sets of weights. */
#include "lab/work.h"

#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/format/safetensors.h>

/* ---- Owner ----------------------------------------------------------------------------------- */

static int prepare(struct ind_lab *lab, const struct ind_config *config)
{
    const size_t heads = (size_t)config->layers * (size_t)config->heads;
    if (ind_config_check(config, &lab->error) ||
        ind_layout_init(&lab->layout, config, &lab->error) ||
        ind_alloc_into(&lab->heads, heads, sizeof *lab->heads, &lab->error) ||
        ind_alloc_into(&lab->tokens, (size_t)config->context, sizeof *lab->tokens, &lab->error) ||
        ind_alloc_into(&lab->replaced, heads, sizeof *lab->replaced, &lab->error))
        return IND_FAILED;
    ind_lab_reset(lab);
    return IND_OK;
}

struct ind_lab *ind_lab_open(int layers, int heads, int d_model, int d_head, int vocab, int context,
                             int positions, int norm, int bias, double attn_scale, double norm_eps,
                             int rotary_dim, double rotary_base, int rotary_adjacent)
{
    struct ind_lab *lab = ind_alloc(1, sizeof *lab);
    if (lab == NULL)
        return NULL;
    const struct ind_config config = {
        .layers = layers,
        .heads = heads,
        .d_model = d_model,
        .d_head = d_head,
        .vocab = vocab,
        .context = context,
        .positions = (enum ind_positions)positions,
        .norm = (enum ind_norm)norm,
        .bias = bias != 0,
        .attn_scale = attn_scale,
        .norm_eps = norm_eps,
        .rotary_dim = rotary_dim,
        .rotary_base = rotary_base,
        .rotary_adjacent = rotary_adjacent != 0,
    };
    lab->means_of = -1;
    if (ind_positions_name(config.positions) == NULL || ind_norm_name(config.norm) == NULL)
        ind_fail(&lab->error, "positions %d, norm %d: no such kind", positions, norm);
    else
        prepare(lab, &config);
    return lab;
}

void ind_lab_close(struct ind_lab *lab)
{
    if (lab == NULL)
        return;
    ind_lab_stage_release(&lab->one);
    ind_lab_stage_release(&lab->many);
    ind_evaluator_release(&lab->evaluator);
    for (int set = 0; set < IND_LAB_SETS; set++)
        ind_params_release(&lab->sets[set]);
    ind_params_release(&lab->run_grafted);
    ind_params_release(&lab->many_grafted);
    ind_layout_release(&lab->layout);
    free(lab->heads);
    free(lab->tokens);
    free(lab->replaced);
    free(lab->grafts);
    free(lab->reference);
    free(lab->means);
    free(lab->sums);
    free(lab->logits);
    free(lab);
}

int ind_lab_positions(const char *word)
{
    enum ind_positions positions;
    return ind_positions_parse(word, &positions, NULL) ? -1 : (int)positions;
}

int ind_lab_norm(const char *word)
{
    enum ind_norm norm;
    return ind_norm_parse(word, &norm, NULL) ? -1 : (int)norm;
}

const char *ind_lab_error(const struct ind_lab *lab)
{
    return lab->error.text;
}

void *ind_lab_alloc(size_t bytes)
{
    return ind_alloc(bytes, 1);
}

void ind_lab_free(void *memory)
{
    free(memory);
}

/* ---- Checks ---------------------------------------------------------------------------------- */

bool ind_lab_has_head(struct ind_lab *lab, int layer, int head)
{
    const struct ind_config *c = &lab->layout.config;
    if (layer >= 0 && layer < c->layers && head >= 0 && head < c->heads)
        return true;
    ind_fail(&lab->error, "there is no L%dH%d: the model has %d layers of %d heads", layer, head,
             c->layers, c->heads);
    return false;
}

bool ind_lab_has_set(struct ind_lab *lab, int set)
{
    if (set >= 0 && set < IND_LAB_SETS && lab->sets[set].data != NULL)
        return true;
    ind_fail(&lab->error, "set %d has no weights yet", set);
    return false;
}

bool ind_lab_has_row(struct ind_lab *lab, int row)
{
    if (!lab->has_run)
        ind_fail(&lab->error, "nothing has been run yet");
    else if (row < 0 || row >= lab->one.cache.length)
        ind_fail(&lab->error, "there is no row %d: %d tokens were run", row, lab->one.cache.length);
    else
        return true;
    return false;
}

bool ind_lab_has_tokens(struct ind_lab *lab, const int32_t *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tokens[i] < 0 || tokens[i] >= lab->layout.config.vocab) {
            ind_fail(&lab->error, "token %d is not in 0..%d", (int)tokens[i],
                     lab->layout.config.vocab - 1);
            return false;
        }
    }
    return true;
}

/* ---- Weights --------------------------------------------------------------------------------- */

int ind_lab_total(const struct ind_lab *lab)
{
    return (int)lab->layout.total;
}

int ind_lab_tensor_count(const struct ind_lab *lab)
{
    return lab->layout.tensor_count;
}

const char *ind_lab_tensor_name(const struct ind_lab *lab, int tensor)
{
    return lab->layout.tensors[tensor].name;
}

int ind_lab_tensor_offset(const struct ind_lab *lab, int tensor)
{
    return (int)lab->layout.tensors[tensor].offset;
}

int ind_lab_tensor_size(const struct ind_lab *lab, int tensor)
{
    return (int)lab->layout.tensors[tensor].count;
}

/* The set, made if it is not there yet. */
static struct ind_params *make_set(struct ind_lab *lab, int set)
{
    if (set < 0 || set >= IND_LAB_SETS) {
        ind_fail(&lab->error, "set %d: sets are 0..%d", set, IND_LAB_SETS - 1);
        return NULL;
    }
    struct ind_params *params = &lab->sets[set];
    if (params->data == NULL && ind_params_init(params, &lab->layout, &lab->error))
        return NULL;
    lab->means_of = -1;
    lab->has_run = lab->has_run && lab->run_set != set;
    return params;
}

float *ind_lab_weights(struct ind_lab *lab, int set)
{
    const struct ind_params *params = make_set(lab, set);
    return params == NULL ? NULL : params->data;
}

int ind_lab_load_half(struct ind_lab *lab, int set, const void *halves, int offset, int count)
{
    const struct ind_params *params = make_set(lab, set);
    const int total = ind_lab_total(lab);
    if (params == NULL)
        return IND_FAILED;
    if (offset < 0 || count < 0 || offset > total || count > total - offset)
        return ind_fail(&lab->error, "floats %d to %d: the model has %d", offset, offset + count,
                        total);
    for (int i = 0; i < count; i++)
        params->data[offset + i] =
            ind_dtype_to_float(IND_F16, (const unsigned char *)halves + 2 * (size_t)i);
    return IND_OK;
}

int ind_lab_fill_positions(struct ind_lab *lab, int set)
{
    const struct ind_params *params = make_set(lab, set);
    const struct ind_config *c = &lab->layout.config;
    if (params == NULL)
        return IND_FAILED;
    if (c->positions != IND_POSITIONS_SINUSOIDAL)
        return ind_fail(&lab->error, "positions are %s: there is no sinusoidal table",
                        ind_positions_name(c->positions));
    ind_positions_sinusoidal(c->context, c->d_model, params->W_pos);
    return IND_OK;
}

int ind_lab_check(struct ind_lab *lab, int set)
{
    if (!ind_lab_has_set(lab, set))
        return IND_FAILED;
    const char *name = ind_params_find_nonfinite(&lab->sets[set]);
    return name == NULL ? IND_OK : ind_fail(&lab->error, "%s is not finite", name);
}
