#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Must be as long as enum ind_positions, in its order. */
static const char *const POSITIONS[] = {"sinusoidal", "learned",     "none",
                                        "rotary",     "shortformer", NULL};

/* What a field bears on. Only the schedule may change when a run is resumed; only the training
 * makes a preset another recipe. */
enum bearing { TRAINING, MEASURING, SCHEDULE };

/* One number or choice of the recipe. */
struct field {
    const char *name, *arg, *help;
    enum ind_option_type type;
    size_t offset; /* in struct ind_recipe */
    const char *const *choices;
    double minimum, maximum;
    enum bearing bearing;
};

#define PLACE(member) offsetof(struct ind_recipe, member)

static const struct field FIELDS[] = {
    {.help = "Model:"},
    {"layers", "N", "layers (as the preset says)", IND_OPTION_INT, PLACE(model.layers), NULL, 1,
     256, TRAINING},
    {"heads", "N", "heads a layer (4)", IND_OPTION_INT, PLACE(model.heads), NULL, 1, 1024,
     TRAINING},
    {"d-model", "N", "width of the residual stream (64)", IND_OPTION_INT, PLACE(model.d_model),
     NULL, 1, 16384, TRAINING},
    {"d-head", "N", "width of a head (16)", IND_OPTION_INT, PLACE(model.d_head), NULL, 1, 16384,
     TRAINING},
    {"vocab", "N", "tokens 1..N-1 occur in the data (256)", IND_OPTION_INT, PLACE(model.vocab),
     NULL, 2, 1e6, TRAINING},
    {"context", "N", "tokens a sequence (80)", IND_OPTION_INT, PLACE(model.context), NULL, 3, 65536,
     TRAINING},
    {"positions", "WORD", "sinusoidal, learned, none, rotary or shortformer", IND_OPTION_CHOICE,
     PLACE(model.positions), POSITIONS, 0, 0, TRAINING},
    {"bias", NULL, "biases in attention and unembedding", IND_OPTION_FLAG, PLACE(model.bias), NULL,
     0, 0, TRAINING},
    {.help = "Training:"},
    {"epochs", "N", "optimizer steps in all, those of a resumed run included", IND_OPTION_LONG,
     PLACE(epochs), NULL, 0, 2e9, SCHEDULE},
    {"batch", "N", "sequences a step (32)", IND_OPTION_INT, PLACE(batch), NULL, 1, 1 << 20,
     TRAINING},
    {"lr", "X", "learning rate (0.001)", IND_OPTION_DOUBLE, PLACE(lr), NULL, 0, 1e30, TRAINING},
    {"beta1", "X", "AdamW's first decay (0.9)", IND_OPTION_DOUBLE, PLACE(beta1), NULL, 0, 1,
     TRAINING},
    {"beta2", "X", "AdamW's second decay (0.98)", IND_OPTION_DOUBLE, PLACE(beta2), NULL, 0, 1,
     TRAINING},
    {"eps", "X", "AdamW's epsilon (1e-8)", IND_OPTION_DOUBLE, PLACE(eps), NULL, 1e-30, 1, TRAINING},
    {"weight-decay", "X", "decoupled, on every trained weight (0.01)", IND_OPTION_DOUBLE,
     PLACE(weight_decay), NULL, 0, 1e6, TRAINING},
    {.help = "Output:"},
    {"checkpoint-every", "K", "save every K-th epoch (100; 1 = every epoch, 0 = none of these)",
     IND_OPTION_LONG, PLACE(checkpoints.every), NULL, 0, 2e9, SCHEDULE},
    {"log-checkpoints", "N", "save N epochs a decade as well, spaced evenly in log(epoch)",
     IND_OPTION_INT, PLACE(checkpoints.per_decade), NULL, 0, 1000, SCHEDULE},
    {"log-every", "K", "a row of metrics.tsv every K-th epoch (100)", IND_OPTION_LONG,
     PLACE(log_every), NULL, 1, 2e9, SCHEDULE},
    {"ood-sequences", "N", "sequences behind each OOD accuracy (64)", IND_OPTION_INT,
     PLACE(ood_sequences), NULL, 1, 1 << 20, MEASURING},
};

enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };
_Static_assert((int)FIELD_COUNT <= (int)FIELD_ROOM, "settings.given is too short");

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

/* ---- The table of options ---------------------------------------------------------------------- */

static struct ind_option field_option(struct settings *settings, int index)
{
    const struct field *field = &FIELDS[index];
    if (!field->name)
        return (struct ind_option){.help = field->help};
    return (struct ind_option){.name = field->name,
                               .arg = field->arg,
                               .help = field->help,
                               .type = field->type,
                               .value = (char *)&settings->typed + field->offset,
                               .choices = field->choices,
                               .set = &settings->given[index],
                               .minimum = field->minimum,
                               .maximum = field->maximum};
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){.save_every = 2};
    struct settings *s = settings;
    const struct ind_option own[] = {
        {.name = "preset",
         .arg = "NAME",
         .help = "1L-fixed, 1L-varied, 2L-fixed, 2L-varied (default) or 2L-varied-60k",
         .type = IND_OPTION_TEXT,
         .value = &s->preset},
        {.name = "resume",
         .arg = "RUN",
         .help = "go on with this run; with --epochs, further than it was meant to go",
         .type = IND_OPTION_TEXT,
         .value = &s->resume},
        {.name = "output",
         .key = 'o',
         .arg = "RUN",
         .help = "the new run's folder (default runs/PRESET-seedSEED); never one that exists",
         .type = IND_OPTION_TEXT,
         .value = &s->output},
        {.name = "period",
         .arg = "P|LO:HI",
         .help = "length of the repeated part: fixed, or drawn for each epoch",
         .type = IND_OPTION_TEXT,
         .value = &s->period},
        {.name = "ood",
         .arg = "LIST",
         .help = "periods whose accuracy is measured while training (10,15,35,40; none)",
         .type = IND_OPTION_TEXT,
         .value = &s->ood},
        {.name = "layer-norm",
         .help = "LayerNorm before every layer and the unembedding",
         .type = IND_OPTION_FLAG,
         .value = &s->layer_norm},
        {.name = "save-every",
         .arg = "SECONDS",
         .help = "time from one resume file to the next: what a kill -9 costs at most (2)",
         .type = IND_OPTION_DOUBLE,
         .value = &s->save_every,
         .minimum = 0,
         .maximum = 1e6},
        {.name = "live",
         .help = "draw every head's prev-token and induction score while they form",
         .type = IND_OPTION_FLAG,
         .value = &s->live},
        {.name = "durable",
         .help = "fsync every file: survives a power failure, 7 ms a checkpoint",
         .type = IND_OPTION_FLAG,
         .value = &s->durable},
    };
    enum { OWN = sizeof own / sizeof *own };
    _Static_assert((int)OWN + (int)FIELD_COUNT < (int)OPTION_ROOM, "settings.options is too short");
    memcpy(s->options, own, sizeof own);
    for (int i = 0; i < FIELD_COUNT; i++)
        s->options[OWN + i] = field_option(s, i);
}

/* ---- The recipe -------------------------------------------------------------------------------- */

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
    bool training = false;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field *field = &FIELDS[i];
        if (!settings->given[i])
            continue;
        char *to = (char *)recipe + field->offset;
        const char *from = (const char *)&settings->typed + field->offset;
        const size_t size = type_size(field->type);
        training |= field->bearing == TRAINING && memcmp(to, from, size) != 0;
        memcpy(to, from, size);
    }
    return training;
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
    if (ind_recipe_preset(settings->preset ? settings->preset : "2L-varied", recipe, err))
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

/* ---- Usage errors ------------------------------------------------------------------------------ */

/* The first option given that a resumed run cannot take; NULL if there is none. */
static const char *unfit_for_resume(const struct settings *settings, const struct ind_tool *tool)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (settings->given[i] && FIELDS[i].bearing != SCHEDULE)
            return FIELDS[i].name;
    return settings->preset       ? "preset"
           : settings->output     ? "output"
           : settings->period     ? "period"
           : settings->ood        ? "ood"
           : settings->layer_norm ? "layer-norm"
           : tool->seed_set       ? "seed"
                                  : NULL;
}

void settings_check(const struct settings *settings, const struct ind_tool *tool,
                    struct ind_recipe *recipe)
{
    struct ind_error err;
    const char *unfit = unfit_for_resume(settings, tool);
    if (settings->resume && unfit)
        ind_tool_usage(tool, "--%s cannot go with --resume, which continues a run as it was begun",
                       unfit);
    if (!settings->resume && make_recipe(settings, tool->seed, recipe, &err))
        ind_tool_usage(tool, "%s", err.text);
}
