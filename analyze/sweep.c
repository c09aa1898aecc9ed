/*
 * induct-sweep: seeds x arms x branches, as many runs at once as there are processors.
 */
#include <stdlib.h>
#include <string.h>
#include <signal.h>

#include <induct/base/file.h>
#include <induct/base/system.h>
#include <induct/tool/field.h>
#include <induct/tool/stop.h>

#include "sweep/act.h"
#include "sweep/folder.h"

struct settings {
    const char *lines, *folder, *then, *hosts;
    struct choice choice;
    int jobs, pack;
    bool dry_run, slurm;
};

/* ---- status ---------------------------------------------------------------------------------- */

struct row {
    const char *run, *arm, *status, *reason;
    int seed;
    long epoch, epochs;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, run, "its folder"),
    IND_FIELD(struct row, arm, "and what it was made of"),
    IND_FIELD(struct row, seed, "likewise"),
    IND_FIELD(struct row, status,
              "done; running: somebody holds its lock; failed; to_do: not begun, or stopped"),
    IND_FIELD(struct row, epoch, "of its last logged row; -1: none"),
    IND_FIELD(struct row, epochs, "the last that it is to have"),
    IND_FIELD(struct row, reason, "why it failed, or what it waits for"),
    {0}};

static void count_up(const struct plan *plan, char *text, size_t room)
{
    int counts[4] = {0};
    for (int i = 0; i < plan->count; i++) {
        struct look look;
        folder_look(&plan->entries[i], &look);
        counts[look.standing]++;
    }
    snprintf(text, room, "%d runs: %d done, %d running, %d failed, %d to do", plan->count,
             counts[DONE], counts[RUNNING], counts[FAILED], counts[TO_DO]);
}

static void say_counts(const struct ind_tool *tool, const struct plan *plan)
{
    char text[120];
    count_up(plan, text, sizeof text);
    ind_tool_warn(tool, "%s", text);
}

static int print_status(struct ind_tool *tool, const struct plan *plan)
{
    struct ind_table table;
    struct ind_rows rows = {0};
    struct ind_form form;
    if (ind_form_init(&form, fields, NULL, NULL, NULL, false, &tool->error))
        return IND_FAILED;
    for (int i = 0; i < plan->count; i++) {
        const struct entry *entry = &plan->entries[i];
        struct look look;
        folder_look(entry, &look);
        const struct row row = {.run = entry->run,
                                .arm = entry->arm,
                                .seed = entry->seed,
                                .status = standing_name(look.standing),
                                .epoch = look.epoch,
                                .epochs = entry->epochs,
                                .reason = look.reason};
        ind_form_put(&form, NULL, &row, &rows);
    }
    int status = ind_tool_table(tool, &table, form.columns, form.column_count);
    if (status == IND_OK)
        status = ind_table_write(&table, &rows, &tool->error);
    ind_rows_release(&rows);
    ind_form_release(&form);
    say_counts(tool, plan);
    return status;
}

/* ---- run ------------------------------------------------------------------------------------- */

/* One line for each run that failed. */
static void say_failures(const struct ind_tool *tool, const struct plan *plan)
{
    for (int i = 0; i < plan->count; i++) {
        struct look look;
        folder_look(&plan->entries[i], &look);
        if (look.standing == FAILED)
            ind_tool_warn(tool, "%s", look.reason);
    }
}

static int submit(struct ind_tool *tool, const struct settings *s, const struct plan *plan)
{
    const struct slurm slurm = {.pack = s->pack,
                                .threads = ind_tool_given(tool, "threads") ? tool->threads : 1,
                                .at_once = s->jobs,
                                .dry_run = s->dry_run};
    char *manifest = NULL;
    int status = s->dry_run ? IND_OK : plan_write(plan, &manifest, &tool->error);
    if (status == IND_OK && !manifest)
        manifest = ind_text("%s/manifest.tsv", plan->folder);
    if (status == IND_OK)
        status = slurm_submit(plan, manifest, &slurm, tool->stream, &tool->error);
    free(manifest);
    return status;
}

static int carry_out(struct ind_tool *tool, const struct settings *s, const struct plan *plan)
{
    const struct local local = {
        .jobs = s->jobs ? s->jobs : tool->threads, .hosts = s->hosts, .quiet = tool->quiet};
    char *manifest = NULL;
    bool finished = false;
    int status = plan_write(plan, &manifest, &tool->error);
    if (status == IND_OK)
        status = local_run(plan, manifest, &local, &finished, &tool->error);
    free(manifest);
    if (status)
        return IND_FAILED;
    say_counts(tool, plan);
    say_failures(tool, plan);
    if (finished || ind_stop_signal())
        return IND_OK;
    return ind_fail(&tool->error, "not all runs are done: induct-sweep status says which");
}

/* ---- The command line ------------------------------------------------------------------------ */

enum verb { RUN, STATUS, TASK };

/* The hidden verb of parallel and sbatch: task MANIFEST NUMBER. Ends with the task's status. */
static int run_task(struct ind_tool *tool)
{
    char *end;
    const long number = tool->operand_count == 3 ? strtol(tool->operands[2], &end, 10) : 0;
    if (number < 1 || *end)
        ind_tool_usage(tool, "task takes a manifest and a number");
    ind_system_end_with_parent(
        SIGTERM); /* whoever started it is gone: nobody would know of its end */
    const int status = task_run(tool->operands[1], number, tool->threads, &tool->error);
    if (status == TO_BE_REQUEUED) {
        ind_tool_finish(tool, IND_OK);
        return status;
    }
    return ind_tool_finish(tool, status ? IND_FAILED : IND_OK);
}

static enum verb take_verb(struct ind_tool *tool, const struct settings *s, const char **file)
{
    static const char *const verbs[] = {"run", "status", "task"};
    enum verb verb = RUN;
    int used = 0;
    for (int v = 0; v < 3 && tool->operand_count > 0; v++) {
        if (used == 0 && strcmp(tool->operands[0], verbs[v]) == 0) {
            verb = (enum verb)v;
            used = 1;
        }
    }
    if (verb == TASK)
        return verb;
    if (tool->operand_count - used != (s->lines ? 0 : 1))
        ind_tool_usage(tool, s->lines
                                 ? "--lines stands in place of a file"
                                 : "which sweep? induct-sweep [status] FILE (or status FOLDER)");
    *file = s->lines ? NULL : tool->operands[used];
    return verb;
}

/* A sweep's folder tells what was wanted by its manifest. */
static int status_of_folder(struct ind_tool *tool, const struct settings *s, const char *folder)
{
    struct plan plan = {0};
    if (s->choice.seeds.count > 0 || s->choice.arms || s->folder)
        ind_tool_usage(tool, "status of a folder is of all its runs: no --seeds, --arms, --folder");
    int status = plan_read(&plan, folder, &tool->error);
    if (status == IND_OK)
        status = print_status(tool, &plan);
    plan_release(&plan);
    return status;
}

static int run(struct ind_tool *tool, const struct settings *s, enum verb verb, const char *file)
{
    if (verb == STATUS && file && ind_is_folder(file))
        return status_of_folder(tool, s, file);
    struct spec spec = {0};
    struct plan plan = {0};
    int status =
        file ? spec_read(&spec, file, &tool->error)
             : spec_read_text(&spec, s->lines, s->folder ? s->folder : "runs/sweep", &tool->error);
    if (status == IND_OK && file && s->folder) {
        free(spec.folder);
        spec.folder = strdup(s->folder);
    }
    if (status == IND_OK)
        status = plan_make(&plan, &spec, &s->choice, s->then, &tool->error);
    if (status == IND_OK && verb == STATUS)
        status = print_status(tool, &plan);
    else if (status == IND_OK && s->slurm)
        status = submit(tool, s, &plan);
    else if (status == IND_OK && s->dry_run)
        status = plan_print(&plan, tool->stream, tool->format, &tool->error);
    else if (status == IND_OK)
        status = carry_out(tool, s, &plan);
    plan_release(&plan);
    spec_release(&spec);
    return status;
}

static const struct ind_option options[] = {
    {IND_OPTION("folder", struct settings, folder), .arg = "FOLDER",
     .help = "where the runs lie, in place of what the file says"},
    {IND_OPTION("lines", struct settings, lines), .arg = "TEXT",
     .help = "the file's lines, typed: 'seeds 0:3; epochs 2000; options --preset 2L-varied'"},
    {IND_OPTION("seeds", struct settings, choice.seeds), .arg = "LIST",
     .help = "only runs of these seeds"},
    {IND_OPTION("arms", struct settings, choice.arms), .arg = "LIST", .help = "only these arms"},
    {IND_OPTION("then", struct settings, then), .arg = "COMMAND",
     .help = "a step for every run once it is trained: 'induct-score {run} -o "
             "{run}/tables/scores.tsv'"},
    {IND_OPTION("jobs", struct settings, jobs), .key = 'j', .arg = "N",
     .help = "runs at once, of one thread each (default: as many as processors)", .minimum = 1,
     .maximum = 4096},
    {IND_OPTION("sshlogin", struct settings, hosts), .arg = "LIST",
     .help = "machines that see this folder, as GNU parallel takes them: 2/a,4/b (: is this one)"},
    {IND_OPTION("slurm", struct settings, slurm),
     .help = "submit to Slurm: a job array, -j tasks of it at once, --threads N a task"},
    {IND_OPTION("pack", struct settings, pack), .arg = "N",
     .help = "runs a task, one after another (1): for runs that take less than minutes",
     .minimum = 1, .maximum = 1e6, .with = "slurm"},
    {IND_OPTION("dry-run", struct settings, dry_run),
     .help = "print the manifest (with --slurm, the scripts) and begin nothing"},
    {0}};

static void describe(FILE *stream, const void *context)
{
    (void)context;
    fputs("\nA sweep is a text of lines, each a word and what it says:\n"
          "  folder FOLDER       where the runs lie (runs/NAME, of NAME.sweep)\n"
          "  name NAME           of a run's folder in it ({arm}-seed{seed}-{hash})\n"
          "  seeds LIST          0:7; of every arm, unless it says others\n"
          "  epochs N            likewise\n"
          "  options ...         of induct-train, before the arm's own; not of branches\n"
          "  then COMMAND        a step for each run once it is trained\n"
          "  together N          all arms of N seeds before those of the next N\n"
          "  arm NAME            the lines that follow are this arm's\n"
          "  from ARM@EPOCH      it branches from that arm's run of the same seed; also from\n"
          "                      a folder: old/seed{seed}@20000\n"
          "  folder FOLDER       one run's, old/seed{seed}: what is there is gone on with\n"
          "  vary --lr .01 .003  an arm for each value\n"
          "# begins a comment, \\ at the end joins lines. {seed}, {arm}, {run}, {parent} and\n"
          "{folder} are replaced; options and steps are the shell's, so \"$(...)\" can look at\n"
          "the parent.\n"
          "\n"
          "The folder of a run is named by arm, seed and a hash of what it is trained by;\n"
          "what is known of it lies in it. A run that is done is left alone, one that was\n"
          "stopped or killed goes on, one that failed is tried again: to go on with a sweep,\n"
          "call it again. FOLDER/manifest.tsv lists the runs, RUN/sweep.log is what they said.\n"
          "\n"
          "With --slurm, sbatch also heeds its own variables: SBATCH_PARTITION,\n"
          "SBATCH_ACCOUNT, SBATCH_QOS, SBATCH_TIMELIMIT, SBATCH_MEM_PER_NODE, .... A task\n"
          "whose time is nearly up (a minute before, by USR1) saves its run and is queued\n"
          "again; FOLDER/slurm holds scripts and logs. A line is printed for each job: its\n"
          "number and how many runs. scancel NUMBER... of all of them stops the sweep: runs\n"
          "are saved, nothing is queued again; induct-sweep --slurm goes on.\n"
          "\n"
          "Exit status: 0 all runs are done (with --slurm, submitted), 1 not all, those that\n"
          "failed named on stderr; 130, 143, 129 stopped by SIGINT, SIGTERM, SIGHUP, runs saved.\n"
          "Of status: 0, whatever the runs are.\n"
          "\n"
          "Columns of status:\n",
          stream);
    ind_fields_describe(fields, stream);
}

int main(int argc, char **argv)
{
    static const struct ind_about about = {
        .name = "induct-sweep",
        .summary = "many runs as one: seeds, arms and branches, trained side by side",
        .more = describe,
        .examples = "induct-sweep study.sweep\n"
                    "induct-sweep status study.sweep\n"
                    "induct-sweep status runs/study\n"
                    "induct-sweep study.sweep --seeds 0:3 --dry-run\n"
                    "induct-sweep --lines 'seeds 0:15; epochs 2000; options --preset 2L-varied'",
        .operand = IND_OPERAND_FILES,
        .syntax = "FILE\nstatus FILE|FOLDER\n--lines=TEXT",
        .no_run = "lines",
        .table = true};
    struct settings s = {.pack = 1};
    struct ind_tool tool;
    const char *file = NULL;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    const enum verb verb = take_verb(&tool, &s, &file);
    if (verb == TASK)
        return run_task(&tool);
    const int status = run(&tool, &s, verb, file);
    ind_ints_release(&s.choice.seeds);
    return ind_tool_finish(&tool, status);
}
