/* The kernels for AVX2 with FMA: the flags are set in lib/CMakeLists.txt. */
#ifdef __x86_64__
#define IND_SIMD_SET  ind_simd_avx2
#define IND_SIMD_NAME "avx2"
#include "math/simd/kernels.h"
#endif
