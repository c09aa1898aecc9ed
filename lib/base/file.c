#include <induct/base/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/system.h>

char *ind_with_commas(long long number, char text[32])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%lld", number < 0 ? -number : number);
    char *out = text;
    if (number < 0)
        *out++ = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}

char *ind_text(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return length < 0 ? NULL : text;
}

char *ind_path_name(const char *path)
{
    errno = 0;
    char *real = realpath(path, NULL);
    if (!real && errno == ENOMEM)
        return NULL;
    const char *whole = real ? real : path, *slash = strrchr(whole, '/');
    char *name = strdup(slash && slash[1] ? slash + 1 : whole);
    free(real);
    return name;
}

FILE *ind_text_open(char **text, size_t *size)
{
    *text = NULL;
    *size = 0;
    return ind_system_text_stream(text, size);
}

bool ind_text_close(FILE *stream, char **text)
{
    bool whole = stream && !ferror(stream);
    if (stream && fclose(stream) != 0)
        whole = false;
    if (whole && *text)
        return true;
    free(*text);
    *text = NULL;
    return false;
}

/* ---- Temporary files, for a signal handler to find ------------------------------------------- */

/* More are open at once nowhere; what finds no place is left by a handler, as by a kill -9. */
enum { MOST_TEMPORARIES = 64 };

static _Atomic(char *) temporaries[MOST_TEMPORARIES];

static void list(struct ind_new_file *file)
{
    for (file->place = 0; file->place < MOST_TEMPORARIES; file->place++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&temporaries[file->place], &none, file->temporary))
            return;
    }
    file->place = -1;
}

/* Frees the name, unless a handler has taken it, which reads it while the process ends. */
static void free_temporary(struct ind_new_file *file)
{
    char *name = file->temporary;
    if (!name)
        return;
    file->temporary = NULL;
    char *listed = name;
    if (file->place < 0 || atomic_compare_exchange_strong(&temporaries[file->place], &listed, NULL))
        free(name);
    file->place = -1;
}

void ind_new_files_unlink(void)
{
    for (int i = 0; i < MOST_TEMPORARIES; i++) {
        const char *name = atomic_exchange(&temporaries[i], NULL);
        if (name)
            unlink(name);
    }
}

/* ---- New files ------------------------------------------------------------------------------- */

static void forget(struct ind_new_file *file)
{
    free(file->path);
    free_temporary(file);
    *file = (struct ind_new_file){.fd = -1, .place = -1};
}

/* O_EXCL: a name that is taken, by a leftover or a planted link, is never written through. */
static int open_temporary(struct ind_new_file *file, struct ind_error *err)
{
    for (int attempt = 0; attempt < 1000; attempt++) {
        free_temporary(file);
        file->temporary = ind_text("%s.%ld-%d.tmp", file->path, (long)getpid(), attempt);
        if (!file->temporary)
            return ind_fail(err, "out of memory");
        list(file);
        file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->fd >= 0)
            return IND_OK;
        if (errno != EEXIST)
            break;
    }
    return ind_fail_errno(err, "%s: cannot create", file->path);
}

int ind_new_file_open(struct ind_new_file *file, const char *path, bool durable,
                      struct ind_error *err)
{
    *file = (struct ind_new_file){.fd = -1, .place = -1, .durable = durable, .path = strdup(path)};
    int status = file->path ? open_temporary(file, err) : ind_fail(err, "out of memory");
    if (status != IND_OK)
        forget(file);
    return status;
}

/* What is left of the parts once `done` bytes of them are written: *parts is moved on to it. */
static int pass_over(struct iovec **parts, int count, size_t done)
{
    for (; count > 0 && done >= (*parts)->iov_len; ++*parts, count--)
        done -= (*parts)->iov_len;
    if (count > 0) {
        (*parts)->iov_base = (char *)(*parts)->iov_base + done;
        (*parts)->iov_len -= done;
    }
    return count;
}

int ind_new_file_write_parts(struct ind_new_file *file, struct iovec *parts, int count,
                             struct ind_error *err)
{
    while (count > 0) {
        ssize_t done = writev(file->fd, parts, count < IOV_MAX ? count : IOV_MAX);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return ind_fail_errno(err, "%s: cannot write", file->path);
        count = pass_over(&parts, count, (size_t)done);
    }
    return IND_OK;
}

int ind_new_file_write(struct ind_new_file *file, const void *bytes, size_t size,
                       struct ind_error *err)
{
    struct iovec all = {(void *)bytes, size};
    return ind_new_file_write_parts(file, &all, 1, err);
}

/* The folder's own fsync makes the new name durable, the file's the bytes behind it. */
static int sync_parent(const char *path, struct ind_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash ? ind_text("%.*s", slash == path ? 1 : (int)(slash - path), path) : strdup(".");
    if (!folder)
        return ind_fail(err, "out of memory");
    int status = ind_folder_sync(folder, err);
    free(folder);
    return status;
}

static int put_in_place(struct ind_new_file *file, struct ind_error *err)
{
    if (file->durable && fsync(file->fd) != 0)
        return ind_fail_errno(err, "%s: cannot write", file->path);
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) != 0)
        return ind_fail_errno(err, "%s: cannot write", file->path);
    if (rename(file->temporary, file->path) != 0)
        return ind_fail_errno(err, "%s: cannot rename into place", file->path);
    free_temporary(file);
    return file->durable ? sync_parent(file->path, err) : IND_OK;
}

int ind_new_file_commit(struct ind_new_file *file, struct ind_error *err)
{
    int status = put_in_place(file, err);
    ind_new_file_abandon(file);
    return status;
}

void ind_new_file_abandon(struct ind_new_file *file)
{
    if (!file->path)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary)
        unlink(file->temporary);
    forget(file);
}

int ind_file_write(const char *path, const void *bytes, size_t size, bool durable,
                   struct ind_error *err)
{
    struct ind_new_file file;
    if (ind_new_file_open(&file, path, durable, err) != IND_OK)
        return IND_FAILED;
    if (ind_new_file_write(&file, bytes, size, err) != IND_OK) {
        ind_new_file_abandon(&file);
        return IND_FAILED;
    }
    return ind_new_file_commit(&file, err);
}

int ind_file_read_at(int fd, size_t at, void *bytes, size_t size, struct ind_error *err)
{
    for (size_t used = 0; used < size;) {
        ssize_t got = pread(fd, (char *)bytes + used, size - used, (off_t)(at + used));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ind_fail_errno(err, "cannot read");
        if (got == 0)
            return ind_fail(err, "became shorter while it was read");
        used += (size_t)got;
    }
    return IND_OK;
}

/*
 * Not ind_alloc: nothing needs to be zero. Aligned: where the kernel copies pages by `rep movsb`, a
 * target off the 32-byte grid makes it four times slower.
 */
char *ind_file_memory(size_t size)
{
    enum { GRID = 64 };
    return size < SIZE_MAX - GRID ? aligned_alloc(GRID, (size / GRID + 1) * GRID) : NULL;
}

int ind_file_read_open(int fd, size_t limit, char **bytes, size_t *size, struct ind_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ind_fail_errno(err, "cannot read");
    if (!S_ISREG(st.st_mode))
        return ind_fail(err, "not a regular file");
    size_t wanted = (size_t)st.st_size;
    if (limit && wanted > limit)
        return ind_fail(err, "%zu bytes, more than the %zu that such a file may have", wanted,
                        limit);
    char *memory = ind_file_memory(wanted);
    if (!memory)
        return ind_fail(err, "out of memory (%zu bytes)", wanted);
    if (ind_file_read_at(fd, 0, memory, wanted, err) != IND_OK) {
        free(memory);
        return IND_FAILED;
    }
    memory[wanted] = '\0';
    *bytes = memory;
    *size = wanted;
    return IND_OK;
}

int ind_file_read(const char *path, size_t limit, char **bytes, size_t *size, struct ind_error *err)
{
    *bytes = NULL;
    *size = 0;
    /* O_NONBLOCK: a FIFO is refused instead of waited for */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ind_fail_errno(err, "%s: cannot open", path);
    int status = ind_file_read_open(fd, limit, bytes, size, err);
    close(fd);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}

static bool is_absence(int reason)
{
    return reason == ENOENT || reason == ENOTDIR;
}

int ind_file_look(const char *path, enum ind_file_kind *kind, struct ind_error *err)
{
    struct stat st;
    *kind = IND_FILE_NONE;
    if (stat(path, &st) != 0)
        return is_absence(errno) ? IND_OK : ind_fail_errno(err, "%s: cannot look at it", path);
    *kind = S_ISREG(st.st_mode)   ? IND_FILE_REGULAR
            : S_ISDIR(st.st_mode) ? IND_FILE_FOLDER
                                  : IND_FILE_OTHER;
    return IND_OK;
}

int ind_file_exists(const char *folder, const char *name, bool *exists, struct ind_error *err)
{
    struct stat st;
    char *path = ind_text("%s/%s", folder, name);
    if (!path)
        return ind_fail(err, "out of memory");
    *exists = lstat(path, &st) == 0;
    const int status =
        *exists || is_absence(errno) ? IND_OK : ind_fail_errno(err, "%s: cannot look at it", path);
    free(path);
    return status;
}

bool ind_file_stands_for_descriptor(const char *path)
{
    static const char *const places[] = {"/dev/std", "/dev/fd/",
                                         "/proc/"}; /* /dev/shm holds files */
    bool stands = false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        stands |= strncmp(path, places[i], strlen(places[i])) == 0;
    return stands;
}

int ind_file_check_target(const char *path, struct ind_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return IND_OK; /* what is wrong with its folder, opening says */
    if (stat(path, &st) != 0)
        return ind_fail(err, "%s: cannot write: it is a link to nothing", path);
    if (S_ISDIR(st.st_mode))
        return ind_fail(err, "%s: cannot write: it is a folder", path);
    if (!S_ISREG(st.st_mode) || ind_file_stands_for_descriptor(path))
        return ind_fail(err, "%s: cannot write: it is no regular file", path);
    return IND_OK;
}

bool ind_file_is_temporary(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".tmp") == 0;
}

bool ind_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Not waiting: a FIFO may stand where the lock should. */
int ind_file_is_locked(const char *folder, const char *name, bool *locked, struct ind_error *err)
{
    char *path = ind_text("%s/%s", folder, name);
    *locked = false;
    if (!path)
        return ind_fail(err, IND_NO_MEMORY);
    int status = IND_OK;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file >= 0) {
        *locked = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        close(file);
    } else if (ind_errno_is_of_machine(errno) && errno != EACCES && errno != EPERM) {
        status = ind_fail_errno(err, "%s: cannot open", path);
    }
    free(path);
    return status;
}

/* One that is there already may have been made a moment ago by a process that was killed, so its
 * name is synced too, where that may be done: others' folders need not be readable. */
static int make_one(const char *path, bool durable, struct ind_error *err)
{
    if (mkdir(path, 0777) == 0)
        return durable ? sync_parent(path, err) : IND_OK;
    struct stat st;
    int reason = errno;
    if (reason == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (durable)
            (void)sync_parent(path, NULL);
        return IND_OK;
    }
    errno = reason == EEXIST ? ENOTDIR : reason;
    return ind_fail_errno(err, "%s: cannot make the folder", path);
}

int ind_folder_make(const char *path, bool durable, struct ind_error *err)
{
    char *partial = strdup(path);
    if (!partial)
        return ind_fail(err, "out of memory");
    int status = IND_OK;
    for (char *slash = strchr(partial + (*partial == '/'), '/'); slash && status == IND_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_one(partial, durable, err);
        *slash = '/';
    }
    if (status == IND_OK)
        status = make_one(partial, durable, err);
    free(partial);
    return status;
}

int ind_folder_next(DIR *folder, const char *path, const char **name, struct ind_error *err)
{
    errno = 0;
    const struct dirent *entry = readdir(folder);
    *name = entry ? entry->d_name : NULL;
    return entry || errno == 0 ? IND_OK : ind_fail_errno(err, "%s: cannot read", path);
}

int ind_folder_sync(const char *path, struct ind_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ind_fail_errno(err, "%s: cannot open", path);
    int status = fsync(fd) == 0 ? IND_OK : ind_fail_errno(err, "%s: cannot write", path);
    close(fd);
    return status;
}
