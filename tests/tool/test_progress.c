/* Progress: rewritten in place and cut to width on a terminal, sparse elsewhere, silent if
   asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <induct/tool/progress.h>

#include "support/demo_tool.h"
#include "support/program.h"

/* Off a terminal and within ten seconds: nothing. */
static void short_work_leaves_no_lines(void **state)
{
    (void)state;
    const char *const argv[] = {"demo", NULL}, *const env[] = {"TERM=xterm", NULL};
    struct program_result result = program_run("progress", "/", argv, env, NULL);
    assert_string_equal(result.err, "");
    assert_string_equal(result.out, "");
    program_result_release(&result);
}

/* The clock is turned back instead of waited for: a line when both 10 s and a twentieth of the work
 * have passed. */
static void plain_lines_are_sparse(void **state)
{
    (void)state;
    int lines = 0;
    int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    struct ind_progress progress;
    dup2(null, STDERR_FILENO);
    ind_progress_start(&progress, "epochs", 0, 1000, false);
    for (long done = 1; done <= 1000; done++) {
        progress.last -= 1.0; /* a second a step: 1000 s in all */
        double before = progress.last;
        ind_progress_update(&progress, done, NULL);
        lines += progress.last > before;
    }
    bool slow_work_waits_for_time = !ind_progress_due(&progress);
    ind_progress_end(&progress);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(null);
    assert_true(slow_work_waits_for_time);
    assert_in_range(lines, 18, 20);
}

/* A pseudo-terminal's two ends; the test is skipped where there are none (no /dev/pts). */
static int open_terminal(int *terminal)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    const char *name =
        master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master) : NULL;
    *terminal = name ? open(name, O_RDWR | O_NOCTTY) : -1;
    if (*terminal < 0) {
        print_message("skipped: no pseudo-terminal can be had here: %s\n", strerror(errno));
        skip();
    }
    return master;
}

/* Everything the program writes to a terminal of `columns`. */
static char *on_terminal(int columns, bool quiet)
{
    int terminal, master = open_terminal(&terminal);
    const struct winsize size = {24, (unsigned short)columns, 0, 0};
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(terminal, STDERR_FILENO);
        setenv("TERM", "xterm", 1);
        setenv("INDUCT_TEST_ROLE", "progress", 1);
        execl("/proc/self/exe", "demo", quiet ? "--quiet" : NULL, NULL);
        _exit(127);
    }
    close(terminal);
    char *text = calloc(1, 1 << 20);
    size_t used = 0;
    ssize_t got;
    while ((got = read(master, text + used, (1 << 20) - 1 - used)) > 0)
        used += (size_t)got;
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(master);
    return text;
}

static int characters(const char *line, size_t bytes)
{
    int count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += ((unsigned char)line[i] & 0xC0) != 0x80;
    return count;
}

/* Calls check on each rewritten line; returns their number. */
static int each_line(const char *text, int columns)
{
    int count = 0;
    for (const char *at = strchr(text, '\r'); at; at = strchr(at + 1, '\r')) {
        size_t bytes = strcspn(at + 1, "\033");
        assert_memory_equal(at + 1 + bytes, "\033[K", 3);
        assert_true(characters(at + 1, bytes) < columns);
        count += bytes > 0;
    }
    return count;
}

static void one_line_on_a_terminal(void **state)
{
    (void)state;
    double started = ind_seconds();
    char *text = on_terminal(100, false);
    /* The first after 0.5 s, then at most ten a second; two in any case, as the work takes 1.2
       s. */
    int most = (int)((ind_seconds() - started - 0.5) / 0.1) + 1;
    assert_in_range(each_line(text, 100), 2, most);
    assert_null(strchr(text, '\n'));
    static const char begin[] =
        "\rdemo: loss 1.25 \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9  1";
    assert_memory_equal(text, begin, sizeof begin - 1);
    assert_non_null(strstr(text, "/200 checkpoints  "));
    assert_non_null(strstr(text, " %  "));
    assert_non_null(strstr(text, "/s  "));
    assert_non_null(strstr(text, " s left\033[K"));
    assert_string_equal(text + strlen(text) - 4, "\r\033[K"); /* cleared at the end */
    free(text);
}

static void cut_between_characters(void **state)
{
    (void)state;
    char *text = on_terminal(20, false);
    static const char begin[] = "\rdemo: loss 1.25 \xc3\xa9\xc3\xa9\xc3\xa9\033[K";
    assert_memory_equal(text, begin, sizeof begin - 1);
    assert_true(each_line(text, 20) > 0);
    free(text);
}

static void quiet_is_quiet(void **state)
{
    (void)state;
    char *text = on_terminal(80, true);
    assert_string_equal(text, "");
    free(text);
}

int main(int argc, char **argv)
{
    if (program_role())
        return demo_progress(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_work_leaves_no_lines),
        cmocka_unit_test(plain_lines_are_sparse),
        cmocka_unit_test(one_line_on_a_terminal),
        cmocka_unit_test(cut_between_characters),
        cmocka_unit_test(quiet_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
