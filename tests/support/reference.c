#include "support/reference.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double *room(size_t count)
{
    double *memory = calloc(count, sizeof *memory);
    if (!memory) {
        fprintf(stderr, "reference: out of memory\n");
        abort();
    }
    return memory;
}

void reference_init(struct reference *r, const struct ind_config *config, int batch, int length)
{
    size_t rows = (size_t)batch * length, layers = (size_t)config->layers;
    size_t wide = layers * rows * config->heads * config->d_head;
    size_t square = layers * batch * config->heads * length * length;
    size_t narrow = (layers + 1) * rows * config->d_model;
    *r = (struct reference){.config = *config,
                            .batch = batch,
                            .length = length,
                            .residual = room(narrow),
                            .normed = room(narrow),
                            .q = room(wide),
                            .k = room(wide),
                            .v = room(wide),
                            .scores = room(square),
                            .pattern = room(square),
                            .z = room(wide),
                            .logits = room(rows * config->vocab),
                            .position = room(narrow)};
}

void reference_release(struct reference *r)
{
    free(r->residual);
    free(r->normed);
    free(r->q);
    free(r->k);
    free(r->v);
    free(r->scores);
    free(r->pattern);
    free(r->z);
    free(r->logits);
    free(r->position);
}

/* A tensor of the double buffer, NULL if the model lacks it. */
static const double *find(const struct ind_layout *layout, const double *weights,
                          enum ind_role role, int layer)
{
    const struct ind_tensor *tensor = ind_layout_role(layout, role, layer);
    return tensor ? weights + tensor->offset : NULL;
}

static void normalise(const struct ind_config *c, const double *x, const double *w, const double *b,
                      double *out)
{
    if (c->norm == IND_NORM_NONE) {
        for (int i = 0; i < c->d_model; i++)
            out[i] = x[i];
        return;
    }
    double mean = 0.0, variance = 0.0;
    for (int i = 0; i < c->d_model; i++)
        mean += x[i] / c->d_model;
    for (int i = 0; i < c->d_model; i++)
        variance += (x[i] - mean) * (x[i] - mean) / c->d_model;
    for (int i = 0; i < c->d_model; i++) {
        out[i] = (x[i] - mean) / sqrt(variance + c->norm_eps);
        if (w)
            out[i] = out[i] * w[i] + b[i];
    }
}

/* The row of the position table that a row of the batch reads. */
static int place_of(const struct reference *r, int row)
{
    return row % r->length + (r->starts ? r->starts[row / r->length] : 0);
}

/* One head's projection of one row: in W (+ b). */
static void project(const struct ind_config *c, const double *in, const double *W, const double *b,
                    int head, double *out)
{
    for (int e = 0; e < c->d_head; e++) {
        double sum = b ? b[head * c->d_head + e] : 0.0;
        for (int i = 0; i < c->d_model; i++)
            sum += in[i] * W[((size_t)head * c->d_model + i) * c->d_head + e];
        out[e] = sum;
    }
}

/* TransformerLens: x cos + flip(x) sin, with the angle position / base^(m / (dim/2)). */
static void rotate(const struct ind_config *c, int position, double *x)
{
    int dim = c->rotary_dim ? c->rotary_dim : c->d_head;
    double flipped[64];
    assert(dim >= 2 && dim <= 64);
    for (int e = 0; e < dim; e++) {
        if (c->rotary_adjacent)
            flipped[e] = e % 2 == 0 ? -x[e + 1] : x[e - 1];
        else
            flipped[e] = e < dim / 2 ? -x[e + dim / 2] : x[e - dim / 2];
    }
    for (int e = 0; e < dim; e++) {
        int m = c->rotary_adjacent ? e / 2 : e % (dim / 2);
        double angle = position / pow(c->rotary_base, m / (dim / 2.0));
        x[e] = x[e] * cos(angle) + flipped[e] * sin(angle);
    }
}

static void project_row(struct reference *r, const struct ind_layout *layout, const double *weights,
                        int layer, int row)
{
    const struct ind_config *c = &r->config;
    size_t rows = (size_t)r->batch * r->length;
    const double *normed = r->normed + (layer * rows + row) * c->d_model;
    const double *W_pos = find(layout, weights, IND_W_POS, -1);
    int position = row % r->length;
    double *qk_input = room((size_t)c->d_model);
    for (int i = 0; i < c->d_model; i++) {
        qk_input[i] = normed[i];
        if (c->positions == IND_POSITIONS_SHORTFORMER)
            qk_input[i] += W_pos[(size_t)place_of(r, row) * c->d_model + i];
    }
    for (int h = 0; h < c->heads; h++) {
        size_t at = ((layer * rows + row) * c->heads + h) * c->d_head;
        project(c, qk_input, find(layout, weights, IND_W_Q, layer),
                find(layout, weights, IND_B_Q, layer), h, r->q + at);
        project(c, qk_input, find(layout, weights, IND_W_K, layer),
                find(layout, weights, IND_B_K, layer), h, r->k + at);
        project(c, normed, find(layout, weights, IND_W_V, layer),
                find(layout, weights, IND_B_V, layer), h, r->v + at);
        if (c->positions == IND_POSITIONS_ROTARY) {
            rotate(c, position, r->q + at);
            rotate(c, position, r->k + at);
        }
    }
    free(qk_input);
}

/* Of one head: the position part of a row through one of its matrices. */
static void project_position(const struct reference *r, const struct ind_layout *layout,
                             const double *weights, enum ind_role role, int layer, int head,
                             size_t row, double *out)
{
    const size_t rows = (size_t)r->batch * r->length;
    project(&r->config, r->position + (layer * rows + row) * r->config.d_model,
            find(layout, weights, role, layer), NULL, head, out);
}

static double position_score(const struct reference *r, const struct ind_layout *layout,
                             const double *weights, int layer, int head, size_t i, size_t j)
{
    double q[64], k[64], sum = 0.0;
    project_position(r, layout, weights, IND_W_Q, layer, head, i, q);
    project_position(r, layout, weights, IND_W_K, layer, head, j, k);
    for (int e = 0; e < r->config.d_head; e++)
        sum += q[e] * k[e];
    return sum;
}

/* A value of a patch for one row of one sequence; NULL stands for zeros. */
static double value_of(const struct ind_patch *patch, int sequence, int row, int column,
                       int columns)
{
    const size_t stride = patch->row_stride ? patch->row_stride : (size_t)columns;
    return patch->value
               ? (double)patch->value[sequence * patch->batch_stride + row * stride + column]
               : 0.0;
}

struct place {
    int layer, sequence, head, row;
};

static bool is_at(const struct ind_patch *patch, enum ind_patch_kind kind, struct place at)
{
    return patch->kind == kind && patch->layer == at.layer && patch->head == at.head;
}

static void patch_scores(const struct reference *r, struct place at, double *scores)
{
    for (int p = 0; p < r->patch_count; p++)
        for (int j = 0; j <= at.row && is_at(&r->patches[p], IND_PATCH_SCORES_ADD, at); j++)
            scores[j] += value_of(&r->patches[p], at.sequence, at.row, j, r->length);
}

static void patch_pattern(const struct reference *r, struct place at, double *pattern)
{
    for (int p = 0; p < r->patch_count; p++)
        for (int j = 0; j <= at.row && is_at(&r->patches[p], IND_PATCH_PATTERN, at); j++) {
            const double keep = (double)r->patches[p].keep;
            pattern[j] = keep * pattern[j] +
                         (1.0 - keep) * value_of(&r->patches[p], at.sequence, at.row, j, r->length);
        }
}

/* Returns whether z was replaced. */
static bool patch_z(const struct reference *r, struct place at, double *z)
{
    bool replaced = false;
    for (int p = 0; p < r->patch_count; p++)
        for (int e = 0; e < r->config.d_head && is_at(&r->patches[p], IND_PATCH_Z, at); e++) {
            z[e] = value_of(&r->patches[p], at.sequence, at.row, e, r->config.d_head);
            replaced = true;
        }
    return replaced;
}

/* What the head moves of the position part, into the next layer's. */
static void move_position(struct reference *r, const struct ind_layout *layout,
                          const double *weights, struct place at, const double *pattern)
{
    const struct ind_config *c = &r->config;
    const size_t rows = (size_t)r->batch * r->length, first = (size_t)at.sequence * r->length;
    const double *W_O =
        find(layout, weights, IND_W_O, at.layer) + (size_t)at.head * c->d_head * c->d_model;
    double *out = r->position + ((at.layer + 1) * rows + first + at.row) * c->d_model;
    for (int j = 0; j <= at.row; j++) {
        double v[64];
        project_position(r, layout, weights, IND_W_V, at.layer, at.head, first + j, v);
        for (int e = 0; e < c->d_head; e++)
            for (int i = 0; i < c->d_model; i++)
                out[i] += pattern[j] * v[e] * W_O[(size_t)e * c->d_model + i];
    }
}

static void attend_row(struct reference *r, const struct ind_layout *layout, const double *weights,
                       struct place at)
{
    const struct ind_config *c = &r->config;
    int T = r->length, k = c->d_head, layer = at.layer, head = at.head, i = at.row;
    size_t sequence = (size_t)at.sequence;
    size_t first = (size_t)layer * r->batch * T + sequence * T; /* row of position 0 */
    size_t map = (((size_t)layer * r->batch + sequence) * c->heads + head) * T * T + (size_t)i * T;
    double scale = c->attn_scale > 0.0 ? c->attn_scale : sqrt((double)k);
    double *scores = r->scores + map, *pattern = r->pattern + map;
    const double *q = r->q + ((first + i) * c->heads + head) * k;
    const double *smear = find(layout, weights, IND_SMEAR, layer);
    const double a = smear ? 1.0 / (1.0 + exp(-smear[head])) : 0.0;
    double *z = r->z + ((first + i) * c->heads + head) * k;
    double max = -HUGE_VAL, sum = 0.0;
    for (int j = 0; j < T; j++) {
        const double *key = r->k + ((first + j) * c->heads + head) * k;
        scores[j] = j <= i ? 0.0 : -HUGE_VAL;
        const double *before = j > 0 ? key - (size_t)c->heads * k : key;
        for (int e = 0; e < k && j <= i; e++)
            scores[j] += q[e] * ((1.0 - a) * key[e] + a * before[e]) / scale;
        if (r->without_pp && layer > 0 && j <= i) {
            const size_t query = sequence * T + i, place = sequence * T + j;
            const size_t last = j > 0 ? place - 1 : place;
            scores[j] -=
                ((1.0 - a) * position_score(r, layout, weights, layer, head, query, place) +
                 a * position_score(r, layout, weights, layer, head, query, last)) /
                scale;
        }
    }
    patch_scores(r, at, scores);
    for (int j = 0; j <= i; j++)
        max = fmax(max, scores[j]);
    for (int j = 0; j <= i; j++)
        sum += exp(scores[j] - max);
    for (int j = 0; j < T; j++)
        pattern[j] = j <= i ? exp(scores[j] - max) / sum : 0.0;
    patch_pattern(r, at, pattern);
    for (int e = 0; e < k; e++)
        z[e] = 0.0;
    for (int j = 0; j < T; j++) {
        const double *value = r->v + ((first + j) * c->heads + head) * k;
        for (int e = 0; e < k; e++)
            z[e] += pattern[j] * value[e];
    }
    if (!patch_z(r, at, z) && r->without_pp)
        move_position(r, layout, weights, at, pattern);
}

static void output_row(struct reference *r, const struct ind_layout *layout, const double *weights,
                       int layer, int row)
{
    const struct ind_config *c = &r->config;
    size_t rows = (size_t)r->batch * r->length;
    const double *x = r->residual + (layer * rows + row) * c->d_model;
    double *out = r->residual + ((layer + 1) * rows + row) * c->d_model;
    const double *z = r->z + (layer * rows + row) * c->heads * c->d_head;
    const double *W_O = find(layout, weights, IND_W_O, layer);
    const double *b_O = find(layout, weights, IND_B_O, layer);
    for (int i = 0; i < c->d_model; i++) {
        out[i] = x[i] + (b_O ? b_O[i] : 0.0);
        for (int e = 0; e < c->heads * c->d_head; e++)
            out[i] += z[e] * W_O[(size_t)e * c->d_model + i];
    }
}

static void embed_row(struct reference *r, const struct ind_layout *layout, const double *weights,
                      int32_t token, int row)
{
    const struct ind_config *c = &r->config;
    bool added = c->positions == IND_POSITIONS_SINUSOIDAL || c->positions == IND_POSITIONS_LEARNED;
    const double *W_E = find(layout, weights, IND_W_E, -1);
    const double *W_pos = find(layout, weights, IND_W_POS, -1);
    for (int i = 0; i < c->d_model; i++) {
        r->residual[(size_t)row * c->d_model + i] =
            W_E[(size_t)token * c->d_model + i] +
            (added ? W_pos[(size_t)place_of(r, row) * c->d_model + i] : 0.0);
        if (r->without_pp)
            r->position[(size_t)row * c->d_model + i] =
                W_pos[(size_t)place_of(r, row) * c->d_model + i];
    }
}

static void unembed_row(struct reference *r, const struct ind_layout *layout, const double *weights,
                        int row)
{
    const struct ind_config *c = &r->config;
    size_t rows = (size_t)r->batch * r->length;
    size_t at = (c->layers * rows + row) * c->d_model;
    const double *W_U = find(layout, weights, IND_W_U, -1);
    const double *b_U = find(layout, weights, IND_B_U, -1);
    normalise(c, r->residual + at, find(layout, weights, IND_LN_FINAL_W, -1),
              find(layout, weights, IND_LN_FINAL_B, -1), r->normed + at);
    for (int t = 0; t < c->vocab; t++) {
        double sum = b_U ? b_U[t] : 0.0;
        for (int i = 0; i < c->d_model; i++)
            sum += r->normed[at + i] * W_U[(size_t)i * c->vocab + t];
        r->logits[(size_t)row * c->vocab + t] = sum;
    }
}

void reference_forward(struct reference *r, const struct ind_layout *layout, const double *weights,
                       const int32_t *tokens, int token_stride)
{
    const struct ind_config *c = &r->config;
    int rows = r->batch * r->length;
    for (int row = 0; row < rows; row++)
        embed_row(r, layout, weights,
                  tokens[(size_t)(row / r->length) * token_stride + row % r->length], row);
    for (int layer = 0; layer < c->layers; layer++) {
        for (int row = 0; row < rows; row++) {
            size_t at = ((size_t)layer * rows + row) * c->d_model;
            normalise(c, r->residual + at, find(layout, weights, IND_LN1_W, layer),
                      find(layout, weights, IND_LN1_B, layer), r->normed + at);
            project_row(r, layout, weights, layer, row);
        }
        const size_t stream = (size_t)rows * c->d_model;
        memcpy(r->position + (layer + 1) * stream, r->position + layer * stream,
               stream * sizeof(double));
        for (int row = 0; row < rows; row++) {
            for (int h = 0; h < c->heads; h++)
                attend_row(r, layout, weights,
                           (struct place){layer, row / r->length, h, row % r->length});
            output_row(r, layout, weights, layer, row);
        }
    }
    for (int row = 0; row < rows; row++)
        unembed_row(r, layout, weights, row);
}

double reference_loss_from(const struct reference *r, const int32_t *tokens, int token_stride,
                           int from)
{
    int vocab = r->config.vocab;
    double loss = 0.0;
    for (int row = 0; row < r->batch * r->length; row++) {
        const double *logits = r->logits + (size_t)row * vocab;
        int32_t target = tokens[(size_t)(row / r->length) * token_stride + row % r->length + 1];
        double max = logits[0], sum = 0.0;
        for (int t = 1; t < vocab; t++)
            max = fmax(max, logits[t]);
        for (int t = 0; t < vocab; t++)
            sum += exp(logits[t] - max);
        loss += row % r->length >= from ? log(sum) + max - logits[target] : 0.0;
    }
    return loss;
}

double reference_loss(const struct reference *r, const int32_t *tokens, int token_stride)
{
    return reference_loss_from(r, tokens, token_stride, 0);
}
