/* The parts of induct-ablate: what is ablated (arms.c), and its two tables. */
#ifndef INDUCT_ANALYZE_ABLATE_PARTS_H
#define INDUCT_ANALYZE_ABLATE_PARTS_H

#include <induct/patch/ablate.h>
#include <induct/tool/analysis.h>
#include <induct/tool/contrast.h>

/* Words of --mode: the library's modes, and `mediated`, the difference of two of them. */
enum { MEDIATED = IND_ABLATION_PATTERN_PREV + 1, MODES };
#define MODE_WORDS "zero, mean, resample, frozen, mediated, pattern-uniform, pattern-prev"

struct settings {
    const char *modes;
    bool each, shapley;
};

/* What both tables need; read-only during the walk. Owner. */
struct ablating {
    int modes[MODES]; /* in the order of --mode, each once */
    int mode_count;
    int32_t **reference; /* [periods] of [sequences, context]; NULL unless a mode refers to them */
    int periods;
};

int ablating_init(struct ablating *ablating, const struct ind_study *study, struct ind_error *err);
void ablating_release(struct ablating *ablating);

/* Fills modes from the words of --mode. */
int ablating_parse_modes(struct ablating *ablating, const char *list, struct ind_error *err);

const char *ablating_mode_name(int mode);

/* "L0H2+L1H0", "-" of none; to be freed. NULL when there is no room. */
char *ablating_set_name(const struct ind_head *heads, int count);

/* Reference sequences of one period, or NULL. */
const int32_t *ablating_reference(const struct ablating *ablating, int period);

/* The table of ablations (sets.c), and --shapley (shapley.c). */
extern const struct ind_analysis ablation_of_sets, ablation_by_shapley;

#endif
