/* Candidates and margins by hand. */
#include <cmocka.h>

#include <math.h>

#include <induct/eval/margin.h>

/* Period 4; trained on 2 and 3. */
static const int32_t tokens[] = {5, 6, 7, 5, 5, 6, 7, 5, 5, 6};

static void candidates_are_what_trained_offsets_say(void **state)
{
    (void)state;
    int32_t out[2];
    /* i = 5: n = 2 -> x_4 = 5, n = 3 -> x_3 = 5, the same once; right is x_6 = 7 */
    assert_int_equal(ind_margin_candidates(tokens, 5, (struct ind_trained){2, 3}, out), 1);
    assert_int_equal(out[0], 5);
    /* i = 6: x_5 = 6 and x_4 = 5; right is x_7 = 5 and does not count */
    assert_int_equal(ind_margin_candidates(tokens, 6, (struct ind_trained){2, 3}, out), 1);
    assert_int_equal(out[0], 6);
    /* i = 1: n = 2 -> x_0 = 5, n = 3 lies before the sequence */
    assert_int_equal(ind_margin_candidates(tokens, 1, (struct ind_trained){2, 3}, out), 1);
    /* the true period says the right answer alone */
    assert_int_equal(ind_margin_candidates(tokens, 6, (struct ind_trained){4, 4}, out), 0);
}

static void margins_are_differences_of_logits(void **state)
{
    (void)state;
    const float logits[] = {99.0F, 1.0F, 4.0F, -2.0F, 4.0F};
    const int32_t candidates[] = {1, 3};
    assert_true(ind_margin(logits, 2, candidates, 2) == 3.0);
    assert_true(ind_margin(logits, 3, candidates, 1) == -3.0);
    assert_true(isnan(ind_margin(logits, 2, candidates, 0)));
    assert_int_equal(ind_margin_prediction(logits, 5), 2); /* token 0 never, the lowest of two */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_are_what_trained_offsets_say),
        cmocka_unit_test(margins_are_differences_of_logits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
