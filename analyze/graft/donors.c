/* Donors: read once, in parallel, and shared by all targets. */
#include "parts.h"

#include <stdlib.h>

#include <induct/base/memory.h>

/* The walk's context; each visit fills a place of its own. */
struct loading {
    struct donors *donors;
    const struct ind_sample *sample;
};

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    const struct loading *loading = context;
    return ind_arms_init(memory, loading->sample, &series->layout.config, err);
}

static void worker_release(void *memory)
{
    ind_arms_release(memory);
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    struct ind_arms *arms = memory;
    const struct loading *loading = context;
    struct donors *donors = loading->donors;
    const int periods = loading->sample->count;
    int place = 0;
    while (donors->indices[place] != visit->index)
        place++;
    if (ind_params_init(&donors->params[place], &visit->series->layout, err))
        return IND_FAILED;
    ind_params_copy(&donors->params[place], visit->params);
    donors->epochs[place] = visit->epoch;
    for (int p = 0; p < periods; p++) {
        struct ind_accuracy accuracy;
        ind_evaluate(&arms->evaluator, visit->params, &loading->sample->data[p], NULL, 0,
                     arms->clean);
        ind_accuracy_summarise(arms->clean, arms->sequences, NULL, &accuracy);
        donors->accuracy[(size_t)place * (size_t)periods + (size_t)p] = accuracy.accuracy.value;
        donors->loss[(size_t)place * (size_t)periods + (size_t)p] = accuracy.loss.value;
    }
    return IND_OK;
}

static int load(struct donors *donors, const struct ind_study *study,
                const struct ind_series *series)
{
    struct ind_error *err = &study->tool->error;
    if (ind_walk_select(study->tool, series, &donors->indices, &donors->count, err))
        return IND_FAILED;
    const size_t count = (size_t)donors->count, periods = (size_t)study->sample.count;
    if (ind_alloc_into(&donors->epochs, count, sizeof *donors->epochs, err) ||
        ind_alloc_into(&donors->params, count, sizeof *donors->params, err) ||
        ind_alloc_into(&donors->accuracy, count, periods * sizeof *donors->accuracy, err) ||
        ind_alloc_into(&donors->loss, count, periods * sizeof *donors->loss, err))
        return IND_FAILED;
    struct loading loading = {donors, &study->sample};
    const struct ind_walk walk = {.noun = "donors",
                                  .context = &loading,
                                  .worker_size = sizeof(struct ind_arms),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    return ind_walk_run(study->tool, series, &walk, NULL);
}

int donors_load(struct donors *donors, const struct ind_study *study,
                const struct ind_series *series, const char *epochs)
{
    const struct ind_epochs targets = study->tool->epochs;
    study->tool->epochs = (struct ind_epochs){.text = epochs, .option = "--from"};
    const int status = load(donors, study, series);
    study->tool->epochs = targets;
    return status;
}

void donors_release(struct donors *donors)
{
    for (int i = 0; donors->params != NULL && i < donors->count; i++)
        ind_params_release(&donors->params[i]);
    free(donors->params);
    free(donors->indices);
    free(donors->epochs);
    free(donors->accuracy);
    free(donors->loss);
    *donors = (struct donors){0};
}
