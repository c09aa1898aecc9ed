#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <induct/base/memory.h>
#include <induct/base/thread.h>
#include <induct/math/blas.h>
#include <induct/run/checkpoint.h>

enum { COARSEST = 64 };

/* ---- News ------------------------------------------------------------------------------------ */

/* Without memory the news are lost, and `shrunk` makes the pages ask for everything. */
static void tell(struct store *store, int run, long epoch, bool measured)
{
    struct news *news = &store->news;
    if (ind_grow(&news->items, &news->room, news->count + 1, sizeof *news->items, NULL) != IND_OK) {
        news->shrunk = true;
        return;
    }
    news->items[news->count].run = run;
    news->items[news->count].epoch = epoch;
    news->items[news->count++].measured = measured;
}

struct news store_news(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    const struct news news = store->news;
    store->news = (struct news){0};
    pthread_mutex_unlock(&store->mutex);
    return news;
}

struct store_progress store_progress(struct store *store)
{
    struct store_progress sum = {0};
    pthread_mutex_lock(&store->mutex);
    for (int r = 0; r < store->run_count; r++) {
        sum.count += store->runs[r].count;
        sum.ready += store->runs[r].ready;
        sum.broken += store->runs[r].broken;
    }
    pthread_mutex_unlock(&store->mutex);
    return sum;
}

/* ---- A run's checkpoints --------------------------------------------------------------------- */

static int find(const struct lab_run *run, long epoch)
{
    int lo = 0, hi = run->count;
    while (lo < hi) {
        const int middle = (lo + hi) / 2;
        if (run->checkpoints[middle].epoch < epoch)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < run->count && run->checkpoints[lo].epoch == epoch ? lo : -1;
}

/* The new list takes over what the old one knows of the same epochs. */
static void take_over(struct store *store, int number, struct checkpoint *fresh, int count)
{
    struct lab_run *run = &store->runs[number];
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const int old = find(run, fresh[i].epoch);
        if (old < 0) {
            tell(store, number, fresh[i].epoch, false);
            continue;
        }
        fresh[i] = run->checkpoints[old];
        run->checkpoints[old].record = (struct record){0};
        kept++;
    }
    store->news.shrunk = store->news.shrunk || kept < run->count;
    for (int i = 0; i < run->count; i++)
        record_release(&run->checkpoints[i].record);
    free(run->checkpoints);
    run->checkpoints = fresh;
    run->count = count;
    run->ready = run->broken = 0;
    for (int i = 0; i < count; i++) {
        run->ready += fresh[i].state == CHECKPOINT_READY;
        run->broken += fresh[i].state == CHECKPOINT_BROKEN;
    }
}

static bool is_same(const struct lab_run *run, const long *epochs, int count)
{
    if (count != run->count)
        return false;
    for (int i = 0; i < count; i++)
        if (run->checkpoints[i].epoch != epochs[i])
            return false;
    return true;
}

static void set_epochs(struct store *store, int number, const long *epochs, int count)
{
    struct checkpoint *fresh = calloc((size_t)count + 1, sizeof *fresh);
    for (int i = 0; fresh && i < count; i++)
        fresh[i].epoch = epochs[i];
    if (fresh)
        take_over(store, number, fresh, count);
}

void store_refresh(struct store *store)
{
    for (int r = 0; r < store->run_count; r++) {
        long *epochs;
        int count;
        if (ind_checkpoint_list(store->runs[r].plan.path, &epochs, &count, NULL) != IND_OK)
            continue;
        pthread_mutex_lock(&store->mutex);
        if (!is_same(&store->runs[r], epochs, count)) {
            set_epochs(store, r, epochs, count);
            pthread_cond_broadcast(&store->work);
        }
        pthread_mutex_unlock(&store->mutex);
        free(epochs);
    }
}

/* ---- Measuring ------------------------------------------------------------------------------- */

static int coarse_to_fine(const struct lab_run *run)
{
    for (int stride = COARSEST; stride >= 1; stride /= 2)
        for (int i = 0; i < run->count; i += stride)
            if (run->checkpoints[i].state == CHECKPOINT_WAITS)
                return i;
    return -1;
}

/* What to measure next, with the mutex held: *run and an index, or -1. */
static int choose(const struct store *store, int *run)
{
    for (int r = 0; r < store->run_count; r++) {
        const struct lab_run *candidate = &store->runs[r];
        const int last = candidate->count - 1;
        *run = r;
        if (last >= 0 && store->newest_first &&
            candidate->checkpoints[last].state == CHECKPOINT_WAITS)
            return last;
    }
    for (int r = 0; r < store->run_count; r++) {
        *run = r;
        const int index = coarse_to_fine(&store->runs[r]);
        if (index >= 0)
            return index;
    }
    return -1;
}

static void deliver(struct store *store, int number, long epoch, struct record *record,
                    const struct ind_error *err)
{
    struct lab_run *run = &store->runs[number];
    const int index = find(run, epoch);
    if (index < 0) { /* it went away meanwhile */
        record_release(record);
        return;
    }
    struct checkpoint *checkpoint = &run->checkpoints[index];
    checkpoint->state = err ? CHECKPOINT_BROKEN : CHECKPOINT_READY;
    checkpoint->record = *record;
    run->ready += !err;
    run->broken += err != NULL;
    if (err && store->error.text[0] == '\0')
        store->error = *err;
    tell(store, number, epoch, true);
}

static int measure(const struct store *store, struct meter **meters, int run, long epoch,
                   struct record *record, struct ind_error *err)
{
    const struct plan *plan = &store->runs[run].plan;
    if (!meters[run] && meter_open(&meters[run], plan, err) != IND_OK)
        return IND_FAILED;
    if (record_init(record, plan, err) != IND_OK)
        return IND_FAILED;
    if (meter_measure(meters[run], epoch, record, err) == IND_OK)
        return IND_OK;
    record_release(record);
    return IND_FAILED;
}

static void work(struct store *store, struct meter **meters)
{
    pthread_mutex_lock(&store->mutex);
    while (!store->ending) {
        int run;
        const int index = choose(store, &run);
        if (index < 0) {
            pthread_cond_wait(&store->work, &store->mutex);
            continue;
        }
        struct checkpoint *checkpoint = &store->runs[run].checkpoints[index];
        const long epoch = checkpoint->epoch;
        checkpoint->state = CHECKPOINT_TAKEN;
        pthread_mutex_unlock(&store->mutex);
        struct record record = {0};
        struct ind_error err = {{0}};
        const int status = measure(store, meters, run, epoch, &record, &err);
        pthread_mutex_lock(&store->mutex);
        deliver(store, run, epoch, &record, status == IND_OK ? NULL : &err);
        store->ending = store->ending || (store->strict && status != IND_OK);
    }
    pthread_mutex_unlock(&store->mutex);
}

static void *thread_main(void *context)
{
    struct store *store = context;
    struct meter **meters = calloc((size_t)store->run_count, sizeof(struct meter *));
    if (meters) {
        work(store, meters);
        for (int r = 0; r < store->run_count; r++)
            meter_close(meters[r]);
    }
    free(meters);
    return NULL;
}

int store_start(struct store *store, int niceness, struct ind_error *err)
{
    const int wanted = ind_blas_concurrent() ? store->tool->threads : 1;
    if (ind_alloc_into(&store->threads, (size_t)wanted, sizeof *store->threads, err) != IND_OK)
        return IND_FAILED;
    /* Niceness is a thread's own under Linux, and handed on to those it starts: theirs, not
     * ours. */
    const int own = getpriority(PRIO_PROCESS, 0);
    setpriority(PRIO_PROCESS, 0, own + niceness);
    while (store->thread_count < wanted &&
           ind_thread_start(&store->threads[store->thread_count], thread_main, store) == 0)
        store->thread_count++;
    setpriority(PRIO_PROCESS, 0, own);
    return store->thread_count > 0 ? IND_OK : ind_fail(err, "the system grants no thread");
}

/* ---- The store ------------------------------------------------------------------------------- */

static void note_unknown_periods(const struct store *store, const struct plan *plan)
{
    if (!ind_recipe_trained_known(&plan->recipe))
        ind_tool_warn(store->tool,
                      "%s: which periods it was trained on is not known: scores are taken at %d "
                      "(import it with --trained)",
                      plan->path, plan->period);
}

static int open_run(struct store *store, int number, const char *path,
                    const struct choices *choices, struct ind_error *err)
{
    struct ind_series series;
    if (ind_series_open(&series, path, err) != IND_OK)
        return IND_FAILED;
    if (series.recipe.model.smear || series.recipe.model.extra_positions > 0) {
        ind_fail(err, "%s: the page knows no %s", path,
                 series.recipe.model.smear ? "smeared keys" : "position table beyond the context");
        ind_series_close(&series);
        return IND_FAILED;
    }
    const int status = plan_init(&store->runs[number].plan, &series, choices, err);
    if (status == IND_OK) {
        set_epochs(store, number, series.epochs, series.count);
        note_unknown_periods(store, &store->runs[number].plan);
    }
    ind_series_close(&series);
    return status;
}

int store_open(struct store *store, const struct ind_tool *tool, char *const *paths, int count,
               const struct choices *choices, struct ind_error *err)
{
    *store = (struct store){.tool = tool};
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->work, NULL);
    if (ind_alloc_into(&store->runs, (size_t)count, sizeof *store->runs, err) != IND_OK)
        return IND_FAILED;
    for (; store->run_count < count; store->run_count++)
        if (open_run(store, store->run_count, paths[store->run_count], choices, err) != IND_OK)
            return IND_FAILED;
    free(store_news(store).items);
    return IND_OK;
}

static void end_threads(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->ending = true;
    pthread_cond_broadcast(&store->work);
    pthread_mutex_unlock(&store->mutex);
    for (int t = 0; t < store->thread_count; t++)
        pthread_join(store->threads[t], NULL);
    free(store->threads);
}

void store_close(struct store *store)
{
    end_threads(store);
    for (int r = 0; r < store->run_count; r++) {
        struct lab_run *run = &store->runs[r];
        for (int i = 0; i < run->count; i++)
            record_release(&run->checkpoints[i].record);
        free(run->checkpoints);
        plan_release(&run->plan);
    }
    free(store->runs);
    free(store->news.items);
    pthread_mutex_destroy(&store->mutex);
    pthread_cond_destroy(&store->work);
    *store = (struct store){0};
}
