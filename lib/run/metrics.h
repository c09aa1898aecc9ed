/* metrics.tsv: rows appended whole. Private to lib/run. */
#ifndef INDUCT_LIB_RUN_METRICS_H
#define INDUCT_LIB_RUN_METRICS_H

#include <induct/run/run.h>

/* Opens RUN/metrics.tsv and sees to its heading; a torn or missing one is written again. */
IND_CHECKED int ind_metrics_open(struct ind_run *run, struct ind_error *err);

/* Cuts the file after the last whole row whose epoch is at most `epoch`: rows are ascending, so
 * what is kept is a prefix. */
IND_CHECKED int ind_metrics_cut(struct ind_run *run, long epoch, struct ind_error *err);

#endif
