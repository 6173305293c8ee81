// Kernels over pairs of rows and over columns: products as blocks, kernel values and their sums, the few lowest, second moments.
//
// Panels and tiles are those of ckernels.h (`ck_pack_panel`, `ck_pack_tiles`), packed at the level in use.
#ifndef CPAIRS_H
#define CPAIRS_H

#include <stddef.h>
#include <stdint.h>

// MARK: - Blocks of products

/// products[i * 32 + lane] = the row's product with point i, or what stood there plus that when `add` is not 0.
///
/// What is a row, a point and a dimension is the caller's to say: a block of kernel values is again a panel, its points the dimensions.
void ck_products(const float *panel, const float *tiles, size_t count, size_t dimensions, int add, float *products);

enum { CK_GAUSSIAN = 0, CK_DISTANCE = 1 };

/// Turns products into kernel values: exp(-gamma d^2), or -d, where d^2 = |row|^2 + |point|^2 - 2 product, at least 0.
///
/// Counted are the first `rows` lanes, and of those the pairs with ahead + point > lane: with `ahead` the number of the first point less
/// that of the first row this takes each pair of a set once. Other values become 0. `row_sums` (32) and `point_sums` (`count`) are added to.
void ck_kernel_values(float *products, size_t count, size_t rows, long ahead, const float *row_norms, const float *point_norms, int kind,
                      float gamma, double *row_sums, double *point_sums);

/// Draws `chosen` of `count` numbers, each set as likely: signs become 1 for those, -1 for the others. `scratch` holds `count` numbers.
void ck_draw_signs(uint64_t seed, size_t count, size_t chosen, int32_t *scratch, int8_t *signs);

/// Packs the signs from `first` on, `count` of each of `vectors` sign vectors (of `stride` signs each): bit 4 + i of codes[group * vectors + v] says
/// that point 4 * group + i is positive in vector v. There are count / 4 groups, rounded up.
void ck_pack_signs(const int8_t *signs, size_t stride, size_t vectors, size_t first, size_t count, uint8_t *codes);

/// sums[v * 32 + lane] += the sum over points of values[point * 32 + lane] with its sign in vector v. Where `count` is not a multiple of four,
/// zeros must follow the values.
///
/// Four points are signed in 16 ways only: those sums are made once, and each vector takes its own, instead of four products
/// (Arlazarov, Dinic, Kronrod, Faradzhev 1970).
void ck_add_signed(const float *values, size_t count, const uint8_t *codes, size_t vectors, float *sums);

/// forms[v] += the sum over `rows` lanes of products[v * 32 + lane] * the sign of vector v at `first` + lane.
void ck_add_forms(const float *products, const int8_t *signs, size_t stride, size_t vectors, size_t first, size_t rows, double *forms);

/// sum[i] += values[i].
void ck_add_numbers(double *sum, const double *values, size_t count);
/// The sum of values, each with its sign.
double ck_signed_sum(const double *values, const int8_t *signs, size_t count);

// MARK: - The lowest few

/// For each lane the lowest `keep` values of norms[i] + scale * products[i * 32 + lane], in ascending order, the lower index among equals.
///
/// `values` and `indices` (keep per lane, one lane after the other) hold what was found among earlier points; points are numbered from
/// `first` and must come in order. Begin with infinity and -1.
void ck_keep_lowest(const float *products, size_t count, const float *norms, float scale, int32_t first, size_t keep, float *values,
                    int32_t *indices);

/// Divides a row by its length, as `ck_normalise` does, and answers with the squared length.
double ck_direction(const float *row, size_t dimensions, float *result);

/// Takes the nearest of further points (numbered from `first`; as `ck_nearest` answered for them) into the nearest so far, lane by lane.
void ck_merge_nearest(const float *low, const float *next, const int32_t *label, int32_t first, float *best, float *second, int32_t *numbers);

// MARK: - Columns and moments

/// Rows less `mean`, widened.
void ck_centre_rows(const float *rows, size_t count, size_t dimensions, const double *mean, double *centred);
/// sum[i * dimensions + j] += the product of columns i and j over `count` centred rows, for first <= i < last and j >= i.
/// What stands below the diagonal is of no account.
void ck_add_moments(const double *centred, size_t count, size_t dimensions, size_t first, size_t last, double *sum);
/// result = a * x + b * y.
void ck_blend(const double *x, double a, const double *y, double b, double *result, size_t count);
/// Solves L L' x = `vector` in place, given what `ck_cholesky` left.
void ck_solve_factored(const double *factor, size_t size, double *vector);
/// The product of a row and a vector in double precision.
double ck_wide_dot(const float *row, const double *vector, size_t dimensions);
void ck_widen(const float *values, size_t count, double *result);
/// Completes a symmetric matrix from its upper triangle, divided by `divisor`.
void ck_mirror(const double *upper, size_t size, double divisor, double *result);
/// sums[j] += the squares of column j less mean[j].
void ck_add_squares(const float *rows, size_t count, size_t dimensions, const double *mean, double *sums);
/// result[r * width + k] = the product of centred row r and column k of `basis` (dimensions x width, row after row).
void ck_project(const double *centred, size_t count, size_t dimensions, const double *basis, size_t width, double *result);

/// image[j * width + k] += the sum over rows of centred[row * dimensions + j] * products[row * width + k], for first <= j < last.
void ck_add_outer(const double *centred, const double *products, size_t count, size_t dimensions, size_t width, size_t first, size_t last,
                  double *image);
/// Makes the columns of `basis` (dimensions x width, row after row) orthonormal, in order; what depends on columns before becomes zeros.
void ck_orthonormalise(double *basis, size_t dimensions, size_t width);
/// result[j] = the sum over k of basis[j * width + k] * weights[k].
void ck_combine(const double *basis, size_t dimensions, size_t width, const double *weights, double *result);
/// Uniform between -1 and 1.
void ck_fill_random(uint64_t seed, double *values, size_t count);
void ck_narrow(const double *values, size_t count, float *result);

/// values[i] = rows[i * dimensions + column].
void ck_take_column(const float *rows, size_t count, size_t dimensions, size_t column, float *values);
/// Sorts finite values, ascending. `scratch` holds `count` numbers.
void ck_sort(float *values, size_t count, float *scratch);

struct ck_comparison {
  /// The greatest difference of the distribution functions.
  double distance;
  /// The area between them: the first Wasserstein distance.
  double area;
};
/// Compares two samples, each sorted and not empty.
struct ck_comparison ck_compare_sorted(const float *a, size_t a_count, const float *b, size_t b_count);
/// The share of pairs in which the value of b is the greater, equal ones counted half: the area under the ROC curve.
double ck_ranked_above(const float *a, size_t a_count, const float *b, size_t b_count);

#endif
