#include "model/softmax.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/work.h"

/* Partial sums stay in float for so many elements, then go to double. */
enum { CHUNK = 16 * IND_LANES };

/*
 * exp(x) for x <= 0: x = n ln2 + r, |r| <= ln2/2, exp(x) = 2^n P(r) with the minimax polynomial of
 * Cephes' expf. Adding 1.5 * 2^23 rounds to an integer and leaves n in the low bits of the sum, so
 * no conversion is needed, and NaN meets none that is undefined. Written out instead of calling
 * expf: gcc vectorises this with any instruction set and it gives the same bits in all of them.
 */
static inline float exp_nonpositive(float x)
{
    const float shift = 0x1.8p23F;
    float shifted = x * 1.44269504F + shift;
    float n = shifted - shift;
    float r = x - n * 0.693359375F;
    r = r - n * -2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + (127U << 23);
    float power;
    memcpy(&power, &bits, sizeof power);
    return x < -87.0F ? 0.0F : p * power;
}

void ind_row_pad(float *row, size_t count)
{
    for (size_t j = count; j < ind_padded(count); j++)
        row[j] = -INFINITY;
}

float ind_row_max(const float *row, size_t padded)
{
    float lanes[IND_LANES];
    memcpy(lanes, row, sizeof lanes);
    for (size_t j = IND_LANES; j < padded; j += IND_LANES) {
        for (int l = 0; l < IND_LANES; l++)
            lanes[l] = row[j + l] > lanes[l] ? row[j + l] : lanes[l];
    }
    float max = lanes[0];
    for (int l = 1; l < IND_LANES; l++)
        max = lanes[l] > max ? lanes[l] : max;
    return max;
}

static double sum_lanes(const float *lanes)
{
    double sum = 0.0;
    for (int l = 0; l < IND_LANES; l++)
        sum += (double)lanes[l];
    return sum;
}

double ind_row_exp(float *row, size_t padded, float max)
{
    double sum = 0.0;
    for (size_t start = 0; start < padded; start += CHUNK) {
        size_t end = start + CHUNK < padded ? start + CHUNK : padded;
        float lanes[IND_LANES] = {0};
        for (size_t j = start; j < end; j += IND_LANES) {
            for (int l = 0; l < IND_LANES; l++) {
                float value = exp_nonpositive(row[j + l] - max);
                row[j + l] = value;
                lanes[l] += value;
            }
        }
        sum += sum_lanes(lanes);
    }
    return sum;
}

/* Softmax of scores[0..count) into pattern[0..count). */
static void softmax_row(float *scores, size_t count, float *pattern)
{
    size_t padded = ind_padded(count);
    ind_row_pad(scores, count);
    float max = ind_row_max(scores, padded);
    if (max == -INFINITY) { /* an intervention has masked the whole row */
        memset(pattern, 0, count * sizeof *pattern);
        return;
    }
    float factor = (float)(1.0 / ind_row_exp(scores, padded, max));
    for (size_t j = 0; j < count; j++)
        pattern[j] = scores[j] * factor;
}

void ind_softmax_causal(float *scores, size_t stride, int length, float *pattern)
{
    for (int i = 0; i < length; i++) {
        float *row = pattern + (size_t)i * length;
        softmax_row(scores + i * stride, (size_t)i + 1, row);
        memset(row + i + 1, 0, (size_t)(length - i - 1) * sizeof *row);
    }
}

/* Dot product of two unpadded rows. */
static double row_dot(const float *a, const float *b, size_t count)
{
    double sum = 0.0;
    size_t whole = count / IND_LANES * IND_LANES;
    for (size_t start = 0; start < whole; start += CHUNK) {
        size_t end = start + CHUNK < whole ? start + CHUNK : whole;
        float lanes[IND_LANES] = {0};
        for (size_t j = start; j < end; j += IND_LANES) {
            for (int l = 0; l < IND_LANES; l++)
                lanes[l] += a[j + l] * b[j + l];
        }
        sum += sum_lanes(lanes);
    }
    for (size_t j = whole; j < count; j++)
        sum += (double)(a[j] * b[j]);
    return sum;
}

void ind_softmax_causal_backward(const float *pattern, int length, float scale, float *dscores)
{
    for (int i = 0; i < length; i++) {
        const float *p = pattern + (size_t)i * length;
        float *d = dscores + (size_t)i * length;
        float mean = (float)row_dot(p, d, (size_t)i + 1);
        for (int j = 0; j <= i; j++)
            d[j] = p[j] * (d[j] - mean) * scale;
        memset(d + i + 1, 0, (size_t)(length - i - 1) * sizeof *d);
    }
}
