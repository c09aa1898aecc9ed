/*
 * Grafts are copies of parts of tensors; the table of tensors says which part is a head's.
 */
#include <induct/patch/graft.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

char *ind_graft_name(struct ind_graft graft, char name[24])
{
    char head[16];
    ind_head_name(graft.head, head);
    switch (graft.kind) {
    case IND_GRAFT_HEAD:
        snprintf(name, 24, "%s", head);
        break;
    case IND_GRAFT_QK:
        snprintf(name, 24, "%s:qk", head);
        break;
    case IND_GRAFT_OV:
        snprintf(name, 24, "%s:ov", head);
        break;
    case IND_GRAFT_LAYER:
        snprintf(name, 24, "L%d", graft.head.layer);
        break;
    case IND_GRAFT_EMBEDDING:
        snprintf(name, 24, "W_E");
        break;
    case IND_GRAFT_POSITIONS:
        snprintf(name, 24, "W_pos");
        break;
    case IND_GRAFT_UNEMBEDDING:
        snprintf(name, 24, "W_U");
        break;
    }
    return name;
}

/* ---- Do they fit ----------------------------------------------------------------------------- */

static int check_tensors(const struct ind_layout *donor, const struct ind_layout *target,
                         struct ind_error *err)
{
    for (int i = 0; i < target->tensor_count; i++) {
        const struct ind_tensor *t = &target->tensors[i];
        const struct ind_tensor *d = ind_layout_find(donor, t->name);
        if (d == NULL)
            return ind_fail(err, "the donor has no %s", t->name);
        if (d->rank != t->rank ||
            memcmp(d->shape, t->shape, (size_t)t->rank * sizeof *t->shape) != 0)
            return ind_fail(err, "the donor's %s has another shape", t->name);
    }
    if (donor->tensor_count != target->tensor_count)
        return ind_fail(err, "the donor has %d tensors, the target %d", donor->tensor_count,
                        target->tensor_count);
    return IND_OK;
}

static bool rotates_alike(const struct ind_config *a, const struct ind_config *b)
{
    return a->positions != IND_POSITIONS_ROTARY ||
           (ind_config_rotary_dim(a) == ind_config_rotary_dim(b) &&
            !(a->rotary_base < b->rotary_base || a->rotary_base > b->rotary_base) &&
            a->rotary_adjacent == b->rotary_adjacent);
}

/* A sinusoidal and a learned table do the same once they are there. */
static bool same_positions(enum ind_positions a, enum ind_positions b)
{
    const bool tables = (a == IND_POSITIONS_SINUSOIDAL || a == IND_POSITIONS_LEARNED) &&
                        (b == IND_POSITIONS_SINUSOIDAL || b == IND_POSITIONS_LEARNED);
    return a == b || tables;
}

int ind_graft_check(const struct ind_layout *donor, const struct ind_layout *target,
                    struct ind_error *err)
{
    const struct ind_config *d = &donor->config, *t = &target->config;
    if (d->layers != t->layers || d->heads != t->heads)
        return ind_fail(err, "the donor has %d layers of %d heads, the target %d of %d", d->layers,
                        d->heads, t->layers, t->heads);
    if (d->norm != t->norm)
        return ind_fail(err, "the donor's norm is %s, the target's %s", ind_norm_name(d->norm),
                        ind_norm_name(t->norm));
    if (!same_positions(d->positions, t->positions) || !rotates_alike(d, t))
        return ind_fail(err, "the donor's positions are not the target's (%s, %s)",
                        ind_positions_name(d->positions), ind_positions_name(t->positions));
    if (fabs(ind_config_scale(d) - ind_config_scale(t)) > 0.0)
        return ind_fail(err, "the donor's scores are divided by %g, the target's by %g",
                        ind_config_scale(d), ind_config_scale(t));
    return check_tensors(donor, target, err);
}

/* ---- Copies ---------------------------------------------------------------------------------- */

static void copy_tensor(struct ind_params *target, const struct ind_params *donor,
                        const struct ind_tensor *t)
{
    const struct ind_tensor *from = ind_layout_find(donor->layout, t->name);
    memcpy(target->data + t->offset, donor->data + from->offset, t->count * sizeof(float));
}

/* A tensor outside the layers; nothing if the model has none of that role. */
static void copy_role(struct ind_params *target, const struct ind_params *donor, enum ind_role role)
{
    const struct ind_tensor *t = ind_layout_role(target->layout, role, -1);
    if (t != NULL)
        copy_tensor(target, donor, t);
}

static void copy_layer(struct ind_params *target, const struct ind_params *donor, int layer)
{
    const struct ind_layout *layout = target->layout;
    assert(layer >= 0 && layer < layout->config.layers);
    for (int i = 0; i < layout->tensor_count; i++) {
        if (layout->tensors[i].layer == layer)
            copy_tensor(target, donor, &layout->tensors[i]);
    }
}

static unsigned circuits(enum ind_graft_kind kind)
{
    return kind == IND_GRAFT_QK ? IND_QK : kind == IND_GRAFT_OV ? IND_OV : IND_QK | IND_OV;
}

/* Layouts of one shape have the same slices in the same order (ind_graft_check). */
static void copy_head(struct ind_params *target, const struct ind_params *donor,
                      struct ind_graft graft)
{
    struct ind_slice to[IND_HEAD_SLICES], from[IND_HEAD_SLICES];
    const struct ind_head head = graft.head;
    const int count =
        ind_head_slices(target->layout, head.layer, head.head, circuits(graft.kind), to);
    ind_head_slices(donor->layout, head.layer, head.head, circuits(graft.kind), from);
    for (int i = 0; i < count; i++)
        memcpy(target->data + to[i].begin, donor->data + from[i].begin,
               to[i].count * sizeof(float));
}

void ind_graft_apply(struct ind_params *target, const struct ind_params *donor,
                     const struct ind_graft *grafts, int count)
{
    for (int i = 0; i < count; i++) {
        switch (grafts[i].kind) {
        case IND_GRAFT_HEAD:
        case IND_GRAFT_QK:
        case IND_GRAFT_OV:
            copy_head(target, donor, grafts[i]);
            break;
        case IND_GRAFT_LAYER:
            copy_layer(target, donor, grafts[i].head.layer);
            break;
        case IND_GRAFT_EMBEDDING:
            copy_role(target, donor, IND_W_E);
            break;
        case IND_GRAFT_POSITIONS:
            copy_role(target, donor, IND_W_POS);
            break;
        case IND_GRAFT_UNEMBEDDING:
            copy_role(target, donor, IND_W_U);
            copy_role(target, donor, IND_B_U);
            copy_role(target, donor, IND_LN_FINAL_W);
            copy_role(target, donor, IND_LN_FINAL_B);
            break;
        }
    }
}
