/*
 * The walk. A ticket is a checkpoint, or one part of it where there are more threads than
 * checkpoints. Workers take tickets in order, one or a few at a time; each puts its rows into a
 * slot of a ring, and whoever completes the prefix writes it, a whole checkpoint at a time. The
 * ring is the bound on memory: nothing is begun that is more than its length ahead of what has been
 * written.
 *
 * Invariants (what changes in struct turn is touched under its mutex only, a slot's content by its
 * worker between taking a ticket and delivering):
 *   - tickets are handed out in order, and what was handed out is always delivered, so when one
 *     fails all before it are, or will be, there: the first error in epoch order is found whatever
 *     the number of threads, and the rows before it are written;
 *   - slots of [written, next) are in use, next - written <= length of the ring; `written` lies
 *     between checkpoints.
 *
 * The calling thread does not work: it watches. A visit may take minutes and cannot be stopped from
 * within, so a process that is asked to stop and is not done soon is ended from here, with the rows
 * of finished checkpoints written.
 */
#include <induct/tool/walk.h>

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <induct/base/memory.h>
#include <induct/base/system.h>
#include <induct/base/team.h>
#include <induct/math/blas.h>
#include <induct/tool/progress.h>
#include <induct/tool/stop.h>

#include "tool/kept.h"

/* Checkpoints of one series cost about the same, so a ring this long hardly ever makes a worker
 * wait. */
enum { SLOTS_PER_WORKER = 16 };

/* How often the watcher looks for a signal, and how long it waits for visits to end by
 * themselves. */
static const double LOOK_EVERY = 0.05, PATIENCE = 0.5;

/* Checkpoints that are passed over are named one by one, up to so many. */
enum { NAMED_MOST = 20 };

struct slot {
    struct ind_rows rows;
    int status;
    bool delivered;
    struct ind_error err; /* if status is IND_FAILED */
};

struct worker {
    struct ind_params params;
    int loaded;    /* index of the checkpoint in params, -1 = none */
    void *scratch; /* the program's */
    int status;
    struct ind_error err;
};

struct turn {
    struct ind_tool *tool;
    const struct ind_series *series;
    const struct ind_walk *walk;
    struct ind_table *table; /* or NULL */
    const int *indices;      /* [checkpoints] to visit */
    int checkpoints;
    int parts;    /* tickets a checkpoint: 1, or each part of it is one */
    int count;    /* tickets */
    int together; /* >= 1 */

    int next;        /* the first not handed out */
    int written;     /* rows of [0, written) are in the table */
    int limit;       /* nothing from here on is handed out: count, or less after a failure */
    int delivered;   /* how many are done, for the progress line */
    int status;      /* IND_FAILED: tool->error holds the first error */
    int passed_over; /* checkpoints */
    struct slot *slots;
    int slot_count;
    struct ind_progress progress;
    struct worker *workers;
    int worker_count, working; /* how many have not ended */
    pthread_mutex_t mutex;
    pthread_cond_t room;  /* the prefix has advanced */
    pthread_cond_t ended; /* a worker has */
};

/* ---- Handing out and writing: under the mutex ----------------------------------------------- */

enum { NOTHING_LEFT = -1, RING_FULL = -2 };

/* The first of *tickets neighbours. */
static int hand_out(struct turn *turn, int *tickets)
{
    if (ind_stop_signal() && turn->limit > turn->next)
        turn->limit = turn->next;
    if (turn->next >= turn->limit)
        return NOTHING_LEFT;
    const int room = turn->slot_count - (turn->next - turn->written);
    if (room <= 0)
        return RING_FULL;
    const int first = turn->next, left = turn->limit - first;
    /* fewer towards the end, that all workers end together */
    const int share = (left + 2 * turn->worker_count - 1) / (2 * turn->worker_count);
    *tickets = turn->together < share ? turn->together : share;
    *tickets = *tickets < room ? *tickets : room;
    turn->next += *tickets;
    return first;
}

/* The first failure counts: rows are written in order, so no earlier one can follow. */
static void fail(struct turn *turn, const struct ind_error *err)
{
    turn->status = IND_FAILED;
    turn->tool->error = *err;
    if (turn->limit > turn->written)
        turn->limit = turn->written;
}

static void pass_over(struct turn *turn, const struct ind_error *err)
{
    turn->passed_over++;
    turn->tool->passed_over++;
    if (turn->passed_over <= NAMED_MOST)
        ind_tool_complain(turn->tool, "%s (passed over)", err->text);
    if (turn->passed_over == NAMED_MOST + 1)
        ind_tool_complain(turn->tool, "... and more");
}

/* What the table has already of earlier epochs. */
static int write_kept(const struct turn *turn, long before, struct ind_error *err)
{
    if (turn->walk->kept == NULL || turn->table == NULL)
        return IND_OK;
    return ind_kept_write(turn->walk->kept, before, turn->table->stream, err);
}

/* Rows of one checkpoint, whose slots begin at `first`; nothing of one that failed. */
static void write_checkpoint(struct turn *turn, int first)
{
    struct ind_error err;
    for (int t = first; t < first + turn->parts; t++) {
        const struct slot *slot = &turn->slots[t % turn->slot_count];
        if (slot->status == IND_OK)
            continue;
        /* a lack of memory is no fault of the checkpoint's */
        if (turn->walk->pass_over && !ind_error_is_memory(&slot->err))
            pass_over(turn, &slot->err);
        else
            fail(turn, &slot->err);
        return;
    }
    int status = write_kept(turn, turn->series->epochs[turn->indices[first / turn->parts]], &err);
    for (int t = first; t < first + turn->parts && turn->table && status == IND_OK; t++)
        status = ind_table_write(turn->table, &turn->slots[t % turn->slot_count].rows, &err);
    if (status == IND_OK)
        return;
    if (turn->tool->output)
        ind_error_context(&err, "%s", turn->tool->output);
    fail(turn, &err);
}

static bool is_there(const struct turn *turn, int first)
{
    if (first + turn->parts > turn->next)
        return false;
    for (int t = first; t < first + turn->parts; t++)
        if (!turn->slots[t % turn->slot_count].delivered)
            return false;
    return true;
}

/* After a failure the prefix still advances, so that nobody waits for room in the ring. */
static void write_prefix(struct turn *turn)
{
    while (is_there(turn, turn->written)) {
        if (turn->status == IND_OK)
            write_checkpoint(turn, turn->written);
        for (int part = 0; part < turn->parts; part++)
            turn->slots[turn->written++ % turn->slot_count].delivered = false;
    }
}

/* One that failed ends the walk with its checkpoint, of which all tickets are still handed out. */
static void deliver(struct turn *turn, int ticket)
{
    struct slot *slot = &turn->slots[ticket % turn->slot_count];
    const int end = (ticket / turn->parts + 1) * turn->parts;
    slot->delivered = true;
    turn->delivered++;
    if (slot->status != IND_OK && !turn->walk->pass_over && turn->limit > end)
        turn->limit = end;
    write_prefix(turn);
    ind_progress_update(&turn->progress, turn->delivered / turn->parts, NULL);
}

/* ---- One worker ------------------------------------------------------------------------------ */

static int load(const struct turn *turn, struct worker *worker, int index, struct ind_error *err)
{
    if (worker->loaded == index)
        return IND_OK;
    worker->loaded = -1;
    if (ind_series_read(turn->series, index, &worker->params, err) != IND_OK)
        return IND_FAILED;
    worker->loaded = index;
    return IND_OK;
}

/* Of the checkpoint all parts, or the ticket's own. */
static int visit(const struct turn *turn, struct worker *worker, int ticket, struct slot *slot)
{
    const int index = turn->indices[ticket / turn->parts];
    struct ind_visit visit = {.series = turn->series,
                              .index = index,
                              .epoch = turn->series->epochs[index],
                              .params = &worker->params,
                              .rows = &slot->rows,
                              .part = ticket % turn->parts};
    const int last = turn->parts > 1 ? visit.part + 1 : turn->walk->parts;
    ind_rows_clear(&slot->rows);
    if (load(turn, worker, index, &slot->err) != IND_OK)
        return IND_FAILED;
    do {
        if (turn->walk->visit(worker->scratch, turn->walk->context, &visit, &slot->err) != IND_OK)
            return ind_error_context(&slot->err, "%s: epoch %ld", turn->series->path, visit.epoch);
    } while (++visit.part < last);
    return IND_OK;
}

/* The next tickets, the first of *tickets, or NOTHING_LEFT; waits while the ring is full. */
static int take_tickets(struct turn *turn, int *tickets)
{
    int first;
    pthread_mutex_lock(&turn->mutex);
    while ((first = hand_out(turn, tickets)) == RING_FULL)
        pthread_cond_wait(&turn->room, &turn->mutex);
    pthread_mutex_unlock(&turn->mutex);
    return first;
}

static void work(struct turn *turn, struct worker *worker)
{
    for (int first, tickets; (first = take_tickets(turn, &tickets)) != NOTHING_LEFT;) {
        for (int ticket = first; ticket < first + tickets; ticket++) {
            struct slot *slot = &turn->slots[ticket % turn->slot_count];
            slot->status = visit(turn, worker, ticket, slot);
            pthread_mutex_lock(&turn->mutex);
            deliver(turn, ticket);
            pthread_cond_broadcast(&turn->room);
            pthread_mutex_unlock(&turn->mutex);
        }
    }
}

static int start_worker(const struct turn *turn, struct worker *worker)
{
    const struct ind_walk *walk = turn->walk;
    worker->loaded = -1;
    if (ind_params_init(&worker->params, &turn->series->layout, &worker->err) ||
        ind_alloc_into(&worker->scratch, 1, walk->worker_size, &worker->err))
        return IND_FAILED;
    if (walk->worker_init == NULL)
        return IND_OK;
    return walk->worker_init(worker->scratch, turn->series, walk->context, &worker->err);
}

static void end_worker(const struct turn *turn, struct worker *worker)
{
    if (worker->scratch && turn->walk->worker_release)
        turn->walk->worker_release(worker->scratch);
    free(worker->scratch);
    ind_params_release(&worker->params);
}

/* ---- The watcher ----------------------------------------------------------------------------- */

/* What was kept is kept again, also of epochs that the walk did not come to. */
static int fail_interrupted(struct turn *turn)
{
    const int done = turn->written / turn->parts;
    const bool kept = turn->walk->kept != NULL && turn->walk->kept->count > 0;
    turn->tool->partial |= kept && write_kept(turn, LONG_MAX, &turn->tool->error) == IND_OK;
    if (done == 0)
        return ind_fail(&turn->tool->error, "interrupted before the first of %d %s",
                        turn->checkpoints, turn->walk->noun);
    turn->tool->partial |= turn->table != NULL;
    return ind_fail(&turn->tool->error, "interrupted after epoch %ld (%d of %d %s)",
                    turn->series->epochs[turn->indices[done - 1]], done, turn->checkpoints,
                    turn->walk->noun);
}

/* Ends the process from under its workers; what is written stays. Under the mutex, so that nobody
 * is writing. */
static void leave(struct turn *turn)
{
    ind_progress_end(&turn->progress);
    fail_interrupted(turn);
    ind_tool_leave(turn->tool);
}

static void watch(struct turn *turn)
{
    double asked = 0.0; /* when the signal was seen */
    pthread_mutex_lock(&turn->mutex);
    while (turn->working > 0) {
        const struct timespec until = ind_system_after(LOOK_EVERY);
        pthread_cond_timedwait(&turn->ended, &turn->mutex, &until);
        if (ind_stop_signal() == 0 || turn->working == 0)
            continue;
        if (asked == 0.0)
            asked = ind_seconds();
        if (ind_seconds() - asked > PATIENCE)
            leave(turn);
    }
    pthread_mutex_unlock(&turn->mutex);
}

/* ---- All threads ----------------------------------------------------------------------------- */

/* The calling thread is number 0. */
static void start_thread(void *context, int number)
{
    struct turn *turn = context;
    if (number > 0)
        turn->workers[number - 1].status = start_worker(turn, &turn->workers[number - 1]);
}

static void run_thread(void *context, int number)
{
    struct turn *turn = context;
    if (number == 0) {
        watch(turn);
        return;
    }
    work(turn, &turn->workers[number - 1]);
    pthread_mutex_lock(&turn->mutex);
    turn->working--;
    pthread_cond_signal(&turn->ended);
    pthread_mutex_unlock(&turn->mutex);
}

static int start_workers(struct turn *turn, struct ind_team *team)
{
    ind_team_run(team, start_thread, turn);
    for (int w = 0; w < turn->worker_count; w++) {
        if (turn->workers[w].status != IND_OK) {
            turn->tool->error = turn->workers[w].err;
            return IND_FAILED;
        }
    }
    return IND_OK;
}

/* What was passed over is told at the end of everything (tool->passed_over), unless nothing else
 * is left. */
static int conclude(struct turn *turn)
{
    if (turn->status == IND_OK && turn->written < turn->count)
        return fail_interrupted(turn);
    if (turn->status == IND_OK && turn->passed_over == turn->checkpoints &&
        turn->walk->kept == NULL)
        return ind_fail(&turn->tool->error, "%s: none of its %d %s could be used",
                        turn->series->path, turn->checkpoints, turn->walk->noun);
    turn->tool->partial |= turn->status == IND_OK && turn->passed_over > 0 && turn->table != NULL;
    return turn->status == IND_OK ? write_kept(turn, LONG_MAX, &turn->tool->error) : IND_FAILED;
}

static int run_workers(struct turn *turn, struct ind_team *team)
{
    if (start_workers(turn, team) != IND_OK)
        return IND_FAILED;
    ind_progress_start(&turn->progress, turn->walk->noun, 0, turn->checkpoints, turn->tool->quiet);
    turn->working = turn->worker_count;
    ind_team_run(team, run_thread, turn);
    ind_progress_end(&turn->progress);
    return conclude(turn);
}

static int run_team(struct turn *turn)
{
    struct ind_team team;
    if (ind_team_init(&team, turn->worker_count + 1, &turn->tool->error) != IND_OK)
        return IND_FAILED;
    pthread_mutex_init(&turn->mutex, NULL);
    pthread_cond_init(&turn->room, NULL);
    ind_system_condition(&turn->ended);
    int status = run_workers(turn, &team);
    ind_team_release(&team);
    pthread_cond_destroy(&turn->room);
    pthread_cond_destroy(&turn->ended);
    pthread_mutex_destroy(&turn->mutex);
    return status;
}

/* As many as the program wants, but every worker shall have its turn several times. */
static int together(const struct turn *turn, int workers)
{
    const int fair = turn->count / (4 * workers), wanted = turn->walk->together;
    const int tickets = wanted < fair ? wanted : fair;
    return tickets > 1 ? tickets : 1;
}

/* Those that a worker has taken together, and as many that wait to be written; room for two whole
 * checkpoints. */
static int slots_wanted(const struct turn *turn)
{
    const int each = 2 * turn->together > SLOTS_PER_WORKER ? 2 * turn->together : SLOTS_PER_WORKER;
    const int slots = each * turn->worker_count;
    return slots > 2 * turn->parts ? slots : 2 * turn->parts;
}

static int run_turn(struct turn *turn, int workers_wanted)
{
    int count = workers_wanted < turn->count ? workers_wanted : turn->count;
    turn->worker_count = count;
    turn->together = together(turn, count);
    turn->slot_count = slots_wanted(turn);
    turn->workers = calloc((size_t)count, sizeof *turn->workers);
    turn->slots = calloc((size_t)turn->slot_count, sizeof *turn->slots);
    int status = turn->workers && turn->slots ? run_team(turn)
                                              : ind_fail(&turn->tool->error, "out of memory");
    for (int w = 0; turn->workers && w < count; w++)
        end_worker(turn, &turn->workers[w]);
    for (int s = 0; turn->slots && s < turn->slot_count; s++)
        ind_rows_release(&turn->slots[s].rows);
    free(turn->workers);
    free(turn->slots);
    return status;
}

/* Checkpoints are visited side by side only where their products may be. */
static int worker_limit(struct ind_tool *tool, int at_once)
{
    const int most = at_once > 0 && at_once < tool->threads ? at_once : tool->threads;
    if (most == 1 || ind_blas_concurrent())
        return most;
    ind_tool_warn(tool, "the serial OpenBLAS is installed, which only one thread may use: one does "
                        "(libopenblas0-pthread is for more)");
    return 1;
}

/* Checkpoints whose rows are kept need no visit. */
static void leave_out_kept(const struct ind_kept *kept, const struct ind_series *series,
                           int *indices, int *count)
{
    int left = 0;
    for (int i = 0; i < *count; i++)
        if (kept == NULL || !ind_kept_has(kept, series->epochs[indices[i]]))
            indices[left++] = indices[i];
    *count = left;
}

int ind_walk_run(struct ind_tool *tool, const struct ind_series *series,
                 const struct ind_walk *walk, struct ind_table *table)
{
    int *indices, count;
    if (ind_walk_select(tool, series, &indices, &count, &tool->error) != IND_OK)
        return IND_FAILED;
    leave_out_kept(walk->kept, series, indices, &count);
    const int threads = worker_limit(tool, walk->at_once);
    const int parts = count < threads && walk->parts > 1 ? walk->parts : 1;
    struct turn turn = {.tool = tool,
                        .series = series,
                        .walk = walk,
                        .table = table,
                        .indices = indices,
                        .checkpoints = count,
                        .parts = parts,
                        .count = count * parts,
                        .limit = count * parts};
    int status = count > 0 ? run_turn(&turn, threads) : write_kept(&turn, LONG_MAX, &tool->error);
    free(indices);
    return status;
}
