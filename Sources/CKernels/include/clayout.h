// One step of laying out a graph of neighbours in the plane, in space, or in more dimensions.
#ifndef CLAYOUT_H
#define CLAYOUT_H

#include <stddef.h>
#include <stdint.h>

/// A weighted graph, each edge noted at both its ends: the edges of vertex i are those from starts[i] up to starts[i + 1].
struct ck_graph {
  const int64_t *starts;
  const int32_t *targets;
  /// Divided by the greatest, so 0...1: in how many of the steps the edge pulls.
  const float *weights;
  size_t vertices;
};

/// In more dimensions than this nothing is laid out.
enum { CK_LAYOUT_DIMENSIONS = 256 };

/// Moves the vertices from `first` up to `last` from `positions` to `next` (vertices x dimensions): edges pull, `strangers` random
/// vertices per pulling edge push (McInnes, Healy, Melville 2018, with b = 1 and the given a). A step reads only the positions before it,
/// and what is random follows from seed, step and vertex; so the result does not depend on who moves which vertex.
void ck_layout_step(const struct ck_graph *graph, const float *positions, float *next, size_t dimensions, size_t first, size_t last, size_t step,
                    float rate, float a, int strangers, uint64_t seed);

#endif
