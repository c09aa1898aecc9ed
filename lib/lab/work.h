/*
 * What a lab holds. Interventions are kept as what is asked of each head; a stage carries them out
 * on a batch of sequences.
 */
#ifndef INDUCT_LIB_LAB_WORK_H
#define INDUCT_LIB_LAB_WORK_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/eval/accuracy.h>
#include <induct/model/forward.h>
#include <induct/patch/graft.h>
#include <induct/patch/split.h>

#include "lab/lab.h"

/* What is to be done to one head. */
struct ind_lab_head {
    enum { IND_LAB_Z_AS_IT_IS, IND_LAB_Z_ZERO, IND_LAB_Z_MEAN } z;
    int pattern;    /* a set, IND_LAB_OWN ... IND_LAB_AS_IT_IS */
    unsigned terms; /* taken away */
};

struct ind_lab_graft {
    int from;
    struct ind_graft piece;
};

/* Room for a batch of sequences of one length and all that interventions need on the way. What only
 * some need is made when it is first asked for. */
struct ind_lab_stage {
    struct ind_cache cache;     /* the pass itself */
    int batch;                  /* that the caches were made for */
    struct ind_cache source;    /* a pass without interventions, for its patterns */
    struct ind_split_drop drop; /* terms taken away */
    float *patterns;            /* [pattern_room, batch, length, length]: what is put in place */
    size_t pattern_room;
    struct ind_patch *patches; /* [2 a head] */
    struct ind_heads dropped;  /* items [layers * heads], of which some are in use */
    unsigned *terms;           /* [layers * heads] of the heads dropped */
};

struct ind_lab {
    struct ind_error error;
    struct ind_layout layout;
    struct ind_params sets[IND_LAB_SETS]; /* data NULL: not made yet */

    struct ind_lab_head *heads; /* [layers * heads] */
    bool *replaced;             /* [layers * heads]: z is */
    struct ind_lab_graft *grafts;
    size_t graft_count, graft_room;

    int32_t *reference; /* [reference_count, context] */
    int reference_count;
    float *means; /* [layers, length, heads, d_head] over the reference */
    double *sums;
    int means_of; /* the set they were computed for; -1: to be computed anew */

    struct ind_lab_stage one; /* ind_lab_run's */
    bool has_run;
    int32_t *tokens; /* [context]: what was run */
    int run_set;
    const struct ind_params *run_params;
    struct ind_params run_grafted; /* the set that was run, grafts applied */
    float *logits;                 /* [length, vocab] of it */
    bool has_logits;

    char name[16]; /* the last one asked for */

    struct ind_evaluator evaluator; /* and its stage */
    struct ind_lab_stage many;
    struct ind_params many_grafted;
};

/* Sets the lab's error if a layer, head or set is not there. */
bool ind_lab_has_head(struct ind_lab *lab, int layer, int head);
bool ind_lab_has_set(struct ind_lab *lab, int set);
bool ind_lab_has_row(struct ind_lab *lab, int row); /* and something has been run */
bool ind_lab_has_tokens(struct ind_lab *lab, const int32_t *tokens, size_t count);

/* The weights of a set with grafts applied: the set itself, or a copy in `grafted`. */
const struct ind_params *ind_lab_effective(struct ind_lab *lab, int set,
                                           struct ind_params *grafted);

/* Caches for `batch` sequences of `length`; a stage that has other ones is made anew. */
int ind_lab_stage_prepare(struct ind_lab *lab, struct ind_lab_stage *stage, int batch, int length,
                          unsigned keep);
void ind_lab_stage_release(struct ind_lab_stage *stage);

/* A pass of stage->cache.batch sequences with all interventions; `set` names the weights, `params`
 * is what ind_lab_effective made of them. */
int ind_lab_stage_run(struct ind_lab *lab, struct ind_lab_stage *stage, int set,
                      const struct ind_params *params, const int32_t *tokens, int token_stride);

#endif
