/* The safetensors header: what is accepted has every tensor within the data. */
#include <stdlib.h>

#include <induct/format/safetensors.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_safetensors file;
    struct ind_error err;
    if (ind_safetensors_parse(&file, data, size, &err) != IND_OK)
        return 0;
    (void)(ind_safetensors_verify(&file, &err) == IND_OK);
    size_t reached = 0;
    for (int i = 0; i < file.tensor_count; i++) {
        const struct ind_st_tensor *tensor = &file.tensors[i];
        size_t bytes = ind_dtype_size(tensor->dtype);
        for (int k = 0; k < tensor->rank; k++)
            bytes *= (size_t)tensor->shape[k];
        if (tensor->begin != reached || tensor->end > file.data_size ||
            bytes != tensor->end - tensor->begin)
            abort();
        reached = tensor->end;
    }
    if (reached != file.data_size)
        abort();
    ind_safetensors_close(&file);
    return 0;
}
