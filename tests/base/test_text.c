/* Text: whatever request for memory is refused, all that was printed is there, or none; names. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <induct/base/file.h>

/* glibc's own, beneath those of this file, which refuse request number `refused`. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static long requests, refused = -1;

/* A sanitizer has an allocator of its own, which these would replace. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static bool is_refused(void)
{
    if (++requests != refused)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(memory, size);
}
#endif

enum { LINES = 6000 };

static bool print_lines(char **text, size_t *size)
{
    FILE *stream = ind_text_open(text, size);
    for (int i = 0; stream && i < LINES; i++) {
        fprintf(stream, "%d, %.*s", i, i % 50,
                "a line of text that is as long as it happens to be");
        fputs("\n", stream);
    }
    return ind_text_close(stream, text);
}

static void test_whole(void **state)
{
    (void)state;
    char *text;
    size_t size;
    assert_true(print_lines(&text, &size));
    assert_int_equal(strlen(text), size);
    assert_memory_equal(text, "0, \n1, a\n2, a \n", 15);
    assert_string_equal(text + size - 2, "b\n");
    free(text);
}

static void test_nothing(void **state)
{
    (void)state;
    char *text;
    size_t size = 1;
    assert_true(ind_text_close(ind_text_open(&text, &size), &text));
    assert_string_equal(text, "");
    assert_int_equal(size, 0);
    free(text);
}

static void test_refused(void **state)
{
    (void)state;
    char *whole, *text;
    size_t whole_size, size;
    requests = 0;
    assert_true(print_lines(&whole, &whole_size));
    const long all = requests;
    assert_true(all > 4);
    long failed = 0;
    for (long number = 1; number <= all; number++) {
        requests = 0;
        refused = number;
        const bool there = print_lines(&text, &size);
        refused = -1;
        if (there)
            assert_true(size == whole_size && memcmp(text, whole, size + 1) == 0);
        else
            assert_null(text);
        failed += !there;
        free(text);
    }
    assert_true(failed > 0);
    free(whole);
}

/* "." by another name than the folder's would be another heading of a figure. */
static void test_name(void **state)
{
    (void)state;
    char *whole = ind_path_name(".");
    assert_non_null(whole);
    assert_string_not_equal(whole, ".");
    for (long number = 1; number <= 4; number++) {
        requests = 0;
        refused = number;
        char *name = ind_path_name(".");
        refused = -1;
        if (name)
            assert_string_equal(name, whole);
        free(name);
    }
    free(whole);
    char *nowhere = ind_path_name("no/such/run");
    assert_string_equal(nowhere, "run");
    free(nowhere);
}

int main(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    puts("left out: a sanitizer's allocator refuses nothing");
    return 77;
#endif
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_nothing),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
