#include "exchange/view.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

static bool is_component(const char *name, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(name, word, length) == 0;
}

static bool is_wrapper(const char *component, size_t length, const json_t *drop)
{
    static const char *const known[] = {"_orig_mod",   "module",
                                        "_module",     "_fsdp_wrapped_module",
                                        "_fpw_module", "_checkpoint_wrapped_module",
                                        "_ddp_module", "_forward_module"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_component(component, length, known[i]))
            return true;
    size_t index;
    json_t *word;
    json_array_foreach ((json_t *)drop, index, word) {
        if (is_component(component, length, json_string_value(word)))
            return true;
    }
    return false;
}

/* `name` without its wrappers (free). */
static char *plain_name(const char *name, const json_t *drop)
{
    char *out = malloc(strlen(name) + 2), *end = out;
    for (const char *at = name; out && *at;) {
        size_t length = strcspn(at, ".");
        if (!is_wrapper(at, length, drop)) {
            if (end > out)
                *end++ = '.';
            memcpy(end, at, length);
            end += length;
        }
        at += length + (at[length] == '.');
    }
    if (out)
        *end = '\0';
    return out;
}

/* The component that ends at `end`, a dot or the end of the name. */
static size_t component_before(const char *name, size_t end)
{
    size_t start = end;
    while (start > 0 && name[start - 1] != '.')
        start--;
    return start;
}

long ind_view_tail(const char *name, const char *tail, const json_t *drop)
{
    size_t end = strlen(name), rest = strlen(tail);
    for (;;) {
        size_t start = component_before(name, end), from = component_before(tail, rest);
        bool same =
            end - start == rest - from && memcmp(name + start, tail + from, end - start) == 0;
        if (same && from == 0) {
            end = start;
            break;
        }
        if (!same && !is_wrapper(name + start, end - start, drop))
            return -1;
        if (start == 0)
            return -1;
        end = start - 1;
        rest = same ? from - 1 : rest;
    }
    /* wrappers in front of it belong to it */
    while (end > 0) {
        size_t start = component_before(name, end - 1);
        if (!is_wrapper(name + start, end - 1 - start, drop))
            break;
        end = start;
    }
    return (long)end;
}

static bool is_others(const char *name, size_t prefix, char *const *others, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(others[i]);
        if (length > prefix && strncmp(name, others[i], length) == 0)
            return true;
    }
    return false;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct ind_view_item *)left)->name,
                  ((const struct ind_view_item *)right)->name);
}

static int check_doubles(const struct ind_view *view, struct ind_error *err)
{
    for (size_t i = 1; i < view->count; i++)
        if (strcmp(view->items[i - 1].name, view->items[i].name) == 0)
            return ind_fail(err,
                            "its tensors %s and %s have the same name once wrappers are dropped: "
                            "--prefix says which",
                            view->items[i - 1].tensor->name, view->items[i].tensor->name);
    return IND_OK;
}

static int fill(struct ind_view *view, const struct ind_foreign *foreign, const json_t *drop,
                char *const *others, size_t other_count, struct ind_error *err)
{
    size_t length = strlen(view->prefix);
    for (int i = 0; i < foreign->count; i++) {
        const struct ind_foreign_tensor *tensor = &foreign->tensors[i];
        if (strncmp(tensor->name, view->prefix, length) != 0 ||
            is_others(tensor->name, length, others, other_count))
            continue;
        char *name = plain_name(tensor->name + length, drop);
        if (!name)
            return ind_fail(err, "out of memory");
        view->items[view->count++] = (struct ind_view_item){name, tensor};
    }
    qsort(view->items, view->count, sizeof *view->items, by_name);
    return check_doubles(view, err);
}

int ind_view_open(struct ind_view *view, const struct ind_foreign *foreign, const char *prefix,
                  const json_t *drop, char *const *others, size_t other_count,
                  struct ind_error *err)
{
    *view = (struct ind_view){.prefix = strdup(prefix)};
    int status = view->prefix ? ind_alloc_into(&view->items, (size_t)foreign->count,
                                               sizeof *view->items, err)
                              : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = fill(view, foreign, drop, others, other_count, err);
    if (status != IND_OK)
        ind_view_close(view);
    return status;
}

void ind_view_close(struct ind_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        free(view->items[i].name);
    free(view->items);
    free(view->prefix);
    *view = (struct ind_view){0};
}

const struct ind_foreign_tensor *ind_view_find(const struct ind_view *view, const char *name)
{
    const struct ind_view_item key = {.name = (char *)name};
    const struct ind_view_item *found =
        view->count ? bsearch(&key, view->items, view->count, sizeof key, by_name) : NULL;
    return found ? found->tensor : NULL;
}
