/*
 * The exact split of attention scores by where queries and keys come from (DEFINITIONS, section 7).
 *
 * Without LayerNorm and with the patterns of earlier layers held, every residual is a linear
 * function of what was embedded. Two ways to cut it:
 *
 * By what: a content part (from W_E) and a position part (from W_pos), x = x_C + x_P. Both pass
 * through earlier heads alike:
 *
 *   x_P before layer 0 = W_pos[i];  x_P before layer l+1 = x_P + sum_h A_lh x_P W_V W_O
 *
 * and x_C = x - x_P. With q_C = x_C W_Q + b_Q, q_P = x_P W_Q and k likewise, a score is a sum of
 * four terms, the first letter the query's, the second the key's:
 *
 *   s_ij = CC + CP + PC + PP,   e.g. CP_ij = q_C,i . k_P,j / scale
 *
 * Biases (b_Q, b_K, and b_V and b_O of earlier layers) are the same at every position: they count
 * as content.
 *
 * By whom: a query or key of layer L is the sum over its sources: the token's embedding, the
 * position's row, the output of each head of an earlier layer, and, in a model with biases, what
 * they add (b_Q or b_K, b_O of earlier layers; b_V passes through its head). A score is then a sum
 * over sources x sources.
 *
 * Content here means "would be there without W_pos, given these patterns": the patterns of earlier
 * layers depend on positions themselves.
 */
#ifndef INDUCT_PATCH_SPLIT_H
#define INDUCT_PATCH_SPLIT_H

#include <stdbool.h>

#include <induct/base/error.h>
#include <induct/model/forward.h>
#include <induct/model/heads.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Refuses models that cannot be split, saying why: LayerNorm, or no table of positions that is
 * added to the residual. */
IND_CHECKED int ind_split_check(const struct ind_config *config, struct ind_error *err);

enum { IND_SPLIT_CONTENT, IND_SPLIT_POSITION, IND_SPLIT_PARTS };

/* Term (query part, key part) has the number IND_SPLIT_PARTS * query + key; sets are bit masks. */
enum { IND_SPLIT_CC, IND_SPLIT_CP, IND_SPLIT_PC, IND_SPLIT_PP, IND_SPLIT_TERMS };

/* "cc" ... "pp": static. */
const char *ind_split_term_name(int term);

/* ---- Parts of queries and keys --------------------------------------------------------------- */

/* Owner, for caches of one shape; one a thread. `batch` is the most that will come. */
struct ind_splitter {
    struct ind_config config;
    int batch, length;
    int layer;            /* that the position part has come to */
    bool without_pp;      /* the model's scores lack their pp term */
    const bool *replaced; /* [layers, heads], borrowed; NULL = none: heads whose z a patch has put
                               in place. What they say is content, wherever their pattern looks */
    float *position;      /* [rows, d_model]: x_P before that layer */
    float *q[IND_SPLIT_PARTS], *k[IND_SPLIT_PARTS]; /* [rows, heads, d_head] */
    float *values, *mixed;                          /* [rows, heads, d_head]: x_P on its way */
    float *packed;                                  /* [d_model, heads, d_head] */
    float *scratch;
};

IND_CHECKED int ind_splitter_init(struct ind_splitter *splitter, const struct ind_config *config,
                                  int batch, int length, struct ind_error *err);
void ind_splitter_release(struct ind_splitter *splitter);

/* Position part before layer 0. */
void ind_splitter_start(struct ind_splitter *splitter, const struct ind_params *params,
                        const struct ind_cache *cache);

/* Parts at `layer`, which must not lie before splitter->layer: the position part passes through the
 * layers between under the patterns in the cache, whose q and k of `layer` are then split. */
void ind_splitter_reach(struct ind_splitter *splitter, const struct ind_params *params,
                        const struct ind_cache *cache, int layer);

/* How many floats a row of a term takes, at a length: ind_causal_stride(length). */
size_t ind_splitter_stride(const struct ind_splitter *splitter);

/* The terms are those of the model's own scores: pp is zero in a model that was trained without it
 * (model/patch.h), in every layer but the first. */

/* out[i,j] = factor * term_ij for j <= i (unspecified above), rows `stride` floats apart, of one
 * head of the layer reached on one sequence of the batch. With factor 1 / ind_config_scale() it is
 * in the units of scores. */
void ind_splitter_term(struct ind_splitter *splitter, int term, int head, int sequence,
                       float factor, float *out);

/* ---- Means by offset ------------------------------------------------------------------------- */

/* Sums over pairs (i, j), by offset i - j, of every term and of the model's own scores, for chosen
 * heads. Owner; one a thread. */
enum { IND_SPLIT_TOTAL = IND_SPLIT_TERMS, IND_SPLIT_MEANS };
struct ind_split_offsets {
    const struct ind_heads *heads; /* borrowed */
    int length, first, last;       /* trained offsets, of the bump */
    long sequences;
    double *sums;        /* [heads->count, IND_SPLIT_MEANS, length] */
    double *within;      /* [heads->count]: sum over rows, see the bump */
    long within_rows;    /* of one head */
    float *term, *total; /* scratch: one matrix */
};

/* first..last: offsets that count as trained, 0 <= first <= last. */
IND_CHECKED int ind_split_offsets_init(struct ind_split_offsets *offsets,
                                       const struct ind_heads *heads, int length, int first,
                                       int last, struct ind_error *err);
void ind_split_offsets_release(struct ind_split_offsets *offsets);
void ind_split_offsets_clear(struct ind_split_offsets *offsets);

/* Adds the sequences of a cache that has been run. Uses the splitter from its start. */
void ind_split_offsets_add(struct ind_split_offsets *offsets, struct ind_splitter *splitter,
                           const struct ind_params *params, const struct ind_cache *cache);

/* Mean of a term, or of IND_SPLIT_TOTAL, over all pairs at an offset: sequences * (length - offset)
 * of them; NaN of none. `head` is an index into the list. */
double ind_split_offsets_mean(const struct ind_split_offsets *offsets, int head, int term,
                              int offset);

/*
 * The positional preference of a head, its bump: how much its PP term favours the offsets that
 * training asked for, which are period - 1 for the trained periods, over all longer ones.
 *
 *   inside  mean of PP over all pairs at offsets first..last
 *   beyond  mean over all pairs at offsets last+1..length-1
 *   before  mean over all pairs at offsets 1..first-1
 *   bump    inside - beyond
 *   within  mean over rows i > last of (mean of PP_ij at offsets first..last - mean at offsets
 *           last+1..i): softmax sees differences within a row alone, and rows that see far are not
 *           those that see near
 *
 * NaN where there is no such pair.
 */
struct ind_split_bump {
    double bump, within, inside, beyond, before;
};
struct ind_split_bump ind_split_offsets_bump(const struct ind_split_offsets *offsets, int head);

/* ---- Terms taken away ------------------------------------------------------------------------ */

/* Owner; one a thread. */
struct ind_split_drop {
    struct ind_splitter splitter;
    float *values;             /* [heads, batch, length, stride]: what is added to scores */
    float *term;               /* [length, stride] */
    unsigned *terms;           /* [layers * heads]: scratch */
    struct ind_patch *patches; /* [patch_room] */
    int patch_room;            /* 8 a head of the model, and one for each of a layer */
};

IND_CHECKED int ind_split_drop_init(struct ind_split_drop *drop, const struct ind_config *config,
                                    int batch, int length, struct ind_error *err);
void ind_split_drop_release(struct ind_split_drop *drop);

/*
 * Runs the layers again with a set of terms (bits 1 << IND_SPLIT_PP ...) taken from the scores of
 * the heads listed; values are untouched. The cache must hold a pass over its sequences whose
 * layers before the first head listed are the model's own; it then holds the changed one, which
 * satisfies that: several sets may follow one another. In a deeper model terms are those of the
 * changed residual: what is left of each score is exactly the terms not dropped.
 */
void ind_split_drop_run(struct ind_split_drop *drop, const struct ind_params *params,
                        const struct ind_heads *heads, unsigned terms, struct ind_cache *cache);

/* The same with terms [heads->count] for each head of its own, in a pass with other interventions:
 * patch_count <= patch_room - heads of a layer. A head whose z is among them should be marked in
 * splitter.replaced. */
void ind_split_drop_each(struct ind_split_drop *drop, const struct ind_params *params,
                         const struct ind_heads *heads, const unsigned *terms,
                         const struct ind_patch *patches, int patch_count, struct ind_cache *cache);

/* ---- Sources --------------------------------------------------------------------------------- */

/* How many sources a head of `layer` reads, and the name of one: "token", "position", "L0H0" ...,
 * "bias". Writes into name and returns it. */
int ind_split_source_count(const struct ind_config *config, int layer);
char *ind_split_source_name(const struct ind_config *config, int layer, int source, char name[16]);

/*
 * The score advantage of the induction target, by source of the query and source of the key. In a
 * sequence of period n and length T, row i of the second copy (i = n..2n-1, i < T) has the target
 * t = i - n + 1, what followed the earlier copy of token i:
 *
 *   advantage = mean over rows of (s_it - mean over the other visible keys j <= i, j != t, of s_ij)
 *
 * with s replaced by its part (source a, source b); the sum over a and b is the advantage of the
 * model's own scores. NaN if the period leaves no second copy. Owner; one a thread.
 */
struct ind_split_sources {
    struct ind_config config;
    const struct ind_heads *heads; /* borrowed */
    int length, period, most;      /* most sources of any head listed */
    long rows;
    double *sums;      /* [heads->count, most, most] */
    float *q, *k;      /* [most, length, d_head] of one head on one sequence */
    float *input;      /* [length, d_model] */
    float *through;    /* [d_head, d_head] */
    float *bias;       /* [d_model] */
    float *advantages; /* [most, most] */
    double *running;   /* [d_head] */
};

IND_CHECKED int ind_split_sources_init(struct ind_split_sources *sources,
                                       const struct ind_config *config,
                                       const struct ind_heads *heads, int length, int period,
                                       struct ind_error *err);
void ind_split_sources_release(struct ind_split_sources *sources);
void ind_split_sources_clear(struct ind_split_sources *sources);

/* Adds the sequences of a cache that has been run; tokens as given to ind_forward. */
void ind_split_sources_add(struct ind_split_sources *sources, const struct ind_params *params,
                           const int32_t *tokens, int token_stride, const struct ind_cache *cache);

/* Queries and keys by source, of the head at `index` of the list on one sequence of the cache,
 * whose tokens are given: sources->q and k [sources, length, d_head]. The score of row i and column
 * j is the sum over sources a and b of q_a,i . k_b,j / ind_config_scale(). */
void ind_split_sources_read(struct ind_split_sources *sources, const struct ind_params *params,
                            const int32_t *tokens, const struct ind_cache *cache, int sequence,
                            int index);

/* `head` is an index into the list; sources below ind_split_source_count() of its layer. */
double ind_split_sources_advantage(const struct ind_split_sources *sources, int head, int query,
                                   int key);

#ifdef __cplusplus
}
#endif
#endif
