/* The kernels on eight matrices for AVX-512 F, VL, BW, DQ: the flags are set in
   lib/CMakeLists.txt. */
#ifdef __x86_64__
#define IND_LANES_SET ind_lane_kernels_avx512
#include "math/simd/lanes_kernels.h"
#endif
