/*
 * Lists of heads: refused in one line, or heads that there are, in order, each once.
 * longest: 64
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <induct/model/heads.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ind_heads *heads, const struct ind_config *config)
{
    int before = -1;
    if (heads->count < 1)
        abort();
    for (int i = 0; i < heads->count; i++) {
        const struct ind_head head = heads->items[i];
        const int place = head.layer * config->heads + head.head;
        if (head.layer < 0 || head.layer >= config->layers || head.head < 0 ||
            head.head >= config->heads || place <= before)
            abort();
        before = place;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int shapes[][2] = {{1, 1}, {2, 4}, {12, 11}};
    char *text = malloc(size + 1);
    memcpy(text, size ? (const void *)data : "", size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct ind_config config = {.layers = shapes[i][0], .heads = shapes[i][1]};
        struct ind_heads heads;
        struct ind_error err;
        if (ind_heads_select(&heads, &config, text, &err) != IND_OK)
            continue;
        check(&heads, &config);
        ind_heads_release(&heads);
    }
    free(text);
    return 0;
}
