/* induct-import's help and options. */
#ifndef INDUCT_ANALYZE_IMPORT_IMPORT_H
#define INDUCT_ANALYZE_IMPORT_IMPORT_H

#include <induct/exchange/import.h>
#include <induct/tool/tool.h>

struct import_settings {
    const char *out;
    struct ind_import_options import;
    const char *epochs_text, *trained_text;
    int position, norm; /* places in the lists of words, -1 = not given */
    bool dry;
    long *epochs; /* owner */
    int trained_lo, trained_hi;
};

extern const struct ind_about IMPORT_ABOUT;
extern const struct ind_option IMPORT_OPTIONS[];

/* Reads what was given as text. */
IND_CHECKED int import_settle(struct import_settings *s, struct ind_error *err);

#endif
