/* The series: what counts as a checkpoint, what is believed of one, and how fast it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/run/checkpoint.h>
#include <induct/recipe/config_file.h>
#include <induct/run/series.h>

#include "support/folder.h"

static struct ind_error err;

struct fixture {
    char *folder;
    struct ind_recipe recipe;
    struct ind_layout layout;
    struct ind_params params;
};

static void says(const char *message)
{
    if (!strstr(err.text, message))
        fail_msg("says '%s', not '%s'", err.text, message);
}

static void save(struct fixture *f, long epoch)
{
    assert_int_equal(ind_checkpoint_write(f->folder, &f->params, epoch, false, &err), IND_OK);
}

static void save_config(struct fixture *f)
{
    assert_int_equal(ind_run_config_write(f->folder, &f->recipe, false, false, &err), IND_OK);
}

static void epochs_come_in_order(void **state)
{
    struct fixture *f = *state;
    save_config(f);
    const long epochs[] = {100, 0, 20000, 123456789, 300};
    for (int i = 0; i < 5; i++)
        save(f, epochs[i]);
    const char *const strangers[] = {"epoch-1.safetensors",
                                     "epoch-00000200.safetensors.tmp",
                                     "epoch-00000200.safetensors.5-0.tmp",
                                     "xepoch-00000200.safetensors",
                                     "epoch-0000020x.safetensors",
                                     "epoch-000000200.safetensors",
                                     "epoch--0000200.safetensors",
                                     "epoch-9999999999999.safetensors",
                                     "resume.safetensors"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        file_put(folder_path(f->folder, "%s", strangers[i]), "x", 1);
    struct ind_series series;
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_OK);
    const long sorted[] = {0, 100, 300, 20000, 123456789};
    assert_int_equal(series.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(series.epochs[i], sorted[i]);
        assert_int_equal(ind_series_find(&series, sorted[i]), i);
    }
    assert_int_equal(ind_series_find(&series, 200), -1);
    assert_false(series.imported);
    ind_series_close(&series);
}

static void weights_read_back_bit_for_bit(void **state)
{
    struct fixture *f = *state;
    save_config(f);
    save(f, 7);
    struct ind_series series;
    struct ind_params read;
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_OK);
    assert_int_equal(ind_params_init(&read, &series.layout, &err), IND_OK);
    assert_int_equal(ind_series_read(&series, 0, &read, &err), IND_OK);
    assert_memory_equal(read.data, f->params.data, f->layout.total * sizeof(float));
    ind_params_release(&read);
    ind_series_close(&series);
}

static bool is_run(const char *path)
{
    bool is;
    assert_int_equal(ind_series_is_run(path, &is, &err), IND_OK);
    return is;
}

static void checkpoints_alone_are_a_run(void **state)
{
    struct fixture *f = *state;
    assert_false(is_run(f->folder));
    struct ind_series series;
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_FAILED);
    says("no run of induct");
    save(f, 7);
    assert_true(is_run(f->folder));
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_OK);
    assert_true(series.imported);
    assert_int_equal(series.recipe.model.d_head, f->recipe.model.d_head);
    ind_series_close(&series);
    unlink(folder_path(f->folder, "epoch-00000007.safetensors"));
    save_config(f);
    assert_true(is_run(f->folder));
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_FAILED);
    says("no checkpoint in it yet");
    assert_int_equal(ind_series_open(&series, "/nonexistent/run", &err), IND_FAILED);
    says("/nonexistent/run: cannot open: No such file");
    assert_false(is_run("/nonexistent/run"));
}

static struct ind_params read_back;

static int read_only(struct fixture *f)
{
    const char *path = folder_path(f->folder, "epoch-00000007.safetensors");
    int status = ind_checkpoint_read(path, &read_back, &err);
    if (status != IND_OK)
        assert_memory_equal(err.text, path, strlen(path));
    return status;
}

/* The checkpoint as a list to be changed and written again. */
static struct ind_st_write *as_list(struct fixture *f, int *count)
{
    struct ind_st_write *list = calloc((size_t)f->layout.tensor_count + 8, sizeof *list);
    *count = f->layout.tensor_count;
    for (int i = 0; i < *count; i++) {
        const struct ind_tensor *tensor = &f->layout.tensors[i];
        list[i] = (struct ind_st_write){.name = tensor->name,
                                        .dtype = IND_F32,
                                        .rank = tensor->rank,
                                        .data = f->params.data + tensor->offset};
        for (int k = 0; k < tensor->rank; k++)
            list[i].shape[k] = tensor->shape[k];
    }
    return list;
}

static int write_and_read(struct fixture *f, const struct ind_st_write *list, int count)
{
    const char *path = folder_path(f->folder, "epoch-00000007.safetensors");
    assert_int_equal(ind_safetensors_write(path, list, count, NULL, 0, false, &err), IND_OK);
    return read_only(f);
}

static void what_does_not_fit_is_named(void **state)
{
    struct fixture *f = *state;
    int count;
    struct ind_st_write *list = as_list(f, &count);
    assert_int_equal(ind_params_init(&read_back, &f->layout, &err), IND_OK);
    assert_int_equal(write_and_read(f, list, count), IND_OK);
    struct ind_st_write last = list[count - 1];
    assert_int_equal(write_and_read(f, list, count - 1), IND_FAILED);
    says("is missing");
    says(last.name);
    list[count - 1].shape[0]--;
    assert_int_equal(write_and_read(f, list, count), IND_FAILED);
    says("tensor unembed.W_U is [5, 9], the model's is [6, 9]");
    list[count - 1] = last;
    list[count - 1].dtype = IND_I32;
    assert_int_equal(write_and_read(f, list, count), IND_FAILED);
    says("tensor unembed.W_U is I32, not F32");
    list[count - 1] = last;
    list[count] = (struct ind_st_write){"blocks.0.mlp.W_in", IND_F32, 1, {1}, f->params.data};
    assert_int_equal(write_and_read(f, list, count + 1), IND_FAILED);
    says("holds tensor blocks.0.mlp.W_in, which this model does not have");
    list[count] = (struct ind_st_write){"blocks.0.attn.mask", IND_BOOL, 2, {2, 2}, f->params.data};
    list[count + 1] =
        (struct ind_st_write){"blocks.0.attn.IGNORE", IND_F32, 0, {0}, "\0\0\200\377"};
    assert_int_equal(write_and_read(f, list, count + 2), IND_OK);
    ind_params_release(&read_back);
    free(list);
}

/* Order in the file does not matter. */
static void tensors_are_found_by_name(void **state)
{
    struct fixture *f = *state;
    int count;
    struct ind_st_write *list = as_list(f, &count);
    for (int i = 0; i < count / 2; i++) {
        struct ind_st_write swap = list[i];
        list[i] = list[count - 1 - i];
        list[count - 1 - i] = swap;
    }
    assert_int_equal(ind_params_init(&read_back, &f->layout, &err), IND_OK);
    assert_int_equal(write_and_read(f, list, count), IND_OK);
    assert_memory_equal(read_back.data, f->params.data, f->layout.total * sizeof(float));
    ind_params_release(&read_back);
    free(list);
}

static void damaged_weights_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ind_params_init(&read_back, &f->layout, &err), IND_OK);
    save(f, 7);
    const char *path = folder_path(f->folder, "epoch-00000007.safetensors");
    size_t size;
    char *bytes = file_bytes(path, &size);
    bytes[size - 5] ^= 4;
    file_put(path, bytes, size);
    assert_int_equal(read_only(f), IND_FAILED);
    says("checksum differs: ");
    file_put(path, bytes, size - 1);
    assert_int_equal(read_only(f), IND_FAILED);
    says("lie outside the file's");
    free(bytes);
    for (int i = 0; i < 2; i++) {
        f->params.data[f->layout.total - 1] = i ? NAN : -INFINITY;
        save(f, 7);
        assert_int_equal(read_only(f), IND_FAILED);
        says("holds a NaN or an infinity");
    }
    ind_params_release(&read_back);
}

/* A checkpoint under the name of another epoch is not that epoch's. */
static void a_renamed_checkpoint_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ind_params_init(&read_back, &f->layout, &err), IND_OK);
    save(f, 9);
    char *other = strdup(folder_path(f->folder, "epoch-00000009.safetensors"));
    assert_int_equal(rename(other, folder_path(f->folder, "epoch-00000007.safetensors")), 0);
    assert_int_equal(read_only(f), IND_FAILED);
    says("epoch-00000007.safetensors: is of epoch 9, its metadata says");
    free(other);
    ind_params_release(&read_back);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The study's size, 0.28 MB. The bound is far from the figure (printed) so that a loaded machine
 * passes: it is there to notice a read that became quadratic or a hash that became slow. */
static void reading_is_fast(void **state)
{
    struct fixture *f = *state;
    struct ind_config config = ind_config_default();
    struct ind_layout layout;
    struct ind_params params;
    assert_int_equal(ind_layout_init(&layout, &config, &err), IND_OK);
    assert_int_equal(ind_params_init(&params, &layout, &err), IND_OK);
    ind_params_randomise(&params, 1);
    double best_write = 1, best_read = 1;
    char *path = ind_checkpoint_path(f->folder, 1);
    for (int i = 0; i < 200; i++) {
        double start = seconds();
        assert_int_equal(ind_checkpoint_write(f->folder, &params, 1, false, &err), IND_OK);
        double written = seconds();
        assert_int_equal(ind_checkpoint_read(path, &params, &err), IND_OK);
        best_write = fmin(best_write, written - start);
        best_read = fmin(best_read, seconds() - written);
    }
    printf("checkpoint of %zu bytes: written in %.0f us, read in %.0f us\n",
           layout.total * sizeof(float), 1e6 * best_write, 1e6 * best_read);
    assert_true(best_write < 0.01 && best_read < 0.005);
    free(path);
    ind_params_release(&params);
    ind_layout_release(&layout);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = folder_new();
    f->recipe = ind_recipe_default();
    f->recipe.model.layers = 1;
    f->recipe.model.heads = 2;
    f->recipe.model.d_model = 6;
    f->recipe.model.d_head = 3;
    f->recipe.model.vocab = 9;
    f->recipe.model.positions = IND_POSITIONS_LEARNED;
    *state = f;
    if (ind_layout_init(&f->layout, &f->recipe.model, &err) != IND_OK ||
        ind_params_init(&f->params, &f->layout, &err) != IND_OK)
        return -1;
    ind_params_randomise(&f->params, 3);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ind_params_release(&f->params);
    ind_layout_release(&f->layout);
    folder_remove(f->folder);
    free(f);
    return 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(epochs_come_in_order),
        IN_FOLDER(weights_read_back_bit_for_bit),
        IN_FOLDER(checkpoints_alone_are_a_run),
        IN_FOLDER(what_does_not_fit_is_named),
        IN_FOLDER(tensors_are_found_by_name),
        IN_FOLDER(damaged_weights_are_refused),
        IN_FOLDER(a_renamed_checkpoint_is_refused),
        IN_FOLDER(reading_is_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
