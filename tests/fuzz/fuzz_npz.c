/*
 * The npz writer: arrays of any shape, type and name that it takes are read back by libzip, to the
 * byte, under their names.
 * longest: 64
 */
#include <string.h>

#include <zip.h>

#include <induct/exchange/export.h>
#include <induct/format/npy.h>

#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 8, DATA = 256 };

/* An array from the next bytes: a type, a rank, extents of 0 to 3, a letter and a number for its
 * name. */
static const uint8_t *add(struct ind_export *list, const uint8_t *at, int number)
{
    static const enum ind_dtype types[] = {IND_F64, IND_F32, IND_F16, IND_I64, IND_U8, IND_BOOL};
    static uint8_t values[DATA * 8];
    struct ind_error err;
    char name[16];
    int64_t shape[3];
    const int rank = at[1] % 4;
    for (int i = 0; i < rank; i++)
        shape[i] = at[2 + i] % 4;
    memset(values, at[5], sizeof values);
    snprintf(name, sizeof name, "%c%d", 'a' + at[6] % 26, number);
    if (ind_export_borrow(list, name, types[at[0] % 6], rank, shape, values, &err) != IND_OK)
        abort();
    return at + 7;
}

static void check(const struct ind_export *list)
{
    int reason;
    zip_t *zip = zip_open(scratch_path("array.npz"), ZIP_RDONLY | ZIP_CHECKCONS, &reason);
    if (!zip || zip_get_num_entries(zip, 0) != list->count)
        abort();
    for (int i = 0; i < list->count; i++) {
        const struct ind_st_write *item = &list->items[i];
        char bytes[IND_NPY_HEADER_SIZE + DATA * 8], name[32];
        size_t wanted = ind_dtype_size(item->dtype);
        for (int k = 0; k < item->rank; k++)
            wanted *= (size_t)item->shape[k];
        snprintf(name, sizeof name, "%s.npy", item->name);
        zip_file_t *file = zip_fopen(zip, name, 0);
        const zip_int64_t got = file ? zip_fread(file, bytes, sizeof bytes) : -1;
        if (got < (zip_int64_t)wanted || memcmp(bytes, "\x93NUMPY", 6) != 0 ||
            (wanted && memcmp(bytes + got - wanted, item->data, wanted) != 0))
            abort();
        zip_fclose(file);
    }
    zip_discard(zip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_export list = {0};
    struct ind_error err;
    const uint8_t *at = data;
    scratch_begin();
    for (int i = 0; i < MOST && (size_t)(at - data) + 7 <= size; i++)
        at = add(&list, at, i);
    if (list.count > 0) {
        if (ind_npz_write(scratch_path("array.npz"), &list, NULL, 0, &err) != IND_OK)
            abort();
        check(&list);
    }
    ind_export_release(&list);
    return 0;
}
