#include <induct/optim/gradient.h>

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/base/team.h>
#include <induct/math/sums.h>
#include <induct/model/pass.h>

enum {
    SHARD_SEQUENCES = 4,     /* activations of four sequences of the study: 1.7 MB */
    SHARDS_MAX = 32,         /* bounds the gradient buffers of large batches, */
    BUFFER_BYTES = 80 << 20, /* and this those of large models */
    RANGE = 4096             /* floats */
};

struct shard {
    int first, sequences;       /* of the batch */
    struct ind_params gradient; /* of the mean loss over the batch, this shard's share */
    struct ind_loss loss;
};

/* One thread's activations. */
struct pass {
    struct ind_cache cache;
    struct ind_backward backward;
};

struct ind_gradient_work {
    struct shard *shards;
    int shard_count;
    struct pass *passes; /* one a thread */
    int pass_count, pass_sequences;
    struct ind_team team;
};

static int divide_up(int a, int b)
{
    return a / b + (a % b != 0);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

/* Counts the ranges and, unless `ranges` is NULL, writes them. */
static int cut_ranges(const struct ind_layout *layout, struct ind_range *ranges)
{
    int count = 0;
    for (int t = 0; t < layout->tensor_count; t++) {
        const struct ind_tensor *tensor = &layout->tensors[t];
        const size_t end = tensor->offset + tensor->count;
        for (size_t at = tensor->offset; tensor->trained && at < end; at += RANGE, count++) {
            if (ranges)
                ranges[count] = (struct ind_range){at, end - at < RANGE ? end : at + RANGE, t};
        }
    }
    return count;
}

struct ranges_section {
    struct ind_gradient *gradient;
    void (*visit)(void *context, const struct ind_gradient *gradient, int index);
    void *context;
};

static void ranges_section(void *context, int worker)
{
    const struct ranges_section *section = context;
    const struct ind_gradient *gradient = section->gradient;
    for (int r = worker; r < gradient->range_count; r += gradient->work->team.count)
        section->visit(section->context, gradient, r);
}

void ind_gradient_each_range(struct ind_gradient *gradient,
                             void (*visit)(void *context, const struct ind_gradient *gradient,
                                           int index),
                             void *context)
{
    struct ranges_section section = {gradient, visit, context};
    ind_team_run(&gradient->work->team, ranges_section, &section);
}

/* ---- Ownership ------------------------------------------------------------------------------- */

/* As many as have room, which below 2.6 million parameters is no limit to a batch of 32; of a large
 * model two, so that two threads are of use. */
static int most_shards(const struct ind_layout *layout)
{
    const double fitting = BUFFER_BYTES / (sizeof(float) * (double)layout->total);
    return fitting < 2.0 ? 2 : fitting < SHARDS_MAX ? (int)fitting : SHARDS_MAX;
}

/* A function of the batch size and the model alone: part of what makes a run's bytes. A batch of
 * four or fewer is halved, so that two threads have something to do. */
static int shard_sequences(const struct ind_layout *layout, int batch)
{
    const int least = divide_up(batch, most_shards(layout));
    const int usual = batch > SHARD_SEQUENCES ? SHARD_SEQUENCES : divide_up(batch, 2);
    return least > usual ? least : usual;
}

static int init_shards(struct ind_gradient *gradient, struct ind_error *err)
{
    struct ind_gradient_work *work = gradient->work;
    const int size = shard_sequences(gradient->layout, gradient->batch);
    const int count = divide_up(gradient->batch, size);
    if (ind_alloc_into(&work->shards, (size_t)count, sizeof *work->shards, err))
        return IND_FAILED;
    work->shard_count = count;
    for (int s = 0; s < count; s++) {
        struct shard *shard = &work->shards[s];
        shard->first = s * size;
        shard->sequences = smaller(size, gradient->batch - shard->first);
        if (ind_params_init(&shard->gradient, gradient->layout, err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int init_passes(struct ind_gradient *gradient, struct ind_error *err)
{
    struct ind_gradient_work *work = gradient->work;
    const struct ind_config *config = &gradient->layout->config;
    const int count = smaller(work->team.count, work->shard_count);
    if (ind_alloc_into(&work->passes, (size_t)count, sizeof *work->passes, err))
        return IND_FAILED;
    const unsigned keep = ind_pass_outgrows(config, gradient->length) ? IND_NO_PATTERNS : 0;
    work->pass_sequences = ind_pass_size(config, gradient->length, work->shards[0].sequences);
    for (; work->pass_count < count; work->pass_count++) {
        struct pass *pass = &work->passes[work->pass_count];
        if (ind_cache_init(&pass->cache, config, work->pass_sequences, gradient->length,
                           IND_BY_TOKEN | keep, err))
            return IND_FAILED;
        if (ind_backward_init(&pass->backward, &pass->cache, err)) {
            ind_cache_release(&pass->cache);
            return IND_FAILED;
        }
    }
    return IND_OK;
}

static int init_all(struct ind_gradient *gradient, int threads, struct ind_error *err)
{
    const size_t ranges = (size_t)cut_ranges(gradient->layout, NULL);
    if (ind_alloc_into(&gradient->ranges, ranges, sizeof *gradient->ranges, err) ||
        ind_alloc_into(&gradient->squares, ranges, sizeof *gradient->squares, err) ||
        ind_alloc_into(&gradient->work, 1, sizeof *gradient->work, err))
        return IND_FAILED;
    gradient->range_count = cut_ranges(gradient->layout, gradient->ranges);
    if (ind_team_init(&gradient->work->team, threads, err) || init_shards(gradient, err))
        return IND_FAILED;
    return init_passes(gradient, err);
}

int ind_gradient_init(struct ind_gradient *gradient, const struct ind_layout *layout, int batch,
                      int length, int threads, struct ind_error *err)
{
    assert(batch >= 1 && threads >= 1);
    *gradient = (struct ind_gradient){.layout = layout, .batch = batch, .length = length};
    if (init_all(gradient, threads, err) == IND_OK)
        return IND_OK;
    ind_gradient_release(gradient);
    return IND_FAILED;
}

static void release_work(struct ind_gradient_work *work)
{
    ind_team_release(&work->team);
    for (int p = 0; p < work->pass_count; p++) {
        ind_backward_release(&work->passes[p].backward);
        ind_cache_release(&work->passes[p].cache);
    }
    for (int s = 0; s < work->shard_count; s++)
        ind_params_release(&work->shards[s].gradient);
    free(work->passes);
    free(work->shards);
}

void ind_gradient_release(struct ind_gradient *gradient)
{
    if (gradient->work)
        release_work(gradient->work);
    free(gradient->work);
    free(gradient->ranges);
    free(gradient->squares);
    *gradient = (struct ind_gradient){0};
}

/* ---- Gradient -------------------------------------------------------------------------------- */

/* One run: what all its shards read. */
struct run {
    struct ind_gradient *gradient;
    const struct ind_params *weights;
    const struct ind_batch *batch;
    float scale; /* 1 / targets of the whole batch */
    atomic_int next;
};

static void add_loss(struct ind_loss *sum, const struct ind_loss *part)
{
    sum->loss += part->loss;
    sum->targets += part->targets;
    sum->predictions += part->predictions;
    sum->correct += part->correct;
    sum->induction += part->induction;
    sum->induction_correct += part->induction_correct;
}

static long count_targets(const struct ind_gradient *gradient, const struct ind_batch *batch)
{
    long count = 0;
    for (int s = 0; s < gradient->batch; s++) {
        const int after = gradient->length - batch->periods[s];
        count += !batch->repeated ? gradient->length : after > 0 ? after : 0;
    }
    return count;
}

/* One pass: `count` sequences of the shard from `first` on, their gradient added to the shard's. */
static void run_pass(const struct run *run, struct pass *pass, struct shard *shard, int first,
                     int count)
{
    const struct ind_batch *batch = run->batch;
    const int context = run->gradient->length + 1;
    const struct ind_objective objective = {.tokens = batch->tokens + (size_t)first * context,
                                            .token_stride = context,
                                            .periods = batch->periods + first,
                                            .repeated = batch->repeated,
                                            .scale = run->scale};
    const struct ind_backward_task task = {
        .params = run->weights, .cache = &pass->cache, .first_layer = batch->first_layer};
    struct ind_loss loss;
    pass->cache.batch = count;
    pass->cache.starts = batch->starts ? batch->starts + first : NULL;
    ind_forward(run->weights, objective.tokens, context, NULL, 0, &pass->cache);
    ind_backward_run(&pass->backward, &task, &objective, &shard->gradient, &loss);
    add_loss(&shard->loss, &loss);
}

static void run_shard(const struct run *run, struct pass *pass, struct shard *shard)
{
    shard->loss = (struct ind_loss){0};
    memset(shard->gradient.data, 0, run->gradient->layout->trained * sizeof(float));
    struct ind_pass turn = {0};
    while (ind_pass_next(&turn, run->gradient->work->pass_sequences, shard->sequences))
        run_pass(run, pass, shard, shard->first + turn.first, turn.count);
}

static void shards_section(void *context, int worker)
{
    struct run *run = context;
    struct ind_gradient_work *work = run->gradient->work;
    if (worker >= work->pass_count)
        return;
    for (int s; (s = atomic_fetch_add(&run->next, 1)) < work->shard_count;)
        run_shard(run, &work->passes[worker], &work->shards[s]);
}

/* shards[0].gradient += the others', in shard order. */
static void add_range(void *context, const struct ind_gradient *gradient, int index)
{
    (void)context;
    const struct ind_gradient_work *work = gradient->work;
    const struct ind_range range = gradient->ranges[index];
    const float *parts[SHARDS_MAX];
    for (int s = 0; s < work->shard_count; s++)
        parts[s] = work->shards[s].gradient.data + range.begin;
    gradient->squares[index] = ind_sum_parts(range.end - range.begin, work->shard_count, parts,
                                             work->shards[0].gradient.data + range.begin);
}

double ind_gradient_run(struct ind_gradient *gradient, const struct ind_params *weights,
                        const struct ind_batch *batch, struct ind_loss *loss)
{
    struct ind_gradient_work *work = gradient->work;
    const long targets = count_targets(gradient, batch);
    struct run run = {gradient, weights, batch, (float)(1.0 / (double)targets), 0};
    double square = 0;
    ind_team_run(&work->team, shards_section, &run);
    *loss = (struct ind_loss){0};
    for (int s = 0; s < work->shard_count; s++)
        add_loss(loss, &work->shards[s].loss);
    ind_gradient_each_range(gradient, add_range, NULL);
    for (int r = 0; r < gradient->range_count; r++)
        square += gradient->squares[r];
    return square;
}

const struct ind_params *ind_gradient_sum(const struct ind_gradient *gradient)
{
    return &gradient->work->shards[0].gradient;
}
