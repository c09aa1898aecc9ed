/*
 * induct-pattern: attention patterns as pictures, and as numbers.
 *
 * Two figures: every head of one checkpoint in a grid, or one head at every checkpoint as a film
 * strip. Both are a walk over the chosen checkpoints that leaves one matrix a panel behind, drawn
 * when all are there; the numbers go out with the walk, in epoch order.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/data/task.h>
#include <induct/model/heads.h>
#include <induct/score/pattern.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

#include "pattern/figure.h"

/* More panels than this fit no picture. */
enum { MOST_PANELS = 4000 };

static bool is_drawn(const struct settings *s)
{
    return s->output || !s->values;
}

/* ---- One checkpoint -------------------------------------------------------------------------- */

/* One thread's own. */
struct worker {
    struct ind_pattern_mean mean;
    double *values; /* [heads, length, length], where no picture keeps them */
};

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct gallery *gallery = context;
    size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    if (!gallery->values &&
        ind_alloc_into(&worker->values, (size_t)gallery->heads.count, matrix * sizeof(double), err))
        return IND_FAILED;
    return ind_pattern_mean_init(&worker->mean, &series->layout.config, gallery->tokens,
                                 gallery->sequences, gallery->stride, gallery->length, err);
}

static void worker_release(void *memory)
{
    struct worker *worker = memory;
    ind_pattern_mean_release(&worker->mean);
    free(worker->values);
}

/* Where the picture keeps the values of the checkpoint with this index in the series. */
static double *kept_values(const struct gallery *gallery, int index)
{
    size_t matrix = (size_t)gallery->length * (size_t)gallery->length, checkpoint = 0;
    while (gallery->indices[checkpoint] != index)
        checkpoint++;
    return gallery->values + checkpoint * (size_t)gallery->heads.count * matrix;
}

/* A row has no value where it cannot look. */
static void empty_upper_triangle(const struct gallery *gallery, double *values)
{
    int length = gallery->length;
    for (int h = 0; h < gallery->heads.count; h++)
        for (int i = 0; i < length; i++)
            for (int j = 0; j < length; j++, values++)
                if (j > i)
                    *values = (double)NAN;
}

static void put_values(const struct gallery *gallery, const double *values, long epoch,
                       struct ind_rows *rows)
{
    size_t length = (size_t)gallery->length;
    for (int h = 0; h < gallery->heads.count; h++, values += length * length) {
        char name[16];
        ind_head_name(gallery->heads.items[h], name);
        for (size_t i = 0; i < length; i++)
            for (size_t j = 0; j <= i; j++) {
                ind_rows_int(rows, epoch);
                ind_rows_text(rows, name);
                ind_rows_int(rows, (long long)i);
                ind_rows_int(rows, (long long)j);
                ind_rows_real(rows, values[i * length + j]);
            }
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct worker *worker = memory;
    const struct gallery *gallery = context;
    double *values = gallery->values ? kept_values(gallery, visit->index) : worker->values;
    ind_pattern_mean_run(&worker->mean, visit->params, &gallery->heads, values);
    empty_upper_triangle(gallery, values);
    if (gallery->settings->values)
        put_values(gallery, values, visit->epoch, visit->rows);
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static int own_tokens(struct gallery *gallery, const struct ind_config *config,
                      struct ind_error *err)
{
    const struct ind_ints *given = &gallery->settings->tokens;
    if (given->count > config->context)
        return ind_fail(err, "--tokens: %d tokens, but the model's context is %d", given->count,
                        config->context);
    for (int i = 0; i < given->count; i++)
        if (given->items[i] < 0 || given->items[i] >= config->vocab)
            return ind_fail(err, "--tokens: %d is no token: the model has 0 to %d", given->items[i],
                            config->vocab - 1);
    gallery->sequences = 1;
    gallery->length = gallery->stride = given->count;
    if (ind_alloc_into(&gallery->tokens, (size_t)given->count, sizeof(int32_t), err))
        return IND_FAILED;
    for (int i = 0; i < given->count; i++)
        gallery->tokens[i] = given->items[i];
    return IND_OK;
}

static int drawn_tokens(struct gallery *gallery, const struct ind_config *config, uint64_t seed,
                        struct ind_error *err)
{
    const struct settings *s = gallery->settings;
    if (config->vocab < 2 || config->context < 2)
        return ind_fail(err, "no repeated sequence fits a vocabulary of %d and a context of %d",
                        config->vocab, config->context);
    gallery->sequences = s->mean ? s->sequences : 1;
    gallery->stride = config->context;
    gallery->length = config->context - 1;
    size_t count = (size_t)gallery->sequences * (size_t)config->context;
    if (ind_alloc_into(&gallery->tokens, count, sizeof(int32_t), err))
        return IND_FAILED;
    ind_task_eval(config->vocab, config->context, seed, s->period, s->mean ? 0 : s->index,
                  gallery->sequences, gallery->tokens);
    return IND_OK;
}

static int check_film(const struct gallery *gallery, struct ind_error *err)
{
    if (gallery->settings->film && gallery->heads.count != 1)
        return ind_fail(err, "--film shows one head, '%s' names %d: say --heads L0H0",
                        gallery->settings->heads, gallery->heads.count);
    if (!gallery->settings->film && gallery->checkpoints != 1)
        return ind_fail(err,
                        "%d checkpoints are chosen and a grid shows one: --epochs last, or --film",
                        gallery->checkpoints);
    return IND_OK;
}

static int gallery_init(struct gallery *gallery, struct ind_tool *tool,
                        const struct ind_series *series)
{
    const struct settings *s = gallery->settings;
    const struct ind_config *config = &series->layout.config;
    if (!s->film && !tool->epochs.text)
        tool->epochs.text = "last";
    if (ind_heads_select(&gallery->heads, config, s->heads, &tool->error) ||
        ind_walk_select(tool, series, &gallery->indices, &gallery->checkpoints, &tool->error) ||
        check_film(gallery, &tool->error))
        return IND_FAILED;
    if (s->tokens_set ? own_tokens(gallery, config, &tool->error)
                      : drawn_tokens(gallery, config, tool->seed, &tool->error))
        return IND_FAILED;
    if (!is_drawn(s))
        return IND_OK;
    size_t panels = (size_t)gallery->checkpoints * (size_t)gallery->heads.count;
    if (panels > MOST_PANELS)
        return ind_fail(&tool->error, "%zu panels fit no picture: choose fewer, as --epochs ::1000",
                        panels);
    size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    return ind_alloc_into(&gallery->values, panels, matrix * sizeof(double), &tool->error);
}

static void gallery_release(struct gallery *gallery)
{
    free(gallery->values);
    free(gallery->indices);
    free(gallery->tokens);
    ind_heads_release(&gallery->heads);
}

/* ---- The program ----------------------------------------------------------------------------- */

static int show(struct ind_tool *tool, struct gallery *gallery, const struct ind_series *series)
{
    static const struct ind_column columns[] = {{"epoch", IND_COLUMN_INT, 0},
                                                {"head", IND_COLUMN_TEXT, 0},
                                                {"query", IND_COLUMN_INT, 0},
                                                {"key", IND_COLUMN_INT, 0},
                                                {"value", IND_COLUMN_REAL, 0}};
    const struct settings *s = gallery->settings;
    struct ind_table table;
    if (gallery_init(gallery, tool, series) ||
        (s->values && ind_tool_table(tool, &table, columns, sizeof columns / sizeof *columns)))
        return IND_FAILED;
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = gallery,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    if (ind_walk_run(tool, series, &walk, s->values ? &table : NULL))
        return IND_FAILED;
    return is_drawn(s) ? figure_draw(tool, gallery, series) : IND_OK;
}

/* Options that contradict each other. */
static void check_usage(const struct ind_tool *tool, const struct settings *s)
{
    size_t length = s->output ? strlen(s->output) : 0;
    if (s->output && (length < 5 || strcmp(s->output + length - 4, ".png") != 0))
        ind_tool_usage(tool, "--output: '%s' does not end in .png (--values prints the values)",
                       s->output);
    if (s->tokens_set && (s->period_set || s->index_set || s->mean))
        ind_tool_usage(tool, "--tokens is one sequence: no --period, --index or --mean beside it");
    if (s->mean && s->index_set)
        ind_tool_usage(tool, "--index is one sequence and --mean is over many");
    if (s->sequences_set && !s->mean)
        ind_tool_usage(tool, "--sequences goes with --mean");
}

static int run(struct ind_tool *tool, const struct settings *settings)
{
    struct gallery gallery = {.settings = settings};
    struct ind_series series;
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    int status = show(tool, &gallery, &series);
    gallery_release(&gallery);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.heads = "*", .period = 20, .sequences = 64, .top = 1.0};
    const struct ind_option options[] = {
        {IND_OPTION("heads", struct settings, heads), .arg = "HEADS",
         .help = "heads, comma-separated: L0H2, L1H* (quote it: an unquoted * is the shell's); "
                 "default all"},
        {IND_OPTION("film", struct settings, film),
         .help = "one head at every checkpoint (--epochs chooses), as a film strip"},
        {IND_OPTION("period", struct settings, period), .arg = "N",
         .help = "period of the random, repeated sequence (default 20)", .minimum = 1,
         .maximum = 65536},
        {IND_OPTION("index", struct settings, index), .arg = "N",
         .help = "which sequence of the evaluation data (default 0)", .minimum = 0, .maximum = 1e6},
        {IND_OPTION("mean", struct settings, mean),
         .help = "mean pattern of many sequences in place of one"},
        {IND_OPTION("sequences", struct settings, sequences), .arg = "N",
         .help = "sequences of --mean (default 64)", .minimum = 1, .maximum = 1e6},
        {IND_OPTION("tokens", struct settings, tokens), .arg = "LIST",
         .help = "tokens of one's own: 5,17,203,5,17"},
        {IND_OPTION("values", struct settings, values),
         .help = "print the values: epoch head query key value; with -o the picture too"},
        {IND_OPTION("output", struct settings, output), .key = 'o', .arg = "FILE.png",
         .help = "the picture (default pattern-epoch-N.png or pattern-HEAD-film.png)"},
        {IND_OPTION("zoom", struct settings, zoom), .arg = "N",
         .help = "pixels a value (default: as fits a screen)", .minimum = 1, .maximum = 64},
        {IND_OPTION("top", struct settings, top), .arg = "X",
         .help = "upper end of the colour scale (default 1); 0 = the largest value shown",
         .minimum = 0, .maximum = 1},
        {0}};
    const struct ind_about about = {
        .name = "induct-pattern",
        .summary = "attention patterns of a run's heads as a picture, or as values",
        .details =
            "A grid shows every head of one checkpoint (--epochs N; default the last), a\n"
            "film one head at many. Rows are destinations (queries), columns sources (keys);\n"
            "one value is one square of pixels. What a row cannot see is grey. The PNG\n"
            "holds the command that made it (text chunk Command).\n"
            "\n"
            "Columns of --values: epoch head query key value, with key <= query.",
        .examples = "induct-pattern runs/2L-varied-seed0 -o last.png\n"
                    "induct-pattern --heads L1H0 --film --epochs ::500 --mean\n"
                    "induct-pattern --tokens 5,17,203,5,17,203 --heads 'L1H*'\n"
                    "induct-pattern --epoch 2000 --values > patterns.tsv",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.period_set = ind_tool_given(&tool, "period");
    s.index_set = ind_tool_given(&tool, "index");
    s.sequences_set = ind_tool_given(&tool, "sequences");
    s.tokens_set = ind_tool_given(&tool, "tokens");
    check_usage(&tool, &s);
    int status = run(&tool, &s);
    ind_ints_release(&s.tokens);
    return ind_tool_finish(&tool, status);
}
