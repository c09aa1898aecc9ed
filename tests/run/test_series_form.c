/* The form of a series' checkpoints: what has it is read as ind_checkpoint_read would, and nothing
 * that ind_checkpoint_read refuses is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <induct/run/checkpoint.h>
#include <induct/run/series.h>

#include "run/series_form.h"
#include "support/folder.h"

static struct ind_error err;

struct fixture {
    char *folder;
    struct ind_layout layout;
    struct ind_params params, read;
    struct ind_series_form form;
};

static const char *path_of(struct fixture *f, long epoch)
{
    return folder_path(f->folder, "epoch-%08ld.safetensors", epoch);
}

static void save(struct fixture *f, long epoch)
{
    assert_int_equal(ind_checkpoint_write(f->folder, &f->params, epoch, false, &err), IND_OK);
}

/* Saves other weights at each of several epochs. */
static void what_has_the_form_is_read(void **state)
{
    struct fixture *f = *state;
    const long epochs[] = {0, 9, 12, 345, 100000, 123456789};
    for (int i = 0; i < 6; i++) {
        ind_params_randomise(&f->params, 10 + i);
        save(f, epochs[i]);
        memset(f->read.data, 0, f->layout.total * sizeof(float));
        assert_true(ind_series_form_read(&f->form, path_of(f, epochs[i]), &f->read));
        assert_memory_equal(f->read.data, f->params.data, f->layout.total * sizeof(float));
    }
}

/* One byte of the file at a time is another: none may be. */
static void no_other_byte_passes(void **state)
{
    struct fixture *f = *state;
    const char *path = path_of(f, 77);
    size_t size;
    save(f, 77);
    char *bytes = file_bytes(path, &size);
    for (size_t i = 0; i < size; i++) {
        const char kept = bytes[i];
        bytes[i] = kept == '7' ? '8' : kept == ' ' ? '}' : (char)(kept ^ 1);
        file_put(path, bytes, size);
        assert_false(ind_series_form_read(&f->form, path, &f->read));
        bytes[i] = kept;
    }
    free(bytes);
}

static void lengths_must_agree(void **state)
{
    struct fixture *f = *state;
    const char *path = path_of(f, 77);
    size_t size;
    save(f, 77);
    char *bytes = realloc(file_bytes(path, &size), 1000000);
    memset(bytes + size, 0, 1000000 - size);
    for (size_t i = 0; i <= size + 64; i += i == size - 1 ? 1 : 7) {
        file_put(path, bytes, i);
        assert_int_equal(ind_series_form_read(&f->form, path, &f->read), i == size);
    }
    /* a header that says it is longer than the file */
    memset(bytes, 0xFF, 8);
    file_put(path, bytes, size);
    assert_false(ind_series_form_read(&f->form, path, &f->read));
    free(bytes);
}

static void weights_must_be_finite(void **state)
{
    struct fixture *f = *state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        f->params.data[f->layout.total - 1 - i] = bad[i];
        save(f, 5);
        assert_false(ind_series_form_read(&f->form, path_of(f, 5), &f->read));
        f->params.data[f->layout.total - 1 - i] = 0.0F;
    }
}

static void what_is_no_file_has_no_form(void **state)
{
    struct fixture *f = *state;
    assert_false(ind_series_form_read(&f->form, path_of(f, 404), &f->read));
    assert_false(ind_series_form_read(&f->form, f->folder, &f->read));
    assert_false(ind_series_form_read(&(struct ind_series_form){0}, path_of(f, 1), &f->read));
}

/* Written in another order, or with other metadata: no form, and the series is read all the
   same. */
static void other_kinds_have_no_form(void **state)
{
    struct fixture *f = *state;
    struct ind_st_write *list = calloc((size_t)f->layout.tensor_count, sizeof *list);
    const int count = f->layout.tensor_count;
    for (int i = 0; i < count; i++) {
        const struct ind_tensor *tensor = &f->layout.tensors[count - 1 - i];
        list[i] = (struct ind_st_write){
            tensor->name, IND_F32, tensor->rank, {0}, f->params.data + tensor->offset};
        for (int k = 0; k < tensor->rank; k++)
            list[i].shape[k] = tensor->shape[k];
    }
    char *config = ind_checkpoint_config_text(&f->layout.config);
    const struct ind_st_pair metadata[] = {{"epoch", "1"}, {"config", config}};
    struct ind_series_form form;
    struct ind_series series;
    assert_int_equal(ind_safetensors_write(path_of(f, 1), list, count, metadata, 2, false, &err),
                     IND_OK);
    ind_series_form_learn(&form, path_of(f, 1), &f->layout);
    assert_null(form.text);
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_OK);
    assert_int_equal(ind_series_read(&series, 0, &f->read, &err), IND_OK);
    assert_memory_equal(f->read.data, f->params.data, f->layout.total * sizeof(float));
    ind_series_close(&series);
    const struct ind_st_pair fewer[] = {{"epoch", "1"}};
    assert_int_equal(ind_safetensors_write(path_of(f, 1), list, count, fewer, 1, false, &err),
                     IND_OK);
    ind_series_form_learn(&form, path_of(f, 1), &f->layout);
    assert_null(form.text);
    ind_series_form_learn(&form, path_of(f, 404), &f->layout);
    assert_null(form.text);
    free(config);
    free(list);
}

/* Through the series the words for what is wrong are those of ind_checkpoint_read. */
static void a_series_says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct ind_series series;
    struct ind_error direct;
    size_t size;
    save(f, 2);
    char *bytes = file_bytes(path_of(f, 2), &size);
    bytes[size - 5] ^= 4;
    file_put(path_of(f, 2), bytes, size);
    assert_int_equal(ind_series_open(&series, f->folder, &err), IND_OK);
    assert_int_equal(ind_series_read(&series, 0, &f->read, &err), IND_OK);
    assert_int_equal(ind_series_read(&series, 1, &f->read, &err), IND_FAILED);
    assert_int_equal(ind_checkpoint_read(path_of(f, 2), &f->read, &direct), IND_FAILED);
    assert_string_equal(err.text, direct.text);
    assert_non_null(strstr(err.text, "checksum differs"));
    ind_series_close(&series);
    free(bytes);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct ind_config config = ind_config_default();
    f->folder = folder_new();
    config.layers = 1;
    config.heads = 2;
    config.d_model = 6;
    config.d_head = 3;
    config.vocab = 9;
    config.context = 10;
    *state = f;
    if (ind_layout_init(&f->layout, &config, &err) != IND_OK ||
        ind_params_init(&f->params, &f->layout, &err) != IND_OK ||
        ind_params_init(&f->read, &f->layout, &err) != IND_OK)
        return -1;
    ind_params_randomise(&f->params, 3);
    save(f, 1);
    ind_series_form_learn(&f->form, path_of(f, 1), &f->layout);
    return f->form.text ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ind_series_form_release(&f->form);
    ind_params_release(&f->params);
    ind_params_release(&f->read);
    ind_layout_release(&f->layout);
    folder_remove(f->folder);
    free(f);
    return 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_has_the_form_is_read),   IN_FOLDER(no_other_byte_passes),
        IN_FOLDER(lengths_must_agree),          IN_FOLDER(weights_must_be_finite),
        IN_FOLDER(what_is_no_file_has_no_form), IN_FOLDER(other_kinds_have_no_form),
        IN_FOLDER(a_series_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
