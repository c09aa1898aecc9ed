/*
 * induct-seeds: many runs as one. The unit is the seed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/tool/field.h>
#include <induct/tool/tool.h>

#include "seeds/criteria.h"
#include "seeds/events.h"
#include "seeds/fields.h"
#include "seeds/matching.h"
#include "seeds/numbers.h"

static int print(struct ind_tool *tool, const struct settings *s, const struct found *found)
{
    if ((s->against && !s->each) || s->order)
        found_warn(tool, s, found);
    return ind_tool_print(tool, fields_choose(s), found->rows, found->count, sizeof *found->rows);
}

/* ---- What is read ---------------------------------------------------------------------------- */

/* A table, or of a run its table. */
static int add_operand(struct lines *lines, const char *path, const struct settings *s,
                       struct ind_error *err)
{
    const struct wanted wanted = {s->columns, s->by};
    if (!ind_is_folder(path))
        return lines_add(lines, path, &wanted, err);
    char *table = ind_text("%s/%s", path, s->table);
    int status = table ? lines_add(lines, table, &wanted, err) : ind_fail(err, "out of memory");
    free(table);
    return status;
}

static int read_lines(struct ind_tool *tool, const struct settings *s, struct lines *lines)
{
    int status = IND_OK;
    for (int i = 0; i < tool->operand_count && status == IND_OK; i++)
        status = add_operand(lines, tool->operands[i], s, &tool->error);
    return status == IND_OK ? lines_sort(lines, &tool->error) : IND_FAILED;
}

/* ---- What is said ---------------------------------------------------------------------------- */

static int run_match(struct ind_tool *tool, const struct settings *s)
{
    struct lines lines = {0};
    struct matching matching = {0};
    struct found found = {0};
    int status = read_lines(tool, s, &lines);
    if (status == IND_OK)
        status = matching_make(&matching, &lines, s, &tool->error);
    if (status == IND_OK)
        status = matching_put(&matching, s->margin, &found, &tool->error);
    if (status == IND_OK)
        status = print(tool, s, &found);
    found_release(&found);
    matching_release(&matching);
    lines_release(&lines);
    return status;
}

static int run_numbers(struct ind_tool *tool, const struct settings *s)
{
    struct lines lines = {0};
    struct found found = {0};
    int status = read_lines(tool, s, &lines);
    if (status == IND_OK && s->role != ROLE_NONE)
        status = cast_heads(&lines, s, &tool->error);
    if (status == IND_OK && s->at.count)
        status = numbers_average(&lines, s, &tool->error);
    if (status == IND_OK)
        status = numbers_take(&found, &lines, s, tool->seed, &tool->error);
    if (status == IND_OK)
        status = print(tool, s, &found);
    found_release(&found);
    lines_release(&lines);
    return status;
}

static int look(struct ind_tool *tool, const struct settings *s, struct happenings *all)
{
    struct criteria criteria = {0};
    struct lines lines = {0};
    int status = criteria_read(&criteria, s->criteria, &tool->error);
    if (status == IND_OK)
        status = read_lines(tool, s, &lines);
    if (status == IND_OK)
        status = criteria_apply(&criteria, &lines, all, &tool->error);
    lines_release(&lines);
    criteria_release(&criteria);
    return status;
}

static int run_events(struct ind_tool *tool, const struct settings *s)
{
    struct happenings all = {0};
    struct found found = {0};
    int status = s->criteria ? look(tool, s, &all)
                             : happenings_read(&all, tool->operands, tool->operand_count, s->event,
                                               &tool->error);
    if (status == IND_OK)
        status = happenings_sort(&all, &tool->error);
    if (status == IND_OK)
        status = events_take(&found, &all, s, tool->seed, &tool->error);
    if (status == IND_OK)
        status = print(tool, s, &found);
    found_release(&found);
    happenings_release(&all);
    return status;
}

/* ---- The command line ------------------------------------------------------------------------ */

static const char *const ROLES[] = {"none", "prev", "induction", "like", NULL};

static const char *const ADJUSTS[] = {"holm", "joint", NULL};

static const struct ind_option options[] = {
    {IND_OPTION("table", struct settings, table), .arg = "NAME",
     .help = "of a run, the table that is read (metrics.tsv): tables/scores.tsv"},
    {IND_OPTION("column", struct settings, columns), .arg = "LIST",
     .help = "the columns that are looked at (default: all that are measured)"},
    {IND_OPTION("by", struct settings, by), .arg = "LIST",
     .help = "the columns that tell rows apart (default: those of text, period and layer)"},
    {IND_OPTION("at", struct settings, at), .arg = "LIST",
     .help = "numbers in place of curves: each seed's mean over these epochs"},
    {IND_OPTION("since", struct settings, since), .arg = "LIST",
     .help = "changes since then: less each seed's mean over these epochs", .with = "at"},
    {IND_OPTION("against", struct settings, against), .arg = "ARM",
     .help = "differences of every other arm from this one, paired by seed: of numbers (--at) or "
             "of events"},
    {IND_OPTION("keeps", struct settings, keeps), .arg = "LIST",
     .help = "does an arm keep what it had at these epochs, which that of --against loses?",
     .with = "against"},
    {IND_OPTION("tolerance", struct settings, tolerance), .arg = "X",
     .help = "of --keeps: what is no loss (default .1)", .with = "keeps", .minimum = 0,
     .maximum = 1e9},
    {IND_OPTION("adjust", struct settings, adjust), .arg = "WORD", .choices = ADJUSTS,
     .help = "the p of its verdict: holm (default), joint", .with = "keeps"},
    {IND_OPTION("each", struct settings, each), .help = "every seed's own values or events"},
    {IND_OPTION("role", struct settings, role), .arg = "WORD", .choices = ROLES,
     .help = "heads by role, not by number: prev, induction; like: as matched (--match)"},
    {IND_OPTION("role-at", struct settings, role_at), .arg = "EPOCH",
     .help = "at which it is decided who plays the role (default: by the highest of all, as "
             "induct-roles)",
     .maximum = 2e9},
    {IND_OPTION("match", struct settings, match), .arg = "RUN[@EPOCH]",
     .help = "which head is which of that run's, ARM-seedN: the assignment that makes them most "
             "alike in "
             "all columns (at --role-at)"},
    {IND_OPTION("margin", struct settings, margin), .arg = "X",
     .help = "below which a head is unmatched (default .1)", .with = "match", .minimum = 0,
     .maximum = 100},
    {IND_OPTION("events", struct settings, events),
     .help = "the tables are induct-onset's: in how many seeds, and when"},
    {IND_OPTION("event", struct settings, event), .arg = "LIST",
     .help = "those that are looked at (default: all): crossing", .with = "events"},
    {IND_OPTION("criteria", struct settings, criteria), .arg = "FILE",
     .help = "events of any tables, by criteria fixed beforehand (see below)"},
    {IND_OPTION("order", struct settings, order),
     .help = "of events, each pair: which comes first, and by how much"},
    {IND_OPTION("resamples", struct settings, resamples), .arg = "N",
     .help = "behind an interval (default 4000)", .minimum = 100, .maximum = 1e6},
    {0}};

static void describe(FILE *stream, const void *context)
{
    (void)context;
    fields_describe(stream);
    criteria_describe(stream);
}

/* Options that contradict each other end the program. */
static void check(struct ind_tool *tool, const struct settings *s)
{
    if (s->events && s->criteria)
        ind_tool_usage(tool,
                       "--events reads induct-onset's tables, --criteria any other: not both");
    if (of_events(s) && (s->at.count || s->role))
        ind_tool_usage(tool, "--events and --criteria go with no --at and no --role");
    if ((s->role == ROLE_LIKE) != (s->match != NULL) && s->role != ROLE_NONE)
        ind_tool_usage(tool, "--role like goes with --match, other roles do not");
    if (s->match && s->role == ROLE_NONE && (of_events(s) || s->at.count || s->each))
        ind_tool_usage(tool, "--match alone prints who is who: numbers by it with --role like");
    if (!isnan(s->role_at) && !s->match && s->role == ROLE_NONE)
        ind_tool_usage(tool, "--role-at goes with --role or --match");
    if (s->criteria && s->columns)
        ind_tool_usage(tool, "--criteria names its columns itself: no --column");
    if (s->order && !of_events(s))
        ind_tool_usage(tool, "--order is of events: --events or --criteria");
    if (s->against && !of_events(s) && !s->at.count)
        ind_tool_usage(tool, "--against goes with --at, --events or --criteria");
    if (s->keeps.count && (of_events(s) || s->since.count))
        ind_tool_usage(tool, "--keeps is of numbers as they are: no events, no --since");
    if (s->order && (s->each || s->against))
        ind_tool_usage(tool, "--order goes with no --each and no --against");
    if (s->each && s->against && (of_events(s) || s->keeps.count))
        ind_tool_usage(tool, "--each shows seeds as they are: of --against numbers alone");
}

static const struct ind_about about = {
    .name = "induct-seeds",
    .summary = "many runs as one: curves, numbers, differences and events over seeds",
    .more = describe,
    .examples =
        "induct-seeds runs/study/*-seed* --column ood_40\n"
        "induct-seeds runs/study/*-seed* --column ood_40 --at 44000,44500,45000 --against "
        "control\n"
        "induct-seeds runs/study/base-* --table tables/scores.tsv --role prev --role-at 20000\n"
        "induct-onset runs/study/*-seed*/metrics.tsv --column ood_40 --falls | induct-seeds - "
        "--events\n"
        "induct-seeds plots/fading/results/base-* --criteria plots/fading/study.events "
        "--order\n"
        "induct-seeds plots/fading/results/*-seed* --column p10,p15,p35,p40 --at "
        "44000,44500,45000 --against control --keeps 20000",
    .operand = IND_OPERAND_FILES,
    .table = true};

int main(int argc, char **argv)
{
    struct settings s = {.table = "metrics.tsv",
                         .role_at = (double)NAN,
                         .resamples = 4000,
                         .tolerance = 0.1,
                         .margin = 0.1};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    check(&tool, &s);
    const int status = of_events(&s)         ? run_events(&tool, &s)
                       : fields_of_match(&s) ? run_match(&tool, &s)
                                             : run_numbers(&tool, &s);
    ind_ints_release(&s.at);
    ind_ints_release(&s.since);
    ind_ints_release(&s.keeps);
    return ind_tool_finish(&tool, status);
}
