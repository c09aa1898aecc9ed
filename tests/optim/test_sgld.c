/* Langevin dynamics and the coefficient it gives, on losses whose coefficient is known exactly: d/2 on
 * a regular quadratic, the number of curved directions over 2 on a flat one, 1/(2k) for each direction
 * of order 2k; and what a finite step and the pull of the centre change on a quadratic. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/data/random.h>
#include <induct/optim/llc.h>

static void assert_close(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.12g is not %.12g within %g", value, expected, relative);
}

/* ---- Losses ---------------------------------------------------------------------------------- */

enum { D = 40 };

/* L(w) = 1/2 sum h_i u_i^2 + sum q_i u_i^4 + s (sum u_i^2)^2, u = w - centre. */
struct bowl {
    double curvature[D], quartic[D], ball;
    float weights[D], centre[D], gradient[D];
};

static double at_bowl(void *context, long step, const float **gradient)
{
    struct bowl *bowl = context;
    double loss = 0, square = 0;
    (void)step;
    for (int i = 0; i < D; i++)
        square += pow((double)bowl->weights[i] - (double)bowl->centre[i], 2);
    for (int i = 0; i < D; i++) {
        const double u = (double)bowl->weights[i] - (double)bowl->centre[i];
        const double h = bowl->curvature[i], q = bowl->quartic[i];
        loss += 0.5 * h * u * u + q * u * u * u * u;
        bowl->gradient[i] = (float)(h * u + 4 * q * u * u * u + 4 * bowl->ball * square * u);
    }
    *gradient = bowl->gradient;
    return loss + bowl->ball * square * square;
}

static const struct ind_slice everything[] = {{0, D}};
static const struct ind_slices all = {everything, 1};

/* All chains from the centre, as a program has them. */
static struct ind_llc_summary sample(struct bowl *bowl, const struct ind_llc_settings *settings,
                                     struct ind_slices free_ones)
{
    const long total = settings->burn_in + settings->steps;
    double *excess = calloc((size_t)(settings->chains * total), sizeof *excess);
    const struct ind_landscape landscape = {at_bowl, bowl};
    struct ind_llc_summary summary;
    assert_non_null(excess);
    for (int i = 0; i < D; i++)
        bowl->centre[i] = (float)(0.1 * i - 2);
    for (int c = 0; c < settings->chains; c++) {
        memcpy(bowl->weights, bowl->centre, sizeof bowl->weights);
        ind_sgld_chain(&settings->sgld, (uint32_t)c, &landscape, free_ones, bowl->centre,
                       bowl->weights, total, excess + c * total);
    }
    ind_llc_summarise(settings, excess, &summary);
    free(excess);
    return summary;
}

/* nbeta 100 and curvatures of .5 to 2: steps of .005 to .02 of what is left. */
static const struct ind_llc_settings settled = {
    .sgld = {.step_size = 2e-4, .nbeta = 100, .seed = 3},
    .chains = 4,
    .burn_in = 2000,
    .steps = 20000,
    .batch = 1};

static void curve(struct bowl *bowl, int from, int to)
{
    for (int i = from; i < to; i++)
        bowl->curvature[i] = 0.5 * pow(4, (double)i / (D - 1));
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* The formula in double, with the same noise. */
static void one_step_is_the_formula(void **state)
{
    (void)state;
    const struct ind_sgld sgld = {.step_size = 0.01, .nbeta = 7, .gamma = 3, .seed = 5};
    float weights[D], before[D], centre[D], gradient[D], noise[D];
    struct ind_random random = ind_random_at(1, IND_STREAM_CONTROL, 0, 0);
    ind_random_normals(&random, D, gradient);
    ind_random_normals(&random, D, weights);
    ind_random_normals(&random, D, centre);
    memcpy(before, weights, sizeof weights);
    random = ind_random_at(5, IND_STREAM_NOISE, 2, 9);
    ind_random_normals(&random, D, noise);
    ind_sgld_step(&sgld, 2, 9, (struct ind_slice){3, 20}, gradient, centre, weights);
    for (int i = 0; i < D; i++) {
        const double w = before[i];
        const double drift = 0.005 * (7 * (double)gradient[i] + 3 * (w - (double)centre[i]));
        const double expected = i < 3 || i >= 23 ? w : w - drift + 0.1 * (double)noise[i];
        assert_true(fabs((double)weights[i] - expected) < 2e-6);
    }
}

/* Slices of any size meet the noise of the whole; chains, steps and seeds have their own. */
static void noise_belongs_to_its_float(void **state)
{
    (void)state;
    enum { COUNT = 1500 };
    static float zero[COUNT], whole[COUNT], parts[COUNT], other[3][COUNT];
    const struct ind_sgld sgld = {.step_size = 1, .seed = 5},
                          reseeded = {.step_size = 1, .seed = 6};
    const struct ind_slice slice = {0, COUNT};
    ind_sgld_step(&sgld, 1, 1, slice, zero, zero, whole);
    for (size_t first = 0, size = 1; first < COUNT; first += size, size += 37) {
        const size_t count = first + size < COUNT ? size : COUNT - first;
        ind_sgld_step(&sgld, 1, 1, (struct ind_slice){first, count}, zero, zero, parts);
    }
    assert_memory_equal(parts, whole, sizeof whole);
    ind_sgld_step(&sgld, 2, 1, slice, zero, zero, other[0]);
    ind_sgld_step(&sgld, 1, 2, slice, zero, zero, other[1]);
    ind_sgld_step(&reseeded, 1, 1, slice, zero, zero, other[2]);
    for (int o = 0; o < 3; o++) {
        double product = 0;
        for (int i = 0; i < COUNT; i++)
            product += (double)whole[i] * (double)other[o][i];
        assert_true(fabs(product) < 4 * sqrt(COUNT));
    }
}

static void regular_quadratic_is_half_its_weights(void **state)
{
    (void)state;
    struct bowl bowl = {0};
    curve(&bowl, 0, D);
    const struct ind_llc_summary s = sample(&bowl, &settled, all);
    assert_close(s.llc.value, D / 2.0, 0.05);
    assert_true(s.llc.lo <= D / 2.0 * 1.02 && s.llc.hi >= D / 2.0 * 0.98 && s.diverged == 0);
    assert_true(s.rhat > 0.99 && s.rhat < 1.05 && s.below == 0);
}

/* Of few directions with curvature, or few that are free. */
static void flat_directions_do_not_count(void **state)
{
    (void)state;
    static const struct ind_slice some[] = {{4, 6}, {20, 10}};
    struct bowl bowl = {0};
    curve(&bowl, 0, 12);
    assert_close(sample(&bowl, &settled, all).llc.value, 12 / 2.0, 0.05);
    curve(&bowl, 0, D);
    assert_close(sample(&bowl, &settled, (struct ind_slices){some, 2}).llc.value, 16 / 2.0, 0.05);
}

/* nbeta E[L] = 1 / (2k) for each direction of a loss that is homogeneous of order 2k, at every
 * temperature: by parts, E[w . grad nbeta L] = d, and w . grad L = 2k L. */
static void degenerate_minima_count_less(void **state)
{
    (void)state;
    struct ind_llc_settings settings = settled;
    struct bowl lonely = {0}, ball = {.ball = 1}, mixed = {0};
    settings.sgld.nbeta = 1000;
    settings.sgld.step_size = 5e-5;
    for (int i = 0; i < D; i++)
        lonely.quartic[i] = 1;
    assert_close(sample(&lonely, &settings, all).llc.value, D / 4.0, 0.05);
    assert_close(sample(&ball, &settings, all).llc.value, D / 4.0, 0.05);
    curve(&mixed, 0, D / 2);
    for (int i = D / 2; i < D; i++)
        mixed.quartic[i] = 1;
    assert_close(sample(&mixed, &settings, all).llc.value, D / 2 * 0.5 + D / 2 * 0.25, 0.05);
}

/* On a quadratic a chain is an autoregression: with a = e/2 (nb h + g), nb h / 2 / ((nb h + g) (1 - a/2))
 * a direction. */
static void finite_steps_and_pull_are_as_computed(void **state)
{
    (void)state;
    struct ind_llc_settings settings = settled;
    struct bowl bowl = {0};
    double expected = 0;
    curve(&bowl, 0, D);
    settings.sgld.step_size = 6e-3;
    settings.sgld.gamma = 80;
    for (int i = 0; i < D; i++) {
        const double stiff = 100 * bowl.curvature[i], held = stiff + 80;
        expected += stiff / 2 / (held * (1 - 6e-3 / 4 * held));
    }
    assert_true(fabs(expected - D / 2.0) > 0.1 * D / 2.0); /* another number than without */
    assert_close(sample(&bowl, &settings, all).llc.value, expected, 0.02);
}

/* Steps beyond 2 / curvature grow: the chain says so, and nothing else is a number. */
static void divergence_is_told(void **state)
{
    (void)state;
    struct ind_llc_settings settings = settled;
    struct bowl bowl = {.ball = 1};
    settings.sgld.step_size = 0.5;
    settings.burn_in = 0;
    settings.steps = 100;
    const struct ind_llc_summary s = sample(&bowl, &settings, all);
    assert_int_equal(s.diverged, 4);
    assert_true(isnan(s.llc.value) && isnan(s.llc.lo) && isnan(s.rise) && isnan(s.rhat) &&
                isnan(s.below) && isnan(s.sd) && isnan(s.excess));
}

/* Two chains of one step of burn-in and four draws, by hand. */
static void summaries_are_their_formulas(void **state)
{
    (void)state;
    const struct ind_llc_settings settings = {
        .sgld = {.nbeta = 10}, .chains = 2, .burn_in = 1, .steps = 4, .batch = 1};
    const double excess[] = {99, 1, 2, 3, 6, 99, -1, 3, 2, 4};
    struct ind_llc_summary s;
    ind_llc_summarise(&settings, excess, &s);
    /* chains 30 and 20; 12.706 is Student's 97.5 % of one degree of freedom */
    assert_close(s.llc.value, 25, 1e-12);
    assert_close(s.sd, sqrt(50), 1e-12);
    assert_close(s.llc.hi - 25, 12.7062047361747 * 5, 1e-9);
    assert_close(25 - s.llc.lo, 12.7062047361747 * 5, 1e-9);
    assert_close(s.excess, 2.5, 1e-12);
    assert_close(s.below, 1.0 / 8, 1e-12);
    assert_close(s.rise, 10 * ((4.5 - 1.5) + (3 - 1)) / 2, 1e-12);
    /* halves: means 1.5 4.5 1 3, variances .5 4.5 8 2; W 3.75, B/n 2.5 */
    assert_close(s.rhat, sqrt(0.5 + 2.5 / 3.75), 1e-12);
    const struct ind_llc_settings lonely = {
        .sgld = {.nbeta = 10}, .chains = 1, .burn_in = 0, .steps = 1, .batch = 1};
    ind_llc_summarise(&lonely, excess + 1, &s);
    assert_true(s.llc.value == 10 && isnan(s.llc.lo) && isnan(s.sd) && isnan(s.rise) &&
                isnan(s.rhat));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step_is_the_formula),
        cmocka_unit_test(noise_belongs_to_its_float),
        cmocka_unit_test(regular_quadratic_is_half_its_weights),
        cmocka_unit_test(flat_directions_do_not_count),
        cmocka_unit_test(degenerate_minima_count_less),
        cmocka_unit_test(finite_steps_and_pull_are_as_computed),
        cmocka_unit_test(divergence_is_told),
        cmocka_unit_test(summaries_are_their_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
