/* What the page is told about its runs, as JSON: see manifest.c for the words. */
#ifndef INDUCT_ANALYZE_LAB_MANIFEST_H
#define INDUCT_ANALYZE_LAB_MANIFEST_H

#include "store.h"

/* What a report carries beside the scalars; NULL for a page that is served. */
struct carried {
    long **weights; /* [run_count] of epochs, ascending */
    int *weight_counts;
    long (**chunks)[2]; /* [run_count] of first and last epochs of its maps */
    int *chunk_counts;
};

/* ASCII JSON (free); NULL without memory. Takes the store's mutex. */
char *manifest_text(struct store *store, const struct choices *choices,
                    const struct carried *carried);

#endif
