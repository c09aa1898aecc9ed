/* The induction target's score advantage by sources of query and key. */
#include "parts.h"

struct worker {
    struct ind_cache cache;
    struct ind_split_sources sources;
};

struct row {
    long epoch;
    struct ind_head head;
    char query_source[16], key_source[16];
    double advantage;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head, "L1H0"),
    IND_FIELD(struct row, query_source, "token, position, an earlier head, or bias"),
    IND_FIELD(struct row, key_source, "the same of the key"),
    IND_FIELD(struct row, advantage,
              "in row i of the second copy, the score at the induction target i - period + 1 minus "
              "the mean over the other visible keys, of the part of the score whose query and key "
              "come from these sources. A head's rows sum to the advantage of its whole score"),
    {0}};

static int prepare(void *shared, struct ind_study *study, struct ind_error *err)
{
    (void)shared;
    if (study->config->position_part)
        return ind_fail(err,
                        "%s: its scores lacked their position-position term in training (forbid "
                        "pp), which is no sum over sources",
                        study->series->path);
    return split_check(study, err);
}

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    if (split_cache_init(&worker->cache, study, IND_NO_PATTERNS, err))
        return IND_FAILED;
    return ind_split_sources_init(&worker->sources, study->config, &study->heads,
                                  study->config->context - 1, study->sample.data->period, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_cache_release(&worker->cache);
    ind_split_sources_release(&worker->sources);
}

static void put_head(const struct worker *worker, const struct ind_study *study, int index,
                     const struct ind_visit *at)
{
    const struct ind_config *config = study->config;
    struct row row = {.epoch = at->epoch, .head = study->heads.items[index]};
    const int layer = row.head.layer, count = ind_split_source_count(config, layer);
    for (int query = 0; query < count; query++) {
        for (int key = 0; key < count; key++) {
            ind_split_source_name(config, layer, query, row.query_source);
            ind_split_source_name(config, layer, key, row.key_source);
            row.advantage = ind_split_sources_advantage(&worker->sources, index, query, key);
            ind_put(at, &row);
        }
    }
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    ind_split_sources_clear(&worker->sources);
    const int32_t *tokens;
    struct ind_pass pass = {0};
    while ((tokens = split_pass(study, at->params, &pass, &worker->cache)) != NULL)
        ind_split_sources_add(&worker->sources, at->params, tokens, study->config->context,
                              &worker->cache);
    for (int h = 0; h < study->heads.count; h++)
        put_head(worker, study, h, at);
    return IND_OK;
}

const struct ind_analysis split_by_source = {
    .option = "sources",
    .fields = fields,
    .takes = {.heads = IND_HEADS_LATER, .periods = IND_PERIOD, .sequences = true},
    .prepare = prepare,
    .visit = visit,
    IND_WORKER(struct worker, start, end)};
