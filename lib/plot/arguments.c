/*
 * Commands that make tables: a template of words, of which {x} stands for a choice that depends on
 * the run.
 */
#include <induct/plot/plot.h>

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>

#include "plot/arguments.h"
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

char *ind_plot_profile_of_periods(const struct ind_plot_run *run)
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

char *ind_plot_periods_of_causes(const struct ind_plot_run *run)
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

/* ---- Checkpoints ------------------------------------------------------------------------------ */

static char *thin(const struct ind_plot_run *run, int most)
{
    return ind_epochs_within(run->series, 300, 25, most);
}

static char *few(const struct ind_plot_run *run, int most)
{
    return ind_epochs_within(run->series, 40, 6, most);
}

/* What has another default than all: these are named. */
static char *into(const struct ind_plot_run *run, int most)
{
    char *text = few(run, most);
    if (!text || text[0])
        return text;
    free(text);
    return ind_text("::1");
}

static char *some(const struct ind_plot_run *run, int most)
{
    return ind_epochs_within(run->series, 20, 4, most);
}

static char *sparse(const struct ind_plot_run *run, int most)
{
    return ind_epochs_within(run->series, 12, 2, most);
}

/* Each with each. */
static char *grid(const struct ind_plot_run *run, int most)
{
    const int side = (int)sqrt((double)most);
    if (side < 3)
        return ind_epochs_profile(run->series, side);
    return ind_epochs_stride(run->series, side > 14 ? 14 : side - 1); /* and the last */
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static char *profile(const struct ind_plot_run *run, int most)
{
    return ind_epochs_profile(run->series, least(6, most));
}

static char *last_four(const struct ind_plot_run *run, int most)
{
    return ind_epochs_profile(run->series, least(4, most));
}

/* When the strongest induction head is half formed, half-way and at the end. */
static char *formed(const struct ind_plot_run *run, int most)
{
    const long change = most > 1 ? ind_plot_change(run) : -1;
    char *later = ind_epochs_profile(run->series, least(most - (change > 0), change > 0 ? 2 : 3));
    char *text = change > 0 && later
                     ? ind_text("%ld,%s", ind_plot_nearest(run->series, (double)change), later)
                     : NULL;
    if (!text)
        return later;
    free(later);
    return text;
}

static char *last(const struct ind_plot_run *run, int most)
{
    (void)most;
    return ind_text("%ld", run->series->epochs[run->series->count - 1]);
}

/* Which checkpoints: those that a figure has use for, of at most so many. */
static const struct {
    const char *name;
    char *(*value)(const struct ind_plot_run *, int most);
} epochs[] = {{"thin", thin},          {"few", few},   {"into", into},     {"some", some},
              {"sparse", sparse},      {"grid", grid}, {"formed", formed}, {"profile", profile},
              {"lastfour", last_four}, {"last", last}};

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

/* All heads, where each may cost a coefficient of its own. */
static char *few_heads(const struct ind_plot_run *run)
{
    return ind_text("%s", run->has & IND_NEEDS_FEW ? "L*" : "");
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

/* A table as an operand, which no program takes for an option. */
static char *operand_of(const struct ind_plot_run *run, const char *table)
{
    char *path = ind_plot_table_path(run, table), *operand = path ? ind_plot_file(path) : NULL;
    free(path);
    return operand;
}

static char *scores_path(const struct ind_plot_run *run)
{
    return operand_of(run, "scores");
}

static char *log_path(const struct ind_plot_run *run)
{
    return operand_of(run, "metrics");
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
} choices[] = {{"fewheads", few_heads},
               {"period", period_text},
               {"middle", period_text},
               {"periods", ind_plot_profile_of_periods},
               {"causes", ind_plot_periods_of_causes},
               {"ends", ends_of_periods},
               {"outside", outside},
               {"longest", longest},
               {"scores", scores_path},
               {"log", log_path},
               {"oods", outside_columns},
               {"head", grafted_head},
               {"from", donor_epoch},
               {"sequences", sequences_text}};

/* Is the word {name}? */
static bool stands_for(const char *word, const char *name)
{
    const size_t length = strlen(name);
    return word[0] == '{' && strncmp(word + 1, name, length) == 0 && word[length + 1] == '}';
}

/* A choice of checkpoints by its word; -1 of any other word. */
static int find_epochs(const char *word)
{
    for (int i = 0; i < (int)(sizeof epochs / sizeof *epochs); i++)
        if (stands_for(word, epochs[i].name))
            return i;
    return -1;
}

char *ind_plot_epochs(const struct ind_plot_run *run, const struct ind_plot_table *table, int most)
{
    for (const char *word = strchr(table->arguments, '{'); word; word = strchr(word + 1, '{')) {
        const int choice = find_epochs(word);
        if (choice >= 0)
            return epochs[choice].value(run, most);
    }
    return ind_text("%s", "");
}

int ind_plot_count(const struct ind_plot_run *run, const struct ind_plot_table *table, bool bounded)
{
    const int most = bounded ? ind_plot_most(run, table) : INT_MAX;
    if (most < 1)
        return 0;
    char *choice = ind_plot_epochs(run, table, most);
    const int count = choice ? ind_epochs_count(run->series, choice) : -1;
    free(choice);
    return count;
}

static char *expand(const struct ind_plot_run *run, const char *word, int most,
                    struct ind_error *err)
{
    char *text = NULL;
    const int choice = find_epochs(word);
    if (word[0] != '{')
        text = strdup(word);
    else if (choice >= 0)
        text = epochs[choice].value(run, most);
    for (size_t i = 0; i < sizeof choices / sizeof *choices && !text; i++)
        if (stands_for(word, choices[i].name))
            text = choices[i].value(run);
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
                        int most, struct ind_error *err)
{
    char *text = expand(run, word, most, err);
    if (!text)
        return IND_FAILED;
    if (text[0])
        return add(words, text, err);
    free(text);
    free(words->items[--words->count]);
    return IND_OK;
}

static int add_template(struct words *words, const struct ind_plot_run *run,
                        const struct ind_plot_table *table, struct ind_error *err)
{
    const int most = ind_plot_most(run, table);
    char *copy = strdup(table->arguments), *rest = copy;
    int status = copy ? IND_OK : ind_fail(err, "out of memory");
    for (char *word; status == IND_OK && (word = strsep(&rest, " "));)
        status = add_expanded(words, run, word, most > 1 ? most : 1, err);
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
        return add(words, ind_plot_file(run->series->path), err);
    if (add(words, scores_path(run), err) != IND_OK)
        return IND_FAILED;
    return run->has & IND_NEEDS_OOD ? add(words, log_path(run), err) : IND_OK;
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
        status = add_template(&words, run, table, err);
    *argv = status == IND_OK ? pack(&words) : NULL;
    if (status == IND_OK && !*argv)
        status = ind_fail(err, "out of memory");
    words_release(&words);
    return status;
}
