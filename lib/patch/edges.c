/* The graph of a model: its sources, its readers, and the edges between them. */
#include "patch/edge_work.h"

#include <stdio.h>
#include <stdlib.h>

#include <induct/base/memory.h>

int ind_edge_first_head(const struct ind_config *c)
{
    return ind_config_adds_positions(c) ? 2 : 1;
}

int ind_edge_readers(const struct ind_config *c)
{
    return c->layers * c->heads * IND_EDGE_LOGITS + 1;
}

int ind_edge_reader(const struct ind_config *c, const struct ind_edge *edge)
{
    const int head = edge->head.layer * c->heads + edge->head.head;
    return head * IND_EDGE_LOGITS + (edge->at == IND_EDGE_LOGITS ? 0 : (int)edge->at);
}

bool ind_edge_is_still(const struct ind_edges *edges, int edge, enum ind_edge_mode mode)
{
    return mode != IND_EDGE_ZERO && ind_config_adds_positions(&edges->config) &&
           edges->items[edge].source == 1;
}

/* The first layer that may read a source. */
static int first_reader(const struct ind_config *c, int source)
{
    return source < ind_edge_first_head(c) ? 0 : (source - ind_edge_first_head(c)) / c->heads + 1;
}

static void list_edges(struct ind_edges *edges)
{
    const struct ind_config *c = &edges->config;
    for (int source = 0; source < edges->sources; source++) {
        for (int layer = first_reader(c, source); layer < c->layers; layer++) {
            for (int r = 0; r < c->heads * IND_EDGE_LOGITS; r++)
                edges->items[edges->count++] =
                    (struct ind_edge){source,
                                      {layer, r / IND_EDGE_LOGITS},
                                      (enum ind_edge_part)(r % IND_EDGE_LOGITS)};
        }
        edges->items[edges->count++] = (struct ind_edge){source, {c->layers, 0}, IND_EDGE_LOGITS};
    }
}

int ind_edges_init(struct ind_edges *edges, const struct ind_config *config, struct ind_error *err)
{
    const size_t heads = (size_t)config->layers * (size_t)config->heads;
    *edges =
        (struct ind_edges){.config = *config, .sources = ind_edge_first_head(config) + (int)heads};
    if (ind_alloc_into(&edges->items, (size_t)edges->sources,
                       (heads * IND_EDGE_LOGITS + 1) * sizeof *edges->items, err))
        return IND_FAILED;
    list_edges(edges);
    return IND_OK;
}

void ind_edges_release(struct ind_edges *edges)
{
    free(edges->items);
    *edges = (struct ind_edges){0};
}

char *ind_edge_source_name(const struct ind_config *config, int source, char name[24])
{
    const int head = source - ind_edge_first_head(config);
    if (head < 0)
        snprintf(name, 24, "%s", source == 0 ? "token" : "position");
    else
        snprintf(name, 24, "L%dH%d", head / config->heads, head % config->heads);
    return name;
}

char *ind_edge_reader_name(const struct ind_edge *edge, char name[24])
{
    if (edge->at == IND_EDGE_LOGITS)
        snprintf(name, 24, "logits");
    else
        snprintf(name, 24, "L%dH%d.%c", edge->head.layer, edge->head.head, "QKV"[edge->at]);
    return name;
}
