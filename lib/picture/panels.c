/*
 * The figure of panels: lay out first, then draw.
 *
 *   heading
 *   subheading
 *                title      title                value label
 *   y label  t  [matrix]   [matrix]   ...        [bar] labels
 *            t  [matrix]   [matrix]
 *               t   t      t   t
 *                   x label
 *
 * Ticks stand left of the first panel of every row and below the lowest panel of every column,
 * unless panels differ in size: then each has its own.
 */
#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/picture/picture.h>

enum { PANEL_WIDTH = 240, BAR_WIDTH = 16, BAR_HEIGHT = 260, TICK = 4, POINTER = 8 };

static const struct ind_rgb paper = {255, 255, 255}, ink = {32, 32, 32}, grey = {96, 96, 96},
                            line = {128, 128, 128};

struct layout {
    const struct ind_panel_grid *grid;
    struct ind_font *font;
    int text, small;            /* sizes */
    int zoom, columns, rows;    /* of panels */
    int panel_rows, panel_cols; /* the largest panel's */
    int panel_width, panel_height;
    bool equal, upright;       /* panels of one size; column names stand upright */
    int row_step, col_step;    /* values from tick to tick */
    int tick_left, tick_below; /* room that tick labels take */
    int left, top;             /* of the first panel's matrix */
    int step_x, step_y;        /* from panel to panel */
    int bar_x, bar_y, bar_height;
    int width, height;
};

static struct ind_text_style style(const struct layout *l, int size, struct ind_rgb colour,
                                   enum ind_align align)
{
    return (struct ind_text_style){l->font, size, colour, align};
}

static int width_of(const struct layout *l, int size, const char *text)
{
    return text ? ind_picture_text_width(l->font, size, text) : 0;
}

static const char *tick_name(const char *const *names, int index, char number[16])
{
    if (names)
        return names[index];
    snprintf(number, 16, "%d", index);
    return number;
}

static int widest_name(const struct layout *l, const char *const *names, int count, int step)
{
    char number[16];
    int widest = 0;
    for (int i = 0; i < count; i += step) {
        int width = width_of(l, l->small, tick_name(names, i, number));
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* The smallest of 1, 2, 5, 10, 20, 50, ... values that leaves `room` pixels to a tick. */
static int round_step(int zoom, int room)
{
    static const int mantissa[3] = {1, 2, 5};
    for (int power = 1; power <= INT_MAX / 100; power *= 10)
        for (int i = 0; i < 3; i++)
            if (mantissa[i] * power >= (room + zoom - 1) / zoom)
                return mantissa[i] * power;
    return INT_MAX;
}

/* Index ticks at round numbers or multiples of the given step, names at every value: thinned until
 * a tick has `room` pixels. */
static int tick_step(const struct layout *l, const char *const *names, int room)
{
    int given = names ? 1 : l->grid->tick_step, step = given;
    if (given <= 0)
        return round_step(l->zoom, room > 3 * l->small ? room : 3 * l->small);
    while (step * l->zoom < room)
        step += given;
    return step;
}

static void measure_panels(struct layout *l)
{
    const struct ind_panel *panels = l->grid->panels;
    l->equal = true;
    for (int i = 0; i < l->grid->count; i++) {
        l->equal &= panels[i].rows == panels[0].rows && panels[i].cols == panels[0].cols;
        l->panel_rows = panels[i].rows > l->panel_rows ? panels[i].rows : l->panel_rows;
        l->panel_cols = panels[i].cols > l->panel_cols ? panels[i].cols : l->panel_cols;
    }
    assert(l->panel_rows >= 1 && l->panel_cols >= 1);
    l->columns = l->grid->columns < l->grid->count ? l->grid->columns : l->grid->count;
    l->rows = (l->grid->count + l->columns - 1) / l->columns;
    l->zoom = l->grid->zoom;
    if (l->zoom <= 0)
        l->zoom = PANEL_WIDTH / l->panel_cols;
    l->zoom = l->zoom < 1 ? 1 : l->zoom;
    l->panel_width = l->panel_cols * l->zoom;
    l->panel_height = l->panel_rows * l->zoom;
}

static void measure_ticks(struct layout *l)
{
    const struct ind_panel_grid *grid = l->grid;
    int widest = widest_name(l, grid->col_names, l->panel_cols, 1);
    l->row_step = tick_step(l, grid->row_names, l->small + 2);
    /* Names of one's own are all worth showing: they stand upright where they do not fit lying. */
    l->upright = grid->col_names && widest + 6 > l->zoom;
    l->col_step = tick_step(l, grid->col_names, l->upright ? l->small + 2 : widest + 6);
    l->tick_left = TICK + 3 + widest_name(l, grid->row_names, l->panel_rows, l->row_step);
    l->tick_below = TICK + 3 + (l->upright ? widest : l->small);
}

static void place(struct layout *l)
{
    const struct ind_panel_grid *grid = l->grid;
    int pad = l->text, gap = l->text;
    int heading = (grid->heading ? l->text * 9 / 5 : 0) + (grid->subheading ? l->text * 8 / 5 : 0);
    int title = grid->panels[0].title ? l->text * 8 / 5 : 0;
    l->left = pad + (grid->y_label ? l->text * 8 / 5 : 0) + l->tick_left;
    l->top = pad + heading + title;
    l->step_x = l->panel_width + gap + (l->equal ? 0 : l->tick_left);
    l->step_y = l->panel_height + title + gap / 2 + (l->equal ? 0 : l->tick_below);
    int right = l->left + (l->columns - 1) * l->step_x + l->panel_width;
    int bottom = l->top + (l->rows - 1) * l->step_y + l->panel_height + l->tick_below;

    l->bar_x = right + 2 * gap;
    l->bar_y = l->top + (grid->value_label ? l->text * 3 / 2 : 0);
    int below_top = l->top + (l->rows - 1) * l->step_y + l->panel_height - l->bar_y;
    l->bar_height = below_top < BAR_HEIGHT ? below_top : BAR_HEIGHT;
    l->bar_height = l->bar_height < 4 * l->text ? 4 * l->text : l->bar_height;
    struct ind_text_style small = style(l, l->small, ink, IND_ALIGN_LEFT);
    int bar = ind_picture_colorbar(NULL, 0, 0, BAR_WIDTH, l->bar_height, grid->map, grid->lo,
                                   grid->hi, &small);
    int label = width_of(l, l->small, grid->value_label);
    l->width = l->bar_x + (label > bar ? label : bar) + pad;
    if (bottom < l->bar_y + l->bar_height + l->small)
        bottom = l->bar_y + l->bar_height + l->small;
    l->height = bottom + (grid->x_label ? l->text * 8 / 5 : 0) + pad;

    /* Long words above or below must not be cut. */
    int heading_width = width_of(l, l->text + 2, grid->heading);
    int subheading_width = width_of(l, l->small, grid->subheading);
    int words = 2 * pad + (heading_width > subheading_width ? heading_width : subheading_width);
    int x_label = l->left + width_of(l, l->text, grid->x_label) + pad;
    l->width = words > l->width ? words : l->width;
    l->width = x_label > l->width ? x_label : l->width;
    int y_label = l->top + width_of(l, l->text, grid->y_label) + pad;
    l->height = y_label > l->height ? y_label : l->height;
}

static void draw_row_ticks(struct ind_picture *picture, const struct layout *l,
                           const struct ind_panel *panel, int x, int y)
{
    struct ind_text_style words = style(l, l->small, ink, IND_ALIGN_RIGHT);
    char number[16];
    for (int row = 0; row < panel->rows; row += l->row_step) {
        int middle = y + row * l->zoom + l->zoom / 2;
        ind_picture_rect(picture, x - 1 - TICK, middle, TICK, 1, line);
        ind_picture_text(picture, x - 1 - TICK - 3, middle,
                         tick_name(l->grid->row_names, row, number), &words);
    }
}

static void draw_col_ticks(struct ind_picture *picture, const struct layout *l,
                           const struct ind_panel *panel, int x, int y)
{
    struct ind_text_style words =
        style(l, l->small, ink, l->upright ? IND_ALIGN_RIGHT : IND_ALIGN_CENTER);
    char number[16];
    int below = y + panel->rows * l->zoom + 1;
    for (int col = 0; col < panel->cols; col += l->col_step) {
        int middle = x + col * l->zoom + l->zoom / 2;
        const char *name = tick_name(l->grid->col_names, col, number);
        ind_picture_rect(picture, middle, below, 1, TICK, line);
        if (l->upright)
            ind_picture_text_upright(picture, middle, below + TICK + 3, name, &words);
        else
            ind_picture_text(picture, middle, below + TICK + 3 + l->small / 2, name, &words);
    }
}

/* A triangle whose point touches the panel's edge at x, y: from the left, or from below. */
static void draw_pointer(struct ind_picture *picture, int x, int y, bool from_left,
                         struct ind_rgb colour)
{
    for (int depth = 0; depth < POINTER; depth++) {
        const int half = depth * 2 / 3;
        if (from_left)
            ind_picture_rect(picture, x - 1 - depth, y - half, 1, 2 * half + 1, colour);
        else
            ind_picture_rect(picture, x - half, y + 1 + depth, 2 * half + 1, 1, colour);
    }
}

static void draw_diagonals(struct ind_picture *picture, const struct layout *l,
                           const struct ind_panel *panel, int x, int y)
{
    for (int i = 0; i < l->grid->diagonal_count; i++) {
        const struct ind_diagonal *diagonal = &l->grid->diagonals[i];
        const int last = panel->rows - 1 - diagonal->offset; /* the column of the last row */
        if (last < 0 || last >= panel->cols)
            continue;
        draw_pointer(picture, x - 1, y + diagonal->offset * l->zoom + l->zoom / 2, true,
                     diagonal->colour);
        draw_pointer(picture, x + last * l->zoom + l->zoom / 2, y + panel->rows * l->zoom, false,
                     diagonal->colour);
    }
}

static void draw_panel(struct ind_picture *picture, const struct layout *l, int index)
{
    const struct ind_panel_grid *grid = l->grid;
    const struct ind_panel *panel = &grid->panels[index];
    int x = l->left + index % l->columns * l->step_x, y = l->top + index / l->columns * l->step_y;
    struct ind_text_style title = style(l, l->text, ink, IND_ALIGN_LEFT);

    if (panel->title)
        ind_picture_text(picture, x, y - l->text * 3 / 4 - 1, panel->title, &title);
    ind_picture_frame(picture, x - 1, y - 1, panel->cols * l->zoom + 2, panel->rows * l->zoom + 2,
                      line);
    ind_picture_matrix(picture, x, y, panel->values, panel->rows, panel->cols, panel->cols, l->zoom,
                       grid->map, grid->lo, grid->hi);
    if (!l->equal || index % l->columns == 0)
        draw_row_ticks(picture, l, panel, x, y);
    if (!l->equal || index + l->columns >= grid->count)
        draw_col_ticks(picture, l, panel, x, y);
    draw_diagonals(picture, l, panel, x, y);
}

static void draw_words(struct ind_picture *picture, const struct layout *l)
{
    const struct ind_panel_grid *grid = l->grid;
    struct ind_text_style heading = style(l, l->text + 2, ink, IND_ALIGN_LEFT);
    struct ind_text_style subheading = style(l, l->small, grey, IND_ALIGN_LEFT);
    struct ind_text_style axis = style(l, l->text, ink, IND_ALIGN_LEFT);
    int y = l->text, bottom = l->height - l->text;

    if (grid->heading) {
        ind_picture_text(picture, l->text, y + l->text / 2, grid->heading, &heading);
        y += l->text * 9 / 5;
    }
    if (grid->subheading)
        ind_picture_text(picture, l->text, y + l->text / 2, grid->subheading, &subheading);
    if (grid->x_label)
        ind_picture_text(picture, l->left, bottom - l->text / 2, grid->x_label, &axis);
    if (grid->y_label) {
        axis.align = IND_ALIGN_RIGHT;
        ind_picture_text_upright(picture, l->text + l->text / 2, l->top, grid->y_label, &axis);
    }
}

static void draw_bar(struct ind_picture *picture, const struct layout *l)
{
    const struct ind_panel_grid *grid = l->grid;
    struct ind_text_style small = style(l, l->small, ink, IND_ALIGN_LEFT);
    if (grid->value_label)
        ind_picture_text(picture, l->bar_x, l->top + l->small / 3, grid->value_label, &small);
    ind_picture_colorbar(picture, l->bar_x, l->bar_y, BAR_WIDTH, l->bar_height, grid->map, grid->lo,
                         grid->hi, &small);
}

int ind_picture_panels(struct ind_picture *picture, const struct ind_panel_grid *grid,
                       struct ind_error *err)
{
    assert(grid->count >= 1 && grid->columns >= 1);
    struct ind_font font;
    *picture = (struct ind_picture){0};
    if (ind_font_open(&font, err))
        return IND_FAILED;

    struct layout l = {.grid = grid, .font = &font};
    l.text = grid->text_size > 0 ? grid->text_size : 14;
    l.small = l.text * 6 / 7;
    measure_panels(&l);
    measure_ticks(&l);
    place(&l);
    int status = ind_picture_init(picture, l.width, l.height, paper, err);
    if (status == IND_OK) {
        draw_words(picture, &l);
        for (int i = 0; i < grid->count; i++)
            draw_panel(picture, &l, i);
        draw_bar(picture, &l);
    }
    if (status == IND_OK && font.failed) {
        ind_picture_release(picture);
        status = ind_fail(err, "out of memory");
    }
    ind_font_close(&font);
    return status;
}
