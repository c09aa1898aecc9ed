/*
 * Fields: what one row of a program says, declared once.
 *
 * A table of fields over a row's struct gives the columns of the table, the cells of a row and the
 * "Columns:" of --help, so that the three cannot disagree:
 *
 *     struct row { long epoch; int period; struct ind_estimate accuracy; };
 *
 *     static const struct ind_field fields[] = {
 *         IND_FIELD(struct row, epoch, "optimizer steps"),
 *         IND_FIELD(struct row, period, "of the sequences"),
 *         IND_FIELD(struct row, accuracy, "share of predictions that are right"),
 *         {0}};
 *
 * makes the columns epoch, period, accuracy, accuracy_lo and accuracy_hi. What a member may be:
 *
 *     int, long                whole number
 *     double                   real number
 *     struct ind_estimate      three reals: NAME, NAME_lo, NAME_hi, a value and its interval
 *     struct ind_head          text: L0H2
 *     const char *, char [n]   text; copied when the row is put
 *     const double *           a family: as many reals as the program says, which it names
 *
 * Any other does not compile.
 */
#ifndef INDUCT_TOOL_FIELD_H
#define INDUCT_TOOL_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include <induct/data/bootstrap.h>
#include <induct/model/heads.h>
#include <induct/table/table.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_field_type {
    IND_FIELD_INT,
    IND_FIELD_LONG,
    IND_FIELD_REAL,
    IND_FIELD_ESTIMATE,
    IND_FIELD_HEAD,
    IND_FIELD_TEXT, /* const char * */
    IND_FIELD_LETTERS /* char [n] within the row */,
    IND_FIELD_FAMILY
};

enum { IND_COLUMN_NAME = 48 }; /* room for a column's name */

/* One field of a row. A table ends with a zeroed element; one without `name` is a heading over
 * those that follow it, which are there only if shown(settings) is true (NULL = always). */
struct ind_field {
    const char *name;
    const char *meaning; /* for --help; wrapped there */
    enum ind_field_type type;
    size_t offset;
    int digits; /* significant ones of reals; 0 = 6 */
    bool (*shown)(const void *settings);
};

/* The column is called like the member. */
#define IND_FIELD(row, member, text) IND_FIELD_AS(#member, row, member, text)

/* It has a name of its own; the member may lie deeper: at.accuracy.value */
#define IND_FIELD_AS(column, row, member, text) IND_FIELD_DIGITS(column, row, member, 0, text)

/* With so many significant digits. */
#define IND_FIELD_DIGITS(column, row, member, figures, text)                             \
    {                                                                                    \
        .name = (column), .meaning = (text), .type = IND_FIELD_TYPE(((row *)0)->member), \
        .offset = offsetof(row, member), .digits = (figures)                             \
    }

/* Over fields that a table has only if condition(settings). */
#define IND_FIELDS_IF(condition, text)          \
    {                                           \
        .meaning = (text), .shown = (condition) \
    }

/* clang-format off */
#define IND_FIELD_TYPE(member)                                                                     \
    _Generic((member),                                                                             \
        int: IND_FIELD_INT,                                                                        \
        long: IND_FIELD_LONG,                                                                      \
        double: IND_FIELD_REAL,                                                                    \
        struct ind_estimate: IND_FIELD_ESTIMATE,                                                   \
        struct ind_head: IND_FIELD_HEAD,                                                           \
        const char *: IND_FIELD_TEXT,                                                              \
        char *: IND_FIELD_LETTERS,                                                                 \
        const double *: IND_FIELD_FAMILY)
/* clang-format on */

/* The j-th column of a family: writes its name, or returns false past the last. */
typedef bool ind_family_name(const void *context, const struct ind_field *field, int j,
                             char name[IND_COLUMN_NAME]);

/* Fields as the columns of one table: those shown, families unfolded. Owner. */
struct ind_form {
    const struct ind_field *fields;
    const void *settings;           /* of `shown` */
    bool runs;                      /* a first column `run` */
    struct ind_column *columns;     /* [column_count]: for ind_table_open */
    char (*names)[IND_COLUMN_NAME]; /* [column_count] */
    int column_count;
    int *sizes; /* [fields]: columns of each, 0 = not shown */
};

/* `family` (with its context) is asked only if there is one. */
IND_CHECKED int ind_form_init(struct ind_form *form, const struct ind_field *fields,
                              const void *settings, ind_family_name *family, const void *context,
                              bool runs, struct ind_error *err);
void ind_form_release(struct ind_form *form);

/* Appends the cells of one row, of the struct that the fields are over; `run` if the form has such
 * a column. */
void ind_form_put(const struct ind_form *form, const char *run, const void *row,
                  struct ind_rows *rows);

/* The program's table from rows that are all there: rows [count], of `size` bytes each, the struct
 * that the fields are over. */
struct ind_tool;
IND_CHECKED int ind_tool_print(struct ind_tool *tool, const struct ind_field *fields,
                               const void *rows, int count, size_t size);

/* "  name   meaning", wrapped: what --help says of the fields. */
void ind_fields_describe(const struct ind_field *fields, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif
