/* induct-export's help and options, and what it writes. */
#ifndef INDUCT_ANALYZE_EXPORT_EXPORT_H
#define INDUCT_ANALYZE_EXPORT_EXPORT_H

#include <induct/model/params.h>
#include <induct/tool/tool.h>

enum export_layout { EXPORT_LENS, EXPORT_STUDY };

struct export_settings {
    const char *out;
    long epoch;
    bool epoch_set;
    int layout;
    bool npz, cache;
    int period, sequences; /* period 0 = not given */
};

extern const struct ind_about EXPORT_ABOUT;
extern const struct ind_option EXPORT_OPTIONS[];

/* The weights, their configuration and, if asked for, the activations of one batch, as files whose
 * names go to stdout. */
IND_CHECKED int export_files(const struct ind_tool *tool, const struct export_settings *s,
                             const struct ind_recipe *recipe, const struct ind_params *weights,
                             long epoch, struct ind_error *err);

#endif
