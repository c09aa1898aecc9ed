/* The task: sequences repeat exactly, tokens and periods are uniform, every part is addressable. */
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <induct/data/task.h>

enum { VOCAB = 256, CONTEXT = 80, BATCH = 32 };

static const struct ind_task varied = {.vocab = VOCAB,
                                       .context = CONTEXT,
                                       .period_lo = 20,
                                       .period_hi = 29};
static const struct ind_task fixed = {.vocab = VOCAB,
                                      .context = CONTEXT,
                                      .period_lo = 20,
                                      .period_hi = 20};

static void sequences_repeat_exactly(void **state)
{
    (void)state;
    int32_t tokens[BATCH * CONTEXT];
    for (uint32_t epoch = 1; epoch <= 200; epoch++) {
        const int period = ind_task_batch(&varied, 67, epoch, 0, BATCH, tokens);
        assert_int_equal(period, ind_task_period(&varied, 67, epoch));
        for (int b = 0; b < BATCH; b++) {
            for (int i = 0; i < CONTEXT; i++) {
                const int32_t token = tokens[b * CONTEXT + i];
                assert_in_range(token, 1, VOCAB - 1);
                assert_int_equal(token, tokens[b * CONTEXT + i % period]);
            }
        }
    }
    assert_int_equal(ind_task_batch(&fixed, 67, 5, 0, BATCH, tokens), 20);
}

static double chi_square(const long *counts, int cells, long total)
{
    const double mean = (double)total / cells;
    double sum = 0.0;
    for (int i = 0; i < cells; i++)
        sum += pow((double)counts[i] - mean, 2) / mean;
    return sum;
}

static void periods_are_uniform(void **state)
{
    (void)state;
    long counts[10] = {0};
    for (uint32_t epoch = 0; epoch < 20000; epoch++) {
        const int period = ind_task_period(&varied, 67, epoch);
        assert_in_range(period, 20, 29);
        counts[period - 20]++;
    }
    /* The 0.1 % point of chi-square with 9 degrees of freedom. */
    assert_true(chi_square(counts, 10, 20000) < 27.88);
}

static void tokens_are_uniform(void **state)
{
    (void)state;
    enum { EPOCHS = 1000 };
    long counts[VOCAB - 1] = {0}, total = 0;
    int32_t tokens[BATCH * CONTEXT];
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const int period = ind_task_batch(&varied, 1, epoch, 0, BATCH, tokens);
        for (int b = 0; b < BATCH; b++) {
            for (int i = 0; i < period; i++)
                counts[tokens[b * CONTEXT + i] - 1]++;
        }
        total += (long)period * BATCH;
    }
    /* The 0.1 % point with 254 degrees of freedom. */
    assert_true(chi_square(counts, VOCAB - 1, total) < 330.5);
}

static void any_part_of_a_batch_is_the_same_alone(void **state)
{
    (void)state;
    int32_t whole[BATCH * CONTEXT], part[BATCH * CONTEXT];
    ind_task_batch(&varied, 3, 77, 0, BATCH, whole);
    for (int first = 0; first < BATCH; first += 5) {
        const int count = BATCH - first < 5 ? BATCH - first : 5;
        ind_task_batch(&varied, 3, 77, first, count, part);
        assert_memory_equal(part, whole + first * CONTEXT, sizeof *part * count * CONTEXT);
    }
}

static void batches_differ_by_seed_epoch_and_sequence(void **state)
{
    (void)state;
    int32_t a[2 * CONTEXT], b[2 * CONTEXT];
    ind_task_batch(&fixed, 3, 77, 0, 2, a);
    assert_memory_not_equal(a, a + CONTEXT, sizeof *a * CONTEXT);
    ind_task_batch(&fixed, 3, 78, 0, 2, b);
    assert_memory_not_equal(a, b, sizeof a);
    ind_task_batch(&fixed, 4, 77, 0, 2, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void evaluation_data_are_addressed(void **state)
{
    (void)state;
    int32_t whole[40 * CONTEXT], part[8 * CONTEXT];
    for (int period = 1; period <= 100; period += 9) {
        ind_task_eval(VOCAB, CONTEXT, 9, period, 0, 40, whole);
        ind_task_eval(VOCAB, CONTEXT, 9, period, 17, 8, part);
        assert_memory_equal(part, whole + 17 * CONTEXT, sizeof part);
        for (int i = 0; i < 40 * CONTEXT; i++) {
            const int position = i % CONTEXT;
            assert_in_range(whole[i], 1, VOCAB - 1);
            if (position >= period)
                assert_int_equal(whole[i], whole[i - period]);
        }
    }
    int32_t other[40 * CONTEXT];
    ind_task_eval(VOCAB, CONTEXT, 9, 100, 0, 40, whole);
    ind_task_eval(VOCAB, CONTEXT, 9, 99, 0, 40, other);
    assert_memory_not_equal(whole, other, sizeof whole);
    ind_task_eval(VOCAB, CONTEXT, 10, 100, 0, 40, other);
    assert_memory_not_equal(whole, other, sizeof whole);
}

/* The share of positions of a period whose token occurs again within it: 1 - (1 - 1/255)^(p-1). */
static void duplicates_follow_the_birthday_formula(void **state)
{
    (void)state;
    enum { SEQUENCES = 4000 };
    static int32_t tokens[SEQUENCES * CONTEXT];
    for (int period = 5; period <= 40; period += 5) {
        ind_task_eval(VOCAB, CONTEXT, 1, period, 0, SEQUENCES, tokens);
        long repeated = 0;
        for (int s = 0; s < SEQUENCES; s++) {
            const int32_t *row = tokens + s * CONTEXT;
            for (int i = 0; i < period; i++) {
                bool again = false;
                for (int j = 0; j < period; j++)
                    again |= j != i && row[i] == row[j];
                repeated += again;
            }
        }
        const double rate = (double)repeated / ((double)SEQUENCES * period);
        const double truth = 1.0 - pow(1.0 - 1.0 / (VOCAB - 1), period - 1);
        /* Duplicates come in pairs: twice the binomial variance. */
        const double deviation = sqrt(2.0 * truth * (1.0 - truth) / (SEQUENCES * (double)period));
        assert_true(fabs(rate - truth) < 4.0 * deviation);
    }
}

static void the_smallest_vocabulary_has_one_token(void **state)
{
    (void)state;
    int32_t tokens[10];
    ind_task_eval(2, 10, 0, 3, 0, 1, tokens);
    for (int i = 0; i < 10; i++)
        assert_int_equal(tokens[i], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_repeat_exactly),
        cmocka_unit_test(periods_are_uniform),
        cmocka_unit_test(tokens_are_uniform),
        cmocka_unit_test(any_part_of_a_batch_is_the_same_alone),
        cmocka_unit_test(batches_differ_by_seed_epoch_and_sequence),
        cmocka_unit_test(evaluation_data_are_addressed),
        cmocka_unit_test(duplicates_follow_the_birthday_formula),
        cmocka_unit_test(the_smallest_vocabulary_has_one_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
