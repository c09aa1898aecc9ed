#include "support/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/folder.h"

static const char ROLE[] = "INDUCT_TEST_ROLE";

const char *program_role(void)
{
    return getenv(ROLE);
}

static void redirect(int fd, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(126);
    close(file);
}

static void set_environment(const char *const *environment)
{
    for (; environment && *environment; environment++) {
        if (strchr(*environment, '='))
            putenv((char *)*environment);
        else
            unsetenv(*environment);
    }
}

struct program_result program_run(const char *role, const char *cwd, const char *const *argv,
                                  const char *const *environment, const char *out_path)
{
    char *scratch = folder_new();
    const char *out = out_path ? out_path : folder_path(scratch, "out");
    const char *err = folder_path(scratch, "err");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        redirect(STDOUT_FILENO, out);
        redirect(STDERR_FILENO, err);
        set_environment(environment);
        if (setenv(ROLE, role, 1) != 0 || chdir(cwd) != 0)
            _exit(126);
        execv("/proc/self/exe", (char *const *)argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    struct program_result result = {.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                                                  : WEXITSTATUS(status),
                                    .out = out_path ? strdup("") : file_bytes(out, NULL),
                                    .err = file_bytes(err, NULL)};
    folder_remove(scratch);
    return result;
}

void program_result_release(struct program_result *result)
{
    free(result->out);
    free(result->err);
}
