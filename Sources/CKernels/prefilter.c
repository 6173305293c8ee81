// Nearest points in bfloat16: the plain definition, the one level that has it, packing and deciding.

#include "cprefilter.h"

#include <math.h>
#include <string.h>

#include "brain.h"
#include "cneighbours.h"
#include "table.h"

enum { GROUP = 12 };

// MARK: - Packing

size_t ck_narrow_bytes(size_t count, size_t dimensions) { return count * ((dimensions + 1) / 2) * sizeof(uint32_t); }
size_t ck_narrow_groups(size_t count) { return ck_groups(count, GROUP); }
size_t ck_narrow_start(size_t count, size_t group) { return ck_group_first(count, ck_narrow_groups(count), group); }

void ck_narrow_panel(const float *rows, size_t count, size_t dimensions, const float *offset, void *panel, void *scratch, float *norms,
                     float *lost) {
  size_t words = (dimensions + 1) / 2;
  memset(scratch, 0, words * 4 * CK_LANES);
  for (size_t lane = 0; lane < CK_LANES; lane++) norms[lane] = lost[lane] = 0;
  for (size_t lane = 0; lane < count; lane++) {
    const float *row = rows + lane * dimensions;
    ck_halfword *target = (ck_halfword *)scratch + lane * words * 2;
    // Sixteen sums that do not wait for each other.
    float lengths[16] = {0}, losses[16] = {0}, length = 0, loss = 0;
    size_t whole = dimensions / 16 * 16;
    for (size_t j = 0; j < whole; j += 16) {
      for (size_t i = 0; i < 16; i++) {
        float value = row[j + i] - offset[j + i];
        uint16_t rounded = ck_brain(value);
        float rest = value - ck_widened(rounded);
        lengths[i] += value * value;
        losses[i] += rest * rest;
        target[j + i] = rounded;
      }
    }
    for (size_t j = whole; j < dimensions; j++) {
      float value = row[j] - offset[j], rest = value - ck_widened(target[j] = ck_brain(value));
      length += value * value;
      loss += rest * rest;
    }
    for (int i = 0; i < 16; i++) {
      length += lengths[i];
      loss += losses[i];
    }
    norms[lane] = length;
    // The subtraction itself loses half a unit in the last place of each number; these sums lose less than the thousandth.
    lost[lane] = sqrtf(loss) * 1.001f + sqrtf(length) * 0x1p-23f;
  }
  ck_turn_words(scratch, words, panel);
}

void ck_narrow_tiles(const double *points, size_t count, size_t dimensions, const float *offset, size_t group, void *tiles, float *norms,
                     float *lost) {
  size_t first = ck_narrow_start(count, group), size = ck_narrow_start(count, group + 1) - first, pairs = (dimensions + 1) / 2;
  uint16_t *tile = (uint16_t *)tiles + first * pairs * 2;
  for (size_t m = 0; m < size; m++) {
    const double *point = points + (first + m) * dimensions;
    double length = 0, loss = 0;
    for (size_t j = 0; j < pairs * 2; j++) {
      double value = j < dimensions ? point[j] - offset[j] : 0;
      uint16_t rounded = ck_brain((float)value);
      double rest = value - ck_widened(rounded);
      length += value * value;
      loss += rest * rest;
      tile[(j / 2 * size + m) * 2 + (j & 1)] = ck_brain((float)(-2 * ck_widened(rounded)));
    }
    norms[first + m] = (float)length;
    lost[first + m] = (float)(sqrt(loss) * 1.001);
  }
}

// MARK: - Meeting

void ck_no_points(struct ck_three *three) {
  for (int lane = 0; lane < CK_LANES; lane++) {
    three->first[lane] = three->second[lane] = three->third[lane] = INFINITY;
    three->nearest[lane] = three->next[lane] = 0;
  }
}

static void plain_meet(const void *panel, const void *tiles, const float *norms, size_t count, size_t dimensions, const void *ahead, int32_t number,
                       struct ck_three *three) {
  (void)ahead;
  size_t groups = ck_groups(count, GROUP), pairs = (dimensions + 1) / 2;
  for (size_t group = 0; group < groups; group++) {
    size_t first = ck_group_first(count, groups, group), size = ck_group_size(count, groups, group);
    const uint16_t *tile = (const uint16_t *)tiles + first * pairs * 2, *rows = panel;
    for (size_t m = 0; m < size; m++)
      for (size_t lane = 0; lane < CK_LANES; lane++) {
        float value = 0;
        for (size_t j = 0; j < pairs * 2; j++)
          value = fmaf(ck_widened(rows[j / 2 * 2 * CK_LANES + lane * 2 + (j & 1)]), ck_widened(tile[(j / 2 * size + m) * 2 + (j & 1)]), value);
        value += norms[first + m];
        if (value < three->first[lane]) {
          three->third[lane] = three->second[lane];
          three->second[lane] = three->first[lane];
          three->next[lane] = three->nearest[lane];
          three->first[lane] = value;
          three->nearest[lane] = number + (int32_t)(first + m);
        } else if (value < three->second[lane]) {
          three->third[lane] = three->second[lane];
          three->second[lane] = value;
          three->next[lane] = number + (int32_t)(first + m);
        } else if (value < three->third[lane]) {
          three->third[lane] = value;
        }
      }
  }
}

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512))), apply_to = function)

typedef float strip __attribute__((ext_vector_type(32), aligned(4)));
typedef int32_t istrip __attribute__((ext_vector_type(32), aligned(4)));

#define UNROLLED _Pragma("clang loop unroll(full)")
#define EACH(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)

#define MEET(M) \
  static void meet##M(const char *panel, const int32_t *tile, const float *norms, size_t pairs, const char *ahead, int32_t number, \
                      struct ck_three *three) { \
    __m512 low[M], high[M]; \
    UNROLLED for (int m = 0; m < M; m++) low[m] = high[m] = _mm512_setzero_ps(); \
    for (size_t j = 0; j < pairs; j++, panel += 4 * CK_LANES, tile += M) { \
      __builtin_prefetch(ahead + j * 64, 0, 2); \
      __m512bh left = (__m512bh)_mm512_loadu_si512(panel), right = (__m512bh)_mm512_loadu_si512(panel + 64); \
      UNROLLED for (int m = 0; m < M; m++) { \
        __m512bh point = (__m512bh)_mm512_set1_epi32(tile[m]); \
        low[m] = _mm512_dpbf16_ps(low[m], left, point); \
        high[m] = _mm512_dpbf16_ps(high[m], right, point); \
      } \
    } \
    strip first = *(strip *)three->first, second = *(strip *)three->second, third = *(strip *)three->third; \
    istrip nearest = *(istrip *)three->nearest, next = *(istrip *)three->next; \
    UNROLLED for (int m = 0; m < M; m++) { \
      strip value; \
      memcpy(&value, &low[m], 64); \
      memcpy((char *)&value + 64, &high[m], 64); \
      value += norms[m]; \
      istrip own = number + m, best = value < first, better = value < second; \
      strip rest = value < third ? value : third; \
      third = better ? second : rest; \
      second = best ? first : better ? value : second; \
      next = best ? nearest : better ? own : next; \
      first = best ? value : first; \
      nearest = best ? own : nearest; \
    } \
    *(strip *)three->first = first; \
    *(strip *)three->second = second; \
    *(strip *)three->third = third; \
    *(istrip *)three->nearest = nearest; \
    *(istrip *)three->next = next; \
  }
EACH(MEET)
#undef MEET

static void brain_meet(const void *panel, const void *tiles, const float *norms, size_t count, size_t dimensions, const void *ahead, int32_t number,
                       struct ck_three *three) {
  size_t groups = ck_groups(count, GROUP), pairs = (dimensions + 1) / 2, index = 0;
  for (size_t group = 0; group < groups; group++) {
    size_t size = ck_group_size(count, groups, group);
    // A panel is two cache lines for each pair of dimensions: half of the next one is asked for during one group, half during another.
    const char *wanted = (const char *)ahead + (group & 1) * pairs * 64;
    switch (size) {
#define CASE(M) \
  case M: \
    meet##M(panel, (const int32_t *)tiles + index * pairs, norms + index, pairs, wanted, number + (int32_t)index, three); \
    break;
      EACH(CASE)
#undef CASE
    }
    index += size;
  }
}

#undef UNROLLED
#undef EACH
#pragma clang attribute pop

void ck_meet_narrow(const void *panel, const void *tiles, const float *norms, size_t count, size_t dimensions, const void *ahead, int32_t number,
                    struct ck_three *three) {
  (ck_has_brain() ? brain_meet : plain_meet)(panel, tiles, norms, count, dimensions, ahead, number, three);
}

#else

void ck_meet_narrow(const void *panel, const void *tiles, const float *norms, size_t count, size_t dimensions, const void *ahead, int32_t number,
                    struct ck_three *three) {
  plain_meet(panel, tiles, norms, count, dimensions, ahead, number, three);
}

#endif

// MARK: - Deciding

float ck_blur(float norm, float lost, float longest, float most_lost, size_t dimensions) {
  // x.c - x'.c' = (x - x').c + x'.(c - c'). Then, as `ck_settle` has it, one rounding for each product and sum, of twice the product; of
  // |c|^2 and the last sum one each. Numbers too small to be normal count as 0. Two such values are compared.
  float row = sqrtf(norm), point = sqrtf(longest);
  float narrow = 2 * (lost * point + (row + lost) * most_lost);
  float rounding = 0x1p-24f * (2 * (row + lost) * (point + most_lost) * (float)(2 * dimensions + 8) + 4 * longest);
  return 2.01f * (narrow + rounding) + (float)dimensions * 0x1p-120f;
}

static inline double exactly(const float *row, const double *centroids, int32_t point, size_t dimensions) {
  return ck_centroid_distance(row, centroids + (size_t)point * dimensions, dimensions);
}

void ck_settle_narrow(const float *rows, size_t rows_count, const float *norms, const float *lost, const double *centroids, size_t count,
                      size_t dimensions, float longest, float most_lost, const struct ck_three *three, int32_t *labels) {
  for (size_t lane = 0; lane < rows_count; lane++) {
    const float *row = rows + lane * dimensions, blur = ck_blur(norms[lane], lost[lane], longest, most_lost, dimensions);
    int32_t a = three->nearest[lane], b = three->next[lane];
    labels[lane] = a;
    if (three->second[lane] - three->first[lane] > blur) continue;
    if (three->third[lane] - three->first[lane] > blur) {
      double to_a = exactly(row, centroids, a, dimensions), to_b = exactly(row, centroids, b, dimensions);
      if (to_b < to_a || (to_b == to_a && b < a)) labels[lane] = b;
    } else {
      labels[lane] = ck_nearest_exactly(row, centroids, count, dimensions);
    }
  }
}
