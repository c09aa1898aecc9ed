/* A library built for every processor hashes with the vectors that all of them have; some builds of
 * it carry the wider ones beside, under names of their own. */
#include "format/checksum.h"

#ifdef INDUCT_XXH_DISPATCH
#include <xxh_x86dispatch.h>
#endif

XXH128_hash_t ind_checksum(const void *bytes, size_t size)
{
    return XXH3_128bits(bytes, size);
}

int ind_checksum_parts(const struct iovec *parts, int count, XXH128_hash_t *hash,
                       struct ind_error *err)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return ind_fail(err, "out of memory");
    XXH3_128bits_reset(state);
    for (int i = 0; i < count; i++)
        XXH3_128bits_update(state, parts[i].iov_base, parts[i].iov_len);
    *hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return IND_OK;
}
