#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char default_preset[] = "2L-varied";

/* Must be as long as enum ind_positions, in its order. */
static const char *const POSITIONS[] = {"sinusoidal", "learned",     "none",
                                        "rotary",     "shortformer", NULL};
/* Of enum ind_rate_shape, likewise; the first of the others is the plain one. */
static const char *const SHAPES[] = {"constant", "linear", "cosine", NULL};
static const char *const LOSSES[] = {"all", "repeated", NULL};
static const char *const PERIODS[] = {"batch", "sequence", NULL};

/* What an option bears on, and so whether a branch or a resumed run can take it. */
enum bearing {
    MODEL,     /* what is trained: as TRAINING, and a branch cannot change it */
    TRAINING,  /* how it is trained: it makes a preset another recipe, and never changes */
    MEASURING, /* columns of metrics.tsv: they never change either */
    NEW_RUN,   /* only a new run has a use for it */
    /* from here on a resumed run can take it */
    SCHEDULE, /* how long, and when things are written */
    SESSION   /* this call of the program */
};

/* One option. */
struct field {
    const char *name, *arg, *help;
    enum ind_option_type type;
    size_t offset; /* in struct settings; in its `typed` for those that are a field of the recipe */
    enum bearing bearing;
    double minimum, maximum;
    const char *const *choices;
};

#define PLACE(member) offsetof(struct settings, member)

static const struct field FIELDS[] = {
    {.help = "Run:"},
    {"preset", "NAME", "" /* name_presets() */, IND_OPTION_TEXT, PLACE(preset), NEW_RUN, 0, 0,
     NULL},
    {"output", "RUN",
     "the new run's folder (runs/PRESET-seedSEED, or one that says what departs from the "
     "preset); never one that holds a run",
     IND_OPTION_TEXT, PLACE(output), NEW_RUN, 0, 0, NULL},
    {"resume", "RUN", "go on with this run; with --epochs, further than it was meant to go",
     IND_OPTION_TEXT, PLACE(resume), SESSION, 0, 0, NULL},
    {"from", "RUN@EPOCH", "branch: a new run (-o) that goes on from this state of another",
     IND_OPTION_TEXT, PLACE(from), SESSION, 0, 0, NULL},
    {"again", "RUN", "train a --window of this run again, from a state that it kept",
     IND_OPTION_TEXT, PLACE(again), SESSION, 0, 0, NULL},
    {"window", "A:B[:C]",
     "the epochs whose checkpoints --again adds, equal to those that are there", IND_OPTION_TEXT,
     PLACE(window), SESSION, 0, 0, NULL},
    {"live", NULL, "draw every head's prev-token and induction score while they form",
     IND_OPTION_FLAG, PLACE(live), SESSION, 0, 0, NULL},
    {"lab", NULL, "serve a page beside the training that shows it live (induct-lab)",
     IND_OPTION_FLAG, PLACE(lab), SESSION, 0, 0, NULL},
    {"durable", NULL, "fsync every file: survives a power failure, 7 ms a checkpoint",
     IND_OPTION_FLAG, PLACE(durable), SESSION, 0, 0, NULL},
    {"save-every", "SECONDS", "from one resume file to the next: what a kill -9 can cost (2)",
     IND_OPTION_DOUBLE, PLACE(save_every), SESSION, 0, 1e6, NULL},
    {"time-limit", "SECONDS", "stop before, saved, with status 75 if more is to be trained",
     IND_OPTION_DOUBLE, PLACE(time_limit), SESSION, 1e-3, 1e9, NULL},

    {.help = "Model:"},
    {"layers", "N", "layers (as the preset says)", IND_OPTION_INT, PLACE(typed.model.layers), MODEL,
     1, 256, NULL},
    {"heads", "N", "heads a layer (4)", IND_OPTION_INT, PLACE(typed.model.heads), MODEL, 1, 1024,
     NULL},
    {"d-model", "N", "width of the residual stream (64)", IND_OPTION_INT,
     PLACE(typed.model.d_model), MODEL, 1, 16384, NULL},
    {"d-head", "N", "width of a head (16)", IND_OPTION_INT, PLACE(typed.model.d_head), MODEL, 1,
     16384, NULL},
    {"vocab", "N", "tokens 1..N-1 occur in the data (256)", IND_OPTION_INT,
     PLACE(typed.model.vocab), MODEL, 2, 1e6, NULL},
    {"context", "N", "tokens a sequence (80)", IND_OPTION_INT, PLACE(typed.model.context), MODEL, 3,
     65536, NULL},
    {"positions", "WORD", "sinusoidal (default), learned, none, rotary or shortformer",
     IND_OPTION_CHOICE, PLACE(typed.model.positions), MODEL, 0, 0, POSITIONS},
    {"layer-norm", NULL, "LayerNorm before every layer and the unembedding", IND_OPTION_FLAG,
     PLACE(layer_norm), MODEL, 0, 0, NULL},
    {"bias", NULL, "biases in attention and unembedding", IND_OPTION_FLAG, PLACE(typed.model.bias),
     MODEL, 0, 0, NULL},
    {"smear-keys", NULL,
     "k_i <- (1-a) k_i + a k_{i-1}, a learned by each head: one layer can induce", IND_OPTION_FLAG,
     PLACE(typed.model.smear), MODEL, 0, 0, NULL},
    {"position-offset", "N", "sequences begin at a random position 0..N of a table N rows longer",
     IND_OPTION_INT, PLACE(typed.model.extra_positions), MODEL, 0, 65536, NULL},

    {.help = "Training:"},
    {"period", "P|LO:HI", "length of the repeated part: fixed, or drawn anew for every epoch",
     IND_OPTION_TEXT, PLACE(period), TRAINING, 0, 0, NULL},
    {"period-per", "WORD", "batch (default), or sequence: each has a period of its own",
     IND_OPTION_CHOICE, PLACE(period_per), TRAINING, 0, 0, PERIODS},
    {"loss", "WORD", "all (default), or repeated: of predictions at i >= period alone",
     IND_OPTION_CHOICE, PLACE(loss), TRAINING, 0, 0, LOSSES},
    {"epochs", "N", "optimizer steps in all, those of a resumed run included", IND_OPTION_LONG,
     PLACE(typed.epochs), SCHEDULE, 0, 2e9, NULL},
    {"batch", "N", "sequences a step (32)", IND_OPTION_INT, PLACE(typed.batch), TRAINING, 1,
     1 << 20, NULL},
    {"lr", "X", "learning rate (0.001)", IND_OPTION_DOUBLE, PLACE(typed.lr), TRAINING, 0, 1e6,
     NULL},
    {"beta1", "X", "AdamW's first decay (0.9)", IND_OPTION_DOUBLE, PLACE(typed.beta1), TRAINING, 0,
     1, NULL},
    {"beta2", "X", "AdamW's second decay (0.98)", IND_OPTION_DOUBLE, PLACE(typed.beta2), TRAINING,
     0, 1, NULL},
    {"eps", "X", "AdamW's epsilon (1e-8)", IND_OPTION_DOUBLE, PLACE(typed.eps), TRAINING, 1e-30, 1,
     NULL},
    {"weight-decay", "X", "decoupled, on every trained weight (0.01)", IND_OPTION_DOUBLE,
     PLACE(typed.weight_decay), TRAINING, 0, 1e6, NULL},
    {"decay", "LIST", "decay of single tensors in its place: embed=0,attn=0.01 (all=0: none)",
     IND_OPTION_TEXT, PLACE(decay), TRAINING, 0, 0, NULL},
    {"lr-scale", "LIST", "factors of the rate for single tensors: unembed=0.1", IND_OPTION_TEXT,
     PLACE(lr_scale), TRAINING, 0, 0, NULL},
    {"schedule", "WORD", "of the rate: constant (default); linear or cosine: 0 at the last epoch",
     IND_OPTION_CHOICE, PLACE(typed.rate.shape), TRAINING, 0, 0, SHAPES},
    {"warmup", "N", "the rate grows over this run's first N epochs (0)", IND_OPTION_LONG,
     PLACE(typed.rate.warmup), TRAINING, 0, 2e9, NULL},
    {"clip", "X", "gradients of a norm above X are scaled to X (0 = off)", IND_OPTION_DOUBLE,
     PLACE(typed.clip), TRAINING, 0, 1e30, NULL},
    {"average", "ema:D", "an average of the weights as well, m += (1-D)(w - m): into RUN/average",
     IND_OPTION_TEXT, PLACE(average), TRAINING, 0, 0, NULL},

    {.help = "Interventions while training (and in every analysis of the run):"},
    {"clamp", "LIST", "HEADS=prev|uniform|RUN@EPOCH[:STRENGTH][@A:B]: set heads' patterns",
     IND_OPTION_TEXT, PLACE(intervene[IND_INTERVENE_CLAMP]), TRAINING, 0, 0, NULL},
    {"forbid", "TERM", "pp[@A:B]: no position-position term in scores but the first layer's",
     IND_OPTION_TEXT, PLACE(intervene[IND_INTERVENE_FORBID]), TRAINING, 0, 0, NULL},
    {"ablate-during", "LIST", "HEADS[@A:B]: heads that say nothing", IND_OPTION_TEXT,
     PLACE(intervene[IND_INTERVENE_ABLATE]), TRAINING, 0, 0, NULL},
    {"freeze", "LIST", "TENSORS[@A:B]: tensors that are not updated", IND_OPTION_TEXT,
     PLACE(intervene[IND_INTERVENE_FREEZE]), TRAINING, 0, 0, NULL},

    {.help = "What is written:"},
    {"checkpoint-every", "K", "save every K-th epoch (100; 1 = every epoch, 0 = none of these)",
     IND_OPTION_LONG, PLACE(typed.checkpoints.every), SCHEDULE, 0, 2e9, NULL},
    {"log-checkpoints", "N", "save N epochs a decade as well, spaced evenly in log(epoch)",
     IND_OPTION_INT, PLACE(typed.checkpoints.per_decade), SCHEDULE, 0, 1000, NULL},
    {"checkpoints", "LIST", "K and windows A:B:C of epochs instead: 0:3000:1,3000::100",
     IND_OPTION_TEXT, PLACE(checkpoints), SCHEDULE, 0, 0, NULL},
    {"states", "K", "keep the state of every K-th epoch, for branches (10000; 0 = none)",
     IND_OPTION_LONG, PLACE(typed.states_every), SCHEDULE, 0, 2e9, NULL},
    {"log-every", "K", "a row of metrics.tsv every K-th epoch (100)", IND_OPTION_LONG,
     PLACE(typed.log_every), SCHEDULE, 1, 2e9, NULL},
    {"ood", "LIST", "periods whose accuracy is measured while training (10,15,35,40; or none)",
     IND_OPTION_TEXT, PLACE(ood), MEASURING, 0, 0, NULL},
    {"log-scores", "LIST", "scores of every head, as induct-score gives them, in metrics.tsv too",
     IND_OPTION_TEXT, PLACE(log_scores), MEASURING, 0, 0, NULL},
    {"ood-sequences", "N", "sequences behind each of these accuracies (64)", IND_OPTION_INT,
     PLACE(typed.ood_sequences), MEASURING, 1, 1 << 20, NULL},
};

enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };
_Static_assert((int)FIELD_COUNT < (int)FIELD_ROOM, "struct settings has too little room");

/* Its value is copied into the recipe as it is. */
static bool is_recipe_field(const struct field *field)
{
    return field->name && field->offset >= PLACE(typed) &&
           field->offset < PLACE(typed) + sizeof(struct ind_recipe);
}

static size_t type_size(enum ind_option_type type)
{
    switch (type) {
    case IND_OPTION_FLAG:
        return sizeof(bool);
    case IND_OPTION_LONG:
        return sizeof(long);
    case IND_OPTION_DOUBLE:
        return sizeof(double);
    default: /* IND_OPTION_INT, IND_OPTION_CHOICE */
        return sizeof(int);
    }
}

/* ---- The table of options -------------------------------------------------------------------- */

static struct ind_option field_option(int index)
{
    const struct field *field = &FIELDS[index];
    if (!field->name)
        return (struct ind_option){.help = field->help};
    return (struct ind_option){.name = field->name,
                               .key = strcmp(field->name, "output") == 0 ? 'o' : 0,
                               .arg = field->arg,
                               .help = field->help,
                               .type = field->type,
                               .offset = field->offset,
                               .choices = field->choices,
                               .minimum = field->minimum,
                               .maximum = field->maximum};
}

/* "1L-fixed, ... 2L-varied (default), ...": those that there are. */
static const char *name_presets(char text[PRESETS_ROOM])
{
    const char *name;
    size_t used = 0;
    for (int i = 0; (name = ind_recipe_preset_name(i)) && used < PRESETS_ROOM; i++)
        used += (size_t)snprintf(text + used, PRESETS_ROOM - used, "%s%s%s", i ? ", " : "", name,
                                 strcmp(name, default_preset) == 0 ? " (default)" : "");
    return text;
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){.save_every = 2};
    for (int i = 0; i < FIELD_COUNT; i++) {
        settings->options[i] = field_option(i);
        if (FIELDS[i].name != NULL && FIELDS[i].offset == PLACE(preset))
            settings->options[i].help = name_presets(settings->presets);
    }
}

/* ---- What was given -------------------------------------------------------------------------- */

void settings_given(struct settings *settings, const struct ind_tool *tool)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        settings->given[i] = FIELDS[i].name != NULL && ind_tool_given(tool, FIELDS[i].name);
}

/* Whether its word is another than the recipe's shows when it is parsed (making.c). */
static bool is_compared(const struct field *field)
{
    return field->offset == PLACE(period) || field->offset == PLACE(period_per) ||
           field->offset == PLACE(loss);
}

bool settings_apply(const struct settings *settings, struct ind_recipe *recipe)
{
    bool changed = false;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field *field = &FIELDS[i];
        const bool bears = field->bearing == TRAINING || field->bearing == MODEL;
        if (!settings->given[i])
            continue;
        if (!is_recipe_field(field)) {
            changed |= bears && !is_compared(field);
            continue;
        }
        char *to = (char *)recipe + (field->offset - PLACE(typed));
        const char *from = (const char *)settings + field->offset;
        const size_t size = type_size(field->type);
        changed |= bears && memcmp(to, from, size) != 0;
        memcpy(to, from, size);
    }
    return changed;
}

/* ---- For names ------------------------------------------------------------------------------- */

static bool is_of_shape(const struct field *field)
{
    return field->offset == PLACE(typed.model.layers) ||
           field->offset == PLACE(typed.model.heads) || field->offset == PLACE(typed.model.d_model);
}

/* What the option was given, as part of a folder's name: a number, a word after '-', nothing for a
 * flag. */
static void put_value(const struct settings *settings, const struct field *field, char *text,
                      size_t room)
{
    const void *value = (const char *)settings + field->offset;
    const char *words = NULL;
    text[0] = '\0';
    if (field->type == IND_OPTION_INT)
        snprintf(text, room, "%d", *(const int *)value);
    else if (field->type == IND_OPTION_LONG)
        snprintf(text, room, "%ld", *(const long *)value);
    else if (field->type == IND_OPTION_DOUBLE)
        snprintf(text, room, "%g", *(const double *)value);
    else if (field->type == IND_OPTION_CHOICE)
        words = field->choices[*(const int *)value];
    else if (field->type == IND_OPTION_TEXT)
        words = *(const char *const *)value;
    if (words)
        snprintf(text, room, "%s%s", words[0] >= '0' && words[0] <= '9' ? "" : "-", words);
    for (char *c = text; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,=_+-", *c))
            *c = *c == '*' ? 'x' : '-'; /* what shells and file systems would take for more */
}

static bool departs(const struct settings *settings, const struct field *field,
                    const struct ind_recipe *preset)
{
    if ((field->bearing != MODEL && field->bearing != TRAINING) || is_of_shape(field))
        return false;
    if (!is_recipe_field(field))
        return true;
    return memcmp((const char *)preset + (field->offset - PLACE(typed)),
                  (const char *)settings + field->offset, type_size(field->type)) != 0;
}

void settings_departures(const struct settings *settings, const struct ind_recipe *preset,
                         char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < FIELD_COUNT; i++) {
        char value[96];
        if (!settings->given[i] || !departs(settings, &FIELDS[i], preset))
            continue;
        put_value(settings, &FIELDS[i], value, sizeof value);
        const size_t length = 1 + strlen(FIELDS[i].name) + strlen(value);
        if (used + length >= room)
            return;
        used += (size_t)snprintf(text + used, room - used, "-%s%s", FIELDS[i].name, value);
    }
}

/* ---- What goes together ---------------------------------------------------------------------- */

/* The first option given whose bearing lies below `first`; NULL if there is none. */
static const char *given_below(const struct settings *settings, enum bearing first)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (settings->given[i] && FIELDS[i].bearing < first)
            return FIELDS[i].name;
    return NULL;
}

const char *settings_unfit(const struct settings *settings, const struct ind_tool *tool)
{
    if (settings->resume) {
        const char *unfit = given_below(settings, SCHEDULE);
        return !unfit && ind_tool_given(tool, "seed") ? "seed" : unfit;
    }
    if (settings->again)
        return given_below(settings, SESSION);
    if (settings->from)
        return settings->preset ? "preset" : given_below(settings, TRAINING);
    return NULL;
}
