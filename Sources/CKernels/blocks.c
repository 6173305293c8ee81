// Blocks of distances: the levels, and what needs none of its own.

#include <math.h>
#include <string.h>

#include "blocks_table.h"

#if defined(__x86_64__)

#define BL(name) base_##name
#define STRIP 8
#define GROUP 6
#define WIDE
#include "blocks_level.h"

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define BL(name) v3_##name
#define STRIP 16
#define GROUP 6
#define WIDE
#include "blocks_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define BL(name) v4_##name
#define STRIP 32
#define GROUP 12
#define WIDE __attribute__((min_vector_width(512)))
#include "blocks_level.h"
#pragma clang attribute pop

static const struct ck_blocks *const levels[] = {&ck_plain_blocks, &base_blocks, &v3_blocks, &v4_blocks};

#else

#define BL(name) base_##name
#define STRIP 8
#define GROUP 12
#define WIDE
#include "blocks_level.h"

static const struct ck_blocks *const levels[] = {&ck_plain_blocks, &base_blocks, &base_blocks, &base_blocks};

#endif

static inline const struct ck_blocks *level(void) { return levels[ck_level()]; }

// MARK: - Blocks

void ck_pack_points(const float *rows, size_t count, size_t dimensions, const float *offset, float *points) {
  size_t group = level()->group;
  for (size_t first = 0; first < CK_BLOCK; first += group) {
    float *tile = points + first * dimensions;
    for (size_t m = 0; m < group; m++) {
      const float *row = rows + (first + m) * dimensions;
      for (size_t j = 0; j < dimensions; j++) tile[j * group + m] = first + m < count ? row[j] - offset[j] : 0;
    }
  }
}

void ck_block_squares(const float *panels, const float *row_norms, const float *points, const float *point_norms, size_t dimensions,
                      float *block) {
  level()->squares(panels, row_norms, points, point_norms, dimensions, block);
}

void ck_block_differences(const float *panels, const float *points, size_t dimensions, float *block) {
  level()->differences(panels, points, dimensions, block);
}

size_t ck_correct_block(const float *rows, size_t row_count, const float *row_norms, const float *points, size_t point_count,
                        const float *point_norms, size_t dimensions, float *block) {
  const struct ck_blocks *own = level();
  size_t corrected = 0;
  for (size_t point = 0; point < point_count; point++) {
    float *line = block + point * CK_BLOCK;
    if (own->spoilt(line, row_norms, point_norms[point], row_count) == 0) continue;
    for (size_t row = 0; row < row_count; row++) {
      if (!(line[row] * 16 < row_norms[row] + point_norms[point])) continue;
      line[row] = (float)ck_squared_distance(rows + row * dimensions, points + point * dimensions, dimensions);
      corrected++;
    }
  }
  return corrected;
}

void ck_block_roots(float *block) { level()->roots(block); }

void ck_store_block(const float *block, size_t points, size_t rows, size_t stride, float *matrix, float *transposed) {
  for (size_t point = 0; point < points; point++) memcpy(matrix + point * stride, block + point * CK_BLOCK, rows * sizeof *block);
  // A line of the block is one of the matrix's columns: sixteen lines at a time fill whole cache lines of it.
  for (size_t first = 0; first < points; first += 16) {
    size_t last = first + 16 < points ? first + 16 : points;
    for (size_t row = 0; row < rows; row++)
      for (size_t point = first; point < last; point++) transposed[row * stride + point] = block[point * CK_BLOCK + row];
  }
}

void ck_add_points(const float *block, size_t first, size_t last, double *sums) { level()->add_points(block, first, last, sums); }

void ck_add_rows(const float *block, size_t points, size_t first, size_t last, double *sums) {
  level()->add_rows(block, points, first, last, sums);
}
