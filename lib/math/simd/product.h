/*
 * A template (vector.h): C = start + A B for factors of a few hundred rows, what a pass through a
 * small model consists of. A general BLAS rearranges both factors and clears C before it
 * multiplies; at an inner dimension of 64 that costs a third of the time. Here
 *
 *   panel    TILE_VECTORS vectors of columns of B, copied together so that they lie in the
 *            first-level cache; nothing else is copied
 *   tile     TILE_ROWS rows of C by one panel (tile.h)
 *
 * A and B may be given transposed: a tile reads A by two strides, and a panel is copied from
 * either.
 */

/* Columns and terms of one panel; elements of A that are passed over again for every panel. */
enum {
    OF(PANEL_COLUMNS) = TILE_VECTORS * VECTOR_BYTES / sizeof(REAL),
    OF(PANEL_TERMS) = 1024 / sizeof(REAL),
    OF(BLOCK) = 256 * 1024 / sizeof(REAL)
};

/* The last columns: `columns` of the panel exist in C, the others are made and thrown away. */
static void OF(panel_edge)(int terms, struct OF(left) a, const REAL *panel, int rows, int columns,
                           const REAL *start, REAL *c, size_t ld_c)
{
    REAL whole[TILE_ROWS * OF(PANEL_COLUMNS)];
    OF(tile_edge)
    (terms, a, panel, OF(PANEL_COLUMNS), rows, TILE_VECTORS, 0, NULL, whole, OF(PANEL_COLUMNS));
    for (int r = 0; r < rows; r++) {
        const REAL *made = whole + (size_t)r * OF(PANEL_COLUMNS);
        const size_t row = (size_t)r * ld_c;
        for (int j = 0; j < columns; j++)
            c[row + j] = start ? start[row + j] + made[j] : made[j];
    }
}

/* `terms` rows of `columns` columns of B, zeros after. Element (term, column) is
   b[term * ld + column], or with `transposed` b[column * ld + term]. */
static void OF(make_panel)(int terms, int columns, const REAL *b, size_t ld, bool transposed,
                           REAL *panel)
{
    if (columns < OF(PANEL_COLUMNS))
        memset(panel, 0, (size_t)terms * OF(PANEL_COLUMNS) * sizeof *panel);
    if (transposed) {
        OF(transpose)(columns, terms, b, ld, panel, OF(PANEL_COLUMNS));
        return;
    }
    for (int t = 0; t < terms; t++) {
        REAL *to = panel + (size_t)t * OF(PANEL_COLUMNS);
        const REAL *from = b + (size_t)t * ld;
        if (columns == OF(PANEL_COLUMNS))
            for (int v = 0; v < TILE_VECTORS; v++)
                store(to + v * WIDE, load(from + v * WIDE));
        else
            memcpy(to, from, (size_t)columns * sizeof *to);
    }
}

/* Columns of C from one panel, all rows. */
static void OF(panel_product)(int m, int terms, struct OF(left) a, const REAL *panel, int columns,
                              const REAL *start, REAL *c, size_t ld_c)
{
    for (int i = 0; i < m; i += TILE_ROWS) {
        const int rows = smaller(TILE_ROWS, m - i);
        const struct OF(left) block = OF(left_from)(a, i, 0);
        const REAL *from = start ? start + (size_t)i * ld_c : NULL;
        REAL *out = c + (size_t)i * ld_c;
        if (columns < OF(PANEL_COLUMNS))
            OF(panel_edge)(terms, block, panel, rows, columns, from, out, ld_c);
        else if (rows == TILE_ROWS)
            OF(tile)
        (terms, block, panel, OF(PANEL_COLUMNS), TILE_ROWS, TILE_VECTORS, 0, from, out, ld_c);
        else OF(tile_edge)(terms, block, panel, OF(PANEL_COLUMNS), rows, TILE_VECTORS, 0, from, out,
                           ld_c);
    }
}

/* Some rows of C and some terms. */
static void OF(block_product)(int m, int n, int terms, struct OF(left) a, const REAL *b,
                              size_t ld_b, bool transposed, const REAL *start, REAL *c, size_t ld_c)
{
    REAL panel[OF(PANEL_TERMS) * OF(PANEL_COLUMNS)] __attribute__((aligned(64)));
    for (int j = 0; j < n; j += OF(PANEL_COLUMNS)) {
        const int columns = smaller(OF(PANEL_COLUMNS), n - j);
        OF(make_panel)
        (terms, columns, b + (transposed ? (size_t)j * ld_b : (size_t)j), ld_b, transposed, panel);
        OF(panel_product)(m, terms, a, panel, columns, start ? start + j : NULL, c + j, ld_c);
    }
}

#include "math/simd/large.h"

static void OF(product)(bool transpose_a, bool transpose_b, int m, int n, int k, const REAL *a,
                        int lda, const REAL *b, int ldb, const REAL *start, REAL *c, int ldc)
{
    assert(m >= 0 && n >= 0 && k >= 0);
    assert(lda >= (transpose_a ? m : k) && ldb >= (transpose_b ? k : n) && ldc >= n);
    const struct OF(left) whole = {a, transpose_a ? 1 : (size_t)lda, transpose_a ? (size_t)lda : 1};
    const size_t ld_b = (size_t)ldb, ld_c = (size_t)ldc;
    if (OF(is_large)(transpose_a, m, n, k, lda)) {
        OF(large_product)
        (m, n, k, whole, (struct OF(source)){b, ld_b, transpose_b}, start, c, ld_c);
        return;
    }
    /* Once where there is no term: an empty sum is written too. */
    for (int t = 0; t == 0 || t < k; t += OF(PANEL_TERMS)) {
        const int terms = smaller(OF(PANEL_TERMS), k - t);
        const int most = OF(BLOCK) / (terms + 1) / TILE_ROWS * TILE_ROWS;
        const REAL *b_terms = b + (transpose_b ? (size_t)t : (size_t)t * ld_b);
        const REAL *from = t > 0 ? c : start;
        for (int i = 0; i < m; i += most)
            OF(block_product)
        (smaller(most, m - i), n, terms, OF(left_from)(whole, i, t), b_terms, ld_b, transpose_b,
         from ? from + (size_t)i * ld_c : NULL, c + (size_t)i * ld_c, ld_c);
    }
}
