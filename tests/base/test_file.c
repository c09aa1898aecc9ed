/* Files from several parts: every byte once, in order, whatever a system call takes at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <induct/base/file.h>

#include "support/folder.h"

static struct ind_error err;

/* More parts than one system call takes, some of them empty. */
static void many_parts_are_one_file(void **state)
{
    enum { COUNT = 5000 };
    static const char text[] = "0123456789";
    static struct iovec parts[COUNT];
    static char expected[COUNT * 10];
    const char *path = folder_path(*state, "a");
    size_t size = 0, found;
    for (int i = 0; i < COUNT; i++) {
        parts[i] = (struct iovec){(char *)text + i % 5, (size_t)(i * 7 % 4)};
        memcpy(expected + size, text + i % 5, parts[i].iov_len);
        size += parts[i].iov_len;
    }
    struct ind_new_file file;
    assert_int_equal(ind_new_file_open(&file, path, false, &err), IND_OK);
    assert_int_equal(ind_new_file_write_parts(&file, parts, COUNT, &err), IND_OK);
    assert_int_equal(ind_new_file_write_parts(&file, parts, 0, &err), IND_OK);
    assert_int_equal(ind_new_file_commit(&file, &err), IND_OK);
    char *bytes = file_bytes(path, &found);
    assert_int_equal(found, size);
    assert_memory_equal(bytes, expected, size);
    free(bytes);
}

static void ignore(int signal)
{
    (void)signal;
}

/* The reader of a pipe: interrupts the writer, which is stuck in the middle of a part, then looks
 * for the numbers 0, 1, 2, ... Ends with 0 if there are `count` of them. */
static void read_numbers(int from, uint32_t count)
{
    uint32_t number, expected = 0;
    usleep(200000);
    kill(getppid(), SIGUSR1);
    usleep(200000);
    FILE *stream = fdopen(from, "r");
    while (fread(&number, sizeof number, 1, stream) == 1)
        if (number != expected++)
            _exit(1);
    _exit(expected == count ? 0 : 2);
}

static void interrupted_write_goes_on_where_it_was(void **state)
{
    (void)state;
    enum { COUNT = 100000, FIRST = 9999 };
    static uint32_t numbers[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        numbers[i] = i;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = ignore}, NULL); /* no SA_RESTART */
    const pid_t reader = fork();
    if (reader == 0) {
        close(ends[1]);
        read_numbers(ends[0], COUNT);
    }
    close(ends[0]);
    struct ind_new_file pipe_end = {.fd = ends[1], .path = (char *)"pipe"};
    struct iovec parts[] = {{numbers, FIRST * sizeof *numbers},
                            {numbers + FIRST, (COUNT - FIRST) * sizeof *numbers}};
    assert_int_equal(ind_new_file_write_parts(&pipe_end, parts, 2, &err), IND_OK);
    close(ends[1]);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
}

static void assert_kind(const char *path, enum ind_file_kind expected)
{
    enum ind_file_kind kind;
    assert_int_equal(ind_file_look(path, &kind, &err), IND_OK);
    assert_int_equal(kind, expected);
}

/* That there is nothing is an answer; that it cannot be told is an error. */
static void what_cannot_be_told_is_not_absent(void **state)
{
    enum ind_file_kind kind;
    const char *file = folder_path(*state, "file"), *loop = folder_path(*state, "loop");
    file_put(file, "x", 1);
    assert_int_equal(symlink("file", folder_path(*state, "link")), 0);
    assert_int_equal(symlink("loop", loop), 0);
    assert_int_equal(symlink("none", folder_path(*state, "dangling")), 0);
    assert_kind(*state, IND_FILE_FOLDER);
    assert_kind(file, IND_FILE_REGULAR);
    assert_kind(folder_path(*state, "link"), IND_FILE_REGULAR);
    assert_kind("/dev/null", IND_FILE_OTHER);
    assert_kind(folder_path(*state, "none"), IND_FILE_NONE);
    assert_kind(folder_path(*state, "dangling"), IND_FILE_NONE);
    assert_kind(folder_path(*state, "file/below"), IND_FILE_NONE);
    assert_int_equal(ind_file_look(loop, &kind, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "loop: cannot look at it: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(many_parts_are_one_file),
        IN_A_FOLDER(what_cannot_be_told_is_not_absent),
        cmocka_unit_test(interrupted_write_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
