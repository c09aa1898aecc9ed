/*
 * What induct-train is asked for: its options, and the recipe that they make of a preset.
 */
#ifndef INDUCT_TRAIN_OPTIONS_H
#define INDUCT_TRAIN_OPTIONS_H

#include <stdbool.h>

#include <induct/recipe/recipe.h>
#include <induct/tool/tool.h>

enum { FIELD_ROOM = 40, PRESETS_ROOM = 160 };

/* The command line as parsed. `typed` holds the values of those recipe fields that were given. */
struct settings {
    const char *preset, *resume, *output;
    const char *period, *ood;
    bool layer_norm, live, durable;
    double save_every; /* seconds from one resume file to the next */
    struct ind_recipe typed;
    bool given[FIELD_ROOM];
    char presets[PRESETS_ROOM];            /* what --help says of --preset */
    struct ind_option options[FIELD_ROOM]; /* for ind_tool_start, over this struct */
};

/* Fills settings->options. */
void settings_init(struct settings *settings);

/*
 * Exits 64 on what the parser cannot see: options that contradict each other (those that would make
 * another model or another training of a run that is resumed, -o beside --resume) and values that
 * make no recipe. Otherwise *recipe is that of a new run: the preset (2L-varied unless named) with
 * every option given. Its `preset` is "custom" if anything but seed, length and schedule departs
 * from the preset's. Under --resume it is left alone.
 */
void settings_check(struct settings *settings, const struct ind_tool *tool,
                    struct ind_recipe *recipe);

/* A resumed run's recipe: what may change in mid-run (epochs, schedule) is changed. */
int settings_extend(const struct settings *settings, struct ind_recipe *recipe,
                    struct ind_error *err);

#endif
