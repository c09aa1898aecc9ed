/*
 * Magic string, version, length of the header, the header: a Python dictionary padded with blanks
 * so that the data begin at a multiple of 64 bytes, a newline last.
 */
#include <induct/format/npy.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 64, PREAMBLE = 10 };

static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}; /* version 1.0 */
static const char *const float64 = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "<f8" : ">f8";

/* "(3, 4)", "(3,)", "()" */
static void shape_text(int rank, const size_t *shape, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (int i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, size - used, i == 0 ? "%zu" : ", %zu", shape[i]);
    snprintf(text + used, size - used, rank == 1 ? ",)" : ")");
}

size_t ind_npy_header(const char *descr, int rank, const size_t *shape,
                      char out[IND_NPY_HEADER_SIZE])
{
    char text[256];
    assert(rank >= 0 && rank <= IND_NPY_RANK_MAX);
    shape_text(rank, shape, text, sizeof text);
    memcpy(out, magic, sizeof magic);
    const int words =
        snprintf(out + PREAMBLE, IND_NPY_HEADER_SIZE - PREAMBLE,
                 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, text);
    const size_t used = PREAMBLE + (size_t)words + 1;
    const size_t size = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(out + used - 1, ' ', size - used);
    out[size - 1] = '\n';
    out[8] = (char)((size - PREAMBLE) & 0xff);
    out[9] = (char)((size - PREAMBLE) >> 8);
    return size;
}

int ind_npy_open(struct ind_npy *npy, const char *path, int rank, const size_t *shape,
                 struct ind_error *err)
{
    char header[IND_NPY_HEADER_SIZE];
    npy->missing = 1;
    for (int i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(npy->missing, shape[i], &npy->missing))
            return ind_fail(err, "%s: an array of that shape is too large", path);
    }
    const size_t size = ind_npy_header(float64, rank, shape, header);
    if (ind_file_check_target(path, err) || ind_new_file_open(&npy->file, path, false, err))
        return IND_FAILED;
    if (ind_new_file_write(&npy->file, header, size, err)) {
        ind_new_file_abandon(&npy->file);
        return IND_FAILED;
    }
    return IND_OK;
}

int ind_npy_write(struct ind_npy *npy, const double *values, size_t count, struct ind_error *err)
{
    assert(count <= npy->missing);
    npy->missing -= count;
    return ind_new_file_write(&npy->file, values, count * sizeof *values, err);
}

int ind_npy_commit(struct ind_npy *npy, struct ind_error *err)
{
    assert(npy->missing == 0);
    return ind_new_file_commit(&npy->file, err);
}

void ind_npy_abandon(struct ind_npy *npy)
{
    ind_new_file_abandon(&npy->file);
}
