#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/base/memory.h>

/* Where the reading stands. */
struct reading {
    struct spec *spec;
    struct arm *arm; /* whose lines these are: spec->common before the first arm */
    char **varied;   /* [varied_count] this arm's `vary` lines, the text's own */
    size_t varied_count, varied_room, arm_room;
    int line;
};

static int fail_memory(struct ind_error *err)
{
    return ind_fail(err, "out of memory");
}

/* ---- Words ----------------------------------------------------------------------------------- */

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* Cuts the first word off; *rest is what follows it. */
static char *first_word(char *text, char **rest)
{
    char *end = text + strcspn(text, " \t");
    *rest = *end ? trim(end + 1) : end;
    *end = '\0';
    return text;
}

static int keep(char **to, const char *text, struct ind_error *err)
{
    free(*to);
    *to = strdup(text);
    return *to ? IND_OK : fail_memory(err);
}

/* Adds `text` to what is there, after `between`. */
static int append(char **to, const char *between, const char *text, struct ind_error *err)
{
    char *joined = *to && **to ? ind_text("%s%s%s", *to, between, text) : strdup(text);
    free(*to);
    *to = joined;
    return joined ? IND_OK : fail_memory(err);
}

static int take_number(const char *text, long minimum, long *value, struct ind_error *err)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    if (end == text || *end || errno || *value < minimum || *value > IND_EPOCH_MAX)
        return ind_fail(err, "'%s' is not a whole number (%ld to %d)", text, minimum,
                        IND_EPOCH_MAX);
    return IND_OK;
}

/* What the sweep itself gives each run is not to be given twice. */
static int check_options(const char *text, struct ind_error *err)
{
    static const char *const ours[] = {"--seed",   "--epochs", "--output", "-o",
                                       "--resume", "--from",   "--threads"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        const size_t length = strlen(ours[i]);
        for (const char *at = text; (at = strstr(at, ours[i])); at += length) {
            const bool begins = at == text || isspace((unsigned char)at[-1]);
            if (begins &&
                (at[length] == '\0' || at[length] == '=' || isspace((unsigned char)at[length])))
                return ind_fail(err, "%s is the sweep's to give: say seeds, epochs, folder or from",
                                ours[i]);
        }
    }
    return IND_OK;
}

/* ---- Arms ------------------------------------------------------------------------------------ */

static void arm_release(struct arm *arm)
{
    free(arm->name);
    free(arm->stem);
    free(arm->folder);
    free(arm->label);
    free(arm->parent);
    free(arm->options);
    free(arm->then);
    ind_ints_release(&arm->seeds);
}

static int new_arm(struct reading *reading, struct arm **arm, struct ind_error *err)
{
    struct spec *spec = reading->spec;
    if (spec->count == SWEEP_MOST_RUNS)
        return ind_fail(err, "more than %d arms", SWEEP_MOST_RUNS);
    if (ind_grow(&spec->arms, &reading->arm_room, (size_t)spec->count + 1, sizeof *spec->arms, err))
        return IND_FAILED;
    *arm = &spec->arms[spec->count++];
    **arm = (struct arm){.parent_epoch = -1, .epochs = -1, .line = reading->line};
    return IND_OK;
}

static int copy_ints(struct ind_ints *to, const struct ind_ints *from, struct ind_error *err)
{
    if (ind_alloc_into(&to->items, (size_t)from->count, sizeof *to->items, err))
        return IND_FAILED;
    memcpy(to->items, from->items, (size_t)from->count * sizeof *to->items);
    to->count = from->count;
    return IND_OK;
}

/* A copy of arm `number` under a name and with options that end in one more. */
static int add_variant(struct reading *reading, int number, const char *option, const char *value,
                       struct ind_error *err)
{
    struct arm *made = NULL;
    if (new_arm(reading, &made, err))
        return IND_FAILED;
    const struct arm *arm = &reading->spec->arms[number];
    made->line = arm->line;
    made->parent_epoch = arm->parent_epoch;
    made->epochs = arm->epochs;
    made->name = ind_text("%s-%s=%s", arm->name, option + strspn(option, "-"), value);
    made->options = ind_text("%s%s%s %s", arm->options ? arm->options : "", arm->options ? " " : "",
                             option, value);
    if (!made->name || !made->options)
        return fail_memory(err);
    if (keep(&made->stem, arm->stem, err) ||
        (arm->folder && keep(&made->folder, arm->folder, err)) ||
        (arm->label && keep(&made->label, arm->label, err)) ||
        (arm->parent && keep(&made->parent, arm->parent, err)) ||
        (arm->then && keep(&made->then, arm->then, err)))
        return IND_FAILED;
    return arm->seeds.count ? copy_ints(&made->seeds, &arm->seeds, err) : IND_OK;
}

/* Every arm from `first` on becomes one for each value. */
static int vary(struct reading *reading, int first, char *text, struct ind_error *err)
{
    struct spec *spec = reading->spec;
    const int last = spec->count;
    char *rest, *at = NULL, *option = first_word(text, &rest);
    if (option[0] != '-' || *rest == '\0')
        return ind_fail(err, "vary takes an option and its values: --lr 1e-3 3e-4");
    for (int arm = first; arm < last; arm++) {
        char *values = strdup(rest);
        int status = values ? IND_OK : fail_memory(err);
        for (char *value = values ? strtok_r(values, " \t", &at) : NULL; value && status == IND_OK;
             value = strtok_r(NULL, " \t", &at))
            status = add_variant(reading, arm, option, value, err);
        free(values);
        if (status)
            return IND_FAILED;
    }
    for (int arm = first; arm < last; arm++)
        arm_release(&spec->arms[arm]);
    memmove(spec->arms + first, spec->arms + last,
            (size_t)(spec->count - last) * sizeof *spec->arms);
    spec->count -= last - first;
    return IND_OK;
}

/* What was said of all arms, where this one says nothing. */
static int put_common(const struct spec *spec, struct arm *arm, struct ind_error *err)
{
    const struct arm *common = &spec->common;
    if (arm->epochs < 0 && !arm->parent)
        arm->epochs = common->epochs;
    if (arm->seeds.count == 0 && common->seeds.count && copy_ints(&arm->seeds, &common->seeds, err))
        return IND_FAILED;
    if (!arm->label &&
        keep(&arm->label, common->label ? common->label : "{arm}-seed{seed}-{hash}", err))
        return IND_FAILED;
    char *options = ind_text("%s%s%s", !arm->parent && common->options ? common->options : "",
                             !arm->parent && common->options && arm->options ? " " : "",
                             arm->options ? arm->options : "");
    char *then = ind_text("%s%s%s", common->then ? common->then : "",
                          common->then && arm->then ? "\n" : "", arm->then ? arm->then : "");
    free(arm->options);
    free(arm->then);
    arm->options = options;
    arm->then = then;
    return options && then ? IND_OK : fail_memory(err);
}

/* No further line is this arm's. */
static int end_arm(struct reading *reading, struct ind_error *err)
{
    if (reading->arm == &reading->spec->common)
        return IND_OK;
    const int first = reading->spec->count - 1;
    for (size_t i = 0; i < reading->varied_count; i++) {
        if (vary(reading, first, reading->varied[i], err))
            return IND_FAILED;
    }
    reading->varied_count = 0;
    for (int i = first; i < reading->spec->count; i++) {
        if (put_common(reading->spec, &reading->spec->arms[i], err))
            return IND_FAILED;
    }
    return IND_OK;
}

static int begin_arm(struct reading *reading, const char *name, struct ind_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    if (name[0] == '\0' || name[0] == '.' || name[0] == '-' || name[strspn(name, allowed)])
        return ind_fail(err, "'%s' is no name of an arm: letters, digits, . _ + -", name);
    if (end_arm(reading, err) || new_arm(reading, &reading->arm, err))
        return IND_FAILED;
    return keep(&reading->arm->stem, name, err) ? IND_FAILED : keep(&reading->arm->name, name, err);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static int take_from(struct arm *arm, char *text, struct ind_error *err)
{
    char *at = strrchr(text, '@');
    if (!arm->name || !at || at == text)
        return ind_fail(err, "from takes ARM@EPOCH or FOLDER@EPOCH, below an arm");
    *at = '\0';
    return take_number(at + 1, 0, &arm->parent_epoch, err) ? IND_FAILED
                                                           : keep(&arm->parent, text, err);
}

static int take_folder(struct reading *reading, const char *text, struct ind_error *err)
{
    if (reading->arm == &reading->spec->common)
        return keep(&reading->spec->folder, text, err);
    if (!strstr(text, "{seed}"))
        return ind_fail(err, "an arm's folder is one for each run: it lacks {seed}");
    return keep(&reading->arm->folder, text, err);
}

static int take_name(struct arm *arm, const char *text, struct ind_error *err)
{
    if (!strstr(text, "{seed}") || (!arm->name && !strstr(text, "{arm}")))
        return ind_fail(err, "a name is one for each run: it takes {arm} and {seed}");
    return keep(&arm->label, text, err);
}

static int take_vary(struct reading *reading, char *text, struct ind_error *err)
{
    if (!reading->arm->name)
        return ind_fail(err, "vary is an arm's: it comes below one");
    if (ind_grow(&reading->varied, &reading->varied_room, reading->varied_count + 1,
                 sizeof *reading->varied, err))
        return IND_FAILED;
    reading->varied[reading->varied_count++] = text;
    return check_options(text, err);
}

static int take_options(struct arm *arm, const char *text, struct ind_error *err)
{
    return check_options(text, err) ? IND_FAILED : append(&arm->options, " ", text, err);
}

static int take_line(struct reading *reading, char *word, char *rest, struct ind_error *err)
{
    struct arm *arm = reading->arm;
    long number;
    if (*rest == '\0')
        return ind_fail(err, "'%s' says nothing", word);
    if (strcmp(word, "arm") == 0)
        return begin_arm(reading, rest, err);
    if (strcmp(word, "seeds") == 0)
        return ind_ints_parse(&arm->seeds, rest, err);
    if (strcmp(word, "epochs") == 0)
        return take_number(rest, 0, &arm->epochs, err);
    if (strcmp(word, "options") == 0)
        return take_options(arm, rest, err);
    if (strcmp(word, "then") == 0)
        return append(&arm->then, "\n", rest, err);
    if (strcmp(word, "folder") == 0)
        return take_folder(reading, rest, err);
    if (strcmp(word, "name") == 0)
        return take_name(arm, rest, err);
    if (strcmp(word, "from") == 0)
        return take_from(arm, rest, err);
    if (strcmp(word, "vary") == 0)
        return take_vary(reading, rest, err);
    if (strcmp(word, "together") != 0)
        return ind_fail(
            err,
            "'%s' is none of folder, name, seeds, epochs, options, then, together, arm, "
            "from, vary",
            word);
    if (take_number(rest, 1, &number, err))
        return IND_FAILED;
    reading->spec->together = (int)number;
    return IND_OK;
}

/* A comment begins at a # that begins a word outside quotes; cuts it off. */
static void cut_comment(char *line)
{
    char quote = '\0';
    for (char *at = line; *at; at++) {
        if (quote)
            quote = *at == quote ? '\0' : quote;
        else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == '#' && (at == line || isspace((unsigned char)at[-1]))) {
            *at = '\0';
            return;
        }
    }
}

/* Cuts the next line off, joined with those that it goes on in. Returns what follows, NULL at the
 * end. */
static char *next_line(char *text, int *lines)
{
    for (char *at = text; *at; at++) {
        if (*at != '\n')
            continue;
        ++*lines;
        if (at > text && at[-1] == '\\') {
            at[-1] = at[0] = ' ';
            continue;
        }
        *at = '\0';
        return at + 1;
    }
    return NULL;
}

static int read_lines(struct reading *reading, char *text, struct ind_error *err)
{
    int lines = 0;
    for (char *next; text; text = next) {
        char *rest;
        reading->line = lines + 1;
        next = next_line(text, &lines);
        cut_comment(text);
        char *word = first_word(trim(text), &rest);
        if (*word && take_line(reading, word, rest, err))
            return ind_error_context(err, "line %d", reading->line);
    }
    /* What is said of all arms is a sweep of one, too. */
    if (reading->spec->count == 0 && begin_arm(reading, "run", err))
        return IND_FAILED;
    return end_arm(reading, err) ? ind_error_context(err, "line %d", reading->line) : IND_OK;
}

static int read_all(struct spec *spec, char *text, struct ind_error *err)
{
    struct reading reading = {.spec = spec, .arm = &spec->common};
    spec->common = (struct arm){.parent_epoch = -1, .epochs = -1};
    int status = spec->name ? read_lines(&reading, text, err) : fail_memory(err);
    if (status && spec->name)
        ind_error_context(err, "%s", spec->name);
    free(reading.varied);
    return status;
}

/* runs/NAME, of some/NAME.sweep */
static char *default_folder(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return ind_text("runs/%.*s", (int)length, name);
}

static int read_stdin(char **text, struct ind_error *err)
{
    size_t size = 0;
    FILE *stream = ind_text_open(text, &size);
    for (int c; stream && (c = getchar()) != EOF;)
        putc(c, stream);
    if (!ind_text_close(stream, text))
        return fail_memory(err);
    return ferror(stdin) ? ind_fail_errno(err, "stdin") : IND_OK;
}

int spec_read(struct spec *spec, const char *path, struct ind_error *err)
{
    const bool piped = strcmp(path, "-") == 0;
    char *text = NULL;
    size_t size;
    *spec = (struct spec){0};
    if (piped ? read_stdin(&text, err) : ind_file_read(path, 1 << 20, &text, &size, err))
        return IND_FAILED;
    spec->name = strdup(piped ? "stdin" : path);
    spec->folder = piped ? strdup("runs/sweep") : default_folder(path);
    int status = spec->name && spec->folder ? read_all(spec, text, err) : fail_memory(err);
    free(text);
    return status;
}

int spec_read_text(struct spec *spec, const char *text, const char *folder, struct ind_error *err)
{
    *spec = (struct spec){.name = strdup("--lines"), .folder = strdup(folder)};
    char *copy = strdup(text);
    int status = copy && spec->name && spec->folder ? IND_OK : fail_memory(err);
    for (char *at = copy; at && (at = strchr(at, ';'));)
        *at = '\n';
    if (status == IND_OK)
        status = read_all(spec, copy, err);
    free(copy);
    return status;
}

void spec_release(struct spec *spec)
{
    for (int i = 0; i < spec->count; i++)
        arm_release(&spec->arms[i]);
    arm_release(&spec->common);
    free(spec->arms);
    free(spec->name);
    free(spec->folder);
}
