/*
 * The names of circuits, and what a model must have for each.
 */
#include <induct/circuit/circuit.h>

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *formula, *rows, *cols;
    bool row_positions, col_positions;
} kinds[] = {
    [IND_CIRCUIT_QK] = {"qk", "W_E QK W_E^T", "query token", "key token", false, false},
    [IND_CIRCUIT_QK_POS] = {"qk-pos", "pos QK pos^T", "query position", "key position", true, true},
    [IND_CIRCUIT_QK_TOKEN_POS] = {"qk-token-pos", "W_E QK pos^T", "query token", "key position",
                                  false, true},
    [IND_CIRCUIT_QK_POS_TOKEN] = {"qk-pos-token", "pos QK W_E^T", "query position", "key token",
                                  true, false},
    [IND_CIRCUIT_OV] = {"ov", "W_E OV W_U", "source token", "logit", false, false},
    [IND_CIRCUIT_OV_POS] = {"ov-pos", "pos OV W_U", "source position", "logit", true, false},
    [IND_CIRCUIT_MATCH] = {"match", "W_E QK OV_1^T W_E^T", "query token", "token moved to the key",
                           false, false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char match[] = "match:";

static int parse_head(const char *text, const struct ind_config *config, struct ind_head *head,
                      struct ind_error *err)
{
    struct ind_heads heads;
    if (ind_heads_select(&heads, config, text, err))
        return IND_FAILED;
    const int count = heads.count;
    *head = heads.items[0];
    ind_heads_release(&heads);
    return count == 1 ? IND_OK : ind_fail(err, "'%s' names %d heads: one is wanted", text, count);
}

int ind_circuit_parse(const char *text, const struct ind_config *config,
                      struct ind_circuit_name *name, struct ind_error *err)
{
    if (strncmp(text, match, strlen(match)) == 0) {
        name->kind = IND_CIRCUIT_MATCH;
        return parse_head(text + strlen(match), config, &name->via, err);
    }
    for (int i = 0; i < KINDS; i++) {
        if (i != IND_CIRCUIT_MATCH && strcmp(text, kinds[i].word) == 0) {
            name->kind = i;
            return IND_OK;
        }
    }
    return ind_fail(err,
                    "no matrix '%s': there are qk, qk-pos, qk-token-pos, qk-pos-token, ov, ov-pos "
                    "and match:HEAD",
                    text);
}

char *ind_circuit_text(const struct ind_circuit_name *name, char text[32])
{
    char via[16];
    if (name->kind == IND_CIRCUIT_MATCH)
        snprintf(text, 32, "%s%s", match, ind_head_name(name->via, via));
    else
        snprintf(text, 32, "%s", kinds[name->kind].word);
    return text;
}

const char *ind_circuit_rows_name(enum ind_circuit_kind kind)
{
    return kinds[kind].rows;
}

const char *ind_circuit_cols_name(enum ind_circuit_kind kind)
{
    return kinds[kind].cols;
}

const char *ind_circuit_formula(enum ind_circuit_kind kind)
{
    return kinds[kind].formula;
}

bool ind_circuit_rows_are_positions(enum ind_circuit_kind kind)
{
    return kinds[kind].row_positions;
}

bool ind_circuit_cols_are_positions(enum ind_circuit_kind kind)
{
    return kinds[kind].col_positions;
}

static bool has_table(const struct ind_config *config)
{
    return config->positions != IND_POSITIONS_NONE && config->positions != IND_POSITIONS_ROTARY;
}

int ind_circuit_check(const struct ind_circuit_name *name, const struct ind_config *config,
                      struct ind_error *err)
{
    char text[32], head[16];
    ind_circuit_text(name, text);
    if ((kinds[name->kind].row_positions || kinds[name->kind].col_positions) && !has_table(config))
        return ind_fail(err, "%s: the model has no table of positions (positions: %s)", text,
                        ind_positions_name(config->positions));
    if (name->kind == IND_CIRCUIT_OV_POS && config->positions == IND_POSITIONS_SHORTFORMER)
        return ind_fail(err, "%s: shortformer positions do not reach the values", text);
    if (name->kind == IND_CIRCUIT_MATCH && name->via.layer >= name->head.layer)
        return ind_fail(err, "%s: a match of %s goes through a head of an earlier layer", text,
                        ind_head_name(name->head, head));
    return IND_OK;
}
