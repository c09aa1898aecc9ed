/* Files that hold no weights, or not in a way that is read here, by what they begin with. Private
 * to lib/format. */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_NAME_H
#define INDUCT_LIB_FORMAT_FOREIGN_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* What the bytes are and what to do, in words ("a git-LFS pointer, not the file itself: git lfs
 * pull"); NULL if they may be safetensors. */
const char *ind_foreign_name(const char *bytes, size_t size);

/* Does it begin as a safetensors file does, with a length and a JSON object? */
bool ind_foreign_is_safetensors(const char *bytes, size_t size);

#endif
