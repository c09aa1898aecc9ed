/* Fields: columns, cells and words from one table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <induct/tool/field.h>

struct row {
    long epoch;
    int period;
    struct ind_head head;
    const char *word;
    char letters[8];
    struct ind_estimate accuracy;
    double share;
    const double *parts;
    struct {
        struct ind_estimate loss;
    } deep;
};

static bool is_set(const void *settings)
{
    return *(const bool *)settings;
}

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, head, "L0H2"),
    IND_FIELD(struct row, word, "a word"),
    IND_FIELD(struct row, letters, "letters"),
    IND_FIELD(struct row, accuracy,
              "a meaning so long that it has to be wrapped, since a terminal of eighty columns "
              "does not hold it"),
    IND_FIELD_DIGITS("share", struct row, share, 2, "rounded"),
    IND_FIELD(struct row, parts, "of a whole"),
    IND_FIELDS_IF(is_set, "and if it is wanted:"),
    IND_FIELD_AS("loss", struct row, deep.loss.value, "nats"),
    {0}};

static bool name_part(const void *context, const struct ind_field *field, int j,
                      char name[IND_COLUMN_NAME])
{
    snprintf(name, IND_COLUMN_NAME, "%s%c", field->name, 'a' + j);
    return j < *(const int *)context;
}

/* The table that a form writes of one row. */
static char *table_of(bool wanted, int parts, bool runs)
{
    static const double values[] = {0.5, 0.25, 0.125};
    const struct row row = {.epoch = 70000000000L,
                            .period = 7,
                            .head = {1, 12},
                            .word = "word",
                            .letters = "abc",
                            .accuracy = {0.5, 0.25, 0.75},
                            .share = 0.123456,
                            .parts = values,
                            .deep = {.loss = {2.5, 0, 0}}};
    struct ind_form form;
    struct ind_table table;
    struct ind_rows rows = {0};
    struct ind_error err;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_int_equal(ind_form_init(&form, fields, &wanted, name_part, &parts, runs, &err), IND_OK);
    assert_int_equal(ind_table_open(&table, stream, IND_TSV, form.columns, form.column_count, "p",
                                    "v", "c", &err),
                     IND_OK);
    ind_form_put(&form, "runs/a", &row, &rows);
    assert_int_equal(ind_table_write(&table, &rows, &err), IND_OK);
    ind_rows_release(&rows);
    ind_form_release(&form);
    fclose(stream);
    return text;
}

static void columns_and_cells(void **state)
{
    (void)state;
    char *text = table_of(false, 2, false);
    assert_string_equal(text,
                        "# p v: c\n"
                        "epoch\tperiod\thead\tword\tletters\taccuracy\taccuracy_lo\t"
                        "accuracy_hi\tshare\tpartsa\tpartsb\n"
                        "70000000000\t7\tL1H12\tword\tabc\t0.5\t0.25\t0.75\t0.12\t0.5\t0.25\n");
    free(text);
    text = table_of(true, 0, true);
    assert_string_equal(text,
                        "# p v: c\n"
                        "run\tepoch\tperiod\thead\tword\tletters\taccuracy\taccuracy_lo\t"
                        "accuracy_hi\tshare\tloss\n"
                        "runs/a\t70000000000\t7\tL1H12\tword\tabc\t0.5\t0.25\t0.75\t0.12\t2.5\n");
    free(text);
}

static void words(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    ind_fields_describe(fields, stream);
    fclose(stream);
    assert_string_equal(
        text, "  epoch               optimizer steps\n"
              "  period              of the sequences\n"
              "  head                L0H2\n"
              "  word                a word\n"
              "  letters             letters\n"
              "  accuracy, _lo, _hi  a meaning so long that it has to be wrapped, since a\n"
              "                      terminal of eighty columns does not hold it\n"
              "  share               rounded\n"
              "  parts               of a whole\n"
              "\n"
              "and if it is wanted:\n"
              "  loss                nats\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(columns_and_cells),
                                       cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
