/*
 * induct-compose: how strongly every later head reads what every earlier head writes, at every
 * checkpoint.
 *
 * One row a checkpoint, pair and kind. All pairs are computed whatever is printed of them: they
 * share their Gram matrices, and Holm's adjustment is over all.
 */
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/circuit/compose.h>
#include <induct/data/task.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

/* Positions of a sequence that the data-weighted form looks at, at most. */
enum { LENGTH_MAX = 512 };

struct settings {
    const char *pair;
    int period, sequences;
    bool no_fold;
};

/* What all workers share; read-only during the walk. */
struct composing {
    const struct settings *settings;
    enum ind_fold fold;
    size_t count;    /* pairs times kinds */
    bool *wanted;    /* [count]: printed? */
    int32_t *tokens; /* [sequences, context]; NULL without data weighting */
    int length;
};

/* One thread's own. */
struct worker {
    struct ind_composer composer;
    struct ind_outputs outputs;
    double *covariance; /* [layers * heads, d_head, d_head]; NULL without data weighting */
    struct ind_composition *list; /* [count] */
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},     {"writer", IND_COLUMN_TEXT, 0},
    {"reader", IND_COLUMN_TEXT, 0},   {"kind", IND_COLUMN_TEXT, 0},
    {"score", IND_COLUMN_REAL, 0},    {"chance", IND_COLUMN_REAL, 0},
    {"z", IND_COLUMN_REAL, 0},        {"p_holm", IND_COLUMN_REAL, 0},
    {"overlap", IND_COLUMN_REAL, 0},  {"overlap_chance", IND_COLUMN_REAL, 0},
    {"weighted", IND_COLUMN_REAL, 0}, {"excess", IND_COLUMN_REAL, 0},
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct composing *composing = context;
    const struct ind_config *config = &series->layout.config;
    const size_t square = (size_t)config->d_head * (size_t)config->d_head;
    if (ind_composer_init(&worker->composer, config, composing->fold, err) ||
        ind_alloc_into(&worker->list, composing->count, sizeof *worker->list, err))
        return IND_FAILED;
    if (composing->tokens == NULL)
        return IND_OK;
    if (ind_alloc_into(&worker->covariance, (size_t)config->layers * (size_t)config->heads * square,
                       sizeof *worker->covariance, err))
        return IND_FAILED;
    return ind_outputs_init(&worker->outputs, config, composing->tokens,
                            composing->settings->sequences, composing->length, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_composer_release(&worker->composer);
    ind_outputs_release(&worker->outputs);
    free(worker->covariance);
    free(worker->list);
}

static void put_row(struct ind_rows *rows, long epoch, const struct ind_composition *c)
{
    char name[16];
    ind_rows_int(rows, epoch);
    ind_rows_text(rows, ind_head_name(c->writer, name));
    ind_rows_text(rows, ind_head_name(c->reader, name));
    ind_rows_text(rows, ind_composition_kind_name(c->kind));
    ind_rows_real(rows, c->score);
    ind_rows_real(rows, c->chance);
    ind_rows_real(rows, c->z);
    ind_rows_real(rows, c->p_holm);
    ind_rows_real(rows, c->overlap);
    ind_rows_real(rows, c->overlap_chance);
    ind_rows_real(rows, c->weighted);
    ind_rows_real(rows, c->excess);
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct composing *composing = context;
    if (worker->covariance != NULL)
        ind_outputs_run(&worker->outputs, visit->params, worker->covariance);
    if (ind_composer_run(&worker->composer, visit->params, worker->covariance, worker->list, err))
        return IND_FAILED;
    for (size_t i = 0; i < composing->count; i++) {
        if (composing->wanted[i])
            put_row(visit->rows, visit->epoch, &worker->list[i]);
    }
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static bool has_head(const struct ind_heads *heads, struct ind_head head)
{
    for (int i = 0; i < heads->count; i++) {
        if (heads->items[i].layer == head.layer && heads->items[i].head == head.head)
            return true;
    }
    return false;
}

/* Marks the rows of the wanted pairs, which come in the order of ind_composer_run. */
static size_t mark(struct composing *composing, const struct ind_config *config,
                   const struct ind_heads *writers, const struct ind_heads *readers)
{
    const int heads = config->heads, all = config->layers * heads;
    size_t i = 0, marked = 0;
    for (int w = 0; w < all; w++) {
        for (int r = (w / heads + 1) * heads; r < all; r++, i += IND_COMPOSITION_KINDS) {
            if (!has_head(writers, (struct ind_head){w / heads, w % heads}) ||
                !has_head(readers, (struct ind_head){r / heads, r % heads}))
                continue;
            for (int kind = 0; kind < IND_COMPOSITION_KINDS; kind++)
                composing->wanted[i + (size_t)kind] = true;
            marked++;
        }
    }
    return marked;
}

/* "L0H2:L1H*" */
static int select_pairs(struct composing *composing, const struct ind_config *config,
                        struct ind_error *err)
{
    const char *pair = composing->settings->pair, *colon = strchr(pair, ':');
    struct ind_heads writers = {0}, readers = {0};
    if (colon == NULL)
        return ind_fail(err, "--pair: '%s' is not WRITER:READER, as in L0H2:L1H*", pair);
    char *left = strndup(pair, (size_t)(colon - pair));
    int status = left == NULL ? ind_fail(err, "out of memory")
                              : ind_heads_select(&writers, config, left, err);
    free(left);
    if (status == IND_OK)
        status = ind_heads_select(&readers, config, colon + 1, err);
    if (status != IND_OK)
        ind_error_context(err, "--pair");
    else if (mark(composing, config, &writers, &readers) == 0)
        status =
            ind_fail(err, "--pair: '%s' has no pair of which the writer's layer comes first", pair);
    ind_heads_release(&writers);
    ind_heads_release(&readers);
    return status;
}

/* The middle of what the model was trained on, as far as its context lets it repeat. */
static int default_period(const struct ind_series *series)
{
    const int middle = (series->recipe.period_lo + series->recipe.period_hi) / 2;
    const int most = series->layout.config.context / 2;
    return middle < most ? middle : most > 1 ? most : 1;
}

static int make_data(struct composing *composing, const struct ind_series *series, uint64_t seed,
                     struct ind_error *err)
{
    const struct settings *s = composing->settings;
    const struct ind_config *config = &series->layout.config;
    if (s->sequences == 0)
        return IND_OK;
    if (config->vocab < 2)
        return ind_fail(err, "a vocabulary of %d leaves no token to draw: say --sequences 0",
                        config->vocab);
    composing->length = config->context > LENGTH_MAX ? LENGTH_MAX
                        : config->context > 1        ? config->context - 1
                                                     : 1;
    if (ind_alloc_into(&composing->tokens, (size_t)s->sequences * (size_t)config->context,
                       sizeof *composing->tokens, err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, seed,
                  s->period > 0 ? s->period : default_period(series), 0, s->sequences,
                  composing->tokens);
    return IND_OK;
}

static int compose_series(struct ind_tool *tool, struct composing *composing,
                          const struct ind_series *series)
{
    const struct ind_config *config = &series->layout.config;
    struct ind_table table;
    composing->count = ind_composition_count(config);
    if (composing->count == 0)
        return ind_fail(&tool->error, "%s: a model of one layer has no pair of heads to compose",
                        tool->run);
    if (ind_alloc_into(&composing->wanted, composing->count, sizeof *composing->wanted,
                       &tool->error) ||
        select_pairs(composing, config, &tool->error) ||
        make_data(composing, series, tool->seed, &tool->error) ||
        ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns))
        return IND_FAILED;
    const char *caveat;
    for (int i = 0; (caveat = ind_factor_caveat(config, composing->fold, i)) != NULL; i++)
        ind_tool_warn(tool, "%s", caveat);
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = composing,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    return ind_walk_run(tool, series, &walk, &table);
}

static int run(struct ind_tool *tool, const struct settings *settings)
{
    struct composing composing = {.settings = settings,
                                  .fold = settings->no_fold ? IND_FOLD_NOTHING : IND_FOLD_NORM};
    struct ind_series series;
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    const int status = compose_series(tool, &composing, &series);
    free(composing.wanted);
    free(composing.tokens);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.pair = "*:*", .sequences = 8};
    const struct ind_option options[] = {
        {IND_OPTION("pair", struct settings, pair), .arg = "WRITER:READER",
         .help =
             "pairs, as in L0H2:L1H*, comma lists on either side (quote it: an unquoted * is the "
             "shell's); default all, the writer's layer before the reader's"},
        {IND_OPTION("sequences", struct settings, sequences), .arg = "N",
         .help = "sequences behind the column weighted (default 8); 0 = none, it is nan",
         .minimum = 0, .maximum = 1e5},
        {IND_OPTION("period", struct settings, period), .arg = "N",
         .help = "their period (default: the middle of the trained ones)", .minimum = 1,
         .maximum = 65536},
        {IND_OPTION("no-fold", struct settings, no_fold),
         .help = "take the matrices as they are stored, LayerNorm not folded in"},
        {0}};
    const struct ind_about about = {
        .name = "induct-compose",
        .summary = "composition of heads at every checkpoint of a run, beside its chance",
        .details = "Columns: epoch writer reader kind score chance z p_holm overlap\n"
                   "overlap_chance weighted excess. For head 1 (the writer, of an earlier layer)\n"
                   "and head 2 (the reader), OV = W_V W_O, QK = W_Q W_K^T, Frobenius norms:\n"
                   "\n"
                   "  q         score = ||OV_1 QK_2|| / (||OV_1|| ||QK_2||)\n"
                   "  k         score = ||OV_1 QK_2^T|| / (||OV_1|| ||QK_2||)\n"
                   "  v         score = ||OV_1 OV_2|| / (||OV_1|| ||OV_2||)\n"
                   "\n"
                   "  chance    sqrt(1/d): the root mean square score when one head is turned at\n"
                   "            random in the residual stream of d dimensions\n"
                   "  excess    score^2 - 1/d\n"
                   "  z         excess / its exact standard deviation under such turns; it has a\n"
                   "            floor, where score is 0: a pair at -9 may be at it\n"
                   "  p_holm    two-sided, of a gamma variable with the exact mean and variance\n"
                   "            of score^2, adjusted (Holm) over all pairs and kinds of the\n"
                   "            checkpoint, printed or not. Far below .001 it is a measure of\n"
                   "            size rather than a probability\n"
                   "  overlap   ||U^T V||^2, how many of the dimensions that the writer can write\n"
                   "            the reader can see; overlap_chance: the same of random ones\n"
                   "  weighted  score with the covariance of what the writer puts out on repeated\n"
                   "            sequences in place of white input; its chance is that of score\n"
                   "\n"
                   "A head of zeros has no score: nan.",
        .examples = "induct-compose runs/2L-varied-seed0 --pair 'L0H2:L1H*'\n"
                    "induct-compose --epochs last --format csv\n"
                    "induct-compose --pair 'L0H*:L1H0' --sequences 64 --period 25",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);

    return ind_tool_finish(&tool, run(&tool, &s));
}
