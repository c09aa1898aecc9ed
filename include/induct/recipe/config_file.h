/*
 * config.json: what a run is, written once when it is made.
 *
 *   {"program": "induct", "version": ..., "revision": ..., "blas": ..., "blas_core": ...,
 *    "vectors": "avx2", "vectors_before": "avx512 to 3000", "imported": false, "preset": "2L-varied", "seed": 1,
 *    "model": {n_layers, n_heads, d_model, d_head, d_vocab, n_ctx, positional_embedding_type, ...},
 *    "training": {period_lo, period_hi, batch, epochs, lr, beta1, beta2, eps, weight_decay,
 *                 checkpoint_every, checkpoints_per_decade, log_every, ood, ood_sequences}}
 *
 * "vectors_before" is there where vectors changed on the way: each set with the epoch that it was
 * used to, of the run's own training, separated by ", ".
 *
 * What departs from plain training is in "training" too, each only where it does: states_every,
 * from {run, epoch}, period_per ("sequence"), loss ("repeated"), clip, average, log_scores,
 * schedule {shape, warmup, first, last}, checkpoint_windows ["0:3000:1"], decay and lr_scale
 * ["embed=0"], and interventions ["clamp L0H2=prev@20000:45000"] (recipe/intervention.h).
 *
 * The model's words are TransformerLens's. A seed above 2^63-1 is written as a decimal string. An
 * imported model's "training" holds period_lo and period_hi alone, and is not there when nobody
 * knows them. Reading is strict about types and ranges, names the file and
 * the key, and ignores keys that it does not know.
 */
#ifndef INDUCT_RECIPE_CONFIG_FILE_H
#define INDUCT_RECIPE_CONFIG_FILE_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/recipe/recipe.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_VECTORS_BEFORE = 1024 };

struct ind_run_config {
    struct ind_recipe recipe;
    bool imported;    /* recipe's training part is then the defaults and says nothing, but for the
                         periods where ind_recipe_trained_known() */
    char vectors[16]; /* ind_simd_name() where it was trained, the same bytes only on the same;
                           empty from a version whose passes rounded otherwise */
    char before[IND_VECTORS_BEFORE]; /* the sets before; "" = none */
};

/* Writes FOLDER/config.json whole, naming this program, its BLAS and its vectors. */
IND_CHECKED int ind_run_config_write(const char *folder, const struct ind_recipe *recipe,
                                     bool imported, bool durable, struct ind_error *err);

/* The same of a run that is gone on with; `before` "" as if it always had these vectors. */
IND_CHECKED int ind_run_config_update(const char *folder, const struct ind_recipe *recipe,
                                      const char *before, bool durable, struct ind_error *err);

/* Adds to `before` the set ("" = unknown) of the training up to this epoch, from which another goes
 * on; nothing if the last change was there too. What finds no room, after some forty changes, is
 * "...". */
void ind_run_config_change(char before[IND_VECTORS_BEFORE], const char *set, long epoch);

IND_CHECKED int ind_run_config_read(const char *folder, struct ind_run_config *config,
                                    struct ind_error *err);

/* Is there a FOLDER/config.json that says that it is induct's? Fails where that cannot be told: for
 * want of memory, or because the disk does not answer. */
IND_CHECKED int ind_run_config_exists(const char *folder, bool *exists, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
