#include "support/tiny_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include <induct/base/file.h>
#include <induct/run/checkpoint.h>
#include <induct/recipe/config_file.h>

#include "support/folder.h"

static void check(int status, const struct ind_error *err)
{
    if (status != IND_OK)
        fail_msg("%s", err->text);
}

void tiny_run_make(const char *path, long last, long every)
{
    struct ind_error err;
    struct ind_recipe recipe = ind_recipe_default();
    recipe.model.layers = recipe.model.heads = 1;
    recipe.model.d_model = 4;
    recipe.model.d_head = 2;
    recipe.model.vocab = 5;
    recipe.model.context = 8;
    recipe.period_lo = recipe.period_hi = 3;
    recipe.epochs = last;
    recipe.ood_count = 0;
    struct ind_layout layout;
    struct ind_params weights;
    check(ind_folder_make(path, false, &err), &err);
    check(ind_run_config_write(path, &recipe, false, false, &err), &err);
    check(ind_layout_init(&layout, &recipe.model, &err), &err);
    check(ind_params_init(&weights, &layout, &err), &err);
    for (long epoch = 0; epoch <= last; epoch += every) {
        ind_params_randomise(&weights, (uint64_t)epoch);
        check(ind_checkpoint_write(path, &weights, epoch, false, &err), &err);
    }
    ind_params_release(&weights);
    ind_layout_release(&layout);
}

void tiny_run_damage(const char *path, long epoch)
{
    size_t size;
    char *file = ind_checkpoint_path(path, epoch);
    char *bytes = file_bytes(file, &size);
    bytes[size - 40] = (char)(bytes[size - 40] ^ 1);
    file_put(file, bytes, size);
    free(bytes);
    free(file);
}
