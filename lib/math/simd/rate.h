/*
 * A template (vector.h): multiply-adds and nothing else, as fast as the set can: the limit that
 * every kernel is measured against.
 */

/* So many sums at once hide the wait of each for the one before: a multiply-add takes four or five
   cycles, of which a processor begins two or fewer each. */
enum { OF(CHAINS) = 12 };

/* x := x / 2 + 1 settles at 2, whatever it began with. */
static double OF(multiply_adds)(long rounds)
{
    OF(vec) sum[OF(CHAINS)], half = splat((REAL)0.5), one = splat((REAL)1);
    for (int s = 0; s < OF(CHAINS); s++)
        sum[s] = splat((REAL)s);
    for (long i = 0; i < rounds; i++)
        for (int s = 0; s < OF(CHAINS); s++)
            sum[s] = sum[s] * half + one;
    for (int s = 1; s < OF(CHAINS); s++)
        sum[0] += sum[s];
    /* What is returned has to depend on the sums, or the compiler leaves them out. */
    double total = 0;
    for (int i = 0; i < WIDE; i++)
        total += (double)sum[0][i];
    return 2.0 * OF(CHAINS) * WIDE * (double)rounds + 0 * total;
}
