/* Tables read back: what the writer wrote, what others write, and what is refused in which
 * words. */
#include <cmocka.h>

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/table/reader.h>
#include <induct/table/table.h>

#include "support/folder.h"

static int read_text(struct ind_sheet *sheet, const char *text, size_t size, enum ind_torn torn,
                     struct ind_error *err)
{
    FILE *stream = fmemopen((void *)(size_t)text, size ? size : 1, "r");
    if (size == 0)
        getc(stream);
    int status = ind_sheet_read_stream(sheet, stream, "a.tsv", torn, err);
    fclose(stream);
    return status;
}

static struct ind_sheet sheet_of(const char *text, enum ind_torn torn)
{
    struct ind_sheet sheet;
    struct ind_error err;
    if (read_text(&sheet, text, strlen(text), torn, &err) != IND_OK)
        fail_msg("%s", err.text);
    return sheet;
}

static void refused(const char *text, const char *message)
{
    struct ind_sheet sheet;
    struct ind_error err;
    assert_int_equal(read_text(&sheet, text, strlen(text), IND_TORN_FAILS, &err), IND_FAILED);
    assert_string_equal(err.text, message);
    assert_null(sheet.text);
    ind_sheet_release(&sheet);
}

/* ---- What the writer writes ------------------------------------------------------------------ */

static const struct ind_column COLUMNS[] = {{"epoch", IND_COLUMN_INT, 0},
                                            {"head", IND_COLUMN_TEXT, 0},
                                            {"score", IND_COLUMN_REAL, 17}};
static const char *const TEXTS[] = {
    "L0H0", "", "tab\tnewline\nreturn\rback\\slash", "a,b \"c\"", "# no", "\\t \\", "Größe ±"};
static const double REALS[] = {0.1,         -DBL_MAX, DBL_MIN, (double)INFINITY, -(double)INFINITY,
                               (double)NAN, 0};
enum { ROWS = sizeof REALS / sizeof *REALS };

static void write_rows(enum ind_format format, const char *path)
{
    struct ind_rows rows = {0};
    struct ind_table table;
    struct ind_error err;
    for (int r = 0; r < ROWS; r++) {
        ind_rows_int(&rows, r == 0 ? LLONG_MIN : LLONG_MAX - r);
        ind_rows_text(&rows, TEXTS[r]);
        ind_rows_real(&rows, REALS[r]);
    }
    FILE *stream = fopen(path, "w");
    assert_int_equal(
        ind_table_open(&table, stream, format, COLUMNS, 3, "induct-x", "0.1", "x -o y", &err),
        IND_OK);
    assert_int_equal(ind_table_write(&table, &rows, &err), IND_OK);
    fclose(stream);
    ind_rows_release(&rows);
}

static void comes_back(enum ind_format format)
{
    char *folder = folder_new();
    const char *path = folder_path(folder, "t");
    write_rows(format, path);
    struct ind_sheet sheet;
    struct ind_error err;
    double *scores;
    long long *epochs;
    assert_int_equal(ind_sheet_read(&sheet, path, IND_TORN_FAILS, &err), IND_OK);
    assert_string_equal(sheet.heading, "induct-x 0.1: x -o y");
    assert_int_equal(sheet.column_count, 3);
    assert_int_equal(sheet.row_count, ROWS);
    assert_int_equal(ind_sheet_reals(&sheet, "score", &scores, &err), IND_OK);
    assert_int_equal(ind_sheet_ints(&sheet, "epoch", &epochs, &err), IND_OK);
    const int head = ind_sheet_find(&sheet, "head");
    for (size_t r = 0; r < ROWS; r++) {
        assert_string_equal(ind_sheet_text(&sheet, r, head), TEXTS[r]);
        assert_true(isnan(REALS[r]) ? isnan(scores[r]) : scores[r] == REALS[r]);
        assert_true(epochs[r] == (r == 0 ? LLONG_MIN : LLONG_MAX - (int)r));
    }
    free(scores);
    free(epochs);
    ind_sheet_release(&sheet);
    folder_remove(folder);
}

static void what_was_written_comes_back(void **state)
{
    (void)state;
    comes_back(IND_TSV);
    comes_back(IND_CSV);
}

static void json_lines_are_refused(void **state)
{
    (void)state;
    refused("{\"epoch\":1}\n", "a.tsv: JSON lines: tables are read as TSV or CSV");
}

/* ---- What others write ----------------------------------------------------------------------- */

static void no_heading_is_needed(void **state)
{
    (void)state;
    struct ind_sheet sheet = sheet_of("epoch\tloss\n1\t2.5\n", IND_TORN_FAILS);
    assert_string_equal(sheet.heading, "");
    assert_int_equal(sheet.row_count, 1);
    assert_int_equal(sheet.lines[0], 2);
    ind_sheet_release(&sheet);
}

static void windows_and_pandas(void **state)
{
    (void)state;
    struct ind_sheet sheet =
        sheet_of("\xEF\xBB\xBF# made by hand\r\n# and again\r\nepoch,loss,head\r\n"
                 "20000.0,,L1H0\r\n1e3,NA,\"a \r\nb\"\r\n7,-nan,x\\ty\r\n",
                 IND_TORN_FAILS);
    struct ind_error err;
    double *loss;
    long long *epoch;
    assert_string_equal(sheet.heading, "made by hand");
    assert_int_equal(ind_sheet_ints(&sheet, "epoch", &epoch, &err), IND_OK);
    assert_int_equal(ind_sheet_reals(&sheet, "loss", &loss, &err), IND_OK);
    assert_int_equal(epoch[0], 20000);
    assert_int_equal(epoch[1], 1000);
    for (int r = 0; r < 3; r++)
        assert_true(isnan(loss[r]));
    assert_string_equal(ind_sheet_text(&sheet, 1, 2), "a \r\nb");
    assert_string_equal(ind_sheet_text(&sheet, 2, 2), "x\\ty");
    assert_int_equal(sheet.lines[2], 7);
    free(loss);
    free(epoch);
    ind_sheet_release(&sheet);
}

static void one_column_and_no_rows(void **state)
{
    (void)state;
    struct ind_sheet sheet = sheet_of("head\n", IND_TORN_FAILS);
    assert_int_equal(sheet.column_count, 1);
    assert_int_equal(sheet.row_count, 0);
    double *none;
    struct ind_error err;
    assert_int_equal(ind_sheet_reals(&sheet, "head", &none, &err), IND_OK);
    free(none);
    ind_sheet_release(&sheet);
}

/* Wherever the last row is cut, those before it are all there is. */
static void a_torn_line(void **state)
{
    (void)state;
    const char *text = "epoch\tloss\n1\t2.5\n20\t0.75\n";
    for (size_t size = strlen("epoch\tloss\n1\t2.5\n"); size < strlen(text); size++) {
        struct ind_sheet sheet;
        struct ind_error err;
        assert_int_equal(read_text(&sheet, text, size, IND_TORN_LEFT_OUT, &err), IND_OK);
        assert_int_equal(sheet.row_count, 1);
        assert_string_equal(ind_sheet_text(&sheet, 0, 1), "2.5");
        ind_sheet_release(&sheet);
    }
    refused("epoch\tloss\n1\t2.", "a.tsv: the last line has no end: is the table whole?");
    struct ind_sheet none;
    struct ind_error err;
    assert_int_equal(read_text(&none, "epoch\tlo", 8, IND_TORN_LEFT_OUT, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: no line of column names");
}

/* ---- What is refused ------------------------------------------------------------------------- */

static void broken_tables(void **state)
{
    (void)state;
    refused("", "a.tsv: no line of column names");
    refused("# induct-score\n", "a.tsv: no line of column names");
    refused("a\tb\n1\t2\n3\n", "a.tsv: line 3: 1 cell, the table has 2 columns");
    refused("a\tb\n1\t2\t3\n", "a.tsv: line 2: 3 cells, the table has 2 columns");
    refused("a\tb\n\n1\t2\n", "a.tsv: line 2: 1 cell, the table has 2 columns");
    refused("# x\na\tb\ta\n", "a.tsv: line 2: two columns are called 'a'");
    refused("a,b\n1,\"x\"y\n", "a.tsv: line 2: text behind a closing quote");
    refused("a,b\n1,\"x\n\n", "a.tsv: line 2: a quote that is never closed");
    struct ind_sheet sheet;
    struct ind_error err;
    assert_int_equal(read_text(&sheet, "a\n\0\n", 4, IND_TORN_FAILS, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: no table: it holds a zero byte");
    assert_int_equal(ind_sheet_read(&sheet, "/no/such/table", IND_TORN_FAILS, &err), IND_FAILED);
    assert_string_equal(err.text, "/no/such/table: cannot open: No such file or directory");
    ind_sheet_release(&sheet);
}

static void wrong_cells(void **state)
{
    (void)state;
    struct ind_sheet sheet = sheet_of(
        "# x\nepoch\tscore\n1\t0.5\n1.5\t0.5x\n9007199254740994.0\tinf\n\t1\n", IND_TORN_FAILS);
    struct ind_error err;
    double *reals;
    long long *ints, whole;
    int column;
    assert_int_equal(ind_sheet_reals(&sheet, "score", &reals, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: line 4: '0.5x' in column 'score' is no number");
    assert_null(reals);
    assert_int_equal(ind_sheet_ints(&sheet, "epoch", &ints, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: line 4: '1.5' in column 'epoch' is no whole number");
    for (size_t row = 2; row < 4; row++)
        assert_int_equal(ind_sheet_int(&sheet, row, 0, &whole, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: line 6: '' in column 'epoch' is no whole number");
    assert_int_equal(ind_sheet_column(&sheet, "loss", &column, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: no column 'loss'; there are: epoch, score");
    assert_int_equal(ind_sheet_find(&sheet, "loss"), -1);
    ind_sheet_release(&sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_comes_back),
        cmocka_unit_test(json_lines_are_refused),
        cmocka_unit_test(no_heading_is_needed),
        cmocka_unit_test(windows_and_pandas),
        cmocka_unit_test(one_column_and_no_rows),
        cmocka_unit_test(a_torn_line),
        cmocka_unit_test(broken_tables),
        cmocka_unit_test(wrong_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
