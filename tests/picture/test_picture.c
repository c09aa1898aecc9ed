/* Pictures: a value is its colour in every one of its pixels, labels stay where they belong, and a
 * written PNG reads back with what was put into it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/picture/picture.h>

#include "support/folder.h"

static const struct ind_rgb white = {255, 255, 255}, black = {0, 0, 0};

static struct ind_rgb pixel(const struct ind_picture *picture, int x, int y)
{
    const uint8_t *p = picture->pixels + 3 * ((size_t)y * (size_t)picture->width + (size_t)x);
    return (struct ind_rgb){p[0], p[1], p[2]};
}

static bool same(struct ind_rgb a, struct ind_rgb b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

static double linear(uint8_t byte)
{
    double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* CIE L*, from the luminance of sRGB. */
static double lightness(struct ind_rgb c)
{
    double y = 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
    return y > 216.0 / 24389.0 ? 116.0 * cbrt(y) - 16.0 : y * 24389.0 / 27.0;
}

static void sequential_map_is_viridis(void **state)
{
    (void)state;
    static const struct ind_rgb known[5] = {
        {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}};
    for (int i = 0; i < 5; i++) {
        struct ind_rgb c = ind_colormap_at(IND_COLORMAP_SEQUENTIAL, i / 4.0);
        assert_true(abs(c.r - known[i].r) <= 5 && abs(c.g - known[i].g) <= 5 &&
                    abs(c.b - known[i].b) <= 5);
    }
    /* Equal steps of the value are equal steps of lightness. */
    double dark = lightness(ind_colormap_at(IND_COLORMAP_SEQUENTIAL, 0.0));
    double light = lightness(ind_colormap_at(IND_COLORMAP_SEQUENTIAL, 1.0));
    for (int i = 0; i <= 100; i++) {
        double expected = dark + (light - dark) * i / 100.0;
        double found = lightness(ind_colormap_at(IND_COLORMAP_SEQUENTIAL, i / 100.0));
        assert_true(fabs(found - expected) < 2.5);
    }
}

static void diverging_map_is_white_at_zero_and_balanced(void **state)
{
    (void)state;
    assert_true(same(ind_colormap_value(IND_COLORMAP_DIVERGING, 0.0, -3.0, 1.0), white));
    assert_true(same(ind_colormap_value(IND_COLORMAP_DIVERGING, -0.0, 2.0, 5.0), white));
    assert_true(same(ind_colormap_value(IND_COLORMAP_DIVERGING, 0.0, 0.0, 0.0), white));
    double before = 101.0;
    for (int i = 1; i <= 50; i++) {
        struct ind_rgb plus = ind_colormap_value(IND_COLORMAP_DIVERGING, i / 50.0, -1.0, 0.2);
        struct ind_rgb minus = ind_colormap_value(IND_COLORMAP_DIVERGING, -i / 50.0, -1.0, 0.2);
        assert_true(fabs(lightness(plus) - lightness(minus)) < 6.0);
        assert_true(plus.r > plus.b && minus.b > minus.r);
        assert_true(lightness(plus) < before);
        before = lightness(plus);
    }
}

static void values_are_clamped_and_nan_is_grey(void **state)
{
    (void)state;
    for (int map = IND_COLORMAP_SEQUENTIAL; map <= IND_COLORMAP_DIVERGING; map++) {
        assert_true(same(ind_colormap_value(map, 9.0, -1.0, 1.0), ind_colormap_at(map, 1.0)));
        assert_true(same(ind_colormap_value(map, -9.0, -1.0, 1.0), ind_colormap_at(map, 0.0)));
        assert_true(same(ind_colormap_value(map, INFINITY, -1.0, 1.0), ind_colormap_at(map, 1.0)));
        struct ind_rgb none = ind_colormap_value(map, NAN, -1.0, 1.0);
        assert_true(none.r == none.g && none.g == none.b && none.r < 255 && none.r > 128);
    }
}

/* Is every value of the matrix a square of its colour, its corner at (x, y)? */
static bool matrix_at(const struct ind_picture *picture, int x, int y, const double *values,
                      int rows, int cols, int zoom, double lo, double hi)
{
    if (x + cols * zoom > picture->width || y + rows * zoom > picture->height)
        return false;
    for (int i = 0; i < rows * zoom; i++)
        for (int j = 0; j < cols * zoom; j++) {
            double value = values[i / zoom * cols + j / zoom];
            if (!same(pixel(picture, x + j, y + i),
                      ind_colormap_value(IND_COLORMAP_SEQUENTIAL, value, lo, hi)))
                return false;
        }
    return true;
}

static void one_value_is_one_square(void **state)
{
    (void)state;
    const double values[2][4] = {{0.0, 0.25, 1.0, -7.0}, {0.5, NAN, 0.75, -7.0}};
    const double packed[6] = {0.0, 0.25, 1.0, 0.5, NAN, 0.75};
    struct ind_picture picture;
    assert_int_equal(ind_picture_init(&picture, 40, 30, black, NULL), IND_OK);
    ind_picture_matrix(&picture, 5, 6, values[0], 2, 3, 4, 7, IND_COLORMAP_SEQUENTIAL, 0.0, 1.0);
    assert_true(matrix_at(&picture, 5, 6, packed, 2, 3, 7, 0.0, 1.0));
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 40; x++)
            if (x < 5 || x >= 26 || y < 6 || y >= 20)
                assert_true(same(pixel(&picture, x, y), black));
    ind_picture_release(&picture);
}

static void drawing_is_clipped(void **state)
{
    (void)state;
    const double values[4] = {0.0, 1.0, 1.0, 0.0};
    struct ind_picture picture;
    struct ind_font font;
    assert_int_equal(ind_picture_init(&picture, 10, 10, black, NULL), IND_OK);
    assert_int_equal(ind_font_open(&font, NULL), IND_OK);
    struct ind_text_style style = {&font, 14, white, IND_ALIGN_LEFT};
    for (int x = -30; x <= 30; x += 3)
        for (int y = -30; y <= 30; y += 3) {
            ind_picture_matrix(&picture, x, y, values, 2, 2, 2, 7, IND_COLORMAP_SEQUENTIAL, 0, 1);
            ind_picture_frame(&picture, x, y, 15, 15, white);
            ind_picture_text(&picture, x, y, "Ag", &style);
            ind_picture_text_upright(&picture, x, y, "Ag", &style);
        }
    ind_font_close(&font);
    ind_picture_release(&picture);
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct ind_picture picture;
    struct ind_error err;
    assert_int_equal(ind_picture_init(&picture, 0, 5, white, &err), IND_FAILED);
    assert_int_equal(ind_picture_init(&picture, 5, 70000, white, &err), IND_FAILED);
    assert_string_equal(err.text,
                        "a picture of 5 x 70000 pixels is out of range (1..65535 a side)");
    assert_null(picture.pixels);
}

/* Box around everything that is not white. */
static void ink_box(const struct ind_picture *p, int *left, int *top, int *right, int *bottom)
{
    *left = p->width, *top = p->height, *right = -1, *bottom = -1;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            if (!same(pixel(p, x, y), white)) {
                *left = x < *left ? x : *left;
                *right = x > *right ? x : *right;
                *top = y < *top ? y : *top;
                *bottom = y > *bottom ? y : *bottom;
            }
}

static void text_stands_where_it_was_put(void **state)
{
    (void)state;
    struct ind_picture picture;
    struct ind_font font;
    int left, top, right, bottom;
    assert_int_equal(ind_font_open(&font, NULL), IND_OK);
    int width = ind_picture_text_width(&font, 20, "HEADS");
    assert_true(width > 50 && width < 100);
    for (int align = IND_ALIGN_LEFT; align <= IND_ALIGN_RIGHT; align++) {
        struct ind_text_style style = {&font, 20, black, align};
        assert_int_equal(ind_picture_init(&picture, 300, 300, white, NULL), IND_OK);
        ind_picture_text(&picture, 150, 100, "HEADS", &style);
        ink_box(&picture, &left, &top, &right, &bottom);
        int start = 150 - align * width / 2;
        assert_in_range(left, start, start + 4);
        assert_in_range(right, start + width - 5, start + width);
        assert_true(abs(top + bottom - 200) <= 2); /* capitals are centred on y */
        assert_in_range(bottom - top, 13, 16);

        ind_picture_rect(&picture, 0, 0, 300, 300, white);
        ind_picture_text_upright(&picture, 100, 150, "HEADS", &style);
        ink_box(&picture, &left, &top, &right, &bottom);
        int foot = 150 + align * width / 2;
        assert_in_range(bottom, foot - 4, foot);
        assert_in_range(top, foot - width, foot - width + 5);
        assert_true(abs(left + right - 200) <= 2);
        ind_picture_release(&picture);
    }
    ind_font_close(&font);
}

static void bytes_that_are_no_text_show_as_question_marks(void **state)
{
    (void)state;
    struct ind_font font;
    assert_int_equal(ind_font_open(&font, NULL), IND_OK);
    int one = ind_picture_text_width(&font, 14, "?");
    assert_int_equal(ind_picture_text_width(&font, 14, "\xff"), one);
    assert_int_equal(ind_picture_text_width(&font, 14, "\xc3"), one);         /* cut short */
    assert_int_equal(ind_picture_text_width(&font, 14, "\xc0\x80"), 2 * one); /* overlong */
    assert_int_equal(ind_picture_text_width(&font, 14, "\xe2\x88\x92"),
                     ind_picture_text_width(&font, 14, "+")); /* the minus sign, U+2212 */
    ind_font_close(&font);
}

static void panels_hold_their_matrices(void **state)
{
    (void)state;
    enum { ROWS = 6, COLS = 5, COUNT = 5 };
    double values[COUNT][ROWS * COLS];
    struct ind_panel panels[COUNT];
    struct ind_picture picture;
    for (int p = 0; p < COUNT; p++) {
        for (int i = 0; i < ROWS * COLS; i++)
            values[p][i] = ((p * 37 + i * 11) % 64) / 64.0;
        panels[p] = (struct ind_panel){"L0H0", values[p], ROWS, COLS};
    }
    struct ind_panel_grid grid = {.heading = "a heading that is wider than the panels",
                                  .subheading = "and what it is about, in smaller letters",
                                  .x_label = "key",
                                  .y_label = "query",
                                  .value_label = "attention",
                                  .panels = panels,
                                  .count = COUNT,
                                  .columns = 3,
                                  .zoom = 9,
                                  .lo = 0.0,
                                  .hi = 1.0};
    assert_int_equal(ind_picture_panels(&picture, &grid, NULL), IND_OK);
    int last_x = -1, last_y = -1;
    for (int p = 0; p < COUNT; p++) {
        int found = 0, x_found = 0, y_found = 0;
        for (int y = 0; y < picture.height; y++)
            for (int x = 0; x < picture.width; x++)
                if (matrix_at(&picture, x, y, values[p], ROWS, COLS, 9, 0.0, 1.0))
                    found++, x_found = x, y_found = y;
        assert_int_equal(found, 1);
        if (p % 3 == 0) {
            assert_true(y_found > last_y);
        } else {
            assert_int_equal(y_found, last_y);
            assert_true(x_found >= last_x + 9 * COLS);
        }
        last_x = x_found, last_y = y_found;
    }
    /* Nothing was cut off: the paper's edge is white all round. */
    int left, top, right, bottom;
    ink_box(&picture, &left, &top, &right, &bottom);
    assert_true(left >= 5 && top >= 5 && right < picture.width - 5 && bottom < picture.height - 5);
    ind_picture_release(&picture);
}

/* ---- Files ----------------------------------------------------------------------------------- */

struct read_back {
    png_structp png;
    png_infop info;
    png_bytepp rows;
    int width, height;
};

static void read_png(const char *path, struct read_back *read)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    read->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    read->info = png_create_info_struct(read->png);
    png_init_io(read->png, file);
    png_read_png(read->png, read->info, PNG_TRANSFORM_IDENTITY, NULL);
    read->rows = png_get_rows(read->png, read->info);
    read->width = (int)png_get_image_width(read->png, read->info);
    read->height = (int)png_get_image_height(read->png, read->info);
    fclose(file);
}

static const char *text_of(const struct read_back *read, const char *key)
{
    png_textp text;
    int count;
    png_get_text(read->png, read->info, &text, &count);
    for (int i = 0; i < count; i++)
        if (strcmp(text[i].key, key) == 0)
            return text[i].text;
    return NULL;
}

static void png_reads_back(void **state)
{
    const char *folder = *state;
    char path[256];
    snprintf(path, sizeof path, "%s/a.png", folder);
    struct ind_picture picture;
    assert_int_equal(ind_picture_init(&picture, 61, 17, white, NULL), IND_OK);
    for (int i = 0; i < 61 * 17 * 3; i++)
        picture.pixels[i] = (uint8_t)(i * 131 % 251);
    const char *commands[2] = {"induct-pattern runs/a --epoch 5", "induct-pattern l\xc3\xa4uft"};
    for (int c = 0; c < 2; c++) {
        struct read_back read;
        assert_int_equal(ind_picture_write(&picture, path, "induct 1", commands[c], NULL), IND_OK);
        read_png(path, &read);
        assert_int_equal(read.width, 61);
        assert_int_equal(read.height, 17);
        assert_int_equal(png_get_color_type(read.png, read.info), PNG_COLOR_TYPE_RGB);
        for (int y = 0; y < 17; y++)
            assert_memory_equal(read.rows[y], picture.pixels + y * 61 * 3, 61 * 3);
        assert_string_equal(text_of(&read, "Software"), "induct 1");
        assert_string_equal(text_of(&read, "Command"), commands[c]);
        png_destroy_read_struct(&read.png, &read.info, NULL);
    }
    ind_picture_release(&picture);
}

static int files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void failed_write_leaves_the_old_file(void **state)
{
    const char *folder = *state;
    char path[256], expected[400];
    struct ind_error err;
    struct ind_picture small, large;
    struct stat before, after;
    uint32_t noise = 1;
    snprintf(path, sizeof path, "%s/b.png", folder);
    assert_int_equal(ind_picture_init(&small, 4, 4, black, NULL), IND_OK);
    assert_int_equal(ind_picture_init(&large, 300, 300, black, NULL), IND_OK);
    for (int i = 0; i < 300 * 300 * 3; i++)
        large.pixels[i] = (uint8_t)((noise = noise * 1664525U + 1013904223U) >> 24);
    assert_int_equal(ind_picture_write(&small, path, NULL, NULL, &err), IND_OK);
    assert_int_equal(stat(path, &before), 0);
    int files = files_in(folder);

    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit tight = {8192, limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    int status = ind_picture_write(&large, path, NULL, NULL, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(status, IND_FAILED);
    snprintf(expected, sizeof expected, "%s: cannot write", path);
    assert_memory_equal(err.text, expected, strlen(expected));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(files_in(folder), files);

    assert_int_equal(ind_picture_write(&small, "/nowhere/at/all.png", NULL, NULL, &err),
                     IND_FAILED);
    assert_string_equal(err.text, "/nowhere/at/all.png: cannot create: No such file or directory");
    ind_picture_release(&small);
    ind_picture_release(&large);
}

static int make_folder(void **state)
{
    *state = folder_new();
    return 0;
}

static int remove_folder(void **state)
{
    folder_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequential_map_is_viridis),
        cmocka_unit_test(diverging_map_is_white_at_zero_and_balanced),
        cmocka_unit_test(values_are_clamped_and_nan_is_grey),
        cmocka_unit_test(one_value_is_one_square),
        cmocka_unit_test(drawing_is_clipped),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(text_stands_where_it_was_put),
        cmocka_unit_test(bytes_that_are_no_text_show_as_question_marks),
        cmocka_unit_test(panels_hold_their_matrices),
        cmocka_unit_test(png_reads_back),
        cmocka_unit_test(failed_write_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
