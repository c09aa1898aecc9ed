/* The report: everything in one file. */
#ifndef INDUCT_ANALYZE_LAB_REPORT_H
#define INDUCT_ANALYZE_LAB_REPORT_H

#include "store.h"

/* Measures every checkpoint, with progress, and writes the report to choices->output. */
int report_write(struct ind_tool *tool, struct store *store, const struct choices *choices);

#endif
