#include "run/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>

/* The longest line, heading or row, that is written or read. */
enum { LINE_ROOM = 1 << 16 };

/* How many scores the recipe asks for of each head. */
static int score_count(const struct ind_recipe *recipe)
{
    int count = recipe->log_scores[0] != '\0';
    for (const char *c = recipe->log_scores; *c; c++)
        count += *c == ',';
    return count;
}

static int head_count(const struct ind_recipe *recipe)
{
    return recipe->model.layers * recipe->model.heads;
}

/* Bytes that a line, heading or row, may take. */
static size_t line_room(const struct ind_recipe *recipe)
{
    return 256 + 64 * IND_OOD_MAX + 64 * (size_t)score_count(recipe) * (size_t)head_count(recipe);
}

/* A line being written. */
struct line {
    char *text; /* freed by the caller */
    size_t room, used;
};

static int line_init(struct line *line, const struct ind_recipe *recipe, struct ind_error *err)
{
    *line = (struct line){.room = line_room(recipe)};
    if (line->room > LINE_ROOM)
        return ind_fail(err, "%d scores of %d heads are more columns than metrics.tsv holds",
                        score_count(recipe), head_count(recipe));
    line->text = malloc(line->room);
    return line->text ? IND_OK : ind_fail(err, "out of memory");
}

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line->used +=
        (size_t)vsnprintf(line->text + line->used, line->room - line->used, format, arguments);
    va_end(arguments);
}

/* "fixed_offset(3)" is the column fixed_offset_3_L0H0, as induct-score calls it. */
static void put_score_name(struct line *line, const char *name, size_t length, int layer, int head)
{
    put(line, "\t");
    for (size_t i = 0; i < length; i++) {
        if (name[i] != ')')
            put(line, "%c", name[i] == '(' ? '_' : name[i]);
    }
    put(line, "_L%dH%d", layer, head);
}

static void put_heading(struct line *line, const struct ind_recipe *recipe, bool few_columns)
{
    line->used = 0;
    put(line, "epoch\tloss\taccuracy\tinduction_accuracy");
    if (!few_columns)
        put(line, "\tbatch_period\texcess_loss");
    for (int i = 0; i < recipe->ood_count; i++)
        put(line, "\tood_%d", recipe->ood[i]);
    for (int i = 0; i < recipe->ood_count && recipe->average > 0; i++)
        put(line, "\taverage_%d", recipe->ood[i]);
    for (int h = 0; h < head_count(recipe); h++) {
        for (const char *name = recipe->log_scores; *name;) {
            const size_t length = strcspn(name, ",");
            put_score_name(line, name, length, h / recipe->model.heads, h % recipe->model.heads);
            name += length + (name[length] == ',');
        }
    }
    put(line, "\tseconds\n");
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

static bool is_heading(struct ind_run *run, struct line *line, bool few_columns, const char *found,
                       size_t size)
{
    put_heading(line, &run->recipe, few_columns);
    run->few_columns = few_columns;
    return size == line->used && memcmp(found, line->text, size) == 0;
}

/* A heading that is not there, or torn, is written. */
static int check_heading(struct ind_run *run, struct line *line, struct ind_error *err)
{
    FILE *stream;
    char first[LINE_ROOM];
    if (read_back(run, &stream, err) != IND_OK)
        return IND_FAILED;
    const size_t found = next_line(stream, first);
    if (close_read(run, stream, err) != IND_OK)
        return IND_FAILED;
    if (is_heading(run, line, true, first, found) || is_heading(run, line, false, first, found))
        return IND_OK;
    if (!is_torn(first, found, line->text, line->used))
        return ind_fail(err, "%s/metrics.tsv: its columns are not those of config.json", run->path);
    if (cut_at(run, 0, err) != IND_OK)
        return IND_FAILED;
    return append(run, line->text, (int)line->used, err);
}

int ind_metrics_open(struct ind_run *run, struct ind_error *err)
{
    char *path = ind_text("%s/metrics.tsv", run->path);
    if (!path)
        return ind_fail(err, "out of memory");
    run->metrics = ind_file_open_within(path, O_RDWR | O_CREAT | O_APPEND, err);
    free(path);
    struct line line;
    if (run->metrics < 0 || line_init(&line, &run->recipe, err) != IND_OK)
        return IND_FAILED;
    const int status = check_heading(run, &line, err);
    free(line.text);
    return status;
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

/* printf would give a NaN, and a zero, its sign. */
static void cell(struct line *line, int digits, double value)
{
    put(line, "\t%.*g", digits, isnan(value) ? (double)NAN : value + 0.0);
}

static void put_row(struct line *line, const struct ind_run *run, const struct ind_metrics *metrics)
{
    const struct ind_recipe *recipe = &run->recipe;
    const int scores = head_count(recipe) * score_count(recipe);
    put(line, "%ld", metrics->epoch);
    cell(line, 7, metrics->loss);
    cell(line, 6, metrics->accuracy);
    cell(line, 6, metrics->induction_accuracy);
    if (!run->few_columns) {
        cell(line, 7, metrics->batch_period);
        cell(line, 6, metrics->excess_loss);
    }
    for (int i = 0; i < recipe->ood_count; i++)
        cell(line, 6, metrics->ood[i]);
    for (int i = 0; i < recipe->ood_count && recipe->average > 0; i++)
        cell(line, 6, metrics->average[i]);
    for (int i = 0; i < scores; i++)
        cell(line, 6, metrics->scores[i]);
    put(line, "\t%.3f\n", metrics->seconds);
}

int ind_run_log(struct ind_run *run, const struct ind_metrics *metrics, struct ind_error *err)
{
    struct line line;
    if (line_init(&line, &run->recipe, err) != IND_OK)
        return IND_FAILED;
    put_row(&line, run, metrics);
    const int status = append(run, line.text, (int)line.used, err);
    free(line.text);
    return status;
}
