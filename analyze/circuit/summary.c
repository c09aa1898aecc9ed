/*
 * The table over all epochs: copying, matching and previous-position summaries of every head.
 */
#include "parts.h"

#include <math.h>

#include <induct/tool/walk.h>

/* What all workers share; read-only during the walk. */
struct summing {
    const struct settings *settings;
    struct ind_heads heads;
    int step;             /* of the rows that are tokens */
    double uniform;       /* prev_token under uniform attention */
    double causal_chance; /* top1 of `previous` in rows of random entries */
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},        {"head", IND_COLUMN_TEXT, 0},
    {"kind", IND_COLUMN_TEXT, 0},        {"via", IND_COLUMN_TEXT, 0},
    {"eigen", IND_COLUMN_REAL, 0},       {"top1", IND_COLUMN_REAL, 0},
    {"top1_chance", IND_COLUMN_REAL, 0}, {"diagonal_z", IND_COLUMN_REAL, 0},
    {"prev_token", IND_COLUMN_REAL, 0},  {"prev_token_uniform", IND_COLUMN_REAL, 0},
};

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    const struct summing *summing = context;
    return ind_circuit_init(memory, &series->layout.config, settings_fold(summing->settings), err);
}

static void worker_release(void *memory)
{
    ind_circuit_release(memory);
}

static void put_names(const struct ind_visit *visit, const struct ind_circuit_name *name,
                      const char *kind)
{
    char text[16];
    ind_rows_int(visit->rows, visit->epoch);
    ind_rows_text(visit->rows, ind_head_name(name->head, text));
    ind_rows_text(visit->rows, kind);
    ind_rows_text(visit->rows,
                  name->kind == IND_CIRCUIT_MATCH ? ind_head_name(name->via, text) : "-");
}

/* copy and match, the circuit being made: from tokens to tokens */
static int put_tokens(struct ind_circuit *circuit, const struct summing *summing,
                      const struct ind_visit *visit, const struct ind_circuit_name *name,
                      struct ind_error *err)
{
    double eigen;
    if (ind_circuit_eigen(circuit, &eigen, err))
        return IND_FAILED;
    const struct ind_circuit_diagonal own = ind_circuit_diagonal(circuit, 0, summing->step);
    put_names(visit, name, name->kind == IND_CIRCUIT_MATCH ? "match" : "copy");
    ind_rows_real(visit->rows, eigen);
    ind_rows_real(visit->rows, own.top1);
    ind_rows_real(visit->rows, 1.0 / circuit->cols);
    ind_rows_real(visit->rows, own.z);
    ind_rows_real(visit->rows, (double)NAN);
    ind_rows_real(visit->rows, (double)NAN);
    return IND_OK;
}

static void put_previous(const struct ind_visit *visit, const struct ind_circuit_name *name,
                         const char *kind, double top1, double chance, double z, double prev_token,
                         double uniform)
{
    put_names(visit, name, kind);
    ind_rows_real(visit->rows, (double)NAN);
    ind_rows_real(visit->rows, top1);
    ind_rows_real(visit->rows, chance);
    ind_rows_real(visit->rows, z);
    ind_rows_real(visit->rows, prev_token);
    ind_rows_real(visit->rows, isnan(prev_token) ? (double)NAN : uniform);
}

/* previous: from positions to positions. Through LayerNorm they do not pass alone, so that no
 * pattern of theirs exists. */
static void put_positions(struct ind_circuit *circuit, const struct summing *summing,
                          const struct ind_visit *visit, const struct ind_circuit_name *name)
{
    const struct ind_config *config = &visit->series->layout.config;
    const bool alone =
        config->norm == IND_NORM_NONE || config->positions == IND_POSITIONS_SHORTFORMER;
    struct ind_circuit_diagonal any = {(double)NAN, (double)NAN};
    struct ind_circuit_previous causal = {(double)NAN, (double)NAN, (double)NAN};
    if (ind_circuit_check(name, config, NULL) == IND_OK) {
        ind_circuit_make(circuit, visit->params, name);
        any = ind_circuit_diagonal(circuit, 1, 1);
        causal = ind_circuit_previous(circuit, ind_config_scale(config), config->context - 1);
    }
    put_previous(visit, name, "previous", causal.top1, summing->causal_chance, causal.z,
                 alone ? causal.attention : (double)NAN, summing->uniform);
    put_previous(visit, name, "previous-any", any.top1, 1.0 / config->context, any.z, (double)NAN,
                 (double)NAN);
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    const struct summing *summing = context;
    const int heads = visit->series->layout.config.heads;
    for (int h = 0; h < summing->heads.count; h++) {
        struct ind_circuit_name name = {.kind = IND_CIRCUIT_OV, .head = summing->heads.items[h]};
        ind_circuit_make(memory, visit->params, &name);
        if (put_tokens(memory, summing, visit, &name, err))
            return IND_FAILED;
        name.kind = IND_CIRCUIT_MATCH;
        for (int v = 0; v < name.head.layer * heads; v++) {
            name.via = (struct ind_head){v / heads, v % heads};
            if (v == 0)
                ind_circuit_make(memory, visit->params, &name);
            else
                ind_circuit_change_via(memory, visit->params, &name);
            if (put_tokens(memory, summing, visit, &name, err))
                return IND_FAILED;
        }
        name.kind = IND_CIRCUIT_QK_POS;
        put_positions(memory, summing, visit, &name);
    }
    return IND_OK;
}

/* Mean of 1/(i+1) over i = 1..length-1. */
static double uniform_prev_token(int length)
{
    double sum = 0.0;
    for (int i = 1; i < length; i++)
        sum += 1.0 / (i + 1);
    return length > 1 ? sum / (length - 1) : (double)NAN;
}

int summarise_series(struct ind_tool *tool, const struct settings *settings,
                     const struct ind_series *series)
{
    const struct ind_config *config = &series->layout.config;
    struct summing summing = {.settings = settings,
                              .step = (config->vocab + settings->rows - 1) / settings->rows,
                              .uniform = uniform_prev_token(config->context - 1),
                              .causal_chance = uniform_prev_token(config->context)};
    struct ind_table table;
    if (ind_heads_select(&summing.heads, config, settings->heads, &tool->error))
        return IND_FAILED;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &summing,
                                  .worker_size = sizeof(struct ind_circuit),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    int status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_walk_run(tool, series, &walk, &table);
    ind_heads_release(&summing.heads);
    return status;
}
