/*
 * What is asked of the system beneath that neither C nor POSIX has: system.c is the only file of
 * the library and the programs with calls of Linux or glibc in it (tests/build/system.sh), so that
 * another system is ported there. Where that has no such call, each says what is done in its place.
 *
 * argp, which reads command lines (tool/options.c), is a library: glibc holds it, elsewhere it is
 * argp-standalone.
 */
#ifndef INDUCT_BASE_SYSTEM_H
#define INDUCT_BASE_SYSTEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Path of the program that runs, links followed (free). Its neighbours are looked for beside it. */
IND_CHECKED int ind_system_program(char **path, struct ind_error *err);

/* Processors that this process may run on, at least 1; elsewhere than on Linux, those there are. */
int ind_system_processors(void);

/* Asks that `signal` be sent to this process when its parent ends, however that ends. Elsewhere
 * than on Linux nothing happens, and a child outlives a parent that is killed. */
void ind_system_end_with_parent(int signal);

/* A condition whose timed waits go by a clock that nobody sets, and the time on that clock some seconds
 * from now. macOS, which has no such waits, takes the clock of the day. */
void ind_system_condition(pthread_cond_t *condition);
struct timespec ind_system_after(double seconds);

/* Bytes that nobody can guess. */
IND_CHECKED int ind_system_random(void *bytes, size_t size, struct ind_error *err);

/* open(2) of a name in a folder that leads nowhere outside it: a link out of it fails with EXDEV or
 * ELOOP. Where the kernel (before 5.6), a sandbox or another system cannot tell, no link is
 * followed at all. The mode of a new file is 0666. Returns -1 and errno. */
int ind_system_open_beneath(int folder, const char *name, int flags);

/* A folder opened for ind_system_open_beneath() alone: it need not be readable. -1 and errno. */
int ind_system_open_folder(const char *path);

/* pipe(2), both ends closed in programs that are started. 0, or -1 and errno. */
int ind_system_pipe(int ends[2]);

/* qsort() whose comparison is handed `context` as well. */
void ind_system_sort(void *items, size_t count, size_t size,
                     int (*compare)(const void *a, const void *b, void *context), void *context);

/* open_memstream whose ferror() tells that a part of what was printed found no memory: elsewhere
 * than on Linux the system's own. */
FILE *ind_system_text_stream(char **text, size_t *size);

/* When the file's content changed last. */
struct timespec ind_system_changed(const struct stat *info);

/* ---- Watching folders ------------------------------------------------------------------------ */

/* Files that get or lose a name in a folder are told. -1 where that cannot be had (elsewhere than
 * on Linux): the folder is then to be listed now and then. */
int ind_system_watch(void);

/* False if that folder cannot be watched. */
bool ind_system_watch_folder(int watch, const char *path);

/* Has something been told since the last call? */
bool ind_system_watch_told(int watch);

/* ---- Order of bytes -------------------------------------------------------------------------- */

/* A word as the file has it from one as the machine has it, and the other way round. */
static inline uint64_t ind_little_endian(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return word;
#else
    return __builtin_bswap64(word);
#endif
}

static inline uint64_t ind_big_endian(uint64_t word)
{
    return __builtin_bswap64(ind_little_endian(word));
}

#ifdef __cplusplus
}
#endif
#endif
