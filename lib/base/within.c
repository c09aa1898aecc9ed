/* Files of folders got from others. */
#include <induct/base/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/system.h>

static int open_folder(const char *path, const char *slash, struct ind_error *err)
{
    char *folder = slash ? ind_text("%.*s", (int)(slash - path) + 1, path) : strdup(".");
    if (!folder)
        return ind_fail(err, "out of memory"), -1;
    const int fd = ind_system_open_folder(folder);
    if (fd < 0)
        ind_fail_errno(err, "%s: cannot open", path);
    free(folder);
    return fd;
}

static int check_regular(int fd, const char *path, struct ind_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ind_fail_errno(err, "%s: cannot open", path);
    return S_ISREG(st.st_mode) ? IND_OK : ind_fail(err, "%s: not a regular file", path);
}

int ind_file_open_within(const char *path, int flags, struct ind_error *err)
{
    const char *slash = strrchr(path, '/');
    const int folder = open_folder(path, slash, err);
    if (folder < 0)
        return -1;
    const int fd = ind_system_open_beneath(folder, slash ? slash + 1 : path,
                                           flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const int reason = errno;
    close(folder);
    errno = reason;
    if (fd < 0 && (reason == EXDEV || reason == ELOOP))
        return ind_fail(err, "%s: not opened: a link out of its folder", path), -1;
    if (fd < 0)
        return ind_fail_errno(err, "%s: cannot open", path), -1;
    if (check_regular(fd, path, err) == IND_OK)
        return fd;
    close(fd);
    return -1;
}

int ind_file_read_within(const char *path, size_t limit, char **bytes, size_t *size,
                         struct ind_error *err)
{
    *bytes = NULL;
    *size = 0;
    const int fd = ind_file_open_within(path, O_RDONLY, err);
    if (fd < 0)
        return IND_FAILED;
    const int status = ind_file_read_open(fd, limit, bytes, size, err);
    close(fd);
    return status == IND_OK ? IND_OK : ind_error_context(err, "%s", path);
}
