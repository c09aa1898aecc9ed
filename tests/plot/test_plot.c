/* Which checkpoints a figure is drawn from, and how headlines are put together from cells. */
#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot/epochs.h"
#include "plot/headline.h"

static void expect_text(char *text, const char *wanted)
{
    assert_string_equal(text, wanted);
    free(text);
}

/* A series of epochs 0, step, ... last; only what the choices read. */
static struct ind_series series_of(long step, long last, long epochs[])
{
    struct ind_series series = {.epochs = epochs};
    for (long epoch = 0; epoch <= last; epoch += step)
        epochs[series.count++] = epoch;
    if (epochs[series.count - 1] != last)
        epochs[series.count++] = last;
    return series;
}

static void strides(void **state)
{
    (void)state;
    static long epochs[40000];
    struct ind_series series = series_of(100, 20000, epochs);
    expect_text(ind_epochs_stride(&series, 61), "::500");
    expect_text(ind_epochs_stride(&series, 14), "::2000");
    series = series_of(100, 20050, epochs);
    expect_text(ind_epochs_stride(&series, 61), "::500,last");
    series = series_of(1, 0, epochs);
    expect_text(ind_epochs_stride(&series, 14), "last");
    series = series_of(7, 7, epochs); /* 0 alone is a multiple of much */
    expect_text(ind_epochs_stride(&series, 1), "::2,last");
}

static void thinned(void **state)
{
    (void)state;
    static long epochs[40000];
    struct ind_series series = series_of(100, 20000, epochs);
    expect_text(ind_epochs_thin(&series, 300, 25), ""); /* all */
    series = series_of(1, 30000, epochs);
    expect_text(ind_epochs_thin(&series, 300, 25), "0:50:1,0:200:2,0:1000:8,0:5000:40,::200");
    series = series_of(100, 30000, epochs); /* no range that adds nothing */
    expect_text(ind_epochs_thin(&series, 40, 6), "0:6000:200,::1000");
}

static void profiles(void **state)
{
    (void)state;
    static long epochs[40000];
    struct ind_series series = series_of(200, 4000, epochs);
    expect_text(ind_epochs_profile(&series, 6), "200,400,1000,2000,4000");
    expect_text(ind_epochs_profile(&series, 4), "400,1000,2000,4000");
    series = series_of(1, 0, epochs);
    expect_text(ind_epochs_profile(&series, 6), "0");
    series = series_of(100, 60000, epochs);
    assert_int_equal(ind_plot_nearest(&series, 2149.0), 2100);
    assert_int_equal(ind_plot_nearest(&series, 2150.0), 2100); /* of two as near the earlier */
    assert_int_equal(ind_plot_nearest(&series, 1e9), 60000);
}

/* Choices under a limit: of as many checkpoints as counted, and never more than that. */
static void limited(void **state)
{
    (void)state;
    static long epochs[40000];
    struct ind_series series = series_of(100, 20000, epochs);
    assert_int_equal(ind_epochs_count(&series, ""), 201);
    assert_int_equal(ind_epochs_count(&series, "last"), 1);
    assert_int_equal(ind_epochs_count(&series, "400,1000,1001,20000"), 3);
    assert_int_equal(ind_epochs_count(&series, "0:1000:200,::5000,last"), 6 + 4);
    expect_text(ind_epochs_within(&series, 300, 25, 201), "");
    expect_text(ind_epochs_within(&series, 40, 6, 1000),
                "0:6000:200,::1000"); /* no less than thin */
    expect_text(ind_epochs_within(&series, 300, 25, 1), "20000");
    for (int limit = 1; limit <= 201; limit++) {
        char *choice = ind_epochs_within(&series, 300, 25, limit);
        const int count = ind_epochs_count(&series, choice);
        if (count > limit || 6 * count < (limit < 36 ? limit : 36))
            fail_msg("%d of at most %d: %s", count, limit, choice);
        free(choice);
    }
}

/* A model whose pass and coefficients can be counted by hand. */
static void work_is_counted(void **state)
{
    (void)state;
    static long epochs[400];
    struct ind_series series = series_of(1, 299, epochs);
    struct ind_config *config = &series.layout.config;
    *config = ind_config_default();
    config->layers = config->heads = config->d_model = config->d_head = 1;
    config->vocab = 10;
    config->context = 4;
    series.recipe.batch = 16;
    struct ind_plot_run run = {.series = &series,
                               .has = IND_NEEDS_FEW | IND_NEEDS_TRAINED | IND_NEEDS_REPEAT};
    const double pass = 3 * 8 + 2 * 3 * 4 + 3 * 2 * 10; /* 3 inputs */
    const struct ind_plot_table *llc = ind_plot_table_find("llc");
    const struct ind_plot_table *scores = ind_plot_table_find("scores");
    const double each = pass * (2 * 4 * 30 * 3 * 16 + 1024); /* all and one head, 4 chains of 30 */
    assert_true(llc->work(&run) == each);
    assert_int_equal(ind_plot_most(&run, llc), INT_MAX);
    assert_int_equal(ind_plot_count(&run, llc, true), ind_plot_count(&run, llc, false));
    run.choices.work = 5.5 * each;
    assert_int_equal(ind_plot_most(&run, llc), 5);
    assert_in_range(ind_plot_count(&run, llc, true), 2, 5);
    assert_true(ind_plot_count(&run, llc, false) > 12);
    assert_true(ind_plot_has_table(&run, llc));
    run.choices.work = 0.9 * each;
    assert_int_equal(ind_plot_most(&run, llc), 0);
    assert_false(ind_plot_has_table(&run, llc));
    run.choices.work = 1;
    assert_int_equal(ind_plot_most(&run, scores), 1); /* heads are named by it */
    assert_int_equal(ind_plot_count(&run, scores, true), 1);
    assert_int_equal(ind_plot_most(&run, ind_plot_table_find("norms")), INT_MAX);
}

static struct ind_sheet sheet_of(const char *text)
{
    struct ind_sheet sheet;
    FILE *stream = fmemopen((void *)(size_t)text, strlen(text), "r");
    assert_int_equal(ind_sheet_read_stream(&sheet, stream, "a.tsv", IND_TORN_FAILS, NULL), IND_OK);
    fclose(stream);
    return sheet;
}

static void rows_are_picked(void **state)
{
    (void)state;
    struct ind_sheet sheet = sheet_of("epoch\thead\tscore\n"
                                      "100\tL0H0\t0.9\n100\tL1H0\tnan\n"
                                      "200\tL0H0\t0.5\n200\tL1H0\t0.7\n200\tL1H1\t-\n");
    assert_int_equal(ind_pick(&sheet, 1, "score", NULL), 0);
    assert_int_equal(ind_pick(&sheet, -1, "score", NULL), 2);
    assert_int_equal(ind_pick(&sheet, 1, "score", "epoch", ind_last_epoch(&sheet), NULL), 3);
    assert_int_equal(ind_pick(&sheet, 1, "score", "epoch", "100", "head", "L1H0", NULL), -1);
    assert_int_equal(ind_pick(&sheet, 1, "score", "layer", "0", NULL), -1);
    assert_string_equal(ind_cell(&sheet, 3, "head"), "L1H0");
    assert_string_equal(ind_cell(&sheet, -1, "head"), "");
    assert_true(isnan(ind_number(&sheet, 4, "score")));
    ind_sheet_release(&sheet);
}

static void numbers_are_cells(void **state)
{
    (void)state;
    struct ind_sheet sheet =
        sheet_of("# x\nepoch\tdelta\trank\n1234567\t-0.0049\t7.26\n20\t0.255\t1\n");
    struct ind_headline h = {.count = 0};
    ind_headline_say(&h, "epoch ");
    assert_int_equal(ind_headline_cell(&h, "a", &sheet, 0, "epoch", IND_WHOLE, NULL), IND_OK);
    ind_headline_say(&h, ": ");
    assert_int_equal(ind_headline_cell(&h, "a", &sheet, 0, "delta", IND_CHANGE, NULL), IND_OK);
    ind_headline_say(&h, ", ");
    assert_int_equal(ind_headline_cell(&h, "a", &sheet, 1, "delta", IND_CHANGE, NULL), IND_OK);
    ind_headline_say(&h, ", rank ");
    assert_int_equal(ind_headline_cell(&h, "a", &sheet, 0, "rank", IND_TENTH, NULL), IND_OK);
    assert_string_equal(h.text, "epoch 1,234,567: 0.00, +0.26, rank 7.3");
    assert_int_equal(h.count, 4);
    assert_int_equal(h.numbers[2].line, 4);
    assert_string_equal(h.numbers[2].column, "delta");
    assert_string_equal(h.numbers[2].text, "+0.26");
    assert_true(fabs(h.numbers[2].value - 0.255) < 1e-15);
    struct ind_error err;
    assert_int_equal(ind_headline_cell(&h, "a", &sheet, 0, "loss", IND_SHARE, &err), IND_FAILED);
    assert_string_equal(err.text, "a.tsv: no column 'loss'; there are: epoch, delta, rank");
    ind_sheet_release(&sheet);
}

/* Every figure's tables are in the list, in an order in which they can be made, and it has
 * words. */
static void the_lists_agree(void **state)
{
    (void)state;
    for (const struct ind_plot *plot = ind_plots; plot->name; plot++) {
        char names[256], *rest = names;
        snprintf(names, sizeof names, "%s", plot->tables);
        for (char *name; (name = strsep(&rest, " "));) {
            name[strcspn(name, "?")] = '\0';
            if (strcmp(name, "metrics") != 0 && !ind_plot_table_find(name))
                fail_msg("figure %s: no table %s", plot->name, name);
        }
        assert_true(plot->title && plot->title[0]);
        assert_ptr_equal(ind_plot_find(plot->name), plot);
    }
    assert_null(ind_plot_find("pie"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strides),           cmocka_unit_test(thinned),
        cmocka_unit_test(limited),           cmocka_unit_test(work_is_counted),
        cmocka_unit_test(profiles),          cmocka_unit_test(rows_are_picked),
        cmocka_unit_test(numbers_are_cells), cmocka_unit_test(the_lists_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
