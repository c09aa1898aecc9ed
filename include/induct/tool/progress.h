/*
 * Progress of long work on stderr: on a terminal one line rewritten in place (share, rate, time
 * left, and a text of the program's, which it begins by naming), otherwise a plain line now and
 * then (at most one every 10 seconds and about 20 in all). Silent under --quiet and for work that
 * ends within half a second.
 */
#ifndef INDUCT_TOOL_PROGRESS_H
#define INDUCT_TOOL_PROGRESS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_progress {
    const char *noun; /* "checkpoints", "epochs" */
    long done, total;
    long started_at; /* `done` at the start: a resumed run's rate counts only what is new */
    long shown_at;   /* `done` when a line was shown last */
    bool terminal, quiet, shown;
    double started, last; /* seconds, monotonic */
};

void ind_progress_start(struct ind_progress *progress, const char *noun, long done, long total,
                        bool quiet);

/* Cheap enough for every step: it looks at the clock and mostly returns. `text` (NULL = none) is
 * put before the count; it is only read when something is shown. A line is cut at the terminal's
 * width. */
void ind_progress_update(struct ind_progress *progress, long done, const char *text);

/* True if an update now would show something: for callers whose text costs. */
bool ind_progress_due(const struct ind_progress *progress);

/* Clears the terminal's line. */
void ind_progress_end(struct ind_progress *progress);

/* Seconds on the monotonic clock. */
double ind_seconds(void);

#ifdef __cplusplus
}
#endif
#endif
