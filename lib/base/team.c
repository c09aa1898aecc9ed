#include <induct/base/team.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/base/thread.h>

/* Looks at the flag before going to sleep: about 50 us, several times what a balanced section's end
   differs by. */
enum { SPINS = 2000 };

struct member {
    struct ind_team_work *work;
    pthread_t thread;
    int number;
};

struct ind_team_work {
    struct member *members; /* workers 1..count-1 */
    int started;
    void (*section)(void *context, int worker);
    void *context;
    bool quit;
    atomic_ulong round; /* one more for each section: written after section, context and quit */
    atomic_int running; /* workers that have not finished this round */
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
};

static void breathe(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

/* Until a round after `seen` begins; returns its number. */
static unsigned long wait_for_round(struct ind_team_work *work, unsigned long seen)
{
    for (int i = 0; i < SPINS; i++) {
        unsigned long round = atomic_load_explicit(&work->round, memory_order_acquire);
        if (round != seen)
            return round;
        breathe();
    }
    pthread_mutex_lock(&work->mutex);
    while (atomic_load(&work->round) == seen)
        pthread_cond_wait(&work->begin, &work->mutex);
    pthread_mutex_unlock(&work->mutex);
    return atomic_load(&work->round);
}

static void wait_for_all(struct ind_team_work *work)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&work->running, memory_order_acquire) == 0)
            return;
        breathe();
    }
    pthread_mutex_lock(&work->mutex);
    while (atomic_load(&work->running) != 0)
        pthread_cond_wait(&work->end, &work->mutex);
    pthread_mutex_unlock(&work->mutex);
}

/* The mutex is what makes a sleeper's last look and its sleep one step: no wake-up is lost. It
 * is let go before the call, or whoever wakes would find it taken and sleep once more. */
static void start_round(struct ind_team_work *work, int workers)
{
    pthread_mutex_lock(&work->mutex);
    atomic_store(&work->running, workers);
    atomic_fetch_add_explicit(&work->round, 1, memory_order_release);
    pthread_mutex_unlock(&work->mutex);
    pthread_cond_broadcast(&work->begin);
}

static void finish(struct ind_team_work *work)
{
    if (atomic_fetch_sub_explicit(&work->running, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_lock(&work->mutex);
    pthread_mutex_unlock(&work->mutex);
    pthread_cond_signal(&work->end);
}

static void *member_main(void *argument)
{
    struct member *member = argument;
    struct ind_team_work *work = member->work;
    unsigned long round = 0;
    for (;;) {
        round = wait_for_round(work, round);
        if (work->quit)
            return NULL;
        work->section(work->context, member->number);
        finish(work);
    }
}

static int start_members(struct ind_team *team, struct ind_error *err)
{
    struct ind_team_work *work = team->work;
    for (int i = 0; i < team->count - 1; i++) {
        struct member *member = &work->members[i];
        *member = (struct member){.work = work, .number = i + 1};
        if (ind_thread_start(&member->thread, member_main, member) != 0)
            return ind_fail(err, "cannot start %d threads", team->count);
        work->started++;
    }
    return IND_OK;
}

int ind_team_init(struct ind_team *team, int count, struct ind_error *err)
{
    *team = (struct ind_team){.count = count};
    if (ind_alloc_into(&team->work, 1, sizeof *team->work, err))
        return IND_FAILED;
    pthread_mutex_init(&team->work->mutex, NULL);
    pthread_cond_init(&team->work->begin, NULL);
    pthread_cond_init(&team->work->end, NULL);
    if (ind_alloc_into(&team->work->members, (size_t)count, sizeof *team->work->members, err) ||
        start_members(team, err)) {
        ind_team_release(team);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_team_release(struct ind_team *team)
{
    struct ind_team_work *work = team->work;
    if (work) {
        work->quit = true;
        start_round(work, 0);
        for (int i = 0; i < work->started; i++)
            pthread_join(work->members[i].thread, NULL);
        pthread_cond_destroy(&work->end);
        pthread_cond_destroy(&work->begin);
        pthread_mutex_destroy(&work->mutex);
        free(work->members);
    }
    free(work);
    *team = (struct ind_team){0};
}

void ind_team_run(struct ind_team *team, void (*section)(void *context, int worker), void *context)
{
    struct ind_team_work *work = team->work;
    if (team->count > 1) {
        work->section = section;
        work->context = context;
        start_round(work, team->count - 1);
    }
    section(context, 0);
    if (team->count > 1)
        wait_for_all(work);
}
