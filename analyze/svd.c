/*
 * induct-svd: the spectrum of every head's QK and OV at every checkpoint, and how far its leading
 * directions have turned since the checkpoint before and will have turned until the last.
 *
 * Checkpoints are visited in any order, so a visit reads two: its own and the one before, unless
 * this worker has just come from it. The last one's directions are computed once, before the walk.
 */
#include <math.h>
#include <stdlib.h>

#include <induct/base/memory.h>

#include "svd/parts.h"

enum { ANGLES = 4 };

/* ---- A row ----------------------------------------------------------------------------------- */

struct row {
    long epoch;
    struct ind_head head;
    const char *matrix;
    const double *s; /* [k] */
    double effective_rank, participation_ratio;
    const double *left_previous, *right_previous, *left_last, *right_last; /* [R] each */
    double gap;
};

static const struct ind_field fields[] = {
    IND_FIELD(struct row, epoch, "optimizer steps"),
    IND_FIELD(struct row, head, "L0H2"),
    IND_FIELD(struct row, matrix, "qk: W_Q W_K^T, or ov: W_V W_O; of rank at most d_head = k"),
    IND_FIELD(struct row, s, "s_1 .. s_k: singular values, descending"),
    IND_FIELD(struct row, effective_rank, "exp(entropy of s / sum s), 1 to k"),
    IND_FIELD(struct row, participation_ratio, "(sum s^2)^2 / sum s^4, 1 to k"),
    IND_FIELD(struct row, left_previous,
              "left_previous_1 .. _R: principal angles in degrees, ascending, between the spans of "
              "the R leading left singular vectors (queries of QK, inputs of OV) here and at the "
              "checkpoint before, of those selected; nan at the first"),
    IND_FIELD(struct row, right_previous,
              "the same of right ones (keys of QK, outputs of OV), 1 to R"),
    IND_FIELD(struct row, left_last, "left ones against the last checkpoint selected, 1 to R"),
    IND_FIELD(struct row, right_last, "right ones against it, 1 to R"),
    IND_FIELD(struct row, gap,
              "(s_R - s_R+1) / s_R, here: where it nearly closes, the R-th and the next direction "
              "trade places for nothing, and a large R-th angle to this checkpoint is no turn"),
    {0}};

/* One thread's own. */
struct worker {
    struct ind_banker banker;
    struct ind_params before; /* weights of the checkpoint before */
    struct chosen current, previous;
    double *angles[ANGLES]; /* [product_count, r] each */
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

static int start(void *memory, const struct ind_study *study, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct measuring *measuring = study->shared;
    const struct ind_config *config = study->config;
    const size_t angles = (size_t)measuring->product_count * (size_t)measuring->rank;
    worker->current.index = worker->previous.index = -1;
    for (int a = 0; a < ANGLES; a++) {
        if (ind_alloc_into(&worker->angles[a], angles, sizeof *worker->angles[a], err))
            return IND_FAILED;
    }
    if (ind_banker_init(&worker->banker, config, measuring->rank, study->fold, err) ||
        ind_params_init(&worker->before, &study->series->layout, err) ||
        chosen_init(&worker->current, measuring, config, err))
        return IND_FAILED;
    return chosen_init(&worker->previous, measuring, config, err);
}

static void end(void *memory)
{
    struct worker *worker = memory;
    ind_banker_release(&worker->banker);
    ind_params_release(&worker->before);
    ind_bank_release(&worker->current.bank);
    ind_bank_release(&worker->previous.bank);
    for (int a = 0; a < ANGLES; a++)
        free(worker->angles[a]);
}

/* Index of the selected checkpoint before `index`, -1 for the first. */
static int index_before(const struct ind_study *study, int index)
{
    int lo = 0, hi = study->count;
    while (lo < hi) {
        const int middle = lo + (hi - lo) / 2;
        if (study->indices[middle] < index)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo == 0 ? -1 : study->indices[lo - 1];
}

/* Leaves the spectra of the checkpoint before in worker->previous, or of the nearest that can be
 * read: one that cannot is told where it is visited. */
static int find_previous(struct worker *worker, const struct ind_study *study,
                         const struct ind_visit *at, struct ind_error *err)
{
    int before = index_before(study, at->index);
    if (before == worker->current.index) {
        const struct chosen kept = worker->current;
        worker->current = worker->previous;
        worker->previous = kept;
        return IND_OK;
    }
    worker->previous.index = -1;
    while (before >= 0 && ind_series_read(at->series, before, &worker->before, err) != IND_OK)
        before = index_before(study, before);
    if (before < 0)
        return IND_OK;
    return chosen_fill(&worker->previous, study->shared, &worker->banker, &worker->before, before,
                       err);
}

/* To another checkpoint, if there is one: left and right angles of all matrices. */
static int measure_angles(struct worker *worker, const struct measuring *measuring,
                          const struct chosen *other, double *left, double *right,
                          struct ind_error *err)
{
    const int count = measuring->product_count * measuring->rank;
    if (other->index >= 0)
        return ind_banker_angles(&worker->banker, &worker->current.bank, &other->bank, left, right,
                                 err);
    for (int i = 0; i < count; i++)
        left[i] = right[i] = (double)NAN;
    return IND_OK;
}

/* How far the last of the leading values is from the first that is left out, relative to it. */
static double gap_below(const double *s, int size, int rank)
{
    return rank < size ? 1.0 - s[rank] / s[rank - 1] : 1.0;
}

static void put_row(const struct worker *worker, const struct ind_study *study, int i,
                    const struct ind_visit *at)
{
    const struct measuring *measuring = study->shared;
    const int size = ind_spectrum_size(study->config);
    const double *s = worker->current.bank.s + (size_t)i * (size_t)size;
    const struct ind_head_product *product = &measuring->products[i];
    const size_t first = (size_t)i * (size_t)measuring->rank;
    double *const *angles = worker->angles;
    ind_put(at, &(struct row){.epoch = at->epoch,
                              .head = product->head,
                              .matrix = ind_head_matrix_name(product->matrix),
                              .s = s,
                              .effective_rank = ind_effective_rank(s, size),
                              .participation_ratio = ind_participation_ratio(s, size),
                              .left_previous = angles[0] + first,
                              .right_previous = angles[1] + first,
                              .left_last = angles[2] + first,
                              .right_last = angles[3] + first,
                              .gap = worker->current.bank.directed[i]
                                         ? gap_below(s, size, measuring->rank)
                                         : (double)NAN});
}

static int visit(void *memory, const struct ind_study *study, const struct ind_visit *at,
                 struct ind_error *err)
{
    struct worker *worker = memory;
    const struct measuring *measuring = study->shared;
    double *const *angles = worker->angles;
    if (find_previous(worker, study, at, err) ||
        chosen_fill(&worker->current, measuring, &worker->banker, at->params, at->index, err) ||
        measure_angles(worker, measuring, &worker->previous, angles[0], angles[1], err) ||
        measure_angles(worker, measuring, &measuring->last, angles[2], angles[3], err))
        return IND_FAILED;
    for (int i = 0; i < measuring->product_count; i++)
        put_row(worker, study, i, at);
    return IND_OK;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int prepare(void *measuring, struct ind_study *study, struct ind_error *err)
{
    return measuring_init(measuring, study, err);
}

static void release(void *memory)
{
    measuring_release(memory);
}

/* s_1 .. s_k, left_previous_1 .. left_previous_R */
static bool name_column(const void *context, const struct ind_field *field, int j,
                        char name[IND_COLUMN_NAME])
{
    const struct ind_study *study = context;
    const struct measuring *measuring = study->shared;
    const bool values = field->offset == offsetof(struct row, s);
    snprintf(name, IND_COLUMN_NAME, "%s_%d", field->name, j + 1);
    return j < (values ? ind_spectrum_size(study->config) : measuring->rank);
}

static const struct ind_analysis svd = {
    .fields = fields,
    .details = "None depends on the basis that a head's queries and keys are written in.",
    .takes = {.heads = IND_HEADS_ALL, .fold = true},
    .together = 32,
    .family = name_column,
    IND_SHARED(struct measuring, prepare, release),
    .visit = visit,
    IND_WORKER(struct worker, start, end)};

static const char *const matrices[] = {"qk", "ov", NULL}; /* as enum ind_head_matrix */

static const struct ind_option options[] = {
    {IND_OPTION("matrix", struct settings, matrices), .arg = "LIST",
     .help = "qk, ov or both (default qk,ov)", .choices = matrices},
    {IND_OPTION("rank", struct settings, rank), .arg = "R",
     .help = "how many leading directions the angles are between (default 4)", .minimum = 1,
     .maximum = 16384},
    {0}};

static const struct ind_program program = {
    .about = {.name = "induct-svd",
              .summary = "singular values of QK and OV at every checkpoint, and how they turn",
              .examples = "induct-svd runs/2L-varied-seed0 --head 'L0H*' --matrix ov\n"
                          "induct-svd --head L0H2 --rank 1 --epochs ::1000"},
    .options = options,
    .analyses = {&svd}};

int main(int argc, char **argv)
{
    struct settings s = {.matrices = {{0, 1}, 2}};
    return ind_program_run(&program, &s, argc, argv);
}
