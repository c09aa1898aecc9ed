#include <induct/score/together.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/model/pass.h>

#include "score/engine/scorer.h"

static const double room = 64e6; /* bytes */

static int threads_of(int threads, const struct ind_scorer *own,
                      const struct ind_score_choices *choices)
{
    const double bytes = (double)ind_scorer_cells(own, choices) * own->sequences * sizeof(double);
    if (ind_scorer_wants_outputs(choices) || bytes > room)
        return 1;
    return ind_pass_sharers(own->batch, own->sequences, threads);
}

int ind_scorers_init(struct ind_scorers *scorers, int threads, struct ind_scorer *own,
                     const struct ind_score_choices *choices, struct ind_error *err)
{
    const int wanted = threads_of(threads, own, choices);
    const size_t values = wanted > 1 ? ind_scorer_cells(own, choices) * (size_t)own->sequences : 1;
    *scorers = (struct ind_scorers){.threads = 1, .own = own};
    int status = ind_alloc_into(&scorers->others, (size_t)wanted, sizeof *scorers->others, err);
    if (status == IND_OK)
        status = ind_alloc_into(&scorers->each, values, sizeof(double), err);
    for (; status == IND_OK && scorers->threads < wanted; scorers->threads++)
        status = ind_scorer_init(&scorers->others[scorers->threads - 1], &own->cache.config,
                                 own->tokens, own->sequences, own->period, own->compat, err);
    if (status == IND_OK)
        status = ind_team_init(&scorers->team, wanted, err);
    if (status != IND_OK)
        ind_scorers_release(scorers);
    return status;
}

void ind_scorers_release(struct ind_scorers *scorers)
{
    ind_team_release(&scorers->team);
    for (int i = 0; scorers->others != NULL && i < scorers->threads - 1; i++)
        ind_scorer_release(&scorers->others[i]);
    free(scorers->others);
    free(scorers->each);
    *scorers = (struct ind_scorers){0};
}

struct job {
    struct ind_scorers *scorers;
    const struct ind_params *params;
    const struct ind_score_choices *choices;
    double *each;
};

static void score_share(void *context, int worker)
{
    const struct job *job = context;
    struct ind_scorers *scorers = job->scorers;
    struct ind_scorer *scorer = worker == 0 ? scorers->own : &scorers->others[worker - 1];
    if (worker != 0)
        scorer->value_weighted = scorers->own->value_weighted;
    ind_scorer_run_share(scorer, job->params, job->choices, worker, scorers->threads, job->each);
}

void ind_scorers_run_each(struct ind_scorers *scorers, const struct ind_params *params,
                          const struct ind_score_choices *choices, double *out)
{
    struct job job = {scorers, params, choices, out};
    if (scorers->threads == 1)
        ind_scorer_run_each(scorers->own, params, choices, out);
    else
        ind_team_run(&scorers->team, score_share, &job);
}

void ind_scorers_run(struct ind_scorers *scorers, const struct ind_params *params,
                     const struct ind_score_choices *choices, double *out)
{
    const size_t cells = ind_scorer_cells(scorers->own, choices);
    const int sequences = scorers->own->sequences;
    if (scorers->threads == 1) {
        ind_scorer_run(scorers->own, params, choices, out);
        return;
    }
    ind_scorers_run_each(scorers, params, choices, scorers->each);
    memset(out, 0, cells * sizeof *out);
    for (int s = 0; s < sequences; s++)
        for (size_t i = 0; i < cells; i++)
            out[i] += scorers->each[(size_t)s * cells + i];
    for (size_t i = 0; i < cells; i++)
        out[i] /= sequences;
}
