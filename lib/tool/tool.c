#include <induct/tool/tool.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/base/version.h>
#include <induct/math/blas.h>
#include <induct/math/simd.h>
#include <induct/tool/quote.h>
#include <induct/tool/stop.h>

#include "tool/find.h"
#include "tool/number.h"
#include "tool/option.h"
#include "tool/output.h"
#include "tool/provenance.h"
#include "tool/say.h"
#include "tool/view.h"

/* As nproc counts: OMP_NUM_THREADS if it is a number, else what this process may run on. */
static int default_threads(void)
{
    long wished;
    const char *named = getenv("OMP_NUM_THREADS");
    if (named && ind_number_long(named, &wished, NULL) == IND_OK && wished >= 1 && wished <= 1024)
        return (int)wished;
    return ind_system_processors();
}

static int choose_run(struct ind_tool *tool)
{
    if (tool->about.operand != IND_OPERAND_RUN && tool->about.operand != IND_OPERAND_RUNS)
        return IND_OK;
    if (tool->about.no_run && ind_tool_given(tool, tool->about.no_run) && tool->operand_count == 0)
        return IND_OK;
    if (tool->operand_count > 0) {
        tool->run = strdup(tool->operands[0]);
        return tool->run ? IND_OK : ind_fail(&tool->error, "out of memory");
    }
    const char *why;
    if (ind_run_find(&tool->run, &why, &tool->error) != IND_OK)
        return IND_FAILED;
    ind_tool_warn(tool, "run %s (%s)", tool->run, why);
    return IND_OK;
}

/* Puts program and operands before the options that parsing has left in tool->command. */
static int complete_command(struct ind_tool *tool)
{
    char *options = tool->command;
    size_t size;
    FILE *stream = ind_text_open(&tool->command, &size);
    if (!stream) {
        tool->command = options;
        return ind_fail(&tool->error, "out of memory");
    }
    fputs(tool->about.name, stream);
    if (tool->run && tool->operand_count == 0) {
        fputc(' ', stream);
        ind_shell_quote(stream, tool->run);
    }
    for (int i = 0; i < tool->operand_count; i++) {
        fputc(' ', stream);
        ind_shell_quote(stream, tool->operands[i]);
    }
    fputs(options, stream);
    free(options);
    return ind_text_close(stream, &tool->command) ? IND_OK : ind_fail(&tool->error, IND_NO_MEMORY);
}

/* OpenBLAS starts its helpers before main(); one that finds no room for its 32 MB looks for it for
 * ever, and who ends the helpers waits for ever. Where address space is limited, the program begins
 * again without them: they are never used. */
static void begin_without_helpers(char **argv)
{
    static const char *const variable = "OPENBLAS_NUM_THREADS";
    struct rlimit space;
    char *self;
    if (getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur == RLIM_INFINITY || getenv(variable) ||
        setenv(variable, "1", 1) != 0 || ind_system_program(&self, NULL) != IND_OK)
        return;
    execv(self, argv);
    free(self);
}

void ind_tool_start_groups(struct ind_tool *tool, const struct ind_about *about,
                           const struct ind_option_group *groups, int count, int argc, char **argv)
{
    memset(tool, 0, sizeof *tool);
    tool->about = *about;
    tool->threads = default_threads();
    ind_output_guard_standard_streams();
    begin_without_helpers(argv);
    ind_blas_init();
    if (ind_simd_init(&tool->error) != IND_OK) {
        ind_say(tool, tool->error.text);
        exit(EX_USAGE);
    }
    ind_options_parse(tool, groups, count, argc, argv);
    ind_stop_install();
    if (choose_run(tool) != IND_OK || complete_command(tool) != IND_OK ||
        ind_output_open(tool, &tool->error) != IND_OK)
        exit(ind_tool_finish(tool, IND_FAILED));
}

void ind_tool_start(struct ind_tool *tool, const struct ind_about *about,
                    const struct ind_option *options, void *values, int argc, char **argv)
{
    const struct ind_option_group group = {options, values};
    ind_tool_start_groups(tool, about, &group, options ? 1 : 0, argc, argv);
}

char *ind_tool_run_name(const struct ind_tool *tool)
{
    return ind_path_name(tool->run);
}

int ind_tool_series_of(struct ind_tool *tool, const char *path, struct ind_series *series)
{
    if (ind_series_open(series, path, &tool->error) != IND_OK)
        return IND_FAILED;
    char *replayed;
    if (ind_replay_text(&series->recipe, &replayed, &tool->error) != IND_OK) {
        ind_series_close(series);
        return IND_FAILED;
    }
    if (replayed)
        ind_tool_warn(tool, "%s: interventions of its training are replayed: %s", path, replayed);
    free(replayed);
    if (series->layout.config.smear)
        ind_tool_warn(tool,
                      "%s: its keys are smeared, k_i <- (1-a) k_i + a k_{i-1}: passes are run so; "
                      "what is computed from W_Q and W_K alone is of a key's own position",
                      path);
    return IND_OK;
}

int ind_tool_series(struct ind_tool *tool, struct ind_series *series)
{
    return ind_tool_series_of(tool, tool->run, series);
}

int ind_tool_table(struct ind_tool *tool, struct ind_table *table, const struct ind_column *columns,
                   int count)
{
    *table = (struct ind_table){tool->stream, tool->format, columns, count, NULL, NULL};
    int too_wide;
    if (ind_view_choose(tool, table, &too_wide, &tool->error) != IND_OK)
        return IND_FAILED;
    if (too_wide > 0)
        ind_tool_warn(tool,
                      "%d columns are wider than the terminal: --columns LIST shows some, as "
                      "epoch,head,'*_lo'",
                      too_wide);
    if (ind_table_begin(table, tool->about.name, ind_version(), tool->command, &tool->error) ==
        IND_OK)
        return IND_OK;
    return tool->output ? ind_error_context(&tool->error, "%s", tool->output) : IND_FAILED;
}

/* What was passed over is told once more, so that it is not lost above a progress line. */
static int count_passed_over(struct ind_tool *tool)
{
    return ind_fail(&tool->error, "%d checkpoint%s passed over", tool->passed_over,
                    tool->passed_over > 1 ? "s were" : " was");
}

/* A file that takes its name says, or has beside it, what made it. */
static int commit(struct ind_tool *tool, struct ind_error *err)
{
    const bool is_file = tool->file.path != NULL;
    if (ind_output_commit(tool, err) != IND_OK)
        return IND_FAILED;
    return is_file ? ind_provenance_write(tool, err) : IND_OK;
}

static int close_output(struct ind_tool *tool, int status)
{
    struct ind_error err;
    if (status == IND_OK)
        return commit(tool, &tool->error);
    if (!tool->partial)
        ind_output_discard(tool);
    else if (commit(tool, &err) != IND_OK)
        ind_say(tool, err.text);
    return status;
}

/* A whole file is there if and only if the status is 0: the signal may have come when all work was
 * done. */
static int refuse_interrupted(struct ind_tool *tool)
{
    if (!tool->file.path || ind_stop_status() <= 128)
        return IND_OK;
    return ind_fail(&tool->error, "interrupted: %s is left as it was", tool->output);
}

int ind_tool_finish(struct ind_tool *tool, int status)
{
    if (status == IND_OK)
        status = refuse_interrupted(tool);
    if (status == IND_OK && tool->passed_over > 0)
        status = count_passed_over(tool);
    status = close_output(tool, status);
    if (status != IND_OK)
        ind_say(tool, tool->error.text);
    free(tool->command);
    free(tool->run);
    free(tool->operands);
    free(tool->given);
    free(tool->hidden);
    free(tool->widths);
    tool->hidden = NULL;
    tool->widths = NULL;
    tool->given = NULL;
    tool->command = tool->run = NULL;
    tool->operands = NULL;
    /* one that has failed is not started again for it */
    if (ind_stop_status() && (status == IND_OK || ind_stop_status() != EX_TEMPFAIL))
        return ind_stop_status();
    return status == IND_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

void ind_tool_leave(struct ind_tool *tool)
{
    _exit(ind_tool_finish(tool, IND_FAILED));
}
