/*
 * induct-circuit: what tokens and positions see of each head's QK and OV, as one matrix shown in
 * full or as numbers over a whole run.
 */
#include "circuit/parts.h"

#include <stdlib.h>
#include <string.h>

enum ind_fold settings_fold(const struct settings *settings)
{
    return settings->no_fold ? IND_FOLD_NOTHING : IND_FOLD_NORM;
}

static int run(struct ind_tool *tool, const struct settings *s)
{
    struct ind_series series;
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    const char *caveat;
    for (int i = 0; !s->norms && (caveat = ind_factor_caveat(&series.layout.config,
                                                             settings_fold(s), i)) != NULL;
         i++)
        ind_tool_warn(tool, "%s", caveat);
    const int status = s->norms    ? norms_of_series(tool, s, &series)
                       : s->matrix ? show_matrices(tool, s, &series)
                                   : summarise_series(tool, s, &series);
    ind_series_close(&series);
    return status;
}

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

/* Options that contradict each other. */
static void check_usage(const struct ind_tool *tool, const struct settings *s)
{
    if (s->matrix && s->norms)
        ind_tool_usage(tool, "--matrix shows one matrix and --norms lists the norms of all");
    if (s->each && !s->norms)
        ind_tool_usage(tool, "--each goes with --norms");
    if (!s->matrix && (s->picture || s->npy || s->values || s->tokens.count > 0 || s->scale > 0.0 ||
                       s->same_scale))
        ind_tool_usage(tool,
                       "--picture, --npy, --values, --tokens and the scales go with --matrix");
    if (s->picture && !ends_in(s->picture, ".png"))
        ind_tool_usage(tool, "--picture: '%s' does not end in .png", s->picture);
    if (s->npy && !ends_in(s->npy, ".npy"))
        ind_tool_usage(tool, "--npy: '%s' does not end in .npy", s->npy);
    if (s->scale > 0.0 && s->same_scale)
        ind_tool_usage(tool,
                       "--scale sets the scale of every picture: --same-scale has no meaning");
}

static const char details[] =
    "Without --matrix, a table over all checkpoints, one row a head and kind. Columns:\n"
    "epoch head kind via eigen top1 top1_chance diagonal_z prev_token\n"
    "prev_token_uniform.\n"
    "\n"
    "  copy          W_E OV W_U, from tokens to logits\n"
    "  match         W_E QK OV_1^T W_E^T, from query tokens to the tokens that an\n"
    "                earlier head 1 (column via) has moved to the keys\n"
    "  previous      pos QK pos^T, from query positions t to key positions s <= t,\n"
    "                which are all that the head sees\n"
    "  previous-any  the same with every s\n"
    "\n"
    "  eigen       sum of Re(lambda) / sum of |lambda| over the eigenvalues, -1 to 1:\n"
    "              1 where each token is mapped to itself\n"
    "  top1        share of rows whose own entry is the largest: of tokens, that of\n"
    "              the token itself; of positions t >= 1, that of t - 1. The three\n"
    "              memory probes of Bietti et al. 2023\n"
    "  top1_chance what rows of random entries give: the mean of 1 / their length\n"
    "  diagonal_z  mean over rows of (own entry - mean of the row) / its standard\n"
    "              deviation\n"
    "  prev_token  attention to the previous position if positions alone acted, beside\n"
    "              what uniform attention gives\n"
    "\n"
    "--norms: epoch matrix row norm row_mean row_min row_max relative decay. row is all,\n"
    "1: (every token but 0) or a number; relative is the norm over that at the first\n"
    "checkpoint of the run, decay what weight decay alone would have left of it.\n"
    "Token 0 never occurs in the study's data: its row shows that curve.\n"
    "\n"
    "--matrix shows one circuit whole (default: of the last checkpoint):\n"
    "\n"
    "  qk            W_E QK W_E^T    query token x key token\n"
    "  qk-pos        pos QK pos^T    query position x key position\n"
    "  qk-token-pos  W_E QK pos^T    query token x key position\n"
    "  qk-pos-token  pos QK W_E^T    query position x key token\n"
    "  ov            W_E OV W_U      source token x logit\n"
    "  ov-pos        pos OV W_U      source position x logit\n"
    "  match:L0H2    W_E QK OV_1^T W_E^T with L0H2 for head 1\n"
    "\n"
    "as values (epoch head matrix row column value), a picture, an array: QK is not\n"
    "divided by the scores' sqrt(d_head).";

int main(int argc, char **argv)
{
    struct settings s = {.heads = "*", .rows = 4096};
    const struct ind_option options[] = {
        {IND_OPTION("head", struct settings, heads), .arg = "HEADS",
         .help = "heads, comma-separated: L0H2, L1H* (quote it: an unquoted * is the shell's); "
                 "default all"},
        {IND_OPTION("heads", struct settings, heads), .arg = "HEADS"},
        {IND_OPTION("rows", struct settings, rows), .arg = "N",
         .help = "the tables' top1 and diagonal_z look at no more than N tokens' rows, evenly "
                 "spaced, each "
                 "row in full (default 4096)",
         .minimum = 1, .maximum = 1e6},
        {IND_OPTION("norms", struct settings, norms),
         .help = "norms of every matrix, and of token and position rows"},
        {IND_OPTION("each", struct settings, each),
         .help = "with --norms: every token and position by itself"},
        {IND_OPTION("no-fold", struct settings, no_fold),
         .help = "take the matrices as they are stored, LayerNorm not folded in"},
        {.help = "One matrix:"},
        {IND_OPTION("matrix", struct settings, matrix), .arg = "NAME",
         .help = "show this circuit of each head"},
        {IND_OPTION("tokens", struct settings, tokens), .arg = "LIST",
         .help = "only these tokens: 1:32, 5,17,40"},
        {IND_OPTION("picture", struct settings, picture), .arg = "FILE.png",
         .help = "draw it, a panel a head and checkpoint; {epoch} in the name makes a picture a "
                 "checkpoint"},
        {IND_OPTION("scale", struct settings, scale), .arg = "V",
         .help = "colours go from -V to V (default: the largest value in the picture)",
         .minimum = 1e-300, .maximum = 1e300},
        {IND_OPTION("same-scale", struct settings, same_scale),
         .help = "the same colours in every picture that {epoch} makes"},
        {IND_OPTION("npy", struct settings, npy), .arg = "FILE.npy",
         .help =
             "float64 array [rows, columns]; of several heads or checkpoints [epochs, heads, rows, "
             "columns]"},
        {IND_OPTION("values", struct settings, values),
         .help = "print the values beside --picture or --npy"},
        {0}};
    const struct ind_about about = {
        .name = "induct-circuit",
        .summary = "QK and OV circuits of a run's heads: summaries, norms, whole matrices",
        .details = details,
        .examples = "induct-circuit runs/2L-varied-seed0 > circuits.tsv\n"
                    "induct-circuit --head L1H0 --matrix qk --picture qk.png\n"
                    "induct-circuit --head L0H2 --matrix qk-pos --epochs ::4000 --picture pos.png\n"
                    "induct-circuit --head L1H0 --matrix match:L0H2 --npy match.npy\n"
                    "induct-circuit --norms --epochs ::1000",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);

    check_usage(&tool, &s);
    const int status = run(&tool, &s);
    ind_ints_release(&s.tokens);
    return ind_tool_finish(&tool, status);
}
