/* Run directories: the lock, what every crash point leaves, metrics whole or absent; the series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <induct/math/simd.h>
#include <induct/base/file.h>
#include <induct/run/checkpoint.h>
#include <induct/recipe/config_file.h>
#include <induct/run/run.h>
#include <induct/run/series.h>

#include "support/folder.h"

static struct ind_error err, instead;

/* A small model, its parameters, and a state whose every number depends on the epoch. */
struct fixture {
    char *folder;
    char path[4096];
    struct ind_recipe recipe;
    struct ind_layout layout;
    struct ind_params weights, moment1, moment2;
    struct ind_run run;
};

static void says(const char *message)
{
    if (!strstr(err.text, message))
        fail_msg("says '%s', not '%s'", err.text, message);
}

static void fill(struct ind_params *params, long epoch, float scale)
{
    for (size_t i = 0; i < params->layout->total; i++)
        params->data[i] = scale * (float)(epoch + 1) + (float)i;
}

static struct ind_run_state state_at(struct fixture *f, long epoch)
{
    fill(&f->weights, epoch, 1.0f);
    fill(&f->moment1, epoch, 0.5f);
    fill(&f->moment2, epoch, 0.25f);
    return (struct ind_run_state){.weights = &f->weights,
                                  .moment1 = &f->moment1,
                                  .moment2 = &f->moment2,
                                  .epoch = epoch,
                                  .seconds = 0.1 * (double)epoch};
}

static void log_row(struct fixture *f, long epoch)
{
    const struct ind_metrics row = {.epoch = epoch,
                                    .loss = 5.5,
                                    .accuracy = 0.25,
                                    .induction_accuracy = 1.0 / 3,
                                    .batch_period = 4,
                                    .excess_loss = 0.125,
                                    .ood = {0.5, NAN},
                                    .seconds = 1.5};
    assert_int_equal(ind_run_log(&f->run, &row, &err), IND_OK);
}

/* What a trainer does up to `last`: rows and checkpoints every epoch, the state at `saved`. */
static void train(struct fixture *f, long first, long last, long saved)
{
    for (long epoch = first; epoch <= last; epoch++) {
        struct ind_run_state now = state_at(f, epoch);
        if (epoch == 0)
            assert_int_equal(ind_run_save_state(&f->run, &now, &err), IND_OK);
        log_row(f, epoch);
        assert_int_equal(ind_run_save_checkpoint(&f->run, &f->weights, epoch, &err), IND_OK);
        if (epoch == saved)
            assert_int_equal(ind_run_save_state(&f->run, &now, &err), IND_OK);
    }
}

static void create(struct fixture *f)
{
    if (ind_run_create(&f->run, f->path, &f->recipe, false, &err) != IND_OK)
        fail_msg("%s", err.text);
}

static struct ind_run_state resume(struct fixture *f, bool expected)
{
    bool found = false;
    struct ind_run_state now = {
        .weights = &f->weights, .moment1 = &f->moment1, .moment2 = &f->moment2};
    if (ind_run_resume(&f->run, f->path, false, &err) != IND_OK ||
        ind_run_load_state(&f->run, &now, &found, &instead, &err) != IND_OK)
        fail_msg("%s", err.text);
    assert_int_equal(found, expected);
    return now;
}

static int rows(struct fixture *f)
{
    char *text = file_bytes(folder_path(f->path, "metrics.tsv"), NULL);
    int count = -1;
    for (char *c = text; *c; c++)
        count += *c == '\n';
    free(text);
    return count;
}

static void files_of_a_run(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 2, 2);
    ind_run_close(&f->run);
    char *text = file_bytes(folder_path(f->path, "metrics.tsv"), NULL);
    assert_string_equal(text, "epoch\tloss\taccuracy\tinduction_accuracy\tbatch_period\texcess_loss"
                              "\tood_3\tood_5\tseconds\n"
                              "0\t5.5\t0.25\t0.333333\t4\t0.125\t0.5\tnan\t1.500\n"
                              "1\t5.5\t0.25\t0.333333\t4\t0.125\t0.5\tnan\t1.500\n"
                              "2\t5.5\t0.25\t0.333333\t4\t0.125\t0.5\tnan\t1.500\n");
    free(text);
    assert_int_equal(folder_count(f->path), 7);
    assert_true(file_exists(folder_path(f->path, "epoch-00000002.safetensors")));
}

static void a_run_is_not_overwritten(void **state)
{
    struct fixture *f = *state;
    create(f);
    ind_run_close(&f->run);
    assert_int_equal(ind_run_create(&f->run, f->path, &f->recipe, false, &err), IND_FAILED);
    says("already holds a run (--resume ");
    unlink(folder_path(f->path, "config.json"));
    assert_int_equal(ind_run_create(&f->run, f->path, &f->recipe, false, &err), IND_FAILED);
    says("holds files of a run but no config.json");
    unlink(folder_path(f->path, "metrics.tsv")); /* the lock alone: an interrupted creation */
    create(f);
}

/* The lock is seen by another process, and ends with its owner, however that ends. */
static void lock_keeps_a_second_trainer_out(void **state)
{
    struct fixture *f = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    create(f);
    ind_run_close(&f->run);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test fail meanwhile */
        char byte = ind_run_resume(&f->run, f->path, false, &err) == IND_OK ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    struct ind_run second;
    assert_int_equal(ind_run_resume(&second, f->path, false, &err), IND_FAILED);
    says("another induct-train is writing to ");
    assert_int_equal(ind_run_create(&second, f->path, &f->recipe, false, &err), IND_FAILED);
    says("another induct-train is writing to ");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(ind_run_resume(&second, f->path, false, &err), IND_OK);
    ind_run_close(&second);
    close(ready[0]);
    close(ready[1]);
}

static void state_reads_back(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 0, 0);
    struct ind_run_state saved = state_at(f, 7);
    saved.seconds = 1.0 / 3;
    assert_int_equal(ind_run_save_state(&f->run, &saved, &err), IND_OK);
    ind_run_close(&f->run);
    for (size_t i = 0; i < f->layout.total; i++)
        f->weights.data[i] = f->moment1.data[i] = f->moment2.data[i] = -1;
    struct ind_run_state read = resume(f, true);
    assert_int_equal(read.epoch, 7);
    assert_true(read.seconds == 1.0 / 3);
    assert_string_equal(f->run.recipe.preset, f->recipe.preset);
    assert_true(strcmp(f->run.vectors, ind_simd_name()) == 0);
    struct ind_params copy;
    assert_int_equal(ind_params_init(&copy, &f->layout, &err), IND_OK);
    const struct ind_params *parts[] = {&f->weights, &f->moment1, &f->moment2};
    const float scales[] = {1.0f, 0.5f, 0.25f};
    for (int i = 0; i < 3; i++) {
        fill(&copy, 7, scales[i]);
        assert_memory_equal(parts[i]->data, copy.data, f->layout.total * sizeof(float));
    }
    ind_params_release(&copy);
}

static void what_lies_beyond_the_state_is_removed(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 5, 3);
    ind_run_close(&f->run);
    file_put(folder_path(f->path, "epoch-00000006.safetensors.77-0.tmp"), "x", 1);
    file_put(folder_path(f->path, "resume.safetensors.77-0.tmp"), "x", 1);
    file_put(folder_path(f->path, "notes.tmp"), "mine", 4);
    int torn = open(folder_path(f->path, "metrics.tsv"), O_WRONLY | O_APPEND);
    assert_int_equal(write(torn, "6\t5.", 4), 4);
    close(torn);
    struct ind_run_state now = resume(f, true);
    assert_int_equal(now.epoch, 3);
    assert_int_equal(rows(f), 4);
    assert_false(file_exists(folder_path(f->path, "epoch-00000004.safetensors")));
    assert_true(file_exists(folder_path(f->path, "epoch-00000003.safetensors")));
    assert_false(file_exists(folder_path(f->path, "epoch-00000006.safetensors.77-0.tmp")));
    assert_false(file_exists(folder_path(f->path, "resume.safetensors.77-0.tmp")));
    assert_true(file_exists(folder_path(f->path, "notes.tmp")));
    train(f, 4, 5, 5);
    assert_int_equal(rows(f), 6);
}

/* A row cut short is no row, even where its epoch is one to be kept. */
static void torn_last_row_is_dropped(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 2, 2);
    ind_run_close(&f->run);
    int torn = open(folder_path(f->path, "metrics.tsv"), O_WRONLY | O_APPEND);
    assert_int_equal(write(torn, "2\t5.5\t0.2", 9), 9);
    close(torn);
    resume(f, true);
    assert_int_equal(rows(f), 3);
    log_row(f, 3);
    char *text = file_bytes(folder_path(f->path, "metrics.tsv"), NULL);
    assert_non_null(strstr(text, "1.500\n3\t5.5"));
    free(text);
}

/* A run of a version that had no columns of the batch keeps its heading, row after row. */
static void old_columns_are_kept(void **state)
{
    static const char old[] = "epoch\tloss\taccuracy\tinduction_accuracy\tood_3\tood_5\tseconds\n"
                              "0\t5.5\t0.25\t0.333333\t0.5\tnan\t1.500\n";
    struct fixture *f = *state;
    create(f);
    train(f, 0, 1, 1);
    ind_run_close(&f->run);
    file_put(folder_path(f->path, "metrics.tsv"), old, sizeof old - 1);
    resume(f, true);
    log_row(f, 2);
    char *text = file_bytes(folder_path(f->path, "metrics.tsv"), NULL);
    assert_memory_equal(text, old, sizeof old - 1);
    assert_string_equal(text + sizeof old - 1, "2\t5.5\t0.25\t0.333333\t0.5\tnan\t1.500\n");
    free(text);
}

/* Each point at which a creation can be killed: the next attempt works. */
static void interrupted_beginnings_start_again(void **state)
{
    struct fixture *f = *state;
    create(f); /* killed with config.json and heading, before the first state */
    log_row(f, 0);
    ind_run_close(&f->run);
    resume(f, false);
    assert_int_equal(rows(f), 0);
    ind_run_close(&f->run);
    file_put(folder_path(f->path, "metrics.tsv"), "epoch\tlo", 8); /* in the heading */
    resume(f, false);
    assert_int_equal(rows(f), 0);
    ind_run_close(&f->run);
    unlink(folder_path(f->path, "metrics.tsv")); /* before it */
    resume(f, false);
    assert_int_equal(rows(f), 0);
    train(f, 0, 0, -1); /* after row 0 and checkpoint 0, the state being the one from before them */
    ind_run_close(&f->run);
    assert_int_equal(resume(f, true).epoch, 0);
    assert_int_equal(rows(f), 0);
    train(f, 0, 1, 1);
    ind_run_close(&f->run);
    assert_int_equal(resume(f, true).epoch, 1);
    assert_int_equal(rows(f), 2);
}

static void lost_state_does_not_wipe_checkpoints(void **state)
{
    struct fixture *f = *state;
    create(f);
    assert_int_equal(ind_run_save_checkpoint(&f->run, &f->weights, 0, &err), IND_FAILED);
    says("before the first state");
    train(f, 0, 2, 2);
    ind_run_close(&f->run);
    unlink(folder_path(f->path, "resume.safetensors"));
    bool found;
    struct ind_run_state now = state_at(f, 0);
    assert_int_equal(ind_run_resume(&f->run, f->path, false, &err), IND_OK);
    assert_int_equal(ind_run_load_state(&f->run, &now, &found, &instead, &err), IND_FAILED);
    says("holds 3 checkpoints but no resume.safetensors");
    assert_true(file_exists(folder_path(f->path, "epoch-00000002.safetensors")));
    assert_int_equal(rows(f), 3);
}

static void foreign_or_broken_state_is_refused(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 2, 2);
    ind_run_close(&f->run);
    f->recipe.seed++;
    assert_int_equal(ind_run_config_write(f->path, &f->recipe, false, false, &err), IND_OK);
    bool found;
    struct ind_run_state now = state_at(f, 0);
    assert_int_equal(ind_run_resume(&f->run, f->path, false, &err), IND_OK);
    assert_int_equal(ind_run_load_state(&f->run, &now, &found, &instead, &err), IND_FAILED);
    says("resume.safetensors: belongs to a run with seed 5, config.json says 6");
    ind_run_close(&f->run);
    f->recipe.seed--;
    assert_int_equal(ind_run_config_write(f->path, &f->recipe, false, false, &err), IND_OK);
    const char *path = folder_path(f->path, "resume.safetensors");
    size_t size;
    char *bytes = file_bytes(path, &size);
    bytes[size - 1] ^= 1;
    file_put(path, bytes, size);
    free(bytes);
    assert_int_equal(ind_run_resume(&f->run, f->path, false, &err), IND_OK);
    assert_int_equal(ind_run_load_state(&f->run, &now, &found, &instead, &err), IND_FAILED);
    says("resume.safetensors: checksum differs");
    assert_true(file_exists(folder_path(f->path, "epoch-00000002.safetensors")));
}

/* AdamW takes its root: the next checkpoint would hold a NaN. */
static void negative_second_moments_are_refused(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 2, 2);
    struct ind_run_state now = state_at(f, 2);
    f->moment2.data[f->layout.trained - 1] = -1e-9f;
    assert_int_equal(ind_run_save_state(&f->run, &now, &err), IND_OK);
    ind_run_close(&f->run);
    bool found;
    assert_int_equal(ind_run_resume(&f->run, f->path, false, &err), IND_OK);
    assert_int_equal(ind_run_load_state(&f->run, &now, &found, &instead, &err), IND_FAILED);
    says("holds a negative number");
}

static void imported_models_and_empty_folders_do_not_resume(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ind_run_resume(&f->run, f->path, false, &err), IND_FAILED);
    says("no run to resume");
    assert_int_equal(ind_folder_make(f->path, false, &err), IND_OK);
    assert_int_equal(ind_run_config_write(f->path, &f->recipe, true, false, &err), IND_OK);
    assert_int_equal(ind_run_resume(&f->run, f->path, false, &err), IND_FAILED);
    says("holds an imported model");
}

static void extension_keeps_what_is_there(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 2, 2);
    ind_run_close(&f->run);
    resume(f, true);
    f->run.recipe.epochs = 60000;
    assert_int_equal(ind_run_write_config(&f->run, &err), IND_OK);
    ind_run_close(&f->run);
    assert_int_equal(resume(f, true).epoch, 2);
    assert_int_equal(f->run.recipe.epochs, 60000);
    assert_int_equal(rows(f), 3);
}

/* A full disk in the middle of a row, as RLIMIT_FSIZE makes it: nothing of the row stays, and the
 * run goes on once there is room. */
static void full_disk_leaves_whole_rows(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 1, 1);
    size_t size;
    free(file_bytes(folder_path(f->path, "metrics.tsv"), &size));
    struct rlimit unlimited, small;
    getrlimit(RLIMIT_FSIZE, &unlimited);
    small = unlimited;
    small.rlim_cur = size + 10;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    const struct ind_metrics row = {.epoch = 2};
    int logged = ind_run_log(&f->run, &row, &err);
    int saved = ind_run_save_checkpoint(&f->run, &f->weights, 2, NULL);
    setrlimit(RLIMIT_FSIZE, &unlimited);
    assert_int_equal(logged, IND_FAILED);
    assert_int_equal(saved, IND_FAILED);
    says("metrics.tsv: cannot write: No space left on device");
    size_t after;
    free(file_bytes(folder_path(f->path, "metrics.tsv"), &after));
    assert_int_equal(after, size);
    ind_run_close(&f->run);
    assert_int_equal(resume(f, true).epoch, 1);
    train(f, 2, 3, 3);
    assert_int_equal(rows(f), 4);
    assert_int_equal(folder_count(f->path), 4 + 4);
}

static void checkpoints_are_the_same_bytes_again(void **state)
{
    struct fixture *f = *state;
    create(f);
    train(f, 0, 3, 1);
    ind_run_close(&f->run);
    const char *path = folder_path(f->path, "epoch-00000003.safetensors");
    size_t size, again;
    char *before = file_bytes(path, &size);
    long next = resume(f, true).epoch + 1;
    f->run.durable = true;
    train(f, next, 3, 3);
    char *after = file_bytes(path, &again);
    assert_int_equal(size, again);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = folder_new();
    snprintf(f->path, sizeof f->path, "%s/runs/x", f->folder);
    f->recipe = ind_recipe_default();
    f->recipe.model = (struct ind_config){.layers = 2,
                                          .heads = 2,
                                          .d_model = 6,
                                          .d_head = 3,
                                          .vocab = 9,
                                          .context = 12,
                                          .norm_eps = 1e-5,
                                          .rotary_base = 10000};
    f->recipe.period_lo = f->recipe.period_hi = 4;
    f->recipe.ood[0] = 3;
    f->recipe.ood[1] = 5;
    f->recipe.ood_count = 2;
    f->recipe.seed = 5;
    f->run = (struct ind_run){.lock = -1, .metrics = -1};
    *state = f;
    if (ind_layout_init(&f->layout, &f->recipe.model, &err) != IND_OK ||
        ind_params_init(&f->weights, &f->layout, &err) != IND_OK ||
        ind_params_init(&f->moment1, &f->layout, &err) != IND_OK)
        return -1;
    return ind_params_init(&f->moment2, &f->layout, &err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ind_run_close(&f->run);
    ind_params_release(&f->weights);
    ind_params_release(&f->moment1);
    ind_params_release(&f->moment2);
    ind_layout_release(&f->layout);
    folder_remove(f->folder);
    free(f);
    return 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_of_a_run),
        IN_FOLDER(a_run_is_not_overwritten),
        IN_FOLDER(lock_keeps_a_second_trainer_out),
        IN_FOLDER(state_reads_back),
        IN_FOLDER(what_lies_beyond_the_state_is_removed),
        IN_FOLDER(torn_last_row_is_dropped),
        IN_FOLDER(old_columns_are_kept),
        IN_FOLDER(interrupted_beginnings_start_again),
        IN_FOLDER(lost_state_does_not_wipe_checkpoints),
        IN_FOLDER(foreign_or_broken_state_is_refused),
        IN_FOLDER(negative_second_moments_are_refused),
        IN_FOLDER(imported_models_and_empty_folders_do_not_resume),
        IN_FOLDER(extension_keeps_what_is_there),
        IN_FOLDER(full_disk_leaves_whole_rows),
        IN_FOLDER(checkpoints_are_the_same_bytes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
