#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <induct/base/version.h>
#include <induct/math/blas.h>
#include <induct/math/simd.h>

/* The value of the first line "model name : ..." of /proc/cpuinfo. */
static void processor_name(char *name, size_t room)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    snprintf(name, room, "unknown processor");
    while (file && fgets(line, sizeof line, file)) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !value)
            continue;
        value += 1 + strspn(value + 1, " \t");
        snprintf(name, room, "%.*s", (int)strcspn(value, "\n"), value);
        break;
    }
    if (file)
        fclose(file);
}

void bench_machine(void)
{
    char name[256], blas[IND_BLAS_VERSION_SIZE];
    struct utsname system;
    processor_name(name, sizeof name);
    uname(&system);
    printf("induct     %s (%s)\n", ind_version(), ind_revision());
    printf("processor  %s, %ld online; %s %s\n", name, sysconf(_SC_NPROCESSORS_ONLN),
           system.sysname, system.release);
    printf("BLAS       %s, kernels %s, one thread a call\n", ind_blas_version(blas),
           ind_blas_core());
    printf("vectors    %s\n", ind_simd_name());
}

void bench_load(const char *when)
{
    double load = 0;
    if (getloadavg(&load, 1) != 1) {
        printf("load       not measured (%s)\n", when);
        return;
    }
    printf("load       %.2f %s\n", load, when);
}
