/*
 * Preloaded into a program: everything that the program asks the file system to keep below
 * $RECORD_ROOT (an absolute path) is written to $RECORD_LOG, in order, for power.c to play again.
 * One line an operation, paths relative to the root and last on their line:
 *
 *   open FD FLAGS PATH     a file or a folder; FLAGS: c created, t emptied, - neither
 *   write FD SIZE          followed by SIZE bytes and a newline
 *   cut FD SIZE            ftruncate
 *   sync FD                fsync or fdatasync
 *   close FD
 *   mkdir PATH
 *   unlink PATH
 *   rename OLD<tab>NEW
 *
 * Calls that fail are left out. What goes through stdio's own calls is not seen: files of a run do
 * not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_FDS = 1024 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *root;
static bool watched[MOST_FDS];

/* Copied by way of memcpy: ISO C has no conversion between pointers to functions and to objects. */
static void find_next(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* With data behind it if there are any. */
static void put(const struct iovec *data, int count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(const struct iovec *data, int count, const char *format, ...)
{
    ssize_t (*next)(int, const struct iovec *, int);
    char line[PATH_MAX * 2 + 64];
    va_list args;
    int reason = errno;
    find_next(&next, "writev");
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct iovec all[16] = {{line, (size_t)length}};
    for (int i = 0; i < count && i < 14; i++)
        all[i + 1] = data[i];
    all[count + 1] = (struct iovec){(void *)"\n", count > 0};
    if (next(log_fd, all, count + 2) < 0)
        abort();
    errno = reason;
}

static void begin(void)
{
    pthread_mutex_lock(&mutex);
    if (!root) {
        const char *log = getenv("RECORD_LOG");
        int (*next)(const char *, int, ...);
        find_next(&next, "open");
        root = getenv("RECORD_ROOT");
        log_fd = log && root ? next(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
        if (log_fd < 0)
            abort();
    }
}

static void end(void)
{
    pthread_mutex_unlock(&mutex);
}

/* `path` as seen from the root, in `room`; NULL if it lies elsewhere. */
static const char *place(int folder, const char *path, char room[PATH_MAX])
{
    char base[PATH_MAX] = "", link[64];
    if (*path != '/' && folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base))
            return NULL;
    } else if (*path != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0)
            return NULL;
        base[length] = '\0';
    }
    int used = snprintf(room, PATH_MAX, "%s/%s", base, path);
    size_t length = strlen(root);
    if (used < 0 || used >= PATH_MAX)
        return NULL;
    char *from = *path == '/' ? room + 1 : room;
    if (strncmp(from, root, length) != 0 || (from[length] != '/' && from[length] != '\0'))
        return NULL;
    return from[length] ? from + length + 1 : ".";
}

static int opened(int folder, const char *path, int flags, mode_t mode, const struct open_how *how)
{
    int (*next)(int, const char *, int, ...);
    long (*next_syscall)(long, ...);
    char room[PATH_MAX];
    struct stat before;
    find_next(&next, "openat");
    find_next(&next_syscall, "syscall");
    begin();
    bool was = fstatat(folder, path, &before, 0) == 0;
    int fd = how ? (int)next_syscall(SYS_openat2, folder, path, how, sizeof *how)
                 : next(folder, path, flags, mode);
    const char *at = fd >= 0 && fd < MOST_FDS ? place(folder, path, room) : NULL;
    if (at && fd != log_fd) {
        watched[fd] = true;
        put(NULL, 0, "open %d %s %s\n", fd, !was ? "c" : flags & O_TRUNC ? "t" : "-", at);
    }
    end();
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return opened(AT_FDCWD, path, flags, mode, NULL);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return opened(folder, path, flags, mode, NULL);
}

/* openat2() has no function of its own in libc. */
long syscall(long number, ...)
{
    long (*next)(long, ...);
    long argument[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        argument[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_openat2) {
        const struct open_how *how;
        const char *path;
        memcpy(&path, &argument[1], sizeof path);
        memcpy(&how, &argument[2], sizeof how);
        return opened((int)argument[0], path, (int)how->flags, 0, how);
    }
    find_next(&next, "syscall");
    return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                argument[5]);
}

static bool sees(int fd)
{
    return fd >= 0 && fd < MOST_FDS && watched[fd];
}

/* What of the parts has been written. */
static void put_data(int fd, const struct iovec *parts, int count, size_t done)
{
    struct iovec part[14];
    int used = 0;
    put(NULL, 0, "write %d %zu\n", fd, done);
    for (size_t left = done; used < count && used < 14 && left > 0; used++) {
        part[used] = parts[used];
        if (part[used].iov_len > left)
            part[used].iov_len = left;
        left -= part[used].iov_len;
    }
    put(part, used, "%s", "");
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t (*next)(int, const struct iovec *, int);
    find_next(&next, "writev");
    begin();
    ssize_t done = next(fd, parts, count);
    if (done > 0 && sees(fd))
        put_data(fd, parts, count, (size_t)done);
    end();
    return done;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    const struct iovec part = {(void *)bytes, size};
    return writev(fd, &part, 1);
}

int ftruncate(int fd, off_t size)
{
    int (*next)(int, off_t);
    find_next(&next, "ftruncate");
    begin();
    int status = next(fd, size);
    if (status == 0 && sees(fd))
        put(NULL, 0, "cut %d %lld\n", fd, (long long)size);
    end();
    return status;
}

static int synced(const char *name, int fd)
{
    int (*next)(int);
    find_next(&next, name);
    begin();
    int status = next(fd);
    if (status == 0 && sees(fd))
        put(NULL, 0, "sync %d\n", fd);
    end();
    return status;
}

int fsync(int fd)
{
    return synced("fsync", fd);
}

int fdatasync(int fd)
{
    return synced("fdatasync", fd);
}

int close(int fd)
{
    int (*next)(int);
    find_next(&next, "close");
    begin();
    if (sees(fd)) {
        put(NULL, 0, "close %d\n", fd);
        watched[fd] = false;
    }
    int status = next(fd);
    end();
    return status;
}

int mkdir(const char *path, mode_t mode)
{
    int (*next)(const char *, mode_t);
    char room[PATH_MAX];
    find_next(&next, "mkdir");
    begin();
    int status = next(path, mode);
    const char *at = status == 0 ? place(AT_FDCWD, path, room) : NULL;
    if (at)
        put(NULL, 0, "mkdir %s\n", at);
    end();
    return status;
}

int unlinkat(int folder, const char *path, int flags)
{
    int (*next)(int, const char *, int);
    char room[PATH_MAX];
    find_next(&next, "unlinkat");
    begin();
    int status = next(folder, path, flags);
    const char *at = status == 0 ? place(folder, path, room) : NULL;
    if (at)
        put(NULL, 0, "unlink %s\n", at);
    end();
    return status;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int renameat(int old_folder, const char *old, int new_folder, const char *new)
{
    int (*next)(int, const char *, int, const char *);
    char from_room[PATH_MAX], to_room[PATH_MAX];
    find_next(&next, "renameat");
    begin();
    int status = next(old_folder, old, new_folder, new);
    const char *from = status == 0 ? place(old_folder, old, from_room) : NULL;
    const char *to = from ? place(new_folder, new, to_room) : NULL;
    if (to)
        put(NULL, 0, "rename %s\t%s\n", from, to);
    end();
    return status;
}

int rename(const char *old, const char *new)
{
    return renameat(AT_FDCWD, old, AT_FDCWD, new);
}
