/*
 * A fuzzer without libFuzzer: replay SEED... runs the fuzzer's entry point on every seed as it is,
 * on 200 truncations of it and on 2000 variants with a few bytes changed. The variants are the same
 * in every run, so that the ordinary suite (any compiler, with or without sanitizers) keeps what
 * fuzzing has found, and notices what needs no search.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRUNCATIONS = 200, VARIANTS = 2000 };

/* xorshift64*: any spread of places and bytes will do. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* From an allocation of exactly its size, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = calloc(size > 0 ? size : 1, 1);

    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* Headers come first in every format: half of the changes go to the first 64 bytes. */
static void run_variant(uint8_t *data, size_t size, uint64_t *state)
{
    size_t place[4];
    uint8_t was[4];
    size_t changes = 1 + next(state) % 4;

    for (size_t i = 0; i < changes; i++) {
        size_t reach = next(state) % 2 == 0 && size > 64 ? 64 : size;

        place[i] = next(state) % reach;
        was[i] = data[place[i]];
        data[place[i]] = (uint8_t)(next(state) >> 32);
    }
    run(data, size);
    while (changes-- > 0)
        data[place[changes]] = was[changes];
}

static void run_seed(uint8_t *data, size_t size)
{
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15);

    run(data, size);
    for (size_t i = 0; i < TRUNCATIONS && i < size; i++)
        run(data, size <= TRUNCATIONS ? i : size / TRUNCATIONS * i);
    for (size_t i = 0; i < VARIANTS && size > 0; i++)
        run_variant(data, size, &state);
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long end;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        *size = (size_t)end;
        data = malloc(*size + 1);
        if (data != NULL && fread(data, 1, *size, file) != *size) {
            free(data);
            data = NULL;
        }
    }
    (void)fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    run(NULL, 0);
    for (int i = 1; i < argc; i++) {
        size_t size = 0;
        uint8_t *data = read_file(argv[i], &size);

        if (data == NULL) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        run_seed(data, size);
        free(data);
    }
    printf("%d seeds\n", argc - 1);
    return 0;
}
