/*
 * What every induct program shares: options, --help, --version, the run it works on, the stream it
 * writes to, and its exit.
 *
 * A program that analyses runs is a declaration, of which tool/analysis.h makes all of this. Any
 * other is a table of options over a struct of its own, a start, its work, and a finish:
 *
 *     static const struct ind_option options[] = {
 *         {IND_OPTION("sequences", struct settings, sequences), .arg = "N", .key = 'n',
 *          .help = "sequences a figure rests on (default 256)", .minimum = 1, .maximum = 1e6},
 *         {0}};
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct settings s = {.sequences = 256};
 *         struct ind_tool tool;
 *         ind_tool_start(&tool, &about, options, &s, argc, argv); // exits 64 on a usage error
 *         return ind_tool_finish(&tool, run(&tool, &s)); // closes the output, prints the error
 *     }
 *
 * Common options: --format tsv|csv|jsonl, --columns LIST, -o/--output FILE, --threads N, --seed N,
 * -q/--quiet, --epochs A:B:C (programs that walk a series), --help, --usage, --version. A program's
 * own option takes the place of the common one of the same name or letter (induct-train's --epochs
 * and -o). Options may follow operands. Exit status: 0 done, 1 failed, 64 usage, 130, 143 and 129
 * after SIGINT, SIGTERM and SIGHUP, 75 to be queued again (tool/stop.h).
 */
#ifndef INDUCT_TOOL_TOOL_H
#define INDUCT_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <induct/base/error.h>
#include <induct/base/file.h>
#include <induct/table/table.h>
#include <induct/run/series.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ind_option_type {
    IND_OPTION_FLAG,   /* bool * : set to true */
    IND_OPTION_INT,    /* int * : a number, or with `choices` the index of a word */
    IND_OPTION_LONG,   /* long * */
    IND_OPTION_UINT64, /* uint64_t * : minimum and maximum do not apply */
    IND_OPTION_DOUBLE, /* double * : finite */
    IND_OPTION_TEXT,   /* const char ** : points into argv */
    IND_OPTION_INTS,   /* struct ind_ints * : "5,10,20:29,30:40:5" */
    IND_OPTION_CHOICE, /* int * : index into `choices` */
    IND_OPTION_WORDS   /* struct ind_words * : "zero,mean", out of `choices` */
};

/* A list of integers, as given to --periods, in the order given. Owner (released by
 * ind_ints_release); zero-initialise. */
struct ind_ints {
    int *items;
    int count;
};

/* "5,10,20:29,30:40:5": numbers, inclusive ranges, ranges with a step; at most 1,000,000 numbers.
 * Replaces (and frees) what the list held; on failure it keeps it. */
IND_CHECKED int ind_ints_parse(struct ind_ints *list, const char *text, struct ind_error *err);
void ind_ints_release(struct ind_ints *list);

/* A list of words out of `choices`, as given to --mode: their indices in the order given, each
 * once. Plain data, nothing to free. */
enum { IND_WORDS_MOST = 16 };
struct ind_words {
    int items[IND_WORDS_MOST];
    int count;
};

/* One option of a table over a struct. A table ends with a zeroed element; an element with only
 * `help` is a heading over the options that follow it, one without `help` is taken but not listed.
 * Values are strict: trailing characters, overflow, a number outside minimum..maximum are usage
 * errors that name the option and what it takes. Given twice, the last counts. The order of the
 * fields is that of reading, not the one without padding. */
struct ind_option {   /* NOLINT(clang-analyzer-optin.performance.Padding) */
    const char *name; /* "periods" */
    char key;         /* short form or 0 */
    const char *arg;  /* "LIST"; NULL for a flag */
    const char *help;
    enum ind_option_type type;
    const char *const *choices; /* NULL-terminated: makes an int the index of one of these words */
    double minimum, maximum;    /* of numbers, INFINITY = no end; both 0 = any */
    size_t offset;              /* of the value in the struct that the table is over */
    const char *also;           /* another spelling, taken but not listed */
    const char *with;           /* the option that this one goes with: a usage error without it */
};

/* Name, type and place of an option, from a member of the struct that the table is over:
 *
 *     {IND_OPTION("rank", struct settings, rank), .arg = "R", .help = "...", .minimum = 1, ...}
 *
 * A member of a type that no option has does not compile. */
/* clang-format off */
#define IND_OPTION(option, owner, member)                            \
    .name = (option), .type = IND_OPTION_TYPE(((owner *)0)->member), \
    .offset = offsetof(owner, member)
#define IND_OPTION_TYPE(member)                                                                    \
    _Generic((member),                                                                             \
        bool: IND_OPTION_FLAG,                                                                     \
        int: IND_OPTION_INT,                                                                       \
        long: IND_OPTION_LONG,                                                                     \
        uint64_t: IND_OPTION_UINT64,                                                               \
        double: IND_OPTION_DOUBLE,                                                                 \
        const char *: IND_OPTION_TEXT,                                                             \
        struct ind_ints: IND_OPTION_INTS,                                                          \
        struct ind_words: IND_OPTION_WORDS)
/* clang-format on */

/* Options over one struct; those of a program come first, then what it shares with others. */
struct ind_option_group {
    const struct ind_option *options; /* ends with a zeroed element */
    void *values;                     /* the struct; lists in it are freed by whoever owns it */
};

/* What operands a program takes. */
enum ind_operand {
    IND_OPERAND_RUN,  /* [RUN], resolved when left out: $INDUCT_RUN, the current directory, ckpts/,
                        the newest below runs/ */
    IND_OPERAND_RUNS, /* the same, or several of them: RUN... */
    IND_OPERAND_NONE,
    IND_OPERAND_FILES /* FILE..., kept in tool->operands */
};

struct ind_about {
    const char *name;    /* "induct-eval" */
    const char *summary; /* one line */
    const char *details; /* for --help and the man page: columns, definitions; lines of at most
                             79 characters, printed as they are; NULL = none */
    void (*more)(FILE *stream, const void *context); /* the same, written; NULL = nothing */
    const void *context;                             /* of `more` */
    const char *syntax;   /* of operands in --help, a line each way; NULL = as `operand` has it */
    const char *examples; /* command lines, one a line; NULL = none */
    enum ind_operand operand;
    bool epochs; /* takes --epochs */
    bool table;  /* writes a table: takes --format and -o */
    const char *
        no_run; /* an option (list) under which no run is looked for, or no file asked for; NULL = none */
};

/* What --epochs selects: a comma list of epoch numbers ("100,200"; "-1" is the last, "-2" the one
 * before), "first", "last", and ranges A:B:C: checkpoints at an epoch from A to B with (epoch - A)
 * a multiple of C (default 1). A range's ends may be left out ("5000:", ":3000", "::500"; A is then
 * 0). NULL = all. The syntax is checked by ind_tool_start, the rest by ind_walk_select. */
struct ind_epochs {
    const char *text;
    const char *option; /* what an error calls it; NULL = "--epochs" */
};

struct ind_tool {
    struct ind_about about;
    enum ind_format format;
    const char *output; /* -o, NULL = stdout */
    FILE *stream;       /* where results go */
    int threads;        /* --threads, default: the processors available */
    uint64_t seed;      /* --seed, default 0: evaluation data and bootstrap */
    bool quiet;
    struct ind_epochs epochs;
    const char *columns; /* --columns: which of the table are written; NULL = all */
    bool *hidden;        /* private: the others */
    int *widths;         /* private: of columns on a terminal */
    char *command; /* for the comment line: what gives these results again, quoted for a shell, that
                      is the program, its operands (the run, also when it was found) and the options
                      given, without --output, --threads and --quiet, which do not bear on them */
    char *run;     /* the first operand or what was found */
    char **operands;
    int operand_count;
    const struct ind_option **given; /* private: the options of the command line */
    int given_count;
    int passed_over; /* checkpoints that could not be used: named already, told again at the end */
    bool partial; /* what has been written is worth keeping though the program fails: rows of whole
                        checkpoints. The file of -o then takes its name all the same */
    struct ind_error error;
    struct ind_new_file file; /* private: what -o writes */
};

/* Parses into the struct `values` that the options are over, finds the run, opens the output,
 * installs the signal handlers of tool/stop.h, calls ind_blas_init(). Prints on stderr which run
 * was chosen if none was named. Exits by itself: 64 on a usage error, 0 after --help and --version,
 * 1 if there is no run or the output cannot be written. `options` (NULL = none) and argv's strings
 * must outlive the tool. */
void ind_tool_start(struct ind_tool *tool, const struct ind_about *about,
                    const struct ind_option *options, void *values, int argc, char **argv);

/* The same with several tables, each over a struct of its own. */
void ind_tool_start_groups(struct ind_tool *tool, const struct ind_about *about,
                           const struct ind_option_group *groups, int count, int argc, char **argv);

/* Was --NAME on the command line? */
bool ind_tool_given(const struct ind_tool *tool, const char *name);

/* The last part of the run's path, for headings: "2L-varied-seed67". Freed with free(); NULL
 * without memory. */
char *ind_tool_run_name(const struct ind_tool *tool);

/* Opens tool->run, or any other run, as a series, and says on stderr which interventions of its
 * training its models are run under. */
int ind_tool_series(struct ind_tool *tool, struct ind_series *series);
int ind_tool_series_of(struct ind_tool *tool, const char *path, struct ind_series *series);

/* Opens the table on tool->stream with the program's heading, once in the life of a tool. On a
 * terminal its columns are padded for eyes. With -o the file appears when the
 * tool finishes without error, or with tool->partial; else not at all. */
int ind_tool_table(struct ind_tool *tool, struct ind_table *table, const struct ind_column *columns,
                   int count);

/* One line on stderr, prefixed with the program's name; silent under --quiet. May be called by any
 * thread, over a progress line too. */
void ind_tool_warn(const struct ind_tool *tool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same of an error that the program survives: --quiet does not silence it. */
void ind_tool_complain(const struct ind_tool *tool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For options that contradict each other, which only the program can know: one line on stderr, a
 * hint at --help, and the end of the process with status 64. To be called before any output. */
void ind_tool_usage(const struct ind_tool *tool, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* Closes and checks the output and stdout, prints tool->error if status is IND_FAILED, frees.
 * Returns the exit status: 128 + its number after a signal, else 0 or 1. With -o the file takes its
 * name only if everything was written, and status is IND_OK or tool->partial says so. */
int ind_tool_finish(struct ind_tool *tool, int status);

/* The same as a failure, and the end of the process, whatever other threads are doing. */
void ind_tool_leave(struct ind_tool *tool) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
#endif
