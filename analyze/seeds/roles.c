/* Heads by role in place of by number. */
#include "lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

/* The head in "...head=L0H2...": where it is and how long its name; NULL if there is none. */
static const char *find_head(const char *of, size_t *length)
{
    *length = 0;
    for (const char *at = of; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, "head=", 5) == 0) {
            *length = strcspn(at + 5, ",");
            return at + 5;
        }
    }
    return NULL;
}

static int layer_of(const struct line *line)
{
    size_t length;
    const char *head = find_head(line->of, &length);
    return head && *head == 'L' ? (int)strtol(head + 1, NULL, 10) : -1;
}

static double value_at(const struct line *line, double epoch)
{
    for (int i = line->count - 1; i >= 0; i--) {
        if (isnan(epoch) || line->epoch[i] == epoch)
            return line->y[i];
    }
    return (double)NAN;
}

static bool same_run(const struct line *a, const struct line *b)
{
    return a->seed == b->seed && strcmp(a->arm, b->arm) == 0;
}

static bool same_head(const struct line *a, const struct line *b)
{
    size_t a_length, b_length;
    const char *x = find_head(a->of, &a_length), *y = find_head(b->of, &b_length);
    return x && y && a_length == b_length && strncmp(x, y, a_length) == 0;
}

struct casting {
    const struct lines *lines;
    const char *column;
    enum role role;
    double epoch;
};

/* May this line's head play the role, and has it a score to be judged by? */
static bool competes(const struct casting *casting, const struct line *line, int layers)
{
    return strcmp(line->column, casting->column) == 0 && layer_of(line) >= 0 &&
           !isnan(value_at(line, casting->epoch)) &&
           (casting->role != ROLE_PREV || layers < 2 || layer_of(line) < layers - 1);
}

/* The rank of the line's head in its run, from 1; 0 if it has none. */
static int rank_of(const struct casting *casting, const struct line *line)
{
    const struct line *own = NULL;
    int layers = 0, rank = 1;
    for (int i = 0; i < casting->lines->count; i++) {
        const struct line *other = &casting->lines->items[i];
        if (same_run(line, other) && layer_of(other) >= layers)
            layers = layer_of(other) + 1;
    }
    for (int i = 0; i < casting->lines->count && !own; i++) {
        const struct line *other = &casting->lines->items[i];
        if (same_run(line, other) && same_head(line, other) && competes(casting, other, layers))
            own = other;
    }
    for (int i = 0; i < casting->lines->count && own; i++) {
        const struct line *other = &casting->lines->items[i];
        if (same_run(line, other) && !same_head(own, other) && competes(casting, other, layers) &&
            value_at(other, casting->epoch) > value_at(own, casting->epoch))
            rank++;
    }
    return own ? rank : 0;
}

/* "head=L0H2,period=25" -> "role=prev,period=25" */
static char *with_role(const char *of, enum role role, int rank)
{
    size_t length;
    const char *head = find_head(of, &length);
    const int before = (int)(head - of) - 5;
    return role == ROLE_PREV ? ind_text("%.*srole=prev%s", before, of, head + length)
                             : ind_text("%.*srole=induction.%d%s", before, of, rank, head + length);
}

int lines_take_role(struct lines *lines, enum role role, double epoch, struct ind_error *err)
{
    static const char *const columns[] = {"", "prev_token", "induction"};
    const struct casting casting = {lines, columns[role], role, epoch};
    int *ranks, kept = 0;
    if (ind_alloc_into(&ranks, (size_t)lines->count, sizeof *ranks, err))
        return IND_FAILED;
    for (int i = 0; i < lines->count; i++)
        ranks[i] = rank_of(&casting, &lines->items[i]);
    int status = IND_OK;
    for (int i = 0; i < lines->count; i++) {
        struct line *line = &lines->items[i];
        char *named = NULL;
        if (ranks[i] > 0 && (role == ROLE_INDUCTION || ranks[i] == 1)) {
            named = with_role(line->of, role, ranks[i]);
            status = named ? status : ind_fail(err, "out of memory");
        }
        if (named) {
            free(line->of);
            line->of = named;
            lines->items[kept++] = *line;
        } else {
            line_release(line);
        }
    }
    lines->count = kept;
    free(ranks);
    if (status == IND_OK && kept == 0)
        return ind_fail(err, "no head has a %s at that epoch: which table? induct-score's",
                        casting.column);
    return status;
}
