/* The walk: rows in epoch order and the same for any number of threads, the first error in epoch
 * order, interruption, bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <induct/tool/stop.h>
#include <induct/tool/walk.h>

#include "support/folder.h"
#include "support/program.h"
#include "support/tiny_run.h"

enum { LAST_EPOCH = 900, EVERY = 10, CHECKPOINTS = LAST_EPOCH / EVERY + 1 };

/* What the visits of one walk are to do, and what they saw. */
struct plan {
    long fail_at;      /* epoch, and every one after it; -1 = none */
    long raise_at;     /* epoch at which SIGTERM is raised; -1 = none */
    long slow_at;      /* epoch that takes 50 ms */
    int init_fails_at; /* which worker's init fails, counted from 1; 0 = none */
    int together;      /* the walk's */
    int parts;         /* the walk's; part 1 of 3 puts the first row and so on */
    bool pass_over;    /* the walk's; then every seventh checkpoint fails */
    bool hang;         /* a visit that raises the signal takes a minute */
    atomic_int inits, releases, visits;
    atomic_int neighbours; /* visits that a worker made right after that of the checkpoint before */
    atomic_long furthest, written_at_furthest;
    FILE *stream;
};

struct scratch {
    int visits; /* zeroed at the start */
    int after;  /* the index after that of the last visit */
    double *sums;
};

static const struct ind_column COLUMNS[] = {{"epoch", IND_COLUMN_INT, 0},
                                            {"which", IND_COLUMN_TEXT, 0},
                                            {"sum", IND_COLUMN_REAL, 12}};

static int init(void *worker, const struct ind_series *series, void *context, struct ind_error *err)
{
    struct plan *plan = context;
    struct scratch *scratch = worker;
    int number = atomic_fetch_add(&plan->inits, 1) + 1;
    if (scratch->visits != 0 || scratch->sums)
        return ind_fail(err, "the worker is not zeroed");
    scratch->sums = calloc(series->layout.total, sizeof *scratch->sums);
    return number == plan->init_fails_at ? ind_fail(err, "no worker today") : IND_OK;
}

static void release(void *worker)
{
    struct scratch *scratch = worker;
    free(scratch->sums);
}

static void nap(long milliseconds)
{
    struct timespec time = {0, milliseconds * 1000000};
    nanosleep(&time, NULL);
}

/* To the process, whose main thread takes it; returns when it has. */
static void terminate_self(void)
{
    kill(getpid(), SIGTERM);
    while (!ind_stop_signal())
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

/* One row for each third of the weights; epochs that are multiples of 70 have none. */
static int visit(void *worker, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    struct plan *plan = context;
    struct scratch *scratch = worker;
    atomic_fetch_add(&plan->neighbours, scratch->visits > 0 && visit->index == scratch->after);
    scratch->after = visit->index + 1;
    scratch->visits++;
    atomic_fetch_add(&plan->visits, 1);
    if (visit->epoch > atomic_load(&plan->furthest))
        atomic_store(&plan->furthest, visit->epoch);
    if (visit->epoch == plan->slow_at)
        nap(50);
    if (visit->epoch == plan->raise_at)
        terminate_self();
    if (visit->epoch == plan->raise_at && plan->hang)
        sleep(60);
    if (plan->pass_over && visit->epoch % 70 == 0)
        return ind_fail(err, "no induction at %ld", visit->epoch);
    if (plan->fail_at >= 0 && visit->epoch >= plan->fail_at)
        return ind_fail(err, "no induction at %ld", visit->epoch);
    if (visit->rows->count != 0 && visit->part == 0)
        return ind_fail(err, "rows of another checkpoint");
    size_t total = visit->params->layout->total;
    for (size_t part = 0; part < 3 && visit->epoch % 70 != 0; part++) {
        double sum = 0;
        if (plan->parts == 3 && (int)part != visit->part)
            continue;
        for (size_t i = part * total / 3; i < (part + 1) * total / 3; i++)
            sum += visit->params->data[i];
        ind_rows_int(visit->rows, visit->epoch);
        ind_rows_text(visit->rows, part == 0 ? "first" : part == 1 ? "second" : "third");
        ind_rows_real(visit->rows, sum);
    }
    return IND_OK;
}

static const struct plan QUIET_PLAN = {.fail_at = -1, .raise_at = -1, .slow_at = -1};

struct outcome {
    int status;
    char *text; /* what was written */
    struct ind_error err;
};

static struct outcome walk(const char *run, struct plan *plan, int threads, const char *epochs)
{
    struct outcome outcome = {0};
    size_t size;
    struct ind_series series;
    struct ind_tool tool = {.threads = threads, .quiet = true, .epochs = {.text = epochs}};
    if (ind_series_open(&series, run, &outcome.err) != IND_OK) {
        outcome.status = IND_FAILED;
        return outcome;
    }
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = plan,
                                  .worker_size = sizeof(struct scratch),
                                  .worker_init = init,
                                  .worker_release = release,
                                  .visit = visit,
                                  .parts = plan->parts,
                                  .pass_over = plan->pass_over,
                                  .together = plan->together};
    FILE *stream = open_memstream(&outcome.text, &size);
    struct ind_table table;
    outcome.status =
        ind_table_open(&table, stream, IND_TSV, COLUMNS, 3, "induct-x", "1", "x", &outcome.err);
    if (outcome.status == IND_OK)
        outcome.status = ind_walk_run(&tool, &series, &walk, &table);
    fclose(stream);
    outcome.err = tool.error;
    ind_series_close(&series);
    return outcome;
}

static int lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void same_bytes_for_any_threads(void **state)
{
    char *expected = NULL;
    for (int threads = 1; threads <= 8; threads++) {
        struct plan plan = QUIET_PLAN;
        plan.slow_at = threads * 10;
        plan.together = threads * 2 % 7;
        struct outcome outcome = walk(*state, &plan, threads, NULL);
        assert_int_equal(outcome.status, IND_OK);
        assert_int_equal(plan.visits, CHECKPOINTS);
        assert_int_equal(plan.inits, threads);
        if (expected)
            assert_string_equal(outcome.text, expected);
        else
            expected = strdup(outcome.text);
        free(outcome.text);
    }
    /* heading, three rows a checkpoint, none where the epoch is a multiple of 70 (0, 70 .. 840) */
    assert_int_equal(lines(expected), 2 + 3 * (CHECKPOINTS - 13));
    static const char begins[] = "\nepoch\twhich\tsum\n10\tfirst\t";
    assert_memory_equal(strchr(expected, '\n'), begins, sizeof begins - 1);
    long last = 0;
    for (const char *line = strstr(expected, "\n10\t"); line && line[1];
         line = strchr(line, '\n')) {
        long epoch = strtol(++line, NULL, 10);
        assert_true(epoch >= last);
        last = epoch;
    }
    assert_int_equal(last, LAST_EPOCH);
    free(expected);
}

static void neighbours_go_to_one_worker(void **state)
{
    struct plan plan = QUIET_PLAN;
    plan.together = 5;
    struct outcome outcome = walk(*state, &plan, 3, NULL);
    assert_int_equal(outcome.status, IND_OK);
    /* about 70 of 91 where the ring never runs full; a worker that is held up makes some runs
       shorter */
    assert_true(plan.neighbours >= CHECKPOINTS / 2);
    free(outcome.text);
}

static void more_threads_than_checkpoints(void **state)
{
    struct plan plan = QUIET_PLAN;
    struct outcome outcome = walk(*state, &plan, 64, "10,20");
    assert_int_equal(outcome.status, IND_OK);
    assert_int_equal(plan.inits, 2);
    assert_int_equal(lines(outcome.text), 2 + 6);
    free(outcome.text);
}

/* All epochs from 500 on fail; whichever fails first by the clock, epoch 500 is reported and the
 * rows before it are written. */
static void first_error_in_epoch_order(void **state)
{
    for (int round = 0; round < 20; round++) {
        struct plan plan = QUIET_PLAN;
        plan.fail_at = 500;
        plan.slow_at = 500;
        plan.together = round % 5;
        struct outcome outcome = walk(*state, &plan, 1 + round % 4, NULL);
        assert_int_equal(outcome.status, IND_FAILED);
        char wanted[5000];
        snprintf(wanted, sizeof wanted, "%s: epoch 500: no induction at 500", (char *)*state);
        assert_string_equal(outcome.err.text, wanted);
        assert_non_null(strstr(outcome.text, "\n480\tthird\t"));
        assert_null(strstr(outcome.text, "\n500\t"));
        assert_int_equal(lines(outcome.text), 2 + 3 * (50 - 8)); /* without 0, 70 .. 490 */
        assert_true(plan.visits < CHECKPOINTS);
        free(outcome.text);
    }
}

static void a_damaged_checkpoint_is_named(void **state)
{
    (void)state;
    char *folder = folder_new();
    const char *run = folder_path(folder, "run");
    tiny_run_make(run, 60, 10);
    tiny_run_damage(run, 30);
    struct plan plan = QUIET_PLAN;
    struct outcome outcome = walk(run, &plan, 2, NULL);
    assert_int_equal(outcome.status, IND_FAILED);
    assert_non_null(strstr(outcome.err.text, "epoch-00000030.safetensors: "));
    assert_non_null(strstr(outcome.text, "\n20\tthird\t"));
    assert_null(strstr(outcome.text, "\n40\t"));
    free(outcome.text);

    plan = QUIET_PLAN;
    outcome = walk(run, &plan, 2, "40:");
    assert_int_equal(outcome.status, IND_OK);
    free(outcome.text);
    folder_remove(folder);
}

/* Whether parts follow one another or lie with several threads: the same bytes, and of a checkpoint
 * that fails nothing. */
static void parts_make_the_same_bytes(void **state)
{
    static const char *const epochs[] = {"10,20", "10", NULL};
    for (int e = 0; e < 3; e++) {
        struct plan plan = QUIET_PLAN;
        struct outcome whole = walk(*state, &plan, 2, epochs[e]);
        for (int threads = 1; threads <= 8; threads++) {
            plan = QUIET_PLAN;
            plan.parts = 3;
            plan.slow_at = 10;
            struct outcome outcome = walk(*state, &plan, threads, epochs[e]);
            assert_int_equal(outcome.status, IND_OK);
            assert_string_equal(outcome.text, whole.text);
            assert_int_equal(plan.inits, e == 0   ? (threads < 6   ? threads
                                                     : threads > 2 ? 6
                                                                   : 2)
                                         : e == 1 ? (threads < 3 ? threads : 3)
                                                  : threads);
            free(outcome.text);
        }
        free(whole.text);
    }
    struct plan plan = QUIET_PLAN;
    plan.parts = 3;
    plan.fail_at = 20;
    struct outcome outcome = walk(*state, &plan, 8, "10,20,30");
    assert_int_equal(outcome.status, IND_FAILED);
    assert_non_null(strstr(outcome.err.text, "no induction at 20"));
    assert_int_equal(lines(outcome.text), 2 + 3);
    free(outcome.text);
}

/* All but those that fail, whatever the number of threads. */
static void what_fails_is_passed_over(void **state)
{
    struct plan plan = QUIET_PLAN;
    struct outcome whole = walk(*state, &plan, 2, NULL);
    for (int threads = 1; threads <= 3; threads++) {
        plan = QUIET_PLAN;
        plan.pass_over = true;
        struct outcome outcome = walk(*state, &plan, threads, NULL);
        assert_int_equal(outcome.status, IND_OK);
        assert_string_equal(outcome.text, whole.text); /* 0, 70 .. have no rows anyway */
        assert_int_equal(plan.visits, CHECKPOINTS);
        free(outcome.text);
    }
    free(whole.text);
    plan = QUIET_PLAN;
    plan.pass_over = true;
    struct outcome outcome = walk(*state, &plan, 2, "70,140");
    assert_int_equal(outcome.status, IND_FAILED);
    assert_non_null(strstr(outcome.err.text, "none of its 2 checkpoints could be used"));
    free(outcome.text);
}

static void a_worker_that_cannot_start(void **state)
{
    for (int which = 1; which <= 3; which++) {
        struct plan plan = QUIET_PLAN;
        plan.init_fails_at = which;
        struct outcome outcome = walk(*state, &plan, 3, NULL);
        assert_int_equal(outcome.status, IND_FAILED);
        assert_string_equal(outcome.err.text, "no worker today");
        assert_int_equal(plan.visits, 0);
        assert_int_equal(lines(outcome.text), 2);
        free(outcome.text);
    }
}

/* While epoch 10 naps, the others must not run to the end of the series. */
static void memory_is_bounded(void **state)
{
    char *folder = folder_new();
    (void)state;
    const char *run = folder_path(folder, "run");
    tiny_run_make(run, 400, 1);
    for (int threads = 2; threads <= 3; threads++) {
        struct plan plan = QUIET_PLAN;
        plan.fail_at = plan.slow_at = 10;
        struct outcome outcome = walk(run, &plan, threads, NULL);
        assert_non_null(strstr(outcome.err.text, "no induction at 10"));
        assert_true(plan.furthest <= 10 + 16 * threads);
        free(outcome.text);
    }
    folder_remove(folder);
}

static void no_table(void **state)
{
    struct plan plan = QUIET_PLAN;
    struct ind_series series;
    struct ind_tool tool = {.threads = 2, .quiet = true};
    assert_int_equal(ind_series_open(&series, *state, &tool.error), IND_OK);
    const struct ind_walk walk = {
        .noun = "checkpoints", .context = &plan, .worker_size = 100, .visit = visit};
    assert_int_equal(ind_walk_run(&tool, &series, &walk, NULL), IND_OK);
    assert_int_equal(plan.visits, CHECKPOINTS);
    ind_series_close(&series);
}

static void a_full_disk(void **state)
{
    struct plan plan = QUIET_PLAN;
    struct ind_series series;
    struct ind_tool tool = {.threads = 2, .quiet = true, .output = "out.tsv"};
    assert_int_equal(ind_series_open(&series, *state, &tool.error), IND_OK);
    FILE *full = fopen("/dev/full", "w");
    setvbuf(full, NULL, _IONBF, 0);
    struct ind_table table = {full, IND_TSV, COLUMNS, 3, NULL, NULL};
    const struct ind_walk walk = {
        .noun = "checkpoints", .context = &plan, .worker_size = 100, .visit = visit};
    assert_int_equal(ind_walk_run(&tool, &series, &walk, &table), IND_FAILED);
    assert_string_equal(tool.error.text, "out.tsv: cannot write: No space left on device");
    assert_true(plan.visits < CHECKPOINTS);
    fclose(full);
    ind_series_close(&series);
}

/* The other role of this program: a walk that is sent SIGTERM at epoch 300. */
static int interrupted_program(int argc, char **argv)
{
    static const struct ind_about about = {
        .name = "induct-walk", .summary = "Walk", .epochs = true, .table = true};
    struct plan plan = QUIET_PLAN;
    struct ind_tool tool;
    struct ind_table table;
    struct ind_series series = {0};
    ind_tool_start(&tool, &about, NULL, NULL, argc, argv);
    plan.raise_at = 300;
    plan.hang = strcmp(program_role(), "hang") == 0;
    const struct ind_walk walk = {
        .noun = "checkpoints", .context = &plan, .worker_size = 100, .visit = visit};
    int status = ind_tool_series(&tool, &series);
    if (status == IND_OK)
        status = ind_tool_table(&tool, &table, COLUMNS, 3);
    if (status == IND_OK)
        status = ind_walk_run(&tool, &series, &walk, &table);
    ind_series_close(&series);
    return ind_tool_finish(&tool, status);
}

/* With a fourth thread the ring would hold all that is left of the series: the others might be done
 * before the signal arrives. */
/* The process ends from under a visit that does not, with the rows before it, in time. */
static void a_long_visit_is_left(void **state)
{
    const char *const argv[] = {"induct-walk", *state, "--threads", "1", NULL};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    struct program_result result = program_run("hang", "/", argv, NULL, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(result.status, 128 + SIGTERM);
    assert_string_equal(result.err,
                        "induct-walk: interrupted after epoch 290 (30 of 91 checkpoints)\n");
    assert_non_null(strstr(result.out, "\n290\tthird"));
    assert_null(strstr(result.out, "\n300\t"));
    assert_true(after.tv_sec - before.tv_sec < 30); /* of the minute; a second where it is idle */
    program_result_release(&result);
}

static void interruption(void **state)
{
    for (int threads = 1; threads <= 3; threads++) {
        char number[16];
        snprintf(number, sizeof number, "%d", threads);
        const char *const argv[] = {"induct-walk", *state, "--threads", number, NULL};
        struct program_result result = program_run("walk", "/", argv, NULL, NULL);
        assert_int_equal(result.status, 128 + SIGTERM);
        assert_int_equal(lines(result.err), 1);
        static const char says[] = "induct-walk: interrupted after epoch ";
        assert_memory_equal(result.err, says, sizeof says - 1);
        char *rest;
        long epoch = strtol(result.err + sizeof says - 1, &rest, 10);
        char counted[60];
        snprintf(counted, sizeof counted, " (%ld of 91 checkpoints)\n", epoch / 10 + 1);
        assert_string_equal(rest, counted);
        assert_true(epoch >= 300 && epoch <= 300 + 10 * 16 * threads);
        char last[32];
        snprintf(last, sizeof last, "\n%ld\tthird", epoch % 70 ? epoch : epoch - EVERY);
        assert_non_null(strstr(result.out, last));
        assert_non_null(strstr(result.out, "\n300\tthird"));
        program_result_release(&result);
    }
}

static int make_run(void **state)
{
    char *folder = folder_new();
    tiny_run_make(folder, LAST_EPOCH, EVERY);
    *state = folder;
    return 0;
}

static int remove_run(void **state)
{
    folder_remove(*state);
    return 0;
}

int main(int argc, char **argv)
{
    if (program_role())
        return interrupted_program(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_for_any_threads),
        cmocka_unit_test(neighbours_go_to_one_worker),
        cmocka_unit_test(more_threads_than_checkpoints),
        cmocka_unit_test(first_error_in_epoch_order),
        cmocka_unit_test(a_damaged_checkpoint_is_named),
        cmocka_unit_test(a_worker_that_cannot_start),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(no_table),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(interruption),
        cmocka_unit_test(a_long_visit_is_left),
        cmocka_unit_test(parts_make_the_same_bytes),
        cmocka_unit_test(what_fails_is_passed_over),
    };
    return cmocka_run_group_tests(tests, make_run, remove_run);
}
