/*
 * Interventions while a model is trained (DEFINITIONS, section 13), as data: each is a line of
 * text, the same on the command line, in config.json and here.
 *
 *   clamp   HEADS=prev|uniform|RUN@EPOCH[:STRENGTH][@A:B]
 *           the heads' patterns are (1 - STRENGTH) of their own plus STRENGTH (1) of exact
 *           previous-token attention (position 0 looks at itself), of uniform causal attention, or
 *           of the pattern that the same head of another run's checkpoint has on the same tokens
 *   forbid  pp[@A:B]
 *           scores of every layer but the first lack their position-position term
 *   ablate  HEADS[@A:B]     the heads say nothing: z := 0
 *   freeze  TENSORS[@A:B]   the tensors are not updated
 *
 * From epoch A to epoch B, both included: batch E is met by the weights of epoch E under what is
 * active at E, and so is whatever an analysis asks of these weights. Without @A:B always; an end
 * left out is open. A list of several is separated by commas; words before one with an end (=, @)
 * share it: "L0H1,L0H2=prev@0:500,L1H0=uniform" is two interventions.
 */
#ifndef INDUCT_RECIPE_INTERVENTION_H
#define INDUCT_RECIPE_INTERVENTION_H

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_INTERVENTIONS_MAX = 16, IND_INTERVENTION_ROOM = 512 };

enum ind_intervention_kind {
    IND_INTERVENE_CLAMP,
    IND_INTERVENE_FORBID,
    IND_INTERVENE_ABLATE,
    IND_INTERVENE_FREEZE
};

enum ind_clamp { IND_CLAMP_PREV, IND_CLAMP_UNIFORM, IND_CLAMP_RUN };

/* Plain data. */
struct ind_intervention {
    enum ind_intervention_kind kind;
    char what[96]; /* heads (model/heads.h), tensors (ind_layout_select), or "pp" */
    enum ind_clamp clamp;
    double strength;  /* of a clamp, in (0,1] */
    char run[256];    /* of a donor: its folder, from the root */
    long run_epoch;   /* and its checkpoint */
    long first, last; /* epochs; 0 and IND_EPOCH_MAX where they are open */
};

/* "clamp", ...; NULL for a number that is no kind, which ends a loop over all. */
const char *ind_intervention_name(enum ind_intervention_kind kind);

/* Adds those of a list to items [IND_INTERVENTIONS_MAX], *count of which are taken. Syntax alone:
 * what fits the model is ind_recipe_check()'s. A donor's folder is made absolute, for which it must
 * exist unless it is already. */
IND_CHECKED int ind_interventions_parse(enum ind_intervention_kind kind, const char *list,
                                        struct ind_intervention *items, int *count,
                                        struct ind_error *err);

/* The text that parses to it, without its kind; returns it. */
char *ind_intervention_text(const struct ind_intervention *intervention,
                            char text[IND_INTERVENTION_ROOM]);

#ifdef __cplusplus
}
#endif
#endif
