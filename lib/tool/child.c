#include <induct/tool/child.h>

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/tool/stop.h>

extern char **environ;

/* Where a program of that name is: beside this one, where it is one of induct's and there; NULL
 * without memory (what PATH has may be of another version). */
static char *find_program(const char *name)
{
    struct ind_error err;
    char *self, *beside;
    if (strncmp(name, "induct-", 7) != 0)
        return strdup(name); /* without a slash: PATH is searched */
    if (ind_system_program(&self, &err) != IND_OK)
        return ind_error_is_memory(&err) ? NULL : strdup(name);
    beside = ind_text("%.*s/%s", (int)(strrchr(self, '/') - self), self, name);
    free(self);
    if (!beside || access(beside, X_OK) == 0)
        return beside;
    free(beside);
    return strdup(name);
}

static int spawn(struct ind_child *child, char *const *argv, int output, struct ind_error *err)
{
    char *path = find_program(argv[0]);
    if (!path)
        return ind_fail(err, IND_NO_MEMORY);
    posix_spawn_file_actions_t actions;
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason == 0) {
        reason = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (reason == 0)
            reason = posix_spawnp(&child->pid, path, &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    free(path);
    if (reason == 0)
        return IND_OK;
    child->pid = 0;
    errno = reason;
    return ind_fail_errno(err, "cannot run %s", argv[0]);
}

int ind_child_start(struct ind_child *child, char *const *argv, bool capture, struct ind_error *err)
{
    *child = (struct ind_child){.program = argv[0]};
    if (!capture)
        return spawn(child, argv, STDERR_FILENO, err);
    int ends[2];
    if (ind_system_pipe(ends) != 0)
        return ind_fail_errno(err, "cannot run %s", argv[0]);
    child->output = fdopen(ends[0], "r");
    const int status = child->output ? spawn(child, argv, ends[1], err)
                                     : ind_fail_errno(err, "cannot run %s", argv[0]);
    close(ends[1]);
    if (status == IND_OK)
        return IND_OK;
    if (child->output)
        fclose(child->output);
    else
        close(ends[0]);
    child->output = NULL;
    return IND_FAILED;
}

static int judge(struct ind_child *child, int status, struct ind_error *err)
{
    child->pid = 0;
    if (child->output)
        fclose(child->output);
    child->output = NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return IND_OK;
    if (WIFEXITED(status))
        return ind_fail(err, "%s failed (exit status %d)", child->program, WEXITSTATUS(status));
    return ind_fail(err, "%s was ended by signal %d", child->program, WTERMSIG(status));
}

bool ind_child_ended(struct ind_child *child, int *status, struct ind_error *err)
{
    int code;
    if (ind_stop_signal())
        kill(child->pid, SIGTERM);
    const pid_t ended = waitpid(child->pid, &code, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return false;
    *status = ended > 0 ? judge(child, code, err) : ind_fail_errno(err, "%s", child->program);
    return true;
}

/* Looks now and then instead of waiting: a signal that arrives between a look at the flag and the
 * wait would otherwise be noticed when the child has ended by itself. */
int ind_child_wait(struct ind_child *child, struct ind_error *err)
{
    int status;
    for (long pause = 200000; !ind_child_ended(child, &status, err);
         pause = pause < 20000000 ? 2 * pause : pause)
        nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
    return status;
}
