// Distances of many rows to many: blocks of 96 x 96, for hierarchical clustering and the silhouette.
//
// A block's rows are three panels (see ckernels.h), its points are 96 rows packed as tiles of one group size after the other;
// only these functions know that size, and it depends on the level. Both are filled up with zeros.
#ifndef CBLOCKS_H
#define CBLOCKS_H

#include <stddef.h>
#include <stdint.h>

#define CK_BLOCK 96

/// Packs `count` (1...96) rows as the points of a block: `dimensions * 96` floats.
void ck_pack_points(const float *rows, size_t count, size_t dimensions, const float *offset, float *points);

/// block[point * 96 + row] = the squared distance, by |x|^2 + |c|^2 - 2 x.c, at least 0: as good as single precision allows for rows that lie
/// apart, worthless for near ones (`ck_correct_block`).
void ck_block_squares(const float *panels, const float *row_norms, const float *points, const float *point_norms, size_t dimensions,
                      float *block);

/// The same by differences: twice the work, and right to the last digits for all rows.
void ck_block_differences(const float *panels, const float *points, size_t dimensions, float *block);

/// Recomputes in double precision the squares that cancellation has spoilt: those below a sixteenth of |x|^2 + |c|^2.
/// `rows` and `points` are the first of `row_count` and `point_count` rows of the matrix. Answers how many there were.
size_t ck_correct_block(const float *rows, size_t row_count, const float *row_norms, const float *points, size_t point_count,
                        const float *point_norms, size_t dimensions, float *block);

/// Distances of squares, for a whole block.
void ck_block_roots(float *block);

/// Copies a block's first `points` x `rows` entries to matrix[point * stride + row], and mirrored to transposed[row * stride + point].
void ck_store_block(const float *block, size_t points, size_t rows, size_t stride, float *matrix, float *transposed);

/// sums[i] += the total of block[point * 96 + i] over the points from `first` up to `last`, for all 96 rows.
void ck_add_points(const float *block, size_t first, size_t last, double *sums);
/// sums[i] += the total of block[i * 96 + row] over the rows from `first` up to `last`, for the first `points` points.
void ck_add_rows(const float *block, size_t points, size_t first, size_t last, double *sums);

#endif
