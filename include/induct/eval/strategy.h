/*
 * Which rule a model follows (DEFINITIONS, section 9): how far its predictions are from those of
 * reference predictors that know the sequence and nothing else, and how content fares against the
 * trained offsets.
 *
 * Looked at are inputs i >= p of evaluation sequences of period p; the model's distribution is
 * restricted to tokens 1..vocab-1, which alone occur, V' = vocab - 1 of them. At input i, over the
 * tokens x_0..x_i:
 *
 *   uniform    1/V'
 *   unigram    (count(v) + 1) / (i + 1 + V')
 *   bigram     (count(x_i v) + 1) / (count of x_i before i + V')
 *   offset     even over x_{i-n+1}, n a trained period; uniform where all lie before the sequence
 *   content    even over what followed the earlier occurrences of x_i; uniform if there are none
 *   content2   the same for the pair x_{i-1} x_i
 *
 * each smoothed to (1 - e) q + e/V', e = 1e-3. Distances are mean KL(model || predictor), in nats.
 * The mixture's weights are the point of the simplex over the six at which the mean KL is least
 * (Edelman et al. 2024 measure such distances; margin, offset and mixture are this project's).
 */
#ifndef INDUCT_EVAL_STRATEGY_H
#define INDUCT_EVAL_STRATEGY_H

#include <induct/eval/accuracy.h>
#include <induct/eval/margin.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_predictor {
    IND_PREDICT_UNIFORM,
    IND_PREDICT_UNIGRAM,
    IND_PREDICT_BIGRAM,
    IND_PREDICT_OFFSET,
    IND_PREDICT_CONTENT,
    IND_PREDICT_CONTENT2
};
enum { IND_PREDICTORS = 6 };

/* "uniform", "unigram", ... */
const char *ind_predictor_name(enum ind_predictor predictor);

/*
 * What the predictors say at every prediction of evaluation data: made once, shared by all threads
 * and checkpoints. Owner. Tokens that all predictors treat alike form a class: of a few hundred
 * tokens only those of the sequence need a look.
 */
struct ind_strategy_data {
    const struct ind_eval_data *data; /* borrowed; must outlive it */
    struct ind_trained trained;
    int vocab;
    int predictions;   /* a sequence */
    int distinct_most; /* distinct tokens of the sequence that has most */
    int32_t *distinct; /* [sequences, distinct_most]: tokens of each sequence, -1 where there are no
                           more */
    uint32_t
        *classes; /* [sequences, predictions, 1 + distinct_most]: of all other tokens, then of the
                           distinct ones */
    uint32_t class_count;
    double *probabilities; /* [class_count, IND_PREDICTORS], smoothed */
    int32_t *
        controls; /* [sequences, predictions, hi - lo + 1]: as many earlier tokens, drawn at random,
                           as there are candidates; -1 where there are no more */
};

/* `seed`: of the tokens that stand for chance. Fails without memory. */
IND_CHECKED int ind_strategy_data_init(struct ind_strategy_data *strategy,
                                       const struct ind_eval_data *data, int vocab,
                                       struct ind_trained trained, uint64_t seed,
                                       struct ind_error *err);
void ind_strategy_data_release(struct ind_strategy_data *strategy);

/* What one sequence gave. */
struct ind_strategy_count {
    int predictions;
    int contested; /* of these, where a trained offset says something other than the right answer */
    double margin; /* summed over the contested */
    int pseudo;    /* contested predictions that are what a trained offset says */
    int pseudo_chance; /* ... that are among the control tokens */
    double entropy;    /* of the model's predictions, summed, in nats */
};

/* Sums over all sequences of one period. */
struct ind_strategy {
    struct ind_strategy_count *counts; /* [sequences], the caller's */
    double kl[IND_PREDICTORS];         /* mean, nats a prediction; NaN without predictions */
    double weights[IND_PREDICTORS];    /* of the mixture */
    double kl_mixture;
};

/* One thread's passes and masses; owner. */
struct ind_strategist {
    struct ind_evaluator evaluator; /* its cache and rows of logits are used */
    int32_t *targets;               /* [logits_rows] */
    double *mass;                   /* [class_room]: of the model's probability, by class */
    uint32_t class_room;
    int32_t *candidates; /* [candidate_room] */
    int candidate_room;
};

/* For data with at most class_room classes and trained periods of at most `offsets` numbers. */
IND_CHECKED int ind_strategist_init(struct ind_strategist *strategist,
                                    const struct ind_config *config, int length,
                                    uint32_t class_room, int offsets, struct ind_error *err);
void ind_strategist_release(struct ind_strategist *strategist);

/* out->counts [data->sequences] is filled as well. */
void ind_strategise(struct ind_strategist *strategist, const struct ind_params *params,
                    const struct ind_strategy_data *data, struct ind_strategy *out);

#ifdef __cplusplus
}
#endif
#endif
