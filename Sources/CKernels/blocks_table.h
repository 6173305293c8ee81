// What one level offers for blocks; blocks.c holds one table per level and calls through the chosen one.
#ifndef CK_BLOCKS_TABLE_H
#define CK_BLOCKS_TABLE_H

#include "cblocks.h"
#include "ckernels.h"

struct ck_blocks {
  /// Points that one pass holds in registers.
  size_t group;
  void (*squares)(const float *panels, const float *row_norms, const float *points, const float *point_norms, size_t dimensions, float *block);
  void (*differences)(const float *panels, const float *points, size_t dimensions, float *block);
  /// How many of the first entries of a point's line are spoilt.
  size_t (*spoilt)(const float *line, const float *row_norms, float point_norm, size_t count);
  void (*roots)(float *block);
  void (*add_points)(const float *block, size_t first, size_t last, double *sums);
  void (*add_rows)(const float *block, size_t points, size_t first, size_t last, double *sums);
};

extern const struct ck_blocks ck_plain_blocks;

#endif
