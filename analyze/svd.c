/*
 * induct-svd: the spectrum of every head's QK and OV at every checkpoint, and how far its leading
 * directions have turned since the checkpoint before and will have turned until the last.
 *
 * Checkpoints are visited in any order, so a visit reads two: its own and the one before, unless
 * this worker has just come from it. The last one's directions are computed once, before the walk.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>
#include <induct/circuit/bank.h>
#include <induct/tool/tool.h>
#include <induct/tool/walk.h>

enum { RANK_DEFAULT = 4, ANGLES = 4 };

struct settings {
    const char *heads, *matrices;
    int rank;
    bool no_fold;
};

/* The spectra of one checkpoint: all chosen heads and matrices. */
struct chosen {
    struct ind_bank bank;
    int index; /* of the checkpoint, -1 = nothing in it */
};

/* What all workers share; read-only during the walk. */
struct measuring {
    enum ind_fold fold;
    int rank; /* r */
    struct ind_heads heads;
    enum ind_head_matrix matrices[2];
    int matrix_count;
    int *indices; /* [count]: the checkpoints to be visited, ascending */
    int count;
    struct ind_head_product
        *products; /* [product_count]: heads in their order, matrices in theirs */
    int product_count;
    struct chosen last;
    struct ind_column *columns;
    char (*names)[24]; /* [column_count] */
    int column_count;
};

/* One thread's own. */
struct worker {
    struct ind_banker banker;
    struct ind_params before; /* weights of the checkpoint before */
    struct chosen current, previous;
    double *angles[ANGLES]; /* [product_count, r] each */
};

/* ---- One checkpoint -------------------------------------------------------------------------- */

static int chosen_init(struct chosen *chosen, const struct measuring *measuring,
                       const struct ind_config *config, struct ind_error *err)
{
    chosen->index = -1;
    return ind_bank_init(&chosen->bank, config, measuring->rank, measuring->product_count, err);
}

static int chosen_fill(struct chosen *chosen, const struct measuring *measuring,
                       struct ind_banker *banker, const struct ind_params *params, int index,
                       struct ind_error *err)
{
    chosen->index = -1;
    if (ind_banker_fill(banker, params, measuring->products, &chosen->bank, err))
        return IND_FAILED;
    chosen->index = index;
    return IND_OK;
}

static int worker_init(void *memory, const struct ind_series *series, void *context,
                       struct ind_error *err)
{
    struct worker *worker = memory;
    const struct measuring *measuring = context;
    const struct ind_config *config = &series->layout.config;
    const size_t angles = (size_t)measuring->product_count * (size_t)measuring->rank;
    worker->current.index = worker->previous.index = -1;
    for (int a = 0; a < ANGLES; a++) {
        if (ind_alloc_into(&worker->angles[a], angles, sizeof *worker->angles[a], err))
            return IND_FAILED;
    }
    if (ind_banker_init(&worker->banker, config, measuring->rank, measuring->fold, err) ||
        ind_params_init(&worker->before, &series->layout, err) ||
        chosen_init(&worker->current, measuring, config, err))
        return IND_FAILED;
    return chosen_init(&worker->previous, measuring, config, err);
}

static void worker_release(void *memory)
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
static int index_before(const struct measuring *measuring, int index)
{
    int lo = 0, hi = measuring->count;
    while (lo < hi) {
        const int middle = lo + (hi - lo) / 2;
        if (measuring->indices[middle] < index)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo == 0 ? -1 : measuring->indices[lo - 1];
}

/* Leaves the spectra of the checkpoint before in worker->previous. */
static int find_previous(struct worker *worker, const struct measuring *measuring,
                         const struct ind_visit *visit, struct ind_error *err)
{
    const int before = index_before(measuring, visit->index);
    if (before == worker->current.index) {
        const struct chosen kept = worker->current;
        worker->current = worker->previous;
        worker->previous = kept;
        return IND_OK;
    }
    worker->previous.index = -1;
    if (before < 0)
        return IND_OK;
    if (ind_series_read(visit->series, before, &worker->before, err))
        return IND_FAILED;
    return chosen_fill(&worker->previous, measuring, &worker->banker, &worker->before, before, err);
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

static void put_row(const struct worker *worker, const struct measuring *measuring, int i,
                    const struct ind_visit *visit)
{
    const int size = ind_spectrum_size(&visit->series->layout.config), rank = measuring->rank;
    const double *s = worker->current.bank.s + (size_t)i * (size_t)size;
    const struct ind_head_product *product = &measuring->products[i];
    struct ind_rows *rows = visit->rows;
    char name[16];
    ind_rows_int(rows, visit->epoch);
    ind_rows_text(rows, ind_head_name(product->head, name));
    ind_rows_text(rows, ind_head_matrix_name(product->matrix));
    for (int j = 0; j < size; j++)
        ind_rows_real(rows, s[j]);
    ind_rows_real(rows, ind_effective_rank(s, size));
    ind_rows_real(rows, ind_participation_ratio(s, size));
    for (int a = 0; a < ANGLES; a++) {
        for (int r = 0; r < rank; r++)
            ind_rows_real(rows, worker->angles[a][(size_t)i * (size_t)rank + (size_t)r]);
    }
}

static int visit(void *memory, void *context, const struct ind_visit *visit, struct ind_error *err)
{
    struct worker *worker = memory;
    const struct measuring *measuring = context;
    double *const *angles = worker->angles;
    if (find_previous(worker, measuring, visit, err) ||
        chosen_fill(&worker->current, measuring, &worker->banker, visit->params, visit->index,
                    err) ||
        measure_angles(worker, measuring, &worker->previous, angles[0], angles[1], err) ||
        measure_angles(worker, measuring, &measuring->last, angles[2], angles[3], err))
        return IND_FAILED;
    for (int i = 0; i < measuring->product_count; i++)
        put_row(worker, measuring, i, visit);
    return IND_OK;
}

/* ---- Before the walk ------------------------------------------------------------------------- */

static int select_matrices(struct measuring *measuring, const char *list, struct ind_error *err)
{
    bool wanted[2] = {false, false};
    for (const char *word = list;; word++) {
        const size_t length = strcspn(word, ",");
        int m = 0;
        while (m < 2 && (strlen(ind_head_matrix_name(m)) != length ||
                         strncmp(word, ind_head_matrix_name(m), length) != 0))
            m++;
        if (m == 2)
            return ind_fail(err, "--matrix: '%s' is not a list of qk and ov", list);
        wanted[m] = true;
        word += length;
        if (*word == '\0')
            break;
    }
    for (int m = 0; m < 2; m++) {
        if (wanted[m])
            measuring->matrices[measuring->matrix_count++] = m;
    }
    return IND_OK;
}

static int list_products(struct measuring *measuring, struct ind_error *err)
{
    const int heads = measuring->heads.count, matrices = measuring->matrix_count;
    measuring->product_count = heads * matrices;
    if (ind_alloc_into(&measuring->products, (size_t)measuring->product_count,
                       sizeof *measuring->products, err))
        return IND_FAILED;
    for (int i = 0; i < measuring->product_count; i++)
        measuring->products[i] = (struct ind_head_product){measuring->heads.items[i / matrices],
                                                           measuring->matrices[i % matrices]};
    return IND_OK;
}

static int choose_rank(struct measuring *measuring, const struct ind_config *config, int wanted,
                       struct ind_error *err)
{
    const int size = ind_spectrum_size(config);
    if (wanted > size)
        return ind_fail(err, "--rank: %d, but QK and OV have only %d singular values", wanted,
                        size);
    measuring->rank = wanted > 0 ? wanted : size < RANK_DEFAULT ? size : RANK_DEFAULT;
    return IND_OK;
}

static void add_column(struct measuring *measuring, enum ind_column_type type, const char *name,
                       int number)
{
    const int i = measuring->column_count++;
    if (number > 0)
        snprintf(measuring->names[i], sizeof measuring->names[i], "%s_%d", name, number);
    else
        snprintf(measuring->names[i], sizeof measuring->names[i], "%s", name);
    measuring->columns[i] = (struct ind_column){measuring->names[i], type, 0};
}

static int make_columns(struct measuring *measuring, const struct ind_config *config,
                        struct ind_error *err)
{
    static const char *const angles[ANGLES] = {"left_previous", "right_previous", "left_last",
                                               "right_last"};
    const int size = ind_spectrum_size(config);
    const size_t most = 5 + (size_t)size + ANGLES * (size_t)measuring->rank;
    if (ind_alloc_into(&measuring->columns, most, sizeof *measuring->columns, err) ||
        ind_alloc_into(&measuring->names, most, sizeof *measuring->names, err))
        return IND_FAILED;
    add_column(measuring, IND_COLUMN_INT, "epoch", 0);
    add_column(measuring, IND_COLUMN_TEXT, "head", 0);
    add_column(measuring, IND_COLUMN_TEXT, "matrix", 0);
    for (int j = 1; j <= size; j++)
        add_column(measuring, IND_COLUMN_REAL, "s", j);
    add_column(measuring, IND_COLUMN_REAL, "effective_rank", 0);
    add_column(measuring, IND_COLUMN_REAL, "participation_ratio", 0);
    for (int a = 0; a < ANGLES; a++) {
        for (int r = 1; r <= measuring->rank; r++)
            add_column(measuring, IND_COLUMN_REAL, angles[a], r);
    }
    return IND_OK;
}

static int read_last(struct measuring *measuring, const struct ind_series *series,
                     struct ind_error *err)
{
    const int index = measuring->indices[measuring->count - 1];
    const struct ind_config *config = &series->layout.config;
    struct ind_banker banker = {0};
    struct ind_params params = {0};
    int status = IND_FAILED;
    if (ind_banker_init(&banker, config, measuring->rank, measuring->fold, err) == IND_OK &&
        ind_params_init(&params, &series->layout, err) == IND_OK &&
        chosen_init(&measuring->last, measuring, config, err) == IND_OK &&
        ind_series_read(series, index, &params, err) == IND_OK)
        status = chosen_fill(&measuring->last, measuring, &banker, &params, index, err);
    ind_params_release(&params);
    ind_banker_release(&banker);
    return status;
}

static int measure_series(struct ind_tool *tool, struct measuring *measuring,
                          const struct settings *s, const struct ind_series *series)
{
    const struct ind_config *config = &series->layout.config;
    struct ind_table table;
    if (ind_heads_select(&measuring->heads, config, s->heads, &tool->error) ||
        select_matrices(measuring, s->matrices, &tool->error) ||
        list_products(measuring, &tool->error) ||
        choose_rank(measuring, config, s->rank, &tool->error) ||
        make_columns(measuring, config, &tool->error) ||
        ind_walk_select(tool, series, &measuring->indices, &measuring->count, &tool->error) ||
        read_last(measuring, series, &tool->error) ||
        ind_tool_table(tool, &table, measuring->columns, measuring->column_count))
        return IND_FAILED;
    const char *caveat;
    for (int i = 0; (caveat = ind_factor_caveat(config, measuring->fold, i)) != NULL; i++)
        ind_tool_warn(tool, "%s", caveat);
    const struct ind_walk walk = {.noun = "checkpoints",
                                  .context = measuring,
                                  .worker_size = sizeof(struct worker),
                                  .worker_init = worker_init,
                                  .worker_release = worker_release,
                                  .visit = visit,
                                  .together = 32};
    return ind_walk_run(tool, series, &walk, &table);
}

static int run(struct ind_tool *tool, const struct settings *settings)
{
    struct measuring measuring = {.fold = settings->no_fold ? IND_FOLD_NOTHING : IND_FOLD_NORM,
                                  .last = {.index = -1}};
    struct ind_series series;
    if (ind_tool_series(tool, &series))
        return IND_FAILED;
    const int status = measure_series(tool, &measuring, settings, &series);
    ind_bank_release(&measuring.last.bank);
    ind_heads_release(&measuring.heads);
    free(measuring.products);
    free(measuring.indices);
    free(measuring.columns);
    free(measuring.names);
    ind_series_close(&series);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.heads = "*", .matrices = "qk,ov"};
    const struct ind_option options[] = {
        {IND_OPTION("head", struct settings, heads), .arg = "HEADS",
         .help = "heads, comma-separated: L0H2, L1H* (quote it: an unquoted * is the shell's); "
                 "default all"},
        {IND_OPTION("heads", struct settings, heads), .arg = "HEADS"},
        {IND_OPTION("matrix", struct settings, matrices), .arg = "LIST",
         .help = "qk, ov or both (default qk,ov)"},
        {IND_OPTION("rank", struct settings, rank), .arg = "R",
         .help = "how many leading directions the angles are between (default 4)", .minimum = 1,
         .maximum = 16384},
        {IND_OPTION("no-fold", struct settings, no_fold),
         .help = "take the matrices as they are stored, LayerNorm not folded in"},
        {0}};
    const struct ind_about about = {
        .name = "induct-svd",
        .summary = "singular values of QK and OV at every checkpoint, and how they turn",
        .details =
            "Columns: epoch head matrix s_1 .. s_k effective_rank participation_ratio and\n"
            "principal angles. QK = W_Q W_K^T and OV = W_V W_O are of rank at most d_head = k.\n"
            "\n"
            "  s_1 .. s_k           singular values, descending\n"
            "  effective_rank       exp(entropy of s / sum s), 1 to k\n"
            "  participation_ratio  (sum s^2)^2 / sum s^4, 1 to k\n"
            "  left_previous_1 ..   principal angles in degrees, ascending, between the spans\n"
            "                       of the R leading left singular vectors (queries of QK,\n"
            "                       inputs of OV) here and at the checkpoint before, of those\n"
            "                       selected; nan at the first\n"
            "  right_previous_1 ..  the same of right ones (keys of QK, outputs of OV)\n"
            "  left_last_1 ..       the same against the last checkpoint selected\n"
            "  right_last_1 ..\n"
            "\n"
            "None depends on the basis that a head's queries and keys are written in.",
        .examples = "induct-svd runs/2L-varied-seed0 --head 'L0H*' --matrix ov\n"
                    "induct-svd --head L0H2 --rank 1 --epochs ::1000",
        .operand = IND_OPERAND_RUN,
        .epochs = true,
        .table = true};
    struct ind_tool tool;
    ind_tool_start(&tool, &about, options, &s, argc, argv);

    return ind_tool_finish(&tool, run(&tool, &s));
}
