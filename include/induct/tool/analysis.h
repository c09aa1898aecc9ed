/*
 * A program that analyses runs, as a declaration: what it is asked, what a row says, and what one
 * checkpoint gives. Everything else is the driver's: the command line and --help, the runs and
 * their checkpoints, evaluation data and bootstrap, threads, order, progress, errors, the table.
 *
 * The whole of a program (accuracy by period):
 *
 *     struct row { long epoch; int period; struct ind_estimate accuracy; };
 *
 *     static const struct ind_field fields[] = {
 *         IND_FIELD(struct row, epoch, "optimizer steps"),
 *         IND_FIELD(struct row, period, "of the sequences"),
 *         IND_FIELD(struct row, accuracy, "share of predictions at i >= period that are right"),
 *         {0}};
 *
 *     static int visit(void *worker, const struct ind_study *study, const struct ind_visit *at,
 *                      struct ind_error *err)
 *     {
 *         struct ind_arms *arms = worker;
 *         struct ind_accuracy accuracy;
 *         ind_evaluate(&arms->evaluator, at->params, at->data, NULL, 0, arms->clean);
 *         ind_arms_summarise(arms, arms->clean, &accuracy);
 *         ind_put(at, &(struct row){at->epoch, at->data->period, accuracy.accuracy});
 *         return IND_OK;
 *     }
 *
 *     static const struct ind_analysis eval = {
 *         .fields = fields,
 *         .takes = {.periods = IND_PERIODS_TRAINED, .sequences = true, .resamples = true},
 *         .parts = ind_parts_periods,
 *         IND_WORKER(struct ind_arms, ind_arms_start, ind_arms_end),
 *         .visit = visit};
 *
 *     int main(int argc, char **argv)
 *     {
 *         static const struct ind_program program = {
 *             .about = {.name = "induct-x", .summary = "..."}, .analyses = {&eval}};
 *         return ind_program_run(&program, NULL, argc, argv);
 *     }
 *
 * Several runs may be named: they are taken one after another into one table, whose first column is
 * then `run`. Rows are in epoch order within a run, the same bytes for any number of threads.
 */
#ifndef INDUCT_TOOL_ANALYSIS_H
#define INDUCT_TOOL_ANALYSIS_H

#include <induct/circuit/factors.h>
#include <induct/tool/field.h>
#include <induct/tool/sample.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which heads there are unless --heads names some. */
enum ind_heads_taken {
    IND_HEADS_NOT,   /* there is no such option */
    IND_HEADS_ALL,   /* all */
    IND_HEADS_LATER, /* all after layer 0; in a model of one layer those of that one */
    IND_HEADS_NAMED  /* none */
};

/* Sequences behind a figure, in all programs: more cost time in proportion, and narrow intervals by
 * the root. */
enum { IND_SEQUENCES = 64 };

/* The shared options that an analysis takes. They are worded, checked and defaulted by the driver:
 *
 *     --heads HEADS (or --head)    heads
 *     --period N                   periods = IND_PERIOD
 *     --periods LIST, -p           any other of enum ind_periods_taken
 *     --ood                        periods = IND_PERIODS_TRAINED
 *     --sequences N, -n            sequences
 *     --resamples N                resamples
 *     --no-fold                    fold
 *
 * Beside them every analysis has --strict, --continue, --epochs, --format, -o, --threads, --seed,
 * -q. */
struct ind_takes {
    enum ind_heads_taken heads;
    enum ind_periods_taken periods;
    bool sequences;        /* 64 of each period by default (IND_SEQUENCES) */
    bool resamples;        /* 1000 by default, 0 = no intervals */
    bool may_rest_on_none; /* --sequences 0 is allowed: there is no data then */
    bool fold;             /* --no-fold; what LayerNorm leaves out of the matrices is said */
    const char *heads_are, *sequences_are; /* for --help where it is not "default all" and "behind
                                              each figure"; NULL = it is */
};

struct ind_analysis;

/* One run as an analysis sees it: shared by all threads, read-only during the walk. */
struct ind_study {
    struct ind_tool *tool;
    const struct ind_analysis *analysis;
    const void *settings; /* the program's own options */
    const char *run;      /* the run as it is named in the column `run` */
    const struct ind_series *series;
    const struct ind_config *config; /* of its model */
    int *indices;                    /* [count] checkpoints of the series that --epochs selects */
    int count;
    struct ind_heads heads;   /* if it takes heads; may be none with IND_HEADS_NAMED */
    struct ind_sample sample; /* if it takes periods */
    enum ind_fold fold;       /* if it takes that */
    struct ind_form form;     /* of its rows */
    void *shared;             /* the analysis's own; what prepare() has made */
};

/* One table that a program makes. */
struct ind_analysis {
    const char *option; /* the flag (or option with a value) that asks for it: "bump"; NULL: the one
                            that is made if none is asked for */
    const char *details; /* for --help, after its columns; lines of at most 79 characters; NULL */
    const struct ind_field *fields;
    struct ind_takes takes;
    const char *epochs; /* what --epochs is by default; NULL = all */
    const char *key;    /* the column that holds the epoch visited; NULL = "epoch" */
    const char *noun;   /* what the progress line counts; NULL = checkpoints */
    int together;       /* neighbouring checkpoints that a worker takes at once; 0 stands for 1 */

    /* The columns of a family of fields, if there is one; `context` is the study. */
    ind_family_name *family;

    /* Once a run, before the walk: what all threads share, in shared_size bytes, zeroed. Either may
     * be NULL; release is called on a failed prepare too. */
    size_t shared_size;
    int (*prepare)(void *shared, struct ind_study *study, struct ind_error *err);
    void (*release)(void *shared);

    /* In how many parts a checkpoint can be visited, independent of each other: at->part of a visit
     * is one of them. NULL = one. Where a series has fewer checkpoints than there are threads, the
     * threads share them by parts. */
    int (*parts)(const struct ind_study *study);

    /* How many checkpoints are visited side by side at most, for visits that share out their work
     * among threads of their own; NULL = as many as there are threads. */
    int (*at_once)(const struct ind_study *study);

    /* Once a thread: its scratch, in worker_size bytes, zeroed. end is called on a failed start
     * too. */
    size_t worker_size;
    int (*start)(void *worker, const struct ind_study *study, struct ind_error *err);
    void (*end)(void *worker);

    /* Once a checkpoint and part: its rows, by ind_put. */
    int (*visit)(void *worker, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err);

    /* Once a run, after the walk (a picture is drawn); may be NULL. */
    int (*finish)(struct ind_study *study, struct ind_error *err);

    /* Is the table wanted at all? NULL = always. */
    bool (*prints)(const void *settings);

    /* In place of a walk: all of it, in order. `table` is NULL if it is not wanted. */
    int (*act)(struct ind_study *study, struct ind_table *table, struct ind_error *err);

    /* In place of everything: a table without a run (--list). Of the study only tool, settings and
     * form are there. */
    int (*list)(const struct ind_study *study, struct ind_rows *rows, struct ind_error *err);
};

/* Three members of an analysis at once. */
#define IND_SHARED(type, make, unmake) \
    .shared_size = sizeof(type), .prepare = (make), .release = (unmake)
#define IND_WORKER(type, begin, finish) \
    .worker_size = sizeof(type), .start = (begin), .end = (finish)

/* start and end of a worker that is a struct ind_arms. */
IND_CHECKED int ind_arms_start(void *worker, const struct ind_study *study, struct ind_error *err);
void ind_arms_end(void *worker);

/* Parts for `parts`: a period of the sample each, which at->data is then; a head each. */
int ind_parts_periods(const struct ind_study *study);
int ind_parts_heads(const struct ind_study *study);

/* For visits whose things (sets, donors) share work, and are cut into parts only where there are
 * threads to spare: how many parts. Part k is things k * n / parts to (k + 1) * n / parts - 1. */
int ind_parts_spare(const struct ind_study *study, int things);

/* Threads that each visit may take for itself: more than one where the walk has fewer checkpoints and
 * parts to hand out than there are. */
int ind_threads_spare(const struct ind_study *study);

/* Appends one row, of the struct that the analysis's fields are over, to this visit's. */
void ind_put(const struct ind_visit *at, const void *row);

enum { IND_ANALYSES_MOST = 6 };

struct ind_program {
    struct ind_about about; /* name, summary, details, examples; the rest is the driver's */
    const struct ind_option *options; /* its own, over `settings`; NULL = none. One that is called
                                         like a shared option takes its place */
    bool own_epochs;                  /* it has no --epochs: `check` says which, in tool->epochs */
    const struct ind_analysis *analyses[IND_ANALYSES_MOST + 1];

    /* Options that contradict each other, which the tables cannot say: ind_tool_usage(). NULL =
     * there are none. */
    void (*check)(struct ind_tool *tool, void *settings);
};

/* The whole of main(): parses into settings (NULL without options), runs, returns the exit status.
 * Lists of numbers in the settings are freed. */
int ind_program_run(const struct ind_program *program, void *settings, int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
