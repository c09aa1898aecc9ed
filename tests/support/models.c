#include "support/models.h"

#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>

/* heads * d_head = 15 and d_model = 12 differ, so that no transposition goes unnoticed. */
#define SMALL                                                                        \
    .layers = 2, .heads = 3, .d_model = 12, .d_head = 5, .vocab = 11, .context = 10, \
    .norm_eps = 1e-5, .rotary_base = 10000.0

const struct model_kind model_kinds[] = {
    {"plain sinusoidal", {SMALL, .positions = IND_POSITIONS_SINUSOIDAL}},
    {"plain learned", {SMALL, .positions = IND_POSITIONS_LEARNED}},
    {"plain without positions", {SMALL, .positions = IND_POSITIONS_NONE}},
    {"one layer",
     {.layers = 1,
      .heads = 2,
      .d_model = 8,
      .d_head = 4,
      .vocab = 7,
      .context = 9,
      .positions = IND_POSITIONS_LEARNED}},
    {"three layers",
     {.layers = 3,
      .heads = 2,
      .d_model = 10,
      .d_head = 4,
      .vocab = 9,
      .context = 8,
      .positions = IND_POSITIONS_SINUSOIDAL}},
    {"one head, d_head 1",
     {.layers = 2,
      .heads = 1,
      .d_model = 3,
      .d_head = 1,
      .vocab = 5,
      .context = 6,
      .positions = IND_POSITIONS_LEARNED}},
    {"longer than a vector",
     {.layers = 1,
      .heads = 2,
      .d_model = 6,
      .d_head = 3,
      .vocab = 37,
      .context = 41,
      .positions = IND_POSITIONS_LEARNED}},
    {"scale", {SMALL, .positions = IND_POSITIONS_LEARNED, .attn_scale = 1.3}},
    {"bias", {SMALL, .positions = IND_POSITIONS_LEARNED, .bias = true}},
    {"smeared keys", {SMALL, .positions = IND_POSITIONS_LEARNED, .smear = true, .bias = true}},
    {"smeared, rotary", {SMALL, .positions = IND_POSITIONS_ROTARY, .rotary_dim = 4, .smear = true}},
    {"LayerNorm", {SMALL, .positions = IND_POSITIONS_LEARNED, .norm = IND_NORM_LN}},
    {"LNPre", {SMALL, .positions = IND_POSITIONS_SINUSOIDAL, .norm = IND_NORM_LNPRE}},
    {"LayerNorm, large epsilon, bias",
     {.layers = 3,
      .heads = 2,
      .d_model = 10,
      .d_head = 4,
      .vocab = 9,
      .context = 8,
      .positions = IND_POSITIONS_LEARNED,
      .norm = IND_NORM_LN,
      .norm_eps = 0.3,
      .bias = true}},
    {"rotary halves", {SMALL, .positions = IND_POSITIONS_ROTARY, .rotary_dim = 4}},
    {"rotary adjacent, small base",
     {.layers = 2,
      .heads = 2,
      .d_model = 12,
      .d_head = 6,
      .vocab = 11,
      .context = 10,
      .positions = IND_POSITIONS_ROTARY,
      .rotary_base = 7.0,
      .rotary_adjacent = true}},
    {"rotary, LNPre, bias",
     {.layers = 2,
      .heads = 2,
      .d_model = 12,
      .d_head = 6,
      .vocab = 11,
      .context = 10,
      .positions = IND_POSITIONS_ROTARY,
      .rotary_base = 100.0,
      .rotary_dim = 4,
      .norm = IND_NORM_LNPRE,
      .norm_eps = 1e-5,
      .bias = true}},
    {"shortformer", {SMALL, .positions = IND_POSITIONS_SHORTFORMER}},
    {"shortformer, LayerNorm, bias",
     {SMALL, .positions = IND_POSITIONS_SHORTFORMER, .norm = IND_NORM_LN, .bias = true}},
};
const int model_kind_count = sizeof model_kinds / sizeof model_kinds[0];

static void require(int status, const struct ind_error *err)
{
    if (status == IND_OK)
        return;
    fprintf(stderr, "models: %s\n", err->text);
    abort();
}

/* What ind_params_randomise leaves at 0 or 1. */
static void disturb(struct ind_params *params, uint64_t seed)
{
    for (int i = 0; i < params->layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &params->layout->tensors[i];
        if (tensor->role == IND_W_POS && !tensor->trained)
            continue;
        struct ind_random random =
            ind_random_at(seed, IND_STREAM_CONTROL, (uint32_t)tensor->offset, 1);
        for (size_t j = 0; j < tensor->count; j++)
            params->data[tensor->offset + j] += 0.3F * (float)ind_random_normal(&random);
    }
}

void model_init(struct model *model, const struct ind_config *config, int batch, uint64_t seed)
{
    struct ind_error err;
    require(ind_layout_init(&model->layout, config, &err), &err);
    require(ind_params_init(&model->params, &model->layout, &err), &err);
    ind_params_randomise(&model->params, seed);
    disturb(&model->params, seed);
    require(ind_alloc_into(&model->weights, model->layout.total, sizeof(double), &err), &err);
    for (size_t i = 0; i < model->layout.total; i++)
        model->weights[i] = (double)model->params.data[i];
    size_t count = (size_t)batch * config->context;
    require(ind_alloc_into(&model->tokens, count, sizeof *model->tokens, &err), &err);
    struct ind_random random = ind_random_at(seed, IND_STREAM_CONTROL, 0, 2);
    for (size_t i = 0; i < count; i++)
        model->tokens[i] = (int32_t)ind_random_below(&random, (uint32_t)config->vocab);
    model->batch = batch;
}

void model_release(struct model *model)
{
    free(model->weights);
    free(model->tokens);
    ind_params_release(&model->params);
    ind_layout_release(&model->layout);
}
