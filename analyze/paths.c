/*
 * induct-paths: the logits as a sum over paths through heads, at every checkpoint.
 *
 * One row a checkpoint, period and path; with --loss one a checkpoint, period and number of heads.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/patch/paths.h>
#include <induct/tool/analysis.h>

struct settings {
    bool loss;
};

/* One thread's own. */
struct worker {
    struct ind_expander expander;
    struct ind_expansion expansion;
    struct ind_resampled resampled; /* with resamples */
};

static int prepare(void *paths, struct ind_study *study, struct ind_error *err)
{
    if (ind_paths_init(paths, study->config, err))
        return ind_error_context(err, "%s", study->series->path);
    return IND_OK;
}

static void release(void *paths)
{
    ind_paths_release(paths);
}

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct ind_config *config = study->config;
    const struct ind_paths *paths = study->shared;
    struct ind_expansion *expansion = &worker->expansion;
    if (ind_expander_init(&worker->expander, config, config->context - 1, err) ||
        ind_alloc_into(&expansion->paths, (size_t)paths->count, sizeof *expansion->paths, err) ||
        ind_alloc_into(&expansion->orders, (size_t)config->layers + 1,
                       (size_t)study->sample.sequences * sizeof *expansion->orders, err))
        return IND_FAILED;
    return study->sample.resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &study->sample.bootstrap,
                                    IND_SUMMARY_COLUMNS, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_expander_release(&worker->expander);
    ind_resampled_release(&worker->resampled);
    free(worker->expansion.paths);
    free(worker->expansion.orders);
}

/* ---- Logits by path -------------------------------------------------------------------------- */

struct path_row {
    long epoch;
    int period;
    const char *path, *kind;
    int order;
    double centred, centred_share, logit, logit_share, remainder;
    long predictions;
};

static const struct ind_field path_fields[] = {
    IND_FIELD(struct path_row, epoch, "optimizer steps"),
    IND_FIELD(struct path_row, period, "of the sequences"),
    IND_FIELD(struct path_row, path, "direct, token, L0H2, L0H1>L1H2, order3, bias, model"),
    IND_FIELD(struct path_row, kind, "direct, part, head, virtual, higher, bias or model"),
    IND_FIELD(struct path_row, order, "number of heads on the path"),
    IND_FIELD(struct path_row, centred,
              "what it gives to the logit of the token that comes next, less what it gives to all "
              "tokens on average, which softmax does not see: mean over predictions at inputs i >= "
              "period"),
    IND_FIELD(struct path_row, centred_share, "the same over the model's: the share to go by"),
    IND_FIELD(struct path_row, logit, "the same as centred, with the average left in"),
    IND_FIELD(struct path_row, logit_share,
              "that over the model's; where the model's is negative, a path that helps has a "
              "negative share"),
    IND_FIELD_DIGITS("remainder", struct path_row, remainder, 2,
                     "largest difference of any logit of the sum of paths from the model's, over "
                     "the largest logit"),
    IND_FIELD(struct path_row, predictions, "how many there are"),
    {0}};

static const char *kind_name(enum ind_path_kind kind)
{
    static const char *const names[] = {"direct", "part", "head", "virtual", "higher", "bias"};
    return names[kind];
}

/* The row's names and order are there already. */
static void put_path(const struct ind_visit *at, const struct ind_expansion *expansion,
                     struct ind_path_logit logit, struct path_row row)
{
    const struct ind_path_logit model = expansion->model;
    row.epoch = at->epoch;
    row.period = at->data->period;
    row.logit = logit.correct;
    row.logit_share = logit.correct / model.correct;
    row.centred = logit.correct - logit.mean;
    row.centred_share = (logit.correct - logit.mean) / (model.correct - model.mean);
    row.remainder = expansion->remainder;
    row.predictions =
        (long)at->data->sequences * ind_eval_predictions(at->data->context, at->data->period);
    ind_put(at, &row);
}

static int visit_paths(void *memory, const struct ind_study *study, const struct ind_visit *at,
                       struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct ind_paths *paths = study->shared;
    const struct ind_expansion *expansion = &worker->expansion;
    ind_expand(&worker->expander, at->params, paths, at->data, &worker->expansion);
    for (int p = 0; p < paths->count; p++) {
        const struct ind_path *path = &paths->items[p];
        put_path(at, expansion, expansion->paths[p],
                 (struct path_row){
                     .path = path->name, .kind = kind_name(path->kind), .order = path->order});
    }
    put_path(at, expansion, expansion->model,
             (struct path_row){.path = "model", .kind = "model", .order = study->config->layers});
    return IND_OK;
}

/* ---- Loss by order --------------------------------------------------------------------------- */

struct order_row {
    long epoch;
    int period, order;
    double gain, remainder;
    struct ind_accuracy is;
};

static const struct ind_field order_fields[] = {
    IND_FIELD(struct order_row, epoch, "optimizer steps"),
    IND_FIELD(struct order_row, period, "of the sequences"),
    IND_FIELD(struct order_row, order, "paths through so many heads and fewer, and all biases"),
    IND_FIELD_AS("loss", struct order_row, is.loss,
                 "of those, with its 95 % interval: bootstrap over sequences"),
    IND_FIELD(struct order_row, gain,
              "the loss of the order before less this one's (order 0: of a uniform guess, ln "
              "vocab): the term importance of Elhage et al. 2021"),
    IND_FIELD_AS("accuracy", struct order_row, is.accuracy, "of those"),
    IND_FIELD_DIGITS("remainder", struct order_row, remainder, 2, "as above"),
    IND_FIELD_AS("predictions", struct order_row, is.predictions, "how many there are"),
    {0}};

/* What an order gains is measured from the order before it, the lowest from a uniform guess. */
static int visit_orders(void *memory, const struct ind_study *study, const struct ind_visit *at,
                        struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const int sequences = at->data->sequences;
    double before = log(study->config->vocab);
    ind_expand(&worker->expander, at->params, study->shared, at->data, &worker->expansion);
    for (int order = 0; order <= study->config->layers; order++) {
        struct order_row row = {.epoch = at->epoch, .period = at->data->period, .order = order};
        ind_accuracy_summarise(
            worker->expansion.orders + (size_t)order * (size_t)sequences, sequences,
            worker->resampled.bootstrap == NULL ? NULL : &worker->resampled, &row.is);
        row.gain = before - row.is.loss.value;
        row.remainder = worker->expansion.remainder;
        before = row.is.loss.value;
        ind_put(at, &row);
    }
    return IND_OK;
}

/* ---- The program ----------------------------------------------------------------------------- */

static const struct ind_analysis by_path = {
    .fields = path_fields,
    .details = "Without LayerNorm the logits are a sum over paths from the embedding, with\n"
               "the run's attention patterns A held (x0: token and position; OV = W_V W_O):\n"
               "\n"
               "  direct   x0 W_U; `token` and `position` (kind part) are its two parts\n"
               "  head     A_h x0 OV_h W_U: L0H2\n"
               "  virtual  A_h A_g x0 OV_g OV_h W_U: L0H1>L1H2, V-composition of two heads\n"
               "  higher   all paths through 3 or more heads together: order3\n"
               "  bias     everything that begins in a bias, where there are any\n"
               "  model    the model's own logits\n"
               "\n"
               "All kinds but part and model sum to the model. Held patterns: a path counts\n"
               "what heads move, not where they make others look; for that see induct-ablate\n"
               "--mode frozen,mediated.",
    .takes = {.periods = IND_PERIODS_TRAINED, .sequences = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct ind_paths, prepare, release),
    .visit = visit_paths,
    IND_WORKER(struct worker, start, end)};

static const struct ind_analysis by_order = {
    .option = "loss",
    .fields = order_fields,
    .takes = {.periods = IND_PERIODS_TRAINED, .sequences = true, .resamples = true},
    .parts = ind_parts_periods,
    IND_SHARED(struct ind_paths, prepare, release),
    .visit = visit_orders,
    IND_WORKER(struct worker, start, end)};

static const struct ind_option options[] = {
    {IND_OPTION("loss", struct settings, loss), .help = "loss and accuracy by path order instead"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-paths",
              .summary = "path expansion of the logits at every checkpoint of a run",
              .examples = "induct-paths runs/2L-varied-60k-seed67 --epochs ::1000\n"
                          "induct-paths --loss --ood --epochs last"},
    .options = options,
    .analyses = {&by_path, &by_order}};

int main(int argc, char **argv)
{
    struct settings s = {0};
    return ind_program_run(&program, &s, argc, argv);
}
