/*
 * Random heads in place of a donor's.
 */
#include <induct/patch/graft.h>

#include <assert.h>
#include <math.h>

#include <induct/data/random.h>

/* A factor [d_model, d_head]: element (x, e) at x * row + e * column. */
struct factor {
    float *data;
    size_t row, column;
    int d_model, d_head;
};

static double inner(const struct factor *f, int e, int g)
{
    double sum = 0.0;
    for (int x = 0; x < f->d_model; x++)
        sum += (double)f->data[(size_t)x * f->row + (size_t)e * f->column] *
               (double)f->data[(size_t)x * f->row + (size_t)g * f->column];
    return sum;
}

/* Frobenius norm of A B^T: the square is tr (A^T A)(B^T B). */
static double product_norm(const struct factor *a, const struct factor *b)
{
    double sum = 0.0;
    for (int e = 0; e < a->d_head; e++) {
        sum += inner(a, e, e) * inner(b, e, e);
        for (int g = 0; g < e; g++)
            sum += 2.0 * inner(a, e, g) * inner(b, e, g);
    }
    return sqrt(sum > 0.0 ? sum : 0.0);
}

/* Factors of a head: in is W_Q or W_V, out is W_K (also [d_model, d_head]) or W_O. */
static void find_factors(const struct ind_params *params, struct ind_head head, bool ov,
                         struct factor *in, struct factor *out)
{
    const struct ind_config *c = &params->layout->config;
    const struct ind_layer_params *l = &params->layers[head.layer];
    const size_t d = (size_t)c->d_model, k = (size_t)c->d_head, at = (size_t)head.head * d * k;
    *in = (struct factor){(ov ? l->W_V : l->W_Q) + at, k, 1, c->d_model, c->d_head};
    *out = ov ? (struct factor){l->W_O + at, 1, d, c->d_model, c->d_head}
              : (struct factor){l->W_K + at, k, 1, c->d_model, c->d_head};
}

static void fill(const struct factor *f, struct ind_random *random)
{
    for (size_t e = 0; e < (size_t)f->d_model * (size_t)f->d_head; e++)
        f->data[e] = (float)ind_random_normal(random);
}

static void scale(const struct factor *f, double by)
{
    for (size_t e = 0; e < (size_t)f->d_model * (size_t)f->d_head; e++)
        f->data[e] = (float)((double)f->data[e] * by);
}

static void randomise_product(struct ind_params *target, const struct ind_params *donor,
                              struct ind_head head, bool ov, struct ind_random *random)
{
    struct factor in, out, donor_in, donor_out;
    find_factors(target, head, ov, &in, &out);
    find_factors(donor, head, ov, &donor_in, &donor_out);
    fill(&in, random);
    fill(&out, random);
    const double by = sqrt(product_norm(&donor_in, &donor_out) / product_norm(&in, &out));
    scale(&in, by);
    scale(&out, by);
}

void ind_graft_random(struct ind_params *target, const struct ind_params *donor,
                      struct ind_graft graft, uint64_t seed, uint32_t draw)
{
    const uint32_t heads = (uint32_t)target->layout->config.heads;
    const uint32_t number = (uint32_t)graft.head.layer * heads + (uint32_t)graft.head.head;
    const bool drawn[] = {graft.kind != IND_GRAFT_OV, graft.kind != IND_GRAFT_QK}; /* QK, OV */
    assert(graft.kind == IND_GRAFT_HEAD || drawn[0] != drawn[1]);
    ind_graft_apply(target, donor, &graft, 1); /* biases are the donor's */
    for (int ov = 0; ov < 2; ov++) {
        /* A product's elements do not depend on whether the other is drawn too. */
        struct ind_random random =
            ind_random_at(seed, IND_STREAM_CONTROL, 2 * number + (uint32_t)ov, draw);
        if (drawn[ov])
            randomise_product(target, donor, graft.head, ov, &random);
    }
}
