/*
 * What the lab measures of every checkpoint of one run, and what one checkpoint gave.
 *
 * A plan is made once a run and then read-only, shared by all threads. A record is plain data of a
 * size that the plan knows, in the form in which the page wants it:
 *
 *   scalars  float [scalar_count]: for every period accuracy, accuracy_lo, accuracy_hi, loss; then
 *            for every head its scores and, last, the positional bump (NaN where there is none)
 *   sample   byte [heads, triangle]: one sequence's patterns, round(255 A[i,j]), rows i = 0..length-1
 *            of the lower triangle one after the other
 *   mean     the same of the mean over the scored sequences, round(63 A[i,j]): smooth as it is, it
 *            takes half the room so
 *   profile  half [heads, length]: mean of A[i,i-o] over i, for every offset o
 */
#ifndef INDUCT_ANALYZE_LAB_PLAN_H
#define INDUCT_ANALYZE_LAB_PLAN_H

#include <stdint.h>

#include <induct/model/heads.h>
#include <induct/recipe/recipe.h>
#include <induct/run/replay.h>
#include <induct/run/series.h>
#include <induct/score/score.h>
#include <induct/tool/sample.h>

enum {
    SAMPLE_LEVELS = 255,
    MEAN_LEVELS = 63,
    PERIOD_FIELDS = 4, /* accuracy, lo, hi, loss */
    LONGEST_MAP = 128  /* positions of a stored pattern, however long the context */
};

/* What the command line says. */
struct choices {
    const char *address, *output;
    int port, sequences, resamples, index, weights;
    struct ind_ints periods;
    uint64_t seed;
};

/* Owner. */
struct plan {
    char *path, *name;
    struct ind_recipe recipe;
    bool imported;
    struct ind_layout layout;
    struct ind_replay replay; /* interventions that it was trained under, and is measured under */
    struct ind_sample data;   /* evaluation sequences of every period, and the bootstrap */
    struct ind_score_choices scores;
    double *baselines;      /* [scores.count]: under uniform attention */
    struct ind_heads heads; /* all */
    struct ind_heads split; /* those with a positional bump: none where scores cannot be split */
    int period;             /* of scores and patterns: the middle trained one */
    int sequences, index;   /* scored; which of them is the sample */
    int32_t *tokens;        /* [sequences, context] */
    int32_t *sample;        /* [context] */
    int length;             /* positions of a stored pattern */
    size_t triangle;        /* length (length + 1) / 2 */
    size_t scalar_count, map_count, profile_count;
};

IND_CHECKED int plan_init(struct plan *plan, const struct ind_series *series,
                          const struct choices *choices, struct ind_error *err);
void plan_release(struct plan *plan);

/* Reads the weights at `epoch`, with the interventions that stand in them. A checkpoint that is a
 * symbolic link is refused: it could lead out of the run, of which alone a server may speak. The
 * error begins with the file's path. */
IND_CHECKED int plan_read(const struct plan *plan, long epoch, struct ind_params *params,
                          struct ind_error *err);

/* Scores of a head, the bump included. */
static inline int plan_head_fields(const struct plan *plan)
{
    return plan->scores.count + 1;
}

/* Owner of one buffer; the others are views into it. */
struct record {
    float *scalars;
    uint8_t *sample, *mean;
    uint16_t *profile;
};

IND_CHECKED int record_init(struct record *record, const struct plan *plan, struct ind_error *err);
void record_release(struct record *record);

/* One thread's scratch for one plan; owner. */
struct meter;
IND_CHECKED int meter_open(struct meter **meter, const struct plan *plan, struct ind_error *err);
void meter_close(struct meter *meter);

/* Reads the checkpoint at `epoch` and measures it. The error begins with the file's path. */
IND_CHECKED int meter_measure(struct meter *meter, long epoch, struct record *record,
                              struct ind_error *err);

/* IEEE half precision, to nearest, ties to even; beyond its range infinity. */
uint16_t half_from_float(float value);

#endif
