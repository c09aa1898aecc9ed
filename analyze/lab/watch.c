#include "watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <induct/tool/progress.h>

/* Seconds between two listings, with and without inotify. */
static const double WATCHED = 5.0, UNWATCHED = 0.5;

void watch_open(struct watch *watch, const struct store *store)
{
    watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->listed = ind_seconds();
    for (int r = 0; watch->inotify >= 0 && r < store->run_count; r++) {
        /* Files take their names by rename: whole when they appear. */
        if (inotify_add_watch(watch->inotify, store->runs[r].plan.path,
                              IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM) < 0)
            watch_close(watch);
    }
}

void watch_close(struct watch *watch)
{
    if (watch->inotify >= 0)
        close(watch->inotify);
    watch->inotify = -1;
}

static bool was_told(const struct watch *watch)
{
    char events[4096];
    bool told = false;
    while (watch->inotify >= 0 && read(watch->inotify, events, sizeof events) > 0)
        told = true;
    return told;
}

bool watch_due(struct watch *watch)
{
    const double now = ind_seconds(), pause = watch->inotify >= 0 ? WATCHED : UNWATCHED;
    if (!was_told(watch) && now - watch->listed < pause)
        return false;
    watch->listed = now;
    return true;
}
