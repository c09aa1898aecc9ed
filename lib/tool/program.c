/*
 * The driver of analyses: from the command line to the table.
 */
#include <induct/tool/analysis.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/tool/stop.h>

#include "tool/choices.h"
#include "tool/kept.h"

/* ---- Which table is asked for ---------------------------------------------------------------- */

/* The one whose option was given, else the one without an option. Ends the process when two
 * were. */
static const struct ind_analysis *choose(const struct ind_program *program,
                                         const struct ind_tool *tool)
{
    const struct ind_analysis *chosen = NULL, *plain = NULL;
    for (int i = 0; program->analyses[i]; i++) {
        const struct ind_analysis *analysis = program->analyses[i];
        if (analysis->option == NULL)
            plain = analysis;
        else if (ind_tool_given(tool, analysis->option) && chosen != NULL)
            ind_tool_usage(tool, "--%s and --%s are tables of their own: say one", chosen->option,
                           analysis->option);
        else if (ind_tool_given(tool, analysis->option))
            chosen = analysis;
    }
    return chosen != NULL ? chosen : plain;
}

/* ---- --help ---------------------------------------------------------------------------------- */

static void describe(FILE *stream, const void *context)
{
    const struct ind_program *program = context;
    for (int i = 0; program->analyses[i]; i++) {
        const struct ind_analysis *analysis = program->analyses[i];
        if (analysis->fields != NULL && analysis->option != NULL)
            fprintf(stream, "\nColumns with --%s:\n", analysis->option);
        else if (analysis->fields != NULL)
            fprintf(stream, "\nColumns:\n");
        if (analysis->fields != NULL)
            ind_fields_describe(analysis->fields, stream);
        if (analysis->details != NULL)
            fprintf(stream, "\n%s\n", analysis->details);
    }
}

static struct ind_about complete_about(const struct ind_program *program)
{
    struct ind_about about = program->about;
    about.operand = IND_OPERAND_RUNS;
    about.epochs = !program->own_epochs;
    about.table = true;
    about.more = describe;
    about.context = program;
    for (int i = 0; program->analyses[i]; i++)
        if (program->analyses[i]->list != NULL)
            about.no_run = program->analyses[i]->option;
    return about;
}

/* ---- One run --------------------------------------------------------------------------------- */

/* What all runs of one call share. */
struct call {
    struct ind_tool *tool;
    const struct ind_analysis *analysis;
    const void *settings;
    const struct ind_choices *choices;
    bool several;           /* runs */
    struct ind_form form;   /* the first run's, which the table is made of */
    struct ind_table table; /* open once there is a form */
    struct ind_kept kept;   /* with --continue */
};

void ind_put(const struct ind_visit *at, const void *row)
{
    ind_form_put(&at->study->form, at->study->run, row, at->rows);
}

int ind_parts_periods(const struct ind_study *study)
{
    return study->sample.count;
}

int ind_parts_heads(const struct ind_study *study)
{
    return study->heads.count;
}

int ind_arms_start(void *worker, const struct ind_study *study, struct ind_error *err)
{
    return ind_arms_init(worker, &study->sample, study->config, err);
}

void ind_arms_end(void *worker)
{
    ind_arms_release(worker);
}

int ind_parts_spare(const struct ind_study *study, int things)
{
    const int spare = study->tool->threads / study->count;
    return spare < 2 ? 1 : spare < things ? spare : things;
}

int ind_threads_spare(const struct ind_study *study)
{
    const struct ind_analysis *analysis = study->analysis;
    const int parts = analysis->parts != NULL ? analysis->parts(study) : 1;
    const int spare = study->tool->threads / (study->count * parts);
    return spare < 1 ? 1 : spare;
}

static int worker_start(void *worker, const struct ind_series *series, void *context,
                        struct ind_error *err)
{
    const struct ind_study *study = context;
    (void)series;
    return study->analysis->start == NULL ? IND_OK : study->analysis->start(worker, study, err);
}

static int visit(void *worker, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    const struct ind_study *study = context;
    struct ind_visit at = *visit;
    at.study = study;
    if (study->analysis->parts == ind_parts_periods)
        at.data = &study->sample.data[at.part];
    return study->analysis->visit(worker, study, &at, err);
}

/* What is made of all checkpoints together, when the walk is over, must have them all. */
static int walk(struct call *call, struct ind_study *study, struct ind_table *table)
{
    const bool strict = call->choices->strict;
    const struct ind_analysis *analysis = study->analysis;
    const struct ind_walk walk = {
        .noun = analysis->noun != NULL ? analysis->noun : "checkpoints",
        .context = study,
        .worker_size = analysis->worker_size,
        .worker_init = worker_start,
        .worker_release = analysis->end,
        .visit = visit,
        .parts = analysis->parts != NULL ? analysis->parts(study) : 1,
        .at_once = analysis->at_once != NULL ? analysis->at_once(study) : 0,
        .together = analysis->together,
        .kept = call->choices->go_on && table != NULL ? &call->kept : NULL,
        .pass_over = !strict && analysis->finish == NULL};
    return ind_walk_run(study->tool, study->series, &walk, table);
}

/* The first run's columns make the table; those of another must be the same. */
static int open_table(struct call *call, struct ind_study *study, struct ind_error *err)
{
    const struct ind_form *first = &call->form, *form = &study->form;
    if (first->columns != NULL) {
        bool same = first->column_count == form->column_count;
        for (int c = 0; same && c < form->column_count; c++)
            same = strcmp(first->names[c], form->names[c]) == 0;
        return same ? IND_OK
                    : ind_fail(err, "its columns are not those of the first run: its model has "
                                    "another shape");
    }
    if (ind_form_init(&call->form, call->analysis->fields, call->settings, call->analysis->family,
                      study, call->several, err))
        return IND_FAILED;
    if (call->choices->go_on &&
        ind_kept_open(&call->kept, call->tool, &call->form,
                      call->analysis->key != NULL ? call->analysis->key : "epoch", err))
        return IND_FAILED;
    return ind_tool_table(call->tool, &call->table, call->form.columns, call->form.column_count);
}

static int work(struct call *call, struct ind_study *study)
{
    const struct ind_analysis *analysis = call->analysis;
    struct ind_error *err = &call->tool->error;
    struct ind_table *table = NULL;
    if (ind_form_init(&study->form, analysis->fields, call->settings, analysis->family, study,
                      call->several, err))
        return IND_FAILED;
    if (analysis->prints == NULL || analysis->prints(call->settings)) {
        table = &call->table;
        if (open_table(call, study, err))
            return IND_FAILED;
    }
    if (analysis->act != NULL)
        return analysis->act(study, table, err);
    ind_kept_begin(&call->kept, study->run);
    const int status = walk(call, study, table);
    return status == IND_OK && analysis->finish != NULL ? analysis->finish(study, err) : status;
}

static int prepare(struct ind_study *study, struct ind_error *err)
{
    const struct ind_analysis *analysis = study->analysis;
    if (ind_alloc_into(&study->shared, 1, analysis->shared_size, err))
        return IND_FAILED;
    if (analysis->prepare != NULL && analysis->prepare(study->shared, study, err))
        return IND_FAILED;
    return IND_OK;
}

static void study_release(struct ind_study *study)
{
    if (study->shared != NULL && study->analysis->release != NULL)
        study->analysis->release(study->shared);
    free(study->shared);
    free(study->indices);
    ind_heads_release(&study->heads);
    ind_sample_release(&study->sample);
    ind_form_release(&study->form);
}

static int study_run(struct call *call, const char *path)
{
    struct ind_tool *tool = call->tool;
    struct ind_series series;
    struct ind_study study = {.tool = tool,
                              .analysis = call->analysis,
                              .settings = call->settings,
                              .run = path,
                              .series = &series};
    if (ind_tool_series_of(tool, path, &series))
        return IND_FAILED;
    study.config = &series.layout.config;
    if (tool->epochs.text == NULL)
        tool->epochs.text = call->analysis->epochs;
    int status = ind_choices_apply(call->choices, &study, &tool->error);
    if (status == IND_OK)
        status = ind_walk_select(tool, &series, &study.indices, &study.count, &tool->error);
    if (status == IND_OK)
        status = prepare(&study, &tool->error);
    if (status == IND_OK)
        ind_choices_note_unknown(call->choices, &study);
    if (status == IND_OK)
        status = work(call, &study);
    study_release(&study);
    ind_series_close(&series);
    return status;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int list(struct call *call)
{
    struct ind_tool *tool = call->tool;
    const struct ind_analysis *analysis = call->analysis;
    struct ind_study study = {.tool = tool, .analysis = analysis, .settings = call->settings};
    struct ind_rows rows = {0};
    int status = ind_form_init(&study.form, analysis->fields, call->settings, NULL, NULL, false,
                               &tool->error);
    if (status == IND_OK)
        status = analysis->list(&study, &rows, &tool->error);
    if (status == IND_OK)
        status = ind_tool_table(tool, &call->table, study.form.columns, study.form.column_count);
    if (status == IND_OK)
        status = ind_table_write(&call->table, &rows, &tool->error);
    ind_rows_release(&rows);
    ind_form_release(&study.form);
    return status;
}

/* All runs can be read, as far as can be seen from their folders: found out before the first
 * row. */
static int look_at_all(struct ind_tool *tool)
{
    for (int i = 0; i < tool->operand_count; i++) {
        struct ind_series series;
        if (ind_series_open(&series, tool->operands[i], &tool->error))
            return IND_FAILED;
        ind_series_close(&series);
    }
    return IND_OK;
}

static int run_all(struct call *call)
{
    struct ind_tool *tool = call->tool;
    const int count = tool->operand_count;
    int status = IND_OK;
    if (call->analysis->list != NULL)
        return list(call);
    if (count > 1 && look_at_all(tool))
        return IND_FAILED;
    if (count == 0)
        status = study_run(call, tool->run);
    for (int i = 0; i < count && status == IND_OK; i++) {
        status = study_run(call, tool->operands[i]);
        tool->partial |= i > 0 && ind_stop_signal() != 0; /* the runs before */
    }
    return status;
}

int ind_program_run(const struct ind_program *program, void *settings, int argc, char **argv)
{
    struct ind_choices choices;
    struct ind_tool tool;
    const struct ind_about about = complete_about(program);
    ind_choices_init(&choices, program);
    const struct ind_option_group groups[] = {
        {program->options != NULL ? program->options : choices.options + IND_CHOICES_MOST,
         settings},
        {choices.options, &choices}};
    ind_tool_start_groups(&tool, &about, groups, 2, argc, argv);
    struct call call = {.tool = &tool,
                        .analysis = choose(program, &tool),
                        .settings = settings,
                        .choices = &choices,
                        .several = tool.operand_count > 1};
    ind_choices_check(&choices, program, call.analysis, &tool);
    if (program->check != NULL)
        program->check(&tool, settings);
    const int status = run_all(&call);
    ind_form_release(&call.form);
    ind_kept_release(&call.kept);
    ind_choices_release(&choices, program, settings);
    return ind_tool_finish(&tool, status);
}
