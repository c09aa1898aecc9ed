#include "likeness.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "heads.h"

enum { MOST_SOURCES = 64 };

/* ---- A run's heads --------------------------------------------------------------------------- */

static double value_at(const struct line *line, double epoch)
{
    for (int i = line->count - 1; i >= 0; i--) {
        if (isnan(epoch) || line->epoch[i] == epoch)
            return line->y[i];
    }
    return (double)NAN;
}

static int add_head(struct team *team, const char *head, size_t length, struct ind_error *err)
{
    for (int i = 0; i < team->count; i++) {
        if (strlen(team->heads[i]) == length && strncmp(team->heads[i], head, length) == 0)
            return IND_OK;
    }
    if (ind_grow(&team->heads, &team->room, (size_t)team->count + 1, sizeof *team->heads, err))
        return IND_FAILED;
    snprintf(team->heads[team->count++], sizeof *team->heads, "%.*s", (int)length, head);
    return IND_OK;
}

static int compare_heads(const void *left, const void *right)
{
    return strverscmp(left, right);
}

int team_gather(struct team *team, struct ind_error *err)
{
    for (int i = 0; i < team->lines->count; i++) {
        const struct line *line = &team->lines->items[i];
        size_t length;
        const char *head = heads_find(line->of, &length);
        if (heads_same_run(line, team->run) && head && !isnan(value_at(line, team->epoch)) &&
            add_head(team, head, length, err))
            return IND_FAILED;
    }
    if (team->count == 0)
        return ind_fail(err, "arm %s, seed %ld: no head has a value at that epoch", team->run->arm,
                        team->run->seed);
    qsort(team->heads, (size_t)team->count, sizeof *team->heads, compare_heads);
    return IND_OK;
}

/* ---- How alike two heads are ----------------------------------------------------------------- */

/* A vector's products; which columns it is of. */
struct products {
    const char *source;
    size_t length; /* of the column's name without the number at its end */
    double ab, aa, bb;
};

/* "fixed_offset_12" -> the length of "fixed_offset_" */
static size_t stem(const char *column)
{
    size_t length = strlen(column);
    while (length > 0 && isdigit((unsigned char)column[length - 1]))
        length--;
    return length;
}

static bool is_of(const struct line *line, const struct team *team, const char *head)
{
    size_t length;
    const char *own = heads_find(line->of, &length);
    return own && heads_same_run(line, team->run) && strlen(head) == length &&
           strncmp(own, head, length) == 0;
}

/* Do they say the same of their heads? */
static bool same_place(const struct line *a, const struct line *b)
{
    size_t a_length, b_length;
    const char *x = heads_find(a->of, &a_length), *y = heads_find(b->of, &b_length);
    return strcmp(a->column, b->column) == 0 && x - a->of == y - b->of &&
           strncmp(a->of, b->of, (size_t)(x - a->of)) == 0 &&
           strcmp(x + a_length, y + b_length) == 0;
}

static struct products *source_of(struct products *sources, int *count, const char *column)
{
    const size_t length = stem(column);
    for (int i = 0; i < *count; i++) {
        if (sources[i].length == length && strncmp(sources[i].source, column, length) == 0)
            return &sources[i];
    }
    if (*count == MOST_SOURCES)
        return NULL;
    sources[*count] = (struct products){.source = column, .length = length};
    return &sources[(*count)++];
}

int heads_likeness(const struct team *a, const char *head, const struct team *b, const char *other,
                   double *likeness, struct ind_error *err)
{
    struct products sources[MOST_SOURCES];
    int count = 0;
    for (int i = 0; i < a->lines->count; i++) {
        const struct line *line = &a->lines->items[i];
        for (int j = 0; is_of(line, a, head) && j < b->lines->count; j++) {
            const struct line *partner = &b->lines->items[j];
            if (!is_of(partner, b, other) || !same_place(line, partner))
                continue;
            const double x = value_at(line, a->epoch), y = value_at(partner, b->epoch);
            struct products *source = source_of(sources, &count, line->column);
            if (!source)
                return ind_fail(err, "more than %d columns: which ones? --column", MOST_SOURCES);
            if (isnan(x) || isnan(y))
                continue;
            source->ab += x * y;
            source->aa += x * x;
            source->bb += y * y;
        }
    }
    *likeness = 0.0;
    for (int i = 0; i < count; i++) {
        const double both = sources[i].aa + sources[i].bb;
        *likeness += (both > 0.0 ? 2.0 * sources[i].ab / both : 1.0) / count;
    }
    return IND_OK;
}
