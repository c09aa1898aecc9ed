#include "support/slow_edges.h"

#include <math.h>
#include <string.h>

bool slow_edges_know(const struct ind_config *c)
{
    return c->positions != IND_POSITIONS_ROTARY && c->positions != IND_POSITIONS_SHORTFORMER &&
           c->context <= SLOW_LONG && c->vocab <= SLOW_WIDE && c->d_model <= SLOW_WIDE &&
           c->layers * c->heads + 2 <= SLOW_SOURCES;
}

static int embedded_of(const struct ind_config *c)
{
    return ind_config_adds_positions(c) ? 2 : 1;
}

static void norm(const struct ind_config *c, const float *w, const float *b, double *x)
{
    double mean = 0.0, variance = 0.0;
    if (c->norm == IND_NORM_NONE)
        return;
    for (int e = 0; e < c->d_model; e++)
        mean += x[e] / c->d_model;
    for (int e = 0; e < c->d_model; e++)
        variance += (x[e] - mean) * (x[e] - mean) / c->d_model;
    for (int e = 0; e < c->d_model; e++) {
        x[e] = (x[e] - mean) / sqrt(variance + c->norm_eps);
        if (w)
            x[e] = x[e] * (double)w[e] + (double)b[e];
    }
}

/* The edge from a source to a reader. */
static int find(const struct ind_edges *edges, int source, const struct ind_edge *reader)
{
    for (int n = 0; n < edges->count; n++) {
        const struct ind_edge *edge = &edges->items[n];
        if (edge->source == source && edge->head.layer == reader->head.layer &&
            edge->head.head == reader->head.head && edge->at == reader->at)
            return n;
    }
    return -1;
}

/* The residual stream as a reader sees it. */
static void stream(const struct slow_pass *pass, const struct slow_run *run,
                   const struct ind_edge *reader, int i, double *x)
{
    const struct ind_config *c = &pass->params->layout->config;
    const int layer = reader->head.layer;
    for (int e = 0; e < c->d_model; e++)
        x[e] = 0.0;
    for (int s = 0; s < embedded_of(c) + layer * c->heads; s++) {
        const int edge = find(pass->edges, s, reader);
        const bool cut = pass->cut && pass->cut[edge];
        for (int e = 0; e < c->d_model; e++) {
            x[e] += !cut ? run->source[s][i][e] : pass->other ? pass->other->source[s][i][e] : 0.0;
            if (pass->step && edge == pass->moved)
                x[e] += pass->share * pass->step[i][e];
        }
    }
    for (int l = 0; l < layer && c->bias; l++)
        for (int e = 0; e < c->d_model; e++)
            x[e] += (double)pass->params->layers[l].b_O[e];
}

static void project(const struct slow_pass *pass, const struct slow_run *run, struct ind_head head,
                    int part, double out[SLOW_LONG][SLOW_WIDE])
{
    const struct ind_config *c = &pass->params->layout->config;
    const struct ind_layer_params *w = &pass->params->layers[head.layer];
    const float *W = part == 0 ? w->W_Q : part == 1 ? w->W_K : w->W_V;
    const float *b = part == 0 ? w->b_Q : part == 1 ? w->b_K : w->b_V;
    const struct ind_edge reader = {.head = head, .at = (enum ind_edge_part)part};
    for (int i = 0; i < c->context - 1; i++) {
        double x[SLOW_WIDE];
        stream(pass, run, &reader, i, x);
        norm(c, w->ln1_w, w->ln1_b, x);
        for (int k = 0; k < c->d_head; k++) {
            out[i][k] = c->bias ? (double)b[head.head * c->d_head + k] : 0.0;
            for (int e = 0; e < c->d_model; e++)
                out[i][k] += x[e] * (double)W[(head.head * c->d_model + e) * c->d_head + k];
        }
    }
}

static void smear(const struct slow_pass *pass, struct ind_head head,
                  double k[SLOW_LONG][SLOW_WIDE])
{
    const struct ind_config *c = &pass->params->layout->config;
    if (!c->smear)
        return;
    const double a = 1.0 / (1.0 + exp(-(double)pass->params->layers[head.layer].smear[head.head]));
    for (int i = c->context - 2; i > 0; i--)
        for (int e = 0; e < c->d_head; e++)
            k[i][e] = (1.0 - a) * k[i][e] + a * k[i - 1][e];
}

/* weight [i + 1] := where position i looks */
static void look(const struct ind_config *c, double q[SLOW_LONG][SLOW_WIDE],
                 double k[SLOW_LONG][SLOW_WIDE], int i, double *weight)
{
    double total = 0.0, most = (double)-INFINITY;
    for (int j = 0; j <= i; j++) {
        weight[j] = 0.0;
        for (int e = 0; e < c->d_head; e++)
            weight[j] += q[i][e] * k[j][e] / ind_config_scale(c);
        most = fmax(most, weight[j]);
    }
    for (int j = 0; j <= i; j++)
        total += weight[j] = exp(weight[j] - most);
    for (int j = 0; j <= i; j++)
        weight[j] /= total;
}

static void attend(const struct slow_pass *pass, struct slow_run *run, struct ind_head head)
{
    static double q[SLOW_LONG][SLOW_WIDE], k[SLOW_LONG][SLOW_WIDE], v[SLOW_LONG][SLOW_WIDE];
    const struct ind_config *c = &pass->params->layout->config;
    const int n = c->d_head;
    const float *W_O = pass->params->layers[head.layer].W_O + (size_t)head.head * n * c->d_model;
    double(*out)[SLOW_WIDE] = run->source[embedded_of(c) + head.layer * c->heads + head.head];
    project(pass, run, head, 0, q);
    project(pass, run, head, 1, k);
    project(pass, run, head, 2, v);
    smear(pass, head, k);
    for (int i = 0; i < c->context - 1; i++) {
        double weight[SLOW_LONG];
        look(c, q, k, i, weight);
        for (int d = 0; d < c->d_model; d++) {
            out[i][d] = 0.0;
            for (int j = 0; j <= i; j++)
                for (int e = 0; e < n; e++)
                    out[i][d] += weight[j] * v[j][e] * (double)W_O[e * c->d_model + d];
        }
    }
}

static void embed(const struct slow_pass *pass, const int32_t *tokens, struct slow_run *run)
{
    const struct ind_config *c = &pass->params->layout->config;
    for (int i = 0; i < c->context - 1; i++)
        for (int e = 0; e < c->d_model; e++) {
            run->source[0][i][e] = (double)pass->params->W_E[tokens[i] * c->d_model + e];
            if (ind_config_adds_positions(c))
                run->source[1][i][e] = (double)pass->params->W_pos[i * c->d_model + e];
            for (int s = 0; s < embedded_of(c) && pass->embedded; s++)
                run->source[s][i][e] = pass->embedded->source[s][i][e];
        }
}

void slow_edges_run(const struct slow_pass *pass, const int32_t *tokens, struct slow_run *run)
{
    const struct ind_params *p = pass->params;
    const struct ind_config *c = &p->layout->config;
    const struct ind_edge logits = {.head = {c->layers, 0}, .at = IND_EDGE_LOGITS};
    embed(pass, tokens, run);
    for (int h = 0; h < c->layers * c->heads; h++)
        attend(pass, run, (struct ind_head){h / c->heads, h % c->heads});
    for (int i = 0; i < c->context - 1; i++) {
        double x[SLOW_WIDE];
        stream(pass, run, &logits, i, x);
        norm(c, p->ln_final_w, p->ln_final_b, x);
        for (int t = 0; t < c->vocab; t++) {
            run->logits[i][t] = c->bias ? (double)p->b_U[t] : 0.0;
            for (int e = 0; e < c->d_model; e++)
                run->logits[i][t] += x[e] * (double)p->W_U[e * c->vocab + t];
        }
    }
}

void slow_edges_measure(const struct ind_config *c, const struct slow_run *run,
                        const int32_t *tokens, int period, double *metric, double *loss)
{
    *metric = *loss = 0.0;
    for (int i = period; i < c->context - 1; i++) {
        double mean = 0.0, total = 0.0;
        for (int t = 0; t < c->vocab; t++) {
            mean += run->logits[i][t] / c->vocab;
            total += exp(run->logits[i][t]);
        }
        *metric += run->logits[i][tokens[i + 1]] - mean;
        *loss += log(total) - run->logits[i][tokens[i + 1]];
    }
}

void slow_edges_other(const struct ind_params *params, const struct ind_edges *edges,
                      enum ind_edge_mode mode, const int32_t *reference, int context, int count,
                      int sequence, struct slow_run *other)
{
    static struct slow_run run;
    const struct slow_pass pass = {.params = params, .edges = edges};
    memset(other, 0, sizeof *other);
    if (mode == IND_EDGE_CORRUPT)
        slow_edges_run(&pass, reference + sequence * context, other);
    for (int s = 0; s < count && mode == IND_EDGE_MEAN; s++) {
        memset(&run, 0, sizeof run);
        slow_edges_run(&pass, reference + s * context, &run);
        for (size_t e = 0; e < sizeof run.source / sizeof(double); e++)
            (&other->source[0][0][0])[e] += (&run.source[0][0][0])[e] / count;
    }
}
