/* The keys of config.json's "training" that a plain run does not have. */
#ifndef INDUCT_LIB_RECIPE_DEPARTURES_JSON_H
#define INDUCT_LIB_RECIPE_DEPARTURES_JSON_H

#include <jansson.h>

#include <induct/recipe/recipe.h>

/* Adds them to the object; fails when memory runs out. */
int ind_departures_to_json(const struct ind_recipe *recipe, json_t *training);
IND_CHECKED int ind_departures_from_json(const json_t *training, struct ind_recipe *recipe,
                                         struct ind_error *err);

#endif
