#include "parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/tool/figure.h>

enum { STRIP_WIDTH = 1500 }; /* of a film: fits a screen */

static long epoch_of(const struct ind_study *study, int checkpoint)
{
    return study->series->epochs[study->indices[checkpoint]];
}

/* ---- Words ----------------------------------------------------------------------------------- */

static const char *describe_data(struct ind_figure *figure, const struct ind_study *study)
{
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    const unsigned long long seed = study->tool->seed;
    static const char marks[] = "; orange: where induction looks, blue: the previous token";
    if (gallery->period == 0)
        return ind_figure_text(figure, "%d tokens given", gallery->length);
    if (s->mean)
        return ind_figure_text(figure, "period %d, mean of %d sequences of seed %llu%s",
                               gallery->period, gallery->sequences, seed, marks);
    return ind_figure_text(figure, "period %d, sequence %d of seed %llu%s", gallery->period,
                           s->index, seed, marks);
}

static const char *describe_subject(struct ind_figure *figure, const struct ind_study *study,
                                    int checkpoint)
{
    const struct settings *s = study->settings;
    char name[16], *run = ind_tool_run_name(study->tool);
    const char *of = run != NULL ? run : "";
    figure->failed |= run == NULL;
    const char *text =
        s->film
            ? ind_figure_text(figure, "Attention of %s at %d checkpoints of %s, epochs %ld to %ld",
                              ind_head_name(study->heads.items[0], name), study->count, of,
                              epoch_of(study, 0), epoch_of(study, study->count - 1))
            : ind_figure_text(figure, "Attention patterns of %s at epoch %ld", of,
                              epoch_of(study, checkpoint));
    free(run);
    return text;
}

static const char *panel_title(struct ind_figure *figure, const struct ind_study *study, int panel)
{
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    char name[16];
    if (!s->film)
        return ind_figure_text(figure, "%s", ind_head_name(study->heads.items[panel], name));
    return ind_figure_text(figure, "%s%ld",
                           figure->grid.zoom * gallery->length >= 100 ? "epoch " : "",
                           epoch_of(study, panel));
}

static int name_tokens(struct ind_figure *figure, const struct gallery *gallery,
                       struct ind_error *err)
{
    long *numbers;
    if (ind_alloc_into(&numbers, (size_t)gallery->length, sizeof *numbers, err))
        return IND_FAILED;
    for (int i = 0; i < gallery->length; i++)
        numbers[i] = gallery->tokens[i];
    figure->grid.row_names = figure->grid.col_names =
        ind_figure_names(figure, numbers, gallery->length);
    figure->grid.x_label = "key token (source)";
    figure->grid.y_label = "query token (destination)";
    free(numbers);
    return IND_OK;
}

/* "pattern-epoch-20000.png", "pattern-L1H0-film.png"; of a film of pictures the epoch stands for
 * {epoch}, as many digits in each, so that their names are in its order. */
static const char *picture_path(struct ind_figure *figure, const struct ind_study *study,
                                int checkpoint)
{
    const struct settings *s = study->settings;
    char name[16];
    char last[24];
    const int digits = snprintf(last, sizeof last, "%ld", epoch_of(study, study->count - 1));
    if (s->output)
        return ind_figure_path(figure, s->output, epoch_of(study, checkpoint), digits);
    if (s->film)
        return ind_figure_text(figure, "pattern-%s-film.png",
                               ind_head_name(study->heads.items[0], name));
    return ind_figure_text(figure, "pattern-epoch-%ld.png", epoch_of(study, checkpoint));
}

/* ---- Layout ---------------------------------------------------------------------------------- */

static double largest_value(const struct ind_study *study)
{
    const struct gallery *gallery = study->shared;
    double largest = 0.0;
    size_t count = (size_t)study->count * (size_t)study->heads.count * (size_t)gallery->length *
                   (size_t)gallery->length;
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
static void lay_out(struct ind_panel_grid *grid, const struct ind_study *study)
{
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    const struct ind_head *heads = study->heads.items;
    int in_first_layer = 1;
    assert(grid->count >= 1 && gallery->length >= 1);
    grid->zoom = s->zoom;
    if (s->film || (grid->zoom > 0 && grid->zoom * gallery->length < 200)) {
        grid->x_label = "key"; /* long words would need room of their own */
        grid->y_label = "query";
    }
    if (s->film) {
        lay_out_film(grid, gallery->length);
        return;
    }
    for (int h = 1; h < grid->count; h++)
        in_first_layer += heads[h].layer == heads[0].layer;
    grid->columns = grid->count % in_first_layer == 0 ? in_first_layer : 4;
}

/* The panels from the first head of `checkpoint` on. */
static void fill(struct ind_figure *figure, const struct ind_study *study, int checkpoint)
{
    struct ind_panel_grid *grid = &figure->grid;
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    const size_t matrix = (size_t)gallery->length * (size_t)gallery->length;
    const double *values =
        gallery->values + (size_t)checkpoint * (size_t)study->heads.count * matrix;
    grid->value_label = s->value_weighted ? "value-weighted attention" : "attention";
    grid->tick_step = gallery->period;
    grid->hi = s->top > 0.0 ? s->top : largest_value(study);
    grid->heading = describe_subject(figure, study, checkpoint);
    grid->subheading = describe_data(figure, study);
    lay_out(grid, study);
    for (int i = 0; i < grid->count; i++)
        figure->panels[i] =
            (struct ind_panel){panel_title(figure, study, i), values + (size_t)i * matrix,
                               gallery->length, gallery->length};
}

/* One picture of `panels` panels. */
static int draw_one(const struct ind_study *study, int checkpoint, int panels,
                    struct ind_error *err)
{
    const struct gallery *gallery = study->shared;
    const struct ind_diagonal diagonals[] = {{gallery->period - 1, {0xE6, 0x7E, 0x00}},
                                             {1, {0x00, 0x72, 0xB2}}};
    struct ind_figure figure;
    if (ind_figure_init(&figure, panels, err))
        return IND_FAILED;
    figure.grid.x_label = "key position (source)";
    figure.grid.y_label = "query position (destination)";
    if (gallery->period > 0) {
        figure.grid.diagonals = diagonals;
        figure.grid.diagonal_count = gallery->period > 2 ? 2 : 1; /* of period 2 they are one */
    }
    int status = gallery->period == 0 ? name_tokens(&figure, gallery, err) : IND_OK;
    if (status == IND_OK) {
        fill(&figure, study, checkpoint);
        status =
            ind_figure_write(&figure, study->tool, picture_path(&figure, study, checkpoint), err);
    }
    ind_figure_release(&figure);
    return status;
}

int figure_draw(const struct ind_study *study, struct ind_error *err)
{
    const struct settings *s = study->settings;
    if (!ind_figure_is_series(s->output))
        return draw_one(study, 0, study->count * study->heads.count, err);
    int status = IND_OK;
    for (int checkpoint = 0; checkpoint < study->count && status == IND_OK; checkpoint++)
        status = draw_one(study, checkpoint, study->heads.count, err);
    return status;
}
