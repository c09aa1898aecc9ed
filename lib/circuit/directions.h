/* What spectra of one matrix and of many have in common. Private to lib/circuit. */
#ifndef INDUCT_LIB_CIRCUIT_DIRECTIONS_H
#define INDUCT_LIB_CIRCUIT_DIRECTIONS_H

#include <stdbool.h>

/* Are the r leading singular vectors of values s, descending, defined beyond rounding? */
bool ind_has_directions(const double *s, int r);

/* Of a cosine >= 0, in degrees; what is not resolved is 0. */
double ind_principal_angle(double cosine);

#endif
