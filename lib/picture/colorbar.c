/* The colour bar: the scale itself drawn pixel row by pixel row, with ticks at round values. */
#include <math.h>
#include <stdio.h>

#include <induct/picture/picture.h>

enum { TICK = 4, MOST_PARTS = 5 };

/* The smallest of 1, 2, 5 times a power of ten that cuts `span` into at most `parts`. */
static double round_step(double span, int parts)
{
    double power = pow(10.0, floor(log10(span / parts)));
    for (int i = 0; i < 3; i++) {
        double step = (double[]){1.0, 2.0, 5.0}[i] * power;
        if (span / step <= parts + 1e-9)
            return step;
    }
    return 10.0 * power;
}

/* Draws one tick with its label (unless picture is NULL); returns the label's width. */
static int tick(struct ind_picture *picture, int x, int y, double value,
                const struct ind_text_style *style)
{
    char label[32];
    snprintf(label, sizeof label, "%.4g", value);
    if (picture) {
        ind_picture_rect(picture, x, y, TICK, 1, style->colour);
        ind_picture_text(picture, x + TICK + 3, y, label, style);
    }
    return ind_picture_text_width(style->font, style->size, label);
}

int ind_picture_colorbar(struct ind_picture *picture, int x, int y, int width, int height,
                         enum ind_colormap map, double lo, double hi,
                         const struct ind_text_style *style)
{
    double span = hi - lo;
    int last = height - 1, widest = 0;
    for (int row = 0; picture && row < height; row++) {
        double value = hi - span * row / (last > 0 ? last : 1);
        ind_picture_rect(picture, x, y + row, width, 1, ind_colormap_value(map, value, lo, hi));
    }
    if (picture)
        ind_picture_frame(picture, x - 1, y - 1, width + 2, height + 2,
                          (struct ind_rgb){128, 128, 128});
    if (!(span > 0.0) || !isfinite(span))
        return width + TICK + 3 + tick(picture, x + width + 1, y + last / 2, lo, style);

    int parts = height / (2 * style->size);
    double step = round_step(span, parts < 1 ? 1 : parts > MOST_PARTS ? MOST_PARTS : parts);
    double first = ceil(lo / step - 1e-9);
    int count = (int)floor(hi / step + 1e-9 - first) + 1;
    for (int i = 0; i < count; i++) {
        double value = (first + i) * step + 0.0; /* + 0.0: no "-0" among the labels */
        int place = y + last - (int)lround((value - lo) / span * last);
        int label = tick(picture, x + width + 1, place, value, style);
        widest = label > widest ? label : widest;
    }
    return width + 1 + TICK + 3 + widest;
}
