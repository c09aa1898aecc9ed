/*
 * Commands that make tables: a template of words, of which {x} stands for a choice that depends on
 * the run.
 */
#include <induct/plot/plot.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>

#include "plot/epochs.h"
#include "plot/periods.h"

enum { MOST_WORDS = 48 };

/* ---- Periods --------------------------------------------------------------------------------- */

static bool trained_known(const struct ind_plot_run *run)
{
    return run->has & IND_NEEDS_TRAINED;
}

int ind_plot_period(const struct ind_plot_run *run)
{
    return ind_recipe_middle_period(&run->series->recipe);
}

static char *profile_of_periods(const struct ind_plot_run *run)
{
    const struct ind_recipe *recipe = &run->series->recipe;
    const int context = run->series->layout.config.context;
    int lo = context >= 24 ? 5 : 2, hi = context / 2;
    if (trained_known(run)) {
        lo = recipe->period_lo < lo ? recipe->period_lo : lo;
        hi = recipe->period_hi > hi ? recipe->period_hi : hi;
    }
    hi = hi > context - 2 ? context - 2 : hi;
    lo = lo > hi ? hi : lo;
    return ind_text("%d:%d:%d", lo, hi, (hi - lo) / 48 + 1);
}

/* `before`, a period or "", and the log's columns ood_P of others, only the `most` longest. */
static char *periods_outside(const struct ind_plot_run *run, const char *before, int most)
{
    const struct ind_sheet *log = &run->sheets[0];
    char *list = ind_text("%s", before);
    for (int c = 0; c < log->column_count && list; c++) {
        if (strncmp(log->columns[c], "ood_", 4) != 0)
            continue;
        int longer = 0;
        for (int d = 0; d < log->column_count; d++)
            longer += strncmp(log->columns[d], "ood_", 4) == 0 &&
                      atoi(log->columns[d] + 4) > atoi(log->columns[c] + 4);
        if (longer >= most || strcmp(log->columns[c] + 4, before) == 0)
            continue;
        char *more = ind_text("%s%s%s", list, list[0] ? "," : "", log->columns[c] + 4);
        free(list);
        list = more;
    }
    return list;
}

static char *periods_of_causes(const struct ind_plot_run *run)
{
    char middle[16];
    snprintf(middle, sizeof middle, "%d", ind_plot_period(run));
    return periods_outside(run, middle, INT_MAX);
}

/* The trained middle and the longest period outside. */
static char *ends_of_periods(const struct ind_plot_run *run)
{
    char middle[16];
    snprintf(middle, sizeof middle, "%d", ind_plot_period(run));
    return periods_outside(run, middle, 1);
}

/* ---- Choices by name ------------------------------------------------------------------------- */

static char *grafted_head(const struct ind_plot_run *run)
{
    const struct ind_standing *writer = ind_roles_writer(&run->roles);
    if (run->choices.head)
        return ind_text("%s", run->choices.head);
    return ind_text("%s", writer ? writer->name : "L0H0");
}

static char *donor_epoch(const struct ind_plot_run *run)
{
    const struct ind_standing *fallen = ind_roles_first(&run->roles, IND_ROLE_PERIOD);
    const struct ind_series *series = run->series;
    if (run->choices.from >= 0)
        return ind_text("%ld", run->choices.from);
    if (!fallen)
        return ind_text("%ld", series->epochs[series->count - 1]);
    return ind_text("%ld", ind_plot_nearest(series, (double)fallen->peak.epoch));
}

static char *period_text(const struct ind_plot_run *run)
{
    return ind_text("%d", ind_plot_period(run));
}

static char *sequences_text(const struct ind_plot_run *run)
{
    return ind_text("%d", run->choices.sequences);
}

static char *thin(const struct ind_plot_run *run)
{
    return ind_epochs_thin(run->series, 300, 25);
}

static char *few(const struct ind_plot_run *run)
{
    return ind_epochs_thin(run->series, 40, 6);
}

static char *some(const struct ind_plot_run *run)
{
    return ind_epochs_thin(run->series, 20, 4);
}

/* All heads, where each may cost a coefficient of its own. */
static char *few_heads(const struct ind_plot_run *run)
{
    return ind_text("%s", run->has & IND_NEEDS_FEW ? "L*" : "");
}

static char *sparse(const struct ind_plot_run *run)
{
    return ind_epochs_thin(run->series, 12, 2);
}

static char *grid(const struct ind_plot_run *run)
{
    return ind_epochs_stride(run->series, 14);
}

static char *profile(const struct ind_plot_run *run)
{
    return ind_epochs_profile(run->series, 6);
}

static char *last_four(const struct ind_plot_run *run)
{
    return ind_epochs_profile(run->series, 4);
}

/* When the strongest induction head is half formed, half-way and at the end. */
static char *formed(const struct ind_plot_run *run)
{
    const long change = ind_plot_change(run);
    char *later = ind_epochs_profile(run->series, change > 0 ? 2 : 3);
    char *text = change > 0 && later
                     ? ind_text("%ld,%s", ind_plot_nearest(run->series, (double)change), later)
                     : NULL;
    if (!text)
        return later;
    free(later);
    return text;
}

static char *outside(const struct ind_plot_run *run)
{
    return periods_outside(run, "", INT_MAX);
}

static char *longest(const struct ind_plot_run *run)
{
    char *list = periods_outside(run, "", 2);
    if (!list || list[0])
        return list;
    free(list);
    return period_text(run);
}

static char *scores_path(const struct ind_plot_run *run)
{
    return ind_plot_table_path(run, "scores");
}

static char *log_path(const struct ind_plot_run *run)
{
    return ind_plot_table_path(run, "metrics");
}

/* The log's columns ood_P. */
static char *outside_columns(const struct ind_plot_run *run)
{
    const struct ind_sheet *log = &run->sheets[0];
    char *list = ind_text("%s", "");
    for (int c = 0; c < log->column_count && list; c++) {
        if (strncmp(log->columns[c], "ood_", 4) != 0)
            continue;
        char *more = ind_text("%s%s%s", list, list[0] ? "," : "", log->columns[c]);
        free(list);
        list = more;
    }
    return list;
}

static const struct {
    const char *name;
    char *(*value)(const struct ind_plot_run *);
} choices[] = {{"thin", thin},
               {"few", few},
               {"some", some},
               {"fewheads", few_heads},
               {"sparse", sparse},
               {"grid", grid},
               {"profile", profile},
               {"lastfour", last_four},
               {"formed", formed},
               {"period", period_text},
               {"middle", period_text},
               {"periods", profile_of_periods},
               {"causes", periods_of_causes},
               {"ends", ends_of_periods},
               {"outside", outside},
               {"longest", longest},
               {"scores", scores_path},
               {"log", log_path},
               {"oods", outside_columns},
               {"head", grafted_head},
               {"from", donor_epoch},
               {"sequences", sequences_text}};

static char *expand(const struct ind_plot_run *run, const char *word, struct ind_error *err)
{
    char *text = NULL;
    const size_t length = strlen(word);
    if (word[0] != '{') {
        text = strdup(word);
    } else {
        for (size_t i = 0; i < sizeof choices / sizeof *choices && !text; i++) {
            if (strlen(choices[i].name) == length - 2 &&
                strncmp(choices[i].name, word + 1, length - 2) == 0)
                text = choices[i].value(run);
        }
    }
    if (!text)
        ind_fail(err, "out of memory for %s", word);
    return text;
}

/* ---- A command ------------------------------------------------------------------------------- */

struct words {
    char *items[MOST_WORDS];
    int count;
};

static void words_release(struct words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->items[i]);
}

static int add(struct words *words, char *text, struct ind_error *err)
{
    if (!text)
        return ind_fail(err, "out of memory");
    if (words->count == MOST_WORDS) {
        free(text);
        return ind_fail(err, "a command of more than %d words", MOST_WORDS);
    }
    words->items[words->count++] = text;
    return IND_OK;
}

/* An option whose value is empty goes with it. */
static int add_expanded(struct words *words, const struct ind_plot_run *run, const char *word,
                        struct ind_error *err)
{
    char *text = expand(run, word, err);
    if (!text)
        return IND_FAILED;
    if (text[0])
        return add(words, text, err);
    free(text);
    free(words->items[--words->count]);
    return IND_OK;
}

static int add_template(struct words *words, const struct ind_plot_run *run, const char *template,
                        struct ind_error *err)
{
    char *copy = strdup(template), *rest = copy;
    int status = copy ? IND_OK : ind_fail(err, "out of memory");
    for (char *word; status == IND_OK && (word = strsep(&rest, " "));)
        status = add_expanded(words, run, word, err);
    free(copy);
    return status;
}

/* Roles and onsets are of tables, all else is of the run; onsets name theirs themselves. */
static int add_operands(struct words *words, const struct ind_plot_run *run,
                        const struct ind_plot_table *table, struct ind_error *err)
{
    if (strcmp(table->program, "induct-onset") == 0)
        return IND_OK;
    if (strcmp(table->program, "induct-roles") != 0)
        return add(words, strdup(run->series->path), err);
    if (add(words, ind_plot_table_path(run, "scores"), err) != IND_OK)
        return IND_FAILED;
    return run->has & IND_NEEDS_OOD ? add(words, ind_plot_table_path(run, "metrics"), err) : IND_OK;
}

/* One block: pointers, then what they point at. */
static char **pack(const struct words *words)
{
    size_t bytes = 0;
    for (int i = 0; i < words->count; i++)
        bytes += strlen(words->items[i]) + 1;
    const size_t pointers = ((size_t)words->count + 1) * sizeof(char *);
    char **argv = malloc(pointers + bytes);
    if (!argv)
        return NULL;
    char *out = (char *)argv + pointers;
    for (int i = 0; i < words->count; i++) {
        argv[i] = out;
        out = stpcpy(out, words->items[i]) + 1;
    }
    argv[words->count] = NULL;
    return argv;
}

int ind_plot_command(const struct ind_plot_run *run, const struct ind_plot_table *table,
                     char ***argv, struct ind_error *err)
{
    struct words words = {0};
    int status = add(&words, strdup(table->program), err);
    if (status == IND_OK)
        status = add_operands(&words, run, table, err);
    if (status == IND_OK)
        status = add_template(&words, run, table->arguments, err);
    *argv = status == IND_OK ? pack(&words) : NULL;
    if (status == IND_OK && !*argv)
        status = ind_fail(err, "out of memory");
    words_release(&words);
    return status;
}
