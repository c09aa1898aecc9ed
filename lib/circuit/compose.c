/*
 * Per checkpoint: four factors of every head, their Gram matrices and those's inverses (once), then
 * six k x k products a pair and kind. The overlap needs no bases: with U = O G_O^(-1/2) and V = R
 * G_R^(-1/2) orthonormal and X = O^T R,
 *
 *   ||U^T V||^2 = tr[ G_O^-1 X G_R^-1 X^T ]
 */
#include <induct/circuit/compose.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/blas.h>
#include <induct/math/decomp.h>
#include <induct/math/stats.h>

enum { FACTORS = 4 };

/* What a factor's pairs need of it. */
struct side {
    double *factor;  /* [d,k] */
    double *gram;    /* [k,k] */
    double *inverse; /* [k,k] of the Gram matrix, within the factor's rank */
    int rank;
};

/* A matrix left right^T as chance sees it: tr(M) = its squared norm, and ||M_0||_F^2. */
struct spread {
    double trace, traceless;
};

struct ind_composer_work {
    struct ind_config config;
    enum ind_fold fold;
    int heads;                /* of all layers */
    struct side *sides;       /* [heads, FACTORS], by enum ind_factor */
    struct spread *qk, *ov;   /* [heads] */
    double *memory;           /* behind all sides */
    double *x, *xf, *gx;      /* [k,k] scratch */
    double *s, *left, *right; /* [k], [d,k], [d,k]: the SVD of a factor of lower rank */
    double *p;                /* [count]: for Holm */
    size_t *order;
    struct ind_decomp decomp;
};

const char *ind_composition_kind_name(enum ind_composition_kind kind)
{
    static const char *const names[] = {"q", "k", "v"};
    return names[kind];
}

size_t ind_composition_count(const struct ind_config *config)
{
    const size_t heads = (size_t)config->heads, layers = (size_t)config->layers;
    return heads * heads * (layers * (layers - 1) / 2) * IND_COMPOSITION_KINDS;
}

/* ---- Memory --------------------------------------------------------------------------------------- */

static int alloc_work(struct ind_composer_work *work, struct ind_error *err)
{
    const size_t d = (size_t)work->config.d_model, k = (size_t)work->config.d_head;
    const size_t heads = (size_t)work->heads, side = d * k + 2 * k * k;
    const size_t count = ind_composition_count(&work->config);
    if (ind_alloc_into(&work->sides, heads * FACTORS, sizeof *work->sides, err) ||
        ind_alloc_into(&work->qk, heads, sizeof *work->qk, err) ||
        ind_alloc_into(&work->ov, heads, sizeof *work->ov, err) ||
        ind_alloc_into(&work->memory, heads * FACTORS * side + 3 * k * k + k + 2 * d * k,
                       sizeof *work->memory, err) ||
        ind_alloc_into(&work->p, count, sizeof *work->p, err) ||
        ind_alloc_into(&work->order, count, sizeof *work->order, err))
        return IND_FAILED;
    double *at = work->memory;
    for (size_t i = 0; i < heads * FACTORS; i++, at += side)
        work->sides[i] =
            (struct side){.factor = at, .gram = at + d * k, .inverse = at + d * k + k * k};
    work->x = at;
    work->xf = work->x + k * k;
    work->gx = work->xf + k * k;
    work->s = work->gx + k * k;
    work->left = work->s + k;
    work->right = work->left + d * k;
    const int larger = d > k ? (int)d : (int)k;
    return ind_decomp_init(&work->decomp, larger, (int)k, err);
}

int ind_composer_init(struct ind_composer *composer, const struct ind_config *config,
                      enum ind_fold fold, struct ind_error *err)
{
    if (ind_alloc_into(&composer->work, 1, sizeof *composer->work, err))
        return IND_FAILED;
    *composer->work = (struct ind_composer_work){
        .config = *config, .fold = fold, .heads = config->layers * config->heads};
    if (alloc_work(composer->work, err)) {
        ind_composer_release(composer);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_composer_release(struct ind_composer *composer)
{
    struct ind_composer_work *work = composer->work;
    if (work != NULL) {
        free(work->sides);
        free(work->qk);
        free(work->ov);
        free(work->memory);
        free(work->p);
        free(work->order);
        ind_decomp_release(&work->decomp);
        free(work);
    }
    composer->work = NULL;
}

/* ---- One head ------------------------------------------------------------------------------------- */

/* Cholesky inverts the Gram matrix of independent columns; a factor that may be of lower rank (heads
 * made by hand, dead heads) takes the slower way. What float32 weights leave below 1e-6 of the largest
 * singular value is rounding. */
static const double doubt = 1e-3, rank_tolerance = 1e-6;

/* The inverse within the rank, from the factor's L diag(s) R^T: sum over s_i > 0 of R_i R_i^T / s_i^2 */
static int invert_within_rank(struct ind_composer_work *work, struct side *side,
                              struct ind_error *err)
{
    const int d = work->config.d_model, k = work->config.d_head, r = d < k ? d : k;
    if (ind_decomp_svd(&work->decomp, d, k, side->factor, work->s, work->left, work->right, err))
        return IND_FAILED;
    side->rank = 0;
    while (side->rank < r && work->s[side->rank] > rank_tolerance * work->s[0])
        side->rank++;
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < side->rank; j++)
            work->left[i * side->rank + j] = work->right[i * r + j] / work->s[j];
    }
    ind_dgemm(false, true, k, k, side->rank, 1.0, work->left, side->rank, work->left, side->rank,
              0.0, side->inverse, k);
    return IND_OK;
}

static int invert_gram(struct ind_composer_work *work, struct side *side, struct ind_error *err)
{
    const int k = work->config.d_head;
    side->rank = k;
    if (ind_decomp_inverse(k, side->gram, side->inverse) > doubt)
        return IND_OK;
    return invert_within_rank(work, side, err);
}

/* sum of a_ij b_ij: tr(A B^T) */
static double dot(size_t count, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* tr(A^2) of A [k,k] */
static double trace_of_square(int k, const double *a)
{
    double sum = 0.0;
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++)
            sum += a[i * k + j] * a[j * k + i];
    }
    return sum;
}

/* Of M = A^T A, A = left right^T with the Gram matrices G and H of its factors: tr M = tr(G H),
 * ||M||^2 = tr(G H G H), and without the trace ||M_0||^2 = ||M||^2 - (tr M)^2 / d. */
static struct spread spread_of(struct ind_composer_work *work, const double *g, const double *h)
{
    const int k = work->config.d_head;
    const double trace = dot((size_t)k * (size_t)k, g, h);
    ind_dgemm(false, false, k, k, k, 1.0, g, k, h, k, 0.0, work->gx, k);
    const double traceless = trace_of_square(k, work->gx) - trace * trace / work->config.d_model;
    return (struct spread){trace, fmax(traceless, 0.0)};
}

static int prepare_head(struct ind_composer_work *work, const struct ind_params *params, int index,
                        struct ind_error *err)
{
    const struct ind_config *config = &work->config;
    const struct ind_head head = {index / config->heads, index % config->heads};
    struct side *sides = &work->sides[(size_t)index * FACTORS];
    for (int f = 0; f < FACTORS; f++) {
        ind_factor_read(params, head, f, work->fold, sides[f].factor);
        ind_factor_gram(config->d_model, config->d_head, sides[f].factor, sides[f].gram);
        if (invert_gram(work, &sides[f], err))
            return IND_FAILED;
    }
    work->qk[index] = spread_of(work, sides[IND_FACTOR_Q].gram, sides[IND_FACTOR_K].gram);
    work->ov[index] = spread_of(work, sides[IND_FACTOR_V].gram, sides[IND_FACTOR_O].gram);
    return IND_OK;
}

/* ---- One pair --------------------------------------------------------------------------------------- */

/* The reader's factor that meets the writer, and the other one, by kind. */
static const struct {
    enum ind_factor meets, other;
} readers[IND_COMPOSITION_KINDS] = {
    [IND_COMPOSE_Q] = {IND_FACTOR_Q, IND_FACTOR_K},
    [IND_COMPOSE_K] = {IND_FACTOR_K, IND_FACTOR_Q},
    [IND_COMPOSE_V] = {IND_FACTOR_V, IND_FACTOR_O},
};

/* xf = X H */
static void set_right(struct ind_composer_work *work, const double *h)
{
    const int k = work->config.d_head;
    ind_dgemm(false, false, k, k, k, 1.0, work->x, k, h, k, 0.0, work->xf, k);
}

/* tr(G X H X^T), x and xf = X H being in place */
static double quadratic(struct ind_composer_work *work, const double *g)
{
    const int k = work->config.d_head;
    ind_dgemm(false, false, k, k, k, 1.0, g, k, work->x, k, 0.0, work->gx, k);
    return dot((size_t)k * (size_t)k, work->gx, work->xf);
}

/* sqrt(product / (a b)), NaN where there is nothing to divide by; rounding may leave a tiny negative
 * product. */
static double ratio(double product, double a, double b)
{
    return a > 0.0 && b > 0.0 ? sqrt(fmax(product, 0.0) / a / b) : (double)NAN;
}

static void judge(int d, const struct spread *m, const struct spread *n, struct ind_composition *c)
{
    const double variance = 2.0 / ((d - 1.0) * (d + 2.0)) * (m->traceless / m->trace / m->trace) *
                            (n->traceless / n->trace / n->trace);
    c->chance = sqrt(1.0 / d);
    c->excess = c->score * c->score - 1.0 / d;
    c->z = variance > 0.0 ? c->excess / sqrt(variance) : (double)NAN;
    c->p = 2.0 * ind_normal_tail(fabs(c->z));
}

static void compose(struct ind_composer_work *work, int writer, int reader,
                    const double *covariance, struct ind_composition *c)
{
    const int d = work->config.d_model, k = work->config.d_head;
    const struct side *write = &work->sides[(size_t)writer * FACTORS];
    const struct side *read = &work->sides[(size_t)reader * FACTORS];
    const struct side *out = &write[IND_FACTOR_O], *meets = &read[readers[c->kind].meets];
    const struct spread *m = &work->ov[writer];
    const struct spread *n = c->kind == IND_COMPOSE_V ? &work->ov[reader] : &work->qk[reader];

    ind_dgemm(true, false, k, k, d, 1.0, out->factor, k, meets->factor, k, 0.0, work->x, k);
    set_right(work, read[readers[c->kind].other].gram);
    c->score = ratio(quadratic(work, write[IND_FACTOR_V].gram), m->trace, n->trace);
    judge(d, m, n, c);
    c->weighted = (double)NAN;
    if (covariance != NULL)
        c->weighted = ratio(quadratic(work, covariance),
                            dot((size_t)k * (size_t)k, covariance, out->gram), n->trace);
    const bool alive = out->rank > 0 && meets->rank > 0;
    set_right(work, meets->inverse);
    c->overlap = alive ? quadratic(work, out->inverse) : (double)NAN;
    c->overlap_chance = alive ? (double)out->rank * meets->rank / d : (double)NAN;
}

static void adjust(struct ind_composer_work *work, struct ind_composition *out)
{
    const size_t count = ind_composition_count(&work->config);
    for (size_t i = 0; i < count; i++)
        work->p[i] = out[i].p;
    ind_holm_adjust(work->p, count, work->order, work->p);
    for (size_t i = 0; i < count; i++)
        out[i].p_holm = work->p[i];
}

int ind_composer_run(struct ind_composer *composer, const struct ind_params *params,
                     const double *covariance, struct ind_composition *out, struct ind_error *err)
{
    struct ind_composer_work *work = composer->work;
    const int heads = work->config.heads;
    const size_t square = (size_t)work->config.d_head * (size_t)work->config.d_head;
    for (int i = 0; i < work->heads; i++) {
        if (prepare_head(work, params, i, err))
            return IND_FAILED;
    }
    struct ind_composition *c = out;
    for (int w = 0; w < work->heads; w++) {
        for (int r = (w / heads + 1) * heads; r < work->heads; r++) {
            for (int kind = 0; kind < IND_COMPOSITION_KINDS; kind++, c++) {
                *c = (struct ind_composition){.writer = {w / heads, w % heads},
                                              .reader = {r / heads, r % heads},
                                              .kind = kind};
                compose(work, w, r, covariance ? covariance + (size_t)w * square : NULL, c);
            }
        }
    }
    assert((size_t)(c - out) == ind_composition_count(&work->config));
    adjust(work, out);
    return IND_OK;
}
