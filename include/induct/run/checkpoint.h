/*
 * One checkpoint: `epoch-00000100.safetensors`, the weights of a model after so many optimizer
 * steps (DEFINITIONS, section 3). Metadata: "epoch", "config" (the model's configuration as compact
 * JSON, in config.json's words), "checksum".
 */
#ifndef INDUCT_RUN_CHECKPOINT_H
#define INDUCT_RUN_CHECKPOINT_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/model/params.h>
#include <induct/format/safetensors.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "FOLDER/epoch-00000100.safetensors" (free); NULL only when memory ran out. */
char *ind_checkpoint_path(const char *folder, long epoch);

/* The epoch in a file name of exactly that form, or -1. */
long ind_checkpoint_epoch(const char *name);
long ind_checkpoint_epoch_of_path(const char *path); /* of its last part */

/* Ascending epochs of the checkpoints in a folder (free). None is no error. */
IND_CHECKED int ind_checkpoint_list(const char *folder, long **epochs, int *count,
                                    struct ind_error *err);

/* Whole or not at all; the same weights give the same bytes. */
IND_CHECKED int ind_checkpoint_write(const char *folder, const struct ind_params *weights,
                                     long epoch, bool durable, struct ind_error *err);

/*
 * Reads PATH into params: every tensor of their layout must be there in its shape as F32, the
 * checksum (if there is one) must agree, the epoch in its metadata be that of its name (if it is
 * called like a checkpoint and holds one), and every weight be finite. Buffers that TransformerLens
 * stores beside the weights (*.attn.mask, *.attn.IGNORE, *.attn.rotary_sin, *.attn.rotary_cos) are
 * passed over; any other extra tensor is refused, for it would take part in a computation that is
 * not done here. The error begins with the path.
 */
IND_CHECKED int ind_checkpoint_read(const char *path, struct ind_params *params,
                                    struct ind_error *err);

/* Can PATH hold the layout's weights (`times` times over: a resume file has three)? Looks at its
 * header alone, before memory for them is taken: what config.json claims need not be true. */
IND_CHECKED int ind_checkpoint_fits(const char *path, const struct ind_layout *layout, size_t times,
                                    struct ind_error *err);

/* The configuration in a checkpoint's metadata; fails if it has none. */
IND_CHECKED int ind_checkpoint_config(const char *path, struct ind_config *config,
                                      struct ind_error *err);

/* A configuration as the metadata hold it: compact JSON (free); NULL when memory ran out. */
char *ind_checkpoint_config_text(const struct ind_config *config);

/* Part of reading: copies the tensors named PREFIX + name. *used gains the number of tensors taken.
 * No check of checksum or extra tensors. */
IND_CHECKED int ind_checkpoint_take(const struct ind_safetensors *file, const char *prefix,
                                    struct ind_params *params, int *used, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
