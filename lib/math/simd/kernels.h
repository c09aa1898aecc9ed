/*
 * All kernels of one instruction set and the table of them: the last line of a set's file.
 */
#include <assert.h>
#include <stdbool.h>

#include "math/simd/simd.h"
#include "math/simd/vector.h"

/* A product is of floats where nothing else is said. */
#define product_float product

#define REAL float
#include "math/simd/templates.h"
#undef REAL
#define REAL double
#include "math/simd/templates.h"
#undef REAL

#include "math/simd/attention.h"
#include "math/simd/cholesky.h"
#include "math/simd/jacobi.h"
#include "math/simd/qr.h"
#include "math/simd/softmax.h"
#include "math/simd/sums.h"
#include "math/simd/triangle.h"

#define ENTRY(name, parameters, arguments)               .name = name,
#define ENTRY_VALUE(result, name, parameters, arguments) .name = name,

extern const struct ind_simd SET;
const struct ind_simd SET = {SET_NAME, IND_KERNELS(ENTRY, ENTRY_VALUE)};
