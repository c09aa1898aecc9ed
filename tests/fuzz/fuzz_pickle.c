/*
 * The pickle machine: any bytes give a state dict or one line.
 * longest: 1400
 */
#include "format/foreign/pickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_pickle pickle;
    struct ind_error err;
    if (ind_pickle_load(&pickle, data, size, &err) == IND_OK)
        ind_pickle_release(&pickle);
    return 0;
}
