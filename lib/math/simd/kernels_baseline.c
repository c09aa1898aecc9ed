/* The kernels for what every processor of the architecture has: the flags are set in
   lib/CMakeLists.txt. */
#define IND_SIMD_SET  ind_simd_baseline
#define IND_SIMD_NAME "baseline"
#include "math/simd/kernels.h"
