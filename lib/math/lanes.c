#include <induct/math/lanes.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "math/simd/simd.h"

void ind_lanes_put(int m, int n, const double *matrix, int lane, double *bundle)
{
    assert(lane >= 0 && lane < IND_LANES);
    for (int j = 0; j < n; j++) {
        double *column = bundle + (size_t)j * (size_t)m * IND_LANES + lane;
        for (int i = 0; i < m; i++)
            column[(size_t)i * IND_LANES] = matrix[(size_t)i * n + j];
    }
}

void ind_lanes_take(int m, int n, const double *bundle, int lane, double *matrix)
{
    assert(lane >= 0 && lane < IND_LANES);
    for (int j = 0; j < n; j++) {
        const double *column = bundle + (size_t)j * (size_t)m * IND_LANES + lane;
        for (int i = 0; i < m; i++)
            matrix[(size_t)i * n + j] = column[(size_t)i * IND_LANES];
    }
}

/* ---- Spectra of products --------------------------------------------------------------------- */

int ind_lanes_svd_init(struct ind_lanes_svd *svd, int m, int k, int r, struct ind_error *err)
{
    assert(m >= k && k >= r && r >= 1);
    *svd = (struct ind_lanes_svd){.m = m, .k = k, .r = r};
    const size_t factor = (size_t)m * (size_t)k, square = (size_t)k * (size_t)k;
    const struct {
        double **buffer;
        size_t count;
    } buffers[] = {
        {&svd->a, factor},
        {&svd->b, factor},
        {&svd->tau_a, (size_t)k},
        {&svd->tau_b, (size_t)k},
        {&svd->core, square},
        {&svd->turned, square},
        {&svd->small, (size_t)k * (size_t)r},
    };
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        if (ind_alloc_into(buffers[i].buffer, buffers[i].count * IND_LANES, sizeof(double), err)) {
            ind_lanes_svd_release(svd);
            return IND_FAILED;
        }
    }
    return IND_OK;
}

void ind_lanes_svd_release(struct ind_lanes_svd *svd)
{
    double *const buffers[] = {svd->a,    svd->b,      svd->tau_a, svd->tau_b,
                               svd->core, svd->turned, svd->small};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        free(buffers[i]);
    *svd = (struct ind_lanes_svd){0};
}

/* out [m,r] = Q [x; 0] with x [k,r] */
static void rotate(const struct ind_lanes_svd *svd, const double *a, const double *tau,
                   const double *x, double *out)
{
    const size_t longer = (size_t)svd->m * IND_LANES, shorter = (size_t)svd->k * IND_LANES;
    for (size_t j = 0; j < (size_t)svd->r; j++) {
        memcpy(out + j * longer, x + j * shorter, shorter * sizeof *out);
        memset(out + j * longer + shorter, 0, (longer - shorter) * sizeof *out);
    }
    ind_lanes_apply_q(svd->m, svd->k, a, tau, svd->r, out);
}

/* A NaN is in no range. */
static bool is_good(const double *s, int r, int lane)
{
    const double first = s[lane], last = s[(size_t)(r - 1) * IND_LANES + (size_t)lane];
    return first > 1e-60 && first < 1e60 && last > 1e-6 * first;
}

void ind_lanes_product_svd(struct ind_lanes_svd *svd, double *s, double *left, double *right,
                           bool good[IND_LANES])
{
    const int m = svd->m, k = svd->k, r = svd->r;
    const size_t square = (size_t)k * (size_t)k * IND_LANES;
    ind_lanes_qr(m, k, svd->a, svd->tau_a);
    ind_lanes_qr(m, k, svd->b, svd->tau_b);
    ind_lanes_triangles(m, k, svd->a, svd->b, svd->core);
    memcpy(svd->turned, svd->core, square * sizeof *svd->core);
    const bool converged = ind_lanes_orthogonalise(k, k, svd->turned, s);
    for (int l = 0; l < IND_LANES; l++)
        good[l] = converged && is_good(s, r, l);
    /* The leading columns, by their lengths, are the left vectors; C^T u = s v are the right ones,
     * in which rounding is eps s_1 / s: small, but not at right angles. */
    ind_lanes_cross(k, k, r, svd->core, svd->turned, svd->small);
    ind_lanes_orthonormalise(k, r, svd->turned);
    ind_lanes_orthonormalise(k, r, svd->small);
    rotate(svd, svd->a, svd->tau_a, svd->turned, left);
    rotate(svd, svd->b, svd->tau_b, svd->small, right);
}
