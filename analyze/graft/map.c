/* The heat map: rescue (restoration) by epoch of the donor and epoch of the target. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/tool/figure.h>

/* A panel for each variant and period. */
static void fill_panels(struct ind_figure *figure, const struct map *map)
{
    const struct ind_study *study = map->study;
    const int periods = study->sample.count, donors = map->donors->count, targets = study->count;
    for (int i = 0; i < figure->grid.count; i++) {
        const char *title =
            ind_figure_text(figure, "%s, period %d", map->variants->items[i / periods].name,
                            study->sample.data[i % periods].period);
        figure->panels[i] = (struct ind_panel){
            title, map->rescue + (size_t)i * (size_t)donors * (size_t)targets, donors, targets};
    }
}

/* The scale's end; a hundredth of a point if nothing differs. */
static double largest(const struct map *map, int panels)
{
    const size_t count = (size_t)panels * (size_t)map->donors->count * (size_t)map->study->count;
    double most = 1e-4;
    for (size_t i = 0; i < count; i++)
        most = fabs(map->rescue[i]) > most ? fabs(map->rescue[i]) : most;
    return most;
}

static void fill(struct ind_figure *figure, const struct map *map, const long *targets)
{
    struct ind_panel_grid *grid = &figure->grid;
    grid->hi = largest(map, grid->count);
    grid->lo = -grid->hi;
    grid->map = IND_COLORMAP_DIVERGING;
    grid->heading = ind_figure_text(figure, "What a graft rescues in %s", map->study->run);
    grid->subheading = "accuracy with the donor's weights minus accuracy without";
    grid->x_label = "into epoch";
    grid->y_label = "from epoch";
    grid->value_label = "rescue";
    grid->columns = map->study->sample.count;
    grid->row_names = ind_figure_names(figure, map->donors->epochs, map->donors->count);
    grid->col_names = ind_figure_names(figure, targets, map->study->count);
    fill_panels(figure, map);
}

int map_write(const struct map *map, const char *path, struct ind_error *err)
{
    const struct ind_study *study = map->study;
    struct ind_figure figure = {0};
    long *targets = NULL;
    int status = ind_alloc_into(&targets, (size_t)study->count, sizeof *targets, err);
    for (int i = 0; status == IND_OK && i < study->count; i++)
        targets[i] = study->series->epochs[study->indices[i]];
    if (status == IND_OK)
        status = ind_figure_init(&figure, map->variants->count * study->sample.count, err);
    if (status == IND_OK) {
        fill(&figure, map, targets);
        status = ind_figure_write(&figure, study->tool, path, err);
    }
    ind_figure_release(&figure);
    free(targets);
    return status;
}
