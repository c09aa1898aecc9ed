/* Pictures: gnuplot on scripts that are given the facts as a file of assignments. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/version.h>
#include <induct/tool/child.h>

#include "work.h"

const char *const format_names[FORMATS + 1] = {"png", "svg", "pdf", NULL};

enum { MOST_JOBS = 64 };

/* One picture on its way. */
struct job {
    struct ind_child child;
    const struct ind_plot *figure;
    char *path, *part; /* its name, and the one it is drawn under */
    char *script, *facts;
};

struct drawing {
    struct plots *plots;
    struct job jobs[MOST_JOBS];
    int running, most;
    int status;
    struct timespec shared; /* the newest of the scripts that all figures share */
};

static void job_release(struct job *job)
{
    if (job->part)
        unlink(job->part);
    free(job->path);
    free(job->part);
    free(job->script);
    free(job->facts);
    *job = (struct job){0};
}

/* ---- A picture that is done ------------------------------------------------------------------ */

/* `text` with every `from` as `to`; frees it. */
static char *replaced(char *text, const char *from, const char *to)
{
    size_t size;
    char *result = NULL;
    FILE *out = text ? open_memstream(&result, &size) : NULL;
    if (out) {
        const char *rest = text;
        for (const char *at; (at = strstr(rest, from)); rest = at + strlen(from))
            fprintf(out, "%.*s%s", (int)(at - rest), rest, to);
        fputs(rest, out);
        fclose(out);
    }
    free(text);
    return result;
}

/* Families to fall back on, the bold that gnuplot leaves in the family's name, and a title. */
static int finish_svg(const struct job *job, struct ind_error *err)
{
    char *text, title[96];
    size_t size;
    if (ind_file_read(job->part, 0, &text, &size, err) != IND_OK)
        return IND_FAILED;
    snprintf(title, sizeof title, "<title>%s</title>", job->figure->name);
    text = replaced(text, "font-family=\"DejaVu Sans:Bold\"",
                    "font-family=\"DejaVu Sans\" font-weight=\"bold\"");
    text = replaced(text, "font-family=\"DejaVu Sans\"",
                    "font-family=\"DejaVu Sans,Verdana,Arial,sans-serif\"");
    text = replaced(text, "<title>Gnuplot</title>", title);
    int status = text ? ind_file_write(job->path, text, strlen(text), false, err)
                      : ind_fail(err, "out of memory");
    free(text);
    return status;
}

static int finish_picture(const struct job *job, struct ind_error *err)
{
    struct stat info;
    if (stat(job->part, &info) != 0 || info.st_size == 0)
        return ind_fail(err, "%s: gnuplot wrote nothing", job->path);
    if (strcmp(job->path + strlen(job->path) - 4, ".svg") == 0)
        return finish_svg(job, err);
    return rename(job->part, job->path) == 0 ? IND_OK : ind_fail_errno(err, "%s", job->path);
}

void say_drawn(struct plots *plots, const char *path)
{
    printf("%s\n", path);
    fflush(stdout); /* a pipe's reader sees them as they come */
    plots->drawn++;
}

static void end_job(struct drawing *drawing, struct job *job, int status)
{
    struct ind_error *err = &drawing->plots->tool->error;
    struct ind_error own = *err;
    if (status == IND_OK)
        status = finish_picture(job, &own);
    else
        ind_error_context(&own, "%s", job->path);
    if (status == IND_OK) {
        say_drawn(drawing->plots, job->path);
    } else if (drawing->status == IND_OK) {
        *err = own;
        drawing->status = IND_FAILED;
    }
    job_release(job);
    drawing->running--;
}

/* Ends those that are done; waits until there is room for one more, or none is left. */
static void collect(struct drawing *drawing, int room_for)
{
    for (;;) {
        for (int i = 0; i < drawing->most; i++) {
            struct job *job = &drawing->jobs[i];
            int status;
            struct ind_error err = {""};
            if (!job->child.pid || !ind_child_ended(&job->child, &status, &err))
                continue;
            if (status != IND_OK && drawing->status == IND_OK)
                drawing->plots->tool->error = err;
            end_job(drawing, job, status);
        }
        if (drawing->running <= drawing->most - room_for)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

/* ---- A picture that is begun ----------------------------------------------------------------- */

static int begin_job(struct drawing *drawing, const struct ind_plot *figure, const char *format)
{
    const struct plots *plots = drawing->plots;
    const char *folder = plots->run->folder;
    collect(drawing, 1);
    struct job *job = drawing->jobs;
    while (job->child.pid)
        job++;
    *job = (struct job){.figure = figure,
                        .path = ind_text("%s/figures/%s.%s", folder, figure->name, format),
                        .part = ind_text("%s/figures/.part-%s.%s", folder, figure->name, format),
                        .script = ind_text("%s/%s.gp", plots->scripts, figure->name),
                        .facts = ind_text("%s/figures/.%s.facts", folder, figure->name)};
    if (!job->path || !job->part || !job->script || !job->facts)
        return ind_fail(&plots->tool->error, "out of memory");
    char *argv[] = {(char *)(size_t)plots->gnuplot,
                    (char *)(size_t) "-d",
                    (char *)(size_t) "-c",
                    job->script,
                    job->facts,
                    job->part,
                    NULL};
    if (ind_child_start(&job->child, argv, false, &plots->tool->error) != IND_OK) {
        job_release(job);
        return IND_FAILED;
    }
    drawing->running++;
    return IND_OK;
}

/* The newest of what a figure is drawn from. */
static struct timespec newest_source(const struct drawing *drawing, const struct ind_plot *figure,
                                     const char *facts)
{
    const struct plots *plots = drawing->plots;
    struct timespec newest = drawing->shared;
    char *script = ind_text("%s/%s.gp", plots->scripts, figure->name);
    char *names = strdup(figure->tables), *rest = names;
    for (char *name = names; name && (name = strsep(&rest, " "));) {
        name[strcspn(name, "?")] = '\0';
        char *path = ind_plot_table_path(plots->run, name);
        const struct timespec when = written_at(path ? path : "");
        newest = is_older(newest, when) ? when : newest;
        free(path);
    }
    const char *const others[] = {script ? script : "", facts};
    for (int i = 0; i < 2; i++)
        newest = is_older(newest, written_at(others[i])) ? written_at(others[i]) : newest;
    free(names);
    free(script);
    return newest;
}

static int draw_formats(struct drawing *drawing, const struct ind_plot *figure, const char *facts)
{
    const struct plots *plots = drawing->plots;
    const struct timespec newest = newest_source(drawing, figure, facts);
    int status = IND_OK;
    for (int f = 0; f < FORMATS && status == IND_OK; f++) {
        char *path =
            ind_text("%s/figures/%s.%s", plots->run->folder, figure->name, format_names[f]);
        if (!path)
            return ind_fail(&plots->tool->error, "out of memory");
        if (plots->formats[f] && is_older(written_at(path), newest))
            status = begin_job(drawing, figure, format_names[f]);
        free(path);
    }
    return status;
}

/* ---- Headlines ------------------------------------------------------------------------------- */

static void put_headline(struct ind_rows *rows, const struct ind_plot *figure,
                         const struct ind_headline *headline)
{
    const int count = headline->count > 0 ? headline->count : 1;
    for (int i = 0; i < count; i++) {
        const bool number = i < headline->count;
        ind_rows_text(rows, figure->name);
        ind_rows_text(rows, headline->text[0] ? headline->text : figure->title);
        ind_rows_text(rows, number ? headline->numbers[i].text : "");
        ind_rows_text(rows, number ? headline->numbers[i].table : "");
        ind_rows_int(rows, number ? (long long)headline->numbers[i].line : 0);
        ind_rows_text(rows, number ? headline->numbers[i].column : "");
        ind_rows_real(rows, number ? headline->numbers[i].value : (double)NAN);
    }
}

static int write_headlines(const struct plots *plots, const struct ind_rows *rows)
{
    static const struct ind_column columns[] = {
        {"figure", IND_COLUMN_TEXT, 0}, {"headline", IND_COLUMN_TEXT, 0},
        {"text", IND_COLUMN_TEXT, 0},   {"table", IND_COLUMN_TEXT, 0},
        {"line", IND_COLUMN_INT, 0},    {"column", IND_COLUMN_TEXT, 0},
        {"value", IND_COLUMN_REAL, 9}};
    struct ind_tool *tool = plots->tool;
    char *path = ind_text("%s/figures/headlines.tsv", plots->run->folder), *text = NULL;
    size_t size;
    struct ind_table table;
    FILE *out = path ? open_memstream(&text, &size) : NULL;
    int status =
        out ? ind_table_open(&table, out, IND_TSV, columns, sizeof columns / sizeof *columns,
                             tool->about.name, ind_version(), tool->command, &tool->error)
            : ind_fail(&tool->error, "out of memory");
    if (status == IND_OK)
        status = ind_table_write(&table, rows, &tool->error);
    if (out)
        fclose(out);
    if (status == IND_OK)
        status = remember(path, text, &tool->error);
    free(text);
    free(path);
    return status;
}

/* ---- All ------------------------------------------------------------------------------------- */

static struct timespec newest_shared(const char *scripts)
{
    struct timespec newest = {0, 0};
    char *folder = ind_text("%s/lib", scripts);
    DIR *entries = folder ? opendir(folder) : NULL;
    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        char *path = ind_text("%s/%s", folder, entry->d_name);
        if (path && entry->d_name[0] != '.' && is_older(newest, written_at(path)))
            newest = written_at(path);
        free(path);
    }
    if (entries)
        closedir(entries);
    free(folder);
    return newest;
}

static int draw_figure(struct drawing *drawing, const struct ind_plot *figure,
                       struct ind_rows *headlines)
{
    struct plots *plots = drawing->plots;
    struct ind_error *err = &plots->tool->error;
    struct ind_headline headline;
    char *text = NULL, *facts = ind_text("%s/figures/.%s.facts", plots->run->folder, figure->name);
    int status = facts ? ind_plot_facts(plots->run, figure, plots->scripts, &headline, &text, err)
                       : ind_fail(err, "out of memory");
    if (status == IND_OK) {
        put_headline(headlines, figure, &headline);
        status = remember(facts, text, err);
    }
    if (status == IND_OK)
        status = draw_formats(drawing, figure, facts);
    free(text);
    free(facts);
    return status;
}

int draw_figures(struct plots *plots, const struct ind_plot *const *list)
{
    struct drawing *drawing;
    struct ind_rows headlines = {0};
    const int threads = plots->tool->threads;
    if (ind_alloc_into(&drawing, 1, sizeof *drawing, &plots->tool->error) != IND_OK)
        return IND_FAILED;
    drawing->plots = plots;
    drawing->most = threads < MOST_JOBS ? threads : MOST_JOBS;
    drawing->shared = newest_shared(plots->scripts);
    int status = IND_OK;
    for (; *list && status == IND_OK && drawing->status == IND_OK; list++)
        status = draw_figure(drawing, *list, &headlines);
    const struct ind_error first = plots->tool->error;
    collect(drawing, drawing->most);
    if (status != IND_OK)
        plots->tool->error = first;
    else
        status = drawing->status;
    if (status == IND_OK)
        status = write_headlines(plots, &headlines);
    ind_rows_release(&headlines);
    free(drawing);
    return status;
}
