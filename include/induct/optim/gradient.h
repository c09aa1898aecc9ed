/*
 * The gradient of a loss on given tokens, on any number of threads with the same bytes: what a
 * trainer descends, and what a sampler or an estimate around a trained model asks for. (Gradients
 * by activations are the backward pass's: model/backward.h.)
 *
 *   shard   a run of sequences of the batch with a gradient buffer of its own. How many there are
 *           follows from the batch size, so that which numbers are added to which does not depend
 *           on the threads; gradients are added in shard order.
 *   pass    as many sequences of a shard as are computed at once, in one thread's activations.
 *           Threads take shards as they become free: which one computes a shard has no influence on
 *           its gradient.
 *   range   a slice of one tensor: a unit of elementwise work over the parameters. Ranges end at
 *           the tensors' borders, so that whoever updates weights may treat each tensor its own
 *           way.
 *
 * Nothing allocates after init.
 */
#ifndef INDUCT_OPTIM_GRADIENT_H
#define INDUCT_OPTIM_GRADIENT_H

#include <induct/base/error.h>
#include <induct/model/backward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The tokens of one batch; all borrowed. */
struct ind_batch {
    const int32_t *tokens; /* [batch, length + 1], packed */
    const int *periods;    /* [batch] */
    const int *starts;     /* [batch] rows of the position table, or NULL: all begin at 0 */
    bool repeated;         /* the loss is of predictions at i >= period alone */
    int first_layer;       /* layers below it, and the embeddings unless it is 0, get none */
};

/* Floats [begin, end) of the parameters, all of one tensor. */
struct ind_range {
    size_t begin, end;
    int tensor; /* index into layout->tensors */
};

/* Owner. The layout is borrowed and must outlive it. */
struct ind_gradient {
    const struct ind_layout *layout;
    int batch, length;        /* sequences, inputs of each */
    struct ind_range *ranges; /* [range_count]: every trained float once, in order */
    int range_count;
    double *squares; /* [range_count]: sum of squares of each range of the last gradient */
    struct ind_gradient_work *work; /* private: shards, passes, threads */
};

/* For batches of `batch` sequences of `length` inputs. threads >= 1. */
IND_CHECKED int ind_gradient_init(struct ind_gradient *gradient, const struct ind_layout *layout,
                                  int batch, int length, int threads, struct ind_error *err);
void ind_gradient_release(struct ind_gradient *gradient);

/*
 * Gradient of the mean loss over the targets of the batch by the trained weights, under the
 * standing interventions of the weights; *loss holds the sums over the batch. Returns the
 * gradient's squared norm: not finite if and only if one of its elements is not.
 */
double ind_gradient_run(struct ind_gradient *gradient, const struct ind_params *weights,
                        const struct ind_batch *batch, struct ind_loss *loss);

/* The last gradient: floats [0, layout->trained) of the buffer; good until the next run. */
const struct ind_params *ind_gradient_sum(const struct ind_gradient *gradient);

/* Visits every range once, in parallel. */
void ind_gradient_each_range(struct ind_gradient *gradient,
                             void (*visit)(void *context, const struct ind_gradient *gradient,
                                           int index),
                             void *context);

#ifdef __cplusplus
}
#endif
#endif
