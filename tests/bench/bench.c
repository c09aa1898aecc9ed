/*
 * induct-bench: what tests/bench/run.sh measures with. Not installed.
 *
 *   induct-bench machine                       versions, processor, kernels
 *   induct-bench load WHEN                     the load average
 *   induct-bench train ROUNDS SECONDS          epochs against large products, in turn
 *   induct-bench turn LAYERS THREADS SECONDS   milliseconds an epoch
 *   induct-bench size D_MODEL VOCAB CONTEXT BATCH THREADS SECONDS
 *                                              a step of a model of that size
 *   induct-bench checkpoint RUN PAIRS          epochs with and without a checkpoint, in turn
 *   induct-bench kernels ROUNDS SECONDS        each vector kernel against the limit
 *   induct-bench read RUN ROUNDS               microseconds a checkpoint
 *   induct-bench commands ROUNDS LIMIT         commands from stdin, in turn
 *   induct-bench growth PASSES SECONDS [processor]
 *                                              cost against sizes
 *   induct-bench tokens RUN PERIOD COUNT       the programs' evaluation sequences
 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/math/blas.h>
#include <induct/math/simd.h>

enum { EXIT_USAGE = 64 };

static int run(int count, char **words, struct ind_error *err)
{
    const char *what = count > 0 ? words[0] : "";
    if (strcmp(what, "machine") == 0 && count == 1)
        return bench_machine(), IND_OK;
    if (strcmp(what, "load") == 0 && count == 2)
        return bench_load(words[1]), IND_OK;
    if (strcmp(what, "train") == 0 && count == 3)
        return bench_train(atoi(words[1]), atof(words[2]), err);
    if (strcmp(what, "turn") == 0 && count == 4)
        return bench_turn(atoi(words[1]), atoi(words[2]), atof(words[3]), err);
    if (strcmp(what, "size") == 0 && count == 7)
        return bench_size(
            &(struct size){atoi(words[1]), atoi(words[2]), atoi(words[3]), atoi(words[4])},
            atoi(words[5]), atof(words[6]), err);
    if (strcmp(what, "checkpoint") == 0 && count == 3)
        return bench_checkpoint(words[1], atoi(words[2]), err);
    if (strcmp(what, "kernels") == 0 && count == 3)
        return bench_kernels(atoi(words[1]), atof(words[2]), err);
    if (strcmp(what, "read") == 0 && count == 3)
        return bench_read(words[1], atoi(words[2]), err);
    if (strcmp(what, "commands") == 0 && count == 3)
        return bench_commands(atoi(words[1]), atof(words[2]), err);
    if (strcmp(what, "growth") == 0 && (count == 3 || count == 4))
        return bench_growth(atoi(words[1]), atof(words[2]),
                            count == 4 && strcmp(words[3], "processor") == 0, err);
    if (strcmp(what, "tokens") == 0 && count == 4)
        return bench_tokens(words[1], atoi(words[2]), atoi(words[3]), err);
    fprintf(stderr, "induct-bench: no such measurement: see the head of tests/bench/bench.c\n");
    exit(EXIT_USAGE);
}

int main(int argc, char **argv)
{
    struct ind_error err = {""};
    ind_blas_init();
    if (ind_simd_init(&err) != IND_OK) {
        fprintf(stderr, "induct-bench: %s\n", err.text);
        return EXIT_USAGE;
    }
    const int status = run(argc - 1, argv + 1, &err);
    if (status)
        fprintf(stderr, "induct-bench: %s\n", err.text);
    return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
