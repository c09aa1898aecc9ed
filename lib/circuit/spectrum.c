#include <induct/circuit/spectrum.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>
#include <induct/math/decomp.h>

#include "circuit/directions.h"

struct ind_spectra_work {
    struct ind_config config;
    enum ind_fold fold;
    int r;
    double *a, *b;        /* [d_model, d_head]: the factors */
    double *left, *right; /* [d_model, size]: all singular vectors */
    struct ind_decomp decomp;
};

int ind_spectrum_size(const struct ind_config *config)
{
    return config->d_model < config->d_head ? config->d_model : config->d_head;
}

int ind_spectra_init(struct ind_spectra *spectra, const struct ind_config *config, int r,
                     enum ind_fold fold, struct ind_error *err)
{
    const int d = config->d_model, k = config->d_head, size = ind_spectrum_size(config);
    const size_t area = (size_t)d * (size_t)k;
    assert(r >= 1 && r <= size);
    if (ind_alloc_into(&spectra->work, 1, sizeof *spectra->work, err))
        return IND_FAILED;
    struct ind_spectra_work *work = spectra->work;
    *work = (struct ind_spectra_work){.config = *config, .fold = fold, .r = r};
    if (ind_alloc_into(&work->a, area, sizeof *work->a, err) ||
        ind_alloc_into(&work->b, area, sizeof *work->b, err) ||
        ind_alloc_into(&work->left, area, sizeof *work->left, err) ||
        ind_alloc_into(&work->right, area, sizeof *work->right, err) ||
        ind_decomp_init(&work->decomp, d > k ? d : k, size, err)) {
        ind_spectra_release(spectra);
        return IND_FAILED;
    }
    return IND_OK;
}

void ind_spectra_release(struct ind_spectra *spectra)
{
    struct ind_spectra_work *work = spectra->work;
    if (work != NULL) {
        free(work->a);
        free(work->b);
        free(work->left);
        free(work->right);
        ind_decomp_release(&work->decomp);
        free(work);
    }
    spectra->work = NULL;
}

/* The first r of `size` columns. */
static void take_columns(int d, int size, int r, const double *from, double *to)
{
    for (int i = 0; i < d; i++) {
        for (int j = 0; j < r; j++)
            to[(size_t)i * r + j] = from[(size_t)i * size + j];
    }
}

int ind_spectra_run(struct ind_spectra *spectra, const struct ind_params *params,
                    struct ind_head head, enum ind_head_matrix matrix, struct ind_spectrum *out,
                    struct ind_error *err)
{
    struct ind_spectra_work *work = spectra->work;
    const int d = work->config.d_model, k = work->config.d_head;
    const int size = ind_spectrum_size(&work->config);
    ind_factors_read(params, head, matrix, work->fold, work->a, work->b);
    if (ind_decomp_product_svd(&work->decomp, d, d, k, work->a, work->b, out->s, work->left,
                               work->right, err)) {
        char name[16];
        return ind_error_context(err, "%s of %s", ind_head_matrix_name(matrix),
                                 ind_head_name(head, name));
    }
    take_columns(d, size, work->r, work->left, out->left);
    take_columns(d, size, work->r, work->right, out->right);
    return IND_OK;
}

/* A cosine that is 1 but for rounding gives up to about 2e-6 degrees. */
static const double resolution = 1e-5;

double ind_principal_angle(double cosine)
{
    const double angle = acos(fmin(fmax(cosine, 0.0), 1.0)) * (180.0 / M_PI);
    return angle < resolution ? 0.0 : angle;
}

/* ---- Two checkpoints ------------------------------------------------------------------------- */

static int angles_between(struct ind_spectra_work *work, const double *u, const double *v,
                          double *angles, struct ind_error *err)
{
    const int r = work->r;
    if (ind_decomp_cosines(&work->decomp, work->config.d_model, r, u, r, v, angles, err))
        return IND_FAILED;
    for (int i = 0; i < r; i++)
        angles[i] = ind_principal_angle(angles[i]);
    return IND_OK;
}

bool ind_has_directions(const double *s, int r)
{
    return s[r - 1] > 1e-6 * s[0];
}

int ind_spectra_angles(struct ind_spectra *spectra, const struct ind_spectrum *a,
                       const struct ind_spectrum *b, double *left, double *right,
                       struct ind_error *err)
{
    struct ind_spectra_work *work = spectra->work;
    if (!ind_has_directions(a->s, work->r) || !ind_has_directions(b->s, work->r)) {
        for (int i = 0; i < work->r; i++)
            left[i] = right[i] = (double)NAN;
        return IND_OK;
    }
    if (angles_between(work, a->left, b->left, left, err))
        return IND_FAILED;
    return angles_between(work, a->right, b->right, right, err);
}

/* ---- One number ------------------------------------------------------------------------------ */

double ind_effective_rank(const double *s, int count)
{
    double sum = 0.0, entropy = 0.0;
    for (int i = 0; i < count; i++)
        sum += s[i];
    for (int i = 0; i < count && sum > 0.0; i++) {
        if (s[i] > 0.0)
            entropy -= s[i] / sum * log(s[i] / sum);
    }
    return sum > 0.0 ? exp(entropy) : (double)NAN;
}

double ind_participation_ratio(const double *s, int count)
{
    /* In units of the largest, so that no fourth power overflows or vanishes. */
    double largest = 0.0, squares = 0.0, fourths = 0.0;
    for (int i = 0; i < count; i++)
        largest = fmax(largest, s[i]);
    for (int i = 0; i < count && largest > 0.0; i++) {
        const double square = s[i] / largest * (s[i] / largest);
        squares += square;
        fourths += square * square;
    }
    return largest > 0.0 ? squares * squares / fourths : (double)NAN;
}
