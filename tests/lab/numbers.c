/*
 * core-alone: the core and the exports of the page, linked with nothing but libm, which is what the
 * core promises to need (lib/core.cmake); and the native numbers that induct.wasm is compared with.
 *
 *   core-alone FOLDER < scenes.txt
 *
 * reads shape.i32 (layers heads d_model d_head vocab context sequences period), model.f32 and
 * donor.f32 (weights in the layout's order, sinusoidal positions) and tokens.i32 [sequences,
 * context], carries out the lines, and prints every number that they give, one a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab.h"

enum { TRAINED_LO = 5, TRAINED_HI = 8 };
enum { LAYERS, HEADS, D_MODEL, D_HEAD, VOCAB, CONTEXT, SEQUENCES, PERIOD, SHAPE };

struct scene {
    int32_t shape[SHAPE];
    int length; /* of the sequence that is run: all but its last token */
    struct ind_lab *lab;
    const int32_t *tokens;
};

static void die(const char *what)
{
    fprintf(stderr, "core-alone: %s\n", what);
    exit(1);
}

static void *slurp(const char *folder, const char *name, void *out, size_t bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || out == NULL || fread(out, 1, bytes, file) != bytes)
        die(path);
    fclose(file);
    return out;
}

static void print_floats(const float *values, size_t count)
{
    if (values == NULL)
        die("nothing to look at");
    for (size_t i = 0; i < count; i++)
        printf("%.9g\n", (double)values[i]);
}

static void print_doubles(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%.17g\n", values[i]);
}

/* ---- Lines that print ------------------------------------------------------------------------ */

static int print_top(const struct scene *s, int row, int count)
{
    int32_t tokens[16];
    float probabilities[16];
    int status = ind_lab_top(s->lab, row, count, tokens, probabilities);
    for (int n = 0; n < count; n++)
        printf("%d\n", (int)tokens[n]);
    print_floats(probabilities, (size_t)count);
    return status;
}

static int print_split(const struct scene *s, int layer, int head)
{
    const size_t count = 4 * (size_t)s->length * (size_t)s->length;
    float *out = ind_lab_alloc(count * sizeof *out);
    int status = ind_lab_split(s->lab, layer, head, out);
    print_floats(out, count);
    ind_lab_free(out);
    return status;
}

static int print_evaluation(const struct scene *s, int set)
{
    double out[IND_LAB_RESULTS];
    int status = ind_lab_evaluate(s->lab, set, s->tokens, s->shape[SEQUENCES], s->shape[PERIOD],
                                  TRAINED_LO, TRAINED_HI, out);
    print_doubles(out, IND_LAB_RESULTS);
    return status;
}

static int print_sources(const struct scene *s, int layer, int head, int row)
{
    const int sources = ind_lab_source_count(s->lab, layer);
    const size_t count = (size_t)sources * (size_t)sources * (size_t)(row + 1);
    float *out = ind_lab_alloc(count * sizeof *out);
    int status = ind_lab_sources(s->lab, layer, head, row, out);
    print_floats(out, count);
    ind_lab_free(out);
    return status;
}

static int print_attribution(const struct scene *s, int row, int token)
{
    double out[64];
    int status = ind_lab_attribution(s->lab, row, token, out);
    print_doubles(out, (size_t)ind_lab_component_count(s->lab));
    return status;
}

static int print_writes(const struct scene *s, const int *n)
{
    double out[64];
    int status = ind_lab_writes(s->lab, n[0], n[1], n[2], n[3], out);
    print_doubles(out, (size_t)n[2] + 1);
    return status;
}

static int print_means(const struct scene *s, int set)
{
    const int32_t *shape = s->shape;
    const size_t heads = (size_t)shape[LAYERS] * (size_t)shape[HEADS];
    const size_t count = heads * (size_t)s->length * (size_t)s->length;
    float *out = ind_lab_alloc(count * sizeof *out);
    int status = ind_lab_mean_patterns(s->lab, set, s->tokens, shape[SEQUENCES], out);
    print_floats(out, count);
    ind_lab_free(out);
    return status;
}

static int print(const struct scene *s, const char *what, const int *n)
{
    const size_t square = (size_t)s->length * (size_t)s->length;
    if (strcmp(what, "pattern") == 0)
        print_floats(ind_lab_pattern(s->lab, n[0], n[1]), square);
    else if (strcmp(what, "scores") == 0)
        print_floats(ind_lab_scores(s->lab, n[0], n[1]), square);
    else if (strcmp(what, "logits") == 0)
        print_floats(ind_lab_logits(s->lab), (size_t)s->length * (size_t)s->shape[VOCAB]);
    else if (strcmp(what, "top") == 0)
        return print_top(s, n[0], n[1]);
    else if (strcmp(what, "split") == 0)
        return print_split(s, n[0], n[1]);
    else if (strcmp(what, "evaluate") == 0)
        return print_evaluation(s, n[0]);
    else if (strcmp(what, "sources") == 0)
        return print_sources(s, n[0], n[1], n[2]);
    else if (strcmp(what, "attribution") == 0)
        return print_attribution(s, n[0], n[1]);
    else if (strcmp(what, "writes") == 0)
        return print_writes(s, n);
    else if (strcmp(what, "mean_patterns") == 0)
        return print_means(s, n[0]);
    else
        die(what);
    return 0;
}

/* ---- All lines ------------------------------------------------------------------------------- */

static int carry_out(const struct scene *s, const char *what, const int *n)
{
    if (strcmp(what, "reset") == 0) {
        ind_lab_reset(s->lab);
        return 0;
    }
    if (strcmp(what, "zero") == 0)
        return ind_lab_zero(s->lab, n[0], n[1]);
    if (strcmp(what, "mean") == 0)
        return ind_lab_mean(s->lab, n[0], n[1]);
    if (strcmp(what, "freeze") == 0)
        return ind_lab_freeze(s->lab, n[0], n[1], n[2]);
    if (strcmp(what, "graft") == 0)
        return ind_lab_graft(s->lab, n[0], n[1], n[2], n[3]);
    if (strcmp(what, "drop") == 0)
        return ind_lab_drop(s->lab, n[0], n[1], n[2]);
    if (strcmp(what, "run") == 0)
        return ind_lab_run(s->lab, n[0], s->tokens, s->length);
    return print(s, what, n);
}

static void load(struct scene *s, const char *folder)
{
    const int32_t *shape = s->shape;
    slurp(folder, "shape.i32", s->shape, sizeof s->shape);
    s->length = shape[CONTEXT] - 1;
    s->lab = ind_lab_open(shape[LAYERS], shape[HEADS], shape[D_MODEL], shape[D_HEAD], shape[VOCAB],
                          shape[CONTEXT], ind_lab_positions("sinusoidal"), ind_lab_norm("none"), 0,
                          0.0, 1e-5, 0, 10000.0, 0);
    if (s->lab == NULL || *ind_lab_error(s->lab))
        die("no lab");
    const size_t weights = (size_t)ind_lab_total(s->lab) * sizeof(float);
    const size_t tokens = (size_t)shape[SEQUENCES] * (size_t)shape[CONTEXT];
    slurp(folder, "model.f32", ind_lab_weights(s->lab, 0), weights);
    slurp(folder, "donor.f32", ind_lab_weights(s->lab, 1), weights);
    s->tokens = slurp(folder, "tokens.i32", ind_lab_alloc(tokens * sizeof(int32_t)),
                      tokens * sizeof(int32_t));
    if (ind_lab_reference(s->lab, s->tokens, shape[SEQUENCES] / 2))
        die(ind_lab_error(s->lab));
}

int main(int argc, char **argv)
{
    struct scene scene = {0};
    char line[256];
    if (argc != 2)
        die("usage: core-alone FOLDER < scenes.txt");
    load(&scene, argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        char what[32] = "#";
        int n[4] = {0};
        sscanf(line, "%31s %d %d %d %d", what, &n[0], &n[1], &n[2], &n[3]);
        if (*what != '#' && carry_out(&scene, what, n) != 0)
            die(ind_lab_error(scene.lab));
    }
    ind_lab_free((void *)scene.tokens);
    ind_lab_close(scene.lab);
    return 0;
}
