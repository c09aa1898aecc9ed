/* The period that heads are scored at: the middle of the trained ones; 25, or half the context, where they
 * are not known. */
#ifndef INDUCT_FIGURE_PERIODS_H
#define INDUCT_FIGURE_PERIODS_H

#include <induct/figure/figure.h>

int ind_figure_period(const struct ind_figure_run *run);

#endif
