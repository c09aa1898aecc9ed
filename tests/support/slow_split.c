#include "support/slow_split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One head's weights; biases NULL where the part has none. */
struct slow_head {
    const float *W_Q, *W_K, *W_V, *W_O, *b_Q, *b_K, *b_V;
};

static struct slow_head head_of(const struct model *model, int layer, int head, int part)
{
    const struct ind_config *c = &model->layout.config;
    const struct ind_layer_params *w = &model->params.layers[layer];
    const size_t matrix = (size_t)head * c->d_model * c->d_head, row = (size_t)head * c->d_head;
    struct slow_head h = {.W_Q = w->W_Q + matrix,
                          .W_K = w->W_K + matrix,
                          .W_V = w->W_V + matrix,
                          .W_O = w->W_O + matrix};
    if (c->bias && part == IND_SPLIT_CONTENT) {
        h.b_Q = w->b_Q + row;
        h.b_K = w->b_K + row;
        h.b_V = w->b_V + row;
    }
    return h;
}

/* out [length, d_head] = x W + b */
static void slow_read(const struct ind_config *c, int length, double x[][SLOW_WIDTH],
                      const float *W, const float *b, double out[][SLOW_K])
{
    for (int i = 0; i < length; i++) {
        for (int e = 0; e < c->d_head; e++) {
            out[i][e] = b ? (double)b[e] : 0.0;
            for (int f = 0; f < c->d_model; f++)
                out[i][e] += x[i][f] * (double)W[f * c->d_head + e];
        }
    }
}

static void slow_terms(const struct model *model, int length, int layer, int head,
                       struct slow_split *s)
{
    const struct ind_config *c = &model->layout.config;
    double q[2][SLOW_LENGTH][SLOW_K], k[2][SLOW_LENGTH][SLOW_K];
    for (int part = 0; part < 2; part++) {
        const struct slow_head h = head_of(model, layer, head, part);
        slow_read(c, length, s->x[part], h.W_Q, h.b_Q, q[part]);
        slow_read(c, length, s->x[part], h.W_K, h.b_K, k[part]);
    }
    for (int term = 0; term < IND_SPLIT_TERMS; term++) {
        for (int i = 0; i < length; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0.0;
                for (int e = 0; e < c->d_head; e++)
                    sum += q[term / 2][i][e] * k[term % 2][j][e];
                s->terms[layer][head][term][i][j] = sum / ind_config_scale(c);
            }
        }
    }
}

/* Softmax of the terms that are not dropped. */
static void slow_pattern(struct slow_split *s, int layer, int head, unsigned dropped, int length,
                         double pattern[][SLOW_LENGTH])
{
    for (int i = 0; i < length; i++) {
        double sum = 0.0;
        for (int j = 0; j <= i; j++) {
            double score = 0.0;
            for (int term = 0; term < IND_SPLIT_TERMS; term++)
                score += dropped >> term & 1U ? 0.0 : s->terms[layer][head][term][i][j];
            pattern[i][j] = exp(score);
            sum += pattern[i][j];
        }
        for (int j = 0; j <= i; j++)
            pattern[i][j] /= sum;
    }
}

/* to [length] += pattern (x W_V + b_V) W_O, for one part */
static void slow_write(const struct ind_config *c, const struct slow_head *h, int length,
                       double pattern[][SLOW_LENGTH], double x[][SLOW_WIDTH],
                       double to[][SLOW_WIDTH])
{
    double v[SLOW_LENGTH][SLOW_K];
    slow_read(c, length, x, h->W_V, h->b_V, v);
    for (int i = 0; i < length; i++)
        for (int j = 0; j <= i; j++)
            for (int e = 0; e < c->d_head; e++)
                for (int f = 0; f < c->d_model; f++)
                    to[i][f] += pattern[i][j] * v[j][e] * (double)h->W_O[e * c->d_model + f];
}

static void slow_layer(const struct model *model, int length, int layer, unsigned dropped,
                       struct slow_split *s)
{
    static double to[2][SLOW_LENGTH][SLOW_WIDTH];
    const struct ind_config *c = &model->layout.config;
    memcpy(to, s->x, sizeof to);
    for (int head = 0; head < c->heads; head++) {
        double pattern[SLOW_LENGTH][SLOW_LENGTH];
        slow_terms(model, length, layer, head, s);
        slow_pattern(s, layer, head, dropped, length, pattern);
        for (int part = 0; part < 2; part++) {
            const struct slow_head h = head_of(model, layer, head, part);
            slow_write(c, &h, length, pattern, s->x[part], to[part]);
        }
    }
    for (int i = 0; c->bias && i < length; i++)
        for (int f = 0; f < c->d_model; f++)
            to[IND_SPLIT_CONTENT][i][f] += (double)model->params.layers[layer].b_O[f];
    memcpy(s->x, to, sizeof to);
}

void slow_split_run(const struct model *model, int sequence, int length, unsigned dropped,
                    struct slow_split *s)
{
    const struct ind_config *c = &model->layout.config;
    const int32_t *tokens = model->tokens + (size_t)sequence * c->context;
    if (c->layers > SLOW_LAYERS || c->heads > SLOW_HEADS || length > SLOW_LENGTH ||
        c->d_model > SLOW_WIDTH || c->d_head > SLOW_K)
        abort();
    memset(s, 0, sizeof *s);
    for (int i = 0; i < length; i++) {
        for (int f = 0; f < c->d_model; f++) {
            s->x[IND_SPLIT_CONTENT][i][f] = (double)model->params.W_E[tokens[i] * c->d_model + f];
            s->x[IND_SPLIT_POSITION][i][f] = (double)model->params.W_pos[i * c->d_model + f];
        }
    }
    for (int layer = 0; layer < c->layers; layer++)
        slow_layer(model, length, layer, layer > 0 ? dropped : 0, s);
}
