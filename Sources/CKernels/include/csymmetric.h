// Kernels of dense symmetric matrices in double precision: reduction to three diagonals, the QL iteration on those, Cholesky.
// Each is a step that takes milliseconds at most, so that the caller can share it out and look for a cancellation between steps.
#ifndef CSYMMETRIC_H
#define CSYMMETRIC_H

#include <stddef.h>

/// One step of the Householder reduction (Wilkinson, Reinsch 1971, `tred2`): makes row `row` of the symmetric matrix `a` (n x n, row
/// after row; the lower triangle counts) zero before its last but one entry. Called for n - 1, n - 2 ... 1.
///
/// Leaves the mirror's vector in the row, what it divides by in `halves[row]` (0: nothing to mirror), and the entry beside the
/// diagonal in `beside[row]`. `scratch` holds n numbers.
void ck_reduce_row(double *a, size_t n, size_t row, double *beside, double *halves, double *scratch);

/// Reads the diagonal out of the reduced matrix and makes room for the mirrors' product: to be called once, before `ck_mirror_back`.
void ck_take_diagonal(double *a, size_t n, double *diagonal);

/// Multiplies mirror `row` into the product that grows in the leading block of `a`. Called for 0, 1 ... n - 1; then `a` is orthogonal,
/// and its transpose times the first matrix times `a` has three diagonals. `scratch` holds n numbers.
void ck_mirror_back(double *a, size_t n, size_t row, const double *halves, double *scratch);

/// Turns rows into columns, in place.
void ck_transpose(double *a, size_t n);

/// A plane rotation of two neighbouring rows.
struct ck_rotation {
  double cosine, sine;
};

/// One sweep of the implicit QL iteration (Dubrulle, Martin, Wilkinson 1968) from entry `first` on: notes the rotations of the rows
/// last - 1, last - 2 ... and answers how many there are; 0 when `diagonal[first]` is an eigenvalue already.
/// `beside[i]` stands between `diagonal[i]` and `diagonal[i + 1]`.
size_t ck_sweep(double *diagonal, double *beside, size_t n, size_t first, size_t *last, struct ck_rotation *rotations);

/// Rotates rows last and last - 1, then last - 1 and last - 2, and so on `count` times, in the columns from `first` up to `end`.
void ck_rotate_rows(double *rows, size_t n, size_t last, size_t count, const struct ck_rotation *rotations, size_t first, size_t end);

/// Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor (A = L L'), the upper one by zeros.
/// Answers n, or the row at which the matrix shows that it is not positive definite.
size_t ck_cholesky(double *a, size_t n);

/// The same for the rows `first` to below `last`, when those before them are done: `last`, or the row where it fails. So a caller can look up.
size_t ck_cholesky_rows(double *a, size_t n, size_t first, size_t last);

/// Inverts the lower triangle `l` (n x n) into `inverse`, whose upper triangle becomes 0. The diagonal of `l` must not hold 0.
void ck_invert_lower(const double *l, size_t n, double *inverse);

/// The same for the rows `first` to below `last`, when those before them are done.
void ck_invert_lower_rows(const double *l, size_t n, double *inverse, size_t first, size_t last);

#endif
