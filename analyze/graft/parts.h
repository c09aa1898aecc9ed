/* The parts of induct-graft: what is grafted, where from, and the picture of what it gave. */
#ifndef INDUCT_ANALYZE_GRAFT_PARTS_H
#define INDUCT_ANALYZE_GRAFT_PARTS_H

#include <induct/patch/graft.h>
#include <induct/tool/analysis.h>
#include <induct/tool/contrast.h>

struct settings {
    const char *from, *into, *from_run, *map;
    int part; /* 0 all, 1 qk, 2 ov */
    bool each, embedding, positions, unembed, placebo;
    int random; /* random heads beside it */
    struct ind_ints layers;
};

/* The table (table.c). */
extern const struct ind_analysis grafts;

/* ---- What is grafted (variants.c) ------------------------------------------------------------ */

enum variant_kind { VARIANT_GRAFT, VARIANT_PLACEBO, VARIANT_RANDOM };

/* One thing put into the target: what was asked for, or a control beside it. */
struct variant {
    enum variant_kind kind;
    struct ind_graft *pieces; /* [count]; of a random head the one that it stands for */
    int count;
    uint32_t draw; /* of a random head */
    char *name;    /* "L0H2", "L0H2:qk", "L0H0+W_E", "random" */
};

/* Owner. */
struct variants {
    struct variant *items;
    int count;
};

/* "graft", "placebo", "random": static. */
const char *variant_kind_name(enum variant_kind kind);

IND_CHECKED int variants_init(struct variants *variants, const struct ind_study *study,
                              struct ind_error *err);
void variants_release(struct variants *variants);

/* ---- Where from (donors.c) ------------------------------------------------------------------- */

/* Weights of every donor, and what it predicts by itself; shared and read-only once loaded.
   Owner. */
struct donors {
    int count;
    int *indices;              /* [count] in the donors' series, in epoch order */
    long *epochs;              /* [count] */
    struct ind_params *params; /* [count], of the donors' series' layout */
    double *accuracy, *loss;   /* [count, periods] */
};

/* A walk over the donors at these epochs of a series, which must outlive them, in parallel. */
int donors_load(struct donors *donors, const struct ind_study *study,
                const struct ind_series *series, const char *epochs);
void donors_release(struct donors *donors);

/* ---- The picture (map.c) --------------------------------------------------------------------- */

/* Rescue of every variant, period, donor and target. */
struct map {
    const struct ind_study *study; /* periods, targets */
    const struct variants *variants;
    const struct donors *donors;
    const double *rescue; /* [variants, periods, donors, targets] */
};

/* Heat maps, a panel for each variant and period, on one scale around zero. */
IND_CHECKED int map_write(const struct map *map, const char *path, struct ind_error *err);

#endif
