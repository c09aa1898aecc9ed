/* A picture that is drawn gets its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <induct/base/file.h>

#include "work.h"

/* `text` with every `from` as `to`; frees it. */
static char *replaced(char *text, const char *from, const char *to)
{
    size_t size;
    char *result = NULL;
    FILE *out = text ? ind_text_open(&result, &size) : NULL;
    if (out) {
        const char *rest = text;
        for (const char *at; (at = strstr(rest, from)); rest = at + strlen(from))
            fprintf(out, "%.*s%s", (int)(at - rest), rest, to);
        fputs(rest, out);
    }
    free(text);
    return ind_text_close(out, &result) ? result : NULL;
}

/* Families to fall back on, the bold that gnuplot leaves in the family's name, and a title. */
static int finish_svg(const char *part, const char *path, const char *name, struct ind_error *err)
{
    char *text, title[96];
    size_t size;
    if (ind_file_read(part, 0, &text, &size, err) != IND_OK)
        return IND_FAILED;
    snprintf(title, sizeof title, "<title>%s</title>", name);
    text = replaced(text, "font-family=\"DejaVu Sans:Bold\"",
                    "font-family=\"DejaVu Sans\" font-weight=\"bold\"");
    text = replaced(text, "font-family=\"DejaVu Sans\"",
                    "font-family=\"DejaVu Sans,Verdana,Arial,sans-serif\"");
    text = replaced(text, "<title>Gnuplot</title>", title);
    int status = text ? ind_file_write(path, text, strlen(text), false, err)
                      : ind_fail(err, "out of memory");
    free(text);
    return status;
}

int finish_picture(const char *part, const char *path, const char *name, struct ind_error *err)
{
    struct stat info;
    if (stat(part, &info) != 0 || info.st_size == 0)
        return ind_fail(err, "%s: gnuplot wrote nothing", path);
    if (strcmp(path + strlen(path) - 4, ".svg") == 0)
        return finish_svg(part, path, name, err);
    return rename(part, path) == 0 ? IND_OK : ind_fail_errno(err, "%s", path);
}
