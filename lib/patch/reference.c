/* The sequences that some ablations refer to. */
#include <induct/patch/ablate.h>

#include <induct/data/task.h>

void ind_ablation_reference(int vocab, int context, uint64_t seed, int period, int sequences,
                            int32_t *tokens)
{
    ind_task_eval(vocab, context, seed, period, IND_FIRST_REFERENCE, sequences, tokens);
}
