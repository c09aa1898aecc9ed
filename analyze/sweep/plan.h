/*
 * The manifest: every run of a sweep, one a line, in the order in which they are begun.
 *
 * A run's folder is named by what differs and by what it is trained by, forbid-pp-seed3-5b1f09c2:
 * the last part is XXH3 of its options, its seed and its parent (as they are written, blanks
 * apart). Its length is not among them, so that a sweep with more epochs goes on where it was, nor
 * are the steps that come after.
 *
 * Order: by groups of `together` seeds; in each, what others branch from first; then by seed, then
 * as the arms are written.
 */
#ifndef INDUCT_ANALYZE_SWEEP_PLAN_H
#define INDUCT_ANALYZE_SWEEP_PLAN_H

#include "spec.h"

/* One run. Text is owned. */
struct entry {
    char *run; /* its folder */
    char *arm;
    char *stem; /* what the arm was called before `vary` made several of it */
    int seed;
    char *parent; /* folder of the run that it branches from; "" if it begins anew */
    long from;    /* the epoch at which it does; 0 */
    long epochs;
    char *recipe;  /* 16 hexadecimal digits */
    char *options; /* of induct-train, for a shell */
    char *then;    /* a step a line, for a shell */
    int arm_number, depth, group;
};

/* Owner. */
struct plan {
    char *folder; /* of the sweep */
    struct entry *entries;
    int count;
};

/* Which runs are wanted: those of these seeds and arms; empty and NULL are all. */
struct choice {
    struct ind_ints seeds;
    const char *arms; /* comma-separated; an arm's name or what it was before `vary` */
};

/* Fails on seeds that a parent has not, epochs that are not said, two runs in one folder, and a
 * choice that leaves nothing. `then` (NULL = none) is one more step, after all others. */
IND_CHECKED int plan_make(struct plan *plan, const struct spec *spec, const struct choice *choice,
                          const char *then, struct ind_error *err);
void plan_release(struct plan *plan);

/* As a table: columns number, run, arm, seed, parent, from, epochs, recipe, options, then. */
IND_CHECKED int plan_print(const struct plan *plan, FILE *stream, enum ind_format format,
                           struct ind_error *err);

/* FOLDER/manifest.tsv, whole; makes the folder. *path is freed with free(). */
IND_CHECKED int plan_write(const struct plan *plan, char **path, struct ind_error *err);

/* All of FOLDER/manifest.tsv, wherever the sweep's folder lies now: runs, and parents that lay beside
 * them, are looked for in FOLDER. Ends in plan_release, after a failure too. */
IND_CHECKED int plan_read(struct plan *plan, const char *folder, struct ind_error *err);

/* Entry `number` (from 1) of a manifest. Ends in entry_release. */
IND_CHECKED int plan_read_entry(struct entry *entry, const char *path, long number,
                                struct ind_error *err);
void entry_release(struct entry *entry);

#endif
