/*
 * LAPACK is column-major, our matrices are row-major: the same bytes read as column-major are the
 * transpose. So instead of transposing, the transposed problem is solved in place:
 *
 *   QR of A          = LQ of A^T: L is R^T and Q' is Q^T, which row-major are R and Q
 *   SVD of A         = SVD of A^T with left and right exchanged
 *   eigenvalues of A = those of A^T
 *
 * The *_work functions of LAPACKE in column-major order go straight to LAPACK and allocate nothing.
 */
#include <induct/math/decomp.h>

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lapacke.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static bool fits(const struct ind_decomp *decomp, int m, int n)
{
    return m >= 1 && n >= 1 && larger(m, n) <= decomp->long_side &&
           smaller(m, n) <= decomp->short_side;
}

/* LAPACK's own wish for a call is written to `wish` as a double; the largest is kept. */
static void widen(int *size, double wish)
{
    *size = larger(*size, (int)wish);
}

/* What the calls below want at the largest shape, and never less than the documented minimum at any
 * smaller one (both grow with the shape). */
static int workspace_size(int rows, int columns)
{
    const int shapes[3][2] = {{rows, columns}, {columns, rows}, {columns, columns}};
    int size = 4 * columns * columns + 7 * columns + rows;
    double wish = 0.0, none = 0.0;
    int integers = 0;
    for (int i = 0; i < 3; i++) {
        const int m = shapes[i][0], n = shapes[i][1], r = smaller(m, n);
        for (const char *job = "SN"; *job != '\0'; job++) {
            LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, *job, m, n, &none, m, &none, &none, m, &none, r,
                                &wish, -1, &integers);
            widen(&size, wish);
        }
        LAPACKE_dgelqf_work(LAPACK_COL_MAJOR, m, n, &none, m, &none, &wish, -1);
        widen(&size, wish);
        LAPACKE_dorglq_work(LAPACK_COL_MAJOR, r, n, r, &none, m, &none, &wish, -1);
        widen(&size, wish);
    }
    LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'N', columns, &none, columns, &none, &none, &none, 1,
                       &none, 1, &wish, -1);
    widen(&size, wish);
    return size;
}

int ind_decomp_init(struct ind_decomp *decomp, int long_side, int short_side, struct ind_error *err)
{
    assert(long_side >= short_side && short_side >= 1);
    *decomp = (struct ind_decomp){.long_side = long_side, .short_side = short_side};
    decomp->work_size = workspace_size(long_side, short_side);
    const size_t n = (size_t)short_side, area = n * (size_t)long_side, square = n * n;
    const struct {
        double **buffer;
        size_t count;
    } buffers[] = {
        {&decomp->matrix_a, area}, {&decomp->matrix_b, area}, {&decomp->r_a, area},
        {&decomp->r_b, area},      {&decomp->core, square},   {&decomp->core_u, square},
        {&decomp->core_v, square}, {&decomp->tau, n},         {&decomp->work, decomp->work_size},
    };
    int status = ind_alloc_into(&decomp->integers, 8 * n, sizeof *decomp->integers, err);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0] && status == IND_OK; i++)
        status = ind_alloc_into(buffers[i].buffer, buffers[i].count, sizeof(double), err);
    if (status != IND_OK)
        ind_decomp_release(decomp);
    return status;
}

void ind_decomp_release(struct ind_decomp *decomp)
{
    free(decomp->matrix_a);
    free(decomp->matrix_b);
    free(decomp->r_a);
    free(decomp->r_b);
    free(decomp->core);
    free(decomp->core_u);
    free(decomp->core_v);
    free(decomp->tau);
    free(decomp->work);
    free(decomp->integers);
    *decomp = (struct ind_decomp){0};
}

/* Leaves the factor Q in `buffer` (row-major [m,k], of which the first min(m,k) columns count) if
 * wanted, and R packed in r. */
static void factor(struct ind_decomp *decomp, int m, int k, const double *a, double *buffer,
                   double *r, bool want_q)
{
    assert(fits(decomp, m, k));
    const int rank = smaller(m, k);
    memcpy(buffer, a, sizeof *a * (size_t)m * (size_t)k);
    lapack_int info = LAPACKE_dgelqf_work(LAPACK_COL_MAJOR, k, m, buffer, k, decomp->tau,
                                          decomp->work, decomp->work_size);
    assert(info == 0);
    for (int i = 0; i < rank; i++) {
        for (int j = 0; j < k; j++)
            r[i * k + j] = j < i ? 0.0 : buffer[(size_t)i * k + j];
    }
    if (want_q) {
        info = LAPACKE_dorglq_work(LAPACK_COL_MAJOR, rank, m, rank, buffer, k, decomp->tau,
                                   decomp->work, decomp->work_size);
        assert(info == 0);
    }
    (void)info;
}

void ind_decomp_qr(struct ind_decomp *decomp, int m, int k, const double *a, double *q, double *r)
{
    const int rank = smaller(m, k);
    factor(decomp, m, k, a, decomp->matrix_a, r, q != NULL);
    for (int i = 0; i < m && q != NULL; i++)
        memcpy(q + (size_t)i * rank, decomp->matrix_a + (size_t)i * k, sizeof *q * (size_t)rank);
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return false;
    }
    return true;
}

/* SVD of what lies in `a` (destroyed): s [r], u [m,r] and vt [r,n] row-major, or values only. */
static int svd_in_place(struct ind_decomp *decomp, int m, int n, double *a, double *s, double *u,
                        double *vt, struct ind_error *err)
{
    /* LAPACK would go round in circles, or return the NaN as a result. */
    if (!all_finite(a, (size_t)m * (size_t)n))
        return ind_fail(err, "a matrix of %d x %d holds a value that is not finite", m, n);
    const lapack_int info =
        LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, u == NULL ? 'N' : 'S', n, m, a, n, s, vt, n, u,
                            smaller(m, n), decomp->work, decomp->work_size, decomp->integers);
    assert(info >= 0);
    if (info > 0)
        return ind_fail(err, "the singular values of a %d x %d matrix do not converge", m, n);
    return IND_OK;
}

static void transpose(int rows, int columns, const double *from, double *to)
{
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++)
            to[(size_t)j * rows + i] = from[(size_t)i * columns + j];
    }
}

int ind_decomp_svd(struct ind_decomp *decomp, int m, int n, const double *a, double *s,
                   double *left, double *right, struct ind_error *err)
{
    assert(fits(decomp, m, n) && (left == NULL) == (right == NULL));
    memcpy(decomp->matrix_a, a, sizeof *a * (size_t)m * (size_t)n);
    if (svd_in_place(decomp, m, n, decomp->matrix_a, s, left, decomp->matrix_b, err) != IND_OK)
        return IND_FAILED;
    if (right != NULL)
        transpose(smaller(m, n), n, decomp->matrix_b, right);
    return IND_OK;
}

/* out [m,r] = Q [m,rank] vectors [rank,r], Q's rows k apart. */
static void rotate(int m, int rank, int r, int k, const double *q, const double *vectors,
                   double *out)
{
    ind_product_double(false, false, m, r, rank, q, k, vectors, r, NULL, out, r);
}

int ind_decomp_product_svd(struct ind_decomp *decomp, int m, int n, int k, const double *a,
                           const double *b, double *s, double *left, double *right,
                           struct ind_error *err)
{
    assert((left == NULL) == (right == NULL));
    const int rank_a = smaller(m, k), rank_b = smaller(n, k), r = smaller(rank_a, rank_b);
    const bool vectors = left != NULL;
    factor(decomp, m, k, a, decomp->matrix_a, decomp->r_a, vectors);
    factor(decomp, n, k, b, decomp->matrix_b, decomp->r_b, vectors);
    ind_product_double(false, true, rank_a, rank_b, k, decomp->r_a, k, decomp->r_b, k, NULL,
                       decomp->core, rank_b);
    if (svd_in_place(decomp, rank_a, rank_b, decomp->core, s, vectors ? decomp->core_u : NULL,
                     decomp->core_v, err) != IND_OK)
        return IND_FAILED;
    if (vectors) {
        rotate(m, rank_a, r, k, decomp->matrix_a, decomp->core_u, left);
        /* core_v is [r, rank_b]: its transpose is what turns Q_B. */
        ind_product_double(false, true, n, r, rank_b, decomp->matrix_b, k, decomp->core_v, rank_b,
                           NULL, right, r);
    }
    return IND_OK;
}

int ind_decomp_eigenvalues(struct ind_decomp *decomp, int k, const double *a, double *re,
                           double *im, struct ind_error *err)
{
    assert(fits(decomp, k, k));
    const size_t count = (size_t)k * (size_t)k;
    if (!all_finite(a, count))
        return ind_fail(err, "a matrix of %d x %d holds a value that is not finite", k, k);
    memcpy(decomp->core, a, sizeof *a * count);
    double none = 0.0;
    const lapack_int info =
        LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'N', k, decomp->core, k, re, im, &none, 1, &none,
                           1, decomp->work, decomp->work_size);
    assert(info >= 0);
    if (info > 0)
        return ind_fail(err, "the eigenvalues of a %d x %d matrix do not converge", k, k);
    return IND_OK;
}

double ind_decomp_inverse(int k, const double *g, double *inverse)
{
    double smallest = (double)INFINITY, largest = 0.0;
    if (inverse != g)
        memcpy(inverse, g, sizeof *g * (size_t)k * (size_t)k);
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', k, inverse, k) != 0)
        return 0.0;
    for (int i = 0; i < k; i++) {
        const double entry = inverse[(size_t)i * k + i];
        if (!(entry > 0.0 && isfinite(entry)))
            return 0.0;
        smallest = fmin(smallest, entry);
        largest = fmax(largest, entry);
    }
    if (LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', k, inverse, k) != 0)
        return 0.0;
    /* The lower triangle by columns is the upper one by rows. */
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < i; j++)
            inverse[(size_t)i * k + j] = inverse[(size_t)j * k + i];
    }
    return smallest / largest;
}

int ind_decomp_cosines(struct ind_decomp *decomp, int d, int r, const double *u, int s,
                       const double *v, double *cosines, struct ind_error *err)
{
    assert(r <= d && s <= d && fits(decomp, r, s) && larger(r, s) <= decomp->short_side);
    ind_product_double(true, false, r, s, d, u, r, v, s, NULL, decomp->core, s);
    if (svd_in_place(decomp, r, s, decomp->core, cosines, NULL, decomp->core_v, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < smaller(r, s); i++)
        cosines[i] = fmin(cosines[i], 1.0);
    return IND_OK;
}
