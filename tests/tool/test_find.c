/* Which run a program works on when none is named, and that it says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <induct/base/file.h>

#include "support/demo_tool.h"
#include "support/folder.h"
#include "support/program.h"
#include "support/tiny_run.h"

static struct program_result demo(const char *cwd, const char *operand, const char *const *env)
{
    const char *const argv[] = {"induct-demo", operand, NULL};
    return program_run("run", cwd, argv, env, NULL);
}

/* What stderr says, and the run that the comment line keeps. */
static void expect_found(const char *cwd, const char *operand, const char *variable,
                         const char *note, const char *run)
{
    const char *const env[] = {variable, NULL};
    struct program_result result = demo(cwd, operand, env);
    char wanted[300];
    snprintf(wanted, sizeof wanted, "%s%s%s", note[0] ? "induct-demo: run " : "", note,
             note[0] ? "\n" : "");
    assert_string_equal(result.err, wanted);
    assert_int_equal(result.status, 0);
    snprintf(wanted, sizeof wanted, ": induct-demo %s\n", run);
    assert_non_null(strstr(result.out, wanted));
    program_result_release(&result);
}

static void set_time(const char *path, long seconds)
{
    const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Each place is preferred to those made before it. */
static void places_in_order(void **state)
{
    const char *cwd = *state;
    struct program_result result = demo(cwd, NULL, (const char *const[]){"INDUCT_RUN", NULL});
    assert_int_equal(result.status, 1);
    assert_string_equal(result.out, "");
    assert_string_equal(
        result.err, "induct-demo: no run named and none found: $INDUCT_RUN is not set, and "
                    "neither the current directory nor ckpts/ nor a folder in runs/ is a run\n");
    program_result_release(&result);

    tiny_run_make(folder_path(cwd, "runs/a"), 20, 10);
    expect_found(cwd, NULL, "INDUCT_RUN", "runs/a (newest below runs/)", "runs/a");
    tiny_run_make(folder_path(cwd, "ckpts"), 20, 10);
    expect_found(cwd, NULL, "INDUCT_RUN", "ckpts (found here)", "ckpts");
    tiny_run_make(cwd, 20, 10);
    expect_found(cwd, NULL, "INDUCT_RUN", ". (the current directory)", ".");
    expect_found(cwd, NULL, "INDUCT_RUN=", ". (the current directory)", ".");
    expect_found(cwd, NULL, "INDUCT_RUN=runs/a", "runs/a ($INDUCT_RUN)", "runs/a");
    expect_found(cwd, "some where", "INDUCT_RUN=runs/a", "", "'some where'");
}

static void newest_of_several(void **state)
{
    const char *cwd = *state;
    static const char *const names[] = {"runs/b", "runs/c", "runs/a", "runs/.hidden"};
    for (int i = 0; i < 4; i++) {
        char config[4200];
        tiny_run_make(folder_path(cwd, "%s", names[i]), 10, 10);
        snprintf(config, sizeof config, "%s/config.json", folder_path(cwd, "%s", names[i]));
        set_time(config, 1000000000 + i);
    }
    expect_found(cwd, NULL, "INDUCT_RUN", "runs/a (newest below runs/)", "runs/a");
    /* drawing into an old run does not make it new */
    file_put(folder_path(cwd, "runs/b/figure.png"), "", 0);
    expect_found(cwd, NULL, "INDUCT_RUN", "runs/a (newest below runs/)", "runs/a");
    /* of the same second, the later name */
    set_time(folder_path(cwd, "runs/c/config.json"), 1000000002);
    expect_found(cwd, NULL, "INDUCT_RUN", "runs/c (newest below runs/)", "runs/c");
    /* other things below runs/ are no runs */
    struct ind_error err;
    assert_int_equal(ind_folder_make(folder_path(cwd, "runs/z"), false, &err), IND_OK);
    file_put(folder_path(cwd, "runs/zz"), "", 0);
    expect_found(cwd, NULL, "INDUCT_RUN", "runs/c (newest below runs/)", "runs/c");
}

static void a_folder_of_checkpoints_alone(void **state)
{
    const char *cwd = *state;
    tiny_run_make(folder_path(cwd, "ckpts"), 20, 10);
    assert_int_equal(remove(folder_path(cwd, "ckpts/config.json")), 0);
    expect_found(cwd, NULL, "INDUCT_RUN", "ckpts (found here)", "ckpts");
}

static void quiet_says_nothing(void **state)
{
    const char *cwd = *state;
    tiny_run_make(folder_path(cwd, "runs/a"), 20, 10);
    const char *const argv[] = {"induct-demo", "-q", NULL}, *const env[] = {"INDUCT_RUN", NULL};
    struct program_result result = program_run("run", cwd, argv, env, NULL);
    assert_string_equal(result.err, "");
    assert_non_null(strstr(result.out, ": induct-demo runs/a\n"));
    program_result_release(&result);
}

static int setup(void **state)
{
    *state = folder_new();
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    return 0;
}

int main(int argc, char **argv)
{
    if (program_role())
        return demo_tool(argc, argv, IND_OPERAND_RUN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(places_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(newest_of_several, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_of_checkpoints_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(quiet_says_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
