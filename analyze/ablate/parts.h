/* The parts of induct-ablate: what is ablated (arms.c), and its two tables. */
#ifndef INDUCT_ANALYZE_ABLATE_PARTS_H
#define INDUCT_ANALYZE_ABLATE_PARTS_H

#include <induct/patch/ablate.h>
#include <induct/tool/analysis.h>
#include <induct/tool/contrast.h>

/* Words of --mode: the library's modes, and `mediated`, the difference of two of them. */
enum { MEDIATED = IND_ABLATION_PATTERN_PREV + 1, MODES };
extern const char *const ablating_modes[]; /* NULL-terminated */

struct settings {
    struct ind_words modes;
    bool each, shapley;
};

/* What both tables need; read-only during the walk. Owner. */
struct ablating {
    int32_t **reference; /* [periods] of [sequences, context]; NULL unless a mode refers to them */
    int periods;
};

IND_CHECKED int ablating_init(struct ablating *ablating, const struct ind_study *study,
                              struct ind_error *err);
void ablating_release(struct ablating *ablating);

/* "L0H2+L1H0", "-" of none; to be freed. NULL when there is no room. */
char *ablating_set_name(const struct ind_head *heads, int count);

/* Reference sequences of one period, or NULL. */
const int32_t *ablating_reference(const struct ablating *ablating, int period);

/* The table of ablations (sets.c), and --shapley (shapley.c). */
extern const struct ind_analysis ablation_of_sets, ablation_by_shapley;

#endif
