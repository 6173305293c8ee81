// The definitions: what every kernel computes, written to be read. The fast versions in level.h are tested against these.
//
// Sums of single-precision products are fused (fmaf), as the processor's own multiply-add does it: v3, v4 and NEON agree
// with these to the last bit. Groups hold one centroid each, so tiles are simply rows.

#include <math.h>

#include "table.h"

static void nearest(const float *panel, const float *tiles, const float *norms, size_t count, size_t dimensions, const float *next,
                    int32_t *labels, float *best, float *second) {
  (void)next;
  for (int lane = 0; lane < CK_LANES; lane++) {
    labels[lane] = 0;
    best[lane] = second[lane] = INFINITY;
    for (size_t i = 0; i < count; i++) {
      float product = 0;
      for (size_t j = 0; j < dimensions; j++) product = fmaf(panel[j * CK_LANES + lane], tiles[i * dimensions + j], product);
      float value = product + norms[i];
      if (value < best[lane]) {
        second[lane] = best[lane];
        best[lane] = value;
        labels[lane] = (int32_t)i;
      } else if (value < second[lane]) {
        second[lane] = value;
      }
    }
  }
}

static float squared(const float *panel, int lane, const float *point, size_t dimensions) {
  float sum = 0;
  for (size_t j = 0; j < dimensions; j++) {
    float difference = panel[j * CK_LANES + lane] - point[j];
    sum = fmaf(difference, difference, sum);
  }
  return sum;
}

static size_t squares(const float *panel, const float *norms, const float *tiles, const float *tile_norms, size_t count, size_t dimensions,
                      float *result) {
  size_t near = 0;
  for (size_t i = 0; i < count; i++) {
    for (int lane = 0; lane < CK_LANES; lane++) {
      float product = 0;
      for (size_t j = 0; j < dimensions; j++) product = fmaf(panel[j * CK_LANES + lane], tiles[i * dimensions + j], product);
      float lengths = norms[lane] + tile_norms[i];
      result[i * CK_LANES + lane] = fmaf(product, -2, lengths);
      near += result[i * CK_LANES + lane] * 16 < lengths;
    }
  }
  return near;
}

static void distances(const float *panel, const float *tiles, size_t count, size_t dimensions, float *result) {
  for (size_t i = 0; i < count; i++)
    for (int lane = 0; lane < CK_LANES; lane++) result[i * CK_LANES + lane] = squared(panel, lane, tiles + i * dimensions, dimensions);
}

static void add_distances(const float *panel, const float *tiles, size_t count, size_t dimensions, double *sums) {
  for (size_t i = 0; i < count; i++)
    for (int lane = 0; lane < CK_LANES; lane++) sums[lane] += sqrtf(squared(panel, lane, tiles + i * dimensions, dimensions));
}

static double dot(const float *a, const float *b, size_t dimensions) {
  double sum = 0;
  for (size_t j = 0; j < dimensions; j++) sum += (double)a[j] * b[j];
  return sum;
}

static double squared_distance(const float *a, const float *b, size_t dimensions) {
  double sum = 0;
  for (size_t j = 0; j < dimensions; j++) sum += ((double)a[j] - b[j]) * ((double)a[j] - b[j]);
  return sum;
}

static double centroid_distance(const float *row, const double *centroid, size_t dimensions) {
  double sum = 0;
  for (size_t j = 0; j < dimensions; j++) sum += (row[j] - centroid[j]) * (row[j] - centroid[j]);
  return sum;
}

static void add_row(double *sum, const float *row, double weight, size_t first, size_t last) {
  for (size_t j = first; j < last; j++) sum[j] += row[j] * weight;
}

const struct ck_table ck_plain = {
    .group = 1,
    .nearest = nearest,
    .squares = squares,
    .distances = distances,
    .add_distances = add_distances,
    .dot = dot,
    .squared_distance = squared_distance,
    .centroid_distance = centroid_distance,
    .add_row = add_row,
};
