/*
 * induct-plots, its parts: which files are up to date (fresh.c), tables made by other programs
 * (make.c), pictures drawn side by side (draw.c).
 */
#ifndef INDUCT_ANALYZE_PLOTS_WORK_H
#define INDUCT_ANALYZE_PLOTS_WORK_H

#include <stdbool.h>
#include <time.h>

#include <induct/plot/plot.h>
#include <induct/tool/tool.h>

enum { FORMATS = 3 };
extern const char *const format_names[FORMATS + 1]; /* "png", "svg", "pdf", NULL */

struct plots {
    struct ind_tool *tool;
    struct ind_plot_run *run;
    const char *scripts;    /* the folder of plots/NAME.gp */
    const char *gnuplot;    /* the program */
    bool formats[FORMATS];  /* which are wanted */
    struct timespec newest; /* of the checkpoints */
    int drawn;              /* pictures */
    bool incomplete;        /* a table lacks checkpoints that could not be used */
};

/* ---- fresh.c: times and what was asked for --------------------------------------------------- */

/* When a file was last written; the beginning of time where there is none. */
struct timespec written_at(const char *path);
bool is_older(struct timespec a, struct timespec b);

/* The newest of the series' checkpoints. */
struct timespec newest_checkpoint(const struct ind_series *series);

/* Is PATH's text this one? If not it becomes so. Fails if it cannot be written. */
int remember(const char *path, const char *text, struct ind_error *err);

/* ---- make.c ---------------------------------------------------------------------------------- */

/* Makes a table unless it is up to date. One that the run cannot have is none of the caller's. */
int make_table(struct plots *plots, const struct ind_plot_table *table);

/* The pictures of patterns: before the change, at it (where there is one), at the end. */
int make_patterns(struct plots *plots);

/* ---- draw.c ---------------------------------------------------------------------------------- */

/* Draws, as many at once as the tool has threads, the figures of `list` (ends with NULL) that are not up to
 * date in every format wanted; each drawn is named on stdout. Writes figures/headlines.tsv. */
void say_drawn(struct plots *plots, const char *path); /* on stdout */
int draw_figures(struct plots *plots, const struct ind_plot *const *list);

#endif
