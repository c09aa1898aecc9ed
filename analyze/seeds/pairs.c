/* Arms against one of them, paired by seed. */
#include "means.h"

#include <math.h>
#include <string.h>

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

/* Every pair's own difference. */
static int put_pairs(struct maker *maker, const struct row *row, struct ind_error *err)
{
    for (int i = 0; i < row->seeds; i++) {
        const struct row one = {.arm = row->arm,
                                .seed = maker->seeds[i],
                                .column = row->column,
                                .of = row->of,
                                .epoch = (double)NAN,
                                .least = maker->values[i]};
        if (found_put(maker->found, &one, err))
            return IND_FAILED;
    }
    return IND_OK;
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
        maker->seeds[row.seeds] = line[i].seed;
        row.above += maker->values[row.seeds++] > 0;
        row.before += line[i].before;
        row.after += line[i].y[0];
        row.against_before += other->before;
        row.against_after += other->y[0];
    }
    if (row.seeds == 0)
        return ind_fail(err, "arms %s and %s have no seed in common for %s (%s)", line->arm,
                        maker->settings->against, line->column, line->of);
    if (maker->settings->each)
        return put_pairs(maker, &row, err);
    row.before /= row.seeds;
    row.after /= row.seeds;
    row.against_before /= row.seeds;
    row.against_after /= row.seeds;
    return maker_flip(maker, row.seeds, &row.p, err) ||
                   maker_mean(maker, row.seeds, NULL, &row.mean, err) ||
                   found_put(maker->found, &row, err)
               ? IND_FAILED
               : IND_OK;
}

/* As plots/fading/PLAN.md puts it. */
static const char *judge(const struct row *row, const struct settings *settings)
{
    const double lost = row->against_before - row->against_after, tolerance = settings->tolerance;
    const double p = settings->adjust == ADJUST_JOINT ? row->p_joint : row->p_holm;
    if (!(lost >= tolerance))
        return "open";
    const bool keeps = p < 0.05 && row->mean.value > 0 && row->after >= row->before - tolerance;
    const bool loses = row->mean.hi < lost / 2;
    return keeps == loses ? "partial" : keeps ? "keeps" : "loses";
}

void pairs_judge(struct found *found, const struct settings *settings)
{
    for (int i = 0; i < found->count; i++)
        found->rows[i].word = judge(&found->rows[i], settings);
}
