/* Heads by role in place of by number. */
#include "heads.h"
#include "lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/role/role.h>

/* ---- Who plays it ---------------------------------------------------------------------------- */

static const char *const columns[] = {[ROLE_PREV] = "prev_token", [ROLE_INDUCTION] = "induction"};
static const enum ind_role_kind kinds[] =
    {[ROLE_PREV] = IND_ROLE_PREVIOUS, [ROLE_INDUCTION] = IND_ROLE_INDUCTION};

struct casting {
    const struct lines *lines;
    enum role role;
    double epoch; /* NaN: all of them */
};

/* A head's score, at the epoch that decides or at all: put among the others of its run. Of several
 * lines of a head (its periods) the first counts. */
static int enter(const struct casting *casting, const struct line *line, struct ind_roles *roles,
                 struct ind_error *err)
{
    size_t length, count = 0;
    const char *head = heads_find(line->of, &length);
    struct ind_role_value *values;
    char *name = head ? ind_text("%.*s", (int)length, head) : NULL;
    if (!head || (name && ind_roles_find(roles, kinds[casting->role], name))) {
        free(name);
        return IND_OK;
    }
    int status = name ? ind_alloc_into(&values, (size_t)line->count, sizeof *values, err)
                      : ind_fail(err, IND_NO_MEMORY);
    for (int i = 0; i < line->count && status == IND_OK; i++) {
        if (isnan(casting->epoch) || line->epoch[i] == casting->epoch)
            values[count++] =
                (struct ind_role_value){(long)line->epoch[i], line->y[i], (double)NAN, (double)NAN};
    }
    if (status == IND_OK) {
        status =
            ind_roles_add_curve(roles, kinds[casting->role], name, values, count, line->arm, err);
        free(values);
    }
    free(name);
    return status;
}

/* All heads of a run. */
static int cast(const struct casting *casting, const struct line *run, struct ind_roles *roles,
                struct ind_error *err)
{
    *roles = (struct ind_roles){0};
    for (int i = 0; i < casting->lines->count; i++) {
        const struct line *line = &casting->lines->items[i];
        if (heads_same_run(run, line) && strcmp(line->column, columns[casting->role]) == 0 &&
            enter(casting, line, roles, err)) {
            ind_roles_release(roles);
            return IND_FAILED;
        }
    }
    return IND_OK;
}

/* The rank of the line's head in its run; 0 if it does not play the role. */
static int rank_of(const struct casting *casting, const struct line *line,
                   const struct ind_roles *roles)
{
    size_t length;
    const char *head = heads_find(line->of, &length);
    const struct ind_standing *writer = ind_roles_writer(roles);
    for (int i = 0; head && i < roles->count; i++) {
        const struct ind_standing *standing = &roles->items[i];
        if (strlen(standing->name) != length || strncmp(standing->name, head, length) != 0)
            continue;
        return casting->role == ROLE_INDUCTION ? standing->rank : standing == writer;
    }
    return 0;
}

/* Fills ranks [lines->count]. */
static int rank_lines(const struct casting *casting, int *ranks, struct ind_error *err)
{
    const struct lines *lines = casting->lines;
    for (int i = 0; i < lines->count; i++)
        ranks[i] = -1;
    for (int i = 0; i < lines->count; i++) {
        struct ind_roles roles;
        if (ranks[i] >= 0)
            continue;
        if (cast(casting, &lines->items[i], &roles, err))
            return IND_FAILED;
        for (int j = i; j < lines->count; j++) {
            if (heads_same_run(&lines->items[i], &lines->items[j]))
                ranks[j] = rank_of(casting, &lines->items[j], &roles);
        }
        ind_roles_release(&roles);
    }
    return IND_OK;
}

/* ---- Its name -------------------------------------------------------------------------------- */

/* "head=L0H2,period=25" -> "role=prev,period=25" */
static char *with_role(const char *of, enum role role, int rank)
{
    char word[40];
    snprintf(word, sizeof word, role == ROLE_PREV ? "role=prev" : "role=induction.%d", rank);
    return heads_rename(of, word);
}

int lines_take_role(struct lines *lines, enum role role, double epoch, struct ind_error *err)
{
    const struct casting casting = {lines, role, epoch};
    int *ranks, kept = 0;
    if (ind_alloc_into(&ranks, (size_t)lines->count, sizeof *ranks, err))
        return IND_FAILED;
    int status = rank_lines(&casting, ranks, err);
    if (status != IND_OK) {
        free(ranks);
        return IND_FAILED;
    }
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
                        columns[role]);
    return status;
}
