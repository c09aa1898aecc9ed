/*
 * One state dict of a file: the tensors under a prefix, by the names that its model's modules have.
 *
 * Wrappers put components of their own into names ("_orig_mod" of torch.compile, "module" of
 * DataParallel and DeepSpeed, those of FSDP and of checkpointing); they are dropped wherever they
 * stand, and so are those that a mapping lists. Private to lib/exchange.
 */
#ifndef INDUCT_LIB_EXCHANGE_VIEW_H
#define INDUCT_LIB_EXCHANGE_VIEW_H

#include <stdbool.h>

#include <jansson.h>

#include <induct/format/foreign.h>

struct ind_view_item {
    char *name; /* without prefix and wrappers */
    const struct ind_foreign_tensor *tensor;
};

/* Owner; the file must outlive it. */
struct ind_view {
    struct ind_view_item *items; /* by name */
    size_t count;
    char *prefix;
};

/* The tensors whose names begin with `prefix`, and not with one of others[other_count] that is
 * longer. `drop`: a list of further components, or NULL. */
IND_CHECKED int ind_view_open(struct ind_view *view, const struct ind_foreign *foreign,
                              const char *prefix, const json_t *drop, char *const *others,
                              size_t other_count, struct ind_error *err);
void ind_view_close(struct ind_view *view);

/* NULL if there is none. */
const struct ind_foreign_tensor *ind_view_find(const struct ind_view *view, const char *name);

/* Where in a tensor's full name the components of `tail` begin, wrappers in front of them and among
 * them included: the length of the prefix; -1 if the name does not end so. */
long ind_view_tail(const char *name, const char *tail, const json_t *drop);

#endif
