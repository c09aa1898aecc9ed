/* induct-import: models trained elsewhere become a run that every program takes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/exchange/import.h>
#include <induct/recipe/config_file.h>
#include <induct/run/checkpoint.h>
#include <induct/tool/stop.h>
#include <induct/tool/tool.h>

#include "import/import.h"

/* The run while it is made, under another name. */
struct target {
    char *folder;
    struct ind_layout layout;
    struct ind_params params;
};

static int check_output(const char *out, struct ind_error *err)
{
    struct stat st;
    if (lstat(out, &st) != 0)
        return IND_OK;
    bool is_run = false;
    if (S_ISDIR(st.st_mode) && ind_series_is_run(out, &is_run, err) != IND_OK)
        return IND_FAILED;
    if (is_run)
        return ind_fail(err, "%s already holds a run: choose another name", out);
    DIR *folder = S_ISDIR(st.st_mode) ? opendir(out) : NULL;
    int entries = 0, status = IND_OK;
    for (const char *name = ""; folder && status == IND_OK && name; entries += name != NULL)
        status = ind_folder_next(folder, out, &name, err);
    if (folder)
        closedir(folder);
    if (status != IND_OK)
        return status;
    return entries == 2 ? IND_OK : ind_fail(err, "%s already exists", out);
}

/* Beside OUT, so that renaming it works. */
static char *temporary_beside(const char *out)
{
    size_t length = strlen(out);
    while (length > 1 && out[length - 1] == '/')
        length--;
    return ind_text("%.*s.%ld.tmp", (int)length, out, (long)getpid());
}

static int target_start(struct target *target, const char *out, const struct ind_config *config,
                        struct ind_error *err)
{
    target->folder = temporary_beside(out);
    if (!target->folder)
        return ind_fail(err, "out of memory");
    if (ind_layout_init(&target->layout, config, err) != IND_OK ||
        ind_params_init(&target->params, &target->layout, err) != IND_OK)
        return IND_FAILED;
    return ind_folder_make(target->folder, false, err);
}

/* Removes the folder as far as it is still there. */
static void target_release(struct target *target)
{
    DIR *folder = target->folder ? opendir(target->folder) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder) {
        closedir(folder);
        rmdir(target->folder);
    }
    ind_params_release(&target->params);
    ind_layout_release(&target->layout);
    free(target->folder);
}

/* What training was, as far as --trained or the file itself says. */
static int set_trained(const struct import_settings *s, const struct ind_import *from,
                       struct ind_recipe *recipe, struct ind_error *err)
{
    recipe->periods_unknown = true;
    if (s->trained_lo &&
        ind_recipe_set_trained(recipe, s->trained_lo, s->trained_hi, err) != IND_OK)
        return ind_error_context(err, "--trained");
    if (s->trained_lo || !from->trained_lo)
        return IND_OK;
    return ind_recipe_set_trained(recipe, from->trained_lo, from->trained_hi, err);
}

static int write_all(const struct import_settings *s, struct ind_import *from,
                     struct target *target, struct ind_error *err)
{
    struct ind_recipe recipe = ind_recipe_default();
    recipe.model = from->config;
    if (set_trained(s, from, &recipe, err) != IND_OK ||
        target_start(target, s->out, &from->config, err) != IND_OK)
        return IND_FAILED;
    for (int i = 0; i < from->count; i++) {
        if (ind_stop_signal())
            return ind_fail(err, "interrupted");
        if (ind_import_read(from, i, &target->params, err) != IND_OK ||
            ind_checkpoint_write(target->folder, &target->params, from->models[i].epoch, false,
                                 err))
            return IND_FAILED;
    }
    if (ind_run_config_write(target->folder, &recipe, true, false, err) != IND_OK)
        return IND_FAILED;
    if (rename(target->folder, s->out) == 0)
        return IND_OK;
    return errno == ENOTEMPTY || errno == EEXIST /* made by another since it was looked for */
               ? ind_fail(err, "%s already holds a run: choose another name", s->out)
               : ind_fail_errno(err, "%s: cannot rename into place", s->out);
}

/* A line for each file under --dry-run; otherwise for as many as tell whether the order is
 * right. */
static int print_epochs(const struct ind_tool *tool, const struct ind_import *from, bool dry,
                        struct ind_error *err)
{
    enum { SHOWN = 6 };
    for (int i = 0; i < from->count; i++) {
        const struct ind_import_model *model = &from->models[i];
        bool hidden = from->count > SHOWN && i >= SHOWN / 2 && i < from->count - SHOWN / 2;
        if (dry && printf("%s\t%ld\t%s\n", model->name, model->epoch, model->from) < 0)
            return ind_fail_errno(err, "cannot write");
        if (!dry && from->count > 1 && !hidden)
            ind_tool_warn(tool, "%s: epoch %ld (%s)", model->name, model->epoch, model->from);
        if (!dry && hidden && i == SHOWN / 2)
            ind_tool_warn(tool, "... (%d more; --dry-run lists them all)", from->count - SHOWN);
    }
    return IND_OK;
}

static bool stopped(void)
{
    return ind_stop_signal() != 0;
}

static int import_all(struct ind_tool *tool, const struct import_settings *s)
{
    struct ind_error *err = &tool->error;
    struct ind_import from;
    struct target target = {0};
    if (ind_import_open(&from, (const char *const *)tool->operands, tool->operand_count, &s->import,
                        stopped, err) != IND_OK)
        return IND_FAILED;
    for (size_t i = 0; i < from.note_count; i++)
        ind_tool_warn(tool, "%s", from.notes[i]);
    int status = print_epochs(tool, &from, s->dry, err);
    if (status == IND_OK && !s->dry)
        status = write_all(s, &from, &target, err);
    if (status == IND_OK)
        ind_tool_warn(tool, "%s", from.summary);
    target_release(&target);
    ind_import_close(&from);
    return status;
}

static int run(struct ind_tool *tool, struct import_settings *s)
{
    struct ind_error *err = &tool->error;
    if (!s->out && !s->dry)
        return ind_fail(err, "no run to make: -o RUN names it");
    if (import_settle(s, err) != IND_OK || (!s->dry && check_output(s->out, err) != IND_OK))
        return IND_FAILED;
    return import_all(tool, s);
}

int main(int argc, char **argv)
{
    struct import_settings s = {.position = -1, .norm = -1};
    struct ind_tool tool;
    ind_tool_start(&tool, &IMPORT_ABOUT, IMPORT_OPTIONS, &s, argc, argv);
    int status = run(&tool, &s);
    free(s.epochs);
    return ind_tool_finish(&tool, status);
}
