/*
 * What induct-train is asked for: its options, and the recipe that they make of a preset.
 */
#ifndef INDUCT_TRAIN_OPTIONS_H
#define INDUCT_TRAIN_OPTIONS_H

#include <stdbool.h>

#include <induct/recipe/recipe.h>
#include <induct/tool/tool.h>

enum { FIELD_ROOM = 64, PRESETS_ROOM = 160, INTERVENTION_KINDS = IND_INTERVENE_FREEZE + 1 };

extern const char default_preset[]; /* where none is named */

/* The command line as parsed. `typed` holds the values of those recipe fields that were given. */
struct settings {
    const char *preset, *resume, *from, *output;
    const char *average, *log_scores, *again, *window;
    const char *period, *ood, *decay, *lr_scale, *checkpoints;
    const char *intervene[INTERVENTION_KINDS]; /* by enum ind_intervention_kind */
    int period_per, loss;                      /* 1: sequence, repeated */
    bool layer_norm, live, lab, durable;
    double save_every; /* seconds from one resume file to the next */
    double time_limit; /* seconds that this session may take; 0 = any */
    struct ind_recipe typed;
    bool given[FIELD_ROOM];
    char presets[PRESETS_ROOM];            /* what --help says of --preset */
    struct ind_option options[FIELD_ROOM]; /* for ind_tool_start, over this struct */
};

/* Fills settings->options. */
void settings_init(struct settings *settings);

/* Notes which of its options were on the command line. */
void settings_given(struct settings *settings, const struct ind_tool *tool);

/* Copies the recipe's fields that were given. Returns true if any option was that bears on training
 * and is another than the recipe had; period, period-per and loss are the caller's to compare. */
bool settings_apply(const struct settings *settings, struct ind_recipe *recipe);

/* "-lr0.01-positions-rotary": the options given that bear on training and are other than the preset
 * has them, for a folder's name; without those of the shape (layers, heads, d-model). Whole options
 * as far as the room goes. */
void settings_departures(const struct settings *settings, const struct ind_recipe *preset,
                         char *text, size_t room);

/* The name of an option given that cannot go with --resume, --again or --from; NULL if none. */
const char *settings_unfit(const struct settings *settings, const struct ind_tool *tool);

#endif
