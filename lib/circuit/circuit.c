/*
 * Making a circuit: a factor of the head times the table that feeds it, on either side. Tables are
 * float and may be large, so they pass through a tile in double.
 */
#include <induct/circuit/circuit.h>

#include <assert.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/product.h>

#include "circuit/work.h"

/* ---- Memory ---------------------------------------------------------------------------------- */

enum { TILE_VALUES = 1 << 15 };

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int alloc_work(struct ind_circuit *circuit, struct ind_error *err)
{
    struct ind_circuit_work *work = circuit->work;
    const struct ind_config *c = &work->config;
    const size_t d = (size_t)c->d_model, k = (size_t)c->d_head;
    const size_t table = (size_t)larger(c->vocab, c->context) * k;
    work->tile_rows = larger(16, TILE_VALUES / c->d_model);
    const struct {
        double **buffer;
        size_t count;
    } buffers[] = {
        {&circuit->left, table},
        {&circuit->right, table},
        {&work->factor, d * k},
        {&work->other, d * k},
        {&work->third, d * k},
        {&work->tile, (size_t)work->tile_rows * d},
        {&work->square, k * k},
        {&work->second, k * k},
        {&work->re, k},
        {&work->im, k},
        {&work->mean, k},
        {&work->entries, (size_t)IND_TILE_ROWS * (size_t)larger(IND_TILE_COLS, c->context)},
        {&work->rotated, IND_TILE_ROWS * k},
    };
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        if (ind_alloc_into(buffers[i].buffer, buffers[i].count, sizeof(double), err))
            return IND_FAILED;
    }
    return ind_decomp_init(&work->decomp, c->d_head, c->d_head, err);
}

int ind_circuit_init(struct ind_circuit *circuit, const struct ind_config *config,
                     enum ind_fold fold, struct ind_error *err)
{
    *circuit = (struct ind_circuit){0};
    if (ind_alloc_into(&circuit->work, 1, sizeof *circuit->work, err))
        return IND_FAILED;
    *circuit->work = (struct ind_circuit_work){.config = *config, .fold = fold};
    if (alloc_work(circuit, err)) {
        ind_circuit_release(circuit);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_circuit_release(struct ind_circuit *circuit)
{
    struct ind_circuit_work *work = circuit->work;
    free(circuit->left);
    free(circuit->right);
    if (work != NULL) {
        double *const buffers[] = {work->factor, work->other,   work->third,  work->tile,
                                   work->square, work->second,  work->re,     work->im,
                                   work->mean,   work->entries, work->rotated};
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            free(buffers[i]);
        ind_decomp_release(&work->decomp);
        free(work);
    }
    *circuit = (struct ind_circuit){0};
}

/* ---- Tables times factors -------------------------------------------------------------------- */

static int token_rows(const struct ind_circuit *circuit)
{
    return circuit->tokens != NULL ? circuit->token_count : circuit->work->config.vocab;
}

/* Token of row i of a table of tokens. */
static size_t token_at(const struct ind_circuit *circuit, int i)
{
    return (size_t)(circuit->tokens != NULL ? circuit->tokens[i] : i);
}

/* out [rows,k] = W_E or pos, its rows in question, times factor [d,k]; returns the number of
   rows. */
static int project(struct ind_circuit *circuit, const struct ind_params *params, bool positions,
                   const double *factor, double *out)
{
    struct ind_circuit_work *work = circuit->work;
    const int d = work->config.d_model, k = work->config.d_head;
    const int rows = positions ? work->config.context : token_rows(circuit);
    const float *table = positions ? params->W_pos : params->W_E;
    for (int first = 0; first < rows; first += work->tile_rows) {
        const int count = smaller(rows - first, work->tile_rows);
        for (int i = 0; i < count; i++) {
            const size_t row = positions ? (size_t)(first + i) : token_at(circuit, first + i);
            for (int j = 0; j < d; j++)
                work->tile[(size_t)i * d + j] = (double)table[row * (size_t)d + j];
        }
        ind_product_double(false, false, count, k, d, work->tile, d, factor, k, NULL,
                           out + (size_t)first * (size_t)k, k);
    }
    return rows;
}

/* out [tokens,k] = W_U^T factor [d,k]; W_U [d,vocab] */
static int project_unembedding(struct ind_circuit *circuit, const float *W_U, const double *factor,
                               double *out)
{
    struct ind_circuit_work *work = circuit->work;
    const int d = work->config.d_model, k = work->config.d_head, rows = token_rows(circuit);
    for (int first = 0; first < rows; first += work->tile_rows) {
        const int count = smaller(rows - first, work->tile_rows);
        for (int i = 0; i < d; i++) {
            const float *row = W_U + (size_t)i * (size_t)work->config.vocab;
            for (int j = 0; j < count; j++)
                work->tile[(size_t)i * count + j] = (double)row[token_at(circuit, first + j)];
        }
        ind_product_double(true, false, count, k, d, work->tile, count, factor, k, NULL,
                           out + (size_t)first * (size_t)k, k);
    }
    return rows;
}

/* What ln_final does to an output before W_U: centred, then weighted. */
static void fold_final(const struct ind_circuit_work *work, const float *weight, double *factor)
{
    const int d = work->config.d_model, k = work->config.d_head;
    for (int j = 0; j < k; j++) {
        double sum = 0.0;
        for (int i = 0; i < d; i++)
            sum += factor[(size_t)i * k + j];
        for (int i = 0; i < d; i++)
            factor[(size_t)i * k + j] -= sum / d;
    }
    for (int i = 0; i < d && weight != NULL; i++) {
        for (int j = 0; j < k; j++)
            factor[(size_t)i * k + j] *= (double)weight[i];
    }
}

/* ---- The two sides --------------------------------------------------------------------------- */

/* Tokens or positions times a factor that reads the residual stream. */
static int read_side(struct ind_circuit *circuit, const struct ind_params *params,
                     struct ind_head head, enum ind_factor factor, bool positions, double *out)
{
    struct ind_circuit_work *work = circuit->work;
    const bool behind_norm = positions && work->config.positions == IND_POSITIONS_SHORTFORMER;
    ind_factor_read(params, head, factor, behind_norm ? IND_FOLD_NOTHING : work->fold,
                    work->factor);
    return project(circuit, params, positions, work->factor, out);
}

/* Tokens as the keys see them through head 1: W_E (OV_1 W_K). */
static int match_side(struct ind_circuit *circuit, const struct ind_params *params,
                      const struct ind_circuit_name *name, double *out)
{
    struct ind_circuit_work *work = circuit->work;
    const int d = work->config.d_model, k = work->config.d_head;
    ind_factor_read(params, name->head, IND_FACTOR_K, work->fold, work->factor);
    ind_factors_read(params, name->via, IND_MATRIX_OV, work->fold, work->other, work->third);
    ind_product_double(true, false, k, k, d, work->third, k, work->factor, k, NULL, work->square,
                       k);
    ind_product_double(false, false, d, k, k, work->other, k, work->square, k, NULL, work->factor,
                       k);
    return project(circuit, params, false, work->factor, out);
}

static int logit_side(struct ind_circuit *circuit, const struct ind_params *params,
                      struct ind_head head, double *out)
{
    struct ind_circuit_work *work = circuit->work;
    ind_factor_read(params, head, IND_FACTOR_O, work->fold, work->factor);
    if (work->config.norm != IND_NORM_NONE && work->fold == IND_FOLD_NORM)
        fold_final(work, params->ln_final_w, work->factor);
    return project_unembedding(circuit, params->W_U, work->factor, out);
}

void ind_circuit_make(struct ind_circuit *circuit, const struct ind_params *params,
                      const struct ind_circuit_name *name)
{
    const struct ind_config *config = &circuit->work->config;
    const bool ov = name->kind == IND_CIRCUIT_OV || name->kind == IND_CIRCUIT_OV_POS;
    assert(ind_circuit_check(name, config, NULL) == IND_OK);
    assert(circuit->tokens == NULL || circuit->token_count <= config->vocab);
    circuit->rank = config->d_head;
    circuit->rows = read_side(circuit, params, name->head, ov ? IND_FACTOR_V : IND_FACTOR_Q,
                              ind_circuit_rows_are_positions(name->kind), circuit->left);
    if (ov)
        circuit->cols = logit_side(circuit, params, name->head, circuit->right);
    else if (name->kind == IND_CIRCUIT_MATCH)
        circuit->cols = match_side(circuit, params, name, circuit->right);
    else
        circuit->cols = read_side(circuit, params, name->head, IND_FACTOR_K,
                                  ind_circuit_cols_are_positions(name->kind), circuit->right);
}

void ind_circuit_change_via(struct ind_circuit *circuit, const struct ind_params *params,
                            const struct ind_circuit_name *name)
{
    assert(name->kind == IND_CIRCUIT_MATCH && circuit->rank == circuit->work->config.d_head);
    circuit->cols = match_side(circuit, params, name, circuit->right);
}

void ind_circuit_rows(const struct ind_circuit *circuit, int first, int count, double *out)
{
    const int k = circuit->rank;
    assert(first >= 0 && count >= 0 && first + count <= circuit->rows);
    ind_product_double(false, true, count, circuit->cols, k,
                       circuit->left + (size_t)first * (size_t)k, k, circuit->right, k, NULL, out,
                       circuit->cols);
}
