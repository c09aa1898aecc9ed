/*
 * The evaluation sequences that an analysis rests on: of one period or several, the same for every
 * checkpoint and arm of an experiment, and the bootstrap over them. What periods there are unless
 * they were named is decided here and nowhere else.
 */
#ifndef INDUCT_TOOL_SAMPLE_H
#define INDUCT_TOOL_SAMPLE_H

#include <induct/eval/summary.h>
#include <induct/recipe/recipe.h>
#include <induct/tool/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What periods there are unless they were named; all as far as the context lets them repeat. */
enum ind_periods_taken {
    IND_PERIODS_NOT,      /* no sequences at all */
    IND_PERIOD,           /* one: the middle of the trained ones */
    IND_PERIODS_TRAINED,  /* the first, middle and last trained one */
    IND_PERIODS_MEASURED, /* and those that the run's recipe measures outside training */
    IND_PERIODS_PROFILE   /* 5 to 40 */
};

/* What is asked for. */
struct ind_sample_choices {
    enum ind_periods_taken taken;
    struct ind_ints periods; /* those named, in this order; none = by default. The caller's */
    bool ood;      /* beside either: the recipe's and the study's periods outside training, 10, 15,
                      35, 40; then all are ascending */
    int sequences; /* of each period; 0 = none are wanted, whatever `taken` says */
    int resamples; /* 0 = no intervals */
};

/* Owner; read-only after init, hence shared by threads. */
struct ind_sample {
    struct ind_eval_data *data; /* [count]: one a period */
    int count;
    int sequences, resamples;
    struct ind_bootstrap bootstrap; /* if resamples > 0 */
};

/* Fails on a period that leaves nothing to predict in the model's context, and on a model whose
 * vocabulary or context holds no repeated sequence at all. */
IND_CHECKED int ind_sample_init(struct ind_sample *sample, const struct ind_sample_choices *choices,
                                const struct ind_recipe *recipe, uint64_t seed,
                                struct ind_error *err);
void ind_sample_release(struct ind_sample *sample);

/* Resamples of so many sequences; fails when a signal asks to stop. */
IND_CHECKED int ind_sample_resamples(struct ind_bootstrap *bootstrap, int sequences, int resamples,
                                     uint64_t seed, uint32_t major, struct ind_error *err);

/* One thread's own: an evaluator over the sample, the counts of a model as it is and of a changed
 * one by sequence, for the program to fill in whatever way its two sides share work. Owner. */
struct ind_arms {
    struct ind_evaluator evaluator;
    struct ind_eval_count *clean, *changed; /* [sequences] */
    int sequences;
    struct ind_resampled resampled; /* its bootstrap is NULL without intervals */
};

IND_CHECKED int ind_arms_init(struct ind_arms *arms, const struct ind_sample *sample,
                              const struct ind_config *config, struct ind_error *err);
void ind_arms_release(struct ind_arms *arms);

/* Accuracy and loss from the counts of all sequences, with intervals if there are any. */
void ind_arms_summarise(struct ind_arms *arms, const struct ind_eval_count *counts,
                        struct ind_accuracy *out);

#ifdef __cplusplus
}
#endif
#endif
