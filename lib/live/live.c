/* What is measured of a model for the live view. */
#include <induct/live/live.h>

#include <math.h>

#include <induct/data/task.h>

enum { SEED = 0 };

static int make_data(struct ind_live *live, const struct ind_config *config, struct ind_error *err)
{
    const struct ind_live_history *history = &live->history;
    for (; live->data_count < history->period_count; live->data_count++) {
        struct ind_eval_data *data = &live->data[live->data_count];
        const int period = history->periods[live->data_count];
        if (ind_eval_data_blank(data, config->context, period, IND_LIVE_SEQUENCES, err))
            return IND_FAILED;
        ind_task_eval(config->vocab, config->context, SEED, period, IND_FIRST_MONITORED,
                      IND_LIVE_SEQUENCES, data->tokens);
        ind_eval_data_mark(data);
    }
    return IND_OK;
}

static int make_scorer(struct ind_live *live, const struct ind_config *config,
                       struct ind_error *err)
{
    struct ind_live_history *history = &live->history;
    const int period = history->periods[0];
    if (ind_score_choices_init(&live->choices, "prev_token,induction", err) ||
        ind_scorer_init(&live->scorer, config, live->data[0].tokens, IND_LIVE_SEQUENCES, period,
                        IND_COMPAT_NONE, err))
        return IND_FAILED;
    live->scorer_on = true;
    for (int s = 0; s < IND_LIVE_SCORES; s++)
        if (ind_score_baseline(&live->choices.items[s], config->context - 1, period, config->vocab,
                               IND_COMPAT_NONE, &history->chance[s], err))
            return IND_FAILED;
    return IND_OK;
}

static int make(struct ind_live *live, const struct ind_config *config, struct ind_error *err)
{
    if (live->history.period_count == 0)
        return ind_fail(err, "a vocabulary of %d and a context of %d hold no repeated sequence",
                        config->vocab, config->context);
    if (make_data(live, config, err) || make_scorer(live, config, err) ||
        ind_evaluator_init(&live->evaluator, config, config->context - 1, err))
        return IND_FAILED;
    live->evaluator_on = true;
    return IND_OK;
}

int ind_live_init(struct ind_live *live, const struct ind_recipe *recipe, struct ind_error *err)
{
    *live = (struct ind_live){0};
    ind_live_history_init(&live->history, recipe);
    if (make(live, &recipe->model, err) == IND_OK)
        return IND_OK;
    ind_live_release(live);
    return IND_FAILED;
}

void ind_live_release(struct ind_live *live)
{
    if (live->scorer_on)
        ind_scorer_release(&live->scorer);
    if (live->evaluator_on)
        ind_evaluator_release(&live->evaluator);
    ind_score_choices_release(&live->choices);
    for (int p = 0; p < live->data_count; p++)
        ind_eval_data_release(&live->data[p]);
    ind_live_history_release(&live->history);
    *live = (struct ind_live){0};
}

static double accuracy(struct ind_live *live, const struct ind_params *params,
                       const struct ind_eval_data *data)
{
    struct ind_eval_count counts[IND_LIVE_SEQUENCES];
    long predictions = 0, correct = 0;
    ind_evaluate(&live->evaluator, params, data, NULL, 0, counts);
    for (int s = 0; s < IND_LIVE_SEQUENCES; s++) {
        predictions += counts[s].predictions;
        correct += counts[s].correct;
    }
    return predictions ? (double)correct / (double)predictions : (double)NAN;
}

int ind_live_look(struct ind_live *live, const struct ind_params *params, long epoch,
                  struct ind_error *err)
{
    struct ind_live_history *history = &live->history;
    double *values = ind_live_history_next(history, err);
    if (!values)
        return IND_FAILED;
    ind_scorer_run(&live->scorer, params, &live->choices, values);
    values += IND_LIVE_SCORES * history->layers * history->heads;
    for (int p = 0; p < history->period_count; p++)
        values[p] = accuracy(live, params, &live->data[p]);
    return ind_live_history_take(history, epoch, err);
}
