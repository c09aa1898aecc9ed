#include <induct/tool/watch.h>

#include <unistd.h>

#include <induct/base/system.h>
#include <induct/tool/progress.h>

/* Seconds between two listings, of folders that are watched and of others. */
static const double WATCHED = 5.0, UNWATCHED = 0.5;

void ind_watch_open(struct ind_watch *watch)
{
    watch->system = ind_system_watch();
    watch->listed = ind_seconds();
}

void ind_watch_add(struct ind_watch *watch, const char *folder)
{
    if (watch->system >= 0 && !ind_system_watch_folder(watch->system, folder))
        ind_watch_close(watch);
}

void ind_watch_close(struct ind_watch *watch)
{
    if (watch->system >= 0)
        close(watch->system);
    watch->system = -1;
}

bool ind_watch_due(struct ind_watch *watch)
{
    const bool watched = watch->system >= 0;
    const double now = ind_seconds(), pause = watched ? WATCHED : UNWATCHED;
    if (!(watched && ind_system_watch_told(watch->system)) && now - watch->listed < pause)
        return false;
    watch->listed = now;
    return true;
}
