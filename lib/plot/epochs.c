#include "plot/epochs.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/plot/plot.h>

static long last_of(const struct ind_series *series)
{
    return series->epochs[series->count - 1];
}

/* 1, 2, 5, 10, 20, ... */
static long next_step(long step)
{
    long power = 1;
    while (step >= 10 * power)
        power *= 10;
    return step == 2 * power ? 5 * power : 2 * step;
}

/* The next lower one that divides it: 20 below 100, 5 below 20, 1 below 5. */
static long finer_step(long step)
{
    return step % 5 == 0 ? step / 5 : step / 2 > 1 && step % 4 == 0 ? step / 4 : 1;
}

static long step_for(const struct ind_series *series, int most)
{
    for (long step = 1;; step = next_step(step)) {
        int count = 0;
        for (int i = 0; i < series->count; i++)
            count += series->epochs[i] % step == 0;
        if (count <= most || step > last_of(series))
            return step;
    }
}

char *ind_epochs_stride(const struct ind_series *series, int most)
{
    const long step = step_for(series, most);
    if (step > last_of(series))
        return ind_text("last");
    return ind_text("::%ld%s", step, last_of(series) % step != 0 ? ",last" : "");
}

/* Has [0, to] a checkpoint at a multiple of `fine` that is none of `used`? */
static bool adds_one(const struct ind_series *series, long to, long fine, long used)
{
    for (int i = 0; i < series->count && series->epochs[i] <= to; i++) {
        if (series->epochs[i] % fine == 0 && series->epochs[i] % used != 0)
            return true;
    }
    return false;
}

char *ind_epochs_thin(const struct ind_series *series, int most, int dense)
{
    if (series->count <= 2 * most)
        return ind_text("%s", "");
    long used = step_for(series, most);
    char *text = ind_epochs_stride(series, most);
    for (long step = used, fine; text && step > 1; step = fine) {
        const long wanted = dense * step, last = last_of(series);
        const long to = wanted < last ? wanted : last;
        fine = finer_step(step);
        if (!adds_one(series, to, fine, used))
            continue;
        char *longer = ind_text("0:%ld:%ld,%s", to, fine, text);
        free(text);
        text = longer;
        used = fine;
    }
    return text;
}

/* Is an epoch of a part of a choice: "last", "100", "0:200:5", "::20"? */
static bool is_of_part(const struct ind_series *series, const char *part, long epoch)
{
    long from, to, step;
    if (strncmp(part, "last", 4) == 0)
        return epoch == last_of(series);
    if (sscanf(part, "::%ld", &step) == 1)
        return epoch % step == 0;
    if (sscanf(part, "%ld:%ld:%ld", &from, &to, &step) == 3)
        return epoch >= from && epoch <= to && (epoch - from) % step == 0;
    return strtol(part, NULL, 10) == epoch;
}

int ind_epochs_count(const struct ind_series *series, const char *choice)
{
    int count = 0;
    for (int i = 0; i < series->count; i++) {
        bool chosen = !choice[0];
        for (const char *part = choice; part[0] && !chosen;) {
            chosen = is_of_part(series, part, series->epochs[i]);
            const char *comma = strchr(part, ',');
            part = comma ? comma + 1 : "";
        }
        count += chosen;
    }
    return count;
}

char *ind_epochs_within(const struct ind_series *series, int most, int dense, int limit)
{
    for (; most > 1; most /= 2, dense = (dense + 1) / 2) {
        char *text = ind_epochs_thin(series, most, dense);
        if (!text || ind_epochs_count(series, text) <= limit)
            return text;
        free(text);
    }
    return ind_epochs_profile(series, limit);
}

long ind_plot_nearest(const struct ind_series *series, double epoch)
{
    long best = series->epochs[0];
    for (int i = 1; i < series->count; i++) {
        if (fabs((double)series->epochs[i] - epoch) < fabs((double)best - epoch))
            best = series->epochs[i];
    }
    return best;
}

/* Not two curves of nearly the same epoch, nor one far from what it stands for. */
static bool fits_profile(long choice, double target, long last, long taken)
{
    return target <= 0.75 * (double)last && target >= (double)last / 40.0 &&
           fabs((double)choice - target) <= 0.2 * target && choice < taken;
}

char *ind_epochs_profile(const struct ind_series *series, int most)
{
    const long last = last_of(series);
    char *text = ind_text("%ld", last);
    long taken = last;
    int count = 1;
    double power = 1.0;
    while (power * 10.0 <= (double)last)
        power *= 10.0;
    for (; power >= 1.0 && count < most; power /= 10.0) {
        for (int times = 4; times >= 1 && count < most && text; times /= 2) {
            const double target = times * power;
            const long choice = ind_plot_nearest(series, target);
            if (!fits_profile(choice, target, last, taken))
                continue;
            char *longer = ind_text("%ld,%s", choice, text);
            free(text);
            text = longer;
            taken = choice;
            count++;
        }
    }
    return text;
}
