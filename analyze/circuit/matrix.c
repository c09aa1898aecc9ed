/*
 * --matrix: circuits in full, as values, pictures and an array.
 *
 * Checkpoints are taken in order and each matrix in tiles of rows, so that values and arrays of any
 * size need little memory. A picture has to be held.
 */
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/tool/figure.h>
#include <induct/tool/progress.h>
#include <induct/tool/stop.h>

#include "figure.h"
#include "matrix.h"

enum { TILE_VALUES = 1 << 16 };

struct row {
    long epoch;
    struct ind_head head;
    char matrix[32];
    int row, column;
    double value;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head, "L0H2"),
    IND_FIELD(struct row, matrix, "the NAME of --matrix"),
    IND_FIELD(struct row, row, "token or position"),
    IND_FIELD(struct row, column, "token or position"),
    IND_FIELD(struct row, value, "QK is not divided by the scores' sqrt(d_head)"),
    {0}};

/* ---- What is shown --------------------------------------------------------------------------- */

static int check_tokens(const struct showing *showing, struct ind_error *err)
{
    const struct ind_ints *tokens = &showing->settings->tokens;
    const int vocab = showing->study->config->vocab;
    if (tokens->count > 0 && showing->name.kind == IND_CIRCUIT_QK_POS)
        return ind_fail(err, "--tokens: %s has positions on both sides, no tokens",
                        showing->settings->matrix);
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
    const struct ind_config *config = showing->study->config;
    const int tokens = showing->settings->tokens.count;
    return positions ? config->context : tokens > 0 ? tokens : config->vocab;
}

/* What cannot be shown is refused before there is a table. */
static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct showing *showing = memory;
    const struct settings *s = study->settings;
    showing->study = study;
    showing->settings = s;
    if (ind_circuit_parse(s->matrix, study->config, &showing->name, err))
        return ind_error_context(err, "--matrix");
    if (check_tokens(showing, err) ||
        ind_alloc_into(&showing->epochs, (size_t)study->count, sizeof *showing->epochs, err))
        return IND_FAILED;
    for (int i = 0; i < study->count; i++)
        showing->epochs[i] = study->series->epochs[study->indices[i]];
    for (int h = 0; h < study->heads.count; h++) {
        showing->name.head = study->heads.items[h];
        if (ind_circuit_check(&showing->name, study->config, err))
            return IND_FAILED;
    }
    showing->rows = side(showing, ind_circuit_rows_are_positions(showing->name.kind));
    showing->cols = side(showing, ind_circuit_cols_are_positions(showing->name.kind));
    showing->each_epoch = ind_figure_is_series(s->picture);
    return IND_OK;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static int open_npy(struct showing *showing, struct ind_error *err)
{
    const size_t shape[] = {(size_t)showing->study->count, (size_t)showing->study->heads.count,
                            (size_t)showing->rows, (size_t)showing->cols};
    const bool one = showing->study->count == 1 && showing->study->heads.count == 1;
    return ind_npy_open(&showing->npy, showing->settings->npy, one ? 2 : 4, one ? shape + 2 : shape,
                        err);
}

static int open_all(struct showing *showing, struct ind_error *err)
{
    const struct settings *s = showing->settings;
    const struct ind_series *series = showing->study->series;
    showing->tile_rows = TILE_VALUES / showing->cols > 0 ? TILE_VALUES / showing->cols : 1;
    if (ind_params_init(&showing->params, &series->layout, err) ||
        ind_circuit_init(&showing->circuit, &series->layout.config, showing->study->fold, err) ||
        ind_alloc_into(&showing->tile, (size_t)showing->tile_rows * (size_t)showing->cols,
                       sizeof *showing->tile, err))
        return IND_FAILED;
    if (s->tokens.count > 0) {
        showing->circuit.tokens = s->tokens.items;
        showing->circuit.token_count = s->tokens.count;
    }
    return (s->picture && matrix_hold(showing, err)) || (s->npy && open_npy(showing, err))
               ? IND_FAILED
               : IND_OK;
}

static void showing_release(void *memory)
{
    struct showing *showing = memory;
    ind_params_release(&showing->params);
    ind_circuit_release(&showing->circuit);
    ind_rows_release(&showing->buffer);
    ind_npy_abandon(&showing->npy);
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
    struct row row = {.epoch = epoch, .head = showing->name.head};
    const double *value = showing->tile;
    ind_circuit_text(&showing->name, row.matrix);
    ind_rows_clear(&showing->buffer);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < showing->cols; j++) {
            row.row = token_or_position(showing, row_positions, first + i);
            row.column = token_or_position(showing, col_positions, j);
            row.value = *value++;
            ind_form_put(&showing->study->form, showing->study->run, &row, &showing->buffer);
        }
    }
    return ind_table_write(showing->table, &showing->buffer, err);
}

/* Tile by tile to everything that wants it; `held` is where a picture looks for this matrix. */
static int show_matrix(struct showing *showing, long epoch, double *held, struct ind_error *err)
{
    ind_circuit_make(&showing->circuit, &showing->params, &showing->name);
    for (int first = 0; first < showing->rows; first += showing->tile_rows) {
        const int left = showing->rows - first;
        const int count = left < showing->tile_rows ? left : showing->tile_rows;
        const size_t size = (size_t)count * (size_t)showing->cols;
        if (ind_stop_signal())
            return ind_fail(err, "interrupted at epoch %ld", epoch);
        ind_circuit_rows(&showing->circuit, first, count, showing->tile);
        if (held)
            memcpy(held + (size_t)first * (size_t)showing->cols, showing->tile,
                   size * sizeof *held);
        if ((showing->table && put_values(showing, epoch, first, count, err)) ||
            (showing->settings->npy && ind_npy_write(&showing->npy, showing->tile, size, err)))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int show_checkpoint(struct showing *showing, int i, struct ind_error *err)
{
    const size_t size = values_of_checkpoint(showing);
    const size_t matrix = size / (size_t)showing->study->heads.count;
    double *held = NULL;
    if (ind_series_read(showing->study->series, showing->study->indices[i], &showing->params, err))
        return IND_FAILED;
    if (showing->held)
        held = showing->held + (matrix_drawn_at_once(showing) ? 0 : (size_t)i * size);
    for (int h = 0; h < showing->study->heads.count; h++) {
        showing->name.head = showing->study->heads.items[h];
        if (show_matrix(showing, showing->epochs[i], held ? held + (size_t)h * matrix : NULL, err))
            return IND_FAILED;
    }
    if (showing->held && matrix_drawn_at_once(showing))
        return matrix_draw(showing, i, 1, held, figure_largest(held, size), err);
    return IND_OK;
}

static int show_all(struct showing *showing, struct ind_error *err)
{
    const int count = showing->study->count;
    struct ind_progress progress;
    int status = IND_OK;
    ind_progress_start(&progress, "checkpoints", 0, count, showing->study->tool->quiet);
    for (int i = 0; i < count && status == IND_OK; i++) {
        status = show_checkpoint(showing, i, err);
        ind_progress_update(&progress, i + 1, NULL);
    }
    ind_progress_end(&progress);
    if (status == IND_OK && showing->settings->npy)
        status = ind_npy_commit(&showing->npy, err);
    if (status == IND_OK && showing->held && !matrix_drawn_at_once(showing))
        status = matrix_draw_held(showing, err);
    return status;
}

static int show(struct ind_study *study, struct ind_table *table, struct ind_error *err)
{
    struct showing *showing = study->shared;
    showing->table = table;
    const int status = open_all(showing, err);
    return status == IND_OK ? show_all(showing, err) : status;
}

static bool prints(const void *settings)
{
    const struct settings *s = settings;
    return s->values || (!s->picture && !s->npy);
}

const struct ind_analysis circuit_matrix = {
    .option = "matrix",
    .fields = fields,
    .details = "One circuit whole, by default of the last checkpoint:\n"
               "\n"
               "  qk            W_E QK W_E^T    query token x key token\n"
               "  qk-pos        pos QK pos^T    query position x key position\n"
               "  qk-token-pos  W_E QK pos^T    query token x key position\n"
               "  qk-pos-token  pos QK W_E^T    query position x key token\n"
               "  ov            W_E OV W_U      source token x logit\n"
               "  ov-pos        pos OV W_U      source position x logit\n"
               "  match:L0H2    W_E QK OV_1^T W_E^T with L0H2 for head 1",
    .takes = {.heads = IND_HEADS_ALL, .fold = true},
    .epochs = "last",
    .prints = prints,
    IND_SHARED(struct showing, prepare, showing_release),
    .act = show};
