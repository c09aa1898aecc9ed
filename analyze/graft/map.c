/* The heat map: rescue by epoch of the donor and epoch of the target. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/version.h>
#include <induct/picture/picture.h>

/* Words and panels; owner. */
struct figure {
    struct ind_panel *panels; /* [panel_count] */
    char **titles;            /* [panel_count] */
    char **from, **into;      /* [from_count], [into_count] */
    char *heading, *subheading, *software;
    int panel_count, from_count, into_count;
};

static void release_texts(char **texts, int count)
{
    for (int i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void figure_release(struct figure *figure)
{
    release_texts(figure->titles, figure->panel_count);
    release_texts(figure->from, figure->from_count);
    release_texts(figure->into, figure->into_count);
    free(figure->panels);
    free(figure->heading);
    free(figure->subheading);
    free(figure->software);
}

/* Of all epochs, or of those with the indices given. */
static int name_epochs(char ***names, const long *epochs, const int *indices, int count,
                       struct ind_error *err)
{
    if (ind_alloc_into(names, (size_t)count, sizeof **names, err))
        return IND_FAILED;
    for (int i = 0; i < count; i++) {
        (*names)[i] = ind_text("%ld", epochs[indices ? indices[i] : i]);
        if ((*names)[i] == NULL)
            return ind_fail(err, "out of memory");
    }
    return IND_OK;
}

static int make_panels(struct figure *figure, const struct map *map, struct ind_error *err)
{
    const int periods = map->study->sample.count;
    const size_t matrix = (size_t)figure->from_count * (size_t)figure->into_count;
    const size_t count = (size_t)figure->panel_count;
    if (ind_alloc_into(&figure->panels, count, sizeof *figure->panels, err) ||
        ind_alloc_into(&figure->titles, count, sizeof *figure->titles, err))
        return IND_FAILED;
    for (int i = 0; i < figure->panel_count; i++) {
        figure->titles[i] = ind_text("%s, period %d", map->variants->items[i / periods].name,
                                     map->study->sample.data[i % periods].period);
        if (figure->titles[i] == NULL)
            return ind_fail(err, "out of memory");
        figure->panels[i] = (struct ind_panel){figure->titles[i], map->rescue + (size_t)i * matrix,
                                               figure->from_count, figure->into_count};
    }
    return IND_OK;
}

static int figure_init(struct figure *figure, const struct map *map, struct ind_error *err)
{
    const struct ind_study *study = map->study;
    figure->panel_count = map->variants->count * study->sample.count;
    figure->from_count = map->donors->count;
    figure->into_count = study->count;
    figure->heading = ind_text("What a graft rescues in %s", study->run);
    figure->subheading = ind_text("accuracy with the donor's weights minus accuracy without");
    figure->software = ind_text("%s %s", study->tool->about.name, ind_version());
    if (figure->heading == NULL || figure->subheading == NULL || figure->software == NULL)
        return ind_fail(err, "out of memory");
    if (name_epochs(&figure->from, map->donors->epochs, NULL, figure->from_count, err) ||
        name_epochs(&figure->into, study->series->epochs, study->indices, figure->into_count, err))
        return IND_FAILED;
    return make_panels(figure, map, err);
}

/* The scale's end; a hundredth of a point if nothing differs. */
static double largest(const struct map *map, const struct figure *figure)
{
    const size_t count =
        (size_t)figure->panel_count * (size_t)figure->from_count * (size_t)figure->into_count;
    double most = 1e-4;
    for (size_t i = 0; i < count; i++)
        most = fabs(map->rescue[i]) > most ? fabs(map->rescue[i]) : most;
    return most;
}

int map_write(const struct map *map, const char *path, struct ind_error *err)
{
    const struct ind_tool *tool = map->study->tool;
    struct figure figure = {0};
    struct ind_picture picture = {0};
    int status = figure_init(&figure, map, err);
    if (status == IND_OK) {
        const double top = largest(map, &figure);
        const struct ind_panel_grid grid = {.heading = figure.heading,
                                            .subheading = figure.subheading,
                                            .x_label = "into epoch",
                                            .y_label = "from epoch",
                                            .value_label = "rescue",
                                            .panels = figure.panels,
                                            .count = figure.panel_count,
                                            .columns = map->study->sample.count,
                                            .row_names = (const char *const *)figure.from,
                                            .col_names = (const char *const *)figure.into,
                                            .map = IND_COLORMAP_DIVERGING,
                                            .lo = -top,
                                            .hi = top};
        status = ind_picture_panels(&picture, &grid, err);
    }
    if (status == IND_OK)
        status = ind_picture_write(&picture, path, figure.software, tool->command, err);
    if (status == IND_OK)
        ind_tool_warn(tool, "wrote %s (%d x %d pixels)", path, picture.width, picture.height);
    ind_picture_release(&picture);
    figure_release(&figure);
    return status;
}
