/* The parts of induct-ablate: what is ablated, and its two tables. */
#ifndef INDUCT_ANALYZE_ABLATE_PARTS_H
#define INDUCT_ANALYZE_ABLATE_PARTS_H

#include <induct/patch/ablate.h>
#include <induct/tool/contrast.h>
#include <induct/tool/walk.h>

/* Words of --mode: the library's modes, and `mediated`, the difference of two of them. */
enum { MEDIATED = IND_ABLATION_PATTERN_PREV + 1, MODES };

struct settings {
    const char *heads; /* NULL = all, each alone */
    const char *modes;
    bool each, ood, shapley;
    struct ind_contrast_choices choices;
};

/* What both tables need; read-only during the walk. Owner. */
struct ablating {
    const struct settings *settings;
    int modes[MODES]; /* in the order of --mode, each once */
    int mode_count;
    struct ind_heads heads;       /* what --head selects */
    struct ind_contrast contrast; /* borrows the settings' choices */
    int32_t **reference; /* [periods] of [sequences, context]; NULL unless a mode refers to them */
};

/* The modes of --mode, for usage errors: before there is a run. */
int ablating_parse_modes(struct ablating *ablating, struct ind_error *err);

const char *ablating_mode_name(int mode);

/* "L0H2+L1H0", "-" of none; to be freed. NULL when there is no room. */
char *ablating_set_name(const struct ind_head *heads, int count);

/* Reference sequences of one period, or NULL. */
const int32_t *ablating_reference(const struct ablating *ablating, int period);

/* sets.c: the table of ablations. shapley.c: --shapley. */
int sets_run(struct ind_tool *tool, const struct ind_series *series, struct ablating *ablating);
int shapley_run(struct ind_tool *tool, const struct ind_series *series, struct ablating *ablating);

#endif
