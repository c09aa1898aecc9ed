/* What every program shares, seen from outside: options, usage errors, --help, the output's fate,
 * exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/version.h>

#include "support/demo_tool.h"
#include "support/folder.h"
#include "support/program.h"

static char *folder; /* where the programs run */

/* Runs the demo with up to nine words (NULL ends them); role "run", "none" or "files". */
static struct program_result demo(const char *role, const char *const *words)
{
    const char *argv[12] = {"/some/folder/induct-demo"};
    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    return program_run(role, folder, argv, NULL, NULL);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void usage_errors(void **state)
{
    (void)state;
    static const struct {
        const char *words[3], *says;
    } cases[] = {
        {{"-n", "0"}, "--sequences: 0 is out of range (1 to 1000000)"},
        {{"-n", "1000001"}, "--sequences: 1000001 is out of range (1 to 1000000)"},
        {{"-n", "12x"}, "--sequences: '12x' is not a whole number (1 to 1000000)"},
        {{"-n", " 12"}, "--sequences: ' 12' is not a whole number (1 to 1000000)"},
        {{"-n", ""}, "--sequences: '' is not a whole number (1 to 1000000)"},
        {{"-n", "1e3"}, "--sequences: '1e3' is not a whole number (1 to 1000000)"},
        {{"-n", "0x10"}, "--sequences: '0x10' is not a whole number (1 to 1000000)"},
        {{"-n", "4294967297"}, "--sequences: 4294967297 is out of range (1 to 1000000)"},
        {{"-n", "99999999999999999999"},
         "--sequences: 99999999999999999999 is out of range (1 to 1000000)"},
        {{"--budget", "9223372036854775808"}, "--budget: 9223372036854775808 is out of range"},
        {{"--budget", "-"}, "--budget: '-' is not a whole number"},
        {{"--rate", "1.5"}, "--rate: 1.5 is out of range (0 to 1)"},
        {{"--rate", "-0.1"}, "--rate: -0.1 is out of range (0 to 1)"},
        {{"--rate", "nan"}, "--rate: 'nan' is not a number (0 to 1)"},
        {{"--rate", "inf"}, "--rate: 'inf' is not a number (0 to 1)"},
        {{"--rate", "0x1p-1"}, "--rate: '0x1p-1' is not a number (0 to 1)"},
        {{"--rate", "1e999"}, "--rate: 1e999 is out of range (0 to 1)"},
        {{"--rate", "0.5 "}, "--rate: '0.5 ' is not a number (0 to 1)"},
        {{"--key", "-1"}, "--key: '-1' is not a whole number from 0 to 18446744073709551615"},
        {{"--key", "18446744073709551616"},
         "--key: 18446744073709551616 is out of range (0 to 18446744073709551615)"},
        {{"--periods", ""}, "--periods: an empty item in the list (1 to 80)"},
        {{"--periods", "5,"}, "--periods: an empty item in the list (1 to 80)"},
        {{"--periods", "5:"}, "--periods: '5:' lacks an end (1 to 80)"},
        {{"--periods", "7:5"}, "--periods: '7:5' runs backwards (1 to 80)"},
        {{"--periods", "5:7:0"}, "--periods: '5:7:0': the step must be at least 1 (1 to 80)"},
        {{"--periods", "5:7:1:1"}, "--periods: '5:7:1:1': more than two colons (1 to 80)"},
        {{"--periods", "5,x"}, "--periods: 'x' is not a whole number (1 to 80)"},
        {{"--periods", "79:81"}, "--periods: 81 is out of range (1 to 80)"},
        {{"--periods", "0:99999999"}, "--periods: more than 1000000 numbers (1 to 80)"},
        {{"--periods", "1:3000000000"}, "--periods: 3000000000 is out of range (1 to 80)"},
        {{"--scale", "lin"}, "--scale: 'lin' is none of linear, log"},
        {{"--format", "xml"}, "--format: 'xml' is none of tsv, csv, jsonl"},
        {{"--threads", "0"}, "--threads: 0 is out of range (1 to 1024)"},
        {{"--seed", "x"}, "--seed: 'x' is not a whole number from 0 to 18446744073709551615"},
        {{"--epochs", "5:x"}, "--epochs: '5:x': 'x' is not a whole number"},
        {{"--epochs", "5:4"}, "--epochs: '5:4' runs backwards"},
        {{"--epochs", "1:5:"}, "--epochs: '1:5:': the step must be at least 1"},
        {{"--epochs", "1,,2"}, "--epochs: an empty item in the list"},
        {{"--epochs", "-5:-1"}, "--epochs: '-5:-1': epochs are not negative"},
        {{"--epochs", "latest"}, "--epochs: 'latest' is not a whole number"},
        {{"--nonsense"}, "unrecognized option '--nonsense'"},
        {{"-z"}, "invalid option -- 'z'"},
        {{"--rate"}, "option '--rate' requires an argument"},
        {{"--fail=1"}, "option '--fail' doesn't allow an argument"},
        {{"one"}, "takes no operand, but there is 'one'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_result result = demo("none", cases[i].words);
        char wanted[300];
        snprintf(wanted, sizeof wanted,
                 "induct-demo: %s\nTry `induct-demo --help' or `induct-demo --usage' for more "
                 "information.\n",
                 cases[i].says);
        assert_string_equal(result.err, wanted);
        assert_string_equal(result.out, "");
        assert_int_equal(result.status, 64);
        program_result_release(&result);
    }
}

static void expect_values(const char *role, const char *const *words, const char *expected)
{
    struct program_result result = demo(role, words);
    assert_string_equal(result.err, "");
    assert_int_equal(result.status, 0);
    char heading[100];
    snprintf(heading, sizeof heading, "# induct-demo %s: ", ind_version());
    assert_memory_equal(result.out, heading, strlen(heading));
    assert_string_equal(result.out + strlen(heading), expected);
    program_result_release(&result);
}

#define TABLE(command, rows) "induct-demo" command "\nname\tvalue\n" rows "seed\t"

static void values_are_set(void **state)
{
    (void)state;
    expect_values(
        "none", WORDS(NULL),
        TABLE("", "sequences\t256\nbudget\t5\nrate\t0.5\nkey\t0\ntext\t0\nlinear\t0\n") "0"
                                                                                        "\n");
    expect_values("none",
                  WORDS("-n", "1", "--budget=-9223372036854775808", "--rate", "1e-3", "--key",
                        "18446744073709551615", "--scale", "log", "--text="),
                  TABLE(" --sequences 1 --budget -9223372036854775808 --rate 1e-3 --key "
                        "18446744073709551615 --scale log --text ''",
                        "sequences, given\t1\nbudget\t-9.2233720368547758e+18\nrate\t0.001\n"
                        "key\t1.8446744073709552e+19\n\t0\nlog\t0\n") "0\n");
    /* the last one counts; lists keep their order; -o -, --threads and -q leave no trace */
    expect_values("none",
                  WORDS("--periods", "1:9", "--periods", "10,3:5,+7:11:2", "-qo", "-",
                        "--threads=3", "--seed", "67"),
                  TABLE(" --periods 1:9 --periods 10,3:5,+7:11:2 --seed 67",
                        "sequences\t256\nbudget\t5\nrate\t0.5\nkey\t0\ntext\t0\nlinear\t0\n"
                        "period\t10\nperiod\t3\nperiod\t4\nperiod\t5\nperiod\t7\nperiod\t9\n"
                        "period\t11\n") "67\n");
}

static void options_after_operands(void **state)
{
    (void)state;
    expect_values("files", WORDS("b", "--seed", "1", "a b", "--", "--rate"),
                  TABLE(" b 'a b' --rate --seed 1",
                        "sequences\t256\nbudget\t5\nrate\t0.5\nkey\t0\ntext\t0\nlinear\t0\n"
                        "b\t0\na b\t1\n--rate\t2\n") "1\n");
    struct program_result result = demo("files", WORDS(NULL));
    assert_int_equal(result.status, 64);
    assert_non_null(strstr(result.err, "no file named"));
    program_result_release(&result);
    result = demo("run", WORDS("a", "b"));
    assert_int_equal(result.status, 64);
    assert_non_null(strstr(result.err, "takes one run, but there are 'a' and 'b'"));
    program_result_release(&result);
}

static void the_command_is_quoted(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"L0H2:L1H*", "'L0H2:L1H*'"},
        {"it's", "'it'\\''s'"},
        {"two\nlines\t\x1b'\\", "$'two\\nlines\\t\\033\\'\\\\'"},
        {"~", "'~'"},
        {"a=b,c:d/e.f-g_h", "a=b,c:d/e.f-g_h"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_result result = demo("run", WORDS(cases[i][0], "--text", cases[i][0]));
        char wanted[200];
        snprintf(wanted, sizeof wanted, "# induct-demo %s: induct-demo %s --text %s\nname\tvalue\n",
                 ind_version(), cases[i][1], cases[i][1]);
        assert_memory_equal(result.out, wanted, strlen(wanted));
        program_result_release(&result);
    }
}

static void help_and_version(void **state)
{
    (void)state;
    struct program_result result = demo("run", WORDS("--help"));
    assert_int_equal(result.status, 0);
    assert_string_equal(result.err, "");
    static const char *const parts[] = {
        "Usage: induct-demo [OPTION...] [RUN]\nShow what every program shares\n",
        "\n Evaluation:\n",
        "-n, --sequences=N",
        "\n Others:\n",
        "--rate=X",
        "\n Common options:\n",
        "--format=FORMAT",
        "-o, --output=FILE",
        "--version",
        "$INDUCT_RUN",
        "\nColumns:\n  name   of a setting\n",
        "\nExamples:\n  induct-demo --periods 5:40\n  induct-demo a\n"};
    const char *at = result.out;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        at = strstr(at, parts[i]); /* in this order */
        assert_non_null(at);
    }
    for (const char *line = result.out; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") < 80);
    program_result_release(&result);

    result = demo("none", WORDS("-h"));
    assert_int_equal(result.status, 0);
    assert_null(strstr(result.out, "RUN"));
    program_result_release(&result);

    result = demo("run", WORDS("--version"));
    char wanted[200];
    snprintf(wanted, sizeof wanted, "induct-demo (induct) %s\nrevision %s\nOpenBLAS", ind_version(),
             ind_revision());
    assert_memory_equal(result.out, wanted, strlen(wanted));
    assert_int_equal(result.status, 0);
    program_result_release(&result);
}

/* ---- Where the output goes ------------------------------------------------------------------- */

static void o_appears_whole(void **state)
{
    (void)state;
    const char *path = folder_path(folder, "out.tsv");
    struct program_result result = demo("none", WORDS("-o", "out.tsv", "--seed", "9"));
    assert_int_equal(result.status, 0);
    assert_string_equal(result.out, "");
    char *text = file_bytes(path, NULL);
    assert_non_null(strstr(text, "seed\t9\n"));
    assert_int_equal(folder_count(folder), 1);
    struct stat before, after;
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(stat(path, &before), 0);
    program_result_release(&result);

    result = demo("none", WORDS("-o", "out.tsv", "--fail"));
    assert_int_equal(result.status, 1);
    assert_string_equal(result.err, "induct-demo: asked?to fail\n");
    assert_int_equal(folder_count(folder), 1);
    char *same = file_bytes(path, NULL);
    assert_string_equal(same, text);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    free(same);
    program_result_release(&result);

    result = demo("none", WORDS("-o", "out.tsv", "--seed", "10"));
    assert_int_equal(result.status, 0);
    same = file_bytes(path, NULL);
    assert_non_null(strstr(same, "seed\t10\n"));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_mode & 0777, 0640);
    free(same);
    free(text);
    program_result_release(&result);
    unlink(path);
}

static void o_through_a_link(void **state)
{
    (void)state;
    char target[5];
    file_put(folder_path(folder, "real"), "old", 3);
    assert_int_equal(symlink("real", folder_path(folder, "link")), 0);
    struct program_result result = demo("none", WORDS("-o", "link"));
    assert_int_equal(result.status, 0);
    assert_int_equal(readlink(folder_path(folder, "link"), target, sizeof target), 4);
    char *text = file_bytes(folder_path(folder, "real"), NULL);
    assert_non_null(strstr(text, "seed\t0\n"));
    free(text);
    program_result_release(&result);
    unlink(folder_path(folder, "link"));
    unlink(folder_path(folder, "real"));
}

static void o_that_cannot_be(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"nowhere/x", "induct-demo: nowhere/x: cannot create: No such file or directory\n"},
        {".", "induct-demo: .: cannot write: it is a folder\n"},
        {"/dev/full", "induct-demo: /dev/full: cannot write: No space left on device\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_result result = demo("none", WORDS("-o", cases[i][0]));
        assert_string_equal(result.err, cases[i][1]);
        assert_int_equal(result.status, 1);
        program_result_release(&result);
    }
    assert_int_equal(folder_count(folder), 0);
}

static void stdout_is_checked(void **state)
{
    (void)state;
    static const char *const cases[] = {"--seed=1", "--help", "--version", "--usage"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const argv[] = {"induct-demo", cases[i], NULL};
        struct program_result result = program_run("none", folder, argv, NULL, "/dev/full");
        assert_string_equal(result.err, "induct-demo: cannot write: No space left on device\n");
        assert_int_equal(result.status, 1);
        program_result_release(&result);
    }
}

/* A closed stdout is an error, and -o FILE must not become descriptor 1. */
static void closed_streams(void **state)
{
    (void)state;
    struct program_result result = demo("closed", WORDS("--seed", "1"));
    assert_string_equal(result.err, "induct-demo: cannot write: Bad file descriptor\n");
    assert_int_equal(result.status, 1);
    program_result_release(&result);
    result = demo("closed", WORDS("--seed", "1", "-o", "out.tsv"));
    assert_int_equal(result.status, 0);
    program_result_release(&result);
    /* nor descriptor 2: a warning would land in it */
    result = demo("closed stderr", WORDS("--ask-stop", "-o", "out.tsv"));
    assert_int_equal(result.status, 128 + SIGINT);
    char *text = file_bytes(folder_path(folder, "out.tsv"), NULL);
    assert_null(strstr(text, "asked to stop"));
    free(text);
    program_result_release(&result);
    unlink(folder_path(folder, "out.tsv"));
}

static void asked_to_stop(void **state)
{
    (void)state;
    struct program_result result = demo("none", WORDS("--ask-stop", "--fail", "-o", "out.tsv"));
    assert_int_equal(result.status, 128 + SIGINT);
    assert_string_equal(result.err,
                        "induct-demo: asked to stop by 2\ninduct-demo: asked?to fail\n");
    assert_int_equal(folder_count(folder), 0);
    program_result_release(&result);
    result = demo("none", WORDS("--ask-stop", "--ask-stop", "-q"));
    assert_int_equal(result.status, 128 + SIGINT);
    assert_string_equal(result.err, "");
    program_result_release(&result);
    /* the second one ends it at once: nothing is finished */
    result = demo("none", WORDS("--ask-stop", "--insist", "-o", "out.tsv"));
    assert_int_equal(result.status, 128 + SIGTERM);
    assert_string_equal(result.err, "");
    assert_false(file_exists(folder_path(folder, "out.tsv")));
    program_result_release(&result);
    result = demo("ignoring", WORDS("--ask-stop"));
    assert_string_equal(result.err, "induct-demo: asked to stop by 0\n");
    assert_int_equal(result.status, 0);
    program_result_release(&result);
}

static int in_role(const char *role, int argc, char **argv)
{
    if (strcmp(role, "closed") == 0)
        close(STDOUT_FILENO);
    if (strcmp(role, "closed stderr") == 0)
        close(STDERR_FILENO);
    if (strcmp(role, "ignoring") == 0)
        signal(SIGINT, SIG_IGN);
    return demo_tool(argc, argv,
                     strcmp(role, "run") == 0     ? IND_OPERAND_RUN
                     : strcmp(role, "files") == 0 ? IND_OPERAND_FILES
                                                  : IND_OPERAND_NONE);
}

int main(int argc, char **argv)
{
    if (program_role())
        return in_role(program_role(), argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_errors),           cmocka_unit_test(values_are_set),
        cmocka_unit_test(options_after_operands), cmocka_unit_test(the_command_is_quoted),
        cmocka_unit_test(help_and_version),       cmocka_unit_test(o_appears_whole),
        cmocka_unit_test(o_through_a_link),       cmocka_unit_test(o_that_cannot_be),
        cmocka_unit_test(stdout_is_checked),      cmocka_unit_test(closed_streams),
        cmocka_unit_test(asked_to_stop),
    };
    folder = folder_new();
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    folder_remove(folder);
    return status;
}
