/* A whole PyTorch file: the archive's walk, its pickle, and every tensor of what is accepted. */
#include <stdlib.h>

#include <induct/format/foreign.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_foreign foreign;
    struct ind_error err;
    if (ind_foreign_parse(&foreign, data, size, &err) != IND_OK)
        return 0;
    for (int i = 0; i < foreign.count; i++) {
        size_t count = ind_foreign_elements(&foreign.tensors[i]);
        float *out = count <= size ? malloc((count + 1) * sizeof *out) : NULL;
        if (out)
            (void)(ind_foreign_read(&foreign, &foreign.tensors[i], out, &err) == IND_OK);
        free(out);
    }
    ind_foreign_close(&foreign);
    return 0;
}
