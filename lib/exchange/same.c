/* Do two configurations describe one function of the weights, and if not, where do they part? */
#include <induct/exchange/import.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>

static const char *norm_word(const struct ind_config *config)
{
    return config->norm == IND_NORM_NONE ? "no norm" : ind_norm_name(config->norm);
}

static char *counts_differ(const struct ind_config *a, const struct ind_config *b)
{
    const struct {
        const char *what;
        int here, there;
    } counts[] = {
        {"layers", a->layers, b->layers},    {"heads", a->heads, b->heads},
        {"d_model", a->d_model, b->d_model}, {"d_head", a->d_head, b->d_head},
        {"vocabulary", a->vocab, b->vocab},  {"context", a->context, b->context},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].here != counts[i].there)
            return ind_text("%s %d here, %d there", counts[i].what, counts[i].here,
                            counts[i].there);
    return NULL;
}

static char *rotary_differs(const struct ind_config *a, const struct ind_config *b)
{
    if (ind_config_rotary_dim(a) != ind_config_rotary_dim(b))
        return ind_text("rotary_dim %d here, %d there", ind_config_rotary_dim(a),
                        ind_config_rotary_dim(b));
    if (a->rotary_base != b->rotary_base)
        return ind_text("rotary_base %g here, %g there", a->rotary_base, b->rotary_base);
    return a->rotary_adjacent == b->rotary_adjacent
               ? NULL
               : ind_text("rotary positions in %s here, in %s there",
                          a->rotary_adjacent ? "adjacent pairs" : "halves",
                          b->rotary_adjacent ? "adjacent pairs" : "halves");
}

static char *options_differ(const struct ind_config *a, const struct ind_config *b)
{
    if (a->positions != b->positions)
        return ind_text("%s positions here, %s there", ind_positions_name(a->positions),
                        ind_positions_name(b->positions));
    if (a->norm != b->norm)
        return ind_text("%s here, %s there", norm_word(a), norm_word(b));
    if (a->bias != b->bias)
        return ind_text("%s here, %s there", a->bias ? "biases" : "no biases",
                        b->bias ? "biases" : "none");
    if (ind_config_scale(a) != ind_config_scale(b))
        return ind_text("attn_scale %g here, %g there", ind_config_scale(a), ind_config_scale(b));
    if (a->norm != IND_NORM_NONE && a->norm_eps != b->norm_eps)
        return ind_text("eps %g here, %g there", a->norm_eps, b->norm_eps);
    return a->positions == IND_POSITIONS_ROTARY ? rotary_differs(a, b) : NULL;
}

bool ind_import_same_model(const struct ind_config *here, const struct ind_config *there,
                           char **what)
{
    char *difference = counts_differ(here, there);
    if (!difference)
        difference = options_differ(here, there);
    bool same = difference == NULL;
    if (what)
        *what = difference;
    else
        free(difference);
    return same;
}
