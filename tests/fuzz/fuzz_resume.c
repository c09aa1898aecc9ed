/* resume.safetensors: refused, or a state of finite numbers at an epoch that there can be. */
#include <math.h>

#include <induct/model/params.h>

#include "fuzz/fuzz_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ind_run_state *state)
{
    if (state->epoch < 0 || state->epoch > IND_EPOCH_MAX || !(state->seconds >= 0) ||
        !isfinite(state->seconds) || ind_params_find_nonfinite(state->weights) ||
        ind_params_find_nonfinite(state->moment1) || ind_params_find_nonfinite(state->moment2))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ind_layout layout;
    static struct ind_params params[3];
    struct ind_run run;
    struct ind_error err, instead;
    bool found;
    fuzz_run_begin();
    if (!layout.tensors) {
        const struct ind_recipe recipe = fuzz_recipe();
        if (ind_layout_init(&layout, &recipe.model, &err) != IND_OK)
            abort();
        for (int i = 0; i < 3; i++)
            if (ind_params_init(&params[i], &layout, &err) != IND_OK)
                abort();
    }
    scratch_put("resume.safetensors", size ? (const void *)data : "", size);
    if (ind_run_resume(&run, scratch_folder, false, &err) != IND_OK)
        return 0;
    struct ind_run_state state = {
        .weights = &params[0], .moment1 = &params[1], .moment2 = &params[2]};
    if (ind_run_load_state(&run, &state, &found, &instead, &err) == IND_OK && found)
        check(&state);
    ind_run_close(&run);
    return 0;
}
