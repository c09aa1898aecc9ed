#include <induct/format/json.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include <induct/base/file.h>

enum { FILE_LIMIT = 2 << 20 };

/* ---- Memory ---------------------------------------------------------------------------------- */

/* jansson has many words for a lack of memory, "invalid token" among them, and none where its lexer
 * has no room for a number's later digits, which then is another number. So it is watched. */
static _Thread_local bool refused;

static void *take(size_t size)
{
    void *memory = malloc(size);
    refused |= memory == NULL;
    return memory;
}

static void watch_always(void)
{
    json_set_alloc_funcs(take, free);
}

static void watch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_always);
    refused = false;
}

/* ---- Whole documents ------------------------------------------------------------------------- */

json_t *ind_json_value(const char *text, size_t size, struct ind_error *err)
{
    json_error_t where;
    watch();
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (refused) {
        json_decref(value);
        ind_fail(err, IND_NO_MEMORY);
        return NULL;
    }
    if (!value)
        ind_fail(err, "JSON: %s (line %d, column %d)", where.text, where.line, where.column);
    return value;
}

json_t *ind_json_parse(const char *text, size_t size, struct ind_error *err)
{
    json_t *value = ind_json_value(text, size, err);
    if (!value || json_is_object(value))
        return value;
    ind_fail(err, "JSON: not an object");
    json_decref(value);
    return NULL;
}

/* Frees the text. */
static json_t *parse_file(const char *path, char *text, size_t size, struct ind_error *err)
{
    json_t *value = ind_json_parse(text, size, err);
    free(text);
    if (!value)
        ind_error_context(err, "%s", path);
    return value;
}

json_t *ind_json_read(const char *path, struct ind_error *err)
{
    char *text;
    size_t size;
    return ind_file_read(path, FILE_LIMIT, &text, &size, err) == IND_OK
               ? parse_file(path, text, size, err)
               : NULL;
}

json_t *ind_json_read_within(const char *path, struct ind_error *err)
{
    char *text;
    size_t size;
    return ind_file_read_within(path, FILE_LIMIT, &text, &size, err) == IND_OK
               ? parse_file(path, text, size, err)
               : NULL;
}

void ind_json_put(json_t **object, const char *key, json_t *value)
{
    if (*object && json_object_set_new(*object, key, value) == 0)
        return;
    if (!*object)
        json_decref(value);
    json_decref(*object);
    *object = NULL;
}

void ind_json_append(json_t **array, json_t *value)
{
    if (*array && json_array_append_new(*array, value) == 0)
        return;
    if (!*array)
        json_decref(value);
    json_decref(*array);
    *array = NULL;
}

/* NULL in place of what was written without memory, since the watch began, for all of it. */
static char *whole(char *text)
{
    if (!refused)
        return text;
    free(text);
    return NULL;
}

char *ind_json_dump(const json_t *value, size_t flags)
{
    watch();
    return whole(json_dumps(value, flags));
}

/* 15 digits give 0.98 back as it was typed; the few numbers that need 17 get them. */
static char *shortest_text(const json_t *object, size_t flags)
{
    char *text = json_dumps(object, flags | JSON_REAL_PRECISION(15));
    json_t *again = text ? json_loads(text, 0, NULL) : NULL;
    const bool same = again && json_equal(again, object);
    json_decref(again);
    if (same)
        return text;
    free(text);
    return json_dumps(object, flags | JSON_REAL_PRECISION(17));
}

char *ind_json_text(const json_t *object, size_t flags)
{
    watch();
    return whole(shortest_text(object, flags));
}

/* NULL if the key is absent or null: both mean "not said". */
static const json_t *value_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) ? value : NULL;
}

int ind_json_long(const json_t *object, const char *key, long lo, long hi, long *out,
                  struct ind_error *err)
{
    const json_t *value = value_of(object, key);
    if (!value)
        return IND_OK;
    if (!json_is_integer(value))
        return ind_fail(err, "%s must be a whole number", key);
    json_int_t number = json_integer_value(value);
    if (number < lo || number > hi)
        return ind_fail(err, "%s must lie in %ld..%ld, not %lld", key, lo, hi, (long long)number);
    *out = (long)number;
    return IND_OK;
}

int ind_json_int(const json_t *object, const char *key, int lo, int hi, int *out,
                 struct ind_error *err)
{
    long number = *out;
    if (ind_json_long(object, key, lo, hi, &number, err) != IND_OK)
        return IND_FAILED;
    *out = (int)number;
    return IND_OK;
}

int ind_json_double(const json_t *object, const char *key, double *out, struct ind_error *err)
{
    const json_t *value = value_of(object, key);
    if (!value)
        return IND_OK;
    if (!json_is_number(value))
        return ind_fail(err, "%s must be a number", key);
    *out = json_number_value(value);
    return IND_OK;
}

int ind_json_bool(const json_t *object, const char *key, bool *out, struct ind_error *err)
{
    const json_t *value = value_of(object, key);
    if (!value)
        return IND_OK;
    if (!json_is_boolean(value))
        return ind_fail(err, "%s must be true or false", key);
    *out = json_is_true(value);
    return IND_OK;
}

int ind_json_word(const json_t *object, const char *key, const char **out, struct ind_error *err)
{
    const json_t *value = value_of(object, key);
    if (!value)
        return IND_OK;
    if (!json_is_string(value))
        return ind_fail(err, "%s must be a string", key);
    *out = json_string_value(value);
    return IND_OK;
}

int ind_json_need(const json_t *object, const char *key, struct ind_error *err)
{
    return value_of(object, key) ? IND_OK : ind_fail(err, "%s is missing", key);
}
