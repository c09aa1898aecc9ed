/* The file of criteria, read. */
#include "criteria.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

void criteria_release(struct criteria *criteria)
{
    free(criteria->text);
    free(criteria->items);
    *criteria = (struct criteria){0};
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static int take_number(const char *word, const char *what, double *value, struct ind_error *err)
{
    char *end;
    if (!word)
        return ind_fail(err, "%s what number?", what);
    *value = strtod(word, &end);
    if (end == word || *end || !isfinite(*value))
        return ind_fail(err, "%s '%s' is not a number", what, word);
    return IND_OK;
}

/* "mean(bump_*)", "share(prev_*@20000)", "p40" */
static int take_curve(struct criterion *criterion, char *word, struct ind_error *err)
{
    static const char *const names[] = {"", "mean", "max", "min", "share", "rival"};
    char *open = strchr(word, '(');
    criterion->pattern = word;
    if (!open)
        return IND_OK;
    const size_t length = strlen(open);
    if (open[length - 1] != ')')
        return ind_fail(err, "'%s' has no ) at its end", word);
    open[length - 1] = '\0';
    *open = '\0';
    criterion->pattern = open + 1;
    for (int kind = CURVE_MEAN; kind <= CURVE_RIVAL; kind++) {
        if (strcmp(word, names[kind]) == 0)
            criterion->curve = (enum curve_kind)kind;
    }
    if (criterion->curve == CURVE_ONE)
        return ind_fail(err, "'%s' is none of mean, max, min, share and rival", word);
    if (criterion->curve < CURVE_SHARE)
        return IND_OK;
    char *at = strrchr(open + 1, '@');
    if (!at)
        return ind_fail(err, "%s of the highest at which epoch? %s(%s@EPOCH)", word, word,
                        criterion->pattern);
    *at = '\0';
    return take_number(at + 1, "@", &criterion->at, err);
}

static int take_test(struct test *test, const char *kind, const char *level, struct ind_error *err)
{
    static const char *const names[] = {"", "above", "below", "drop"};
    for (int k = TEST_ABOVE; kind && k <= TEST_DROP; k++) {
        if (strcmp(kind, names[k]) == 0)
            test->kind = (enum test_kind)k;
    }
    if (test->kind == TEST_NONE)
        return ind_fail(err, "'%s' is none of above, below and drop", kind ? kind : "");
    return take_number(level, kind, &test->level, err);
}

/* What comes after the test: once TEST, from EPOCH. */
static int take_condition(struct criterion *criterion, const char *word, char **rest,
                          struct ind_error *err)
{
    if (strcmp(word, "once") == 0) {
        const char *kind = strtok_r(NULL, " \t", rest);
        return take_test(&criterion->once, kind, strtok_r(NULL, " \t", rest), err);
    }
    if (strcmp(word, "from") == 0)
        return take_number(strtok_r(NULL, " \t", rest), word, &criterion->from, err);
    return ind_fail(err, "'%s' is neither once nor from", word);
}

static int take_line(struct criteria *criteria, char *line, struct ind_error *err)
{
    char *colon = strchr(line, ':'), *rest;
    if (!colon)
        return ind_fail(err, "a criterion is NAME: CURVE TEST [once TEST] [from EPOCH]");
    *colon = '\0';
    struct criterion new = {.name = trim(line), .from = -(double)INFINITY};
    for (int i = 0; i < criteria->count; i++) {
        if (strcmp(criteria->items[i].name, new.name) == 0)
            return ind_fail(err, "'%s' is there twice", new.name);
    }
    char *curve = strtok_r(colon + 1, " \t", &rest);
    if (!curve || !*new.name)
        return ind_fail(err, "a criterion has a name and a curve");
    if (take_curve(&new, curve, err))
        return IND_FAILED;
    const char *kind = strtok_r(NULL, " \t", &rest);
    if (take_test(&new.test, kind, strtok_r(NULL, " \t", &rest), err))
        return IND_FAILED;
    for (const char *word; (word = strtok_r(NULL, " \t", &rest));) {
        if (take_condition(&new, word, &rest, err))
            return IND_FAILED;
    }
    if (ind_grow(&criteria->items, &criteria->room, (size_t)criteria->count + 1,
                 sizeof *criteria->items, err))
        return IND_FAILED;
    criteria->items[criteria->count++] = new;
    return IND_OK;
}

/* A pipe is as good as a file: --criteria <(grep ...). */
static int read_text(struct criteria *criteria, const char *path, struct ind_error *err)
{
    size_t room = 0;
    errno = 0;
    FILE *file = fopen(path, "r");
    if (!file)
        return ind_fail_errno(err, "%s", path);
    const bool read = getdelim(&criteria->text, &room, '\0', file) >= 0;
    const int why = errno;
    const bool failed = ferror(file) || (!read && why == ENOMEM);
    fclose(file);
    errno = why;
    if (failed)
        return ind_fail_errno(err, "%s", path);
    return read ? IND_OK : ind_fail(err, "%s: there is no criterion in it", path);
}

int criteria_read(struct criteria *criteria, const char *path, struct ind_error *err)
{
    *criteria = (struct criteria){0};
    return read_text(criteria, path, err) ? IND_FAILED : criteria_parse(criteria, path, err);
}

int criteria_parse(struct criteria *criteria, const char *path, struct ind_error *err)
{
    int number = 0;
    for (char *line, *next = criteria->text; (line = strsep(&next, "\n"));) {
        number++;
        line[strcspn(line, "#")] = '\0';
        line = trim(line);
        if (*line && take_line(criteria, line, err))
            return ind_error_context(err, "%s: line %d", path, number);
    }
    return criteria->count ? IND_OK : ind_fail(err, "%s: there is no criterion in it", path);
}

void criteria_describe(FILE *stream)
{
    fputs("\nA line of --criteria is NAME: CURVE TEST [once TEST] [from EPOCH]:\n"
          "\n"
          "  prior wins: margin_40 below 0 once above 0\n"
          "  bump:       mean(bump_L1H*) above 0 once below 0\n"
          "  fall:       p40 drop .2 once above .5\n"
          "  fade:       share(prev_L0H*@20000) below .5 from 20000\n"
          "  takeover:   rival(prev_L0H*@20000) above 0 from 20000\n"
          "\n"
          "An event is the first of three measured checkpoints in a row for which the test\n"
          "holds; nothing looks ahead. drop X: more than X below the highest value so far.\n"
          "once: after a checkpoint for which that other test holds. share: the curve that is\n"
          "highest at that epoch, as a share of its value there; rival: the highest of the\n"
          "others less that one; mean, max and min are of all. A curve is called by its column,\n"
          "or column/of where rows have groups: prev_token/head=L0H*. A run without the event\n"
          "is censored at its end, and counted.\n",
          stream);
}
