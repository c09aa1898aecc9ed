#include "plot/headline.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/printable.h>

/* ---- Words and numbers ----------------------------------------------------------------------- */

void ind_headline_say(struct ind_headline *headline, const char *format, ...)
{
    const size_t used = strlen(headline->text);
    va_list args;
    va_start(args, format);
    vsnprintf(headline->text + used, sizeof headline->text - used, format, args);
    va_end(args);
}

static void format_number(double value, enum ind_headline_style style, char text[32])
{
    if (style == IND_WHOLE)
        ind_with_commas(llround(value), text);
    else if (style == IND_TENTH)
        snprintf(text, 32, "%.1f", value);
    else
        snprintf(text, 32, style == IND_CHANGE ? "%+.2f" : "%.2f", value);
    if (strcmp(text, "-0.00") == 0 ||
        strcmp(text, "+0.00") == 0) /* a change of nothing has no sign */
        memcpy(text, "0.00", sizeof "0.00");
}

int ind_headline_cell(struct ind_headline *headline, const char *table,
                      const struct ind_sheet *sheet, long row, const char *column,
                      enum ind_headline_style style, struct ind_error *err)
{
    int place;
    double value;
    if (headline->count == IND_HEADLINE_NUMBERS)
        return ind_fail(err, "%s: a headline of more than %d numbers", table, IND_HEADLINE_NUMBERS);
    if (ind_sheet_column(sheet, column, &place, err) != IND_OK ||
        ind_sheet_real(sheet, (size_t)row, place, &value, err) != IND_OK)
        return IND_FAILED;
    char text[32];
    format_number(value, style, text);
    const int at = headline->count++;
    headline->numbers[at].table = table;
    headline->numbers[at].column = column;
    headline->numbers[at].line = sheet->lines[row];
    headline->numbers[at].value = value;
    memcpy(headline->numbers[at].text, text, sizeof text);
    ind_headline_say(headline, "%s", text);
    return IND_OK;
}

void ind_headline_fact(struct ind_headline *headline, const char *name, const char *value)
{
    const size_t used = strlen(headline->facts);
    char line[96], quoted[2 * sizeof line], *to = quoted;
    snprintf(line, sizeof line, "%s", value);
    for (const char *at = ind_make_printable(line); *at; at++) {
        if (*at == '\'')
            *to++ = '\'';
        *to++ = *at;
    }
    *to = '\0';
    snprintf(headline->facts + used, sizeof headline->facts - used, "%s = '%s'\n", name, quoted);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

const char *ind_cell(const struct ind_sheet *sheet, long row, const char *column)
{
    const int place = ind_sheet_find(sheet, column);
    return row < 0 || place < 0 ? "" : ind_sheet_text(sheet, (size_t)row, place);
}

double ind_number(const struct ind_sheet *sheet, long row, const char *column)
{
    double value = (double)NAN;
    const int place = ind_sheet_find(sheet, column);
    if (row >= 0 && place >= 0 && ind_sheet_real(sheet, (size_t)row, place, &value, NULL) != IND_OK)
        value = (double)NAN;
    return value;
}

const char *ind_last_epoch(const struct ind_sheet *sheet)
{
    return sheet->row_count > 0 ? ind_cell(sheet, (long)sheet->row_count - 1, "epoch") : "";
}

bool ind_at_epoch(const struct ind_sheet *sheet, size_t row, const void *epoch)
{
    return strcmp(ind_cell(sheet, (long)row, "epoch"), epoch) == 0;
}

long ind_pick_if(const struct ind_sheet *sheet, int sign, const char *column,
                 bool (*keep)(const struct ind_sheet *, size_t, const void *), const void *context)
{
    long best = -1;
    double best_value = (double)NAN;
    for (size_t row = 0; row < sheet->row_count; row++) {
        const double value = ind_number(sheet, (long)row, column);
        if (!isfinite(value) || !keep(sheet, row, context))
            continue;
        if (best < 0 || sign * value > sign * best_value) {
            best = (long)row;
            best_value = value;
        }
    }
    return best;
}

enum { MOST_CONDITIONS = 4 };

struct conditions {
    int count, column[MOST_CONDITIONS];
    const char *text[MOST_CONDITIONS];
};

static bool meets(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct conditions *conditions = context;
    for (int i = 0; i < conditions->count; i++) {
        if (conditions->column[i] < 0 ||
            strcmp(ind_sheet_text(sheet, row, conditions->column[i]), conditions->text[i]) != 0)
            return false;
    }
    return true;
}

long ind_pick(const struct ind_sheet *sheet, int sign, const char *column, ...)
{
    struct conditions conditions = {0};
    va_list args;
    va_start(args, column);
    for (const char *name;
         conditions.count < MOST_CONDITIONS && (name = va_arg(args, const char *));
         conditions.count++) {
        conditions.column[conditions.count] = ind_sheet_find(sheet, name);
        conditions.text[conditions.count] = va_arg(args, const char *);
    }
    va_end(args);
    return ind_pick_if(sheet, sign, column, meets, &conditions);
}
