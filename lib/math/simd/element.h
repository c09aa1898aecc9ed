/* A template (vector.h): the vectors of one element type. */

typedef REAL OF(vec) __attribute__((vector_size(VECTOR_BYTES)));
typedef REAL OF(anywhere)
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

INLINE OF(vec) OF(load)(const REAL *p)
{
    return *(const OF(anywhere) *)p;
}

INLINE void OF(store)(REAL *p, OF(vec) v)
{
    *(OF(anywhere) *)p = v;
}

/* x - 0 is x, whatever x is; 0 + x is not where x is -0, and the compiler would add. */
INLINE OF(vec) OF(splat)(REAL x)
{
    return x - (OF(vec)){0};
}

/* a where the mask's element is all ones, b where it is zero. */
INLINE OF(vec) OF(choose)(OF(mask) which, OF(vec) a, OF(vec) b)
{
    return (OF(vec))(((OF(mask))a & which) | ((OF(mask))b & ~which));
}
