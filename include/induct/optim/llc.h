/*
 * The local learning coefficient of a model at its weights (Lau et al. 2023; DEFINITIONS, section
 * 12): how fast the loss rises around them, counted in parameters. On a regular minimum it is half
 * the number of weights; where directions are flat or the loss is of higher order it is less.
 *
 *   llc = nb * mean over draws of (L_m(w) - L_m(w*))
 *
 * Draws are those of Langevin dynamics from the centre w* (optim/sgld.h), several chains. L_m is
 * the mean loss of the m sequences of a step's batch, drawn without replacement from n; both sides
 * are of the same sequences, so that what makes one batch harder than another cancels: the losses
 * of all n at the centre are computed once. Restricted to some weights, all others held: the
 * weight-refined coefficient of a head (Wang et al. 2024).
 *
 *     ind_llc_data_init(&data, &task, false, periods, 10, 1024, seed, err);     shared
 *     ind_llc_init(&llc, layout, &data, &settings, threads, err);
 *     ind_llc_run(&llc, params, parts, 9, excess, &loss);          [9, chains, burn_in + steps]
 *     ind_llc_summarise(&settings, excess + 2 * chains * (burn_in + steps), &summary);
 *
 * Nothing depends on the number of threads: a chain is one thread's work.
 */
#ifndef INDUCT_OPTIM_LLC_H
#define INDUCT_OPTIM_LLC_H

#include <induct/base/error.h>
#include <induct/data/bootstrap.h>
#include <induct/data/task.h>
#include <induct/optim/sgld.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The sequences that the losses are of: evaluation sequences, as many of each period as of any
 * other. Owner; read-only after init, hence shared by threads. */
struct ind_llc_data {
    int sequences, context;
    int32_t *tokens; /* [sequences, context] */
    int *periods;    /* [sequences]; sequence s is number s / count of periods[s % count] */
    int *starts;     /* [sequences] rows of the position table; NULL = all begin at 0 */
    bool repeated;   /* the loss is of predictions at i >= period alone */
};

/* Vocabulary, context and starts are the task's. `periods` [count >= 1], each at least 1 and, for a
 * loss of repeated tokens, at most context - 2 (asserted). */
IND_CHECKED int ind_llc_data_init(struct ind_llc_data *data, const struct ind_task *task,
                                  bool repeated, const int *periods, int count, int sequences,
                                  uint64_t seed, struct ind_error *err);
void ind_llc_data_release(struct ind_llc_data *data);

struct ind_llc_settings {
    struct ind_sgld sgld;
    int chains;   /* >= 1 */
    long burn_in; /* steps of a chain that are no draws */
    long steps;   /* draws of a chain, >= 1 */
    int batch;    /* sequences of a step, 1..sequences of the data */
};

/* A step's batch where none is asked for: as many sequences as a step of training had, at least 8
 * (below that the rule for n beta says little) and no more than there are. */
int ind_llc_batch(int trained, int sequences);

/* Gradients of a batch that a checkpoint takes, of so many parts. */
double ind_llc_gradients(const struct ind_llc_settings *settings, int parts);

/* Langevin chains around models of one layout. Owner; layout and data are borrowed. */
struct ind_llc {
    const struct ind_layout *layout;
    const struct ind_llc_data *data;
    struct ind_llc_settings settings;
    struct ind_llc_work *work; /* private */
};

IND_CHECKED int ind_llc_init(struct ind_llc *llc, const struct ind_layout *layout,
                             const struct ind_llc_data *data,
                             const struct ind_llc_settings *settings, int threads,
                             struct ind_error *err);
void ind_llc_release(struct ind_llc *llc);

/*
 * All chains of every part (the weights that are free in it), side by side on the threads:
 * excess [count, chains, burn_in + steps] of L_m(w) - L_m(w*) in nats, before each step; NaN from
 * where a chain diverged. Chain c of a part meets the batches and the noise of chain c of every
 * other. *loss: the mean over all sequences at the centre.
 */
void ind_llc_run(struct ind_llc *llc, const struct ind_params *centre,
                 const struct ind_slices *parts, int count, double *excess, double *loss);

/* What the chains of one part say. */
struct ind_llc_summary {
    struct ind_estimate llc; /* mean over chains, with Student's 95 % interval over them: none of a
                                single chain; NaN if any chain diverged */
    double sd;               /* of the chains' own; NaN of one chain */
    double rise;             /* llc of the second half of the draws less that of the first: above 0
                                the chains are still on their way; NaN of a single draw */
    double rhat;             /* split R-hat of the draws' losses (Gelman et al. 2013): near 1 where
                                chains agree; NaN of fewer than 4 draws */
    double below;            /* share of draws whose loss is below the centre's */
    double excess;           /* mean of the draws, nats: llc / nbeta */
    int diverged;            /* chains that are not finite to the end */
};

/* excess [chains, burn_in + steps] of one part. */
void ind_llc_summarise(const struct ind_llc_settings *settings, const double *excess,
                       struct ind_llc_summary *summary);

#ifdef __cplusplus
}
#endif
#endif
