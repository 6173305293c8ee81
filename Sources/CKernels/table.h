// What one level offers; kernels.c holds one table per level and calls through the chosen one.
#ifndef CK_TABLE_H
#define CK_TABLE_H

#include "ckernels.h"

struct ck_table {
  /// Most centroids in a group: how tiles are laid out.
  size_t group;
  void (*nearest)(const float *panel, const float *tiles, const float *norms, size_t count, size_t dimensions, const float *next,
                  int32_t *labels, float *best, float *second);
  size_t (*squares)(const float *panel, const float *norms, const float *tiles, const float *tile_norms, size_t count, size_t dimensions,
                    float *squares);
  void (*distances)(const float *panel, const float *tiles, size_t count, size_t dimensions, float *squares);
  void (*add_distances)(const float *panel, const float *tiles, size_t count, size_t dimensions, double *sums);
  double (*dot)(const float *a, const float *b, size_t dimensions);
  double (*squared_distance)(const float *a, const float *b, size_t dimensions);
  double (*centroid_distance)(const float *row, const double *centroid, size_t dimensions);
  void (*add_row)(double *sum, const float *row, double weight, size_t first, size_t last);
};

extern const struct ck_table ck_plain;

/// `count` centroids make this many groups, and the groups' sizes differ by at most one: 50 are five times ten, not 48 and 2.
static inline size_t ck_groups(size_t count, size_t group) { return (count + group - 1) / group; }
static inline size_t ck_group_size(size_t count, size_t groups, size_t at) { return count / groups + (at < count % groups); }
/// The first member of a group: the larger groups come first.
static inline size_t ck_group_first(size_t count, size_t groups, size_t at) {
  size_t larger = count % groups;
  return at * (count / groups) + (at < larger ? at : larger);
}

/// The nearest centroid in double precision, the lowest index among equals.
int32_t ck_nearest_exactly(const float *row, const double *centroids, size_t count, size_t dimensions);

#endif
