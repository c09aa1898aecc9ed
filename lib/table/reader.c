/*
 * A table is taken apart where it lies: a cell never grows by unescaping, so that its text, ended
 * by a zero byte in place of the separator, is written over what was read, and nothing is copied.
 */
#include <induct/table/reader.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

/* What is being taken apart. */
struct reading {
    struct ind_sheet *sheet;
    const char *in, *end; /* the next byte, and the end of all */
    char *out;            /* where the next byte of a cell goes; never beyond `in` */
    size_t line;          /* of `in`, from 1 */
    char separator;       /* ',' is CSV, '\t' is TSV */
    char **cells;         /* of all lines so far, that of the names included */
    size_t cell_count, cell_room, line_room;
};

static int fail_at(const struct ind_sheet *sheet, size_t line, struct ind_error *err,
                   const char *what)
{
    return ind_fail(err, "%s: line %zu: %s", sheet->name, line, what);
}

/* ---- One cell -------------------------------------------------------------------------------- */

/* At the end of a line, CR LF as well as LF. */
static bool at_newline(const struct reading *reading)
{
    const char *in = reading->in;
    return *in == '\n' || (*in == '\r' && in + 1 < reading->end && in[1] == '\n');
}

static bool at_cell_end(const struct reading *reading)
{
    return reading->in == reading->end || *reading->in == reading->separator || at_newline(reading);
}

static void plain_cell(struct reading *reading)
{
    while (!at_cell_end(reading))
        *reading->out++ = *reading->in++;
}

static const char ESCAPES[] = "tnr\\";

static void tsv_cell(struct reading *reading)
{
    while (!at_cell_end(reading)) {
        const char *special = NULL;
        if (*reading->in == '\\' && reading->in + 1 < reading->end)
            special = strchr(ESCAPES, reading->in[1]);
        if (special) {
            *reading->out++ = "\t\n\r\\"[special - ESCAPES];
            reading->in += 2;
        } else {
            *reading->out++ = *reading->in++;
        }
    }
}

/* The quote has been seen, and is passed over. */
static int quoted_cell(struct reading *reading, struct ind_error *err)
{
    const size_t first = reading->line;
    for (reading->in++; reading->in < reading->end; *reading->out++ = *reading->in++) {
        if (*reading->in == '"' && *++reading->in != '"') {
            if (!at_cell_end(reading))
                return fail_at(reading->sheet, reading->line, err, "text behind a closing quote");
            return IND_OK;
        }
        reading->line += *reading->in == '\n';
    }
    return fail_at(reading->sheet, first, err, "a quote that is never closed");
}

static int take_cell(struct reading *reading, struct ind_error *err)
{
    if (ind_grow(&reading->cells, &reading->cell_room, reading->cell_count + 1,
                 sizeof *reading->cells, err) != IND_OK)
        return ind_error_context(err, "%s", reading->sheet->name);
    reading->cells[reading->cell_count++] = reading->out;
    if (reading->separator == '\t')
        tsv_cell(reading);
    else if (reading->in < reading->end && *reading->in == '"')
        return quoted_cell(reading, err);
    else
        plain_cell(reading);
    return IND_OK;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* All cells of the line that `in` is at the beginning of; afterwards it is at the next one. */
static int take_line(struct reading *reading, struct ind_error *err)
{
    for (bool more = true; more;) {
        if (take_cell(reading, err) != IND_OK)
            return IND_FAILED;
        more = reading->in < reading->end && *reading->in == reading->separator;
        if (reading->in < reading->end && *reading->in == '\r')
            reading->in++;
        if (reading->in < reading->end)
            reading->in++;
        *reading->out++ = '\0';
    }
    reading->line++;
    return IND_OK;
}

static int take_names(struct reading *reading, struct ind_error *err)
{
    struct ind_sheet *sheet = reading->sheet;
    const size_t line = reading->line;
    if (take_line(reading, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < reading->cell_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(reading->cells[i], reading->cells[j]) == 0)
                return ind_fail(err, "%s: line %zu: two columns are called '%s'", sheet->name, line,
                                reading->cells[i]);
        }
    }
    sheet->column_count = (int)reading->cell_count;
    return IND_OK;
}

static int take_row(struct reading *reading, struct ind_error *err)
{
    struct ind_sheet *sheet = reading->sheet;
    const size_t before = reading->cell_count, line = reading->line;
    if (take_line(reading, err) != IND_OK)
        return IND_FAILED;
    const size_t cells = reading->cell_count - before;
    if (cells != (size_t)sheet->column_count)
        return ind_fail(err, "%s: line %zu: %zu cell%s, the table has %d columns", sheet->name,
                        line, cells, cells == 1 ? "" : "s", sheet->column_count);
    if (ind_grow(&sheet->lines, &reading->line_room, sheet->row_count + 1, sizeof *sheet->lines,
                 err) != IND_OK)
        return ind_error_context(err, "%s", sheet->name);
    sheet->lines[sheet->row_count++] = line;
    return IND_OK;
}

/* ---- The table ------------------------------------------------------------------------------- */

/* The comments above the names; of the first one the text is kept. */
static int take_comments(struct reading *reading, struct ind_error *err)
{
    struct ind_sheet *sheet = reading->sheet;
    while (reading->in < reading->end && *reading->in == '#') {
        const char *newline = memchr(reading->in, '\n', (size_t)(reading->end - reading->in));
        const char *stop = newline ? newline : reading->end;
        if (!sheet->heading) {
            const char *text = reading->in + 1 + (reading->in[1] == ' ');
            const size_t length = (size_t)(stop - text) - (stop > text && stop[-1] == '\r');
            sheet->heading = strndup(text, length);
        }
        reading->in = newline ? newline + 1 : reading->end;
        reading->line++;
    }
    if (!sheet->heading)
        sheet->heading = strdup("");
    return sheet->heading ? IND_OK : ind_fail(err, "%s: out of memory", sheet->name);
}

static char separator_of_names(const struct reading *reading)
{
    const char *newline = memchr(reading->in, '\n', (size_t)(reading->end - reading->in));
    const size_t length = (size_t)((newline ? newline : reading->end) - reading->in);
    return !memchr(reading->in, '\t', length) && memchr(reading->in, ',', length) ? ',' : '\t';
}

/* The end of the last whole line, or of all where there is nothing after it. */
static int find_end(struct reading *reading, enum ind_torn torn, struct ind_error *err)
{
    const char *begin = reading->in;
    if (reading->end == begin || reading->end[-1] == '\n')
        return IND_OK;
    if (torn == IND_TORN_FAILS)
        return ind_fail(err, "%s: the last line has no end: is the table whole?",
                        reading->sheet->name);
    while (reading->end > begin && reading->end[-1] != '\n')
        reading->end--;
    return IND_OK;
}

static int check_kind(const struct ind_sheet *sheet, size_t size, struct ind_error *err)
{
    if (size > 0 && sheet->text[0] == '{')
        return ind_fail(err, "%s: JSON lines: tables are read as TSV or CSV", sheet->name);
    return IND_OK;
}

static int take_all(struct reading *reading, enum ind_torn torn, struct ind_error *err)
{
    if (reading->end - reading->in >= 3 && memcmp(reading->in, "\xEF\xBB\xBF", 3) == 0)
        reading->in += 3;
    if (find_end(reading, torn, err) != IND_OK || take_comments(reading, err) != IND_OK)
        return IND_FAILED;
    if (reading->in == reading->end)
        return ind_fail(err, "%s: no line of column names", reading->sheet->name);
    reading->separator = separator_of_names(reading);
    int status = take_names(reading, err);
    while (status == IND_OK && reading->in < reading->end)
        status = take_row(reading, err);
    return status;
}

/* Names first, rows after them: one array, of which the sheet has two views. */
static void share_cells(struct ind_sheet *sheet, char **cells)
{
    sheet->columns = cells;
    sheet->cells = cells ? cells + sheet->column_count : NULL;
}

/* Takes `text`, [size] and a zero byte, over. */
static int take_apart(struct ind_sheet *sheet, char *text, size_t size, enum ind_torn torn,
                      struct ind_error *err)
{
    sheet->text = text;
    struct reading reading = {
        .sheet = sheet, .in = text, .end = text + size, .out = text, .line = 1};
    int status = check_kind(sheet, size, err);
    if (status == IND_OK)
        status = take_all(&reading, torn, err);
    share_cells(sheet, reading.cells);
    return status;
}

static int finish(struct ind_sheet *sheet, int status)
{
    if (status != IND_OK)
        ind_sheet_release(sheet);
    return status;
}

/* The first zero byte ends it: a file that claims gigabytes and holds none takes no memory. */
static int read_stream(FILE *stream, char **text, size_t *size, struct ind_error *err)
{
    size_t room = 0, got;
    do {
        if (ind_grow(text, &room, *size + 4096 + 1, 1, err) != IND_OK)
            return IND_FAILED;
        got = fread(*text + *size, 1, room - 1 - *size, stream);
        if (memchr(*text + *size, '\0', got))
            return ind_fail(err, "no table: it holds a zero byte");
        *size += got;
    } while (got > 0);
    (*text)[*size] = '\0';
    return ferror(stream) ? ind_fail_errno(err, "cannot read") : IND_OK;
}

int ind_sheet_read_stream(struct ind_sheet *sheet, FILE *stream, const char *name,
                          enum ind_torn torn, struct ind_error *err)
{
    *sheet = (struct ind_sheet){.name = strdup(name)};
    if (!sheet->name)
        return ind_fail(err, "out of memory");
    char *text = NULL;
    size_t size = 0;
    if (read_stream(stream, &text, &size, err) != IND_OK) {
        free(text);
        ind_error_context(err, "%s", name);
        return finish(sheet, IND_FAILED);
    }
    return finish(sheet, take_apart(sheet, text, size, torn, err));
}

int ind_sheet_parse(struct ind_sheet *sheet, const char *text, size_t size, const char *name,
                    enum ind_torn torn, struct ind_error *err)
{
    if (memchr(text, '\0', size))
        return ind_fail(err, "%s: no table: it holds a zero byte", name);
    *sheet = (struct ind_sheet){.name = strdup(name)};
    char *copy = sheet->name ? malloc(size + 1) : NULL;
    if (!copy)
        return finish(sheet, ind_fail(err, IND_NO_MEMORY));
    memcpy(copy, text, size);
    copy[size] = '\0';
    return finish(sheet, take_apart(sheet, copy, size, torn, err));
}

/* A FIFO is refused, not waited for. */
static FILE *open_regular(const char *path, struct ind_error *err)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *stream = NULL;
    if (fd < 0 || fstat(fd, &st) != 0)
        ind_fail_errno(err, "%s: cannot open", path);
    else if (!S_ISREG(st.st_mode))
        ind_fail(err, "%s: not a regular file", path);
    else if (!(stream = fdopen(fd, "r")))
        ind_fail_errno(err, "%s: cannot open", path);
    if (!stream && fd >= 0)
        close(fd);
    return stream;
}

int ind_sheet_read(struct ind_sheet *sheet, const char *path, enum ind_torn torn,
                   struct ind_error *err)
{
    if (strcmp(path, "-") == 0)
        return ind_sheet_read_stream(sheet, stdin, "standard input", torn, err);
    *sheet = (struct ind_sheet){0};
    FILE *stream = open_regular(path, err);
    if (!stream)
        return IND_FAILED;
    const int status = ind_sheet_read_stream(sheet, stream, path, torn, err);
    fclose(stream);
    return status;
}

void ind_sheet_release(struct ind_sheet *sheet)
{
    free(sheet->name);
    free(sheet->heading);
    free(sheet->columns);
    free(sheet->lines);
    free(sheet->text);
    *sheet = (struct ind_sheet){0};
}

/* ---- What is asked of it --------------------------------------------------------------------- */

int ind_sheet_find(const struct ind_sheet *sheet, const char *name)
{
    for (int c = 0; c < sheet->column_count; c++) {
        if (strcmp(sheet->columns[c], name) == 0)
            return c;
    }
    return -1;
}

int ind_sheet_column(const struct ind_sheet *sheet, const char *name, int *column,
                     struct ind_error *err)
{
    *column = ind_sheet_find(sheet, name);
    if (*column >= 0)
        return IND_OK;
    char list[512] = "";
    for (int c = 0, used = 0; c < sheet->column_count && used < (int)sizeof list; c++)
        used += snprintf(list + used, sizeof list - (size_t)used, "%s%s", c ? ", " : "",
                         sheet->columns[c]);
    return ind_fail(err, "%s: no column '%s'; there are: %s", sheet->name, name, list);
}

const char *ind_sheet_text(const struct ind_sheet *sheet, size_t row, int column)
{
    return sheet->cells[row * (size_t)sheet->column_count + (size_t)column];
}

static int fail_number(const struct ind_sheet *sheet, size_t row, int column, const char *what,
                       struct ind_error *err)
{
    return ind_fail(err, "%s: line %zu: '%s' in column '%s' is no %s", sheet->name,
                    sheet->lines[row], ind_sheet_text(sheet, row, column), sheet->columns[column],
                    what);
}

int ind_sheet_real(const struct ind_sheet *sheet, size_t row, int column, double *value,
                   struct ind_error *err)
{
    const char *text = ind_sheet_text(sheet, row, column);
    char *end;
    *value = (double)NAN;
    if (text[0] == '\0' || strcmp(text, "NA") == 0)
        return IND_OK;
    *value =
        strtod(text, &end); /* beyond the range of a double: infinite or zero, as it should be */
    return end > text && *end == '\0' ? IND_OK : fail_number(sheet, row, column, "number", err);
}

int ind_sheet_int(const struct ind_sheet *sheet, size_t row, int column, long long *value,
                  struct ind_error *err)
{
    const char *text = ind_sheet_text(sheet, row, column);
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (end > text && *end == '\0' && errno == 0)
        return IND_OK;
    const double exact = 0x1p53; /* up to here every whole number is a double */
    const double real = strtod(text, &end);
    if (end == text || *end != '\0' || !(fabs(real) <= exact) || real != trunc(real))
        return fail_number(sheet, row, column, "whole number", err);
    *value = (long long)real;
    return IND_OK;
}

/* Finds a column and makes room for it; *values is NULL unless both were done. */
static int start_column(const struct ind_sheet *sheet, const char *name, size_t size, int *column,
                        void *values, struct ind_error *err)
{
    memcpy(values, &(void *){NULL}, sizeof(void *));
    if (ind_sheet_column(sheet, name, column, err) != IND_OK)
        return IND_FAILED;
    return ind_alloc_into(values, sheet->row_count, size, err);
}

int ind_sheet_reals(const struct ind_sheet *sheet, const char *name, double **values,
                    struct ind_error *err)
{
    int column, status = start_column(sheet, name, sizeof **values, &column, values, err);
    for (size_t row = 0; row < sheet->row_count && status == IND_OK; row++)
        status = ind_sheet_real(sheet, row, column, &(*values)[row], err);
    if (status == IND_OK)
        return IND_OK;
    free(*values);
    *values = NULL;
    return IND_FAILED;
}

int ind_sheet_ints(const struct ind_sheet *sheet, const char *name, long long **values,
                   struct ind_error *err)
{
    int column, status = start_column(sheet, name, sizeof **values, &column, values, err);
    for (size_t row = 0; row < sheet->row_count && status == IND_OK; row++)
        status = ind_sheet_int(sheet, row, column, &(*values)[row], err);
    if (status == IND_OK)
        return IND_OK;
    free(*values);
    *values = NULL;
    return IND_FAILED;
}
