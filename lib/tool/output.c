#include "tool/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static mode_t default_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int open_directly(struct ind_tool *tool, struct ind_error *err)
{
    tool->stream = fopen(tool->output, "we");
    if (!tool->stream)
        return ind_fail_errno(err, "cannot write %s", tool->output);
    return IND_OK;
}

/* ".induct-XXXXXX" in the target's folder. */
static char *temporary_name(const char *target)
{
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target) + 1 : 0;
    char *name;
    return asprintf(&name, "%.*s.induct-XXXXXX", folder, target) < 0 ? NULL : name;
}

static int open_temporary(struct ind_tool *tool, mode_t mode, struct ind_error *err)
{
    tool->output_temporary = temporary_name(tool->output_target);
    if (!tool->output_temporary)
        return ind_fail(err, "out of memory");
    int fd = mkostemp(tool->output_temporary, O_CLOEXEC);
    if (fd < 0) {
        ind_fail_errno(err, "cannot write %s", tool->output);
        free(tool->output_temporary);
        tool->output_temporary = NULL;
        return IND_FAILED;
    }
    if (fchmod(fd, mode) != 0 || !(tool->stream = fdopen(fd, "w"))) {
        ind_fail_errno(err, "cannot write %s", tool->output);
        close(fd);
        ind_output_discard(tool);
        return IND_FAILED;
    }
    return IND_OK;
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
        return ind_fail(err, "cannot write %s: it is a folder", tool->output);
    if (exists && !S_ISREG(info.st_mode))
        return open_directly(tool, err);
    if (exists && access(tool->output, W_OK) != 0)
        return ind_fail_errno(err, "cannot write %s", tool->output);
    tool->output_target = exists ? realpath(tool->output, NULL) : strdup(tool->output);
    if (!tool->output_target)
        return ind_fail_errno(err, "cannot write %s", tool->output);
    return open_temporary(tool, exists ? info.st_mode & 07777 : default_mode(), err);
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
    bool failed = ferror(tool->stream);
    errno = 0;
    failed |= fclose(tool->stream) != 0;
    tool->stream = NULL;
    if (!failed && tool->output_temporary)
        failed = rename(tool->output_temporary, tool->output_target) != 0;
    if (failed) {
        errno = errno ? errno : EIO;
        return ind_fail_errno(err, "cannot write %s", tool->output);
    }
    free(tool->output_temporary);
    tool->output_temporary = NULL;
    return IND_OK;
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
    if (tool->output_temporary)
        unlink(tool->output_temporary);
    free(tool->output_temporary);
    tool->output_temporary = NULL;
}
