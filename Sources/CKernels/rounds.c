// Rounds of joins: the plain definition and the levels.

#include "crounds.h"

#include <math.h>
#include <string.h>

#include "ckernels.h"

// Products and sums are rounded one by one, so that two rows that tell the same distance tell the same number, whoever computed it.
#pragma clang fp contract(off)

struct rounds {
  void (*row)(const struct ck_round *round, size_t own, float *row, const float *next);
  void (*pair)(const struct ck_round *round, size_t pair, float *earlier, float *later, const float *next, float *scratch);
};

/// The rule of Lance and Williams (1967): how far from what pair `p` makes somebody is, of `size` members, who is x and y from its two.
static inline __attribute__((always_inline)) float joined(const struct ck_round *round, int linkage, size_t p, float x, float y, float size) {
  if (linkage == CK_JOIN_COMPLETE) return x > y ? x : y;
  float a = round->earlier_weight[p], b = round->later_weight[p];
  if (linkage == CK_JOIN_AVERAGE) return x * a + y * b;
  // Shares first: sizes times squared distances might overflow.
  float scale = 1 / (a + b + size);
  return (a + size) * scale * x + (b + size) * scale * y - size * scale * round->between[p];
}

static inline float size_of(const struct ck_round *round, size_t column) {
  return round->linkage == CK_JOIN_WARD ? round->sizes[column] : 0;
}

/// Members of what a pair makes.
static inline float size_made(const struct ck_round *round, size_t pair) {
  return round->linkage == CK_JOIN_WARD ? round->earlier_weight[pair] + round->later_weight[pair] : 0;
}

// MARK: - The definition

static void plain_keep(const struct ck_round *round, float *row) {
  size_t left = 0;
  for (size_t i = 0; i < round->clusters; i++)
    if (round->kept[i / 16] >> (i % 16) & 1) row[left++] = row[i];
}

static void plain_row(const struct ck_round *round, size_t own, float *row, const float *next) {
  (void)next;
  for (size_t p = 0; p < round->pairs; p++) {
    float x = row[round->earlier[p]], y = row[round->later[p]];
    row[round->later[p]] = joined(round, round->linkage, p, x, y, size_of(round, own));
  }
  plain_keep(round, row);
}

static void plain_pair(const struct ck_round *round, size_t pair, float *earlier, float *later, const float *next, float *scratch) {
  (void)next;
  size_t a = (size_t)round->earlier[pair], b = (size_t)round->later[pair];
  int linkage = round->linkage;
  for (size_t p = 0; p < round->pairs; p++) {
    size_t x = (size_t)round->earlier[p], y = (size_t)round->later[p];
    if (p < pair) {
      float from_a = joined(round, linkage, p, earlier[x], earlier[y], size_of(round, a));
      float from_b = joined(round, linkage, p, later[x], later[y], size_of(round, b));
      scratch[p] = joined(round, linkage, pair, from_a, from_b, size_made(round, p));
    } else {
      float to_x = joined(round, linkage, pair, earlier[x], later[x], size_of(round, x));
      float to_y = joined(round, linkage, pair, earlier[y], later[y], size_of(round, y));
      scratch[p] = joined(round, linkage, p, to_x, to_y, size_made(round, pair));
    }
  }
  for (size_t i = 0; i < round->clusters; i++) later[i] = joined(round, linkage, pair, earlier[i], later[i], size_of(round, i));
  for (size_t p = 0; p < round->pairs; p++) later[round->later[p]] = scratch[p];
  later[b] = INFINITY;
  plain_keep(round, later);
}

static const struct rounds plain = {plain_row, plain_pair};

// MARK: - The levels

#define RO(name) base_##name
#define WIDE
#include "rounds_level.h"

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define RO(name) v3_##name
#define WIDE
#include "rounds_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define RO(name) v4_##name
#define WIDE __attribute__((min_vector_width(512)))
#define COMPRESSES
#include "rounds_level.h"
#pragma clang attribute pop

static const struct rounds *const levels[] = {&plain, &base_rounds, &v3_rounds, &v4_rounds};

#else
static const struct rounds *const levels[] = {&plain, &base_rounds, &base_rounds, &base_rounds};
#endif

void ck_round_row(const struct ck_round *round, size_t own, float *row, const float *next) { levels[ck_level()]->row(round, own, row, next); }

void ck_round_pair(const struct ck_round *round, size_t pair, float *earlier, float *later, const float *next, float *scratch) {
  levels[ck_level()]->pair(round, pair, earlier, later, next, scratch);
}
