/* The kernels on eight matrices for what every processor of the architecture has: the flags are set
   in lib/CMakeLists.txt. */
#define IND_LANES_SET ind_lane_kernels_baseline
#include "math/simd/lanes_kernels.h"
