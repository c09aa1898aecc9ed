/* The heads: factors, Gram matrices and those's inverses, once a checkpoint. The pairs:
   compose_pairs.c. */
#include <induct/circuit/compose.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/lanes.h>
#include <induct/math/product.h>
#include <induct/math/stats.h>

#include "circuit/composer.h"
#include "circuit/dot.h"

/* Gram matrices wider than WIDEST are inverted by LAPACK, which works in blocks. */
enum { WIDEST = 64 };

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

/* ---- Memory ---------------------------------------------------------------------------------- */

/* Columns of a layer's heads side by side, in each kind of factor; after all of them the
   squares. */
static void place_sides(struct ind_composer_work *work)
{
    const size_t heads = (size_t)work->config.heads, k = (size_t)work->config.d_head;
    const size_t area = (size_t)work->config.d_model * k, square = k * k;
    double *squares = work->memory + (size_t)work->heads * IND_FACTORS * area;
    for (size_t i = 0; i < (size_t)work->heads; i++) {
        double *layer = work->memory + i / heads * heads * IND_FACTORS * area;
        for (size_t f = 0; f < IND_FACTORS; f++, squares += 2 * square)
            work->sides[i * IND_FACTORS + f] =
                (struct ind_side){.factor = layer + f * heads * area + i % heads * k,
                                  .gram = squares,
                                  .inverse = squares + square};
    }
}

static int alloc_work(struct ind_composer_work *work, struct ind_error *err)
{
    const size_t d = (size_t)work->config.d_model, k = (size_t)work->config.d_head;
    const size_t heads = (size_t)work->heads, width = (size_t)work->config.heads * k;
    const size_t scratch = 3 * d * k + k * k + 3 * width * width + k;
    const size_t count = ind_composition_count(&work->config);
    if (ind_alloc_into(&work->sides, heads * IND_FACTORS, sizeof *work->sides, err) ||
        ind_alloc_into(&work->qk, heads, sizeof *work->qk, err) ||
        ind_alloc_into(&work->ov, heads, sizeof *work->ov, err) ||
        ind_alloc_into(&work->memory, heads * IND_FACTORS * (d * k + 2 * k * k),
                       sizeof *work->memory, err) ||
        ind_alloc_into(&work->scratch, scratch, sizeof *work->scratch, err) ||
        ind_alloc_into(&work->bundle, k * k * IND_LANES, sizeof *work->bundle, err) ||
        ind_alloc_into(&work->ratio, IND_LANES, sizeof *work->ratio, err) ||
        ind_alloc_into(&work->p, count, sizeof *work->p, err) ||
        ind_alloc_into(&work->order, count, sizeof *work->order, err))
        return IND_FAILED;
    place_sides(work);
    work->one = work->scratch;
    work->left = work->one + d * k;
    work->right = work->left + d * k;
    work->small = work->right + d * k;
    work->x = work->small + k * k;
    work->xh = work->x + width * width;
    work->gx = work->xh + width * width;
    work->s = work->gx + width * width;
    const int larger = d > k ? (int)d : (int)k;
    return ind_decomp_init(&work->decomp, larger, (int)k, err);
}

int ind_composer_init(struct ind_composer *composer, const struct ind_config *config,
                      enum ind_fold fold, struct ind_error *err)
{
    if (ind_alloc_into(&composer->work, 1, sizeof *composer->work, err))
        return IND_FAILED;
    *composer->work = (struct ind_composer_work){.config = *config,
                                                 .fold = fold,
                                                 .heads = config->layers * config->heads,
                                                 .width = config->heads * config->d_head};
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
        free(work->scratch);
        free(work->bundle);
        free(work->ratio);
        free(work->p);
        free(work->order);
        ind_decomp_release(&work->decomp);
        free(work);
    }
    composer->work = NULL;
}

/* ---- One head -------------------------------------------------------------------------------- */

/* Cholesky inverts the Gram matrix of independent columns; a factor that may be of lower rank
 * (heads made by hand, dead heads) takes the slower way. What float32 weights leave below 1e-6 of
 * the largest singular value is rounding. */
static const double doubt = 1e-3, rank_tolerance = 1e-6;

static void copy_rows(int rows, int columns, const double *from, int ld_from, double *to, int ld_to)
{
    for (int i = 0; i < rows; i++)
        memcpy(to + (size_t)i * ld_to, from + (size_t)i * ld_from, (size_t)columns * sizeof *to);
}

/* The inverse within the rank, from the factor's L diag(s) R^T: sum over s_i > 0 of R_i R_i^T /
   s_i^2 */
static int invert_within_rank(struct ind_composer_work *work, struct ind_side *side,
                              struct ind_error *err)
{
    const int d = work->config.d_model, k = work->config.d_head, r = d < k ? d : k;
    copy_rows(d, k, side->factor, work->width, work->one, k);
    if (ind_decomp_svd(&work->decomp, d, k, work->one, work->s, work->left, work->right, err))
        return IND_FAILED;
    side->rank = 0;
    while (side->rank < r && work->s[side->rank] > rank_tolerance * work->s[0])
        side->rank++;
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < side->rank; j++)
            work->left[i * side->rank + j] = work->right[i * r + j] / work->s[j];
    }
    ind_product_double(false, true, k, k, side->rank, work->left, side->rank, work->left,
                       side->rank, NULL, side->inverse, k);
    return IND_OK;
}

/* The inverses of `count` <= 8 Gram matrices; ratios as of ind_decomp_inverse. */
static void invert_together(struct ind_composer_work *work, struct ind_side *sides, int count)
{
    const int k = work->config.d_head;
    for (int l = 0; l < count; l++)
        ind_lanes_put(k, k, sides[l].gram, l, work->bundle);
    ind_lanes_inverse(k, work->bundle, work->ratio);
    for (int l = 0; l < count; l++)
        ind_lanes_take(k, k, work->bundle, l, sides[l].inverse);
}

static int invert_grams(struct ind_composer_work *work, struct ind_error *err)
{
    const int k = work->config.d_head, all = work->heads * IND_FACTORS;
    for (int first = 0; first < all; first += IND_LANES) {
        struct ind_side *sides = work->sides + first;
        const int count = all - first < IND_LANES ? all - first : IND_LANES;
        if (k <= WIDEST)
            invert_together(work, sides, count);
        for (int l = 0; l < count; l++) {
            const double ratio = k <= WIDEST
                                     ? work->ratio[l]
                                     : ind_decomp_inverse(k, sides[l].gram, sides[l].inverse);
            sides[l].rank = k;
            if (!(ratio > doubt) && invert_within_rank(work, &sides[l], err))
                return IND_FAILED;
        }
    }
    return IND_OK;
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
static struct ind_spread spread_of(struct ind_composer_work *work, const double *g, const double *h)
{
    const int k = work->config.d_head;
    const double trace = ind_dot((size_t)k * (size_t)k, g, h);
    ind_product_double(false, false, k, k, k, g, k, h, k, NULL, work->small, k);
    const double traceless = trace_of_square(k, work->small) - trace * trace / work->config.d_model;
    return (struct ind_spread){trace, fmax(traceless, 0.0)};
}

static void read_head(struct ind_composer_work *work, const struct ind_params *params, int index)
{
    const int d = work->config.d_model, k = work->config.d_head;
    const struct ind_head head = {index / work->config.heads, index % work->config.heads};
    struct ind_side *sides = &work->sides[(size_t)index * IND_FACTORS];
    for (int f = 0; f < IND_FACTORS; f++) {
        ind_factor_read(params, head, f, work->fold, work->one);
        ind_factor_gram(d, k, work->one, sides[f].gram);
        copy_rows(d, k, work->one, k, sides[f].factor, work->width);
    }
    work->qk[index] = spread_of(work, sides[IND_FACTOR_Q].gram, sides[IND_FACTOR_K].gram);
    work->ov[index] = spread_of(work, sides[IND_FACTOR_V].gram, sides[IND_FACTOR_O].gram);
}

/* ---- All of them ----------------------------------------------------------------------------- */

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
    for (int i = 0; i < work->heads; i++)
        read_head(work, params, i);
    if (invert_grams(work, err))
        return IND_FAILED;
    ind_composer_pairs(work, covariance, out);
    adjust(work, out);
    return IND_OK;
}
