/*
 * induct-split: the exact content/position split of attention scores at every checkpoint.
 *
 * One table a call: means by offset, the positional bump, sources, or accuracy with terms dropped.
 * They share the choice of heads and little else (analyze/split/).
 */
#include "split/parts.h"

static void check(struct ind_tool *tool, void *settings)
{
    const struct settings *s = settings;
    for (int i = 1; i < s->offsets.count; i++) {
        if (s->offsets.items[i] != s->offsets.items[0] + i)
            ind_tool_usage(tool, "--offsets: one range A:B of offsets, ascending");
    }
}

static const struct ind_option options[] = {
    {IND_OPTION("bump", struct settings, bump),
     .help = "the positional preference (bump): one number a head"},
    {IND_OPTION("sources", struct settings, sources),
     .help = "the induction target's score advantage, by sources of query and key"},
    {IND_OPTION("drop", struct settings, drop), .arg = "LIST",
     .help = "accuracy with terms taken from the scores: cc, cp, pc, pp, each alone; pp+cp "
             "together"},
    {IND_OPTION("offsets", struct settings, offsets), .arg = "A:B", .with = "bump",
     .help = "offsets that count as trained, for --bump (default: the trained periods minus one)",
     .maximum = 65536},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-split",
              .summary = "content and position terms of attention scores at every checkpoint of a "
                         "run",
              .details =
                  "With the patterns of earlier layers held, every residual is a content part\n"
                  "(from W_E) plus a position part (from W_pos), both carried through earlier\n"
                  "heads; so a later head's score is exactly cc + cp + pc + pp, the first letter\n"
                  "for the query, the second for the key. Biases count as content. Models with\n"
                  "LayerNorm, or without a position table in the residual, have no such split.",
              .examples = "induct-split runs/2L-varied-60k-seed0 --epochs last\n"
                          "induct-split --bump -o bump.tsv\n"
                          "induct-split --drop pp --periods 5,10,25,35,40 --epochs ::1000\n"
                          "induct-split --sources --heads L1H0 --epochs 20000,60000 --period 25"},
    .options = options,
    .analyses = {&split_by_offset, &split_bump, &split_by_source, &split_dropped},
    .check = check};

int main(int argc, char **argv)
{
    struct settings s = {0};
    return ind_program_run(&program, &s, argc, argv);
}
