/*
 * induct-ablate: accuracy and loss without some of the heads, at every checkpoint.
 *
 * One row a checkpoint, set of heads, mode and period; with --shapley one a checkpoint, period and
 * head or pair of heads. The sequences are the same for every checkpoint and arm: all is paired.
 */
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

#include "ablate/parts.h"

/* ---- Words ---------------------------------------------------------------------------------- */

const char *ablating_mode_name(int mode)
{
    return mode == MEDIATED ? "mediated" : ind_ablation_mode_name((enum ind_ablation_mode)mode);
}

static int parse_mode(const char *word, int *out, struct ind_error *err)
{
    enum ind_ablation_mode mode;
    *out = MEDIATED;
    if (strcmp(word, ablating_mode_name(MEDIATED)) == 0)
        return IND_OK;
    if (ind_ablation_mode_parse(word, &mode, err))
        return IND_FAILED;
    *out = (int)mode;
    return IND_OK;
}

static void add_mode(struct ablating *ablating, int mode)
{
    for (int m = 0; m < ablating->mode_count; m++) {
        if (ablating->modes[m] == mode)
            return;
    }
    ablating->modes[ablating->mode_count++] = mode;
}

int ablating_parse_modes(struct ablating *ablating, struct ind_error *err)
{
    const char *rest = ablating->settings->modes;
    for (;;) {
        const size_t length = strcspn(rest, ",");
        int mode;
        char word[32];
        if (length >= sizeof word)
            return ind_fail(err, "'%s' is no list of modes", rest);
        memcpy(word, rest, length);
        word[length] = '\0';
        if (parse_mode(word, &mode, err))
            return IND_FAILED;
        add_mode(ablating, mode);
        if (rest[length] == '\0')
            return IND_OK;
        rest += length + 1;
    }
}

char *ablating_set_name(const struct ind_head *heads, int count)
{
    enum { NAME = 16 };
    char *name = ind_alloc((size_t)count * NAME + 2, 1);
    char *end = name;
    if (count == 0 && name != NULL)
        *name = '-';
    for (int h = 0; h < count && name != NULL; h++) {
        if (h > 0)
            *end++ = '+';
        end += strlen(ind_head_name(heads[h], end));
    }
    return name;
}

const int32_t *ablating_reference(const struct ablating *ablating, int period)
{
    return ablating->reference == NULL ? NULL : ablating->reference[period];
}

/* ---- Before the walk ------------------------------------------------------------------------ */

static int make_reference(struct ablating *ablating, const struct ind_config *config, uint64_t seed,
                          struct ind_error *err)
{
    const struct ind_contrast_choices *choices = ablating->contrast.choices;
    const size_t row = (size_t)config->context * sizeof **ablating->reference;
    bool refers = false;
    for (int m = 0; m < ablating->mode_count; m++)
        refers |= ind_ablation_mode_refers((enum ind_ablation_mode)ablating->modes[m]);
    if (!refers)
        return IND_OK;
    if (ind_alloc_into(&ablating->reference, (size_t)choices->periods.count,
                       sizeof *ablating->reference, err))
        return IND_FAILED;
    for (int p = 0; p < choices->periods.count; p++) {
        if (ind_alloc_into(&ablating->reference[p], (size_t)choices->sequences, row, err))
            return IND_FAILED;
        ind_ablation_reference(config->vocab, config->context, seed, choices->periods.items[p],
                               choices->sequences, ablating->reference[p]);
    }
    return IND_OK;
}

static void ablating_release(struct ablating *ablating, const struct settings *settings)
{
    for (int p = 0; ablating->reference != NULL && p < settings->choices.periods.count; p++)
        free(ablating->reference[p]);
    free(ablating->reference);
    ind_contrast_release(&ablating->contrast);
    ind_heads_release(&ablating->heads);
}

static int ablate_series(struct ind_tool *tool, struct settings *settings,
                         struct ablating *ablating, const struct ind_series *series)
{
    const struct ind_config *config = &series->layout.config;
    if (ind_heads_select(&ablating->heads, config, settings->heads ? settings->heads : "*",
                         &tool->error) ||
        ind_contrast_init(&ablating->contrast, &settings->choices, &series->recipe, tool->seed,
                          &tool->error) ||
        make_reference(ablating, config, tool->seed, &tool->error))
        return ind_error_context(&tool->error, "%s", series->path);
    return settings->shapley ? shapley_run(tool, series, ablating)
                             : sets_run(tool, series, ablating);
}

static int run(struct ind_tool *tool, struct settings *settings)
{
    struct ablating ablating = {.settings = settings};
    struct ind_series series;
    if (ablating_parse_modes(&ablating, &tool->error))
        ind_tool_usage(tool, "--mode: %s", tool->error.text);
    if (settings->shapley && (ablating.mode_count != 1 || ablating.modes[0] == MEDIATED))
        ind_tool_usage(tool, "--shapley takes one --mode, and not mediated");
    if (settings->shapley && settings->each)
        ind_tool_usage(tool, "--shapley is over all subsets: it takes no --each");
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    const int status = ablate_series(tool, settings, &ablating, &series);
    ablating_release(&ablating, settings);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.modes = "zero", .choices = {.sequences = 64, .resamples = 1000}};
    const struct ind_option options[] = {
        {IND_OPTION("head", struct settings, heads), .arg = "HEADS",
         .help = "heads, comma-separated: L0H2, 'L1H*' (quote it: an unquoted * is the shell's), "
                 "ablated "
                 "together (default: all, each alone)"},
        {IND_OPTION("heads", struct settings, heads), .arg = "HEADS"},
        {IND_OPTION("each", struct settings, each), .help = "ablate each head of --head alone"},
        {IND_OPTION("mode", struct settings, modes), .arg = "LIST",
         .help = "zero (default), mean, resample, frozen, mediated, pattern-uniform, pattern-prev"},
        {IND_OPTION("periods", struct settings, choices.periods), .key = 'p', .arg = "LIST",
         .help =
             "periods, as 5,10,20:29,30:40:5 (default: the first, middle and last trained ones)",
         .minimum = 1, .maximum = 65536},
        {IND_OPTION("ood", struct settings, ood),
         .help = "also the study's periods outside training, 10, 15, 35 and 40, and those that the "
                 "run's "
                 "log measures, as far as the context lets them repeat"},
        {IND_OPTION("sequences", struct settings, choices.sequences), .key = 'n', .arg = "N",
         .help = "sequences behind each figure (default 64)", .minimum = 1, .maximum = 1e5},
        {IND_OPTION("resamples", struct settings, choices.resamples), .arg = "N",
         .help = "bootstrap resamples (default 1000; 0 = no intervals)", .minimum = 0,
         .maximum = 1e4},
        {IND_OPTION("shapley", struct settings, shapley),
         .help = "Shapley values of the heads over all their subsets, and interactions of pairs"},
        {0}};
    const struct ind_about about = {
        .name = "induct-ablate",
        .summary = "accuracy and loss without some of the heads, at every checkpoint of a run",
        .details = "Columns: epoch heads mode period accuracy accuracy_ablated accuracy_delta\n"
                   "delta_lo delta_hi loss loss_ablated loss_delta predictions\n"
                   "\n"
                   "A head says z[i] = sum_j A[i,j] v[j] before W_O. Modes:\n"
                   "\n"
                   "  zero             z = 0\n"
                   "  mean             z = its mean at this position over other sequences of the\n"
                   "                   same period, as many as are measured\n"
                   "  resample         z = what it is on one other sequence of the same period\n"
                   "  frozen           z = 0, but heads of later layers keep the patterns that\n"
                   "                   they have in the clean run: the direct effect\n"
                   "  mediated         from frozen to zero: what goes through later patterns.\n"
                   "                   Here `accuracy` and `loss` are those of frozen, `_ablated`\n"
                   "                   those of zero, so that frozen + mediated = zero\n"
                   "  pattern-uniform  A[i,j] = 1/(i+1)\n"
                   "  pattern-prev     A[i,i-1] = 1\n"
                   "\n"
                   "accuracy and loss are means over predictions at inputs i >= period, as in\n"
                   "induct-eval; _delta is ablated minus clean, delta_lo and delta_hi the 95 %\n"
                   "interval of accuracy_delta: bootstrap over sequences, paired.\n"
                   "\n"
                   "--shapley, over all subsets of the heads of --head (default all; at most 12):\n"
                   "columns epoch heads kind mode period accuracy accuracy_lo accuracy_hi loss\n"
                   "loss_lo loss_hi predictions. A subset's heads are as they are, the others are\n"
                   "ablated in the way of --mode. Kinds:\n"
                   "\n"
                   "  none, all     with none of the heads, and with all\n"
                   "  value         a head's Shapley value: its gain, averaged over all orders in\n"
                   "                which the heads may come. Values sum to all minus none\n"
                   "  interaction   Shapley interaction index of two heads (Grabisch and Roubens\n"
                   "                1999): negative for accuracy if one stands in for the other",
        .examples = "induct-ablate runs/2L-varied-60k-seed67 --head L0H2 --ood\n"
                    "induct-ablate --each --mode zero,frozen,mediated --epochs ::1000\n"
                    "induct-ablate --head 'L1H*' --mode mean --periods 20,25,35\n"
                    "induct-ablate --shapley --epochs last --ood",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);
    s.choices.periods_set = ind_tool_given(&tool, "periods");
    s.each |= s.heads == NULL && !s.shapley;
    s.choices.ood = s.ood ? IND_OOD_ALWAYS : IND_OOD_NEVER;
    const int status = run(&tool, &s);
    ind_ints_release(&s.choices.periods);
    return ind_tool_finish(&tool, status);
}
