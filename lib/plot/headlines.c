/* What training and weights show. A headline says one thing, with numbers that are cells of
 * tables. */
#include "plot/headlines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "plot/family.h"
#include "plot/periods.h"

/* The layer of "L1H0". */
static int layer_of(const char *head)
{
    return head[0] == 'L' ? atoi(head + 1) : 0;
}

/* ---- Training -------------------------------------------------------------------------------- */

int ind_say_training(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *log = &run->sheets[0];
    const long last = (long)log->row_count - 1;
    long passed = 0;
    while (passed <= last && !(ind_number(log, passed, "induction_accuracy") >= 0.5))
        passed++;
    if (passed > last) {
        ind_headline_say(h, "Induction accuracy stays below 0.5: it ends at ");
        return ind_headline_cell(h, "metrics", log, last, "induction_accuracy", IND_SHARE, err);
    }
    ind_headline_say(h, "Induction accuracy passes 0.5 at epoch ");
    if (ind_headline_cell(h, "metrics", log, passed, "epoch", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " and ends at ");
    return ind_headline_cell(h, "metrics", log, last, "induction_accuracy", IND_SHARE, err);
}

/* ---- Heads ----------------------------------------------------------------------------------- */

/* The row of the first of a role, if that holds; else -1. */
static long holder(const struct ind_sheet *roles, const char *role)
{
    const long row = ind_pick(roles, -1, "rank", "role", role, "holds", "1", NULL);
    return row;
}

static int say_holder(struct ind_headline *h, const struct ind_sheet *roles, const char *role,
                      const char *none, const char *some, struct ind_error *err)
{
    const long row = holder(roles, role);
    if (row < 0) {
        ind_headline_say(h, "%s", none);
        return IND_OK;
    }
    ind_headline_say(h, "%s: %s, up to ", some, ind_cell(roles, row, "name"));
    return ind_headline_cell(h, "roles", roles, row, "peak", IND_SHARE, err);
}

int ind_say_heads(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *roles;
    if (ind_plot_sheet(run, "roles", &roles, err) != IND_OK ||
        say_holder(h, roles, "previous", "No previous-token head", "Strongest previous-token head",
                   err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, "; ");
    return say_holder(h, roles, "induction", "no induction head", "induction", err);
}

/* "from 0.33 to 0.33" says nothing. */
static bool falls_visibly(const struct ind_sheet *roles, long row)
{
    return ind_number(roles, row, "peak") - ind_number(roles, row, "last") >= 2 * IND_SPOKEN;
}

/* Of the previous-token heads the one that lost most since its peak, if its intervals part. */
static bool faded(const struct ind_sheet *roles, size_t row, const void *context)
{
    (void)context;
    double low = ind_number(roles, (long)row, "peak_lo"),
           high = ind_number(roles, (long)row, "last_hi");
    low = isnan(low) ? ind_number(roles, (long)row, "peak") : low;
    high = isnan(high) ? ind_number(roles, (long)row, "last") : high;
    return strcmp(ind_cell(roles, (long)row, "role"), "previous") == 0 &&
           strcmp(ind_cell(roles, (long)row, "holds"), "1") == 0 && low > high &&
           falls_visibly(roles, (long)row);
}

static int say_previous(struct ind_headline *h, const struct ind_sheet *roles,
                        struct ind_error *err)
{
    const long strongest = holder(roles, "previous");
    long fading = -1;
    for (size_t row = 0; row < roles->row_count; row++) {
        const double fall =
            ind_number(roles, (long)row, "peak") - ind_number(roles, (long)row, "last");
        if (faded(roles, row, NULL) && (fading < 0 || fall > ind_number(roles, fading, "peak") -
                                                                 ind_number(roles, fading, "last")))
            fading = (long)row;
    }
    if (strongest < 0) {
        ind_headline_say(h, "No previous-token head");
        return IND_OK;
    }
    if (fading < 0) {
        ind_headline_say(h, "%s looks at the previous token: ", ind_cell(roles, strongest, "name"));
        return ind_headline_cell(h, "roles", roles, strongest, "last", IND_SHARE, err);
    }
    ind_headline_say(h, "%s fades from ", ind_cell(roles, fading, "name"));
    if (ind_headline_cell(h, "roles", roles, fading, "peak", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " to ");
    return ind_headline_cell(h, "roles", roles, fading, "last", IND_SHARE, err);
}

static int say_period(struct ind_headline *h, const struct ind_sheet *roles, const char *words,
                      struct ind_error *err)
{
    const long most = holder(roles, "period");
    const long fallen = most >= 0 && falls_visibly(roles, most) ? most : -1;
    const long row = fallen >= 0 ? fallen : ind_pick(roles, -1, "rank", "role", "period", NULL);
    if (row < 0)
        return IND_OK;
    ind_headline_say(h, "%s %s %s ", words, ind_cell(roles, row, "name"),
                     fallen >= 0 ? "falls from" : "ends at");
    if (fallen >= 0) {
        if (ind_headline_cell(h, "roles", roles, row, "peak", IND_SHARE, err) != IND_OK)
            return IND_FAILED;
        ind_headline_say(h, " to ");
    }
    return ind_headline_cell(h, "roles", roles, row, "last", IND_SHARE, err);
}

int ind_say_formation(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *roles;
    if (ind_plot_sheet(run, "roles", &roles, err) != IND_OK ||
        say_previous(h, roles, err) != IND_OK)
        return IND_FAILED;
    return say_period(h, roles, "; period", err);
}

/* ---- Periods --------------------------------------------------------------------------------- */

struct range {
    int epoch, period, lo, hi;
    const char *last;
    bool inside;
};

static bool in_range(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct range *range = context;
    const int period = atoi(ind_sheet_text(sheet, row, range->period));
    return strcmp(ind_sheet_text(sheet, row, range->epoch), range->last) == 0 &&
           (period >= range->lo && period <= range->hi) == range->inside;
}

static int say_epoch(struct ind_headline *h, const char *table, const struct ind_sheet *sheet,
                     long row, struct ind_error *err)
{
    ind_headline_say(h, "Epoch ");
    if (ind_headline_cell(h, table, sheet, row, "epoch", IND_WHOLE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, ": ");
    return IND_OK;
}

static int say_guessed(struct ind_headline *h, const struct ind_sheet *sheet, struct ind_error *err)
{
    const long best = ind_pick(sheet, 1, "accuracy", "epoch", ind_last_epoch(sheet), NULL);
    if (best < 0)
        return IND_OK;
    ind_headline_say(h, "no better than guessing at any period: accuracy at most ");
    return ind_headline_cell(h, "periods", sheet, best, "accuracy", IND_SHARE, err);
}

int ind_say_periods(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "periods", &sheet, err) != IND_OK)
        return IND_FAILED;
    const bool known = run->has & IND_NEEDS_TRAINED;
    struct range range = {.epoch = ind_sheet_find(sheet, "epoch"),
                          .period = ind_sheet_find(sheet, "period"),
                          .lo = known ? run->series->recipe.period_lo : 0,
                          .hi = known ? run->series->recipe.period_hi : 0,
                          .last = ind_last_epoch(sheet),
                          .inside = true};
    const long trained = ind_pick_if(sheet, -1, "accuracy", in_range, &range);
    range.inside = false;
    const long other = ind_pick_if(sheet, -1, "accuracy", in_range, &range);
    const struct ind_claims knows = ind_claims_of_knowing(run, sheet);
    long known_row;
    if (say_epoch(h, "periods", sheet, (long)sheet->row_count - 1, err) != IND_OK ||
        ind_claims_pick(sheet, &knows, &known_row, err) != IND_OK)
        return IND_FAILED;
    if (known_row < 0)
        return say_guessed(h, sheet, err);
    if (trained >= 0) {
        ind_headline_say(h, "accuracy at least ");
        if (ind_headline_cell(h, "periods", sheet, trained, "accuracy", IND_SHARE, err) != IND_OK)
            return IND_FAILED;
        ind_headline_say(h, " in the trained periods");
    }
    if (other < 0)
        return IND_OK;
    ind_headline_say(h, trained >= 0 ? ", outside as low as " : "accuracy at least ");
    if (ind_headline_cell(h, "periods", sheet, other, "accuracy", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " at period %s", ind_cell(sheet, other, "period"));
    return IND_OK;
}

/* ---- Weights --------------------------------------------------------------------------------- */

int ind_say_norms(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "norms", &sheet, err) != IND_OK)
        return IND_FAILED;
    const char *last = ind_last_epoch(sheet);
    const long all =
        ind_pick(sheet, 1, "relative", "epoch", last, "matrix", "W_E", "row", "all", NULL);
    const long decay =
        ind_pick(sheet, 1, "decay", "epoch", last, "matrix", "W_E", "row", "all", NULL);
    if (all < 0)
        return IND_OK;
    ind_headline_say(h, "The embedding ends with ");
    if (ind_headline_cell(h, "norms", sheet, all, "relative", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " of its norm");
    if (decay < 0)
        return IND_OK;
    ind_headline_say(h, "; decay alone would leave ");
    return ind_headline_cell(h, "norms", sheet, decay, "decay", IND_SHARE, err);
}

int ind_say_spectrum(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    static const char *const matrices[] = {"qk", "ov"}, *const names[] = {"QK", "OV"};
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "spectrum", &sheet, err) != IND_OK)
        return IND_FAILED;
    int ranks = 0;
    for (char name[16];
         snprintf(name, sizeof name, "s_%d", ranks + 1), ind_sheet_find(sheet, name) >= 0;)
        ranks++;
    for (int m = 0; m < 2; m++) {
        const long row = ind_pick(sheet, -1, "effective_rank", "epoch", ind_last_epoch(sheet),
                                  "matrix", matrices[m], NULL);
        if (row < 0)
            continue;
        ind_headline_say(h, "%s of %s: lowest %s, ", h->text[0] ? ";" : "Effective rank", names[m],
                         ind_cell(sheet, row, "head"));
        if (ind_headline_cell(h, "spectrum", sheet, row, "effective_rank", IND_TENTH, err) !=
            IND_OK)
            return IND_FAILED;
        ind_headline_say(h, " of %d", ranks);
    }
    return IND_OK;
}

/* ---- Circuits -------------------------------------------------------------------------------- */

static bool looks_back(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const int *layers = context;
    return strcmp(ind_cell(sheet, (long)row, "kind"), "previous") == 0 &&
           (*layers == 1 || layer_of(ind_cell(sheet, (long)row, "head")) < *layers - 1);
}

/* The head of an earlier layer that once looked most at the previous position, by the weights
 * alone. */
static int say_looking_back(struct ind_headline *h, const struct ind_sheet *sheet, long back,
                            struct ind_error *err)
{
    if (back < 0) {
        ind_headline_say(h, "Copying and matching, by the weights");
        return IND_OK;
    }
    if (!(ind_number(sheet, back, "prev_token") >=
          2.0 * ind_number(sheet, back, "prev_token_uniform"))) {
        ind_headline_say(h, "No head looks back one by position alone");
        return IND_OK;
    }
    ind_headline_say(h, "%s looks back one by position alone: up to ",
                     ind_cell(sheet, back, "head"));
    return ind_headline_cell(h, "circuit", sheet, back, "prev_token", IND_SHARE, err);
}

/* A share of tokens that is four standard deviations above chance (or whole, of few tokens). */
static bool is_of_tokens(const struct ind_sheet *sheet, long row, int vocab)
{
    const double chance = ind_number(sheet, row, "top1_chance");
    const double needed = chance + 4.0 * sqrt(chance * (1.0 - chance) / vocab);
    return ind_number(sheet, row, "top1") >= fmin(needed, 1.0);
}

/* The head that copies most tokens at the last epoch, if that is more than chance makes. */
static int say_copying(struct ind_headline *h, const struct ind_sheet *sheet, int vocab,
                       struct ind_error *err)
{
    const long copy =
        ind_pick(sheet, 1, "top1", "epoch", ind_last_epoch(sheet), "kind", "copy", NULL);
    if (copy < 0)
        return IND_OK;
    if (!is_of_tokens(sheet, copy, vocab)) {
        ind_headline_say(h, "; no head copies");
        return IND_OK;
    }
    ind_headline_say(h, "; %s copies ", ind_cell(sheet, copy, "head"));
    return ind_headline_cell(h, "circuit", sheet, copy, "top1", IND_SHARE, err);
}

int ind_say_circuit(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    const int layers = run->series->layout.config.layers;
    const int vocab = run->series->layout.config.vocab;
    if (ind_plot_sheet(run, "circuit", &sheet, err) != IND_OK)
        return IND_FAILED;
    const char *last = ind_last_epoch(sheet);
    const long back = ind_pick_if(sheet, 1, "prev_token", looks_back, &layers);
    const char *via = ind_cell(sheet, back, "head");
    const long match =
        back < 0 ? -1
                 : ind_pick(sheet, 1, "top1", "epoch", last, "kind", "match", "via", via, NULL);
    ind_headline_fact(h, "via", back < 0 ? "-" : via);
    if (match < 0)
        return say_looking_back(h, sheet, back, err);
    if (!is_of_tokens(sheet, match, vocab)) {
        if (say_looking_back(h, sheet, back, err) != IND_OK)
            return IND_FAILED;
        return say_copying(h, sheet, vocab, err);
    }
    ind_headline_say(h, "Through %s, %s matches ", via, ind_cell(sheet, match, "head"));
    if (ind_headline_cell(h, "circuit", sheet, match, "top1", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " of the tokens");
    return say_copying(h, sheet, vocab, err);
}

enum { MOST_PAIRS = 96 };

static int downwards(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* From which score on a pair is drawn, so that of each kind at most MOST_PAIRS are, those that end
 * highest: "shown_k" and so on; "pairs", how many there are, 0 if all are drawn. */
static int choose_pairs(struct ind_headline *h, const struct ind_sheet *sheet,
                        struct ind_error *err)
{
    static const char *const kinds[] = {"k", "q", "v"};
    const char *last = ind_last_epoch(sheet);
    size_t pairs = 0;
    double *scores;
    if (ind_alloc_into(&scores, sheet->row_count, sizeof *scores, err) != IND_OK)
        return IND_FAILED;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char name[16], text[32];
        size_t count = 0;
        for (size_t row = 0; row < sheet->row_count; row++) {
            const double score = ind_number(sheet, (long)row, "score");
            if (isfinite(score) && ind_at_epoch(sheet, row, last) &&
                strcmp(ind_cell(sheet, (long)row, "kind"), kinds[k]) == 0)
                scores[count++] = score;
        }
        qsort(scores, count, sizeof *scores, downwards);
        snprintf(name, sizeof name, "shown_%s", kinds[k]);
        snprintf(text, sizeof text, "%.17g", count > MOST_PAIRS ? scores[MOST_PAIRS - 1] : 0.0);
        ind_headline_fact(h, name, text);
        pairs = count > pairs ? count : pairs;
    }
    free(scores);
    char text[32];
    snprintf(text, sizeof text, "%zu", pairs > MOST_PAIRS ? pairs : 0);
    ind_headline_fact(h, "pairs", text);
    return IND_OK;
}

int ind_say_compose(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "compose", &sheet, err) != IND_OK || choose_pairs(h, sheet, err))
        return IND_FAILED;
    const char *last = ind_last_epoch(sheet);
    const long best = ind_pick(sheet, 1, "score", "epoch", last, "kind", "k", NULL);
    const long once = ind_pick(sheet, 1, "score", "kind", "k", NULL);
    if (best < 0)
        return IND_OK;
    const bool chance = ind_number(sheet, best, "p_holm") >= 0.05;
    ind_headline_say(h, "K-composition: %s%s→%s ends highest, at ",
                     chance ? "none beyond chance; " : "", ind_cell(sheet, best, "writer"),
                     ind_cell(sheet, best, "reader"));
    if (ind_headline_cell(h, "compose", sheet, best, "score", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    if (strcmp(ind_cell(sheet, once, "writer"), ind_cell(sheet, best, "writer")) == 0 ||
        ind_number(sheet, once, "score") < 1.15 * ind_number(sheet, best, "score"))
        return IND_OK;
    ind_headline_say(h, "; %s→%s once had ", ind_cell(sheet, once, "writer"),
                     ind_cell(sheet, once, "reader"));
    return ind_headline_cell(h, "compose", sheet, once, "score", IND_SHARE, err);
}
