#include "figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/tool/figure.h>

/* Pixels that a single panel fills at least, and how many panels stand side by side. */
enum { SINGLE = 600, ABREAST = 4 };

double figure_largest(const double *values, size_t count)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest > 0.0 ? largest : 1.0;
}

static const char *panel_title(struct ind_figure *drawn, const struct figure *figure, int panel)
{
    const int heads = figure->heads->count;
    const long epoch = figure->epochs[panel / heads];
    char name[16];
    if (heads == 1 && figure->checkpoints == 1)
        return NULL;
    ind_head_name(figure->heads->items[panel % heads], name);
    if (figure->checkpoints == 1)
        return ind_figure_text(drawn, "%s", name);
    return heads == 1 ? ind_figure_text(drawn, "epoch %ld", epoch)
                      : ind_figure_text(drawn, "%s, epoch %ld", name, epoch);
}

static const char *heading(struct ind_figure *drawn, const struct figure *figure)
{
    const char *formula = ind_circuit_formula(figure->name->kind);
    char matrix[32], name[16];
    ind_circuit_text(figure->name, matrix);
    if (figure->heads->count > 1)
        return ind_figure_text(drawn, "%s = %s", matrix, formula);
    return ind_figure_text(drawn, "%s of %s = %s", matrix,
                           ind_head_name(figure->heads->items[0], name), formula);
}

static const char *subheading(struct ind_figure *drawn, const struct figure *figure)
{
    const long *epochs = figure->epochs;
    char *run = ind_tool_run_name(figure->tool);
    const char *of = run != NULL ? run : "";
    drawn->failed |= run == NULL;
    const char *text = figure->checkpoints == 1
                           ? ind_figure_text(drawn, "%s, epoch %ld", of, epochs[0])
                           : ind_figure_text(drawn, "%s, epochs %ld to %ld", of, epochs[0],
                                             epochs[figure->checkpoints - 1]);
    free(run);
    return text;
}

static int columns_of(const struct figure *figure)
{
    const int heads = figure->heads->count, panels = figure->checkpoints * heads;
    if (heads > 1 && figure->checkpoints > 1)
        return heads; /* a checkpoint a row */
    return panels < ABREAST ? panels : ABREAST;
}

static int zoom_of(const struct figure *figure, int panels)
{
    const int longer = figure->rows > figure->cols ? figure->rows : figure->cols;
    return panels > 1 ? 0 : longer < SINGLE ? (SINGLE + longer - 1) / longer : 1;
}

/* Rows and columns that are tokens are called by --tokens. */
static int name_tokens(struct ind_figure *drawn, const struct figure *figure, struct ind_error *err)
{
    const struct ind_ints *tokens = &figure->settings->tokens;
    const enum ind_circuit_kind kind = figure->name->kind;
    long *numbers;
    if (tokens->count == 0)
        return IND_OK;
    if (ind_alloc_into(&numbers, (size_t)tokens->count, sizeof *numbers, err))
        return IND_FAILED;
    for (int i = 0; i < tokens->count; i++)
        numbers[i] = tokens->items[i];
    if (!ind_circuit_rows_are_positions(kind))
        drawn->grid.row_names = ind_figure_names(drawn, numbers, tokens->count);
    if (!ind_circuit_cols_are_positions(kind))
        drawn->grid.col_names = ind_figure_names(drawn, numbers, tokens->count);
    free(numbers);
    return IND_OK;
}

static void fill(struct ind_figure *drawn, const struct figure *figure, double top)
{
    struct ind_panel_grid *grid = &drawn->grid;
    const size_t size = (size_t)figure->rows * (size_t)figure->cols;
    grid->heading = heading(drawn, figure);
    grid->subheading = subheading(drawn, figure);
    grid->x_label = ind_circuit_cols_name(figure->name->kind);
    grid->y_label = ind_circuit_rows_name(figure->name->kind);
    grid->value_label = strstr(ind_circuit_formula(figure->name->kind), "W_U") ? "logit" : "score";
    grid->columns = columns_of(figure);
    grid->zoom = zoom_of(figure, grid->count);
    grid->map = IND_COLORMAP_DIVERGING;
    grid->lo = -top;
    grid->hi = top;
    for (int i = 0; i < grid->count; i++)
        drawn->panels[i] =
            (struct ind_panel){panel_title(drawn, figure, i), figure->values + (size_t)i * size,
                               figure->rows, figure->cols};
}

int figure_draw(const struct figure *figure, double top, struct ind_error *err)
{
    struct ind_figure drawn;
    if (ind_figure_init(&drawn, figure->checkpoints * figure->heads->count, err))
        return IND_FAILED;
    fill(&drawn, figure, top);
    int status = name_tokens(&drawn, figure, err);
    if (status == IND_OK)
        status = ind_figure_write(
            &drawn, figure->tool,
            ind_figure_path(&drawn, figure->settings->picture, figure->epochs[0], 0), err);
    ind_figure_release(&drawn);
    return status;
}
