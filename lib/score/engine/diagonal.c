#include "score/engine/diagonal.h"

#include <assert.h>
#include <math.h>

double ind_score_diagonal(const struct ind_score_input *input, int offset, int first, int last)
{
    assert(offset >= 0 && first >= offset);
    double sum = 0.0;
    if (last > input->length - 1)
        last = input->length - 1;
    if (last < first)
        return (double)NAN;
    for (int i = first; i <= last; i++)
        sum += (double)input->pattern[(size_t)i * (size_t)input->length + (size_t)(i - offset)];
    return sum / (last - first + 1);
}
