/*
 * A picture of panels as programs make it: what they say of it in words, owned here; written with
 * the command that made it inside, and a note on stderr.
 *
 *     struct ind_figure figure;
 *     ind_figure_init(&figure, count, err);
 *     figure.grid.heading = ind_figure_text(&figure, "%s at epoch %ld", run, epoch);
 *     for (int i = 0; i < count; i++)
 *         figure.panels[i] = (struct ind_panel){ind_figure_text(&figure, ...), values, rows, cols};
 *     status = ind_figure_write(&figure, tool, "x.png", err);
 *     ind_figure_release(&figure);
 */
#ifndef INDUCT_TOOL_FIGURE_H
#define INDUCT_TOOL_FIGURE_H

#include <induct/picture/picture.h>
#include <induct/tool/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner. */
struct ind_figure {
    struct ind_panel_grid grid; /* its panels and count are set; the rest is the caller's to fill */
    struct ind_panel *panels;   /* [grid.count] */
    char **texts;               /* private: all that ind_figure_text() has made */
    size_t text_count, text_room;
    const char ***lists; /* private: of ind_figure_names() */
    size_t list_count, list_room;
    bool failed; /* no room for a text, which ind_figure_write() tells */
};

IND_CHECKED int ind_figure_init(struct ind_figure *figure, int panels, struct ind_error *err);
void ind_figure_release(struct ind_figure *figure);

/* A text that lives as long as the figure; "" when there was no room. */
const char *ind_figure_text(struct ind_figure *figure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The numbers as texts, [count], for grid.row_names and col_names; NULL when there was no room. */
const char *const *ind_figure_names(struct ind_figure *figure, const long *numbers, int count);

/* In a picture's name {epoch} asks for a picture of every checkpoint, and stands for its epoch. */
bool ind_figure_is_series(const char *path);

/* The name with the epoch in it, in at least so many digits (of the same number, names are in the
 * order of epochs); the name itself if it says no {epoch}. Lives as long as the figure. */
const char *ind_figure_path(struct ind_figure *figure, const char *path, long epoch, int digits);

/* Draws the grid, writes the PNG and says so on stderr. */
IND_CHECKED int ind_figure_write(struct ind_figure *figure, const struct ind_tool *tool,
                                 const char *path, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
