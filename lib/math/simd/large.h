/*
 * A template (vector.h): the same product where its factors outgrow the caches, to the same bits.
 * Beside the panel (product.h)
 *
 *   block    LARGE_BLOCK elements of A are copied too, a tile's rows together and term by term, and
 *            lie in the second-level cache while all panels go over them
 *
 * and while a tile is computed, the next tile's part of C is fetched, and a part of the next panel.
 */

enum { OF(LARGE_BLOCK) = 512 * 1024 / sizeof(REAL) };

/* Is it worth while? Both factors are copied: neither may be narrow; and rows of A that lie close
   together are as well left where they are. */
INLINE bool OF(is_large)(bool transpose_a, int m, int n, int k, int lda)
{
    return m >= 32 && n >= 4 * OF(PANEL_COLUMNS) && k >= 32 &&
           lda >= OF(PANEL_TERMS) + (transpose_a ? 0 : 1);
}

/* Rows of A that fill tiles: element (row, term) of one is tile[term * TILE_ROWS + row]. */
static void OF(pack_left)(int m, int terms, struct OF(left) a, REAL *packed)
{
    for (int i = 0; i + TILE_ROWS <= m; i += TILE_ROWS, packed += terms * TILE_ROWS) {
        const struct OF(left) tile = OF(left_from)(a, i, 0);
        if (tile.row_step != 1) {
            OF(transpose)(TILE_ROWS, terms, tile.at, tile.row_step, packed, TILE_ROWS);
            continue;
        }
        for (int t = 0; t < terms; t++)
            for (int r = 0; r < TILE_ROWS; r++)
                packed[t * TILE_ROWS + r] = tile.at[(size_t)t * tile.term_step + r];
    }
}

/* Where a panel is copied from. */
struct OF(source) {
    const REAL *at;
    size_t ld;
    bool transposed;
};

INLINE const REAL *OF(source_columns)(const struct OF(source) * from, int column)
{
    return from->at + (from->transposed ? (size_t)column * from->ld : (size_t)column);
}

/* Lines first..end-1 of the whole panel of `terms` terms from column `column` on. */
INLINE void OF(fetch_panel)(const struct OF(source) * from, int column, int first, int end)
{
    enum {
        LINE = 64 / sizeof(REAL),
        ACROSS = OF(PANEL_COLUMNS) > LINE ? OF(PANEL_COLUMNS) / LINE : 1
    };
    const REAL *at = OF(source_columns)(from, column);
    for (int l = first; l < end; l++)
        __builtin_prefetch(from->transposed
                               ? at + (size_t)(l % OF(PANEL_COLUMNS)) * from->ld +
                                     l / OF(PANEL_COLUMNS) * LINE
                               : at + (size_t)(l / ACROSS) * from->ld + l % ACROSS * LINE);
}

INLINE void OF(fetch_tile)(const REAL *c, size_t ld_c)
{
    for (int r = 0; r < TILE_ROWS; r++)
        for (int v = 0; v < TILE_VECTORS; v++)
            __builtin_prefetch(c + (size_t)r * ld_c + v * WIDE, 1);
}

/* A whole panel of C from the packed block, its rows in tiles; the panel at `next` is fetched
   meanwhile (-1: there is none). */
static void OF(large_panel)(int tiles, int terms, const REAL *packed, const REAL *panel,
                            const struct OF(source) * from, int next, const REAL *start, REAL *c,
                            size_t ld_c)
{
    const int lines = (int)((size_t)terms * OF(PANEL_COLUMNS) * sizeof(REAL) / 64);
    const int step = next < 0 ? 0 : (lines + tiles - 1) / tiles;
    for (int i = 0; i < tiles; i++) {
        const struct OF(left) tile = {packed + (size_t)i * TILE_ROWS * terms, 1, TILE_ROWS};
        const size_t at = (size_t)i * TILE_ROWS * ld_c;
        if (i + 1 < tiles)
            OF(fetch_tile)(c + at + TILE_ROWS * ld_c, ld_c);
        OF(fetch_panel)(from, next, smaller(i * step, lines), smaller((i + 1) * step, lines));
        OF(tile)
        (terms, tile, panel, OF(PANEL_COLUMNS), TILE_ROWS, TILE_VECTORS, 0,
         start ? start + at : NULL, c + at, ld_c);
    }
}

/* Some rows and some terms: as block_product, from a packed block. */
static void OF(large_block)(int m, int n, int terms, struct OF(left) a, const REAL *packed,
                            const struct OF(source) * from, const REAL *start, REAL *c, size_t ld_c)
{
    REAL panel[OF(PANEL_TERMS) * OF(PANEL_COLUMNS)] __attribute__((aligned(64)));
    const int tiles = m / TILE_ROWS, done = tiles * TILE_ROWS;
    const size_t rest = (size_t)done * ld_c;
    for (int j = 0; j < n; j += OF(PANEL_COLUMNS)) {
        const int columns = smaller(OF(PANEL_COLUMNS), n - j), after = j + OF(PANEL_COLUMNS);
        const int next = after + OF(PANEL_COLUMNS) <= n ? after : -1;
        const int whole = columns == OF(PANEL_COLUMNS) ? done : 0;
        const REAL *began = start ? start + j : NULL;
        OF(make_panel)
        (terms, columns, OF(source_columns)(from, j), from->ld, from->transposed, panel);
        if (whole)
            OF(large_panel)(tiles, terms, packed, panel, from, next, began, c + j, ld_c);
        OF(panel_product)
        (m - whole, terms, OF(left_from)(a, whole, 0), panel, columns,
         began ? began + (whole ? rest : 0) : NULL, c + j + (whole ? rest : 0), ld_c);
    }
}

static void OF(large_product)(int m, int n, int k, struct OF(left) a, struct OF(source) b,
                              const REAL *start, REAL *c, size_t ld_c)
{
    REAL packed[OF(LARGE_BLOCK)] __attribute__((aligned(64)));
    for (int t = 0; t < k; t += OF(PANEL_TERMS)) {
        const int terms = smaller(OF(PANEL_TERMS), k - t);
        const int most = OF(LARGE_BLOCK) / terms / TILE_ROWS * TILE_ROWS;
        const struct OF(source)
            from = {b.at + (b.transposed ? (size_t)t : (size_t)t * b.ld), b.ld, b.transposed};
        const REAL *began = t > 0 ? c : start;
        for (int i = 0; i < m; i += most) {
            const struct OF(left) block = OF(left_from)(a, i, t);
            const int rows = smaller(most, m - i);
            OF(pack_left)(rows, terms, block, packed);
            OF(large_block)
            (rows, n, terms, block, packed, &from, began ? began + (size_t)i * ld_c : NULL,
             c + (size_t)i * ld_c, ld_c);
        }
    }
}
