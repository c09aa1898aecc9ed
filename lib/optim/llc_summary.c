/* What the chains of a local learning coefficient say. */
#include <induct/optim/llc.h>

#include <math.h>

#include <induct/math/inference.h>

struct moments {
    double mean, variance; /* of the sample; NaN of one */
};

static struct moments moments_of(const double *values, long count)
{
    double sum = 0, squares = 0;
    for (long i = 0; i < count; i++)
        sum += values[i];
    const double mean = sum / (double)count;
    for (long i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return (struct moments){mean, count > 1 ? squares / (double)(count - 1) : (double)NAN};
}

/* The draws of chain c. */
static const double *draws_of(const struct ind_llc_settings *settings, const double *excess, int c)
{
    return excess + c * (settings->burn_in + settings->steps) + settings->burn_in;
}

/* Gelman-Rubin over halves of chains: of two halves a middle draw, if there is one, is left out. */
static double split_rhat(const struct ind_llc_settings *settings, const double *excess)
{
    const long half = settings->steps / 2;
    const int halves = 2 * settings->chains;
    if (half < 2)
        return (double)NAN;
    double within = 0, sum = 0, squares = 0;
    for (int h = 0; h < halves; h++) {
        const double *draws = draws_of(settings, excess, h / 2);
        const struct moments m =
            moments_of(h % 2 == 0 ? draws : draws + settings->steps - half, half);
        within += m.variance / halves;
        sum += m.mean;
        squares += m.mean * m.mean;
    }
    const double between = (squares - sum * sum / halves) / (halves - 1);
    return sqrt((double)(half - 1) / (double)half + between / within);
}

static double rise(const struct ind_llc_settings *settings, const double *excess)
{
    const long half = settings->steps / 2;
    double sum = 0;
    for (int c = 0; c < settings->chains; c++) {
        const double *draws = draws_of(settings, excess, c);
        sum += moments_of(draws + settings->steps - half, half).mean - moments_of(draws, half).mean;
    }
    return settings->sgld.nbeta * sum / settings->chains;
}

static int count_diverged(const struct ind_llc_settings *settings, const double *excess)
{
    const long total = settings->burn_in + settings->steps;
    int diverged = 0;
    for (int c = 0; c < settings->chains; c++)
        diverged += !isfinite(excess[(c + 1) * total - 1]);
    return diverged;
}

static double share_below(const struct ind_llc_settings *settings, const double *excess)
{
    long below = 0;
    for (int c = 0; c < settings->chains; c++) {
        const double *draws = draws_of(settings, excess, c);
        for (long t = 0; t < settings->steps; t++)
            below += draws[t] < 0;
    }
    return (double)below / ((double)settings->chains * (double)settings->steps);
}

/* Mean and interval over the chains' own coefficients. */
static void over_chains(const struct ind_llc_settings *settings, const double *excess,
                        struct ind_llc_summary *summary)
{
    const int chains = settings->chains;
    const double nbeta = settings->sgld.nbeta;
    double sum = 0, squares = 0;
    for (int c = 0; c < chains; c++)
        sum += moments_of(draws_of(settings, excess, c), settings->steps).mean;
    const double mean = sum / chains;
    for (int c = 0; c < chains; c++) {
        const double of = moments_of(draws_of(settings, excess, c), settings->steps).mean;
        squares += (of - mean) * (of - mean);
    }
    summary->excess = mean;
    summary->llc.value = nbeta * mean;
    if (chains == 1)
        return;
    summary->sd = nbeta * sqrt(squares / (chains - 1));
    const double reach = ind_student_quantile(chains - 1, 0.975) * summary->sd / sqrt(chains);
    summary->llc.lo = summary->llc.value - reach;
    summary->llc.hi = summary->llc.value + reach;
}

void ind_llc_summarise(const struct ind_llc_settings *settings, const double *excess,
                       struct ind_llc_summary *summary)
{
    const double nan = (double)NAN;
    *summary = (struct ind_llc_summary){.llc = {nan, nan, nan},
                                        .sd = nan,
                                        .rise = nan,
                                        .rhat = nan,
                                        .below = nan,
                                        .excess = nan,
                                        .diverged = count_diverged(settings, excess)};
    if (summary->diverged > 0)
        return;
    over_chains(settings, excess, summary);
    summary->below = share_below(settings, excess);
    summary->rhat = split_rhat(settings, excess);
    if (settings->steps > 1)
        summary->rise = rise(settings, excess);
}
