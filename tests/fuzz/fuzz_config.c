/*
 * config.json: what is accepted can be laid out, and reads back as itself once written.
 * longest: 2048
 */
#include <string.h>

#include <induct/model/params.h>
#include <induct/recipe/config_file.h>

#include "fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int status)
{
    if (status != IND_OK)
        abort();
}

/* Text for text: numbers are compared by what is written of them. */
static void same_text(const struct ind_run_config *config)
{
    char first[8192] = {0}, second[8192] = {0};
    struct ind_run_config again;
    struct ind_error err;
    for (int turn = 0; turn < 2; turn++) {
        char *text = turn == 0 ? first : second;
        const struct ind_recipe *recipe = turn == 0 ? &config->recipe : &again.recipe;
        must(ind_run_config_write(scratch_folder, recipe, config->imported, false, &err));
        FILE *file = fopen(scratch_path("config.json"), "rb");
        if (!file || fread(text, 1, sizeof first - 1, file) == 0)
            abort();
        fclose(file);
        if (turn == 0)
            must(ind_run_config_read(scratch_folder, &again, &err));
    }
    if (strcmp(first, second) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_run_config config;
    struct ind_layout layout;
    struct ind_error err;
    scratch_begin();
    scratch_put("config.json", size ? (const void *)data : "", size);
    if (ind_run_config_read(scratch_folder, &config, &err) != IND_OK)
        return 0;
    if (ind_layout_init(&layout, &config.recipe.model, &err) == IND_OK)
        ind_layout_release(&layout);
    same_text(&config);
    return 0;
}
