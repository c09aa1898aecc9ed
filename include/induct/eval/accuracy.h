/*
 * Accuracy and loss by period (DEFINITIONS, section 4).
 *
 * Induction accuracy at period p: the share of predictions at input positions i >= p whose argmax
 * is the next token. Position p-1 is left out: no earlier copy of the current token exists there.
 * Intervals are 95 % bootstrap intervals over sequences (predictions within one sequence are not
 * independent). The data are a function of (seed, period, index) alone, so curves over checkpoints
 * and arms of an experiment are paired.
 */
#ifndef INDUCT_EVAL_ACCURACY_H
#define INDUCT_EVAL_ACCURACY_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>
#include <induct/data/bootstrap.h>
#include <induct/model/forward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Evaluation sequences of one period, made once and shared by all threads and checkpoints. Owner.
 */
struct ind_eval_data {
    int period, sequences, context; /* inputs are context-1 long */
    int32_t *tokens;                /* [sequences, context] */
    bool *repeated; /* [sequences, context-1]: the current token occurs more than once within the
                       period */
};

/* Fails on a period below 1, on fewer than 1 sequence, and if there is no room. */
IND_CHECKED int ind_eval_data_init(struct ind_eval_data *data, int vocab, int context,
                                   uint64_t seed, int period, int sequences, struct ind_error *err);
void ind_eval_data_release(struct ind_eval_data *data);

/* The same for sequences that come from elsewhere: room for them, zeroed, and, once the caller has
   written `tokens`, their marks. The tokens are taken to repeat with the period. */
IND_CHECKED int ind_eval_data_blank(struct ind_eval_data *data, int context, int period,
                                    int sequences, struct ind_error *err);
void ind_eval_data_mark(struct ind_eval_data *data);

/* How many predictions a sequence gives at this period: context - 1 - period, at least 0. */
int ind_eval_predictions(int context, int period);

/* Counts of one sequence; predictions at i >= period only. `loss` is summed over the same
 * predictions. */
struct ind_eval_count {
    int predictions, correct; /* the lowest of several largest logits is the prediction */
    int repeated,
        repeated_correct; /* of these, those whose current token is repeated within the period */
    double loss;
};

/* Forward passes over batches of sequences within bounded memory. One a thread; owner. */
struct ind_evaluator {
    struct ind_cache cache;
    int batch;                 /* sequences of a full pass (model/pass.h) */
    float *logits;             /* [logits_rows, vocab] */
    int logits_rows;           /* at most so many rows of logits at a time */
    double *losses;            /* [logits_rows] */
    uint8_t *correct;          /* [logits_rows] */
    struct ind_patch *patches; /* [patch_room]: the caller's, moved on to the batch */
    int patch_room;            /* 8 a head */
};

/* `length`: inputs of a sequence, context - 1 of the data to come. The cache has no patterns
 * (IND_NO_PATTERNS): who looks at them asks for what the cache is to keep. */
IND_CHECKED int ind_evaluator_init(struct ind_evaluator *evaluator, const struct ind_config *config,
                                   int length, struct ind_error *err);
IND_CHECKED int ind_evaluator_init_keeping(struct ind_evaluator *evaluator,
                                           const struct ind_config *config, int length,
                                           unsigned keep, struct ind_error *err);
void ind_evaluator_release(struct ind_evaluator *evaluator);

/* counts [data->sequences], one a sequence, with the interventions given (NULL, 0 for none; at most
 * patch_room; batch_stride must be 0 or lead from one sequence of the data to the next). */
void ind_evaluate(struct ind_evaluator *evaluator, const struct ind_params *params,
                  const struct ind_eval_data *data, const struct ind_patch *patches,
                  int patch_count, struct ind_eval_count *counts);

/* Counts what the rows of an already computed cache predict: sequences first..first+cache->batch-1
   of the data, into counts [cache->batch]. For callers that run the forward pass in parts
   (ablations that share earlier layers). */
void ind_evaluate_cache(struct ind_evaluator *evaluator, const struct ind_params *params,
                        const struct ind_cache *cache, const struct ind_eval_data *data, int first,
                        struct ind_eval_count *counts);

#ifdef __cplusplus
}
#endif
#endif
