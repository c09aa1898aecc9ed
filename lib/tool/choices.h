/*
 * The options that analyses share: one wording, one default, one check of each.
 */
#ifndef INDUCT_LIB_TOOL_CHOICES_H
#define INDUCT_LIB_TOOL_CHOICES_H

#include <induct/tool/analysis.h>

enum { IND_CHOICES_MOST = 11, IND_CHOICE_TEXT = 160 };

/* Their values, and the table of those that a program takes. */
struct ind_choices {
    const char *heads;
    struct ind_ints periods;
    int period, sequences, resamples;
    bool ood, no_fold, strict, go_on;
    struct ind_option options[IND_CHOICES_MOST + 1]; /* ends with a zeroed element */
    char heads_text[IND_CHOICE_TEXT], sequences_text[IND_CHOICE_TEXT];
};

/* Defaults, and the options that any of the program's analyses takes. Must not move afterwards. */
void ind_choices_init(struct ind_choices *choices, const struct ind_program *program);

/* Ends the process on an option that another analysis of the program takes, but not this one. */
void ind_choices_check(const struct ind_choices *choices, const struct ind_program *program,
                       const struct ind_analysis *analysis, const struct ind_tool *tool);

/* Fills the study's heads and sample from its series. */
IND_CHECKED int ind_choices_apply(const struct ind_choices *choices, struct ind_study *study,
                                  struct ind_error *err);

/* A model trained elsewhere, of which nobody said on what: the study's periods, as far as the
 * context lets them repeat, are a guess, and that is said. To be called when nothing refuses. */
void ind_choices_note_unknown(const struct ind_choices *choices, const struct ind_study *study);

/* Frees the lists in the choices and in the program's own settings. */
void ind_choices_release(struct ind_choices *choices, const struct ind_program *program,
                         void *settings);

#endif
