#include <induct/tool/figure.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/version.h>

int ind_figure_init(struct ind_figure *figure, int panels, struct ind_error *err)
{
    *figure = (struct ind_figure){0};
    if (ind_alloc_into(&figure->panels, (size_t)panels, sizeof *figure->panels, err))
        return IND_FAILED;
    figure->grid.panels = figure->panels;
    figure->grid.count = panels;
    return IND_OK;
}

void ind_figure_release(struct ind_figure *figure)
{
    for (size_t i = 0; i < figure->text_count; i++)
        free(figure->texts[i]);
    for (size_t i = 0; i < figure->list_count; i++)
        free(figure->lists[i]);
    free(figure->texts);
    free(figure->lists);
    free(figure->panels);
    *figure = (struct ind_figure){0};
}

const char *ind_figure_text(struct ind_figure *figure, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    const int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0 || ind_grow(&figure->texts, &figure->text_room, figure->text_count + 1,
                               sizeof *figure->texts, NULL)) {
        if (length >= 0)
            free(text);
        figure->failed = true;
        return "";
    }
    figure->texts[figure->text_count++] = text;
    return text;
}

const char *const *ind_figure_names(struct ind_figure *figure, const long *numbers, int count)
{
    const char **names;
    if (ind_grow(&figure->lists, &figure->list_room, figure->list_count + 1, sizeof *figure->lists,
                 NULL) ||
        ind_alloc_into(&names, (size_t)count, sizeof *names, NULL)) {
        figure->failed = true;
        return NULL;
    }
    figure->lists[figure->list_count++] = names;
    for (int i = 0; i < count; i++)
        names[i] = ind_figure_text(figure, "%ld", numbers[i]);
    return names;
}

static const char epoch_mark[] = "{epoch}";

bool ind_figure_is_series(const char *path)
{
    return path && strstr(path, epoch_mark);
}

const char *ind_figure_path(struct ind_figure *figure, const char *path, long epoch, int digits)
{
    const char *mark = strstr(path, epoch_mark);
    if (!mark)
        return path;
    return ind_figure_text(figure, "%.*s%0*ld%s", (int)(mark - path), path, digits, epoch,
                           mark + strlen(epoch_mark));
}

int ind_figure_write(struct ind_figure *figure, const struct ind_tool *tool, const char *path,
                     struct ind_error *err)
{
    struct ind_picture picture = {0};
    const char *software = ind_figure_text(figure, "%s %s", tool->about.name, ind_version());
    if (figure->failed)
        return ind_fail(err, "out of memory");
    int status = ind_picture_panels(&picture, &figure->grid, err);
    if (status == IND_OK)
        status = ind_picture_write(&picture, path, software, tool->command, err);
    if (status == IND_OK)
        ind_tool_warn(tool, "wrote %s (%d x %d pixels)", path, picture.width, picture.height);
    ind_picture_release(&picture);
    return status;
}
