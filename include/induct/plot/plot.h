/*
 * The figures of a run: which there are, from which tables each is drawn, and what it says.
 *
 * Work is divided in three. Programs make tables. Here it is decided what a figure says of them:
 * its headline, the heads it names by role (induct/role/role.h), whether the axis of epochs is
 * logarithmic. Scripts (plots/NAME.gp, run by gnuplot) read tables by column name and draw, and
 * decide nothing.
 *
 * A NEW FIGURE is a script plots/NAME.gp and one line in lib/plot/list.c; one line in
 * lib/plot/tables.c for each table that no figure had so far. What a script is given is said in
 * plots/lib/style.gp.
 *
 * A HEADLINE's numbers are cells of tables, each remembered with its place, so that a test can
 * compare every headline with what was measured (figures/headlines.tsv).
 */
#ifndef INDUCT_PLOT_PLOT_H
#define INDUCT_PLOT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <induct/base/error.h>
#include <induct/role/role.h>
#include <induct/run/series.h>
#include <induct/table/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a table or figure needs a run to have. */
enum ind_plot_needs {
    IND_NEEDS_LOG = 1,    /* metrics.tsv with a whole row */
    IND_NEEDS_OOD = 2,    /* periods measured in it */
    IND_NEEDS_LAYERS = 4, /* two layers and more */
    IND_NEEDS_SPLIT =
        8, /* scores that are content plus position: no LayerNorm, a table of positions */
    IND_NEEDS_LINEAR = 16,  /* logits that are a sum over paths: no LayerNorm */
    IND_NEEDS_FEW = 32,     /* at most 12 heads, whose subsets can be run through */
    IND_NEEDS_TRAINED = 64, /* periods that it is known to be trained on */
    IND_NEEDS_REPEAT = 128, /* a context and vocabulary in which something repeats */
    IND_NEEDS_EDGES = 256,  /* at most 32 heads, never without the position term of their scores */
    IND_NEEDS_SERIES = 512  /* two checkpoints and more */
};

/* A table: RUN/tables/NAME.tsv, what PROGRAM prints of the run when given the arguments. These are
 * separated by blanks; {x} stands for what lib/plot/arguments.c knows by that name, and an option
 * whose value is empty is left out. */
struct ind_headline;
struct ind_plot_run;

struct ind_plot_table {
    const char *name, *program, *arguments;
    unsigned needs;
    double (*work)(const struct ind_plot_run *); /* operations of a checkpoint; NULL: few */
};

struct ind_plot {
    const char *name, *title; /* in plain words: the headline of a figure that has no other */
    const char *tables; /* their names, separated by blanks; "?" after one: if the run has it */
    unsigned needs;
    int (*headline)(struct ind_headline *, struct ind_plot_run *, struct ind_error *); /* or NULL */
};

extern const struct ind_plot ind_plots[];             /* ends with a zeroed element */
extern const struct ind_plot_table ind_plot_tables[]; /* likewise; in an order in which each can be
                                                             made */

const struct ind_plot *ind_plot_find(const char *name);
const struct ind_plot_table *ind_plot_table_find(const char *name);

/* ---- A run ----------------------------------------------------------------------------------- */

enum ind_plot_axis { IND_AXIS_AUTO, IND_AXIS_LINEAR, IND_AXIS_LOG };

struct ind_plot_choices {
    const char
        *head; /* the head grafted; NULL: the strongest previous-token head with a later layer */
    long from; /* the epoch it is from; -1: the highest accuracy of the period that fell most */
    int sequences;           /* behind an intervention */
    double work;             /* operations that no table may exceed; 0: there is no bound */
    enum ind_plot_axis axis; /* AUTO: logarithmic if the strongest induction head is half formed
                                  within the first tenth of the epochs */
};

enum { IND_PLOT_TABLES_MAX = 64 };

/* Owner. */
struct ind_plot_run {
    const struct ind_series *series; /* borrowed */
    char *name;                      /* the last part of the run's path */
    char *folder;                    /* of tables/ and figures/ */
    struct ind_plot_choices choices;
    unsigned has;                                 /* of what may be needed */
    struct ind_roles roles;                       /* after ind_plot_run_roles */
    struct ind_sheet sheets[IND_PLOT_TABLES_MAX]; /* private: those read so far, the log first */
};

/* `series` and the choices' text must outlive it. Reads the log, if there is one; a torn last line
 * is left out. */
IND_CHECKED int ind_plot_run_init(struct ind_plot_run *run, const struct ind_series *series,
                                  const char *folder, const struct ind_plot_choices *choices,
                                  struct ind_error *err);
void ind_plot_run_release(struct ind_plot_run *run);

/* Decides the roles on the tables "scores" and the log: to be called when "scores" is there. */
IND_CHECKED int ind_plot_run_roles(struct ind_plot_run *run, struct ind_error *err);

/*
 * THE BOUND OF WORK. What a table takes is counted, in operations (ind_config_operations), from the
 * sizes of the model and of the samples, so that what is drawn depends on no clock: counts are right
 * within a factor of three or so. A table that would exceed choices.work is of fewer checkpoints,
 * chosen like the usual ones; where a single one would exceed it there is none, but for "scores", by
 * which heads are named.
 */

/* How many checkpoints a table may be of, INT_MAX without a bound; 0: there is no such table. */
int ind_plot_most(const struct ind_plot_run *run, const struct ind_plot_table *table);

/* How many it is of, and would be without a bound. -1 without memory. */
int ind_plot_count(const struct ind_plot_run *run, const struct ind_plot_table *table,
                   bool bounded);

/* Can the run have the table, and is it within the bound? */
bool ind_plot_has_table(const struct ind_plot_run *run, const struct ind_plot_table *table);

/* What of `needs` the run has not, in words ("one layer", "no log"); NULL if nothing. */
const char *ind_plot_lacks(const struct ind_plot_run *run, unsigned needs);

/* A path as gnuplot takes it for that of a file, and a program for an operand: one that begins with < or
 * | is a command to the one, with ~ another folder, with - an option to the other. Freed with free(),
 * NULL without memory. */
char *ind_plot_file(const char *path);

/* The path of a table ("metrics" is the run's own); freed with free(), NULL without memory. */
char *ind_plot_table_path(const struct ind_plot_run *run, const char *name);

/* A table, read once. The run's. */
IND_CHECKED int ind_plot_sheet(struct ind_plot_run *run, const char *name,
                               const struct ind_sheet **sheet, struct ind_error *err);

/* The command that makes a table: argv, NULL-terminated, one block freed with
 * free(). It has no -o. */
IND_CHECKED int ind_plot_command(const struct ind_plot_run *run, const struct ind_plot_table *table,
                                 char ***argv, struct ind_error *err);

/* Epochs of the series: the nearest one. */
long ind_plot_nearest(const struct ind_series *series, double epoch);

/* The strongest induction head's half_epoch; -1 if no head holds the role. */
long ind_plot_change(const struct ind_plot_run *run);

/* ---- What a figure says ---------------------------------------------------------------------- */

enum { IND_HEADLINE_NUMBERS = 8 };

struct ind_headline {
    char text[400];
    int count;
    struct {
        const char *table, *column; /* "tables/scores" by name; of the column */
        size_t line;                /* of the table's file */
        char text[32];              /* as it stands in the headline */
        double value;
    } numbers[IND_HEADLINE_NUMBERS];
    char facts[1024]; /* further assignments for the script: "via = 'L0H1'\n" */
};

/* All that the script of a figure is given, as gnuplot's assignments, the headline first. `plots`:
 * the folder of the scripts. Fills *headline; *text is freed with free(). */
IND_CHECKED int ind_plot_facts(struct ind_plot_run *run, const struct ind_plot *figure,
                               const char *plots, struct ind_headline *headline, char **text,
                               struct ind_error *err);

/* ---- Many runs ------------------------------------------------------------------------------- */

/* Figures of arms and seeds: `seeds` (curves) and `arms` (numbers). Their tables are induct-seeds',
 * in FOLDER/tables: curves and each, values and values_each, and of a figure that compares with an
 * arm pairs and pairs_each. Ends with a zeroed element. */
extern const struct ind_plot ind_seeds_plots[];

/* The same as ind_plot_facts. `against`: the arm that others are compared with, NULL: none is;
 * `subtitle` stands below the headline, which is `title` unless that is NULL. */
struct ind_seeds_figure {
    const struct ind_plot *figure;
    const char *folder, *columns, *against, *title, *subtitle; /* columns: in this order */
};
IND_CHECKED int ind_seeds_facts(const struct ind_seeds_figure *of, const char *plots,
                                struct ind_headline *headline, char **text, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
