/* Pictures: gnuplot on scripts that are given the facts as a file of assignments. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/printable.h>
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
    char *drawn; /* `part`, as gnuplot is told of it */
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
    free(job->drawn);
    *job = (struct job){0};
}

/* ---- A picture that is done ------------------------------------------------------------------ */

int say_drawn(struct plots *plots, const char *path, struct ind_error *err)
{
    char shown[PATH_MAX];
    snprintf(shown, sizeof shown, "%s", path);
    plots->drawn++;
    /* a pipe's reader sees them as they come */
    return printf("%s\n", isatty(STDOUT_FILENO) ? ind_make_printable(shown) : path) > 0 &&
                   fflush(stdout) == 0
               ? IND_OK
               : ind_fail_errno(err, "cannot write");
}

static void end_job(struct drawing *drawing, struct job *job, int status)
{
    struct ind_error *err = &drawing->plots->tool->error;
    struct ind_error own = *err;
    if (status == IND_OK)
        status = finish_picture(job->part, job->path, job->figure->name, &own);
    else
        ind_error_context(&own, "%s", job->path);
    if (status == IND_OK)
        status = say_drawn(drawing->plots, job->path, &own);
    if (status != IND_OK && drawing->status == IND_OK) {
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

static char *gnuplots_file(char *path)
{
    char *file = path ? ind_plot_file(path) : NULL;
    free(path);
    return file;
}

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
                        .part = ind_text("%s/figures/.part-%s-%ld.%s", folder, figure->name,
                                         (long)getpid(), format)}; /* two may draw at once */
    job->script = gnuplots_file(ind_text("%s/%s.gp", plots->scripts, figure->name));
    job->facts = gnuplots_file(ind_text("%s/figures/.%s.facts", folder, figure->name));
    job->drawn = job->part ? ind_plot_file(job->part) : NULL;
    if (!job->path || !job->script || !job->facts || !job->drawn) {
        job_release(job);
        return ind_fail(&plots->tool->error, IND_NO_MEMORY);
    }
    char *argv[] = {(char *)(size_t)plots->gnuplot,
                    (char *)(size_t) "-d",
                    (char *)(size_t) "-c",
                    job->script,
                    job->facts,
                    job->drawn,
                    NULL};
    if (ind_child_start(&job->child, argv, false, &plots->tool->error) != IND_OK) {
        job_release(job);
        return IND_FAILED;
    }
    drawing->running++;
    return IND_OK;
}

static int newest_source(const struct drawing *drawing, const struct ind_plot *figure,
                         const char *facts, struct timespec *newest, struct ind_error *err)
{
    const struct plots *plots = drawing->plots;
    const char *rest = figure->tables;
    *newest = drawing->shared;
    for (char name[WORD_ROOM]; next_word(&rest, ' ', name);) {
        name[strcspn(name, "?")] = '\0';
        if (take_newest(ind_plot_table_path(plots->run, name), newest, err) != IND_OK)
            return IND_FAILED;
    }
    if (take_newest(ind_text("%s/%s.gp", plots->scripts, figure->name), newest, err) != IND_OK)
        return IND_FAILED;
    return take_newest(strdup(facts), newest, err);
}

static int draw_formats(struct drawing *drawing, const struct ind_plot *figure, const char *facts)
{
    const struct plots *plots = drawing->plots;
    struct ind_error *err = &plots->tool->error;
    struct timespec newest;
    int status = newest_source(drawing, figure, facts, &newest, err);
    for (int f = 0; f < FORMATS && status == IND_OK; f++) {
        char *path =
            ind_text("%s/figures/%s.%s", plots->run->folder, figure->name, format_names[f]);
        if (!path)
            return ind_fail(err, IND_NO_MEMORY);
        if (plots->formats[f] && is_older(made_at(path), newest))
            status = begin_job(drawing, figure, format_names[f]);
        free(path);
    }
    return status;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int newest_in(const char *folder, struct timespec *newest, struct ind_error *err)
{
    DIR *entries = opendir(folder);
    if (!entries)
        return ind_fail_errno(err, "%s: cannot open", folder);
    int status;
    const char *name;
    while ((status = ind_folder_next(entries, folder, &name, err)) == IND_OK && name) {
        char *path = ind_text("%s/%s", folder, name);
        if (!path) {
            status = ind_fail(err, IND_NO_MEMORY);
            break;
        }
        if (*name != '.' && is_older(*newest, written_at(path)))
            *newest = written_at(path);
        free(path);
    }
    closedir(entries);
    return status;
}

static int newest_shared(const char *scripts, struct timespec *newest, struct ind_error *err)
{
    char *folder = ind_text("%s/lib", scripts);
    const int status = folder ? newest_in(folder, newest, err) : ind_fail(err, IND_NO_MEMORY);
    free(folder);
    return status;
}

static int draw_figure(struct drawing *drawing, const struct ind_plot *figure,
                       struct ind_rows *headlines)
{
    struct plots *plots = drawing->plots;
    struct ind_error *err = &plots->tool->error;
    struct ind_headline headline;
    char *text = NULL, *facts = ind_text("%s/figures/.%s.facts", plots->run->folder, figure->name);
    int status = !facts ? ind_fail(err, IND_NO_MEMORY)
                 : plots->many
                     ? many_facts(plots, figure, &headline, &text, err)
                     : ind_plot_facts(plots->run, figure, plots->scripts, &headline, &text, err);
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
    signal(SIGPIPE, SIG_IGN); /* told as an error: what is half drawn is then removed */
    drawing->plots = plots;
    drawing->most = threads < MOST_JOBS ? threads : MOST_JOBS;
    int status = newest_shared(plots->scripts, &drawing->shared, &plots->tool->error);
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
