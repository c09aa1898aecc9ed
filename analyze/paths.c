/*
 * induct-paths: the logits as a sum over paths through heads, at every checkpoint.
 *
 * One row a checkpoint, period and path; with --loss one a checkpoint, period and number of heads.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/patch/paths.h>
#include <induct/tool/contrast.h>
#include <induct/tool/walk.h>

struct settings {
    bool loss, ood;
    struct ind_contrast_choices choices;
};

/* Read-only during the walk. Owner. */
struct expanding {
    const struct settings *settings;
    struct ind_contrast contrast;
    struct ind_paths paths;
};

/* One thread's own. */
struct worker {
    struct ind_expander expander;
    struct ind_expansion expansion;
    struct ind_resampled resampled; /* unless resamples is 0 */
};

static const struct ind_column path_columns[] = {
    {"epoch", IND_COLUMN_INT, 0},          {"period", IND_COLUMN_INT, 0},
    {"path", IND_COLUMN_TEXT, 0},          {"kind", IND_COLUMN_TEXT, 0},
    {"order", IND_COLUMN_INT, 0},          {"logit", IND_COLUMN_REAL, 0},
    {"logit_share", IND_COLUMN_REAL, 0},   {"centred", IND_COLUMN_REAL, 0},
    {"centred_share", IND_COLUMN_REAL, 0}, {"remainder", IND_COLUMN_REAL, 2},
    {"predictions", IND_COLUMN_INT, 0},
};

static const struct ind_column loss_columns[] = {
    {"epoch", IND_COLUMN_INT, 0},        {"period", IND_COLUMN_INT, 0},
    {"order", IND_COLUMN_INT, 0},        {"loss", IND_COLUMN_REAL, 0},
    {"loss_lo", IND_COLUMN_REAL, 0},     {"loss_hi", IND_COLUMN_REAL, 0},
    {"gain", IND_COLUMN_REAL, 0},        {"accuracy", IND_COLUMN_REAL, 0},
    {"accuracy_lo", IND_COLUMN_REAL, 0}, {"accuracy_hi", IND_COLUMN_REAL, 0},
    {"remainder", IND_COLUMN_REAL, 2},   {"predictions", IND_COLUMN_INT, 0},
};

/* ---- One checkpoint ------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct expanding *expanding = context;
    const struct ind_contrast_choices *choices = expanding->contrast.choices;
    const struct ind_config *config = &series->layout.config;
    struct ind_expansion *expansion = &worker->expansion;
    if (ind_expander_init(&worker->expander, config, config->context - 1, err) ||
        ind_alloc_into(&expansion->paths, (size_t)expanding->paths.count, sizeof *expansion->paths,
                       err) ||
        ind_alloc_into(&expansion->orders, (size_t)config->layers + 1,
                       (size_t)choices->sequences * sizeof *expansion->orders, err))
        return IND_FAILED;
    return choices->resamples == 0
               ? IND_OK
               : ind_resampled_init(&worker->resampled, &expanding->contrast.bootstrap,
                                    IND_SUMMARY_COLUMNS, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_expander_release(&worker->expander);
    ind_resampled_release(&worker->resampled);
    free(worker->expansion.paths);
    free(worker->expansion.orders);
}

static const char *kind_name(enum ind_path_kind kind)
{
    static const char *const names[] = {"direct", "part", "head", "virtual", "higher", "bias"};
    return names[kind];
}

static void put_logit(struct ind_rows *rows, struct ind_path_logit path,
                      struct ind_path_logit model)
{
    ind_rows_real(rows, path.correct);
    ind_rows_real(rows, path.correct / model.correct);
    ind_rows_real(rows, path.correct - path.mean);
    ind_rows_real(rows, (path.correct - path.mean) / (model.correct - model.mean));
}

static void put_path(const struct ind_visit *visit, const struct ind_eval_data *data,
                     const struct ind_expansion *expansion, const char *name, const char *kind,
                     int order, struct ind_path_logit logit)
{
    struct ind_rows *rows = visit->rows;
    ind_rows_int(rows, visit->epoch);
    ind_rows_int(rows, data->period);
    ind_rows_text(rows, name);
    ind_rows_text(rows, kind);
    ind_rows_int(rows, order);
    put_logit(rows, logit, expansion->model);
    ind_rows_real(rows, expansion->remainder);
    ind_rows_int(rows,
                 (long long)data->sequences * ind_eval_predictions(data->context, data->period));
}

static void put_paths(const struct worker *worker, const struct expanding *expanding,
                      const struct ind_visit *visit, const struct ind_eval_data *data)
{
    const struct ind_expansion *expansion = &worker->expansion;
    for (int p = 0; p < expanding->paths.count; p++) {
        const struct ind_path *path = &expanding->paths.items[p];
        put_path(visit, data, expansion, path->name, kind_name(path->kind), path->order,
                 expansion->paths[p]);
    }
    put_path(visit, data, expansion, "model", "model", visit->params->layout->config.layers,
             expansion->model);
}

static void put_interval(struct ind_rows *rows, struct ind_estimate estimate)
{
    ind_rows_real(rows, estimate.value);
    ind_rows_real(rows, estimate.lo);
    ind_rows_real(rows, estimate.hi);
}

/* What an order gains is measured from the order before it, the lowest from a uniform guess. */
static void put_orders(struct worker *worker, const struct ind_visit *visit,
                       const struct ind_eval_data *data)
{
    const struct ind_config *config = &visit->params->layout->config;
    double before = log(config->vocab);
    for (int order = 0; order <= config->layers; order++) {
        struct ind_accuracy accuracy;
        ind_accuracy_summarise(
            worker->expansion.orders + (size_t)order * data->sequences, data->sequences,
            worker->resampled.bootstrap == NULL ? NULL : &worker->resampled, &accuracy);
        ind_rows_int(visit->rows, visit->epoch);
        ind_rows_int(visit->rows, data->period);
        ind_rows_int(visit->rows, order);
        put_interval(visit->rows, accuracy.loss);
        ind_rows_real(visit->rows, before - accuracy.loss.value);
        put_interval(visit->rows, accuracy.accuracy);
        ind_rows_real(visit->rows, worker->expansion.remainder);
        ind_rows_int(visit->rows, accuracy.predictions);
        before = accuracy.loss.value;
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct expanding *expanding = context;
    const struct ind_contrast *contrast = &expanding->contrast;
    for (int p = 0; p < contrast->choices->periods.count; p++) {
        const struct ind_eval_data *data = &contrast->data[p];
        ind_expand(&worker->expander, visit->params, &expanding->paths, data, &worker->expansion);
        if (expanding->settings->loss)
            put_orders(worker, visit, data);
        else
            put_paths(worker, expanding, visit, data);
    }
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------ */

static int expand_series(struct ind_tool *tool, struct settings *settings,
                         struct expanding *expanding, const struct ind_series *series)
{
    struct ind_table table;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = expanding,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    if (ind_paths_init(&expanding->paths, &series->layout.config, &tool->error) ||
        ind_contrast_init(&expanding->contrast, &settings->choices, &series->recipe, tool->seed,
                          &tool->error))
        return ind_error_context(&tool->error, "%s", series->path);
    const int status = settings->loss ? ind_tool_table(tool, &table, loss_columns,
                                                       sizeof loss_columns / sizeof *loss_columns)
                                      : ind_tool_table(tool, &table, path_columns,
                                                       sizeof path_columns / sizeof *path_columns);
    return status == IND_OK ? ind_walk_run(tool, series, &walk, &table) : status;
}

static int run(struct ind_tool *tool, struct settings *settings)
{
    struct expanding expanding = {.settings = settings};
    struct ind_series series;
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    const int status = expand_series(tool, settings, &expanding, &series);
    ind_contrast_release(&expanding.contrast);
    ind_paths_release(&expanding.paths);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.choices = {.sequences = 64, .resamples = 1000}};
    const struct ind_option options[] = {
        {IND_OPTION("loss", struct settings, loss),
         .help = "loss and accuracy by path order instead"},
        {IND_OPTION("periods", struct settings, choices.periods), .key = 'p', .arg = "LIST",
         .help =
             "periods, as 5,10,20:29,30:40:5 (default: the first, middle and last trained ones)",
         .minimum = 1, .maximum = 65536},
        {IND_OPTION("ood", struct settings, ood),
         .help = "also the study's periods outside training, 10, 15, 35 and 40, and those that the "
                 "run's "
                 "log measures, as far as the context lets them repeat"},
        {IND_OPTION("sequences", struct settings, choices.sequences), .key = 'n', .arg = "N",
         .help = "sequences behind each figure (default 64)", .minimum = 1, .maximum = 1e5},
        {IND_OPTION("resamples", struct settings, choices.resamples), .arg = "N",
         .help = "bootstrap resamples of --loss (default 1000; 0 = no intervals)", .minimum = 0,
         .maximum = 1e4},
        {0}};
    const struct ind_about about = {
        .name = "induct-paths",
        .summary = "path expansion of the logits at every checkpoint of a run",
        .details = "Columns: epoch period path kind order logit logit_share centred\n"
                   "centred_share remainder predictions\n"
                   "\n"
                   "Without LayerNorm the logits are a sum over paths from the embedding, with\n"
                   "the run's attention patterns A held (x0: token and position; OV = W_V W_O):\n"
                   "\n"
                   "  direct   x0 W_U; `token` and `position` (kind part) are its two parts\n"
                   "  head     A_h x0 OV_h W_U: L0H2\n"
                   "  virtual  A_h A_g x0 OV_g OV_h W_U: L0H1>L1H2, V-composition of two heads\n"
                   "  higher   all paths through 3 or more heads together: order3\n"
                   "  bias     everything that begins in a bias, where there are any\n"
                   "  model    the model's own logits\n"
                   "\n"
                   "order is the number of heads on the path. logit is what a path gives to the\n"
                   "logit of the token that comes next, mean over predictions at inputs\n"
                   "i >= period; centred is the same less what it gives to all tokens on\n"
                   "average, which softmax does not see; shares are of the model's. All kinds but\n"
                   "part and model sum to the model; remainder is the largest difference of any\n"
                   "logit of that sum from the model's, over the largest logit.\n"
                   "\n"
                   "--loss, columns epoch period order loss loss_lo loss_hi gain accuracy\n"
                   "accuracy_lo accuracy_hi remainder predictions: of paths of this order and\n"
                   "below, and all biases. gain is the loss of the order before less this one's\n"
                   "(order 0: of a uniform guess, ln vocab): the term importance of Elhage et al.\n"
                   "2021. Intervals: 95 %, bootstrap over sequences.\n"
                   "\n"
                   "Held patterns: a path counts what heads move, not where they make others\n"
                   "look; for that see induct-ablate --mode frozen,mediated.",
        .examples = "induct-paths runs/2L-varied-60k-seed67 --epochs ::1000\n"
                    "induct-paths --loss --ood --epochs last",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.choices.periods_set = ind_tool_given(&tool, "periods");
    s.choices.ood = s.ood ? IND_OOD_ALWAYS : IND_OOD_NEVER;
    const int status = run(&tool, &s);
    ind_ints_release(&s.choices.periods);
    return ind_tool_finish(&tool, status);
}
