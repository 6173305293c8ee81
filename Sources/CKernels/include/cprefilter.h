// Who is nearest, seen first in bfloat16: at twice the speed of single precision, where the processor has it, and exact in the end.
//
// Values computed from rounded rows and points are wrong by no more than the roundings' lengths allow (`ck_blur`). Where the second lies
// farther from the first than that, the first is the nearest; where only the third does, the first two are compared in double precision;
// the few rows that are left are decided among all points. Panels are those of fields (`ck_panel_bytes`, CK_BRAIN): two dimensions in
// 32 bits, 32 rows side by side; tiles are groups of 12 points, two dimensions in 32 bits.
#ifndef CPREFILTER_H
#define CPREFILTER_H

#include <stddef.h>
#include <stdint.h>

/// Packs `count` (1...32) rows, each less `offset`; lanes beyond `count` are 0. `norms` (32) receives the squared lengths, `lost` (32) how
/// far each row is from what was packed of it. `scratch` has room for a panel.
void ck_narrow_panel(const float *rows, size_t count, size_t dimensions, const float *offset, void *panel, void *scratch, float *norms, float *lost);

/// How many bytes the tiles of `count` points take.
size_t ck_narrow_bytes(size_t count, size_t dimensions);
/// How many groups `count` points make.
size_t ck_narrow_groups(size_t count);
/// The first point of a group.
size_t ck_narrow_start(size_t count, size_t group);

/// Packs points, those of one group: tiles of -2 * (point - offset), squared lengths of (point - offset), and what rounding took from each.
void ck_narrow_tiles(const double *points, size_t count, size_t dimensions, const float *offset, size_t group, void *tiles, float *norms,
                     float *lost);

/// The three smallest |c|^2 - 2 x.c of each of 32 rows, as seen in bfloat16, and whose the first two are.
struct ck_three {
  float first[32], second[32], third[32];
  int32_t nearest[32], next[32];
};

void ck_no_points(struct ck_three *three);
/// Takes `count` points into account, numbered from `number` on. `ahead` is the panel that will be asked for next.
void ck_meet_narrow(const void *panel, const void *tiles, const float *norms, size_t count, size_t dimensions, const void *ahead, int32_t number,
                    struct ck_three *three);

/// By how much the difference of two of a row's values may be wrong: `norm` and `lost` as packed of the row, `longest` the greatest squared
/// length of the points and `most_lost` the most that rounding took from one.
float ck_blur(float norm, float lost, float longest, float most_lost, size_t dimensions);

/// Decides for `rows_count` rows, so that `labels` are those of exact arithmetic, the lowest index among equals. The points are `centroids`.
void ck_settle_narrow(const float *rows, size_t rows_count, const float *norms, const float *lost, const double *centroids, size_t count,
                      size_t dimensions, float longest, float most_lost, const struct ck_three *three, int32_t *labels);

#endif
