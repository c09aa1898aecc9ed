/* The causal kernels of every instruction set that this processor has, against plain loops in
   double, on lengths and widths that end anywhere in a vector. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/math/causal.h>

#include "support/simd_sets.h"

static const int lengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 79, 80, 130, 300};
static const int widths[] = {1, 3, 4, 5, 8, 12, 16, 20, 32, 37, 64};

static void near(double got, double want, double tolerance, const char *what, const char *set,
                 int length, int width)
{
    if (!(fabs(got - want) <= tolerance * (1.0 + fabs(want))))
        fail_msg("%s, %s, length %d, width %d: %.9g instead of %.9g", what, set, length, width, got,
                 want);
}

static void check_scores(const struct ind_simd *set, int T, int k)
{
    size_t stride = ind_causal_stride((size_t)T);
    float *q = matrix(T, k, 1), *key = matrix(T, k, 2);
    float *s = ind_alloc(stride * (size_t)T, sizeof *s),
          *scratch = ind_alloc(stride * (size_t)k, sizeof *s);
    set->causal_scores(T, k, q, (size_t)k, key, (size_t)k, 0.5F, s, stride, scratch);
    for (int i = 0; i < T; i++) {
        for (int j = 0; j <= i; j++) {
            double want = 0.0;
            for (int d = 0; d < k; d++)
                want += 0.5 * (double)q[i * k + d] * (double)key[j * k + d];
            near((double)s[(size_t)i * stride + j], want, 1e-5, "scores", set->name, T, k);
        }
    }
    free(q);
    free(key);
    free(s);
    free(scratch);
}

static void check_mix(const struct ind_simd *set, int T, int k)
{
    float *p = matrix(T, T, 3), *x = matrix(T, k, 4);
    float *out = malloc((size_t)T * k * sizeof *out), *back = malloc((size_t)T * k * sizeof *out);
    for (int i = 0; i < T; i++)
        for (int j = i + 1; j < T; j++)
            p[i * T + j] = 0.0F;
    set->causal_mix(T, k, p, (size_t)T, x, (size_t)k, out, (size_t)k);
    set->causal_mix_transposed(T, k, p, (size_t)T, x, (size_t)k, back, (size_t)k);
    for (int i = 0; i < T; i++) {
        for (int c = 0; c < k; c++) {
            double want = 0.0, want_back = 0.0;
            for (int j = 0; j < T; j++) {
                want += (double)p[i * T + j] * (double)x[j * k + c];
                want_back += (double)p[j * T + i] * (double)x[j * k + c];
            }
            near((double)out[i * k + c], want, 2e-5, "mix", set->name, T, k);
            near((double)back[i * k + c], want_back, 2e-5, "mix_transposed", set->name, T, k);
        }
    }
    free(p);
    free(x);
    free(out);
    free(back);
}

static void check_softmax(const struct ind_simd *set, int T)
{
    size_t stride = ind_causal_stride((size_t)T);
    float *s = ind_alloc(stride * (size_t)T, sizeof *s), *want = matrix(T, T, 5);
    float *pattern = malloc((size_t)T * T * sizeof *pattern);
    for (int i = 0; i < T; i++)
        for (size_t j = 0; j < stride; j++)
            s[i * stride + j] =
                (int)j <= i ? 8.0F * want[i * T + (int)j] : NAN; /* rubbish above the diagonal */
    set->causal_softmax(T, s, stride, pattern);
    for (int i = 0; i < T; i++) {
        double sum = 0.0;
        for (int j = 0; j <= i; j++)
            sum += exp(8.0 * (double)want[i * T + j]);
        for (int j = 0; j < T; j++) {
            double p = j <= i ? exp(8.0 * (double)want[i * T + j]) / sum : 0.0;
            near((double)pattern[i * T + j], p, j <= i ? 2e-6 : 0.0, "softmax", set->name, T, 0);
        }
    }
    free(s);
    free(want);
    free(pattern);
}

/* Rows of a pattern: positive on and below the diagonal, zero above. */
static float *some_pattern(int T)
{
    float *p = matrix(T, T, 9);
    for (int i = 0; i < T; i++) {
        float sum = 0.0F;
        for (int j = 0; j < T; j++) {
            p[i * T + j] = j <= i ? expf(p[i * T + j]) : 0.0F;
            sum += p[i * T + j];
        }
        for (int j = 0; j < T; j++)
            p[i * T + j] /= sum;
    }
    return p;
}

/* The gradient of the scores by its definition, into want [T, T], zeros above the diagonal. */
static void plain_scores_backward(int T, int k, const float *dz, const float *v, const float *p,
                                  double *want)
{
    for (int i = 0; i < T; i++) {
        double mean = 0.0;
        for (int j = 0; j < T; j++) {
            double dpattern = 0.0;
            for (int d = 0; d < k; d++)
                dpattern += (double)dz[i * k + d] * (double)v[j * k + d];
            want[i * T + j] = dpattern;
            mean += (double)p[i * T + j] * dpattern;
        }
        for (int j = 0; j < T; j++)
            want[i * T + j] = 0.25 * (double)p[i * T + j] * (want[i * T + j] - mean);
    }
}

/* And through to the products that follow: what lies above the diagonal may not reach them. */
static void check_scores_backward(const struct ind_simd *set, int T, int k)
{
    size_t stride = ind_causal_stride((size_t)T);
    float *dz = matrix(T, k, 1), *v = matrix(T, k, 2), *p = some_pattern(T), *z = matrix(T, k, 4);
    float *d = ind_alloc(stride * (size_t)T, sizeof *d), *out = matrix(T, k, 6);
    float *scratch = ind_alloc(stride * (size_t)k, sizeof *d);
    double *want = malloc((size_t)T * T * sizeof *want);
    for (size_t i = 0; i < stride * (size_t)T; i++)
        d[i] = NAN;
    set->causal_mix(T, k, p, (size_t)T, v, (size_t)k, z, (size_t)k);
    set->causal_scores_backward(T, k, dz, z, (size_t)k, v, (size_t)k, p, 0.25F, d, stride, scratch);
    plain_scores_backward(T, k, dz, v, p, want);
    for (int i = 0; i < T; i++)
        for (int j = 0; j <= i; j++)
            near((double)d[(size_t)i * stride + j], want[i * T + j], 1e-5, "scores_backward",
                 set->name, T, k);
    for (int transposed = 0; transposed < 2; transposed++) {
        (transposed ? set->causal_mix_transposed : set->causal_mix)(T, k, d, stride, v, (size_t)k,
                                                                    out, (size_t)k);
        for (int i = 0; i < T; i++) {
            for (int c = 0; c < k; c++) {
                double sum = 0.0;
                for (int j = 0; j < T; j++)
                    sum += (transposed ? want[j * T + i] : want[i * T + j]) * (double)v[j * k + c];
                near((double)out[i * k + c], sum, 2e-5, "what follows scores_backward", set->name,
                     T, k);
            }
        }
    }
    free(dz);
    free(v);
    free(p);
    free(z);
    free(d);
    free(out);
    free(scratch);
    free(want);
}

/* Shares from 1 down to what is no longer a normal number, and a zero. */
static void check_entropy(const struct ind_simd *set, int count)
{
    float *p = malloc((size_t)count * sizeof *p);
    double want = 0.0;
    for (int j = 0; j < count; j++) {
        p[j] = j == 2 ? 0.0F : expf(-1.37F * (float)(j % 68));
        want -= p[j] > 0.0F ? (double)p[j] * log((double)p[j]) : 0.0;
    }
    near(set->entropy(count, p), want, 3e-7, "entropy", set->name, count, 0);
    p[count / 2] = NAN;
    assert_true(isnan(set->entropy(count, p)));
    free(p);
}

/* To the bit, also for a block of rows that does not begin with a quad; what is above the diagonal
   is not looked at. */
static void check_causal_entropy(const struct ind_simd *set, int length, int first)
{
    float *pattern = matrix(length, length, 5);
    double *made = malloc((size_t)length * sizeof *made);
    for (int i = 0; i < length; i++)
        for (int j = 0; j < length; j++)
            pattern[(size_t)i * length + j] = j > i ? NAN : fabsf(pattern[(size_t)i * length + j]);
    set->causal_entropy(first, length - first, pattern, (size_t)length, made);
    for (int i = first; i < length; i++)
        assert_true(made[i - first] == set->entropy(i + 1, pattern + (size_t)i * length));
    free(pattern);
    free(made);
}

static void check_cross_entropy(const struct ind_simd *set, int rows, int classes)
{
    float *logits = matrix(rows, classes, 8), *row = malloc((size_t)classes * sizeof *row);
    float *before = malloc((size_t)rows * classes * sizeof *before);
    int32_t *targets = malloc((size_t)rows * sizeof *targets);
    double *loss = malloc((size_t)rows * sizeof *loss);
    uint8_t *correct = malloc((size_t)rows);
    for (int r = 0; r < rows; r++)
        targets[r] = (r * 7) % classes;
    memcpy(before, logits, (size_t)rows * classes * sizeof *before);
    set->cross_entropy(rows, classes, logits, (size_t)classes, targets, 0.125F, loss, correct);
    for (int r = 0; r < rows; r++) {
        const float *x = before + (size_t)r * classes;
        double sum = 0.0;
        int best = 0;
        for (int j = 0; j < classes; j++) {
            sum += exp((double)x[j]);
            best = x[j] > x[best] ? j : best;
        }
        near(loss[r], log(sum) - (double)x[targets[r]], 1e-6, "loss", set->name, rows, classes);
        assert_int_equal(correct[r], best == targets[r]);
        for (int j = 0; j < classes; j++)
            near((double)logits[(size_t)r * classes + j],
                 0.125 * (exp((double)x[j]) / sum - (j == targets[r])), 1e-6,
                 "cross-entropy gradient", set->name, rows, classes);
    }
    free(logits);
    free(row);
    free(before);
    free(targets);
    free(loss);
    free(correct);
}

static void kernels_agree_with_plain_loops(void **state)
{
    (void)state;
    const struct ind_simd *set[SETS];
    int count = sets(set);
    for (int n = 0; n < count; n++) {
        for (size_t t = 0; t < sizeof lengths / sizeof *lengths; t++) {
            for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
                check_scores(set[n], lengths[t], widths[w]);
                check_mix(set[n], lengths[t], widths[w]);
                check_scores_backward(set[n], lengths[t], widths[w]);
            }
            check_softmax(set[n], lengths[t]);
            check_entropy(set[n], lengths[t]);
            check_causal_entropy(set[n], lengths[t], 0);
            check_causal_entropy(set[n], lengths[t], lengths[t] / 3);
            check_cross_entropy(set[n], 5, lengths[t]);
        }
        check_entropy(set[n], 2500);
        check_causal_entropy(set[n], 1100, 0); /* more than one chunk */
        check_cross_entropy(set[n], 3, 2500);  /* more than one chunk of float sums */
    }
}

static void a_tie_goes_to_the_lowest_index(void **state)
{
    (void)state;
    const struct ind_simd *set[SETS];
    int count = sets(set);
    for (int n = 0; n < count; n++) {
        for (int32_t target = 0; target < 40; target++) {
            float logits[40];
            double loss;
            uint8_t correct;
            for (int j = 0; j < 40; j++)
                logits[j] = j == 21 || j == 37 ? 3.0F : -1.0F;
            set[n]->cross_entropy(1, 40, logits, 40, &target, 1.0F, &loss, &correct);
            assert_int_equal(correct, target == 21);
        }
    }
}

static void a_masked_row_becomes_zeros(void **state)
{
    (void)state;
    const struct ind_simd *set[SETS];
    int count = sets(set);
    for (int n = 0; n < count; n++) {
        float scores[3 * 16], pattern[9];
        for (int i = 0; i < 48; i++)
            scores[i] = i / 16 == 1 ? -INFINITY : 0.0F;
        set[n]->causal_softmax(3, scores, 16, pattern);
        const float want[9] = {1, 0, 0, 0, 0, 0, 1.0F / 3, 1.0F / 3, 1.0F / 3};
        for (int i = 0; i < 9; i++)
            assert_float_equal(pattern[i], want[i], 1e-6);
    }
}

static void must_equal(const float *got, const float *want, size_t count, const char *what,
                       const char *set, int T, int k)
{
    if (memcmp(got, want, count * sizeof *got) != 0)
        fail_msg("%s, %s, length %d, width %d: other bits", what, set, T, k);
}

/* Softmax's own entropies against those of the pattern that it made: of scores that differ little
   or by hundreds, of rows that the mask leaves one element, or none. The pattern has the same
   bits. */
static void check_entropies(const struct ind_simd *set, int T, float size)
{
    const size_t stride = ind_causal_stride((size_t)T), count = stride * (size_t)T;
    float *scores = matrix(T, (int)stride, 7), *copy = ind_alloc(count, sizeof *copy);
    float *pattern = matrix(T, T, 1), *want = matrix(T, T, 2);
    double *found = ind_alloc((size_t)T, sizeof *found);
    for (size_t i = 0; i < count; i++) {
        const int row = (int)(i / stride), column = (int)(i % stride);
        scores[i] *= size;
        if (row % 7 == 3 && column != row / 2)
            scores[i] = -INFINITY;
        if (row % 7 == 5)
            scores[i] = -INFINITY;
    }
    memcpy(copy, scores, count * sizeof *copy);
    set->causal_softmax(T, copy, stride, want);
    set->causal_softmax_entropies(T, scores, stride, pattern, found);
    must_equal(pattern, want, (size_t)T * (size_t)T, "pattern with entropies", set->name, T, 0);
    for (int i = 0; i < T; i++) {
        double entropy = 0.0;
        for (int j = 0; j <= i; j++) {
            const double p = (double)pattern[i * T + j];
            entropy -= p > 0.0 ? p * log(p) : 0.0;
        }
        assert_true(fabs(found[i] - entropy) <= 4e-7 * (1.0 + entropy));
    }
    free(scores);
    free(copy);
    free(pattern);
    free(want);
    free(found);
}

static void softmax_knows_its_entropies(void **state)
{
    (void)state;
    static const int more[] = {2, 63, 79, 130, 1030, 2100};
    const struct ind_simd *set[SETS];
    for (int s = 0, count = sets(set); s < count; s++) {
        for (size_t l = 0; l < sizeof more / sizeof *more; l++) {
            check_entropies(set[s], more[l], 1.0F);
            check_entropies(set[s], more[l], 300.0F);
        }
        float scores[2 * 16] = {[16] = NAN}, pattern[4];
        double entropies[2];
        set[s]->causal_softmax_entropies(2, scores, 16, pattern, entropies);
        assert_true(entropies[0] == 0.0 && isnan(entropies[1]));
    }
}

/* Nothing that is not a number may end as a harmless zero: wherever it stands in a row, alone or
   beside -inf, the row shows it. */
static void what_is_not_finite_stays_visible(void **state)
{
    (void)state;
    const struct ind_simd *all[SETS];
    const float bad[] = {NAN, INFINITY};
    const int32_t target = 0;
    for (int s = 0, count = sets(all); s < count; s++) {
        for (int at = 0; at < 79; at++) {
            for (int kind = 0; kind < 4; kind++) {
                float scores[79 * 80] = {0}, pattern[79 * 79], logits[79] = {0};
                float *row = scores + 78 * 80;
                for (int j = 0; j < 79 && kind >= 2; j++)
                    row[j] = -INFINITY;
                row[at] = bad[kind % 2];
                logits[at] = bad[kind % 2];
                all[s]->causal_softmax(79, scores, 80, pattern);
                assert_true(isnan(pattern[78 * 79 + at]));
                double loss;
                uint8_t correct;
                all[s]->cross_entropy(1, 79, logits, 79, &target, 1.0F, &loss, &correct);
                assert_true(isnan(loss));
            }
        }
    }
}

static float *not_numbers(size_t count)
{
    float *out = ind_alloc(count, sizeof *out);
    for (size_t i = 0; i < count; i++)
        out[i] = NAN;
    return out;
}

/* Attention by blocks of rows against the kernels that make the whole pattern: the same bits. */
static void check_blocks(const struct ind_simd *set, int T, int k)
{
    const size_t stride = ind_causal_stride((size_t)T), w = (size_t)k, n = (size_t)T * w;
    float *q = matrix(T, k, 1), *key = matrix(T, k, 2), *v = matrix(T, k, 3), *dz = matrix(T, k, 4);
    float *scores = ind_alloc(stride * (size_t)T, sizeof *scores);
    float *turned = ind_alloc(stride * w, sizeof *scores), *p = matrix(T, T, 5);
    float *want = not_numbers(4 * n), *got = not_numbers(4 * n);
    float *scratch = not_numbers(ind_causal_attention_scratch(T, k));
    set->causal_scores(T, k, q, w, key, w, 0.5F, scores, stride, turned);
    set->causal_softmax(T, scores, stride, p);
    set->causal_mix(T, k, p, (size_t)T, v, w, want, w);
    set->causal_mix_transposed(T, k, p, (size_t)T, dz, w, want + 3 * n, w);
    set->causal_scores_backward(T, k, dz, want, w, v, w, p, 0.5F, scores, stride, turned);
    set->causal_mix(T, k, scores, stride, key, w, want + n, w);
    set->causal_mix_transposed(T, k, scores, stride, q, w, want + 2 * n, w);
    set->causal_attention(T, k, q, v, w, key, w, 0.5F, got, w, scratch);
    must_equal(got, want, n, "z", set->name, T, k);
    set->causal_attention_backward(T, k, q, v, w, key, w, got, dz, w, 0.5F, got + n, got + 2 * n,
                                   got + 3 * n, scratch);
    must_equal(got + n, want + n, n, "dq", set->name, T, k);
    must_equal(got + 2 * n, want + 2 * n, n, "dk", set->name, T, k);
    must_equal(got + 3 * n, want + 3 * n, n, "dv", set->name, T, k);
    float *const all[] = {q, key, v, dz, scores, turned, p, want, got, scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void blocks_give_the_bits_of_the_whole(void **state)
{
    (void)state;
    static const int more[] = {32, 34, 35, 36, 37, 67, 68, 99, 257, 512};
    const struct ind_simd *set[SETS];
    for (int s = 0, count = sets(set); s < count; s++) {
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
                check_blocks(set[s], lengths[l], widths[w]);
            for (size_t l = 0; l < sizeof more / sizeof *more; l++)
                check_blocks(set[s], more[l], widths[w]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_agree_with_plain_loops),
        cmocka_unit_test(a_tie_goes_to_the_lowest_index),
        cmocka_unit_test(a_masked_row_becomes_zeros),
        cmocka_unit_test(softmax_knows_its_entropies),
        cmocka_unit_test(what_is_not_finite_stays_visible),
        cmocka_unit_test(blocks_give_the_bits_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
