#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *folder_new(void)
{
    const char *parent = getenv("TMPDIR");
    char *path = NULL;
    assert_true(asprintf(&path, "%s/induct-test-XXXXXX", parent ? parent : "/tmp") > 0);
    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

void folder_remove(char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

const char *folder_path(const char *folder, const char *format, ...)
{
    static char paths[8][4096];
    static unsigned next;
    char *path = paths[next++ % 8];
    int used = snprintf(path, sizeof *paths, "%s/", folder);
    va_list args;
    va_start(args, format);
    vsnprintf(path + used, sizeof *paths - (size_t)used, format, args);
    va_end(args);
    return path;
}

int folder_count(const char *path)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    int count = -2;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

char *file_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length >= 0);
    rewind(file);
    char *bytes = malloc((size_t)length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
    bytes[length] = '\0';
    fclose(file);
    if (size)
        *size = (size_t)length;
    return bytes;
}

void file_put(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

bool files_equal(const char *a, const char *b)
{
    size_t size_a, size_b;
    char *bytes_a = file_bytes(a, &size_a), *bytes_b = file_bytes(b, &size_b);
    bool equal = size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0;
    free(bytes_a);
    free(bytes_b);
    return equal;
}

int folder_set_up(void **state)
{
    *state = folder_new();
    return 0;
}

int folder_tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}
