/* The sequences that some ablations refer to. */
#include <induct/patch/ablate.h>

#include <induct/data/task.h>

/* Evaluation sequences are numbered from 0, and no program measures on so many. */
enum { FIRST_REFERENCE = 1 << 24 };

void ind_ablation_reference(int vocab, int context, uint64_t seed, int period, int sequences,
                            int32_t *tokens)
{
    ind_task_eval(vocab, context, seed, period, FIRST_REFERENCE, sequences, tokens);
}
