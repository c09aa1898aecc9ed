/*
 * The list of a model's paths, in the order in which they are expanded.
 */
#include <induct/patch/paths.h>

#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>

static void add(struct ind_paths *paths, enum ind_path_kind kind, int order, const char *name)
{
    struct ind_path *path = &paths->items[paths->count++];
    *path = (struct ind_path){.kind = kind, .order = order};
    snprintf(path->name, sizeof path->name, "%s", name);
}

static struct ind_head head_at(const struct ind_config *c, int index)
{
    return (struct ind_head){index / c->heads, index % c->heads};
}

static void add_heads(struct ind_paths *paths, const struct ind_config *c)
{
    char name[16];
    for (int h = 0; h < c->layers * c->heads; h++)
        add(paths, IND_PATH_HEAD, 1, ind_head_name(head_at(c, h), name));
}

/* Pairs in the order of the first head, then of the second. */
static void add_virtual_heads(struct ind_paths *paths, const struct ind_config *c)
{
    for (int g = 0; g < c->layers * c->heads; g++) {
        for (int h = (g / c->heads + 1) * c->heads; h < c->layers * c->heads; h++) {
            char first[16], second[16], name[40];
            snprintf(name, sizeof name, "%s>%s", ind_head_name(head_at(c, g), first),
                     ind_head_name(head_at(c, h), second));
            add(paths, IND_PATH_VIRTUAL, 2, name);
        }
    }
}

int ind_paths_init(struct ind_paths *paths, const struct ind_config *config, struct ind_error *err)
{
    *paths = (struct ind_paths){0};
    if (!ind_config_is_linear(config))
        return ind_fail(err,
                        "a model with LayerNorm is not linear: its logits are no sum of paths");
    const size_t heads = (size_t)config->layers * (size_t)config->heads;
    const size_t pairs = heads * (heads - (size_t)config->heads) / 2;
    if (ind_alloc_into(&paths->items, 4 + heads + pairs + (size_t)config->layers,
                       sizeof *paths->items, err))
        return IND_FAILED;
    add(paths, IND_PATH_DIRECT, 0, "direct");
    if (ind_config_adds_positions(config)) {
        add(paths, IND_PATH_PART, 0, "token");
        add(paths, IND_PATH_PART, 0, "position");
    }
    add_heads(paths, config);
    add_virtual_heads(paths, config);
    for (int order = 3; order <= config->layers; order++) {
        char name[40];
        snprintf(name, sizeof name, "order%d", order);
        add(paths, IND_PATH_HIGHER, order, name);
    }
    if (config->bias)
        add(paths, IND_PATH_BIAS, 0, "bias");
    return IND_OK;
}

void ind_paths_release(struct ind_paths *paths)
{
    free(paths->items);
    *paths = (struct ind_paths){0};
}
