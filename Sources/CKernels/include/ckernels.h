// Numeric kernels: distances, nearest centroids, sums. Each has one plain definition (plain.c) and fast versions of it
// (level.h, compiled once per instruction set); kernels.c chooses between them once, by asking the processor.
//
// Two layouts carry the heavy kernels:
//   panel   32 rows side by side, dimension by dimension: panel[j * 32 + lane]. A processor lane is one row, so that
//           nothing is ever reduced across lanes, and odd numbers of dimensions or centroids cost nothing.
//   tiles   centroids in groups of nearly equal size, each group dimension by dimension, one after the other without
//           gaps: a group is what one pass holds in registers. The grouping depends on the level, so only
//           these functions know it; `count * dimensions` floats always suffice.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#define CK_LANES 32

// MARK: - Levels

enum { CK_PLAIN = 0, CK_BASE = 1, CK_V3 = 2, CK_V4 = 3 };

/// The level in use. The first call chooses the best one that the processor has; `PERIGEE_SIMD` (plain, default, v3 or v4) lowers it.
int ck_level(void);
/// "plain", "default", "v3" or "v4".
const char *ck_level_name(int level);
/// For tests: uses `level`, or the best below it that the processor has, on the calling thread alone; a negative one ends that.
/// Answers with the level now in use. Tiles packed at one level are worthless at another.
int ck_force_level(int level);

// MARK: - Packing

/// Packs `count` (1...32) rows as one panel of `dimensions * 32` floats, each less `offset`; lanes beyond `count` are 0.
/// `norms` (32 floats, may be NULL) receives the squared lengths of what was packed.
void ck_pack_panel(const float *rows, size_t count, size_t dimensions, const float *offset, float *panel, float *norms);

/// How many groups `count` centroids make, and which centroid is the first of a group (`count` after the last group).
size_t ck_group_count(size_t count);
size_t ck_group_start(size_t count, size_t group);

/// Packs centroids for `ck_nearest`: tiles of -2 * (centroid - offset), and the squared lengths of (centroid - offset);
/// those of the groups from `first_group` up to `last_group`, so that threads can share the work.
void ck_pack_centroids(const double *centroids, size_t count, size_t dimensions, const float *offset, size_t first_group,
                       size_t last_group, float *tiles, float *norms);

/// Packs rows as tiles for `ck_squares`, `ck_differences` and `ck_add_distances`: row - offset. `order` (may be NULL) names the rows to take.
void ck_pack_tiles(const float *rows, const int32_t *order, size_t count, size_t dimensions, const float *offset, float *tiles);

// MARK: - Panel against tiles

/// For each of the 32 rows: the centroid with the smallest |c|^2 - 2 x.c, the lowest index among equals.
///
/// `best` and `second` receive the two smallest values (second is infinite for a single centroid): a small difference
/// tells that rounding may have decided. `next` (may be NULL) is the panel that will be asked for next; it is fetched meanwhile.
void ck_nearest(const float *panel, const float *tiles, const float *norms, size_t count, size_t dimensions, const float *next,
                int32_t *labels, float *best, float *second);

/// Decides again, in double precision, for the rows whose best and second value lie within what rounding can do to them.
///
/// `norms` are the rows' squared lengths as packed, `longest` the greatest squared length of a packed centroid; the rest as given to
/// and by `ck_nearest`. After this `labels` are those of exact arithmetic on any level, the lowest index among equals.
/// Answers how many rows were decided again.
size_t ck_settle(const float *rows, size_t rows_count, const float *norms, const double *centroids, size_t count, size_t dimensions,
                 float longest, const float *best, const float *second, int32_t *labels);

/// squares[i * 32 + lane] = the squared distance of the row and point i. By products, from the rows' squared lengths (`norms`, as packed) and the
/// points' (`tile_norms`); where any row of the panel lies so near to a point that products lose digits, the whole panel by differences, which
/// takes twice the time and gives 0 for equal rows. Answers how many pairs were that near.
size_t ck_squares(const float *panel, const float *norms, const float *tiles, const float *tile_norms, size_t count, size_t dimensions,
                  float *squares);

/// The same, all by differences.
void ck_differences(const float *panel, const float *tiles, size_t count, size_t dimensions, float *squares);

/// totals[i] += the sum over the 32 lanes of min(closest, square) for point which[i] of those whose squares a panel has.
void ck_lowered_totals(const float *squares, const int32_t *which, size_t count, const float *closest, double *totals);
/// closest[lane] = min(closest, square), for one point; answers the sum.
double ck_lower(const float *squares, float *closest);

/// sums[lane] += distances (not squared) of the row to each of `count` points.
void ck_add_distances(const float *panel, const float *tiles, size_t count, size_t dimensions, double *sums);

// MARK: - Rows, in double precision

double ck_dot(const float *a, const float *b, size_t dimensions);
double ck_squared_distance(const float *a, const float *b, size_t dimensions);
/// Squared distance of a row and a centroid that is kept in double precision.
double ck_centroid_distance(const float *row, const double *centroid, size_t dimensions);
/// The cosine of the angle between two rows, exactly 1 for equal ones; 0 when one is zero, as it points nowhere.
double ck_cosine(const float *a, const float *b, size_t dimensions);
/// Distance (not squared) of two means.
double ck_distance(const double *a, const double *b, size_t dimensions);

/// sum += row * weight, for the dimensions from `first` up to `last`.
void ck_add_row(double *sum, const float *row, double weight, size_t first, size_t last);
/// Moves rows between sums: for each i in order, row `which[i]` is taken from sum `from[i]` and added to sum `to[i]` (-1: nowhere),
/// for the dimensions from `first` up to `last`. Two threads that share out the dimensions get what one would.
void ck_move_rows(const float *rows, size_t dimensions, const int32_t *which, const int32_t *from, const int32_t *to, size_t count,
                  double *sums, size_t first, size_t last);
/// centroid = sum / weight; answers how far it moved, squared.
double ck_set_mean(double *centroid, const double *sum, double weight, size_t dimensions);
/// The sum of the rows' squared distances to `mean`.
double ck_deviations(const float *rows, size_t count, const double *mean, size_t dimensions);
/// Divides a row by its length; a row of zeros stays. Returns the length.
double ck_normalise(const float *row, size_t dimensions, float *result);

/// The index of the first value that is NaN or infinite; `count` when all are finite.
size_t ck_first_not_finite(const float *values, size_t count);
/// The largest absolute value, 0 for none.
float ck_largest(const float *values, size_t count);

// MARK: - Waiting

/// Tells the processor that this thread waits for another in a short loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
