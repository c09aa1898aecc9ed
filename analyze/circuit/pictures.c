/* What --picture of --matrix holds, and when it is drawn. */
#include "figure.h"
#include "matrix.h"

#include <induct/base/memory.h>

/* More fits no picture. */
enum { PICTURE_VALUES = 1 << 24 };

/* ---- Memory ------------------------------------------------------------------------ */

size_t values_of_checkpoint(const struct showing *showing)
{
    return (size_t)showing->study->heads.count * (size_t)showing->rows * (size_t)showing->cols;
}

bool matrix_drawn_at_once(const struct showing *showing)
{
    return showing->each_epoch && !showing->settings->same_scale;
}

int matrix_hold(struct showing *showing, struct ind_error *err)
{
    const size_t checkpoints = matrix_drawn_at_once(showing) ? 1 : (size_t)showing->study->count;
    const double values = (double)values_of_checkpoint(showing) * (double)checkpoints;
    if (values > PICTURE_VALUES)
        return ind_fail(
            err,
            "--picture: %d panels of %d x %d values are too many to draw: choose heads, "
            "--epochs or --tokens (--npy takes any number)",
            (int)checkpoints * showing->study->heads.count, showing->rows, showing->cols);
    return ind_alloc_into(&showing->held, values_of_checkpoint(showing) * checkpoints,
                          sizeof *showing->held, err);
}

/* ---- Pictures -------------------------------------------------------------------------------- */

int matrix_draw(const struct showing *showing, int first, int count, const double *values,
                double top, struct ind_error *err)
{
    const struct figure figure = {.tool = showing->study->tool,
                                  .settings = showing->settings,
                                  .name = &showing->name,
                                  .heads = &showing->study->heads,
                                  .epochs = showing->epochs + first,
                                  .checkpoints = count,
                                  .rows = showing->rows,
                                  .cols = showing->cols,
                                  .values = values};
    if (showing->settings->scale > 0.0)
        top = showing->settings->scale;
    return figure_draw(&figure, top, err);
}

int matrix_draw_held(const struct showing *showing, struct ind_error *err)
{
    const size_t size = values_of_checkpoint(showing);
    const double top = figure_largest(showing->held, size * (size_t)showing->study->count);
    if (!showing->each_epoch)
        return matrix_draw(showing, 0, showing->study->count, showing->held, top, err);
    for (int i = 0; i < showing->study->count; i++) {
        if (matrix_draw(showing, i, 1, showing->held + (size_t)i * size, top, err))
            return IND_FAILED;
    }
    return IND_OK;
}
