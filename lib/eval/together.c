#include <induct/eval/together.h>

#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/model/pass.h>

int ind_evaluators_init(struct ind_evaluators *evaluators, int threads,
                        const struct ind_config *config, int length, int sequences,
                        struct ind_error *err)
{
    const int size = ind_pass_size(config, length, sequences);
    const int wanted = ind_pass_sharers(size, sequences, threads);
    *evaluators = (struct ind_evaluators){.threads = 1};
    int status =
        ind_alloc_into(&evaluators->others, (size_t)wanted, sizeof *evaluators->others, err);
    for (; status == IND_OK && evaluators->threads < wanted; evaluators->threads++)
        status =
            ind_evaluator_init(&evaluators->others[evaluators->threads - 1], config, length, err);
    if (status == IND_OK)
        status = ind_team_init(&evaluators->team, wanted, err);
    if (status != IND_OK)
        ind_evaluators_release(evaluators);
    return status;
}

void ind_evaluators_release(struct ind_evaluators *evaluators)
{
    ind_team_release(&evaluators->team);
    for (int i = 0; evaluators->others != NULL && i < evaluators->threads - 1; i++)
        ind_evaluator_release(&evaluators->others[i]);
    free(evaluators->others);
    *evaluators = (struct ind_evaluators){0};
}

struct job {
    struct ind_evaluators *evaluators;
    struct ind_evaluator *own;
    const struct ind_params *params;
    const struct ind_eval_data *data;
    struct ind_eval_count *counts;
};

/* Every so many-th pass, each as a sample of its own. */
static void evaluate_share(void *context, int worker)
{
    const struct job *job = context;
    const struct ind_eval_data *all = job->data;
    struct ind_evaluator *evaluator = worker == 0 ? job->own : &job->evaluators->others[worker - 1];
    struct ind_pass pass = {0};
    for (int turn = 0; ind_pass_next(&pass, evaluator->batch, all->sequences); turn++) {
        if (turn % job->evaluators->threads != worker)
            continue;
        struct ind_eval_data some = *all;
        some.sequences = pass.count;
        some.tokens += (size_t)pass.first * (size_t)all->context;
        some.repeated += (size_t)pass.first * (size_t)(all->context - 1);
        ind_evaluate(evaluator, job->params, &some, NULL, 0, job->counts + pass.first);
    }
}

void ind_evaluate_together(struct ind_evaluators *evaluators, struct ind_evaluator *own,
                           const struct ind_params *params, const struct ind_eval_data *data,
                           struct ind_eval_count *counts)
{
    struct job job = {evaluators, own, params, data, counts};
    ind_team_run(&evaluators->team, evaluate_share, &job);
}
