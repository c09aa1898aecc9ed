/*
 * Numbers in decimal, as printf writes them but without its generality, which costs several times
 * the arithmetic. Private to lib/table.
 */
#ifndef INDUCT_LIB_TABLE_DECIMAL_H
#define INDUCT_LIB_TABLE_DECIMAL_H

enum { IND_DECIMAL_ROOM = 32 };

/* The bytes of printf's "%lld", no zero after them; returns how many. */
int ind_decimal_int(long long value, char out[IND_DECIMAL_ROOM]);

/* The bytes of printf's "%.*g" of a finite value, 1 <= digits <= 17; returns how many. */
int ind_decimal_real(double value, int digits, char out[IND_DECIMAL_ROOM]);

#endif
