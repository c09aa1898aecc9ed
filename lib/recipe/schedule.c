/* When checkpoints are written, and how the learning rate changes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/recipe/recipe.h>

/* ---- Checkpoints ----------------------------------------------------------------------------- */

/* epoch = round(10^(i/per_decade)) for some i: only the nearest i can be it, and its neighbours for
 * the sake of rounding. */
static int on_log_grid(long epoch, int per_decade)
{
    long nearest = lround(log10((double)epoch) * per_decade);
    for (long i = nearest - 1; i <= nearest + 1; i++)
        if (i >= 0 && lround(pow(10.0, (double)i / per_decade)) == epoch)
            return 1;
    return 0;
}

static int in_window(const struct ind_window *window, long epoch)
{
    return epoch >= window->first && epoch <= window->last &&
           (epoch - window->first) % window->step == 0;
}

int ind_schedule_wants(const struct ind_schedule *schedule, long epoch, long first, long last)
{
    if (epoch == first || epoch == last)
        return 1;
    for (int i = 0; i < schedule->window_count; i++)
        if (in_window(&schedule->windows[i], epoch))
            return 1;
    if (schedule->every > 0 && epoch % schedule->every == 0)
        return 1;
    return schedule->per_decade > 0 && epoch > 0 && on_log_grid(epoch, schedule->per_decade);
}

/* A number of 0..IND_EPOCH_MAX at *at, or `open` if there are no digits; moves *at past it. */
static int take_number(const char **at, long open, long *out)
{
    char *end;
    *out = open;
    if (**at < '0' || **at > '9')
        return IND_OK;
    errno = 0;
    *out = strtol(*at, &end, 10);
    *at = end;
    return errno == 0 && *out <= IND_EPOCH_MAX ? IND_OK : IND_FAILED;
}

/* "A:B[:C]" up to a comma or the end, which *at is moved to. */
static int take_window(const char **at, struct ind_window *out)
{
    if (take_number(at, 0, &out->first) || *(*at)++ != ':' ||
        take_number(at, IND_EPOCH_MAX, &out->last))
        return IND_FAILED;
    out->step = 1;
    if (**at == ':' && (++*at, take_number(at, 1, &out->step)))
        return IND_FAILED;
    return out->step >= 1 && out->first <= out->last ? IND_OK : IND_FAILED;
}

int ind_schedule_parse(const char *list, struct ind_schedule *schedule, struct ind_error *err)
{
    struct ind_schedule parsed = {.per_decade = schedule->per_decade};
    for (const char *at = list;; at++) {
        const size_t length = strcspn(at, ",");
        int status = IND_OK;
        if (memchr(at, ':', length) == NULL)
            status = length ? take_number(&at, -1, &parsed.every) : IND_FAILED;
        else if (parsed.window_count == IND_WINDOWS_MAX)
            return ind_fail(err, "more than %d windows of epochs", IND_WINDOWS_MAX);
        else
            status = take_window(&at, &parsed.windows[parsed.window_count++]);
        if (status != IND_OK || (*at && *at != ','))
            return ind_fail(err, "'%s' is no list of K and A:B:C", list);
        if (*at == '\0')
            break;
    }
    if (parsed.every < 0)
        return ind_fail(err, "'%s' is no list of K and A:B:C", list);
    *schedule = parsed;
    return IND_OK;
}

/* ---- The rate -------------------------------------------------------------------------------- */

const char *ind_rate_shape_name(enum ind_rate_shape shape)
{
    static const char *const names[] = {"constant", "linear", "cosine"};
    return (unsigned)shape < sizeof names / sizeof *names ? names[shape] : NULL;
}

static double shape_at(const struct ind_rate *rate, double x)
{
    if (rate->shape == IND_RATE_LINEAR)
        return x < 1 ? 1 - x : 0;
    if (rate->shape == IND_RATE_COSINE)
        return x < 1 ? (1 + cos(M_PI * x)) / 2 : 0;
    return 1;
}

double ind_rate_factor(const struct ind_rate *rate, long epoch)
{
    const double done = (double)(epoch - rate->first);
    const double length = (double)(rate->last - rate->first);
    const double warm = rate->warmup > 0 ? fmin(1, (done + 1) / (double)rate->warmup) : 1;
    return warm * shape_at(rate, length > 0 ? done / length : 1);
}
