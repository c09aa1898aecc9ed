/* One run of a manifest. */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/run/run.h>
#include <induct/tool/quote.h>
#include <induct/tool/stop.h>

#include "folder.h"

enum outcome { FINE, WRONG, LATER, ORPHAN };

struct task {
    struct entry entry;
    int threads;
    int log; /* sweep.log, locked */
    struct ind_error *err;
};

/* Opens a file of the run's folder for appending, readable too; -1 and an error. */
static int append_to(const struct task *task, const char *name)
{
    char *path = folder_file(task->entry.run, name);
    const int file = path ? ind_file_open_within(path, O_RDWR | O_CREAT | O_APPEND, task->err)
                          : ind_fail(task->err, IND_NO_MEMORY);
    free(path);
    return file;
}

static void pause_briefly(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* For the children: induct's programs are those beside this one, of as many threads as training
 * has. */
static int set_environment(int threads, struct ind_error *err)
{
    char number[16], *self;
    const char *path = getenv("PATH");
    snprintf(number, sizeof number, "%d", threads);
    if (setenv("OMP_NUM_THREADS", number, 1) != 0)
        return ind_fail(err, IND_NO_MEMORY);
    if (ind_system_program(&self, err) != IND_OK)
        return ind_error_is_memory(err) ? IND_FAILED : IND_OK;
    char *longer = ind_text("%.*s%s%s", (int)(strrchr(self, '/') - self), self, path ? ":" : "",
                            path ? path : "");
    const bool set = longer && setenv("PATH", longer, 1) == 0;
    free(longer);
    free(self);
    return set ? IND_OK : ind_fail(err, IND_NO_MEMORY);
}

/* ---- Commands -------------------------------------------------------------------------------- */

/* In the child: a group of its own, so that a signal to the task's reaches it once, by the task;
 * and it ends with the task, however that ends. */
static void become(const char *command, int log, pid_t parent)
{
    setpgid(0, 0);
    ind_system_end_with_parent(SIGTERM);
    if (getppid() != parent)
        _exit(TO_BE_REQUEUED);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Runs a line of shell to its end; a request to stop is handed on, once. Returns the status of
 * waitpid(). */
static int run_command(const struct task *task, const char *command)
{
    int status;
    bool told = false;
    const pid_t self = getpid(), child = fork();
    if (child == 0)
        become(command, task->log, self);
    if (child < 0)
        return 127 << 8;
    setpgid(child, child); /* whichever of the two comes first */
    for (long pause = 1;; pause = pause < 50 ? 2 * pause : 50) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            return status;
        if (ended < 0 && errno != EINTR)
            return 127 << 8;
        if (ind_stop_signal() && !told) {
            kill(-child, SIGTERM);
            told = true;
        }
        pause_briefly(pause);
    }
}

/* The last line of the log that says something. */
static void last_words(const struct task *task, char *line, size_t room)
{
    char tail[2049];
    folder_read_tail(task->log, tail, sizeof tail);
    *line = '\0';
    for (char *rest = NULL, *at = strtok_r(tail, "\r\n", &rest); at;
         at = strtok_r(NULL, "\r\n", &rest)) {
        if (strncmp(at, "$ ", 2) != 0)
            snprintf(line, room, "%s", at);
    }
}

/* Fills the error with what happened to `what`. */
static enum outcome judge(const struct task *task, const char *what, int status)
{
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    const int ending = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    char words[300];
    if (code == 0)
        return FINE;
    if (ind_stop_signal() || code == 128 + SIGINT || code == 128 + SIGTERM ||
        code == 128 + SIGHUP || ending == SIGTERM || ending == SIGINT || ending == SIGHUP ||
        code == TO_BE_REQUEUED)
        return LATER;
    last_words(task, words, sizeof words);
    if (ending)
        ind_fail(task->err, "%s was ended by signal %d", what, ending);
    else
        ind_fail(task->err, "%s failed (exit status %d)%s%s", what, code, *words ? ": " : "",
                 words);
    return WRONG;
}

static enum outcome run_line(const struct task *task, const char *what, const char *command)
{
    dprintf(task->log, "$ %s\n", command);
    return judge(task, what, run_command(task, command));
}

/* ---- Training -------------------------------------------------------------------------------- */

/* "exec induct-train --quiet --threads 1 ...": the shell makes way for it. */
static char *train_command(const struct task *task, bool resume)
{
    const struct entry *entry = &task->entry;
    char *text = NULL;
    size_t size;
    FILE *stream = ind_text_open(&text, &size);
    if (!stream)
        return NULL;
    fprintf(stream, "exec induct-train --quiet --threads %d --epochs %ld %s ", task->threads,
            entry->epochs, resume ? "--resume" : "-o");
    ind_shell_quote(stream, entry->run);
    if (!resume && *entry->parent) {
        fputs(" --from ", stream);
        ind_shell_quote(stream, entry->parent);
        fprintf(stream, "@%ld", entry->from);
    } else if (!resume) {
        fprintf(stream, " --seed %d", entry->seed);
    }
    if (!resume)
        fprintf(stream, " %s", entry->options);
    return ind_text_close(stream, &text) ? text : NULL;
}

/* Marks the folder as this recipe's, unless it is another's. */
static enum outcome claim(const struct task *task, bool begun)
{
    const struct entry *entry = &task->entry;
    bool marked;
    if (folder_check(entry, &marked, task->err))
        return WRONG;
    if (marked)
        return FINE;
    if (begun)
        dprintf(task->log, "induct-sweep: the run that was here is taken over as it is\n");
    char *path = folder_file(entry->run, "sweep.recipe");
    const int status =
        path ? ind_file_write(path, entry->recipe, strlen(entry->recipe), false, task->err)
             : ind_fail(task->err, "out of memory");
    free(path);
    return status == IND_OK ? FINE : WRONG;
}

static enum outcome train(const struct task *task, const struct look *look)
{
    enum outcome outcome = claim(task, look->begun);
    if (outcome != FINE || look->trained)
        return outcome;
    if (look->waits) {
        ind_fail(task->err, "%s holds no state of epoch %ld yet", task->entry.parent,
                 task->entry.from);
        return ORPHAN;
    }
    char *command = train_command(task, look->begun);
    if (!command) {
        ind_fail(task->err, "out of memory");
        return WRONG;
    }
    outcome = run_line(task, "induct-train", command);
    free(command);
    return outcome;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static enum outcome note_step(const struct task *task, const char *step, size_t length)
{
    char mark[17];
    step_mark(step, length, mark);
    const int file = append_to(task, "sweep.then");
    if (file < 0)
        return WRONG;
    const bool noted = dprintf(file, "%s\n", mark) == 17;
    if (!noted)
        ind_fail_errno(task->err, "sweep.then: cannot write");
    close(file);
    return noted ? FINE : WRONG;
}

static enum outcome take_step(const struct task *task, const char *step, size_t length)
{
    char *command = ind_text("%.*s", (int)length, step);
    if (!command) {
        ind_fail(task->err, "out of memory");
        return WRONG;
    }
    enum outcome outcome = run_line(task, command, command);
    free(command);
    return outcome == FINE ? note_step(task, step, length) : outcome;
}

static enum outcome take_step_unless_done(const struct task *task, const char *step, size_t length)
{
    bool done;
    if (folder_step_done(task->entry.run, step, length, &done, task->err))
        return WRONG;
    return done ? FINE : take_step(task, step, length);
}

static enum outcome take_steps(const struct task *task)
{
    const struct entry *entry = &task->entry;
    char *tables = folder_file(entry->run, "tables");
    if (!tables)
        ind_fail(task->err, IND_NO_MEMORY);
    enum outcome outcome =
        !*entry->then || (tables && ind_folder_make(tables, false, task->err) == IND_OK) ? FINE
                                                                                         : WRONG;
    for (const char *step = entry->then; *step && outcome == FINE;) {
        const size_t length = strcspn(step, "\n");
        if (length > 0)
            outcome = take_step_unless_done(task, step, length);
        step += length + (step[length] == '\n');
    }
    free(tables);
    return outcome;
}

/* ---- The task -------------------------------------------------------------------------------- */

/* Opens sweep.log and holds it; waits for another task that does, and for a trainer begun by
 * hand. */
static enum outcome enter(struct task *task)
{
    task->log = ind_folder_make(task->entry.run, false, task->err) == IND_OK
                    ? append_to(task, "sweep.log")
                    : -1;
    if (task->log < 0)
        return WRONG;
    for (bool trained; !ind_stop_signal(); pause_briefly(20)) {
        if (flock(task->log, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK || errno == EINTR)
                continue;
            ind_fail_errno(task->err, "sweep.log: cannot lock");
            return WRONG;
        }
        if (ind_run_is_trained(task->entry.run, &trained, task->err))
            return WRONG;
        if (!trained)
            return FINE;
    }
    return LATER;
}

/* Removes the last failure, or notes this one. */
static void note_failure(const struct task *task, bool failed)
{
    struct ind_error unwritten;
    char *path = folder_file(task->entry.run, "sweep.failed");
    const char *text = task->err->text;
    if (path && failed) {
        if (ind_file_write(path, text, strlen(text), false, &unwritten) != IND_OK)
            ind_error_context(task->err, "%s; and", unwritten.text);
    } else if (path)
        unlink(path);
    free(path);
}

static enum outcome perform(struct task *task)
{
    struct look look;
    enum outcome outcome = enter(task);
    if (outcome != FINE)
        return outcome;
    folder_look(&task->entry, &look);
    if (look.standing == DONE)
        return FINE;
    note_failure(task, false);
    if (look.unknown)
        ind_fail(task->err, "%s", look.reason);
    outcome = look.unknown ? WRONG : train(task, &look);
    if (outcome == FINE)
        outcome = take_steps(task);
    if (outcome == WRONG)
        note_failure(task, true);
    return outcome;
}

int task_run(const char *manifest, long number, int threads, struct ind_error *err)
{
    static const int statuses[] = {[FINE] = 0, [WRONG] = 1, [LATER] = TO_BE_REQUEUED, [ORPHAN] = 1};
    struct task task = {.threads = threads, .err = err, .log = -1};
    if (plan_read_entry(&task.entry, manifest, number, err) || set_environment(threads, err)) {
        entry_release(&task.entry);
        return 1;
    }
    const enum outcome outcome = perform(&task);
    if (outcome != FINE)
        ind_error_context(err, "%s", task.entry.run);
    if (task.log >= 0)
        close(task.log);
    entry_release(&task.entry);
    return statuses[outcome];
}
