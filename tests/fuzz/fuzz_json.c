/*
 * JSON of others: a model's configuration and a mapping file. What is accepted can be laid out.
 * longest: 2400
 */
#include <stdlib.h>
#include <string.h>

#include <induct/model/params.h>

#include "recipe/config_json.h"
#include "exchange/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_config config;
    struct ind_mapping mapping;
    struct ind_error err;
    char *text = malloc(size + 1);
    memcpy(text, size ? (const void *)data : "", size);
    text[size] = '\0';
    if (ind_config_from_text(text, &config, &err) == IND_OK &&
        ind_config_check(&config, &err) != IND_OK)
        abort();
    if (ind_mapping_parse(&mapping, text, size, &err) == IND_OK) {
        (void)ind_mapping_takes(&mapping, "blocks.0.attn.W_Q");
        (void)ind_mapping_lists(&mapping, "ignore", "blocks.0.attn.mask");
        ind_mapping_release(&mapping);
    }
    free(text);
    return 0;
}
