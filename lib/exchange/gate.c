#include "exchange/gate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <induct/base/file.h>
#include <induct/format/json.h>

#include "exchange/gate_words.h"

enum { DEPTH_LIMIT = 4, LAST_CONTAINER = 20 };

int ind_gate_init(struct ind_gate *gate, struct ind_error *err)
{
    *gate = (struct ind_gate){json_object(), json_object(), json_object(), 0};
    if (gate->given && gate->by && gate->strange)
        return IND_OK;
    ind_gate_release(gate);
    return ind_fail(err, "out of memory");
}

void ind_gate_release(struct ind_gate *gate)
{
    json_decref(gate->given);
    json_decref(gate->by);
    json_decref(gate->strange);
    *gate = (struct ind_gate){0};
}

/* ---- Saying something ---- */

struct speaker {
    struct ind_gate *gate;
    const char *label;
    bool loose, fallback; /* a fallback is not heard where something was said */
    struct ind_error *err;
};

static bool equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b) != 0;
}

static char *text_of(const json_t *value)
{
    return ind_json_dump(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
}

static int contradiction(const char *key, const json_t *a, const char *who, const json_t *b,
                         const char *other, struct ind_error *err)
{
    char *one = text_of(a), *two = text_of(b);
    if (one && two)
        ind_fail(err, "%s is %s by %s, but %s by %s", key, one, who, two, other);
    else
        ind_fail(err, IND_NO_MEMORY);
    free(one);
    free(two);
    return IND_FAILED;
}

static const char *said_by(const struct ind_gate *gate, const char *key)
{
    const char *label = json_string_value(json_object_get(gate->by, key));
    return label ? label : "its configuration";
}

/* "standard" is a table added to the residual stream, of whatever values: the narrower word
 * holds. */
static bool narrows(const char *key, const json_t *wide, const json_t *narrow)
{
    static const char *const tables[] = {"sinusoidal", "learned", "none"};
    const char *word = json_string_value(narrow), *general = json_string_value(wide);
    if (!word || !general || strcmp(key, "positional_embedding_type") != 0 ||
        strcmp(general, "standard") != 0)
        return false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(word, tables[i]) == 0)
            return true;
    return false;
}

/* Takes over `value`. */
static int say(const struct speaker *s, const char *key, json_t *value)
{
    struct ind_gate *gate = s->gate;
    const json_t *known = json_object_get(gate->given, key);
    int status = IND_OK;
    gate->known++;
    if (known && narrows(key, known, value))
        known = NULL;
    if (known && !s->fallback && narrows(key, value, known))
        ;
    else if (known && !s->fallback && value && !equal(known, value))
        status = contradiction(key, known, said_by(gate, key), value, s->label, s->err);
    else if (!known && (json_object_set(gate->given, key, value) != 0 ||
                        json_object_set_new(gate->by, key, json_string(s->label)) != 0))
        status = ind_fail(s->err, "out of memory");
    json_decref(value);
    return status;
}

static int wrong_type(const struct speaker *s, const char *key, const char *what)
{
    return s->loose ? IND_OK : ind_fail(s->err, "%s must be %s", key, what);
}

static int say_count(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || number != floor(number) || fabs(number) > 1e15)
        return wrong_type(s, word->key, "a whole number");
    if (number <= 0) /* TransformerLens's -1 and others' 0: not said */
        return number == 0 && strncmp(word->key, "rotary", 6) != 0
                   ? ind_fail(s->err, "%s must lie in 1..%d, not 0", word->key, 1 << 20)
                   : IND_OK;
    return say(s, word->ours, json_integer((json_int_t)number));
}

static int say_real(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    if (!json_is_number(value))
        return wrong_type(s, word->key, "a number");
    return say(s, word->ours, json_real(json_number_value(value)));
}

static int say_flag(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    if (!json_is_boolean(value))
        return wrong_type(s, word->key, "true or false");
    return say(s, word->ours, json_boolean(json_is_true(value)));
}

/* Another tool's word in induct's. */
struct synonym {
    const char *theirs, *ours;
};

static const char *translate(const struct synonym *list, const char *word)
{
    for (; list->theirs; list++)
        if (strcasecmp(list->theirs, word) == 0)
            return list->ours;
    return word;
}

static int say_positions(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    static const struct synonym list[] = {{"standard", "standard"},
                                          {"absolute", "standard"},
                                          {"learned_absolute", "standard"},
                                          {"rope", "rotary"},
                                          {"no", "none"},
                                          {"nope", "none"},
                                          {"null", "none"},
                                          {NULL, NULL}};
    if (!json_is_string(value))
        return wrong_type(s, word->key, "a string");
    return say(s, word->ours, json_string(translate(list, json_string_value(value))));
}

static int say_norm(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    static const struct synonym list[] = {
        {"layernorm", "LN"}, {"layer_norm", "LN"}, {"nn.LayerNorm", "LN"},
        {"none", ""},        {"null", ""},         {"", ""},
        {NULL, NULL}};
    if (json_is_null(value))
        return say(s, word->ours, json_null());
    if (!json_is_string(value))
        return wrong_type(s, word->key, "a string");
    const char *ours = translate(list, json_string_value(value));
    return say(s, word->ours, *ours ? json_string(ours) : json_null());
}

/* false says that they are not shortformer's, and nothing else. */
static int say_shortformer(const struct speaker *s, const struct ind_word *word,
                           const json_t *value)
{
    if (!json_is_boolean(value))
        return wrong_type(s, word->key, "true or false");
    s->gate->known++;
    return json_is_true(value) ? say(s, word->ours, json_string("shortformer")) : IND_OK;
}

static int say_word(const struct speaker *s, const struct ind_word *word, const json_t *value,
                    int depth);

/* {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25} */
static int say_rope(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    if (!json_is_object(value))
        return wrong_type(s, word->key, "an object");
    const json_t *type = json_object_get(value, "rope_type");
    const char *name = json_string_value(type ? type : json_object_get(value, "type"));
    if (name && strcmp(name, "default") != 0)
        return ind_fail(s->err, "%s: rescaled rotary positions (%s), which induct does not compute",
                        word->key, name);
    static const char *const parts[] = {"rope_theta", "partial_rotary_factor"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const json_t *part = json_object_get(value, parts[i]);
        if (part && say_real(s, ind_word_find(parts[i]), part) != IND_OK)
            return IND_FAILED;
    }
    if (!name && json_object_get(value, "factor"))
        return ind_fail(s->err, "%s: rescaled rotary positions, which induct does not compute",
                        word->key);
    return IND_OK;
}

/* ---- Switches ---- */

static bool is_empty(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_number(value) && json_number_value(value) == 0);
}

static bool is_neutral(enum ind_word_kind kind, const json_t *value)
{
    if (json_is_null(value))
        return true;
    switch (kind) {
    case IND_WORD_ON:
        return json_is_true(value);
    case IND_WORD_CAP:
        return json_is_false(value) || (json_is_number(value) && json_number_value(value) <= 0);
    case IND_WORD_ONE:
        return json_is_number(value) && json_number_value(value) == 1;
    case IND_WORD_CAUSAL:
        return json_is_string(value) && strcmp(json_string_value(value), "causal") == 0;
    default:
        return is_empty(value);
    }
}

/* A switch that is a flag must be one: 1 is no true. */
static int check_switch(const struct speaker *s, const struct ind_word *word, const json_t *value)
{
    s->gate->known++;
    if (word->kind == IND_WORD_ON && !json_is_boolean(value) && !json_is_null(value))
        return wrong_type(s, word->key, "true or false");
    if (is_neutral(word->kind, value))
        return IND_OK;
    return ind_fail(s->err, "%s: %s", word->key, word->ours);
}

/* ---- Objects ---- */

static int add_object(const struct speaker *s, const json_t *said, int depth);

static int say_word(const struct speaker *s, const struct ind_word *word, const json_t *value,
                    int depth)
{
    (void)depth;
    if (json_is_null(value) && word->kind < IND_WORD_OFF && word->kind != IND_WORD_NORM)
        return IND_OK; /* not said */
    switch (word->kind) {
    case IND_WORD_COUNT:
        return say_count(s, word, value);
    case IND_WORD_REAL:
        return say_real(s, word, value);
    case IND_WORD_FLAG:
        return say_flag(s, word, value);
    case IND_WORD_POSITIONS:
        return say_positions(s, word, value);
    case IND_WORD_NORM:
        return say_norm(s, word, value);
    case IND_WORD_SHORTFORMER:
        return say_shortformer(s, word, value);
    case IND_WORD_ROPE:
        return say_rope(s, word, value);
    case IND_WORD_HARMLESS:
        return IND_OK;
    default:
        return check_switch(s, word, value);
    }
}

/* Two sizes of a model make an object a configuration, whatever it is called. */
static bool looks_like_config(const json_t *object)
{
    int sizes = 0;
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        const struct ind_word *word = ind_word_find(key);
        sizes += word && word->kind == IND_WORD_COUNT && json_is_number(value);
    }
    return sizes >= 2;
}

/* Weights & Biases writes {"n_layers": {"desc": null, "value": 2}, ...}. */
static const json_t *unwrapped(const json_t *value)
{
    const json_t *inner = json_object_get(value, "value");
    return inner && json_object_size(value) <= 2 ? inner : value;
}

/* "eps" among a trainer's settings is the optimizer's. */
static bool is_optimizers(const struct speaker *s, const json_t *object, const char *key)
{
    static const char *const trainers[] = {"lr", "learning_rate", "betas", "weight_decay", "beta1"};
    if (strcmp(key, "eps") != 0 || json_object_get(object, "normalization_type"))
        return false;
    if (s->loose && !looks_like_config(object))
        return true;
    for (size_t i = 0; i < sizeof trainers / sizeof *trainers; i++)
        if (json_object_get(object, trainers[i]))
            return true;
    return false;
}

static int add_inner(const struct speaker *s, const char *key, const json_t *inner, int depth)
{
    char label[256];
    snprintf(label, sizeof label, "%s.%s", s->label, key);
    struct speaker other = *s;
    other.label = label;
    other.loose = false;
    other.fallback = true; /* what was said further out, or in a better place, holds */
    if (add_object(&other, inner, depth + 1) == IND_OK)
        return IND_OK;
    return s->label[0] ? ind_error_context(s->err, "%s", key) : IND_FAILED;
}

/* Objects inside, those that are called a model's configuration first. */
static int add_containers(const struct speaker *s, const json_t *said, int depth)
{
    for (int rank = 0; rank <= LAST_CONTAINER && depth < DEPTH_LIMIT; rank++) {
        const char *key;
        json_t *value;
        json_object_foreach ((json_t *)said, key, value) {
            int container = ind_word_container(key);
            const char *trainer = strstr(key, "optim");
            if (!json_is_object(value) || ind_word_find(key) || trainer ||
                json_object_get(value, "value") ||
                (container >= 0 ? container : LAST_CONTAINER) != rank)
                continue;
            bool wanted =
                looks_like_config(value) || (container >= 0 && !s->loose) ||
                (container >= 0 && json_object_size(value) > 0 && strcasecmp(key, "model"));
            if (wanted && add_inner(s, key, value, depth) != IND_OK)
                return IND_FAILED;
        }
    }
    return IND_OK;
}

static int add_object(const struct speaker *s, const json_t *said, int depth)
{
    const char *key;
    json_t *wrapped;
    json_object_foreach ((json_t *)said, key, wrapped) {
        const json_t *value = unwrapped(wrapped);
        const struct ind_word *word = ind_word_find(key);
        if (word && is_optimizers(s, said, key))
            word = NULL;
        if (word) {
            if (say_word(s, word, value, depth) != IND_OK)
                return IND_FAILED;
        } else if (!s->loose && !json_is_null(value) && !ind_word_is_harmless(key) &&
                   ind_word_container(key) < 0 &&
                   json_object_set_new(s->gate->strange, key, json_null()) != 0) {
            return ind_fail(s->err, "out of memory");
        }
    }
    return add_containers(s, said, depth);
}

int ind_gate_add(struct ind_gate *gate, const json_t *said, const char *label, bool loose,
                 struct ind_error *err)
{
    const struct speaker s = {.gate = gate, .label = label, .loose = loose, .err = err};
    return add_object(&s, said, 0);
}

int ind_gate_join(struct ind_gate *gate, const struct ind_gate *other, bool fallback,
                  struct ind_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach (other->given, key, value) {
        const struct speaker s = {
            .gate = gate, .label = said_by(other, key), .fallback = fallback, .err = err};
        if (say(&s, key, json_incref(value)) != IND_OK)
            return IND_FAILED;
    }
    return json_object_update(gate->strange, other->strange) == 0 ? IND_OK
                                                                  : ind_fail(err, "out of memory");
}

int ind_gate_report(const struct ind_gate *gate, const char *where, struct ind_notes *notes,
                    struct ind_error *err)
{
    char list[400] = "";
    size_t used = 0, shown = 0, count = json_object_size(gate->strange);
    const char *key;
    json_t *value;
    json_object_foreach (gate->strange, key, value) {
        if (shown == 12 || used + strlen(key) + 3 > sizeof list)
            break;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", shown ? ", " : "", key);
        shown++;
    }
    if (count == 0)
        return IND_OK;
    if (shown < count)
        return ind_notes_add(notes, err,
                             "%s: keys that induct does not know, passed over: %s, and "
                             "%zu more",
                             where, list, count - shown);
    return ind_notes_add(notes, err, "%s: keys that induct does not know, passed over: %s", where,
                         list);
}

static json_int_t count_of(const json_t *given, const char *key)
{
    return json_integer_value(json_object_get(given, key));
}

int ind_gate_settle(json_t *given, struct ind_error *err)
{
    json_int_t shared = count_of(given, "n_key_value_heads"), out = count_of(given, "d_vocab_out");
    const json_t *share = json_object_get(given, "rotary_pct");
    if (shared && shared != count_of(given, "n_heads"))
        return ind_fail(err,
                        "n_key_value_heads: heads that share keys and values, which induct does "
                        "not compute");
    if (out && out != count_of(given, "d_vocab"))
        return ind_fail(err,
                        "d_vocab_out: another vocabulary for the output, which induct does not "
                        "compute");
    if (share && !json_object_get(given, "rotary_dim")) {
        json_int_t width =
            (json_int_t)(json_number_value(share) * (double)count_of(given, "d_head"));
        if (json_object_set_new(given, "rotary_dim", json_integer(width)) != 0)
            return ind_fail(err, "out of memory");
    }
    json_object_del(given, "n_key_value_heads");
    json_object_del(given, "d_vocab_out");
    json_object_del(given, "rotary_pct");
    json_object_del(given, "tie_word_embeddings");
    return IND_OK;
}
