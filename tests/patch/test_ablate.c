/*
 * Ablations against whole forward passes with the same values patched in, bit for bit, and on the
 * hand-built circuit, where it is known what every head is good for.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/patch/ablate.h>

#include "support/handbuilt.h"
#include "support/models.h"

enum { SEQUENCES = 11, SEED = 3, MODES = 6 }; /* a batch of eight and a part of one */

/* ---- Against whole passes ------------------------------------------------------------------- */

/* Everything that a test of one model needs; owner. */
struct fixture {
    struct ind_config config;
    struct model model;
    struct ind_eval_data data;
    int32_t *reference;
    struct ind_cache clean, donors; /* of all sequences at once */
    struct ind_evaluator evaluator;
    struct ind_ablator ablator;
    struct ind_eval_count *got, *want, *before; /* [SEQUENCES] */
    float *values;                              /* means or patterns, [layers * heads] of them */
    size_t value_size;
};

/* z and patterns of all sequences into one cache, in the evaluator's batches: products of another
 * number of rows may round otherwise. */
static void run_all(const struct fixture *f, const int32_t *tokens, const struct ind_patch *patches,
                    int patch_count, struct ind_cache *all)
{
    const size_t T = (size_t)all->length, heads = (size_t)f->config.heads;
    const size_t z = T * heads * f->config.d_head, pattern = heads * T * T;
    struct ind_cache part;
    assert_int_equal(ind_cache_init(&part, &f->config, f->evaluator.batch, all->length, 0, NULL),
                     IND_OK);
    for (int first = 0; first < SEQUENCES; first += f->evaluator.batch) {
        part.batch =
            SEQUENCES - first < f->evaluator.batch ? SEQUENCES - first : f->evaluator.batch;
        ind_forward(&f->model.params, tokens + (size_t)first * f->config.context, f->config.context,
                    patches, patch_count, &part);
        for (int layer = 0; layer < f->config.layers; layer++) {
            memcpy(all->layers[layer].z + first * z, part.layers[layer].z,
                   part.batch * z * sizeof(float));
            memcpy(all->layers[layer].pattern + first * pattern, part.layers[layer].pattern,
                   part.batch * pattern * sizeof(float));
        }
    }
    ind_cache_release(&part);
}

static void open_fixture(struct fixture *f, const struct ind_config *config, int period)
{
    const int T = config->context - 1;
    const size_t context = (size_t)config->context;
    f->config = *config;
    model_init(&f->model, config, 1, 7);
    assert_int_equal(
        ind_eval_data_init(&f->data, config->vocab, config->context, SEED, period, SEQUENCES, NULL),
        IND_OK);
    f->reference = ind_alloc(SEQUENCES * context, sizeof *f->reference);
    ind_ablation_reference(config->vocab, config->context, SEED, period, SEQUENCES, f->reference);
    assert_int_equal(ind_cache_init(&f->clean, config, SEQUENCES, T, 0, NULL), IND_OK);
    assert_int_equal(ind_cache_init(&f->donors, config, SEQUENCES, T, 0, NULL), IND_OK);
    assert_int_equal(ind_evaluator_init(&f->evaluator, config, T, NULL), IND_OK);
    assert_int_equal(
        ind_ablator_init(&f->ablator, config, T, IND_ABLATOR_REFERS | IND_ABLATOR_FREEZES, NULL),
        IND_OK);
    run_all(f, f->data.tokens, NULL, 0, &f->clean);
    run_all(f, f->reference, NULL, 0, &f->donors);
    f->got = ind_alloc(SEQUENCES, sizeof *f->got);
    f->want = ind_alloc(SEQUENCES, sizeof *f->want);
    f->before = ind_alloc(SEQUENCES, sizeof *f->before);
    f->value_size = (size_t)T * (size_t)(T > config->d_head ? T : config->d_head);
    f->values = ind_alloc((size_t)config->layers * config->heads * f->value_size, sizeof(float));
    assert_non_null(f->values);
}

static void close_fixture(struct fixture *f)
{
    model_release(&f->model);
    ind_eval_data_release(&f->data);
    ind_cache_release(&f->clean);
    ind_cache_release(&f->donors);
    ind_evaluator_release(&f->evaluator);
    ind_ablator_release(&f->ablator);
    free(f->reference);
    free(f->got);
    free(f->want);
    free(f->before);
    free(f->values);
}

/* Mean of z of one head over the reference sequences, [T, d_head]. */
static void mean_of(const struct fixture *f, struct ind_head head, float *out)
{
    const int T = f->clean.length, k = f->config.d_head;
    const size_t width = (size_t)f->config.heads * k;
    for (int i = 0; i < T * k; i++) {
        double sum = 0.0;
        for (int s = 0; s < SEQUENCES; s++) {
            const size_t row = (size_t)s * T + i / k;
            sum += (double)f->donors.layers[head.layer].z[row * width + head.head * k + i % k];
        }
        out[i] = (float)(sum / SEQUENCES);
    }
}

static struct ind_patch patch_of(const struct fixture *f, enum ind_ablation_mode mode,
                                 struct ind_head head)
{
    const int T = f->clean.length;
    const size_t width = (size_t)f->config.heads * f->config.d_head;
    float *value = f->values + (head.layer * f->config.heads + head.head) * f->value_size;
    struct ind_patch patch = {.kind = IND_PATCH_Z, .layer = head.layer, .head = head.head};
    if (mode == IND_ABLATION_MEAN) {
        mean_of(f, head, value);
        patch.value = value;
    } else if (mode == IND_ABLATION_RESAMPLE) {
        patch.value = f->donors.layers[head.layer].z + head.head * f->config.d_head;
        patch.batch_stride = T * width;
        patch.row_stride = width;
    } else if (mode == IND_ABLATION_PATTERN_UNIFORM || mode == IND_ABLATION_PATTERN_PREV) {
        patch.kind = IND_PATCH_PATTERN;
        memset(value, 0, (size_t)T * T * sizeof *value);
        for (int i = 0; i < T; i++) {
            for (int j = 0; j <= i; j++)
                value[i * T + j] = mode == IND_ABLATION_PATTERN_UNIFORM
                                       ? 1.0F / (float)(i + 1)
                                       : (j == i - 1 || i == 0 ? 1.0F : 0.0F);
        }
        patch.value = value;
    }
    return patch;
}

/* Patches that an arm consists of; for `frozen` the patterns of every head behind the first. */
static int patches_of(const struct fixture *f, const struct ind_ablation *arm,
                      const struct ind_cache *patterns, struct ind_patch *patches)
{
    const size_t square = (size_t)f->clean.length * f->clean.length;
    const int heads = f->config.heads;
    int count = 0;
    for (int h = 0; h < arm->count; h++)
        patches[count++] = patch_of(f, arm->mode, arm->heads[h]);
    if (arm->mode != IND_ABLATION_FROZEN)
        return count;
    for (int h = (arm->heads[0].layer + 1) * heads; h < f->config.layers * heads; h++)
        patches[count++] = (struct ind_patch){.kind = IND_PATCH_PATTERN,
                                              .layer = h / heads,
                                              .head = h % heads,
                                              .value = patterns->layers[h / heads].pattern +
                                                       (size_t)(h % heads) * square,
                                              .batch_stride = (size_t)heads * square};
    return count;
}

static void assert_counts(const struct ind_eval_count *got, const struct ind_eval_count *want)
{
    for (int s = 0; s < SEQUENCES; s++) {
        assert_int_equal(got[s].predictions, want[s].predictions);
        assert_int_equal(got[s].correct, want[s].correct);
        assert_int_equal(got[s].repeated, want[s].repeated);
        assert_int_equal(got[s].repeated_correct, want[s].repeated_correct);
        if (!(got[s].loss == want[s].loss))
            fail_msg("sequence %d: loss %.17g, a whole pass gives %.17g", s, got[s].loss,
                     want[s].loss);
    }
}

/* Head h of the set `mask`, bit by bit. */
static int heads_of(const struct ind_config *c, unsigned mask, struct ind_head *heads)
{
    int count = 0;
    for (int h = 0; h < c->layers * c->heads; h++) {
        if (mask >> h & 1U)
            heads[count++] = (struct ind_head){h / c->heads, h % c->heads};
    }
    return count;
}

static void an_arm_is_a_patched_pass(struct fixture *f, unsigned mask)
{
    struct ind_head heads[16];
    struct ind_patch patches[32];
    const int count = heads_of(&f->config, mask, heads);
    for (int mode = 0; mode < MODES; mode++) {
        const struct ind_ablation arm = {heads, count, (enum ind_ablation_mode)mode};
        ind_ablate(&f->ablator, &f->model.params, &f->data, f->reference, &arm, 1, f->before,
                   f->got);
        ind_evaluate(&f->evaluator, &f->model.params, &f->data, NULL, 0, f->want);
        assert_counts(f->before, f->want);
        ind_evaluate(&f->evaluator, &f->model.params, &f->data, patches,
                     patches_of(f, &arm, &f->clean, patches), f->want);
        assert_counts(f->got, f->want);
    }
}

static void every_mode_equals_a_patched_pass(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        struct fixture f;
        const struct ind_config *c = &model_kinds[m].config;
        if (c->context < 5 || c->vocab < 2)
            continue;
        open_fixture(&f, c, 3);
        const unsigned all = (1U << c->layers * c->heads) - 1;
        for (unsigned h = 0; h <= all && h < 64; h = h < 8 ? h + 1 : h + 7) {
            if (h > 0)
                an_arm_is_a_patched_pass(&f, h);
        }
        an_arm_is_a_patched_pass(&f, all);
        close_fixture(&f);
    }
}

/* Arms of one call do not disturb one another, nor does the order they come in. */
static void arms_are_independent(void **state)
{
    (void)state;
    struct fixture f;
    struct ind_ablation arms[2 * MODES];
    struct ind_head heads[2][16];
    struct ind_eval_count counts[2 * MODES][SEQUENCES];
    open_fixture(&f, &model_kinds[1].config, 4);
    const int first = heads_of(&f.config, 0x0a, heads[0]);
    const int second = heads_of(&f.config, 0x30, heads[1]);
    for (int a = 0; a < 2 * MODES; a++)
        arms[a] = (struct ind_ablation){heads[a / MODES], a < MODES ? first : second,
                                        (enum ind_ablation_mode)(a % MODES)};
    ind_ablate(&f.ablator, &f.model.params, &f.data, f.reference, arms, 2 * MODES, f.before,
               counts[0]);
    for (int a = 2 * MODES - 1; a >= 0; a--) {
        ind_ablate(&f.ablator, &f.model.params, &f.data, f.reference, &arms[a], 1, f.before, f.got);
        assert_counts(counts[a], f.got);
    }
    const struct ind_ablation none = {NULL, 0, IND_ABLATION_ZERO};
    ind_ablate(&f.ablator, &f.model.params, &f.data, NULL, &none, 1, f.before, f.got);
    assert_counts(f.got, f.before);
    close_fixture(&f);
}

/* Total = frozen + mediated: what `frozen` leaves out is the later heads' patterns and nothing
 * else. Given those of the ablated run, the frozen arm becomes the total one. */
static void what_frozen_leaves_out_goes_through_patterns(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        struct fixture f;
        struct ind_head heads[16];
        struct ind_patch patches[32];
        if (model_kinds[m].config.context < 5 || model_kinds[m].config.layers < 2)
            continue;
        open_fixture(&f, &model_kinds[m].config, 3);
        struct ind_ablation arm = {heads, heads_of(&f.config, 1, heads), IND_ABLATION_ZERO};
        int count = patches_of(&f, &arm, NULL, patches);
        run_all(&f, f.data.tokens, patches, count, &f.donors);
        ind_ablate(&f.ablator, &f.model.params, &f.data, NULL, &arm, 1, f.before, f.got);
        arm.mode = IND_ABLATION_FROZEN;
        count = patches_of(&f, &arm, &f.donors, patches);
        ind_evaluate(&f.evaluator, &f.model.params, &f.data, patches, count, f.want);
        assert_counts(f.got, f.want);
        close_fixture(&f);
    }
}

static void reference_sequences_are_others(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, &model_kinds[0].config, 4);
    const size_t context = (size_t)f.config.context;
    for (int r = 0; r < SEQUENCES; r++) {
        const int32_t *row = f.reference + r * context;
        for (size_t i = 4; i < context; i++)
            assert_int_equal(row[i], row[i - 4]);
        for (int s = 0; s < SEQUENCES; s++)
            assert_memory_not_equal(row, f.data.tokens + s * context, context * sizeof *row);
    }
    close_fixture(&f);
}

/* ---- The hand-built circuit ----------------------------------------------------------------- */

enum { VOCAB = 17, CONTEXT = 41, HEADS = 3, PERIOD = 7, LENGTH = CONTEXT - 1 };
static const double GAIN = 9.0;

/* The circuit on sequences of tokens that are distinct within a period; owner. */
struct circuit {
    struct handbuilt handbuilt;
    struct ind_eval_data data;
    int32_t reference[SEQUENCES * CONTEXT];
    struct ind_ablator ablator;
    struct ind_eval_count clean[SEQUENCES], got[SEQUENCES];
};

static void open_circuit(struct circuit *c)
{
    const struct ind_config config = handbuilt_config(VOCAB, CONTEXT, HEADS);
    handbuilt_init(&c->handbuilt, &config, HANDBUILT_CERTAIN, HANDBUILT_CERTAIN, GAIN);
    assert_int_equal(ind_eval_data_init(&c->data, VOCAB, CONTEXT, SEED, PERIOD, SEQUENCES, NULL),
                     IND_OK);
    for (int s = 0; s < SEQUENCES; s++) {
        handbuilt_sequence(VOCAB, PERIOD, s, CONTEXT, c->data.tokens + s * CONTEXT);
        handbuilt_sequence(VOCAB, PERIOD, s + 3, CONTEXT, c->reference + s * CONTEXT);
    }
    assert_int_equal(ind_ablator_init(&c->ablator, &config, LENGTH,
                                      IND_ABLATOR_REFERS | IND_ABLATOR_FREEZES, NULL),
                     IND_OK);
}

static void close_circuit(struct circuit *c)
{
    ind_ablator_release(&c->ablator);
    ind_eval_data_release(&c->data);
    handbuilt_release(&c->handbuilt);
}

static void ablate(struct circuit *c, enum ind_ablation_mode mode, int layer, int head)
{
    const struct ind_head heads = {layer, head};
    const struct ind_ablation arm = {&heads, 1, mode};
    ind_ablate(&c->ablator, &c->handbuilt.params, &c->data, c->reference, &arm, 1, c->clean,
               c->got);
}

static void idle_heads_change_no_bit(void **state)
{
    (void)state;
    struct circuit c;
    open_circuit(&c);
    for (int mode = 0; mode < MODES; mode++) {
        for (int layer = 0; layer < 2; layer++) {
            for (int head = 1; head < HEADS; head++) {
                ablate(&c, (enum ind_ablation_mode)mode, layer, head);
                assert_counts(c.got, c.clean);
                for (int s = 0; s < SEQUENCES; s++)
                    assert_int_equal(c.clean[s].correct, LENGTH - PERIOD);
            }
        }
    }
    close_circuit(&c);
}

/* Without its previous-token head L1H0 attends to positions 1..i alike: the logit of a token is
 * gain times its share of them. */
static double loss_without_matching(const int32_t *tokens)
{
    double loss = 0.0;
    for (int i = PERIOD; i < LENGTH; i++) {
        int seen[VOCAB] = {0};
        double sum = 0.0;
        for (int j = 1; j <= i; j++)
            seen[tokens[j]]++;
        for (int t = 0; t < VOCAB; t++)
            sum += exp(GAIN * seen[t] / i);
        loss += log(sum) - GAIN * seen[tokens[i + 1]] / i;
    }
    return loss;
}

static void zeroing_takes_what_was_built_in(void **state)
{
    (void)state;
    struct circuit c;
    open_circuit(&c);
    ablate(&c, IND_ABLATION_ZERO, 0, 0);
    for (int s = 0; s < SEQUENCES; s++) {
        const double want = loss_without_matching(c.data.tokens + s * CONTEXT);
        assert_true(fabs(c.got[s].loss - want) < 1e-4 * want);
        assert_true(c.got[s].correct < (LENGTH - PERIOD) / 2);
    }
    ablate(&c, IND_ABLATION_ZERO, 1, 0); /* no logit is left: ties go to token 0, which never is */
    for (int s = 0; s < SEQUENCES; s++) {
        assert_int_equal(c.got[s].correct, 0);
        assert_true(fabs(c.got[s].loss - (LENGTH - PERIOD) * log(VOCAB)) < 1e-4);
    }
    close_circuit(&c);
}

/* L0H0 works through L1H0's keys alone, so nothing of it is a direct effect; and an exact
 * previous-token pattern is what it has. L1H0 needs its pattern. */
static void paths_of_the_circuit(void **state)
{
    (void)state;
    struct circuit c;
    open_circuit(&c);
    ablate(&c, IND_ABLATION_FROZEN, 0, 0);
    assert_counts(c.got, c.clean);
    ablate(&c, IND_ABLATION_PATTERN_PREV, 0, 0);
    assert_counts(c.got, c.clean);
    const enum ind_ablation_mode harmful[] = {IND_ABLATION_MEAN, IND_ABLATION_RESAMPLE,
                                              IND_ABLATION_PATTERN_UNIFORM};
    for (int m = 0; m < 3; m++) {
        for (int layer = 0; layer < 2; layer++) {
            ablate(&c, harmful[m], layer, 0);
            for (int s = 0; s < SEQUENCES; s++)
                assert_true(c.got[s].loss > c.clean[s].loss + 1.0);
        }
    }
    close_circuit(&c);
}

static void modes_have_names(void **state)
{
    (void)state;
    struct ind_error err;
    enum ind_ablation_mode mode;
    int count = 0;
    for (; ind_ablation_mode_name((enum ind_ablation_mode)count) != NULL; count++) {
        const char *name = ind_ablation_mode_name((enum ind_ablation_mode)count);
        assert_int_equal(ind_ablation_mode_parse(name, &mode, &err), IND_OK);
        assert_int_equal(mode, count);
    }
    assert_int_equal(count, MODES);
    assert_int_equal(ind_ablation_mode_parse("zer", &mode, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "'zer'"));
    assert_non_null(strstr(err.text, "pattern-prev"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_equals_a_patched_pass),
        cmocka_unit_test(arms_are_independent),
        cmocka_unit_test(what_frozen_leaves_out_goes_through_patterns),
        cmocka_unit_test(reference_sequences_are_others),
        cmocka_unit_test(idle_heads_change_no_bit),
        cmocka_unit_test(zeroing_takes_what_was_built_in),
        cmocka_unit_test(paths_of_the_circuit),
        cmocka_unit_test(modes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
