/* induct-pattern: attention patterns as pictures, and as numbers. */
#include <string.h>

#include <induct/tool/figure.h>

#include "pattern/parts.h"

/* What both kinds of sequences ask for. */
static void check(struct ind_tool *tool, void *settings)
{
    const struct settings *s = settings;
    const size_t length = s->output ? strlen(s->output) : 0;
    if (s->output && (length < 5 || strcmp(s->output + length - 4, ".png") != 0))
        ind_tool_usage(tool, "--output: '%s' does not end in .png (--values prints the values)",
                       s->output);
    if (s->tokens.count > 0 && (ind_tool_given(tool, "index") || s->mean))
        ind_tool_usage(tool, "--tokens is one sequence: no --period, --index or --mean beside it");
    if (s->mean && ind_tool_given(tool, "index"))
        ind_tool_usage(tool, "--index is one sequence and --mean is over many");
    if (ind_tool_given(tool, "sequences") && !s->mean)
        ind_tool_usage(tool, "--sequences goes with --mean");
    if (tool->operand_count > 1 && pattern_is_drawn(s))
        ind_tool_usage(tool, "a picture is of one run (--values without -o prints any number)");
    if (s->film && ind_figure_is_series(s->output))
        ind_tool_usage(tool, "--film is one picture: no {epoch} in its name");
    if (!s->film && !ind_figure_is_series(s->output) && tool->epochs.text == NULL)
        tool->epochs.text = "last";
}

static const struct ind_option options[] = {
    {IND_OPTION("film", struct settings, film),
     .help = "one head at every checkpoint (--epochs chooses), as a film strip"},
    {IND_OPTION("index", struct settings, index), .arg = "N",
     .help = "which sequence of the evaluation data (default 0)", .maximum = 1e6},
    {IND_OPTION("mean", struct settings, mean),
     .help = "mean pattern of many sequences in place of one"},
    {IND_OPTION("tokens", struct settings, tokens), .arg = "LIST",
     .help = "tokens of one's own: 5,17,203,5,17"},
    {IND_OPTION("value-weighted", struct settings, value_weighted),
     .help = "attention weighted by the size of what it brings, |v W_O|; rows still sum to 1"},
    {IND_OPTION("values", struct settings, values),
     .help = "print the values; with -o the picture too"},
    {IND_OPTION("output", struct settings, output), .key = 'o', .arg = "FILE.png",
     .help = "the picture (default pattern-epoch-N.png or pattern-HEAD-film.png); with {epoch} in "
             "its name one of all heads for every checkpoint"},
    {IND_OPTION("zoom", struct settings, zoom), .arg = "N",
     .help = "pixels a value (default: as fits a screen)", .minimum = 1, .maximum = 64},
    {IND_OPTION("top", struct settings, top), .arg = "X",
     .help = "upper end of the colour scale (default 1); 0 = the largest value shown",
     .maximum = 1},
    {0}};

static const struct ind_program program = {
    .about =
        {.name = "induct-pattern",
         .summary = "attention patterns of a run's heads as a picture, or as values",
         .details =
             "A grid shows every head of one checkpoint (--epochs N; default the last), a\n"
             "film one head at many. Rows are destinations (queries), columns sources (keys);\n"
             "one value is one square of pixels. What a row cannot see is grey. Pointers at the\n"
             "left and below show where a diagonal begins and ends: orange, where an induction\n"
             "head looks (period - 1 back), blue, the previous token. The PNG holds the command\n"
             "that made it (text chunk Command). With -o film-{epoch}.png there is a picture of\n"
             "all heads for every checkpoint, on one scale and of one size; ImageMagick makes\n"
             "them one that moves: convert -delay 15 film-*.png film.gif",
         .examples = "induct-pattern runs/2L-varied-seed0 -o last.png\n"
                     "induct-pattern --heads L1H0 --film --epochs ::500 --mean\n"
                     "induct-pattern --epochs 1000:4000:100 --mean -o 'film-{epoch}.png'\n"
                     "induct-pattern --tokens 5,17,203,5,17,203 --heads 'L1H*'\n"
                     "induct-pattern --epochs 2000 --values > patterns.tsv"},
    .options = options,
    .analyses = {&pattern_of_repeats, &pattern_of_tokens},
    .check = check};

int main(int argc, char **argv)
{
    struct settings s = {.top = 1.0};
    return ind_program_run(&program, &s, argc, argv);
}
