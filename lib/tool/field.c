/* From a table of fields to columns, cells and words. */
#include <induct/tool/field.h>

#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

static bool is_end(const struct ind_field *field)
{
    return field->name == NULL && field->meaning == NULL;
}

/* ---- Columns --------------------------------------------------------------------------------- */

/* The name of a field's column j, or false past the last. */
static bool name_column(const struct ind_field *field, int j, ind_family_name *family,
                        const void *context, char name[IND_COLUMN_NAME])
{
    static const char *const suffixes[] = {"", "_lo", "_hi"};
    if (field->type == IND_FIELD_FAMILY)
        return family(context, field, j, name);
    if (j >= (field->type == IND_FIELD_ESTIMATE ? 3 : 1))
        return false;
    snprintf(name, IND_COLUMN_NAME, "%s%s", field->name, suffixes[j]);
    return true;
}

static enum ind_column_type column_type(enum ind_field_type type)
{
    switch (type) {
    case IND_FIELD_INT:
    case IND_FIELD_LONG:
        return IND_COLUMN_INT;
    case IND_FIELD_HEAD:
    case IND_FIELD_TEXT:
    case IND_FIELD_LETTERS:
        return IND_COLUMN_TEXT;
    default:
        return IND_COLUMN_REAL;
    }
}

/* A growing list of columns. */
struct list {
    struct ind_form *form;
    size_t columns_room, names_room;
};

static int add_column(struct list *list, const char *name, enum ind_column_type type, int digits,
                      struct ind_error *err)
{
    struct ind_form *form = list->form;
    const size_t need = (size_t)form->column_count + 1;
    if (ind_grow(&form->columns, &list->columns_room, need, sizeof *form->columns, err) ||
        ind_grow(&form->names, &list->names_room, need, sizeof *form->names, err))
        return IND_FAILED;
    snprintf(form->names[form->column_count], IND_COLUMN_NAME, "%s", name);
    form->columns[form->column_count++] = (struct ind_column){.type = type, .digits = digits};
    return IND_OK;
}

static int add_field(struct list *list, int index, ind_family_name *family, const void *context,
                     struct ind_error *err)
{
    const struct ind_field *field = &list->form->fields[index];
    char name[IND_COLUMN_NAME];
    for (int j = 0; name_column(field, j, family, context, name); j++) {
        if (add_column(list, name, column_type(field->type), field->digits, err))
            return IND_FAILED;
        list->form->sizes[index]++;
    }
    return IND_OK;
}

static int add_all(struct ind_form *form, ind_family_name *family, const void *context,
                   struct ind_error *err)
{
    struct list list = {.form = form};
    bool shown = true;
    if (form->runs && add_column(&list, "run", IND_COLUMN_TEXT, 0, err))
        return IND_FAILED;
    for (int i = 0; !is_end(&form->fields[i]); i++) {
        const struct ind_field *field = &form->fields[i];
        if (field->name == NULL)
            shown = field->shown == NULL || field->shown(form->settings);
        else if (shown && add_field(&list, i, family, context, err))
            return IND_FAILED;
    }
    for (int c = 0; c < form->column_count; c++) /* now that they no longer move */
        form->columns[c].name = form->names[c];
    return IND_OK;
}

int ind_form_init(struct ind_form *form, const struct ind_field *fields, const void *settings,
                  ind_family_name *family, const void *context, bool runs, struct ind_error *err)
{
    size_t count = 0;
    while (!is_end(&fields[count]))
        count++;
    *form = (struct ind_form){.fields = fields, .settings = settings, .runs = runs};
    if (ind_alloc_into(&form->sizes, count + 1, sizeof *form->sizes, err) == IND_OK &&
        add_all(form, family, context, err) == IND_OK)
        return IND_OK;
    ind_form_release(form);
    return IND_FAILED;
}

void ind_form_release(struct ind_form *form)
{
    free(form->columns);
    free(form->names);
    free(form->sizes);
    *form = (struct ind_form){0};
}

/* ---- Cells ----------------------------------------------------------------------------------- */

static void put_estimate(struct ind_rows *rows, const struct ind_estimate *estimate)
{
    ind_rows_real(rows, estimate->value);
    ind_rows_real(rows, estimate->lo);
    ind_rows_real(rows, estimate->hi);
}

static void put_head(struct ind_rows *rows, const struct ind_head *head)
{
    char name[16];
    ind_rows_text(rows, ind_head_name(*head, name));
}

static void put_field(const struct ind_field *field, int size, const void *at,
                      struct ind_rows *rows)
{
    switch (field->type) {
    case IND_FIELD_INT:
        ind_rows_int(rows, *(const int *)at);
        break;
    case IND_FIELD_LONG:
        ind_rows_int(rows, *(const long *)at);
        break;
    case IND_FIELD_REAL:
        ind_rows_real(rows, *(const double *)at);
        break;
    case IND_FIELD_ESTIMATE:
        put_estimate(rows, at);
        break;
    case IND_FIELD_HEAD:
        put_head(rows, at);
        break;
    case IND_FIELD_TEXT:
        ind_rows_text(rows, *(const char *const *)at);
        break;
    case IND_FIELD_LETTERS:
        ind_rows_text(rows, at);
        break;
    case IND_FIELD_FAMILY:
        for (int j = 0; j < size; j++)
            ind_rows_real(rows, (*(const double *const *)at)[j]);
        break;
    }
}

void ind_form_put(const struct ind_form *form, const char *run, const void *row,
                  struct ind_rows *rows)
{
    if (form->runs)
        ind_rows_text(rows, run);
    for (int i = 0; !is_end(&form->fields[i]); i++)
        if (form->sizes[i] > 0)
            put_field(&form->fields[i], form->sizes[i], (const char *)row + form->fields[i].offset,
                      rows);
}

/* ---- Words ----------------------------------------------------------------------------------- */

enum { WIDTH = 79, NAMES_MOST = 22 };

static void put_names(const struct ind_field *field, char out[IND_COLUMN_NAME + 16])
{
    snprintf(out, IND_COLUMN_NAME + 16, "%s%s", field->name,
             field->type == IND_FIELD_ESTIMATE ? ", _lo, _hi" : "");
}

/* Words of the text from column `at` on, with lines of at most WIDTH that begin at `indent`. */
static void wrap(const char *text, int at, int indent, FILE *stream)
{
    bool first = true;
    while (*text) {
        const int length = (int)strcspn(text, " ");
        if (!first && at + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            at = indent;
            first = true;
        }
        fprintf(stream, "%s%.*s", first ? "" : " ", length, text);
        at += length + !first;
        first = false;
        text += length;
        text += *text == ' ';
    }
    fputc('\n', stream);
}

static int names_width(const struct ind_field *fields)
{
    int width = 0;
    for (; !is_end(fields); fields++) {
        char names[IND_COLUMN_NAME + 16];
        if (fields->name == NULL)
            continue;
        put_names(fields, names);
        const int length = (int)strlen(names);
        width = length > width && length <= NAMES_MOST ? length : width;
    }
    return width;
}

void ind_fields_describe(const struct ind_field *fields, FILE *stream)
{
    const int width = names_width(fields);
    for (; !is_end(fields); fields++) {
        char names[IND_COLUMN_NAME + 16];
        if (fields->name == NULL) {
            fprintf(stream, "\n");
            wrap(fields->meaning, 0, 0, stream);
            continue;
        }
        put_names(fields, names);
        if ((int)strlen(names) > width)
            fprintf(stream, "  %s\n%*s", names, width + 4, "");
        else
            fprintf(stream, "  %-*s  ", width, names);
        wrap(fields->meaning, width + 4, width + 4, stream);
    }
}
