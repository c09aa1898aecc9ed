/*
 * LayerNorm: y = (x - mean) / sqrt(variance + eps) * w + b, with the population variance; LNPre is
 * the same without w and b.
 */
#include "model/work.h"

#include <math.h>
#include <string.h>

static double row_mean(const float *x, int d)
{
    double sum = 0.0;
    for (int i = 0; i < d; i++)
        sum += (double)x[i];
    return sum / d;
}

static double row_variance(const float *x, double mean, int d)
{
    double sum = 0.0;
    for (int i = 0; i < d; i++) {
        double centred = (double)x[i] - mean;
        sum += centred * centred;
    }
    return sum / d;
}

void ind_norm_forward(const float *x, const float *w, const float *b, double eps, int rows, int d,
                      float *out, float *scale)
{
    for (int row = 0; row < rows; row++, x += d, out += d) {
        double mean = row_mean(x, d);
        double inverse = 1.0 / sqrt(row_variance(x, mean, d) + eps);
        scale[row] = (float)inverse;
        for (int i = 0; i < d; i++)
            out[i] = (float)(((double)x[i] - mean) * inverse);
        if (w) {
            for (int i = 0; i < d; i++)
                out[i] = out[i] * w[i] + b[i];
        }
    }
}

/* One row: dx += the gradient, and what this row gives to dw and db. With h = (x - mean) * scale
   and g = dy * w: dx = scale * (g - mean(g) - h * mean(g h)). */
static void backward_row(const float *x, double scale, const float *w, const float *dy, int d,
                         float *dx, double *dw, double *db)
{
    double mean = row_mean(x, d), sum_g = 0.0, sum_gh = 0.0;
    for (int i = 0; i < d; i++) {
        double h = ((double)x[i] - mean) * scale;
        double g = w ? (double)dy[i] * (double)w[i] : (double)dy[i];
        sum_g += g;
        sum_gh += g * h;
        dw[i] += (double)dy[i] * h;
        db[i] += (double)dy[i];
    }
    for (int i = 0; i < d; i++) {
        double h = ((double)x[i] - mean) * scale;
        double g = w ? (double)dy[i] * (double)w[i] : (double)dy[i];
        dx[i] += (float)(scale * (g - sum_g / d - h * (sum_gh / d)));
    }
}

void ind_norm_backward(const float *x, const float *scale, const float *w, const float *dy,
                       int rows, int d, float *dx, float *dw, float *db, double *sums)
{
    memset(sums, 0, (size_t)2 * d * sizeof *sums);
    for (int row = 0; row < rows; row++) {
        size_t at = (size_t)row * d;
        backward_row(x + at, (double)scale[row], w, dy + at, d, dx + at, sums, sums + d);
    }
    for (int i = 0; i < d && dw; i++) {
        dw[i] += (float)sums[i];
        db[i] += (float)sums[d + i];
    }
}
