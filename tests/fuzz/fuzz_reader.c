/*
 * Tables of others: whatever is read is whole, a cell for every name in every row.
 * longest: 320
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/table/reader.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touch(const struct ind_sheet *sheet)
{
    size_t bytes = 0;
    for (size_t row = 0; row < sheet->row_count; row++) {
        for (int column = 0; column < sheet->column_count; column++) {
            double real;
            long long whole;
            bytes += strlen(ind_sheet_text(sheet, row, column)) + 1;
            (void)(ind_sheet_real(sheet, row, column, &real, NULL) == IND_OK);
            (void)(ind_sheet_int(sheet, row, column, &whole, NULL) == IND_OK);
        }
    }
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    for (int torn = IND_TORN_FAILS; torn <= IND_TORN_LEFT_OUT; torn++) {
        struct ind_sheet sheet;
        FILE *stream = fmemopen((void *)(size_t)data, size, "r");
        if (ind_sheet_read_stream(&sheet, stream, "table", (enum ind_torn)torn, NULL) == IND_OK &&
            touch(&sheet) > size)
            abort();
        ind_sheet_release(&sheet);
        fclose(stream);
    }
    return 0;
}
