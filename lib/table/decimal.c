/*
 * A value of few digits is value * 10^k rounded to a whole number. The double product is off by two
 * roundings at most, so unless it lies close to the middle between two whole numbers it rounds to
 * the right one; if it does lie there, or the digits are many, printf is asked.
 */
#include "table/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Of FEW_DIGITS digits the product is below 1e9, its error below 1e-6. */
enum { FEW_DIGITS = 9, POWERS = 308 };

static const double doubt = 1e-4;

/* ---- Powers of ten --------------------------------------------------------------------------- */

#define TEN(n) 1e##n
#define TENS(n)                                                                             \
    TEN(n##0), TEN(n##1), TEN(n##2), TEN(n##3), TEN(n##4), TEN(n##5), TEN(n##6), TEN(n##7), \
        TEN(n##8), TEN(n##9)

static const double powers[POWERS + 1] = {
    TENS(),   TENS(1),  TENS(2),  TENS(3),  TENS(4),  TENS(5),  TENS(6),  TENS(7),
    TENS(8),  TENS(9),  TENS(10), TENS(11), TENS(12), TENS(13), TENS(14), TENS(15),
    TENS(16), TENS(17), TENS(18), TENS(19), TENS(20), TENS(21), TENS(22), TENS(23),
    TENS(24), TENS(25), TENS(26), TENS(27), TENS(28), TENS(29), 1e300,    1e301,
    1e302,    1e303,    1e304,    1e305,    1e306,    1e307,    1e308};

static double times_power(double value, int k)
{
    return k >= 0 ? value * powers[k] : value / powers[-k];
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* The last `count` decimal digits of value. */
static void put_digits(uint64_t value, int count, char *out)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

static int digit_count(uint64_t value)
{
    int count = 1;
    for (; value >= 10; value /= 10)
        count++;
    return count;
}

int ind_decimal_int(long long value, char out[IND_DECIMAL_ROOM])
{
    const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const int count = digit_count(size), sign = value < 0;
    if (sign)
        out[0] = '-';
    put_digits(size, count, out + sign);
    return sign + count;
}

/* d.ddd e+dd */
static int put_scientific(const char *digits, int count, int exponent, char *out)
{
    const int size = exponent < 0 ? -exponent : exponent, places = size < 100 ? 2 : 3;
    int used = 0;
    out[used++] = digits[0];
    if (count > 1) {
        out[used++] = '.';
        memcpy(out + used, digits + 1, (size_t)count - 1);
        used += count - 1;
    }
    out[used++] = 'e';
    out[used++] = exponent < 0 ? '-' : '+';
    put_digits((uint64_t)size, places, out + used);
    return used + places;
}

/* 0.000ddd, dd.d or dd00 */
static int put_plain(const char *digits, int count, int exponent, char *out)
{
    const int whole = exponent + 1; /* digits before the point */
    if (whole <= 0) {
        memcpy(out, "0.00000000", (size_t)(2 - whole));
        memcpy(out + 2 - whole, digits, (size_t)count);
        return 2 - whole + count;
    }
    if (count <= whole) {
        memcpy(out, digits, (size_t)count);
        memset(out + count, '0', (size_t)(whole - count));
        return whole;
    }
    memcpy(out, digits, (size_t)whole);
    out[whole] = '.';
    memcpy(out + whole + 1, digits + whole, (size_t)(count - whole));
    return count + 1;
}

/* ---- Rounding -------------------------------------------------------------------------------- */

/* Where the leading digit of size > 0 stands, or one place below. */
static int exponent_below(double size)
{
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    const int binary = (int)(bits >> 52) - 1023; /* size >= 2^binary, if it is no denormal */
    /* floor(binary log10(2)): the fraction is exact enough for every exponent of a double */
    return (binary * 315653 + (1024 << 20)) / (1 << 20) - 1024;
}

/* size = whole * 10^(exponent - digits + 1), rounded, 10^(digits-1) <= whole < 10^digits. False if
 * in doubt. */
static bool round_to(double size, int digits, uint64_t *whole, int *exponent)
{
    *exponent = exponent_below(size);
    if (digits - 1 - *exponent >= POWERS)
        return false;
    double scaled = times_power(size, digits - 1 - *exponent);
    if (scaled >= powers[digits]) {
        ++*exponent;
        scaled = times_power(size, digits - 1 - *exponent);
    }
    const int64_t below = (int64_t)scaled;
    const double over = scaled - (double)below;
    if (fabs(over - 0.5) < doubt)
        return false;
    *whole = (uint64_t)below + (over > 0.5);
    if (*whole == (uint64_t)powers[digits]) {
        *whole /= 10;
        ++*exponent;
    }
    return true;
}

static int put_size(double size, int digits, char *out)
{
    uint64_t whole;
    int exponent;
    if (digits > FEW_DIGITS || !round_to(size, digits, &whole, &exponent))
        return 0;
    char text[FEW_DIGITS];
    int count = digits;
    put_digits(whole, digits, text);
    while (count > 1 && text[count - 1] == '0')
        count--;
    return exponent < -4 || exponent >= digits ? put_scientific(text, count, exponent, out)
                                               : put_plain(text, count, exponent, out);
}

int ind_decimal_real(double value, int digits, char out[IND_DECIMAL_ROOM])
{
    const int sign = signbit(value) != 0;
    if (sign)
        out[0] = '-';
    if (value == 0.0) {
        out[sign] = '0';
        return sign + 1;
    }
    const int used = put_size(fabs(value), digits, out + sign);
    return used > 0 ? sign + used : snprintf(out, IND_DECIMAL_ROOM, "%.*g", digits, value);
}
