/* What each figure says in its headline, from its tables (headlines.c, headlines_rule.c,
 * headlines_cause.c). */
#ifndef INDUCT_PLOT_HEADLINES_H
#define INDUCT_PLOT_HEADLINES_H

#include "plot/headline.h"

typedef int ind_say(struct ind_headline *, struct ind_plot_run *, struct ind_error *);

/* What training and weights show. */
ind_say ind_say_training, ind_say_heads, ind_say_formation, ind_say_periods, ind_say_norms,
    ind_say_spectrum, ind_say_circuit, ind_say_compose;

/* What predictions show, and losses around the weights. */
ind_say ind_say_strategy, ind_say_lens, ind_say_llc;

/* What interventions show. */
ind_say ind_say_edges, ind_say_ablate, ind_say_shapley, ind_say_paths, ind_say_split, ind_say_bump,
    ind_say_graft, ind_say_study;

#endif
