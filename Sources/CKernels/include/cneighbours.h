// Kernels over all pairs of rows: who is near whom, without a matrix of all distances.
//
// A field holds the rows as panels of 32, moved and scaled so that their origin lies amid them and the largest number is about 1. Two
// panels meet as a tile of 32 x 32 products; from these come squared distances A that are wrong by a known amount, in single precision
// or, where the processor has it, in bfloat16 at twice the speed. They only decide which pairs are worth looking at:
//
//   floor(A) <= distance <= ceiling(A), with floor(A) = (sqrt(A * (1 - relative) - rounding) - blur) / scale and ceiling alike
//
// and every distance that is given back is computed from the differences, in double precision. So results are exact, whatever the
// format, and equal rows have distance 0.
#ifndef CNEIGHBOURS_H
#define CNEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

/// Plain numbers and pointers: whoever hands one to several threads gives them parts that do not overlap.
#define CK_SHARED __attribute__((swift_attr("@Sendable")))

// MARK: - Fields

/// How a field keeps its numbers and lets them meet: bfloat16, single precision, or single precision by differences, which takes twice as long but
/// tells apart what is much closer together than all of it is wide.
enum { CK_SINGLE = 0, CK_BRAIN = 1, CK_DIFFERENCES = 2 };

/// Whether the level in use multiplies bfloat16.
int ck_has_brain(void);

struct CK_SHARED ck_field {
  /// As given: row after row.
  const float *rows;
  size_t dimensions;
  /// Panels of 32 places; `order` says which row stands at a place, -1 for none (at the end only).
  size_t panels;
  const int32_t *order;
  int format;
  /// `ck_panel_bytes` for each panel.
  const void *data;
  /// Half the squared length of what was packed at each place (0 for differences); infinite where there is no row, so that it is near nothing.
  const float *halves;
  /// The middle of each panel (`dimensions` numbers) and how far its rows lie from it at most.
  const float *centres;
  const float *radii;
  /// Whether panels lie far enough apart, for their size, to make it worth asking whether two of them can be near.
  int prunes;
  double scale, blur, rounding, relative;
};

/// Puts the rows' numbers in an order in which neighbours in the list are likely to be neighbours in space: repeated halving at the
/// median of the widest dimension, down to panels. `order` receives count numbers; `scratch` has room for as many.
void ck_order_rows(const float *rows, size_t count, size_t dimensions, int32_t *order, uint64_t *scratch);

/// A number made of what a row holds: equal for equal rows, different for others but for one in 2^64.
uint64_t ck_hash(const float *row, size_t dimensions);

size_t ck_panel_bytes(size_t dimensions, int format);
/// Packs one panel of the field: value * scale - offset (already scaled), into its part of `data`, `halves`, `centres` and `radii`.
/// `longest` receives the greatest squared length, `residual` the greatest distance between a row and what was packed of it.
/// `scratch` has room for 33 rows.
void ck_pack_field(const struct ck_field *field, size_t panel, const float *offset, void *data, float *halves, float *centres, float *radii,
                   double *longest, double *residual, float *scratch);

/// Whoever has at least this A is certain to be farther than `distance`.
float ck_limit(const struct ck_field *field, double distance);

/// One tile, for tests: products[m * 32 + lane] of a row of panel `a` (lane) and one of panel `b` (m); bit `lane` of wanted_by_rows[m]
/// says product - halves_b[m] > bars_a[lane], of wanted_by_columns[m] product - halves_a[lane] > bars_b[m].
void ck_tile(int format, const void *a, const void *b, size_t dimensions, const float *halves_a, const float *bars_a, const float *halves_b,
             const float *bars_b, float *products, uint32_t *wanted_by_rows, uint32_t *wanted_by_columns);

// MARK: - The nearest of each row

/// The `keep` nearest places of each place, gathered in rooms of `room` entries (more than `keep`): when one is full, the nearest stay.
struct CK_SHARED ck_lists {
  size_t keep, room;
  /// The bits of A (never negative, so they sort like the number) above the other's place.
  uint64_t *keys;
  int32_t *counts;
  /// Whoever is not in the list has at least this A.
  float *limits;
  /// What a product less the other's half must exceed to be below the limit.
  float *bars;
};

/// Panels first_a..<last_a meet panels first_b..<last_b: either the same range or one that does not overlap it. Two threads may do this
/// at once when they have no panel in common.
void ck_meet(const struct ck_field *field, const struct ck_lists *lists, size_t first_a, size_t last_a, size_t first_b, size_t last_b);

/// The neighbours of each place after sorting: `keep` each, nearest first by A.
struct CK_SHARED ck_neighbours {
  size_t keep;
  int32_t *places;
  /// The distance, once somebody needed it; before that a floor of it with the sign bit set.
  double *distances;
  int32_t *counts;
  /// Whoever is not listed is at least so far away.
  double *reach;
};

/// Sorts the lists of the places first..<last into `neighbours`.
void ck_sort_lists(const struct ck_field *field, const struct ck_lists *lists, const struct ck_neighbours *neighbours, size_t first,
                   size_t last);

/// The distance to the k-th nearest other row, for the places first..<last; where the list cannot prove it, what it says is an upper bound
/// (or infinite), and `open` is set. k >= 1. `heap` has room for k.
void ck_core_distances(const struct ck_field *field, const struct ck_neighbours *neighbours, size_t k, size_t first, size_t last,
                       double *heap, double *cores, uint8_t *open);

/// The k nearest others of each of up to 32 places, by meeting the whole field. For each place k entries, nearest first, the lower row among
/// equals; `bounds` are known upper bounds of the k-th distance. Where there are fewer others the rest is infinite and -1.
/// `scratch`: `ck_scan_bytes`.
void ck_scan_nearest(const struct ck_field *field, const int32_t *places, size_t count, size_t k, const double *bounds, double *distances,
                     int32_t *rows, void *scratch);
size_t ck_scan_bytes(const struct ck_field *field);

/// Exact neighbours from the lists: k entries per place as `ck_scan_nearest` gives them; `open` where the list cannot prove it.
void ck_list_nearest(const struct ck_field *field, const struct ck_neighbours *neighbours, size_t k, size_t first, size_t last,
                     double *distances, int32_t *rows, uint8_t *open);

// MARK: - Spanning trees of mutual reachability: max(core, core, distance / alpha)
//
// Most edges weigh just as much as the core distance of one of their ends, so ties are the rule. Of edges of equal weight the shorter one is
// the better one: which of them a tree holds then depends on the data, not on the order of the rows.

struct CK_SHARED ck_forest {
  /// By place: the distance within which a row is dense, and the component it belongs to.
  const double *cores;
  const int32_t *components;
  double alpha;
  /// By place: no row outside the component is nearer than this (as reachability).
  double *floors;
  /// By place: the best edge out of the component that is known, its weight, length and end; infinite and -1 when there is none.
  double *weights, *lengths;
  int32_t *others;
  /// By panel: the component of all its rows, or -1.
  const int32_t *common;
};

/// Finds the best edges of the places first..<last from the lists. Entries within the component are dropped for good.
void ck_best_edges(const struct ck_field *field, const struct ck_neighbours *neighbours, const struct ck_forest *forest, size_t first,
                   size_t last);
/// Looks for better edges of up to 32 places by meeting the whole field. Only edges better than `weights` and `lengths` matter, given for each
/// of the listed places. Raises floors, sets what is better. `scratch`: `ck_scan_bytes`.
void ck_scan_edges(const struct ck_field *field, const int32_t *places, size_t count, const double *weights, const double *lengths,
                   const struct ck_forest *forest, void *scratch);

// MARK: - Pairs within a radius

/// What density by radius needs to remember: for each place its first few neighbours, and the sets of dense rows.
struct CK_SHARED ck_radius {
  double radius;
  /// How many others make a row dense; so many neighbours are kept.
  size_t enough;
  int32_t *neighbours;
  int32_t *counts;
  /// Each place's way to the first of its set; at the beginning itself.
  int32_t *parents;
};

/// As `ck_meet`, for pairs within the radius: notes both as neighbours while there is room, and unites them when neither has any left.
void ck_meet_within(const struct ck_field *field, const struct ck_radius *radius, size_t first_a, size_t last_a, size_t first_b,
                    size_t last_b);
/// The first place of the set, and uniting two sets. Any number of threads may do both at once.
int32_t ck_find(int32_t *parents, int32_t place);
void ck_unite(int32_t *parents, int32_t a, int32_t b);

// MARK: - Reachability, row by row

/// From a row whose core distance is `core` to the rows waiting[first..<last]: lowers their reach to max(core, distance), rounded to 15
/// decimals, where that is less and the distance at most `radius`. The distance is Minkowski's of power p; 2 is Euclid's. Answers with the row
/// of least reach, the lower among equals.
int32_t ck_lower_reach(const float *rows, size_t dimensions, double p, int32_t row, double core, double radius, const int32_t *waiting,
                       size_t first, size_t last, double *reach, int32_t *predecessors);

#endif
