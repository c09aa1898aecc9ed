#include "format/foreign/archive.h"

#include <errno.h>
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

/* libzip has many words for a lack of memory, "not a zip archive" among them; errno, 0 before it
 * was called, has one. */
static int fail_zip(const char *words, struct ind_error *err)
{
    return errno == ENOMEM ? ind_fail(err, IND_NO_MEMORY) : ind_fail(err, "%s", words);
}

/* ROOT of an entry ROOT/data.pkl, or of data.pkl itself; false for any other name. */
static bool is_pickle(const char *name, size_t *root)
{
    size_t length = strlen(name), tail = strlen("data.pkl");
    if (length < tail || strcmp(name + length - tail, "data.pkl") != 0 ||
        (length > tail && name[length - tail - 1] != '/'))
        return false;
    *root = length - tail;
    return true;
}

/* torch.save's folder is that of the data.pkl nearest to the top. */
static int find_root(struct ind_archive *archive, const char *name, struct ind_error *err)
{
    size_t length;
    if (!is_pickle(name, &length) || (archive->root && strlen(archive->root) < length))
        return IND_OK;
    if (archive->root && strlen(archive->root) == length)
        return ind_fail(err, "two entries named data.pkl");
    free(archive->root);
    archive->root = strndup(name, length);
    return archive->root ? IND_OK : ind_fail(err, "out of memory");
}

static int check_names(struct ind_archive *archive, struct ind_error *err)
{
    const char *name;
    int status;
    for (size_t i = 0; (status = ind_archive_name(archive, i, &name, err)) == IND_OK && name; i++) {
        if (leaves_folder(name))
            return ind_fail(err, "refused: entry %.200s points outside the archive", name);
        if (find_root(archive, name, err) != IND_OK)
            return IND_FAILED;
    }
    return status;
}

static int fail_cut_off(size_t size, struct ind_error *err)
{
    return ind_fail(err,
                    "cut off: a zip archive (torch.save, np.savez) of %zu bytes without its end; "
                    "copy or download it again",
                    size);
}

/* The end of a zip, "PK56", has at most 65,535 bytes of comment behind it. */
int ind_archive_look(int fd, size_t size, struct ind_error *err)
{
    enum { END = 22, TAIL = END + UINT16_MAX };
    const size_t length = size < TAIL ? size : TAIL;
    char *tail = malloc(length);
    if (!tail)
        return ind_fail(err, "out of memory");
    int status = ind_file_read_at(fd, size - length, tail, length, err);
    if (status == IND_OK && !memmem(tail, length, "PK\5\6", 4))
        status = fail_cut_off(size, err);
    free(tail);
    return status;
}

static int open_zip(struct ind_archive *archive, const void *bytes, size_t size,
                    struct ind_error *err)
{
    zip_error_t reason;
    zip_error_init(&reason);
    errno = 0;
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &reason);
    if (source)
        archive->zip = zip_open_from_source(source, ZIP_RDONLY, &reason);
    if (source && !archive->zip)
        zip_source_free(source);
    int status = IND_OK;
    if (!archive->zip && zip_error_code_zip(&reason) == ZIP_ER_NOZIP && errno != ENOMEM)
        status = fail_cut_off(size, err);
    else if (!archive->zip && fail_zip(zip_error_strerror(&reason), err))
        status = ind_error_context(err, "zip");
    zip_error_fini(&reason);
    return status;
}

int ind_archive_open(struct ind_archive *archive, const void *bytes, size_t size,
                     struct ind_error *err)
{
    *archive = (struct ind_archive){.size = size};
    if (open_zip(archive, bytes, size, err) == IND_OK && check_names(archive, err) == IND_OK)
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

/* -1 without such an entry, or (errno) without memory. */
static zip_int64_t locate(struct ind_archive *archive, const char *name)
{
    errno = 0;
    char *full = ind_text("%s%s", archive->root ? archive->root : "", name);
    zip_int64_t index = full ? zip_name_locate(archive->zip, full, 0) : -1;
    free(full);
    return index;
}

int ind_archive_has(struct ind_archive *archive, const char *name, bool *has, struct ind_error *err)
{
    *has = locate(archive, name) >= 0;
    return *has || errno != ENOMEM ? IND_OK : ind_fail(err, IND_NO_MEMORY);
}

int ind_archive_name(struct ind_archive *archive, size_t index, const char **name,
                     struct ind_error *err)
{
    const zip_int64_t count = zip_get_num_entries(archive->zip, 0);
    *name = NULL;
    if ((zip_int64_t)index >= count)
        return IND_OK;
    *name = zip_get_name(archive->zip, (zip_uint64_t)index, ZIP_FL_ENC_RAW);
    return *name ? IND_OK : ind_fail(err, IND_NO_MEMORY);
}

const char *ind_archive_comment(struct ind_archive *archive, size_t *size)
{
    int length = 0;
    const char *comment = zip_get_archive_comment(archive->zip, &length, ZIP_FL_ENC_RAW);
    *size = length > 0 ? (size_t)length : 0;
    return *size ? comment : NULL;
}

/* A small file may not ask for all memory: deflate shrinks zeros a thousandfold. */
static int check_size(const struct ind_archive *archive, const zip_stat_t *entry, size_t limit,
                      struct ind_error *err)
{
    enum { GROWTH = 16, FREE = 16 << 20 };
    if (limit && entry->size > limit)
        return ind_fail(err, "it has %llu bytes, more than the %zu that it may have",
                        (unsigned long long)entry->size, limit);
    if (entry->size / GROWTH > archive->size + FREE / GROWTH)
        return ind_fail(err, "refused: it claims %llu bytes, more than %d times the archive's %zu",
                        (unsigned long long)entry->size, GROWTH, archive->size);
    return IND_OK;
}

static int check_entry(const struct ind_archive *archive, const zip_stat_t *entry, size_t limit,
                       struct ind_error *err)
{
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((entry->valid & needed) != needed)
        return ind_fail(err, "the archive does not say its size");
    if (entry->encryption_method != ZIP_EM_NONE)
        return ind_fail(err, "refused: it is encrypted");
    if (entry->comp_method != ZIP_CM_STORE && entry->comp_method != ZIP_CM_DEFLATE)
        return ind_fail(err, "refused: it is compressed by method %d, which is not read here",
                        (int)entry->comp_method);
    return check_size(archive, entry, limit, err);
}

static zip_file_t *open_entry(struct ind_archive *archive, const char *name, size_t limit,
                              zip_stat_t *entry, struct ind_error *err)
{
    zip_int64_t index = locate(archive, name);
    zip_file_t *file = NULL;
    if (index < 0)
        fail_zip("the archive has no such entry", err);
    else if (zip_stat_index(archive->zip, (zip_uint64_t)index, 0, entry) != 0)
        fail_zip(zip_strerror(archive->zip), err);
    else if (check_entry(archive, entry, limit, err) == IND_OK &&
             !(file = zip_fopen_index(archive->zip, (zip_uint64_t)index, 0)))
        fail_zip(zip_strerror(archive->zip), err);
    if (!file)
        ind_error_context(err, "entry %s", name);
    return file;
}

/* One byte more is asked for than there is: only then does libzip look at the checksum, and notice
 * a longer entry. Without a checksum it is not asked for. */
static int read_entry(zip_file_t *file, const zip_stat_t *entry, char *bytes, struct ind_error *err)
{
    size_t used = 0, size = (size_t)entry->size;
    bool unchecked = !(entry->valid & ZIP_STAT_CRC) || entry->crc == 0;
    errno = 0;
    for (;;) {
        char rest;
        bool full = used == size;
        if (full && unchecked)
            return IND_OK;
        zip_int64_t got = zip_fread(file, full ? &rest : bytes + used, full ? 1 : size - used);
        if (got < 0)
            return fail_zip(zip_error_strerror(zip_file_get_error(file)), err);
        if (got == 0)
            return full ? IND_OK : ind_fail(err, "truncated");
        if (full)
            return ind_fail(err, "longer than the archive says");
        used += (size_t)got;
    }
}

int ind_archive_read(struct ind_archive *archive, const char *name, size_t limit, char **bytes,
                     size_t *size, struct ind_error *err)
{
    zip_stat_t entry;
    zip_file_t *file = open_entry(archive, name, limit, &entry, err);
    if (!file)
        return IND_FAILED;
    *size = (size_t)entry.size;
    *bytes = malloc(*size + 1);
    int status = *bytes ? read_entry(file, &entry, *bytes, err)
                        : ind_fail(err, "out of memory (%zu bytes)", *size);
    zip_fclose(file);
    if (status == IND_OK) {
        (*bytes)[*size] = '\0';
        return IND_OK;
    }
    free(*bytes);
    *bytes = NULL;
    return ind_error_context(err, "entry %s", name);
}

int ind_archive_peek(struct ind_archive *archive, const char *name, char *bytes, size_t room,
                     size_t *size, struct ind_error *err)
{
    zip_stat_t entry;
    zip_file_t *file = open_entry(archive, name, 0, &entry, err);
    if (!file)
        return IND_FAILED;
    zip_int64_t got = 0;
    *size = 0;
    errno = 0;
    while (*size < room && (got = zip_fread(file, bytes + *size, room - *size)) > 0)
        *size += (size_t)got;
    int status = IND_OK;
    if (got < 0 && fail_zip(zip_error_strerror(zip_file_get_error(file)), err))
        status = ind_error_context(err, "entry %s", name);
    zip_fclose(file);
    return status;
}
