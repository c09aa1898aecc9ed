/*
 * Choosing scores by name.
 *
 *   list  = item {"," item}
 *   item  = "all" | name | name "(" from [":" to [":" step]] ")"
 *
 * A comma inside parentheses is no separator; it is refused, a range is the way to name several.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/score/score.h>

enum { LARGEST_ARGUMENT = 65535 };

static int compare_order(const void *a, const void *b)
{
    const struct ind_score *x = *(const struct ind_score *const *)a;
    const struct ind_score *y = *(const struct ind_score *const *)b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : strcmp(x->name, y->name);
}

const struct ind_score **ind_score_sorted(void)
{
    size_t count = 0;
    while (ind_score_registry[count])
        count++;
    const struct ind_score **sorted = ind_alloc(count + 1, sizeof(void *));
    if (!sorted)
        return NULL;
    memcpy(sorted, ind_score_registry, count * sizeof(void *));
    qsort(sorted, count, sizeof(void *), compare_order);
    return sorted;
}

struct parser {
    struct ind_score_choices *choices;
    size_t room;
    const struct ind_score **sorted;
    struct ind_error *err;
};

static int add(struct parser *p, const struct ind_score *score, int argument)
{
    struct ind_score_choices *choices = p->choices;
    struct ind_score_choice choice = {.score = score, .argument = argument};
    if (score->takes_argument)
        snprintf(choice.column, sizeof choice.column, "%s_%d", score->name, argument);
    else
        snprintf(choice.column, sizeof choice.column, "%s", score->name);
    for (int i = 0; i < choices->count; i++)
        if (strcmp(choices->items[i].column, choice.column) == 0)
            return IND_OK;
    if (ind_grow(&choices->items, &p->room, (size_t)choices->count + 1, sizeof choice, p->err))
        return IND_FAILED;
    choices->items[choices->count++] = choice;
    return IND_OK;
}

static int add_default(struct parser *p, bool optional_too)
{
    for (int i = 0; p->sorted[i]; i++)
        if (!p->sorted[i]->takes_argument && (optional_too || !p->sorted[i]->optional))
            if (add(p, p->sorted[i], 0))
                return IND_FAILED;
    return IND_OK;
}

static int unknown(struct parser *p, const char *item, int length)
{
    char known[600] = "";
    size_t used = 0;
    for (int i = 0; p->sorted[i] && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s%s", i ? ", " : "",
                                 p->sorted[i]->name, p->sorted[i]->takes_argument ? "(N)" : "");
    return ind_fail(p->err, "unknown score '%.*s': there are %s", length, item, known);
}

/* A number of at most LARGEST_ARGUMENT; *text moves past it. */
static bool read_number(const char **text, int *number)
{
    char *end;
    errno = 0;
    long value = isdigit((unsigned char)**text) ? strtol(*text, &end, 10) : -1;
    if (value < 0 || value > LARGEST_ARGUMENT || errno)
        return false;
    *number = (int)value;
    *text = end;
    return true;
}

/* "from[:to[:step]]", up to `end`. */
static bool read_range(const char *text, const char *end, int *from, int *to, int *step)
{
    *step = 1;
    if (!read_number(&text, from))
        return false;
    *to = *from;
    if (*text == ':' && (text++, !read_number(&text, to)))
        return false;
    if (*text == ':' && (text++, !read_number(&text, step)))
        return false;
    return text == end && *from <= *to && *step >= 1;
}

static int add_item(struct parser *p, const char *item, int length)
{
    const char *end = item + length, *open = memchr(item, '(', (size_t)length);
    int name_length = open ? (int)(open - item) : length, from = 0, to = 0, step = 1;
    const struct ind_score *score = NULL;
    if (length == 3 && strncmp(item, "all", 3) == 0)
        return add_default(p, true);
    for (int i = 0; p->sorted[i]; i++)
        if ((int)strlen(p->sorted[i]->name) == name_length &&
            strncmp(p->sorted[i]->name, item, (size_t)name_length) == 0)
            score = p->sorted[i];
    if (!score)
        return unknown(p, item, length);
    if (open && !score->takes_argument)
        return ind_fail(p->err, "score '%s' takes no argument", score->name);
    if (!open && score->takes_argument)
        return ind_fail(p->err, "score '%s' needs an argument: %s(3), or a range %s(0:40)",
                        score->name, score->name, score->name);
    if (open && (end[-1] != ')' || !read_range(open + 1, end - 1, &from, &to, &step)))
        return ind_fail(p->err,
                        "score '%.*s': the argument is a number or a range A:B or A:B:STEP of "
                        "0..%d",
                        length, item, LARGEST_ARGUMENT);
    for (int argument = from; argument <= to; argument += step)
        if (add(p, score, argument))
            return IND_FAILED;
    return IND_OK;
}

/* Where the item ends: the next comma outside parentheses, or the end of the list. */
static const char *item_end(const char *item)
{
    int depth = 0;
    while (*item && (*item != ',' || depth > 0)) {
        depth += (*item == '(') - (*item == ')');
        item++;
    }
    return item;
}

static int add_list(struct parser *p, const char *list)
{
    for (const char *item = list;;) {
        const char *end = item_end(item);
        if (add_item(p, item, (int)(end - item)))
            return IND_FAILED;
        if (!*end)
            return IND_OK;
        item = end + 1;
    }
}

int ind_score_choices_init(struct ind_score_choices *choices, const char *list,
                           struct ind_error *err)
{
    struct parser p = {.choices = choices, .sorted = ind_score_sorted(), .err = err};
    *choices = (struct ind_score_choices){0};
    if (!p.sorted)
        return ind_fail(err, "out of memory");
    int status = list ? add_list(&p, list) : add_default(&p, false);
    free(p.sorted);
    if (status != IND_OK)
        ind_score_choices_release(choices);
    return status;
}

void ind_score_choices_release(struct ind_score_choices *choices)
{
    free(choices->items);
    *choices = (struct ind_score_choices){0};
}
