/*
 * The recipe that the options make: of a preset, of another run's, or of the run that is resumed.
 */
#ifndef INDUCT_TRAIN_MAKING_H
#define INDUCT_TRAIN_MAKING_H

#include "options.h"

/*
 * Exits 64 on what the parser cannot see: options that contradict each other and values that make
 * no recipe. Otherwise *recipe is that of a new run: the preset (2L-varied unless named), or with
 * --from the parent's recipe, with every option given. Its `preset` is "custom" if anything but
 * seed, length and schedule departs from the one it started as. Under --resume it is left alone.
 * Fails if the parent's recipe cannot be read.
 */
IND_CHECKED int make_recipe(struct settings *settings, const struct ind_tool *tool,
                            struct ind_recipe *recipe, struct ind_error *err);

/* A resumed run's recipe: what may change in mid-run (epochs, schedule) is changed. */
IND_CHECKED int extend_recipe(const struct settings *settings, struct ind_recipe *recipe,
                              struct ind_error *err);

#endif
