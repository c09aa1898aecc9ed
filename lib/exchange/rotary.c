/* Tables of sines and cosines say what rotary positions are: width, base and pairing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/format/json.h>

#include "exchange/work.h"

/* A table, and what it was found to be. */
struct table {
    const char *name;
    int64_t rows, width;
    double base;
    bool adjacent;
    double coarse; /* what its elements are rounded to, relative to 1 */
};

/* TransformerLens computes angles in float32, which for later positions are off by more. */
static double allowed(const struct table *t, int64_t row)
{
    return 1e-4 + 2e-6 * (double)row + t->coarse;
}

static bool fits(const struct table *t, const float *sines, const float *cosines)
{
    int64_t half = t->width / 2;
    for (int64_t i = 0; i < t->rows; i++) {
        for (int64_t j = 0; j < t->width; j++) {
            int64_t pair = t->adjacent ? j / 2 : j % half;
            double angle = (double)i / pow(t->base, (double)pair / (double)half);
            size_t at = (size_t)(i * t->width + j);
            if (!(fabs((double)sines[at] - sin(angle)) <= allowed(t, i)) ||
                !(fabs((double)cosines[at] - cos(angle)) <= allowed(t, i)))
                return false;
        }
    }
    return true;
}

/* The base from the slowest pair's angle at position 1, made whole where it is nearly so. */
static double estimated_base(const struct table *t, double said_base, const float *sines,
                             const float *cosines)
{
    int64_t half = t->width / 2;
    size_t at = (size_t)(t->width + t->width - 1);
    if (t->rows < 2 || half < 2)
        return said_base > 0 ? said_base : 10000; /* one pair turns at rate 1 whatever the base */
    double angle = atan2((double)sines[at], (double)cosines[at]);
    double base = angle > 0 ? pow(angle, -(double)half / (double)(half - 1)) : 0;
    return fabs(base / round(base) - 1) < 1e-5 ? round(base) : base;
}

static bool fits_some_way(struct table *t, double base, const float *sines, const float *cosines)
{
    t->base = base;
    for (int adjacent = 0; adjacent < 2 && base > 0; adjacent++) {
        t->adjacent = adjacent == 1;
        if (fits(t, sines, cosines))
            return true;
    }
    return false;
}

/* Which base and pairing give this table? In float32 it says the base to five digits and more; in
 * half precision only which of those that were said or are usual it may be. */
static bool recognise(struct table *t, double said_base, const float *sines, const float *cosines)
{
    const double usual[] = {said_base, 10000, 500000, 1000000};
    if (t->coarse == 0 &&
        fits_some_way(t, estimated_base(t, said_base, sines, cosines), sines, cosines))
        return true;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (fits_some_way(t, usual[i], sines, cosines))
            return true;
    return false;
}

static double coarseness(enum ind_dtype dtype)
{
    return dtype == IND_BF16 ? 1.0 / 256 : dtype == IND_F16 ? 1.0 / 2048 : 0;
}

static const struct ind_foreign_tensor *find(const struct ind_import_work *work, const char *key,
                                             int layer)
{
    char name[IND_NAME_ROOM];
    const char *pattern = json_string_value(json_object_get(work->mapping->json, key));
    return pattern ? ind_view_find(&work->view, ind_mapping_name("", pattern, layer, 0, name))
                   : NULL;
}

/* Reads one layer's tables and finds out what they are. */
static int read_table(struct ind_import_work *work, int layer, double said_base, struct table *t,
                      struct ind_error *err)
{
    const struct ind_foreign_tensor *from[2] = {find(work, "rotary_sin", layer),
                                                find(work, "rotary_cos", layer)};
    struct ind_foreign_tensor flat[2];
    float *values[2] = {NULL, NULL};
    size_t count;
    if (!from[0] || !from[1])
        return ind_fail(err, "rotary positions of layer %d: one table of two is missing", layer);
    for (int i = 0; i < 2; i++)
        flat[i] = ind_import_squeeze(from[i], 2);
    if (flat[0].rank != 2 || flat[1].rank != 2 || flat[0].shape[0] != flat[1].shape[0] ||
        flat[0].shape[1] != flat[1].shape[1] || flat[0].shape[1] % 2 || flat[0].shape[1] == 0)
        return ind_fail(err, "tensor %s is no table of rotary positions", from[0]->name);
    *t = (struct table){.name = from[0]->name,
                        .rows = flat[0].shape[0],
                        .width = flat[0].shape[1],
                        .coarse = coarseness(from[0]->dtype)};
    int status = ind_import_values(work, from[0], &values[0], &count, err);
    if (status == IND_OK)
        status = ind_import_values(work, from[1], &values[1], &count, err);
    if (status == IND_OK && !recognise(t, said_base, values[0], values[1]))
        status = ind_fail(err,
                          "tensors %s and %s are not those of plain rotary positions (are they "
                          "rescaled?), which induct does not compute",
                          from[0]->name, from[1]->name);
    free(values[0]);
    free(values[1]);
    return status;
}

/* Says what the table says; whoever said otherwise is contradicted. */
static int tell(struct ind_import_work *work, const struct table *t, const char *key, json_t *value,
                struct ind_error *err)
{
    const json_t *said = json_object_get(work->given, key);
    if (!value)
        return ind_fail(err, IND_NO_MEMORY);
    bool same = !said || json_equal(said, value) ||
                (json_is_number(said) &&
                 fabs(json_number_value(said) / json_number_value(value) - 1) < 2e-5);
    if (said) {
        char *text = ind_json_dump(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
        json_decref(value);
        if (!same && !text)
            ind_fail(err, IND_NO_MEMORY);
        else if (!same)
            ind_fail(err, "tensor %s says %s %s, which contradicts what was said", t->name, key,
                     text);
        free(text);
        return same ? IND_OK : IND_FAILED;
    }
    return json_object_set_new(work->given, key, value) == 0 ? IND_OK
                                                             : ind_fail(err, "out of memory");
}

static int tell_all(struct ind_import_work *work, const struct table *t, struct ind_error *err)
{
    if (tell(work, t, "positional_embedding_type", json_string("rotary"), err) != IND_OK ||
        tell(work, t, "rotary_dim", json_integer(t->width), err) != IND_OK ||
        tell(work, t, "rotary_base", json_real(t->base), err) != IND_OK)
        return IND_FAILED;
    if (t->width > 2 && tell(work, t, "rotary_adjacent_pairs", json_boolean(t->adjacent), err))
        return IND_FAILED;
    if (json_object_get(work->given, "n_ctx"))
        return IND_OK;
    return tell(work, t, "n_ctx", json_integer(t->rows), err);
}

int ind_import_infer_rotary(struct ind_import_work *work, struct ind_error *err)
{
    int layers = 0;
    double base = 0;
    if (ind_json_int(work->given, "n_layers", 1, 256, &layers, err) != IND_OK ||
        ind_json_double(work->given, "rotary_base", &base, err) != IND_OK)
        return IND_FAILED;
    for (int layer = 0; layer < layers; layer++) {
        struct table t;
        bool none = !find(work, "rotary_sin", layer) && !find(work, "rotary_cos", layer);
        if (none && !find(work, "rotary_sin", 0))
            continue;
        if (read_table(work, layer, base, &t, err) != IND_OK || tell_all(work, &t, err) != IND_OK)
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- Without tables ---- */

/* Frequencies base^(-2m/width) say the width by their number, and the base by the last one. */
static int tell_frequencies(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                            struct ind_error *err)
{
    float *values;
    size_t count;
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    struct table t = {.name = tensor->name, .width = 2 * (int64_t)count, .base = 10000};
    double base =
        count > 1 ? pow((double)values[count - 1], -(double)count / (double)(count - 1)) : 0;
    free(values);
    if (base > 1)
        t.base = fabs(base / round(base) - 1) < 1e-2 && base < 1e9 ? round(base / 10) * 10 : base;
    if (tell(work, &t, "rotary_dim", json_integer(t.width), err) != IND_OK)
        return IND_FAILED;
    return json_object_get(work->given, "rotary_base")
               ? IND_OK
               : tell(work, &t, "rotary_base", json_real(t.base), err);
}

int ind_import_need_rotary(struct ind_import_work *work, struct ind_error *err)
{
    const char *word = json_string_value(json_object_get(work->given, "positional_embedding_type"));
    if (!word || strcmp(word, "rotary") != 0 || json_object_get(work->given, "rotary_dim") ||
        json_object_get(work->given, "rotary_pct"))
        return IND_OK;
    for (size_t i = 0; i < work->view.count; i++)
        if (ind_mapping_lists(work->mapping, "inv_freq", work->view.items[i].name))
            return tell_frequencies(work, work->view.items[i].tensor, err);
    return ind_fail(err, "nothing says how many dimensions of a head its rotary positions turn: "
                         "rotary_dim in a configuration (--config)");
}
