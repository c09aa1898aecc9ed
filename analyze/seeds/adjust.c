/* p of rows, and adjusted for how many rows there are. */
#include "means.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/inference.h>
#include <induct/math/stats.h>

int maker_flip(struct maker *maker, int count, double *p, struct ind_error *err)
{
    if (ind_grow(&maker->flipped, &maker->flipped_room, maker->flipped_count + (size_t)count + 1,
                 sizeof *maker->flipped, err))
        return IND_FAILED;
    for (int i = 0; i < count; i++)
        maker->flipped[maker->flipped_count++] =
            (struct flipped){maker->found->count, maker->seeds[i], maker->values[i]};
    return ind_sign_flip(maker->values, count, p, err);
}

static int adjust_by_holm(struct found *found, struct ind_error *err)
{
    const size_t count = (size_t)found->count;
    double *p;
    size_t *order = NULL;
    int status = ind_alloc_into(&p, count, sizeof *p, err);
    if (status == IND_OK)
        status = ind_alloc_into(&order, count, sizeof *order, err);
    if (status == IND_OK) {
        for (size_t i = 0; i < count; i++)
            p[i] = found->rows[i].p;
        ind_holm_adjust(p, count, order, p);
        for (size_t i = 0; i < count; i++)
            found->rows[i].p_holm = p[i];
    }
    free(p);
    free(order);
    return status;
}

/* The seeds that any row rests on, each once. */
static int list_seeds(const struct maker *maker, long *seeds)
{
    int count = 0;
    for (size_t f = 0; f < maker->flipped_count; f++) {
        int at = 0;
        while (at < count && seeds[at] != maker->flipped[f].seed)
            at++;
        if (at == count)
            seeds[count++] = maker->flipped[f].seed;
    }
    return count;
}

/* differences [rows, count], NaN where a row has no such seed. */
static void lay_out(const struct maker *maker, const long *seeds, int count, double *differences)
{
    for (size_t i = 0; i < (size_t)maker->found->count * (size_t)count; i++)
        differences[i] = (double)NAN;
    for (size_t f = 0; f < maker->flipped_count; f++) {
        const struct flipped *one = &maker->flipped[f];
        int at = 0;
        while (seeds[at] != one->seed)
            at++;
        differences[(size_t)one->row * count + at] = one->difference;
    }
}

static int adjust_jointly(struct maker *maker, struct ind_error *err)
{
    struct found *found = maker->found;
    const size_t rows = (size_t)found->count;
    double *differences = NULL, *p = NULL;
    const int count = list_seeds(maker, maker->seeds);
    int status = ind_alloc_into(&differences, rows * (size_t)count, sizeof *differences, err);
    if (status == IND_OK)
        status = ind_alloc_into(&p, rows, sizeof *p, err);
    if (status == IND_OK) {
        lay_out(maker, maker->seeds, count, differences);
        status = ind_sign_flip_family(differences, (int)rows, count, p, err);
    }
    for (size_t i = 0; i < rows && status == IND_OK; i++)
        found->rows[i].p_joint = isnan(found->rows[i].p) ? (double)NAN : p[i];
    free(differences);
    free(p);
    return status;
}

int maker_adjust(struct maker *maker, struct ind_error *err)
{
    return adjust_by_holm(maker->found, err) || adjust_jointly(maker, err) ? IND_FAILED : IND_OK;
}

void found_warn(const struct ind_tool *tool, const struct settings *s, const struct found *found)
{
    int tests = 0, pairs = 0, enough = 1;
    for (int i = 0; i < found->count; i++) {
        const int count = s->order ? found->rows[i].both : found->rows[i].seeds;
        tests += !isnan(found->rows[i].p);
        pairs = count > pairs ? count : pairs;
    }
    while (tests * ldexp(1, 1 - enough) >= 0.05)
        enough++;
    if (tests > 0 && pairs < enough)
        ind_tool_warn(tool,
                      "%d rows of at most %d seeds: p_holm cannot go below %.2g (%d seeds could "
                      "reach .05), p_joint not below %.2g",
                      tests, pairs, fmin(1, tests * ldexp(1, 1 - pairs)), enough,
                      ldexp(1, 1 - pairs));
}
