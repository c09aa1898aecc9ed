/* One option's value: from text to the variable it is bound to. */
#include "tool/option.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "tool/number.h"

static bool is_bounded(const struct ind_option *option)
{
    return option->minimum != 0.0 || option->maximum != 0.0;
}

/* " (1 to 64)", " (at least 1)": what an out-of-range error ends with. */
static void describe_range(const struct ind_option *option, char *out, size_t room)
{
    bool low = isfinite(option->minimum), high = isfinite(option->maximum);
    if (low && high)
        snprintf(out, room, "%.10g to %.10g", option->minimum, option->maximum);
    else if (low)
        snprintf(out, room, "at least %.10g", option->minimum);
    else
        snprintf(out, room, "at most %.10g", option->maximum);
}

static int check_range(const struct ind_option *option, double value, struct ind_error *err)
{
    if (!is_bounded(option) || (value >= option->minimum && value <= option->maximum))
        return IND_OK;
    char range[80];
    describe_range(option, range, sizeof range);
    return ind_fail(err, "%.10g is out of range (%s)", value, range);
}

/* Adds the allowed range to "'x' is not a whole number". */
static int explain_range(const struct ind_option *option, struct ind_error *err)
{
    if (!is_bounded(option))
        return IND_FAILED;
    size_t used = strlen(err->text);
    char range[80];
    describe_range(option, range, sizeof range);
    snprintf(err->text + used, sizeof err->text - used, " (%s)", range);
    return IND_FAILED;
}

static int set_long(const struct ind_option *option, const char *text, long lowest, long highest,
                    long *value, struct ind_error *err)
{
    if (ind_number_long(text, value, err) != IND_OK)
        return explain_range(option, err);
    if (*value < lowest || *value > highest) {
        ind_fail(err, "%s is out of range", text);
        return explain_range(option, err);
    }
    return check_range(option, (double)*value, err);
}

static int set_double(const struct ind_option *option, const char *text, double *out,
                      struct ind_error *err)
{
    double value;
    if (ind_number_double(text, &value, err) != IND_OK)
        return explain_range(option, err);
    if (check_range(option, value, err) != IND_OK)
        return IND_FAILED;
    *out = value;
    return IND_OK;
}

static int set_ints(const struct ind_option *option, const char *text, struct ind_ints *out,
                    struct ind_error *err)
{
    struct ind_ints list = {NULL, 0};
    if (ind_ints_parse(&list, text, err) != IND_OK)
        return explain_range(option, err);
    for (int i = 0; i < list.count; i++) {
        if (check_range(option, list.items[i], err) != IND_OK) {
            ind_ints_release(&list);
            return IND_FAILED;
        }
    }
    ind_ints_release(out);
    *out = list;
    return IND_OK;
}

/* The index of the word among the choices. */
static int find_choice(const struct ind_option *option, const char *text, int *out,
                       struct ind_error *err)
{
    char known[400] = "";
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *out = i;
            return IND_OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", option->choices[i]);
    }
    return ind_fail(err, "'%s' is none of %s", text, known);
}

static int set_words(const struct ind_option *option, const char *text, struct ind_words *out,
                     struct ind_error *err)
{
    struct ind_words words = {.count = 0};
    char item[IND_ITEM_ROOM];
    const char *rest = text;
    int more;
    while ((more = ind_list_next(&rest, item, err)) == 1) {
        int word, seen = 0;
        if (find_choice(option, item, &word, err) != IND_OK)
            return IND_FAILED;
        while (seen < words.count && words.items[seen] != word)
            seen++;
        if (seen == words.count && words.count < IND_WORDS_MOST)
            words.items[words.count++] = word;
    }
    *out = more == 0 ? words : *out;
    return more;
}

/* Is its value the name of a file, a folder or a run? The empty one, of a variable that is not set,
 * would lead to the root of all folders. */
static bool is_file(const struct ind_option *option)
{
    static const char *const kinds[] = {"FILE", "FOLDER", "RUN", "NAME"};
    bool found = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && option->arg; i++)
        found |= strncmp(option->arg, kinds[i], strlen(kinds[i])) == 0;
    return found;
}

int ind_option_set(const struct ind_option *option, const char *text, void *value,
                   struct ind_error *err)
{
    long number;
    switch (option->type) {
    case IND_OPTION_FLAG:
        *(bool *)value = true;
        return IND_OK;
    case IND_OPTION_INT:
        if (option->choices)
            return find_choice(option, text, value, err);
        if (set_long(option, text, INT_MIN, INT_MAX, &number, err) != IND_OK)
            return IND_FAILED;
        *(int *)value = (int)number;
        return IND_OK;
    case IND_OPTION_LONG:
        if (set_long(option, text, LONG_MIN, LONG_MAX, &number, err) != IND_OK)
            return IND_FAILED;
        *(long *)value = number;
        return IND_OK;
    case IND_OPTION_UINT64:
        return ind_number_uint64(text, value, err);
    case IND_OPTION_DOUBLE:
        return set_double(option, text, value, err);
    case IND_OPTION_TEXT:
        if (*text == '\0' && is_file(option))
            return ind_fail(err, "the empty name is no file's");
        *(const char **)value = text;
        return IND_OK;
    case IND_OPTION_INTS:
        return set_ints(option, text, value, err);
    case IND_OPTION_CHOICE:
        return find_choice(option, text, value, err);
    case IND_OPTION_WORDS:
        return set_words(option, text, value, err);
    }
    return ind_fail(err, "option of an unknown type");
}
