/*
 * --matrix: circuits in full, as values, pictures and an array.
 *
 * Checkpoints are taken in order and each matrix in tiles of rows, so that values and arrays of any
 * size need little memory. A picture has to be held.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/format/npy.h>
#include <induct/tool/progress.h>
#include <induct/tool/stop.h>
#include <induct/tool/walk.h>

#include "figure.h"

enum { TILE_VALUES = 1 << 16, PICTURE_VALUES = 1 << 24 };

struct showing {
    struct ind_tool *tool;
    const struct settings *settings;
    const struct ind_series *series;
    struct ind_heads heads;
    struct ind_circuit_name name; /* head: the one in work */
    int *indices;                 /* [count]: checkpoints in epoch order */
    long *epochs;                 /* [count] */
    int count;
    int rows, cols;
    bool values;     /* is the table wanted? */
    bool each_epoch; /* a picture a checkpoint? */

    struct ind_params params;
    struct ind_circuit circuit;
    double *tile; /* [tile_rows, cols] */
    int tile_rows;
    double *held; /* [held checkpoints, heads, rows, cols], for pictures */
    struct ind_table table;
    struct ind_rows buffer;
    struct ind_npy npy;
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0}, {"head", IND_COLUMN_TEXT, 0},  {"matrix", IND_COLUMN_TEXT, 0},
    {"row", IND_COLUMN_INT, 0},   {"column", IND_COLUMN_INT, 0}, {"value", IND_COLUMN_REAL, 0},
};

/* ---- What is shown --------------------------------------------------------------------------- */

static int check_tokens(const struct showing *showing, struct ind_error *err)
{
    const struct ind_ints *tokens = &showing->settings->tokens;
    const int vocab = showing->series->layout.config.vocab;
    for (int i = 0; i < tokens->count; i++) {
        if (tokens->items[i] < 0 || tokens->items[i] >= vocab)
            return ind_fail(err, "--tokens: %d is no token: the model has 0 to %d",
                            tokens->items[i], vocab - 1);
    }
    if (tokens->count > vocab)
        return ind_fail(err, "--tokens: %d tokens, but the model has %d", tokens->count, vocab);
    return IND_OK;
}

static int side(const struct showing *showing, bool positions)
{
    const struct ind_config *config = &showing->series->layout.config;
    const int tokens = showing->settings->tokens.count;
    return positions ? config->context : tokens > 0 ? tokens : config->vocab;
}

static int choose_epochs(struct showing *showing, struct ind_error *err)
{
    struct ind_tool *tool = showing->tool;
    if (!tool->epochs.text)
        tool->epochs.text = "last";
    if (ind_walk_select(tool, showing->series, &showing->indices, &showing->count, err) ||
        ind_alloc_into(&showing->epochs, (size_t)showing->count, sizeof *showing->epochs, err))
        return IND_FAILED;
    for (int i = 0; i < showing->count; i++)
        showing->epochs[i] = showing->series->epochs[showing->indices[i]];
    return IND_OK;
}

static int choose(struct showing *showing, struct ind_error *err)
{
    const struct settings *s = showing->settings;
    const struct ind_config *config = &showing->series->layout.config;
    if (ind_heads_select(&showing->heads, config, s->heads, err))
        return IND_FAILED;
    if (ind_circuit_parse(s->matrix, config, &showing->name, err))
        return ind_error_context(err, "--matrix");
    if (check_tokens(showing, err) || choose_epochs(showing, err))
        return IND_FAILED;
    for (int h = 0; h < showing->heads.count; h++) {
        showing->name.head = showing->heads.items[h];
        if (ind_circuit_check(&showing->name, config, err))
            return IND_FAILED;
    }
    showing->rows = side(showing, ind_circuit_rows_are_positions(showing->name.kind));
    showing->cols = side(showing, ind_circuit_cols_are_positions(showing->name.kind));
    showing->values = s->values || (!s->picture && !s->npy);
    showing->each_epoch = s->picture && strstr(s->picture, FIGURE_EPOCH);
    return IND_OK;
}

/* ---- Memory and files ------------------------------------------------------------------------ */

/* Values of all heads of one checkpoint. */
static size_t checkpoint_size(const struct showing *showing)
{
    return (size_t)showing->heads.count * (size_t)showing->rows * (size_t)showing->cols;
}

/* Is a picture drawn as soon as its checkpoint is there? Otherwise all are held. */
static bool draws_at_once(const struct showing *showing)
{
    return showing->each_epoch && !showing->settings->same_scale;
}

static int hold(struct showing *showing, struct ind_error *err)
{
    const size_t checkpoints = draws_at_once(showing) ? 1 : (size_t)showing->count;
    const double values = (double)checkpoint_size(showing) * (double)checkpoints;
    if (values > PICTURE_VALUES)
        return ind_fail(
            err,
            "--picture: %d panels of %d x %d values are too many to draw: choose heads, "
            "--epochs or --tokens (--npy takes any number)",
            (int)checkpoints * showing->heads.count, showing->rows, showing->cols);
    return ind_alloc_into(&showing->held, checkpoint_size(showing) * checkpoints,
                          sizeof *showing->held, err);
}

static int open_npy(struct showing *showing, struct ind_error *err)
{
    const size_t shape[] = {(size_t)showing->count, (size_t)showing->heads.count,
                            (size_t)showing->rows, (size_t)showing->cols};
    const bool one = showing->count == 1 && showing->heads.count == 1;
    return ind_npy_open(&showing->npy, showing->settings->npy, one ? 2 : 4, one ? shape + 2 : shape,
                        err);
}

static int open_all(struct showing *showing, struct ind_error *err)
{
    const struct settings *s = showing->settings;
    const struct ind_series *series = showing->series;
    showing->tile_rows = TILE_VALUES / showing->cols > 0 ? TILE_VALUES / showing->cols : 1;
    if (ind_params_init(&showing->params, &series->layout, err) ||
        ind_circuit_init(&showing->circuit, &series->layout.config, settings_fold(s), err) ||
        ind_alloc_into(&showing->tile, (size_t)showing->tile_rows * (size_t)showing->cols,
                       sizeof *showing->tile, err))
        return IND_FAILED;
    if (s->tokens.count > 0) {
        showing->circuit.tokens = s->tokens.items;
        showing->circuit.token_count = s->tokens.count;
    }
    if ((s->picture && hold(showing, err)) || (s->npy && open_npy(showing, err)))
        return IND_FAILED;
    return showing->values ? ind_tool_table(showing->tool, &showing->table, columns,
                                            sizeof columns / sizeof *columns)
                           : IND_OK;
}

static void showing_release(struct showing *showing)
{
    ind_heads_release(&showing->heads);
    ind_params_release(&showing->params);
    ind_circuit_release(&showing->circuit);
    ind_rows_release(&showing->buffer);
    ind_npy_abandon(&showing->npy);
    free(showing->indices);
    free(showing->epochs);
    free(showing->tile);
    free(showing->held);
}

/* ---- One matrix ------------------------------------------------------------------------------ */

static int token_or_position(const struct showing *showing, bool position, int i)
{
    return !position && showing->settings->tokens.count > 0 ? showing->settings->tokens.items[i]
                                                            : i;
}

static int put_values(struct showing *showing, long epoch, int first, int count,
                      struct ind_error *err)
{
    const bool row_positions = ind_circuit_rows_are_positions(showing->name.kind);
    const bool col_positions = ind_circuit_cols_are_positions(showing->name.kind);
    struct ind_rows *rows = &showing->buffer;
    char head[16], matrix[32];
    ind_head_name(showing->name.head, head);
    ind_circuit_text(&showing->name, matrix);
    ind_rows_clear(rows);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < showing->cols; j++) {
            ind_rows_int(rows, epoch);
            ind_rows_text(rows, head);
            ind_rows_text(rows, matrix);
            ind_rows_int(rows, token_or_position(showing, row_positions, first + i));
            ind_rows_int(rows, token_or_position(showing, col_positions, j));
            ind_rows_real(rows, showing->tile[(size_t)i * (size_t)showing->cols + (size_t)j]);
        }
    }
    return ind_table_write(&showing->table, rows, err);
}

/* Tile by tile to everything that wants it; `held` is where a picture looks for this matrix. */
static int show_matrix(struct showing *showing, long epoch, double *held, struct ind_error *err)
{
    ind_circuit_make(&showing->circuit, &showing->params, &showing->name);
    for (int first = 0; first < showing->rows; first += showing->tile_rows) {
        const int left = showing->rows - first;
        const int count = left < showing->tile_rows ? left : showing->tile_rows;
        const size_t size = (size_t)count * (size_t)showing->cols;
        ind_circuit_rows(&showing->circuit, first, count, showing->tile);
        if (held)
            memcpy(held + (size_t)first * (size_t)showing->cols, showing->tile,
                   size * sizeof *held);
        if ((showing->values && put_values(showing, epoch, first, count, err)) ||
            (showing->settings->npy && ind_npy_write(&showing->npy, showing->tile, size, err)))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- Pictures -------------------------------------------------------------------------------- */

/* Checkpoints first..first+count-1, whose values are `values`. */
static int draw(const struct showing *showing, int first, int count, const double *values,
                double top, struct ind_error *err)
{
    const struct figure figure = {.tool = showing->tool,
                                  .settings = showing->settings,
                                  .name = &showing->name,
                                  .heads = &showing->heads,
                                  .epochs = showing->epochs + first,
                                  .checkpoints = count,
                                  .rows = showing->rows,
                                  .cols = showing->cols,
                                  .values = values};
    if (showing->settings->scale > 0.0)
        top = showing->settings->scale;
    return figure_draw(&figure, top, err);
}

/* What was held until all were there: one figure, or one a checkpoint on the same scale. */
static int draw_held(const struct showing *showing, struct ind_error *err)
{
    const size_t size = checkpoint_size(showing);
    const double top = figure_largest(showing->held, size * (size_t)showing->count);
    if (!showing->each_epoch)
        return draw(showing, 0, showing->count, showing->held, top, err);
    for (int i = 0; i < showing->count; i++) {
        if (draw(showing, i, 1, showing->held + (size_t)i * size, top, err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int show_checkpoint(struct showing *showing, int i, struct ind_error *err)
{
    const size_t size = checkpoint_size(showing);
    const size_t matrix = size / (size_t)showing->heads.count;
    double *held = NULL;
    if (ind_series_read(showing->series, showing->indices[i], &showing->params, err))
        return IND_FAILED;
    if (showing->held)
        held = showing->held + (draws_at_once(showing) ? 0 : (size_t)i * size);
    for (int h = 0; h < showing->heads.count; h++) {
        showing->name.head = showing->heads.items[h];
        if (show_matrix(showing, showing->epochs[i], held ? held + (size_t)h * matrix : NULL, err))
            return IND_FAILED;
    }
    if (showing->held && draws_at_once(showing))
        return draw(showing, i, 1, held, figure_largest(held, size), err);
    return IND_OK;
}

static int show_all(struct showing *showing)
{
    struct ind_tool *tool = showing->tool;
    struct ind_progress progress;
    int status = IND_OK;
    ind_progress_start(&progress, "checkpoints", 0, showing->count, tool->quiet);
    for (int i = 0; i < showing->count && status == IND_OK; i++) {
        if (ind_stop_signal())
            status =
                ind_fail(&tool->error, "interrupted after %d of %d checkpoints", i, showing->count);
        else
            status = show_checkpoint(showing, i, &tool->error);
        ind_progress_update(&progress, i + 1, NULL);
    }
    ind_progress_end(&progress);
    if (status == IND_OK && showing->settings->npy)
        status = ind_npy_commit(&showing->npy, &tool->error);
    if (status == IND_OK && showing->held && !draws_at_once(showing))
        status = draw_held(showing, &tool->error);
    return status;
}

int show_matrices(struct ind_tool *tool, const struct settings *settings,
                  const struct ind_series *series)
{
    struct showing showing = {.tool = tool, .settings = settings, .series = series};
    int status = choose(&showing, &tool->error);
    if (status == IND_OK)
        status = open_all(&showing, &tool->error);
    if (status == IND_OK)
        status = show_all(&showing);
    showing_release(&showing);
    return status;
}
