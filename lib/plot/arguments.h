/* What a run's tables are asked for. All text is freed with free(), NULL without memory. */
#ifndef INDUCT_PLOT_ARGUMENTS_H
#define INDUCT_PLOT_ARGUMENTS_H

#include <induct/plot/plot.h>

/* The checkpoints of a table, at most `most` >= 1, as --epochs takes them; "" where its template
 * names no choice of them. */
char *ind_plot_epochs(const struct ind_plot_run *run, const struct ind_plot_table *table, int most);

/* "5:40:1": of the profile of accuracy by period. */
char *ind_plot_profile_of_periods(const struct ind_plot_run *run);

/* "24,10,15,35,40": of interventions, the trained middle and those outside that the log has. */
char *ind_plot_periods_of_causes(const struct ind_plot_run *run);

#endif
