/* induct-position: loss and accuracy at every place in the context, at every checkpoint. */
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/eval/position.h>
#include <induct/tool/analysis.h>

struct row {
    long epoch;
    int period, input;
    double accuracy, loss;
    int predictions;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_FIELD(struct row, input, "position of the input, from 0, whose next token is predicted"),
    IND_FIELD(struct row, accuracy, "share that is right; nothing repeats before input period"),
    IND_FIELD(struct row, loss, "mean cross-entropy, in nats; guessing gives ln(vocab - 1)"),
    IND_FIELD(struct row, predictions, "how many there are: one a sequence"),
    {0}};

struct worker {
    struct ind_evaluator evaluator;
    struct ind_eval_count *counts; /* [context - 1] */
};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const int length = study->config->context - 1;
    if (ind_evaluator_init(&worker->evaluator, study->config, length, err))
        return IND_FAILED;
    return ind_alloc_into(&worker->counts, (size_t)length, sizeof *worker->counts, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_evaluator_release(&worker->evaluator);
    free(worker->counts);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    ind_evaluate_positions(&worker->evaluator, at->params, at->data, worker->counts);
    for (int i = 0; i < study->config->context - 1; i++) {
        const struct ind_eval_count *count = &worker->counts[i];
        const double n = count->predictions;
        ind_put(at, &(struct row){at->epoch, at->data->period, i, count->correct / n,
                                  count->loss / n, count->predictions});
    }
    return IND_OK;
}

static const struct ind_analysis positions = {
    .fields = fields,
    .takes = {.periods = IND_PERIODS_TRAINED, .sequences = true},
    .parts = ind_parts_periods,
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

int main(int argc, char **argv)
{
    static const struct ind_program program = {
        .about = {.name = "induct-position",
                  .summary = "loss and accuracy by position in the context, at every checkpoint",
                  .examples = "induct-position runs/2L-varied-seed0 --epochs last --periods 25"},
        .analyses = {&positions}};
    return ind_program_run(&program, NULL, argc, argv);
}
