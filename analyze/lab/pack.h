/*
 * The blocks of data that a page reads, the same whether a server hands them over or a report
 * carries them. Little-endian; a block says itself which epochs it holds:
 *
 *   RUN/scalars/FROM-TO   u32 n, u32 epochs [n], f32 scalars [n, scalar_count]
 *   RUN/maps/FROM-TO      u32 n, u32 epochs [n], f16 profile [n, profile_count],
 *                         u8 sample [map_count, n], u8 mean [map_count, n]: for every place of the
 *                         patterns its values at the n epochs, the first as it is, the others as
 *                         differences (modulo 256) to the one before, folded to be small (zigzag);
 *                         a third smaller once compressed than epoch after epoch
 *   RUN/weights/EPOCH     served: f32 [layout.total]; in a report: f16 [layout.trained], each as the
 *                         difference of its 16 bits to the weights before it in the list (from 0 at
 *                         every WEIGHTS_KEY-th), folded to be small (zigzag), all low bytes before
 *                         all high bytes
 *   RUN/fixed             report only: f32 [layout.total - layout.trained], what is not trained
 *   RUN/sequences         u16 [periods][sequences][period]: the repeated part of every evaluation
 *                         sequence, of one period after the other (u32 for vocabularies above 65,536)
 *   RUN/metrics           metrics.tsv as it is
 */
#ifndef INDUCT_ANALYZE_LAB_PACK_H
#define INDUCT_ANALYZE_LAB_PACK_H

#include <induct/page/page.h>

#include "store.h"

enum { MAPS_TOGETHER = 32, WEIGHTS_KEY = 16 };

/* Those of the run's records that are ready, with from <= epoch <= to; of maps at most
 * MAPS_TOGETHER, the first ones. The store's mutex must be held, or its threads be at rest. */
IND_CHECKED int pack_scalars(const struct lab_run *run, long from, long to, struct ind_bytes *out,
                             struct ind_error *err);
IND_CHECKED int pack_maps(const struct lab_run *run, long from, long to, struct ind_bytes *out,
                          struct ind_error *err);

/* The checkpoint's weights as they are. */
IND_CHECKED int pack_weights(const struct plan *plan, long epoch, struct ind_bytes *out,
                             struct ind_error *err);

IND_CHECKED int pack_sequences(const struct plan *plan, struct ind_bytes *out,
                               struct ind_error *err);

/* metrics.tsv; empty for a run that has none. */
IND_CHECKED int pack_metrics(const struct plan *plan, struct ind_bytes *out, struct ind_error *err);

/* Weights [count] as halves, and these bits as differences to `before` (NULL: as they are), which
 * must not be the same buffer. */
void pack_halves(const float *weights, size_t count, uint16_t *halves);
void pack_differences(const uint16_t *halves, const uint16_t *before, size_t count, uint8_t *out);

#endif
