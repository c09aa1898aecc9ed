/*
 * induct-watch: a run as a picture that moves, followed while it is trained elsewhere or replayed.
 */
#include "watch/show.h"

struct settings {
    double speed;
};

static const struct ind_option options[] = {
    {IND_OPTION("speed", struct settings, speed), .arg = "N",
     .help = "checkpoints a second of a replay (10); given for a run that is still being trained, "
             "it is replayed first",
     .minimum = 0.0625, .maximum = 4096},
    {0}};

static const struct ind_about about = {
    .name = "induct-watch",
    .summary = "watch induction heads form: follows a run that is being trained, or replays one",
    .details = "On a terminal: every head's previous-token and induction score and the accuracy\n"
               "at the middle trained period and at those outside, as sparklines from the first\n"
               "epoch to the one shown. Blocks are what a value is above chance, a dot is chance\n"
               "or less. Heads that do not fit are left out by role (induct-roles), the\n"
               "strongest so far first. Below stand the events: crossings of induct-onset, the\n"
               "first of three checkpoints in a row above three times chance (scores), above one\n"
               "half (accuracy), .2 below its highest so far (its fall). It is the picture of\n"
               "induct-train --live.\n"
               "\n"
               "Keys: space pauses, arrows left and right step, + and - change the speed, home\n"
               "and end go to the first and last checkpoint, q quits.\n"
               "\n"
               "A run without a checkpoint, or a folder that is not there yet, is waited for. A\n"
               "training that was killed and resumed makes its last checkpoints again: the\n"
               "picture goes back with it. Without a terminal each checkpoint is a line, and the\n"
               "end of the run is the end; so is the last checkpoint of a training that was\n"
               "interrupted, if nobody goes on with it.\n"
               "\n"
               "Values rest on 16 sequences of each period, those that metrics.tsv rests on and\n"
               "no evaluation takes: what is chosen by the eye is to be reported by induct-score\n"
               "and induct-eval. $NO_COLOR is honoured; without UTF-8 it draws in ASCII.\n",
    .examples = "induct-watch runs/2L-varied-seed67\n"
                "induct-watch RUN --epochs 1000:3000 --speed 2\n"
                "induct-watch RUN | grep passes\n",
    .operand = IND_OPERAND_RUN,
    .epochs = true};

static int watch(struct ind_tool *tool, const struct settings *settings)
{
    static struct player player;
    const struct show_settings how = {.replay = ind_tool_given(tool, "speed"),
                                      .speed = settings->speed};
    bool shown;
    player_init(&player, tool);
    int status = show_picture(&player, &how, &shown, &tool->error);
    if (status == IND_OK && !shown)
        status = show_lines(&player, &tool->error);
    player_release(&player);
    return status;
}

int main(int argc, char **argv)
{
    struct settings settings = {.speed = 10};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &settings, argc, argv);
    return ind_tool_finish(&tool, watch(&tool, &settings));
}
