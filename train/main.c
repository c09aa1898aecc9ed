/* induct-train: trains a model on repeated random tokens and saves a dense series of
   checkpoints. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <induct/tool/quote.h>
#include <induct/tool/stop.h>

#include "again.h"
#include "lab.h"
#include "making.h"
#include "session.h"

static const struct ind_about ABOUT = {
    .name = "induct-train",
    .summary = "Train a small attention-only transformer on repeated random tokens and save a "
               "dense series of checkpoints.",
    .details = "An epoch is one optimizer step on one fresh batch. Epoch E of a checkpoint or\n"
               "a row of metrics.tsv means the weights after E steps; 0 is the untrained\n"
               "model. Everything is a function of the options: the same seed gives the same\n"
               "bytes, on any number of threads, interrupted or not.\n"
               "\n"
               "The run's folder:\n"
               "  config.json                 what was asked for, and by which program\n"
               "  epoch-00000100.safetensors  one checkpoint (TransformerLens names)\n"
               "  metrics.tsv                 one row every --log-every epochs\n"
               "  resume.safetensors          weights and optimizer, for --resume\n"
               "  state-00010000.safetensors  the same, kept every --states epochs, for --from\n"
               "\n"
               "Columns of metrics.tsv:\n"
               "  epoch               optimizer steps done\n"
               "  loss                mean cross-entropy of these weights on the next batch, over\n"
               "                      all targets (induct-eval's: at i >= period), so that it\n"
               "                      depends on the batch's period as well\n"
               "  accuracy            share of that batch's predictions that are right\n"
               "  induction_accuracy  the same at input positions i >= period\n"
               "  batch_period        that batch's period (with --period-per sequence, the mean)\n"
               "  excess_loss         loss less the least it can be, ln(V-1) (batch_period-1)\n"
               "                      / (context-1): the first copy is random. With --loss\n"
               "                      repeated, the loss\n"
               "  ood_P               accuracy at i >= P on sequences of period P that no\n"
               "                      evaluation takes: an epoch may be chosen by it\n"
               "  average_P           the same of the averaged weights, with --average\n"
               "  prev_token_L0H1     scores of heads, with --log-scores\n"
               "  seconds             training time so far\n"
               "A run that an earlier version began goes on without batch_period and\n"
               "excess_loss, and its ood_P are of the sequences that induct-eval takes first:\n"
               "an epoch chosen by them is to be reported with induct-eval --seed 1.\n"
               "\n"
               "Runs of one seed share their batches, and their initial matrices as far as\n"
               "their shapes allow: they are paired. Independent runs have other seeds.\n"
               "\n"
               "A branch (--from) goes on from another run's weights, optimizer and data with\n"
               "whatever options change; where none does, its bytes are the parent's.\n"
               "Interventions are active from epoch A to B, both included: batch E is met\n"
               "under those of epoch E, and so is every analysis of checkpoint E.\n"
               "--again adds the checkpoints of a window to a run, trained from the last state\n"
               "it kept before: those that it has and passes must come out the same.\n"
               "\n"
               "Interrupted (Ctrl-C, SIGTERM, a terminal that goes away) it finishes the epoch,\n"
               "saves and exits 130, 143 or 129, within a second; killed at any moment it loses\n"
               "the last seconds' work.\n"
               "SIGUSR1, SIGUSR2, --time-limit and the end of a Slurm allocation (ten seconds\n"
               "before $SLURM_JOB_END_TIME, at once if less is left) mean: save, and exit 75,\n"
               "to be queued again; 0 if all is trained. Whatever it was, --resume goes on and\n"
               "gives the bytes of a run that was never stopped.\n",
    .examples = "induct-train --preset 2L-varied --seed 67 --live\n"
                "induct-train --preset 2L-varied-60k --lab\n"
                "induct-train --resume runs/2L-varied-seed67 --epochs 60000\n"
                "induct-train --from runs/2L-varied-seed67@10000 --forbid pp -o without-pp\n"
                "induct-train --preset 1L-fixed --checkpoint-every 1 --epochs 500 -o dense\n"
                "induct-train --layers 3 --period 10:40 --positions learned --ood 5,60 -o three\n",
    .operand = IND_OPERAND_NONE,
};

static void say_start(const struct session *session)
{
    const struct ind_run *run = &session->run;
    if (session->quiet)
        return;
    fprintf(stderr, "%s: seed %llu, %zu trained parameters, epochs %ld to %ld, into ",
            run->recipe.preset, (unsigned long long)run->recipe.seed,
            session->trainer.layout.trained, session->first, run->recipe.epochs);
    ind_shell_quote(stderr, run->path);
    fputc('\n', stderr);
}

static void say_end(const struct session *session)
{
    const long done = session->trainer.epoch - session->first;
    const double seconds = ind_seconds() - session->started;
    if (session->quiet)
        return;
    fprintf(
        stderr, "epoch %ld of %ld: loss %.4f, induction %.1f %%; %ld epochs in %.1f s (%.4g/s)\n",
        session->trainer.epoch, session->run.recipe.epochs, session_loss(session),
        100 * session_induction(session), done, seconds, seconds > 0 ? (double)done / seconds : 0);
}

/* What an unfinished run needs to be told, whatever stopped it; not after a diverged loss, which
 * would diverge again. */
static void say_resume(const struct session *session)
{
    if (session->trainer.epoch >= session->run.recipe.epochs || session->quiet)
        return;
    fputs("go on with: induct-train --resume ", stderr);
    ind_shell_quote(stderr, session->run.path);
    fputc('\n', stderr);
}

static int train(struct session *session, const struct settings *settings,
                 const struct ind_recipe *recipe, struct ind_tool *tool, struct ind_child *lab)
{
    if (settings->again)
        return train_again(session, settings, tool, &tool->error);
    if (session_open(session, settings, recipe, tool, &tool->error))
        return IND_FAILED;
    say_start(session);
    if (settings->lab)
        lab_begin(lab, session->run.path, tool);
    const int status = session_train(session, &tool->error);
    if (status == IND_OK)
        say_end(session);
    if (!session->diverged)
        say_resume(session);
    return status;
}

int main(int argc, char **argv)
{
    static struct settings settings;
    static struct session session;
    static struct ind_recipe recipe;
    struct ind_tool tool;
    struct ind_child lab = {0};
    settings_init(&settings);
    ind_tool_start(&tool, &ABOUT, settings.options, &settings, argc, argv);
    ind_stop_install_requeue();
    int status = make_recipe(&settings, &tool, &recipe, &tool.error);
    if (settings.live && !ind_terminal_of(STDERR_FILENO).is_terminal) {
        ind_tool_warn(&tool, "--live needs a terminal: training goes on without the panel");
        settings.live = false;
    }
    if (settings.live && settings.lab) {
        ind_tool_warn(&tool, "--lab shows the heads, too: --live is left out");
        settings.live = false;
    }
    if (status == IND_OK)
        status = train(&session, &settings, &recipe, &tool, &lab);
    session_close(&session);
    lab_end(&lab, status == IND_OK, &tool);
    return ind_tool_finish(&tool, status);
}
