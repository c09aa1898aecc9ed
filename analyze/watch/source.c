#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/run/checkpoint.h>
#include <induct/run/run.h>
#include <induct/tool/walk.h>

enum { FAILURES_MOST = 6 };

void source_init(struct source *source, struct ind_tool *tool)
{
    *source = (struct source){.tool = tool};
    ind_watch_open(&source->watch);
}

static void close_run(struct source *source)
{
    if (source->there) {
        ind_params_release(&source->params);
        ind_series_close(&source->series);
    }
    free(source->wanted);
    source->wanted = NULL;
    source->count = 0;
    source->there = false;
}

void source_release(struct source *source)
{
    close_run(source);
    ind_watch_close(&source->watch);
    free(source->model);
    source->model = NULL;
}

/* A run on its way may have none of the epochs that are asked for yet. */
static int select_wanted(struct source *source, struct ind_error *err)
{
    const int status =
        ind_walk_select(source->tool, &source->series, &source->wanted, &source->count, err);
    return status == IND_OK || !source_is_whole(source) ? IND_OK : IND_FAILED;
}

/* The first time with what there is to be said about the run. */
static int open_run(struct source *source, struct ind_error *err)
{
    const int opened = source->model ? ind_series_open(&source->series, source->tool->run, err)
                                     : ind_tool_series(source->tool, &source->series);
    if (opened != IND_OK)
        return IND_FAILED;
    if (ind_params_init(&source->params, &source->series.layout, err)) {
        ind_series_close(&source->series);
        return IND_FAILED;
    }
    source->there = true;
    return select_wanted(source, err);
}

/* Is it another run than the one before? */
static int tell_apart(struct source *source, enum source_news *news, struct ind_error *err)
{
    char *model = ind_checkpoint_config_text(&source->series.recipe.model);
    if (!model)
        return ind_fail(err, "out of memory");
    *news = source->model && strcmp(source->model, model) != 0 ? SOURCE_ANOTHER : SOURCE_CHANGED;
    free(source->model);
    source->model = model;
    return IND_OK;
}

static int open_again(struct source *source, enum source_news *news, struct ind_error *err)
{
    close_run(source);
    if (open_run(source, err) == IND_OK && tell_apart(source, news, err) == IND_OK) {
        source->failures = 0;
        return IND_OK;
    }
    close_run(source);
    *news = SOURCE_CHANGED;
    return source->model && ++source->failures < FAILURES_MOST ? IND_OK : IND_FAILED;
}

static bool is_same(const struct source *source, const long *epochs, int count)
{
    return source->there && source->series.count == count &&
           memcmp(source->series.epochs, epochs, (size_t)count * sizeof *epochs) == 0;
}

/* Whatever comes under that name is another run, in another folder. */
static void forget_run(struct source *source)
{
    close_run(source);
    free(source->model);
    source->model = NULL;
    source->watched = false;
}

/* A folder that is not there may yet be; one that cannot be read is not waited for. */
static bool is_to_come(const char *run)
{
    struct stat st;
    return stat(run, &st) != 0 && errno == ENOENT;
}

int source_look(struct source *source, enum source_news *news, struct ind_error *err)
{
    const char *run = source->tool->run;
    long *epochs = NULL;
    int count = 0;
    bool trained = false;
    struct ind_error missing;
    *news = SOURCE_SAME;
    if (source->looked && !ind_watch_due(&source->watch))
        return IND_OK;
    if (!source->model && ind_run_is_trained(run, &trained, err))
        return IND_FAILED;
    source->alive |= trained;
    source->looked = true;
    if (ind_checkpoint_list(run, &epochs, &count, &missing) != IND_OK) {
        if (!is_to_come(run))
            return ind_fail(err, "%s", missing.text);
        count = 0;
    }
    if (!source->watched && count > 0) {
        ind_watch_add(&source->watch, run);
        source->watched = true;
    }
    int status = IND_OK;
    source->alive |= count == 0 || (source->model && !is_same(source, epochs, count));
    if (count == 0 && source->model) {
        forget_run(source);
        *news = SOURCE_ANOTHER;
    } else if (count > 0 && !is_same(source, epochs, count)) {
        status = open_again(source, news, err);
    }
    free(epochs);
    return status;
}

bool source_is_whole(const struct source *source)
{
    const struct ind_series *series = &source->series;
    return source->there && (!source->alive || series->imported ||
                             series->epochs[series->count - 1] >= series->recipe.epochs);
}

long source_epoch(const struct source *source, int place)
{
    return source->series.epochs[source->wanted[place]];
}
