/* induct-graft: weights of one checkpoint put into another, and what that restores (rescue). */
#include "graft/parts.h"

static void check(struct ind_tool *tool, void *settings)
{
    const struct settings *s = settings;
    const bool heads = s->each || ind_tool_given(tool, "heads");
    if (s->from == NULL)
        ind_tool_usage(tool, "--from: the epochs of the donors, as 20000 or 2000:24000:2000");
    if (!heads && s->layers.count == 0 && !s->embedding && !s->positions && !s->unembed)
        ind_tool_usage(tool, "nothing to graft: say --heads, --each, --layer, --embedding, "
                             "--positions or --unembed");
    if (!heads && ind_tool_given(tool, "part"))
        ind_tool_usage(tool, "--part goes with --heads or --each");
    if (s->map != NULL && (tool->operand_count > 1 || ind_tool_given(tool, "continue")))
        ind_tool_usage(tool, "--map is of one run, and of all its targets at once");
    tool->epochs = (struct ind_epochs){.text = s->into, .option = "--into"};
}

static const char *const parts[] = {"all", "qk", "ov", NULL};

static const struct ind_option options[] = {
    {.help = "What is grafted, all of it together, beside --heads:"},
    {IND_OPTION("part", struct settings, part), .arg = "PART",
     .help = "of a head: all (default), qk (W_Q, W_K) or ov (W_V, W_O)", .choices = parts},
    {IND_OPTION("layer", struct settings, layers), .arg = "LIST", .help = "whole layers",
     .maximum = 255},
    {IND_OPTION("embedding", struct settings, embedding), .help = "W_E"},
    {IND_OPTION("positions", struct settings, positions), .help = "W_pos"},
    {IND_OPTION("unembed", struct settings, unembed),
     .help = "W_U, with its bias and the final norm"},
    {IND_OPTION("each", struct settings, each),
     .help = "every head alone, one after another: those of --heads, or all"},
    {IND_OPTION("placebo", struct settings, placebo),
     .help = "beside one head: every other head of its layer, and a random one of the donor's "
             "norms",
     .with = "heads"},
    {IND_OPTION("random", struct settings, random), .arg = "N",
     .help = "with --placebo: random heads (default 1)", .maximum = 1000, .with = "placebo"},
    {.help = "Where from and where to:"},
    {IND_OPTION("from", struct settings, from), .arg = "EPOCHS",
     .help = "donors, as 20000, 2000:24000:2000 or last"},
    {IND_OPTION("into", struct settings, into), .arg = "EPOCHS", .help = "targets (default: last)",
     .also = "epochs"},
    {IND_OPTION("from-run", struct settings, from_run), .arg = "OTHER",
     .help = "donors of another run of the same shape"},
    {.help = "Beside the table:"},
    {IND_OPTION("map", struct settings, map), .arg = "FILE.png",
     .help = "a heat map of the rescue: donors by targets"},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-graft",
              .summary =
                  "weights of one checkpoint put into another, and what that restores (rescue)",
              .examples =
                  "induct-graft runs/2L-varied-60k-seed0 --heads L0H2 --from 20000 --into 60000\n"
                  "induct-graft --heads L0H2 --part qk --placebo --from 20000 --periods 10,25,35\n"
                  "induct-graft --heads L0H2 --from 5000:60000:5000 --into 5000:60000:5000 \\\n"
                  "    --periods 25,35 --map rescue.png -o rescue.tsv"},
    .options = options,
    .own_epochs = true,
    .analyses = {&grafts},
    .check = check};

int main(int argc, char **argv)
{
    struct settings s = {.into = "last", .random = 1};
    return ind_program_run(&program, &s, argc, argv);
}
