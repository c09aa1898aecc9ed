/* What is made once for a run's checkpoints changes none of their bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <induct/run/checkpoint.h>
#include <induct/run/run.h>

#include "format/form.h"
#include "run/tensors.h"
#include "support/folder.h"

static struct ind_error err;

static void must(int status)
{
    if (status != IND_OK)
        fail_msg("%s", err.text);
}

/* The long way: every name, shape and word anew, each tensor for itself. */
static void write_plainly(const char *path, const struct ind_params *weights, long epoch)
{
    char number[24];
    struct ind_tensor_list list = {0};
    char *config = ind_checkpoint_config_text(&weights->layout->config);
    snprintf(number, sizeof number, "%ld", epoch);
    const struct ind_st_pair metadata[] = {{"epoch", number}, {"config", config}};
    must(ind_tensor_list_add(&list, "", weights, &err));
    must(ind_safetensors_write(path, list.items, list.count, metadata, 2, false, &err));
    ind_tensor_list_release(&list);
    free(config);
}

/* Epochs of every length that a number can have: the header is padded by it. */
static void checkpoints_of_a_run_are_written_plainly(void **state)
{
    const char *folder = *state;
    char path[4096];
    struct ind_recipe recipe = ind_recipe_default();
    struct ind_layout layout;
    struct ind_params weights;
    struct ind_run run;
    snprintf(path, sizeof path, "%s/run", folder);
    must(ind_layout_init(&layout, &recipe.model, &err));
    must(ind_params_init(&weights, &layout, &err));
    must(ind_run_create(&run, path, &recipe, false, &err));
    const struct ind_run_state first = {
        .weights = &weights, .moment1 = &weights, .moment2 = &weights};
    must(ind_run_save_state(&run, &first, &err));
    for (long epoch = 0; epoch < IND_EPOCH_MAX / 10; epoch = 10 * epoch + 7) {
        ind_params_randomise(&weights, (uint64_t)epoch);
        write_plainly(folder_path(folder, "plain"), &weights, epoch);
        must(ind_run_save_checkpoint(&run, &weights, epoch, &err));
        char *saved = ind_checkpoint_path(path, epoch);
        assert_true(files_equal(folder_path(folder, "plain"), saved));
        must(ind_checkpoint_read(saved, &weights, &err));
        free(saved);
    }
    ind_run_close(&run);
    ind_params_release(&weights);
    ind_layout_release(&layout);
}

/* Tensors that lie apart, in another order than in memory, and of no bytes at all. */
static void scattered_tensors_are_gathered_in_order(void **state)
{
    const char memory[] = "abcdefgh";
    const struct ind_st_write scattered[] = {{"e", IND_U8, 1, {2}, memory + 4},
                                             {"none", IND_U8, 1, {0}, NULL},
                                             {"a", IND_U8, 1, {2}, memory},
                                             {"c", IND_U8, 1, {2}, memory + 2},
                                             {"h", IND_U8, 0, {0}, memory + 7}};
    struct ind_safetensors file;
    const char *path = folder_path(*state, "scattered");
    must(ind_safetensors_write(path, scattered, 5, NULL, 0, false, &err));
    must(ind_safetensors_open(&file, path, SIZE_MAX, &err));
    must(ind_safetensors_verify(&file, &err));
    assert_int_equal(file.data_size, 7);
    assert_memory_equal(file.data, "efabcdh", 7);
    ind_safetensors_close(&file);
}

/* Words that look like the places where others go. */
static void words_go_where_they_belong(void **state)
{
    const struct ind_st_pair metadata[] = {
        {"a\":\"b", ""}, {"note", "\"checksum\":\"x\""}, {"\"checksum\":\"", "\":\""}};
    struct ind_st_form form;
    struct ind_safetensors file;
    struct iovec parts[1];
    const char *path = folder_path(*state, "words");
    must(ind_st_form_init(&form, NULL, 0, metadata, 3, &err));
    must(ind_st_form_write(&form, path, "12", parts, 1, false, &err));
    must(ind_st_form_write(&form, path, "345", parts, 1, false, &err));
    ind_st_form_release(&form);
    must(ind_safetensors_open(&file, path, SIZE_MAX, &err));
    must(ind_safetensors_verify(&file, &err));
    assert_string_equal(ind_safetensors_metadata(&file, "a\":\"b"), "345");
    assert_string_equal(ind_safetensors_metadata(&file, "note"), "\"checksum\":\"x\"");
    assert_string_equal(ind_safetensors_metadata(&file, "\"checksum\":\""), "\":\"");
    assert_string_equal(ind_safetensors_metadata(&file, "checksum"),
                        "xxh3-128:99aa06d3014798d86001c324468d497f");
    ind_safetensors_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(checkpoints_of_a_run_are_written_plainly),
        IN_A_FOLDER(scattered_tensors_are_gathered_in_order),
        IN_A_FOLDER(words_go_where_they_belong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
