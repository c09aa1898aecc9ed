#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/run/checkpoint.h>

#include "work.h"

struct timespec written_at(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? ind_system_changed(&info) : (struct timespec){0, 0};
}

struct timespec made_at(const char *path)
{
    const struct timespec when = written_at(path);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return is_older(now, when) ? (struct timespec){0, 0} : when;
}

bool is_older(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

int take_newest(char *path, struct timespec *newest, struct ind_error *err)
{
    if (!path)
        return ind_fail(err, IND_NO_MEMORY);
    const struct timespec when = written_at(path);
    *newest = is_older(*newest, when) ? when : *newest;
    free(path);
    return IND_OK;
}

int newest_checkpoint(const struct ind_series *series, struct timespec *newest,
                      struct ind_error *err)
{
    int status = IND_OK;
    *newest = (struct timespec){0, 0};
    for (int i = 0; i < series->count && status == IND_OK; i++)
        status = take_newest(ind_checkpoint_path(series->path, series->epochs[i]), newest, err);
    return status;
}

int remember(const char *path, const char *text, struct ind_error *err)
{
    char *known;
    size_t size;
    if (ind_file_read(path, 0, &known, &size, err) == IND_OK) {
        const bool same = strcmp(known, text) == 0;
        free(known);
        if (same)
            return IND_OK;
    }
    return ind_file_write(path, text, strlen(text), false, err);
}
