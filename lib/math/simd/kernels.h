/*
 * The table of one instruction set (see simd.h): the file that includes this one says which.
 */
#include "math/simd/product.h"
#include "math/simd/simd.h"
#include "math/simd/softmax.h"
#include "math/simd/sums.h"
#include "math/simd/triangle.h"

const struct ind_simd IND_SIMD_SET = {
    .name = IND_SIMD_NAME,
    .scores = scores,
    .scores_backward = scores_backward,
    .softmax = softmax,
    .entropy = entropy,
    .mix = mix,
    .mix_transposed = mix_transposed,
    .cross_entropy = cross_entropy,
    .product = product,
    .add = add,
    .sum_parts = sum_parts,
};
