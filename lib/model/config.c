#include <induct/model/config.h>

#include <math.h>
#include <string.h>

struct ind_config ind_config_default(void)
{
    return (struct ind_config){
        .layers = 2,
        .heads = 4,
        .d_model = 64,
        .d_head = 16,
        .vocab = 256,
        .context = 80,
        .positions = IND_POSITIONS_SINUSOIDAL,
        .norm = IND_NORM_NONE,
        .norm_eps = 1e-5,
        .rotary_base = 10000.0,
    };
}

static int check_count(const char *field, int value, int limit, struct ind_error *err)
{
    if (value < 1 || value > limit)
        return ind_fail(err, "%s is %d: it must be 1 to %d", field, value, limit);
    return IND_OK;
}

static int check_counts(const struct ind_config *config, struct ind_error *err)
{
    const struct {
        const char *field;
        int value, limit;
    } counts[] = {
        {"layers", config->layers, 256},     {"heads", config->heads, 1024},
        {"d_model", config->d_model, 16384}, {"d_head", config->d_head, 16384},
        {"vocab", config->vocab, 1000000},   {"context", config->context, 65536},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (check_count(counts[i].field, counts[i].value, counts[i].limit, err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int check_rotary(const struct ind_config *config, struct ind_error *err)
{
    int dim = config->rotary_dim;
    if (dim < 0 || dim > config->d_head || dim % 2 != 0)
        return ind_fail(err, "rotary_dim is %d: it must be even and 0 (for d_head) to d_head = %d",
                        dim, config->d_head);
    if (config->positions != IND_POSITIONS_ROTARY)
        return IND_OK;
    if (dim == 0 && config->d_head % 2 != 0)
        return ind_fail(err, "d_head is %d: rotating all of it needs an even number",
                        config->d_head);
    if (!isfinite(config->rotary_base) || config->rotary_base <= 0.0)
        return ind_fail(err, "rotary_base is %g: it must be positive and finite",
                        config->rotary_base);
    return IND_OK;
}

static int check_positions(const struct ind_config *config, struct ind_error *err)
{
    if (!ind_positions_name(config->positions))
        return ind_fail(err, "positions is %d: no such kind", (int)config->positions);
    if (config->extra_positions < 0 || config->extra_positions > 65536)
        return ind_fail(err, "extra_positions is %d: it must be 0 to 65536",
                        config->extra_positions);
    if (config->extra_positions > 0 && !ind_config_has_table(config))
        return ind_fail(err, "extra_positions is %d: %s positions have no table",
                        config->extra_positions, ind_positions_name(config->positions));
    return IND_OK;
}

int ind_config_check(const struct ind_config *config, struct ind_error *err)
{
    if (check_counts(config, err) || check_rotary(config, err) || check_positions(config, err))
        return IND_FAILED;
    if (!ind_norm_name(config->norm))
        return ind_fail(err, "norm is %d: no such kind", (int)config->norm);
    if (!isfinite(config->attn_scale) || config->attn_scale < 0.0)
        return ind_fail(err,
                        "attn_scale is %g: it must be positive and finite, or 0 for "
                        "sqrt(d_head)",
                        config->attn_scale);
    if (config->norm != IND_NORM_NONE && (!isfinite(config->norm_eps) || config->norm_eps <= 0.0))
        return ind_fail(err, "norm_eps is %g: it must be positive and finite", config->norm_eps);
    return IND_OK;
}

double ind_config_operations(const struct ind_config *config, int inputs)
{
    const double t = inputs, d = config->d_model, h = config->heads, k = config->d_head;
    const double projections = t * config->layers * 8 * d * h * k;
    const double attention = config->layers * h * 2 * k * t * (t + 1);
    return projections + attention + t * 2 * d * config->vocab;
}

double ind_config_scale(const struct ind_config *config)
{
    return config->attn_scale > 0.0 ? config->attn_scale : sqrt((double)config->d_head);
}

int ind_config_rotary_dim(const struct ind_config *config)
{
    return config->rotary_dim > 0 ? config->rotary_dim : config->d_head;
}

int ind_config_position_rows(const struct ind_config *config)
{
    return config->context + config->extra_positions;
}

bool ind_config_has_table(const struct ind_config *config)
{
    return config->positions != IND_POSITIONS_NONE && config->positions != IND_POSITIONS_ROTARY;
}

bool ind_config_adds_positions(const struct ind_config *config)
{
    return config->positions == IND_POSITIONS_SINUSOIDAL ||
           config->positions == IND_POSITIONS_LEARNED;
}

bool ind_config_is_linear(const struct ind_config *config)
{
    return config->norm == IND_NORM_NONE;
}

/* ---- Words ---------------------------------------------------------------------------------- */

static const char *const positions_words[] = {
    [IND_POSITIONS_SINUSOIDAL] = "sinusoidal",
    [IND_POSITIONS_LEARNED] = "learned",
    [IND_POSITIONS_NONE] = "none",
    [IND_POSITIONS_ROTARY] = "rotary",
    [IND_POSITIONS_SHORTFORMER] = "shortformer",
};
static const char *const norm_words[] = {
    [IND_NORM_NONE] = "none",
    [IND_NORM_LN] = "LN",
    [IND_NORM_LNPRE] = "LNPre",
};
enum {
    POSITIONS_COUNT = sizeof positions_words / sizeof positions_words[0],
    NORM_COUNT = sizeof norm_words / sizeof norm_words[0]
};

const char *ind_positions_name(enum ind_positions positions)
{
    return (unsigned)positions < POSITIONS_COUNT ? positions_words[positions] : NULL;
}

const char *ind_norm_name(enum ind_norm norm)
{
    return (unsigned)norm < NORM_COUNT ? norm_words[norm] : NULL;
}

/* Index of word, or -1. */
static int find_word(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

int ind_positions_parse(const char *word, enum ind_positions *out, struct ind_error *err)
{
    int index = find_word(positions_words, POSITIONS_COUNT, word);
    if (index < 0)
        return ind_fail(err,
                        "positions '%s': it must be sinusoidal, learned, none, rotary or "
                        "shortformer",
                        word);
    *out = (enum ind_positions)index;
    return IND_OK;
}

int ind_norm_parse(const char *word, enum ind_norm *out, struct ind_error *err)
{
    int index = find_word(norm_words, NORM_COUNT, word);
    if (index < 0)
        return ind_fail(err, "norm '%s': it must be none, LN or LNPre", word);
    *out = (enum ind_norm)index;
    return IND_OK;
}
