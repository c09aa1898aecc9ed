/* The words that configurations use. Private to lib/exchange. */
#ifndef INDUCT_LIB_EXCHANGE_GATE_WORDS_H
#define INDUCT_LIB_EXCHANGE_GATE_WORDS_H

#include <stdbool.h>

enum ind_word_kind {
    IND_WORD_COUNT, /* understood as `ours`: a whole number */
    IND_WORD_REAL,
    IND_WORD_FLAG,
    IND_WORD_POSITIONS,   /* a word for positional_embedding_type */
    IND_WORD_NORM,        /* a word for normalization_type, or null */
    IND_WORD_SHORTFORMER, /* true: shortformer positions */
    IND_WORD_ROPE,        /* Hugging Face's dict of rotary parameters */
    IND_WORD_OFF,         /* changes the forward pass unless false, null, empty */
    IND_WORD_ON,          /* ... unless true or null */
    IND_WORD_CAP,         /* ... unless null or not above 0 */
    IND_WORD_ONE,         /* ... unless null or 1 */
    IND_WORD_CAUSAL,      /* ... unless null or "causal" */
    IND_WORD_HARMLESS
};

struct ind_word {
    const char *key;
    enum ind_word_kind kind;
    const char *ours; /* of the understood; of the others, why they are refused */
};

/* NULL for a key that nobody knows. */
const struct ind_word *ind_word_find(const char *key);

/* Known to bear on training, data, tokens or files alone. */
bool ind_word_is_harmless(const char *key);

/* Does a dict under this key hold a model's configuration ("model_args", "cfg")? Lower is believed
 * first; -1 if it does not. */
int ind_word_container(const char *key);

#endif
