/*
 * The content/position split again, slow and in double, of one sequence: both parts are carried by
 * the formulas, biases with content, neither as what the other leaves.
 */
#ifndef INDUCT_TESTS_SUPPORT_SLOW_SPLIT_H
#define INDUCT_TESTS_SUPPORT_SLOW_SPLIT_H

#include <induct/patch/split.h>

#include "support/models.h"

/* The largest model that fits. */
enum {
    SLOW_LAYERS = 3,
    SLOW_HEADS = 3,
    SLOW_LENGTH = 41,
    SLOW_WIDTH = 12, /* d_model */
    SLOW_K = 6       /* d_head */
};

struct slow_split {
    double x[2][SLOW_LENGTH][SLOW_WIDTH]; /* content and position part of the residual */
    double terms[SLOW_LAYERS][SLOW_HEADS][IND_SPLIT_TERMS][SLOW_LENGTH][SLOW_LENGTH];
};

/* All layers; from layer 1 on without the terms in `dropped`. Aborts if the model is too large. */
void slow_split_run(const struct model *model, int sequence, int length, unsigned dropped,
                    struct slow_split *s);

#endif
