/* --list: what scores there are, without a run. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include <induct/base/file.h>
#include <induct/score/score.h>

/* Chance is that of the study's model: a context of 80, the middle of the trained periods. */
enum { PERIOD = 25 };

struct row {
    const char *score, *listed, *formula, *description;
    double uniform;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, score, "its name for --score"),
    IND_FIELD_AS("default", struct row, listed, "yes: measured where none is named"),
    IND_FIELD_DIGITS("uniform", struct row, uniform, 4,
                     "its value under uniform attention, at period 25 in a context of 80"),
    IND_FIELD(struct row, formula, "of A, the attention"),
    IND_FIELD(struct row, description, "in words"),
    {0}};

static int put_listed(const struct ind_study *study, const struct ind_score *score,
                      struct ind_rows *rows, struct ind_error *err)
{
    const struct settings *s = study->settings;
    const struct ind_score_choice choice = {.score = score, .argument = 1};
    const int length = ind_config_default().context - 1;
    char *name = ind_text("%s%s", score->name, score->takes_argument ? "(o)" : "");
    if (name == NULL)
        return ind_fail(err, "out of memory");
    struct row row = {.score = name,
                      .listed = score->optional ? "no" : "yes",
                      .uniform = (double)NAN,
                      .formula = score->formula,
                      .description = score->description};
    int status = IND_OK;
    if (!score->takes_argument)
        status = ind_score_baseline(&choice, length, PERIOD, 0, (enum ind_score_compat)s->compat,
                                    &row.uniform, err);
    if (status == IND_OK)
        ind_form_put(&study->form, NULL, &row, rows);
    free(name);
    return status;
}

static int list(const struct ind_study *study, struct ind_rows *rows, struct ind_error *err)
{
    const struct ind_score **scores = ind_score_sorted();
    int status = scores != NULL ? IND_OK : ind_fail(err, "out of memory");
    for (int i = 0; status == IND_OK && scores[i] != NULL; i++)
        status = put_listed(study, scores[i], rows, err);
    free(scores);
    return status;
}

const struct ind_analysis listed_scores = {.option = "list", .fields = fields, .list = list};
