/* Words as a shell would need them typed. */
#include <induct/tool/quote.h>

#include <stdbool.h>
#include <string.h>

#include <induct/base/printable.h>

static bool needs_no_quotes(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:=,+@%^-";
    return *word != '\0' && word[strspn(word, plain)] == '\0';
}

/* What is left of ASCII: whatever else a word with a control character holds is escaped, too. */
static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7F;
}

/* $'...', which bash, zsh and POSIX 2024 read: the only quotes in which a newline is not one. */
static void quote_control(FILE *stream, const char *word)
{
    fputs("$'", stream);
    for (; *word; word++) {
        if (*word == '\n')
            fputs("\\n", stream);
        else if (*word == '\t')
            fputs("\\t", stream);
        else if (!is_plain(*word))
            fprintf(stream, "\\%03o", (unsigned)(unsigned char)*word);
        else if (*word == '\'' || *word == '\\')
            fprintf(stream, "\\%c", *word);
        else
            fputc(*word, stream);
    }
    fputc('\'', stream);
}

void ind_shell_quote(FILE *stream, const char *word)
{
    if (needs_no_quotes(word)) {
        fputs(word, stream);
    } else if (!ind_is_printable(word)) {
        quote_control(stream, word);
    } else {
        fputc('\'', stream);
        for (; *word; word++) {
            if (*word == '\'')
                fputs("'\\''", stream);
            else
                fputc(*word, stream);
        }
        fputc('\'', stream);
    }
}
