/*
 * induct-onset: when something began, for any column of any table over epochs.
 *
 * One row a curve and event; curves are the columns of the tables, by group of rows.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/tool/field.h>
#include <induct/tool/tool.h>

#include "onset/events.h"

static const struct ind_field fields[] = {
    IND_FIELD(struct row, table, "the file"),
    IND_FIELD(struct row, of, "the rows of the table, by what tells them apart: head=L1H0"),
    IND_FIELD(struct row, column, "whose curve it is"),
    IND_FIELD(struct row, event, "crossing, break, half_rise or steepest"),
    IND_FIELD_DIGITS("epoch", struct row, epoch, 12, "when; nan if it has not happened"),
    IND_FIELD_DIGITS("epoch_lo", struct row, epoch_lo, 12,
                     "95 % interval: of a crossing, when the upper and the lower bound of the "
                     "column cross; of a break, by profile likelihood; else nan"),
    IND_FIELD_DIGITS("epoch_hi", struct row, epoch_hi, 12, "likewise"),
    IND_FIELD(struct row, value,
              "of a crossing, the level; of a half-rise, the value there; of a break, the slope a "
              "decade after it; of the steepest, its slope a decade"),
    IND_FIELD(struct row, status,
              "seen; censored: not up to the end of the run; not_yet: a break within three "
              "checkpoints of the end; unsettled: a break that moves out of its interval when the "
              "second half of what follows it is cut off"),
    IND_FIELD(struct row, future,
              "1 for events that use what comes after them and may move while a run goes on"),
    {0}};

/* ---- Tables ---------------------------------------------------------------------------------- */

struct source {
    struct ind_sheet sheet;
    struct ind_curves curves;
};

static int take_table(struct source *source, const char *path, const struct settings *settings,
                      struct found *found, struct ind_error *err)
{
    if (ind_sheet_read(&source->sheet, path, IND_TORN_LEFT_OUT, err) ||
        ind_curves_init(&source->curves, &source->sheet, settings->columns, settings->by, err))
        return IND_FAILED;
    for (int c = 0; c < source->curves.count; c++) {
        if (add_events(found, settings, source->sheet.name, &source->curves.items[c], err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* Ascending; what has not happened last, in the order of the tables. */
static int compare(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (isnan(a->epoch) || isnan(b->epoch))
        return isnan(a->epoch) - isnan(b->epoch);
    return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

static int print(struct ind_tool *tool, struct found *found, bool in_order)
{
    if (in_order && found->count > 0)
        qsort(found->rows, (size_t)found->count, sizeof *found->rows, compare);
    return ind_tool_print(tool, fields, found->rows, found->count, sizeof *found->rows);
}

static int run(struct ind_tool *tool, const struct settings *settings)
{
    struct found found = {0};
    struct source *sources;
    int status =
        ind_alloc_into(&sources, (size_t)tool->operand_count, sizeof *sources, &tool->error);
    for (int t = 0; t < tool->operand_count && status == IND_OK; t++)
        status = take_table(&sources[t], tool->operands[t], settings, &found, &tool->error);
    if (status == IND_OK)
        status = print(tool, &found, settings->in_order);
    for (int t = 0; sources != NULL && t < tool->operand_count; t++) {
        ind_curves_release(&sources[t].curves);
        ind_sheet_release(&sources[t].sheet);
    }
    free(sources);
    free(found.rows);
    return status;
}

static const struct ind_option options[] = {
    {IND_OPTION("column", struct settings, columns), .arg = "LIST",
     .help = "the columns whose curves are looked at (default: all that are measured)"},
    {IND_OPTION("by", struct settings, by), .arg = "LIST",
     .help = "the columns that tell curves apart (default: those of text, period and layer)"},
    {IND_OPTION("level", struct settings, level), .arg = "X",
     .help = "of crossings (default: .5 for accuracies, and a fall of .2; three times chance "
             "where the table has a column of it; else there is none)"},
    {IND_OPTION("falls", struct settings, falls),
     .help = "falls from the highest value so far in place of rises"},
    {IND_OPTION("order", struct settings, in_order), .help = "rows in the order of their epochs"},
    {0}};

static void describe(FILE *stream, const void *context)
{
    (void)context;
    fputs("\nColumns:\n", stream);
    ind_fields_describe(fields, stream);
    fputs("\nA crossing is the first of three checkpoints in a row above a level that is fixed\n"
          "beforehand; it uses nothing that comes later. A break is where a continuous\n"
          "piecewise linear fit on log10(epoch), with at most three breaks chosen by BIC,\n"
          "turns upwards most. half_rise (half-way from the first to the highest value) and\n"
          "steepest (over a tenth of a decade) use the future. An event that has not happened is\n"
          "censored, not left out. - is stdin.\n",
          stream);
}

static const struct ind_about about = {
    .name = "induct-onset",
    .summary = "when something began: events of any column of tables over epochs",
    .more = describe,
    .examples = "induct-onset RUN/metrics.tsv --column ood_40 --falls\n"
                "induct-score RUN --score induction --baseline | induct-onset - --order\n"
                "induct-onset margins.tsv --column margin --level 0",
    .operand = IND_OPERAND_FILES,
    .table = true};

int main(int argc, char **argv)
{
    struct settings s = {.level = (double)NAN};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    return ind_tool_finish(&tool, run(&tool, &s));
}
