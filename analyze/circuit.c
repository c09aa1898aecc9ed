/*
 * induct-circuit: what tokens and positions see of each head's QK and OV, as one matrix shown in
 * full or as numbers over a whole run.
 */
#include "circuit/parts.h"

#include <string.h>

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static void check(struct ind_tool *tool, void *settings)
{
    const struct settings *s = settings;
    if (s->picture && !ends_in(s->picture, ".png"))
        ind_tool_usage(tool, "--picture: '%s' does not end in .png", s->picture);
    if (s->npy && !ends_in(s->npy, ".npy"))
        ind_tool_usage(tool, "--npy: '%s' does not end in .npy", s->npy);
    if (s->scale > 0.0 && s->same_scale)
        ind_tool_usage(tool,
                       "--scale sets the scale of every picture: --same-scale has no meaning");
}

static const struct ind_option options[] = {
    {IND_OPTION("rows", struct settings, rows), .arg = "N",
     .help = "the tables' top1 and diagonal_z look at no more than N tokens' rows, evenly spaced, "
             "each row in full (default 4096)",
     .minimum = 1, .maximum = 1e6},
    {IND_OPTION("norms", struct settings, norms),
     .help = "norms of every matrix, and of token and position rows"},
    {IND_OPTION("each", struct settings, each),
     .help = "with --norms: every token and position by itself", .with = "norms"},
    {.help = "One matrix:"},
    {IND_OPTION("matrix", struct settings, matrix), .arg = "NAME",
     .help = "show this circuit of each head"},
    {IND_OPTION("tokens", struct settings, tokens), .arg = "LIST",
     .help = "only these tokens: 1:32, 5,17,40", .with = "matrix"},
    {IND_OPTION("picture", struct settings, picture), .arg = "FILE.png",
     .help = "draw it, a panel a head and checkpoint; {epoch} in the name makes a picture a "
             "checkpoint",
     .with = "matrix"},
    {IND_OPTION("scale", struct settings, scale), .arg = "V",
     .help = "colours go from -V to V (default: the largest value in the picture)",
     .minimum = 1e-300, .maximum = 1e300, .with = "matrix"},
    {IND_OPTION("same-scale", struct settings, same_scale),
     .help = "the same colours in every picture that {epoch} makes", .with = "matrix"},
    {IND_OPTION("npy", struct settings, npy), .arg = "FILE.npy",
     .help = "float64 array [rows, columns]; of several heads or checkpoints [epochs, heads, "
             "rows, columns]",
     .with = "matrix"},
    {IND_OPTION("values", struct settings, values),
     .help = "print the values beside --picture or --npy", .with = "matrix"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-circuit",
              .summary = "QK and OV circuits of a run's heads: summaries, norms, whole matrices",
              .examples =
                  "induct-circuit runs/2L-varied-seed0 > circuits.tsv\n"
                  "induct-circuit --heads L1H0 --matrix qk --picture qk.png\n"
                  "induct-circuit --heads L0H2 --matrix qk-pos --epochs ::4000 --picture pos.png\n"
                  "induct-circuit --heads L1H0 --matrix match:L0H2 --npy match.npy\n"
                  "induct-circuit --norms --epochs ::1000"},
    .options = options,
    .analyses = {&circuit_summary, &circuit_norms, &circuit_matrix},
    .check = check};

int main(int argc, char **argv)
{
    struct settings s = {.rows = 4096};
    return ind_program_run(&program, &s, argc, argv);
}
