/* All tables that figures are drawn from. To add one: its line. */
#include <induct/plot/plot.h>

#include <stddef.h>
#include <string.h>

#include "plot/work.h"

#define INTERVENED "--epochs {few} --sequences {sequences} --periods {causes}"

/* A number as it stands in a template. */
#define DIGITS(number)    DIGITS_OF(number)
#define DIGITS_OF(number) #number
#define LLC                                                                                       \
    "--heads {fewheads} --epochs {sparse} --chains " DIGITS(IND_LLC_CHAINS) " --burn-in " DIGITS( \
        IND_LLC_BURN_IN) " --steps " DIGITS(IND_LLC_STEPS) " --step-size 3e-5"

const struct ind_plot_table ind_plot_tables[] = {
    {"scores", "induct-score", "--baseline --intervals --period {period} --epochs {thin}", 0,
     ind_work_scores},
    {"roles", "induct-roles", "--all", 0, NULL}, /* of the table before and the log */
    {"onsets", "induct-onset", "{scores} --column prev_token", 0, NULL},
    {"fades", "induct-onset", "{scores} --column prev_token --falls", 0, NULL},
    {"passings", "induct-onset", "{log} --column {oods}", IND_NEEDS_LOG | IND_NEEDS_OOD, NULL},
    {"losses", "induct-onset", "{log} --column {oods} --falls", IND_NEEDS_LOG | IND_NEEDS_OOD,
     NULL},
    {"periods", "induct-eval", "--epochs {profile} --periods {periods}", IND_NEEDS_REPEAT,
     ind_work_periods},
    {"clean", "induct-eval", "--epochs {last} --sequences {sequences} --periods {causes}",
     IND_NEEDS_REPEAT, ind_work_clean}, /* of the sequences of all interventions */
    {"strategy", "induct-strategy",
     "--epochs {thin} --sequences {sequences} --resamples 200 --periods {causes}",
     IND_NEEDS_TRAINED | IND_NEEDS_REPEAT, ind_work_strategy},
    {"lens", "induct-lens",
     "--epochs {thin} --sequences {sequences} --resamples 200 --periods {ends}", IND_NEEDS_REPEAT,
     ind_work_lens},
    {"edges", "induct-edges",
     "--epochs {formed} --sequences {sequences} --resamples 0 --ig 0 --period {middle}",
     IND_NEEDS_REPEAT | IND_NEEDS_EDGES, ind_work_edges},
    {"agreement", "induct-edges",
     "--agreement --epochs {few} --sequences {sequences} --resamples 200 --period {middle}",
     IND_NEEDS_REPEAT | IND_NEEDS_EDGES, ind_work_edges},
    {"norms", "induct-circuit", "--norms --epochs {thin}", 0, NULL},
    {"spectrum", "induct-svd", "--epochs {thin}", 0, ind_work_spectrum},
    {"circuit", "induct-circuit", "--epochs {thin}", 0, ind_work_circuit},
    {"compose", "induct-compose", "--period {period} --epochs {thin}", IND_NEEDS_LAYERS,
     ind_work_compose},
    {"ablate", "induct-ablate", "--each " INTERVENED, IND_NEEDS_REPEAT, ind_work_ablate},
    {"shapley", "induct-ablate",
     "--shapley --epochs {some} --sequences {sequences} --resamples 0 --periods {middle}",
     IND_NEEDS_FEW | IND_NEEDS_REPEAT, ind_work_shapley},
    {"llc", "induct-llc", LLC, IND_NEEDS_TRAINED | IND_NEEDS_REPEAT, ind_work_llc},
    {"paths", "induct-paths", "--epochs {few} --sequences {sequences} --periods {middle}",
     IND_NEEDS_LINEAR | IND_NEEDS_REPEAT, ind_work_paths},
    {"split", "induct-split", "--epochs {lastfour} --sequences {sequences}",
     IND_NEEDS_LAYERS | IND_NEEDS_SPLIT | IND_NEEDS_REPEAT, ind_work_split},
    {"bump", "induct-split", "--bump --epochs {few} --sequences {sequences}",
     IND_NEEDS_LAYERS | IND_NEEDS_SPLIT | IND_NEEDS_TRAINED, ind_work_split},
    {"drop", "induct-split", "--drop pp " INTERVENED,
     IND_NEEDS_LAYERS | IND_NEEDS_SPLIT | IND_NEEDS_REPEAT, ind_work_drop},
    {"graft", "induct-graft",
     "--head {head} --from {grid} --into {grid} --sequences {sequences} --resamples 200 "
     "--periods {longest}",
     IND_NEEDS_LAYERS | IND_NEEDS_SERIES | IND_NEEDS_REPEAT, ind_work_graft},
    {"rescue", "induct-graft",
     "--head {head} --from {from} --into {into} --placebo --sequences {sequences} --resamples 0 "
     "--periods {outside}",
     IND_NEEDS_LAYERS | IND_NEEDS_SERIES | IND_NEEDS_OOD, ind_work_rescue},
    {0}};

const struct ind_plot_table *ind_plot_table_find(const char *name)
{
    for (const struct ind_plot_table *table = ind_plot_tables; table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}
