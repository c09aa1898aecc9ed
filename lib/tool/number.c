#include "tool/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* strtol and its kin skip white space and, unsigned, take a minus sign: both are refused here. */
static int is_whole(const char *text, int sign_allowed)
{
    if (sign_allowed && (*text == '-' || *text == '+'))
        text++;
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

int ind_number_long(const char *text, long *out, struct ind_error *err)
{
    if (!is_whole(text, 1))
        return ind_fail(err, "'%s' is not a whole number", text);
    errno = 0;
    long value = strtol(text, NULL, 10);
    if (errno == ERANGE)
        return ind_fail(err, "%s is out of range", text);
    *out = value;
    return IND_OK;
}

int ind_number_uint64(const char *text, uint64_t *out, struct ind_error *err)
{
    if (!is_whole(text, 0))
        return ind_fail(err, "'%s' is not a whole number from 0 to %llu", text,
                        (unsigned long long)UINT64_MAX);
    errno = 0;
    unsigned long long value = strtoull(text, NULL, 10);
    if (errno == ERANGE || value > UINT64_MAX)
        return ind_fail(err, "%s is out of range (0 to %llu)", text,
                        (unsigned long long)UINT64_MAX);
    *out = value;
    return IND_OK;
}

int ind_number_double(const char *text, double *out, struct ind_error *err)
{
    char *end;
    double value = strtod(text, &end);
    /* The set of characters keeps out hexadecimal, "inf" and "nan". */
    if (end == text || *end != '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return ind_fail(err, "'%s' is not a number", text);
    if (!isfinite(value))
        return ind_fail(err, "%s is out of range", text);
    *out = value;
    return IND_OK;
}

int ind_list_next(const char **rest, char item[IND_ITEM_ROOM], struct ind_error *err)
{
    if (!*rest)
        return 0;
    size_t length = strcspn(*rest, ",");
    if (length == 0)
        return ind_fail(err, "an empty item in the list");
    if (length >= IND_ITEM_ROOM)
        return ind_fail(err, "'%.20s...' is too long", *rest);
    memcpy(item, *rest, length);
    item[length] = '\0';
    *rest = (*rest)[length] == ',' ? *rest + length + 1 : NULL;
    return 1;
}

/* Reads "12" of "12:30" into *value and moves *at past the colon, or to NULL at the end. */
static int take_part(const char **at, long *value, int *given, struct ind_error *err)
{
    char part[IND_ITEM_ROOM];
    size_t length = strcspn(*at, ":");
    if (length >= sizeof part)
        return ind_fail(err, "'%.20s...' is too long", *at);
    memcpy(part, *at, length);
    part[length] = '\0';
    *at = (*at)[length] == ':' ? *at + length + 1 : NULL;
    *given = length > 0;
    return *given ? ind_number_long(part, value, err) : IND_OK;
}

static int take_rest(const char *at, struct ind_span *span, struct ind_error *err)
{
    int has_step = 0;
    if (take_part(&at, &span->to, &span->has_to, err) != IND_OK)
        return IND_FAILED;
    if (!at)
        return IND_OK;
    if (take_part(&at, &span->step, &has_step, err) != IND_OK)
        return IND_FAILED;
    if (at)
        return ind_fail(err, "more than two colons");
    if (!has_step || span->step < 1)
        return ind_fail(err, "the step must be at least 1");
    return IND_OK;
}

int ind_span_parse(const char *text, int open, struct ind_span *span, struct ind_error *err)
{
    *span = (struct ind_span){.step = 1};
    const char *at = text;
    if (take_part(&at, &span->from, &span->has_from, err) != IND_OK)
        return strchr(text, ':') ? ind_error_context(err, "'%s'", text) : IND_FAILED;
    if (!at) {
        span->to = span->from;
        span->has_to = span->single = 1;
        return span->has_from ? IND_OK : ind_fail(err, "'%s' is not a whole number", text);
    }
    if (take_rest(at, span, err) != IND_OK)
        return ind_error_context(err, "'%s'", text);
    if (!open && (!span->has_from || !span->has_to))
        return ind_fail(err, "'%s' lacks an end", text);
    if (span->has_from && span->has_to && span->from > span->to)
        return ind_fail(err, "'%s' runs backwards", text);
    return IND_OK;
}
