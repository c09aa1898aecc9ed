/* Choices among a run's checkpoints, as --epochs takes them. All text is freed with free(), NULL
 * without memory. */
#ifndef INDUCT_PLOT_EPOCHS_H
#define INDUCT_PLOT_EPOCHS_H

#include <induct/run/series.h>

/*
 * As many as a figure has use for, on a linear axis and on a logarithmic one: multiples of a step
 * of 1, 2 or 5 times a power of ten, at most `most` of them and the last, and before `dense` steps
 * those of a fifth or half of the step, and so on down to 1:
 * "0:125,125:500:5,500:2500:20,::100,last". "" (all) if there are no more than twice `most`.
 */
char *ind_epochs_thin(const struct ind_series *series, int most, int dense);

/* The same, of at most `limit` checkpoints, 1 or more: with `most` and `dense` halved until they are no more. */
char *ind_epochs_within(const struct ind_series *series, int most, int dense, int limit);

/* How many checkpoints such a choice is of, "" all. */
int ind_epochs_count(const struct ind_series *series, const char *choice);

/* At most `most` on a linear axis: "::500,last". */
char *ind_epochs_stride(const struct ind_series *series, int most);

/* The last one and those nearest to 1, 2 and 4 times a power of ten below it (down to a fortieth),
 * at most `most`: "400,1000,2000,4000". */
char *ind_epochs_profile(const struct ind_series *series, int most);

#endif
