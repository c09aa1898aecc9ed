/*
 * What a sweep is, as it is written: seeds, and arms that differ in options. A line is a word and
 * what it says; `#` begins a comment, a backslash at its end joins a line with the next.
 *
 *     folder   runs/fading              where the runs lie (runs/NAME, of NAME.sweep)
 *     seeds    0:7                      of every arm, unless it says others
 *     epochs   60000                    likewise, of arms that begin anew
 *     options  --preset 2L-varied       of induct-train, likewise; those of the arm come after
 *     then     induct-score {run} ...   once a run is trained; several lines are several steps
 *     name     {arm}-seed{seed}         of a run's folder in it ({arm}-seed{seed}-{hash})
 *     together 2                        all arms of two seeds before those of the next two
 *
 *     arm      base                     from here on lines are this arm's
 *     seeds    0:15
 *     folder   old/base-seed{seed}      one run's: not named by the sweep; what is there is gone on with
 *
 *     arm      forbid-pp
 *     from     base@20000               a branch: of that arm's run of the same seed, or of a folder,
 *     epochs   45000                    old/seed{seed}@20000. Its epochs, unless said, are its parent's
 *     options  --forbid pp
 *     vary     --lr 1e-3 3e-4           one arm for each value; several lines are all combinations
 *
 * Options and steps go through a shell, in the folder where the sweep was started: "$(...)" is a
 * way to let a run's options depend on its parent. {seed}, {arm}, {run} (this run's folder),
 * {parent} and {folder} (the sweep's) are replaced.
 */
#ifndef INDUCT_ANALYZE_SWEEP_SPEC_H
#define INDUCT_ANALYZE_SWEEP_SPEC_H

#include <induct/tool/tool.h>

/* Arms, and runs, that one sweep has at most: more are a slip in `vary` or `seeds`. */
enum { SWEEP_MOST_RUNS = 20000 };

/* Text is owned; NULL where nothing was said. */
struct arm {
    char *name;
    char *stem;        /* its name before `vary` made several of it */
    char *label;       /* template of its run's name in the sweep's folder */
    char *folder;      /* template of one run's */
    char *parent;      /* of `from`: an arm, or a template of a folder */
    long parent_epoch; /* -1: it begins anew */
    char *options;     /* "" if there are none */
    char *then;        /* a step a line */
    struct ind_ints seeds;
    long epochs; /* -1: not said */
    int line;    /* where it is, for messages */
};

/* Owner. */
struct spec {
    char *name;   /* what messages call it */
    char *folder; /* of the sweep */
    int together; /* seeds; 0 = all */
    struct arm common;
    struct arm *arms; /* `vary` has been carried out, what is common has been put in */
    int count;
};

/* Reads a file, "-" is stdin. */
IND_CHECKED int spec_read(struct spec *spec, const char *path, struct ind_error *err);

/* The same from its text, in which ";" ends a line too. `folder` is the sweep's unless it names
 * one. */
IND_CHECKED int spec_read_text(struct spec *spec, const char *text, const char *folder,
                               struct ind_error *err);

void spec_release(struct spec *spec);

#endif
