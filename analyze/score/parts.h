/* The parts of induct-score: its options, and --list. */
#ifndef INDUCT_ANALYZE_SCORE_PARTS_H
#define INDUCT_ANALYZE_SCORE_PARTS_H

#include <induct/tool/analysis.h>

struct settings {
    const char *scores;
    int compat; /* enum ind_score_compat */
    bool baseline, intervals, value_weighted, list;
};

/* --list: every score with its formula (list.c). */
extern const struct ind_analysis listed_scores;

#endif
