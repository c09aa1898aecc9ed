/*
 * .npy files byte by byte, as the format's specification (NEP 1) has them.
 */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/format/npy.h>

#include "support/folder.h"

static void bytes_of_a_matrix(void **state)
{
    (void)state;
    const size_t shape[] = {2, 3};
    const double values[] = {1, 2, 3, -4, 0.5, 1e300};
    char *folder = folder_new(), *path = ind_text("%s/a.npy", folder), *bytes;
    struct ind_npy npy;
    size_t size;
    assert_int_equal(ind_npy_open(&npy, path, 2, shape, NULL), IND_OK);
    assert_int_equal(ind_npy_write(&npy, values, 4, NULL), IND_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(ind_npy_write(&npy, values + 4, 2, NULL), IND_OK);
    assert_int_equal(ind_npy_commit(&npy, NULL), IND_OK);
    assert_int_equal(ind_file_read(path, 0, &bytes, &size, NULL), IND_OK);
    assert_int_equal(size, 128 + sizeof values);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    const char *dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    assert_memory_equal(bytes + 10, dictionary, strlen(dictionary));
    for (size_t i = 10 + strlen(dictionary); i < 127; i++)
        assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[127], '\n');
    assert_memory_equal(bytes + 128, values, sizeof values);
    free(bytes);
    free(path);
    folder_remove(folder);
}

static void shapes_of_every_rank(void **state)
{
    (void)state;
    const size_t shape[IND_NPY_RANK_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    const char *const texts[] = {"'shape': (), }", "'shape': (1,), }", "'shape': (1, 1), }"};
    const double one = 1.0;
    char *folder = folder_new(), *path = ind_text("%s/a.npy", folder), *bytes;
    for (int rank = 0; rank <= IND_NPY_RANK_MAX; rank++) {
        struct ind_npy npy;
        size_t size;
        assert_int_equal(ind_npy_open(&npy, path, rank, shape, NULL), IND_OK);
        assert_int_equal(ind_npy_write(&npy, &one, 1, NULL), IND_OK);
        assert_int_equal(ind_npy_commit(&npy, NULL), IND_OK);
        assert_int_equal(ind_file_read(path, 0, &bytes, &size, NULL), IND_OK);
        assert_int_equal(size % 64, sizeof one);
        assert_true(rank > 2 || strstr(bytes + 10, texts[rank]) != NULL);
        free(bytes);
    }
    free(path);
    folder_remove(folder);
}

static void nothing_stays_of_what_is_abandoned_or_too_large(void **state)
{
    (void)state;
    const size_t shape[] = {5}, huge[] = {(size_t)-1, 3};
    char *folder = folder_new(), *path = ind_text("%s/a.npy", folder);
    struct ind_npy npy;
    struct ind_error err;
    assert_int_equal(ind_npy_open(&npy, path, 1, shape, NULL), IND_OK);
    ind_npy_abandon(&npy);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(ind_npy_open(&npy, path, 2, huge, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "too large"));
    assert_int_equal(ind_npy_open(&npy, "/no/such/folder/a.npy", 1, shape, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "/no/such/folder"));
    free(path);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_a_matrix),
        cmocka_unit_test(shapes_of_every_rank),
        cmocka_unit_test(nothing_stays_of_what_is_abandoned_or_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
