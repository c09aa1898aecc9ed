/* Figures of many runs: tables made by induct-seeds, drawn like those of one run. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "work.h"

bool are_many(const struct ind_tool *tool, const struct settings *s)
{
    struct stat info;
    return s->columns || tool->operand_count > 1 ||
           (tool->operand_count == 1 && stat(tool->operands[0], &info) == 0 &&
            !S_ISDIR(info.st_mode));
}

void check_many(const struct ind_tool *tool, const struct settings *s)
{
    if (!are_many(tool, s)) {
        if (s->at || s->against || s->title || s->table)
            ind_tool_usage(tool, "--at, --against, --table and --title are of several runs");
        return;
    }
    if (!s->columns || !s->folder)
        ind_tool_usage(tool, "of several runs: --column LIST (what is drawn) and -o FOLDER "
                             "(where)");
    if (s->against && !s->at)
        ind_tool_usage(tool, "--against goes with --at: which epochs are compared?");
    if (s->head || s->from >= 0)
        ind_tool_usage(tool, "--head and --from are of one run");
}

/* The newest of the tables that are read. */
static int newest_table(const struct plots *plots, const struct settings *s,
                        struct timespec *newest)
{
    const struct ind_tool *tool = plots->tool;
    int status = IND_OK;
    *newest = (struct timespec){0, 0};
    for (int i = 0; i < tool->operand_count && status == IND_OK; i++) {
        const char *operand = tool->operands[i];
        const char *table = s->table ? s->table : "metrics.tsv";
        status = take_newest(ind_is_folder(operand) ? ind_text("%s/%s", operand, table)
                                                    : strdup(operand),
                             newest, &plots->tool->error);
    }
    return status;
}

/* The operands as induct-seeds takes them, none for an option: argv [operand_count], each to be
 * freed. */
static int add_operands(const struct ind_tool *tool, const char **argv, struct ind_error *err)
{
    for (int i = 0; i < tool->operand_count; i++) {
        argv[i] = ind_plot_file(tool->operands[i]);
        if (!argv[i])
            return ind_fail(err, IND_NO_MEMORY);
    }
    return IND_OK;
}

/* induct-seeds on all that was given, with --column and the options that are wanted. */
static int make(struct plots *plots, const struct settings *s, const char *name, bool each, bool at,
                bool against)
{
    const struct ind_tool *tool = plots->tool;
    const char **argv;
    int count = 0;
    if (ind_alloc_into(&argv, (size_t)tool->operand_count + 16, sizeof *argv, &plots->tool->error))
        return IND_FAILED;
    argv[count++] = "induct-seeds";
    int status = add_operands(tool, argv + count, &plots->tool->error);
    count += tool->operand_count;
    const struct {
        const char *option, *value;
        bool wanted;
    } options[] = {{"--column", s->columns, true},
                   {"--table", s->table, s->table != NULL},
                   {"--at", s->at, at},
                   {"--against", s->against, against}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].wanted) {
            argv[count++] = options[i].option;
            argv[count++] = options[i].value;
        }
    }
    if (each)
        argv[count++] = "--each";
    if (status == IND_OK)
        status = make_named(plots, name, (char *const *)(const void *)argv);
    for (int i = 0; i < tool->operand_count; i++)
        free((char *)(size_t)argv[1 + i]);
    free(argv);
    return status;
}

static int make_seeds_tables(struct plots *plots, const struct settings *s,
                             const struct ind_plot *const *list)
{
    const bool against = s->against != NULL;
    if (is_wanted(list, "curves") && (make(plots, s, "curves", false, false, false) ||
                                      make(plots, s, "each", true, false, false)))
        return IND_FAILED;
    if (!is_wanted(list, "values"))
        return IND_OK;
    if (make(plots, s, "values", false, true, false) ||
        make(plots, s, "values_each", true, true, false))
        return IND_FAILED;
    return against && (make(plots, s, "pairs", false, true, true) ||
                       make(plots, s, "pairs_each", true, true, true))
               ? IND_FAILED
               : IND_OK;
}

/* `arms` wants epochs to compare at. */
static void choose_many(const struct settings *s, const struct ind_plot *list[MOST_FIGURES + 1])
{
    int count = 0;
    for (const struct ind_plot *figure = ind_seeds_plots; figure->name; figure++) {
        const bool possible = strcmp(figure->name, "arms") != 0 || s->at;
        if (possible && (!s->figures || names_figure(s->figures, figure->name)))
            list[count++] = figure;
    }
    list[count] = NULL;
}

int draw_many(struct plots *plots, const struct settings *s)
{
    const struct ind_plot *list[MOST_FIGURES + 1];
    struct ind_plot_run *run = plots->run;
    if (newest_table(plots, s, &plots->newest))
        return IND_FAILED;
    plots->many = s;
    run->folder = strdup(s->folder);
    if (!run->folder)
        return ind_fail(&plots->tool->error, IND_NO_MEMORY);
    choose_many(s, list);
    if (!list[0])
        ind_tool_usage(plots->tool, "of several runs there are the figures seeds and, with --at, "
                                    "arms");
    if (make_folders(plots) || make_seeds_tables(plots, s, list) || draw_figures(plots, list))
        return IND_FAILED;
    if (plots->drawn == 0)
        ind_tool_warn(plots->tool, "up to date: %s/figures", run->folder);
    return IND_OK;
}

int many_facts(const struct plots *plots, const struct ind_plot *figure,
               struct ind_headline *headline, char **text, struct ind_error *err)
{
    const struct settings *s = plots->many;
    const bool curves = strcmp(figure->name, "seeds") == 0;
    char *subtitle = curves ? strdup(s->columns) : ind_text("%s at epoch %s", s->columns, s->at);
    const struct ind_seeds_figure of = {figure,     plots->run->folder, s->columns,
                                        s->against, s->title,           subtitle};
    const int status = subtitle ? ind_seeds_facts(&of, plots->scripts, headline, text, err)
                                : ind_fail(err, IND_NO_MEMORY);
    free(subtitle);
    return status;
}
