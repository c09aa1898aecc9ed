/*
 * The progress line. What is shown is put together in one buffer and written by one call, so that
 * lines of several processes on one terminal do not mix.
 */
#include <induct/tool/progress.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE_ROOM = 1024, DEFAULT_WIDTH = 80, PLAIN_LINES = 20 };

static const double FIRST_AFTER = 0.5, TERMINAL_EVERY = 0.1, PLAIN_EVERY = 10.0;

double ind_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool on_terminal(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

void ind_progress_start(struct ind_progress *progress, const char *noun, long done, long total,
                        bool quiet)
{
    double now = ind_seconds();
    *progress = (struct ind_progress){.noun = noun,
                                      .done = done,
                                      .total = total,
                                      .started_at = done,
                                      .shown_at = done,
                                      .terminal = on_terminal(),
                                      .quiet = quiet,
                                      .started = now,
                                      .last = now};
}

bool ind_progress_due(const struct ind_progress *progress)
{
    if (progress->quiet)
        return false;
    double since = ind_seconds() - progress->last;
    if (progress->terminal)
        return since >= (progress->shown ? TERMINAL_EVERY : FIRST_AFTER);
    return since >= PLAIN_EVERY;
}

/* Off a terminal time alone would fill a log with thousands of lines: a twentieth of the work must
 * have been done as well. */
static bool plain_step_done(const struct ind_progress *progress, long done)
{
    return done - progress->shown_at >= (progress->total - progress->started_at) / PLAIN_LINES;
}

static int put_duration(char *out, size_t room, double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s < 60)
        return snprintf(out, room, "%ld s", s);
    if (s < 3600)
        return snprintf(out, room, "%ld min %02ld s", s / 60, s % 60);
    if (s < 86400)
        return snprintf(out, room, "%ld h %02ld min", s / 3600, s / 60 % 60);
    return snprintf(out, room, "%ld d %02ld h", s / 86400, s / 3600 % 24);
}

static void append_rate(const struct ind_progress *progress, char *line, size_t room)
{
    size_t used = strlen(line);
    double elapsed = ind_seconds() - progress->started;
    long fresh = progress->done - progress->started_at;
    if (fresh <= 0 || elapsed <= 0)
        return;
    double rate = (double)fresh / elapsed;
    char left[64];
    put_duration(left, sizeof left, (double)(progress->total - progress->done) / rate);
    snprintf(line + used, room - used, "  %.3g/s  %s left", rate, left);
}

/* Cuts the line after `width` characters, counting UTF-8 characters, not bytes. */
static void cut_to_width(char *line, int width)
{
    for (; *line; line++) {
        bool starts_character = ((unsigned char)*line & 0xC0) != 0x80;
        if (starts_character && width-- == 0) {
            *line = '\0';
            return;
        }
    }
}

static int terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_WIDTH;
}

void ind_progress_update(struct ind_progress *progress, long done, const char *text)
{
    progress->done = done;
    if (!ind_progress_due(progress))
        return;
    if (!progress->terminal && !plain_step_done(progress, done))
        return;
    char line[LINE_ROOM];
    long total = progress->total > 0 ? progress->total : 1;
    /* Of whom: programs run programs. */
    snprintf(line, sizeof line, "%s: %s%s%ld/%ld %s  %ld %%", program_invocation_short_name,
             text ? text : "", text ? "  " : "", done, progress->total, progress->noun,
             done * 100 / total);
    append_rate(progress, line, sizeof line);
    if (progress->terminal) {
        /* One column stays free: a full last column makes some terminals go to the next line. */
        cut_to_width(line, terminal_width() - 1);
        fprintf(stderr, "\r%s\033[K", line);
    } else {
        fprintf(stderr, "%s\n", line);
    }
    progress->last = ind_seconds();
    progress->shown_at = done;
    progress->shown = true;
}

void ind_progress_end(struct ind_progress *progress)
{
    if (progress->shown && progress->terminal)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
