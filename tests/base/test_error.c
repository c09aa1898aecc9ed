/* Errors as values and aligned memory: the messages as a caller sees them, and the limits. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/error.h>
#include <induct/base/memory.h>

static void context_goes_in_front(void **state)
{
    (void)state;
    struct ind_error err;
    assert_int_equal(ind_fail(&err, "checksum differs"), IND_FAILED);
    assert_int_equal(ind_error_context(&err, "epoch-%08d.safetensors", 900), IND_FAILED);
    assert_int_equal(ind_error_context(&err, "runs/a"), IND_FAILED);
    assert_string_equal(err.text, "runs/a: epoch-00000900.safetensors: checksum differs");
}

static void errno_is_named(void **state)
{
    (void)state;
    struct ind_error err;
    errno = ENOSPC;
    ind_fail_errno(&err, "cannot write %s", "x");
    assert_string_equal(err.text, "cannot write x: No space left on device");
    assert_int_equal(errno, ENOSPC);
}

static void long_text_is_cut(void **state)
{
    (void)state;
    struct ind_error err;
    char path[4000];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    ind_fail(&err, "%s", path);
    ind_error_context(&err, "%s", path);
    assert_true(memchr(err.text, '\0', sizeof err.text) != NULL);
    errno = EIO;
    ind_fail_errno(&err, "%s", path);
    assert_true(memchr(err.text, '\0', sizeof err.text) != NULL);
}

static void a_hostile_name_stays_on_the_line(void **state)
{
    (void)state;
    struct ind_error err;
    ind_fail(&err, "tensor %s", "a\nb\033[2J\177\xc3\xa9");
    assert_string_equal(err.text, "tensor a?b?[2J?\xc3\xa9");
    ind_error_context(&err, "%s", "x\ry");
    assert_string_equal(err.text, "x?y: tensor a?b?[2J?\xc3\xa9");
    errno = EIO;
    ind_fail_errno(&err, "%s", "\t");
    assert_int_equal(err.text[0], '?');
}

static void no_error_struct_is_fine(void **state)
{
    (void)state;
    assert_int_equal(ind_fail(NULL, "x"), IND_FAILED);
    assert_int_equal(ind_fail_errno(NULL, "x"), IND_FAILED);
    assert_int_equal(ind_error_context(NULL, "x"), IND_FAILED);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    for (size_t count = 0; count < 200; count += 7) {
        unsigned char *bytes = ind_alloc(count, 3);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        for (size_t i = 0; i < count * 3; i++)
            assert_int_equal(bytes[i], 0);
        free(bytes);
    }
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct ind_error err;
    void *out;
    assert_null(ind_alloc(SIZE_MAX / 2, 4));
    assert_null(ind_alloc(SIZE_MAX, 1));
    assert_int_equal(ind_alloc_into(&out, SIZE_MAX / 2, 4, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "out of memory"));
    assert_null(out);
}

static void arrays_grow(void **state)
{
    (void)state;
    struct ind_error err;
    int *items = NULL;
    size_t room = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(ind_grow(&items, &room, (size_t)i + 1, sizeof *items, &err), IND_OK);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_int_equal(ind_grow(&items, &room, SIZE_MAX / 2, sizeof *items, &err), IND_FAILED);
    assert_int_equal(items[999], 999);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(errno_is_named),
        cmocka_unit_test(long_text_is_cut),
        cmocka_unit_test(a_hostile_name_stays_on_the_line),
        cmocka_unit_test(no_error_struct_is_fine),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(arrays_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
