#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char DEFAULT_PRESET[] = "2L-varied";

/* Must be as long as enum ind_positions, in its order. */
static const char *const POSITIONS[] = {"sinusoidal", "learned",     "none",
                                        "rotary",     "shortformer", NULL};

/* What an option bears on, and so whether a resumed run can take it. */
enum bearing {
    TRAINING,  /* what is trained, and how: it makes a preset another recipe, and never changes */
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
    {"output", "RUN", "the new run's folder (runs/PRESET-seedSEED); never one that holds a run",
     IND_OPTION_TEXT, PLACE(output), NEW_RUN, 0, 0, NULL},
    {"resume", "RUN", "go on with this run; with --epochs, further than it was meant to go",
     IND_OPTION_TEXT, PLACE(resume), SESSION, 0, 0, NULL},
    {"live", NULL, "draw every head's prev-token and induction score while they form",
     IND_OPTION_FLAG, PLACE(live), SESSION, 0, 0, NULL},
    {"durable", NULL, "fsync every file: survives a power failure, 7 ms a checkpoint",
     IND_OPTION_FLAG, PLACE(durable), SESSION, 0, 0, NULL},
    {"save-every", "SECONDS", "from one resume file to the next: what a kill -9 can cost (2)",
     IND_OPTION_DOUBLE, PLACE(save_every), SESSION, 0, 1e6, NULL},

    {.help = "Model:"},
    {"layers", "N", "layers (as the preset says)", IND_OPTION_INT, PLACE(typed.model.layers),
     TRAINING, 1, 256, NULL},
    {"heads", "N", "heads a layer (4)", IND_OPTION_INT, PLACE(typed.model.heads), TRAINING, 1, 1024,
     NULL},
    {"d-model", "N", "width of the residual stream (64)", IND_OPTION_INT,
     PLACE(typed.model.d_model), TRAINING, 1, 16384, NULL},
    {"d-head", "N", "width of a head (16)", IND_OPTION_INT, PLACE(typed.model.d_head), TRAINING, 1,
     16384, NULL},
    {"vocab", "N", "tokens 1..N-1 occur in the data (256)", IND_OPTION_INT,
     PLACE(typed.model.vocab), TRAINING, 2, 1e6, NULL},
    {"context", "N", "tokens a sequence (80)", IND_OPTION_INT, PLACE(typed.model.context), TRAINING,
     3, 65536, NULL},
    {"positions", "WORD", "sinusoidal (default), learned, none, rotary or shortformer",
     IND_OPTION_CHOICE, PLACE(typed.model.positions), TRAINING, 0, 0, POSITIONS},
    {"layer-norm", NULL, "LayerNorm before every layer and the unembedding", IND_OPTION_FLAG,
     PLACE(layer_norm), TRAINING, 0, 0, NULL},
    {"bias", NULL, "biases in attention and unembedding", IND_OPTION_FLAG, PLACE(typed.model.bias),
     TRAINING, 0, 0, NULL},

    {.help = "Training:"},
    {"period", "P|LO:HI", "length of the repeated part: fixed, or drawn anew for every epoch",
     IND_OPTION_TEXT, PLACE(period), TRAINING, 0, 0, NULL},
    {"epochs", "N", "optimizer steps in all, those of a resumed run included", IND_OPTION_LONG,
     PLACE(typed.epochs), SCHEDULE, 0, 2e9, NULL},
    {"batch", "N", "sequences a step (32)", IND_OPTION_INT, PLACE(typed.batch), TRAINING, 1,
     1 << 20, NULL},
    {"lr", "X", "learning rate (0.001)", IND_OPTION_DOUBLE, PLACE(typed.lr), TRAINING, 0, 1e30,
     NULL},
    {"beta1", "X", "AdamW's first decay (0.9)", IND_OPTION_DOUBLE, PLACE(typed.beta1), TRAINING, 0,
     1, NULL},
    {"beta2", "X", "AdamW's second decay (0.98)", IND_OPTION_DOUBLE, PLACE(typed.beta2), TRAINING,
     0, 1, NULL},
    {"eps", "X", "AdamW's epsilon (1e-8)", IND_OPTION_DOUBLE, PLACE(typed.eps), TRAINING, 1e-30, 1,
     NULL},
    {"weight-decay", "X", "decoupled, on every trained weight (0.01)", IND_OPTION_DOUBLE,
     PLACE(typed.weight_decay), TRAINING, 0, 1e6, NULL},

    {.help = "What is written:"},
    {"checkpoint-every", "K", "save every K-th epoch (100; 1 = every epoch, 0 = none of these)",
     IND_OPTION_LONG, PLACE(typed.checkpoints.every), SCHEDULE, 0, 2e9, NULL},
    {"log-checkpoints", "N", "save N epochs a decade as well, spaced evenly in log(epoch)",
     IND_OPTION_INT, PLACE(typed.checkpoints.per_decade), SCHEDULE, 0, 1000, NULL},
    {"log-every", "K", "a row of metrics.tsv every K-th epoch (100)", IND_OPTION_LONG,
     PLACE(typed.log_every), SCHEDULE, 1, 2e9, NULL},
    {"ood", "LIST", "periods whose accuracy is measured while training (10,15,35,40; or none)",
     IND_OPTION_TEXT, PLACE(ood), MEASURING, 0, 0, NULL},
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
                                 strcmp(name, DEFAULT_PRESET) == 0 ? " (default)" : "");
    return text;
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){.save_every = 2};
    for (int i = 0; i < FIELD_COUNT; i++) {
        settings->options[i] = field_option(i);
        if (FIELDS[i].offset == PLACE(preset))
            settings->options[i].help = name_presets(settings->presets);
    }
}

/* ---- The recipe ------------------------------------------------------------------------------ */

static int parse_period(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    int lo, hi, used = 0;
    if (sscanf(text, "%9d%n", &lo, &used) == 1 && text[used] == '\0')
        hi = lo;
    else if (sscanf(text, "%9d:%9d%n", &lo, &hi, &used) != 2 || text[used] != '\0')
        return ind_fail(err, "--period takes 20 or 20:29, not '%s'", text);
    recipe->period_lo = lo;
    recipe->period_hi = hi;
    return IND_OK;
}

static int parse_ood(const char *text, struct ind_recipe *recipe, struct ind_error *err)
{
    struct ind_ints list = {0};
    recipe->ood_count = 0;
    if (strcmp(text, "none") == 0)
        return IND_OK;
    if (ind_ints_parse(&list, text, err))
        return ind_error_context(err, "--ood");
    int status = IND_OK;
    if (list.count > IND_OOD_MAX)
        status = ind_fail(err, "--ood takes at most %d periods", IND_OOD_MAX);
    for (int i = 0; status == IND_OK && i < list.count; i++)
        recipe->ood[recipe->ood_count++] = list.items[i];
    ind_ints_release(&list);
    return status;
}

/* Copies the fields given. Returns true if that changed anything that bears on training. */
static bool apply_fields(const struct settings *settings, struct ind_recipe *recipe)
{
    bool changed = false;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field *field = &FIELDS[i];
        if (!settings->given[i] || !is_recipe_field(field))
            continue;
        char *to = (char *)recipe + (field->offset - PLACE(typed));
        const char *from = (const char *)settings + field->offset;
        const size_t size = type_size(field->type);
        changed |= field->bearing == TRAINING && memcmp(to, from, size) != 0;
        memcpy(to, from, size);
    }
    return changed;
}

/* The preset's OOD periods that a shorter context cannot hold are left out; those typed are not. */
static void drop_long_ood(struct ind_recipe *recipe)
{
    int kept = 0;
    for (int i = 0; i < recipe->ood_count; i++)
        if (recipe->ood[i] <= recipe->model.context - 2)
            recipe->ood[kept++] = recipe->ood[i];
    recipe->ood_count = kept;
}

static int make_recipe(const struct settings *settings, uint64_t seed, struct ind_recipe *recipe,
                       struct ind_error *err)
{
    if (ind_recipe_preset(settings->preset ? settings->preset : DEFAULT_PRESET, recipe, err))
        return IND_FAILED;
    const int lo = recipe->period_lo, hi = recipe->period_hi;
    bool custom = apply_fields(settings, recipe);
    if (settings->period && parse_period(settings->period, recipe, err))
        return IND_FAILED;
    drop_long_ood(recipe);
    if (settings->ood && parse_ood(settings->ood, recipe, err))
        return IND_FAILED;
    if (settings->layer_norm)
        recipe->model.norm = IND_NORM_LN;
    recipe->seed = seed;

    custom |= settings->layer_norm || lo != recipe->period_lo || hi != recipe->period_hi;
    if (custom)
        snprintf(recipe->preset, sizeof recipe->preset, "custom");
    return ind_recipe_check(recipe, err);
}

int settings_extend(const struct settings *settings, struct ind_recipe *recipe,
                    struct ind_error *err)
{
    apply_fields(settings, recipe);
    return ind_recipe_check(recipe, err);
}

/* ---- Usage errors ---------------------------------------------------------------------------- */

/* The first option given that a resumed run cannot take; NULL if there is none. */
static const char *unfit_for_resume(const struct settings *settings, const struct ind_tool *tool)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (settings->given[i] && FIELDS[i].bearing < SCHEDULE)
            return FIELDS[i].name;
    return ind_tool_given(tool, "seed") ? "seed" : NULL;
}

void settings_check(struct settings *settings, const struct ind_tool *tool,
                    struct ind_recipe *recipe)
{
    struct ind_error err;
    for (int i = 0; i < FIELD_COUNT; i++)
        settings->given[i] = FIELDS[i].name != NULL && ind_tool_given(tool, FIELDS[i].name);
    const char *unfit = unfit_for_resume(settings, tool);
    if (settings->resume && unfit)
        ind_tool_usage(tool, "--%s cannot go with --resume, which continues a run as it was begun",
                       unfit);
    if (!settings->resume && make_recipe(settings, tool->seed, recipe, &err))
        ind_tool_usage(tool, "%s", err.text);
}
