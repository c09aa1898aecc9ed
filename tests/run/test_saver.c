/* Checkpoints written beside something else: the same files, and no error is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/run/checkpoint.h>
#include <induct/run/saver.h>

#include "support/folder.h"

static struct ind_error err;

struct fixture {
    char *folder;
    char path[4096];
    struct ind_recipe recipe;
    struct ind_layout layout;
    struct ind_params weights;
    struct ind_run run;
    struct ind_saver saver;
};

static void must(int status)
{
    if (status != IND_OK)
        fail_msg("%s", err.text);
}

static void expect_checkpoint(struct fixture *f, long epoch)
{
    char *saved = ind_checkpoint_path(f->path, epoch),
         *plain = ind_checkpoint_path(f->folder, epoch);
    ind_params_randomise(&f->weights, (uint64_t)epoch);
    must(ind_checkpoint_write(f->folder, &f->weights, epoch, false, &err));
    assert_true(files_equal(saved, plain));
    free(saved);
    free(plain);
}

/* The weights change while each is written. */
static void files_hold_what_they_were_given(void **state)
{
    struct fixture *f = *state;
    for (long epoch = 0; epoch < 100; epoch++) {
        ind_params_randomise(&f->weights, (uint64_t)epoch);
        must(ind_saver_save(&f->saver, &f->weights, epoch, &err));
        memset(f->weights.data, 0, f->layout.total * sizeof *f->weights.data);
    }
    must(ind_saver_wait(&f->saver, &err));
    for (long epoch = 0; epoch < 100; epoch++)
        expect_checkpoint(f, epoch);
}

static void waiting_is_for_the_file_to_be_there(void **state)
{
    struct fixture *f = *state;
    must(ind_saver_wait(&f->saver, &err));
    for (long epoch = 0; epoch < 100; epoch++) {
        must(ind_saver_save(&f->saver, &f->weights, epoch, &err));
        must(ind_saver_wait(&f->saver, &err));
        char *saved = ind_checkpoint_path(f->path, epoch);
        assert_true(file_exists(saved));
        free(saved);
    }
}

static void release_finishes_what_is_under_way(void **state)
{
    struct fixture *f = *state;
    ind_params_randomise(&f->weights, 3);
    must(ind_saver_save(&f->saver, &f->weights, 3, &err));
    ind_saver_release(&f->saver);
    expect_checkpoint(f, 3);
}

/* A folder where the file is to go: told by the next call, once, in the writer's words. */
static void an_error_is_told_once_by_the_next_call(void **state)
{
    struct fixture *f = *state;
    char *taken = ind_checkpoint_path(f->path, 1);
    struct ind_error plain;
    assert_int_equal(mkdir(taken, 0777), 0);
    assert_int_equal(ind_run_save_checkpoint(&f->run, &f->weights, 1, &plain), IND_FAILED);
    must(ind_saver_save(&f->saver, &f->weights, 1, &err));
    assert_int_equal(ind_saver_save(&f->saver, &f->weights, 2, &err), IND_FAILED);
    assert_string_equal(err.text, plain.text);
    must(ind_saver_wait(&f->saver, &err));
    char *second = ind_checkpoint_path(f->path, 2);
    assert_false(file_exists(second));
    must(ind_saver_save(&f->saver, &f->weights, 1, &err));
    assert_int_equal(ind_saver_wait(&f->saver, &err), IND_FAILED);
    assert_string_equal(err.text, plain.text);
    must(ind_saver_save(&f->saver, &f->weights, 2, &err));
    must(ind_saver_wait(&f->saver, &err));
    assert_true(file_exists(second));
    free(taken);
    free(second);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = folder_new();
    snprintf(f->path, sizeof f->path, "%s/run", f->folder);
    f->recipe = ind_recipe_default();
    *state = f;
    if (ind_layout_init(&f->layout, &f->recipe.model, &err) ||
        ind_params_init(&f->weights, &f->layout, &err) ||
        ind_run_create(&f->run, f->path, &f->recipe, &err))
        return -1;
    const struct ind_run_state first = {&f->weights, &f->weights, &f->weights, 0, 0};
    if (ind_run_save_state(&f->run, &first, &err))
        return -1;
    return ind_saver_init(&f->saver, &f->run, &f->layout, &err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ind_saver_release(&f->saver);
    ind_run_close(&f->run);
    ind_params_release(&f->weights);
    ind_layout_release(&f->layout);
    folder_remove(f->folder);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_hold_what_they_were_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_is_for_the_file_to_be_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(release_finishes_what_is_under_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_is_told_once_by_the_next_call, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
