#include <induct/circuit/bank.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/lanes.h>

#include "circuit/directions.h"

/* Wider heads are LAPACK's: it works in blocks, and Jacobi's sweeps grow with the width. */
enum { WIDEST = 32 };

struct ind_banker_work {
    struct ind_config config;
    enum ind_fold fold;
    int r, size;
    bool lanes;                 /* does ind_lanes_product_svd do this shape? */
    double *a, *b;              /* [8, d_model, d_head]: the factors */
    double *s;                  /* [size, 8] */
    double *products, *cosines; /* [r, r, 8], [r, 8] */
    struct ind_spectrum one;    /* for what the lanes cannot do */
    struct ind_spectra spectra;
    struct ind_lanes_svd svd;
};

/* ---- Memory ---------------------------------------------------------------------------------- */

static size_t plane_of(const struct ind_config *config, int r)
{
    return (size_t)config->d_model * (size_t)r;
}

int ind_bank_init(struct ind_bank *bank, const struct ind_config *config, int r, int count,
                  struct ind_error *err)
{
    const size_t bundles = ((size_t)count + IND_LANES - 1) / IND_LANES;
    const size_t vectors = bundles * plane_of(config, r) * IND_LANES;
    *bank = (struct ind_bank){.count = count};
    if (ind_alloc_into(&bank->s, (size_t)count * (size_t)ind_spectrum_size(config), sizeof *bank->s,
                       err) ||
        ind_alloc_into(&bank->directed, (size_t)count, sizeof *bank->directed, err) ||
        ind_alloc_into(&bank->left, vectors, sizeof *bank->left, err) ||
        ind_alloc_into(&bank->right, vectors, sizeof *bank->right, err)) {
        ind_bank_release(bank);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_bank_release(struct ind_bank *bank)
{
    free(bank->s);
    free(bank->directed);
    free(bank->left);
    free(bank->right);
    *bank = (struct ind_bank){0};
}

static int alloc_work(struct ind_banker_work *work, struct ind_error *err)
{
    const struct ind_config *c = &work->config;
    const size_t area = (size_t)c->d_model * (size_t)c->d_head, plane = plane_of(c, work->r);
    const size_t r = (size_t)work->r, size = (size_t)work->size;
    const struct {
        double **buffer;
        size_t count;
    } buffers[] = {
        {&work->a, area * IND_LANES},    {&work->b, area * IND_LANES},
        {&work->s, size * IND_LANES},    {&work->products, r * r * IND_LANES},
        {&work->cosines, r * IND_LANES}, {&work->one.s, size},
        {&work->one.left, plane},        {&work->one.right, plane},
    };
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        if (ind_alloc_into(buffers[i].buffer, buffers[i].count, sizeof(double), err))
            return IND_FAILED;
    }
    if (work->lanes && ind_lanes_svd_init(&work->svd, c->d_model, c->d_head, work->r, err))
        return IND_FAILED;
    return ind_spectra_init(&work->spectra, c, work->r, work->fold, err);
}

int ind_banker_init(struct ind_banker *banker, const struct ind_config *config, int r,
                    enum ind_fold fold, struct ind_error *err)
{
    if (ind_alloc_into(&banker->work, 1, sizeof *banker->work, err))
        return IND_FAILED;
    *banker->work = (struct ind_banker_work){
        .config = *config,
        .fold = fold,
        .r = r,
        .size = ind_spectrum_size(config),
        .lanes = config->d_head <= config->d_model && config->d_head <= WIDEST,
    };
    if (alloc_work(banker->work, err)) {
        ind_banker_release(banker);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_banker_release(struct ind_banker *banker)
{
    struct ind_banker_work *work = banker->work;
    if (work != NULL) {
        double *const buffers[] = {work->a,       work->b,     work->s,        work->products,
                                   work->cosines, work->one.s, work->one.left, work->one.right};
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            free(buffers[i]);
        ind_spectra_release(&work->spectra);
        ind_lanes_svd_release(&work->svd);
        free(work);
    }
    banker->work = NULL;
}

/* ---- Spectra --------------------------------------------------------------------------------- */

static double *vectors(const struct ind_banker_work *work, double *all, int first)
{
    return all + plane_of(&work->config, work->r) * (size_t)first;
}

/* Matrix i of the bank by LAPACK. */
static int fill_one(struct ind_banker_work *work, const struct ind_params *params,
                    const struct ind_head_product *product, int i, struct ind_bank *bank,
                    struct ind_error *err)
{
    const int first = i / IND_LANES * IND_LANES, d = work->config.d_model;
    if (ind_spectra_run(&work->spectra, params, product->head, product->matrix, &work->one, err))
        return IND_FAILED;
    memcpy(bank->s + (size_t)i * (size_t)work->size, work->one.s,
           (size_t)work->size * sizeof *bank->s);
    ind_lanes_put(d, work->r, work->one.left, i - first, vectors(work, bank->left, first));
    ind_lanes_put(d, work->r, work->one.right, i - first, vectors(work, bank->right, first));
    return IND_OK;
}

/* Matrices first .. of the bank, as many of them as there are lanes; good says which are done. */
static void fill_lanes(struct ind_banker_work *work, const struct ind_params *params,
                       const struct ind_head_product *products, int first, int count,
                       struct ind_bank *bank, bool good[IND_LANES])
{
    const int d = work->config.d_model, k = work->config.d_head;
    const size_t area = (size_t)d * (size_t)k, rest = (size_t)(IND_LANES - count) * area;
    for (int l = 0; l < count; l++)
        ind_factors_read(params, products[l].head, products[l].matrix, work->fold,
                         work->a + (size_t)l * area, work->b + (size_t)l * area);
    /* the rest may hold another worker's history */
    memset(work->a + (size_t)count * area, 0, rest * sizeof *work->a);
    memset(work->b + (size_t)count * area, 0, rest * sizeof *work->b);
    ind_lanes_put_all(d, k, work->a, work->svd.a);
    ind_lanes_put_all(d, k, work->b, work->svd.b);
    ind_lanes_product_svd(&work->svd, work->s, vectors(work, bank->left, first),
                          vectors(work, bank->right, first), good);
    for (int l = 0; l < count; l++)
        ind_lanes_take(work->size, 1, work->s, l, bank->s + (size_t)(first + l) * work->size);
}

int ind_banker_fill(struct ind_banker *banker, const struct ind_params *params,
                    const struct ind_head_product *products, struct ind_bank *bank,
                    struct ind_error *err)
{
    struct ind_banker_work *work = banker->work;
    for (int first = 0; first < bank->count; first += IND_LANES) {
        const int left = bank->count - first, count = left < IND_LANES ? left : IND_LANES;
        bool good[IND_LANES] = {false};
        if (work->lanes)
            fill_lanes(work, params, products + first, first, count, bank, good);
        for (int i = first; i < first + count; i++) {
            if (!good[i - first] && fill_one(work, params, &products[i], i, bank, err))
                return IND_FAILED;
            bank->directed[i] =
                ind_has_directions(bank->s + (size_t)i * (size_t)work->size, work->r);
        }
    }
    return IND_OK;
}

/* ---- Angles ---------------------------------------------------------------------------------- */

/* Of one side of eight matrices: angles [count, r]. */
static int angles_of_lanes(struct ind_banker_work *work, const double *u, const double *v,
                           int count, double *angles, struct ind_error *err)
{
    const int r = work->r;
    ind_lanes_cross(work->config.d_model, r, r, u, v, work->products);
    if (!ind_lanes_orthogonalise(r, r, work->products, work->cosines))
        return ind_fail(err, "the angles between two checkpoints do not converge");
    for (int l = 0; l < count; l++) {
        for (int i = 0; i < r; i++)
            angles[l * r + i] = ind_principal_angle(work->cosines[i * IND_LANES + l]);
    }
    return IND_OK;
}

static void set_undefined(int r, double *angles)
{
    for (int i = 0; i < r; i++)
        angles[i] = (double)NAN;
}

int ind_banker_angles(struct ind_banker *banker, const struct ind_bank *a, const struct ind_bank *b,
                      double *left, double *right, struct ind_error *err)
{
    struct ind_banker_work *work = banker->work;
    const int r = work->r;
    assert(a->count == b->count);
    for (int first = 0; first < a->count; first += IND_LANES) {
        const int rest = a->count - first, count = rest < IND_LANES ? rest : IND_LANES;
        if (angles_of_lanes(work, vectors(work, a->left, first), vectors(work, b->left, first),
                            count, left + (size_t)first * r, err) ||
            angles_of_lanes(work, vectors(work, a->right, first), vectors(work, b->right, first),
                            count, right + (size_t)first * r, err))
            return IND_FAILED;
    }
    for (int i = 0; i < a->count; i++) {
        if (!a->directed[i] || !b->directed[i]) {
            set_undefined(r, left + (size_t)i * r);
            set_undefined(r, right + (size_t)i * r);
        }
    }
    return IND_OK;
}
