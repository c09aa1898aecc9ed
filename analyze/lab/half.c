#include "plan.h"

#include <math.h>
#include <string.h>

/* Adding 1.5 * 2^(e+13) would round as well, but not the subnormal ones: the cases are three, by
 * exponent, and rounding may carry into the next one, which is then right too. */
uint16_t half_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) /* NaN */
        return (uint16_t)(sign | 0x7e00);
    if (bits >= 0x477ff000) /* 65520 and above */
        return (uint16_t)(sign | 0x7c00);
    if (bits < 0x38800000) /* below 2^-14: a multiple of 2^-24 */
        return (uint16_t)(sign | (uint16_t)lrintf(fabsf(value) * 16777216.0f));
    const uint32_t odd = bits >> 13 & 1;
    return (uint16_t)(sign | (bits - 0x38000000 + 0xfff + odd) >> 13);
}
