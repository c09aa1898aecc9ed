#include "support/torch_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

void pickle_put(struct pickle_text *p, const void *bytes, size_t size)
{
    if (p->size + size > p->room) {
        p->room = 2 * (p->size + size);
        p->bytes = realloc(p->bytes, p->room);
        assert_non_null(p->bytes);
    }
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

void pickle_op(struct pickle_text *p, const char *opcodes)
{
    pickle_put(p, opcodes, strlen(opcodes));
}

void pickle_string(struct pickle_text *p, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);
    pickle_op(p, "X");
    pickle_put(p, &length, 4);
    pickle_put(p, text, length);
}

void pickle_int(struct pickle_text *p, int64_t value)
{
    if (value >= INT32_MIN && value <= INT32_MAX) {
        int32_t small = (int32_t)value;
        pickle_op(p, "J");
        pickle_put(p, &small, 4);
    } else {
        pickle_put(p, "\x8a\x08", 2);
        pickle_put(p, &value, 8);
    }
}

void pickle_global(struct pickle_text *p, const char *module, const char *name)
{
    pickle_op(p, "c");
    pickle_op(p, module);
    pickle_op(p, "\n");
    pickle_op(p, name);
    pickle_op(p, "\n");
}

void pickle_begin(struct pickle_text *p)
{
    pickle_op(p, "\x80\x02");
    pickle_global(p, "collections", "OrderedDict");
    pickle_op(p, ")R(");
}

void pickle_end(struct pickle_text *p)
{
    pickle_op(p, "u.");
}

static void pickle_counts(struct pickle_text *p, int count, const int64_t *values)
{
    pickle_op(p, "(");
    for (int i = 0; i < count; i++)
        pickle_int(p, values[i]);
    pickle_op(p, "t");
}

void pickle_tensor(struct pickle_text *p, const char *name, const char *type, const char *storage,
                   int64_t elements, int64_t offset, int rank, const int64_t *shape,
                   const int64_t *stride)
{
    pickle_string(p, name);
    pickle_global(p, "torch._utils", "_rebuild_tensor_v2");
    pickle_op(p, "((");
    pickle_string(p, "storage");
    pickle_global(p, "torch", type);
    pickle_string(p, storage);
    pickle_string(p, "cpu");
    pickle_int(p, elements);
    pickle_op(p, "tQ");
    pickle_int(p, offset);
    pickle_counts(p, rank, shape);
    pickle_counts(p, rank, stride);
    pickle_op(p, "\x89");
    pickle_global(p, "collections", "OrderedDict");
    pickle_op(p, ")RtR");
}

void zip_put(const char *path, const struct zip_entry *entries, int count)
{
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (int i = 0; i < count; i++) {
        zip_source_t *source = zip_source_buffer(zip, entries[i].bytes, entries[i].size, 0);
        zip_int64_t index = zip_file_add(zip, entries[i].name, source, ZIP_FL_ENC_UTF_8);
        assert_true(index >= 0);
        zip_set_file_compression(zip, (zip_uint64_t)index,
                                 entries[i].deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

void torch_put(const char *path, const struct pickle_text *p, const struct zip_entry *storages,
               int count)
{
    struct zip_entry entries[32] = {{"archive/data.pkl", p->bytes, p->size, 0},
                                    {"archive/byteorder", "little", 6, 0}};
    char names[32][64];
    assert_true(count <= 30);
    for (int i = 0; i < count; i++) {
        entries[i + 2] = storages[i];
        snprintf(names[i], sizeof names[i], "archive/%s", storages[i].name);
        entries[i + 2].name = names[i];
    }
    zip_put(path, entries, count + 2);
}
