/* A team of threads: every worker runs once a section, and what it wrote is seen, however often and
   however slowly. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <induct/base/team.h>

enum { MOST = 8 };

struct tally {
    long rounds[MOST];
    int sleeper; /* this worker is late by a millisecond; -1 = nobody */
};

static void count_round(void *context, int worker)
{
    struct tally *tally = context;
    if (worker == tally->sleeper)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    tally->rounds[worker]++;
}

static void run_rounds(int threads, long rounds, int sleeper)
{
    struct ind_team team;
    struct ind_error err;
    struct tally tally = {.sleeper = sleeper};
    assert_int_equal(ind_team_init(&team, threads, &err), IND_OK);
    for (long r = 1; r <= rounds; r++) {
        ind_team_run(&team, count_round, &tally);
        for (int w = 0; w < MOST; w++)
            assert_int_equal(tally.rounds[w], w < threads ? r : 0);
    }
    ind_team_release(&team);
}

static void every_worker_runs_once_a_section(void **state)
{
    (void)state;
    for (int threads = 1; threads <= MOST; threads++)
        run_rounds(threads, 3000, -1);
}

/* longer than the spinning: both the workers and the caller have gone to sleep */
static void sleepers_are_woken(void **state)
{
    (void)state;
    for (int threads = 2; threads <= 4; threads++)
        for (int sleeper = 0; sleeper < threads; sleeper++)
            run_rounds(threads, 20, sleeper);
}

static void a_team_may_be_released_unused(void **state)
{
    (void)state;
    struct ind_error err;
    for (int i = 0; i < 50; i++) {
        struct ind_team team;
        assert_int_equal(ind_team_init(&team, 3, &err), IND_OK);
        ind_team_release(&team);
    }
}

static void ask_mask(void *context, int worker)
{
    pthread_sigmask(SIG_SETMASK, NULL, (sigset_t *)context + worker);
}

static void interruptions_are_the_callers_a_broken_pipe_the_writers(void **state)
{
    (void)state;
    struct ind_team team;
    struct ind_error err;
    sigset_t masks[3];
    assert_int_equal(ind_team_init(&team, 3, &err), IND_OK);
    ind_team_run(&team, ask_mask, masks);
    for (int w = 0; w < 3; w++) {
        assert_int_equal(sigismember(&masks[w], SIGINT), w > 0);
        assert_int_equal(sigismember(&masks[w], SIGTERM), w > 0);
        assert_int_equal(sigismember(&masks[w], SIGPIPE), 0);
    }
    ind_team_release(&team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_worker_runs_once_a_section),
        cmocka_unit_test(sleepers_are_woken),
        cmocka_unit_test(a_team_may_be_released_unused),
        cmocka_unit_test(interruptions_are_the_callers_a_broken_pipe_the_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
