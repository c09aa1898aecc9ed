#include "watch.h"

#include <unistd.h>

#include <induct/base/system.h>
#include <induct/tool/progress.h>

/* Seconds between two listings, of folders that are watched and of others. */
static const double WATCHED = 5.0, UNWATCHED = 0.5;

void watch_open(struct watch *watch, const struct store *store)
{
    watch->system = ind_system_watch();
    watch->listed = ind_seconds();
    for (int r = 0; watch->system >= 0 && r < store->run_count; r++)
        if (!ind_system_watch_folder(watch->system, store->runs[r].plan.path))
            watch_close(watch);
}

void watch_close(struct watch *watch)
{
    if (watch->system >= 0)
        close(watch->system);
    watch->system = -1;
}

bool watch_due(struct watch *watch)
{
    const bool watched = watch->system >= 0;
    const double now = ind_seconds(), pause = watched ? WATCHED : UNWATCHED;
    if (!(watched && ind_system_watch_told(watch->system)) && now - watch->listed < pause)
        return false;
    watch->listed = now;
    return true;
}
