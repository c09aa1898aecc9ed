/* Which figures are drawn, and which tables that takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/tool/quote.h>

#include "work.h"

bool next_word(const char **list, char between, char word[WORD_ROOM])
{
    if (!*list)
        return false;
    const char *end = strchr(*list, between);
    const int length = end ? (int)(end - *list) : (int)strlen(*list);
    snprintf(word, WORD_ROOM, "%.*s", length, *list);
    *list = end ? end + 1 : NULL;
    return true;
}

bool names_figure(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static char *known_names(void)
{
    char *list = ind_text("pattern");
    for (const struct ind_plot *figure = ind_plots; figure->name && list; figure++) {
        char *longer = ind_text("%s, %s", list, figure->name);
        free(list);
        list = longer;
    }
    return list;
}

static bool is_of_many(const char *name)
{
    const struct ind_plot *figure = ind_seeds_plots;
    while (figure->name && strcmp(figure->name, name) != 0)
        figure++;
    return figure->name != NULL;
}

void check_names(const struct ind_tool *tool, const struct settings *s)
{
    const char *rest = s->figures;
    for (char name[WORD_ROOM]; next_word(&rest, ',', name);) {
        if (strcmp(name, "pattern") != 0 && !ind_plot_find(name) && !is_of_many(name)) {
            char *known = known_names();
            ind_tool_usage(tool, "--figures: there is no figure '%s'; there are: %s", name,
                           known ? known : IND_NO_MEMORY);
        }
    }
}

/* What a figure needs with its tables: those that it can do without are marked by a "?". */
static unsigned needs_of(const struct ind_plot *figure)
{
    unsigned needs = figure->needs;
    const char *rest = figure->tables;
    for (char name[WORD_ROOM]; next_word(&rest, ' ', name);) {
        const struct ind_plot_table *table = ind_plot_table_find(name);
        needs |= table ? table->needs : 0U;
    }
    return needs;
}

/* A table of the figure, none that it can do without, of which one checkpoint is more work than
 * there may be; NULL if there is none. */
static const struct ind_plot_table *beyond(const struct plots *plots, const struct ind_plot *figure)
{
    const char *rest = figure->tables;
    for (char name[WORD_ROOM]; next_word(&rest, ' ', name);) {
        const struct ind_plot_table *table = ind_plot_table_find(name);
        if (table && ind_plot_most(plots->run, table) < 1)
            return table;
    }
    return NULL;
}

/* One note a reason, with the figures that it keeps from being drawn. */
static void say_lacking(const struct plots *plots, const char *reasons[MOST_FIGURES])
{
    for (int i = 0; i < MOST_FIGURES; i++) {
        char left_out[512] = "";
        const char *reason = reasons[i];
        for (int j = i, used = 0; reason && j < MOST_FIGURES; j++) {
            if (reasons[j] != reason)
                continue;
            used += snprintf(left_out + used, sizeof left_out - (size_t)used, "%s%s",
                             used ? ", " : "", ind_plots[j].name);
            reasons[j] = NULL;
        }
        if (reason)
            ind_tool_warn(plots->tool, "%s: %s: no %s", plots->run->series->path, reason, left_out);
    }
}

/* The run as a shell takes it for a folder's name; NULL without memory. */
static char *typed(const struct ind_plot_run *run)
{
    char *text, *path = ind_plot_file(run->series->path);
    size_t size;
    FILE *out = path ? ind_text_open(&text, &size) : NULL;
    if (out)
        ind_shell_quote(out, path);
    free(path);
    return out && ind_text_close(out, &text) ? text : NULL;
}

static void say_beyond(const struct plots *plots, const struct ind_plot *figure,
                       const struct ind_plot_table *table)
{
    const struct ind_plot_run *run = plots->run;
    char *folder = typed(run);
    ind_tool_warn(plots->tool,
                  "%s: %s of one checkpoint is %.3g minutes, --work allows %.3g: no %s "
                  "(induct-plots %s --figures %s --work 0)",
                  run->series->path, table->name, table->work(run) / MINUTE,
                  run->choices.work / MINUTE, figure->name, folder ? folder : "RUN", figure->name);
    free(folder);
}

/* The figures asked for that the run can have. */
void choose(const struct plots *plots, const struct settings *s,
            const struct ind_plot *list[MOST_FIGURES + 1])
{
    const char *reasons[MOST_FIGURES] = {NULL};
    const struct ind_plot_table *too_much;
    int count = 0;
    for (int i = 0; ind_plots[i].name && i < MOST_FIGURES; i++) {
        if (s->figures && !names_figure(s->figures, ind_plots[i].name))
            continue;
        reasons[i] = ind_plot_lacks(plots->run, needs_of(&ind_plots[i]));
        if (reasons[i])
            continue;
        if ((too_much = beyond(plots, &ind_plots[i])))
            say_beyond(plots, &ind_plots[i], too_much);
        else
            list[count++] = &ind_plots[i];
    }
    list[count] = NULL;
    say_lacking(plots, reasons);
}

bool is_wanted(const struct ind_plot *const *list, const char *table)
{
    for (; *list; list++) {
        const char *rest = (*list)->tables;
        for (char name[WORD_ROOM]; next_word(&rest, ' ', name);) {
            name[strcspn(name, "?")] = '\0';
            if (strcmp(name, table) == 0)
                return true;
        }
    }
    return false;
}
