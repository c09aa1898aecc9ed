/* What several scorers of one model need of each. */
#ifndef INDUCT_LIB_SCORE_ENGINE_SCORER_H
#define INDUCT_LIB_SCORE_ENGINE_SCORER_H

#include <stdbool.h>

#include <induct/score/score.h>

/* Values of one sequence: layers * heads * choices->count. */
size_t ind_scorer_cells(const struct ind_scorer *scorer, const struct ind_score_choices *choices);

/* Is a score among them that is of the outputs of all sequences together? */
bool ind_scorer_wants_outputs(const struct ind_score_choices *choices);

/* ind_scorer_run_each() of every `shares`-th pass from number `share` on; the first share has the
 * scores of positions, too. None of outputs. */
void ind_scorer_run_share(struct ind_scorer *scorer, const struct ind_params *params,
                          const struct ind_score_choices *choices, int share, int shares,
                          double *each);

#endif
