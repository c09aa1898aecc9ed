/* Pairwise steps over the simplex, each with a one-dimensional Newton search inside its bracket. */
#include <induct/math/mixture.h>

#include <assert.h>
#include <math.h>

enum { MOST_STEPS = 2000, MOST_SEARCHES = 60 };
static const double bound = 1e-9; /* of the objective for unit mass, in nats */

struct fit {
    size_t outcomes;
    int components;
    const double *mass, *q;
    double *w;
};

static double mixed(const struct fit *fit, size_t r)
{
    double sum = 0.0;
    for (int a = 0; a < fit->components; a++)
        sum += fit->w[a] * fit->q[r * (size_t)fit->components + (size_t)a];
    return sum;
}

static double total(const struct fit *fit)
{
    double sum = 0.0;
    for (size_t r = 0; r < fit->outcomes; r++)
        sum += fit->mass[r];
    return sum;
}

static void gradient(const struct fit *fit, double mass, double *g)
{
    for (int a = 0; a < fit->components; a++)
        g[a] = 0.0;
    for (size_t r = 0; r < fit->outcomes; r++) {
        if (fit->mass[r] == 0.0)
            continue;
        const double share = fit->mass[r] / mass / mixed(fit, r);
        for (int a = 0; a < fit->components; a++)
            g[a] += share * fit->q[r * (size_t)fit->components + (size_t)a];
    }
}

/* First and second derivative of the objective when `step` of weight goes from component b to a. */
struct slope {
    double first, second;
};
static struct slope slope_at(const struct fit *fit, int a, int b, double step)
{
    struct slope slope = {0.0, 0.0};
    for (size_t r = 0; r < fit->outcomes; r++) {
        if (fit->mass[r] == 0.0)
            continue;
        const double *q = fit->q + r * (size_t)fit->components;
        const double difference = q[a] - q[b];
        const double relative = difference / (mixed(fit, r) + step * difference);
        slope.first += fit->mass[r] * relative;
        slope.second -= fit->mass[r] * relative * relative;
    }
    return slope;
}

/* How much weight to take from b to a: the root of the slope in (0, most], or most where it is
 * uphill all the way. */
static double search(const struct fit *fit, int a, int b, double most)
{
    if (slope_at(fit, a, b, most).first >= 0.0)
        return most;
    double low = 0.0, high = most, step = 0.0;
    for (int i = 0; i < MOST_SEARCHES && high - low > 1e-15; i++) {
        const struct slope slope = slope_at(fit, a, b, step);
        if (slope.first > 0.0)
            low = step;
        else
            high = step;
        const double newton = step - slope.first / slope.second;
        const double next = newton > low && newton < high ? newton : 0.5 * (low + high);
        if (fabs(next - step) < 1e-14)
            break;
        step = next;
    }
    return step;
}

/* One step; the bound before it. */
static double improve(const struct fit *fit, double mass)
{
    double g[IND_MIXTURE_MOST];
    gradient(fit, mass, g);
    int a = 0, b = -1;
    for (int c = 0; c < fit->components; c++) {
        a = g[c] > g[a] ? c : a;
        if (fit->w[c] > 0.0 && (b < 0 || g[c] < g[b]))
            b = c;
    }
    if (g[a] - 1.0 > bound && a != b) {
        const double step = search(fit, a, b, fit->w[b]);
        fit->w[a] += step;
        fit->w[b] = step == fit->w[b] ? 0.0 : fit->w[b] - step;
    }
    return g[a] - 1.0;
}

static double objective(const struct fit *fit)
{
    double sum = 0.0;
    for (size_t r = 0; r < fit->outcomes; r++) {
        if (fit->mass[r] > 0.0)
            sum += fit->mass[r] * log(mixed(fit, r));
    }
    return sum;
}

double ind_mixture_fit(size_t outcomes, int components, const double *mass,
                       const double *probabilities, double *weights)
{
    assert(components >= 1 && components <= IND_MIXTURE_MOST);
    const struct fit fit = {outcomes, components, mass, probabilities, weights};
    const double all = total(&fit);
    for (int a = 0; a < components; a++)
        weights[a] = all > 0.0 ? 1.0 / components : (double)NAN;
    if (!(all > 0.0))
        return (double)NAN;
    for (int i = 0; i < MOST_STEPS && improve(&fit, all) > bound; i++)
        continue;
    return objective(&fit);
}
