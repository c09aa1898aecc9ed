/*
 * The one place that calls OpenBLAS's own functions.
 */
#include <induct/math/blas.h>

#include <stddef.h>
#include <string.h>

#include <cblas.h>

#include <induct/math/simd.h>

/* OpenBLAS's own, which it calls before a fork: ends its helper threads, until some product wants
 * them again. Not in cblas.h, hence weak. */
extern int blas_thread_shutdown_(void) __attribute__((weak));

/* The pthread flavour has started its helpers while it was loaded, and they look for work,
 * yielding, for some ten milliseconds of processor time each before they sleep: a fifth of a short
 * program. */
static void end_helpers(void)
{
    if (blas_thread_shutdown_)
        blas_thread_shutdown_();
}

/*
 * The same call is right under the three flavours, for different reasons:
 *
 *   pthread  sets the number of threads of every later call, in all threads
 *   openmp   sets the OpenMP number of threads of the calling thread, which the calling thread's
 *            products obey; inside a parallel region OpenBLAS uses one thread anyway
 *   serial   does nothing; there is nothing to do (but see ind_blas_concurrent)
 */
void ind_blas_init(void)
{
    openblas_set_num_threads(1);
    end_helpers();
}

bool ind_blas_concurrent(void)
{
    return openblas_get_parallel() != 0; /* 0 = serial */
}

char *ind_blas_version(char text[IND_BLAS_VERSION_SIZE])
{
    /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ... MAX_THREADS=64": the first two words. The
     * configuration is asked of the library that runs, not of the header that it was built with. */
    const char *config = openblas_get_config();
    size_t length = strcspn(config, " ");
    if (config[length] == ' ')
        length += 1 + strcspn(config + length + 1, " ");
    if (length >= IND_BLAS_VERSION_SIZE)
        length = IND_BLAS_VERSION_SIZE - 1;
    memcpy(text, config, length);
    text[length] = '\0';
    return text;
}

const char *ind_blas_core(void)
{
    return openblas_get_corename();
}

bool ind_blas_fallen_back(void)
{
    static const char *const of_sse[] = {"Katmai",       "Coppermine", "Northwood", "Prescott",
                                         "Banias",       "Atom",       "Core2",     "Penryn",
                                         "Dunnington",   "Nehalem",    "Athlon",    "Opteron",
                                         "Opteron_SSE3", "Barcelona",  "Bobcat",    "Nano"};
    if (strcmp(ind_simd_name(), "baseline") == 0)
        return false;
    for (size_t i = 0; i < sizeof of_sse / sizeof of_sse[0]; i++)
        if (strcmp(ind_blas_core(), of_sse[i]) == 0)
            return true;
    return false;
}
