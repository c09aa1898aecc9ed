/*
 * What a signal handler needs to put the terminal back stands in `held`; whoever is stopped or
 * killed inside a handler has changed nothing else. Handlers only call what is safe in them: write,
 * tcsetattr, sigaction, raise.
 */
#include <induct/tool/screen.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <induct/tool/stop.h>

static const char ENTER[] = "\033[?1049h\033[?25l\033[2J";
static const char LEAVE[] = "\033[0m\033[?25h\033[?1049l";

static struct {
    volatile sig_atomic_t on;     /* the terminal is changed */
    volatile sig_atomic_t wanted; /* a screen is open, if only in the background */
    volatile sig_atomic_t input;  /* standard input gives keys */
    int fd;
    struct termios before, during; /* of standard input */
} held;

/* ---- The terminal ---------------------------------------------------------------------------- */

static bool is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "UTF-8") || strcasestr(value, "utf8");
    }
    return false;
}

struct ind_terminal ind_terminal_of(int fd)
{
    struct winsize size;
    const char *kind = getenv("TERM"), *plain = getenv("NO_COLOR");
    const bool able = kind && *kind && strcmp(kind, "dumb") != 0;
    struct ind_terminal terminal = {.is_terminal = able && isatty(fd),
                                    .colour = able && !(plain && *plain),
                                    .utf8 = is_utf8(),
                                    .rows = 24,
                                    .columns = 80};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        terminal.rows = size.ws_row;
        terminal.columns = size.ws_col;
    }
    return terminal;
}

static bool in_foreground(void)
{
    const pid_t group = tcgetpgrp(held.fd);
    return group < 0 || group == getpgrp(); /* no terminal of ours: nobody controls who draws */
}

static void say(const char *sequence, size_t length)
{
    while (length > 0) {
        const ssize_t written = write(held.fd, sequence, length);
        if (written < 0 && errno != EINTR)
            return;
        sequence += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

static void enter(void)
{
    if (held.on || !held.wanted || !in_foreground())
        return;
    if (held.input)
        tcsetattr(STDIN_FILENO, TCSANOW, &held.during);
    say(ENTER, sizeof ENTER - 1);
    held.on = 1;
}

static void leave(void)
{
    const int error = errno;
    if (held.on && in_foreground()) {
        say(LEAVE, sizeof LEAVE - 1);
        if (held.input)
            tcsetattr(STDIN_FILENO, TCSANOW, &held.before);
    }
    held.on = 0;
    errno = error;
}

/* ---- Signals --------------------------------------------------------------------------------- */

static void nothing(int number)
{
    (void)number; /* what waits is woken */
}

static void take(int number, void (*handler)(int), int flags)
{
    struct sigaction before, action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        sigaction(number, &action, NULL);
}

/* As if there were no handler, but with the terminal put back: a process that is stopped goes on
 * here, one that ends does not. */
static void by_default(int number, void (*handler)(int))
{
    struct sigaction action;
    sigset_t only, before;
    leave();
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
    sigemptyset(&only);
    sigaddset(&only, number);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &only, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    action.sa_handler = handler;
    sigaction(number, &action, NULL);
}

static void on_stop(int number)
{
    const int error = errno;
    by_default(number, on_stop);
    enter();
    errno = error;
}

static void on_end(int number)
{
    by_default(number, on_end);
}

static void take_signals(void)
{
    static const int ends[] = {SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        take(ends[i], on_end, 0);
    take(SIGTSTP, on_stop, SA_RESTART);
    take(SIGWINCH, nothing, SA_RESTART);
    take(SIGCONT, nothing, SA_RESTART);
}

/* ---- The screen ------------------------------------------------------------------------------ */

static bool take_input(void)
{
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &held.before) != 0)
        return false;
    held.during = held.before;
    held.during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    held.during.c_cc[VMIN] = 0;
    held.during.c_cc[VTIME] = 0;
    return true;
}

bool ind_screen_open(struct ind_screen *screen, int fd, bool keys)
{
    *screen = (struct ind_screen){.fd = fd};
    if (!ind_terminal_of(fd).is_terminal || held.wanted)
        return false;
    held.fd = fd;
    screen->keys = keys && take_input();
    held.input = screen->keys;
    held.wanted = 1;
    screen->on = true;
    take_signals();
    ind_stop_restore_with(leave);
    atexit(leave);
    enter();
    return true;
}

void ind_screen_close(struct ind_screen *screen, const char *last)
{
    if (!screen->on)
        return;
    leave();
    held.wanted = 0;
    ind_stop_restore_with(NULL);
    screen->on = false;
    if (last && in_foreground())
        say(last, strlen(last));
}

void ind_screen_draw(struct ind_screen *screen, const char *picture)
{
    if (!screen->on || !in_foreground())
        return;
    enter();
    const int rows = ind_terminal_of(screen->fd).rows;
    const size_t room = strlen(picture) + 32 * (size_t)(rows + 2);
    char *text = malloc(room);
    size_t used = 0;
    for (int row = 1; text && *picture && row <= rows; row++) {
        const size_t length = strcspn(picture, "\n");
        used += (size_t)snprintf(text + used, room - used, "\033[%d;1H%.*s\033[K", row, (int)length,
                                 picture);
        picture += length + (picture[length] == '\n');
    }
    if (text) {
        used += (size_t)snprintf(text + used, room - used, "\033[J\033[%d;1H", rows);
        say(text, used);
    }
    free(text);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

/* The key that the pending bytes begin with, and how many of them it takes; 0 = not whole yet. */
static int understand(const unsigned char *bytes, int count, int *key)
{
    static const struct {
        const char *sequence;
        int key;
    } known[] = {{"\033[A", IND_KEY_UP},   {"\033OA", IND_KEY_UP},    {"\033[B", IND_KEY_DOWN},
                 {"\033OB", IND_KEY_DOWN}, {"\033[C", IND_KEY_RIGHT}, {"\033OC", IND_KEY_RIGHT},
                 {"\033[D", IND_KEY_LEFT}, {"\033OD", IND_KEY_LEFT},  {"\033[H", IND_KEY_HOME},
                 {"\033OH", IND_KEY_HOME}, {"\033[1~", IND_KEY_HOME}, {"\033[F", IND_KEY_END},
                 {"\033OF", IND_KEY_END},  {"\033[4~", IND_KEY_END}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const int length = (int)strlen(known[i].sequence);
        const int same = count < length ? count : length;
        if (memcmp(bytes, known[i].sequence, (size_t)same) != 0)
            continue;
        if (same < length && count > 1)
            return 0;
        if (same == length) {
            *key = known[i].key;
            return length;
        }
    }
    *key = bytes[0];
    return 1;
}

static int next_key(struct ind_screen *screen)
{
    int key = IND_KEY_NONE;
    if (screen->pending_count == 0)
        return key;
    const int used = understand(screen->pending, screen->pending_count, &key);
    screen->pending_count -= used;
    memmove(screen->pending, screen->pending + used, (size_t)screen->pending_count);
    return key;
}

int ind_screen_key(struct ind_screen *screen, double seconds)
{
    int key = next_key(screen);
    if (key != IND_KEY_NONE)
        return key;
    const bool reads = screen->keys && in_foreground();
    struct pollfd input = {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN};
    if (poll(&input, 1, (int)(seconds * 1e3)) <= 0 || !(input.revents & (POLLIN | POLLHUP)))
        return IND_KEY_NONE;
    const size_t room = sizeof screen->pending - (size_t)screen->pending_count;
    const ssize_t got = read(STDIN_FILENO, screen->pending + screen->pending_count, room);
    if (got > 0)
        screen->pending_count += (int)got;
    else if (got == 0 || errno != EINTR)
        screen->keys = false; /* nobody is there any more */
    return next_key(screen);
}
