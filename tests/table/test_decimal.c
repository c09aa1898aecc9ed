/* Numbers in decimal against printf, byte for byte. */
#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "table/decimal.h"

static void same_as_printf(double value, int digits)
{
    char ours[IND_DECIMAL_ROOM + 1] = {0}, wanted[64];
    const int length = ind_decimal_real(value, digits, ours);
    const int expected = snprintf(wanted, sizeof wanted, "%.*g", digits, value);
    if (length != expected || memcmp(ours, wanted, (size_t)length) != 0)
        fail_msg("%.17g to %d digits: '%.*s', printf writes '%s'", value, digits, length, ours,
                 wanted);
}

static void same_to_all_digits(double value)
{
    for (int digits = 1; digits <= 17; digits++) {
        same_as_printf(value, digits);
        same_as_printf(-value, digits);
    }
}

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

static void doubles_of_every_size(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = next(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            same_as_printf(value, 1 + i % 17);
    }
}

/* Around what tables hold: shares, degrees, scores. */
static void ordinary_numbers(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 300000; i++) {
        const double unit = (double)(next(&seed) >> 11) * 0x1p-53;
        same_as_printf(unit * pow(10.0, i % 13 - 6), 6);
        same_as_printf((double)(next(&seed) % 20001) / 20000.0, 6);
        same_as_printf((double)(float)unit, 1 + i % 9);
    }
}

/* Half way between two numbers of so many digits, and next to it: printf rounds what the double
   is. */
static void ties(void **state)
{
    (void)state;
    const double halves[] = {0.5,
                             1.5,
                             2.5,
                             0.125,
                             0.375,
                             1000000.5,
                             1000001.5,
                             123456.5,
                             1234565,
                             12345.75,
                             0.000244140625,
                             9999995,
                             999999.5,
                             99999.95,
                             9.5,
                             99.5,
                             0.95,
                             0.15,
                             4503599627370497.5};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        same_to_all_digits(halves[i]);
        same_to_all_digits(nextafter(halves[i], INFINITY));
        same_to_all_digits(nextafter(halves[i], 0.0));
    }
    for (int i = 0; i < 100000; i++)
        same_as_printf((100000.0 + i * 9 + 0.5) * 0x1p-10, 6);
}

static void powers_and_their_neighbours(void **state)
{
    (void)state;
    for (int e = -323; e <= 308; e++) {
        char text[16];
        double power;
        snprintf(text, sizeof text, "1e%d", e);
        assert_int_equal(sscanf(text, "%lf", &power), 1);
        same_to_all_digits(power);
        same_to_all_digits(nextafter(power, INFINITY));
        same_to_all_digits(nextafter(power, 0.0));
        same_to_all_digits(power / 3.0 * 2.99999849997);
    }
    for (int e = -1074; e < 1024; e++)
        same_to_all_digits(ldexp(1.0, e));
    same_to_all_digits(0.0);
}

static void whole_numbers(void **state)
{
    (void)state;
    const long long numbers[] = {0, 1, -1, 9, 10, 99, 100, -12345, 60000, LLONG_MAX, LLONG_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char ours[IND_DECIMAL_ROOM + 1] = {0}, wanted[64];
        const int length = ind_decimal_int(numbers[i], ours);
        assert_int_equal(length, snprintf(wanted, sizeof wanted, "%lld", numbers[i]));
        assert_string_equal(ours, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_of_every_size),
        cmocka_unit_test(ordinary_numbers),
        cmocka_unit_test(ties),
        cmocka_unit_test(powers_and_their_neighbours),
        cmocka_unit_test(whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
