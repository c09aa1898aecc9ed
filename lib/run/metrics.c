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

/* The file from its beginning, a line at a time, whatever its length: fclose() it. */
static int read_back(const struct ind_run *run, FILE **stream, struct ind_error *err)
{
    const int fd = dup(run->metrics);
    *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (*stream && fseeko(*stream, 0, SEEK_SET) == 0)
        return IND_OK;
    fail_path(run, "cannot read", err);
    if (*stream)
        fclose(*stream);
    else if (fd >= 0)
        close(fd);
    return IND_FAILED;
}

/* The next whole line, of what is none of ours its first part; its length, 0 at the end. */
static size_t next_line(FILE *stream, char line[LINE_ROOM])
{
    size_t length = 0;
    for (int c; length < LINE_ROOM && (c = fgetc(stream)) != EOF;) {
        line[length++] = (char)c;
        if (c == '\n')
            break;
    }
    return length;
}

static bool is_whole(const char *line, size_t length)
{
    return length > 0 && line[length - 1] == '\n';
}

/* After a crash it is a beginning of what it was to be, or its length alone: anything else is
 * somebody's. */
static bool is_torn(const char *found, size_t size, const char *wanted, size_t length)
{
    if (size > length)
        return false;
    for (size_t i = 0; i < size; i++)
        if (found[i] != wanted[i] && found[i] != '\0')
            return false;
    return true;
}

static int close_read(const struct ind_run *run, FILE *stream, struct ind_error *err)
{
    const bool failed = ferror(stream);
    fclose(stream);
    return failed ? fail_path(run, "cannot read", err) : IND_OK;
}

int ind_metrics_open(struct ind_run *run, struct ind_error *err)
{
    char *path = ind_text("%s/metrics.tsv", run->path);
    if (!path)
        return ind_fail(err, "out of memory");
    run->metrics = ind_file_open_within(path, O_RDWR | O_CREAT | O_APPEND, err);
    free(path);
    FILE *stream;
    char line[LINE_ROOM], first[LINE_ROOM];
    if (run->metrics < 0 || read_back(run, &stream, err) != IND_OK)
        return IND_FAILED;
    const size_t found = next_line(stream, first);
    if (close_read(run, stream, err) != IND_OK)
        return IND_FAILED;
    const int length = heading(&run->recipe, line);
    if (found == (size_t)length && memcmp(first, line, found) == 0)
        return IND_OK;
    if (!is_torn(first, found, line, (size_t)length))
        return ind_fail(err, "%s/metrics.tsv: its columns are not those of config.json", run->path);
    return cut_at(run, 0, err) == IND_OK ? append(run, line, length, err) : IND_FAILED;
}

/* Bytes of the heading (whole: ind_metrics_open()) and of the rows up to `epoch`. */
static off_t rows_up_to(FILE *stream, long epoch)
{
    char line[LINE_ROOM + 1], *end;
    size_t length = next_line(stream, line);
    off_t kept = (off_t)length;
    while (is_whole(line, length) && (length = next_line(stream, line)) > 0) {
        line[length] = '\0';
        if (!is_whole(line, length) || strtol(line, &end, 10) > epoch || *end != '\t')
            break;
        kept += (off_t)length;
    }
    return kept;
}

int ind_metrics_cut(struct ind_run *run, long epoch, struct ind_error *err)
{
    FILE *stream;
    struct stat st;
    if (read_back(run, &stream, err) != IND_OK)
        return IND_FAILED;
    const off_t kept = rows_up_to(stream, epoch);
    if (close_read(run, stream, err) != IND_OK)
        return IND_FAILED;
    if (fstat(run->metrics, &st) != 0)
        return fail_path(run, "cannot read", err);
    return kept < st.st_size ? cut_at(run, (size_t)kept, err) : IND_OK;
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
