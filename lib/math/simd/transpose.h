/*
 * A template (vector.h): a matrix turned round in registers, in blocks as wide as a vector and, of
 * what is left, of four by four.
 */

/* The rows as two halves, and those shuffled into each other like a pack of cards: after log2(WIDE)
   times every element lies where its transpose has it. */
INLINE void OF(transpose_block)(const REAL *from, size_t ld_from, REAL *to, size_t ld_to)
{
    OF(vec) row[WIDE], next[WIDE];
    for (int r = 0; r < WIDE; r++)
        row[r] = load(from + (size_t)r * ld_from);
    for (int half = 1; half < WIDE; half *= 2) {
        for (int r = 0; r < WIDE / 2; r++) {
            next[2 * r] = __builtin_shufflevector(row[r], row[r + WIDE / 2], OF(LOW));
            next[2 * r + 1] = __builtin_shufflevector(row[r], row[r + WIDE / 2], OF(HIGH));
        }
        for (int r = 0; r < WIDE; r++)
            row[r] = next[r];
    }
    for (int r = 0; r < WIDE; r++)
        store(to + (size_t)r * ld_to, row[r]);
}

typedef REAL OF(quad) __attribute__((vector_size(4 * sizeof(REAL))));
typedef REAL OF(quad_anywhere)
    __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

INLINE void OF(transpose_quads)(const REAL *from, size_t ld_from, REAL *to, size_t ld_to)
{
    const OF(quad) a = *(const OF(quad_anywhere) *)from;
    const OF(quad) b = *(const OF(quad_anywhere) *)(from + ld_from);
    const OF(quad) c = *(const OF(quad_anywhere) *)(from + 2 * ld_from);
    const OF(quad) d = *(const OF(quad_anywhere) *)(from + 3 * ld_from);
    const OF(quad) ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const OF(quad) ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const OF(quad) cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const OF(quad) cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(OF(quad_anywhere) *)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    *(OF(quad_anywhere) *)(to + ld_to) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    *(OF(quad_anywhere) *)(to + 2 * ld_to) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *(OF(quad_anywhere) *)(to + 3 * ld_to) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/* In blocks of four by four, and one by one. */
INLINE void OF(transpose_rest)(int rows, int columns, const REAL *from, size_t ld_from, REAL *to,
                               size_t ld_to)
{
    const int whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
    for (int i = 0; i < whole_rows; i += 4)
        for (int j = 0; j < whole_columns; j += 4)
            OF(transpose_quads)
    (from + (size_t)i * ld_from + j, ld_from, to + (size_t)j * ld_to + i, ld_to);
    for (int i = 0; i < rows; i++)
        for (int j = i < whole_rows ? whole_columns : 0; j < columns; j++)
            to[(size_t)j * ld_to + i] = from[(size_t)i * ld_from + j];
}

/* to [columns, ld_to] = the transpose of from [rows, ld_from]. */
static void OF(transpose)(int rows, int columns, const REAL *from, size_t ld_from, REAL *to,
                          size_t ld_to)
{
    const int whole_rows = rows / WIDE * WIDE, whole_columns = columns / WIDE * WIDE;
    for (int i = 0; i < whole_rows; i += WIDE)
        for (int j = 0; j < whole_columns; j += WIDE)
            OF(transpose_block)
    (from + (size_t)i * ld_from + j, ld_from, to + (size_t)j * ld_to + i, ld_to);
    if (whole_columns < columns)
        OF(transpose_rest)
    (whole_rows, columns - whole_columns, from + whole_columns, ld_from,
     to + (size_t)whole_columns * ld_to, ld_to);
    OF(transpose_rest)
    (rows - whole_rows, columns, from + (size_t)whole_rows * ld_from, ld_from, to + whole_rows,
     ld_to);
}
