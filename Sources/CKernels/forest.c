// Spanning trees: the best edge out of a component, from the lists of neighbours or by meeting everyone.

#include <math.h>
#include <string.h>

#include "scan.h"

static inline double larger(double a, double b) { return a > b ? a : b; }

static inline int better(double weight, double length, double than_weight, double than_length) {
  return weight < than_weight || (weight == than_weight && length < than_length);
}

void ck_best_edges(const struct ck_field *field, const struct ck_neighbours *neighbours, const struct ck_forest *forest, size_t first,
                   size_t last) {
  for (size_t place = first; place < last; place++) {
    int32_t own = forest->components[place];
    // What was the best edge still is, while it leads outside.
    if (forest->others[place] >= 0 && forest->components[forest->others[place]] != own) continue;
    double weight = INFINITY, length = INFINITY;
    int32_t other = -1;
    int32_t *places = neighbours->places + place * neighbours->keep;
    double *distances = neighbours->distances + place * neighbours->keep;
    size_t count = (size_t)neighbours->counts[place], kept = 0;
    for (size_t i = 0; i < count; i++) {
      double distance = distances[i];
      int32_t candidate = places[i];
      if (signbit(distance) && -distance > length && -distance / forest->alpha >= weight) {  // floors ascend: nothing that follows is better
        memmove(places + kept, places + i, (count - i) * sizeof *places);
        memmove(distances + kept, distances + i, (count - i) * sizeof *distances);
        kept += count - i;
        break;
      }
      if (forest->components[candidate] == own) continue;
      double cores = larger(forest->cores[place], forest->cores[candidate]);
      if (!signbit(distance) || better(larger(cores, -distance / forest->alpha), -distance, weight, length)) {
        if (signbit(distance)) distance = ck_exact(field, (int32_t)place, candidate);
        double reachability = larger(cores, distance / forest->alpha);
        if (better(reachability, distance, weight, length)) {
          weight = reachability;
          length = distance;
          other = candidate;
        }
      }
      places[kept] = candidate;
      distances[kept++] = distance;
    }
    neighbours->counts[place] = (int32_t)kept;
    forest->weights[place] = weight;
    forest->lengths[place] = length;
    forest->others[place] = other;
  }
}

/// What can still be better than an edge of this weight and length: where the weight is the row's own core distance, only what is shorter.
static inline void lower(struct ck_scan *scan, size_t lane, const struct ck_forest *forest, int32_t place, double weight, double length) {
  double distance = weight * forest->alpha;
  if (weight == forest->cores[place] && length < distance) distance = length;
  ck_lower_limit(scan, lane, distance);
  if (distance == 0) {  // nothing can
    scan->limits[lane] = 0;
    scan->bars[lane] = INFINITY;
  }
}

struct edge_scan {
  const struct ck_forest *forest;
  const int32_t *places;
  double weights[CK_LANES], lengths[CK_LANES];
  int32_t others[CK_LANES];
};

static inline void edge_hit(void *context, struct ck_scan *scan, size_t lane, int32_t candidate, float squared) {
  struct edge_scan *s = context;
  const struct ck_forest *forest = s->forest;
  int32_t place = s->places[lane];
  if (forest->components[candidate] == forest->components[place]) return;
  double cores = larger(forest->cores[place], forest->cores[candidate]), floor = ck_floor(scan->field, squared);
  if (!better(larger(cores, floor / forest->alpha), floor, s->weights[lane], s->lengths[lane])) return;
  double length = ck_exact(scan->field, place, candidate), weight = larger(cores, length / forest->alpha);
  if (!better(weight, length, s->weights[lane], s->lengths[lane])) return;
  s->weights[lane] = weight;
  s->lengths[lane] = length;
  s->others[lane] = candidate;
  lower(scan, lane, forest, place, weight, length);
}

void ck_scan_edges(const struct ck_field *field, const int32_t *places, size_t count, const double *weights, const double *lengths,
                   const struct ck_forest *forest, void *scratch) {
  struct edge_scan s = {.forest = forest, .places = places};
  struct ck_scan scan;
  ck_begin_scan(&scan, field, places, count, scratch);
  int32_t component = forest->components[places[0]];
  int same = 1;
  for (size_t lane = 0; lane < count; lane++) {
    s.weights[lane] = weights[lane];
    s.lengths[lane] = lengths[lane];
    s.others[lane] = -1;
    lower(&scan, lane, forest, places[lane], weights[lane], lengths[lane]);
    same &= forest->components[places[lane]] == component;
  }
  ck_run_scan(&scan, same ? forest->common : NULL, component, &s, edge_hit);
  for (size_t lane = 0; lane < count; lane++) {
    int32_t place = places[lane];
    forest->floors[place] = larger(forest->floors[place], s.weights[lane]);
    if (s.others[lane] < 0 || !better(s.weights[lane], s.lengths[lane], forest->weights[place], forest->lengths[place])) continue;
    forest->weights[place] = s.weights[lane];
    forest->lengths[place] = s.lengths[lane];
    forest->others[place] = s.others[lane];
  }
}
