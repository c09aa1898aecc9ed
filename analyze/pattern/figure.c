#include "parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/version.h>
#include <induct/picture/picture.h>

enum { STRIP_WIDTH = 1500 }; /* of a film: fits a screen */

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

static char *describe_data(const struct ind_study *study)
{
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    const struct ind_tool *tool = study->tool;
    if (gallery->period == 0)
        return ind_text("%d tokens given", gallery->length);
    if (s->mean)
        return ind_text("period %d, mean of %d sequences of seed %llu", gallery->period,
                        gallery->sequences, (unsigned long long)tool->seed);
    return ind_text("period %d, sequence %d of seed %llu", gallery->period, s->index,
                    (unsigned long long)tool->seed);
}

static long epoch_of(const struct ind_study *study, int checkpoint)
{
    return study->series->epochs[study->indices[checkpoint]];
}

static char *describe_subject(const struct ind_study *study, const char *run)
{
    const struct settings *s = study->settings;
    char name[16];
    if (s->film)
        return ind_text("Attention of %s at %d checkpoints of %s, epochs %ld to %ld",
                        ind_head_name(study->heads.items[0], name), study->count, run,
                        epoch_of(study, 0), epoch_of(study, study->count - 1));
    return ind_text("Attention patterns of %s at epoch %ld", run, epoch_of(study, 0));
}

static char *panel_title(const struct ind_study *study, const struct ind_panel_grid *grid,
                         int panel)
{
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    char name[16];
    if (!s->film)
        return ind_text("%s", ind_head_name(study->heads.items[panel], name));
    return ind_text("%s%ld", grid->zoom * gallery->length >= 100 ? "epoch " : "",
                    epoch_of(study, panel));
}

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

static int figure_init(struct figure *figure, const struct ind_study *study, struct ind_error *err)
{
    struct ind_panel_grid *grid = &figure->grid;
    const struct settings *s = study->settings;
    const struct gallery *gallery = study->shared;
    int length = gallery->length;
    *grid = (struct ind_panel_grid){.x_label = "key position (source)",
                                    .y_label = "query position (destination)",
                                    .value_label = "attention",
                                    .count = study->count * study->heads.count,
                                    .tick_step = gallery->period,
                                    .hi = s->top > 0.0 ? s->top : largest_value(study)};
    char *run = ind_tool_run_name(study->tool);
    figure->subheading = describe_data(study);
    figure->heading = run ? describe_subject(study, run) : NULL;
    free(run);
    if (!figure->heading || !figure->subheading)
        return ind_fail(err, "out of memory");
    if (ind_alloc_into(&figure->panels, (size_t)grid->count, sizeof *figure->panels, err) ||
        ind_alloc_into(&figure->titles, (size_t)grid->count, sizeof(char *), err) ||
        (gallery->period == 0 && name_tokens(figure, gallery, err)))
        return IND_FAILED;
    lay_out(grid, study);
    for (int i = 0; i < grid->count; i++) {
        figure->titles[i] = panel_title(study, grid, i);
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
static char *picture_path(const struct ind_study *study)
{
    const struct settings *s = study->settings;
    char name[16];
    if (s->output)
        return strdup(s->output);
    if (s->film)
        return ind_text("pattern-%s-film.png", ind_head_name(study->heads.items[0], name));
    return ind_text("pattern-epoch-%ld.png", epoch_of(study, 0));
}

int figure_draw(const struct ind_study *study, struct ind_error *err)
{
    const struct ind_tool *tool = study->tool;
    struct figure figure = {0};
    struct ind_picture picture = {0};
    char *path = picture_path(study);
    char *software = ind_text("%s %s", tool->about.name, ind_version());
    int status = path && software ? IND_OK : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = figure_init(&figure, study, err);
    if (status == IND_OK)
        status = ind_picture_panels(&picture, &figure.grid, err);
    if (status == IND_OK)
        status = ind_picture_write(&picture, path, software, tool->command, err);
    if (status == IND_OK)
        ind_tool_warn(tool, "wrote %s (%d x %d pixels)", path, picture.width, picture.height);
    ind_picture_release(&picture);
    figure_release(&figure);
    free(software);
    free(path);
    return status;
}
