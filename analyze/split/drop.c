/* Accuracy with terms taken from the scores. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/tool/contrast.h>

/* Non-empty sets of four terms. */
enum { MOST_SETS = (1 << IND_SPLIT_TERMS) - 1, NAME_ROOM = 16 };

/* What is dropped at once: "pp", "cp+pp". */
struct dropped {
    unsigned terms;
    char name[NAME_ROOM];
};

struct dropping {
    struct dropped sets[MOST_SETS];
    int count;
};

struct worker {
    struct ind_arms arms;
    struct ind_cache cache; /* with patterns, which the position part passes through */
    struct ind_split_drop drop;
    struct ind_eval_count *changed; /* [sets, sequences] */
};

struct row {
    long epoch;
    const char *dropped;
    int period;
    struct ind_contrasted both;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, dropped,
              "terms taken from the scores of --heads; their values stay: pp, cp+pp"),
    IND_FIELD(struct row, period, "of the sequences"),
    IND_CONTRASTED_FIELDS(struct row, both, "dropped"),
    {0}};

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

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct dropping *dropping = study->shared;
    const struct ind_config *config = study->config;
    const size_t sequences = (size_t)study->sample.sequences;
    if (ind_arms_init(&worker->arms, &study->sample, config, err) ||
        ind_alloc_into(&worker->changed, (size_t)dropping->count,
                       sequences * sizeof *worker->changed, err) ||
        split_cache_init(&worker->cache, study, 0, err))
        return IND_FAILED;
    return ind_split_drop_init(&worker->drop, config, split_full(study), config->context - 1, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_arms_release(&worker->arms);
    ind_cache_release(&worker->cache);
    ind_split_drop_release(&worker->drop);
    free(worker->changed);
}

/* One pass: the model as it is, then without each set of terms, from the same earlier layers. */
static void count_pass(struct worker *worker, const struct ind_study *study,
                       const struct ind_params *params, const struct ind_eval_data *data,
                       const struct ind_pass *pass)
{
    const struct dropping *dropping = study->shared;
    struct ind_evaluator *evaluator = &worker->arms.evaluator;
    struct ind_cache *cache = &worker->cache;
    const int first = pass->first;
    cache->batch = pass->count;
    ind_forward(params, data->tokens + (size_t)first * (size_t)data->context, data->context, NULL,
                0, cache);
    ind_evaluate_cache(evaluator, params, cache, data, first, worker->arms.clean + first);
    for (int i = 0; i < dropping->count; i++) {
        ind_split_drop_run(&worker->drop, params, &study->heads, dropping->sets[i].terms, cache);
        ind_evaluate_cache(evaluator, params, cache, data, first,
                           worker->changed + (size_t)i * (size_t)data->sequences + first);
    }
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct dropping *dropping = study->shared;
    const struct ind_eval_data *data = at->data;
    struct ind_pass pass = {0};
    while (ind_pass_next(&pass, split_full(study), data->sequences))
        count_pass(worker, study, at->params, data, &pass);
    for (int i = 0; i < dropping->count; i++) {
        struct row row = {
            .epoch = at->epoch, .dropped = dropping->sets[i].name, .period = data->period};
        ind_arms_compare(&worker->arms, worker->changed + (size_t)i * (size_t)data->sequences,
                         worker->arms.clean, &row.both);
        ind_put(at, &row);
    }
    return IND_OK;
}

static int prepare(void *memory, struct ind_study *study, struct ind_error *err)
{
    const struct settings *s = study->settings;
    return split_check(study, err) || parse_sets(memory, s->drop, err) ? IND_FAILED : IND_OK;
}

const struct ind_analysis split_dropped = {.option = "drop",
                                           .fields = fields,
                                           .takes = {.heads = IND_HEADS_LATER,
                                                     .periods = IND_PERIODS_MEASURED,
                                                     .sequences = true,
                                                     .resamples = true},
                                           .parts = ind_parts_periods,
                                           IND_SHARED(struct dropping, prepare, NULL),
                                           .visit = visit,
                                           IND_WORKER(struct worker, start, end)};
