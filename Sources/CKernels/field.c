// Fields: the order of the rows, packing, and what is known about distances from what is packed.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "brain.h"
#include "select.h"
#include "tile.h"

// MARK: - Order

/// The dimension in which a sample of the rows spreads widest.
static size_t widest(const float *rows, size_t dimensions, const int32_t *order, size_t count) {
  size_t step = count / 24 > 0 ? count / 24 : 1, best = 0;
  float greatest = -1;
  // Some hundred dimensions at a time, row by row: memory is read along the rows.
  for (size_t first = 0; first < dimensions; first += 256) {
    size_t last = first + 256 < dimensions ? first + 256 : dimensions;
    float low[256], high[256];
    for (size_t j = 0; j < 256; j++) {
      low[j] = INFINITY;
      high[j] = -INFINITY;
    }
    for (size_t i = 0; i < count; i += step) {
      const float *row = rows + (size_t)order[i] * dimensions + first;
      for (size_t j = 0; j < last - first; j++) {
        low[j] = row[j] < low[j] ? row[j] : low[j];
        high[j] = row[j] > high[j] ? row[j] : high[j];
      }
    }
    for (size_t j = 0; j < last - first; j++) {
      if (high[j] - low[j] > greatest) {
        greatest = high[j] - low[j];
        best = first + j;
      }
    }
  }
  return best;
}

/// Bits that sort as the numbers do, negative ones below positive ones.
static uint32_t sortable(float value) {
  uint32_t bits;
  value += 0.0f;  // -0 is 0
  memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static void halve(const float *rows, size_t count, size_t dimensions, int32_t *order, uint64_t *scratch) {
  while (count > CK_LANES) {
    size_t panels = (count + CK_LANES - 1) / CK_LANES, left = (panels + 1) / 2 * CK_LANES;
    size_t dimension = widest(rows, dimensions, order, count);
    for (size_t i = 0; i < count; i++) scratch[i] = (uint64_t)sortable(rows[(size_t)order[i] * dimensions + dimension]) << 32 | (uint32_t)order[i];
    ck_select(scratch, count, left, left);
    for (size_t i = 0; i < count; i++) order[i] = (int32_t)(uint32_t)scratch[i];
    halve(rows, left, dimensions, order, scratch);
    order += left;
    count -= left;
  }
}

void ck_order_rows(const float *rows, size_t count, size_t dimensions, int32_t *order, uint64_t *scratch) {
  for (size_t i = 0; i < count; i++) order[i] = (int32_t)i;
  halve(rows, count, dimensions, order, scratch);
}

uint64_t ck_hash(const float *row, size_t dimensions) {
  // Eight sums of products that do not wait for each other, then mixed (the constants are SplitMix64's).
  uint64_t sums[8] = {0}, hash = dimensions;
  for (size_t j = 0; j < dimensions; j++) {
    uint32_t bits = sortable(row[j]);
    sums[j % 8] = (sums[j % 8] + bits) * 0x9e3779b97f4a7c15u;
    sums[j % 8] ^= sums[j % 8] >> 29;
  }
  for (int i = 0; i < 8; i++) {
    hash = (hash ^ sums[i]) * 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 31;
  }
  return hash;
}

// MARK: - Packing

size_t ck_panel_bytes(size_t dimensions, int format) {
  return format == CK_BRAIN ? (dimensions + 1) / 2 * CK_LANES * 4 : dimensions * CK_LANES * 4;
}

/// Eight sums that do not wait for each other.
#define SUM(total, count, TERM) \
  { \
    double parts[8] = {0}; \
    size_t j = 0; \
    for (; j + 8 <= (count); j += 8) \
      for (size_t i = 0; i < 8; i++) parts[i] += TERM(j + i); \
    for (; j < (count); j++) parts[0] += TERM(j); \
    total = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7])); \
  }

void ck_pack_field(const struct ck_field *field, size_t panel, const float *offset, void *data, float *halves, float *centres, float *radii,
                   double *longest, double *residual, float *scratch) {
  size_t dimensions = field->dimensions, words = (dimensions + 1) / 2;
  const int32_t *order = field->order + panel * CK_LANES;
  char *target = (char *)data + panel * ck_panel_bytes(dimensions, field->format);
  float *centre = centres + panel * dimensions, scale = (float)field->scale, *exact = scratch + CK_LANES * dimensions;
  const int brain = field->format == CK_BRAIN;
  memset(scratch, 0, CK_LANES * dimensions * sizeof *scratch);
  memset(centre, 0, dimensions * sizeof *centre);
  size_t members = 0;
  double furthest = 0;
  *longest = 0;
  for (size_t lane = 0; lane < CK_LANES; lane++) {
    if (order[lane] < 0) {
      halves[panel * CK_LANES + lane] = INFINITY;
      continue;
    }
    const float *row = field->rows + (size_t)order[lane] * dimensions;
    float *packed = scratch + lane * dimensions;
    for (size_t j = 0; j < dimensions; j++) exact[j] = row[j] * scale - offset[j];
    for (size_t j = 0; j < dimensions; j++) packed[j] = brain ? ck_widened(ck_brain(exact[j])) : exact[j];
    for (size_t j = 0; j < dimensions; j++) centre[j] += packed[j];
    double length, lost;
#define SQUARE(j) (double)packed[j] * packed[j]
#define LOSS(j) (double)(exact[j] - packed[j]) * (exact[j] - packed[j])
    SUM(length, dimensions, SQUARE)
    SUM(lost, dimensions, LOSS)
    // The subtraction itself loses half a unit in the last place of each number.
    double loss = sqrt(lost) + sqrt(length) * 0x1p-23;
    furthest = loss > furthest ? loss : furthest;
    *longest = length > *longest ? length : *longest;
    halves[panel * CK_LANES + lane] = field->format == CK_DIFFERENCES ? 0 : (float)(length / 2);
    members++;
  }
  *residual = furthest;
  for (size_t j = 0; j < dimensions; j++) centre[j] /= members > 0 ? (float)members : 1;
  double radius = 0;
  for (size_t lane = 0; lane < members; lane++) {
    const float *packed = scratch + lane * dimensions;
    double distance;
#define DEVIATION(j) (double)(packed[j] - centre[j]) * (packed[j] - centre[j])
    SUM(distance, dimensions, DEVIATION)
    radius = distance > radius ? distance : radius;
  }
  radii[panel] = (float)(sqrt(radius) * (1 + 0x1p-20));
  if (!brain) return ck_turn_words(scratch, dimensions, target);
  // Two numbers to a word, which never takes more room than it makes.
  ck_halfword *halfwords = (void *)scratch;
  for (size_t lane = 0; lane < CK_LANES; lane++) {
    memcpy(exact, scratch + lane * dimensions, dimensions * sizeof *exact);
    for (size_t j = 0; j < dimensions; j++) halfwords[lane * 2 * words + j] = ck_brain(exact[j]);
    if (dimensions % 2 == 1) halfwords[lane * 2 * words + dimensions] = 0;
  }
  ck_turn_words(halfwords, words, target);
}
#undef SUM
#undef SQUARE
#undef LOSS
#undef DEVIATION

// MARK: - What is known of distances

double ck_floor(const struct ck_field *field, double squared) {
  squared = squared * (1 - field->relative) - field->rounding;
  double least = sqrt(squared > 0 ? squared : 0) - field->blur;
  return least > 0 ? least / field->scale : 0;
}

float ck_limit(const struct ck_field *field, double distance) {
  double most = distance * field->scale + field->blur;
  return (float)((most * most + field->rounding) * (1 + 2 * field->relative + 0x1p-20) + 0x1p-120);
}

double ck_exact(const struct ck_field *field, int32_t a, int32_t b) {
  size_t dimensions = field->dimensions;
  return sqrt(ck_squared_distance(field->rows + (size_t)field->order[a] * dimensions, field->rows + (size_t)field->order[b] * dimensions, dimensions));
}

float ck_gap(const struct ck_field *field, const float *centre, float radius, size_t panel) {
  const float *other = field->centres + panel * field->dimensions;
  size_t dimensions = field->dimensions, j = 0;
  typedef float eight __attribute__((ext_vector_type(8), aligned(4)));
  eight sums = 0;
  for (; j + 8 <= dimensions; j += 8) {
    eight difference = *(const eight *)(centre + j) - *(const eight *)(other + j);
    sums += difference * difference;
  }
  float sum = 0;
  for (int i = 0; i < 8; i++) sum += sums[i];
  for (; j < dimensions; j++) sum += (centre[j] - other[j]) * (centre[j] - other[j]);
  // Single precision loses a little here; the thousandth covers it up to some thousand dimensions.
  float gap = sqrtf(sum) * 0.999f - radius - field->radii[panel];
  float least = gap > 0 ? gap * gap * (float)(1 - 2 * field->relative) - (float)(2 * field->rounding) : 0;
  return least > 0 ? least : 0;
}
