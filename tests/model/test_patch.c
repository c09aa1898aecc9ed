/*
 * Interventions: a pass under them, and its gradient by weights and activations, against the
 * double-precision reference (as test_backward.c, whose tolerances these are).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/random.h>
#include <induct/model/backward.h>

#include "support/models.h"
#include "support/reference.h"

enum { BATCH = 3, SAMPLES = 6, PERIOD = 4 };
static const double TOLERANCE = 5e-5, STEP = 1e-5;

struct fixture {
    struct model model;
    struct reference reference;
    struct ind_cache cache;
    struct ind_backward backward;
    struct ind_params gradient;
    struct ind_activation_gradient activations;
    struct ind_regime standing;
    int starts[BATCH];
    int from; /* the loss is of positions from here on */
};

static void open_fixture(struct fixture *f, const struct ind_config *config, unsigned keep)
{
    struct ind_error err;
    *f = (struct fixture){0};
    model_init(&f->model, config, BATCH, 5);
    reference_init(&f->reference, config, BATCH, config->context - 1);
    assert_int_equal(ind_cache_init(&f->cache, config, BATCH, config->context - 1, keep, &err),
                     IND_OK);
    assert_int_equal(ind_backward_init(&f->backward, &f->cache, &err), IND_OK);
    assert_int_equal(ind_params_init(&f->gradient, &f->model.layout, &err), IND_OK);
    assert_int_equal(ind_activation_gradient_init(&f->activations, &f->cache, &err), IND_OK);
}

static void close_fixture(struct fixture *f)
{
    ind_activation_gradient_release(&f->activations);
    ind_params_release(&f->gradient);
    ind_backward_release(&f->backward);
    ind_cache_release(&f->cache);
    reference_release(&f->reference);
    model_release(&f->model);
}

/* The patches are the pass's own in the library, or stand in the parameters. */
static void run(struct fixture *f, const struct ind_patch *patches, int count, bool standing)
{
    const int context = f->cache.config.context;
    const struct ind_objective objective = {.tokens = f->model.tokens,
                                            .token_stride = context,
                                            .period = f->from,
                                            .repeated = f->from > 0,
                                            .scale = 1.0F};
    struct ind_backward_task task = {.params = &f->model.params,
                                     .cache = &f->cache,
                                     .activations = f->activations.buffer ? &f->activations : NULL};
    struct ind_loss loss;
    f->standing.patches = standing ? patches : NULL;
    f->standing.patch_count = standing ? count : 0;
    task.patches = standing ? NULL : patches;
    task.patch_count = standing ? 0 : count;
    f->model.params.standing = &f->standing;
    f->reference.patches = patches;
    f->reference.patch_count = count;
    f->reference.without_pp = f->standing.without_pp;
    f->reference.starts = f->cache.starts;
    memset(f->gradient.data, 0, f->model.layout.total * sizeof(float));
    ind_forward(&f->model.params, f->model.tokens, context, task.patches, task.patch_count,
                &f->cache);
    ind_backward_run(&f->backward, &task, &objective, &f->gradient, &loss);

    reference_forward(&f->reference, &f->model.layout, f->model.weights, f->model.tokens, context);
    const double want = reference_loss_from(&f->reference, f->model.tokens, context, f->from);
    assert_true(fabs(loss.loss - want) < 2e-5 * want);
    assert_int_equal(loss.targets, BATCH * (f->cache.length - f->from));
}

static double loss_with(struct fixture *f, size_t index, double value)
{
    const int context = f->cache.config.context;
    const double kept = f->model.weights[index];
    f->model.weights[index] = value;
    reference_forward(&f->reference, &f->model.layout, f->model.weights, f->model.tokens, context);
    f->model.weights[index] = kept;
    return reference_loss_from(&f->reference, f->model.tokens, context, f->from);
}

/* Every trained tensor against central differences; a tensor may have no gradient at all, but then
 * in truth too. */
static void check_gradient(struct fixture *f, const char *what)
{
    for (int t = 0; t < f->model.layout.tensor_count; t++) {
        const struct ind_tensor *tensor = &f->model.layout.tensors[t];
        /* b_K moves every score of a row alike, which softmax does not see: zero but for
         * rounding */
        double largest = tensor->role == IND_B_K ? 1 : 1e-2;
        for (size_t j = 0; j < tensor->count; j++)
            largest = fmax(largest, fabs((double)f->gradient.data[tensor->offset + j]));
        for (size_t j = 0; tensor->trained && j < tensor->count; j += tensor->count / SAMPLES + 1) {
            const size_t at = tensor->offset + j;
            const double value = f->model.weights[at], got = (double)f->gradient.data[at];
            const double want =
                (loss_with(f, at, value + STEP) - loss_with(f, at, value - STEP)) / (2.0 * STEP);
            if (!(fabs(got - want) <= TOLERANCE * largest))
                fail_msg("%s, %s, element %zu: %.9g, central difference %.9g, largest %.3g", what,
                         tensor->name, j, got, want, largest);
        }
    }
}

/* ---- Patches on heads ------------------------------------------------------------------------ */

static float *random_values(size_t count, uint32_t which)
{
    struct ind_random random = ind_random_at(3, IND_STREAM_CONTROL, which, 7);
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)ind_random_normal(&random);
    return values;
}

static float *random_pattern(int length)
{
    float *values = random_values((size_t)length * (size_t)length, 1);
    for (int i = 0; i < length; i++) {
        float sum = 0;
        for (int j = 0; j <= i; j++)
            sum += values[i * length + j] = expf(values[i * length + j]);
        for (int j = 0; j <= i; j++)
            values[i * length + j] /= sum;
    }
    return values;
}

/* One of each kind on several heads, with values for each sequence where that is meant, strengths
 * between, two on one head, in the first layer and in the last. */
static int make_patches(const struct fixture *f, int set, struct ind_patch patches[8],
                        float *values[3])
{
    const int T = f->cache.length, k = f->cache.config.d_head;
    const int last = f->cache.config.layers - 1, other = f->cache.config.heads - 1;
    const float *scores = values[0] = random_values((size_t)BATCH * T * T, 0);
    const float *pattern = values[1] = random_pattern(T);
    const float *z = values[2] = random_values((size_t)T * k, 2);
    const size_t square = (size_t)T * T;
    const struct ind_patch sets[][4] = {
        {{.kind = IND_PATCH_SCORES_ADD, .value = scores, .batch_stride = square}},
        {{.kind = IND_PATCH_PATTERN, .value = pattern}},
        {{.kind = IND_PATCH_PATTERN, .layer = last, .value = pattern, .keep = 0.25F}},
        {{.kind = IND_PATCH_PATTERN, .value = pattern, .keep = 0.75F},
         {.kind = IND_PATCH_SCORES_ADD, .value = scores, .batch_stride = square},
         {.kind = IND_PATCH_PATTERN, .head = other, .value = NULL, .keep = 0.5F},
         {.kind = IND_PATCH_PATTERN, .value = pattern, .keep = 0.4F}},
        {{.kind = IND_PATCH_Z}},
        {{.kind = IND_PATCH_Z, .layer = last, .head = other, .value = z},
         {.kind = IND_PATCH_PATTERN, .value = pattern}},
    };
    int count = 0;
    if (set >= (int)(sizeof sets / sizeof *sets))
        return -1;
    for (; count < 4 &&
           (count == 0 || sets[set][count].kind != IND_PATCH_Z || sets[set][count].value != NULL);
         count++)
        patches[count] = sets[set][count];
    return count;
}

static void free_values(float *values[3])
{
    for (int i = 0; i < 3; i++)
        free(values[i]);
}

static void check_patches(const struct ind_config *config, const char *name, unsigned keep)
{
    for (int set = 0;; set++) {
        struct fixture f;
        struct ind_patch patches[8];
        float *values[3];
        open_fixture(&f, config, keep);
        if (keep & IND_BY_TOKEN)
            ind_activation_gradient_release(&f.activations);
        const int count = make_patches(&f, set, patches, values);
        if (count > 0) {
            run(&f, patches, count, set % 2 == 1);
            check_gradient(&f, name);
        }
        free_values(values);
        close_fixture(&f);
        if (count < 0)
            return;
    }
}

static void gradient_under_every_kind_of_patch(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        check_patches(&model_kinds[i].config, model_kinds[i].name, 0);
        check_patches(&model_kinds[i].config, model_kinds[i].name, IND_BY_TOKEN);
    }
}

/* ---- Without the position-position term ------------------------------------------------------ */

static void gradient_without_pp(void **state)
{
    (void)state;
    int tried = 0;
    for (int i = 0; i < model_kind_count; i++) {
        struct ind_config config = model_kinds[i].config;
        if (config.layers < 2 || !ind_config_is_linear(&config) ||
            !ind_config_adds_positions(&config))
            continue;
        config.position_part = true;
        config.extra_positions = i % 2 ? 5 : 0;
        for (int set = -1; set < 6; set++) {
            struct fixture f;
            struct ind_patch patches[8];
            float *values[3] = {0};
            open_fixture(&f, &config, 0);
            f.standing.without_pp = true;
            for (int b = 0; b < BATCH && config.extra_positions; b++)
                f.starts[b] = (2 * b + 1) % 6;
            f.cache.starts = config.extra_positions ? f.starts : NULL;
            const int count = set < 0 ? 0 : make_patches(&f, set, patches, values);
            run(&f, patches, count, set % 2 == 1);
            check_gradient(&f, model_kinds[i].name);
            free_values(values);
            close_fixture(&f);
            tried++;
        }
    }
    assert_true(tried >= 30);
}

/* By token as by rows: the same numbers, but for rounding. */
static void by_token_is_the_same_without_pp(void **state)
{
    (void)state;
    struct ind_config config = model_kinds[1].config;
    config.position_part = true;
    config.extra_positions = 4;
    struct fixture f;
    open_fixture(&f, &config, IND_BY_TOKEN);
    ind_activation_gradient_release(&f.activations);
    f.standing.without_pp = true;
    f.starts[1] = 4;
    f.cache.starts = f.starts;
    run(&f, NULL, 0, false);
    check_gradient(&f, "by token");
    close_fixture(&f);
}

/* ---- Starts and targets ---------------------------------------------------------------------- */

static void gradient_with_starts_and_repeated_targets(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        struct ind_config config = model_kinds[i].config;
        if (ind_config_has_table(&config))
            config.extra_positions = 5;
        for (unsigned keep = 0; keep <= IND_BY_TOKEN; keep += IND_BY_TOKEN) {
            struct fixture f;
            open_fixture(&f, &config, keep);
            if (keep)
                ind_activation_gradient_release(&f.activations);
            for (int b = 0; b < BATCH; b++)
                f.starts[b] = (2 * b + 1) % 6;
            f.cache.starts = config.extra_positions ? f.starts : NULL;
            f.from = PERIOD;
            run(&f, NULL, 0, false);
            check_gradient(&f, model_kinds[i].name);
            close_fixture(&f);
        }
    }
}

/* ---- Activations ----------------------------------------------------------------------------- */

/* The gradient by z, added to z itself: the loss with the patched z moves as it says. And by the
 * residual before a layer. */
static double loss_of_cache(struct fixture *f)
{
    const struct ind_config *c = &f->cache.config;
    double loss = 0;
    float *logits = malloc((size_t)c->vocab * sizeof *logits);
    assert_non_null(logits);
    for (int row = 0; row < BATCH * f->cache.length; row++) {
        const int at = row / f->cache.length * c->context + row % f->cache.length + 1;
        double sum = 0;
        ind_logits(&f->model.params, &f->cache, row, 1, logits);
        for (int t = 0; t < c->vocab; t++)
            sum += exp((double)logits[t]);
        loss += log(sum) - (double)logits[f->model.tokens[at]];
    }
    free(logits);
    return loss;
}

/* Moves one activation, goes on from there, and puts it back. */
static double loss_moved(struct fixture *f, float *activation, float by, int layer, bool is_z)
{
    const float kept = *activation;
    *activation += by;
    if (is_z)
        ind_forward_output(&f->model.params, layer, &f->cache);
    ind_forward_layers(&f->model.params, is_z ? layer + 1 : layer, NULL, 0, &f->cache);
    const double loss = loss_of_cache(f);
    *activation = kept;
    if (is_z)
        ind_forward_output(&f->model.params, layer, &f->cache);
    return loss;
}

/* Differences of float passes: rounding (some 1e-6 of a loss of 60) over 0.008, and curvature. */
static void check_activation(struct fixture *f, float *activation, float got, int layer, bool is_z)
{
    const double up = loss_moved(f, activation, 0.004F, layer, is_z);
    const double down = loss_moved(f, activation, -0.004F, layer, is_z);
    const double want = (up - down) / 0.008;
    if (!(fabs((double)got - want) <= 1e-2 + 1e-2 * fabs(want)))
        fail_msg("layer %d, %s: %.6g, difference %.6g", layer, is_z ? "z" : "residual", (double)got,
                 want);
}

static void gradients_by_activations(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        struct fixture f;
        open_fixture(&f, &model_kinds[i].config, 0);
        const struct ind_config *c = &f.cache.config;
        run(&f, NULL, 0, false);
        for (int layer = 0; layer < c->layers; layer++) {
            for (int e = 0; e < 20; e++) {
                const size_t z =
                    (size_t)e * 7 % ((size_t)BATCH * f.cache.length * c->heads * c->d_head);
                const size_t x = (size_t)e * 11 % ((size_t)BATCH * f.cache.length * c->d_model);
                check_activation(&f, &f.cache.layers[layer].z[z], f.activations.layers[layer].z[z],
                                 layer, true);
                check_activation(&f, &f.cache.residual[layer][x], f.activations.residual[layer][x],
                                 layer, false);
                ind_forward(&f.model.params, f.model.tokens, c->context, NULL, 0, &f.cache);
            }
        }
        close_fixture(&f);
    }
}

/* The gradient by W_Q is that by q, summed over rows against what they read: the two agree, in the
 * layout that attribution uses. */
static void queries_gradient_gives_that_of_weights(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, &model_kinds[1].config, 0);
    const struct ind_config *c = &f.cache.config;
    run(&f, NULL, 0, false);
    for (int layer = 0; layer < c->layers; layer++) {
        for (int h = 0; h < c->heads; h++) {
            for (int i = 0; i < c->d_model; i += 5) {
                double sum = 0;
                const int e = i % c->d_head;
                for (int row = 0; row < BATCH * f.cache.length; row++)
                    sum += (double)f.cache.layers[layer].normed[row * c->d_model + i] *
                           (double)f.activations.layers[layer]
                               .k[(size_t)row * f.cache.qkv_stride + h * c->d_head + e];
                const double got = (double)f.gradient.layers[layer]
                                       .W_K[((size_t)h * c->d_model + i) * c->d_head + e];
                assert_true(fabs(got - sum) <= 1e-4 * (1 + fabs(sum)));
            }
        }
    }
    close_fixture(&f);
}

/* A metric's own gradient by final_normed: that of the loss gives the loss's gradient. */
static void any_metric_goes_back(void **state)
{
    (void)state;
    for (int i = 0; i < model_kind_count; i++) {
        struct fixture f;
        open_fixture(&f, &model_kinds[i].config, 0);
        const struct ind_config *c = &f.cache.config;
        const struct ind_backward_task task = {.params = &f.model.params, .cache = &f.cache};
        const size_t count = (size_t)BATCH * f.cache.length * c->d_model;
        float *dfinal = random_values(count, 9);
        run(&f, NULL, 0, false);
        memset(f.gradient.data, 0, f.model.layout.total * sizeof(float));
        ind_backward_from(&f.backward, &task, f.model.tokens, c->context, dfinal, &f.gradient);
        /* the metric is sum dfinal . final_normed, whose gradient by the last W_O is checked */
        const int last = c->layers - 1;
        const size_t at = ind_layout_role(&f.model.layout, IND_W_O, last)->offset;
        for (size_t j = 0; j < 5; j++) {
            double side[2];
            for (int s = 0; s < 2; s++) {
                const double kept = f.model.weights[at + j];
                f.model.weights[at + j] = kept + (s ? -STEP : STEP);
                reference_forward(&f.reference, &f.model.layout, f.model.weights, f.model.tokens,
                                  c->context);
                f.model.weights[at + j] = kept;
                side[s] = 0;
                for (size_t e = 0; e < count; e++)
                    side[s] += (double)dfinal[e] * f.reference.normed[c->layers * count + e];
            }
            const double want = (side[0] - side[1]) / (2 * STEP);
            assert_true(fabs((double)f.gradient.data[at + j] - want) <= 1e-4 * (1 + fabs(want)));
        }
        free(dfinal);
        close_fixture(&f);
    }
}

/* ---- Donors ---------------------------------------------------------------------------------- */

/* Under a donor patch the head's pattern is the donor's on the same tokens; to the model that is a
 * constant, as a patch with those values is. */
static void a_donor_is_a_patch_with_its_pattern(void **state)
{
    (void)state;
    struct ind_config config = model_kinds[0].config, plain = config;
    config.donors = 1;
    struct fixture f, donor;
    open_fixture(&f, &config, 0);
    open_fixture(&donor, &plain, 0);
    for (size_t j = 0; j < donor.model.layout.total; j += 3)
        donor.model.params.data[j] *= 0.5F;
    const int T = f.cache.length;
    const size_t square = (size_t)T * (size_t)T;
    ind_forward(&donor.model.params, f.model.tokens, config.context, NULL, 0, &donor.cache);
    const struct ind_patch want = {.kind = IND_PATCH_PATTERN,
                                   .layer = 1,
                                   .head = 1,
                                   .keep = 0.3F,
                                   .value = donor.cache.layers[1].pattern + square,
                                   .batch_stride = (size_t)config.heads * square};
    const struct ind_patch given = {
        .kind = IND_PATCH_DONOR, .layer = 1, .head = 1, .keep = 0.3F, .donor = 0};
    run(&f, &want, 1, false);
    float *expected = malloc(f.model.layout.total * sizeof *expected);
    assert_non_null(expected);
    memcpy(expected, f.gradient.data, f.model.layout.total * sizeof *expected);

    const struct ind_objective objective = {
        .tokens = f.model.tokens, .token_stride = config.context, .scale = 1.0F};
    const struct ind_backward_task task = {.params = &f.model.params, .cache = &f.cache};
    struct ind_loss loss;
    f.standing = (struct ind_regime){
        .patches = &given, .patch_count = 1, .donors = &donor.model.params, .donor_count = 1};
    memset(f.gradient.data, 0, f.model.layout.total * sizeof(float));
    ind_forward(&f.model.params, f.model.tokens, config.context, NULL, 0, &f.cache);
    ind_backward_run(&f.backward, &task, &objective, &f.gradient, &loss);
    assert_memory_equal(expected, f.gradient.data, f.model.layout.total * sizeof *expected);
    free(expected);
    close_fixture(&donor);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_under_every_kind_of_patch),
        cmocka_unit_test(gradient_without_pp),
        cmocka_unit_test(by_token_is_the_same_without_pp),
        cmocka_unit_test(gradient_with_starts_and_repeated_targets),
        cmocka_unit_test(gradients_by_activations),
        cmocka_unit_test(queries_gradient_gives_that_of_weights),
        cmocka_unit_test(any_metric_goes_back),
        cmocka_unit_test(a_donor_is_a_patch_with_its_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
