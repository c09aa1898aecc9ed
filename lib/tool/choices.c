#include "tool/choices.h"

#include <stdio.h>
#include <string.h>

#include <induct/math/blas.h>
#include <induct/math/simd.h>

enum { RESAMPLES = 1000, SEQUENCES_MOST = 1000000, RESAMPLES_MOST = 10000, PERIOD_MOST = 65536 };

static bool takes_list(const struct ind_takes *takes)
{
    return takes->periods > IND_PERIOD;
}

/* Does the analysis take the shared option of this name? */
static bool takes_option(const struct ind_takes *takes, const char *name)
{
    if (strcmp(name, "heads") == 0)
        return takes->heads != IND_HEADS_NOT;
    if (strcmp(name, "period") == 0)
        return takes->periods == IND_PERIOD;
    if (strcmp(name, "periods") == 0)
        return takes_list(takes);
    if (strcmp(name, "ood") == 0)
        return takes->periods == IND_PERIODS_TRAINED;
    if (strcmp(name, "sequences") == 0)
        return takes->sequences;
    if (strcmp(name, "no-fold") == 0)
        return takes->fold;
    return strcmp(name, "resamples") == 0 && takes->resamples;
}

/* The first analysis of the program that takes the option; NULL if none does. */
static const struct ind_analysis *taker(const struct ind_program *program, const char *name)
{
    for (int i = 0; program->analyses[i]; i++)
        if (takes_option(&program->analyses[i]->takes, name))
            return program->analyses[i];
    return NULL;
}

/* ---- The table of options -------------------------------------------------------------------- */

static const char *periods_help(enum ind_periods_taken taken)
{
    switch (taken) {
    case IND_PERIODS_PROFILE:
        return "periods, as 5,10,20:29,30:40:5 (default 5:40)";
    case IND_PERIODS_MEASURED:
        return "periods, as 5,10,20:29,30:40:5 (default: the first, middle and last trained ones, "
               "and those that the run measured outside them)";
    default:
        return "periods, as 5,10,20:29,30:40:5 (default: the first, middle and last trained ones)";
    }
}

static const char *heads_help(struct ind_choices *choices, const struct ind_takes *takes)
{
    const char *are = takes->heads_are != NULL          ? takes->heads_are
                      : takes->heads == IND_HEADS_LATER ? "default all after layer 0"
                                                        : "default all";
    snprintf(choices->heads_text, sizeof choices->heads_text,
             "heads, comma-separated: L0H2, 'L1H*' (quote it: an unquoted * is the shell's); %s",
             are);
    return choices->heads_text;
}

static const char *sequences_help(struct ind_choices *choices, const struct ind_takes *takes)
{
    snprintf(choices->sequences_text, sizeof choices->sequences_text, "sequences %s (default %d%s)",
             takes->sequences_are != NULL ? takes->sequences_are : "behind each figure",
             IND_SEQUENCES, takes->may_rest_on_none ? "; 0 = none" : "");
    return choices->sequences_text;
}

static struct ind_option make_option(struct ind_choices *choices, const char *name,
                                     const struct ind_takes *takes)
{
    if (strcmp(name, "heads") == 0)
        return (struct ind_option){IND_OPTION("heads", struct ind_choices, heads), .arg = "HEADS",
                                   .help = heads_help(choices, takes), .also = "head"};
    if (strcmp(name, "period") == 0)
        return (struct ind_option){
            IND_OPTION("period", struct ind_choices, period), .arg = "N",
            .help = "period of the sequences (default: the middle of the trained ones)",
            .minimum = 1, .maximum = PERIOD_MOST};
    if (strcmp(name, "periods") == 0)
        return (struct ind_option){IND_OPTION("periods", struct ind_choices, periods),
                                   .key = 'p',
                                   .arg = "LIST",
                                   .help = periods_help(takes->periods),
                                   .minimum = 1,
                                   .maximum = PERIOD_MOST};
    if (strcmp(name, "ood") == 0)
        return (struct ind_option){
            IND_OPTION("ood", struct ind_choices, ood),
            .help = "also the study's periods outside training, 10, 15, 35 and 40, and those that "
                    "the run's log measures, as far as the context lets them repeat"};
    if (strcmp(name, "sequences") == 0)
        return (struct ind_option){IND_OPTION("sequences", struct ind_choices, sequences),
                                   .key = 'n',
                                   .arg = "N",
                                   .help = sequences_help(choices, takes),
                                   .minimum = takes->may_rest_on_none ? 0 : 1,
                                   .maximum = SEQUENCES_MOST};
    if (strcmp(name, "no-fold") == 0)
        return (struct ind_option){
            IND_OPTION("no-fold", struct ind_choices, no_fold),
            .help = "take the matrices as they are stored, LayerNorm not folded in"};
    return (struct ind_option){IND_OPTION("resamples", struct ind_choices, resamples), .arg = "N",
                               .help = "bootstrap resamples (default 1000; 0 = no intervals)",
                               .minimum = 0, .maximum = RESAMPLES_MOST};
}

static const char *const names[] = {"heads",     "period",    "periods", "ood",
                                    "sequences", "resamples", "no-fold", NULL};

void ind_choices_init(struct ind_choices *choices, const struct ind_program *program)
{
    int count = 0;
    const struct ind_option strict = {IND_OPTION("strict", struct ind_choices, strict),
                                      .help = "stop at the first checkpoint that cannot be used "
                                              "(default: it is named and passed over)"};
    const struct ind_option go_on = {
        IND_OPTION("continue", struct ind_choices, go_on),
        .help = "keep the rows that the file of -o has of this command, and go on from there",
        .with = "output"};
    *choices = (struct ind_choices){.sequences = IND_SEQUENCES, .resamples = RESAMPLES};
    for (int i = 0; names[i] != NULL; i++) {
        const struct ind_analysis *analysis = taker(program, names[i]);
        if (analysis == NULL)
            continue;
        if (count == 0)
            choices->options[count++] = (struct ind_option){.help = "What is measured:"};
        choices->options[count++] = make_option(choices, names[i], &analysis->takes);
    }
    choices->options[count++] = (struct ind_option){.help = "How:"};
    choices->options[count++] = strict;
    choices->options[count++] = go_on;
}

/* ---- The values ------------------------------------------------------------------------------ */

/* Fewer have no 2.5 % tails. */
enum { RESAMPLES_FEWEST = 40 };

void ind_choices_check(const struct ind_choices *choices, const struct ind_program *program,
                       const struct ind_analysis *analysis, const struct ind_tool *tool)
{
    if (choices->resamples > 0 && choices->resamples < RESAMPLES_FEWEST)
        ind_tool_usage(tool, "--resamples: at least %d make an interval (0 = none)",
                       RESAMPLES_FEWEST);
    if (choices->go_on && (tool->output == NULL || tool->format == IND_JSONL))
        ind_tool_usage(tool, "--continue goes with -o FILE, a table in tsv or csv");
    if (choices->go_on && analysis->act != NULL)
        ind_tool_usage(tool, "--continue does not go with --%s", analysis->option);
    for (const struct ind_option *option = choices->options; option->help != NULL; option++) {
        if (option->name == NULL || taker(program, option->name) == NULL ||
            !ind_tool_given(tool, option->name) || takes_option(&analysis->takes, option->name))
            continue;
        const char *of = taker(program, option->name)->option;
        if (of != NULL)
            ind_tool_usage(tool, "--%s goes with --%s", option->name, of);
        ind_tool_usage(tool, "--%s does not go with --%s", option->name, analysis->option);
    }
}

static int choose_heads(struct ind_heads *heads, enum ind_heads_taken taken, const char *selector,
                        const struct ind_config *config, struct ind_error *err)
{
    if (taken == IND_HEADS_NOT || (taken == IND_HEADS_NAMED && selector == NULL))
        return IND_OK;
    if (ind_heads_select(heads, config, selector != NULL ? selector : "*", err))
        return ind_error_context(err, "--heads");
    if (taken == IND_HEADS_LATER && selector == NULL && config->layers > 1) {
        heads->count -= config->heads;
        memmove(heads->items, heads->items + config->heads,
                (size_t)heads->count * sizeof *heads->items);
    }
    return IND_OK;
}

/* Spectra and inverses of heads as wide as this are left to LAPACK, in part at least. */
enum { WIDE_HEADS = 33 };

static void choose_fold(struct ind_study *study, bool nothing)
{
    const char *caveat;
    if (!study->analysis->takes.fold)
        return;
    study->fold = nothing ? IND_FOLD_NOTHING : IND_FOLD_NORM;
    for (int i = 0; (caveat = ind_factor_caveat(study->config, study->fold, i)) != NULL; i++)
        ind_tool_warn(study->tool, "%s", caveat);
    if (study->config->d_head >= WIDE_HEADS && ind_blas_fallen_back())
        ind_tool_warn(
            study->tool,
            "OpenBLAS does not know this processor and works by kernels of SSE (%s): several "
            "times slower than it need be (OPENBLAS_CORETYPE=%s names wider ones)",
            ind_blas_core(), strcmp(ind_simd_name(), "avx2") == 0 ? "Haswell" : "SkylakeX");
}

int ind_choices_apply(const struct ind_choices *choices, struct ind_study *study,
                      struct ind_error *err)
{
    const struct ind_takes *takes = &study->analysis->takes;
    int period = choices->period;
    const struct ind_sample_choices sample = {
        .taken = takes->periods,
        .periods = takes_list(takes) ? choices->periods : (struct ind_ints){&period, period > 0},
        .ood = choices->ood,
        .sequences = choices->sequences,
        .resamples = takes->resamples ? choices->resamples : 0};
    if (choose_heads(&study->heads, takes->heads, choices->heads, study->config, err))
        return IND_FAILED;
    if (ind_sample_init(&study->sample, &sample, &study->series->recipe, study->tool->seed, err))
        return ind_error_context(err, "%s", study->series->path);
    choose_fold(study, choices->no_fold);
    return IND_OK;
}

void ind_choices_note_unknown(const struct ind_choices *choices, const struct ind_study *study)
{
    const enum ind_periods_taken taken = study->analysis->takes.periods;
    const struct ind_sample *sample = &study->sample;
    const bool given =
        takes_list(&study->analysis->takes) ? choices->periods.count > 0 : choices->period > 0;
    char periods[48];
    if (sample->count == 0 || given || taken == IND_PERIODS_PROFILE ||
        ind_recipe_trained_known(&study->series->recipe))
        return;
    const int first = sample->data[0].period, last = sample->data[sample->count - 1].period;
    if (first == last)
        snprintf(periods, sizeof periods, "%d", first);
    else
        snprintf(periods, sizeof periods, "%d to %d", first, last);
    ind_tool_warn(study->tool,
                  "%s: which periods it was trained on is not known: %s taken (say --%s, or import "
                  "it with --trained)",
                  study->series->path, periods, taken == IND_PERIOD ? "period" : "periods");
}

void ind_choices_release(struct ind_choices *choices, const struct ind_program *program,
                         void *settings)
{
    ind_ints_release(&choices->periods);
    for (const struct ind_option *option = program->options;
         option != NULL && (option->name != NULL || option->help != NULL); option++)
        if (option->name != NULL && option->type == IND_OPTION_INTS)
            ind_ints_release((struct ind_ints *)((char *)settings + option->offset));
}
