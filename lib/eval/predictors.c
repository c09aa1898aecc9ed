/*
 * What the reference predictors say, by class of tokens.
 *
 * Where a sequence has d distinct tokens, every other token of the vocabulary is treated alike by
 * every predictor, and so are many of the d: their six probabilities are made from a few small
 * counts. Equal rows of six are one class, found by a hash table, over all sequences and positions
 * of the data.
 */
#include <induct/eval/strategy.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/random.h>

static const double smoothing = 1e-3;

const char *ind_predictor_name(enum ind_predictor predictor)
{
    static const char *const names[] = {"uniform", "unigram", "bigram",
                                        "offset",  "content", "content2"};
    return names[predictor];
}

/* ---- Classes: rows of six probabilities, each once ------------------------------------------- */

struct table {
    struct ind_strategy_data *strategy;
    uint32_t *slots; /* [slot_count], a power of two: class + 1, 0 = free */
    uint32_t slot_count, room;
};

static uint32_t hash_row(const double *row)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a, by word */
    for (int a = 0; a < IND_PREDICTORS; a++) {
        uint64_t bits;
        memcpy(&bits, &row[a], sizeof bits);
        hash = (hash ^ bits ^ (bits >> 29)) * 1099511628211U;
    }
    return (uint32_t)(hash ^ (hash >> 32));
}

static uint32_t *find_slot(const struct table *table, const double *row)
{
    const double *rows = table->strategy->probabilities;
    uint32_t at = hash_row(row) & (table->slot_count - 1);
    while (table->slots[at] != 0 && memcmp(rows + (size_t)(table->slots[at] - 1) * IND_PREDICTORS,
                                           row, IND_PREDICTORS * sizeof *row) != 0)
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static int grow(struct table *table, struct ind_error *err)
{
    struct ind_strategy_data *strategy = table->strategy;
    const uint32_t room = table->room == 0 ? 1024 : 2 * table->room;
    double *rows = realloc(strategy->probabilities, (size_t)room * IND_PREDICTORS * sizeof *rows);
    if (rows == NULL)
        return ind_fail(err, "out of memory");
    strategy->probabilities = rows;
    free(table->slots);
    table->slot_count = 2 * room;
    table->room = room;
    if (ind_alloc_into(&table->slots, table->slot_count, sizeof *table->slots, err))
        return IND_FAILED;
    for (uint32_t c = 0; c < strategy->class_count; c++)
        *find_slot(table, rows + (size_t)c * IND_PREDICTORS) = c + 1;
    return IND_OK;
}

static int class_of(struct table *table, const double *row, uint32_t *class, struct ind_error *err)
{
    struct ind_strategy_data *strategy = table->strategy;
    if (strategy->class_count == table->room && grow(table, err))
        return IND_FAILED;
    uint32_t *slot = find_slot(table, row);
    if (*slot == 0) {
        memcpy(strategy->probabilities + (size_t)strategy->class_count * IND_PREDICTORS, row,
               IND_PREDICTORS * sizeof *row);
        *slot = ++strategy->class_count;
    }
    *class = *slot - 1;
    return IND_OK;
}

/* ---- Counts at one input --------------------------------------------------------------------- */

/* How often one distinct token occurs in each role. */
struct tally {
    int count, follows, offset, follows2;
};

/* One sequence as it is gone through. Owner. */
struct reader {
    int *number;         /* [vocab]: of a token among the distinct ones of the sequence, -1 */
    struct tally *tally; /* [context] */
    const int32_t *tokens, *distinct;
    int distinct_count;
    int before, before2, offsets; /* occurrences behind follows, follows2 and offset */
};

static int reader_init(struct reader *reader, int vocab, int context, struct ind_error *err)
{
    *reader = (struct reader){0};
    if (ind_alloc_into(&reader->number, (size_t)vocab, sizeof *reader->number, err) ||
        ind_alloc_into(&reader->tally, (size_t)context, sizeof *reader->tally, err))
        return IND_FAILED;
    for (int v = 0; v < vocab; v++)
        reader->number[v] = -1;
    return IND_OK;
}

static void reader_release(struct reader *reader)
{
    free(reader->number);
    free(reader->tally);
}

static struct tally *tally_of(struct reader *reader, int32_t token)
{
    return &reader->tally[reader->number[token]];
}

/* Over x_0..x_i, from the beginning: sequences are short, and this is done once. */
static void count_at(struct reader *reader, int i, struct ind_trained trained)
{
    const int32_t *x = reader->tokens;
    memset(reader->tally, 0, (size_t)reader->distinct_count * sizeof *reader->tally);
    reader->before = reader->before2 = reader->offsets = 0;
    for (int j = 0; j <= i; j++)
        tally_of(reader, x[j])->count++;
    for (int j = 0; j < i; j++) {
        if (x[j] != x[i])
            continue;
        reader->before++;
        tally_of(reader, x[j + 1])->follows++;
        if (j > 0 && x[j - 1] == x[i - 1]) {
            reader->before2++;
            tally_of(reader, x[j + 1])->follows2++;
        }
    }
    for (int n = trained.lo; n <= trained.hi && i - n + 1 >= 0; n++) {
        reader->offsets++;
        tally_of(reader, x[i - n + 1])->offset++;
    }
}

static double share(int count, int of, double others)
{
    return of > 0 ? (double)count / of : others;
}

static void probabilities(const struct reader *reader, const struct tally *tally, int i, int vocab,
                          double *row)
{
    const double words = vocab - 1.0, even = 1.0 / words;
    row[IND_PREDICT_UNIFORM] = even;
    row[IND_PREDICT_UNIGRAM] = (tally->count + 1.0) / (i + 1.0 + words);
    row[IND_PREDICT_BIGRAM] = (tally->follows + 1.0) / (reader->before + words);
    row[IND_PREDICT_OFFSET] = share(tally->offset, reader->offsets, even);
    row[IND_PREDICT_CONTENT] = share(tally->follows, reader->before, even);
    row[IND_PREDICT_CONTENT2] = share(tally->follows2, reader->before2, even);
    for (int a = 0; a < IND_PREDICTORS; a++)
        row[a] = (1.0 - smoothing) * row[a] + smoothing * even;
}

/* ---- Sequences ------------------------------------------------------------------------------- */

static void begin_sequence(struct reader *reader, const struct ind_strategy_data *strategy, int s)
{
    reader->tokens = strategy->data->tokens + (size_t)s * strategy->data->context;
    reader->distinct = strategy->distinct + (size_t)s * strategy->distinct_most;
    reader->distinct_count = 0;
    while (reader->distinct_count < strategy->distinct_most &&
           reader->distinct[reader->distinct_count] >= 0) {
        reader->number[reader->distinct[reader->distinct_count]] = reader->distinct_count;
        reader->distinct_count++;
    }
}

static void end_sequence(struct reader *reader)
{
    for (int t = 0; t < reader->distinct_count; t++)
        reader->number[reader->distinct[t]] = -1;
}

static int classify(struct table *table, struct reader *reader, int i, uint32_t *classes,
                    struct ind_error *err)
{
    const struct ind_strategy_data *strategy = table->strategy;
    const struct tally absent = {0};
    double row[IND_PREDICTORS];
    count_at(reader, i, strategy->trained);
    probabilities(reader, &absent, i, strategy->vocab, row);
    if (class_of(table, row, &classes[0], err))
        return IND_FAILED;
    for (int t = 0; t < reader->distinct_count; t++) {
        probabilities(reader, &reader->tally[t], i, strategy->vocab, row);
        if (class_of(table, row, &classes[1 + t], err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int classify_all(struct table *table, struct reader *reader, struct ind_error *err)
{
    struct ind_strategy_data *strategy = table->strategy;
    uint32_t *classes = strategy->classes;
    for (int s = 0; s < strategy->data->sequences; s++) {
        begin_sequence(reader, strategy, s);
        for (int k = 0; k < strategy->predictions; k++, classes += 1 + strategy->distinct_most) {
            if (classify(table, reader, strategy->data->period + k, classes, err))
                return IND_FAILED;
        }
        end_sequence(reader);
    }
    return IND_OK;
}

/* As many of the distinct tokens of x_0..x_i but the right answer as there are candidates, drawn
 * without replacement (Floyd's order does not matter to a set: a partial shuffle will do). */
static void draw_controls(const struct ind_strategy_data *strategy, const int32_t *tokens, int i,
                          struct ind_random *random, int32_t *pool, int32_t *out)
{
    const int width = strategy->trained.hi - strategy->trained.lo + 1;
    const int wanted = ind_margin_candidates(tokens, i, strategy->trained, out);
    int count = 0;
    for (int j = 0; j <= i; j++) {
        bool known = tokens[j] == tokens[i + 1];
        for (int k = 0; k < count && !known; k++)
            known = pool[k] == tokens[j];
        if (!known)
            pool[count++] = tokens[j];
    }
    for (int k = 0; k < width; k++)
        out[k] = -1;
    for (int k = 0; k < wanted; k++) {
        const int at = k + (int)ind_random_below(random, (uint32_t)(count - k));
        out[k] = pool[at];
        pool[at] = pool[k];
    }
}

static int draw_all_controls(struct ind_strategy_data *strategy, uint64_t seed,
                             struct ind_error *err)
{
    const struct ind_eval_data *data = strategy->data;
    const size_t width = (size_t)(strategy->trained.hi - strategy->trained.lo + 1);
    int32_t *pool, *out = strategy->controls;
    if (ind_alloc_into(&pool, (size_t)data->context, sizeof *pool, err))
        return IND_FAILED;
    for (int s = 0; s < data->sequences; s++) {
        struct ind_random random =
            ind_random_at(seed, IND_STREAM_CONTROL, (uint32_t)data->period, (uint32_t)s);
        for (int k = 0; k < strategy->predictions; k++, out += width)
            draw_controls(strategy, data->tokens + (size_t)s * data->context, data->period + k,
                          &random, pool, out);
    }
    free(pool);
    return IND_OK;
}

/* ---- Owner ----------------------------------------------------------------------------------- */

/* Distinct tokens of a sequence in the order of their first occurrence; seen [vocab] is all
 * false. */
static int distinct_of(const int32_t *tokens, int context, bool *seen, int32_t *out)
{
    int count = 0;
    for (int i = 0; i < context; i++) {
        if (!seen[tokens[i]])
            out[count++] = tokens[i];
        seen[tokens[i]] = true;
    }
    for (int t = 0; t < count; t++)
        seen[out[t]] = false;
    return count;
}

/* First with room for a whole context a sequence, then with what is needed. */
static int find_distinct(struct ind_strategy_data *strategy, struct ind_error *err)
{
    const struct ind_eval_data *data = strategy->data;
    const size_t sequences = (size_t)data->sequences, context = (size_t)data->context;
    bool *seen = NULL;
    int32_t *row = NULL;
    int status = ind_alloc_into(&seen, (size_t)strategy->vocab, sizeof *seen, err);
    if (status == IND_OK)
        status = ind_alloc_into(&row, context, sizeof *row, err);
    for (size_t s = 0; s < sequences && status == IND_OK; s++) {
        const int count = distinct_of(data->tokens + s * context, data->context, seen, row);
        strategy->distinct_most = count > strategy->distinct_most ? count : strategy->distinct_most;
    }
    if (status == IND_OK)
        status = ind_alloc_into(&strategy->distinct, sequences,
                                (size_t)strategy->distinct_most * sizeof *row, err);
    for (size_t s = 0; s < sequences && status == IND_OK; s++) {
        int32_t *out = strategy->distinct + s * (size_t)strategy->distinct_most;
        const int count = distinct_of(data->tokens + s * context, data->context, seen, row);
        memcpy(out, row, (size_t)count * sizeof *out);
        for (int t = count; t < strategy->distinct_most; t++)
            out[t] = -1;
    }
    free(seen);
    free(row);
    return status;
}

static int fill(struct ind_strategy_data *strategy, uint64_t seed, struct ind_error *err)
{
    const size_t predictions = (size_t)strategy->data->sequences * (size_t)strategy->predictions;
    const size_t width = (size_t)(strategy->trained.hi - strategy->trained.lo + 1);
    struct table table = {.strategy = strategy};
    struct reader reader = {0};
    int status = find_distinct(strategy, err);
    if (status == IND_OK)
        status = ind_alloc_into(&strategy->classes, predictions,
                                (1 + (size_t)strategy->distinct_most) * sizeof(uint32_t), err);
    if (status == IND_OK)
        status = ind_alloc_into(&strategy->controls, predictions, width * sizeof(int32_t), err);
    if (status == IND_OK)
        status = reader_init(&reader, strategy->vocab, strategy->data->context, err);
    if (status == IND_OK)
        status = classify_all(&table, &reader, err);
    if (status == IND_OK)
        status = draw_all_controls(strategy, seed, err);
    reader_release(&reader);
    free(table.slots);
    return status;
}

int ind_strategy_data_init(struct ind_strategy_data *strategy, const struct ind_eval_data *data,
                           int vocab, struct ind_trained trained, uint64_t seed,
                           struct ind_error *err)
{
    *strategy = (struct ind_strategy_data){.data = data,
                                           .trained = trained,
                                           .vocab = vocab,
                                           .predictions =
                                               ind_eval_predictions(data->context, data->period)};
    if (fill(strategy, seed, err) == IND_OK)
        return IND_OK;
    ind_strategy_data_release(strategy);
    return IND_FAILED;
}

void ind_strategy_data_release(struct ind_strategy_data *strategy)
{
    free(strategy->distinct);
    free(strategy->classes);
    free(strategy->probabilities);
    free(strategy->controls);
    *strategy = (struct ind_strategy_data){0};
}
