#include "support/demo_tool.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <induct/tool/progress.h>
#include <induct/tool/stop.h>
#include <induct/tool/tool.h>

static const char *const scales[] = {"linear", "log", NULL};

struct settings {
    int sequences;
    long budget;
    double rate;
    uint64_t key;
    const char *text;
    struct ind_ints periods;
    int scale;
    bool fail, ask_stop, insist, sequences_given;
};

static const struct ind_column COLUMNS[] = {{"name", IND_COLUMN_TEXT, 0},
                                            {"value", IND_COLUMN_REAL, 17}};

static void add(struct ind_rows *rows, const char *name, double value)
{
    ind_rows_text(rows, name);
    ind_rows_real(rows, value);
}

static int work(struct ind_tool *tool, const struct settings *s)
{
    struct ind_table table;
    struct ind_rows rows = {0};
    add(&rows, s->sequences_given ? "sequences, given" : "sequences", s->sequences);
    add(&rows, "budget", (double)s->budget);
    add(&rows, "rate", s->rate);
    add(&rows, "key", (double)s->key);
    add(&rows, s->text, 0);
    add(&rows, scales[s->scale], 0);
    for (int i = 0; i < s->periods.count; i++)
        add(&rows, "period", s->periods.items[i]);
    for (int i = 0; i < tool->operand_count; i++)
        add(&rows, tool->operands[i], i);
    add(&rows, "seed", (double)tool->seed);
    int status = ind_tool_table(tool, &table, COLUMNS, 2);
    if (status == IND_OK)
        status = ind_table_write(&table, &rows, &tool->error);
    ind_rows_release(&rows);
    return status;
}

int demo_tool(int argc, char **argv, enum ind_operand operand)
{
    struct settings s = {.sequences = 256, .budget = 5, .rate = 0.5, .text = "text"};
    const struct ind_option options[] = {
        {.help = "Evaluation:"},
        {IND_OPTION("sequences", struct settings, sequences), .key = 'n', .arg = "N",
         .help = "sequences a figure rests on (default 256)", .minimum = 1, .maximum = 1e6},
        {IND_OPTION("periods", struct settings, periods), .arg = "LIST",
         .help = "periods, as 5,10:20", .minimum = 1, .maximum = 80},
        {.help = "Others:"},
        {IND_OPTION("budget", struct settings, budget), .arg = "N", .help = "any whole number"},
        {IND_OPTION("rate", struct settings, rate), .arg = "X", .help = "a share", .minimum = 0,
         .maximum = 1},
        {IND_OPTION("key", struct settings, key), .arg = "N", .help = "64 bits"},
        {IND_OPTION("text", struct settings, text), .arg = "TEXT", .help = "anything"},
        {IND_OPTION("scale", struct settings, scale), .arg = "KIND", .help = "linear or log",
         .choices = scales},
        {IND_OPTION("fail", struct settings, fail), .key = 'f', .help = "fail after writing"},
        {IND_OPTION("ask-stop", struct settings, ask_stop), .help = "be asked to stop"},
        {IND_OPTION("insist", struct settings, insist), .help = "be asked twice"},
        {0}};
    const struct ind_about about = {.name = "induct-demo",
                                    .summary = "Show what every program shares",
                                    .details = "Columns:\n  name   of a setting\n",
                                    .examples = "induct-demo --periods 5:40\ninduct-demo a",
                                    .operand = operand,
                                    .epochs = true,
                                    .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.sequences_given = ind_tool_given(&tool, "sequences");
    int status = work(&tool, &s);
    if (s.ask_stop) {
        raise(SIGINT);
        if (s.insist)
            raise(SIGTERM);
        ind_tool_warn(&tool, "asked to stop by %d", ind_stop_signal());
    }
    if (s.fail)
        status = ind_fail(&tool.error, "asked\nto fail");
    ind_ints_release(&s.periods);
    return ind_tool_finish(&tool, status);
}

int demo_progress(int argc, char **argv)
{
    struct ind_progress progress;
    bool quiet = argc > 1 && strcmp(argv[1], "--quiet") == 0;
    ind_progress_start(&progress, "checkpoints", 100, 200, quiet);
    for (long done = 101; done <= 200; done++) {
        usleep(12000);
        ind_progress_update(&progress, done,
                            "loss 1.25 \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
    }
    ind_progress_end(&progress);
    return 0;
}
