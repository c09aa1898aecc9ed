#include "pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "blocks are written as the machine holds numbers: little-endian"
#endif

/* ---- Records --------------------------------------------------------------------------------- */

/* Indices first.. of at most `most` ready checkpoints; returns how many. */
static int select_ready(const struct lab_run *run, long from, long to, int most, int *indices)
{
    int count = 0;
    for (int i = 0; i < run->count && count < most; i++) {
        const struct checkpoint *checkpoint = &run->checkpoints[i];
        if (checkpoint->state == CHECKPOINT_READY && checkpoint->epoch >= from &&
            checkpoint->epoch <= to)
            indices[count++] = i;
    }
    return count;
}

static int add_head(const struct lab_run *run, const int *indices, int count, struct ind_bytes *out,
                    struct ind_error *err)
{
    const uint32_t number = (uint32_t)count;
    if (ind_bytes_add(out, &number, sizeof number, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < count; i++) {
        const uint32_t epoch = (uint32_t)run->checkpoints[indices[i]].epoch;
        if (ind_bytes_add(out, &epoch, sizeof epoch, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

static int add_scalars(const struct lab_run *run, const int *indices, int count,
                       struct ind_bytes *out, struct ind_error *err)
{
    if (add_head(run, indices, count, out, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < count; i++)
        if (ind_bytes_add(out, run->checkpoints[indices[i]].record.scalars,
                          run->plan.scalar_count * sizeof(float), err) != IND_OK)
            return IND_FAILED;
    return IND_OK;
}

int pack_scalars(const struct lab_run *run, long from, long to, struct ind_bytes *out,
                 struct ind_error *err)
{
    int *indices = malloc(((size_t)run->count + 1) * sizeof *indices);
    if (!indices)
        return ind_fail(err, "out of memory");
    const int count = select_ready(run, from, to, run->count, indices);
    const int status = add_scalars(run, indices, count, out, err);
    free(indices);
    return status;
}

/* Room for `count` bytes more, which the caller fills. */
static uint8_t *add_room(struct ind_bytes *out, size_t count, struct ind_error *err)
{
    if (ind_grow(&out->data, &out->room, out->size + count, 1, err) != IND_OK)
        return NULL;
    out->size += count;
    return (uint8_t *)out->data + out->size - count;
}

static uint8_t fold(uint8_t difference)
{
    return (uint8_t)((uint8_t)(difference << 1) ^ (difference & 0x80 ? 0xff : 0));
}

/* The maps of several epochs, place by place. */
static int add_maps(const uint8_t *const *maps, int count, size_t places, struct ind_bytes *out,
                    struct ind_error *err)
{
    uint8_t *bytes = add_room(out, places * (size_t)count, err);
    if (!bytes)
        return IND_FAILED;
    for (size_t place = 0; place < places; place++) {
        uint8_t before = 0;
        for (int e = 0; e < count; e++) {
            const uint8_t value = maps[e][place];
            *bytes++ = e == 0 ? value : fold((uint8_t)(value - before));
            before = value;
        }
    }
    return IND_OK;
}

int pack_maps(const struct lab_run *run, long from, long to, struct ind_bytes *out,
              struct ind_error *err)
{
    int indices[MAPS_TOGETHER];
    const int count = select_ready(run, from, to, MAPS_TOGETHER, indices);
    const struct record *records[MAPS_TOGETHER];
    const struct plan *plan = &run->plan;
    if (add_head(run, indices, count, out, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < count; i++) {
        records[i] = &run->checkpoints[indices[i]].record;
        if (ind_bytes_add(out, records[i]->profile, plan->profile_count * sizeof(uint16_t), err))
            return IND_FAILED;
    }
    const uint8_t *samples[MAPS_TOGETHER], *means[MAPS_TOGETHER];
    for (int i = 0; i < count; i++) {
        samples[i] = records[i]->sample;
        means[i] = records[i]->mean;
    }
    return add_maps(samples, count, plan->map_count, out, err) ||
                   add_maps(means, count, plan->map_count, out, err)
               ? IND_FAILED
               : IND_OK;
}

/* ---- Weights --------------------------------------------------------------------------------- */

int pack_weights(const struct plan *plan, long epoch, struct ind_bytes *out, struct ind_error *err)
{
    struct ind_params params;
    int status = ind_params_init(&params, &plan->layout, err);
    if (status == IND_OK) {
        status = plan_read(plan, epoch, &params, err);
        if (status == IND_OK)
            status = ind_bytes_add(out, params.data, plan->layout.total * sizeof(float), err);
        ind_params_release(&params);
    }
    return status;
}

void pack_halves(const float *weights, size_t count, uint16_t *halves)
{
    for (size_t i = 0; i < count; i++)
        halves[i] = half_from_float(weights[i]);
}

void pack_differences(const uint16_t *halves, const uint16_t *before, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        const uint16_t difference = (uint16_t)(halves[i] - (before ? before[i] : 0));
        const uint16_t sign = difference & 0x8000 ? 0xffff : 0;
        const uint16_t folded = (uint16_t)((uint16_t)(difference << 1) ^ sign);
        out[i] = (uint8_t)folded;
        out[count + i] = (uint8_t)(folded >> 8);
    }
}

/* ---- Evaluation sequences -------------------------------------------------------------------- */

int pack_sequences(const struct plan *plan, struct ind_bytes *out, struct ind_error *err)
{
    const size_t size = plan->layout.config.vocab > 65536 ? 4 : 2;
    for (int p = 0; p < plan->data.count; p++) {
        const struct ind_eval_data *data = &plan->data.data[p];
        for (int s = 0; s < data->sequences; s++)
            for (int i = 0; i < data->period; i++)
                if (ind_bytes_add(out, &data->tokens[(size_t)s * (size_t)data->context + (size_t)i],
                                  size, err) != IND_OK)
                    return IND_FAILED;
    }
    return IND_OK;
}

/* ---- The run's own table --------------------------------------------------------------------- */

int pack_metrics(const struct plan *plan, struct ind_bytes *out, struct ind_error *err)
{
    char *path = ind_text("%s/metrics.tsv", plan->path), *bytes;
    struct stat status;
    size_t size;
    if (!path)
        return ind_fail(err, "out of memory");
    errno = 0;
    /* A link could lead anywhere: only what lies in the run itself is handed on. */
    const bool there = lstat(path, &status) == 0 && S_ISREG(status.st_mode);
    int result = there ? ind_file_read(path, 0, &bytes, &size, err)
                 : errno == 0 || errno == ENOENT
                     ? IND_OK
                     : ind_fail_errno(err, "%s: cannot look at it", path);
    if (there && result == IND_OK) {
        result = ind_bytes_add(out, bytes, size, err);
        free(bytes);
    }
    free(path);
    return result;
}
