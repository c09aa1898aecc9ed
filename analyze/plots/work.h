/*
 * induct-plots, its parts: which figures there are to draw (choose.c), which files are up to date
 * (fresh.c), tables made by other programs (make.c), pictures drawn side by side (draw.c) and given
 * their names (finish.c), the numbers of their headlines (headlines.c).
 */
#ifndef INDUCT_ANALYZE_PLOTS_WORK_H
#define INDUCT_ANALYZE_PLOTS_WORK_H

#include <stdbool.h>
#include <time.h>

#include <induct/plot/plot.h>
#include <induct/tool/tool.h>

/* Operations of a minute of --work: those of one thread that does 1e11 in a second, a round number
 * for a core of 2020 or later. */
#define MINUTE 6e12

enum { FORMATS = 3, MOST_FIGURES = 64 };
extern const char *const format_names[FORMATS + 1]; /* "png", "svg", "pdf", NULL */

struct settings {
    const char *figures, *head, *folder, *format;
    const char *columns, *at, *against, *table, *title; /* of several runs */
    long from;
    int sequences;
    double work; /* minutes; 0: no bound */
    bool log, linear, list;
};

struct plots {
    struct ind_tool *tool;
    struct ind_plot_run *run;
    const char *scripts;         /* the folder of plots/NAME.gp */
    const char *gnuplot;         /* the program */
    bool formats[FORMATS];       /* which are wanted */
    struct timespec newest;      /* of the checkpoints */
    int drawn;                   /* pictures */
    const struct settings *many; /* of figures of several runs, else NULL */
    bool incomplete;             /* a table lacks checkpoints that could not be used */
};

/* ---- choose.c -------------------------------------------------------------------------------- */

/* The next word of *list, which moves on behind it; false at its end. A word that is too long for
 * the room is none that anything is called. */
enum { WORD_ROOM = 64 };
bool next_word(const char **list, char between, char word[WORD_ROOM]);

/* Is NAME in the comma list? */
bool names_figure(const char *list, const char *name);

/* Ends the program with a usage error if --figures names one that is none. */
void check_names(const struct ind_tool *tool, const struct settings *s);

/* The figures asked for that the run can have, NULL after the last; of others one note a reason. */
void choose(const struct plots *plots, const struct settings *s,
            const struct ind_plot *list[MOST_FIGURES + 1]);

/* Is a figure of the list drawn from the table? */
bool is_wanted(const struct ind_plot *const *list, const char *table);

/* ---- fresh.c: times and what was asked for --------------------------------------------------- */

/* When a file was last written; the beginning of time where there is none. */
struct timespec written_at(const char *path);

/* The same of what was made from other files. What is from the future, because a clock has been set
 * back since, is not known to be later than they are: it is to be made again. */
struct timespec made_at(const char *path);
bool is_older(struct timespec a, struct timespec b);

/* *newest becomes the file's time if that is newer. Frees the path; NULL is a lack of memory. */
IND_CHECKED int take_newest(char *path, struct timespec *newest, struct ind_error *err);

/* The newest of the series' checkpoints. */
IND_CHECKED int newest_checkpoint(const struct ind_series *series, struct timespec *newest,
                                  struct ind_error *err);

/* Is PATH's text this one? If not it becomes so. Fails if it cannot be written. */
IND_CHECKED int remember(const char *path, const char *text, struct ind_error *err);

/* ---- make.c ---------------------------------------------------------------------------------- */

/* Makes a table unless it is up to date. One that the run cannot have is none of the caller's. */
int make_table(struct plots *plots, const struct ind_plot_table *table);

/* The table NAME by the command argv (NULL-terminated, without -o), unless it is up to date. */
int make_named(struct plots *plots, const char *name, char *const *argv);

/* Makes tables/ and figures/ of the folder. */
int make_folders(struct plots *plots);

/* The pictures of patterns: before the change, at it (where there is one), at the end. */
int make_patterns(struct plots *plots);

/* ---- draw.c ---------------------------------------------------------------------------------- */

/* Names a picture on stdout. */
IND_CHECKED int say_drawn(struct plots *plots, const char *path, struct ind_error *err);

/* Draws, as many at once as the tool has threads, the figures of `list` (ends with NULL) that are
 * not up to date in every format wanted; each drawn is named on stdout. Writes
 * figures/headlines.tsv. */
int draw_figures(struct plots *plots, const struct ind_plot *const *list);

/* ---- seeds.c: several runs ------------------------------------------------------------------- */

/* Do operands and options ask for figures of several runs? */
bool are_many(const struct ind_tool *tool, const struct settings *s);

/* Ends the program with a usage error where options do not go together. */
void check_many(const struct ind_tool *tool, const struct settings *s);

/* Tables and figures, in s->folder. */
int draw_many(struct plots *plots, const struct settings *s);

/* What ind_plot_facts is for one run. */
IND_CHECKED int many_facts(const struct plots *plots, const struct ind_plot *figure,
                           struct ind_headline *headline, char **text, struct ind_error *err);

/* ---- finish.c, headlines.c ------------------------------------------------------------------- */

/* Renames PART, which gnuplot has drawn, to PATH; an SVG gets families of letters to fall back on,
 * its bold, and NAME for a title. */
IND_CHECKED int finish_picture(const char *part, const char *path, const char *name,
                               struct ind_error *err);

void put_headline(struct ind_rows *rows, const struct ind_plot *figure,
                  const struct ind_headline *headline);
int write_headlines(const struct plots *plots, const struct ind_rows *rows);

#endif
