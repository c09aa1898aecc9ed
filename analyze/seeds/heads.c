#include "heads.h"

#include <ctype.h>
#include <string.h>

#include <induct/base/file.h>

/* "L0H2", and no more */
static bool is_head(const char *name, size_t length)
{
    size_t i = 1;
    if (length < 4 || name[0] != 'L')
        return false;
    while (i < length && isdigit((unsigned char)name[i]))
        i++;
    const size_t split = i;
    if (split == 1 || split >= length || name[i++] != 'H')
        return false;
    while (i < length && isdigit((unsigned char)name[i]))
        i++;
    return i == length && i > split + 1;
}

const char *heads_find(const char *of, size_t *length)
{
    *length = 0;
    for (const char *at = of; at; at = strchr(at, ',')) {
        at += *at == ',';
        const size_t key = strncmp(at, "head=", 5) == 0 ? 5 : strncmp(at, "heads=", 6) == 0 ? 6 : 0;
        const size_t size = strcspn(at + key, ",");
        if (key && is_head(at + key, size)) {
            *length = size;
            return at + key;
        }
    }
    return NULL;
}

char *heads_rename(const char *of, const char *word)
{
    size_t length;
    const char *head = heads_find(of, &length), *begin = head;
    while (begin > of && begin[-1] != ',')
        begin--;
    return ind_text("%.*s%s%s", (int)(begin - of), of, word, head + length);
}

bool heads_same_run(const struct line *a, const struct line *b)
{
    return a->seed == b->seed && strcmp(a->arm, b->arm) == 0;
}

bool heads_new_run(const struct lines *lines, int i)
{
    for (int j = 0; j < i; j++) {
        if (heads_same_run(&lines->items[j], &lines->items[i]))
            return false;
    }
    return true;
}
