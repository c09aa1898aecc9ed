/* The period that heads are scored at: the middle of the trained ones; 25, or half the context,
 * where they are not known. */
#ifndef INDUCT_PLOT_PERIODS_H
#define INDUCT_PLOT_PERIODS_H

#include <induct/plot/plot.h>

int ind_plot_period(const struct ind_plot_run *run);

#endif
