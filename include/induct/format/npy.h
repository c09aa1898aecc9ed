/*
 * Arrays as .npy files, format version 1.0: one array of doubles in C order, as numpy.load reads
 * it.
 *
 * Written piece by piece, so that an array need not fit into memory; the file appears whole or not
 * at all (base/file.h).
 */
#ifndef INDUCT_FORMAT_NPY_H
#define INDUCT_FORMAT_NPY_H

#include <induct/base/file.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_NPY_RANK_MAX = 8, IND_NPY_HEADER_SIZE = 512 };

/* The bytes before the data, for those that store an array elsewhere (a .npz): numpy's word for the
 * element ("<f4"), the shape [rank]. Returns how many there are, a multiple of 64. */
size_t ind_npy_header(const char *descr, int rank, const size_t *shape,
                      char out[IND_NPY_HEADER_SIZE]);

/* A file on its way. Owner: ends in commit or abandon. */
struct ind_npy {
    struct ind_new_file file;
    size_t missing; /* values that the shape still wants */
};

/* Begins PATH, an array of float64 of the shape [rank], rank 0..IND_NPY_RANK_MAX. The error begins
 * with the path. */
IND_CHECKED int ind_npy_open(struct ind_npy *npy, const char *path, int rank, const size_t *shape,
                             struct ind_error *err);

/* The next `count` values in C order, no more than are missing (asserted). */
IND_CHECKED int ind_npy_write(struct ind_npy *npy, const double *values, size_t count,
                              struct ind_error *err);

/* All values must have been written (asserted). */
IND_CHECKED int ind_npy_commit(struct ind_npy *npy, struct ind_error *err);

/* Removes what was written. Harmless on one that was committed or zeroed. */
void ind_npy_abandon(struct ind_npy *npy);

#ifdef __cplusplus
}
#endif
#endif
