/* PNG files: 8-bit RGB, text chunks in front of the pixels, whole or not at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include <png.h>

#include <induct/base/file.h>
#include <induct/picture/picture.h>

/* What libpng is given as its output, and as its place for errors. */
struct target {
    struct ind_new_file file;
    struct ind_error *err;
    bool reported; /* err holds the message of the file's own failure */
};

static void keep_message(png_structp png, png_const_charp message)
{
    struct target *target = png_get_error_ptr(png);
    if (!target->reported && (errno == ENOMEM || strstr(message, "memory")))
        ind_fail(target->err, "%s: out of memory", target->file.path);
    else if (!target->reported)
        ind_fail(target->err, "%s: %s", target->file.path, message);
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

static void write_bytes(png_structp png, png_bytep bytes, size_t size)
{
    struct target *target = png_get_io_ptr(png);
    if (ind_new_file_write(&target->file, bytes, size, target->err)) {
        target->reported = true;
        png_error(png, "write error");
    }
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static int write_png(struct target *target, const struct ind_picture *picture, const char *software,
                     const char *command)
{
    errno = 0; /* "too many text chunks" is what libpng makes of it at times */
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, target, keep_message, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return ind_fail(target->err, "%s: out of memory", target->file.path);
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return IND_FAILED;
    }
    png_set_write_fn(png, target, write_bytes, flush_nothing);
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

int ind_picture_write(const struct ind_picture *picture, const char *path, const char *software,
                      const char *command, struct ind_error *err)
{
    struct target target = {.err = err};
    if (ind_file_check_target(path, err) || ind_new_file_open(&target.file, path, false, err))
        return IND_FAILED;
    if (write_png(&target, picture, software, command)) {
        ind_new_file_abandon(&target.file);
        return IND_FAILED;
    }
    return ind_new_file_commit(&target.file, err);
}
