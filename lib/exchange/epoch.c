#include "exchange/epoch.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <induct/recipe/recipe.h>

enum { NAME_ROOM = 256, FOLDERS = 4 };

/* Words in front of a number, by what they count. */
static const struct {
    const char *word;
    enum ind_epoch_kind kind;
} LABELS[] = {
    {"step", IND_EPOCH_STEPS},       {"steps", IND_EPOCH_STEPS},
    {"globalstep", IND_EPOCH_STEPS}, {"iter", IND_EPOCH_STEPS},
    {"iters", IND_EPOCH_STEPS},      {"iteration", IND_EPOCH_STEPS},
    {"iterations", IND_EPOCH_STEPS}, {"itr", IND_EPOCH_STEPS},
    {"it", IND_EPOCH_STEPS},         {"update", IND_EPOCH_STEPS},
    {"updates", IND_EPOCH_STEPS},    {"batch", IND_EPOCH_STEPS},
    {"batches", IND_EPOCH_STEPS},    {"checkpoint", IND_EPOCH_STEPS},
    {"ckpt", IND_EPOCH_STEPS},       {"chkpt", IND_EPOCH_STEPS},
    {"epoch", IND_EPOCH_EPOCHS},     {"epochs", IND_EPOCH_EPOCHS},
    {"ep", IND_EPOCH_EPOCHS},        {"tokens", IND_EPOCH_TOKENS},
    {"toks", IND_EPOCH_TOKENS},      {"token", IND_EPOCH_TOKENS},
};

/* Words in front of numbers that count no training. */
static const char *const OTHERS[] = {
    "seed",  "lr",     "loss",   "acc",   "accuracy", "val",        "valid",   "train",   "test",
    "score", "metric", "rank",   "wd",    "decay",    "dim",        "width",   "d",       "dmodel",
    "heads", "head",   "layers", "layer", "version",  "v",          "part",    "shard",   "fold",
    "run",   "trial",  "gpu",    "node",  "bs",       "ctx",        "context", "dropout", "temp",
    "beta",  "of",     "vocab",  "size",  "ppl",      "perplexity", "period",  "job",
};

static enum ind_epoch_kind label_of(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++)
        if (strlen(LABELS[i].word) == length && strncasecmp(LABELS[i].word, word, length) == 0)
            return LABELS[i].kind;
    return IND_EPOCH_UNKNOWN;
}

static bool is_other(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
        if (strlen(OTHERS[i]) == length && strncasecmp(OTHERS[i], word, length) == 0)
            return true;
    return false;
}

/* ---- Numbers in a name ---- */

struct number {
    size_t begin, end; /* in the name */
    double value;
    bool whole, glued; /* letters right after it */
};

static size_t skip_digits(const char *name, size_t at)
{
    while (isdigit((unsigned char)name[at]))
        at++;
    return at;
}

/* 1000, 0.25, 1e5, 1e+05, 10k */
static struct number read_number(const char *name, size_t begin)
{
    static const char letters[] = "kmb";
    struct number n = {.begin = begin, .end = skip_digits(name, begin)};
    if (name[n.end] == '.' && isdigit((unsigned char)name[n.end + 1]))
        n.end = skip_digits(name, n.end + 1);
    if (tolower((unsigned char)name[n.end]) == 'e') {
        size_t sign = n.end + 1 + (name[n.end + 1] == '+' || name[n.end + 1] == '-');
        size_t end = skip_digits(name, sign);
        if (end > sign && !isalnum((unsigned char)name[end]))
            n.end = end;
    }
    n.value = strtod(name + begin, NULL); /* reads as far as this, or is put right below */
    const char *letter = name[n.end] ? strchr(letters, tolower((unsigned char)name[n.end])) : NULL;
    if (letter && !isalnum((unsigned char)name[n.end + 1])) {
        n.value *= pow(1000, (double)(letter - letters + 1));
        n.end++;
    }
    n.glued = isalpha((unsigned char)name[n.end]) != 0;
    n.whole = n.value == floor(n.value);
    return n;
}

/* What stands around a number. */
struct context {
    const char *word;
    size_t length;
    bool glued, named; /* no separator between; "=" or ":" between */
};

static struct context before(const char *name, size_t begin)
{
    struct context c = {0};
    size_t at = begin;
    while (at > 0 && strchr(" _-=.:#", name[at - 1])) {
        c.named = c.named || name[at - 1] == '=' || name[at - 1] == ':';
        at--;
    }
    if (at + 1 == begin && name[at] == '.' && at > 0 && isdigit((unsigned char)name[at - 1]))
        c.named = true; /* 1.2.3 */
    c.glued = at == begin;
    size_t end = at;
    while (at > 0 && isalpha((unsigned char)name[at - 1]))
        at--;
    c.word = name + at;
    c.length = end - at;
    c.glued = c.glued && c.length > 0;
    return c;
}

/* "1000steps", "1000_steps": of the words after a number only those that cannot begin what is
 * next. */
static enum ind_epoch_kind label_behind(const char *name, const struct number *n)
{
    size_t at = n->end + (name[n->end] == '_' || name[n->end] == '-'), end = at;
    while (isalpha((unsigned char)name[end]))
        end++;
    bool plural = end > at && tolower((unsigned char)name[end - 1]) == 's';
    return plural || n->glued ? label_of(name + at, end - at) : IND_EPOCH_UNKNOWN;
}

static bool part_of_shards(const char *name, const struct number *n)
{
    return strncmp(name + n->end, "-of-", 4) == 0 && isdigit((unsigned char)name[n->end + 4]);
}

/* What a number is: counting by a label, by none, or nothing of the kind. */
static enum ind_epoch_kind kind_of(const char *name, const struct number *n)
{
    struct context c = before(name, n->begin);
    enum ind_epoch_kind label = label_of(c.word, c.length);
    if (label != IND_EPOCH_UNKNOWN) {
        size_t end = n->end;
        while (isalpha((unsigned char)name[end]))
            end++;
        bool clean = !n->glued || label_of(name + n->end, end - n->end) != IND_EPOCH_UNKNOWN;
        return clean ? label : IND_EPOCH_UNKNOWN;
    }
    label = label_behind(name, n);
    if (label != IND_EPOCH_UNKNOWN)
        return label;
    bool other = c.named || c.glued || n->glued || is_other(c.word, c.length) || !n->whole ||
                 part_of_shards(name, n);
    return other ? IND_EPOCH_UNKNOWN : IND_EPOCH_NUMBER;
}

/* The name without the suffixes that say what is in it, and what stands for a second copy. */
static void stem_of(const char *component, size_t length, char out[NAME_ROOM])
{
    static const char *const suffixes[] = {
        ".pt",  ".pth",   ".ckpt", ".bin",   ".safetensors", ".tar",     ".npz",   ".zip",   ".pkl",
        ".bak", ".model", ".json", ".index", ".state",       ".weights", ".torch", ".params"};
    length = length < NAME_ROOM - 1 ? length : NAME_ROOM - 1;
    memcpy(out, component, length);
    out[length] = '\0';
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t tail = strlen(suffixes[i]);
        if (length <= tail || strcasecmp(out + length - tail, suffixes[i]) != 0)
            continue;
        out[length -= tail] = '\0';
        i = (size_t)-1; /* from the start again: .pth.tar */
    }
    size_t end = length;
    bool bracket = end > 0 && out[end - 1] == ')';
    end -= bracket;
    size_t digits = end;
    while (digits > 0 && isdigit((unsigned char)out[digits - 1]))
        digits--;
    if (digits == end || digits < 2)
        return;
    if (bracket && out[digits - 1] == '(')
        out[digits - 1] = '\0';
    else if (!bracket && out[digits - 1] == 'v' && out[digits - 2] == '-')
        out[digits - 2] = '\0';
}

static int check_value(const char *name, const struct number *n, struct ind_error *err)
{
    if (n->whole && n->value <= (double)IND_CHECKPOINT_EPOCH_MAX)
        return IND_OK;
    return ind_fail(err, "%.*s in %s is no epoch (a whole number of at most 12 digits)",
                    (int)(n->end - n->begin), name + n->begin, name);
}

static int compete(const char *name, double a, double b, struct ind_error *err)
{
    return ind_fail(err,
                    "its name %s does not say which number is the epoch, %.0f or %.0f: --epoch "
                    "says it",
                    name, a, b);
}

/* Looks through one component for numbers of `wanted` (NUMBER: those without label). Steps are
 * preferred to epochs, epochs to tokens. */
static int scan(const char *stem, bool labelled, struct ind_epoch *epoch, struct ind_error *err)
{
    for (size_t at = 0; stem[at];) {
        if (!isdigit((unsigned char)stem[at])) {
            at++;
            continue;
        }
        struct number n = read_number(stem, at);
        enum ind_epoch_kind kind = kind_of(stem, &n);
        at = n.end;
        if (kind == IND_EPOCH_UNKNOWN || (kind != IND_EPOCH_NUMBER) != labelled)
            continue;
        if (check_value(stem, &n, err) != IND_OK)
            return IND_FAILED;
        if (epoch->kind == kind && (double)epoch->value != n.value)
            return compete(stem, (double)epoch->value, n.value, err);
        if (epoch->kind != IND_EPOCH_UNKNOWN && epoch->kind <= kind)
            continue;
        epoch->kind = kind;
        epoch->value = (long)n.value;
        snprintf(epoch->from, sizeof epoch->from, "%.100s", stem);
    }
    return IND_OK;
}

int ind_epoch_of_labels(const char *path, struct ind_epoch *epoch, struct ind_error *err)
{
    *epoch = (struct ind_epoch){0};
    size_t end = strlen(path);
    for (int i = 0; i < FOLDERS && end > 0; i++) {
        char stem[NAME_ROOM];
        while (end > 0 && path[end - 1] == '/')
            end--;
        size_t start = end;
        while (start > 0 && path[start - 1] != '/')
            start--;
        stem_of(path + start, end - start, stem);
        if (scan(stem, true, epoch, err) != IND_OK)
            return IND_FAILED;
        if (epoch->kind != IND_EPOCH_UNKNOWN)
            return IND_OK;
        end = start;
    }
    return IND_OK;
}

int ind_epoch_of_number(const char *path, struct ind_epoch *epoch, struct ind_error *err)
{
    *epoch = (struct ind_epoch){0};
    char stem[NAME_ROOM];
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    stem_of(path + start, end - start, stem);
    if (scan(stem, false, epoch, err) != IND_OK)
        return IND_FAILED;
    size_t folder = start > 0 ? start - 1 : 0, begin = folder;
    while (begin > 0 && isdigit((unsigned char)path[begin - 1]))
        begin--;
    if (epoch->kind != IND_EPOCH_UNKNOWN || begin == folder ||
        (begin > 0 && path[begin - 1] != '/'))
        return IND_OK;
    stem_of(path + begin, folder - begin, stem);
    return scan(stem, false, epoch, err);
}

int ind_epoch_of_word(const char *word, struct ind_epoch *epoch)
{
    *epoch = (struct ind_epoch){0};
    if (scan(word, true, epoch, NULL) != IND_OK)
        return IND_FAILED;
    if (epoch->kind == IND_EPOCH_UNKNOWN && word[strspn(word, "0123456789")] == '\0' &&
        scan(word, false, epoch, NULL) != IND_OK)
        return IND_FAILED;
    return epoch->kind == IND_EPOCH_UNKNOWN ? IND_FAILED : IND_OK;
}

/* ---- Numbers in a file ---- */

static long whole(const json_t *value)
{
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        size_t digits = strspn(text, "0123456789");
        return digits > 0 && digits <= 12 && text[digits] == '\0' ? strtol(text, NULL, 10) : -1;
    }
    double number = json_number_value(value);
    bool fits = json_is_number(value) && number == floor(number) && number >= 0 &&
                number <= (double)IND_CHECKPOINT_EPOCH_MAX;
    return fits ? (long)number : -1;
}

void ind_epoch_of_facts(const json_t *facts, struct ind_epoch *epoch)
{
    static const struct {
        const char *key;
        enum ind_epoch_kind kind;
    } keys[] = {
        {"global_step", IND_EPOCH_STEPS},
        {"global_steps", IND_EPOCH_STEPS},
        {"iter_num", IND_EPOCH_STEPS},
        {"step", IND_EPOCH_STEPS},
        {"steps", IND_EPOCH_STEPS},
        {"step_num", IND_EPOCH_STEPS},
        {"train_step", IND_EPOCH_STEPS},
        {"current_step", IND_EPOCH_STEPS},
        {"completed_steps", IND_EPOCH_STEPS},
        {"iteration", IND_EPOCH_STEPS},
        {"iterations", IND_EPOCH_STEPS},
        {"iter", IND_EPOCH_STEPS},
        {"it", IND_EPOCH_STEPS},
        {"num_updates", IND_EPOCH_STEPS},
        {"epoch", IND_EPOCH_EPOCHS},
        {"current_epoch", IND_EPOCH_EPOCHS},
        {"epoch_num", IND_EPOCH_EPOCHS},
        {"epochs", IND_EPOCH_EPOCHS},
        {"tokens_seen", IND_EPOCH_TOKENS},
        {"n_tokens", IND_EPOCH_TOKENS},
    };
    *epoch = (struct ind_epoch){0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(facts, keys[i].key);
        long number = value ? whole(value) : -1;
        if (number < 0)
            continue;
        epoch->kind = keys[i].kind;
        epoch->value = number;
        snprintf(epoch->from, sizeof epoch->from, "%s in the file", keys[i].key);
        return;
    }
}

const char *ind_epoch_unit(enum ind_epoch_kind kind)
{
    return kind == IND_EPOCH_STEPS    ? "steps"
           : kind == IND_EPOCH_EPOCHS ? "epochs"
           : kind == IND_EPOCH_TOKENS ? "tokens"
                                      : "something";
}
