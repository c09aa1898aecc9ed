/*
 * --continue: rows of a table that is there already, which are not made again. A table that was cut
 * short holds all rows of some checkpoints; the walk copies them where they belong and visits the
 * others, so that the file ends up as if it had never been interrupted.
 */
#ifndef INDUCT_LIB_TOOL_KEPT_H
#define INDUCT_LIB_TOOL_KEPT_H

#include <stdio.h>

#include <induct/tool/analysis.h>

/* Rows in the file's order, each with the run and epoch it is of. Owner; zeroed = none. */
struct ind_kept {
    struct ind_kept_row {
        const char *run; /* NULL without a column `run` */
        long epoch;
        const char *text; /* the line, or what of a quoted cell lies on several */
        size_t size;
    } * rows;
    size_t count;
    char *text; /* private: the file's */
    size_t size;
    char **runs;     /* private: [count] */
    const char *run; /* of the rows that are asked for now */
    size_t next;     /* the first of them that is not written */
};

/* Reads tool->output, if there is such a file, and checks that the same command made it (but for
 * --continue and what does not bear on the rows) with the same columns. `key`: the column that
 * holds the epoch of the checkpoint visited. */
IND_CHECKED int ind_kept_open(struct ind_kept *kept, const struct ind_tool *tool,
                              const struct ind_form *form, const char *key, struct ind_error *err);
void ind_kept_release(struct ind_kept *kept);

/* The rows of this run are meant from now on. */
void ind_kept_begin(struct ind_kept *kept, const char *run);

/* Are there rows of that epoch? */
bool ind_kept_has(const struct ind_kept *kept, long epoch);

/* Writes those of the run's rows that are of an earlier epoch and not written yet. */
IND_CHECKED int ind_kept_write(struct ind_kept *kept, long before, FILE *stream,
                               struct ind_error *err);

#endif
