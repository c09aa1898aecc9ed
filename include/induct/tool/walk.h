/*
 * The walk over a series: every selected checkpoint visited once, in parallel, rows written in
 * epoch order.
 *
 * The driver owns threads, order, progress, errors and interruption; a program says what one
 * checkpoint gives. The bytes written do not depend on the number of threads.
 */
#ifndef INDUCT_TOOL_WALK_H
#define INDUCT_TOOL_WALK_H

#include <induct/tool/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_study;
struct ind_eval_data;
struct ind_kept;

struct ind_visit {
    const struct ind_series *series;
    int index; /* in the series */
    long epoch;
    const struct ind_params *params; /* weights of this checkpoint, this worker's own buffer */
    struct ind_rows *rows;           /* where to put this checkpoint's rows; empty at entry */
    int part; /* of the walk's parts; only the first is sure to find `rows` empty */

    /* Of a program that is a declaration (tool/analysis.h), else NULL: */
    const struct ind_study *study;
    const struct ind_eval_data *data; /* of the period that this part is */
};

/* `context` is the program's, shared and read-only during the walk; `worker` is one thread's own
 * scratch. */
struct ind_walk {
    const char *noun; /* what is counted on the progress line: "checkpoints" */
    void *context;
    size_t worker_size; /* bytes of a worker's struct, zeroed before init */
    int (*worker_init)(void *worker, const struct ind_series *series, void *context,
                       struct ind_error *err); /* may be NULL */
    void (*worker_release)(void *worker);      /* may be NULL; called on a failed init too */
    int (*visit)(void *worker, void *context, const struct ind_visit *visit, struct ind_error *err);
    int parts; /* a checkpoint is visited in so many parts, one after another, or where there are
                     more threads than checkpoints side by side; 0 stands for 1 */
    bool pass_over; /* a checkpoint that cannot be read or visited is named on stderr and counted in
                       tool->passed_over, and the walk goes on; otherwise it ends there */
    struct ind_kept *kept; /* rows that the table has already, of checkpoints that are not visited;
                              NULL = none */
    int at_once;  /* checkpoints that are visited side by side at most; 0 = as many as there are
                     threads: for visits that have threads of their own */
    int together; /* how many neighbouring checkpoints a worker takes at once, where there are enough
                     of them: for visits that go on from the one before; 0 stands for 1 */
};

/* Visits the checkpoints that tool->epochs selects. The first error in epoch order ends the walk
   after the rows before it have been written (or, with pass_over, if none is left). SIGINT and
   SIGTERM end it the same way, within a second: a visit that takes longer is left, and with it the
   process (ind_tool_leave). `table` may be NULL for programs that keep results elsewhere. */
int ind_walk_run(struct ind_tool *tool, const struct ind_series *series,
                 const struct ind_walk *walk, struct ind_table *table);

/* Indices of the selected checkpoints (freed with free); an empty selection is an error. */
IND_CHECKED int ind_walk_select(const struct ind_tool *tool, const struct ind_series *series,
                                int **indices, int *count, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
