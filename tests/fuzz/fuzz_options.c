/*
 * The values of options: whatever the text, a value within its bounds or one line.
 * longest: 64
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/printable.h>

#include "tool/number.h"
#include "tool/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_number(const char *text, enum ind_option_type type)
{
    union {
        int i;
        long l;
        double d;
        uint64_t u;
    } value = {0};
    const struct ind_option option = {.name = "n", .type = type, .minimum = -7, .maximum = 1e6};
    struct ind_error err;
    if (ind_option_set(&option, text, &value, &err) != IND_OK) {
        if (!ind_is_printable(err.text))
            abort();
        return;
    }
    const double number = type == IND_OPTION_INT    ? value.i
                          : type == IND_OPTION_LONG ? (double)value.l
                                                    : value.d;
    if (type != IND_OPTION_UINT64 && !(number >= -7 && number <= 1e6))
        abort();
}

static void try_list(const char *text)
{
    struct ind_ints list = {0};
    struct ind_error err;
    if (ind_ints_parse(&list, text, &err) == IND_OK && (list.count < 1 || list.count > 1000000))
        abort();
    ind_ints_release(&list);
}

/* A word of the command line, quoted for a shell, is one line of text. */
static void try_quote(const char *text)
{
    char *quoted = NULL;
    size_t size;
    FILE *stream = open_memstream(&quoted, &size);
    if (!stream)
        abort();
    ind_shell_quote(stream, text);
    if (fclose(stream) != 0 || !ind_is_printable(quoted) || (*quoted == '\0'))
        abort();
    free(quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ind_option_type types[] = {IND_OPTION_INT, IND_OPTION_LONG, IND_OPTION_UINT64,
                                                 IND_OPTION_DOUBLE};
    struct ind_error err;
    struct ind_span span;
    char *text = malloc(size + 1);
    memcpy(text, size ? (const void *)data : "", size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        try_number(text, types[i]);
    try_list(text);
    try_quote(text);
    (void)(ind_epochs_check(text, &err) == IND_OK);
    if (ind_span_parse(text, 1, &span, &err) == IND_OK && span.step < 1)
        abort();
    free(text);
    return 0;
}
