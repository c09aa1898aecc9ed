/* The coefficient's chains on models: every step is where the formula leads, losses are those of the
 * model there, whatever the threads; heads move alone, and one that says nothing costs nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/random.h>
#include <induct/optim/gradient.h>
#include <induct/optim/llc.h>

#include "support/models.h"

enum { SEQUENCES = 8, STEPS = 6, CHAINS = 3 };

static const int periods[] = {2, 3, 5};

static void must(int status, const struct ind_error *err)
{
    if (status != IND_OK)
        fail_msg("%s", err->text);
}

/* A model, its data and room for two parts: all weights, and the last head of the last layer. */
struct bench {
    struct model model;
    struct ind_llc_data data;
    struct ind_slice all[1], head[IND_HEAD_SLICES];
    struct ind_slices parts[2];
    double excess[2 * CHAINS * STEPS];
    double loss;
};

static void bench_init(struct bench *bench, const struct ind_config *config, bool repeated)
{
    struct ind_error err;
    const struct ind_task task = {
        .vocab = config->vocab, .context = config->context, .period_lo = 2, .period_hi = 3};
    *bench = (struct bench){0};
    model_init(&bench->model, config, 1, 4);
    must(ind_llc_data_init(&bench->data, &task, repeated, periods, 3, SEQUENCES, 9, &err), &err);
    bench->all[0] = (struct ind_slice){0, bench->model.layout.trained};
    bench->parts[0] = (struct ind_slices){bench->all, 1};
    bench->parts[1] = (struct ind_slices){
        bench->head, ind_head_slices(&bench->model.layout, config->layers - 1, config->heads - 1,
                                     IND_QK | IND_OV, bench->head)};
}

static void bench_release(struct bench *bench)
{
    ind_llc_data_release(&bench->data);
    model_release(&bench->model);
}

static void bench_run(struct bench *bench, const struct ind_llc_settings *settings, int threads)
{
    struct ind_error err;
    struct ind_llc llc;
    must(ind_llc_init(&llc, &bench->model.layout, &bench->data, settings, threads, &err), &err);
    ind_llc_run(&llc, &bench->model.params, bench->parts, 2, bench->excess, &bench->loss);
    ind_llc_release(&llc);
}

/* Every sequence at every step, so that nothing is drawn. */
static struct ind_llc_settings whole_batches(void)
{
    return (struct ind_llc_settings){.sgld = {.step_size = 1e-3, .nbeta = 1, .seed = 11},
                                     .chains = CHAINS,
                                     .burn_in = 2,
                                     .steps = STEPS - 2,
                                     .batch = SEQUENCES};
}

/* Mean loss by the logits, in double. */
static double loss_of(const struct bench *bench, const struct ind_params *params)
{
    struct ind_error err;
    struct ind_cache cache;
    const struct ind_config *c = &bench->model.layout.config;
    const struct ind_llc_data *data = &bench->data;
    const int length = c->context - 1;
    float *logits = calloc((size_t)(length * c->vocab), sizeof *logits);
    double sum = 0;
    long targets = 0;
    must(ind_cache_init(&cache, c, 1, length, 0, &err), &err);
    for (int s = 0; s < SEQUENCES; s++) {
        const int32_t *tokens = data->tokens + (size_t)s * (size_t)c->context;
        ind_forward(params, tokens, c->context, NULL, 0, &cache);
        ind_logits(params, &cache, 0, length, logits);
        for (int i = data->repeated ? data->periods[s] : 0; i < length; i++, targets++) {
            const float *row = logits + (size_t)(i * c->vocab);
            double total = 0;
            for (int t = 0; t < c->vocab; t++)
                total += exp((double)row[t]);
            sum += log(total) - (double)row[tokens[i + 1]];
        }
    }
    ind_cache_release(&cache);
    free(logits);
    return sum / (double)targets;
}

/* Where a chain is after one step from the centre without a gradient. */
static void displace(const struct bench *bench, struct ind_params *params, int part, int chain,
                     long step, float spread)
{
    const struct ind_slices slices = bench->parts[part];
    ind_params_copy(params, &bench->model.params);
    for (int s = 0; s < slices.count; s++) {
        struct ind_random random =
            ind_random_at(11, IND_STREAM_NOISE, (uint32_t)chain, (uint32_t)step);
        random.index = slices.items[s].begin;
        for (size_t i = 0; i < slices.items[s].count; i++) {
            float noise;
            ind_random_normals(&random, 1, &noise);
            params->data[slices.items[s].begin + i] += spread * noise;
        }
    }
}

/* With e g / 2 = 1 and no gradient every step begins at the centre again: step t + 1 is at
 * w* + sqrt(e) noise(t), and its excess is computed here from the logits. */
static void every_draw_is_a_model(const struct ind_config *config, bool repeated)
{
    struct bench bench;
    struct ind_error err;
    struct ind_params params;
    struct ind_llc_settings settings = whole_batches();
    settings.sgld.nbeta = 0;
    settings.sgld.gamma = 2 / settings.sgld.step_size;
    bench_init(&bench, config, repeated);
    must(ind_params_init(&params, &bench.model.layout, &err), &err);
    bench_run(&bench, &settings, 2);
    const double centre = loss_of(&bench, &bench.model.params);
    const float spread = (float)sqrt(settings.sgld.step_size);
    assert_true(fabs(bench.loss - centre) < 2e-6 * centre);
    for (int part = 0; part < 2; part++) {
        for (int c = 0; c < CHAINS; c++) {
            const double *excess = bench.excess + (part * CHAINS + c) * STEPS;
            assert_true(fabs(excess[0]) < 2e-6);
            for (long t = 1; t < STEPS; t++) {
                displace(&bench, &params, part, c, t - 1, spread);
                assert_true(fabs(excess[t] - (loss_of(&bench, &params) - centre)) < 5e-6);
                assert_true(fabs(excess[t]) > 1e-5);
            }
        }
    }
    ind_params_release(&params);
    bench_release(&bench);
}

static void draws_are_of_the_model(void **state)
{
    (void)state;
    for (int k = 0; k < model_kind_count; k++)
        if (model_kinds[k].config.context > 7)
            every_draw_is_a_model(&model_kinds[k].config, k % 2 == 1);
}

/* A large nbeta and a small step are gradient descent at rate e nb / 2: the first step loses
 * rate |grad|^2. */
static void draws_go_downhill(void **state)
{
    (void)state;
    struct bench bench;
    struct ind_error err;
    struct ind_gradient gradient;
    struct ind_loss loss;
    struct ind_llc_settings settings = whole_batches();
    settings.sgld.step_size = 1e-10;
    settings.sgld.nbeta = 2e7;
    bench_init(&bench, &model_kinds[1].config, false);
    must(ind_gradient_init(&gradient, &bench.model.layout, SEQUENCES,
                           model_kinds[1].config.context - 1, 1, &err),
         &err);
    const struct ind_batch batch = {.tokens = bench.data.tokens, .periods = bench.data.periods};
    const double square = ind_gradient_run(&gradient, &bench.model.params, &batch, &loss);
    bench_run(&bench, &settings, 1);
    for (int c = 0; c < CHAINS; c++)
        assert_true(fabs(bench.excess[c * STEPS + 1] / (-1e-3 * square) - 1) < 0.05);
    ind_gradient_release(&gradient);
    bench_release(&bench);
}

/* Without the layers below a head its gradient is the same to the bit, and theirs is none. */
static void gradients_begin_at_a_layer(void **state)
{
    (void)state;
    struct ind_error err;
    for (int k = 0; k < model_kind_count; k++) {
        struct bench bench;
        struct ind_gradient whole, part;
        struct ind_loss loss, same;
        const struct ind_config *c = &model_kinds[k].config;
        if (c->layers < 2 || c->context < 8)
            continue;
        bench_init(&bench, c, false);
        const struct ind_layout *layout = &bench.model.layout;
        struct ind_batch batch = {.tokens = bench.data.tokens, .periods = bench.data.periods};
        must(ind_gradient_init(&whole, layout, SEQUENCES, c->context - 1, 1, &err), &err);
        must(ind_gradient_init(&part, layout, SEQUENCES, c->context - 1, 1, &err), &err);
        ind_gradient_run(&whole, &bench.model.params, &batch, &loss);
        batch.first_layer = 1;
        ind_gradient_run(&part, &bench.model.params, &batch, &same);
        assert_true(loss.loss == same.loss);
        for (int t = 0; t < layout->tensor_count; t++) {
            const struct ind_tensor *tensor = &layout->tensors[t];
            const float *is = ind_gradient_sum(&part)->data + tensor->offset;
            const bool below =
                tensor->layer == 0 || tensor->role == IND_W_E || tensor->role == IND_W_POS;
            if (!below)
                assert_memory_equal(is, ind_gradient_sum(&whole)->data + tensor->offset,
                                    tensor->count * sizeof *is);
            /* shortformer's positions are read by every layer */
            const bool none = below && tensor->role != IND_W_POS;
            for (size_t i = 0; none && i < tensor->count; i++)
                assert_true(is[i] == 0);
        }
        ind_gradient_release(&whole);
        ind_gradient_release(&part);
        bench_release(&bench);
    }
}

static void same_bytes_on_any_number_of_threads(void **state)
{
    (void)state;
    static struct bench bench, other;
    struct ind_llc_settings settings = whole_batches();
    settings.batch = 3;
    settings.sgld.gamma = 10;
    bench_init(&bench, &model_kinds[1].config, false);
    bench_init(&other, &model_kinds[1].config, false);
    bench_run(&bench, &settings, 1);
    for (int threads = 2; threads <= 9; threads += 2) {
        bench_run(&other, &settings, threads);
        assert_memory_equal(bench.excess, other.excess, sizeof bench.excess);
        assert_true(bench.loss == other.loss);
    }
    settings.sgld.seed++;
    bench_run(&other, &settings, 1);
    for (int i = 0; i < 2 * CHAINS * STEPS; i++)
        assert_true(i % STEPS == 0 || bench.excess[i] != other.excess[i]);
    bench_release(&bench);
    bench_release(&other);
}

/* Losses are paired: at the centre there is no excess, whichever sequences are drawn; and they are
 * other ones at every step of every chain. */
static void batches_are_drawn_and_paired(void **state)
{
    (void)state;
    struct bench bench;
    struct ind_llc_settings settings = whole_batches();
    settings.batch = 3;
    settings.sgld.step_size = 1e-16;
    bench_init(&bench, &model_kinds[1].config, false);
    bench_run(&bench, &settings, 2);
    for (int i = 0; i < 2 * CHAINS * STEPS; i++)
        assert_true(fabs(bench.excess[i]) < 4e-7 * bench.loss); /* rounding of the losses */
    bench_release(&bench);

    struct ind_llc_settings moved = whole_batches();
    moved.batch = 3;
    moved.sgld.nbeta = 0;
    moved.sgld.gamma = 2 / moved.sgld.step_size;
    bench_init(&bench, &model_kinds[1].config, false);
    bench_run(&bench, &moved, 2);
    struct bench whole;
    bench_init(&whole, &model_kinds[1].config, false);
    moved.batch = SEQUENCES;
    bench_run(&whole, &moved, 2);
    /* the same weights (there is no gradient), other sequences */
    for (int i = 0; i < 2 * CHAINS * STEPS; i++)
        assert_true(i % STEPS == 0 || bench.excess[i] != whole.excess[i]);
    bench_release(&bench);
    bench_release(&whole);
}

/* A head that is ablated by what the model was trained under: no weight of it matters. */
static void a_silent_head_costs_nothing(void **state)
{
    (void)state;
    struct bench bench;
    const struct ind_config *c = &model_kinds[1].config;
    const struct ind_patch silence = {
        .kind = IND_PATCH_Z, .layer = c->layers - 1, .head = c->heads - 1};
    const struct ind_regime regime = {.patches = &silence, .patch_count = 1};
    const struct ind_llc_settings settings = whole_batches();
    bench_init(&bench, c, false);
    bench.model.params.standing = &regime;
    bench_run(&bench, &settings, 1);
    for (int i = 0; i < CHAINS * STEPS; i++) {
        assert_true(fabs(bench.excess[CHAINS * STEPS + i]) < 2e-6);
        assert_true(i % STEPS == 0 || fabs(bench.excess[i]) > 1e-4);
    }
    bench_release(&bench);
}

/* Sequence s is evaluation sequence s / 3 of period s % 3. */
static void data_are_the_evaluations(void **state)
{
    (void)state;
    struct bench bench;
    int32_t tokens[64];
    const struct ind_config *c = &model_kinds[1].config;
    bench_init(&bench, c, false);
    for (int s = 0; s < SEQUENCES; s++) {
        ind_task_eval(c->vocab, c->context, 9, periods[s % 3], s / 3, 1, tokens);
        assert_int_equal(bench.data.periods[s], periods[s % 3]);
        assert_memory_equal(bench.data.tokens + s * c->context, tokens,
                            (size_t)c->context * sizeof *tokens);
    }
    bench_release(&bench);
}

/* Weights at which the loss is no number: said of the first step on. */
static void no_loss_is_no_coefficient(void **state)
{
    (void)state;
    struct bench bench;
    const struct ind_llc_settings settings = whole_batches();
    struct ind_llc_summary summary;
    bench_init(&bench, &model_kinds[1].config, false);
    for (size_t i = 0; i < bench.model.layout.trained; i++)
        bench.model.params.data[i] = 1e30f;
    bench_run(&bench, &settings, 1);
    ind_llc_summarise(&settings, bench.excess, &summary);
    assert_int_equal(summary.diverged, CHAINS);
    assert_true(isnan(summary.llc.value) && !isfinite(bench.loss));
    bench_release(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_of_the_model),
        cmocka_unit_test(draws_go_downhill),
        cmocka_unit_test(gradients_begin_at_a_layer),
        cmocka_unit_test(same_bytes_on_any_number_of_threads),
        cmocka_unit_test(batches_are_drawn_and_paired),
        cmocka_unit_test(a_silent_head_costs_nothing),
        cmocka_unit_test(data_are_the_evaluations),
        cmocka_unit_test(no_loss_is_no_coefficient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
