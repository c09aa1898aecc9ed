/* The image in memory: filled rectangles, outlines, matrices as squares of pixels. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/picture/picture.h>

enum { LARGEST_SIDE = 65535 };

int ind_picture_init(struct ind_picture *picture, int width, int height, struct ind_rgb background,
                     struct ind_error *err)
{
    *picture = (struct ind_picture){0};
    if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE)
        return ind_fail(err, "a picture of %d x %d pixels is out of range (1..%d a side)", width,
                        height, LARGEST_SIDE);
    if (ind_alloc_into(&picture->pixels, (size_t)height * (size_t)width, 3, err))
        return IND_FAILED;
    picture->width = width;
    picture->height = height;
    ind_picture_rect(picture, 0, 0, width, height, background);
    return IND_OK;
}

void ind_picture_release(struct ind_picture *picture)
{
    free(picture->pixels);
    *picture = (struct ind_picture){0};
}

static int clamp(int value, int lo, int hi)
{
    return value < lo ? lo : value > hi ? hi : value;
}

void ind_picture_rect(struct ind_picture *picture, int x, int y, int width, int height,
                      struct ind_rgb colour)
{
    int left = clamp(x, 0, picture->width), right = clamp(x + width, left, picture->width);
    int top = clamp(y, 0, picture->height), bottom = clamp(y + height, top, picture->height);
    for (int row = top; row < bottom; row++) {
        uint8_t *pixel =
            picture->pixels + 3 * ((size_t)row * (size_t)picture->width + (size_t)left);
        for (int col = left; col < right; col++, pixel += 3) {
            pixel[0] = colour.r;
            pixel[1] = colour.g;
            pixel[2] = colour.b;
        }
    }
}

void ind_picture_frame(struct ind_picture *picture, int x, int y, int width, int height,
                       struct ind_rgb colour)
{
    ind_picture_rect(picture, x, y, width, 1, colour);
    ind_picture_rect(picture, x, y + height - 1, width, 1, colour);
    ind_picture_rect(picture, x, y, 1, height, colour);
    ind_picture_rect(picture, x + width - 1, y, 1, height, colour);
}

void ind_picture_matrix(struct ind_picture *picture, int x, int y, const double *values, int rows,
                        int cols, int stride, int zoom, enum ind_colormap map, double lo, double hi)
{
    assert(rows >= 0 && cols >= 0 && stride >= cols && zoom >= 1);
    for (int row = 0; row < rows; row++)
        for (int col = 0; col < cols; col++) {
            double value = values[(size_t)row * (size_t)stride + (size_t)col];
            ind_picture_rect(picture, x + col * zoom, y + row * zoom, zoom, zoom,
                             ind_colormap_value(map, value, lo, hi));
        }
}
