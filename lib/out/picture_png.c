/* PNG files: 8-bit RGB, text chunks in front of the pixels, whole or not at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include <induct/out/picture.h>

/* libpng's message on its way to ours. */
static void keep_message(png_structp png, png_const_charp message)
{
    ind_fail(png_get_error_ptr(png), "cannot write: %s", message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* tEXt is Latin-1: what is more than ASCII goes into an iTXt chunk, which is UTF-8. */
static int text_kind(const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s; s++)
        if (*s >= 0x80)
            return PNG_ITXT_COMPRESSION_NONE;
    return PNG_TEXT_COMPRESSION_NONE;
}

static void set_text(png_structp png, png_infop info, const char *key, const char *text)
{
    if (!text)
        return;
    png_text chunk = {.compression = text_kind(text), .key = (char *)key, .text = (char *)text};
    png_set_text(png, info, &chunk, 1);
}

static int write_png(FILE *file, const struct ind_picture *picture, const char *software,
                     const char *command, struct ind_error *err)
{
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, err, keep_message, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return ind_fail(err, "out of memory");
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return IND_FAILED;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    set_text(png, info, "Software", software);
    set_text(png, info, "Command", command);
    png_write_info(png, info);
    for (int row = 0; row < picture->height; row++)
        png_write_row(png, picture->pixels + 3 * (size_t)row * (size_t)picture->width);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return IND_OK;
}

/* Under its temporary name; what is buffered must reach the disk for it to count. */
static int write_file(const char *path, const struct ind_picture *picture, const char *software,
                      const char *command, struct ind_error *err)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return ind_fail_errno(err, "cannot create");
    int status = write_png(file, picture, software, command, err);
    if (status == IND_OK && fflush(file) != 0)
        status = ind_fail_errno(err, "cannot write");
    if (fclose(file) != 0 && status == IND_OK)
        status = ind_fail_errno(err, "cannot write");
    return status;
}

int ind_picture_write(const struct ind_picture *picture, const char *path, const char *software,
                      const char *command, struct ind_error *err)
{
    char *temporary;
    if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0)
        return ind_fail(err, "out of memory");
    int status = write_file(temporary, picture, software, command, err);
    if (status == IND_OK && rename(temporary, path) != 0)
        status = ind_fail_errno(err, "cannot rename into place");
    if (status != IND_OK) {
        unlink(temporary);
        ind_error_context(err, "%s", path);
    }
    free(temporary);
    return status;
}
