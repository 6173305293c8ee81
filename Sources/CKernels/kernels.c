// Chooses a level and calls through it; packs panels and tiles; holds what needs no level of its own.

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

// MARK: - The levels

// Dispatch by hand rather than target_clones: the level can be lowered (PERIGEE_SIMD, tests), and no ifunc is needed in a static binary.
#if defined(__x86_64__)

#define CK(name) base_##name
#define STRIP 8
#define GROUP 6
#define WIDE
#include "level.h"

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK(name) v3_##name
#define STRIP 16
#define GROUP 6
#define WIDE
#include "level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define CK(name) v4_##name
#define STRIP 32
#define GROUP 12
#define WIDE __attribute__((min_vector_width(512)))  // without it clang halves vectors: it tunes v4 for processors that slow down
#include "level.h"
#pragma clang attribute pop

static const struct ck_table *const tables[] = {&ck_plain, &base_table, &v3_table, &v4_table};

static int highest(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CK_BASE;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512cd")
      || !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return CK_V3;
  return CK_V4;
}

#else

// 32 registers of 128 bits with multiply-add, as on arm64.
#define CK(name) base_##name
#define STRIP 8
#define GROUP 12
#define WIDE
#include "level.h"

static const struct ck_table *const tables[] = {&ck_plain, &base_table, &base_table, &base_table};
static int highest(void) { return CK_BASE; }

#endif

static _Atomic int chosen = -1;
static _Thread_local int forced = -1;

const char *ck_level_name(int level) {
  static const char *const names[] = {"plain", "default", "v3", "v4"};
  return level < CK_PLAIN || level > CK_V4 ? "unknown" : names[level];
}

/// The best level of the processor, or what PERIGEE_SIMD lowers it to. Two threads that choose at once choose the same.
static int choose(void) {
  int level = highest();
  const char *wish = getenv("PERIGEE_SIMD");
  for (int i = CK_PLAIN; wish != NULL && i < level; i++)
    if (strcmp(wish, ck_level_name(i)) == 0) level = i;
  atomic_store_explicit(&chosen, level, memory_order_relaxed);
  return level;
}

int ck_level(void) {
  if (forced >= 0) return forced;
  int level = atomic_load_explicit(&chosen, memory_order_relaxed);
  return level >= 0 ? level : choose();
}

int ck_force_level(int level) {
  int limit = highest();
  forced = level > limit ? limit : level;
  return ck_level();
}

static inline const struct ck_table *table(void) { return tables[ck_level()]; }

// MARK: - Packing

typedef float four __attribute__((ext_vector_type(4), aligned(4)));

/// Four rows, four dimensions: rows become lanes. The squares are added to the rows' lengths, dimension by dimension.
static inline void turn(four a, four b, four c, four d, float *panel, four *lengths) {
  four low = __builtin_shufflevector(a, b, 0, 4, 1, 5), high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  four low2 = __builtin_shufflevector(c, d, 0, 4, 1, 5), high2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const four turned[4] = {
      __builtin_shufflevector(low, low2, 0, 1, 4, 5), __builtin_shufflevector(low, low2, 2, 3, 6, 7),
      __builtin_shufflevector(high, high2, 0, 1, 4, 5), __builtin_shufflevector(high, high2, 2, 3, 6, 7)};
  for (int j = 0; j < 4; j++) {
    *(four *)(panel + j * CK_LANES) = turned[j];
    *lengths += turned[j] * turned[j];
  }
}

void ck_pack_panel(const float *rows, size_t count, size_t dimensions, const float *offset, float *panel, float *norms) {
  four lengths[CK_LANES / 4] = {0};
  size_t whole = dimensions / 4 * 4;
  for (size_t j = 0; j < whole; j += 4) {
    const four shift = *(const four *)(offset + j);
    for (size_t lane = 0; lane < CK_LANES; lane += 4) {
      four row[4] = {0};
      for (size_t i = 0; i < 4; i++)
        if (lane + i < count) row[i] = *(const four *)(rows + (lane + i) * dimensions + j) - shift;
      turn(row[0], row[1], row[2], row[3], panel + j * CK_LANES + lane, &lengths[lane / 4]);
    }
  }
  for (size_t j = whole; j < dimensions; j++) {
    for (size_t lane = 0; lane < CK_LANES; lane++) {
      float value = lane < count ? rows[lane * dimensions + j] - offset[j] : 0;
      panel[j * CK_LANES + lane] = value;
      lengths[lane / 4][lane % 4] += value * value;
    }
  }
  if (norms != NULL) memcpy(norms, lengths, CK_LANES * sizeof *norms);
}

size_t ck_group_count(size_t count) { return ck_groups(count, table()->group); }

size_t ck_group_start(size_t count, size_t group) { return ck_group_first(count, ck_group_count(count), group); }

void ck_pack_centroids(const double *centroids, size_t count, size_t dimensions, const float *offset, size_t first_group,
                       size_t last_group, float *tiles, float *norms) {
  size_t groups = ck_group_count(count);
  for (size_t group = first_group; group < last_group; group++) {
    size_t index = ck_group_first(count, groups, group), size = ck_group_size(count, groups, group);
    float *tile = tiles + index * dimensions;
    double lengths[16] = {0};
    for (size_t j = 0; j < dimensions; j++) {
      for (size_t m = 0; m < size; m++) {
        double value = centroids[(index + m) * dimensions + j] - offset[j];
        tile[j * size + m] = (float)(-2 * value);
        lengths[m] += value * value;
      }
    }
    for (size_t m = 0; m < size; m++) norms[index + m] = (float)lengths[m];
  }
}

void ck_pack_tiles(const float *rows, const int32_t *order, size_t count, size_t dimensions, const float *offset, float *tiles) {
  size_t groups = ck_group_count(count);
  for (size_t group = 0; group < groups; group++) {
    size_t index = ck_group_first(count, groups, group), size = ck_group_size(count, groups, group);
    float *tile = tiles + index * dimensions;
    for (size_t m = 0; m < size; m++) {
      const float *row = rows + (order == NULL ? index + m : (size_t)order[index + m]) * dimensions;
      for (size_t j = 0; j < dimensions; j++) tile[j * size + m] = row[j] - offset[j];
    }
  }
}

// MARK: - Through the table

void ck_nearest(const float *panel, const float *tiles, const float *norms, size_t count, size_t dimensions, const float *next,
                int32_t *labels, float *best, float *second) {
  table()->nearest(panel, tiles, norms, count, dimensions, next, labels, best, second);
}

size_t ck_squares(const float *panel, const float *norms, const float *tiles, const float *tile_norms, size_t count, size_t dimensions,
                  float *squares) {
  size_t near = table()->squares(panel, norms, tiles, tile_norms, count, dimensions, squares);
  if (near > 0) table()->distances(panel, tiles, count, dimensions, squares);
  return near;
}

void ck_differences(const float *panel, const float *tiles, size_t count, size_t dimensions, float *squares) {
  table()->distances(panel, tiles, count, dimensions, squares);
}

void ck_lowered_totals(const float *squares, const int32_t *which, size_t count, const float *closest, double *totals) {
  for (size_t i = 0; i < count; i++) {
    const float *own = squares + (size_t)which[i] * CK_LANES;
    double parts[4] = {0};
    for (int lane = 0; lane < CK_LANES; lane++) parts[lane % 4] += own[lane] < closest[lane] ? own[lane] : closest[lane];
    totals[i] += (parts[0] + parts[1]) + (parts[2] + parts[3]);
  }
}

double ck_lower(const float *squares, float *closest) {
  double parts[4] = {0};
  for (int lane = 0; lane < CK_LANES; lane++) {
    closest[lane] = squares[lane] < closest[lane] ? squares[lane] : closest[lane];
    parts[lane % 4] += closest[lane];
  }
  return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

void ck_add_distances(const float *panel, const float *tiles, size_t count, size_t dimensions, double *sums) {
  table()->add_distances(panel, tiles, count, dimensions, sums);
}

double ck_dot(const float *a, const float *b, size_t dimensions) { return table()->dot(a, b, dimensions); }

double ck_squared_distance(const float *a, const float *b, size_t dimensions) { return table()->squared_distance(a, b, dimensions); }

double ck_centroid_distance(const float *row, const double *centroid, size_t dimensions) {
  return table()->centroid_distance(row, centroid, dimensions);
}

double ck_cosine(const float *a, const float *b, size_t dimensions) {
  double lengths = ck_dot(a, a, dimensions) * ck_dot(b, b, dimensions);
  return lengths > 0 ? fmax(-1, fmin(1, ck_dot(a, b, dimensions) / sqrt(lengths))) : 0;
}

double ck_distance(const double *a, const double *b, size_t dimensions) {
  double sum = 0;
  for (size_t j = 0; j < dimensions; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sqrt(sum);
}

int32_t ck_nearest_exactly(const float *row, const double *centroids, size_t count, size_t dimensions) {
  const struct ck_table *level = table();
  int32_t label = 0;
  double best = INFINITY;
  for (size_t i = 0; i < count; i++) {
    double distance = level->centroid_distance(row, centroids + i * dimensions, dimensions);
    if (distance < best) {
      best = distance;
      label = (int32_t)i;
    }
  }
  return label;
}

size_t ck_settle(const float *rows, size_t rows_count, const float *norms, const double *centroids, size_t count, size_t dimensions,
                 float longest, const float *best, const float *second, int32_t *labels) {
  // Of 2 x.c: one rounding for each of the d products and sums (Higham, Accuracy and Stability, 3.1) and one each for the packed x and
  // c; of |c|^2 and the final sum: one each. Two such values are compared. 0x1p-24 is half a unit in the last place of 1.
  float product = 2 * sqrtf(longest) * (float)(dimensions + 4);
  size_t settled = 0;
  for (size_t lane = 0; lane < rows_count; lane++) {
    float slack = 2 * 0x1p-24f * (product * sqrtf(norms[lane]) + 4 * longest);
    if (second[lane] - best[lane] > slack) continue;
    labels[lane] = ck_nearest_exactly(rows + lane * dimensions, centroids, count, dimensions);
    settled++;
  }
  return settled;
}

void ck_add_row(double *sum, const float *row, double weight, size_t first, size_t last) { table()->add_row(sum, row, weight, first, last); }

void ck_move_rows(const float *rows, size_t dimensions, const int32_t *which, const int32_t *from, const int32_t *to, size_t count,
                  double *sums, size_t first, size_t last) {
  const struct ck_table *level = table();
  for (size_t i = 0; i < count; i++) {
    const float *row = rows + (size_t)which[i] * dimensions;
    if (from[i] >= 0) level->add_row(sums + (size_t)from[i] * dimensions, row, -1, first, last);
    if (to[i] >= 0) level->add_row(sums + (size_t)to[i] * dimensions, row, 1, first, last);
  }
}

double ck_set_mean(double *centroid, const double *sum, double weight, size_t dimensions) {
  double shift = 0;
  for (size_t j = 0; j < dimensions; j++) {
    double mean = sum[j] / weight;
    shift += (mean - centroid[j]) * (mean - centroid[j]);
    centroid[j] = mean;
  }
  return shift;
}

double ck_deviations(const float *rows, size_t count, const double *mean, size_t dimensions) {
  const struct ck_table *level = table();
  double total = 0;
  for (size_t i = 0; i < count; i++) total += level->centroid_distance(rows + i * dimensions, mean, dimensions);
  return total;
}

double ck_normalise(const float *row, size_t dimensions, float *result) {
  double length = sqrt(ck_dot(row, row, dimensions));
  double scale = length > 0 ? 1 / length : 0;
  for (size_t j = 0; j < dimensions; j++) result[j] = (float)(row[j] * scale);
  return length;
}

// MARK: - Checks

size_t ck_first_not_finite(const float *values, size_t count) {
  for (size_t from = 0; from < count; from += 4096) {
    size_t to = from + 4096 < count ? from + 4096 : count;
    // An exponent of all ones is what infinities and NaNs share; in integers the loop is branch-free.
    uint32_t bad = 0;
    for (size_t i = from; i < to; i++) {
      uint32_t bits;
      memcpy(&bits, values + i, sizeof bits);
      bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    if (bad)
      for (size_t i = from; i < to; i++)
        if (!isfinite(values[i])) return i;
  }
  return count;
}

float ck_largest(const float *values, size_t count) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fabsf(values[i]) > largest ? fabsf(values[i]) : largest;
  return largest;
}
