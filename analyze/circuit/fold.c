/* What is folded into the matrices. */
#include "parts.h"

enum ind_fold settings_fold(const struct settings *settings)
{
    return settings->no_fold ? IND_FOLD_NOTHING : IND_FOLD_NORM;
}

void note_caveats(const struct ind_study *study)
{
    const char *caveat;
    for (int i = 0;
         (caveat = ind_factor_caveat(study->config, settings_fold(study->settings), i)) != NULL;
         i++)
        ind_tool_warn(study->tool, "%s", caveat);
}
