/*
 * OpenBLAS, on which LAPACK (math/decomp.h) stands. Products are not its business here
 * (math/product.h).
 *
 * BLAS runs one thread inside induct: parallelism is over shards and checkpoints, which keeps
 * results independent of the number of threads. Whatever flavour of OpenBLAS the system has chosen
 * (pthread, openmp, serial), ind_blas_init() makes it so.
 */
#ifndef INDUCT_MATH_BLAS_H
#define INDUCT_MATH_BLAS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * First call of main, before any thread exists. Idempotent.
 *
 * Under the openmp flavour this also sets the number of threads that the calling thread's own
 * parallel regions would start by default: regions of induct say num_threads(...).
 */
void ind_blas_init(void);

/*
 * True if several threads may call LAPACK at the same time. Not so under the serial
 * flavour, which keeps its buffers without a lock: results would be wrong without a word.
 */
bool ind_blas_concurrent(void);

enum { IND_BLAS_VERSION_SIZE = 40 };

/* Writes "OpenBLAS 0.3.21", asked of the library that is loaded, into text and returns it. */
char *ind_blas_version(char text[IND_BLAS_VERSION_SIZE]);

/* The kernel set in use, "Zen" or "SkylakeX": a static string. Results are bit-identical only on
 * one core name. */
const char *ind_blas_core(void);

/*
 * True if OpenBLAS works by kernels of SSE while wider vectors run here (ind_simd_name): it is older
 * than the processor and does not know it. LAPACK then takes several times what it need;
 * OPENBLAS_CORETYPE in the environment names other kernels.
 */
bool ind_blas_fallen_back(void);

#ifdef __cplusplus
}
#endif
#endif
