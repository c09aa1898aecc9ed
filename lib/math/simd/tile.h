/*
 * A template (vector.h): the product that all others are made of. Sums of some rows by some vectors
 * of columns stay in registers from the first term to the last; the numbers of rows and vectors are
 * constants once inlined.
 */

/* Element (row, term) of the left factor is at[row * row_step + term * term_step]. */
struct OF(left) {
    const REAL *at;
    size_t row_step, term_step;
};

/* Rows from number `row` on, terms from number `term` on. */
INLINE struct OF(left) OF(left_from)(struct OF(left) a, int row, int term)
{
    a.at += (size_t)row * a.row_step + (size_t)term * a.term_step;
    return a;
}

/* One vector, or its first `part` < WIDE elements. */
INLINE OF(vec) OF(load_columns)(const REAL *p, int part)
{
    return part ? load_part(p, part) : load(p);
}

INLINE void OF(store_columns)(REAL *p, OF(vec) v, int part)
{
    if (part)
        store_part(p, v, part);
    else
        store(p, v);
}

/* sum[r * vectors + v] += over the terms, a's row r times vector v of b's rows. */
INLINE void OF(multiply)(int terms, struct OF(left) a, const REAL *b, size_t ld_b, int rows,
                         int vectors, int part, OF(vec) * sum)
{
    for (int t = 0; t < terms; t++) {
        OF(vec) row[MOST_VECTORS];
        for (int v = 0; v < vectors; v++)
            row[v] = OF(load_columns)(b + (size_t)t * ld_b + v * WIDE, part);
        for (int r = 0; r < rows; r++) {
            const OF(vec) factor = splat(a.at[(size_t)r * a.row_step + (size_t)t * a.term_step]);
            for (int v = 0; v < vectors; v++)
                sum[r * vectors + v] += factor * row[v];
        }
    }
}

/* c [rows, vectors] = start (NULL: zeros) + the same; start has c's row stride. */
INLINE void OF(tile)(int terms, struct OF(left) a, const REAL *b, size_t ld_b, int rows,
                     int vectors, int part, const REAL *start, REAL *c, size_t ld_c)
{
    OF(vec) sum[TILE_ROWS * TILE_VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r * vectors + v] = start
                                       ? OF(load_columns)(start + (size_t)r * ld_c + v * WIDE, part)
                                       : splat((REAL)0);
    OF(multiply)(terms, a, b, ld_b, rows, vectors, part, sum);
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            OF(store_columns)(c + (size_t)r * ld_c + v * WIDE, sum[r * vectors + v], part);
}

/* The same with the number of rows as a constant. */
INLINE void OF(tile_rows)(int terms, struct OF(left) a, const REAL *b, size_t ld_b, int rows,
                          int vectors, int part, const REAL *start, REAL *c, size_t ld_c)
{
    switch (rows) {
    case 1:
        OF(tile)(terms, a, b, ld_b, 1, vectors, part, start, c, ld_c);
        break;
    case 2:
        OF(tile)(terms, a, b, ld_b, 2, vectors, part, start, c, ld_c);
        break;
    case 3:
        OF(tile)(terms, a, b, ld_b, 3, vectors, part, start, c, ld_c);
        break;
    case 4:
        OF(tile)(terms, a, b, ld_b, 4, vectors, part, start, c, ld_c);
        break;
    case 5:
        OF(tile)(terms, a, b, ld_b, 5, vectors, part, start, c, ld_c);
        break;
    case 6:
        OF(tile)(terms, a, b, ld_b, 6, vectors, part, start, c, ld_c);
        break;
    case 7:
        OF(tile)(terms, a, b, ld_b, smaller(7, TILE_ROWS), vectors, part, start, c, ld_c);
        break;
    default:
        OF(tile)(terms, a, b, ld_b, TILE_ROWS, vectors, part, start, c, ld_c);
    }
}

/* What is less than a whole tile: any rows up to TILE_ROWS, TILE_VECTORS vectors, or one of them,
   or the first `part` elements of one. */
static void OF(tile_edge)(int terms, struct OF(left) a, const REAL *b, size_t ld_b, int rows,
                          int vectors, int part, const REAL *start, REAL *c, size_t ld_c)
{
    if (part)
        OF(tile_rows)(terms, a, b, ld_b, rows, 1, part, start, c, ld_c);
    else if (vectors == 1)
        OF(tile_rows)(terms, a, b, ld_b, rows, 1, 0, start, c, ld_c);
    else
        OF(tile_rows)(terms, a, b, ld_b, rows, TILE_VECTORS, 0, start, c, ld_c);
}
