#include <induct/base/printable.h>

#include <stddef.h>
#include <string.h>

int ind_utf8_length(const char *text)
{
    static const struct {
        unsigned char lead_lo, lead_hi, second_lo, second_hi, length;
    } forms[] = {
        {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    const unsigned char *at = (const unsigned char *)text;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (at[0] < forms[f].lead_lo || at[0] > forms[f].lead_hi)
            continue;
        if (forms[f].length > 1 && (at[1] < forms[f].second_lo || at[1] > forms[f].second_hi))
            return 0;
        for (int i = 2; i < forms[f].length; i++)
            if ((at[i] & 0xC0) != 0x80)
                return 0;
        return forms[f].length;
    }
    return 0;
}

static unsigned long code_point(const char *text, int length)
{
    static const unsigned char payload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned long code = (unsigned char)text[0] & payload[length];
    for (int i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3F);
    return code;
}

static bool is_harmless(unsigned long code)
{
    static const unsigned long ranges[][2] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     /* C0; DEL and C1 */
        {0x61C, 0x61C},   {0x200E, 0x200F}, /* marks of direction */
        {0x2028, 0x2029},                   /* separators of lines and paragraphs */
        {0x202A, 0x202E}, {0x2066, 0x2069}, /* embeddings, overrides and isolates */
    };
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        if (code >= ranges[r][0] && code <= ranges[r][1])
            return false;
    return true;
}

int ind_printable_length(const char *text)
{
    const int length = ind_utf8_length(text);
    return length > 0 && is_harmless(code_point(text, length)) ? length : 0;
}

bool ind_is_printable(const char *text)
{
    for (int length; *text; text += length)
        if ((length = ind_printable_length(text)) == 0)
            return false;
    return true;
}

char *ind_make_printable(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        const int length = ind_printable_length(from), whole = ind_utf8_length(from);
        if (length > 0)
            memmove(to, from, (size_t)length);
        else
            *to = '?';
        to += length > 0 ? length : 1;
        from += whole > 0 ? whole : 1;
    }
    *to = '\0';
    return text;
}
