/* Initial weights: what a tensor's role says, drawn from the part of the random numbers that is its
 * own. */
#include <induct/model/params.h>

#include <math.h>

#include <induct/data/random.h>

static void fill_normal(struct ind_random *random, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (float)ind_random_normal(random);
}

/* Uniform on [-bound, bound); the rounding to float may reach the upper end. */
static void fill_uniform(struct ind_random *random, double bound, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(bound * (2.0 * ind_random_uniform(random) - 1.0));
}

static void fill_constant(float value, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = value;
}

/* The part of the random numbers that belongs to a tensor: its role and layer, not its place in the
   table, so that two models of one seed which differ in a bias or in their positions start from the
   same W_Q. */
static uint32_t stream_of(const struct ind_tensor *tensor)
{
    return (uint32_t)(tensor->layer + 1) * 32 + (uint32_t)tensor->role;
}

static void randomise_tensor(const struct ind_config *config, const struct ind_tensor *tensor,
                             uint64_t seed, float *out)
{
    struct ind_random random = ind_random_at(seed, IND_STREAM_INIT, stream_of(tensor), 0);
    switch (tensor->role) {
    case IND_W_E:
        fill_normal(&random, tensor->count, out);
        break;
    case IND_W_POS:
        if (config->positions == IND_POSITIONS_SINUSOIDAL)
            ind_positions_sinusoidal(ind_config_position_rows(config), config->d_model, out);
        else
            fill_normal(&random, tensor->count, out);
        break;
    case IND_W_Q:
    case IND_W_K:
    case IND_W_V:
    case IND_W_U:
        fill_uniform(&random, 1.0 / sqrt((double)config->d_model), tensor->count, out);
        break;
    case IND_W_O:
        fill_uniform(&random, 1.0 / sqrt((double)config->heads * config->d_head), tensor->count,
                     out);
        break;
    case IND_LN1_W:
    case IND_LN_FINAL_W:
        fill_constant(1.0F, tensor->count, out);
        break;
    case IND_B_Q:
    case IND_B_K:
    case IND_B_V:
    case IND_B_O:
    case IND_LN1_B:
    case IND_LN_FINAL_B:
    case IND_B_U:
    case IND_SMEAR:
        fill_constant(0.0F, tensor->count, out);
        break;
    }
}

void ind_params_randomise(struct ind_params *params, uint64_t seed)
{
    const struct ind_layout *layout = params->layout;
    for (int i = 0; i < layout->tensor_count; i++) {
        const struct ind_tensor *tensor = &layout->tensors[i];
        randomise_tensor(&layout->config, tensor, seed, params->data + tensor->offset);
    }
}
