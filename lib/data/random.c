/*
 * Philox 4x32-10 as Random123 gives it, addressed by (seed, stream, major, minor, index).
 */
#include <induct/data/random.h>

#include <assert.h>
#include <math.h>

#include <Random123/philox.h>

struct ind_random ind_random_at(uint64_t seed, enum ind_stream stream, uint32_t major,
                                uint32_t minor)
{
    return (struct ind_random){
        .seed = seed, .stream = (uint32_t)stream, .major = major, .minor = minor};
}

static void fill_block(struct ind_random *r)
{
    const uint64_t block = r->index / 4;
    assert(block <= UINT32_MAX);
    const philox4x32_ctr_t counter = {{r->stream, r->major, r->minor, (uint32_t)block}};
    const philox4x32_key_t key = {{(uint32_t)r->seed, (uint32_t)(r->seed >> 32)}};
    const philox4x32_ctr_t words = philox4x32_R(10, counter, key);
    for (int i = 0; i < 4; i++)
        r->block[i] = words.v[i];
}

uint32_t ind_random_u32(struct ind_random *r)
{
    if (r->index % 4 == 0)
        fill_block(r);
    return r->block[r->index++ % 4];
}

uint32_t ind_random_below(struct ind_random *r, uint32_t bound)
{
    assert(bound >= 1);
    uint64_t product = (uint64_t)ind_random_u32(r) * bound;
    if ((uint32_t)product < bound) {
        /* 2^32 mod bound of the low halves belong to values that would come up once too often. */
        const uint32_t excess = -bound % bound;
        while ((uint32_t)product < excess)
            product = (uint64_t)ind_random_u32(r) * bound;
    }
    return (uint32_t)(product >> 32);
}

double ind_random_uniform(struct ind_random *r)
{
    const uint64_t high = ind_random_u32(r);
    const uint64_t bits = (high << 32 | ind_random_u32(r)) >> 12;
    /* An odd number of 53 bits: exact, so the largest cannot round up to 1. */
    return (double)(2 * bits + 1) * 0x1p-53;
}

double ind_random_normal(struct ind_random *r)
{
    const double radius = sqrt(-2.0 * log(ind_random_uniform(r)));
    return radius * cos(2.0 * M_PI * ind_random_uniform(r));
}

/* Four normals of the block that is there. */
static void normals_of_block(const uint32_t block[4], float out[4])
{
    for (int pair = 0; pair < 4; pair += 2) {
        const double radius = sqrt(-2.0 * log((block[pair] + 0.5) * 0x1p-32));
        const double angle = (block[pair + 1] + 0.5) * (M_PI * 0x1p-31);
        out[pair] = (float)(radius * cos(angle));
        out[pair + 1] = (float)(radius * sin(angle));
    }
}

void ind_random_normals(struct ind_random *r, size_t count, float *out)
{
    float four[4];
    for (size_t i = 0; i < count; i++, r->index++) {
        if (i == 0 || r->index % 4 == 0) {
            fill_block(r);
            normals_of_block(r->block, four);
        }
        out[i] = four[r->index % 4];
    }
}
