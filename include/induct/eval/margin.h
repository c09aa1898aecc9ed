/*
 * Content against position at one prediction (DEFINITIONS, section 9).
 *
 * A model that was trained on the periods P may have learned where the answer lies rather than what
 * follows: the candidates of that rule at input i are O_i = {x_{i-n+1} : n in P, i-n+1 >= 0}. The
 * margin is log p(c) - max over O_i without c of log p(o), c the right answer: above 0 content
 * wins, below 0 the positional rule does. Token 0 never occurs and is never looked at.
 */
#ifndef INDUCT_EVAL_MARGIN_H
#define INDUCT_EVAL_MARGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The trained periods lo..hi, 1 <= lo <= hi. */
struct ind_trained {
    int lo, hi;
};

/*
 * The candidates at input i but the right answer tokens[i + 1], each once, nearest first. Returns
 * how many; 0 where the rule says nothing else (or nothing at all). out [hi - lo + 1].
 */
int ind_margin_candidates(const int32_t *tokens, int i, struct ind_trained trained, int32_t *out);

/* The margin in nats from one row of logits; NaN of no candidates. */
double ind_margin(const float *logits, int32_t right, const int32_t *candidates, int count);

/* The token with the largest of logits[1..vocab-1]; the lowest of several. */
int32_t ind_margin_prediction(const float *logits, int vocab);

#ifdef __cplusplus
}
#endif
#endif
