#include <induct/optim/llc.h>

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/base/team.h>
#include <induct/data/random.h>
#include <induct/optim/gradient.h>

/* One thread's: a chain's weights, its batch, and gradients of a batch and of one sequence. */
struct runner {
    struct ind_gradient gradient, single;
    struct ind_params weights;
    int32_t *tokens; /* [batch, context] */
    int *periods;    /* [batch] */
    int *starts;     /* [batch] or NULL */
    int *order;      /* [sequences]: the first `batch` are those of the step */
};

/* The loss of one sequence at the centre. */
struct at_centre {
    double loss;
    long targets;
};

struct ind_llc_work {
    struct runner *runners; /* one a thread */
    int runner_count;
    struct at_centre *centre; /* [sequences] */
    struct ind_team team;
};

int ind_llc_batch(int trained, int sequences)
{
    enum { LEAST = 8 };
    const int wanted = trained > LEAST ? trained : LEAST;
    return wanted < sequences ? wanted : sequences;
}

double ind_llc_gradients(const struct ind_llc_settings *s, int parts)
{
    return (double)parts * s->chains * (double)(s->burn_in + s->steps);
}

/* ---- Ownership ------------------------------------------------------------------------------- */

static void release_runner(struct runner *runner)
{
    ind_gradient_release(&runner->gradient);
    ind_gradient_release(&runner->single);
    ind_params_release(&runner->weights);
    free(runner->tokens);
    free(runner->periods);
    free(runner->starts);
    free(runner->order);
}

static int init_runner(struct runner *runner, const struct ind_llc *llc, struct ind_error *err)
{
    const struct ind_llc_data *data = llc->data;
    const size_t batch = (size_t)llc->settings.batch, context = (size_t)data->context;
    const int length = data->context - 1;
    if (ind_gradient_init(&runner->gradient, llc->layout, llc->settings.batch, length, 1, err) ||
        ind_gradient_init(&runner->single, llc->layout, 1, length, 1, err) ||
        ind_params_init(&runner->weights, llc->layout, err) ||
        ind_alloc_into(&runner->tokens, batch, context * sizeof *runner->tokens, err) ||
        ind_alloc_into(&runner->periods, batch, sizeof *runner->periods, err) ||
        ind_alloc_into(&runner->order, (size_t)data->sequences, sizeof *runner->order, err))
        return IND_FAILED;
    return data->starts == NULL
               ? IND_OK
               : ind_alloc_into(&runner->starts, batch, sizeof *runner->starts, err);
}

static int init_work(struct ind_llc *llc, int threads, struct ind_error *err)
{
    if (ind_alloc_into(&llc->work, 1, sizeof *llc->work, err))
        return IND_FAILED;
    struct ind_llc_work *work = llc->work;
    if (ind_team_init(&work->team, threads, err) ||
        ind_alloc_into(&work->centre, (size_t)llc->data->sequences, sizeof *work->centre, err) ||
        ind_alloc_into(&work->runners, (size_t)threads, sizeof *work->runners, err))
        return IND_FAILED;
    while (work->runner_count < threads)
        if (init_runner(&work->runners[work->runner_count++], llc, err))
            return IND_FAILED;
    return IND_OK;
}

int ind_llc_init(struct ind_llc *llc, const struct ind_layout *layout,
                 const struct ind_llc_data *data, const struct ind_llc_settings *settings,
                 int threads, struct ind_error *err)
{
    assert(settings->chains >= 1 && settings->steps >= 1 && settings->burn_in >= 0);
    assert(settings->batch >= 1 && settings->batch <= data->sequences && threads >= 1);
    *llc = (struct ind_llc){.layout = layout, .data = data, .settings = *settings};
    if (init_work(llc, threads, err) == IND_OK)
        return IND_OK;
    ind_llc_release(llc);
    return IND_FAILED;
}

void ind_llc_release(struct ind_llc *llc)
{
    struct ind_llc_work *work = llc->work;
    if (work != NULL) {
        ind_team_release(&work->team);
        for (int r = 0; r < work->runner_count; r++)
            release_runner(&work->runners[r]);
        free(work->runners);
        free(work->centre);
    }
    free(work);
    *llc = (struct ind_llc){0};
}

/* ---- One run --------------------------------------------------------------------------------- */

struct run {
    struct ind_llc *llc;
    const struct ind_params *centre;
    const struct ind_slices *parts;
    int count;
    double *excess;
    atomic_int next;
};

static void centre_section(void *context, int worker)
{
    struct run *run = context;
    const struct ind_llc_data *data = run->llc->data;
    struct ind_llc_work *work = run->llc->work;
    for (int s; (s = atomic_fetch_add(&run->next, 1)) < data->sequences;) {
        const struct ind_batch batch = {data->tokens + (size_t)s * (size_t)data->context,
                                        data->periods + s, data->starts ? data->starts + s : NULL,
                                        data->repeated, run->llc->layout->config.layers};
        struct ind_loss loss;
        ind_gradient_run(&work->runners[worker].single, run->centre, &batch, &loss);
        work->centre[s] = (struct at_centre){loss.loss, loss.targets};
    }
}

/* ---- One chain ------------------------------------------------------------------------------- */

struct chain {
    const struct ind_llc *llc;
    struct runner *runner;
    uint32_t number;
    int first_layer; /* no weight of a lower one is free */
};

/* The lowest layer that has weights of the slices, 0 for embeddings; layers for none. */
static int first_layer(const struct ind_layout *layout, struct ind_slices slices)
{
    int first = layout->config.layers;
    for (int t = 0; t < layout->tensor_count; t++) {
        const struct ind_tensor *tensor = &layout->tensors[t];
        const bool outside = tensor->role == IND_W_U || tensor->role == IND_B_U ||
                             tensor->role == IND_LN_FINAL_W || tensor->role == IND_LN_FINAL_B;
        const int layer = tensor->layer > 0 ? tensor->layer : 0;
        for (int s = 0; s < slices.count && !outside; s++) {
            const struct ind_slice slice = slices.items[s];
            if (slice.begin < tensor->offset + tensor->count &&
                tensor->offset < slice.begin + slice.count && layer < first)
                first = layer;
        }
    }
    return first;
}

/* The first `batch` of runner->order become those of the step: any of the sequences, none twice. */
static void draw(const struct chain *chain, long step)
{
    const struct ind_llc *llc = chain->llc;
    int *order = chain->runner->order;
    struct ind_random random =
        ind_random_at(llc->settings.sgld.seed, IND_STREAM_DRAW, chain->number, (uint32_t)step);
    for (int i = 0; i < llc->settings.batch; i++) {
        const int left = llc->data->sequences - i;
        const int j = i + (int)ind_random_below(&random, (uint32_t)left), taken = order[j];
        order[j] = order[i];
        order[i] = taken;
    }
}

/* The sequences drawn, side by side; returns the sum of their losses at the centre. */
static struct ind_batch gather(const struct chain *chain, double *centre)
{
    const struct ind_llc_data *data = chain->llc->data;
    const struct runner *runner = chain->runner;
    const size_t context = (size_t)data->context;
    *centre = 0;
    for (int b = 0; b < chain->llc->settings.batch; b++) {
        const int s = runner->order[b];
        memcpy(runner->tokens + (size_t)b * context, data->tokens + (size_t)s * context,
               context * sizeof *runner->tokens);
        runner->periods[b] = data->periods[s];
        if (runner->starts)
            runner->starts[b] = data->starts[s];
        *centre += chain->llc->work->centre[s].loss;
    }
    return (struct ind_batch){runner->tokens, runner->periods, runner->starts, data->repeated,
                              chain->first_layer};
}

static double excess_at(void *context, long step, const float **gradient)
{
    const struct chain *chain = context;
    struct runner *runner = chain->runner;
    struct ind_loss loss;
    double centre;
    draw(chain, step);
    const struct ind_batch batch = gather(chain, &centre);
    const double square = ind_gradient_run(&runner->gradient, &runner->weights, &batch, &loss);
    *gradient = ind_gradient_sum(&runner->gradient)->data;
    return isfinite(square) ? (loss.loss - centre) / (double)loss.targets : (double)NAN;
}

static void run_chain(const struct run *run, struct runner *runner, int part, int number)
{
    const struct ind_llc_settings *settings = &run->llc->settings;
    const long total = settings->burn_in + settings->steps;
    struct chain chain = {run->llc, runner, (uint32_t)number,
                          first_layer(run->llc->layout, run->parts[part])};
    const struct ind_landscape landscape = {excess_at, &chain};
    ind_params_copy(&runner->weights, run->centre);
    for (int s = 0; s < run->llc->data->sequences; s++)
        runner->order[s] = s;
    ind_sgld_chain(&settings->sgld, chain.number, &landscape, run->parts[part], run->centre->data,
                   runner->weights.data, total,
                   run->excess +
                       ((size_t)part * (size_t)settings->chains + (size_t)number) * (size_t)total);
}

static void chains_section(void *context, int worker)
{
    struct run *run = context;
    const int chains = run->llc->settings.chains;
    for (int i; (i = atomic_fetch_add(&run->next, 1)) < run->count * chains;)
        run_chain(run, &run->llc->work->runners[worker], i / chains, i % chains);
}

void ind_llc_run(struct ind_llc *llc, const struct ind_params *centre,
                 const struct ind_slices *parts, int count, double *excess, double *loss)
{
    struct ind_llc_work *work = llc->work;
    struct run run = {llc, centre, parts, count, excess, 0};
    double sum = 0;
    long targets = 0;
    ind_team_run(&work->team, centre_section, &run);
    for (int s = 0; s < llc->data->sequences; s++) {
        sum += work->centre[s].loss;
        targets += work->centre[s].targets;
    }
    *loss = sum / (double)targets;
    atomic_store(&run.next, 0);
    ind_team_run(&work->team, chains_section, &run);
}
