// The nearest of each row: lists filled tile by tile, each tile serving the rows of both its panels, and what can be proved from them.

#include <math.h>
#include <string.h>

#include "scan.h"
#include "select.h"
#include "tile.h"

// MARK: - Lists

static inline void add(const struct ck_field *field, const struct ck_lists *lists, size_t place, float squared, size_t other) {
  if (!(squared < lists->limits[place])) return;
  uint32_t bits;
  memcpy(&bits, &squared, sizeof bits);
  uint64_t *keys = lists->keys + place * lists->room;
  size_t count = (size_t)lists->counts[place];
  keys[count++] = (uint64_t)bits << 32 | other;
  if (count == lists->room) {
    count = ck_select(keys, count, lists->keep, lists->keep + lists->keep / 4);
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) last = keys[i] > last ? keys[i] : last;
    bits = (uint32_t)(last >> 32);
    memcpy(&lists->limits[place], &bits, sizeof bits);
    lists->bars[place] = field->halves[place] - lists->limits[place] / 2;
  }
  lists->counts[place] = (int32_t)count;
}

static inline float highest(const float *limits) {
  float most = 0;
  for (int i = 0; i < CK_LANES; i++) most = limits[i] > most ? limits[i] : most;
  return most;
}

void ck_meet(const struct ck_field *field, const struct ck_lists *lists, size_t first_a, size_t last_a, size_t first_b, size_t last_b) {
  ck_tile_function *function = ck_tile_for(field->format);
  struct meeting meeting;
  for (size_t a = first_a; a < last_a; a++) {
    const size_t base_a = a * CK_LANES;
    for (size_t b = first_a == first_b ? a : first_b; b < last_b; b++) {
      const size_t base_b = b * CK_LANES;
      if (field->prunes && a != b) {
        float gap = ck_gap(field, field->centres + a * field->dimensions, field->radii[a], b);
        if (gap >= highest(lists->limits + base_a) && gap >= highest(lists->limits + base_b)) continue;
      }
      const float *halves_a = field->halves + base_a, *halves_b = field->halves + base_b;
      ck_fill(&meeting, function, field->dimensions, ck_panel_data(field, a), halves_a, lists->bars + base_a, ck_panel_data(field, b), halves_b,
              lists->bars + base_b);
      for (size_t m = 0; m < CK_LANES; m++) {
        const float *products = meeting.products + m * CK_LANES;
        uint32_t rows = meeting.wanted_by_rows[m], columns = meeting.wanted_by_columns[m];
        if (a == b) {  // every pair appears twice here, and each row with itself
          rows &= ~(1u << m);
          columns = 0;
        }
        for (; rows != 0; rows &= rows - 1) {
          size_t lane = (size_t)__builtin_ctz(rows);
          add(field, lists, base_a + lane, ck_squared(products[lane], halves_a[lane], halves_b[m]), base_b + m);
        }
        for (; columns != 0; columns &= columns - 1) {
          size_t lane = (size_t)__builtin_ctz(columns);
          add(field, lists, base_b + m, ck_squared(products[lane], halves_a[lane], halves_b[m]), base_a + lane);
        }
      }
    }
  }
}

void ck_sort_lists(const struct ck_field *field, const struct ck_lists *lists, const struct ck_neighbours *neighbours, size_t first,
                   size_t last) {
  size_t keep = lists->keep;
  for (size_t place = first; place < last; place++) {
    uint64_t *keys = lists->keys + place * lists->room;
    size_t count = (size_t)lists->counts[place];
    double limit = lists->limits[place];
    ck_sort(keys, count);
    if (count > keep) {
      uint32_t bits = (uint32_t)(keys[keep - 1] >> 32);
      float nearest;
      memcpy(&nearest, &bits, sizeof nearest);
      limit = nearest;
      count = keep;
    }
    for (size_t i = 0; i < count; i++) {
      uint32_t bits = (uint32_t)(keys[i] >> 32);
      float squared;
      memcpy(&squared, &bits, sizeof squared);
      neighbours->places[place * keep + i] = (int32_t)(uint32_t)keys[i];
      neighbours->distances[place * keep + i] = -ck_floor(field, squared);
    }
    neighbours->counts[place] = (int32_t)count;
    neighbours->reach[place] = ck_floor(field, limit);
  }
}

// MARK: - From lists to distances

/// A heap whose first is the farthest of the nearest so far.
struct nearest {
  size_t k, count;
  double *distances;
  int32_t *rows;  // may be NULL: then only distances matter
};

static inline int farther(const struct nearest *n, double distance, int32_t row, size_t than) {
  return distance > n->distances[than] || (n->rows != NULL && distance == n->distances[than] && row > n->rows[than]);
}

static inline void put(struct nearest *n, size_t at, double distance, int32_t row) {
  n->distances[at] = distance;
  if (n->rows != NULL) n->rows[at] = row;
}

static inline int32_t row_at(const struct nearest *n, size_t at) { return n->rows != NULL ? n->rows[at] : 0; }

/// Lets an entry sink from the top of a heap of `count`.
static void sink(struct nearest *n, size_t count, double distance, int32_t row) {
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && farther(n, n->distances[child + 1], row_at(n, child + 1), child)) child++;
    if (farther(n, distance, row, child)) break;
    put(n, at, n->distances[child], row_at(n, child));
  }
  put(n, at, distance, row);
}

/// Takes an entry in if it is among the k nearest so far.
static void offer(struct nearest *n, double distance, int32_t row) {
  if (n->count == n->k) {
    if (!farther(n, distance, row, 0)) sink(n, n->k, distance, row);
    return;
  }
  size_t at = n->count++;
  for (size_t parent; at > 0 && farther(n, distance, row, parent = (at - 1) / 2); at = parent) put(n, at, n->distances[parent], row_at(n, parent));
  put(n, at, distance, row);
}

/// Sorts the entries nearest first, and says infinite where there are none.
static void complete(struct nearest *n) {
  for (size_t count = n->count; count > 1; count--) {
    double distance = n->distances[count - 1];
    int32_t row = row_at(n, count - 1);
    put(n, count - 1, n->distances[0], row_at(n, 0));
    sink(n, count - 1, distance, row);
  }
  for (size_t i = n->count; i < n->k; i++) put(n, i, INFINITY, -1);
}

static double at_most(const struct nearest *n) { return n->count == n->k ? n->distances[0] : INFINITY; }

/// Offers the entries of a list until no further one can be among the k nearest.
static void collect(const struct ck_field *field, const struct ck_neighbours *neighbours, size_t place, struct nearest *n) {
  double *distances = neighbours->distances + place * neighbours->keep;
  const int32_t *places = neighbours->places + place * neighbours->keep;
  for (size_t i = 0; i < (size_t)neighbours->counts[place]; i++) {
    if (signbit(distances[i])) {
      if (-distances[i] > at_most(n)) break;  // and so are those that follow: floors ascend
      distances[i] = ck_exact(field, (int32_t)place, places[i]);
    }
    offer(n, distances[i], field->order[places[i]]);
  }
}

void ck_core_distances(const struct ck_field *field, const struct ck_neighbours *neighbours, size_t k, size_t first, size_t last,
                       double *heap, double *cores, uint8_t *open) {
  for (size_t place = first; place < last; place++) {
    struct nearest n = {k, 0, heap, NULL};
    collect(field, neighbours, place, &n);
    cores[place] = at_most(&n);
    open[place] = cores[place] > neighbours->reach[place];
  }
}

void ck_list_nearest(const struct ck_field *field, const struct ck_neighbours *neighbours, size_t k, size_t first, size_t last,
                     double *distances, int32_t *rows, uint8_t *open) {
  for (size_t place = first; place < last; place++) {
    struct nearest n = {k, 0, distances + place * k, rows + place * k};
    collect(field, neighbours, place, &n);
    // A row that is not listed might be as near as the last one, and lower: that must be looked at.
    open[place] = at_most(&n) >= neighbours->reach[place] && neighbours->reach[place] < INFINITY;
    complete(&n);
  }
}

// MARK: - By meeting everyone

struct nearest_scan {
  const struct ck_field *field;
  const int32_t *places;
  struct nearest found[CK_LANES];
  double bounds[CK_LANES];
};

static inline void nearest_hit(void *context, struct ck_scan *scan, size_t lane, int32_t place, float squared) {
  struct nearest_scan *s = context;
  (void)squared;
  if (place == s->places[lane]) return;
  struct nearest *n = &s->found[lane];
  offer(n, ck_exact(s->field, s->places[lane], place), s->field->order[place]);
  if (at_most(n) < s->bounds[lane]) {
    s->bounds[lane] = at_most(n);
    ck_lower_limit(scan, lane, s->bounds[lane]);
  }
}

void ck_scan_nearest(const struct ck_field *field, const int32_t *places, size_t count, size_t k, const double *bounds, double *distances,
                     int32_t *rows, void *scratch) {
  struct nearest_scan s = {.field = field, .places = places};
  struct ck_scan scan;
  ck_begin_scan(&scan, field, places, count, scratch);
  for (size_t lane = 0; lane < count; lane++) {
    s.found[lane] = (struct nearest){k, 0, distances + lane * k, rows + lane * k};
    s.bounds[lane] = bounds[lane];
    ck_lower_limit(&scan, lane, bounds[lane]);
  }
  ck_run_scan(&scan, NULL, 0, &s, nearest_hit);
  for (size_t lane = 0; lane < count; lane++) complete(&s.found[lane]);
}
