/*
 * Tables as text. Everything is put together in a block of memory and handed to the stream a block
 * at a time: stdio's per-call locking costs more than formatting a number.
 */
#include <induct/table/table.h>

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <induct/base/printable.h>

#include "table/cell.h"
#include "table/decimal.h"

enum { DEFAULT_DIGITS = 6, MOST_DIGITS = 17, BLOCK = 1 << 14 };

/* Text on its way to a stream. After an error the rest is dropped and `failed` is that errno. */
struct block {
    FILE *stream;
    int failed;
    size_t used, flushed; /* bytes in it, and before them */
    char bytes[BLOCK];
};

static void block_init(struct block *block, FILE *stream)
{
    block->stream = stream;
    block->failed = 0;
    block->used = block->flushed = 0;
}

static void flush_block(struct block *block)
{
    errno = 0;
    if (!block->failed && block->used > 0 &&
        fwrite(block->bytes, 1, block->used, block->stream) != block->used)
        block->failed = errno ? errno : EIO;
    block->flushed += block->used;
    block->used = 0;
}

static void put_char(struct block *block, char c)
{
    if (block->used == BLOCK)
        flush_block(block);
    block->bytes[block->used++] = c;
}

static void put_text(struct block *block, const char *text)
{
    while (*text)
        put_char(block, *text++);
}

/* Where the next number goes, with IND_DECIMAL_ROOM bytes after it; `used` is the caller's to
   advance. */
static char *number_room(struct block *block)
{
    if (BLOCK - block->used < IND_DECIMAL_ROOM)
        flush_block(block);
    return block->bytes + block->used;
}

static void put_int(struct block *block, long long value)
{
    char *out = number_room(block);
    block->used += (size_t)ind_decimal_int(value, out);
}

static int finish_block(struct block *block, struct ind_error *err)
{
    flush_block(block);
    if (!block->failed)
        return IND_OK;
    errno = block->failed;
    return ind_fail_errno(err, "cannot write");
}

/* ---- Text in the three formats --------------------------------------------------------------- */

/* The character at `text`, or a '?' for one that no terminal shall see; returns what follows. */
static const char *put_printable(struct block *block, const char *text)
{
    const int length = ind_printable_length(text), whole = ind_utf8_length(text);
    if (length == 0)
        put_char(block, '?');
    for (int i = 0; i < length; i++)
        put_char(block, text[i]);
    return text + (whole > 0 ? whole : 1);
}

static void put_tsv_text(struct block *block, const char *text)
{
    while (*text) {
        const char *special = strchr("\t\n\r\\", *text);
        if (special) {
            put_char(block, '\\');
            put_char(block, "tnr\\"[special - "\t\n\r\\"]);
            text++;
        } else {
            text = put_printable(block, text);
        }
    }
}

/* RFC 4180; a text that begins with # is quoted too, else a reader takes the row for a comment. */
static void put_csv_text(struct block *block, const char *text)
{
    const bool quoted = strpbrk(text, ",\"\r\n") || text[0] == '#';
    if (quoted)
        put_char(block, '"');
    while (*text) {
        if (*text == '"')
            put_char(block, '"');
        if (strchr("\t\r\n", *text))
            put_char(block, *text++);
        else
            text = put_printable(block, text);
    }
    if (quoted)
        put_char(block, '"');
}

/* A character below U+10000, in the `length` bytes of its UTF-8. */
static void put_escape(struct block *block, const unsigned char *at, int length)
{
    unsigned code = length == 1 ? at[0] : length == 2 ? at[0] & 0x1FU : at[0] & 0x0FU;
    for (int i = 1; i < length; i++)
        code = code << 6 | (at[i] & 0x3FU);
    put_text(block, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        put_char(block, "0123456789abcdef"[code >> shift & 15]);
}

/* A JSON string. File names need not be UTF-8, JSON must be: a stray byte becomes U+FFFD. */
static void put_json_text(struct block *block, const char *text)
{
    put_char(block, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        int length = ind_utf8_length((const char *)at);
        if (length == 0) {
            put_text(block, "\\ufffd");
            at++;
        } else if (ind_printable_length((const char *)at) == 0) {
            put_escape(block, at, length);
            at += length;
        } else {
            if (*at == '"' || *at == '\\')
                put_char(block, '\\');
            for (; length > 0; length--)
                put_char(block, (char)*at++);
        }
    }
    put_char(block, '"');
}

static void put_cell_text(struct block *block, enum ind_format format, const char *text)
{
    switch (format) {
    case IND_TSV:
        put_tsv_text(block, text);
        break;
    case IND_CSV:
        put_csv_text(block, text);
        break;
    case IND_JSONL:
        put_json_text(block, text);
        break;
    }
}

static void put_real(struct block *block, enum ind_format format, double value, int digits)
{
    if (isfinite(value)) {
        char *out = number_room(block);
        block->used += (size_t)ind_decimal_real(value + 0.0, digits, out); /* + 0.0: no "-0" */
    } else if (format == IND_JSONL)
        put_text(block, "null");
    else
        put_text(block, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

/* ---- The table ------------------------------------------------------------------------------- */

/* The comment must stay one line whatever was typed. */
static void put_comment_text(struct block *block, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r')
            put_text(block, *text == '\n' ? "\\n" : "\\r");
        else
            put_char(block, *text);
    }
}

enum { GAP = 2 };

int ind_column_width(const struct ind_column *column)
{
    const int name = (int)strlen(column->name);
    const int cell = column->type == IND_COLUMN_TEXT ? 5 : column->type == IND_COLUMN_INT ? 6 : 11;
    return name > cell ? name : cell;
}

static bool is_shown(const struct ind_table *table, int column)
{
    return table->hidden == NULL || !table->hidden[column];
}

/* What stands between cells; `cell` is where the one before it begins. */
static void put_separator(struct block *block, const struct ind_table *table, int column,
                          size_t cell)
{
    if (table->widths == NULL) {
        put_char(block, table->format == IND_TSV ? '\t' : ',');
        return;
    }
    int length = (int)(block->flushed + block->used - cell);
    if (length > table->widths[column])
        table->widths[column] = length;
    for (; length < table->widths[column] + GAP; length++)
        put_char(block, ' ');
}

static void put_names(struct block *block, const struct ind_table *table)
{
    size_t cell = 0;
    for (int c = 0, before = -1; c < table->column_count; c++) {
        if (!is_shown(table, c))
            continue;
        if (before >= 0)
            put_separator(block, table, before, cell);
        cell = block->flushed + block->used;
        put_cell_text(block, table->format, table->columns[c].name);
        before = c;
    }
    put_char(block, '\n');
}

static void put_heading(struct block *block, const struct ind_table *table, const char *program,
                        const char *version, const char *command)
{
    put_text(block, "# ");
    put_comment_text(block, program);
    put_char(block, ' ');
    put_comment_text(block, version);
    put_text(block, ": ");
    put_comment_text(block, command);
    put_char(block, '\n');
    put_names(block, table);
}

int ind_table_open(struct ind_table *table, FILE *stream, enum ind_format format,
                   const struct ind_column *columns, int column_count, const char *program,
                   const char *version, const char *command, struct ind_error *err)
{
    *table = (struct ind_table){stream, format, columns, column_count, NULL, NULL};
    return ind_table_begin(table, program, version, command, err);
}

int ind_table_begin(struct ind_table *table, const char *program, const char *version,
                    const char *command, struct ind_error *err)
{
    assert(table->column_count > 0);
    struct block block;
    block_init(&block, table->stream);
    if (table->format != IND_JSONL)
        put_heading(&block, table, program, version, command);
    return finish_block(&block, err);
}

static void put_cell(struct block *block, const struct ind_table *table,
                     const struct ind_column *column, const struct ind_rows *rows,
                     const struct ind_cell *cell)
{
    assert(cell->type == column->type);
    int digits = column->digits ? column->digits : DEFAULT_DIGITS;
    switch (cell->type) {
    case IND_COLUMN_INT:
        put_int(block, cell->value.integer);
        break;
    case IND_COLUMN_REAL:
        assert(digits > 0 && digits <= MOST_DIGITS);
        put_real(block, table->format, cell->value.real, digits);
        break;
    case IND_COLUMN_TEXT:
        put_cell_text(block, table->format, rows->text + cell->value.text);
        break;
    }
}

static void put_row(struct block *block, const struct ind_table *table, const struct ind_rows *rows,
                    const struct ind_cell *cells)
{
    const bool json = table->format == IND_JSONL;
    size_t cell = 0;
    for (int c = 0, before = -1; c < table->column_count; c++) {
        if (!is_shown(table, c))
            continue;
        if (before >= 0)
            put_separator(block, table, before, cell);
        cell = block->flushed + block->used;
        if (json) {
            put_char(block, before < 0 ? '{' : ' ');
            put_json_text(block, table->columns[c].name);
            put_char(block, ':');
        }
        put_cell(block, table, &table->columns[c], rows, &cells[c]);
        before = c;
    }
    if (json)
        put_char(block, '}');
    put_char(block, '\n');
}

int ind_table_write(struct ind_table *table, const struct ind_rows *rows, struct ind_error *err)
{
    if (rows->failed)
        return ind_fail(err, "out of memory for %zu cells of a table", rows->count);
    size_t columns = (size_t)table->column_count;
    assert(rows->count % columns == 0);
    struct block block;
    block_init(&block, table->stream);
    for (size_t at = 0; at < rows->count && !block.failed; at += columns)
        put_row(&block, table, rows, rows->cells + at);
    return finish_block(&block, err);
}
