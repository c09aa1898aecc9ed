/*
 * metrics.tsv of a run that is resumed: refused, or cut to its heading and whole rows, in order.
 * longest: 640
 */
#include <string.h>

#include "fuzz/fuzz_run.h"
#include "run/metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LAST = 100, ROOM = 1 << 16 };

static void check(const uint8_t *data, size_t size)
{
    static char text[ROOM];
    FILE *file = fopen(scratch_path("metrics.tsv"), "rb");
    if (!file)
        abort();
    const size_t left = fread(text, 1, sizeof text, file);
    fclose(file);
    static const char *const headings[] = {
        "epoch\tloss\taccuracy\tinduction_accuracy\tbatch_period\texcess_loss\tseconds\n",
        "epoch\tloss\taccuracy\tinduction_accuracy\tseconds\n"}; /* of earlier versions */
    const bool old =
        left >= strlen(headings[1]) && memcmp(text, headings[1], strlen(headings[1])) == 0;
    const char *heading = headings[old];
    const size_t length = strlen(heading);
    if (left < length || memcmp(text, heading, length) != 0 || text[left - 1] != '\n')
        abort();
    /* beside a heading that was torn, it is a beginning of what was there */
    if (left > length && (left > size || memcmp(text, data, left) != 0))
        abort();
    for (const char *row = text + length; row < text + left;
         row = (const char *)memchr(row, '\n', (size_t)(text + left - row)) + 1)
        if (strtol(row, NULL, 10) > LAST)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_run run;
    struct ind_error err;
    if (size > ROOM)
        return 0;
    fuzz_run_begin();
    scratch_put("metrics.tsv", size ? (const void *)data : "", size);
    if (ind_run_resume(&run, scratch_folder, false, &err) != IND_OK)
        return 0;
    if (ind_metrics_cut(&run, LAST, &err) != IND_OK)
        abort();
    check(data, size);
    ind_run_close(&run);
    return 0;
}
