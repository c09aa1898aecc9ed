/*
 * Pictures of matrices: values as pixels through a colour map, with labels, a colour bar and
 * provenance, written as PNG.
 *
 * Curves are gnuplot's work, from tables; this is for attention patterns and circuits, where one
 * value is one square of pixels and nothing may be interpolated. libpng writes the file, FreeType
 * draws the letters in whatever sans-serif face Fontconfig finds (DejaVu Sans on Debian);
 * lib/picture alone includes either. Only letters are anti-aliased: a matrix's pixels are exact.
 */
#ifndef INDUCT_PICTURE_PICTURE_H
#define INDUCT_PICTURE_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ind_rgb {
    uint8_t r, g, b;
};

/* ---- Colour maps ------------------------------------------------------------------------------
 *
 * SEQUENTIAL: viridis (van der Walt and Smith 2015), perceptually uniform, dark to light, for
 * values in [lo, hi].
 * DIVERGING: blue - white - red, made in Oklab (Ottosson 2020) so that v and -v are equally light:
 * what differs is hue, on the axis that every kind of colour blindness keeps. White is exactly
 * zero, whatever lo and hi: the ends of the map are -m and m, m = max(|lo|, |hi|). */
enum ind_colormap { IND_COLORMAP_SEQUENTIAL, IND_COLORMAP_DIVERGING };

/* Colour at place t in [0,1] (clamped) of the map; the diverging map is white at 1/2. NaN is light
 * grey: "no value here". */
struct ind_rgb ind_colormap_at(enum ind_colormap map, double t);

/* Colour of a value on the scale lo..hi. lo == hi is a scale of one value, the map's middle. */
struct ind_rgb ind_colormap_value(enum ind_colormap map, double value, double lo, double hi);

/* ---- Images ---------------------------------------------------------------------------------- */

/* An RGB image in memory; owner. Origin top left. */
struct ind_picture {
    int width, height;
    uint8_t *pixels; /* [height, width, 3] */
};

/* Fails on a size outside 1..65,535 a side, or without memory. */
IND_CHECKED int ind_picture_init(struct ind_picture *picture, int width, int height,
                                 struct ind_rgb background, struct ind_error *err);
void ind_picture_release(struct ind_picture *picture);

/* Everything drawn is clipped to the picture. */
void ind_picture_rect(struct ind_picture *picture, int x, int y, int width, int height,
                      struct ind_rgb colour); /* filled */
void ind_picture_frame(struct ind_picture *picture, int x, int y, int width, int height,
                       struct ind_rgb colour); /* one pixel outline, inside the rectangle */

/* Draws a matrix [rows, cols] (row stride `stride` doubles) with its top left corner at x, y: one
 * value = zoom x zoom pixels of one colour. */
void ind_picture_matrix(struct ind_picture *picture, int x, int y, const double *values, int rows,
                        int cols, int stride, int zoom, enum ind_colormap map, double lo,
                        double hi);

/* ---- Text ------------------------------------------------------------------------------------ */

/* A sans-serif face; owner. One thread uses a font at a time. Fails if the system has no font.
 * `failed`: memory ran out for a character of what was set so far, and it is missing. */
struct ind_font {
    void *library, *face; /* FreeType's */
    bool failed;
};
IND_CHECKED int ind_font_open(struct ind_font *font, struct ind_error *err);
void ind_font_close(struct ind_font *font);

enum ind_align { IND_ALIGN_LEFT, IND_ALIGN_CENTER, IND_ALIGN_RIGHT };

/* How text is set. `size` is the height of an em in pixels (14 reads well on a screen); capitals
 * are about 0.73 of it. */
struct ind_text_style {
    struct ind_font *font;
    int size;
    struct ind_rgb colour;
    enum ind_align align; /* which end of the text x (upright: y) names */
};

/* UTF-8 text whose capitals are centred on the height y; bytes that are not UTF-8 show as '?'. */
void ind_picture_text(struct ind_picture *picture, int x, int y, const char *text,
                      const struct ind_text_style *style);

/* The same turned a quarter to the left (reads upwards), centred on x. */
void ind_picture_text_upright(struct ind_picture *picture, int x, int y, const char *text,
                              const struct ind_text_style *style);

/* Pixels that the text will take along its line. */
int ind_picture_text_width(struct ind_font *font, int size, const char *text);

/* ---- Figures --------------------------------------------------------------------------------- */

/* A vertical colour bar with tick labels at round values from lo to hi on its right; `height`
 * pixels from lo (bottom) to hi (top). Returns the width in pixels, labels included; with a NULL
 * picture nothing is drawn, for measuring. */
int ind_picture_colorbar(struct ind_picture *picture, int x, int y, int width, int height,
                         enum ind_colormap map, double lo, double hi,
                         const struct ind_text_style *style);

/* One panel of a grid of matrices. */
struct ind_panel {
    const char *title;    /* "L0H2"; NULL = none */
    const double *values; /* [rows, cols] packed; NaN = no value here */
    int rows, cols;
};

/* A diagonal of a panel's matrix, cell (row, row - offset), pointed at from outside, where it
 * begins at the left and ends below: the matrix keeps all its pixels. */
struct ind_diagonal {
    int offset; /* >= 0; one that the matrix has not is not drawn */
    struct ind_rgb colour;
};

/* The common figure: panels in a grid of `columns`, read along the rows, a title above each, axis
 * ticks (index numbers, or names of one's own), one shared colour bar, a heading, axis names. */
struct ind_panel_grid {
    const char *heading, *subheading; /* NULL = none */
    const char *x_label, *y_label;    /* of a panel's columns and rows; NULL = none */
    const char *value_label;          /* above the colour bar; NULL = none */
    const struct ind_panel *panels;
    int count, columns;
    int zoom;      /* pixels a value; 0 = so that a panel is about 240 pixels wide */
    int text_size; /* 0 = 14 */
    int tick_step; /* ticks at its multiples; 0 = chosen. Ticks too dense to be read are thinned. */
    const char *const *row_names; /* NULL = index numbers; else one for every row ... */
    const char *const *col_names; /* ... and column of the widest panel */
    enum ind_colormap map;
    double lo, hi;
    const struct ind_diagonal *diagonals; /* [diagonal_count], of every panel */
    int diagonal_count;
};

/* Lays the figure out and draws it. The picture is initialised by it; release it afterwards. */
IND_CHECKED int ind_picture_panels(struct ind_picture *picture, const struct ind_panel_grid *grid,
                                   struct ind_error *err);

/* Writes PATH whole or not at all (temporary name, rename). `command` goes into the PNG as tEXt
 * "Command", `software` as "Software"; either may be NULL. */
IND_CHECKED int ind_picture_write(const struct ind_picture *picture, const char *path,
                                  const char *software, const char *command, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
