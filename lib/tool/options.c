/*
 * The command line. The program's options and the common ones are one list of struct ind_option;
 * argp gets a translation of it, and answers with a key from which the option is found again.
 */
#include "tool/option.h"

#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/printable.h>
#include <induct/base/version.h>
#include <induct/math/blas.h>
#include <induct/math/simd.h>

enum { FIRST_KEY = 0x1000, KEY_HELP = 0x800, KEY_USAGE, MOST_THREADS = 1024 };

static const char *const formats[] = {"tsv", "csv", "jsonl", NULL};

/* One option and where its value is. */
struct offered {
    const struct ind_option *option;
    void *value;
};

struct parse {
    struct ind_tool *tool;
    struct offered *offers; /* [count], the program's, then the common ones */
    size_t count, program_count;
};

/* ---- The list of options --------------------------------------------------------------------- */

static const struct ind_option common_options[] = {
    {IND_OPTION("epochs", struct ind_tool, epochs.text), .arg = "A:B:C",
     .help =
         "checkpoints at epochs A to B in steps of C; also 5000:  :3000  ::500  100,200  first  "
         "last (default: all)"},
    {.name = "format",
     .type = IND_OPTION_CHOICE,
     .offset = offsetof(struct ind_tool, format),
     .arg = "FORMAT",
     .help = "tsv (default), csv or jsonl",
     .choices = formats},
    {IND_OPTION("columns", struct ind_tool, columns), .arg = "LIST",
     .help = "only these columns: epoch,head,'*_lo'"},
    {IND_OPTION("output", struct ind_tool, output), .key = 'o', .arg = "FILE",
     .help = "write to FILE, which appears at the end (interrupted, with what is finished); - is "
             "stdout"},
    {IND_OPTION("threads", struct ind_tool, threads), .arg = "N",
     .help = "threads (default: one a processor)", .minimum = 1, .maximum = MOST_THREADS},
    {IND_OPTION("seed", struct ind_tool, seed), .arg = "N",
     .help = "seed of random numbers (default 0)"},
    {IND_OPTION("quiet", struct ind_tool, quiet), .key = 'q',
     .help = "no progress, notes and warnings"},
    {0}};

static size_t count_options(const struct ind_option *options)
{
    size_t count = 0;
    while (options[count].name || options[count].help)
        count++;
    return count;
}

static bool is_offered(const struct ind_option *common, const struct ind_about *about)
{
    if (strcmp(common->name, "epochs") == 0)
        return about->epochs;
    if (strcmp(common->name, "format") == 0 || strcmp(common->name, "columns") == 0 ||
        strcmp(common->name, "output") == 0)
        return about->table;
    return true;
}

/* Is there an option of that name or letter already? */
static bool is_taken(const struct parse *parse, const struct ind_option *option)
{
    for (size_t i = 0; i < parse->count; i++) {
        const struct ind_option *other = parse->offers[i].option;
        if (other->name && option->name && strcmp(other->name, option->name) == 0)
            return true;
        if (other->key && other->key == option->key)
            return true;
    }
    return false;
}

static void add_group(struct parse *parse, const struct ind_option *options, void *values)
{
    for (; options->name || options->help; options++) {
        if (!is_taken(parse, options))
            parse->offers[parse->count++] =
                (struct offered){options, (char *)values + options->offset};
    }
}

static void list_options(struct parse *parse, const struct ind_option_group *groups, int count)
{
    for (int g = 0; g < count; g++)
        add_group(parse, groups[g].options, groups[g].values);
    parse->program_count = parse->count;
    for (const struct ind_option *common = common_options; common->name; common++)
        if (is_offered(common, &parse->tool->about) && !is_taken(parse, common))
            parse->offers[parse->count++] =
                (struct offered){common, (char *)parse->tool + common->offset};
}

/* ---- For argp -------------------------------------------------------------------------------- */

static int option_key(const struct parse *parse, size_t index)
{
    const struct ind_option *option = parse->offers[index].option;
    return option->key ? option->key : FIRST_KEY + (int)index;
}

static struct argp_option heading(const char *text, int group)
{
    return (struct argp_option){NULL, 0, NULL, 0, text, group};
}

/* Groups in argp's sense: a program's headings and what follows them, then the common options. */
static void translate(const struct parse *parse, struct argp_option *out)
{
    int group = 1;
    size_t n = 0;
    for (size_t i = 0; i < parse->count; i++) {
        const struct ind_option *option = parse->offers[i].option;
        if (i == parse->program_count)
            out[n++] = heading("Common options:", ++group);
        if (!option->name) {
            out[n++] = heading(option->help, ++group);
            continue;
        }
        const int key = option_key(parse, i);
        out[n++] = (struct argp_option){
            option->name, key, option->arg, option->help ? 0 : OPTION_HIDDEN, option->help, group};
        if (option->also)
            out[n++] = (struct argp_option){option->also, key,  NULL, OPTION_ALIAS | OPTION_HIDDEN,
                                            NULL,         group};
    }
    out[n++] = (struct argp_option){"help", KEY_HELP, NULL, 0, "this help", -1};
    out[n++] = (struct argp_option){NULL, 'h', NULL, OPTION_HIDDEN, NULL, group};
    out[n++] = (struct argp_option){"usage", KEY_USAGE, NULL, 0, "the options in short", -1};
    out[n++] = (struct argp_option){
        "version", 'V', NULL, 0, "version, revision, compiler and the BLAS in use", -1};
    out[n] = (struct argp_option){0};
}

/* Ends the process after --help and the like, of which a full disk must not keep half. */
static void exit_after_print(const struct parse *parse)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "%s: cannot write: %s\n", parse->tool->about.name, strerror(errno));
        exit(EXIT_FAILURE);
    }
    exit(EXIT_SUCCESS);
}

static void print_indented(const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        printf("  %.*s\n", (int)length, lines);
        lines += length;
        lines += *lines == '\n';
    }
}

static void print_help(const struct parse *parse, struct argp_state *state)
{
    const struct ind_about *about = &parse->tool->about;
    argp_state_help(state, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_DOC | ARGP_HELP_LONG);
    if (about->operand == IND_OPERAND_RUN || about->operand == IND_OPERAND_RUNS)
        puts("\nWithout RUN: $INDUCT_RUN, else the current directory if it is a run, else\n"
             "ckpts/, else the newest run below runs/; stderr says which.");
    if (about->operand == IND_OPERAND_RUNS && about->table)
        puts("Of several runs one table is made, whose first column is `run`.");
    if (about->details) {
        size_t length = strlen(about->details);
        bool ended = length > 0 && about->details[length - 1] == '\n';
        printf("\n%s%s", about->details, ended ? "" : "\n");
    }
    if (about->more)
        about->more(stdout, about->context);
    if (about->examples) {
        puts("\nExamples:");
        print_indented(about->examples);
    }
    exit_after_print(parse);
}

static void print_version(const struct parse *parse)
{
    char blas[IND_BLAS_VERSION_SIZE];
    printf("%s (induct) %s\nrevision %s\n%s, %s kernels; %s vectors\ncompiled by %s\n",
           parse->tool->about.name, ind_version(), ind_revision(), ind_blas_version(blas),
           ind_blas_core(), ind_simd_name(), ind_compiler());
    exit_after_print(parse);
}

bool ind_tool_given(const struct ind_tool *tool, const char *name)
{
    for (int i = 0; i < tool->given_count; i++)
        if (strcmp(tool->given[i]->name, name) == 0)
            return true;
    return false;
}

/* ---- Parsing --------------------------------------------------------------------------------- */

/* Where results go and how does not bear on them, a program's own --output included. */
static bool bears_on_results(const struct ind_option *option)
{
    static const char *const others[] = {"output", "threads", "quiet", "strict", "continue"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(option->name, others[i]) == 0)
            return false;
    return true;
}

static _Noreturn void end_without_memory(const struct parse *parse)
{
    fprintf(stderr, "%s: out of memory\n", parse->tool->about.name);
    exit(EXIT_FAILURE);
}

/* Onto the command that made the results: ended with every option, since argp ends the process at
 * one that is wrong. */
static void remember(const struct parse *parse, size_t index, const char *text)
{
    const struct ind_option *option = parse->offers[index].option;
    char **command = &parse->tool->command, *more;
    size_t size;
    if (!bears_on_results(option))
        return;
    FILE *stream = ind_text_open(&more, &size);
    if (!stream)
        end_without_memory(parse);
    fprintf(stream, " --%s", option->name);
    if (text) {
        fputc(' ', stream);
        ind_shell_quote(stream, text);
    }
    const size_t before = strlen(*command);
    char *whole = ind_text_close(stream, &more) ? realloc(*command, before + size + 1) : NULL;
    if (!whole)
        end_without_memory(parse);
    memcpy(whole + before, more, size + 1);
    free(more);
    *command = whole;
}

static int set_option(const struct parse *parse, const struct offered *offer, const char *text,
                      struct ind_error *err)
{
    if (offer->value == &parse->tool->epochs.text && ind_epochs_check(text, err) != IND_OK)
        return IND_FAILED;
    return ind_option_set(offer->option, text, offer->value, err);
}

static error_t take_option(const struct parse *parse, int key, const char *text,
                           struct argp_state *state)
{
    for (size_t i = 0; i < parse->count; i++) {
        const struct offered *offer = &parse->offers[i];
        if (!offer->option->name || option_key(parse, i) != key)
            continue;
        struct ind_error err;
        const int status = set_option(parse, offer, text, &err);
        if (status != IND_OK && ind_error_is_memory(&err))
            end_without_memory(parse);
        if (status != IND_OK)
            argp_error(state, "--%s: %s", offer->option->name, err.text);
        if (!ind_tool_given(parse->tool, offer->option->name))
            parse->tool->given[parse->tool->given_count++] = offer->option;
        remember(parse, i, text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

/* Options that mean nothing without another one. */
static void check_company(const struct ind_tool *tool, struct argp_state *state)
{
    for (int i = 0; i < tool->given_count; i++) {
        const struct ind_option *option = tool->given[i];
        if (option->with && !ind_tool_given(tool, option->with))
            argp_error(state, "--%s goes with --%s", option->name, option->with);
    }
}

/* argp_error() with words of the command line in it. */
static void fail_usage(struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail_usage(struct argp_state *state, const char *format, ...)
{
    char text[sizeof((struct ind_error *)NULL)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    argp_error(state, "%s", ind_make_printable(text));
}

static void take_operand(const struct parse *parse, char *text, struct argp_state *state)
{
    struct ind_tool *tool = parse->tool;
    if (*text == '\0')
        fail_usage(state, "an operand is the empty name: is a variable not set?");
    if (tool->about.operand == IND_OPERAND_NONE)
        fail_usage(state, "takes no operand, but there is '%s'", text);
    if (tool->about.operand == IND_OPERAND_RUN && tool->operand_count == 1)
        fail_usage(state, "takes one run, but there are '%s' and '%s'", tool->operands[0], text);
    tool->operands[tool->operand_count++] = text;
}

static error_t on_key(int key, char *text, struct argp_state *state)
{
    const struct parse *parse = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        take_operand(parse, text, state);
        return 0;
    case ARGP_KEY_END:
        if (parse->tool->about.operand == IND_OPERAND_FILES && parse->tool->operand_count == 0 &&
            !(parse->tool->about.no_run && ind_tool_given(parse->tool, parse->tool->about.no_run)))
            argp_error(state, "no file named");
        check_company(parse->tool, state);
        return 0;
    case KEY_HELP:
    case 'h':
        /* A program may have its own -h: an option's key is looked up first. */
        if (key == 'h' && take_option(parse, key, text, state) == 0)
            return 0;
        print_help(parse, state);
        return 0;
    case KEY_USAGE:
        argp_state_help(state, stdout, ARGP_HELP_USAGE);
        exit_after_print(parse);
        return 0;
    case 'V':
        print_version(parse);
        return 0;
    default:
        return take_option(parse, key, text, state);
    }
}

/* Leaves out argp's note that "mandatory arguments to long options are mandatory for short
   ones". */
static char *filter_help(int key, const char *text, void *input)
{
    (void)input;
    return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)text;
}

static const char *operand_syntax(const struct ind_about *about)
{
    static const char *const syntax[] = {[IND_OPERAND_RUN] = "[RUN]",
                                         [IND_OPERAND_RUNS] = "[RUN...]",
                                         [IND_OPERAND_NONE] = NULL,
                                         [IND_OPERAND_FILES] = "FILE..."};
    return about->syntax ? about->syntax : syntax[about->operand];
}

/* getopt repeats an option that it does not know as it is: no terminal shall have it so. */
static void check_names(const struct parse *parse, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char name[64];
        if (argv[i][0] != '-')
            continue;
        const bool is_long = argv[i][1] == '-';
        snprintf(name, sizeof name, "%.*s", is_long ? (int)strcspn(argv[i], "=") : 2, argv[i]);
        if (!ind_is_printable(name))
            ind_tool_usage(parse->tool, "there is no option '%s'", name);
    }
}

static void run_argp(struct parse *parse, int argc, char **argv, struct argp_option *translated)
{
    const struct argp argp = {.options = translated,
                              .parser = on_key,
                              .args_doc = operand_syntax(&parse->tool->about),
                              .doc = parse->tool->about.summary,
                              .help_filter = filter_help};
    /* argp reorders its argv, and getopt's messages begin with argv[0], a path when the program was
     * started by one. */
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!words)
        end_without_memory(parse);
    for (int i = 0; i < argc; i++)
        words[i] = argv[i];
    check_names(parse, argc, argv);
    words[0] = (char *)parse->tool->about.name;
    /* What is wrong with the words ends the process within; what is left is a lack of memory, after
     * which no option may be believed to have been seen. */
    if (argp_parse(&argp, argc > 0 ? argc : 1, words, ARGP_NO_HELP, NULL, parse) != 0)
        end_without_memory(parse);
    free(words);
}

/* For argp every option may be there twice, with its other spelling. */
static int make_room(struct parse *parse, const struct ind_option_group *groups, int count,
                     int argc, struct argp_option **translated)
{
    struct ind_tool *tool = parse->tool;
    size_t room = count_options(common_options);
    for (int g = 0; g < count; g++)
        room += count_options(groups[g].options);
    parse->offers = calloc(room, sizeof *parse->offers);
    *translated = calloc(2 * room + 6, sizeof **translated);
    tool->given = calloc(room, sizeof *tool->given);
    tool->operands = calloc((size_t)argc + 1, sizeof *tool->operands);
    return parse->offers && *translated && tool->given && tool->operands ? IND_OK : IND_FAILED;
}

void ind_options_parse(struct ind_tool *tool, const struct ind_option_group *groups, int count,
                       int argc, char **argv)
{
    struct argp_option *translated = NULL;
    struct parse parse = {.tool = tool};
    tool->command = strdup("");
    if (!tool->command || make_room(&parse, groups, count, argc, &translated) != IND_OK)
        end_without_memory(&parse);
    list_options(&parse, groups, count);
    translate(&parse, translated);
    run_argp(&parse, argc, argv, translated);
    if (tool->output && strcmp(tool->output, "-") == 0)
        tool->output = NULL;
    free(translated);
    free(parse.offers);
}
