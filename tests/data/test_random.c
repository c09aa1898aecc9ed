/*
 * Philox against the known answers that Random123 publishes (its kat_vectors), and the statistics
 * of what is made from it. Seeds are fixed, so a bound that holds once always holds.
 */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <induct/data/random.h>

struct known {
    uint32_t counter[4], key[2], words[4];
};

static void known_answers(void **state)
{
    (void)state;
    static const struct known table[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t t = 0; t < sizeof table / sizeof table[0]; t++) {
        const struct known *k = &table[t];
        struct ind_random r = ind_random_at((uint64_t)k->key[1] << 32 | k->key[0], IND_STREAM_INIT,
                                            k->counter[1], k->counter[2]);
        r.stream = k->counter[0];
        r.index = (uint64_t)k->counter[3] * 4;
        for (int i = 0; i < 4; i++)
            assert_int_equal(ind_random_u32(&r), k->words[i]);
    }
}

/* z of a chi-square statistic: normal to good accuracy for the hundreds of cells used here. */
static double chi_square_z(const long *counts, int cells, long total)
{
    const double mean = (double)total / cells;
    double sum = 0.0;
    for (int i = 0; i < cells; i++)
        sum += pow((double)counts[i] - mean, 2) / mean;
    return (sum - (cells - 1)) / sqrt(2.0 * (cells - 1));
}

static void below_is_uniform(void **state)
{
    (void)state;
    enum { CELLS = 255, DRAWS = 1000000 };
    long counts[CELLS] = {0};
    struct ind_random r = ind_random_at(1, IND_STREAM_TOKENS, 0, 0);
    for (int i = 0; i < DRAWS; i++)
        counts[ind_random_below(&r, CELLS)]++;
    assert_true(fabs(chi_square_z(counts, CELLS, DRAWS)) < 3.0);
}

/* With a bound of 3 * 2^30, multiplying without rejection would give every third value twice as
 * often as the others: thirds of 1/2, 1/4, 1/4. */
static void below_has_no_bias_at_large_bounds(void **state)
{
    (void)state;
    enum { DRAWS = 300000 };
    long counts[3] = {0};
    struct ind_random r = ind_random_at(7, IND_STREAM_CONTROL, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        const uint32_t value = ind_random_below(&r, 3u << 30);
        assert_true(value < 3u << 30);
        counts[value % 3]++;
    }
    for (int c = 0; c < 3; c++)
        assert_true((double)labs(counts[c] - DRAWS / 3) < 4 * sqrt(DRAWS * 2.0 / 9.0));
}

static void below_one_and_two(void **state)
{
    (void)state;
    struct ind_random r = ind_random_at(3, IND_STREAM_CONTROL, 1, 2);
    long ones = 0;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(ind_random_below(&r, 1), 0);
        ones += ind_random_below(&r, 2);
    }
    assert_true(labs(ones - 5000) < 200);
}

static void uniform_moments(void **state)
{
    (void)state;
    enum { DRAWS = 1000000 };
    struct ind_random r = ind_random_at(5, IND_STREAM_CONTROL, 0, 0);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        const double u = ind_random_uniform(&r);
        assert_true(u > 0.0 && u < 1.0);
        sum += u;
        squares += u * u;
    }
    const double mean = sum / DRAWS;
    assert_true(fabs(mean - 0.5) < 4.0 * sqrt(1.0 / 12.0 / DRAWS));
    assert_true(fabs(squares / DRAWS - mean * mean - 1.0 / 12.0) < 4.0 * sqrt(1.0 / 180.0 / DRAWS));
}

static void normal_moments_and_tail(void **state)
{
    (void)state;
    enum { DRAWS = 1000000 };
    struct ind_random r = ind_random_at(11, IND_STREAM_INIT, 0, 0);
    double power[5] = {0};
    long beyond = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double x = ind_random_normal(&r);
        double term = 1.0;
        for (int p = 1; p <= 4; p++)
            power[p] += term *= x;
        beyond += fabs(x) > 1.959963984540054;
    }
    assert_true(fabs(power[1] / DRAWS) < 4.0 * sqrt(1.0 / DRAWS));
    assert_true(fabs(power[2] / DRAWS - 1.0) < 4.0 * sqrt(2.0 / DRAWS));
    assert_true(fabs(power[3] / DRAWS) < 4.0 * sqrt(15.0 / DRAWS));
    assert_true(fabs(power[4] / DRAWS - 3.0) < 4.0 * sqrt(96.0 / DRAWS));
    assert_true(fabs((double)beyond / DRAWS - 0.05) < 4.0 * sqrt(0.05 * 0.95 / DRAWS));
}

/* Normals of a word each: the same moments, neighbours without correlation, none beyond what 32 bits
 * reach; and any part of a sequence is what it is in the whole. */
static void cheap_normals_are_normal_and_addressed(void **state)
{
    (void)state;
    enum { DRAWS = 1000000 };
    static float x[DRAWS], part[1000];
    struct ind_random r = ind_random_at(11, IND_STREAM_NOISE, 2, 3);
    double power[5] = {0}, products[2] = {0};
    ind_random_normals(&r, DRAWS, x);
    for (int i = 0; i < DRAWS; i++) {
        double term = 1.0;
        for (int p = 1; p <= 4; p++)
            power[p] += term *= (double)x[i];
        for (int lag = 1; lag <= 2; lag++)
            products[lag - 1] += i >= lag ? (double)x[i] * (double)x[i - lag] : 0.0;
        assert_true(fabs((double)x[i]) < 6.8);
    }
    assert_true(fabs(power[1] / DRAWS) < 4.0 * sqrt(1.0 / DRAWS));
    assert_true(fabs(power[2] / DRAWS - 1.0) < 4.0 * sqrt(2.0 / DRAWS));
    assert_true(fabs(power[3] / DRAWS) < 4.0 * sqrt(15.0 / DRAWS));
    assert_true(fabs(power[4] / DRAWS - 3.0) < 4.0 * sqrt(96.0 / DRAWS));
    for (int lag = 0; lag < 2; lag++)
        assert_true(fabs(products[lag] / DRAWS) < 4.0 * sqrt(1.0 / DRAWS));
    for (size_t first = 0; first < 9; first++) {
        r.index = first;
        ind_random_normals(&r, 1000 - first, part);
        assert_memory_equal(part, x + first, (1000 - first) * sizeof *x);
        ind_random_normals(&r, 10, part);
        assert_memory_equal(part, x + 1000, 10 * sizeof *x);
    }
}

/* Streams that differ in one word of the address share nothing: correlations at chance, and equal
 * words no more often than 2^-32. */
static void streams_are_independent(void **state)
{
    (void)state;
    enum { DRAWS = 100000, OTHERS = 5 };
    for (int o = 0; o < OTHERS; o++) {
        struct ind_random a = ind_random_at(42, IND_STREAM_TOKENS, 9, 9);
        const struct ind_random others[OTHERS] = {
            ind_random_at(43, IND_STREAM_TOKENS, 9, 9),
            ind_random_at(42 + (1ull << 32), IND_STREAM_TOKENS, 9, 9),
            ind_random_at(42, IND_STREAM_EVAL, 9, 9),
            ind_random_at(42, IND_STREAM_TOKENS, 10, 9),
            ind_random_at(42, IND_STREAM_TOKENS, 9, 10),
        };
        struct ind_random b = others[o];
        double product = 0.0;
        long equal = 0;
        for (int i = 0; i < DRAWS; i++) {
            const uint32_t x = ind_random_u32(&a), y = ind_random_u32(&b);
            product += (x / 4294967296.0 - 0.5) * (y / 4294967296.0 - 0.5) * 12.0;
            equal += x == y;
        }
        assert_true(fabs(product / sqrt(DRAWS)) < 4.0);
        assert_true(equal <= 1);
    }
}

static void a_copy_goes_its_own_way(void **state)
{
    (void)state;
    struct ind_random a = ind_random_at(2, IND_STREAM_EVAL, 20, 3);
    for (int i = 0; i < 6; i++)
        ind_random_u32(&a);
    struct ind_random b = a;
    uint32_t first[10];
    for (int i = 0; i < 10; i++)
        first[i] = ind_random_u32(&a);
    for (int i = 0; i < 10; i++)
        assert_int_equal(ind_random_u32(&b), first[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(below_has_no_bias_at_large_bounds),
        cmocka_unit_test(below_one_and_two),
        cmocka_unit_test(uniform_moments),
        cmocka_unit_test(normal_moments_and_tail),
        cmocka_unit_test(cheap_normals_are_normal_and_addressed),
        cmocka_unit_test(streams_are_independent),
        cmocka_unit_test(a_copy_goes_its_own_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
