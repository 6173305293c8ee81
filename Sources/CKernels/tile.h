// One tile: 32 rows of one panel against 32 of another.
#ifndef CK_TILE_H
#define CK_TILE_H

#include "ckernels.h"
#include "cneighbours.h"

struct tile {
  const void *a, *b;
  size_t dimensions;
  const float *halves_a, *bars_a, *halves_b, *bars_b;
  float *products;
  uint32_t *wanted_by_rows, *wanted_by_columns;
};

typedef void ck_tile_function(const struct tile *);

/// The function for a format at the level in use.
ck_tile_function *ck_tile_for(int format);

/// What one meeting of two panels needs to remember.
struct meeting {
  float products[CK_LANES * CK_LANES] __attribute__((aligned(64)));
  uint32_t wanted_by_rows[CK_LANES], wanted_by_columns[CK_LANES];
};

/// Fills the meeting: panel data `a` and `b` with their halves and bars.
static inline void ck_fill(struct meeting *meeting, ck_tile_function *function, size_t dimensions, const void *a, const float *halves_a,
                           const float *bars_a, const void *b, const float *halves_b, const float *bars_b) {
  for (int m = 0; m < CK_LANES; m++) meeting->wanted_by_rows[m] = meeting->wanted_by_columns[m] = 0;
  const struct tile tile = {a, b, dimensions, halves_a, bars_a, halves_b, bars_b, meeting->products, meeting->wanted_by_rows,
                            meeting->wanted_by_columns};
  function(&tile);
}

static inline const void *ck_panel_data(const struct ck_field *field, size_t panel) {
  return (const char *)field->data + panel * ck_panel_bytes(field->dimensions, field->format);
}

/// The squared distance that a product stands for. Never negative, never -0.
static inline float ck_squared(float product, float half_a, float half_b) {
  float squared = 2 * (half_a - product + half_b);
  return squared > 0 ? squared : 0;
}

/// What certainly is not more, and not less, than the distance of two rows, given the A of their tile.
double ck_floor(const struct ck_field *field, double squared);
/// The exact distance of the rows at two places.
double ck_exact(const struct ck_field *field, int32_t a, int32_t b);
/// No A between rows of two panels is below this; `centre` and `radius` are those of one of them.
float ck_gap(const struct ck_field *field, const float *centre, float radius, size_t panel);

#endif
