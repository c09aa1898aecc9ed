/*
 * All pairs of two layers go through the same products together, in one kind: X = O^T R of all
 * writers and readers at once, then X H by readers and G X by writers, for one large product costs
 * BLAS a fraction of as many small ones. The overlap needs no bases: with U = O G_O^(-1/2) and V =
 * R G_R^(-1/2) orthonormal,
 *
 *   ||U^T V||^2 = tr[ G_O^-1 X G_R^-1 X^T ]
 */
#include <induct/circuit/compose.h>

#include <math.h>

#include <induct/math/product.h>
#include <induct/math/stats.h>

#include "circuit/composer.h"
#include "circuit/dot.h"

/* The reader's factor that meets the writer, and the other one, by kind. */
static const struct {
    enum ind_factor meets, other;
} readers[IND_COMPOSITION_KINDS] = {
    [IND_COMPOSE_Q] = {IND_FACTOR_Q, IND_FACTOR_K},
    [IND_COMPOSE_K] = {IND_FACTOR_K, IND_FACTOR_Q},
    [IND_COMPOSE_V] = {IND_FACTOR_V, IND_FACTOR_O},
};

/* One layer's heads as writers, a later one's as readers, in one kind. */
struct meeting {
    int writer, reader;                       /* number of either layer's first head */
    const struct ind_side *writers, *readers; /* of them */
    enum ind_composition_kind kind;
    enum ind_factor meets, other;
    const double *covariance; /* [heads, k, k] of the writers' z, or NULL */
};

/* xh = X H, H the Gram matrix of the reader's other factor or the inverse of the one it meets
   with. */
static void multiply_right(struct ind_composer_work *work, const struct meeting *meeting,
                           bool inverse)
{
    const int k = work->config.d_head, width = work->width;
    for (int r = 0; r < work->config.heads; r++) {
        const struct ind_side *reader = meeting->readers + (size_t)r * IND_FACTORS;
        const double *h = inverse ? reader[meeting->meets].inverse : reader[meeting->other].gram;
        ind_product_double(false, false, width, k, k, work->x + r * k, width, h, k, NULL,
                           work->xh + r * k, width);
    }
}

enum weight { BY_VALUES, BY_COVARIANCE, BY_INVERSE };

/* gx = G X */
static void multiply_left(struct ind_composer_work *work, const struct meeting *meeting,
                          enum weight weight)
{
    const int k = work->config.d_head, width = work->width;
    for (int w = 0; w < work->config.heads; w++) {
        const struct ind_side *writer = meeting->writers + (size_t)w * IND_FACTORS;
        const double *g = weight == BY_VALUES    ? writer[IND_FACTOR_V].gram
                          : weight == BY_INVERSE ? writer[IND_FACTOR_O].inverse
                                                 : meeting->covariance + (size_t)w * k * k;
        const size_t at = (size_t)w * k * width;
        ind_product_double(false, false, k, width, k, g, k, work->x + at, width, NULL,
                           work->gx + at, width);
    }
}

/* tr(G X H X^T) of writer w and reader r of the meeting: gx and xh are in place. */
static double quadratic(const struct ind_composer_work *work, int w, int r)
{
    const int k = work->config.d_head, width = work->width;
    const size_t at = (size_t)w * k * width + (size_t)r * k;
    double sum = 0.0;
    for (int i = 0; i < k; i++)
        sum += ind_dot((size_t)k, work->gx + at + (size_t)i * width,
                       work->xh + at + (size_t)i * width);
    return sum;
}

/* sqrt(product / (a b)), NaN where there is nothing to divide by; rounding may leave a tiny
 * negative product. */
static double ratio(double product, double a, double b)
{
    return a > 0.0 && b > 0.0 ? sqrt(fmax(product, 0.0) / a / b) : (double)NAN;
}

/* Of a gamma variable with this mean and variance: a squared score cannot be negative, and its
 * chance distribution is skewed to the right, where a normal tail would be several times too
 * thin. */
static double two_sided(double value, double mean, double variance)
{
    const struct ind_tails tails = ind_gamma_tails(mean * mean / variance, value * mean / variance);
    return fmin(1.0, 2.0 * fmin(tails.lower, tails.upper));
}

static void judge(int d, const struct ind_spread *m, const struct ind_spread *n,
                  struct ind_composition *c)
{
    const double variance = 2.0 / ((d - 1.0) * (d + 2.0)) * (m->traceless / m->trace / m->trace) *
                            (n->traceless / n->trace / n->trace);
    c->chance = sqrt(1.0 / d);
    c->excess = c->score * c->score - 1.0 / d;
    c->z = variance > 0.0 ? c->excess / sqrt(variance) : (double)NAN;
    c->p = variance > 0.0 ? two_sided(c->score * c->score, 1.0 / d, variance) : (double)NAN;
}

/* Where the composition of writer w and reader r of a meeting stands: writers of all layers in
 * order, for each the readers of all later layers. */
static struct ind_composition *place(const struct ind_composer_work *work,
                                     const struct meeting *meeting, int w, int r,
                                     struct ind_composition *out)
{
    const int heads = work->config.heads, layer = meeting->writer / heads;
    const int readers_of_layer = work->heads - (layer + 1) * heads;
    int before = w * readers_of_layer;
    for (int l = 0; l < layer; l++)
        before += heads * (work->heads - (l + 1) * heads);
    const int reader = meeting->reader - (layer + 1) * heads + r;
    return out + (size_t)(before + reader) * IND_COMPOSITION_KINDS + meeting->kind;
}

static void set_score(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                      int r, struct ind_composition *c)
{
    const int heads = work->config.heads, writer = meeting->writer + w,
              reader = meeting->reader + r;
    const struct ind_spread *m = &work->ov[writer];
    const struct ind_spread *n =
        meeting->kind == IND_COMPOSE_V ? &work->ov[reader] : &work->qk[reader];
    *c = (struct ind_composition){.writer = {writer / heads, writer % heads},
                                  .reader = {reader / heads, reader % heads},
                                  .kind = meeting->kind,
                                  .weighted = (double)NAN};
    c->score = ratio(quadratic(work, w, r), m->trace, n->trace);
    judge(work->config.d_model, m, n, c);
}

static void set_weighted(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                         int r, struct ind_composition *c)
{
    const size_t square = (size_t)work->config.d_head * (size_t)work->config.d_head;
    const int reader = meeting->reader + r;
    const struct ind_spread *n =
        meeting->kind == IND_COMPOSE_V ? &work->ov[reader] : &work->qk[reader];
    const double trace = ind_dot(square, meeting->covariance + (size_t)w * square,
                                 meeting->writers[(size_t)w * IND_FACTORS + IND_FACTOR_O].gram);
    c->weighted = ratio(quadratic(work, w, r), trace, n->trace);
}

/* The overlap's deviation under random rotations, of subspaces of u and v of d dimensions. */
static double overlap_deviation(double d, double u, double v)
{
    return sqrt(2.0 / ((d - 1.0) * (d + 2.0)) * (u - u * u / d) * (v - v * v / d));
}

static void set_overlap(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                        int r, struct ind_composition *c)
{
    const int out = meeting->writers[(size_t)w * IND_FACTORS + IND_FACTOR_O].rank;
    const int meets = meeting->readers[(size_t)r * IND_FACTORS + meeting->meets].rank;
    const bool alive = out > 0 && meets > 0;
    c->overlap = alive ? quadratic(work, w, r) : (double)NAN;
    c->overlap_chance = alive ? (double)out * meets / work->config.d_model : (double)NAN;
    const double deviation = overlap_deviation(work->config.d_model, out, meets);
    c->overlap_z = deviation > 0.0 ? (c->overlap - c->overlap_chance) / deviation : (double)NAN;
}

/* One quantity of all pairs of a meeting, gx and xh being in place. */
static void set_all(const struct ind_composer_work *work, const struct meeting *meeting,
                    void (*set)(const struct ind_composer_work *work, const struct meeting *meeting,
                                int w, int r, struct ind_composition *c),
                    struct ind_composition *out)
{
    for (int w = 0; w < work->config.heads; w++) {
        for (int r = 0; r < work->config.heads; r++)
            set(work, meeting, w, r, place(work, meeting, w, r, out));
    }
}

static void meet(struct ind_composer_work *work, const struct meeting *meeting,
                 struct ind_composition *out)
{
    const int d = work->config.d_model, width = work->width;
    ind_product_double(true, false, width, width, d, meeting->writers[IND_FACTOR_O].factor, width,
                       meeting->readers[meeting->meets].factor, width, NULL, work->x, width);
    multiply_right(work, meeting, false);
    multiply_left(work, meeting, BY_VALUES);
    set_all(work, meeting, set_score, out);
    if (meeting->covariance != NULL) {
        multiply_left(work, meeting, BY_COVARIANCE);
        set_all(work, meeting, set_weighted, out);
    }
    multiply_right(work, meeting, true);
    multiply_left(work, meeting, BY_INVERSE);
    set_all(work, meeting, set_overlap, out);
}

void ind_composer_pairs(struct ind_composer_work *work, const double *covariance,
                        struct ind_composition *out)
{
    const int heads = work->config.heads;
    const size_t square = (size_t)work->config.d_head * (size_t)work->config.d_head;
    for (int w = 0; w < work->heads; w += heads) {
        for (int r = w + heads; r < work->heads; r += heads) {
            for (int kind = 0; kind < IND_COMPOSITION_KINDS; kind++) {
                const struct meeting meeting = {
                    .writer = w,
                    .reader = r,
                    .writers = &work->sides[(size_t)w * IND_FACTORS],
                    .readers = &work->sides[(size_t)r * IND_FACTORS],
                    .kind = kind,
                    .meets = readers[kind].meets,
                    .other = readers[kind].other,
                    .covariance = covariance ? covariance + (size_t)w * square : NULL};
                meet(work, &meeting, out);
            }
        }
    }
}
