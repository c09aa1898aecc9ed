/* The parts of induct-lens. */
#ifndef INDUCT_ANALYZE_LENS_PARTS_H
#define INDUCT_ANALYZE_LENS_PARTS_H

#include <induct/tool/analysis.h>

extern const struct ind_analysis lens_attribution;

#endif
