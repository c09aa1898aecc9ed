/* A folder for a fuzzer whose input is a file of a run: in memory where there is such a file
 * system, made at the first call and left empty at the end of the process. */
#ifndef INDUCT_TESTS_FUZZ_SCRATCH_H
#define INDUCT_TESTS_FUZZ_SCRATCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_folder[64];

static inline const char *scratch_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", scratch_folder, name);
    return path;
}

static inline void scratch_end(void)
{
    static const char *const names[] = {"config.json", "metrics.tsv", "resume.safetensors", "lock",
                                        "array.npz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(scratch_path(names[i]));
    rmdir(scratch_folder);
}

static inline void scratch_begin(void)
{
    if (*scratch_folder)
        return;
    snprintf(scratch_folder, sizeof scratch_folder, "%s/induct-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(scratch_folder) || atexit(scratch_end) != 0)
        abort();
}

static inline void scratch_put(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(scratch_path(name), "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
}

#endif
