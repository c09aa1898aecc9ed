#include <induct/recipe/intervention.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/task.h>

static const char *const NAMES[] = {
    [IND_INTERVENE_CLAMP] = "clamp",
    [IND_INTERVENE_FORBID] = "forbid",
    [IND_INTERVENE_ABLATE] = "ablate",
    [IND_INTERVENE_FREEZE] = "freeze",
};
static const char *const PATTERNS[] = {[IND_CLAMP_PREV] = "prev", [IND_CLAMP_UNIFORM] = "uniform"};

const char *ind_intervention_name(enum ind_intervention_kind kind)
{
    return (unsigned)kind < sizeof NAMES / sizeof *NAMES ? NAMES[kind] : NULL;
}

/* ---- Parsing --------------------------------------------------------------------------------- */

/* Digits at *at into *out, or `open` if there are none; moves *at past them. */
static int take_epoch(char **at, long open, long *out)
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

/* "A:B" at the end of the text: *found says whether that is what it is. */
static int parse_span(char *text, struct ind_intervention *out)
{
    if (take_epoch(&text, 0, &out->first) || *text++ != ':' ||
        take_epoch(&text, IND_EPOCH_MAX, &out->last) || *text)
        return IND_FAILED;
    return IND_OK;
}

/* Cuts "@A:B" off the end of the text, if it is there. */
static int cut_span(char *text, struct ind_intervention *out, struct ind_error *err)
{
    char *at = strrchr(text, '@');
    out->first = 0;
    out->last = IND_EPOCH_MAX;
    if (!at || !strchr(at, ':') || (at[1] != ':' && (at[1] < '0' || at[1] > '9')))
        return IND_OK;
    if (out->kind == IND_INTERVENE_CLAMP && parse_span(at + 1, out) != IND_OK) {
        out->first = 0; /* RUN@EPOCH:STRENGTH */
        out->last = IND_EPOCH_MAX;
        return IND_OK;
    }
    if (parse_span(at + 1, out) != IND_OK)
        return ind_fail(err, "'%s' is no span of epochs A:B", at + 1);
    if (out->first > out->last)
        return ind_fail(err, "epochs %s run backwards", at + 1);
    *at = '\0';
    return IND_OK;
}

/* Cuts ":STRENGTH" off the end. */
static int cut_strength(char *text, struct ind_intervention *out, struct ind_error *err)
{
    char *colon = strrchr(text, ':'), *end;
    out->strength = 1;
    if (!colon)
        return IND_OK;
    out->strength = strtod(colon + 1, &end);
    if (end == colon + 1 || *end || !(out->strength > 0 && out->strength <= 1))
        return ind_fail(err, "strength '%s' must be above 0 and at most 1", colon + 1);
    *colon = '\0';
    return IND_OK;
}

/* RUN@EPOCH; the folder from the root, so that the run is found from wherever it is analysed. */
static int parse_donor(char *text, struct ind_intervention *out, struct ind_error *err)
{
    char *at = strrchr(text, '@'), *digits = at ? at + 1 : NULL, path[PATH_MAX];
    if (!at || at == text || take_epoch(&digits, -1, &out->run_epoch) || *digits ||
        out->run_epoch < 0)
        return ind_fail(err, "'%s' is none of prev, uniform and RUN@EPOCH", text);
    *at = '\0';
    if (*text == '/')
        snprintf(path, sizeof path, "%s", text);
    else if (!realpath(text, path))
        return ind_fail_errno(err, "%s", text);
    if (strlen(path) >= sizeof out->run)
        return ind_fail(err, "%s: its path is too long", text);
    strcpy(out->run, path);
    return IND_OK;
}

static int parse_clamp(char *text, struct ind_intervention *out, struct ind_error *err)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return ind_fail(err, "'%s' does not say to what: HEADS=prev, =uniform or =RUN@EPOCH", text);
    *equals++ = '\0';
    if (cut_strength(equals, out, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < IND_CLAMP_RUN; i++) {
        if (strcmp(equals, PATTERNS[i]) == 0) {
            out->clamp = (enum ind_clamp)i;
            return IND_OK;
        }
    }
    out->clamp = IND_CLAMP_RUN;
    return parse_donor(equals, out, err);
}

static int parse_one(char *text, struct ind_intervention *out, struct ind_error *err)
{
    out->strength = 1;
    if (cut_span(text, out, err) != IND_OK)
        return IND_FAILED;
    if (out->kind == IND_INTERVENE_CLAMP && parse_clamp(text, out, err) != IND_OK)
        return IND_FAILED;
    if (out->kind == IND_INTERVENE_FORBID && strcmp(text, "pp") != 0)
        return ind_fail(err, "'%s' is no term: there is pp (position by position)", text);
    if (*text == '\0')
        return ind_fail(err, "a name is missing");
    if (strlen(text) >= sizeof out->what)
        return ind_fail(err, "'%s' is too long", text);
    strcpy(out->what, text);
    return IND_OK;
}

/* Where the item ends that begins at `list`: at the comma after the first word that has an end of
 * its own, or at the end of the list. Words of a clamp end in "=", of the others in "@". */
static const char *item_end(enum ind_intervention_kind kind, const char *list)
{
    const char mark = kind == IND_INTERVENE_CLAMP ? '=' : '@';
    const char *end = strchr(list, mark);
    const char *comma = strchr(end ? end : list, ',');
    if (kind == IND_INTERVENE_FORBID)
        comma = strchr(list, ',');
    if (!end && kind != IND_INTERVENE_FORBID)
        comma = NULL;
    return comma ? comma : list + strlen(list);
}

int ind_interventions_parse(enum ind_intervention_kind kind, const char *list,
                            struct ind_intervention *items, int *count, struct ind_error *err)
{
    for (;;) {
        const char *end = item_end(kind, list);
        const size_t length = (size_t)(end - list);
        char text[IND_INTERVENTION_ROOM];
        if (*count == IND_INTERVENTIONS_MAX)
            return ind_fail(err, "more than %d interventions", IND_INTERVENTIONS_MAX);
        if (length >= sizeof text)
            return ind_fail(err, "'%.40s...' is too long", list);
        memcpy(text, list, length);
        text[length] = '\0';
        items[*count] = (struct ind_intervention){.kind = kind};
        if (parse_one(text, &items[*count], err) != IND_OK)
            return IND_FAILED;
        ++*count;
        if (*end == '\0')
            return IND_OK;
        list = end + 1;
    }
}

/* ---- Text ------------------------------------------------------------------------------------ */

static int put_clamp(const struct ind_intervention *i, char *text, size_t room)
{
    int used = i->clamp == IND_CLAMP_RUN ? snprintf(text, room, "=%s@%ld", i->run, i->run_epoch)
                                         : snprintf(text, room, "=%s", PATTERNS[i->clamp]);
    if (i->strength != 1)
        used += snprintf(text + used, room - (size_t)used, ":%.17g", i->strength);
    return used;
}

static int put_epoch(long epoch, long open, char *text, size_t room)
{
    return epoch == open ? 0 : snprintf(text, room, "%ld", epoch);
}

char *ind_intervention_text(const struct ind_intervention *i, char text[IND_INTERVENTION_ROOM])
{
    const size_t room = IND_INTERVENTION_ROOM;
    int used = snprintf(text, room, "%s", i->what);
    if (i->kind == IND_INTERVENE_CLAMP)
        used += put_clamp(i, text + used, room - (size_t)used);
    if (i->first == 0 && i->last == IND_EPOCH_MAX)
        return text;
    used += snprintf(text + used, room - (size_t)used, "@");
    used += put_epoch(i->first, 0, text + used, room - (size_t)used);
    used += snprintf(text + used, room - (size_t)used, ":");
    put_epoch(i->last, IND_EPOCH_MAX, text + used, room - (size_t)used);
    return text;
}
