/* What is grafted: the pieces asked for, and the controls beside them. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

static enum ind_graft_kind head_kind(const struct settings *s)
{
    static const enum ind_graft_kind kinds[] = {IND_GRAFT_HEAD, IND_GRAFT_QK, IND_GRAFT_OV};
    return kinds[s->part];
}

const char *variant_kind_name(enum variant_kind kind)
{
    static const char *const names[] = {"graft", "placebo", "random"};
    return names[kind];
}

/* ---- One variant ----------------------------------------------------------------------------- */

/* "L0H2:qk+W_E" */
static char *name_pieces(const struct ind_graft *pieces, int count)
{
    char *name = ind_text("%s", "");
    for (int i = 0; name != NULL && i < count; i++) {
        char piece[24];
        char *longer = ind_text("%s%s%s", name, i > 0 ? "+" : "", ind_graft_name(pieces[i], piece));
        free(name);
        name = longer;
    }
    return name;
}

/* The next variant, of the pieces given; a random head is named as such. */
static int add(struct variants *variants, enum variant_kind kind, const struct ind_graft *pieces,
               int count, char *name, struct ind_error *err)
{
    struct variant *v = &variants->items[variants->count++];
    v->kind = kind;
    v->count = count;
    v->name = name;
    if (name == NULL)
        return ind_fail(err, "out of memory");
    if (ind_alloc_into(&v->pieces, (size_t)count, sizeof *v->pieces, err))
        return IND_FAILED;
    memcpy(v->pieces, pieces, (size_t)count * sizeof *pieces);
    return IND_OK;
}

/* ---- What was asked for ---------------------------------------------------------------------- */

/* What is not a head. `pieces` has room for three and every layer named. */
static int other_pieces(const struct settings *s, struct ind_graft *pieces)
{
    int count = 0;
    for (int i = 0; i < s->layers.count; i++)
        pieces[count++] = (struct ind_graft){IND_GRAFT_LAYER, {s->layers.items[i], 0}};
    if (s->embedding)
        pieces[count++] = (struct ind_graft){.kind = IND_GRAFT_EMBEDDING};
    if (s->positions)
        pieces[count++] = (struct ind_graft){.kind = IND_GRAFT_POSITIONS};
    if (s->unembed)
        pieces[count++] = (struct ind_graft){.kind = IND_GRAFT_UNEMBEDDING};
    return count;
}

static int add_together(struct variants *variants, struct ind_graft *pieces,
                        const struct settings *s, const struct ind_heads *heads,
                        struct ind_error *err)
{
    int count = 0;
    for (; count < heads->count; count++)
        pieces[count] = (struct ind_graft){head_kind(s), heads->items[count]};
    count += other_pieces(s, pieces + count);
    return add(variants, VARIANT_GRAFT, pieces, count, name_pieces(pieces, count), err);
}

/* Every head alone, each with the rest of what was asked for. */
static int add_each(struct variants *variants, struct ind_graft *pieces, const struct settings *s,
                    const struct ind_heads *heads, struct ind_error *err)
{
    const int others = other_pieces(s, pieces + 1);
    for (int h = 0; h < heads->count; h++) {
        pieces[0] = (struct ind_graft){head_kind(s), heads->items[h]};
        if (add(variants, VARIANT_GRAFT, pieces, 1 + others, name_pieces(pieces, 1 + others), err))
            return IND_FAILED;
    }
    return IND_OK;
}

/* ---- Controls -------------------------------------------------------------------------------- */

static int add_placebos(struct variants *variants, struct ind_graft graft, int heads,
                        struct ind_error *err)
{
    for (int h = 0; h < heads; h++) {
        struct ind_graft other = graft;
        other.head.head = h;
        if (h != graft.head.head &&
            add(variants, VARIANT_PLACEBO, &other, 1, name_pieces(&other, 1), err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int add_random(struct variants *variants, struct ind_graft graft, int draws,
                      struct ind_error *err)
{
    for (int draw = 0; draw < draws; draw++) {
        char *name = draws > 1 ? ind_text("random%d", draw + 1) : ind_text("random");
        if (add(variants, VARIANT_RANDOM, &graft, 1, name, err))
            return IND_FAILED;
        variants->items[variants->count - 1].draw = (uint32_t)draw;
    }
    return IND_OK;
}

static int add_all(struct variants *variants, struct ind_graft *pieces, const struct settings *s,
                   const struct ind_heads *heads, int heads_a_layer, struct ind_error *err)
{
    if (s->each ? add_each(variants, pieces, s, heads, err)
                : add_together(variants, pieces, s, heads, err))
        return IND_FAILED;
    if (!s->placebo)
        return IND_OK;
    if (heads->count != 1 || variants->items[0].count != 1)
        return ind_fail(err, "--placebo stands beside one head, and %s is not one",
                        s->each ? "--each" : variants->items[0].name);
    const struct ind_graft graft = {head_kind(s), heads->items[0]};
    return add_placebos(variants, graft, heads_a_layer, err) ||
                   add_random(variants, graft, s->random, err)
               ? IND_FAILED
               : IND_OK;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int check_layers(const struct ind_ints *layers, const struct ind_config *config,
                        struct ind_error *err)
{
    for (int i = 0; i < layers->count; i++) {
        if (layers->items[i] >= config->layers)
            return ind_fail(err, "--layer: %d, but the model has layers 0 to %d", layers->items[i],
                            config->layers - 1);
    }
    return IND_OK;
}

static int init_with(struct variants *variants, const struct ind_study *study,
                     const struct ind_heads *heads, struct ind_error *err)
{
    const struct settings *s = study->settings;
    const int a_layer = study->config->heads;
    struct ind_graft *pieces = NULL;
    if (check_layers(&s->layers, study->config, err))
        return IND_FAILED;
    const size_t pieces_room = (size_t)heads->count + (size_t)s->layers.count + 4;
    const size_t room = (size_t)heads->count + (size_t)a_layer + (size_t)s->random + 1;
    int status = ind_alloc_into(&variants->items, room, sizeof *variants->items, err);
    if (status == IND_OK)
        status = ind_alloc_into(&pieces, pieces_room, sizeof *pieces, err);
    if (status == IND_OK)
        status = add_all(variants, pieces, s, heads, a_layer, err);
    free(pieces);
    return status;
}

/* --each without --heads is of all of them. */
int variants_init(struct variants *variants, const struct ind_study *study, struct ind_error *err)
{
    const struct settings *s = study->settings;
    if (!s->each || study->heads.count > 0)
        return init_with(variants, study, &study->heads, err);
    struct ind_heads all = {0};
    int status = ind_heads_select(&all, study->config, "*", err);
    if (status == IND_OK)
        status = init_with(variants, study, &all, err);
    ind_heads_release(&all);
    return status;
}

void variants_release(struct variants *variants)
{
    for (int i = 0; i < variants->count; i++) {
        free(variants->items[i].pieces);
        free(variants->items[i].name);
    }
    free(variants->items);
    *variants = (struct variants){0};
}
