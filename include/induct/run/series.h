/*
 * A series: the checkpoints of one run directory, by index, in epoch order (DEFINITIONS, section
 * 3).
 *
 * Every analysis program reads a series and nothing else. Opening lists the folder and reads
 * config.json; weights are read one checkpoint at a time, by any number of threads at once, each
 * into its own parameters.
 */
#ifndef INDUCT_RUN_SERIES_H
#define INDUCT_RUN_SERIES_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/model/params.h>
#include <induct/recipe/recipe.h>
#include <induct/run/replay.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner; read-only after opening, hence shared by threads. */
struct ind_series {
    char *path;               /* the run directory as given */
    struct ind_recipe recipe; /* recipe.model is the configuration; for imported models the training
                                 part is the defaults and imported is true */
    bool imported;
    struct ind_layout layout;
    long *epochs; /* ascending */
    int count;
    struct ind_replay replay;     /* interventions that it was trained under */
    struct ind_series_form *form; /* private: what the headers of its checkpoints have in common */
};

/* Fails if PATH is no run, holds no checkpoint, or config.json cannot be believed. A folder of
 * checkpoints without config.json is a run too: the model is what the first one's metadata says. */
IND_CHECKED int ind_series_open(struct ind_series *series, const char *path, struct ind_error *err);
void ind_series_close(struct ind_series *series);

/* Reads checkpoint `index` into params (of the series' layout): names, shapes, dtype and checksum
   are verified and non-finite weights refused. What the model was trained under at that epoch then
   stands in params, which must not outlive the series. The error begins with the file's path. */
IND_CHECKED int ind_series_read(const struct ind_series *series, int index,
                                struct ind_params *params, struct ind_error *err);

/* Index of the checkpoint at `epoch`, or -1. */
int ind_series_find(const struct ind_series *series, long epoch);

/* Does PATH look like a run directory (it holds a config.json of ours or a checkpoint file)? Fails
 * where that cannot be told; a folder that is not there, or may not be read, is none. */
IND_CHECKED int ind_series_is_run(const char *path, bool *is_run, struct ind_error *err);

/* Fails if a file written to PATH would be one of a run's own (config.json, a checkpoint, ...):
 * what an analysis gives never takes the place of what it reads; or if it would take the place of
 * what is no file (ind_file_check_target()). PATH need not exist. */
IND_CHECKED int ind_run_guard(const char *path, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
