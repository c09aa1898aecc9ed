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
#include <induct/tool/analysis.h>

/* Positions of a sequence that the data-weighted form looks at, at most. */
enum { LENGTH_MAX = 512 };

struct settings {
    const char *pair;
};

/* What all workers share; read-only during the walk. */
struct composing {
    size_t count; /* pairs times kinds */
    bool *wanted; /* [count]: printed? */
};

/* One thread's own. */
struct worker {
    struct ind_composer composer;
    struct ind_outputs outputs;
    double *covariance; /* [layers * heads, d_head, d_head]; NULL without data weighting */
    struct ind_composition *list; /* [count] */
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

struct row {
    long epoch;
    const char *kind;
    struct ind_composition is;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD_AS("writer", struct row, is.writer, "head 1, of an earlier layer"),
    IND_FIELD_AS("reader", struct row, is.reader, "head 2"),
    IND_FIELD(
        struct row, kind,
        "q: ||OV_1 QK_2|| / (||OV_1|| ||QK_2||); k: the same of OV_1 QK_2^T; v: of OV_1 OV_2"),
    IND_FIELD_AS("score", struct row, is.score, "that, in Frobenius norms"),
    IND_FIELD_AS("chance", struct row, is.chance,
                 "sqrt(1/d): the root mean square score when one head is turned at random in the "
                 "residual stream of d dimensions"),
    IND_FIELD_AS("z", struct row, is.z,
                 "(score^2 - 1/d) / its exact standard deviation under such turns; it has a floor, "
                 "-(1/d) over that deviation, where score is 0: a pair at -9 may be at it"),
    IND_FIELD_AS("p_holm", struct row, is.p_holm,
                 "two-sided, of a gamma variable with the exact mean and variance of score^2, "
                 "adjusted (Holm) over all pairs and kinds of the checkpoint, printed or not. Far "
                 "below .001 it is a measure of size rather than a probability"),
    IND_FIELD_AS("overlap", struct row, is.overlap,
                 "||U^T V||^2, how many of the dimensions that the writer can write the reader can "
                 "see"),
    IND_FIELD_AS("overlap_chance", struct row, is.overlap_chance, "the same of random ones"),
    IND_FIELD_AS("overlap_z", struct row, is.overlap_z,
                 "(overlap - overlap_chance) / its exact standard deviation under random turns"),
    IND_FIELD_AS(
        "weighted", struct row, is.weighted,
        "score with the covariance, about the mean, of what the writer puts out on repeated "
        "sequences in place of white input: a constant that it writes counts as nothing; "
        "its chance is that of score"),
    IND_FIELD_AS("excess", struct row, is.excess, "score^2 - 1/d"),
    {0}};

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct composing *composing = study->shared;
    const struct ind_config *config = study->config;
    const size_t square = (size_t)config->d_head * (size_t)config->d_head;
    const int length = config->context > LENGTH_MAX ? LENGTH_MAX : config->context - 1;
    if (ind_composer_init(&worker->composer, config, study->fold, err) ||
        ind_alloc_into(&worker->list, composing->count, sizeof *worker->list, err))
        return IND_FAILED;
    if (study->sample.count == 0)
        return IND_OK;
    if (ind_alloc_into(&worker->covariance, (size_t)config->layers * (size_t)config->heads * square,
                       sizeof *worker->covariance, err))
        return IND_FAILED;
    return ind_outputs_init(&worker->outputs, config, study->sample.data->tokens,
                            study->sample.sequences, length, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_composer_release(&worker->composer);
    ind_outputs_release(&worker->outputs);
    free(worker->covariance);
    free(worker->list);
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    struct worker *worker = memory;
    const struct composing *composing = study->shared;
    if (worker->covariance != NULL)
        ind_outputs_run(&worker->outputs, at->params, worker->covariance);
    if (ind_composer_run(&worker->composer, at->params, worker->covariance, worker->list, err))
        return IND_FAILED;
    for (size_t i = 0; i < composing->count; i++) {
        if (composing->wanted[i])
            ind_put(at, &(struct row){at->epoch, ind_composition_kind_name(worker->list[i].kind),
                                      worker->list[i]});
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
static int select_pairs(struct composing *composing, const char *pair,
                        const struct ind_config *config, struct ind_error *err)
{
    const char *colon = strchr(pair, ':');
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

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct composing *composing = memory;
    const struct settings *s = study->settings;
    composing->count = ind_composition_count(study->config);
    if (composing->count == 0)
        return ind_fail(err, "%s: a model of one layer has no pair of heads to compose",
                        study->series->path);
    if (ind_alloc_into(&composing->wanted, composing->count, sizeof *composing->wanted, err) ||
        select_pairs(composing, s->pair, study->config, err))
        return IND_FAILED;
    return IND_OK;
}

static void release(void *memory)
{
    struct composing *composing = memory;
    free(composing->wanted);
}

/* ---- The program ----------------------------------------------------------------------------- */

static const struct ind_analysis compose = {
    .fields = fields,
    .details = "OV = W_V W_O, QK = W_Q W_K^T. A head of zeros has no score: nan.",
    .takes = {.fold = true,
              .periods = IND_PERIOD,
              .sequences = true,
              .may_rest_on_none = true,
              .sequences_are = "behind the column weighted"},
    IND_SHARED(struct composing, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

static const struct ind_option options[] = {
    {IND_OPTION("pair", struct settings, pair), .arg = "WRITER:READER",
     .help = "pairs, as in L0H2:L1H*, comma lists on either side (quote it: an unquoted * is the "
             "shell's); default all, the writer's layer before the reader's"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-compose",
              .summary = "composition of heads at every checkpoint of a run, beside its chance",
              .examples = "induct-compose runs/2L-varied-seed0 --pair 'L0H2:L1H*'\n"
                          "induct-compose --epochs last --format csv\n"
                          "induct-compose --pair 'L0H*:L1H0' --sequences 64 --period 25"},
    .options = options,
    .analyses = {&compose}};

int main(int argc, char **argv)
{
    struct settings s = {.pair = "*:*"};
    return ind_program_run(&program, &s, argc, argv);
}
