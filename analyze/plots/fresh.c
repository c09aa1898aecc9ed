#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/system.h>

#include "work.h"

struct timespec written_at(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? ind_system_changed(&info) : (struct timespec){0, 0};
}

bool is_older(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

struct timespec newest_checkpoint(const struct ind_series *series)
{
    struct timespec newest = {0, 0};
    for (int i = 0; i < series->count; i++) {
        char *path = ind_text("%s/epoch-%08ld.safetensors", series->path, series->epochs[i]);
        const struct timespec now = written_at(path ? path : "");
        newest = is_older(newest, now) ? now : newest;
        free(path);
    }
    return newest;
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
