/*
 * Softmax kernels. Written for the vectoriser: IND_LANES partial results side by side, no tail, no
 * branch. The same row gives the same bytes wherever it lies.
 */
#ifndef IND_MODEL_SOFTMAX_H
#define IND_MODEL_SOFTMAX_H

#include <stddef.h>

/* Fills row[count .. padded count) with -inf. */
void ind_row_pad(float *row, size_t count);

/* Largest of a padded row. */
float ind_row_max(const float *row, size_t padded);

/* row[j] = exp(row[j] - max), for max >= row[j]; returns their sum. -inf gives 0, NaN stays NaN.
   Relative error below 2e-7; below exp(-87), where float32 is about to lose precision, 0. */
double ind_row_exp(float *row, size_t padded, float max);

/* scores [length, stride], overwritten, to pattern [length, length]: softmax of entries 0..i of row
   i, exact zeros behind. stride is padded. A row whose every score is -inf gives zeros. */
void ind_softmax_causal(float *scores, size_t stride, int length, float *pattern);

/* dscores holds d/dpattern at entry and scale * d/dscores at exit; zeros above the diagonal. */
void ind_softmax_causal_backward(const float *pattern, int length, float scale, float *dscores);

#endif
