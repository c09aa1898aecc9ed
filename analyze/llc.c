/*
 * induct-llc: the local learning coefficient of the whole model, and of single heads, at every
 * checkpoint.
 *
 * One row a checkpoint and part; with --traces one a step of every chain.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "llc/parts.h"

/* ---- One checkpoint -------------------------------------------------------------------------- */

struct worker {
    struct ind_llc llc;
    double *excess;                    /* [parts, chains, burn_in + steps] */
    struct ind_llc_summary *summaries; /* [parts] */
};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct llc_shared *shared = study->shared;
    const struct ind_llc_settings *s = &shared->settings;
    const size_t steps = (size_t)(s->burn_in + s->steps), count = (size_t)shared->count;
    if (ind_alloc_into(&worker->excess, count * (size_t)s->chains, steps * sizeof *worker->excess,
                       err) ||
        ind_alloc_into(&worker->summaries, count, sizeof *worker->summaries, err))
        return IND_FAILED;
    return ind_llc_init(&worker->llc, &study->series->layout, &shared->data, s, llc_threads(study),
                        err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_llc_release(&worker->llc);
    free(worker->excess);
    free(worker->summaries);
}

/* All chains, their summaries, and what is to be said of them; *loss: at the centre. */
static void sample(struct worker *worker, const struct ind_study *study, const struct ind_visit *at,
                   double *loss)
{
    const struct llc_shared *shared = study->shared;
    const struct ind_llc_settings *s = &shared->settings;
    const size_t each = (size_t)s->chains * (size_t)(s->burn_in + s->steps);
    ind_llc_run(&worker->llc, at->params, shared->free, shared->count, worker->excess, loss);
    for (int p = 0; p < shared->count; p++)
        ind_llc_summarise(s, worker->excess + (size_t)p * each, &worker->summaries[p]);
    llc_warn(study, at, worker->summaries);
}

/* ---- Coefficients ---------------------------------------------------------------------------- */

struct row {
    long epoch;
    const char *head;
    struct ind_llc_summary summary;
    double loss;
    long weights, draws;
    double nbeta, gamma, step_size;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head,
              "the weights that are free: all, or those of a head, all else held"),
    IND_FIELD_AS("llc", struct row, summary.llc,
                 "local learning coefficient, nbeta times the mean excess loss of the draws over "
                 "the checkpoint's own, with its 95 % interval over chains (Student); nan if a "
                 "chain diverged"),
    IND_FIELD_AS("sd", struct row, summary.sd, "of the chains' own coefficients"),
    IND_FIELD_AS("rise", struct row, summary.rise,
                 "of the second half of the draws less that of the first: far above 0 the chains "
                 "are still on their way"),
    IND_FIELD_AS("rhat", struct row, summary.rhat,
                 "split R-hat of the draws: near 1 where chains agree"),
    IND_FIELD_AS("below", struct row, summary.below,
                 "share of draws that have less loss than the checkpoint on the same sequences"),
    IND_FIELD(struct row, loss, "of the checkpoint on all sequences, mean, in nats"),
    IND_FIELD_AS("diverged", struct row, summary.diverged, "chains that are not finite to the end"),
    IND_FIELD(struct row, weights, "how many are free"),
    IND_FIELD(struct row, draws, "behind the coefficient, all chains"),
    IND_FIELD(struct row, nbeta, "what the coefficient was made with: see --nbeta"),
    IND_FIELD(struct row, gamma, "likewise"),
    IND_FIELD(struct row, step_size, "likewise"),
    {0}};

static long count_weights(struct ind_slices slices)
{
    size_t count = 0;
    for (int s = 0; s < slices.count; s++)
        count += slices.items[s].count;
    return (long)count;
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct llc_shared *shared = study->shared;
    const struct ind_llc_settings *s = &shared->settings;
    struct row row = {.epoch = at->epoch,
                      .draws = s->chains * s->steps,
                      .nbeta = s->sgld.nbeta,
                      .gamma = s->sgld.gamma,
                      .step_size = s->sgld.step_size};
    sample(worker, study, at, &row.loss);
    for (int p = 0; p < shared->count; p++) {
        row.head = shared->parts[p].name;
        row.summary = worker->summaries[p];
        row.weights = count_weights(shared->free[p]);
        ind_put(at, &row);
    }
    return IND_OK;
}

static const struct ind_analysis coefficients = {
    .details = "The number depends on nbeta, gamma and the step, and says little without them;\n"
               "checkpoints are compared under the same. On a 2L-varied run (seed 0; epochs 0,\n"
               "1000, 2000, 3000, 10000, 60000; nbeta 9.2, 100, 1000; gamma 1000, 10000, 30000)\n"
               "every choice tried has its peak at 3000. With gamma 1000 chains of 120 steps of\n"
               "1e-5 had not arrived (rhat up to 2.1), with 10000 they had (at most 1.07); steps\n"
               "of 3e-5 gave 3 to 11 % more than those of 1e-5. Where gamma outweighs the loss,\n"
               "as by default, the number is near nbeta tr(Hessian) / (2 gamma), a measure to\n"
               "compare by: to count directions raise --nbeta, lower --gamma, take more steps.",
    .fields = fields,
    .takes = {.heads = IND_HEADS_NAMED, .heads_are = "beside all weights (default none)"},
    IND_SHARED(struct llc_shared, llc_prepare, llc_release),
    .at_once = llc_at_once,
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

/* ---- Traces ---------------------------------------------------------------------------------- */

struct step {
    long epoch;
    const char *head;
    int chain;
    long step;
    int draw;
    double excess;
};

static const struct ind_field step_fields[] = {
    IND_FIELD(struct step, epoch, "optimizer steps"),
    IND_FIELD(struct step, head, "the weights that are free: all, or those of a head"),
    IND_FIELD(struct step, chain, "from 0"),
    IND_FIELD(struct step, step, "from 0: at the checkpoint itself"),
    IND_FIELD(struct step, draw, "1: it counts; 0: burn-in"),
    IND_FIELD(struct step, excess,
              "loss of this step's batch less that of the checkpoint on the same sequences, nats; "
              "llc is nbeta times the mean over draws"),
    {0}};

static int visit_steps(void *memory, const struct ind_study *study, const struct ind_visit *at,
                       struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct llc_shared *shared = study->shared;
    const struct ind_llc_settings *s = &shared->settings;
    const double *excess = worker->excess;
    double loss;
    sample(worker, study, at, &loss);
    for (int p = 0; p < shared->count; p++)
        for (int c = 0; c < s->chains; c++)
            for (long t = 0; t < s->burn_in + s->steps; t++)
                ind_put(at, &(struct step){at->epoch, shared->parts[p].name, c, t, t >= s->burn_in,
                                           *excess++});
    return IND_OK;
}

static const struct ind_analysis traces = {.option = "traces",
                                           .fields = step_fields,
                                           .takes = {.heads = IND_HEADS_NAMED},
                                           IND_SHARED(struct llc_shared, llc_prepare, llc_release),
                                           .at_once = llc_at_once,
                                           .visit = visit_steps,
                                           IND_WORKER(struct worker, start, end)};

/* ---- The program ----------------------------------------------------------------------------- */

static const struct ind_option options[] = {
    {IND_OPTION("traces", struct llc_settings, traces), .help = "the same chains, step by step"},
    {IND_OPTION("periods", struct llc_settings, periods), .arg = "LIST", .key = 'p',
     .help = "periods of the sequences, as many of each (default: all trained ones; with others, "
             "the data-refined coefficient)",
     .minimum = 1, .maximum = 65536},
    {IND_OPTION("sequences", struct llc_settings, sequences), .arg = "N", .key = 'n',
     .help = "evaluation sequences that batches are drawn from (default 1024)", .minimum = 1,
     .maximum = 1e6},
    {IND_OPTION("batch", struct llc_settings, batch), .arg = "M",
     .help = "of them a step (default: as many as the run's own, at least 8)", .minimum = 1,
     .maximum = 1e6},
    {IND_OPTION("chains", struct llc_settings, chains), .arg = "N", .help = "chains (default 4)",
     .minimum = 1, .maximum = 10000},
    {IND_OPTION("burn-in", struct llc_settings, burn_in), .arg = "N",
     .help = "steps of a chain before the first draw (default 100)", .minimum = 0, .maximum = 1e9},
    {IND_OPTION("steps", struct llc_settings, steps), .arg = "N",
     .help = "draws of a chain, one a step (default 100)", .minimum = 1, .maximum = 1e9},
    {IND_OPTION("step-size", struct llc_settings, step_size), .arg = "E",
     .help = "epsilon of the dynamics (default 1e-5)", .minimum = 1e-12, .maximum = 1},
    {IND_OPTION("nbeta", struct llc_settings, nbeta), .arg = "B",
     .help = "n times the inverse temperature (default batch / ln(batch))", .minimum = 1e-6,
     .maximum = 1e9},
    {IND_OPTION("gamma", struct llc_settings, gamma), .arg = "G",
     .help = "how strongly the checkpoint pulls the draws to itself (default 10000)", .minimum = 0,
     .maximum = 1e9},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-llc",
              .summary = "local learning coefficient of a model and of its heads, at every "
                         "checkpoint",
              .examples = "induct-llc runs/2L-varied-seed67 --epochs ::1000 -o llc.tsv\n"
                          "induct-llc --heads 'L*' --epochs 1000,2000,20000\n"
                          "induct-llc --traces --epochs 2000 --chains 8 -o traces.tsv\n"
                          "induct-onset llc.tsv --column llc"},
    .options = options,
    .analyses = {&coefficients, &traces}};

int main(int argc, char **argv)
{
    struct llc_settings s = {.sequences = 1024,
                             .chains = 4,
                             .burn_in = 100,
                             .steps = 100,
                             .step_size = 1e-5,
                             .gamma = 10000};
    return ind_program_run(&program, &s, argc, argv);
}
