/*
 * induct-roles: who plays which part in a run. Decided by the library on two tables: one that
 * induct-score makes, or is given, and the training log, or one of induct-eval.
 */
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/role/role.h>
#include <induct/run/series.h>
#include <induct/tool/child.h>
#include <induct/tool/tool.h>

struct settings {
    bool all;
};

/* ---- Rows ------------------------------------------------------------------------------------ */

static const struct ind_column columns[] = {
    {"role", IND_COLUMN_TEXT, 0},      {"rank", IND_COLUMN_INT, 0},
    {"name", IND_COLUMN_TEXT, 0},      {"peak", IND_COLUMN_REAL, 0},
    {"peak_lo", IND_COLUMN_REAL, 0},   {"peak_hi", IND_COLUMN_REAL, 0},
    {"peak_epoch", IND_COLUMN_INT, 0}, {"last", IND_COLUMN_REAL, 0},
    {"last_lo", IND_COLUMN_REAL, 0},   {"last_hi", IND_COLUMN_REAL, 0},
    {"last_epoch", IND_COLUMN_INT, 0}, {"half_epoch", IND_COLUMN_INT, 0},
    {"uniform", IND_COLUMN_REAL, 0},   {"holds", IND_COLUMN_INT, 0}};

static void put_value(struct ind_rows *rows, const struct ind_role_value *value)
{
    ind_rows_real(rows, value->value);
    ind_rows_real(rows, value->lo);
    ind_rows_real(rows, value->hi);
    ind_rows_int(rows, value->epoch);
}

static void put_standing(struct ind_rows *rows, const struct ind_standing *standing)
{
    ind_rows_text(rows, ind_role_name(standing->kind));
    ind_rows_int(rows, standing->rank);
    ind_rows_text(rows, standing->name);
    put_value(rows, &standing->peak);
    put_value(rows, &standing->last);
    ind_rows_int(rows, standing->half_epoch);
    ind_rows_real(rows, standing->chance);
    ind_rows_int(rows, standing->holds);
}

static int print(struct ind_tool *tool, const struct settings *settings,
                 const struct ind_roles *roles)
{
    struct ind_table table;
    struct ind_rows rows = {0};
    for (int i = 0; i < roles->count; i++) {
        if (settings->all || roles->items[i].holds)
            put_standing(&rows, &roles->items[i]);
    }
    int status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_table_write(&table, &rows, &tool->error);
    ind_rows_release(&rows);
    return status;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

/* A table with a column of heads is one of scores. */
static int add_table(struct ind_roles *roles, const char *path, struct ind_error *err)
{
    struct ind_sheet sheet;
    if (ind_sheet_read(&sheet, path, IND_TORN_LEFT_OUT, err) != IND_OK)
        return IND_FAILED;
    int status = ind_sheet_find(&sheet, "head") >= 0 ? ind_roles_add_scores(roles, &sheet, err)
                                                     : ind_roles_add_accuracy(roles, &sheet, err);
    ind_sheet_release(&sheet);
    return status;
}

static int from_tables(struct ind_roles *roles, const struct ind_tool *tool, struct ind_error *err)
{
    int status = IND_OK;
    for (int i = 0; i < tool->operand_count && status == IND_OK; i++)
        status = add_table(roles, tool->operands[i], err);
    return status;
}

/* ---- A run ----------------------------------------------------------------------------------- */

/* What induct-score prints of the run. */
static int score(struct ind_roles *roles, const struct ind_tool *tool, struct ind_error *err)
{
    char threads[16], seed[32];
    snprintf(threads, sizeof threads, "%d", tool->threads);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)tool->seed);
    const char *argv[16] = {"induct-score", tool->run,    "--score",   "prev_token,induction",
                            "--intervals",  "--baseline", "--threads", threads,
                            "--seed",       seed};
    int count = 10;
    if (tool->epochs.text) {
        argv[count++] = "--epochs";
        argv[count++] = tool->epochs.text;
    }
    if (tool->quiet)
        argv[count++] = "--quiet";
    struct ind_child child;
    struct ind_sheet sheet = {0};
    if (ind_child_start(&child, (char *const *)(size_t)argv, true, err) != IND_OK)
        return IND_FAILED;
    int status = ind_sheet_read_stream(&sheet, child.output, "induct-score", IND_TORN_FAILS, err);
    if (ind_child_wait(&child, err) != IND_OK)
        status = IND_FAILED;
    if (status == IND_OK)
        status = ind_roles_add_scores(roles, &sheet, err);
    ind_sheet_release(&sheet);
    return status;
}

static int from_run(struct ind_roles *roles, const struct ind_tool *tool, struct ind_error *err)
{
    char *log = ind_text("%s/metrics.tsv", tool->run);
    if (!log)
        return ind_fail(err, "out of memory");
    int status = score(roles, tool, err);
    enum ind_file_kind kind;
    if (status == IND_OK)
        status = ind_file_look(log, &kind, err);
    if (status == IND_OK && kind != IND_FILE_NONE)
        status = add_table(roles, log, err);
    else if (status == IND_OK)
        ind_tool_warn(tool, "%s has no metrics.tsv: nothing is known of periods", tool->run);
    free(log);
    return status;
}

static int look_for_tables(const char *path, bool *tables, struct ind_error *err)
{
    enum ind_file_kind kind = IND_FILE_OTHER;
    if (strcmp(path, "-") != 0 && ind_file_look(path, &kind, err) != IND_OK)
        return IND_FAILED;
    *tables = kind == IND_FILE_REGULAR || kind == IND_FILE_OTHER;
    return IND_OK;
}

static int run(struct ind_tool *tool, const struct settings *settings)
{
    struct ind_roles roles = {0};
    bool tables;
    if (look_for_tables(tool->run, &tables, &tool->error) != IND_OK)
        return IND_FAILED;
    if (tables && tool->epochs.text)
        ind_tool_usage(tool, "--epochs chooses checkpoints of a run: tables are read as they are");
    if (!tables && tool->operand_count > 1)
        ind_tool_usage(tool, "one run, or tables: '%s' is more", tool->operands[1]);
    int status =
        tables ? from_tables(&roles, tool, &tool->error) : from_run(&roles, tool, &tool->error);
    if (status == IND_OK)
        status = print(tool, settings, &roles);
    ind_roles_release(&roles);
    return status;
}

static const struct ind_option options[] = {
    {IND_OPTION("all", struct settings, all),
     .help = "heads and periods that do not hold their role, too"},
    {0}};

static const struct ind_about about = {
    .name = "induct-roles",
    .summary = "who plays which part in a run: heads and periods by role",
    .details = "A head's number means nothing from one seed to the next; its role does.\n"
               "\n"
               "Columns: role, rank (in its role, from 1), name (of a head or a period), peak\n"
               "(its highest value) and last (its last one) with 95 % intervals and epochs,\n"
               "half_epoch (the first epoch at half the way up to the peak; -1 if the peak is\n"
               "below chance), uniform (the score of uniform attention), holds (1 or 0).\n"
               "\n"
               "  previous   heads by their highest prev-token score\n"
               "  induction  heads by their highest induction score\n"
               "  period     periods by the fall of induction accuracy, from peak to last\n"
               "\n"
               "A head holds its role where the interval of its peak lies wholly above .1 and\n"
               "above twice what uniform attention scores; a period, where the interval of its\n"
               "peak lies wholly above that of its last value: it has fallen. Only those are\n"
               "printed, unless --all is given. Values without intervals are compared themselves.\n"
               "\n"
               "Of a run, heads are scored by induct-score (whose defaults hold) and periods\n"
               "are those of metrics.tsv: values there are means of five logged ones in a row,\n"
               "with Student's interval of the five. In place of a run stand tables, in any\n"
               "order: of induct-score, a metrics.tsv, of induct-eval; - is stdin.",
    .examples = "induct-roles runs/2L-varied-seed67\n"
                "induct-roles --epochs ::1000 --all\n"
                "induct-eval RUN --periods 5:40 | induct-roles -\n"
                "induct-roles scores.tsv RUN/metrics.tsv",
    .operand = IND_OPERAND_RUNS,
    .epochs = true,
    .table = true};

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    return ind_tool_finish(&tool, run(&tool, &s));
}
