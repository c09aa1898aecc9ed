/*
 * Every vector kernel of every instruction set that this processor has, at the sizes of the
 * two-layer preset, and what share it reaches of the limit: multiply-adds of the same element type
 * on the widest vectors and nothing else, measured in the same rounds on the same thread.
 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/lanes.h>
#include <induct/tool/progress.h>

#include "bench/measure.h"
#include "math/simd/simd.h"

/* Positions, d_head, d_model, vocabulary; rows of a pass of four sequences; parts of a sum. */
enum {
    T = 79,
    STRIDE = 80,
    K = 16,
    D = 64,
    V = 64,
    ROWS = 4 * T,
    SUM = 16384,
    PARTS = 4,
    LONG = 316
};

/* Room for the largest argument, a row's end included. */
enum { ROOM = PARTS * SUM };

/* Arguments: a, b, pattern and tall are never written, tall has zeros above the diagonal. */
struct work {
    float *a, *b, *pattern, *out, *scratch;
    double *left, *right, *made, *tau;
    int32_t targets[ROWS];
    double loss[ROWS];
    uint8_t correct[ROWS];
};

/* ---- Calls ----------------------------------------------------------------------------------- */

static void scores(const struct ind_simd *set, struct work *w)
{
    set->causal_scores(T, K, w->a, K, w->b, K, 0.25F, w->out, STRIDE, w->scratch);
}

static void scores_backward(const struct ind_simd *set, struct work *w)
{
    set->causal_scores_backward(T, K, w->a, w->b, K, w->b, K, w->pattern, 0.25F, w->out, STRIDE,
                                w->scratch);
}

/* Its scores are overwritten by their exponentials, again and again: numbers all the same. */
static void softmax(const struct ind_simd *set, struct work *w)
{
    set->causal_softmax(T, w->scratch, STRIDE, w->out);
}

static void softmax_entropies(const struct ind_simd *set, struct work *w)
{
    double entropies[T];
    set->causal_softmax_entropies(T, w->scratch, STRIDE, w->out, entropies);
}

static void mix(const struct ind_simd *set, struct work *w)
{
    set->causal_mix(T, K, w->pattern, T, w->a, K, w->out, K);
}

static void mix_transposed(const struct ind_simd *set, struct work *w)
{
    set->causal_mix_transposed(T, K, w->pattern, T, w->a, K, w->out, K);
}

/* Four times the study's context: patterns that are not kept. */
static void attention(const struct ind_simd *set, struct work *w)
{
    set->causal_attention(LONG, K, w->a, w->b, K, w->a, K, 0.25F, w->out, K, w->scratch);
}

static void attention_backward(const struct ind_simd *set, struct work *w)
{
    float *out = w->out;
    set->causal_attention_backward(LONG, K, w->a, w->b, K, w->a, K, w->b, w->a, K, 0.25F, out,
                                   out + LONG * K, out + 2 * LONG * K, w->scratch);
}

static void entropy(const struct ind_simd *set, struct work *w)
{
    set->causal_entropy(0, T, w->pattern, T, w->loss);
}

/* Gradients become logits again: numbers between -1 and 1. */
static void cross_entropy(const struct ind_simd *set, struct work *w)
{
    set->cross_entropy(ROWS, V, w->out, V, w->targets, 1.0F, w->loss, w->correct);
}

static void product(const struct ind_simd *set, struct work *w)
{
    set->product(false, false, ROWS, D, D, w->a, D, w->b, D, NULL, w->out, D);
}

static void product_left(const struct ind_simd *set, struct work *w)
{
    set->product(true, false, D, D, ROWS, w->a, D, w->b, D, NULL, w->out, D);
}

static void product_right(const struct ind_simd *set, struct work *w)
{
    set->product(false, true, ROWS, D, D, w->a, D, w->b, D, NULL, w->out, D);
}

static void product_double(const struct ind_simd *set, struct work *w)
{
    set->product_double(false, false, ROWS, D, D, w->left, D, w->right, D, NULL, w->made, D);
}

static void add(const struct ind_simd *set, struct work *w)
{
    set->add(SUM, w->a, w->out);
}

static void sum_parts(const struct ind_simd *set, struct work *w)
{
    const float *const part[PARTS] = {w->a, w->a + SUM, w->b, w->b + SUM};
    w->loss[0] = set->sum_parts(SUM, PARTS, part, w->out);
}

static void inner(const struct ind_simd *set, struct work *w)
{
    w->loss[0] = set->inner(SUM, w->a, w->b);
}

static void all_finite(const struct ind_simd *set, struct work *w)
{
    w->correct[0] = set->all_finite(SUM, w->a);
}

static void widen(const struct ind_simd *set, struct work *w)
{
    set->widen(D, IND_LANES * K, w->a, IND_LANES * K, w->made, IND_LANES * K);
}

static void inner_rows(const struct ind_simd *set, struct work *w)
{
    w->loss[0] = set->inner_rows(K, K, w->left, IND_LANES * K, w->right, IND_LANES * K);
}

static void put_all(const struct ind_simd *set, struct work *w)
{
    set->lanes_put_all(D, K, w->left, w->made);
}

/* What a kernel destroys is copied first, which is a few percent of its time. */
static void copy(const double *from, size_t count, double *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

static void qr(const struct ind_simd *set, struct work *w)
{
    copy(w->left, (size_t)D * K * IND_LANES, w->made);
    set->lanes_qr(D, K, w->made, w->tau);
}

static void apply_q(const struct ind_simd *set, struct work *w)
{
    set->lanes_apply_q(D, K, w->left, w->tau, K, w->made);
}

static void cross(const struct ind_simd *set, struct work *w)
{
    set->lanes_cross(D, K, K, w->left, w->right, w->made);
}

static void triangles(const struct ind_simd *set, struct work *w)
{
    set->lanes_triangles(D, K, w->left, w->right, w->made);
}

static void orthogonalise(const struct ind_simd *set, struct work *w)
{
    copy(w->left, (size_t)K * K * IND_LANES, w->made);
    (void)set->lanes_orthogonalise(K, K, w->made, w->tau);
}

static void orthonormalise(const struct ind_simd *set, struct work *w)
{
    copy(w->left, (size_t)D * K * IND_LANES, w->made);
    set->lanes_orthonormalise(D, K, w->made);
}

/* The identity, and 1/8 beside its diagonal. */
static void inverse(const struct ind_simd *set, struct work *w)
{
    for (int i = 0; i < K * K * IND_LANES; i++) {
        const int entry = i / IND_LANES, apart = abs(entry / K - entry % K);
        w->made[i] = apart == 0 ? 1.0 : apart == 1 ? 0.125 : 0.0;
    }
    set->lanes_inverse(K, w->made, w->tau);
}

/* ---- What a call computes -------------------------------------------------------------------- */

/*
 * Additions, multiplications and comparisons of one call: of a product its definition's, the causal
 * half alone where it is causal; where there is an exponential or a logarithm, those of its
 * polynomial and of the reduction of its argument (functions.h) too. 0: they depend on the data.
 */
#define HALF      (T * (T + 1) / 2.0)
#define LONG_HALF (LONG * (LONG + 1) / 2.0)
enum { EXP = 22, LOG = 28 };

static const struct kernel {
    const char *name, *shape;
    void (*run)(const struct ind_simd *set, struct work *work);
    double operations;
    bool in_double;
} KERNELS[] = {
    {"causal_scores", "79 x 79 x 16", scores, HALF * 2 * K, false},
    {"causal_scores_backward", "79 x 79 x 16", scores_backward, HALF *(2 * K + 3), false},
    {"causal_softmax", "79 x 79", softmax, HALF *(EXP + 4), false},
    {"causal_softmax_entropies", "79 x 79", softmax_entropies, HALF *(EXP + 7), false},
    {"causal_mix", "79 x 79 x 16", mix, HALF * 2 * K, false},
    {"causal_mix_transposed", "79 x 79 x 16", mix_transposed, HALF * 2 * K, false},
    {"causal_attention", "316 x 316 x 16", attention, LONG_HALF *(4 * K + EXP + 4), false},
    {"causal_attention_backward", "316 x 316 x 16", attention_backward,
     LONG_HALF *(10 * K + EXP + 7), false},
    {"causal_entropy", "79 x 79", entropy, HALF *(LOG + 2), false},
    {"cross_entropy", "316 x 64", cross_entropy, ROWS *V *(EXP + 4.0), false},
    {"product", "316 x 64 x 64", product, 2.0 * ROWS *D *D, false},
    {"product, left transposed", "64 x 64 x 316", product_left, 2.0 * ROWS *D *D, false},
    {"product, right transposed", "316 x 64 x 64", product_right, 2.0 * ROWS *D *D, false},
    {"add", "16384", add, SUM, false},
    {"sum_parts", "16384 x 4", sum_parts, SUM *(PARTS + 2.0), true},
    {"inner", "16384", inner, SUM * 2.0, true},
    {"product_double", "316 x 64 x 64", product_double, 2.0 * ROWS *D *D, true},
    {"all_finite", "16384", all_finite, SUM * 2.0, false},
    {"widen", "64 x 128", widen, 0, true},
    {"inner_rows", "16 x 16", inner_rows, 2.0 * K *K, true},
    {"lanes_put_all", "64 x 16 x 8", put_all, 0, true},
    {"lanes_qr", "64 x 16 x 8", qr, IND_LANES *(2.0 * D * K * K - 2.0 * K * K * K / 3), true},
    {"lanes_apply_q", "64 x 16 x 8", apply_q, IND_LANES *(4.0 * D - 2.0 * K) * K *K, true},
    {"lanes_cross", "64 x 16 x 8", cross, IND_LANES * 2.0 * D *K *K, true},
    {"lanes_triangles", "16 x 16 x 8", triangles, IND_LANES * 2.0 * K *K *K / 3, true},
    {"lanes_orthogonalise", "16 x 16 x 8", orthogonalise, 0, true},
    {"lanes_orthonormalise", "64 x 16 x 8", orthonormalise, IND_LANES * 2.0 * D *K *K, true},
    {"lanes_inverse", "16 x 16 x 8", inverse, IND_LANES * 1.0 * K *K *K, true},
};
enum { KERNEL_COUNT = sizeof KERNELS / sizeof *KERNELS };

/* ---- Rounds ---------------------------------------------------------------------------------- */

enum { FLOAT, DOUBLE, TYPES };

struct kernels {
    struct work work;
    struct samples limit[TYPES];                         /* seconds an operation */
    struct samples seconds[IND_SIMD_SETS][KERNEL_COUNT]; /* a call */
};

static int init(struct work *w, struct ind_error *err)
{
    float **const floats[] = {&w->a, &w->b, &w->pattern, &w->out, &w->scratch};
    double **const doubles[] = {&w->left, &w->right, &w->made, &w->tau};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        if (ind_alloc_into(floats[i], ROOM, sizeof(float), err))
            return IND_FAILED;
        for (int j = 0; j < ROOM; j++)
            (*floats[i])[j] = (float)(j * 37 % 101) / 101;
    }
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        if (ind_alloc_into(doubles[i], ROOM, sizeof(double), err))
            return IND_FAILED;
        for (int j = 0; j < ROOM; j++)
            (*doubles[i])[j] = (double)(j * 37 % 101) / 101;
    }
    for (int i = 0; i < T; i++)
        for (int j = i + 1; j < T; j++)
            w->pattern[i * T + j] = 0.0F;
    for (int r = 0; r < ROWS; r++)
        w->targets[r] = r % V;
    return IND_OK;
}

static const struct ind_simd *widest(void)
{
    int i = IND_SIMD_SETS - 1;
    while (!ind_simd_has(i))
        i--;
    return ind_simd_set(i);
}

/* Seconds a call, the fastest of turns of some 50 microseconds: what interrupts one of them does
 * not count. */
static double fastest(const struct kernel *kernel, const struct ind_simd *set, struct work *work,
                      double seconds)
{
    double best = 1e9;
    int calls = 1;
    for (const double begin = ind_seconds(); ind_seconds() - begin < seconds;) {
        const double before = ind_seconds();
        for (int c = 0; c < calls; c++)
            kernel->run(set, work);
        const double took = ind_seconds() - before;
        best = took / calls < best ? took / calls : best;
        calls = took < 50e-6 ? 2 * calls : calls;
    }
    return best;
}

static double fastest_limit(double (*run)(long), double seconds)
{
    double best = 1e9;
    for (const double begin = ind_seconds(); ind_seconds() - begin < seconds;) {
        const double before = ind_seconds(), operations = run(10000), took = ind_seconds() - before;
        best = took / operations < best ? took / operations : best;
    }
    return best;
}

static int run_round(struct kernels *kernels, double seconds, struct ind_error *err)
{
    const struct ind_simd *best = widest();
    if (samples_add(&kernels->limit[FLOAT], fastest_limit(best->multiply_adds_float, seconds),
                    err) ||
        samples_add(&kernels->limit[DOUBLE], fastest_limit(best->multiply_adds_double, seconds),
                    err))
        return IND_FAILED;
    for (int s = 0; s < IND_SIMD_SETS; s++)
        for (int k = 0; k < KERNEL_COUNT && ind_simd_has(s); k++)
            if (samples_add(&kernels->seconds[s][k],
                            fastest(&KERNELS[k], ind_simd_set(s), &kernels->work, seconds), err))
                return IND_FAILED;
    return IND_OK;
}

static void print_kernel(const struct kernels *kernels, int s, int k)
{
    const struct kernel *kernel = &KERNELS[k];
    const struct samples *seconds = &kernels->seconds[s][k];
    printf("  %-9s %-26s %-14s %9.2f", ind_simd_set(s)->name, kernel->name, kernel->shape,
           1e6 * samples_median(seconds));
    if (kernel->operations > 0)
        printf(" %8.1f  %6.1f %%\n", 1e-9 * kernel->operations / samples_median(seconds),
               100 * kernel->operations *
                   samples_ratio(&kernels->limit[kernel->in_double ? DOUBLE : FLOAT], seconds));
    else
        printf(" %8s  %6s\n", "-", "-");
}

static void print(const struct kernels *kernels)
{
    printf("Kernels, one thread. The limit: %.1f GFLOP/s in float, %.1f in double, multiply-adds\n"
           "on %s vectors.\n\n  %-9s %-26s %-14s %9s %8s  %6s\n",
           1e-9 / samples_median(&kernels->limit[FLOAT]),
           1e-9 / samples_median(&kernels->limit[DOUBLE]), widest()->name, "set", "kernel", "sizes",
           "us a call", "GFLOP/s", "of the limit");
    for (int s = IND_SIMD_SETS - 1; s >= 0; s--) {
        for (int k = 0; k < KERNEL_COUNT && ind_simd_has(s); k++)
            print_kernel(kernels, s, k);
        if (!ind_simd_has(s))
            printf("  %-9s not measured: this processor lacks it\n", ind_simd_set(s)->name);
    }
}

static void release(struct kernels *kernels)
{
    struct work *w = &kernels->work;
    float *const floats[] = {w->a, w->b, w->pattern, w->out, w->scratch};
    double *const doubles[] = {w->left, w->right, w->made, w->tau};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        free(floats[i]);
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
        free(doubles[i]);
    for (int t = 0; t < TYPES; t++)
        samples_release(&kernels->limit[t]);
    for (int s = 0; s < IND_SIMD_SETS; s++)
        for (int k = 0; k < KERNEL_COUNT; k++)
            samples_release(&kernels->seconds[s][k]);
}

int bench_kernels(int rounds, double seconds, struct ind_error *err)
{
    static struct kernels kernels;
    int status = init(&kernels.work, err);
    for (int r = 0; r < rounds && status == IND_OK; r++)
        status = run_round(&kernels, seconds, err);
    if (status == IND_OK)
        print(&kernels);
    release(&kernels);
    return status;
}
