/* Through which edges the answer comes. */
#include "plot/headlines.h"

#include <math.h>
#include <string.h>

#include "plot/family.h"

struct between {
    const char *epoch;
    bool heads; /* edges from a head to a head alone */
};

static bool is_between(const struct ind_sheet *sheet, size_t row, const void *context)
{
    const struct between *between = context;
    const long at = (long)row;
    return strcmp(ind_cell(sheet, at, "epoch"), between->epoch) == 0 &&
           (!between->heads || (ind_cell(sheet, at, "source")[0] == 'L' &&
                                strcmp(ind_cell(sheet, at, "reader"), "logits") != 0));
}

/* "L1H0.K" as "the keys of L1H0" */
static void say_reader(struct ind_headline *h, const char *reader)
{
    const char *dot = strchr(reader, '.');
    if (!dot)
        ind_headline_say(h, "the logits");
    else
        ind_headline_say(h, "the %s of %.*s",
                         dot[1] == 'Q'   ? "queries"
                         : dot[1] == 'K' ? "keys"
                                         : "values",
                         (int)(dot - reader), reader);
}

static int say_agreement(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "agreement", &sheet, err) != IND_OK)
        return IND_FAILED;
    const long row = (long)sheet->row_count - 1;
    if (!isfinite(ind_number(sheet, row, "error")))
        return IND_OK;
    ind_headline_say(h, "; attributions are off by ");
    if (ind_headline_cell(h, "agreement", sheet, row, "error", IND_SHARE, err) != IND_OK)
        return IND_FAILED;
    ind_headline_say(h, " of all effects");
    return IND_OK;
}

int ind_say_edges(struct ind_headline *h, struct ind_plot_run *run, struct ind_error *err)
{
    const struct ind_sheet *sheet;
    if (ind_plot_sheet(run, "edges", &sheet, err) != IND_OK)
        return IND_FAILED;
    const bool positions = ind_config_adds_positions(&run->series->layout.config);
    ind_headline_fact(h, "embedded", positions ? "token position" : "token");
    struct between between = {ind_last_epoch(sheet), true};
    long row = ind_pick_if(sheet, -1, "effect", is_between, &between);
    between.heads = row >= 0;
    row = row >= 0 ? row : ind_pick_if(sheet, -1, "effect", is_between, &between);
    if (row < 0)
        return IND_OK;
    if (ind_say_guesses(h, run, ind_cell(sheet, row, "period"), err) != IND_OK)
        return IND_FAILED;
    if (h->text[0])
        return IND_OK;
    ind_headline_say(h, "Without %s in ", ind_cell(sheet, row, "source"));
    say_reader(h, ind_cell(sheet, row, "reader"));
    ind_headline_say(h, " the right logit changes by ");
    if (ind_headline_cell(h, "edges", sheet, row, "effect", IND_CHANGE, err) != IND_OK)
        return IND_FAILED;
    return say_agreement(h, run, err);
}
