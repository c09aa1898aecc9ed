#include <induct/base/system.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/base/memory.h>

#ifdef __linux__
#include <linux/openat2.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#endif
#ifdef __APPLE__
#include <mach-o/dyld.h>
#include <sys/random.h>
#endif

/* ---- The process ----------------------------------------------------------------------------- */

int ind_system_program(char **path, struct ind_error *err)
{
    *path = NULL;
#ifdef __APPLE__
    char name[PATH_MAX];
    uint32_t room = sizeof name;
    if (_NSGetExecutablePath(name, &room) != 0)
        return ind_fail(err, "the program's path is too long");
#else
    const char *name = "/proc/self/exe";
#endif
    *path = realpath(name, NULL);
    return *path ? IND_OK : ind_fail_errno(err, "%s", name);
}

int ind_system_processors(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (int)online;
}

void ind_system_end_with_parent(int signal)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, signal);
#else
    (void)signal;
#endif
}

void ind_system_condition(pthread_cond_t *condition)
{
#ifdef __APPLE__
    pthread_cond_init(condition, NULL);
#else
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &steady);
    pthread_condattr_destroy(&steady);
#endif
}

struct timespec ind_system_after(double seconds)
{
    struct timespec time;
#ifdef __APPLE__
    clock_gettime(CLOCK_REALTIME, &time);
#else
    clock_gettime(CLOCK_MONOTONIC, &time);
#endif
    const time_t whole = (time_t)seconds;
    time.tv_sec += whole;
    time.tv_nsec += (long)(1e9 * (seconds - (double)whole));
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

int ind_system_random(void *bytes, size_t size, struct ind_error *err)
{
#ifdef __linux__
    const bool given = getrandom(bytes, size, 0) == (ssize_t)size;
#else
    const bool given = getentropy(bytes, size) == 0;
#endif
    return given ? IND_OK : ind_fail_errno(err, "the system gives no random number");
}

/* ---- Files ----------------------------------------------------------------------------------- */

int ind_system_open_beneath(int folder, const char *name, int flags)
{
#ifdef __linux__
    struct open_how how = {.flags = (unsigned)flags,
                           .mode = flags & O_CREAT ? 0666 : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    const int fd = (int)syscall(SYS_openat2, folder, name, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return fd;
#endif
    return openat(folder, name, flags | O_NOFOLLOW, 0666);
}

int ind_system_open_folder(const char *path)
{
#ifdef O_PATH
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
#else
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#endif
}

int ind_system_pipe(int ends[2])
{
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

struct timespec ind_system_changed(const struct stat *info)
{
#ifdef __APPLE__
    return info->st_mtimespec;
#else
    return info->st_mtim;
#endif
}

/* ---- Sorting --------------------------------------------------------------------------------- */

/* macOS has both arguments in the other order. */
#ifdef __APPLE__
struct sorting {
    int (*compare)(const void *a, const void *b, void *context);
    void *context;
};

static int compare_swapped(void *memory, const void *a, const void *b)
{
    const struct sorting *sorting = memory;
    return sorting->compare(a, b, sorting->context);
}
#endif

void ind_system_sort(void *items, size_t count, size_t size,
                     int (*compare)(const void *a, const void *b, void *context), void *context)
{
#ifdef __APPLE__
    qsort_r(items, count, size, &(struct sorting){compare, context}, compare_swapped);
#else
    qsort_r(items, count, size, compare, context);
#endif
}

/* ---- Text ------------------------------------------------------------------------------------ */

#ifdef __linux__
struct text {
    char **text;
    size_t *size, room;
    bool failed;
};

static ssize_t write_text(void *cookie, const char *bytes, size_t size)
{
    struct text *to = cookie;
    to->failed = to->failed || ind_grow(to->text, &to->room, *to->size + size + 1, 1, NULL);
    if (to->failed)
        return 0;
    memcpy(*to->text + *to->size, bytes, size);
    *to->size += size;
    return (ssize_t)size;
}

/* What is printed after a part that found no room is not written either. */
static int close_text(void *cookie)
{
    struct text *to = cookie;
    const bool failed = to->failed || ind_grow(to->text, &to->room, *to->size + 1, 1, NULL);
    if (!failed)
        (*to->text)[*to->size] = '\0';
    free(to);
    return failed ? -1 : 0;
}

FILE *ind_system_text_stream(char **text, size_t *size)
{
    struct text *to = malloc(sizeof *to);
    if (!to)
        return NULL;
    *to = (struct text){.text = text, .size = size};
    FILE *stream =
        fopencookie(to, "w", (cookie_io_functions_t){.write = write_text, .close = close_text});
    if (!stream)
        free(to);
    return stream;
}
#else
FILE *ind_system_text_stream(char **text, size_t *size)
{
    return open_memstream(text, size);
}
#endif

/* ---- Watching folders ------------------------------------------------------------------------ */

#ifdef __linux__
int ind_system_watch(void)
{
    return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

/* Files take their names by rename: whole when they appear. */
bool ind_system_watch_folder(int watch, const char *path)
{
    return inotify_add_watch(watch, path, IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM) >= 0;
}

bool ind_system_watch_told(int watch)
{
    char events[4096];
    bool told = false;
    while (read(watch, events, sizeof events) > 0)
        told = true;
    return told;
}
#else
int ind_system_watch(void)
{
    return -1;
}

bool ind_system_watch_folder(int watch, const char *path)
{
    (void)watch, (void)path;
    return false;
}

bool ind_system_watch_told(int watch)
{
    (void)watch;
    return false;
}
#endif
