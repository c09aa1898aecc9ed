#include "tool/find.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/run/series.h>

static bool written_at(const char *run, struct timespec *when)
{
    char config[PATH_MAX];
    struct stat info;
    int length = snprintf(config, sizeof config, "%s/config.json", run);
    if (length < 0 || (size_t)length >= sizeof config ||
        (stat(config, &info) != 0 && stat(run, &info) != 0))
        return false;
    *when = ind_system_changed(&info);
    return true;
}

static int compare_times(const struct timespec *a, const struct timespec *b)
{
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    if (a->tv_nsec != b->tv_nsec)
        return a->tv_nsec < b->tv_nsec ? -1 : 1;
    return 0;
}

/* Keeps in `best` the newer of it and `path`; of two of the same time the later name, so that the
 * order of the folder's entries does not matter. */
static void keep_newer(const char *path, char best[PATH_MAX], struct timespec *best_time)
{
    struct timespec when;
    if (!written_at(path, &when))
        return;
    int order = best[0] ? compare_times(&when, best_time) : 1;
    if (order > 0 || (order == 0 && strcmp(path, best) > 0)) {
        memcpy(best, path, strlen(path) + 1);
        *best_time = when;
    }
}

static int newest_in(DIR *entries, const char *folder, char best[PATH_MAX], struct ind_error *err)
{
    char path[PATH_MAX];
    struct timespec best_time = {0, 0};
    const char *name;
    int status;
    while ((status = ind_folder_next(entries, folder, &name, err)) == IND_OK && name) {
        bool is_run;
        int length = snprintf(path, sizeof path, "%s/%s", folder, name);
        if (name[0] == '.' || length < 0 || (size_t)length >= sizeof path)
            continue;
        if (ind_series_is_run(path, &is_run, err) != IND_OK)
            return IND_FAILED;
        if (is_run)
            keep_newer(path, best, &best_time);
    }
    return status;
}

static int find_newest(const char *folder, char **run, struct ind_error *err)
{
    char best[PATH_MAX] = "";
    DIR *entries = opendir(folder);
    if (!entries)
        return errno == ENOMEM ? ind_fail(err, "out of memory") : IND_OK;
    int status = newest_in(entries, folder, best, err);
    closedir(entries);
    if (status == IND_OK && best[0] && !(*run = strdup(best)))
        status = ind_fail(err, "out of memory");
    return status;
}

/* The places in their order; *run stays NULL if none holds a run. */
static int look(char **run, const char **why, struct ind_error *err)
{
    static const char *const places[][2] = {{".", "the current directory"},
                                            {"ckpts", "found here"}};
    const char *named = getenv("INDUCT_RUN"), *found = NULL;
    if (named && named[0]) {
        found = named;
        *why = "$INDUCT_RUN";
    }
    for (int i = 0; i < 2 && !found; i++) {
        bool is_run;
        if (ind_series_is_run(places[i][0], &is_run, err) != IND_OK)
            return IND_FAILED;
        found = is_run ? places[i][0] : NULL;
        *why = places[i][1];
    }
    if (found)
        return (*run = strdup(found)) ? IND_OK : ind_fail(err, "out of memory");
    *why = "newest below runs/";
    return find_newest("runs", run, err);
}

int ind_run_find(char **run, const char **why, struct ind_error *err)
{
    *run = NULL;
    if (look(run, why, err) != IND_OK)
        return IND_FAILED;
    if (!*run)
        return ind_fail(err, "no run named and none found: $INDUCT_RUN is not set, and neither the "
                             "current directory nor ckpts/ nor a folder in runs/ is a run");
    return IND_OK;
}
