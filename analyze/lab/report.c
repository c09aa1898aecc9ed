#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <induct/base/memory.h>
#include <induct/run/checkpoint.h>
#include <induct/tool/progress.h>
#include <induct/tool/stop.h>

#include "html.h"
#include "manifest.h"
#include "pack.h"

/* ---- Measuring ------------------------------------------------------------------------------- */

static int wait_for_all(struct store *store, struct ind_progress *progress, struct ind_error *err)
{
    for (;;) {
        const struct store_progress now = store_progress(store);
        if (ind_stop_signal())
            return ind_fail(err, "interrupted after %d of %d checkpoints", now.ready, now.count);
        if (now.broken > 0) {
            *err = store->error;
            return IND_FAILED;
        }
        ind_progress_update(progress, now.ready, NULL);
        if (now.ready == now.count)
            return IND_OK;
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
}

static int measure_all(struct ind_tool *tool, struct store *store)
{
    struct ind_progress progress;
    ind_progress_start(&progress, "checkpoints", 0, store_progress(store).count, tool->quiet);
    store->strict = true;
    int status = store_start(store, 0, &tool->error);
    if (status == IND_OK)
        status = wait_for_all(store, &progress, &tool->error);
    ind_progress_end(&progress);
    return status;
}

/* ---- Choosing what is carried ---------------------------------------------------------------- */

/* `most` of the run's epochs, evenly by index, the first and the last among them. */
static int choose_weights(const struct lab_run *run, int most, long **epochs, int *count,
                          struct ind_error *err)
{
    *count = run->count < most ? run->count : most;
    if (ind_alloc_into(epochs, (size_t)*count, sizeof **epochs, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < *count; i++) {
        const long place = *count == 1
                               ? run->count - 1
                               : ((long)i * (run->count - 1) + (*count - 1) / 2) / (*count - 1);
        (*epochs)[i] = run->checkpoints[place].epoch;
    }
    return IND_OK;
}

static int choose_chunks(const struct lab_run *run, long (**chunks)[2], int *count,
                         struct ind_error *err)
{
    *count = (run->count + MAPS_TOGETHER - 1) / MAPS_TOGETHER;
    if (ind_alloc_into(chunks, (size_t)*count, sizeof **chunks, err) != IND_OK)
        return IND_FAILED;
    for (int c = 0; c < *count; c++) {
        const int first = c * MAPS_TOGETHER, next = first + MAPS_TOGETHER;
        const int last = (next < run->count ? next : run->count) - 1;
        (*chunks)[c][0] = run->checkpoints[first].epoch;
        (*chunks)[c][1] = run->checkpoints[last].epoch;
    }
    return IND_OK;
}

static int carried_init(struct carried *carried, const struct store *store,
                        const struct choices *choices, struct ind_error *err)
{
    const size_t runs = (size_t)store->run_count;
    if (ind_alloc_into(&carried->weights, runs, sizeof *carried->weights, err) ||
        ind_alloc_into(&carried->weight_counts, runs, sizeof(int), err) ||
        ind_alloc_into(&carried->chunks, runs, sizeof *carried->chunks, err) ||
        ind_alloc_into(&carried->chunk_counts, runs, sizeof(int), err))
        return IND_FAILED;
    for (int r = 0; r < store->run_count; r++)
        if (choose_weights(&store->runs[r], choices->weights, &carried->weights[r],
                           &carried->weight_counts[r], err) ||
            choose_chunks(&store->runs[r], &carried->chunks[r], &carried->chunk_counts[r], err))
            return IND_FAILED;
    return IND_OK;
}

static void carried_release(struct carried *carried, int runs)
{
    for (int r = 0; carried->weights && r < runs; r++)
        free(carried->weights[r]);
    for (int r = 0; carried->chunks && r < runs; r++)
        free(carried->chunks[r]);
    free(carried->weights);
    free(carried->weight_counts);
    free(carried->chunks);
    free(carried->chunk_counts);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static int add_block(struct ind_bytes *blocks, int run, const char *what, long number, long last,
                     const void *data, size_t size, struct ind_error *err)
{
    char name[80];
    if (number < 0)
        snprintf(name, sizeof name, "%d/%s", run, what);
    else if (last < 0)
        snprintf(name, sizeof name, "%d/%s/%ld", run, what, number);
    else
        snprintf(name, sizeof name, "%d/%s/%ld-%ld", run, what, number, last);
    return ind_page_block(blocks, name, data, size, err);
}

static int add_scalars(struct ind_bytes *blocks, const struct lab_run *run, int r,
                       struct ind_error *err)
{
    struct ind_bytes data = {0};
    const long last = run->checkpoints[run->count - 1].epoch;
    int status = pack_scalars(run, 0, last, &data, err);
    if (status == IND_OK)
        status = add_block(blocks, r, "scalars", 0, last, data.data, data.size, err);
    data.size = 0;
    if (status == IND_OK)
        status = pack_metrics(&run->plan, &data, err);
    if (status == IND_OK)
        status = add_block(blocks, r, "metrics", -1, -1, data.data, data.size, err);
    data.size = 0;
    if (status == IND_OK)
        status = pack_sequences(&run->plan, &data, err);
    if (status == IND_OK)
        status = add_block(blocks, r, "sequences", -1, -1, data.data, data.size, err);
    ind_bytes_release(&data);
    return status;
}

static int add_maps(struct ind_bytes *blocks, const struct lab_run *run, int r, long (*chunks)[2],
                    int count, struct ind_error *err)
{
    struct ind_bytes data = {0};
    int status = IND_OK;
    for (int c = 0; c < count && status == IND_OK; c++) {
        data.size = 0;
        status = pack_maps(run, chunks[c][0], chunks[c][1], &data, err);
        if (status == IND_OK)
            status =
                add_block(blocks, r, "maps", chunks[c][0], chunks[c][1], data.data, data.size, err);
    }
    ind_bytes_release(&data);
    return status;
}

/* Scratch for the weights of one run. */
struct press {
    uint16_t *halves[2]; /* these and the ones before */
    uint8_t *differences;
};

static int add_weights(struct ind_bytes *blocks, const struct plan *plan, int r, const long *epochs,
                       int count, struct press *press, struct ind_error *err)
{
    struct ind_bytes data = {0};
    const size_t trained = plan->layout.trained, fixed = plan->layout.total - trained;
    int status = IND_OK;
    for (int i = 0; i < count && status == IND_OK; i++) {
        uint16_t *halves = press->halves[i % 2];
        data.size = 0;
        status = pack_weights(plan, epochs[i], &data, err);
        if (status != IND_OK)
            break;
        const float *weights = (const float *)(const void *)data.data;
        pack_halves(weights, trained, halves);
        pack_differences(halves, i % WEIGHTS_KEY == 0 ? NULL : press->halves[(i + 1) % 2], trained,
                         press->differences);
        status =
            add_block(blocks, r, "weights", epochs[i], -1, press->differences, 2 * trained, err);
        if (status == IND_OK && i == 0)
            status = add_block(blocks, r, "fixed", -1, -1, weights + trained, fixed * sizeof(float),
                               err);
    }
    ind_bytes_release(&data);
    return status;
}

static int press_weights(struct ind_bytes *blocks, const struct plan *plan, int r,
                         const long *epochs, int count, struct ind_error *err)
{
    struct press press = {0};
    int status = IND_FAILED;
    if (ind_alloc_into(&press.halves[0], plan->layout.trained, sizeof(uint16_t), err) == IND_OK &&
        ind_alloc_into(&press.halves[1], plan->layout.trained, sizeof(uint16_t), err) == IND_OK &&
        ind_alloc_into(&press.differences, 2 * plan->layout.trained, 1, err) == IND_OK)
        status = add_weights(blocks, plan, r, epochs, count, &press, err);
    free(press.halves[0]);
    free(press.halves[1]);
    free(press.differences);
    return status;
}

static int add_run(struct ind_bytes *blocks, const struct store *store,
                   const struct carried *carried, int r, struct ind_error *err)
{
    const struct lab_run *run = &store->runs[r];
    return add_scalars(blocks, run, r, err) ||
                   add_maps(blocks, run, r, carried->chunks[r], carried->chunk_counts[r], err) ||
                   press_weights(blocks, &run->plan, r, carried->weights[r],
                                 carried->weight_counts[r], err)
               ? IND_FAILED
               : IND_OK;
}

static int add_manifest(struct ind_bytes *blocks, struct store *store,
                        const struct choices *choices, const struct carried *carried,
                        struct ind_error *err)
{
    char *manifest = manifest_text(store, choices, carried);
    if (!manifest)
        return ind_fail(err, "out of memory");
    const int status = ind_page_block(blocks, "manifest", manifest, strlen(manifest), err);
    free(manifest);
    return status;
}

static int gather(struct ind_bytes *blocks, struct store *store, const struct choices *choices,
                  struct ind_error *err)
{
    struct carried carried = {0};
    int status = carried_init(&carried, store, choices, err);
    if (status == IND_OK)
        status = add_manifest(blocks, store, choices, &carried, err);
    for (int r = 0; r < store->run_count && status == IND_OK; r++)
        status = ind_stop_signal() ? ind_fail(err, "interrupted")
                                   : add_run(blocks, store, &carried, r, err);
    carried_release(&carried, store->run_count);
    return status;
}

static int write_page(struct ind_new_file *file, struct store *store, const struct choices *choices,
                      struct ind_error *err)
{
    struct ind_bytes blocks = {0}, page = {0};
    char nonce[IND_NONCE_SIZE];
    int status = gather(&blocks, store, choices, err);
    if (status == IND_OK) {
        ind_page_nonce_of(&blocks, nonce);
        status = html_write(&page, nonce, false, &blocks, err);
    }
    if (status == IND_OK)
        status = ind_new_file_write(file, page.data, page.size, err);
    ind_bytes_release(&blocks);
    ind_bytes_release(&page);
    return status;
}

int report_write(struct ind_tool *tool, struct store *store, const struct choices *choices)
{
    struct ind_new_file file; /* opened first: a folder that is not there is told at once */
    if (ind_run_guard(choices->output, &tool->error) != IND_OK ||
        ind_new_file_open(&file, choices->output, false, &tool->error) != IND_OK)
        return IND_FAILED;
    int status = measure_all(tool, store);
    if (status == IND_OK)
        status = write_page(&file, store, choices, &tool->error);
    if (status == IND_OK)
        status = ind_new_file_commit(&file, &tool->error);
    ind_new_file_abandon(&file);
    return status;
}
