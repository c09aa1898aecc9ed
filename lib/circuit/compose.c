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
#include <induct/math/sums.h>

#include "circuit/composer.h"

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

/* The factors layer by layer, then the squares head by head. */
static void place_sides(struct ind_composer_work *work)
{
    const size_t d = (size_t)work->config.d_model, width = (size_t)work->width;
    const size_t square = (size_t)work->config.d_head * (size_t)work->config.d_head;
    double *next = work->memory;
    for (int l = 0; l < work->config.layers; l++, next += 4 * d * width)
        work->layers[l] = (struct ind_composed_layer){next, next + 3 * d * width};
    for (int i = 0; i < work->heads * IND_FACTORS; i++, next += 2 * square)
        work->sides[i] = (struct ind_side){.gram = next, .inverse = next + square};
}

/* A writer of the last layer meets nobody, nor does a reader of the first. */
static void choose_inverted(struct ind_composer_work *work)
{
    for (int i = 0; i < work->heads * IND_FACTORS; i++) {
        const int layer = i / IND_FACTORS / work->config.heads;
        const bool writes = i % IND_FACTORS == IND_FACTOR_O;
        if (writes ? layer < work->config.layers - 1 : layer > 0)
            work->inverted[work->inverted_count++] = &work->sides[i];
    }
}

static int alloc_work(struct ind_composer_work *work, struct ind_error *err)
{
    const size_t d = (size_t)work->config.d_model, k = (size_t)work->config.d_head;
    const size_t heads = (size_t)work->heads, width = (size_t)work->config.heads * k;
    const size_t layers = (size_t)work->config.layers, sides = heads * IND_FACTORS;
    const size_t scratch = 3 * d * k + k * k + 9 * width * width + k;
    const size_t count = ind_composition_count(&work->config);
    if (ind_alloc_into(&work->layers, layers, sizeof *work->layers, err) ||
        ind_alloc_into(&work->sides, sides, sizeof *work->sides, err) ||
        ind_alloc_into(&work->inverted, sides, sizeof(struct ind_side *), err) ||
        ind_alloc_into(&work->qk, heads, sizeof *work->qk, err) ||
        ind_alloc_into(&work->ov, heads, sizeof *work->ov, err) ||
        ind_alloc_into(&work->memory, sides * (d * k + 2 * k * k), sizeof *work->memory, err) ||
        ind_alloc_into(&work->scratch, scratch, sizeof *work->scratch, err) ||
        ind_alloc_into(&work->bundle, k * k * IND_LANES, sizeof *work->bundle, err) ||
        ind_alloc_into(&work->ratio, IND_LANES, sizeof *work->ratio, err) ||
        ind_alloc_into(&work->p, count, sizeof *work->p, err) ||
        ind_alloc_into(&work->order, count, sizeof *work->order, err))
        return IND_FAILED;
    place_sides(work);
    choose_inverted(work);
    work->one = work->scratch;
    work->left = work->one + d * k;
    work->right = work->left + d * k;
    work->small = work->right + d * k;
    work->x = work->small + k * k;
    work->xh = work->x + 3 * width * width;
    work->gx = work->xh + 3 * width * width;
    work->s = work->gx + 3 * width * width;
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
        free(work->layers);
        free(work->sides);
        free(work->inverted);
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

/* ---- One layer ------------------------------------------------------------------------------- */

/* Cholesky inverts the Gram matrix of independent columns; a factor that may be of lower rank
 * (heads made by hand, dead heads) takes the slower way. What float32 weights leave below 1e-6 of
 * the largest singular value is rounding. */
static const double doubt = 1e-3, rank_tolerance = 1e-6;

/* The inverse within the rank, from the factor's L diag(s) R^T: sum over s_i > 0 of R_i R_i^T /
   s_i^2 */
static int invert_within_rank(struct ind_composer_work *work, const struct ind_params *params,
                              struct ind_side *side, struct ind_error *err)
{
    const int d = work->config.d_model, k = work->config.d_head, r = d < k ? d : k;
    const int index = (int)(side - work->sides), head = index / IND_FACTORS;
    ind_factor_read(params, (struct ind_head){head / work->config.heads, head % work->config.heads},
                    (enum ind_factor)(index % IND_FACTORS), work->fold, work->one);
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
static void invert_together(struct ind_composer_work *work, struct ind_side *const *sides,
                            int count)
{
    const int k = work->config.d_head;
    for (int l = 0; l < count; l++)
        ind_lanes_put(k, k, sides[l]->gram, l, work->bundle);
    ind_lanes_inverse(k, work->bundle, work->ratio);
    for (int l = 0; l < count; l++)
        ind_lanes_take(k, k, work->bundle, l, sides[l]->inverse);
}

static int invert_grams(struct ind_composer_work *work, const struct ind_params *params,
                        struct ind_error *err)
{
    const int k = work->config.d_head, all = work->inverted_count;
    for (int first = 0; first < all; first += IND_LANES) {
        struct ind_side *const *sides = work->inverted + first;
        const int count = all - first < IND_LANES ? all - first : IND_LANES;
        if (k <= WIDEST)
            invert_together(work, sides, count);
        for (int l = 0; l < count; l++) {
            const double ratio = k <= WIDEST
                                     ? work->ratio[l]
                                     : ind_decomp_inverse(k, sides[l]->gram, sides[l]->inverse);
            sides[l]->rank = k;
            if (!(ratio > doubt) && invert_within_rank(work, params, sides[l], err))
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
    const double trace = ind_inner_rows(1, (size_t)k * (size_t)k, g, 0, h, 0);
    ind_product_double(false, false, k, k, k, g, k, h, k, NULL, work->small, k);
    const double traceless = trace_of_square(k, work->small) - trace * trace / work->config.d_model;
    return (struct ind_spread){trace, fmax(traceless, 0.0)};
}

/* Of a layer's factor among Q, K and V: every head's columns and its Gram matrix. */
static void read_reader(struct ind_composer_work *work, const struct ind_params *params, int layer,
                        enum ind_factor factor)
{
    const int d = work->config.d_model, k = work->config.d_head, heads = work->config.heads;
    const int ld = 3 * work->width;
    for (int h = 0; h < heads; h++) {
        double *columns = work->layers[layer].reads + ((size_t)factor * heads + h) * k;
        ind_factor_read_rows(params, (struct ind_head){layer, h}, factor, work->fold, columns, ld);
        ind_product_double(true, false, k, k, d, columns, ld, columns, ld, NULL,
                           work->sides[(layer * heads + h) * IND_FACTORS + (int)factor].gram, k);
    }
}

/* A layer's W_O is stored as its heads' O^T one below the other. */
static void read_writers(struct ind_composer_work *work, const struct ind_params *params, int layer)
{
    const int d = work->config.d_model, k = work->config.d_head, heads = work->config.heads;
    const double *rows = work->layers[layer].writes;
    ind_widen(1, (size_t)work->width * (size_t)d, params->layers[layer].W_O, 0,
              work->layers[layer].writes, 0);
    for (int h = 0; h < heads; h++, rows += (size_t)k * d)
        ind_product_double(false, true, k, k, d, rows, d, rows, d, NULL,
                           work->sides[(layer * heads + h) * IND_FACTORS + IND_FACTOR_O].gram, k);
}

/* The first layer's heads meet none that comes before: what queries and keys read is not wanted. */
static void read_layer(struct ind_composer_work *work, const struct ind_params *params, int layer)
{
    const int heads = work->config.heads;
    if (layer > 0) {
        read_reader(work, params, layer, IND_FACTOR_Q);
        read_reader(work, params, layer, IND_FACTOR_K);
    }
    read_reader(work, params, layer, IND_FACTOR_V);
    read_writers(work, params, layer);
    for (int i = layer * heads; i < (layer + 1) * heads; i++) {
        const struct ind_side *sides = &work->sides[(size_t)i * IND_FACTORS];
        if (layer > 0)
            work->qk[i] = spread_of(work, sides[IND_FACTOR_Q].gram, sides[IND_FACTOR_K].gram);
        work->ov[i] = spread_of(work, sides[IND_FACTOR_V].gram, sides[IND_FACTOR_O].gram);
    }
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
    for (int l = 0; l < work->config.layers; l++)
        read_layer(work, params, l);
    if (invert_grams(work, params, err))
        return IND_FAILED;
    ind_composer_pairs(work, covariance, out);
    adjust(work, out);
    return IND_OK;
}
