/*
 * induct-eval: accuracy and loss by period at every checkpoint.
 *
 * One row a checkpoint and period. Sequences and resampling are the same for every checkpoint, so
 * curves over epochs are paired.
 */
#include <induct/eval/together.h>
#include <induct/tool/analysis.h>

struct settings {
    bool repeats;
};

struct row {
    long epoch;
    int period;
    struct ind_accuracy is;
};

static bool repeats_wanted(const void *settings)
{
    return ((const struct settings *)settings)->repeats;
}

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD_AS("accuracy", struct row, is.accuracy,
                 "share of predictions at inputs i = p..T-1 (counted from 0) whose largest logit "
                 "is the next token: where an earlier copy of the current token exists and shows "
                 "what comes next; with its 95 % interval: percentile bootstrap over sequences, "
                 "since predictions within one are not independent; at 0 and 1, which have no "
                 "width there, Clopper and Pearson's of sequences; close to them too narrow if no "
                 "sequence, or one, has an error: take more (-n 1024); nan of one sequence"),
    IND_FIELD_AS("loss", struct row, is.loss.value,
                 "mean cross-entropy of the same predictions, in nats"),
    IND_FIELD_AS("predictions", struct row, is.predictions, "how many: sequences * (T - p)"),
    IND_FIELDS_IF(repeats_wanted, "and with --repeats:"),
    IND_FIELD_AS("accuracy_repeated", struct row, is.repeated,
                 "where the current token occurs more than once in its period, so that one token "
                 "of context does not tell what comes next"),
    IND_FIELD_AS("accuracy_unique", struct row, is.unique, "where it does not"),
    IND_FIELD_AS("repeated_share", struct row, is.repeated_share.value,
                 "of the predictions; by chance it is 1 - (1 - 1/(vocab-1))^(p-1)"),
    {0}};

/* One thread's own. */
struct worker {
    struct ind_arms arms;
    struct ind_evaluators others; /* of threads that have no checkpoint or period of their own */
};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    if (ind_arms_start(&worker->arms, study, err) != IND_OK)
        return IND_FAILED;
    return ind_evaluators_init(&worker->others, ind_threads_spare(study), study->config,
                               study->config->context - 1, study->sample.sequences, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_evaluators_release(&worker->others);
    ind_arms_end(&worker->arms);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)study, (void)err;
    struct worker *worker = memory;
    struct ind_arms *arms = &worker->arms;
    struct row row = {.epoch = at->epoch, .period = at->data->period};
    ind_evaluate_together(&worker->others, &arms->evaluator, at->params, at->data, arms->clean);
    ind_arms_summarise(arms, arms->clean, &row.is);
    ind_put(at, &row);
    return IND_OK;
}

static const struct ind_analysis eval = {
    .fields = fields,
    .takes = {.periods = IND_PERIODS_PROFILE, .sequences = true, .resamples = true},
    .parts = ind_parts_periods,
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

static const struct ind_option options[] = {
    {IND_OPTION("repeats", struct settings, repeats),
     .help = "split accuracy by whether the current token occurs more than once in its period"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-eval",
              .summary = "accuracy and loss by period at every checkpoint of a run",
              .details =
                  "A sequence of period p is p tokens drawn uniformly from all but token 0 and\n"
                  "repeated until the context is full; T = context - 1 of it are inputs. Trained\n"
                  "periods give induction accuracy, others out-of-distribution accuracy; the\n"
                  "longest period with a prediction is context - 2. Sequences depend on --seed\n"
                  "and period only: the same for every checkpoint and run, so that curves are\n"
                  "paired. Those of --seed 0 begin with the ones that training measures for the\n"
                  "ood_P of metrics.tsv: an epoch that was chosen by them is to be reported with\n"
                  "another --seed. That file's loss is over all targets, the one here over\n"
                  "inputs i >= p.",
              .examples = "induct-eval runs/2L-varied-seed0\n"
                          "induct-eval --periods 10,15,25,35,40 --epochs ::1000\n"
                          "induct-eval --epochs last --repeats --format csv -o last.csv"},
    .options = options,
    .analyses = {&eval}};

int main(int argc, char **argv)
{
    struct settings s = {0};
    return ind_program_run(&program, &s, argc, argv);
}
