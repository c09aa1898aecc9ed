/*
 * A plan on a cluster: a job array for each depth of branching, submitted by sbatch. Slurm does the
 * rest; the folders say what became of it, and a sweep that is submitted again submits what is not
 * done.
 *
 * A task runs its share of the manifest, one run after another, in the background of a shell that
 * hands a signal on as a TERM. After a USR1 or USR2 (time is nearly up), or where a run itself was
 * told so and ended with 75, the job asks to be queued again. Not after a TERM: that is scancel's,
 * or of Slurm which will queue the job again by itself, and a job that came back could not be
 * stopped. It comes to run and shell alike, so that the shell waits for its own before it asks.
 */
#include "act.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>
#include <induct/base/system.h>
#include <induct/tool/child.h>
#include <induct/tool/quote.h>

#include "folder.h"

/* The runs of one depth that are not done: their numbers in the manifest. */
struct wave {
    int *numbers, count;
};

static int gather(const struct plan *plan, int depth, struct wave *wave, struct ind_error *err)
{
    *wave = (struct wave){0};
    if (ind_alloc_into(&wave->numbers, (size_t)plan->count, sizeof *wave->numbers, err))
        return IND_FAILED;
    for (int i = 0; i < plan->count; i++) {
        struct look look;
        if (plan->entries[i].depth != depth)
            continue;
        folder_look(&plan->entries[i], &look);
        if (look.standing != DONE)
            wave->numbers[wave->count++] = i + 1;
    }
    return IND_OK;
}

static void write_head(FILE *stream, const struct plan *plan, const struct slurm *slurm, int tasks)
{
    fprintf(stream, "#!/bin/bash\n#SBATCH --job-name=induct-sweep\n#SBATCH --array=0-%d",
            tasks - 1);
    if (slurm->at_once)
        fprintf(stream, "%%%d", slurm->at_once);
    fprintf(stream, "\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=%d\n", slurm->threads);
    fputs("#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --signal=B:USR1@60\n", stream);
    fprintf(stream, "#SBATCH --output=%s/slurm/%%A_%%a.log\n", plan->folder);
}

static void write_body(FILE *stream, const struct slurm *slurm, const char *self,
                       const char *manifest)
{
    fputs("again=0 cancelled= pid=\n"
          "stop() { again=75; [[ -z $pid ]] || kill -TERM \"$pid\" 2>/dev/null; }\n"
          "trap stop USR1 USR2\n"
          "trap 'cancelled=1; stop' TERM\n",
          stream);
    fprintf(stream,
            "for ((i = SLURM_ARRAY_TASK_ID * %d; i < (SLURM_ARRAY_TASK_ID + 1) * %d; i++)); do\n"
            "    [[ $i -lt ${#runs[@]} && $again -eq 0 ]] || break\n    ",
            slurm->pack, slurm->pack);
    ind_shell_quote(stream, self);
    fputs(" task --threads \"${SLURM_CPUS_PER_TASK:-1}\" ", stream);
    ind_shell_quote(stream, manifest);
    fputs(" \"${runs[i]}\" &\n"
          "    pid=$!\n"
          "    wait \"$pid\"; status=$?\n"
          "    while kill -0 \"$pid\" 2>/dev/null; do wait \"$pid\"; status=$?; done # a signal "
          "ends a wait\n"
          "    pid=\n"
          "    [[ $status -eq 0 || $status -eq 75 ]] || failed=1\n"
          "    [[ $status -ne 75 ]] || again=75\n"
          "done\n"
          "[[ $again -ne 75 ]] || sleep 1 # a TERM of scancel comes to the run, and to this shell\n"
          "[[ -z $cancelled ]] || exit 143\n"
          "if [[ $again -eq 75 ]]; then\n"
          "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\" && sleep 60\n"
          "    exit 75\n"
          "fi\n"
          "exit \"${failed:-0}\"\n",
          stream);
}

/* The script of one wave; NULL without memory. Freed with free(). */
static char *write_script(const struct plan *plan, const char *manifest, const struct slurm *slurm,
                          const struct wave *wave, struct ind_error *err)
{
    char *text = NULL, *self;
    size_t size;
    if (ind_system_program(&self, err) != IND_OK)
        return NULL;
    FILE *stream = ind_text_open(&text, &size);
    if (stream) {
        write_head(stream, plan, slurm, (wave->count + slurm->pack - 1) / slurm->pack);
        fputs("runs=(", stream);
        for (int i = 0; i < wave->count; i++)
            fprintf(stream, "%s%d", i ? " " : "", wave->numbers[i]);
        fputs(") # lines of the manifest\n", stream);
        write_body(stream, slurm, self, manifest);
    }
    free(self);
    if (ind_text_close(stream, &text))
        return text;
    ind_fail(err, "out of memory");
    return NULL;
}

/* Submits the script, after the job `after` ("" = at once), whose place the new one's number
 * takes. */
static int submit(const char *script, char after[32], struct ind_error *err)
{
    char *dependency = ind_text("--dependency=afterany:%s", after);
    const char *const argv[] = {"sbatch", "--parsable", script, NULL};
    const char *const later[] = {"sbatch", "--parsable", dependency, script, NULL};
    struct ind_child child;
    char line[32] = "";
    int status = dependency
                     ? ind_child_start(&child, (char *const *)(*after ? later : argv), true, err)
                     : ind_fail(err, "out of memory");
    free(dependency);
    if (status)
        return IND_FAILED;
    const bool said = fgets(line, sizeof line, child.output) != NULL;
    if (ind_child_wait(&child, err))
        return IND_FAILED;
    line[strcspn(line, ";\n")] = '\0';
    if (!said || *line == '\0')
        return ind_fail(err, "sbatch has named no job");
    snprintf(after, 32, "%s", line);
    return IND_OK;
}

static int submit_wave(const struct plan *plan, const char *text, int depth, char job[32],
                       struct ind_error *err)
{
    char *path = ind_text("%s/slurm/depth%d.sbatch", plan->folder, depth);
    char *folder = ind_text("%s/slurm", plan->folder);
    int status =
        path && folder ? ind_folder_make(folder, false, err) : ind_fail(err, "out of memory");
    if (status == IND_OK)
        status = ind_file_write(path, text, strlen(text), false, err);
    if (status == IND_OK)
        status = submit(path, job, err);
    free(path);
    free(folder);
    return status;
}

int slurm_submit(const struct plan *plan, const char *manifest, const struct slurm *slurm,
                 FILE *stream, struct ind_error *err)
{
    char job[32] = "";
    int deepest = 0, status = IND_OK;
    for (int i = 0; i < plan->count; i++)
        deepest = plan->entries[i].depth > deepest ? plan->entries[i].depth : deepest;
    for (int depth = 0; depth <= deepest && status == IND_OK; depth++) {
        struct wave wave;
        status = gather(plan, depth, &wave, err);
        char *text =
            status == IND_OK && wave.count ? write_script(plan, manifest, slurm, &wave, err) : NULL;
        if (status == IND_OK && wave.count && !text)
            status = IND_FAILED;
        if (text && slurm->dry_run)
            fputs(text, stream);
        else if (text && (status = submit_wave(plan, text, depth, job, err)) == IND_OK)
            fprintf(stream, "%s\t%d\n", job, wave.count);
        free(text);
        free(wave.numbers);
    }
    return status;
}
