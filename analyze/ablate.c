/*
 * induct-ablate: accuracy and loss without some of the heads, at every checkpoint.
 *
 * One row a checkpoint, set of heads, mode and period; with --shapley one a checkpoint, period and
 * head or pair of heads. The sequences are the same for every checkpoint and arm: all is paired.
 */
#include "ablate/parts.h"

static void check(struct ind_tool *tool, void *settings)
{
    struct settings *s = settings;
    if (s->shapley && (s->modes.count != 1 || s->modes.items[0] == MEDIATED))
        ind_tool_usage(tool, "--shapley takes one --mode, and not mediated");
    if (s->shapley && s->each)
        ind_tool_usage(tool, "--shapley is over all subsets: it takes no --each");
    s->each |= !ind_tool_given(tool, "heads");
}

static const struct ind_option options[] = {
    {IND_OPTION("each", struct settings, each), .help = "ablate each head of --heads alone"},
    {IND_OPTION("mode", struct settings, modes), .arg = "LIST",
     .help = "zero (default), mean, resample, frozen, mediated, pattern-uniform, pattern-prev",
     .choices = ablating_modes},
    {IND_OPTION("shapley", struct settings, shapley),
     .help = "Shapley values of the heads over all their subsets, and interactions of pairs"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-ablate",
              .summary =
                  "accuracy and loss without some of the heads, at every checkpoint of a run",
              .details =
                  "A head says z[i] = sum_j A[i,j] v[j] before W_O. Modes:\n"
                  "\n"
                  "  zero             z = 0\n"
                  "  mean             z = its mean at this position over 1,024 other sequences of\n"
                  "                   the same period (or as many as are measured, if more)\n"
                  "  resample         z = what it is on one other sequence of the same period\n"
                  "  frozen           z = 0, but heads of later layers keep the patterns that\n"
                  "                   they have in the clean run: the direct effect\n"
                  "  mediated         from frozen to zero: what goes through later patterns, the\n"
                  "                   indirect effect; direct + indirect = total effect (zero).\n"
                  "                   Here `accuracy` and `loss` are those of frozen, `_ablated`\n"
                  "                   those of zero, so that frozen + mediated = zero\n"
                  "  pattern-uniform  A[i,j] = 1/(i+1)\n"
                  "  pattern-prev     A[i,i-1] = 1",
              .examples = "induct-ablate runs/2L-varied-60k-seed67 --heads L0H2 --ood\n"
                          "induct-ablate --each --mode zero,frozen,mediated --epochs ::1000\n"
                          "induct-ablate --heads 'L1H*' --mode mean --periods 20,25,35\n"
                          "induct-ablate --shapley --epochs last --ood"},
    .options = options,
    .analyses = {&ablation_of_sets, &ablation_by_shapley},
    .check = check};

int main(int argc, char **argv)
{
    struct settings s = {.modes = {{IND_ABLATION_ZERO}, 1}};
    return ind_program_run(&program, &s, argc, argv);
}
