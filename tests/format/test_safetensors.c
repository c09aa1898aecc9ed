/* safetensors: what is written reads back bit for bit; what is broken is refused and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <induct/format/safetensors.h>

#include "support/folder.h"

static struct ind_error err;

static const float WEIGHTS[6] = {1.5f, -0.0f, 3e-42f, INFINITY, -1e30f, 0.1f};
static const int16_t COUNTS[3] = {-1, 0, 32767};

static void write_small(const char *path)
{
    const struct ind_st_write tensors[] = {
        {"a.weight", IND_F32, 2, {2, 3}, WEIGHTS},
        {"empty", IND_F32, 2, {0, 7}, WEIGHTS},
        {"counts", IND_I16, 1, {3}, COUNTS},
        {"scalar", IND_F32, 0, {0}, WEIGHTS + 5},
    };
    const struct ind_st_pair metadata[] = {{"epoch", "900"}, {"note", "a \"b\"\n\xc3\xa9"}};
    assert_int_equal(ind_safetensors_write(path, tensors, 4, metadata, 2, false, &err), IND_OK);
}

static void round_trip(void **state)
{
    const char *path = folder_path(*state, "a.safetensors");
    write_small(path);
    struct ind_safetensors file;
    assert_int_equal(ind_safetensors_open(&file, path, SIZE_MAX, &err), IND_OK);
    assert_int_equal(ind_safetensors_verify(&file, &err), IND_OK);
    assert_int_equal(file.tensor_count, 4);
    const struct ind_st_tensor *a = ind_safetensors_find(&file, "a.weight");
    assert_int_equal(a->rank, 2);
    assert_int_equal(a->shape[1], 3);
    assert_memory_equal(file.data + a->begin, WEIGHTS, sizeof WEIGHTS);
    const struct ind_st_tensor *counts = ind_safetensors_find(&file, "counts");
    assert_int_equal(counts->dtype, IND_I16);
    assert_memory_equal(file.data + counts->begin, COUNTS, sizeof COUNTS);
    assert_int_equal(ind_safetensors_find(&file, "scalar")->rank, 0);
    assert_null(ind_safetensors_find(&file, "b"));
    assert_string_equal(ind_safetensors_metadata(&file, "epoch"), "900");
    assert_string_equal(ind_safetensors_metadata(&file, "note"), "a \"b\"\n\xc3\xa9");
    assert_null(ind_safetensors_metadata(&file, "absent"));
    assert_int_equal(((const unsigned char *)file.data - (const unsigned char *)file.bytes) % 64,
                     0);
    ind_safetensors_close(&file);
    assert_int_equal(folder_count(*state), 1); /* no temporary file is left */
}

static void same_arguments_same_bytes(void **state)
{
    const char *first = folder_path(*state, "1"), *second = folder_path(*state, "2");
    write_small(first);
    write_small(second);
    assert_true(files_equal(first, second));
}

/* The hash is the one of `printf abc | xxhsum -H2`, digits in that order. */
static void checksum_is_the_published_one(void **state)
{
    const char *path = folder_path(*state, "a");
    const struct ind_st_write abc = {"x", IND_U8, 1, {3}, "abc"};
    assert_int_equal(ind_safetensors_write(path, &abc, 1, NULL, 0, false, &err), IND_OK);
    struct ind_safetensors file;
    assert_int_equal(ind_safetensors_open(&file, path, SIZE_MAX, &err), IND_OK);
    assert_string_equal(ind_safetensors_metadata(&file, "checksum"),
                        "xxh3-128:06b05ab6733a618578af5f94892f3950");
    ind_safetensors_close(&file);
    assert_int_equal(ind_safetensors_write(path, NULL, 0, NULL, 0, false, &err), IND_OK);
    assert_int_equal(ind_safetensors_open(&file, path, SIZE_MAX, &err), IND_OK);
    assert_string_equal(ind_safetensors_metadata(&file, "checksum"),
                        "xxh3-128:99aa06d3014798d86001c324468d497f");
    ind_safetensors_close(&file);
}

static void every_truncation_is_refused(void **state)
{
    const char *path = folder_path(*state, "a.safetensors");
    write_small(path);
    size_t size;
    char *bytes = file_bytes(path, &size);
    struct ind_safetensors file;
    for (size_t length = 0; length < size; length++) {
        char *exact = malloc(length + 1); /* so that the sanitizer sees one byte too far */
        memcpy(exact, bytes, length);
        if (ind_safetensors_parse(&file, exact, length, &err) == IND_OK)
            fail_msg("accepted the first %zu of %zu bytes", length, size);
        free(exact);
    }
    assert_int_equal(ind_safetensors_parse(&file, bytes, size, &err), IND_OK);
    ind_safetensors_close(&file);
    free(bytes);
}

/* One flipped bit anywhere is refused, or changes no tensor's data. */
static void every_flipped_bit_is_noticed(void **state)
{
    const char *path = folder_path(*state, "a.safetensors");
    write_small(path);
    size_t size;
    char *bytes = file_bytes(path, &size);
    uint64_t header;
    memcpy(&header, bytes, 8);
    struct ind_safetensors file;
    for (size_t i = 8 * (8 + header); i < 8 * size; i++) {
        bytes[i / 8] ^= (char)(1 << i % 8);
        assert_int_equal(ind_safetensors_parse(&file, bytes, size, &err), IND_OK);
        assert_int_equal(ind_safetensors_verify(&file, &err), IND_FAILED);
        assert_non_null(strstr(err.text, "checksum differs"));
        ind_safetensors_close(&file);
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
    free(bytes);
}

struct hostile {
    const char *header;
    size_t data; /* bytes behind it */
    const char *message;
};

#define T(dtype, shape, offsets) \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct hostile HOSTILE[] = {
    {"{\"a\":" T("F32", "[2]", "[0,8]") ",\"b\":" T("F32", "[2]", "[4,12]") "}", 12,
     "tensors a and b overlap"},
    {"{\"a\":" T("F32", "[2]", "[0,8]") ",\"b\":" T("F32", "[2]", "[0,8]") "}", 8,
     "tensors a and b overlap"},
    {"{\"a\":" T("F32", "[1]", "[0,4]") ",\"b\":" T("F32", "[1]", "[8,12]") "}", 12,
     "hole of 4 bytes before tensor b"},
    {"{\"a\":" T("F32", "[1]", "[4,8]") "}", 8, "hole of 4 bytes before tensor a"},
    {"{\"a\":" T("F32", "[1]", "[0,4]") "}", 9, "5 bytes behind the last tensor"},
    {"{}", 1, "1 bytes behind the last tensor"},
    {"{\"a\":" T("F32", "[2]", "[0,4]") "}", 4, "needs 8 bytes, data_offsets hold 4"},
    {"{\"a\":" T("F32", "[1152921504606846976]", "[0,4]") "}", 4,
     "needs 4611686018427387904 bytes"},
    {"{\"a\":" T("F32", "[4294967296,4294967296]", "[0,0]") "}", 0, "absurdly large"},
    {"{\"a\":" T("F32", "[9223372036854775807,2]", "[0,0]") "}", 0, "absurdly large"},
    {"{\"a\":" T("F32", "[-1]", "[0,4]") "}", 4, "none negative"},
    {"{\"a\":" T("F32", "[1.0]", "[0,4]") "}", 4, "list of whole numbers"},
    {"{\"a\":" T("F32", "[1e0]", "[0,4]") "}", 4, "list of whole numbers"},
    {"{\"a\":" T("F32", "[true]", "[0,4]") "}", 4, "list of whole numbers"},
    {"{\"a\":" T("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "9 dimensions, more than 8"},
    {"{\"a\":" T("F32", "7", "[0,4]") "}", 4, "shape must be a list"},
    {"{\"a\":" T("F32", "[1]", "[0,8]") "}", 4, "lie outside the file's 4 bytes"},
    {"{\"a\":" T("F32", "[1]", "[-4,0]") "}", 4, "run backwards"},
    {"{\"a\":" T("F32", "[1]", "[4,0]") "}", 4, "run backwards"},
    {"{\"a\":" T("F32", "[1]", "[0]") "}", 4, "two whole numbers"},
    {"{\"a\":" T("F32", "[1]", "[0,4,8]") "}", 4, "two whole numbers"},
    {"{\"a\":" T("F32", "[1]", "[0,99999999999999999999]") "}", 4, "too big integer"},
    {"{\"a\":" T("F31", "[1]", "[0,4]") "}", 4, "unknown dtype F31"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype is missing"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape must be a list"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "two whole numbers"},
    {"{\"a\":[1]}", 0, "not an object with dtype"},
    {"{\"a\":" T("F32", "[1]", "[0,4]") ",\"a\":" T("F32", "[1]", "[0,4]") "}", 4,
     "duplicate object key"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "duplicate object key"},
    {"{\"__metadata__\":{\"epoch\":900}}", 0, "__metadata__ epoch is not a string"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
    {"{\"a\\u0000b\":" T("F32", "[1]", "[0,4]") "}", 4, "NUL byte in object key"},
    {"{\"a\xff\":" T("F32", "[1]", "[0,4]") "}", 4, "unable to decode byte 0xff"},
    {"{\"a\":" T("F32", "[1]", "[0,4]") "} {}", 4, "end of file expected"},
    {" {}", 0, "does not begin with {"},
    {"[]", 0, "does not begin with {"},
    {"", 0, "does not begin with {"},
    {"{", 0, "JSON"},
};

static int parse_with_header(const char *header, size_t length, size_t data)
{
    size_t size = 8 + length + data;
    char *bytes = calloc(1, size);
    uint64_t written = length;
    memcpy(bytes, &written, 8);
    memcpy(bytes + 8, header, length);
    struct ind_safetensors file;
    int status = ind_safetensors_parse(&file, bytes, size, &err);
    ind_safetensors_close(&file);
    free(bytes);
    return status;
}

static void hostile_headers_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HOSTILE / sizeof *HOSTILE; i++) {
        const struct hostile *h = &HOSTILE[i];
        if (parse_with_header(h->header, strlen(h->header), h->data) == IND_OK)
            fail_msg("accepted %s", h->header);
        if (!strstr(err.text, h->message) || strchr(err.text, '\n'))
            fail_msg("%s\n  says '%s'\n  not '%s'", h->header, err.text, h->message);
    }
    assert_int_equal(parse_with_header("{\"a\":1}\0", 8, 0), IND_FAILED); /* a raw NUL byte */
    assert_non_null(strstr(err.text, "header: JSON"));
}

static void header_length_is_bounded(void **state)
{
    (void)state;
    struct ind_safetensors file;
    uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 60, 17 << 20, 9};
    for (size_t i = 0; i < 5; i++) {
        char bytes[16] = "........{}      ";
        memcpy(bytes, &lengths[i], 8);
        assert_int_equal(ind_safetensors_parse(&file, bytes, sizeof bytes, &err), IND_FAILED);
        assert_non_null(strstr(err.text, i < 4 ? "more than the 2097152" : "truncated"));
    }
}

static void depth_bomb_is_refused(void **state)
{
    (void)state;
    size_t depth = 1 << 20;
    char *header = malloc(depth);
    memset(header, '[', depth);
    memcpy(header, "{\"a\":", 5);
    assert_int_equal(parse_with_header(header, depth, 0), IND_FAILED);
    assert_non_null(strstr(err.text, "maximum parsing depth"));
    free(header);
}

static void foreign_file_without_checksum_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse_with_header("{\"a\":" T("BF16", "[2]", "[0,4]") "}   ",
                                       strlen("{\"a\":" T("BF16", "[2]", "[0,4]") "}   "), 4),
                     IND_OK);
}

static void two_tensors_of_one_name_are_not_written(void **state)
{
    const char *path = folder_path(*state, "a");
    const struct ind_st_write twice[] = {{"x", IND_U8, 1, {1}, "a"}, {"x", IND_U8, 1, {1}, "b"}};
    assert_int_equal(ind_safetensors_write(path, twice, 2, NULL, 0, false, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "two entries named x"));
    assert_int_equal(folder_count(*state), 0);
}

/* A full disk, as write() sees it: the limit on a file's size gives a short write, then an
   error. */
static void full_disk_leaves_the_old_file(void **state)
{
    const char *path = folder_path(*state, "a.safetensors");
    write_small(path);
    size_t size;
    char *before = file_bytes(path, &size);
    char *big = calloc(1, 1 << 20);
    const struct ind_st_write tensor = {"x", IND_U8, 1, {1 << 20}, big};
    struct rlimit unlimited, small = {.rlim_cur = 100000};
    getrlimit(RLIMIT_FSIZE, &unlimited);
    small.rlim_max = unlimited.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int status = ind_safetensors_write(path, &tensor, 1, NULL, 0, false, &err);
    setrlimit(RLIMIT_FSIZE, &unlimited);
    assert_int_equal(status, IND_FAILED);
    assert_non_null(strstr(err.text, "a.safetensors: cannot write: File too large"));
    assert_int_equal(folder_count(*state), 1);
    size_t again;
    char *after = file_bytes(path, &again);
    assert_int_equal(again, size);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
    free(big);
}

static void missing_folder_and_directory_are_named(void **state)
{
    struct ind_safetensors file;
    assert_int_equal(ind_safetensors_open(&file, folder_path(*state, "none"), SIZE_MAX, &err),
                     IND_FAILED);
    assert_non_null(strstr(err.text, "none: cannot open: No such file"));
    assert_int_equal(ind_safetensors_open(&file, *state, SIZE_MAX, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "not a regular file"));
    const char *path = folder_path(*state, "none/a");
    assert_int_equal(ind_safetensors_write(path, NULL, 0, NULL, 0, true, &err), IND_FAILED);
    assert_non_null(strstr(err.text, "none/a: cannot create: No such file"));
}

static float decoded(enum ind_dtype dtype, uint64_t bits)
{
    return ind_dtype_to_float(dtype, &bits);
}

static void elements_become_floats(void **state)
{
    (void)state;
    assert_true(decoded(IND_F16, 0x3c00) == 1.0f);
    assert_true(decoded(IND_F16, 0xc000) == -2.0f);
    assert_true(decoded(IND_F16, 0x7bff) == 65504.0f);
    assert_true(decoded(IND_F16, 0x0001) == 0x1p-24f);
    assert_true(decoded(IND_F16, 0x83ff) == -0x1.ff8p-15f);
    assert_true(decoded(IND_F16, 0x0400) == 0x1p-14f);
    assert_true(decoded(IND_F16, 0x7c00) == INFINITY);
    assert_true(isnan(decoded(IND_F16, 0x7e00)));
    assert_true(signbit(decoded(IND_F16, 0x8000)));
    assert_true(decoded(IND_BF16, 0x3f80) == 1.0f);
    assert_true(decoded(IND_BF16, 0xff80) == -INFINITY);
    assert_true(decoded(IND_F64, 0x3fb999999999999a) == 0.1f);
    assert_true(decoded(IND_I8, 0xff) == -1.0f);
    assert_true(decoded(IND_I64, UINT64_MAX) == -1.0f);
    assert_true(decoded(IND_U8, 0xff) == 255.0f);
    assert_true(decoded(IND_U16, 0xffff) == 65535.0f);
    assert_true(isnan(decoded(IND_F8_E4M3, 0x38)));
    enum ind_dtype dtype;
    for (int i = IND_F64; i <= IND_C64; i++) {
        assert_true(ind_dtype_parse(ind_dtype_name((enum ind_dtype)i), &dtype));
        assert_int_equal(dtype, i);
    }
    assert_false(ind_dtype_parse("f32", &dtype));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(round_trip),
        IN_A_FOLDER(same_arguments_same_bytes),
        IN_A_FOLDER(checksum_is_the_published_one),
        IN_A_FOLDER(every_truncation_is_refused),
        IN_A_FOLDER(every_flipped_bit_is_noticed),
        cmocka_unit_test(hostile_headers_are_named),
        cmocka_unit_test(header_length_is_bounded),
        cmocka_unit_test(depth_bomb_is_refused),
        cmocka_unit_test(foreign_file_without_checksum_is_read),
        IN_A_FOLDER(two_tensors_of_one_name_are_not_written),
        IN_A_FOLDER(full_disk_leaves_the_old_file),
        IN_A_FOLDER(missing_folder_and_directory_are_named),
        cmocka_unit_test(elements_become_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
