/*
 * A screen on a pseudo-terminal, under a small shell: keys, sizes, Ctrl-Z, and the terminal as it
 * was at every end.
 */
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <induct/tool/screen.h>
#include <induct/tool/stop.h>

static const char ENTER[] = "\033[?1049h", LEAVE[] = "\033[?1049l";

/* ---- The program under test ------------------------------------------------------------------ */

/* Shows the window's size and the last key; q ends it. With `deaf` a signal is never looked at. */
static int view(bool deaf)
{
    struct ind_screen screen;
    char picture[256];
    int key = 0;
    ind_stop_install();
    if (!ind_screen_open(&screen, STDOUT_FILENO, true))
        return 9;
    while (key != 'q' && (deaf || !ind_stop_signal())) {
        const struct ind_terminal now = ind_terminal_of(STDOUT_FILENO);
        snprintf(picture, sizeof picture, "size %dx%d\nkey %d.\n", now.rows, now.columns, key);
        ind_screen_draw(&screen, picture);
        const int next = ind_screen_key(&screen, 0.02);
        key = next ? next : key;
    }
    ind_screen_close(&screen, "the last picture\n");
    return ind_stop_status() ? ind_stop_status() : 7;
}

/* ---- A shell --------------------------------------------------------------------------------- */

/* What a shell says of the terminal that it has back: "sane" if lines are edited and echoed. */
static void say(const char *word, int number)
{
    struct termios mode;
    char line[64];
    tcgetattr(STDIN_FILENO, &mode);
    const bool sane = (mode.c_lflag & ICANON) && (mode.c_lflag & ECHO);
    const int length =
        snprintf(line, sizeof line, "<%s %d %s>\n", word, number, sane ? "sane" : "raw");
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(1);
}

static void to_foreground(pid_t group)
{
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, group);
}

/* Runs the program in a group of its own, as `view` or `deaf`; a line "f" brings one that stopped
 * back to the foreground, "b" to the background. */
static _Noreturn void shell(bool deaf)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGSEGV, SIG_DFL); /* the test's framework has them, and stops at them */
    signal(SIGABRT, SIG_DFL);
    setenv("TERM", "xterm", 1);
    const pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        to_foreground(getpid());
        signal(SIGTTOU, SIG_DFL);
        _exit(view(deaf));
    }
    setpgid(child, child);
    to_foreground(child);
    for (int status; waitpid(child, &status, WUNTRACED) == child;) {
        char command[8];
        to_foreground(getpgrp());
        if (WIFEXITED(status))
            say("exit", WEXITSTATUS(status));
        else if (WIFSIGNALED(status))
            say("signal", WTERMSIG(status));
        if (!WIFSTOPPED(status))
            _exit(0);
        say("stopped", WSTOPSIG(status));
        while (read(STDIN_FILENO, command, sizeof command) > 0) {
            if (command[0] == 'f')
                to_foreground(child);
            kill(-child, SIGCONT);
            if (command[0] == 'f')
                break;
            say("background", 0);
        }
    }
    _exit(1);
}

/* ---- The terminal ---------------------------------------------------------------------------- */

struct terminal {
    int master;
    pid_t shell;
    char seen[1 << 18]; /* since the last await(), which forgets what it has found */
    size_t used;
};

static struct terminal terminal;

static void begin(bool deaf)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    terminal.used = 0;
    terminal.shell = forkpty(&terminal.master, NULL, NULL, &size);
    if (terminal.shell < 0)
        skip();
    if (terminal.shell == 0)
        shell(deaf);
}

/* Waits for the text; what came with it up to its end is left in `seen`, as a string. */
static void await(const char *text)
{
    const size_t length = strlen(text);
    terminal.used = 0;
    for (;;) {
        struct pollfd input = {.fd = terminal.master, .events = POLLIN};
        if (poll(&input, 1, 20000) <= 0)
            fail_msg("waited in vain for '%s' after: %s", text, terminal.seen);
        /* byte by byte: what comes after it is the next one's */
        const ssize_t got = read(terminal.master, terminal.seen + terminal.used, 1);
        if (got != 1 || terminal.used + 2 > sizeof terminal.seen)
            fail_msg("no '%s' in: %s", text, terminal.seen);
        terminal.seen[++terminal.used] = '\0';
        if (terminal.used >= length &&
            memcmp(terminal.seen + terminal.used - length, text, length) == 0)
            return;
    }
}

static void type(const char *keys)
{
    assert_int_equal(write(terminal.master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void end(void)
{
    int status;
    assert_int_equal(waitpid(terminal.shell, &status, 0), terminal.shell);
    close(terminal.master); /* not before: it would hang up on a shell that is still leaving */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void keys_and_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *understood;
    } keys[] = {{"\033[C", "key 257."}, {"\033OD", "key 256."},  {"\033[A", "key 258."},
                {"\033[B", "key 259."}, {"\033[1~", "key 260."}, {"\033[F", "key 261."},
                {" ", "key 32."},       {"+", "key 43."}};
    begin(false);
    await(ENTER);
    await("size 24x80");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        type(keys[i].typed);
        await(keys[i].understood);
        assert_null(strchr(terminal.seen, '\n')); /* nothing scrolls */
    }
    for (unsigned short rows = 5; rows <= 60; rows = (unsigned short)(rows * 3)) {
        const struct winsize size = {.ws_row = rows, .ws_col = (unsigned short)(4 * rows)};
        char text[32];
        assert_int_equal(ioctl(terminal.master, TIOCSWINSZ, &size), 0);
        snprintf(text, sizeof text, "size %dx%d", rows, 4 * rows);
        await(text);
        assert_null(strchr(terminal.seen, '\n'));
    }
    type("q");
    await(LEAVE);
    await("the last picture");
    await("<exit 7 sane>");
    end();
}

static void stopped_and_brought_back(void **state)
{
    (void)state;
    begin(false);
    await("size 24x80");
    for (int i = 0; i < 2; i++) {
        type("\032");
        await(LEAVE);
        await("<stopped 20 sane>");
        type("f\n");
        await(ENTER);
        await("size 24x80");
    }
    /* in the background it draws nothing, and reads no keys */
    type("\032");
    await("<stopped 20 sane>");
    type("b\n");
    await("<background 0 sane>");
    usleep(200000);
    type("f\n");
    await(ENTER);
    assert_null(strstr(terminal.seen, "size"));
    type("q");
    await("<exit 7 sane>");
    end();
}

static void restored_at_any_end(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *said;
    } ends[] = {{"\003", "<exit 130 sane>"}, {"\034", "<signal 3 sane>"}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        begin(false);
        await("size 24x80");
        type(ends[i].typed);
        await(LEAVE);
        await(ends[i].said);
        end();
    }
    static const int signals[] = {SIGTERM, SIGSEGV, SIGABRT};
    static const char *const said[] = {"<exit 143 sane>", "<signal 11 sane>", "<signal 6 sane>"};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        begin(false);
        await("size 24x80");
        assert_int_equal(kill(-tcgetpgrp(terminal.master), signals[i]), 0);
        await(LEAVE);
        await(said[i]);
        end();
    }
}

/* One that does not look at its flag is ended from the handler. */
static void restored_from_the_handler(void **state)
{
    (void)state;
    begin(true);
    await("size 24x80");
    type("\003");
    await(LEAVE);
    await("<exit 130 sane>");
    end();
}

static void what_a_terminal_can_show(void **state)
{
    (void)state;
    int master, slave;
    const struct winsize size = {.ws_row = 5, .ws_col = 20};
    if (openpty(&master, &slave, NULL, NULL, &size) != 0)
        skip();
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    struct ind_terminal now = ind_terminal_of(slave);
    assert_true(now.is_terminal && now.colour && now.utf8);
    assert_int_equal(now.rows, 5);
    assert_int_equal(now.columns, 20);
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C", 1);
    now = ind_terminal_of(slave);
    assert_true(now.is_terminal && !now.colour && !now.utf8);
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    now = ind_terminal_of(slave);
    assert_true(!now.is_terminal && !now.colour);
    struct ind_screen screen;
    assert_false(ind_screen_open(&screen, slave, true));
    ind_screen_close(&screen, NULL);
    close(master);
    close(slave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_sizes),           cmocka_unit_test(stopped_and_brought_back),
        cmocka_unit_test(restored_at_any_end),      cmocka_unit_test(restored_from_the_handler),
        cmocka_unit_test(what_a_terminal_can_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
