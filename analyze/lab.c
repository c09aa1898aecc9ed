/*
 * induct-lab: a page in which a run can be watched, scrubbed through and operated on.
 *
 * Served on this machine, following the run while it trains; or, with -o, written as one file that
 * needs nobody. The parts lie in lab/, those of the page in lab/page/.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/run/checkpoint.h>
#include <induct/run/run.h>
#include <induct/run/series.h>
#include <induct/tool/stop.h>
#include <induct/tool/tool.h>

#include "lab/html.h"
#include "lab/live.h"
#include "lab/report.h"
#include "lab/store.h"

static const char DETAILS[] =
    "Without -o the page is served to browsers on this machine, at the address that\n"
    "is printed, until Ctrl-C; checkpoints that appear meanwhile are measured and\n"
    "shown. With -o it is one file with everything in it, which opens from the disk,\n"
    "without a network, and can be mailed.\n"
    "\n"
    "Every checkpoint is measured: accuracy and loss by period with 95 % intervals,\n"
    "every score and the mean pattern of every head on sequences of the middle\n"
    "trained period, one sequence's patterns, and the positional bump. A report holds\n"
    "the weights of --weights checkpoints, in half precision: at these the page can\n"
    "run the model, type tokens, take heads and score terms away. A server hands over\n"
    "any checkpoint's as they are. Nothing is written into the run.\n"
    "\n"
    "The server answers GET and HEAD of its own page, and nothing else; --address\n"
    "lets other machines in, which then may see the run.";

static const char EXAMPLES[] = "induct-lab runs/2L-varied-seed67\n"
                               "induct-lab runs/2L-varied-60k-seed67 -o lab.html\n"
                               "induct-lab runs/a runs/b --port 8080\n";

/* Sequences behind a figure. Beside a training that uses every processor measuring must cost
 * little: 11 ms of processor time a checkpoint, where 100 epochs of 2L-varied take 500. */
enum { ALONE = 64, BESIDE = 16 };

static int choose_sequences(struct choices *choices, char *const *paths, int count,
                            struct ind_error *err)
{
    bool held = false;
    if (choices->sequences != 0)
        return IND_OK;
    for (int r = 0; r < count && !held && !choices->output; r++) {
        if (ind_run_is_trained(paths[r], &held, err))
            return IND_FAILED;
    }
    choices->sequences = held ? BESIDE : ALONE;
    return IND_OK;
}

/* A run that has just been begun has no checkpoint for a moment. */
static void wait_for_first(char *const *paths, int count)
{
    const struct timespec pause = {0, 50000000};
    for (int tries = 0; tries < 200 && !ind_stop_signal(); tries++) {
        bool all = true;
        for (int r = 0; r < count; r++) {
            long *epochs = NULL;
            int found = 0;
            bool is_run;
            if (ind_series_is_run(paths[r], &is_run, NULL) != IND_OK || !is_run ||
                ind_checkpoint_list(paths[r], &epochs, &found, NULL) != IND_OK)
                return; /* opening it will say what is wrong */
            all = all && found > 0;
            free(epochs);
        }
        if (all)
            return;
        nanosleep(&pause, NULL);
    }
}

static int show(struct ind_tool *tool, struct choices *choices)
{
    struct store store;
    char **paths = tool->operand_count > 0 ? tool->operands : &tool->run;
    const int count = tool->operand_count > 0 ? tool->operand_count : 1;
    if (!html_has_model())
        ind_tool_warn(tool, "built without the model for the page: what needs it is missing there; "
                            "install clang lld wasi-libc libclang-rt-dev-wasm32 and build again");
    if (!choices->output)
        wait_for_first(paths, count);
    if (choose_sequences(choices, paths, count, &tool->error))
        return IND_FAILED;
    int status = store_open(&store, tool, paths, count, choices, &tool->error);
    if (status == IND_OK)
        status = choices->output ? report_write(tool, &store, choices)
                                 : live_serve(tool, &store, choices);
    store_close(&store);
    return status;
}

int main(int argc, char **argv)
{
    struct choices choices = {.address = "127.0.0.1", .resamples = 1000, .weights = 90};
    const struct ind_option options[] = {
        {IND_OPTION("output", struct choices, output), .key = 'o', .arg = "FILE.html",
         .help = "write one self-contained file in place of serving"},
        {IND_OPTION("weights", struct choices, weights), .arg = "N",
         .help = "checkpoints whose weights that file holds (default 90)", .minimum = 2,
         .maximum = 1e5, .with = "output"},
        {IND_OPTION("port", struct choices, port), .arg = "N",
         .help = "port to serve at (default: one that is free)", .minimum = 1, .maximum = 65535},
        {IND_OPTION("address", struct choices, address), .arg = "ADDRESS",
         .help = "numeric address to serve at (default 127.0.0.1)"},
        {IND_OPTION("periods", struct choices, periods), .key = 'p', .arg = "LIST",
         .help = "periods of the accuracies, as 10,25,30:40 (default: trained ones, the run's and "
                 "the study's outside)",
         .minimum = 1, .maximum = 65536},
        {IND_OPTION("sequences", struct choices, sequences), .key = 'n', .arg = "N",
         .help = "sequences behind each figure (default 64; 16 while a run trains)", .minimum = 1,
         .maximum = 1e5},
        {IND_OPTION("resamples", struct choices, resamples), .arg = "N",
         .help = "bootstrap resamples (default 1000; 0 = no intervals)", .maximum = 1e4},
        {IND_OPTION("index", struct choices, index), .arg = "N",
         .help = "which evaluation sequence is the sample (default 0)", .maximum = 1e6},
        {0}};
    const struct ind_about about = {.name = "induct-lab",
                                    .summary = "a page to watch a run's heads form and to operate "
                                               "on them: served, or as one file",
                                    .details = DETAILS,
                                    .examples = EXAMPLES,
                                    .operand = IND_OPERAND_RUNS};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &choices, argc, argv);
    if (choices.output && (ind_tool_given(&tool, "port") || ind_tool_given(&tool, "address")))
        ind_tool_usage(&tool, "--port and --address are for serving, -o for a file");
    choices.seed = tool.seed;
    const int status = show(&tool, &choices);
    ind_ints_release(&choices.periods);
    return ind_tool_finish(&tool, status);
}
