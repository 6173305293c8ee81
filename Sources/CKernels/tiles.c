// Tiles for every level, and the choice between them.

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "tile.h"

static void plain_ending(const struct tile *t, int lane, int m, float product) {
  t->products[m * CK_LANES + lane] = product;
  if (product - t->halves_b[m] > t->bars_a[lane]) t->wanted_by_rows[m] |= 1u << lane;
  if (product - t->halves_a[lane] > t->bars_b[m]) t->wanted_by_columns[m] |= 1u << lane;
}

static void plain_single_tile(const struct tile *t) {
  const float *a = t->a, *b = t->b;
  for (int m = 0; m < CK_LANES; m++) {
    for (int lane = 0; lane < CK_LANES; lane++) {
      float product = 0;
      for (size_t j = 0; j < t->dimensions; j++) product = fmaf(a[j * CK_LANES + lane], b[j * CK_LANES + m], product);
      plain_ending(t, lane, m, product);
    }
  }
}

static void plain_differences_tile(const struct tile *t) {
  const float *a = t->a, *b = t->b;
  for (int m = 0; m < CK_LANES; m++) {
    for (int lane = 0; lane < CK_LANES; lane++) {
      float sum = 0;
      for (size_t j = 0; j < t->dimensions; j++) {
        float difference = a[j * CK_LANES + lane] - b[j * CK_LANES + m];
        sum = fmaf(difference, difference, sum);
      }
      plain_ending(t, lane, m, -0.5f * sum);
    }
  }
}

#if defined(__x86_64__)

#include <immintrin.h>

#define CK(name) base_##name
#define STRIP 8
#define GROUPS(G) G(0, 6) G(6, 6) G(12, 5) G(17, 5) G(22, 5) G(27, 5)
#define WIDE
#include "tile_level.h"

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK(name) v3_##name
#define STRIP 16
#define GROUPS(G) G(0, 6) G(6, 6) G(12, 5) G(17, 5) G(22, 5) G(27, 5)
#define WIDE
#include "tile_level.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,avx512bf16"))), apply_to = function)
#define CK(name) v4_##name
#define STRIP 32
#define GROUPS(G) G(0, 11) G(11, 11) G(22, 10)
#define WIDE __attribute__((min_vector_width(512)))  // without it clang halves vectors: it tunes v4 for processors that slow down
#define BRAIN
#include "tile_level.h"
#pragma clang attribute pop

static ck_tile_function *const tiles[][2] = {
    {plain_single_tile, plain_differences_tile},
    {base_single_tile, base_differences_tile},
    {v3_single_tile, v3_differences_tile},
    {v4_single_tile, v4_differences_tile}};

int ck_has_brain(void) {
  __builtin_cpu_init();
  return ck_level() == CK_V4 && __builtin_cpu_supports("avx512bf16");
}

ck_tile_function *ck_tile_for(int format) { return format == CK_BRAIN ? v4_brain_tile : tiles[ck_level()][format == CK_DIFFERENCES]; }

#else

#define CK(name) base_##name
#define STRIP 8
#define GROUPS(G) G(0, 11) G(11, 11) G(22, 10)
#define WIDE
#include "tile_level.h"

static ck_tile_function *const tiles[][2] = {
    {plain_single_tile, plain_differences_tile},
    {base_single_tile, base_differences_tile},
    {base_single_tile, base_differences_tile},
    {base_single_tile, base_differences_tile}};

int ck_has_brain(void) { return 0; }
ck_tile_function *ck_tile_for(int format) { return tiles[ck_level()][format == CK_DIFFERENCES]; }

#endif

void ck_tile(int format, const void *a, const void *b, size_t dimensions, const float *halves_a, const float *bars_a, const float *halves_b,
             const float *bars_b, float *products, uint32_t *wanted_by_rows, uint32_t *wanted_by_columns) {
  for (int m = 0; m < CK_LANES; m++) wanted_by_rows[m] = wanted_by_columns[m] = 0;
  const struct tile tile = {a, b, dimensions, halves_a, bars_a, halves_b, bars_b, products, wanted_by_rows, wanted_by_columns};
  ck_tile_for(format)(&tile);
}
