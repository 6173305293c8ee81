// The definitions of the blocks' kernels, written to be read; those of blocks_level.h are tested against these.

#include <math.h>

#include "blocks_table.h"

static const float *panel_of(const float *panels, size_t row, size_t dimensions) {
  return panels + row / CK_LANES * CK_LANES * dimensions + row % CK_LANES;
}

static void squares(const float *panels, const float *row_norms, const float *points, const float *point_norms, size_t dimensions,
                    float *block) {
  for (size_t point = 0; point < CK_BLOCK; point++) {
    for (size_t row = 0; row < CK_BLOCK; row++) {
      const float *x = panel_of(panels, row, dimensions);
      float product = 0;
      for (size_t j = 0; j < dimensions; j++) product = fmaf(x[j * CK_LANES], points[point * dimensions + j], product);
      float square = fmaf(product, -2, row_norms[row] + point_norms[point]);
      block[point * CK_BLOCK + row] = square > 0 ? square : 0;
    }
  }
}

static void differences(const float *panels, const float *points, size_t dimensions, float *block) {
  for (size_t point = 0; point < CK_BLOCK; point++) {
    for (size_t row = 0; row < CK_BLOCK; row++) {
      const float *x = panel_of(panels, row, dimensions);
      float sum = 0;
      for (size_t j = 0; j < dimensions; j++) {
        float difference = x[j * CK_LANES] - points[point * dimensions + j];
        sum = fmaf(difference, difference, sum);
      }
      block[point * CK_BLOCK + row] = sum;
    }
  }
}

static size_t spoilt(const float *line, const float *row_norms, float point_norm, size_t count) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) found += line[i] * 16 < row_norms[i] + point_norm;
  return found;
}

static void roots(float *block) {
  for (size_t i = 0; i < CK_BLOCK * CK_BLOCK; i++) block[i] = sqrtf(block[i]);
}

static void add_points(const float *block, size_t first, size_t last, double *sums) {
  for (size_t i = 0; i < CK_BLOCK; i++) {
    float sum = 0;
    for (size_t point = first; point < last; point++) sum += block[point * CK_BLOCK + i];
    sums[i] += sum;
  }
}

static void add_rows(const float *block, size_t points, size_t first, size_t last, double *sums) {
  for (size_t i = 0; i < points; i++) {
    // Sixteen sums side by side, then one of them all: the order in which every level adds.
    float parts[16] = {0};
    for (size_t row = first; row < last; row++) parts[(row - first) % 16] += block[i * CK_BLOCK + row];
    float sum = 0;
    for (int lane = 0; lane < 16; lane++) sum += parts[lane];
    sums[i] += sum;
  }
}

const struct ck_blocks ck_plain_blocks = {
    .group = 1,
    .squares = squares,
    .differences = differences,
    .spoilt = spoilt,
    .roots = roots,
    .add_points = add_points,
    .add_rows = add_rows,
};
