#include <induct/model/heads.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* A letter and a number of at most six digits; returns what follows. */
static char *put_part(char letter, int number, char *out)
{
    int digits = 1;
    for (int rest = number / 10; rest > 0; rest /= 10)
        digits++;
    *out++ = letter;
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    return out + digits;
}

/* Tables have one or two names a row, and printf takes longer over them than most rows' numbers
 * take to compute. */
char *ind_head_name(struct ind_head head, char name[16])
{
    enum { MOST = 999999 };
    if (head.layer < 0 || head.layer > MOST || head.head < 0 || head.head > MOST)
        snprintf(name, 16, "L%dH%d", head.layer, head.head);
    else
        *put_part('H', head.head, put_part('L', head.layer, name)) = '\0';
    return name;
}

/* End of the list item that begins at text: the next comma outside a bracket expression. */
static const char *item_end(const char *text)
{
    bool bracket = false;
    for (; *text; text++) {
        if (*text == '[')
            bracket = true;
        else if (*text == ']')
            bracket = false;
        else if (*text == ',' && !bracket)
            break;
    }
    return text;
}

/* Marks the heads whose name matches; returns how many. */
static int mark(const struct ind_config *config, const char *pattern, bool *chosen)
{
    int matches = 0;
    for (int i = 0; i < config->layers * config->heads; i++) {
        char name[16];
        ind_head_name((struct ind_head){i / config->heads, i % config->heads}, name);
        if (fnmatch(pattern, name, 0) == 0) {
            chosen[i] = true;
            matches++;
        }
    }
    return matches;
}

/* L0, which may be meant as all heads of that layer */
static bool names_layer(const char *pattern)
{
    return pattern[0] == 'L' && pattern[1] &&
           strspn(pattern + 1, "0123456789") == strlen(pattern) - 1;
}

static int fail_without_match(const struct ind_config *config, const char *pattern,
                              struct ind_error *err)
{
    if (config->layers * config->heads == 1)
        return ind_fail(err, "no head matches '%s': the model has only L0H0", pattern);
    const char *hint = names_layer(pattern) ? " (all of a layer: '" : "";
    return ind_fail(err, "no head matches '%s': the model has L0H0 to L%dH%d%s%s%s", pattern,
                    config->layers - 1, config->heads - 1, hint, *hint ? pattern : "",
                    *hint ? "H*')" : "");
}

/* Marks what every item of the list names; an item that names nothing is a slip of the keyboard. */
static int mark_all(const struct ind_config *config, const char *selector, bool *chosen,
                    struct ind_error *err)
{
    const char *start = selector;
    for (;;) {
        const char *end = item_end(start);
        char pattern[64];
        size_t length = (size_t)(end - start);
        if (length == 0)
            return ind_fail(err, "head selector '%s' has an empty item", selector);
        if (length >= sizeof pattern)
            return ind_fail(err, "head selector '%s' has an item longer than %zu characters",
                            selector, sizeof pattern - 1);
        memcpy(pattern, start, length);
        pattern[length] = '\0';
        if (mark(config, pattern, chosen) == 0)
            return fail_without_match(config, pattern, err);
        if (*end == '\0')
            return IND_OK;
        start = end + 1;
    }
}

int ind_heads_select(struct ind_heads *heads, const struct ind_config *config, const char *selector,
                     struct ind_error *err)
{
    *heads = (struct ind_heads){0};
    size_t all = (size_t)config->layers * (size_t)config->heads;
    bool *chosen;
    if (ind_alloc_into(&chosen, all, sizeof *chosen, err))
        return IND_FAILED;
    if (mark_all(config, selector, chosen, err) ||
        ind_alloc_into(&heads->items, all, sizeof *heads->items, err)) {
        free(chosen);
        return IND_FAILED;
    }
    for (int i = 0; i < (int)all; i++) {
        if (chosen[i])
            heads->items[heads->count++] = (struct ind_head){i / config->heads, i % config->heads};
    }
    free(chosen);
    return IND_OK;
}

void ind_heads_release(struct ind_heads *heads)
{
    free(heads->items);
    *heads = (struct ind_heads){0};
}
