#include "fields.h"

#define JOINT                                                                                  \
    "adjusted over all rows by joint sign flips of the seeds (Westfall and Young), which may " \
    "find what Holm cannot; nan beyond 20 seeds"

static const struct ind_field curve_fields[] = {
    IND_FIELD(struct row, arm, "of the runs: what their names say before -seedN"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart: head=L1H0; - if nothing does"),
    IND_FIELD_DIGITS("epoch", struct row, epoch, 12, "optimizer steps; nan: over --at"),
    IND_FIELD(struct row, seeds, "that have a value"),
    IND_FIELD(struct row, mean, "over the seeds, with its 95 % interval"),
    IND_FIELD(struct row, least, "of the seeds' values"),
    IND_FIELD(struct row, most, "likewise"),
    {0}};

static const struct ind_field each_fields[] = {
    IND_FIELD(struct row, arm, "of the run"),
    IND_FIELD(struct row, seed, "likewise"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart"),
    IND_FIELD_DIGITS("epoch", struct row, epoch, 12, "optimizer steps; nan: over --at"),
    IND_FIELD_DIGITS("value", struct row, least, 9,
                     "of this seed; with --against, its difference from that arm"),
    {0}};

static const struct ind_field pair_fields[] = {
    IND_FIELD(struct row, arm, "against that of --against"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart"),
    IND_FIELD(struct row, seeds, "that both arms have: pairs"),
    IND_FIELD_AS("difference", struct row, mean, "mean of the pairs', with its 95 % interval"),
    IND_FIELD(struct row, above, "pairs in which it is above 0"),
    IND_FIELD(struct row, p, "two-sided, by exact sign flips"),
    IND_FIELD(struct row, p_holm, "the same, adjusted by Holm over all rows of the table"),
    IND_FIELD(struct row, p_joint, JOINT),
    {0}};

static const struct ind_field kept_fields[] = {
    IND_FIELD(struct row, arm, "against that of --against"),
    IND_FIELD(struct row, column, "of the tables"),
    IND_FIELD(struct row, of, "its rows, by what tells them apart"),
    IND_FIELD(struct row, seeds, "that both arms have: pairs"),
    IND_FIELD(struct row, before, "the arm's mean over --keeps"),
    IND_FIELD(struct row, after, "its mean over --at"),
    IND_FIELD(struct row, against_before, "that of the arm of --against, over --keeps"),
    IND_FIELD(struct row, against_after, "over --at"),
    IND_FIELD_AS("difference", struct row, mean,
                 "after - against_after, with the 95 % interval of the pairs' mean"),
    IND_FIELD(struct row, above, "pairs in which it is above 0"),
    IND_FIELD(struct row, p, "two-sided, by exact sign flips"),
    IND_FIELD(struct row, p_holm, "the same, adjusted by Holm over all rows of the table"),
    IND_FIELD(struct row, p_joint, JOINT),
    IND_FIELD_AS(
        "verdict", struct row, word,
        "open: against_before - against_after is below --tolerance, there was nothing to "
        "keep; keeps: p of --adjust < .05, difference > 0 and after >= before - tolerance; "
        "loses: difference_hi is below half of what the other arm lost; partial: neither "
        "of the two, or both"),
    {0}};

static const struct ind_field event_fields[] = {
    IND_FIELD(struct row, arm, "of the runs"),
    IND_FIELD(struct row, column, "of the tables that induct-onset looked at; - of a criterion"),
    IND_FIELD(struct row, of, "their rows"),
    IND_FIELD(struct row, event, "induct-onset's, or the criterion's name"),
    IND_FIELD(struct row, seeds, "that were looked at"),
    IND_FIELD(struct row, seen, "of them it has happened in"),
    IND_FIELD(struct row, share, "of the seeds it has happened in; Clopper and Pearson's interval"),
    IND_FIELD_DIGITS("median", struct row, median, 9,
                     "epoch by which half of the seeds have had it, censored ones counted; inf: "
                     "not by the end"),
    IND_FIELD_DIGITS("first", struct row, least, 9, "epoch, of the seeds that have had it"),
    IND_FIELD_DIGITS("last", struct row, most, 9, "likewise"),
    {0}};

static const struct ind_field event_each_fields[] = {
    IND_FIELD(struct row, arm, "of the run"),
    IND_FIELD(struct row, seed, "likewise"),
    IND_FIELD(struct row, column, "as above"),
    IND_FIELD(struct row, of, "likewise"),
    IND_FIELD(struct row, event, "likewise"),
    IND_FIELD_DIGITS("epoch", struct row, epoch, 12, "when; nan if it has not happened"),
    IND_FIELD_AS("status", struct row, word, "seen, or censored: not up to the end of the run"),
    IND_FIELD_DIGITS("until", struct row, until, 12,
                     "the last epoch that was looked at; nan: the table does not say it"),
    {0}};

static const struct ind_field order_fields[] = {
    IND_FIELD(struct row, arm, "of the runs"),
    IND_FIELD(struct row, event, "induct-onset's with its column, or the criterion's name"),
    IND_FIELD(struct row, other, "likewise: every pair is one row"),
    IND_FIELD(struct row, seeds, "in which both were looked for"),
    IND_FIELD(struct row, both, "of them both have happened in"),
    IND_FIELD(struct row, earlier, "of those, the event before the other"),
    IND_FIELD(struct row, later, "the event after the other"),
    IND_FIELD(struct row, same, "both at one checkpoint"),
    IND_FIELD(struct row, only, "the event alone has happened by the end of the run"),
    IND_FIELD(struct row, only_other, "the other alone"),
    IND_FIELD(struct row, neither, "both are censored"),
    IND_FIELD_AS("difference", struct row, mean,
                 "epochs from the event to the other, mean over seeds in which both have happened, "
                 "with its 95 % interval"),
    IND_FIELD(struct row, p, "of these differences, two-sided, by exact sign flips"),
    IND_FIELD(struct row, p_holm, "the same, adjusted by Holm over all rows of the table"),
    IND_FIELD(struct row, p_joint, JOINT),
    IND_FIELD_AS("verdict", struct row, word,
                 "leads: difference_lo is above 0, and the event is the earlier one in at least 3 "
                 "of 4 seeds in which both have happened; follows: the other way round; - neither"),
    {0}};

static const struct ind_field delay_fields[] = {
    IND_FIELD(struct row, arm, "against that of --against"),
    IND_FIELD(struct row, column, "as above"),
    IND_FIELD(struct row, of, "likewise"),
    IND_FIELD(struct row, event, "likewise"),
    IND_FIELD(struct row, seeds, "that both arms have: pairs"),
    IND_FIELD(struct row, seen,
              "of them it has happened in, by the end of the shorter of the pair's runs"),
    IND_FIELD(struct row, seen_against, "the same of the other arm"),
    IND_FIELD_AS("only", struct row, only_other,
                 "pairs in which it has happened in this arm alone"),
    IND_FIELD_AS("only_against", struct row, only, "in the other alone"),
    IND_FIELD(struct row, p, "of these, two-sided, by exact sign flips"),
    IND_FIELD(struct row, p_holm, "the same, adjusted by Holm over all rows of the table"),
    IND_FIELD(struct row, p_joint, JOINT),
    IND_FIELD(struct row, both, "pairs in which it has happened in both"),
    IND_FIELD_AS(
        "delay", struct row, mean,
        "epochs by which it is later than in the other arm, mean over those, with its 95 % "
        "interval"),
    {0}};

static const struct ind_field match_fields[] = {
    IND_FIELD(struct row, arm, "of the run"),
    IND_FIELD(struct row, seed, "likewise"),
    IND_FIELD(struct row, head, "of this run"),
    IND_FIELD_AS("like", struct row, other,
                 "the head of the run of --match that it is assigned to"),
    IND_FIELD(struct row, likeness, "of the two, -1 to 1: 1 if they do the same"),
    IND_FIELD(struct row, margin,
              "by how much the layer's sum of likeness is lower without this pair; nan of a head "
              "that is alone in its layer"),
    IND_FIELD(struct row, second,
              "by how much that of the layer's second best assignment is lower"),
    IND_FIELD_AS("status", struct row, word, "matched; unmatched: the margin is below --margin"),
    {0}};

bool fields_of_match(const struct settings *s)
{
    return s->match && s->role != ROLE_LIKE;
}

const struct ind_field *fields_choose(const struct settings *s)
{
    if (of_events(s))
        return s->order     ? order_fields
               : s->against ? delay_fields
               : s->each    ? event_each_fields
                            : event_fields;
    if (fields_of_match(s))
        return match_fields;
    return s->each          ? each_fields
           : s->keeps.count ? kept_fields
           : s->against     ? pair_fields
                            : curve_fields;
}

void fields_describe(FILE *stream)
{
    static const struct {
        const char *heading;
        const struct ind_field *fields;
    } tables[] = {{"Columns", curve_fields},
                  {"With --each", each_fields},
                  {"With --against", pair_fields},
                  {"With --against and --keeps", kept_fields},
                  {"With --match", match_fields},
                  {"With --events or --criteria", event_fields},
                  {"With --events or --criteria, and --each", event_each_fields},
                  {"With --events or --criteria, and --order", order_fields},
                  {"With --events or --criteria, and --against", delay_fields}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        fprintf(stream, "\n%s:\n", tables[i].heading);
        ind_fields_describe(tables[i].fields, stream);
    }
    fputs("\nOperands are runs, or tables of any of induct's programs, with a column run or\n"
          "lying in a run's folder; runs are called ARM-seedN, as induct-sweep calls them.\n"
          "Intervals resample seeds, then what each seed's interval leaves open, and are\n"
          "widened for few seeds as Student's are: 95 % intervals of 8 and 16 seeds hold 94\n"
          "to 97 % in simulations; those of fewer than six hold less, as no resample's mean\n"
          "lies beyond the seeds' own values. Of one seed there is none. The rule knows no\n"
          "bounds: of shares that differ much an interval may end below 0 or above 1. Sign\n"
          "flips of 8 pairs cannot go below .0078, of 5 not below .0625. A family is the rows\n"
          "of the table: give the arms (operands) and columns (--column) that belong to it, no\n"
          "more. Holm multiplies by their number: 28 rows of 8 pairs cannot go below .22, 11\n"
          "pairs are needed for .05. Joint sign flips use that the rows are of the same seeds:\n"
          "in simulations such families raise 5 % false alarms.\n",
          stream);
}
