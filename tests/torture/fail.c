/*
 * Preloaded into a program: its $FAIL_AT-th request for memory is refused (with FAIL_ALL set, every
 * later one too). Without FAIL_AT nothing is; the number of requests is written to the file
 * $FAIL_COUNT as the program ends. What it starts goes its way: only processes called $FAIL_IN are
 * meant, and of several of that name the count is the highest.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, under names that nothing interposes: dlsym() would want memory itself. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long requests;
static long at;
static bool all;

static bool is_meant(void)
{
    const char *name = getenv("FAIL_IN");
    return !name || strcmp(name, program_invocation_short_name) == 0;
}

static long counted_before(int fd)
{
    char text[32];
    const ssize_t length = read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    return strtol(text, NULL, 10);
}

/* The last of all constructors, as far as it can be: what is asked for before main() is the
 * loader's affair. */
__attribute__((constructor(65535))) static void begin(void)
{
    const char *number = getenv("FAIL_AT");
    all = getenv("FAIL_ALL") != NULL;
    at = number ? strtol(number, NULL, 10) : -1;
    if (!is_meant())
        at = -1;
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    const char *path = getenv("FAIL_COUNT");
    const int fd = path && is_meant() ? open(path, O_RDWR | O_CREAT, 0666) : -1;
    if (fd < 0)
        return;
    const long number = atomic_load(&requests);
    const int length = snprintf(text, sizeof text, "%ld\n", number);
    if (number > counted_before(fd) && pwrite(fd, text, (size_t)length, 0) != length)
        abort();
    close(fd);
}

static bool refused(void)
{
    if (at == 0)
        return false;
    const long number = atomic_fetch_add(&requests, 1) + 1;
    if (at < 0 || !(number == at || (all && number > at)))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return refused() ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refused() ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *found = aligned_alloc(alignment, size);
    if (!found)
        return ENOMEM;
    *memory = found;
    return 0;
}
