#include <induct/model/pass.h>

#include <assert.h>

enum { NEAR = 1 << 20, FAR = 1 << 22 };

static double pattern_bytes(const struct ind_config *config, int length)
{
    return 4.0 * config->layers * config->heads * length * length;
}

int ind_pass_size(const struct ind_config *config, int length, int most)
{
    const double fitting = NEAR / pattern_bytes(config, length);
    return fitting < 1.0 ? 1 : fitting < most ? (int)fitting : most;
}

bool ind_pass_outgrows(const struct ind_config *config, int length)
{
    return pattern_bytes(config, length) > FAR;
}

bool ind_pass_next(struct ind_pass *pass, int size, int sequences)
{
    assert(size >= 1);
    pass->first += pass->count;
    const int left = sequences - pass->first;
    pass->count = left < size ? left : size;
    return left > 0;
}

int ind_pass_sharers(int size, int sequences, int threads)
{
    const int passes = sequences / size + (sequences % size != 0);
    return threads < passes ? threads : passes > 1 ? passes : 1;
}
