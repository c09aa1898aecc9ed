/* Which heads and matrices are measured, and the last checkpoint, which all others are against. */
#include "parts.h"

#include <stdlib.h>

#include <induct/base/memory.h>

enum { RANK_DEFAULT = 4 };

/* ---- Spectra of one checkpoint --------------------------------------------------------------- */

int chosen_init(struct chosen *chosen, const struct measuring *measuring,
                const struct ind_config *config, struct ind_error *err)
{
    chosen->index = -1;
    return ind_bank_init(&chosen->bank, config, measuring->rank, measuring->product_count, err);
}

int chosen_fill(struct chosen *chosen, const struct measuring *measuring, struct ind_banker *banker,
                const struct ind_params *params, int index, struct ind_error *err)
{
    chosen->index = -1;
    if (ind_banker_fill(banker, params, measuring->products, &chosen->bank, err))
        return IND_FAILED;
    chosen->index = index;
    return IND_OK;
}

/* ---- What is chosen -------------------------------------------------------------------------- */

/* Of every head the matrices wanted, qk first whatever the order of --matrix. */
static int list_products(struct measuring *measuring, const struct ind_heads *heads,
                         const struct ind_words *wanted, struct ind_error *err)
{
    const int matrices = wanted->count;
    measuring->product_count = heads->count * matrices;
    if (ind_alloc_into(&measuring->products, (size_t)measuring->product_count,
                       sizeof *measuring->products, err))
        return IND_FAILED;
    for (int i = 0; i < measuring->product_count; i++)
        measuring->products[i] = (struct ind_head_product){
            heads->items[i / matrices], matrices == 2 ? i % 2 : wanted->items[0]};
    return IND_OK;
}

static int choose_rank(struct measuring *measuring, const struct ind_config *config, int wanted,
                       struct ind_error *err)
{
    const int size = ind_spectrum_size(config);
    if (wanted > size)
        return ind_fail(err, "--rank: %d, but QK and OV have only %d singular values", wanted,
                        size);
    measuring->rank = wanted > 0 ? wanted : size < RANK_DEFAULT ? size : RANK_DEFAULT;
    return IND_OK;
}

/* Of those selected the last that can be read: what cannot is told where it is visited. */
static int read_last(const struct ind_study *study, struct ind_params *params, int *index,
                     struct ind_error *err)
{
    for (int i = study->count - 1; i >= 0; i--) {
        *index = study->indices[i];
        if (ind_series_read(study->series, *index, params, err) == IND_OK)
            return IND_OK;
    }
    return IND_FAILED;
}

static int measure_last(struct measuring *measuring, const struct ind_study *study,
                        struct ind_error *err)
{
    struct ind_banker banker = {0};
    struct ind_params params = {0};
    int status = IND_FAILED, index;
    if (ind_banker_init(&banker, study->config, measuring->rank, study->fold, err) == IND_OK &&
        ind_params_init(&params, &study->series->layout, err) == IND_OK &&
        chosen_init(&measuring->last, measuring, study->config, err) == IND_OK &&
        read_last(study, &params, &index, err) == IND_OK)
        status = chosen_fill(&measuring->last, measuring, &banker, &params, index, err);
    ind_params_release(&params);
    ind_banker_release(&banker);
    return status;
}

int measuring_init(struct measuring *measuring, const struct ind_study *study,
                   struct ind_error *err)
{
    const struct settings *s = study->settings;
    measuring->last.index = -1;
    return list_products(measuring, &study->heads, &s->matrices, err) ||
                   choose_rank(measuring, study->config, s->rank, err) ||
                   measure_last(measuring, study, err)
               ? IND_FAILED
               : IND_OK;
}

void measuring_release(struct measuring *measuring)
{
    ind_bank_release(&measuring->last.bank);
    free(measuring->products);
}
