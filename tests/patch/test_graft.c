/*
 * Grafts: nothing and everything bit for bit, each piece its own floats and no other, and random
 * heads of the donor's norms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/patch/graft.h>

#include "support/models.h"

/* Donor, target, and the target with a graft: of one configuration, no float in common. */
struct fixture {
    struct model donor, target;
    struct ind_params grafted;
};

static void open_fixture(struct fixture *f, const struct ind_config *config)
{
    struct ind_error err;
    model_init(&f->donor, config, 1, 21);
    model_init(&f->target, config, 1, 22);
    assert_int_equal(ind_params_init(&f->grafted, &f->target.layout, &err), IND_OK);
    ind_params_copy(&f->grafted, &f->target.params);
    /* A sinusoidal table is the same in both: made different, so that its graft shows. */
    for (size_t i = 0; i < f->donor.layout.total; i++)
        f->donor.params.data[i] += 0.5F;
}

static void close_fixture(struct fixture *f)
{
    ind_params_release(&f->grafted);
    model_release(&f->donor);
    model_release(&f->target);
}

static size_t size_of(const struct fixture *f)
{
    return f->target.layout.total * sizeof(float);
}

static int all_pieces(const struct ind_config *c, struct ind_graft *pieces)
{
    int count = 0;
    for (int layer = 0; layer < c->layers; layer++)
        pieces[count++] = (struct ind_graft){IND_GRAFT_LAYER, {layer, 0}};
    pieces[count++] = (struct ind_graft){.kind = IND_GRAFT_UNEMBEDDING};
    pieces[count++] = (struct ind_graft){.kind = IND_GRAFT_POSITIONS};
    pieces[count++] = (struct ind_graft){.kind = IND_GRAFT_EMBEDDING};
    return count;
}

static void nothing_is_the_target_and_everything_the_donor(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        struct fixture f;
        struct ind_graft pieces[16];
        open_fixture(&f, &model_kinds[m].config);
        ind_graft_apply(&f.grafted, &f.donor.params, NULL, 0);
        assert_memory_equal(f.grafted.data, f.target.params.data, size_of(&f));
        ind_graft_apply(&f.grafted, &f.donor.params, pieces,
                        all_pieces(&model_kinds[m].config, pieces));
        assert_memory_equal(f.grafted.data, f.donor.params.data, size_of(&f));
        close_fixture(&f);
    }
}

/* ---- Each piece ------------------------------------------------------------------------------ */

/* Does the piece hold this tensor, wholly or one head's slice? */
static bool holds(struct ind_graft piece, const struct ind_tensor *t)
{
    const bool qk = t->role == IND_W_Q || t->role == IND_W_K || t->role == IND_B_Q ||
                    t->role == IND_B_K || t->role == IND_SMEAR;
    const bool ov = t->role == IND_W_V || t->role == IND_W_O || t->role == IND_B_V;
    switch (piece.kind) {
    case IND_GRAFT_HEAD:
        return (qk || ov) && t->layer == piece.head.layer;
    case IND_GRAFT_QK:
        return qk && t->layer == piece.head.layer;
    case IND_GRAFT_OV:
        return ov && t->layer == piece.head.layer;
    case IND_GRAFT_LAYER:
        return t->layer == piece.head.layer;
    case IND_GRAFT_EMBEDDING:
        return t->role == IND_W_E;
    case IND_GRAFT_POSITIONS:
        return t->role == IND_W_POS;
    default:
        return t->role == IND_W_U || t->role == IND_B_U || t->role == IND_LN_FINAL_W ||
               t->role == IND_LN_FINAL_B;
    }
}

static void check_tensor(const struct fixture *f, struct ind_graft piece,
                         const struct ind_tensor *t)
{
    const bool by_head =
        piece.kind == IND_GRAFT_HEAD || piece.kind == IND_GRAFT_QK || piece.kind == IND_GRAFT_OV;
    const size_t slice = t->count / (size_t)t->shape[0];
    for (size_t e = 0; e < t->count; e++) {
        const bool taken = holds(piece, t) && (!by_head || e / slice == (size_t)piece.head.head);
        const float *from = taken ? f->donor.params.data : f->target.params.data;
        const float got = f->grafted.data[t->offset + e], expected = from[t->offset + e];
        if (fabs((double)(got - expected)) > 0.0)
            fail_msg("%s[%zu] is not the %s's", t->name, e, taken ? "donor" : "target");
    }
}

static void a_piece_is_its_own_floats_and_no_other(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        const struct ind_head last = {c->layers - 1, c->heads - 1};
        struct fixture f;
        open_fixture(&f, c);
        for (int kind = IND_GRAFT_HEAD; kind <= IND_GRAFT_UNEMBEDDING; kind++) {
            const struct ind_graft piece = {(enum ind_graft_kind)kind, last};
            ind_params_copy(&f.grafted, &f.target.params);
            ind_graft_apply(&f.grafted, &f.donor.params, &piece, 1);
            for (int t = 0; t < f.target.layout.tensor_count; t++)
                check_tensor(&f, piece, &f.target.layout.tensors[t]);
        }
        close_fixture(&f);
    }
}

static void qk_and_ov_make_a_head(void **state)
{
    (void)state;
    struct fixture f;
    const struct ind_graft head = {IND_GRAFT_HEAD, {1, 1}};
    const struct ind_graft parts[] = {{IND_GRAFT_QK, {1, 1}}, {IND_GRAFT_OV, {1, 1}}};
    open_fixture(&f, &model_kinds[1].config);
    ind_graft_apply(&f.grafted, &f.donor.params, parts, 2);
    ind_graft_apply(&f.target.params, &f.donor.params, &head, 1);
    assert_memory_equal(f.grafted.data, f.target.params.data, size_of(&f));
    close_fixture(&f);
}

/* The tables of a learned and of a sinusoidal model lie at different places. */
static void a_donor_with_another_order_of_tensors(void **state)
{
    (void)state;
    struct fixture f;
    struct model learned;
    struct ind_error err;
    struct ind_graft pieces[16];
    struct ind_config c = model_kinds[0].config;
    assert_int_equal(c.positions, IND_POSITIONS_SINUSOIDAL);
    open_fixture(&f, &c);
    c.positions = IND_POSITIONS_LEARNED;
    model_init(&learned, &c, 1, 23);
    assert_int_equal(ind_graft_check(&learned.layout, &f.target.layout, &err), IND_OK);
    ind_graft_apply(&f.grafted, &learned.params, pieces, all_pieces(&c, pieces));
    for (int i = 0; i < learned.layout.tensor_count; i++) {
        const struct ind_tensor *t = &learned.layout.tensors[i];
        const struct ind_tensor *here = ind_layout_find(&f.target.layout, t->name);
        assert_memory_equal(f.grafted.data + here->offset, learned.params.data + t->offset,
                            t->count * sizeof(float));
    }
    model_release(&learned);
    close_fixture(&f);
}

/* ---- Random heads ---------------------------------------------------------------------------- */

/* Frobenius norm of QK (or OV), from the dense product. */
static double dense_norm(const struct ind_params *params, struct ind_head head, bool ov)
{
    const struct ind_config *c = &params->layout->config;
    const struct ind_layer_params *l = &params->layers[head.layer];
    const int d = c->d_model, k = c->d_head;
    const size_t at = (size_t)head.head * d * k;
    const float *in = (ov ? l->W_V : l->W_Q) + at, *out = (ov ? l->W_O : l->W_K) + at;
    double norm = 0.0;
    for (int x = 0; x < d; x++) {
        for (int y = 0; y < d; y++) {
            double sum = 0.0;
            for (int e = 0; e < k; e++)
                sum += (double)in[x * k + e] * (double)(ov ? out[e * d + y] : out[y * k + e]);
            norm += sum * sum;
        }
    }
    return sqrt(norm);
}

static void a_random_head_has_the_donors_norms(void **state)
{
    (void)state;
    for (int m = 0; m < model_kind_count; m++) {
        const struct ind_config *c = &model_kinds[m].config;
        const struct ind_graft head = {IND_GRAFT_HEAD, {c->layers - 1, 0}};
        struct fixture f;
        open_fixture(&f, c);
        ind_graft_random(&f.grafted, &f.donor.params, head, 5, 0);
        for (int ov = 0; ov < 2; ov++) {
            const double norm = dense_norm(&f.donor.params, head.head, ov);
            assert_true(fabs(dense_norm(&f.grafted, head.head, ov) / norm - 1.0) < 1e-5);
        }
        /* Biases are the donor's; nothing but this head has changed. */
        ind_graft_apply(&f.grafted, &f.donor.params, &head, 1);
        ind_graft_apply(&f.target.params, &f.donor.params, &head, 1);
        assert_memory_equal(f.grafted.data, f.target.params.data, size_of(&f));
        close_fixture(&f);
    }
}

static void a_random_head_is_a_function_of_seed_head_and_draw(void **state)
{
    (void)state;
    struct fixture f;
    const struct ind_config *c = &model_kinds[1].config;
    const struct ind_graft head = {IND_GRAFT_HEAD, {0, 1}}, other = {IND_GRAFT_HEAD, {0, 2}};
    const size_t matrix = (size_t)c->d_model * c->d_head;
    open_fixture(&f, c);
    float *first = malloc(matrix * sizeof *first);
    const float *W_Q = f.grafted.layers[0].W_Q + matrix;
    ind_graft_random(&f.grafted, &f.donor.params, head, 5, 0);
    memcpy(first, W_Q, matrix * sizeof *first);
    ind_graft_random(&f.grafted, &f.donor.params, head, 5, 1);
    assert_true(memcmp(first, W_Q, matrix * sizeof *first) != 0);
    ind_graft_random(&f.grafted, &f.donor.params, head, 6, 0);
    assert_true(memcmp(first, W_Q, matrix * sizeof *first) != 0);
    ind_graft_random(&f.grafted, &f.donor.params, other, 5, 0);
    ind_graft_random(&f.grafted, &f.donor.params, head, 5, 0);
    assert_memory_equal(first, W_Q, matrix * sizeof *first);
    assert_true(memcmp(first, W_Q + matrix, matrix * sizeof *first) != 0);
    /* No two of W_Q, W_K, W_V, W_O of any head are the same numbers. */
    ind_graft_random(&f.grafted, &f.donor.params, other, 5, 0);
    const float *W_V = f.grafted.layers[0].W_V + matrix;
    assert_true(fabs((double)(W_V[0] * W_Q[matrix + 1] - W_V[1] * W_Q[matrix])) > 1e-3);
    assert_true(fabs((double)(W_V[0] * W_Q[1] - W_V[1] * W_Q[0])) > 1e-3);
    /* Another donor: the same directions. */
    ind_graft_random(&f.grafted, &f.target.params, head, 5, 0);
    for (size_t e = 1; e < matrix; e++)
        assert_true(fabs((double)(W_Q[e] * first[0] - W_Q[0] * first[e])) < 1e-5);
    assert_true(memcmp(first, W_Q, matrix * sizeof *first) != 0);
    free(first);
    close_fixture(&f);
}

static void a_random_part_leaves_the_other(void **state)
{
    (void)state;
    struct fixture f;
    const struct ind_graft qk = {IND_GRAFT_QK, {1, 2}}, ov = {IND_GRAFT_OV, {1, 2}};
    const struct ind_graft whole = {IND_GRAFT_HEAD, {1, 2}};
    open_fixture(&f, &model_kinds[1].config);
    ind_graft_random(&f.grafted, &f.donor.params, qk, 5, 0);
    assert_true(fabs(dense_norm(&f.grafted, qk.head, true) -
                     dense_norm(&f.target.params, qk.head, true)) <= 0.0);
    ind_graft_random(&f.grafted, &f.donor.params, ov, 5, 0);
    ind_graft_random(&f.target.params, &f.donor.params, whole, 5, 0);
    assert_memory_equal(f.grafted.data, f.target.params.data, size_of(&f));
    close_fixture(&f);
}

static void a_donor_of_zeros_gives_zeros(void **state)
{
    (void)state;
    struct fixture f;
    const struct ind_graft head = {IND_GRAFT_HEAD, {0, 0}};
    open_fixture(&f, &model_kinds[1].config);
    memset(f.donor.params.data, 0, size_of(&f));
    ind_graft_random(&f.grafted, &f.donor.params, head, 5, 0);
    ind_graft_apply(&f.target.params, &f.donor.params, &head, 1);
    for (size_t i = 0; i < f.target.layout.total; i++)
        assert_true(fabs((double)(f.grafted.data[i] - f.target.params.data[i])) <= 0.0);
    close_fixture(&f);
}

/* ---- Words ----------------------------------------------------------------------------------- */

static void pieces_have_names(void **state)
{
    (void)state;
    const char *const expected[] = {"L1H2", "L1H2:qk", "L1H2:ov", "L1", "W_E", "W_pos", "W_U"};
    for (int kind = 0; kind < 7; kind++) {
        char name[24];
        assert_string_equal(
            ind_graft_name((struct ind_graft){(enum ind_graft_kind)kind, {1, 2}}, name),
            expected[kind]);
    }
}

static void expect_refused(const struct ind_config *donor, const char *reason)
{
    struct ind_error err;
    struct ind_layout a, b;
    const struct ind_config target = ind_config_default();
    assert_int_equal(ind_layout_init(&a, donor, &err), IND_OK);
    assert_int_equal(ind_layout_init(&b, &target, &err), IND_OK);
    assert_int_equal(ind_graft_check(&a, &b, &err), IND_FAILED);
    assert_string_equal(err.text, reason);
    ind_layout_release(&a);
    ind_layout_release(&b);
}

static void donors_of_another_shape_are_refused(void **state)
{
    (void)state;
    struct ind_config c = ind_config_default();
    c.heads = 2;
    expect_refused(&c, "the donor has 2 layers of 2 heads, the target 2 of 4");
    c = ind_config_default();
    c.vocab = 100;
    expect_refused(&c, "the donor's embed.W_E has another shape");
    c = ind_config_default();
    c.norm = IND_NORM_LN;
    expect_refused(&c, "the donor's norm is LN, the target's none");
    c = ind_config_default();
    c.positions = IND_POSITIONS_ROTARY;
    expect_refused(&c, "the donor's positions are not the target's (rotary, sinusoidal)");
    c = ind_config_default();
    c.attn_scale = 8.0;
    expect_refused(&c, "the donor's scores are divided by 8, the target's by 4");
    c = ind_config_default();
    c.bias = true;
    expect_refused(&c, "the donor has 20 tensors, the target 11");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_the_target_and_everything_the_donor),
        cmocka_unit_test(a_piece_is_its_own_floats_and_no_other),
        cmocka_unit_test(qk_and_ov_make_a_head),
        cmocka_unit_test(a_donor_with_another_order_of_tensors),
        cmocka_unit_test(a_random_head_has_the_donors_norms),
        cmocka_unit_test(a_random_head_is_a_function_of_seed_head_and_draw),
        cmocka_unit_test(a_random_part_leaves_the_other),
        cmocka_unit_test(a_donor_of_zeros_gives_zeros),
        cmocka_unit_test(pieces_have_names),
        cmocka_unit_test(donors_of_another_shape_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
