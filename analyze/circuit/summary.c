/*
 * The table over all epochs: copying, matching and previous-position summaries of every head.
 */
#include "parts.h"

#include <math.h>

/* What all workers share; read-only during the walk. */
struct summing {
    int step;             /* of the rows that are tokens */
    double uniform;       /* prev_token under uniform attention */
    double causal_chance; /* top1 of `previous` in rows of random entries */
};

struct row {
    long epoch;
    struct ind_head head;
    const char *kind;
    char via[16];
    double eigen, top1, top1_chance, diagonal_z, prev_token, prev_token_uniform;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head, "L0H2"),
    IND_FIELD(struct row, kind, "copy, match, previous or previous-any: see below"),
    IND_FIELD(struct row, via, "of match: the earlier head 1"),
    IND_FIELD(struct row, eigen,
              "sum of Re(lambda) / sum of |lambda| over the eigenvalues, -1 to 1: 1 where each "
              "token is mapped to itself"),
    IND_FIELD(struct row, top1,
              "share of rows whose own entry is the largest: of tokens, that of the token itself; "
              "of positions t >= 1, that of t - 1. The three memory probes of Bietti et al. 2023"),
    IND_FIELD(struct row, top1_chance,
              "what rows of random entries give: the mean of 1 / their length"),
    IND_FIELD(struct row, diagonal_z,
              "mean over rows of (own entry - mean of the row) / its standard deviation"),
    IND_FIELD(
        struct row, prev_token,
        "attention to the previous position if positions alone acted: of softmax(pos QK pos^T / "
        "scale), biases taking no part, as induct-score's positional_prev_token"),
    IND_FIELD(struct row, prev_token_uniform, "what uniform attention gives"),
    {0}};

static int start(void *circuit, const struct ind_study *study, struct ind_error *err)
{
    return ind_circuit_init(circuit, study->config, study->fold, err);
}

static void end(void *circuit)
{
    ind_circuit_release(circuit);
}

/* Empty but for its names. */
static struct row row_of(const struct ind_visit *at, const struct ind_circuit_name *name,
                         const char *kind)
{
    struct row row = {at->epoch,   name->head,  kind,        "-",         (double)NAN,
                      (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    if (name->kind == IND_CIRCUIT_MATCH)
        ind_head_name(name->via, row.via);
    return row;
}

/* copy and match, the circuit being made: from tokens to tokens */
static int put_tokens(struct ind_circuit *circuit, const struct ind_study *study,
                      const struct ind_visit *at, const struct ind_circuit_name *name,
                      struct ind_error *err)
{
    const struct summing *summing = study->shared;
    struct row row = row_of(at, name, name->kind == IND_CIRCUIT_MATCH ? "match" : "copy");
    if (ind_circuit_eigen(circuit, &row.eigen, err))
        return IND_FAILED;
    const struct ind_circuit_diagonal own = ind_circuit_diagonal(circuit, 0, summing->step);
    row.top1 = own.top1;
    row.top1_chance = 1.0 / circuit->cols;
    row.diagonal_z = own.z;
    ind_put(at, &row);
    return IND_OK;
}

/* previous: from positions to positions. Through LayerNorm they do not pass alone, so that no
 * pattern of theirs exists. */
static void put_positions(struct ind_circuit *circuit, const struct ind_study *study,
                          const struct ind_visit *at, const struct ind_circuit_name *name)
{
    const struct ind_config *config = study->config;
    const struct summing *summing = study->shared;
    const bool alone =
        config->norm == IND_NORM_NONE || config->positions == IND_POSITIONS_SHORTFORMER;
    struct ind_circuit_diagonal any = {(double)NAN, (double)NAN};
    struct ind_circuit_previous causal = {(double)NAN, (double)NAN, (double)NAN};
    struct row row = row_of(at, name, "previous");
    if (ind_circuit_check(name, config, NULL) == IND_OK) {
        ind_circuit_make(circuit, at->params, name);
        any = ind_circuit_diagonal(circuit, 1, 1);
        causal = ind_circuit_previous(circuit, ind_config_scale(config), config->context - 1);
    }
    row.top1 = causal.top1;
    row.top1_chance = summing->causal_chance;
    row.diagonal_z = causal.z;
    row.prev_token = alone ? causal.attention : (double)NAN;
    row.prev_token_uniform = isnan(row.prev_token) ? (double)NAN : summing->uniform;
    ind_put(at, &row);
    row = row_of(at, name, "previous-any");
    row.top1 = any.top1;
    row.top1_chance = 1.0 / config->context;
    row.diagonal_z = any.z;
    ind_put(at, &row);
}

static int visit(void *circuit, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    const int heads = study->config->heads;
    struct ind_circuit_name name = {.kind = IND_CIRCUIT_OV, .head = study->heads.items[at->part]};
    ind_circuit_make(circuit, at->params, &name);
    if (put_tokens(circuit, study, at, &name, err))
        return IND_FAILED;
    name.kind = IND_CIRCUIT_MATCH;
    for (int v = 0; v < name.head.layer * heads; v++) {
        name.via = (struct ind_head){v / heads, v % heads};
        if (v == 0)
            ind_circuit_make(circuit, at->params, &name);
        else
            ind_circuit_change_via(circuit, at->params, &name);
        if (put_tokens(circuit, study, at, &name, err))
            return IND_FAILED;
    }
    name.kind = IND_CIRCUIT_QK_POS;
    put_positions(circuit, study, at, &name);
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

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    (void)err;
    const struct ind_config *config = study->config;
    const int rows = ((const struct settings *)study->settings)->rows;
    *(struct summing *)memory =
        (struct summing){.step = (config->vocab + rows - 1) / rows,
                         .uniform = uniform_prev_token(config->context - 1),
                         .causal_chance = uniform_prev_token(config->context)};
    return IND_OK;
}

const struct ind_analysis circuit_summary = {
    .fields = fields,
    .details = "  copy          W_E OV W_U, from tokens to logits\n"
               "  match         W_E QK OV_1^T W_E^T, from query tokens to the tokens that an\n"
               "                earlier head 1 (column via) has moved to the keys\n"
               "  previous      pos QK pos^T, from query positions t to key positions s <= t,\n"
               "                which are all that the head sees\n"
               "  previous-any  the same with every s\n"
               "\n"
               "copy and match count all tokens, also token 0, which the task never shows: its\n"
               "row is not trained. previous counts the position context - 1, which is no input\n"
               "(of a learned table its row is not trained); prev_token does not. With --rows N\n"
               "every ceil(vocab / N)-th token is looked at, which may be little more than N / 2.",
    .takes = {.heads = IND_HEADS_ALL, .fold = true},
    .parts = ind_parts_heads,
    IND_SHARED(struct summing, prepare, NULL),
    .visit = visit,
    IND_WORKER(struct ind_circuit, start, end)};
