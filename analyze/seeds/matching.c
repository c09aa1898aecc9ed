#include "matching.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/math/assign.h>

#include "heads.h"
#include "likeness.h"
#include "means.h"

void matching_release(struct matching *matching)
{
    free(matching->items);
    *matching = (struct matching){0};
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* The heads [first, first + n) of both are of one layer. */
struct layer {
    const struct team *team, *reference;
    int first, n;
};

static int layer_of(const char *head)
{
    return (int)strtol(head + 1, NULL, 10);
}

static int measure(const struct layer *layer, double *gain, struct ind_error *err)
{
    for (int i = 0; i < layer->n; i++) {
        for (int j = 0; j < layer->n; j++) {
            if (heads_likeness(layer->team, layer->team->heads[layer->first + i], layer->reference,
                               layer->reference->heads[layer->first + j], &gain[i * layer->n + j],
                               err))
                return IND_FAILED;
        }
    }
    return IND_OK;
}

static int put_layer(struct matching *matching, const struct layer *layer, const double *gain,
                     const int *match, const double *margins, struct ind_error *err)
{
    double second = (double)INFINITY;
    for (int i = 0; i < layer->n; i++)
        second = fmin(second, margins[i]);
    if (ind_grow(&matching->items, &matching->room, (size_t)(matching->count + layer->n),
                 sizeof *matching->items, err))
        return IND_FAILED;
    for (int i = 0; i < layer->n; i++) {
        struct matched *one = &matching->items[matching->count++];
        *one = (struct matched){.arm = layer->team->run->arm,
                                .seed = layer->team->run->seed,
                                .likeness = gain[i * layer->n + match[i]],
                                .margin = margins[i],
                                .second = isfinite(second) ? second : (double)NAN};
        memcpy(one->head, layer->team->heads[layer->first + i], sizeof one->head);
        memcpy(one->like, layer->reference->heads[layer->first + match[i]], sizeof one->like);
    }
    return IND_OK;
}

static int match_layer(struct matching *matching, const struct layer *layer, struct ind_error *err)
{
    const size_t n = (size_t)layer->n;
    double *gain, *margins = NULL, total;
    int *match = NULL;
    int status = ind_alloc_into(&gain, n * n, sizeof *gain, err);
    if (status == IND_OK)
        status = ind_alloc_into(&margins, n, sizeof *margins, err);
    if (status == IND_OK)
        status = ind_alloc_into(&match, n, sizeof *match, err);
    if (status == IND_OK)
        status = measure(layer, gain, err);
    if (status == IND_OK)
        status = ind_assign(gain, layer->n, match, &total, err);
    if (status == IND_OK)
        status = ind_assign_margins(gain, layer->n, match, total, margins, err);
    if (status == IND_OK)
        status = put_layer(matching, layer, gain, match, margins, err);
    free(gain);
    free(margins);
    free(match);
    return status;
}

static int match_team(struct matching *matching, const struct team *team,
                      const struct team *reference, struct ind_error *err)
{
    bool same = team->count == reference->count;
    for (int i = 0; same && i < team->count; i++)
        same = strcmp(team->heads[i], reference->heads[i]) == 0;
    if (!same)
        return ind_fail(err, "arm %s, seed %ld: other heads than those of arm %s, seed %ld",
                        team->run->arm, team->run->seed, reference->run->arm, reference->run->seed);
    for (int first = 0, n; first < team->count; first += n) {
        for (n = 1; first + n < team->count &&
                    layer_of(team->heads[first + n]) == layer_of(team->heads[first]);)
            n++;
        const struct layer layer = {team, reference, first, n};
        if (match_layer(matching, &layer, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- All runs -------------------------------------------------------------------------------- */

/* The reference's team: "base-seed0" or "base-seed0@20000". */
static int find_reference(struct team *team, const struct settings *settings, struct ind_error *err)
{
    char *end, *arm = NULL, *rest = NULL, *name = strdup(settings->match);
    long seed;
    int status = name ? IND_OK : ind_fail(err, IND_NO_MEMORY);
    char *at = name ? strrchr(name, '@') : NULL;
    team->epoch = settings->role_at;
    if (at) {
        *at = '\0';
        team->epoch = strtod(at + 1, &end);
        if (end == at + 1 || *end)
            status = ind_fail(err, "--match %s: '%s' is no epoch", settings->match, at + 1);
    }
    if (status == IND_OK)
        status = lines_name(name, "-", &arm, &seed, &rest, err);
    for (int i = 0; status == IND_OK && i < team->lines->count && !team->run; i++) {
        const struct line *line = &team->lines->items[i];
        if (line->seed == seed && strcmp(line->arm, arm) == 0)
            team->run = line;
    }
    if (status == IND_OK && !team->run)
        status = ind_fail(err, "no run is %s", name);
    free(arm);
    free(rest);
    free(name);
    return status == IND_OK ? team_gather(team, err) : IND_FAILED;
}

int matching_make(struct matching *matching, const struct lines *lines,
                  const struct settings *settings, struct ind_error *err)
{
    struct team with = {.lines = lines};
    int status = find_reference(&with, settings, err);
    for (int i = 0; i < lines->count && status == IND_OK; i++) {
        if (!heads_new_run(lines, i))
            continue;
        struct team team = {.lines = lines, .run = &lines->items[i], .epoch = settings->role_at};
        status = team_gather(&team, err);
        if (status == IND_OK)
            status = match_team(matching, &team, &with, err);
        free(team.heads);
    }
    free(with.heads);
    return status;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static const struct matched *find(const struct matching *matching, const struct line *line)
{
    size_t length;
    const char *head = heads_find(line->of, &length);
    for (int i = 0; head && i < matching->count; i++) {
        const struct matched *one = &matching->items[i];
        if (one->seed == line->seed && strcmp(one->arm, line->arm) == 0 &&
            strlen(one->head) == length && strncmp(one->head, head, length) == 0)
            return one;
    }
    return NULL;
}

bool matching_is_sure(const struct matched *one, double least)
{
    return !(one->margin < least);
}

int matching_put(const struct matching *matching, double least, struct found *found,
                 struct ind_error *err)
{
    for (int i = 0; i < matching->count; i++) {
        const struct matched *one = &matching->items[i];
        const struct row row = {.arm = one->arm,
                                .seed = one->seed,
                                .head = one->head,
                                .other = one->like,
                                .likeness = one->likeness,
                                .margin = one->margin,
                                .second = one->second,
                                .word = matching_is_sure(one, least) ? "matched" : "unmatched"};
        if (found_put(found, &row, err))
            return IND_FAILED;
    }
    return IND_OK;
}

int matching_rename(const struct matching *matching, struct lines *lines, double least,
                    struct ind_error *err)
{
    const struct matched **of;
    int status = ind_alloc_into(&of, (size_t)lines->count, sizeof *of, err), kept = 0;
    for (int i = 0; i < lines->count && status == IND_OK; i++) {
        const struct matched *one = find(matching, &lines->items[i]);
        of[i] = one && matching_is_sure(one, least) ? one : NULL;
    }
    for (int i = 0; i < lines->count && status == IND_OK; i++) {
        if (!of[i])
            continue;
        char word[32];
        snprintf(word, sizeof word, "like=%s", of[i]->like);
        char *named = heads_rename(lines->items[i].of, word);
        if (!named)
            status = ind_fail(err, IND_NO_MEMORY);
        free(named ? lines->items[i].of : NULL);
        lines->items[i].of = named ? named : lines->items[i].of;
    }
    for (int i = 0; i < lines->count && status == IND_OK; i++) {
        if (of[i])
            lines->items[kept++] = lines->items[i];
        else
            line_release(&lines->items[i]);
    }
    lines->count = status == IND_OK ? kept : lines->count;
    free(of);
    return status;
}

int cast_heads(struct lines *lines, const struct settings *s, struct ind_error *err)
{
    struct matching matching = {0};
    int status;
    if (s->role == ROLE_LIKE) {
        status = matching_make(&matching, lines, s, err);
        if (status == IND_OK)
            status = matching_rename(&matching, lines, s->margin, err);
    } else {
        status = lines_take_role(lines, (enum role)s->role, s->role_at, err);
    }
    matching_release(&matching);
    return status == IND_OK ? lines_sort(lines, err) : IND_FAILED;
}
