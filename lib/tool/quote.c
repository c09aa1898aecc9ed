/* Words as a shell would need them typed. */
#include <induct/tool/quote.h>

#include <stdbool.h>
#include <string.h>

static bool needs_no_quotes(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:=,+@%^-";
    return *word != '\0' && word[strspn(word, plain)] == '\0';
}

static bool has_control(const char *word)
{
    for (; *word; word++)
        if ((unsigned char)*word < 0x20 || *word == 0x7F)
            return true;
    return false;
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
        else if ((unsigned char)*word < 0x20 || *word == 0x7F)
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
    } else if (has_control(word)) {
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
