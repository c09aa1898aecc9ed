#include "run/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>

/* Room for the fixed columns and IND_OOD_MAX more, heading or row. */
enum { LINE_ROOM = 256 + 32 * IND_OOD_MAX };

static int heading(const struct ind_recipe *recipe, char line[LINE_ROOM])
{
    int used = snprintf(line, LINE_ROOM, "epoch\tloss\taccuracy\tinduction_accuracy");
    for (int i = 0; i < recipe->ood_count; i++)
        used += snprintf(line + used, (size_t)(LINE_ROOM - used), "\tood_%d", recipe->ood[i]);
    used += snprintf(line + used, (size_t)(LINE_ROOM - used), "\tseconds\n");
    return used;
}

static int fail_path(const struct ind_run *run, const char *what, struct ind_error *err)
{
    return ind_fail_errno(err, "%s/metrics.tsv: %s", run->path, what);
}

/* One write() a line, so that a kill leaves it whole or absent; after a short write (the disk is
 * full) the part that fitted is taken back. */
static int append(struct ind_run *run, const char *line, int length, struct ind_error *err)
{
    struct stat before;
    if (fstat(run->metrics, &before) != 0)
        return fail_path(run, "cannot write", err);
    ssize_t done;
    do
        done = write(run->metrics, line, (size_t)length);
    while (done < 0 && errno == EINTR);
    if (done == length && (!run->durable || fdatasync(run->metrics) == 0))
        return IND_OK;
    if (done >= 0 && done < length)
        errno = ENOSPC;
    fail_path(run, "cannot write", err);
    if (ftruncate(run->metrics, before.st_size) != 0)
        return IND_FAILED; /* the torn line stays: cut off on resume */
    return IND_FAILED;
}

static int cut_at(struct ind_run *run, size_t size, struct ind_error *err)
{
    return ftruncate(run->metrics, (off_t)size) == 0 ? IND_OK : fail_path(run, "cannot cut", err);
}

/* The whole file; freed by the caller. */
static int read_back(const struct ind_run *run, char **text, size_t *size, struct ind_error *err)
{
    char *path = ind_text("%s/metrics.tsv", run->path);
    if (!path)
        return ind_fail(err, "out of memory");
    int status = ind_file_read(path, 0, text, size, err);
    free(path);
    return status;
}

int ind_metrics_open(struct ind_run *run, struct ind_error *err)
{
    char *path = ind_text("%s/metrics.tsv", run->path);
    if (!path)
        return ind_fail(err, "out of memory");
    run->metrics = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    free(path);
    if (run->metrics < 0)
        return fail_path(run, "cannot open", err);
    char *text, line[LINE_ROOM];
    size_t size;
    if (read_back(run, &text, &size, err) != IND_OK)
        return IND_FAILED;
    int length = heading(&run->recipe, line);
    bool whole = memchr(text, '\n', size) != NULL;
    bool same = whole && size >= (size_t)length && memcmp(text, line, (size_t)length) == 0;
    free(text);
    if (same)
        return IND_OK;
    if (whole)
        return ind_fail(err, "%s/metrics.tsv: its columns are not those of config.json", run->path);
    return cut_at(run, 0, err) == IND_OK ? append(run, line, length, err) : IND_FAILED;
}

int ind_metrics_cut(struct ind_run *run, long epoch, struct ind_error *err)
{
    char *text;
    size_t size;
    if (read_back(run, &text, &size, err) != IND_OK)
        return IND_FAILED;
    const char *row = strchr(text, '\n'); /* the heading is whole: ind_metrics_open() */
    row = row ? row + 1 : text + size;
    for (;;) {
        char *end;
        const char *newline = strchr(row, '\n');
        if (!newline || strtol(row, &end, 10) > epoch || *end != '\t')
            break;
        row = newline + 1;
    }
    size_t kept = (size_t)(row - text);
    free(text);
    return kept < size ? cut_at(run, kept, err) : IND_OK;
}

/* printf would give a NaN its sign. */
static int cell(char *line, int used, int digits, double value)
{
    return snprintf(line + used, (size_t)(LINE_ROOM - used), "\t%.*g", digits,
                    isnan(value) ? (double)NAN : value);
}

int ind_run_log(struct ind_run *run, const struct ind_metrics *metrics, struct ind_error *err)
{
    char line[LINE_ROOM];
    int used = snprintf(line, sizeof line, "%ld", metrics->epoch);
    used += cell(line, used, 7, metrics->loss);
    used += cell(line, used, 6, metrics->accuracy);
    used += cell(line, used, 6, metrics->induction_accuracy);
    for (int i = 0; i < run->recipe.ood_count; i++)
        used += cell(line, used, 6, metrics->ood[i]);
    used += snprintf(line + used, sizeof line - (size_t)used, "\t%.3f\n", metrics->seconds);
    return append(run, line, used, err);
}
