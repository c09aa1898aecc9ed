#include "optim/shards.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/sums.h>

enum {
    SHARD_SEQUENCES = 4,     /* activations of four sequences of the study: 1.7 MB */
    PATTERN_BYTES = 1 << 20, /* of one pass: the larger part of what backward reads again */
    SHARDS_MAX = 32,         /* bounds the gradient buffers of large batches */
    RANGE = 4096             /* floats */
};

static int divide_up(int a, int b)
{
    return a / b + (a % b != 0);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* A function of the batch size alone: part of what makes a run's bytes. */
static int shard_sequences(int batch)
{
    int least = divide_up(batch, SHARDS_MAX);
    return least > SHARD_SEQUENCES ? least : SHARD_SEQUENCES;
}

struct range ind_shards_range(const struct ind_trainer_work *work, int index)
{
    size_t begin = (size_t)index * RANGE;
    size_t end = begin + RANGE;
    return (struct range){begin, end < work->trained ? end : work->trained};
}

struct ranges_section {
    struct ind_trainer_work *work;
    void (*visit)(void *context, const struct ind_trainer_work *work, int index);
    void *context;
};

static void ranges_section(void *context, int worker)
{
    const struct ranges_section *section = context;
    const struct ind_trainer_work *work = section->work;
    for (int r = worker; r < work->range_count; r += work->team.count)
        section->visit(section->context, work, r);
}

void ind_shards_each_range(struct ind_trainer_work *work,
                           void (*visit)(void *context, const struct ind_trainer_work *work,
                                         int index),
                           void *context)
{
    struct ranges_section section = {work, visit, context};
    ind_team_run(&work->team, ranges_section, &section);
}

/* ---- Ownership ------------------------------------------------------------------------------- */

static int init_shards(struct ind_trainer_work *work, const struct ind_layout *layout,
                       struct ind_error *err)
{
    const int size = shard_sequences(work->batch);
    const int count = divide_up(work->batch, size);
    if (ind_alloc_into(&work->shards, (size_t)count, sizeof *work->shards, err))
        return IND_FAILED;
    work->shard_count = count;
    for (int s = 0; s < count; s++) {
        struct shard *shard = &work->shards[s];
        shard->first = s * size;
        shard->sequences = smaller(size, work->batch - shard->first);
        if (ind_params_init(&shard->gradient, layout, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* As many sequences of a shard as leave the patterns in a second-level cache. A function of the
 * model alone, like the shards: it decides which numbers are added up together. */
static int pass_sequences(const struct ind_config *config, int length, int shard)
{
    const double patterns = 4.0 * config->layers * config->heads * length * length;
    const double fitting = PATTERN_BYTES / patterns;
    return fitting < 1.0 ? 1 : fitting < shard ? (int)fitting : shard;
}

static int init_passes(struct ind_trainer_work *work, const struct ind_config *config,
                       struct ind_error *err)
{
    const int length = work->task.context - 1;
    const int count = smaller(work->team.count, work->shard_count);
    if (ind_alloc_into(&work->passes, (size_t)count, sizeof *work->passes, err))
        return IND_FAILED;
    work->pass_sequences = pass_sequences(config, length, work->shards[0].sequences);
    for (; work->pass_count < count; work->pass_count++) {
        struct pass *pass = &work->passes[work->pass_count];
        if (ind_cache_init(&pass->cache, config, work->pass_sequences, length, IND_BY_TOKEN, err))
            return IND_FAILED;
        if (ind_backward_init(&pass->backward, &pass->cache, err)) {
            ind_cache_release(&pass->cache);
            return IND_FAILED;
        }
    }
    return IND_OK;
}

int ind_shards_init(struct ind_trainer_work *work, const struct ind_recipe *recipe,
                    const struct ind_layout *layout, int threads, struct ind_error *err)
{
    *work = (struct ind_trainer_work){
        .task = ind_recipe_task(recipe), .batch = recipe->batch, .trained = layout->trained};
    work->range_count = (int)((layout->trained + RANGE - 1) / RANGE);
    const size_t tokens = (size_t)recipe->batch * (size_t)work->task.context;
    if (ind_team_init(&work->team, threads, err) || init_shards(work, layout, err) ||
        init_passes(work, &layout->config, err) ||
        ind_alloc_into(&work->tokens, tokens, sizeof *work->tokens, err) ||
        ind_alloc_into(&work->squares, (size_t)work->range_count, sizeof *work->squares, err))
        return IND_FAILED;
    return IND_OK;
}

void ind_shards_release(struct ind_trainer_work *work)
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
    free(work->tokens);
    free(work->squares);
    *work = (struct ind_trainer_work){0};
}

/* ---- Gradient -------------------------------------------------------------------------------- */

static void add_loss(struct ind_loss *sum, const struct ind_loss *part)
{
    sum->loss += part->loss;
    sum->predictions += part->predictions;
    sum->correct += part->correct;
    sum->induction += part->induction;
    sum->induction_correct += part->induction_correct;
}

/* One pass: `count` sequences of the shard from `first` on, their gradient added to the shard's. */
static void run_pass(struct ind_trainer_work *work, struct pass *pass, struct shard *shard,
                     int first, int count, const struct ind_params *weights)
{
    const struct ind_task *task = &work->task;
    const double predictions = (double)work->batch * (task->context - 1);
    const int32_t *tokens = work->tokens + (size_t)first * (size_t)task->context;
    struct ind_loss loss;
    pass->cache.batch = count;
    ind_forward(weights, tokens, task->context, NULL, 0, &pass->cache);
    ind_backward_run(&pass->backward, weights, tokens, task->context, shard->period,
                     (float)(1.0 / predictions), &pass->cache, &shard->gradient, &loss);
    add_loss(&shard->loss, &loss);
}

static void run_shard(struct ind_trainer_work *work, struct pass *pass, struct shard *shard,
                      const struct ind_params *weights, uint64_t seed, long epoch)
{
    const struct ind_task *task = &work->task;
    const int end = shard->first + shard->sequences;
    int32_t *tokens = work->tokens + (size_t)shard->first * (size_t)task->context;
    shard->period =
        ind_task_batch(task, seed, (uint32_t)epoch, shard->first, shard->sequences, tokens);
    shard->loss = (struct ind_loss){0};
    memset(shard->gradient.data, 0, work->trained * sizeof *shard->gradient.data);
    for (int first = shard->first; first < end; first += work->pass_sequences)
        run_pass(work, pass, shard, first, smaller(work->pass_sequences, end - first), weights);
}

struct shards_section {
    struct ind_trainer_work *work;
    const struct ind_params *weights;
    uint64_t seed;
    long epoch;
    atomic_int next;
};

static void shards_section(void *context, int worker)
{
    struct shards_section *section = context;
    struct ind_trainer_work *work = section->work;
    if (worker >= work->pass_count)
        return;
    for (int s; (s = atomic_fetch_add(&section->next, 1)) < work->shard_count;)
        run_shard(work, &work->passes[worker], &work->shards[s], section->weights, section->seed,
                  section->epoch);
}

/* shards[0].gradient += the others', in shard order. */
static void add_range(void *context, const struct ind_trainer_work *work, int index)
{
    (void)context;
    const struct range range = ind_shards_range(work, index);
    const float *parts[SHARDS_MAX];
    for (int s = 0; s < work->shard_count; s++)
        parts[s] = work->shards[s].gradient.data + range.begin;
    work->squares[index] = ind_sum_parts(range.end - range.begin, work->shard_count, parts,
                                         work->shards[0].gradient.data + range.begin);
}

/* The sum over shards, left in the first one's buffer; returns its squared norm. */
static double add_gradients(struct ind_trainer_work *work)
{
    ind_shards_each_range(work, add_range, NULL);
    double square = 0;
    for (int r = 0; r < work->range_count; r++)
        square += work->squares[r];
    return square;
}

static struct ind_loss add_losses(const struct ind_trainer_work *work)
{
    struct ind_loss sum = {0};
    for (int s = 0; s < work->shard_count; s++)
        add_loss(&sum, &work->shards[s].loss);
    return sum;
}

double ind_shards_gradient(struct ind_trainer_work *work, const struct ind_params *weights,
                           uint64_t seed, long epoch, struct ind_loss *loss)
{
    struct shards_section section = {work, weights, seed, epoch, 0};
    ind_team_run(&work->team, shards_section, &section);
    *loss = add_losses(work);
    return add_gradients(work);
}

const float *ind_shards_sum(const struct ind_trainer_work *work)
{
    return work->shards[0].gradient.data;
}
