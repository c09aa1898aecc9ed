/* Tables: the exact bytes of the three formats, odd text, odd numbers, write errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/table/table.h>

static const struct ind_column COLUMNS[] = {{"epoch", IND_COLUMN_INT, 0},
                                            {"head", IND_COLUMN_TEXT, 0},
                                            {"score", IND_COLUMN_REAL, 0}};

static char *written(enum ind_format format, const struct ind_column *columns, int count,
                     const struct ind_rows *rows, const char *command)
{
    char *text;
    size_t size;
    struct ind_error err;
    struct ind_table table;
    FILE *stream = open_memstream(&text, &size);
    assert_int_equal(ind_table_open(&table, stream, format, columns, count, "induct-score", "0.1.0",
                                    command, &err),
                     IND_OK);
    assert_int_equal(ind_table_write(&table, rows, &err), IND_OK);
    fclose(stream);
    assert_int_equal(strlen(text), size);
    return text;
}

static void expect(enum ind_format format, const struct ind_rows *rows, const char *command,
                   const char *expected)
{
    char *text = written(format, COLUMNS, 3, rows, command);
    assert_string_equal(text, expected);
    free(text);
}

static void append(struct ind_rows *rows, long long epoch, const char *head, double score)
{
    ind_rows_int(rows, epoch);
    ind_rows_text(rows, head);
    ind_rows_real(rows, score);
}

static void three_formats(void **state)
{
    (void)state;
    struct ind_rows rows = {0};
    append(&rows, 0, "L0H2", 0.123456789);
    append(&rows, LLONG_MIN, "", 1e-7);
    append(&rows, LLONG_MAX, "a,b", 1e22);
    expect(IND_TSV, &rows, "induct-score r",
           "# induct-score 0.1.0: induct-score r\n"
           "epoch\thead\tscore\n"
           "0\tL0H2\t0.123457\n"
           "-9223372036854775808\t\t1e-07\n"
           "9223372036854775807\ta,b\t1e+22\n");
    expect(IND_CSV, &rows, "induct-score r",
           "# induct-score 0.1.0: induct-score r\n"
           "epoch,head,score\n"
           "0,L0H2,0.123457\n"
           "-9223372036854775808,,1e-07\n"
           "9223372036854775807,\"a,b\",1e+22\n");
    expect(IND_JSONL, &rows, "induct-score r",
           "{\"epoch\":0, \"head\":\"L0H2\", \"score\":0.123457}\n"
           "{\"epoch\":-9223372036854775808, \"head\":\"\", \"score\":1e-07}\n"
           "{\"epoch\":9223372036854775807, \"head\":\"a,b\", \"score\":1e+22}\n");
    ind_rows_release(&rows);
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    struct ind_rows rows = {0};
    append(&rows, 1, "a", (double)NAN);
    append(&rows, 2, "b", (double)INFINITY);
    append(&rows, 3, "c", (double)-INFINITY);
    append(&rows, 4, "d", -0.0);
    append(&rows, 5, "e", copysign((double)NAN, -1.0));
    expect(IND_TSV, &rows, "x",
           "# induct-score 0.1.0: x\nepoch\thead\tscore\n"
           "1\ta\tnan\n2\tb\tinf\n3\tc\t-inf\n4\td\t0\n5\te\tnan\n");
    expect(IND_CSV, &rows, "x",
           "# induct-score 0.1.0: x\nepoch,head,score\n"
           "1,a,nan\n2,b,inf\n3,c,-inf\n4,d,0\n5,e,nan\n");
    expect(IND_JSONL, &rows, "x",
           "{\"epoch\":1, \"head\":\"a\", \"score\":null}\n"
           "{\"epoch\":2, \"head\":\"b\", \"score\":null}\n"
           "{\"epoch\":3, \"head\":\"c\", \"score\":null}\n"
           "{\"epoch\":4, \"head\":\"d\", \"score\":0}\n"
           "{\"epoch\":5, \"head\":\"e\", \"score\":null}\n");
    ind_rows_release(&rows);
}

static void odd_text(void **state)
{
    (void)state;
    struct ind_rows rows = {0};
    append(&rows, 1, "tab\tnew\nret\rback\\", 0);
    append(&rows, 2, "say \"hi\", caf\xc3\xa9", 0);
    append(&rows, 3, "#3", 0);
    append(&rows, 4, "\x01\x7f \xff \xc3 \xed\xa0\x80 \xf0\x9f\x98\x80", 0);
    expect(IND_TSV, &rows, "a\nb",
           "# induct-score 0.1.0: a\\nb\nepoch\thead\tscore\n"
           "1\ttab\\tnew\\nret\\rback\\\\\t0\n"
           "2\tsay \"hi\", caf\xc3\xa9\t0\n"
           "3\t#3\t0\n"
           "4\t?? ? ? ??? \xf0\x9f\x98\x80\t0\n");
    expect(IND_CSV, &rows, "a\nb",
           "# induct-score 0.1.0: a\\nb\nepoch,head,score\n"
           "1,\"tab\tnew\nret\rback\\\",0\n"
           "2,\"say \"\"hi\"\", caf\xc3\xa9\",0\n"
           "3,\"#3\",0\n"
           "4,?? ? ? ??? \xf0\x9f\x98\x80,0\n");
    expect(IND_JSONL, &rows, "a\nb",
           "{\"epoch\":1, \"head\":\"tab\\u0009new\\u000aret\\u000dback\\\\\", \"score\":0}\n"
           "{\"epoch\":2, \"head\":\"say \\\"hi\\\", caf\xc3\xa9\", \"score\":0}\n"
           "{\"epoch\":3, \"head\":\"#3\", \"score\":0}\n"
           "{\"epoch\":4, \"head\":\"\\u0001\\u007f \\ufffd \\ufffd \\ufffd\\ufffd\\ufffd "
           "\xf0\x9f\x98\x80\", \"score\":0}\n");
    ind_rows_release(&rows);
}

static void digits(void **state)
{
    (void)state;
    static const struct ind_column columns[] = {
        {"one", IND_COLUMN_REAL, 1}, {"twelve", IND_COLUMN_REAL, 12}, {"all", IND_COLUMN_REAL, 17}};
    struct ind_rows rows = {0};
    for (int i = 0; i < 3; i++)
        ind_rows_real(&rows, 1.0 / 3.0);
    for (int i = 0; i < 3; i++)
        ind_rows_real(&rows, -DBL_MAX);
    for (int i = 0; i < 3; i++)
        ind_rows_real(&rows, -DBL_TRUE_MIN);
    char *text = written(IND_TSV, columns, 3, &rows, "x");
    assert_string_equal(strchr(text, '\n') + 1,
                        "one\ttwelve\tall\n"
                        "0.3\t0.333333333333\t0.33333333333333331\n"
                        "-2e+308\t-1.79769313486e+308\t-1.7976931348623157e+308\n"
                        "-5e-324\t-4.94065645841e-324\t-4.9406564584124654e-324\n");
    free(text);
    ind_rows_release(&rows);
}

/* Longer than any block of the writer: each row must come out as it went in. */
static void many_rows(void **state)
{
    (void)state;
    enum { ROWS = 20000 };
    static const char dots[] = "..............................";
    struct ind_rows rows = {0};
    for (int pass = 0; pass < 2; pass++) { /* the second pass reuses the memory */
        ind_rows_clear(&rows);
        for (int i = 0; i < ROWS; i++) {
            char head[40];
            snprintf(head, sizeof head, "%s%d", dots + 30 - i % 30, i);
            append(&rows, i, head, i * 0.5);
        }
        char *text = written(IND_TSV, COLUMNS, 3, &rows, "x"), *line = text;
        line = strchr(line, '\n') + 1;
        line = strchr(line, '\n') + 1;
        for (int i = 0; i < ROWS; i++) {
            char expected[200];
            int length = snprintf(expected, sizeof expected, "%d\t%s%d\t%g\n", i,
                                  dots + 30 - i % 30, i, i * 0.5);
            assert_memory_equal(line, expected, (size_t)length);
            line += length;
        }
        assert_int_equal(*line, '\0');
        free(text);
    }
    ind_rows_release(&rows);
    assert_null(rows.cells);
    assert_int_equal(rows.count, 0);
}

static void nothing_to_write(void **state)
{
    (void)state;
    struct ind_rows rows = {0};
    expect(IND_TSV, &rows, "x", "# induct-score 0.1.0: x\nepoch\thead\tscore\n");
    ind_rows_release(&rows);
}

static void a_full_disk(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_table table;
    struct ind_rows rows = {0};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(ind_table_open(&table, full, IND_TSV, COLUMNS, 3, "p", "1", "c", &err),
                     IND_FAILED);
    assert_string_equal(err.text, "cannot write: No space left on device");
    append(&rows, 1, "a", 0);
    assert_int_equal(ind_table_write(&table, &rows, &err), IND_FAILED);
    assert_string_equal(err.text, "cannot write: No space left on device");
    ind_rows_release(&rows);
    fclose(full);
}

/* Some columns only, in all formats; and for eyes. */
static void columns_are_chosen_and_padded(void **state)
{
    (void)state;
    static const struct {
        enum ind_format format;
        bool hidden[3], eyes;
        const char *text;
    } cases[] = {
        {IND_TSV, {false, true, false}, false, "# p v: c\nepoch\tscore\n1\t0.5\n20\t0.25\n"},
        {IND_CSV, {true, false, false}, false, "# p v: c\nhead,score\nlonger name,0.5\nb,0.25\n"},
        {IND_JSONL, {true, true, false}, false, "{\"score\":0.5}\n{\"score\":0.25}\n"},
        {IND_TSV,
         {false, false, false},
         true,
         "# p v: c\n"
         "epoch   head   score\n"
         "1       longer name  0.5\n"
         "20      b            0.25\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int widths[3];
        char *text;
        size_t size;
        struct ind_error err;
        struct ind_rows rows = {0};
        FILE *stream = open_memstream(&text, &size);
        struct ind_table table = {stream, cases[i].format, COLUMNS, 3, cases[i].hidden, NULL};
        for (int c = 0; c < 3; c++)
            widths[c] = ind_column_width(&COLUMNS[c]);
        table.widths = cases[i].eyes ? widths : NULL;
        append(&rows, 1, "longer name", 0.5);
        append(&rows, 20, "b", 0.25);
        assert_int_equal(ind_table_begin(&table, "p", "v", "c", &err), IND_OK);
        assert_int_equal(ind_table_write(&table, &rows, &err), IND_OK);
        fclose(stream);
        assert_string_equal(text, cases[i].text);
        free(text);
        ind_rows_release(&rows);
    }
}

/* Appending needs no check: what was lost is reported when it is written. */
static void lost_rows_are_reported(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_table table = {stdout, IND_TSV, COLUMNS, 3, NULL, NULL};
    struct ind_rows rows = {0};
    append(&rows, 1, "a", 0);
    rows.failed = true;
    append(&rows, 2, "b", 0);
    assert_int_equal(rows.count, 3);
    assert_int_equal(ind_table_write(&table, &rows, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "out of memory"));
    ind_rows_clear(&rows);
    assert_int_equal(ind_table_write(&table, &rows, &err), IND_OK);
    ind_rows_release(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_formats),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(odd_text),
        cmocka_unit_test(digits),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(nothing_to_write),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(lost_rows_are_reported),
        cmocka_unit_test(columns_are_chosen_and_padded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
