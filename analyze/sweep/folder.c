#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include <induct/base/file.h>
#include <induct/format/safetensors.h>
#include <induct/recipe/config_file.h>

const char *standing_name(enum standing standing)
{
    static const char *const names[] = {"to_do", "running", "failed", "done"};
    return names[standing];
}

char *folder_file(const char *folder, const char *name)
{
    return ind_text("%s/%s", folder, name);
}

/* The epoch of a resume file; -1 if it is not there, or is none: training will say what it is. */
static int state_epoch(const char *folder, long *epoch, struct ind_error *err)
{
    struct ind_safetensors file;
    struct ind_error wrong;
    bool there;
    *epoch = -1;
    if (ind_file_exists(folder, "resume.safetensors", &there, err))
        return IND_FAILED;
    if (!there)
        return IND_OK;
    char *path = folder_file(folder, "resume.safetensors");
    const int status =
        path ? ind_safetensors_open(&file, path, 0, &wrong) : ind_fail(&wrong, IND_NO_MEMORY);
    free(path);
    if (status)
        return ind_error_is_memory(&wrong) ? ind_fail(err, "%s", wrong.text) : IND_OK;
    const char *text = ind_safetensors_metadata(&file, "epoch");
    *epoch = text ? strtol(text, NULL, 10) : -1;
    ind_safetensors_close(&file);
    return IND_OK;
}

/* Is the state that the run branches from there? Always true of one that begins anew. */
static int has_parent(const struct entry *entry, bool *has, struct ind_error *err)
{
    char name[48];
    long epoch;
    *has = entry->parent[0] == '\0';
    if (*has)
        return IND_OK;
    snprintf(name, sizeof name, "state-%08ld.safetensors", entry->from);
    if (ind_file_exists(entry->parent, name, has, err))
        return IND_FAILED;
    if (*has)
        return IND_OK;
    if (state_epoch(entry->parent, &epoch, err))
        return IND_FAILED;
    *has = epoch == entry->from;
    return IND_OK;
}

ssize_t folder_read_tail(int file, char *tail, size_t room)
{
    const off_t size = lseek(file, 0, SEEK_END), most = (off_t)room - 1;
    const ssize_t got = pread(file, tail, room - 1, size > most ? size - most : 0);
    tail[got > 0 ? got : 0] = '\0';
    return got;
}

/* Of the last whole line of a tail of metrics.tsv, -1 if there is none. */
static long last_epoch(char *tail)
{
    char *end = strrchr(tail, '\n');
    if (!end)
        return -1;
    *end = '\0';
    const char *line = strrchr(tail, '\n');
    line = line ? line + 1 : tail;
    return *line >= '0' && *line <= '9' ? strtol(line, NULL, 10) : -1;
}

/* The epoch of the last whole line of metrics.tsv, -1 if there is none. */
static int logged_epoch(const char *folder, long *epoch, struct ind_error *err)
{
    char tail[4097] = "";
    bool there;
    *epoch = -1;
    if (ind_file_exists(folder, "metrics.tsv", &there, err))
        return IND_FAILED;
    if (!there)
        return IND_OK;
    char *path = folder_file(folder, "metrics.tsv");
    const int file =
        path ? ind_file_open_within(path, O_RDONLY, err) : ind_fail(err, IND_NO_MEMORY);
    const ssize_t got = file >= 0 ? folder_read_tail(file, tail, sizeof tail) : 0;
    if (got < 0)
        ind_fail_errno(err, "%s: cannot read", path);
    if (file >= 0)
        close(file);
    free(path);
    *epoch = last_epoch(tail);
    return file >= 0 && got >= 0 ? IND_OK : IND_FAILED;
}

/* Its last checkpoint, row and state are on disk. A state may have been removed since, to save
 * room. */
static int is_trained(const struct entry *entry, long logged, bool *trained, struct ind_error *err)
{
    char name[48];
    bool checkpoint, state;
    long epoch;
    snprintf(name, sizeof name, "epoch-%08ld.safetensors", entry->epochs);
    if (ind_file_exists(entry->run, name, &checkpoint, err) ||
        ind_file_exists(entry->run, "resume.safetensors", &state, err) ||
        state_epoch(entry->run, &epoch, err))
        return IND_FAILED;
    *trained = logged >= entry->epochs && checkpoint && (!state || epoch >= entry->epochs);
    return IND_OK;
}

/* ---- Whose run it is ------------------------------------------------------------------------- */

static int check_mark(const struct entry *entry, struct ind_error *err)
{
    char *text = NULL, *path = folder_file(entry->run, "sweep.recipe");
    size_t size;
    const int status =
        path ? ind_file_read_within(path, 100, &text, &size, err) : ind_fail(err, IND_NO_MEMORY);
    free(path);
    if (status)
        return IND_FAILED;
    const bool same = strncmp(text, entry->recipe, strlen(entry->recipe)) == 0;
    free(text);
    return same ? IND_OK
                : ind_fail(err,
                           "%s was made by another recipe: options, seed or parent have changed",
                           entry->run);
}

static int check_seed(const struct entry *entry, struct ind_error *err)
{
    struct ind_run_config config;
    bool exists;
    if (ind_run_config_exists(entry->run, &exists, err) != IND_OK)
        return IND_FAILED;
    if (!exists)
        return IND_OK;
    if (ind_run_config_read(entry->run, &config, err))
        return IND_FAILED;
    return config.recipe.seed == (uint64_t)entry->seed
               ? IND_OK
               : ind_fail(err, "%s holds a run of seed %llu, not %d", entry->run,
                          (unsigned long long)config.recipe.seed, entry->seed);
}

int folder_check(const struct entry *entry, bool *marked, struct ind_error *err)
{
    bool mark;
    if (ind_file_exists(entry->run, "sweep.recipe", &mark, err))
        return IND_FAILED;
    if (marked)
        *marked = mark;
    return mark ? check_mark(entry, err) : check_seed(entry, err);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

void step_mark(const char *step, size_t length, char mark[17])
{
    snprintf(mark, 17, "%016llx", (unsigned long long)XXH3_64bits(step, length));
}

int folder_step_done(const char *folder, const char *step, size_t length, bool *done,
                     struct ind_error *err)
{
    char mark[17], *text = NULL;
    size_t size;
    bool there;
    *done = false;
    if (ind_file_exists(folder, "sweep.then", &there, err))
        return IND_FAILED;
    if (!there)
        return IND_OK;
    char *path = folder_file(folder, "sweep.then");
    const int status = path ? ind_file_read_within(path, 1 << 20, &text, &size, err)
                            : ind_fail(err, IND_NO_MEMORY);
    step_mark(step, length, mark);
    *done = status == IND_OK && strstr(text, mark) != NULL;
    free(text);
    free(path);
    return status;
}

static int count_steps(const struct entry *entry, int *left, struct ind_error *err)
{
    bool done;
    for (const char *step = entry->then; *step;) {
        const size_t length = strcspn(step, "\n");
        if (length > 0) {
            if (folder_step_done(entry->run, step, length, &done, err))
                return IND_FAILED;
            *left += !done;
        }
        step += length + (step[length] == '\n');
    }
    return IND_OK;
}

/* ---- A look ---------------------------------------------------------------------------------- */

static int read_failure(const char *folder, struct look *look, struct ind_error *err)
{
    char *text = NULL;
    size_t size;
    bool failed;
    if (ind_file_exists(folder, "sweep.failed", &failed, err))
        return IND_FAILED;
    if (!failed)
        return IND_OK;
    char *path = folder_file(folder, "sweep.failed");
    const int status =
        path ? ind_file_read_within(path, 4096, &text, &size, err) : ind_fail(err, IND_NO_MEMORY);
    free(path);
    if (status)
        return IND_FAILED;
    look->standing = FAILED;
    snprintf(look->reason, sizeof look->reason, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return IND_OK;
}

/* What is in the folder. */
static int see(const struct entry *entry, struct look *look, struct ind_error *err)
{
    bool ready;
    if (logged_epoch(entry->run, &look->epoch, err) ||
        ind_file_exists(entry->run, "config.json", &look->begun, err) ||
        count_steps(entry, &look->steps, err) || has_parent(entry, &ready, err))
        return IND_FAILED;
    look->waits = !look->begun && !ready;
    if (look->begun && is_trained(entry, look->epoch, &look->trained, err))
        return IND_FAILED;
    return folder_check(entry, NULL, err);
}

/* What that comes to. */
static int stand(const struct entry *entry, struct look *look, struct ind_error *err)
{
    bool task, trainer;
    if (look->trained && look->steps == 0) {
        look->standing = DONE;
        return IND_OK;
    }
    if (ind_file_is_locked(entry->run, "sweep.log", &task, err) ||
        ind_file_is_locked(entry->run, "lock", &trainer, err))
        return IND_FAILED;
    if (task || trainer) {
        look->standing = RUNNING;
        return IND_OK;
    }
    if (read_failure(entry->run, look, err))
        return IND_FAILED;
    if (look->standing == FAILED)
        return IND_OK;
    if (look->trained)
        snprintf(look->reason, sizeof look->reason, "trained; steps to do: %d", look->steps);
    else if (look->waits)
        snprintf(look->reason, sizeof look->reason, "waits for %.300s@%ld", entry->parent,
                 entry->from);
    return IND_OK;
}

void folder_look(const struct entry *entry, struct look *look)
{
    struct ind_error wrong;
    *look = (struct look){.epoch = -1};
    if (see(entry, look, &wrong) == IND_OK && stand(entry, look, &wrong) == IND_OK)
        return;
    look->standing = FAILED;
    look->unknown = true;
    snprintf(look->reason, sizeof look->reason, "%.399s", wrong.text);
}
