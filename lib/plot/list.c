/* All figures. To add one: its line here, its script plots/NAME.gp; for a new table, a line in
 * tables.c. */
#include <induct/plot/plot.h>

#include <stddef.h>
#include <string.h>

#include "plot/headlines.h"

const struct ind_plot ind_plots[] = {
    {"training", "Loss and accuracy in training", "metrics", IND_NEEDS_LOG, ind_say_training},
    {"heads", "Prev-token and induction scores of every head", "scores roles", 0, ind_say_heads},
    {"formation", "Previous-token heads beside accuracy outside the trained periods",
     "scores roles metrics onsets fades passings losses", IND_NEEDS_LOG | IND_NEEDS_OOD,
     ind_say_formation},
    {"periods", "Accuracy by period", "periods", 0, ind_say_periods},
    {"strategy", "Content against trained offsets, in what the model predicts",
     "strategy metrics clean", IND_NEEDS_LOG | IND_NEEDS_OOD, ind_say_strategy},
    {"lens", "Accuracy after every layer: the logit lens", "lens", IND_NEEDS_LAYERS, ind_say_lens},
    {"edges", "Through which edges the answer comes", "edges agreement clean", IND_NEEDS_EDGES,
     ind_say_edges},
    {"norms", "Norms of the matrices beside weight decay", "norms", 0, ind_say_norms},
    {"spectrum", "Singular values of QK and OV", "spectrum", 0, ind_say_spectrum},
    {"circuit", "Copying, matching and looking back, by the weights", "circuit", 0,
     ind_say_circuit},
    {"compose", "Composition of every pair of heads", "compose", 0, ind_say_compose},
    {"ablate", "What accuracy loses without a head", "ablate clean", 0, ind_say_ablate},
    {"shapley", "What each head gives to accuracy, over all subsets", "shapley clean", 0,
     ind_say_shapley},
    {"llc", "Local learning coefficient of the model and of its heads", "llc", 0, ind_say_llc},
    {"paths", "Paths through the model to the right token's logit", "paths clean", 0,
     ind_say_paths},
    {"split", "Attention scores as content and position, by offset", "split bump?", 0,
     ind_say_split},
    {"bump", "How much positions alone favour the trained offsets", "bump drop", 0, ind_say_bump},
    {"graft", "What a head's earlier weights rescue", "graft", 0, ind_say_graft},
    {"study", "Accuracy outside the trained periods, and what brings it back",
     "metrics scores roles compose bump? drop? clean? rescue", IND_NEEDS_LOG, ind_say_study},
    {0}};

const struct ind_plot *ind_plot_find(const char *name)
{
    for (const struct ind_plot *figure = ind_plots; figure->name; figure++) {
        if (strcmp(figure->name, name) == 0)
            return figure;
    }
    return NULL;
}
