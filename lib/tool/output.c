#include "tool/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <induct/tool/stop.h>

void ind_output_guard_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        /* The lowest free number is this one; the wrong direction makes every use of it fail. */
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return;
    }
}

/* A FIFO is opened once it has a reader; asked to stop meanwhile, the program does. */
static int open_patiently(const char *path)
{
    int fd;
    while ((fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO &&
           !ind_stop_signal())
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    return fd;
}

/* What is no file of its own (a FIFO, a terminal, what a descriptor already stands for) is written
 * to as it is, after what it holds. */
static int open_directly(struct ind_tool *tool, struct ind_error *err)
{
    const int fd = open_patiently(tool->output);
    const bool ready = fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) == 0;
    tool->stream = ready ? fdopen(fd, "w") : NULL;
    if (tool->stream)
        return IND_OK;
    ind_stop_signal() ? ind_fail(err, "%s: interrupted: nobody reads it", tool->output)
                      : ind_fail_errno(err, "%s: cannot write", tool->output);
    if (fd >= 0)
        close(fd);
    return IND_FAILED;
}

/* The stream has a descriptor of its own, so that closing it reports what the file system put off,
 * while the file can still be abandoned. */
static int open_stream(struct ind_tool *tool, struct ind_error *err)
{
    int fd = fcntl(tool->file.fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    tool->stream = fd < 0 ? NULL : fdopen(fd, "w");
    if (tool->stream)
        return IND_OK;
    ind_fail_errno(err, "%s: cannot write", tool->output);
    if (fd >= 0)
        close(fd);
    return IND_FAILED;
}

static int open_replacing(struct ind_tool *tool, const struct stat *old, struct ind_error *err)
{
    if (access(tool->output, W_OK) != 0)
        return ind_fail_errno(err, "%s: cannot write", tool->output);
    char *target = realpath(tool->output, NULL);
    if (!target)
        return ind_fail_errno(err, "%s: cannot write", tool->output);
    int status = ind_run_guard(target, err);
    if (status == IND_OK)
        status = ind_new_file_open(&tool->file, target, false, err);
    free(target);
    if (status == IND_OK && fchmod(tool->file.fd, old->st_mode & 0777) != 0)
        status = ind_fail_errno(err, "%s: cannot write", tool->output);
    return status;
}

static int open_new(struct ind_tool *tool, struct ind_error *err)
{
    struct stat link;
    if (lstat(tool->output, &link) == 0)
        return ind_fail(err, "%s: cannot write: it is a link to nothing", tool->output);
    if (ind_run_guard(tool->output, err) != IND_OK)
        return IND_FAILED;
    return ind_new_file_open(&tool->file, tool->output, false, err);
}

int ind_output_open(struct ind_tool *tool, struct ind_error *err)
{
    struct stat info;
    if (!tool->output) {
        tool->stream = stdout;
        return IND_OK;
    }
    bool exists = stat(tool->output, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return ind_fail(err, "%s: cannot write: it is a folder", tool->output);
    if (exists && (!S_ISREG(info.st_mode) || ind_file_stands_for_descriptor(tool->output)))
        return open_directly(tool, err);
    int status = exists ? open_replacing(tool, &info, err) : open_new(tool, err);
    return status == IND_OK ? open_stream(tool, err) : IND_FAILED;
}

static int flush_stdout(struct ind_error *err)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return IND_OK;
    errno = errno ? errno : EIO;
    return ind_fail_errno(err, "cannot write");
}

static int close_file(struct ind_tool *tool, struct ind_error *err)
{
    errno = 0;
    bool failed = ferror(tool->stream);
    failed |= fclose(tool->stream) != 0;
    tool->stream = NULL;
    if (failed) {
        errno = errno ? errno : EIO;
        return ind_fail_errno(err, "%s: cannot write", tool->output);
    }
    return tool->file.path ? ind_new_file_commit(&tool->file, err) : IND_OK;
}

int ind_output_commit(struct ind_tool *tool, struct ind_error *err)
{
    int status = flush_stdout(err);
    if (status == IND_OK && tool->output)
        status = close_file(tool, err);
    if (status != IND_OK)
        ind_output_discard(tool);
    return status;
}

void ind_output_discard(struct ind_tool *tool)
{
    if (tool->stream == stdout)
        fflush(stdout);
    else if (tool->stream)
        fclose(tool->stream);
    tool->stream = NULL;
    ind_new_file_abandon(&tool->file);
}
