/*
 * Text: FreeType's glyphs, blended into the picture.
 *
 * The face is DejaVu Sans, so that pictures look alike wherever that is installed: from where it
 * lay when induct was built, and otherwise what Fontconfig gives for "sans" with a preference for
 * it. Fontconfig comes second because it does not survive a lack of memory. A line is set glyph by
 * glyph with whole-pixel advances and no kerning, which is what labels and numbers need.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H

#include <induct/picture/picture.h>

static int find_file(FcConfig *config, char *path, size_t size, struct ind_error *err)
{
    FcPattern *wanted = FcNameParse((const FcChar8 *)"DejaVu Sans,sans-serif:scalable=true");
    FcPattern *found = NULL;
    FcChar8 *file = NULL;
    int status = IND_FAILED;
    if (wanted && FcConfigSubstitute(config, wanted, FcMatchPattern)) {
        FcResult result;
        FcDefaultSubstitute(wanted);
        found = FcFontMatch(config, wanted, &result);
    }
    if (found && FcPatternGetString(found, FC_FILE, 0, &file) == FcResultMatch &&
        snprintf(path, size, "%s", (const char *)file) < (int)size)
        status = IND_OK;
    else
        ind_fail(err, "no font for the labels of pictures (install fonts-dejavu-core)");
    if (found)
        FcPatternDestroy(found);
    if (wanted)
        FcPatternDestroy(wanted);
    return status;
}

/* A configuration of our own, not Fontconfig's process-wide one: it can be freed. */
static int find_face(char *path, size_t size, struct ind_error *err)
{
    FcConfig *config = FcInitLoadConfigAndFonts();
    if (!config)
        return ind_fail(err, "Fontconfig cannot be set up");
    int status = find_file(config, path, size, err);
    FcConfigDestroy(config);
    return status;
}

/* FreeType does without what it has no memory for where it can (hints, tables of a face), or takes
 * it for a broken file: errno, which was 0 before the call, says so. */
static bool out_of_memory(FT_Error error)
{
    return error == FT_Err_Out_Of_Memory || errno == ENOMEM;
}

static int open_face(struct ind_font *font, const char *path, struct ind_error *err)
{
    FT_Face face = NULL;
    errno = 0;
    const FT_Error error = FT_New_Face(font->library, path, 0, &face);
    font->face = face;
    if (out_of_memory(error))
        return ind_fail(err, "out of memory");
    return error ? ind_fail(err, "%s: not a font that FreeType reads", path) : IND_OK;
}

static int open_font(struct ind_font *font, struct ind_error *err)
{
    char path[4096];
    FT_Library library;
    errno = 0;
    const FT_Error error = FT_Init_FreeType(&library);
    if (out_of_memory(error))
        return ind_fail(err, "out of memory");
    if (error)
        return ind_fail(err, "FreeType cannot be set up");
    font->library = library;
    if (access(INDUCT_FONT, R_OK) == 0)
        return open_face(font, INDUCT_FONT, err);
    return find_face(path, sizeof path, err) ? IND_FAILED : open_face(font, path, err);
}

int ind_font_open(struct ind_font *font, struct ind_error *err)
{
    *font = (struct ind_font){0};
    const int status = open_font(font, err);
    if (status != IND_OK)
        ind_font_close(font);
    return status;
}

void ind_font_close(struct ind_font *font)
{
    if (font->face)
        FT_Done_Face(font->face);
    if (font->library)
        FT_Done_FreeType(font->library);
    *font = (struct ind_font){0};
}

/* The next code point; *text moves past it. Anything that is not well-formed is '?' and one byte
 * long. */
static unsigned long next_character(const unsigned char **text)
{
    static const unsigned char lead[4] = {0x00, 0xC0, 0xE0, 0xF0};
    static const unsigned char lead_mask[4] = {0x80, 0xE0, 0xF0, 0xF8};
    static const unsigned long smallest[4] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = *text;
    for (int more = 0; more < 4; more++) {
        if ((s[0] & lead_mask[more]) != lead[more])
            continue;
        unsigned long code = s[0] & (unsigned char)~lead_mask[more];
        int i = 1;
        while (i <= more && (s[i] & 0xC0) == 0x80)
            code = code << 6 | (s[i++] & 0x3FU);
        if (i <= more || code < smallest[more] || code > 0x10FFFF)
            break;
        *text = s + i;
        return code;
    }
    *text = s + 1;
    return '?';
}

static void set_size(struct ind_font *font, int size)
{
    assert(size >= 1);
    errno = 0;
    font->failed |= out_of_memory(FT_Set_Pixel_Sizes(font->face, 0, (FT_UInt)size));
}

static int advance_of(FT_Face face)
{
    return (int)((face->glyph->advance.x + 32) >> 6);
}

/* False if there is nothing to be set. */
static bool load(struct ind_font *font, unsigned long character, FT_Int32 flags)
{
    errno = 0;
    const FT_Error error = FT_Load_Char(font->face, character, flags);
    font->failed |= out_of_memory(error);
    return !error;
}

int ind_picture_text_width(struct ind_font *font, int size, const char *text)
{
    FT_Face face = font->face;
    int width = 0;
    set_size(font, size);
    for (const unsigned char *s = (const unsigned char *)text; *s;)
        if (load(font, next_character(&s), FT_LOAD_TARGET_LIGHT))
            width += advance_of(face);
    return width;
}

static void blend(struct ind_picture *picture, int x, int y, struct ind_rgb colour, int cover)
{
    if (x < 0 || y < 0 || x >= picture->width || y >= picture->height || cover == 0)
        return;
    uint8_t *pixel = picture->pixels + 3 * ((size_t)y * (size_t)picture->width + (size_t)x);
    const uint8_t ink[3] = {colour.r, colour.g, colour.b};
    for (int i = 0; i < 3; i++)
        pixel[i] = (uint8_t)((pixel[i] * (255 - cover) + ink[i] * cover + 127) / 255);
}

/* A line of text along (dx, dy): (1, 0) is to the right, (0, -1) upwards. (x, y) is the pen. */
static void set_line(struct ind_picture *picture, int x, int y, int dx, int dy, const char *text,
                     const struct ind_text_style *style)
{
    FT_Face face = style->font->face;
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        if (!load(style->font, next_character(&s), FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT))
            continue;
        FT_GlyphSlot glyph = face->glyph;
        const FT_Bitmap *bitmap = &glyph->bitmap;
        for (int row = 0; row < (int)bitmap->rows; row++)
            for (int col = 0; col < (int)bitmap->width; col++) {
                int along = glyph->bitmap_left + col, across = row - glyph->bitmap_top;
                blend(picture, x + along * dx - across * dy, y + along * dy + across * dx,
                      style->colour, bitmap->buffer[row * bitmap->pitch + col]);
            }
        x += advance_of(face) * dx;
        y += advance_of(face) * dy;
    }
}

/* Pixels from the pen back to the start of the text. */
static int shift_of(const char *text, const struct ind_text_style *style)
{
    if (style->align == IND_ALIGN_LEFT)
        return 0;
    int width = ind_picture_text_width(style->font, style->size, text);
    return style->align == IND_ALIGN_CENTER ? width / 2 : width;
}

/* From the middle of the capitals down to the base line: half of 0.73 em. */
static int to_base_line(int size)
{
    return (size * 73 + 100) / 200;
}

void ind_picture_text(struct ind_picture *picture, int x, int y, const char *text,
                      const struct ind_text_style *style)
{
    set_size(style->font, style->size);
    set_line(picture, x - shift_of(text, style), y + to_base_line(style->size), 1, 0, text, style);
}

void ind_picture_text_upright(struct ind_picture *picture, int x, int y, const char *text,
                              const struct ind_text_style *style)
{
    set_size(style->font, style->size);
    set_line(picture, x + to_base_line(style->size), y + shift_of(text, style), 0, -1, text, style);
}
