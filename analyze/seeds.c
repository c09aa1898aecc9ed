/*
 * induct-seeds: many runs as one. The unit is the seed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/memory.h>
#include <induct/tool/field.h>
#include <induct/tool/tool.h>

#include "seeds/numbers.h"

/* ---- What is printed ------------------------------------------------------------------------- */

static const struct ind_field curve_fields[] = {
    IND_FIELD(struct row, arm, "of the runs: what their names say before -seedN"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart: head=L1H0; - if nothing does"),
    IND_FIELD_DIGITS("epoch", struct row, epoch, 12, "optimizer steps; nan: over --at"),
    IND_FIELD(struct row, seeds, "that have a value"),
    IND_FIELD(struct row, mean, "over the seeds, with its 95 % interval"),
    IND_FIELD(struct row, least, "of the seeds' values"),
    IND_FIELD(struct row, most, "likewise"),
    {0}};

static const struct ind_field each_fields[] = {
    IND_FIELD(struct row, arm, "of the run"),
    IND_FIELD(struct row, seed, "likewise"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart"),
    IND_FIELD_DIGITS("epoch", struct row, epoch, 12, "optimizer steps; nan: over --at"),
    IND_FIELD_DIGITS("value", struct row, least, 9, "of this seed"),
    {0}};

static const struct ind_field pair_fields[] = {
    IND_FIELD(struct row, arm, "against that of --against"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart"),
    IND_FIELD(struct row, seeds, "that both arms have: pairs"),
    IND_FIELD_AS("difference", struct row, mean, "mean of the pairs', with its 95 % interval"),
    IND_FIELD(struct row, above, "pairs in which it is above 0"),
    IND_FIELD(struct row, p, "two-sided, by exact sign flips"),
    IND_FIELD(struct row, p_holm, "the same, adjusted by Holm over all rows of the table"),
    {0}};

static const struct ind_field event_fields[] = {
    IND_FIELD(struct row, arm, "of the runs"),
    IND_FIELD(struct row, column, "of the tables that induct-onset looked at"),
    IND_FIELD(struct row, of, "their rows"),
    IND_FIELD(struct row, event, "induct-onset's"),
    IND_FIELD(struct row, seeds, "that were looked at"),
    IND_FIELD(struct row, seen, "of them it has happened in"),
    IND_FIELD(struct row, share, "of the seeds it has happened in; Clopper and Pearson's interval"),
    IND_FIELD_DIGITS("median", struct row, median, 9,
                     "epoch by which half of the seeds have had it, censored ones counted; inf: "
                     "not by the end"),
    IND_FIELD_DIGITS("first", struct row, least, 9, "epoch, of the seeds that have had it"),
    IND_FIELD_DIGITS("last", struct row, most, 9, "likewise"),
    {0}};

static const struct ind_field *choose_fields(const struct settings *s)
{
    return s->events    ? event_fields
           : s->each    ? each_fields
           : s->against ? pair_fields
                        : curve_fields;
}

static int print(struct ind_tool *tool, const struct settings *s, const struct found *found)
{
    return ind_tool_print(tool, choose_fields(s), found->rows, found->count, sizeof *found->rows);
}

/* ---- What is read ---------------------------------------------------------------------------- */

/* A table, or of a run its table. */
static int add_operand(struct lines *lines, const char *path, const struct settings *s,
                       struct ind_error *err)
{
    const struct wanted wanted = {s->columns, s->by};
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return lines_add(lines, path, &wanted, err);
    char *table = ind_text("%s/%s", path, s->table);
    int status = table ? lines_add(lines, table, &wanted, err) : ind_fail(err, "out of memory");
    free(table);
    return status;
}

static int measure(struct ind_tool *tool, const struct settings *s, struct found *found)
{
    struct lines lines = {0};
    int status = IND_OK;
    for (int i = 0; i < tool->operand_count && status == IND_OK; i++)
        status = add_operand(&lines, tool->operands[i], s, &tool->error);
    if (status == IND_OK && s->role != ROLE_NONE)
        status = lines_take_role(&lines, (enum role)s->role, s->role_at, &tool->error);
    if (status == IND_OK)
        status = lines_sort(&lines, &tool->error);
    if (status == IND_OK && s->at.count)
        status = numbers_average(&lines, &s->at, &tool->error);
    if (status == IND_OK)
        status = numbers_take(found, &lines, s, tool->seed, &tool->error);
    if (status == IND_OK)
        status = print(tool, s, found);
    lines_release(&lines);
    return status;
}

static int run(struct ind_tool *tool, const struct settings *s)
{
    struct found found = {0};
    int status = s->events ? events_take(&found, tool->operands, tool->operand_count, &tool->error)
                           : measure(tool, s, &found);
    if (status == IND_OK && s->events)
        status = print(tool, s, &found);
    found_release(&found);
    return status;
}

/* ---- The command line ------------------------------------------------------------------------ */

static const char *const ROLES[] = {"none", "prev", "induction", NULL};

static const struct ind_option options[] = {
    {IND_OPTION("table", struct settings, table), .arg = "NAME",
     .help = "of a run, the table that is read (metrics.tsv): tables/scores.tsv"},
    {IND_OPTION("column", struct settings, columns), .arg = "LIST",
     .help = "the columns that are looked at (default: all that are measured)"},
    {IND_OPTION("by", struct settings, by), .arg = "LIST",
     .help = "the columns that tell rows apart (default: those of text, period and layer)"},
    {IND_OPTION("at", struct settings, at), .arg = "LIST",
     .help = "numbers in place of curves: each seed's mean over these epochs"},
    {IND_OPTION("against", struct settings, against), .arg = "ARM",
     .help = "differences of every other arm from this one, paired by seed", .with = "at"},
    {IND_OPTION("each", struct settings, each), .help = "every seed's own values"},
    {IND_OPTION("role", struct settings, role), .arg = "WORD", .choices = ROLES,
     .help = "heads by role, not by number: prev, induction"},
    {IND_OPTION("role-at", struct settings, role_at), .arg = "EPOCH",
     .help = "at which it is decided who plays the role (default: the last)", .with = "role",
     .maximum = 2e9},
    {IND_OPTION("events", struct settings, events),
     .help = "the tables are induct-onset's: in how many seeds, and when"},
    {IND_OPTION("resamples", struct settings, resamples), .arg = "N",
     .help = "behind an interval (default 4000)", .minimum = 100, .maximum = 1e6},
    {0}};

static void describe(FILE *stream, const void *context)
{
    (void)context;
    fputs("\nColumns:\n", stream);
    ind_fields_describe(curve_fields, stream);
    fputs("\nWith --each:\n", stream);
    ind_fields_describe(each_fields, stream);
    fputs("\nWith --against:\n", stream);
    ind_fields_describe(pair_fields, stream);
    fputs("\nWith --events:\n", stream);
    ind_fields_describe(event_fields, stream);
    fputs("\nOperands are runs, or tables of any of induct's programs, with a column run or\n"
          "lying in a run's folder; runs are called ARM-seedN, as induct-sweep calls them.\n"
          "Intervals resample seeds, then what each seed's interval leaves open, and are\n"
          "widened for few seeds as Student's are: 95 % intervals of 8 and 16 seeds hold 94\n"
          "to 97 % in simulations; those of fewer than six hold less, as no resample's mean\n"
          "lies beyond the seeds' own values. Of one seed there is none. Sign flips of 8\n"
          "pairs cannot go below .0078, of 5 not below .0625.\n",
          stream);
}

int main(int argc, char **argv)
{
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
            "--events",
        .operand = IND_OPERAND_FILES,
        .table = true};
    struct settings s = {.table = "metrics.tsv", .role_at = (double)NAN, .resamples = 4000};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    if (s.events && (s.against || s.each || s.at.count || s.role))
        ind_tool_usage(&tool, "--events goes with no other reading of the tables");
    if (s.each && s.against)
        ind_tool_usage(&tool, "--each shows seeds as they are: not with --against");
    const int status = run(&tool, &s);
    ind_ints_release(&s.at);
    return ind_tool_finish(&tool, status);
}
