/*
 * Circuits: what is left of a model's answer when some of its edges are kept and all others cut
 * (DEFINITIONS, section 10).
 *
 * Every reader reads, of each source,
 *
 *   what the source says in this very run   where the edge between them is kept
 *   source', what it says in the other run  where it is cut
 *
 * (biases and norms are what they are), layer by layer, so that a kept edge carries what the kept
 * ones before it made of its source. With all edges kept this is the clean run, with none the other
 * one as far as sources go. Faithfulness of a set of edges (Hanna et al. 2024) is
 *
 *   (m(circuit) - m(none kept)) / (m(clean) - m(none kept))
 */
#ifndef INDUCT_PATCH_EDGE_CIRCUITS_H
#define INDUCT_PATCH_EDGE_CIRCUITS_H

#include <induct/patch/edges.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One a thread; owner. */
struct ind_edge_circuits {
    struct ind_edge_patcher *patcher; /* borrowed */
    float *said; /* [sources, rows, d_model]: what each source says, less source' */
    bool *heard; /* [sources]: does a kept edge lead from it to something that is heard? */
};

IND_CHECKED int ind_edge_circuits_init(struct ind_edge_circuits *circuits,
                                       struct ind_edge_patcher *patcher,
                                       const struct ind_edges *edges, struct ind_error *err);
void ind_edge_circuits_release(struct ind_edge_circuits *circuits);

/* metrics [sets, sequences]: m of every set and sequence, less what b_U gives. kept [sets,
 * task->edges->count]. Fails where ind_patch_edges does. */
IND_CHECKED int ind_run_circuits(struct ind_edge_circuits *circuits,
                                 const struct ind_edge_task *task, const bool *kept, int sets,
                                 double *metrics, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif
