/* What tables take: operations of one checkpoint (of graft: of one pair), from the sizes of the
 * model and of the samples. Samples whose number no template says are the programs' own. */
#ifndef INDUCT_PLOT_WORK_H
#define INDUCT_PLOT_WORK_H

#include <induct/plot/plot.h>

double ind_work_scores(const struct ind_plot_run *run);
double ind_work_periods(const struct ind_plot_run *run);
double ind_work_clean(const struct ind_plot_run *run);
double ind_work_strategy(const struct ind_plot_run *run);
double ind_work_lens(const struct ind_plot_run *run);
double ind_work_edges(const struct ind_plot_run *run);
double ind_work_spectrum(const struct ind_plot_run *run);
double ind_work_circuit(const struct ind_plot_run *run);
double ind_work_compose(const struct ind_plot_run *run);
double ind_work_ablate(const struct ind_plot_run *run);
double ind_work_shapley(const struct ind_plot_run *run);
double ind_work_llc(const struct ind_plot_run *run);
double ind_work_paths(const struct ind_plot_run *run);
double ind_work_split(const struct ind_plot_run *run);
double ind_work_drop(const struct ind_plot_run *run);
double ind_work_graft(const struct ind_plot_run *run);
double ind_work_rescue(const struct ind_plot_run *run);

/* Of coefficients few short chains: the figure asks how checkpoints compare. */
#define IND_LLC_CHAINS  4
#define IND_LLC_BURN_IN 15
#define IND_LLC_STEPS   15

#endif
