/*
 * JSON, on jansson: read strictly (a value has the type and lies in the range asked for, or the
 * error names its key) and built whole (a document lacks no part, or is not there).
 */
#ifndef INDUCT_FORMAT_JSON_H
#define INDUCT_FORMAT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parses any JSON value, without duplicate keys; NULL and an error with line and column otherwise.
 * Released with json_decref. */
json_t *ind_json_value(const char *text, size_t size, struct ind_error *err);

/* Parses text that must be one JSON object without duplicate keys; NULL and an error with line and
 * column otherwise. Released with json_decref. */
json_t *ind_json_parse(const char *text, size_t size, struct ind_error *err);

/* The same from a file of at most 2 MB; the error begins with the path. */
json_t *ind_json_read(const char *path, struct ind_error *err);

/* The same of a file in a folder got from others: ind_file_open_within(). */
json_t *ind_json_read_within(const char *path, struct ind_error *err);

/*
 * Building: each takes `value` over and adds it. Where that fails for want of memory, or `value` is
 * NULL already, what is built is released and becomes NULL, and stays so: a document is looked at
 * once, when it is done, and never lacks a part.
 */
void ind_json_put(json_t **object, const char *key, json_t *value);
void ind_json_append(json_t **array, json_t *value);

/* json_dumps() that is whole: jansson leaves a key out that it has no memory for, and says nothing.
 * Freed with free; NULL only when memory ran out. */
char *ind_json_dump(const json_t *value, size_t flags);

/* The object as text with real numbers as short as they can be and still read back the same.
 * `flags` are jansson's. Freed with free; NULL only when memory ran out. */
char *ind_json_text(const json_t *object, size_t flags);

/* Each leaves *out as it is (a default) and returns IND_OK if the key is absent or null. */
IND_CHECKED int ind_json_long(const json_t *object, const char *key, long lo, long hi, long *out,
                              struct ind_error *err);
IND_CHECKED int ind_json_int(const json_t *object, const char *key, int lo, int hi, int *out,
                             struct ind_error *err);
IND_CHECKED int ind_json_double(const json_t *object, const char *key, double *out,
                                struct ind_error *err);
IND_CHECKED int ind_json_bool(const json_t *object, const char *key, bool *out,
                              struct ind_error *err);

/* A view into the object. */
IND_CHECKED int ind_json_word(const json_t *object, const char *key, const char **out,
                              struct ind_error *err);

/* Fails if the key is absent: "n_layers is missing". */
IND_CHECKED int ind_json_need(const json_t *object, const char *key, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
