#include "format/foreign/archive.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include <induct/base/file.h>

/* A name that an unpacking program would write outside its folder. Nothing is unpacked here, but no
 * honest checkpoint has one. */
static bool leaves_folder(const char *name)
{
    if (*name == '/' || strchr(name, '\\'))
        return true;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

static int check_entry(const zip_stat_t *entry, struct ind_error *err)
{
    const zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((entry->valid & needed) != needed)
        return ind_fail(err, "an entry of the archive without name or size");
    if (leaves_folder(entry->name))
        return ind_fail(err, "refused: entry %.200s points outside the archive", entry->name);
    if (entry->encryption_method != ZIP_EM_NONE)
        return ind_fail(err, "refused: entry %.200s is encrypted", entry->name);
    if (entry->comp_method != ZIP_CM_STORE || entry->comp_size != entry->size)
        return ind_fail(err, "refused: entry %.200s is compressed, which torch.save never does",
                        entry->name);
    return IND_OK;
}

/* The folder is that of the one entry named data.pkl. */
static int find_root(struct ind_archive *archive, const char *name, struct ind_error *err)
{
    size_t length = strlen(name), tail = strlen("data.pkl");
    if (length < tail || strcmp(name + length - tail, "data.pkl") != 0 ||
        (length > tail && name[length - tail - 1] != '/'))
        return IND_OK;
    if (archive->root)
        return ind_fail(err, "two entries named data.pkl");
    archive->root = strndup(name, length - tail);
    return archive->root ? IND_OK : ind_fail(err, "out of memory");
}

static int check_entries(struct ind_archive *archive, size_t size, struct ind_error *err)
{
    zip_int64_t count = zip_get_num_entries(archive->zip, 0);
    uint64_t claimed = 0;
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t entry;
        if (zip_stat_index(archive->zip, (zip_uint64_t)i, 0, &entry) != 0)
            return ind_fail(err, "%s", zip_strerror(archive->zip));
        if (check_entry(&entry, err) != IND_OK || find_root(archive, entry.name, err) != IND_OK)
            return IND_FAILED;
        if (__builtin_add_overflow(claimed, entry.size, &claimed) || claimed > size)
            return ind_fail(err, "refused: the archive's entries claim more bytes than it has");
    }
    if (!archive->root)
        return ind_fail(err, "a zip archive, but no PyTorch checkpoint: there is no data.pkl");
    return IND_OK;
}

static int open_zip(struct ind_archive *archive, const void *bytes, size_t size,
                    struct ind_error *err)
{
    zip_error_t reason;
    zip_error_init(&reason);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &reason);
    if (source)
        archive->zip = zip_open_from_source(source, ZIP_RDONLY, &reason);
    if (source && !archive->zip)
        zip_source_free(source);
    int status = archive->zip ? IND_OK : ind_fail(err, "zip: %s", zip_error_strerror(&reason));
    zip_error_fini(&reason);
    return status;
}

int ind_archive_open(struct ind_archive *archive, const void *bytes, size_t size,
                     struct ind_error *err)
{
    *archive = (struct ind_archive){0};
    if (open_zip(archive, bytes, size, err) == IND_OK &&
        check_entries(archive, size, err) == IND_OK)
        return IND_OK;
    ind_archive_close(archive);
    return IND_FAILED;
}

void ind_archive_close(struct ind_archive *archive)
{
    if (archive->zip)
        zip_discard(archive->zip);
    free(archive->root);
    *archive = (struct ind_archive){0};
}

static zip_int64_t locate(struct ind_archive *archive, const char *name)
{
    char *full = ind_text("%s%s", archive->root, name);
    zip_int64_t index = full ? zip_name_locate(archive->zip, full, 0) : -1;
    free(full);
    return index;
}

int ind_archive_has(struct ind_archive *archive, const char *name)
{
    return locate(archive, name) >= 0;
}

/* One byte more is asked for than there is: only then does libzip look at the checksum. */
static int read_entry(zip_file_t *file, char *bytes, size_t size, const char *name,
                      struct ind_error *err)
{
    size_t used = 0;
    for (;;) {
        char rest;
        bool full = used == size;
        zip_int64_t got = zip_fread(file, full ? &rest : bytes + used, full ? 1 : size - used);
        if (got < 0)
            return ind_fail(err, "entry %s: %s", name,
                            zip_error_strerror(zip_file_get_error(file)));
        if (got == 0)
            return full ? IND_OK : ind_fail(err, "entry %s is truncated", name);
        if (full)
            return ind_fail(err, "entry %s is longer than the archive says", name);
        used += (size_t)got;
    }
}

int ind_archive_read(struct ind_archive *archive, const char *name, size_t limit, char **bytes,
                     size_t *size, struct ind_error *err)
{
    zip_stat_t entry;
    zip_int64_t index = locate(archive, name);
    if (index < 0)
        return ind_fail(err, "the archive has no entry %s", name);
    if (zip_stat_index(archive->zip, (zip_uint64_t)index, 0, &entry) != 0)
        return ind_fail(err, "entry %s: %s", name, zip_strerror(archive->zip));
    if (limit && entry.size > limit)
        return ind_fail(err, "entry %s has %llu bytes, more than the %zu that one may have", name,
                        (unsigned long long)entry.size, limit);
    zip_file_t *file = zip_fopen_index(archive->zip, (zip_uint64_t)index, 0);
    if (!file)
        return ind_fail(err, "entry %s: %s", name, zip_strerror(archive->zip));
    *size = (size_t)entry.size;
    *bytes = malloc(*size + 1);
    int status = *bytes ? read_entry(file, *bytes, *size, name, err)
                        : ind_fail(err, "out of memory (%zu bytes)", *size);
    zip_fclose(file);
    if (status != IND_OK) {
        free(*bytes);
        *bytes = NULL;
    } else {
        (*bytes)[*size] = '\0';
    }
    return status;
}
