/* Figures of many seeds: what their scripts are given. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/plot/plot.h>

#include "plot/headline.h"

const struct ind_plot ind_seeds_plots[] = {
    {"seeds", "Every seed, their mean and its interval", "curves each", 0, NULL},
    {"arms", "Arms side by side", "values values_each pairs? pairs_each?", 0, NULL},
    {0}};

enum { NAMED_ARMS = 3 };

/* ---- Lists of words -------------------------------------------------------------------------- */

/* Adds a word that is not yet there. */
static int add_word(char **list, const char *word, struct ind_error *err)
{
    const size_t length = strlen(word);
    for (const char *at = *list; at && *at; at += strcspn(at, " "), at += *at == ' ') {
        if (strncmp(at, word, length) == 0 && (at[length] == ' ' || at[length] == '\0'))
            return IND_OK;
    }
    char *longer = *list ? ind_text("%s %s", *list, word) : strdup(word);
    free(*list);
    *list = longer;
    return longer ? IND_OK : ind_fail(err, IND_NO_MEMORY);
}

/* The values of a column, each once, `first` before all others. */
static int list_words(const struct ind_sheet *sheet, const char *column, const char *first,
                      char **list, struct ind_error *err)
{
    *list = NULL;
    if (first && add_word(list, first, err))
        return IND_FAILED;
    for (size_t row = 0; row < sheet->row_count; row++) {
        if (add_word(list, ind_cell(sheet, (long)row, column), err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* "COLUMN OF ...": a pair for each quantity, columns in the order asked for. */
static int list_quantities(const struct ind_sheet *sheet, const char *columns, char **list,
                           struct ind_error *err)
{
    char *copy = strdup(columns), *rest = copy;
    int status = copy ? IND_OK : ind_fail(err, IND_NO_MEMORY);
    *list = NULL;
    for (const char *column; status == IND_OK && (column = strsep(&rest, ","));) {
        const char *of = "";
        for (size_t row = 0; row < sheet->row_count && status == IND_OK; row++) {
            const char *here = ind_cell(sheet, (long)row, "of");
            if (strcmp(ind_cell(sheet, (long)row, "column"), column) != 0 ||
                strcmp(ind_cell(sheet, (long)row, "arm"), ind_cell(sheet, 0, "arm")) != 0 ||
                strcmp(of, here) == 0)
                continue; /* other arms have the same ones */
            of = here;
            char *longer = ind_text("%s%s%s %s", *list ? *list : "", *list ? " " : "", column, of);
            free(*list);
            *list = longer;
            status = longer ? IND_OK : ind_fail(err, IND_NO_MEMORY);
        }
    }
    free(copy);
    return status;
}

/* The first row of the first column asked for. */
static long first_row(const struct ind_sheet *sheet, const char *columns)
{
    const size_t length = strcspn(columns, ",");
    for (size_t row = 0; row < sheet->row_count; row++) {
        const char *column = ind_cell(sheet, (long)row, "column");
        if (strncmp(column, columns, length) == 0 && column[length] == '\0')
            return (long)row;
    }
    return 0;
}

/* ---- Headlines ------------------------------------------------------------------------------- */

/* "p40, mean over 16 seeds of base: 0.77 at epoch 28,500, 0.21 at 60,000" */
static int say_curve(struct ind_headline *headline, const struct ind_sheet *curves, long first,
                     const char *arm, struct ind_error *err)
{
    static const char table[] = "tables/curves";
    const char *column = ind_cell(curves, first, "column"), *of = ind_cell(curves, first, "of");
    const long last = ind_pick(curves, 1, "epoch", "arm", arm, "column", column, "of", of, NULL);
    const long best = ind_pick(curves, 1, "mean", "arm", arm, "column", column, "of", of, NULL);
    if (last < 0 || best < 0)
        return IND_OK;
    ind_headline_say(headline, "%s, mean over ", column);
    if (ind_headline_cell(headline, table, curves, last, "seeds", IND_WHOLE, err))
        return IND_FAILED;
    ind_headline_say(headline, " seeds of %s: ", arm);
    if (best != last) {
        if (ind_headline_cell(headline, table, curves, best, "mean", IND_SHARE, err))
            return IND_FAILED;
        ind_headline_say(headline, " at epoch ");
        if (ind_headline_cell(headline, table, curves, best, "epoch", IND_WHOLE, err))
            return IND_FAILED;
        ind_headline_say(headline, ", ");
    }
    if (ind_headline_cell(headline, table, curves, last, "mean", IND_SHARE, err))
        return IND_FAILED;
    ind_headline_say(headline, " at ");
    return ind_headline_cell(headline, table, curves, last, "epoch", IND_WHOLE, err);
}

/* The row of the first quantity that has the largest difference below that of `after` (-1 =
 * any). */
static long next_largest(const struct ind_sheet *pairs, long first, long after)
{
    const char *column = ind_cell(pairs, first, "column"), *of = ind_cell(pairs, first, "of");
    const double limit =
        after < 0 ? (double)INFINITY : fabs(ind_number(pairs, after, "difference"));
    long best = -1;
    double most = -1;
    for (size_t row = 0; row < pairs->row_count; row++) {
        const double size = fabs(ind_number(pairs, (long)row, "difference"));
        if (strcmp(ind_cell(pairs, (long)row, "column"), column) == 0 &&
            strcmp(ind_cell(pairs, (long)row, "of"), of) == 0 && size < limit && size > most) {
            best = (long)row;
            most = size;
        }
    }
    return best;
}

/* "p40 against control: wide +0.36, forbid-pp +0.29, clamp-prev -0.21" */
static int say_arms(struct ind_headline *headline, const struct ind_sheet *pairs, long first,
                    const char *against, struct ind_error *err)
{
    ind_headline_say(headline, "%s against %s", ind_cell(pairs, first, "column"), against);
    long row = -1;
    for (int i = 0; i < NAMED_ARMS; i++) {
        row = next_largest(pairs, first, row);
        if (row < 0)
            break;
        ind_headline_say(headline, "%s %s ", i ? "," : ":", ind_cell(pairs, row, "arm"));
        if (ind_headline_cell(headline, "tables/pairs", pairs, row, "difference", IND_CHANGE, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- All that a script is given -------------------------------------------------------------- */

/* The figure's first table, every seed's, and the pairs if there is a comparison. */
struct sources {
    struct ind_sheet first, each, pairs;
};

static int read_table(const struct ind_seeds_figure *of, const char *name, struct ind_sheet *sheet,
                      struct ind_error *err)
{
    char *path = ind_text("%s/tables/%s.tsv", of->folder, name);
    int status =
        path ? ind_sheet_read(sheet, path, IND_TORN_FAILS, err) : ind_fail(err, IND_NO_MEMORY);
    if (status == IND_OK && sheet->row_count == 0)
        status = ind_fail(err, "%s: no rows", path);
    free(path);
    return status;
}

static int read_sources(const struct ind_seeds_figure *of, struct sources *sources,
                        struct ind_error *err)
{
    const bool curves = of->figure == &ind_seeds_plots[0];
    *sources = (struct sources){0};
    if (read_table(of, curves ? "curves" : "values", &sources->first, err) ||
        read_table(of, curves ? "each" : "values_each", &sources->each, err))
        return IND_FAILED;
    return !curves && of->against ? read_table(of, "pairs", &sources->pairs, err) : IND_OK;
}

static int say(const struct ind_seeds_figure *of, const struct sources *sources,
               struct ind_headline *headline, struct ind_error *err)
{
    const char *arm = of->against ? of->against : ind_cell(&sources->first, 0, "arm");
    *headline = (struct ind_headline){.count = 0};
    if (of->title)
        ind_headline_say(headline, "%s", of->title);
    else if (sources->pairs.row_count)
        return say_arms(headline, &sources->pairs, first_row(&sources->pairs, of->columns),
                        of->against, err);
    else if (of->figure == &ind_seeds_plots[0])
        return say_curve(headline, &sources->first, first_row(&sources->first, of->columns), arm,
                         err);
    return IND_OK;
}

static int put_lists(FILE *out, const struct ind_seeds_figure *of, const struct sources *sources,
                     struct ind_error *err)
{
    char *quantities = NULL, *arms = NULL, *seeds = NULL;
    int status = list_quantities(&sources->first, of->columns, &quantities, err);
    if (status == IND_OK)
        status = list_words(&sources->first, "arm", of->against, &arms, err);
    if (status == IND_OK)
        status = list_words(&sources->each, "seed", NULL, &seeds, err);
    if (status == IND_OK) {
        ind_plot_put_text(out, "quantities", quantities);
        ind_plot_put_text(out, "arms", arms);
        ind_plot_put_text(out, "seeds", seeds);
        ind_plot_put_text(out, "against", of->against ? of->against : "");
    }
    free(quantities);
    free(arms);
    free(seeds);
    return status;
}

static int put_tables(FILE *out, const struct ind_seeds_figure *of, struct ind_error *err)
{
    char *names = strdup(of->figure->tables), *rest = names;
    int status = names ? IND_OK : ind_fail(err, IND_NO_MEMORY);
    for (char *name; status == IND_OK && (name = strsep(&rest, " "));) {
        const size_t length = strcspn(name, "?");
        const bool lacks = name[length] == '?' && !of->against;
        char variable[64],
            *path =
                lacks ? strdup("") : ind_text("%s/tables/%.*s.tsv", of->folder, (int)length, name);
        snprintf(variable, sizeof variable, "table_%.*s", (int)length, name);
        status = path ? ind_plot_put_path(out, variable, path, err) : ind_fail(err, IND_NO_MEMORY);
        free(path);
    }
    free(names);
    return status;
}

static int put_facts(FILE *out, const struct ind_seeds_figure *of, const char *plots,
                     const struct ind_headline *headline, const struct sources *sources,
                     struct ind_error *err)
{
    ind_plot_put_text(out, "headline", headline->text[0] ? headline->text : of->figure->title);
    ind_plot_put_text(out, "run", of->subtitle);
    ind_plot_put_text(out, "model", "");
    if (ind_plot_put_path(out, "plots", plots, err))
        return IND_FAILED;
    fputs("here = plots.'/lib/'\ntask_known = 0\nlogx = 0\n", out);
    return put_lists(out, of, sources, err) || put_tables(out, of, err) ? IND_FAILED : IND_OK;
}

int ind_seeds_facts(const struct ind_seeds_figure *of, const char *plots,
                    struct ind_headline *headline, char **text, struct ind_error *err)
{
    struct sources sources;
    size_t size;
    *text = NULL;
    int status = read_sources(of, &sources, err);
    if (status == IND_OK)
        status = say(of, &sources, headline, err);
    FILE *out = status == IND_OK ? ind_text_open(text, &size) : NULL;
    if (status == IND_OK && !out)
        status = ind_fail_errno(err, "cannot gather the facts");
    if (status == IND_OK)
        status = put_facts(out, of, plots, headline, &sources, err);
    if (out && !ind_text_close(out, text) && status == IND_OK)
        status = ind_fail(err, IND_NO_MEMORY);
    if (status != IND_OK) {
        free(*text);
        *text = NULL;
    }
    ind_sheet_release(&sources.first);
    ind_sheet_release(&sources.each);
    ind_sheet_release(&sources.pairs);
    return status;
}
