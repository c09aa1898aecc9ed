/*
 * C = start + A B for one instruction set (see simd.h), for factors of a few hundred rows: what a
 * pass through a small model consists of. A general BLAS rearranges both factors and clears C
 * before it multiplies; at an inner dimension of 64 that costs a third of the time. Here
 *
 *   panel    PRODUCT_COLUMNS columns of B, copied together so that they lie in the first-level
 *            cache; nothing else is copied
 *   tile     PRODUCT_ROWS rows of C by one panel, in registers from the first term to the last
 *
 * A and B may be given transposed: a tile reads A by two strides, and a panel is copied from
 * either.
 */
#ifndef INDUCT_LIB_MATH_SIMD_PRODUCT_H
#define INDUCT_LIB_MATH_SIMD_PRODUCT_H

#include "math/simd/simd.h"
#include "math/simd/transpose.h"
#include "math/simd/vector.h"

/* With a row of B and an element of A the sums of a tile fill the 16 registers; more rows where
   there are 32. TERMS: of one panel. */
enum {
    PRODUCT_ROWS = W == 16 ? 8 : 6,
    PRODUCT_VECTORS = 2,
    PRODUCT_COLUMNS = PRODUCT_VECTORS * W,
    PRODUCT_TERMS = 256,
    PRODUCT_BLOCK = 64 * 1024 /* floats of A that are passed over again for every panel */
};

/* Element (row, term) of A is at[row * row_step + term * term_step]. */
struct left {
    const float *at;
    size_t row_step, term_step;
};

/* c [rows, vectors * W] = start (NULL: zeros) + sum over terms of a times the panel's rows. */
INLINE void tile(int terms, struct left a, const float *panel, int rows, int vectors,
                 const float *start, float *c, size_t ld_c)
{
    vec sum[PRODUCT_ROWS][PRODUCT_VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = start ? load(start + (size_t)r * ld_c + v * W) : splat(0.0F);
    for (int t = 0; t < terms; t++) {
        vec row[PRODUCT_VECTORS];
        for (int v = 0; v < vectors; v++)
            row[v] = load(panel + (size_t)t * PRODUCT_COLUMNS + v * W);
        for (int r = 0; r < rows; r++) {
            const vec factor = splat(a.at[(size_t)r * a.row_step + (size_t)t * a.term_step]);
            for (int v = 0; v < vectors; v++)
                sum[r][v] += factor * row[v];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            store(c + (size_t)r * ld_c + v * W, sum[r][v]);
}

/* The number of rows as a constant, so that the sums stay in registers. */
INLINE void tile_rows(int terms, struct left a, const float *panel, int rows, int vectors,
                      const float *start, float *c, size_t ld_c)
{
    switch (rows) {
    case 1:
        tile(terms, a, panel, 1, vectors, start, c, ld_c);
        break;
    case 2:
        tile(terms, a, panel, 2, vectors, start, c, ld_c);
        break;
    case 3:
        tile(terms, a, panel, 3, vectors, start, c, ld_c);
        break;
    case 4:
        tile(terms, a, panel, 4, vectors, start, c, ld_c);
        break;
    case 5:
        tile(terms, a, panel, 5, vectors, start, c, ld_c);
        break;
    case 6:
        tile(terms, a, panel, 6, vectors, start, c, ld_c);
        break;
#if defined(__AVX512F__)
    case 7:
        tile(terms, a, panel, 7, vectors, start, c, ld_c);
        break;
    case 8:
        tile(terms, a, panel, 8, vectors, start, c, ld_c);
        break;
#endif
    }
}

/* One row of tiles less, or a whole panel: `columns` of it exist in C, the others are made and
   thrown away. */
static void tile_edge(int terms, struct left a, const float *panel, int rows, int columns,
                      const float *start, float *c, size_t ld_c)
{
    float whole[PRODUCT_ROWS * PRODUCT_COLUMNS];
    tile_rows(terms, a, panel, rows, PRODUCT_VECTORS, NULL, whole, PRODUCT_COLUMNS);
    for (int r = 0; r < rows; r++) {
        const float *made = whole + (size_t)r * PRODUCT_COLUMNS;
        const size_t row = (size_t)r * ld_c;
        for (int j = 0; j < columns; j++)
            c[row + j] = start ? start[row + j] + made[j] : made[j];
    }
}

/* `terms` rows of `columns` <= PRODUCT_COLUMNS columns of B, zeros behind. Element (term, column)
   is b[term * ld + column], or with `transposed` b[column * ld + term]. */
static void make_panel(int terms, int columns, const float *b, size_t ld, bool transposed,
                       float *panel)
{
    if (columns < PRODUCT_COLUMNS)
        memset(panel, 0, (size_t)terms * PRODUCT_COLUMNS * sizeof *panel);
    if (transposed) {
        transpose(columns, terms, b, ld, panel, PRODUCT_COLUMNS);
        return;
    }
    for (int t = 0; t < terms; t++) {
        float *to = panel + (size_t)t * PRODUCT_COLUMNS;
        const float *from = b + (size_t)t * ld;
        if (columns == PRODUCT_COLUMNS)
            for (int v = 0; v < PRODUCT_VECTORS; v++)
                store(to + v * W, load(from + v * W));
        else
            memcpy(to, from, (size_t)columns * sizeof *to);
    }
}

/* Columns of C from one panel, all rows. */
static void panel_product(int m, int terms, struct left a, const float *panel, int columns,
                          const float *start, float *c, size_t ld_c)
{
    for (int i = 0; i < m; i += PRODUCT_ROWS) {
        const int rows = m - i < PRODUCT_ROWS ? m - i : PRODUCT_ROWS;
        const struct left block = {a.at + (size_t)i * a.row_step, a.row_step, a.term_step};
        const float *from = start ? start + (size_t)i * ld_c : NULL;
        float *out = c + (size_t)i * ld_c;
        if (columns < PRODUCT_COLUMNS)
            tile_edge(terms, block, panel, rows, columns, from, out, ld_c);
        else if (rows == PRODUCT_ROWS)
            tile(terms, block, panel, PRODUCT_ROWS, PRODUCT_VECTORS, from, out, ld_c);
        else
            tile_rows(terms, block, panel, rows, PRODUCT_VECTORS, from, out, ld_c);
    }
}

/* Some rows of C and some terms. */
static void block_product(int m, int n, int terms, struct left a, const float *b, size_t ld_b,
                          bool transposed, const float *start, float *c, size_t ld_c)
{
    float panel[PRODUCT_TERMS * PRODUCT_COLUMNS] __attribute__((aligned(64)));
    for (int j = 0; j < n; j += PRODUCT_COLUMNS) {
        const int columns = n - j < PRODUCT_COLUMNS ? n - j : PRODUCT_COLUMNS;
        make_panel(terms, columns, b + (transposed ? (size_t)j * ld_b : (size_t)j), ld_b,
                   transposed, panel);
        panel_product(m, terms, a, panel, columns, start ? start + j : NULL, c + j, ld_c);
    }
}

static void product(bool transpose_a, bool transpose_b, int m, int n, int k, const float *a,
                    size_t ld_a, const float *b, size_t ld_b, const float *start, float *c,
                    size_t ld_c)
{
    const struct left whole = {a, transpose_a ? 1 : ld_a, transpose_a ? ld_a : 1};
    /* Once where there is no term: an empty sum is written too. */
    for (int t = 0; t == 0 || t < k; t += PRODUCT_TERMS) {
        const int terms = k - t < PRODUCT_TERMS ? k - t : PRODUCT_TERMS;
        const int most = PRODUCT_BLOCK / (terms + 1) / PRODUCT_ROWS * PRODUCT_ROWS;
        const float *b_terms = b + (transpose_b ? (size_t)t : (size_t)t * ld_b);
        const float *from = t > 0 ? c : start;
        for (int i = 0; i < m; i += most) {
            const struct left part = {whole.at + (size_t)i * whole.row_step +
                                          (size_t)t * whole.term_step,
                                      whole.row_step, whole.term_step};
            block_product(m - i < most ? m - i : most, n, terms, part, b_terms, ld_b, transpose_b,
                          from ? from + (size_t)i * ld_c : NULL, c + (size_t)i * ld_c, ld_c);
        }
    }
}

#endif
