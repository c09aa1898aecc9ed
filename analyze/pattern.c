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

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/version.h>
#include <induct/data/task.h>
#include <induct/model/heads.h>
#include <induct/out/picture.h>
#include <induct/score/pattern.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

/* A strip as wide as this fits a screen; panels of fewer pixels are hard to read. */
enum { STRIP_WIDTH = 1500 };

struct settings {
    const char *heads, *output;
    struct ind_ints tokens;
    int period, index, sequences, zoom;
    double top; /* of the colour scale; 0 = the largest value shown */
    bool period_set, index_set, sequences_set, tokens_set, mean, film, values;
};

/* What all workers share. Read-only during the walk, except that each visit fills panels of its
 * own. */
struct gallery {
    const struct settings *settings;
    struct ind_heads heads;
    int32_t *tokens; /* [sequences, stride] */
    int sequences, stride, length;
    int *indices; /* [checkpoints] in the series, in epoch order */
    int checkpoints;
    double *values; /* [checkpoints, heads, length, length]; NaN above the diagonal */
};

/* ---- One checkpoint ---------------------------------------------------------------------------- */

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    const struct gallery *gallery = context;
    return ind_pattern_mean_init(memory, &series->layout.config, gallery->tokens,
                                 gallery->sequences, gallery->stride, gallery->length, err);
}

static void worker_release(void *memory)
{
    ind_pattern_mean_release(memory);
}

static double *panel_values(const struct gallery *gallery, int checkpoint, int head)
{
    size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    return gallery->values +
           ((size_t)checkpoint * (size_t)gallery->heads.count + (size_t)head) * matrix;
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

static void put_values(const struct gallery *gallery, int checkpoint, long epoch,
                       struct ind_rows *rows)
{
    for (int h = 0; h < gallery->heads.count; h++) {
        const double *values = panel_values(gallery, checkpoint, h);
        char name[16];
        ind_head_name(gallery->heads.items[h], name);
        for (int i = 0; i < gallery->length; i++)
            for (int j = 0; j <= i; j++) {
                ind_rows_int(rows, epoch);
                ind_rows_text(rows, name);
                ind_rows_int(rows, i);
                ind_rows_int(rows, j);
                ind_rows_real(rows, values[(size_t)i * (size_t)gallery->length + (size_t)j]);
            }
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    (void)err;
    struct gallery *gallery = context;
    int checkpoint = 0;
    while (gallery->indices[checkpoint] != visit->index)
        checkpoint++;
    double *values = panel_values(gallery, checkpoint, 0);
    ind_pattern_mean_run(memory, visit->params, &gallery->heads, values);
    empty_upper_triangle(gallery, values);
    if (gallery->settings->values)
        put_values(gallery, checkpoint, visit->epoch, visit->rows);
    return IND_OK;
}

/* ---- Before the walk --------------------------------------------------------------------------- */

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
    size_t panels = (size_t)gallery->checkpoints * (size_t)gallery->heads.count;
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

/* ---- The picture ------------------------------------------------------------------------------- */

/* All words and panels of the figure; owner. */
struct figure {
    struct ind_panel_grid grid;
    struct ind_panel *panels; /* [grid.count] with titles of their own */
    char **titles, **names;   /* [grid.count], [length] */
    char *heading, *subheading;
    int name_count;
};

static void figure_release(struct figure *figure)
{
    for (int i = 0; figure->titles && i < figure->grid.count; i++)
        free(figure->titles[i]);
    for (int i = 0; figure->names && i < figure->name_count; i++)
        free(figure->names[i]);
    free(figure->titles);
    free(figure->names);
    free(figure->panels);
    free(figure->heading);
    free(figure->subheading);
}

/* The last part of the run's path: "2L-varied-seed67". */
static char *run_name(const char *path)
{
    char *real = realpath(path, NULL);
    const char *slash = real ? strrchr(real, '/') : NULL;
    char *name = strdup(slash && slash[1] ? slash + 1 : path);
    free(real);
    return name;
}

static char *describe_data(const struct gallery *gallery, const struct ind_tool *tool)
{
    const struct settings *s = gallery->settings;
    if (s->tokens_set)
        return ind_text("%d tokens given", gallery->length);
    if (s->mean)
        return ind_text("period %d, mean of %d sequences of seed %llu", s->period,
                        gallery->sequences, (unsigned long long)tool->seed);
    return ind_text("period %d, sequence %d of seed %llu", s->period, s->index,
                    (unsigned long long)tool->seed);
}

static char *describe_subject(const struct gallery *gallery, const struct ind_series *series,
                              const char *run)
{
    long first = series->epochs[gallery->indices[0]];
    long last = series->epochs[gallery->indices[gallery->checkpoints - 1]];
    char name[16];
    if (gallery->settings->film)
        return ind_text("Attention of %s at %d checkpoints of %s, epochs %ld to %ld",
                        ind_head_name(gallery->heads.items[0], name), gallery->checkpoints, run,
                        first, last);
    return ind_text("Attention patterns of %s at epoch %ld", run, first);
}

static char *panel_title(const struct gallery *gallery, const struct ind_series *series,
                         const struct ind_panel_grid *grid, int panel)
{
    char name[16];
    if (!gallery->settings->film)
        return ind_text("%s", ind_head_name(gallery->heads.items[panel], name));
    return ind_text("%s%ld", grid->zoom * gallery->length >= 100 ? "epoch " : "",
                    series->epochs[gallery->indices[panel]]);
}

static double largest_value(const struct gallery *gallery)
{
    double largest = 0.0;
    size_t count = (size_t)gallery->checkpoints * (size_t)gallery->heads.count *
                   (size_t)gallery->length * (size_t)gallery->length;
    for (size_t i = 0; i < count; i++)
        largest = gallery->values[i] > largest ? gallery->values[i] : largest;
    return largest;
}

/* The fewer panels, the larger: a film of 2, 20 and 200 checkpoints fills about a screen. */
static void lay_out_film(struct ind_panel_grid *grid, int length)
{
    int width = grid->count <= 6 ? 240 : grid->count <= 45 ? 160 : 80;
    if (grid->zoom == 0)
        grid->zoom = length < width ? width / length : 1;
    int most = STRIP_WIDTH / (grid->zoom * length + 14);
    grid->columns = most < 1 ? 1 : most;
}

/* A layer's heads side by side where every layer shows as many. */
static void lay_out(struct ind_panel_grid *grid, const struct gallery *gallery)
{
    int in_first_layer = 0;
    grid->zoom = gallery->settings->zoom;
    if (gallery->settings->film || (grid->zoom > 0 && grid->zoom * gallery->length < 200)) {
        grid->x_label = "key"; /* long words would need room of their own */
        grid->y_label = "query";
    }
    if (gallery->settings->film) {
        lay_out_film(grid, gallery->length);
        return;
    }
    for (int h = 0; h < grid->count; h++)
        in_first_layer += gallery->heads.items[h].layer == gallery->heads.items[0].layer;
    grid->columns = grid->count % in_first_layer == 0 ? in_first_layer : 4;
}

static int name_tokens(struct figure *figure, const struct gallery *gallery, struct ind_error *err)
{
    if (ind_alloc_into(&figure->names, (size_t)gallery->length, sizeof(char *), err))
        return IND_FAILED;
    for (; figure->name_count < gallery->length; figure->name_count++) {
        char *name = ind_text("%d", (int)gallery->tokens[figure->name_count]);
        if (!name)
            return ind_fail(err, "out of memory");
        figure->names[figure->name_count] = name;
    }
    figure->grid.row_names = figure->grid.col_names = (const char *const *)figure->names;
    figure->grid.x_label = "key token (source)";
    figure->grid.y_label = "query token (destination)";
    return IND_OK;
}

static int figure_init(struct figure *figure, const struct gallery *gallery,
                       const struct ind_series *series, const struct ind_tool *tool,
                       struct ind_error *err)
{
    struct ind_panel_grid *grid = &figure->grid;
    const struct settings *s = gallery->settings;
    int length = gallery->length;
    *grid = (struct ind_panel_grid){.x_label = "key position (source)",
                                    .y_label = "query position (destination)",
                                    .value_label = "attention",
                                    .count = gallery->checkpoints * gallery->heads.count,
                                    .tick_step = s->period,
                                    .hi = s->top > 0.0 ? s->top : largest_value(gallery)};
    char *run = run_name(tool->run);
    figure->subheading = describe_data(gallery, tool);
    figure->heading = run ? describe_subject(gallery, series, run) : NULL;
    free(run);
    if (!figure->heading || !figure->subheading)
        return ind_fail(err, "out of memory");
    if (ind_alloc_into(&figure->panels, (size_t)grid->count, sizeof *figure->panels, err) ||
        ind_alloc_into(&figure->titles, (size_t)grid->count, sizeof(char *), err) ||
        (s->tokens_set && name_tokens(figure, gallery, err)))
        return IND_FAILED;
    lay_out(grid, gallery);
    for (int i = 0; i < grid->count; i++) {
        figure->titles[i] = panel_title(gallery, series, grid, i);
        if (!figure->titles[i])
            return ind_fail(err, "out of memory");
        figure->panels[i] = (struct ind_panel){
            figure->titles[i], gallery->values + (size_t)i * (size_t)length * (size_t)length,
            length, length};
    }
    grid->heading = figure->heading;
    grid->subheading = figure->subheading;
    grid->panels = figure->panels;
    return IND_OK;
}

/* "pattern-epoch-20000.png", "pattern-L1H0-film.png" */
static char *picture_path(const struct gallery *gallery, const struct ind_series *series)
{
    char name[16];
    if (gallery->settings->output)
        return strdup(gallery->settings->output);
    if (gallery->settings->film)
        return ind_text("pattern-%s-film.png", ind_head_name(gallery->heads.items[0], name));
    return ind_text("pattern-epoch-%ld.png", series->epochs[gallery->indices[0]]);
}

static int draw(struct ind_tool *tool, const struct gallery *gallery,
                const struct ind_series *series)
{
    struct figure figure = {0};
    struct ind_picture picture = {0};
    char *path = picture_path(gallery, series);
    char *software = ind_text("%s %s", tool->about.name, ind_version());
    int status = path && software ? IND_OK : ind_fail(&tool->error, "out of memory");
    if (status == IND_OK)
        status = figure_init(&figure, gallery, series, tool, &tool->error);
    if (status == IND_OK)
        status = ind_picture_panels(&picture, &figure.grid, &tool->error);
    if (status == IND_OK)
        status = ind_picture_write(&picture, path, software, tool->command, &tool->error);
    if (status == IND_OK)
        ind_tool_warn(tool, "wrote %s (%d x %d pixels)", path, picture.width, picture.height);
    ind_picture_release(&picture);
    figure_release(&figure);
    free(software);
    free(path);
    return status;
}

/* ---- The program ------------------------------------------------------------------------------- */

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
                                  .worker_size = sizeof(struct ind_pattern_mean),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit};
    if (ind_walk_run(tool, series, &walk, s->values ? &table : NULL))
        return IND_FAILED;
    return s->values && !s->output ? IND_OK : draw(tool, gallery, series);
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
        {"heads", 0, "HEADS",
         "heads, comma-separated: L0H2, L1H* (quote it: an unquoted * is the shell's); default all",
         IND_OPTION_TEXT, &s.heads, NULL, NULL, 0, 0},
        {"film", 0, NULL, "one head at every checkpoint (--epochs chooses), as a film strip",
         IND_OPTION_FLAG, &s.film, NULL, NULL, 0, 0},
        {"period", 0, "N", "period of the random, repeated sequence (default 20)", IND_OPTION_INT,
         &s.period, NULL, &s.period_set, 1, 65536},
        {"index", 0, "N", "which sequence of the evaluation data (default 0)", IND_OPTION_INT,
         &s.index, NULL, &s.index_set, 0, 1e6},
        {"mean", 0, NULL, "mean pattern of many sequences in place of one", IND_OPTION_FLAG,
         &s.mean, NULL, NULL, 0, 0},
        {"sequences", 0, "N", "sequences of --mean (default 64)", IND_OPTION_INT, &s.sequences,
         NULL, &s.sequences_set, 1, 1e6},
        {"tokens", 0, "LIST", "tokens of one's own: 5,17,203,5,17", IND_OPTION_INTS, &s.tokens,
         NULL, &s.tokens_set, 0, 0},
        {"values", 0, NULL, "print the values: epoch head query key value; with -o the picture too",
         IND_OPTION_FLAG, &s.values, NULL, NULL, 0, 0},
        {"output", 'o', "FILE.png",
         "the picture (default pattern-epoch-N.png or pattern-HEAD-film.png)", IND_OPTION_TEXT,
         &s.output, NULL, NULL, 0, 0},
        {"zoom", 0, "N", "pixels a value (default: as fits a screen)", IND_OPTION_INT, &s.zoom,
         NULL, NULL, 1, 64},
        {"top", 0, "X", "upper end of the colour scale (default 1); 0 = the largest value shown",
         IND_OPTION_DOUBLE, &s.top, NULL, NULL, 0, 1},
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
    ind_tool_start(&tool, &about, options, argc, argv);
    check_usage(&tool, &s);
    int status = run(&tool, &s);
    ind_ints_release(&s.tokens);
    return ind_tool_finish(&tool, status);
}
