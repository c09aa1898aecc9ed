#include "limit.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include <induct/tool/progress.h>

enum { ALLOCATION_MARGIN = 10 };

/* Seconds until training must end for the allocation's sake; INFINITY without one. */
static double allocation_left(const struct ind_tool *tool)
{
    const char *text = getenv("SLURM_JOB_END_TIME");
    char *end = NULL;
    if (!text || !*text)
        return (double)INFINITY;
    const double left = strtod(text, &end) - (double)time(NULL);
    if (*end == '\0' && left > 0)
        return left - ALLOCATION_MARGIN; /* less than nothing: training ends with its first turn */
    ind_tool_warn(tool, "$SLURM_JOB_END_TIME is '%s', no time to come: not heeded", text);
    return (double)INFINITY;
}

struct limit limit_start(double seconds, const struct ind_tool *tool)
{
    const double allowed = seconds > 0 ? seconds : (double)INFINITY;
    return (struct limit){.end = ind_seconds() + fmin(allowed, allocation_left(tool))};
}

bool limit_is_near(struct limit *limit)
{
    const double now = ind_seconds();
    if (limit->turn > 0)
        limit->slowest = fmax(limit->slowest, now - limit->turn);
    limit->turn = now;
    return now + 2 * limit->slowest >= limit->end;
}
