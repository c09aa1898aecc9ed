/* All tables that figures are drawn from. To add one: its line. */
#include <induct/plot/plot.h>

#include <stddef.h>
#include <string.h>

#define INTERVENED "--epochs {few} --sequences {sequences} --periods {causes}"

const struct ind_plot_table ind_plot_tables[] = {
    {"scores", "induct-score", "--baseline --intervals --period {period} --epochs {thin}", 0},
    {"roles", "induct-roles", "--all", 0}, /* of the table before and the log */
    {"onsets", "induct-onset", "{scores} --column prev_token", 0},
    {"fades", "induct-onset", "{scores} --column prev_token --falls", 0},
    {"passings", "induct-onset", "{log} --column {oods}", IND_NEEDS_LOG | IND_NEEDS_OOD},
    {"losses", "induct-onset", "{log} --column {oods} --falls", IND_NEEDS_LOG | IND_NEEDS_OOD},
    {"periods", "induct-eval", "--epochs {profile} --periods {periods}", IND_NEEDS_REPEAT},
    {"clean", "induct-eval", "--epochs last --sequences {sequences} --periods {causes}",
     IND_NEEDS_REPEAT}, /* of the sequences of all interventions */
    {"strategy", "induct-strategy",
     "--epochs {thin} --sequences {sequences} --resamples 200 --periods {causes}",
     IND_NEEDS_TRAINED | IND_NEEDS_REPEAT},
    {"lens", "induct-lens",
     "--epochs {thin} --sequences {sequences} --resamples 200 --periods {ends}", IND_NEEDS_REPEAT},
    {"edges", "induct-edges",
     "--epochs {formed} --sequences {sequences} --resamples 0 --ig 0 --period {middle}",
     IND_NEEDS_REPEAT | IND_NEEDS_EDGES},
    {"agreement", "induct-edges",
     "--agreement --epochs {few} --sequences {sequences} --resamples 200 --period {middle}",
     IND_NEEDS_REPEAT | IND_NEEDS_EDGES},
    {"norms", "induct-circuit", "--norms --epochs {thin}", 0},
    {"spectrum", "induct-svd", "--epochs {thin}", 0},
    {"circuit", "induct-circuit", "--epochs {thin}", 0},
    {"compose", "induct-compose", "--period {period} --epochs {thin}", IND_NEEDS_LAYERS},
    {"ablate", "induct-ablate", "--each " INTERVENED, IND_NEEDS_REPEAT},
    {"shapley", "induct-ablate",
     "--shapley --epochs {some} --sequences {sequences} --resamples 0 --periods {middle}",
     IND_NEEDS_FEW | IND_NEEDS_REPEAT},
    {"llc", "induct-llc",
     "--heads {fewheads} --epochs {sparse} --chains 4 --burn-in 15 --steps 15 --step-size 3e-5",
     IND_NEEDS_TRAINED | IND_NEEDS_REPEAT}, /* 27,000 gradients */
    {"paths", "induct-paths", "--epochs {few} --sequences {sequences} --periods {middle}",
     IND_NEEDS_LINEAR | IND_NEEDS_REPEAT},
    {"split", "induct-split", "--epochs {lastfour} --sequences {sequences}",
     IND_NEEDS_LAYERS | IND_NEEDS_SPLIT | IND_NEEDS_REPEAT},
    {"bump", "induct-split", "--bump --epochs {few} --sequences {sequences}",
     IND_NEEDS_LAYERS | IND_NEEDS_SPLIT | IND_NEEDS_TRAINED},
    {"drop", "induct-split", "--drop pp " INTERVENED,
     IND_NEEDS_LAYERS | IND_NEEDS_SPLIT | IND_NEEDS_REPEAT},
    {"graft", "induct-graft",
     "--head {head} --from {grid} --into {grid} --sequences {sequences} --resamples 200 "
     "--periods {longest}",
     IND_NEEDS_LAYERS | IND_NEEDS_SERIES | IND_NEEDS_REPEAT},
    {"rescue", "induct-graft",
     "--head {head} --from {from} --into {few} --placebo --sequences {sequences} --resamples 0 "
     "--periods {outside}",
     IND_NEEDS_LAYERS | IND_NEEDS_SERIES | IND_NEEDS_OOD},
    {0}};

const struct ind_plot_table *ind_plot_table_find(const char *name)
{
    for (const struct ind_plot_table *table = ind_plot_tables; table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}
