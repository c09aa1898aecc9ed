#include "tool/find.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/run/series.h>

static bool written_at(const char *run, struct timespec *when)
{
    char config[PATH_MAX];
    struct stat info;
    int length = snprintf(config, sizeof config, "%s/config.json", run);
    if (length < 0 || (size_t)length >= sizeof config ||
        (stat(config, &info) != 0 && stat(run, &info) != 0))
        return false;
    *when = info.st_mtim;
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

static char *find_newest(const char *folder)
{
    char best[PATH_MAX] = "", path[PATH_MAX];
    struct timespec best_time = {0, 0};
    DIR *entries = opendir(folder);
    if (!entries)
        return NULL;
    const struct dirent *entry;
    while ((entry = readdir(entries))) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bool fits = length > 0 && (size_t)length < sizeof path;
        if (entry->d_name[0] != '.' && fits && ind_series_is_run(path))
            keep_newer(path, best, &best_time);
    }
    closedir(entries);
    return best[0] ? strdup(best) : NULL;
}

int ind_run_find(char **run, const char **why, struct ind_error *err)
{
    const char *named = getenv("INDUCT_RUN");
    if (named && named[0]) {
        *run = strdup(named);
        *why = "$INDUCT_RUN";
    } else if (ind_series_is_run(".")) {
        *run = strdup(".");
        *why = "the current directory";
    } else if (ind_series_is_run("ckpts")) {
        *run = strdup("ckpts");
        *why = "found here";
    } else {
        *run = find_newest("runs");
        *why = "newest below runs/";
    }
    if (!*run)
        return ind_fail(err, "no run named and none found: $INDUCT_RUN is not set, and neither the "
                             "current directory nor ckpts/ nor a folder in runs/ is a run");
    return IND_OK;
}
