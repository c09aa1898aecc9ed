/*
 * A scorer's work by several threads: for one model on many sequences, where there are threads that
 * have no model of their own. The passes are those of one thread, shared out, and sums are taken in
 * the order of the sequences: the numbers are the same bit for bit.
 */
#ifndef INDUCT_SCORE_TOGETHER_H
#define INDUCT_SCORE_TOGETHER_H

#include <induct/base/team.h>
#include <induct/score/score.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the other threads score with. Owner; used by one thread at a time. */
struct ind_scorers {
    int threads; /* the caller's own included: as many as were asked for that find a pass to do */
    struct ind_scorer *own;    /* the caller's, borrowed */
    struct ind_scorer *others; /* [threads - 1] */
    double *each;              /* private: [sequences, layers * heads, choices] */
    struct ind_team team;
};

/* `own` stays where it is. One thread is enough for scores of the output, which are of all sequences at
 * once, and where every sequence's values would take more than 64 MB. */
IND_CHECKED int ind_scorers_init(struct ind_scorers *scorers, int threads, struct ind_scorer *own,
                                 const struct ind_score_choices *choices, struct ind_error *err);
void ind_scorers_release(struct ind_scorers *scorers);

/* As ind_scorer_run and ind_scorer_run_each of `own`. */
void ind_scorers_run(struct ind_scorers *scorers, const struct ind_params *params,
                     const struct ind_score_choices *choices, double *out);
void ind_scorers_run_each(struct ind_scorers *scorers, const struct ind_params *params,
                          const struct ind_score_choices *choices, double *out);

#ifdef __cplusplus
}
#endif
#endif
