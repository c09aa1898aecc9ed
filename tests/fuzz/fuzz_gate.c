/*
 * What others say: a configuration through the gate, a mapping file, epochs in a name.
 * longest: 2400
 */
#include <stdlib.h>
#include <string.h>

#include <induct/format/json.h>

#include "exchange/epoch.h"
#include "exchange/gate.h"
#include "exchange/mapping.h"
#include "recipe/config_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the gate lets in is either refused when it is settled or a configuration. */
static void through_gate(const char *text, size_t size)
{
    struct ind_gate gate, other;
    struct ind_notes notes = {0};
    struct ind_error err;
    struct ind_config config;
    json_t *said = ind_json_parse(text, size, &err);
    if (!said || ind_gate_init(&gate, &err) != IND_OK || ind_gate_init(&other, &err) != IND_OK)
        return;
    (void)(ind_gate_add(&other, said, "loose", true, &err) == IND_OK);
    if (ind_gate_add(&gate, said, "file", false, &err) == IND_OK &&
        ind_gate_report(&gate, "file", &notes, &err) == IND_OK &&
        ind_gate_join(&gate, &other, true, &err) == IND_OK &&
        ind_gate_settle(gate.given, &err) == IND_OK)
        (void)(ind_config_from_json(gate.given, &config, &err) == IND_OK);
    ind_notes_release(&notes);
    ind_gate_release(&other);
    ind_gate_release(&gate);
    json_decref(said);
}

static void through_epoch(const char *name, size_t size)
{
    struct ind_epoch epoch;
    if (strlen(name) != size)
        return;
    if (ind_epoch_of_labels(name, &epoch, NULL) == IND_OK && epoch.value < 0)
        abort();
    if (ind_epoch_of_number(name, &epoch, NULL) == IND_OK && epoch.value < 0)
        abort();
    (void)ind_epoch_of_word(name, &epoch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ind_mapping mapping;
    struct ind_error err;
    char *text = malloc(size + 1);
    memcpy(text, size ? (const void *)data : "", size);
    text[size] = '\0';
    through_gate(text, size);
    through_epoch(text, size);
    if (ind_mapping_parse(&mapping, text, size, &err) == IND_OK) {
        (void)ind_mapping_takes(&mapping, "blocks.0.attn.W_Q");
        (void)ind_view_tail("a.module.b.c", "b.c", json_object_get(mapping.json, "drop"));
        ind_mapping_release(&mapping);
    }
    free(text);
    return 0;
}
