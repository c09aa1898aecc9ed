/* Arms against one of them, paired by seed. */
#include "means.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/inference.h>
#include <induct/math/stats.h>

/* The control's line for the same quantity and seed, or NULL. */
static const struct line *partner(const struct lines *lines, const struct line *line,
                                  const char *arm)
{
    for (int i = 0; i < lines->count; i++) {
        const struct line *other = &lines->items[i];
        if (other->seed == line->seed && strcmp(other->arm, arm) == 0 &&
            strcmp(other->column, line->column) == 0 && strcmp(other->of, line->of) == 0)
            return other;
    }
    return NULL;
}

int pairs_take(struct maker *maker, const struct lines *lines, int first, int count,
               struct ind_error *err)
{
    const struct line *line = &lines->items[first];
    struct row row = {.arm = line->arm, .column = line->column, .of = line->of};
    for (int i = 0; i < count; i++) {
        const struct line *other = partner(lines, line + i, maker->settings->against);
        if (!other)
            continue;
        maker->values[row.seeds] = line[i].y[0] - other->y[0];
        row.above += maker->values[row.seeds++] > 0;
        row.before += line[i].before;
        row.after += line[i].y[0];
        row.against_before += other->before;
        row.against_after += other->y[0];
    }
    if (row.seeds == 0)
        return ind_fail(err, "arms %s and %s have no seed in common for %s (%s)", line->arm,
                        maker->settings->against, line->column, line->of);
    row.before /= row.seeds;
    row.after /= row.seeds;
    row.against_before /= row.seeds;
    row.against_after /= row.seeds;
    return ind_sign_flip(maker->values, row.seeds, &row.p, err) ||
                   maker_mean(maker, row.seeds, NULL, &row.mean, err) ||
                   found_put(maker->found, &row, err)
               ? IND_FAILED
               : IND_OK;
}

int pairs_adjust(struct found *found, struct ind_error *err)
{
    const size_t count = (size_t)found->count;
    double *p;
    size_t *order;
    if (ind_alloc_into(&p, count, sizeof *p, err))
        return IND_FAILED;
    if (ind_alloc_into(&order, count, sizeof *order, err)) {
        free(p);
        return IND_FAILED;
    }
    for (size_t i = 0; i < count; i++)
        p[i] = found->rows[i].p;
    ind_holm_adjust(p, count, order, p);
    for (size_t i = 0; i < count; i++)
        found->rows[i].p_holm = p[i];
    free(p);
    free(order);
    return IND_OK;
}

/* As plots/fading/PLAN.md puts it. With fewer than six pairs no p can be below .05. */
static const char *judge(const struct row *row, double tolerance)
{
    const double lost = row->against_before - row->against_after;
    if (!(lost >= tolerance))
        return "open";
    const bool keeps =
        row->p_holm < 0.05 && row->mean.value > 0 && row->after >= row->before - tolerance;
    const bool loses = row->mean.hi < lost / 2;
    return keeps == loses ? "partial" : keeps ? "keeps" : "loses";
}

void pairs_judge(struct found *found, double tolerance)
{
    for (int i = 0; i < found->count; i++)
        found->rows[i].word = judge(&found->rows[i], tolerance);
}
