#include "support/handbuilt.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct ind_config handbuilt_config(int vocab, int context, int heads)
{
    struct ind_config c = ind_config_default();
    c.heads = heads;
    c.vocab = vocab;
    c.context = context;
    c.d_model = 3 * vocab + context;
    c.d_head = vocab > context ? vocab : context;
    c.positions = IND_POSITIONS_LEARNED;
    return c;
}

static void require(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "handbuilt: %s\n", what);
    abort();
}

/* Where the parts of the residual stream begin. */
struct parts {
    int token, position, previous, output;
};

static struct parts parts_of(const struct ind_config *c)
{
    return (struct parts){0, c->vocab, c->vocab + c->context, 2 * c->vocab + c->context};
}

/* Entry (row, column) of head 0's W_Q, W_K or W_V, and of its W_O. */
static float *in(const struct ind_config *c, float *W, int row, int column)
{
    return &W[(size_t)row * c->d_head + column];
}

static float *out(const struct ind_config *c, float *W_O, int row, int column)
{
    return &W_O[(size_t)row * c->d_model + column];
}

static void build_embedding(struct handbuilt *h, const struct parts *at)
{
    const struct ind_config *c = &h->layout.config;
    for (int v = 0; v < c->vocab; v++) {
        h->params.W_E[(size_t)v * c->d_model + at->token + v] = 1.0F;
        h->params.W_U[(size_t)(at->output + v) * c->vocab + v] = (float)h->gain;
    }
    for (int i = 0; i < c->context; i++)
        h->params.W_pos[(size_t)i * c->d_model + at->position + i] = 1.0F;
}

static void build_previous_head(struct handbuilt *h, const struct parts *at)
{
    const struct ind_config *c = &h->layout.config;
    struct ind_layer_params *layer = &h->params.layers[0];
    float sharpness = (float)(h->previous_sharpness * ind_config_scale(c));
    for (int i = 0; i < c->context; i++) {
        if (i > 0)
            *in(c, layer->W_Q, at->position + i, i - 1) = sharpness;
        *in(c, layer->W_K, at->position + i, i) = 1.0F;
    }
    for (int v = 0; v < c->vocab; v++) {
        *in(c, layer->W_V, at->token + v, v) = 1.0F;
        *out(c, layer->W_O, v, at->previous + v) = 1.0F;
    }
}

static void build_induction_head(struct handbuilt *h, const struct parts *at)
{
    const struct ind_config *c = &h->layout.config;
    struct ind_layer_params *layer = &h->params.layers[1];
    float sharpness = (float)(h->induction_sharpness * ind_config_scale(c));
    for (int v = 0; v < c->vocab; v++) {
        *in(c, layer->W_Q, at->token + v, v) = sharpness;
        *in(c, layer->W_K, at->previous + v, v) = 1.0F;
        *in(c, layer->W_K, at->position, v) = -1.0F;
        *in(c, layer->W_V, at->token + v, v) = 1.0F;
        *out(c, layer->W_O, v, at->output + v) = 1.0F;
    }
}

void handbuilt_init(struct handbuilt *h, const struct ind_config *config, double previous_sharpness,
                    double induction_sharpness, double gain)
{
    struct ind_error err = {"the configuration cannot hold the circuit"};
    require(config->layers >= 2 && config->d_model >= 3 * config->vocab + config->context &&
                config->d_head >= config->vocab && config->d_head >= config->context &&
                config->positions == IND_POSITIONS_LEARNED && config->norm == IND_NORM_NONE,
            err.text);
    require(ind_layout_init(&h->layout, config, &err) == IND_OK, err.text);
    require(ind_params_init(&h->params, &h->layout, &err) == IND_OK, err.text);
    h->previous_sharpness = previous_sharpness;
    h->induction_sharpness = induction_sharpness;
    h->gain = gain;
    struct parts at = parts_of(config);
    build_embedding(h, &at);
    build_previous_head(h, &at);
    build_induction_head(h, &at);
}

void handbuilt_release(struct handbuilt *h)
{
    ind_params_release(&h->params);
    ind_layout_release(&h->layout);
}

double handbuilt_previous_pattern(const struct handbuilt *h, int i, int j)
{
    if (j > i)
        return 0.0;
    if (i == 0)
        return 1.0;
    /* e^s0 / (e^s0 + i) and 1 / (e^s0 + i), divided by e^s0 */
    double rest = exp(-h->previous_sharpness);
    return (j == i - 1 ? 1.0 : rest) / (1.0 + i * rest);
}

double handbuilt_induction_pattern(const struct handbuilt *h, const int32_t *tokens, int i, int j)
{
    assert(h->previous_sharpness >= 100.0);
    if (j > i)
        return 0.0;
    double sum = 0.0, wanted = 0.0;
    for (int source = 0; source <= i; source++) {
        bool match = tokens[source > 0 ? source - 1 : 0] == tokens[i];
        double score = h->induction_sharpness * (match - (source == 0));
        sum += exp(score);
        if (source == j)
            wanted = exp(score);
    }
    return wanted / sum;
}

void handbuilt_sequence(int vocab, int period, int start, int length, int32_t *tokens)
{
    assert(period >= 1 && period < vocab);
    for (int i = 0; i < length; i++)
        tokens[i] = 1 + (start + i % period) % (vocab - 1);
}
