// Many pairs of clusters join at once: what becomes of the rows of a matrix of dissimilarities, each of which is worked on by itself.
#ifndef CROUNDS_H
#define CROUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "cneighbours.h"

enum { CK_JOIN_COMPLETE = 0, CK_JOIN_AVERAGE = 1, CK_JOIN_WARD = 2 };

/// Pairs of clusters that join, each cluster in one pair at most. The later one of a pair becomes the cluster that they make, the earlier
/// one's column goes; the others keep their order.
struct CK_SHARED ck_round {
  /// One of the above.
  int linkage;
  /// How many clusters there were.
  size_t clusters;
  size_t pairs;
  /// The columns of each pair, `earlier[p] < later[p]`, the later ones ascending.
  const int32_t *earlier, *later;
  /// What the two weigh: for average linkage their shares of the members, for Ward's their numbers; not asked for complete.
  const float *earlier_weight, *later_weight;
  /// Ward: the squared distance of the two.
  const float *between;
  /// Ward: the members of all clusters.
  const float *sizes;
  /// Bit i % 16 of kept[i / 16] says that column i stays.
  const uint16_t *kept;
};

/// Brings the row of a cluster that is in no pair (`own` is its column) up to date, in place. `next` is the row that comes after, to be fetched.
void ck_round_row(const struct ck_round *round, size_t own, float *row, const float *next);

/// Makes the row of what pair `pair` makes of the rows of its two clusters; it takes the place of `later`, and `earlier` may be spoilt.
/// `scratch` has room for a number for each pair.
///
/// Entries of two clusters that both are new are those of the lower pair joined first, in either of their rows: the matrix stays symmetric
/// to the last bit, on every level, and no chain of neighbours can run in a circle.
void ck_round_pair(const struct ck_round *round, size_t pair, float *earlier, float *later, const float *next, float *scratch);

#endif
