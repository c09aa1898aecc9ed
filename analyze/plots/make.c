/* Tables and patterns: made by the programs that make them, one after another, each with all
 * threads. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/tool/child.h>
#include <induct/tool/stop.h>

#include "work.h"

/* Runs argv with the options that bear on no result, into a file. */
static int run_into(struct plots *plots, char *const *argv, const char *path)
{
    char threads[16], seed[24], **all;
    struct ind_error *err = &plots->tool->error;
    struct ind_child child;
    int count = 0;
    while (argv[count])
        count++;
    if (ind_alloc_into(&all, (size_t)count + 8, sizeof *all, err))
        return IND_FAILED;
    memcpy(all, argv, (size_t)count * sizeof *all);
    snprintf(threads, sizeof threads, "%d", plots->tool->threads);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)plots->tool->seed);
    const char *const more[] = {"--threads", threads, "--seed", seed, "-o", path};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        all[count++] = (char *)(size_t)more[i];
    if (plots->tool->quiet)
        all[count++] = (char *)(size_t) "--quiet";
    const int status = ind_child_start(&child, all, false, err);
    free(all);
    if (status != IND_OK)
        return IND_FAILED;
    const struct timespec before = written_at(path);
    if (ind_child_wait(&child, err) == IND_OK)
        return IND_OK;
    ind_error_context(err, "%s", path);
    /* A checkpoint that cannot be used is passed over and told; the table is there, less its
     * rows. */
    const struct timespec after = written_at(path);
    if (ind_stop_signal() || (!is_older(before, after) && !is_older(after, before)))
        return IND_FAILED;
    plots->incomplete = true;
    return IND_OK;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static char *join(const struct plots *plots, char *const *argv)
{
    char *text = ind_text("seed %llu:", (unsigned long long)plots->tool->seed);
    for (int i = 0; argv[i] && text; i++) {
        char *longer = ind_text("%s %s", text, argv[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* Roles and onsets are of other tables. */
static bool is_of_tables(const char *name)
{
    const struct ind_plot_table *table = ind_plot_table_find(name);
    return table && (strcmp(table->program, "induct-roles") == 0 ||
                     strcmp(table->program, "induct-onset") == 0);
}

/* Later than all that it is made from. */
static bool is_fresh(const struct plots *plots, const char *name, const char *path,
                     const char *request)
{
    const struct timespec when = made_at(path);
    if (is_older(when, plots->newest) || is_older(when, written_at(request)))
        return false;
    if (!is_of_tables(name))
        return true;
    char *scores = ind_plot_table_path(plots->run, "scores");
    char *log = ind_plot_table_path(plots->run, "metrics");
    const bool fresh =
        scores && log && !is_older(when, written_at(scores)) && !is_older(when, written_at(log));
    free(scores);
    free(log);
    return fresh;
}

static int make(struct plots *plots, const char *name, char *const *argv, const char *path,
                const char *request)
{
    struct ind_error *err = &plots->tool->error;
    char *command = join(plots, argv);
    int status = command ? remember(request, command, err) : ind_fail(err, "out of memory");
    free(command);
    if (status == IND_OK && !is_fresh(plots, name, path, request))
        status = run_into(plots, argv, path);
    return status;
}

int make_named(struct plots *plots, const char *name, char *const *argv)
{
    char *path = ind_plot_table_path(plots->run, name);
    char *request = ind_text("%s/tables/.%s", plots->run->folder, name);
    const int status = path && request ? make(plots, name, argv, path, request)
                                       : ind_fail(&plots->tool->error, IND_NO_MEMORY);
    free(request);
    free(path);
    return status;
}

int make_table(struct plots *plots, const struct ind_plot_table *table)
{
    char **argv = NULL;
    int status = ind_plot_command(plots->run, table, &argv, &plots->tool->error);
    if (status == IND_OK)
        status = make_named(plots, table->name, argv);
    free(argv);
    return status;
}

/* ---- Patterns -------------------------------------------------------------------------------- */

static int make_pattern(struct plots *plots, const char *when, long epoch)
{
    struct ind_error *err = &plots->tool->error;
    char **argv = NULL, *command = NULL;
    char *path = ind_text("%s/figures/pattern-%s.png", plots->run->folder, when);
    char *request = ind_text("%s/figures/.pattern-%s", plots->run->folder, when);
    char *arguments = ind_text("--quiet --period {period} --epochs %ld", epoch);
    const struct ind_plot_table table = {
        .name = when, .program = "induct-pattern", .arguments = arguments ? arguments : ""};
    int status = path && request && arguments ? ind_plot_command(plots->run, &table, &argv, err)
                                              : ind_fail(err, "out of memory");
    if (status == IND_OK && !(command = join(plots, argv)))
        status = ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = remember(request, command, err);
    if (status == IND_OK && is_older(made_at(path), written_at(request))) {
        status = run_into(plots, argv, path);
        if (status == IND_OK)
            status = say_drawn(plots, path, err);
    }
    free(argv);
    free(command);
    free(arguments);
    free(request);
    free(path);
    return status;
}

/* The first checkpoint from `epoch` on. */
static long from_on(const struct ind_series *series, long epoch)
{
    int i = 0;
    while (i + 1 < series->count && series->epochs[i] < epoch)
        i++;
    return series->epochs[i];
}

int make_patterns(struct plots *plots)
{
    const struct ind_series *series = plots->run->series;
    const long last = series->epochs[series->count - 1], change = ind_plot_change(plots->run);
    const long before =
        change > 0 ? ind_plot_nearest(series, 0.5 * (double)change) : series->epochs[0];
    if (series->count > 1 && make_pattern(plots, "before", before) != IND_OK)
        return IND_FAILED;
    if (change > before && change < last &&
        make_pattern(plots, "change", from_on(series, change)) != IND_OK)
        return IND_FAILED;
    return make_pattern(plots, "last", last);
}
