/*
 * Tables as text. Everything is put together in a block of memory and handed to the stream a block
 * at a time: stdio's per-call locking costs more than formatting a number.
 */
#include <induct/table/table.h>

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

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

/* Where the next number goes, with IND_DECIMAL_ROOM bytes behind it; `used` is the caller's to
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

static void put_tsv_text(struct block *block, const char *text)
{
    for (; *text; text++) {
        const char *special = strchr("\t\n\r\\", *text);
        if (special) {
            put_char(block, '\\');
            put_char(block, "tnr\\"[special - "\t\n\r\\"]);
        } else {
            put_char(block, *text);
        }
    }
}

/* RFC 4180; a text that begins with # is quoted too, else a reader takes the row for a comment. */
static void put_csv_text(struct block *block, const char *text)
{
    if (!strpbrk(text, ",\"\r\n") && text[0] != '#') {
        put_text(block, text);
        return;
    }
    put_char(block, '"');
    for (; *text; text++) {
        if (*text == '"')
            put_char(block, '"');
        put_char(block, *text);
    }
    put_char(block, '"');
}

/* Bytes of the UTF-8 character at `text`, 0 if there is none (RFC 3629: no overlong forms, no
 * surrogates, nothing beyond U+10FFFF). */
static int utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char lead_lo, lead_hi, second_lo, second_hi, length;
    } forms[] = {
        {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (text[0] < forms[f].lead_lo || text[0] > forms[f].lead_hi)
            continue;
        if (forms[f].length > 1 && (text[1] < forms[f].second_lo || text[1] > forms[f].second_hi))
            return 0;
        for (int i = 2; i < forms[f].length; i++)
            if ((text[i] & 0xC0) != 0x80)
                return 0;
        return forms[f].length;
    }
    return 0;
}

static void put_control(struct block *block, unsigned char c)
{
    put_text(block, "\\u00");
    put_char(block, "0123456789abcdef"[c / 16]);
    put_char(block, "0123456789abcdef"[c % 16]);
}

/* A JSON string. File names need not be UTF-8, JSON must be: a stray byte becomes U+FFFD. */
static void put_json_text(struct block *block, const char *text)
{
    put_char(block, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        int length = utf8_length(at);
        if (length == 0) {
            put_text(block, "\\ufffd");
            at++;
        } else if (*at < 0x20 || *at == 0x7F) {
            put_control(block, *at++);
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
