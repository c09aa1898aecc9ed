/*
 * The command line. The program's options and the common ones are one list of struct ind_option;
 * argp gets a translation of it, and answers with a key from which the option is found again.
 */
#include "tool/option.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/version.h>
#include <induct/math/blas.h>
#include <induct/math/causal.h>

enum { FIRST_KEY = 0x1000, KEY_HELP = 0x800, KEY_USAGE, COMMON_OPTIONS = 6, MOST_THREADS = 1024 };

static const char *const formats[] = {"tsv", "csv", "jsonl", NULL};

/* What the common options are bound to until parsing is done. */
struct common {
    int format;
    const char *output;
};

struct parse {
    struct ind_tool *tool;
    const struct ind_option **options; /* [count], the program's, then the common ones */
    size_t count, program_count;
    FILE *command;
};

/* ---- The list of options --------------------------------------------------------------------- */

static size_t count_options(const struct ind_option *options)
{
    size_t count = 0;
    while (options[count].name || options[count].help)
        count++;
    return count;
}

static void fill_common(struct ind_option options[COMMON_OPTIONS], struct ind_tool *tool,
                        struct common *common)
{
    const struct ind_option all[COMMON_OPTIONS] = {
        {"epochs", 0, "A:B:C",
         "checkpoints at epochs A to B in steps of C; also 5000:  :3000  ::500  100,200  first  "
         "last (default: all)",
         IND_OPTION_TEXT, &tool->epochs.text, NULL, NULL, 0, 0},
        {"format", 0, "FORMAT", "tsv (default), csv or jsonl", IND_OPTION_CHOICE, &common->format,
         formats, NULL, 0, 0},
        {"output", 'o', "FILE", "write to FILE, which appears whole or not at all; - is stdout",
         IND_OPTION_TEXT, &common->output, NULL, NULL, 0, 0},
        {"threads", 0, "N", "threads (default: one a processor)", IND_OPTION_INT, &tool->threads,
         NULL, NULL, 1, MOST_THREADS},
        {"seed", 0, "N", "seed of random numbers (default 0)", IND_OPTION_UINT64, &tool->seed, NULL,
         &tool->seed_set, 0, 0},
        {"quiet", 'q', NULL, "no progress, notes and warnings", IND_OPTION_FLAG, &tool->quiet, NULL,
         NULL, 0, 0},
    };
    memcpy(options, all, sizeof all);
}

static bool is_offered(const struct ind_option *common, const struct ind_about *about)
{
    if (strcmp(common->name, "epochs") == 0)
        return about->epochs;
    if (strcmp(common->name, "format") == 0 || strcmp(common->name, "output") == 0)
        return about->table;
    return true;
}

static bool is_taken(const struct ind_option *common, const struct ind_option *options)
{
    for (; options->name || options->help; options++) {
        if (options->name && strcmp(options->name, common->name) == 0)
            return true;
        if (options->key && options->key == common->key)
            return true;
    }
    return false;
}

static void list_options(struct parse *parse, const struct ind_option *program,
                         const struct ind_option *common)
{
    for (; program->name || program->help; program++)
        parse->options[parse->count++] = program;
    parse->program_count = parse->count;
    program -= parse->count;
    for (int i = 0; i < COMMON_OPTIONS; i++)
        if (is_offered(&common[i], &parse->tool->about) && !is_taken(&common[i], program))
            parse->options[parse->count++] = &common[i];
}

/* ---- For argp -------------------------------------------------------------------------------- */

static int option_key(const struct parse *parse, size_t index)
{
    const struct ind_option *option = parse->options[index];
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
        const struct ind_option *option = parse->options[i];
        if (i == parse->program_count)
            out[n++] = heading("Common options:", ++group);
        if (option->name)
            out[n++] = (struct argp_option){option->name, option_key(parse, i),
                                            option->arg,  option->help ? 0 : OPTION_HIDDEN,
                                            option->help, group};
        else
            out[n++] = heading(option->help, ++group);
    }
    out[n++] = (struct argp_option){"help", KEY_HELP, NULL, 0, "this help", -1};
    out[n++] = (struct argp_option){NULL, 'h', NULL, OPTION_HIDDEN, NULL, group};
    out[n++] = (struct argp_option){"usage", KEY_USAGE, NULL, 0, "the options in short", -1};
    out[n++] =
        (struct argp_option){"version", 'V', NULL, 0, "version, revision and the BLAS in use", -1};
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
    if (about->operand == IND_OPERAND_RUN)
        puts("\nWithout RUN: $INDUCT_RUN, else the current directory if it is a run, else\n"
             "ckpts/, else the newest run below runs/; stderr says which.");
    if (about->details) {
        size_t length = strlen(about->details);
        bool ended = length > 0 && about->details[length - 1] == '\n';
        printf("\n%s%s", about->details, ended ? "" : "\n");
    }
    if (about->examples) {
        puts("\nExamples:");
        print_indented(about->examples);
    }
    exit_after_print(parse);
}

static void print_version(const struct parse *parse)
{
    char blas[IND_BLAS_VERSION_SIZE];
    printf("%s (induct) %s\nrevision %s\n%s, %s kernels; %s vectors\n", parse->tool->about.name,
           ind_version(), ind_revision(), ind_blas_version(blas), ind_blas_core(), ind_simd_name());
    exit_after_print(parse);
}

/* ---- Parsing --------------------------------------------------------------------------------- */

/* Where results go does not bear on them, a program's own --output included. */
static void remember(const struct parse *parse, size_t index, const char *text)
{
    const struct ind_option *option = parse->options[index];
    if (strcmp(option->name, "output") == 0 ||
        (index >= parse->program_count &&
         (strcmp(option->name, "threads") == 0 || strcmp(option->name, "quiet") == 0)))
        return;
    fprintf(parse->command, " --%s", option->name);
    if (text) {
        fputc(' ', parse->command);
        ind_shell_quote(parse->command, text);
    }
}

static int set_option(const struct parse *parse, const struct ind_option *option, const char *text,
                      struct ind_error *err)
{
    if (option->value == &parse->tool->epochs.text && ind_epochs_check(text, err) != IND_OK)
        return IND_FAILED;
    return ind_option_set(option, text, err);
}

static error_t take_option(const struct parse *parse, int key, const char *text,
                           struct argp_state *state)
{
    for (size_t i = 0; i < parse->count; i++) {
        const struct ind_option *option = parse->options[i];
        if (!option->name || option_key(parse, i) != key)
            continue;
        struct ind_error err;
        if (set_option(parse, option, text, &err) != IND_OK)
            argp_error(state, "--%s: %s", option->name, err.text);
        remember(parse, i, text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static void take_operand(const struct parse *parse, char *text, struct argp_state *state)
{
    struct ind_tool *tool = parse->tool;
    if (tool->about.operand == IND_OPERAND_NONE)
        argp_error(state, "takes no operand, but there is '%s'", text);
    if (tool->about.operand == IND_OPERAND_RUN && tool->operand_count == 1)
        argp_error(state, "takes one run, but there are '%s' and '%s'", tool->operands[0], text);
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
        if (parse->tool->about.operand == IND_OPERAND_FILES && parse->tool->operand_count == 0)
            argp_error(state, "no file named");
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

static const char *operand_syntax(enum ind_operand operand)
{
    static const char *const syntax[] = {
        [IND_OPERAND_RUN] = "[RUN]", [IND_OPERAND_NONE] = NULL, [IND_OPERAND_FILES] = "FILE..."};
    return syntax[operand];
}

static void run_argp(struct parse *parse, int argc, char **argv, struct argp_option *translated)
{
    const struct argp argp = {.options = translated,
                              .parser = on_key,
                              .args_doc = operand_syntax(parse->tool->about.operand),
                              .doc = parse->tool->about.summary,
                              .help_filter = filter_help};
    /* argp reorders its argv, and getopt's messages begin with argv[0], a path when the program was
     * started by one. */
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!words) {
        fprintf(stderr, "%s: out of memory\n", parse->tool->about.name);
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < argc; i++)
        words[i] = argv[i];
    words[0] = (char *)parse->tool->about.name;
    argp_parse(&argp, argc > 0 ? argc : 1, words, ARGP_NO_HELP, NULL, parse);
    free(words);
}

void ind_options_parse(struct ind_tool *tool, const struct ind_option *options, int argc,
                       char **argv)
{
    static const struct ind_option none[] = {{0}};
    options = options ? options : none;
    struct common common = {IND_TSV, NULL};
    struct ind_option common_options[COMMON_OPTIONS];
    fill_common(common_options, tool, &common);

    size_t room = count_options(options) + COMMON_OPTIONS, command_size;
    struct parse parse = {.tool = tool, .options = calloc(room, sizeof(void *))};
    struct argp_option *translated = calloc(room + 6, sizeof *translated);
    tool->operands = calloc((size_t)argc + 1, sizeof *tool->operands);
    parse.command = open_memstream(&tool->command, &command_size);
    if (!parse.options || !translated || !tool->operands || !parse.command) {
        fprintf(stderr, "%s: out of memory\n", tool->about.name);
        exit(EXIT_FAILURE);
    }
    list_options(&parse, options, common_options);
    translate(&parse, translated);
    run_argp(&parse, argc, argv, translated);
    fclose(parse.command);
    tool->format = (enum ind_format)common.format;
    tool->output = common.output && strcmp(common.output, "-") != 0 ? common.output : NULL;
    free(translated);
    free(parse.options);
}
