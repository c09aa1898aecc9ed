/*
 * Mapping files: what is accepted answers any name, and names tensors within their room.
 * longest: 1400
 */
#include <stdlib.h>
#include <string.h>

#include "exchange/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"blocks.0.attn.W_Q", "transformer.h.11.attn.c_attn.weight",
                                        "", "a.0.b.1", "lm_head.weight"};
    struct ind_mapping mapping;
    struct ind_error err;
    if (ind_mapping_parse(&mapping, (const char *)data, size, &err) != IND_OK)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[IND_NAME_ROOM];
        (void)ind_mapping_takes(&mapping, names[i]);
        const char *made = ind_mapping_name(names[i], names[(i + 1) % 5], (int)i, 0, name);
        if (made && strlen(made) >= sizeof name)
            abort();
    }
    ind_mapping_release(&mapping);
    return 0;
}
