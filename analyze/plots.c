/*
 * induct-plots: the figures of a run. Finds out which it can have, has their tables made by the
 * programs that make them, and draws what is not up to date.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/tool/child.h>

#include "plots/work.h"

enum { SEQUENCES = 32 };
static const double WORK = 5;

/* ---- Tables ---------------------------------------------------------------------------------- */

/* Says so if the bound of work makes a table smaller. */
static void say_fewer(const struct plots *plots, const struct ind_plot_table *table)
{
    const struct ind_plot_run *run = plots->run;
    const int all = ind_plot_count(run, table, false), some = ind_plot_count(run, table, true);
    if (some < all)
        ind_tool_warn(plots->tool,
                      "%s: %s is of %d checkpoint%s, not %d: each is %.3g of the %.3g minutes "
                      "that --work allows",
                      run->series->path, table->name, some, some == 1 ? "" : "s", all,
                      table->work(run) / MINUTE, run->choices.work / MINUTE);
}

/* Roles first: other tables, and the axis of every figure, depend on them. */
static int make_tables(struct plots *plots, const struct ind_plot *const *list)
{
    for (const struct ind_plot_table *table = ind_plot_tables; table->name; table++) {
        const bool of_roles =
            strcmp(table->name, "scores") == 0 || strcmp(table->name, "roles") == 0;
        if (!of_roles && (!is_wanted(list, table->name) || !ind_plot_has_table(plots->run, table)))
            continue;
        say_fewer(plots, table);
        if (make_table(plots, table) != IND_OK)
            return IND_FAILED;
        if (strcmp(table->name, "roles") == 0 &&
            ind_plot_run_roles(plots->run, &plots->tool->error) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- Before the work ------------------------------------------------------------------------- */

int make_folders(struct plots *plots)
{
    static const char *const parts[] = {"tables", "figures"};
    struct ind_error *err = &plots->tool->error;
    for (int i = 0; i < 2; i++) {
        char *path = ind_text("%s/%s", plots->run->folder, parts[i]);
        int status = path ? ind_folder_make(path, false, err) : ind_fail(err, "out of memory");
        if (status == IND_OK && access(path, W_OK) != 0)
            status = ind_fail_errno(err, "%s: cannot write there", path);
        free(path);
        if (status != IND_OK)
            return ind_error_context(err,
                                     "figures and tables go to the run's folder, or to -o FOLDER");
    }
    return IND_OK;
}

/* PREFIX/bin/induct-plots has its scripts in PREFIX/share/induct/plots; so has the build folder. */
static char *find_scripts(struct ind_error *err)
{
    char *program;
    const char *named = getenv("INDUCT_PLOTS");
    char *scripts = NULL;
    if (named && named[0] && !(scripts = strdup(named)))
        ind_fail(err, IND_NO_MEMORY);
    if (named && named[0])
        return scripts;
    if (ind_system_program(&program, err) != IND_OK)
        return NULL;
    scripts =
        ind_text("%.*s/../share/induct/plots", (int)(strrchr(program, '/') - program), program);
    free(program);
    if (scripts && access(scripts, R_OK) == 0)
        return scripts;
    if (scripts)
        ind_fail(err, "%s: no scripts there ($INDUCT_PLOTS names another folder)", scripts);
    else
        ind_fail(err, IND_NO_MEMORY);
    free(scripts);
    return NULL;
}

static int find_gnuplot(struct plots *plots)
{
    struct ind_child child;
    struct ind_error *err = &plots->tool->error;
    const char *named = getenv("GNUPLOT");
    plots->gnuplot = named && named[0] ? named : "gnuplot";
    char *argv[] = {(char *)(size_t)plots->gnuplot, (char *)(size_t) "--version", NULL};
    if (ind_child_start(&child, argv, true, err) != IND_OK || ind_child_wait(&child, err) != IND_OK)
        return ind_error_context(err, "figures are drawn by gnuplot (Debian: gnuplot-nox)");
    return IND_OK;
}

static void choose_formats(struct plots *plots, const char *list)
{
    for (char name[WORD_ROOM]; next_word(&list, ',', name);) {
        int f = 0;
        while (format_names[f] && strcmp(format_names[f], name) != 0)
            f++;
        if (!format_names[f])
            ind_tool_usage(plots->tool, "--format: '%s' is none of png, svg, pdf", name);
        plots->formats[f] = true;
    }
}

/* ---- The program ----------------------------------------------------------------------------- */

static int draw_all(struct plots *plots, const struct settings *s)
{
    const struct ind_plot *list[MOST_FIGURES + 1];
    choose(plots, s, list);
    if (make_folders(plots) != IND_OK || make_tables(plots, list) != IND_OK ||
        draw_figures(plots, list) != IND_OK)
        return IND_FAILED;
    if ((!s->figures || names_figure(s->figures, "pattern")) && make_patterns(plots) != IND_OK)
        return IND_FAILED;
    if (plots->incomplete)
        return ind_fail(&plots->tool->error, "%s: drawn without the checkpoints named above",
                        plots->run->series->path);
    if (plots->drawn == 0)
        ind_tool_warn(plots->tool, "up to date: %s/figures", plots->run->folder);
    return IND_OK;
}

static int run(struct ind_tool *tool, const struct settings *s)
{
    struct ind_series series;
    struct ind_plot_run figures = {0};
    struct plots plots = {.tool = tool, .run = &figures};
    const struct ind_plot_choices choices = {.head = s->head,
                                             .from = s->from,
                                             .sequences = s->sequences,
                                             .work = s->work * MINUTE,
                                             .axis = s->log      ? IND_AXIS_LOG
                                                     : s->linear ? IND_AXIS_LINEAR
                                                                 : IND_AXIS_AUTO};
    check_names(tool, s);
    choose_formats(&plots, s->format);
    char *scripts = find_scripts(&tool->error);
    plots.scripts = scripts;
    if (!scripts || find_gnuplot(&plots) != IND_OK) {
        free(scripts);
        return IND_FAILED;
    }
    if (are_many(tool, s)) {
        const int status = draw_many(&plots, s);
        ind_plot_run_release(&figures);
        free(scripts);
        return status;
    }
    if (ind_tool_series(tool, &series) != IND_OK) {
        free(scripts);
        return IND_FAILED;
    }
    int status = newest_checkpoint(&series, &plots.newest, &tool->error);
    if (status == IND_OK)
        status = ind_plot_run_init(&figures, &series, s->folder ? s->folder : tool->run, &choices,
                                   &tool->error);
    if (status == IND_OK)
        status = draw_all(&plots, s);
    ind_plot_run_release(&figures);
    ind_series_close(&series);
    free(scripts);
    return status;
}

static void list_figures(FILE *stream, const void *context)
{
    (void)context;
    fprintf(stream, "\n  %-11s %s\n", "pattern",
            "Attention of every head, before, at and after the change (.png)");
    for (const struct ind_plot *figure = ind_plots; figure->name; figure++)
        fprintf(stream, "  %-11s %s\n", figure->name, figure->title);
    fputs("\nOf several runs, or of tables whose names or columns say arm and seed\n"
          "(ARM-seedN, see induct-seeds):\n",
          stream);
    for (const struct ind_plot *figure = ind_seeds_plots; figure->name; figure++)
        fprintf(stream, "  %-11s %s\n", figure->name, figure->title);
}

static const struct ind_option options[] = {
    {IND_OPTION("figures", struct settings, figures), .arg = "LIST",
     .help = "which, comma-separated (default: all that the run can have)"},
    {IND_OPTION("format", struct settings, format), .arg = "LIST",
     .help = "png, svg, pdf, comma-separated (default png,svg)"},
    {IND_OPTION("output", struct settings, folder), .key = 'o', .arg = "FOLDER",
     .help = "where figures/ and tables/ go (default: the run's folder)"},
    {IND_OPTION("log", struct settings, log), .help = "a logarithmic axis of epochs"},
    {IND_OPTION("linear", struct settings, linear),
     .help = "a linear one (default: logarithmic if the induction heads form in the first tenth)"},
    {IND_OPTION("head", struct settings, head), .arg = "HEAD",
     .help = "the head grafted (default: the strongest previous-token head, of any epoch, that "
             "has a later layer to write to)"},
    {IND_OPTION("from", struct settings, from), .arg = "EPOCH",
     .help = "its epoch in `study` (default: where the period that fell most was best)",
     .minimum = 0, .maximum = 2e9},
    {IND_OPTION("column", struct settings, columns), .arg = "LIST",
     .help = "of several runs, or tables: what is drawn"},
    {IND_OPTION("at", struct settings, at), .arg = "LIST",
     .help = "likewise: the epochs at which arms are compared"},
    {IND_OPTION("against", struct settings, against), .arg = "ARM",
     .help = "likewise: the arm that the others are compared with"},
    {IND_OPTION("table", struct settings, table), .arg = "NAME",
     .help = "likewise: of a run, the table that is read (metrics.tsv)"},
    {IND_OPTION("title", struct settings, title), .arg = "TEXT", .help = "likewise: the headline"},
    {IND_OPTION("sequences", struct settings, sequences), .key = 'n', .arg = "N",
     .help = "sequences behind a figure of interventions (default 32)", .minimum = 1,
     .maximum = 100000},
    {IND_OPTION("work", struct settings, work), .arg = "MINUTES",
     .help = "what no table may exceed (default 5; 0 = no bound): of one thread that does 1e11 "
             "operations a second",
     .minimum = 0, .maximum = 1e9},
    {0}};

static const struct ind_about about = {
    .name = "induct-plots",
    .summary = "the figures of a run: makes their tables and draws what is not up to date",
    .details = "Figures go to RUN/figures and are named on stdout as they are drawn, their tables\n"
               "to RUN/tables. A table is made again when there are newer checkpoints or it is\n"
               "asked for otherwise, a figure when its table or script is newer. Whole or not at\n"
               "all: an interrupted call goes on where it was. figures/headlines.tsv has the\n"
               "numbers of the headlines with the cells of tables that they are.\n"
               "\n"
               "Heads and periods are chosen by role (induct-roles), scores are taken at the\n"
               "middle of the trained periods, and what a run cannot have is left out with a\n"
               "note. So is, of a large model, what would exceed --work: operations are counted\n"
               "from the sizes of model and samples, so that no figure depends on a clock. A\n"
               "table that would exceed it is of fewer checkpoints, said in a note and below the\n"
               "headline; a figure of which one checkpoint would is left out with the command\n"
               "that draws it (-n takes fewer sequences). There are:",
    .more = list_figures,
    .examples = "induct-plots runs/2L-varied-seed67\n"
                "induct-plots --figures heads,formation --linear\n"
                "induct-plots RUN --figures study --head L0H2 --from 2000\n"
                "induct-plots RUN -o paper --format pdf\n"
                "induct-plots runs/fading/base-seed* --column ood_40 -o paper\n"
                "induct-plots plots/fading/results/*-seed*.tsv --column p40,p25 --at "
                "44000,44500,45000 --against control -o paper",
    .operand = IND_OPERAND_RUNS};

int main(int argc, char **argv)
{
    struct settings s = {.from = -1, .sequences = SEQUENCES, .work = WORK, .format = "png,svg"};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    if (s.log && s.linear)
        ind_tool_usage(&tool, "--log and --linear are two axes");
    check_many(&tool, &s);
    /* For gnuplot, which would warn of a degree sign in the C locale. */
    setenv("LC_ALL", "C.UTF-8", 1);
    return ind_tool_finish(&tool, run(&tool, &s));
}
