/*
 * What a script is given: gnuplot's assignments of text and numbers. Text stands in single quotes,
 * in which gnuplot looks at nothing but the quote itself.
 */
#include <induct/plot/plot.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/printable.h>

#include "plot/headline.h"
#include "plot/periods.h"

enum { MOST_NAMED = 8 };

/* In quotes that are doubled within. */
static void put_quoted(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s = '", name);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', out);
        fputc(*text, out);
    }
    fputs("'\n", out);
}

void ind_plot_put_text(FILE *out, const char *name, const char *text)
{
    char line[2048];
    snprintf(line, sizeof line, "%s", text);
    for (char *at = line; *at; at++) {
        if ((unsigned char)*at < 0x20)
            *at = ' ';
    }
    put_quoted(out, name, ind_make_printable(line));
}

int ind_plot_put_path(FILE *out, const char *name, const char *path, struct ind_error *err)
{
    if (strpbrk(path, "\n\r"))
        return ind_fail(err, "%s: a line break in a name is more than gnuplot can be told", path);
    char *file = ind_plot_file(path);
    if (!file)
        return ind_fail(err, IND_NO_MEMORY);
    put_quoted(out, name, file);
    free(file);
    return IND_OK;
}

static void put_number(FILE *out, const char *name, long number)
{
    fprintf(out, "%s = %ld\n", name, number);
}

/* ---- The run --------------------------------------------------------------------------------- */

/* "2 layers x 4 heads, d_model 64, sinusoidal, LN, vocabulary 256, context 80" */
static void put_model(FILE *out, const struct ind_plot_run *run)
{
    const struct ind_config *c = &run->series->layout.config;
    char text[256];
    int used =
        snprintf(text, sizeof text, "%d layer%s × %d head%s, width %d, %s positions", c->layers,
                 c->layers == 1 ? "" : "s", c->heads, c->heads == 1 ? "" : "s", c->d_model,
                 c->positions == IND_POSITIONS_NONE ? "no" : ind_positions_name(c->positions));
    if (c->norm != IND_NORM_NONE)
        used += snprintf(text + used, sizeof text - (size_t)used, ", %s", ind_norm_name(c->norm));
    snprintf(text + used, sizeof text - (size_t)used, ", vocabulary %d, context %d", c->vocab,
             c->context);
    ind_plot_put_text(out, "model", text);
}

/* Of the figure's tables that the bound of work has made smaller, the fewest checkpoints; INT_MAX if
 * it has none. */
static int fewest_checkpoints(const struct ind_plot_run *run, const struct ind_plot *figure)
{
    char names[256], *rest = names;
    int fewest = INT_MAX;
    snprintf(names, sizeof names, "%s", figure->tables);
    for (char *name; (name = strsep(&rest, " ?"));) {
        const struct ind_plot_table *table = ind_plot_table_find(name);
        if (!table || !ind_plot_has_table(run, table))
            continue;
        const int count = ind_plot_count(run, table, true);
        if (count < fewest && count < ind_plot_count(run, table, false))
            fewest = count;
    }
    return fewest;
}

/* The folder's name, the preset and seed where they say something else, the trained periods, and of
 * how few checkpoints the figure is if fewer than usual. */
static void put_subtitle(FILE *out, const struct ind_plot_run *run, const struct ind_plot *figure)
{
    const int fewest = fewest_checkpoints(run, figure);
    const struct ind_recipe *r = &run->series->recipe;
    char usual[96], text[512];
    snprintf(usual, sizeof usual, "%s-seed%llu", r->preset, (unsigned long long)r->seed);
    int used = snprintf(text, sizeof text, "%s", run->name);
    if (run->series->imported)
        used += snprintf(text + used, sizeof text - (size_t)used, " · imported");
    else if (strcmp(run->name, usual) != 0)
        used += snprintf(text + used, sizeof text - (size_t)used, " · %s · seed %llu", r->preset,
                         (unsigned long long)r->seed);
    if (run->has & IND_NEEDS_TRAINED)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         r->period_lo == r->period_hi ? " · trained on period %d"
                                                      : " · trained on periods %d–%d",
                         r->period_lo, r->period_hi);
    if (fewest < INT_MAX)
        snprintf(text + used, sizeof text - (size_t)used, " · %d checkpoint%s within --work",
                 fewest, fewest == 1 ? "" : "s");
    ind_plot_put_text(out, "run", text);
}

static void put_run(FILE *out, const struct ind_plot_run *run, const struct ind_plot *figure)
{
    const struct ind_recipe *recipe = &run->series->recipe;
    const struct ind_config *config = &run->series->layout.config;
    const bool known = run->has & IND_NEEDS_TRAINED;
    put_subtitle(out, run, figure);
    put_model(out, run);
    put_number(out, "task_known", known);
    put_number(out, "period_lo", known ? recipe->period_lo : 0);
    put_number(out, "period_hi", known ? recipe->period_hi : 0);
    put_number(out, "score_period", ind_plot_period(run));
    put_number(out, "vocab", config->vocab);
    put_number(out, "context", config->context);
    put_number(out, "layers", config->layers);
    put_number(out, "heads_n", config->heads);
}

/* ---- Roles ----------------------------------------------------------------------------------- */

/* The heads that hold a role, by rank; if none does, the first. */
static void put_heads(FILE *out, const char *name, const struct ind_roles *roles,
                      enum ind_role_kind kind)
{
    char text[MOST_NAMED * 25] = "";
    int used = 0, named = 0;
    for (int i = 0; i < roles->count && named < MOST_NAMED; i++) {
        const struct ind_standing *standing = &roles->items[i];
        if (standing->kind != kind || !(standing->holds || standing->rank == 1))
            continue;
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%s", named++ ? " " : "",
                         standing->name);
    }
    ind_plot_put_text(out, name, text);
}

static bool is_logarithmic(const struct ind_plot_run *run)
{
    const struct ind_series *series = run->series;
    const long first = series->epochs[0], last = series->epochs[series->count - 1];
    const long change = ind_plot_change(run);
    if (run->choices.axis != IND_AXIS_AUTO)
        return run->choices.axis == IND_AXIS_LOG && last > 1;
    return change > 0 && last > 1 && 10 * (change - first) < last - first;
}

/* The first logged epoch with an induction accuracy of one half; -1 if there is none. */
static long passing(const struct ind_plot_run *run)
{
    const struct ind_sheet *log = &run->sheets[0];
    for (size_t row = 0; run->has & IND_NEEDS_LOG && row < log->row_count; row++) {
        if (ind_number(log, (long)row, "induction_accuracy") >= 0.5)
            return (long)ind_number(log, (long)row, "epoch");
    }
    return -1;
}

/* The log's periods, as they stand there. */
static void put_outside(FILE *out, const struct ind_plot_run *run)
{
    const struct ind_sheet *log = &run->sheets[0];
    char text[1024] = "";
    size_t used = 0;
    for (int c = 0; run->has & IND_NEEDS_OOD && c < log->column_count; c++) {
        if (strncmp(log->columns[c], "ood_", 4) == 0 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "",
                                     log->columns[c] + 4);
    }
    ind_plot_put_text(out, "oods", text);
}

static void put_roles(FILE *out, const struct ind_plot_run *run)
{
    const struct ind_standing *fallen = ind_roles_first(&run->roles, IND_ROLE_PERIOD);
    const struct ind_standing *previous = ind_roles_first(&run->roles, IND_ROLE_PREVIOUS);
    put_heads(out, "previous_heads", &run->roles, IND_ROLE_PREVIOUS);
    put_heads(out, "induction_heads", &run->roles, IND_ROLE_INDUCTION);
    put_number(out, "previous_held", previous && previous->holds);
    put_number(out, "fallen_period", fallen ? fallen->period : 0);
    put_number(out, "change_epoch", ind_plot_change(run));
    put_number(out, "passed", passing(run));
    put_number(out, "logx", is_logarithmic(run));
    put_outside(out, run);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

/* Of each table its path, "" for one that the run has not; `in` is the first one. */
static int put_tables(FILE *out, const struct ind_plot_run *run, const struct ind_plot *figure,
                      struct ind_error *err)
{
    char *names = strdup(figure->tables), *rest = names;
    int status = names ? IND_OK : ind_fail(err, "out of memory");
    for (char *name; status == IND_OK && (name = strsep(&rest, " "));) {
        char *mark = strchr(name, '?');
        if (mark)
            *mark = '\0';
        const struct ind_plot_table *table = ind_plot_table_find(name);
        const bool lacks = table && !ind_plot_has_table(run, table);
        char *path = lacks ? strdup("") : ind_plot_table_path(run, name), variable[64];
        snprintf(variable, sizeof variable, "table_%s", name);
        status = path ? ind_plot_put_path(out, variable, path, err) : ind_fail(err, IND_NO_MEMORY);
        if (status == IND_OK && name == names)
            status = ind_plot_put_path(out, "in", path, err);
        free(path);
    }
    free(names);
    return status;
}

int ind_plot_facts(struct ind_plot_run *run, const struct ind_plot *figure, const char *plots,
                   struct ind_headline *headline, char **text, struct ind_error *err)
{
    size_t size;
    *headline = (struct ind_headline){.count = 0};
    *text = NULL;
    if (figure->headline && figure->headline(headline, run, err) != IND_OK)
        return IND_FAILED;
    FILE *out = ind_text_open(text, &size);
    if (!out)
        return ind_fail_errno(err, "cannot gather the facts");
    ind_plot_put_text(out, "headline", headline->text[0] ? headline->text : figure->title);
    int status = ind_plot_put_path(out, "plots", plots, err);
    fputs("here = plots.'/lib/'\n", out);
    put_run(out, run, figure);
    put_roles(out, run);
    if (status == IND_OK)
        status = put_tables(out, run, figure, err);
    fputs(headline->facts, out);
    if (!ind_text_close(out, text) && status == IND_OK)
        status = ind_fail(err, IND_NO_MEMORY);
    if (status != IND_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}
