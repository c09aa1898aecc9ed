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

static bool holds(const char *folder, const char *name)
{
    char *path = folder_file(folder, name);
    const bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}

bool folder_is_locked(const char *folder, const char *name)
{
    char *path = folder_file(folder, name);
    const bool locked = path && ind_file_is_locked(path);
    free(path);
    return locked;
}

/* The epoch of a resume file, -1 if it is not there or cannot be read. */
static long state_epoch(const char *folder)
{
    struct ind_safetensors file;
    struct ind_error ignored;
    char *path = folder_file(folder, "resume.safetensors");
    long epoch = -1;
    if (path && access(path, F_OK) == 0 &&
        ind_safetensors_open(&file, path, 0, &ignored) == IND_OK) {
        const char *text = ind_safetensors_metadata(&file, "epoch");
        epoch = text ? strtol(text, NULL, 10) : -1;
        ind_safetensors_close(&file);
    }
    free(path);
    return epoch;
}

bool folder_has_parent(const struct entry *entry)
{
    char name[48];
    if (entry->parent[0] == '\0')
        return true;
    snprintf(name, sizeof name, "state-%08ld.safetensors", entry->from);
    return holds(entry->parent, name) || state_epoch(entry->parent) == entry->from;
}

/* The epoch of the last whole line of metrics.tsv, -1 if there is none. */
static long logged_epoch(const char *folder)
{
    char tail[4097], *path = folder_file(folder, "metrics.tsv");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    if (file < 0)
        return -1;
    const off_t size = lseek(file, 0, SEEK_END), room = sizeof tail - 1;
    const ssize_t got = pread(file, tail, sizeof tail - 1, size > room ? size - room : 0);
    close(file);
    tail[got > 0 ? got : 0] = '\0';
    char *end = strrchr(tail, '\n');
    if (!end)
        return -1;
    *end = '\0';
    const char *line = strrchr(tail, '\n');
    line = line ? line + 1 : tail;
    return *line >= '0' && *line <= '9' ? strtol(line, NULL, 10) : -1;
}

/* Its last checkpoint, row and state are on disk. A state may have been removed since, to save
 * room. */
static bool is_trained(const struct entry *entry, long logged)
{
    char name[48];
    snprintf(name, sizeof name, "epoch-%08ld.safetensors", entry->epochs);
    return logged >= entry->epochs && holds(entry->run, name) &&
           (!holds(entry->run, "resume.safetensors") || state_epoch(entry->run) >= entry->epochs);
}

/* ---- Whose run it is ------------------------------------------------------------------------- */

static int check_mark(const struct entry *entry, const char *path, struct ind_error *err)
{
    char *text = NULL;
    size_t size;
    if (ind_file_read(path, 100, &text, &size, err))
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
    char *path = folder_file(entry->run, "sweep.recipe");
    if (!path)
        return ind_fail(err, "out of memory");
    const bool mark = access(path, F_OK) == 0;
    const bool in_doubt = !mark && errno != ENOENT && errno != ENOTDIR;
    const int status = in_doubt ? ind_fail_errno(err, "%s", path)
                       : mark   ? check_mark(entry, path, err)
                                : check_seed(entry, err);
    if (marked)
        *marked = mark;
    free(path);
    return status;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

void step_mark(const char *step, size_t length, char mark[17])
{
    snprintf(mark, 17, "%016llx", (unsigned long long)XXH3_64bits(step, length));
}

bool folder_step_done(const char *folder, const char *step, size_t length)
{
    char mark[17], *text = NULL, *path = folder_file(folder, "sweep.then");
    size_t size;
    struct ind_error ignored;
    step_mark(step, length, mark);
    const bool read = path && ind_file_read(path, 1 << 20, &text, &size, &ignored) == IND_OK;
    const bool done = read && strstr(text, mark) != NULL;
    free(text);
    free(path);
    return done;
}

static int steps_left(const struct entry *entry)
{
    int left = 0;
    for (const char *step = entry->then; *step;) {
        const size_t length = strcspn(step, "\n");
        left += length > 0 && !folder_step_done(entry->run, step, length);
        step += length + (step[length] == '\n');
    }
    return left;
}

/* ---- A look ---------------------------------------------------------------------------------- */

static bool read_failure(const char *folder, char *reason, size_t room)
{
    char *text = NULL, *path = folder_file(folder, "sweep.failed");
    size_t size;
    struct ind_error ignored;
    const bool failed = path && ind_file_read(path, 4096, &text, &size, &ignored) == IND_OK;
    if (failed)
        snprintf(reason, room, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    free(path);
    return failed;
}

void folder_look(const struct entry *entry, struct look *look)
{
    *look = (struct look){.epoch = logged_epoch(entry->run),
                          .begun = holds(entry->run, "config.json"),
                          .steps = steps_left(entry)};
    look->trained = look->begun && is_trained(entry, look->epoch);
    look->waits = !look->begun && !folder_has_parent(entry);
    struct ind_error wrong;
    if (folder_check(entry, NULL, &wrong)) {
        look->standing = FAILED;
        snprintf(look->reason, sizeof look->reason, "%.399s", wrong.text);
    } else if (look->trained && look->steps == 0)
        look->standing = DONE;
    else if (folder_is_locked(entry->run, "sweep.log") || folder_is_locked(entry->run, "lock"))
        look->standing = RUNNING;
    else if (read_failure(entry->run, look->reason, sizeof look->reason))
        look->standing = FAILED;
    else if (look->trained)
        snprintf(look->reason, sizeof look->reason, "trained; steps to do: %d", look->steps);
    else if (look->waits)
        snprintf(look->reason, sizeof look->reason, "waits for %.300s@%ld", entry->parent,
                 entry->from);
}
