/* The kernels for AVX-512 F, VL, BW, DQ: the flags are set in lib/CMakeLists.txt. */
#ifdef __x86_64__
#define IND_SIMD_SET  ind_simd_avx512
#define IND_SIMD_NAME "avx512"
#include "math/simd/kernels.h"
#endif
