/*
 * All pairs of two layers go through the same products together: X = O^T R of all writers and
 * readers, in all kinds, at once, then X H by readers and G X by writers. The overlap needs no
 * bases: with U = O G_O^(-1/2) and V = R G_R^(-1/2) orthonormal,
 *
 *   ||U^T V||^2 = tr[ G_O^-1 X G_R^-1 X^T ]
 */
#include <induct/circuit/compose.h>

#include <math.h>

#include <induct/math/product.h>
#include <induct/math/stats.h>
#include <induct/math/sums.h>

#include "circuit/composer.h"

/* The reader's factor that meets the writer, and the other one, by kind. */
static const struct {
    enum ind_factor meets, other;
} readers[IND_COMPOSITION_KINDS] = {
    [IND_COMPOSE_Q] = {IND_FACTOR_Q, IND_FACTOR_K},
    [IND_COMPOSE_K] = {IND_FACTOR_K, IND_FACTOR_Q},
    [IND_COMPOSE_V] = {IND_FACTOR_V, IND_FACTOR_O},
};

/* One layer's heads as writers, a later one's as readers. */
struct meeting {
    int writer, reader;                       /* number of either layer's first head */
    const struct ind_side *writers, *readers; /* of them */
    const double *covariance;                 /* [heads, k, k] of the writers' z, or NULL */
};

/* Rows from one to the next of x, xh and gx; q's columns stand before k's and v's. */
static size_t stride(const struct ind_composer_work *work)
{
    return (size_t)IND_COMPOSITION_KINDS * (size_t)work->width;
}

/* Where the block of writer w and reader r begins in them. */
static size_t block(const struct ind_composer_work *work, int w, int r,
                    enum ind_composition_kind kind)
{
    const size_t k = (size_t)work->config.d_head;
    return (size_t)w * k * stride(work) + (size_t)kind * (size_t)work->width + (size_t)r * k;
}

/* xh = X H, H the Gram matrix of the reader's other factor or the inverse of the one it meets
   with. */
static void multiply_right(struct ind_composer_work *work, const struct meeting *meeting,
                           bool inverse)
{
    const int k = work->config.d_head, ld = (int)stride(work);
    for (int kind = 0; kind < IND_COMPOSITION_KINDS; kind++) {
        for (int r = 0; r < work->config.heads; r++) {
            const struct ind_side *reader = meeting->readers + (size_t)r * IND_FACTORS;
            const double *h =
                inverse ? reader[readers[kind].meets].inverse : reader[readers[kind].other].gram;
            const size_t at = block(work, 0, r, kind);
            ind_product_double(false, false, work->width, k, k, work->x + at, ld, h, k, NULL,
                               work->xh + at, ld);
        }
    }
}

enum weight { BY_VALUES, BY_COVARIANCE, BY_INVERSE };

/* gx = G X */
static void multiply_left(struct ind_composer_work *work, const struct meeting *meeting,
                          enum weight weight)
{
    const int k = work->config.d_head, ld = (int)stride(work);
    for (int w = 0; w < work->config.heads; w++) {
        const struct ind_side *writer = meeting->writers + (size_t)w * IND_FACTORS;
        const double *g = weight == BY_VALUES    ? writer[IND_FACTOR_V].gram
                          : weight == BY_INVERSE ? writer[IND_FACTOR_O].inverse
                                                 : meeting->covariance + (size_t)w * k * k;
        const size_t at = block(work, w, 0, IND_COMPOSE_Q);
        ind_product_double(false, false, k, ld, k, g, k, work->x + at, ld, NULL, work->gx + at, ld);
    }
}

/* tr(G X H X^T) of writer w and reader r of the meeting: gx and xh are in place. */
static double quadratic(const struct ind_composer_work *work, int w, int r,
                        enum ind_composition_kind kind)
{
    const size_t k = (size_t)work->config.d_head, at = block(work, w, r, kind);
    return ind_inner_rows(k, k, work->gx + at, stride(work), work->xh + at, stride(work));
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
                                     enum ind_composition_kind kind, struct ind_composition *out)
{
    const int heads = work->config.heads, layer = meeting->writer / heads;
    const int readers_of_layer = work->heads - (layer + 1) * heads;
    int before = w * readers_of_layer;
    for (int l = 0; l < layer; l++)
        before += heads * (work->heads - (l + 1) * heads);
    const int reader = meeting->reader - (layer + 1) * heads + r;
    return out + (size_t)(before + reader) * IND_COMPOSITION_KINDS + kind;
}

static void set_score(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                      int r, enum ind_composition_kind kind, struct ind_composition *c)
{
    const int heads = work->config.heads, writer = meeting->writer + w,
              reader = meeting->reader + r;
    const struct ind_spread *m = &work->ov[writer];
    const struct ind_spread *n = kind == IND_COMPOSE_V ? &work->ov[reader] : &work->qk[reader];
    *c = (struct ind_composition){.writer = {writer / heads, writer % heads},
                                  .reader = {reader / heads, reader % heads},
                                  .kind = kind,
                                  .weighted = (double)NAN};
    c->score = ratio(quadratic(work, w, r, kind), m->trace, n->trace);
    judge(work->config.d_model, m, n, c);
}

static void set_weighted(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                         int r, enum ind_composition_kind kind, struct ind_composition *c)
{
    const size_t square = (size_t)work->config.d_head * (size_t)work->config.d_head;
    const int reader = meeting->reader + r;
    const struct ind_spread *n = kind == IND_COMPOSE_V ? &work->ov[reader] : &work->qk[reader];
    const struct ind_side *out = &meeting->writers[(size_t)w * IND_FACTORS + IND_FACTOR_O];
    const double trace =
        ind_inner_rows(1, square, meeting->covariance + (size_t)w * square, 0, out->gram, 0);
    c->weighted = ratio(quadratic(work, w, r, kind), trace, n->trace);
}

/* The overlap's deviation under random rotations, of subspaces of u and v of d dimensions. */
static double overlap_deviation(double d, double u, double v)
{
    return sqrt(2.0 / ((d - 1.0) * (d + 2.0)) * (u - u * u / d) * (v - v * v / d));
}

static void set_overlap(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                        int r, enum ind_composition_kind kind, struct ind_composition *c)
{
    const int out = meeting->writers[(size_t)w * IND_FACTORS + IND_FACTOR_O].rank;
    const int meets = meeting->readers[(size_t)r * IND_FACTORS + readers[kind].meets].rank;
    const bool alive = out > 0 && meets > 0;
    c->overlap = alive ? quadratic(work, w, r, kind) : (double)NAN;
    c->overlap_chance = alive ? (double)out * meets / work->config.d_model : (double)NAN;
    const double deviation = overlap_deviation(work->config.d_model, out, meets);
    c->overlap_z = deviation > 0.0 ? (c->overlap - c->overlap_chance) / deviation : (double)NAN;
}

typedef void setter(const struct ind_composer_work *work, const struct meeting *meeting, int w,
                    int r, enum ind_composition_kind kind, struct ind_composition *c);

/* One quantity of all pairs of a meeting, gx and xh being in place. */
static void set_all(const struct ind_composer_work *work, const struct meeting *meeting,
                    setter *set, struct ind_composition *out)
{
    for (int w = 0; w < work->config.heads; w++) {
        for (int r = 0; r < work->config.heads; r++) {
            for (int kind = 0; kind < IND_COMPOSITION_KINDS; kind++)
                set(work, meeting, w, r, kind, place(work, meeting, w, r, kind, out));
        }
    }
}

static void meet(struct ind_composer_work *work, const struct meeting *meeting,
                 struct ind_composition *out)
{
    const int heads = work->config.heads, d = work->config.d_model, ld = (int)stride(work);
    ind_product_double(false, false, work->width, ld, d,
                       work->layers[meeting->writer / heads].writes, d,
                       work->layers[meeting->reader / heads].reads, ld, NULL, work->x, ld);
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
            const struct meeting meeting = {
                .writer = w,
                .reader = r,
                .writers = &work->sides[(size_t)w * IND_FACTORS],
                .readers = &work->sides[(size_t)r * IND_FACTORS],
                .covariance = covariance ? covariance + (size_t)w * square : NULL};
            meet(work, &meeting, out);
        }
    }
}
