/* The induction target's score advantage by sources of query and key. */
#include "parts.h"

struct worker {
    struct ind_cache cache;
    struct ind_split_sources sources;
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},         {"head", IND_COLUMN_TEXT, 0},
    {"query_source", IND_COLUMN_TEXT, 0}, {"key_source", IND_COLUMN_TEXT, 0},
    {"advantage", IND_COLUMN_REAL, 0},
};

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct split *split = context;
    const struct ind_config *config = &series->layout.config;
    if (split_cache_init(&worker->cache, split, err))
        return IND_FAILED;
    return ind_split_sources_init(&worker->sources, config, &split->heads, config->context - 1,
                                  split->period, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_cache_release(&worker->cache);
    ind_split_sources_release(&worker->sources);
}

static void put_head(const struct worker *worker, const struct split *split, int index, long epoch,
                     struct ind_rows *rows)
{
    const struct ind_config *config = &worker->cache.config;
    const struct ind_head head = split->heads.items[index];
    const int count = ind_split_source_count(config, head.layer);
    char name[16];
    for (int query = 0; query < count; query++) {
        for (int key = 0; key < count; key++) {
            ind_rows_int(rows, epoch);
            ind_rows_text(rows, ind_head_name(head, name));
            ind_rows_text(rows, ind_split_source_name(config, head.layer, query, name));
            ind_rows_text(rows, ind_split_source_name(config, head.layer, key, name));
            ind_rows_real(rows, ind_split_sources_advantage(&worker->sources, index, query, key));
        }
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct split *split = context;
    ind_split_sources_clear(&worker->sources);
    for (int first = 0; first < split->choices->sequences; first += SPLIT_BATCH) {
        const int32_t *tokens = split_pass(split, visit->params, first, &worker->cache);
        ind_split_sources_add(&worker->sources, visit->params, tokens, worker->cache.config.context,
                              &worker->cache);
    }
    for (int h = 0; h < split->heads.count; h++)
        put_head(worker, split, h, visit->epoch, visit->rows);
    return IND_OK;
}

int split_sources(struct split *split)
{
    struct ind_table table;
    if (ind_tool_table(split->tool, &table, columns, sizeof columns / sizeof *columns))
        return IND_FAILED;
    if (split->period >= split->series->layout.config.context - 1)
        ind_tool_warn(split->tool, "nothing repeats: the period %d fills all %d input positions",
                      split->period, split->series->layout.config.context - 1);
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = split,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    return ind_walk_run(split->tool, split->series, &walk, &table);
}
