/* What the files of a recipe share. */
#ifndef INDUCT_LIB_RECIPE_PARTS_H
#define INDUCT_LIB_RECIPE_PARTS_H

#include <induct/recipe/recipe.h>

/* departures.c: do interventions and values of tensors name what the model has, and can it bear
 * them? */
IND_CHECKED int ind_recipe_check_parts(const struct ind_recipe *recipe, struct ind_error *err);

#endif
