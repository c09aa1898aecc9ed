/* Tensors that no rule takes: buffers are compared with what the model as configured would hold
 * there, anything else would take part in a computation that is not done here. */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/work.h"

/* ---- Masks ---- */

/* What a mask says of one pair: a query sees the key, or does not; or it is no mask's value. */
enum sight { SEES, HIDDEN, NEITHER };

/* Masks that multiply or select (1 sees), and masks that are added to the scores (0 sees). */
static enum sight sight_of(float value, bool added)
{
    if (added)
        return value == 0 ? SEES : value <= -1e4f || isinf(value) ? HIDDEN : NEITHER;
    return value == 1 ? SEES : value == 0 ? HIDDEN : NEITHER;
}

static bool is_causal(const float *values, size_t count, int64_t side, bool added)
{
    size_t square = (size_t)(side * side);
    for (size_t at = 0; at < count; at++) {
        int64_t query = (int64_t)(at % square) / side, key = (int64_t)(at % square) % side;
        if (sight_of(values[at], added) != (key <= query ? SEES : HIDDEN))
            return false;
    }
    return true;
}

static int64_t side_of(const struct ind_foreign_tensor *tensor)
{
    bool square =
        tensor->rank >= 2 && tensor->shape[tensor->rank - 1] == tensor->shape[tensor->rank - 2];
    return square ? tensor->shape[tensor->rank - 1] : 0;
}

static int check_mask(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                      int context, struct ind_error *err)
{
    float *values;
    size_t count;
    int64_t side = side_of(tensor);
    if (!tensor->flaw && ind_foreign_elements(tensor) == 0)
        return IND_OK; /* TransformerLens 3 keeps none */
    if (!tensor->flaw && (side == 0 || side < context)) {
        char text[96];
        return ind_fail(err, "tensor %s is %s in shape, no causal mask of %d positions",
                        tensor->name, ind_shape_text(tensor->rank, tensor->shape, text), context);
    }
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    bool causal = is_causal(values, count, side, false) || is_causal(values, count, side, true);
    free(values);
    return causal ? IND_OK
                  : ind_fail(err,
                             "tensor %s is no causal mask: induct's attention is causal and "
                             "reaches back to the first position",
                             tensor->name);
}

/* The score of what a mask hides: so low that softmax makes nothing of it. */
static int check_ignored(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                         struct ind_error *err)
{
    float *values;
    size_t count;
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    bool low = true;
    for (size_t i = 0; i < count; i++)
        low = low && values[i] <= -1e4f;
    free(values);
    return low ? IND_OK
               : ind_fail(err, "tensor %s, the score of what is masked, is not far below 0",
                          tensor->name);
}

/* A mapping's word is believed, but not when the tensor is a mask and another than the causal
 * one. */
static int check_ignorable(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                           int context, struct ind_error *err)
{
    float *values;
    size_t count;
    if (side_of(tensor) != context || tensor->flaw || context < 2 ||
        ind_import_values(work, tensor, &values, &count, NULL) != IND_OK)
        return IND_OK;
    bool selects = true, adds = true;
    for (size_t i = 0; i < count; i++) {
        selects = selects && sight_of(values[i], false) != NEITHER;
        adds = adds && sight_of(values[i], true) != NEITHER;
    }
    free(values);
    return selects || adds ? check_mask(work, tensor, context, err) : IND_OK;
}

/* ---- Anything else ---- */

/* Does the layout have a tensor that some rule makes of this one? */
static bool is_used(const struct ind_import_work *work, const struct ind_layout *layout,
                    const struct ind_foreign_tensor *tensor)
{
    for (int i = 0; i < work->mapping->rule_count; i++) {
        const struct ind_rule *rule = &work->mapping->rules[i];
        int layers = strstr(rule->theirs[0], "{L}") ? layout->config.layers : 1;
        int heads = rule->by_head ? layout->config.heads : 1;
        for (int at = 0; at < layers * heads; at++) {
            char ours[IND_NAME_ROOM];
            if (ind_rule_find(rule, &work->view, at / heads, at % heads) == tensor &&
                ind_layout_find(layout, ind_mapping_name("", rule->ours, at / heads, 0, ours)))
                return true;
        }
    }
    return false;
}

static int all_zero(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                    bool *zero, struct ind_error *err)
{
    float *values;
    size_t count;
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    *zero = true;
    for (size_t i = 0; i < count; i++)
        *zero = *zero && values[i] == 0;
    free(values);
    return IND_OK;
}

static int refuse_weight(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                         struct ind_error *err)
{
    bool zero;
    if (all_zero(work, tensor, &zero, err) != IND_OK)
        return IND_FAILED;
    return zero ? IND_OK
                : ind_fail(err, "tensor %s is not zero, but the model as configured has none",
                           tensor->name);
}

/* Part of what adds nothing, because all that it would be multiplied with at the end is zero? */
static int is_inert(struct ind_import_work *work, const char *name, bool *inert,
                    struct ind_error *err)
{
    const char *pattern;
    json_t *zeros;
    *inert = false;
    json_object_foreach (json_object_get(work->mapping->json, "inert"), pattern, zeros) {
        size_t found = 0;
        bool zero = fnmatch(pattern, name, 0) == 0;
        for (size_t i = 0; zero && i < work->view.count; i++) {
            const struct ind_view_item *item = &work->view.items[i];
            if (fnmatch(json_string_value(zeros), item->name, 0) != 0)
                continue;
            found++;
            if (all_zero(work, item->tensor, &zero, err) != IND_OK)
                return IND_FAILED;
        }
        *inert = *inert || (zero && found > 0);
    }
    return IND_OK;
}

/* position_ids: 0, 1, 2, ... in each row, as any model counts its positions. */
static int is_counter(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                      const char *name, bool *counter, struct ind_error *err)
{
    static const char TAIL[] = "position_ids";
    size_t length = strlen(name), count;
    float *values;
    *counter = false;
    if (length < sizeof TAIL - 1 || strcmp(name + length - (sizeof TAIL - 1), TAIL) != 0 ||
        tensor->rank < 1 || tensor->shape[tensor->rank - 1] < 1)
        return IND_OK;
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    *counter = true;
    for (size_t i = 0; i < count; i++)
        *counter = *counter && values[i] == (float)(i % (size_t)tensor->shape[tensor->rank - 1]);
    free(values);
    return IND_OK;
}

/* Rotary positions' frequencies, base^(-2m/width), as Hugging Face keeps them. */
static int check_frequencies(struct ind_import_work *work, const struct ind_foreign_tensor *tensor,
                             const struct ind_config *config, struct ind_error *err)
{
    float *values;
    size_t count, half = (size_t)ind_config_rotary_dim(config) / 2;
    if (ind_import_values(work, tensor, &values, &count, err) != IND_OK)
        return IND_FAILED;
    bool same = count == half && config->positions == IND_POSITIONS_ROTARY;
    for (size_t i = 0; same && i < count; i++) {
        double expected = pow(config->rotary_base, -(double)i / (double)half);
        same = fabs((double)values[i] - expected) <= 1e-2 * expected; /* in half precision, too */
    }
    free(values);
    return same ? IND_OK
                : ind_fail(err,
                           "tensor %s: not the frequencies of rotary positions as configured (%d "
                           "dimensions, base %g)",
                           tensor->name, 2 * (int)half, config->rotary_base);
}

static int check_unknown(struct ind_import_work *work, const struct ind_view_item *item,
                         struct ind_error *err)
{
    bool inert, counter;
    if (is_inert(work, item->name, &inert, err) != IND_OK ||
        is_counter(work, item->tensor, item->name, &counter, err) != IND_OK)
        return IND_FAILED;
    if (inert || counter || item->tensor->no_tensor)
        return IND_OK;
    return ind_fail(err, "tensor %s is none that an attention-only model has", item->tensor->name);
}

static int check_item(struct ind_import_work *work, const struct ind_layout *layout,
                      const struct ind_view_item *item, struct ind_error *err)
{
    const struct ind_mapping *mapping = work->mapping;
    const struct ind_config *config = &layout->config;
    const struct ind_foreign_tensor *tensor = item->tensor;
    if (ind_mapping_lists(mapping, "mask", item->name))
        return check_mask(work, tensor, config->context, err);
    if (ind_mapping_lists(mapping, "ignored", item->name))
        return check_ignored(work, tensor, err);
    if (ind_mapping_lists(mapping, "inv_freq", item->name))
        return check_frequencies(work, tensor, config, err);
    if (ind_mapping_is_table(mapping, "rotary_sin", item->name) ||
        ind_mapping_is_table(mapping, "rotary_cos", item->name))
        return config->positions == IND_POSITIONS_ROTARY /* compared by rotary.c */
                   ? IND_OK
                   : ind_fail(err,
                              "tensor %s is one of rotary positions, which the model as "
                              "configured has not",
                              tensor->name);
    if (ind_mapping_lists(mapping, "ignore", item->name))
        return check_ignorable(work, tensor, config->context, err);
    if (is_used(work, layout, tensor))
        return IND_OK;
    return ind_mapping_takes(mapping, item->name) ? refuse_weight(work, tensor, err)
                                                  : check_unknown(work, item, err);
}

int ind_import_check_leftovers(struct ind_import_work *work, const struct ind_layout *layout,
                               struct ind_error *err)
{
    for (size_t i = 0; i < work->view.count; i++)
        if (check_item(work, layout, &work->view.items[i], err) != IND_OK)
            return IND_FAILED;
    return IND_OK;
}
