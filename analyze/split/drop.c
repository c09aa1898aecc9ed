/* Accuracy with terms taken from the scores. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

/* Non-empty sets of four terms. */
enum { MOST_SETS = (1 << IND_SPLIT_TERMS) - 1, NAME_ROOM = 16 };

/* What is dropped at once: "pp", "cp+pp". */
struct dropped {
    unsigned terms;
    char name[NAME_ROOM];
};

/* The walk's context. */
struct dropping {
    const struct split *split;
    struct ind_contrast contrast;
    struct dropped sets[MOST_SETS];
    int count;
};

struct worker {
    struct ind_arms arms;
    struct ind_split_drop drop;
    struct ind_eval_count *changed; /* [sets, sequences] */
};

static const struct ind_column columns[] = {
    {"epoch", IND_COLUMN_INT, 0},
    {"dropped", IND_COLUMN_TEXT, 0},
    {"period", IND_COLUMN_INT, 0},
    {"accuracy", IND_COLUMN_REAL, 0},
    {"accuracy_dropped", IND_COLUMN_REAL, 0},
    {"accuracy_delta", IND_COLUMN_REAL, 0},
    {"delta_lo", IND_COLUMN_REAL, 0},
    {"delta_hi", IND_COLUMN_REAL, 0},
    {"loss", IND_COLUMN_REAL, 0},
    {"loss_dropped", IND_COLUMN_REAL, 0},
    {"loss_delta", IND_COLUMN_REAL, 0},
    {"predictions", IND_COLUMN_INT, 0},
};

/* ---- "pp,cp+pp" ------------------------------------------------------------------------------ */

/* The bit of the term whose name begins the text, or 0. */
static unsigned term_bit(const char *text)
{
    for (int term = 0; term < IND_SPLIT_TERMS; term++) {
        if (strncmp(text, ind_split_term_name(term), 2) == 0)
            return 1U << term;
    }
    return 0;
}

/* One set, up to a comma or the end; moves *text there. 0 if it is none. */
static unsigned parse_set(const char **text)
{
    unsigned terms = 0;
    for (;;) {
        const unsigned bit = term_bit(*text);
        if (bit == 0 || (terms & bit) != 0)
            return 0;
        terms |= bit;
        *text += 2;
        if (**text != '+')
            return **text == ',' || **text == '\0' ? terms : 0;
        ++*text;
    }
}

static void name_set(struct dropped *set)
{
    int used = 0;
    for (int term = 0; term < IND_SPLIT_TERMS; term++) {
        if ((set->terms & 1U << term) != 0)
            used += snprintf(set->name + used, (size_t)(NAME_ROOM - used), "%s%s",
                             used > 0 ? "+" : "", ind_split_term_name(term));
    }
}

static bool is_listed(const struct dropping *dropping, unsigned terms)
{
    for (int i = 0; i < dropping->count; i++) {
        if (dropping->sets[i].terms == terms)
            return true;
    }
    return false;
}

static int parse_sets(struct dropping *dropping, const char *list, struct ind_error *err)
{
    for (const char *rest = list;; rest++) {
        struct dropped set = {.terms = parse_set(&rest)};
        if (set.terms == 0)
            return ind_fail(
                err, "--drop: '%s' is not a list of cc, cp, pc, pp or sums of them (cp+pp)", list);
        name_set(&set);
        if (!is_listed(dropping,
                       set.terms)) /* so that they cannot be more than there is room for */
            dropping->sets[dropping->count++] = set;
        if (*rest == '\0')
            return IND_OK;
    }
}

/* ---- One checkpoint -------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct dropping *dropping = context;
    const struct ind_config *config = &series->layout.config;
    const size_t sequences = (size_t)dropping->split->choices->sequences;
    if (ind_contrast_arms(&worker->arms, &dropping->contrast, config, err) ||
        ind_alloc_into(&worker->changed, (size_t)dropping->count,
                       sequences * sizeof *worker->changed, err))
        return IND_FAILED;
    return ind_split_drop_init(&worker->drop, config, worker->arms.evaluator.batch,
                               config->context - 1, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_arms_release(&worker->arms);
    ind_split_drop_release(&worker->drop);
    free(worker->changed);
}

/* One batch: the model as it is, then without each set of terms, from the same earlier layers. */
static void count_batch(struct worker *worker, const struct dropping *dropping,
                        const struct ind_params *params, const struct ind_eval_data *data,
                        int first)
{
    struct ind_evaluator *evaluator = &worker->arms.evaluator;
    struct ind_cache *cache = &evaluator->cache;
    const int left = data->sequences - first;
    cache->batch = left < evaluator->batch ? left : evaluator->batch;
    ind_forward(params, data->tokens + (size_t)first * (size_t)data->context, data->context, NULL,
                0, cache);
    ind_evaluate_cache(evaluator, params, cache, data, first, worker->arms.clean + first);
    for (int i = 0; i < dropping->count; i++) {
        ind_split_drop_run(&worker->drop, params, &dropping->split->heads, dropping->sets[i].terms,
                           cache);
        ind_evaluate_cache(evaluator, params, cache, data, first,
                           worker->changed + (size_t)i * (size_t)data->sequences + first);
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct dropping *dropping = context;
    const struct ind_contrast_choices *choices = dropping->split->choices;
    for (int p = 0; p < choices->periods.count; p++) {
        const struct ind_eval_data *data = &dropping->contrast.data[p];
        for (int first = 0; first < data->sequences; first += worker->arms.evaluator.batch)
            count_batch(worker, dropping, visit->params, data, first);
        for (int i = 0; i < dropping->count; i++) {
            struct ind_contrasted both;
            ind_arms_compare(&worker->arms, worker->changed + (size_t)i * (size_t)data->sequences,
                             worker->arms.clean, &both);
            ind_rows_int(visit->rows, visit->epoch);
            ind_rows_text(visit->rows, dropping->sets[i].name);
            ind_rows_int(visit->rows, data->period);
            ind_contrasted_put(&both, visit->rows);
        }
    }
    return IND_OK;
}

/* ---- The walk -------------------------------------------------------------------------------- */

int split_drop(struct split *split, const char *terms)
{
    struct dropping dropping = {.split = split};
    struct ind_tool *tool = split->tool;
    struct ind_table table;
    if (parse_sets(&dropping, terms, &tool->error) ||
        ind_contrast_init(&dropping.contrast, split->choices, &split->series->recipe, tool->seed,
                          &tool->error))
        return IND_FAILED;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = &dropping,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    int status = ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns);
    if (status == IND_OK)
        status = ind_walk_run(tool, split->series, &walk, &table);
    ind_contrast_release(&dropping.contrast);
    return status;
}
