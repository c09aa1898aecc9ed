/* A library built for every processor hashes with the vectors that all of them have; some builds of
 * it carry the wider ones beside, under names of their own. */
#include "run/checksum.h"

#ifdef INDUCT_XXH_DISPATCH
#include <xxh_x86dispatch.h>
#endif

XXH128_hash_t ind_checksum(const void *bytes, size_t size)
{
    return XXH3_128bits(bytes, size);
}
