#include <induct/page/page.h>

#include <stdio.h>
#include <string.h>

#include <induct/base/system.h>

#include "format/checksum.h"

int ind_page_nonce(char nonce[IND_NONCE_SIZE], struct ind_error *err)
{
    unsigned char bytes[(IND_NONCE_SIZE - 1) / 2];
    if (ind_system_random(bytes, sizeof bytes, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
    return IND_OK;
}

void ind_page_nonce_of(const struct ind_bytes *blocks, char nonce[IND_NONCE_SIZE])
{
    char text[IND_CHECKSUM_SIZE];
    ind_checksum_text(ind_checksum(blocks->data, blocks->size), text);
    memcpy(nonce, strchr(text, ':') + 1, IND_NONCE_SIZE);
}
