#include "figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/base/version.h>
#include <induct/picture/picture.h>

/* Pixels that a single panel fills at least, and how many panels stand side by side. */
enum { SINGLE = 600, ABREAST = 4 };

/* Everything that the grid points to; owner. */
struct words {
    char *heading, *subheading, *path;
    char **titles; /* [panels] */
    char **tokens; /* [token_count] with --tokens */
    struct ind_panel *panels;
    int panel_count;
};

double figure_largest(const double *values, size_t count)
{
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest > 0.0 ? largest : 1.0;
}

static void words_release(struct words *words, int token_count)
{
    for (int i = 0; words->titles && i < words->panel_count; i++)
        free(words->titles[i]);
    for (int i = 0; words->tokens && i < token_count; i++)
        free(words->tokens[i]);
    free(words->titles);
    free(words->tokens);
    free(words->panels);
    free(words->heading);
    free(words->subheading);
    free(words->path);
}

static char *panel_title(const struct figure *figure, int panel)
{
    const int heads = figure->heads->count;
    const long epoch = figure->epochs[panel / heads];
    char name[16];
    ind_head_name(figure->heads->items[panel % heads], name);
    if (figure->checkpoints == 1)
        return strdup(name);
    return heads == 1 ? ind_text("epoch %ld", epoch) : ind_text("%s, epoch %ld", name, epoch);
}

static char *heading(const struct figure *figure)
{
    char matrix[32], name[16];
    ind_circuit_text(figure->name, matrix);
    if (figure->heads->count > 1)
        return ind_text("%s = %s", matrix, ind_circuit_formula(figure->name->kind));
    return ind_text("%s of %s = %s", matrix, ind_head_name(figure->heads->items[0], name),
                    ind_circuit_formula(figure->name->kind));
}

static char *subheading(const struct figure *figure)
{
    const long *epochs = figure->epochs;
    char *run = ind_tool_run_name(figure->tool), *text = NULL;
    if (run && figure->checkpoints == 1)
        text = ind_text("%s, epoch %ld", run, epochs[0]);
    else if (run)
        text = ind_text("%s, epochs %ld to %ld", run, epochs[0], epochs[figure->checkpoints - 1]);
    free(run);
    return text;
}

/* The name asked for, with the epoch in it where it says {epoch}. */
static char *path_of(const struct figure *figure)
{
    const char *name = figure->settings->picture, *mark = strstr(name, FIGURE_EPOCH);
    if (!mark)
        return strdup(name);
    return ind_text("%.*s%ld%s", (int)(mark - name), name, figure->epochs[0],
                    mark + strlen(FIGURE_EPOCH));
}

static int name_tokens(struct words *words, const struct ind_ints *tokens, struct ind_error *err)
{
    if (ind_alloc_into(&words->tokens, (size_t)tokens->count, sizeof *words->tokens, err))
        return IND_FAILED;
    for (int i = 0; i < tokens->count; i++) {
        words->tokens[i] = ind_text("%d", tokens->items[i]);
        if (!words->tokens[i])
            return ind_fail(err, "out of memory");
    }
    return IND_OK;
}

static int words_init(struct words *words, const struct figure *figure, struct ind_error *err)
{
    const size_t size = (size_t)figure->rows * (size_t)figure->cols;
    words->panel_count = figure->checkpoints * figure->heads->count;
    words->heading = heading(figure);
    words->subheading = subheading(figure);
    words->path = path_of(figure);
    if (!words->heading || !words->subheading || !words->path)
        return ind_fail(err, "out of memory");
    if (ind_alloc_into(&words->panels, (size_t)words->panel_count, sizeof *words->panels, err) ||
        ind_alloc_into(&words->titles, (size_t)words->panel_count, sizeof *words->titles, err))
        return IND_FAILED;
    for (int i = 0; i < words->panel_count; i++) {
        words->titles[i] = panel_title(figure, i);
        if (!words->titles[i])
            return ind_fail(err, "out of memory");
        words->panels[i] =
            (struct ind_panel){words->panel_count > 1 ? words->titles[i] : NULL,
                               figure->values + (size_t)i * size, figure->rows, figure->cols};
    }
    return figure->settings->tokens.count > 0 ? name_tokens(words, &figure->settings->tokens, err)
                                              : IND_OK;
}

static int columns_of(const struct figure *figure)
{
    const int heads = figure->heads->count, panels = figure->checkpoints * heads;
    if (heads > 1 && figure->checkpoints > 1)
        return heads; /* a checkpoint a row */
    return panels < ABREAST ? panels : ABREAST;
}

static struct ind_panel_grid lay_out(const struct figure *figure, const struct words *words,
                                     double top)
{
    const enum ind_circuit_kind kind = figure->name->kind;
    const int longer = figure->rows > figure->cols ? figure->rows : figure->cols;
    const char *const *tokens = (const char *const *)words->tokens;
    return (struct ind_panel_grid){
        .heading = words->heading,
        .subheading = words->subheading,
        .x_label = ind_circuit_cols_name(kind),
        .y_label = ind_circuit_rows_name(kind),
        .panels = words->panels,
        .count = words->panel_count,
        .columns = columns_of(figure),
        .zoom = words->panel_count > 1 ? 0
                : longer < SINGLE      ? (SINGLE + longer - 1) / longer
                                       : 1,
        .row_names = ind_circuit_rows_are_positions(kind) ? NULL : tokens,
        .col_names = ind_circuit_cols_are_positions(kind) ? NULL : tokens,
        .map = IND_COLORMAP_DIVERGING,
        .lo = -top,
        .hi = top};
}

static int write_picture(const struct figure *figure, const struct words *words, double top,
                         struct ind_error *err)
{
    const struct ind_panel_grid grid = lay_out(figure, words, top);
    struct ind_picture picture = {0};
    char *software = ind_text("%s %s", figure->tool->about.name, ind_version());
    int status = software ? IND_OK : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_picture_panels(&picture, &grid, err);
    if (status == IND_OK)
        status = ind_picture_write(&picture, words->path, software, figure->tool->command, err);
    if (status == IND_OK)
        ind_tool_warn(figure->tool, "wrote %s (%d x %d pixels)", words->path, picture.width,
                      picture.height);
    ind_picture_release(&picture);
    free(software);
    return status;
}

int figure_draw(const struct figure *figure, double top, struct ind_error *err)
{
    struct words words = {0};
    int status = words_init(&words, figure, err);
    if (status == IND_OK)
        status = write_picture(figure, &words, top, err);
    words_release(&words, figure->settings->tokens.count);
    return status;
}
