/*
 * The walk. Workers take the selected checkpoints in order, one or a few at a time; each puts its
 * rows into a slot of a ring, and whoever completes the prefix writes it. The ring is the bound on
 * memory: no checkpoint is begun that is more than its length ahead of what has been written.
 *
 * Invariants (what changes in struct turn is touched under its mutex only, a slot's content by its
 * worker between taking a ticket and delivering):
 *   - checkpoints are handed out in order, and what was handed out is always delivered, so when one
 *     fails all before it are, or will be, there: the first error in epoch order is found whatever
 *     the number of threads, and the rows before it are written;
 *   - slots of [written, next) are in use, next - written <= length of the ring.
 */
#include <induct/tool/walk.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/base/team.h>
#include <induct/math/blas.h>
#include <induct/tool/progress.h>
#include <induct/tool/stop.h>

/* Checkpoints of one series cost about the same, so a ring this long hardly ever makes a worker
 * wait. */
enum { SLOTS_PER_WORKER = 16 };

struct slot {
    struct ind_rows rows;
    int status;
    bool delivered;
    struct ind_error err; /* if status is IND_FAILED */
};

struct worker {
    struct ind_params params;
    void *scratch; /* the program's */
    int status;
    struct ind_error err;
};

struct turn {
    struct ind_tool *tool;
    const struct ind_series *series;
    const struct ind_walk *walk;
    struct ind_table *table; /* or NULL */
    const int *indices;      /* [count] checkpoints to visit */
    int count;
    int together; /* >= 1 */

    int next;      /* the first not handed out */
    int written;   /* rows of [0, written) are in the table */
    int limit;     /* nothing from here on is handed out: count, or less after a failure */
    int delivered; /* how many are done, for the progress line */
    int status;    /* IND_FAILED: tool->error holds the first error */
    struct slot *slots;
    int slot_count;
    struct ind_progress progress;
    struct worker *workers;
    int worker_count;
    pthread_mutex_t mutex;
    pthread_cond_t room; /* the prefix has advanced */
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
static void fail_at(struct turn *turn, int ticket)
{
    turn->status = IND_FAILED;
    if (turn->limit > ticket)
        turn->limit = ticket;
}

static void write_slot(struct turn *turn, struct slot *slot)
{
    if (slot->status != IND_OK) {
        turn->tool->error = slot->err;
        fail_at(turn, turn->written);
        return;
    }
    if (turn->table && ind_table_write(turn->table, &slot->rows, &turn->tool->error) != IND_OK) {
        if (turn->tool->output)
            ind_error_context(&turn->tool->error, "%s", turn->tool->output);
        fail_at(turn, turn->written);
    }
}

/* After a failure the prefix still advances, so that nobody waits for room in the ring. */
static void write_prefix(struct turn *turn)
{
    while (turn->written < turn->next) {
        struct slot *slot = &turn->slots[turn->written % turn->slot_count];
        if (!slot->delivered)
            return;
        if (turn->status == IND_OK)
            write_slot(turn, slot);
        slot->delivered = false;
        turn->written++;
    }
}

static void deliver(struct turn *turn, int ticket)
{
    struct slot *slot = &turn->slots[ticket % turn->slot_count];
    slot->delivered = true;
    turn->delivered++;
    if (slot->status != IND_OK && turn->limit > ticket)
        turn->limit = ticket;
    write_prefix(turn);
    ind_progress_update(&turn->progress, turn->delivered, NULL);
}

/* ---- One worker ------------------------------------------------------------------------------ */

static int visit(const struct turn *turn, struct worker *worker, int index, struct slot *slot)
{
    struct ind_visit visit = {.series = turn->series,
                              .index = index,
                              .epoch = turn->series->epochs[index],
                              .params = &worker->params,
                              .rows = &slot->rows};
    ind_rows_clear(&slot->rows);
    if (ind_series_read(turn->series, index, &worker->params, &slot->err) != IND_OK)
        return IND_FAILED;
    for (; visit.part == 0 || visit.part < turn->walk->parts; visit.part++) {
        if (turn->walk->visit(worker->scratch, turn->walk->context, &visit, &slot->err) != IND_OK)
            return ind_error_context(&slot->err, "%s: epoch %ld", turn->series->path, visit.epoch);
    }
    return IND_OK;
}

/* The next checkpoints to visit, the first of *tickets, or NOTHING_LEFT; waits while the ring is
 * full. */
static int take_tickets(struct turn *turn, int *tickets)
{
    int first;
    pthread_mutex_lock(&turn->mutex);
    while ((first = hand_out(turn, tickets)) == RING_FULL)
        pthread_cond_wait(&turn->room, &turn->mutex);
    pthread_mutex_unlock(&turn->mutex);
    return first;
}

static void work(void *context, int number)
{
    struct turn *turn = context;
    for (int first, tickets; (first = take_tickets(turn, &tickets)) != NOTHING_LEFT;) {
        for (int ticket = first; ticket < first + tickets; ticket++) {
            struct slot *slot = &turn->slots[ticket % turn->slot_count];
            slot->status = visit(turn, &turn->workers[number], turn->indices[ticket], slot);
            pthread_mutex_lock(&turn->mutex);
            deliver(turn, ticket);
            pthread_cond_broadcast(&turn->room);
            pthread_mutex_unlock(&turn->mutex);
        }
    }
}

static void start_worker(void *context, int number)
{
    const struct turn *turn = context;
    struct worker *worker = &turn->workers[number];
    const struct ind_walk *walk = turn->walk;
    worker->status = ind_params_init(&worker->params, &turn->series->layout, &worker->err);
    if (worker->status == IND_OK)
        worker->status = ind_alloc_into(&worker->scratch, 1, walk->worker_size, &worker->err);
    if (worker->status == IND_OK && walk->worker_init)
        worker->status =
            walk->worker_init(worker->scratch, turn->series, walk->context, &worker->err);
}

static void end_worker(const struct turn *turn, struct worker *worker)
{
    if (worker->scratch && turn->walk->worker_release)
        turn->walk->worker_release(worker->scratch);
    free(worker->scratch);
    ind_params_release(&worker->params);
}

/* ---- All workers ----------------------------------------------------------------------------- */

static int start_workers(struct turn *turn, struct ind_team *team)
{
    ind_team_run(team, start_worker, turn);
    for (int w = 0; w < team->count; w++) {
        if (turn->workers[w].status != IND_OK) {
            turn->tool->error = turn->workers[w].err;
            return IND_FAILED;
        }
    }
    return IND_OK;
}

static int fail_interrupted(struct turn *turn)
{
    long last = turn->series->epochs[turn->indices[turn->written > 0 ? turn->written - 1 : 0]];
    if (turn->written == 0)
        return ind_fail(&turn->tool->error, "interrupted before the first of %d %s", turn->count,
                        turn->walk->noun);
    return ind_fail(&turn->tool->error, "interrupted after epoch %ld (%d of %d %s)", last,
                    turn->written, turn->count, turn->walk->noun);
}

static int run_workers(struct turn *turn, struct ind_team *team)
{
    if (start_workers(turn, team) != IND_OK)
        return IND_FAILED;
    ind_progress_start(&turn->progress, turn->walk->noun, 0, turn->count, turn->tool->quiet);
    ind_team_run(team, work, turn);
    ind_progress_end(&turn->progress);
    if (turn->status == IND_OK && turn->written < turn->count)
        return fail_interrupted(turn);
    return turn->status;
}

static int run_team(struct turn *turn, int count)
{
    struct ind_team team;
    if (ind_team_init(&team, count, &turn->tool->error) != IND_OK)
        return IND_FAILED;
    pthread_mutex_init(&turn->mutex, NULL);
    pthread_cond_init(&turn->room, NULL);
    int status = run_workers(turn, &team);
    ind_team_release(&team);
    pthread_cond_destroy(&turn->room);
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

/* Those that a worker has taken together, and as many that wait to be written. */
static int slots_per_worker(int tickets)
{
    return 2 * tickets > SLOTS_PER_WORKER ? 2 * tickets : SLOTS_PER_WORKER;
}

static int run_turn(struct turn *turn, int workers_wanted)
{
    int count = workers_wanted < turn->count ? workers_wanted : turn->count;
    turn->worker_count = count;
    turn->together = together(turn, count);
    turn->slot_count = slots_per_worker(turn->together) * count;
    turn->workers = calloc((size_t)count, sizeof *turn->workers);
    turn->slots = calloc((size_t)turn->slot_count, sizeof *turn->slots);
    int status = turn->workers && turn->slots ? run_team(turn, count)
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
static int worker_limit(struct ind_tool *tool)
{
    if (tool->threads == 1 || ind_blas_concurrent())
        return tool->threads;
    ind_tool_warn(tool, "the serial OpenBLAS is installed, which only one thread may use: one does "
                        "(libopenblas0-pthread is for more)");
    return 1;
}

int ind_walk_run(struct ind_tool *tool, const struct ind_series *series,
                 const struct ind_walk *walk, struct ind_table *table)
{
    int *indices, count;
    if (ind_walk_select(tool, series, &indices, &count, &tool->error) != IND_OK)
        return IND_FAILED;
    struct turn turn = {.tool = tool,
                        .series = series,
                        .walk = walk,
                        .table = table,
                        .indices = indices,
                        .count = count,
                        .limit = count};
    int status = run_turn(&turn, worker_limit(tool));
    free(indices);
    return status;
}
