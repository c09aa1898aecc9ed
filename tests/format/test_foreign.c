/* PyTorch files: tensors of every type and stride come out right; what is hostile is named, and
 * neither executed nor inflated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <induct/format/foreign.h>

#include "format/foreign/pickle.h"
#include "support/folder.h"
#include "support/torch_file.h"

static struct ind_error err;

static void says(const char *message)
{
    if (!strstr(err.text, message) || strchr(err.text, '\n'))
        fail_msg("says '%s', not '%s'", err.text, message);
}

static const float VALUES[6] = {1, 2, 3, 4, 5, 6};
static const int64_t SHAPE[2] = {2, 3}, ROWS[2] = {3, 1}, COLUMNS[2] = {1, 2};

/* ---- What is read ---------------------------------------------------------------------------- */

static void check_tensor(struct ind_foreign *f, const char *name, const float *expected, int count)
{
    float out[16];
    const struct ind_foreign_tensor *tensor = ind_foreign_find(f, name);
    if (!tensor)
        fail_msg("no tensor %s", name);
    assert_int_equal(ind_foreign_elements(tensor), count);
    if (ind_foreign_read(f, tensor, out, &err) != IND_OK)
        fail_msg("%s", err.text);
    assert_memory_equal(out, expected, (size_t)count * sizeof *out);
}

static void types_and_strides(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    const double doubles[2] = {0.1, -2};
    const uint16_t halves[2] = {0x3c00, 0xc000}, brains[2] = {0x3f80, 0x4040};
    const int64_t numbers[2] = {7, 8}, two = 2, one = 1;
    const struct zip_entry storages[] = {{"data/0", VALUES, sizeof VALUES, 0},
                                         {"data/1", doubles, sizeof doubles, 0},
                                         {"data/2", halves, sizeof halves, 0},
                                         {"data/3", brains, sizeof brains, 0},
                                         {"data/4", numbers, sizeof numbers, 0}};
    struct pickle_text p = {0};
    pickle_begin(&p);
    pickle_tensor(&p, "rows", "FloatStorage", "0", 6, 0, 2, SHAPE, ROWS);
    pickle_tensor(&p, "columns", "FloatStorage", "0", 6, 0, 2, SHAPE, COLUMNS);
    pickle_tensor(&p, "end", "FloatStorage", "0", 6, 4, 1, &two, &one);
    pickle_tensor(&p, "scalar", "FloatStorage", "0", 6, 5, 0, NULL, NULL);
    pickle_tensor(&p, "expanded", "FloatStorage", "0", 6, 1, 2, (const int64_t[]){3, 2},
                  (const int64_t[]){0, 1});
    pickle_tensor(&p, "double", "DoubleStorage", "1", 2, 0, 1, &two, &one);
    pickle_tensor(&p, "half", "HalfStorage", "2", 2, 0, 1, &two, &one);
    pickle_tensor(&p, "brain", "BFloat16Storage", "3", 2, 0, 1, &two, &one);
    pickle_tensor(&p, "long", "LongStorage", "4", 2, 0, 1, &two, &one);
    pickle_end(&p);
    torch_put(path, &p, storages, 5);
    struct ind_foreign f;
    if (ind_foreign_open(&f, path, &err) != IND_OK)
        fail_msg("%s", err.text);
    check_tensor(&f, "rows", VALUES, 6);
    check_tensor(&f, "columns", (const float[]){1, 3, 5, 2, 4, 6}, 6);
    check_tensor(&f, "end", VALUES + 4, 2);
    check_tensor(&f, "scalar", VALUES + 5, 1);
    check_tensor(&f, "expanded", (const float[]){2, 3, 2, 3, 2, 3}, 6);
    check_tensor(&f, "double", (const float[]){0.1f, -2}, 2);
    check_tensor(&f, "half", (const float[]){1, -2}, 2);
    check_tensor(&f, "brain", (const float[]){1, 3}, 2);
    float out[2];
    assert_int_equal(ind_foreign_read(&f, ind_foreign_find(&f, "long"), out, &err), IND_FAILED);
    says("tensor long holds I64, no weights");
    ind_foreign_close(&f);
    free(p.bytes);
}

/* {"model": OrderedDict(...), "step": 3, "note": None}: what is no tensor is passed over. */
static void nested_dicts_are_flattened(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    const struct zip_entry storage = {"data/0", VALUES, sizeof VALUES, 0};
    struct pickle_text p = {0};
    pickle_op(&p, "\x80\x02}(");
    pickle_string(&p, "model");
    pickle_global(&p, "collections", "OrderedDict");
    pickle_op(&p, ")R(");
    pickle_tensor(&p, "w", "FloatStorage", "0", 6, 0, 2, SHAPE, ROWS);
    pickle_op(&p, "u}");
    pickle_string(&p, "_metadata");
    pickle_op(&p, "Nsb"); /* BUILD with the attributes of the OrderedDict */
    pickle_string(&p, "step");
    pickle_int(&p, 3);
    pickle_string(&p, "note");
    pickle_op(&p, "Nu.");
    torch_put(path, &p, &storage, 1);
    struct ind_foreign f;
    if (ind_foreign_open(&f, path, &err) != IND_OK)
        fail_msg("%s", err.text);
    assert_int_equal(f.count, 1);
    check_tensor(&f, "model.w", VALUES, 6);
    ind_foreign_close(&f);
    free(p.bytes);
}

/* ---- Hostile pickles ------------------------------------------------------------------------- */

static void refuse_pickle(const char *bytes, size_t size, const char *message)
{
    struct ind_pickle pickle;
    char *exact = malloc(size + 1); /* so that the sanitizer sees one byte too far */
    memcpy(exact, bytes, size);
    if (ind_pickle_load(&pickle, exact, size, &err) == IND_OK)
        fail_msg("accepted, but should say '%s'", message);
    says(message);
    free(exact);
}

#define REFUSE(bytes, message) refuse_pickle(bytes, sizeof bytes - 1, message)

/* What is not known becomes an inert value that knows its name, and that is all. */
static void expect_opaque(const char *bytes, size_t size, const char *module, const char *name)
{
    struct ind_pickle pickle;
    char *exact = malloc(size + 1);
    memcpy(exact, bytes, size);
    if (ind_pickle_load(&pickle, exact, size, &err) != IND_OK)
        fail_msg("%s", err.text);
    const struct ind_pickle_value *root = &pickle.values[pickle.root];
    if (root->kind != IND_PICKLE_OPAQUE || root->module_length != strlen(module) ||
        memcmp(root->module, module, strlen(module)) != 0 || root->length != strlen(name) ||
        memcmp(root->text, name, strlen(name)) != 0)
        fail_msg("kind %d, %.*s.%.*s instead of %s.%s", root->kind, (int)root->module_length,
                 root->module, (int)root->length, root->text, module, name);
    ind_pickle_release(&pickle);
    free(exact);
}

#define OPAQUE(bytes, module, name) expect_opaque(bytes, sizeof bytes - 1, module, name)

static void names_and_calls_become_opaque(void **state)
{
    (void)state;
    OPAQUE("cos\nsystem\n(X\x02\0\0\0idtR.", "os", "system");
    OPAQUE("\x80\x04\x8c\x02os\x8c\x06system\x93.", "os", "system");
    OPAQUE("cbuiltins\neval\n.", "builtins", "eval");
    OPAQUE("ctorch._utils\n_rebuild_tensor_v2\n)R.", "torch._utils", "_rebuild_tensor_v2");
    OPAQUE("ctorch\nFloatStorage\n)R.", "torch", "FloatStorage");
    OPAQUE("ccollections\nOrderedDict\n(](NetR.", "collections", "OrderedDict");
    OPAQUE("(ios\nsystem\n.", "os", "system");
    OPAQUE("(cos\nsystem\no.", "os", "system");
    OPAQUE("cos\nX\n)\x81.", "os", "X");
    OPAQUE("cos\nX\n)}\x92.", "os", "X");
    OPAQUE("cos\nX\n)\x81}b.", "os", "X");
    OPAQUE("cos\nX\n)\x81(NNu.", "os", "X");
    OPAQUE("cos\nX\n)\x81(NNe.", "os", "X");
    OPAQUE("Pid\n.", "builtins", "a persistent id");
    OPAQUE("NQ.", "torch", "a persistent id");
    OPAQUE("(X\x07\0\0\0storageNNNNtQ.", "torch", "a persistent id");
    OPAQUE("\x82\x01.", "builtins", "a registered extension");
    OPAQUE("C\x01x.", "builtins", "bytes");
    OPAQUE("\x8a\x09\0\0\0\0\0\0\0\0\0.", "builtins", "int of more than 64 bits");
    OPAQUE("\x8b\x09\0\0\0\0\0\0\0\0\0\0\0\0.", "builtins", "int of more than 64 bits");
    OPAQUE("\x8f.", "builtins", "set");
    OPAQUE("\x8f(N\x90.", "builtins", "set");
    OPAQUE("(N\x91.", "builtins", "frozenset");
    REFUSE("X\x01\0\0\0f)R.", "refused: it calls what is no function");
    REFUSE("NN\x81.", "refused: it calls what is no function");
    REFUSE("Nb", "empty stack");
    REFUSE("(o.", "empty stack");
    REFUSE("\x81.", "empty stack");
    REFUSE("2.", "empty stack");
    REFUSE("0.", "empty stack");
    REFUSE("\xff.", "there is no opcode 0xff");
}

/* Protocol 0 spells things out. */
static void old_protocols_are_read(void **state)
{
    (void)state;
    struct ind_pickle pickle;
    static const char text[] = "(dp0\nS'a'\np1\nI-12\nsg1\nF0.5\nsV\xc3\xa9\nL7L\ns.";
    if (ind_pickle_load(&pickle, text, sizeof text - 1, &err) != IND_OK)
        fail_msg("%s", err.text);
    const struct ind_pickle_value *root = &pickle.values[pickle.root];
    assert_int_equal(root->kind, IND_PICKLE_DICT);
    assert_int_equal(root->count, 6);
    const struct ind_pickle_value *minus = &pickle.values[pickle.links[root->first + 1].value];
    assert_int_equal(minus->kind, IND_PICKLE_INT);
    assert_int_equal(minus->number, -12);
    ind_pickle_release(&pickle);
    REFUSE("I1", "truncated");
    REFUSE("gx\n.", "memo is numbered by what is no number");
    REFUSE("g7\n.", "recalls what it never stored");
}

static void broken_pickles_are_refused(void **state)
{
    (void)state;
    REFUSE("", "truncated");
    REFUSE("N", "truncated");
    REFUSE(".", "empty stack");
    REFUSE("(.", "empty stack");
    REFUSE("t.", "misses a mark");
    REFUSE("u.", "misses a mark");
    REFUSE("N(u.", "items for what is no dict");
    REFUSE("(u.", "items for what is no dict");
    REFUSE("}(Nu.", "a dict with a key but no value");
    REFUSE("]Ns.", "empty stack");
    REFUSE("(\x86.", "empty stack");
    REFUSE("N(N\x86.", "empty stack");
    REFUSE("}(Ns.", "empty stack");
    REFUSE("h\0.", "recalls what it never stored");
    REFUSE("j\xff\xff\xff\xff.", "recalls what it never stored");
    REFUSE("Nr\xff\xff\xff\x7f.", "memo entries are not numbered in order");
    REFUSE("q\0.", "empty stack");
    REFUSE("X\xff\xff\xff\xffx.", "truncated");
    REFUSE("\x8d\xff\xff\xff\xff\xff\xff\xff\xffx.", "truncated");
    REFUSE("\x8a\x09\0\0.", "truncated");
    REFUSE("\x8b\xff\xff\xff\xff.", "truncated");
    REFUSE("cos", "truncated");
    REFUSE("cos\nsystem", "truncated");
    REFUSE("G\0\0", "truncated");
    REFUSE("\x95\0", "truncated");
    REFUSE("NN\x93.", "a global that is not named by strings");
}

/* A million opcodes of the kinds that make values: memory stays bounded, nothing recurses. */
static void long_pickles_stay_bounded(void **state)
{
    (void)state;
    size_t size = 1 << 20;
    char *bytes = malloc(size);
    const char *const repeated[] = {"]", "(", "}", "N", ")\x85"};
    for (size_t k = 0; k < sizeof repeated / sizeof *repeated; k++) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = repeated[k][i % strlen(repeated[k])];
        refuse_pickle(bytes, size, "refused: the pickle makes more than 524288 values");
    }
    free(bytes);
}

/* ---- Hostile archives ------------------------------------------------------------------------ */

static void refuse_file(const char *path, const char *message)
{
    struct ind_foreign f;
    if (ind_foreign_open(&f, path, &err) == IND_OK) {
        /* it may be noticed only when the storage is read */
        float *out = calloc(ind_foreign_elements(&f.tensors[0]) + 1, sizeof *out);
        int status = ind_foreign_read(&f, &f.tensors[0], out, &err);
        free(out);
        ind_foreign_close(&f);
        if (status == IND_OK)
            fail_msg("accepted, but should say '%s'", message);
    } else {
        assert_memory_equal(err.text, path, strlen(path));
    }
    says(message);
}

struct described {
    const char *type, *key;
    int64_t elements, offset, shape[2], stride[2];
    const char *message;
};

static void hostile_tensors_are_named(void **state)
{
    const int64_t huge = INT64_MAX, big = (int64_t)1 << 60;
    const struct described cases[] = {
        {"FloatStorage", "0", 6, 1, {2, 3}, {3, 1}, "points outside its storage (element 6 of 6)"},
        {"FloatStorage", "0", 6, 0, {2, 3}, {4, 1}, "points outside its storage"},
        {"FloatStorage", "0", 6, 0, {big, big}, {0, 0}, "shape or strides are absurdly large"},
        {"FloatStorage", "0", 6, 0, {2, 3}, {huge, huge}, "strides are absurdly large"},
        {"FloatStorage", "0", 6, huge, {2, 3}, {1, 1}, "strides are absurdly large"},
        {"FloatStorage", "0", big, 0, {2, 3}, {3, 1}, "too few for 1152921504606846976 elements"},
        {"FloatStorage", "0", 7, 0, {2, 3}, {3, 1}, "has 24 bytes, too few for 7 elements of F32"},
        {"DoubleStorage", "0", 6, 0, {2, 3}, {3, 1}, "has 24 bytes, too few for 6 elements of F64"},
        {"FloatStorage", "0", 6, -1, {2, 3}, {3, 1}, "depends on torch._utils._rebuild_tensor_v2"},
        {"FloatStorage", "0", 6, 0, {-2, 3}, {3, 1}, "depends on torch._utils._rebuild_tensor_v2"},
        {"FloatStorage", "0", 6, 0, {2, 3}, {-3, 1}, "depends on torch._utils._rebuild_tensor_v2"},
        {"FloatStorage", "0", -6, 0, {2, 3}, {3, 1}, "depends on torch.a persistent id"},
        {"FloatStorage", "9", 6, 0, {2, 3}, {3, 1}, "entry data/9: the archive has no such entry"},
        {"FloatStorage", "../../x", 6, 0, {2, 3}, {3, 1}, "its storage's key is no number"},
        {"QInt8Storage", "0", 6, 0, {2, 3}, {3, 1}, "tensor w: it depends on torch.QInt8Storage"},
    };
    const char *path = folder_path(*state, "a.pt");
    const struct zip_entry storage = {"data/0", VALUES, sizeof VALUES, 0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct described *c = &cases[i];
        struct pickle_text p = {0};
        pickle_begin(&p);
        pickle_tensor(&p, "w", c->type, c->key, c->elements, c->offset, 2, c->shape, c->stride);
        pickle_end(&p);
        torch_put(path, &p, &storage, 1);
        refuse_file(path, c->message);
        free(p.bytes);
    }
}

static struct pickle_text good_pickle(void)
{
    struct pickle_text p = {0};
    pickle_begin(&p);
    pickle_tensor(&p, "w", "FloatStorage", "0", 6, 0, 2, SHAPE, ROWS);
    pickle_end(&p);
    return p;
}

static void hostile_archives_are_named(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    struct pickle_text p = good_pickle();
    const size_t bomb_size = 64 << 20;
    char *zeros = calloc(1, bomb_size);
    const struct zip_entry pickle = {"a/data.pkl", p.bytes, p.size, 0};
    const struct zip_entry storage = {"a/data/0", VALUES, sizeof VALUES, 0};
    const struct {
        struct zip_entry entries[3];
        const char *message;
    } cases[] = {
        {{pickle, storage, {"../../etc/passwd", "x", 1, 0}}, "points outside the archive"},
        {{pickle, storage, {"a/../../b", "x", 1, 0}}, "points outside the archive"},
        {{pickle, storage, {"/etc/passwd", "x", 1, 0}}, "points outside the archive"},
        {{pickle, storage, {"a\\b", "x", 1, 0}}, "points outside the archive"},
        {{pickle, {"a/data/0", zeros, bomb_size, 1}, {"a/x", "x", 1, 0}},
         "claims 67108864 bytes, more than 16 times"},
        {{pickle, storage, {"b/data.pkl", p.bytes, p.size, 0}}, "two entries named data.pkl"},
        {{storage, {"x", "x", 1, 0}, {"y", "y", 1, 0}}, "neither a PyTorch checkpoint"},
        {{pickle, storage, {"a/byteorder", "big", 3, 0}}, "its numbers are big-endian"},
        {{pickle, {"b/data/0", VALUES, sizeof VALUES, 0}, {"a/x", "x", 1, 0}},
         "entry data/0: the archive has no such entry"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        zip_put(path, cases[i].entries, 3);
        refuse_file(path, cases[i].message);
    }
    free(zeros);
    free(p.bytes);
}

/* Every cut of a good file is refused, and so is every changed byte of its storage (CRC-32). */
static void damaged_archives_are_refused(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    struct pickle_text p = good_pickle();
    const struct zip_entry storage = {"data/0", VALUES, sizeof VALUES, 0};
    torch_put(path, &p, &storage, 1);
    size_t size;
    char *bytes = file_bytes(path, &size);
    struct ind_foreign f;
    for (size_t length = 0; length < size; length++) {
        char *exact = malloc(length + 1);
        memcpy(exact, bytes, length);
        if (ind_foreign_parse(&f, exact, length, &err) == IND_OK)
            fail_msg("accepted the first %zu of %zu bytes", length, size);
        free(exact);
    }
    char *at = memmem(bytes, size, VALUES, sizeof VALUES);
    assert_non_null(at);
    at[5] ^= 1;
    float out[6];
    assert_int_equal(ind_foreign_parse(&f, bytes, size, &err), IND_OK);
    assert_int_equal(ind_foreign_read(&f, &f.tensors[0], out, &err), IND_FAILED);
    says("tensor w: entry data/0: CRC error");
    ind_foreign_close(&f);
    free(bytes);
    free(p.bytes);
}

/* Dicts that hold each other: 2^n paths through n dicts of a few bytes each. */
static void shared_dicts_do_not_explode(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    struct pickle_text p = {0};
    pickle_op(&p, "\x80\x02}");
    for (unsigned char i = 0; i < 40; i++) {
        /* {"0": previous, "1": previous, ...}: 16 each */
        unsigned char put[2] = {'q', i}, get[2] = {'h', i};
        pickle_put(&p, put, 2);
        pickle_op(&p, "}(");
        for (int k = 0; k < 16; k++) {
            pickle_int(&p, k);
            pickle_put(&p, get, 2);
        }
        pickle_op(&p, "u");
    }
    pickle_op(&p, ".");
    torch_put(path, &p, NULL, 0);
    struct ind_foreign f;
    assert_int_equal(ind_foreign_open(&f, path, &err), IND_FAILED);
    says("its dicts hold each other over and over");
    free(p.bytes);
}

static void other_files_are_named(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    file_put(path, "\x80\x02}q.", 5);
    refuse_file(path, "a bare pickle");
    file_put(path, "PK\3\4 not a zip at all", 22);
    refuse_file(path, "cut off: a zip archive (torch.save, np.savez) of 22 bytes");
    file_put(path, "", 0);
    refuse_file(path, "empty: it has no bytes");
    file_put(path, "once upon a time there was", 26);
    refuse_file(path, "plain text, not a model");
}

/* Peak memory of a process that opens the file and must be refused. */
static void refuse_frugally(const char *path)
{
    enum { MOST_KB = 100000 };
    struct rusage used;
    int status;
    const pid_t child = fork();
    if (child == 0) {
        struct ind_foreign f;
        _exit(ind_foreign_open(&f, path, &err) == IND_OK);
    }
    assert_int_equal(wait4(child, &status, 0, &used), child);
    assert_int_equal(status, 0);
    if (!getenv("INDUCT_INSTRUMENTED") && used.ru_maxrss >= MOST_KB)
        fail_msg("%s: %ld kB to refuse it", path, used.ru_maxrss);
}

/* Two gigabytes, with holes, behind bytes that no model begins with. */
static void refuse_sparse(const char *path, const char *begin, size_t size)
{
    file_put(path, begin, size);
    assert_int_equal(truncate(path, (off_t)2 << 30), 0);
    refuse_frugally(path);
}

static void little_memory_is_taken_to_refuse(void **state)
{
    const char *path = folder_path(*state, "a.pt");
    const char *const repeated[] = {"]", "(", "N2"};
    const size_t size = 15000000;
    for (size_t k = 0; k < sizeof repeated / sizeof *repeated; k++) {
        struct pickle_text p = {.bytes = malloc(size), .size = size, .room = size};
        for (size_t i = 0; i < size; i++)
            p.bytes[i] = (unsigned char)repeated[k][i % strlen(repeated[k])];
        torch_put(path, &p, NULL, 0);
        free(p.bytes);
        refuse_frugally(path);
    }
    refuse_sparse(path, "", 0);
    refuse_sparse(path, "PK\3\4", 4);
    refuse_sparse(path, "\x02\0\0\0\0\0\0\0{}", 10);
    refuse_sparse(path, "\xff\xff\xff\x7f\0\0\0\0{}", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(types_and_strides),
        IN_A_FOLDER(nested_dicts_are_flattened),
        cmocka_unit_test(names_and_calls_become_opaque),
        cmocka_unit_test(old_protocols_are_read),
        cmocka_unit_test(broken_pickles_are_refused),
        cmocka_unit_test(long_pickles_stay_bounded),
        IN_A_FOLDER(hostile_tensors_are_named),
        IN_A_FOLDER(hostile_archives_are_named),
        IN_A_FOLDER(damaged_archives_are_refused),
        IN_A_FOLDER(shared_dicts_do_not_explode),
        IN_A_FOLDER(other_files_are_named),
        IN_A_FOLDER(little_memory_is_taken_to_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
