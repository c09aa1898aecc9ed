/*
 * A plan on this machine (or on some by ssh): GNU parallel runs the tasks, this watches the
 * folders.
 *
 * A branch needs its parent's state, which parallel knows nothing of: a pass begins the runs that
 * can begin, in the plan's order up to the first whose parent is in the pass itself; when it ends,
 * the next pass begins. What was done, by whatever call, is known from the folders; parallel's
 * --joblog is a record (its --resume would go by line numbers, which another choice of seeds or
 * arms shifts).
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/system.h>
#include <induct/tool/progress.h>
#include <induct/tool/quote.h>
#include <induct/tool/stop.h>

#include "folder.h"

struct watch {
    const struct plan *plan;
    const char *manifest;
    const struct local *local;
    struct look *looks; /* [plan->count] */
    bool *tried;        /* [plan->count]: in this call */
    struct ind_progress progress;
    int counts[4]; /* by standing */
};

/* ---- Watching -------------------------------------------------------------------------------- */

static long epochs_done(const struct entry *entry, const struct look *look)
{
    const long epoch = look->standing == DONE ? entry->epochs : look->epoch;
    return epoch > entry->epochs ? entry->epochs - entry->from
                                 : (epoch > entry->from ? epoch - entry->from : 0);
}

/* Looks at every folder that may have changed: what is done stays done. */
static long look_around(struct watch *watch)
{
    long epochs = 0;
    memset(watch->counts, 0, sizeof watch->counts);
    for (int i = 0; i < watch->plan->count; i++) {
        if (watch->looks[i].standing != DONE)
            folder_look(&watch->plan->entries[i], &watch->looks[i]);
        watch->counts[watch->looks[i].standing]++;
        epochs += epochs_done(&watch->plan->entries[i], &watch->looks[i]);
    }
    return epochs;
}

static void show(struct watch *watch)
{
    if (!ind_progress_due(&watch->progress))
        return;
    char text[120];
    const long epochs = look_around(watch);
    int used = snprintf(text, sizeof text, "%d of %d runs, %d running", watch->counts[DONE],
                        watch->plan->count, watch->counts[RUNNING]);
    if (watch->counts[FAILED])
        snprintf(text + used, sizeof text - (size_t)used, ", %d failed", watch->counts[FAILED]);
    ind_progress_update(&watch->progress, epochs, text);
}

/* ---- parallel -------------------------------------------------------------------------------- */

/* In the child: a group of its own, which a terminal's Ctrl-C does not reach; stopped with its
 * parent. */
static void become(char *const *argv, pid_t parent)
{
    setpgid(0, 0);
    ind_system_end_with_parent(SIGINT);
    if (getppid() != parent)
        _exit(TO_BE_REQUEUED);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    execvp(argv[0], argv);
    _exit(127);
}

/* Waits for parallel's end; asked to stop, it asks it to, which sends every task a SIGTERM. */
static int wait_for(struct watch *watch, pid_t child)
{
    int status;
    bool told = false;
    for (;;) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR))
            break;
        if (ind_stop_signal() && !told) {
            kill(child, SIGINT);
            told = true;
        }
        show(watch);
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* "'/usr/bin/induct-sweep' task 'runs/x/manifest.tsv' {}" */
static char *task_command(const struct watch *watch, struct ind_error *err)
{
    char *text = NULL, *self;
    size_t size;
    if (ind_system_program(&self, err) != IND_OK)
        return NULL;
    FILE *stream = ind_text_open(&text, &size);
    if (stream) {
        ind_shell_quote(stream, self);
        fputs(" task --threads 1 ", stream);
        ind_shell_quote(stream, watch->manifest);
        fputs(" {}", stream);
    }
    free(self);
    return ind_text_close(stream, &text) ? text : NULL;
}

static int start(const struct watch *watch, const char *queue, pid_t *child, struct ind_error *err)
{
    char *log = ind_text("+%s/joblog.tsv", watch->plan->folder);
    char *jobs = ind_text("-j%d", watch->local->jobs), *command = task_command(watch, err);
    const char *argv[20] = {"parallel", "--will-cite", "--ungroup", "--termseq",
                            "TERM,20000,KILL,25"};
    int count = 5;
    if (watch->local->hosts) {
        argv[count++] = "--sshlogin";
        argv[count++] = watch->local->hosts;
        argv[count++] = "--workdir";
        argv[count++] = ".";
    }
    argv[count++] = jobs;
    argv[count++] = "--joblog";
    argv[count++] = log;
    argv[count++] = "-a";
    argv[count++] = queue;
    argv[count++] = command;
    int status = log && jobs && command ? IND_OK : ind_fail(err, "out of memory");
    const pid_t self = getpid();
    *child = status == IND_OK ? fork() : 0;
    if (status == IND_OK && *child == 0)
        become((char *const *)argv, self);
    if (*child < 0)
        status = ind_fail_errno(err, "parallel");
    free(log);
    free(jobs);
    free(command);
    return status;
}

/* ---- Passes ---------------------------------------------------------------------------------- */

static bool is_in(const struct watch *watch, const bool *chosen, const char *run)
{
    for (int i = 0; i < watch->plan->count; i++) {
        if (chosen[i] && strcmp(watch->plan->entries[i].run, run) == 0)
            return true;
    }
    return false;
}

/* Which runs begin in this pass; returns how many. */
static int choose(struct watch *watch, bool *chosen)
{
    int count = 0;
    look_around(watch);
    memset(chosen, 0, (size_t)watch->plan->count * sizeof *chosen);
    for (int i = 0; i < watch->plan->count; i++) {
        const struct look *look = &watch->looks[i];
        if (look->standing == DONE || watch->tried[i])
            continue;
        if (look->waits && is_in(watch, chosen, watch->plan->entries[i].parent))
            break;
        chosen[i] = !look->waits;
        count += chosen[i];
    }
    return count;
}

static int write_queue(const struct watch *watch, const bool *chosen, char **path,
                       struct ind_error *err)
{
    char *text = NULL;
    size_t size;
    FILE *stream = ind_text_open(&text, &size);
    *path = ind_text("%s/queue", watch->plan->folder);
    if (!stream || !*path)
        return ind_fail(err, "out of memory");
    for (int i = 0; i < watch->plan->count; i++) {
        if (chosen[i])
            fprintf(stream, "%d\n", i + 1);
    }
    int status = ind_text_close(stream, &text) ? ind_file_write(*path, text, size, false, err)
                                               : ind_fail(err, "out of memory");
    free(text);
    return status;
}

static int pass(struct watch *watch, const bool *chosen, struct ind_error *err)
{
    char *queue = NULL;
    pid_t child;
    int status = write_queue(watch, chosen, &queue, err);
    if (status == IND_OK)
        status = start(watch, queue, &child, err);
    const int code = status == IND_OK ? wait_for(watch, child) : 0;
    if (code == 127)
        status = ind_fail(err, "cannot run parallel: sudo apt-get install parallel");
    for (int i = 0; i < watch->plan->count; i++)
        watch->tried[i] |= chosen[i];
    if (queue)
        unlink(queue);
    free(queue);
    return status;
}

static int run_passes(struct watch *watch, struct ind_error *err)
{
    bool *chosen;
    if (ind_alloc_into(&chosen, (size_t)watch->plan->count, sizeof *chosen, err))
        return IND_FAILED;
    int status = IND_OK;
    while (status == IND_OK && !ind_stop_signal() && choose(watch, chosen) > 0)
        status = pass(watch, chosen, err);
    free(chosen);
    return status;
}

int local_run(const struct plan *plan, const char *manifest, const struct local *local,
              bool *finished, struct ind_error *err)
{
    struct watch watch = {.plan = plan, .manifest = manifest, .local = local};
    long total = 0;
    for (int i = 0; i < plan->count; i++)
        total += plan->entries[i].epochs - plan->entries[i].from;
    int status = ind_alloc_into(&watch.looks, (size_t)plan->count, sizeof *watch.looks, err) ||
                         ind_alloc_into(&watch.tried, (size_t)plan->count, sizeof *watch.tried, err)
                     ? IND_FAILED
                     : IND_OK;
    if (status == IND_OK) {
        ind_progress_start(&watch.progress, "epochs", look_around(&watch), total, local->quiet);
        status = run_passes(&watch, err);
        ind_progress_end(&watch.progress);
        look_around(&watch);
        *finished = watch.counts[DONE] == plan->count;
    }
    free(watch.looks);
    free(watch.tried);
    return status;
}
