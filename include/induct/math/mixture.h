/*
 * The mixture of given distributions that explains observed mass best.
 *
 * Outcomes r have mass m_r >= 0 and probabilities q_ra > 0 under the components a. Of all w in the
 * simplex, ind_mixture_fit finds the one that maximises sum_r m_r log sum_a w_a q_ra: the maximum
 * likelihood mixture, which is also the one with the least mean Kullback-Leibler divergence from
 * what the mass was drawn from.
 *
 * The problem is concave. Steps go along one pair of components at a time, from the one of least to
 * the one of most use, with an exact line search (pairwise Frank-Wolfe; Lacoste-Julien & Jaggi
 * 2015). With g_a = sum_r (m_r / M) q_ra / mix_r the objective, divided by the total mass M, is at
 * most max_a g_a - 1 away from its maximum: that bound is the criterion for stopping.
 */
#ifndef INDUCT_MATH_MIXTURE_H
#define INDUCT_MATH_MIXTURE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_MIXTURE_MOST = 16 };

/*
 * mass [outcomes], probabilities [outcomes, components] > 0, 1 <= components <= IND_MIXTURE_MOST;
 * weights [components] is set: >= 0, summing to 1. Returns sum_r m_r log mix_r. Outcomes without
 * mass are passed over; without any mass the weights are NaN, and so is the result. Deterministic;
 * nothing allocates.
 */
double ind_mixture_fit(size_t outcomes, int components, const double *mass,
                       const double *probabilities, double *weights);

#ifdef __cplusplus
}
#endif
#endif
