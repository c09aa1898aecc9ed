/* The zip archive around a PyTorch checkpoint or numpy arrays, read through libzip. Private to
 * lib/format. */
#ifndef INDUCT_LIB_FORMAT_FOREIGN_ARCHIVE_H
#define INDUCT_LIB_FORMAT_FOREIGN_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include <induct/base/error.h>

/* Owner. */
struct ind_archive {
    struct zip *zip;
    char *root;  /* "NAME/" in front of every entry of torch.save's; NULL: there is no data.pkl */
    size_t size; /* of the whole archive in bytes */
};

/* Is there an archive's end in the last bytes of a file of `size`? */
IND_CHECKED int ind_archive_look(int fd, size_t size, struct ind_error *err);

/* Opens an archive of `size` bytes in memory, which must outlive it. No name in it may leave the
 * archive's folder; what else is wrong with an entry is found out when it is read. */
IND_CHECKED int ind_archive_open(struct ind_archive *archive, const void *bytes, size_t size,
                                 struct ind_error *err);
void ind_archive_close(struct ind_archive *archive);

/* Entry ROOT + NAME, whole (free): stored or deflated, not encrypted, at most `limit` bytes (0 = no
 * limit of its own) and no more than 16 times the archive and 16 MB. Its CRC is verified, unless
 * the archive has none (zero, as torch.save writes with set_crc32_options(False)). */
IND_CHECKED int ind_archive_read(struct ind_archive *archive, const char *name, size_t limit,
                                 char **bytes, size_t *size, struct ind_error *err);

/* The first bytes of entry ROOT + NAME, at most `room`, unverified; the number read. */
IND_CHECKED int ind_archive_peek(struct ind_archive *archive, const char *name, char *bytes,
                                 size_t room, size_t *size, struct ind_error *err);

/* Is there an entry ROOT + NAME? Fails only for want of memory. */
IND_CHECKED int ind_archive_has(struct ind_archive *archive, const char *name, bool *has,
                                struct ind_error *err);

/* Name of entry `index`, NULL past the last. Fails only for want of memory. */
IND_CHECKED int ind_archive_name(struct ind_archive *archive, size_t index, const char **name,
                                 struct ind_error *err);

/* The archive's comment (not ended by a zero), NULL if it has none. */
const char *ind_archive_comment(struct ind_archive *archive, size_t *size);

#endif
