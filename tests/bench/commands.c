#include "bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <induct/base/memory.h>
#include <induct/tool/progress.h>

#include "bench/measure.h"

struct command {
    char *name, *line;                 /* one allocation, name's */
    struct samples seconds, processor; /* processor: seconds of processor time */
    long peak;                         /* KiB */
    int failed;                        /* wait's status of the run that failed */
};

struct commands {
    struct command *items;
    size_t count, room;
};

static int read_commands(struct commands *commands, struct ind_error *err)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        char *tab = strchr(line, '\t');
        if (!tab)
            return ind_fail(err, "a line without a tab: %s", line);
        if (ind_grow(&commands->items, &commands->room, commands->count + 1,
                     sizeof *commands->items, err))
            return IND_FAILED;
        char *name = strdup(line);
        if (!name)
            return ind_fail(err, "out of memory");
        name[tab - line] = '\0';
        commands->items[commands->count++] =
            (struct command){.name = name, .line = name + (tab - line) + 1};
    }
    return IND_OK;
}

/* In the child: the time limit outlives exec. What the command says on stdout is not wanted. */
static void become(const struct command *command, int round, double limit)
{
    char number[16], line[4200];
    snprintf(number, sizeof number, "%d", round);
    snprintf(line, sizeof line, "exec %s", command->line);
    setenv("ROUND", number, 1);
    signal(SIGINT, SIG_DFL);
    if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout))
        _exit(126);
    alarm((unsigned)limit + 1);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

static bool interrupted(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGINT
                               : WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGINT;
}

static int run_once(struct command *command, int round, double limit, struct ind_error *err)
{
    struct rusage used;
    int status;
    fflush(NULL);
    /* Ctrl-C is the command's: it may have a state to save, in a folder that is removed after
     * us. */
    void (*const before_child)(int) = signal(SIGINT, SIG_IGN);
    const double before = ind_seconds();
    const pid_t child = fork();
    if (child == 0)
        become(command, round, limit);
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return ind_fail_errno(err, "%s", command->name);
    signal(SIGINT, before_child);
    if (interrupted(status))
        raise(SIGINT);
    const double seconds = ind_seconds() - before;
    command->failed = status;
    if (status != 0)
        return IND_OK;
    const double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    command->peak = used.ru_maxrss > command->peak ? used.ru_maxrss : command->peak;
    if (samples_add(&command->seconds, seconds, err))
        return IND_FAILED;
    return samples_add(&command->processor, cpu, err);
}

/* Programs of induct end an alarm with 128 + its number. */
static bool timed_out(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGALRM
                               : WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGALRM;
}

static void print_command(const struct command *command, const struct command *first)
{
    if (timed_out(command->failed)) {
        printf("%s\tfailed\ttakes longer than the limit\n", command->name);
    } else if (command->failed && WIFSIGNALED(command->failed)) {
        printf("%s\tfailed\t%s\n", command->name, strsignal(WTERMSIG(command->failed)));
    } else if (command->failed) {
        printf("%s\tfailed\texit status %d%s\n", command->name, WEXITSTATUS(command->failed),
               WEXITSTATUS(command->failed) == 64 ? ", it asks for options of its own" : "");
    } else {
        const struct samples *seconds = &command->seconds;
        printf("%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.1f\t%.4f\n", command->name, samples_median(seconds),
               samples_quantile(seconds, 0.25), samples_quantile(seconds, 0.75),
               samples_median(&command->processor), (double)command->peak / 1024,
               samples_ratio(seconds, &first->seconds));
    }
}

/* One run of a slow command says enough. */
static bool wanted(const struct command *command, double limit)
{
    double spent = 0;
    for (size_t i = 0; i < command->seconds.count; i++)
        spent += command->seconds.values[i];
    return !command->failed && spent < limit;
}

static void release(struct commands *commands)
{
    for (size_t c = 0; c < commands->count; c++) {
        samples_release(&commands->items[c].seconds);
        samples_release(&commands->items[c].processor);
        free(commands->items[c].name);
    }
    free(commands->items);
}

int bench_commands(int rounds, double limit, struct ind_error *err)
{
    struct commands commands = {0};
    int status = read_commands(&commands, err);
    for (int r = 0; r < rounds && status == IND_OK; r++)
        for (size_t c = 0; c < commands.count && status == IND_OK; c++)
            if (wanted(&commands.items[c], limit))
                status = run_once(&commands.items[c], r, limit, err);
    for (size_t c = 0; c < commands.count && status == IND_OK; c++)
        print_command(&commands.items[c], &commands.items[0]);
    release(&commands);
    return status;
}
