#include "support/live.h"

#include <induct/recipe/recipe.h>

struct ind_live_history history_of(int layers, int heads)
{
    struct ind_live_history history;
    struct ind_recipe recipe = ind_recipe_default();
    recipe.model.layers = layers;
    recipe.model.heads = heads;
    ind_live_history_init(&history, &recipe);
    history.chance[0] = 0.05;
    history.chance[1] = 0.03;
    return history;
}
