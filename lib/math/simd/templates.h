/* The templates (vector.h) for one REAL. */
#include "math/simd/transpose.h"
#include "math/simd/tile.h"
#include "math/simd/product.h"
#include "math/simd/rate.h"
