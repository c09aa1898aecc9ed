/* The parts of induct-bench. Each prints its own part of the table on stdout. */
#ifndef INDUCT_TESTS_BENCH_BENCH_H
#define INDUCT_TESTS_BENCH_BENCH_H

#include <stdbool.h>

#include <induct/base/error.h>

/* Versions, processor, kernels, load. */
void bench_machine(void);

/* The one-minute load average, with a warning when it is not that of a quiet machine. */
void bench_load(const char *when);

/* Training steps of one and two layers on one and two threads in turn with large products. */
IND_CHECKED int bench_train(int rounds, double turn, struct ind_error *err);

/* Every vector kernel of every instruction set that is here, with its share of the multiply-add
 * rate; `seconds` for each in each round. */
IND_CHECKED int bench_kernels(int rounds, double seconds, struct ind_error *err);

/* Prints milliseconds an epoch of `seconds` of training, median, fastest and of processor time,
 * separated by tabs: a turn of a comparison that somebody else drives. */
IND_CHECKED int bench_turn(int layers, int threads, double seconds, struct ind_error *err);

/* A two-layer model of another size than the presets'; heads of 16 to 64 dimensions. */
struct size {
    int d_model, vocab, context, batch;
};

/* Prints of `seconds` of training it, two steps at the least, the fastest step in milliseconds and
 * in milliseconds of processor time, its products in GFLOP (step_flop), and the peak memory in
 * MiB; separated by tabs. */
IND_CHECKED int bench_size(const struct size *size, int threads, double seconds,
                           struct ind_error *err);

/* A run in `folder`, which must not be there: `pairs` epochs of 2L on two threads with a checkpoint
 * and as many without, in turn. */
IND_CHECKED int bench_checkpoint(const char *folder, int pairs, struct ind_error *err);

/* Reads all checkpoints of a run `rounds` times: microseconds each. */
IND_CHECKED int bench_read(const char *run, int rounds, struct ind_error *err);

/*
 * Runs the commands on stdin, one a line, "NAME<tab>SHELL COMMAND", in turn, `rounds` times; the
 * commands see the round's number as $ROUND. Prints one line a command, columns separated by tabs:
 *
 *   name  seconds (median)  first and third quartile  processor seconds  peak memory (MiB)
 *   ratio to the first command (median of each round's)
 *
 * or "name<tab>failed<tab>why" for one that did not exit with 0 or took longer than `limit`
 * seconds; it is not run again, and neither is one whose runs so far add up to that.
 */
IND_CHECKED int bench_commands(int rounds, double limit, struct ind_error *err);

/* How cost grows: a table (TSV) on stdout, a row a point. Each point `seconds` long in each of
 * `passes` passes over all of them; on all processors, or, `of_processors`, on one thread and in
 * processor time, which other work on the machine hardly changes. */
IND_CHECKED int bench_growth(int passes, double seconds, bool of_processors, struct ind_error *err);

/* Prints the evaluation sequences of a run's own programs, a sequence a line. */
IND_CHECKED int bench_tokens(const char *run, int period, int count, struct ind_error *err);

#endif
