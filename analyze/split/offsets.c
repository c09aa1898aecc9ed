/* Means of the terms by offset, and the positional preference (bump). */
#include "parts.h"

/* The offsets that count as trained. */
struct trained {
    int first, last;
};

struct worker {
    struct ind_cache cache;
    struct ind_splitter splitter;
    struct ind_split_offsets offsets;
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct trained *trained = study->shared;
    const int length = study->config->context - 1;
    if (split_cache_init(&worker->cache, study, 0, err) ||
        ind_splitter_init(&worker->splitter, study->config, split_full(study), length, err))
        return IND_FAILED;
    return ind_split_offsets_init(&worker->offsets, &study->heads, length, trained->first,
                                  trained->last, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_cache_release(&worker->cache);
    ind_splitter_release(&worker->splitter);
    ind_split_offsets_release(&worker->offsets);
}

static void add_sequences(struct worker *worker, const struct ind_study *study,
                          const struct ind_params *params)
{
    ind_split_offsets_clear(&worker->offsets);
    struct ind_pass pass = {0};
    while (split_pass(study, params, &pass, &worker->cache) != NULL)
        ind_split_offsets_add(&worker->offsets, &worker->splitter, params, &worker->cache);
}

/* ---- Means by offset ------------------------------------------------------------------------- */

struct mean_row {
    long epoch;
    struct ind_head head;
    int offset;
    double means[IND_SPLIT_MEANS];
    long pairs;
};

static const struct ind_field mean_fields[] = {
    IND_FIELD(struct mean_row, epoch, "optimizer steps"),
    IND_FIELD(struct mean_row, head, "L1H0"),
    IND_FIELD(struct mean_row, offset, "query position minus key position"),
    IND_FIELD_AS("cc", struct mean_row, means[0],
                 "mean of this term over all query-key pairs at that offset, in units of scores"),
    IND_FIELD_AS("cp", struct mean_row, means[1], "query's content, key's position"),
    IND_FIELD_AS("pc", struct mean_row, means[2], "query's position, key's content"),
    IND_FIELD_AS("pp", struct mean_row, means[3], "both positions"),
    IND_FIELD_AS("total", struct mean_row, means[4],
                 "the same of the model's scores: what the terms sum to"),
    IND_FIELD(struct mean_row, pairs, "how many there are"),
    {0}};

static int visit_means(void *memory, const struct ind_study *study, const struct ind_visit *at,
                       struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct ind_split_offsets *offsets = &worker->offsets;
    add_sequences(worker, study, at->params);
    for (int h = 0; h < study->heads.count; h++) {
        for (int o = 0; o < offsets->length; o++) {
            struct mean_row row = {.epoch = at->epoch,
                                   .head = study->heads.items[h],
                                   .offset = o,
                                   .pairs = offsets->sequences * (offsets->length - o)};
            for (int term = 0; term < IND_SPLIT_MEANS; term++)
                row.means[term] = ind_split_offsets_mean(offsets, h, term, o);
            ind_put(at, &row);
        }
    }
    return IND_OK;
}

/* ---- The bump -------------------------------------------------------------------------------- */

struct bump_row {
    long epoch;
    struct ind_head head;
    struct ind_split_bump is;
};

static const struct ind_field bump_fields[] = {
    IND_FIELD(struct bump_row, epoch, "optimizer steps"),
    IND_FIELD(struct bump_row, head, "L1H0"),
    IND_FIELD_AS("bump", struct bump_row, is.bump, "inside - beyond"),
    IND_FIELD_AS("within", struct bump_row, is.within,
                 "the difference taken in each row that sees both, then averaged: softmax compares "
                 "within a row alone"),
    IND_FIELD_AS("inside", struct bump_row, is.inside,
                 "mean of pp over all query-key pairs at the trained offsets, period - 1 of each "
                 "trained period: where the induction target lies. Of pairs, not of offsets: "
                 "a short offset has more of them, here and below"),
    IND_FIELD_AS("beyond", struct bump_row, is.beyond,
                 "mean over all longer offsets, of which those just longer have the most pairs"),
    IND_FIELD_AS("before", struct bump_row, is.before, "over shorter ones, from 1"),
    {0}};

static int visit_bump(void *memory, const struct ind_study *study, const struct ind_visit *at,
                      struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    add_sequences(worker, study, at->params);
    for (int h = 0; h < study->heads.count; h++)
        ind_put(at, &(struct bump_row){at->epoch, study->heads.items[h],
                                       ind_split_offsets_bump(&worker->offsets, h)});
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static int prepare_means(void *memory, struct ind_study *study, struct ind_error *err)
{
    struct trained *trained = memory;
    const struct settings *s = study->settings;
    const struct ind_recipe *recipe = &study->series->recipe;
    trained->first = s->offsets.count > 0 ? s->offsets.items[0] : recipe->period_lo - 1;
    trained->last =
        s->offsets.count > 0 ? s->offsets.items[s->offsets.count - 1] : recipe->period_hi - 1;
    return split_check(study, err);
}

static int prepare_bump(void *memory, struct ind_study *study, struct ind_error *err)
{
    const struct trained *trained = memory;
    const struct settings *s = study->settings;
    if (prepare_means(memory, study, err))
        return IND_FAILED;
    if (s->offsets.count == 0 && !ind_recipe_trained_known(&study->series->recipe))
        return ind_fail(err,
                        "%s: which periods it was trained on is not known: say --offsets A:B, or "
                        "import it with --trained",
                        study->series->path);
    if (trained->last + 1 < study->config->context - 1)
        return IND_OK;
    return ind_fail(err,
                    "trained offsets up to %d leave none beyond them in a context of %d: say "
                    "--offsets A:B",
                    trained->last, study->config->context);
}

const struct ind_analysis split_by_offset = {
    .fields = mean_fields,
    .takes = {.heads = IND_HEADS_LATER, .periods = IND_PERIOD, .sequences = true},
    IND_SHARED(struct trained, prepare_means, NULL),
    .visit = visit_means,
    IND_WORKER(struct worker, start, end)};

const struct ind_analysis split_bump = {
    .option = "bump",
    .fields = bump_fields,
    .takes = {.heads = IND_HEADS_LATER, .periods = IND_PERIOD, .sequences = true},
    IND_SHARED(struct trained, prepare_bump, NULL),
    .visit = visit_bump,
    IND_WORKER(struct worker, start, end)};
