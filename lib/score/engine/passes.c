#include "score/engine/passes.h"

/* Patterns of one pass: with the other activations they fit a second-level cache, and are read
   while they are there. */
enum { PATTERN_BYTES = 1 << 19 };

int ind_pass_size(const struct ind_config *config, int length, int sequences)
{
    double bytes = 4.0 * config->layers * config->heads * length * length;
    double fitting = PATTERN_BYTES / bytes;
    return fitting < 1.0 ? 1 : fitting > sequences ? sequences : (int)fitting;
}

bool ind_pass_next(struct ind_pass *pass, int size, int sequences)
{
    if (pass->done >= sequences)
        return false;
    pass->first = pass->done + size <= sequences ? pass->done : sequences - size;
    pass->skip = pass->done - pass->first;
    pass->done = pass->first + size;
    return true;
}
