#include <induct/run/saver.h>

#include <pthread.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/base/thread.h>

/* While `busy`, copy, epoch, status and error are the thread's; otherwise they are the owner's. */
struct ind_saver_work {
    struct ind_run *run;
    struct ind_params copy;
    long epoch;
    int status;
    struct ind_error error;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* busy or quit */
    bool busy, quit;
};

/* The thread: whatever it was given is written before it ends. */
static void *write_all(void *argument)
{
    struct ind_saver_work *work = argument;
    pthread_mutex_lock(&work->mutex);
    while (work->busy || !work->quit) {
        if (!work->busy) {
            pthread_cond_wait(&work->changed, &work->mutex);
            continue;
        }
        pthread_mutex_unlock(&work->mutex);
        work->status = ind_run_save_checkpoint(work->run, &work->copy, work->epoch, &work->error);
        pthread_mutex_lock(&work->mutex);
        work->busy = false;
        pthread_cond_signal(&work->changed);
    }
    pthread_mutex_unlock(&work->mutex);
    return NULL;
}

static void tell(struct ind_saver_work *work, bool *what)
{
    pthread_mutex_lock(&work->mutex);
    *what = true;
    pthread_mutex_unlock(&work->mutex);
    pthread_cond_signal(&work->changed);
}

int ind_saver_init(struct ind_saver *saver, struct ind_run *run, const struct ind_layout *layout,
                   struct ind_error *err)
{
    *saver = (struct ind_saver){0};
    if (ind_alloc_into(&saver->work, 1, sizeof *saver->work, err))
        return IND_FAILED;
    struct ind_saver_work *work = saver->work;
    work->run = run;
    pthread_mutex_init(&work->mutex, NULL);
    pthread_cond_init(&work->changed, NULL);
    int status = ind_params_init(&work->copy, layout, err);
    if (status == IND_OK) {
        work->started = ind_thread_start(&work->thread, write_all, work) == 0;
        status = work->started ? IND_OK : ind_fail(err, "cannot start a thread");
    }
    if (status != IND_OK)
        ind_saver_release(saver);
    return status;
}

int ind_saver_wait(struct ind_saver *saver, struct ind_error *err)
{
    struct ind_saver_work *work = saver->work;
    pthread_mutex_lock(&work->mutex);
    while (work->busy)
        pthread_cond_wait(&work->changed, &work->mutex);
    pthread_mutex_unlock(&work->mutex);
    if (work->status == IND_OK)
        return IND_OK;
    work->status = IND_OK;
    return ind_fail(err, "%s", work->error.text);
}

int ind_saver_save(struct ind_saver *saver, const struct ind_params *weights, long epoch,
                   struct ind_error *err)
{
    struct ind_saver_work *work = saver->work;
    if (ind_saver_wait(saver, err))
        return IND_FAILED;
    ind_params_copy(&work->copy, weights);
    work->epoch = epoch;
    tell(work, &work->busy);
    return IND_OK;
}

void ind_saver_release(struct ind_saver *saver)
{
    struct ind_saver_work *work = saver->work;
    if (work) {
        tell(work, &work->quit);
        if (work->started)
            pthread_join(work->thread, NULL);
        pthread_cond_destroy(&work->changed);
        pthread_mutex_destroy(&work->mutex);
        ind_params_release(&work->copy);
    }
    free(work);
    *saver = (struct ind_saver){0};
}
