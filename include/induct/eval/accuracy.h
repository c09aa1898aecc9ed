/*
 * Accuracy and loss by period (DEFINITIONS, section 4).
 *
 * Induction accuracy at period p: the share of predictions at input positions i >= p whose argmax
 * is the next token. Intervals are 95 % bootstrap intervals over sequences (predictions within one
 * sequence are not independent). The data are a function of (seed, period, index) alone, so curves
 * over checkpoints and arms of an experiment are paired.
 */
#ifndef INDUCT_EVAL_ACCURACY_H
#define INDUCT_EVAL_ACCURACY_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>
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

int ind_eval_data_init(struct ind_eval_data *data, int vocab, int context, uint64_t seed,
                       int period, int sequences, struct ind_error *err);
void ind_eval_data_release(struct ind_eval_data *data);

/* Counts of one sequence; predictions at i >= period only. `loss` is summed over the same
 * predictions. */
struct ind_eval_count {
    int predictions, correct;
    int repeated,
        repeated_correct; /* of these, those whose current token is repeated within the period */
    double loss;
};

/* Forward passes over batches of sequences within bounded memory. One a thread; owner. */
struct ind_evaluator {
    struct ind_cache cache;
    float *logits;
    int logits_rows;
};

int ind_evaluator_init(struct ind_evaluator *evaluator, const struct ind_config *config, int length,
                       struct ind_error *err);
void ind_evaluator_release(struct ind_evaluator *evaluator);

/* counts [data->sequences], one a sequence, with the interventions given (NULL, 0 for none;
 * batch_stride must be 0 or index sequences of the data). */
void ind_evaluate(struct ind_evaluator *evaluator, const struct ind_params *params,
                  const struct ind_eval_data *data, const struct ind_patch *patches,
                  int patch_count, struct ind_eval_count *counts);

/* Counts what the rows of an already computed cache predict: sequences first..first+cache->batch-1
   of the data. For callers that run the forward pass in parts (ablations that share earlier
   layers). */
void ind_evaluate_cache(struct ind_evaluator *evaluator, const struct ind_params *params,
                        const struct ind_cache *cache, const struct ind_eval_data *data, int first,
                        struct ind_eval_count *counts);

/* A share with its interval; NaN when it rests on no prediction. */
struct ind_estimate {
    double value, lo, hi;
};

struct ind_accuracy {
    struct ind_estimate accuracy, loss;
    struct ind_estimate repeated, unique; /* the split by repeated tokens */
    double repeated_share;                /* of the predictions */
    long predictions;
};

/* Sums the counts and bootstraps over sequences (`resamples`, 1000 is usual; 0 = no interval, lo =
 * hi = NaN). The resampling is a function of (seed, period): paired over checkpoints. */
void ind_accuracy_summarise(const struct ind_eval_count *counts, int sequences, int period,
                            uint64_t seed, int resamples, struct ind_accuracy *out);

#ifdef __cplusplus
}
#endif
#endif
