/* The zip archive around a PyTorch checkpoint, read through libzip. Private to lib/run. */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_ARCHIVE_H
#define INDUCT_LIB_FORMAT_FOREIGN_ARCHIVE_H

#include <stddef.h>

#include <induct/base/error.h>

/* Owner. */
struct ind_archive {
    struct zip *zip;
    char *root; /* "NAME/" in front of every entry: torch.save's folder */
};

/* Opens an archive of `size` bytes in memory, which must outlive it, and checks every entry:
 * stored, not encrypted, no name that leaves the archive's folder, all sizes together no larger
 * than the file. */
int ind_archive_open(struct ind_archive *archive, const void *bytes, size_t size,
                     struct ind_error *err);
void ind_archive_close(struct ind_archive *archive);

/* Entry ROOT + NAME, whole and with its CRC verified (free). A missing entry fails. */
int ind_archive_read(struct ind_archive *archive, const char *name, size_t limit, char **bytes,
                     size_t *size, struct ind_error *err);

/* Is there an entry ROOT + NAME? */
int ind_archive_has(struct ind_archive *archive, const char *name);

#endif
