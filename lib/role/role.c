/*
 * A table is gathered into series, one a head or period, of values in the order of the rows; a
 * series becomes a role, and the roles of a kind are sorted.
 */
#include <induct/role/role.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

enum { LOGGED_TOGETHER = 5 };

/* The values of one head or period, NaN left out. */
struct series {
    char name[24];
    struct ind_role_value *values;
    size_t count, room;
};

struct gathering {
    enum ind_role_kind kind;
    struct series *series;
    size_t count, room;
    double chance;
};

const char *ind_role_name(enum ind_role_kind kind)
{
    static const char *const names[] = {"previous", "induction", "period"};
    return names[kind];
}

/* ---- Series ---------------------------------------------------------------------------------- */

static void gathering_release(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++)
        free(gathering->series[i].values);
    free(gathering->series);
}

/* The series of that name, a new one if there is none. Rows of an epoch stand in the same order at
 * each, so that the one after the last one found is tried first. */
static struct series *series_of(struct gathering *gathering, const char *name, size_t *hint,
                                struct ind_error *err)
{
    for (size_t tried = 0; tried < gathering->count; tried++) {
        const size_t i = (*hint + tried) % gathering->count;
        if (strcmp(gathering->series[i].name, name) == 0) {
            *hint = i + 1;
            return &gathering->series[i];
        }
    }
    if (ind_grow(&gathering->series, &gathering->room, gathering->count + 1,
                 sizeof *gathering->series, err) != IND_OK)
        return NULL;
    struct series *series = &gathering->series[gathering->count++];
    *series = (struct series){.name = ""};
    snprintf(series->name, sizeof series->name, "%s", name);
    *hint = gathering->count;
    return series;
}

static int append(struct series *series, struct ind_role_value value, struct ind_error *err)
{
    if (isnan(value.value))
        return IND_OK;
    if (ind_grow(&series->values, &series->room, series->count + 1, sizeof *series->values, err) !=
        IND_OK)
        return IND_FAILED;
    series->values[series->count++] = value;
    return IND_OK;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

/* The columns of a value: -1 where the table has no such column. */
struct places {
    int epoch, name, value, lo, hi;
};

static int find_places(struct places *places, const struct ind_sheet *sheet, const char *name,
                       const char *value, struct ind_error *err)
{
    char lo[64], hi[64];
    snprintf(lo, sizeof lo, "%s_lo", value);
    snprintf(hi, sizeof hi, "%s_hi", value);
    places->lo = ind_sheet_find(sheet, lo);
    places->hi = ind_sheet_find(sheet, hi);
    if (ind_sheet_column(sheet, "epoch", &places->epoch, err) != IND_OK ||
        ind_sheet_column(sheet, name, &places->name, err) != IND_OK)
        return IND_FAILED;
    return ind_sheet_column(sheet, value, &places->value, err);
}

static int optional(const struct ind_sheet *sheet, size_t row, int column, double *value,
                    struct ind_error *err)
{
    *value = (double)NAN;
    return column < 0 ? IND_OK : ind_sheet_real(sheet, row, column, value, err);
}

static int read_value(const struct ind_sheet *sheet, size_t row, const struct places *places,
                      struct ind_role_value *value, struct ind_error *err)
{
    long long epoch;
    if (ind_sheet_int(sheet, row, places->epoch, &epoch, err) != IND_OK ||
        ind_sheet_real(sheet, row, places->value, &value->value, err) != IND_OK ||
        optional(sheet, row, places->lo, &value->lo, err) != IND_OK)
        return IND_FAILED;
    value->epoch = (long)epoch;
    return optional(sheet, row, places->hi, &value->hi, err);
}

/* A row a value: the tables of induct-score and induct-eval. */
static int gather_rows(struct gathering *gathering, const struct ind_sheet *sheet,
                       const struct places *places, struct ind_error *err)
{
    size_t hint = 0;
    for (size_t row = 0; row < sheet->row_count; row++) {
        struct ind_role_value value;
        struct series *series =
            series_of(gathering, ind_sheet_text(sheet, row, places->name), &hint, err);
        if (!series || read_value(sheet, row, places, &value, err) != IND_OK ||
            append(series, value, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* The mean of `count` values in a row as one, with its interval. */
static struct ind_role_value together(const struct ind_role_value *values, size_t count)
{
    static const double t[LOGGED_TOGETHER] = {(double)INFINITY, 12.7062, 4.3027, 3.1824, 2.7764};
    double mean = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++)
        mean += values[i].value / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i].value - mean) * (values[i].value - mean);
    struct ind_role_value one = {values[count / 2].epoch, mean, (double)NAN, (double)NAN};
    if (count > 1) {
        const double half = t[count - 1] * sqrt(squares / (double)(count - 1) / (double)count);
        one.lo = mean - half < 0.0 ? 0.0 : mean - half; /* nan stays so */
        one.hi = mean + half > 1.0 ? 1.0 : mean + half;
    }
    return one;
}

/* In place: value i becomes the mean of those from i on. */
static void smooth(struct series *series)
{
    if (series->count == 0)
        return;
    const size_t window = series->count < LOGGED_TOGETHER ? series->count : LOGGED_TOGETHER;
    const size_t left = series->count - window + 1;
    for (size_t i = 0; i < left; i++)
        series->values[i] = together(series->values + i, window);
    series->count = left;
}

/* A column a period: metrics.tsv. */
static int gather_log(struct gathering *gathering, const struct ind_sheet *sheet,
                      struct ind_error *err)
{
    size_t hint = 0;
    struct places places = {.lo = -1, .hi = -1};
    if (ind_sheet_column(sheet, "epoch", &places.epoch, err) != IND_OK)
        return IND_FAILED;
    for (places.value = 0; places.value < sheet->column_count; places.value++) {
        const char *name = sheet->columns[places.value];
        if (strncmp(name, "ood_", 4) != 0)
            continue;
        struct series *series = series_of(gathering, name + 4, &hint, err);
        for (size_t row = 0; series && row < sheet->row_count; row++) {
            struct ind_role_value value;
            if (read_value(sheet, row, &places, &value, err) != IND_OK ||
                append(series, value, err) != IND_OK)
                return IND_FAILED;
        }
        if (!series)
            return IND_FAILED;
        smooth(series);
    }
    return IND_OK;
}

/* ---- Roles ----------------------------------------------------------------------------------- */

static int parse_name(struct ind_standing *standing, const char *table, struct ind_error *err)
{
    char rest;
    int head;
    standing->layer = standing->period = -1;
    if (standing->kind == IND_ROLE_PERIOD) {
        if (sscanf(standing->name, "%d%c", &standing->period, &rest) != 1 || standing->period < 1)
            return ind_fail(err, "%s: '%s' is no period", table, standing->name);
    } else if (sscanf(standing->name, "L%dH%d%c", &standing->layer, &head, &rest) != 2 ||
               standing->layer < 0) {
        return ind_fail(err, "%s: '%s' is no head", table, standing->name);
    }
    return IND_OK;
}

static bool holds(const struct ind_standing *standing)
{
    const double low = isnan(standing->peak.lo) ? standing->peak.value : standing->peak.lo;
    if (standing->kind == IND_ROLE_PERIOD)
        return low > (isnan(standing->last.hi) ? standing->last.value : standing->last.hi);
    return low > 0.1 && !(low <= 2.0 * standing->chance);
}

/* `series` holds at least one value. */
static void judge(struct ind_standing *standing, const struct series *series)
{
    standing->peak = series->values[0];
    standing->last = series->values[series->count - 1];
    for (size_t i = 1; i < series->count; i++) {
        if (series->values[i].value > standing->peak.value)
            standing->peak = series->values[i];
    }
    const double from = isnan(standing->chance) ? 0.0 : standing->chance;
    const double half = from + 0.5 * (standing->peak.value - from);
    standing->half_epoch = -1;
    for (size_t i = series->count; i-- > 0;) {
        if (series->values[i].value >= half && standing->peak.value >= from)
            standing->half_epoch = series->values[i].epoch;
    }
    standing->holds = holds(standing);
}

static double weight(const struct ind_standing *standing)
{
    return standing->kind == IND_ROLE_PERIOD ? standing->peak.value - standing->last.value
                                             : standing->peak.value;
}

/* Of equals the earlier layer, the shorter period, the lower name first: names are as long as their
 * numbers have digits. */
static int compare(const void *left, const void *right)
{
    const struct ind_standing *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (weight(a) != weight(b))
        return weight(a) > weight(b) ? -1 : 1;
    const size_t a_length = strlen(a->name), b_length = strlen(b->name);
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void rank(struct ind_roles *roles)
{
    qsort(roles->items, (size_t)roles->count, sizeof *roles->items, compare);
    for (int i = 0; i < roles->count; i++) {
        const bool first = i == 0 || roles->items[i].kind != roles->items[i - 1].kind;
        roles->items[i].rank = first ? 1 : roles->items[i - 1].rank + 1;
    }
}

static int add_one(struct ind_roles *roles, struct ind_standing standing,
                   const struct series *series, const char *table, struct ind_error *err)
{
    if (parse_name(&standing, table, err) != IND_OK)
        return IND_FAILED;
    if (standing.layer >= roles->layers)
        roles->layers = standing.layer + 1;
    if (series->count == 0)
        return IND_OK;
    judge(&standing, series);
    roles->items[roles->count++] = standing;
    return IND_OK;
}

static int make_room(struct ind_roles *roles, size_t more, struct ind_error *err)
{
    size_t room = (size_t)roles->count;
    return ind_grow(&roles->items, &room, room + more + 1, sizeof *roles->items, err);
}

static int add_all(struct ind_roles *roles, const struct gathering *gathering, const char *table,
                   struct ind_error *err)
{
    if (make_room(roles, gathering->count, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < gathering->count; i++) {
        const struct series *series = &gathering->series[i];
        struct ind_standing standing = {.kind = gathering->kind, .chance = gathering->chance};
        memcpy(standing.name, series->name, sizeof standing.name);
        if (add_one(roles, standing, series, table, err) != IND_OK)
            return IND_FAILED;
    }
    if (roles->count > 0)
        rank(roles);
    return IND_OK;
}

int ind_roles_add_curve(struct ind_roles *roles, enum ind_role_kind kind, const char *name,
                        const struct ind_role_value *values, size_t count, const char *table,
                        struct ind_error *err)
{
    struct ind_standing standing = {.kind = kind, .chance = (double)NAN};
    const struct series series = {.values = (struct ind_role_value *)values, .count = count};
    snprintf(standing.name, sizeof standing.name, "%s", name);
    if (make_room(roles, 1, err) != IND_OK ||
        add_one(roles, standing, &series, table, err) != IND_OK)
        return IND_FAILED;
    if (roles->count > 0)
        rank(roles);
    return IND_OK;
}

static int add_heads(struct ind_roles *roles, const struct ind_sheet *scores,
                     enum ind_role_kind kind, const char *column, struct ind_error *err)
{
    struct gathering gathering = {.kind = kind, .chance = (double)NAN};
    struct places places;
    char uniform[64];
    snprintf(uniform, sizeof uniform, "%s_uniform", column);
    int status = find_places(&places, scores, "head", column, err);
    if (status == IND_OK && scores->row_count > 0)
        status = optional(scores, 0, ind_sheet_find(scores, uniform), &gathering.chance, err);
    if (status == IND_OK)
        status = gather_rows(&gathering, scores, &places, err);
    if (status == IND_OK)
        status = add_all(roles, &gathering, scores->name, err);
    gathering_release(&gathering);
    return status;
}

int ind_roles_add_scores(struct ind_roles *roles, const struct ind_sheet *scores,
                         struct ind_error *err)
{
    int status = add_heads(roles, scores, IND_ROLE_PREVIOUS, "prev_token", err);
    return status == IND_OK ? add_heads(roles, scores, IND_ROLE_INDUCTION, "induction", err)
                            : status;
}

int ind_roles_add_accuracy(struct ind_roles *roles, const struct ind_sheet *accuracy,
                           struct ind_error *err)
{
    struct gathering gathering = {.kind = IND_ROLE_PERIOD, .chance = (double)NAN};
    struct places places;
    int status;
    if (ind_sheet_find(accuracy, "period") < 0) {
        status = gather_log(&gathering, accuracy, err);
    } else {
        status = find_places(&places, accuracy, "period", "accuracy", err);
        if (status == IND_OK)
            status = gather_rows(&gathering, accuracy, &places, err);
    }
    if (status == IND_OK)
        status = add_all(roles, &gathering, accuracy->name, err);
    gathering_release(&gathering);
    return status;
}

static int gather_curve(struct gathering *gathering, const struct ind_role_curve *curve,
                        const long *epochs, int count, size_t stride, struct ind_error *err)
{
    size_t hint = gathering->count;
    struct series *series = series_of(gathering, curve->name, &hint, err);
    for (int i = 0; series && i < count; i++) {
        const struct ind_role_value value = {epochs[i], curve->y[(size_t)i * stride], (double)NAN,
                                             (double)NAN};
        if (append(series, value, err) != IND_OK)
            return IND_FAILED;
    }
    return series ? IND_OK : IND_FAILED;
}

int ind_roles_add_curves(struct ind_roles *roles, enum ind_role_kind kind,
                         const struct ind_role_curve *curves, int curve_count, const long *epochs,
                         int count, size_t stride, double chance, struct ind_error *err)
{
    struct gathering gathering = {.kind = kind, .chance = chance};
    int status = IND_OK;
    for (int c = 0; c < curve_count && status == IND_OK; c++)
        status = gather_curve(&gathering, &curves[c], epochs, count, stride, err);
    if (status == IND_OK)
        status = add_all(roles, &gathering, "scores", err);
    gathering_release(&gathering);
    return status;
}

void ind_roles_release(struct ind_roles *roles)
{
    free(roles->items);
    *roles = (struct ind_roles){0};
}

const struct ind_standing *ind_roles_find(const struct ind_roles *roles, enum ind_role_kind kind,
                                          const char *name)
{
    for (int i = 0; i < roles->count; i++) {
        if (roles->items[i].kind == kind && strcmp(roles->items[i].name, name) == 0)
            return &roles->items[i];
    }
    return NULL;
}

const struct ind_standing *ind_roles_first(const struct ind_roles *roles, enum ind_role_kind kind)
{
    for (int i = 0; i < roles->count; i++) {
        if (roles->items[i].kind == kind)
            return &roles->items[i];
    }
    return NULL;
}

const struct ind_standing *ind_roles_writer(const struct ind_roles *roles)
{
    for (int i = 0; i < roles->count; i++) {
        const struct ind_standing *standing = &roles->items[i];
        if (standing->kind == IND_ROLE_PREVIOUS &&
            (roles->layers == 1 || standing->layer < roles->layers - 1))
            return standing;
    }
    return NULL;
}
