/* A folder of a test's own, below $TMPDIR or /tmp. */
#ifndef INDUCT_TESTS_SUPPORT_FOLDER_H
#define INDUCT_TESTS_SUPPORT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the folder and returns its path (freed by folder_remove). Fails the test if it cannot. */
char *folder_new(void);

/* Removes it with everything below, and frees the path. */
void folder_remove(char *path);

/* A test whose state is the path of such a folder: cmocka_unit_test_setup_teardown(TEST, folder_set_up,
 * folder_tear_down). */
int folder_set_up(void **state);
int folder_tear_down(void **state);
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_set_up, folder_tear_down)

/* "FOLDER/name" in one of eight rotating buffers. */
const char *folder_path(const char *folder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Number of entries, "." and ".." not counted. */
int folder_count(const char *path);

bool file_exists(const char *path);

/* The whole file (freed with free); fails the test if it cannot. */
char *file_bytes(const char *path, size_t *size);
void file_put(const char *path, const void *bytes, size_t size);

/* Are the two files the same, byte for byte? */
bool files_equal(const char *a, const char *b);

#endif
