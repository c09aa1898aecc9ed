#include "live/choose.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/model/heads.h>
#include <induct/role/role.h>

static int add_roles(struct ind_roles *roles, const struct ind_live_history *history, int shown,
                     struct ind_error *err)
{
    static const enum ind_role_kind kinds[] = {IND_ROLE_PREVIOUS, IND_ROLE_INDUCTION};
    const int all = history->layers * history->heads;
    struct ind_role_curve *curves;
    if (ind_alloc_into(&curves, (size_t)all, sizeof *curves, err))
        return IND_FAILED;
    int status = IND_OK;
    for (int s = 0; s < IND_LIVE_SCORES && status == IND_OK; s++) {
        for (int h = 0; h < all; h++) {
            ind_head_name((struct ind_head){h / history->heads, h % history->heads},
                          curves[h].name);
            curves[h].y = ind_live_score(history, h, s);
        }
        status = ind_roles_add_curves(roles, kinds[s], curves, all, history->epochs, shown,
                                      (size_t)history->width, history->chance[s], err);
    }
    free(curves);
    return status;
}

/* Standings are kind by kind, in each by rank: where that of a kind are. */
static int first_of(const struct ind_roles *roles, enum ind_role_kind kind)
{
    int first = 0;
    while (first < roles->count && roles->items[first].kind != kind)
        first++;
    return first;
}

static const struct ind_standing *ranked(const struct ind_roles *roles, enum ind_role_kind kind,
                                         int place)
{
    return place < roles->count && roles->items[place].kind == kind ? &roles->items[place] : NULL;
}

static bool is_among(int head, const int *heads, int taken)
{
    for (int i = 0; i < taken; i++)
        if (heads[i] == head)
            return true;
    return false;
}

static void take(const struct ind_live_history *history, const struct ind_standing *standing,
                 int *heads, int *taken, int count)
{
    int layer, head;
    if (!standing || *taken == count || sscanf(standing->name, "L%dH%d", &layer, &head) != 2)
        return;
    const int index = layer * history->heads + head;
    if (!is_among(index, heads, *taken))
        heads[(*taken)++] = index;
}

/* Heads without any score have no role: they come last, in their order. */
static void take_rest(const struct ind_live_history *history, int *heads, int taken, int count)
{
    for (int h = 0; h < history->layers * history->heads && taken < count; h++)
        if (!is_among(h, heads, taken))
            heads[taken++] = h;
}

int live_choose(const struct ind_live_history *history, int shown, int count, int *heads,
                struct ind_error *err)
{
    const int all = history->layers * history->heads;
    struct ind_roles roles = {0};
    int taken = 0;
    int status = count < all ? add_roles(&roles, history, shown, err) : IND_OK;
    const int previous = first_of(&roles, IND_ROLE_PREVIOUS);
    const int induction = first_of(&roles, IND_ROLE_INDUCTION);
    for (int rank = 0; rank < all && count < all && status == IND_OK; rank++) {
        take(history, ranked(&roles, IND_ROLE_INDUCTION, induction + rank), heads, &taken, count);
        take(history, ranked(&roles, IND_ROLE_PREVIOUS, previous + rank), heads, &taken, count);
    }
    take_rest(history, heads, taken, count);
    ind_roles_release(&roles);
    return status;
}
