/*
 * Pictures of matrices: values as pixels through a colour map, with labels, a colour bar and
 * provenance, written as PNG (libpng; lib/out alone includes png.h).
 *
 * Curves are gnuplot's work, from tables; this is for attention patterns and circuits, where one
 * value is one square of pixels and nothing may be interpolated.
 */
#ifndef INDUCT_OUT_PICTURE_H
#define INDUCT_OUT_PICTURE_H

#include <stdint.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sequential: perceptually uniform, dark to light (viridis's property) for values in [lo, hi].
 * Diverging: blue - white - red with white exactly at zero. Both colour-blind safe. */
enum ind_colormap { IND_COLORMAP_SEQUENTIAL, IND_COLORMAP_DIVERGING };

struct ind_rgb {
    uint8_t r, g, b;
};

/* Colour of t in [0,1] (clamped); NaN is mid grey. */
struct ind_rgb ind_colormap_at(enum ind_colormap map, double t);

/* An RGB image in memory; owner. Origin top left. */
struct ind_picture {
    int width, height;
    uint8_t *pixels; /* [height, width, 3] */
};

int ind_picture_init(struct ind_picture *picture, int width, int height, struct ind_rgb background,
                     struct ind_error *err);
void ind_picture_release(struct ind_picture *picture);

/* Draws a matrix [rows, cols] (row stride `stride` doubles) with its top left corner at x, y: one
 * value = zoom x zoom pixels; lo..hi map to the ends of the colour map. Clipped to the picture. */
void ind_picture_matrix(struct ind_picture *picture, int x, int y, const double *values, int rows,
                        int cols, int stride, int zoom, enum ind_colormap map, double lo,
                        double hi);

/* Text in the built-in bitmap font, 8 x 16 pixels times `scale`; ASCII, other bytes as '?'. */
enum ind_align { IND_ALIGN_LEFT, IND_ALIGN_CENTER, IND_ALIGN_RIGHT };
void ind_picture_text(struct ind_picture *picture, int x, int y, const char *text,
                      struct ind_rgb colour, int scale, enum ind_align align);
int ind_picture_text_width(const char *text, int scale);
int ind_picture_text_height(int scale);

void ind_picture_rect(struct ind_picture *picture, int x, int y, int width, int height,
                      struct ind_rgb colour); /* filled */
void ind_picture_frame(struct ind_picture *picture, int x, int y, int width, int height,
                       struct ind_rgb colour); /* one pixel outline */

/* A vertical colour bar with tick labels lo, middle, hi. */
void ind_picture_colorbar(struct ind_picture *picture, int x, int y, int width, int height,
                          enum ind_colormap map, double lo, double hi);

/* One panel of a grid of matrices. */
struct ind_panel {
    const char *title;    /* "L0H2" */
    const double *values; /* [rows, cols] packed */
    int rows, cols;
};

/* The common figure: panels in a grid of `columns`, titles above each, axis ticks (index numbers),
 * one shared colour bar, a heading, axis names. The picture is initialised by it; release it
 * afterwards. */
struct ind_panel_grid {
    const char *heading, *x_label, *y_label; /* NULL = none */
    const struct ind_panel *panels;
    int count, columns, zoom;
    enum ind_colormap map;
    double lo, hi;
};
int ind_picture_panels(struct ind_picture *picture, const struct ind_panel_grid *grid,
                       struct ind_error *err);

/* Writes PATH whole or not at all (temporary name, rename). `command` goes into the PNG as tEXt
 * "Command", `software` as "Software". */
int ind_picture_write(const struct ind_picture *picture, const char *path, const char *software,
                      const char *command, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
