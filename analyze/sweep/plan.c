#include "plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/printable.h>

static int fail_memory(struct ind_error *err)
{
    return ind_fail(err, "out of memory");
}

void entry_release(struct entry *entry)
{
    free(entry->run);
    free(entry->arm);
    free(entry->stem);
    free(entry->parent);
    free(entry->recipe);
    free(entry->options);
    free(entry->then);
    *entry = (struct entry){0};
}

void plan_release(struct plan *plan)
{
    for (int i = 0; i < plan->count; i++)
        entry_release(&plan->entries[i]);
    free(plan->entries);
    free(plan->folder);
    *plan = (struct plan){0};
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* Replaces {seed}, {arm}, {run}, {parent}, {folder} and {hash}, as far as they are known; NULL
 * without memory. Freed with free(). */
static char *fill(const char *text, const struct plan *plan, const struct entry *entry)
{
    char *made = NULL, seed[16], hash[9];
    size_t size;
    snprintf(seed, sizeof seed, "%d", entry->seed);
    snprintf(hash, sizeof hash, "%.8s", entry->recipe ? entry->recipe : "");
    const char *const words[][2] = {{"{seed}", seed},           {"{arm}", entry->arm},
                                    {"{run}", entry->run},      {"{parent}", entry->parent},
                                    {"{folder}", plan->folder}, {"{hash}", hash}};
    FILE *stream = ind_text_open(&made, &size);
    while (stream && *text) {
        size_t used = 0;
        for (size_t i = 0; i < sizeof words / sizeof *words && used == 0; i++) {
            if (words[i][1] && strncmp(text, words[i][0], strlen(words[i][0])) == 0) {
                fputs(words[i][1], stream);
                used = strlen(words[i][0]);
            }
        }
        if (used == 0)
            fputc(*text, stream);
        text += used ? used : 1;
    }
    return ind_text_close(stream, &made) ? made : NULL;
}

/* What a run is trained by, as text: blanks are one, the length is not among it. */
static int name_recipe(struct entry *entry, const char *parent_recipe, struct ind_error *err)
{
    char *text = NULL;
    size_t size;
    FILE *stream = ind_text_open(&text, &size);
    if (!stream)
        return fail_memory(err);
    fprintf(stream, "seed %d\nparent %s@%ld\noptions", entry->seed, parent_recipe, entry->from);
    bool blank = true;
    for (const char *at = entry->options; *at; at++) {
        if (isspace((unsigned char)*at)) {
            blank = true;
            continue;
        }
        if (blank)
            fputc(' ', stream);
        blank = false;
        fputc(*at, stream);
    }
    if (!ind_text_close(stream, &text))
        return fail_memory(err);
    entry->recipe = ind_text("%016llx", (unsigned long long)XXH3_64bits(text, size));
    free(text);
    return entry->recipe ? IND_OK : fail_memory(err);
}

/* ---- Arms and their parents ------------------------------------------------------------------ */

/* Is `name` the arm's, or what it was called before `vary` made several of it? */
static bool is_called(const struct entry *entry, const char *name, size_t length)
{
    return (strncmp(entry->arm, name, length) == 0 && entry->arm[length] == '\0') ||
           (strncmp(entry->stem, name, length) == 0 && entry->stem[length] == '\0');
}

static bool is_listed(const struct entry *entry, const char *list)
{
    for (const char *name = list; name; name = strchr(name, ',')) {
        name += *name == ',';
        if (is_called(entry, name, strcspn(name, ",")))
            return true;
    }
    return false;
}

static bool has(const struct ind_ints *list, int number)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i] == number)
            return true;
    }
    return false;
}

static struct entry *add_entry(struct plan *plan, size_t *room, struct ind_error *err)
{
    if (plan->count == SWEEP_MOST_RUNS) {
        ind_fail(err, "more than %d runs", SWEEP_MOST_RUNS);
        return NULL;
    }
    if (ind_grow(&plan->entries, room, (size_t)plan->count + 1, sizeof *plan->entries, err))
        return NULL;
    struct entry *entry = &plan->entries[plan->count++];
    *entry = (struct entry){0};
    return entry;
}

/* What a table writes as it is: a '?' in the manifest would be another folder or command. */
static bool is_text(const char *text)
{
    while (*text) {
        const int length = strchr("\t\n\r", *text) ? 1 : ind_printable_length(text);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

static int check_text(const struct entry *entry, struct ind_error *err)
{
    if (is_text(entry->run) && is_text(entry->parent) && is_text(entry->options) &&
        is_text(entry->then))
        return IND_OK;
    return ind_fail(err,
                    "arm %s: a control character, or bytes that are no UTF-8, in its "
                    "folder, options or steps",
                    entry->arm);
}

/* Options, recipe, folder and steps, of an entry whose arm, seed and parent are known. */
static int complete(struct plan *plan, struct entry *entry, const struct arm *arm,
                    const char *parent_recipe, const char *then, struct ind_error *err)
{
    /* {run} in options would be part of its own name. */
    if (!entry->arm || !entry->stem || !entry->parent ||
        !(entry->options = fill(arm->options, plan, entry)))
        return fail_memory(err);
    if (name_recipe(entry, parent_recipe, err))
        return IND_FAILED;
    char *label = fill(arm->label, plan, entry);
    entry->run = arm->folder ? fill(arm->folder, plan, entry)
                 : label     ? ind_text("%s/%s", plan->folder, label)
                             : NULL;
    free(label);
    char *steps = ind_text("%s%s%s", arm->then, *arm->then && then ? "\n" : "", then ? then : "");
    entry->then = steps && entry->run ? fill(steps, plan, entry) : NULL;
    free(steps);
    return entry->then ? check_text(entry, err) : fail_memory(err);
}

static int add_root(struct plan *plan, size_t *room, const struct arm *arm, int number, int seed,
                    const char *then, struct ind_error *err)
{
    struct entry *entry = add_entry(plan, room, err);
    if (!entry)
        return IND_FAILED;
    entry->arm = strdup(arm->name);
    entry->stem = strdup(arm->stem);
    entry->arm_number = number;
    entry->seed = seed;
    entry->epochs = arm->epochs;
    entry->from = arm->parent ? arm->parent_epoch : 0;
    entry->depth = arm->parent ? 1 : 0;
    entry->parent = arm->parent ? fill(arm->parent, plan, entry) : strdup("");
    return complete(plan, entry, arm, entry->parent ? entry->parent : "", then, err);
}

/* Named by its parent too where that is one of several arms. */
static int add_branch(struct plan *plan, size_t *room, const struct arm *arm, int number, int at,
                      bool several, const char *then, struct ind_error *err)
{
    struct entry *entry = add_entry(plan, room, err);
    if (!entry)
        return IND_FAILED;
    const struct entry *parent = &plan->entries[at];
    entry->arm = several ? ind_text("%s-of-%s", arm->name, parent->arm) : strdup(arm->name);
    entry->stem = strdup(arm->stem);
    entry->arm_number = number;
    entry->seed = parent->seed;
    entry->epochs = arm->epochs >= 0 ? arm->epochs : parent->epochs;
    entry->from = arm->parent_epoch;
    entry->depth = parent->depth + 1;
    entry->parent = strdup(parent->run);
    if (entry->from > parent->epochs)
        return ind_fail(err, "arm %s: %s ends at epoch %ld, before %ld", arm->name, parent->arm,
                        parent->epochs, entry->from);
    return complete(plan, entry, arm, parent->recipe, then, err);
}

/* How many arms `name` stands for. */
static int count_parents(const struct plan *plan, const char *name)
{
    int arms = 0, seen = -1;
    for (int i = 0; i < plan->count; i++) {
        const struct entry *entry = &plan->entries[i];
        if (entry->arm_number != seen && is_called(entry, name, strlen(name))) {
            seen = entry->arm_number;
            arms++;
        }
    }
    return arms;
}

static int expand_branch(struct plan *plan, size_t *room, const struct arm *arm, int number,
                         const char *then, struct ind_error *err)
{
    const int arms = count_parents(plan, arm->parent), before = plan->count;
    int seeds = 0;
    if (arms == 0)
        return ind_fail(err, "arm %s: from %s, but no arm before it is called that", arm->name,
                        arm->parent);
    for (int i = 0; i < before; i++) {
        const struct entry *parent = &plan->entries[i];
        if (!is_called(parent, arm->parent, strlen(arm->parent)) ||
            (arm->seeds.count && !has(&arm->seeds, parent->seed)))
            continue;
        seeds++;
        if (add_branch(plan, room, arm, number, i, arms > 1, then, err))
            return IND_FAILED;
    }
    if (arm->seeds.count && seeds != arm->seeds.count * arms)
        return ind_fail(err, "arm %s has seeds that %s has not", arm->name, arm->parent);
    return IND_OK;
}

static int expand_arm(struct plan *plan, size_t *room, const struct arm *arm, int number,
                      const char *then, struct ind_error *err)
{
    const bool outside = arm->parent && strchr(arm->parent, '/');
    if (arm->parent && !outside)
        return expand_branch(plan, room, arm, number, then, err);
    if (arm->epochs < 0)
        return ind_fail(err, "arm %s: how long? epochs N", arm->name);
    if (arm->epochs < arm->parent_epoch)
        return ind_fail(err, "arm %s begins at epoch %ld and ends at %ld", arm->name,
                        arm->parent_epoch, arm->epochs);
    if (arm->seeds.count == 0)
        return ind_fail(err, "arm %s: which seeds? seeds 0:7", arm->name);
    for (int i = 0; i < arm->seeds.count; i++) {
        if (arm->seeds.items[i] < 0)
            return ind_fail(err, "arm %s: seed %d is negative", arm->name, arm->seeds.items[i]);
        if (add_root(plan, room, arm, number, arm->seeds.items[i], then, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- Order and choice ------------------------------------------------------------------------ */

static int compare_ints(const void *left, const void *right)
{
    const int a = *(const int *)left, b = *(const int *)right;
    return (a > b) - (a < b);
}

/* The number of each entry's group: `together` seeds each, ascending. */
static int group_seeds(struct plan *plan, int together, struct ind_error *err)
{
    int *seeds, count = 0;
    if (ind_alloc_into(&seeds, (size_t)plan->count, sizeof *seeds, err))
        return IND_FAILED;
    for (int i = 0; i < plan->count; i++)
        seeds[i] = plan->entries[i].seed;
    qsort(seeds, (size_t)plan->count, sizeof *seeds, compare_ints);
    for (int i = 0; i < plan->count; i++) {
        if (i == 0 || seeds[i] != seeds[count - 1])
            seeds[count++] = seeds[i];
    }
    for (int i = 0; i < plan->count && together > 0; i++) {
        const int *at =
            bsearch(&plan->entries[i].seed, seeds, (size_t)count, sizeof *seeds, compare_ints);
        plan->entries[i].group = (int)(at - seeds) / together;
    }
    free(seeds);
    return IND_OK;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    const int keys[][2] = {{a->group, b->group},
                           {a->depth, b->depth},
                           {a->seed, b->seed},
                           {a->arm_number, b->arm_number}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    }
    return strcmp(a->run, b->run);
}

/* By folder; of one folder in the order in which they were written. */
static int compare_folders(const void *left, const void *right)
{
    const struct entry *a = *(const struct entry *const *)left;
    const struct entry *b = *(const struct entry *const *)right;
    const int order = strcmp(a->run, b->run);
    return order ? order : (a > b) - (a < b);
}

static int check_folders(const struct plan *plan, struct ind_error *err)
{
    const struct entry **sorted;
    int status = IND_OK;
    if (ind_alloc_into(&sorted, (size_t)plan->count, sizeof *sorted, err))
        return IND_FAILED;
    for (int i = 0; i < plan->count; i++)
        sorted[i] = &plan->entries[i];
    qsort(sorted, (size_t)plan->count, sizeof *sorted, compare_folders);
    for (int i = 1; i < plan->count && status == IND_OK; i++) {
        const struct entry *a = sorted[i - 1], *b = sorted[i];
        if (strcmp(a->run, b->run) == 0)
            status = ind_fail(err, "arms %s and %s, seed %d, are one folder: %s", a->arm, b->arm,
                              b->seed, b->run);
    }
    free(sorted);
    return status;
}

static int choose(struct plan *plan, const struct choice *choice, struct ind_error *err)
{
    int kept = 0;
    for (int i = 0; i < plan->count; i++) {
        struct entry *entry = &plan->entries[i];
        if ((choice->seeds.count && !has(&choice->seeds, entry->seed)) ||
            (choice->arms && !is_listed(entry, choice->arms)))
            entry_release(entry);
        else
            plan->entries[kept++] = *entry;
    }
    plan->count = kept;
    return kept ? IND_OK : ind_fail(err, "no run is of these seeds and arms");
}

int plan_make(struct plan *plan, const struct spec *spec, const struct choice *choice,
              const char *then, struct ind_error *err)
{
    size_t room = 0;
    *plan = (struct plan){.folder = strdup(spec->folder)};
    int status = plan->folder ? IND_OK : fail_memory(err);
    for (int i = 0; i < spec->count && status == IND_OK; i++) {
        status = expand_arm(plan, &room, &spec->arms[i], i, then, err);
        if (status)
            ind_error_context(err, "%s: line %d", spec->name, spec->arms[i].line);
    }
    if (status == IND_OK)
        status = check_folders(plan, err) || choose(plan, choice, err) ? IND_FAILED : IND_OK;
    if (status == IND_OK)
        status = group_seeds(plan, spec->together, err);
    if (status == IND_OK)
        qsort(plan->entries, (size_t)plan->count, sizeof *plan->entries, compare_entries);
    return status;
}
