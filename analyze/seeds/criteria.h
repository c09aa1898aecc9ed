/*
 * Events by criteria fixed beforehand, in a file of a line each (# begins a comment):
 *
 *     NAME: CURVE TEST [once TEST] [from EPOCH]
 *
 *     prior wins: margin_40 below 0 once above 0
 *     bump:       mean(bump_L1H*) above 0 once below 0
 *     fall:       p40 drop .2 once above .5
 *     fade:       share(prev_L0H*@20000) below .5 from 20000
 *     takeover:   rival(prev_L0H*@20000) above 0 from 20000
 *
 * An event is the first of three measured checkpoints in a row for which the test holds; nothing
 * looks ahead (ind_onset_crossing). A TEST is `above X`, `below X`, or `drop X`: more than X below
 * the highest value so far. `once`: only after a checkpoint for which that other test holds; `from`:
 * the curve begins there. A CURVE is of one run's lines, called by their column, or by column/of
 * where rows have groups (prev_token/head=L0H*), * and ? stand for others:
 *
 *     COLUMN               one line
 *     mean(), max(), min() of several
 *     share(PATTERN@E)     the one that is highest at epoch E, as a share of its value there
 *     rival(PATTERN@E)     the highest of all others less that one
 */
#ifndef INDUCT_ANALYZE_SEEDS_CRITERIA_H
#define INDUCT_ANALYZE_SEEDS_CRITERIA_H

#include <stdio.h>

#include "happenings.h"
#include "lines.h"

enum test_kind { TEST_NONE, TEST_ABOVE, TEST_BELOW, TEST_DROP };
struct test {
    enum test_kind kind;
    double level;
};

enum curve_kind { CURVE_ONE, CURVE_MEAN, CURVE_MAX, CURVE_MIN, CURVE_SHARE, CURVE_RIVAL };
struct criterion {
    const char *name, *pattern; /* the criteria's text */
    enum curve_kind curve;
    double at; /* of share and rival */
    struct test test, once;
    double from; /* -INFINITY: from the first checkpoint on */
};

/* Owner. */
struct criteria {
    char *text;
    struct criterion *items;
    int count;
    size_t room;
};

/* "study.events: line 3: ..." says what is wrong with it. */
IND_CHECKED int criteria_read(struct criteria *criteria, const char *path, struct ind_error *err);
/* The same of criteria->text, which is there. */
IND_CHECKED int criteria_parse(struct criteria *criteria, const char *name, struct ind_error *err);
void criteria_release(struct criteria *criteria);

/* What --help says of the file. */
void criteria_describe(FILE *stream);

/* Every criterion on every run of the lines. Fails on a run that lacks a curve or an epoch that is
 * asked for, and where curves that are taken together have other epochs. */
IND_CHECKED int criteria_apply(const struct criteria *criteria, const struct lines *lines,
                               struct happenings *all, struct ind_error *err);

#endif
