// Pairs within a radius, and the sets that dense rows form.

#include <math.h>

#include "cminkowski.h"
#include "tile.h"

// Relaxed is enough: only the forest of parents itself is shared, a parent only ever becomes an earlier place of the same set, and
// whoever reads the result was started after the writers had ended.
int32_t ck_find(int32_t *parents, int32_t place) {
  for (;;) {
    int32_t parent = __atomic_load_n(&parents[place], __ATOMIC_RELAXED);
    if (parent == place) return place;
    int32_t above = __atomic_load_n(&parents[parent], __ATOMIC_RELAXED);
    if (above != parent) __atomic_compare_exchange_n(&parents[place], &parent, above, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    place = above;
  }
}

void ck_unite(int32_t *parents, int32_t a, int32_t b) {
  for (;;) {
    a = ck_find(parents, a);
    b = ck_find(parents, b);
    if (a == b) return;
    int32_t first = a < b ? a : b, second = a < b ? b : a, expected = second;
    if (__atomic_compare_exchange_n(&parents[second], &expected, first, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return;
  }
}

/// Notes a neighbour if there is room for it; otherwise the row is known to be dense.
static inline int note(const struct ck_radius *radius, size_t place, size_t other) {
  size_t count = (size_t)radius->counts[place];
  if (count == radius->enough) return 0;
  radius->neighbours[place * radius->enough + count] = (int32_t)other;
  radius->counts[place]++;
  return 1;
}

void ck_meet_within(const struct ck_field *field, const struct ck_radius *radius, size_t first_a, size_t last_a, size_t first_b,
                    size_t last_b) {
  ck_tile_function *function = ck_tile_for(field->format);
  struct meeting meeting;
  // Below the limit a pair may be near enough, below the other it is.
  const float limit = ck_limit(field, radius->radius);
  const double inner = radius->radius * field->scale * (1 - 0x1p-40) - field->blur;
  const float certain = inner > 0 ? (float)(inner * inner * (1 - 2 * field->relative - 0x1p-20) - field->rounding) : -1;
  float bars_a[CK_LANES], bars_b[CK_LANES];
  for (size_t a = first_a; a < last_a; a++) {
    const float *halves_a = field->halves + a * CK_LANES;
    for (int lane = 0; lane < CK_LANES; lane++) bars_a[lane] = halves_a[lane] - limit / 2;
    for (int lane = 0; lane < CK_LANES; lane++) bars_b[lane] = INFINITY;
    for (size_t b = first_a == first_b ? a : first_b; b < last_b; b++) {
      if (field->prunes && a != b && ck_gap(field, field->centres + a * field->dimensions, field->radii[a], b) >= limit) continue;
      const float *halves_b = field->halves + b * CK_LANES;
      ck_fill(&meeting, function, field->dimensions, ck_panel_data(field, a), halves_a, bars_a, ck_panel_data(field, b), halves_b, bars_b);
      for (size_t m = 0; m < CK_LANES; m++) {
        size_t second = b * CK_LANES + m;
        // Every pair once: within a panel, those above the diagonal.
        uint32_t rows = meeting.wanted_by_rows[m] & (a == b ? (1u << m) - 1 : ~0u);
        for (; rows != 0; rows &= rows - 1) {
          size_t lane = (size_t)__builtin_ctz(rows), first = a * CK_LANES + lane;
          if (ck_squared(meeting.products[m * CK_LANES + lane], halves_a[lane], halves_b[m]) > certain
              && ck_exact(field, (int32_t)first, (int32_t)second) > radius->radius)
            continue;
          int noted = note(radius, first, second) | note(radius, second, first);
          if (!noted) ck_unite(radius->parents, (int32_t)first, (int32_t)second);
        }
      }
    }
  }
}

int32_t ck_lower_reach(const float *rows, size_t dimensions, double p, int32_t row, double core, double radius, const int32_t *waiting,
                       size_t first, size_t last, double *reach, int32_t *predecessors) {
  int32_t best = -1;
  for (size_t i = first; i < last; i++) {
    int32_t other = waiting[i];
    // Nothing is lower than the core distance: rows that have it already need not be measured.
    if (core <= radius && reach[other] > core) {
      const float *here = rows + (size_t)row * dimensions, *there = rows + (size_t)other * dimensions;
      double distance =
        p == 2 ? sqrt(ck_squared_distance(here, there, dimensions)) : ck_minkowski(here, there, dimensions, p, fmin(radius, reach[other]));
      double reached = rint((distance > core ? distance : core) * 1e15) / 1e15;
      if (distance <= radius && reached < reach[other]) {
        reach[other] = reached;
        predecessors[other] = row;
      }
    }
    if (best < 0 || reach[other] < reach[best] || (reach[other] == reach[best] && other < best)) best = other;
  }
  return best;
}
